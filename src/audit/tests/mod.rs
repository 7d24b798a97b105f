//! Every hand that touches the record shows, on both engines. (`tests/it/audit.rs` does the same to
//! the events of the whole line.)

mod accounts;
mod decided;
mod touched;

use super::{Head, Trouble, head, sha256, verify};
use crate::domain::finding::Code;
use crate::domain::form::Masked;
use crate::domain::mail::Delivery;
use crate::store::tests::desk::{Desk, INBOX, LEASE, at, decision, ending, filled, mail, reply};
use crate::store::{Cap, Ending, Look, Recorded, StaffVerdict};
use serde_json::json;
use sqlx::Row as _;

/// A store in which everything has happened that the store can do.
async fn lived_in() -> Desk {
    let desk = Desk::new().await;
    let store = &desk.store;
    desk.decides(1, "rejected").await;
    // seen again; its letter put off, then of unknown end, then sent again by a person
    store.keep(INBOX, 1, &[mail(2, "rejected")], at(3)).await.unwrap();
    let due = store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    store.settle(&due, Delivery::NotYet, "451 later", at(4), Some(at(10))).await.unwrap();
    let due = store.claim_reply("ada", at(10), LEASE).await.unwrap().unwrap();
    store.settle(&due, Delivery::Unknown, "cut after DATA", at(11), None).await.unwrap();
    store.resend(due.id, "Ada Lovelace", at(12)).await.unwrap();
    let due = store.claim_reply("ada", at(13), LEASE).await.unwrap().unwrap();
    store.settle(&due, Delivery::Sent, "250 <marie@hopital.example> taken", at(14), None).await.unwrap();
    // a form with answers, whose letter waits for a person; and a letter whose sender dies
    desk.keeps(3, "filled").await;
    let claimed = desk.claims().await;
    let held = |numbers: &[_]| {
        let mut held = reply(&claimed, numbers);
        held.held = true;
        Ok(vec![held])
    };
    let mut waits = decision(vec![filled("Demande évroult.pdf"), filled("b.pdf")]);
    waits.not_answered_because = Some("the sender is not verified".into());
    let recorded = store.record(&claimed, &waits, held, at(20)).await.unwrap();
    let Recorded::Done { cases, .. } = recorded else { panic!("not recorded") };
    desk.decides(4, "another").await;
    store.claim_reply("ada", at(21), LEASE).await.unwrap().unwrap();
    store.recover_sending(at(90)).await.unwrap();
    // the other ends of a message
    for (uid, end) in [(5, Ending::Question), (6, Ending::Automatic), (7, Ending::Repeat(cases[0].clone()))] {
        desk.keeps(uid, &format!("mail {uid}")).await;
        let claimed = desk.claims().await;
        let mut end = ending(end);
        end.not_answered_because = Some("automatic mail".into());
        store.record(&claimed, &end, |_| Ok(vec![]), at(91)).await.unwrap();
    }
    let parked = desk.keeps(8, "parked").await;
    store.park(&desk.claims().await, "the reader died of it", at(92)).await.unwrap();
    store.unpark(parked, "Ada Lovelace", at(93)).await.unwrap();
    let again = store.claim("ada", crate::store::Lane::Quick, at(94), LEASE).await.unwrap().unwrap();
    store.park(&again, "and again", at(94)).await.unwrap();
    // what staff decided of the first filled form, and then thought better of
    let says = |accepted, codes: &[Code]| StaffVerdict {
        case: cases[0].clone(),
        accepted,
        codes: codes.iter().copied().collect(),
        by: "Camille".into(),
    };
    store.staff_decided(&[says(true, &[])], at(95)).await.unwrap();
    store.staff_decided(&[says(false, &[Code::Missing, Code::Malformed])], at(95)).await.unwrap();
    let cap = Cap::Address(Masked::new("marie@hopital.example"));
    store.trip(&cap, "20 replies to one address", at(96)).await.unwrap();
    store.reset(&cap, ("Ada Lovelace", "vu avec Mme Curie"), at(97)).await.unwrap();
    // the last event has no text beside it
    let look = Look { by: "Ada Lovelace", account: "ada", with: "cases list", cases: &[], more: json!({}) };
    store.looked_at(&look, at(98)).await.unwrap();
    desk.adds_up().await;
    desk
}

