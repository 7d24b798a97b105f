//! The second pair of eyes: what one person proposed, another confirms; on what it was proposed, or not at all.

use super::Line;
use super::act::Act;
use super::staff::{NotDone, Proposed};
use crate::domain::case::{CaseNumber, Judged};
use crate::report;
use crate::store::{OpenCase, Staffed, Void};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};

impl Line {
    /// What waits for a second person, and what it would come to now.
    ///
    /// # Errors
    /// See [`NotDone`]; nothing is proposed: [`NotDone::NoSuchCase`].
    pub async fn proposal(&self, open: &OpenCase) -> Result<(Act, Proposed), NotDone> {
        let proposal = open.proposal.as_ref().ok_or(NotDone::NoSuchCase)?;
        let act = Act::parse(&proposal.act)?;
        let proposed = self.proposed(open, &act).await?;
        Ok((act, proposed))
    }

    /// Confirms what another proposed. `seen`: the version of the case they saw. Its letter leaves after
    /// `undo`. What was proposed on a judgement that does not hold any more is void.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn confirm(
        &self,
        (number, seen): (&CaseNumber, i64),
        by: &str,
        undo: SignedDuration,
    ) -> Result<Staffed, NotDone> {
        let open = match self.seen(number, seen).await? {
            Ok(open) => open,
            Err(stopped) => return Ok(stopped),
        };
        let Some(proposal) = open.proposal.clone() else { return Ok(Staffed::NotOpen) };
        let (act, proposed) = match self.proposal(&open).await {
            Ok((act, proposed)) if mark(&proposed.judged) == proposal.judged => (act, proposed),
            Ok(_) | Err(NotDone::Stands(_) | NotDone::Incomplete | NotDone::NoForm) => {
                self.store.void_proposal(&open, Void::NoLongerHolds, self.now()).await?;
                return Ok(Staffed::Changed);
            }
            Err(why) => return Err(why),
        };
        if proposed.letters.is_empty() && !matches!(act, Act::Dismiss { .. }) {
            return Err(NotDone::NobodyToAnswer);
        }
        Ok(self.decide_by_staff(&open, (&act, Some(&proposal)), proposed, by, undo).await?)
    }
}

/// What a proposal was made on: void, if this is another when it is to be confirmed.
pub(super) fn mark(judged: &Judged) -> String {
    let report = report::Submission::from(judged).to_json().to_string();
    Sha256::digest(report).iter().map(|byte| format!("{byte:02x}")).collect()
}
