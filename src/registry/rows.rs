//! The rows of one snapshot, asked for by identifier.

use super::Snapshot;
use super::columns::{CardColumns, ContractColumns, MandateColumns, StructureColumns};
use super::feed::{Feed, Table};
use crate::database::{Database, fault, list};
use crate::domain::facts::{Card, Contract, Mandate, Structure};
use crate::fault::Fault;
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AssertSqlSafe, FromRow};
use std::collections::BTreeSet;

pub(super) const DOING: &str = "asking the registry";

/// What structures are looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Finess,
    /// The FINESS number of their legal entity.
    LegalEntity,
    Siret,
    RppsRang,
}

/// A structure, and what its class can be derived from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) structure: Structure,
    pub(super) category: Option<String>,
    pub(super) legal_status: Option<String>,
    pub(super) origin: Origin,
}

/// Since when a row is known, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub feed: Feed,
    /// The snapshot that brought the row as it is.
    pub came: i64,
    /// Its line in the file that brought it.
    pub line: i64,
    /// An identifier in it breaks its format.
    pub flagged: bool,
    pub(super) id: i64,
}

/// A snapshot being asked, over one connection: a pool would have the server answer each time that the
/// connection lives, before each of a form's dozen questions.
pub(super) struct Asked<'a> {
    connection: PoolConnection<Any>,
    snapshot: &'a Snapshot,
}

/// The rows that a snapshot shows (`$1`).
const SHOWN: &str = "came <= $1 AND (gone IS NULL OR gone > $1)";

impl<'a> Asked<'a> {
    pub(super) async fn new(database: &Database, snapshot: &'a Snapshot) -> Result<Self, Fault> {
        let connection = database.read().acquire().await.map_err(fault(DOING))?;
        Ok(Self { connection, snapshot })
    }

    /// Structures, open ones first (official files hold the odd number twice). Where both our own
    /// file and the public one know a structure, our own row is completed from the public one.
    pub(super) async fn structures(&mut self, by: By, keys: &[String]) -> Result<Vec<Known>, Fault> {
        let mut found = self.structure_rows(by, keys).await?;
        let loaded = |feed| self.snapshot.feed(feed).is_some();
        if loaded(Feed::Structures) && loaded(Feed::Finess) {
            if by != By::Finess {
                let numbers: BTreeSet<_> =
                    found.iter().filter_map(|one| one.structure.finess.clone()).collect();
                let numbers: Vec<_> = numbers.into_iter().collect();
                for twin in self.structure_rows(By::Finess, &numbers).await? {
                    if found.iter().all(|one| one.origin.id != twin.origin.id) {
                        found.push(twin);
                    }
                }
            }
            found = completed(found);
        }
        found.sort_by_key(|one| (one.structure.closed, one.origin.feed, one.origin.line, one.origin.id));
        Ok(found)
    }

    async fn structure_rows(&mut self, by: By, keys: &[String]) -> Result<Vec<Known>, Fault> {
        let condition = match by {
            By::Finess => "finess IN",
            By::LegalEntity => "finess_ej IN",
            By::Siret => "siret IN",
            By::RppsRang => "id IN (SELECT structure FROM registry_rangs WHERE rpps_rang IN {keys})",
        };
        let rows: Vec<StructureColumns> = self
            .matching(
                "SELECT id, feed, came, line, flagged, finess, level, finess_ej, siret, rpps_rang, name, class, \
                 category, legal_status, main_site, closed, closed_on FROM registry_structures WHERE",
                condition,
                "",
                keys,
            )
            .await?;
        rows.into_iter().map(StructureColumns::known).collect()
    }

    pub(super) async fn contracts(&mut self, keys: &[String]) -> Result<Vec<(Contract, Origin)>, Fault> {
        let rows: Vec<ContractColumns> = self
            .matching(
                "SELECT id, came, line, number, structure, valid_from, valid_until, status, \
                 representative_last_name, representative_first_name FROM registry_contracts WHERE",
                "structure IN",
                "ORDER BY line, id",
                keys,
            )
            .await?;
        rows.into_iter().map(ContractColumns::contract).collect()
    }

