//! How cases of the queue are found among many: by what waits, by the time they came, or by their words, as
//! is the shortest way.
//!
//! What waits is little: each case is asked whether it fits. Else words of few cases tell: those that have
//! all of them are asked for the rest, unless fewer still came in the days that are asked for; where all words
//! are frequent, the newest cases are asked one by one, as a page of hits is soon full; and only if it is not,
//! the rarest word leads to all of its cases.

use super::words::{class_mark, looked_for, reason_mark, source_mark};
use super::{QueueFilter, Store, Turn, Whose};
use crate::database::{Engine, fault};
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::fault::Fault;
use sqlx::AssertSqlSafe;

const DOING: &str = "looking for cases";

/// Cases that are few enough to be led to.
const FEW: u32 = 4000;
/// Up to here the cases of a word are counted; the cases of words that have fewer are listed at once.
const COUNTED: u32 = 16_000;
/// Cases that are asked one by one before another way is taken, for each page.
const WALKED: u32 = 4000;

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Oldest,
    Newest,
}

impl Order {
    /// Who waits longest comes first; of what is over, the latest.
    pub(super) fn of(turn: Turn) -> Self {
        match turn {
            Turn::Staff | Turn::Confirm | Turn::Requester | Turn::Registry => Self::Oldest,
            Turn::Decided | Turn::All => Self::Newest,
        }
    }

    pub(super) fn turned(self) -> Self {
        match self {
            Self::Oldest => Self::Newest,
            Self::Newest => Self::Oldest,
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Oldest => "ORDER BY cases.received_at, cases.id",
            Self::Newest => "ORDER BY cases.received_at DESC, cases.id DESC",
        }
    }

    /// How what comes later compares.
    fn later(self) -> &'static str {
        match self {
            Self::Oldest => ">",
            Self::Newest => "<",
        }
    }
}

/// Where a case stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) received_at: i64,
    pub(super) id: i64,
}

/// A statement with what is bound to it.
pub(super) struct Sql {
    engine: Engine,
    pub(super) text: String,
    pub(super) texts: Vec<String>,
}

impl Sql {
    fn new(engine: Engine) -> Self {
        Self { engine, text: String::new(), texts: Vec::new() }
    }

    /// A parameter.
    fn bind(&mut self, text: impl Into<String>) -> String {
        self.texts.push(text.into());
        format!("${}", self.texts.len())
    }
}

/// A word that a case has to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Is(String),
    Begins(String),
}

impl Term {
    /// The condition on `case_words.word`.
    fn condition(&self, sql: &mut Sql) -> String {
        match self {
            Self::Is(word) => format!("word = {}", sql.bind(word)),
            Self::Begins(word) => {
                let (from, below) = (sql.bind(word), sql.bind(end_of(word)));
                format!("word >= {from} AND word < {below}")
            }
        }
    }

    /// Whether the case whose id stands in `id` has it: asked case by case (neither engine turns a subquery
    /// with a limit into a join).
    fn of(&self, id: &str, sql: &mut Sql) -> String {
        let condition = match (self, sql.engine) {
            // PostgreSQL takes any range of words for a short one, and would read all of its cases each time:
            // so asked, only the index that begins with the case can answer
            (Self::Begins(word), Engine::Postgres) => {
                let (from, below) = (sql.bind(word), sql.bind(end_of(word)));
                format!(
                    "case_id = {id} AND (case_id, word) >= ({id}, {from}) AND (case_id, word) < ({id}, {below})"
                )
            }
            (Self::Begins(_) | Self::Is(_), Engine::Sqlite) | (Self::Is(_), Engine::Postgres) => {
                format!("case_id = {id} AND {}", self.condition(sql))
            }
        };
        format!("(SELECT 1 FROM case_words WHERE {condition} LIMIT 1) = 1")
    }
}

