//! What staff do with a case: they see it, take it, correct what was read, decide, and take that back
//! while its letter has not left.
//!
//! Whoever changes a case names the version they saw: if somebody else was faster, nothing is changed and
//! they are told ([`Staffed::Changed`]). Each act is an event of the case, in the commit that does it.

mod acting;
mod decisions;
mod drafts;
mod people;
mod proposals;
mod since;

pub(super) use acting::Seen;
pub use drafts::Draft;
pub(super) use proposals::void;
pub use proposals::{CaseProposal, NewProposal, Void};
pub use since::CaseChange;

use super::record::{CaseState, NewReply};
use super::{MailId, Store, instant, word};
use crate::database::fault;
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::correction::Correction;
use crate::domain::form::{Field, Masked};
use crate::domain::mail::{DocumentHead, MailHead};
use crate::fault::Fault;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

const DOING: &str = "recording what staff did";

/// Somebody who has a case open is shown to the others for so long after they were last seen.
const PRESENT: SignedDuration = SignedDuration::from_mins(2);

/// How staff decided a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByStaff {
    Accepted,
    Rejected,
    /// It is no request: closed without a letter.
    Dismissed,
    /// Something more is asked of the requester; the case stays open.
    Complement,
}

impl ByStaff {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Dismissed => "dismissed",
            Self::Complement => "complement",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::Rejected, Self::Dismissed, Self::Complement]
            .into_iter()
            .find(|one| one.as_str() == text)
    }

    /// What the case then is.
    fn verdict(self) -> Option<VerdictKind> {
        match self {
            Self::Accepted => Some(VerdictKind::Accepted),
            Self::Rejected => Some(VerdictKind::Rejected),
            Self::Dismissed | Self::Complement => None,
        }
    }

    fn state(self) -> CaseState {
        match self {
            Self::Accepted | Self::Rejected | Self::Dismissed => CaseState::Decided,
            Self::Complement => CaseState::Waiting,
        }
    }
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staffed {
    Done,
    /// It is recorded, and waits for another person to confirm it.
    Proposed,
    /// Another person has to do this, one who may: nothing was done.
    NotTheirs,
    /// Somebody else changed the case since it was seen: nothing was done.
    Changed,
    /// It does not wait for a person (any more).
    NotOpen,
    /// Its letter has left, or the time to take it back is over.
    TooLate,
    NoSuchCase,
}

/// A case in the hands of staff: what its page and another judgement need beside what is recorded of it.
#[derive(Debug, Clone)]
pub struct OpenCase {
    pub number: CaseNumber,
    pub message: MailId,
    /// Which of the mail's cases, from 0.
    pub position: usize,
    pub state: CaseState,
    pub verdict: VerdictKind,
    /// Raised by every change.
    pub version: i64,
    pub assignee: Option<String>,
    /// Something was asked of the requester then, and has not come.
    pub asked_at: Option<Timestamp>,
    /// The day of reception in Paris.
    pub day: Date,
    pub received_at: Timestamp,
    /// Of the mail's bytes.
    pub sha256: String,
    pub head: MailHead,
    pub documents: Vec<DocumentHead>,
    /// Letters composed for the mail so far.
    pub letters: u32,
    /// What it is judged from again (JSON), with these corrections; `None` of a case that was decided
    /// without staff, or by a version before.
    pub ground: Option<Masked>,
    pub corrections: Vec<Corrected>,
    /// What waits for a second person.
    pub proposal: Option<CaseProposal>,
    pub decided: Option<DecidedByStaff>,
    id: i64,
}

/// A correction on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    pub correction: Correction,
    pub by: String,
    pub at: Timestamp,
}

/// A decision of staff that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedByStaff {
    pub decision: ByStaff,
    pub by: String,
    /// Who had proposed it, where `by` confirmed it.
    pub proposed_by: Option<String>,
    pub at: Timestamp,
    pub undo_until: Timestamp,
    before: VerdictKind,
    /// Letters composed for the mail before its own.
    letters: i64,
}

