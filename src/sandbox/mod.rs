//! Strangers' bytes are parsed here and nowhere else: one child process a message or document
//! (`guichet open`, hidden), with caps on processor time, memory, wall time and output, in a cage of
//! the kernel's (`cage`): no file, no network, no process. A child that dies, hangs or grows costs the document it was reading, never the daemon and never the
//! documents beside it.

mod cage;
pub mod child;
mod documents;
pub mod escape;
mod limits;
mod nursery;
mod pictures;
mod progress;
pub mod recogniser;
mod repaired;
mod run;
mod wire;

use crate::domain::case::Opened;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::sheet::{Reading, Source};
use crate::fault::Fault;
use crate::intake::mime::MimeSettings;
use crate::reading::Trust;
pub use cage::{InForce, Protection};
use nursery::Nursery;
pub use pictures::{NoPicture, Picture};
use progress::{Next, Progress};
use run::{End, run};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use wire::{Frame, Order, Task};

/// Children spent on one message at most: one for most, more to find the documents that children
/// die of. After that the documents left are given up too, so that a mail full of bombs ends.
const CHILDREN: usize = 6;

/// The caps of one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Processor time, whole seconds (`RLIMIT_CPU`).
    pub cpu: Duration,
    /// Address space, bytes (`RLIMIT_AS`).
    pub memory: u64,
    /// From the job handed over to the last answer.
    pub wall: Duration,
    /// Wall time the recognition engine may take for one message, beside `wall`.
    pub recognition: Duration,
    /// What the child may write, bytes.
    pub output: u64,
    /// Whose certificates make the signer of a PDF known; told to the child, which can open no file.
    pub trust: Trust,
    /// What the kernel must hold a child back with, or no stranger's byte is given to it.
    pub require: Vec<Protection>,
    /// Children started ahead and waiting, at least one.
    pub spares: usize,
    /// The program to start; it is given the one argument `open`.
    pub program: PathBuf,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(20),
            memory: 512 << 20,
            wall: Duration::from_secs(30),
            recognition: Duration::from_mins(1),
            output: 32 << 20,
            trust: Trust::default(),
            require: Vec::new(),
            spares: 2,
            // The running image itself, also after an upgrade has replaced the file.
            program: PathBuf::from("/proc/self/exe"),
        }
    }
}

/// What the bytes of a job are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// An e-mail, as the server keeps it.
    Mail,
    /// A file by itself: a PDF, a picture, an archive.
    Document,
}

/// One message or document to open.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub kind: JobKind,
    /// The document's name; of no matter for a mail.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Job<'_> {
    /// Masked: a file's name may hold a person's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// What becomes of paper: pages that are pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paper {
    /// It is read, which takes the engine, and seconds.
    Read,
    /// It is noticed, and the whole job left to who has time for it.
    Leave,
}

/// How a child ended that did not get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error("over its processor or wall time")]
    TimedOut,
    #[error("over its memory")]
    OutOfMemory,
    #[error("over its output")]
    TooMuchOutput,
    /// It asked the kernel for what its cage refuses (SIGSYS).
    #[error("stopped: it asked for something that reading a mail does not take")]
    Escaping,
    /// The kernel does not hold it back as the configuration demands: ours, not the message's.
    #[error("not caged as sandbox.require demands")]
    Uncaged,
    /// A panic outside a document, a signal, or an end without the end mark.
    #[error("crashed (signal {signal:?})")]
    Crashed { signal: Option<i32> },
}

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The message itself cannot be taken apart within the limits: a person looks (parked).
    #[error("the message could not be opened: {0}")]
    Ended(Ended),
    /// Ours: no child could be started.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Ended> for Unopened {
    fn from(ended: Ended) -> Self {
        match ended {
            // the message waits until it can be read behind bars
            Ended::Uncaged => Self::Fault(Fault::later("caging a sandbox child", ended)),
            ended => Self::Ended(ended),
        }
    }
}

