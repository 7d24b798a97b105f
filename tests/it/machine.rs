//! An operator's machines: one configuration, one database, the daemons' processes, a real Dovecot and
//! a real Postfix, with lines to them that can be cut.

use crate::desk::{bytes_of, fixture, mail_with};
use crate::dovecot::Dovecot;
use crate::postfix::Postfix;
use crate::postgres::Postgres;
use crate::proxy::Proxy;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far more than any of these needs, also where a letter put off waits for its next minutes; a daemon
/// that is stuck fails the test instead of hanging it.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// What a machine is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    /// PostgreSQL instead of SQLite.
    pub postgres: bool,
    /// The lines to both servers go through proxies.
    pub proxies: bool,
    /// Further lines of the mail server's own configuration.
    pub dovecot: &'static str,
}

/// Configuration, database, servers, and daemons that are killed with it.
pub struct Machine {
    pub folder: TempDir,
    pub dovecot: Dovecot,
    pub postfix: Postfix,
    pub imap: Option<Proxy>,
    pub smtp: Option<Proxy>,
    pub postgres: Option<Postgres>,
    /// guichet, or what starts it.
    pub program: PathBuf,
    daemons: BTreeMap<usize, Child>,
}

impl Machine {
    pub fn new() -> Self {
        let machine = Self::without_registry();
        machine.imports();
        machine
    }

    pub fn without_registry() -> Self {
        Self::of(Parts::default())
    }

