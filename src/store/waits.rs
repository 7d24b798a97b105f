//! Cases that wait for the registry: what is needed to judge them again, and what came of it. A case
//! sleeps until it is woken by an import (or by a day), or until its deadline, from which on staff see
//! it; whoever comes first decides.

use super::event::{Event, Kind};
use super::record::{Added, Basis, JudgedAgain, NewReply, add_reply, judge_again};
use super::write::Write;
use super::{MailId, Store, instant, millis, word};
use crate::database::fault;
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::FromRow;

const DOING: &str = "judging a waiting case again";

/// What a case waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// An import: the registry did not answer.
    Registry,
    /// A day: a card is not valid yet.
    Validity,
}

impl WaitsFor {
    fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry_unavailable",
            Self::Validity => "not_yet_valid",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Registry, Self::Validity].into_iter().find(|one| one.as_str() == text)
    }
}

/// A wait, as it is recorded with its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWait {
    pub because: WaitsFor,
    /// The snapshot that could not answer.
    pub asked: Option<i64>,
    /// The day on which it is judged again, whatever is imported.
    pub wake_on: Option<Date>,
    /// From here on staff see it.
    pub deadline: Timestamp,
    /// Staff see it from the start: there is something else for them to look at.
    pub shown: bool,
}

/// A message with cases that can be judged again.
#[derive(Debug, Clone)]
pub struct Sleeping {
    pub message: MailId,
    /// Of the mail's bytes.
    pub sha256: String,
    pub received_at: Timestamp,
    pub head: MailHead,
    pub documents: Vec<DocumentHead>,
    /// Letters composed for it so far.
    pub letters: u32,
    /// In the order of the mail.
    pub cases: Vec<SleepingCase>,
}

/// A case that waits.
#[derive(Debug, Clone)]
pub struct SleepingCase {
    pub number: CaseNumber,
    /// The day of reception in Paris.
    pub day: Date,
    pub because: WaitsFor,
    pub ground: Masked,
    pub asked: Option<i64>,
    pub wake_on: Option<Date>,
    id: i64,
}

/// What came of judging a case again.
#[derive(Clone)]
pub enum Woken {
    /// It waits on: for another snapshot than this one, or for this day.
    Waits { because: WaitsFor, asked: Option<i64>, wake_on: Option<Date> },
    /// It is judged.
    Judged(Box<JudgedAgain>),
}

/// Writes a wait beside its case.
pub(super) async fn insert(write: &mut Write, case: i64, wait: &NewWait) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO case_waits (case_id, because, asked, wake_on, deadline, shown) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(case)
    .bind(wait.because.as_str())
    .bind(wait.asked)
    .bind(wait.wake_on.map(|day| day.to_string()))
    .bind(millis(wait.deadline))
    .bind(i64::from(wait.shown))
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    number: String,
    day: String,
    because: String,
    ground: String,
    asked: Option<i64>,
    wake_on: Option<String>,
}

fn date(text: &str) -> Result<Date, Fault> {
    text.parse().map_err(|error: jiff::Error| Fault::never(DOING, error))
}

