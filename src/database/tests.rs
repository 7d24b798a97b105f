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

/// A database of an earlier version, with rows in it, brought up to date.
async fn brought_up_from(place: &Place, version: i64, rows: &[&'static str]) -> Database {
    let (engine, all) = if place.url.starts_with("postgres") {
        (Engine::Postgres, &POSTGRES)
    } else {
        (Engine::Sqlite, &SQLITE)
    };
    let steps = all.iter().filter(|step| step.version <= version).cloned().collect();
    sqlx::any::install_default_drivers();
    let url = if engine == Engine::Sqlite { format!("{}?mode=rwc", place.url) } else { place.url.clone() };
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    Migrator::with_migrations(steps).run_direct(None, &mut connection, false).await.unwrap();
    for row in rows {
        connection.execute(AssertSqlSafe(*row)).await.unwrap();
    }
    connection.close().await.unwrap();
    Database::open(&place.url).await.unwrap()
}

#[tokio::test]
async fn the_current_registry_of_the_version_before_stays() {
    let place = Place::new().await;
    let database = brought_up_from(
        &place,
        3,
        &[
            "INSERT INTO registry_snapshots (id, state, loaded_at, origin, structures, contracts, cards, mandates, bad_rows) \
             VALUES (6, 'previous', 1, 'old', 1, 0, 0, 0, 0), (7, 'current', 2, 'new', 1, 0, 2, 0, 1)",
            "INSERT INTO registry_structures (snapshot, line, finess, level, rpps_rang, name, class, closed, flagged) \
             VALUES (6, 2, '1', 'EJ', '', 'Old', NULL, 0, 0), (7, 2, '1', 'EJ', '9', 'New', 'dialysis', 0, 1)",
            "INSERT INTO registry_rangs (snapshot, rpps_rang, line) VALUES (6, '8', 2), (7, '9', 2)",
            "INSERT INTO registry_cards (snapshot, line, number, last_name, first_name) \
             VALUES (6, 2, '1', 'a', 'b'), (7, 2, '1', 'a', 'b'), (7, 3, '2', 'c', 'd')",
            "INSERT INTO registry_bad_rows (snapshot, feed, line, because) VALUES (7, 'cards', 4, 'no number')",
            "INSERT INTO registry_bad_keys (snapshot, feed, identifier, line) VALUES (7, 'cards', '2100000017', 4)",
        ],
    )
    .await;
    for (of, rows) in [
        ("registry_structures WHERE came = 7 AND name = 'New' AND class = 'dialysis'", 1),
        ("registry_rangs JOIN registry_structures ON id = structure", 1),
        ("registry_cards WHERE came = 7 AND gone IS NULL AND feed = 'cards'", 2),
        ("registry_bad_keys JOIN registry_bad_rows ON id = bad_row WHERE feed = 'cards'", 1),
        ("registry_feeds WHERE snapshot = 7 AND loaded_at = 2", 4),
        ("registry_feeds WHERE feed = 'cards' AND rows = 2 AND bad_rows = 1", 1),
        ("registry_snapshots WHERE state IN ('current', 'dropped')", 2),
    ] {
        let sql = format!("SELECT COUNT(*) FROM {of}");
        let row = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(database.read());
        let count: i64 = row.await.unwrap();
        assert_eq!(count, rows, "{of}");
    }
}

#[tokio::test]
async fn feeds_of_the_version_before_are_not_withdrawn() {
    let place = Place::new().await;
    let rows = [
        "INSERT INTO registry_snapshots (id, state, loaded_at, origin) VALUES (7, 'current', 2, 'x')",
        "INSERT INTO registry_feeds (snapshot, feed, loaded_at, origin, rows, flagged, bad_rows) \
         VALUES (7, 'cards', 2, 'x', 1, 0, 0)",
    ];
    let database = brought_up_from(&place, 6, &rows).await;
    let current = crate::registry::Registry::new(database).current().await.unwrap().unwrap();
    assert_eq!((current.feeds.len(), current.withdrawn.len()), (1, 0));
}

#[tokio::test]
async fn messages_of_the_version_before_wait_in_the_first_lane() {
    let place = Place::new().await;
    let message = "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at) \
                   VALUES (1, 'a', 1, 1, 0, 0, 'kept', 0)";
    let database = brought_up_from(&place, 2, &[message]).await;
    let row = sqlx::query_scalar("SELECT lane FROM messages").fetch_one(database.read());
    let lane: String = row.await.unwrap();
    assert_eq!(lane, "quick");
}

#[tokio::test]
async fn a_database_of_the_version_before_is_in_use_and_no_letter_is_withdrawn() {
    let place = Place::new().await;
    let rows = [
        "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at) \
         VALUES (1, 'a', 1, 1, 0, 0, 'kept', 0)",
        "INSERT INTO sightings (message_id, mailbox, uidvalidity, uid, received_at, seen_at) \
         VALUES (1, 'INBOX', 1, 1, 0, 0)",
        "INSERT INTO replies (message_id, position, template, recipient, address_key, domain_key, subject, rfc_id, \
         state, created_at, due_at) VALUES (1, 0, 'received', 'a', 'a', 'b', 's', 'r', 'held', 0, 0)",
    ];
    let database = brought_up_from(&place, 8, &rows).await;
    let store = crate::store::Store::new(database.clone());
    assert_eq!(store.state().await.unwrap(), crate::store::StoreState::InUse);
    for sql in [
        "SELECT COUNT(*) FROM replies WHERE withdrawn = 0",
        "SELECT COUNT(*) FROM sightings WHERE filing_worker IS NULL",
    ] {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(database.read()).await.unwrap();
        assert_eq!(count, 1, "{sql}");
    }
}

#[tokio::test]
async fn what_waits_keeps_what_it_is_judged_from() {
    let place = Place::new().await;
    let rows = [
        "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at, outcome) \
         VALUES (1, 'a', 1, 1, 0, 0, 'done', 0, 'to_do')",
        "INSERT INTO cases (id, number, message_id, position, received_at, day, decided_at, state, verdict, source, \
         search, report, rules_version, reader_version) VALUES (7, 'F413-2026-000001', 1, 0, 0, '2026-11-22', 0, \
         'waiting', 'review', 'fields', '', '{}', 'r', 'r')",
        "INSERT INTO case_waits (case_id, because, ground, deadline, shown) \
         VALUES (7, 'registry_unavailable', '{\"names\":[]}', 0, 0)",
    ];
    let database = brought_up_from(&place, 9, &rows).await;
    let sql =
        "SELECT ground FROM case_grounds JOIN cases ON cases.id = case_grounds.case_id WHERE version = 1";
    let ground: String = sqlx::query_scalar(sql).fetch_one(database.read()).await.unwrap();
    assert_eq!(ground, "{\"names\":[]}");
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

#[tokio::test]
async fn mails_of_the_version_before_wait_in_the_first_turn() {
    let place = Place::new().await;
    let message = "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at) \
                   VALUES (1, 'a', 1, 1, 0, 0, 'kept', 0)";
    let database = brought_up_from(&place, 14, &[message]).await;
    let row = sqlx::query_as("SELECT turn, waits_as FROM messages").fetch_one(database.read());
    let (turn, waits_as): (i64, Option<String>) = row.await.unwrap();
    assert_eq!((turn, waits_as), (0, None));
}

/// SQLite takes a transaction back by itself when there is no room for it.
#[tokio::test]
async fn when_the_disk_was_full_the_next_transaction_begins_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("guichet.db").display());
    let database = Database::open(&url).await.unwrap();
    let fills = async || {
        let mut transaction = database.begin("filling").await.unwrap();
        transaction.execute("CREATE TABLE IF NOT EXISTS big (bytes BLOB)").await.unwrap();
        transaction.execute("INSERT INTO big VALUES (zeroblob(1000000))").await?;
        transaction.commit().await
    };
    {
        // of this connection alone: who opens another has room again
        let mut connection = database.writer("making the disk small").await.unwrap();
        let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(&mut *connection).await.unwrap();
        let small = format!("PRAGMA max_page_count = {}", pages + 8);
        connection.execute(AssertSqlSafe(small)).await.unwrap();
    }
    let full = fills().await.unwrap_err().to_string();
    assert!(full.contains("full"), "{full}");
    fills().await.unwrap();
    assert_eq!(database.file().await.unwrap(), Some(folder.path().join("guichet.db")));
}

/// What was acknowledged must not go with the power: the log is on the disk before a commit returns.
#[tokio::test]
async fn a_commit_is_on_the_disk_before_anybody_is_told() {
    let place = Place::new().await;
    let database = Database::open(&place.url).await.unwrap();
    let mut writer = database.writer("asking").await.unwrap();
    let ask = async |sql: &'static str, writer: &mut AnyConnection| -> String {
        sqlx::query_scalar(sql).fetch_one(writer).await.unwrap()
    };
    match database.engine() {
        Engine::Sqlite => {
            let synchronous: i64 =
                sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *writer).await.unwrap();
            assert_eq!((synchronous, ask("PRAGMA journal_mode", &mut writer).await.as_str()), (2, "wal"));
        }
        Engine::Postgres => assert_eq!(ask("SHOW synchronous_commit", &mut writer).await, "on"),
    }
}
