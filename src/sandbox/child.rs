//! The child's side (`guichet open`): one order on standard input, frames on standard output, then
//! it ends. No runtime, no threads, no network, no files (`cage`); pictures of lines are read by the parent's engine.

use super::cage::{Cage, InForce};
use super::limits;
use super::repaired;
use super::wire::{Frame, Head, MOST_WORDS, ORDER_LINE, Order, Recognised, Task, Wanted};
use super::{JobKind, unreadable};
use crate::domain::mail::{DocumentHead, MailHead, MailKind};
use crate::domain::sheet::Reading;
use crate::intake::mime::{self, Attached, Mail};
use crate::reading::paper::engine::{Engine, Manner, Silence};
use crate::reading::paper::picture::Grey;
use crate::reading::repaired::Copy;
use crate::reading::shown::{Sight, Unshown};
use crate::reading::{self, Editions, Limits, Trust};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, BufRead, Read, StdinLock, StdoutLock, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Exit code of a child that was refused memory and could still say so (ENOMEM's number).
pub(super) const OUT_OF_MEMORY: u8 = 12;

/// Does one job. Whatever goes wrong ends in a missing end mark, which the parent understands.
#[must_use]
pub fn main() -> ExitCode {
    // A panic's text may quote the document: personal data.
    std::panic::set_hook(Box::new(|_| {}));
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => ExitCode::from(OUT_OF_MEMORY),
        Err(_) => ExitCode::FAILURE,
    }
}

