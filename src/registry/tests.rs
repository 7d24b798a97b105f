//! The registry on real databases, from real files.

use super::{Classes, Feed, Imported, NotImported, Options, Refusal, Registry, SnapshotState};
use crate::database::Database;
use crate::database::testing::Place;
use crate::domain::facts::{Answer, Class, Facts, FinessLevel, NoAnswer, StructureFacts, Wanted};
use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use crate::domain::policy::Profile;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::path::Path;

const MAX_AGE: SignedDuration = SignedDuration::from_hours(36);

const STRUCTURES: &str = "\u{feff}finess;finess_type;finess_ej;siret;rpps_rang;name;class;category;main_site;status\r\n\
    310908306;EJ;;36613186000004;;Centre hospitalier de Saint-Évroult;public_hospital;;;open\r\n\
    2A0139093;EG;310908306;76030824700062;;Centre hospitalier, site principal;;355;;open\r\n\
    670034230;EG;310908306;66712768200041;;Pharmacie à usage intérieur;;620;;closed\r\n\
    440186484;EG;330175878;71737895400084;;Laboratoire, site 2;laboratory;611;590350625;open\r\n\
    ;;;;99700014121005 99700014121013;Cabinet de radiologie;liberal;;;open\r\n\
    ;;;36786843700032;;Logiciels SAS;other;;;open\r\n";
const CONTRACTS: &str = "number;structure;signed_on;valid_from;valid_until;status;representative_last_name;representative_first_name\n\
    C-1;310908306;2026-01-04;2026-01-04;;active;Breton;Henri\n\
    C-2;66712768200041;2020-01-04;2020-01-04;2025-01-01;terminated;;\n\
    C-3;36786843700032;;;2026-11-23;suspended;;\n";
const CARDS: &str = "number;type;last_name;first_name;holder_id;structure;valid_from;valid_until;opposed_on\n\
    2900351819;CDE;Breton;Henri;;310908306;2026-05-01;2028-09-07;\n\
    0400319487;CPE;Delaunay;Manon;;;2025-12-03;2029-04-13;2026-11-22\n";
const MANDATES: &str = "structure;last_name;first_name;card;valid_from;valid_until\n\
    310908306;Arnaud;Marthe;2800822542;2026-01-26;\n\
    2A0139093;Mendès;Odette;;;2026-11-12\n";

fn at(minutes: i64) -> Timestamp {
    let first: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    first + SignedDuration::from_mins(minutes)
}

struct Desk {
    registry: Registry,
    files: tempfile::TempDir,
    _place: Place,
}

impl Desk {
    /// An empty registry beside a folder with good files.
    async fn new() -> Self {
        let place = Place::new().await;
        let registry = Registry::new(Database::open(&place.url).await.unwrap());
        let desk = Self { registry, files: tempfile::tempdir().unwrap(), _place: place };
        for (feed, text) in Feed::ALL.into_iter().zip([STRUCTURES, CONTRACTS, CARDS, MANDATES]) {
            desk.writes(feed, text);
        }
        desk
    }

    async fn loaded() -> Self {
        let desk = Self::new().await;
        desk.imports(0).await.unwrap();
        desk
    }

    fn writes(&self, feed: Feed, text: &str) {
        std::fs::write(self.files.path().join(feed.file()), text).unwrap();
    }

    async fn imports(&self, minutes: i64) -> Result<Imported, NotImported> {
        self.imports_with(minutes, &Options::new().unwrap()).await
    }

    async fn imports_with(&self, minutes: i64, options: &Options) -> Result<Imported, NotImported> {
        self.registry.import_dir(self.files.path(), options, at(minutes), |_| {}).await
    }

    async fn facts(&self, wanted: &Wanted) -> Facts {
        self.registry.facts(wanted, at(60), MAX_AGE).await.unwrap()
    }

    async fn refusals(&self, minutes: i64) -> Vec<Refusal> {
        match self.imports(minutes).await.unwrap_err() {
            NotImported::Refused { refusals, .. } => refusals,
            NotImported::Fault(fault) => panic!("{fault}"),
        }
    }
}

