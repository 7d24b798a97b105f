//! Opening, and the two engines' migrations side by side.

use super::Database;
use super::testing::Place;
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

/// Table → its columns' names, of every migration of an engine.
fn tables(engine: &str) -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let sql = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for table in sql.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(" (").unwrap();
            let lines = rest.lines().skip(1).take_while(|line| !line.starts_with(')'));
            let words = lines.filter_map(|line| line.split_whitespace().next());
            let columns = words.filter(|word| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            });
            found.insert(name.to_owned(), columns.map(str::to_owned).collect());
        }
    }
    found
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (tables("sqlite"), tables("postgres"));
    assert!(sqlite.len() > 20 && sqlite["messages"].contains(&"sha256".to_owned()), "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}
