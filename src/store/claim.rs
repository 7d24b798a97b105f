//! Claiming kept mail: a lease on one message, and the ways it ends short of a decision.

use super::event::{Event, Kind};
use super::{MailId, Store, instant, instant_or_none, millis, turns};
use crate::database::{AnyQuery, Engine, clean, fault};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::FromRow;
use std::fmt;

/// Whose turn a message is. All begin in the first lane; what turns out to be paper is left to the
/// second, so that a row of scans keeps nobody waiting who is answered within a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Mail that is read without the recognition engine.
    Quick,
    /// Mail with paper in it: seconds of work for a processor.
    Paper,
}

impl Lane {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Paper => "paper",
        }
    }
}

/// A message in the hands of a worker, until `lease_until`.
#[derive(Clone)]
pub struct Claimed {
    pub id: MailId,
    pub content: Content,
    /// Bytes of the mail on the server.
    pub size: u64,
    /// Of the content, lower-case hexadecimal: what makes it this message.
    pub sha256: String,
    /// INTERNALDATE; the time of first sight where the server has none.
    pub received_at: Timestamp,
    /// Claims so far, this one included.
    pub attempts: u32,
    /// What went wrong last time, if anything.
    pub trouble: Option<String>,
    pub lease_until: Timestamp,
    pub(super) worker: String,
}

/// What is there to be read.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    Whole(Vec<u8>),
    /// The mail was over the size cap: its header.
    HeadOnly(Vec<u8>),
}

impl fmt::Debug for Content {
    /// Never the mail's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(raw) => write!(f, "Whole({} bytes)", raw.len()),
            Self::HeadOnly(head) => write!(f, "HeadOnly({} bytes)", head.len()),
        }
    }
}

impl fmt::Debug for Claimed {
    /// Never the mail's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claimed(message {}, {} bytes, attempt {})", self.id, self.size, self.attempts)
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    size: i64,
    whole: i64,
    sha256: String,
    received_at: i64,
    attempts: i64,
    trouble: Option<String>,
    due_at: i64,
}

/// Binds who must still hold the message, as an update's last three parameters: `id`, `worker`,
/// `attempts`.
fn held<'q>(query: AnyQuery<'q>, claimed: &Claimed) -> AnyQuery<'q> {
    query.bind(claimed.id.0).bind(claimed.worker.clone()).bind(i64::from(claimed.attempts))
}

