//! Every write of the line broken once, from outside; afterwards the line is as if nothing had been.

use crate::desk::TestDesk;
use guichet::domain::mail::ReplyState;

const MAIL: &str = "mails/demo/03-rejected-four-problems.eml";

/// Each table the line writes to, and how.
const WRITES: [(&str, &str); 16] = [
    ("mailboxes", "INSERT"),
    ("messages", "INSERT"),
    ("message_bytes", "INSERT"),
    ("messages", "UPDATE"),
    ("sightings", "INSERT"),
    ("sightings", "UPDATE"),
    ("documents", "INSERT"),
    ("case_years", "INSERT"),
    ("cases", "INSERT"),
    ("case_documents", "INSERT"),
    ("findings", "INSERT"),
    ("replies", "INSERT"),
    ("reply_mails", "INSERT"),
    ("replies", "UPDATE"),
    ("reply_attempts", "INSERT"),
    ("events", "INSERT"),
];

#[tokio::test]
async fn a_write_that_fails_once_costs_nothing_and_doubles_nothing() {
    for (table, verb) in WRITES {
        let mut desk = TestDesk::new().await;
        desk.behind_its_back(&format!(
            "CREATE TRIGGER broken BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        ))
        .await;
        desk.receives_fixture(MAIL);
        let fault = desk.try_turn().await;
        assert!(fault.is_err(), "{verb} on {table}: the fault is not swallowed");
        assert!(
            desk.relay.taken().is_empty() || table == "sightings",
            "{verb} on {table}: nothing left unrecorded"
        );
        desk.behind_its_back("DROP TRIGGER broken").await;
        desk.hours_pass(1).turn().await;
        desk.hours_pass(1).turn().await;
        assert_eq!(desk.cases().await.len(), 1, "{verb} on {table}");
        assert_eq!(desk.reply_states().await, [ReplyState::Sent], "{verb} on {table}");
        assert_eq!(desk.relay.taken().len(), 1, "{verb} on {table}");
        assert_eq!(
            (desk.mails_in(""), desk.store().ledger().await.unwrap().to_file),
            (0, 0),
            "{verb} on {table}"
        );
        desk.adds_up().await;
    }
}

/// The one write that comes after the mail has left: what became of it is then not known, and it
/// is not sent again.
#[tokio::test]
async fn an_end_that_cannot_be_written_down_leaves_the_reply_unknown() {
    for (table, verb) in [("reply_attempts", "UPDATE"), ("events", "INSERT")] {
        let mut desk = TestDesk::new().await;
        let armed = if table == "events" { "NEW.kind = 'reply_sent'" } else { "1 = 1" };
        desk.behind_its_back(&format!(
            "CREATE TRIGGER broken BEFORE {verb} ON {table} WHEN {armed} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        ))
        .await;
        desk.receives_fixture(MAIL);
        assert!(desk.try_turn().await.is_err());
        desk.behind_its_back("DROP TRIGGER broken").await;
        desk.hours_pass(100).turn().await;
        desk.hours_pass(100).turn().await;
        assert_eq!(desk.relay.taken().len(), 1, "{verb} on {table}: sent once");
        assert_eq!(desk.reply_states().await, [ReplyState::Unknown], "{verb} on {table}");
        desk.adds_up().await;
    }
}

#[tokio::test]
async fn a_fault_of_ours_never_counts_against_the_mail() {
    let mut desk = TestDesk::new().await;
    desk.behind_its_back(
        "CREATE TRIGGER broken BEFORE INSERT ON cases BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await;
    desk.receives_fixture(MAIL);
    for _ in 0..20 {
        assert!(desk.try_turn().await.is_err());
        desk.hours_pass(1);
    }
    desk.behind_its_back("DROP TRIGGER broken").await;
    desk.hours_pass(1).turn().await;
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (1, 1));
}
