//! Which number to order with: the adhesion contract and the notice's table (rulebook, "Which FINESS").

use super::super::applied::{Applied, Consulted};
use super::super::facts::{
    Answer, Class, Contract, ContractStatus, FinessLevel, Paragraph, Structure, StructureFacts,
};
use super::super::finding::{Code, Finding};
use super::super::form::{Entry, F413, Field};
use super::super::messages::{self, Inactive};
use super::super::text::folded;
use super::Case;
use super::structure::{Known, ROWS, closed, legal_number, numbers};
use std::collections::BTreeSet;

/// Rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    /// A: public hospital, dialysis, medico-social.
    A,
    /// B: laboratory, pharmacy; the contract is implicit.
    B,
    /// C: health centre, health house, private non-profit, for-profit.
    C,
    /// Exempt from the contract, not in the table.
    Liberal,
    Other,
    Unknown,
    /// An EJ with establishments in several rows.
    Several,
}

impl Row {
    fn of(class: Option<Class>) -> Self {
        let Some(class) = class else { return Self::Unknown };
        match class.paragraph() {
            Some(Paragraph::Hospitals) => Self::A,
            Some(Paragraph::Laboratories) => Self::B,
            Some(Paragraph::Centres) => Self::C,
            None if class == Class::Liberal => Self::Liberal,
            None => Self::Other,
        }
    }

    /// What the notice says of this row; `None`: only its first paragraph, the rule for all.
    fn paragraph(self) -> Option<Paragraph> {
        match self {
            Self::A => Some(Paragraph::Hospitals),
            Self::B => Some(Paragraph::Laboratories),
            Self::C => Some(Paragraph::Centres),
            Self::Liberal | Self::Other | Self::Unknown | Self::Several => None,
        }
    }
}

/// First whether there is a contract, then whether the number is the one to order with.
const IN_TURN: [(Code, Field); 4] = [
    (Code::ContractMissing, Field::Structure),
    (Code::ContractInactive, Field::Structure),
    (Code::FinessLevel, Field::Finess),
    (Code::FinessAdvice, Field::Finess),
];
const EXEMPT: &str = "dispensée : structure libérale, cabinet, pharmacie ou laboratoire";

pub(super) fn apply(case: Case, known: &Known) -> Vec<Applied> {
    let contracts = match &case.facts.contracts {
        Answer::Found(contracts) => contracts.as_slice(),
        Answer::NotFound | Answer::NoAnswer(_) => &[],
    };
    let (found, exempt) = match known {
        Known::Finess(found) => {
            let table = Table { case, found, contracts };
            (table.finding(), matches!(table.row(), Row::B | Row::Liberal))
        }
        Known::Siret(siret, found) => {
            let exempt =
                |one: &&StructureFacts| matches!(Row::of(one.structure.class), Row::B | Row::Liberal);
            (by_siret(case, siret, found, contracts), found.iter().all(exempt))
        }
        // practices known by their RPPS rang are exempt
        Known::RppsRang(_) => (None, true),
    };
    let rows = consulted(case, known, contracts);
    let weigh = |one: Applied| {
        let on_contract = matches!(one.rule, Code::ContractMissing | Code::ContractInactive);
        let one = if exempt && on_contract { one.because(EXEMPT) } else { one };
        one.on(rows.clone())
    };
    let without = !exempt && !contracts.iter().any(|contract| contract.in_force(case.day));
    let turn = match &found {
        // left to a person: whether there has to be a contract is not known
        Some(left) if left.code == Code::FinessLevel && without => IN_TURN.get(2..).unwrap_or_default(),
        Some(_) | None => &IN_TURN,
    };
    Applied::in_turn(turn, found).into_iter().map(weigh).collect()
}

/// The structures that the form names, with their legal entities, and their contracts.
fn consulted(case: Case, known: &Known, contracts: &[Contract]) -> Vec<Consulted> {
    let all = known.all();
    let structures = all.iter().flat_map(|one| std::iter::once(&one.structure).chain(&one.legal_entity));
    let family = || all.iter().flat_map(|one| &one.establishments).flat_map(numbers);
    let own: BTreeSet<&str> = structures.clone().flat_map(numbers).chain(family()).collect();
    let mut relevant: Vec<&Contract> =
        contracts.iter().filter(|contract| own.contains(contract.structure.as_str())).collect();
    relevant.sort_by_key(|contract| !contract.in_force(case.day));
    let contracts = relevant.into_iter().map(Consulted::from).take(ROWS);
    structures.take(ROWS).map(Consulted::from).chain(contracts).collect()
}

