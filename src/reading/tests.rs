//! `read` on messages of several documents, and the layout on pages built by hand.

use super::forms::{Opened, gather};
use super::layout::testing::{cell, page, text_widget, write, write_as};
use super::page::{AnnotationKind, Document, Ink, InkKind, Origin, Page};
use super::paper::engine::NoEngine;
use super::{Editions, Limits, forms, read};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;
use crate::domain::sheet::{Area, Mark, Reading, Sheet, Source, Tick, Zone};

const FORM: &[u8] = include_bytes!("../../fixtures/forms/date-with-weekday.drawn.pdf");

/// A document that holds only some pages of another.
pub(super) fn pages_of(bytes: &[u8], wanted: &[u32]) -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(bytes).expect("a PDF");
    let others: Vec<u32> =
        document.get_pages().into_keys().filter(|number| !wanted.contains(number)).collect();
    document.delete_pages(&others);
    let mut out = Vec::new();
    document.save_to(&mut out).expect("saved");
    out
}

pub(super) fn message(documents: &[(&str, &[u8])]) -> Vec<Reading> {
    let documents: Vec<(String, Vec<u8>)> =
        documents.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    read(&documents, &Editions::default(), &Limits::default(), &mut NoEngine)
}

pub(super) fn codes(readings: &[Reading]) -> Vec<(Code, Severity)> {
    readings
        .iter()
        .flat_map(|reading| &reading.findings)
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

#[test]
fn pages_of_one_form_sent_as_files_in_any_order_are_one_form() {
    let readings = message(&[("b.pdf", &pages_of(FORM, &[2, 3])), ("a.pdf", &pages_of(FORM, &[1]))]);
    assert_eq!(codes(&readings), []);
    let [reading] = readings.as_slice() else { panic!("{} readings", readings.len()) };
    assert_eq!(reading.documents, ["a.pdf", "b.pdf"]);
    let sheet = reading.sheet.as_ref().expect("a sheet");
    assert!(sheet.texts.contains_key(&Field::Finess) && sheet.texts.contains_key(&Field::Date));
    assert!(sheet.absent.is_empty() && sheet.unlocated.is_empty());
}

#[test]
fn a_form_without_its_last_pages_is_incomplete() {
    let readings = message(&[("a.pdf", &pages_of(FORM, &[1]))]);
    assert_eq!(codes(&readings), [(Code::FormIncomplete, Severity::Reject)]);
    let sheet = readings.first().and_then(|reading| reading.sheet.as_ref()).expect("a sheet");
    assert!(sheet.absent.contains(&Field::Signature) && !sheet.absent.contains(&Field::Finess));
}

#[test]
fn the_same_form_twice_is_two_readings() {
    let readings = message(&[("a.pdf", FORM), ("b.pdf", FORM)]);
    assert_eq!(readings.iter().map(|reading| reading.documents.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn what_cannot_be_read_is_told_unless_a_form_came_with_it() {
    let docx = b"PK\x03\x04 word/document.xml";
    assert_eq!(codes(&message(&[("f413.docx", docx)])), [(Code::DocumentUnsupported, Severity::Reject)]);
    assert_eq!(codes(&message(&[("f413.docx", docx), ("f413.pdf", FORM)])), []);
    let damaged = message(&[("f413.pdf", FORM), ("autre.pdf", b"%PDF-1.7 rien")]);
    assert_eq!(codes(&damaged), [(Code::DocumentDamaged, Severity::Reject)]);
    assert_eq!(damaged.len(), 2, "it may have been a second form");
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
    assert_eq!(codes(&message(&[("photo.heic", heic)])), [(Code::DocumentUnsupported, Severity::Reject)]);
}

#[test]
fn a_picture_waits_for_a_person() {
    let readings = message(&[("scan.png", b"\x89PNG\r\n\x1a\n")]);
    assert_eq!(codes(&readings), [(Code::LowConfidence, Severity::Review)]);
    assert_eq!(readings.first().map(|reading| reading.source), Some(Source::None));
}

#[test]
fn a_contract_that_asks_some_of_the_same_is_no_form() {
    let mut page = page();
    for (number, label) in [
        "Contrat d'adhésion",
        "Dénomination de la structure :",
        "FINESS :",
        "N° SIRET :",
        "Nom :",
        "Téléphone :",
        "Date :",
        "Signature :",
        "Cachet de la structure :",
    ]
    .iter()
    .enumerate()
    {
        #[expect(clippy::cast_precision_loss, reason = "a line's number")]
        write(&mut page, 50.0, 50.0 + 20.0 * number as f32, label);
    }
    let document = Document { pages: vec![page], page_count: 1, ..Document::default() };
    let opened = [Opened { name: "contrat.pdf", bytes: &[], document: &document }];
    assert!(gather(&opened).iter().all(|form| !form.is_form()));
    assert_eq!(forms::other::kind_of(&document), Some("un contrat d'adhésion"));
}

/// Reads pages built by hand as one document.
fn sheet_of(pages: Vec<Page>) -> Sheet {
    let page_count = pages.len();
    let document = Document { pages, page_count, ..Document::default() };
    let opened = [Opened { name: "f413.pdf", bytes: &[], document: &document }];
    let form = gather(&opened).into_iter().next().expect("a form");
    forms::read(form, &opened, &Editions::default(), false).sheet.expect("a sheet")
}

fn raw(sheet: &Sheet, field: Field) -> Option<&str> {
    sheet.texts.get(&field).map(|written| written.evidence.raw.as_str())
}

#[test]
fn answers_below_their_labels_in_two_columns() {
    let mut page = page();
    write(&mut page, 50.0, 100.0, "3.2 Identification du représentant légal");
    write(&mut page, 50.0, 110.0, "Êtes-vous le :");
    write(&mut page, 50.0, 120.0, "Nom");
    write(&mut page, 300.0, 120.0, "Prénom(s)");
    write(&mut page, 52.0, 133.0, "DE LA TOUR");
    write(&mut page, 302.0, 133.0, "Jean Marie");
    write(&mut page, 50.0, 150.0, "Email professionnel");
    write(&mut page, 300.0, 150.0, "N° de carte (10 chiffres)");
    write(&mut page, 52.0, 163.0, "jean.delatour@");
    write(&mut page, 52.0, 173.0, "exemple.fr");
    let sheet = sheet_of(vec![page]);
    assert_eq!(raw(&sheet, Field::LastName), Some("DE LA TOUR"));
    assert_eq!(raw(&sheet, Field::FirstNames), Some("Jean Marie"));
    assert_eq!(raw(&sheet, Field::Email), Some("jean.delatour@exemple.fr"));
    assert_eq!(raw(&sheet, Field::Card), None, "the help in brackets is no answer");
}

#[test]
fn an_answer_that_overflows_its_cell_stays_one_answer() {
    let mut page = page();
    cell(&mut page, 50.0, 100.0, 150.0, 116.0);
    cell(&mut page, 150.0, 100.0, 250.0, 116.0);
    cell(&mut page, 250.0, 100.0, 350.0, 116.0);
    cell(&mut page, 350.0, 100.0, 550.0, 116.0);
    write(&mut page, 53.0, 103.0, "Dénomination de la structure");
    write(&mut page, 153.0, 103.0, "Établissement-de-santé de Rochefontaine");
    write(&mut page, 353.0, 103.0, "FINESS");
    let sheet = sheet_of(vec![page]);
    assert_eq!(raw(&sheet, Field::StructureName), Some("Établissement-de-santé de Rochefontaine"));
}

fn structure_with_widgets() -> Page {
    let mut page = page();
    write(&mut page, 50.0, 100.0, "Dénomination de la structure");
    write(&mut page, 50.0, 120.0, "FINESS");
    write(&mut page, 50.0, 140.0, "ou N° SIRET");
    page
}

#[test]
fn a_name_that_contradicts_its_label_does_not_win() {
    let mut page = structure_with_widgets();
    text_widget(&mut page, "ou N SIRET", (200.0, 117.0, 400.0, 131.0), "350227658");
    text_widget(&mut page, "FINESS", (200.0, 137.0, 400.0, 151.0), "35600000000048");
    let sheet = sheet_of(vec![page]);
    assert_eq!(raw(&sheet, Field::Finess), Some("350227658"));
    assert_eq!(raw(&sheet, Field::Siret), Some("35600000000048"));
}

#[test]
fn words_typed_over_an_empty_field_answer_and_over_a_filled_one_disagree() {
    let typed = Origin::Annotation(AnnotationKind::FreeText);
    let mut page = structure_with_widgets();
    text_widget(&mut page, "a", (200.0, 117.0, 400.0, 131.0), "");
    text_widget(&mut page, "b", (200.0, 137.0, 400.0, 151.0), "35600000000048");
    write_as(&mut page, 205.0, 120.0, "350227658", typed);
    write_as(&mut page, 205.0, 140.0, "73282932000074", typed);
    let sheet = sheet_of(vec![page]);
    assert_eq!(raw(&sheet, Field::Finess), Some("350227658"));
    let siret = sheet.texts.get(&Field::Siret).expect("an answer");
    assert_eq!(siret.disagrees.as_deref(), Some("73282932000074"));
    assert!(siret.evidence.confidence < f64::EPSILON && siret.evidence.raw.contains("35600000000048"));
}

#[test]
fn hidden_fields_and_invisible_words_do_not_answer() {
    let mut page = structure_with_widgets();
    text_widget(&mut page, "a", (200.0, 117.0, 400.0, 131.0), "350227658");
    page.widgets.iter_mut().for_each(|widget| widget.hidden = true);
    write(&mut page, 205.0, 140.0, "35600000000048");
    page.words.iter_mut().filter(|word| word.text.starts_with("356")).for_each(|word| word.invisible = true);
    let sheet = sheet_of(vec![page]);
    assert!(sheet.texts.is_empty(), "{:?}", sheet.texts);
}

fn ink(area: Area, kind: InkKind) -> Ink {
    Ink { area, kind, origin: Origin::Page }
}

#[test]
fn ink_counts_for_the_zone_its_bulk_is_in() {
    let mut page = page();
    cell(&mut page, 50.0, 600.0, 300.0, 700.0);
    cell(&mut page, 300.0, 600.0, 550.0, 700.0);
    write(&mut page, 53.0, 603.0, "Signature du représentant légal ou du mandataire");
    write(&mut page, 303.0, 603.0, "Cachet de la structure");
    write(&mut page, 53.0, 560.0, "Date : 06/11/2026");
    let signature = Area::new(150.0, 640.0, 340.0, 690.0);
    page.ink.push(ink(signature, InkKind::Stroke));
    page.ink.push(ink(Area::new(300.5, 600.5, 549.0, 699.0), InkKind::Fill { light: true }));
    let sheet = sheet_of(vec![page.clone()]);
    assert!(matches!(sheet.signature, Zone::Ink { .. }));
    assert_eq!(sheet.stamp, Zone::Empty);
    assert_eq!(raw(&sheet, Field::Date), Some("06/11/2026"));
    page.ink.clear();
    page.ink.push(ink(Area::new(400.0, 650.0, 402.0, 652.0), InkKind::Stroke));
    let sheet = sheet_of(vec![page]);
    assert_eq!(sheet.signature, Zone::Empty);
    assert!(matches!(sheet.stamp, Zone::Unsure { .. }), "a speck is no stamp");
}

#[test]
fn a_tick_is_found_left_or_right_of_its_label() {
    for right in [false, true] {
        let mut page = page();
        write(&mut page, 50.0, 100.0, "Êtes-vous le :");
        for (number, label) in
            ["Responsable légal", "Mandataire", "Titulaire du cabinet"].into_iter().enumerate()
        {
            let x = [150.0, 280.0, 400.0][number];
            write(&mut page, x, 100.0, label);
            let left = if right { x + 90.0 } else { x - 14.0 };
            let area = Area::new(left, 99.0, left + 10.0, 109.0);
            page.ink.push(ink(area, InkKind::Box));
            if number == 1 {
                page.ink.push(ink(Area::new(left + 1.0, 97.0, left + 12.0, 108.0), InkKind::Stroke));
            }
        }
        write(&mut page, 50.0, 120.0, "Nom : Dupont");
        let sheet = sheet_of(vec![page]);
        let ticked: Vec<_> = sheet
            .ticks
            .iter()
            .filter(|(_, marked)| marked.mark == Mark::Checked)
            .map(|(tick, _)| *tick)
            .collect();
        assert_eq!(ticked, [Tick::Role(crate::domain::form::Role::Delegate)], "right: {right}");
    }
}

#[test]
fn a_rang_in_no_line_leaves_the_list_in_doubt() {
    let mut page = structure_with_widgets();
    write(&mut page, 50.0, 160.0, "RPPS rang");
    write(&mut page, 200.0, 160.0, "1. 81067338616007");
    write(&mut page, 200.0, 175.0, "2. 81067338616015");
    let sheet = sheet_of(vec![page.clone()]);
    assert_eq!(raw(&sheet, Field::RppsRang(1)), Some("81067338616015"));
    assert!(!sheet.unlocated.contains(&Field::RppsRang(0)));
    // a third one, far from any line
    write(&mut page, 420.0, 210.0, "81067338616023");
    assert!(sheet_of(vec![page]).unlocated.contains(&Field::RppsRang(0)));
}

#[test]
fn a_section_whose_heading_is_there_is_not_missing_but_not_understood() {
    let mut page = structure_with_widgets();
    write(&mut page, 50.0, 160.0, "RPPS rang");
    write(&mut page, 200.0, 160.0, "81067338616007");
    assert!(sheet_of(vec![page.clone()]).absent.contains(&Field::Solution));
    write(&mut page, 50.0, 300.0, "4.2 Usage des certificats et solution utilisée");
    let sheet = sheet_of(vec![page]);
    assert!(sheet.unlocated.contains(&Field::Solution) && !sheet.absent.contains(&Field::Solution));
    assert!(sheet.absent.contains(&Field::Signature) && !sheet.unlocated.contains(&Field::StructureName));
}

#[test]
fn a_blank_beside_boxes_that_were_not_found_is_no_sure_blank() {
    let mut page = structure_with_widgets();
    write(&mut page, 200.0, 120.0, "350227658");
    let sheet = sheet_of(vec![page]);
    assert!(sheet.unlocated.contains(&Field::RppsRang(0)), "the edition has no such label");
    assert!(sheet.unlocated.contains(&Field::StructureName), "blank, in the same section");
    assert!(!sheet.unlocated.contains(&Field::Finess));
}

#[test]
fn sections_beside_each_other_are_read_one_after_the_other() {
    let mut page = page();
    write(&mut page, 50.0, 100.0, "3.1 Identification de la structure");
    write(&mut page, 320.0, 100.0, "3.2 Identification du représentant légal");
    write(&mut page, 50.0, 115.0, "Dénomination de la structure");
    write(&mut page, 320.0, 121.0, "Nom");
    write(&mut page, 52.0, 128.0, "Clinique du Val");
    write(&mut page, 322.0, 134.0, "DUPONT");
    write(&mut page, 50.0, 145.0, "FINESS");
    write(&mut page, 320.0, 151.0, "Prénom(s)");
    write(&mut page, 52.0, 158.0, "350227658");
    write(&mut page, 322.0, 164.0, "Jeanne");
    write(
        &mut page,
        50.0,
        190.0,
        "4.2 Usage des certificats et solution utilisée, à remplir dans tous les cas par le demandeur",
    );
    write(&mut page, 50.0, 205.0, "Solution utilisée");
    write(&mut page, 200.0, 205.0, "Oriel");
    let sheet = sheet_of(vec![page]);
    let read = [Field::StructureName, Field::LastName, Field::Finess, Field::FirstNames, Field::Solution];
    let wanted = ["Clinique du Val", "DUPONT", "350227658", "Jeanne", "Oriel"];
    assert_eq!(read.map(|field| raw(&sheet, field)), wanted.map(Some));
}

#[test]
fn headers_that_nearly_touch_and_wrap_are_columns_of_their_own() {
    let mut page = page();
    write(&mut page, 50.0, 90.0, "4.1 Déclaration des administrateurs techniques");
    let columns = [50.0, 100.0, 209.0, 314.0, 370.0];
    let headers = [
        "N° de carte",
        "Nom figurant sur la carte",
        "Prénom figurant sur la",
        "Téléphone",
        "Email professionnel",
    ];
    for (x, header) in columns.into_iter().zip(headers) {
        write(&mut page, x, 110.0, header);
    }
    write(&mut page, 209.0, 120.0, "carte");
    let blank = sheet_of(vec![page.clone()]);
    assert!(blank.texts.is_empty(), "a header's second line is no answer");
    for (x, answer) in columns.into_iter().zip(["2992628175", "Perréal", "Joël", "0472306637", "j@filaos.fr"])
    {
        write(&mut page, x, 135.0, answer);
    }
    let sheet = sheet_of(vec![page]);
    let row =
        [Field::AdministratorCard(0), Field::AdministratorLastName(0), Field::AdministratorFirstName(0)];
    assert_eq!(row.map(|field| raw(&sheet, field)), [Some("2992628175"), Some("Perréal"), Some("Joël")]);
    assert_eq!(raw(&sheet, Field::AdministratorEmail(0)), Some("j@filaos.fr"));
}

#[test]
fn a_page_number_under_the_table_is_no_card() {
    for number in ["2", "2/3", "Page 2 sur 3", "- 2 -"] {
        let mut page = page();
        write(&mut page, 50.0, 740.0, "4.1 Déclaration des administrateurs techniques");
        for (x, header) in [(50.0, "N° de carte"), (150.0, "Nom"), (250.0, "Prénom"), (350.0, "Téléphone")]
        {
            write(&mut page, x, 760.0, header);
        }
        write(&mut page, 50.0, 815.0, number);
        assert!(sheet_of(vec![page]).texts.is_empty(), "{number}");
    }
}

#[test]
fn a_number_close_behind_the_help_of_its_label_is_the_answer() {
    for number in ["2A0837183", "2A0 837 183"] {
        let mut page = structure_with_widgets();
        page.words.clear();
        write(&mut page, 50.0, 120.0, "FINESS");
        write(
            &mut page,
            50.0,
            130.0,
            "*voir notice ci-jointe (uniquement pour les structures prenant en charge",
        );
        write(&mut page, 405.0, 130.0, number);
        write(&mut page, 50.0, 140.0, "des patients / usagers)");
        write(&mut page, 50.0, 150.0, "ou N° SIRET");
        write(&mut page, 50.0, 160.0, "RPPS rang");
        write(&mut page, 50.0, 180.0, "Dénomination de la structure");
        assert_eq!(raw(&sheet_of(vec![page]), Field::Finess), Some(number));
    }
}
