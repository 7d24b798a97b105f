//! How often a login is tried. A server that lets us in and hangs up at once would be logged in to without
//! end, as each login succeeds; providers shut accounts out for less.

use std::time::{Duration, Instant};

/// Logins one after the other without a pause: as many as the search for an unreadable date may cost.
const AT_ONCE: f64 = 24.0;
/// From then on, the time between two.
const EACH: Duration = Duration::from_secs(15);

/// Nobody waits longer than for so many.
const MOST_OWED: f64 = -4.0;

/// Logins that may be tried now; grows with time.
#[derive(Debug)]
pub(super) struct Logins {
    left: f64,
    since: Option<Instant>,
}

impl Default for Logins {
    fn default() -> Self {
        Self { left: AT_ONCE, since: None }
    }
}

impl Logins {
    /// Counts a login at this moment, and says how long it has to wait. `jitter` from 0 to 1 spreads those
    /// of several daemons.
    pub(super) fn next(&mut self, now: Instant, jitter: f64) -> Duration {
        let passed = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.since = Some(now);
        self.left = ((self.left + passed.div_duration_f64(EACH)).min(AT_ONCE) - 1.0).max(MOST_OWED);
        EACH.mul_f64((-self.left).max(0.0)).mul_f64(1.0 + 0.3 * jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_come_at_once_for_a_while_then_one_by_one_and_again_when_it_was_calm() {
        let (begun, mut logins) = (Instant::now(), Logins::default());
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        for _ in 0..24 {
            assert_eq!(logins.next(begun, 1.0), Duration::ZERO);
        }
        assert_eq!(logins.next(begun, 0.0), EACH);
        // whoever waited for it may go, and no sooner
        assert_eq!(logins.next(at(15), 0.0), EACH);
        assert_eq!(logins.next(at(25), 0.0), Duration::from_secs(20));
        assert_eq!(logins.next(at(25), 1.0), Duration::from_secs(35).mul_f64(1.3));
        for _ in 0..9 {
            assert!(logins.next(at(25), 0.0) <= Duration::from_mins(1));
        }
        // an hour without one
        for _ in 0..24 {
            assert_eq!(logins.next(at(3700), 0.0), Duration::ZERO);
        }
        assert_eq!(logins.next(at(3700), 0.0), EACH);
    }
}