/// One FINESS on the form, its family, and the family's contracts.
struct Table<'a> {
    case: Case<'a>,
    found: &'a StructureFacts,
    contracts: &'a [Contract],
}

impl<'a> Table<'a> {
    fn finding(&self) -> Option<Finding> {
        let level = self.found.structure.level;
        let row = self.row();
        match (row, level) {
            (Row::Liberal, _) => None,
            (Row::B, Some(FinessLevel::Legal)) => {
                let because = "un laboratoire ou une pharmacie commande avec le numéro de l'établissement";
                Some(self.level(because, &self.establishments_named(), Paragraph::Laboratories))
            }
            (Row::B, Some(FinessLevel::Geographical) | None) => self.secondary_site(),
            (Row::A | Row::C | Row::Other | Row::Unknown | Row::Several, _) if !self.any_in_force() => {
                Some(self.no_contract(row))
            }
            (Row::A, Some(FinessLevel::Legal)) => self.hospital_legal(),
            (Row::A, Some(FinessLevel::Geographical)) => self.hospital_site(),
            (Row::C, Some(FinessLevel::Legal)) => self.centre_legal(),
            (Row::C, Some(FinessLevel::Geographical)) => self.centre_site(),
            (Row::A | Row::C, None) | (Row::Other | Row::Unknown | Row::Several, _) => self.contracts_own(),
        }
    }

    /// A on the form: EJ.
    fn hospital_legal(&self) -> Option<Finding> {
        if self.holds(&self.found.structure) {
            return None;
        }
        let right = format!("{}, ou souscrivez un contrat avec le numéro juridique", self.holders_named());
        let because = "votre contrat d'adhésion porte sur un numéro FINESS géographique";
        Some(self.level(because, &right, Paragraph::Hospitals))
    }

    /// A on the form: EG.
    fn hospital_site(&self) -> Option<Finding> {
        if !self.holds(&self.found.structure) {
            let because = "votre contrat d'adhésion porte sur le numéro FINESS juridique";
            return Some(self.level(because, &self.legal_named(), Paragraph::Hospitals));
        }
        segur(self.case.form, &self.case.policy.segur_keywords).then(|| {
            let message = messages::finess_advice(self.number(), self.legal_with_name().as_deref());
            Finding::note(Code::FinessAdvice, Field::Finess, message)
        })
    }

    /// C on the form: EJ.
    fn centre_legal(&self) -> Option<Finding> {
        if !self.holds(&self.found.structure) {
            let because = "votre contrat d'adhésion porte sur un numéro FINESS géographique";
            return Some(self.level(because, &self.holders_named(), Paragraph::Centres));
        }
        segur(self.case.form, &self.case.policy.segur_keywords).then(|| {
            self.review(
                "est un numéro juridique et votre projet relève du Ségur, un cas que la notice ne prévoit pas pour votre \
                 type d'établissement",
            )
        })
    }

    /// C on the form: EG.
    fn centre_site(&self) -> Option<Finding> {
        if self.holds(&self.found.structure) {
            return None;
        }
        let because = "votre contrat d'adhésion porte sur le numéro FINESS juridique";
        Some(self.level(because, &self.legal_named(), Paragraph::Centres))
    }

    /// Other and unknown classes: the contract's own number, or a person looks.
    fn contracts_own(&self) -> Option<Finding> {
        let own = self.holds(&self.found.structure);
        (!own).then(|| self.review("n'est pas celui de votre contrat d'adhésion"))
    }

    /// A laboratory orders with its main site's number, valid for all the sites attached to it.
    fn secondary_site(&self) -> Option<Finding> {
        let own = self.found.structure.finess.as_deref();
        let main = self.found.structure.main_site.as_deref().filter(|main| Some(*main) != own)?;
        let site = self.found.establishments.iter().find(|one| one.finess.as_deref() == Some(main));
        let right = format!("le numéro FINESS géographique du site principal, {}", named(main, site));
        let because = "c'est celui d'un site secondaire du laboratoire";
        Some(self.level(because, &right, Paragraph::Laboratories))
    }

