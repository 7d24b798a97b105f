//! The rows of one snapshot, asked for by identifier.

use super::Snapshot;
use super::feed::Feed;
use crate::database::{Database, fault, list};
use crate::domain::facts::{Card, Class, Contract, ContractStatus, FinessLevel, Mandate, Structure};
use crate::domain::form::Masked;
use crate::domain::policy::CardType;
use crate::fault::Fault;
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeSet;

const DOING: &str = "asking the registry";

/// What structures are looked for by.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    Finess,
    /// The FINESS number of their legal entity.
    LegalEntity,
    Siret,
    RppsRang,
}

/// A snapshot being asked.
pub(super) struct Asked<'a> {
    database: &'a Database,
    snapshot: &'a Snapshot,
}

impl<'a> Asked<'a> {
    pub(super) fn new(database: &'a Database, snapshot: &'a Snapshot) -> Self {
        Self { database, snapshot }
    }

    /// Structures, open ones first (official files hold the odd number twice).
    pub(super) async fn structures(&self, by: By, keys: &[String]) -> Result<Vec<Structure>, Fault> {
        let condition = match by {
            By::Finess => "finess IN",
            By::LegalEntity => "finess_ej IN",
            By::Siret => "siret IN",
            By::RppsRang => {
                "line IN (SELECT line FROM registry_rangs WHERE snapshot = $1 AND rpps_rang IN {keys})"
            }
        };
        let rows: Vec<StructureColumns> = self
            .matching(
                "SELECT line, finess, level, finess_ej, siret, rpps_rang, name, class, main_site, closed \
                 FROM registry_structures WHERE snapshot = $1 AND",
                condition,
                "ORDER BY closed, line",
                keys,
            )
            .await?;
        rows.into_iter().map(StructureColumns::structure).collect()
    }

    pub(super) async fn contracts(&self, keys: &[String]) -> Result<Vec<Contract>, Fault> {
        let rows: Vec<ContractColumns> = self
            .matching(
                "SELECT line, number, structure, valid_from, valid_until, status, representative_last_name, \
                 representative_first_name FROM registry_contracts WHERE snapshot = $1 AND",
                "structure IN",
                "ORDER BY line",
                keys,
            )
            .await?;
        rows.into_iter().map(ContractColumns::contract).collect()
    }

    /// Cards; of a number that is there twice, the opposed one first, then the one that lasts.
    pub(super) async fn cards(&self, keys: &[String]) -> Result<Vec<Card>, Fault> {
        let rows: Vec<CardColumns> = self
            .matching(
                "SELECT line, number, kind, last_name, first_name, structure, valid_from, valid_until, opposed_on \
                 FROM registry_cards WHERE snapshot = $1 AND",
                "number IN",
                "ORDER BY CASE WHEN opposed_on IS NULL THEN 1 ELSE 0 END, opposed_on, \
                 COALESCE(valid_until, '9999-12-31') DESC, line",
                keys,
            )
            .await?;
        rows.into_iter().map(CardColumns::card).collect()
    }

    pub(super) async fn mandates(&self, keys: &[String]) -> Result<Vec<Mandate>, Fault> {
        let rows: Vec<MandateColumns> = self
            .matching(
                "SELECT line, structure, last_name, first_name, card, valid_from, valid_until \
                 FROM registry_mandates WHERE snapshot = $1 AND",
                "structure IN",
                "ORDER BY line",
                keys,
            )
            .await?;
        rows.into_iter().map(MandateColumns::mandate).collect()
    }

    /// Those of the keys that stand in a row which the import could not read.
    pub(super) async fn unreadable<'k>(
        &self,
        feed: Feed,
        keys: impl IntoIterator<Item = &'k String>,
    ) -> Result<BTreeSet<String>, Fault> {
        if self.snapshot.bad_rows == 0 {
            return Ok(BTreeSet::new());
        }
        let keys: Vec<_> = keys.into_iter().cloned().collect();
        let rows: Vec<(String, String)> = self
            .matching(
                "SELECT identifier, feed FROM registry_bad_keys WHERE snapshot = $1 AND",
                "identifier IN",
                "",
                &keys,
            )
            .await?;
        let of_feed = rows.into_iter().filter(|(_, its)| its == feed.as_str());
        Ok(of_feed.map(|(identifier, _)| identifier).collect())
    }

    /// Rows whose column is one of the keys. The list of parameters is filled up to a power of
    /// two, so that a handful of statements serves families of every size.
    async fn matching<T>(
        &self,
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
            let mut query = sqlx::query_as::<_, T>(AssertSqlSafe(format!("{select} {condition} {order}")))
                .bind(self.snapshot.id);
            for key in some.iter().chain(std::iter::repeat_n(last, slots - some.len())) {
                query = query.bind(key);
            }
            found.extend(query.fetch_all(self.database.read()).await.map_err(fault(DOING))?);
        }
        Ok(found)
    }
}

