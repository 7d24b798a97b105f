//! A disk that is full, while mails come in: the daemon says so, loses nothing, answers nobody twice, and
//! goes on by itself when there is room again.

use crate::machine::{Machine, nth, nth_rejected};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use tempfile::TempDir;

/// Mails that come while there is room, and in all.
const BEFORE: usize = 3;
const MAILS: usize = 40;

/// What the database lies on.
enum Disk {
    /// A file system of its own, in memory, of 64 MiB.
    Small(TempDir),
    /// This machine's, on which the daemon may make no file longer: for whoever may not mount anything.
    Limited,
}

impl Disk {
    fn small() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(folder.path());
        if mount.status().is_ok_and(|done| done.success()) {
            return Self::Small(folder);
        }
        eprintln!("NO DISK OF ITS OWN: nothing can be mounted here; only the length of files is limited");
        Self::Limited
    }

    fn fills(&self, machine: &Machine) {
        match self {
            Self::Small(folder) => {
                let mut ballast = std::fs::File::create(folder.path().join("ballast")).unwrap();
                let end = loop {
                    if let Err(end) = ballast.write_all(&[7; 4096]) {
                        break end;
                    }
                };
                assert_eq!(end.kind(), ErrorKind::StorageFull);
            }
            Self::Limited => {
                let size = |name: &str| std::fs::metadata(machine.folder.path().join(name)).unwrap().len();
                limits(machine, &size("guichet.db").max(size("guichet.db-wal")).to_string());
            }
        }
    }

    fn empties(&self, machine: &Machine) {
        match self {
            Self::Small(folder) => std::fs::remove_file(folder.path().join("ballast")).unwrap(),
            Self::Limited => limits(machine, "unlimited"),
        }
    }

    /// What the log then says.
    fn trouble(&self) -> &'static str {
        match self {
            Self::Small(_) => "database or disk is full",
            Self::Limited => "disk I/O error",
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small(folder) = self {
            let _ = Command::new("umount").arg("-l").arg(folder.path()).status();
        }
    }
}

/// The longest file that the daemon may write from now on.
fn limits(machine: &Machine, bytes: &str) {
    let pid = format!("--pid={}", machine.pid(0));
    let done = Command::new("prlimit").arg(pid).arg(format!("--fsize={bytes}:unlimited")).status().unwrap();
    assert!(done.success());
}

/// What whoever monitors the daemon is told.
fn health(port: u16) -> String {
    let mut said = String::new();
    if let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) {
        let _ = line.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let _ = line.read_to_string(&mut said);
    }
    said
}

fn fills_up_and_goes_on(disk: &Disk) {
    let mut machine = Machine::without_registry();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let watch = format!("[watch]\nafter = \"1 s\"\nlisten = \"127.0.0.1:{port}\"\n");
    machine.configures("guichet", &[&machine.mailbox_table(), &machine.transport_table(), &watch]);
    match disk {
        Disk::Small(folder) => {
            let config = std::fs::read_to_string(machine.config("guichet")).unwrap();
            let there = format!("sqlite:{}", folder.path().join("guichet.db").display());
            std::fs::write(machine.config("guichet"), config.replace(&machine.url(), &there)).unwrap();
        }
        Disk::Limited => {
            // a file that is too long is a signal, too, which no disk sends
            let script = machine.folder.path().join("guichet");
            let text = format!("#!/bin/sh\ntrap '' XFSZ\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_guichet"));
            std::fs::write(&script, text).unwrap();
            std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
            machine.program = script;
        }
    }
    machine.imports();
    machine.starts();
    (0..BEFORE).for_each(|n| machine.dovecot.deliver(&nth(n)));
    machine.waits_for_replies(BEFORE);
    machine.waits_until("it is well", || health(port).starts_with("HTTP/1.1 200"));

    disk.fills(&machine);
    (BEFORE..MAILS).for_each(|n| machine.dovecot.deliver(&nth_rejected(n)));
    machine.waits_until("it says so", || machine.log().contains(disk.trouble()));
    let told = || Some(health(port)).filter(|said| said.starts_with("HTTP/1.1 503"));
    machine
        .waits_until("whoever asks is told why", || told().is_some_and(|said| said.contains(disk.trouble())));
    if matches!(disk, Disk::Small(_)) {
        let doctor = machine.guichet(&["doctor"]).output().unwrap();
        let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert!(!doctor.status.success() && said.contains("FAIL  disk of the database"), "{said}");
    }
    assert!(machine.answered().len() < MAILS, "it was not full");

    disk.empties(&machine);
    let unknown = machine.waits_for_ends(MAILS);
    let letters = machine.answered();
    assert!(letters.values().all(|count| *count == 1), "answered twice: {letters:?}");
    assert!(letters.len() + unknown.len() >= MAILS, "{} letters, {unknown:?}", letters.len());
    assert_eq!(machine.prints(&["cases", "list", "--limit", "1000", "--json"]).lines().count(), MAILS);
    machine.waits_until("all is filed", || machine.dovecot.mails("").is_empty());
    assert_eq!(machine.dovecot.mails(".Trait&AOk-s").len(), MAILS);
    machine.prints(&["audit", "verify"]);
    // what nobody knows of stays to be looked at
    let well = || health(port).starts_with("HTTP/1.1 200");
    machine.waits_until("it is well again", || well() || !unknown.is_empty());
}

#[test]
fn on_a_disk_that_is_full_nothing_is_lost_or_told_twice_and_it_goes_on_by_itself() {
    fills_up_and_goes_on(&Disk::small());
}

#[test]
fn with_a_disk_that_takes_nothing_more_it_goes_on_by_itself() {
    fills_up_and_goes_on(&Disk::Limited);
}
