//! The wire a reply leaves by, and when to try it again.

use crate::domain::mail::Delivery;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// A composed mail, ready for the wire: one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Envelope sender; `None` is the null sender `<>` (RFC 3834 §3.3: nobody answers a bounce).
    pub from_envelope: Option<String>,
    pub to: String,
    /// Without angle brackets.
    pub message_id: String,
    /// The whole RFC 5322 message, lines ended by CRLF.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Outgoing {
    /// Masked: addresses and letters must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({}, {} bytes)", self.message_id, self.bytes.len())
    }
}

/// Hands mails to a relay.
#[async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Tries once. The text is what the relay said, or what went wrong, without addresses: it may
    /// be logged and kept.
    async fn deliver(&self, mail: &Outgoing) -> (Delivery, String);

    /// Says goodbye on lines kept open; the daemon calls it when it stops.
    async fn close(&self) {}
}

/// Attempts made before a reply is given up, so that it stays under five days: RFC 5321 §4.5.4.1
/// asks a client to try for at least 4–5 days.
pub const MAX_ATTEMPTS: u32 = 36;

const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(4);

/// When to try again after `attempts` attempts that ended `NotYet`: 1, 2, 4 … minutes, at most
/// 4 hours, each shortened by up to a tenth (`jitter` from 0 to 1) so that replies held up together
/// do not come back together. `None`: given up, which is told as refused.
#[must_use]
pub fn next_attempt(attempts: u32, now: Timestamp, jitter: f64) -> Option<Timestamp> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let doubled = 1_i32 << attempts.saturating_sub(1).min(10);
    let wait = (FIRST_WAIT * doubled).min(LONGEST_WAIT);
    let wait = wait.mul_f64(1.0 - 0.1 * jitter.clamp(0.0, 1.0));
    now.checked_add(wait).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(jitter: f64) -> Vec<SignedDuration> {
        let start: Timestamp = "2026-11-22T13:05:00Z".parse().unwrap();
        (1..=MAX_ATTEMPTS)
            .map_while(|attempts| next_attempt(attempts, start, jitter))
            .map(|at| at.duration_since(start))
            .collect()
    }

    #[test]
    fn it_waits_longer_each_time_up_to_four_hours() {
        let waits = waits(0.0);
        assert_eq!(waits.first(), Some(&SignedDuration::from_mins(1)));
        assert_eq!(waits.get(3), Some(&SignedDuration::from_mins(8)));
        assert_eq!(waits.last(), Some(&SignedDuration::from_hours(4)));
        assert!(waits.is_sorted());
    }

    #[test]
    fn it_gives_up_after_four_to_five_days() {
        for jitter in [0.0, 1.0] {
            let total = waits(jitter).into_iter().fold(SignedDuration::ZERO, |sum, wait| sum + wait);
            let days = total.as_hours();
            assert!((96..=120).contains(&days), "{days} hours with jitter {jitter}");
        }
    }

    #[test]
    fn jitter_only_ever_shortens_by_a_tenth() {
        let (none, most) = (waits(0.0), waits(9.0));
        assert_eq!(most.first(), Some(&SignedDuration::from_secs(54)));
        assert!(none.iter().zip(&most).all(|(none, most)| most < none));
    }
}
