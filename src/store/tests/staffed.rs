//! What staff do with a case beside deciding: whose it is, and what was changed since it was seen.

use super::desk::{Desk, at, case, decision};
use crate::domain::correction::Correction;
use crate::domain::form::{Field, Masked};
use crate::store::{Basis, CaseState, JudgedAgain, NewCase, Recorded, Staffed};

#[tokio::test]
async fn who_saw_an_earlier_version_reads_what_stood_there_before_and_what_stands_there_now() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
    let recorded = desk.records(&claimed, &decision(vec![waiting])).await;
    let Recorded::Done { cases, .. } = recorded else { panic!("{recorded:?}") };
    let open = async || desk.store.open_case(&cases[0]).await.unwrap().unwrap();

    let (seen, note) = (open().await, Some("Vois avec eux."));
    let handed = desk.store.assign(&seen, (Some("bob"), note), "anna", at(3)).await.unwrap();
    assert_eq!(handed, Staffed::Done);
    let now = open().await;
    assert_eq!(now.assignee.as_deref(), Some("bob"));
    let notes = desk.store.notes_of(&now).await.unwrap();
    assert_eq!(notes, [("Vois avec eux.".to_owned(), "anna".to_owned(), at(3))]);

    let new = case("a.pdf");
    let again = JudgedAgain {
        judged: new.judged,
        report: new.report,
        explanation: new.explanation,
        state: CaseState::Waiting,
    };
    let basis = Basis { rules_version: "r1".into(), reader_version: "0.1.0".into() };
    let correction = Correction { field: Field::Finess, value: Masked::new("310908306") };
    let before = Masked::new("31O908306");
    let correct = async |open| {
        let correction = (&correction, Some(&before));
        desk.store.correct(open, correction, (&again, &basis), "anna", at(4)).await.unwrap()
    };
    assert_eq!(correct(&seen).await, Staffed::Changed, "of a version that is no more");
    assert_eq!(correct(&now).await, Staffed::Done);

    let changes = desk.store.changes_of(&open().await).await.unwrap();
    let told: Vec<_> =
        changes.iter().map(|one| (one.event.kind.as_str(), one.event.actor.as_str())).collect();
    assert_eq!(told, [("case_opened", "guichet"), ("case_assigned", "anna"), ("case_corrected", "anna")]);
    let beside = &changes[2].beside;
    assert_eq!((beside["before"].as_str(), beside["value"].as_str()), (Some("31O908306"), Some("310908306")));
    assert!(!format!("{changes:?}").contains("31O908306"), "nothing personal is printed");
    desk.adds_up().await;
}
