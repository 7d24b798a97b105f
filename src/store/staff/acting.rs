//! How anything is done with what waits for a person: only as long as it is what was seen, and all of it or
//! nothing.

use super::{OpenCase, Staffed};
use crate::database::fault;
use crate::fault::Fault;
use crate::store::record::CaseState;
use crate::store::write::Write;
use crate::store::{MailId, Store};
use jiff::Timestamp;

/// What somebody saw, who now does something with it.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Seen {
    what: What,
    version: i64,
    /// Composed for the mail so far.
    letters: u32,
    /// It can be done with as it is.
    open: bool,
}

/// The row whose version counts.
#[derive(Debug, Clone, Copy)]
enum What {
    Case(i64),
    Question(MailId),
}

impl Seen {
    pub(in crate::store) fn question(id: MailId, version: i64, letters: u32) -> Self {
        Self { what: What::Question(id), version, letters, open: true }
    }

    /// A case, whether it waits or not.
    pub(super) fn case(open: &OpenCase) -> Self {
        Self { what: What::Case(open.id), version: open.version, letters: open.letters, open: true }
    }

    /// A case, if it waits.
    pub(super) fn waiting(open: &OpenCase) -> Self {
        Self { open: open.state == CaseState::Waiting, ..Self::case(open) }
    }

    /// What keeps an act from being done, asked inside the commit: the head of the events makes writers wait
    /// for each other.
    async fn stops(self, write: &mut Write, doing: &'static str) -> Result<Option<Staffed>, Fault> {
        let (sql, id) = match self.what {
            What::Case(id) => (
                "SELECT version, (SELECT COUNT(*) FROM replies WHERE replies.message_id = cases.message_id) \
                 FROM cases WHERE id = $1",
                id,
            ),
            What::Question(id) => (
                "SELECT version, (SELECT COUNT(*) FROM replies WHERE replies.message_id = questions.message_id) \
                 FROM questions WHERE message_id = $1",
                id.0,
            ),
        };
        let row: Option<(i64, i64)> =
            sqlx::query_as(sql).bind(id).fetch_optional(write.connection()).await.map_err(fault(doing))?;
        Ok(match row {
            None => Some(Staffed::NoSuchCase),
            Some(now) if now != (self.version, i64::from(self.letters)) => Some(Staffed::Changed),
            Some(_) => (!self.open).then_some(Staffed::NotOpen),
        })
    }
}

impl Store {
    /// Does something with what was seen, in one commit, unless it is not so any more. What ends otherwise
    /// than done, or proposed, has done nothing.
    pub(in crate::store) async fn acts(
        &self,
        (seen, doing): (Seen, &'static str),
        now: Timestamp,
        does: impl AsyncFnOnce(&mut Write) -> Result<Staffed, Fault>,
    ) -> Result<Staffed, Fault> {
        let mut write = self.write(doing, now).await?;
        if let Some(stopped) = seen.stops(&mut write, doing).await? {
            return Ok(stopped);
        }
        let end = does(&mut write).await?;
        match end {
            Staffed::Done | Staffed::Proposed => write.commit().await?,
            Staffed::NotTheirs
            | Staffed::Changed
            | Staffed::NotOpen
            | Staffed::TooLate
            | Staffed::NoSuchCase => {}
        }
        Ok(end)
    }
}
