//! The test desk: a real store, registry and sandbox, a Maildir as mailbox, a relay that does as it
//! is told, and a clock that stands still. Speaks the trade's words.

use guichet::clock::StoppedClock;
use guichet::config::Config;
use guichet::daemon::{Daemon, Roles};
use guichet::domain::mail::{Delivery, ReplyState};
use guichet::fault::Fault;
use guichet::folder::maildir::MaildirMailbox;
use guichet::pipeline::Step;
use guichet::registry::Options;
use guichet::reply::transport::{Outgoing, Transport};
use guichet::sandbox::SandboxSettings;
use guichet::store::{CaseFilter, CaseRow, Lane, ReplyFilter, ReplyRow, Store};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A Sunday morning in Paris: the fixtures' forms are dated around this day.
pub const NOW: &str = "2026-11-22T10:00:00+01:00";

/// The line that makes a desk only shadow staff.
pub const SHADOW: &str = "shadow = true\n";

pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

pub fn bytes_of(path: &str) -> Vec<u8> {
    let path = fixture(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A relay that takes everything, unless told what to do with the next mails.
#[derive(Debug, Default)]
pub struct Relay {
    orders: Mutex<VecDeque<Delivery>>,
    taken: Mutex<Vec<Outgoing>>,
}

impl Relay {
    pub fn next(&self, orders: &[Delivery]) {
        self.orders.lock().unwrap().extend(orders);
    }

    /// Whatever it was told: from now on it takes everything.
    pub fn is_well_again(&self) {
        self.orders.lock().unwrap().clear();
    }

    /// Mails that reached it, also those it gave no answer to.
    pub fn taken(&self) -> Vec<Outgoing> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Transport for Relay {
    async fn deliver(&self, mail: &Outgoing) -> (Delivery, String) {
        let order = self.orders.lock().unwrap().pop_front().unwrap_or(Delivery::Sent);
        if matches!(order, Delivery::Sent | Delivery::Unknown) {
            self.taken.lock().unwrap().push(mail.clone());
        }
        (order, "as ordered".into())
    }
}

pub struct TestDesk {
    pub folder: TempDir,
    pub daemon: Daemon,
    pub relay: Relay,
    pub clock: StoppedClock,
    mailbox: MaildirMailbox,
    delivered: u32,
}

impl TestDesk {
    /// A desk with the fixtures' registry.
    pub async fn new() -> Self {
        let desk = Box::pin(Self::without_registry("")).await;
        Box::pin(desk.imports_the_registry()).await;
        desk
    }

    /// A desk whose configuration has further lines ([`SHADOW`] first, where it is wanted).
    pub async fn with(lines: &str) -> Self {
        let desk = Box::pin(Self::without_registry(lines)).await;
        Box::pin(desk.imports_the_registry()).await;
        desk
    }

    /// The same, with another program that opens mail and recognises paper.
    pub async fn with_program(lines: &str, program: &Path) -> Self {
        let desk = Self::opened(lines, program.to_owned()).await;
        Box::pin(desk.imports_the_registry()).await;
        desk
    }

    pub async fn without_registry(lines: &str) -> Self {
        Self::opened(lines, PathBuf::from(env!("CARGO_BIN_EXE_guichet"))).await
    }

    async fn opened(lines: &str, program: PathBuf) -> Self {
        let folder = tempfile::Builder::new().prefix("guichet-desk-").tempdir().unwrap();
        let root = folder.path().display();
        for part in ["mailbox/tmp", "mailbox/new", "mailbox/cur"] {
            std::fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        // the others continue [identity], or are tables
        let (keys, tables) = lines.split_at(if lines.starts_with(SHADOW) { SHADOW.len() } else { 0 });
        let text = format!(
            "{keys}[mailbox]\nkind = \"folder\"\npath = \"{root}/mailbox\"\n\n[transport]\nkind = \"folder\"\npath = \"{root}/replies\"\n\n\
             [store]\nurl = \"sqlite:{root}/guichet.db\"\n\n[identity]\nfrom = \"certificats@guichet.example\"\n\n{tables}"
        );
        std::fs::write(folder.path().join("guichet.toml"), &text).unwrap();
        Self::in_folder(folder, StoppedClock::at(NOW.parse().unwrap()), program).await
    }

    /// The desk opened anew in the same folder, as after a restart.
    pub async fn again(self) -> Self {
        Self::in_folder(self.folder, self.clock, PathBuf::from(env!("CARGO_BIN_EXE_guichet"))).await
    }

    async fn in_folder(folder: TempDir, clock: StoppedClock, program: PathBuf) -> Self {
        let mut config = Config::load(&folder.path().join("guichet.toml")).unwrap();
        let says = std::fs::read_to_string(folder.path().join("guichet.toml")).unwrap();
        if !says.contains("receipt_after") {
            // the clock stands still: a receipt would wait for ever
            config.replies.receipt_after = guichet::domain::units::Span::seconds(0);
        }
        let sandbox = SandboxSettings { program, ..config.sandbox().unwrap() };
        let daemon = Box::pin(Daemon::with(config.clone(), Roles::ALL, Arc::new(clock.clone()), sandbox))
            .await
            .unwrap();
        let Some(guichet::config::MailboxSettings::Folder(settings)) = config.mailbox else { unreachable!() };
        let mailbox = MaildirMailbox::new(settings);
        Self { folder, daemon, relay: Relay::default(), clock, mailbox, delivered: 0 }
    }

    pub async fn imports_the_registry(&self) {
        let now = self.now();
        let registry = &self.daemon.line.registry;
        registry.import_dir(&fixture("registry"), &Options::default(), now, |_| {}).await.unwrap();
    }

    /// Runs a command of the program on this desk's configuration.
    pub fn commands(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).arg("--config").arg(self.folder.path().join("guichet.toml"));
        command.output().unwrap()
    }

    /// What a command prints; it has to succeed.
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.commands(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn now(&self) -> Timestamp {
        use guichet::clock::Clock as _;
        self.clock.now()
    }

    pub fn store(&self) -> &Store {
        &self.daemon.line.store
    }

    /// A mail is delivered, received at the desk's time.
    pub fn receives(&mut self, mail: &[u8]) {
        self.delivered += 1;
        let root = self.folder.path().join("mailbox");
        let name = format!("{}.M{:06}.desk", self.now().as_second(), self.delivered);
        let draft = root.join("tmp").join(&name);
        std::fs::write(&draft, mail).unwrap();
        let file = std::fs::File::options().write(true).open(&draft).unwrap();
        file.set_modified(self.now().into()).unwrap();
        std::fs::rename(draft, root.join("new").join(name)).unwrap();
    }

    pub fn receives_fixture(&mut self, path: &str) {
        self.receives(&bytes_of(path));
    }

    pub async fn takes_in(&mut self) {
        while self.daemon.line.take_in(&mut self.mailbox, &|| {}).await.unwrap() > 0 {}
    }

    /// All legs until nothing is left to do now.
    pub async fn turn(&mut self) {
        self.try_turn().await.unwrap();
    }

    /// The same; stops at the first fault.
    pub async fn try_turn(&mut self) -> Result<(), Fault> {
        let line = self.daemon.line.clone();
        while line.take_in(&mut self.mailbox, &|| {}).await? > 0 {}
        // who works for the quick lane leaves paper to its own
        for lane in [Lane::Quick, Lane::Paper] {
            while line.decide_next("test", lane).await? != Step::NothingWaits {}
        }
        while line.wake_next().await? {}
        while line.answer_next("test", &self.relay, 0.0).await? {}
        line.store.recover_sending(self.now()).await?;
        while line.file_away("test", &mut self.mailbox).await? > 0 {}
        Ok(())
    }

    pub fn hours_pass(&mut self, hours: i64) -> &mut Self {
        self.clock.advance(SignedDuration::from_hours(hours));
        self
    }

    /// Oldest first.
    pub async fn cases(&self) -> Vec<CaseRow> {
        let mut rows = self.store().cases(&CaseFilter::default()).await.unwrap();
        rows.reverse();
        rows
    }

    /// `code field` of every finding of a case.
    pub async fn findings(&self, case: &CaseRow) -> Vec<String> {
        let case = self.store().case(&case.number).await.unwrap().unwrap();
        case.findings.iter().map(|finding| format!("{} {}", finding.code, finding.field)).collect()
    }

    /// Oldest first.
    pub async fn replies(&self) -> Vec<ReplyRow> {
        let mut rows = self.store().replies(&ReplyFilter::default()).await.unwrap();
        rows.reverse();
        rows
    }

    pub async fn reply_states(&self) -> Vec<ReplyState> {
        self.replies().await.into_iter().map(|reply| reply.state).collect()
    }

    /// Every message is in exactly one place, and every event and row is as it was written.
    pub async fn adds_up(&self) {
        let ledger = self.store().ledger().await.unwrap();
        assert!(ledger.balances(), "{ledger:?}");
        let verified = guichet::audit::verify(self.store().database(), &[]).await.unwrap();
        assert_eq!(verified.troubles, []);
    }

    /// SQL behind the store's back: faults come from outside.
    pub async fn behind_its_back(&self, sql: &str) {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite:{}", self.folder.path().join("guichet.db").display());
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// `guichet` with this desk's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", self.folder.path().join("guichet.toml"));
        command
    }

    /// What the command prints, ending with this code.
    pub fn says(&self, arguments: &[&str], code: i32) -> String {
        let output = self.command(arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {printed}{complaints}");
        printed
    }

    /// Rows that SQL counts, with one text bound.
    pub async fn counts(&self, sql: &'static str, bound: &str) -> i64 {
        let row = sqlx::query_scalar(sql).bind(bound).fetch_one(self.store().database().read());
        row.await.unwrap()
    }

    /// The folder a mail lies in now, by what its name contains (`""` is the inbox).
    pub fn mails_in(&self, folder: &str) -> usize {
        let root = self.folder.path().join("mailbox");
        let root = if folder.is_empty() { root } else { root.join(folder) };
        let count = |part: &str| std::fs::read_dir(root.join(part)).map_or(0, Iterator::count);
        count("new") + count("cur")
    }
}

/// A reply's decoded text part.
pub fn text_of(mail: &Outgoing) -> String {
    let parsed = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

/// A form in a mail from `from`, under this Message-ID.
pub fn mail_with(from: &str, id: &str, documents: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine as _;
    let mut mail = format!(
        "Return-Path: <{from}>\r\nFrom: {from}\r\nTo: certificats@guichet.example\r\nSubject: F413\r\n\
         Message-ID: <{id}>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Bonjour, voici le formulaire.\r\n"
    );
    for (name, bytes) in documents {
        let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
        let lines: Vec<_> =
            coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        mail.push_str(&format!(
            "--b\r\nContent-Type: application/pdf; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.join("\r\n")
        ));
    }
    mail.push_str("--b--\r\n");
    mail.into_bytes()
}