impl Store {
    /// The first message with a case that waits for the registry and was not judged with this
    /// snapshot, or that waits for a day that has come. `None`: nothing is to be woken.
    pub async fn next_to_wake(&self, current: Option<i64>, today: Date) -> Result<Option<Sleeping>, Fault> {
        let found: Option<(i64,)> = sqlx::query_as(
            "SELECT cases.message_id FROM case_waits JOIN cases ON cases.id = case_waits.case_id \
             WHERE cases.state = 'waiting' AND ((case_waits.because = 'registry_unavailable' \
             AND CAST($1 AS BIGINT) IS NOT NULL AND (case_waits.asked IS NULL OR case_waits.asked <> $1)) \
             OR case_waits.wake_on <= $2) ORDER BY cases.id LIMIT 1",
        )
        .bind(current)
        .bind(today.to_string())
        .fetch_optional(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let Some((message,)) = found else { return Ok(None) };
        self.sleeping(MailId(message)).await.map(Some)
    }

    async fn sleeping(&self, message: MailId) -> Result<Sleeping, Fault> {
        let (sha256, received_at, head, letters): (String, i64, Option<String>, i64) = sqlx::query_as(
            "SELECT sha256, received_at, head, (SELECT COUNT(*) FROM replies WHERE message_id = messages.id) \
             FROM messages WHERE id = $1",
        )
        .bind(message.0)
        .fetch_one(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let head = head.ok_or_else(|| Fault::never(DOING, "the mail was never read"))?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT cases.id, cases.number, cases.day, case_waits.because, case_grounds.ground, case_waits.asked, \
             case_waits.wake_on FROM case_waits JOIN cases ON cases.id = case_waits.case_id \
             JOIN case_grounds ON case_grounds.case_id = cases.id WHERE cases.message_id = $1 AND cases.state = 'waiting' ORDER BY cases.id",
        )
        .bind(message.0)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let case = |row: Row| {
            Ok(SleepingCase {
                number: word(CaseNumber::parse(&row.number), "cases.number")?,
                day: date(&row.day)?,
                because: word(WaitsFor::parse(&row.because), "case_waits.because")?,
                ground: Masked::new(row.ground),
                asked: row.asked,
                wake_on: row.wake_on.as_deref().map(date).transpose()?,
                id: row.id,
            })
        };
        Ok(Sleeping {
            message,
            sha256,
            received_at: instant(received_at)?,
            head: serde_json::from_str(&head).map_err(|error| Fault::never(DOING, error))?,
            documents: self.documents_of(message).await?,
            letters: u32::try_from(letters).unwrap_or(u32::MAX),
            cases: rows.into_iter().map(case).collect::<Result<_, Fault>>()?,
        })
    }

    /// Records what came of judging a message's waiting cases again (`woken`, in their order), in one
    /// commit, with the letter that tells it. `false`: somebody else was faster, or a cap was reached
    /// meanwhile: nothing was recorded.
    pub async fn record_woken(
        &self,
        sleeping: &Sleeping,
        woken: &[Woken],
        (basis, letters): (&Basis, &[NewReply]),
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut write = self.write(DOING, now).await?;
        let (composed,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM replies WHERE message_id = $1")
            .bind(sleeping.message.0)
            .fetch_one(write.connection())
            .await
            .map_err(fault(DOING))?;
        if composed != i64::from(sleeping.letters) {
            return Ok(false);
        }
        for (case, end) in sleeping.cases.iter().zip(woken) {
            let ours = match end {
                Woken::Waits { because, asked, wake_on } => {
                    wait_on(&mut write, case, *because, (*asked, *wake_on)).await?
                }
                Woken::Judged(judged) => decide(&mut write, sleeping, case, judged, basis, now).await?,
            };
            if !ours {
                return Ok(false);
            }
        }
        for (place, letter) in (sleeping.letters as usize..).zip(letters) {
            let letter = (place, letter);
            if add_reply(&mut write, sleeping.message, letter, Outcome::ToDo, now).await? == Added::OverACap {
                return Ok(false);
            }
        }
        handled_if_done(&mut write, sleeping.message).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Shows staff the cases whose deadline has passed; how many.
    pub async fn show_overdue(&self, now: Timestamp) -> Result<u64, Fault> {
        const DOING: &str = "showing cases that waited too long";
        let due: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT cases.id, cases.message_id FROM case_waits JOIN cases ON cases.id = case_waits.case_id \
             WHERE case_waits.shown = 0 AND case_waits.deadline <= $1 AND cases.state = 'waiting' ORDER BY cases.id",
        )
        .bind(millis(now))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let mut shown = 0;
        for (case, message) in due {
            let mut write = self.write(DOING, now).await?;
            let done = sqlx::query("UPDATE case_waits SET shown = 1 WHERE case_id = $1 AND shown = 0")
                .bind(case)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            if done.rows_affected() == 1 {
                write.tell(Event::new(Kind::CaseOverdue).message(MailId(message)).case(case)).await?;
                write.commit().await?;
                shown += 1;
            }
        }
        Ok(shown)
    }
}

/// Filed as handled, if it was not filed yet and nothing of it waits any more.
pub(super) async fn handled_if_done(write: &mut Write, message: MailId) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE messages SET outcome = 'handled' WHERE id = $1 AND outcome = 'to_do' AND NOT EXISTS \
         (SELECT 1 FROM cases WHERE message_id = $1 AND state = 'waiting') AND NOT EXISTS \
         (SELECT 1 FROM replies WHERE message_id = $1 AND state = 'held' AND shadow = 0 AND withdrawn = 0)",
    )
    .bind(message.0)
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(())
}

/// `false`: it is not asleep any more.
async fn wait_on(
    write: &mut Write,
    case: &SleepingCase,
    because: WaitsFor,
    (asked, wake_on): (Option<i64>, Option<Date>),
) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE case_waits SET because = $4, asked = $1, wake_on = $2 WHERE case_id = $3")
        .bind(asked)
        .bind(wake_on.map(|day| day.to_string()))
        .bind(case.id)
        .bind(because.as_str())
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(done.rows_affected() == 1)
}

/// `false`: it is decided already.
async fn decide(
    write: &mut Write,
    sleeping: &Sleeping,
    case: &SleepingCase,
    again: &JudgedAgain,
    basis: &Basis,
    now: Timestamp,
) -> Result<bool, Fault> {
    let gone = sqlx::query("DELETE FROM case_waits WHERE case_id = $1")
        .bind(case.id)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    let again = (again, Some(&sleeping.head));
    let Some((mut detail, filed)) = judge_again(write, case.id, again, basis, now).await? else {
        return Ok(false);
    };
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("number".to_owned(), case.number.to_string().into());
        detail.insert("waited_for".to_owned(), case.because.as_str().into());
        detail.insert("asked_before".to_owned(), case.asked.into());
    }
    let event = Event::new(Kind::CaseReexamined).message(sleeping.message).case(case.id).saying(detail);
    write.tell(event.aside(json!({ "case": filed }).to_string())).await?;
    Ok(true)
}
