//! Why a case was judged as it was: written down with the decision, printed for staff and auditors.

use crate::desk::TestDesk;
use guichet::report::Explained;
use serde_json::Value;

const MANDATE_EXPIRED: &str = "mails/demo/04-rejected-mandate-ended.eml";

fn rule<'a>(explained: &'a Value, code: &str, field: &str) -> &'a Value {
    let rules = explained["rules"].as_array().unwrap();
    let found = rules.iter().find(|rule| rule["rule"] == code && rule["field"] == field);
    found.unwrap_or_else(|| panic!("{code} {field}"))
}

#[tokio::test]
async fn a_decision_is_kept_with_every_rule_that_was_applied() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(MANDATE_EXPIRED);
    desk.turn().await;
    let printed = desk.prints(&["cases", "explain", "F413-2026-000001", "--json"]);
    let explained: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(explained["schema"], "guichet.explanation/1");
    assert_eq!((&explained["verdict"], &explained["registry_snapshot"]), (&"rejected".into(), &1.into()));
    let finess = &explained["boxes"]["/structure/finess"];
    for part in ["value", "raw", "document", "page", "box", "channel", "confidence"] {
        assert!(!finess[part].is_null(), "{part}: {finess}");
    }
    let failed = rule(&explained, "mandate_expired", "/signatory");
    assert_eq!((&failed["result"], &failed["severity"]), (&"failed".into(), &"reject".into()));
    assert_eq!(failed["rows"][0]["feed"], "mandates");
    assert!(failed["boxes"].as_array().unwrap().contains(&"/signatory/card".into()), "{failed}");
    let passed = rule(&explained, "expired", "/signatory/card");
    assert_eq!((&passed["result"], &passed["rows"][0]["feed"]), (&"passed".into(), &"cards".into()));
    // what was found is what failed
    let shown: Value =
        serde_json::from_str(&desk.prints(&["cases", "show", "F413-2026-000001", "--json"])).unwrap();
    let findings = shown["submission"]["findings"].as_array().unwrap();
    let failed = explained["rules"].as_array().unwrap().iter().filter(|rule| rule["result"] == "failed");
    assert_eq!(failed.count(), findings.len());
    assert!(!findings.is_empty());

    let french = desk.prints(&["cases", "explain", "F413-2026-000001"]);
    for words in ["REFUSÉ", "✗ 3.2", "mandates.csv ligne", "✓ 3.1, « FINESS »", "texte du PDF"] {
        assert!(french.contains(words), "{words}: {french}");
    }
    let read_back: Explained = serde_json::from_str(&printed).unwrap();
    assert_eq!(read_back.versions.rules, shown["rules_version"]);
    assert!(read_back.versions.reader.contains('+'), "names the code, not only its version");
}

#[tokio::test]
async fn a_decision_without_its_explanation_is_not_recorded() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(MANDATE_EXPIRED);
    desk.behind_its_back(
        "CREATE TRIGGER broken BEFORE INSERT ON explanations BEGIN SELECT RAISE(ABORT, 'disk'); END",
    )
    .await;
    desk.try_turn().await.unwrap_err();
    assert_eq!((desk.cases().await.len(), desk.replies().await.len()), (0, 0));
    desk.behind_its_back("DROP TRIGGER broken").await;
    desk.hours_pass(1).turn().await;
    assert_eq!(desk.cases().await.len(), 1);
    assert_eq!(desk.counts("SELECT COUNT(*) FROM explanations WHERE $1 = ''", "").await, 1);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_case_that_is_not_there_has_no_explanation() {
    let desk = TestDesk::new().await;
    let output = desk.commands(&["cases", "explain", "F413-2026-000009"]);
    assert_eq!(output.status.code(), Some(3));
}