fn finess(text: &str) -> Wanted {
    Wanted { finess: Some(Finess::parse(text, Profile::Production).unwrap()), ..Wanted::default() }
}

fn cards<const N: usize>(numbers: [&str; N]) -> Wanted {
    Wanted { cards: numbers.map(|number| CardNumber::parse(number).unwrap()).to_vec(), ..Wanted::default() }
}

fn names(facts: &StructureFacts) -> Vec<&str> {
    facts.establishments.iter().map(|site| site.name.as_str()).collect()
}

fn numbers(facts: &Facts) -> Vec<&str> {
    facts.contracts.found().unwrap().iter().map(|contract| contract.number.as_str()).collect()
}

#[tokio::test]
async fn an_establishment_comes_with_its_legal_entity_its_siblings_and_their_contracts() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("2A0139093")).await;
    let Some(Answer::Found(found)) = &facts.by_finess else { panic!("{facts:?}") };
    assert_eq!(found.structure.level, Some(FinessLevel::Geographical));
    assert_eq!(found.structure.class, None, "355 hangs on the legal status, which the file does not give");
    assert_eq!(found.legal_entity.as_ref().unwrap().finess.as_deref(), Some("310908306"));
    assert_eq!(names(found), ["Centre hospitalier, site principal", "Pharmacie à usage intérieur"]);
    assert_eq!(
        (found.establishments[1].class, found.establishments[1].closed),
        (Some(Class::Pharmacy), true)
    );
    // the sibling's old contract is under its SIRET
    assert_eq!(numbers(&facts), ["C-1", "C-2"]);
    let contracts = facts.contracts.found().unwrap();
    assert!(contracts[0].in_force(date(2026, 11, 23)) && !contracts[1].in_force(date(2024, 1, 1)));
    assert_eq!(contracts[0].representative_last_name.as_ref().unwrap().expose(), "Breton");
    let mandates = facts.mandates.found().unwrap();
    assert_eq!(
        mandates.iter().map(|mandate| mandate.last_name.expose()).collect::<Vec<_>>(),
        ["Arnaud", "Mendès"]
    );
    assert_eq!(mandates[1].valid_from, jiff::civil::Date::MIN);
}

#[tokio::test]
async fn a_legal_entity_comes_with_its_establishments_and_no_entity_above() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("310908306")).await;
    let Some(Answer::Found(found)) = &facts.by_finess else { panic!("{facts:?}") };
    assert_eq!((found.structure.level, &found.legal_entity), (Some(FinessLevel::Legal), &None));
    assert_eq!(names(found).len(), 2);
    assert_eq!(facts.snapshot, desk.registry.current().await.unwrap().map(|snapshot| snapshot.id));
    // mandates of the entity itself only: those of its establishments are theirs
    assert_eq!(facts.mandates.found().unwrap().len(), 1);
}

#[tokio::test]
async fn structures_are_found_by_siret_and_by_each_of_their_rpps_rang() {
    let desk = Desk::loaded().await;
    let wanted = Wanted {
        siret: Some(Siret::parse("36786843700032").unwrap()),
        rpps_rang: vec![RppsRang::parse("99700014121013").unwrap()],
        ..Wanted::default()
    };
    let facts = desk.facts(&wanted).await;
    let Some(Answer::Found(by_siret)) = &facts.by_siret else { panic!("{facts:?}") };
    assert_eq!((by_siret.len(), by_siret[0].structure.name.as_str()), (1, "Logiciels SAS"));
    assert_eq!(numbers(&facts), ["C-3"]);
    let by_rang = facts.by_rpps_rang[&wanted.rpps_rang[0]].found().unwrap();
    assert_eq!(by_rang.structure.rpps_rang, ["99700014121005", "99700014121013"]);
    assert_eq!(by_rang.structure.class, Some(Class::Liberal));
    assert_eq!(facts.by_finess, None);
}

