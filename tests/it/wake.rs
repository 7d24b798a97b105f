//! What waits for the registry is woken by an import, tells its requester once, and is seen by staff
//! when it waits too long.

use crate::desk::{TestDesk, bytes_of, text_of};
use guichet::clock::Clock as _;
use guichet::domain::case::VerdictKind;
use guichet::domain::rules::What;
use guichet::pipeline::raise_alerts;
use guichet::registry::Options;
use guichet::store::{CaseFilter, CaseState};
use jiff::SignedDuration;

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";
const REJECTED: &str = "mails/demo/04-rejected-mandate-ended.eml";

/// Its signatory's card.
pub const SIGNATORY: &str = "2986978269;CDE;Maïffret;Côme;;2B0721849;2025-03-01;2028-02-29;";

/// The fixtures' registry with one thing changed in a file.
async fn imports_with(desk: &TestDesk, file: &str, from: &str, to: &str) {
    imports_changed(desk, file, &[(from, to)]).await;
}

/// The same with several.
pub async fn imports_changed(desk: &TestDesk, file: &str, changes: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["structures.csv", "contracts.csv", "cards.csv", "mandates.csv"] {
        let mut text = String::from_utf8(bytes_of(&format!("registry/{name}"))).unwrap();
        for (from, to) in changes.iter().filter(|_| name == file) {
            assert!(text.contains(from), "{from} is not in {name}");
            text = text.replace(from, to);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let registry = &desk.daemon.line.registry;
    registry.import_dir(folder.path(), &Options::default(), desk.clock.now(), |_| {}).await.unwrap();
}

async fn letters(desk: &TestDesk) -> Vec<String> {
    desk.replies().await.iter().map(|reply| reply.template.as_str().to_owned()).collect()
}

#[tokio::test]
async fn an_import_wakes_what_waited_for_it_and_the_decision_is_told_once() {
    let mut desk = TestDesk::without_registry("").await;
    desk.receives_fixture(ACCEPTED);
    desk.receives_fixture(REJECTED);
    desk.turn().await;
    desk.turn().await;
    let asleep = desk.cases().await;
    assert!(asleep.iter().all(|case| case.verdict == VerdictKind::Review));
    assert_eq!(letters(&desk).await, ["received", "received"]);
    assert_eq!(desk.mails_in(""), 2, "nothing for staff to do yet");
    let for_staff = CaseFilter { for_staff: true, ..CaseFilter::default() };
    assert!(desk.store().cases(&for_staff).await.unwrap().is_empty());

    desk.hours_pass(3).imports_the_registry().await;
    desk.turn().await;
    let woken = desk.cases().await;
    assert_eq!([woken[0].verdict, woken[1].verdict], [VerdictKind::Accepted, VerdictKind::Rejected]);
    assert!(woken.iter().all(|case| case.state == CaseState::Decided));
    assert_eq!(desk.findings(&woken[1]).await, ["mandate_expired /signatory"]);
    let snapshot = desk.daemon.line.registry.current().await.unwrap().unwrap().id;
    let detail = desk.store().case(&woken[0].number).await.unwrap().unwrap();
    assert_eq!(detail.registry_snapshot, Some(snapshot));
    assert!(detail.events.iter().any(|event| event.kind == "case_reexamined"));
    assert_eq!(letters(&desk).await, ["received", "received", "accepted", "rejected"]);
    let sent = desk.relay.taken();
    let ids: std::collections::BTreeSet<_> = sent.iter().map(|mail| &mail.message_id).collect();
    assert_eq!((sent.len(), ids.len()), (4, 4));
    assert!(text_of(&sent[2]).contains(&woken[0].number.to_string()));
    assert_eq!((desk.mails_in(""), desk.mails_in(".Trait&AOk-s")), (0, 2));
    desk.adds_up().await;

    desk.hours_pass(100).imports_the_registry().await;
    desk.turn().await;
    assert_eq!(desk.relay.taken().len(), 4, "told once");
}

/// Two mails within a minute confuse: the decision alone is told, unless the receipt has left.
#[tokio::test]
async fn a_receipt_that_has_not_left_merges_with_the_decision() {
    let mut desk = TestDesk::without_registry("[replies]\nreceipt_after = \"1 h\"\n").await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    assert_eq!((letters(&desk).await, desk.relay.taken().len()), (vec!["received".to_owned()], 0));
    desk.clock.advance(SignedDuration::from_secs(1));
    desk.imports_the_registry().await;
    desk.turn().await;
    desk.hours_pass(2).turn().await;
    assert_eq!(letters(&desk).await, ["received", "accepted"]);
    let sent = desk.relay.taken();
    assert_eq!(sent.len(), 1, "one letter");
    assert!(text_of(&sent[0]).contains(&desk.cases().await[0].number.to_string()));
    assert!(desk.prints(&["replies", "list"]).contains("withdrawn"));
    assert_eq!((desk.mails_in(""), desk.mails_in(".Trait&AOk-s")), (0, 1));
    desk.adds_up().await;

    // where the decision takes longer there are two
    let mut desk = TestDesk::without_registry("[replies]\nreceipt_after = \"1 h\"\n").await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    desk.hours_pass(1).turn().await;
    assert_eq!(desk.relay.taken().len(), 1);
    desk.imports_the_registry().await;
    desk.turn().await;
    assert_eq!(desk.relay.taken().len(), 2);
    desk.adds_up().await;
}

#[tokio::test]
async fn staff_see_what_waited_too_long_and_an_import_still_wakes_it() {
    let mut desk = TestDesk::new().await;
    desk.hours_pass(8 * 24);
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    desk.hours_pass(47).turn().await;
    assert_eq!((desk.mails_in(""), desk.mails_in(".&AMA- traiter")), (1, 0));
    desk.hours_pass(2).turn().await;
    assert_eq!((desk.mails_in(""), desk.mails_in(".&AMA- traiter")), (0, 1));
    let for_staff = CaseFilter { for_staff: true, ..CaseFilter::default() };
    assert_eq!(desk.store().cases(&for_staff).await.unwrap().len(), 1);
    desk.imports_the_registry().await;
    desk.turn().await;
    assert_eq!(desk.cases().await[0].verdict, VerdictKind::Accepted);
    assert_eq!(letters(&desk).await, ["received", "accepted"]);
    desk.adds_up().await;
}

#[tokio::test]
async fn what_was_good_on_its_day_is_not_accepted_when_it_is_not_any_more() {
    let mut desk = TestDesk::without_registry("").await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    desk.hours_pass(24);
    imports_with(&desk, "cards.csv", SIGNATORY, &format!("{SIGNATORY}2026-11-23")).await;
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["revoked /signatory/card"]);
    assert_eq!(letters(&desk).await, ["received", "rejected"]);
}

#[tokio::test]
async fn a_card_that_is_not_valid_yet_may_be_waited_for() {
    let mut desk = TestDesk::without_registry("[decision]\nnot_yet_valid = \"wait\"\n").await;
    imports_with(&desk, "cards.csv", SIGNATORY, &SIGNATORY.replace("2025-03-01", "2026-11-24")).await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["not_yet_valid /signatory/card"]);
    desk.hours_pass(24).turn().await;
    assert_eq!(letters(&desk).await, ["received"], "on the 23rd it is not valid either");
    desk.hours_pass(24).turn().await;
    assert_eq!(desk.cases().await[0].verdict, VerdictKind::Accepted);
    assert_eq!(letters(&desk).await, ["received", "accepted"]);
    desk.adds_up().await;
    let mut strict = TestDesk::without_registry("").await;
    imports_with(&strict, "cards.csv", SIGNATORY, &SIGNATORY.replace("2025-03-01", "2026-11-24")).await;
    strict.receives_fixture(ACCEPTED);
    strict.turn().await;
    assert_eq!(letters(&strict).await, ["rejected"]);
}

