//! What happened to a case, with what stands beside each event: for who saw an earlier version of it.

use super::OpenCase;
use crate::database::fault;
use crate::fault::Fault;
use crate::store::{EventRow, Store, instant};
use serde_json::Value;
use sqlx::FromRow;
use std::fmt;

const DOING: &str = "reading what was changed of a case";

/// An event of a case. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseChange {
    pub event: EventRow,
    /// Null where nothing stands beside it, or no more.
    pub beside: Value,
}

impl fmt::Debug for CaseChange {
    /// Never what stands beside it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseChange({:?})", self.event)
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    at: i64,
    kind: String,
    actor: String,
    detail: String,
    text: Option<String>,
}

impl Store {
    /// Everything that happened to a case, looks left out, oldest first.
    pub async fn changes_of(&self, open: &OpenCase) -> Result<Vec<CaseChange>, Fault> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT events.id, events.at, events.kind, events.actor, events.detail, event_texts.text FROM events \
             LEFT JOIN event_texts ON event_texts.event_id = events.id WHERE events.message_id = $1 \
             AND events.case_id = $2 AND events.kind <> 'looked_at' ORDER BY events.id",
        )
        .bind(open.message.0)
        .bind(open.id)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let change = |row: Row| {
            let Row { id, at, kind, actor, detail, text } = row;
            let beside = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            Ok(CaseChange { event: EventRow { id, at: instant(at)?, kind, actor, detail }, beside })
        };
        rows.into_iter().map(change).collect()
    }
}
