//! `guichet.report/1`: what is said of one file, for machines (`Report`, one JSON line) and for
//! people (`french`). The schema is `fixtures/report.schema.json`. Why it was judged so is told beside
//! it (`Explained`, and `explain` for people).

mod beside;
mod compared;
pub mod csv;
mod explain;
mod explained;
mod french;
pub mod shown;

pub use beside::beside;
pub use compared::{Answer, Changed, Comparison, Recorded, Rows};
pub use explain::{checks, explain};
pub use explained::{Channel, Explained, Outcomes, ReadBox, Row, Rule, Versions};
pub use french::french;

use crate::domain::case::{Judged, Template, VerdictKind};
use crate::domain::finding::Finding;
use crate::domain::mail::{MailHead, MailKind, SenderCheck};
use crate::domain::sheet::Source;
use serde::Serialize;
use shown::{EvidenceMap, Form};

/// The name and version of the format.
pub const SCHEMA: &str = "guichet.report/1";

/// One input file's report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub schema: &'static str,
    pub input: Input,
    /// `None` where the input is a document, not an e-mail.
    pub message: Option<Message>,
    pub submissions: Vec<Submission>,
    pub replies: Vec<Reply>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// As given on the command line.
    pub name: String,
    /// Of the bytes, lower-case hexadecimal.
    pub sha256: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub kind: MailKind,
    pub from: Option<String>,
    pub subject: Option<String>,
    pub message_id: Option<String>,
    pub sender: SenderCheck,
}

impl From<&MailHead> for Message {
    fn from(head: &MailHead) -> Self {
        Self {
            kind: head.kind,
            from: head.from.as_ref().map(|from| from.address.expose().to_owned()),
            subject: head.subject.as_ref().map(|subject| subject.expose().to_owned()),
            message_id: head.message_id.clone(),
            sender: head.sender,
        }
    }
}

/// One submission: also what the store keeps of a case.
#[derive(Debug, Clone, Serialize)]
pub struct Submission {
    pub documents: Vec<String>,
    pub reading: Source,
    pub form: Option<Form>,
    pub evidence: EvidenceMap,
    pub findings: Vec<Finding>,
    pub verdict: VerdictKind,
}

impl From<&Judged> for Submission {
    fn from(judged: &Judged) -> Self {
        Self {
            documents: judged.documents.clone(),
            reading: judged.source,
            form: judged.form.as_ref().map(Form::from),
            evidence: judged.form.as_ref().map(shown::evidence).unwrap_or_default(),
            findings: judged.findings.clone(),
            verdict: judged.verdict.kind(),
        }
    }
}

impl Submission {
    /// As the store keeps it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_else(|_| unreachable!("string keys and finite numbers only"))
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Reply {
    pub template: Template,
    pub to: String,
    pub subject: String,
}

impl Report {
    #[must_use]
    pub fn new(input: Input, head: Option<&MailHead>, judged: &[Judged], replies: Vec<Reply>) -> Self {
        Self {
            schema: SCHEMA,
            input,
            message: head.map(Message::from),
            submissions: judged.iter().map(Submission::from).collect(),
            replies,
        }
    }

    /// One line of JSON, without the line's end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a report has only string keys and finite numbers"))
    }
}
