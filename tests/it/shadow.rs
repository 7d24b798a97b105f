//! Beside staff before it answers: the whole line runs, nothing leaves, and the two are compared.

use crate::desk::{SHADOW, TestDesk};
use guichet::domain::mail::ReplyState;
use guichet::store::{CaseState, ReplyId, Resent};
use serde_json::Value;
use sqlx::Executor as _;

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";
const MANDATE_EXPIRED: &str = "mails/demo/04-rejected-mandate-ended.eml";
const REVIEW: &str = "mails/demo/05-review-names-swapped.eml";
const QUESTION: &str = "mails/demo/06-question.eml";

#[tokio::test]
async fn in_shadow_the_whole_line_runs_and_nothing_leaves() {
    let mut desk = TestDesk::with(SHADOW).await;
    for mail in [ACCEPTED, MANDATE_EXPIRED, REVIEW, QUESTION] {
        desk.receives_fixture(mail);
    }
    desk.turn().await;
    desk.hours_pass(72).turn().await;
    assert!(desk.relay.taken().is_empty());
    let replies = desk.replies().await;
    assert_eq!(replies.len(), 4, "what would have been sent is there");
    assert!(
        replies.iter().all(|reply| reply.shadow && reply.state == ReplyState::Held && reply.attempts == 0)
    );
    let cases = desk.cases().await;
    let states: Vec<_> = cases.iter().map(|case| case.state).collect();
    assert_eq!(states, [CaseState::Decided, CaseState::Decided, CaseState::Waiting], "as without shadow");
    for case in &cases {
        let detail = desk.store().case(&case.number).await.unwrap().unwrap();
        assert!(detail.not_answered_because.unwrap().contains("shadow"));
        assert!(
            detail.events.iter().any(|event| event.kind == "not_answered" && event.detail.contains("shadow"))
        );
    }
    assert_eq!(desk.mails_in(""), 4, "staff's mailbox is left as it was");
    assert_eq!(desk.store().ledger().await.unwrap().replies_held, 0, "nobody has to release them");
    desk.adds_up().await;
}

#[tokio::test]
async fn what_was_composed_in_shadow_can_never_be_sent() {
    let mut desk = TestDesk::with(SHADOW).await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let id = desk.replies().await[0].id;
    assert_eq!(desk.store().resend(id, "Camille", desk.now()).await.unwrap(), Resent::Shadow);
    assert_eq!(
        desk.commands(&["replies", "resend", &id.to_string(), "--by", "Camille"]).status.code(),
        Some(1)
    );
    let mut writer = desk.store().database().writer("tampering").await.unwrap();
    for state in ["due", "sending", "sent"] {
        let sql = format!("UPDATE replies SET state = '{state}'");
        assert!(
            writer.execute(sqlx::AssertSqlSafe(sql)).await.is_err(),
            "{state}: not even behind the store's back"
        );
    }
    drop(writer);
    assert!(desk.prints(&["replies", "list"]).contains("shadow"));
    assert_eq!(desk.replies().await[0].id, ReplyId(1));
}

#[tokio::test]
async fn a_reply_due_from_before_stays_where_it_is_while_in_shadow() {
    let mut desk = TestDesk::with(SHADOW).await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    desk.behind_its_back("UPDATE replies SET shadow = 0").await;
    desk.behind_its_back("UPDATE replies SET state = 'due'").await;
    desk.turn().await;
    assert!(desk.relay.taken().is_empty());
    assert_eq!(desk.reply_states().await, [ReplyState::Due]);
}

