//! Typed durations and sizes, as the configuration writes them: `"30 s"`, `"36 h"`, `"25 MiB"`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// A length of time, written with its unit: `"500 ms"`, `"20 s"`, `"5 min"`, `"36 h"`, `"180 d"`,
/// or several of them (`"1 h 30 min"`). A day is 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    #[must_use]
    pub const fn millis(n: u64) -> Self {
        Self(Duration::from_millis(n))
    }

    #[must_use]
    pub const fn seconds(n: u64) -> Self {
        Self(Duration::from_secs(n))
    }

    #[must_use]
    pub const fn minutes(n: u64) -> Self {
        Self(Duration::from_secs(60 * n))
    }

    #[must_use]
    pub const fn hours(n: u64) -> Self {
        Self(Duration::from_secs(3600 * n))
    }

    #[must_use]
    pub const fn days(n: u64) -> Self {
        Self(Duration::from_secs(86400 * n))
    }

    /// The same as a signed duration, for arithmetic on instants (saturates at 292 billion years).
    #[must_use]
    pub fn signed(self) -> jiff::SignedDuration {
        jiff::SignedDuration::try_from(self.0).unwrap_or(jiff::SignedDuration::MAX)
    }

    /// Reads a number with its unit, or several.
    ///
    /// # Errors
    /// A sentence naming what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut total = Duration::ZERO;
        let mut parts = 0_u32;
        for (number, unit) in quantities(text)? {
            let millis: u64 = match unit.as_str() {
                "ms" => 1,
                "s" => 1000,
                "min" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(format!("unknown unit of time \"{unit}\": ms, s, min, h or d")),
            };
            let part = number.checked_mul(millis).ok_or("too long a time")?;
            total = total.checked_add(Duration::from_millis(part)).ok_or("too long a time")?;
            parts += 1;
        }
        if parts == 0 {
            return Err("a length of time is a number and a unit, like \"20 s\"".into());
        }
        Ok(Self(total))
    }
}

/// A number of bytes, written with its unit: `"32 MiB"`, `"64 KiB"`, `"1 GiB"`, `"512 B"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// Reads one number with its unit.
    ///
    /// # Errors
    /// A sentence naming what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        match quantities(text)?.as_slice() {
            [(number, unit)] => {
                let factor: u64 = match unit.as_str() {
                    "B" => 1,
                    "KiB" => 1 << 10,
                    "MiB" => 1 << 20,
                    "GiB" => 1 << 30,
                    _ => return Err(format!("unknown unit of size \"{unit}\": B, KiB, MiB or GiB")),
                };
                number.checked_mul(factor).map(Self).ok_or_else(|| "too large a size".to_owned())
            }
            _ => Err("a size is a number and a unit, like \"32 MiB\"".into()),
        }
    }
}

/// Splits `"1 h 30 min"` into its numbers and units.
fn quantities(text: &str) -> Result<Vec<(u64, String)>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (digits, after) = split_where(rest, |c| !c.is_ascii_digit());
        let number = digits.parse().map_err(|_| format!("\"{text}\": a number and its unit are expected"))?;
        let (unit, after) = split_where(after.trim_start(), |c| !c.is_alphabetic());
        found.push((number, unit.to_owned()));
        rest = after.trim_start();
    }
    Ok(found)
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(stop).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

macro_rules! written_as_text {
    ($name:ident, $show:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&$show(self))
            }
        }
    };
}
written_as_text!(Span, |span: &Span| format!("{} ms", span.0.as_millis()));
written_as_text!(Size, |size: &Size| format!("{} B", size.0));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_carry_their_unit() {
        assert_eq!(Span::parse("20 s"), Ok(Span::seconds(20)));
        assert_eq!(Span::parse("1h30min"), Ok(Span::minutes(90)));
        assert_eq!(Span::parse("180 d"), Ok(Span::days(180)));
        assert_eq!(Size::parse("32 MiB"), Ok(Size::mib(32)));
        for wrong in ["", "20", "s", "20 parsecs", "-1 s", "99999999999999999999 s", "9999999999999999 d"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "32", "32 MB", "1 MiB 2 KiB"] {
            assert!(Size::parse(wrong).is_err(), "{wrong}");
        }
    }
}
