//! What stands beside a case: the registry, an earlier submission, what its answers look like, what was decided.

use crate::desk::{TestDesk, bytes_of, mail_with};
use crate::visitor::{Served, Visitor};
use guichet::domain::staff::Role;

const CASE: &str = "/dossiers/F413-2026-000001";

/// A desk that leaves everything to staff, with these forms, each in a mail of its own of the same sender.
async fn with_forms(forms: &[&str]) -> (Served, Visitor) {
    let mut desk = TestDesk::with("[decision]\nautomatic = []\n").await;
    for (n, form) in forms.iter().enumerate() {
        let bytes = bytes_of(&format!("forms/{form}"));
        desk.receives(&mail_with("a@x.example", &format!("{n}@x.example"), &[("f413.pdf", &bytes)]));
        desk.turn().await;
        desk.hours_pass(1);
    }
    let served = Served::new(desk).await;
    let anna = served.person("anna", Role::Agent).await;
    (served, anna)
}

/// `number names` of the looks at the registry that are on record, the latest first.
async fn looks(served: &Served) -> Vec<String> {
    let events = served.desk.store().latest_events(100).await.unwrap();
    let details = events.iter().filter(|event| event.detail.contains("desk: registry"));
    details
        .map(|event| {
            let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
            format!("{} {}", detail["number"], detail["names"])
        })
        .collect()
}

#[tokio::test]
async fn the_registry_stands_beside_the_case_and_names_nobody_unasked() {
    let (served, anna) = with_forms(&["clinic-legal-number.fields.pdf"]).await;
    let case = anna.get(CASE).await.text();
    let finess =
        case.split_once("?referentiel=").map(|(_, rest)| &rest[..9]).expect("the number leads there");
    let shown = anna.get(&format!("{CASE}?referentiel={finess}")).await.text();
    assert!(shown.contains(&format!("Référentiel : {finess}")) && shown.contains("Classe"), "{shown}");
    assert!(shown.contains("Connu par") && !shown.contains("ne connaît pas"), "{shown}");
    let holder = case.matches("?referentiel=").count();
    assert!(holder >= 2, "the cards lead there, too");
    let card = case.split("?referentiel=").find(|part| part.as_bytes()[..10].iter().all(u8::is_ascii_digit));
    let card = &card.expect("a card")[..10];
    let shown = anna.get(&format!("{CASE}?referentiel={card}")).await.text();
    assert!(shown.contains("(nom non affiché)") && shown.contains("noms=1"), "{shown}");
    let named = anna.get(&format!("{CASE}?referentiel={card}&noms=1")).await.text();
    assert!(!named.contains("(nom non affiché)"), "{named}");
    assert_eq!(looks(&served).await, ["\"card\" true", "\"card\" false", "\"finess\" false"]);
    let unknown = anna.get(&format!("{CASE}?referentiel=000000000")).await.text();
    assert!(unknown.contains("Le référentiel ne connaît pas ce numéro."), "{unknown}");
    served.desk.adds_up().await;
}

#[tokio::test]
async fn the_registry_has_a_page_of_its_own_where_structures_are_found_by_name() {
    let (served, anna) = with_forms(&[]).await;
    let page = anna.get("/referentiel?q=HOSPITALIER%20evr").await.text();
    assert!(page.contains("/referentiel?q=310908306") && page.contains("Saint-Évroult"), "{page}");
    assert!(!page.contains("Guérande"), "{page}");
    let page = anna.get("/referentiel?q=31%2009%2008306").await.text();
    assert!(
        page.contains("Centre hospitalier de Saint-Évroult") && page.contains("hôpital public"),
        "{page}"
    );
    for nothing in ["personne%20de%20ce%20nom", "%25", "%3Cscript%3E"] {
        let page = anna.get(&format!("/referentiel?q={nothing}")).await;
        assert!(page.status == 200 && page.text().contains("Aucune structure de ce nom."), "{nothing}");
    }
    assert_eq!(looks(&served).await.len(), 5);
    assert!(anna.get("/referentiel").await.text().contains("<h1>Référentiel</h1>"));
}

