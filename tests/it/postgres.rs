//! A real PostgreSQL, as `tests/postgres` starts it: on loopback, in a temporary folder, empty.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Postgres {
    script: Child,
    url: String,
}

impl Postgres {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres");
        // the server lives as long as what the script runs, which ends with our end of its input
        let tell_and_stay = "echo \"$GUICHET_TEST_POSTGRES\"; read -r _";
        let mut script = Command::new(script)
            .args(["sh", "-c", tell_and_stay])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("postgres:"), "no PostgreSQL: tests/run installs it");
        Self { script, url }
    }

    /// The URL of the database that is there from the start.
    pub fn url(&self) -> String {
        format!("{}postgres", self.url)
    }

    /// The number that a question to the database comes to.
    pub fn asked(&self, sql: &'static str) -> i64 {
        self.connected(async |connection| sqlx::query_scalar(sql).fetch_one(connection).await.unwrap())
    }

    /// Statements behind everybody's back.
    pub fn does(&self, sql: &'static str) {
        self.connected(async |connection| {
            sqlx::raw_sql(sql).execute(connection).await.unwrap();
        });
    }

    /// The database is gone: whoever is connected is thrown out, and nobody comes in.
    pub fn goes(&self) {
        self.connected_to("template1", async |connection| {
            let sql = "ALTER DATABASE postgres ALLOW_CONNECTIONS false; \
                       SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'";
            for one in sql.split(';') {
                sqlx::raw_sql(one).execute(&mut *connection).await.unwrap();
            }
        });
    }

    /// It is back.
    pub fn comes_back(&self) {
        self.connected_to("template1", async |connection| {
            sqlx::raw_sql("ALTER DATABASE postgres ALLOW_CONNECTIONS true")
                .execute(connection)
                .await
                .unwrap();
        });
    }

    fn connected<T>(&self, work: impl AsyncFnOnce(&mut sqlx::AnyConnection) -> T) -> T {
        self.connected_to("postgres", work)
    }

    fn connected_to<T>(&self, database: &str, work: impl AsyncFnOnce(&mut sqlx::AnyConnection) -> T) -> T {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = format!("{}{database}", self.url);
            let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
            work(&mut connection).await
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
