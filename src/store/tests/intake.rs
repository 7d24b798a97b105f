//! Keeping and claiming.

use super::desk::{Desk, INBOX, LEASE, at, mail};
use crate::domain::mail::Cursor;
use crate::store::{Arrived, Content, Kept, Lane, NewMail, Worker};

#[tokio::test]
async fn bytes_and_cursor_move_together() {
    let desk = Desk::new().await;
    assert_eq!(desk.store.cursor(INBOX).await.unwrap(), None);
    let kept = desk.store.keep(INBOX, 7, &[mail(3, "a"), mail(5, "b")], at(0)).await.unwrap();
    assert!(matches!(kept.as_slice(), [Kept::New(_), Kept::New(_)]), "{kept:?}");
    assert_eq!(desk.store.cursor(INBOX).await.unwrap(), Some(Cursor { uidvalidity: 7, uid: 5 }));
    let Kept::New(first) = kept[0] else { panic!() };
    assert_eq!(desk.store.raw(first).await.unwrap().unwrap(), b"a");
}

#[tokio::test]
async fn the_same_mail_fetched_twice_is_kept_once() {
    let desk = Desk::new().await;
    let first = desk.keeps(3, "a").await;
    let again = desk.store.keep(INBOX, 1, &[mail(3, "a"), mail(4, "b")], at(0)).await.unwrap();
    assert_eq!(again[0], Kept::AlreadySeen);
    assert!(matches!(again[1], Kept::New(id) if id != first));
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.messages, ledger.copies), (2, 0));
}

/// failures.md 1: UIDVALIDITY changes, old copies come again under new UIDs beside new mails.
#[tokio::test]
async fn a_rebuilt_folder_brings_copies_and_not_one_new_message() {
    let desk = Desk::new().await;
    let old: Vec<_> = (1..=100).map(|n| mail(n, &format!("mail {n}"))).collect();
    desk.store.keep(INBOX, 1, &old, at(0)).await.unwrap();
    let mut rebuilt: Vec<_> = (1..=97).map(|n| mail(n, &format!("mail {n}"))).collect();
    rebuilt.extend((98..=100).map(|n| mail(n, &format!("new {n}"))));
    let kept = desk.store.keep(INBOX, 2, &rebuilt, at(1)).await.unwrap();
    assert_eq!(kept.iter().filter(|kept| matches!(kept, Kept::Copy(_))).count(), 97);
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.messages, ledger.copies), (103, 97));
    assert_eq!(desk.store.cursor(INBOX).await.unwrap(), Some(Cursor { uidvalidity: 2, uid: 100 }));
    assert_eq!(desk.store.seen_in(INBOX, 1).await.unwrap(), 100);
    assert_eq!(desk.store.seen_in(INBOX, 2).await.unwrap(), 100);
    let Kept::Copy(first) = kept[0] else { panic!() };
    let told: Vec<_> =
        desk.store.events_of(first).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(told, ["message_kept", "copy_seen"]);
}

#[tokio::test]
async fn a_mail_without_a_date_is_dated_by_its_first_sight_and_the_event_says_so() {
    let desk = Desk::new().await;
    let undated = NewMail { received_at: None, ..mail(1, "From: a@x.fr\r\n\r\nundated") };
    let kept =
        desk.store.keep(INBOX, 1, &[undated, mail(2, "From: b@x.fr\r\n\r\ndated")], at(3)).await.unwrap();
    let (Kept::New(first), Kept::New(second)) = (kept[0], kept[1]) else { panic!("{kept:?}") };
    for (id, dated_by) in [(first, "first sight"), (second, "server")] {
        let events = desk.store.events_of(id).await.unwrap();
        let detail: serde_json::Value = serde_json::from_str(&events[0].detail).unwrap();
        assert_eq!(detail["dated_by"], dated_by);
    }
    let oldest = desk.store.claim("w", Lane::Quick, at(4), LEASE).await.unwrap().unwrap();
    let next = desk.store.claim("w", Lane::Quick, at(4), LEASE).await.unwrap().unwrap();
    assert_eq!((oldest.id, next.id, next.received_at), (second, first, at(3)));
}

#[tokio::test]
async fn a_batch_may_hold_the_same_bytes_twice() {
    let desk = Desk::new().await;
    let kept = desk.store.keep(INBOX, 1, &[mail(1, "a"), mail(2, "a")], at(0)).await.unwrap();
    let Kept::New(first) = kept[0] else { panic!() };
    assert_eq!(kept[1], Kept::Copy(first));
}

