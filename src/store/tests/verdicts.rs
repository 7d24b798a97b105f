//! What staff decided beside guichet.

use super::desk::{Desk, at};
use crate::domain::agreement::Agreement;
use crate::domain::case::CaseNumber;
use crate::domain::finding::Code;
use crate::store::{NotRecorded, StaffVerdict, VerdictFilter};

fn verdict(case: &CaseNumber, accepted: bool, codes: &[Code]) -> StaffVerdict {
    StaffVerdict {
        case: case.clone(),
        accepted,
        codes: codes.iter().copied().collect(),
        by: "Camille".into(),
    }
}

#[tokio::test]
async fn the_latest_word_of_staff_is_held_against_what_guichet_found() {
    let desk = Desk::new().await;
    let mut cases = desk.decides(1, "a").await;
    cases.extend(desk.decides(2, "b").await);
    let all = VerdictFilter::default();
    assert!(desk.store.decided_by_both(all).await.unwrap().is_empty());
    let said = [verdict(&cases[0], true, &[]), verdict(&cases[1], false, &[Code::Missing])];
    desk.store.staff_decided(&said, at(5)).await.unwrap();
    desk.store.staff_decided(&[verdict(&cases[0], false, &[Code::FormBlank])], at(6)).await.unwrap();
    let both = desk.store.decided_by_both(all).await.unwrap();
    let agreement = Agreement::of(&both);
    assert_eq!((agreement.cases, agreement.same), (2, 2));
    let blank = agreement.rules[&Code::FormBlank];
    assert_eq!((blank.both, blank.only_guichet, blank.only_staff), (1, 1, 0));
    assert_eq!(agreement.rules[&Code::Missing].only_staff, 1);
    // received in their minute of the tests
    let later = VerdictFilter { from: Some(at(10)), ..all };
    assert!(desk.store.decided_by_both(later).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_case_that_is_not_there_takes_the_others_with_it() {
    let desk = Desk::new().await;
    let cases = desk.decides(1, "a").await;
    let nobody = CaseNumber::new(2026, 99);
    let said = [verdict(&cases[0], true, &[]), verdict(&nobody, true, &[])];
    let refused = desk.store.staff_decided(&said, at(5)).await;
    assert!(matches!(refused, Err(NotRecorded::NoSuchCase(number)) if number == nobody));
    assert!(desk.store.decided_by_both(VerdictFilter::default()).await.unwrap().is_empty());
    assert_eq!(desk.store.cases_of_mail("first@hopital.example").await.unwrap(), cases);
}