async fn troubles(desk: &Desk, noted: &[Head]) -> Vec<Trouble> {
    verify(desk.store.database(), noted).await.unwrap().troubles
}

/// What is done behind the store's back shows; undone, everything is whole again. Returns the first
/// trouble.
async fn shows(desk: &Desk, done: &str, undone: &str) -> Trouble {
    desk.behind_its_back(done).await.unwrap_or_else(|error| panic!("{done}: {error}"));
    let found = troubles(desk, &[]).await;
    desk.behind_its_back(undone).await.unwrap_or_else(|error| panic!("{undone}: {error}"));
    found.into_iter().next().unwrap_or_else(|| panic!("not found: {done}"))
}

const COLUMNS: &str = "id, at, kind, message_id, case_id, reply_id, actor, detail, seal, hash";

/// `INSERT` of the event as it stands, to put it back.
async fn written(desk: &Desk, id: i64) -> String {
    let row = sqlx::query(
        "SELECT id, at, kind, message_id, case_id, reply_id, actor, detail, seal, hash FROM events WHERE id = $1",
    )
    .bind(id)
    .fetch_one(desk.store.database().read())
    .await
    .unwrap();
    let number =
        |column: &str| row.get::<Option<i64>, _>(column).map_or_else(|| "NULL".to_owned(), |n| n.to_string());
    let text = |column: &str| format!("'{}'", row.get::<String, _>(column).replace('\'', "''"));
    let numbers = ["id", "at", "message_id", "case_id", "reply_id"];
    let values: Vec<_> = COLUMNS
        .split(", ")
        .map(|column| if numbers.contains(&column) { number(column) } else { text(column) })
        .collect();
    format!("INSERT INTO events ({COLUMNS}) VALUES ({})", values.join(", "))
}

