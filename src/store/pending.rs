//! Sign-ins that an OpenID provider has not answered yet: what has to come back, once, in the browser that
//! went. Of all the secrets only hashes are kept, but for those that the provider is asked with.

use super::sign_ins::{before, place};
use super::{Store, Token, millis, word};
use crate::database::{clean, fault};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, FromRow};
use std::net::IpAddr;

/// So long somebody may take at the provider.
pub const AWAITED: SignedDuration = SignedDuration::from_mins(10);

/// Those begun from one address that are kept, the latest: whoever begins without end pushes out only
/// their own.
const KEPT: i64 = 200;

/// A sign-in that begins.
#[derive(Debug)]
pub struct Begun {
    /// Goes with the question and comes back with the answer (RFC 6749, section 10.12).
    pub state: Token,
    /// For the browser's cookie: the answer counts in this browser only.
    pub browser: Token,
    /// What only the provider is told, and what it is asked with.
    pub pending: Pending,
}

/// What is remembered of it.
#[derive(Debug)]
pub struct Pending {
    /// Comes back inside the token (OpenID Connect Core 1.0, section 3.1.2.1).
    pub nonce: Token,
    /// Proves that whoever brings the code is who asked for it (RFC 7636).
    pub verifier: Token,
    /// Where the person wanted to go.
    pub next: String,
}

#[derive(FromRow)]
struct Row {
    nonce: String,
    verifier: String,
    next: String,
}

impl Store {
    /// Remembers that somebody goes to the provider.
    pub async fn goes_to_the_provider(
        &self,
        next: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Begun, Fault> {
        const DOING: &str = "beginning a sign-in by a provider";
        let pending = Pending { nonce: Token::new()?, verifier: Token::new()?, next: clean(next) };
        let begun = Begun { state: Token::new()?, browser: Token::new()?, pending };
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query(
            "INSERT INTO pending_sign_ins (state_sha256, browser_sha256, nonce, verifier, next, address, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(begun.state.hashed())
        .bind(begun.browser.hashed())
        .bind(begun.pending.nonce.expose())
        .bind(begun.pending.verifier.expose())
        .bind(&begun.pending.next)
        .bind(place(address))
        .bind(millis(now))
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        sqlx::query(
            "DELETE FROM pending_sign_ins WHERE state_sha256 IN (SELECT state_sha256 FROM pending_sign_ins \
             WHERE address = $1 ORDER BY at DESC, state_sha256 LIMIT 100000 OFFSET $2)",
        )
        .bind(place(address))
        .bind(KEPT)
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(begun)
    }

    /// What was remembered, where this is the browser that went and it is not too late: once.
    pub async fn comes_from_the_provider(
        &self,
        state: &Token,
        browser: &Token,
        now: Timestamp,
    ) -> Result<Option<Pending>, Fault> {
        const DOING: &str = "looking for a sign-in by a provider";
        let mut connection = self.database.writer(DOING).await?;
        let row: Option<Row> = sqlx::query_as(
            "DELETE FROM pending_sign_ins WHERE state_sha256 = $1 AND browser_sha256 = $2 AND at > $3 \
             RETURNING nonce, verifier, next",
        )
        .bind(state.hashed())
        .bind(browser.hashed())
        .bind(millis(before(now, AWAITED)))
        .fetch_optional(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        let pending = |row: Row| {
            Ok(Pending {
                nonce: word(Token::parse(&row.nonce), "pending_sign_ins.nonce")?,
                verifier: word(Token::parse(&row.verifier), "pending_sign_ins.verifier")?,
                next: row.next,
            })
        };
        row.map(pending).transpose()
    }
}

/// Those that nothing comes back for any more.
pub(super) async fn forget_unanswered(connection: &mut AnyConnection, now: Timestamp) -> Result<u64, Fault> {
    let gone = sqlx::query("DELETE FROM pending_sign_ins WHERE at <= $1")
        .bind(millis(before(now, AWAITED)))
        .execute(connection)
        .await
        .map_err(fault("forgetting sign-ins that no provider answered"))?;
    Ok(gone.rows_affected())
}
