//! Several forms in one mail: what is told of one is not lost by what is done with another.

use super::desk::{Desk, LEASE, at, case, decision, reply};
use crate::domain::case::{CaseNumber, Findings, Template, Verdict, VerdictKind};
use crate::domain::correction::Correction;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::{Field, Masked};
use crate::domain::mail::{Delivery, ReplyState};
use crate::store::{
    Basis, ByStaff, CaseState, JudgedAgain, MailId, NewCase, NewReply, NewStaffDecision, OpenCase, Recorded,
    ReplyFilter, Staffed,
};
use ReplyState::{Due, Held, Sent};

/// A mail with two cases and one letter.
struct Two {
    desk: Desk,
    message: MailId,
    cases: Vec<CaseNumber>,
    sha256: String,
}

fn waiting(document: &str) -> NewCase {
    NewCase { state: CaseState::Waiting, ..case(document) }
}

impl Two {
    async fn new(first: NewCase, letter: impl FnOnce(NewReply) -> NewReply + Send) -> Self {
        let desk = Desk::new().await;
        let message = desk.keeps(1, "a").await;
        let claimed = desk.claims().await;
        let compose = |numbers: &[CaseNumber]| Ok(vec![letter(reply(&claimed, numbers))]);
        let both = decision(vec![first, waiting("b.pdf")]);
        let recorded = desk.store.record(&claimed, &both, compose, at(2)).await.unwrap();
        let Recorded::Done { cases, .. } = recorded else { panic!("{recorded:?}") };
        Self { desk, message, cases, sha256: claimed.sha256 }
    }

    /// Both wait; their receipt has left.
    async fn waiting() -> Self {
        let two =
            Self::new(waiting("a.pdf"), |letter| NewReply { template: Template::Received, ..letter }).await;
        let receipt = two.desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
        two.desk.store.settle(&receipt, Delivery::Sent, "250 ok", at(3), None).await.unwrap();
        two
    }

    async fn open(&self, case: usize) -> OpenCase {
        self.desk.store.open_case(&self.cases[case]).await.unwrap().unwrap()
    }

    /// Decides it at 5, with a letter that leaves at 6; without one where it is dismissed.
    async fn decides(&self, case: usize, decision: ByStaff) -> Staffed {
        let open = self.open(case).await;
        let letter = NewReply {
            template: Template::Rejected,
            to: Masked::new("marie@hopital.example"),
            subject: Masked::new(self.cases[case].to_string()),
            message_id: format!("<{}.{}@guichet.example>", self.sha256, open.letters),
            attachments: vec![],
            mail: b"Subject: x\r\n\r\n".to_vec(),
            held: false,
            shadow: false,
            unless_since: None,
            not_before: Some(at(6)),
            within: None,
        };
        let letters = if decision == ByStaff::Dismissed { vec![] } else { vec![letter] };
        let new = NewStaffDecision {
            decision,
            findings: vec![],
            snapshot: Some(4),
            because: None,
            letters: &letters,
            undo_until: at(6),
            confirms: None,
        };
        self.desk.store.decide_by_staff(&open, &new, "anna", at(5)).await.unwrap()
    }

    async fn undoes(&self, case: usize) -> Staffed {
        let open = self.open(case).await;
        self.desk.store.undo(&open, "anna", at(5)).await.unwrap()
    }

    /// The letters in their order: where they stand.
    async fn letters(&self) -> Vec<ReplyState> {
        self.desk.adds_up().await;
        let filter = ReplyFilter { message: Some(self.message), ..ReplyFilter::default() };
        let mut rows = self.desk.store.replies(&filter).await.unwrap();
        rows.sort_by_key(|row| row.id);
        rows.into_iter().map(|row| row.state).collect()
    }
}

#[tokio::test]
async fn decisions_on_two_forms_of_one_mail_within_a_minute_are_both_told() {
    let two = Two::waiting().await;
    assert_eq!(two.decides(0, ByStaff::Accepted).await, Staffed::Done);
    assert_eq!(two.decides(1, ByStaff::Rejected).await, Staffed::Done);
    assert_eq!(two.letters().await, [Sent, Due, Due]);
    // a third thing: what was asked of one is not unasked by what is decided of the other
    let two = Two::waiting().await;
    assert_eq!(two.decides(0, ByStaff::Complement).await, Staffed::Done);
    assert_eq!(two.decides(1, ByStaff::Accepted).await, Staffed::Done);
    assert_eq!(two.letters().await, [Sent, Due, Due]);
    // but the case's own decision tells it all
    assert_eq!(two.decides(0, ByStaff::Rejected).await, Staffed::Done);
    assert_eq!(two.letters().await, [Sent, Held, Due, Due]);
}