#[tokio::test]
async fn every_column_of_every_event_changed_is_found_there() {
    let desk = lived_in().await;
    desk.takes_the_triggers_away().await;
    let length = head(desk.store.database()).await.unwrap().id;
    assert!(length > 30, "{length}");
    for id in 1..=length {
        let back = written(&desk, id).await;
        let undone = format!("DELETE FROM events WHERE id IN ({id}, {id} + 100000); {back}");
        for column in COLUMNS.split(", ") {
            let to = match column {
                "id" => "id + 100000",
                "at" => "at + 1",
                "message_id" | "case_id" | "reply_id" => &format!("COALESCE({column}, 0) + 1"),
                "seal" | "hash" => &format!("'{}'", sha256(b"eve")),
                text => &format!("{text} || ' '"),
            };
            let done = format!("UPDATE events SET {column} = {to} WHERE id = {id}");
            let found = shows(&desk, &done, &undone).await;
            assert_eq!(found.event, Some(id), "{done}: {found}");
        }
        // without its seal it would have to be an event of the version before
        let found = shows(&desk, &format!("UPDATE events SET seal = NULL WHERE id = {id}"), &undone).await;
        assert_eq!(found.event, Some(id), "{found}");
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn every_event_removed_swapped_or_put_between_others_is_found() {
    let desk = lived_in().await;
    desk.takes_the_triggers_away().await;
    let length = head(desk.store.database()).await.unwrap().id;
    let mut rows = vec![String::new()];
    for id in 1..=length {
        rows.push(written(&desk, id).await);
    }
    let all = "UPDATE events SET id = -id WHERE id >=";
    for id in 1..=length {
        let at = usize::try_from(id).unwrap();
        let gone = format!("DELETE FROM events WHERE id = {id}");
        let found = shows(&desk, &gone, &rows[at]).await;
        assert_eq!(found.event, Some(id), "{gone}: {found}");
        // removed, and the later ones moved up
        let closed = format!("{gone}; {all} {id}; UPDATE events SET id = -id - 1 WHERE id < 0");
        let reopened = format!("{all} {id}; UPDATE events SET id = -id + 1 WHERE id < 0; {}", rows[at]);
        let found = shows(&desk, &closed, &reopened).await;
        assert!(found.event.is_some_and(|found| found == id), "{closed}: {found}");
        // a copy put before it, the later ones moved down
        let copy = rows[at].replace("VALUES (", "VALUES (0 + ");
        let put = format!("{all} {id}; UPDATE events SET id = -id + 1 WHERE id < 0; {copy}");
        let taken = format!("{gone}; {all} {id}; UPDATE events SET id = -id - 1 WHERE id < 0");
        let found = shows(&desk, &put, &taken).await;
        assert_eq!(found.event, Some(id + 1), "{put}: {found}");
        // a forged one of the right hash put before it
        let before = if id == 1 { String::new() } else { hash_of(&desk, id - 1).await };
        let (row, _) = forged(id, &before);
        let put = format!("{all} {id}; UPDATE events SET id = -id + 1 WHERE id < 0; {row}");
        let found = shows(&desk, &put, &taken).await;
        // itself it is as it should be; but what follows does not follow from it
        assert!([Some(id), Some(id + 1)].contains(&found.event), "{put}: {found}");
        for other in id + 1..=length {
            let swap = format!(
                "UPDATE events SET id = -id WHERE id IN ({id}, {other}); \
                 UPDATE events SET id = {other} WHERE id = -{id}; UPDATE events SET id = {id} WHERE id = -{other}"
            );
            // every pair of neighbours, and every one with the last
            if other == id + 1 || other == length {
                let found = shows(&desk, &swap, &swap).await;
                assert_eq!(found.event, Some(id), "{swap}: {found}");
            }
        }
    }
    // behind the last one, with the head as it is
    let (row, _) = forged(length + 1, &hash_of(&desk, length).await);
    let found = shows(&desk, &row, &format!("DELETE FROM events WHERE id = {}", length + 1)).await;
    assert_eq!((found.event, found.how.contains("behind the head")), (Some(length + 1), true), "{found}");
    // the head itself
    let is = head(desk.store.database()).await.unwrap();
    let undone = format!("UPDATE event_head SET last_id = {}, hash = '{}'", is.id, is.hash);
    for done in ["last_id = last_id + 1", "last_id = last_id - 1", "hash = ''"] {
        shows(&desk, &format!("UPDATE event_head SET {done}"), &undone).await;
    }
    desk.adds_up().await;
}

async fn hash_of(desk: &Desk, id: i64) -> String {
    let row = sqlx::query_scalar("SELECT hash FROM events WHERE id = $1").bind(id);
    row.fetch_one(desk.store.database().read()).await.unwrap()
}

/// An event that somebody makes up who knows how hashes are made.
fn forged(id: i64, before: &str) -> (String, String) {
    let row = crate::audit::rows::EventRow {
        id,
        at: at(1).as_millisecond(),
        kind: "cap_reset".into(),
        message_id: None,
        case_id: None,
        reply_id: None,
        actor: "eve".into(),
        detail: "{}".into(),
        seal: None,
        hash: String::new(),
        salt: None,
        text: None,
    };
    let seal = sha256(&row.fields());
    let hash = sha256(format!("{before}{seal}").as_bytes());
    let at = row.at;
    let insert = format!(
        "INSERT INTO events ({COLUMNS}) VALUES ({id}, {at}, 'cap_reset', NULL, NULL, NULL, 'eve', '{{}}', '{seal}', '{hash}')"
    );
    (insert, hash)
}

#[tokio::test]
async fn a_chain_rewritten_or_cut_off_with_its_head_is_found_by_a_head_noted_before() {
    let desk = lived_in().await;
    let noted = head(desk.store.database()).await.unwrap();
    assert_eq!(Head::parse(&noted.to_string()), Some(noted.clone()));
    assert_eq!(troubles(&desk, std::slice::from_ref(&noted)).await, []);
    desk.takes_the_triggers_away().await;
    // the last event replaced, everything made to fit
    let last = written(&desk, noted.id).await;
    let (row, hash) = forged(noted.id, &hash_of(&desk, noted.id - 1).await);
    let rewritten =
        format!("DELETE FROM events WHERE id = {}; {row}; UPDATE event_head SET hash = '{hash}'", noted.id);
    desk.behind_its_back(&rewritten).await.unwrap();
    assert_eq!(troubles(&desk, &[]).await, [], "the chain alone says nothing");
    let found = troubles(&desk, std::slice::from_ref(&noted)).await;
    assert!(found[0].event == Some(noted.id) && found[0].how.contains("rewritten"), "{found:?}");
    let undone = format!(
        "DELETE FROM events WHERE id = {}; {last}; UPDATE event_head SET hash = '{}'",
        noted.id, noted.hash
    );
    desk.behind_its_back(&undone).await.unwrap();
    // the last event cut off
    let before = hash_of(&desk, noted.id - 1).await;
    let cut = format!(
        "DELETE FROM events WHERE id = {}; UPDATE event_head SET last_id = last_id - 1, hash = '{before}'",
        noted.id
    );
    desk.behind_its_back(&cut).await.unwrap();
    let found = troubles(&desk, std::slice::from_ref(&noted)).await;
    assert!(found[0].event == Some(noted.id) && found[0].how.contains("cut off"), "{found:?}");
}

/// Table, the row, and what its columns are changed to.
const TOLD: [(&str, &str, &str); 15] = [
    (
        "messages",
        "id = 3",
        "sha256 = 'e', received_at = 1, kept_at = 1, outcome = 'question', ended_at = 1, head = '{}', sender = 'e', \
         rfc_id = 'e', not_answered_because = 'e'",
    ),
    ("message_bytes", "message_id = 3", "raw = CAST('e' AS BYTEA)"),
    ("sightings", "id = 2", "mailbox = 'e', uid = 99, uidvalidity = 99, message_id = 3"),
    ("documents", "message_id = 3", "name = 'e', media_type = 'e', size = 1, sha256 = 'e'"),
    (
        "cases",
        "id = 2",
        "number = 'F413-2026-000099', position = 9, received_at = 1, day = 'e', decided_at = 1, state = 'waiting', \
         verdict = 'accepted', source = 'e', structure_name = 'e', finess = 'e', siret = 'e', search = 'e', \
         report = '{}', rules_version = 'e', reader_version = 'e', registry_snapshot = 9, linked_case = 1",
    ),
    ("case_cards", "case_id = 2 AND card <> '2400319487'", "card = 'e'"),
    ("case_rpps_rang", "case_id = 2", "rpps_rang = 'e'"),
    ("case_documents", "case_id = 2", "name = 'e'"),
    (
        "replies",
        "id = 1",
        "template = 'accepted', recipient = 'e@x.example', address_key = 'e', domain_key = 'e', subject = 'e', \
         rfc_id = 'e', state = 'refused', created_at = 1, attempts = 9, answer = 'e', ended_at = 1",
    ),
    ("reply_mails", "reply_id = 1", "mail = CAST('e' AS BYTEA)"),
    (
        "reply_attempts",
        "reply_id = 1 AND attempt > 2",
        "ended_at = 1, delivery = 'refused', answer = 'e', attempt = 7",
    ),
    ("event_texts", "event_id = 2", "salt = 'e', text = 'e'"),
    ("case_years", "year = 2026", "last = 9"),
    ("staff_verdicts", "id = 2", "verdict = 'accepted', decided_by = 'e', recorded_at = 1, case_id = 3"),
    ("staff_verdict_codes", "staff_verdict = 2 AND code <> 'malformed'", "code = 'e'"),
];

#[tokio::test]
async fn a_changed_row_is_found_by_what_the_events_say() {
    let desk = lived_in().await;
    for (table, key, changes) in TOLD {
        desk.behind_its_back(&format!("CREATE TABLE spare AS SELECT * FROM {table} WHERE {key}"))
            .await
            .unwrap();
        for change in changes.split(", ") {
            let (column, _) = change.split_once(" = ").unwrap();
            let change = if desk.on_postgres() { change.to_owned() } else { change.replace("BYTEA", "BLOB") };
            let done = format!("UPDATE {table} SET {change} WHERE {key}");
            let undone = format!("UPDATE {table} SET {column} = (SELECT {column} FROM spare) WHERE {key}");
            let found = shows(&desk, &done, &undone).await;
            assert!(!found.how.is_empty(), "{done}");
        }
        desk.behind_its_back("DROP TABLE spare").await.unwrap();
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn a_row_removed_or_put_in_is_found_by_what_the_events_say() {
    for gone in [
        "DELETE FROM event_texts WHERE event_id = 2",
        "DELETE FROM reply_mails WHERE reply_id = 1",
        "DELETE FROM message_bytes WHERE message_id = 3",
        "DELETE FROM case_cards WHERE case_id = 2 AND card = '2900351819'",
        "DELETE FROM documents WHERE message_id = 3",
        "DELETE FROM sightings WHERE id = 2",
        "INSERT INTO event_texts (event_id, salt, text) VALUES (9999, '', '')",
        "INSERT INTO sightings (message_id, mailbox, uidvalidity, uid, received_at, seen_at) VALUES (1, 'x', 1, 1, 1, 1)",
    ] {
        let desk = lived_in().await;
        desk.behind_its_back(gone).await.unwrap();
        assert_ne!(troubles(&desk, &[]).await, [], "{gone}");
    }
}

/// Events of a version before, whose hash covered the hash before and the fields at once.
#[tokio::test]
async fn events_without_a_seal_are_checked_as_they_were_written() {
    let desk = Desk::new().await;
    let mut before = String::new();
    for id in 1..=3 {
        let row = crate::audit::rows::EventRow {
            id,
            at: id,
            kind: "cap_tripped".into(),
            message_id: None,
            case_id: None,
            reply_id: None,
            actor: "guichet".into(),
            detail: "{}".into(),
            seal: None,
            hash: String::new(),
            salt: None,
            text: None,
        };
        let mut all = crate::audit::rows::EventRow::field(&before);
        all.extend(row.fields());
        before = sha256(&all);
        desk.behind_its_back(&format!(
            "INSERT INTO events (id, at, kind, actor, detail, hash) VALUES ({id}, {id}, 'cap_tripped', 'guichet', \
             '{{}}', '{before}'); UPDATE event_head SET last_id = {id}, hash = '{before}'"
        ))
        .await
        .unwrap();
    }
    desk.decides(1, "a").await;
    let verified = verify(desk.store.database(), &[]).await.unwrap();
    assert_eq!((verified.troubles, verified.older, verified.head.id), (vec![], 3, 6));
    desk.takes_the_triggers_away().await;
    let found = shows(
        &desk,
        "UPDATE events SET actor = 'eve' WHERE id = 2",
        "UPDATE events SET actor = 'guichet' WHERE id = 2",
    )
    .await;
    assert_eq!(found.event, Some(2));
}

#[tokio::test]
async fn a_clock_set_back_is_told_and_is_no_trouble() {
    let desk = Desk::new().await;
    desk.store.keep(INBOX, 1, &[mail(1, "a")], at(600)).await.unwrap();
    desk.store.keep(INBOX, 1, &[mail(2, "b")], at(0)).await.unwrap();
    let verified = verify(desk.store.database(), &[]).await.unwrap();
    assert_eq!(verified.troubles, []);
    assert!(verified.notices[0].contains("event 2: 600 minutes"), "{:?}", verified.notices);
}

/// README, "Backup": PostgreSQL by its own tools. (SQLite: `tests/it/keeping.rs`.)
#[tokio::test]
async fn a_dump_of_postgresql_restored_is_the_same_record() {
    let desk = lived_in().await;
    if !desk.on_postgres() {
        return;
    }
    let noted = head(desk.store.database()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("guichet.dump").display().to_string();
    let run = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("pg_dump", &["--format=custom", "--file", &dump, &desk.url]);
    desk.decides(90, "after the backup").await;
    let empty = crate::database::testing::Place::new().await;
    run("pg_restore", &["--exit-on-error", "--no-owner", "--dbname", &empty.url, &dump]);
    let restored = crate::store::Store::open(&empty.url).await.unwrap();
    let verified = verify(restored.database(), std::slice::from_ref(&noted)).await.unwrap();
    assert_eq!((verified.troubles, verified.head), (vec![], noted));
}
