//! Posting an alert: one request over HTTP/1.1 (RFC 9112), one connection, nothing followed.

use crate::fault::Fault;
use crate::intake::tls::protect;
use serde_json::Value;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DOING: &str = "posting an alert";
/// From the connection to the answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A place to post to.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    encrypted: bool,
    /// As the request names it, with the port where one is given.
    authority: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Place<'a> {
    /// `None` for what is no URL of these; without encryption only on this machine.
    fn parse(url: &'a str) -> Option<Self> {
        let (encrypted, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return None,
        };
        if rest.contains(|c: char| c.is_ascii_control() || c == ' ' || !c.is_ascii()) {
            return None;
        }
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if encrypted { 443 } else { 80 }),
        };
        let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let sound = !host.is_empty() && !host.contains('@') && (encrypted || here);
        sound.then_some(Self { encrypted, authority, host, port, path })
    }
}

/// Posts JSON. `ca`: authorities to trust instead of the system's.
///
/// # Errors
/// A fault, also where the answer is not one of success (2xx).
pub(super) async fn post(url: &str, ca: Option<&Path>, message: &Value) -> Result<(), Fault> {
    let place = Place::parse(url).ok_or_else(|| {
        Fault::never(DOING, "watch.webhook is no https:// URL (http:// on this machine only)")
    })?;
    let talk = async {
        let tcp = TcpStream::connect((place.host, place.port)).await.map_err(|e| Fault::later(DOING, e))?;
        if place.encrypted {
            exchange(protect(tcp, place.host, ca).await?, &place, message).await
        } else {
            exchange(tcp, &place, message).await
        }
    };
    tokio::time::timeout(PATIENCE, talk).await.map_err(|_| Fault::later(DOING, "no answer in time"))?
}

async fn exchange(
    mut line: impl AsyncRead + AsyncWrite + Unpin,
    place: &Place<'_>,
    message: &Value,
) -> Result<(), Fault> {
    let failed = |error: std::io::Error| Fault::later(DOING, error);
    let body = message.to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        place.path,
        place.authority,
        body.len()
    );
    line.write_all(head.as_bytes()).await.map_err(failed)?;
    line.write_all(body.as_bytes()).await.map_err(failed)?;
    line.flush().await.map_err(failed)?;
    // "HTTP/1.1 200"
    let mut status = [0; 12];
    line.read_exact(&mut status).await.map_err(failed)?;
    match str::from_utf8(&status).ok().and_then(|text| text.strip_prefix("HTTP/1.")?.get(2..5)) {
        Some(code) if code.starts_with('2') => Ok(()),
        Some(code) => Err(Fault::later(DOING, format!("the answer is {code}"))),
        None => Err(Fault::later(DOING, "the answer is no HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_encrypted_or_on_this_machine() {
        let place = Place::parse("https://alerts.example.org/hooks/1?a=b").unwrap();
        assert_eq!((place.host, place.port, place.path), ("alerts.example.org", 443, "/hooks/1?a=b"));
        let place = Place::parse("http://127.0.0.1:8080").unwrap();
        assert_eq!((place.authority, place.port, place.path), ("127.0.0.1:8080", 8080, "/"));
        for wrong in [
            "http://alerts.example.org/",
            "ftp://localhost/",
            "https:///x",
            "https://user@host/",
            "https://host/a b",
            "https://host/\r\nX: y",
            "https://host:x/",
        ] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
