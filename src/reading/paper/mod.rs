//! Paper: scans, faxes, photographs. A picture of a page becomes a page like any other: it is made
//! straight, its rules, boxes and lines of text are found, and the lines are read by Tesseract. What
//! was read is as sure as independent readings of it agree; ink that was not read is noted, so that
//! nothing is taken for empty that is not.

pub mod decode;
pub mod engine;
pub mod mapping;
pub mod picture;

mod accents;
mod alike;
mod boxes;
mod broken;
mod cedillas;
mod clean;
mod dashes;
mod document;
mod hand;
mod ink;
mod kinds;
mod leaders;
mod leftover;
mod level;
mod numbering;
mod print;
mod recognise;
mod remains;
mod rules;
mod seams;
mod segments;
mod settle;
mod shapes;
mod sheet;
mod sides;
mod straighten;
mod twins;
mod variants;
mod weigh;
mod worn;

pub use document::Paper;
pub use hand::is_by_hand;
pub use leftover::{is_crowded, left_over};
pub use settle::settle;

use super::labels::find;
use super::layout::View;
use super::layout::grid::grown;
use super::page::{Area, Ink, InkKind, Origin, Page, Rule, Word};
use boxes::{Content, Shape};
use engine::{Engine, Silence};
use mapping::Mapping;
use picture::{Grey, float};
use recognise::{Line, Seen, Strips};
use rules::Stroke;
use segments::{Segment, Written};
use straighten::Straight;

/// Paler than this is paper, on whitened paper.
const PALE: u8 = 205;
/// Spots of unread ink that are kept.
const MOST_UNREAD: usize = 2_000;
/// Lines of text that are read of a page; the form has about 80.
const MOST_LINES: usize = 260;

/// A picture of a page with the page's size in points, where the file tells.
#[derive(Debug)]
pub struct Picture {
    pub grey: Grey,
    pub size: Option<(f32, f32)>,
}

/// A page in the making.
struct Sheet {
    seen: Straight,
    found: Found,
    lines: Vec<Line>,
    /// Asks something in the form's words: its answers were read again.
    is_form: bool,
    /// Too coarse for accents to be told apart.
    coarse: bool,
    /// From the original picture's pixels to the page's points as displayed.
    to_points: Mapping,
}

impl Sheet {
    fn strips(&self) -> Strips<'_> {
        Strips { bare: &self.found.written.bare, scale: self.seen.scale, coarse: self.coarse }
    }

    /// From the straight picture's points to the page's as displayed.
    fn to_displayed(&self) -> Mapping {
        let to_pixels = Mapping::scale(self.seen.scale, self.seen.scale);
        self.to_points.after(&self.seen.to_original).after(&to_pixels)
    }
}

/// Reads pictures of pages, all with the same few calls of the engine.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn pages(pictures: Vec<Picture>, engine: &mut dyn Engine) -> Result<Vec<Page>, Silence> {
    let mut sheets: Vec<Sheet> = pictures.into_iter().map(begun).collect();
    read_first(engine, &mut sheets)?;
    turn(engine, &mut sheets)?;
    boxes::doubt_signs(&mut sheets.iter_mut().map(|sheet| &mut sheet.found.boxes).collect::<Vec<_>>());
    for _ in 0..ROUNDS {
        let wanted: Vec<Wanted> = sheets.iter_mut().map(wanted).collect();
        if wanted.iter().all(|wanted| wanted.answers.is_empty() && wanted.labels.is_empty()) {
            break;
        }
        read_again(engine, &mut sheets, wanted)?;
    }
    let page = |mut sheet: Sheet| {
        numbering::settle(&mut sheet.lines);
        seams::join_halves(&mut sheet.lines);
        let mut page = assembled(&sheet);
        page.unread = unread(&sheet);
        page.legibility = hand::legibility(&sheet.lines);
        page.to_displayed = Some(sheet.to_displayed().0);
        page
    };
    Ok(sheets.into_iter().map(page).collect())
}

