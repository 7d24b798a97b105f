//! What somebody wrote and did not send: theirs, for a month, and gone with the case.

use super::desk::{Desk, at, case, decision};
use crate::domain::form::Masked;
use crate::store::{CaseState, NewCase, Recorded};
use jiff::SignedDuration;

#[tokio::test]
async fn a_draft_is_its_owners_alone_until_it_is_sent_or_a_month_has_passed() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
    let recorded = desk.records(&claimed, &decision(vec![waiting])).await;
    let Recorded::Done { cases, .. } = recorded else { panic!("{recorded:?}") };
    let open = desk.store.open_case(&cases[0]).await.unwrap().unwrap();
    let keep = async |owner, what, text: &str, minute| {
        let fields = Masked::new(text);
        desk.store.keep_draft((owner, &open, what), &fields, at(minute)).await.unwrap();
    };
    let found = async |owner, what, now| {
        let draft = desk.store.draft((owner, &open, what), now).await.unwrap();
        draft.map(|draft| (draft.fields.expose().to_owned(), draft.at))
    };
    keep("anna", "note", "text=Un", 3).await;
    keep("anna", "note", "text=Deux", 4).await;
    keep("anna", "refuser", "text=Trois", 5).await;
    assert_eq!(found("anna", "note", at(6)).await, Some(("text=Deux".to_owned(), at(4))));
    assert_eq!(found("bob", "note", at(6)).await, None);
    desk.store.drop_draft(("bob", &open, "note")).await.unwrap();
    assert!(found("anna", "note", at(6)).await.is_some(), "another's hand changes nothing");
    desk.store.drop_draft(("anna", &open, "note")).await.unwrap();
    assert_eq!(found("anna", "note", at(6)).await, None);
    let month = at(5) + SignedDuration::from_hours(24 * 30);
    assert!(found("anna", "refuser", month).await.is_some());
    let later = month + SignedDuration::from_secs(1);
    assert_eq!(found("anna", "refuser", later).await, None);
    desk.store.keep_draft(("bob", &open, "note"), &Masked::new("text=x"), later).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM drafts")
        .fetch_one(desk.store.database().read())
        .await
        .unwrap();
    assert_eq!(left, 1, "what nobody came back to is gone");
    desk.adds_up().await;
}
