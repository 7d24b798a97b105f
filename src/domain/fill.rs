//! From a sheet to the form: every box parsed, and every finding that needs neither the registry nor
//! the day.

use super::facts::Wanted;
use super::finding::Finding;
use super::form::F413;
use super::policy::Policy;
use super::sheet::{Reading, Source};

/// A form as filled in, with what is wrong on its face.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Names of the documents that make this submission.
    pub documents: Vec<String>,
    pub source: Source,
    /// `None` where nothing could be read.
    pub form: Option<F413>,
    /// Findings so far: about the document and about the boxes.
    pub findings: Vec<Finding>,
}

/// Reads the answers of a sheet.
#[must_use]
pub fn fill(reading: Reading, policy: &Policy) -> Filled {
    let _ = policy;
    todo!("{} documents", reading.documents.len())
}

/// What the registry is asked about a form.
#[must_use]
pub fn wanted(form: &F413) -> Wanted {
    Wanted {
        finess: form.finess.valid().cloned(),
        siret: form.siret.valid().cloned(),
        rpps_rang: form.rpps_rang.iter().filter_map(|line| line.valid().cloned()).collect(),
        cards: std::iter::once(&form.signatory.card)
            .chain(form.administrators.iter().map(|administrator| &administrator.card))
            .filter_map(|card| card.valid().cloned())
            .collect(),
    }
}
