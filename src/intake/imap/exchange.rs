//! One command and its answer, checked. `async_imap` only cuts the bytes into responses and parses
//! them: its own commands take a refusal, a BYE or a closed connection for an empty success
//! (chatmail/async-imap#95, PR #146), and it writes the password to its trace log.

use super::stream::Stream;
use async_imap::Client;
use async_imap::imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status};
use futures_util::FutureExt;
use std::io;
use std::panic::AssertUnwindSafe;
use tokio::io::AsyncWriteExt;

/// Why a command did not succeed. Only after [`Trouble::Refused`] is the connection still in step.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The tagged NO or BAD of our command.
    #[error("the server refused: {text}")]
    Refused { text: String, try_create: bool },
    #[error("the server hung up: {0}")]
    Bye(String),
    #[error("the server closed the connection")]
    Closed,
    #[error("no answer in time")]
    TimedOut,
    #[error(transparent)]
    Io(io::Error),
    /// A line that the parser does not know, or stumbles over: what it was meant to say is lost.
    #[error("the server's answer makes no sense: {0}")]
    Unreadable(String),
    /// An answer to something else, or one that contradicts the server's own.
    #[error("the server's answer makes no sense: {0}")]
    Senseless(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::UnexpectedEof => Self::Closed,
            // the parser's errors carry the raw line, and with it perhaps a mail
            io::ErrorKind::Other => Self::Unreadable(harmless(&error.to_string())),
            _ => Self::Io(error),
        }
    }
}

/// The raw line of a parse error, for the log: nothing of a FETCH answer, where the mails are.
fn harmless(error: &str) -> String {
    // "Error(Error { input: [42, 32, …], code: Tag }) during parsing of \"* …\""
    let line = error.split_once(" during parsing of ").map_or(error, |(_, line)| line);
    let end = line.to_ascii_uppercase().find("FETCH").map_or(line.len(), |at| at + "FETCH".len());
    line.get(..end).unwrap_or_default().chars().take(1000).collect()
}

