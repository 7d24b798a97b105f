//! The line itself, in three legs. Each leg is a few steps, can stop anywhere and start again:
//! between two legs a message rests in a table.
//!
//! 1. `take_in`: cursor → fetch → keep the bytes and move the cursor in one commit.
//! 2. `decide`: claim a kept message (attempts counted before) → open it in the sandbox → examine →
//!    record case, findings, events and the replies due, in one commit. Paper is left, unread, to
//!    a lane with deciders of its own: it rests in the table until one of them has time.
//! 3. `answer`: claim a reply (marked `sending` before the connection opens) → send → settle.
//!
//! What is in a worker's hands is leased: prolonged while the work goes on, another's soon after it ended.
//! Whoever comes late changes nothing.
//!
//! Filing the mail on the server comes after the decision and is never needed for any of the three.

mod act;
mod alerts;
mod answer;
mod confirm;
mod copies;
mod decide;
mod documents;
mod examine;
mod file;
mod judge;
mod kept;
mod letters;
mod questions;
mod replay;
mod staff;
mod take_in;
mod wake;

pub use crate::sandbox::{NoPicture, Picture};
pub use act::{Act, may_be_accepted};
pub use alerts::raise_alerts;
pub use decide::Step;
pub use examine::{Examined, Ground, examine, names_of, this_code};
pub use replay::{Again, Against, Replayed};
pub use staff::{NotDone, Proposed};

use crate::clock::Clock;
use crate::domain::case::VerdictKind;
use crate::domain::four_eyes::FourEyes;
use crate::domain::policy::Policy;
use crate::registry::Registry;
use crate::reply::letters::Letters;
use crate::reply::settings::MailIdentity;
use crate::sandbox::Sandbox;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// What the legs share.
#[derive(Debug)]
pub struct Line {
    pub store: Store,
    pub registry: Registry,
    pub sandbox: Sandbox,
    pub letters: Letters,
    pub clock: Arc<dyn Clock>,
    pub settings: LineSettings,
}

/// The line's settings.
#[derive(Debug, Clone)]
pub struct LineSettings {
    /// The mailbox's name in the store: its cursor and its mails' places hang on it.
    pub mailbox: String,
    pub policy: Policy,
    /// Nothing is sent: replies are kept as what would have been.
    pub shadow: bool,
    /// Verdicts that are mailed without a person.
    pub automatic: BTreeSet<VerdictKind>,
    /// Decisions of staff that a second person confirms.
    pub four_eyes: FourEyes,
    pub identity: MailIdentity,
    /// A registry older than this does not answer.
    pub registry_max_age: SignedDuration,
    /// So long a case waits for the registry before staff see it.
    pub registry_wait: SignedDuration,
    /// Bytes; larger mails are not downloaded.
    pub max_mail: u64,
    /// Attempts at one message before it is parked.
    pub max_attempts: u32,
    pub caps: Caps,
    /// So long a receipt waits for the decision, which then says it all.
    pub receipt_after: SignedDuration,
    /// So long a message or a reply stays in the hands of a worker that says nothing; one that works
    /// prolongs it four times as often.
    pub lease: SignedDuration,
}

/// How many replies may leave in 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    pub per_address: u32,
    pub per_domain: u32,
    pub total: u32,
}

impl Line {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// When what is in hand is prolonged.
    fn beats(&self) -> Interval {
        let every = Duration::try_from(self.settings.lease / 4).unwrap_or_default();
        let mut beats = interval(every.max(Duration::from_millis(1)));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats
    }
}
