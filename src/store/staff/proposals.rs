//! Decisions that a second person confirms: proposed by one, confirmed or sent back by another, void when
//! the case becomes another meanwhile. Nothing leaves before it is confirmed.

use super::{ByStaff, DOING, OpenCase, Seen, Staffed};
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::domain::staff::{Right, Role};
use crate::fault::Fault;
use crate::store::event::{Event, Kind};
use crate::store::write::Write;
use crate::store::{MailId, Store, instant, millis, word};
use jiff::Timestamp;
use serde_json::json;

/// A decision that somebody proposed and nobody has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseProposal {
    pub decision: ByStaff,
    /// In full (JSON).
    pub act: Masked,
    /// Why one person does not suffice: words of `desk.four_eyes`.
    pub reasons: Vec<String>,
    /// SHA-256 of what the case was judged to be.
    pub judged: String,
    pub by: String,
    pub at: Timestamp,
}

/// A proposal to be recorded.
#[derive(Debug)]
pub struct NewProposal<'a> {
    pub decision: ByStaff,
    /// In full (JSON). Personal data.
    pub act: &'a Masked,
    pub reasons: &'a [&'static str],
    /// SHA-256 of what the case is judged to be.
    pub judged: &'a str,
    /// The findings that are overruled, or that are the reasons: `severity code field`.
    pub findings: &'a [String],
    /// The snapshot of the registry that was asked.
    pub snapshot: Option<i64>,
}

/// Why a proposal is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Void {
    /// The case was judged again: a box corrected, the registry changed.
    JudgedAgain,
    /// Something else was decided, or proposed.
    DecidedOtherwise,
    /// What it was decided on does not hold with the registry of now.
    NoLongerHolds,
}

impl Void {
    fn as_str(self) -> &'static str {
        match self {
            Self::JudgedAgain => "judged_again",
            Self::DecidedOtherwise => "decided_otherwise",
            Self::NoLongerHolds => "no_longer_holds",
        }
    }
}

impl Store {
    pub(super) async fn proposal_of(&self, case: i64) -> Result<Option<CaseProposal>, Fault> {
        let row: Option<(String, String, String, String, String, i64)> = sqlx::query_as(
            "SELECT decision, act, reasons, judged, proposed_by, proposed_at FROM case_proposals WHERE case_id = $1",
        )
        .bind(case)
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("reading what was proposed"))?;
        row.map(|(decision, act, reasons, judged, by, at)| {
            Ok(CaseProposal {
                decision: word(ByStaff::parse(&decision), "case_proposals.decision")?,
                act: Masked::new(act),
                reasons: reasons.split_whitespace().map(str::to_owned).collect(),
                judged,
                by,
                at: instant(at)?,
            })
        })
        .transpose()
    }

    /// Records a decision that somebody else has to confirm, in the place of one that was proposed before.
    pub async fn propose(
        &self,
        open: &OpenCase,
        new: &NewProposal<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            raise(write, open).await?;
            void(write, open.id, Void::DecidedOtherwise).await?;
            sqlx::query(
                "INSERT INTO case_proposals (case_id, decision, act, reasons, judged, proposed_by, proposed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(open.id)
            .bind(new.decision.as_str())
            .bind(clean(new.act.expose()))
            .bind(new.reasons.join(" "))
            .bind(new.judged)
            .bind(clean(by))
            .bind(millis(now))
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            let detail = json!({
                "decision": new.decision.as_str(),
                "second_person": new.reasons,
                "judged": new.judged,
                "findings": new.findings,
                "snapshot": new.snapshot,
                "version": open.version + 1,
            });
            let event = Event::new(Kind::CaseProposed).message(open.message).case(open.id).by(by);
            write.tell(event.saying(detail).aside(new.act.expose())).await?;
            Ok(Staffed::Proposed)
        })
        .await
    }

    /// Sends a proposal back with a word, by another person who may confirm; whoever proposed it takes it
    /// back so.
    pub async fn send_back(
        &self,
        open: &OpenCase,
        note: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            let Some((decision, proposer)) = proposed(write, open.id).await? else {
                return Ok(Staffed::NotOpen);
            };
            if proposer != by && !may_confirm(write, by).await? {
                return Ok(Staffed::NotTheirs);
            }
            raise(write, open).await?;
            forget(write, open.id).await?;
            let detail =
                json!({ "decision": decision, "proposed_by": proposer, "version": open.version + 1 });
            let event =
                Event::new(Kind::CaseSentBack).message(open.message).case(open.id).by(by).saying(detail);
            let event =
                if note.is_empty() { event } else { event.aside(json!({ "note": note }).to_string()) };
            write.tell(event).await?;
            Ok(Staffed::Done)
        })
        .await
    }

    /// A proposal that cannot be confirmed any more is taken away.
    pub async fn void_proposal(&self, open: &OpenCase, why: Void, now: Timestamp) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            raise(write, open).await?;
            void(write, open.id, why).await?;
            Ok(Staffed::Done)
        })
        .await
    }
}