/// What to send on the server's `+` (a literal, an answer to a challenge); `None`: it was unexpected.
pub(super) type OnContinue<'a> = &'a mut (dyn FnMut(&str) -> Option<Vec<u8>> + Send);
/// Sees each untagged response of an exchange.
pub(super) type OnData<'a> = &'a mut (dyn FnMut(&Response<'_>) + Send);

/// The end of a successful command: the code of its tagged OK, as far as anybody asks for it.
#[derive(Debug, Default)]
pub(super) struct Success {
    /// In upper case; `None` when the OK did not list them.
    pub capabilities: Option<Vec<String>>,
    pub read_only: bool,
}

/// The connection with its tags, and the number of mails the server has told of.
#[derive(Debug)]
pub(super) struct Exchange {
    client: Client<Stream>,
    tag: u64,
    exists: u32,
    /// More mails were announced since [`Exchange::forget_news`].
    news: bool,
}

impl Exchange {
    pub(super) fn new(stream: Stream) -> Self {
        Self { client: Client::new(stream), tag: 0, exists: 0, news: false }
    }

    pub(super) fn into_stream(self) -> Stream {
        // what the parser has read ahead is dropped: plain bytes slipped in before TLS are not heard
        self.client.into_inner()
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        self.client.get_mut()
    }

    /// How many mails the selected folder holds.
    pub(super) fn exists(&self) -> u32 {
        self.exists
    }

    pub(super) fn has_news(&self) -> bool {
        self.news
    }

    pub(super) fn forget_news(&mut self) {
        self.news = false;
    }

    /// A folder is about to be selected: what is known of the one before no longer counts.
    pub(super) fn forget_folder(&mut self) {
        (self.exists, self.news) = (0, false);
    }

    /// The server's first line. `true` when the session is already authenticated (PREAUTH).
    pub(super) async fn greeting(&mut self) -> Result<(bool, Option<Vec<String>>), Trouble> {
        let mut seen = None;
        self.read(&mut |response| {
            if let Response::Data { status: status @ (Status::Ok | Status::PreAuth), outcome } = response {
                seen = Some((*status == Status::PreAuth, capabilities(outcome)));
            }
        })
        .await?;
        seen.ok_or_else(|| Trouble::Senseless("its first line is no greeting".into()))
    }

    /// Sends a command and reads until its own tagged OK.
    pub(super) async fn run(&mut self, command: &str, data: OnData<'_>) -> Result<Success, Trouble> {
        self.run_with(command, data, &mut |_| None).await
    }

    /// A command of which only the success matters.
    pub(super) async fn do_it(&mut self, command: &str) -> Result<Success, Trouble> {
        self.run(command, &mut |_| {}).await
    }

    /// As [`Exchange::run`], for commands during which the server asks for more.
    pub(super) async fn run_with(
        &mut self,
        command: &str,
        data: OnData<'_>,
        on_continue: OnContinue<'_>,
    ) -> Result<Success, Trouble> {
        let tag = self.send(command).await?;
        loop {
            match self.step(&tag, data).await? {
                Step::Data => {}
                Step::Done(success) => return Ok(success),
                Step::Continue(text) => {
                    let Some(answer) = on_continue(&text) else {
                        return Err(Trouble::Senseless("it asks for more where there is none".into()));
                    };
                    self.write(&answer).await?;
                }
            }
        }
    }

    /// Sends a command; its answers are read with [`Exchange::step`].
    pub(super) async fn send(&mut self, command: &str) -> Result<String, Trouble> {
        self.tag += 1;
        let tag = format!("G{}", self.tag);
        self.write(format!("{tag} {command}\r\n").as_bytes()).await?;
        Ok(tag)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let stream = self.client.get_mut();
        stream.write_all(bytes).await?;
        stream.flush().await?;
        Ok(())
    }

    /// Reads one response. Dropping it half-way loses nothing: the parser keeps what it has.
    pub(super) async fn step(&mut self, tag: &str, data: OnData<'_>) -> Result<Step, Trouble> {
        let mut step = Ok(Step::Data);
        self.read(&mut |response| step = judged(response, tag, data)).await?;
        step
    }

    async fn read(&mut self, see: OnData<'_>) -> Result<(), Trouble> {
        // the parser panics on some lines (`INTERNALDATE NIL`; a non-ASCII character right after a
        // response code): that ends this connection, not the daemon
        let response = AssertUnwindSafe(self.client.read_response())
            .catch_unwind()
            .await
            .map_err(|_| Trouble::Unreadable("the parser gave up on it".into()))??
            .ok_or(Trouble::Closed)?;
        let response = response.parsed();
        match response {
            Response::Data { status: Status::Bye, outcome } => return Err(Trouble::Bye(text(outcome))),
            Response::MailboxData(MailboxDatum::Exists(now)) => {
                self.news |= *now > self.exists;
                self.exists = *now;
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            _ => {}
        }
        see(response);
        Ok(())
    }
}

/// What one response means for the command under way.
#[derive(Debug)]
pub(super) enum Step {
    Data,
    Continue(String),
    Done(Success),
}

fn judged(response: &Response<'_>, tag: &str, data: OnData<'_>) -> Result<Step, Trouble> {
    match response {
        Response::Done { tag: answered, status, outcome } if answered.0 == tag => match status {
            Status::Ok => Ok(Step::Done(Success {
                capabilities: capabilities(outcome),
                read_only: matches!(outcome.code, Some(ResponseCode::ReadOnly)),
            })),
            Status::No | Status::Bad => Err(Trouble::Refused {
                text: text(outcome),
                // RFC 3501 §7.1; some servers put it into the text only
                try_create: matches!(outcome.code, Some(ResponseCode::TryCreate)),
            }),
            Status::PreAuth | Status::Bye => Err(Trouble::Senseless(text(outcome))),
        },
        Response::Done { tag: answered, .. } => {
            Err(Trouble::Senseless(format!("an answer to {} where {tag} was asked", answered.0)))
        }
        Response::Continue(outcome) => {
            Ok(Step::Continue(outcome.information.as_deref().unwrap_or_default().to_owned()))
        }
        other => {
            data(other);
            Ok(Step::Data)
        }
    }
}

/// The server's words; codes that the parser does not know stand in them.
fn text(outcome: &Outcome<'_>) -> String {
    let code = match &outcome.code {
        Some(ResponseCode::TryCreate) => "[TRYCREATE] ",
        Some(ResponseCode::Alert) => "[ALERT] ",
        _ => "",
    };
    let words = outcome.information.as_deref().unwrap_or("without a word");
    format!("{code}{}", words.trim().chars().filter(|c| !c.is_control()).take(300).collect::<String>())
}

fn capabilities(outcome: &Outcome<'_>) -> Option<Vec<String>> {
    match &outcome.code {
        Some(ResponseCode::Capabilities(list)) => Some(list.iter().map(super::capability).collect()),
        _ => None,
    }
}
