//! Cases that wait for the registry, and what is said against accepted ones: on both engines.

use super::desk::{Desk, at, case, decision, filled};
use crate::domain::case::{CaseNumber, Template, Verdict, VerdictKind};
use crate::domain::finding::{Code, Finding};
use crate::domain::form::{Field, Masked};
use crate::domain::rules::{Broken, What};
use crate::store::{
    Basis, CaseFilter, CaseState, JudgedAgain, NewCase, NewReply, NewWait, PastFilter, Sleeping, WaitsFor,
    Woken,
};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn waiting(because: WaitsFor, wake_on: Option<Date>) -> NewCase {
    let review = Finding::review(Code::RegistryUnavailable, Field::Document, "Plus tard.");
    let mut new = filled("a.pdf");
    new.judged.findings = vec![review.clone()];
    new.judged.verdict = Verdict::Review(review.into());
    let wait = NewWait { because, asked: Some(4), wake_on, deadline: at(60), shown: false };
    NewCase { state: CaseState::Waiting, wait: Some(wait), ground: Some(Masked::new("{}")), ..new }
}

fn woken() -> Woken {
    let NewCase { judged, report, explanation, .. } = case("a.pdf");
    Woken::Judged(Box::new(JudgedAgain { judged, report, explanation, state: CaseState::Decided }))
}

fn basis() -> Basis {
    Basis { rules_version: "r2".into(), reader_version: "0.1.0".into() }
}

impl Desk {
    async fn sleeps(&self, new: NewCase) -> CaseNumber {
        self.keeps(1, "a").await;
        let claimed = self.claims().await;
        self.records(&claimed, &decision(vec![new])).await;
        self.store.cases(&CaseFilter::default()).await.unwrap().remove(0).number
    }

    fn letter(sleeping: &Sleeping) -> NewReply {
        NewReply {
            template: Template::Rejected,
            to: Masked::new("Marie.Curie@Hopital.example"),
            subject: Masked::new("Votre formulaire"),
            message_id: format!("<{}.{}@guichet.example>", sleeping.sha256, sleeping.letters),
            attachments: vec![],
            mail: b"Subject: x\r\n\r\n".to_vec(),
            held: false,
            shadow: false,
            unless_since: None,
            not_before: None,
            within: None,
        }
    }
}

#[tokio::test]
async fn a_waiting_case_is_woken_by_another_snapshot_and_decided_once() {
    let desk = Desk::new().await;
    let number = desk.sleeps(waiting(WaitsFor::Registry, None)).await;
    for (current, asleep) in [(None, true), (Some(4), true), (Some(5), false)] {
        let found = desk.store.next_to_wake(current, TODAY).await.unwrap();
        assert_eq!(found.is_none(), asleep, "{current:?}");
    }
    let sleeping = desk.store.next_to_wake(Some(5), TODAY).await.unwrap().unwrap();
    assert_eq!((sleeping.letters, sleeping.cases.len(), &sleeping.cases[0].number), (1, 1, &number));
    // the new one does not answer either
    let waits = Woken::Waits { because: WaitsFor::Registry, asked: Some(5), wake_on: None };
    assert!(desk.store.record_woken(&sleeping, &[waits], (&basis(), &[]), at(10)).await.unwrap());
    assert!(desk.store.next_to_wake(Some(5), TODAY).await.unwrap().is_none());

    let sleeping = desk.store.next_to_wake(Some(6), TODAY).await.unwrap().unwrap();
    let letter = Desk::letter(&sleeping);
    let letters = [letter];
    assert!(desk.store.record_woken(&sleeping, &[woken()], (&basis(), &letters), at(20)).await.unwrap());
    // another daemon had looked at the same moment
    assert!(!desk.store.record_woken(&sleeping, &[woken()], (&basis(), &letters), at(21)).await.unwrap());
    let detail = desk.store.case(&number).await.unwrap().unwrap();
    assert_eq!((detail.row.verdict, detail.row.state), (VerdictKind::Rejected, CaseState::Decided));
    assert_eq!((detail.replies.len(), detail.findings.len()), (2, 1));
    assert_eq!(detail.rules_version, "r2");
    assert!(desk.store.next_to_wake(Some(7), TODAY).await.unwrap().is_none());
    assert!(desk.store.ledger().await.unwrap().balances());
}

