//! Writing what a feed brings: only the rows that are new are written, only those that are gone are
//! marked; nothing of it is seen before the snapshot becomes current.

use super::super::feed::{Feed, Table};
use super::batch::{Batch, rows_a_statement};
use super::row::{Bad, Row};
use crate::database::{Database, Engine, clean, fault};
use crate::fault::Fault;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::{Any, AssertSqlSafe, Transaction};
use std::collections::BTreeMap;

pub(in crate::registry) const DOING: &str = "loading the registry";

/// RPPS rang of one INSERT.
const RANGS_A_STATEMENT: usize = 200;
/// Rows of one transaction: so short that the daemon's own writes get in between.
const ROWS_A_COMMIT: usize = 5_000;
/// Rows that are sorted together before they are written, and their bytes. Written in the order of
/// their numbers, rows meet each page of the index once; in the order of the file, each row would
/// meet another page.
const ROWS_SORTED: usize = 400_000;
const BYTES_SORTED: usize = 48 << 20;

/// A snapshot that is not current yet.
pub(in crate::registry) struct Loading<'a> {
    pub(in crate::registry) database: &'a Database,
    id: i64,
    /// The next row's number, by table; ours alone while we are the importer.
    next: BTreeMap<Table, i64>,
    next_bad: i64,
    /// What was loaded, for `registry_feeds`.
    loaded: Vec<LoadedFeed>,
    /// What is taken out.
    pub(super) without: Option<Without>,
}

/// A feed that this snapshot does not have any more.
pub(super) enum Without {
    /// Its table does not answer until it is loaded again.
    Withdrawn(Feed, String),
    /// As if it had never been loaded.
    Forgotten(Feed),
}

/// A feed that was loaded.
pub(in crate::registry) struct LoadedFeed {
    pub(in crate::registry) feed: Feed,
    pub(in crate::registry) origin: String,
    pub(in crate::registry) rows: u64,
    pub(in crate::registry) flagged: u64,
    pub(in crate::registry) bad: u64,
}

/// A feed on its way in.
pub(in crate::registry) struct FeedLoad {
    feed: Feed,
    /// Hash and number of each row that the current snapshot has of this feed, sorted.
    known: Vec<(i64, i64)>,
    /// Which of them were met again.
    met: Vec<bool>,
    fresh: Vec<Row>,
    bytes: usize,
}

