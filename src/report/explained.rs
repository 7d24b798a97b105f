//! Why a form was judged as it was: `guichet.explanation/1`. Made from what the judge wrote down, kept
//! with the decision, printed by `cases explain` and `check --explain`. What it holds is what was applied
//! then: the boxes read, the rows of the registry with what they said, each rule with what came of it.

use super::shown::{Form, Shown};
use crate::domain::applied::{Applied, Consulted, Outcome};
use crate::domain::case::{Judged, VerdictKind};
use crate::domain::facts::Feed;
use crate::domain::finding::{Code, Severity};
use crate::domain::form::{F413, Field};
use crate::domain::place::place;
use crate::domain::sheet::{Evidence, Source};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name and version of the format.
pub const SCHEMA: &str = "guichet.explanation/1";

/// The explanation of one submission's verdict. Personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    pub schema: String,
    pub verdict: VerdictKind,
    pub documents: Vec<String>,
    /// The least certain way anything was read.
    pub reading: Source,
    /// The reference day of the date checks.
    pub day: Date,
    /// The versions that decided; see [`Versions`].
    pub versions: Versions,
    /// `None`: no registry was ever loaded.
    pub registry_snapshot: Option<i64>,
    /// What was read, by JSON pointer into the form.
    pub boxes: BTreeMap<String, ReadBox>,
    /// Every rule applied, in the order of the form.
    pub rules: Vec<Rule>,
}

impl std::fmt::Debug for Explained {
    /// Masked: boxes and rows are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Explained({}, {} rules)", self.verdict.as_str(), self.rules.len())
    }
}

/// Which code decided: of the rules, and of the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub rules: String,
    pub reader: String,
}

/// A box with something in it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadBox {
    /// The box in the form's own words.
    pub place: String,
    /// As the rules took it; `null` for a mark or ink.
    pub value: Option<String>,
    /// What stood on the page, and where.
    #[serde(flatten)]
    pub seen: Shown,
    /// The document's name; `null` where it is not known by name.
    pub document: Option<String>,
    /// Of a form read in several ways, the least certain of them.
    pub channel: Channel,
}

/// How a box was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The value of a form field.
    Fields,
    /// Words drawn on the page.
    Text,
    /// Words recognised on a picture.
    Scan,
    /// A digital signature.
    Signature,
    /// A colleague looked at the page and said it.
    Staff,
}

/// A rule and what came of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub rule: Code,
    pub field: Field,
    /// The field in the form's own words.
    pub place: String,
    #[serde(flatten)]
    pub result: Outcomes,
    /// The boxes it looked at that had something in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<Field>,
    /// The rows of the registry it looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
}

/// See [`Outcome`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcomes {
    Passed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Failed {
        severity: Severity,
        /// What the rule asks for, where the severity is less for want of confidence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ruled: Option<Severity>,
        message: String,
    },
    NotApplied {
        why: String,
    },
}

/// A row of the registry's snapshot.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub feed: Feed,
    /// From 1, the header being line 1.
    pub line: u64,
    /// What it said, in French.
    pub says: String,
}

impl Explained {
    /// `names`: the documents of the message, in order, as evidence counts them.
    #[must_use]
    pub fn new(judged: &Judged, names: &[String], versions: Versions) -> Self {
        let form = judged.form.as_ref();
        Self {
            schema: SCHEMA.to_owned(),
            verdict: judged.verdict.kind(),
            documents: judged.documents.clone(),
            reading: judged.source,
            day: judged.day,
            versions,
            registry_snapshot: judged.snapshot,
            boxes: form.map(|form| boxes(form, judged.source, names)).unwrap_or_default(),
            rules: judged.applied.iter().map(|one| rule(one, form)).collect(),
        }
    }

    /// Says of which boxes a colleague said what stands in them.
    pub fn said_by_staff(&mut self, said: impl Fn(Field) -> bool) {
        for (pointer, read) in &mut self.boxes {
            if Field::from_pointer(pointer).is_some_and(&said) {
                read.channel = Channel::Staff;
            }
        }
    }

    /// As the store keeps it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_else(|_| unreachable!("string keys and finite numbers only"))
    }
}

fn boxes(form: &F413, source: Source, names: &[String]) -> BTreeMap<String, ReadBox> {
    let values = serde_json::to_value(Form::from(form)).unwrap_or_default();
    let read = |(field, evidence): (Field, &Evidence)| {
        let pointer = field.pointer();
        let value = values.pointer(&pointer).and_then(|value| value.as_str()).map(str::to_owned);
        let read = ReadBox {
            place: place(field, Some(form)),
            value,
            seen: Shown::from(evidence),
            document: names.get(evidence.page.document).cloned(),
            channel: channel(field, form, source),
        };
        (pointer, read)
    };
    form.evidence().into_iter().map(read).collect()
}

fn channel(field: Field, form: &F413, source: Source) -> Channel {
    use crate::domain::form::Signature;
    match source {
        _ if field == Field::Signature && form.signature == Signature::Digital => Channel::Signature,
        Source::Fields => Channel::Fields,
        Source::Text | Source::None => Channel::Text,
        Source::Scan => Channel::Scan,
    }
}

fn rule(one: &Applied, form: Option<&F413>) -> Rule {
    let result = match &one.outcome {
        Outcome::Passed { why } => Outcomes::Passed { why: why.map(str::to_owned) },
        Outcome::Failed { severity, ruled, message } => Outcomes::Failed {
            severity: *severity,
            ruled: Some(*ruled).filter(|ruled| ruled != severity),
            message: message.clone(),
        },
        Outcome::NotApplied { why } => Outcomes::NotApplied { why: (*why).to_owned() },
    };
    let row = |row: &Consulted| Row { feed: row.feed, line: row.line, says: row.says.expose().to_owned() };
    Rule {
        rule: one.rule,
        field: one.field,
        place: place(one.field, form),
        result,
        boxes: one.boxes.clone(),
        rows: one.rows.iter().map(row).collect(),
    }
}
