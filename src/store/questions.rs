//! Mails that ask something and hold no form: a list of those that nobody has dealt with, and what was done
//! with the others. A question is closed by a person, with an answer or without, and can be opened again.

use super::event::{Event, Kind};
use super::record::{Added, NewReply, add_reply};
use super::staff::{Seen, Staffed};
use super::taken_back::take_back;
use super::{MailId, Store, instant, instant_or_none, millis};
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::FromRow;

const DOING: &str = "recording what was done with a question";

/// A question in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionRow {
    pub id: MailId,
    pub received_at: Timestamp,
    pub from: Option<Masked>,
    pub subject: Option<Masked>,
    pub closed: Option<ClosedQuestion>,
}

/// That somebody has dealt with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedQuestion {
    pub by: String,
    pub at: Timestamp,
    /// Until then the answer can be taken back; `None`: nothing was answered.
    pub undo_until: Option<Timestamp>,
    /// Letters composed for the mail before the answer.
    letters: i64,
}

/// A question in full.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: MailId,
    pub received_at: Timestamp,
    /// Of the mail's bytes.
    pub sha256: String,
    pub head: MailHead,
    pub documents: Vec<DocumentHead>,
    /// Raised by whatever is done with it.
    pub version: i64,
    /// Letters composed for it so far.
    pub letters: u32,
    pub closed: Option<ClosedQuestion>,
}

impl Question {
    fn seen(&self) -> Seen {
        Seen::question(self.id, self.version, self.letters)
    }
}

/// How a question is closed.
#[derive(Debug, Default)]
pub struct NewEnd<'a> {
    /// For the record. Personal data.
    pub note: Option<&'a str>,
    /// The answer, and until when it can be taken back.
    pub answer: Option<(&'a NewReply, Timestamp)>,
}

#[derive(FromRow)]
struct Row {
    message_id: i64,
    received_at: i64,
    head: Option<String>,
    closed_at: Option<i64>,
    closed_by: Option<String>,
    undo_until: Option<i64>,
    letters: Option<i64>,
}

/// One in full: in one answer, so that what is seen is of one version.
#[derive(FromRow)]
struct FullRow {
    #[sqlx(flatten)]
    row: Row,
    sha256: String,
    version: i64,
    composed: i64,
}

impl Row {
    fn closed(&self) -> Result<Option<ClosedQuestion>, Fault> {
        let (Some(at), Some(by)) = (self.closed_at, &self.closed_by) else { return Ok(None) };
        Ok(Some(ClosedQuestion {
            by: by.clone(),
            at: instant(at)?,
            undo_until: instant_or_none(self.undo_until)?,
            letters: self.letters.unwrap_or(i64::MAX),
        }))
    }

    fn head(&self) -> Result<Option<MailHead>, Fault> {
        let head = self.head.as_deref().map(serde_json::from_str).transpose();
        head.map_err(|error| Fault::never("reading a question", error))
    }
}

impl Store {
    /// Those that wait, the oldest first; or those that were closed, the latest first. And whether there are
    /// more behind them.
    pub async fn questions(
        &self,
        closed: bool,
        skip: u32,
        limit: u32,
    ) -> Result<(Vec<QuestionRow>, bool), Fault> {
        const OPEN: &str = "SELECT questions.message_id, questions.received_at, head, closed_at, closed_by, \
             undo_until, letters FROM questions JOIN messages ON messages.id = questions.message_id \
             WHERE closed_at IS NULL ORDER BY questions.received_at, questions.message_id LIMIT $1 OFFSET $2";
        const CLOSED: &str = "SELECT questions.message_id, questions.received_at, head, closed_at, closed_by, \
             undo_until, letters FROM questions JOIN messages ON messages.id = questions.message_id \
             WHERE closed_at IS NOT NULL ORDER BY closed_at DESC, questions.message_id DESC LIMIT $1 OFFSET $2";
        let rows: Vec<Row> = sqlx::query_as(if closed { CLOSED } else { OPEN })
            .bind(i64::from(limit) + 1)
            .bind(i64::from(skip))
            .fetch_all(self.database.read())
            .await
            .map_err(fault("reading the questions"))?;
        let more = rows.len() > limit as usize;
        let shown = rows.iter().take(limit as usize).map(|row| {
            let head = row.head()?;
            Ok(QuestionRow {
                id: MailId(row.message_id),
                received_at: instant(row.received_at)?,
                from: head.as_ref().and_then(|head| head.from.as_ref()).map(|from| from.address.clone()),
                subject: head.and_then(|head| head.subject),
                closed: row.closed()?,
            })
        });
        Ok((shown.collect::<Result<_, Fault>>()?, more))
    }

