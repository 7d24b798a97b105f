//! What the registry says about forms: structures with their families, contracts, cards and mandates.

use super::feed::{Feed, Table};
use super::rows::{Asked, By, Known};
use super::{Classes, Registry, Snapshot};
use crate::domain::facts::{
    Answer, Card, Contract, Facts, FinessLevel, Mandate, NoAnswer, Structure, StructureFacts, Wanted,
};
use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

impl Registry {
    /// Everything that bears on one form; see [`Self::all_facts`].
    pub async fn facts(
        &self,
        wanted: &Wanted,
        now: Timestamp,
        max_age: SignedDuration,
    ) -> Result<Facts, Fault> {
        let all = self.all_facts(std::slice::from_ref(wanted), now, max_age).await?;
        let none = || Fault::never("asking the registry", "no facts for a form");
        all.into_iter().next().ok_or_else(none)
    }

    /// Everything that bears on each of several forms, asked for together. What hangs on a feed that
    /// was never loaded, or is older than `max_age`, is [`Answer::NoAnswer`]; a row that the import
    /// could not read is [`NoAnswer::Unreadable`], never "not found".
    pub async fn all_facts(
        &self,
        wanted: &[Wanted],
        now: Timestamp,
        max_age: SignedDuration,
    ) -> Result<Vec<Facts>, Fault> {
        match self.current().await? {
            Some(snapshot) => self.told_by(&snapshot, wanted, now, max_age).await,
            None => Ok(wanted.iter().map(|one| Facts::silence(one, &NoAnswer::NeverLoaded)).collect()),
        }
    }

    /// What an earlier snapshot would have said at that time.
    ///
    /// # Errors
    /// A fault that does not pass, where its rows were dropped (see [`Snapshot::can_answer`]).
    pub async fn facts_of(
        &self,
        snapshot: i64,
        wanted: &Wanted,
        at: Timestamp,
        max_age: SignedDuration,
    ) -> Result<Facts, Fault> {
        const DOING: &str = "asking an earlier registry";
        let old = self.snapshot(snapshot).await?;
        let old = old.ok_or_else(|| Fault::never(DOING, "there is no such snapshot"))?;
        if !old.can_answer(at, max_age) {
            return Err(Fault::never(DOING, "its rows were dropped"));
        }
        let all = self.told_by(&old, std::slice::from_ref(wanted), at, max_age).await?;
        all.into_iter().next().ok_or_else(|| Fault::never(DOING, "no facts for a form"))
    }

    async fn told_by(
        &self,
        snapshot: &Snapshot,
        wanted: &[Wanted],
        now: Timestamp,
        max_age: SignedDuration,
    ) -> Result<Vec<Facts>, Fault> {
        let gathered = Gathered::of(Asked::new(&self.database, snapshot).await?, wanted).await?;
        let silent = |table| snapshot.silent(table, now, max_age);
        let silent = Silent {
            structures: silent(Table::Structures),
            contracts: silent(Table::Contracts),
            cards: silent(Table::Cards),
            mandates: silent(Table::Mandates),
        };
        Ok(wanted.iter().map(|one| gathered.facts(one, snapshot, &silent)).collect())
    }
}

/// Why each table does not answer, if it does not.
struct Silent {
    structures: Option<NoAnswer>,
    contracts: Option<NoAnswer>,
    cards: Option<NoAnswer>,
    mandates: Option<NoAnswer>,
}

/// The rows that bear on some forms.
struct Gathered {
    by_finess: Vec<Structure>,
    by_siret: Vec<Structure>,
    by_rang: Vec<Structure>,
    legal: Vec<Structure>,
    establishments: Vec<Structure>,
    contracts: Vec<Contract>,
    cards: Vec<Card>,
    mandates: Vec<Mandate>,
    /// Identifiers that stand in rows which could not be read, in the order of [`Table::ALL`].
    unreadable: [BTreeSet<String>; Table::ALL.len()],
}