/// Labels of which a page of the form has more, however badly it was read.
const FEW_LABELS: usize = 3;
/// What a word read but once is worth at most.
const UNCHECKED: f32 = 0.8;

/// Rounds of reading again: once, and what the first round shows to be an answer.
const ROUNDS: usize = 2;

/// Lines taken out of a page to be read again.
struct Wanted {
    answers: Vec<Line>,
    /// Of which only the head was read, or that were hard to read.
    labels: Vec<Line>,
}

/// Takes out of a page what is to be read again: all that is not the form's own print.
fn wanted(sheet: &mut Sheet) -> Wanted {
    let page = assembled(sheet);
    let view = View::new(&page, 0);
    let labels = find(&view);
    if !sheet.is_form && labels.len() < FEW_LABELS {
        // a contract, an identity card: what it says is of no matter, only whether it could be read
        for word in sheet.lines.iter_mut().flat_map(|line| &mut line.words) {
            word.confidence = (word.own / 100.0).min(UNCHECKED);
        }
        return Wanted { answers: Vec::new(), labels: Vec::new() };
    }
    sheet.is_form = true;
    let mut claimed = vec![false; view.pieces.len()];
    for index in labels.iter().flat_map(|hit| &hit.pieces) {
        if let Some(flag) = claimed.get_mut(*index) {
            *flag = true;
        }
    }
    let pieces = view.pieces.iter().zip(claimed);
    let free: Vec<(f32, f32)> =
        pieces.filter(|(_, claimed)| !claimed).map(|(piece, _)| piece.area.middle()).collect();
    let is_answer = |line: &mut Line| {
        let around = grown(&line.segment.area, 1.0);
        line.seen != Seen::Weighed
            && (line.words.is_empty() || free.iter().any(|middle| around.holds(*middle)))
    };
    Wanted {
        answers: sheet.lines.extract_if(.., is_answer).flat_map(seams::parted).collect(),
        labels: sheet.lines.extract_if(.., |line| recognise::is_to_be_read_again(line)).collect(),
    }
}

