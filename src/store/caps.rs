//! How much was answered to whom, and the caps that stay tripped until a person resets them.

use super::event::{Event, Kind};
use super::{Store, instant, millis};
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe};

/// A limit on the replies of a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cap {
    /// All replies.
    Total,
    /// Replies to one mail domain.
    Domain(Masked),
    /// Replies to one address.
    Address(Masked),
}

impl Cap {
    fn key(&self) -> String {
        match self {
            Self::Total => "total".to_owned(),
            Self::Domain(domain) => format!("domain {}", key(domain.expose())),
            Self::Address(address) => format!("address {}", key(address.expose())),
        }
    }

    fn from_key(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None => (text == "total").then_some(Self::Total),
            Some(("domain", domain)) => Some(Self::Domain(Masked::new(domain))),
            Some(("address", address)) => Some(Self::Address(Masked::new(address))),
            Some(_) => None,
        }
    }

    /// The kind of cap, for logs and events, which name nobody.
    fn kind(&self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Domain(_) => "domain",
            Self::Address(_) => "address",
        }
    }
}

/// A cap that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tripped {
    pub cap: Cap,
    pub at: Timestamp,
    pub because: String,
}

/// Replies composed since some time, held ones not counted. Where a cap is far, there may be fewer than
/// it says; from the cap on nobody counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplyCounts {
    pub to_address: u64,
    pub to_domain: u64,
    pub total: u64,
}

/// How many replies may leave by themselves since a moment; counted again in the commit that makes one
/// due, as others may have made theirs due meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    pub since: Timestamp,
    pub per_address: u64,
    pub per_domain: u64,
    pub total: u64,
}

impl Within {
    /// Whether one more may leave: no cap is tripped, and none is reached.
    pub(super) async fn lets(&self, connection: &mut AnyConnection, address: &Masked) -> Result<bool, Fault> {
        let counts = counts(connection, address, self).await?;
        let under = counts.to_address < self.per_address
            && counts.to_domain < self.per_domain
            && counts.total < self.total;
        Ok(under && tripped_among(connection, Some(address)).await?.is_empty())
    }
}

/// How addresses are compared: RFC 5321 §2.4 leaves the local part's case to its host, and no host
/// in use tells them apart.
pub(super) fn key(text: &str) -> String {
    clean(text.trim()).to_lowercase()
}

/// The part after the last `@`.
pub(super) fn domain_key(address: &str) -> String {
    key(address.rsplit_once('@').map_or("", |(_, domain)| domain))
}

impl Store {
    /// How many replies were composed for this address, its domain, and in all, as far as these caps ask.
    pub async fn replies_within(&self, address: &Masked, within: &Within) -> Result<ReplyCounts, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(COUNTING))?;
        counts(&mut connection, address, within).await
    }

    /// Trips a cap. `false`: it was tripped already.
    pub async fn trip(&self, cap: &Cap, because: &str, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "tripping a cap";
        let mut write = self.write(DOING, now).await?;
        let done = sqlx::query(
            "INSERT INTO tripped_caps (cap, tripped_at, because) VALUES ($1, $2, $3) ON CONFLICT (cap) DO NOTHING",
        )
        .bind(cap.key())
        .bind(millis(now))
        .bind(clean(because))
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let detail = json!({ "cap": cap.kind(), "because": because });
        write.tell(Event::new(Kind::CapTripped).saying(detail)).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Resets a cap, by a person, with their reason. `false`: it was not tripped.
    pub async fn reset(&self, cap: &Cap, (by, because): (&str, &str), now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "resetting a cap";
        let mut write = self.write(DOING, now).await?;
        let held = held_under(write.connection(), cap).await?;
        let done = sqlx::query("DELETE FROM tripped_caps WHERE cap = $1")
            .bind(cap.key())
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let detail = json!({ "cap": cap.kind(), "held": held.count, "letters": held.letters });
        let event = Event::new(Kind::CapReset).by(by).saying(detail);
        // whoever gives a reason may name somebody
        write.tell(event.aside(json!({ "because": because }).to_string())).await?;
        write.commit().await?;
        Ok(true)
    }

    /// The letters that are held since this cap was reached, and that it covers.
    pub async fn held_under(&self, cap: &Cap) -> Result<HeldUnder, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        held_under(&mut connection, cap).await
    }

    /// Every tripped cap, oldest first.
    pub async fn tripped(&self) -> Result<Vec<Tripped>, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        tripped_among(&mut connection, None).await
    }

    /// The tripped caps that bear on an answer to this address.
    pub async fn tripped_for(&self, address: &Masked) -> Result<Vec<Tripped>, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        tripped_among(&mut connection, Some(address)).await
    }
}

