//! Who watches the watchman: what keeps guichet from its work is told on a channel that is not its
//! mailbox, and to whoever asks. Nothing here decides or answers anything; nothing names a requester.

mod channel;
mod health;
mod settings;

pub use health::serve;
pub use settings::WatchSettings;

use crate::fault::Fault;
use crate::registry::Registry;
use crate::store::{Running, Store, Worker};
use channel::post;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// A stable word for it: `intake`, `registry`, `canary` …
    pub what: &'static str,
    /// What is wrong, for people; may change while the reason stays.
    pub how: String,
}

/// A leg that does not get on.
#[derive(Debug, Clone)]
struct Failing {
    leg: &'static str,
    since: Timestamp,
    said: String,
}

/// How the legs of the line get on. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub struct Legs(Arc<Mutex<BTreeMap<String, Failing>>>);

impl Legs {
    fn failing(&self) -> MutexGuard<'_, BTreeMap<String, Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It did what it had to do.
    pub fn fine(&self, worker: &str) {
        self.failing().remove(worker);
    }

    /// It did not; the first time in a row counts.
    pub fn fails(&self, leg: &'static str, worker: &str, fault: &Fault, now: Timestamp) {
        let said = fault.to_string();
        self.failing()
            .entry(worker.to_owned())
            .and_modify(|known| known.said.clone_from(&said))
            .or_insert(Failing { leg, since: now, said });
    }

    /// Those that have failed for so long without a success in between.
    fn for_long(&self, after: SignedDuration, now: Timestamp) -> Vec<Reason> {
        let failing = self.failing();
        let long = failing.values().filter(|one| now.duration_since(one.since) >= after);
        let told = |one: &Failing| {
            let minutes = now.duration_since(one.since).as_mins();
            Reason { what: one.leg, how: format!("has failed for {minutes} minutes: {}", one.said) }
        };
        long.map(told).collect()
    }
}

/// Looks now and then, and tells what is new and what is over.
#[derive(Debug)]
pub struct Watcher {
    settings: WatchSettings,
    /// Whether a canary is awaited at all.
    canary: bool,
    legs: Legs,
    started: Timestamp,
    /// Since when a part of the line is done by no daemon.
    undone: Option<Timestamp>,
    /// What was told and is not over.
    told: BTreeSet<&'static str>,
}

/// What a watcher looks at.
#[derive(Debug, Clone, Copy)]
pub struct Watched<'a> {
    pub store: &'a Store,
    pub registry: &'a Registry,
    /// The daemon that watches.
    pub worker: &'a Worker,
    pub registry_max_age: SignedDuration,
    /// The day in Paris.
    pub today: Date,
    pub now: Timestamp,
}

impl Watcher {
    #[must_use]
    pub fn new(settings: WatchSettings, canary: bool, legs: Legs, started: Timestamp) -> Self {
        Self { settings, canary, legs, started, undone: None, told: BTreeSet::new() }
    }

    /// Looks once: everything that is wrong now, one a subject. What is new, and what is over, is posted; what
    /// cannot be posted is posted the next time.
    pub async fn look(&mut self, at: Watched<'_>) -> Vec<Reason> {
        let mut reasons = self.legs.for_long(self.settings.after.signed(), at.now);
        reasons.extend(self.credentials(at.today));
        match self.of_the_record(at).await {
            Ok((found, running)) => {
                reasons.extend(found);
                reasons.extend(self.roles(&running, at.now));
            }
            Err(fault) => reasons.push(Reason { what: "database", how: fault.to_string() }),
        }
        reasons.sort();
        reasons.dedup_by_key(|one| one.what);
        self.tell(&reasons).await;
        reasons
    }

    /// A part of the line that no daemon does: where it stands on a machine of its own, nobody else says so.
    fn roles(&mut self, running: &[Running], now: Timestamp) -> Option<Reason> {
        let undone = |role: &&str| !running.iter().any(|one| one.roles.contains(*role));
        let roles: Vec<_> = ["intake", "decide", "answer"].into_iter().filter(undone).collect();
        if running.is_empty() || roles.is_empty() {
            self.undone = None;
            return None;
        }
        let since = *self.undone.get_or_insert(now);
        let long = now.duration_since(since) >= self.settings.after.signed();
        long.then(|| Reason { what: "roles", how: format!("no daemon runs --{}", roles.join(", --")) })
    }

