//! How many cases are what, by the day they were received: counted in the commit that changes a case, so
//! that whoever asks about a year reads a few hundred rows. Nothing personal is counted, and nothing that the
//! retention takes away is needed: the counts stay.

use super::queue::Turn;
use super::record::CaseState;
use super::staff::ByStaff;
use super::{Store, instant, millis, word};
use crate::database::{fault, list};
use crate::domain::case::VerdictKind;
use crate::domain::durations::{Durations, Took};
use crate::domain::finding::Code;
use crate::fault::Fault;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const DOING: &str = "counting cases";
const READING: &str = "reading how many cases there are";

/// Cases counted at once, of those of a version before.
const MANY: i64 = 500;

/// Cases received in some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not decided, whoever's turn it is.
    pub waiting: u64,
    pub accepted: u64,
    pub rejected: u64,
    /// Closed by staff without a letter: no request.
    pub dismissed: u64,
    /// Of the three: decided by staff.
    pub by_staff: u64,
    /// From the mail's reception to the decision.
    pub took: Durations,
    /// Cases rejected for this reason; a case may have several.
    pub reasons: BTreeMap<Code, u64>,
}

impl Counts {
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.accepted + self.rejected + self.dismissed
    }

    #[must_use]
    pub fn received(&self) -> u64 {
        self.decided() + self.waiting
    }

    pub fn add(&mut self, other: &Self) {
        self.waiting += other.waiting;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.dismissed += other.dismissed;
        self.by_staff += other.by_staff;
        self.took.add_all(&other.took);
        for (code, count) in &other.reasons {
            *self.reasons.entry(*code).or_default() += count;
        }
    }

    /// `what` as the table has it; a word of another version is left out.
    fn add_word(&mut self, what: &str, count: u64) {
        match what.split_once(' ') {
            None if what == WAITING => self.waiting += count,
            Some(("took", class)) => {
                if let Some(took) = class.parse().ok().and_then(Took::from_number) {
                    self.took.add(took, count);
                }
            }
            Some(("reason", code)) => {
                if let Some(code) = Code::parse(code) {
                    *self.reasons.entry(code).or_default() += count;
                }
            }
            Some((end, by)) => {
                match end {
                    "accepted" => self.accepted += count,
                    "rejected" => self.rejected += count,
                    DISMISSED => self.dismissed += count,
                    _ => return,
                }
                if by == STAFF {
                    self.by_staff += count;
                }
            }
            None => {}
        }
    }
}

const WAITING: &str = "waiting";
const STAFF: &str = "staff";
const DISMISSED: &str = "dismissed";

/// Cases that wait for staff for about so long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingFor {
    pub nobodys: u64,
    /// Somebody has taken them.
    pub taken: u64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: i64,
    day: String,
    received_at: i64,
    state: String,
    verdict: String,
    decided_at: i64,
    decision: Option<String>,
    counted: Option<String>,
}

impl Row {
    /// The words it is counted under, but for the reasons.
    fn words(&self) -> Result<BTreeSet<String>, Fault> {
        match word(CaseState::parse(&self.state), "cases.state")? {
            CaseState::Waiting => Ok([WAITING.to_owned()].into()),
            CaseState::Decided => {
                let end = match super::staff::verdict(&self.verdict)? {
                    // what was found of it stays
                    _ if self.is_dismissed() => DISMISSED,
                    VerdictKind::Accepted => "accepted",
                    VerdictKind::Rejected => "rejected",
                    VerdictKind::Review => DISMISSED,
                };
                let by = if self.decision.is_some() { STAFF } else { super::event::GUICHET };
                let took = instant(self.decided_at)?.duration_since(instant(self.received_at)?);
                Ok([format!("{end} {by}"), format!("took {}", Took::of(took).number())].into())
            }
        }
    }

    fn is_dismissed(&self) -> bool {
        self.decision.as_deref() == Some(ByStaff::Dismissed.as_str())
    }

    fn is_rejected(&self) -> bool {
        let decided = self.state == CaseState::Decided.as_str() && !self.is_dismissed();
        decided && self.verdict == VerdictKind::Rejected.as_str()
    }
}

