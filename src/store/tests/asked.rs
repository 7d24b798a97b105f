//! What people ask.

use super::desk::{Desk, decision, filled};
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::form::Masked;
use crate::store::{CaseFilter, CaseState, Lane, Store};

async fn found(store: &Store, filter: CaseFilter) -> Vec<String> {
    store.cases(&filter).await.unwrap().into_iter().map(|row| row.number.to_string()).collect()
}

#[tokio::test]
async fn cases_are_found_by_everything_people_know_of_them() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    desk.keeps(2, "b").await;
    let claimed = desk.claims().await;
    desk.records(&claimed, &decision(vec![filled("Demande évroult.pdf")])).await;
    let second = ["F413-2026-000002"];
    let any = CaseFilter::default;
    let text = |text: &str| CaseFilter { text: Some(Masked::new(text)), ..CaseFilter::default() };
    let some = |text: &str| Some(text.to_owned());
    for (what, filter) in [
        ("number", CaseFilter { number: CaseNumber::parse("f413-2026-000002"), ..any() }),
        ("finess", CaseFilter { finess: some("310908306"), ..any() }),
        ("siret", CaseFilter { siret: some("3661318600000"), ..any() }),
        ("rang", CaseFilter { rpps_rang: some("10003456781029"), ..any() }),
        ("signatory's card", CaseFilter { card: some("2900351819"), ..any() }),
        ("administrator's card", CaseFilter { card: some("2400319487"), ..any() }),
        ("structure's name", text("HOPITAL de saint-evroult")),
        ("person's name", text("bréton")),
        ("document", text("évroult.pdf")),
    ] {
        assert_eq!(found(&desk.store, filter).await, second, "{what}");
    }
    let both = ["F413-2026-000002", "F413-2026-000001"];
    assert_eq!(found(&desk.store, any()).await, both);
    assert_eq!(found(&desk.store, text("marie.curie@hopital.example")).await, both);
    assert_eq!(found(&desk.store, CaseFilter { limit: Some(1), ..any() }).await, second);
    assert_eq!(found(&desk.store, CaseFilter { state: Some(CaseState::Decided), ..any() }).await, both);
    for nothing in [
        CaseFilter { verdict: Some(VerdictKind::Accepted), ..any() },
        CaseFilter { card: some("2900351819"), finess: some("999999999"), ..any() },
        text("100 %"),
        CaseFilter { state: Some(CaseState::Waiting), ..any() },
    ] {
        assert_eq!(found(&desk.store, nothing.clone()).await, [""; 0], "{nothing:?}");
    }
    let none = desk.store.case(&CaseNumber::new(2026, 99)).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn an_empty_store_balances_and_answers() {
    let desk = Desk::new().await;
    desk.store.ping().await.unwrap();
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger, ledger.balances()), (crate::store::Ledger::default(), true));
    assert_eq!(desk.store.next_message_at(Lane::Quick).await.unwrap(), None);
}

#[tokio::test]
async fn a_message_in_two_places_is_seen() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    desk.behind_its_back("UPDATE messages SET outcome = 'question'").await.unwrap();
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.misplaced, ledger.balances()), (1, false));
}

#[tokio::test]
async fn a_store_in_memory_is_a_store_of_its_own() {
    let (one, other) =
        (Store::open("sqlite::memory:").await.unwrap(), Store::open("sqlite::memory:").await.unwrap());
    let mails = [super::desk::mail(1, "a")];
    one.keep("INBOX", 1, &mails, super::desk::at(0)).await.unwrap();
    assert_eq!(one.ledger().await.unwrap().messages, 1);
    assert_eq!(other.ledger().await.unwrap().messages, 0);
}

#[tokio::test]
async fn a_database_that_is_not_there_says_where_and_whether_to_try_again() {
    let nowhere = Store::open("sqlite:/nowhere/at/all/guichet.db").await.unwrap_err();
    assert!(nowhere.doing.contains("/nowhere/at/all"), "{nowhere}");
    let closed = Store::open("postgres://guichet:secret@127.0.0.1:1/guichet").await.unwrap_err();
    assert!(!closed.to_string().contains("secret"), "{closed}");
    assert_eq!(closed.retry, crate::fault::Retry::Later);
    let unknown = Store::open("mysql://localhost/guichet").await.unwrap_err();
    assert_eq!(unknown.retry, crate::fault::Retry::Never);
}
