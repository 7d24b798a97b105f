//! A mail's bytes → its head, its documents and what could not be opened. Runs in the sandbox child
//! only. Documents are found by their content, whatever they are wrapped in and called.

mod body;
mod collect;
mod content;
mod headers;
mod links;
mod names;
mod notice;
mod ours;
mod pictures;
mod transfer;
mod walk;

pub use content::Content;
pub use headers::Headers;
pub use ours::{Letter, LetterFile, open_ours};

use super::classify;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::mail::MailHead;
use crate::domain::sheet::{Reading, Source};
use crate::domain::units::Size;
use collect::Collector;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What taking a mail apart needs to know of us, and its caps. Handed to the sandbox child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MimeSettings {
    /// Our mailbox's addresses: mail from them is our own come back, none is answered.
    pub own_addresses: Vec<String>,
    /// The part after `@` in the Message-IDs we give.
    pub own_message_id_domain: Option<String>,
    /// The name our mail server puts in `Authentication-Results`; empty for a server that puts
    /// none (Exchange Online). Without it every sender is `unknown`.
    pub authserv_id: Option<String>,
    /// Who sends the canary: mail from there shows that mail arrives, and is nothing else.
    pub canary_from: Option<String>,
    /// The field in which the trusted server flags spam.
    pub spam_header: Option<String>,
    /// Documents of a mail that are read (rulebook: 20).
    pub max_documents: usize,
    /// Containers within containers that are opened.
    pub max_depth: usize,
    /// Files looked at in all of a mail's containers.
    pub max_entries: usize,
    /// Unpacked from all of a mail's containers.
    pub max_unpacked: Size,
    /// Characters kept of the text body.
    pub max_text: usize,
}

impl Default for MimeSettings {
    fn default() -> Self {
        Self {
            own_addresses: Vec::new(),
            own_message_id_domain: None,
            authserv_id: None,
            canary_from: None,
            spam_header: Some("X-Spam-Flag".to_owned()),
            max_documents: 20,
            max_depth: 6,
            max_entries: 500,
            max_unpacked: Size::mib(128),
            max_text: 20_000,
        }
    }
}

impl MimeSettings {
    /// Whether it is one of our mailbox's addresses.
    #[must_use]
    pub fn is_own(&self, address: &str) -> bool {
        self.own_addresses.iter().any(|own| own.trim().eq_ignore_ascii_case(address.trim()))
    }
}

/// A document found, with its bytes.
#[derive(Clone)]
pub struct Attached {
    /// As the sender named it, cleaned; else `document-N.pdf`.
    pub name: String,
    pub content: Content,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attached {
    /// Masked: a file's name may hold a person's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attached({:?}, {} bytes)", self.content, self.bytes.len())
    }
}

/// A mail taken apart.
#[derive(Debug)]
pub struct Mail {
    pub head: MailHead,
    /// In the order of the mail, at most `max_documents`.
    pub documents: Vec<Attached>,
    /// What could not be opened, came as a link, or was left out over the cap: readings without a
    /// sheet, one each.
    pub unread: Vec<Reading>,
}

/// Takes a mail apart. Total: whatever the bytes, there is a head.
#[must_use]
pub fn open_mail(raw: &[u8], settings: &MimeSettings) -> Mail {
    let raw = without_envelope(raw);
    let headers = Headers::read(raw);
    let taken = catch_unwind(AssertUnwindSafe(|| walk::mail(raw, settings)));
    let (decoded, documents, unread) = taken.unwrap_or_else(|_| {
        // The MIME parser panics on some corrupt mails (mail-parser #63, #84, #120). The head is
        // read without it, and a person looks at the rest.
        let finding = Finding::review(
            Code::DocumentDamaged,
            Field::Document,
            "Les pièces jointes de ce message n'ont pas pu être extraites automatiquement ; un agent les examine.",
        );
        (walk::undecoded(&headers), Vec::new(), vec![unread(None, finding)])
    });
    let has_document = !documents.is_empty() || !unread.is_empty();
    let head = classify::head(&headers, decoded, has_document, settings);
    Mail { head, documents, unread }
}

/// Unwraps a file given by itself: archives and mails in it are opened, anything else is the
/// document.
#[must_use]
pub fn open_document(name: &str, bytes: Vec<u8>, settings: &MimeSettings) -> (Vec<Attached>, Vec<Reading>) {
    let mut collector = Collector::new(settings);
    collector.take(Some(name), bytes, true, 0);
    collector.finish()
}

/// A mailbox file's `From ` line, or empty lines before the first field, are no part of the mail.
fn without_envelope(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let raw = raw.get(start..).unwrap_or_default();
    if raw.starts_with(b"From ") {
        let line = raw.iter().position(|&byte| byte == b'\n').map_or(raw.len(), |end| end + 1);
        return raw.get(line..).unwrap_or_default();
    }
    raw
}

/// A reading of something that could not be read.
fn unread(name: Option<String>, finding: Finding) -> Reading {
    Reading {
        documents: name.into_iter().collect(),
        source: Source::None,
        sheet: None,
        findings: vec![finding],
    }
}
