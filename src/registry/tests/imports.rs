//! Imports: refused, replaced, cleared away.

use super::desk::{CARDS, CONTRACTS, Desk, MANDATES, STRUCTURES, at, cards, finess, names, numbers};
use crate::database::Database;
use crate::domain::facts::{Answer, NoAnswer, Wanted};
use crate::registry::import::load::{LoadedFeed, Loading};
use crate::registry::import::row::{CardCells, Row};
use crate::registry::{Changes, Feed, Options, Refusal, Registry, SnapshotState, Wrong};
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
        (c.added, c.removed, c.changed, c.closed, c.opposed, c.ended)
    };
    assert_eq!(counts(0), (0, 0, 1, 1, 0, 0));
    assert_eq!(counts(1), (0, 0, 1, 0, 0, 1));
    assert_eq!(counts(2), (1, 1, 1, 0, 1, 0));
    assert_eq!(counts(3), (0, 0, 0, 0, 0, 0));
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
    // nothing changed: each row is there once
    assert_eq!(desk.count("registry_rangs").await, 2);
    assert_eq!(desk.count("registry_cards").await, 2);
    for (minutes, name) in (4..).zip(["Henri", "Henriette", "Henrik"]) {
        desk.writes(Feed::Cards, &CARDS.replace("Henri", name));
        desk.imports(minutes).await.unwrap();
    }
    // what the last two show, and nothing older
    assert_eq!(desk.count("registry_cards").await, 3);
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
    let told: Vec<_> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "structures.csv lacks the columns status");
    assert!(
        matches!(&refusals[1], Refusal::File { wrong: Wrong::Columns(columns), .. } if columns.len() == 6)
    );
    assert_eq!(told[2], "cards.csv: 1 of 2 lines cannot be read");
    assert!(told[3].starts_with("mandates.csv cannot be read: No such file"), "{told:?}");
    assert_eq!(desk.registry.current().await.unwrap(), current);
    let facts = desk.facts(&finess("310908306")).await;
    assert!(facts.by_finess.as_ref().and_then(Answer::found).is_some());
    for table in ["structures", "contracts", "cards", "mandates"] {
        let sql =
            format!("registry_{table} WHERE came <> {} OR gone IS NOT NULL", current.as_ref().unwrap().id);
        assert_eq!(desk.count(&sql).await, 0, "{table}");
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
    let forced = Options { force: true, ..Options::default() };
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
    let lenient = Options { max_bad_rows: 0.5, ..Options::default() };
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
    let [Refusal::BadRows { bad, rows: 3_002, .. }] = refusals.as_slice() else { panic!("{refusals:?}") };
    assert_eq!(*bad, 2_990);
}

#[tokio::test]
async fn a_file_that_is_not_utf8_is_refused() {
    let desk = Desk::new().await;
    let latin1: Vec<u8> = MANDATES.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    std::fs::write(desk.files.path().join("mandates.csv"), latin1).unwrap();
    let file = "mandates.csv".to_owned();
    assert_eq!(desk.refusals(0).await, [Refusal::BadRows { file, bad: 1, rows: 2 }]);
}

#[tokio::test]
async fn an_import_that_died_half_way_is_cleared_away_by_the_next() {
    let desk = Desk::loaded().await;
    let current = desk.registry.current().await.unwrap().unwrap().id;
    desk.writes(Feed::Mandates, &format!("{MANDATES}310908306;X;Y;;;\n"));
    desk.writes(Feed::Cards, &CARDS.replace("Henri", "Henriette"));
    desk.writes(Feed::Structures, &STRUCTURES.replace("99700014121005", "99700014121021"));
    // dies when everything is written, before it is current
    desk.breaks("registry_snapshots", "UPDATE").await;
    assert!(desk.imports(1).await.is_err());
    desk.mends("registry_snapshots").await;
    let rows = desk.count("registry_cards").await;
    assert_eq!((rows, desk.count("registry_mandates").await), (3, 3), "its rows lie there");
    // readers do not see it
    let wanted = cards(["2900351819"]);
    let first_name = async || {
        let facts = desk.facts(&wanted).await;
        facts.cards[&wanted.cards[0]].found().unwrap().first_name.expose().to_owned()
    };
    assert_eq!(first_name().await, "Henri");
    assert_eq!(desk.facts(&finess("310908306")).await.mandates.found().unwrap().len(), 1);
    assert_eq!(desk.registry.current().await.unwrap().unwrap().id, current);
    for (feed, text) in [(Feed::Mandates, MANDATES), (Feed::Cards, CARDS), (Feed::Structures, STRUCTURES)] {
        desk.writes(feed, text);
    }
    let next = desk.imports(2).await.unwrap();
    assert!(next.feeds.iter().all(|feed| feed.changes == Some(Changes::default())), "{next:?}");
    assert_eq!(first_name().await, "Henri");
    assert_eq!((desk.count("registry_cards").await, desk.count("registry_rangs").await), (2, 2));
    assert_eq!(desk.count("registry_cards WHERE gone IS NOT NULL").await, 0, "what it marked is as before");
}

