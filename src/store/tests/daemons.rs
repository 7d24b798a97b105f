//! Who runs, who holds what, and for how long.

use super::desk::{Desk, LEASE, at};
use crate::store::{InHand, StoreState, Work, Worker};

/// A daemon of a machine that nothing is known of here.
fn elsewhere(process: u32) -> Worker {
    Worker::parse(&format!("south:another-machine.{process}.1")).unwrap()
}

#[tokio::test]
async fn a_daemon_runs_for_as_long_as_it_says_so() {
    let desk = Desk::new().await;
    let (this, north) = (Worker::this(at(1)), Worker::this(at(1)));
    let south = elsewhere(7);
    for (worker, roles) in [(&north, "intake"), (&south, "decide, answer")] {
        desk.store.comes(worker, roles, at(1), LEASE).await.unwrap();
    }
    let running = async |minutes| {
        let running = desk.store.running(&this, at(minutes)).await.unwrap();
        running.into_iter().map(|one| (one.worker, one.roles)).collect::<Vec<_>>()
    };
    let mut both = running(2).await;
    both.sort_by_key(|(_, roles)| roles.clone());
    assert_eq!(both, [(south.clone(), "decide, answer".to_owned()), (north.clone(), "intake".to_owned())]);
    desk.store.stays(&south, "decide, answer", at(1) + LEASE, LEASE).await.unwrap();
    assert_eq!(running(7).await, [(south.clone(), "decide, answer".to_owned())]);
    desk.store.goes(&south).await.unwrap();
    assert_eq!(running(3).await, [(north, "intake".to_owned())]);
}

#[tokio::test]
async fn a_process_of_this_machine_that_is_gone_does_not_run_whatever_it_said() {
    let desk = Desk::new().await;
    let this = Worker::this(at(5));
    // the same process, started before
    let before = Worker::this(at(4));
    desk.store.comes(&before, "intake", at(4), LEASE).await.unwrap();
    assert_eq!(desk.store.running(&this, at(5)).await.unwrap(), []);
    desk.store.comes(&this, "intake", at(5), LEASE).await.unwrap();
    assert_eq!(desk.store.running(&this, at(5)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_holds_what_is_told_by_machine_and_process() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    desk.keeps(2, "b").await;
    let south = elsewhere(7);
    let lane = crate::store::Lane::Quick;
    desk.store.claim(&format!("{south}/d0"), lane, at(3), LEASE).await.unwrap().unwrap();
    let reply = desk.store.claim_reply(&format!("{south}/s1"), at(4), LEASE).await.unwrap().unwrap();
    let folder = (super::desk::INBOX, 1);
    desk.store.claim_to_file(&format!("{south}/f"), folder, at(5), LEASE, 10).await.unwrap();
    let in_hand = desk.store.in_hand().await.unwrap();
    let held = |work, minutes| InHand { worker: south.clone(), work, until: at(minutes) + LEASE };
    let expected = [
        held(Work::Deciding { message: 2, attempts: 1 }, 3),
        held(Work::Sending { reply: reply.id.0, attempts: 1 }, 4),
        held(Work::Filing { mails: 1 }, 5),
    ];
    assert_eq!(in_hand, expected);
    assert_eq!(in_hand[0].worker.shown(), "south (process 7)");
}

#[tokio::test]
async fn a_letter_under_way_is_its_senders_for_as_long_as_the_sender_says_so() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let slow = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    assert!(desk.store.prolong(&slow, at(3) + LEASE, LEASE).await.unwrap());
    assert_eq!(desk.store.recover_sending(at(4) + LEASE).await.unwrap(), []);
    // it said nothing for the length of a lease: nobody knows, and it is told so
    assert_eq!(desk.store.recover_sending(at(3) + LEASE + LEASE).await.unwrap(), [slow.id]);
    assert!(!desk.store.prolong(&slow, at(4) + LEASE + LEASE, LEASE).await.unwrap());
}

#[tokio::test]
async fn mail_that_a_dead_program_was_filing_is_filed_by_the_next() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let folder = (super::desk::INBOX, 1);
    let dead = format!("{}/f", Worker::this(at(1)));
    assert_eq!(desk.store.claim_to_file(&dead, folder, at(3), LEASE, 10).await.unwrap().len(), 1);
    assert_eq!(desk.store.claim_to_file("ada", folder, at(4), LEASE, 10).await.unwrap(), []);
    desk.store.recover(&Worker::this(at(2)), at(4)).await.unwrap();
    assert_eq!(desk.store.claim_to_file("ada", folder, at(4), LEASE, 10).await.unwrap().len(), 1);
    // of another machine nothing is known: its lease has to run out
    let later = at(4) + LEASE;
    assert_eq!(desk.store.claim_to_file("bob", folder, later, LEASE, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_daemon_runs_on_a_database_that_is_not_the_one_in_use() {
    let desk = Desk::new().await;
    for (state, to_do) in [(StoreState::Arriving, "store move"), (StoreState::Moved, "store.url")] {
        desk.behind_its_back(&format!("UPDATE store_state SET state = '{}'", state.as_str())).await.unwrap();
        assert_eq!(desk.store.state().await.unwrap(), state);
        let refused = desk.store.comes(&Worker::this(at(1)), "intake", at(1), LEASE).await.unwrap_err();
        assert!(refused.to_string().contains(to_do), "{refused}");
        assert_eq!(refused.retry, crate::fault::Retry::Never);
    }
    assert_eq!(desk.store.running(&elsewhere(1), at(1)).await.unwrap(), []);
}