#[tokio::test]
async fn what_hangs_on_a_withdrawn_feed_waits_and_is_neither_accepted_nor_rejected() {
    let lasting = "[registry]\nmax_age = \"36500 d\"\n";
    let mut desk = TestDesk::with(lasting).await;
    let withdrawn =
        desk.prints(&["registry", "withdraw", "cards", "--because", "the file of Monday", "--as", "Camille"]);
    assert!(withdrawn.contains("snapshot 2 is current, without cards.csv"), "{withdrawn}");
    let event = desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("feed_withdrawn", "Camille"));
    assert!(
        event.detail.contains("\"feed\":\"cards\"") && event.detail.contains("\"snapshot\":2"),
        "{event:?}"
    );
    assert!(!event.detail.contains("Monday"), "why stands beside the chain");
    assert!(desk.prints(&["registry", "status"]).contains("withdrawn"));
    // one is right, the other names a card that is not valid any more
    desk.receives_fixture(ACCEPTED);
    desk.receives_fixture("mails/demo/03-rejected-four-problems.eml");
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["registry_unavailable "]);
    assert_eq!(cases[0].verdict, VerdictKind::Review);
    let second = desk.findings(&cases[1]).await;
    assert!(second.iter().all(|one| !one.ends_with("/card")), "{second:?}");
    assert_eq!(letters(&desk).await[0], "received");
    let none = desk.commands(&["registry", "withdraw", "cards", "--because", "again"]);
    assert_eq!(none.status.code(), Some(3));
    desk.hours_pass(1).imports_the_registry().await;
    desk.turn().await;
    assert_eq!(desk.cases().await[0].verdict, VerdictKind::Accepted);
    assert!(letters(&desk).await.contains(&"accepted".to_owned()));
    desk.adds_up().await;
}

