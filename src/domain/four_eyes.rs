//! Which decisions of staff a second person confirms before anything leaves.

use super::case::Template;
use super::finding::Code;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Why one person does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum SecondPerson {
    /// An acceptance.
    Acceptance,
    /// An acceptance of what was read from paper.
    Paper,
    /// An acceptance after staff said what stands in a box.
    Correction,
    Rejection,
    Complement,
    Dismissal,
    /// An acceptance over a finding of this code, which was left to a person.
    Over(Code),
}

impl SecondPerson {
    /// Those that are no codes.
    const KINDS: [Self; 6] =
        [Self::Acceptance, Self::Paper, Self::Correction, Self::Rejection, Self::Complement, Self::Dismissal];

    /// As the configuration and the record write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::Paper => "paper",
            Self::Correction => "correction",
            Self::Rejection => "rejection",
            Self::Complement => "complement",
            Self::Dismissal => "dismissal",
            Self::Over(code) => code.as_str(),
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kind = Self::KINDS.into_iter().find(|kind| kind.as_str() == text);
        kind.or_else(|| Code::parse(text).map(Self::Over))
    }
}

impl TryFrom<String> for SecondPerson {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let kinds = Self::KINDS.map(Self::as_str).join(", ");
        Self::parse(&text).ok_or_else(|| {
            format!("desk.four_eyes: {text:?} is neither one of {kinds} nor the code of a finding")
        })
    }
}

/// A decision, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deciding {
    Acceptance {
        /// It was read from paper.
        paper: bool,
        /// Staff said what stands in a box.
        corrected: bool,
        /// What was left to a person and is overruled.
        over: BTreeSet<Code>,
    },
    Rejection,
    Complement,
    Dismissal,
}

/// The reasons that are set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct FourEyes(BTreeSet<SecondPerson>);

impl FourEyes {
    /// Why a second person confirms this; empty: one person decides it.
    #[must_use]
    pub fn on(&self, deciding: &Deciding) -> Vec<SecondPerson> {
        let falls = |reason: &&SecondPerson| match (*reason, deciding) {
            (SecondPerson::Acceptance, Deciding::Acceptance { .. })
            | (SecondPerson::Rejection, Deciding::Rejection)
            | (SecondPerson::Complement, Deciding::Complement)
            | (SecondPerson::Dismissal, Deciding::Dismissal) => true,
            (SecondPerson::Paper, Deciding::Acceptance { paper, .. }) => *paper,
            (SecondPerson::Correction, Deciding::Acceptance { corrected, .. }) => *corrected,
            (SecondPerson::Over(code), Deciding::Acceptance { over, .. }) => over.contains(code),
            (
                SecondPerson::Acceptance
                | SecondPerson::Paper
                | SecondPerson::Correction
                | SecondPerson::Over(_)
                | SecondPerson::Rejection
                | SecondPerson::Complement
                | SecondPerson::Dismissal,
                Deciding::Acceptance { .. }
                | Deciding::Rejection
                | Deciding::Complement
                | Deciding::Dismissal,
            ) => false,
        };
        self.0.iter().filter(falls).copied().collect()
    }
}

impl FourEyes {
    /// Whether letting a letter go that is held would be such a decision by one person alone: then the case
    /// is decided instead. `several`: it tells of more than one form, and is named after the worst of them.
    #[must_use]
    pub fn hold(&self, letter: Template, several: bool) -> bool {
        let any = |reasons: &[SecondPerson]| reasons.iter().any(|reason| self.0.contains(reason));
        let accepts = any(&[SecondPerson::Acceptance, SecondPerson::Paper]);
        match letter {
            Template::Accepted => accepts,
            Template::Rejected => any(&[SecondPerson::Rejection]) || (several && accepts),
            Template::Received => several && accepts,
            Template::Complement => any(&[SecondPerson::Complement]),
            Template::Answer => false,
        }
    }
}

impl FromIterator<SecondPerson> for FourEyes {
    fn from_iter<I: IntoIterator<Item = SecondPerson>>(reasons: I) -> Self {
        Self(reasons.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(paper: bool, corrected: bool, over: &[Code]) -> Deciding {
        Deciding::Acceptance { paper, corrected, over: over.iter().copied().collect() }
    }

    #[test]
    fn a_decision_falls_under_the_reasons_that_are_set_and_no_others() {
        let set = |words: &[&str]| -> FourEyes {
            words.iter().map(|word| SecondPerson::parse(word).unwrap()).collect()
        };
        let none = FourEyes::default();
        let every = accepting(true, true, &[Code::Mismatch]);
        for deciding in [&every, &Deciding::Rejection, &Deciding::Complement, &Deciding::Dismissal] {
            assert_eq!(none.on(deciding), []);
        }
        for (word, deciding, other) in [
            ("acceptance", accepting(false, false, &[]), Deciding::Rejection),
            ("paper", accepting(true, false, &[]), accepting(false, true, &[Code::Mismatch])),
            ("correction", accepting(false, true, &[]), accepting(true, false, &[Code::Mismatch])),
            ("mismatch", accepting(false, false, &[Code::Mismatch]), accepting(true, true, &[Code::Unknown])),
            ("rejection", Deciding::Rejection, every.clone()),
            ("complement", Deciding::Complement, Deciding::Dismissal),
            ("dismissal", Deciding::Dismissal, Deciding::Complement),
        ] {
            let told =
                |deciding| set(&[word]).on(deciding).iter().map(|one| one.as_str()).collect::<Vec<_>>();
            assert_eq!((told(&deciding), told(&other)), (vec![word], vec![]), "{word}");
        }
        assert_eq!(set(&["paper", "mismatch"]).on(&every).len(), 2);
    }

    #[test]
    fn a_word_that_means_nothing_is_refused() {
        for word in ["", "accept", "Mismatch", "papier"] {
            assert_eq!(SecondPerson::parse(word), None, "{word}");
        }
    }
}
