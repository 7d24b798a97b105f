//! How much was answered to whom, and the caps that stay tripped until a person resets them.

use super::event::{Event, Kind};
use super::{Store, instant, millis};
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;

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
        const DOING: &str = "counting replies";
        let (to_address, to_domain, total): (i64, i64, i64) = sqlx::query_as(
            "SELECT \
             (SELECT COUNT(*) FROM replies WHERE address_key = $1 AND created_at >= $3 AND state <> 'held'), \
             (SELECT COUNT(*) FROM replies WHERE domain_key = $2 AND created_at >= $3 AND state <> 'held'), \
             (SELECT COUNT(*) FROM replies WHERE created_at >= $3 AND state <> 'held')",
        )
        .bind(key(address.expose()))
        .bind(domain_key(address.expose()))
        .bind(millis(since))
        .fetch_one(self.database.read())
        .await
        .map_err(fault(DOING))?;
        Ok(ReplyCounts {
            to_address: to_address.unsigned_abs(),
            to_domain: to_domain.unsigned_abs(),
            total: total.unsigned_abs(),
        })
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
        self.tripped_among(None).await
    }

    /// The tripped caps that bear on an answer to this address.
    pub async fn tripped_for(&self, address: &Masked) -> Result<Vec<Tripped>, Fault> {
        self.tripped_among(Some(address)).await
    }

    async fn tripped_among(&self, address: Option<&Masked>) -> Result<Vec<Tripped>, Fault> {
        const DOING: &str = "reading the tripped caps";
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
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter()
            .map(|(cap, at, because)| {
                let cap = super::word(Cap::from_key(&cap), "tripped_caps.cap")?;
                Ok(Tripped { cap, at: instant(at)?, because })
            })
            .collect()
    }
}
