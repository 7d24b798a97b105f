//! A database of its own for each test: SQLite in a temporary folder, or one on the PostgreSQL that
//! `GUICHET_TEST_POSTGRES` names (see `tests/postgres`).

use sqlx::{AssertSqlSafe, Connection, Executor};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a test's database is; gone with it.
pub struct Place {
    pub url: String,
    _folder: tempfile::TempDir,
    /// The server and the name of the database on it, which is dropped: 8 MB for each test fill a small disk.
    on: Option<(String, String)>,
}

impl Place {
    #[expect(clippy::missing_panics_doc, reason = "a test's own set-up")]
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Some(server) = postgres() else {
            let url = format!("sqlite:{}", folder.path().join("guichet.db").display());
            return Self { url, _folder: folder, on: None };
        };
        let name = create_on(&server).await;
        Self { url: format!("{server}{name}"), _folder: folder, on: Some((server, name)) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((server, name)) = self.on.take() else { return };
        // the test's own runtime cannot be waited for here
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute_on(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
        });
        let dropped = dropping.join().is_ok();
        assert!(dropped || std::thread::panicking(), "the test's database was not dropped");
    }
}

fn postgres() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "which engine is tested is not configuration")]
    std::env::var("GUICHET_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// The name of a new, empty database on the server at `server`, a URL that ends in `/`.
async fn create_on(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    execute_on(server, format!("CREATE DATABASE {name}")).await;
    name
}

async fn execute_on(server: &str, sql: String) {
    let mut admin = sqlx::AnyConnection::connect(&format!("{server}postgres")).await.unwrap();
    admin.execute(AssertSqlSafe(sql)).await.unwrap();
}