    /// `contract_missing`, or `contract_inactive` where there was one.
    fn no_contract(&self, row: Row) -> Finding {
        let own = &self.found.structure;
        if let Some(latest) = latest(self.relevant()) {
            return inactive(self.case, &own.name, latest);
        }
        let exempt_among = || {
            let rows = self.establishments().map(|one| Row::of(one.class));
            rows.into_iter().any(|row| matches!(row, Row::B | Row::Liberal))
        };
        let sign_under = match row {
            Row::A => Some((self.legal_named(), Paragraph::Hospitals)),
            Row::C if own.level == Some(FinessLevel::Legal) => {
                Some((self.establishments_named(), Paragraph::Centres))
            }
            Row::C => {
                let number = named(self.number(), Some(own));
                Some((format!("le numéro FINESS géographique {number}"), Paragraph::Centres))
            }
            // it may well be exempt
            Row::Unknown => {
                return self
                    .review("n'a pas de contrat d'adhésion enregistré et son type ne nous est pas connu");
            }
            Row::Several if exempt_among() => {
                return self.review(
                    "regroupe des établissements de plusieurs types, sans contrat d'adhésion enregistré",
                );
            }
            Row::B | Row::Liberal | Row::Other | Row::Several => None,
        };
        let message = sign_under.map_or_else(
            || messages::contract_missing(&own.name, None),
            |(number, paragraph)| messages::contract_missing_advised(&own.name, &number, paragraph),
        );
        Finding::reject(Code::ContractMissing, Field::Structure, message)
    }

    /// The row: the class of the structure; of an EJ, its establishments' where they are in the notice.
    fn row(&self) -> Row {
        let own = Row::of(self.found.structure.class);
        if self.found.structure.level != Some(FinessLevel::Legal) {
            return own;
        }
        let told = |row: &Row| matches!(row, Row::A | Row::B | Row::C | Row::Liberal);
        let rows: BTreeSet<Row> = self.establishments().map(|one| Row::of(one.class)).filter(told).collect();
        match (rows.len(), rows.first()) {
            (0, _) | (_, None) => own,
            (1, Some(only)) if told(&own) && own != *only => Row::Several,
            (1, Some(only)) => *only,
            (_, Some(_)) => Row::Several,
        }
    }

    /// Open establishments of the legal entity.
    fn establishments(&self) -> impl Iterator<Item = &'a Structure> {
        let day = self.case.day;
        self.found.establishments.iter().filter(move |one| !closed(one, day))
    }

    /// The structures whose contracts count for the number on the form: itself, and its legal entity
    /// or its establishments.
    fn family(&self) -> Vec<&'a Structure> {
        let mut family = vec![&self.found.structure];
        match self.found.structure.level {
            Some(FinessLevel::Legal) => family.extend(self.establishments()),
            Some(FinessLevel::Geographical) | None => family.extend(&self.found.legal_entity),
        }
        family
    }

    /// Contracts of the family, whatever their state.
    fn relevant(&self) -> impl Iterator<Item = &'a Contract> {
        let mut numbers: BTreeSet<&str> = self.family().into_iter().flat_map(numbers).collect();
        numbers.extend(legal_number(self.found));
        let contracts = self.contracts;
        contracts.iter().filter(move |contract| numbers.contains(contract.structure.as_str()))
    }

    fn any_in_force(&self) -> bool {
        self.relevant().any(|contract| contract.in_force(self.case.day))
    }

    /// Whether a contract under one of this structure's own numbers is in force.
    fn holds(&self, structure: &Structure) -> bool {
        self.contracts.iter().any(|contract| {
            contract.in_force(self.case.day) && numbers(structure).any(|number| number == contract.structure)
        })
    }

    fn number(&self) -> &'a str {
        self.found.structure.finess.as_deref().unwrap_or_default()
    }

    fn legal_named(&self) -> String {
        match self.legal_with_name() {
            Some(number) => format!("le numéro FINESS juridique {number}"),
            None => "le numéro FINESS juridique de votre organisme".to_owned(),
        }
    }

    /// Number and name of the legal entity, where the registry knows it.
    fn legal_with_name(&self) -> Option<String> {
        let own = &self.found.structure;
        let legal = match own.level {
            Some(FinessLevel::Legal) => Some(own),
            Some(FinessLevel::Geographical) | None => self.found.legal_entity.as_ref(),
        };
        legal_number(self.found).map(|number| named(number, legal))
    }

    fn establishments_named(&self) -> String {
        // of a laboratory only the main site orders
        geographical(
            self.establishments().filter(|one| one.main_site.is_none() || one.main_site == one.finess),
        )
    }

    /// The establishments under whose number a contract is in force.
    fn holders_named(&self) -> String {
        geographical(self.establishments().filter(|one| self.holds(one)))
    }

    fn level(&self, because: &str, right: &str, paragraph: Paragraph) -> Finding {
        let message = messages::finess_level(self.number(), because, right, paragraph);
        Finding::reject(Code::FinessLevel, Field::Finess, message)
    }

    fn review(&self, because: &str) -> Finding {
        let message = messages::finess_to_be_checked(self.number(), because, self.row().paragraph());
        Finding::review(Code::FinessLevel, Field::Finess, message)
    }
}

