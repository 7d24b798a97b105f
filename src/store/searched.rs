//! What auditors look for among the events: of a case, of a person, of a kind, of some days. Newest first, a
//! page at a time.

use super::decided::StaffAct;
use super::{Store, instant, millis};
use crate::database::{clean, fault};
use crate::domain::case::CaseNumber;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

const DOING: &str = "looking for events";

/// Kinds of which there are some for each mail; the others have an index of their own
/// (migration 0018, word for word).
const FREQUENT: &str = "('message_kept', 'case_opened', 'reply_due', 'reply_sent', 'looked_at')";

/// Which events: every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this case and of its mail.
    pub case: Option<CaseNumber>,
    /// Who did it, by the name on record.
    pub actor: Option<String>,
    pub kind: Option<String>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

impl EventFilter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// The events that fit, newest first, from below this one on.
    pub async fn events_found(
        &self,
        filter: &EventFilter,
        below: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StaffAct>, Fault> {
        let mut conditions: Vec<String> =
            below.map(|below| format!("events.id < {below}")).into_iter().collect();
        let mut texts = Vec::new();
        if let Some(from) = filter.from {
            conditions.push(format!("events.id >= {}", self.first_event_at(from).await?));
        }
        if let Some(before) = filter.before {
            conditions.push(format!("events.id < {}", self.first_event_at(before).await?));
        }
        if let Some(case) = &filter.case {
            let Some((case, message)) = self.case_and_message(case).await? else { return Ok(vec![]) };
            conditions.push(format!(
                "events.message_id = {message} AND (events.case_id = {case} OR events.case_id IS NULL)"
            ));
        }
        if let Some(actor) = &filter.actor {
            texts.push(clean(actor));
            let others = if actor == super::event::GUICHET { "" } else { " AND events.actor <> 'guichet'" };
            conditions.push(format!("events.actor = ${}{others}", texts.len()));
        }
        if let Some(kind) = &filter.kind {
            texts.push(clean(kind));
            let rare = !FREQUENT.contains(&format!("'{kind}'"));
            let rare = if rare { format!(" AND events.kind NOT IN {FREQUENT}") } else { String::new() };
            conditions.push(format!("events.kind = ${}{rare}", texts.len()));
        }
        let all = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
        let sql = format!(
            "SELECT events.id, events.at, events.actor, events.kind, \
             COALESCE((SELECT number FROM cases WHERE cases.id = events.case_id), \
             (SELECT number FROM cases WHERE cases.message_id = events.message_id ORDER BY cases.id LIMIT 1)), \
             events.reply_id, events.detail FROM events WHERE {all} ORDER BY events.id DESC LIMIT {limit}"
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql));
        for text in texts {
            query = query.bind(text);
        }
        let rows: Vec<(i64, i64, String, String, Option<String>, Option<i64>, String)> =
            query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        rows.into_iter()
            .map(|(event, at, actor, kind, case, reply, detail)| {
                Ok(StaffAct { event, at: instant(at)?, actor, kind, case, reply, detail })
            })
            .collect()
    }

    async fn case_and_message(&self, number: &CaseNumber) -> Result<Option<(i64, i64)>, Fault> {
        sqlx::query_as("SELECT id, message_id FROM cases WHERE number = $1")
            .bind(number.to_string())
            .fetch_optional(self.database.read())
            .await
            .map_err(fault(DOING))
    }

    /// The first event at this time or later; behind the last one where there is none. Events are numbered
    /// without gaps in the order they were told, so that halving finds it without an index on the time.
    async fn first_event_at(&self, at: Timestamp) -> Result<i64, Fault> {
        let (last,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM events")
            .fetch_one(self.database.read())
            .await
            .map_err(fault(DOING))?;
        let (mut low, mut high) = (1, last + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let found: Option<(i64, i64)> =
                sqlx::query_as("SELECT id, at FROM events WHERE id >= $1 ORDER BY id LIMIT 1")
                    .bind(middle)
                    .fetch_optional(self.database.read())
                    .await
                    .map_err(fault(DOING))?;
            match found {
                Some((id, told)) if told < millis(at) => low = id + 1,
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }
}
