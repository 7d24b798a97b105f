//! Whether a form follows an earlier one of the same structure and signatory (rulebook, "Several forms,
//! several mails"). Another person's form for the same structure is none of its business.

use super::form::{Entry, F413, Masked};
use super::people::{Likeness, PersonName, person_likeness, structure_close};
use std::collections::BTreeSet;

/// Who signed a form, and for which structure: as written, right or wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    pub finess: Option<String>,
    pub siret: Option<String>,
    pub rpps_rang: BTreeSet<String>,
    pub structure_name: Option<Masked>,
    pub card: Option<String>,
    pub last_name: Option<Masked>,
    pub first_names: Option<Masked>,
}

impl Signed {
    #[must_use]
    pub fn of(form: &F413) -> Self {
        fn text<T>(entry: &Entry<T>, show: impl FnOnce(&T) -> &str) -> Option<String> {
            match entry {
                Entry::Blank => None,
                Entry::Wrong(words, _) => Some(words.expose().to_owned()),
                Entry::Valid(value, _) => Some(show(value).to_owned()),
            }
        }
        let words = |entry: &Entry<Masked>| text(entry, Masked::expose).map(Masked::new);
        let who = &form.signatory;
        Self {
            finess: text(&form.finess, |finess| finess.as_str()),
            siret: text(&form.siret, |siret| siret.as_str()),
            rpps_rang: form.rpps_rang.iter().filter_map(|line| text(line, |rang| rang.as_str())).collect(),
            structure_name: words(&form.structure_name),
            card: text(&who.card, |card| card.as_str()),
            last_name: words(&who.last_name),
            first_names: words(&who.first_names),
        }
    }

    /// Whether this form is from the same signatory for the same structure as an earlier one.
    #[must_use]
    pub fn follows(&self, earlier: &Self) -> bool {
        let same_card = self.card.is_some() && self.card == earlier.card;
        let names = self.likeness(earlier);
        // a card may be replaced, a name be written in another way; not both at once
        let same_signatory =
            if same_card { names != Some(Likeness::Far) } else { names == Some(Likeness::Same) };
        same_signatory && (self.shares_a_number(earlier) || same_card && self.named_alike(earlier))
    }

    fn likeness(&self, other: &Self) -> Option<Likeness> {
        fn name(signed: &Signed) -> Option<PersonName<'_>> {
            let (last, first) = (signed.last_name.as_ref()?, signed.first_names.as_ref()?);
            Some(PersonName { last: last.expose(), first: first.expose() })
        }
        Some(person_likeness(name(self)?, name(other)?))
    }

    fn shares_a_number(&self, other: &Self) -> bool {
        self.finess.is_some() && self.finess == other.finess
            || self.siret.is_some() && self.siret == other.siret
            || !self.rpps_rang.is_disjoint(&other.rpps_rang)
    }

    /// The number may be what was to be corrected.
    fn named_alike(&self, other: &Self) -> bool {
        let names = self.structure_name.as_ref().zip(other.structure_name.as_ref());
        names.is_some_and(|(one, other)| structure_close(one.expose(), other.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> Signed {
        Signed {
            finess: Some("310908306".into()),
            siret: None,
            rpps_rang: BTreeSet::new(),
            structure_name: Some(Masked::new("Centre hospitalier de Saint-Évroult")),
            card: Some("2900351819".into()),
            last_name: Some(Masked::new("BRETON")),
            first_names: Some(Masked::new("Henri")),
        }
    }

    fn somebody(last: &str, first: &str, card: Option<&str>) -> Signed {
        Signed {
            last_name: Some(Masked::new(last)),
            first_names: Some(Masked::new(first)),
            card: card.map(str::to_owned),
            ..signed()
        }
    }

    #[test]
    fn the_same_signatory_for_the_same_structure_follows() {
        let first = signed();
        for (why, next) in [
            ("as it was", signed()),
            ("a new card", somebody("Breton", "Henri", Some("2400319487"))),
            ("no card this time", somebody("BRETON", "Henri", None)),
            ("a married name", somebody("Breton-Martin", "Henri", Some("2900351819"))),
            ("no name", Signed { last_name: None, ..signed() }),
            ("the number corrected", Signed { finess: Some("2A0139093".into()), ..signed() }),
            ("the number forgotten", Signed { finess: None, ..signed() }),
        ] {
            assert!(next.follows(&first) && first.follows(&next), "{why}");
        }
        let practice = |rangs: &[&str]| Signed {
            finess: None,
            rpps_rang: rangs.iter().map(|&rang| rang.to_owned()).collect(),
            structure_name: None,
            ..signed()
        };
        assert!(practice(&["2", "3"]).follows(&practice(&["1", "2"])));
        assert!(!practice(&["3"]).follows(&practice(&["1"])));
    }

    #[test]
    fn somebody_else_or_another_structure_does_not() {
        let first = signed();
        for (why, next) in [
            ("a colleague", somebody("Delaunay", "Manon", Some("2400319487"))),
            ("a brother", somebody("Breton", "Paul", Some("2400319487"))),
            ("a colleague without a card", somebody("Delaunay", "Manon", None)),
            ("a colleague on the same card", somebody("Delaunay", "Manon", Some("2900351819"))),
            (
                "the same person elsewhere",
                Signed {
                    finess: Some("670511633".into()),
                    structure_name: Some(Masked::new("Clinique de Montclair")),
                    ..signed()
                },
            ),
            ("the same name elsewhere", Signed { finess: Some("670511633".into()), card: None, ..signed() }),
            ("nobody", Signed { card: None, last_name: None, first_names: None, ..signed() }),
        ] {
            assert!(!next.follows(&first), "{why}");
        }
        assert!(!Signed::default().follows(&Signed::default()));
    }
}
