//! The chain of events by itself: fields, seals, hashes, gaps, the head, and what stands beside it.

use super::rows::EventRow;
use super::{Found, Head, sha256};
use crate::database::fault;
use crate::fault::Fault;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

const DOING: &str = "reading the events";

/// Events read at once.
const PAGE: i64 = 1000;

/// Clocks of several machines differ by less; a step back that is longer is told.
const CLOCKS: i64 = 2 * 60 * 1000;

pub(super) struct Chain {
    pub(super) head: Head,
    pub(super) older: u64,
    /// Events whose text is not there any more: only a purge explains that.
    pub(super) texts_gone: BTreeSet<i64>,
    pub(super) notices: Vec<String>,
}

/// The end as `event_head` says.
pub(super) async fn head(at: &mut AnyConnection) -> Result<Head, Fault> {
    let row: Option<(i64, String)> = sqlx::query_as("SELECT last_id, hash FROM event_head WHERE one = 1")
        .fetch_optional(at)
        .await
        .map_err(fault(DOING))?;
    let (id, hash) = row.unwrap_or_default();
    Ok(Head { id, hash })
}

/// Walks from the first event to the last. At the first that is broken it stops: of what comes
/// after, the chain says nothing.
pub(super) async fn walk(at: &mut AnyConnection, noted: &[Head], found: &mut Found) -> Result<Chain, Fault> {
    let head = head(at).await?;
    let mut chain = Chain { head, older: 0, texts_gone: BTreeSet::new(), notices: Vec::new() };
    let mut last = Head { id: 0, hash: String::new() };
    let mut before_at = i64::MIN;
    let mut whole = true;
    while whole {
        let page = page(at, last.id).await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            whole = follows(row, &mut last, found);
            if !whole {
                break;
            }
            beside(row, &mut chain, found);
            chain.older += u64::from(row.seal.is_none());
            if row.at < before_at.saturating_sub(CLOCKS) {
                let minutes = (before_at - row.at) / 60_000;
                chain.notices.push(format!(
                    "event {}: {minutes} minutes before the event before it: a machine's clock was set back",
                    row.id
                ));
            }
            before_at = row.at;
            if let Some(noted) = noted.iter().find(|noted| noted.id == row.id && noted.hash != row.hash) {
                found.add(
                    noted.id,
                    "is not the one that was noted: the chain was rewritten, from here or before",
                );
            }
        }
    }
    if whole {
        ends(at, &chain.head, &last, found).await?;
        for noted in noted.iter().filter(|noted| noted.id > last.id) {
            found.add(noted.id, "was noted and is not there any more: the end of the chain was cut off");
        }
    }
    strays(at, found).await?;
    Ok(chain)
}

async fn page(at: &mut AnyConnection, after: i64) -> Result<Vec<EventRow>, Fault> {
    EventRow::query(
        "SELECT events.id, at, kind, message_id, case_id, reply_id, actor, detail, seal, hash, salt, text \
         FROM events LEFT JOIN event_texts ON event_texts.event_id = events.id \
         WHERE events.id > $1 ORDER BY events.id LIMIT $2",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(at)
    .await
    .map_err(fault(DOING))
}

/// Whether this event is what was written after `last`, which it then becomes.
fn follows(row: &EventRow, last: &mut Head, found: &mut Found) -> bool {
    let expected = last.id + 1;
    if row.id != expected {
        found.add(expected, format!("is missing: event {} comes next", row.id));
        return false;
    }
    let fields = row.fields();
    let hash = if let Some(seal) = &row.seal {
        if *seal != sha256(&fields) {
            found.add(row.id, "was changed: its fields are not what was sealed");
            return false;
        }
        sha256(format!("{}{seal}", last.hash).as_bytes())
    } else {
        // before there were seals: the hash before was the first of the fields
        let mut all = EventRow::field(&last.hash);
        all.extend(fields);
        sha256(&all)
    };
    if hash != row.hash {
        found.add(
            row.id,
            "does not follow from the event before it: it was put there, moved or rewritten, or the one before was",
        );
        return false;
    }
    *last = Head { id: row.id, hash };
    true
}

/// What stands beside an event must be what the event says.
fn beside(row: &EventRow, chain: &mut Chain, found: &mut Found) {
    let told = row.detail().get("text_sha256").and_then(|hash| hash.as_str().map(str::to_owned));
    match (told, &row.salt, &row.text) {
        (Some(told), Some(salt), Some(text)) => {
            if told != sha256(format!("{salt}{text}").as_bytes()) {
                found.add(row.id, "the text beside it was changed");
            }
        }
        (Some(_), ..) => {
            chain.texts_gone.insert(row.id);
        }
        (None, None, None) => {}
        (None, ..) => found.add(row.id, "has a text beside it that it says nothing of"),
    }
}

/// The head names the last event, and there is nothing beyond it or before the first.
async fn ends(at: &mut AnyConnection, head: &Head, last: &Head, found: &mut Found) -> Result<(), Fault> {
    if head.id > last.id {
        let how = format!("is missing: the head says that there are {} events", head.id);
        found.add(last.id + 1, how);
    } else if head.id < last.id {
        found.add(head.id + 1, "was added behind the head of the chain");
    } else if head.hash != last.hash {
        found.add(last.id, "the head of the chain has another hash");
    }
    let (rows,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM events").fetch_one(at).await.map_err(fault(DOING))?;
    if rows != last.id {
        found.add(None, format!("there are {rows} events, but {} ids", last.id));
    }
    Ok(())
}

/// Texts beside no event, and events of messages that are not there.
async fn strays(at: &mut AnyConnection, found: &mut Found) -> Result<(), Fault> {
    let texts: Vec<(i64,)> = sqlx::query_as(
        "SELECT event_id FROM event_texts WHERE event_id NOT IN (SELECT id FROM events) ORDER BY event_id LIMIT 10",
    )
    .fetch_all(&mut *at)
    .await
    .map_err(fault(DOING))?;
    for (id,) in texts {
        found.add(id, "there is a text beside it, but not the event");
    }
    let events: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT id, message_id FROM events WHERE message_id IS NOT NULL \
         AND message_id NOT IN (SELECT id FROM messages) ORDER BY id LIMIT 10",
    )
    .fetch_all(at)
    .await
    .map_err(fault(DOING))?;
    for (id, message) in events {
        found.add(id, format!("tells of message {message}, which is not there"));
    }
    Ok(())
}
