//! What is watched, and whom to tell.

use crate::domain::units::Span;
use jiff::civil::Date;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The table `[watch]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchSettings {
    /// A part of the line that has failed for so long, without a success in between, is told.
    pub after: Span,
    /// Where alerts are posted (JSON with a `text`): `https://…`, or `http://` on this machine.
    pub webhook: Option<String>,
    /// Authorities to trust there instead of the system's: a PEM file.
    pub ca: Option<PathBuf>,
    /// Where `GET /health` is answered: 200, or 503 with the reasons.
    pub listen: Option<SocketAddr>,
    /// A mail from `mail.canary_from` is awaited at least so often.
    pub canary_within: Span,
    /// The day on which the mailbox's password or token ends …
    pub credentials_end: Option<Date>,
    /// … which is told so long before.
    pub warn_before: Span,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            after: Span::minutes(10),
            webhook: None,
            ca: None,
            listen: None,
            canary_within: Span::minutes(30),
            credentials_end: None,
            warn_before: Span::days(14),
        }
    }
}
