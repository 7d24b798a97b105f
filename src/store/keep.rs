//! Mail on its way in: bytes and cursor move in one commit.

use super::event::{Event, Kind, hex};
use super::write::Write;
use super::{Lane, MailId, Store, millis, turns};
use crate::database::{clean, fault};
use crate::domain::mail::{Cursor, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt;

const DOING: &str = "keeping mail";

/// A mail as the mailbox handed it over.
#[derive(Debug, Clone)]
pub struct NewMail {
    pub uid: u32,
    /// INTERNALDATE; `None` where the server has none that can be read: then the time it is kept, its
    /// first sight, stands for it, and the event says so.
    pub received_at: Option<Timestamp>,
    pub arrived: Arrived,
}

/// What there is of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Arrived {
    /// The raw bytes.
    Whole(Vec<u8>),
    /// Over the size cap: only its header, and its size in bytes as the server says.
    HeadOnly { head: Vec<u8>, size: u64 },
    /// The server does not hand it out: parked with that reason.
    Withheld(String),
    /// Gone from the folder before it could be fetched: only the cursor passes it.
    Gone,
}

impl fmt::Debug for Arrived {
    /// Never the mail's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(raw) => write!(f, "Whole({} bytes)", raw.len()),
            Self::HeadOnly { size, .. } => write!(f, "HeadOnly(of {size} bytes)"),
            Self::Withheld(why) => write!(f, "Withheld({why})"),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

/// What became of a mail handed to [`Store::keep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New(MailId),
    /// The same bytes as an earlier message: one more sighting of it.
    Copy(MailId),
    /// This very mail (mailbox, UIDVALIDITY, UID) was kept before.
    AlreadySeen,
    /// There was nothing to keep.
    Gone,
}

impl Store {
    /// How far a mailbox has been kept; `None` before the first time.
    pub async fn cursor(&self, mailbox: &str) -> Result<Option<Cursor>, Fault> {
        const DOING: &str = "reading a mailbox's cursor";
        let row: Option<(i64, i64)> =
            sqlx::query_as("SELECT uidvalidity, last_uid FROM mailboxes WHERE mailbox = $1")
                .bind(mailbox)
                .fetch_optional(self.database.read())
                .await
                .map_err(fault(DOING))?;
        row.map(|(uidvalidity, uid)| {
            let narrow = |n: i64| u32::try_from(n).map_err(|error| Fault::never(DOING, error));
            Ok(Cursor { uidvalidity: narrow(uidvalidity)?, uid: narrow(uid)? })
        })
        .transpose()
    }

    /// Keeps mails of one folder and moves its cursor to the highest UID among them, in one
    /// commit. The mails are given ascending and without a gap: every UID that the folder showed
    /// up to the last one given is given, or the cursor would pass it by.
    pub async fn keep(
        &self,
        mailbox: &str,
        uidvalidity: u32,
        mails: &[NewMail],
        now: Timestamp,
    ) -> Result<Vec<Kept>, Fault> {
        let mut write = self.write(DOING, now).await?;
        // mails that are taken in together are of one turn, whoever is named first
        let front = turns::now(write.connection(), Lane::Quick, now).await?;
        let mut kept = Vec::with_capacity(mails.len());
        for mail in mails {
            kept.push(keep_one(&mut write, (mailbox, uidvalidity), mail, front, now).await?);
        }
        let last = mails.iter().map(|mail| mail.uid).max().unwrap_or(0);
        move_cursor(&mut write, mailbox, uidvalidity, last, now).await?;
        write.commit().await?;
        Ok(kept)
    }
}

async fn keep_one(
    write: &mut Write,
    (mailbox, uidvalidity): (&str, u32),
    mail: &NewMail,
    front: Option<i64>,
    now: Timestamp,
) -> Result<Kept, Fault> {
    if mail.arrived == Arrived::Gone {
        return Ok(Kept::Gone);
    }
    let seen: Option<(i64,)> = sqlx::query_as(
        "SELECT message_id FROM sightings WHERE mailbox = $1 AND uidvalidity = $2 AND uid = $3",
    )
    .bind(mailbox)
    .bind(i64::from(uidvalidity))
    .bind(i64::from(mail.uid))
    .fetch_optional(write.connection())
    .await
    .map_err(fault(DOING))?;
    if seen.is_some() {
        return Ok(Kept::AlreadySeen);
    }
    let sha256 = identity(mailbox, uidvalidity, mail);
    let first: Option<(i64,)> = sqlx::query_as("SELECT id FROM messages WHERE sha256 = $1")
        .bind(&sha256)
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))?;
    let (id, kept) = if let Some((id,)) = first {
        (MailId(id), Kept::Copy(MailId(id)))
    } else {
        let id = insert(write, &sha256, mail, front, now).await?;
        (id, Kept::New(id))
    };
    sqlx::query(
        "INSERT INTO sightings (message_id, mailbox, uidvalidity, uid, received_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.0)
    .bind(mailbox)
    .bind(i64::from(uidvalidity))
    .bind(i64::from(mail.uid))
    .bind(millis(mail.received_at.unwrap_or(now)))
    .bind(millis(now))
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    let kind = if first.is_some() { Kind::CopySeen } else { Kind::MessageKept };
    let dated_by = if mail.received_at.is_some() { "server" } else { "first sight" };
    let place = json!({
        "mailbox": mailbox,
        "uidvalidity": uidvalidity,
        "uid": mail.uid,
        "sha256": sha256,
        "received_at": millis(mail.received_at.unwrap_or(now)),
        "dated_by": dated_by,
    });
    write.tell(Event::new(kind).message(id).saying(place)).await?;
    if let (None, Arrived::Withheld(why)) = (first, &mail.arrived) {
        write.tell(Event::new(Kind::MessageParked).message(id).aside(clean(why))).await?;
    }
    Ok(kept)
}

