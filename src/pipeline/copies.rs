//! The repaired copies that go with a rejection: planned here, made in the sandbox.

use super::Line;
use super::letters::Answered;
use crate::domain::case::{CaseNumber, Judged};
use crate::domain::repair::Repair;
use crate::domain::sheet::Reading;
use crate::fault::Fault;
use crate::reading::repaired::Copy;
use crate::reply::Attachment;
use crate::sandbox::{Job, JobKind};
use crate::store::Content;

impl Line {
    /// A copy of each form that is sent back and can be mended; empty where nobody is written to. Of a
    /// mail that is not kept whole, the blank edition can still be filled in.
    pub(super) async fn copies(
        &self,
        mail: Option<&Content>,
        (judged, readings): (&[Judged], &[Reading]),
        answered: &Answered,
    ) -> Result<Vec<Option<Copy>>, Fault> {
        if matches!(answered, Answered::Never(_)) {
            return Ok(Vec::new());
        }
        let plans: Vec<Option<Repair>> = judged
            .iter()
            .zip(readings)
            .map(|(one, reading)| Repair::of(one, reading, &self.settings.policy))
            .collect();
        let bytes: &[u8] = match mail {
            Some(Content::Whole(bytes)) => bytes,
            Some(Content::HeadOnly(_)) | None => &[],
        };
        let job = Job { kind: JobKind::Mail, name: "", bytes };
        self.sandbox.repaired(job, &plans).await
    }
}

/// The copies as they are attached, once the cases have their numbers.
pub(super) fn attachments(copies: &[Option<Copy>], numbers: &[CaseNumber]) -> Vec<Option<Attachment>> {
    let one = |(copy, number): (&Option<Copy>, &CaseNumber)| {
        let copy = copy.as_ref()?;
        Some(Attachment::copy_of(number, copy.numbered(&number.to_string())?, copy.own))
    };
    copies.iter().zip(numbers).map(one).collect()
}
