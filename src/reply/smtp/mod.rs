//! The relay: one mail, one recipient, one dialogue whose every step we see, over lines kept open.
//!
//! lettre writes and reads the commands; what an answer means at which step is decided here, because
//! its own `send` does not tell a mail that was surely not taken from one that may have been.

mod answer;
mod dkim;
mod line;
mod settings;

pub use line::on_this_machine;
pub use settings::{DkimSettings, SmtpSettings, Tls};

use super::transport::{Outgoing, Transport};
use crate::domain::mail::Delivery;
use crate::fault::Fault;
use answer::{Step, Trouble, said};
use async_trait::async_trait;
use dkim::Signer;
use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::response::Response;
use line::{Dialer, hang_up};
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// The relay, with the lines to it that are open.
pub struct Smtp {
    dialer: Dialer,
    signer: Option<Signer>,
    settings: SmtpSettings,
    resting: Mutex<Vec<Line>>,
    lines: Semaphore,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({}:{})", self.settings.host, self.settings.port())
    }
}

/// An open line.
struct Line {
    connection: AsyncSmtpConnection,
    last_used: Instant,
    mails: u32,
}

/// A relay that was tried without sending anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The name the relay gives itself.
    pub relay: String,
    pub encrypted: bool,
    pub logged_in: bool,
}

/// How letters are signed, and what has to stand in the DNS for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    pub algorithm: String,
    /// Where the record stands …
    pub name: String,
    /// … and what it says, as a zone file writes it.
    pub record: String,
}

/// A mail as the wire takes it.
struct Ready {
    from: Option<Address>,
    to: Address,
    content: String,
}

impl Smtp {
    /// Reads the settings; opens nothing yet.
    ///
    /// # Errors
    /// A fault that names the setting that cannot be used.
    pub fn new(settings: SmtpSettings) -> Result<Self, Fault> {
        let lines = Semaphore::new(settings.connections.max(1));
        let signer = settings.dkim.as_deref().map(Signer::new).transpose()?;
        let dialer = Dialer::new(settings.clone())?;
        Ok(Self { dialer, signer, settings, resting: Mutex::default(), lines })
    }

    /// How letters are signed; `None`: they are not.
    #[must_use]
    pub fn signing(&self) -> Option<Signing> {
        let signer = self.signer.as_ref()?;
        let (name, record) = signer.record();
        Some(Signing { algorithm: signer.algorithm(), name, record })
    }

    /// Connects, encrypts and logs in as for a mail, without sending one: for `doctor`.
    ///
    /// # Errors
    /// A fault that names the step that failed and what the relay said.
    pub async fn probe(&self) -> Result<Probe, Fault> {
        let doing = || format!("trying the relay {}:{}", self.settings.host, self.settings.port());
        let mut line = self.dialer.open().await.map_err(|error| Fault::later(doing(), error))?;
        command(&mut line, self.settings.timeout.0, Step::Sender, Noop)
            .await
            .map_err(|trouble| Fault::later(doing(), trouble.said))?;
        let probe = Probe {
            relay: said(line.server_info().name()),
            encrypted: matches!(self.settings.tls, Tls::Implicit | Tls::Starttls),
            logged_in: self.settings.user.is_some(),
        };
        hang_up(line).await;
        Ok(probe)
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Line>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line used last, if it is fresh enough; older ones are let go with it.
    fn rested(&self) -> Option<Line> {
        let mut resting = self.resting();
        let line = resting.pop()?;
        if line.last_used.elapsed() < self.settings.idle.0 {
            return Some(line);
        }
        resting.clear();
        None
    }

    /// Hands over one mail: on a line kept open, and if that turns out to be dead before the mail
    /// began, on a new one, which is no failure of the mail's.
    async fn hand_over(&self, mail: &Ready) -> Result<String, Trouble> {
        if let Some(line) = self.rested() {
            match self.converse(line, mail).await {
                Err(trouble) if trouble.line_was_dead => self.resting().clear(),
                settled => return settled,
            }
        }
        let connection = self.dialer.open().await.map_err(|no_line| Trouble {
            delivery: Delivery::NotYet,
            said: no_line.to_string(),
            line_is_good: false,
            line_was_dead: false,
            ours: true,
        })?;
        self.converse(Line { connection, last_used: Instant::now(), mails: 0 }, mail).await
    }

    async fn converse(&self, mut line: Line, mail: &Ready) -> Result<String, Trouble> {
        let settled = self.dialogue(&mut line.connection, mail).await;
        let good = match &settled {
            Ok(_) => true,
            // the half-told mail is forgotten; a relay that does not even do that is left
            Err(trouble) if trouble.line_is_good => {
                command(&mut line.connection, self.settings.timeout.0, Step::Sender, Rset).await.is_ok()
            }
            Err(_) => return settled,
        };
        line.mails += 1;
        line.last_used = Instant::now();
        if good && line.mails < self.settings.mails_per_connection {
            self.resting().push(line);
        } else {
            hang_up(line.connection).await;
        }
        settled
    }

    async fn dialogue(&self, line: &mut AsyncSmtpConnection, mail: &Ready) -> Result<String, Trouble> {
        let patience = self.settings.timeout.0;
        command(line, patience, Step::Sender, Mail::new(mail.from.clone(), Vec::new())).await?;
        command(line, patience, Step::Recipient, Rcpt::new(mail.to.clone(), Vec::new())).await?;
        let go_ahead = command(line, patience, Step::Data, Data).await?;
        if !go_ahead.has_code(354) {
            return Err(Trouble::silence(Step::Data, "the relay did not ask for the mail"));
        }
        // The mail and its final dot leave in one write. In two, the second waits for the relay's
        // delayed acknowledgement of the first (RFC 896 against RFC 1122 §4.2.3.2): 40 ms a mail.
        let taken = command(line, self.settings.data_timeout.0, Step::Content, &mail.content).await?;
        if taken.code().severity != lettre::transport::smtp::response::Severity::PositiveCompletion {
            return Err(Trouble::silence(Step::Content, "the relay's answer is no end of a mail"));
        }
        let words = taken.message().collect::<Vec<_>>().join(" ");
        Ok(said(&format!("{} {words}", taken.code())))
    }
}

async fn command(
    line: &mut AsyncSmtpConnection,
    patience: Duration,
    step: Step,
    command: impl Display,
) -> Result<Response, Trouble> {
    match timeout(patience, line.command(command)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Trouble::of(step, &error)),
        Err(_) => Err(Trouble::silence(step, &format!("no answer within {patience:?}"))),
    }
}

