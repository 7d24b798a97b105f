//! Imports: refused, replaced, cleared away.

use super::desk::{CARDS, CONTRACTS, Desk, MANDATES, STRUCTURES, at, cards, finess, names, numbers};
use crate::database::Database;
use crate::domain::facts::{Answer, NoAnswer};
use crate::registry::{Classes, Feed, Options, Refusal, Registry, SnapshotState};
use std::fmt::Write as _;
use std::path::Path;

fn first_lines(text: &str, count: usize) -> String {
    text.split_inclusive('\n').take(count).collect()
}

fn many_cards(count: u32) -> String {
    let mut text = CARDS.to_owned();
    for n in 0..count {
        let _ = writeln!(
            text,
            "{:010};CPE;Nom;Prénom;;;2025-12-03;2029-04-13;",
            5_000_000_000_u64 + u64::from(n)
        );
    }
    text
}

#[tokio::test]
async fn a_new_import_replaces_the_old_one_and_says_what_changed() {
    let desk = Desk::new().await;
    let first = desk.imports(0).await.unwrap();
    assert_eq!((first.before, first.feeds[0].rows, first.feeds[0].changes), (None, 6, None));
    desk.writes(Feed::Structures, &STRUCTURES.replace("public_hospital;;;open", "public_hospital;;;closed"));
    desk.writes(Feed::Contracts, &CONTRACTS.replace("2026-01-04;;active", "2026-01-04;;suspended"));
    desk.writes(
        Feed::Cards,
        &CARDS.replace("2028-09-07;", "2028-09-07;2026-11-24").replace("0400319487", "0400319488"),
    );
    let second = desk.imports(24 * 60).await.unwrap();
    assert_eq!(second.before, Some(first.snapshot));
    let changes: Vec<_> = second.feeds.iter().map(|feed| feed.changes.unwrap()).collect();
    let counts = |n: usize| {
        let c = changes[n];
        (c.added, c.removed, c.closed, c.opposed, c.ended)
    };
    assert_eq!(counts(0), (0, 0, 1, 0, 0));
    assert_eq!(counts(1), (0, 0, 0, 0, 1));
    assert_eq!(counts(2), (1, 1, 0, 1, 0));
    assert_eq!(counts(3), (0, 0, 0, 0, 0));
    let facts = desk.facts(&finess("310908306")).await;
    assert!(facts.by_finess.as_ref().and_then(Answer::found).unwrap().structure.closed);
    assert_eq!(facts.snapshot, Some(second.snapshot));
}

