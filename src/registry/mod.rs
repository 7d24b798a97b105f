//! The registry of structures, contracts, cards and mandates: loaded from files as snapshots, and
//! asked for what bears on one form.
//!
//! A snapshot is loaded beside the current one, checked, and becomes current in one transaction.
//! Its rows never change afterwards, so the several questions behind one [`Registry::facts`] see
//! one state of the world without holding a transaction.

mod changes;
mod classes;
mod facts;
mod feed;
mod import;
mod load;
mod rows;
mod snapshot;

#[cfg(test)]
mod tests;

pub use classes::Classes;
pub use feed::Feed;
pub use import::{BadRow, Changes, FeedReport, Imported, NotImported, Options, Progress, Refusal};
pub use snapshot::{Snapshot, SnapshotState};

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
