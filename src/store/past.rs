//! Decisions taken before: why, and with all they rested on, to be taken again (`replay`).

use super::{Content, MailId, Store, instant, millis, word};
use crate::database::{fault, list};
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use sqlx::{AssertSqlSafe, FromRow};

const DOING: &str = "reading a past decision";

/// Which decisions: every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastFilter {
    /// Of these cases; empty: of all.
    pub numbers: Vec<CaseNumber>,
    /// Received at this time or later.
    pub from: Option<Timestamp>,
    /// Received before this time.
    pub before: Option<Timestamp>,
}

/// A message that was decided, as it was.
#[derive(Debug, Clone)]
pub struct Past {
    pub message: MailId,
    /// `None` where the mail is not kept any more.
    pub content: Option<Content>,
    /// Bytes of the mail on the server.
    pub size: u64,
    pub received_at: Timestamp,
    /// In the order of the mail.
    pub cases: Vec<PastCase>,
}

/// A case as it was recorded.
#[derive(Debug, Clone)]
pub struct PastCase {
    pub number: CaseNumber,
    /// The row: cases with a greater one came later.
    pub(super) id: i64,
    /// The reference day it was judged on: of reception in Paris, or when it had waited for a day.
    pub day: Date,
    pub decided_at: Timestamp,
    pub rules_version: String,
    pub reader_version: String,
    pub registry_snapshot: Option<i64>,
    /// The submission of guichet.report/1, JSON.
    pub report: Masked,
}

impl Past {
    /// What was known when it was decided: the cases recorded before these.
    #[must_use]
    pub fn known(&self) -> Known {
        Known::Before(self.cases.iter().map(|case| case.id).min().unwrap_or(i64::MAX))
    }
}

/// Which cases a decision can know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    All,
    /// Those before this row of `cases`.
    Before(i64),
}

impl Known {
    /// Rows of `cases` below this one.
    pub(super) fn below(self) -> i64 {
        match self {
            Self::All => i64::MAX,
            Self::Before(id) => id,
        }
    }
}

#[derive(FromRow)]
struct CaseColumns {
    id: i64,
    number: String,
    day: String,
    decided_at: i64,
    rules_version: String,
    reader_version: String,
    registry_snapshot: Option<i64>,
    report: String,
    explanation: Option<String>,
}

/// Of an explanation: the day it was judged on, which of a case that waited is not that of reception.
#[derive(Deserialize)]
struct JudgedOn {
    day: Date,
}

impl CaseColumns {
    fn day(&self) -> Result<Date, Fault> {
        let told = self.explanation.as_deref().and_then(|json| serde_json::from_str::<JudgedOn>(json).ok());
        match told {
            Some(JudgedOn { day }) => Ok(day),
            None => self.day.parse().map_err(|error: jiff::Error| Fault::never(DOING, error)),
        }
    }
}

impl Store {
    /// Messages with cases that fit, oldest first.
    pub async fn past(&self, filter: &PastFilter) -> Result<Vec<MailId>, Fault> {
        let among = match filter.numbers.len() {
            0 => String::new(),
            count => format!("AND number IN {}", list(3, count)),
        };
        let sql = format!(
            "SELECT message_id FROM cases WHERE received_at >= $1 AND received_at < $2 {among} \
             GROUP BY message_id ORDER BY MIN(id)"
        );
        let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(sql))
            .bind(filter.from.map_or(i64::MIN, millis))
            .bind(filter.before.map_or(i64::MAX, millis));
        for number in &filter.numbers {
            query = query.bind(number.to_string());
        }
        let rows = query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
    }

    /// How a message was decided.
    pub async fn past_decision(&self, message: MailId) -> Result<Past, Fault> {
        let (size, whole, received_at): (i64, i64, i64) =
            sqlx::query_as("SELECT size, whole, received_at FROM messages WHERE id = $1")
                .bind(message.0)
                .fetch_one(self.database.read())
                .await
                .map_err(fault(DOING))?;
        let raw = self.raw(message).await?.filter(|raw| !raw.is_empty());
        let rows: Vec<CaseColumns> = sqlx::query_as(
            "SELECT id, number, day, decided_at, rules_version, reader_version, registry_snapshot, report, \
             explanation FROM cases LEFT JOIN explanations ON explanations.case_id = cases.id \
             WHERE message_id = $1 ORDER BY position",
        )
        .bind(message.0)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let mut cases = Vec::with_capacity(rows.len());
        for row in rows {
            cases.push(PastCase {
                number: word(CaseNumber::parse(&row.number), "cases.number")?,
                id: row.id,
                day: row.day()?,
                decided_at: instant(row.decided_at)?,
                rules_version: row.rules_version,
                reader_version: row.reader_version,
                registry_snapshot: row.registry_snapshot,
                report: Masked::new(row.report),
            });
        }
        let content = |raw| if whole == 1 { Content::Whole(raw) } else { Content::HeadOnly(raw) };
        Ok(Past {
            message,
            content: raw.map(content),
            size: size.unsigned_abs(),
            received_at: instant(received_at)?,
            cases,
        })
    }

    /// Why a case was judged as it was (guichet.explanation/1, JSON), as it was recorded then. `None`
    /// where there is no such case, or it is older than explanations.
    pub async fn explanation(&self, number: &CaseNumber) -> Result<Option<Masked>, Fault> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT explanations.explanation FROM explanations \
             JOIN cases ON cases.id = explanations.case_id WHERE cases.number = $1",
        )
        .bind(number.to_string())
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("reading a case's explanation"))?;
        Ok(row.map(|(explanation,)| Masked::new(explanation)))
    }
}
