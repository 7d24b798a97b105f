//! A line to the relay: connected, greeted, encrypted and logged in, each step within its time.

use super::answer::said;
use super::settings::{SmtpSettings, Tls};
use crate::fault::Fault;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use std::fs;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is needed to open a line, read once.
pub(super) struct Dialer {
    settings: SmtpSettings,
    /// `None` where there is no TLS.
    tls: Option<TlsParameters>,
    hello: ClientId,
}

/// Why there is no line, for staff; holds no address of a requester.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {why}")]
pub(super) struct NoLine {
    step: &'static str,
    why: String,
}

impl Dialer {
    pub fn new(settings: SmtpSettings) -> Result<Self, Fault> {
        let wrong = |why: String| Fault::never("reading the settings of the relay", why);
        if settings.tls == Tls::Plain && !on_this_machine(&settings.host) {
            let why = "\"plain\" sends letters and password in the clear and is for this machine only";
            return Err(wrong(format!("{why}: {}", settings.host)));
        }
        if settings.user.is_some() != settings.password_file.is_some() {
            return Err(wrong("user and password_file go together".into()));
        }
        let hello = match &settings.hello {
            None => ClientId::default(),
            Some(name) if !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic()) => {
                ClientId::Domain(name.clone())
            }
            Some(name) => return Err(wrong(format!("hello is no name of a machine: \"{name}\""))),
        };
        let tls = match settings.tls {
            Tls::Implicit | Tls::Starttls => Some(trust(&settings)?),
            Tls::Plain | Tls::PlainAnywhere => None,
        };
        Ok(Self { settings, tls, hello })
    }

    /// Opens a line that is ready for mails.
    pub async fn open(&self) -> Result<AsyncSmtpConnection, NoLine> {
        let mut line = match (self.settings.tls, &self.tls) {
            (Tls::Implicit, Some(tls)) => self.dial_encrypted(tls.clone()).await?,
            (Tls::Starttls, Some(tls)) => {
                let mut line = self.dial_plain(true).await?;
                self.step("STARTTLS", line.starttls(tls.clone(), &self.hello)).await?;
                line
            }
            (Tls::Implicit | Tls::Starttls | Tls::Plain | Tls::PlainAnywhere, _) => {
                self.dial_plain(false).await?
            }
        };
        if let (Some(user), Some(file)) = (&self.settings.user, &self.settings.password_file) {
            let secret = tokio::fs::read_to_string(file)
                .await
                .map_err(|error| NoLine { step: "the relay's password file", why: error.to_string() })?;
            let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
            let credentials = Credentials::new(user.clone(), secret);
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            self.step("login at the relay", line.auth(&mechanisms, &credentials)).await?;
        }
        Ok(line)
    }

    async fn dial_encrypted(&self, tls: TlsParameters) -> Result<AsyncSmtpConnection, NoLine> {
        let address = (self.settings.host.as_str(), self.settings.port());
        let dialled = AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, Some(tls), None);
        self.step("connection to the relay", dialled).await
    }

    async fn dial_plain(&self, before_tls: bool) -> Result<AsyncSmtpConnection, NoLine> {
        let address = (self.settings.host.as_str(), self.settings.port());
        let socket = self.step("connection to the relay", TcpStream::connect(address)).await?;
        let wire = Box::new(Wire { socket, byte_by_byte: before_tls });
        self.step("greeting of the relay", AsyncSmtpConnection::connect_with_transport(wire, &self.hello))
            .await
    }

    /// lettre's own time-outs end with the connection (lettre issue 1027): each step has ours.
    async fn step<T, E: std::error::Error>(
        &self,
        step: &'static str,
        doing: impl Future<Output = Result<T, E>>,
    ) -> Result<T, NoLine> {
        match tokio::time::timeout(self.settings.timeout.0, doing).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(NoLine { step, why: said(&error.to_string()) }),
            Err(_) => Err(NoLine { step, why: format!("no answer within {:?}", self.settings.timeout.0) }),
        }
    }
}

/// Says goodbye, as RFC 5321 §4.1.1.10 asks, without waiting long for the answer.
pub(super) async fn hang_up(mut line: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(Duration::from_secs(1), line.quit()).await;
}

/// Whether a host is this machine by its name or address alone, without asking anybody.
#[must_use]
pub fn on_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whom to trust, TLS 1.2 and up; reading the system's roots takes a while, so it is done once.
fn trust(settings: &SmtpSettings) -> Result<TlsParameters, Fault> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca {
        let doing = format!("reading the relay's authorities in {}", file.display());
        let pem = fs::read(file).map_err(|error| Fault::never(doing.clone(), error))?;
        let authorities = Certificate::from_pem(&pem).map_err(|error| Fault::never(doing.clone(), error))?;
        if !pem.windows(11).any(|bytes| bytes == b"CERTIFICATE") {
            return Err(Fault::never(doing, "there is no certificate in it"));
        }
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    builder.build_rustls().map_err(|error| Fault::never("preparing TLS for the relay", error))
}

/// The socket under a line. Until TLS starts, it is read byte by byte: whatever an attacker puts
/// after the relay's "220 go ahead" must stay in the socket, where it breaks the handshake, and not
/// in lettre's buffer, where it would be taken for answers under TLS (RFC 3207 §6, CVE-2021-38371
/// and its kin). Our own first TLS record (type 22; no command begins so) ends it.
#[derive(Debug)]
struct Wire {
    socket: TcpStream,
    byte_by_byte: bool,
}

const TLS_HANDSHAKE: u8 = 22;

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.byte_by_byte || into.remaining() == 0 {
            return Pin::new(&mut self.socket).poll_read(context, into);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut one))?;
        into.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.first() == Some(&TLS_HANDSHAKE) {
            self.byte_by_byte = false;
        }
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}
