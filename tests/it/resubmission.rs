//! Forms that follow others: corrected and sent again, continued by a second copy, or somebody else's.

use crate::desk::{TestDesk, bytes_of, mail_with};
use guichet::domain::case::VerdictKind;
use guichet::store::{CaseRow, LinkedBy};
use serde_json::Value;

const WITHOUT_ADMINISTRATORS: &str = "forms/administrators-none.fields.pdf";
/// The same structure and signatory as above, complete.
const COMPLETE: &str = "forms/administrators-on-rows-one-and-four.drawn.pdf";
/// The same structure, another signatory.
const A_COLLEAGUES: &str = "forms/delegate-without-mandate.fields.pdf";
/// A practice with six RPPS rang: a form, and a second copy of it with the last two.
const TWO_COPIES: &str = "mails/demo/20-accepted-second-copy-of-rpps-rang.eml";
const PRACTICE: &str = "maelys.trondle@radiologie-des-quais.fr";

/// A mail in the thread of another (RFC 5322 §3.6.4).
fn answering(mail: Vec<u8>, thread: &str) -> Vec<u8> {
    let text =
        [b"In-Reply-To: <", thread.as_bytes(), b">\r\nReferences: <", thread.as_bytes(), b">\r\n"].concat();
    [text, mail].concat()
}

async fn receives_form(desk: &mut TestDesk, from: &str, id: &str, form: &str) -> CaseRow {
    desk.receives(&mail_with(from, id, &[("f413.pdf", &bytes_of(form))]));
    desk.hours_pass(1).turn().await;
    desk.cases().await.pop().unwrap()
}

fn json(desk: &TestDesk, arguments: &[&str]) -> Value {
    serde_json::from_str(&desk.prints(arguments)).unwrap()
}

