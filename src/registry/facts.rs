//! What the registry says about one form: structures with their families, contracts, cards and
//! mandates.

use super::feed::Feed;
use super::rows::{self, Asked};
use super::{Registry, Snapshot};
use crate::domain::facts::{
    Answer, Card, Contract, Facts, FinessLevel, Mandate, NoAnswer, Structure, StructureFacts, Wanted,
};
use crate::domain::identifiers::{CardNumber, RppsRang};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

impl Registry {
    /// Everything that bears on one form. Where the registry was never loaded, or is older than
    /// `max_age`, each answer is [`Answer::NoAnswer`]; a row that the import could not read is
    /// [`NoAnswer::Unreadable`], never "not found".
    pub async fn facts(
        &self,
        wanted: &Wanted,
        now: Timestamp,
        max_age: SignedDuration,
    ) -> Result<Facts, Fault> {
        match self.current().await? {
            None => Ok(silence(wanted, None, &NoAnswer::NeverLoaded)),
            Some(old) if old.is_stale(now, max_age) => Ok(silence(wanted, Some(old.id), &NoAnswer::Stale)),
            Some(fresh) => self.ask(&fresh, wanted).await,
        }
    }

    /// The same as an earlier snapshot would have said at that time.
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
        match self.snapshot(snapshot).await? {
            None => Err(Fault::never(DOING, "there is no such snapshot")),
            Some(old) if old.is_stale(at, max_age) => Ok(silence(wanted, Some(old.id), &NoAnswer::Stale)),
            Some(old) if old.has_rows() => self.ask(&old, wanted).await,
            Some(_) => Err(Fault::never(DOING, "its rows were dropped")),
        }
    }

    async fn ask(&self, snapshot: &Snapshot, wanted: &Wanted) -> Result<Facts, Fault> {
        let asked = Asked::new(&self.database, snapshot);
        let finess: Vec<_> = wanted.finess.iter().map(|finess| finess.as_str().to_owned()).collect();
        let siret: Vec<_> = wanted.siret.iter().map(|siret| siret.as_str().to_owned()).collect();
        let rangs: Vec<_> = wanted.rpps_rang.iter().map(|rang| rang.as_str().to_owned()).collect();
        let by_finess = asked.structures(rows::By::Finess, &finess).await?;
        let by_siret = asked.structures(rows::By::Siret, &siret).await?;
        let by_rang = asked.structures(rows::By::RppsRang, &rangs).await?;

        let named: Vec<&Structure> = by_finess.iter().chain(&by_siret).chain(&by_rang).collect();
        let entities: BTreeSet<String> = named.iter().filter_map(|one| legal_entity_of(one)).collect();
        let entities: Vec<_> = entities.into_iter().collect();
        let legal = asked.structures(rows::By::Finess, &entities).await?;
        let establishments = asked.structures(rows::By::LegalEntity, &entities).await?;

        let narrow = identifiers(named.iter().copied().chain(&legal));
        let wide = identifiers(named.iter().copied().chain(&legal).chain(&establishments));
        let family = Family { legal: &legal, establishments: &establishments };
        let unreadable =
            asked.unreadable(Feed::Structures, finess.iter().chain(&siret).chain(&rangs)).await?;

        Ok(Facts {
            snapshot: Some(snapshot.id),
            by_finess: wanted
                .finess
                .as_ref()
                .map(|finess| one(&by_finess, &family, || absent(&unreadable, finess.as_str()))),
            by_siret: wanted.siret.as_ref().map(|siret| {
                let all: Vec<_> = by_siret.iter().map(|found| family.of(found)).collect();
                if all.is_empty() { absent(&unreadable, siret.as_str()) } else { Answer::Found(all) }
            }),
            by_rpps_rang: wanted
                .rpps_rang
                .iter()
                .map(|rang| {
                    let its: Vec<_> = by_rang
                        .iter()
                        .filter(|found| found.rpps_rang.iter().any(|known| known == rang.as_str()))
                        .cloned()
                        .collect();
                    (rang.clone(), one(&its, &family, || absent(&unreadable, rang.as_str())))
                })
                .collect(),
            contracts: self.contracts(&asked, &wide).await?,
            cards: self.cards(&asked, &wanted.cards).await?,
            mandates: self.mandates(&asked, &narrow).await?,
        })
    }

    async fn contracts(&self, asked: &Asked<'_>, keys: &[String]) -> Result<Answer<Vec<Contract>>, Fault> {
        if !asked.unreadable(Feed::Contracts, keys).await?.is_empty() {
            return Ok(Answer::NoAnswer(NoAnswer::Unreadable));
        }
        asked.contracts(keys).await.map(Answer::Found)
    }

    async fn mandates(&self, asked: &Asked<'_>, keys: &[String]) -> Result<Answer<Vec<Mandate>>, Fault> {
        if !asked.unreadable(Feed::Mandates, keys).await?.is_empty() {
            return Ok(Answer::NoAnswer(NoAnswer::Unreadable));
        }
        asked.mandates(keys).await.map(Answer::Found)
    }

    async fn cards(
        &self,
        asked: &Asked<'_>,
        wanted: &[CardNumber],
    ) -> Result<BTreeMap<CardNumber, Answer<Card>>, Fault> {
        let keys: Vec<_> = wanted.iter().map(|card| card.as_str().to_owned()).collect();
        let found = asked.cards(&keys).await?;
        let unreadable = asked.unreadable(Feed::Cards, &keys).await?;
        let answer = |number: &CardNumber| {
            let card = found.iter().find(|card| card.number == number.as_str());
            card.cloned().map_or_else(|| absent(&unreadable, number.as_str()), Answer::Found)
        };
        Ok(wanted.iter().map(|number| (number.clone(), answer(number))).collect())
    }
}