async fn insert(
    write: &mut Write,
    sha256: &str,
    mail: &NewMail,
    front: Option<i64>,
    now: Timestamp,
) -> Result<MailId, Fault> {
    let none: &[u8] = &[];
    let (raw, size, whole, withheld) = match &mail.arrived {
        Arrived::Whole(raw) => (raw.as_slice(), raw.len() as u64, 1_i64, None),
        Arrived::HeadOnly { head, size } => (head.as_slice(), *size, 0, None),
        Arrived::Withheld(why) => (none, 0, 0, Some(clean(why))),
        Arrived::Gone => (none, 0, 0, None),
    };
    let parked = withheld.is_some();
    let waits_as = turns::waits_as(&mail.arrived);
    let turn = turns::next(write.connection(), Lane::Quick, waits_as.as_deref(), front).await?;
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO messages (sha256, size, whole, received_at, kept_at, state, due_at, trouble, outcome, ended_at, \
         waits_as, turn) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
    )
    .bind(sha256)
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .bind(whole)
    .bind(millis(mail.received_at.unwrap_or(now)))
    .bind(millis(now))
    .bind(if parked { "parked" } else { "kept" })
    .bind(millis(now))
    .bind(withheld)
    .bind(parked.then(|| Outcome::ToDo.as_str()))
    .bind(parked.then(|| millis(now)))
    .bind(waits_as)
    .bind(turn)
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    sqlx::query("INSERT INTO message_bytes (message_id, raw) VALUES ($1, $2)")
        .bind(id)
        .bind(raw)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(MailId(id))
}

/// What a message is: its bytes. Of a mail over the cap, its header and size (two such mails with
/// the same `Received`, `Date` and `Message-ID` lines are one); of one that the server does not
/// hand out, its place.
fn identity(mailbox: &str, uidvalidity: u32, mail: &NewMail) -> String {
    let mut hash = Sha256::new();
    match &mail.arrived {
        Arrived::Whole(raw) => hash.update(raw),
        Arrived::HeadOnly { head, size } => {
            hash.update(format!("guichet: header of a mail of {size} bytes\n"));
            hash.update(head);
        }
        Arrived::Withheld(_) | Arrived::Gone => {
            hash.update(format!("guichet: mail {} of {uidvalidity} in {mailbox}\n", mail.uid));
        }
    }
    hex(&hash.finalize())
}

/// Forward within one UIDVALIDITY; to wherever the folder now is when it was rebuilt.
async fn move_cursor(
    write: &mut Write,
    mailbox: &str,
    uidvalidity: u32,
    last: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    let before: Option<(i64, i64)> =
        sqlx::query_as("SELECT uidvalidity, last_uid FROM mailboxes WHERE mailbox = $1")
            .bind(mailbox)
            .fetch_optional(write.connection())
            .await
            .map_err(fault(DOING))?;
    let validity = i64::from(uidvalidity);
    let last = match before {
        Some((same, uid)) if same == validity => uid.max(i64::from(last)),
        Some((old, uid)) => {
            let detail = json!({ "mailbox": mailbox, "before": [old, uid], "after": validity });
            write.tell(Event::new(Kind::MailboxRebuilt).saying(detail)).await?;
            i64::from(last)
        }
        None => i64::from(last),
    };
    sqlx::query(
        "INSERT INTO mailboxes (mailbox, uidvalidity, last_uid, moved_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (mailbox) DO UPDATE SET uidvalidity = excluded.uidvalidity, \
         last_uid = excluded.last_uid, moved_at = excluded.moved_at",
    )
    .bind(mailbox)
    .bind(validity)
    .bind(last)
    .bind(millis(now))
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(())
}
