//! The desk as a browser asks it: a real server on a free port, HTTP by hand.

use crate::desk::TestDesk;
use guichet::desk::{Desk, DeskSettings};
use guichet::domain::staff::{Role, UserName};
use guichet::store::{NewAccount, NewSession, SignInBy, SignedIn, Tried};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A desk that is served.
pub struct Served {
    pub desk: TestDesk,
    pub address: SocketAddr,
    _stop: watch::Sender<bool>,
    /// Ends with the test.
    _serving: JoinSet<()>,
}

/// Somebody at a browser.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub address: SocketAddr,
    pub cookie: String,
}

/// What came back.
#[derive(Debug)]
pub struct Came {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// Every `Set-Cookie`.
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

impl Came {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let found = text.split_once(&format!("name=\"{name}\" value=\"")).map(|(_, rest)| rest);
        found.and_then(|rest| rest.split_once('"')).map(|(value, _)| value.to_owned()).unwrap_or_default()
    }
}

impl Served {
    pub async fn new(desk: TestDesk) -> Self {
        Self::with(desk, DeskSettings::default(), |desk| desk).await
    }

    /// With these settings, and made what it is to be.
    pub async fn with(desk: TestDesk, settings: DeskSettings, made: impl FnOnce(Desk) -> Desk) -> Self {
        Box::pin(Self::at(desk, async |_| settings, made)).await
    }

    /// The same, with settings that say where it is.
    pub async fn at(
        desk: TestDesk,
        settings: impl AsyncFnOnce(SocketAddr) -> DeskSettings,
        made: impl FnOnce(Desk) -> Desk,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = settings(address).await;
        let (stop, stopped) = watch::channel(false);
        let served = Arc::new(made(Desk::new(desk.daemon.line.clone(), settings).unwrap()));
        let mut serving = JoinSet::new();
        serving.spawn(served.serve(listener, stopped));
        Self { desk, address, _serving: serving, _stop: stop }
    }

    /// A browser that keeps what a `Set-Cookie` said.
    pub fn with_cookie(&self, set: &str) -> Visitor {
        let cookie = set.split(';').next().unwrap_or_default().to_owned();
        Visitor { address: self.address, cookie }
    }

    /// Somebody without a session.
    pub fn stranger(&self) -> Visitor {
        Visitor { address: self.address, cookie: String::new() }
    }

    /// Somebody of this name and role, signed in.
    pub async fn person(&self, name: &str, role: Role) -> Visitor {
        let (store, now) = (self.desk.store(), self.desk.now());
        let name = UserName::parse(name).unwrap();
        let shown = format!("{name} (test)");
        let new = NewAccount { name: name.clone(), shown, role, password: None, identity: None };
        store.add_account(&new, "test", now).await.unwrap();
        self.session_of(name.as_str()).await
    }

    /// The person of an account, signed in as though they had proved it.
    pub async fn session_of(&self, name: &str) -> Visitor {
        let (store, now) = (self.desk.store(), self.desk.now());
        let name = UserName::parse(name).unwrap();
        let account = store.account(&name).await.unwrap().unwrap();
        let tried = store.tries_to_sign_in(Some(&name), Ipv4Addr::LOCALHOST.into(), now).await.unwrap();
        let Tried::Now(attempt) = tried else { panic!("{tried:?}") };
        let by = SignInBy::Password;
        let session = NewSession { account: &account, by, attempt, renewed: None, replaces: None };
        let SignedIn::Done(token) = store.signs_in(session, now).await.unwrap() else { panic!("changed") };
        Visitor { address: self.address, cookie: format!("guichet={}", token.expose()) }
    }
}

impl Visitor {
    pub async fn get(&self, path: &str) -> Came {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), b"").await
    }

    /// The fields of a form, with the session's secret and the version that a page shows.
    pub async fn sends(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Came {
        let shown = self.get(page).await;
        let (csrf, version) = (shown.hidden("csrf"), shown.hidden("version"));
        let mut all = vec![("csrf", csrf.as_str()), ("version", version.as_str())];
        all.extend(fields);
        self.post(path, &all).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Came {
        let coded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
        let body = pairs.join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.ask(&head, body.as_bytes()).await
    }

    /// A request with this beginning.
    pub async fn ask(&self, head: &str, body: &[u8]) -> Came {
        self.ask_of(&self.address.to_string(), head, body).await
    }

    /// The same, of a host by this name.
    pub async fn ask_of(&self, host: &str, head: &str, body: &[u8]) -> Came {
        let mut line = TcpStream::connect(self.address).await.unwrap();
        let rest = format!("Host: {host}\r\nCookie: {}\r\nConnection: close\r\n\r\n", self.cookie);
        line.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
        line.write_all(body).await.unwrap();
        let mut all = Vec::new();
        line.read_to_end(&mut all).await.unwrap();
        let end = all.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        let top = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut lines = top.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers: Vec<(String, String)> = lines.map(pair).collect();
        let cookies = headers.iter().filter(|(name, _)| name == "set-cookie");
        let cookies = cookies.map(|(_, value)| value.clone()).collect();
        Came { status, headers: headers.into_iter().collect(), cookies, body: all[end + 4..].to_vec() }
    }
}