/// Letters that wait under a cap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldUnder {
    pub count: u64,
    /// The first of them.
    pub letters: Vec<i64>,
}

/// Letters that are named.
const NAMED: i64 = 20;

async fn held_under(connection: &mut AnyConnection, cap: &Cap) -> Result<HeldUnder, Fault> {
    let covered = match cap {
        Cap::Total => "$2 = $2",
        Cap::Domain(_) => "domain_key = $2",
        Cap::Address(_) => "address_key = $2",
    };
    let whose = match cap {
        Cap::Total => String::new(),
        Cap::Domain(of) | Cap::Address(of) => key(of.expose()),
    };
    let held = format!(
        "FROM replies WHERE state = 'held' AND shadow = 0 AND withdrawn = 0 \
         AND created_at >= (SELECT tripped_at FROM tripped_caps WHERE cap = $1) AND {covered}"
    );
    let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(format!("SELECT COUNT(*) {held}")))
        .bind(cap.key())
        .bind(&whose)
        .fetch_one(&mut *connection)
        .await
        .map_err(fault(READING))?;
    let letters: Vec<(i64,)> =
        sqlx::query_as(AssertSqlSafe(format!("SELECT id {held} ORDER BY id LIMIT {NAMED}")))
            .bind(cap.key())
            .bind(&whose)
            .fetch_all(connection)
            .await
            .map_err(fault(READING))?;
    Ok(HeldUnder { count: count.unsigned_abs(), letters: letters.into_iter().map(|(id,)| id).collect() })
}

const COUNTING: &str = "counting replies";
const READING: &str = "reading the tripped caps";

async fn counts(
    connection: &mut AnyConnection,
    address: &Masked,
    within: &Within,
) -> Result<ReplyCounts, Fault> {
    // no more were composed than have got a number since then: on most days that is all one has to know.
    // Clocks of several daemons differ a little: the last ones before count, too
    let (given,): (Option<i64>,) = sqlx::query_as(
        "SELECT (SELECT MAX(id) FROM replies) - COALESCE((SELECT MIN(id) FROM \
         (SELECT id FROM replies WHERE created_at < $1 ORDER BY created_at DESC LIMIT 100) AS before), 0)",
    )
    .bind(millis(within.since))
    .fetch_one(&mut *connection)
    .await
    .map_err(fault(COUNTING))?;
    let given = given.unwrap_or_default().unsigned_abs();
    let mut counted = ReplyCounts { to_address: 0, to_domain: given, total: given };
    let (of_address, of_domain) = (key(address.expose()), domain_key(address.expose()));
    counted.to_address = count(connection, "address_key", &of_address, within, within.per_address).await?;
    if given >= within.per_domain {
        counted.to_domain = count(connection, "domain_key", &of_domain, within, within.per_domain).await?;
    }
    if given >= within.total {
        // of all of them nothing is asked
        counted.total = count(connection, "''", "", within, within.total).await?;
    }
    Ok(counted)
}

/// Counts those of a column's value, as far as `enough`.
async fn count(
    connection: &mut AnyConnection,
    column: &str,
    value: &str,
    within: &Within,
    enough: u64,
) -> Result<u64, Fault> {
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM replies WHERE {column} = $1 AND created_at >= $2 \
         AND state <> 'held' LIMIT $3) AS counted"
    );
    let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql))
        .bind(value)
        .bind(millis(within.since))
        .bind(i64::try_from(enough).unwrap_or(i64::MAX))
        .fetch_one(connection)
        .await
        .map_err(fault(COUNTING))?;
    Ok(count.unsigned_abs())
}

/// All, or those that bear on an answer to this address.
async fn tripped_among(
    connection: &mut AnyConnection,
    address: Option<&Masked>,
) -> Result<Vec<Tripped>, Fault> {
    let keys = address.map(|address| {
        let domain = Cap::Domain(Masked::new(domain_key(address.expose())));
        (Cap::Address(address.clone()).key(), domain.key())
    });
    let (of_address, of_domain) = keys.map_or((None, None), |(a, d)| (Some(a), Some(d)));
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT cap, tripped_at, because FROM tripped_caps \
         WHERE $1 IS NULL OR cap IN ('total', $1, $2) ORDER BY tripped_at, cap",
    )
    .bind(of_address)
    .bind(of_domain)
    .fetch_all(connection)
    .await
    .map_err(fault(READING))?;
    rows.into_iter()
        .map(|(cap, at, because)| {
            let cap = super::word(Cap::from_key(&cap), "tripped_caps.cap")?;
            Ok(Tripped { cap, at: instant(at)?, because })
        })
        .collect()
}
