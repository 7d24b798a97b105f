//! Past decisions taken again: the same on unchanged code and registry, and what would change otherwise.

use crate::desk::{TestDesk, bytes_of, fixture, mail_with};
use crate::wake::{SIGNATORY, imports_changed};
use guichet::domain::case::VerdictKind;
use guichet::registry::Options;
use serde_json::Value;

const MANDATE_EXPIRED: &str = "mails/demo/04-rejected-mandate-ended.eml";
/// The registry of a desk's stopped clock does not age before the program's real one.
const LASTING: &str = "[registry]\nmax_age = \"36500 d\"\n";

/// Every sample mail, and forms by themselves, some of them sent again.
async fn a_busy_desk() -> TestDesk {
    let mut desk = TestDesk::with(LASTING).await;
    let mut mails: Vec<_> = std::fs::read_dir(fixture("mails/demo"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".eml"))
        .collect();
    mails.sort();
    for mail in mails {
        desk.receives_fixture(&format!("mails/demo/{mail}"));
        desk.hours_pass(1);
    }
    let form = bytes_of("forms/published-filled-nothing-drawn.fields.pdf");
    for n in 0..12 {
        let form = [form.as_slice(), format!("\n%{}", n / 2).as_bytes()].concat();
        desk.receives(&mail_with("a@cabinet-a.fr", &format!("{n}@cabinet-a.fr"), &[("f413.pdf", &form)]));
    }
    desk.turn().await;
    desk
}