#[tokio::test]
async fn a_cursor_never_goes_back_and_passes_what_is_gone() {
    let desk = Desk::new().await;
    desk.keeps(9, "a").await;
    desk.store.keep(INBOX, 1, &[mail(4, "b")], at(0)).await.unwrap();
    assert_eq!(desk.store.cursor(INBOX).await.unwrap().unwrap().uid, 9);
    let gone = NewMail { arrived: Arrived::Gone, ..mail(12, "") };
    assert_eq!(desk.store.keep(INBOX, 1, &[gone], at(0)).await.unwrap(), [Kept::Gone]);
    assert_eq!(desk.store.cursor(INBOX).await.unwrap().unwrap().uid, 12);
}

#[tokio::test]
async fn of_a_mail_over_the_cap_the_header_is_kept_and_of_a_withheld_one_the_reason() {
    let desk = Desk::new().await;
    let giant = Arrived::HeadOnly { head: b"Subject: 70 PDF\r\n\r\n".to_vec(), size: 60_000_000 };
    let mails = [
        NewMail { arrived: giant, ..mail(1, "") },
        NewMail { arrived: Arrived::Withheld("NO [SERVERBUG]\0".into()), ..mail(2, "") },
    ];
    let kept = desk.store.keep(INBOX, 1, &mails, at(0)).await.unwrap();
    let Kept::New(withheld) = kept[1] else { panic!() };
    let claimed = desk.claims().await;
    assert_eq!((claimed.size, claimed.id == withheld), (60_000_000, false));
    assert!(matches!(claimed.content, Content::HeadOnly(_)));
    let parked = desk.store.parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].id, parked[0].because.as_str()), (withheld, "NO [SERVERBUG]"));
    assert!(!desk.store.unpark(withheld, "ada", at(1)).await.unwrap(), "there is nothing of it to read");
    assert!(desk.store.ledger().await.unwrap().balances());
}

#[tokio::test]
async fn the_oldest_is_claimed_first_and_leased_ones_are_skipped() {
    let desk = Desk::new().await;
    let [newer, older] =
        [(8, "newer"), (2, "older")].map(|(uid, who)| mail(uid, &format!("From: {who}@x.fr\r\n")));
    desk.store.keep(INBOX, 1, &[newer, older], at(0)).await.unwrap();
    let first = desk.store.claim("ada", Lane::Quick, at(1), LEASE).await.unwrap().unwrap();
    assert_eq!(first.content, Content::Whole(b"From: older@x.fr\r\n".to_vec()));
    assert_eq!((first.attempts, first.lease_until), (1, at(1) + LEASE));
    let second = desk.store.claim("bob", Lane::Quick, at(1), LEASE).await.unwrap().unwrap();
    assert_eq!(second.content, Content::Whole(b"From: newer@x.fr\r\n".to_vec()));
    assert!(desk.store.claim("eve", Lane::Quick, at(1), LEASE).await.unwrap().is_none());
    assert_eq!(desk.store.next_message_at(Lane::Quick).await.unwrap(), Some(at(1) + LEASE));
}

#[tokio::test]
async fn a_claim_that_ran_out_is_counted_and_its_late_worker_changes_nothing() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let late = desk.claims().await;
    let again = desk.store.claim("bob", Lane::Quick, at(1) + LEASE, LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (late.id, 2));
    assert!(!desk.store.heartbeat(&late, at(7), LEASE).await.unwrap());
    assert!(!desk.store.release(&late, "too late", at(7)).await.unwrap());
    assert!(!desk.store.park(&late, "too late", at(7)).await.unwrap());
    assert!(desk.store.heartbeat(&again, at(7), LEASE).await.unwrap());
}

#[tokio::test]
async fn a_message_released_after_our_fault_waits_tells_its_trouble_and_has_no_attempt_counted() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    assert!(desk.store.release(&claimed, "disk full", at(30)).await.unwrap());
    assert!(desk.store.claim("ada", Lane::Quick, at(29), LEASE).await.unwrap().is_none());
    let again = desk.store.claim("ada", Lane::Quick, at(30), LEASE).await.unwrap().unwrap();
    assert_eq!(
        (again.attempts, again.trouble.as_deref()),
        (1, Some("disk full")),
        "a fault of ours does not count"
    );
}

