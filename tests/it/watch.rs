//! What keeps guichet from its work is told elsewhere than in its mailbox.

use crate::desk::{NOW, TestDesk};
use crate::smtp_peer::{acceptor, authority};
use guichet::clock::paris_day;
use guichet::fault::Fault;
use guichet::store::Worker;
use guichet::watch::{Legs, Reason, WatchSettings, Watched, Watcher, serve};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where alerts are posted: keeps what came, answers as it is told.
struct Channel {
    url: String,
    came: Arc<Mutex<Vec<serde_json::Value>>>,
    answers: Arc<Mutex<&'static str>>,
    _serving: JoinSet<()>,
}

impl Channel {
    async fn open() -> Self {
        Self::opened(None).await
    }

    async fn over_tls() -> Self {
        Self::opened(Some(acceptor())).await
    }

    async fn opened(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http{}://127.0.0.1:{port}/hook", if tls.is_some() { "s" } else { "" });
        let (came, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new("200 OK")));
        let (to, with) = (came.clone(), answers.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let mut caller: Box<dyn Stream> = match &tls {
                    // who does not trust us goes before a word is said
                    Some(tls) => match tls.accept(caller).await {
                        Ok(caller) => Box::new(caller),
                        Err(_) => continue,
                    },
                    None => Box::new(caller),
                };
                let mut asked = Vec::new();
                let body = loop {
                    let mut some = [0; 4096];
                    let count = caller.read(&mut some).await.unwrap();
                    asked.extend_from_slice(&some[..count]);
                    let text = String::from_utf8_lossy(&asked).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    assert!(head.starts_with("POST /hook HTTP/1.1\r\nHost: "), "{head}");
                    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
                    if body.len() >= length.parse().unwrap() {
                        break body.to_owned();
                    }
                };
                let answer = *with.lock().unwrap();
                if answer.starts_with('2') {
                    to.lock().unwrap().push(serde_json::from_str(&body).unwrap());
                }
                let said = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                caller.write_all(said.as_bytes()).await.unwrap();
                caller.flush().await.unwrap();
            }
        });
        Self { url, came, answers, _serving: serving }
    }

    fn answers(&self, with: &'static str) {
        *self.answers.lock().unwrap() = with;
    }

    /// What was posted since the last look: `raised`, `over`.
    fn takes(&self) -> Vec<(Vec<String>, Vec<String>)> {
        let came = std::mem::take(&mut *self.came.lock().unwrap());
        let words = |list: &serde_json::Value| {
            let word = |one: &serde_json::Value| one.get("what").unwrap_or(one).as_str().unwrap().to_owned();
            list.as_array().unwrap().iter().map(word).collect::<Vec<_>>()
        };
        came.iter().map(|one| (words(&one["raised"]), words(&one["over"]))).collect()
    }
}

async fn looks(watcher: &mut Watcher, desk: &TestDesk) -> Vec<&'static str> {
    let line = &desk.daemon.line;
    let at = Watched {
        store: &line.store,
        registry: &line.registry,
        worker: &Worker::this(NOW.parse().unwrap()),
        registry_max_age: line.settings.registry_max_age,
        today: paris_day(desk.now()),
        now: desk.now(),
    };
    watcher.look(at).await.iter().map(|one| one.what).collect()
}

fn posting_to(channel: &Channel) -> WatchSettings {
    WatchSettings { webhook: Some(channel.url.clone()), ..WatchSettings::default() }
}

fn told(raised: &[&str], over: &[&str]) -> Vec<(Vec<String>, Vec<String>)> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    vec![(owned(raised), owned(over))]
}

