//! Replies as staff ask for them, and what goes with a letter.

use super::{MailId, ReplyFilter, ReplyId, Store, instant, instant_or_none, word};
use crate::database::{fault, list};
use crate::domain::case::{CaseNumber, Template};
use crate::domain::form::Masked;
use crate::domain::mail::ReplyState;
use crate::fault::Fault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeMap;

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
        // each condition only where it is asked for: so the engine finds its index
        let conditions = [
            filter.id.map(|id| format!("id = {id}")),
            filter.before.map(|id| format!("id < {id}")),
            filter.message.map(|id| format!("message_id = {}", id.0)),
            filter.state.map(|state| format!("state = '{}'", state.as_str())),
        ];
        let conditions: Vec<_> = conditions.into_iter().flatten().collect();
        let fits = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
        let sql = format!(
            "SELECT id, message_id, template, recipient, subject, rfc_id, state, shadow, withdrawn, attempts, \
             created_at, due_at, ended_at, answer, \
             (SELECT detail FROM events WHERE events.message_id = replies.message_id \
             AND events.reply_id = replies.id ORDER BY events.id LIMIT 1) AS made \
             FROM replies WHERE {fits} ORDER BY id DESC LIMIT $1"
        );
        let rows: Vec<ReplyColumns> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(filter.limit.map_or(i64::MAX, i64::from))
            .fetch_all(self.database.read())
            .await
            .map_err(fault("looking for replies"))?;
        rows.into_iter().map(ReplyColumns::row).collect()
    }

    /// The cases of mails: those that were opened for one, or the one that it repeats.
    pub async fn cases_of(&self, messages: &[MailId]) -> Result<BTreeMap<MailId, Vec<CaseNumber>>, Fault> {
        if messages.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql = format!(
            "SELECT messages.id, cases.number FROM messages JOIN cases ON cases.message_id = messages.id \
             WHERE messages.id IN {0} UNION ALL \
             SELECT messages.id, cases.number FROM messages JOIN cases ON cases.id = messages.repeats_case \
             WHERE messages.id IN {0} ORDER BY 1, 2",
            list(1, messages.len())
        );
        let mut query = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql));
        for message in messages {
            query = query.bind(message.0);
        }
        let rows =
            query.fetch_all(self.database.read()).await.map_err(fault("looking for the cases of mails"))?;
        let mut all: BTreeMap<MailId, Vec<CaseNumber>> = BTreeMap::new();
        for (message, number) in rows {
            all.entry(MailId(message)).or_default().push(word(CaseNumber::parse(&number), "cases.number")?);
        }
        Ok(all)
    }

    /// Whether the first letter of a mail is about more than one case.
    pub async fn tells_of_several(&self, message: MailId) -> Result<bool, Fault> {
        Ok(self.cases_of(&[message]).await?.values().any(|cases| cases.len() > 1))
    }

    /// How many replies are in this state and are to leave one day.
    pub async fn count_replies(&self, state: ReplyState) -> Result<u64, Fault> {
        let sql =
            "SELECT CAST(COUNT(*) AS BIGINT) FROM replies WHERE state = $1 AND shadow = 0 AND withdrawn = 0";
        let (count,): (i64,) = sqlx::query_as(sql)
            .bind(state.as_str())
            .fetch_one(self.database.read())
            .await
            .map_err(fault("counting replies"))?;
        Ok(count.unsigned_abs())
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
