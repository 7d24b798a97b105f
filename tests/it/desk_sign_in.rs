//! Coming into the desk and going out, as a browser does.

use crate::desk::TestDesk;
use crate::visitor::{Came, Served, Visitor};
use guichet::desk::password::{Password, Passwords};
use guichet::desk::{Desk, DeskSettings};
use guichet::domain::staff::{Role, UserName};
use guichet::store::NewAccount;

pub const PASSWORD: &str = "quatre mots assez longs";

pub async fn with_anna(settings: DeskSettings) -> Served {
    let desk = TestDesk::new().await;
    adds_anna(&desk).await;
    Served::with(desk, settings, |desk| desk).await
}

/// An account with a password.
pub async fn adds_anna(desk: &TestDesk) {
    let name = UserName::parse("anna").unwrap();
    let password = Passwords::new().unwrap().hash(&Password::new(PASSWORD).unwrap()).await.unwrap();
    let new = NewAccount {
        name,
        shown: "Anna Test".into(),
        role: Role::Agent,
        password: Some(password),
        identity: None,
    };
    desk.store().add_account(&new, "test", desk.now()).await.unwrap();
}

async fn types(visitor: &Visitor, name: &str, password: &str, next: &str) -> Came {
    visitor.post("/connexion", &[("name", name), ("password", password), ("next", next)]).await
}

#[tokio::test]
async fn a_name_with_its_password_comes_in_where_it_wanted_to_go() {
    let served = with_anna(DeskSettings::default()).await;
    let stranger = served.stranger();
    let led = stranger.get("/dossiers?file=tous").await;
    assert_eq!(led.headers["location"], "/connexion?next=%2Fdossiers%3Ffile%3Dtous");
    let door = stranger.get(&led.headers["location"]).await;
    assert_eq!((door.status, door.hidden("next").as_str()), (200, "/dossiers?file=tous"));

    let came = types(&stranger, "Anna", PASSWORD, "/dossiers?file=tous").await;
    assert_eq!((came.status, came.headers["location"].as_str()), (303, "/dossiers?file=tous"));
    let cookie = &came.headers["set-cookie"];
    for part in ["guichet=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let anna = served.with_cookie(cookie);
    let queue = anna.get("/dossiers").await;
    assert!(queue.text().contains("Anna Test"));
    // whoever is in does not see the door
    assert_eq!(anna.get("/connexion?next=//evil.example").await.headers["location"], "/dossiers");

    assert_eq!(anna.post("/deconnexion", &[("csrf", "x")]).await.status, 403, "another site's");
    let out = anna.post("/deconnexion", &[("csrf", &queue.hidden("csrf"))]).await;
    assert_eq!(out.headers["location"], "/connexion?sortie=1");
    assert!(out.headers["set-cookie"].starts_with("guichet=; Path=/; Max-Age=0"));
    assert_eq!(anna.get("/dossiers").await.status, 303, "the token is worth nothing any more");
}

#[tokio::test]
async fn nothing_tells_why_somebody_does_not_come_in_and_guesses_wait() {
    let served = with_anna(DeskSettings::default()).await;
    let stranger = served.stranger();
    let wrong = types(&stranger, "anna", "not the password", "/").await;
    let unknown = types(&stranger, "zoe", "not the password", "/").await;
    assert_eq!((wrong.status, unknown.status), (422, 422));
    assert_eq!(wrong.text().replace("anna", "zoe"), unknown.text());
    assert!(!wrong.text().contains("not the password"));
    assert!(!wrong.headers.contains_key("set-cookie"));
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(types(&stranger, "anna", "not the password", "/").await.status);
    }
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    // the right one is not heard either, and is not told from a wrong one
    assert_eq!(types(&stranger, "anna", PASSWORD, "/").await.status, 429);
}