#[tokio::test]
async fn a_mailbox_that_is_out_of_reach_is_told_once_when_it_lasts_and_once_when_it_is_over() {
    let (desk, channel, legs) = (TestDesk::new().await, Channel::open().await, Legs::default());
    let mut watcher = Watcher::new(posting_to(&channel), false, legs.clone(), desk.now());
    let fault = Fault::later("connecting to imap.example.org", "no answer in time");
    legs.fails("intake", "intake", &fault, desk.now());
    assert!(looks(&mut watcher, &desk).await.is_empty(), "it may pass");
    desk.clock.advance(jiff::SignedDuration::from_mins(11));
    legs.fails("intake", "intake", &fault, desk.now());
    channel.answers("503 Busy");
    assert_eq!(looks(&mut watcher, &desk).await, ["intake"]);
    assert_eq!(channel.takes(), [], "it could not be posted");
    channel.answers("204 No Content");
    for _ in 0..3 {
        assert_eq!(looks(&mut watcher, &desk).await, ["intake"]);
    }
    assert_eq!(channel.takes(), told(&["intake"], &[]), "then it was, once");
    legs.fine("intake");
    assert!(looks(&mut watcher, &desk).await.is_empty());
    assert_eq!(channel.takes(), told(&[], &["intake"]));
}

/// The letters leave from a machine of their own, and it is gone.
#[tokio::test]
async fn a_part_of_the_line_that_no_daemon_does_is_told_when_it_lasts() {
    let (desk, channel) = (TestDesk::new().await, Channel::open().await);
    let mut watcher = Watcher::new(posting_to(&channel), false, Legs::default(), desk.now());
    let (here, lease) = (Worker::this(desk.now()), jiff::SignedDuration::from_hours(1));
    desk.store().comes(&here, "intake, decide", desk.now(), lease).await.unwrap();
    assert!(looks(&mut watcher, &desk).await.is_empty(), "the other machine may be about to start");
    desk.clock.advance(jiff::SignedDuration::from_mins(10));
    desk.store().stays(&here, "intake, decide", desk.now(), lease).await.unwrap();
    assert_eq!(looks(&mut watcher, &desk).await, ["roles"]);
    desk.store().goes(&here).await.unwrap();
    desk.store().comes(&here, "intake, decide, answer", desk.now(), lease).await.unwrap();
    assert!(looks(&mut watcher, &desk).await.is_empty());
    assert_eq!(channel.takes(), [told(&["roles"], &[]), told(&[], &["roles"])].concat());
}

#[tokio::test]
async fn an_alert_goes_over_tls_to_who_is_vouched_for_and_to_nobody_else() {
    let (desk, channel, legs) = (TestDesk::new().await, Channel::over_tls().await, Legs::default());
    let trusting =
        |ca| Watcher::new(WatchSettings { ca, ..posting_to(&channel) }, false, legs.clone(), desk.now());
    legs.fails("intake", "intake", &Fault::later("connecting", "refused"), desk.now());
    desk.clock.advance(jiff::SignedDuration::from_mins(11));
    // the system's authorities do not know it
    assert_eq!(looks(&mut trusting(None), &desk).await, ["intake"]);
    assert_eq!(channel.takes(), [], "nothing is said to whom nobody vouches for");
    assert_eq!(looks(&mut trusting(Some(authority())), &desk).await, ["intake"]);
    assert_eq!(channel.takes(), told(&["intake"], &[]));
}

#[tokio::test]
async fn a_login_refused_for_two_hours_is_told_once_and_once_when_it_is_over() {
    let (desk, channel, legs) = (TestDesk::new().await, Channel::open().await, Legs::default());
    let mut watcher = Watcher::new(posting_to(&channel), false, legs.clone(), desk.now());
    let refused = Fault::never("logging in to imap.example.org", "AUTHENTICATIONFAILED");
    let mut posts = Vec::new();
    for _ in 0..24 {
        legs.fails("intake", "intake", &refused, desk.now());
        looks(&mut watcher, &desk).await;
        posts.extend(channel.takes());
        desk.clock.advance(jiff::SignedDuration::from_mins(5));
    }
    assert_eq!(posts, told(&["intake"], &[]), "two hours, one alert");
    legs.fine("intake");
    assert!(looks(&mut watcher, &desk).await.is_empty());
    assert_eq!(channel.takes(), told(&[], &["intake"]));
}

