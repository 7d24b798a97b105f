//! Repaired copies of forms that are sent back. They are made of strangers' documents, so by a child. One
//! that dies of a document costs the requester their own document only: the blank edition is filled in by
//! a second child, which gets nothing of theirs but the answers.

use super::run::{End, run};
use super::wire::{Frame, Order};
use super::{Job, JobKind, Sandbox};
use crate::domain::repair::Repair;
use crate::fault::Fault;
use crate::intake::mime::Attached;
use crate::reading::repaired::{Copy, repaired};
use std::io;

/// Bytes of one copy.
const MOST: usize = 5 << 20;
/// Bytes of all copies of one mail: with what base64 adds, under the ten megabytes that relays take.
const ALL: usize = 7 << 20;
/// Bytes kept for each copy still to come: the blank edition fits.
const NEXT: usize = 200 << 10;

impl Sandbox {
    /// The copies of a job's forms, in their order; `None` where none is wanted, or none can be made.
    pub async fn repaired(&self, job: Job<'_>, forms: &[Option<Repair>]) -> Result<Vec<Option<Copy>>, Fault> {
        let nothing = Job { kind: JobKind::Document, name: "", bytes: &[] };
        let mut copies: Vec<Option<Copy>> = forms.iter().map(|_| None).collect();
        for job in [job, nothing] {
            let wanted: Vec<usize> = (0..forms.len())
                .filter(|at| {
                    forms.get(*at).is_some_and(Option::is_some)
                        && copies.get(*at).is_some_and(Option::is_none)
                })
                .collect();
            if wanted.is_empty() {
                break;
            }
            let repair = wanted.iter().filter_map(|at| forms.get(*at)?.clone()).collect();
            let order = Order::repairing(&self.settings, &self.mime, job, repair);
            let child = self.nursery.take().await?;
            let told = &mut |frame, bytes| {
                if let Frame::Copy { form, title_at, own, .. } = frame
                    && let Some(copy) = wanted.get(form).and_then(|at| copies.get_mut(*at))
                {
                    *copy = Some(Copy { bytes, title_at, own });
                }
            };
            match run(child, &order, job.bytes, &self.settings, told).await {
                Ok(End::Through | End::Paper) => break,
                Err(ended) => tracing::warn!(%ended, "a sandbox child died of repairing a form"),
            }
        }
        Ok(copies)
    }
}

/// The child's side: makes the copies and gives out each.
pub(super) fn copies(
    forms: &[Repair],
    documents: &[Attached],
    mut give: impl FnMut(usize, Copy) -> io::Result<()>,
) -> io::Result<()> {
    let mut room = ALL;
    for (at, form) in forms.iter().enumerate() {
        // answers on several documents are none's own
        let mut numbers = form.pages.iter().map(|page| page.document);
        let first = numbers.next().filter(|first| numbers.all(|number| number == *first));
        let own = first.and_then(|number| documents.get(number)).map(|document| document.bytes.as_slice());
        let to_come = forms.len().saturating_sub(at + 1).saturating_mul(NEXT);
        let most = MOST.min(room.saturating_sub(to_come));
        if let Some(copy) = repaired(form, own, most) {
            room = room.saturating_sub(copy.bytes.len());
            give(at, copy)?;
        }
    }
    Ok(())
}
