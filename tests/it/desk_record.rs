//! The record at the desk, what is loaded of the registry, and how far guichet and staff agree: the pages of
//! the administration that are read.

use crate::desk::TestDesk;
use crate::visitor::{Came, Served, Visitor};
use guichet::domain::finding::Code;
use guichet::domain::staff::Role;
use guichet::store::StaffVerdict;
use std::io::{Cursor, Read as _};

const JOURNAL: &str = "/administration/journal";
const CASE: &str = "F413-2026-000001";

async fn at_work() -> (Served, Visitor) {
    let mut desk = TestDesk::new().await;
    for mail in ["01-accepted-hospital", "03-rejected-four-problems", "05-review-names-swapped"] {
        desk.receives_fixture(&format!("mails/demo/{mail}.eml"));
    }
    desk.turn().await;
    let served = Served::new(desk).await;
    let aude = served.person("aude", Role::Auditor).await;
    (served, aude)
}

/// Rows of the table of events.
fn rows(page: &Came) -> usize {
    page.text().matches("l'événement").count() + page.text().matches("l&#39;événement").count()
}

#[tokio::test]
async fn an_auditor_finds_what_was_done_by_case_person_kind_and_day_and_is_on_record_for_it() {
    let (served, aude) = at_work().await;
    let anna = served.person("anna", Role::Agent).await;
    let taken = anna.sends("/dossiers/F413-2026-000003", "/dossiers/F413-2026-000003/prendre", &[]).await;
    assert_eq!(taken.status, 303);
    let finds = async |query: &str| aude.get(&format!("{JOURNAL}?{query}")).await;
    assert_eq!(rows(&finds("").await), 0, "nothing was asked for");
    let of_case = finds(&format!("dossier={CASE}")).await;
    assert!(of_case.text().contains("Dossier ouvert") && rows(&of_case) >= 3, "{}", of_case.text());
    assert!(!of_case.text().contains("F413-2026-000003"));
    let of_anna = finds("par=anna").await;
    assert!(of_anna.text().contains("Dossier pris par anna"), "{}", of_anna.text());
    assert_eq!(rows(&finds("par=nobody").await), 0);
    assert_eq!(rows(&finds("quoi=case_opened").await), 3);
    assert_eq!(rows(&finds("quoi=case_assigned&par=anna").await), 1);
    let today = guichet::clock::paris_day(served.desk.now());
    assert_eq!(rows(&finds(&format!("quoi=case_opened&du={today}&au={today}")).await), 3);
    let tomorrow = today.tomorrow().unwrap();
    assert_eq!(rows(&finds(&format!("quoi=case_opened&du={tomorrow}")).await), 0);
    let yesterday = today.yesterday().unwrap();
    assert_eq!(rows(&finds(&format!("quoi=case_opened&au={yesterday}")).await), 0);
    assert!(finds("dossier=x").await.text().contains("pas un numéro de dossier"));
    let looks = finds("par=aude").await;
    assert!(looks.text().contains("desk: audit"), "{}", looks.text());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn the_chain_is_checked_at_the_desk_and_a_tampered_one_shows() {
    let (served, aude) = at_work().await;
    let page = aude.get(JOURNAL).await;
    let csrf = page.hidden("csrf");
    let head = page.text().split("class=\"detail\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let checks = async |head: &str, rows: bool| {
        let mut fields = vec![("csrf", csrf.as_str()), ("head", head)];
        fields.extend(rows.then_some(("rows", "1")));
        aude.post(&format!("{JOURNAL}/verifier"), &fields).await
    };
    for rows in [false, true] {
        assert!(checks(&head, rows).await.text().contains("la tête notée y est"), "{rows}");
    }
    assert!(checks("", false).await.text().contains("aucune tête notée"));
    assert_eq!(checks("12:x", false).await.status, 400);
    served
        .desk
        .behind_its_back("UPDATE cases SET verdict = 'accepted' WHERE number = 'F413-2026-000002'")
        .await;
    assert!(checks(&head, false).await.text().contains("tel qu'il a été écrit"), "the chain itself is whole");
    let found = checks(&head, true).await.text();
    assert!(found.contains("pas ce qui a été écrit") && found.contains("event "), "{found}");
}

#[tokio::test]
async fn a_case_is_taken_away_as_an_archive_that_is_on_record_first() {
    let (served, aude) = at_work().await;
    let csrf = aude.get(JOURNAL).await.hidden("csrf");
    let takes = async |number: &str| {
        aude.post(&format!("{JOURNAL}/exporter"), &[("csrf", csrf.as_str()), ("number", number)]).await
    };
    let archive = takes(CASE).await;
    assert_eq!(archive.headers["content-disposition"], format!("attachment; filename=\"{CASE}.zip\""));
    let mut zip = zip::ZipArchive::new(Cursor::new(archive.body)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    for name in ["message.eml", "dossier.json", "evenements.jsonl", "LISEZMOI.txt", "SHA256SUMS"] {
        assert!(names.iter().any(|one| one == name), "{names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("documents/01-")), "{names:?}");
    let mut said = String::new();
    zip.by_name("dossier.json").unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains(CASE));
    let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("looked_at", "aude"));
    assert!(event.detail.contains("archive_sha256"), "{}", event.detail);
    assert_eq!(takes("F413-2026-999999").await.status, 404);
    assert_eq!(takes("x").await.status, 303);
    served.desk.adds_up().await;
}

#[tokio::test]
async fn the_registry_s_files_are_told_with_their_age_and_a_stale_one_stands_out() {
    let (served, aude) = at_work().await;
    let page = aude.get("/administration/referentiel").await.text();
    for words in ["Structures", "Contrats", "Cartes", "Mandats", "À jour", "Consulté"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Trop ancien") && !page.contains("Porteurs de cartes"), "{page}");
    served.desk.clock.advance(jiff::SignedDuration::from_hours(24 * 30));
    let aude = served.person("aude2", Role::Auditor).await;
    assert!(aude.get("/administration/referentiel").await.text().contains("Trop ancien"));
}

#[tokio::test]
async fn how_far_guichet_and_staff_agree_is_told_and_taken_away() {
    let (served, aude) = at_work().await;
    let empty = aude.get("/administration/observation").await.text();
    assert!(empty.contains("Rien à comparer"), "{empty}");
    let cases = served.desk.cases().await;
    let verdict = |number: &str, accepted, codes: &[Code]| StaffVerdict {
        case: cases.iter().find(|case| case.number.to_string() == number).unwrap().number.clone(),
        accepted,
        codes: codes.iter().copied().collect(),
        by: "camille".into(),
    };
    let said =
        [verdict(CASE, false, &[Code::Mismatch]), verdict("F413-2026-000002", false, &[Code::Missing])];
    served.desk.store().staff_decided(&said, served.desk.now()).await.unwrap();
    let page = aude.get("/administration/observation").await.text();
    assert!(page.contains("Acceptés par le programme, refusés par le service"), "{page}");
    assert!(page.contains(&format!("/dossiers/{CASE}\"")), "{page}");
    let csv = aude.get("/administration/observation.csv").await;
    assert!(csv.headers["content-type"].starts_with("text/csv; charset=utf-8"));
    let text = csv.text();
    assert!(text.starts_with("motif,règle,les_deux,guichet_seul,service_seul\r\n"), "{text}");
    assert!(text.contains(",mismatch,0,0,1\r\n"), "{text}");
    let before = aude.get("/administration/observation?du=2020-01-01&au=2020-12-31").await.text();
    assert!(before.contains("Rien à comparer"), "{before}");
}
