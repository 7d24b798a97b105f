//! Paper: scans, faxes, photographs. A picture of a page becomes a page like any other: it is made
//! straight, its rules, boxes and lines of text are found, and the lines are read by Tesseract. What
//! was read is as sure as independent readings of it agree; ink that was not read is noted, so that
//! nothing is taken for empty that is not.

pub mod decode;
pub mod engine;
pub mod picture;

mod boxes;
mod clean;
mod document;
mod ink;
mod leftover;
mod numbering;
mod recognise;
mod rules;
mod segments;
mod settle;
mod sheet;
mod straighten;

pub use document::Paper;
pub use leftover::left_over;
pub use settle::settle;

use super::labels::find;
use super::layout::View;
use super::layout::grid::grown;
use super::page::{Area, Ink, InkKind, Origin, Page, Rule, Word};
use boxes::Content;
use engine::{Engine, Silence};
use picture::{Grey, Mapping, float};
use recognise::Read;
use rules::Stroke;
use segments::{Segment, Written};
use straighten::Straight;

/// Paler than this is paper, on whitened paper.
const PALE: u8 = 205;
/// Spots of unread ink that are kept.
const MOST_UNREAD: usize = 2_000;
/// Lines of text that are read of a page; the form has about 80.
const MOST_LINES: usize = 260;

/// Reads a picture of a page. `size`: the page's in points, where the file tells.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn page(picture: &Grey, size: Option<(f32, f32)>, engine: &mut dyn Engine) -> Result<Page, Silence> {
    let mut seen = straighten::straighten(picture, size);
    let mut found = look(&seen);
    let mut lines = recognise::first(engine, &found.written.bare, seen.scale, &found.written.segments)?;
    if own_confidence(&lines) < 60.0 {
        let turned = straighten::upside_down(&seen);
        let other = look(&turned);
        let again = recognise::first(engine, &other.written.bare, turned.scale, &other.written.segments)?;
        if own_confidence(&again) > own_confidence(&lines) + 8.0 {
            (seen, found, lines) = (turned, other, again);
        }
    }
    let mut lines: Vec<(Segment, Vec<Read>)> = found.written.segments.iter().cloned().zip(lines).collect();
    let page = assembled(&seen, &found, &lines);
    let mut answers = unclaimed(&page, &mut lines);
    recognise::again(engine, &found.written.bare, seen.scale, &mut answers)?;
    numbering::settle(&mut answers);
    lines.extend(answers);
    let mut page = assembled(&seen, &found, &lines);
    page.unread = unread(&seen, &found, &lines);
    let (width, height) = size.unwrap_or(page_size(picture));
    let to_points = Mapping::scale(width / float(picture.width), height / float(picture.height));
    let to_pixels = Mapping::scale(seen.scale, seen.scale);
    page.to_displayed = Some(to_points.after(&seen.to_original).after(&to_pixels).0);
    Ok(page)
}

/// Size of a picture nobody tells the size of, points: as long as A4.
#[must_use]
pub fn page_size(picture: &Grey) -> (f32, f32) {
    let (w, h) = (float(picture.width), float(picture.height));
    (841.9 * w / w.max(h), 841.9 * h / w.max(h))
}

/// Ink that is part of no line read, no rule and no box; pale ink too.
fn unread(seen: &Straight, found: &Found, lines: &[(Segment, Vec<Read>)]) -> Vec<Area> {
    let by = if seen.scale > 3.2 { 3 } else { 2 };
    let scale = seen.scale / float(by);
    let soft = found.written.bare.shrunk(by);
    let read: Vec<Area> = lines
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(segment, _)| grown(&segment.area, 2.5))
        .collect();
    let boxes: Vec<Area> = found.boxes.iter().map(|one| grown(&one.area, 4.0)).collect();
    // a small box close to letters may be one of them
    let doubtful = found.boxes.iter().map(|one| one.area).filter(|area| {
        let near = Area { x0: area.x0 - 6.0, x1: area.x1 + 6.0, y0: area.y0 + 2.0, y1: area.y1 - 2.0 };
        area.height() < 8.5 && lines.iter().any(|(segment, _)| segment.area.overlap(&near).is_some())
    });
    let spots = ink::blobs(&soft, PALE).into_iter().map(|blob| blob.area(scale));
    spots
        .filter(|area| area.width().max(area.height()) >= 2.6 && area.width().min(area.height()) >= 0.8)
        .filter(|area| !read.iter().chain(&boxes).any(|known| known.holds(area.middle())))
        .chain(doubtful)
        .take(MOST_UNREAD)
        .collect()
}

