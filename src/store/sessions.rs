//! Who is in: sessions, found by the SHA-256 of a token that only the person's browser has.

use super::accounts::{named, rehash};
use super::event::{Event, Kind, sha256};
use super::pending::forget_unanswered;
use super::sign_ins::{Attempt, SignInBy, before, came_in, forget};
use super::{Account, Store, instant, millis, word};
use crate::database::fault;
use crate::domain::staff::{PasswordHash, Role, UserName};
use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::json;
use sqlx::FromRow;
use std::fmt;

/// That a person goes on is written so often, and no oftener.
const SEEN: SignedDuration = SignedDuration::from_mins(1);
/// Ends a session. Its row goes with the next [`Store::forget_old_sign_ins`]: until then it says whose it was
/// that was written on a page of it and sent too late.
const OVER: &str = "UPDATE sessions SET started_at = 0, seen_at = 0 WHERE token_sha256 = $1";
/// So long the row of a session that ended by itself says whose it was.
const KNOWN: SignedDuration = SignedDuration::from_hours(24);

/// A secret nobody can guess: 256 random bits, base64url. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// A fault where the machine gives no random numbers.
    pub fn new() -> Result<Self, Fault> {
        let mut bytes = [0; 32];
        let random = SystemRandom::new().fill(&mut bytes);
        random.map_err(|_| Fault::later("making a token", "the machine gives no random numbers"))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads one that came back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// For the person's browser.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether two are the same, in a time that says nothing of where they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let pairs = self.0.bytes().zip(other.0.bytes());
        self.0.len() == other.0.len() && pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }

    pub(super) fn hashed(&self) -> String {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Somebody who is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: UserName,
    /// The person's name, as colleagues read it.
    pub shown: String,
    pub role: Role,
    pub by: SignInBy,
    /// What a form of this session carries and another site does not know.
    pub csrf: Token,
    pub started_at: Timestamp,
}

/// A session about to begin: the person has proved who they are.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// As it was when they proved it.
    pub account: &'a Account,
    pub by: SignInBy,
    pub attempt: Attempt,
    /// The password's hash of today's cost, where the one kept is of another.
    pub renewed: Option<PasswordHash>,
    /// The session that the same browser had until now.
    pub replaces: Option<&'a Token>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// The token is for the browser alone.
    Done(Token),
    /// The account was changed in the meantime: not in.
    Changed,
}

#[derive(FromRow)]
struct Row {
    name: String,
    shown: String,
    role: String,
    csrf: String,
    came_by: String,
    started_at: i64,
    seen_at: i64,
}

impl Store {
    /// Begins a session, under a token that never was in the browser before.
    pub async fn signs_in(&self, new: NewSession<'_>, now: Timestamp) -> Result<SignedIn, Fault> {
        const DOING: &str = "beginning a session";
        let (token, csrf) = (Token::new()?, Token::new()?);
        let mut write = self.write(DOING, now).await?;
        let name = &new.account.name;
        let Some(mut account) = named(write.connection(), name).await?.filter(|now| now == new.account)
        else {
            return Ok(SignedIn::Changed);
        };
        if account.disabled_at.is_some() {
            return Ok(SignedIn::Changed);
        }
        let from = came_in(write.connection(), name, new.attempt).await?;
        if let Some(replaced) = new.replaces {
            sqlx::query(OVER)
                .bind(replaced.hashed())
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
        }
        sqlx::query(
            "INSERT INTO sessions (token_sha256, user_id, csrf, came_by, address, started_at, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
        )
        .bind(token.hashed())
        .bind(account.id)
        .bind(csrf.expose())
        .bind(new.by.as_str())
        .bind(from)
        .bind(millis(now))
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if let Some(renewed) = new.renewed {
            rehash(&mut write, &mut account, renewed, Event::new(Kind::UserRehashed)).await?;
        }
        let detail = json!({ "by": new.by.as_str(), "role": account.role });
        write.tell(Event::new(Kind::SignedIn).by(name.as_str()).saying(detail)).await?;
        write.commit().await?;
        Ok(SignedIn::Done(token))
    }

    /// The session of this token, if it has not ended: it ends `idle` after it was last seen (or up to a
    /// minute earlier), and `longest` after it began.
    pub async fn session(
        &self,
        token: &Token,
        now: Timestamp,
        (idle, longest): (SignedDuration, SignedDuration),
    ) -> Result<Option<Session>, Fault> {
        const DOING: &str = "looking for a session";
        let row: Option<Row> = sqlx::query_as(
            "SELECT name, shown, role, csrf, came_by, started_at, seen_at FROM sessions \
             JOIN users ON users.id = user_id \
             WHERE token_sha256 = $1 AND disabled_at IS NULL AND seen_at > $2 AND started_at > $3",
        )
        .bind(token.hashed())
        .bind(millis(before(now, idle)))
        .bind(millis(before(now, longest)))
        .fetch_optional(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let Some(row) = row else { return Ok(None) };
        if row.seen_at <= millis(before(now, SEEN)) {
            let mut connection = self.database.writer(DOING).await?;
            sqlx::query("UPDATE sessions SET seen_at = $1 WHERE token_sha256 = $2 AND seen_at < $1")
                .bind(millis(now))
                .bind(token.hashed())
                .execute(&mut *connection)
                .await
                .map_err(fault(DOING))?;
        }
        Ok(Some(Session {
            user: word(UserName::parse(&row.name), "users.name")?,
            shown: row.shown,
            role: word(Role::parse(&row.role), "users.role")?,
            by: word(SignInBy::parse(&row.came_by), "sessions.came_by")?,
            csrf: word(Token::parse(&row.csrf), "sessions.csrf")?,
            started_at: instant(row.started_at)?,
        }))
    }

    /// Ends a session, by its person. `false`: it had ended before.
    pub async fn signs_out(&self, token: &Token, now: Timestamp) -> Result<bool, Fault> {
        const DOING: &str = "ending a session";
        let mut write = self.write(DOING, now).await?;
        let ended: Option<(String,)> = sqlx::query_as(
            "SELECT name FROM sessions JOIN users ON users.id = user_id WHERE token_sha256 = $1 AND started_at > 0",
        )
        .bind(token.hashed())
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))?;
        let Some((name,)) = ended else { return Ok(false) };
        sqlx::query(OVER).bind(token.hashed()).execute(write.connection()).await.map_err(fault(DOING))?;
        write.tell(Event::new(Kind::SignedOut).by(&name)).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Removes sessions that have ended (by themselves: a day ago), and sign-ins that count no more; how many.
    pub async fn forget_old_sign_ins(
        &self,
        now: Timestamp,
        (idle, longest): (SignedDuration, SignedDuration),
    ) -> Result<u64, Fault> {
        const DOING: &str = "removing sessions that have ended";
        let mut connection = self.database.writer(DOING).await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE seen_at <= $1 OR started_at <= $2")
            .bind(millis(before(before(now, idle), KNOWN)))
            .bind(millis(before(before(now, longest), KNOWN)))
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        let unanswered = forget_unanswered(&mut connection, now).await?;
        Ok(ended.rows_affected() + unanswered + forget(&mut connection, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_never_the_same_and_not_printed() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert!(!one.is(&other) && one.is(&one.clone()));
        assert_eq!(one.expose().len(), 43);
        assert_eq!(Token::parse(one.expose()), Some(one.clone()));
        assert_eq!(format!("{one:?}"), "Token(…)");
        for wrong in ["", "abc", &format!("{}=", one.expose()), &format!("{}A", one.expose())] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }
}
