//! What auditors ask: who decided what, about whom, and what staff did.

use super::{CaseState, Store, instant, millis, word};
use crate::database::fault;
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::FromRow;

/// Which decisions: every given part must fit.
#[derive(Debug, Clone, Default)]
pub struct DecidedFilter {
    /// Decided at or after.
    pub from: Option<Timestamp>,
    /// Decided before.
    pub to: Option<Timestamp>,
    /// Signatory's or an administrator's.
    pub card: Option<String>,
    /// FINESS, SIRET or RPPS rang.
    pub structure: Option<String>,
}

/// A decision, and where it stands in the record.
#[derive(Debug, Clone)]
pub struct Decided {
    pub number: CaseNumber,
    pub received_at: Timestamp,
    pub decided_at: Timestamp,
    pub verdict: VerdictKind,
    pub state: CaseState,
    /// Staff closed it as no request, whatever was found of it.
    pub dismissed: bool,
    pub structure_name: Option<Masked>,
    pub finess: Option<String>,
    pub siret: Option<String>,
    pub rules_version: String,
    pub registry_snapshot: Option<i64>,
    /// The submission of guichet.report/1, JSON; `{}` where it was purged.
    pub report: Masked,
    /// Who: `guichet`, or a person.
    pub by: String,
    /// The event that says so, and its hash.
    pub event: i64,
    pub hash: String,
    /// Letter and state, `accepted sent`, of the message's letters.
    pub letters: Vec<String>,
    pub purged_at: Option<Timestamp>,
}

/// Something a person did or looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAct {
    pub event: i64,
    pub at: Timestamp,
    pub actor: String,
    pub kind: String,
    /// The case, or the first case of the message.
    pub case: Option<String>,
    pub reply: Option<i64>,
    /// JSON.
    pub detail: String,
}

#[derive(FromRow)]
struct Row {
    number: String,
    message_id: i64,
    received_at: i64,
    decided_at: i64,
    verdict: String,
    state: String,
    dismissed: i64,
    structure_name: Option<String>,
    finess: Option<String>,
    siret: Option<String>,
    rules_version: String,
    registry_snapshot: Option<i64>,
    report: String,
    actor: String,
    event: i64,
    hash: String,
    purged_at: Option<i64>,
}

impl Store {
    /// The decisions that fit, oldest first. An event that decides says the verdict.
    pub async fn decided(&self, filter: &DecidedFilter) -> Result<Vec<Decided>, Fault> {
        const DOING: &str = "looking for decisions";
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT cases.number, cases.message_id, cases.received_at, cases.decided_at, cases.verdict, cases.state, \
             cases.structure_name, cases.finess, cases.siret, cases.rules_version, cases.registry_snapshot, \
             cases.report, (SELECT COUNT(*) FROM case_decisions WHERE case_id = cases.id AND decision = 'dismissed') AS dismissed, events.actor, events.id AS event, events.hash, purges.purged_at \
             FROM cases LEFT JOIN purges ON purges.message_id = cases.message_id \
             JOIN events ON events.id = (SELECT MAX(told.id) FROM events AS told \
             WHERE told.message_id = cases.message_id AND told.case_id = cases.id AND told.detail LIKE '%\"verdict\":%') \
             WHERE ($1 IS NULL OR cases.decided_at >= $1) AND ($2 IS NULL OR cases.decided_at < $2) \
             AND ($3 IS NULL OR cases.id IN (SELECT case_id FROM case_cards WHERE card = $3)) \
             AND ($4 IS NULL OR cases.finess = $4 OR cases.siret = $4 \
             OR cases.id IN (SELECT case_id FROM case_rpps_rang WHERE rpps_rang = $4)) \
             ORDER BY cases.decided_at, cases.id",
        )
        .bind(filter.from.map(millis))
        .bind(filter.to.map(millis))
        .bind(filter.card.as_deref())
        .bind(filter.structure.as_deref())
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let mut decided = Vec::with_capacity(rows.len());
        for row in rows {
            let letters: Vec<(String, String)> =
                sqlx::query_as("SELECT template, state FROM replies WHERE message_id = $1 ORDER BY id")
                    .bind(row.message_id)
                    .fetch_all(self.database.read())
                    .await
                    .map_err(fault(DOING))?;
            let verdicts = [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected];
            decided.push(Decided {
                number: word(CaseNumber::parse(&row.number), "cases.number")?,
                received_at: instant(row.received_at)?,
                decided_at: instant(row.decided_at)?,
                verdict: word(
                    verdicts.into_iter().find(|kind| kind.as_str() == row.verdict),
                    "cases.verdict",
                )?,
                state: word(CaseState::parse(&row.state), "cases.state")?,
                dismissed: row.dismissed > 0,
                structure_name: row.structure_name.map(Masked::new),
                finess: row.finess,
                siret: row.siret,
                rules_version: row.rules_version,
                registry_snapshot: row.registry_snapshot,
                report: Masked::new(row.report),
                by: row.actor,
                event: row.event,
                hash: row.hash,
                letters: letters.into_iter().map(|(template, state)| format!("{template} {state}")).collect(),
                purged_at: super::instant_or_none(row.purged_at)?,
            });
        }
        Ok(decided)
    }

    /// What people did and looked at, oldest first; of one person, or of all.
    pub async fn staff_acts(&self, actor: Option<&str>) -> Result<Vec<StaffAct>, Fault> {
        const DOING: &str = "looking for what staff did";
        let rows: Vec<(i64, i64, String, String, Option<String>, Option<i64>, String)> = sqlx::query_as(
            "SELECT events.id, at, actor, kind, COALESCE((SELECT number FROM cases WHERE cases.id = events.case_id), \
             (SELECT number FROM cases WHERE cases.message_id = events.message_id ORDER BY cases.id LIMIT 1)), \
             reply_id, detail FROM events WHERE actor <> 'guichet' AND ($1 IS NULL OR actor = $1) ORDER BY events.id",
        )
        .bind(actor)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter()
            .map(|(event, at, actor, kind, case, reply, detail)| {
                Ok(StaffAct { event, at: instant(at)?, actor, kind, case, reply, detail })
            })
            .collect()
    }
}
