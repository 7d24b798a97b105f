//! Replies on their way out, and the caps.

use super::desk::{Desk, LEASE, at, case, decision, reply};
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::domain::mail::{Delivery, ReplyState};
use crate::store::{Cap, NewReply, Recorded, ReplyFilter, ReplyId, ReplyRow, Resent, Within};

async fn row(desk: &Desk, id: ReplyId) -> ReplyRow {
    let filter = ReplyFilter { id: Some(id), ..ReplyFilter::default() };
    desk.store.replies(&filter).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_reply_is_sending_before_it_is_handed_out_and_sent_afterwards() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let due = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    assert_eq!(due.mail, b"Subject: F413-2026-000001\r\n\r\n");
    assert_eq!((due.to.expose(), due.attempt), ("Marie.Curie@Hopital.example", 1));
    assert!(!due.message_id.contains(['<', '>']));
    assert_eq!(row(&desk, due.id).await.state, ReplyState::Sending);
    assert!(desk.store.claim_reply("bob", at(3), LEASE).await.unwrap().is_none());

    assert!(desk.store.settle(&due, Delivery::Sent, "250 2.0.0 OK", at(4), None).await.unwrap());
    let sent = row(&desk, due.id).await;
    assert_eq!((sent.state, sent.ended_at), (ReplyState::Sent, Some(at(4))));
    assert_eq!(sent.answer.as_ref().map(Masked::expose), Some("250 2.0.0 OK"));
    assert!(!desk.store.settle(&due, Delivery::Refused, "late", at(5), None).await.unwrap());
    assert_eq!(row(&desk, due.id).await.state, ReplyState::Sent);
    assert_eq!(desk.store.next_reply_at().await.unwrap(), None);
}

#[tokio::test]
async fn a_reply_not_taken_yet_waits_for_its_next_time() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let due = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store.settle(&due, Delivery::NotYet, "451 try later", at(3), Some(at(13))).await.unwrap();
    assert_eq!(desk.store.next_reply_at().await.unwrap(), Some(at(13)));
    assert!(desk.store.claim_reply("ada", at(12), LEASE).await.unwrap().is_none());
    let again = desk.store.claim_reply("ada", at(13), LEASE).await.unwrap().unwrap();
    assert_eq!((again.attempt, &again.mail, &again.message_id), (2, &due.mail, &due.message_id));
    // given up: for people that is a refusal, with the relay's last words
    desk.store.settle(&again, Delivery::NotYet, "451 still", at(13), None).await.unwrap();
    assert_eq!(row(&desk, due.id).await.state, ReplyState::Refused);
    assert!(desk.store.claim_reply("ada", at(9999), LEASE).await.unwrap().is_none());
}

/// failures.md 26: cut off after DATA.
#[tokio::test]
async fn a_reply_whose_end_is_unknown_is_sent_again_only_by_a_person_with_the_same_message_id() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let due = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store.settle(&due, Delivery::Unknown, "line cut after DATA", at(3), Some(at(4))).await.unwrap();
    assert_eq!(row(&desk, due.id).await.state, ReplyState::Unknown);
    assert!(desk.store.claim_reply("ada", at(9999), LEASE).await.unwrap().is_none());

    assert_eq!(desk.store.resend(due.id, "Ada Lovelace", at(60)).await.unwrap(), Resent::Due);
    assert_eq!(desk.store.resend(due.id, "Ada Lovelace", at(60)).await.unwrap(), Resent::OnItsWay);
    let again = desk.store.claim_reply("ada", at(60), LEASE).await.unwrap().unwrap();
    assert_eq!((again.attempt, &again.mail, &again.message_id), (2, &due.mail, &due.message_id));
    let told = desk.store.events_of(due.message).await.unwrap();
    let resent = told.iter().find(|event| event.kind == "reply_resent").unwrap();
    assert_eq!((resent.actor.as_str(), resent.detail.as_str()), ("Ada Lovelace", r#"{"before":"unknown"}"#));
    assert_eq!(desk.store.resend(ReplyId(999), "Ada", at(60)).await.unwrap(), Resent::NoSuchReply);
}

#[tokio::test]
async fn a_sender_that_died_leaves_unknown_and_a_living_one_is_let_be() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    desk.decides(2, "b").await;
    let dead = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    let alive = desk.store.claim_reply("bob", at(6), LEASE).await.unwrap().unwrap();
    // another program starts and recovers
    let other = crate::store::Store::open(&desk.url).await.unwrap();
    assert_eq!(other.recover_sending(at(7)).await.unwrap(), []);
    assert_eq!(other.recover_sending(at(3) + LEASE).await.unwrap(), [dead.id]);
    assert_eq!(row(&desk, dead.id).await.state, ReplyState::Unknown);
    assert_eq!(row(&desk, alive.id).await.state, ReplyState::Sending);
    // the one thought dead was only slow: what it saw is the truth
    assert!(desk.store.settle(&dead, Delivery::Sent, "250 OK", at(12), None).await.unwrap());
    assert_eq!(row(&desk, dead.id).await.state, ReplyState::Sent);
}

