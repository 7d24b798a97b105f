//! What goes with a letter: the repaired copy of a form that is sent back.

use crate::domain::case::CaseNumber;

/// A file that goes with a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// ASCII; names the case and nobody.
    pub name: String,
    /// A PDF.
    pub bytes: Vec<u8>,
    /// Whether it is the requester's own document; else the blank edition.
    pub own: bool,
}

impl std::fmt::Debug for Attachment {
    /// Masked: its bytes are a form.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.name, self.bytes.len())
    }
}

impl Attachment {
    /// The copy of a case's form.
    #[must_use]
    pub fn copy_of(number: &CaseNumber, bytes: Vec<u8>, own: bool) -> Self {
        Self { name: format!("F413-a-corriger-{number}.pdf"), bytes, own }
    }
}
