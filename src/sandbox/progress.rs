//! What is known of a message while children work on it, one after the other if need be.

use super::wire::Frame;
use crate::domain::case::Opened;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::mail::{DocumentHead, MailHead};
use crate::domain::sheet::{Reading, Source};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Progress {
    head: Option<Head>,
    /// The settled documents: read, or given up.
    settled: BTreeMap<usize, Vec<Reading>>,
    /// Whether the present child has said what the message holds.
    opened: bool,
}

#[derive(Debug)]
struct Head {
    mail: Option<MailHead>,
    documents: Vec<DocumentHead>,
    unread: Vec<Reading>,
    reads: bool,
}

impl Progress {
    /// Another child begins.
    pub fn begin(&mut self) {
        self.opened = false;
    }

    /// Takes what a child says. Whatever does not fit (no such document, twice) is dropped: a child
    /// that was taken over can lie about its own message, nothing else.
    pub fn note(&mut self, frame: Frame) {
        match frame {
            Frame::Opened { mail, documents, unread, reads } => {
                self.opened = true;
                self.head.get_or_insert(Head { mail, documents, unread, reads });
            }
            Frame::Read { document, readings } if document < self.count() => {
                self.settled.entry(document).or_insert(readings);
            }
            Frame::Read { .. } | Frame::End => {}
        }
    }

    pub fn settled(&self) -> Vec<usize> {
        self.settled.keys().copied().collect()
    }

    pub fn is_known(&self) -> bool {
        self.head.is_some()
    }

    pub fn all_settled(&self) -> bool {
        self.first_open().is_none()
    }

    /// The child died: the document it was at is given up. `None` if it was at none.
    pub fn blame(&mut self) -> Option<()> {
        let guilty = self.first_open().filter(|_| self.opened)?;
        self.give_up_on(guilty);
        Some(())
    }

    /// No more children: the documents left are given up.
    pub fn give_up(&mut self) {
        while let Some(left) = self.first_open() {
            self.give_up_on(left);
        }
    }

    fn give_up_on(&mut self, document: usize) {
        let name =
            self.head.as_ref().and_then(|head| head.documents.get(document)).map(|head| head.name.clone());
        self.settled.insert(document, vec![beyond_limits(name)]);
    }

    /// Number of documents to read.
    fn count(&self) -> usize {
        self.head.as_ref().filter(|head| head.reads).map_or(0, |head| head.documents.len())
    }

    fn first_open(&self) -> Option<usize> {
        (0..self.count()).find(|number| !self.settled.contains_key(number))
    }

    pub fn into_opened(self) -> Option<Opened> {
        let head = self.head?;
        let readings = self.settled.into_values().flatten().chain(head.unread).collect();
        Some(Opened { mail: head.mail, documents: head.documents, readings })
    }
}

/// A document that could not be read within the limits. A review and not a reject: it may be our
/// reader's fault, so a person opens it.
pub(super) fn beyond_limits(name: Option<String>) -> Reading {
    let message = match &name {
        Some(name) => format!(
            "Le fichier « {name} » n'a pas pu être lu automatiquement dans les limites prévues ; \
             un agent l'examine."
        ),
        None => {
            "Ce fichier n'a pas pu être lu automatiquement dans les limites prévues ; un agent l'examine."
                .to_owned()
        }
    };
    Reading {
        documents: name.into_iter().collect(),
        source: Source::None,
        sheet: None,
        findings: vec![Finding::review(Code::DocumentDamaged, Field::Document, message)],
    }
}
