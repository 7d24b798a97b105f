//! What happened, in order: the kinds of event, the chain over them, and the check of the chain.

use super::{MailId, ReplyId, Store, instant};
use crate::database::fault;
use crate::fault::Fault;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::fmt;

/// Who acts when nobody does.
pub(super) const GUICHET: &str = "guichet";

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    MessageKept,
    CopySeen,
    MailboxRebuilt,
    MessageParked,
    MessageUnparked,
    CaseOpened,
    CaseRepeated,
    QuestionKept,
    AutomaticKept,
    NotAnswered,
    ReplyDue,
    ReplyHeld,
    ReplySpared,
    ReplySent,
    ReplyPutOff,
    ReplyRefused,
    ReplyUnknown,
    ReplyResent,
    CapTripped,
    CapReset,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::MessageKept => "message_kept",
            Self::CopySeen => "copy_seen",
            Self::MailboxRebuilt => "mailbox_rebuilt",
            Self::MessageParked => "message_parked",
            Self::MessageUnparked => "message_unparked",
            Self::CaseOpened => "case_opened",
            Self::CaseRepeated => "case_repeated",
            Self::QuestionKept => "question_kept",
            Self::AutomaticKept => "automatic_kept",
            Self::NotAnswered => "not_answered",
            Self::ReplyDue => "reply_due",
            Self::ReplyHeld => "reply_held",
            Self::ReplySpared => "reply_spared",
            Self::ReplySent => "reply_sent",
            Self::ReplyPutOff => "reply_put_off",
            Self::ReplyRefused => "reply_refused",
            Self::ReplyUnknown => "reply_unknown",
            Self::ReplyResent => "reply_resent",
            Self::CapTripped => "cap_tripped",
            Self::CapReset => "cap_reset",
        }
    }
}

/// An event to be added. No personal data but the names of staff.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) message: Option<i64>,
    pub(super) case: Option<i64>,
    pub(super) reply: Option<i64>,
    pub(super) actor: String,
    pub(super) detail: Value,
}

impl Event {
    pub(super) fn new(kind: Kind) -> Self {
        let actor = GUICHET.to_owned();
        Self { kind, message: None, case: None, reply: None, actor, detail: json!({}) }
    }

    pub(super) fn message(self, id: MailId) -> Self {
        Self { message: Some(id.0), ..self }
    }

    pub(super) fn case(self, id: i64) -> Self {
        Self { case: Some(id), ..self }
    }

    pub(super) fn reply(self, id: ReplyId) -> Self {
        Self { reply: Some(id.0), ..self }
    }

    pub(super) fn by(self, person: &str) -> Self {
        Self { actor: person.to_owned(), ..self }
    }

    pub(super) fn saying(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// SHA-256 (hexadecimal) over the hash before and every field, each with its length in front, so
/// that no two rows read the same.
pub(super) fn chained(
    before: &str,
    id: i64,
    at: i64,
    kind: &str,
    [message, case, reply]: [Option<i64>; 3],
    actor: &str,
    detail: &str,
) -> String {
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let fields = [
        before.to_owned(),
        id.to_string(),
        at.to_string(),
        kind.to_owned(),
        number(message),
        number(case),
        number(reply),
        actor.to_owned(),
        detail.to_owned(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One event, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub id: i64,
    pub at: Timestamp,
    pub kind: String,
    pub actor: String,
    /// JSON.
    pub detail: String,
}

/// How many events the chain holds, all of them sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLength(pub i64);

/// The first event that is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event chain is broken at event {at}")]
pub struct ChainBroken {
    pub at: i64,
}

#[derive(FromRow)]
struct Stored {
    id: i64,
    at: i64,
    kind: String,
    message_id: Option<i64>,
    case_id: Option<i64>,
    reply_id: Option<i64>,
    actor: String,
    detail: String,
    hash: String,
}

impl Stored {
    fn shown(self) -> Result<EventRow, Fault> {
        Ok(EventRow {
            id: self.id,
            at: instant(self.at)?,
            kind: self.kind,
            actor: self.actor,
            detail: self.detail,
        })
    }
}

impl Store {
    /// Walks the whole chain. A changed, missing, added or cut-off event shows.
    pub async fn verify_events(&self) -> Result<Result<ChainLength, ChainBroken>, Fault> {
        const DOING: &str = "verifying the events";
        let (last_id, head): (i64, String) =
            sqlx::query_as("SELECT last_id, hash FROM event_head WHERE one = 1")
                .fetch_one(self.database.read())
                .await
                .map_err(fault(DOING))?;
        // events that a daemon adds meanwhile come after `last_id`
        let mut rows = sqlx::query_as::<_, Stored>(
            "SELECT id, at, kind, message_id, case_id, reply_id, actor, detail, hash FROM events \
             WHERE id <= $1 ORDER BY id",
        )
        .bind(last_id)
        .fetch(self.database.read());
        let (mut length, mut hash) = (0, String::new());
        while let Some(row) = rows.try_next().await.map_err(fault(DOING))? {
            let ids = [row.message_id, row.case_id, row.reply_id];
            hash = chained(&hash, row.id, row.at, &row.kind, ids, &row.actor, &row.detail);
            length += 1;
            if row.id != length || row.hash != hash {
                return Ok(Err(ChainBroken { at: length }));
            }
        }
        let whole = length == last_id && hash == head;
        Ok(if whole { Ok(ChainLength(length)) } else { Err(ChainBroken { at: length + 1 }) })
    }

    /// What happened to a message, its cases and its replies.
    pub async fn events_of(&self, message: MailId) -> Result<Vec<EventRow>, Fault> {
        const DOING: &str = "reading a message's events";
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT id, at, kind, message_id, case_id, reply_id, actor, detail, hash FROM events \
             WHERE message_id = $1 ORDER BY id",
        )
        .bind(message.0)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter().map(Stored::shown).collect()
    }

    /// The latest events, newest first.
    pub async fn latest_events(&self, limit: u32) -> Result<Vec<EventRow>, Fault> {
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT id, at, kind, message_id, case_id, reply_id, actor, detail, hash FROM events \
             ORDER BY id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading the latest events"))?;
        rows.into_iter().map(Stored::shown).collect()
    }
}
