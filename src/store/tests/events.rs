//! Events are only ever added. (That a hand which changes them shows is tested where it is found: in
//! `audit`.)

use super::desk::Desk;
use crate::audit;

#[tokio::test]
async fn the_chain_goes_on_after_a_restart() {
    let desk = Desk::new().await;
    let length = async || audit::head(desk.store.database()).await.unwrap().id;
    assert_eq!(length().await, 0);
    desk.decides(1, "a").await;
    let again = crate::store::Store::open(&desk.url).await.unwrap();
    assert_eq!(length().await, 3);
    desk.decides(2, "b").await;
    assert_eq!(length().await, 6);
    assert_eq!(again.latest_events(2).await.unwrap()[0].kind, "reply_due");
    desk.adds_up().await;
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
    desk.adds_up().await;
}
