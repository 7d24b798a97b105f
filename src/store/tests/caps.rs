//! Caps hold also where several daemons decide at once; receipts that had not left when the decision came.

use super::desk::{Desk, LEASE, at, case, decision, reply};
use crate::domain::case::{CaseNumber, Template};
use crate::domain::form::Masked;
use crate::domain::mail::ReplyState;
use crate::store::{
    Cap, CaseState, Claimed, NewCase, NewReply, Recorded, ReplyFilter, ReplyRow, Resent, Store, Within,
};
use futures_util::future::join_all;

const FREE: u64 = 1000;

/// Messages in the hands of as many deciders, each of a daemon of its own.
async fn claimed(desk: &Desk, count: u32) -> Vec<(Store, Claimed)> {
    let mut all = Vec::new();
    for uid in 1..=count {
        desk.keeps(uid, &format!("mail {uid}")).await;
        all.push((Store::open(&desk.url).await.unwrap(), desk.claims().await));
    }
    all
}

/// All of them record a letter to one address at the same moment; how many were let through.
async fn recorded(deciders: &[(Store, Claimed)], within: Within) -> usize {
    let each = deciders.iter().map(async |(store, claimed)| {
        let letter =
            |numbers: &[CaseNumber]| Ok(vec![NewReply { within: Some(within), ..reply(claimed, numbers) }]);
        store.record(claimed, &decision(vec![case("a.pdf")]), letter, at(2)).await.unwrap()
    });
    let ends = join_all(each).await;
    assert!(ends.iter().all(|end| matches!(end, Recorded::Done { .. } | Recorded::Overtaken)), "{ends:?}");
    ends.iter().filter(|end| matches!(end, Recorded::Done { .. })).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_cap_is_passed_by_daemons_that_decide_at_the_same_moment() {
    let free = Within { since: at(0), per_address: FREE, per_domain: FREE, total: FREE };
    for within in
        [Within { per_address: 3, ..free }, Within { per_domain: 3, ..free }, Within { total: 3, ..free }]
    {
        let desk = Desk::new().await;
        let deciders = claimed(&desk, 6).await;
        assert_eq!(recorded(&deciders, within).await, 3, "{within:?}");
        let ledger = desk.store.ledger().await.unwrap();
        assert_eq!((ledger.replies_due, ledger.cases, ledger.waiting), (3, 3, 3), "the others are as before");
        // whoever comes back has the claim still, and holds the letter for a person
        let (store, one) = deciders.iter().find(|(_, one)| one.id.0 > 3).unwrap();
        assert!(store.heartbeat(one, at(3), LEASE).await.is_ok());
        desk.adds_up().await;
    }
}

#[tokio::test]
async fn a_cap_tripped_meanwhile_lets_nothing_through_and_a_held_letter_is_under_none() {
    let desk = Desk::new().await;
    let deciders = claimed(&desk, 2).await;
    let within = Within { since: at(0), per_address: FREE, per_domain: FREE, total: FREE };
    desk.store.trip(&Cap::Domain(Masked::new("hopital.example")), "5 replies", at(1)).await.unwrap();
    assert_eq!(recorded(&deciders, within).await, 0);
    let (store, one) = &deciders[0];
    let letter = |numbers: &[CaseNumber]| {
        Ok(vec![NewReply { within: Some(within), held: true, ..reply(one, numbers) }])
    };
    let done = store.record(one, &decision(vec![case("a.pdf")]), letter, at(2)).await.unwrap();
    assert!(matches!(done, Recorded::Done { .. }), "{done:?}");
}

async fn replies(desk: &Desk) -> Vec<ReplyRow> {
    let mut rows = desk.store.replies(&ReplyFilter::default()).await.unwrap();
    rows.reverse();
    rows
}

/// A receipt, and the decision's letter behind it in one commit, as a case that is woken makes them.
async fn receipt_and_decision(desk: &Desk, decided_at: i64, taken_before: bool) -> Vec<ReplyRow> {
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let receipt = |numbers: &[CaseNumber]| {
        let receipt = reply(&claimed, numbers);
        Ok(vec![NewReply { template: Template::Received, not_before: Some(at(7)), ..receipt }])
    };
    let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
    desk.store.record(&claimed, &decision(vec![waiting]), receipt, at(2)).await.unwrap();
    assert_eq!(desk.store.claim_reply("ada", at(6), LEASE).await.unwrap().map(|due| due.id), None);
    assert_eq!(desk.store.next_reply_at().await.unwrap(), Some(at(7)));
    if taken_before {
        desk.store.claim_reply("ada", at(7), LEASE).await.unwrap().unwrap();
    }
    let letter = NewReply { message_id: "<later@guichet.example>".into(), ..reply(&claimed, &[]) };
    let mut write = desk.store.write("deciding", at(decided_at)).await.unwrap();
    let outcome = crate::domain::mail::Outcome::Handled;
    let place = (1, &letter);
    crate::store::record::add_reply(&mut write, claimed.id, place, outcome, at(decided_at)).await.unwrap();
    write.commit().await.unwrap();
    desk.adds_up().await;
    replies(desk).await
}

#[tokio::test]
async fn a_receipt_that_has_not_left_when_the_decision_comes_is_taken_back() {
    let desk = Desk::new().await;
    let rows = receipt_and_decision(&desk, 3, false).await;
    assert_eq!((rows[0].withdrawn, rows[0].state), (true, ReplyState::Held));
    assert_eq!((rows[1].withdrawn, rows[1].state), (false, ReplyState::Due));
    let told = desk.store.events_of(rows[0].message).await.unwrap();
    assert_eq!(told.iter().filter(|event| event.kind == "reply_withdrawn").count(), 1);
    // one letter leaves, and nobody can make the other
    assert_eq!(desk.store.claim_reply("ada", at(99), LEASE).await.unwrap().unwrap().id, rows[1].id);
    assert!(desk.store.claim_reply("ada", at(99), LEASE).await.unwrap().is_none());
    assert_eq!(desk.store.resend(rows[0].id, "Ada", at(100)).await.unwrap(), Resent::Withdrawn);
    assert!(desk.behind_its_back("UPDATE replies SET state = 'due' WHERE withdrawn = 1").await.is_err());
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.replies, ledger.replies_held, ledger.balances()), (2, 0, true));
}