/// The FINESS number of a structure's legal entity: its own, when it is one.
fn legal_entity_of(structure: &Structure) -> Option<String> {
    match structure.level {
        Some(FinessLevel::Legal) => structure.finess.clone(),
        Some(FinessLevel::Geographical) | None => structure.finess_ej.clone(),
    }
}

/// Everything that a contract or a mandate can name these structures by.
fn identifiers<'a>(structures: impl Iterator<Item = &'a Structure>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for structure in structures {
        keys.extend(structure.finess.clone());
        keys.extend(structure.siret.clone());
        keys.extend(structure.rpps_rang.iter().cloned());
    }
    keys.into_iter().collect()
}

fn absent<T>(unreadable: &BTreeSet<String>, key: &str) -> Answer<T> {
    if unreadable.contains(key) { Answer::NoAnswer(NoAnswer::Unreadable) } else { Answer::NotFound }
}

fn one(
    found: &[Structure],
    family: &Family<'_>,
    missing: impl FnOnce() -> Answer<StructureFacts>,
) -> Answer<StructureFacts> {
    found.first().map_or_else(missing, |structure| Answer::Found(family.of(structure)))
}

/// The legal entities of the structures on a form, with all their establishments.
struct Family<'a> {
    legal: &'a [Structure],
    establishments: &'a [Structure],
}

impl Family<'_> {
    fn of(&self, structure: &Structure) -> StructureFacts {
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

/// The facts where there is no registry to ask.
fn silence(wanted: &Wanted, snapshot: Option<i64>, why: &NoAnswer) -> Facts {
    fn not<T>(why: &NoAnswer) -> Answer<T> {
        Answer::NoAnswer(why.clone())
    }
    let rangs = wanted.rpps_rang.iter().map(|rang: &RppsRang| (rang.clone(), not(why)));
    let cards = wanted.cards.iter().map(|card: &CardNumber| (card.clone(), not(why)));
    Facts {
        snapshot,
        by_finess: wanted.finess.as_ref().map(|_| not(why)),
        by_siret: wanted.siret.as_ref().map(|_| not(why)),
        by_rpps_rang: rangs.collect(),
        contracts: not(why),
        cards: cards.collect(),
        mandates: not(why),
    }
}
