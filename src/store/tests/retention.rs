//! What is due is purged whole, what must be kept is kept, and the record stands.

use super::desk::{Desk, LEASE, at, decision, ending, filled, reply};
use crate::audit;
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::domain::mail::Delivery;
use crate::store::{
    CaseFilter, CaseState, Due, Ending, Hold, Kept, KeptFor, MailId, Purge, Recorded, ReplyId, Resent,
    Retention, Rule,
};
use jiff::SignedDuration;
use sqlx::{AssertSqlSafe, Row as _};

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

fn retention() -> Retention {
    Retention {
        accepted: hours(240),
        rejected: hours(24),
        review: hours(48),
        repeated: hours(24),
        question: hours(24),
        automatic: hours(2),
        parked: hours(24),
    }
}

/// Long after everything was closed.
const LATER: i64 = 60 * 24 * 30;

async fn due(desk: &Desk, minutes: i64) -> Vec<Due> {
    desk.store.retention_due(&retention(), at(minutes)).await.unwrap()
}

/// A case with answers, whose letter ended like this.
async fn answered(desk: &Desk, uid: u32, delivery: Delivery) -> MailId {
    let raw = format!("From: Marie.Curie@Hopital.example\r\nSubject: SECRET {uid}\r\n\r\nBonjour");
    let id = desk.keeps(uid, &raw).await;
    let claimed = desk.claims().await;
    desk.records(&claimed, &decision(vec![filled("a.pdf")])).await;
    let letter = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store
        .settle(&letter, delivery, "250 <Marie.Curie@Hopital.example> taken", at(4), None)
        .await
        .unwrap();
    id
}

