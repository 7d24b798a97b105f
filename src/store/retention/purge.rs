//! Purging one message: everything personal goes in one commit, together with the deletion record.

use super::{Retention, Rule, rows};
use crate::database::{Engine, fault};
use crate::fault::Fault;
use crate::store::event::{Event, Kind, sha256};
use crate::store::write::Write;
use crate::store::{MailId, Store, instant, millis};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::Executor as _;

const DOING: &str = "purging a message";

/// That a message was purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    pub at: Timestamp,
    /// With its length, as it was then: `rejected, 365 d`.
    pub rule: String,
    pub by: String,
    /// Holds the hashes of what is gone.
    pub event: i64,
}

/// What came of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// By this rule.
    Done(Rule),
    /// It is not due (any more), or kept for a reason: nothing was touched.
    NotDue,
}

/// What empties a message's rows, `$1` its id. (The mail's and the documents' hashes stay: by them
/// the same bytes are known when they come again, and are not answered twice.)
const EMPTIES: [&str; 25] = [
    "DELETE FROM parked_heads WHERE message_id = $1",
    "DELETE FROM message_bytes WHERE message_id = $1",
    "UPDATE messages SET head = NULL, sender = NULL, rfc_id = NULL, trouble = NULL WHERE id = $1",
    "UPDATE sightings SET filing_trouble = NULL WHERE message_id = $1",
    "UPDATE case_documents SET name = COALESCE((SELECT 'document ' || CAST(documents.position + 1 AS TEXT) \
     FROM documents WHERE documents.message_id = $1 AND documents.name = case_documents.name \
     ORDER BY documents.position LIMIT 1), 'document') \
     WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "UPDATE documents SET name = 'document ' || CAST(position + 1 AS TEXT) WHERE message_id = $1",
    "UPDATE cases SET structure_name = NULL, finess = NULL, siret = NULL, search = '', report = '{}', \
     signatory_card = NULL, signatory_last_name = NULL, signatory_first_names = NULL WHERE message_id = $1",
    "DELETE FROM case_grounds WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_corrections WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_proposals WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM drafts WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_viewers WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_waits WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM registry_alerts WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM explanations WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_rpps_rang WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM case_words WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM cases_without_words WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM questions WHERE message_id = $1",
    "DELETE FROM case_cards WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "UPDATE findings SET message = '' WHERE case_id IN (SELECT id FROM cases WHERE message_id = $1)",
    "DELETE FROM reply_mails WHERE reply_id IN (SELECT id FROM replies WHERE message_id = $1)",
    "UPDATE reply_attempts SET answer = NULL WHERE reply_id IN (SELECT id FROM replies WHERE message_id = $1)",
    "UPDATE replies SET recipient = '', address_key = '', domain_key = '', subject = '', answer = NULL \
     WHERE message_id = $1",
    "DELETE FROM event_texts WHERE event_id IN (SELECT id FROM events WHERE message_id = $1)",
];

impl Store {
    /// From now on, this program's deletions overwrite what they delete. (SQLite would leave it in
    /// the file's free pages; PostgreSQL's vacuum takes it away in its own time.)
    pub async fn begin_purging(&self) -> Result<(), Fault> {
        if self.database.engine() == Engine::Sqlite {
            let mut connection = self.database.writer(DOING).await?;
            connection.execute("PRAGMA secure_delete = ON").await.map_err(fault(DOING))?;
        }
        Ok(())
    }

    /// Purges a message, if its time is over and nothing keeps it: asked again in the same commit.
    pub async fn purge(
        &self,
        message: MailId,
        retention: &Retention,
        by: &str,
        now: Timestamp,
    ) -> Result<Purge, Fault> {
        let mut write = self.write(DOING, now).await?;
        let Some(row) = rows(write.connection(), Some(message), now).await?.pop() else {
            return Ok(Purge::NotDue);
        };
        let Some(due) = row.due(retention, now)?.filter(|due| due.kept_for.is_none()) else {
            return Ok(Purge::NotDue);
        };
        let removed = removed(&mut write, message).await?;
        for sql in EMPTIES {
            sqlx::query(sql).bind(message.0).execute(write.connection()).await.map_err(fault(DOING))?;
        }
        let days = retention.of(due.rule).as_hours() / 24;
        let rule = format!("{}, {days} d", due.rule.as_str());
        let detail = json!({
            "rule": rule,
            "closed_at": millis(due.closed_at),
            "due_at": millis(due.due_at),
            "removed": removed,
        });
        write.tell(Event::new(Kind::Purged).message(message).by(by).saying(detail)).await?;
        let event = write.told();
        sqlx::query("INSERT INTO purges (message_id, purged_at, rule, event_id) VALUES ($1, $2, $3, $4)")
            .bind(message.0)
            .bind(millis(now))
            .bind(rule)
            .bind(event)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        write.commit().await?;
        Ok(Purge::Done(due.rule))
    }

    /// Whether a message was purged, by whom and by which rule.
    pub async fn purged(&self, message: MailId) -> Result<Option<Purged>, Fault> {
        let row: Option<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT purged_at, rule, actor, event_id FROM purges JOIN events ON events.id = purges.event_id \
             WHERE purges.message_id = $1",
        )
        .bind(message.0)
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("asking whether a message was purged"))?;
        row.map(|(at, rule, by, event)| Ok(Purged { at: instant(at)?, rule, by, event })).transpose()
    }
}

/// The deletion record: hashes of what is about to go, and the events whose texts go with it.
async fn removed(write: &mut Write, message: MailId) -> Result<Value, Fault> {
    let (mail,): (String,) = sqlx::query_as("SELECT sha256 FROM messages WHERE id = $1")
        .bind(message.0)
        .fetch_one(write.connection())
        .await
        .map_err(fault(DOING))?;
    let documents: Vec<(String,)> =
        sqlx::query_as("SELECT sha256 FROM documents WHERE message_id = $1 ORDER BY position")
            .bind(message.0)
            .fetch_all(write.connection())
            .await
            .map_err(fault(DOING))?;
    let cases: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "SELECT number, report, explanation FROM cases LEFT JOIN explanations ON explanations.case_id = cases.id \
         WHERE message_id = $1 ORDER BY cases.id",
    )
    .bind(message.0)
    .fetch_all(write.connection())
    .await
    .map_err(fault(DOING))?;
    let letters: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT reply_id, mail FROM reply_mails JOIN replies ON replies.id = reply_id \
         WHERE message_id = $1 ORDER BY reply_id",
    )
    .bind(message.0)
    .fetch_all(write.connection())
    .await
    .map_err(fault(DOING))?;
    let texts: Vec<(i64,)> = sqlx::query_as(
        "SELECT event_id FROM event_texts JOIN events ON events.id = event_id WHERE events.message_id = $1 \
         ORDER BY event_id",
    )
    .bind(message.0)
    .fetch_all(write.connection())
    .await
    .map_err(fault(DOING))?;
    let mut reports = Map::new();
    let mut explanations = Map::new();
    for (number, report, explanation) in cases {
        reports.insert(number.clone(), sha256(report.as_bytes()).into());
        explanations.extend(explanation.map(|text| (number, sha256(text.as_bytes()).into())));
    }
    let letters: Map<_, _> =
        letters.into_iter().map(|(id, mail)| (id.to_string(), sha256(&mail).into())).collect();
    Ok(json!({
        "mail": mail,
        "documents": documents.into_iter().map(|(hash,)| hash).collect::<Vec<_>>(),
        "reports": reports,
        "explanations": explanations,
        "letters": letters,
        "texts": texts.into_iter().map(|(id,)| id).collect::<Vec<_>>(),
    }))
}
