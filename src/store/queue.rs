//! The queue of the desk: which cases wait for whom, counted and in order, a page at a time.

use super::search::{Order, Place};
use super::{CaseState, Store, instant, word};
use crate::database::{fault, list};
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::facts::Class;
use crate::domain::finding::Code;
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeMap;

const DOING: &str = "reading the queue";

/// Whose turn it is, as the desk divides the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// Staff have to look.
    #[default]
    Staff,
    /// A decision waits for a second person.
    Confirm,
    /// Something was asked of the requester.
    Requester,
    /// The registry, or a day, has to come.
    Registry,
    Decided,
    All,
}

impl Turn {
    pub const ALL: [Self; 6] =
        [Self::Staff, Self::Confirm, Self::Requester, Self::Registry, Self::Decided, Self::All];

    /// The condition on `cases`.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Staff => {
                "cases.state = 'waiting' AND cases.asked_at IS NULL \
                 AND NOT EXISTS (SELECT 1 FROM case_proposals WHERE case_id = cases.id) \
                 AND NOT EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0)"
            }
            Self::Confirm => "cases.state = 'waiting' AND cases.id IN (SELECT case_id FROM case_proposals)",
            Self::Requester => "cases.state = 'waiting' AND cases.asked_at IS NOT NULL",
            Self::Registry => {
                "cases.state = 'waiting' \
                 AND EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0)"
            }
            Self::Decided => "cases.state = 'decided'",
            Self::All => "1 = 1",
        }
    }
}

/// Whose a case is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    Nobodys,
    Of(String),
}

/// Which cases: every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    pub turn: Turn,
    /// With a finding of this rule that is no note.
    pub reason: Option<Code>,
    /// Of the structure, as the registry knows it.
    pub class: Option<Class>,
    /// `fields`, `text`, `scan` or `none`.
    pub source: Option<String>,
    pub verdict: Option<VerdictKind>,
    /// Received at this time or later.
    pub from: Option<Timestamp>,
    /// Received before this time.
    pub before: Option<Timestamp>,
    pub whose: Option<Whose>,
    /// A case's number; or beginnings of words, all of which have to be found: in an answer of the form, the
    /// mail's address and subject, a document's name.
    pub words: Option<Masked>,
}

/// A case in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub number: CaseNumber,
    pub received_at: Timestamp,
    pub state: CaseState,
    pub verdict: VerdictKind,
    /// Staff closed it as no request, whatever was found of it.
    pub dismissed: bool,
    pub source: String,
    pub structure_name: Option<Masked>,
    pub finess: Option<String>,
    pub siret: Option<String>,
    pub assignee: Option<String>,
    pub asked_at: Option<Timestamp>,
    /// A decision waits for a second person.
    pub proposed: bool,
    /// The rules whose findings are no notes, the most frequent first.
    pub reasons: Vec<Code>,
    /// Raised by every change.
    pub version: i64,
}

/// A page of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePage {
    pub rows: Vec<QueueRow>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// The cases before and behind one, in the order of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub previous: Option<CaseNumber>,
    pub next: Option<CaseNumber>,
}

/// How many cases there are of each turn, and since when the longest waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    pub staff: u64,
    /// Of those that somebody has decided and another has to confirm.
    pub confirm: u64,
    pub requester: u64,
    pub registry: u64,
    /// Received; of those that staff have to look at.
    pub oldest: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    number: String,
    received_at: i64,
    state: String,
    verdict: String,
    source: String,
    structure_name: Option<String>,
    finess: Option<String>,
    siret: Option<String>,
    assignee: Option<String>,
    asked_at: Option<i64>,
    proposed: i64,
    dismissed: i64,
    version: i64,
}

impl Store {
    /// A page of the queue: `skip` cases are left out.
    pub async fn queue(&self, filter: &QueueFilter, skip: u32, limit: u32) -> Result<QueuePage, Fault> {
        let order = Order::of(filter.turn);
        let mut ids = self.found(filter, order, None, (skip, limit + 1)).await?;
        let more = ids.len() > limit as usize;
        ids.truncate(limit as usize);
        Ok(QueuePage { rows: self.queue_rows(&ids).await?, more })
    }