impl<'a> Loading<'a> {
    /// Clears away what dead imports left, and begins. An import that is still at work is told at
    /// its next step that it is not the importer any more.
    pub(in crate::registry) async fn begin(
        database: &'a Database,
        origin: &str,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let mut transaction = database.begin(DOING).await?;
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO registry_snapshots (state, loaded_at, origin) VALUES ('loading', $1, $2) RETURNING id",
        )
        .bind(now.as_millisecond())
        .bind(clean(origin))
        .fetch_one(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        sqlx::query("UPDATE registry_importer SET snapshot = $1 WHERE one = 1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        let dead: Vec<(i64,)> =
            sqlx::query_as("SELECT id FROM registry_snapshots WHERE state = 'loading' AND id <> $1")
                .bind(id)
                .fetch_all(database.read())
                .await
                .map_err(fault(DOING))?;
        for (dead,) in dead {
            super::clear::undo(database, dead).await?;
        }
        let mut loading =
            Self { database, id, next: BTreeMap::new(), next_bad: 0, loaded: Vec::new(), without: None };
        for table in Table::ALL {
            loading.next.insert(table, loading.first_free(table.name()).await?);
        }
        loading.next_bad = loading.first_free("registry_bad_rows").await?;
        Ok(loading)
    }

    async fn first_free(&self, table: &'static str) -> Result<i64, Fault> {
        let sql = format!("SELECT COALESCE(MAX(id), 0) + 1 FROM {table}");
        let (next,): (i64,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(self.database.read()).await.map_err(fault(DOING))?;
        Ok(next)
    }

    pub(in crate::registry) fn id(&self) -> i64 {
        self.id
    }

    /// The first number of rows that this import writes.
    pub(in crate::registry) fn first_new(&self, table: Table) -> i64 {
        self.next.get(&table).copied().unwrap_or(i64::MAX)
    }

    /// A transaction in which we are the importer; a fault where another has begun since. PostgreSQL
    /// need not have it on the disk at once: it is there before the last one, which makes the snapshot
    /// current, and until then nobody misses it.
    pub(super) async fn step(&self) -> Result<Transaction<'static, Any>, Fault> {
        let mut transaction = ours(self.database, self.id).await?;
        if self.database.engine() == Engine::Postgres {
            sqlx::query("SET LOCAL synchronous_commit = off")
                .execute(&mut *transaction)
                .await
                .map_err(fault(DOING))?;
        }
        Ok(transaction)
    }

    pub(in crate::registry) async fn open(&self, feed: Feed) -> Result<FeedLoad, Fault> {
        let sql = format!("SELECT hash, id FROM {} WHERE feed = $1 AND gone IS NULL", feed.table().name());
        let mut known: Vec<(i64, i64)> = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql))
            .bind(feed.as_str())
            .fetch(self.database.read())
            .try_collect()
            .await
            .map_err(fault(DOING))?;
        known.sort_unstable();
        let met = vec![false; known.len()];
        Ok(FeedLoad { feed, known, met, fresh: Vec::new(), bytes: 0 })
    }

    /// Takes a row: written if it is new, remembered as still there if it is not.
    pub(in crate::registry) async fn row(&mut self, load: &mut FeedLoad, row: Row) -> Result<(), Fault> {
        if load.knows(row.hash) {
            return Ok(());
        }
        load.bytes += row.cells.len() + size_of::<Row>();
        load.fresh.push(row);
        if load.fresh.len() >= ROWS_SORTED || load.bytes >= BYTES_SORTED {
            self.write(load).await?;
        }
        Ok(())
    }

    /// Remembers a line that could not be read, and what could be asked for by it.
    pub(in crate::registry) async fn bad(&mut self, feed: Feed, all: &[Bad]) -> Result<(), Fault> {
        if all.is_empty() {
            return Ok(());
        }
        let mut transaction = self.step().await?;
        for bad in all {
            let id = self.next_bad;
            self.next_bad += 1;
            sqlx::query(
                "INSERT INTO registry_bad_rows (id, feed, line, came, because) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(id)
            .bind(feed.as_str())
            .bind(i64::try_from(bad.line).unwrap_or(i64::MAX))
            .bind(self.id)
            .bind(clean(&bad.because))
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
            for identifier in &bad.identifiers {
                sqlx::query("INSERT INTO registry_bad_keys (identifier, bad_row) VALUES ($1, $2)")
                    .bind(identifier)
                    .bind(id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(fault(DOING))?;
            }
        }
        transaction.commit().await.map_err(fault(DOING))
    }

    /// Writes what is left, and marks what the feed no longer has.
    pub(in crate::registry) async fn close(
        &mut self,
        mut load: FeedLoad,
        loaded: LoadedFeed,
    ) -> Result<(), Fault> {
        self.write(&mut load).await?;
        let gone: Vec<i64> =
            load.known.iter().zip(&load.met).filter(|(_, met)| !**met).map(|((_, id), _)| *id).collect();
        for some in gone.chunks(ROWS_A_COMMIT) {
            let mut transaction = self.step().await?;
            for ids in some.chunks(500) {
                let sql = format!(
                    "UPDATE {} SET gone = $1 WHERE id IN {}",
                    load.feed.table().name(),
                    crate::database::list(2, ids.len())
                );
                let mut query = sqlx::query(AssertSqlSafe(sql)).bind(self.id);
                for id in ids {
                    query = query.bind(*id);
                }
                query.execute(&mut *transaction).await.map_err(fault(DOING))?;
            }
            transaction.commit().await.map_err(fault(DOING))?;
        }
        let mut transaction = self.step().await?;
        sqlx::query("UPDATE registry_bad_rows SET gone = $1 WHERE feed = $2 AND came < $1 AND gone IS NULL")
            .bind(self.id)
            .bind(load.feed.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        self.loaded.push(loaded);
        Ok(())
    }

    /// Writes the new rows gathered so far, in the order of their numbers.
    async fn write(&mut self, load: &mut FeedLoad) -> Result<(), Fault> {
        load.bytes = 0;
        let mut rows = std::mem::take(&mut load.fresh);
        rows.sort_unstable_by(|a, b| a.cells.cmp(&b.cells));
        let table = load.feed.table();
        let mut next = self.first_new(table);
        for some in rows.chunks(ROWS_A_COMMIT) {
            let mut transaction = self.step().await?;
            let mut rangs = Vec::new();
            for batch in some.chunks(rows_a_statement(self.database.engine())) {
                let rows = Batch { first: next, snapshot: self.id, feed: load.feed, rows: batch };
                rows.insert(self.database.engine(), &mut transaction).await?;
                if table == Table::Structures {
                    rangs.extend(rows.rangs());
                }
                next += i64::try_from(batch.len()).unwrap_or_default();
            }
            for pairs in rangs.chunks(RANGS_A_STATEMENT) {
                let values = self.database.engine().values(pairs.len(), 2);
                let sql = format!("INSERT INTO registry_rangs (rpps_rang, structure) VALUES {values}");
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for (rang, id) in pairs {
                    query = query.bind(*rang).bind(*id);
                }
                query.execute(&mut *transaction).await.map_err(fault(DOING))?;
            }
            transaction.commit().await.map_err(fault(DOING))?;
        }
        self.next.insert(table, next);
        Ok(())
    }

    /// Has PostgreSQL look at the new rows before anybody asks for them: it would by itself, a minute
    /// later, and plan badly until then.
    pub(in crate::registry) async fn looked_over(&self) -> Result<(), Fault> {
        if self.database.engine() == Engine::Postgres {
            let names = Table::ALL.map(Table::name).join(", ");
            let sql = format!("ANALYZE {names}, registry_rangs, registry_bad_keys");
            let mut connection = self.database.writer(DOING).await?;
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.map_err(fault(DOING))?;
        }
        Ok(())
    }

    /// Makes this snapshot current, in one transaction. Feeds that were not loaded are carried over.
    pub(in crate::registry) async fn finish(self, before: Option<i64>, now: Timestamp) -> Result<i64, Fault> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut transaction = ours(self.database, self.id).await?;
        for one in &self.loaded {
            sqlx::query(
                "INSERT INTO registry_feeds (snapshot, feed, loaded_at, origin, rows, flagged, bad_rows) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(self.id)
            .bind(one.feed.as_str())
            .bind(now.as_millisecond())
            .bind(clean(&one.origin))
            .bind(count(one.rows))
            .bind(count(one.flagged))
            .bind(count(one.bad))
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        }
        if let Some(Without::Withdrawn(feed, by)) = &self.without {
            sqlx::query(
                "INSERT INTO registry_feeds (snapshot, feed, loaded_at, origin, rows, flagged, bad_rows, \
                 withdrawn_at, withdrawn_by) VALUES ($1, $2, $3, '', 0, 0, 0, $3, $4)",
            )
            .bind(self.id)
            .bind(feed.as_str())
            .bind(now.as_millisecond())
            .bind(clean(by))
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        }
        sqlx::query(
            "INSERT INTO registry_feeds (snapshot, feed, loaded_at, origin, rows, flagged, bad_rows, \
             withdrawn_at, withdrawn_by) \
             SELECT $1, feed, loaded_at, origin, rows, flagged, bad_rows, withdrawn_at, withdrawn_by \
             FROM registry_feeds AS old WHERE old.snapshot = $2 AND old.feed <> $3 AND NOT EXISTS \
             (SELECT 1 FROM registry_feeds AS new WHERE new.snapshot = $1 AND new.feed = old.feed)",
        )
        .bind(self.id)
        .bind(before.unwrap_or(0))
        .bind(match &self.without {
            Some(Without::Forgotten(feed)) => feed.as_str(),
            Some(Without::Withdrawn(..)) | None => "",
        })
        .execute(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        sqlx::query("UPDATE registry_snapshots SET state = 'previous' WHERE state = 'current'")
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        sqlx::query("UPDATE registry_snapshots SET state = 'current' WHERE id = $1 AND state = 'loading'")
            .bind(self.id)
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(self.id)
    }

    /// Takes back what was written; only the snapshot's own row stays.
    pub(in crate::registry) async fn abandon(self) -> Result<(), Fault> {
        super::clear::undo(self.database, self.id).await
    }
}

/// A transaction in which we are the importer; a fault where another has begun since. The row that names the importer is locked by it, so that on PostgreSQL, too,
/// no step of one import comes between another's beginning and its clearing away.
async fn ours(database: &Database, id: i64) -> Result<Transaction<'static, Any>, Fault> {
    let mut transaction = database.begin(DOING).await?;
    let ours =
        sqlx::query("UPDATE registry_importer SET snapshot = snapshot WHERE one = 1 AND snapshot = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
    if ours.rows_affected() == 0 {
        return Err(Fault::never(DOING, "another import has begun meanwhile"));
    }
    Ok(transaction)
}

impl FeedLoad {
    /// Whether the current snapshot has this row; each of its rows is met once.
    fn knows(&mut self, hash: i64) -> bool {
        let first = self.known.partition_point(|(known, _)| *known < hash);
        let same = self.known.iter().skip(first).take_while(|(known, _)| *known == hash);
        for ((_, _), met) in same.zip(self.met.iter_mut().skip(first)) {
            if !std::mem::replace(met, true) {
                return true;
            }
        }
        false
    }
}
