//! The counts behind the overview: they follow every change of a case, and can be made again from nothing.

use super::desk::{Desk, at, case, decision};
use crate::domain::case::CaseNumber;
use crate::domain::durations::Took;
use crate::domain::finding::Code;
use crate::store::{ByStaff, CaseState, Counts, NewCase, NewStaffDecision, Recorded, Staffed};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

const DAY: Date = date(2026, 11, 23);

impl Desk {
    async fn counted(&self) -> Counts {
        self.store.counted(&[(DAY, DAY)]).await.unwrap().remove(0)
    }

    /// Forgets what was counted, as of a version before, and counts.
    pub async fn counts_anew(&self) -> u64 {
        for sql in [
            "DELETE FROM day_counts",
            "DELETE FROM counted_cases",
            "INSERT INTO uncounted_cases (case_id) SELECT id FROM cases",
        ] {
            self.behind_its_back(sql).await.unwrap();
        }
        self.store.count_the_uncounted(at(9)).await.unwrap()
    }

    async fn waits(&self, uid: u32) -> CaseNumber {
        self.keeps(uid, &format!("mail {uid}")).await;
        let claimed = self.claims().await;
        let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
        let recorded = self.records(&claimed, &decision(vec![waiting])).await;
        let Recorded::Done { mut cases, .. } = recorded else { panic!("{recorded:?}") };
        cases.remove(0)
    }

    async fn staff_say(&self, number: &CaseNumber, decision: ByStaff, findings: &[&str], now: Timestamp) {
        let open = self.store.open_case(number).await.unwrap().unwrap();
        let new = NewStaffDecision {
            decision,
            findings: findings.iter().map(|one| (*one).to_owned()).collect(),
            snapshot: None,
            because: None,
            letters: &[],
            undo_until: now + SignedDuration::from_mins(1),
            confirms: None,
        };
        assert_eq!(self.store.decide_by_staff(&open, &new, "anna", now).await.unwrap(), Staffed::Done);
    }
}

#[tokio::test]
async fn a_case_is_counted_on_its_day_with_how_long_it_took_and_why() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let mut expected = Counts { rejected: 1, reasons: [(Code::FormBlank, 1)].into(), ..Counts::default() };
    // received ten hours before it was decided, but for a minute
    expected.took.add(Took::of(SignedDuration::from_mins(601)), 1);
    assert_eq!(desk.counted().await, expected);
    let days = [(date(2026, 1, 1), date(2026, 11, 22)), (DAY, DAY), (date(2026, 11, 24), date(2030, 1, 1))];
    let found = desk.store.counted(&days).await.unwrap();
    assert_eq!(found.iter().map(Counts::received).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(desk.store.counted(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn the_counts_follow_what_staff_decide_and_take_back() {
    let desk = Desk::new().await;
    let number = desk.waits(1).await;
    let told = async || {
        let counts = desk.counted().await;
        assert_eq!(counts.took.count(), counts.decided());
        (
            counts.waiting,
            [counts.accepted, counts.rejected, counts.dismissed],
            counts.by_staff,
            counts.reasons,
        )
    };
    assert_eq!(told().await, (1, [0, 0, 0], 0, [].into()));
    let reasons =
        ["reject missing /structure/finess", "review mismatch /administrators/1", "reject missing /phone"];
    desk.staff_say(&number, ByStaff::Rejected, &reasons, at(3)).await;
    let codes = [(Code::Missing, 1), (Code::Mismatch, 1)];
    assert_eq!(
        told().await,
        (0, [0, 1, 0], 1, codes.into()),
        "what staff gave as reasons, not what was found"
    );
    let open = desk.store.open_case(&number).await.unwrap().unwrap();
    assert_eq!(desk.store.undo(&open, "anna", at(3)).await.unwrap(), Staffed::Done);
    assert_eq!(told().await, (1, [0, 0, 0], 0, [].into()));
    desk.staff_say(&number, ByStaff::Complement, &[], at(4)).await;
    assert_eq!(told().await, (1, [0, 0, 0], 0, [].into()), "it waits for the requester");
    desk.staff_say(&number, ByStaff::Dismissed, &[], at(5)).await;
    assert_eq!(told().await, (0, [0, 0, 1], 1, [].into()));
    desk.adds_up().await;
}

#[tokio::test]
async fn cases_of_a_version_before_are_counted_once() {
    let desk = Desk::new().await;
    desk.decides(1, "a").await;
    let number = desk.waits(2).await;
    desk.staff_say(&number, ByStaff::Rejected, &["reject expired /signatory/card"], at(3)).await;
    desk.waits(3).await;
    let counted = desk.counted().await;
    assert_eq!((counted.received(), counted.reasons.len()), (3, 2));
    assert_eq!(desk.counts_anew().await, 3);
    assert_eq!(desk.counted().await, counted);
    assert_eq!(desk.store.count_the_uncounted(at(9)).await.unwrap(), 0);
    assert_eq!(desk.counted().await, counted);
}

#[tokio::test]
async fn what_waits_for_staff_is_told_by_its_age_and_by_whether_somebody_has_it() {
    let desk = Desk::new().await;
    for uid in [1, 61, 121] {
        desk.waits(uid).await;
    }
    let taken = desk.waits(122).await;
    let open = desk.store.open_case(&taken).await.unwrap().unwrap();
    desk.store.assign(&open, (Some("anna"), None), "anna", at(3)).await.unwrap();
    desk.decides(123, "decided").await;
    // at this time the first has waited for three hours to the minute
    let now = at(1) - SignedDuration::from_hours(7);
    let bounds = [0, 1, 3, 24].map(SignedDuration::from_hours);
    let found = desk.store.waiting_by_age(&bounds, now).await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.nobodys, one.taken)).collect();
    assert_eq!(told, [(0, 1), (2, 0), (1, 0), (0, 0)]);
}
