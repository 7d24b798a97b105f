//! Every message and where it ended: for people who look at the line as a whole.

use super::{MailId, Store, instant, word};
use crate::database::fault;
use crate::domain::mail::{MailHead, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;

/// A message in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenIn {
    pub id: MailId,
    pub received_at: Timestamp,
    /// Bytes.
    pub size: u64,
    /// `None`: not decided yet.
    pub outcome: Option<Outcome>,
    /// `None` until it was opened, and where it could not be.
    pub head: Option<MailHead>,
    /// Why it is parked, or why nobody was answered.
    pub because: Option<String>,
}

impl Store {
    /// When a canary mail was taken in last.
    pub async fn last_canary(&self) -> Result<Option<Timestamp>, Fault> {
        let row: Option<(i64,)> = sqlx::query_as(
            // the words of the index: a parameter would not be known to be them
            "SELECT kept_at FROM messages WHERE not_answered_because = 'automatic mail: canary' \
             ORDER BY id DESC LIMIT 1",
        )
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("looking for the last canary mail"))?;
        row.map(|(at,)| instant(at)).transpose()
    }

    /// The messages, oldest first, at most `limit`.
    pub async fn taken_in(&self, limit: u32) -> Result<Vec<TakenIn>, Fault> {
        const DOING: &str = "listing the messages";
        let rows: Vec<(i64, i64, i64, Option<String>, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT id, received_at, size, outcome, head, COALESCE(trouble, not_answered_because) \
             FROM messages ORDER BY received_at, id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter()
            .map(|(id, received_at, size, outcome, head, because)| {
                let head = head.map(|json| serde_json::from_str(&json)).transpose();
                Ok(TakenIn {
                    id: MailId(id),
                    received_at: instant(received_at)?,
                    size: size.unsigned_abs(),
                    outcome: outcome
                        .map(|text| word(Outcome::parse(&text), "messages.outcome"))
                        .transpose()?,
                    head: head.map_err(|error| Fault::never(DOING, error))?,
                    because,
                })
            })
            .collect()
    }
}
