//! The letters at the desk: what did not arrive is listed until somebody sees to it.

use crate::desk::TestDesk;
use crate::visitor::Served;
use guichet::domain::mail::{Delivery, ReplyState};
use guichet::domain::staff::Role;

/// One letter whose end nobody knows, one that the relay refused, one that has left.
async fn with_letters() -> Served {
    let mut desk = TestDesk::new().await;
    let orders = [Delivery::Unknown, Delivery::Refused, Delivery::Sent];
    for (order, mail) in orders.into_iter().zip([
        "demo/03-rejected-four-problems",
        "demo/01-accepted-hospital",
        "demo/02-accepted-pharmacy-other-edition",
    ]) {
        desk.relay.next(&[order]);
        desk.receives_fixture(&format!("mails/{mail}.eml"));
        desk.turn().await;
    }
    assert_eq!(desk.reply_states().await.len(), 3);
    Served::new(desk).await
}

#[tokio::test]
async fn what_did_not_arrive_is_listed_and_sent_again_once() {
    let mut served = with_letters().await;
    let anna = served.person("anna", Role::Agent).await;
    let page = anna.get("/lettres").await.text();
    assert!(page.contains("Envoi incertain") && page.contains("Refusée par le relais"), "{page}");
    assert_eq!(page.matches("/renvoyer\"").count(), 2);
    let csrf = anna.get("/lettres").await.hidden("csrf");
    let again = anna.post("/lettres/1/renvoyer", &[("csrf", &csrf)]).await;
    assert_eq!(again.headers["location"], "/lettres?etat=a-voir&fait=renvoyee&lettre=1");
    assert!(anna.get(&again.headers["location"]).await.text().contains("la même, sous le même Message-ID"));
    // a second press, or a colleague's
    let twice = anna.post("/lettres/1/renvoyer", &[("csrf", &csrf)]).await;
    assert!(twice.headers["location"].contains("fait=en-route"));
    let before = served.desk.relay.taken().len();
    served.desk.turn().await;
    let taken = served.desk.relay.taken();
    assert_eq!(taken.len(), before + 1);
    assert_eq!(taken[0].message_id, taken[before].message_id, "the same letter");
    assert_eq!(anna.get("/lettres").await.text().matches("/renvoyer\"").count(), 1);
}

#[tokio::test]
async fn a_requester_who_was_reached_otherwise_leaves_the_list_with_a_reason() {
    let served = with_letters().await;
    let anna = served.person("anna", Role::Agent).await;
    let csrf = anna.get("/lettres").await.hidden("csrf");
    let silent = anna.post("/lettres/2/regler", &[("csrf", &csrf), ("because", "  ")]).await;
    assert_eq!(silent.status, 400);
    let settled = anna.post("/lettres/2/regler", &[("csrf", &csrf), ("because", "par téléphone")]).await;
    assert!(settled.headers["location"].contains("fait=reglee"));
    let twice = anna.post("/lettres/2/regler", &[("csrf", &csrf), ("because", "par téléphone")]).await;
    assert!(twice.headers["location"].contains("fait=pas-listee"));
    assert!(!anna.get("/lettres").await.text().contains("Refusée par le relais"));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_letter_is_shown_as_it_is_read_and_can_be_taken_away() {
    let served = with_letters().await;
    let anna = served.person("anna", Role::Agent).await;
    let sent = served.desk.relay.taken().pop().unwrap();
    let all = anna.get("/lettres?etat=toutes").await.text();
    for id in 1..=3 {
        assert!(all.contains(&format!("href=\"/lettres/{id}\"")), "{all}");
    }
    let page = anna.get("/lettres/2").await.text();
    assert!(page.contains("Bonjour") && page.contains("F413-2026-000002"), "{page}");
    let mail = anna.get("/lettres/3/lettre.eml").await;
    assert_eq!(mail.body, sent.bytes);
    assert_eq!(mail.headers["content-disposition"], "attachment; filename=\"lettre-3.eml\"");
    for nowhere in ["/lettres/99", "/lettres/x", "/lettres/99/lettre.eml"] {
        assert_eq!(anna.get(nowhere).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn only_who_may_sends_again() {
    let served = with_letters().await;
    let before = served.desk.reply_states().await;
    for (path, answered) in [("/lettres", 303), ("/lettres/1", 303), ("/lettres/1/lettre.eml", 303)] {
        assert_eq!(served.stranger().get(path).await.status, answered);
    }
    for path in ["/lettres/1/renvoyer", "/lettres/1/regler"] {
        assert_eq!(served.stranger().post(path, &[("because", "x")]).await.status, 401);
    }
    for (name, role) in [("lena", Role::Reader), ("ada", Role::Auditor)] {
        let person = served.person(name, role).await;
        let page = person.get("/lettres").await;
        assert!(page.status == 200 && !page.text().contains("/renvoyer"));
        let csrf = page.hidden("csrf");
        for path in ["/lettres/1/renvoyer", "/lettres/1/regler"] {
            let answer = person.post(path, &[("csrf", &csrf), ("because", "x")]).await;
            assert_eq!(answer.status, 403, "{role:?} {path}");
        }
    }
    let sara = served.person("sara", Role::Supervisor).await;
    for path in ["/lettres/1/renvoyer", "/lettres/1/regler"] {
        assert_eq!(sara.post(path, &[("csrf", "x"), ("because", "x")]).await.status, 403);
    }
    assert_eq!(served.desk.reply_states().await, before);
    assert!(before.contains(&ReplyState::Unknown));
}
