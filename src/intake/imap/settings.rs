//! What the configuration says about the IMAP mailbox.

use crate::domain::units::Span;
use crate::intake::mailbox::{FilingMode, Folders};
use crate::intake::secret::Secret;
use serde::Deserialize;
use std::path::PathBuf;

/// The mailbox guichet reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapSettings {
    /// Name or address of the server; its certificate must carry it.
    pub host: String,
    /// Port; by default 993 for `implicit` TLS, else 143.
    pub port: Option<u16>,
    /// `implicit`, `starttls`, `plain` (on this machine only) or `plain_anywhere`.
    #[serde(default)]
    pub tls: Tls,
    /// A PEM file with the authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// Login name.
    pub user: String,
    /// How to log in.
    pub auth: Auth,
    /// The folder mails arrive in.
    #[serde(default = "inbox")]
    pub folder: String,
    /// What is done with a mail that was taken in: `move`, `keyword`, `flagged` or `nothing`.
    #[serde(default)]
    pub filing: FilingMode,
    /// The folders for `move`, created when missing; `/` separates levels.
    #[serde(default)]
    pub folders: Folders,
    /// No byte from the server for so long: the connection is given up.
    #[serde(default = "read_timeout")]
    pub read_timeout: Span,
    /// The longest time between two looks at the folder, also where the server announces arrivals.
    #[serde(default = "poll_every")]
    pub poll_every: Span,
}

fn inbox() -> String {
    "INBOX".into()
}

const fn read_timeout() -> Span {
    Span::seconds(60)
}

const fn poll_every() -> Span {
    Span::minutes(1)
}

impl ImapSettings {
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 993,
            Tls::Starttls | Tls::Plain | Tls::PlainAnywhere => 143,
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
    /// No TLS; refused unless the server is on this machine.
    Plain,
    /// No TLS, whatever lies between: the password can be read on the way.
    PlainAnywhere,
}

/// How to log in.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// `LOGIN` with a password.
    Password { password: Secret },
    /// `AUTHENTICATE XOAUTH2` with an access token, asked for anew at each login.
    Xoauth2 { token: Secret },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::form::Masked;
    use crate::domain::mail::Outcome;

    #[test]
    fn ten_lines_are_enough_and_unknown_keys_are_refused() {
        let settings: ImapSettings = toml::from_str(
            r#"
            host = "imap.example.org"
            user = "f413@example.org"
            auth = { method = "password", password = { file = "/run/credentials/imap" } }
            "#,
        )
        .unwrap();
        assert_eq!((settings.port(), settings.folder.as_str()), (993, "INBOX"));
        assert_eq!(settings.folders.of(Outcome::ToDo), "À traiter");

        let token: ImapSettings = toml::from_str(
            r#"
            host = "localhost"
            tls = "starttls"
            user = "f413"
            auth = { method = "xoauth2", token = { command = ["mail-token", "--imap"] } }
            filing = "keyword"
            folders = { handled = "F413/Traités" }
            read_timeout = "300 ms"
            "#,
        )
        .unwrap();
        assert_eq!((token.port(), token.filing), (143, FilingMode::Keyword));
        assert_eq!(token.folders.of(Outcome::Question), "Questions");

        for wrong in [
            "host = 'h'\nuser = 'u'\nauth = { method = 'password', password = { value = 'x' } }\npasword = 1",
            "host = 'h'\nuser = 'u'\nauth = { method = 'password', password = { value = 'x' }, tokn = 1 }",
            "host = 'h'\nuser = 'u'\nauth = { method = 'cram' }",
        ] {
            assert!(toml::from_str::<ImapSettings>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let auth = Auth::Password { password: Secret::Value(Masked::new("s3same")) };
        assert!(!format!("{auth:?}").contains("s3same"));
    }
}
