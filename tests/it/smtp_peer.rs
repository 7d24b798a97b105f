//! A small relay on loopback that misbehaves on demand: answers a test puts in place of its own,
//! lines that die, TLS, and everything that was handed over kept to be looked at.

use guichet::domain::units::Span;
use guichet::reply::smtp::{SmtpSettings, Tls};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What the relay does once, in place of what it should.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Says it and goes on.
    Say(&'static str),
    /// Says it a byte at a time.
    Trickle(&'static str),
    /// Says it and closes the connection.
    Close(&'static str),
    /// Says nothing more, for ever.
    Hang,
}

/// A mail whose final dot arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// As in MAIL FROM and RCPT TO, with brackets.
    pub from: String,
    pub to: String,
    /// Dots undone, lines ended by CRLF.
    pub content: String,
    /// Whether the relay meant to take it.
    pub taken: bool,
}

#[derive(Debug, Default)]
struct Log {
    heard: Vec<String>,
    arrived: Vec<Arrived>,
    connections: usize,
}

type Script = Arc<Mutex<Vec<(&'static str, Answer)>>>;

pub struct SmtpPeer {
    pub port: u16,
    tls: Tls,
    log: Arc<Mutex<Log>>,
    script: Script,
    lines: watch::Sender<()>,
    _tasks: JoinSet<()>,
}

impl SmtpPeer {
    /// A relay without TLS. Each command that begins with one of `answers` is answered so, in their
    /// order and each once; all others as a relay should. `(greeting)` stands for the connection,
    /// `(mail)` for the final dot, `(after)` for the moment after a mail was taken.
    pub async fn with(answers: Vec<(&'static str, Answer)>) -> Self {
        Self::start(Tls::Plain, answers).await
    }

    pub async fn start(tls: Tls, answers: Vec<(&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let script = Arc::new(Mutex::new(answers));
        let (lines, alive) = watch::channel(());
        let shared = (Arc::clone(&log), Arc::clone(&script));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (log, script) = shared.clone();
                log.lock().unwrap().connections += 1;
                let mut alive = alive.clone();
                alive.mark_unchanged();
                open.spawn(async move {
                    tokio::select! {
                        () = serve(socket, tls, log, script) => {}
                        _ = alive.changed() => {}
                    }
                });
            }
        });
        Self { port, tls, log, script, lines, _tasks: tasks }
    }

    /// Puts another answer at the end of the script.
    pub fn then(&self, command: &'static str, answer: Answer) {
        self.script.lock().unwrap().push((command, answer));
    }

    /// Closes every connection that is open, as a relay does that was restarted.
    pub fn drop_all_lines(&self) {
        self.lines.send_replace(());
    }

    /// The commands heard so far.
    pub fn heard(&self) -> Vec<String> {
        self.log.lock().unwrap().heard.clone()
    }

    /// Every mail whose final dot arrived.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.log.lock().unwrap().arrived.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    /// Settings that lead here, with a short patience.
    pub fn settings(&self) -> SmtpSettings {
        let patience = Span::millis(300);
        SmtpSettings {
            port: Some(self.port),
            ca: matches!(self.tls, Tls::Implicit | Tls::Starttls).then(authority),
            hello: Some("guichet.example".into()),
            timeout: patience,
            data_timeout: patience,
            ..SmtpSettings::new("127.0.0.1", self.tls)
        }
    }
}

/// The authority that vouches for the peer.
pub fn authority() -> PathBuf {
    tls_file("authority.pem")
}

fn tls_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// Shows the certificate of 127.0.0.1.
pub fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(tls_file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(tls_file("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Session {
    stream: BufReader<Box<dyn Stream>>,
    log: Arc<Mutex<Log>>,
    script: Script,
    encrypted: bool,
}

async fn serve(socket: TcpStream, tls: Tls, log: Arc<Mutex<Log>>, script: Script) {
    socket.set_nodelay(true).unwrap();
    let implicit = tls == Tls::Implicit;
    let stream: Box<dyn Stream> = if implicit {
        match acceptor().accept(socket).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return,
        }
    } else {
        Box::new(socket)
    };
    let mut session = Session { stream: BufReader::new(stream), log, script, encrypted: implicit };
    // the end of a connection is no news here
    let _ = session.talk(tls).await;
}

impl Session {
    /// `None` ends the connection.
    async fn talk(&mut self, tls: Tls) -> Option<()> {
        self.say("(greeting)", "220 relay.example ready\r\n").await?;
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let command = self.line().await?.trim_end().to_owned();
            self.log.lock().unwrap().heard.push(command.clone());
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" if tls == Tls::Starttls && !self.encrypted => "250-relay.example\r\n250 STARTTLS\r\n",
                "EHLO" => "250-relay.example\r\n250 AUTH PLAIN LOGIN\r\n",
                "STARTTLS" => "220 go ahead\r\n",
                "AUTH" => "235 welcome\r\n",
                "DATA" => "354 go ahead\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            let said = self.say(&command, usual).await?;
            let value = || command.split_once(':').map(|(_, value)| value.to_owned()).unwrap_or_default();
            match verb.as_str() {
                "MAIL" => from = value(),
                "RCPT" => to = value(),
                "STARTTLS" if said.starts_with("220") => self.encrypt().await?,
                "DATA" if said.starts_with("354") => self.take(&from, &to).await?,
                "QUIT" => return None,
                _ => {}
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.stream.read_line(&mut line).await.ok()?;
        (length > 0).then_some(line)
    }

    /// Reads a mail up to its final dot.
    async fn take(&mut self, from: &str, to: &str) -> Option<()> {
        let mut content = String::new();
        loop {
            let line = self.line().await?;
            if line == ".\r\n" {
                break;
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let at = {
            let mut log = self.log.lock().unwrap();
            log.arrived.push(Arrived { from: from.into(), to: to.into(), content, taken: false });
            log.arrived.len() - 1
        };
        let said = self.say("(mail)", "250 2.0.0 queued as 1\r\n").await?;
        self.log.lock().unwrap().arrived[at].taken = said.starts_with('2');
        self.say("(after)", "").await?;
        Some(())
    }

    /// Says what the script has for `moment`, else the usual; gives what was said.
    async fn say(&mut self, moment: &str, usual: &'static str) -> Option<&'static str> {
        let scripted = {
            let mut script = self.script.lock().unwrap();
            let at = script.iter().position(|(prefix, _)| moment.starts_with(prefix));
            at.map(|at| script.remove(at).1)
        };
        match scripted.unwrap_or(Answer::Say(usual)) {
            Answer::Say(text) => {
                self.write(text).await?;
                Some(text)
            }
            Answer::Trickle(text) => {
                for at in 0..text.len() {
                    self.write(&text[at..=at]).await?;
                }
                Some(text)
            }
            Answer::Close(text) => {
                self.write(text).await?;
                None
            }
            Answer::Hang => std::future::pending().await,
        }
    }

    async fn write(&mut self, text: &str) -> Option<()> {
        self.stream.write_all(text.as_bytes()).await.ok()?;
        self.stream.flush().await.ok()
    }

    async fn encrypt(&mut self) -> Option<()> {
        let nothing: Box<dyn Stream> = Box::new(tokio::io::empty());
        let plain = std::mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let encrypted: Box<dyn Stream> = Box::new(acceptor().accept(plain).await.ok()?);
        self.stream = BufReader::new(encrypted);
        self.encrypted = true;
        Some(())
    }
}
