//! What a case that waits is judged from again: what was read then, not the mail read anew.

use super::examine::examine;
use super::{Ground, Line};
use crate::domain::case::{CaseNumber, Judged};
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead};
use crate::domain::rules;
use crate::domain::sheet::Reading;
use crate::fault::Fault;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a case is judged from, besides the mail's head and its documents.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub reading: Reading,
    /// The documents' names, as its evidence counts them.
    pub names: Vec<String>,
    /// The case that other documents of the mail were decided in before.
    pub repeats: Option<String>,
}

impl Kept {
    pub(super) fn new(reading: &Reading, names: &[String], repeats: Option<&CaseNumber>) -> Self {
        let repeats = repeats.map(ToString::to_string);
        Self { reading: reading.clone(), names: names.to_vec(), repeats }
    }

    /// As the store keeps it.
    pub(super) fn ground(&self) -> Result<Masked, Fault> {
        let json = serde_json::to_string(self).map_err(|error| Fault::never("keeping a reading", error))?;
        Ok(Masked::new(json))
    }

    pub(super) fn parse(ground: &Masked) -> Result<Self, Fault> {
        serde_json::from_str(ground.expose())
            .map_err(|error| Fault::never("reading what a waiting case rests on", error))
    }
}

impl Line {
    /// Judges it on a day, with the registry of now.
    pub(super) async fn judge_kept(
        &self,
        kept: &Kept,
        (head, documents): (&MailHead, &[DocumentHead]),
        day: Date,
    ) -> Result<Judged, Fault> {
        let repeats = kept.repeats.as_deref().and_then(CaseNumber::parse);
        let extra = [rules::mail::sender(head), rules::mail::came_before(repeats.as_ref())];
        let ground: Ground<'_> = self.ground(day);
        let examined = examine(vec![kept.reading.clone()], documents, &extra, ground).await;
        let judged = examined.judged.into_iter().next();
        judged.ok_or_else(|| Fault::never("judging a case again", "no form is left"))
    }
}
