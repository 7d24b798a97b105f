//! The snapshots: which one is current, what it holds of each feed, and since when.

use super::Registry;
use super::feed::{Feed, Table};
use crate::database::fault;
use crate::domain::facts::NoAnswer;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};

const DOING: &str = "reading the registry's snapshots";

/// Where a snapshot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotState {
    /// Being loaded, or left half-loaded by an import that died.
    Loading,
    /// The one that is asked.
    Current,
    /// Was current; its rows are still there.
    Previous,
    /// Was current, or never became it; only what `registry_feeds` says of it is left.
    Dropped,
}

impl SnapshotState {
    const ALL: [Self; 4] = [Self::Loading, Self::Current, Self::Previous, Self::Dropped];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Dropped => "dropped",
        }
    }
}

/// A snapshot's particulars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub id: i64,
    pub state: SnapshotState,
    pub loaded_at: Timestamp,
    /// The folder or the files it was loaded from.
    pub origin: String,
    /// In the order of [`Feed::ALL`].
    pub feeds: Vec<SnapshotFeed>,
    /// Feeds that were taken out and not loaded again since.
    pub withdrawn: Vec<WithdrawnFeed>,
}

/// A feed that a person took out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawnFeed {
    pub feed: Feed,
    pub at: Timestamp,
    pub by: String,
}

/// What a snapshot holds of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFeed {
    pub feed: Feed,
    /// When its files were loaded, perhaps for an earlier snapshot.
    pub loaded_at: Timestamp,
    pub origin: String,
    pub rows: u64,
    /// Rows with an identifier that breaks its format.
    pub flagged: u64,
    /// Rows that could not be read.
    pub bad_rows: u64,
}

impl Snapshot {
    #[must_use]
    pub fn feed(&self, feed: Feed) -> Option<&SnapshotFeed> {
        self.feeds.iter().find(|one| one.feed == feed)
    }

    /// Why a table does not answer, if it does not: no feed of it was ever loaded, one of those that
    /// were is older than `max_age` (rulebook, principle 2), or one was withdrawn. (What another feed
    /// of the table says is then only a part: it may lack an opposition.)
    pub(super) fn silent(&self, table: Table, now: Timestamp, max_age: SignedDuration) -> Option<NoAnswer> {
        if self.withdrawn.iter().any(|one| one.feed.table() == table) {
            return Some(NoAnswer::Withdrawn);
        }
        let mut loaded = table.feeds().filter_map(|feed| self.feed(feed)).peekable();
        if loaded.peek().is_none() {
            return Some(NoAnswer::NeverLoaded);
        }
        loaded.any(|feed| now.duration_since(feed.loaded_at) > max_age).then_some(NoAnswer::Stale)
    }

    /// What does not answer, and why, for people; empty where everything does.
    #[must_use]
    pub fn unanswered(&self, now: Timestamp, max_age: SignedDuration) -> Vec<String> {
        let told = |table: Table| {
            let feeds: Vec<_> = table.feeds().map(Feed::file).collect();
            match self.silent(table, now, max_age)? {
                NoAnswer::NeverLoaded => Some(format!("{} was never loaded", feeds.join(" or "))),
                NoAnswer::Stale => Some(format!("{} is too old", feeds.join(" or "))),
                NoAnswer::Withdrawn => {
                    let withdrawn = self.withdrawn.iter().filter(|one| one.feed.table() == table);
                    let told =
                        |one: &WithdrawnFeed| format!("{} was withdrawn by {}", one.feed.file(), one.by);
                    Some(withdrawn.map(told).collect::<Vec<_>>().join(", "))
                }
                NoAnswer::Unreadable => None,
            }
        };
        Table::ALL.into_iter().filter_map(told).collect()
    }

    /// Too old at that time to be relied on in anything.
    #[must_use]
    pub fn is_stale(&self, at: Timestamp, max_age: SignedDuration) -> bool {
        Table::ALL.into_iter().all(|table| self.silent(table, at, max_age).is_some())
    }

