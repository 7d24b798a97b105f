//! A daemon between a real Dovecot and a real Postfix, to be measured.

mod mail;

use super::{dovecot, postfix};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FORM: &[u8] = include_bytes!("../../fixtures/forms/published-filled-nothing-drawn.fields.pdf");

pub struct Bench {
    folder: TempDir,
    config: PathBuf,
    pub dovecot: dovecot::Dovecot,
    pub postfix: postfix::Postfix,
}

impl Bench {
    /// Servers, a configuration without caps on letters, and a registry that is loaded.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dovecot, postfix) = (dovecot::Dovecot::start(), postfix::Postfix::start());
        let config = folder.path().join("guichet.toml");
        let root = folder.path().display();
        let text = format!(
            "{}\n[transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"plain\"\n\n[store]\nurl = \"sqlite:{root}/guichet.db\"\n\n\
             [identity]\nfrom = \"certificats@guichet.example\"\n\n[replies]\nmax_per_address = 100000\nmax_per_domain = 100000\nmax_total = 100000\n",
            dovecot.mailbox_table(),
            postfix.port,
        );
        std::fs::write(&config, text).unwrap();
        let bench = Self { folder, config, dovecot, postfix };
        let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/registry");
        assert!(bench.guichet(&["registry", "import"]).arg(registry).status().unwrap().success());
        bench
    }

    fn guichet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", &self.config);
        command
    }

    pub fn daemon(&self) -> Child {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        self.guichet(&["run"]).stderr(log).spawn().unwrap()
    }

    /// Waits until so many replies have been delivered, looking every `pause`: looking costs, too, on the
    /// machine that is measured.
    pub fn waits_for(&self, count: usize, pause: Duration) {
        let begun = Instant::now();
        let arrived = || std::fs::read_dir(self.postfix.mail_folder()).map_or(0, Iterator::count);
        while arrived() < count {
            assert!(begun.elapsed() < Duration::from_mins(10), "{} of {count} replies", arrived());
            std::thread::sleep(pause);
        }
    }
}

/// A mail with a form that is accepted.
pub fn mail(n: usize) -> Vec<u8> {
    mail::with(n, FORM)
}

/// A line of `/proc/PID/status`, KiB: `VmHWM`, `VmRSS`.
pub fn memory(daemon: &Child, of: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(of)).expect("Linux says it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
