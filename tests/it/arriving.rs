//! Mails as they come where senders and servers misbehave.

use crate::desk::{TestDesk, bytes_of, mail_with};
use guichet::domain::case::VerdictKind;
use guichet::domain::mail::MailKind;

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";

#[tokio::test]
async fn mails_without_an_id_or_with_anothers_are_each_taken_in_once() {
    let mut desk = TestDesk::new().await;
    let mail = |id: &str, text: &str| {
        format!(
            "From: a@cabinet-a.fr\r\nSubject: F413\r\nDate: Sun, 22 Nov 2026 09:00:00 +0100\r\n{id}\r\n{text}\r\n"
        )
        .into_bytes()
    };
    let same = "Message-ID: <1@cabinet-a.fr>\r\n";
    for one in [mail(same, "un"), mail(same, "deux"), mail("", "trois"), mail("", "quatre"), mail("", "cinq")]
    {
        desk.receives(&one);
    }
    desk.turn().await;
    let ledger = desk.store().ledger().await.unwrap();
    assert_eq!((ledger.messages, ledger.questions, ledger.copies), (5, 5, 0));
    desk.takes_in().await;
    desk.turn().await;
    assert_eq!(desk.store().ledger().await.unwrap().messages, 5, "another look adds none");
    // the same bytes again are the same mail, id or not
    desk.receives(&mail("", "trois"));
    desk.turn().await;
    let ledger = desk.store().ledger().await.unwrap();
    assert_eq!((ledger.messages, ledger.copies), (5, 1));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_giant_and_a_poisoned_mail_first_in_the_queue_delay_nobody_behind_them() {
    const BEHIND: usize = 20;
    // as much processor time as this program's debug build needs for a good form
    let mut desk = TestDesk::with("[sandbox]\ncpu = \"6 s\"\nwall = \"5 min\"\n").await;
    let poison = bytes_of("hostile/drawing-that-unpacks-to-400-mib.pdf");
    let piece = vec![b'x'; 640 << 10];
    let pieces: Vec<_> = (0..70).map(|n| format!("piece-{n}.pdf")).collect();
    let pieces: Vec<_> = pieces.iter().map(|name| (name.as_str(), piece.as_slice())).collect();
    let giant = mail_with("a@cabinet-a.fr", "giant@cabinet-a.fr", &pieces);
    assert!(giant.len() > 60_000_000, "{}", giant.len());
    desk.receives(&giant);
    desk.receives(&mail_with("b@cabinet-b.fr", "poison@cabinet-b.fr", &[("f413.pdf", &poison)]));
    let raw = bytes_of(ACCEPTED);
    let accepted = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let form = accepted.attachments().find(|part| part.contents().starts_with(b"%PDF")).unwrap().contents();
    for n in 0..BEHIND {
        let form = [form, format!("\n% {n}\n").as_bytes()].concat();
        let id = format!("{n}@cabinet-{n}.fr");
        desk.receives(&mail_with(&format!("c@cabinet-{n}.fr"), &id, &[("f413.pdf", &form)]));
    }
    // one turn, and no time passes
    desk.turn().await;
    let cases = desk.cases().await;
    let accepted = cases.iter().filter(|case| case.verdict == VerdictKind::Accepted).count();
    assert_eq!((cases.len(), accepted), (BEHIND + 2, BEHIND));
    assert_eq!(desk.findings(&cases[0]).await, ["document_too_large "], "only its header was downloaded");
    let sizes = desk.store().taken_in(1).await.unwrap();
    assert!(sizes[0].size > 60_000_000, "its size was known before");
    assert_eq!(desk.findings(&cases[1]).await, ["document_damaged "]);
    assert_eq!(cases[1].verdict, VerdictKind::Review, "a person sees it, with the reason");
    assert!(
        desk.store()
            .taken_in(2)
            .await
            .unwrap()
            .iter()
            .all(|one| { one.head.as_ref().is_some_and(|head| head.kind == MailKind::Submission) })
    );
    desk.adds_up().await;
}

/// `VmHWM` of a process, MiB; 0 when it is gone.
fn highest(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The processes that a process started.
fn children(pid: u32) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn with_a_giant_mail_neither_the_daemon_nor_a_child_grows_over_its_cap() {
    const GIANT_MIB: u64 = 60;
    const CHILD_MIB: u64 = 512;
    let mut desk = TestDesk::with("").await;
    let piece = vec![b'x'; 640 << 10];
    let names: Vec<_> = (0..70).map(|n| format!("piece-{n}.pdf")).collect();
    let pieces: Vec<_> = names.iter().map(|name| (name.as_str(), piece.as_slice())).collect();
    let giant = mail_with("a@cabinet-a.fr", "giant@cabinet-a.fr", &pieces);
    assert!(giant.len() as u64 > GIANT_MIB * 1_000_000);
    desk.receives(&giant);
    // as large as is still downloaded, and read by a child
    desk.receives(&mail_with("b@cabinet-b.fr", "large@cabinet-b.fr", &pieces[..40]));
    desk.receives_fixture(ACCEPTED);
    let mut daemon = desk.command(&["run"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    let (mut of_daemon, mut of_child) = (0, 0);
    let begun = std::time::Instant::now();
    loop {
        of_daemon = highest(&daemon.id().to_string()).max(of_daemon);
        of_child = children(daemon.id()).iter().map(|child| highest(child)).max().unwrap_or(0).max(of_child);
        let ledger = desk.store().ledger().await.unwrap();
        if ledger.messages == 3 && ledger.waiting == 0 {
            break;
        }
        assert!(begun.elapsed() < std::time::Duration::from_mins(3), "{ledger:?}");
        tokio::task::yield_now().await;
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    eprintln!("daemon {of_daemon} MiB, child {of_child} MiB");
    assert!(of_child > 0 && of_child <= CHILD_MIB, "{of_child} MiB");
    assert!(of_daemon > 0 && of_daemon <= 4 * GIANT_MIB, "{of_daemon} MiB");
}
