//! The mailbox as the line sees it: what has arrived, its bytes, and where a handled mail is put.

use crate::domain::mail::{Cursor, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;
use serde::Deserialize;
use std::time::Duration;

/// One folder that mails arrive in. After any fault the next call starts from a fresh connection;
/// a call that is dropped half-way leaves nothing behind that a later one could trip over.
#[async_trait::async_trait]
pub trait Mailbox: Send {
    /// Everything above the cursor, ascending by UID, without bodies; the whole folder when there
    /// is no cursor or it is of another UIDVALIDITY. Independent of `\Seen` and all other flags.
    async fn arrivals(&mut self, after: Option<Cursor>) -> Result<Arrivals, Fault>;

    /// The bodies of mails of the last [`Arrivals`], in ascending order: every UID asked for comes
    /// back, with its whole body or with the reason why there is none. A reply that says nothing
    /// of a UID is a fault, never a gap. Marks nothing as read.
    ///
    /// The bodies asked for at once are in memory at once: the caller sums up the sizes.
    async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, Fault>;

    /// Only the header of a mail (at most its first 256 KiB): for mails over the size cap.
    async fn fetch_head(&mut self, uid: u32) -> Result<Body, Fault>;

    /// Files handled mails by outcome, as configured (folders, a flag, or nothing). Reports an end
    /// for each UID; a fault means that nothing was begun.
    async fn file(&mut self, uidvalidity: u32, batches: &[(Outcome, Vec<u32>)])
    -> Result<Vec<Filing>, Fault>;

    /// Returns when something new may be there, or after the mailbox's own polling interval, at
    /// the latest after `at_most`. Call [`Mailbox::arrivals`] next, whatever the reason.
    async fn wait(&mut self, at_most: Duration) -> Result<(), Fault>;
}

/// What lies in the folder above the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrivals {
    pub uidvalidity: u32,
    /// Ascending by UID: oldest first.
    pub mails: Vec<Arrival>,
}

/// A mail that is there, before its body is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub uid: u32,
    /// Bytes, as the server says (some servers estimate).
    pub size: u64,
    /// When the server received it (INTERNALDATE); `None` when it does not say, or not readably.
    pub received_at: Option<Timestamp>,
}

/// A mail asked for by UID.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    pub uid: u32,
    pub body: Body,
}

/// What the mailbox gives for a mail.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The raw bytes, complete.
    Whole(Vec<u8>),
    /// Somebody deleted or moved it meanwhile.
    Gone,
    /// It is there and the server does not hand it out, in its words: to be parked with that
    /// reason, so that it does not hold up those behind it.
    Withheld(String),
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.uid, self.body)
    }
}

impl std::fmt::Debug for Body {
    /// Never the mail's content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Gone => f.write_str("gone"),
            Self::Withheld(why) => write!(f, "withheld: {why}"),
        }
    }
}

/// What came of filing one mail. None of the ends has a bearing on whether it was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    pub uid: u32,
    pub end: FilingEnd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilingEnd {
    /// Filed (or meanwhile gone from the folder).
    Done,
    /// It stands where it stood: filing may be tried again.
    Undone(String),
    /// It was, or may have been, copied to its folder and still stands where it stood. Trying
    /// again could make a second copy: for a person.
    Half(String),
}

/// What is done in the mailbox with a mail that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingMode {
    /// It goes to the folder of its outcome.
    #[default]
    Move,
    /// It stays and gets the keyword `$guichet`.
    Keyword,
    /// It stays and gets `\Flagged`.
    Flagged,
    /// It stays as it is.
    Nothing,
}

/// The folder of each outcome.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Folders {
    pub handled: String,
    pub to_do: String,
    pub question: String,
    pub automatic: String,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            handled: "Traités".into(),
            to_do: "À traiter".into(),
            question: "Questions".into(),
            automatic: "Automatiques".into(),
        }
    }
}

impl Folders {
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> &str {
        match outcome {
            Outcome::Handled => &self.handled,
            Outcome::ToDo => &self.to_do,
            Outcome::Question => &self.question,
            Outcome::Automatic => &self.automatic,
        }
    }
}
