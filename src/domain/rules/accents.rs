//! Accents on paper: a faint one is lost to every reading alike. Where a name was read without one, or with
//! another, that the holder of its card has, nobody is sure which of the two stands there. It is the same name to
//! all other rules, and never becomes the card's: a person looks. What was not recognised from a picture is
//! certain: a digital page beside a scan, and what staff say stands there.

use super::super::facts::{Answer, Facts};
use super::super::form::{Entry, F413, Masked};
use unicode_normalization::UnicodeNormalization;

/// Nothing read from a picture is worth as much.
const CERTAIN: f64 = 1.0;
/// What a name is worth then: less than is taken for sure.
const DOUBTED: f64 = 0.8;

/// Takes the certainty from such names.
pub(super) fn doubt(form: &mut F413, facts: &Facts) {
    let who = &mut form.signatory;
    let signatory = (&who.card, &mut who.last_name, &mut who.first_names);
    let rows = form.administrators.iter_mut().map(|row| (&row.card, &mut row.last_name, &mut row.first_name));
    for (card, last, first) in std::iter::once(signatory).chain(rows) {
        let Some(Answer::Found(holder)) = card.valid().and_then(|number| facts.cards.get(number)) else {
            continue;
        };
        for (name, known) in [(last, &holder.last_name), (first, &holder.first_name)] {
            unsure(name, known);
        }
    }
}

fn unsure(name: &mut Entry<Masked>, known: &Masked) {
    if let Entry::Valid(read, evidence) = name
        && evidence.confidence < CERTAIN
        && lacks_an_accent(read.expose(), known.expose())
    {
        evidence.confidence = evidence.confidence.min(DOUBTED);
    }
}

/// Whether two names are the same letters, as far as both go, and one of them has another accent than it is
/// known with, or none. Capitals are often written without.
fn lacks_an_accent(read: &str, known: &str) -> bool {
    let letters = |name: &str| -> Vec<char> { name.nfc().filter(|c| c.is_alphabetic()).collect() };
    let base = |letter: char| letter.nfd().next().unwrap_or(letter).to_lowercase().next().unwrap_or(letter);
    let has_accent = |letter: char| letter.nfd().nth(1).is_some();
    let same = |one: char, other: char| one.to_lowercase().eq(other.to_lowercase());
    let (read, known) = (letters(read), letters(known));
    let pairs = || read.iter().copied().zip(known.iter().copied());
    pairs().all(|(one, other)| base(one) == base(other))
        && pairs().any(|(one, other)| {
            has_accent(other) && !same(one, other) && (has_accent(one) || one.is_lowercase())
        })
}

#[cfg(test)]
mod tests {
    use super::super::super::form::{Entry, Masked};
    use super::super::super::sheet::{Area, Evidence};
    use super::{lacks_an_accent, unsure};

    #[test]
    fn what_was_read_is_doubted_and_what_staff_say_is_not() {
        let after = |confidence: f64| {
            let evidence = Evidence { raw: "Joel".into(), confidence, page: 1.into(), area: Area::default() };
            let mut name = Entry::Valid(Masked::new("Joel"), evidence);
            unsure(&mut name, &Masked::new("Joël"));
            name.evidence().unwrap().confidence
        };
        assert!(after(0.97) < 0.9 && after(0.97) > 0.7);
        assert!(after(1.0) >= 1.0 && (0.49..0.51).contains(&after(0.5)));
    }

    #[test]
    fn a_name_lacks_an_accent_its_holder_has() {
        for (read, known) in [
            ("Aicha", "Aïcha"),
            ("Joel", "Joël"),
            ("DELCRÔS", "Delcròs"),
            ("Noemie", "NOÉMIE"),
            ("Yael, Anne", "Yaël"),
        ] {
            assert!(lacks_an_accent(read, known), "{read} {known}");
        }
        for (read, known) in [
            ("Aïcha", "Aïcha"),
            ("SALAUN", "Salaün"),
            ("Brûlé", "BRULE"),
            ("NOËL", "Noël"),
            ("Martin", "Noël"),
            ("Jean", "Jean-René"),
        ] {
            assert!(!lacks_an_accent(read, known), "{read} {known}");
        }
    }
}