    /// What the tables say, and who runs.
    async fn of_the_record(&self, at: Watched<'_>) -> Result<(Vec<Reason>, Vec<Running>), Fault> {
        let mut reasons = Vec::new();
        let mut add = |what, how| reasons.push(Reason { what, how });
        match at.registry.current().await? {
            None => add("registry", "nothing was ever loaded".to_owned()),
            Some(snapshot) => {
                let silent = snapshot.unanswered(at.now, at.registry_max_age);
                if !silent.is_empty() {
                    add("registry", silent.join("; "));
                }
            }
        }
        let tripped = at.store.tripped().await?;
        if let Some(cap) = tripped.first() {
            add("caps", format!("letters are held: {}", cap.because));
        }
        let parked = at.store.parked().await?.len();
        if parked > 0 {
            add("parked", format!("{parked} mails are put aside and wait for a person"));
        }
        let undelivered = at.store.count_undelivered().await?;
        if undelivered > 0 {
            add(
                "undelivered",
                format!(
                    "{undelivered} letters did not arrive, or may not have: `guichet replies undelivered`"
                ),
            );
        }
        if self.canary {
            let seen = at.store.last_canary().await?;
            let waited = at.now.duration_since(seen.unwrap_or(self.started).max(self.started));
            if waited > self.settings.canary_within.signed() {
                add("canary", format!("no canary mail was taken in for {} minutes", waited.as_mins()));
            }
        }
        Ok((reasons, at.store.running(at.worker, at.now).await?))
    }

    /// A password or token that ends soon, before it does.
    fn credentials(&self, today: Date) -> Option<Reason> {
        let ends = self.settings.credentials_end?;
        let left = ends.duration_since(today);
        let how = if left <= SignedDuration::ZERO {
            format!("the mailbox's credentials ended on {ends}")
        } else if left <= self.settings.warn_before.signed() {
            format!("the mailbox's credentials end on {ends}, in {} days", left.as_hours() / 24)
        } else {
            return None;
        };
        Some(Reason { what: "credentials", how })
    }

    async fn tell(&mut self, reasons: &[Reason]) {
        let now: BTreeSet<_> = reasons.iter().map(|one| one.what).collect();
        let new: Vec<_> = reasons.iter().filter(|one| !self.told.contains(one.what)).collect();
        let over: Vec<_> = self.told.difference(&now).copied().collect();
        if new.is_empty() && over.is_empty() {
            return;
        }
        for reason in &new {
            tracing::error!(what = reason.what, how = reason.how, "a person has to look");
        }
        if let Some(url) = &self.settings.webhook {
            let lines = new.iter().map(|one| format!("{}: {}", one.what, one.how));
            let lines = lines.chain(over.iter().map(|what| format!("{what}: over")));
            let text = format!("guichet\n{}", lines.collect::<Vec<_>>().join("\n"));
            let raised: Vec<_> = new.iter().map(|one| json!({ "what": one.what, "how": one.how })).collect();
            let message = json!({ "text": text, "raised": raised, "over": over });
            if let Err(fault) = post(url, self.settings.ca.as_deref(), &message).await {
                tracing::error!(%fault, "the alert could not be posted: it is tried again");
                return;
            }
        }
        self.told = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_told_of_when_it_has_failed_for_long_and_not_once() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let after = SignedDuration::from_mins(10);
        let legs = Legs::default();
        let fault = Fault::later("polling", "no route to host");
        legs.fails("intake", "intake", &fault, at(0));
        legs.fails("decisions", "d0", &fault, at(0));
        assert_eq!(legs.for_long(after, at(9)), []);
        legs.fails("intake", "intake", &Fault::later("polling", "refused"), at(9));
        legs.fine("d0");
        legs.fails("decisions", "d0", &fault, at(9));
        let long = legs.for_long(after, at(10));
        let how = "has failed for 10 minutes: polling: refused".to_owned();
        assert_eq!(long, [Reason { what: "intake", how }]);
        legs.fine("intake");
        assert_eq!(legs.for_long(after, at(18)), []);
    }
}
