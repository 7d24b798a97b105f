//! What staff did with a case at the desk: corrections, a proposal, a decision. They say from what a case is
//! judged again and who confirmed what, so the rows must be the events'.

use super::message::Look;
use super::rows::{self, CaseRow};
use super::story::Told;
use crate::fault::Fault;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What stands of it, by the events.
#[derive(Default)]
pub(super) struct AtTheDesk {
    proposed: Option<Told>,
    decided: Option<Told>,
    /// By box.
    corrected: BTreeMap<String, Told>,
}

impl AtTheDesk {
    pub(super) fn add(&mut self, kind: &str, told: &Told) {
        match kind {
            "case_corrected" => {
                if let Some(field) = told.says("field").and_then(Value::as_str) {
                    self.corrected.insert(field.to_owned(), told.clone());
                }
            }
            "case_proposed" => self.proposed = Some(told.clone()),
            "case_sent_back" | "case_proposal_void" => self.proposed = None,
            "case_decided" => {
                self.proposed = None;
                self.decided = Some(told.clone());
            }
            "case_undone" => self.decided = None,
            _ => {}
        }
    }
}

/// As a row of `case_corrections` holds it: box, value, by whom, when.
type Correction = (String, String, String, i64);
/// As a row of `case_decisions` holds it: what, by whom, proposed by whom, when.
type Decision = (String, String, Option<String>, i64);
/// As a row of `case_proposals` holds it: what, in full, why a second person, on what, by whom, when.
type Proposal = (String, String, String, String, String, i64);

impl Look<'_> {
    pub(super) async fn at_the_desk(&mut self, case: &CaseRow, told: &AtTheDesk) -> Result<(), Fault> {
        let rows: Vec<Decision> = rows::of(
            self.at,
            "SELECT decision, decided_by, proposed_by, decided_at FROM case_decisions WHERE case_id = $1",
            case.id,
        )
        .await?;
        let is = rows.first().map(|(decision, by, proposer, at)| json!([decision, by, proposer, at]));
        let said = told.decided.as_ref();
        let said = said
            .map(|told| (told, json!([told.says("decision"), told.by, told.says("proposed_by"), told.at])));
        self.one(is, said, || format!("what staff decided of case {} at the desk", case.number));
        // the rest goes with a purge
        if self.story.purged.is_some() {
            return Ok(());
        }
        self.proposal(case, told.proposed.as_ref()).await?;
        self.corrections(case, &told.corrected).await
    }

    async fn proposal(&mut self, case: &CaseRow, told: Option<&Told>) -> Result<(), Fault> {
        let rows: Vec<Proposal> = rows::of(
            self.at,
            "SELECT decision, act, reasons, judged, proposed_by, proposed_at FROM case_proposals WHERE case_id = $1",
            case.id,
        )
        .await?;
        let is = rows.first().map(|(decision, act, reasons, judged, by, at)| {
            // an earlier version did not say on what
            let judged = told.and_then(|told| told.says("judged")).map(|_| judged);
            json!([decision, act, reasons.split_whitespace().collect::<Vec<_>>(), judged, by, at])
        });
        let said = told.map(|told| {
            let (decision, why, judged) =
                (told.says("decision"), told.says("second_person"), told.says("judged"));
            (told, json!([decision, told.text, why, judged, told.by, told.at]))
        });
        self.one(is, said, || format!("what is proposed of case {}", case.number));
        Ok(())
    }

    async fn corrections(&mut self, case: &CaseRow, told: &BTreeMap<String, Told>) -> Result<(), Fault> {
        let rows: Vec<Correction> = rows::of(
            self.at,
            "SELECT field, value, corrected_by, corrected_at FROM case_corrections WHERE case_id = $1",
            case.id,
        )
        .await?;
        let mut rows: BTreeMap<String, Value> =
            rows.into_iter().map(|(field, value, by, at)| (field, json!([value, by, at]))).collect();
        for (field, told) in told {
            let said = json!([told.beside("/value"), told.by, told.at]);
            let what = || format!("what staff say stands in {field} of case {}", case.number);
            self.one(rows.remove(field), Some((told, said)), what);
        }
        for (field, row) in rows {
            self.one(Some(row), None, || format!("what staff say stands in {field} of case {}", case.number));
        }
        Ok(())
    }

    /// A row that an event tells of.
    fn one(&mut self, is: Option<Value>, told: Option<(&Told, Value)>, what: impl FnOnce() -> String) {
        match (is, told) {
            (None, None) => {}
            (Some(is), Some((told, said))) => self.found.same(told.event, what, &is, &said),
            (Some(_), None) => self.found.add(None, format!("no event tells of {}", what())),
            (None, Some((told, _))) => {
                self.found.add(told.event, format!("{} by this event is not there", what()));
            }
        }
    }
}