/// Behind the last word that begins like this: bytes compare as code points do, and no other is so high.
fn end_of(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

impl QueueFilter {
    pub(super) fn terms(&self) -> Vec<Term> {
        let marks = [
            self.class.map(class_mark),
            self.reason.map(reason_mark),
            self.source.as_deref().map(source_mark),
        ];
        let words = match (self.number(), self.words.as_ref()) {
            (None, Some(words)) => looked_for(words.expose()),
            (Some(_), _) | (_, None) => Vec::new(),
        };
        let marks = marks.into_iter().flatten().map(Term::Is);
        marks.chain(words.into_iter().map(Term::Begins)).collect()
    }

    /// The case's number, where that is what is looked for.
    fn number(&self) -> Option<CaseNumber> {
        self.words.as_ref().map(Masked::expose).and_then(CaseNumber::parse)
    }

    /// The conditions on `cases`, but for its words and turn.
    fn conditions(&self, sql: &mut Sql) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(number) = self.number() {
            all.push(format!("cases.number = {}", sql.bind(number.to_string())));
        }
        if let Some(verdict) = self.verdict {
            all.push(format!("cases.verdict = {}", sql.bind(verdict.as_str())));
        }
        all.extend(self.times());
        match &self.whose {
            Some(Whose::Nobodys) => all.push("cases.assignee IS NULL".to_owned()),
            Some(Whose::Of(name)) => all.push(format!("cases.assignee = {}", sql.bind(name))),
            None => {}
        }
        all
    }

    fn times(&self) -> impl Iterator<Item = String> {
        let from = self.from.map(|from| format!("cases.received_at >= {}", from.as_millisecond()));
        let before = self.before.map(|before| format!("cases.received_at < {}", before.as_millisecond()));
        from.into_iter().chain(before)
    }

    /// What waits, counted by what for.
    pub(super) fn counted(&self, engine: Engine, way: &Way<'_>, terms: &[Term]) -> Sql {
        let mut sql = Sql::new(engine);
        let (from, mut all) = way.sql(terms, &mut sql);
        all.push("cases.state = 'waiting'".to_owned());
        all.extend(self.conditions(&mut sql));
        sql.text = format!(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM case_proposals WHERE case_id = cases.id) \
             THEN 1 ELSE 0 END AS proposed, CASE WHEN asked_at IS NOT NULL THEN 1 ELSE 0 END AS asked, \
             CASE WHEN EXISTS (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0) \
             THEN 1 ELSE 0 END AS asleep, COUNT(*), MIN(received_at) FROM {from} WHERE {} \
             GROUP BY proposed, asked, asleep",
            all.join(" AND ")
        );
        sql
    }
}

/// The ids of the cases that have all of the words, each once.
fn with_all(terms: &[&Term], sql: &mut Sql) -> String {
    let list = |term: &&Term| format!("case_id FROM case_words WHERE {}", term.condition(sql));
    let lists: Vec<String> = terms.iter().map(list).collect();
    match lists.as_slice() {
        [list] => format!("SELECT DISTINCT {list}"),
        lists => format!("SELECT {}", lists.join(" INTERSECT SELECT ")),
    }
}

/// The way to the cases.
pub(super) enum Way<'a> {
    /// Each is asked, as far as this time where there is one.
    Walk(Option<i64>),
    /// By the cases that have all of these words.
    From(Vec<&'a Term>),
}

impl Way<'_> {
    /// What is looked through, and the conditions of the words on it.
    fn sql(&self, terms: &[Term], sql: &mut Sql) -> (String, Vec<String>) {
        match self {
            Way::Walk(_) => ("cases".to_owned(), terms.iter().map(|term| term.of("cases.id", sql)).collect()),
            Way::From(few) => {
                let all = with_all(few, sql);
                let others = terms.iter().filter(|term| !few.contains(term));
                let others = others.map(|term| term.of("found.case_id", sql)).collect();
                // SQLite takes what it is to begin with from the kind of join
                let join = match sql.engine {
                    Engine::Sqlite => "CROSS JOIN",
                    Engine::Postgres => "JOIN",
                };
                (format!("({all}) AS found {join} cases ON cases.id = found.case_id"), others)
            }
        }
    }
}

impl Store {
    /// What waits, of the cases that the filter lets through whatever their turn, counted by what for: a row for
    /// each of proposed, asked, asleep; how many, and when the oldest came.
    pub(super) async fn waiting(
        &self,
        filter: &QueueFilter,
    ) -> Result<Vec<(i64, i64, i64, i64, Option<i64>)>, Fault> {
        let terms = filter.terms();
        let known = self.sized(&terms).await?;
        let way = match self.few(&known).await? {
            Some((few, _)) => Way::From(few),
            None => Way::Walk(None),
        };
        let Sql { text, texts, .. } = filter.counted(self.database.engine(), &way, &terms);
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        for text in texts {
            query = query.bind(text);
        }
        query.fetch_all(self.database.read()).await.map_err(fault(DOING))
    }

    /// The ids of cases that fit, in order, behind a place where there is one: `skip` are left out, at most
    /// `limit` given.
    pub(super) async fn found(
        &self,
        filter: &QueueFilter,
        order: Order,
        place: Option<Place>,
        (skip, limit): (u32, u32),
    ) -> Result<Vec<i64>, Fault> {
        let mut terms = filter.terms();
        let waits = matches!(filter.turn, Turn::Staff | Turn::Confirm | Turn::Requester | Turn::Registry);
        let part = (skip, limit);
        if terms.is_empty() || waits {
            return self.found_by(&Way::Walk(None), (filter, terms.as_slice(), order, place), part).await;
        }
        let known = self.sized(&terms).await?;
        if let Some((few, count)) = self.few(&known).await? {
            let which = (filter, terms.as_slice(), order, place);
            let few_days = filter.times().next().is_some() && self.within(filter, count).await? < count;
            let way = if few_days { Way::Walk(None) } else { Way::From(few) };
            return self.found_by(&way, which, part).await;
        }
        // the rarest is asked for first: most cases are over with it
        let rarest = known.into_iter().min_by_key(|(_, count)| *count).map(|(term, _)| term.clone());
        let first = terms.iter().position(|term| Some(term) == rarest.as_ref()).unwrap_or_default();
        terms.swap(0, first);
        let which = (filter, terms.as_slice(), order, place);
        let walked = WALKED.saturating_mul(1 + skip / limit.max(1));
        let end = self.end_of_walk(filter, order, place, walked).await?;
        let found = self.found_by(&Way::Walk(end), which, part).await?;
        if end.is_none() || found.len() == limit as usize {
            return Ok(found);
        }
        match terms.first() {
            Some(rarest) => self.found_by(&Way::From(vec![rarest]), which, part).await,
            None => Ok(found),
        }
    }