impl Ready {
    /// `None` for what our own composer never makes: an address that is none, a mail that is not
    /// 7-bit (it would need extensions that a relay may lack).
    ///
    /// # Errors
    /// It could not be signed.
    fn new(mail: &Outgoing, signer: Option<&Signer>) -> Result<Option<Self>, Fault> {
        let Ok(from) = mail.from_envelope.as_deref().map(str::parse).transpose() else { return Ok(None) };
        let text = str::from_utf8(&mail.bytes).ok().filter(|text| text.is_ascii());
        let (Ok(to), Some(text)) = (mail.to.parse(), text) else { return Ok(None) };
        let letter = lines(text);
        let signature = signer.map_or_else(|| Ok(String::new()), |signer| signer.header(&letter))?;
        Ok(Some(Self { from, to, content: dotted(&(signature + &letter)) }))
    }
}

/// Lines ended by CRLF and nothing else: a lone CR or LF could end the mail early for some relays ("SMTP
/// smuggling").
fn lines(text: &str) -> String {
    let mut whole = String::with_capacity(text.len() + text.len() / 32);
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        whole.push_str(&line.replace('\r', ""));
        whole.push_str("\r\n");
    }
    whole
}

/// A mail as DATA takes it: leading dots doubled, the final dot (RFC 5321 §4.5.2).
fn dotted(whole: &str) -> String {
    let mut content = String::with_capacity(whole.len() + whole.len() / 32);
    for line in whole.split_inclusive('\n') {
        if line.starts_with('.') {
            content.push('.');
        }
        content.push_str(line);
    }
    content.push_str(".\r\n");
    content
}

#[async_trait]
impl Transport for Smtp {
    async fn deliver(&self, mail: &Outgoing) -> (Delivery, String) {
        let ready = match Ready::new(mail, self.signer.as_ref()) {
            Ok(Some(ready)) => ready,
            Ok(None) => {
                return (
                    Delivery::Refused,
                    "not sent: the mail or its address cannot go over the wire".into(),
                );
            }
            Err(fault) => return (Delivery::NotYet, format!("not sent: {fault}")),
        };
        // the semaphore is never closed
        let _line = self.lines.acquire().await;
        match self.hand_over(&ready).await {
            Ok(said) => (Delivery::Sent, said),
            Err(trouble) => {
                if trouble.ours {
                    tracing::warn!(said = trouble.said, "the relay does not take mails from us");
                }
                (trouble.delivery, trouble.said)
            }
        }
    }

    async fn close(&self) {
        let resting = std::mem::take(&mut *self.resting());
        for line in resting {
            hang_up(line.connection).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_cannot_end_itself_early() {
        let on_the_wire = |text: &str| dotted(&lines(text));
        assert_eq!(on_the_wire("a\r\n.\r\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(on_the_wire("a\n.\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(on_the_wire("a\r.\r\nb\n\r.\r\rc"), "a.\r\nb\r\n..c\r\n.\r\n");
        assert_eq!(on_the_wire(""), "\r\n.\r\n");
    }

    #[test]
    fn plain_is_for_this_machine_only() {
        let new = |host: &str, tls| Smtp::new(SmtpSettings::new(host, tls)).is_ok();
        assert!(new("localhost", Tls::Plain) && new("127.0.0.1", Tls::Plain) && new("::1", Tls::Plain));
        assert!(!new("relay.example", Tls::Plain) && new("relay.example", Tls::PlainAnywhere));
    }

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        let base = || SmtpSettings::new("localhost", Tls::Plain);
        assert!(Smtp::new(SmtpSettings { user: Some("u".into()), ..base() }).is_err());
        assert!(Smtp::new(SmtpSettings { hello: Some("a\r\nb".into()), ..base() }).is_err());
        assert!(
            Smtp::new(SmtpSettings { ca: Some("/nowhere".into()), tls: Tls::Starttls, ..base() }).is_err()
        );
    }
}