    pub fn of(parts: Parts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dovecot, postfix) = (Dovecot::with(parts.dovecot), Postfix::start());
        let to = |port| parts.proxies.then(|| Proxy::to(port));
        let (imap, smtp) = (to(dovecot.tls_port()), to(postfix.port));
        let postgres = parts.postgres.then(Postgres::start);
        let program = PathBuf::from(env!("CARGO_BIN_EXE_guichet"));
        let machine =
            Self { folder, dovecot, postfix, imap, smtp, postgres, program, daemons: BTreeMap::new() };
        machine.configures("guichet", &[&machine.mailbox_table(), &machine.transport_table()]);
        machine
    }

    /// The table `[mailbox]` that leads to the Dovecot.
    pub fn mailbox_table(&self) -> String {
        let port = self.imap.as_ref().map_or(self.dovecot.tls_port(), |proxy| proxy.port);
        self.dovecot.mailbox_table_at(port)
    }

    /// The table `[transport]` that leads to the Postfix.
    pub fn transport_table(&self) -> String {
        let port = self.smtp.as_ref().map_or(self.postfix.port, |proxy| proxy.port);
        format!("[transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"plain\"\n")
    }

    pub fn url(&self) -> String {
        let file = self.folder.path().join("guichet.db");
        self.postgres.as_ref().map_or_else(|| format!("sqlite:{}", file.display()), Postgres::url)
    }

    /// Writes a configuration of this name: these tables, and those that all have.
    pub fn configures(&self, name: &str, tables: &[&str]) {
        let url = self.url();
        let config = format!(
            "{}\n[store]\nurl = \"{url}\"\n\n[identity]\nfrom = \"certificats@guichet.example\"\n\n\
             [replies]\nmax_per_address = 10000\nmax_per_domain = 10000\nmax_total = 10000\nreceipt_after = \"0 s\"\n",
            tables.join("\n"),
        );
        std::fs::write(self.config(name), config).unwrap();
    }

    pub fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.toml"))
    }

    pub fn imports(&self) {
        let mut import = self.guichet(&["registry", "import"]);
        assert!(import.arg(fixture("registry")).status().unwrap().success());
    }

    pub fn guichet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("GUICHET_CONFIG", self.config("guichet"));
        command
    }

    /// What the command prints; it has to succeed.
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.guichet(arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {printed}{complaints}");
        printed
    }

    pub fn starts(&mut self) {
        self.starts_nth(0);
    }

    /// One of several daemons, of the same configuration.
    pub fn starts_nth(&mut self, n: usize) {
        self.starts_with(n, "guichet", &[]);
    }

    /// The same with another configuration, and further arguments.
    pub fn starts_with(&mut self, n: usize, config: &str, arguments: &[&str]) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut run = self.guichet(&["run"]);
        run.args(arguments).env("GUICHET_CONFIG", self.config(config)).stderr(log);
        let before = self.daemons.insert(n, run.spawn().unwrap());
        assert!(before.is_none(), "daemon {n} runs");
    }

    /// `kill -9`.
    pub fn dies(&mut self) {
        self.nth_dies(0);
    }

    pub fn nth_dies(&mut self, n: usize) {
        let mut daemon = self.daemons.remove(&n).unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    /// The process of a daemon.
    pub fn pid(&self, n: usize) -> u32 {
        self.daemons[&n].id()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the daemons wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The last of it, for whoever has to find out.
    fn last_words(&self) -> String {
        let log = self.log();
        let from = log.lines().count().saturating_sub(60);
        log.lines().skip(from).collect::<Vec<_>>().join("\n")
    }

    /// Waits until something is so.
    pub fn waits_until(&self, what: &str, so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !so() {
            assert!(begun.elapsed() < PATIENCE, "{what}\n{}", self.last_words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the relay has delivered as many mails, and returns how often each Message-ID.
    pub fn waits_for_replies(&self, count: usize) -> BTreeMap<String, usize> {
        self.waits_until(&format!("{count} replies"), || self.postfix.count() >= count);
        self.replies()
    }

    pub fn replies(&self) -> BTreeMap<String, usize> {
        self.delivered_by(|mail| mail.message_id().unwrap().to_owned())
    }

    /// How many letters each address has.
    pub fn answered(&self) -> BTreeMap<String, usize> {
        self.delivered_by(|mail| mail.to().unwrap().first().unwrap().address().unwrap().to_owned())
    }

    fn delivered_by(&self, key: impl Fn(&mail_parser::Message<'_>) -> String) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for mail in self.postfix.delivered() {
            *found.entry(key(&mail_parser::MessageParser::default().parse(&mail).unwrap())).or_default() += 1;
        }
        found
    }

    /// The replies in a state, one JSON object each.
    pub fn listed(&self, state: &str) -> Vec<serde_json::Value> {
        let list = ["replies", "list", "--limit", "10000", "--json", "--state", state];
        self.prints(&list).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until so many replies have come to an end, and returns those whose end nobody knows.
    pub fn waits_for_ends(&self, count: usize) -> Vec<serde_json::Value> {
        let begun = Instant::now();
        loop {
            let unknown = self.listed("unknown");
            if self.listed("sent").len() + unknown.len() >= count {
                return unknown;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of unknown end\n{}", unknown.len(), self.last_words());
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for daemon in self.daemons.values_mut() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Who sends the `n`th mail.
pub fn sender(n: usize) -> String {
    format!("bureau{n}@cabinet-a.fr")
}

/// A mail that nobody else sent: the form of a sample under another Message-ID and sender.
pub fn nth(n: usize) -> Vec<u8> {
    nth_of("mails/demo/02-accepted-pharmacy-other-edition.eml", n)
}

/// The same with a form that is sent back, with a copy to be corrected.
pub fn nth_rejected(n: usize) -> Vec<u8> {
    nth_of("mails/demo/03-rejected-four-problems.eml", n)
}

fn nth_of(sample: &str, n: usize) -> Vec<u8> {
    let raw = bytes_of(sample);
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let mut pdf =
        mail.attachments().find(|part| part.contents().starts_with(b"%PDF")).unwrap().contents().to_vec();
    // what stands after the end of a PDF is no part of it: other bytes, the same form
    pdf.extend(format!("\n% copy {n}\n").as_bytes());
    mail_with(&sender(n), &format!("{n}@cabinet-a.fr"), &[("f413.pdf", &pdf)])
}
