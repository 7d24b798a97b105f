//! The time, as an argument: nothing else in the program asks the machine what time it is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// The time zone of the service: dates on forms and in letters are Paris dates.
pub const ZONE: &str = "Europe/Paris";

/// Where the time comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// The Paris calendar day of an instant.
#[must_use]
pub fn paris_day(at: Timestamp) -> Date {
    at.to_zoned(paris()).date()
}

/// The service's time zone (bundled with the program, so that a bare container has it too).
#[must_use]
pub fn paris() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved: tests.
#[derive(Debug, Clone)]
pub struct StoppedClock(Arc<Mutex<Timestamp>>);

impl StoppedClock {
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(instant)))
    }

    /// Lets `by` pass.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(*now);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