impl Store {
    /// The oldest message of a lane whose turn it is and that nobody holds, leased to `worker`; the attempt is counted in
    /// the same commit. `None` when nothing is due.
    pub async fn claim(
        &self,
        worker: &str,
        lane: Lane,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Option<Claimed>, Fault> {
        const DOING: &str = "claiming a message";
        let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        let sql = match self.database.engine() {
            Engine::Sqlite => {
                "UPDATE messages SET state = 'claimed', worker = $1, due_at = $2, attempts = attempts + 1 \
                 WHERE id = (SELECT id FROM messages WHERE lane = $4 AND state IN ('kept', 'claimed') AND due_at <= $3 \
                 ORDER BY turn, received_at, id LIMIT 1) \
                 RETURNING id, size, whole, sha256, received_at, attempts, trouble, due_at"
            }
            Engine::Postgres => {
                "UPDATE messages SET state = 'claimed', worker = $1, due_at = $2, attempts = attempts + 1 \
                 WHERE id = (SELECT id FROM messages WHERE lane = $4 AND state IN ('kept', 'claimed') AND due_at <= $3 \
                 ORDER BY turn, received_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
                 RETURNING id, size, whole, sha256, received_at, attempts, trouble, due_at"
            }
        };
        let mut transaction = self.database.begin(DOING).await?;
        let row: Option<Row> = sqlx::query_as(sql)
            .bind(worker)
            .bind(millis(until))
            .bind(millis(now))
            .bind(lane.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        let Some(row) = row else { return Ok(None) };
        let (raw,): (Vec<u8>,) = sqlx::query_as("SELECT raw FROM message_bytes WHERE message_id = $1")
            .bind(row.id)
            .fetch_one(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(Some(Claimed {
            id: MailId(row.id),
            content: if row.whole == 1 { Content::Whole(raw) } else { Content::HeadOnly(raw) },
            size: row.size.unsigned_abs(),
            sha256: row.sha256,
            received_at: instant(row.received_at)?,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            trouble: row.trouble,
            lease_until: instant(row.due_at)?,
            worker: worker.to_owned(),
        }))
    }

    /// Changes a message that is still in these hands (see `held`). `false`: the claim was lost.
    async fn change(
        &self,
        query: AnyQuery<'_>,
        claimed: &Claimed,
        doing: &'static str,
    ) -> Result<bool, Fault> {
        let mut connection = self.database.writer(doing).await?;
        let done = held(query, claimed).execute(&mut *connection).await.map_err(fault(doing))?;
        Ok(done.rows_affected() == 1)
    }

    /// Prolongs a claim. `false`: it is somebody else's by now, drop the work.
    pub async fn heartbeat(
        &self,
        claimed: &Claimed,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<bool, Fault> {
        const DOING: &str = "prolonging a claim";
        let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        let query = sqlx::query(
            "UPDATE messages SET due_at = $1 \
             WHERE id = $2 AND state = 'claimed' AND worker = $3 AND attempts = $4",
        )
        .bind(millis(until));
        self.change(query, claimed, DOING).await
    }

    /// Gives a message back after a fault of ours, to be claimed again from `retry_at` on; the
    /// attempt does not count against the message. `false`: the claim was lost.
    pub async fn release(&self, claimed: &Claimed, why: &str, retry_at: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "releasing a message";
        let query = sqlx::query(
            "UPDATE messages SET state = 'kept', worker = NULL, due_at = $1, trouble = $2, attempts = attempts - 1 \
             WHERE id = $3 AND state = 'claimed' AND worker = $4 AND attempts = $5",
        )
        .bind(millis(retry_at))
        .bind(clean(why));
        self.change(query, claimed, DOING).await
    }

    /// Leaves a message to the paper lane, where it waits for its turn from now on. The look at it
    /// does not count as an attempt. `false`: the claim was lost.
    pub async fn leave_to_paper(&self, claimed: &Claimed, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "leaving a message to the paper lane";
        let mut transaction = self.database.begin(DOING).await?;
        let writer: Option<(Option<String>,)> = sqlx::query_as("SELECT waits_as FROM messages WHERE id = $1")
            .bind(claimed.id.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        let writer = writer.and_then(|(writer,)| writer);
        let front = turns::now(&mut transaction, Lane::Paper, now).await?;
        let turn = turns::next(&mut transaction, Lane::Paper, writer.as_deref(), front).await?;
        let query = sqlx::query(
            "UPDATE messages SET lane = 'paper', state = 'kept', worker = NULL, due_at = $1, turn = $2, \
             attempts = attempts - 1 WHERE id = $3 AND state = 'claimed' AND worker = $4 AND attempts = $5",
        )
        .bind(millis(now))
        .bind(turn);
        let done = held(query, claimed).execute(&mut *transaction).await.map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts a message aside for a person, with the reason. `false`: the claim was lost.
    pub async fn park(&self, claimed: &Claimed, why: &str, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "parking a message";
        let mut write = self.write(DOING, now).await?;
        let query = sqlx::query(
            "UPDATE messages SET state = 'parked', outcome = 'to_do', worker = NULL, waits_as = NULL, trouble = $1, ended_at = $2 \
             WHERE id = $3 AND state = 'claimed' AND worker = $4 AND attempts = $5",
        )
        .bind(clean(why))
        .bind(millis(now));
        let done = held(query, claimed).execute(write.connection()).await.map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let event = Event::new(Kind::MessageParked).message(claimed.id);
        // a reader's last words may quote what it read
        write.tell(event.saying(json!({ "attempts": claimed.attempts })).aside(clean(why))).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Lets a parked message be tried again, by a person. `false`: it is not parked, or there is
    /// nothing of it to read (the server never handed it out, or it was purged).
    pub async fn unpark(&self, id: MailId, by: &str, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "unparking a message";
        let mut write = self.write(DOING, now).await?;
        // a person waits for it: it comes with those whose turn it is
        let quick = turns::now(write.connection(), Lane::Quick, now).await?.unwrap_or_default();
        let paper = turns::now(write.connection(), Lane::Paper, now).await?.unwrap_or_default();
        let done = sqlx::query(
            "UPDATE messages SET state = 'kept', outcome = NULL, ended_at = NULL, attempts = 0, due_at = $1, \
             turn = CASE WHEN lane = 'quick' THEN CAST($3 AS BIGINT) ELSE CAST($4 AS BIGINT) END WHERE id = $2 AND state = 'parked' AND (whole = 1 OR size > 0) \
             AND id NOT IN (SELECT message_id FROM purges)",
        )
        .bind(millis(now))
        .bind(id.0)
        .bind(quick)
        .bind(paper)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        write.tell(Event::new(Kind::MessageUnparked).message(id).by(by)).await?;
        write.commit().await?;
        Ok(true)
    }

    /// When the next message of a lane can be claimed, at the earliest; `None` when none waits.
    pub async fn next_message_at(&self, lane: Lane) -> Result<Option<Timestamp>, Fault> {
        const DOING: &str = "looking for the next message";
        let (at,): (Option<i64>,) = sqlx::query_as(
            "SELECT MIN(due_at) FROM messages WHERE lane = $1 AND state IN ('kept', 'claimed')",
        )
        .bind(lane.as_str())
        .fetch_one(self.database.read())
        .await
        .map_err(fault(DOING))?;
        instant_or_none(at)
    }
}
