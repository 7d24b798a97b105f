//! Accounts of the staff: made by the operator, used at the door.

use crate::desk::TestDesk;
use guichet::desk::password::Passwords;
use guichet::desk::sign_in::{Came, Door, Visitor};
use guichet::store::Token;
use std::path::PathBuf;

const PASSWORD: &str = "un été à la mer";

impl TestDesk {
    fn password_file(&self, text: &str) -> String {
        let path: PathBuf = self.folder.path().join("password");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Makes an account, as the operator does.
    fn adds_user(&self, name: &str, role: &str) {
        let file = self.password_file(&format!("{PASSWORD}\n"));
        let add = ["desk", "user", "add", name, "--role", role, "--password-file", &file, "--as", "Olga"];
        assert_eq!(self.says(&add, 0), format!("{name} may come in as {role}\n"));
    }

    fn door(&self) -> Door {
        Door::new(self.store().clone(), Passwords::new().unwrap())
    }

    async fn knocks(&self, name: &str, password: &str) -> Came {
        let visitor = Visitor { address: "192.0.2.7".parse().unwrap(), session: None };
        self.door().by_password((name, password), visitor, self.now()).await.unwrap()
    }

    async fn comes_in(&self, name: &str) -> Token {
        match self.knocks(name, PASSWORD).await {
            Came::In(token) => token,
            other => panic!("not in: {other:?}"),
        }
    }

    async fn is_in(&self, token: &Token) -> bool {
        let spans = (jiff::SignedDuration::from_mins(30), jiff::SignedDuration::from_hours(10));
        self.store().session(token, self.now(), spans).await.unwrap().is_some()
    }

    /// Why the last sign-in was refused, as the record says.
    async fn refused_because(&self) -> String {
        let event = self.store().latest_events(1).await.unwrap().remove(0);
        assert_eq!(event.kind, "sign_in_refused");
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
        detail["why"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_operator_says_who_comes_in_and_the_record_says_who_said_so() {
    let desk = TestDesk::new().await;
    desk.adds_user("ada", "agent");
    let token = desk.comes_in(" Ada ").await;
    assert!(desk.is_in(&token).await);
    let list = desk.says(&["desk", "user", "list", "--json"], 0);
    let row: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        (&row["name"], &row["role"], &row["comes in by"]),
        (&"ada".into(), &"agent".into(), &"password".into())
    );
    assert!(!list.contains("argon2"), "{list}");
    assert!(
        desk.says(&["desk", "user", "role", "ada", "supervisor", "--as", "Olga"], 0)
            .contains("sign in again")
    );
    assert!(!desk.is_in(&token).await);
    let token = desk.comes_in("ada").await;
    desk.says(&["desk", "user", "disable", "ada", "--as", "Olga"], 0);
    assert!(!desk.is_in(&token).await);
    assert_eq!(desk.knocks("ada", PASSWORD).await, Came::Refused);
    assert_eq!(desk.refused_because().await, "disabled");
    desk.says(&["desk", "user", "enable", "ada", "--as", "Olga"], 0);
    desk.comes_in("ada").await;
    let events = desk.store().latest_events(20).await.unwrap();
    let by_olga: Vec<_> =
        events.iter().rev().filter(|event| event.actor == "Olga").map(|event| event.kind.as_str()).collect();
    assert_eq!(by_olga, ["user_added", "user_role_changed", "user_disabled", "user_enabled"]);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_refused_alike_and_waited_for() {
    let desk = TestDesk::new().await;
    desk.adds_user("ada", "agent");
    for (name, password, why) in [
        ("ada", "un ete a la mer", "wrong_password"),
        ("eve", PASSWORD, "unknown"),
        ("Ada Lovelace!", PASSWORD, "unknown"),
        ("ada", &"x".repeat(5000), "wrong_password"),
    ] {
        assert_eq!(desk.knocks(name, password).await, Came::Refused, "{name}");
        assert_eq!(desk.refused_because().await, why, "{name}");
    }
    for _ in 0..3 {
        desk.knocks("ada", "guess").await;
    }
    // also the right one is not compared any more
    assert!(matches!(desk.knocks("ada", PASSWORD).await, Came::NotBefore(until) if until > desk.now()));
    desk.clock.advance(jiff::SignedDuration::from_mins(1));
    desk.comes_in("ada").await;
    let said: Vec<_> =
        desk.store().latest_events(20).await.unwrap().into_iter().map(|event| event.detail).collect();
    assert!(said.iter().all(|detail| !detail.contains("eve") && !detail.contains("lovelace")), "{said:?}");
    desk.adds_up().await;
}

#[tokio::test]
async fn whoever_has_no_password_does_not_come_in_by_one() {
    let desk = TestDesk::new().await;
    desk.adds_user("ada", "agent");
    let token = desk.comes_in("ada").await;
    assert!(
        desk.says(&["desk", "user", "password", "ada", "--oidc-only"], 0).contains("OpenID Connect only")
    );
    assert!(!desk.is_in(&token).await);
    for password in [PASSWORD, ""] {
        assert_eq!(desk.knocks("ada", password).await, Came::Refused);
        assert_eq!(desk.refused_because().await, "no_password");
    }
    let file = desk.password_file("another long password\n");
    desk.says(&["desk", "user", "password", "ada", "--password-file", &file], 0);
    assert!(matches!(desk.knocks("ada", "another long password").await, Came::In(_)));
}

#[tokio::test]
async fn what_makes_no_account_is_refused_with_the_reason() {
    let desk = TestDesk::new().await;
    desk.adds_user("ada", "agent");
    let file = desk.password_file("short\n");
    for (arguments, code, says) in [
        (vec!["desk", "user", "add", "bob", "--role", "agent", "--password-file", &file], 1, "12 characters"),
        (vec!["desk", "user", "add", "ada", "--role", "agent", "--oidc-only"], 1, "stays with its person"),
        (
            vec!["desk", "user", "add", "bob", "--role", "admin", "--oidc-only"],
            2,
            "reader, agent, supervisor, auditor",
        ),
        (
            vec!["desk", "user", "add", "Bob Marley", "--role", "agent", "--oidc-only"],
            2,
            "letters without accents",
        ),
        (
            vec!["desk", "user", "add", "bob", "--role", "agent", "--oidc-only", "--password-file", &file],
            2,
            "cannot be used",
        ),
        (vec!["desk", "user", "role", "bob", "agent"], 3, "there is no account bob"),
        (vec!["desk", "user", "disable", "bob"], 3, "there is no account bob"),
        (vec!["desk", "user", "password", "bob", "--oidc-only"], 3, "there is no account bob"),
    ] {
        let output = desk.command(&arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
    assert_eq!(desk.store().accounts().await.unwrap().len(), 1);
}
