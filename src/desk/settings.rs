//! Where the desk is, and how long things last there.

use crate::domain::four_eyes::FourEyes;
use crate::domain::units::Span;
use crate::openid::OpenIdSettings;
use serde::Deserialize;
use std::net::SocketAddr;

/// The table `[desk]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskSettings {
    /// Where the desk is served, in plain HTTP: on this machine, or behind a proxy that speaks HTTPS.
    pub listen: Option<SocketAddr>,
    /// What browsers call it, where a proxy that speaks HTTPS is before it: `https://desk.example.org`.
    pub address: Option<String>,
    /// The proxy says in `X-Forwarded-For` for whom it asks, and overwrites or adds to what came in.
    pub forwarded: bool,
    /// So long a decision can be taken back: its letter waits.
    pub undo: Span,
    /// Decisions that a second person confirms: `acceptance` (every one), `paper` (of what was read from
    /// paper), `correction` (after a box was corrected), the code of a finding (over it), `rejection`,
    /// `complement`, `dismissal`.
    pub four_eyes: FourEyes,
    /// Within how long the service has promised an answer.
    pub promise: Span,
    /// A session that is not used ends after so long …
    pub idle: Span,
    /// … and any session after so long.
    pub longest: Span,
    /// The provider at which staff sign in.
    pub openid: Option<OpenIdSettings>,
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            listen: None,
            address: None,
            forwarded: false,
            undo: Span::minutes(1),
            four_eyes: FourEyes::default(),
            promise: Span::days(3),
            idle: Span::minutes(30),
            longest: Span::hours(10),
            openid: None,
        }
    }
}

impl DeskSettings {
    /// Whether browsers reach it by HTTPS: then its cookie is for that alone.
    #[must_use]
    pub fn by_https(&self) -> bool {
        self.address.as_ref().is_some_and(|address| address.starts_with("https://"))
    }

    /// Whether a name and a password let somebody in.
    #[must_use]
    pub fn by_password(&self) -> bool {
        self.openid.as_ref().is_none_or(|openid| openid.passwords)
    }

    /// What is wrong with these settings.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        if let Some(address) = &self.address {
            let parsed = address.parse::<axum::http::Uri>().ok();
            let plain = |uri: &axum::http::Uri| {
                matches!(uri.scheme_str(), Some("https" | "http"))
                    && uri.host().is_some()
                    && uri.path() == "/"
            };
            if address.ends_with('/') || !parsed.as_ref().is_some_and(plain) {
                return Some(format!(
                    "desk.address is what browsers call the desk, such as \"https://desk.example.org\", not \
                     {address:?}"
                ));
            }
        }
        if let Some(openid) = &self.openid {
            if self.address.is_none() {
                return Some(
                    "desk.openid: the provider sends people back to the desk: set desk.address to what browsers \
                     call it"
                        .to_owned(),
                );
            }
            if let Some(why) = openid.refused() {
                return Some(why);
            }
        }
        let listen = self.listen.filter(|listen| !listen.ip().is_loopback())?;
        (!self.by_https()).then(|| {
            format!(
                "desk.listen: {listen} is reached from other machines, and passwords would pass in the clear: \
                 put a proxy that speaks HTTPS before it, and set desk.address to what browsers call it"
            )
        })
    }
}
