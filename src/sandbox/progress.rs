//! What is known of a message while children work on it, one after the other if need be.
//!
//! The documents of a message are read together, because one form can come as several files. Where
//! a child dies of it, they are read one by one to find out which it dies of; then the others are
//! read together again, without the guilty ones.

use super::unreadable;
use super::wire::{Frame, Head, Task};
use crate::domain::case::Opened;
use crate::domain::finding::Code;
use crate::domain::sheet::Reading;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Progress {
    head: Option<Box<Head>>,
    task: Task,
    /// Whether the present child has said what the message holds.
    opened: bool,
    /// Documents a child died of.
    guilty: BTreeSet<usize>,
    singly: BTreeMap<usize, Vec<Reading>>,
    together: Option<Vec<Reading>>,
}

/// Whether another child is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    Done,
    /// There is nothing to show for it: not even the head is known.
    Hopeless,
}

impl Progress {
    /// Another child begins: what it is to do, and what to leave out.
    pub fn begin(&mut self) -> (Task, Vec<usize>) {
        self.opened = false;
        let skip = match self.task {
            Task::Together => self.guilty.iter().copied().collect(),
            Task::Singly => self.guilty.iter().chain(self.singly.keys()).copied().collect(),
        };
        (self.task, skip)
    }

    /// Takes what a child says. What does not fit (no such document, twice) is dropped: a child that
    /// was taken over can lie about its own message, nothing else.
    pub fn note(&mut self, frame: Frame) {
        match frame {
            Frame::Opened(head) => {
                self.opened = true;
                self.head.get_or_insert(head);
            }
            Frame::One { document, readings } => {
                if document < self.count() && !self.guilty.contains(&document) {
                    self.singly.entry(document).or_insert(readings);
                }
            }
            Frame::All { readings } => self.together = Some(readings),
            Frame::Caged(_)
            | Frame::Recognise { .. }
            | Frame::Paper
            | Frame::Picture { .. }
            | Frame::Unshown { .. }
            | Frame::Document { .. }
            | Frame::Copy { .. }
            | Frame::End => {}
        }
    }

    /// The child came to its end mark.
    pub fn got_through(&mut self) -> Next {
        match (&self.head, self.task) {
            (None, _) => Next::Hopeless,
            // One by one they are all harmless: it was the whole that was too much.
            (Some(_), Task::Singly) if !self.guilty.is_empty() && self.singly.len() > 1 => {
                self.task = Task::Together;
                Next::Again
            }
            (Some(_), Task::Singly | Task::Together) => Next::Done,
        }
    }

    /// The child died. `excusable`: it may have been the machine's doing.
    pub fn died(&mut self, excusable: bool) -> Next {
        if self.head.is_none() {
            return if excusable { Next::Again } else { Next::Hopeless };
        }
        if !self.opened || (self.task == Task::Together && !self.singly.is_empty()) {
            return Next::Done; // one by one is the best there is
        }
        let left = self.left();
        match (self.task, left.as_slice()) {
            (_, []) => return Next::Done,
            (Task::Together, [_, _, ..]) => {
                self.task = Task::Singly;
                return Next::Again;
            }
            (Task::Together, [guilty]) | (Task::Singly, [guilty, ..]) => self.guilty.insert(*guilty),
        };
        if !self.left().is_empty() {
            return Next::Again;
        }
        if self.task == Task::Singly && self.singly.len() > 1 {
            self.task = Task::Together;
            return Next::Again;
        }
        Next::Done
    }

    /// Documents nothing is known of yet.
    fn left(&self) -> Vec<usize> {
        (0..self.count())
            .filter(|number| !self.guilty.contains(number) && !self.singly.contains_key(number))
            .collect()
    }

    /// Number of documents to read.
    fn count(&self) -> usize {
        self.head.as_ref().filter(|head| head.reads).map_or(0, |head| head.documents.len())
    }

    /// All there is by now. What was not come to counts as guilty. `None` without a head.
    pub fn into_opened(mut self) -> Option<Opened> {
        if self.together.is_none() {
            let left = self.left();
            self.guilty.extend(left);
        }
        let head = self.head?;
        let name = |number: &usize| head.documents.get(*number).map_or("", |document| document.name.as_str());
        let guilty: Vec<Reading> = self.guilty.iter().map(|number| unreadable(name(number))).collect();
        let mut readings = self.together.unwrap_or_else(|| joined(self.singly));
        if !guilty.is_empty() || !head.unread.is_empty() {
            // What could not be read may be the form.
            readings.retain(|reading| !says_only(reading, &[Code::FormAbsent]));
        }
        readings.extend(guilty);
        readings.extend(head.unread);
        Some(Opened { mail: head.mail, documents: head.documents, readings })
    }
}

