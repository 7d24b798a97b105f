//! Sign-ins that a provider answers, and by what it finds somebody.

use super::desk::{Desk, at};
use crate::domain::staff::{Identity, KnownAs, Role, UserName};
use crate::store::{AccountChange, Begun, Changed, NewAccount, Token};
use std::net::IpAddr;

const OFFICE: &str = "192.0.2.7";

impl Desk {
    async fn goes(&self, from: &str, minute: i64) -> Begun {
        let address: IpAddr = from.parse().unwrap();
        self.store.goes_to_the_provider("/lettres", address, at(minute)).await.unwrap()
    }

    async fn comes(&self, state: &Token, browser: &Token, minute: i64) -> bool {
        self.store.comes_from_the_provider(state, browser, at(minute)).await.unwrap().is_some()
    }

    async fn is_called(&self, name: &str) -> Option<String> {
        let found = self.store.account_called(&KnownAs::parse(name).unwrap()).await.unwrap();
        found.map(|account| account.name.to_string())
    }
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked_and_not_too_late() {
    let desk = Desk::new().await;
    let (one, other) = (desk.goes(OFFICE, 0).await, desk.goes(OFFICE, 0).await);
    assert!(!desk.comes(&one.state, &other.browser, 1).await, "another browser's");
    assert!(!desk.comes(&other.pending.nonce, &one.browser, 1).await, "nobody was told this state");
    let came = desk.store.comes_from_the_provider(&one.state, &one.browser, at(9)).await.unwrap().unwrap();
    assert!(came.nonce.is(&one.pending.nonce) && came.verifier.is(&one.pending.verifier));
    assert_eq!(came.next, "/lettres");
    assert!(!desk.comes(&one.state, &one.browser, 9).await, "it came before");
    assert!(!desk.comes(&other.state, &other.browser, 10).await, "too late");
    // the secrets of a browser are not in the database
    let kept: Vec<String> = sqlx::query_scalar("SELECT state_sha256 || browser_sha256 FROM pending_sign_ins")
        .fetch_all(desk.store.database().read())
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].contains(other.state.expose()) && !kept[0].contains(other.browser.expose()));
    let spans = (jiff::SignedDuration::from_mins(30), jiff::SignedDuration::from_hours(10));
    assert_eq!(desk.store.forget_old_sign_ins(at(9), spans).await.unwrap(), 0);
    assert_eq!(desk.store.forget_old_sign_ins(at(10), spans).await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_begins_without_end_pushes_out_only_their_own() {
    let desk = Desk::new().await;
    let (mine, theirs) = (desk.goes("198.51.100.9", 0).await, desk.goes(OFFICE, 0).await);
    for _ in 0..200 {
        desk.goes(OFFICE, 1).await;
    }
    assert!(!desk.comes(&theirs.state, &theirs.browser, 2).await);
    assert!(desk.comes(&mine.state, &mine.browser, 2).await);
}

#[tokio::test]
async fn a_restored_backup_awaits_no_answer() {
    let desk = Desk::new().await;
    let begun = desk.goes(OFFICE, 0).await;
    desk.store.restored("operator", at(1)).await.unwrap();
    assert!(!desk.comes(&begun.state, &begun.browser, 1).await);
}

#[tokio::test]
async fn an_account_is_found_by_what_the_provider_calls_its_person() {
    let desk = Desk::new().await;
    let name = |text: &str| UserName::parse(text).unwrap();
    for user in ["ada", "grace", "899700218896"] {
        let (shown, role) = (user.to_owned(), Role::Agent);
        let new = NewAccount { name: name(user), shown, role, password: None, identity: None };
        desk.store.add_account(&new, "operator", at(0)).await.unwrap();
    }
    let called = |user: &str, by: Option<&str>| {
        let change = AccountChange::KnownAs(by.map(|by| KnownAs::parse(by).unwrap()));
        let (user, store) = (name(user), desk.store.clone());
        async move { store.change_account(&user, change, "operator", at(1)).await.unwrap() }
    };
    assert_eq!(desk.is_called("ada").await.as_deref(), Some("ada"), "by its name, where nothing is said");
    assert_eq!(desk.is_called("Ada").await.as_deref(), Some("ada"));
    assert_eq!(called("ada", Some("810001288385")).await, Changed::Done);
    assert_eq!(desk.is_called("810001288385").await.as_deref(), Some("ada"));
    assert_eq!(desk.is_called("ada").await, None, "and by nothing else then");
    // what another is called, or what would be another's name
    for taken in ["810001288385", "899700218896"] {
        assert_eq!(called("grace", Some(taken)).await, Changed::IdentityTaken, "{taken}");
    }
    assert_eq!(called("ada", Some("810001288385")).await, Changed::AlreadySo);
    assert_eq!(desk.is_called("not a name of ours").await, None);
    // once linked, the identity is what counts
    let identity = Identity::new("https://id.example", "7").unwrap();
    let link = AccountChange::Link(identity.clone());
    desk.store.change_account(&name("ada"), link, "ada", at(2)).await.unwrap();
    assert_eq!(desk.store.account_of(&identity).await.unwrap().unwrap().name, name("ada"));
    assert_eq!(called("ada", None).await, Changed::Done);
    desk.adds_up().await;
}
