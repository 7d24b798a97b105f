//! Rules about the mail around a form: who sent it, and whether the form came before.

use super::super::applied::Applied;
use super::super::case::CaseNumber;
use super::super::finding::{Code, Finding};
use super::super::form::Field;
use super::super::mail::{DocumentHead, MailHead};
use super::super::messages;

/// `sender_unverified`.
#[must_use]
pub fn sender(head: &MailHead) -> Applied {
    let found = head
        .sender_unverified()
        .then(|| Finding::review(Code::SenderUnverified, Field::Document, messages::sender_unverified()));
    Applied::of(Code::SenderUnverified, Field::Document, found)
}

/// `already_received`: the first case of a document that came before, if any did.
#[must_use]
pub fn came_before(first: Option<&CaseNumber>) -> Applied {
    Applied::of(Code::AlreadyReceived, Field::Document, first.map(repeated))
}

/// What is told of a document that was decided before.
#[must_use]
pub fn repeated(first: &CaseNumber) -> Finding {
    Finding::note(Code::AlreadyReceived, Field::Document, messages::already_received(&first.to_string()))
}

/// A note for each document that is the same bytes as one of this submission's (rulebook,
/// `already_received`: "or twice in this mail").
#[must_use]
pub fn sent_twice(own: &[String], documents: &[DocumentHead]) -> Vec<Applied> {
    let copy = |document: &&DocumentHead| {
        !own.contains(&document.name)
            && documents.iter().any(|one| own.contains(&one.name) && one.sha256 == document.sha256)
    };
    let note = |document: &DocumentHead| {
        let message = messages::attached_twice(&document.name);
        Finding::note(Code::AlreadyReceived, Field::Document, message).into()
    };
    documents.iter().filter(copy).map(note).collect()
}
