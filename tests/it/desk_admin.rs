//! The administration at the desk: who sees it, who sees to it, and what the record says of it.

use crate::desk::{TestDesk, mail_with};
use crate::visitor::{Came, Served};
use guichet::domain::form::Masked;
use guichet::domain::rules::{Broken, What};
use guichet::domain::staff::Role;
use guichet::store::{Cap, Lane};
use jiff::SignedDuration;

const PAGE: &str = "/administration";
const MAIL: &str = "/administration/courriels/2/courriel.eml";
const UNPARK: &str = "/administration/courriels/2/reprendre";
const CAPS: &str = "/administration/plafonds";
const ALERT: &str = "/administration/alertes/1/vue";
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}";

/// One cap reached, one mail put aside, one alert against an accepted case.
pub async fn troubles() -> TestDesk {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/01-accepted-hospital.eml");
    desk.turn().await;
    let (store, now) = (desk.store().clone(), desk.now());
    let cases = store.accepted_after(None, 1).await.unwrap();
    let broken = Broken { what: What::CardOpposed, about: HOSTILE.into(), since: None };
    assert_eq!(store.raise_alerts(&[(&cases[0], broken)], 1, now).await.unwrap(), 1);
    let cap = Cap::Address(Masked::new(format!("{HOSTILE}@x.example")));
    store.trip(&cap, "20 replies to one address in 24 hours", now).await.unwrap();
    desk.receives(&mail_with("a@x.example", "p@x.example", &[("un.pdf", b"%PDF-1.4 broken")]));
    desk.takes_in().await;
    let lease = SignedDuration::from_mins(5);
    let claimed = store.claim("test", Lane::Quick, now, lease).await.unwrap().unwrap();
    assert!(store.park(&claimed, HOSTILE, now).await.unwrap());
    desk
}

async fn with_troubles() -> Served {
    Served::new(troubles().await).await
}

/// The last event: what, by whom.
async fn last(served: &Served) -> (String, String) {
    let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
    (event.kind, event.actor)
}