/// Readings made one by one, as if made together: beside a form, files that are none do not matter.
fn joined(singly: BTreeMap<usize, Vec<Reading>>) -> Vec<Reading> {
    let mut readings: Vec<Reading> = singly.into_values().flatten().collect();
    if readings.iter().any(|reading| reading.sheet.is_some()) {
        readings.retain(|reading| !says_only(reading, &[Code::FormAbsent, Code::DocumentUnsupported]));
    }
    readings
}

fn says_only(reading: &Reading, codes: &[Code]) -> bool {
    reading.sheet.is_none()
        && !reading.findings.is_empty()
        && reading.findings.iter().all(|finding| codes.contains(&finding.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Finding;
    use crate::domain::form::Field;
    use crate::domain::mail::DocumentHead;
    use crate::domain::sheet::{Sheet, Source};

    fn opened(names: &[&str], unread: Vec<Reading>) -> Frame {
        let document = |name: &&str| DocumentHead {
            name: (*name).to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 1,
            sha256: String::new(),
        };
        let documents = names.iter().map(document).collect();
        Frame::Opened(Box::new(Head { mail: None, documents, unread, reads: true }))
    }

    fn form(name: &str) -> Reading {
        Reading { sheet: Some(Sheet::default()), source: Source::Text, findings: vec![], ..unreadable(name) }
    }

    fn absent(name: &str) -> Reading {
        Reading { findings: vec![Finding::reject(Code::FormAbsent, Field::Document, "")], ..unreadable(name) }
    }

    fn names(progress: Progress) -> Vec<(String, bool)> {
        let readings = progress.into_opened().unwrap().readings;
        readings.into_iter().map(|reading| (reading.documents.concat(), reading.sheet.is_some())).collect()
    }

    #[test]
    fn one_guilty_document_costs_only_itself() {
        let mut progress = Progress::default();
        assert_eq!(progress.begin(), (Task::Together, vec![]));
        progress.note(opened(&["a", "b", "c"], vec![]));
        assert_eq!(progress.died(true), Next::Again);
        assert_eq!(progress.begin(), (Task::Singly, vec![]));
        progress.note(opened(&["a", "b", "c"], vec![]));
        progress.note(Frame::One { document: 0, readings: vec![form("a")] });
        assert_eq!(progress.died(false), Next::Again);
        assert_eq!(progress.begin(), (Task::Singly, vec![1, 0]));
        progress.note(opened(&["a", "b", "c"], vec![]));
        progress.note(Frame::One { document: 2, readings: vec![form("c")] });
        assert_eq!(progress.got_through(), Next::Again);
        assert_eq!(progress.begin(), (Task::Together, vec![1]));
        progress.note(opened(&["a", "b", "c"], vec![]));
        progress.note(Frame::All { readings: vec![form("ac")] });
        assert_eq!(progress.got_through(), Next::Done);
        assert_eq!(names(progress), [("ac".to_owned(), true), ("b".to_owned(), false)]);
    }

    #[test]
    fn a_single_document_that_kills_is_not_read_twice() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(opened(&["a"], vec![]));
        assert_eq!(progress.died(true), Next::Done);
        assert_eq!(names(progress), [("a".to_owned(), false)]);
    }

    #[test]
    fn where_only_the_whole_kills_the_parts_count() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(opened(&["a", "b"], vec![]));
        progress.died(false);
        progress.begin();
        progress.note(opened(&["a", "b"], vec![]));
        progress.note(Frame::One { document: 0, readings: vec![absent("a")] });
        progress.note(Frame::One { document: 1, readings: vec![form("b")] });
        assert_eq!(progress.got_through(), Next::Done);
        assert_eq!(names(progress), [("b".to_owned(), true)]);
    }

    #[test]
    fn what_was_not_come_to_is_looked_at_by_a_person() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(opened(&["a", "b"], vec![]));
        assert_eq!(names(progress), [("a".to_owned(), false), ("b".to_owned(), false)]);
    }

    #[test]
    fn no_form_is_said_to_be_absent_beside_something_unread() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(opened(&["a"], vec![unreadable("x.zip")]));
        progress.note(Frame::All { readings: vec![absent("a")] });
        assert_eq!(progress.got_through(), Next::Done);
        assert_eq!(names(progress), [("x.zip".to_owned(), false)]);
    }

    #[test]
    fn without_a_head_a_crash_is_tried_again_and_a_limit_is_not() {
        let mut progress = Progress::default();
        assert_eq!(progress.died(true), Next::Again);
        assert_eq!(progress.died(false), Next::Hopeless);
        assert!(progress.into_opened().is_none());
    }

    #[test]
    fn a_lying_child_changes_nothing_it_did_not_read() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(Frame::One { document: 0, readings: vec![form("x")] });
        progress.note(opened(&["a"], vec![]));
        progress.note(Frame::One { document: 7, readings: vec![form("x")] });
        progress.note(opened(&["b", "c"], vec![]));
        assert_eq!(names(progress), [("a".to_owned(), false)]);
    }
}
