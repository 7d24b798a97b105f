//! Whether what an accepted case rested on still holds: its cards, its contract, its structure.

use super::super::facts::{Answer, Class, Facts, FinessLevel, Paragraph, Structure, StructureFacts, Wanted};
use super::super::identifiers::{Finess, Siret};
use super::structure::{closed, legal_number, numbers};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Something that an acceptance rested on and that does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub what: What,
    /// The card, the contract's structure, the structure.
    pub about: String,
    /// Where the registry says since when.
    pub since: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    CardOpposed,
    ContractEnded,
    /// Closed, or no longer in the registry: public files leave out what is closed.
    StructureClosed,
}

impl What {
    pub const ALL: [Self; 3] = [Self::CardOpposed, Self::ContractEnded, Self::StructureClosed];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardOpposed => "card_opposed",
            Self::ContractEnded => "contract_ended",
            Self::StructureClosed => "structure_closed",
        }
    }
}

/// What does not hold on a day of what a case rested on. A registry that does not answer says nothing
/// against anybody.
#[must_use]
pub fn broken(wanted: &Wanted, facts: &Facts, day: Date) -> Vec<Broken> {
    let mut all = Vec::new();
    for (number, card) in &facts.cards {
        let opposed = card.found().and_then(|card| card.opposed_on).filter(|on| *on <= day);
        all.extend(opposed.map(|on| told(What::CardOpposed, number.as_str(), Some(on))));
    }
    let mut open: Vec<&StructureFacts> = Vec::new();
    for (number, found) in structures(wanted, facts) {
        let still = found.iter().copied().filter(|one| !closed(&one.structure, day));
        let before = open.len();
        open.extend(still);
        if open.len() == before {
            let since = found.iter().filter_map(|one| one.structure.closed_on).max();
            all.push(told(What::StructureClosed, number, since));
        }
    }
    // practices known by their RPPS rang have no contract
    if wanted.rpps_rang.is_empty() {
        all.extend(contract(facts, &open, day));
    }
    all
}

/// Each number of a structure with what the registry has under it, where it answers.
fn structures<'a>(wanted: &'a Wanted, facts: &'a Facts) -> Vec<(&'a str, Vec<&'a StructureFacts>)> {
    let one = |answer: &'a Answer<StructureFacts>| match answer {
        Answer::Found(found) => Some(vec![found]),
        Answer::NotFound => Some(vec![]),
        Answer::NoAnswer(_) => None,
    };
    let several = |answer: &'a Answer<Vec<StructureFacts>>| match answer {
        Answer::Found(found) => Some(found.iter().collect()),
        Answer::NotFound => Some(vec![]),
        Answer::NoAnswer(_) => None,
    };
    let finess = wanted.finess.as_ref().map(Finess::as_str).zip(facts.by_finess.as_ref().and_then(one));
    let siret = wanted.siret.as_ref().map(Siret::as_str).zip(facts.by_siret.as_ref().and_then(several));
    let rangs = facts.by_rpps_rang.iter().filter_map(|(rang, answer)| Some((rang.as_str(), one(answer)?)));
    finess.into_iter().chain(siret).chain(rangs).collect()
}

/// No contract of the structure, of its legal entity, or of a legal entity's establishments, is in
/// force any more.
fn contract(facts: &Facts, open: &[&StructureFacts], day: Date) -> Option<Broken> {
    let contracts = facts.contracts.found()?;
    let first = open.first()?;
    let exempt = |one: &&StructureFacts| {
        let class = one.structure.class;
        class == Some(Class::Liberal) || class.and_then(Class::paragraph) == Some(Paragraph::Laboratories)
    };
    if open.iter().any(exempt) {
        return None;
    }
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for one in open {
        own.extend(numbers(&one.structure));
        own.extend(legal_number(one));
        let family: Vec<&Structure> = match one.structure.level {
            Some(FinessLevel::Legal) => one.establishments.iter().collect(),
            Some(FinessLevel::Geographical) | None => one.legal_entity.iter().collect(),
        };
        own.extend(family.into_iter().flat_map(numbers));
    }
    let ours = contracts.iter().filter(|contract| own.contains(contract.structure.as_str()));
    if ours.clone().any(|contract| contract.in_force(day)) {
        return None;
    }
    let about = numbers(&first.structure).next().unwrap_or_default();
    let ended = ours.filter_map(|contract| contract.valid_until).filter(|until| *until < day).max();
    Some(told(What::ContractEnded, about, ended))
}

fn told(what: What, about: &str, since: Option<Date>) -> Broken {
    Broken { what, about: about.to_owned(), since }
}