#[tokio::test]
async fn each_answer_shows_what_it_looks_like_and_two_values_are_each_taken_over_by_one_press() {
    let (served, anna) = with_forms(&["drawn-finess-is-not-its-value.fields.pdf"]).await;
    let case = anna.get(CASE).await.text();
    let crops = case.matches("class=\"crop\"").count();
    assert!(crops > 15, "{crops} of a digital form");
    assert_eq!(case.matches("loading=\"lazy\"").count(), crops);
    let (_, two) = case.split_once("class=\"two\"").expect("two values");
    let (two, _) = two.split_once("</div>").unwrap();
    let values: Vec<&str> =
        two.split("name=\"value\" value=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(values.len() == 2 && values[0] != values[1] && values.iter().all(|one| one.len() == 9), "{two}");
    let field = [("field", "/structure/finess"), ("value", values[1])];
    assert_eq!(anna.sends(CASE, &format!("{CASE}/corriger"), &field).await.status, 303);
    let case = anna.get(CASE).await.text();
    assert!(!case.contains("class=\"two\"") && case.contains("saisi par anna"), "{case}");
    assert!(case.contains(&format!("name=\"value\" value=\"{}\"", values[1])));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn an_earlier_submission_is_chosen_to_compare_with() {
    let forms = [
        "administrator-card-expired.drawn.pdf",
        "administrator-card-opposed.drawn.pdf",
        "administrator-card-unknown.drawn.pdf",
    ];
    let (served, anna) = with_forms(&forms).await;
    let last = "/dossiers/F413-2026-000003";
    let page = anna.get(last).await.text();
    for number in ["F413-2026-000001", "F413-2026-000002"] {
        assert!(page.contains(&format!("<option value=\"{number}\"")), "{number}: {page}");
        let page = anna.get(&format!("{last}?comparer={number}")).await.text();
        assert!(page.contains(&format!("Comparaison avec {number}")), "{page}");
        assert!(page.contains(&format!("<option value=\"{number}\" selected")), "{page}");
    }
    // only with what came before, of this structure
    for other in ["F413-2026-000003", "F413-2026-000009", "x"] {
        let page = anna.get(&format!("{CASE}?comparer={other}")).await.text();
        assert!(!page.contains("Comparaison"), "{other}: {page}");
    }
    served.desk.adds_up().await;
}

#[tokio::test]
async fn what_staff_closed_as_no_request_is_told_so_whatever_was_found_of_it() {
    let forms = ["administrator-card-expired.drawn.pdf", "administrator-card-opposed.drawn.pdf"];
    let (served, anna) = with_forms(&forms).await;
    let (all, words) = ("/dossiers?file=tous", "/dossiers?file=tous&q=2B0721849");
    let page = anna.get(all).await.text();
    assert_eq!(page.matches("À décider : à refuser").count(), 2, "{page}");
    let closed = anna.sends(CASE, &format!("{CASE}/classer"), &[("text", "Un essai."), ("step", "do")]).await;
    assert_eq!(closed.status, 303);
    for address in [all, words, "/dossiers?file=decides", CASE] {
        let page = anna.get(address).await.text();
        assert!(page.contains(">Classé sans suite</span>"), "{address}: {page}");
        assert!(!page.contains(">Refusé</span>"), "{address}: {page}");
    }
    let compared = anna.get("/dossiers/F413-2026-000002").await.text();
    assert!(compared.contains("F413-2026-000001 du 22/11/2026, classé sans suite"), "{compared}");

    let desk = &served.desk;
    for command in [&["cases", "list", "--csv"], &["audit", "decisions", "--csv"]] {
        let lines = desk.prints(command);
        let states = lines.lines().filter(|line| line.contains(";rejected;dismissed;")).count();
        assert_eq!((states, lines.matches(";rejected;waiting;").count()), (1, 1), "{lines}");
    }
    assert!(desk.prints(&["cases", "show", "F413-2026-000001"]).contains("rejected (dismissed)"));
    // taken back, it waits again
    assert_eq!(anna.sends(CASE, &format!("{CASE}/annuler"), &[]).await.status, 303);
    assert!(anna.get(CASE).await.text().contains("À décider : à refuser"));
    assert!(!desk.prints(&["cases", "list", "--csv"]).contains("dismissed"));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_decided_case_says_by_whom_and_leads_on() {
    let (served, anna) =
        with_forms(&["clinic-legal-number.fields.pdf", "administrator-bad-email.drawn.pdf"]).await;
    let open = anna.get(CASE).await.text();
    let dismissed =
        anna.sends(CASE, &format!("{CASE}/classer"), &[("text", "Un essai."), ("step", "do")]).await;
    assert_eq!(dismissed.status, 303);
    let listed = anna.get(&format!("{CASE}?liste=file%3Da-traiter")).await.text();
    assert!(!open.contains("Classé sans suite par"), "{open}");
    assert!(listed.contains("Classé sans suite par anna le "), "{listed}");
    let next = "/dossiers/F413-2026-000002?liste=file%3Da-traiter";
    assert!(listed.contains(&format!("<a class=\"button\" href=\"{next}\"")), "{listed}");
    assert!(listed.contains("Annuler la décision"), "{listed}");
    served.desk.adds_up().await;
}
