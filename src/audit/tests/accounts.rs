//! A hand that lets somebody in shows.

use super::shows;
use crate::domain::staff::{Identity, KnownAs, PasswordHash, Role, UserName};
use crate::store::tests::desk::{Desk, at};
use crate::store::{
    AccountChange, Added, Changed, NewAccount, NewSession, Refusal, Refused, SignInBy, SignedIn, Tried,
};

/// Accounts with all that can happen to one, and people who come in, or do not.
async fn lived_in() -> Desk {
    let desk = Desk::new().await;
    let store = &desk.store;
    let name = |name: &str| UserName::parse(name).unwrap();
    for (user, role) in [("ada", Role::Agent), ("grace", Role::Supervisor)] {
        let password = Some(PasswordHash::new(format!("$argon2id${user}")));
        let shown = format!("Mme {user}");
        let new = NewAccount { name: name(user), shown, role, password, identity: None };
        assert_eq!(store.add_account(&new, "operator", at(1)).await.unwrap(), Added::Done);
    }
    let identity = Identity::new("https://id.example", "1234").unwrap();
    for change in [
        AccountChange::Link(identity.clone()),
        AccountChange::Unlink,
        AccountChange::Disable,
        AccountChange::Enable,
        AccountChange::Role(Role::Reader),
        AccountChange::Password(Some(PasswordHash::new("$argon2id$new"))),
        AccountChange::KnownAs(KnownAs::parse("899700218896")),
        AccountChange::Link(identity),
    ] {
        let changed = store.change_account(&name("ada"), change, "operator", at(2)).await.unwrap();
        assert_eq!(changed, Changed::Done);
    }
    let (address, by) = ("192.0.2.7".parse().unwrap(), SignInBy::Password);
    let refused = Refused { account: None, by, why: Refusal::Unknown, address };
    store.sign_in_refused(&refused, at(3)).await.unwrap();
    let Tried::Now(attempt) = store.tries_to_sign_in(None, address, at(3)).await.unwrap() else { panic!() };
    let account = store.account(&name("grace")).await.unwrap().unwrap();
    let renewed = Some(PasswordHash::new("$argon2id$dearer"));
    let new = NewSession { account: &account, by, attempt, renewed, replaces: None };
    let SignedIn::Done(token) = store.signs_in(new, at(4)).await.unwrap() else { panic!() };
    assert!(store.signs_out(&token, at(5)).await.unwrap());
    desk.adds_up().await;
    desk
}

#[tokio::test]
async fn an_account_changed_put_in_or_removed_behind_the_stores_back_is_found_and_named() {
    let desk = lived_in().await;
    let last: i64 = sqlx::query_scalar("SELECT MAX(id) FROM events WHERE kind = 'user_linked'")
        .fetch_one(desk.store.database().read())
        .await
        .unwrap();
    desk.behind_its_back("CREATE TABLE spare AS SELECT * FROM users").await.unwrap();
    let undone = "DELETE FROM sessions; DELETE FROM users; INSERT INTO users SELECT * FROM spare";
    for (done, event, how) in [
        ("UPDATE users SET role = 'supervisor' WHERE name = 'ada'", Some(last), "role of the account ada"),
        ("UPDATE users SET password_hash = '$argon2id$eve' WHERE name = 'ada'", Some(last), "password of"),
        ("UPDATE users SET password_hash = NULL WHERE name = 'ada'", Some(last), "password of"),
        ("UPDATE users SET subject = 'eve' WHERE name = 'ada'", Some(last), "identity of"),
        ("UPDATE users SET issuer = NULL, subject = NULL WHERE name = 'ada'", Some(last), "identity of"),
        ("UPDATE users SET known_as = 'eve' WHERE name = 'ada'", Some(last), "known_as of"),
        ("UPDATE users SET known_as = NULL WHERE name = 'ada'", Some(last), "known_as of"),
        ("UPDATE users SET disabled_at = 1 WHERE name = 'ada'", Some(last), "disabled of"),
        ("DELETE FROM users WHERE name = 'ada'", Some(last), "the account ada is not there"),
        (
            "INSERT INTO users (name, shown, role, created_at) VALUES ('eve', 'Eve', 'supervisor', 1)",
            None,
            "no event tells of the account eve",
        ),
    ] {
        let found = shows(&desk, done, undone).await;
        assert_eq!(found.event, event, "{done}: {found}");
        assert!(found.how.contains(how), "{done}: {found}");
    }
    desk.adds_up().await;
}