/// Counts cases as they stand now, instead of as they were counted before.
pub(super) async fn recount(connection: &mut AnyConnection, cases: &[i64]) -> Result<(), Fault> {
    if cases.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT cases.id, cases.message_id, cases.day, cases.received_at, cases.state, cases.verdict, \
         cases.decided_at, case_decisions.decision, counted_cases.counted FROM cases \
         LEFT JOIN case_decisions ON case_decisions.case_id = cases.id \
         LEFT JOIN counted_cases ON counted_cases.case_id = cases.id WHERE cases.id IN {}",
        list(1, cases.len())
    );
    let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(sql));
    for case in cases {
        query = query.bind(*case);
    }
    let rows = query.fetch_all(&mut *connection).await.map_err(fault(DOING))?;
    let mut reasons = reasons(connection, &rows).await?;
    let mut changes: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut counted: Vec<(i64, String)> = Vec::new();
    for row in rows {
        let mut words = row.words()?;
        let codes = reasons.remove(&row.id).unwrap_or_default();
        words.extend(codes.into_iter().map(|code| format!("reason {code}")));
        let before = row.counted.as_deref().unwrap_or_default().split(';').filter(|word| !word.is_empty());
        let before: BTreeSet<String> = before.map(str::to_owned).collect();
        if words == before {
            continue;
        }
        for (word, by) in before
            .difference(&words)
            .map(|word| (word, -1))
            .chain(words.difference(&before).map(|word| (word, 1)))
        {
            *changes.entry((row.day.clone(), word.clone())).or_default() += by;
        }
        counted.push((row.id, words.into_iter().collect::<Vec<_>>().join(";")));
    }
    write(connection, changes, counted).await
}

/// Why cases were rejected: what staff gave as their reasons, else what the rules found.
async fn reasons(
    connection: &mut AnyConnection,
    rows: &[Row],
) -> Result<BTreeMap<i64, BTreeSet<String>>, Fault> {
    let rejected = || rows.iter().filter(|row| row.is_rejected());
    let mut found: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let by_rules: Vec<i64> = rejected().filter(|row| row.decision.is_none()).map(|row| row.id).collect();
    let sql = "SELECT case_id, code FROM findings WHERE severity = 'reject' AND case_id IN";
    for (case, code) in of_each(connection, sql, &by_rules).await? {
        found.entry(case).or_default().insert(code);
    }
    let by_staff: Vec<i64> =
        rejected().filter(|row| row.decision.is_some()).map(|row| row.message_id).collect();
    let sql = "SELECT case_id, detail FROM events WHERE kind = 'case_decided' AND case_id IS NOT NULL AND message_id IN";
    let mut said: BTreeMap<i64, String> = BTreeMap::new();
    // in the order of the events: the last one counts
    said.extend(of_each(connection, sql, &by_staff).await?);
    for row in rejected().filter(|row| row.decision.is_some()) {
        let detail: Value =
            said.get(&row.id).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let findings = detail.get("findings").and_then(Value::as_array).into_iter().flatten();
        // `severity code field`
        let codes = findings.filter_map(|one| one.as_str()?.split(' ').nth(1)).map(str::to_owned);
        found.entry(row.id).or_default().extend(codes);
    }
    Ok(found)
}

/// Pairs of a case and a text, for these ids.
async fn of_each(
    connection: &mut AnyConnection,
    select: &str,
    ids: &[i64],
) -> Result<Vec<(i64, String)>, Fault> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let order = if select.contains("FROM events") { " ORDER BY id" } else { "" };
    let sql = format!("{select} {}{order}", list(1, ids.len()));
    let mut query = sqlx::query_as(AssertSqlSafe(sql));
    for id in ids {
        query = query.bind(*id);
    }
    query.fetch_all(connection).await.map_err(fault(DOING))
}