#[tokio::test]
async fn of_two_imports_at_once_the_later_one_counts() {
    let desk = Desk::loaded().await;
    let database = &desk.registry.database;
    let mut slow = Loading::begin(database, "slow", at(1)).await.unwrap();
    let load = slow.open(Feed::Mandates).await.unwrap();
    desk.imports(2).await.unwrap();
    // had the first only been slow, it is told, and nothing of it is seen
    let loaded = LoadedFeed { feed: Feed::Mandates, origin: String::new(), rows: 0, flagged: 0, bad: 0 };
    let fault = slow.close(load, loaded).await.unwrap_err();
    assert!(fault.to_string().contains("another import has begun"), "{fault}");
    assert!(slow.finish(None, at(3)).await.is_err());
    assert_eq!(desk.facts(&finess("310908306")).await.mandates.found().unwrap().len(), 1);
}

#[tokio::test]
async fn who_asks_during_an_import_sees_the_old_state_whole() {
    let desk = Desk::loaded().await;
    desk.writes(Feed::Cards, &many_cards(3_000).replace("Henri", "Henriette"));
    desk.writes(Feed::Contracts, &CONTRACTS.replace("2026-01-04;;active", "2026-01-04;;suspended"));
    let registry = desk.registry.clone();
    let current = registry.current().await.unwrap().unwrap().id;
    let wanted = Wanted { cards: cards(["2900351819", "5000000007"]).cards, ..finess("310908306") };
    let mut loading = Loading::begin(&registry.database, "slow", at(1)).await.unwrap();
    // every card anew, and none of the old ones left
    let mut load = loading.open(Feed::Cards).await.unwrap();
    for n in 0..10 {
        let number = format!("{:010}", 5_000_000_000_u64 + n).into();
        let card = CardCells {
            number,
            kind: None,
            untyped: false,
            last_name: None,
            first_name: None,
            holder_id: None,
            structure: None,
            days: [None, None, None],
        };
        loading.row(&mut load, Row::card(n, card)).await.unwrap();
    }
    let loaded = LoadedFeed { feed: Feed::Cards, origin: String::new(), rows: 10, flagged: 0, bad: 0 };
    loading.close(load, loaded).await.unwrap();
    let facts = desk.facts(&wanted).await;
    assert_eq!(facts.snapshot, Some(current));
    assert!(facts.cards[&wanted.cards[0]].found().is_some());
    assert_eq!(facts.cards[&wanted.cards[1]], Answer::NotFound);
    loading.finish(Some(current), at(2)).await.unwrap();
    let facts = desk.facts(&wanted).await;
    assert!(facts.cards[&wanted.cards[1]].found().is_some());
    assert_eq!(facts.cards[&wanted.cards[0]], Answer::NotFound);
    assert_eq!(numbers(&facts), ["C-1", "C-2"], "what was not loaded stays");
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
    let options = Options::default();
    let imported = registry.import_dir(&folder, &options, at(0), |step| told.push(step)).await.unwrap();
    assert_eq!(imported.bad_rows, []);
    for feed in &imported.feeds {
        let text = std::fs::read_to_string(folder.join(feed.feed.file())).unwrap();
        assert_eq!(feed.rows, text.lines().count() as u64 - 1, "{}", feed.feed);
    }
    for feed in Feed::OWN {
        let last = told.iter().rfind(|step| step.feed == feed).unwrap();
        assert!(last.done == last.total && last.total > 0, "{feed}");
    }
}
