//! A small IMAP server on loopback that misbehaves on demand: a folder of three mails, and answers
//! a test puts in place of its own.

use guichet::domain::form::Masked;
use guichet::domain::units::Span;
use guichet::intake::imap::{Auth, ImapMailbox, ImapSettings, Secret, Tls};
use guichet::intake::mailbox::{Arrivals, FilingMode, Folders, Mailbox as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the peer does on a command, once. `%` stands for the command's tag.
#[derive(Debug, Clone)]
pub enum Answer {
    Say(String),
    /// Says it and closes the connection.
    Close(String),
    /// Says it and then nothing more, for ever.
    Hang(String),
}

pub struct ImapPeer {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<(String, Answer)>>>,
    _tasks: JoinSet<()>,
}

/// The mails of the peer: UID and body.
pub const MAILS: [(u32, &str); 3] =
    [(4, "Subject: a\r\n\r\none\r\n"), (7, "Subject: b\r\n\r\ntwo\r\n"), (9, "Subject: c\r\n\r\nthree\r\n")];

/// What a peer says of when each of its mails came (INTERNALDATE).
pub type Dates = [&'static str; 3];

const DATES: Dates =
    ["\" 1-Oct-2026 09:01:00 +0200\"", "\" 1-Oct-2026 09:02:00 +0200\"", "\" 1-Oct-2026 09:03:00 +0200\""];

impl ImapPeer {
    /// A peer that answers each command beginning with one of `answers` so, in their order and each
    /// once; all others as a server should.
    pub async fn with(answers: Vec<(&str, Answer)>) -> Self {
        Self::start(answers, DATES).await
    }

    /// A peer that dates its mails so, and does all else as a server should.
    pub async fn dating(dates: Dates) -> Self {
        Self::start(vec![], dates).await
    }

    async fn start(answers: Vec<(&str, Answer)>, dates: Dates) -> Self {
        let answers: Vec<_> =
            answers.into_iter().map(|(command, answer)| (command.to_owned(), answer)).collect();
        let answers = Arc::new(Mutex::new(answers));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut tasks = JoinSet::new();
        let log = Arc::clone(&heard);
        let given = Arc::clone(&answers);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                log.lock().unwrap().push("(connected)".to_owned());
                connections.spawn(serve(socket, Arc::clone(&given), Arc::clone(&log), dates));
            }
        });
        Self { port, heard, answers, _tasks: tasks }
    }

    /// From now on, once, also this.
    pub fn add(&self, command: &str, answer: Answer) {
        self.answers.lock().unwrap().push((command.to_owned(), answer));
    }

    /// The commands heard so far, without their tags.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// How many of the commands heard begin so.
    pub fn count(&self, command: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(command)).count()
    }

    /// Settings that lead here, with a short patience.
    pub fn settings(&self) -> ImapSettings {
        ImapSettings {
            host: "127.0.0.1".into(),
            port: Some(self.port),
            tls: Tls::Plain,
            ca: None,
            user: "f413".into(),
            auth: Auth::Password { password: Secret::Value(Masked::new("secret")) },
            folder: "INBOX".into(),
            filing: FilingMode::Move,
            folders: Folders::default(),
            read_timeout: Span::millis(300),
            poll_every: Span::millis(20),
        }
    }
}