fn work() -> io::Result<()> {
    let mut stdin = io::stdin().lock();
    let Some((order, in_force)) = begin(&mut stdin)? else { return Ok(()) };
    let mut bytes = Vec::new();
    stdin.by_ref().take(order.size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != order.size {
        return Ok(()); // the parent went in the middle of it
    }

    let mut parent = Parent { from: stdin, to: io::stdout().lock(), paper: order.paper };
    parent.send(&Frame::Caged(in_force))?;
    let (mail, documents, unread) = open(&order, bytes);
    if let Some(wanted) = &order.show {
        show(wanted, &documents, &mut parent)?;
        return parent.send(&Frame::End);
    }
    if let Some(forms) = &order.repair {
        repaired::copies(forms, &documents, |form, copy| {
            let Copy { bytes, title_at, own } = copy;
            parent.send(&Frame::Copy { form, size: bytes.len(), title_at, own })?;
            parent.to.write_all(&bytes)
        })?;
        return parent.send(&Frame::End);
    }
    if order.hand_out {
        for document in &documents {
            parent.send(&Frame::Document { size: document.bytes.len() })?;
            parent.to.write_all(&document.bytes)?;
        }
        return parent.send(&Frame::End);
    }
    let reads = mail.as_ref().is_none_or(|head| head.kind != MailKind::Automatic);
    let heads = documents.iter().map(head).collect();
    parent.send(&Frame::Opened(Box::new(Head { mail, documents: heads, unread, reads })))?;
    if reads {
        let copies = copies(&documents);
        let wanted = documents
            .into_iter()
            .zip(copies)
            .enumerate()
            .filter(|(number, _)| !order.skip.contains(number))
            .map(|(number, (document, copy))| (number, (!copy).then_some((document.name, document.bytes))));
        match order.task {
            Task::Together => {
                let (numbers, documents): (Vec<_>, Vec<_>) =
                    wanted.filter_map(|(number, document)| Some((number, document?))).unzip();
                let readings = read(&documents, &numbers, &order.trust, &mut parent);
                parent.send(&Frame::All { readings })?;
            }
            Task::Singly => {
                for (number, document) in wanted {
                    let readings = document
                        .map(|document| read(&[document], &[number], &order.trust, &mut parent))
                        .unwrap_or_default();
                    parent.send(&Frame::One { document: number, readings })?;
                }
            }
        }
    }
    parent.send(&Frame::End)
}

/// Takes the order and locks itself up: from here on there is nothing but the three pipes. `None`: there
/// is nothing to do, the parent went or threw its spares away.
pub(super) fn begin(stdin: &mut impl BufRead) -> io::Result<Option<(Order, InForce)>> {
    limits::die_with_parent()?;
    // while it waits for its job; the last lock needs the order's limits first
    let cage = Cage::of_child();
    let Some(order) = order(stdin)? else { return Ok(None) };
    if limits::is_orphan(order.parent) {
        return Ok(None);
    }
    limits::set(order.cpu, order.memory)?;
    Ok(Some((order, cage.close())))
}

/// Which documents are the same bytes as one before them: they are read once (rulebook,
/// `already_received`).
fn copies(documents: &[Attached]) -> Vec<bool> {
    let mut seen = HashSet::new();
    documents.iter().map(|document| !seen.insert(document.bytes.as_slice())).collect()
}

/// The order; `None` when the pipe was closed instead.
fn order(stdin: &mut impl BufRead) -> io::Result<Option<Order>> {
    let mut line = Vec::new();
    stdin.take(ORDER_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() { Ok(None) } else { Ok(Some(serde_json::from_slice(&line)?)) }
}

type Taken = (Option<MailHead>, Vec<Attached>, Vec<Reading>);

/// Takes the message apart, or unwraps the document.
fn open(order: &Order, bytes: Vec<u8>) -> Taken {
    match order.kind {
        JobKind::Mail => {
            let Mail { head, documents, unread } = mime::open_mail(&bytes, &order.mime);
            (Some(head), documents, unread)
        }
        JobKind::Document => {
            let (documents, unread) = mime::open_document(&order.name, bytes, &order.mime);
            (None, documents, unread)
        }
    }
}

/// Reads documents, these of the message's, as one message. A library's panic costs the document it
/// is about only.
fn read(
    documents: &[(String, Vec<u8>)],
    numbers: &[usize],
    trust: &Trust,
    engine: &mut dyn Engine,
) -> Vec<Reading> {
    let editions = Editions::default();
    let limits = Limits { trust: trust.clone(), ..Limits::default() };
    let mut read = |documents: &[_], numbers: &[usize]| {
        let read = || reading::read(documents, &editions, &limits, engine);
        let mut readings = catch_unwind(AssertUnwindSafe(read)).ok()?;
        readings
            .iter_mut()
            .filter_map(|reading| reading.sheet.as_mut())
            .for_each(|sheet| sheet.renumber(numbers));
        Some(readings)
    };
    read(documents, numbers).unwrap_or_else(|| {
        let mut one = |(document, number): (&(String, Vec<u8>), &usize)| {
            read(std::slice::from_ref(document), &[*number]).unwrap_or_else(|| vec![unreadable(&document.0)])
        };
        documents.iter().zip(numbers).flat_map(&mut one).collect()
    })
}

/// Draws a page, and sends the parts of it that are wanted.
fn show(wanted: &Wanted, documents: &[Attached], parent: &mut Parent) -> io::Result<()> {
    let document = documents.get(wanted.document).ok_or(Unshown::NoSuchPage);
    let sight = document.and_then(|one| Sight::of(&one.name, &one.bytes, wanted.page, wanted.dpi));
    let sight = match sight {
        Ok(sight) => sight,
        Err(why) => return parent.send(&Frame::Unshown { why }),
    };
    for area in &wanted.areas {
        let (picture, area) = sight.part(*area);
        parent.send(&Frame::Picture { width: picture.width, height: picture.height, area })?;
        parent.to.write_all(&picture.pixels)?;
    }
    Ok(())
}

fn head(document: &Attached) -> DocumentHead {
    DocumentHead {
        name: document.name.clone(),
        media_type: document.content.media_type().to_owned(),
        size: document.bytes.len() as u64,
        sha256: hex(&Sha256::digest(&document.bytes)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The other end: frames go to it, and it has pictures of lines read for us.
struct Parent {
    from: StdinLock<'static>,
    to: StdoutLock<'static>,
    /// Whether it has them read at all.
    paper: bool,
}

impl Parent {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        let mut line = serde_json::to_vec(frame)?;
        line.push(b'\n');
        self.to.write_all(&line)?;
        self.to.flush()
    }

    fn ask(&mut self, manner: Manner, lines: &[&Grey]) -> io::Result<Result<Vec<u8>, Silence>> {
        let sizes = lines.iter().map(|line| (line.width, line.height)).collect();
        self.send(&Frame::Recognise { manner, lines: sizes })?;
        for line in lines {
            self.to.write_all(&line.pixels)?;
        }
        self.to.flush()?;
        let mut answer = Vec::new();
        self.from.by_ref().take(ORDER_LINE).read_until(b'\n', &mut answer)?;
        let Recognised { silence, size } = serde_json::from_slice(&answer)?;
        let mut words = vec![0; size.min(MOST_WORDS)];
        self.from.read_exact(&mut words)?;
        Ok(silence.map_or(Ok(words), Err))
    }
}

impl Engine for Parent {
    fn begin(&mut self) -> Result<(), Silence> {
        if self.paper {
            return Ok(());
        }
        // ends us, as soon as it is heard
        let _ = self.send(&Frame::Paper);
        Err(Silence::Missing)
    }

    fn tsv(&mut self, manner: Manner, lines: &[&Grey]) -> Result<Vec<u8>, Silence> {
        self.ask(manner, lines).unwrap_or(Err(Silence::Failed))
    }
}
