//! Writing a snapshot: rows in batches beside the current one, the switch, and what is dropped.

use super::feed::{Cell, Feed, Row, identifiers_in};
use crate::database::{AnyQuery, Database, clean, fault};
use crate::fault::Fault;
use csv::StringRecord;
use jiff::Timestamp;
use sqlx::{Any, AssertSqlSafe, Transaction};

const DOING: &str = "loading the registry";

/// Rows of one INSERT. With 12 columns well below both engines' limits of parameters.
const ROWS_A_STATEMENT: usize = 100;
/// Rows of one transaction: so short that the daemon's own writes get in between.
const ROWS_A_COMMIT: usize = 5_000;
/// The tables that hold a snapshot's rows.
const TABLES: [&str; 7] = [
    "registry_structures",
    "registry_rangs",
    "registry_contracts",
    "registry_cards",
    "registry_mandates",
    "registry_bad_rows",
    "registry_bad_keys",
];

/// A snapshot that is not current yet.
pub(super) struct Loading<'a> {
    database: &'a Database,
    id: i64,
}

impl<'a> Loading<'a> {
    pub(super) async fn begin(database: &'a Database, origin: &str, now: Timestamp) -> Result<Self, Fault> {
        let mut transaction = database.begin(DOING).await?;
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO registry_snapshots (state, loaded_at, origin) VALUES ('loading', $1, $2) RETURNING id",
        )
        .bind(now.as_millisecond())
        .bind(clean(origin))
        .fetch_one(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(Self { database, id })
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn batch(&self, feed: Feed) -> Batch<'_> {
        Batch { loading: self, feed, transaction: None, uncommitted: 0, rows: vec![], rangs: vec![] }
    }

    /// Makes this snapshot current, in one transaction.
    pub(super) async fn finish(self, rows: [u64; 4], bad_rows: u64) -> Result<i64, Fault> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let [structures, contracts, cards, mandates] = rows.map(count);
        let mut transaction = self.database.begin(DOING).await?;
        sqlx::query("UPDATE registry_snapshots SET state = 'previous' WHERE state = 'current'")
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        let done = sqlx::query(
            "UPDATE registry_snapshots SET state = 'current', structures = $1, contracts = $2, cards = $3, \
             mandates = $4, bad_rows = $5 WHERE id = $6 AND state = 'loading'",
        )
        .bind(structures)
        .bind(contracts)
        .bind(cards)
        .bind(mandates)
        .bind(count(bad_rows))
        .bind(self.id)
        .execute(&mut *transaction)
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            transaction.rollback().await.map_err(fault(DOING))?;
            let (database, id) = (self.database, self.id);
            drop_rows(database, id).await?;
            return Err(Fault::never(DOING, "another import became current meanwhile"));
        }
        transaction.commit().await.map_err(fault(DOING))?;
        Ok(self.id)
    }

    /// Drops what was loaded; only the snapshot's own row stays.
    pub(super) async fn abandon(self) -> Result<(), Fault> {
        drop_rows(self.database, self.id).await
    }
}

/// Rows of one file on their way in.
pub(super) struct Batch<'a> {
    loading: &'a Loading<'a>,
    feed: Feed,
    transaction: Option<Transaction<'static, Any>>,
    uncommitted: usize,
    rows: Vec<(i64, Row)>,
    rangs: Vec<(String, i64)>,
}

