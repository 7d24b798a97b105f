//! Everything remembered: mail kept, cases with their findings, replies due and what came of them,
//! and the events that tell how it came to be. The states, for those who come after:
//!
//! # A message
//!
//! ```text
//!           keep                claim                      record
//! (mailbox) ────► kept ───────────────────► claimed ──────────────────► done    handled · to_do ·
//!                  ▲  ▲      attempts + 1      │  │                             question · automatic
//!                  │  └───── release, or ──────┘  │ park
//!                  │         the lease ran out    └───────────────────► parked  (to_do)
//!                  └───────────────── unpark (a person) ───────────────────┘
//! ```
//!
//! - [`Store::keep`] writes the bytes and moves the cursor in one commit. A message *is* its bytes
//!   (SHA-256): the same bytes again, under whatever UID or UIDVALIDITY, are another row of
//!   `sightings`, an event "copy seen", and nothing else.
//! - [`Store::claim`] counts the attempt before it is made, so that a message that kills its
//!   worker is counted too; `release` takes the count back, because a fault of ours is not the
//!   message's. A claim is a lease: it ends with `record`, `park` or `release`, or by itself.
//!   Whoever comes late is told ([`Recorded::ClaimLost`]) and has changed nothing.
//! - [`Store::record`] writes case, findings, replies due and events in one commit. Before it
//!   there is nothing, after it everything.
//!
//! # A reply
//!
//! ```text
//!         record            claim_reply              settle
//!  held ◄──┴──► due ────────────────────► sending ──────────► sent | refused | unknown
//!   │            ▲  ▲  attempt row with      │ │                               ▲
//!   │  resend    │  └──── not yet ───────────┘ │  the lease ran out without end │
//!   └────────────┴── resend (a person) ◄── …   └───── recover_sending ──────────┘
//! ```
//!
//! - The attempt is committed before the connection is opened. An attempt without an end is
//!   *unknown*: it is never sent again but by a person, and then with the same Message-ID.
//! - The mail is stored as composed: every attempt sends the same bytes.
//!
//! - One composed in shadow is held for good: the table itself lets it be nothing else. So is a receipt
//!   whose decision came before it had left (`withdrawn`).
//! - What leaves by itself is counted against the caps in the commit that makes it due.
//!
//! # A case
//!
//! Recorded once, with its explanation (every rule applied, on what, with what result) in the same
//! commit. A form that follows another opens a case of its own, linked to the earlier
//! ([`LinkedBy`]); a second copy that came by a later mail of the thread makes one that names the
//! mails it continues. Nothing of a decision is changed by `replay`, which only asks
//! ([`Store::past_decision`]), nor by what staff say they decided ([`StaffVerdict`]).
//!
//! # A sighting
//!
//! Each place where a message was seen waits to be filed on the server once the message has an
//! outcome ([`Store::claim_to_file`]); failing to file never touches the message.
//!
//! # A case that waits for the registry
//!
//! ```text
//!          record (with a wait)        record_woken: judged again by an import, or on its day
//! (judged) ────► waiting, asleep ───────────────────────────────────────────► decided, told once
//!                   │  show_overdue: its deadline has passed        ▲ │
//!                   └──────────► waiting, seen by staff ────────────┘ └► waiting for staff: something else
//! ```
//!
//! What it is judged from stands in `case_grounds` and goes when it is decided without staff.
//!
//! # The counts
//!
//! Whoever commits an event that changes a case counts it anew in the same commit (`counted`): how it stands,
//! how long it took, why it was rejected, by the day it was received.
//!
//! # A decision of staff that a second person confirms
//!
//! ```text
//!          propose                    decide_by_staff, by another account that may confirm
//! waiting ────────► waiting, proposed ─────────────────────────────────────────────────► decided
//!    ▲                  │ send_back (a word), or void: judged again, decided otherwise
//!    └──────────────────┘
//! ```
//!
//! Nothing is composed before it is confirmed; then its letter waits for the minute of undoing like any other.
//!
//! # A question
//!
//! ```text
//!          record            close_question (perhaps with an answer)
//! (mail) ────────► open ─────────────────────────────────────────────► closed
//!                   ▲                                                    │
//!                   └── reopen_question: an answer that has not left ────┘
//! ```
//!
//! # The staff
//!
//! Accounts are disabled, never deleted: a name in the record stays one person's. Each change of one is
//! an event that says the whole account, so that `audit` can hold the row against it; what takes rights
//! away ends the person's sessions in the same commit. A sign-in that is tried is counted before the
//! password is compared ([`Store::tries_to_sign_in`]), and taken back when it was right.
//!
//! # Events
//!
//! Only ever added: triggers refuse UPDATE and DELETE. Each carries a seal (SHA-256 of its own
//! fields) and a hash (of the hash before and the seal); `audit` checks them, and the rows against
//! them. They hold ids, codes, hashes and the names of staff, and outlive the retention. What
//! requesters wrote stays in the tables they point at, or in the event's text beside the chain,
//! whose salted hash the event holds. An event that changes a case says what is new in its detail:
//! `verdict`, `state`, `report_sha256`, `explanation_sha256`.
//!
//! # Engines
//!
//! SQLite (one writer, `BEGIN IMMEDIATE`) and PostgreSQL (claims with `SKIP LOCKED`) run the same
//! SQL, and `tests` here runs on both. Transactions that add events take the head of the chain
//! first: on PostgreSQL that row is what makes them wait for each other, so a question asked
//! inside one of them ("has this document been seen?") is answered for good.