/// `release` takes an attempt back: a later claim must not be taken for the one that ran out.
#[tokio::test]
async fn a_claim_that_ran_out_stays_lost_after_others_claimed_and_released() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let late = desk.claims().await;
    let other = desk.store.claim("bob", Lane::Quick, at(1) + LEASE, LEASE).await.unwrap().unwrap();
    assert!(desk.store.release(&other, "disk full", at(10)).await.unwrap());
    assert!(!desk.store.park(&other, "too late", at(10)).await.unwrap());
    let again = desk.store.claim("ada", Lane::Quick, at(10), LEASE).await.unwrap().unwrap();
    assert!(!desk.store.park(&late, "too late", at(10)).await.unwrap());
    assert!(desk.store.heartbeat(&again, at(10), LEASE).await.unwrap());
}

#[tokio::test]
async fn each_lane_is_claimed_by_itself_and_leaving_a_message_to_paper_counts_no_attempt() {
    let desk = Desk::new().await;
    desk.store.keep(INBOX, 1, &[mail(1, "scan"), mail(2, "digital")], at(0)).await.unwrap();
    assert!(desk.store.claim("p", Lane::Paper, at(1), LEASE).await.unwrap().is_none());
    assert_eq!(desk.store.next_message_at(Lane::Paper).await.unwrap(), None);
    let scan = desk.claims().await;
    assert!(desk.store.leave_to_paper(&scan, at(2)).await.unwrap());
    assert_eq!(desk.store.next_message_at(Lane::Paper).await.unwrap(), Some(at(2)));
    assert_eq!(desk.claims().await.content, Content::Whole(b"digital".to_vec()));
    let paper = desk.store.claim("p", Lane::Paper, at(2), LEASE).await.unwrap().unwrap();
    assert_eq!((paper.id, paper.attempts), (scan.id, 1));
    assert!(!desk.store.leave_to_paper(&scan, at(3)).await.unwrap(), "it is somebody else's by now");
    assert!(desk.store.release(&paper, "disk full", at(3)).await.unwrap());
    assert!(
        desk.store.claim("p", Lane::Paper, at(3), LEASE).await.unwrap().is_some(),
        "it stays in its lane"
    );
}

/// Whoever dies of paper has had an attempt at it, and leaves it in its lane.
#[tokio::test]
async fn paper_whose_decider_died_is_counted_and_taken_up_in_its_lane() {
    let desk = Desk::new().await;
    desk.keeps(1, "scan").await;
    let scan = desk.claims().await;
    desk.store.leave_to_paper(&scan, at(1)).await.unwrap();
    let this = Worker::this(at(2));
    // the same process id at another time: a program of this machine that is no more
    let dead = format!("{}/p0", Worker::this(at(1)));
    desk.store.claim(&dead, Lane::Paper, at(1), LEASE).await.unwrap().unwrap();
    assert_eq!(desk.store.recover(&this, at(2)).await.unwrap(), 1);
    assert!(desk.store.claim("d", Lane::Quick, at(3), LEASE).await.unwrap().is_none());
    let again = desk.store.claim("p", Lane::Paper, at(3), LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (scan.id, 2));
}

#[tokio::test]
async fn a_parked_message_is_listed_and_tried_again_only_by_a_person() {
    let desk = Desk::new().await;
    let id = desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    assert!(desk.store.park(&claimed, "killed its reader three times", at(2)).await.unwrap());
    assert!(desk.store.claim("ada", Lane::Quick, at(1000), LEASE).await.unwrap().is_none());
    assert_eq!(desk.store.parked().await.unwrap()[0].attempts, 1);
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.parked, ledger.waiting, ledger.balances()), (1, 0, true));
    assert!(desk.store.unpark(id, "ada", at(3)).await.unwrap());
    assert_eq!(desk.store.claim("ada", Lane::Quick, at(3), LEASE).await.unwrap().unwrap().attempts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_claimers_never_get_the_same_message() {
    let desk = Desk::new().await;
    let mails: Vec<_> = (1..=40).map(|n| mail(n, &format!("mail {n}"))).collect();
    desk.store.keep(INBOX, 1, &mails, at(0)).await.unwrap();
    // a second program on the same database, not a clone of the first one's connections
    let other = crate::store::Store::open(&desk.url).await.unwrap();
    let claim_all = |store: crate::store::Store, name: &'static str| async move {
        let mut mine = vec![];
        while let Some(claimed) = store.claim(name, Lane::Quick, at(1), LEASE).await.unwrap() {
            mine.push(claimed.id);
        }
        mine
    };
    let mut workers = tokio::task::JoinSet::new();
    for (store, name) in [(desk.store.clone(), "ada"), (other.clone(), "bob"), (other, "eve")] {
        workers.spawn(claim_all(store, name));
    }
    let mut all: Vec<_> = workers.join_all().await.concat();
    assert_eq!(all.len(), 40);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40);
}
