//! The rulebook: form, facts and day in, findings and verdict out. A pure function.

use super::case::Judged;
use super::facts::Facts;
use super::fill::Filled;
use super::finding::Finding;
use super::policy::Policy;
use jiff::civil::Date;

/// Judges a form on a day.
#[must_use]
pub fn judge(filled: Filled, facts: &Facts, policy: &Policy, day: Date) -> Judged {
    judge_with(filled, facts, policy, day, Vec::new())
}

/// The same with findings that come from the mail around it: `already_received`,
/// `sender_unverified`, `document_too_large`.
#[must_use]
pub fn judge_with(filled: Filled, facts: &Facts, policy: &Policy, day: Date, extra: Vec<Finding>) -> Judged {
    let _ = (filled, facts, policy, day, extra);
    todo!()
}
