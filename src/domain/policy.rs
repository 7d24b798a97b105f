//! The settings that bear on a decision; `config` reads them, the rules use them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Types of card (registry, `cards.csv`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CardType {
    Cps,
    Cpf,
    Cpe,
    Cde,
    Cpa,
    Cda,
}

impl CardType {
    pub const ALL: [Self; 6] = [Self::Cps, Self::Cpf, Self::Cpe, Self::Cde, Self::Cpa, Self::Cda];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cps => "CPS",
            Self::Cpf => "CPF",
            Self::Cpe => "CPE",
            Self::Cde => "CDE",
            Self::Cpa => "CPA",
            Self::Cda => "CDA",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// Whether test identifiers (FINESS `99…`) are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    #[default]
    Production,
    Test,
}

/// What a card that is not valid yet leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotYetValid {
    #[default]
    Reject,
    /// The case waits until the card is valid, and is judged again by itself.
    Wait,
}

/// What the rules need to know beyond form, facts and day.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub profile: Profile,
    /// Under this confidence a value is not decided on (rulebook, principle 1).
    pub min_confidence: f64,
    /// On a picture, `malformed`, `unknown` and `mismatch` reject only from here.
    pub sure_confidence: f64,
    /// Days between the form's date and its reception after which a person looks.
    pub max_form_age_days: i32,
    pub not_yet_valid: NotYetValid,
    /// Words of §4.2 that name a Ségur core service; compared without case and accents.
    pub segur_keywords: Vec<String>,
    /// Card types the loaded feeds cover; an unknown card is only rejected when all are.
    pub card_types: BTreeSet<CardType>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            profile: Profile::Production,
            min_confidence: 0.90,
            sure_confidence: 0.98,
            max_form_age_days: 180,
            not_yet_valid: NotYetValid::Reject,
            segur_keywords: ["Ségur", "DMP", "INSi", "MSSanté", "Pro Santé Connect", "Mon espace santé"]
                .map(str::to_owned)
                .to_vec(),
            card_types: CardType::ALL.into_iter().collect(),
        }
    }
}