    /// Whether its rows are there.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        matches!(self.state, SnapshotState::Current | SnapshotState::Previous)
    }

    /// Whether it can be asked what it would have said at that time; of one too old then, the rows
    /// are not needed to say so.
    #[must_use]
    pub fn can_answer(&self, at: Timestamp, max_age: SignedDuration) -> bool {
        self.has_rows() || self.is_stale(at, max_age)
    }

    /// The oldest of its feeds: what its age is counted by.
    #[must_use]
    pub fn oldest(&self) -> Option<&SnapshotFeed> {
        self.feeds.iter().min_by_key(|feed| feed.loaded_at)
    }
}

/// A snapshot beside one of its feeds; without feeds, the snapshot alone.
#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    state: String,
    loaded_at: i64,
    origin: String,
    feed: Option<String>,
    feed_loaded_at: Option<i64>,
    feed_origin: Option<String>,
    rows: Option<i64>,
    flagged: Option<i64>,
    bad_rows: Option<i64>,
    withdrawn_at: Option<i64>,
    withdrawn_by: Option<String>,
}

const COLUMNS: &str = "SELECT s.id, s.state, s.loaded_at, s.origin, f.feed, f.loaded_at AS feed_loaded_at, \
    f.origin AS feed_origin, f.rows, f.flagged, f.bad_rows, f.withdrawn_at, f.withdrawn_by \
    FROM registry_snapshots AS s LEFT JOIN registry_feeds AS f ON f.snapshot = s.id";

fn instant(millis: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(millis).map_err(|error| Fault::never(DOING, error))
}

fn gathered(rows: Vec<Row>) -> Result<Vec<Snapshot>, Fault> {
    let mut all: Vec<Snapshot> = Vec::new();
    for row in rows {
        if all.last().is_none_or(|last| last.id != row.id) {
            let state = SnapshotState::ALL.into_iter().find(|state| state.as_str() == row.state);
            all.push(Snapshot {
                id: row.id,
                state: state.ok_or_else(|| Fault::never(DOING, "unknown state"))?,
                loaded_at: instant(row.loaded_at)?,
                origin: row.origin,
                feeds: Vec::new(),
                withdrawn: Vec::new(),
            });
        }
        let (Some(snapshot), Some(feed)) = (all.last_mut(), row.feed) else { continue };
        let feed = Feed::parse(&feed).ok_or_else(|| Fault::never(DOING, "unknown feed"))?;
        if let Some(at) = row.withdrawn_at {
            let by = row.withdrawn_by.unwrap_or_default();
            snapshot.withdrawn.push(WithdrawnFeed { feed, at: instant(at)?, by });
            continue;
        }
        let count = |n: Option<i64>| n.unwrap_or_default().unsigned_abs();
        snapshot.feeds.push(SnapshotFeed {
            feed,
            loaded_at: instant(row.feed_loaded_at.unwrap_or_default())?,
            origin: row.feed_origin.unwrap_or_default(),
            rows: count(row.rows),
            flagged: count(row.flagged),
            bad_rows: count(row.bad_rows),
        });
    }
    for snapshot in &mut all {
        snapshot.feeds.sort_by_key(|feed| feed.feed);
    }
    Ok(all)
}

impl Registry {
    /// Every snapshot there ever was, newest first.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Fault> {
        let sql = format!("{COLUMNS} ORDER BY s.id DESC");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.database.read())
            .await
            .map_err(fault(DOING))?;
        gathered(rows)
    }

    /// A snapshot's particulars, whatever became of it.
    pub async fn snapshot(&self, id: i64) -> Result<Option<Snapshot>, Fault> {
        let sql = format!("{COLUMNS} WHERE s.id = $1");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(self.database.read())
            .await
            .map_err(fault("looking for a registry snapshot"))?;
        Ok(gathered(rows)?.pop())
    }

    /// The snapshot that is asked; `None` when nothing was ever loaded.
    pub async fn current(&self) -> Result<Option<Snapshot>, Fault> {
        let sql = format!("{COLUMNS} WHERE s.state = 'current'");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.database.read())
            .await
            .map_err(fault("looking for the current registry"))?;
        Ok(gathered(rows)?.pop())
    }
}
