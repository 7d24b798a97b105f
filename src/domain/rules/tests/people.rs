//! Cards, mandates and the contract's representative.

use super::bench::{ADMINISTRATOR, Bench, EG, EJ, SIGNATORY, TODAY, card, contract};
use crate::domain::facts::Mandate;
use crate::domain::finding::{Code, Severity};
use crate::domain::form::{Field, Masked, Role};
use crate::domain::policy::CardType;
use jiff::ToSpan;
use jiff::civil::Date;

#[test]
fn a_card_is_active_from_its_first_to_its_last_day() {
    let mut bench = Bench::new();
    bench.card(SIGNATORY).valid_from = Some(TODAY);
    bench.card(SIGNATORY).valid_until = Some(TODAY);
    bench.card(SIGNATORY).opposed_on = Some(TODAY + 1.day());
    bench.accepts();
    bench.card(SIGNATORY).valid_from = Some(TODAY + 1.day());
    bench.card(SIGNATORY).valid_until = None;
    assert!(bench.rejects(Code::NotYetValid, Field::Card).contains("23 novembre 2026"));
    bench.card(SIGNATORY).valid_from = None;
    bench.card(SIGNATORY).valid_until = Some(TODAY - 1.day());
    assert!(bench.rejects(Code::Expired, Field::Card).contains("21 novembre 2026"));
    bench.card(SIGNATORY).opposed_on = Some(TODAY);
    assert!(bench.rejects(Code::Revoked, Field::Card).contains("22 novembre 2026"));
}

/// The registry knows both cards of the same person: the one that counts is the one on the form.
#[test]
fn of_a_card_that_was_replaced_the_new_one_is_accepted_and_the_old_one_refused() {
    const NEW: &str = "2986978269";
    let mut bench = Bench::new();
    bench.card(SIGNATORY).opposed_on = Some(TODAY - 1.day());
    bench.cards.push(card(NEW, "Breton", "Henri"));
    assert!(bench.rejects(Code::Revoked, Field::Card).contains("21 novembre 2026"));
    bench.writes(Field::Card, NEW).accepts();
}

#[test]
fn an_administrators_card_is_named_by_its_line_on_the_paper() {
    let mut bench = Bench::new();
    for (from, to) in [
        (Field::AdministratorCard(0), Field::AdministratorCard(3)),
        (Field::AdministratorLastName(0), Field::AdministratorLastName(3)),
        (Field::AdministratorFirstName(0), Field::AdministratorFirstName(3)),
        (Field::AdministratorPhone(0), Field::AdministratorPhone(3)),
        (Field::AdministratorEmail(0), Field::AdministratorEmail(3)),
    ] {
        let written = bench.sheet().texts.remove(&from).expect("a cell");
        bench.sheet().texts.insert(to, written);
    }
    bench.accepts();
    bench.cards.retain(|card| card.number != ADMINISTRATOR);
    let message = bench.rejects(Code::Unknown, Field::AdministratorCard(0));
    assert!(message.contains("ligne 4") && message.contains(ADMINISTRATOR), "{message}");
}

#[test]
fn a_card_is_unknown_only_where_all_types_are_loaded() {
    let mut bench = Bench::new();
    bench.cards.remove(0);
    bench.rejects(Code::Unknown, Field::Card);
    bench.policy.card_types.remove(&CardType::Cpa);
    bench.reviews(Code::Unknown, Field::Card);
}

#[test]
fn a_card_of_somebody_else() {
    let mut bench = Bench::new();
    bench.card(ADMINISTRATOR).last_name = Masked::new("De Launay");
    bench.accepts();
    bench.card(ADMINISTRATOR).last_name = Masked::new("Delanay");
    bench.reviews(Code::Mismatch, Field::Administrator(0));
    bench.card(ADMINISTRATOR).last_name = Masked::new("Zwingelstein");
    bench.card(ADMINISTRATOR).first_name = Masked::new("Oksana");
    let message = bench.rejects(Code::Mismatch, Field::Administrator(0));
    assert!(message.contains("Manon DELAUNAY") && !message.contains("Zwingelstein"), "{message}");
}

fn delegate(structure: &str, card: Option<&str>, last: &str, until: Option<Date>) -> Bench {
    let mut bench = Bench::new();
    bench.contracts[0].representative_last_name = Some(Masked::new("Peltier"));
    bench.mandates.push(Mandate {
        line: 2,
        structure: structure.to_owned(),
        last_name: Masked::new(last),
        first_name: Masked::new("Henri"),
        card: card.map(str::to_owned),
        valid_from: TODAY - 30.days(),
        valid_until: until,
    });
    bench.role(Role::Delegate);
    bench
}

#[test]
fn a_delegate_needs_a_mandate_for_this_structure() {
    delegate(EJ, Some(SIGNATORY), "Breton", None).accepts();
    delegate(EJ, None, "BRETON", Some(TODAY)).accepts();
    delegate(EJ, Some(SIGNATORY), "Née Autrement", None).accepts();
    delegate(EJ, Some("2800822542"), "Arnaud", None).rejects(Code::MandateMissing, Field::Signatory);
    delegate(EG, Some(SIGNATORY), "Breton", None).rejects(Code::MandateMissing, Field::Signatory);
    let message =
        delegate(EJ, None, "Breton", Some(TODAY - 1.day())).rejects(Code::MandateExpired, Field::Signatory);
    assert!(message.contains("Henri BRETON") && message.contains("21 novembre 2026"), "{message}");
    let mut begins = delegate(EJ, None, "Breton", None);
    begins.mandates[0].valid_from = TODAY + 1.day();
    assert!(begins.rejects(Code::MandateMissing, Field::Signatory).contains("23 novembre 2026"));
    begins.mandates[0].valid_from = TODAY;
    begins.accepts();
}

#[test]
fn a_mandate_of_the_legal_entity_holds_for_its_establishments() {
    let mut bench = delegate(EJ, Some(SIGNATORY), "Breton", None);
    bench.contracts.push(contract(EG));
    bench.writes(Field::Finess, EG).accepts();
}

#[test]
fn a_representative_whom_the_contract_does_not_name() {
    let mut bench = Bench::new();
    bench.contracts[0].representative_last_name = Some(Masked::new("Peltier"));
    bench.reviews(Code::Mismatch, Field::Signatory);
    // another contract in force names the signatory
    bench.contracts.push(contract(EJ));
    bench.accepts();
    let mut unnamed = Bench::new();
    unnamed.contracts[0].representative_last_name = None;
    unnamed.accepts();
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_the_form() {
    let mut bench = Bench::new();
    bench.cards = vec![card(SIGNATORY, "Autre", "Personne")];
    bench.contracts.clear();
    bench.leaves_out(Field::AdministratorEmail(0)).leaves_out(Field::Date).writes(Field::Phone, "01 23 45");
    bench.finds(&[
        (Code::ContractMissing, Field::Structure, Severity::Reject),
        (Code::Mismatch, Field::Signatory, Severity::Reject),
        (Code::Malformed, Field::Phone, Severity::Reject),
        (Code::Unknown, Field::AdministratorCard(0), Severity::Reject),
        (Code::Missing, Field::AdministratorEmail(0), Severity::Reject),
        (Code::Missing, Field::Date, Severity::Reject),
    ]);
}