#[tokio::test]
async fn a_receipt_in_a_senders_hands_leaves() {
    let desk = Desk::new().await;
    let rows = receipt_and_decision(&desk, 8, true).await;
    assert_eq!((rows[0].withdrawn, rows[0].state), (false, ReplyState::Sending));
    assert_eq!(rows[1].state, ReplyState::Due);
}

#[tokio::test]
async fn the_letters_that_a_cap_holds_are_named_until_it_is_reset() {
    let desk = Desk::new().await;
    let cap = Cap::Domain(Masked::new("Hopital.example"));
    desk.store.trip(&cap, "20 replies to one domain in 24 hours", at(1)).await.unwrap();
    desk.store.trip(&Cap::Total, "500 replies", at(3)).await.unwrap();
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let held = |numbers: &[CaseNumber]| Ok(vec![NewReply { held: true, ..reply(&claimed, numbers) }]);
    let recorded = desk.store.record(&claimed, &decision(vec![case("a.pdf")]), held, at(2)).await.unwrap();
    let Recorded::Done { replies, .. } = recorded else { panic!("{recorded:?}") };
    let under = desk.store.held_under(&cap).await.unwrap();
    assert_eq!((under.count, under.letters), (1, vec![replies[0].0]));
    // of another address, or reached later: it holds others
    let other = Cap::Address(Masked::new("x@clinique.example"));
    desk.store.trip(&other, "20 replies", at(1)).await.unwrap();
    for cap in [&other, &Cap::Total] {
        assert_eq!(desk.store.held_under(cap).await.unwrap().count, 0);
    }
    assert!(desk.store.reset(&cap, ("Ada", "vu avec Mme Curie"), at(4)).await.unwrap());
    let event = desk.store.latest_events(1).await.unwrap().remove(0);
    assert!(event.detail.contains("\"held\":1") && !event.detail.contains("Curie"), "{}", event.detail);
    assert_eq!(desk.store.held_under(&cap).await.unwrap().count, 0);
    desk.adds_up().await;
}
