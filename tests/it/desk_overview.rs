//! The overview: its pictures say what their tables say, its tables say what was recorded, and nothing on it
//! is about a person.

use crate::desk::TestDesk;
use crate::visitor::{Came, Served, Visitor};
use guichet::desk::DeskSettings;
use guichet::domain::case::VerdictKind;
use guichet::domain::finding::{Code, Finding};
use guichet::domain::form::Field;
use guichet::domain::staff::Role;
use guichet::pipeline::Act;
use guichet::store::{CaseState, Staffed};
use guichet::watch::Reason;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;

const PAGE: &str = "/vue-d-ensemble";
const TABLES: [&str; 6] = ["issues", "delais", "motifs", "automatique", "file", "referentiel"];

/// The mails of the demonstration, decided: some accepted, some rejected, some left to a person.
async fn at_work() -> TestDesk {
    let mut desk = TestDesk::new().await;
    for mail in [
        "01-accepted-hospital",
        "03-rejected-four-problems",
        "05-review-names-swapped",
        "06-question",
        "09-two-forms-one-bad",
        "14-rejected-blank-form",
    ] {
        desk.receives_fixture(&format!("mails/demo/{mail}.eml"));
    }
    desk.turn().await;
    desk
}

fn rows(came: &Came) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(came.body.as_slice());
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

async fn table(visitor: &Visitor, name: &str, query: &str) -> Vec<BTreeMap<String, String>> {
    let came = visitor.get(&format!("{PAGE}/{name}.csv?{query}")).await;
    assert_eq!(came.status, 200, "{name}");
    assert!(came.headers["content-type"].starts_with("text/csv; charset=utf-8"), "{name}");
    rows(&came)
}

