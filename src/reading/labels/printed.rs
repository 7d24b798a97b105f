//! Words that are printed whatever is filled in: the form's own text, and the page's number.

use super::Key;
use super::wording::{beginning, is_printed};
use crate::reading::layout::fold::{alike, slips, squeeze};
use crate::reading::layout::{Line, Piece, View};
use crate::reading::page::Origin;

/// Points at the foot of a page where its number stands.
const FOOT: f32 = 60.0;

/// The page's number as its last line: "2", "2/3", "- 2 -", "Page 2 sur 3". What stands above it
/// ends there.
pub fn page_numbers<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v Line> {
    let height = view.page.height;
    let lowest = view.lines.iter().map(|line| line.area.y1).fold(0.0, f32::max);
    view.lines.iter().filter(move |line| {
        let words = || line.pieces.iter().filter_map(|index| view.piece(*index));
        let key: String = words().map(|piece| piece.key.as_str()).collect();
        let digits = key.chars().filter(char::is_ascii_digit).count();
        let letters: String = key.chars().filter(|c| !c.is_ascii_digit()).collect();
        let number = (1..=4).contains(&digits)
            && matches!(letters.as_str(), "" | "p" | "page" | "pagesur" | "pagede" | "psur" | "sur");
        let last = line.area.y0 > height - FOOT && line.area.y1 >= lowest - 2.0;
        let on_widget = view.page.widgets.iter().any(|widget| widget.area.holds(line.area.middle()));
        number && last && !on_widget && words().all(|piece| piece.origin == Origin::Page)
    })
}

/// For each piece whether it stands in a run of three words of the form's printed text.
pub fn printed(view: &View<'_>) -> Vec<bool> {
    let mut out = vec![false; view.pieces.len()];
    for line in &view.lines {
        let next = line.below.and_then(|below| view.lines.get(below));
        let run: Vec<(usize, &str)> = line
            .pieces
            .iter()
            .chain(next.into_iter().flat_map(|next| next.pieces.iter().take(2)))
            .filter_map(|index| view.piece(*index).map(|piece| (*index, piece)))
            .filter(|(_, piece)| !piece.key.is_empty() && piece.origin == Origin::Page)
            .map(|(index, piece)| (index, piece.key.as_str()))
            .collect();
        for three in run.windows(3) {
            let [a, b, c] = three else { continue };
            if is_printed([a.1, b.1, c.1]) {
                for (index, _) in three {
                    if let Some(flag) = out.get_mut(*index) {
                        *flag = true;
                    }
                }
            }
        }
    }
    out
}

/// A number after a gap, in a line of help: an answer typed beside it, in one piece or in groups.
pub fn is_apart(view: &View<'_>, index: usize) -> bool {
    let numeric = |piece: &Piece| {
        let digits = piece.key.chars().filter(char::is_ascii_digit).count();
        let number = piece.key.starts_with(|c: char| c.is_ascii_digit());
        (number && piece.key.len() <= digits + 1).then_some(digits)
    };
    let Some(line) = view.piece(index).and_then(|piece| view.lines.get(piece.line)) else { return false };
    let pieces: Vec<(usize, &Piece)> =
        line.pieces.iter().filter_map(|other| Some((*other, view.piece(*other)?))).collect();
    let mut from = 0usize;
    for group in pieces.chunk_by(|(_, a), (_, b)| numeric(a).is_some() == numeric(b).is_some()) {
        let before = from.checked_sub(1).and_then(|last| pieces.get(last));
        from += group.len();
        if !group.iter().any(|(other, _)| *other == index) {
            continue;
        }
        let digits: usize = group.iter().filter_map(|(_, piece)| numeric(piece)).sum();
        let (Some((_, before)), Some((_, first))) = (before, group.first()) else { return false };
        return digits >= 5 && first.area.x0 - before.area.x1 >= 0.5 * first.size;
    }
    false
}

/// Words from which running text is told.
const TELLING: usize = 4;
/// Labels shorter than this (letters) also occur inside sentences.
const SHORT: usize = 12;

/// Whether a line that begins with these words is running text of the form in which no label stands:
/// then the rest of it says nothing about the answers.
#[must_use]
pub fn is_running_text(words: &[&str]) -> bool {
    let capital = |word: &str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let (keys, capitals): (Vec<String>, Vec<bool>) =
        words.iter().map(|word| (squeeze(word), capital(word))).filter(|(key, _)| !key.is_empty()).unzip();
    let mut known = vec![false; keys.len()];
    for (at, three) in keys.windows(3).enumerate() {
        let [a, b, c] = three else { continue };
        if is_printed([a, b, c]) {
            known.iter_mut().skip(at).take(3).for_each(|flag| *flag = true);
        }
    }
    let share = known.iter().filter(|known| **known).count() * 4 >= keys.len() * 3;
    // a bullet may be read as a letter
    let opens = |at: usize| keys.iter().take(at).all(|key| key.len() <= 1);
    let begins = |at: usize| {
        let letters: String = keys.iter().skip(at).map(String::as_str).collect();
        begins_label(&letters, opens(at))
    };
    let written_like = |at: &usize| opens(*at) || capitals.get(*at).copied().unwrap_or(false);
    keys.len() >= TELLING && share && !(0..keys.len()).filter(written_like).any(begins)
}

/// Whether these letters begin a label, or a label begins with them. Inside a line (not `first`) only
/// long ones count.
fn begins_label(letters: &str, first: bool) -> bool {
    let start: String = letters.chars().take(3).collect();
    let asking =
        beginning(&start).filter(|(key, pattern)| *key != Key::Prose && (first || pattern.len() >= SHORT));
    asking.into_iter().any(|(_, pattern)| {
        let common = letters.len().min(pattern.len());
        let (Some(a), Some(b)) = (letters.get(..common), pattern.get(..common)) else { return true };
        common >= SHORT && slips(b) > 0 && alike(a, b) || a == b
    })
}
