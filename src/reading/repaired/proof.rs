//! What proves that a copy is what it should be.

use super::{Located, Places};
use crate::domain::repair::Repair;
use crate::domain::sheet::{Mark, PageNumber, Sheet, Tick, Zone};
use std::collections::BTreeMap;

/// Whether a form of a document is the one that was judged.
pub(super) fn is_meant(repair: &Repair, sheet: &Sheet, places: &Places) -> bool {
    let same = |(field, words): &(_, String)| {
        sheet.texts.get(field).is_some_and(|written| written.value().trim() == words)
    };
    let ticked = |tick: &Tick| sheet.ticks.get(tick).is_some_and(|marked| marked.mark == Mark::Checked);
    let pages = |page: &PageNumber| places.pages.iter().any(|own| own.page == page.page);
    repair.texts.iter().all(same) && repair.ticks.iter().all(ticked) && repair.pages.iter().all(pages)
}

/// Reads a copy as if it had been sent, and sees that it says what is kept and nothing else, and that
/// nobody has signed or stamped it.
pub(super) fn proven(repair: &Repair, bytes: &[u8], original: Option<&Sheet>) -> bool {
    let located = Located::of(bytes);
    let [(reading, _)] = located.forms.as_slice() else { return false };
    let Some(sheet) = &reading.sheet else { return false };
    let kept: BTreeMap<_, &str> =
        repair.texts.iter().map(|(field, words)| (*field, words.as_str())).collect();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let texts = sheet.texts.iter().all(|(field, written)| {
        let same = kept.get(field).is_some_and(|words| plain(words) == plain(written.value()));
        same && written.disagrees.is_none()
    });
    let all = kept.keys().all(|field| sheet.texts.contains_key(field));
    let ticks = sheet.ticks.iter().all(|(tick, marked)| {
        let wanted = if repair.ticks.contains(tick) { Mark::Checked } else { Mark::Empty };
        marked.mark == wanted && !marked.disagrees
    });
    let ticked = |tick: &Tick| sheet.ticks.contains_key(tick) || (original.is_none() && *tick == Tick::Terms);
    let unsigned = matches!((&sheet.signature, &sheet.stamp), (Zone::Empty, Zone::Empty))
        && sheet.digital_signatures.is_empty();
    // what was found on the original is found again
    let located = original.is_none_or(|original| {
        sheet.absent.is_subset(&original.absent) && sheet.unlocated.is_subset(&original.unlocated)
    });
    texts && all && ticks && repair.ticks.iter().all(ticked) && unsigned && located
}
