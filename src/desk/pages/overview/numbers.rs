//! The numbers behind the pictures, asked for once a page.

use super::period::Period;
use crate::desk::app::Desk;
use crate::fault::Fault;
use crate::registry::Snapshot;
use crate::store::{Counts, WaitingFor};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// What the overview is made of.
pub(super) struct Numbers {
    pub(super) period: Period,
    /// First and last day of each step, and the cases received then.
    pub(super) steps: Vec<((Date, Date), Counts)>,
    /// Of all steps.
    pub(super) total: Counts,
    /// What waits for staff at least so long, and less than the next; the promise is among the lengths.
    pub(super) waiting: Vec<(SignedDuration, WaitingFor)>,
    /// The registry that is asked; `None`: nothing was ever loaded.
    pub(super) registry: Option<Snapshot>,
    /// From this age on a feed is not believed any more.
    pub(super) max_age: SignedDuration,
    pub(super) promise: SignedDuration,
    pub(super) now: Timestamp,
}

impl Numbers {
    pub(super) async fn of(desk: &Desk, period: Period) -> Result<Self, Fault> {
        let (now, promise) = (desk.now(), desk.settings.promise.signed());
        let steps = period.steps();
        let counts = desk.store().counted(&steps).await?;
        let mut total = Counts::default();
        for one in &counts {
            total.add(one);
        }
        let bounds = [
            SignedDuration::ZERO,
            promise / 3,
            promise / 3 * 2,
            promise,
            promise.saturating_mul(2),
            promise.saturating_mul(4),
        ];
        let waiting = desk.store().waiting_by_age(&bounds, now).await?;
        Ok(Self {
            steps: steps.into_iter().zip(counts).collect(),
            total,
            waiting: bounds.into_iter().zip(waiting).collect(),
            registry: desk.line.registry.current().await?,
            max_age: desk.line.settings.registry_max_age,
            promise,
            now,
            period,
        })
    }

    /// What waits for staff: in all, and for longer than was promised.
    pub(super) fn waits(&self) -> (u64, u64) {
        let sum = |least: SignedDuration| {
            let old = self.waiting.iter().filter(|(age, _)| *age >= least);
            old.map(|(_, one)| one.nobodys + one.taken).sum()
        };
        (sum(SignedDuration::ZERO), sum(self.promise))
    }
}
