//! What the desk shows is what is stored, and who decides second does not decide.

use crate::desk::{TestDesk, bytes_of, mail_with, text_of};
use crate::visitor::Served;
use guichet::domain::case::VerdictKind;
use guichet::domain::staff::Role;
use guichet::store::CaseState;
use serde_json::Value;

const CASE: &str = "/dossiers/F413-2026-000001";

/// The values of a form by their pointers; empty ones, and empty lists, as `null`.
fn leaves(form: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
    match form {
        Value::Object(parts) => {
            parts.iter().for_each(|(name, part)| leaves(part, &format!("{pointer}/{name}"), found));
        }
        Value::Array(rows) => {
            rows.iter().enumerate().for_each(|(n, row)| leaves(row, &format!("{pointer}/{n}"), found));
        }
        leaf => found.push((pointer.to_owned(), leaf.clone())),
    }
}

/// What stands in a box of the page, as a reader sees it.
fn shown(page: &str, pointer: &str) -> String {
    let anchor = format!("id=\"case{}\"", pointer.replace('/', "-"));
    let (_, field) = page.split_once(&anchor).unwrap_or_else(|| panic!("no box {pointer}"));
    let (_, value) = field.split_once("<p class=\"value\">").unwrap();
    let value = value.split_once("</p>").unwrap().0;
    if value.contains("vide</span>") {
        return String::new();
    }
    let mut parts = value.split("&#");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once(';').unwrap();
        text.push(char::from_u32(code.parse().unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}

/// Nothing of these forms is drawn: their values stand in the tree of fields alone.
#[tokio::test]
async fn the_desk_shows_every_value_as_it_is_stored() {
    for form in ["published-filled-nothing-drawn.fields.pdf", "need-appearances-nothing-drawn.fields.pdf"] {
        let mut desk = TestDesk::new().await;
        let pdf = bytes_of(&format!("forms/{form}"));
        desk.receives(&mail_with("bureau@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &pdf)]));
        desk.turn().await;
        let stored = desk.prints(&["cases", "show", "F413-2026-000001", "--json"]);
        let stored: Value = serde_json::from_str(&stored).unwrap();
        let expected = bytes_of(&format!("forms/{}", form.replace(".pdf", ".expected.json")));
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        assert_eq!(stored["submission"]["form"], expected["form"], "{form}");
        let mut values = Vec::new();
        leaves(&stored["submission"]["form"], "", &mut values);
        let served = Served::new(desk).await;
        let page = served.person("lena", Role::Reader).await.get(CASE).await.text();
        let mut compared = 0;
        for (pointer, value) in &values {
            let wanted = match (pointer.as_str(), value) {
                ("/declaration/terms_accepted", Value::Null) => continue,
                ("/signatory/role", Value::String(role)) => match role.as_str() {
                    "legal_representative" => "Responsable légal".to_owned(),
                    "delegate" => "Mandataire".to_owned(),
                    other => panic!("{other}"),
                },
                ("/declaration/signature" | "/declaration/stamp", value) => {
                    let there = *value != Value::Bool(false) && *value != "none";
                    if there { "présent".to_owned() } else { String::new() }
                }
                (_, Value::Bool(true)) => "coché".to_owned(),
                (_, Value::Bool(false) | Value::Null) => String::new(),
                (_, Value::String(text)) => text.clone(),
                other => panic!("{other:?}"),
            };
            assert_eq!(shown(&page, pointer), wanted, "{form} {pointer}");
            compared += usize::from(!wanted.is_empty());
        }
        assert!(compared >= 15, "{compared} values");
    }
}

/// Two agents have the same page open; one accepts, the other refuses.
#[tokio::test]
async fn of_opposite_decisions_from_one_page_the_first_counts_and_the_second_reads_it() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/05-review-names-swapped.eml");
    desk.turn().await;
    let mut served = Served::new(desk).await;
    let (anna, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
    let seen = bob.get(&format!("{CASE}/refuser")).await;
    let accepted = anna
        .sends(
            &format!("{CASE}/accepter"),
            &format!("{CASE}/accepter"),
            &[("finding", "mismatch /administrators/1"), ("step", "do")],
        )
        .await;
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    let (csrf, version) = (seen.hidden("csrf"), seen.hidden("version"));
    let refusal = [
        ("csrf", csrf.as_str()),
        ("version", &version),
        ("finding", "mismatch /administrators/1"),
        ("message-mismatch /administrators/1", "Le nom et le prénom sont inversés."),
        ("step", "do"),
    ];
    let told = bob.post(&format!("{CASE}/refuser"), &refusal).await.text();
    for words in ["a changé entre-temps", "accepté", "(anna)", "Le nom et le prénom sont inversés."] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    served.desk.hours_pass(1).turn().await;
    let letters = served.desk.relay.taken();
    assert_eq!(letters.len(), 2, "the receipt, and one decision");
    assert!(text_of(&letters[1]).contains("complet et accepté"));
    let case = served.desk.cases().await.remove(0);
    assert_eq!((case.verdict, case.state), (VerdictKind::Accepted, CaseState::Decided));
    served.desk.adds_up().await;
}
