//! Questions to the provider over HTTP/1.1: one connection each, an answer of bounded size in bounded time,
//! nothing followed.

use crate::fault::Fault;
use crate::intake::tls::protect;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Bytes of an answer.
const LONGEST: usize = 256 << 10;
/// Questions at once: whoever begins sign-ins without end takes no more of this machine.
const AT_ONCE: usize = 8;

const DOING: &str = "asking the OpenID provider";

/// Who is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    encrypted: bool,
    host: String,
    port: u16,
    authority: String,
    path: String,
}

impl Place {
    /// `None` for what is no URL to ask; without encryption only on this machine.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let encrypted = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if host.is_empty() || authority.as_str().contains('@') || !(encrypted || here) {
            return None;
        }
        Some(Self {
            encrypted,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
            authority: authority.to_string(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

/// What came back.
pub(super) struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl std::fmt::Debug for Answer {
    /// Never what it says: it may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Answer {
    pub(super) fn is_good(&self) -> bool {
        self.status == StatusCode::OK
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// It is not what was asked for.
    pub(super) fn is_wrong(&self, doing: &'static str) -> Fault {
        let what = if self.is_good() { "is no JSON of the protocol" } else { "is not one of success" };
        Fault::later(doing, format!("its answer ({}) {what}", self.status.as_u16()))
    }
}

/// Asks. Clones share the turns.
#[derive(Debug, Clone)]
pub(super) struct Http {
    ca: Option<PathBuf>,
    /// From the first moment to the last byte of an answer.
    patience: Duration,
    turns: Arc<Semaphore>,
}

impl Http {
    pub(super) fn new(ca: Option<PathBuf>, patience: Duration) -> Self {
        Self { ca, patience, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// `token`: lets us ask (RFC 6750, section 2.1).
    pub(super) async fn get(&self, url: &str, token: Option<&str>) -> Result<Answer, Fault> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        self.asks(Method::GET, url, bearer, String::new()).await
    }

    /// A form. `authorization`: who sends it.
    pub(super) async fn post(
        &self,
        url: &str,
        authorization: Option<String>,
        form: String,
    ) -> Result<Answer, Fault> {
        self.asks(Method::POST, url, authorization, form).await
    }

    async fn asks(
        &self,
        method: Method,
        url: &str,
        authorization: Option<String>,
        body: String,
    ) -> Result<Answer, Fault> {
        let place = Place::parse(url).ok_or_else(|| {
            Fault::never(DOING, "an address it gives is no https:// URL (http:// on this machine only)")
        })?;
        let mut request = Request::builder().method(method).uri(&place.path).header(HOST, &place.authority);
        request = request.header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::from(body)).map_err(|error| Fault::never(DOING, error))?;
        let talk = async {
            let _turn = self.turns.acquire().await.map_err(|error| Fault::later(DOING, error))?;
            let connected = TcpStream::connect((place.host.as_str(), place.port)).await;
            let tcp = connected.map_err(|error| Fault::later(DOING, error))?;
            if place.encrypted {
                exchange(protect(tcp, &place.host, self.ca.as_deref()).await?, request).await
            } else {
                exchange(tcp, request).await
            }
        };
        let answered = tokio::time::timeout(self.patience, talk).await;
        answered.map_err(|_| Fault::later(DOING, "no answer in time"))?
    }
}

async fn exchange(
    line: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Fault> {
    let failed = |error: hyper::Error| Fault::later(DOING, error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(line)).await.map_err(failed)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        let body = body.map_err(|error| Fault::later(DOING, error))?.to_bytes();
        Ok(Answer { status, body })
    };
    let carries = async {
        // how it ends is told to whoever talks
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = talk => answer,
        () = carries => Err(Fault::later(DOING, "the connection ended")),
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_provider_is_encrypted_or_on_this_machine() {
        let place = Place::parse("https://id.example:8443/realms/one?a=b").unwrap();
        assert_eq!((place.host.as_str(), place.port), ("id.example", 8443));
        assert_eq!((place.authority.as_str(), place.path.as_str()), ("id.example:8443", "/realms/one?a=b"));
        let place = Place::parse("http://[::1]:80").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.path.as_str()), ("::1", 80, "/"));
        for wrong in [
            "http://id.example/",
            "ftp://localhost/",
            "https://user@id.example/",
            "https://id.example/a b",
            "/realms/one",
            "id.example",
            "",
        ] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
