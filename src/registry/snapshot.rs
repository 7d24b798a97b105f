//! The snapshots: which one is current, how old it is, and what the earlier ones held.

use super::Registry;
use crate::database::fault;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};

/// Where a snapshot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotState {
    /// Being loaded, or left half-loaded by an import that died.
    Loading,
    /// The one that is asked.
    Current,
    /// Was current; its rows are still there.
    Previous,
    /// Was current, or never became it; only these counts are left.
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
    /// The folder it was loaded from.
    pub origin: String,
    pub structures: u64,
    pub contracts: u64,
    pub cards: u64,
    pub mandates: u64,
    /// Rows that could not be read.
    pub bad_rows: u64,
}

impl Snapshot {
    /// Too old at that time to be relied on.
    #[must_use]
    pub fn is_stale(&self, at: Timestamp, max_age: SignedDuration) -> bool {
        at.duration_since(self.loaded_at) > max_age
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
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    state: String,
    loaded_at: i64,
    origin: String,
    structures: i64,
    contracts: i64,
    cards: i64,
    mandates: i64,
    bad_rows: i64,
}

impl Row {
    fn snapshot(self) -> Result<Snapshot, Fault> {
        const DOING: &str = "reading the registry's snapshots";
        let state = SnapshotState::ALL.into_iter().find(|state| state.as_str() == self.state);
        Ok(Snapshot {
            id: self.id,
            state: state.ok_or_else(|| Fault::never(DOING, "unknown state"))?,
            loaded_at: Timestamp::from_millisecond(self.loaded_at)
                .map_err(|error| Fault::never(DOING, error))?,
            origin: self.origin,
            structures: self.structures.unsigned_abs(),
            contracts: self.contracts.unsigned_abs(),
            cards: self.cards.unsigned_abs(),
            mandates: self.mandates.unsigned_abs(),
            bad_rows: self.bad_rows.unsigned_abs(),
        })
    }
}

impl Registry {
    /// Every snapshot there ever was, newest first.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Fault> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, state, loaded_at, origin, structures, contracts, cards, mandates, bad_rows \
             FROM registry_snapshots ORDER BY id DESC",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading the registry's snapshots"))?;
        rows.into_iter().map(Row::snapshot).collect()
    }

    /// The snapshot that is asked; `None` when nothing was ever loaded.
    pub async fn current(&self) -> Result<Option<Snapshot>, Fault> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, state, loaded_at, origin, structures, contracts, cards, mandates, bad_rows \
             FROM registry_snapshots WHERE state = 'current'",
        )
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("looking for the current registry"))?;
        row.map(Row::snapshot).transpose()
    }

    /// A snapshot's particulars, whatever became of it.
    pub async fn snapshot(&self, id: i64) -> Result<Option<Snapshot>, Fault> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, state, loaded_at, origin, structures, contracts, cards, mandates, bad_rows \
             FROM registry_snapshots WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("looking for a registry snapshot"))?;
        row.map(Row::snapshot).transpose()
    }

    /// How old the current snapshot is.
    pub async fn age(&self, now: Timestamp) -> Result<Option<SignedDuration>, Fault> {
        Ok(self.current().await?.map(|snapshot| now.duration_since(snapshot.loaded_at)))
    }
}