/// A decision to be recorded.
#[derive(Debug)]
pub struct NewStaffDecision<'a> {
    pub decision: ByStaff,
    /// The findings that were overruled, or that are the reasons: `severity code field`.
    pub findings: Vec<String>,
    /// The snapshot of the registry that was asked.
    pub snapshot: Option<i64>,
    /// Why, in their words; for the record. Personal data.
    pub because: Option<&'a str>,
    /// The letter that tells it.
    pub letters: &'a [NewReply],
    pub undo_until: Timestamp,
    /// What it confirms.
    pub confirms: Option<&'a CaseProposal>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: i64,
    position: i64,
    state: String,
    verdict: String,
    version: i64,
    assignee: Option<String>,
    asked_at: Option<i64>,
    day: String,
    received_at: i64,
    sha256: String,
    head: Option<String>,
    letters: i64,
    ground: Option<String>,
}

#[derive(FromRow)]
struct DecidedRow {
    decision: String,
    decided_by: String,
    proposed_by: Option<String>,
    decided_at: i64,
    before: String,
    letters: i64,
    undo_until: i64,
}

pub(super) fn verdict(text: &str) -> Result<VerdictKind, Fault> {
    let kinds = [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected];
    word(kinds.into_iter().find(|kind| kind.as_str() == text), "verdict")
}

impl Store {
    /// A case as staff work on it. `None`: there is none of this number, or the retention has emptied it.
    pub async fn open_case(&self, number: &CaseNumber) -> Result<Option<OpenCase>, Fault> {
        const DOING: &str = "reading a case for staff";
        let row: Option<Row> = sqlx::query_as(
            "SELECT cases.id, cases.message_id, cases.position, cases.state, cases.verdict, cases.version, \
             cases.assignee, cases.asked_at, cases.day, cases.received_at, messages.sha256, messages.head, \
             (SELECT COUNT(*) FROM replies WHERE replies.message_id = messages.id) AS letters, \
             case_grounds.ground FROM cases JOIN messages ON messages.id = cases.message_id \
             LEFT JOIN case_grounds ON case_grounds.case_id = cases.id WHERE cases.number = $1",
        )
        .bind(number.to_string())
        .fetch_optional(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let Some(row) = row else { return Ok(None) };
        // of a purged one nothing is left to decide
        let Some(head) = row.head else { return Ok(None) };
        let message = MailId(row.message_id);
        Ok(Some(OpenCase {
            number: number.clone(),
            message,
            position: usize::try_from(row.position).unwrap_or_default(),
            state: word(CaseState::parse(&row.state), "cases.state")?,
            verdict: verdict(&row.verdict)?,
            version: row.version,
            assignee: row.assignee,
            asked_at: row.asked_at.map(instant).transpose()?,
            day: row.day.parse().map_err(|error: jiff::Error| Fault::never(DOING, error))?,
            received_at: instant(row.received_at)?,
            sha256: row.sha256,
            head: serde_json::from_str(&head).map_err(|error| Fault::never(DOING, error))?,
            documents: self.documents_of(message).await?,
            letters: u32::try_from(row.letters).unwrap_or(u32::MAX),
            ground: row.ground.map(Masked::new),
            corrections: self.corrections_of(row.id).await?,
            proposal: self.proposal_of(row.id).await?,
            decided: self.decided_by_staff(row.id).await?,
            id: row.id,
        }))
    }

    async fn corrections_of(&self, case: i64) -> Result<Vec<Corrected>, Fault> {
        let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT field, value, corrected_by, corrected_at FROM case_corrections WHERE case_id = $1 \
             ORDER BY corrected_at, field",
        )
        .bind(case)
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading corrections"))?;
        rows.into_iter()
            .map(|(field, value, by, at)| {
                let field = word(Field::from_pointer(&field), "case_corrections.field")?;
                let correction = Correction { field, value: Masked::new(value) };
                Ok(Corrected { correction, by, at: instant(at)? })
            })
            .collect()
    }

    async fn decided_by_staff(&self, case: i64) -> Result<Option<DecidedByStaff>, Fault> {
        let row: Option<DecidedRow> = sqlx::query_as(
            "SELECT decision, decided_by, proposed_by, decided_at, before, letters, undo_until FROM case_decisions \
             WHERE case_id = $1",
        )
        .bind(case)
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("reading a decision of staff"))?;
        row.map(|row| {
            Ok(DecidedByStaff {
                decision: word(ByStaff::parse(&row.decision), "case_decisions.decision")?,
                by: row.decided_by,
                proposed_by: row.proposed_by,
                at: instant(row.decided_at)?,
                undo_until: instant(row.undo_until)?,
                before: verdict(&row.before)?,
                letters: row.letters,
            })
        })
        .transpose()
    }
}
