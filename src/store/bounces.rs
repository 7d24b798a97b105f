//! Letters that did not arrive: what the relay refused for good, and what a notice says was given up
//! later. They stay on the list until they are sent again or a person says that it is settled.

use super::event::{Event, Kind};
use super::write::Write;
use super::{MailId, ReplyId, Store, instant, word};
use crate::database::{fault, list};
use crate::domain::case::{CaseNumber, Template};
use crate::domain::form::Masked;
use crate::domain::mail::{Delivered, DeliveryNotice, MailHead, SenderCheck};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, FromRow};

/// A letter that did not arrive, or of which nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    pub reply: ReplyId,
    pub template: Template,
    /// `local@domain`.
    pub to: Masked,
    pub subject: Masked,
    /// Of the mail it answers.
    pub cases: Vec<CaseNumber>,
    pub since: Timestamp,
    pub why: NotArrived,
    /// What the relay said last.
    pub answer: Option<Masked>,
}

/// Why a letter is not known to have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotArrived {
    /// The relay would not have it.
    Refused,
    /// A notice says that delivery was given up, with the status it gives (`5.1.1`, RFC 3463).
    CameBack(Option<String>),
    /// The line was cut after its last byte: it may have left, and may not.
    Unknown,
}

/// What came of settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// It is not on the list.
    NotListed,
}

#[derive(FromRow)]
struct Row {
    reply: i64,
    message: i64,
    template: String,
    recipient: String,
    subject: String,
    answer: Option<String>,
    at: i64,
    kind: String,
    detail: String,
}

/// The last event that put a letter on the list, where nothing took it off since. Begins with the few
/// events that can, which have an index of their own.
const LISTED: &str = "SELECT replies.id AS reply, replies.message_id AS message, replies.template, \
    replies.recipient, replies.subject, replies.answer, events.at, events.kind, events.detail \
    FROM events JOIN replies ON replies.id = events.reply_id \
    WHERE events.kind IN ('reply_bounced', 'reply_refused', 'reply_unknown') \
    AND NOT EXISTS (SELECT 1 FROM events AS later WHERE later.message_id = events.message_id \
    AND later.reply_id = events.reply_id AND later.id > events.id AND later.kind IN ('reply_bounced', \
    'reply_refused', 'reply_unknown', 'reply_resent', 'reply_sent', 'bounce_settled'))";

/// Notes that a letter did not arrive, if the notice names one of ours and says so. A notice that
/// names none, that says less, or whose sender is forged changes nothing.
pub(super) async fn note(write: &mut Write, of: MailId, head: &MailHead) -> Result<(), Fault> {
    const DOING: &str = "noting a notice of delivery";
    let Some(DeliveryNotice { about, says: Delivered::Failed, status }) = &head.notice else { return Ok(()) };
    if about.is_empty() || head.sender == SenderCheck::Failed || head.spam {
        return Ok(());
    }
    let sql = format!(
        "SELECT id, message_id FROM replies WHERE rfc_id IN {} AND shadow = 0 AND state IN ('sent', 'unknown') \
         ORDER BY id",
        list(1, about.len())
    );
    let mut query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql));
    for id in about {
        query = query.bind(crate::database::clean(id));
    }
    for (reply, message) in query.fetch_all(write.connection()).await.map_err(fault(DOING))? {
        let event = Event::new(Kind::ReplyBounced).message(MailId(message)).reply(ReplyId(reply));
        write.tell(event.saying(json!({ "status": status, "notice": of.0 }))).await?;
    }
    Ok(())
}

impl Row {
    fn listed(&self, cases: Vec<CaseNumber>) -> Result<Undelivered, Fault> {
        let detail: serde_json::Value = serde_json::from_str(&self.detail).unwrap_or_default();
        let status = detail.get("status").and_then(serde_json::Value::as_str).map(str::to_owned);
        let why = if self.kind == Kind::ReplyBounced.as_str() {
            NotArrived::CameBack(status)
        } else if self.kind == Kind::ReplyUnknown.as_str() {
            NotArrived::Unknown
        } else {
            NotArrived::Refused
        };
        Ok(Undelivered {
            reply: ReplyId(self.reply),
            template: word(Template::parse(&self.template), "replies.template")?,
            to: Masked::new(&self.recipient),
            subject: Masked::new(&self.subject),
            cases,
            since: instant(self.at)?,
            why,
            answer: self.answer.as_ref().map(Masked::new),
        })
    }
}

impl Store {
    /// Letters that did not arrive or may not have, the first first.
    pub async fn undelivered(&self) -> Result<Vec<Undelivered>, Fault> {
        const DOING: &str = "listing the letters that did not arrive";
        let sql = format!("{LISTED} ORDER BY events.id");
        let rows: Vec<Row> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        let mut all = Vec::with_capacity(rows.len());
        // a statement names so many mails at most
        for rows in rows.chunks(500) {
            let messages: Vec<_> = rows.iter().map(|row| MailId(row.message)).collect();
            let cases = self.cases_of(&messages).await?;
            for row in rows {
                let cases = cases.get(&MailId(row.message)).cloned().unwrap_or_default();
                all.push(row.listed(cases)?);
            }
        }
        Ok(all)
    }

    /// How many there are.
    pub async fn count_undelivered(&self) -> Result<u64, Fault> {
        const DOING: &str = "counting the letters that did not arrive";
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM ({LISTED}) AS listed");
        let (count,): (i64,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(self.database.read()).await.map_err(fault(DOING))?;
        Ok(count.unsigned_abs())
    }

    /// Takes a letter off the list, by a person who reached the requester in another way.
    pub async fn settle_bounce(
        &self,
        reply: ReplyId,
        because: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Settled, Fault> {
        const DOING: &str = "settling a letter that did not arrive";
        let mut write = self.write(DOING, now).await?;
        let sql = format!("{LISTED} AND replies.id = $1");
        let found: Option<Row> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(reply.0)
            .fetch_optional(write.connection())
            .await
            .map_err(fault(DOING))?;
        let Some(row) = found else { return Ok(Settled::NotListed) };
        let event = Event::new(Kind::BounceSettled).message(MailId(row.message)).reply(reply).by(by);
        // what people write as a reason may name somebody
        write.tell(event.aside(because)).await?;
        write.commit().await?;
        Ok(Settled::Done)
    }
}