fn sum(rows: &[BTreeMap<String, String>], column: &str) -> u64 {
    rows.iter().map(|row| row[column].parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn the_tables_say_what_was_recorded() {
    let desk = at_work().await;
    let cases = desk.cases().await;
    let number = &cases.iter().find(|case| case.state == CaseState::Waiting).unwrap().number;
    let seen = desk.daemon.line.open_case(number).await.unwrap().unwrap().version;
    let reason = Finding::reject(Code::Mismatch, Field::Administrator(1), "Les noms sont inversés.");
    let reject = Act::Reject { reasons: vec![reason], remark: None };
    desk.clock.advance(SignedDuration::from_hours(30));
    let done = desk.daemon.line.act((number, seen), &reject, "anna", SignedDuration::from_mins(1)).await;
    assert_eq!(done.unwrap(), Staffed::Done);
    let served = Served::new(desk).await;
    let lena = served.person("lena", Role::Reader).await;

    let cases = served.desk.cases().await;
    let of = |state, verdict| {
        cases.iter().filter(|case| (case.state, case.verdict) == (state, verdict)).count() as u64
    };
    let issues = table(&lena, "issues", "jours=7").await;
    assert_eq!(issues.len(), 7, "a row for each day");
    let (accepted, rejected) =
        (of(CaseState::Decided, VerdictKind::Accepted), of(CaseState::Decided, VerdictKind::Rejected));
    assert!(accepted > 0 && rejected > 2, "{accepted} {rejected}");
    let told =
        ["reçus", "acceptés", "refusés", "classés_sans_suite", "en_attente"].map(|name| sum(&issues, name));
    assert_eq!(told, [cases.len() as u64, accepted, rejected, 0, 0]);

    let machine = table(&lena, "automatique", "jours=7").await;
    assert_eq!((sum(&machine, "par_le_service"), sum(&machine, "décidés")), (1, accepted + rejected));

    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.verdict == VerdictKind::Rejected) {
        let found = served.desk.store().case(&case.number).await.unwrap().unwrap().findings;
        let codes: BTreeSet<_> = if case.number == *number {
            // what staff gave as their reason
            ["mismatch".to_owned()].into()
        } else {
            found.iter().filter(|one| one.severity == "reject").map(|one| one.code.clone()).collect()
        };
        for code in codes {
            *expected.entry(code).or_default() += 1;
        }
    }
    let reasons = table(&lena, "motifs", "jours=7").await;
    let told = reasons.iter().map(|row| (row["règle"].clone(), row["dossiers_refusés"].parse().unwrap()));
    assert_eq!(told.collect::<BTreeMap<String, u64>>(), expected);

    let took = table(&lena, "delais", "jours=7").await;
    let last = took.iter().filter(|row| row["décidés"] != "0").collect::<Vec<_>>();
    let slowest: i64 = last.iter().map(|row| row["p95_minutes"].parse::<i64>().unwrap()).max().unwrap();
    assert!((1700..=1900).contains(&slowest), "thirty hours: {took:?}");
    assert_eq!(sum(&table(&lena, "file", "").await, "non_suivis"), 0);
    let feeds = table(&lena, "referentiel", "").await;
    assert_eq!(
        feeds.iter().map(|row| row["fichier"].as_str()).collect::<Vec<_>>(),
        ["structures", "contracts", "cards", "mandates"]
    );
    served.desk.adds_up().await;
}

#[tokio::test]
async fn every_picture_says_in_words_what_it_shows_and_needs_no_style_of_its_own() {
    let served = Served::new(at_work().await).await;
    let lena = served.person("lena", Role::Reader).await;
    let page = lena.get(&format!("{PAGE}?jours=90")).await.text();
    for name in TABLES {
        assert!(page.contains(&format!("/vue-d-ensemble/{name}.csv?jours=90")), "{name}");
        let picture = page.split(&format!("aria-labelledby=\"{name}-nom {name}-dit\"")).nth(1).expect(name);
        let picture = picture.split("</svg>").next().unwrap();
        for part in ["nom", "dit"] {
            let words = picture.split(&format!("id=\"{name}-{part}\">")).nth(1).unwrap();
            assert!(words.find('<').unwrap() > 10, "{name}: {picture}");
        }
    }
    for forbidden in ["style=", "<style", "onclick", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // nobody is told of
    let csv = lena.get(&format!("{PAGE}/issues.csv")).await.text();
    for personal in ["Vaulnoise", "vaulnoise", "2B0721849", "Maïffret", "Desœuvres"] {
        assert!(!page.contains(personal) && !csv.contains(personal), "{personal}");
    }
}

#[tokio::test]
async fn a_period_stands_in_the_address_and_outside_of_it_there_is_nothing() {
    let served = Served::new(at_work().await).await;
    let lena = served.person("lena", Role::Reader).await;
    let query = "du=2025-01-01&au=2025-06-30";
    let page = lena.get(&format!("{PAGE}?{query}")).await.text();
    assert!(page.contains("du 01/01/2025 au 30/06/2025") && page.contains("Rien à montrer."), "{page}");
    let csv = lena.get(&format!("{PAGE}/issues.csv?{query}")).await;
    let name = "attachment; filename=\"guichet-issues-2025-01-01-2025-06-30.csv\"";
    assert_eq!(csv.headers["content-disposition"], name);
    assert_eq!(sum(&rows(&csv), "reçus"), 0);
    assert_eq!(rows(&csv)[0]["du"], "2025-01-01");
    for wrong in ["issues", "nothing.csv", "issues.csv.csv"] {
        assert_eq!(lena.get(&format!("{PAGE}/{wrong}")).await.status, 404, "{wrong}");
    }
    for hostile in
        ["jours=%3Cscript%3E", "du=x&au=y", "du=9999-12-31&au=9999-12-31", "du=-9999-01-01&au=9999-12-31"]
    {
        assert_eq!(lena.get(&format!("{PAGE}?{hostile}")).await.status, 200, "{hostile}");
    }
}

#[tokio::test]
async fn health_says_what_whoever_watches_found() {
    let (tell, told) = watch::channel(Vec::new());
    let served =
        Served::with(TestDesk::new().await, DeskSettings::default(), |desk| desk.watched(told)).await;
    let lena = served.person("lena", Role::Reader).await;
    assert!(lena.get(PAGE).await.text().contains("Tout va bien"));
    let how = "has failed for 12 minutes: <b>no route</b>".to_owned();
    tell.send_replace(vec![Reason { what: "intake", how }]);
    let page = lena.get(PAGE).await.text();
    assert!(
        page.contains("est pas relevé") && !page.contains("<b>no route") && page.contains("no route"),
        "{page}"
    );
}
