//! The auditor's own reading of the database: whether the events are those that were written, and
//! whether the rows still say what the events say. Shares no code with the store that wrote them:
//! its own SQL, its own hashing (`ring`; the store has `sha2`), its own list of what must agree.
//!
//! # What the chain proves
//!
//! Each event has a `seal`, SHA-256 over its fields, and a `hash`, SHA-256 over the hash before and
//! the seal; `event_head` holds the last one. So no event can be changed, removed, moved or put
//! between others without a new hash for every event after it. Who can rewrite all of them and the
//! head, or cut the end off, is found by a [`Head`] that was noted earlier in a place out of reach.
//!
//! # What the events prove
//!
//! An event that opens a case says the SHA-256 of its report, one that makes a letter due that of
//! the letter, one that keeps a mail that of its bytes: the rows of the other tables are held
//! against them. An event that changes a case later says, in its detail, what is new (`verdict`,
//! `state`, `report_sha256`, `explanation_sha256`). What may be personal data stands beside the chain (`event_texts`)
//! under its salted hash; where the retention has removed it, the event `purged` says so.
//! An event about an account of the desk says all of it, secrets by their hash.

mod accounts;
pub mod archive;
mod chain;
mod decided;
mod message;
mod purged;
mod question;
mod reply;
mod rows;
mod staff;
mod story;

#[cfg(test)]
mod tests;

use crate::database::{Database, fault};
use crate::fault::Fault;
use ring::digest::{SHA256, digest};
use std::fmt::{self, Write as _};

/// Troubles listed at most; what is broken from top to bottom needs no longer list.
const MOST: usize = 100;

/// The end of the chain as somebody noted it: `ID:HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: i64,
    /// Lower-case hexadecimal; empty before the first event.
    pub hash: String,
}

impl Head {
    /// Reads `ID:HASH`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, hash) = text.trim().split_once(':')?;
        let hash = hash.to_ascii_lowercase();
        let fits = hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
        let id = id.parse().ok().filter(|id| *id > 0)?;
        fits.then_some(Self { id, hash })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.hash)
    }
}

/// What a check of everything found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The end of the chain now.
    pub head: Head,
    pub messages: u64,
    pub cases: u64,
    pub replies: u64,
    /// Messages whose documents and personal data the retention has removed.
    pub purged: u64,
    /// Events of a version before: without a seal, and saying less of the rows.
    pub older: u64,
    /// Everything that is not as it was written: where the chain breaks, then the rows by their
    /// events; at most [`MOST`].
    pub troubles: Vec<Trouble>,
    /// Nothing is wrong with the record, but somebody should know.
    pub notices: Vec<String>,
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The event it shows at; `None` where none tells of it.
    pub event: Option<i64>,
    /// What and how, without personal data.
    pub how: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            Some(id) => write!(f, "event {id}: {}", self.how),
            None => f.write_str(&self.how),
        }
    }
}

/// Troubles as they are found.
#[derive(Debug, Default)]
struct Found(Vec<Trouble>);

impl Found {
    fn add(&mut self, event: impl Into<Option<i64>>, how: impl Into<String>) {
        if self.0.len() < MOST {
            self.0.push(Trouble { event: event.into(), how: how.into() });
        }
    }

    /// The two must be the same; `what` names them.
    fn same<T: PartialEq>(&mut self, event: i64, what: impl FnOnce() -> String, row: &T, told: &T) {
        if row != told {
            self.add(event, format!("{} is not what this event says", what()));
        }
    }
}

/// Reads everything, at one moment, while others may go on writing. `noted`: heads that were noted
/// earlier.
pub async fn verify(database: &Database, noted: &[Head]) -> Result<Verified, Fault> {
    check(database, noted, true).await
}

/// The same of the chain alone, without the rows it tells of: quick, however many mails there are.
pub async fn verify_chain(database: &Database, noted: &[Head]) -> Result<Verified, Fault> {
    check(database, noted, false).await
}

async fn check(database: &Database, noted: &[Head], rows: bool) -> Result<Verified, Fault> {
    let mut at = database.snapshot("verifying the record").await?;
    let mut found = Found::default();
    let chain = chain::walk(&mut at, noted, &mut found).await?;
    let of_chain = found.0.len();
    let counted = if rows {
        accounts::all(&mut at, &mut found).await?;
        message::all(&mut at, chain.texts_gone, &mut found).await?
    } else {
        message::Counted::default()
    };
    at.rollback().await.map_err(fault("verifying the record"))?;
    // a broken chain first: what the events behind it say of the rows is worth that much less
    found.0.get_mut(of_chain..).unwrap_or_default().sort_by_key(|one| (one.event.is_none(), one.event));
    Ok(Verified {
        head: chain.head,
        messages: counted.messages,
        cases: counted.cases,
        replies: counted.replies,
        purged: counted.purged,
        older: chain.older,
        troubles: found.0,
        notices: chain.notices,
    })
}

/// The end of the chain, to be noted.
pub async fn head(database: &Database) -> Result<Head, Fault> {
    const DOING: &str = "reading the head of the events";
    let mut at = database.snapshot(DOING).await?;
    let head = chain::head(&mut at).await?;
    at.rollback().await.map_err(fault(DOING))?;
    Ok(head)
}

/// SHA-256, lower-case hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
