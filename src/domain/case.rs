//! A case: one submission, examined and judged.

use super::applied::Applied;
use super::facts::Class;
use super::finding::{Finding, Severity};
use super::form::{Declaration, F413};
use super::sheet::{Reading, Source};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Findings, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    first: Finding,
    rest: Vec<Finding>,
}

impl Findings {
    #[must_use]
    pub fn new(findings: Vec<Finding>) -> Option<Self> {
        let mut all = findings.into_iter();
        let first = all.next()?;
        Some(Self { first, rest: all.collect() })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl From<Finding> for Findings {
    fn from(first: Finding) -> Self {
        Self { first, rest: Vec::new() }
    }
}

/// What becomes of a submission (rulebook, "From findings to a verdict").
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Only a complete form can be accepted.
    Accepted(Box<Declaration>),
    /// Every `reject` finding.
    Rejected(Findings),
    /// Every `review` finding.
    Review(Findings),
}

impl Verdict {
    #[must_use]
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Accepted(_) => VerdictKind::Accepted,
            Self::Rejected(_) => VerdictKind::Rejected,
            Self::Review(_) => VerdictKind::Review,
        }
    }
}

/// A verdict's name, as in the report and the database. Ordered: the template of the worst answers
/// a mail with several forms (`rejected` before `review` before `accepted`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    Accepted,
    Review,
    Rejected,
}

impl VerdictKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Review => "review",
        }
    }

    /// The letter that tells it.
    #[must_use]
    pub fn template(self) -> Template {
        match self {
            Self::Accepted => Template::Accepted,
            Self::Review => Template::Received,
            Self::Rejected => Template::Rejected,
        }
    }
}

/// The letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    Accepted,
    Received,
    Rejected,
    /// A colleague asks for something more; the case stays open.
    Complement,
    /// What a colleague answers to a question.
    Answer,
}

impl Template {
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::Received, Self::Rejected, Self::Complement, Self::Answer];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Complement => "complement",
            Self::Answer => "answer",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.as_str() == text)
    }
}

/// One submission, judged: what the report prints, the store records and the letters draw from.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Names of the documents that make this submission.
    pub documents: Vec<String>,
    pub source: Source,
    /// `None` where nothing could be read.
    pub form: Option<F413>,
    /// Every rule that was applied, passed or failed, in the order of the form: why it was judged so.
    pub applied: Vec<Applied>,
    /// Those that failed.
    pub findings: Vec<Finding>,
    pub verdict: Verdict,
    /// The reference day of the date checks.
    pub day: Date,
    /// The registry snapshot that was asked; `None` when none was ever loaded.
    pub snapshot: Option<i64>,
    /// Of the structure, where the registry knows one under a number of the form.
    pub class: Option<Class>,
}

impl Judged {
    /// The worst severity found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// A case's number: `F413-2026-000123` (year of reception in Paris, running number in that year).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    year: i16,
    running: i64,
}

impl CaseNumber {
    #[must_use]
    pub fn new(year: i16, running: i64) -> Self {
        Self { year, running }
    }

    /// The number after this one in its year.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { year: self.year, running: self.running.saturating_add(1) }
    }

    /// Reads `F413-2026-000123`; case and surrounding white space do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        let (year, running) = upper.strip_prefix("F413-")?.split_once('-')?;
        let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        (year.len() == 4 && running.len() >= 6 && digits(year) && digits(running))
            .then(|| Some(Self { year: year.parse().ok()?, running: running.parse().ok()? }))?
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F413-{:04}-{:06}", self.year, self.running)
    }
}

/// What a child process made of one message or document: everything the daemon learns of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// `None` where the input is a document, not an e-mail.
    pub mail: Option<super::mail::MailHead>,
    /// Every document found, also those that are not forms.
    pub documents: Vec<super::mail::DocumentHead>,
    /// One per form found; or one without a sheet where a document was meant to be a form.
    pub readings: Vec<Reading>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_number_is_read_as_it_is_written() {
        let number = CaseNumber::new(2026, 123);
        assert_eq!(number.to_string(), "F413-2026-000123");
        assert_eq!(CaseNumber::parse(" f413-2026-000123 "), Some(number));
        assert_eq!(CaseNumber::parse("F413-2026-12"), None);
        assert_eq!(CaseNumber::parse("F414-2026-000123"), None);
        assert_eq!(CaseNumber::new(2026, 1_234_567).to_string(), "F413-2026-1234567");
    }

    #[test]
    fn the_worst_verdict_answers() {
        assert!(VerdictKind::Rejected > VerdictKind::Review && VerdictKind::Review > VerdictKind::Accepted);
    }
}
