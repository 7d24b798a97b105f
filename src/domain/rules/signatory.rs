//! Whether the signatory may sign: mandates for delegates, the contract's representative otherwise.

use super::super::applied::{Applied, Consulted};
use super::super::facts::{Answer, Contract, Mandate};
use super::super::finding::{Code, Finding};
use super::super::form::{Field, Masked, Role};
use super::super::identifiers::CardNumber;
use super::super::messages;
use super::super::people::{Likeness, PersonName, person_likeness};
use super::Case;
use super::structure::{Known, legal_number, numbers};
use std::collections::BTreeSet;

const MANDATE: [(Code, Field); 2] =
    [(Code::MandateMissing, Field::Signatory), (Code::MandateExpired, Field::Signatory)];
const REPRESENTATIVE: &str = "le signataire est le représentant nommé au contrat";
const NOBODY_NAMED: &str = "aucun contrat en vigueur ne nomme de représentant";

pub(super) fn apply(case: Case, known: &Known) -> Vec<Applied> {
    match case.form.signatory.role {
        Some(Role::Delegate) => mandate(case, known),
        Some(Role::LegalRepresentative) => representative(case, known).into_iter().collect(),
        Some(Role::PracticeHolder) | None => Vec::new(),
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
fn mandate(case: Case, known: &Known) -> Vec<Applied> {
    let who = &case.form.signatory;
    if who.card.valid().is_none() && name(case).is_none() {
        let why = "ni la carte ni le nom du signataire ne sont lisibles";
        return vec![Applied::not(Code::MandateMissing, Field::Signatory, why)];
    }
    let mandates = match &case.facts.mandates {
        Answer::Found(mandates) => mandates.as_slice(),
        Answer::NotFound | Answer::NoAnswer(_) => &[],
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
    if let Some(valid) = his.iter().copied().find(in_force) {
        let rows = || vec![Consulted::from(valid)];
        return Applied::in_turn(&MANDATE, None).into_iter().map(|one| one.on(rows())).collect();
    }
    let rows: Vec<Consulted> = his.iter().copied().map(Consulted::from).collect();
    let (person, structure) = (case.signatory_name(), known.name());
    let ended = his.iter().filter_map(|mandate| mandate.valid_until.filter(|until| *until < case.day)).max();
    let begins = his.iter().map(|mandate| mandate.valid_from).filter(|from| *from > case.day).min();
    let found = match (begins, ended) {
        (Some(from), _) => {
            let message = messages::mandate_not_yet_valid(&person, &structure, from);
            Finding::reject(Code::MandateMissing, Field::Signatory, message)
        }
        (None, Some(until)) => {
            let message = messages::mandate_expired(&person, &structure, until);
            Finding::reject(Code::MandateExpired, Field::Signatory, message)
        }
        (None, None) => missing(case, known),
    };
    Applied::in_turn(&MANDATE, Some(found)).into_iter().map(|one| one.on(rows.clone())).collect()
}

fn missing(case: Case, known: &Known) -> Finding {
    let message = messages::mandate_missing(&case.signatory_name(), &known.name());
    Finding::reject(Code::MandateMissing, Field::Signatory, message)
}

/// The contract in force names a representative and it is somebody else.
fn representative(case: Case, known: &Known) -> Option<Applied> {
    name(case)?;
    let Answer::Found(contracts) = &case.facts.contracts else { return None };
    let own = own_numbers(known);
    let names = |contract: &Contract| -> Option<(Masked, Masked)> {
        Some((contract.representative_last_name.clone()?, contract.representative_first_name.clone()?))
    };
    let naming = contracts.iter().filter(|one| own.contains(&one.structure) && one.in_force(case.day));
    let naming: Vec<(&Contract, (Masked, Masked))> =
        naming.filter_map(|contract| Some((contract, names(contract)?))).collect();
    let passed = Applied::passed(Code::Mismatch, Field::Signatory);
    if naming.is_empty() {
        return Some(passed.because(NOBODY_NAMED));
    }
    if let Some((contract, _)) = naming.iter().find(|(_, (last, first))| same_person(case, last, first)) {
        return Some(passed.because(REPRESENTATIVE).on(vec![Consulted::from(*contract)]));
    }
    let message = messages::not_the_representative(&case.signatory_name(), Role::LegalRepresentative);
    let found = Applied::from(Finding::review(Code::Mismatch, Field::Signatory, message));
    Some(found.on(naming.iter().map(|(contract, _)| Consulted::from(*contract)).collect()))
}

fn name(case: Case<'_>) -> Option<PersonName<'_>> {
    let who = &case.form.signatory;
    Some(PersonName { last: who.last_name.valid()?.expose(), first: who.first_names.valid()?.expose() })
}

fn same_person(case: Case, last: &Masked, first: &Masked) -> bool {
    let other = PersonName { last: last.expose(), first: first.expose() };
    name(case).is_some_and(|written| person_likeness(written, other) == Likeness::Same)
}