#[tokio::test]
async fn only_the_last_two_snapshots_keep_their_rows() {
    let desk = Desk::new().await;
    for minutes in 0..4 {
        desk.imports(minutes).await.unwrap();
    }
    let states: Vec<_> =
        desk.registry.snapshots().await.unwrap().iter().map(|snapshot| snapshot.state).collect();
    let dropped = SnapshotState::Dropped;
    assert_eq!(states, [SnapshotState::Current, SnapshotState::Previous, dropped, dropped]);
    let (rows,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM registry_rangs")
        .fetch_one(desk.registry.database.read())
        .await
        .unwrap();
    assert_eq!(rows, 4);
}

#[tokio::test]
async fn every_reason_to_refuse_is_given_at_once_and_the_current_snapshot_stays() {
    let desk = Desk::loaded().await;
    let current = desk.registry.current().await.unwrap();
    desk.writes(Feed::Structures, &STRUCTURES.replace(";status", ";state"));
    desk.writes(Feed::Contracts, "number;structure\n");
    desk.writes(Feed::Cards, &CARDS.replace("2026-05-01", "01/05/2026"));
    std::fs::remove_file(desk.files.path().join("mandates.csv")).unwrap();
    let refusals = desk.refusals(1).await;
    assert_eq!(refusals.len(), 4, "{refusals:?}");
    assert_eq!(refusals[0], Refusal::ColumnsMissing { feed: Feed::Structures, columns: vec!["status"] });
    assert!(matches!(&refusals[1], Refusal::ColumnsMissing { columns, .. } if columns.len() == 6));
    assert_eq!(refusals[2], Refusal::BadRows { feed: Feed::Cards, bad: 1, rows: 2 });
    assert!(matches!(&refusals[3], Refusal::FileMissing { feed: Feed::Mandates, .. }));
    assert_eq!(desk.registry.current().await.unwrap(), current);
    let facts = desk.facts(&finess("310908306")).await;
    assert!(facts.by_finess.as_ref().and_then(Answer::found).is_some());
    for table in ["structures", "contracts", "cards", "mandates"] {
        let sql = format!("SELECT COUNT(*) FROM registry_{table} WHERE snapshot <> $1");
        let (left,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(current.as_ref().unwrap().id)
            .fetch_one(desk.registry.database.read())
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn a_feed_that_shrank_is_refused_unless_forced() {
    let desk = Desk::loaded().await;
    desk.writes(Feed::Structures, &first_lines(STRUCTURES, 6));
    desk.imports(1).await.unwrap();
    // 5 → 4 is 20 %, the limit; 4 → 3 is more
    desk.writes(Feed::Structures, &first_lines(STRUCTURES, 5));
    desk.imports(2).await.unwrap();
    desk.writes(Feed::Structures, &first_lines(STRUCTURES, 4));
    assert_eq!(desk.refusals(3).await, [Refusal::Shrunk { feed: Feed::Structures, before: 4, after: 3 }]);
    let forced = Options { force: true, ..Options::new().unwrap() };
    assert_eq!(desk.imports_with(4, &forced).await.unwrap().feeds[0].rows, 3);
}

#[tokio::test]
async fn a_few_bad_rows_are_listed_and_what_they_held_has_no_answer() {
    let desk = Desk::new().await;
    let mut text = many_cards(3_000);
    text.push_str("2800822542;CPE;Arnaud;Marthe;;;26/01/2026;;\n");
    text.push_str("2800232665;CPX;Mendès;Odette;;;;;\n");
    desk.writes(Feed::Cards, &text);
    let imported = desk.imports(0).await.unwrap();
    let told: Vec<_> = imported.bad_rows.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "cards.csv, line 3004: valid_from \"26/01/2026\" is no date (AAAA-MM-JJ)",
            "cards.csv, line 3005: unknown card type \"CPX\"",
        ]
    );
    assert_eq!(imported.feeds[2].rows, 3_002);
    let wanted = cards(["2800822542", "5000002999", "5000003000"]);
    let facts = desk.facts(&wanted).await;
    assert_eq!(facts.cards[&wanted.cards[0]], Answer::NoAnswer(NoAnswer::Unreadable));
    assert!(facts.cards[&wanted.cards[1]].found().is_some());
    assert_eq!(facts.cards[&wanted.cards[2]], Answer::NotFound);
}

#[tokio::test]
async fn a_contract_that_could_not_be_read_is_not_a_missing_contract() {
    let desk = Desk::new().await;
    desk.writes(
        Feed::Contracts,
        &CONTRACTS.replace("C-1;310908306;2026-01-04;2026-01-04", "C-1;310908306;2026-01-04;04/01/2026"),
    );
    let lenient = Options { max_bad_rows: 0.5, ..Options::new().unwrap() };
    desk.imports_with(0, &lenient).await.unwrap();
    let facts = desk.facts(&finess("2A0139093")).await;
    assert_eq!(facts.contracts, Answer::NoAnswer(NoAnswer::Unreadable));
    assert!(matches!(facts.by_finess, Some(Answer::Found(_))));
    assert!(matches!(desk.facts(&finess("440186484")).await.contracts, Answer::Found(_)));
}

#[tokio::test]
async fn a_quote_that_never_closes_swallows_no_rows_unseen() {
    let desk = Desk::new().await;
    let text = many_cards(3_000).replace("5000000010;CPE;Nom", "5000000010;CPE;\"Nom");
    desk.writes(Feed::Cards, &text);
    let refusals = desk.refusals(0).await;
    let [Refusal::BadRows { feed: Feed::Cards, bad, rows: 3_002 }] = refusals.as_slice() else {
        panic!("{refusals:?}")
    };
    assert_eq!(*bad, 2_990);
}

#[tokio::test]
async fn a_file_that_is_not_utf8_is_refused() {
    let desk = Desk::new().await;
    let latin1: Vec<u8> = MANDATES.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    std::fs::write(desk.files.path().join("mandates.csv"), latin1).unwrap();
    assert_eq!(desk.refusals(0).await, [Refusal::BadRows { feed: Feed::Mandates, bad: 1, rows: 2 }]);
}

#[tokio::test]
async fn an_import_that_died_half_way_is_cleared_away_by_the_next() {
    let desk = Desk::loaded().await;
    let current = desk.registry.current().await.unwrap().unwrap().id;
    let dead = crate::registry::load::Loading::begin(&desk.registry.database, "dead", at(1)).await.unwrap();
    let mut batch = dead.batch(Feed::Mandates);
    let mandate = csv::StringRecord::from(vec!["310908306", "X", "Y", "", "", ""]);
    let columns = csv::StringRecord::from(Feed::Mandates.columns().to_vec());
    let header = crate::registry::feed::Header::read(Feed::Mandates, &columns).unwrap();
    batch.row(2, header.row(&mandate, &Classes::built_in().unwrap()).unwrap()).await.unwrap();
    batch.close().await.unwrap();
    // readers do not see it
    assert_eq!(desk.facts(&finess("310908306")).await.mandates.found().unwrap().len(), 1);
    assert_eq!(desk.registry.current().await.unwrap().unwrap().id, current);
    desk.imports(2).await.unwrap();
    // had it only been slow, it would now be told
    assert!(dead.finish([0, 0, 0, 1], 0).await.is_err());
    assert_eq!(desk.facts(&finess("310908306")).await.mandates.found().unwrap().len(), 1);
}

#[tokio::test]
async fn a_large_family_is_found_whole() {
    let desk = Desk::new().await;
    let mut text = STRUCTURES.to_owned();
    let mut contracts = CONTRACTS.to_owned();
    for n in 0..700 {
        let _ = writeln!(text, "75{n:07};EG;310908306;;;Site {n};other;;;open");
        let _ = writeln!(contracts, "S-{n};75{n:07};;;;active;;");
    }
    desk.writes(Feed::Structures, &text);
    desk.writes(Feed::Contracts, &contracts);
    let imported = desk.imports(0).await.unwrap();
    assert!(imported.feeds[0].flagged > 600, "wrong keys are stored and flagged");
    let facts = desk.facts(&finess("310908306")).await;
    assert_eq!(names(facts.by_finess.as_ref().and_then(Answer::found).unwrap()).len(), 702);
    assert_eq!(numbers(&facts).len(), 702);
}

#[tokio::test]
async fn the_fixtures_are_read_to_the_last_line_and_progress_is_told() {
    let registry = Registry::new(Database::open("sqlite::memory:").await.unwrap());
    let mut told = vec![];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/registry");
    let options = Options::new().unwrap();
    let imported = registry.import_dir(&folder, &options, at(0), |step| told.push(step)).await.unwrap();
    assert_eq!(imported.bad_rows, []);
    for feed in &imported.feeds {
        let text = std::fs::read_to_string(folder.join(feed.feed.file())).unwrap();
        assert_eq!(feed.rows, text.lines().count() as u64 - 1, "{}", feed.feed);
    }
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|step| step.done == step.total && step.total > 0));
}