impl Batch<'_> {
    pub(super) async fn row(&mut self, line: u64, mut row: Row) -> Result<(), Fault> {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        row.rangs.sort();
        row.rangs.dedup();
        self.rangs.extend(row.rangs.drain(..).map(|rang| (rang, line)));
        self.rows.push((line, row));
        if self.rows.len() >= ROWS_A_STATEMENT {
            self.flush().await?;
        }
        if self.uncommitted >= ROWS_A_COMMIT {
            self.commit().await?;
        }
        Ok(())
    }

    /// Remembers a line that could not be read, and what could be asked for by it.
    pub(super) async fn bad(&mut self, line: u64, because: &str, record: &StringRecord) -> Result<(), Fault> {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        let (snapshot, feed) = (self.loading.id, self.feed.as_str());
        let transaction = self.open().await?;
        sqlx::query("INSERT INTO registry_bad_rows (snapshot, feed, line, because) VALUES ($1, $2, $3, $4)")
            .bind(snapshot)
            .bind(feed)
            .bind(line)
            .bind(clean(because))
            .execute(&mut **transaction)
            .await
            .map_err(fault(DOING))?;
        for identifier in identifiers_in(record) {
            sqlx::query(
                "INSERT INTO registry_bad_keys (snapshot, feed, identifier, line) VALUES ($1, $2, $3, $4)",
            )
            .bind(snapshot)
            .bind(feed)
            .bind(identifier)
            .bind(line)
            .execute(&mut **transaction)
            .await
            .map_err(fault(DOING))?;
        }
        Ok(())
    }

    pub(super) async fn close(mut self) -> Result<(), Fault> {
        self.flush().await?;
        self.commit().await
    }

    async fn open(&mut self) -> Result<&mut Transaction<'static, Any>, Fault> {
        let transaction = match self.transaction.take() {
            Some(open) => open,
            None => self.loading.database.begin(DOING).await?,
        };
        Ok(self.transaction.insert(transaction))
    }

    async fn commit(&mut self) -> Result<(), Fault> {
        self.uncommitted = 0;
        match self.transaction.take() {
            Some(transaction) => transaction.commit().await.map_err(fault(DOING)),
            None => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let (rows, rangs) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.rangs));
        let snapshot = self.loading.id;
        self.uncommitted += rows.len();
        if !rows.is_empty() {
            let (table, columns) = self.feed.table();
            let sql = format!(
                "INSERT INTO {table} (snapshot, line, {}) VALUES {}",
                columns.join(", "),
                self.loading.database.engine().values(rows.len(), columns.len() + 2)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (line, row) in rows {
                query = row.cells.into_iter().fold(query.bind(snapshot).bind(line), bind);
            }
            query.execute(&mut **self.open().await?).await.map_err(fault(DOING))?;
        }
        for some in rangs.chunks(ROWS_A_STATEMENT) {
            let sql = format!(
                "INSERT INTO registry_rangs (snapshot, rpps_rang, line) VALUES {}",
                self.loading.database.engine().values(some.len(), 3)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (rang, line) in some {
                query = query.bind(snapshot).bind(rang).bind(*line);
            }
            query.execute(&mut **self.open().await?).await.map_err(fault(DOING))?;
        }
        Ok(())
    }
}

fn bind(query: AnyQuery<'_>, cell: Cell) -> AnyQuery<'_> {
    match cell {
        Cell::Text(text) => query.bind(text.as_deref().map(clean)),
        Cell::Number(number) => query.bind(number),
    }
}

/// Drops the rows of all but the newest snapshots that were current, and of imports that died.
pub(super) async fn prune(database: &Database, keep: u32) -> Result<(), Fault> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT id, state FROM registry_snapshots WHERE state IN ('previous', 'loading') ORDER BY id DESC",
    )
    .fetch_all(database.read())
    .await
    .map_err(fault(DOING))?;
    let previous_kept = keep.saturating_sub(1) as usize;
    let previous = rows.iter().filter(|(_, state)| state == "previous").skip(previous_kept);
    // one that is being loaded by another process is told so when it tries to become current
    let unfinished = rows.iter().filter(|(_, state)| state == "loading");
    for (id, _) in previous.chain(unfinished) {
        drop_rows(database, *id).await?;
    }
    Ok(())
}

async fn drop_rows(database: &Database, snapshot: i64) -> Result<(), Fault> {
    const AT_ONCE: i64 = 20_000;
    sqlx::query("UPDATE registry_snapshots SET state = 'dropped' WHERE id = $1")
        .bind(snapshot)
        .execute(&mut *database.writer(DOING).await?)
        .await
        .map_err(fault(DOING))?;
    for table in TABLES {
        let last: (Option<i64>,) =
            sqlx::query_as(AssertSqlSafe(format!("SELECT MAX(line) FROM {table} WHERE snapshot = $1")))
                .bind(snapshot)
                .fetch_one(database.read())
                .await
                .map_err(fault(DOING))?;
        let mut upto = 0;
        while upto < last.0.unwrap_or(0) {
            upto += AT_ONCE;
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE snapshot = $1 AND line <= $2")))
                .bind(snapshot)
                .bind(upto)
                .execute(&mut *database.writer(DOING).await?)
                .await
                .map_err(fault(DOING))?;
        }
    }
    Ok(())
}
