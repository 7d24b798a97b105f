//! Who has a case, who looks at it, and what they note beside it.

use super::{DOING, OpenCase, PRESENT, Seen, Staffed};
use crate::database::{clean, fault};
use crate::fault::Fault;
use crate::store::event::{Event, Kind};
use crate::store::{Store, millis};
use jiff::Timestamp;
use serde_json::json;

impl Store {
    /// Gives a case to somebody, or to nobody, with a word for whom it is handed to.
    pub async fn assign(
        &self,
        open: &OpenCase,
        (to, note): (Option<&str>, Option<&str>),
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            sqlx::query("UPDATE cases SET assignee = $1, version = version + 1 WHERE id = $2")
                .bind(to.map(clean))
                .bind(open.id)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            let detail = json!({ "before": open.assignee, "to": to, "version": open.version + 1 });
            let event = Event::new(Kind::CaseAssigned).message(open.message).case(open.id).by(by);
            let event = match note {
                Some(note) => event.aside(json!({ "note": note }).to_string()),
                None => event,
            };
            write.tell(event.saying(detail)).await?;
            Ok(Staffed::Done)
        })
        .await
    }

    /// Keeps a note beside a case. Nobody overwrites anybody, so no version is asked.
    pub async fn note(&self, open: &OpenCase, text: &str, by: &str, now: Timestamp) -> Result<(), Fault> {
        let mut write = self.write(DOING, now).await?;
        let event = Event::new(Kind::CaseNoted).message(open.message).case(open.id).by(by);
        write.tell(event.aside(json!({ "note": text }).to_string())).await?;
        write.commit().await
    }

    /// The notes beside a case, those of who handed it over or sent it back too, oldest first: the text, by whom, when. Those that were purged are left out.
    pub async fn notes_of(&self, open: &OpenCase) -> Result<Vec<(String, String, Timestamp)>, Fault> {
        const DOING: &str = "reading the notes of a case";
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT event_texts.text, events.actor, events.at FROM events \
             JOIN event_texts ON event_texts.event_id = events.id \
             WHERE events.message_id = $1 AND events.case_id = $2 AND events.kind IN ($3, $4, $5) \
             ORDER BY events.id",
        )
        .bind(open.message.0)
        .bind(open.id)
        .bind(Kind::CaseNoted.as_str())
        .bind(Kind::CaseAssigned.as_str())
        .bind(Kind::CaseSentBack.as_str())
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let note = |text: &str| {
            let told: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            told.get("note").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        rows.into_iter().map(|(text, by, at)| Ok((note(&text), by, super::instant(at)?))).collect()
    }

    /// Notes that somebody has a case open; who else has.
    pub async fn sees(&self, open: &OpenCase, who: &str, now: Timestamp) -> Result<Vec<String>, Fault> {
        const DOING: &str = "noting who has a case open";
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query(
            "INSERT INTO case_viewers (case_id, viewer, seen_at) VALUES ($1, $2, $3) \
             ON CONFLICT (case_id, viewer) DO UPDATE SET seen_at = $3",
        )
        .bind(open.id)
        .bind(clean(who))
        .bind(millis(now))
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        let since = now.saturating_sub(PRESENT).unwrap_or(Timestamp::MIN);
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT viewer FROM case_viewers WHERE case_id = $1 AND viewer <> $2 AND seen_at > $3 ORDER BY viewer",
        )
        .bind(open.id)
        .bind(clean(who))
        .bind(millis(since))
        .fetch_all(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(rows.into_iter().map(|(viewer,)| viewer).collect())
    }
}
