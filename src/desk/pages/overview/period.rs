//! The period that the overview is about, in the address: so many days up to today, or from a day to a day;
//! and the steps that its pictures have.

use crate::desk::trail::Asked;
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

/// The periods that are offered: days, the key, and what they are called.
pub(super) const OFFERED: [(i32, &str, &str); 4] =
    [(7, "S", "7 jours"), (30, "M", "30 jours"), (90, "T", "90 jours"), (365, "A", "1 an")];
const DEFAULT: i32 = 30;
/// Years that are looked back at most.
const LONGEST: i32 = 10;

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    Day,
    Week,
    Month,
}

impl Every {
    pub(super) fn french(self) -> &'static str {
        match self {
            Self::Day => "par jour",
            Self::Week => "par semaine",
            Self::Month => "par mois",
        }
    }
}

/// From a day to a day, both within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) since: Date,
    pub(super) until: Date,
    pub(super) every: Every,
    /// So many days up to today, where that was asked for.
    pub(super) days: Option<i32>,
}

impl Period {
    /// What is asked makes no sense: the usual one.
    pub(super) fn of(asked: &Asked, today: Date) -> Self {
        let day = |key: &str| asked.get(key).and_then(|text| text.parse::<Date>().ok());
        let back = |days: i32| today.saturating_sub((days - 1).days());
        if let (Some(since), Some(until)) = (day("du"), day("au"))
            && since <= until
        {
            let since = since.max(until.saturating_sub(LONGEST.years()));
            return Self::with(since, until, None);
        }
        let asked = asked.get("jours").and_then(|text| text.parse().ok());
        let days = asked.filter(|days| OFFERED.iter().any(|(one, ..)| one == days)).unwrap_or(DEFAULT);
        Self::with(back(days), today, Some(days))
    }

    fn with(since: Date, until: Date, days: Option<i32>) -> Self {
        let long = until.duration_since(since).as_hours() / 24 + 1;
        let every = match long {
            ..=35 => Every::Day,
            36..=200 => Every::Week,
            _ => Every::Month,
        };
        Self { since, until, every, days }
    }

    /// As it stands in an address.
    pub(super) fn query(&self) -> String {
        match self.days {
            Some(days) => format!("jours={days}"),
            None => format!("du={}&au={}", self.since, self.until),
        }
    }

    /// First and last day of each step; the first and the last step may be shorter than the others.
    pub(super) fn steps(&self) -> Vec<(Date, Date)> {
        let mut steps = Vec::new();
        let mut first = self.since;
        while first <= self.until {
            let (begins, length): (Date, Span) = match self.every {
                Every::Day => (first, 1.day()),
                Every::Week => {
                    (first.saturating_sub(i32::from(first.weekday().since(Weekday::Monday)).days()), 1.week())
                }
                Every::Month => (first.first_of_month(), 1.month()),
            };
            let Ok(next) = begins.checked_add(length) else {
                // the end of the calendar
                steps.push((first, self.until));
                break;
            };
            steps.push((first, next.saturating_sub(1.day()).min(self.until)));
            first = next;
        }
        steps
    }

    /// A step under its column.
    pub(super) fn label(&self, first: Date) -> String {
        match self.every {
            Every::Day | Every::Week => first.strftime("%d/%m").to_string(),
            Every::Month => first.strftime("%m/%Y").to_string(),
        }
    }
}

/// A step in words.
pub(super) fn name((first, last): (Date, Date)) -> String {
    if first == last { french(first) } else { format!("{} au {}", french(first), french(last)) }
}

/// `22/11/2026`.
pub(super) fn french(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn asked(pairs: &[(&str, &str)]) -> Period {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Period::of(&pairs.collect(), TODAY)
    }

    #[test]
    fn so_many_days_end_today() {
        let week = asked(&[("jours", "7")]);
        assert_eq!((week.since, week.until, week.every), (date(2026, 11, 17), TODAY, Every::Day));
        assert_eq!(week.steps().len(), 7);
        assert_eq!(week.query(), "jours=7");
        for nonsense in [
            vec![],
            vec![("jours", "8")],
            vec![("jours", "x")],
            vec![("du", "2026-11-02"), ("au", "2026-11-01")],
        ] {
            assert_eq!(asked(&nonsense), asked(&[("jours", "30")]), "{nonsense:?}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let quarter = asked(&[("du", "2026-09-02"), ("au", "2026-11-24")]);
        let steps = quarter.steps();
        assert_eq!(steps[0], (date(2026, 9, 2), date(2026, 9, 6)));
        assert_eq!(steps[1], (date(2026, 9, 7), date(2026, 9, 13)));
        assert_eq!(steps[steps.len() - 1], (date(2026, 11, 23), date(2026, 11, 24)));
        let year = asked(&[("jours", "365")]);
        assert_eq!((year.every, year.since), (Every::Month, date(2025, 11, 24)));
        assert_eq!(
            year.steps()[..2],
            [(date(2025, 11, 24), date(2025, 11, 30)), (date(2025, 12, 1), date(2025, 12, 31))]
        );
        assert_eq!(year.steps().len(), 13);
    }

    #[test]
    fn steps_cover_every_day_once_and_no_period_is_without_end() {
        for (since, until) in
            [("2026-01-31", "2026-03-01"), ("0001-01-01", "9999-12-31"), ("9999-12-01", "9999-12-31")]
        {
            let period = asked(&[("du", since), ("au", until)]);
            let steps = period.steps();
            assert!(steps.len() <= 122, "{since}: {}", steps.len());
            assert_eq!((steps[0].0, steps[steps.len() - 1].1), (period.since, period.until));
            for pair in steps.windows(2) {
                assert_eq!(pair[0].1.tomorrow().unwrap(), pair[1].0);
            }
        }
    }
}
