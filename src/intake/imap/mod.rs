//! The mailbox over IMAP (RFC 3501), with IDLE, MOVE and UIDPLUS where the server has them.
//!
//! Absent on purpose: any command of `async_imap` itself, SEARCH with a charset, ENVELOPE and
//! BODYSTRUCTURE (a raw Latin-1 byte there breaks the parser), a folder-wide EXPUNGE, a session
//! that is used again after an error or a dropped call.

mod doctor;
mod exchange;
mod filing;
mod idle;
mod listing;
mod login;
mod pace;
mod session;
mod settings;
mod stream;

pub use super::secret::Secret;
pub use doctor::examine;
pub use settings::{Auth, ImapSettings, Tls};

use super::mailbox::{Arrivals, Body, Fetched, Filing, Mailbox};
use crate::domain::mail::{Cursor, Outcome};
use crate::fault::Fault;
use async_imap::imap_proto::Capability;
use exchange::Trouble;
use pace::Logins;
use session::Session;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// One folder of one IMAP account, over one connection at a time.
#[derive(Debug)]
pub struct ImapMailbox {
    settings: ImapSettings,
    /// Taken out for each call and put back when it succeeds: after a fault, or when the caller
    /// drops the call half-way, it is gone, and nobody reads the rest of another's answer
    /// (chatmail/core#1795).
    session: Option<Session>,
    /// UIDVALIDITY of the last list: the UIDs the caller holds are of this one.
    listed: Option<u32>,
    /// What this server taught us and the next connection need not find out again.
    learned: Learned,
    logins: Logins,
}

/// Oddities of a server, kept from connection to connection.
#[derive(Debug, Clone, Default)]
struct Learned {
    /// Its answer to CAPABILITY cannot be parsed; this is what could be made out in it.
    capabilities: Option<Capabilities>,
    /// It offers IDLE and refuses it.
    idle_refused: bool,
}

impl ImapMailbox {
    #[must_use]
    pub fn new(settings: ImapSettings) -> Self {
        Self { settings, session: None, listed: None, learned: Learned::default(), logins: Logins::default() }
    }

    /// The session of the last call, or a new one.
    async fn session(&mut self) -> Result<Session, Fault> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let wait = self.logins.next(Instant::now(), fastrand::f64());
        if !wait.is_zero() {
            tracing::warn!(host = %self.settings.host, "logged in too often: the next login waits {wait:?}");
            tokio::time::sleep(wait).await;
        }
        Session::open(&self.settings, &mut self.learned).await
    }

    /// A session with the folder selected that the caller's UIDs are of.
    async fn session_in(&mut self, doing: &'static str, uidvalidity: Option<u32>) -> Result<Session, Fault> {
        let mut session = self.session().await?;
        let selected = match session.selected() {
            Some(selected) => selected,
            None => session.select(&self.settings.folder).await.map_err(|trouble| fault(doing, trouble))?,
        };
        match uidvalidity {
            Some(expected) if expected == selected => Ok(session),
            Some(expected) => {
                // the connection is good: keep it, the caller's list is what is stale
                self.session = Some(session);
                Err(Fault::later(
                    doing,
                    format!("the folder's UIDVALIDITY went from {expected} to {selected}"),
                ))
            }
            None => Err(Fault::later(doing, "nothing was listed yet")),
        }
    }
}

#[async_trait::async_trait]
impl Mailbox for ImapMailbox {
    async fn arrivals(&mut self, after: Option<Cursor>) -> Result<Arrivals, Fault> {
        let arrivals = self.list(after).await?;
        self.listed = Some(arrivals.uidvalidity);
        Ok(arrivals)
    }

    async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, Fault> {
        let mut session = self.session_in("fetching mails", self.listed).await?;
        let fetched = session.fetch(uids).await.map_err(|trouble| fault("fetching mails", trouble))?;
        self.session = Some(session);
        Ok(fetched)
    }

    async fn fetch_head(&mut self, uid: u32) -> Result<Body, Fault> {
        let mut session = self.session_in("fetching a header", self.listed).await?;
        let head = session.fetch_head(uid).await.map_err(|trouble| fault("fetching a header", trouble))?;
        self.session = Some(session);
        Ok(head)
    }

    async fn file(
        &mut self,
        uidvalidity: u32,
        batches: &[(Outcome, Vec<u32>)],
    ) -> Result<Vec<Filing>, Fault> {
        // selected anew: a mail that another connection took in may be unknown to this one, and a
        // command on an unknown UID does nothing and succeeds (RFC 3501 §6.4.8). A session that died
        // of idleness is found out here, where nothing is half done yet
        if let Some(mut session) = self.session.take()
            && session.select(&self.settings.folder).await.is_ok()
        {
            self.session = Some(session);
        }
        let mut session = self.session_in("filing mails", Some(uidvalidity)).await?;
        let (filings, in_step) = session.file(&self.settings, batches).await;
        if in_step {
            self.session = Some(session);
        }
        Ok(filings)
    }

    async fn wait(&mut self, at_most: Duration) -> Result<(), Fault> {
        let at_most = at_most.min(self.settings.poll_every.0);
        // without a session nothing is known of what came meanwhile: look at once
        let Some(mut session) = self.session.take() else { return Ok(()) };
        session
            .wait(at_most, self.settings.read_timeout.0, &mut self.learned)
            .await
            .map_err(|trouble| fault("waiting for mails", trouble))?;
        self.session = Some(session);
        Ok(())
    }
}

/// All trouble of a session may pass with the next one; logging in is judged in `login`.
fn fault(doing: impl Into<Cow<'static, str>>, trouble: Trouble) -> Fault {
    Fault::later(doing, trouble)
}

/// What the server offers, as far as guichet makes use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Capabilities {
    idle: bool,
    r#move: bool,
    uidplus: bool,
}

impl From<&[String]> for Capabilities {
    fn from(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|offered| offered == name);
        Self { idle: has("IDLE"), r#move: has("MOVE"), uidplus: has("UIDPLUS") }
    }
}

/// A capability's name in upper case (RFC 3501 §7.2.1: not case-sensitive).
fn capability(offered: &Capability<'_>) -> String {
    match offered {
        Capability::Imap4rev1 => "IMAP4REV1".into(),
        Capability::Auth(method) => format!("AUTH={}", method.to_ascii_uppercase()),
        Capability::Atom(name) => name.to_ascii_uppercase(),
    }
}

/// A quoted string (RFC 3501 §4.3); the text holds no line end.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A folder's name as a command's argument.
fn folder_argument(name: &str) -> String {
    quoted(&super::utf7::encode(name))
}