#[tokio::test]
async fn another_site_cannot_sign_somebody_in() {
    let served = with_anna(DeskSettings::default()).await;
    let body = format!("name=anna&password={}", PASSWORD.replace(' ', "+"));
    let head = |line: &str| {
        format!(
            "POST /connexion HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{line}\r\n",
            body.len()
        )
    };
    let stranger = served.stranger();
    for foreign in [
        "Origin: https://evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ] {
        let answer = stranger.ask(&head(foreign), body.as_bytes()).await;
        assert_eq!(answer.status, 403, "{foreign}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let own = format!("Origin: http://{}", served.address);
    assert_eq!(stranger.ask(&head(&own), body.as_bytes()).await.status, 303);
}

#[tokio::test]
async fn behind_https_the_cookie_is_for_this_host_alone() {
    let settings = DeskSettings { address: Some("https://desk.example".into()), ..DeskSettings::default() };
    let served = with_anna(settings).await;
    let came = types(&served.stranger(), "anna", PASSWORD, "").await;
    let cookie = &came.headers["set-cookie"];
    assert!(cookie.starts_with("__Host-guichet=") && cookie.ends_with("; Secure"), "{cookie}");
    let inside = served.with_cookie(cookie).get("/dossiers").await;
    assert!(inside.status == 200 && inside.headers["strict-transport-security"] == "max-age=15768000");
    // in the clear nobody may say so
    let clear = with_anna(DeskSettings::default()).await.stranger().get("/connexion").await;
    assert!(!clear.headers.contains_key("strict-transport-security"));
    // a cookie that a page in the clear could have set
    let plain = cookie.replace("__Host-", "");
    assert_eq!(served.with_cookie(&plain).get("/dossiers").await.status, 303);
}

#[tokio::test]
async fn what_a_proxy_says_of_a_visitor_counts_only_where_it_is_trusted() {
    for (forwarded, apart) in [(true, true), (false, false)] {
        let served = with_anna(DeskSettings { forwarded, ..DeskSettings::default() }).await;
        let guesses = |address: &'static str, n: usize| {
            let stranger = served.stranger();
            async move {
                let body = format!("name=nobody{n}&password=x");
                let head = format!(
                    "POST /connexion HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                     X-Forwarded-For: 192.0.2.99, {address}\r\nContent-Length: {}\r\n",
                    body.len()
                );
                stranger.ask(&head, body.as_bytes()).await.status
            }
        };
        let mut waits = false;
        for n in 0..60 {
            waits = guesses("198.51.100.7", n).await == 429;
            if waits {
                break;
            }
        }
        assert!(waits, "an address that guesses waits");
        assert_eq!(guesses("203.0.113.5", 99).await != 429, apart);
    }
}

#[tokio::test]
async fn the_demonstration_lets_in_whoever_is_on_this_machine_and_asked_for_it() {
    let desk = TestDesk::new().await;
    let demo = NewAccount {
        name: UserName::parse(guichet::desk::sign_in::DEMO).unwrap(),
        shown: "Démonstration".into(),
        role: Role::Supervisor,
        password: None,
        identity: None,
    };
    desk.store().add_account(&demo, "test", desk.now()).await.unwrap();
    let served = Served::with(desk, DeskSettings::default(), Desk::as_demo).await;
    let came = served.stranger().get("/connexion?next=/dossiers").await;
    assert_eq!(came.status, 303);
    let page = served.with_cookie(&came.headers["set-cookie"]).get("/dossiers").await;
    assert!(page.text().contains("Démonstration"));
    // whoever has left stays out until they come back
    assert_eq!(served.stranger().get("/connexion?sortie=1").await.status, 200);
    // another site's name that was made to lead to this machine
    let elsewhere = served.stranger().ask_of("evil.example", "GET /connexion HTTP/1.1\r\n", b"").await;
    assert_eq!(elsewhere.status, 200);
    assert!(!elsewhere.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn a_desk_that_is_no_demonstration_lets_nobody_in_as_one() {
    let served = with_anna(DeskSettings::default()).await;
    let came = served.stranger().get("/connexion").await;
    assert_eq!(came.status, 200);
    assert!(!came.headers.contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_removed_by_whoever_serves_the_desk_and_who_is_in_stays() {
    const IN: &str = "SELECT COUNT(*) FROM sessions WHERE csrf <> $1";
    const TRIED: &str = "SELECT COUNT(*) FROM sign_in_attempts WHERE address <> $1";
    let desk = TestDesk::with("[desk]\nlisten = \"127.0.0.1:0\"\n").await;
    let served = Served::new(desk).await;
    served.person("anna", Role::Agent).await;
    types(&served.stranger(), "anna", "not the password", "/").await;
    served.desk.clock.advance(jiff::SignedDuration::from_hours(25));
    let ben = served.person("ben", Role::Reader).await;
    let desk = &served.desk;
    assert_eq!((desk.counts(IN, "").await, desk.counts(TRIED, "").await), (2, 1));
    let (stop, told) = tokio::sync::watch::channel(false);
    let watched = async {
        let begun = std::time::Instant::now();
        while (desk.counts(IN, "").await, desk.counts(TRIED, "").await) != (1, 0) {
            assert!(begun.elapsed() < std::time::Duration::from_mins(2), "nothing was removed");
            tokio::task::yield_now().await;
        }
        stop.send_replace(true);
    };
    let (ended, ()) = tokio::join!(desk.daemon.run(told), watched);
    ended.unwrap();
    assert_eq!(ben.get("/dossiers").await.status, 200);
}
