//! Drawn words of one place, put together in reading order.

use super::ground::{Ground, Place, Run};
use super::is_tight;
use crate::domain::form::Field;
use crate::domain::sheet::{Area, Evidence, Written};
use crate::reading::layout::Piece;
use crate::reading::layout::fold::{squeeze, without_leaders};

/// An answer drawn on the page.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub written: Written,
    /// Its runs (indices into `Ground::runs`).
    pub runs: Vec<usize>,
}

/// What is drawn in a place and not yet part of another answer (`free`), or nothing.
#[must_use]
pub fn written(
    ground: &Ground<'_>,
    field: Field,
    place: &Place,
    free: impl Fn(&Run) -> bool,
) -> Option<Drawn> {
    let mut runs: Vec<(usize, &Run)> =
        ground.runs.iter().enumerate().filter(|(_, run)| free(run) && is_in(ground, place, run)).collect();
    runs.sort_by(|a, b| a.1.area.y0.total_cmp(&b.1.area.y0));
    if let Some(foot) = place.open {
        near(&mut runs, foot);
    }
    let mut pieces: Vec<&Piece> =
        runs.iter().flat_map(|(_, run)| &run.pieces).filter_map(|index| ground.view.piece(*index)).collect();
    let text = text(&mut pieces, field);
    let unread = unread(ground, place);
    if text.is_empty() || is_placeholder(&text) {
        return unread.map(|area| illegible(ground, area));
    }
    let area = pieces.iter().map(|piece| piece.area).reduce(|a, b| a.around(&b))?;
    // a letter the file does not name leaves the answer in doubt
    let sure: f32 = if text.contains(char::REPLACEMENT_CHARACTER) { 0.5 } else { 1.0 };
    // ink beside it that was not read may be part of it
    let sure = if unread.is_some() { sure.min(0.5) } else { sure };
    let confidence = pieces.iter().map(|piece| piece.confidence).fold(sure, f32::min);
    let evidence =
        Evidence { raw: text, confidence: f64::from(confidence), page: ground.view.page.number, area };
    let runs = runs.into_iter().map(|(index, _)| index).collect();
    Some(Drawn { written: Written { evidence, disagrees: None }, runs })
}

/// Ink on a picture that could not be read, in a place: it is not empty.
fn unread(ground: &Ground<'_>, place: &Place) -> Option<Area> {
    let foot = place.open.map_or(place.area.y1, |foot| place.area.y1.min(foot + 20.0));
    let inner = Area { y1: foot, ..place.area };
    let spots = ground.view.page.unread.iter().filter(|spot| inner.holds(spot.middle()));
    spots.copied().reduce(|a, b| a.around(&b))
}

fn illegible(ground: &Ground<'_>, area: Area) -> Drawn {
    let page = ground.view.page.number;
    let evidence = Evidence { raw: String::new(), confidence: 0.3, page, area };
    Drawn { written: Written { evidence, disagrees: None }, runs: Vec::new() }
}

/// Whether a run is written in a place. On open ground a run right of labels goes with the nearest.
fn is_in(ground: &Ground<'_>, place: &Place, run: &Run) -> bool {
    let inside = place.area.holds(run.point);
    match place.label.and_then(|label| Some((label, ground.beside_run(run)?))) {
        Some((label, beside)) => label == beside && (inside || place.area.x1 >= run.point.0),
        None => inside,
    }
}

/// In a place that is open below, lines far under the last one belong to something else.
fn near(runs: &mut Vec<(usize, &Run)>, foot: f32) {
    let mut last = foot;
    let mut gone = false;
    runs.retain(|(_, run)| {
        let height = run.area.height().max(7.0);
        gone |= run.area.y0 - last > 3.2 * height;
        last = last.max(run.area.y1);
        !gone
    });
}

/// The words in reading order. Lines are joined by a space; without one where the field is a
/// number, an address or a domain, or where a hyphen ends the line.
fn text(pieces: &mut [&Piece], field: Field) -> String {
    pieces.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut lines: Vec<Vec<&Piece>> = Vec::new();
    for piece in pieces.iter() {
        let same = lines.last().and_then(|line| line.first()).is_some_and(|first| {
            (piece.middle() - first.middle()).abs()
                <= 0.5 * first.area.height().min(piece.area.height()).max(4.0)
        });
        match lines.last_mut() {
            Some(line) if same => line.push(*piece),
            _ => lines.push(vec![*piece]),
        }
    }
    let mut out = String::new();
    for line in &mut lines {
        line.sort_by(|a, b| a.area.x0.total_cmp(&b.area.x0));
        let mut words = String::new();
        let mut end: Option<f32> = None;
        let spelt = is_spelt(line);
        for piece in line.iter() {
            let word = without_leaders(&piece.text);
            if word.is_empty() {
                continue;
            }
            if !spelt && end.is_some_and(|end| piece.area.x0 - end > 0.08 * piece.size) {
                words.push(' ');
            }
            words.push_str(word);
            end = Some(piece.area.x1);
        }
        let hyphen = out.ends_with('-') && !out.ends_with(" -");
        if !out.is_empty() && !words.is_empty() && !is_tight(field) && !hyphen {
            out.push(' ');
        }
        out.push_str(&words);
    }
    out.trim().to_owned()
}

/// Whether a line is one word set letter by letter ("L u c e"): three letters or more, all single
/// and at one even distance, less than a letter's width apart.
fn is_spelt(line: &[&Piece]) -> bool {
    let single = |piece: &&Piece| piece.text.chars().count() == 1;
    let starts: Vec<f32> = line.iter().map(|piece| piece.area.x0).collect();
    let size = line.first().map_or(9.0, |piece| piece.size);
    let steps = || starts.windows(2).filter_map(|two| Some(two.last()? - two.first()?));
    let (least, most) =
        steps().fold((f32::MAX, 0.0f32), |(least, most), step| (least.min(step), most.max(step)));
    line.len() >= 3 && line.iter().all(single) && most <= 0.8 * size && most - least <= 0.12 * size
}

/// Words an empty form prints where an answer goes: "JJ/MM/AAAA", "@", "http://".
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let key = squeeze(text);
    let bare = key.is_empty()
        && text.chars().all(|c| matches!(c, '.' | '_' | '…' | '/' | '@' | ':' | '-' | ' ' | '|' | '–'));
    // a line's number or a footnote mark that stands alone
    let mut marks = text.chars().filter(|c| !matches!(c, '(' | ')' | '.'));
    let numbered =
        text.len() > 1 && marks.next().is_some_and(|c| c.is_ascii_digit()) && marks.next().is_none();
    // the examples that the form gives, "(… ex : @domaine.fr.)"
    let example = key == "nomdeserveurdomainefr"
        || key == "domainefr" && (text.starts_with('@') || text.contains([')', '(']));
    numbered
        || example
        || bare && !text.is_empty() && text != "-" && text != "/"
        || matches!(key.as_str(), "jjmmaaaa" | "jjmmaa" | "jmaaaa" | "ddmmyyyy" | "http" | "https" | "le")
}