async fn write(
    connection: &mut AnyConnection,
    changes: BTreeMap<(String, String), i64>,
    counted: Vec<(i64, String)>,
) -> Result<(), Fault> {
    for changes in changes.into_iter().collect::<Vec<_>>().chunks(200) {
        let sql = format!(
            "INSERT INTO day_counts (day, what, count) VALUES {} \
             ON CONFLICT (day, what) DO UPDATE SET count = day_counts.count + excluded.count",
            rows(changes.len(), 3)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ((day, what), by) in changes {
            query = query.bind(day).bind(what).bind(by);
        }
        query.execute(&mut *connection).await.map_err(fault(DOING))?;
    }
    for counted in counted.chunks(200) {
        let sql = format!(
            "INSERT INTO counted_cases (case_id, counted) VALUES {} \
             ON CONFLICT (case_id) DO UPDATE SET counted = excluded.counted",
            rows(counted.len(), 2)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (case, words) in counted {
            query = query.bind(case).bind(words);
        }
        query.execute(&mut *connection).await.map_err(fault(DOING))?;
    }
    Ok(())
}

/// SQL `($1, $2), ($3, $4)`.
fn rows(count: usize, columns: usize) -> String {
    (0..count).map(|row| list(row * columns + 1, columns)).collect::<Vec<_>>().join(", ")
}

impl Store {
    /// Counts the cases of a version before, some hundred in a commit; how many there were.
    pub async fn count_the_uncounted(&self, now: Timestamp) -> Result<u64, Fault> {
        let mut counted = 0;
        loop {
            // with the head of the events: nobody counts beside it
            let mut write = self.write(DOING, now).await?;
            let some: Vec<(i64,)> =
                sqlx::query_as("SELECT case_id FROM uncounted_cases ORDER BY case_id LIMIT $1")
                    .bind(MANY)
                    .fetch_all(write.connection())
                    .await
                    .map_err(fault(DOING))?;
            let some: Vec<i64> = some.into_iter().map(|(id,)| id).collect();
            let (Some(first), Some(last)) = (some.first(), some.last()) else { return Ok(counted) };
            recount(write.connection(), &some).await?;
            sqlx::query("DELETE FROM uncounted_cases WHERE case_id BETWEEN $1 AND $2")
                .bind(first)
                .bind(last)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            write.commit().await?;
            counted += some.len() as u64;
        }
    }

    /// The cases received from a first to a last day, for each of these steps.
    pub async fn counted(&self, steps: &[(Date, Date)]) -> Result<Vec<Counts>, Fault> {
        let mut found = vec![Counts::default(); steps.len()];
        if steps.is_empty() {
            return Ok(found);
        }
        let step =
            |(place, (since, until)): (usize, &(Date, Date))| format!("({place}, '{since}', '{until}')");
        let steps: Vec<_> = steps.iter().enumerate().map(step).collect();
        // the steps first: each is a range of the key
        let sql = format!(
            "WITH steps (place, since, until) AS (VALUES {}) \
             SELECT CAST(steps.place AS BIGINT), day_counts.what, CAST(SUM(day_counts.count) AS BIGINT) FROM steps \
             CROSS JOIN day_counts WHERE day_counts.day BETWEEN steps.since AND steps.until \
             GROUP BY steps.place, day_counts.what HAVING SUM(day_counts.count) > 0",
            steps.join(", ")
        );
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(self.database.read())
            .await
            .map_err(fault(READING))?;
        for (place, what, count) in rows {
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let (Some(counts), Ok(count)) = (found.get_mut(place), u64::try_from(count)) {
                counts.add_word(&what, count);
            }
        }
        Ok(found)
    }

    /// The cases that wait for staff, by how long: at least as long as each bound, and less than the next
    /// one. The bounds are given from the shortest on.
    pub async fn waiting_by_age(
        &self,
        bounds: &[SignedDuration],
        now: Timestamp,
    ) -> Result<Vec<WaitingFor>, Fault> {
        let mut found = vec![WaitingFor::default(); bounds.len()];
        let mut cases = String::new();
        for (place, bound) in bounds.iter().enumerate().rev() {
            let since = now.saturating_sub(*bound).map_err(|error| Fault::never(READING, error))?;
            let _ = write!(cases, " WHEN cases.received_at <= {} THEN {place}", millis(since));
        }
        let sql = format!(
            "SELECT CAST(CASE{cases} ELSE 0 END AS BIGINT) AS place, \
             CAST(CASE WHEN cases.assignee IS NULL THEN 0 ELSE 1 END AS BIGINT) AS taken, COUNT(*) \
             FROM cases WHERE {} GROUP BY place, taken",
            Turn::Staff.condition()
        );
        if bounds.is_empty() {
            return Ok(found);
        }
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(self.database.read())
            .await
            .map_err(fault(READING))?;
        for (place, taken, count) in rows {
            let Some(waiting) = usize::try_from(place).ok().and_then(|place| found.get_mut(place)) else {
                continue;
            };
            match taken {
                0 => waiting.nobodys += count.unsigned_abs(),
                _ => waiting.taken += count.unsigned_abs(),
            }
        }
        Ok(found)
    }
}
