//! What comes beside a form, and pages of which nobody can tell whose they are.

use super::paper::engine::{Engine, Manner, Silence, tiff};
use super::paper::picture::Grey;
use super::tests::{codes, message, pages_of};
use super::{Editions, Limits, read};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;

/// Two editions of two pages that ask something, and a third that is a notice.
const FORM: &[u8] = include_bytes!("../../fixtures/forms/date-with-weekday.drawn.pdf");
const UNSIGNED: &[u8] =
    include_bytes!("../../fixtures/forms/signature-missing-stamp-there-left-helvetica.drawn.pdf");
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The first form's signature page did not come: the other's must not stand for it.
#[test]
fn a_page_that_may_be_of_either_form_puts_neither_together() {
    let (first, others) = (pages_of(FORM, &[1]), pages_of(UNSIGNED, &[1]));
    let last = pages_of(FORM, &[2, 3]);
    let readings = message(&[("a1.pdf", &first), ("b1.pdf", &others), ("b2.pdf", &last)]);
    assert_eq!(readings.len(), 2);
    assert!(readings.iter().all(|reading| reading.sheet.is_none()));
    assert!(codes(&readings).iter().all(|code| *code == (Code::LowConfidence, Severity::Review)));
}

#[test]
fn forms_that_come_one_after_the_other_are_put_together() {
    let (one, two) = (pages_of(FORM, &[1]), pages_of(FORM, &[2, 3]));
    let readings = message(&[("a1.pdf", &one), ("a2.pdf", &two), ("b1.pdf", &one), ("b2.pdf", &two)]);
    let documents: Vec<_> = readings.iter().map(|reading| reading.documents.join("+")).collect();
    assert_eq!(documents, ["a1.pdf+a2.pdf", "b1.pdf+b2.pdf"]);
    assert_eq!(codes(&readings), []);
}

#[test]
fn what_is_blank_may_stand_on_a_picture_that_came_with_the_form() {
    let alone = message(&[("f413.pdf", UNSIGNED)]);
    let sheet = alone.first().and_then(|reading| reading.sheet.as_ref()).expect("a sheet");
    assert!(sheet.absent.is_empty());
    let readings = message(&[("f413.pdf", UNSIGNED), ("page signée.png", PICTURE)]);
    assert_eq!(codes(&readings), [(Code::LowConfidence, Severity::Review)]);
    let sheet = readings.first().and_then(|reading| reading.sheet.as_ref()).expect("a sheet");
    assert!(sheet.absent.contains(&Field::Signature) && !sheet.absent.contains(&Field::Stamp));
}

#[test]
fn a_page_that_is_lacking_may_be_a_picture_that_came_with_the_form() {
    let first = pages_of(FORM, &[1]);
    let readings = message(&[("f413.pdf", &first), ("page 2.png", PICTURE)]);
    assert!(codes(&readings).iter().all(|code| *code == (Code::LowConfidence, Severity::Review)));
}

#[test]
fn a_photograph_in_a_format_that_is_not_read_is_asked_for_as_pdf_or_jpeg() {
    for (name, brand) in [("IMG_0413.HEIC", b"heic"), ("photo.jpg", b"mif1"), ("photo.avif", b"avif")] {
        let photo = [b"\0\0\0\x18ftyp".as_slice(), brand, &[0; 12]].concat();
        let readings = message(&[(name, &photo)]);
        assert_eq!(codes(&readings), [(Code::DocumentUnsupported, Severity::Reject)], "{name}");
        let text = readings.iter().flat_map(|reading| &reading.findings).map(|finding| &finding.message);
        assert!(text.into_iter().all(|text| text.contains("PDF") && text.contains("JPEG")), "{name}");
        // a whole form needs no photograph
        assert_eq!(codes(&message(&[("f413.pdf", FORM), (name, &photo)])), [], "{name}");
        let first = pages_of(FORM, &[1]);
        let lacking = codes(&message(&[("f413.pdf", &first), (name, &photo)]));
        assert_eq!(
            lacking,
            [(Code::LowConfidence, Severity::Review), (Code::DocumentUnsupported, Severity::Reject)],
            "{name}"
        );
    }
}

/// An engine that is there and reads nothing.
struct Ready;

impl Engine for Ready {
    fn tsv(&mut self, _: Manner, _: &[&Grey]) -> Result<Vec<u8>, Silence> {
        Ok(Vec::new())
    }
}

/// A logo of a few pixels beside a form is nothing; alone it is for a person, and not called damaged.
#[test]
fn an_icon_is_no_page_of_a_form() {
    let icon = ("logo.tif".to_owned(), tiff(&[&Grey::new(32, 32, 0)]));
    let form = ("f413.pdf".to_owned(), FORM.to_vec());
    let message =
        |documents: &[_]| codes(&read(documents, &Editions::default(), &Limits::default(), &mut Ready));
    assert_eq!(message(&[icon.clone(), form]), []);
    assert_eq!(message(&[icon]), [(Code::LowConfidence, Severity::Review)]);
}
