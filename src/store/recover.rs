//! Work whose worker has died: on this machine it is taken up at once; of another machine nothing
//! is known, and its lease has to run out.

use super::daemons::StoreState;
use super::event::{Event, Kind};
use super::moving::becomes;
use super::outbox::NO_ANSWER;
use super::write::Write;
use super::{Cap, MailId, ReplyId, Store, millis};
use crate::database::fault;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::fmt;

/// A program's name in claims: which process of which machine. Two programs never have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The machine's name, for people; two machines may have the same.
    pub host: String,
    /// Kernel boot and process-id namespace: within one of these, process ids can be compared.
    place: String,
    process: u32,
    started: i64,
}

impl Worker {
    /// This program's name. `now`: when it started.
    #[must_use]
    pub fn this(now: Timestamp) -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let tame = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            host: host.trim().replace([':', '/'], ""),
            place: format!("{}-{}", tame(&boot), tame(&space.to_string_lossy())),
            process: std::process::id(),
            started: now.as_millisecond(),
        }
    }

    /// Reads a name from a claim; anything behind it (the loop's own mark) is left out.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // those of a version before do not name their machine
        let (host, rest) = text.split_once(':').unwrap_or(("", text));
        let mut parts = rest.split(['.', '/']);
        let (host, place) = (host.to_owned(), parts.next()?.to_owned());
        Some(Self { host, place, process: parts.next()?.parse().ok()?, started: parts.next()?.parse().ok()? })
    }

    /// For people: the machine and the process.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} (process {})", self.host, self.process)
    }

    /// Whether that worker is surely gone, as far as this one can know.
    pub(super) fn knows_dead(&self, other: &Self) -> bool {
        let comparable = self.place == other.place && self.place.len() > 1;
        let reused = other.process == self.process && other.started != self.started;
        comparable && (reused || !std::path::Path::new("/proc").join(other.process.to_string()).exists())
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}.{}.{}", self.host, self.place, self.process, self.started)
    }
}

impl Store {
    /// Takes up what programs of this machine left behind when they died: claimed messages can be
    /// claimed again (their attempt counts); replies in mid-send become `unknown`. Returns how
    /// many of both. To be called at the start.
    pub async fn recover(&self, this: &Worker, now: Timestamp) -> Result<u64, Fault> {
        const DOING: &str = "taking up what a dead program left behind";
        let mut write = self.write(DOING, now).await?;
        let claims: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT id, worker, attempts FROM messages WHERE state = 'claimed' AND worker IS NOT NULL",
        )
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
        let sends: Vec<(i64, i64, String, i64)> = sqlx::query_as(
            "SELECT id, message_id, worker, attempts FROM replies WHERE state = 'sending' AND worker IS NOT NULL",
        )
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
        let dead = |worker: &str| Worker::parse(worker).is_some_and(|other| this.knows_dead(&other));
        let mut recovered = 0;
        for (id, _, attempts) in claims.iter().filter(|(_, worker, _)| dead(worker)) {
            // whatever killed its worker may be the message: those that wait go first
            let due = now.saturating_add(after(*attempts)).unwrap_or(Timestamp::MAX);
            let done = sqlx::query(
                "UPDATE messages SET state = 'kept', worker = NULL, due_at = $1 WHERE id = $2 AND state = 'claimed'",
            )
            .bind(millis(due))
            .bind(id)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            recovered += done.rows_affected();
        }
        for (id, message, _, attempt) in sends.iter().filter(|(_, _, worker, _)| dead(worker)) {
            let done = sqlx::query(
                "UPDATE replies SET state = 'unknown', ended_at = $1, worker = NULL, answer = $2 \
                 WHERE id = $3 AND state = 'sending'",
            )
            .bind(millis(now))
            .bind(NO_ANSWER)
            .bind(id)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            recovered += done.rows_affected();
            let event = Event::new(Kind::ReplyUnknown).message(MailId(*message)).reply(ReplyId(*id));
            let detail = json!({ "attempt": attempt, "delivery": "unknown", "recovered": true });
            write.tell(event.saying(detail).aside(NO_ANSWER)).await?;
        }
        recovered += files_anew(&mut write, dead, now).await?;
        write.commit().await?;
        Ok(recovered)
    }
}

