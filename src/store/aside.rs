//! Mails that a person has to see to without a case: those put aside, and those that only repeat.

use super::{MailId, ReplyId, Store, instant, word};
use crate::database::{clean, fault};
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::domain::mail::MailHead;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::FromRow;

/// A mail to be seen to that led to no case of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailToDo {
    pub id: MailId,
    pub received_at: Timestamp,
    pub sender: Option<Masked>,
    pub subject: Option<Masked>,
    /// The case whose documents came again in it.
    pub repeats: Option<CaseNumber>,
    /// Its letter that waits for a person.
    pub held: Option<ReplyId>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    received_at: i64,
    head: Option<String>,
    repeats: Option<String>,
    held: Option<i64>,
}

impl Store {
    /// Keeps from whom a mail is that was put aside, and what it is about.
    pub async fn parked_as(&self, id: MailId, head: &MailHead) -> Result<(), Fault> {
        const DOING: &str = "noting whose a mail is that was put aside";
        let mut transaction = self.database.begin(DOING).await?;
        sqlx::query(
            "INSERT INTO parked_heads (message_id, sender, subject) SELECT id, $2, $3 FROM messages \
             WHERE id = $1 AND state = 'parked' \
             ON CONFLICT (message_id) DO UPDATE SET sender = excluded.sender, subject = excluded.subject",
        )
        .bind(id.0)
        .bind(head.from.as_ref().map(|from| clean(from.address.expose())))
        .bind(head.subject.as_ref().map(|subject| clean(subject.expose())))
        .execute(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))
    }

    /// Mails that were decided, led to no case, and still wait for a person; the longest waiting first.
    pub async fn to_do_without_a_case(&self, limit: u32) -> Result<Vec<MailToDo>, Fault> {
        const DOING: &str = "looking for mails that wait without a case";
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT messages.id, messages.received_at, messages.head, \
             (SELECT number FROM cases WHERE cases.id = messages.repeats_case) AS repeats, \
             (SELECT MIN(replies.id) FROM replies WHERE replies.message_id = messages.id \
             AND replies.state = 'held' AND replies.shadow = 0 AND replies.withdrawn = 0) AS held \
             FROM messages WHERE messages.state = 'done' AND messages.outcome = 'to_do' \
             AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.message_id = messages.id) \
             ORDER BY messages.received_at, messages.id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter()
            .map(|row| {
                // a purged one has no head
                let head: Option<MailHead> = row.head.and_then(|head| serde_json::from_str(&head).ok());
                let number = |text: String| word(CaseNumber::parse(&text), "cases.number");
                Ok(MailToDo {
                    id: MailId(row.id),
                    received_at: instant(row.received_at)?,
                    sender: head
                        .as_ref()
                        .and_then(|head| head.from.as_ref())
                        .map(|from| from.address.clone()),
                    subject: head.and_then(|head| head.subject),
                    repeats: row.repeats.map(number).transpose()?,
                    held: row.held.map(ReplyId),
                })
            })
            .collect()
    }
}