/// The whole database, as rows.
async fn rows(desk: &TestDesk) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            .fetch_all(desk.store().database().read())
            .await
            .unwrap();
    let mut all = Vec::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(desk.store().database().read())
            .await
            .unwrap();
        let quoted: Vec<_> = columns.iter().map(|name| format!("quote({name})")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "));
        let found: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(desk.store().database().read())
            .await
            .unwrap();
        all.extend(found.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

fn summary(printed: &str) -> Value {
    let last = printed.lines().last().unwrap();
    serde_json::from_str::<Value>(last).unwrap()["summary"].clone()
}

#[tokio::test]
async fn unchanged_code_and_registry_change_nothing_and_nothing_is_written() {
    let desk = a_busy_desk().await;
    let before = rows(&desk).await;
    assert!(before.len() > 100);
    let cases = desk.cases().await.len();
    assert!(cases > 20, "{cases}");
    for registry in ["--registry-then", "--registry-now"] {
        let told = summary(&desk.prints(&["replay", "--all", "--json", registry]));
        assert_eq!(told["cases"], cases, "{registry}");
        assert_eq!((&told["same"], &told["different"]), (&cases.into(), &0.into()), "{registry}: {told}");
        assert_eq!(told["more_submissions"], 0);
    }
    assert_eq!(rows(&desk).await, before, "not a row of any table");
    // with nobody else at it, not a byte of the file
    desk.store().close().await;
    let file = desk.folder.path().join("guichet.db");
    let bytes = std::fs::read(&file).unwrap();
    desk.prints(&["replay", "--all"]);
    assert!(std::fs::read(&file).unwrap() == bytes);
}

#[tokio::test]
async fn what_code_of_then_decided_otherwise_is_told_rule_by_rule() {
    let mut desk = TestDesk::with(LASTING).await;
    desk.receives_fixture(MANDATE_EXPIRED);
    desk.turn().await;
    // as if an earlier program had read another number, and known another rule
    desk.behind_its_back(
        "UPDATE cases SET report = replace(replace(replace(report, '290704873', '290704870'),          'mandate_expired', 'mandate_missing'), '\"verdict\":\"rejected\"', '\"verdict\":\"review\"')",
    )
    .await;
    let printed = desk.prints(&["replay", "F413-2026-000001", "--json"]);
    let told: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    let changes = &told["changes"];
    assert_eq!((&changes["before"], &changes["after"]), (&"review".into(), &"rejected".into()));
    assert_eq!(changes["answers"][0]["field"], "/structure/finess");
    assert_eq!(changes["answers"][0]["before"], "290704870");
    let told = summary(&printed);
    assert_eq!(
        (&told["rules"]["mandate_expired"]["added"], &told["rules"]["mandate_missing"]["removed"]),
        (&1.into(), &1.into())
    );
    assert_eq!(told["verdicts"]["review → rejected"], 1);
    let csv = desk.prints(&["replay", "--from", "2026-11-22", "--to", "2026-11-22", "--csv"]);
    assert!(csv.starts_with("number;what;where;before;after\n"), "{csv}");
    assert!(csv.contains("F413-2026-000001;answer;/structure/finess;290704870;290704873"), "{csv}");
    let words = desk.prints(&["replay", "--all"]);
    assert!(words.contains("+ reject mandate_expired /signatory"), "{words}");
    let none = desk.commands(&["replay", "--from", "2026-11-23"]);
    assert_eq!(none.status.code(), Some(3), "received on another day");
}

/// The fixtures' registry with every mandate prolonged.
fn prolonged() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["structures.csv", "contracts.csv", "cards.csv", "mandates.csv"] {
        let text = String::from_utf8(bytes_of(&format!("registry/{name}"))).unwrap();
        let text = if name == "mandates.csv" { text.replace("2026-11-20", "2027-11-20") } else { text };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn the_registry_of_then_and_of_now_are_told_apart_while_both_are_kept() {
    let mut desk = TestDesk::with(LASTING).await;
    desk.receives_fixture(MANDATE_EXPIRED);
    desk.turn().await;
    let imports = async |desk: &TestDesk| {
        let folder = prolonged();
        let options = Options::default();
        let registry = &desk.daemon.line.registry;
        registry.import_dir(folder.path(), &options, desk.now(), |_| {}).await.unwrap();
    };
    desk.hours_pass(2);
    imports(&desk).await;
    let told = summary(&desk.prints(&["replay", "--all", "--json"]));
    assert_eq!(told["same"], 1, "against the registry it was decided with: {told}");
    let now = summary(&desk.prints(&["replay", "--all", "--json", "--registry-now"]));
    assert_eq!(now["verdicts"]["rejected → accepted"], 1, "{now}");
    assert_eq!(now["rules"]["mandate_expired"]["removed"], 1);
    // the third import drops the first snapshot's rows
    imports(&desk).await;
    let gone = desk.commands(&["replay", "--all"]);
    assert_eq!(gone.status.code(), Some(1));
    let words = String::from_utf8(gone.stdout).unwrap();
    assert!(words.contains("F413-2026-000001  cannot be replayed: registry snapshot 1"), "{words}");
    desk.prints(&["replay", "--all", "--registry-now"]);
}

/// Two forms in one mail: one decided at once, the other when its signatory's card had become valid.
#[tokio::test]
async fn what_waited_for_a_day_is_decided_again_on_it_and_its_neighbour_on_its_own() {
    let mut desk =
        TestDesk::without_registry(&format!("{LASTING}[decision]\nnot_yet_valid = \"wait\"\n")).await;
    let waits = attached_to("mails/demo/01-accepted-hospital.eml");
    let at_once = attached_to("mails/demo/02-accepted-pharmacy-other-edition.eml");
    let other = "2445063373;CDE;Étchegoyhen;Théodore;;220361950;2025-03-01;";
    // the one's card begins after the day on which the other's ends
    let begins = SIGNATORY.replace("2025-03-01", "2026-11-24");
    let cards =
        [(SIGNATORY, begins.as_str()), (&format!("{other}2028-02-29"), &format!("{other}2026-11-22"))];
    imports_changed(&desk, "cards.csv", &cards).await;
    let forms: [(&str, &[u8]); 2] = [("un.pdf", &at_once), ("deux.pdf", &waits)];
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &forms));
    desk.turn().await;
    let verdicts =
        async |desk: &TestDesk| desk.cases().await.iter().map(|one| one.verdict).collect::<Vec<_>>();
    assert_eq!(verdicts(&desk).await, [VerdictKind::Accepted, VerdictKind::Review]);
    desk.hours_pass(48).turn().await;
    assert_eq!(verdicts(&desk).await, [VerdictKind::Accepted, VerdictKind::Accepted]);
    for registry in ["--registry-then", "--registry-now"] {
        let told = summary(&desk.prints(&["replay", "--all", "--json", registry]));
        assert_eq!((&told["cases"], &told["same"]), (&2.into(), &2.into()), "{registry}: {told}");
        assert_eq!(told["more_submissions"], 0);
    }
}

/// The document of a sample mail.
pub fn attached_to(mail: &str) -> Vec<u8> {
    let raw = bytes_of(mail);
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    mail.attachments().find(|part| part.contents().starts_with(b"%PDF")).unwrap().contents().to_vec()
}

#[tokio::test]
async fn a_copy_does_not_make_the_first_a_repeat_when_it_is_replayed() {
    let mut desk = TestDesk::with(LASTING).await;
    let form = bytes_of("forms/published-filled-nothing-drawn.fields.pdf");
    let other = [form.as_slice(), b"\n%other"].concat();
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &form)]));
    desk.turn().await;
    desk.receives(&mail_with(
        "a@cabinet-a.fr",
        "2@cabinet-a.fr",
        &[("f413.pdf", &form), ("autre.pdf", &other)],
    ));
    desk.turn().await;
    assert_eq!(desk.cases().await.len(), 2);
    let told = summary(&desk.prints(&["replay", "--all", "--json"]));
    assert_eq!((&told["cases"], &told["same"]), (&2.into(), &2.into()), "{told}");
}
