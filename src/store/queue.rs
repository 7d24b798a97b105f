//! The queue of the desk: which cases wait for whom, counted and in order, a page at a time.

use super::{CaseState, Store, instant, word};
use crate::database::{fault, fold, like};
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::finding::Code;
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};

const DOING: &str = "reading the queue";

/// Whose turn it is, as the desk divides the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// Staff have to look.
    #[default]
    Staff,
    /// Something was asked of the requester.
    Requester,
    /// The registry, or a day, has to come.
    Registry,
    Decided,
    All,
}

impl Turn {
    pub const ALL: [Self; 5] = [Self::Staff, Self::Requester, Self::Registry, Self::Decided, Self::All];

    /// The condition on `cases`.
    fn condition(self) -> &'static str {
        match self {
            Self::Staff => {
                "cases.state = 'waiting' AND cases.asked_at IS NULL \
                 AND NOT EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0)"
            }
            Self::Requester => "cases.state = 'waiting' AND cases.asked_at IS NOT NULL",
            Self::Registry => {
                "cases.state = 'waiting' \
                 AND EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0)"
            }
            Self::Decided => "cases.state = 'decided'",
            Self::All => "1 = 1",
        }
    }

    /// Who waits longest comes first; of what is over, the latest.
    fn newest_first(self) -> bool {
        matches!(self, Self::Decided | Self::All)
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
    /// `fields`, `text`, `scan` or `none`.
    pub source: Option<String>,
    pub verdict: Option<VerdictKind>,
    /// Received at this time or later.
    pub from: Option<Timestamp>,
    /// Received before this time.
    pub before: Option<Timestamp>,
    pub whose: Option<Whose>,
    /// Words, all of which have to be found: in an identifier, a card, a name, an address, a subject.
    pub words: Option<Masked>,
}

/// A case in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub number: CaseNumber,
    pub received_at: Timestamp,
    pub state: CaseState,
    pub verdict: VerdictKind,
    pub source: String,
    pub structure_name: Option<Masked>,
    pub finess: Option<String>,
    pub siret: Option<String>,
    pub assignee: Option<String>,
    pub asked_at: Option<Timestamp>,
    /// The rules whose findings are no notes, the most frequent first.
    pub reasons: Vec<Code>,
}

/// A page of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePage {
    pub rows: Vec<QueueRow>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// How many cases there are of each turn, and since when the longest waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    pub staff: u64,
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
}

/// A condition with what is bound to it.
#[derive(Default)]
struct Where {
    sql: String,
    texts: Vec<String>,
}

impl Where {
    /// `{}` stands for the text.
    fn and(&mut self, condition: &str, text: impl Into<String>) {
        self.texts.push(text.into());
        let place = format!("${}", self.texts.len());
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace("{}", &place));
    }
}

impl QueueFilter {
    fn condition(&self) -> Where {
        let mut found = Where { sql: self.turn.condition().to_owned(), texts: Vec::new() };
        if let Some(reason) = self.reason {
            found.and(
                "EXISTS (SELECT 1 FROM findings WHERE case_id = cases.id AND code = {} AND severity <> 'note')",
                reason.as_str(),
            );
        }
        if let Some(source) = &self.source {
            found.and("cases.source = {}", source);
        }
        if let Some(verdict) = self.verdict {
            found.and("cases.verdict = {}", verdict.as_str());
        }
        if let Some(from) = self.from {
            found.and("cases.received_at >= CAST({} AS BIGINT)", from.as_millisecond().to_string());
        }
        if let Some(before) = self.before {
            found.and("cases.received_at < CAST({} AS BIGINT)", before.as_millisecond().to_string());
        }
        match &self.whose {
            Some(Whose::Nobodys) => found.sql.push_str(" AND cases.assignee IS NULL"),
            Some(Whose::Of(name)) => found.and("cases.assignee = {}", name),
            None => {}
        }
        self.looked_for(&mut found);
        found
    }

    /// Identifiers are told by their shape, and then found through an index.
    fn looked_for(&self, found: &mut Where) {
        let Some(words) = self.words.as_ref().map(Masked::expose).filter(|words| !words.trim().is_empty())
        else {
            return;
        };
        if let Some(number) = CaseNumber::parse(words) {
            found.and("cases.number = {}", number.to_string());
            return;
        }
        let compact: String =
            words.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
        let digits = compact.chars().all(|c| c.is_ascii_digit());
        match compact.len() {
            9 if compact.chars().filter(char::is_ascii_digit).count() >= 8 => {
                found.and("cases.finess = {}", compact);
            }
            10 if digits => {
                found.and("cases.id IN (SELECT case_id FROM case_cards WHERE card = {})", compact);
            }
            14 if digits => found.and(
                "(cases.siret = {} OR cases.id IN (SELECT case_id FROM case_rpps_rang WHERE rpps_rang = {}))",
                compact,
            ),
            _ => {
                for word in words.split_whitespace().filter(|word| !fold(word).is_empty()) {
                    found.and("cases.search LIKE {} ESCAPE '\\'", like(word));
                }
            }
        }
    }
}

impl Store {
    /// A page of the queue: `skip` cases are left out.
    pub async fn queue(&self, filter: &QueueFilter, skip: u32, limit: u32) -> Result<QueuePage, Fault> {
        let Where { sql, texts } = filter.condition();
        let order = if filter.turn.newest_first() { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT id, number, received_at, state, verdict, source, structure_name, finess, siret, assignee, \
             asked_at FROM cases WHERE {sql} ORDER BY cases.received_at {order}, cases.id {order} \
             LIMIT {} OFFSET {skip}",
            u64::from(limit) + 1
        );
        let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql));
        for text in texts {
            query = query.bind(text);
        }
        let mut rows = query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            page.push(QueueRow {
                number: word(CaseNumber::parse(&row.number), "cases.number")?,
                received_at: instant(row.received_at)?,
                state: word(CaseState::parse(&row.state), "cases.state")?,
                verdict: super::staff::verdict(&row.verdict)?,
                source: row.source,
                structure_name: row.structure_name.map(Masked::new),
                finess: row.finess,
                siret: row.siret,
                assignee: row.assignee,
                asked_at: row.asked_at.map(instant).transpose()?,
                reasons: self.reasons_of(row.id).await?,
            });
        }
        Ok(QueuePage { rows: page, more })
    }

    async fn reasons_of(&self, case: i64) -> Result<Vec<Code>, Fault> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT code FROM findings WHERE case_id = $1 AND severity <> 'note' \
             GROUP BY code ORDER BY COUNT(*) DESC, code",
        )
        .bind(case)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        // a code of another version is left out
        Ok(rows.into_iter().filter_map(|(code,)| Code::parse(&code)).collect())
    }

    /// Counts what waits.
    pub async fn queue_counts(&self) -> Result<QueueCounts, Fault> {
        let rows: Vec<(i64, i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT CASE WHEN asked_at IS NOT NULL THEN 1 ELSE 0 END AS asked, \
             CASE WHEN EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0) \
             THEN 1 ELSE 0 END AS asleep, COUNT(*), MIN(received_at) FROM cases WHERE state = 'waiting' \
             GROUP BY asked, asleep",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let mut counts = QueueCounts::default();
        for (asked, asleep, count, oldest) in rows {
            let count = count.unsigned_abs();
            match (asked, asleep) {
                (1, _) => counts.requester += count,
                (_, 1) => counts.registry += count,
                _ => {
                    counts.staff += count;
                    counts.oldest = oldest.map(instant).transpose()?;
                }
            }
        }
        Ok(counts)
    }
}
