//! Drawn answers are read a second time, by another crate with other bugs: where the two readings
//! of a decisive answer differ, neither is believed.

use super::Opened;
use crate::domain::sheet::Written;
use crate::reading::answers::{Answers, is_decisive};
use crate::reading::page::Page;
use crate::reading::second::{Second, disagrees};
use std::collections::BTreeMap;

/// Compares the drawn answers of a form with the second reading. `pages` are the form's pages with
/// the document each stands in.
pub fn check(answers: &mut Answers, pages: &[(usize, &Page)], documents: &[Opened<'_>]) {
    let mut readers: BTreeMap<usize, Option<Second>> = BTreeMap::new();
    for (field, number) in &answers.drawn {
        let Some(written) = answers.texts.get_mut(field).filter(|_| is_decisive(*field)) else { continue };
        // on a picture the file's own words are a scanner's guess: no second reading
        let digital = |(_, page): &&(usize, &Page)| page.to_displayed.is_none();
        let Some((document, page)) = pages.get(*number).filter(digital) else { continue };
        let Some(opened) = documents.get(*document) else { continue };
        let reader = readers.entry(*document).or_insert_with(|| Second::open(opened.bytes));
        let Some(reader) = reader else { continue };
        let other = disagrees(page, reader.page(page), written.evidence.area);
        if let Some(other) = other.filter(|other| differ(&written.evidence.raw, other)) {
            let (raw, area) = (&written.evidence.raw, written.evidence.area);
            *written = Written::disagreeing(raw, &other, page.number, area);
        }
    }
}

/// Whether plain letters or digits differ. The second reader is known to take the accented letters
/// of some encodings for others (`Santé` for `SantÉ`, `Yaël` for `Yaàl`): those prove nothing.
fn differ(first: &str, second: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
    let (a, b) = (plain(first), plain(second));
    let both = |(a, b): (&char, &char)| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
    if a.len() == b.len() {
        return a.iter().zip(&b).any(|(a, b)| both((a, b)) && !a.eq_ignore_ascii_case(b));
    }
    let skeleton = |text: &[char]| text.iter().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    skeleton(&a) != skeleton(&b)
}

#[cfg(test)]
mod tests {
    use super::differ;

    #[test]
    fn only_plain_letters_and_digits_prove_a_difference() {
        assert!(differ("350227658", "350227659") && differ("35 0227658", "35022765"));
        assert!(!differ("Yaël", "Yaàl") && !differ("La Poste", "LaPoste") && !differ("Sœurette", "Sàurette"));
    }
}