#[tokio::test]
async fn a_canary_that_does_not_come_raises_the_alarm_and_the_next_one_ends_it() {
    let lines = "[mail]\ncanary_from = \"Sonde@canari.example\"\n";
    let (mut desk, channel) = (TestDesk::with(lines).await, Channel::open().await);
    let mut watcher = Watcher::new(posting_to(&channel), true, Legs::default(), desk.now());
    let canary = |n: u32| {
        format!(
            "From: sonde@canari.example\r\nSubject: {n}\r\nMessage-ID: <{n}@canari.example>\r\n\r\n{n}\r\n"
        )
    };
    desk.receives(canary(1).as_bytes());
    desk.turn().await;
    assert!(looks(&mut watcher, &desk).await.is_empty());
    desk.hours_pass(1);
    assert_eq!(looks(&mut watcher, &desk).await, ["canary"]);
    // other mail shows nothing: it may come by another way
    desk.receives_fixture("mails/demo/06-question.eml");
    desk.turn().await;
    assert_eq!(looks(&mut watcher, &desk).await, ["canary"]);
    desk.receives(canary(2).as_bytes());
    desk.turn().await;
    assert!(looks(&mut watcher, &desk).await.is_empty());
    assert_eq!(channel.takes(), [told(&["canary"], &[]), told(&[], &["canary"])].concat());
    assert_eq!((desk.relay.taken().len(), desk.store().ledger().await.unwrap().automatic), (1, 2));
    desk.adds_up().await;
}

#[tokio::test]
async fn what_ends_soon_and_what_waits_for_a_person_is_told() {
    let mut desk = TestDesk::with("[replies]\nmax_per_address = 1\n").await;
    let ends = Some("2026-12-20".parse().unwrap());
    let settings = WatchSettings { credentials_end: ends, ..WatchSettings::default() };
    let mut watcher = Watcher::new(settings, false, Legs::default(), desk.now());
    assert!(looks(&mut watcher, &desk).await.is_empty(), "four weeks before");
    for n in 0..2 {
        desk.receives(&crate::desk::mail_with(
            "a@cabinet-a.fr",
            &format!("{n}@cabinet-a.fr"),
            &[("a.pdf", b"%PDF-1.4")],
        ));
        desk.receives(format!("From: b@cabinet-b.fr\r\nX-Nth: {n}\r\n\r\nBonjour\r\n").as_bytes());
    }
    desk.turn().await;
    assert_eq!(looks(&mut watcher, &desk).await, ["caps"]);
    desk.hours_pass(15 * 24);
    assert_eq!(
        looks(&mut watcher, &desk).await,
        ["caps", "credentials", "registry"],
        "13 days before; nothing imported since"
    );
    desk.behind_its_back("UPDATE registry_snapshots SET state = 'dropped'").await;
    assert_eq!(looks(&mut watcher, &desk).await, ["caps", "credentials", "registry"]);
}

#[tokio::test]
async fn whoever_asks_for_the_health_is_told_the_reasons() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, reasons) = tokio::sync::watch::channel(Vec::new());
    let mut serving = JoinSet::new();
    serving.spawn(serve(listener, reasons));
    let asks = async |request: &str| {
        let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
        line.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        line.read_to_string(&mut said).await.unwrap();
        said
    };
    let get = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    assert!(asks(get).await.starts_with("HTTP/1.1 200 OK\r\n"));
    tell.send_replace(vec![Reason { what: "canary", how: "no canary mail for 40 minutes".into() }]);
    let said = asks(get).await;
    assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("no canary mail for 40 minutes"), "{said}");
    assert!(asks("GET /cases HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404 "));
    serving.abort_all();
}
