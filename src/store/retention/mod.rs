//! How long what requesters wrote is kept. A message with its cases and letters is kept or purged as
//! one: its mail is the evidence of all of them. What is purged leaves its events, the hashes of what
//! is gone, and the deletion record.
//!
//! Never purged: what waits for a person (a case, a held letter), letters under way or of unknown
//! end, cases on hold, and messages whose documents a kept case continues.

mod holds;
mod purge;

use super::{MailId, Store, instant, millis, word};
use crate::database::fault;
use crate::domain::case::CaseNumber;
use crate::fault::Fault;
pub use holds::{Held, Hold};
use jiff::{SignedDuration, Timestamp};
pub use purge::{Purge, Purged};
use sqlx::{AnyConnection, FromRow};

/// How long each kind of ending is kept, from when it was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub accepted: SignedDuration,
    pub rejected: SignedDuration,
    /// Cases that a person decided.
    pub review: SignedDuration,
    /// Nothing but documents of an earlier case.
    pub repeated: SignedDuration,
    pub question: SignedDuration,
    pub automatic: SignedDuration,
    /// Put aside for a person, and not taken up again.
    pub parked: SignedDuration,
}

/// The rule by which a message is kept. Of several cases the one that keeps longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Accepted,
    Rejected,
    Review,
    Repeated,
    Question,
    Automatic,
    Parked,
}

impl Rule {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Review => "review",
            Self::Repeated => "repeated",
            Self::Question => "question",
            Self::Automatic => "automatic",
            Self::Parked => "parked",
        }
    }
}

impl Retention {
    #[must_use]
    pub fn of(&self, rule: Rule) -> SignedDuration {
        match rule {
            Rule::Accepted => self.accepted,
            Rule::Rejected => self.rejected,
            Rule::Review => self.review,
            Rule::Repeated => self.repeated,
            Rule::Question => self.question,
            Rule::Automatic => self.automatic,
            Rule::Parked => self.parked,
        }
    }
}

/// Why a message is kept although its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFor {
    /// A case waits for a person.
    OpenCase,
    /// A letter is held, due or being sent.
    LetterUnderWay,
    /// Nobody knows whether a letter arrived.
    LetterUnknown,
    Hold,
    /// A case that is kept rests on its documents, too.
    LaterCase,
}

impl KeptFor {
    /// For people.
    #[must_use]
    pub fn because(self) -> &'static str {
        match self {
            Self::OpenCase => "a case waits for a person",
            Self::LetterUnderWay => "a letter has not left yet",
            Self::LetterUnknown => "nobody knows whether a letter arrived",
            Self::Hold => "a case is on hold",
            Self::LaterCase => "a later case rests on its documents",
        }
    }
}

/// A message whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub message: MailId,
    pub cases: Vec<CaseNumber>,
    pub rule: Rule,
    /// When its last decision was taken or its last letter ended.
    pub closed_at: Timestamp,
    pub due_at: Timestamp,
    /// `None`: it is purged by the next [`Store::purge`].
    pub kept_for: Option<KeptFor>,
}

/// What there is to know of a message to tell whether its time is over.
#[derive(FromRow)]
struct Row {
    id: i64,
    state: String,
    outcome: Option<String>,
    ended_at: Option<i64>,
    repeats_case: Option<i64>,
    decided_at: Option<i64>,
    answered_at: Option<i64>,
    accepted: i64,
    rejected: i64,
    review: i64,
    waiting: i64,
    under_way: i64,
    unknown: i64,
    holds: i64,
    continued: i64,
}

impl Row {
    fn rule(&self, retention: &Retention) -> Option<Rule> {
        let cases =
            [(self.accepted, Rule::Accepted), (self.rejected, Rule::Rejected), (self.review, Rule::Review)];
        let of_cases = cases.into_iter().filter(|(count, _)| *count > 0).map(|(_, rule)| rule);
        let longest = of_cases.max_by_key(|rule| retention.of(*rule));
        longest.or(match (self.state.as_str(), self.outcome.as_deref()) {
            ("parked", _) => Some(Rule::Parked),
            (_, Some("question")) => Some(Rule::Question),
            (_, Some("automatic")) => Some(Rule::Automatic),
            _ if self.repeats_case.is_some() => Some(Rule::Repeated),
            _ => None,
        })
    }

