//! Where it happens: a folder, a database, a daemon that decides a few real mails and then serves the desk.

use super::mail;
use guichet::domain::staff::{Role, UserName};
use guichet::store::{NewAccount, NewSession, SignInBy, SignedIn, Store, Tried};
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Real mails with a digital form, and with a scan: the others are made from them, and their pictures are
/// drawn.
const DIGITAL: usize = 12;
const SCANS: usize = 6;

pub struct Place {
    folder: TempDir,
    store: Store,
    config: PathBuf,
    listens: SocketAddr,
}

/// A real case.
#[derive(Debug, Clone)]
pub struct Real {
    pub id: i64,
    pub message: i64,
    pub number: String,
    pub source: String,
}

/// A daemon that ends with this.
pub struct Daemon(Child);

impl Daemon {
    /// At its highest, MiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // one that is over cannot be ended
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shown = folder.path().display();
        for part in ["mailbox/tmp", "mailbox/new", "mailbox/cur", "replies"] {
            std::fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        let url = match std::env::var("GUICHET_TEST_POSTGRES") {
            Ok(server) if !server.is_empty() => format!("{server}postgres"),
            _ => format!("sqlite:{shown}/guichet.db"),
        };
        // a port that is free now: whoever takes it first shows when the daemon cannot listen
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let listens = free.local_addr().unwrap();
        let config = folder.path().join("guichet.toml");
        let text = format!(
            "[mailbox]\nkind = \"folder\"\npath = \"{shown}/mailbox\"\n[transport]\nkind = \"folder\"\n\
             path = \"{shown}/replies\"\n[store]\nurl = \"{url}\"\n[identity]\n\
             from = \"certificats@guichet.example\"\n[decision]\nautomatic = []\n[desk]\nlisten = \"{listens}\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let store = Store::open(&url).await.unwrap();
        Self { folder, store, config, listens }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn engine(&self) -> &'static str {
        match self.store.database().engine() {
            guichet::database::Engine::Sqlite => "SQLite",
            guichet::database::Engine::Postgres => "PostgreSQL",
        }
    }

    fn guichet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", &self.config).env("GUICHET_LOG", "off");
        command
    }

    /// Has the daemon decide real mails; each of their cases then waits.
    pub async fn decides_real_mails(&self) -> Vec<Real> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        assert!(
            self.guichet(&["registry", "import"]).arg(fixtures.join("registry")).status().unwrap().success()
        );
        let scans = files(&fixtures.join("paper"), "-300-", ".scan.pdf", SCANS);
        let forms = files(&fixtures.join("forms"), "", ".fields.pdf", DIGITAL);
        let mut count = 0;
        for (n, file) in forms.iter().chain(&scans).enumerate() {
            let mail = mail::with(n, &std::fs::read(file).unwrap());
            std::fs::write(self.folder.path().join(format!("mailbox/new/{n:06}.M0.bench")), mail).unwrap();
            count += 1;
        }
        let daemon = Daemon(self.guichet(&["run"]).spawn().unwrap());
        let begun = Instant::now();
        loop {
            let ledger = self.store.ledger().await.unwrap();
            if ledger.messages == count && ledger.waiting == 0 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_mins(10), "the daemon does not come to its end");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        drop(daemon);
        let rows: Vec<(i64, i64, String, String)> =
            sqlx::query_as("SELECT id, message_id, number, source FROM cases ORDER BY id")
                .fetch_all(self.store.database().read())
                .await
                .unwrap();
        let real = |(id, message, number, source)| Real { id, message, number, source };
        rows.into_iter().map(real).collect()
    }

    /// The cookie of somebody who has this role.
    pub async fn signs_in(&self, name: &str, role: Role) -> String {
        let (store, now) = (&self.store, Timestamp::now());
        let name = UserName::parse(name).unwrap();
        let new =
            NewAccount { name: name.clone(), shown: name.to_string(), role, password: None, identity: None };
        store.add_account(&new, "bench", now).await.unwrap();
        let account = store.account(&name).await.unwrap().unwrap();
        let tried = store.tries_to_sign_in(Some(&name), Ipv4Addr::LOCALHOST.into(), now).await.unwrap();
        let Tried::Now(attempt) = tried else { panic!("{tried:?}") };
        let by = SignInBy::Password;
        let session = NewSession { account: &account, by, attempt, renewed: None, replaces: None };
        let SignedIn::Done(token) = store.signs_in(session, now).await.unwrap() else { panic!("changed") };
        format!("guichet={}", token.expose())
    }

    pub fn serves(&self) -> (Daemon, SocketAddr) {
        (Daemon(self.guichet(&["run"]).spawn().unwrap()), self.listens)
    }
}

/// The first files of a folder whose name has a part and an end.
fn files(folder: &Path, part: &str, end: &str, most: usize) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.contains(part) && name.ends_with(end)
    });
    all.sort();
    all.truncate(most);
    all
}
