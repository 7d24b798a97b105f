//! What parent and child say to each other: one order in, frames out, each a line of JSON. The
//! order is followed by the job's bytes.

use super::cage::InForce;
use super::{Job, JobKind, Paper, SandboxSettings};
use crate::domain::mail::{DocumentHead, MailHead};
use crate::domain::repair::Repair;
use crate::domain::sheet::{Area, Reading};
use crate::intake::mime::MimeSettings;
use crate::reading::Trust;
use crate::reading::paper::engine::{Manner, Silence};
use crate::reading::shown::Unshown;
use serde::{Deserialize, Serialize};

/// Longest order line, bytes: settings, a name, the certificates of authorities.
pub(super) const ORDER_LINE: u64 = 1 << 20;

/// Longest answer of the recognition engine, bytes: some hundred words.
pub(super) const MOST_WORDS: usize = 8 << 20;

/// What the child is to do, under which limits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The parent's process id: who has another one by now is an orphan.
    pub parent: u32,
    /// Seconds.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
    pub kind: JobKind,
    pub name: String,
    /// Bytes that follow.
    pub size: u64,
    pub mime: MimeSettings,
    #[serde(default)]
    pub trust: Trust,
    /// Whether paper is read: it takes the engine, and seconds.
    pub paper: bool,
    pub task: Task,
    /// Documents not to be read (again), by number.
    pub skip: Vec<usize>,
    /// Nothing is read, but this is drawn.
    pub show: Option<Wanted>,
    /// Nothing is read, but the documents are handed out as they are.
    #[serde(default)]
    pub hand_out: bool,
    /// Nothing is read anew, but copies of these forms are made.
    #[serde(default)]
    pub repair: Option<Vec<Repair>>,
}

/// Parts of a page to be drawn; `None` is all of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// By its number, from 0.
    pub document: usize,
    /// From 1.
    pub page: u32,
    pub dpi: u16,
    pub areas: Vec<Option<Area>>,
}

/// How the documents are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// As one message: a form may come as several files.
    #[default]
    Together,
    /// Each by itself, and said at once: who dies shows of which.
    Singly,
}

impl Order {
    pub fn new(
        settings: &SandboxSettings,
        mime: &MimeSettings,
        job: Job<'_>,
        paper: Paper,
        (task, skip): (Task, Vec<usize>),
    ) -> Self {
        Self {
            parent: std::process::id(),
            cpu: settings.cpu.as_secs(),
            memory: settings.memory,
            kind: job.kind,
            name: job.name.to_owned(),
            size: job.bytes.len() as u64,
            mime: mime.clone(),
            trust: settings.trust.clone(),
            paper: paper == Paper::Read,
            task,
            skip,
            show: None,
            hand_out: false,
            repair: None,
        }
    }

    /// An order to hand the documents out and not to read.
    pub fn handing_out(settings: &SandboxSettings, mime: &MimeSettings, job: Job<'_>) -> Self {
        let order = Self::new(settings, mime, job, Paper::Leave, (Task::default(), Vec::new()));
        Self { hand_out: true, ..order }
    }

    /// An order to make repaired copies of the job's forms.
    pub fn repairing(
        settings: &SandboxSettings,
        mime: &MimeSettings,
        job: Job<'_>,
        repair: Vec<Repair>,
    ) -> Self {
        let order = Self::new(settings, mime, job, Paper::Leave, (Task::default(), Vec::new()));
        Self { repair: Some(repair), ..order }
    }

    /// An order to draw and not to read.
    pub fn showing(settings: &SandboxSettings, mime: &MimeSettings, job: Job<'_>, wanted: Wanted) -> Self {
        let order = Self::new(settings, mime, job, Paper::Leave, (Task::default(), Vec::new()));
        Self { show: Some(wanted), ..order }
    }
}

/// What the child says: `Caged`, before all; what it found: `Opened`; then `All`, or a `One` for each document; then `End`. Between
/// them it may ask for pictures of lines to be read, and waits for the answer. Where paper is not
/// read, `Paper` is the last that matters. Where pages are drawn: a `Picture` for each part, or
/// `Unshown`; then `End`. Where documents are handed out: a `Document` each, then `End`. Where forms are
/// repaired: a `Copy` for each of which one is made, then `End`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub(super) enum Frame {
    /// The first: what the kernel holds the child back with, before it looks at a stranger's byte.
    Caged(InForce),
    Opened(Box<Head>),
    All {
        readings: Vec<Reading>,
    },
    One {
        document: usize,
        readings: Vec<Reading>,
    },
    /// Lines to be recognised, by their widths and heights; their pixels follow, a byte each.
    Recognise {
        manner: Manner,
        lines: Vec<(usize, usize)>,
    },
    /// A part of a page; its pixels follow, three bytes each.
    Picture {
        width: usize,
        height: usize,
        /// What it shows, in points.
        area: Area,
    },
    Unshown {
        why: Unshown,
    },
    /// A document; its bytes follow.
    Document {
        size: usize,
    },
    /// The repaired copy of a form; its bytes follow.
    Copy {
        /// Of the forms in the order, from 0.
        form: usize,
        size: usize,
        title_at: usize,
        own: bool,
    },
    /// There is paper, which this child is not to read.
    Paper,
    End,
}

impl Frame {
    /// Bytes that follow for people: pixels, documents.
    pub fn handed_out(&self) -> usize {
        match self {
            Self::Picture { width, height, .. } => width.saturating_mul(*height).saturating_mul(3),
            Self::Document { size } | Self::Copy { size, .. } => *size,
            Self::Caged(_)
            | Self::Opened(_)
            | Self::All { .. }
            | Self::One { .. }
            | Self::Recognise { .. }
            | Self::Unshown { .. }
            | Self::Paper
            | Self::End => 0,
        }
    }

    /// Bytes of pixels that follow a request with lines of these sizes.
    pub fn pixels(lines: &[(usize, usize)]) -> usize {
        lines.iter().fold(0, |sum: usize, (width, height)| sum.saturating_add(width.saturating_mul(*height)))
    }
}

/// The answer to `Frame::Recognise`, a line; the engine's words (TSV) follow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Recognised {
    pub silence: Option<Silence>,
    /// Bytes that follow.
    pub size: usize,
}

/// What the message holds, before any document is read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub mail: Option<MailHead>,
    pub documents: Vec<DocumentHead>,
    /// What could not be opened at all.
    pub unread: Vec<Reading>,
    /// Whether the documents are read at all (not those of an automatic mail).
    pub reads: bool,
}
