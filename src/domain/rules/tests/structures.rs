//! The structure's identifiers against the registry, and its name.

use super::bench::{Bench, EG, EG_SIRET, EG2, EJ, EJ_SIRET, TODAY, contract, structure};
use crate::domain::facts::{Class, FinessLevel, Structure};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::{Field, Role};
use jiff::ToSpan;

const RANG: &str = "99700014121005";
const RANG2: &str = "99700014121013";

#[test]
fn an_unknown_number_is_told_once_and_nothing_follows_from_it() {
    let mut bench = Bench::new();
    bench.structures.clear();
    bench.contracts.clear();
    let message = bench.rejects(Code::Unknown, Field::Finess);
    assert!(message.contains(EJ), "{message}");
    bench.leaves_out(Field::Finess).writes(Field::Siret, EJ_SIRET);
    bench.rejects(Code::Unknown, Field::Siret);
}

#[test]
fn a_structure_is_closed_from_its_last_day_on() {
    for (days, open) in [(1, true), (0, false), (-1, false)] {
        let mut bench = Bench::new();
        bench.structure(EJ).closed = true;
        bench.structure(EJ).closed_on = Some(TODAY + days.days());
        if open { bench.accepts() } else { drop(bench.rejects(Code::Closed, Field::Finess)) }
    }
    let mut bench = Bench::new();
    bench.structure(EJ).closed = true;
    let message = bench.rejects(Code::Closed, Field::Finess);
    assert!(message.contains("Saint-Évroult"), "{message}");
}

/// Both numbers on the form; the second structure is given.
fn both(other: Structure) -> Bench {
    let mut bench = Bench::new();
    bench.structure(EJ).siret = Some(EJ_SIRET.to_owned());
    bench.structures.retain(|one| one.finess != other.finess);
    bench.structures.push(other);
    bench.writes(Field::Siret, EG_SIRET);
    bench
}

#[test]
fn finess_and_siret_of_one_organisation_stand_together() {
    let mut own = Bench::new();
    own.structure(EJ).siret = Some(EJ_SIRET.to_owned());
    own.writes(Field::Siret, EJ_SIRET).accepts();

    let mut site = structure(EG, FinessLevel::Geographical, "Hôpital Nord", Class::PublicHospital);
    site.siret = Some(EG_SIRET.to_owned());
    both(site.clone()).accepts();

    // the other way round: the site's FINESS, the legal entity's SIRET
    let mut turned = both(site.clone());
    turned.contracts = vec![contract(EG)];
    turned.writes(Field::Finess, EG).writes(Field::Siret, EJ_SIRET).accepts();

    // another establishment of the same company (SIREN), without a FINESS
    let mut company = structure(EG, FinessLevel::Geographical, "Siège", Class::Other);
    (company.finess, company.level, company.finess_ej) = (None, None, None);
    company.siret = Some(EG_SIRET.to_owned());
    let mut bench = both(company);
    bench.structure(EJ).siret = Some("36786843700016".to_owned());
    bench.accepts();
}

#[test]
fn finess_and_siret_of_two_organisations_contradict_each_other() {
    let mut other = structure(EG, FinessLevel::Geographical, "Autre Société SARL", Class::Other);
    (other.finess, other.level, other.finess_ej) = (None, None, None);
    other.siret = Some(EG_SIRET.to_owned());
    let bench = both(other);
    let message = bench.rejects(Code::Mismatch, Field::Structure);
    assert!(
        message.contains(EJ) && message.contains(EG_SIRET) && message.contains("Autre Société"),
        "{message}"
    );
}

#[test]
fn two_sites_of_one_legal_entity_are_for_a_person_to_tell() {
    let mut bench = Bench::new();
    bench.structure(EG2).siret = Some(EG_SIRET.to_owned());
    bench.contracts = vec![contract(EG)];
    bench.writes(Field::Finess, EG).writes(Field::Siret, EG_SIRET);
    bench.reviews(Code::Mismatch, Field::Structure);
}

#[test]
fn a_name_far_from_the_registrys_is_for_a_person() {
    let mut bench = Bench::new();
    let message = bench
        .writes(Field::StructureName, "SARL Tout Autre Chose")
        .reviews(Code::Mismatch, Field::StructureName);
    assert!(message.contains("Tout Autre Chose") && message.contains("Saint-Évroult"), "{message}");
    bench.writes(Field::StructureName, "C.H. ST EVROULT").accepts();
    bench.writes(Field::StructureName, "CH ST EVROULT").accepts();
    // an establishment may go by its legal entity's name
    bench.contracts = vec![contract(EG)];
    bench.writes(Field::Finess, EG).accepts();
}

/// A practice known by its RPPS rang.
fn practice() -> Bench {
    let mut bench = Bench::new();
    let mut practice = structure(EG, FinessLevel::Geographical, "Cabinet de radiologie", Class::Liberal);
    (practice.finess, practice.level, practice.finess_ej) = (None, None, None);
    practice.rpps_rang = vec![RANG.to_owned(), RANG2.to_owned()];
    bench.structures = vec![practice];
    bench.contracts.clear();
    bench.leaves_out(Field::Finess).writes(Field::RppsRang(0), RANG).writes(Field::RppsRang(2), RANG2);
    bench.writes(Field::StructureName, "Cabinet de radiologie").role(Role::PracticeHolder);
    bench
}

#[test]
fn a_practice_needs_no_contract() {
    practice().accepts();
    let mut other_class = practice();
    other_class.structures[0].class = Some(Class::Other);
    other_class.accepts();
}

#[test]
fn each_line_of_rpps_rang_is_looked_up_by_its_place_in_the_list() {
    let mut bench = practice();
    bench.structures[0].rpps_rang.pop();
    bench.rejects(Code::Unknown, Field::RppsRang(1));
    bench.writes(Field::RppsRang(2), "99700014121006");
    bench.rejects(Code::Malformed, Field::RppsRang(1));
    let mut closed = practice();
    closed.structures[0].closed = true;
    closed.finds(&[
        (Code::Closed, Field::RppsRang(0), Severity::Reject),
        (Code::Closed, Field::RppsRang(1), Severity::Reject),
    ]);
}

#[test]
fn rpps_rang_beside_another_number_is_for_a_person() {
    let mut bench = practice();
    let mut hospital = Bench::new().structures;
    bench.structures.append(&mut hospital);
    bench.contracts = vec![contract(EJ)];
    bench.writes(Field::Finess, EJ).writes(Field::StructureName, "CH Saint-Évroult");
    bench.reviews(Code::NotApplicable, Field::RppsRangs);
}
