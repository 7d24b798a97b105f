//! How much was answered to whom, and the caps that stay tripped until a person resets them.

use super::event::{Event, Kind};
use super::{Store, instant, millis};
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::AnyConnection;

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

/// Replies composed since some time, held ones not counted.
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
        let counts = counts(connection, address, self.since).await?;
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
    /// How many replies were composed since `since` for this address, its domain, and in all.
    pub async fn replies_since(&self, address: &Masked, since: Timestamp) -> Result<ReplyCounts, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(COUNTING))?;
        counts(&mut connection, address, since).await
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

    /// Resets a cap, by a person. `false`: it was not tripped.
    pub async fn reset(&self, cap: &Cap, by: &str, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "resetting a cap";
        let mut write = self.write(DOING, now).await?;
        let done = sqlx::query("DELETE FROM tripped_caps WHERE cap = $1")
            .bind(cap.key())
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        write.tell(Event::new(Kind::CapReset).by(by).saying(json!({ "cap": cap.kind() }))).await?;
        write.commit().await?;
        Ok(true)
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

const COUNTING: &str = "counting replies";
const READING: &str = "reading the tripped caps";

async fn counts(
    connection: &mut AnyConnection,
    address: &Masked,
    since: Timestamp,
) -> Result<ReplyCounts, Fault> {
    let (to_address, to_domain, total): (i64, i64, i64) = sqlx::query_as(
        "SELECT \
         (SELECT COUNT(*) FROM replies WHERE address_key = $1 AND created_at >= $3 AND state <> 'held'), \
         (SELECT COUNT(*) FROM replies WHERE domain_key = $2 AND created_at >= $3 AND state <> 'held'), \
         (SELECT COUNT(*) FROM replies WHERE created_at >= $3 AND state <> 'held')",
    )
    .bind(key(address.expose()))
    .bind(domain_key(address.expose()))
    .bind(millis(since))
    .fetch_one(connection)
    .await
    .map_err(fault(COUNTING))?;
    Ok(ReplyCounts {
        to_address: to_address.unsigned_abs(),
        to_domain: to_domain.unsigned_abs(),
        total: total.unsigned_abs(),
    })
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
