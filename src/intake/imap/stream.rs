//! The bytes to and from the server: plain or TLS, and never waiting for ever.

use super::settings::{ImapSettings, Tls};
use crate::fault::Fault;
use crate::intake::tls;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, Sleep, timeout};
use tokio_rustls::client::TlsStream;

/// A connection on which each read and write ends within a limit. The limit starts anew with each
/// byte that comes through: a large mail on a slow line is no hang, silence in its middle is one.
#[derive(Debug)]
pub(super) struct Stream {
    bytes: Bytes,
    limit: Duration,
    alarm: Pin<Box<Sleep>>,
    armed: bool,
}

#[derive(Debug)]
enum Bytes {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Opens the connection; for [`Tls::Starttls`] it is still the plain one.
pub(super) async fn connect(settings: &ImapSettings) -> Result<Stream, Fault> {
    let limit = settings.read_timeout.0;
    let (host, port) = (settings.host.as_str(), settings.port());
    let unreached = |source| Fault::later(format!("connecting to {host}:{port}"), source);
    let addresses: Vec<SocketAddr> = timeout(limit, lookup_host((host, port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(unreached)?
        .collect();
    // before the connection: whoever answers elsewhere does not even learn that we knocked
    if settings.tls == Tls::Plain && !addresses.iter().all(|address| address.ip().is_loopback()) {
        let why = "it is not on this machine: use TLS, or `plain_anywhere` if you must";
        return Err(Fault::never(format!("connecting to {host} without TLS"), why));
    }
    let tcp = timeout(limit, TcpStream::connect(addresses.as_slice()))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(unreached)?;
    let bytes = match settings.tls {
        Tls::Implicit => Bytes::Tls(protect(tcp, settings).await?),
        Tls::Starttls | Tls::Plain | Tls::PlainAnywhere => Bytes::Plain(tcp),
    };
    Ok(Stream::new(bytes, limit))
}

async fn protect(tcp: TcpStream, settings: &ImapSettings) -> Result<Box<TlsStream<TcpStream>>, Fault> {
    let handshake = tls::protect(tcp, &settings.host, settings.ca.as_deref());
    timeout(settings.read_timeout.0, handshake)
        .await
        .unwrap_or_else(|_| {
            Err(Fault::later(format!("TLS with {}", settings.host), io::Error::from(io::ErrorKind::TimedOut)))
        })
        .map(Box::new)
}

impl Stream {
    fn new(bytes: Bytes, limit: Duration) -> Self {
        Self { bytes, limit, alarm: Box::pin(tokio::time::sleep(limit)), armed: false }
    }

    /// The same connection, protected from here on (STARTTLS).
    pub(super) async fn protected(self, settings: &ImapSettings) -> Result<Self, Fault> {
        let bytes = match self.bytes {
            Bytes::Plain(tcp) => Bytes::Tls(protect(tcp, settings).await?),
            tls @ Bytes::Tls(_) => tls,
        };
        Ok(Self::new(bytes, self.limit))
    }

    /// Changes the limit: in IDLE silence is the normal thing.
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
        self.armed = false;
    }

    fn limited<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.armed = false;
            return polled;
        }
        if !self.armed {
            self.alarm.as_mut().reset(Instant::now() + self.limit);
            self.armed = true;
        }
        ready!(self.alarm.as_mut().poll(cx));
        self.armed = false;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Bytes {
    fn reader(&mut self) -> Pin<&mut (dyn AsyncRead + Send + Unpin)> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp),
            Self::Tls(tls) => Pin::new(tls.as_mut()),
        }
    }

    fn writer(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp),
            Self::Tls(tls) => Pin::new(tls.as_mut()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = self.bytes.reader().poll_read(cx, into);
        self.limited(cx, polled)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.bytes.writer().poll_write(cx, bytes);
        self.limited(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.bytes.writer().poll_flush(cx);
        self.limited(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.bytes.writer().poll_shutdown(cx);
        self.limited(cx, polled)
    }
}
