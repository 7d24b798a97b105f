//! Who may come in, who is in, and for how long.

use super::desk::{Desk, at};
use crate::domain::staff::{Identity, PasswordHash, Role, UserName};
use crate::store::{
    AccountChange, Added, Attempt, Changed, NewAccount, NewSession, Refusal, Refused, SignInBy, SignedIn,
    Store, Token, Tried,
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::net::IpAddr;

pub(super) const SPANS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(30), SignedDuration::from_hours(10));

pub(super) fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn office() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

fn identity(subject: &str) -> Identity {
    Identity::new("https://id.example", subject).unwrap()
}

fn new(user: &str, role: Role) -> NewAccount {
    let password = Some(PasswordHash::new(format!("$argon2id${user}")));
    NewAccount { name: name(user), shown: format!("Mme {user}"), role, password, identity: None }
}

impl Desk {
    pub(super) async fn adds(&self, user: &str, role: Role) {
        assert_eq!(self.store.add_account(&new(user, role), "operator", at(0)).await.unwrap(), Added::Done);
    }

    pub(super) async fn changes(&self, user: &str, change: AccountChange) -> Changed {
        self.store.change_account(&name(user), change, "grace", at(5)).await.unwrap()
    }

    pub(super) async fn tries(&self, user: &str, minute: i64) -> Attempt {
        match self.store.tries_to_sign_in(Some(&name(user)), office(), at(minute)).await.unwrap() {
            Tried::Now(attempt) => attempt,
            Tried::NotBefore(until) => panic!("not before {until}"),
        }
    }

    /// Comes in, as somebody who has just proved who they are.
    pub(super) async fn enters(&self, user: &str, minute: i64, replaces: Option<&Token>) -> Token {
        let attempt = self.tries(user, minute).await;
        let account = self.store.account(&name(user)).await.unwrap().unwrap();
        let new = NewSession { account: &account, by: SignInBy::Password, attempt, renewed: None, replaces };
        match self.store.signs_in(new, at(minute)).await.unwrap() {
            SignedIn::Done(token) => token,
            SignedIn::Changed => panic!("changed"),
        }
    }

    /// Who this token is, then.
    pub(super) async fn who(&self, token: &Token, minute: i64) -> Option<(String, Role)> {
        let session = self.store.session(token, at(minute), SPANS).await.unwrap();
        session.map(|session| (session.user.to_string(), session.role))
    }

    pub(super) async fn last_event(&self) -> (String, String, serde_json::Value) {
        let event = self.store.latest_events(1).await.unwrap().remove(0);
        (event.kind, event.actor, serde_json::from_str(&event.detail).unwrap())
    }
}

