//! The registry of structures, contracts, cards and mandates: loaded from files as snapshots, and
//! asked for what bears on one form.
//!
//! A snapshot is loaded beside the current one, checked, and becomes current in one transaction. A
//! row is written once: it belongs to every snapshot from the one that brought it (`came`) to the one
//! that no longer had it (`gone`), so that an import writes only what changed, feeds can be loaded
//! one without the others, and each row says since when it is known. What a snapshot shows never
//! changes afterwards, so the several questions behind one [`Registry::facts`] see one state of the
//! world without holding a transaction.

mod classes;
mod columns;
mod facts;
mod feed;
mod import;
mod named;
mod rows;
mod show;
mod snapshot;

#[cfg(test)]
mod tests;

pub use classes::Classes;
pub use facts::ClassOrigin;
pub use feed::{Feed, Table};
pub use import::{
    BadRow, Changes, FeedReport, Imported, NotImported, NotWithdrawn, Options, Progress, Refusal, Source,
    Withdrawal, Wrong,
};
pub use rows::Origin;
pub use show::{KnownAbout, KnownStructure};
pub use snapshot::{Snapshot, SnapshotFeed, SnapshotState, WithdrawnFeed};

use crate::database::Database;

/// The registry. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Registry {
    database: Database,
}

impl Registry {
    /// The registry in an open database: the store's, or one of its own in memory.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}
