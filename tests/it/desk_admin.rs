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
async fn with_troubles() -> Served {
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
    Served::new(desk).await
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
    let cap: Vec<_> = cap.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // a cap that was reached at another time is not the one that was seen
    let other = [cap[0], cap[1], ("tripped", "1")];
    assert!(sara.post(CAPS, &other).await.headers["location"].ends_with("plafond-change"));
    untouched(&served).await;
    let csrf = [cap[0]];
    for (path, fields, done, not, kind) in [
        (CAPS, cap.as_slice(), "plafond", "plafond-change", "cap_reset"),
        (UNPARK, &csrf, "reprise", "reprise-non", "message_unparked"),
        (ALERT, &csrf, "alerte", "alerte-non", "alert_acknowledged"),
    ] {
        let answer = sara.post(path, fields).await;
        assert_eq!(answer.headers["location"], format!("/administration?fait={done}"), "{path}");
        assert_eq!(last(&served).await, (kind.to_owned(), "sara".to_owned()));
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
