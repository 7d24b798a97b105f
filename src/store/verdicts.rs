//! What staff really decided, recorded beside what guichet decided, to compare the two (shadow).

use super::event::{Event, Kind};
use super::write::Write;
use super::{MailId, Store, millis, word};
use crate::database::{clean, fault};
use crate::domain::agreement::Both;
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::finding::Code;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

const DOING: &str = "recording what staff decided";

/// What staff decided about one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffVerdict {
    pub case: CaseNumber,
    /// Accepted; else it was rejected.
    pub accepted: bool,
    /// The rules that were the reasons.
    pub codes: BTreeSet<Code>,
    /// Who decided.
    pub by: String,
}

/// Which of them: every given part must fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerdictFilter {
    /// Received at this time or later.
    pub from: Option<Timestamp>,
    /// Received before this time.
    pub before: Option<Timestamp>,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum NotRecorded {
    #[error("there is no case {0}")]
    NoSuchCase(CaseNumber),
    #[error(transparent)]
    Fault(#[from] Fault),
}

#[derive(FromRow)]
struct Row {
    id: i64,
    number: String,
    verdict: String,
    staff_id: i64,
    staff: String,
}

impl Store {
    /// Records what staff decided, all of it in one commit or nothing. A later one about the same case
    /// takes the place of an earlier.
    pub async fn staff_decided(&self, verdicts: &[StaffVerdict], now: Timestamp) -> Result<(), NotRecorded> {
        let mut write = self.write(DOING, now).await?;
        for verdict in verdicts {
            add(&mut write, verdict, now).await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// The cases of the mail with this Message-ID (without brackets).
    pub async fn cases_of_mail(&self, message_id: &str) -> Result<Vec<CaseNumber>, Fault> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT cases.number FROM cases JOIN messages ON messages.id = cases.message_id \
             WHERE messages.rfc_id = $1 ORDER BY cases.id",
        )
        .bind(clean(message_id))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("looking for a mail's cases"))?;
        rows.into_iter().map(|(number,)| word(CaseNumber::parse(&number), "cases.number")).collect()
    }

    /// Cases that staff decided too, with what guichet found: oldest first.
    pub async fn decided_by_both(&self, filter: VerdictFilter) -> Result<Vec<Both>, Fault> {
        const DOING: &str = "reading what staff decided";
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT cases.id, cases.number, cases.verdict, staff_verdicts.id AS staff_id, \
             staff_verdicts.verdict AS staff FROM cases \
             JOIN staff_verdicts ON staff_verdicts.case_id = cases.id \
             WHERE staff_verdicts.id = (SELECT MAX(id) FROM staff_verdicts AS latest WHERE latest.case_id = cases.id) \
             AND cases.received_at >= $1 AND cases.received_at < $2 ORDER BY cases.id",
        )
        .bind(filter.from.map_or(i64::MIN, millis))
        .bind(filter.before.map_or(i64::MAX, millis))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let found = self
            .codes(
                "SELECT case_id, code FROM findings WHERE severity <> 'note' \
                 AND case_id IN (SELECT case_id FROM staff_verdicts)",
            )
            .await?;
        let reasons = self.codes("SELECT staff_verdict, code FROM staff_verdict_codes").await?;
        let kinds = [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected];
        let kind = |text: &str| word(kinds.into_iter().find(|kind| kind.as_str() == text), "verdict");
        rows.into_iter()
            .map(|row| {
                Ok(Both {
                    number: word(CaseNumber::parse(&row.number), "cases.number")?,
                    guichet: kind(&row.verdict)?,
                    found: found.get(&row.id).cloned().unwrap_or_default(),
                    staff: kind(&row.staff)?,
                    reasons: reasons.get(&row.staff_id).cloned().unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The codes of each row that `sql` names. A code of another version is left out.
    async fn codes(&self, sql: &'static str) -> Result<BTreeMap<i64, BTreeSet<Code>>, Fault> {
        let rows: Vec<(i64, String)> = sqlx::query_as(sql)
            .fetch_all(self.database.read())
            .await
            .map_err(fault("reading the rules that were named"))?;
        let mut all: BTreeMap<i64, BTreeSet<Code>> = BTreeMap::new();
        for (id, code) in rows {
            all.entry(id).or_default().extend(Code::parse(&code));
        }
        Ok(all)
    }
}

async fn add(write: &mut Write, verdict: &StaffVerdict, now: Timestamp) -> Result<(), NotRecorded> {
    let row: Option<(i64, i64)> = sqlx::query_as("SELECT id, message_id FROM cases WHERE number = $1")
        .bind(verdict.case.to_string())
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))?;
    let Some((case, message)) = row else { return Err(NotRecorded::NoSuchCase(verdict.case.clone())) };
    let said = if verdict.accepted { VerdictKind::Accepted } else { VerdictKind::Rejected }.as_str();
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO staff_verdicts (case_id, verdict, decided_by, recorded_at) \
         VALUES ($1, $2, $3, $4) RETURNING id",
    )
    .bind(case)
    .bind(said)
    .bind(clean(&verdict.by))
    .bind(millis(now))
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    for code in &verdict.codes {
        sqlx::query("INSERT INTO staff_verdict_codes (staff_verdict, code) VALUES ($1, $2)")
            .bind(id)
            .bind(code.as_str())
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
    }
    // not "verdict": the case's own is not changed by it
    let detail = json!({ "staff_verdict": said, "codes": verdict.codes });
    let event = Event::new(Kind::StaffDecided).message(MailId(message)).case(case).by(&verdict.by);
    Ok(write.tell(event.saying(detail)).await?)
}