/// The children and what they are told.
#[derive(Debug)]
pub struct Sandbox {
    settings: SandboxSettings,
    mime: MimeSettings,
    nursery: Nursery,
}

impl Sandbox {
    /// Starts the spare children in the background. To be called inside a tokio runtime with IO.
    pub fn new(settings: SandboxSettings, mime: MimeSettings) -> Result<Self, Fault> {
        let nursery = Nursery::new(settings.program.clone(), settings.spares)?;
        Ok(Self { settings, mime, nursery })
    }

    /// Opens and reads one message or document. A document that children die of becomes a reading
    /// without a sheet; the others are read all the same.
    pub async fn open(&self, job: Job<'_>) -> Result<Opened, Unopened> {
        let opened = self.opened(job, Paper::Read).await?;
        opened.ok_or(Unopened::Ended(Ended::Crashed { signal: None }))
    }

    /// The same for what is read without the recognition engine, within a moment. `None`: there is
    /// paper in it; nothing was read, it takes [`Sandbox::open`].
    pub async fn open_unless_paper(&self, job: Job<'_>) -> Result<Option<Opened>, Unopened> {
        self.opened(job, Paper::Leave).await
    }

    /// What the kernel holds a child back with, as a real one says. A fault where that is less than
    /// the settings demand.
    pub async fn in_force(&self) -> Result<InForce, Unopened> {
        let job = Job { kind: JobKind::Mail, name: "", bytes: b"Subject: cage\r\n\r\n" };
        let order = Order::new(&self.settings, &self.mime, job, Paper::Leave, (Task::default(), Vec::new()));
        let mut said = InForce::default();
        let child = self.nursery.take().await?;
        let told = &mut |frame, _| {
            if let Frame::Caged(in_force) = frame {
                said = in_force;
            }
        };
        run(child, &order, job.bytes, &self.settings, told).await?;
        Ok(said)
    }

    async fn opened(&self, job: Job<'_>, paper: Paper) -> Result<Option<Opened>, Unopened> {
        let mut progress = Progress::default();
        for number in 1..=CHILDREN {
            let order = Order::new(&self.settings, &self.mime, job, paper, progress.begin());
            let child = self.nursery.take().await?;
            let told = &mut |frame, _| progress.note(frame);
            let ended = match run(child, &order, job.bytes, &self.settings, told).await {
                Ok(End::Paper) if paper == Paper::Leave => return Ok(None),
                // said by a child that was to read it: it was taken over
                Ok(End::Paper) => Err(Ended::Crashed { signal: None }),
                Ok(End::Through) => Ok(()),
                Err(Ended::Uncaged) => return Err(Ended::Uncaged.into()),
                Err(ended) => Err(ended),
            };
            let next = match ended {
                Ok(()) => progress.got_through(),
                Err(ended) => {
                    tracing::warn!(%ended, number, bytes = job.bytes.len(), "a sandbox child did not get through");
                    // A crash may be the machine's doing (killed from outside): one more try shows.
                    // A limit would be met again.
                    match progress.died(number == 1 && matches!(ended, Ended::Crashed { .. })) {
                        Next::Hopeless => return Err(ended.into()),
                        next => next,
                    }
                }
            };
            if next != Next::Again {
                break;
            }
        }
        progress.into_opened().map(Some).ok_or(Unopened::Ended(Ended::Crashed { signal: None }))
    }
}

/// A document that could not be read within the limits, as a reading. A review and not a reject: it
/// may be our reader's fault, so a person opens it.
#[must_use]
pub fn unreadable(name: &str) -> Reading {
    let message = format!(
        "Le fichier « {name} » n'a pas pu être lu automatiquement dans les limites prévues ; un agent l'examine."
    );
    Reading {
        documents: vec![name.to_owned()],
        source: Source::None,
        sheet: None,
        findings: vec![Finding::review(Code::DocumentDamaged, Field::Document, message)],
    }
}