impl Gathered {
    async fn of(mut asked: Asked<'_>, wanted: &[Wanted]) -> Result<Self, Fault> {
        let finess = distinct(wanted.iter().filter_map(|one| one.finess.as_ref()).map(Finess::as_str));
        let siret = distinct(wanted.iter().filter_map(|one| one.siret.as_ref()).map(Siret::as_str));
        let rangs = distinct(wanted.iter().flat_map(|one| &one.rpps_rang).map(RppsRang::as_str));
        let cards = distinct(wanted.iter().flat_map(|one| &one.cards).map(CardNumber::as_str));
        let by_finess = asked.structures(By::Finess, &finess).await?;
        let by_siret = asked.structures(By::Siret, &siret).await?;
        let by_rang = asked.structures(By::RppsRang, &rangs).await?;
        let named = || by_finess.iter().chain(&by_siret).chain(&by_rang);
        let entities = named().filter_map(|one| legal_entity_of(&one.structure)).collect::<BTreeSet<_>>();
        let entities: Vec<_> = entities.into_iter().collect();
        let legal = asked.structures(By::Finess, &entities).await?;
        let establishments = asked.structures(By::LegalEntity, &entities).await?;

        let table = Classes::built_in();
        let classed = |known: &[Known]| known.iter().map(|one| classified(one, &legal, table).0).collect();
        let narrow = numbers(named().chain(&legal).map(|one| &one.structure));
        let wide = numbers(named().chain(&legal).chain(&establishments).map(|one| &one.structure));
        let contract_rows = asked.contracts(&wide).await?;
        let card_rows = asked.cards(&cards).await?;
        let mandate_rows = asked.mandates(&narrow).await?;
        Ok(Self {
            unreadable: [
                asked.unreadable(Table::Structures, finess.iter().chain(&siret).chain(&rangs)).await?,
                asked.unreadable(Table::Contracts, &wide).await?,
                asked.unreadable(Table::Cards, &cards).await?,
                asked.unreadable(Table::Mandates, &narrow).await?,
            ],
            by_finess: classed(&by_finess),
            by_siret: classed(&by_siret),
            by_rang: classed(&by_rang),
            establishments: classed(&establishments),
            legal: classed(&legal),
            contracts: contract_rows.into_iter().map(|(row, _)| row).collect(),
            cards: card_rows.into_iter().map(|(row, _)| row).collect(),
            mandates: mandate_rows.into_iter().map(|(row, _)| row).collect(),
        })
    }

    /// What of it bears on one form.
    fn facts(&self, wanted: &Wanted, snapshot: &Snapshot, silent: &Silent) -> Facts {
        let [structures, contracts, cards, mandates] = &self.unreadable;
        let by_finess: Vec<_> = wanted.finess.iter().flat_map(|one| self.having(one.as_str())).collect();
        let by_siret: Vec<_> = wanted
            .siret
            .iter()
            .flat_map(|siret| self.by_siret.iter().filter(|one| one.siret.as_deref() == Some(siret.as_str())))
            .collect();
        let of_rang = |rang: &str| -> Vec<&Structure> {
            self.by_rang.iter().filter(|one| one.rpps_rang.iter().any(|known| known == rang)).collect()
        };
        let by_rang = wanted.rpps_rang.iter().flat_map(|rang| of_rang(rang.as_str()));
        let named: Vec<_> = by_finess.iter().chain(&by_siret).copied().chain(by_rang).collect();
        let entities: BTreeSet<_> = named.iter().filter_map(|one| legal_entity_of(one)).collect();
        let of = |finess: Option<&String>| finess.is_some_and(|number| entities.contains(number));
        let legal = self.legal.iter().filter(|one| of(one.finess.as_ref()));
        let sites = self.establishments.iter().filter(|one| of(one.finess_ej.as_ref()));
        let narrow = numbers(named.iter().copied().chain(legal.clone()));
        let wide = numbers(named.iter().copied().chain(legal).chain(sites));

        let one = |found: &[&Structure], key: &str| match (&silent.structures, found.first()) {
            (Some(why), _) => Answer::NoAnswer(why.clone()),
            (None, Some(first)) => Answer::Found(self.family(first)),
            (None, None) => absent(structures, key),
        };
        Facts {
            snapshot: Some(snapshot.id),
            by_finess: wanted.finess.as_ref().map(|finess| one(&by_finess, finess.as_str())),
            by_siret: wanted.siret.as_ref().map(|siret| match &silent.structures {
                Some(why) => Answer::NoAnswer(why.clone()),
                None if by_siret.is_empty() => absent(structures, siret.as_str()),
                None => Answer::Found(by_siret.iter().map(|found| self.family(found)).collect()),
            }),
            by_rpps_rang: wanted
                .rpps_rang
                .iter()
                .map(|rang| (rang.clone(), one(&of_rang(rang.as_str()), rang.as_str())))
                .collect(),
            contracts: listed(silent.contracts.as_ref(), contracts, &wide, || {
                self.contracts
                    .iter()
                    .filter(|one| wide.binary_search(&one.structure).is_ok())
                    .cloned()
                    .collect()
            }),
            cards: wanted
                .cards
                .iter()
                .map(|number| {
                    let card = self.cards.iter().find(|card| card.number == number.as_str());
                    let answer = match (&silent.cards, card) {
                        (Some(why), _) => Answer::NoAnswer(why.clone()),
                        (None, Some(card)) => Answer::Found(card.clone()),
                        (None, None) => absent(cards, number.as_str()),
                    };
                    (number.clone(), answer)
                })
                .collect(),
            only_public_cards: snapshot.feed(Feed::Cards).is_none(),
            mandates: listed(silent.mandates.as_ref(), mandates, &narrow, || {
                self.mandates
                    .iter()
                    .filter(|one| narrow.binary_search(&one.structure).is_ok())
                    .cloned()
                    .collect()
            }),
        }
    }

