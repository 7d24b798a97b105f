//! A rule as it was applied to one form: on which box, on which rows of the registry, and what came of
//! it. The judge writes down every one, also those that passed; a finding is one that failed. So the
//! explanation of a decision and the decision are the same thing, never told twice.

use super::facts::{Card, Contract, ContractStatus, Feed, FinessLevel, Mandate, Structure};
use super::finding::{Code, Finding, Severity};
use super::form::{Field, Masked};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One rule of the rulebook, applied once.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    pub rule: Code,
    /// Where a finding of this rule would stand.
    pub field: Field,
    /// The boxes it looked at; filled in by the judge, who weighs them (rulebook, principle 1).
    pub boxes: Vec<Field>,
    /// The rows of the registry it looked at. None where it asked and there was none.
    pub rows: Vec<Consulted>,
    pub outcome: Outcome,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// `why`, in French, where the rule's own sentence does not say it.
    Passed { why: Option<&'static str> },
    Failed {
        severity: Severity,
        /// What the rule asks for; `severity` is less where the value was not read for certain.
        ruled: Severity,
        /// French, for the requester. Personal data.
        message: String,
    },
    /// Something else has to be right first. `why` in French.
    NotApplied { why: &'static str },
}

impl Applied {
    #[must_use]
    pub fn passed(rule: Code, field: Field) -> Self {
        Self::new(rule, field, Outcome::Passed { why: None })
    }

    #[must_use]
    pub fn not(rule: Code, field: Field, why: &'static str) -> Self {
        Self::new(rule, field, Outcome::NotApplied { why })
    }

    fn new(rule: Code, field: Field, outcome: Outcome) -> Self {
        Self { rule, field, boxes: Vec::new(), rows: Vec::new(), outcome }
    }

    /// A rule that found something, or passed.
    #[must_use]
    pub fn of(rule: Code, field: Field, found: Option<Finding>) -> Self {
        found.map_or_else(|| Self::passed(rule, field), Self::from)
    }

    /// Rules that are tried one after the other until one fails: those before it passed, those after
    /// it were not reached. Each with the box its finding would stand on.
    #[must_use]
    pub fn in_turn(rules: &[(Code, Field)], mut found: Option<Finding>) -> Vec<Self> {
        let mut applied = Vec::with_capacity(rules.len());
        for (rule, field) in rules {
            if let Some(failed) = found.take_if(|found| found.code == *rule) {
                applied.push(Self::from(failed));
                return applied;
            }
            applied.push(Self::passed(*rule, *field));
        }
        applied.extend(found.map(Self::from));
        applied
    }

    /// Why it passed, where that needs saying.
    #[must_use]
    pub fn because(self, why: &'static str) -> Self {
        match self.outcome {
            Outcome::Passed { .. } => Self { outcome: Outcome::Passed { why: Some(why) }, ..self },
            Outcome::Failed { .. } | Outcome::NotApplied { .. } => self,
        }
    }

    #[must_use]
    pub fn on(self, rows: Vec<Consulted>) -> Self {
        Self { rows, ..self }
    }

    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match &self.outcome {
            Outcome::Failed { severity, .. } => Some(*severity),
            Outcome::Passed { .. } | Outcome::NotApplied { .. } => None,
        }
    }

    /// The finding, when it failed.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match &self.outcome {
            Outcome::Failed { severity, message, .. } => {
                Some(Finding::new(self.rule, self.field, *severity, message.clone()))
            }
            Outcome::Passed { .. } | Outcome::NotApplied { .. } => None,
        }
    }
}

impl From<Finding> for Applied {
    fn from(finding: Finding) -> Self {
        let Finding { code, field, severity, message } = finding;
        Self::new(code, field, Outcome::Failed { severity, ruled: severity, message })
    }
}

/// A row of the registry that a rule looked at, with what it said then: snapshots are dropped, a
/// decision's reasons are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    pub feed: Feed,
    /// From 1, the header being line 1.
    pub line: u64,
    /// French. Personal data.
    pub says: Masked,
}

fn span(from: Option<Date>, until: Option<Date>) -> String {
    let day = super::dates::french_date;
    match (from.filter(|from| *from > Date::MIN), until) {
        (Some(from), Some(until)) => format!("du {} au {}", day(from), day(until)),
        (Some(from), None) => format!("depuis le {}", day(from)),
        (None, Some(until)) => format!("jusqu'au {}", day(until)),
        (None, None) => "sans limite de date".to_owned(),
    }
}

impl From<&Structure> for Consulted {
    fn from(row: &Structure) -> Self {
        let numbers = row.finess.iter().chain(&row.siret).chain(&row.rpps_rang).take(3);
        let numbers: Vec<&str> = numbers.map(String::as_str).collect();
        let level = match row.level {
            Some(FinessLevel::Legal) => ", entité juridique",
            Some(FinessLevel::Geographical) => ", établissement (entité géographique)",
            None => "",
        };
        let class = row.class.map_or("type inconnu", super::facts::Class::french);
        let state = match (row.closed_on, row.closed) {
            (Some(day), _) => format!("fermée le {}", super::dates::french_date(day)),
            (None, true) => "fermée".to_owned(),
            (None, false) => "ouverte".to_owned(),
        };
        let says = format!("{} ({}){level}, {class}, {state}", row.name, numbers.join(", "));
        Self { feed: row.feed, line: row.line, says: Masked::new(says) }
    }
}

impl From<&Contract> for Consulted {
    fn from(row: &Contract) -> Self {
        let state = match row.status {
            ContractStatus::Active => "actif",
            ContractStatus::Suspended => "suspendu",
            ContractStatus::Terminated => "résilié",
        };
        let names = [&row.representative_first_name, &row.representative_last_name];
        let names: Vec<&str> = names.into_iter().flatten().map(Masked::expose).collect();
        let who =
            if names.is_empty() { String::new() } else { format!(", représentant {}", names.join(" ")) };
        let when = span(Some(row.valid_from), row.valid_until);
        let says = format!("contrat {} pour {}, {state}, {when}{who}", row.number, row.structure);
        Self { feed: Feed::Contracts, line: row.line, says: Masked::new(says) }
    }
}

impl From<&Card> for Consulted {
    fn from(row: &Card) -> Self {
        let opposed = row.opposed_on.map(super::dates::french_date);
        let opposed = opposed.map(|day| format!(", opposition le {day}")).unwrap_or_default();
        let kind = row.kind.map_or("", super::policy::CardType::as_str);
        let who = format!("{} {}", row.first_name.expose(), row.last_name.expose());
        let when = span(row.valid_from, row.valid_until);
        let says = format!("carte {kind} {} de {who}, valable {when}{opposed}", row.number);
        Self { feed: row.feed, line: row.line, says: Masked::new(says) }
    }
}

impl From<&Mandate> for Consulted {
    fn from(row: &Mandate) -> Self {
        let card = row.card.as_ref().map(|card| format!(" (carte {card})")).unwrap_or_default();
        let who = format!("{} {}{card}", row.first_name.expose(), row.last_name.expose());
        let when = span(Some(row.valid_from), row.valid_until);
        let says = format!("mandat de {who} pour {}, {when}", row.structure);
        Self { feed: Feed::Mandates, line: row.line, says: Masked::new(says) }
    }
}
