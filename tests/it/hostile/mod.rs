//! Files made to break their reader, through the sandbox with the real child. Each has its outcome,
//! none takes more than its caps, and a good form is read right afterwards by the same sandbox.
//!
//! What other people's broken files come to is kept in `tests/hostile`.

mod bilevel;
mod pdf;
mod picture;
mod pictures;
mod structure;

use guichet::intake::mime::MimeSettings;
use guichet::sandbox::{Job, JobKind, Sandbox, SandboxSettings};
use std::path::Path;
use std::time::Duration;

/// A file with its name and what is to come of it.
struct Case {
    what: String,
    name: &'static str,
    bytes: Vec<u8>,
    said: Said,
}

/// What comes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Opened, and no F413: rejected.
    NoForm,
    /// No page can be read: rejected.
    Damaged,
    TooLarge,
    Unsupported,
    /// Something is there that was not read: a person looks.
    Paper,
    /// Over the child's caps: a person looks.
    GivenUp,
}

impl Said {
    /// The finding's code and severity.
    fn finding(self) -> (&'static str, &'static str) {
        match self {
            Self::NoForm => ("form_absent", "Reject"),
            Self::Damaged => ("document_damaged", "Reject"),
            Self::TooLarge => ("document_too_large", "Reject"),
            Self::Unsupported => ("document_unsupported", "Reject"),
            Self::Paper => ("low_confidence", "Review"),
            Self::GivenUp => ("document_damaged", "Review"),
        }
    }
}

fn pdf(what: &str, bytes: Vec<u8>, said: Said) -> Case {
    Case { what: what.to_owned(), name: "F413.pdf", bytes, said }
}

fn file(name: &'static str, what: &str, bytes: Vec<u8>, said: Said) -> Case {
    Case { what: what.to_owned(), name, bytes, said }
}

/// Opens them all, one sandbox for all; at the end a good form. Processor time and memory are capped as
/// ever; wall time is not, as it is the machine's that runs the tests. No paper is recognised, which
/// would take long on noise: what would be read goes to a person.
async fn come_to(cases: Vec<Case>) {
    let program = env!("CARGO_BIN_EXE_guichet").into();
    let wall = Duration::from_mins(10);
    let recognition = Duration::ZERO;
    let settings = SandboxSettings { program, spares: 1, wall, recognition, ..SandboxSettings::default() };
    let sandbox = Sandbox::new(settings, MimeSettings::default()).unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let job = Job { kind: JobKind::Document, name: case.name, bytes: &case.bytes };
        let opened = sandbox.open(job).await.unwrap();
        let said: Vec<(&str, String)> = opened
            .readings
            .iter()
            .flat_map(|reading| &reading.findings)
            .map(|finding| (finding.code.as_str(), format!("{:?}", finding.severity)))
            .collect();
        let (code, severity) = case.said.finding();
        let as_wanted = said.len() == 1 && said[0].0 == code && said[0].1 == severity;
        if !as_wanted {
            wrong.push(format!("{}: {said:?}, not {:?}", case.what, case.said));
        }
    }
    let form = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms/ticks-x.drawn.pdf");
    let bytes = std::fs::read(form).unwrap();
    let good = sandbox.open(Job { kind: JobKind::Document, name: "F413.pdf", bytes: &bytes }).await.unwrap();
    assert!(good.readings[0].sheet.is_some(), "{:?}", good.readings[0].findings);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
