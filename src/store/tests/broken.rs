//! Every write broken once, from outside: nothing is left half-written, and the next try succeeds.

use super::desk::{Desk, INBOX, LEASE, at, decision, filled, mail};
use crate::domain::mail::Delivery;
use crate::store::{Kept, Lane, Recorded};
use sqlx::{AssertSqlSafe, Row};

/// Every table that the store writes, so that a forgotten one shows.
const TABLES: [&str; 16] = [
    "mailboxes",
    "messages",
    "sightings",
    "documents",
    "case_years",
    "cases",
    "case_rpps_rang",
    "case_cards",
    "case_documents",
    "findings",
    "replies",
    "reply_attempts",
    "tripped_caps",
    "events",
    "event_texts",
    "event_head",
];

/// Makes every write of this kind to the table fail.
pub async fn breaks(desk: &Desk, table: &str, write: &str) {
    let sql = if desk.on_postgres() {
        format!(
            "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'disk full'; END; $$; \
             CREATE TRIGGER broken BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"
        )
    } else {
        format!("CREATE TRIGGER broken BEFORE {write} ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    };
    desk.behind_its_back(&sql).await.unwrap();
}

pub async fn mends(desk: &Desk, table: &str) {
    let on = if desk.on_postgres() { format!(" ON {table}") } else { String::new() };
    desk.behind_its_back(&format!("DROP TRIGGER broken{on}")).await.unwrap();
}

/// What the database holds: rows of each table, and the state columns that a write could change.
async fn picture(desk: &Desk) -> Vec<String> {
    let read = desk.store.database().read();
    let mut picture = vec![];
    for table in TABLES {
        let row =
            sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table}"))).fetch_one(read).await;
        picture.push(format!("{table}: {}", row.unwrap().get::<i64, _>("n")));
    }
    for sql in [
        "SELECT id, state || ' ' || attempts || ' ' || COALESCE(worker, '-') AS what FROM messages ORDER BY id",
        "SELECT id, state || ' ' || attempts || ' ' || due_at AS what FROM replies ORDER BY id",
        "SELECT last_uid AS id, mailbox || ' ' || uidvalidity AS what FROM mailboxes ORDER BY mailbox",
        "SELECT last AS id, CAST(year AS TEXT) AS what FROM case_years ORDER BY year",
        "SELECT last_id AS id, hash AS what FROM event_head",
    ] {
        for row in sqlx::query(sql).fetch_all(read).await.unwrap() {
            picture.push(format!("{} {}", row.get::<i64, _>("id"), row.get::<String, _>("what")));
        }
    }
    picture
}

#[tokio::test]
async fn keeping_is_all_or_nothing() {
    for (table, write) in [
        ("messages", "INSERT"),
        ("sightings", "INSERT"),
        ("events", "INSERT"),
        ("mailboxes", "UPDATE"),
        ("event_head", "UPDATE"),
    ] {
        let desk = Desk::new().await;
        desk.keeps(1, "before").await;
        let before = picture(&desk).await;
        breaks(&desk, table, write).await;
        let mails = [mail(2, "a"), mail(3, "before"), mail(4, "b")];
        let failed = desk.store.keep(INBOX, 1, &mails, at(0)).await;
        assert_eq!(failed.unwrap_err().retry, crate::fault::Retry::Later, "{write} on {table}");
        assert_eq!(picture(&desk).await, before, "{write} on {table}");
        mends(&desk, table).await;
        let kept = desk.store.keep(INBOX, 1, &mails, at(0)).await.unwrap();
        assert!(matches!(kept.as_slice(), [Kept::New(_), Kept::Copy(_), Kept::New(_)]), "{kept:?}");
        desk.adds_up().await;
    }
}

#[tokio::test]
async fn a_decision_is_all_or_nothing() {
    for (table, write) in [
        ("case_years", "UPDATE"),
        ("messages", "UPDATE"),
        ("documents", "INSERT"),
        ("cases", "INSERT"),
        ("case_rpps_rang", "INSERT"),
        ("case_cards", "INSERT"),
        ("case_documents", "INSERT"),
        ("findings", "INSERT"),
        ("replies", "INSERT"),
        ("events", "INSERT"),
        ("event_head", "UPDATE"),
    ] {
        let desk = Desk::new().await;
        desk.decides(1, "before").await;
        desk.keeps(2, "a").await;
        let claimed = desk.claims().await;
        let before = picture(&desk).await;
        breaks(&desk, table, write).await;
        let compose =
            |numbers: &[crate::domain::case::CaseNumber]| Ok(vec![super::desk::reply(&claimed, numbers)]);
        let failed = desk.store.record(&claimed, &decision(vec![filled("a.pdf")]), compose, at(2)).await;
        assert_eq!(failed.unwrap_err().retry, crate::fault::Retry::Later, "{write} on {table}");
        assert_eq!(picture(&desk).await, before, "{write} on {table}");
        mends(&desk, table).await;
        let recorded = desk.records(&claimed, &decision(vec![filled("a.pdf")])).await;
        let Recorded::Done { cases, .. } = recorded else { panic!("{recorded:?}") };
        assert_eq!(cases[0].to_string(), "F413-2026-000002");
        desk.adds_up().await;
        assert!(desk.store.ledger().await.unwrap().balances());
    }
}

#[tokio::test]
async fn claiming_counts_the_attempt_or_does_not_claim() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let before = picture(&desk).await;
    breaks(&desk, "messages", "UPDATE").await;
    assert!(desk.store.claim("ada", Lane::Quick, at(1), LEASE).await.is_err());
    assert_eq!(picture(&desk).await, before);
    mends(&desk, "messages").await;
    assert_eq!(desk.claims().await.attempts, 1);
}

#[tokio::test]
async fn without_its_attempt_on_record_no_reply_is_handed_out() {
    for (table, write) in [("replies", "UPDATE"), ("reply_attempts", "INSERT")] {
        let desk = Desk::new().await;
        desk.decides(1, "a").await;
        let before = picture(&desk).await;
        breaks(&desk, table, write).await;
        assert!(desk.store.claim_reply("ada", at(3), LEASE).await.is_err(), "{write} on {table}");
        assert_eq!(picture(&desk).await, before, "{write} on {table}");
        mends(&desk, table).await;
        assert_eq!(desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap().attempt, 1);
    }
}

#[tokio::test]
async fn a_reply_whose_end_cannot_be_written_is_unknown_and_not_sent_again() {
    for (table, write) in
        [("replies", "UPDATE"), ("reply_attempts", "UPDATE"), ("events", "INSERT"), ("event_head", "UPDATE")]
    {
        let desk = Desk::new().await;
        desk.decides(1, "a").await;
        let reply = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
        let before = picture(&desk).await;
        breaks(&desk, table, write).await;
        let settled = desk.store.settle(&reply, Delivery::Sent, "250 OK", at(4), None).await;
        assert!(settled.is_err(), "{write} on {table}");
        assert_eq!(picture(&desk).await, before, "{write} on {table}");
        mends(&desk, table).await;
        assert_eq!(desk.store.recover_sending(at(3) + LEASE).await.unwrap(), [reply.id]);
        assert!(desk.store.claim_reply("bob", at(9999), LEASE).await.unwrap().is_none());
        desk.adds_up().await;
    }
}
