//! How long things took, counted in classes: the median of a year without a year of numbers.

use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Classes to a doubling: each is wider by 9 % than the one before.
const PER_DOUBLING: f64 = 8.0;
/// The last class: 8 years and everything above.
const LAST: u16 = 176;

/// A class of durations: up to a minute, and from there on by eighths of a doubling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Took(u16);

impl Took {
    #[must_use]
    pub fn of(length: SignedDuration) -> Self {
        let seconds = length.as_secs_f64();
        Self((0..LAST).find(|n| seconds <= upper(*n)).unwrap_or(LAST))
    }

    /// As it is kept.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        (number <= LAST).then_some(Self(number))
    }

    /// Seconds, from above the first to the second.
    fn bounds(self) -> (f64, f64) {
        (self.0.checked_sub(1).map_or(0.0, upper), upper(self.0))
    }
}

/// Seconds.
fn upper(class: u16) -> f64 {
    60.0 * (f64::from(class) / PER_DOUBLING).exp2()
}

/// How many things took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations(BTreeMap<Took, u64>);

impl Durations {
    pub fn add(&mut self, took: Took, times: u64) {
        *self.0.entry(took).or_default() += times;
    }

    pub fn add_all(&mut self, others: &Self) {
        for (took, times) in &others.0 {
            self.add(*took, *times);
        }
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// What so many of a hundred did not exceed, to 9 % (and to half a minute); `None` of nothing.
    #[must_use]
    pub fn percentile(&self, of_hundred: u8) -> Option<SignedDuration> {
        let rank = (self.count() * u64::from(of_hundred.min(100))).div_ceil(100).max(1);
        let mut before = 0;
        for (took, times) in &self.0 {
            if before + times >= rank {
                let (from, to) = took.bounds();
                // in the middle of its place within the class
                let place = (number(rank - before) - 0.5) / number(*times);
                return SignedDuration::try_from_secs_f64(from + (to - from) * place).ok();
            }
            before += times;
        }
        None
    }
}

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_within_a_tenth_of_the_one_of_the_numbers_themselves() {
        // minutes: many short ones, and a long tail
        let minutes: Vec<i64> = (1..=1000).map(|n| n * n / 50 + 1).collect();
        let mut counted = Durations::default();
        for minutes in &minutes {
            counted.add(Took::of(SignedDuration::from_mins(*minutes)), 1);
        }
        assert_eq!(counted.count(), 1000);
        for (of_hundred, at) in [(5, 49), (50, 499), (95, 949), (100, 999)] {
            let exact = f64::from(i32::try_from(minutes[at]).unwrap());
            let found = counted.percentile(of_hundred).unwrap().as_secs_f64() / 60.0;
            assert!((found / exact - 1.0).abs() < 0.1, "{of_hundred}: {found} for {exact}");
        }
    }

    #[test]
    fn classes_are_told_apart_and_read_back() {
        let of = |seconds| Took::of(SignedDuration::from_secs(seconds)).number();
        assert_eq!([of(-5), of(0), of(60), of(61), of(120), of(121), of(i64::MAX)], [0, 0, 0, 1, 8, 9, LAST]);
        assert_eq!(Took::from_number(35).map(Took::number), Some(35));
        assert_eq!(Took::from_number(LAST + 1), None);
        assert_eq!(Durations::default().percentile(50), None);
    }
}
