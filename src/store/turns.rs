//! Whose turn it is. Mails wait by turns: of each writer the first, then of each the second, and so on;
//! within a turn the oldest comes first. So whoever sends hundreds keeps nobody waiting, and is served
//! as often as anybody else.

use super::{Arrived, Lane, event, millis};
use crate::database::fault;
use crate::domain::turn::writer;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::AnyConnection;

const DOING: &str = "finding a mail's turn";

/// As whose a mail waits: a hash, of no use to whoever reads it.
pub(super) fn waits_as(arrived: &Arrived) -> Option<String> {
    match arrived {
        Arrived::Whole(raw) | Arrived::HeadOnly { head: raw, .. } => {
            Some(event::sha256(&writer(raw)).chars().take(16).collect())
        }
        Arrived::Withheld(_) | Arrived::Gone => None,
    }
}

/// The turn that mails of a lane are claimed in now; `None` where none waits to be claimed.
pub(super) async fn now(
    connection: &mut AnyConnection,
    lane: Lane,
    at: Timestamp,
) -> Result<Option<i64>, Fault> {
    let front: Option<(i64,)> = sqlx::query_as(
        "SELECT turn FROM messages WHERE lane = $1 AND state IN ('kept', 'claimed') AND state = 'kept' \
         AND due_at <= $2 ORDER BY turn, received_at, id LIMIT 1",
    )
    .bind(lane.as_str())
    .bind(millis(at))
    .fetch_optional(connection)
    .await
    .map_err(fault(DOING))?;
    Ok(front.map(|(turn,)| turn))
}

/// The turn of a mail that begins to wait in a lane: the one after `now`, so that no turn grows while it
/// is served, and behind whatever of the same writer waits there.
pub(super) async fn next(
    connection: &mut AnyConnection,
    lane: Lane,
    waits_as: Option<&str>,
    now: Option<i64>,
) -> Result<i64, Fault> {
    let (last,): (Option<i64>,) = sqlx::query_as(
        "SELECT MAX(turn) FROM messages WHERE lane = $1 AND waits_as = $2 AND state IN ('kept', 'claimed')",
    )
    .bind(lane.as_str())
    .bind(waits_as)
    .fetch_one(connection)
    .await
    .map_err(fault(DOING))?;
    Ok(now.max(last).map_or(0, |turn| turn.saturating_add(1)))
}