/// A structure known by SIRET alone: the contract must be under that SIRET. Where the structure has a
/// FINESS under which it would order, a person looks.
fn by_siret(case: Case, siret: &str, found: &[&StructureFacts], contracts: &[Contract]) -> Option<Finding> {
    let in_force =
        |number: &str| contracts.iter().any(|one| one.structure == number && one.in_force(case.day));
    if in_force(siret) || found.iter().all(|one| Row::of(one.structure.class) == Row::Liberal) {
        return None;
    }
    let rows = || found.iter().map(|one| Row::of(one.structure.class));
    for one in found {
        let Some(finess) = one.structure.finess.as_deref() else { continue };
        let family = [finess].into_iter().chain(legal_number(one));
        let family = family.chain(one.establishments.iter().filter_map(|site| site.finess.as_deref()));
        let row = Row::of(one.structure.class);
        if row == Row::B || family.into_iter().any(in_force) {
            let right = format!("le numéro FINESS {}", named(finess, Some(&one.structure)));
            let message = messages::siret_to_be_checked(siret, &right, row.paragraph());
            return Some(Finding::review(Code::FinessLevel, Field::Finess, message));
        }
    }
    if rows().all(|row| row == Row::B) {
        return None;
    }
    let name = found.first().map_or("", |one| one.structure.name.as_str());
    let own: BTreeSet<&str> = found.iter().flat_map(|one| numbers(&one.structure)).chain([siret]).collect();
    let relevant = contracts.iter().filter(|contract| own.contains(contract.structure.as_str()));
    Some(latest(relevant).map_or_else(
        || {
            let with = format!("avec le numéro SIRET {siret}");
            let message = messages::contract_missing(name, Some(&with));
            Finding::reject(Code::ContractMissing, Field::Structure, message)
        },
        |contract| inactive(case, name, contract),
    ))
}

fn latest<'a>(contracts: impl Iterator<Item = &'a Contract>) -> Option<&'a Contract> {
    contracts.max_by_key(|contract| contract.valid_from)
}

/// `contract_inactive`: contracts exist, none is in force on the day.
fn inactive(case: Case, name: &str, contract: &Contract) -> Finding {
    let why = match (contract.status, contract.valid_until.filter(|until| *until < case.day)) {
        (ContractStatus::Terminated, _) => Inactive::Terminated,
        (ContractStatus::Suspended, _) => Inactive::Suspended,
        (ContractStatus::Active, Some(until)) => Inactive::EndedOn(until),
        (ContractStatus::Active, None) => Inactive::BeginsOn(contract.valid_from),
    };
    let message = messages::contract_inactive(name, &contract.number, why);
    Finding::reject(Code::ContractInactive, Field::Structure, message)
}

/// `310908306 (Centre hospitalier de Saint-Évroult)`.
fn named(number: &str, structure: Option<&Structure>) -> String {
    match structure.map(|structure| structure.name.as_str()).filter(|name| !name.is_empty()) {
        Some(name) => format!("{number} ({name})"),
        None => number.to_owned(),
    }
}

/// How many establishments a sentence names before it says "…".
const NAMED: usize = 5;

fn geographical<'a>(establishments: impl Iterator<Item = &'a Structure>) -> String {
    let all: Vec<String> = establishments
        .filter_map(|one| one.finess.as_deref().map(|number| named(number, Some(one))))
        .collect();
    match all.as_slice() {
        [] => "le numéro FINESS géographique de l'établissement concerné".to_owned(),
        [only] => format!("le numéro FINESS géographique {only}"),
        several => {
            let dots = if several.len() > NAMED { " …" } else { "" };
            let some: Vec<&str> = several.iter().take(NAMED).map(String::as_str).collect();
            format!("le numéro FINESS géographique de l'établissement concerné : {}{dots}", some.join(", "))
        }
    }
}

/// Whether the project uses the Ségur core services: keywords in the words of 4.2, without case and
/// accents. Short ones (`DMP`, `INSi`) as whole words only; long ones also written in one word.
fn segur(form: &F413, keywords: &[String]) -> bool {
    const LONG: usize = 6;
    let words = [&form.purpose, &form.publisher, &form.solution].map(Entry::valid).into_iter().flatten();
    words.map(|text| folded(text.expose())).any(|text| {
        let spaced = format!(" {text} ");
        let joined = text.replace(' ', "");
        keywords.iter().map(|keyword| folded(keyword)).filter(|keyword| !keyword.is_empty()).any(|keyword| {
            let one_word = keyword.replace(' ', "");
            spaced.contains(&format!(" {keyword} ")) || (one_word.len() >= LONG && joined.contains(&one_word))
        })
    })
}
