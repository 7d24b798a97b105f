//! The sandbox with the real child, and with children that misbehave: scripts in its place.

use guichet::domain::finding::{Code, Severity};
use guichet::domain::mail::MailKind;
use guichet::domain::units::Size;
use guichet::intake::mime::MimeSettings;
use guichet::sandbox::{Ended, Job, JobKind, Sandbox, SandboxSettings, Unopened};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_guichet");

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).unwrap()
}

fn settings(program: impl Into<PathBuf>) -> SandboxSettings {
    SandboxSettings { program: program.into(), spares: 1, ..SandboxSettings::default() }
}

fn sandbox(settings: SandboxSettings) -> Sandbox {
    Sandbox::new(settings, MimeSettings::default()).unwrap()
}

fn mail(bytes: &[u8]) -> Job<'_> {
    Job { kind: JobKind::Mail, name: "", bytes }
}

fn document(bytes: &[u8]) -> Job<'_> {
    Job { kind: JobKind::Document, name: "F413.pdf", bytes }
}

/// A shell script in the child's place, in a folder of its own, told as `$here`.
fn script(body: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("child");
    std::fs::write(&path, format!("#!/bin/sh\nhere='{}'\n{body}\n", folder.path().display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

/// Waits for the machine, not for a time: until it is so, at most ten seconds.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_mail_is_opened_and_its_documents_read() {
    let sandbox = sandbox(settings(PROGRAM));
    let opened = sandbox.open(mail(&fixture("mails/wrapped/zip.eml"))).await.unwrap();
    let head = opened.mail.unwrap();
    assert_eq!((head.kind, head.subject.unwrap().expose()), (MailKind::Submission, "Formulaire F413"));
    let [document] = opened.documents.as_slice() else { panic!("{:?}", opened.documents) };
    assert_eq!((document.name.as_str(), document.media_type.as_str()), ("F413.pdf", "application/pdf"));
    assert_eq!(document.size, fixture("forms/ticks-x.drawn.pdf").len() as u64);
    assert_eq!(document.sha256.len(), 64);
    let [reading] = opened.readings.as_slice() else { panic!("{:?}", opened.readings) };
    assert_eq!(reading.documents, ["F413.pdf"]);
    assert!(reading.sheet.is_some(), "{:?}", reading.findings);
}

#[tokio::test]
async fn a_document_by_itself_has_no_mail() {
    let sandbox = sandbox(settings(PROGRAM));
    let opened = sandbox.open(document(&fixture("forms/ticks-x.drawn.pdf"))).await.unwrap();
    assert!(opened.mail.is_none());
    assert_eq!((opened.documents.len(), opened.readings.len()), (1, 1));
    assert!(opened.readings[0].sheet.is_some(), "{:?}", opened.readings[0].findings);
}

#[tokio::test]
async fn the_documents_of_a_machines_mail_are_not_read() {
    let sandbox = sandbox(settings(PROGRAM));
    let opened = sandbox.open(mail(&fixture("mails/kinds/automatic-with-a-form.eml"))).await.unwrap();
    assert_eq!(opened.mail.unwrap().kind, MailKind::Automatic);
    assert_eq!((opened.documents.len(), opened.readings.len()), (1, 0));
}

#[tokio::test]
async fn many_at_once_are_each_answered_with_their_own() {
    let sandbox = sandbox(SandboxSettings { spares: 3, ..settings(PROGRAM) });
    let names: Vec<String> = (0..12).map(|number| format!("{number}.pdf")).collect();
    let opened = futures_util::future::join_all(
        names.iter().map(|name| sandbox.open(Job { kind: JobKind::Document, name, bytes: b"%PDF-1.7" })),
    )
    .await;
    for (name, opened) in names.iter().zip(opened) {
        assert_eq!(opened.unwrap().documents[0].name, *name);
    }
}

#[tokio::test]
async fn over_its_output_a_child_is_stopped() {
    let sandbox = sandbox(SandboxSettings { output: 200, ..settings(PROGRAM) });
    let ended = sandbox.open(mail(&fixture("mails/kinds/question.eml"))).await.unwrap_err();
    assert!(matches!(ended, Unopened::Ended(Ended::TooMuchOutput)), "{ended}");
}

#[tokio::test]
async fn over_its_memory_a_child_is_stopped_and_the_next_mail_is_not() {
    let sandbox = sandbox(SandboxSettings { memory: 64 << 20, ..settings(PROGRAM) });
    let mut large = fixture("mails/kinds/question.eml");
    large.resize(80 << 20, b'x');
    let ended = sandbox.open(mail(&large)).await.unwrap_err();
    assert!(matches!(ended, Unopened::Ended(Ended::OutOfMemory)), "{ended}");
    assert!(sandbox.open(mail(&fixture("mails/kinds/question.eml"))).await.is_ok());
}

#[tokio::test]
async fn what_an_archive_unpacks_to_is_capped() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for number in 0..4 {
        archive.start_file(format!("{number}.pdf"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = archive.finish().unwrap().into_inner();
    let mime = MimeSettings { max_unpacked: Size::mib(3), ..MimeSettings::default() };
    let opened = Sandbox::new(settings(PROGRAM), mime).unwrap().open(document(&bomb)).await.unwrap();
    let codes: Vec<_> = opened.readings.iter().flat_map(|r| &r.findings).map(|f| f.code).collect();
    // What came before the cap is read all the same.
    assert_eq!((opened.documents.len(), codes.last()), (3, Some(&Code::DocumentTooLarge)));
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_and_reaped() {
    let (folder, program) = script("read -r order; echo $$ > $here/pid; exec /bin/sleep 1000");
    let sandbox = sandbox(SandboxSettings { wall: Duration::from_secs(1), ..settings(program) });
    let ended = sandbox.open(mail(b"From: a@chu.example\r\n\r\n")).await.unwrap_err();
    assert!(matches!(ended, Unopened::Ended(Ended::TimedOut)), "{ended}");
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "neither running nor a zombie");
}

#[tokio::test]
async fn a_child_that_closes_its_mouth_and_stays_is_killed() {
    let (_folder, program) = script("exec >&- 2>&-; exec /bin/sleep 1000");
    let sandbox = sandbox(SandboxSettings { wall: Duration::from_millis(300), ..settings(program) });
    let ended = sandbox.open(mail(b"From: a@chu.example\r\n\r\n")).await.unwrap_err();
    assert!(matches!(ended, Unopened::Ended(Ended::TimedOut | Ended::Crashed { .. })), "{ended}");
}

#[tokio::test]
async fn children_that_flood_die_or_talk_nonsense_are_told_apart() {
    for (body, expected) in [
        (
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done | tr -d '\\n'",
            Ended::TooMuchOutput,
        ),
        ("read -r order; kill -SEGV $$", Ended::Crashed { signal: Some(11) }),
        ("read -r order; echo nonsense", Ended::Crashed { signal: None }),
        ("read -r order; exit 0", Ended::Crashed { signal: None }),
        ("read -r order; exit 12", Ended::OutOfMemory),
        ("read -r order; echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$", Ended::OutOfMemory),
        ("read -r order; ulimit -S -t 1; while :; do :; done", Ended::TimedOut),
    ] {
        let (_folder, program) = script(body);
        let sandbox = sandbox(SandboxSettings { output: 1 << 20, ..settings(program) });
        match sandbox.open(mail(b"From: a@chu.example\r\n\r\n")).await {
            Err(Unopened::Ended(ended)) => assert_eq!(ended, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_document_that_kills_does_not_hide_the_others() {
    // Dies of "b": when all are read together, and when it is read by itself.
    let (_folder, program) = script(
        r#"read -r order
        head='"media_type":"application/pdf","size":1,"sha256":""}'
        echo '{"frame":"opened","mail":null,"documents":[{"name":"a",'$head',{"name":"b",'$head',{"name":"c",'$head'],"unread":[],"reads":true}'
        reading() { printf '{"documents":["%s"],"source":"none","sheet":null,"findings":[]}' $1; }
        case "$order" in
            *'"task":"together","skip":[]'*) kill -9 $$ ;;
            *'"task":"singly","skip":[]'*) echo '{"frame":"one","document":0,"readings":['$(reading a)']}'; kill -9 $$ ;;
            *'"task":"singly","skip":[1,0]'*) echo '{"frame":"one","document":2,"readings":['$(reading c)']}' ;;
            *'"task":"together","skip":[1]'*) echo '{"frame":"all","readings":['$(reading ac)']}' ;;
        esac
        echo '{"frame":"end"}'"#,
    );
    let opened = sandbox(settings(program)).open(document(b"%PDF-1.7")).await.unwrap();
    let said: Vec<_> = opened
        .readings
        .iter()
        .map(|reading| (reading.documents.concat(), reading.findings.first().map(|f| (f.code, f.severity))))
        .collect();
    assert_eq!(
        said,
        [("ac".to_owned(), None), ("b".to_owned(), Some((Code::DocumentDamaged, Severity::Review)))]
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_our_fault() {
    let ended = sandbox(settings("/nonexistent/guichet")).open(mail(b"")).await.unwrap_err();
    assert!(matches!(ended, Unopened::Fault(_)), "{ended}");
}

/// An order for the real child, as the parent writes it.
fn order(parent: u32, size: usize) -> String {
    let mime = serde_json::to_string(&MimeSettings::default()).unwrap();
    format!(
        r#"{{"parent":{parent},"cpu":7,"memory":268435456,"kind":"mail","name":"","size":{size},"mime":{mime},"paper":true,"task":"together","skip":[]}}"#
    )
}

fn start() -> Child {
    Command::new(PROGRAM).arg("open").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn limits_of(pid: &str) -> String {
    std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("limits")).unwrap_or_default()
}

fn has_limits(pid: &str) -> bool {
    limits_of(pid).lines().any(|line| line.starts_with("Max core file size        0 "))
        && limits_of(pid).contains("Max open files            3 ")
}

#[test]
fn a_child_limits_itself_before_it_reads_a_byte() {
    let mut child = start();
    let pid = child.id().to_string();
    // No byte of the mail is sent.
    writeln!(child.stdin.as_mut().unwrap(), "{}", order(std::process::id(), 10)).unwrap();
    until("the limits are set", || has_limits(&pid));
    let limits = limits_of(&pid);
    for line in [
        "Max cpu time              7                    8 ",
        "Max address space         268435456            268435456 ",
        "Max file size             0                    0 ",
        "Max processes             0                    0 ",
    ] {
        assert!(limits.contains(line), "{line}\n{limits}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_child_of_somebody_else_does_nothing() {
    let mut child = start();
    let stdin = child.stdin.as_mut().unwrap();
    writeln!(stdin, "{}", order(1, 0)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
}

#[test]
fn a_child_that_is_never_needed_ends_with_its_pipe() {
    let mut child = start();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn no_child_outlives_a_parent_that_is_killed() {
    // A shell as the parent; the test holds the child's pipe open, so that only the kernel tells it.
    let mut parent = Command::new("/bin/sh")
        .args(["-c", "exec 3<&0; \"$0\" open <&3 & echo $!; wait", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    let mut stdin = parent.stdin.take().unwrap();
    writeln!(stdin, "{}", order(parent.id(), 10)).unwrap();
    until("the child works", || has_limits(&pid));
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("the child is gone", || {
        let stat =
            std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
        // Gone, or dead and waiting for the machine's first process.
        stat.is_empty() || stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X']))
    });
    drop(stdin);
}