#[tokio::test]
async fn a_laboratory_whose_legal_entity_is_not_on_file_stands_by_itself() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("440186484")).await;
    let found = facts.by_finess.as_ref().and_then(Answer::found).unwrap();
    assert_eq!(found.structure.main_site.as_deref(), Some("590350625"));
    assert_eq!((&found.legal_entity, names(found)), (&None, vec!["Laboratoire, site 2"]));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_was_never_loaded_has_no_answer() {
    let desk = Desk::new().await;
    let wanted = Wanted { cards: cards(["2900351819"]).cards, ..finess("350227658") };
    let never = desk.facts(&wanted).await;
    assert_eq!(never.by_finess, Some(Answer::NoAnswer(NoAnswer::NeverLoaded)));
    assert_eq!((never.contracts, never.snapshot), (Answer::NoAnswer(NoAnswer::NeverLoaded), None));
    assert_eq!(never.cards[&wanted.cards[0]], Answer::NoAnswer(NoAnswer::NeverLoaded));
    assert_eq!(desk.registry.age(at(0)).await.unwrap(), None);

    desk.imports(0).await.unwrap();
    let loaded = desk.facts(&wanted).await;
    assert_eq!(loaded.by_finess, Some(Answer::NotFound));
    assert_eq!(loaded.contracts, Answer::Found(vec![]));
    assert_eq!(desk.registry.age(at(90)).await.unwrap(), Some(SignedDuration::from_mins(90)));

    let late = desk.registry.facts(&wanted, at(0) + MAX_AGE, MAX_AGE).await.unwrap();
    assert_eq!(late.by_finess, Some(Answer::NotFound), "not older than its limit");
    let stale = desk.registry.facts(&wanted, at(1) + MAX_AGE, MAX_AGE).await.unwrap();
    assert_eq!(stale.by_finess, Some(Answer::NoAnswer(NoAnswer::Stale)));
    assert_eq!((stale.mandates, stale.snapshot), (Answer::NoAnswer(NoAnswer::Stale), loaded.snapshot));
}

#[tokio::test]
async fn a_card_keeps_its_leading_zero_and_its_opposition() {
    let desk = Desk::loaded().await;
    let wanted = cards(["0400319487", "2900351819", "0000000001"]);
    let facts = desk.facts(&wanted).await;
    let card = |n: usize| facts.cards[&wanted.cards[n]].clone();
    assert_eq!(card(0).found().unwrap().opposed_on, Some(date(2026, 11, 22)));
    assert_eq!(card(1).found().unwrap().valid_until, Some(date(2028, 9, 7)));
    assert_eq!(card(2), Answer::NotFound);
}

#[tokio::test]
async fn a_card_number_on_file_twice_counts_as_opposed() {
    let desk = Desk::new().await;
    desk.writes(Feed::Cards, &format!("{CARDS}0400319487;CPE;Delaunay;Manon;;;2025-12-03;2029-04-13;\n"));
    desk.imports(0).await.unwrap();
    let facts = desk.facts(&cards(["0400319487"])).await;
    assert!(facts.cards.values().next().unwrap().found().unwrap().opposed_on.is_some());
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
    desk.writes(
        Feed::Structures,
        &STRUCTURES.lines().take(6).map(|line| format!("{line}\r\n")).collect::<String>(),
    );
    desk.imports(1).await.unwrap();
    // 5 → 4 is 20 %, the limit; 4 → 3 is more
    desk.writes(
        Feed::Structures,
        &STRUCTURES.lines().take(5).map(|line| format!("{line}\r\n")).collect::<String>(),
    );
    desk.imports(2).await.unwrap();
    desk.writes(
        Feed::Structures,
        &STRUCTURES.lines().take(4).map(|line| format!("{line}\r\n")).collect::<String>(),
    );
    assert_eq!(desk.refusals(3).await, [Refusal::Shrunk { feed: Feed::Structures, before: 4, after: 3 }]);
    let forced = Options { force: true, ..Options::new().unwrap() };
    assert_eq!(desk.imports_with(4, &forced).await.unwrap().feeds[0].rows, 3);
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
    let dead = super::load::Loading::begin(&desk.registry.database, "dead", at(1)).await.unwrap();
    let mut batch = dead.batch(Feed::Mandates);
    let mandate = csv::StringRecord::from(vec!["310908306", "X", "Y", "", "", ""]);
    let columns = csv::StringRecord::from(Feed::Mandates.columns().to_vec());
    let header = super::feed::Header::read(Feed::Mandates, &columns).unwrap();
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