async fn serve(
    socket: TcpStream,
    answers: Arc<Mutex<Vec<(String, Answer)>>>,
    heard: Arc<Mutex<Vec<String>>>,
    dates: Dates,
) {
    let mut socket = BufReader::new(socket);
    let take = |command: &str| {
        let mut answers = answers.lock().unwrap();
        let at = answers.iter().position(|(prefix, _)| command.starts_with(prefix.as_str()))?;
        Some(answers.remove(at).1)
    };
    let mut answer = take("(greeting)").unwrap_or(Answer::Say("* OK ready\r\n".into()));
    let mut tag = String::new();
    loop {
        let (text, goes_on) = match answer {
            Answer::Say(text) => (text, true),
            Answer::Close(text) => {
                let _ = socket.write_all(text.replace('%', &tag).as_bytes()).await;
                return;
            }
            Answer::Hang(text) => (text, false),
        };
        if socket.write_all(text.replace('%', &tag).as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        loop {
            line.clear();
            match socket.read_line(&mut line).await {
                Ok(count) if count > 0 => {}
                _ => return,
            }
            if goes_on {
                break;
            }
        }
        let line = line.trim_end();
        let command = match line.split_once(' ') {
            Some((first, rest)) if first.starts_with('G') => {
                first.clone_into(&mut tag);
                rest
            }
            _ if line.is_empty() => "(empty line)",
            _ => line,
        };
        heard.lock().unwrap().push(command.to_owned());
        answer = take(command).unwrap_or_else(|| Answer::Say(well_behaved(command, dates)));
    }
}

fn well_behaved(command: &str, dates: Dates) -> String {
    let asked = |set: &str| {
        MAILS.into_iter().enumerate().filter(|(_, (uid, _))| contains(set, *uid)).collect::<Vec<_>>()
    };
    let words: Vec<&str> = command.split(' ').collect();
    let data = match words.as_slice() {
        ["LOGIN", ..] => return "% OK [CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS] in\r\n".into(),
        ["CAPABILITY"] => "* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n".into(),
        ["SELECT", ..] => {
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 17] valid\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] kept\r\n"
                .to_owned()
        }
        ["UID", "SEARCH", "UID", set] => {
            let uids: Vec<_> = asked(set).into_iter().map(|(_, (uid, _))| uid.to_string()).collect();
            format!("* SEARCH {}\r\n", uids.join(" ")).replace("SEARCH \r", "SEARCH\r")
        }
        ["UID", "FETCH", set, rest @ ..] => asked(set)
            .into_iter()
            .map(|(at, (uid, body))| {
                let (date, at, size) = (dates[at], at + 1, body.len());
                match rest {
                    ["(UID", "RFC822.SIZE", "INTERNALDATE)"] => {
                        format!("* {at} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE {date})\r\n")
                    }
                    ["(UID", "RFC822.SIZE)"] => format!("* {at} FETCH (UID {uid} RFC822.SIZE {size})\r\n"),
                    _ => format!("* {at} FETCH (UID {uid} BODY[] {{{size}}}\r\n{body})\r\n"),
                }
            })
            .collect(),
        ["LIST", "\"\"", "\"\""] => "* LIST (\\Noselect) \"/\" \"\"\r\n".into(),
        ["LIST", "\"\"", name @ ..] => format!("* LIST () \"/\" {}\r\n", name.join(" ")),
        ["IDLE"] => return "+ idling\r\n".into(),
        _ => String::new(),
    };
    format!("{data}% OK done\r\n")
}

/// Whether a sequence set holds this UID; `*` is the last mail.
fn contains(set: &str, uid: u32) -> bool {
    let number = |text: &str| if text == "*" { MAILS[2].0 } else { text.parse().unwrap() };
    set.split(',').any(|part| {
        let (one, other) = part.split_once(':').unwrap_or((part, part));
        let (one, other) = (number(one), number(other));
        (one.min(other)..=one.max(other)).contains(&uid)
    })
}

pub fn say(text: &str) -> Answer {
    Answer::Say(text.into())
}
pub fn close(text: &str) -> Answer {
    Answer::Close(text.into())
}
pub fn hang(text: &str) -> Answer {
    Answer::Hang(text.into())
}

/// A call that must end by itself well before this.
pub async fn ends<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), call).await.expect("it waits for ever")
}

pub async fn mailbox(answers: Vec<(&str, Answer)>) -> (ImapPeer, ImapMailbox) {
    let peer = ImapPeer::with(answers).await;
    let mailbox = ImapMailbox::new(peer.settings());
    (peer, mailbox)
}

/// A mailbox whose server offers only this.
pub async fn offering(capabilities: &str, mut answers: Vec<(&str, Answer)>) -> (ImapPeer, ImapMailbox) {
    answers.push(("LOGIN", say(&format!("% OK [CAPABILITY IMAP4rev1 {capabilities}] in\r\n"))));
    let (peer, mut mailbox) = mailbox(answers).await;
    ends(mailbox.arrivals(None)).await.unwrap();
    (peer, mailbox)
}

pub fn uids(arrivals: &Arrivals) -> Vec<u32> {
    arrivals.mails.iter().map(|mail| mail.uid).collect()
}