mod accounts;
mod alerts;
mod aside;
mod asked;
mod bounces;
mod caps;
mod claim;
mod counted;
mod daemons;
mod decided;
mod earlier;
mod event;
mod filing;
mod keep;
mod ledger;
mod looked;
mod moving;
mod outbox;
mod own;
mod past;
mod pending;
mod questions;
mod queue;
mod record;
mod recover;
mod replies;
mod retention;
mod search;
mod searched;
mod sessions;
mod sign_ins;
mod staff;
mod taken_back;
mod taken_in;
mod turns;
mod verdicts;
mod waits;
mod withdrawn;
mod words;
mod write;

#[cfg(test)]
pub(crate) mod tests;

pub use accounts::{Account, AccountChange, Added, Changed, NewAccount};
pub use alerts::{AcceptedCase, AlertRow};
pub use aside::MailToDo;
pub use asked::{CaseDetail, CaseFilter, CaseRow, ParkedRow, RecordedFinding, ReplyFilter};
pub use bounces::{NotArrived, Settled, Undelivered};
pub use caps::{Cap, HeldUnder, ReplyCounts, Tripped, Within};
pub use claim::{Claimed, Content, Lane};
pub use counted::{Counts, WaitingFor};
pub use daemons::{InHand, LeftToDo, Running, StoreState, Work};
pub use decided::{Decided, DecidedFilter, StaffAct};
pub use earlier::EarlierCase;
pub use event::EventRow;
pub use filing::ToFile;
pub use keep::{Arrived, Kept, NewMail};
pub use ledger::Ledger;
pub use looked::Look;
pub use moving::Moving;
pub use outbox::{DueReply, Resent};
pub use own::{Ends, OwnPassword, OwnSession};
pub use past::{Known, Past, PastCase, PastFilter};
pub use pending::{AWAITED, Begun, Pending};
pub use questions::{ClosedQuestion, NewEnd, Question, QuestionRow};
pub use queue::{Neighbours, QueueCounts, QueueFilter, QueuePage, QueueRow, Turn, Whose};
pub use record::{
    Basis, CaseState, Decision, Ending, JudgedAgain, LinkedBy, NewCase, NewReply, Recorded, Twin,
};
pub use recover::Worker;
pub use replies::{Attached, ReplyRow};
pub use retention::{Due, Held, Hold, KeptFor, Purge, Purged, Retention, Rule};
pub use searched::EventFilter;
pub use sessions::{NewSession, Session, SignedIn, Token};
pub use sign_ins::{Attempt, Refusal, Refused, SignInBy, Tried};
pub use staff::{
    ByStaff, CaseChange, CaseProposal, Corrected, DecidedByStaff, Draft, NewProposal, NewStaffDecision,
    OpenCase, Staffed, Void,
};
pub use taken_in::TakenIn;
pub use verdicts::{NotRecorded, StaffVerdict, VerdictFilter};
pub use waits::{NewWait, Sleeping, SleepingCase, WaitsFor, Woken};
pub use withdrawn::FeedWithdrawn;

use crate::database::Database;
use crate::fault::Fault;
use jiff::Timestamp;
use std::fmt;

/// The store. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, and brings it up to date.
    pub async fn open(url: &str) -> Result<Self, Fault> {
        Ok(Self::new(Database::open(url).await?))
    }

    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The database, to share with the registry.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Whether the database answers and can be written to.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.database.ping().await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
ids!(
    /// A kept message's row.
    MailId,
    /// A reply's row.
    ReplyId,
    /// One place where a message was seen.
    SightingId
);

/// An instant as the database holds it.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// An instant from the database.
fn instant(millis: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(millis).map_err(|error| Fault::never("reading a time from the store", error))
}

fn instant_or_none(millis: Option<i64>) -> Result<Option<Timestamp>, Fault> {
    millis.map(instant).transpose()
}

/// A word of a closed list from the database; anything else means that somebody else wrote it.
fn word<T>(found: Option<T>, column: &'static str) -> Result<T, Fault> {
    found.ok_or_else(|| Fault::never("reading the store", format!("unknown word in column {column}")))
}
