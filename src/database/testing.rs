//! A database of its own for each test: SQLite in a temporary folder, or one on the PostgreSQL that
//! `GUICHET_TEST_POSTGRES` names (see `tests/postgres`).

use sqlx::{AssertSqlSafe, Connection, Executor};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a test's database is; gone with it.
pub struct Place {
    pub url: String,
    _folder: tempfile::TempDir,
}

impl Place {
    #[expect(clippy::missing_panics_doc, reason = "a test's own set-up")]
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match postgres() {
            None => format!("sqlite:{}", folder.path().join("guichet.db").display()),
            Some(server) => create_on(&server).await,
        };
        Self { url, _folder: folder }
    }
}

fn postgres() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "which engine is tested is not configuration")]
    std::env::var("GUICHET_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A new, empty database on the server at `server`, a URL that ends in `/`.
async fn create_on(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let mut admin = sqlx::AnyConnection::connect(&format!("{server}postgres")).await.unwrap();
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    format!("{server}{name}")
}
