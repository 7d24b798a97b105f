//! Every cell of the notice's table (rulebook, "Which FINESS"), and the contracts it rests on.

use super::bench::{Bench, EG, EG_SIRET, EG2, EJ, TODAY, contract};
use crate::domain::facts::{Class, ContractStatus, Paragraph};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;
use jiff::ToSpan;

const SEGUR: &str = "Accès au DMP dans le cadre du Ségur du numérique";
const OTHER_PROJECT: &str = "Échanges entre serveurs";

/// A form with `number` of a structure of this class, contracts under `held`.
fn form(class: Class, held: &[&str], number: &str, purpose: &str) -> Bench {
    let mut bench = Bench::new();
    bench.class(Some(class));
    bench.contracts = held.iter().map(|number| contract(number)).collect();
    let name = bench.structure(number).name.clone();
    bench.writes(Field::StructureName, &name);
    bench.writes(Field::Finess, number).writes(Field::Purpose, purpose);
    bench
}

/// What a cell of the table says.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Accept,
    Advice,
    /// `finess_level`: the message names this number.
    Order(&'static str),
    Review,
    /// `contract_missing`: sign under this number.
    Sign(&'static str),
}

#[track_caller]
fn says(bench: &Bench, cell: Cell) {
    let (wanted, named) = match cell {
        Cell::Accept => (vec![], None),
        Cell::Advice => (vec![(Code::FinessAdvice, Field::Finess, Severity::Note)], Some(EJ)),
        Cell::Order(number) => (vec![(Code::FinessLevel, Field::Finess, Severity::Reject)], Some(number)),
        Cell::Review => (vec![(Code::FinessLevel, Field::Finess, Severity::Review)], None),
        Cell::Sign(number) => {
            (vec![(Code::ContractMissing, Field::Structure, Severity::Reject)], Some(number))
        }
    };
    bench.finds(&wanted);
    if let Some(number) = named {
        let message = bench.judged().findings.remove(0).message;
        assert!(message.contains(number), "{number} is not in: {message}");
        let class = bench.structures[0].class.and_then(Class::paragraph);
        let heading = class.expect("the notice names this class").heading();
        assert!(message.contains(&format!("paragraphe « {heading} »")), "{message}");
    }
    if matches!(cell, Cell::Review) {
        let message = bench.judged().findings.remove(0).message;
        let wanted = match bench.structures[0].class.and_then(Class::paragraph) {
            Some(centres @ Paragraph::Centres) => format!("paragraphe « {} »", centres.heading()),
            // no paragraph of its own, or those of several classes
            Some(Paragraph::Hospitals | Paragraph::Laboratories) | None => {
                "premier paragraphe : « la règle qui s'applique en général".to_owned()
            }
        };
        assert!(message.contains("notice relative au FINESS") && message.contains(&wanted), "{message}");
    }
}

const A: [Class; 3] = [Class::PublicHospital, Class::Dialysis, Class::MedicoSocial];
const C: [Class; 4] =
    [Class::HealthCentre, Class::HealthHouse, Class::PrivateNonprofit, Class::PrivateForprofit];

#[test]
fn row_a() {
    use Cell::{Accept, Advice, Order, Sign};
    // contract held under, number on the form, Ségur project
    let cells: [(&[&str], &str, bool, Cell); 14] = [
        (&[EJ], EJ, false, Accept),
        (&[EJ], EJ, true, Accept),
        (&[EJ], EG, false, Order(EJ)),
        (&[EJ], EG, true, Order(EJ)),
        (&[EG], EJ, false, Order(EG)),
        (&[EG], EJ, true, Order(EG)),
        (&[EG], EG, false, Accept),
        (&[EG], EG, true, Advice),
        (&[EJ, EG], EJ, true, Accept),
        (&[EJ, EG], EG, false, Accept),
        (&[EJ, EG], EG, true, Advice),
        (&[EJ, EG2], EG, false, Order(EJ)),
        (&[], EJ, false, Sign(EJ)),
        (&[], EG, true, Sign(EJ)),
    ];
    for class in A {
        for (held, number, segur, cell) in cells {
            says(&form(class, held, number, if segur { SEGUR } else { OTHER_PROJECT }), cell);
        }
    }
}

#[test]
fn row_b() {
    for class in [Class::Laboratory, Class::Pharmacy] {
        for held in [&[][..], &[EJ], &[EG]] {
            for purpose in [SEGUR, OTHER_PROJECT] {
                says(&form(class, held, EJ, purpose), Cell::Order(EG));
                says(&form(class, held, EG, purpose), Cell::Accept);
            }
        }
    }
    let mut secondary = form(Class::Laboratory, &[], EG2, OTHER_PROJECT);
    secondary.structure(EG2).main_site = Some(EG.to_owned());
    says(&secondary, Cell::Order(EG));
    let mut legal = form(Class::Laboratory, &[], EJ, OTHER_PROJECT);
    legal.structure(EG2).main_site = Some(EG.to_owned());
    let message = legal.rejects(Code::FinessLevel, Field::Finess);
    assert!(message.contains(EG) && !message.contains(EG2), "only the main site orders: {message}");
}

#[test]
fn row_c() {
    use Cell::{Accept, Order, Review, Sign};
    let cells: [(&[&str], &str, bool, Cell); 13] = [
        (&[EG], EJ, false, Order(EG)),
        (&[EG], EJ, true, Order(EG)),
        (&[EG], EG, false, Accept),
        (&[EG], EG, true, Accept),
        (&[EJ], EJ, false, Accept),
        (&[EJ], EJ, true, Review),
        (&[EJ], EG, false, Order(EJ)),
        (&[EJ], EG, true, Order(EJ)),
        (&[EJ, EG], EG, true, Accept),
        (&[EJ, EG], EJ, false, Accept),
        (&[], EJ, false, Sign(EG)),
        (&[], EG, false, Sign(EG)),
        (&[EG2], EG, false, Sign(EG)),
    ];
    for class in C {
        for (held, number, segur, cell) in cells {
            says(&form(class, held, number, if segur { SEGUR } else { OTHER_PROJECT }), cell);
        }
    }
}

#[test]
fn other_and_unknown_classes_order_with_the_contracts_own_number() {
    for class in [Some(Class::Other), None] {
        for (held, number, cell) in [
            (&[EJ][..], EJ, Cell::Accept),
            (&[EG], EG, Cell::Accept),
            (&[EJ], EG, Cell::Review),
            (&[EG], EJ, Cell::Review),
        ] {
            let mut bench = form(Class::Other, held, number, SEGUR);
            bench.class(class);
            says(&bench, cell);
        }
    }
    let none = form(Class::Other, &[], EJ, SEGUR);
    none.rejects(Code::ContractMissing, Field::Structure);
    let mut unknown = form(Class::Other, &[], EG, SEGUR);
    unknown.class(None);
    says(&unknown, Cell::Review); // it may be exempt
}

#[test]
fn liberal_structures_need_no_contract() {
    says(&form(Class::Liberal, &[], EG, SEGUR), Cell::Accept);
    says(&form(Class::Liberal, &[], EJ, SEGUR), Cell::Accept);
}

#[test]
fn a_legal_entity_with_establishments_of_several_classes() {
    let several = |held: &[&str]| {
        let mut bench = form(Class::PublicHospital, held, EJ, OTHER_PROJECT);
        bench.structure(EG2).class = Some(Class::HealthCentre);
        bench
    };
    says(&several(&[EJ]), Cell::Accept);
    says(&several(&[EG]), Cell::Review);
    several(&[]).rejects(Code::ContractMissing, Field::Structure);
    let mut with_pharmacy = several(&[]);
    with_pharmacy.structure(EG2).class = Some(Class::Pharmacy);
    says(&with_pharmacy, Cell::Review);
    // of one row (A), or beside a class that the notice does not name: not several
    let mut one_row = form(Class::PublicHospital, &[EG], EJ, OTHER_PROJECT);
    one_row.structure(EG2).class = Some(Class::MedicoSocial);
    says(&one_row, Cell::Order(EG));
    one_row.structure(EG2).class = Some(Class::Other);
    says(&one_row, Cell::Order(EG));
    // a closed establishment says nothing of today
    let mut closed = several(&[EG]);
    closed.structure(EG2).closed = true;
    says(&closed, Cell::Order(EG));
}

#[test]
fn segur_keywords_are_read_in_all_of_section_4_2() {
    for (field, words, segur) in [
        (Field::Purpose, "accès au dmp.", true),
        (Field::Purpose, "INSI et DMP", true),
        (Field::Solution, "Mon Espace Sante", true),
        (Field::Publisher, "ProSantéConnect", true),
        (Field::Purpose, "MS Santé", true),
        (Field::Purpose, "SEGUR du numérique", true),
        (Field::Purpose, "insignifiant", false),
        (Field::Purpose, "Raccordement de la plateforme", false),
    ] {
        let mut bench = form(Class::MedicoSocial, &[EG], EG, OTHER_PROJECT);
        bench.writes(field, words);
        says(&bench, if segur { Cell::Advice } else { Cell::Accept });
    }
}

#[test]
fn a_contract_is_in_force_on_its_first_and_last_day() {
    let dated = |from: i64, until: Option<i64>| {
        let mut bench = Bench::new();
        bench.contracts[0].valid_from = TODAY + from.days();
        bench.contracts[0].valid_until = until.map(|days| TODAY + days.days());
        bench
    };
    dated(0, Some(0)).accepts();
    for (bench, told) in [(dated(1, None), "23 novembre 2026"), (dated(-9, Some(-1)), "21 novembre 2026")] {
        let message = bench.rejects(Code::ContractInactive, Field::Structure);
        assert!(message.contains(told) && message.contains("CA-310908306"), "{message}");
    }
    for status in [ContractStatus::Suspended, ContractStatus::Terminated] {
        let mut bench = Bench::new();
        bench.contracts[0].status = status;
        bench.rejects(Code::ContractInactive, Field::Structure);
        bench.contracts.push(contract(EJ));
        bench.accepts();
    }
}

#[test]
fn a_structure_known_by_siret_alone_has_its_contract_under_it() {
    let by_siret = |held: &[&str]| {
        let mut bench = Bench::new();
        bench.structures.truncate(1);
        bench.structures[0].finess = None;
        bench.structures[0].level = None;
        bench.structures[0].siret = Some(EG_SIRET.to_owned());
        bench.structures[0].class = Some(Class::Other);
        bench.contracts = held.iter().map(|number| contract(number)).collect();
        bench.leaves_out(Field::Finess).writes(Field::Siret, EG_SIRET);
        bench
    };
    by_siret(&[EG_SIRET]).accepts();
    let message = by_siret(&[]).rejects(Code::ContractMissing, Field::Structure);
    assert!(message.contains(EG_SIRET), "{message}");
    let mut ended = by_siret(&[EG_SIRET]);
    ended.contracts[0].status = ContractStatus::Terminated;
    ended.rejects(Code::ContractInactive, Field::Structure);
    let mut liberal = by_siret(&[]);
    liberal.class(Some(Class::Liberal));
    liberal.accepts();
    let mut with_finess = by_siret(&[EJ]);
    with_finess.structures[0].finess = Some(EJ.to_owned());
    let message = with_finess.reviews(Code::FinessLevel, Field::Finess);
    assert!(message.contains(EJ) && message.contains("premier paragraphe"), "{message}");
    with_finess.structures[0].class = Some(Class::Pharmacy);
    let message = with_finess.reviews(Code::FinessLevel, Field::Finess);
    assert!(message.contains(Paragraph::Laboratories.heading()), "{message}");
}