#[tokio::test]
async fn a_decision_that_is_taken_back_takes_no_others_letter_with_it() {
    for first in [0, 1] {
        let two = Two::waiting().await;
        two.decides(0, ByStaff::Accepted).await;
        two.decides(1, ByStaff::Rejected).await;
        assert_eq!(two.undoes(first).await, Staffed::Done);
        let mut left = [Sent, Due, Due];
        left[1 + first] = Held;
        assert_eq!(two.letters().await, left);
        assert_eq!(two.undoes(1 - first).await, Staffed::Done);
        assert_eq!(two.letters().await, [Sent, Held, Held]);
    }
    // what was put aside without a letter has none to take back
    let two = Two::waiting().await;
    two.decides(0, ByStaff::Dismissed).await;
    two.decides(1, ByStaff::Rejected).await;
    assert_eq!((two.undoes(0).await, two.letters().await), (Staffed::Done, vec![Sent, Due]));
    // a sender has the other's in hand, which is no reason
    let two = Two::waiting().await;
    two.decides(0, ByStaff::Accepted).await;
    two.decides(1, ByStaff::Rejected).await;
    two.desk.behind_its_back("UPDATE replies SET due_at = 0 WHERE position = 2").await.unwrap();
    two.desk.store.claim_reply("ada", at(5), LEASE).await.unwrap().unwrap();
    assert_eq!((two.undoes(0).await, two.undoes(1).await), (Staffed::Done, Staffed::TooLate));
    assert_eq!(two.letters().await, [Sent, Held, ReplyState::Sending]);
}

#[tokio::test]
async fn a_receipt_that_tells_a_decision_leaves_although_another_is_taken() {
    let receipt = |letter| NewReply { template: Template::Received, not_before: Some(at(9)), ..letter };
    let two = Two::new(case("a.pdf"), receipt).await;
    assert_eq!(two.decides(1, ByStaff::Accepted).await, Staffed::Done);
    assert_eq!(two.letters().await, [Due, Due]);
    // where it tells nothing but that somebody will look, the decision tells more
    let two = Two::new(waiting("a.pdf"), receipt).await;
    assert_eq!(two.decides(1, ByStaff::Accepted).await, Staffed::Done);
    assert_eq!(two.letters().await, [Held, Due]);
}

#[tokio::test]
async fn what_is_put_aside_leaves_no_letter_that_somebody_could_let_go() {
    let two = Two::new(waiting("a.pdf"), |letter| NewReply { held: true, ..letter }).await;
    assert_eq!(two.decides(0, ByStaff::Dismissed).await, Staffed::Done);
    assert_eq!(two.letters().await, [Held]);
    let row = two.desk.store.replies(&ReplyFilter::default()).await.unwrap().remove(0);
    assert!(row.withdrawn);
    // a receipt is only a receipt
    let receipt = |letter| NewReply { template: Template::Received, not_before: Some(at(9)), ..letter };
    let two = Two::new(waiting("a.pdf"), receipt).await;
    assert_eq!(two.decides(0, ByStaff::Dismissed).await, Staffed::Done);
    assert_eq!(two.letters().await, [Due]);
}

#[tokio::test]
async fn taking_back_changes_nothing_that_the_decision_did_not() {
    let two = Two::waiting().await;
    let asked = async || two.open(0).await.asked_at;
    // judged again after something was asked: that judgement stays
    assert_eq!(two.decides(0, ByStaff::Complement).await, Staffed::Done);
    assert_eq!(asked().await, Some(at(5)));
    let mut new = case("a.pdf");
    let finding = Finding::review(Code::Mismatch, Field::Finess, "À voir.");
    new.judged.findings = vec![finding.clone()];
    new.judged.verdict = Verdict::Review(Findings::new(vec![finding]).unwrap());
    let again = JudgedAgain {
        judged: new.judged,
        report: serde_json::json!({ "verdict": "review" }),
        explanation: new.explanation,
        state: CaseState::Waiting,
    };
    let basis = Basis { rules_version: "r1".into(), reader_version: "0.1.0".into() };
    let correction = Correction { field: Field::Finess, value: Masked::new("310908306") };
    let open = two.open(0).await;
    let done = two.desk.store.correct(&open, (&correction, None), (&again, &basis), "bob", at(5)).await;
    assert_eq!(done.unwrap(), Staffed::Done);
    assert_eq!(two.undoes(0).await, Staffed::Done);
    let open = two.open(0).await;
    assert_eq!((open.verdict, open.asked_at), (VerdictKind::Review, None));
    two.desk.adds_up().await;

    // what had been asked, and sent, is still asked when a later decision is taken back
    let two = Two::waiting().await;
    two.decides(0, ByStaff::Complement).await;
    let letter = two.desk.store.claim_reply("ada", at(6), LEASE).await.unwrap().unwrap();
    two.desk.store.settle(&letter, Delivery::Sent, "250 ok", at(6), None).await.unwrap();
    two.decides(0, ByStaff::Rejected).await;
    assert_eq!(two.undoes(0).await, Staffed::Done);
    assert_eq!(two.open(0).await.asked_at, Some(at(5)));
    assert_eq!(two.letters().await, [Sent, Sent, Held]);
}
