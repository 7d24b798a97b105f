//! The three principles, the findings that come from the mail, and what can never be accepted.

use super::bench::{Bench, EJ, TODAY, evidence};
use crate::domain::case::{Verdict, VerdictKind};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Field, Role};
use crate::domain::sheet::{Mark, Source, Tick, Written, Zone};
use jiff::ToSpan;

#[test]
fn a_value_read_without_certainty_is_never_rejected() {
    let mut bench = Bench::new();
    bench.writes_hazily(Field::Finess, "310908307", 0.89).finds(&[
        (Code::Malformed, Field::Finess, Severity::Review),
        (Code::LowConfidence, Field::Finess, Severity::Review),
    ]);
    bench.writes_hazily(Field::Finess, "310908307", 0.90).rejects(Code::Malformed, Field::Finess);
    let message = bench.writes_hazily(Field::Finess, EJ, 0.5).reviews(Code::LowConfidence, Field::Finess);
    assert!(message.contains(EJ), "{message}");
}

#[test]
fn what_follows_from_an_uncertain_value_is_never_rejected() {
    let mut bench = Bench::new();
    bench.contracts.clear();
    bench.writes_hazily(Field::Finess, EJ, 0.5).finds(&[
        (Code::ContractMissing, Field::Structure, Severity::Review),
        (Code::LowConfidence, Field::Finess, Severity::Review),
    ]);
}

#[test]
fn on_a_picture_a_wrong_digit_looks_like_a_misread_one() {
    let mut bench = Bench::new();
    bench.reading.source = Source::Scan;
    bench.writes_hazily(Field::Finess, "310908307", 0.97).reviews(Code::Malformed, Field::Finess);
    bench.writes_hazily(Field::Finess, "310908307", 0.98).rejects(Code::Malformed, Field::Finess);
    let mut card = Bench::new();
    card.reading.source = Source::Scan;
    card.cards.remove(0);
    card.writes_hazily(Field::Card, "2900351819", 0.97).reviews(Code::Unknown, Field::Card);
    card.writes_hazily(Field::Card, "2900351819", 0.98).rejects(Code::Unknown, Field::Card);
    // what is surely empty is missing there as anywhere
    let mut empty = Bench::new();
    empty.reading.source = Source::Scan;
    empty.leaves_out(Field::Email).rejects(Code::Missing, Field::Email);
}

#[test]
fn ink_that_could_not_be_read_is_not_missing() {
    let mut bench = Bench::new();
    bench.writes_hazily(Field::Email, "", 0.2).reviews(Code::LowConfidence, Field::Email);
    let mut smudge = Bench::new();
    smudge.sheet().signature = Zone::Unsure { evidence: evidence("", 0.4) };
    smudge.reviews(Code::LowConfidence, Field::Signature);
    let mut stamp = Bench::new();
    stamp.sheet().stamp = Zone::Unsure { evidence: evidence("", 1.0) };
    stamp.reviews(Code::LowConfidence, Field::Stamp);
    let mut tick = Bench::new();
    tick.marks(Tick::Pro, Mark::Unsure).reviews(Code::LowConfidence, Field::ProRequested);
    let mut role = Bench::new();
    role.marks(Tick::Role(Role::LegalRepresentative), Mark::Unsure).reviews(Code::LowConfidence, Field::Role);
}

#[test]
fn a_value_and_its_drawing_that_differ_go_to_a_person() {
    let mut bench = Bench::new();
    let written = Written::disagreeing(EJ, "310908300", 1.into(), crate::domain::sheet::Area::default());
    bench.sheet().texts.insert(Field::Finess, written);
    bench.finds(&[(Code::ValuesDisagree, Field::Finess, Severity::Review)]);
    let message = &bench.judged().findings[0].message;
    assert!(message.contains(EJ) && message.contains("310908300"), "{message}");
    // the words of 4.2 do not decide
    let mut words = Bench::new();
    let written = Written::disagreeing("SantéLog", "Santé", 1.into(), crate::domain::sheet::Area::default());
    words.sheet().texts.insert(Field::Publisher, written);
    words.reviews(Code::LowConfidence, Field::Publisher);
    let mut tick = Bench::new();
    tick.sheet().ticks.get_mut(&Tick::Org).expect("a box").disagrees = true;
    tick.reviews(Code::ValuesDisagree, Field::OrgRequested);
}

#[test]
fn a_registry_that_does_not_answer_rejects_nothing() {
    let mut bench = Bench::new();
    bench.silent = true;
    bench.structures.clear();
    bench.cards.clear();
    bench.contracts.clear();
    bench.reviews(Code::RegistryUnavailable, Field::Document);
    // what stands on the form is told all the same
    bench.leaves_out(Field::Solution).finds(&[
        (Code::RegistryUnavailable, Field::Document, Severity::Review),
        (Code::Missing, Field::Solution, Severity::Reject),
    ]);
}

#[test]
fn a_form_is_signed_today_or_in_the_last_180_days() {
    for (days, code) in
        [(0, None), (-180, None), (-181, Some(Code::DateTooOld)), (1, Some(Code::DateInFuture))]
    {
        let mut bench = Bench::new();
        bench.writes(Field::Date, &(TODAY + days.days()).to_string());
        let found = bench.found();
        assert_eq!(found.first().map(|(code, _, _)| *code), code, "{days} days");
    }
    let mut future = Bench::new();
    future.writes(Field::Date, "23/11/2026").rejects(Code::DateInFuture, Field::Date);
    future.writes(Field::Date, "26 mai 2026").accepts();
    future.writes(Field::Date, "25 mai 2026").reviews(Code::DateTooOld, Field::Date);
}

#[test]
fn findings_from_the_mail_count_in_the_verdict() {
    let mut bench = Bench::new();
    bench.extra = vec![Finding::note(Code::AlreadyReceived, Field::Document, "Déjà reçu.")];
    bench.finds(&[(Code::AlreadyReceived, Field::Document, Severity::Note)]);
    bench.extra.push(Finding::review(Code::SenderUnverified, Field::Document, "Expéditeur non vérifié."));
    assert_eq!(bench.verdict(), VerdictKind::Review);
    bench.leaves_out(Field::Email);
    assert_eq!(bench.verdict(), VerdictKind::Rejected);
    let Verdict::Rejected(reasons) = bench.judged().verdict else { panic!("rejected") };
    assert_eq!(reasons.iter().count(), 1, "only what rejects");
}

#[test]
fn nothing_read_is_never_accepted() {
    let mut bench = Bench::new();
    bench.reading.sheet = None;
    bench.reading.source = Source::None;
    bench.reviews(Code::LowConfidence, Field::Document);
    bench.reading.findings = vec![Finding::reject(Code::DocumentDamaged, Field::Document, "Illisible.")];
    bench.rejects(Code::DocumentDamaged, Field::Document);
}

#[test]
fn an_incomplete_form_is_never_accepted_even_where_no_rule_says_why() {
    // a box whose label was not found is not `missing`; should the reading forget to say so, a person looks
    for field in [Field::Email, Field::Date, Field::Card, Field::Solution, Field::AdministratorPhone(0)] {
        let mut bench = Bench::new();
        bench.leaves_out(field).sheet().unlocated.insert(field);
        bench.reviews(Code::LowConfidence, Field::Document);
    }
    let mut signature = Bench::new();
    signature.sheet().signature = Zone::Empty;
    signature.sheet().absent.insert(Field::Signature);
    signature.reviews(Code::LowConfidence, Field::Document);
}
