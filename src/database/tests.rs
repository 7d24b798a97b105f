//! Opening, and the two engines' migrations side by side.

use super::testing::Place;
use super::{Database, Engine, POSTGRES, SQLITE};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use std::collections::BTreeMap;
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_programs_may_open_a_new_database_at_once() {
    let place = Place::new().await;
    let mut programs = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = place.url.clone();
        programs.spawn(async move { Database::open(&url).await.map(|_| ()) });
    }
    for opened in programs.join_all().await {
        opened.unwrap();
    }
}

#[tokio::test]
async fn a_database_opened_to_read_refuses_every_write() {
    let place = Place::new().await;
    assert!(Database::open_to_read(&place.url).await.is_err(), "none is made");
    Database::open(&place.url).await.unwrap().close().await;
    let database = Database::open_to_read(&place.url).await.unwrap();
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM messages").fetch_one(database.read());
    let count: i64 = count.await.unwrap();
    assert_eq!(count, 0);
    for sql in
        ["DELETE FROM messages", "INSERT INTO case_years (year, last) VALUES (2026, 1)", "DROP TABLE cases"]
    {
        let mut writer = database.writer("writing").await.unwrap();
        assert!(writer.execute(AssertSqlSafe(sql)).await.is_err(), "{sql}");
    }
    database.close().await;
    // of another version: not brought up to date, refused
    let newer = Database::open(&place.url).await.unwrap();
    let mut writer = newer.writer("ageing").await.unwrap();
    writer.execute(AssertSqlSafe("DELETE FROM _sqlx_migrations WHERE version > 5")).await.unwrap();
    drop(writer);
    let refused = Database::open_to_read(&place.url).await.unwrap_err().to_string();
    assert!(refused.contains("version"), "{refused}");
}

/// A database of the version before, with a message waiting in it.
#[tokio::test]
async fn messages_of_the_version_before_wait_in_the_first_lane() {
    let place = Place::new().await;
    let (engine, all) = if place.url.starts_with("postgres") {
        (Engine::Postgres, &POSTGRES)
    } else {
        (Engine::Sqlite, &SQLITE)
    };
    let before = Migrator::with_migrations(all.iter().filter(|step| step.version < 3).cloned().collect());
    sqlx::any::install_default_drivers();
    let url = if engine == Engine::Sqlite { format!("{}?mode=rwc", place.url) } else { place.url.clone() };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    before.run_direct(None, &mut connection, false).await.unwrap();
    let message = "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at) \
                   VALUES (1, 'a', 1, 1, 0, 0, 'kept', 0)";
    connection.execute(AssertSqlSafe(message)).await.unwrap();
    connection.close().await.unwrap();
    let database = Database::open(&place.url).await.unwrap();
    let row = sqlx::query_scalar("SELECT lane FROM messages").fetch_one(database.read());
    let lane: String = row.await.unwrap();
    assert_eq!(lane, "quick");
}

/// Table → its columns' names, of every migration of an engine.
fn tables(engine: &str) -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        for table in sql.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(" (").unwrap();
            let lines = rest.lines().skip(1).take_while(|line| !line.starts_with(')'));
            let words = lines.filter_map(|line| line.split_whitespace().next());
            let columns = words.filter(|word| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            });
            found.entry(name.to_owned()).or_default().extend(columns.map(str::to_owned));
        }
        for added in sql.split("ALTER TABLE ").skip(1) {
            // constraints are added too
            let words: Vec<_> = added.split_whitespace().take(4).collect();
            if let [name, "ADD", "COLUMN", column] = words.as_slice() {
                found.entry((*name).to_owned()).or_default().push((*column).to_owned());
            }
        }
    }
    found
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (tables("sqlite"), tables("postgres"));
    assert!(sqlite.len() > 20 && sqlite["messages"].contains(&"lane".to_owned()), "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}
