//! Events are only ever added, and a hand that changes them shows.

use super::desk::Desk;
use crate::store::{ChainBroken, ChainLength};

#[tokio::test]
async fn the_chain_verifies_and_survives_a_restart() {
    let desk = Desk::new().await;
    assert_eq!(desk.store.verify_events().await.unwrap(), Ok(ChainLength(0)));
    desk.decides(1, "a").await;
    let again = crate::store::Store::open(&desk.url).await.unwrap();
    assert_eq!(again.verify_events().await.unwrap(), Ok(ChainLength(3)));
    desk.decides(2, "b").await;
    assert_eq!(again.verify_events().await.unwrap(), Ok(ChainLength(6)));
    assert_eq!(again.latest_events(2).await.unwrap()[0].kind, "reply_due");
}

#[tokio::test]
async fn changing_or_deleting_an_event_is_refused() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    for sql in [
        "UPDATE events SET actor = 'eve'",
        "DELETE FROM events",
        "DELETE FROM events WHERE id = 3",
        "DELETE FROM event_head",
    ] {
        let refused = desk.behind_its_back(sql).await.unwrap_err();
        assert!(refused.to_string().contains("only ever added"), "{sql}: {refused}");
    }
    assert_eq!(desk.store.verify_events().await.unwrap(), Ok(ChainLength(3)));
}

#[tokio::test]
async fn a_hand_that_takes_the_triggers_away_still_shows() {
    for (sql, at) in [
        ("UPDATE events SET detail = '{}' WHERE id = 2", 2),
        ("UPDATE events SET at = at + 1 WHERE id = 1", 1),
        ("DELETE FROM events WHERE id = 2", 2),
        ("DELETE FROM events WHERE id = 3", 3),
    ] {
        let desk = Desk::new().await;
        desk.decides(1, "a").await;
        let on = if desk.on_postgres() { " ON events" } else { "" };
        desk.behind_its_back(&format!("DROP TRIGGER events_are_never_changed{on}")).await.unwrap();
        if !desk.on_postgres() {
            desk.behind_its_back("DROP TRIGGER events_are_never_deleted").await.unwrap();
        }
        desk.behind_its_back(sql).await.unwrap();
        assert_eq!(desk.store.verify_events().await.unwrap(), Err(ChainBroken { at }), "{sql}");
    }
}
