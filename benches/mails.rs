//! How fast the line is, with real servers: `cargo bench --bench mails [-- MAILS]` prints mails a
//! second from first fetch to last reply, the daemon's memory, and how long a mail delivered to an
//! idle daemon waits for its answer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program run by hand"
)]
#![expect(dead_code, reason = "the servers can do more than is used here")]

#[path = "../tests/it/dovecot.rs"]
mod dovecot;
#[path = "../tests/it/postfix.rs"]
mod postfix;

use base64::Engine as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const FORM: &[u8] = include_bytes!("../fixtures/forms/published-filled-nothing-drawn.fields.pdf");

fn main() {
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let mails: usize = asked.unwrap_or(1000);
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
    let guichet = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", &config);
        command
    };
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/registry");
    assert!(guichet(&["registry", "import"]).arg(registry).status().unwrap().success());
    for n in 0..mails {
        dovecot.deliver(&mail(n));
    }
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let begun = Instant::now();
    let mut daemon = guichet(&["run"]).stderr(log).spawn().unwrap();
    wait_for(&postfix, mails, Duration::from_millis(100));
    let took = begun.elapsed();
    println!(
        "{mails} mails, each with a form: {:.1} s, {:.0} mails/s",
        took.as_secs_f64(),
        f64::from(u32::try_from(mails).unwrap()) / took.as_secs_f64()
    );
    println!("the daemon's memory at its highest: {} MiB", peak_memory(&daemon));

    let mut waits: Vec<Duration> = (0..21)
        .map(|n| {
            // the daemon is idle again
            std::thread::sleep(Duration::from_millis(700));
            let begun = Instant::now();
            dovecot.deliver(&mail(mails + n));
            wait_for(&postfix, mails + n + 1, Duration::from_millis(2));
            begun.elapsed()
        })
        .collect();
    waits.sort();
    println!("delivered to an idle daemon, answered after: median {:?}, slowest {:?}", waits[10], waits[20]);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

/// The same form with other bytes behind its end, so that no mail is a copy of another.
fn mail(n: usize) -> Vec<u8> {
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

/// Looks every `pause`: looking costs, too, on the machine that is measured.
fn wait_for(postfix: &postfix::Postfix, count: usize, pause: Duration) {
    let begun = Instant::now();
    let arrived = || std::fs::read_dir(postfix.mail_folder()).map_or(0, Iterator::count);
    while arrived() < count {
        assert!(begun.elapsed() < Duration::from_mins(10), "{} of {count} replies", arrived());
        std::thread::sleep(pause);
    }
}

/// `VmHWM`, MiB.
fn peak_memory(daemon: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("Linux says it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