    /// `None`: its time is not over.
    fn due(&self, retention: &Retention, now: Timestamp) -> Result<Option<Due>, Fault> {
        let closed = [self.ended_at, self.decided_at, self.answered_at].into_iter().flatten().max();
        let (Some(rule), Some(closed)) = (self.rule(retention), closed) else { return Ok(None) };
        let closed_at = instant(closed)?;
        let due_at = closed_at.saturating_add(retention.of(rule)).unwrap_or(Timestamp::MAX);
        if due_at > now {
            return Ok(None);
        }
        let reasons = [
            (self.waiting, KeptFor::OpenCase),
            (self.under_way, KeptFor::LetterUnderWay),
            (self.unknown, KeptFor::LetterUnknown),
            (self.holds, KeptFor::Hold),
            (self.continued, KeptFor::LaterCase),
        ];
        let kept_for = reasons.into_iter().find(|(count, _)| *count > 0).map(|(_, why)| why);
        Ok(Some(Due { message: MailId(self.id), cases: vec![], rule, closed_at, due_at, kept_for }))
    }
}

impl Store {
    /// Every message whose time is over and that was not purged yet, also those that are kept for a
    /// reason; oldest first.
    pub async fn retention_due(&self, retention: &Retention, now: Timestamp) -> Result<Vec<Due>, Fault> {
        const DOING: &str = "looking for what is due by the retention";
        let mut connection = self.database.read().acquire().await.map_err(fault(DOING))?;
        let mut due = Vec::new();
        for row in rows(&mut connection, None, now).await? {
            let Some(mut one) = row.due(retention, now)? else { continue };
            let numbers: Vec<(String,)> =
                sqlx::query_as("SELECT number FROM cases WHERE message_id = $1 ORDER BY id")
                    .bind(one.message.0)
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(fault(DOING))?;
            for (number,) in numbers {
                one.cases.push(word(CaseNumber::parse(&number), "cases.number")?);
            }
            due.push(one);
        }
        Ok(due)
    }
}

/// The ended messages that were not purged; or this one, if it is such. None that ended after `now`.
async fn rows(
    connection: &mut AnyConnection,
    only: Option<MailId>,
    now: Timestamp,
) -> Result<Vec<Row>, Fault> {
    sqlx::query_as(
        "SELECT m.id, m.state, m.outcome, m.ended_at, m.repeats_case, \
         (SELECT MAX(decided_at) FROM cases WHERE message_id = m.id) AS decided_at, \
         (SELECT MAX(COALESCE(ended_at, created_at)) FROM replies WHERE message_id = m.id) AS answered_at, \
         (SELECT COUNT(*) FROM cases WHERE message_id = m.id AND verdict = 'accepted') AS accepted, \
         (SELECT COUNT(*) FROM cases WHERE message_id = m.id AND verdict = 'rejected') AS rejected, \
         (SELECT COUNT(*) FROM cases WHERE message_id = m.id AND verdict = 'review') AS review, \
         (SELECT COUNT(*) FROM cases WHERE message_id = m.id AND state <> 'decided') AS waiting, \
         (SELECT COUNT(*) FROM replies WHERE message_id = m.id AND shadow = 0 AND withdrawn = 0 \
          AND state NOT IN ('sent', 'refused', 'unknown')) AS under_way, \
         (SELECT COUNT(*) FROM replies WHERE message_id = m.id AND state = 'unknown') AS unknown, \
         (SELECT COUNT(*) FROM holds JOIN cases ON cases.id = holds.case_id WHERE message_id = m.id) AS holds, \
         (SELECT COUNT(*) FROM case_continues JOIN cases ON cases.id = case_continues.case_id \
          WHERE case_continues.message_id = m.id \
          AND cases.message_id NOT IN (SELECT message_id FROM purges)) AS continued \
         FROM messages AS m WHERE m.state IN ('done', 'parked') AND m.ended_at <= $1 \
         AND ($2 IS NULL OR m.id = $2) \
         AND NOT EXISTS (SELECT 1 FROM purges WHERE purges.message_id = m.id) ORDER BY m.id",
    )
    .bind(millis(now))
    .bind(only.map(|id| id.0))
    .fetch_all(connection)
    .await
    .map_err(fault("looking for what is due by the retention"))
}
