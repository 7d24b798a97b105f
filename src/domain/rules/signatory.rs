//! Whether the signatory may sign: mandates for delegates, the contract's representative otherwise.

use super::super::facts::{Answer, Contract, Mandate};
use super::super::finding::{Code, Finding};
use super::super::form::{Field, Masked, Role};
use super::super::identifiers::CardNumber;
use super::super::messages;
use super::super::people::{Likeness, PersonName, person_likeness};
use super::Case;
use super::structure::{Known, legal_number, numbers};
use std::collections::BTreeSet;

pub(super) fn findings(case: Case, known: &Known) -> Option<Finding> {
    match case.form.signatory.role? {
        Role::Delegate => mandate(case, known),
        Role::LegalRepresentative => representative(case, known),
        Role::PracticeHolder => None,
    }
}

/// Numbers of the structure and of its legal entity.
fn own_numbers(known: &Known) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for found in known.all() {
        all.extend(numbers(&found.structure).map(str::to_owned));
        all.extend(found.legal_entity.iter().flat_map(numbers).map(str::to_owned));
        all.extend(legal_number(found).map(str::to_owned));
    }
    all
}

/// A mandate in force for this person (by card, or by name) and this structure (or its legal entity).
fn mandate(case: Case, known: &Known) -> Option<Finding> {
    let who = &case.form.signatory;
    if who.card.valid().is_none() && name(case).is_none() {
        return None;
    }
    let Answer::Found(mandates) = &case.facts.mandates else {
        return Some(missing(case, known));
    };
    let own = own_numbers(known);
    let card = who.card.valid().map(CardNumber::as_str);
    let his = |mandate: &&Mandate| {
        let by_card = mandate.card.is_some() && mandate.card.as_deref() == card;
        by_card || same_person(case, &mandate.last_name, &mandate.first_name)
    };
    let his: Vec<&Mandate> =
        mandates.iter().filter(|mandate| own.contains(&mandate.structure)).filter(his).collect();
    let in_force = |mandate: &&Mandate| {
        mandate.valid_from <= case.day && mandate.valid_until.is_none_or(|until| case.day <= until)
    };
    if his.iter().any(in_force) {
        return None;
    }
    let (person, structure) = (case.signatory_name(), known.name());
    let ended = his.iter().filter_map(|mandate| mandate.valid_until.filter(|until| *until < case.day)).max();
    let begins = his.iter().map(|mandate| mandate.valid_from).filter(|from| *from > case.day).min();
    Some(match (begins, ended) {
        (Some(from), _) => {
            let message = messages::mandate_not_yet_valid(&person, &structure, from);
            Finding::reject(Code::MandateMissing, Field::Signatory, message)
        }
        (None, Some(until)) => {
            let message = messages::mandate_expired(&person, &structure, until);
            Finding::reject(Code::MandateExpired, Field::Signatory, message)
        }
        (None, None) => missing(case, known),
    })
}

fn missing(case: Case, known: &Known) -> Finding {
    let message = messages::mandate_missing(&case.signatory_name(), &known.name());
    Finding::reject(Code::MandateMissing, Field::Signatory, message)
}

/// The contract in force names a representative and it is somebody else.
fn representative(case: Case, known: &Known) -> Option<Finding> {
    name(case)?;
    let Answer::Found(contracts) = &case.facts.contracts else { return None };
    let own = own_numbers(known);
    let named: Vec<(&Masked, &Masked)> = contracts
        .iter()
        .filter(|contract| own.contains(&contract.structure) && contract.in_force(case.day))
        .filter_map(|contract: &Contract| {
            Some((contract.representative_last_name.as_ref()?, contract.representative_first_name.as_ref()?))
        })
        .collect();
    if named.is_empty() || named.iter().any(|(last, first)| same_person(case, last, first)) {
        return None;
    }
    let message = messages::not_the_representative(&case.signatory_name(), Role::LegalRepresentative);
    Some(Finding::review(Code::Mismatch, Field::Signatory, message))
}

fn name(case: Case<'_>) -> Option<PersonName<'_>> {
    let who = &case.form.signatory;
    Some(PersonName { last: who.last_name.valid()?.expose(), first: who.first_names.valid()?.expose() })
}

fn same_person(case: Case, last: &Masked, first: &Masked) -> bool {
    let other = PersonName { last: last.expose(), first: first.expose() };
    name(case).is_some_and(|written| person_likeness(written, other) == Likeness::Same)
}
