//! The columns of the registry's tables, read as what they mean.

use super::feed::Feed;
use super::rows::{DOING, Known, Origin};
use crate::domain::facts::{Card, Class, Contract, ContractStatus, FinessLevel, Mandate, Structure};
use crate::domain::form::Masked;
use crate::domain::policy::CardType;
use crate::fault::Fault;
use jiff::civil::Date;
use sqlx::FromRow;

/// A day as the import wrote it.
fn day(text: Option<&String>) -> Result<Option<Date>, Fault> {
    text.map(|text| text.parse().map_err(|error: jiff::Error| Fault::never(DOING, error))).transpose()
}

fn unknown(column: &'static str) -> Fault {
    Fault::never(DOING, format!("unknown word in column {column}"))
}

fn feed(text: &str) -> Result<Feed, Fault> {
    Feed::parse(text).ok_or_else(|| unknown("feed"))
}

#[derive(FromRow)]
pub(super) struct StructureColumns {
    id: i64,
    feed: String,
    came: i64,
    line: i64,
    flagged: i64,
    finess: Option<String>,
    level: Option<String>,
    finess_ej: Option<String>,
    siret: Option<String>,
    rpps_rang: String,
    name: String,
    class: Option<String>,
    category: Option<String>,
    legal_status: Option<String>,
    main_site: Option<String>,
    closed: i64,
    closed_on: Option<String>,
}

impl StructureColumns {
    pub(super) fn known(self) -> Result<Known, Fault> {
        let class = self.class.map(|class| Class::parse(&class).ok_or_else(|| unknown("class")));
        let level = self.level.map(|level| match level.as_str() {
            "EJ" => Ok(FinessLevel::Legal),
            "EG" => Ok(FinessLevel::Geographical),
            _ => Err(unknown("level")),
        });
        let structure = Structure {
            feed: feed(&self.feed)?,
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
            closed_on: day(self.closed_on.as_ref())?,
        };
        Ok(Known {
            structure,
            category: self.category,
            legal_status: self.legal_status,
            origin: Origin {
                feed: feed(&self.feed)?,
                came: self.came,
                line: self.line,
                flagged: self.flagged != 0,
                id: self.id,
            },
        })
    }
}

#[derive(FromRow)]
pub(super) struct ContractColumns {
    id: i64,
    came: i64,
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
    pub(super) fn contract(self) -> Result<(Contract, Origin), Fault> {
        let status = match self.status.as_str() {
            "active" => ContractStatus::Active,
            "suspended" => ContractStatus::Suspended,
            "terminated" => ContractStatus::Terminated,
            _ => return Err(unknown("status")),
        };
        let contract = Contract {
            line: self.line.unsigned_abs(),
            number: self.number,
            structure: self.structure,
            // registry.md: empty = open
            valid_from: day(self.valid_from.as_ref())?.unwrap_or(Date::MIN),
            valid_until: day(self.valid_until.as_ref())?,
            status,
            representative_last_name: self.representative_last_name.map(Masked::new),
            representative_first_name: self.representative_first_name.map(Masked::new),
        };
        let origin =
            Origin { feed: Feed::Contracts, came: self.came, line: self.line, flagged: false, id: self.id };
        Ok((contract, origin))
    }
}

#[derive(FromRow)]
pub(super) struct CardColumns {
    id: i64,
    feed: String,
    came: i64,
    line: i64,
    flagged: i64,
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
    pub(super) fn card(self) -> Result<(Card, Origin), Fault> {
        let kind = self.kind.map(|kind| CardType::parse(&kind).ok_or_else(|| unknown("kind")));
        let card = Card {
            feed: feed(&self.feed)?,
            line: self.line.unsigned_abs(),
            number: self.number,
            kind: kind.transpose()?,
            last_name: Masked::new(self.last_name),
            first_name: Masked::new(self.first_name),
            structure: self.structure,
            valid_from: day(self.valid_from.as_ref())?,
            valid_until: day(self.valid_until.as_ref())?,
            opposed_on: day(self.opposed_on.as_ref())?,
        };
        let origin = Origin {
            feed: feed(&self.feed)?,
            came: self.came,
            line: self.line,
            flagged: self.flagged != 0,
            id: self.id,
        };
        Ok((card, origin))
    }
}

#[derive(FromRow)]
pub(super) struct MandateColumns {
    id: i64,
    came: i64,
    line: i64,
    structure: String,
    last_name: String,
    first_name: String,
    card: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

impl MandateColumns {
    pub(super) fn mandate(self) -> Result<(Mandate, Origin), Fault> {
        let mandate = Mandate {
            line: self.line.unsigned_abs(),
            structure: self.structure,
            last_name: Masked::new(self.last_name),
            first_name: Masked::new(self.first_name),
            card: self.card,
            valid_from: day(self.valid_from.as_ref())?.unwrap_or(Date::MIN),
            valid_until: day(self.valid_until.as_ref())?,
        };
        let origin =
            Origin { feed: Feed::Mandates, came: self.came, line: self.line, flagged: false, id: self.id };
        Ok((mandate, origin))
    }
}
