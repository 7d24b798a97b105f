//! The program as an operator runs it: `guichet run` against a real Dovecot and a real Postfix.

use crate::desk::{bytes_of, fixture, mail_with};
use crate::dovecot::Dovecot;
use crate::postfix::Postfix;
use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far more than any of these needs; a daemon that is stuck fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_mins(2);

/// An operator's machine: configuration, database, and the daemon's process.
struct Machine {
    folder: TempDir,
    dovecot: Dovecot,
    postfix: Postfix,
    daemon: Option<Child>,
}

impl Machine {
    fn new() -> Self {
        let machine = Self::without_registry();
        machine.imports();
        machine
    }

    fn without_registry() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dovecot, postfix) = (Dovecot::start(), Postfix::start());
        let root = folder.path().display();
        let config = format!(
            "{}\n[transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"plain\"\n\n\
             [store]\nurl = \"sqlite:{root}/guichet.db\"\n\n[identity]\nfrom = \"certificats@guichet.example\"\n\n\
             [replies]\nmax_per_address = 10000\nmax_per_domain = 10000\nmax_total = 10000\n",
            dovecot.mailbox_table(),
            postfix.port,
        );
        std::fs::write(folder.path().join("guichet.toml"), config).unwrap();
        Self { folder, dovecot, postfix, daemon: None }
    }

    fn imports(&self) {
        let mut import = self.guichet(&["registry", "import"]);
        assert!(import.arg(fixture("registry")).status().unwrap().success());
    }

    fn guichet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", self.folder.path().join("guichet.toml"));
        command
    }

    fn starts(&mut self) {
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        self.daemon = Some(self.guichet(&["run"]).stderr(log).spawn().unwrap());
    }

    /// `kill -9`.
    fn dies(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until the relay has delivered as many mails, and returns how often each Message-ID.
    fn waits_for_replies(&self, count: usize) -> BTreeMap<String, usize> {
        let begun = Instant::now();
        loop {
            let replies = self.replies();
            if replies.values().sum::<usize>() >= count {
                return replies;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {count} replies\n{}", replies.len(), self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn replies(&self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for mail in self.postfix.delivered() {
            let parsed = mail_parser::MessageParser::default().parse(&mail).unwrap();
            *found.entry(parsed.message_id().unwrap().to_owned()).or_default() += 1;
        }
        found
    }

    fn listed(&self, state: &str) -> usize {
        let output = self
            .guichet(&["replies", "list", "--limit", "10000", "--json", "--state", state])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().count()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// A mail that nobody else sent: the form of a sample under another Message-ID and sender.
fn nth(n: usize) -> Vec<u8> {
    let raw = bytes_of("mails/demo/02-accepted-pharmacy-other-edition.eml");
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let mut pdf =
        mail.attachments().find(|part| part.contents().starts_with(b"%PDF")).unwrap().contents().to_vec();
    // what stands after the end of a PDF is no part of it: other bytes, the same form
    pdf.extend(format!("\n% copy {n}\n").as_bytes());
    mail_with(&format!("bureau{n}@cabinet-a.fr"), &format!("{n}@cabinet-a.fr"), &[("f413.pdf", &pdf)])
}

#[test]
fn mails_are_answered_and_filed_and_a_restart_answers_nobody_again() {
    let mut machine = Machine::new();
    for n in 0..5 {
        machine.dovecot.deliver(&nth(n));
    }
    let doctor = machine.guichet(&["doctor"]).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    machine.starts();
    assert_eq!(machine.waits_for_replies(5).len(), 5);
    // delivered to an idle daemon
    machine.dovecot.deliver(&nth(5));
    machine.waits_for_replies(6);
    machine.dies();
    machine.starts();
    machine.dovecot.deliver(&nth(6));
    let replies = machine.waits_for_replies(7);
    assert!(replies.values().all(|count| *count == 1), "{replies:?}");
    let cases = machine.guichet(&["cases", "list", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(cases.stdout).unwrap().matches("\"accepted\"").count(), 7);
}

/// Killed at moments that fall all over the line; restarted each time. At the end every mail has
/// one answer, or stands in the list of those whose end is unknown.
#[test]
fn killed_again_and_again_it_loses_nothing_and_answers_nobody_twice() {
    const MAILS: usize = 40;
    let mut machine = Machine::new();
    for n in 0..MAILS {
        machine.dovecot.deliver(&nth(n));
    }
    let mut moment = 40_u64;
    for _ in 0..25 {
        machine.starts();
        // from 40 to 640 ms, in no order
        moment = (moment * 7 + 113) % 600;
        std::thread::sleep(Duration::from_millis(40 + moment));
        machine.dies();
    }
    machine.starts();
    let begun = Instant::now();
    while machine.listed("sent") + machine.listed("unknown") < MAILS {
        assert!(begun.elapsed() < PATIENCE, "{}", machine.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let unknown = machine.listed("unknown");
    let replies = machine.waits_for_replies(MAILS - unknown);
    assert!(replies.values().all(|count| *count == 1), "answered twice: {replies:?}");
    assert!(replies.len() + unknown >= MAILS, "{} answered, {unknown} unknown", replies.len());
    let cases = machine.guichet(&["cases", "list", "--limit", "1000", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(cases.stdout).unwrap().lines().count(), MAILS);
}

/// Cases wait because nothing is loaded; an import brings it, and the daemon is killed again and again
/// while it wakes them. Each requester has one receipt and one decision, or they stand in the list of
/// those whose end is unknown.
#[test]
fn killed_again_and_again_while_it_wakes_what_waited_it_tells_each_decision_once() {
    const MAILS: usize = 24;
    let mut machine = Machine::without_registry();
    for n in 0..MAILS {
        machine.dovecot.deliver(&nth(n));
    }
    machine.starts();
    machine.waits_for_replies(MAILS);
    machine.dies();
    machine.imports();
    let mut moment = 7_u64;
    for _ in 0..12 {
        machine.starts();
        moment = (moment * 7 + 113) % 400;
        std::thread::sleep(Duration::from_millis(60 + moment));
        machine.dies();
    }
    machine.starts();
    let begun = Instant::now();
    while machine.listed("sent") + machine.listed("unknown") < 2 * MAILS {
        assert!(begun.elapsed() < PATIENCE, "{}", machine.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let unknown = machine.listed("unknown");
    let replies = machine.waits_for_replies(2 * MAILS - unknown);
    assert!(replies.values().all(|count| *count == 1), "told twice: {replies:?}");
    let cases = machine.guichet(&["cases", "list", "--limit", "1000", "--json"]).output().unwrap();
    let cases = String::from_utf8(cases.stdout).unwrap();
    assert_eq!((cases.lines().count(), cases.matches("\"accepted\"").count()), (MAILS, MAILS), "{cases}");
    for (template, count) in [("received", MAILS), ("accepted", MAILS)] {
        let listed = machine.guichet(&["replies", "list", "--limit", "1000", "--json"]).output().unwrap();
        let word = format!("\"template\":\"{template}\"");
        assert_eq!(String::from_utf8(listed.stdout).unwrap().matches(&word).count(), count, "{template}");
    }
    let verified = machine.guichet(&["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
