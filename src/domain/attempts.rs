//! How often a sign-in may fail: after a few that did, the next has to wait, each time longer. A wait
//! is short enough that nobody is kept out for long by somebody else's guessing.

use jiff::SignedDuration;

/// Attempts are counted over so long.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// The first wait; it doubles with each failure after it …
const FIRST: SignedDuration = SignedDuration::from_mins(1);
/// … up to this.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// Whose attempts are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those under one name, from wherever.
    Name,
    /// Those from one address, under whatever name: an office may stand behind one.
    Address,
}

impl Whose {
    /// Failures without a wait.
    const fn free(self) -> u32 {
        match self {
            Self::Name => 5,
            Self::Address => 20,
        }
    }

    /// How long after the last failure the next attempt is heard, where so many failed within
    /// [`WINDOW`].
    #[must_use]
    pub fn wait(self, failed: u32) -> SignedDuration {
        match failed.checked_sub(self.free()) {
            None => SignedDuration::ZERO,
            Some(over) => FIRST.saturating_mul(1 << over.min(8)).min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_ends() {
        let minutes = |whose: Whose, failed| whose.wait(failed).as_mins();
        let of_a_name: Vec<_> = (4..12).map(|failed| minutes(Whose::Name, failed)).collect();
        assert_eq!(of_a_name, [0, 1, 2, 4, 8, 15, 15, 15]);
        assert_eq!((minutes(Whose::Address, 19), minutes(Whose::Address, 20)), (0, 1));
        assert_eq!(minutes(Whose::Name, u32::MAX), 15);
        // whoever goes on counts from the window's beginning, not for ever
        assert!(LONGEST < WINDOW);
    }
}
