//! Letters that have not left and never will: something else is told instead, or nothing.

use super::event::{Event, Kind};
use super::write::Write;
use super::{MailId, ReplyId};
use crate::database::fault;
use crate::fault::Fault;
use serde_json::json;

const DOING: &str = "taking letters back";

/// Which of the letters of a mail, as far as they have not left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    /// Composed in this place, or after it.
    From(i64),
    /// Those that a person would have had to let go.
    Held,
    /// Those that say that somebody will decide.
    Receipts,
}

/// Never one that tells a decision that stands, of whichever of the mail's cases: it is told nowhere else. A
/// letter of staff is known by its place, one that the machine composed by its moment, which is the
/// decision's. One that a sender has in hand, or had, may have left.
macro_rules! withdrawn {
    ($which:literal) => {
        concat!(
            "UPDATE replies SET state = 'held', withdrawn = 1 WHERE message_id = $1 AND position >= $2 \
             AND shadow = 0 AND withdrawn = 0 AND (state = 'held' OR (state = 'due' AND attempts = 0)) AND ",
            $which,
            " AND NOT EXISTS (SELECT 1 FROM cases LEFT JOIN case_decisions ON case_decisions.case_id = cases.id \
             WHERE cases.message_id = replies.message_id AND ((case_decisions.decision <> 'dismissed' \
             AND case_decisions.letters = replies.position) OR (case_decisions.case_id IS NULL \
             AND cases.state = 'decided' AND cases.decided_at = replies.created_at))) RETURNING id"
        )
    };
}

/// Takes letters of a mail back.
pub(super) async fn withdraw(
    write: &mut Write,
    message: MailId,
    which: Unsent,
    because: &str,
) -> Result<(), Fault> {
    let (sql, from) = match which {
        Unsent::From(place) => (withdrawn!("1 = 1"), place),
        Unsent::Held => (withdrawn!("state = 'held'"), 0),
        Unsent::Receipts => (withdrawn!("state = 'due' AND template = 'received'"), 0),
    };
    let withdrawn: Vec<(i64,)> = sqlx::query_as(sql)
        .bind(message.0)
        .bind(from)
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
    for (id,) in withdrawn {
        let event = Event::new(Kind::ReplyWithdrawn).message(message).reply(ReplyId(id));
        write.tell(event.saying(json!({ "because": because }))).await?;
    }
    Ok(())
}

/// Takes the letter in this place back. `false`: it may have left.
pub(super) async fn take_back(
    write: &mut Write,
    message: MailId,
    place: i64,
    because: &str,
) -> Result<bool, Fault> {
    withdraw(write, message, Unsent::From(place), because).await?;
    // asked afterwards: a sender does not wait for whoever tells events
    let (left,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM replies WHERE message_id = $1 AND position = $2 AND shadow = 0 AND withdrawn = 0",
    )
    .bind(message.0)
    .bind(place)
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(left == 0)
}
