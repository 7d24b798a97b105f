//! The rows as they stand, read by the auditor's own SQL.

use crate::database::fault;
use crate::fault::Fault;
use serde_json::Value;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::QueryAs;
use sqlx::{Any, AnyConnection, FromRow};

const DOING: &str = "reading what the events tell of";

/// Rows read at once.
const PAGE: i64 = 500;

type Asked<T> = QueryAs<'static, Any, T, AnyArguments>;

/// An event, with what stands beside it.
#[derive(FromRow)]
pub(super) struct EventRow {
    pub(super) id: i64,
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) message_id: Option<i64>,
    pub(super) case_id: Option<i64>,
    pub(super) reply_id: Option<i64>,
    pub(super) actor: String,
    pub(super) detail: String,
    pub(super) seal: Option<String>,
    pub(super) hash: String,
    pub(super) salt: Option<String>,
    pub(super) text: Option<String>,
}

impl EventRow {
    pub(super) fn query(sql: &'static str) -> Asked<Self> {
        sqlx::query_as(sql)
    }

    /// A field as it goes into a seal: its length in bytes (eight bytes, the greatest first), and
    /// itself.
    pub(super) fn field(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_be_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    /// All that a seal covers.
    pub(super) fn fields(&self) -> Vec<u8> {
        let or_nothing = |id: Option<i64>| id.map_or_else(String::new, |id| id.to_string());
        [
            self.id.to_string(),
            self.at.to_string(),
            self.kind.clone(),
            or_nothing(self.message_id),
            or_nothing(self.case_id),
            or_nothing(self.reply_id),
            self.actor.clone(),
            self.detail.clone(),
        ]
        .iter()
        .flat_map(|text| Self::field(text))
        .collect()
    }

    /// The detail, or nothing where it cannot be read.
    pub(super) fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }

    /// The text beside it, as JSON.
    pub(super) fn aside(&self) -> Option<Value> {
        self.text.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }
}

#[derive(FromRow)]
pub(super) struct MessageRow {
    pub(super) id: i64,
    pub(super) sha256: String,
    pub(super) size: i64,
    pub(super) whole: i64,
    pub(super) received_at: i64,
    pub(super) kept_at: i64,
    pub(super) state: String,
    pub(super) trouble: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) ended_at: Option<i64>,
    pub(super) repeats_case: Option<i64>,
    pub(super) head: Option<String>,
    pub(super) sender: Option<String>,
    pub(super) rfc_id: Option<String>,
    pub(super) not_answered_because: Option<String>,
}

#[derive(FromRow)]
pub(super) struct CaseRow {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) position: i64,
    pub(super) received_at: i64,
    pub(super) day: String,
    pub(super) decided_at: i64,
    pub(super) state: String,
    pub(super) verdict: String,
    pub(super) source: String,
    pub(super) structure_name: Option<String>,
    pub(super) finess: Option<String>,
    pub(super) siret: Option<String>,
    pub(super) search: String,
    pub(super) report: String,
    pub(super) rules_version: String,
    pub(super) reader_version: String,
    pub(super) registry_snapshot: Option<i64>,
    pub(super) linked_case: Option<i64>,
    pub(super) linked_by: Option<String>,
}

#[derive(FromRow)]
pub(super) struct FindingRow {
    pub(super) code: String,
    pub(super) field: String,
    pub(super) severity: String,
    pub(super) message: String,
}

#[derive(FromRow)]
pub(super) struct StaffRow {
    pub(super) id: i64,
    pub(super) verdict: String,
    pub(super) decided_by: String,
    pub(super) recorded_at: i64,
}

#[derive(FromRow)]
pub(super) struct ReplyRow {
    pub(super) id: i64,
    pub(super) template: String,
    pub(super) recipient: String,
    pub(super) address_key: String,
    pub(super) domain_key: String,
    pub(super) subject: String,
    pub(super) rfc_id: String,
    pub(super) state: String,
    pub(super) created_at: i64,
    pub(super) attempts: i64,
    pub(super) answer: Option<String>,
    pub(super) ended_at: Option<i64>,
}

#[derive(FromRow)]
pub(super) struct AttemptRow {
    pub(super) attempt: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) delivery: Option<String>,
    pub(super) answer: Option<String>,
}

#[derive(FromRow)]
pub(super) struct DocumentRow {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) size: i64,
    pub(super) sha256: String,
}

#[derive(FromRow)]
pub(super) struct PurgeRow {
    pub(super) purged_at: i64,
    pub(super) rule: String,
    pub(super) event_id: i64,
}

/// Rows that one id selects.
pub(super) async fn of<T>(at: &mut AnyConnection, sql: &'static str, id: i64) -> Result<Vec<T>, Fault>
where
    T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let asked: Asked<T> = sqlx::query_as(sql);
    asked.bind(id).fetch_all(at).await.map_err(fault(DOING))
}

/// The texts that one id selects, in their order.
pub(super) async fn texts(at: &mut AnyConnection, sql: &'static str, id: i64) -> Result<Vec<String>, Fault> {
    let rows: Vec<(String,)> = of(at, sql, id).await?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

/// The bytes that one id selects.
pub(super) async fn bytes(
    at: &mut AnyConnection,
    sql: &'static str,
    id: i64,
) -> Result<Option<Vec<u8>>, Fault> {
    let rows: Vec<(Vec<u8>,)> = of(at, sql, id).await?;
    Ok(rows.into_iter().next().map(|(bytes,)| bytes))
}

/// The next messages by id.
pub(super) async fn messages(at: &mut AnyConnection, after: i64) -> Result<Vec<MessageRow>, Fault> {
    let asked: Asked<MessageRow> = sqlx::query_as(
        "SELECT id, sha256, size, whole, received_at, kept_at, state, trouble, outcome, ended_at, repeats_case, \
         head, sender, rfc_id, not_answered_because FROM messages WHERE id > $1 ORDER BY id LIMIT $2",
    );
    asked.bind(after).bind(PAGE).fetch_all(at).await.map_err(fault(DOING))
}

/// What happened to a message, in order.
pub(super) async fn events(at: &mut AnyConnection, message: i64) -> Result<Vec<EventRow>, Fault> {
    of(
        at,
        "SELECT events.id, at, kind, message_id, case_id, reply_id, actor, detail, seal, hash, salt, text \
         FROM events LEFT JOIN event_texts ON event_texts.event_id = events.id \
         WHERE message_id = $1 ORDER BY events.id",
        message,
    )
    .await
}
