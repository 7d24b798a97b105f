//! How the relay is reached.

use crate::domain::units::Span;
use serde::Deserialize;
use std::path::PathBuf;

/// The relay that replies are handed to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Name or address of the relay; its certificate must carry it.
    pub host: String,
    /// Port; by default 465 for `implicit` TLS, 587 for `starttls`, else 25.
    pub port: Option<u16>,
    /// `implicit`, `starttls`, `plain` (on this machine only) or `plain_anywhere`.
    #[serde(default)]
    pub tls: Tls,
    /// A PEM file with the authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// Login name; without it there is no login.
    pub user: Option<String>,
    /// The file that holds the password (its last line end does not count). Read at each login, so
    /// that it can be changed while guichet runs.
    pub password_file: Option<PathBuf>,
    /// Whose key signs the letters; without it they leave as they are, for the relay to sign.
    pub dkim: Option<Box<DkimSettings>>,
    /// How we name ourselves in EHLO; by default this machine's name.
    pub hello: Option<String>,
    /// The longest wait for an answer to a command, and for a connection.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// The longest wait for the answer to a whole mail, which a relay may scan first (RFC 5321
    /// §4.5.3.2.6 asks for ten minutes).
    #[serde(default = "data_timeout")]
    pub data_timeout: Span,
    /// Connections open at the same time.
    #[serde(default = "connections")]
    pub connections: usize,
    /// A connection that was not used for so long is not used again.
    #[serde(default = "idle")]
    pub idle: Span,
    /// Mails sent over one connection before it is closed.
    #[serde(default = "mails_per_connection")]
    pub mails_per_connection: u32,
}

const fn timeout() -> Span {
    Span::seconds(30)
}

const fn data_timeout() -> Span {
    Span::minutes(10)
}

const fn connections() -> usize {
    4
}

const fn idle() -> Span {
    Span::seconds(60)
}

const fn mails_per_connection() -> u32 {
    100
}

impl SmtpSettings {
    /// Settings with their defaults.
    #[must_use]
    pub fn new(host: impl Into<String>, tls: Tls) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls,
            ca: None,
            user: None,
            password_file: None,
            dkim: None,
            hello: None,
            timeout: timeout(),
            data_timeout: data_timeout(),
            connections: connections(),
            idle: idle(),
            mails_per_connection: mails_per_connection(),
        }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 465,
            Tls::Starttls => 587,
            Tls::Plain | Tls::PlainAnywhere => 25,
        })
    }
}

/// The table `[transport.dkim]` (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimSettings {
    /// The domain of `identity.from`, or one above it: by it receivers know whose letter it is.
    pub domain: String,
    /// The public key stands in the DNS, as a TXT record of `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// The file that holds the private key: PEM, not encrypted, RSA of 2048 bits or more, or Ed25519. Read
    /// once, at the start.
    pub key_file: PathBuf,
}

impl DkimSettings {
    /// Why letters from this address would not count as signed by their own domain (RFC 7489, section
    /// 3.1.1).
    #[must_use]
    pub fn refused(&self, from: &str) -> Option<String> {
        let of = from.rsplit_once('@').map_or(from, |(_, domain)| domain).to_ascii_lowercase();
        let domain = self.domain.to_ascii_lowercase();
        let above = of == domain || of.ends_with(&format!(".{domain}"));
        (!above).then(|| {
            format!(
                "transport.dkim.domain is the domain of identity.from ({of}) or one above it, not {domain}"
            )
        })
    }
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Implicit,
    /// Plain greeting, then TLS before anything else.
    Starttls,
    /// No TLS; refused unless the relay is on this machine.
    Plain,
    /// No TLS, whatever lies between: letters and the password can be read on the way.
    PlainAnywhere,
}
