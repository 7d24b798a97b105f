//! Letters that did not arrive, on both engines.

use super::desk::{Desk, LEASE, at, ending};
use crate::domain::mail::{Delivered, Delivery, DeliveryNotice, SenderCheck};
use crate::store::{Ending, NotArrived, Recorded, ReplyId, Settled, Undelivered};

impl Desk {
    /// A letter has left; the id it left under.
    async fn sends(&self, minutes: i64) -> String {
        let due = self.store.claim_reply("ada", at(minutes), LEASE).await.unwrap().unwrap();
        self.store.settle(&due, Delivery::Sent, "250 taken", at(minutes), None).await.unwrap();
        due.message_id
    }

    /// A notice is taken in, from a sender of whom this is known.
    async fn is_told(&self, uid: u32, about: &[&str], says: Delivered, sender: SenderCheck) {
        self.keeps(uid, &format!("notice {uid}")).await;
        let claimed = self.claims().await;
        let mut notice = ending(Ending::Automatic);
        notice.not_answered_because = Some("automatic mail: a notice".into());
        let head = notice.head.as_mut().unwrap();
        head.sender = sender;
        let about = about.iter().map(|id| (*id).to_owned()).collect();
        head.notice = Some(DeliveryNotice { about, says, status: Some("5.1.1".into()) });
        let recorded = self.store.record(&claimed, &notice, |_| Ok(vec![]), at(30)).await.unwrap();
        assert!(matches!(recorded, Recorded::Done { .. }), "{recorded:?}");
    }

    async fn lost(&self) -> Vec<Undelivered> {
        self.store.undelivered().await.unwrap()
    }
}

#[tokio::test]
async fn only_a_notice_that_gives_up_on_a_letter_of_ours_puts_it_on_the_list() {
    use Delivered::{Delayed, Failed, Otherwise};
    let desk = Desk::new().await;
    let numbers = desk.decides(1, "a").await;
    let id = desk.sends(3).await;
    desk.is_told(2, &[&id], Delayed, SenderCheck::Unknown).await;
    desk.is_told(3, &[&id], Otherwise, SenderCheck::Unknown).await;
    desk.is_told(4, &["somebody@else.example"], Failed, SenderCheck::Unknown).await;
    desk.is_told(5, &[], Failed, SenderCheck::Unknown).await;
    desk.is_told(6, &[&id], Failed, SenderCheck::Failed).await;
    assert_eq!(desk.lost().await, []);
    desk.is_told(7, &["x@y", &id], Failed, SenderCheck::Unknown).await;
    let lost = desk.lost().await;
    let came_back = NotArrived::CameBack(Some("5.1.1".into()));
    assert_eq!(
        (lost.len(), lost[0].reply, &lost[0].cases, &lost[0].why),
        (1, ReplyId(1), &numbers, &came_back)
    );
    // told twice, it is one letter
    desk.is_told(8, &[&id], Failed, SenderCheck::Unknown).await;
    assert_eq!(desk.lost().await.len(), 1);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_letter_leaves_the_list_when_it_is_sent_again_or_settled() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let id = desk.sends(3).await;
    desk.is_told(2, &[&id], Delivered::Failed, SenderCheck::Unknown).await;
    desk.store.resend(ReplyId(1), "Camille", at(40)).await.unwrap();
    assert_eq!(desk.lost().await, []);
    // and back on it, if that one is refused
    let due = desk.store.claim_reply("ada", at(41), LEASE).await.unwrap().unwrap();
    desk.store.settle(&due, Delivery::Refused, "550 no", at(41), None).await.unwrap();
    let lost = desk.lost().await;
    assert_eq!((lost.len(), &lost[0].why), (1, &NotArrived::Refused));
    assert_eq!(
        desk.store.settle_bounce(ReplyId(1), "by phone", "Camille", at(42)).await.unwrap(),
        Settled::Done
    );
    assert_eq!(
        desk.store.settle_bounce(ReplyId(1), "by phone", "Camille", at(43)).await.unwrap(),
        Settled::NotListed
    );
    assert_eq!(desk.lost().await, []);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_letter_of_which_nobody_knows_is_on_the_list_too() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let due = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store.settle(&due, Delivery::Unknown, "cut", at(3), None).await.unwrap();
    let lost = desk.lost().await;
    assert_eq!((lost.len(), &lost[0].why), (1, &NotArrived::Unknown));
    assert_eq!(desk.store.count_undelivered().await.unwrap(), 1);
    // and is what a notice says, when one comes
    desk.is_told(2, &[&due.message_id], Delivered::Failed, SenderCheck::Unknown).await;
    let why: Vec<_> = desk.lost().await.into_iter().map(|one| one.why).collect();
    assert_eq!(why, [NotArrived::CameBack(Some("5.1.1".into()))]);
    desk.store.settle_bounce(ReplyId(1), "by phone", "Camille", at(42)).await.unwrap();
    assert_eq!((desk.lost().await, desk.store.count_undelivered().await.unwrap()), (vec![], 0));
}
