//! Where the desk is, and how long things last there.

use crate::domain::units::Span;
use serde::Deserialize;
use std::net::SocketAddr;

/// The table `[desk]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskSettings {
    /// Where the desk is served, in plain HTTP: on this machine, or behind a proxy that speaks HTTPS.
    pub listen: Option<SocketAddr>,
    /// So long a decision can be taken back: its letter waits.
    pub undo: Span,
    /// Within how long the service has promised an answer.
    pub promise: Span,
    /// A session that is not used ends after so long …
    pub idle: Span,
    /// … and any session after so long.
    pub longest: Span,
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            listen: None,
            undo: Span::minutes(1),
            promise: Span::days(3),
            idle: Span::minutes(30),
            longest: Span::hours(10),
        }
    }
}
