use super::*;
use crate::domain::case::{Findings, Verdict};
use crate::domain::fill::fill;
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Role;
use crate::domain::sheet::{Area, Evidence, Marked, Written};
use jiff::civil::Date;

fn evidence(raw: &str, confidence: f64, row: f32) -> Evidence {
    Evidence { raw: raw.to_owned(), confidence, page: 1.into(), area: Area::new(0.0, row, 9.0, row + 9.0) }
}

fn reading(texts: &[(Field, &str, f64)], ticks: &[Tick]) -> Reading {
    let texts = texts.iter().zip([0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
    let written =
        |(&(field, raw, sure), row)| (field, Written { evidence: evidence(raw, sure, row), disagrees: None });
    let marked = |tick: &Tick| {
        (*tick, Marked { mark: Mark::Checked, evidence: evidence("x", 1.0, 0.0), disagrees: false })
    };
    let sheet = Sheet {
        texts: texts.map(written).collect(),
        ticks: ticks.iter().map(marked).collect(),
        ..Sheet::default()
    };
    Reading { documents: vec!["f.pdf".into()], source: Source::Fields, sheet: Some(sheet), findings: vec![] }
}

fn judged(reading: &Reading, findings: Vec<Finding>) -> Judged {
    let rejects = findings.iter().filter(|one| one.severity == Severity::Reject).cloned().collect();
    Judged {
        documents: reading.documents.clone(),
        source: reading.source,
        form: fill(reading.clone(), &Policy::default()).form,
        applied: vec![],
        verdict: Verdict::Rejected(Findings::new(rejects).expect("a reject")),
        findings,
        day: Date::default(),
        snapshot: None,
        class: None,
    }
}

fn repair(reading: &Reading, findings: Vec<Finding>) -> Option<Repair> {
    Repair::of(&judged(reading, findings), reading, &Policy::default())
}

const NAME: (Field, &str, f64) = (Field::LastName, "Girard", 1.0);

#[test]
fn problems_are_numbered_as_the_letter_counts_them_and_their_boxes_emptied() {
    let row = Field::AdministratorCard(3);
    let reading = reading(
        &[NAME, (Field::Finess, "310908306", 1.0), (Field::Siret, "x", 1.0), (row, "2400982965", 1.0)],
        &[Tick::Role(Role::Delegate), Tick::Org],
    );
    let repair = repair(
        &reading,
        vec![
            Finding::reject(Code::ContractMissing, Field::Structure, ""),
            Finding::note(Code::Duplicate, Field::AdministratorCard(0), ""),
            Finding::reject(Code::Malformed, Field::Siret, ""),
            Finding::reject(Code::Mismatch, Field::Structure, ""),
            Finding::reject(Code::Expired, Field::AdministratorCard(0), ""),
            Finding::reject(Code::Missing, Field::Stamp, ""),
        ],
    )
    .expect("a copy");
    assert_eq!(repair.texts, [(Field::LastName, "Girard".to_owned())]);
    assert_eq!(repair.ticks, BTreeSet::from([Tick::Role(Role::Delegate), Tick::Org]));
    let numbers: BTreeMap<Spot, Vec<u16>> = repair.numbers.into_iter().collect();
    let wanted = [
        // the contract is the first: no box mends it
        (Spot::Text(Field::Finess), vec![3]),
        (Spot::Text(Field::Siret), vec![2, 3]),
        // the only administrator stands on the fourth row
        (Spot::Text(row), vec![4]),
        (Spot::Stamp, vec![5]),
    ];
    assert_eq!(numbers, BTreeMap::from(wanted));
}

#[test]
fn what_was_not_read_for_certain_is_left_empty_without_a_number() {
    let reading = reading(&[NAME, (Field::Publisher, "Éditeur", 0.5), (Field::Phone, "12", 1.0)], &[]);
    let findings = vec![
        Finding::review(Code::ValuesDisagree, Field::Phone, ""),
        Finding::reject(Code::Missing, Field::Email, ""),
    ];
    let repair = repair(&reading, findings).expect("a copy");
    assert_eq!(repair.texts, [(Field::LastName, "Girard".to_owned())]);
    assert_eq!(repair.numbers, [(Spot::Text(Field::Email), vec![1])]);
}

#[test]
fn no_copy_goes_to_whom_it_may_not_belong_or_holds_nothing() {
    let missing = || Finding::reject(Code::Missing, Field::Email, "");
    let full = reading(&[NAME], &[]);
    assert!(repair(&full, vec![missing()]).is_some());
    for code in [Code::SenderUnverified, Code::DocumentTooLarge] {
        let also = Finding::review(code, Field::Document, "");
        assert!(repair(&full, vec![missing(), also]).is_none(), "{code}");
    }
    let also = Finding::note(Code::AlreadyReceived, Field::Document, "");
    assert!(repair(&full, vec![missing(), also]).is_some(), "another document came before");
    assert!(repair(&reading(&[(Field::LastName, "Girard", 0.4)], &[]), vec![missing()]).is_none());
    let long = "x".repeat(MOST_WORDS + 1);
    assert!(repair(&reading(&[(Field::Purpose, &long, 1.0)], &[]), vec![missing()]).is_none());
}

#[test]
fn only_a_document_that_was_read_wholly_is_given_back_itself() {
    let missing = || vec![Finding::reject(Code::Missing, Field::Email, "")];
    let own = |reading: &Reading| repair(reading, missing()).expect("a copy").own;
    let whole = reading(&[NAME], &[]);
    assert!(own(&whole));
    assert!(!own(&Reading { source: Source::Scan, ..whole.clone() }));
    assert!(!own(&Reading { documents: vec!["1.pdf".into(), "2.pdf".into()], ..whole.clone() }));
    let mut cut = whole;
    cut.sheet.as_mut().expect("a sheet").absent.insert(Field::Stamp);
    assert!(!own(&cut));
}
