//! The database behind the store and the registry: one SQLite file, or PostgreSQL, chosen by the
//! URL alone. Opening applies the engine's migrations.
//!
//! Both engines get the same SQL. What they share: `$1` parameters, `RETURNING`, `ON CONFLICT`,
//! and the types epoch milliseconds (`i64`), 0/1 (`i64`), text without U+0000 and bytes. What they
//! do not is asked of [`Database::engine`].

mod backup;
mod copying;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod text;

use crate::fault::{Fault, Retry};
pub use backup::NoBackup;
pub use copying::Copied;
pub(crate) use copying::copy;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};
use std::path::PathBuf;
use std::time::Duration;
pub use text::{clean, fold, like};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// What came of giving space back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    Done,
    /// Somebody reads just now: the log keeps old pages until it is written over.
    LogInUse,
    /// The file was made by a version before: it can only once it was vacuumed.
    NeedsVacuum,
    ByTheServer,
}

/// A statement for either engine, with what was bound to it.
pub type AnyQuery<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

/// An open database. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Database {
    engine: Engine,
    read: AnyPool,
    write: AnyPool,
}

/// How long a writer waits for another process's transaction, milliseconds. A decision takes a few.
const BUSY: &str = "PRAGMA busy_timeout = 10000";

/// How long to wait for a connection before it counts as a fault (to be tried again later).
const ACQUIRE: Duration = Duration::from_secs(15);