/// Each write of the waking broken once, from outside: the letter leaves once.
#[tokio::test]
async fn a_write_that_fails_while_waking_costs_nothing_and_doubles_nothing() {
    for (table, verb) in [
        ("case_waits", "DELETE"),
        ("cases", "UPDATE"),
        ("findings", "DELETE"),
        ("explanations", "DELETE"),
        ("explanations", "INSERT"),
        ("events", "INSERT"),
        ("replies", "INSERT"),
        ("reply_mails", "INSERT"),
        ("messages", "UPDATE"),
        ("event_head", "UPDATE"),
    ] {
        let mut desk = TestDesk::without_registry("").await;
        desk.receives_fixture(ACCEPTED);
        desk.turn().await;
        desk.imports_the_registry().await;
        desk.behind_its_back(&format!(
            "CREATE TRIGGER broken BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        ))
        .await;
        assert!(desk.daemon.line.wake_next().await.is_err(), "{verb} on {table}: the fault is not swallowed");
        assert_eq!(desk.cases().await[0].verdict, VerdictKind::Review, "{verb} on {table}");
        desk.behind_its_back("DROP TRIGGER broken").await;
        desk.turn().await;
        desk.turn().await;
        assert_eq!(letters(&desk).await, ["received", "accepted"], "{verb} on {table}");
        assert_eq!(desk.relay.taken().len(), 2, "{verb} on {table}");
        desk.adds_up().await;
    }
}

#[tokio::test]
async fn an_import_lists_the_accepted_cases_whose_basis_it_breaks() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let raise = async |desk: &TestDesk| {
        let line = &desk.daemon.line;
        raise_alerts(desk.store(), &line.registry, desk.clock.now(), line.settings.registry_max_age)
            .await
            .unwrap()
    };
    assert_eq!(raise(&desk).await, 0);
    let told = async |desk: &TestDesk| {
        let alerts = desk.store().alerts(false).await.unwrap();
        alerts.into_iter().map(|one| (one.what, one.about, one.since)).collect::<Vec<_>>()
    };
    // an opposition of tomorrow breaks nothing today
    imports_with(&desk, "cards.csv", SIGNATORY, &format!("{SIGNATORY}2026-11-23")).await;
    assert_eq!(raise(&desk).await, 0);
    desk.hours_pass(24);
    assert_eq!((raise(&desk).await, raise(&desk).await), (1, 0), "once");
    assert_eq!(told(&desk).await, [(What::CardOpposed, "2986978269".into(), "2026-11-23".into())]);
    let alert = desk.store().alerts(false).await.unwrap().remove(0);
    assert_eq!(alert.number, desk.cases().await[0].number);
    let id = alert.id.to_string();
    let acknowledge = ["registry", "alerts", "--acknowledge", &id, "--as", "Camille"];
    for why in [&[] as &[&str], &["--because", " "]] {
        assert_eq!(desk.commands(&[acknowledge.as_slice(), why].concat()).status.code(), Some(2), "{why:?}");
    }
    assert_eq!(desk.store().alerts(false).await.unwrap().len(), 1);
    let why = ["--because", "La structure est prévenue."];
    assert!(desk.prints(&[acknowledge.as_slice(), &why].concat()).contains("acknowledged by Camille"));
    assert!(!desk.store().acknowledge_alert(alert.id, ("Camille", "vu"), desk.clock.now()).await.unwrap());
    let latest = desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((latest.kind.as_str(), latest.actor.as_str()), ("alert_acknowledged", "Camille"));
    assert!(latest.detail.contains("text_sha256"), "{}", latest.detail);

    let contracts = String::from_utf8(bytes_of("registry/contracts.csv")).unwrap();
    let contract = contracts.lines().find(|line| line.contains("2B0721849")).unwrap();
    imports_with(&desk, "contracts.csv", contract, &contract.replace("active", "terminated")).await;
    assert_eq!(raise(&desk).await, 1);
    let structures = String::from_utf8(bytes_of("registry/structures.csv")).unwrap();
    let own = structures.lines().find(|line| line.starts_with("2B0721849")).unwrap();
    imports_with(&desk, "structures.csv", own, &own.replace(";open", ";closed")).await;
    assert_eq!(raise(&desk).await, 1);
    let kinds: Vec<_> = told(&desk).await.into_iter().map(|(what, about, _)| (what, about)).collect();
    let about = || "2B0721849".to_owned();
    assert_eq!(kinds, [(What::ContractEnded, about()), (What::StructureClosed, about())]);
    assert_eq!(desk.store().alerts(true).await.unwrap().len(), 3);
    // a registry that does not answer says nothing against anybody
    desk.hours_pass(8 * 24);
    assert_eq!(raise(&desk).await, 0);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_look_up_says_since_when_and_names_nobody_unless_asked() {
    let desk = TestDesk::new().await;
    imports_with(&desk, "cards.csv", SIGNATORY, &format!("{SIGNATORY}2026-11-23")).await;
    let config = desk.folder.path().join("guichet.toml");
    let root = desk.folder.path().display();
    let text = format!(
        "[mailbox]\nkind = \"folder\"\npath = \"{root}/mailbox\"\n[transport]\nkind = \"folder\"\npath = \"{root}/replies\"\n\
         [store]\nurl = \"sqlite:{root}/guichet.db\"\n[identity]\nfrom = \"certificats@guichet.example\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let show = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(["registry", "show", "--as", "Camille"]).args(words).env("GUICHET_CONFIG", &config);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, card) = show(&["29 8697 8269"]);
    assert_eq!(code, Some(0));
    assert!(card.contains("card 2986978269 CDE") && card.contains("snapshot 2 ("), "{card}");
    assert!(!card.contains("Maïffret") && !card.contains("Côme"), "{card}");
    let (_, card) = show(&["2986978269", "--names"]);
    assert!(card.contains("Côme Maïffret"), "{card}");
    let (_, structure) = show(&["2B0721849"]);
    for word in [
        "FINESS 2B0721849",
        "open",
        "class ",
        "contract CA-",
        "in force",
        "snapshot 1 (",
        "structures.csv line",
    ] {
        assert!(structure.contains(word), "{word} is not in: {structure}");
    }
    assert_eq!(show(&["0000000001"]).0, Some(3));
    let looks = desk.store().latest_events(9).await.unwrap();
    let looks: Vec<_> = looks.iter().filter(|event| event.kind == "looked_at").collect();
    assert_eq!(looks.len(), 4, "each is on record, also the one that found nothing");
    assert!(looks.iter().all(|event| event.actor == "Camille" && !event.detail.contains("2986978269")));
}