/// A day as the import wrote it.
fn day(text: Option<&String>) -> Result<Option<Date>, Fault> {
    text.map(|text| text.parse().map_err(|error: jiff::Error| Fault::never(DOING, error))).transpose()
}

fn unknown(column: &'static str) -> Fault {
    Fault::never(DOING, format!("unknown word in column {column}"))
}

#[derive(FromRow)]
struct StructureColumns {
    line: i64,
    finess: Option<String>,
    level: Option<String>,
    finess_ej: Option<String>,
    siret: Option<String>,
    rpps_rang: String,
    name: String,
    class: Option<String>,
    main_site: Option<String>,
    closed: i64,
}

impl StructureColumns {
    fn structure(self) -> Result<Structure, Fault> {
        let class = self.class.map(|class| Class::parse(&class).ok_or_else(|| unknown("class")));
        let level = self.level.map(|level| match level.as_str() {
            "EJ" => Ok(FinessLevel::Legal),
            "EG" => Ok(FinessLevel::Geographical),
            _ => Err(unknown("level")),
        });
        Ok(Structure {
            line: self.line.unsigned_abs(),
            finess: self.finess,
            level: level.transpose()?,
            finess_ej: self.finess_ej,
            siret: self.siret,
            rpps_rang: self.rpps_rang.split_whitespace().map(str::to_owned).collect(),
            name: self.name,
            class: class.transpose()?,
            main_site: self.main_site,
            closed: self.closed != 0,
            closed_on: None,
        })
    }
}

#[derive(FromRow)]
struct ContractColumns {
    line: i64,
    number: String,
    structure: String,
    valid_from: Option<String>,
    valid_until: Option<String>,
    status: String,
    representative_last_name: Option<String>,
    representative_first_name: Option<String>,
}

impl ContractColumns {
    fn contract(self) -> Result<Contract, Fault> {
        let status = match self.status.as_str() {
            "active" => ContractStatus::Active,
            "suspended" => ContractStatus::Suspended,
            "terminated" => ContractStatus::Terminated,
            _ => return Err(unknown("status")),
        };
        Ok(Contract {
            line: self.line.unsigned_abs(),
            number: self.number,
            structure: self.structure,
            // registry.md: empty = open
            valid_from: day(self.valid_from.as_ref())?.unwrap_or(Date::MIN),
            valid_until: day(self.valid_until.as_ref())?,
            status,
            representative_last_name: self.representative_last_name.map(Masked::new),
            representative_first_name: self.representative_first_name.map(Masked::new),
        })
    }
}

#[derive(FromRow)]
struct CardColumns {
    line: i64,
    number: String,
    kind: Option<String>,
    last_name: String,
    first_name: String,
    structure: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    opposed_on: Option<String>,
}

impl CardColumns {
    fn card(self) -> Result<Card, Fault> {
        let kind = self.kind.map(|kind| CardType::parse(&kind).ok_or_else(|| unknown("kind")));
        Ok(Card {
            line: self.line.unsigned_abs(),
            number: self.number,
            kind: kind.transpose()?,
            last_name: Masked::new(self.last_name),
            first_name: Masked::new(self.first_name),
            structure: self.structure,
            valid_from: day(self.valid_from.as_ref())?,
            valid_until: day(self.valid_until.as_ref())?,
            opposed_on: day(self.opposed_on.as_ref())?,
        })
    }
}

#[derive(FromRow)]
struct MandateColumns {
    line: i64,
    structure: String,
    last_name: String,
    first_name: String,
    card: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

impl MandateColumns {
    fn mandate(self) -> Result<Mandate, Fault> {
        Ok(Mandate {
            line: self.line.unsigned_abs(),
            structure: self.structure,
            last_name: Masked::new(self.last_name),
            first_name: Masked::new(self.first_name),
            card: self.card,
            valid_from: day(self.valid_from.as_ref())?.unwrap_or(Date::MIN),
            valid_until: day(self.valid_until.as_ref())?,
        })
    }
}