    /// These cases, in this order.
    async fn queue_rows(&self, ids: &[i64]) -> Result<Vec<QueueRow>, Fault> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id, number, received_at, state, verdict, source, structure_name, finess, siret, assignee, \
             asked_at, version, (SELECT COUNT(*) FROM case_proposals WHERE case_id = cases.id) AS proposed, \
             (SELECT COUNT(*) FROM case_decisions WHERE case_id = cases.id AND decision = 'dismissed') AS dismissed \
             FROM cases WHERE id IN {}",
            list(1, ids.len())
        );
        let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql));
        for id in ids {
            query = query.bind(*id);
        }
        let rows = query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        let mut rows: BTreeMap<i64, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut reasons = self.reasons_of(ids).await?;
        let found = ids.iter().filter_map(|id| rows.remove(id));
        found
            .map(|row| {
                Ok(QueueRow {
                    reasons: reasons.remove(&row.id).unwrap_or_default(),
                    number: word(CaseNumber::parse(&row.number), "cases.number")?,
                    received_at: instant(row.received_at)?,
                    state: word(CaseState::parse(&row.state), "cases.state")?,
                    verdict: super::staff::verdict(&row.verdict)?,
                    dismissed: row.dismissed > 0,
                    source: row.source,
                    structure_name: row.structure_name.map(Masked::new),
                    finess: row.finess,
                    siret: row.siret,
                    assignee: row.assignee,
                    asked_at: row.asked_at.map(instant).transpose()?,
                    proposed: row.proposed > 0,
                    version: row.version,
                })
            })
            .collect()
    }

    /// The rules that failed, by case; a code of another version is left out.
    async fn reasons_of(&self, cases: &[i64]) -> Result<BTreeMap<i64, Vec<Code>>, Fault> {
        let sql = format!(
            "SELECT case_id, code FROM findings WHERE case_id IN {} AND severity <> 'note' \
             GROUP BY case_id, code ORDER BY case_id, COUNT(*) DESC, code",
            list(1, cases.len())
        );
        let mut query = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql));
        for id in cases {
            query = query.bind(*id);
        }
        let mut reasons: BTreeMap<i64, Vec<Code>> = BTreeMap::new();
        for (case, code) in query.fetch_all(self.database.read()).await.map_err(fault(DOING))? {
            reasons.entry(case).or_default().extend(Code::parse(&code));
        }
        Ok(reasons)
    }

    /// What stands before and behind a case in the queue, whether the case itself is (still) in it or not.
    pub async fn neighbours(&self, filter: &QueueFilter, number: &CaseNumber) -> Result<Neighbours, Fault> {
        let row: Option<(i64, i64)> = sqlx::query_as("SELECT received_at, id FROM cases WHERE number = $1")
            .bind(number.to_string())
            .fetch_optional(self.database.read())
            .await
            .map_err(fault(DOING))?;
        let Some((received_at, id)) = row else { return Ok(Neighbours::default()) };
        let (place, order) = (Place { received_at, id }, Order::of(filter.turn));
        Ok(Neighbours {
            previous: self.first_beyond(filter, order.turned(), place).await?,
            next: self.first_beyond(filter, order, place).await?,
        })
    }

    async fn first_beyond(
        &self,
        filter: &QueueFilter,
        order: Order,
        place: Place,
    ) -> Result<Option<CaseNumber>, Fault> {
        let Some(id) = self.found(filter, order, Some(place), (0, 1)).await?.pop() else { return Ok(None) };
        let (number,): (String,) = sqlx::query_as("SELECT number FROM cases WHERE id = $1")
            .bind(id)
            .fetch_one(self.database.read())
            .await
            .map_err(fault(DOING))?;
        word(CaseNumber::parse(&number), "cases.number").map(Some)
    }

    /// Counts what waits, of those that the filter lets through whatever their turn.
    pub async fn queue_counts(&self, filter: &QueueFilter) -> Result<QueueCounts, Fault> {
        let rows = self.waiting(filter).await?;
        let mut counts = QueueCounts::default();
        for (proposed, asked, asleep, count, oldest) in rows {
            let count = count.unsigned_abs();
            if proposed == 1 {
                counts.confirm += count;
            }
            match (asked, asleep) {
                (1, _) => counts.requester += count,
                (_, 1) => counts.registry += count,
                _ if proposed == 1 => {}
                _ => {
                    counts.staff += count;
                    counts.oldest = oldest.map(instant).transpose()?;
                }
            }
        }
        Ok(counts)
    }
}