#[tokio::test]
async fn a_corrected_form_follows_the_first_whoever_mails_it() {
    let mut desk = TestDesk::new().await;
    let first = receives_form(&mut desk, "a@clinique.fr", "1@clinique.fr", WITHOUT_ADMINISTRATORS).await;
    assert_eq!((first.verdict, first.linked), (VerdictKind::Rejected, None));
    let again = receives_form(&mut desk, "b@clinique.fr", "2@clinique.fr", COMPLETE).await;
    assert_eq!(again.verdict, VerdictKind::Accepted);
    assert_eq!((again.linked.as_ref(), again.linked_by), (Some(&first.number), Some(LinkedBy::Signatory)));
    let told = json(&desk, &["cases", "compare", "F413-2026-000002", "--json"]);
    assert_eq!(
        (&told["old"], &told["changes"]["before"], &told["changes"]["after"]),
        (&"F413-2026-000001".into(), &"rejected".into(), &"accepted".into())
    );
    assert_eq!(told["changes"]["gone"][0]["field"], "/administrators");
    assert!(told["changes"]["new"].as_array().unwrap().is_empty());
    let answers = told["changes"]["answers"].as_array().unwrap();
    let card = answers.iter().find(|one| one["field"] == "/administrators/0/card").unwrap();
    assert!(card["before"].is_null() && card["after"].is_string(), "{card}");
    assert!(answers.iter().all(|one| one["field"] != "/structure/finess"), "what stayed is not told");
    let shown = desk.prints(&["cases", "show", "F413-2026-000002"]);
    assert!(shown.contains("follows    F413-2026-000001 (same structure and signatory)"), "{shown}");
    assert!(shown.contains("findings: 1 gone, 0 new, 0 still there"), "{shown}");
    assert!(desk.prints(&["cases", "show", "F413-2026-000001"]).contains("followed   by F413-2026-000002"));
    let french = desk.prints(&["cases", "compare", "F413-2026-000002", "F413-2026-000001"]);
    assert!(french.contains("Constats levés : 1") && french.contains("4.1, ligne 1"), "{french}");
    assert_eq!(desk.commands(&["cases", "compare", "F413-2026-000001"]).status.code(), Some(3));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_colleagues_form_for_the_same_structure_follows_nothing() {
    let mut desk = TestDesk::new().await;
    receives_form(&mut desk, "a@clinique.fr", "1@clinique.fr", WITHOUT_ADMINISTRATORS).await;
    let other = receives_form(&mut desk, "a@clinique.fr", "2@clinique.fr", A_COLLEAGUES).await;
    assert_eq!((other.linked, other.linked_by), (None, None));
    // and the next of the first signatory passes it by
    let again = receives_form(&mut desk, "a@clinique.fr", "3@clinique.fr", COMPLETE).await;
    assert_eq!(again.linked.unwrap().to_string(), "F413-2026-000001");
}

#[tokio::test]
async fn of_a_thread_the_case_of_the_same_signatory_is_followed() {
    let mut desk = TestDesk::new().await;
    let [own, colleague] = [WITHOUT_ADMINISTRATORS, A_COLLEAGUES].map(bytes_of);
    desk.receives(&mail_with("a@clinique.fr", "1@clinique.fr", &[("a.pdf", &own), ("b.pdf", &colleague)]));
    desk.turn().await;
    assert_eq!(desk.cases().await.len(), 2);
    let mail = mail_with("a@clinique.fr", "2@clinique.fr", &[("f413.pdf", &bytes_of(COMPLETE))]);
    desk.receives(&answering(mail, "1@clinique.fr"));
    desk.hours_pass(1).turn().await;
    let again = desk.cases().await.pop().unwrap();
    assert_eq!(
        (again.linked.unwrap().to_string().as_str(), again.linked_by),
        ("F413-2026-000001", Some(LinkedBy::Thread))
    );
    // in answer to our mail, somebody new: linked all the same, as staff see the thread
    let reply = desk.replies().await[0].message_id.clone();
    let form = bytes_of("forms/published-filled-nothing-drawn.fields.pdf");
    desk.receives(&answering(mail_with("z@autre.fr", "3@autre.fr", &[("f413.pdf", &form)]), &reply));
    desk.hours_pass(1).turn().await;
    assert_eq!(desk.cases().await.pop().unwrap().linked_by, Some(LinkedBy::Thread));
}

/// The form and its second copy, each by itself.
fn copies() -> [Vec<u8>; 2] {
    let raw = bytes_of(TWO_COPIES);
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let mut pdfs = mail.attachments().map(|part| part.contents().to_vec());
    [pdfs.next().unwrap(), pdfs.next().unwrap()]
}

#[tokio::test]
async fn a_second_copy_by_a_later_mail_of_the_thread_is_one_submission_with_the_first() {
    let [first, second] = copies();
    for order in [[&first, &second], [&second, &first]] {
        let mut desk = TestDesk::with("[registry]\nmax_age = \"36500 d\"\n").await;
        desk.receives(&mail_with(PRACTICE, "1@quais.fr", &[("f413.pdf", order[0])]));
        desk.turn().await;
        let mail = mail_with(&PRACTICE.to_uppercase(), "2@quais.fr", &[("f413.pdf", order[1])]);
        desk.receives(&answering(mail, "1@quais.fr"));
        desk.hours_pass(1).turn().await;
        let cases = desk.cases().await;
        assert_eq!(cases.len(), 2);
        let whole = json(&desk, &["cases", "show", "F413-2026-000002", "--json"]);
        let rangs = whole["submission"]["form"]["structure"]["rpps_rang"].as_array().unwrap();
        assert_eq!(rangs.len(), 6, "{rangs:?}");
        assert_eq!(cases[1].verdict, VerdictKind::Accepted, "{:?}", desk.findings(&cases[1]).await);
        assert_eq!(cases[1].linked.as_ref(), Some(&cases[0].number));
        assert_eq!(desk.counts("SELECT COUNT(*) FROM case_continues WHERE $1 = ''", "").await, 1);
        // the explanation names which document each answer stands in
        let explained = json(&desk, &["cases", "explain", "F413-2026-000002", "--json"]);
        let of = |n: usize| {
            explained["boxes"][format!("/structure/rpps_rang/{n}")]["document"].as_str().unwrap().to_owned()
        };
        let mut named = [of(0), of(5)];
        named.sort();
        assert_eq!(named, ["f413.pdf", "f413.pdf (courriel précédent)"]);
        // both are decided again as they were
        let told = desk.prints(&["replay", "--all"]);
        assert!(told.starts_with("2 cases decided again: 2 the same"), "{told}");
        desk.adds_up().await;
    }
}

#[tokio::test]
async fn nobody_adds_numbers_to_anothers_form() {
    let [first, second] = copies();
    let mut desk = TestDesk::new().await;
    desk.receives(&mail_with(PRACTICE, "1@quais.fr", &[("f413.pdf", &first)]));
    desk.turn().await;
    desk.receives(&answering(
        mail_with("x@ailleurs.fr", "2@ailleurs.fr", &[("f413.pdf", &second)]),
        "1@quais.fr",
    ));
    desk.hours_pass(1).turn().await;
    let whole = json(&desk, &["cases", "show", "F413-2026-000002", "--json"]);
    assert_eq!(whole["submission"]["form"]["structure"]["rpps_rang"].as_array().unwrap().len(), 2);
    assert_eq!(desk.counts("SELECT COUNT(*) FROM case_continues WHERE $1 = ''", "").await, 0);
}

#[tokio::test]
async fn an_exact_copy_gets_no_second_decision() {
    let mut desk = TestDesk::new().await;
    receives_form(&mut desk, "a@clinique.fr", "1@clinique.fr", WITHOUT_ADMINISTRATORS).await;
    let mail =
        mail_with("a@clinique.fr", "2@clinique.fr", &[("renvoi.pdf", &bytes_of(WITHOUT_ADMINISTRATORS))]);
    desk.receives(&answering(mail, "1@clinique.fr"));
    desk.hours_pass(1).turn().await;
    assert_eq!((desk.cases().await.len(), desk.replies().await.len()), (1, 2));
}