#[tokio::test]
async fn an_account_is_made_once_and_found_by_name_and_identity() {
    let desk = Desk::new().await;
    desk.adds("grace", Role::Supervisor).await;
    let by_provider = NewAccount { identity: Some(identity("7")), password: None, ..new("ada", Role::Agent) };
    assert_eq!(desk.store.add_account(&by_provider, "guichet", at(0)).await.unwrap(), Added::Done);
    for (taken, how) in [
        (new("ada", Role::Supervisor), Added::NameTaken),
        (NewAccount { identity: Some(identity("7")), ..new("eve", Role::Supervisor) }, Added::IdentityTaken),
    ] {
        assert_eq!(desk.store.add_account(&taken, "operator", at(1)).await.unwrap(), how);
    }
    let accounts = desk.store.accounts().await.unwrap();
    let known: Vec<_> =
        accounts.iter().map(|one| (one.name.as_str(), one.role, one.shown.as_str())).collect();
    assert_eq!(known, [("ada", Role::Agent, "Mme ada"), ("grace", Role::Supervisor, "Mme grace")]);
    assert_eq!(desk.store.account_of(&identity("7")).await.unwrap().as_ref(), Some(&accounts[0]));
    assert_eq!(desk.store.account_of(&identity("8")).await.unwrap(), None);
    assert_eq!(desk.store.account(&name("eve")).await.unwrap(), None);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_change_is_told_with_the_whole_account_and_without_its_secrets() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    assert_eq!(desk.changes("ada", AccountChange::Role(Role::Supervisor)).await, Changed::Done);
    let (kind, by, detail) = desk.last_event().await;
    assert_eq!((kind.as_str(), by.as_str()), ("user_role_changed", "grace"));
    assert_eq!(
        (&detail["user"], &detail["role"], &detail["disabled"]),
        (&"ada".into(), &"supervisor".into(), &false.into())
    );
    assert!(
        !detail.to_string().contains("argon2id") && detail["password_sha256"].as_str().unwrap().len() == 64
    );
    assert_eq!(desk.changes("ada", AccountChange::Role(Role::Supervisor)).await, Changed::AlreadySo);
    assert_eq!(desk.changes("eve", AccountChange::Enable).await, Changed::NoSuchUser);
    assert_eq!(desk.store.latest_events(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_identity_is_one_accounts_and_an_account_one_identitys() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    desk.adds("eve", Role::Agent).await;
    assert_eq!(desk.changes("ada", AccountChange::Link(identity("7"))).await, Changed::Done);
    assert_eq!(desk.changes("ada", AccountChange::Link(identity("7"))).await, Changed::AlreadySo);
    assert_eq!(desk.changes("eve", AccountChange::Link(identity("7"))).await, Changed::IdentityTaken);
    assert_eq!(desk.changes("ada", AccountChange::Link(identity("8"))).await, Changed::IdentityTaken);
    assert_eq!(desk.changes("ada", AccountChange::Unlink).await, Changed::Done);
    assert_eq!(desk.changes("eve", AccountChange::Link(identity("7"))).await, Changed::Done);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_session_ends_when_nobody_is_there_and_after_a_working_day_in_any_case() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let token = desk.enters("ada", 0, None).await;
    let ada = Some(("ada".to_owned(), Role::Agent));
    assert_eq!(desk.who(&token, 29).await, ada);
    assert_eq!(desk.who(&token, 58).await, ada, "seen at 29");
    assert_eq!(desk.who(&token, 88).await, None, "seen at 58");
    assert_eq!(desk.who(&Token::new().unwrap(), 1).await, None);
    let token = desk.enters("ada", 100, None).await;
    for minute in (100..700).step_by(20) {
        assert_eq!(desk.who(&token, minute).await, ada, "{minute}");
    }
    assert_eq!(desk.who(&token, 700).await, None);
    // the rows say for a day whose they were, and let nobody in
    let day = 24 * 60;
    for (minute, gone) in [(58 + 30 + day - 1, 0), (58 + 30 + day, 1), (699 + day, 0), (700 + day, 1)] {
        assert_eq!(desk.store.forget_old_sign_ins(at(minute), SPANS).await.unwrap(), gone, "{minute}");
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn that_somebody_goes_on_is_written_once_a_minute() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let token = desk.enters("ada", 0, None).await;
    let seen = async || {
        let seen: i64 = sqlx::query_scalar("SELECT seen_at FROM sessions")
            .fetch_one(desk.store.database().read())
            .await
            .unwrap();
        seen - at(0).as_millisecond()
    };
    for (second, written) in [(59, 0), (60, 60_000), (119, 60_000), (121, 121_000)] {
        let now = at(0) + SignedDuration::from_secs(second);
        assert!(desk.store.session(&token, now, SPANS).await.unwrap().is_some());
        assert_eq!(seen().await, written, "{second}");
    }
}

#[tokio::test]
async fn a_sign_in_gives_a_new_token_and_ends_the_browsers_old_session() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let first = desk.enters("ada", 0, None).await;
    let elsewhere = desk.enters("ada", 0, None).await;
    let second = desk.enters("ada", 1, Some(&first)).await;
    assert!(!second.is(&first));
    assert_eq!(desk.who(&first, 1).await, None);
    assert!(desk.who(&second, 1).await.is_some() && desk.who(&elsewhere, 1).await.is_some());
    assert!(desk.store.signs_out(&second, at(2)).await.unwrap());
    assert_eq!(desk.last_event().await.0, "signed_out");
    assert!(!desk.store.signs_out(&second, at(2)).await.unwrap(), "it has ended");
    assert_eq!(desk.who(&second, 2).await, None);
    // what the database holds lets nobody in
    let kept: Vec<String> = sqlx::query_scalar("SELECT token_sha256 FROM sessions")
        .fetch_all(desk.store.database().read())
        .await
        .unwrap();
    assert!(!kept.is_empty() && kept.iter().all(|hash| hash.as_str() != elsewhere.expose()));
}

#[tokio::test]
async fn whoever_loses_a_right_is_out_at_once() {
    for change in [
        AccountChange::Disable,
        AccountChange::Role(Role::Reader),
        AccountChange::Password(Some(PasswordHash::new("$argon2id$other"))),
        AccountChange::Password(None),
    ] {
        let desk = Desk::new().await;
        desk.adds("ada", Role::Agent).await;
        desk.adds("bob", Role::Agent).await;
        let (ada, bob) = (desk.enters("ada", 0, None).await, desk.enters("bob", 0, None).await);
        assert_eq!(desk.changes("ada", change.clone()).await, Changed::Done);
        assert_eq!(desk.who(&ada, 5).await, None, "{change:?}");
        assert!(desk.who(&bob, 5).await.is_some());
        if change == AccountChange::Disable {
            assert_eq!(desk.changes("ada", AccountChange::Enable).await, Changed::Done);
            assert_eq!(desk.who(&ada, 5).await, None, "the old session is over");
        }
    }
}

#[tokio::test]
async fn a_change_that_does_not_come_to_its_end_ends_no_session() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let token = desk.enters("ada", 0, None).await;
    let broken = if desk.on_postgres() {
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$; \
         CREATE TRIGGER broken BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION broken()"
    } else {
        "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'broken'); END"
    };
    desk.behind_its_back(broken).await.unwrap();
    assert!(desk.store.change_account(&name("ada"), AccountChange::Disable, "grace", at(1)).await.is_err());
    assert!(desk.who(&token, 1).await.is_some());
    assert_eq!(desk.store.account(&name("ada")).await.unwrap().unwrap().disabled_at, None);
}

#[tokio::test]
async fn an_account_changed_while_its_password_is_compared_is_not_let_in() {
    for change in
        [AccountChange::Disable, AccountChange::Password(Some(PasswordHash::new("$argon2id$other")))]
    {
        let desk = Desk::new().await;
        desk.adds("ada", Role::Agent).await;
        let attempt = desk.tries("ada", 0).await;
        let account = desk.store.account(&name("ada")).await.unwrap().unwrap();
        desk.changes("ada", change).await;
        let by = SignInBy::Password;
        let new = NewSession { account: &account, by, attempt, renewed: None, replaces: None };
        assert_eq!(desk.store.signs_in(new, at(1)).await.unwrap(), SignedIn::Changed);
    }
}

#[tokio::test]
async fn a_password_is_hashed_anew_as_somebody_comes_in() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let attempt = desk.tries("ada", 0).await;
    let account = desk.store.account(&name("ada")).await.unwrap().unwrap();
    let renewed = Some(PasswordHash::new("$argon2id$dearer"));
    let by = SignInBy::Password;
    let new = NewSession { account: &account, by, attempt, renewed: renewed.clone(), replaces: None };
    let SignedIn::Done(token) = desk.store.signs_in(new, at(0)).await.unwrap() else { panic!() };
    assert!(desk.who(&token, 1).await.is_some());
    assert_eq!(desk.store.account(&name("ada")).await.unwrap().unwrap().password, renewed);
    desk.adds_up().await;
}

