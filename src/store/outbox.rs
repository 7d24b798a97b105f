//! Replies on their way out: intent before the connection, and what came of it.

use super::event::{Event, Kind};
use super::{MailId, ReplyId, Store, instant_or_none, millis};
use crate::database::{Engine, clean, fault};
use crate::domain::form::Masked;
use crate::domain::mail::Delivery;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::FromRow;
use std::fmt;

/// What stands for the relay's answer where nobody was left to hear it.
pub(super) const NO_ANSWER: &str = "no answer: the sender ended in mid-send";

/// A reply in the hands of a sender: its attempt is on record.
#[derive(Clone)]
pub struct DueReply {
    pub id: ReplyId,
    pub message: MailId,
    /// `local@domain`.
    pub to: Masked,
    /// Without angle brackets.
    pub message_id: String,
    /// The whole mail (RFC 5322).
    pub mail: Vec<u8>,
    /// This attempt's number, from 1.
    pub attempt: u32,
}

impl fmt::Debug for DueReply {
    /// Never the mail's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DueReply(reply {}, attempt {})", self.id, self.attempt)
    }
}

/// What came of asking to send a reply again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    Due,
    /// It is due or being sent anyway.
    OnItsWay,
    /// It was composed in shadow: it is never sent.
    Shadow,
    /// It is a receipt, and its decision was told instead.
    Withdrawn,
    /// A decision on its case waits for a second person: it is confirmed, or sent back.
    ToConfirm,
    /// The retention has removed its letter.
    Purged,
    NoSuchReply,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: i64,
    recipient: String,
    rfc_id: String,
    attempts: i64,
}