#[tokio::test]
async fn what_waits_for_a_day_is_woken_on_it() {
    let desk = Desk::new().await;
    desk.sleeps(waiting(WaitsFor::Validity, Some(date(2026, 11, 24)))).await;
    assert!(desk.store.next_to_wake(Some(9), TODAY).await.unwrap().is_none());
    assert!(desk.store.next_to_wake(Some(4), date(2026, 11, 24)).await.unwrap().is_some());
}

/// `replay` decides again on the day of the decision that stands, which is not that of reception.
#[tokio::test]
async fn a_case_that_waited_is_remembered_with_the_day_it_was_judged_on() {
    let desk = Desk::new().await;
    let number = desk.sleeps(waiting(WaitsFor::Validity, Some(date(2026, 11, 25)))).await;
    let remembered = async || {
        let numbers = vec![number.clone()];
        let message = desk.store.past(&PastFilter { numbers, ..PastFilter::default() }).await.unwrap()[0];
        desk.store.past_decision(message).await.unwrap().cases.remove(0).day
    };
    assert_eq!(remembered().await, TODAY);
    let sleeping = desk.store.next_to_wake(Some(4), date(2026, 11, 25)).await.unwrap().unwrap();
    let Woken::Judged(judged) = woken() else { unreachable!() };
    let explanation = serde_json::json!({ "day": "2026-11-25", "rules": [] });
    let judged = Woken::Judged(Box::new(JudgedAgain { explanation, ..*judged }));
    assert!(desk.store.record_woken(&sleeping, &[judged], (&basis(), &[]), at(3000)).await.unwrap());
    assert_eq!(remembered().await, date(2026, 11, 25));
}

#[tokio::test]
async fn a_case_is_shown_to_staff_from_its_deadline_on() {
    let desk = Desk::new().await;
    desk.sleeps(waiting(WaitsFor::Registry, None)).await;
    let for_staff = CaseFilter { for_staff: true, ..CaseFilter::default() };
    assert_eq!(desk.store.show_overdue(at(59)).await.unwrap(), 0);
    assert!(desk.store.cases(&for_staff).await.unwrap().is_empty());
    assert_eq!(desk.store.show_overdue(at(60)).await.unwrap(), 1);
    assert_eq!(desk.store.show_overdue(at(61)).await.unwrap(), 0);
    assert_eq!(desk.store.cases(&for_staff).await.unwrap().len(), 1);
    assert!(desk.store.next_to_wake(Some(5), TODAY).await.unwrap().is_some());
}

#[tokio::test]
async fn an_alert_is_raised_once_and_acknowledged_by_a_person() {
    let desk = Desk::new().await;
    desk.sleeps(waiting(WaitsFor::Registry, None)).await;
    assert!(desk.store.accepted_after(None, 9).await.unwrap().is_empty());
    desk.behind_its_back("UPDATE cases SET verdict = 'accepted', state = 'decided'").await.unwrap();
    let cases = desk.store.accepted_after(None, 9).await.unwrap();
    let [accepted] = cases.as_slice() else { panic!("{cases:?}") };
    assert_eq!(accepted.wanted.cards.len(), 2);
    assert_eq!(
        accepted.wanted.finess.as_ref().map(crate::domain::identifiers::Finess::as_str),
        Some("310908306")
    );
    assert!(desk.store.accepted_after(Some(accepted), 9).await.unwrap().is_empty());
    let opposed = |day| Broken { what: What::CardOpposed, about: "2900351819".into(), since: Some(day) };
    let broken = [(accepted, opposed(TODAY))];
    assert_eq!(desk.store.raise_alerts(&broken, 5, at(1)).await.unwrap(), 1);
    assert_eq!(desk.store.raise_alerts(&broken, 6, at(2)).await.unwrap(), 0);
    let alert = desk.store.alerts(false).await.unwrap().remove(0);
    assert_eq!((alert.snapshot, alert.since.as_str()), (5, "2026-11-23"));
    assert!(desk.store.acknowledge_alert(alert.id, ("Camille", "vu"), at(3)).await.unwrap());
    assert!(desk.store.alerts(false).await.unwrap().is_empty());
    assert_eq!(desk.store.alerts(true).await.unwrap()[0].acknowledged, Some((at(3), "Camille".to_owned())));
    // opposed anew is another thing
    assert_eq!(
        desk.store.raise_alerts(&[(accepted, opposed(date(2026, 12, 1)))], 7, at(4)).await.unwrap(),
        1
    );
}