    /// The words with how many cases they have, as far as these are counted.
    async fn sized<'t>(&self, terms: &'t [Term]) -> Result<Vec<(&'t Term, u32)>, Fault> {
        let mut out = Vec::with_capacity(terms.len());
        for term in terms {
            let mut sql = Sql::new(self.database.engine());
            let all = format!("SELECT 1 FROM case_words WHERE {}", term.condition(&mut sql));
            out.push((term, self.count(all, sql.texts, COUNTED).await?));
        }
        Ok(out)
    }

    /// The words that lead to few cases, and to how many at most.
    async fn few<'t>(&self, known: &[(&'t Term, u32)]) -> Result<Option<(Vec<&'t Term>, u32)>, Fault> {
        let listed = || known.iter().filter(|(_, count)| *count < COUNTED);
        let few: Vec<&Term> = listed().map(|(term, _)| *term).collect();
        let Some(fewest) = listed().map(|(_, count)| *count).min() else { return Ok(None) };
        let count = if fewest < FEW || few.len() < 2 {
            fewest
        } else {
            let mut sql = Sql::new(self.database.engine());
            let all = with_all(&few, &mut sql);
            self.count(all, sql.texts, FEW).await?
        };
        Ok((count < FEW).then_some((few, count)))
    }

    /// How many rows a statement has (at most so many are counted).
    async fn count(&self, rows: String, texts: Vec<String>, most: u32) -> Result<u32, Fault> {
        let text = format!("SELECT COUNT(*) FROM (SELECT 1 FROM ({rows}) AS these LIMIT {most}) AS few");
        let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(text));
        for text in texts {
            query = query.bind(text);
        }
        let (count,) = query.fetch_one(self.database.read()).await.map_err(fault(DOING))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// How many cases came in the filter's time (at most so many are counted).
    async fn within(&self, filter: &QueueFilter, most: u32) -> Result<u32, Fault> {
        let times: Vec<String> = filter.times().chain(["1 = 1".to_owned()]).collect();
        let text = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE {} LIMIT {most}) AS few",
            times.join(" AND ")
        );
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(text))
            .fetch_one(self.database.read())
            .await
            .map_err(fault(DOING))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// When the case came that stands so many behind the place, or behind the first.
    async fn end_of_walk(
        &self,
        filter: &QueueFilter,
        order: Order,
        place: Option<Place>,
        walked: u32,
    ) -> Result<Option<i64>, Fault> {
        let behind = place.map(|place| format!("cases.received_at {}= {}", order.later(), place.received_at));
        let conditions: Vec<String> = filter.times().chain(behind).chain(["1 = 1".to_owned()]).collect();
        let sql = format!(
            "SELECT received_at FROM cases WHERE {} {} LIMIT 1 OFFSET {walked}",
            conditions.join(" AND "),
            order.sql()
        );
        let row: Option<(i64,)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_optional(self.database.read())
            .await
            .map_err(fault(DOING))?;
        Ok(row.map(|(at,)| at))
    }

    pub(super) async fn found_by(
        &self,
        way: &Way<'_>,
        (filter, terms, order, place): (&QueueFilter, &[Term], Order, Option<Place>),
        (skip, limit): (u32, u32),
    ) -> Result<Vec<i64>, Fault> {
        let mut sql = Sql::new(self.database.engine());
        let (from, words) = way.sql(terms, &mut sql);
        let mut conditions = vec![filter.turn.condition().to_owned()];
        conditions.extend(words);
        if let Way::Walk(Some(end)) = way {
            // the other end of the walk
            conditions.push(format!("cases.received_at {} {end}", order.turned().later()));
        }
        conditions.extend(filter.conditions(&mut sql));
        conditions.extend(place.map(|Place { received_at, id }| {
            format!("(cases.received_at, cases.id) {} ({received_at}, {id})", order.later())
        }));
        let text = format!(
            "SELECT cases.id FROM {from} WHERE {} {} LIMIT {limit} OFFSET {skip}",
            conditions.join(" AND "),
            order.sql()
        );
        let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(text));
        for text in sql.texts {
            query = query.bind(text);
        }
        let rows = query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}
