//! The last word on a form read from paper: ticks that rest on no printed box are unsure, and every
//! place is told as it lies on the page as displayed.

use super::mapping::Mapping;
use super::twins;
use super::weigh::AGAINST_THE_INK;
use crate::domain::form::Field;
use crate::domain::sheet::{Area, Evidence, Mark, Sheet, Tick, Written, Zone};
use crate::reading::page::{Ink, InkKind, Page, PageNumber};

/// Settles a sheet of which some pages are paper. `doubted`: words were read among the labels that
/// are nobody's answer, or the answers are handwriting.
pub fn settle(sheet: &mut Sheet, pages: &[&Page], doubted: bool) {
    let page_of =
        |number: PageNumber| pages.iter().find(|page| page.number == number && page.to_displayed.is_some());
    for marked in sheet.ticks.values_mut() {
        let Some(page) = page_of(marked.evidence.page) else { continue };
        let in_a_box =
            page.ink.iter().any(|ink| ink.kind == InkKind::Box && ink.area == marked.evidence.area);
        if in_a_box {
            marked.evidence.confidence = marked.evidence.confidence.min(SURE_MARK);
        } else {
            marked.mark = Mark::Unsure;
            marked.evidence.confidence = marked.evidence.confidence.min(0.5);
        }
    }
    let on_paper = |written: &Written| page_of(written.evidence.page).is_some();
    for (field, written) in sheet.texts.iter_mut().filter(|(_, written)| on_paper(written)) {
        if is_torn(*field, written.value()) {
            written.evidence.confidence = written.evidence.confidence.min(TORN);
        }
    }
    let first = pages.iter().find(|page| page.to_displayed.is_some());
    doubt(sheet, doubted, first, &|number| page_of(number).is_some());
    twins::doubt(sheet, &|number| page_of(number).is_some());
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
        if let Zone::Ink { evidence } = zone
            && evidence.area.height() < LEAST_DRAWING
            && page_of(evidence.page).is_some()
        {
            // what is left of a rule
            *zone = Zone::Unsure { evidence: Evidence { confidence: 0.4, ..evidence.clone() } };
        }
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

/// Where much could not be surely read (handwriting, a bad fax), labels were not found, or answers do
/// not fit their places, what seems sure is not: hands fool independent readers alike, a value may
/// stand in a neighbour's place, and what seems empty may stand elsewhere.
fn doubt(sheet: &mut Sheet, doubted: bool, paper: Option<&&Page>, on_paper: &dyn Fn(PageNumber) -> bool) {
    let read: Vec<f64> = sheet
        .texts
        .values()
        .map(|written| &written.evidence)
        .filter(|evidence| on_paper(evidence.page))
        .map(|evidence| evidence.confidence)
        .collect();
    // what all readings agree on does not tell how well they read
    let unsure = read.iter().filter(|confidence| **confidence < AGREED_ON).count();
    let lost = !sheet.unlocated.is_empty() || !sheet.absent.is_empty();
    let blank = blank(sheet);
    let misfit = sheet.texts.iter().any(|(field, written)| misfits(*field, written.value()));
    if lost || misfit || doubted || unsure * 3 > read.len() || blank.len() >= MOST_BLANK {
        for written in sheet.texts.values_mut().filter(|written| on_paper(written.evidence.page)) {
            written.evidence.confidence = written.evidence.confidence.min(DOUBTED);
        }
        for field in blank {
            nothing_sure(sheet, field, paper);
        }
        unsure_marks(sheet, paper);
    } else if blank.contains(&Field::Date) && has_digits(&sheet.signature) | has_digits(&sheet.stamp) {
        // the date may be what stands there
        nothing_sure(sheet, Field::Date, paper);
    }
}

fn has_digits(zone: &Zone) -> bool {
    match zone {
        Zone::Empty => false,
        Zone::Ink { evidence } | Zone::Unsure { evidence } => {
            evidence.raw.chars().any(|c| c.is_ascii_digit())
        }
    }
}

/// The boxes that must be filled in and are not (rulebook, "The fields").
fn blank(sheet: &Sheet) -> Vec<Field> {
    const REQUIRED: [Field; 10] = [
        Field::StructureName,
        Field::LastName,
        Field::FirstNames,
        Field::Phone,
        Field::Email,
        Field::Card,
        Field::Purpose,
        Field::Publisher,
        Field::Solution,
        Field::Date,
    ];
    let filled = |field: Field| sheet.texts.contains_key(&field);
    let known = |field: Field| !sheet.absent.contains(&field) && !sheet.unlocated.contains(&field);
    let mut out: Vec<Field> = REQUIRED.into_iter().filter(|field| !filled(*field) && known(*field)).collect();
    let numbered = filled(Field::Finess) || filled(Field::Siret);
    if !numbered
        && !sheet.texts.keys().any(|field| matches!(field, Field::RppsRang(_)))
        && known(Field::Finess)
    {
        out.push(Field::Finess);
    }
    let named = |field: &Field| {
        matches!(field.in_row(0), Field::AdministratorCard(_) | Field::AdministratorLastName(_))
    };
    if !sheet.texts.keys().any(named) && known(Field::AdministratorCard(0)) {
        out.push(Field::AdministratorCard(0));
    }
    let ticked = |tick: Tick| sheet.ticks.get(&tick).is_some_and(|marked| marked.mark == Mark::Checked);
    let lines = [
        (Tick::ServerSsl, Field::SslDomain, filled(Field::SslServer)),
        (Tick::ServerSmime, Field::SmimeMailDomain, false),
        (Tick::Pro, Field::ProMailDomain, false),
    ];
    let empty =
        |(tick, line, other): &(Tick, Field, bool)| ticked(*tick) && !filled(*line) && !other && known(*line);
    out.extend(lines.iter().filter(|line| empty(line)).map(|(_, line, _)| *line));
    out
}

/// Domains that one box may name; more words are a sentence, the form's own perhaps.
const MOST_NAMES: usize = 3;

/// Whether a value cannot be what its box asks: letters for a number, a row of numbers, an e-mail
/// address without its sign, a sentence for a domain.
fn misfits(field: Field, value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    match field.in_row(0) {
        Field::Finess | Field::Card | Field::AdministratorCard(_) => letters > 2 || digits > 11,
        Field::Siret | Field::RppsRang(_) => letters > 2 || digits > 15,
        Field::Phone | Field::AdministratorPhone(_) => letters > 2 || digits > 14,
        Field::Email | Field::AdministratorEmail(_) => letters > 0 && value.matches('@').count() != 1,
        Field::SslDomain | Field::SslServer | Field::SmimeMailDomain | Field::ProMailDomain => {
            let word = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1;
            value.split_whitespace().filter(word).count() > MOST_NAMES
        }
        Field::LastName
        | Field::FirstNames
        | Field::AdministratorLastName(_)
        | Field::AdministratorFirstName(_) => digits > 3 || value.contains('@'),
        _ => false,
    }
}

/// Whether a value is sure to lack something: an address whose letters fall into several words has
/// lost a dot between them, and an RPPS rang has at least the 11 digits of an RPPS (rulebook,
/// "Identifiers").
fn is_torn(field: Field, value: &str) -> bool {
    match field.in_row(0) {
        Field::Email | Field::AdministratorEmail(_) => {
            let words: Vec<&str> = value.split_whitespace().collect();
            words.windows(2).any(|two| {
                let [left, right] = two else { return false };
                left.ends_with(char::is_alphanumeric) && right.starts_with(char::is_alphanumeric)
            })
        }
        Field::RppsRang(_) => value.chars().filter(char::is_ascii_digit).count() < 11,
        _ => false,
    }
}

/// Something may stand in a box, and nobody knows what.
fn nothing_sure(sheet: &mut Sheet, field: Field, paper: Option<&&Page>) {
    let Some(page) = paper else { return };
    let area = Area { x0: 0.0, y0: 0.0, x1: page.width, y1: page.height };
    let evidence = Evidence { raw: String::new(), confidence: 0.3, page: page.number, area };
    sheet.texts.entry(field).or_insert(Written { evidence, disagrees: None });
}

/// Where a page is hard to read its empty boxes and zones are not surely empty.
fn unsure_marks(sheet: &mut Sheet, paper: Option<&&Page>) {
    let checked = |sheet: &Sheet, role: bool| {
        let of = |tick: &Tick| matches!(tick, Tick::Role(_)) == role && *tick != Tick::Terms;
        sheet.ticks.iter().any(|(tick, marked)| of(tick) && marked.mark == Mark::Checked)
    };
    let (role, kind) = (checked(sheet, true), checked(sheet, false));
    for (tick, marked) in sheet.ticks.iter_mut().filter(|(_, marked)| marked.mark == Mark::Empty) {
        let settled = match tick {
            Tick::Role(_) => role,
            Tick::Terms => false,
            Tick::Org | Tick::ServerSsl | Tick::ServerSmime | Tick::Pro => kind,
        };
        if !settled {
            marked.mark = Mark::Unsure;
            marked.evidence.confidence = marked.evidence.confidence.min(0.5);
        }
    }
    for marked in sheet.ticks.values_mut().filter(|marked| marked.mark == Mark::Checked) {
        marked.evidence.confidence = marked.evidence.confidence.min(DOUBTED);
    }
    for zone in [&mut sheet.signature, &mut sheet.stamp] {
        if let Zone::Ink { evidence } = zone {
            evidence.confidence = evidence.confidence.min(DOUBTED);
        }
    }
    let Some(page) = paper else { return };
    let area = Area { x0: 0.0, y0: 0.0, x1: page.width, y1: page.height };
    for zone in [&mut sheet.signature, &mut sheet.stamp].into_iter().filter(|zone| **zone == Zone::Empty) {
        let evidence = Evidence { raw: String::new(), confidence: 0.3, page: page.number, area };
        *zone = Zone::Unsure { evidence };
    }
}

/// So many boxes that must be filled in are not all forgotten: they were not found.
const MOST_BLANK: usize = 3;

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

/// Ink lower than this (points) is neither a signature nor a stamp.
const LEAST_DRAWING: f32 = 5.0;

/// What a value is worth of which a part is missing.
const TORN: f64 = 0.5;

/// What a value is worth on a page that is hard to read.
const DOUBTED: f64 = 0.8;

/// A row of administrators of which little was surely read: its other cells are not surely empty.
fn rows(sheet: &mut Sheet, on_paper: &dyn Fn(PageNumber) -> bool) {
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
pub const MOST_ROWS: u8 = 60;
/// A cell is surely read from this confidence on.
const SURE_CELL: f64 = 0.9;
/// Its readings agree from this one on, whatever its ink says; confidences are kept as `f32`.
const AGREED_ON: f64 = AGAINST_THE_INK - 0.01;

/// How sure a mark in a box, or ink in a zone, is at most on paper.
const SURE_MARK: f64 = 0.97;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_pieces_and_a_stump_of_a_number_are_torn() {
        for (field, value) in [
            (Field::Email, "tanguy guyomarch @biomesange.fr"),
            (Field::AdministratorEmail(2), "jean.dupont@chu fr"),
            (Field::RppsRang(1), "34"),
        ] {
            assert!(is_torn(field, value), "{value}");
        }
        for (field, value) in [
            (Field::Email, "tanguy.guyomarch@biomesange.fr"),
            // a wide gap beside a sign
            (Field::AdministratorEmail(0), "jean. dupont @chu-lens. fr"),
            (Field::RppsRang(0), "100 0123 4567 8 90"),
            (Field::StructureName, "Clinique des Lilas"),
        ] {
            assert!(!is_torn(field, value), "{value}");
        }
    }
}