/// Reads lines of all pages again and puts them back.
fn read_again(engine: &mut dyn Engine, sheets: &mut [Sheet], wanted: Vec<Wanted>) -> Result<(), Silence> {
    let (mut answers, mut labels, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (sheet, wanted) in sheets.iter().zip(wanted) {
        counts.push((wanted.answers.len(), wanted.labels.len()));
        answers.extend(wanted.answers.into_iter().map(|line| (sheet.strips(), line)));
        labels.extend(wanted.labels.into_iter().map(|line| (sheet.strips(), line)));
    }
    recognise::again(engine, &mut answers, &mut labels)?;
    let lines = |of: Vec<(Strips<'_>, Line)>| of.into_iter().map(|(_, line)| line).collect::<Vec<_>>();
    let (mut answers, mut labels) = (lines(answers).into_iter(), lines(labels).into_iter());
    for (sheet, (count, of_labels)) in sheets.iter_mut().zip(counts) {
        sheet.lines.extend(answers.by_ref().take(count));
        sheet.lines.extend(labels.by_ref().take(of_labels));
    }
    Ok(())
}

fn begun(picture: Picture) -> Sheet {
    let Picture { mut grey, size } = picture;
    if grey.is_negative() {
        grey.invert();
    }
    let seen = straighten::straighten(&grey, size.filter(|size| sheet::is_of_a_sheet(*size)));
    let (width, height) = size.unwrap_or_else(|| sheet::as_a4(&grey));
    let to_points = Mapping::scale(width / float(grey.width), height / float(grey.height));
    let blunt = if grey.is_black_and_white() { BLUNT.1 } else { BLUNT.0 };
    let coarse = seen.scale < blunt;
    Sheet { coarse, ..sheet(seen, to_points) }
}

/// Pictures coarser than this (pixels a point) lose accents, those without greys sooner.
const BLUNT: (f32, f32) = (2.5, 3.3);

/// `to_points`: from the original picture's pixels.
fn sheet(seen: Straight, to_points: Mapping) -> Sheet {
    Sheet { found: look(&seen), seen, lines: Vec::new(), is_form: false, coarse: false, to_points }
}

fn read_first(engine: &mut dyn Engine, sheets: &mut [Sheet]) -> Result<(), Silence> {
    let pages: Vec<(Strips<'_>, &[Segment])> =
        sheets.iter().map(|sheet| (sheet.strips(), sheet.found.written.segments.as_slice())).collect();
    let lines = recognise::first(engine, &pages)?;
    for (sheet, lines) in sheets.iter_mut().zip(lines) {
        sheet.lines = lines;
    }
    Ok(())
}

/// Turns the pages that lie upside down, which shows in how badly they are read.
fn turn(engine: &mut dyn Engine, sheets: &mut [Sheet]) -> Result<(), Silence> {
    let (mut doubted, mut turned) = (Vec::new(), Vec::new());
    for sheet in sheets.iter_mut().filter(|sheet| own_confidence(&sheet.lines) < 60.0) {
        let other = self::sheet(straighten::upside_down(&sheet.seen), sheet.to_points);
        turned.push(Sheet { coarse: sheet.coarse, ..other });
        doubted.push(sheet);
    }
    if turned.is_empty() {
        return Ok(());
    }
    read_first(engine, &mut turned)?;
    for (sheet, other) in doubted.into_iter().zip(turned) {
        if own_confidence(&other.lines) > own_confidence(&sheet.lines) + 8.0 {
            *sheet = other;
        }
    }
    Ok(())
}

/// Ink that is part of no line read, no rule and no box; pale ink too.
fn unread(sheet: &Sheet) -> Vec<Area> {
    let Sheet { seen, found, lines, .. } = sheet;
    let by = if seen.scale > 3.2 { 3 } else { 2 };
    let scale = seen.scale / float(by);
    let soft = found.written.bare.shrunk(by);
    let read: Vec<Area> = lines
        .iter()
        .filter(|line| !line.words.is_empty())
        .map(|line| grown(&line.segment.area, 2.5))
        .collect();
    let boxes: Vec<Area> = found.boxes.iter().map(|one| grown(&one.area, 4.0)).collect();
    // a small or round box, or brackets, close to letters may be some of them
    let doubtful = found.boxes.iter().filter(|one| {
        let area = one.area;
        let near = Area { x0: area.x0 - 6.0, x1: area.x1 + 6.0, y0: area.y0 + 2.0, y1: area.y1 - 2.0 };
        (area.height() < 8.5 || one.shape != Shape::Square)
            && lines.iter().any(|line| line.segment.area.overlap(&near).is_some())
    });
    let spots = ink::blobs(&soft, PALE).into_iter().map(|blob| blob.area(scale));
    spots
        .filter(|area| area.width().max(area.height()) >= 2.6 && area.width().min(area.height()) >= 0.8)
        .filter(|area| !read.iter().chain(&boxes).any(|known| known.holds(area.middle())))
        .chain(doubtful.map(|one| one.area))
        .chain(
            found
                .written
                .worn
                .iter()
                .copied()
                .filter(|area| !read.iter().any(|line| line.holds(area.middle()))),
        )
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
fn own_confidence(lines: &[Line]) -> f32 {
    let words = lines.iter().flat_map(|line| &line.words);
    let long: Vec<f32> = words.filter(|word| word.text.chars().count() > 3).map(|word| word.own).collect();
    if long.len() < 8 { 0.0 } else { long.iter().sum::<f32>() / float(long.len()) }
}

/// The page model of what was found.
fn assembled(sheet: &Sheet) -> Page {
    let Sheet { seen, found, lines, .. } = sheet;
    let (width, height) = seen.size();
    let mut page = Page { width, height, ..Page::default() };
    for Line { segment, words, .. } in lines {
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
