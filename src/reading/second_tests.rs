//! Two readings of the same page.

use super::page::{Area, Page};
use super::pdf::{Limits, open};
use super::pdf_samples::Sample;
use super::second::{Second, disagrees};
use lopdf::Object;

const EVERYWHERE: Area = Area { x0: 0.0, y0: 0.0, x1: 5000.0, y1: 5000.0 };

fn first(bytes: &[u8]) -> Page {
    open(bytes, &Limits::default()).pages.into_iter().next().expect("one page")
}

#[test]
fn both_readings_agree_on_an_ordinary_page_however_it_lies() {
    let text = "BT /F 10 Tf 50 700 Td (FINESS 350378055) Tj 0 -30 Td (Dur) Tj (and \u{c9}lie) Tj ET";
    for rotation in [0, 90, 180] {
        let bytes = Sample::new(text)
            .page("Rotate", rotation)
            .page("CropBox", [20, 30, 580, 790].map(Object::from).to_vec());
        let bytes = bytes.bytes();
        let page = first(&bytes);
        let mut second = Second::open(&bytes).expect("opened");
        let other = second.page(&page).clone();
        // each word is found where the first reading has it
        for word in &page.words {
            assert_eq!(disagrees(&page, &other, word.area), None);
            let mut lie = page.clone();
            for one in lie.words.iter_mut().filter(|one| one.text == word.text) {
                one.text = one.text.replace(|_: char| true, "#");
            }
            assert_eq!(disagrees(&lie, &other, word.area).as_deref(), Some(word.text.as_str()));
        }
        assert_eq!(disagrees(&page, &other, EVERYWHERE), None);
    }
}

#[test]
fn a_reading_that_has_nothing_to_say_disagrees_with_nobody() {
    let bytes = Sample::new("BT /F 10 Tf 50 700 Td (FINESS) Tj ET").bytes();
    let page = first(&bytes);
    let empty = Sample::new("").bytes();
    let mut second = Second::open(&empty).expect("opened");
    assert_eq!(disagrees(&page, second.page(&page), EVERYWHERE), None);
    assert!(Second::open(b"no PDF").is_none());
}
