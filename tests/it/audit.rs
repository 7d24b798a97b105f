//! The record of the whole line, as an auditor meets it.

use crate::desk::TestDesk;
use guichet::audit::{self, Verified};
use guichet::domain::mail::Delivery;

/// The demo's mails through the line, with a relay that has its moods.
async fn a_day_at_the_desk() -> TestDesk {
    let mut desk = TestDesk::new().await;
    let folder = crate::desk::fixture("mails/demo");
    let mut mails: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    mails.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    mails.sort();
    desk.relay.next(&[Delivery::NotYet, Delivery::Unknown, Delivery::Refused]);
    for mail in mails {
        desk.receives(&std::fs::read(mail).unwrap());
    }
    desk.turn().await;
    desk.hours_pass(30).turn().await;
    let unknown = desk.replies().await.into_iter().find(|reply| reply.state.as_str() == "unknown").unwrap();
    let now = desk.now();
    desk.store().resend(unknown.id, "Ada Lovelace", now).await.unwrap();
    desk.turn().await;
    desk.adds_up().await;
    desk
}

async fn verified(desk: &TestDesk) -> Verified {
    audit::verify(desk.store().database(), &[]).await.unwrap()
}

/// `src/audit/tests.rs` tries every column, swap and insertion on a made-up record, on both engines;
/// this does it with the events of the line itself.
#[tokio::test]
async fn every_event_of_a_day_changed_or_removed_is_found() {
    let desk = a_day_at_the_desk().await;
    let length = verified(&desk).await.head.id;
    assert!(length > 80, "{length}");
    desk.behind_its_back(
        "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted; \
         CREATE TABLE spare AS SELECT * FROM events",
    )
    .await;
    let columns = ["at", "kind", "message_id", "case_id", "reply_id", "actor", "detail", "seal", "hash"];
    for id in 1..=length {
        // each column has its turn, each event two of them and its removal
        let turn = usize::try_from(id).unwrap();
        for n in [turn, turn + 4] {
            let column = columns[n % columns.len()];
            let to = match column {
                "at" | "message_id" | "case_id" | "reply_id" => format!("COALESCE({column}, 0) + 1"),
                text => format!("{text} || ' '"),
            };
            desk.behind_its_back(&format!("UPDATE events SET {column} = {to} WHERE id = {id}")).await;
            let found = verified(&desk).await;
            assert_eq!(found.troubles[0].event, Some(id), "{column}: {:?}", found.troubles);
            desk.behind_its_back(&format!(
                "UPDATE events SET {column} = (SELECT {column} FROM spare WHERE id = {id}) WHERE id = {id}"
            ))
            .await;
        }
        desk.behind_its_back(&format!("DELETE FROM events WHERE id = {id}")).await;
        let found = verified(&desk).await;
        assert_eq!(found.troubles[0].event, Some(id), "{:?}", found.troubles);
        desk.behind_its_back(&format!("INSERT INTO events SELECT * FROM spare WHERE id = {id}")).await;
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn the_command_says_what_is_broken_and_compares_noted_heads() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/02-accepted-pharmacy-other-edition.eml");
    desk.turn().await;
    let noted = desk.says(&["audit", "head"], 0);
    let heads = desk.folder.path().join("heads");
    std::fs::write(&heads, format!("# noted by the auditor\n{} 2026-11-22\n", noted.trim())).unwrap();
    let heads = heads.display().to_string();
    let sound = desk.says(&["audit", "verify", "--heads", &heads], 0);
    assert!(
        sound.contains("Everything is as it was written.") && sound.contains("1 noted heads compared"),
        "{sound}"
    );
    assert!(sound.contains(&format!("head {}", noted.trim())), "{sound}");
    desk.behind_its_back("UPDATE cases SET verdict = 'rejected'").await;
    let broken = desk.says(&["audit", "verify"], 1);
    assert!(
        broken.starts_with("BROKEN  event ") && broken.contains("verdict of case F413-2026-000001"),
        "{broken}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&desk.says(&["audit", "verify", "--json"], 1)).unwrap();
    assert_eq!(json["sound"], false);
    assert!(json["troubles"][0]["how"].as_str().unwrap().contains("verdict"), "{json}");
}
