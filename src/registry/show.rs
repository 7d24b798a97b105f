//! What is known about one number, and since when: for `guichet registry show`.

use super::facts::{ClassOrigin, classified, legal_entity_of, numbers};
use super::feed::Table;
use super::rows::{Asked, By, Origin};
use super::{Classes, Registry, Snapshot};
use crate::domain::facts::{Card, Contract, Mandate, Structure};
use crate::fault::Fault;

/// Everything the current snapshot shows about a number.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAbout {
    pub snapshot: Snapshot,
    pub structures: Vec<KnownStructure>,
    /// Of these structures, of their legal entities and of their establishments.
    pub contracts: Vec<(Contract, Origin)>,
    pub mandates: Vec<(Mandate, Origin)>,
    pub cards: Vec<(Card, Origin)>,
    /// The number stands in a row that could not be read.
    pub unreadable: bool,
}

/// A structure, where its class comes from, and where it does.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownStructure {
    pub structure: Structure,
    pub class_from: ClassOrigin,
    pub legal_entity: Option<Structure>,
    /// Open or closed.
    pub establishments: Vec<Structure>,
    pub origin: Origin,
}

impl KnownAbout {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.structures.is_empty() && self.cards.is_empty() && !self.unreadable
    }
}

impl Registry {
    /// What is known about a FINESS, a SIRET, an RPPS rang or a card. `None`: nothing was ever loaded.
    pub async fn known_about(&self, number: &str) -> Result<Option<KnownAbout>, Fault> {
        let Some(snapshot) = self.current().await? else { return Ok(None) };
        let mut asked = Asked::new(&self.database, &snapshot).await?;
        let key = [number.to_owned()];
        let mut found = Vec::new();
        for by in [By::Finess, By::Siret, By::RppsRang] {
            for one in asked.structures(by, &key).await? {
                if found.iter().all(|known: &super::rows::Known| known.origin.id != one.origin.id) {
                    found.push(one);
                }
            }
        }
        let mut entities: Vec<_> = found.iter().filter_map(|one| legal_entity_of(&one.structure)).collect();
        entities.sort();
        entities.dedup();
        let legal = asked.structures(By::Finess, &entities).await?;
        let sites = asked.structures(By::LegalEntity, &entities).await?;
        let family = || found.iter().chain(&legal).map(|one| &one.structure);
        let wide = numbers(family().chain(sites.iter().map(|one| &one.structure)));
        let (contracts, mandates) =
            (asked.contracts(&wide).await?, asked.mandates(&numbers(family())).await?);
        let cards = asked.cards(&key).await?;
        let mut unreadable = false;
        for table in Table::ALL {
            unreadable |= !asked.unreadable(table, &key).await?.is_empty();
        }
        let table = Classes::built_in();
        let structures = found
            .iter()
            .map(|one| {
                let entity = legal_entity_of(&one.structure);
                let (structure, class_from) = classified(one, &legal, table);
                let of = |other: &Option<String>| other.is_some() && *other == entity;
                KnownStructure {
                    class_from,
                    legal_entity: legal
                        .iter()
                        .map(|one| &one.structure)
                        .find(|one| of(&one.finess) && one.finess != structure.finess)
                        .cloned(),
                    establishments: sites
                        .iter()
                        .filter(|site| of(&site.structure.finess_ej))
                        .map(|site| classified(site, &legal, table).0)
                        .collect(),
                    structure,
                    origin: one.origin,
                }
            })
            .collect();
        Ok(Some(KnownAbout { snapshot, structures, contracts, mandates, cards, unreadable }))
    }
}