#[tokio::test]
async fn staff_and_guichet_are_compared_by_verdict_and_by_rule() {
    let mut desk = TestDesk::with(SHADOW).await;
    for mail in [ACCEPTED, MANDATE_EXPIRED, REVIEW] {
        desk.receives_fixture(mail);
    }
    desk.turn().await;
    let none = desk.commands(&["shadow", "report"]);
    assert_eq!(none.status.code(), Some(3));
    let first =
        ["cases", "decided", "F413-2026-000001", "rejected", "--because", "mismatch", "--as", "Camille"];
    desk.prints(&first);
    desk.prints(&[
        "cases",
        "decided",
        "F413-2026-000002",
        "rejected",
        "--because",
        "mandate_expired",
        "missing",
        "--as",
        "Dominique",
    ]);
    let report: Value = serde_json::from_str(&desk.prints(&["shadow", "report", "--json"])).unwrap();
    assert_eq!((&report["cases"], &report["same"]), (&2.into(), &1.into()), "{report}");
    assert_eq!(report["wrongly_accepted"], serde_json::json!(["F413-2026-000001"]));
    let rule = |name: &str| {
        let one = &report["rules"][name];
        (
            one["both"].as_i64().unwrap(),
            one["only_guichet"].as_i64().unwrap(),
            one["only_staff"].as_i64().unwrap(),
        )
    };
    assert_eq!(rule("mandate_expired"), (1, 0, 0));
    assert_eq!((rule("missing"), rule("mismatch")), ((0, 0, 1), (0, 0, 1)));
    // the case as guichet judged it is not changed by what staff say; a later word takes the place
    desk.prints(&["cases", "decided", "F413-2026-000001", "accepted", "--as", "Camille"]);
    let words = desk.prints(&["shadow", "report"]);
    assert!(words.contains("2 cases decided by staff too: 2 the same"), "{words}");
    let csv = desk.prints(&["shadow", "report", "--csv"]);
    assert!(csv.contains("rule;both;only_guichet;only_staff\nmissing;0;0;1\n"), "{csv}");
    let detail = desk.store().case(&desk.cases().await[0].number).await.unwrap().unwrap();
    let told: Vec<_> = detail.events.iter().filter(|event| event.kind == "staff_decided").collect();
    assert_eq!((told.len(), told[0].actor.as_str()), (2, "Camille"));
    desk.adds_up().await;
    let wrong = desk.commands(&[
        "cases",
        "decided",
        "F413-2026-000001",
        "rejected",
        "--because",
        "ugly",
        "--as",
        "C",
    ]);
    assert_eq!(wrong.status.code(), Some(2), "a code that is none");
    assert_eq!(
        desk.commands(&["cases", "decided", "F413-2026-000009", "accepted", "--as", "C"]).status.code(),
        Some(3)
    );
}

#[tokio::test]
async fn what_staff_decided_is_taken_from_a_table_as_a_whole_or_not_at_all() {
    let mut desk = TestDesk::with(SHADOW).await;
    for mail in [ACCEPTED, MANDATE_EXPIRED, REVIEW] {
        desk.receives_fixture(mail);
    }
    desk.turn().await;
    let cases = desk.cases().await;
    let head = desk.store().case(&cases[1].number).await.unwrap().unwrap().head.unwrap();
    let file = desk.folder.path().join("staff.csv");
    let path = file.to_str().unwrap();
    let mail = head.message_id.unwrap();
    let good = format!(
        "number;message_id;verdict;codes;by\nF413-2026-000001;;Accepted;;Camille\n;<{mail}>;rejected;mandate_expired missing;\n"
    );
    std::fs::write(&file, format!("{good}F413-2026-000077;;accepted;;X\nF413-2026-000003;;perhaps;;X\nF413-2026-000003;;rejected;ugly;X\n")).unwrap();
    let refused = desk.commands(&["shadow", "import", path, "--as", "Dominique"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    for line in ["line 4: there is no case", "line 5: the verdict", "line 6: no rule has this code"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(desk.commands(&["shadow", "report"]).status.code(), Some(3), "nothing was recorded");
    std::fs::write(&file, good).unwrap();
    desk.prints(&["shadow", "import", path, "--as", "Dominique"]);
    let report: Value = serde_json::from_str(&desk.prints(&["shadow", "report", "--json"])).unwrap();
    assert_eq!((&report["cases"], &report["same"]), (&2.into(), &2.into()), "{report}");
    let after = desk.commands(&["shadow", "report", "--from", "2026-11-23"]);
    assert_eq!(after.status.code(), Some(3), "received before");
}