async fn raise(write: &mut Write, open: &OpenCase) -> Result<(), Fault> {
    sqlx::query("UPDATE cases SET version = version + 1 WHERE id = $1")
        .bind(open.id)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(())
}

/// What is proposed, and by whom: asked inside the commit.
async fn proposed(write: &mut Write, case: i64) -> Result<Option<(String, String)>, Fault> {
    sqlx::query_as("SELECT decision, proposed_by FROM case_proposals WHERE case_id = $1")
        .bind(case)
        .fetch_optional(write.connection())
        .await
        .map_err(fault(DOING))
}

async fn forget(write: &mut Write, case: i64) -> Result<(), Fault> {
    sqlx::query("DELETE FROM case_proposals WHERE case_id = $1")
        .bind(case)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(())
}

/// Whether this is the name of an account that is open and may confirm: a name that somebody gives at a
/// terminal is none.
async fn may_confirm(write: &mut Write, by: &str) -> Result<bool, Fault> {
    let role: Option<(String,)> =
        sqlx::query_as("SELECT role FROM users WHERE name = $1 AND disabled_at IS NULL")
            .bind(by)
            .fetch_optional(write.connection())
            .await
            .map_err(fault(DOING))?;
    Ok(role.and_then(|(role,)| Role::parse(&role)).is_some_and(|role| role.may(Right::Confirm)))
}

/// Who proposed it by the record, which nobody can write into as into a row.
async fn recorded_proposer(write: &mut Write, open: &OpenCase) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT actor FROM events WHERE message_id = $1 AND case_id = $2 AND kind = $3 ORDER BY id DESC LIMIT 1",
    )
    .bind(open.message.0)
    .bind(open.id)
    .bind(Kind::CaseProposed.as_str())
    .fetch_optional(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(row.map(|(actor,)| actor))
}

/// Takes the proposal up that is confirmed. Who proposed it; an `Err` where this person may not confirm it.
pub(super) async fn confirmed(
    write: &mut Write,
    open: &OpenCase,
    proposal: &CaseProposal,
    by: &str,
) -> Result<Result<String, Staffed>, Fault> {
    let Some((decision, proposer)) = proposed(write, open.id).await? else {
        return Ok(Err(Staffed::Changed));
    };
    if decision != proposal.decision.as_str() || proposer != proposal.by {
        return Ok(Err(Staffed::Changed));
    }
    let recorded = recorded_proposer(write, open).await?;
    if proposer == by || recorded.as_deref() != Some(proposer.as_str()) || !may_confirm(write, by).await? {
        return Ok(Err(Staffed::NotTheirs));
    }
    forget(write, open.id).await?;
    Ok(Ok(proposer))
}

/// A proposal that is overtaken is no more, and the record says why.
pub(in crate::store) async fn void(write: &mut Write, case: i64, why: Void) -> Result<(), Fault> {
    let Some((decision, proposer)) = proposed(write, case).await? else { return Ok(()) };
    forget(write, case).await?;
    let (message, version): (i64, i64) =
        sqlx::query_as("SELECT message_id, version FROM cases WHERE id = $1")
            .bind(case)
            .fetch_one(write.connection())
            .await
            .map_err(fault(DOING))?;
    let detail = json!({
        "decision": decision,
        "proposed_by": proposer,
        "because": why.as_str(),
        "version": version,
    });
    write.tell(Event::new(Kind::CaseProposalVoid).message(MailId(message)).case(case).saying(detail)).await
}
