//! Replies as staff ask for them, and what goes with a letter.

use super::{MailId, ReplyFilter, ReplyId, Store, instant, instant_or_none, word};
use crate::database::fault;
use crate::domain::case::Template;
use crate::domain::form::Masked;
use crate::domain::mail::ReplyState;
use crate::fault::Fault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// A file that goes with a letter; its bytes are in the letter. Told by the event of the reply, so it
/// names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of its bytes, lowercase hexadecimal.
    pub sha256: String,
    /// Whether it is the requester's own document; else the blank edition.
    pub own: bool,
}

/// A reply in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyRow {
    pub id: ReplyId,
    pub message: MailId,
    pub template: Template,
    pub to: Masked,
    pub subject: Masked,
    /// Without angle brackets.
    pub message_id: String,
    pub state: ReplyState,
    /// Composed in shadow: never sent.
    pub shadow: bool,
    /// A receipt whose decision came before it had left: never sent.
    pub withdrawn: bool,
    pub attempts: u32,
    pub created_at: Timestamp,
    /// When it is, or was, due; of one being sent, when its lease ends.
    pub due_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// What the relay said last.
    pub answer: Option<Masked>,
    /// Names of the files that go with it.
    pub attachments: Vec<String>,
}

#[derive(FromRow)]
struct ReplyColumns {
    id: i64,
    message_id: i64,
    template: String,
    recipient: String,
    subject: String,
    rfc_id: String,
    state: String,
    shadow: i64,
    withdrawn: i64,
    attempts: i64,
    created_at: i64,
    due_at: i64,
    ended_at: Option<i64>,
    answer: Option<String>,
    /// What was told when it was composed.
    made: Option<String>,
}

impl ReplyColumns {
    fn row(self) -> Result<ReplyRow, Fault> {
        let template = Template::parse(&self.template);
        Ok(ReplyRow {
            id: ReplyId(self.id),
            message: MailId(self.message_id),
            template: word(template, "replies.template")?,
            to: Masked::new(self.recipient),
            subject: Masked::new(self.subject),
            message_id: self.rfc_id,
            state: word(ReplyState::parse(&self.state), "replies.state")?,
            shadow: self.shadow != 0,
            withdrawn: self.withdrawn != 0,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            created_at: instant(self.created_at)?,
            due_at: instant(self.due_at)?,
            ended_at: instant_or_none(self.ended_at)?,
            answer: self.answer.map(Masked::new),
            attachments: self.made.as_deref().map(names).unwrap_or_default(),
        })
    }
}

/// The files that an event of a reply tells of.
fn names(detail: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        attachments: Vec<Attached>,
    }
    let told: Result<Told, _> = serde_json::from_str(detail);
    told.map(|told| told.attachments.into_iter().map(|file| file.name).collect()).unwrap_or_default()
}

impl Store {
    /// Replies that fit, newest first.
    pub async fn replies(&self, filter: &ReplyFilter) -> Result<Vec<ReplyRow>, Fault> {
        let rows: Vec<ReplyColumns> = sqlx::query_as(
            "SELECT id, message_id, template, recipient, subject, rfc_id, state, shadow, withdrawn, attempts, created_at, due_at, \
             ended_at, answer, \
             (SELECT detail FROM events WHERE events.message_id = replies.message_id \
             AND events.reply_id = replies.id ORDER BY events.id LIMIT 1) AS made FROM replies WHERE ($1 IS NULL OR id = $1) AND ($2 IS NULL OR state = $2) \
             AND ($3 IS NULL OR message_id = $3) ORDER BY id DESC LIMIT $4",
        )
        .bind(filter.id.map(|id| id.0))
        .bind(filter.state.map(ReplyState::as_str))
        .bind(filter.message.map(|id| id.0))
        .bind(filter.limit.map_or(i64::MAX, i64::from))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("looking for replies"))?;
        rows.into_iter().map(ReplyColumns::row).collect()
    }

    /// A reply's mail as composed (RFC 5322).
    pub async fn reply_mail(&self, id: ReplyId) -> Result<Option<Vec<u8>>, Fault> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT mail FROM reply_mails WHERE reply_id = $1")
            .bind(id.0)
            .fetch_optional(self.database.read())
            .await
            .map_err(fault("reading a reply"))?;
        Ok(row.map(|(mail,)| mail))
    }
}
