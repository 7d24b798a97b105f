//! Drawn answers are read a second time, by another crate with other bugs: where the two readings
//! of a decisive answer differ, neither is believed.

use super::Opened;
use crate::reading::answers::{Answers, disagreeing, is_decisive};
use crate::reading::page::Page;
use crate::reading::second::{Second, disagrees};
use std::collections::BTreeMap;

/// Compares the drawn answers of a form with the second reading. `pages` are the form's pages with
/// the document each stands in.
pub fn check(answers: &mut Answers, pages: &[(usize, &Page)], documents: &[Opened<'_>]) {
    let mut readers: BTreeMap<usize, Option<Second>> = BTreeMap::new();
    for (field, number) in &answers.drawn {
        let Some(written) = answers.texts.get_mut(field).filter(|_| is_decisive(*field)) else { continue };
        let Some((document, page)) = pages.get(*number) else { continue };
        let Some(opened) = documents.get(*document) else { continue };
        let reader = readers.entry(*document).or_insert_with(|| Second::open(opened.bytes));
        let Some(reader) = reader else { continue };
        if let Some(other) = disagrees(page, reader.page(page), written.evidence.area) {
            let (raw, area) = (&written.evidence.raw, written.evidence.area);
            *written = disagreeing(raw, "seconde lecture", other, page.number, area);
        }
    }
}
