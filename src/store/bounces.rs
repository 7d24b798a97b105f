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

/// A letter that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    pub reply: ReplyId,
    pub template: Template,
    /// `local@domain`.
    pub to: Masked,
    /// Of the mail it answers.
    pub cases: Vec<CaseNumber>,
    pub since: Timestamp,
    /// The status of the notice, as in `5.1.1`; `None`: the relay refused it at once.
    pub status: Option<String>,
    /// A notice came; else the relay refused it.
    pub bounced: bool,
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
    at: i64,
    kind: String,
    detail: String,
}

/// The last event that put a letter on the list, where nothing took it off since.
const LISTED: &str = "SELECT replies.id AS reply, replies.message_id AS message, replies.template, \
    replies.recipient, events.at, events.kind, events.detail FROM replies \
    JOIN events ON events.message_id = replies.message_id AND events.reply_id = replies.id \
    WHERE events.id = (SELECT MAX(last.id) FROM events AS last WHERE last.message_id = replies.message_id \
    AND last.reply_id = replies.id AND last.kind IN ('reply_bounced', 'reply_refused', 'reply_resent', \
    'reply_sent', 'bounce_settled')) AND events.kind IN ('reply_bounced', 'reply_refused')";

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

impl Store {
    /// Letters that did not arrive, the first first.
    pub async fn undelivered(&self) -> Result<Vec<Undelivered>, Fault> {
        const DOING: &str = "listing the letters that did not arrive";
        let sql = format!("{LISTED} ORDER BY events.id");
        let rows: Vec<Row> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let numbers: Vec<(String,)> = sqlx::query_as(
                "SELECT number FROM cases WHERE message_id = $1 OR id = \
                 (SELECT repeats_case FROM messages WHERE id = $1) ORDER BY id",
            )
            .bind(row.message)
            .fetch_all(self.database.read())
            .await
            .map_err(fault(DOING))?;
            let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
            let number = |(text,): (String,)| word(CaseNumber::parse(&text), "cases.number");
            all.push(Undelivered {
                reply: ReplyId(row.reply),
                template: word(Template::parse(&row.template), "replies.template")?,
                to: Masked::new(row.recipient),
                cases: numbers.into_iter().map(number).collect::<Result<_, _>>()?,
                since: instant(row.at)?,
                status: detail.get("status").and_then(serde_json::Value::as_str).map(str::to_owned),
                bounced: row.kind == Kind::ReplyBounced.as_str(),
            });
        }
        Ok(all)
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
