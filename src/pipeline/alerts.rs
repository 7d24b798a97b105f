//! After an import: which accepted cases rest on something that does not hold any more.

use crate::clock::paris_day;
use crate::domain::rules;
use crate::fault::Fault;
use crate::registry::Registry;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};

/// Cases looked at together.
const AT_ONCE: u32 = 200;

/// Looks at every accepted case and raises an alert for what its acceptance rested on and the current
/// registry does not bear out; how many are new. Said again, it raises nothing twice.
///
/// # Errors
/// A database that does not answer.
pub async fn raise_alerts(
    store: &Store,
    registry: &Registry,
    now: Timestamp,
    max_age: SignedDuration,
) -> Result<u64, Fault> {
    let today = paris_day(now);
    let mut raised = 0;
    let mut last = None;
    loop {
        let cases = store.accepted_after(last.as_ref(), AT_ONCE).await?;
        let wanted: Vec<_> = cases.iter().map(|case| case.wanted.clone()).collect();
        let facts = registry.all_facts(&wanted, now, max_age).await?;
        let Some(snapshot) = facts.iter().find_map(|facts| facts.snapshot) else { return Ok(raised) };
        let broken: Vec<_> = cases
            .iter()
            .zip(&facts)
            .flat_map(|(case, facts)| {
                rules::broken(&case.wanted, facts, today).into_iter().map(move |one| (case, one))
            })
            .collect();
        raised += store.raise_alerts(&broken, snapshot, now).await?;
        last = cases.into_iter().next_back();
    }
}