/// Boxes and lines of a straight picture.
struct Found {
    boxes: Vec<boxes::Box>,
    written: Written,
}

fn look(seen: &Straight) -> Found {
    let boxes = boxes::find(&seen.white, seen.scale);
    let areas: Vec<Area> = boxes.iter().map(|one| one.area).collect();
    let mut written = segments::find(seen, &areas);
    written.segments.truncate(MOST_LINES);
    Found { boxes, written }
}

/// The engine's own mean confidence in longer words: low where it reads upside down.
fn own_confidence(lines: &[Vec<Read>]) -> f32 {
    let long: Vec<f32> =
        lines.iter().flatten().filter(|word| word.text.chars().count() > 3).map(|word| word.own).collect();
    if long.len() < 8 { 0.0 } else { long.iter().sum::<f32>() / float(long.len()) }
}

/// The lines that are not all of the form's own labels, taken out of all lines.
fn unclaimed(page: &Page, lines: &mut Vec<(Segment, Vec<Read>)>) -> Vec<(Segment, Vec<Read>)> {
    let view = View::new(page, 0);
    let mut claimed = vec![false; view.pieces.len()];
    for index in find(&view).iter().flat_map(|hit| &hit.pieces) {
        if let Some(flag) = claimed.get_mut(*index) {
            *flag = true;
        }
    }
    let free: Vec<(f32, f32)> = view
        .pieces
        .iter()
        .zip(claimed)
        .filter(|(_, claimed)| !claimed)
        .map(|(piece, _)| piece.area.middle())
        .collect();
    let (answers, printed): (Vec<_>, Vec<_>) = lines.drain(..).partition(|(segment, words)| {
        let around = grown(&segment.area, 1.0);
        words.is_empty() || free.iter().any(|middle| around.holds(*middle))
    });
    *lines = printed;
    answers
}

/// The page model of what was found.
fn assembled(seen: &Straight, found: &Found, lines: &[(Segment, Vec<Read>)]) -> Page {
    let (width, height) = seen.size();
    let mut page = Page { width, height, ..Page::default() };
    for (segment, words) in lines {
        let (y0, y1) = (segment.area.y0, segment.area.y1);
        // letters of 0.7 em, of which the tallest fifth is the measure
        let size = (segment.tall / 0.74).clamp(6.0, 16.0);
        for word in words {
            page.words.push(Word {
                text: word.text.clone(),
                area: Area { y0, y1, ..word.area },
                size,
                origin: Origin::Page,
                invisible: false,
                confidence: word.confidence,
            });
        }
    }
    let scale = seen.scale;
    let rule = |stroke: &Stroke, horizontal: bool| {
        let (from, to, at) = (stroke.x0 / scale, stroke.x1 / scale, stroke.middle() / scale);
        let area = if horizontal {
            Area { x0: from, x1: to, y0: at - 0.25, y1: at + 0.25 }
        } else {
            Area { x0: at - 0.25, x1: at + 0.25, y0: from, y1: to }
        };
        Rule { area, horizontal, origin: Origin::Page }
    };
    page.rules.extend(seen.level.iter().map(|stroke| rule(stroke, true)));
    page.rules.extend(seen.upright.iter().map(|stroke| rule(stroke, false)));
    let mut ink = |area: Area, kind: InkKind| page.ink.push(Ink { area, kind, origin: Origin::Page });
    for one in &found.boxes {
        ink(one.area, InkKind::Box);
        match one.content {
            Content::Nothing => {}
            Content::Mark(_) => ink(grown(&one.area, -1.0), InkKind::Stroke),
            Content::Something(area) => {
                let (x, y) = area.middle();
                ink(grown(&Area { x0: x, x1: x, y0: y, y1: y }, 0.5), InkKind::Stroke);
            }
        }
    }
    for area in &found.written.drawings {
        ink(*area, InkKind::Stroke);
    }
    page
}