#[tokio::test]
async fn guesses_under_one_name_wait_longer_and_longer_and_its_person_ends_that() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let tries =
        async |minute| desk.store.tries_to_sign_in(Some(&name("ada")), office(), at(minute)).await.unwrap();
    for _ in 0..5 {
        desk.tries("ada", 0).await;
    }
    assert_eq!(tries(0).await, Tried::NotBefore(at(1)));
    // waiting is not counted, and another name is heard
    assert_eq!(tries(0).await, Tried::NotBefore(at(1)));
    desk.tries("bob", 0).await;
    desk.tries("ada", 1).await;
    assert_eq!(tries(1).await, Tried::NotBefore(at(3)));
    desk.enters("ada", 3, None).await;
    for _ in 0..5 {
        desk.tries("ada", 4).await;
    }
    assert_eq!(tries(4).await, Tried::NotBefore(at(5)));
    assert!(matches!(tries(65).await, Tried::Now(_)), "an hour later nothing is left of it");
}

#[tokio::test]
async fn guesses_from_one_address_wait_whoever_of_them_comes_in() {
    let desk = Desk::new().await;
    desk.adds("eve", Role::Reader).await;
    // somebody with an account does not buy guesses with it
    for guess in 0..20 {
        desk.tries(&format!("guess{guess}"), 0).await;
        if guess % 5 == 0 {
            desk.enters("eve", 0, None).await;
        }
    }
    let tries = async |name: Option<&UserName>, address: &str| {
        desk.store.tries_to_sign_in(name, address.parse().unwrap(), at(0)).await.unwrap()
    };
    assert_eq!(tries(Some(&name("eve")), "192.0.2.7").await, Tried::NotBefore(at(1)));
    assert_eq!(tries(None, "::ffff:192.0.2.7").await, Tried::NotBefore(at(1)));
    let Tried::Now(attempt) = tries(Some(&name("eve")), "192.0.2.8").await else { panic!() };
    desk.store.did_not_try(attempt).await.unwrap();
    desk.adds_up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_guesses_at_the_same_moment_are_as_many_guesses() {
    let desk = Desk::new().await;
    let mut desks = Vec::new();
    for _ in 0..12 {
        desks.push(Store::open(&desk.url).await.unwrap());
    }
    let ada = name("ada");
    let all = desks.iter().map(|store| store.tries_to_sign_in(Some(&ada), office(), at(0)));
    let heard = join_all(all).await.into_iter().filter(|tried| matches!(tried, Ok(Tried::Now(_)))).count();
    assert_eq!(heard, 5);
}

#[tokio::test]
async fn a_refused_sign_in_is_on_record_and_its_address_stands_aside() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let by = SignInBy::Password;
    let (ada, address) = (name("ada"), "::ffff:192.0.2.7".parse().unwrap());
    let refused = Refused { account: Some(&ada), by, why: Refusal::WrongPassword, address };
    desk.store.sign_in_refused(&refused, at(1)).await.unwrap();
    let (kind, actor, detail) = desk.last_event().await;
    assert_eq!(
        (kind.as_str(), actor.as_str()),
        ("sign_in_refused", "guichet"),
        "nobody has proved who they are"
    );
    assert_eq!((&detail["user"], &detail["why"]), (&"ada".into(), &"wrong_password".into()));
    assert!(!detail.to_string().contains("192.0.2.7"));
    let aside: Vec<String> = sqlx::query_scalar("SELECT text FROM event_texts")
        .fetch_all(desk.store.database().read())
        .await
        .unwrap();
    assert_eq!(aside, ["192.0.2.7"]);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_restored_backup_brings_nobody_back_in() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Agent).await;
    let token = desk.enters("ada", 0, None).await;
    desk.store.restored("operator", at(1)).await.unwrap();
    assert_eq!(desk.who(&token, 1).await, None);
}

