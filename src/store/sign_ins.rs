//! Sign-ins that are tried: counted before they are judged, so that neither a crash nor many at the same
//! moment give a guess for nothing; and those that were refused, on record.

use super::event::{Event, Kind, sha256};
use super::{Store, instant, millis};
use crate::database::fault;
use crate::domain::attempts::{WINDOW, Whose};
use crate::domain::staff::UserName;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::AnyConnection;
use std::net::{IpAddr, Ipv6Addr};

/// An attempt that counts, until it is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt(pub(super) i64);

/// Whether somebody may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    Now(Attempt),
    /// Too many failed under this name or from this address: not heard before then, and not counted.
    NotBefore(Timestamp),
}

/// By what somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInBy {
    Password,
    /// OpenID Connect.
    Provider,
    /// The demonstration, on this machine: by nothing.
    Demo,
}

impl SignInBy {
    const ALL: [Self; 3] = [Self::Password, Self::Provider, Self::Demo];

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "provider",
            Self::Demo => "demo",
        }
    }
}

/// Why somebody did not come in: for the record, never for whoever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such account.
    Unknown,
    WrongPassword,
    /// Somebody who is in wanted another password and did not know the one they have.
    WrongOldPassword,
    /// The account has none.
    NoPassword,
    Disabled,
    /// The account was changed while the password was compared.
    Changed,
    /// What the provider says proves nothing: signature, issuer, audience, time, nonce, state.
    NotProven,
    /// The account is linked to another identity of the provider.
    OtherIdentity,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongPassword => "wrong_password",
            Self::WrongOldPassword => "wrong_old_password",
            Self::NoPassword => "no_password",
            Self::Disabled => "disabled",
            Self::Changed => "changed",
            Self::NotProven => "not_proven",
            Self::OtherIdentity => "other_identity",
        }
    }
}

/// A sign-in that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// The account's name; what is no account's may be a password and is not recorded.
    pub account: Option<&'a UserName>,
    pub by: SignInBy,
    pub why: Refusal,
    pub address: IpAddr,
}

const DOING: &str = "counting a sign-in";

impl Store {
    /// Whether somebody may try to sign in now, under this name (`None`: what was typed is none, or a
    /// provider says who it is) from this address. Then the attempt counts as failed until
    /// [`Store::signs_in`], or [`Store::did_not_try`].
    pub async fn tries_to_sign_in(
        &self,
        name: Option<&UserName>,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Tried, Fault> {
        // one after the other, also on PostgreSQL: what is counted here is counted for good
        let mut write = self.write(DOING, now).await?;
        let (name, address) = (name.map(hashed), place(address));
        let since = millis(before(now, WINDOW));
        let mut waits_until = None;
        for (whose, key) in [(Whose::Name, name.as_deref()), (Whose::Address, Some(address.as_str()))] {
            if let Some(key) = key {
                waits_until = waits_until.max(wait(write.connection(), whose, key, since).await?);
            }
        }
        if let Some(until) = waits_until.filter(|until| *until > now) {
            return Ok(Tried::NotBefore(until));
        }
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO sign_in_attempts (at, name_sha256, address) VALUES ($1, $2, $3) RETURNING id",
        )
        .bind(millis(now))
        .bind(name)
        .bind(address)
        .fetch_one(write.connection())
        .await
        .map_err(fault(DOING))?;
        write.commit().await?;
        Ok(Tried::Now(Attempt(id)))
    }

    /// Takes an attempt back that came to nothing by our own fault.
    pub async fn did_not_try(&self, attempt: Attempt) -> Result<(), Fault> {
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query("DELETE FROM sign_in_attempts WHERE id = $1")
            .bind(attempt.0)
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        Ok(())
    }

    /// Puts a refused sign-in on record. The address stands beside the chain.
    pub async fn sign_in_refused(&self, refused: &Refused<'_>, now: Timestamp) -> Result<(), Fault> {
        let mut write = self.write("noting that a sign-in was refused", now).await?;
        let detail = json!({
            "user": refused.account.map(UserName::as_str),
            "by": refused.by.as_str(),
            "why": refused.why.as_str(),
        });
        let event = Event::new(Kind::SignInRefused).saying(detail);
        write.tell(event.aside(refused.address.to_canonical().to_string())).await?;
        write.commit().await
    }
}

/// The attempts under this name count no more: its person came in. Those of the address do. From where they
/// came in.
pub(super) async fn came_in(
    connection: &mut AnyConnection,
    name: &UserName,
    attempt: Attempt,
) -> Result<String, Fault> {
    let from: Option<(String,)> =
        sqlx::query_as("DELETE FROM sign_in_attempts WHERE id = $1 RETURNING address")
            .bind(attempt.0)
            .fetch_optional(&mut *connection)
            .await
            .map_err(fault(DOING))?;
    sqlx::query("UPDATE sign_in_attempts SET name_sha256 = NULL WHERE name_sha256 = $1")
        .bind(hashed(name))
        .execute(connection)
        .await
        .map_err(fault(DOING))?;
    Ok(from.map(|(from,)| from).unwrap_or_default())
}

/// Attempts that count no more.
pub(super) async fn forget(connection: &mut AnyConnection, now: Timestamp) -> Result<u64, Fault> {
    let gone = sqlx::query("DELETE FROM sign_in_attempts WHERE at < $1")
        .bind(millis(before(now, WINDOW)))
        .execute(connection)
        .await
        .map_err(fault("forgetting old sign-ins"))?;
    Ok(gone.rows_affected())
}

/// When the next attempt is heard; `None`: none has failed.
async fn wait(
    connection: &mut AnyConnection,
    whose: Whose,
    key: &str,
    since: i64,
) -> Result<Option<Timestamp>, Fault> {
    let sql = match whose {
        Whose::Name => "SELECT COUNT(*), MAX(at) FROM sign_in_attempts WHERE name_sha256 = $1 AND at >= $2",
        Whose::Address => "SELECT COUNT(*), MAX(at) FROM sign_in_attempts WHERE address = $1 AND at >= $2",
    };
    let (failed, last): (i64, Option<i64>) =
        sqlx::query_as(sql).bind(key).bind(since).fetch_one(connection).await.map_err(fault(DOING))?;
    let wait = whose.wait(u32::try_from(failed).unwrap_or(u32::MAX));
    last.map(|last| Ok(instant(last)?.saturating_add(wait).unwrap_or(Timestamp::MAX))).transpose()
}

fn hashed(name: &UserName) -> String {
    sha256(name.as_str().as_bytes())
}

/// As whose an address counts: of IPv6, the network that one subscriber has (RFC 6177, section 2: a /64
/// at least).
pub(super) fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => format!("{}/64", Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
    }
}

pub(super) fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn one_subscriber_counts_as_one() {
        let of = |text: &str| place(text.parse().unwrap());
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_eq!(of("2001:db8:1:2:ffff::1"), of("2001:db8:1:2::7"));
        assert_ne!(of("2001:db8:1:3::7"), of("2001:db8:1:2::7"));
    }
}
