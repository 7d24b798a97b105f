//! Where handled mail still has to be put on the server.

use super::{SightingId, Store, millis, word};
use crate::database::{Engine, clean, fault};
use crate::domain::mail::Outcome;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;

/// A mail whose message has an outcome and that was not filed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToFile {
    pub id: SightingId,
    pub uid: u32,
    pub outcome: Outcome,
    /// Times that filing it failed.
    pub attempts: u32,
}

impl Store {
    /// The mails of this folder, under this UIDVALIDITY, that can be filed now, oldest first, leased to
    /// `worker`: two who file the same mail could make two of it. (UIDs of another validity name
    /// nothing any more.) What sleeps until the registry answers stays where it is: it is not staff's
    /// to do yet.
    pub async fn claim_to_file(
        &self,
        worker: &str,
        (mailbox, uidvalidity): (&str, u32),
        now: Timestamp,
        lease: SignedDuration,
        limit: u32,
    ) -> Result<Vec<ToFile>, Fault> {
        const DOING: &str = "looking for mail to file";
        let others = match self.database.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => "FOR UPDATE OF s SKIP LOCKED",
        };
        let sql = format!(
            "UPDATE sightings SET filing_worker = $1, filing_due_at = $2 WHERE id IN \
             (SELECT s.id FROM sightings AS s JOIN messages ON messages.id = s.message_id \
             WHERE s.mailbox = $3 AND s.uidvalidity = $4 AND s.filed_at IS NULL \
             AND s.filing_due_at <= $5 AND messages.outcome IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM case_waits JOIN cases ON cases.id = case_waits.case_id \
             WHERE cases.message_id = messages.id AND case_waits.shown = 0) \
             ORDER BY s.id LIMIT $6 {others}) \
             RETURNING id, uid, (SELECT outcome FROM messages WHERE messages.id = sightings.message_id), \
             filing_attempts"
        );
        let mut connection = self.database.writer(DOING).await?;
        let mut rows: Vec<(i64, i64, String, i64)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(worker)
            .bind(millis(now.saturating_add(lease).unwrap_or(Timestamp::MAX)))
            .bind(mailbox)
            .bind(i64::from(uidvalidity))
            .bind(millis(now))
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        rows.sort_unstable();
        rows.into_iter()
            .map(|(id, uid, outcome, attempts)| {
                Ok(ToFile {
                    id: SightingId(id),
                    uid: word(u32::try_from(uid).ok(), "sightings.uid")?,
                    outcome: word(Outcome::parse(&outcome), "messages.outcome")?,
                    attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                })
            })
            .collect()
    }

    /// Nothing was done with these: whoever comes next may file them.
    pub async fn leave_to_file(&self, mails: &[ToFile], now: Timestamp) -> Result<(), Fault> {
        const DOING: &str = "leaving mail to be filed later";
        let mut transaction = self.database.begin(DOING).await?;
        for mail in mails {
            sqlx::query(
                "UPDATE sightings SET filing_worker = NULL, filing_due_at = $1 WHERE id = $2 AND filed_at IS NULL",
            )
            .bind(millis(now))
            .bind(mail.id.0)
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        }
        transaction.commit().await.map_err(fault(DOING))
    }

    /// These were filed (or are gone from the folder).
    pub async fn filed(&self, mails: &[ToFile], now: Timestamp) -> Result<(), Fault> {
        const DOING: &str = "noting filed mail";
        let mut transaction = self.database.begin(DOING).await?;
        for mail in mails {
            sqlx::query(
                "UPDATE sightings SET filed_at = $1, filed_as = $2, filing_trouble = NULL, filing_worker = NULL \
                 WHERE id = $3",
            )
            .bind(millis(now))
            .bind(mail.outcome.as_str())
            .bind(mail.id.0)
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        }
        transaction.commit().await.map_err(fault(DOING))
    }

    /// This one could not be filed: to be tried again at `retry_at`, or, when `None`, by a person
    /// only (it may have been copied already).
    pub async fn filing_failed(
        &self,
        mail: &ToFile,
        why: &str,
        retry_at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        const DOING: &str = "noting mail that could not be filed";
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query(
            "UPDATE sightings SET filing_attempts = filing_attempts + 1, filing_due_at = $1, filing_trouble = $2, \
             filing_worker = NULL WHERE id = $3",
        )
        .bind(retry_at.map_or(i64::MAX, millis))
        .bind(clean(why))
        .bind(mail.id.0)
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(())
    }
}