#[tokio::test]
async fn the_truth_of_an_old_attempt_does_not_end_a_newer_one() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let old = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store.recover_sending(at(30)).await.unwrap();
    desk.store.resend(old.id, "Ada", at(31)).await.unwrap();
    assert!(!desk.store.settle(&old, Delivery::Sent, "250 OK", at(31), None).await.unwrap());
    let new = desk.store.claim_reply("ada", at(31), LEASE).await.unwrap().unwrap();
    assert!(!desk.store.settle(&old, Delivery::Sent, "250 OK", at(32), None).await.unwrap());
    assert!(desk.store.settle(&new, Delivery::Refused, "550 no", at(33), None).await.unwrap());
}

#[tokio::test]
async fn a_held_reply_leaves_only_when_a_person_releases_it() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let held = |numbers: &[CaseNumber]| Ok(vec![NewReply { held: true, ..reply(&claimed, numbers) }]);
    desk.store.record(&claimed, &decision(vec![case("a.pdf")]), held, at(2)).await.unwrap();
    assert!(desk.store.claim_reply("ada", at(9999), LEASE).await.unwrap().is_none());
    let id = desk.store.replies(&ReplyFilter::default()).await.unwrap()[0].id;
    assert_eq!(desk.store.resend(id, "Ada", at(3)).await.unwrap(), Resent::Due);
    assert_eq!(desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap().id, id);
}

#[tokio::test]
async fn one_message_never_makes_two_mails_with_one_message_id() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let twice = |numbers: &[CaseNumber]| Ok(vec![reply(&claimed, numbers), reply(&claimed, numbers)]);
    let refused = desk.store.record(&claimed, &decision(vec![case("a.pdf")]), twice, at(2)).await;
    assert_eq!(refused.unwrap_err().retry, crate::fault::Retry::Never);
    assert_eq!(desk.store.ledger().await.unwrap().cases, 0);
}

#[tokio::test]
async fn replies_are_counted_by_address_domain_and_in_all() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    desk.decides(2, "b").await;
    let counted = async |address: &str, since, cap| {
        let within = Within { since: at(since), per_address: cap, per_domain: cap, total: cap };
        let counts = desk.store.replies_within(&Masked::new(address), &within).await.unwrap();
        (counts.to_address, counts.to_domain, counts.total)
    };
    assert_eq!(counted("marie.curie@hopital.example", 0, 2).await, (2, 2, 2));
    assert_eq!(counted("autre@HOPITAL.example", 0, 2).await, (0, 2, 2));
    assert_eq!(counted("autre@clinique.example", 0, 2).await, (0, 0, 2));
    assert_eq!(counted("marie.curie@hopital.example", 3, 1).await, (0, 0, 0));
    assert_eq!(counted("marie.curie@hopital.example", 0, 1).await, (1, 1, 1), "no further than is asked");
    // far from a cap, there may be fewer than that
    assert_eq!(counted("autre@clinique.example", 0, 9).await, (0, 2, 2));
}

#[tokio::test]
async fn a_tripped_cap_stays_tripped_until_a_person_resets_it() {
    let desk = Desk::new().await;
    let domain = Cap::Domain(Masked::new("Hopital.example"));
    let (inside, outside) = (Masked::new("x@hopital.EXAMPLE"), Masked::new("x@clinique.example"));
    assert!(desk.store.trip(&domain, "more than 50 in an hour", at(1)).await.unwrap());
    assert!(!desk.store.trip(&domain, "again", at(2)).await.unwrap());
    let tripped = desk.store.tripped_for(&inside).await.unwrap();
    assert_eq!((tripped.len(), tripped[0].because.as_str()), (1, "more than 50 in an hour"));
    assert_eq!(desk.store.tripped_for(&outside).await.unwrap(), []);
    desk.store.trip(&Cap::Total, "more than 500 in an hour", at(3)).await.unwrap();
    assert_eq!(desk.store.tripped_for(&outside).await.unwrap()[0].cap, Cap::Total);
    assert_eq!(desk.store.tripped().await.unwrap().len(), 2);
    assert!(desk.store.reset(&domain, ("Ada", "vu"), at(4)).await.unwrap());
    assert!(!desk.store.reset(&domain, ("Ada", "vu"), at(4)).await.unwrap());
    assert_eq!(desk.store.tripped().await.unwrap()[0].cap, Cap::Total);
}

#[tokio::test]
async fn what_was_composed_in_shadow_is_never_due() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let compose = |numbers: &[CaseNumber]| Ok(vec![NewReply { shadow: true, ..reply(&claimed, numbers) }]);
    let recorded = desk.store.record(&claimed, &decision(vec![case("a.pdf")]), compose, at(2)).await.unwrap();
    let Recorded::Done { replies, .. } = recorded else { panic!("{recorded:?}") };
    assert_eq!(desk.store.resend(replies[0], "Camille", at(3)).await.unwrap(), Resent::Shadow);
    assert!(desk.store.claim_reply("ada", at(9), LEASE).await.unwrap().is_none());
    for state in ["due", "sending", "sent", "unknown"] {
        assert!(
            desk.behind_its_back(&format!("UPDATE replies SET state = '{state}'")).await.is_err(),
            "{state}"
        );
    }
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.replies, ledger.replies_held, ledger.balances()), (1, 0, true));
}
