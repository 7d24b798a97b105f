//! `[retention]`: how long what requesters wrote is kept.

use crate::domain::units::Span;
use crate::store::Retention;
use serde::Deserialize;

/// How long what requesters wrote is kept, counted from the last decision or letter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Accepted declarations.
    pub accepted: Span,
    /// Rejected ones.
    pub rejected: Span,
    /// Ones that a person looked at and closed.
    pub review: Span,
    /// Mails of nothing but documents that came before.
    pub repeated: Span,
    /// Questions without a form.
    pub question: Span,
    /// Mails written by machines.
    pub automatic: Span,
    /// Mails put aside for a person and never taken up.
    pub parked: Span,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            // as long as somebody may claim something from it (French civil code, art. 2224)
            accepted: Span::days(5 * 365),
            rejected: Span::days(365),
            review: Span::days(2 * 365),
            repeated: Span::days(365),
            question: Span::days(365),
            automatic: Span::days(90),
            parked: Span::days(365),
        }
    }
}

impl From<&RetentionSettings> for Retention {
    fn from(settings: &RetentionSettings) -> Self {
        Self {
            accepted: settings.accepted.signed(),
            rejected: settings.rejected.signed(),
            review: settings.review.signed(),
            repeated: settings.repeated.signed(),
            question: settings.question.signed(),
            automatic: settings.automatic.signed(),
            parked: settings.parked.signed(),
        }
    }
}