/// Mails that a dead program was about to file can be filed; how many.
async fn files_anew(write: &mut Write, dead: impl Fn(&str) -> bool, now: Timestamp) -> Result<u64, Fault> {
    const DOING: &str = "taking up what a dead program left unfiled";
    let filing: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT filing_worker FROM sightings WHERE filed_at IS NULL AND filing_worker IS NOT NULL",
    )
    .fetch_all(write.connection())
    .await
    .map_err(fault(DOING))?;
    let mut count = 0;
    for (worker,) in filing.into_iter().filter(|(worker,)| dead(worker)) {
        let done = sqlx::query(
            "UPDATE sightings SET filing_worker = NULL, filing_due_at = $1 WHERE filing_worker = $2 AND filed_at IS NULL",
        )
        .bind(millis(now))
        .bind(worker)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        count += done.rows_affected();
    }
    Ok(count)
}

/// What stands for the relay's answer to letters that a backup shows as not yet sent.
const RESTORED: &str = "restored from a backup: it may have been sent since the backup was made";

impl Store {
    /// Takes a restored backup, or a database that was moved, into use again, by a person: nothing leaves by itself that may have left
    /// since the backup was made. Letters due or under way become `unknown`; the cap on all replies
    /// is tripped, so that letters to mail that is taken in again wait for a person, too. Returns how
    /// many letters. Interrupted, it can be done again.
    pub async fn restored(&self, by: &str, now: Timestamp) -> Result<u64, Fault> {
        const DOING: &str = "taking a restored backup into use";
        if self.state().await? == StoreState::Arriving {
            return Err(Fault::never(DOING, "a move into this database has not come to its end"));
        }
        let cap = "restored from a backup: mail that came after it may have been answered already";
        self.trip(&Cap::Total, cap, now).await?;
        let mut write = self.write(DOING, now).await?;
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "UPDATE replies SET state = 'unknown', ended_at = $1, worker = NULL, answer = $2 \
             WHERE state IN ('due', 'sending') RETURNING id, message_id",
        )
        .bind(millis(now))
        .bind(RESTORED)
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
        for (id, message) in &rows {
            let event = Event::new(Kind::ReplyUnknown).message(MailId(*message)).reply(ReplyId(*id)).by(by);
            write.tell(event.saying(json!({ "restored": true })).aside(RESTORED)).await?;
        }
        // whoever was in then may have signed out since, or been shut out
        sqlx::query("DELETE FROM pending_sign_ins")
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        sqlx::query("DELETE FROM sessions").execute(write.connection()).await.map_err(fault(DOING))?;
        becomes(write.connection(), StoreState::InUse, now).await?;
        write.tell(Event::new(Kind::BackupRestored).by(by).saying(json!({ "replies": rows.len() }))).await?;
        write.commit().await?;
        self.database.take_into_use().await?;
        Ok(rows.len() as u64)
    }
}

/// How long a message rests after so many attempts that ended with their worker: 2, 4, 8 … seconds,
/// at most about 4 minutes.
fn after(attempts: i64) -> SignedDuration {
    SignedDuration::from_secs(1 << attempts.clamp(1, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn only_the_surely_dead_are_dead() {
        let this = Worker::this(at(1000));
        assert!(!this.knows_dead(&this));
        let named = Worker::parse(&format!("{this}/d1")).unwrap();
        assert_eq!(named, this);
        assert!(this.knows_dead(&Worker { started: 999, ..this.clone() }), "the same process id, used again");
        assert!(this.knows_dead(&Worker { process: u32::MAX, ..this.clone() }), "no such process");
        assert!(!this.knows_dead(&Worker { process: 1, ..this.clone() }), "alive");
        let elsewhere =
            Worker { place: "another-machine".into(), process: u32::MAX, started: 1, ..this.clone() };
        assert!(!this.knows_dead(&elsewhere), "nothing is known of it");
    }
}