/// Everything that stands anywhere in the database, as text.
async fn all_text(desk: &Desk) -> String {
    let read = desk.store.database().read();
    let tables = if desk.on_postgres() {
        "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public' \
         ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut all = String::new();
    for table in sqlx::query(tables).fetch_all(read).await.unwrap() {
        let table: String = table.get("name");
        if table.starts_with("_sqlx") {
            continue;
        }
        let columns = if desk.on_postgres() {
            format!(
                "SELECT CAST(column_name AS TEXT) AS name FROM information_schema.columns WHERE table_name = '{table}'"
            )
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        for column in sqlx::query(AssertSqlSafe(columns)).fetch_all(read).await.unwrap() {
            let column: String = column.get("name");
            let value = if desk.on_postgres() && ["raw", "mail"].contains(&column.as_str()) {
                format!("encode({column}, 'escape')")
            } else {
                format!("CAST({column} AS TEXT)")
            };
            let sql = format!("SELECT COALESCE({value}, '') AS it FROM {table}");
            for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(read).await.unwrap() {
                all.push_str(&row.get::<String, _>("it"));
                all.push('\n');
            }
        }
    }
    all
}

/// What staff wrote about a mail's case and did not send, and a decision that nobody confirmed.
async fn written_about(desk: &Desk, message: MailId) {
    let filter = CaseFilter { message: Some(message), ..CaseFilter::default() };
    let case = desk.store.cases(&filter).await.unwrap().remove(0);
    let open = desk.store.open_case(&case.number).await.unwrap().unwrap();
    let fields = Masked::new("text=Appeler+Mme+Curie+DRAFTED");
    desk.store.keep_draft(("ada", &open, "note"), &fields, at(5)).await.unwrap();
    // a case that is decided has none: one of a version before, or of a program that was killed
    desk.behind_its_back(&format!(
        "INSERT INTO case_proposals (case_id, decision, act, reasons, judged, proposed_by, proposed_at) \
         SELECT id, 'accepted', 'Mme Curie PROPOSED', 'acceptance', '', 'ada', 0 FROM cases WHERE message_id = {message}"
    ))
    .await
    .unwrap();
}

/// What requesters wrote, in the tests' mails and forms, and staff about them.
const PERSONAL: [&str; 11] = [
    "DRAFTED",
    "PROPOSED",
    "Curie",
    "curie",
    "SECRET",
    "breton",
    "vroult",
    "310908306",
    "3661318600000",
    "10003456781029",
    "2900351819",
];

#[tokio::test]
async fn what_is_purged_leaves_nothing_personal_and_the_record_stands() {
    let desk = Desk::new().await;
    let store = &desk.store;
    let id = answered(&desk, 1, Delivery::Sent).await;
    let parked = desk.keeps(2, "From: Marie.Curie@Hopital.example\r\n\r\nSECRET").await;
    store.park(&desk.claims().await, "the reader died of SECRET", at(2)).await.unwrap();
    for (uid, end) in [(3, Ending::Question), (4, Ending::Automatic)] {
        desk.keeps(uid, &format!("SECRET {uid}")).await;
        let claimed = desk.claims().await;
        let mut end = ending(end);
        end.not_answered_because = Some("automatic mail".into());
        store.record(&claimed, &end, |_| Ok(vec![]), at(2)).await.unwrap();
    }
    written_about(&desk, id).await;
    let before = all_text(&desk).await;
    assert!(PERSONAL.iter().all(|word| before.contains(word)), "the test sees what it looks for");

    let rules = |due: Vec<Due>| due.into_iter().map(|due| (due.message.0, due.rule)).collect::<Vec<_>>();
    assert_eq!(rules(due(&desk, 60).await), []);
    assert_eq!(rules(due(&desk, 60 * 3).await), [(4, Rule::Automatic)]);
    let all = due(&desk, LATER).await;
    assert_eq!((all[0].closed_at, all[0].due_at), (at(4), at(4) + hours(24)), "the letter ended last");
    assert!(all.iter().all(|due| due.kept_for.is_none()), "{all:?}");
    store.begin_purging().await.unwrap();
    for one in &all {
        let purged = store.purge(one.message, &retention(), "Ada Lovelace", at(LATER)).await.unwrap();
        assert_eq!(purged, Purge::Done(one.rule));
        let again = store.purge(one.message, &retention(), "Ada Lovelace", at(LATER)).await.unwrap();
        assert_eq!(again, Purge::NotDue, "once");
    }
    assert_eq!(due(&desk, LATER).await, []);
    let after = all_text(&desk).await;
    let left: Vec<_> = PERSONAL.iter().filter(|word| after.contains(*word)).collect();
    assert_eq!(left, [&""; 0], "{after}");
    desk.adds_up().await;
    let verified = audit::verify(store.database(), &[]).await.unwrap();
    assert_eq!((verified.purged, verified.messages), (4, 4));
    assert!(store.ledger().await.unwrap().balances());

    // the case is still there, and says so
    let case = store.case(&CaseNumber::new(2026, 1)).await.unwrap().unwrap();
    let purged = case.purged.unwrap();
    assert_eq!(
        (purged.rule.as_str(), purged.by.as_str(), purged.at),
        ("rejected, 1 d", "Ada Lovelace", at(LATER))
    );
    let record = case.events.iter().find(|event| event.id == purged.event).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record.detail).unwrap();
    let opened = case.events.iter().find(|event| event.kind == "case_opened").unwrap();
    let opened: serde_json::Value = serde_json::from_str(&opened.detail).unwrap();
    assert_eq!(record["removed"]["reports"]["F413-2026-000001"], opened["report_sha256"]);
    assert_eq!(record["removed"]["explanations"]["F413-2026-000001"], opened["explanation_sha256"]);
    assert_eq!(record["removed"]["documents"], opened["documents"]);
    let due_told = case.events.iter().find(|event| event.kind == "reply_due").unwrap();
    let due_told: serde_json::Value = serde_json::from_str(&due_told.detail).unwrap();
    assert_eq!(record["removed"]["letters"]["1"], due_told["mail_sha256"]);
    // nothing can be done with it any more
    assert_eq!(store.raw(id).await.unwrap(), None);
    assert_eq!(store.resend(ReplyId(1), "Ada", at(LATER)).await.unwrap(), Resent::Purged);
    assert!(!store.unpark(parked, "Ada", at(LATER)).await.unwrap());
    assert_eq!(store.hold(&case.row.number, "too late", "Ada", at(LATER)).await.unwrap(), Hold::Purged);
    // the same mail again is known, and the same form is no new case
    let raw = "From: Marie.Curie@Hopital.example\r\nSubject: SECRET 1\r\n\r\nBonjour";
    let copy = store.keep("INBOX", 2, &[super::desk::mail(9, raw)], at(LATER)).await.unwrap();
    assert_eq!(copy, [Kept::Copy(id)]);
    let twin = crate::store::Twin { sha256: super::desk::FORM.into(), of_sender: None };
    let first = store.first_case_with_document(&twin, MailId(99), crate::store::Known::All).await.unwrap();
    assert_eq!(first, Some(CaseNumber::new(2026, 1)));
    desk.adds_up().await;
}

#[tokio::test]
async fn what_is_open_unknown_or_on_hold_is_never_purged() {
    let desk = Desk::new().await;
    let store = &desk.store;
    answered(&desk, 1, Delivery::Unknown).await;
    let on_hold = answered(&desk, 2, Delivery::Sent).await;
    // a case that waits for a person
    desk.keeps(3, "waits").await;
    let claimed = desk.claims().await;
    let mut open = filled("c.pdf");
    open.state = CaseState::Waiting;
    let mut waits = decision(vec![open]);
    waits.not_answered_because = Some("there is no address that can be answered safely".into());
    store.record(&claimed, &waits, |_| Ok(vec![]), at(2)).await.unwrap();
    // a held letter of a decided case
    desk.keeps(4, "held").await;
    let claimed = desk.claims().await;
    let held = |numbers: &[_]| Ok(vec![crate::store::NewReply { held: true, ..reply(&claimed, numbers) }]);
    let done = store.record(&claimed, &decision(vec![filled("d.pdf")]), held, at(2)).await.unwrap();
    assert!(matches!(done, Recorded::Done { .. }));
    // a letter that has not left
    desk.decides(5, "due").await;

    let number = CaseNumber::new(2026, 2);
    assert_eq!(store.hold(&number, "a claim by SECRET", "Ada", at(5)).await.unwrap(), Hold::Done);
    assert_eq!(store.hold(&number, "again", "Ada", at(5)).await.unwrap(), Hold::AsBefore);
    assert_eq!(store.hold(&CaseNumber::new(2026, 99), "-", "Ada", at(5)).await.unwrap(), Hold::NoSuchCase);
    let holds = store.holds().await.unwrap();
    assert_eq!(
        (holds.len(), holds[0].because.expose(), holds[0].by.as_str()),
        (1, "a claim by SECRET", "Ada")
    );

    let all = due(&desk, LATER).await;
    let kept: Vec<_> = all.iter().map(|due| due.kept_for).collect();
    assert_eq!(
        kept,
        [
            Some(KeptFor::LetterUnknown),
            Some(KeptFor::Hold),
            Some(KeptFor::OpenCase),
            Some(KeptFor::LetterUnderWay),
            Some(KeptFor::LetterUnderWay),
        ]
    );
    for one in &all {
        let purged = store.purge(one.message, &retention(), "Ada", at(LATER)).await.unwrap();
        assert_eq!(purged, Purge::NotDue, "{one:?}");
    }
    assert!(all_text(&desk).await.contains("SECRET 1"));
    // released, its time is over like that of any other, and the reason goes with it
    assert_eq!(store.release_hold(&number, "Ada", at(6)).await.unwrap(), Hold::Done);
    assert_eq!(store.release_hold(&number, "Ada", at(6)).await.unwrap(), Hold::AsBefore);
    let purged = store.purge(on_hold, &retention(), "Ada", at(LATER)).await.unwrap();
    assert_eq!(purged, Purge::Done(Rule::Rejected));
    let after = all_text(&desk).await;
    assert!(!after.contains("claim by") && !after.contains("SECRET 2") && after.contains("SECRET 1"));
    desk.adds_up().await;
    assert_eq!(store.cases(&CaseFilter::default()).await.unwrap().len(), 5);
}

/// Of several cases the one that keeps longest; a case that rests on an earlier mail's documents
/// keeps that mail, too.
#[tokio::test]
async fn the_longest_rule_of_a_mail_counts_and_a_later_case_keeps_what_it_rests_on() {
    let desk = Desk::new().await;
    let first = answered(&desk, 1, Delivery::Sent).await;
    desk.behind_its_back("UPDATE cases SET verdict = 'accepted'").await.unwrap();
    assert_eq!(due(&desk, 60 * 24 * 5).await, []);
    assert_eq!(due(&desk, 60 * 24 * 11).await[0].rule, Rule::Accepted);
    desk.behind_its_back("UPDATE cases SET verdict = 'rejected'").await.unwrap();
    answered(&desk, 2, Delivery::Sent).await;
    desk.behind_its_back("INSERT INTO case_continues (case_id, message_id) VALUES (2, 1)").await.unwrap();
    let kept: Vec<_> = due(&desk, LATER).await.iter().map(|due| due.kept_for).collect();
    assert_eq!(kept, [Some(KeptFor::LaterCase), None]);
    desk.store.purge(MailId(2), &retention(), "Ada", at(LATER)).await.unwrap();
    let now = desk.store.purge(first, &retention(), "Ada", at(LATER)).await.unwrap();
    assert_eq!(now, Purge::Done(Rule::Rejected));
}

/// A purge is one commit: broken anywhere, nothing is gone.
#[tokio::test]
async fn a_purge_that_breaks_has_removed_nothing() {
    for (table, verb) in
        [("event_texts", "DELETE"), ("events", "INSERT"), ("purges", "INSERT"), ("event_head", "UPDATE")]
    {
        let desk = Desk::new().await;
        let id = answered(&desk, 1, Delivery::Sent).await;
        let before = all_text(&desk).await;
        super::broken::breaks(&desk, table, verb).await;
        assert!(desk.store.purge(id, &retention(), "Ada", at(LATER)).await.is_err(), "{verb} on {table}");
        super::broken::mends(&desk, table).await;
        assert_eq!(all_text(&desk).await, before, "{verb} on {table}");
        assert_eq!(
            desk.store.purge(id, &retention(), "Ada", at(LATER)).await.unwrap(),
            Purge::Done(Rule::Rejected)
        );
        desk.adds_up().await;
    }
}

/// What `guichet restored` makes of a database that was put back.
#[tokio::test]
async fn after_a_backup_was_restored_nothing_leaves_by_itself_that_may_have_left() {
    let desk = Desk::new().await;
    desk.decides(1, "due").await;
    desk.decides(2, "sending").await;
    desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    assert_eq!(desk.store.restored("Ada", at(9)).await.unwrap(), 2);
    assert_eq!(desk.store.restored("Ada", at(9)).await.unwrap(), 0, "done again, nothing happens");
    assert!(desk.store.claim_reply("ada", at(9999), LEASE).await.unwrap().is_none());
    assert_eq!(desk.store.tripped().await.unwrap().len(), 1);
    desk.adds_up().await;
    assert_eq!(desk.store.resend(ReplyId(1), "Ada", at(10)).await.unwrap(), Resent::Due);
    desk.adds_up().await;
}
