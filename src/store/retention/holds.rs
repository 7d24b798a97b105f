//! Cases that are kept whatever their age: a dispute, an inquiry, an audit under way.

use crate::database::fault;
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::fault::Fault;
use crate::store::event::{Event, Kind};
use crate::store::{MailId, Store, instant, word};
use jiff::Timestamp;
use serde_json::json;

/// A case on hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub number: CaseNumber,
    pub since: Timestamp,
    pub by: String,
    /// As the person wrote it.
    pub because: Masked,
}

/// What came of holding or releasing a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    Done,
    /// It is so already.
    AsBefore,
    /// There is nothing left to hold.
    Purged,
    NoSuchCase,
}

impl Store {
    /// Puts a case on hold; with it the whole message, its other cases and its letters.
    pub async fn hold(
        &self,
        number: &CaseNumber,
        because: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Hold, Fault> {
        const DOING: &str = "putting a case on hold";
        let mut write = self.write(DOING, now).await?;
        let found: Option<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT id, message_id, (SELECT COUNT(*) FROM holds WHERE case_id = cases.id), \
             (SELECT COUNT(*) FROM purges WHERE purges.message_id = cases.message_id) \
             FROM cases WHERE number = $1",
        )
        .bind(number.to_string())
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))?;
        let (case, message) = match found {
            None => return Ok(Hold::NoSuchCase),
            Some((.., 1..)) => return Ok(Hold::Purged),
            Some((_, _, 1.., _)) => return Ok(Hold::AsBefore),
            Some((case, message, ..)) => (case, message),
        };
        let event = Event::new(Kind::RetentionHeld).message(MailId(message)).case(case).by(by);
        // what people write as a reason may name somebody
        write.tell(event.saying(json!({ "number": number.to_string() })).aside(because)).await?;
        let event = write.told();
        sqlx::query("INSERT INTO holds (case_id, event_id) VALUES ($1, $2)")
            .bind(case)
            .bind(event)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        write.commit().await?;
        Ok(Hold::Done)
    }

    /// Releases a case: the retention counts for it again.
    pub async fn release_hold(&self, number: &CaseNumber, by: &str, now: Timestamp) -> Result<Hold, Fault> {
        const DOING: &str = "releasing a case on hold";
        let mut write = self.write(DOING, now).await?;
        let found: Option<(i64, i64)> = sqlx::query_as("SELECT id, message_id FROM cases WHERE number = $1")
            .bind(number.to_string())
            .fetch_optional(write.connection())
            .await
            .map_err(fault(DOING))?;
        let Some((case, message)) = found else { return Ok(Hold::NoSuchCase) };
        let done = sqlx::query("DELETE FROM holds WHERE case_id = $1")
            .bind(case)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(Hold::AsBefore);
        }
        let event = Event::new(Kind::RetentionReleased).message(MailId(message)).case(case).by(by);
        write.tell(event.saying(json!({ "number": number.to_string() }))).await?;
        write.commit().await?;
        Ok(Hold::Done)
    }

    /// The cases on hold, the longest held first.
    pub async fn holds(&self) -> Result<Vec<Held>, Fault> {
        let rows: Vec<(String, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT cases.number, events.at, events.actor, event_texts.text FROM holds \
             JOIN cases ON cases.id = holds.case_id JOIN events ON events.id = holds.event_id \
             LEFT JOIN event_texts ON event_texts.event_id = events.id ORDER BY events.id",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading the cases on hold"))?;
        rows.into_iter()
            .map(|(number, since, by, because)| {
                Ok(Held {
                    number: word(CaseNumber::parse(&number), "cases.number")?,
                    since: instant(since)?,
                    by,
                    because: Masked::new(because.unwrap_or_default()),
                })
            })
            .collect()
    }
}