    /// How many wait.
    pub async fn count_questions(&self) -> Result<u64, Fault> {
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM questions WHERE closed_at IS NULL")
            .fetch_one(self.database.read())
            .await
            .map_err(fault("counting the questions"))?;
        Ok(count.unsigned_abs())
    }

    /// A question. `None`: there is none of this id, or the retention has emptied it.
    pub async fn question(&self, id: MailId) -> Result<Option<Question>, Fault> {
        const DOING: &str = "reading a question";
        let found: Option<FullRow> = sqlx::query_as(
            "SELECT questions.message_id, questions.received_at, head, closed_at, closed_by, undo_until, letters, \
             sha256, version, (SELECT COUNT(*) FROM replies WHERE replies.message_id = messages.id) AS composed \
             FROM questions JOIN messages ON messages.id = questions.message_id WHERE questions.message_id = $1",
        )
        .bind(id.0)
        .fetch_optional(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let Some(FullRow { row, sha256, version, composed }) = found else { return Ok(None) };
        let Some(head) = row.head()? else { return Ok(None) };
        Ok(Some(Question {
            id,
            received_at: instant(row.received_at)?,
            sha256,
            head,
            documents: self.documents_of(id).await?,
            version,
            letters: u32::try_from(composed).unwrap_or(u32::MAX),
            closed: row.closed()?,
        }))
    }

    /// What was noted when it was closed, oldest first: the text, by whom, when.
    pub async fn notes_of_question(&self, id: MailId) -> Result<Vec<(String, String, Timestamp)>, Fault> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT event_texts.text, events.actor, events.at FROM events \
             JOIN event_texts ON event_texts.event_id = events.id \
             WHERE events.message_id = $1 AND events.kind = $2 ORDER BY events.id",
        )
        .bind(id.0)
        .bind(Kind::QuestionClosed.as_str())
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading the notes of a question"))?;
        let note = |text: &str| {
            let told: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            told.get("note").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        rows.into_iter().map(|(text, by, at)| Ok((note(&text), by, instant(at)?))).collect()
    }

    /// Closes a question; with an answer, that is due in the same commit.
    pub async fn close_question(
        &self,
        question: &Question,
        end: &NewEnd<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((question.seen(), DOING), now, async |write| {
            let done = sqlx::query(
                "UPDATE questions SET closed_at = $1, closed_by = $2, letters = $3, undo_until = $4, \
                 version = version + 1 WHERE message_id = $5 AND closed_at IS NULL",
            )
            .bind(millis(now))
            .bind(clean(by))
            .bind(end.answer.map(|_| i64::from(question.letters)))
            .bind(end.answer.map(|(_, undo_until)| millis(undo_until)))
            .bind(question.id.0)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            if done.rows_affected() == 0 {
                return Ok(Staffed::NotOpen);
            }
            let event = Event::new(Kind::QuestionClosed).message(question.id).by(by);
            let event =
                event.saying(json!({ "answered": end.answer.is_some(), "version": question.version + 1 }));
            let event = match end.note {
                Some(note) => event.aside(json!({ "note": note }).to_string()),
                None => event,
            };
            write.tell(event).await?;
            if let Some((letter, _)) = end.answer {
                let place = question.letters as usize;
                match add_reply(write, question.id, (place, letter), Outcome::Question, now).await? {
                    Added::As(_) | Added::Spared => {}
                    // what people send is not capped; should it ever be, nothing is half done
                    Added::OverACap => return Ok(Staffed::Changed),
                }
            }
            Ok(Staffed::Done)
        })
        .await
    }

    /// Opens a question again. An answer that can still be taken back never leaves.
    pub async fn reopen_question(
        &self,
        question: &Question,
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((question.seen(), DOING), now, async |write| {
            let Some(closed) = &question.closed else { return Ok(Staffed::NotOpen) };
            let taken_back = closed.undo_until.is_some_and(|until| now < until);
            sqlx::query(
                "UPDATE questions SET closed_at = NULL, closed_by = NULL, letters = NULL, undo_until = NULL, \
                 version = version + 1 WHERE message_id = $1",
            )
            .bind(question.id.0)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            let event = Event::new(Kind::QuestionReopened).message(question.id).by(by);
            write.tell(event.saying(json!({ "version": question.version + 1 }))).await?;
            if taken_back
                && !take_back(write, question.id, closed.letters, "staff took their answer back").await?
            {
                return Ok(Staffed::TooLate);
            }
            Ok(Staffed::Done)
        })
        .await
    }
}