#[tokio::test]
async fn of_two_supervisors_who_shut_each_other_one_is_left() {
    let desk = Desk::new().await;
    desk.adds("ada", Role::Supervisor).await;
    desk.adds("grace", Role::Supervisor).await;
    let shuts = async |whom: &str, by: &str| {
        desk.store.change_account_by(&name(whom), AccountChange::Disable, &name(by), at(5)).await.unwrap()
    };
    let (first, second) = tokio::join!(shuts("grace", "ada"), shuts("ada", "grace"));
    let mut both = [first, second];
    both.sort_by_key(|one| *one != Changed::Done);
    assert_eq!(both, [Changed::Done, Changed::NotTheirs]);
    let accounts = desk.store.accounts().await.unwrap();
    assert_eq!(accounts.iter().filter(|one| one.disabled_at.is_none()).count(), 1);
    // nor to oneself, nor by somebody of another role
    let left = accounts.iter().find(|one| one.disabled_at.is_none()).unwrap().name.to_string();
    assert_eq!(shuts(&left, &left).await, Changed::NotTheirs);
    desk.adds("anna", Role::Agent).await;
    assert_eq!(shuts(&left, "anna").await, Changed::NotTheirs);
    let made = desk.store.add_account_by(&new("zoe", Role::Agent), &name("anna"), at(6)).await.unwrap();
    assert_eq!(made, None);
    let made = desk.store.add_account_by(&new("zoe", Role::Agent), &name(&left), at(6)).await.unwrap();
    assert_eq!(made, Some(Added::Done));
    desk.adds_up().await;
}
