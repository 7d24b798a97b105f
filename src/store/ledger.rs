//! The sum that must balance: every message ends in exactly one place (invariant 3).

use super::Store;
use crate::database::fault;
use crate::fault::Fault;
use sqlx::FromRow;

/// Counts of everything kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Ledger {
    /// Distinct messages ever kept.
    pub messages: i64,
    /// Not decided yet (claimed ones included).
    pub waiting: i64,
    /// Ended as at least one case, or as the repetition of one.
    pub submissions: i64,
    pub questions: i64,
    pub automatic: i64,
    pub parked: i64,
    /// Messages that ended nowhere, or in more than one place. Never anything but 0.
    pub misplaced: i64,
    /// Times that the bytes of a known message were seen again.
    pub copies: i64,
    pub cases: i64,
    /// Cases that wait for a person.
    pub cases_waiting: i64,
    pub replies: i64,
    pub replies_due: i64,
    pub replies_sending: i64,
    pub replies_sent: i64,
    /// Wait for a person; those composed in shadow, or withdrawn, wait for nobody.
    pub replies_held: i64,
    pub replies_refused: i64,
    pub replies_unknown: i64,
    /// Mails with an outcome that were not filed on the server yet.
    pub to_file: i64,
    /// Of these, the ones where filing has failed at least once.
    pub filing_troubled: i64,
}

impl Ledger {
    /// Whether each message is in exactly one place.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.misplaced == 0
            && self.messages
                == self.waiting + self.submissions + self.questions + self.automatic + self.parked
    }
}

impl Store {
    /// Counts everything, at one moment.
    pub async fn ledger(&self) -> Result<Ledger, Fault> {
        // Each place is counted from its own evidence, not from one column: a message that has a
        // case *and* is parked is misplaced, whatever its state says.
        sqlx::query_as(
            "WITH placed AS (SELECT \
               CASE WHEN state IN ('kept', 'claimed') THEN 1 ELSE 0 END AS waiting, \
               CASE WHEN repeats_case IS NOT NULL OR EXISTS (SELECT 1 FROM cases WHERE message_id = messages.id) \
                    THEN 1 ELSE 0 END AS submission, \
               CASE WHEN outcome = 'question' THEN 1 ELSE 0 END AS question, \
               CASE WHEN outcome = 'automatic' THEN 1 ELSE 0 END AS automatic, \
               CASE WHEN state = 'parked' THEN 1 ELSE 0 END AS parked \
             FROM messages) \
             SELECT COUNT(*) AS messages, \
             CAST(COALESCE(SUM(waiting), 0) AS BIGINT) AS waiting, \
             CAST(COALESCE(SUM(submission), 0) AS BIGINT) AS submissions, \
             CAST(COALESCE(SUM(question), 0) AS BIGINT) AS questions, \
             CAST(COALESCE(SUM(automatic), 0) AS BIGINT) AS automatic, \
             CAST(COALESCE(SUM(parked), 0) AS BIGINT) AS parked, \
             CAST(COALESCE(SUM(CASE WHEN waiting + submission + question + automatic + parked = 1 \
                               THEN 0 ELSE 1 END), 0) AS BIGINT) AS misplaced, \
             (SELECT COUNT(*) FROM sightings) - COUNT(*) AS copies, \
             (SELECT COUNT(*) FROM cases) AS cases, \
             (SELECT COUNT(*) FROM cases WHERE state = 'waiting') AS cases_waiting, \
             (SELECT COUNT(*) FROM replies) AS replies, \
             (SELECT COUNT(*) FROM replies WHERE state = 'due') AS replies_due, \
             (SELECT COUNT(*) FROM replies WHERE state = 'sending') AS replies_sending, \
             (SELECT COUNT(*) FROM replies WHERE state = 'sent') AS replies_sent, \
             (SELECT COUNT(*) FROM replies WHERE state = 'held' AND shadow = 0 AND withdrawn = 0) \
             AS replies_held, \
             (SELECT COUNT(*) FROM replies WHERE state = 'refused') AS replies_refused, \
             (SELECT COUNT(*) FROM replies WHERE state = 'unknown') AS replies_unknown, \
             (SELECT COUNT(*) FROM sightings JOIN messages AS m ON m.id = sightings.message_id \
              WHERE sightings.filed_at IS NULL AND m.outcome IS NOT NULL) AS to_file, \
             (SELECT COUNT(*) FROM sightings WHERE filed_at IS NULL AND filing_attempts > 0) AS filing_troubled \
             FROM placed",
        )
        .fetch_one(self.database.read())
        .await
        .map_err(fault("counting the ledger"))
    }

    /// How many mails of this folder, under this UIDVALIDITY, were ever kept: what the server
    /// shows in it, and what was moved out of it, adds up to that.
    pub async fn seen_in(&self, mailbox: &str, uidvalidity: u32) -> Result<i64, Fault> {
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM sightings WHERE mailbox = $1 AND uidvalidity = $2")
                .bind(mailbox)
                .bind(i64::from(uidvalidity))
                .fetch_one(self.database.read())
                .await
                .map_err(fault("counting a folder's mail"))?;
        Ok(count)
    }
}
