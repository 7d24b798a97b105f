//! How many replies may leave, and when a receipt does.

use crate::domain::units::Span;
use serde::Deserialize;

/// The table `[replies]`. A cap that is reached stays closed until a person resets it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplySettings {
    /// To one address, in 24 hours.
    pub max_per_address: u32,
    /// To all addresses of one domain, in 24 hours.
    pub max_per_domain: u32,
    /// In total, in 24 hours.
    pub max_total: u32,
    /// A receipt waits so long; when the decision is taken before, it alone is told.
    pub receipt_after: Span,
}

impl Default for ReplySettings {
    fn default() -> Self {
        Self { max_per_address: 20, max_per_domain: 500, max_total: 5000, receipt_after: Span::minutes(1) }
    }
}