/// What the page's form for the cap says.
fn cap_of(page: &Came) -> [(&'static str, String); 3] {
    ["csrf", "line", "tripped"].map(|name| (name, page.hidden(name)))
}

async fn untouched(served: &Served) {
    let store = served.desk.store();
    let counts = (
        store.tripped().await.unwrap().len(),
        store.parked().await.unwrap().len(),
        store.alerts(false).await.unwrap().len(),
    );
    assert_eq!(counts, (1, 1, 1));
}

#[tokio::test]
async fn only_supervisors_and_auditors_see_it_and_only_supervisors_change_anything() {
    let served = with_troubles().await;
    let stranger = served.stranger();
    for path in [PAGE, MAIL] {
        assert!(stranger.get(path).await.headers["location"].starts_with("/connexion"), "{path}");
    }
    for path in [UNPARK, CAPS, ALERT] {
        assert_eq!(stranger.post(path, &[]).await.status, 401, "{path}");
    }
    for (name, role) in [("lena", Role::Reader), ("anna", Role::Agent), ("ada", Role::Auditor)] {
        let person = served.person(name, role).await;
        let sees = role == Role::Auditor;
        for path in [PAGE, MAIL] {
            assert_eq!(person.get(path).await.status, if sees { 200 } else { 403 }, "{role:?} {path}");
        }
        let page = person.get("/dossiers").await;
        assert_eq!(page.text().contains("href=\"/administration\""), sees, "{role:?}");
        let csrf = page.hidden("csrf");
        for path in [UNPARK, CAPS, ALERT] {
            let answer = person.post(path, &[("csrf", &csrf), ("line", "0"), ("tripped", "0")]).await;
            assert_eq!(answer.status, 403, "{role:?} {path}");
        }
    }
    let auditors = served.person("aude", Role::Auditor).await.get(PAGE).await.text();
    assert!(!auditors.contains("Relire") && !auditors.contains("Lever") && !auditors.contains("/vue\""));
    let sara = served.person("sara", Role::Supervisor).await;
    for path in [UNPARK, CAPS, ALERT] {
        for csrf in ["", "x"] {
            assert_eq!(sara.post(path, &[("csrf", csrf)]).await.status, 403, "{path}");
        }
    }
    untouched(&served).await;
}

#[tokio::test]
async fn a_supervisor_sees_to_each_under_their_name_and_a_second_press_changes_nothing() {
    let served = with_troubles().await;
    let sara = served.person("sara", Role::Supervisor).await;
    let page = sara.get(PAGE).await;
    assert!(page.text().contains("20 réponses en 24 heures"), "{}", page.text());
    let cap = cap_of(&page);
    let mut cap: Vec<_> = cap.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let csrf = cap[0];
    // whoever does not say why has not done it
    for (path, fields) in [(CAPS, cap.as_slice()), (ALERT, &[csrf]), (ALERT, &[csrf, ("because", " ")])] {
        assert_eq!(sara.post(path, fields).await.status, 400, "{path}");
    }
    untouched(&served).await;
    let because = ("because", "Vu avec Mme Dupont, qui avait écrit deux fois.");
    cap.push(because);
    // a cap that was reached at another time is not the one that was seen
    let other = [cap[0], cap[1], ("tripped", "1"), because];
    assert!(sara.post(CAPS, &other).await.headers["location"].ends_with("plafond-change"));
    untouched(&served).await;
    let csrf = [csrf, because];
    for (path, fields, done, not, kind) in [
        (CAPS, cap.as_slice(), "plafond", "plafond-change", "cap_reset"),
        (UNPARK, &csrf, "reprise", "reprise-non", "message_unparked"),
        (ALERT, &csrf, "alerte", "alerte-non", "alert_acknowledged"),
    ] {
        let answer = sara.post(path, fields).await;
        assert_eq!(answer.headers["location"], format!("/administration?fait={done}"), "{path}");
        assert_eq!(last(&served).await, (kind.to_owned(), "sara".to_owned()));
        let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
        // the reason may name somebody: it stands beside the chain
        assert_eq!(event.detail.contains("text_sha256"), path != UNPARK, "{}", event.detail);
        assert!(!event.detail.contains("Dupont"));
        let twice = sara.post(path, fields).await;
        assert_eq!(twice.headers["location"], format!("/administration?fait={not}"), "{path}");
        assert_eq!(last(&served).await, (kind.to_owned(), "sara".to_owned()), "nothing was told");
    }
    let empty = sara.get(PAGE).await.text();
    for words in ["Aucun plafond n'est atteint", "Aucun courriel n'est de côté", "Aucune alerte"] {
        assert!(empty.contains(&words.replace('\'', "&#39;")) || empty.contains(words), "{words}: {empty}");
    }
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_mail_that_is_aside_is_taken_away_on_record_and_no_other_by_this_door() {
    let served = with_troubles().await;
    let ada = served.person("ada", Role::Auditor).await;
    let mail = ada.get(MAIL).await;
    assert_eq!(mail.body, mail_with("a@x.example", "p@x.example", &[("un.pdf", b"%PDF-1.4 broken")]));
    assert_eq!(mail.headers["content-disposition"], "attachment; filename=\"courriel-2.eml\"");
    let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("looked_at", "ada"));
    assert!(event.detail.contains("\"messages\":[2]"), "{}", event.detail);
    for id in ["1", "99", "x"] {
        assert_eq!(ada.get(&format!("/administration/courriels/{id}/courriel.eml")).await.status, 404);
    }
}

#[tokio::test]
async fn hostile_words_in_caps_reasons_and_alerts_are_words() {
    let served = with_troubles().await;
    let text = served.person("ada", Role::Auditor).await.get(PAGE).await.text();
    assert!(!text.contains("<script>alert"), "{text}");
    assert!(text.matches("alert(1)").count() >= 3, "{text}");
}

const ACCOUNTS: &str = "/administration/comptes";

/// Who is in by this visitor's session still sees the queue.
async fn is_in(visitor: &crate::visitor::Visitor) -> bool {
    visitor.get("/dossiers").await.status == 200
}

#[tokio::test]
async fn a_supervisor_gives_a_role_shuts_and_opens_and_it_holds_at_once() {
    let served = Served::new(TestDesk::new().await).await;
    let sara = served.person("sara", Role::Supervisor).await;
    let anna = served.person("anna", Role::Agent).await;
    let bob = served.person("bob", Role::Agent).await;
    let page = sara.get(ACCOUNTS).await;
    assert!(page.text().contains("anna (test)") && page.text().contains("/comptes/anna/fermer\""));
    let csrf = page.hidden("csrf");
    let does = async |path: &str, role: &str| {
        let answer = sara.post(&format!("{ACCOUNTS}/{path}"), &[("csrf", &csrf), ("role", role)]).await;
        answer.headers.get("location").cloned().unwrap_or_default()
    };
    assert!(does("anna/role", "auditor").await.ends_with("fait=role"));
    assert_eq!(last(&served).await, ("user_role_changed".into(), "sara".into()));
    assert!(does("bob/fermer", "").await.ends_with("fait=ferme"));
    assert_eq!(last(&served).await, ("user_disabled".into(), "sara".into()));
    assert!(!is_in(&anna).await && !is_in(&bob).await && is_in(&sara).await);
    assert!(does("bob/fermer", "").await.ends_with("fait=deja"));
    assert!(does("bob/ouvrir", "").await.ends_with("fait=ouvert"));
    assert_eq!(last(&served).await, ("user_enabled".into(), "sara".into()));
    for (path, status) in [("nobody/fermer", 404), ("a%20b/ouvrir", 404), ("anna/role", 400)] {
        let answer = sara.post(&format!("{ACCOUNTS}/{path}"), &[("csrf", &csrf), ("role", "king")]).await;
        assert_eq!(answer.status, status, "{path}");
    }
    served.desk.adds_up().await;
}

#[tokio::test]
async fn nobody_changes_their_own_account_and_no_other_role_changes_any() {
    let served = Served::new(TestDesk::new().await).await;
    let sara = served.person("sara", Role::Supervisor).await;
    let page = sara.get(ACCOUNTS).await;
    assert!(!page.text().contains("/comptes/sara/") && page.text().contains("votre compte"));
    let own = [("csrf", page.hidden("csrf")), ("role", "auditor".to_owned())];
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for act in ["role", "fermer", "ouvrir"] {
        assert_eq!(sara.post(&format!("{ACCOUNTS}/sara/{act}"), &own).await.status, 403, "{act}");
        let foreign = sara.post(&format!("{ACCOUNTS}/anna/{act}"), &[("csrf", "x")]).await;
        assert_eq!(foreign.status, 403, "{act}");
    }
    for (name, role) in [("lena", Role::Reader), ("anna", Role::Agent), ("ada", Role::Auditor)] {
        let person = served.person(name, role).await;
        let page = person.get(ACCOUNTS).await;
        assert_eq!(page.status, if role == Role::Auditor { 200 } else { 403 }, "{role:?}");
        assert!(!page.text().contains("/fermer\""), "{role:?}");
        let csrf = person.get("/dossiers").await.hidden("csrf");
        for act in ["role", "fermer", "ouvrir"] {
            let path = format!("{ACCOUNTS}/sara/{act}");
            let answer = person.post(&path, &[("csrf", &csrf), ("role", "reader")]).await;
            assert_eq!(answer.status, 403, "{role:?} {act}");
        }
    }
    assert!(is_in(&sara).await);
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_supervisor_makes_an_account_whose_password_is_shown_once_and_opens_the_door() {
    let served = Served::new(TestDesk::new().await).await;
    let sara = served.person("sara", Role::Supervisor).await;
    let csrf = sara.get(ACCOUNTS).await.hidden("csrf");
    let makes = async |name: &str, by: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("name", name),
            ("shown", "Zoé <b>Test</b>"),
            ("role", "agent"),
            ("by", by),
        ];
        sara.post(ACCOUNTS, &fields).await
    };
    let password = |page: &Came| {
        let text = page.text();
        let found = text.split_once("id=\"mot-de-passe\">").expect("a password").1;
        found.split('<').next().unwrap().to_owned()
    };
    let enters = async |name: &str, password: &str| {
        let fields = [("name", name), ("password", password), ("next", "/dossiers")];
        served.stranger().post("/connexion", &fields).await.headers.get("set-cookie").cloned()
    };
    let made = makes("zoe", "password").await;
    assert_eq!(made.status, 200);
    assert_eq!(last(&served).await, ("user_added".into(), "sara".into()));
    let first = password(&made);
    let zoe = served.with_cookie(&enters("zoe", &first).await.expect("zoe is in"));
    assert!(is_in(&zoe).await);
    let page = sara.get(ACCOUNTS).await.text();
    assert!(!page.contains(&first) && !page.contains("<b>Test</b>"), "{page}");
    // a name stays with its person
    assert!(makes("zoe", "password").await.headers["location"].ends_with("fait=pris"));
    assert!(makes("x", "password").await.headers["location"].ends_with("fait=nom"));
    assert_eq!(makes("yves", "x").await.status, 400);
    assert!(makes("yves", "provider").await.headers["location"].ends_with("fait=cree"));
    // another password: whoever was in is out
    let anew = sara.post(&format!("{ACCOUNTS}/zoe/mot-de-passe"), &[("csrf", &csrf)]).await;
    let second = password(&anew);
    assert!(second != first && !is_in(&zoe).await);
    assert_eq!(last(&served).await, ("user_password_changed".into(), "sara".into()));
    assert_eq!(enters("zoe", &first).await, None);
    assert!(enters("zoe", &second).await.is_some());
    assert_eq!(sara.post(&format!("{ACCOUNTS}/sara/mot-de-passe"), &[("csrf", &csrf)]).await.status, 403);
    served.desk.adds_up().await;
}

#[tokio::test]
async fn whose_a_mail_is_that_cannot_be_opened_is_told_and_why_in_french() {
    // its text alone is more than what may be said of a mail
    let mut desk = TestDesk::with("[sandbox]\noutput = \"8 KiB\"\n").await;
    let text = "Bonjour. ".repeat(1800);
    let mail = format!(
        "From: Zoe <zoe@x.example>\r\nTo: certificats@guichet.example\r\nMessage-ID: <long@x.example>\r\n\
         Subject: Un <b>long</b> courriel\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    desk.receives(mail.as_bytes());
    desk.turn().await;
    let parked = desk.store().parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    let served = Served::new(desk).await;
    let page = served.person("ada", Role::Auditor).await.get(PAGE).await.text();
    assert!(page.contains("zoe@x.example") && !page.contains("<b>long</b>"), "{page}");
    assert!(page.contains("Le courriel contient plus que ce qui peut en"), "{page}");
    served.desk.adds_up().await;
}
