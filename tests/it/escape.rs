//! Children that try to get out, by the very cage that a real one shuts itself into.

use crate::desk::TestDesk;
use guichet::intake::mime::MimeSettings;
use guichet::sandbox::escape::{Tried, Way};
use guichet::sandbox::{Ended, Job, JobKind, Protection, Sandbox, SandboxSettings, Unopened};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_guichet");
const MAIL: &[u8] = b"From: a@chu.example\r\nSubject: F413\r\n\r\nBonjour\r\n";

fn sandbox(settings: SandboxSettings) -> Sandbox {
    Sandbox::new(settings, MimeSettings::default()).unwrap()
}

fn settings(program: impl Into<PathBuf>) -> SandboxSettings {
    let require = Protection::ALL.to_vec();
    SandboxSettings { program: program.into(), spares: 1, require, ..SandboxSettings::default() }
}

/// In the child's place one that takes its order, locks itself up, and then goes this way.
fn fugitive(way: Way) -> (TempDir, PathBuf) {
    stand_in(&format!("exec '{PROGRAM}' escape {}", way.name()))
}

fn stand_in(line: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("child");
    std::fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

#[tokio::test]
async fn a_child_has_both_locks_of_the_kernel() {
    let in_force = sandbox(settings(PROGRAM)).in_force().await.unwrap();
    assert!(in_force.has_all(&Protection::ALL), "{in_force:?}");
}

#[tokio::test]
async fn every_way_out_is_refused() {
    let tried = sandbox(settings(PROGRAM)).try_ways_out().await.unwrap();
    for (way, came) in tried {
        let by = match way {
            Way::Memory => "refused by Landlock or a limit",
            Way::Time => "ended by its limit of time",
            Way::Output => "stopped by its parent",
            _ => "ended by seccomp",
        };
        assert_eq!(came, Tried::Refused(by), "{way:?}");
    }
}

/// What is tried would work without the cage, or the test above would show nothing.
#[test]
fn without_a_cage_the_ways_are_open() {
    assert!(std::fs::read("/etc/passwd").is_ok() && tempfile::tempfile().is_ok());
    assert!(TcpListener::bind("127.0.0.1:0").is_ok() && Command::new("/bin/true").status().is_ok());
}

#[tokio::test]
async fn who_tries_is_told_apart_from_who_crashes() {
    let (_folder, program) = fugitive(Way::ConnectTcp);
    // it does not say what holds it back: nothing is demanded
    let sandbox = sandbox(SandboxSettings { require: Vec::new(), ..settings(program) });
    let ended = sandbox.open(Job { kind: JobKind::Mail, name: "", bytes: MAIL }).await.unwrap_err();
    assert!(matches!(ended, Unopened::Ended(Ended::Escaping)), "{ended}");
}

#[tokio::test]
async fn a_mail_whose_reader_tries_to_get_out_is_parked_with_the_reason() {
    for (way, why) in [
        (Way::ReadFile, "it asked for something that reading a mail does not take"),
        (Way::StartProcess, "it asked for something that reading a mail does not take"),
        (Way::Output, "over its output"),
    ] {
        let (_folder, program) = fugitive(way);
        let mut desk = TestDesk::with_program("", &program).await;
        desk.receives(MAIL);
        desk.turn().await;
        let parked = desk.daemon.line.store.parked().await.unwrap();
        let [message] = parked.as_slice() else { panic!("{way:?}: {parked:?}") };
        assert!(message.because.contains(why), "{way:?}: {}", message.because);
    }
}

#[tokio::test]
async fn without_what_is_demanded_nothing_is_read_and_no_daemon_starts() {
    // a child that is not caged, as on a kernel without either
    let (_folder, program) = stand_in(
        r#"read -r order; echo '{"frame":"caged","landlock":null,"seccomp":false}'; echo '{"frame":"end"}'"#,
    );
    let mail = Job { kind: JobKind::Mail, name: "", bytes: MAIL };
    let refused = sandbox(settings(program.clone())).open(mail).await.unwrap_err();
    assert!(matches!(refused, Unopened::Fault(_)), "ours, and not the mail's: {refused}");

    let desk = TestDesk::with_program("[sandbox]\nrequire = [\"seccomp\"]\n", &program).await;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let refused = desk.daemon.run(stopped).await.unwrap_err().to_string();
    assert!(refused.contains("sandbox.require"), "{refused}");
}

fn engine(arguments: &[&str], input: &[u8]) -> Output {
    let mut engine = Command::new(PROGRAM)
        .arg("recognise")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // it may not care for it
    let _ = engine.stdin.take().unwrap().write_all(input);
    engine.wait_with_output().unwrap()
}

#[test]
fn the_engine_reads_what_it_is_given_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("line.pgm");
    let mut picture = b"P5 60 30 255\n".to_vec();
    picture.extend([255; 60 * 30]);
    std::fs::write(&path, &picture).unwrap();
    assert!(engine(&["-", "-"], &picture).status.success());
    assert!(!engine(&[&path.display().to_string(), "-"], b"").status.success());
}

#[test]
fn the_engine_writes_no_file_and_reaches_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut picture = b"P5 60 30 255\n".to_vec();
    picture.extend([255; 60 * 30]);
    engine(&["-", &folder.path().join("out").display().to_string()], &picture);
    assert!(!folder.path().join("out.txt").exists());

    // it fetches pictures by itself where it is built with libcurl
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    assert!(!engine(&[&format!("http://{address}/line.png"), "-"], b"").status.success());
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}
