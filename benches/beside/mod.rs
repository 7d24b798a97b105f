//! A daemon between a real Dovecot and a real Postfix, to be measured.

use super::{dovecot, postfix};
use base64::Engine as _;
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

/// The same form with other bytes behind its end, so that no mail is a copy of another.
pub fn mail(n: usize) -> Vec<u8> {
    let mut pdf = FORM.to_vec();
    pdf.extend(format!("\n% {n}\n").as_bytes());
    let coded = base64::engine::general_purpose::STANDARD.encode(pdf);
    let lines: Vec<_> = coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "Return-Path: <bureau{n}@cabinet-a.fr>\r\nFrom: bureau{n}@cabinet-a.fr\r\nTo: certificats@guichet.example\r\nSubject: F413\r\n\
         Message-ID: <{n}@cabinet-a.fr>\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=\"f413.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"f413.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

/// A line of `/proc/PID/status`, KiB: `VmHWM`, `VmRSS`.
pub fn memory(daemon: &Child, of: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(of)).expect("Linux says it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
