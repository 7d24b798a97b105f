//! What a purge has left of a message: as much as it says, and nothing personal.

use super::message::Look;
use super::rows::{self, CaseRow, PurgeRow};
use super::story::End;
use crate::fault::Fault;
use serde_json::Value;

impl Look<'_> {
    /// A purge is what its event says, and left nothing.
    pub(super) async fn purge(&mut self) -> Result<(), Fault> {
        if let Some((end, told)) = self.story.end.clone()
            && end != End::Parked
        {
            self.documents(&told).await?;
        }
        let purges: Vec<PurgeRow> = rows::of(
            self.at,
            "SELECT purged_at, rule, event_id FROM purges WHERE message_id = $1",
            self.message.id,
        )
        .await?;
        let id = self.message.id;
        match (&self.story.purged, purges.first()) {
            (None, None) => {}
            (None, Some(row)) => {
                self.found.add(row.event_id, format!("does not tell that message {id} was purged"));
            }
            (Some(told), None) => {
                self.found.add(told.event, format!("the purge of message {id} is not noted"));
            }
            (Some(told), Some(row)) => {
                let rule = told.says("rule").and_then(Value::as_str).unwrap_or_default();
                let is = (row.event_id, row.purged_at, row.rule.as_str());
                self.found.same(
                    told.event,
                    || format!("the purge of message {id}"),
                    &is,
                    &(told.event, told.at, rule),
                );
                let row = &self.message;
                if row.head.is_some() || row.sender.is_some() || row.rfc_id.is_some() || row.trouble.is_some()
                {
                    self.found.add(told.event, format!("message {id} should hold nothing personal any more"));
                }
            }
        }
        Ok(())
    }

    /// Nothing of the requester's is left in a purged case.
    pub(super) async fn emptied(&mut self, row: &CaseRow) -> Result<(), Fault> {
        let left: Vec<(i64,)> = rows::of(
            self.at,
            "SELECT (SELECT COUNT(*) FROM case_cards WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM case_rpps_rang WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM case_words WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM explanations WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM case_grounds WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM case_corrections WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM case_proposals WHERE case_id = $1) \
             + (SELECT COUNT(*) FROM drafts WHERE case_id = $1) \
             + (SELECT COUNT(signatory_card) + COUNT(signatory_last_name) + COUNT(signatory_first_names) \
                FROM cases WHERE id = $1) \
             + (SELECT COUNT(*) FROM findings WHERE case_id = $1 AND message <> '')",
            row.id,
        )
        .await?;
        let rows_left = left.iter().any(|(count,)| *count > 0);
        let identifiers = [&row.structure_name, &row.finess, &row.siret];
        let values_left =
            !row.search.is_empty() || row.report != "{}" || identifiers.iter().any(|one| one.is_some());
        if rows_left || values_left {
            let event = self.story.purged.as_ref().map(|told| told.event);
            self.found.add(event, format!("case {} should hold nothing personal any more", row.number));
        }
        Ok(())
    }
}