    /// Cards; of a number that is there twice, the opposed one first, then the one that lasts.
    pub(super) async fn cards(&mut self, keys: &[String]) -> Result<Vec<(Card, Origin)>, Fault> {
        let rows: Vec<CardColumns> = self
            .matching(
                "SELECT id, feed, came, line, flagged, number, kind, last_name, first_name, structure, valid_from, \
                 valid_until, opposed_on FROM registry_cards WHERE",
                "number IN",
                "ORDER BY CASE WHEN opposed_on IS NULL THEN 1 ELSE 0 END, opposed_on, \
                 COALESCE(valid_until, '9999-12-31') DESC, line, id",
                keys,
            )
            .await?;
        rows.into_iter().map(CardColumns::card).collect()
    }

    pub(super) async fn mandates(&mut self, keys: &[String]) -> Result<Vec<(Mandate, Origin)>, Fault> {
        let rows: Vec<MandateColumns> = self
            .matching(
                "SELECT id, came, line, structure, last_name, first_name, card, valid_from, valid_until \
                 FROM registry_mandates WHERE",
                "structure IN",
                "ORDER BY line, id",
                keys,
            )
            .await?;
        rows.into_iter().map(MandateColumns::mandate).collect()
    }

    /// Those of the keys that stand in a row which the import could not read.
    pub(super) async fn unreadable<'k>(
        &mut self,
        table: Table,
        keys: impl IntoIterator<Item = &'k String>,
    ) -> Result<BTreeSet<String>, Fault> {
        let feeds: Vec<_> = table.feeds().filter_map(|feed| self.snapshot.feed(feed)).collect();
        if feeds.iter().all(|feed| feed.bad_rows == 0) {
            return Ok(BTreeSet::new());
        }
        let keys: Vec<_> = keys.into_iter().cloned().collect();
        let rows: Vec<(String, String)> = self
            .matching(
                "SELECT identifier, feed FROM registry_bad_rows JOIN registry_bad_keys \
                 ON registry_bad_keys.bad_row = registry_bad_rows.id WHERE",
                "identifier IN",
                "",
                &keys,
            )
            .await?;
        let of_table = rows.into_iter().filter(|(_, its)| feeds.iter().any(|feed| feed.feed.as_str() == its));
        Ok(of_table.map(|(identifier, _)| identifier).collect())
    }

    /// Rows whose column is one of the keys. The list of parameters is filled up to a power of
    /// two, so that a handful of statements serves families of every size.
    async fn matching<T>(
        &mut self,
        select: &str,
        condition: &str,
        order: &str,
        keys: &[String],
    ) -> Result<Vec<T>, Fault>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        const AT_ONCE: usize = 512;
        let mut found = Vec::new();
        for some in keys.chunks(AT_ONCE) {
            let Some(last) = some.last() else { continue };
            let slots = some.len().next_power_of_two();
            // the snapshot is $1: the keys begin at $2
            let slots_sql = list(2, slots);
            let condition = if condition.contains("{keys}") {
                condition.replace("{keys}", &slots_sql)
            } else {
                format!("{condition} {slots_sql}")
            };
            let sql = format!("{select} {condition} AND {SHOWN} {order}");
            let mut query = sqlx::query_as::<_, T>(AssertSqlSafe(sql)).bind(self.snapshot.id);
            for key in some.iter().chain(std::iter::repeat_n(last, slots - some.len())) {
                query = query.bind(key);
            }
            found.extend(query.fetch_all(&mut *self.connection).await.map_err(fault(DOING))?);
        }
        Ok(found)
    }
}

/// Our own rows, completed from the public ones of the same number; and the public ones that have no
/// row of ours. What either calls closed is closed.
fn completed(found: Vec<Known>) -> Vec<Known> {
    let (mut own, public): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.origin.feed == Feed::Structures);
    let mut alone = Vec::new();
    for more in public {
        let mut twins = own.iter_mut().filter(|one| one.structure.finess == more.structure.finess).peekable();
        if twins.peek().is_none() {
            alone.push(more);
            continue;
        }
        for twin in twins {
            let (ours, theirs) = (&mut twin.structure, &more.structure);
            if !ours.closed {
                ours.closed = theirs.closed;
                ours.closed_on = theirs.closed_on;
            }
            if ours.name.is_empty() {
                ours.name.clone_from(&theirs.name);
            }
            ours.finess_ej = ours.finess_ej.take().or_else(|| theirs.finess_ej.clone());
            ours.siret = ours.siret.take().or_else(|| theirs.siret.clone());
            twin.category = twin.category.take().or_else(|| more.category.clone());
            twin.legal_status = twin.legal_status.take().or_else(|| more.legal_status.clone());
        }
    }
    own.extend(alone);
    own
}
