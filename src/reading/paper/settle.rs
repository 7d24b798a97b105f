//! The last word on a form read from paper: ticks that rest on no printed box are unsure, and every
//! place is told as it lies on the page as displayed.

use super::picture::Mapping;
use crate::domain::form::Field;
use crate::domain::sheet::{Evidence, Mark, Sheet, Written, Zone};
use crate::reading::page::{Ink, InkKind, Page};

/// Settles a sheet of which some pages are paper.
pub fn settle(sheet: &mut Sheet, pages: &[&Page]) {
    let page_of =
        |number: u32| pages.iter().find(|page| page.number == number && page.to_displayed.is_some());
    for marked in sheet.ticks.values_mut() {
        let Some(page) = page_of(marked.evidence.page) else { continue };
        let in_a_box =
            page.ink.iter().any(|ink| ink.kind == InkKind::Box && ink.area == marked.evidence.area);
        if !in_a_box {
            marked.mark = Mark::Unsure;
            marked.evidence.confidence = marked.evidence.confidence.min(0.5);
        } else {
            marked.evidence.confidence = marked.evidence.confidence.min(SURE_MARK);
        }
    }
    doubt(sheet, &|number| page_of(number).is_some());
    rows(sheet, &|number| page_of(number).is_some());
    nobodys(sheet, pages);
    let displayed = |evidence: &mut Evidence| {
        if let Some(way) = page_of(evidence.page).and_then(|page| page.to_displayed) {
            evidence.area = Mapping(way).area(&evidence.area);
        }
    };
    sheet.texts.values_mut().for_each(|written| displayed(&mut written.evidence));
    sheet.ticks.values_mut().for_each(|marked| displayed(&mut marked.evidence));
    for zone in [&mut sheet.signature, &mut sheet.stamp] {
        match zone {
            Zone::Empty => {}
            Zone::Ink { evidence } | Zone::Unsure { evidence } => {
                if page_of(evidence.page).is_some() {
                    evidence.confidence = evidence.confidence.min(SURE_MARK);
                }
                displayed(evidence);
            }
        }
    }
}

/// Where much could not be surely read (handwriting, a bad fax), or labels were not found, what seems
/// sure is not: hands fool independent readers alike, and a value may stand in a neighbour's place.
fn doubt(sheet: &mut Sheet, on_paper: &dyn Fn(u32) -> bool) {
    let on_paper = |evidence: &Evidence| on_paper(evidence.page);
    let read: Vec<f64> = sheet
        .texts
        .values()
        .map(|written| &written.evidence)
        .filter(|e| on_paper(e))
        .map(|e| e.confidence)
        .collect();
    let unsure = read.iter().filter(|confidence| **confidence < SURE_CELL).count();
    let lost = !sheet.unlocated.is_empty() || !sheet.absent.is_empty();
    if lost || unsure * 3 > read.len() {
        for written in sheet.texts.values_mut().filter(|written| on_paper(&written.evidence)) {
            written.evidence.confidence = written.evidence.confidence.min(DOUBTED);
        }
    }
}

/// A zone is not surely empty while there is a drawing on the paper that belongs to nothing else.
fn nobodys(sheet: &mut Sheet, pages: &[&Page]) {
    let own = |zone: &Zone| match zone {
        Zone::Empty => None,
        Zone::Ink { evidence } | Zone::Unsure { evidence } => Some((evidence.page, evidence.area)),
    };
    let claimed: Vec<_> = [&sheet.signature, &sheet.stamp].into_iter().filter_map(own).collect();
    let stray = pages.iter().filter(|page| page.to_displayed.is_some()).find_map(|page| {
        let drawing = |ink: &&Ink| {
            let area = ink.area;
            let taken =
                claimed.iter().any(|(number, zone)| *number == page.number && zone.overlap(&area).is_some());
            let boxed = |other: &Ink| other.kind == InkKind::Box && other.area.overlap(&area).is_some();
            ink.kind == InkKind::Stroke
                && area.width() > DRAWING.0
                && area.height() > DRAWING.1
                && !taken
                && !page.ink.iter().any(boxed)
        };
        let area = page.ink.iter().find(drawing)?.area;
        Some(Evidence { raw: "tracé".to_owned(), confidence: 0.4, page: page.number, area })
    });
    let Some(evidence) = stray else { return };
    for zone in [&mut sheet.signature, &mut sheet.stamp].into_iter().filter(|zone| **zone == Zone::Empty) {
        *zone = Zone::Unsure { evidence: evidence.clone() };
    }
}

/// Width and height (points) from which ink may be a stamp or a signature.
const DRAWING: (f32, f32) = (14.0, 8.0);

/// What a value is worth on a page that is hard to read.
const DOUBTED: f64 = 0.8;

/// A row of administrators of which little was surely read: its other cells are not surely empty.
fn rows(sheet: &mut Sheet, on_paper: &dyn Fn(u32) -> bool) {
    for row in 0..MOST_ROWS {
        let cells = [
            Field::AdministratorCard(row),
            Field::AdministratorLastName(row),
            Field::AdministratorFirstName(row),
            Field::AdministratorPhone(row),
            Field::AdministratorEmail(row),
        ];
        let read: Vec<Evidence> = cells
            .iter()
            .filter_map(|cell| sheet.texts.get(cell))
            .map(|written| written.evidence.clone())
            .collect();
        let sure = read.iter().filter(|evidence| evidence.confidence >= SURE_CELL).count();
        let Some(unsure) = read.iter().find(|evidence| evidence.confidence < SURE_CELL) else { continue };
        if sure > 1 || !on_paper(unsure.page) {
            continue;
        }
        for cell in cells {
            let evidence = Evidence { raw: String::new(), confidence: 0.3, ..unsure.clone() };
            sheet.texts.entry(cell).or_insert(Written { evidence, disagrees: None });
        }
    }
}

/// Rows of a table of administrators that are looked at.
const MOST_ROWS: u8 = 60;
/// A cell is surely read from this confidence on.
const SURE_CELL: f64 = 0.9;

/// How sure a mark in a box, or ink in a zone, is at most on paper.
const SURE_MARK: f64 = 0.97;