impl Database {
    /// Opens `sqlite:PATH` (created when missing), `sqlite::memory:` or `postgres://…` and applies
    /// the migrations that are not there yet.
    pub async fn open(url: &str) -> Result<Self, Fault> {
        install_default_drivers();
        let doing = || format!("opening the database {}", without_password(url));
        let database = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await
        } else {
            return Err(Fault::never(doing(), "the URL begins with neither sqlite: nor postgres:"));
        };
        let database =
            database.map_err(|error| Fault { retry: retry(&error), ..Fault::later(doing(), error) })?;
        database.migrate().await?;
        Ok(database)
    }

    /// Opens a database that is there, for questions only: the engine itself refuses every write. One of
    /// another version than this program's is refused, as bringing it up to date would write.
    pub async fn open_to_read(url: &str) -> Result<Self, Fault> {
        const DOING: &str = "opening the database to read";
        install_default_drivers();
        let (engine, pool, url, newest) = if url.starts_with("sqlite:") {
            let url = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=ro") };
            (Engine::Sqlite, sqlite_pool("PRAGMA query_only = ON"), url, &SQLITE)
        } else {
            let pool = AnyPoolOptions::new().acquire_timeout(ACQUIRE).after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute("SET default_transaction_read_only = on").await.map(|_| ())
                })
            });
            (Engine::Postgres, pool, url.to_owned(), &POSTGRES)
        };
        let pool = pool.max_connections(8).connect_lazy(&url).map_err(fault(DOING))?;
        let (version,): (i64,) = sqlx::query_as("SELECT MAX(version) FROM _sqlx_migrations")
            .fetch_one(&pool)
            .await
            .map_err(|error| Fault { retry: retry(&error), ..Fault::later(DOING, error) })?;
        let ours = newest.iter().map(|step| step.version).max().unwrap_or_default();
        if version != ours {
            let why = format!(
                "it is of version {version}, this program of version {ours}: start the daemon of this \
                 program on it once, which brings it up to date"
            );
            return Err(Fault::never(DOING, why));
        }
        Ok(Self { engine, read: pool.clone(), write: pool })
    }

    async fn open_sqlite(url: &str) -> Result<Self, sqlx::Error> {
        // Each connection to `:memory:` is a database of its own: there, one serves all.
        if url.contains(":memory:") {
            let only = sqlite_pool("PRAGMA foreign_keys = ON")
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect(url)
                .await?;
            return Ok(Self { engine: Engine::Sqlite, read: only.clone(), write: only });
        }
        let url = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
        // One writer: a deferred transaction that reads first and writes after another's commit is
        // told "database is locked" at once, whatever the busy time-out (crates.md §5).
        let write = sqlite_writer().max_connections(1).connect(&url).await?;
        let read = sqlite_file("PRAGMA query_only = ON").max_connections(4).connect_lazy(&url)?;
        Ok(Self { engine: Engine::Sqlite, read, write })
    }

    async fn open_postgres(url: &str) -> Result<Self, sqlx::Error> {
        // a pool goes on knocking until its time is up; one connection tells at once who is not there
        AnyConnection::connect(url).await?.close().await?;
        // compiling a statement takes longer than any of ours: a page of the desk, some 100 ms
        let pool = AnyPoolOptions::new().after_connect(|connection, _| {
            Box::pin(async move { connection.execute("SET jit = off").await.map(|_| ()) })
        });
        let pool = pool.max_connections(8).acquire_timeout(ACQUIRE).connect_lazy(url)?;
        Ok(Self { engine: Engine::Postgres, read: pool.clone(), write: pool })
    }

    /// All or nothing, and one process at a time: PostgreSQL by the migrator's advisory lock,
    /// SQLite by being in one exclusive transaction.
    async fn migrate(&self) -> Result<(), Fault> {
        const DOING: &str = "bringing the database up to date";
        let failed = |error: sqlx::migrate::MigrateError| Fault::never(DOING, error);
        match self.engine {
            Engine::Sqlite => {
                let mut transaction = self.begin(DOING).await?;
                SQLITE.run_direct(None, &mut *transaction, false).await.map_err(failed)?;
                transaction.commit().await.map_err(fault(DOING))
            }
            Engine::Postgres => {
                let mut connection = self.write.acquire().await.map_err(fault(DOING))?;
                POSTGRES.run_direct(None, &mut *connection, false).await.map_err(failed)
            }
        }
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The file that it is; `None`: it is no file of this machine.
    pub async fn file(&self) -> Result<Option<PathBuf>, Fault> {
        const DOING: &str = "asking where the database lies";
        if self.engine == Engine::Postgres {
            return Ok(None);
        }
        let (file,): (String,) = sqlx::query_as("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .fetch_one(&self.read)
            .await
            .map_err(fault(DOING))?;
        Ok((!file.is_empty()).then(|| PathBuf::from(file)))
    }

    /// For questions.
    #[must_use]
    pub fn read(&self) -> &AnyPool {
        &self.read
    }

    /// A connection to write with, outside a transaction.
    pub async fn writer(&self, doing: &'static str) -> Result<PoolConnection<Any>, Fault> {
        self.write.acquire().await.map_err(fault(doing))
    }

    /// A transaction that will write. Dropped without `commit`, it is rolled back.
    pub async fn begin(&self, doing: &'static str) -> Result<Transaction<'static, Any>, Fault> {
        let begun = match self.engine {
            Engine::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await,
            Engine::Postgres => self.write.begin().await,
        };
        begun.map_err(fault(doing))
    }

    /// A transaction that reads one moment, however long it takes and whatever is written meanwhile.
    pub async fn snapshot(&self, doing: &'static str) -> Result<Transaction<'static, Any>, Fault> {
        let begun = match self.engine {
            // a deferred transaction: from its first question on it sees that moment (WAL)
            Engine::Sqlite => self.read.begin().await,
            Engine::Postgres => self.read.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
        };
        begun.map_err(fault(doing))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Fault> {
        const DOING: &str = "asking the database for a sign of life";
        self.read.execute("SELECT 1").await.map_err(fault(DOING))?;
        let transaction = self.begin(DOING).await?;
        transaction.rollback().await.map_err(fault(DOING))
    }

    /// Gives the space of what was deleted back, and leaves nothing of it in the log. A little at a
    /// time: others go on writing. PostgreSQL does it in its own time.
    pub async fn give_back(&self) -> Result<GivenBack, Fault> {
        const DOING: &str = "giving space back";
        if self.engine == Engine::Postgres {
            return Ok(GivenBack::ByTheServer);
        }
        let mut connection = self.write.acquire().await.map_err(fault(DOING))?;
        let (mode,): (i64,) =
            sqlx::query_as("PRAGMA auto_vacuum").fetch_one(&mut *connection).await.map_err(fault(DOING))?;
        let mut left = i64::MAX;
        loop {
            let (free,): (i64,) = sqlx::query_as("PRAGMA freelist_count")
                .fetch_one(&mut *connection)
                .await
                .map_err(fault(DOING))?;
            if mode == 0 || free == 0 || free >= left {
                break;
            }
            left = free;
            connection.execute("PRAGMA incremental_vacuum(1000)").await.map_err(fault(DOING))?;
        }
        let (busy,): (i64,) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        Ok(match (mode, busy) {
            (0, _) => GivenBack::NeedsVacuum,
            (_, 0) => GivenBack::Done,
            (_, _) => GivenBack::LogInUse,
        })
    }

    /// Closes every connection (SQLite: the log is written back into the file).
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn sqlite_pool(pragmas: &'static str) -> AnyPoolOptions {
    // a file does not hang up: no need to ask each time whether the connection lives
    AnyPoolOptions::new().acquire_timeout(ACQUIRE).test_before_acquire(false).after_connect(
        move |connection, _| {
            Box::pin(async move {
                connection.execute(BUSY).await?;
                connection.execute(pragmas).await?;
                Ok(())
            })
        },
    )
}

/// The same, of a database that is a file. SQLite takes a transaction back by itself when the disk is full
/// (`SQLITE_FULL`, `SQLITE_IOERR`); the driver's own rollback then fails, and it counts a transaction for ever
/// that is none and begins no other (sqlx-sqlite 0.9.0, `Command::Rollback`). Such a connection is not used
/// again.
fn sqlite_file(pragmas: &'static str) -> AnyPoolOptions {
    sqlite_pool(pragmas).before_acquire(|connection, _| {
        let sound = !connection.is_in_transaction();
        Box::pin(async move { Ok(sound) })
    })
}

/// The same, of the connection that writes.
fn sqlite_writer() -> AnyPoolOptions {
    const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
    /// As SQLite numbers it.
    const INCREMENTAL: i64 = 2;
    sqlite_file(PRAGMAS).after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute(BUSY).await?;
            // A new file can give its free pages back; an old one can after one VACUUM. Where it is so, saying it
            // again would be a write, for which there may be no room.
            let (mode,): (i64,) = sqlx::query_as("PRAGMA auto_vacuum").fetch_one(&mut *connection).await?;
            if mode != INCREMENTAL {
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL").await?;
            }
            connection.execute(PRAGMAS).await?;
            Ok(())
        })
    })
}

/// Says what was being done when the database failed.
pub fn fault(doing: &'static str) -> impl Fn(sqlx::Error) -> Fault {
    move |error| Fault { retry: retry(&error), ..Fault::later(doing, error) }
}

/// A database that is away, full, locked or restarting passes; a broken rule or a column of the
/// wrong type stays.
fn retry(error: &sqlx::Error) -> Retry {
    use sqlx::error::ErrorKind;
    match error {
        sqlx::Error::Database(told) => match told.kind() {
            ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation => Retry::Never,
            // also what a failing disk or a busy server says; the enum is open
            _ => Retry::Later,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_) => Retry::Later,
        // configuration, decoding, missing columns and rows; the enum is open
        _ => Retry::Never,
    }
}

/// The URL as a log may show it.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        (_, None | Some(_)) => url.to_owned(),
    }
}

/// SQL `($from, …)`: a list of `count` parameters.
#[must_use]
pub fn list(from: usize, count: usize) -> String {
    let names: Vec<_> = (from..from + count).map(|n| format!("${n}")).collect();
    format!("({})", names.join(", "))
}

impl Engine {
    /// SQL `($1, $2), ($3, $4), …`: the VALUES of `rows` rows of `columns` columns. To SQLite, `$1`
    /// is a name that it looks up one by one; with a thousand of them only `?` will do.
    #[must_use]
    pub fn values(self, rows: usize, columns: usize) -> String {
        let row = |row: usize| match self {
            Self::Postgres => list(row * columns + 1, columns),
            Self::Sqlite => format!("({})", vec!["?"; columns].join(", ")),
        };
        (0..rows).map(row).collect::<Vec<_>>().join(", ")
    }
}
