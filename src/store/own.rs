//! What somebody does with their own account: where they are in, ending that elsewhere, another password.

use super::accounts::{named, rehash};
use super::event::{Event, Kind};
use super::sign_ins::{Attempt, SignInBy, before, came_in};
use super::write::Write;
use super::{Account, Store, Token, instant, millis, word};
use crate::database::fault;
use crate::domain::staff::{PasswordHash, UserName};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::FromRow;

/// One of somebody's sessions, as its person is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Names it to its person, and lets nobody in: the SHA-256 of its token, in hexadecimal.
    pub mark: String,
    pub by: SignInBy,
    /// From where it began: an IPv4 address, or the /64 of an IPv6 one; empty: of a version that did not note it.
    pub address: String,
    pub started_at: Timestamp,
    /// To the minute.
    pub seen_at: Timestamp,
    /// The one that asks.
    pub here: bool,
}

/// Which of their sessions somebody ends; the one that asks never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends<'a> {
    /// The one of this mark.
    One(&'a str),
    AllOthers,
}

/// Another password, by its person, who has just said the old one.
#[derive(Debug)]
pub struct OwnPassword<'a> {
    /// As it was when the old one proved right.
    pub account: &'a Account,
    /// The session that goes on.
    pub session: &'a Token,
    pub attempt: Attempt,
    pub password: PasswordHash,
}

#[derive(FromRow)]
struct Row {
    token_sha256: String,
    came_by: String,
    address: String,
    started_at: i64,
    seen_at: i64,
}

impl Store {
    /// The sessions of a person that have not ended ([`Store::session`] says when one does), the latest
    /// seen first.
    pub async fn own_sessions(
        &self,
        (user, here): (&UserName, &Token),
        now: Timestamp,
        (idle, longest): (SignedDuration, SignedDuration),
    ) -> Result<Vec<OwnSession>, Fault> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT token_sha256, came_by, address, started_at, seen_at FROM sessions \
             JOIN users ON users.id = user_id WHERE name = $1 AND seen_at > $2 AND started_at > $3 \
             ORDER BY seen_at DESC, started_at DESC, token_sha256",
        )
        .bind(user.as_str())
        .bind(millis(before(now, idle)))
        .bind(millis(before(now, longest)))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading somebody's sessions"))?;
        let here = here.hashed();
        let own = |row: Row| {
            Ok(OwnSession {
                by: word(SignInBy::parse(&row.came_by), "sessions.came_by")?,
                started_at: instant(row.started_at)?,
                seen_at: instant(row.seen_at)?,
                here: row.token_sha256 == here,
                mark: row.token_sha256,
                address: row.address,
            })
        };
        rows.into_iter().map(own).collect()
    }

    /// Ends sessions of a person elsewhere, by themselves. `false`: they had ended before.
    pub async fn ends_elsewhere(
        &self,
        (user, here): (&UserName, &Token),
        which: Ends<'_>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut write = self.write(ENDING, now).await?;
        let ended = end(&mut write, (user, here), which).await?;
        if ended {
            let detail = json!({ "elsewhere": true });
            write.tell(Event::new(Kind::SignedOut).by(user.as_str()).saying(detail)).await?;
            write.commit().await?;
        }
        Ok(ended)
    }

    /// Gives somebody the password they chose; their sessions elsewhere end in the same commit. `false`: the
    /// account was changed in the meantime, and nothing was done.
    pub async fn changes_own_password(&self, new: OwnPassword<'_>, now: Timestamp) -> Result<bool, Fault> {
        let mut write = self.write("changing one's own password", now).await?;
        let name = &new.account.name;
        let found = named(write.connection(), name).await?;
        let Some(mut account) = found.filter(|now| now == new.account && now.disabled_at.is_none()) else {
            return Ok(false);
        };
        came_in(write.connection(), name, new.attempt).await?;
        let event = Event::new(Kind::UserPassword).by(name.as_str());
        rehash(&mut write, &mut account, new.password, event).await?;
        end(&mut write, (name, new.session), Ends::AllOthers).await?;
        write.commit().await?;
        Ok(true)
    }
}

const ENDING: &str = "ending sessions elsewhere";

/// Their rows stay for a while, as that of a session its person left: whoever wrote there finds it again.
async fn end(write: &mut Write, (user, here): (&UserName, &Token), which: Ends<'_>) -> Result<bool, Fault> {
    let here = here.hashed();
    let (sql, mark) = match which {
        Ends::One(mark) if mark == here => return Ok(false),
        Ends::One(mark) => (
            "UPDATE sessions SET started_at = 0, seen_at = 0 WHERE started_at > 0 AND token_sha256 = $1 \
             AND user_id = (SELECT id FROM users WHERE name = $2)",
            mark,
        ),
        Ends::AllOthers => (
            "UPDATE sessions SET started_at = 0, seen_at = 0 WHERE started_at > 0 AND token_sha256 <> $1 \
             AND user_id = (SELECT id FROM users WHERE name = $2)",
            here.as_str(),
        ),
    };
    let ended = sqlx::query(sql).bind(mark).bind(user.as_str()).execute(write.connection()).await;
    Ok(ended.map_err(fault(ENDING))?.rows_affected() > 0)
}
