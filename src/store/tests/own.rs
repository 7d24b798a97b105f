//! What somebody does with their own account.

use super::accounts::{SPANS, name};
use super::desk::{Desk, at};
use crate::domain::staff::{PasswordHash, Role};
use crate::store::{AccountChange, Ends, OwnPassword, OwnSession, Token, Tried};

impl Desk {
    async fn own(&self, user: &str, here: &Token, minute: i64) -> Vec<OwnSession> {
        self.store.own_sessions((&name(user), here), at(minute), SPANS).await.unwrap()
    }

    async fn ends(&self, user: &str, here: &Token, which: Ends<'_>) -> bool {
        self.store.ends_elsewhere((&name(user), here), which, at(4)).await.unwrap()
    }
}

#[tokio::test]
async fn a_person_sees_their_own_sessions_and_which_of_them_asks() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    desk.adds("bob", Role::Agent).await;
    let (first, second) = (desk.enters("ada", 0, None).await, desk.enters("ada", 1, None).await);
    desk.enters("bob", 1, None).await;
    let left = desk.enters("ada", 2, None).await;
    assert!(desk.store.signs_out(&left, at(3)).await.unwrap());
    assert!(desk.who(&first, 20).await.is_some());
    let own = desk.own("ada", &second, 20).await;
    let told: Vec<_> =
        own.iter().map(|one| (one.started_at, one.seen_at, one.here, one.address.as_str())).collect();
    assert_eq!(told, [(at(0), at(20), false, "192.0.2.7"), (at(1), at(1), true, "192.0.2.7")]);
    // what ended by itself is not in any more, and a mark lets nobody in
    assert_eq!(desk.own("ada", &first, 31).await.len(), 1);
    assert!(own.iter().all(|one| Token::parse(&one.mark).is_none()));
}

#[tokio::test]
async fn a_person_ends_one_of_their_own_sessions_or_all_others_and_nobody_elses() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    desk.adds("bob", Role::Agent).await;
    let here = desk.enters("ada", 0, None).await;
    let (there, yonder) = (desk.enters("ada", 1, None).await, desk.enters("ada", 2, None).await);
    let bob = desk.enters("bob", 1, None).await;
    let mark = async |user: &str, of: &Token| {
        let own = desk.own(user, of, 3).await;
        own.into_iter().find(|one| one.here).unwrap().mark
    };
    let (theirs, bobs, own) = (mark("ada", &there).await, mark("bob", &bob).await, mark("ada", &here).await);
    let before = desk.store.latest_events(1).await.unwrap();
    for other in [bobs.as_str(), own.as_str(), "", "x"] {
        assert!(!desk.ends("ada", &here, Ends::One(other)).await, "{other}");
    }
    assert_eq!(desk.store.latest_events(1).await.unwrap(), before, "nothing was done");
    assert!(desk.ends("ada", &here, Ends::One(&theirs)).await);
    let (kind, by, detail) = desk.last_event().await;
    assert_eq!((kind.as_str(), by.as_str(), &detail["elsewhere"]), ("signed_out", "ada", &true.into()));
    assert!(!desk.ends("ada", &here, Ends::One(&theirs)).await, "it has ended");
    assert!(desk.who(&there, 4).await.is_none() && desk.who(&yonder, 4).await.is_some());
    assert!(desk.ends("ada", &here, Ends::AllOthers).await);
    assert!(!desk.ends("ada", &here, Ends::AllOthers).await);
    assert!(desk.who(&yonder, 4).await.is_none());
    assert!(desk.who(&here, 4).await.is_some() && desk.who(&bob, 4).await.is_some());
    desk.adds_up().await;
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_and_the_wait_for_guesses() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    desk.adds("bob", Role::Agent).await;
    let (here, there) = (desk.enters("ada", 0, None).await, desk.enters("ada", 0, None).await);
    let bob = desk.enters("bob", 0, None).await;
    for _ in 0..4 {
        desk.tries("ada", 1).await;
    }
    let account = desk.store.account(&name("ada")).await.unwrap().unwrap();
    let attempt = desk.tries("ada", 1).await;
    let chosen = PasswordHash::new("$argon2id$chosen");
    let new = OwnPassword { account: &account, session: &here, attempt, password: chosen.clone() };
    assert!(desk.store.changes_own_password(new, at(2)).await.unwrap());
    let (kind, by, detail) = desk.last_event().await;
    assert_eq!((kind.as_str(), by.as_str()), ("user_password_changed", "ada"));
    assert!(!detail.to_string().contains("argon2id"));
    assert_eq!(desk.store.account(&name("ada")).await.unwrap().unwrap().password, Some(chosen));
    assert!(desk.who(&here, 2).await.is_some() && desk.who(&bob, 2).await.is_some());
    assert_eq!(desk.who(&there, 2).await, None);
    let office = "192.0.2.7".parse().unwrap();
    for _ in 0..5 {
        let tried = desk.store.tries_to_sign_in(Some(&name("ada")), office, at(2)).await.unwrap();
        assert!(matches!(tried, Tried::Now(_)), "{tried:?}");
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn an_account_changed_while_the_old_password_is_compared_keeps_what_it_was_given() {
    let given = PasswordHash::new("$argon2id$given");
    for change in [AccountChange::Disable, AccountChange::Password(Some(given))] {
        let desk = Desk::new().await;
        desk.adds("ada", Role::Agent).await;
        let here = desk.enters("ada", 0, None).await;
        let account = desk.store.account(&name("ada")).await.unwrap().unwrap();
        let attempt = desk.tries("ada", 0).await;
        desk.changes("ada", change).await;
        let after = desk.store.account(&name("ada")).await.unwrap();
        let password = PasswordHash::new("$argon2id$chosen");
        let new = OwnPassword { account: &account, session: &here, attempt, password };
        assert!(!desk.store.changes_own_password(new, at(6)).await.unwrap());
        assert_eq!(desk.store.account(&name("ada")).await.unwrap(), after);
        desk.adds_up().await;
    }
}