    fn having(&self, finess: &str) -> impl Iterator<Item = &Structure> {
        self.by_finess.iter().filter(move |one| one.finess.as_deref() == Some(finess))
    }

    /// A structure with its legal entity and all of its establishments.
    fn family(&self, structure: &Structure) -> StructureFacts {
        let entity = legal_entity_of(structure);
        let is_entity = structure.level == Some(FinessLevel::Legal);
        let legal = self.legal.iter().find(|legal| legal.finess.is_some() && legal.finess == entity);
        StructureFacts {
            structure: structure.clone(),
            legal_entity: legal.filter(|_| !is_entity).cloned(),
            establishments: self
                .establishments
                .iter()
                .filter(|site| site.finess_ej.is_some() && site.finess_ej == entity)
                .cloned()
                .collect(),
        }
    }
}

/// Where a structure's class comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassOrigin {
    /// The file says it.
    Given,
    /// From its category, and the legal status of itself or its legal entity where one is known.
    Derived { category: String, legal_status: Option<String> },
    /// Nothing is given and nothing can be derived.
    Unknown,
}

/// The structure with its class, derived where the file does not say it.
pub(super) fn classified(known: &Known, legal: &[Known], classes: &Classes) -> (Structure, ClassOrigin) {
    let mut structure = known.structure.clone();
    if structure.class.is_some() {
        return (structure, ClassOrigin::Given);
    }
    let entity = legal
        .iter()
        .find(|one| one.structure.finess.is_some() && one.structure.finess == structure.finess_ej);
    let status = known.legal_status.as_ref().or_else(|| entity?.legal_status.as_ref());
    structure.class = classes.class_of(known.category.as_deref(), status.map(String::as_str));
    let origin = match (&known.category, structure.class) {
        (Some(category), Some(_)) => {
            ClassOrigin::Derived { category: category.clone(), legal_status: status.cloned() }
        }
        _ => ClassOrigin::Unknown,
    };
    (structure, origin)
}

fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<String> {
    keys.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

/// The FINESS number of a structure's legal entity: its own, when it is one.
pub(super) fn legal_entity_of(structure: &Structure) -> Option<String> {
    match structure.level {
        Some(FinessLevel::Legal) => structure.finess.clone(),
        Some(FinessLevel::Geographical) | None => structure.finess_ej.clone(),
    }
}

/// Everything that a contract or a mandate can name these structures by.
pub(super) fn numbers<'a>(structures: impl Iterator<Item = &'a Structure>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for structure in structures {
        keys.extend(structure.finess.clone());
        keys.extend(structure.finess_ej.clone());
        keys.extend(structure.siret.clone());
        keys.extend(structure.rpps_rang.iter().cloned());
    }
    keys.into_iter().collect()
}

fn absent<T>(unreadable: &BTreeSet<String>, key: &str) -> Answer<T> {
    if unreadable.contains(key) { Answer::NoAnswer(NoAnswer::Unreadable) } else { Answer::NotFound }
}

/// A list that may be empty, unless one of its rows could not be read.
fn listed<T>(
    silent: Option<&NoAnswer>,
    unreadable: &BTreeSet<String>,
    keys: &[String],
    rows: impl FnOnce() -> Vec<T>,
) -> Answer<Vec<T>> {
    match silent {
        Some(why) => Answer::NoAnswer(why.clone()),
        None if keys.iter().any(|key| unreadable.contains(key)) => Answer::NoAnswer(NoAnswer::Unreadable),
        None => Answer::Found(rows()),
    }
}