impl Store {
    /// The reply due for the longest time, marked `sending` and its attempt written, both
    /// committed: only then may the connection be opened. `lease`: after that long without
    /// [`Store::settle`] the attempt counts as unknown.
    pub async fn claim_reply(
        &self,
        worker: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Option<DueReply>, Fault> {
        const DOING: &str = "claiming a reply";
        let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        let sql = match self.database.engine() {
            Engine::Sqlite => {
                "UPDATE replies SET state = 'sending', worker = $1, due_at = $2, attempts = attempts + 1 \
                 WHERE id = (SELECT id FROM replies WHERE state = 'due' AND due_at <= $3 \
                 ORDER BY due_at, id LIMIT 1) \
                 RETURNING id, message_id, recipient, rfc_id, attempts"
            }
            Engine::Postgres => {
                "UPDATE replies SET state = 'sending', worker = $1, due_at = $2, attempts = attempts + 1 \
                 WHERE id = (SELECT id FROM replies WHERE state = 'due' AND due_at <= $3 \
                 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
                 RETURNING id, message_id, recipient, rfc_id, attempts"
            }
        };
        let mut transaction = self.database.begin(DOING).await?;
        let row: Option<Row> = sqlx::query_as(sql)
            .bind(worker)
            .bind(millis(until))
            .bind(millis(now))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        let Some(row) = row else { return Ok(None) };
        let (mail,): (Vec<u8>,) = sqlx::query_as("SELECT mail FROM reply_mails WHERE reply_id = $1")
            .bind(row.id)
            .fetch_one(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        sqlx::query(
            "INSERT INTO reply_attempts (reply_id, attempt, worker, started_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(row.id)
        .bind(row.attempts)
        .bind(worker)
        .bind(millis(now))
        .execute(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(Some(DueReply {
            id: ReplyId(row.id),
            message: MailId(row.message_id),
            to: Masked::new(row.recipient),
            message_id: row.rfc_id,
            mail,
            attempt: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        }))
    }

    /// Prolongs an attempt that goes on. `false`: it counts as ended by now; what comes of it is settled
    /// all the same.
    pub async fn prolong(
        &self,
        reply: &DueReply,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<bool, Fault> {
        const DOING: &str = "prolonging an attempt";
        let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        let mut connection = self.database.writer(DOING).await?;
        let done = sqlx::query(
            "UPDATE replies SET due_at = $1 WHERE id = $2 AND state = 'sending' AND attempts = $3",
        )
        .bind(millis(until))
        .bind(reply.id.0)
        .bind(i64::from(reply.attempt))
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes what came of an attempt. `next_at`: when to try again after [`Delivery::NotYet`];
    /// `None` gives up, which is a refusal with the relay's last answer. `answer`: what the relay
    /// said, for staff.
    ///
    /// `false`: the attempt is not this reply's last one any more; nothing was written. An attempt
    /// that had meanwhile been counted as unknown is settled all the same: this is the truth.
    pub async fn settle(
        &self,
        reply: &DueReply,
        delivery: Delivery,
        answer: &str,
        now: Timestamp,
        next_at: Option<Timestamp>,
    ) -> Result<bool, Fault> {
        const DOING: &str = "settling a reply";
        let (state, kind, due_at) = match (delivery, next_at) {
            (Delivery::Sent, _) => ("sent", Kind::ReplySent, now),
            (Delivery::NotYet, Some(next)) => ("due", Kind::ReplyPutOff, next),
            (Delivery::NotYet, None) | (Delivery::Refused, _) => ("refused", Kind::ReplyRefused, now),
            (Delivery::Unknown, _) => ("unknown", Kind::ReplyUnknown, now),
        };
        let mut write = self.write(DOING, now).await?;
        let done = sqlx::query(
            "UPDATE replies SET state = $1, due_at = $2, ended_at = $3, answer = $4, worker = NULL \
             WHERE id = $5 AND attempts = $6 AND state IN ('sending', 'unknown')",
        )
        .bind(state)
        .bind(millis(due_at))
        .bind((state != "due").then(|| millis(now)))
        .bind(clean(answer))
        .bind(reply.id.0)
        .bind(i64::from(reply.attempt))
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE reply_attempts SET ended_at = $1, delivery = $2, answer = $3 \
             WHERE reply_id = $4 AND attempt = $5",
        )
        .bind(millis(now))
        .bind(delivery.as_str())
        .bind(clean(answer))
        .bind(reply.id.0)
        .bind(i64::from(reply.attempt))
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        let detail = json!({ "attempt": reply.attempt, "delivery": delivery.as_str() });
        let event = Event::new(kind).message(reply.message).reply(reply.id).saying(detail);
        // relays quote addresses
        write.tell(event.aside(answer)).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Replies whose sender has died in mid-send become `unknown`: perhaps the relay took them.
    /// To be called at the start and now and then; leases of the living are not touched.
    pub async fn recover_sending(&self, now: Timestamp) -> Result<Vec<ReplyId>, Fault> {
        const DOING: &str = "recovering replies in mid-send";
        let mut write = self.write(DOING, now).await?;
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "UPDATE replies SET state = 'unknown', ended_at = $1, worker = NULL, \
             answer = $2 WHERE state = 'sending' AND due_at <= $1 RETURNING id, message_id, attempts",
        )
        .bind(millis(now))
        .bind(NO_ANSWER)
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        for (id, message, attempt) in &rows {
            let event = Event::new(Kind::ReplyUnknown).message(MailId(*message)).reply(ReplyId(*id));
            let detail = json!({ "attempt": attempt, "delivery": "unknown", "recovered": true });
            write.tell(event.saying(detail).aside(NO_ANSWER)).await?;
        }
        write.commit().await?;
        Ok(rows.into_iter().map(|(id, ..)| ReplyId(id)).collect())
    }

    /// Makes a reply due again, or releases a held one, by a person: the same bytes with the same
    /// Message-ID.
    pub async fn resend(&self, reply: ReplyId, by: &str, now: Timestamp) -> Result<Resent, Fault> {
        const DOING: &str = "resending a reply";
        let mut write = self.write(DOING, now).await?;
        let before: Option<(i64, String, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT message_id, state, shadow, withdrawn, (SELECT COUNT(*) FROM purges \
             WHERE purges.message_id = replies.message_id), (SELECT COUNT(*) FROM case_proposals \
             JOIN cases ON cases.id = case_id WHERE cases.message_id = replies.message_id) FROM replies WHERE id = $1",
        )
        .bind(reply.0)
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))?;
        let Some((message, before, shadow, withdrawn, purged, proposed)) = before else {
            return Ok(Resent::NoSuchReply);
        };
        if shadow != 0 {
            return Ok(Resent::Shadow);
        }
        if withdrawn != 0 {
            return Ok(Resent::Withdrawn);
        }
        if purged > 0 {
            return Ok(Resent::Purged);
        }
        if before == "held" && proposed > 0 {
            return Ok(Resent::ToConfirm);
        }
        let done = sqlx::query(
            "UPDATE replies SET state = 'due', due_at = $1, ended_at = NULL \
             WHERE id = $2 AND state IN ('held', 'sent', 'refused', 'unknown')",
        )
        .bind(millis(now))
        .bind(reply.0)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(Resent::OnItsWay);
        }
        let event = Event::new(Kind::ReplyResent).message(MailId(message)).reply(reply).by(by);
        write.tell(event.saying(json!({ "before": before }))).await?;
        write.commit().await?;
        Ok(Resent::Due)
    }

    /// When the next reply is due or a sender's lease ends, at the earliest; `None` when none waits.
    pub async fn next_reply_at(&self) -> Result<Option<Timestamp>, Fault> {
        const DOING: &str = "looking for the next reply";
        let (at,): (Option<i64>,) =
            sqlx::query_as("SELECT MIN(due_at) FROM replies WHERE state IN ('due', 'sending')")
                .fetch_one(self.database.read())
                .await
                .map_err(fault(DOING))?;
        instant_or_none(at)
    }
}
