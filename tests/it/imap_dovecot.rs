//! The mailbox against a real server: TLS, IDLE, filing, restarts, a long backlog.

use crate::dovecot::Dovecot;
use guichet::domain::form::Masked;
use guichet::domain::mail::{Cursor, Outcome};
use guichet::domain::units::Span;
use guichet::fault::Retry;
use guichet::intake::imap::{Auth, ImapMailbox, ImapSettings, Secret, Tls, examine};
use guichet::intake::mailbox::{Arrivals, Body, FilingEnd, FilingMode, Mailbox};
use std::time::Duration;

fn mail(subject: &str) -> Vec<u8> {
    format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nBonjour\r\n").into_bytes()
}

fn uids(arrivals: &Arrivals) -> Vec<u32> {
    arrivals.mails.iter().map(|mail| mail.uid).collect()
}

/// A wait that must not last until its own end.
async fn ends<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), call).await.expect("it waits for ever")
}

async fn bodies(mailbox: &mut ImapMailbox, uids: &[u32]) -> Vec<Vec<u8>> {
    let fetched = mailbox.fetch(uids).await.unwrap();
    fetched
        .into_iter()
        .map(|one| match one.body {
            Body::Whole(bytes) => bytes,
            other => panic!("{}: {other:?}", one.uid),
        })
        .collect()
}

#[tokio::test]
async fn mails_come_through_tls_starttls_and_plain_alike() {
    let server = Dovecot::start();
    server.deliver(&mail("un"));
    for tls in [Tls::Implicit, Tls::Starttls, Tls::Plain] {
        let mut mailbox = ImapMailbox::new(server.settings(tls));
        let list = mailbox.arrivals(None).await.unwrap();
        assert_eq!(bodies(&mut mailbox, &uids(&list)).await, [mail("un")], "{tls:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_or_another_name_is_refused() {
    let server = Dovecot::start();
    for tls in [Tls::Implicit, Tls::Starttls] {
        let stranger = ImapSettings { ca: None, ..server.settings(tls) };
        let other_name = ImapSettings { host: "127.0.0.2".into(), ..server.settings(tls) };
        // Dovecot listens on 127.0.0.1 alone: no connection, which may pass
        for (settings, retry) in [(stranger, Retry::Never), (other_name, Retry::Later)] {
            let fault = ImapMailbox::new(settings).arrivals(None).await.unwrap_err();
            assert_eq!(fault.retry, retry, "{fault}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_for_a_person() {
    let server = Dovecot::start();
    let auth = Auth::Password { password: Secret::Value(Masked::new("wrong")) };
    let fault = ImapMailbox::new(ImapSettings { auth, ..server.settings(Tls::Implicit) })
        .arrivals(None)
        .await
        .unwrap_err();
    assert_eq!(fault.retry, Retry::Never);
    assert!(fault.to_string().contains("AUTHENTICATIONFAILED"), "{fault}");
}

#[tokio::test]
async fn a_delivery_ends_idle() {
    let server = Dovecot::start();
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    for count in 1..=3 {
        let known = mailbox.arrivals(None).await.unwrap();
        let before = u32::try_from(known.mails.len()).unwrap();
        let delivery = async { server.deliver(&mail(&format!("{count}"))) };
        let (waited, ()) = tokio::join!(ends(mailbox.wait(Duration::from_hours(1))), delivery);
        waited.unwrap();
        let cursor = Cursor { uidvalidity: known.uidvalidity, uid: before };
        assert_eq!(uids(&mailbox.arrivals(Some(cursor)).await.unwrap()), [count]);
    }
}

#[tokio::test]
async fn each_outcome_has_its_folder_with_its_accents() {
    let all: Vec<_> = Outcome::ALL.into_iter().zip(1..).map(|(outcome, uid)| (outcome, vec![uid])).collect();
    let on_disk = [".Trait&AOk-s", ".&AMA- traiter", ".Questions", ".Automatiques"];
    // with MOVE, and with what stands for it
    for lines in ["", "imap_capability = IMAP4rev1 UIDPLUS IDLE\n"] {
        let server = Dovecot::with(lines);
        for subject in ["un", "deux", "trois", "quatre"] {
            server.deliver(&mail(subject));
        }
        let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
        let uidvalidity = mailbox.arrivals(None).await.unwrap().uidvalidity;
        let filings = mailbox.file(uidvalidity, &all).await.unwrap();
        assert!(filings.iter().all(|filing| filing.end == FilingEnd::Done), "{filings:?}");
        for (folder, subject) in on_disk.into_iter().zip(["un", "deux", "trois", "quatre"]) {
            let there: Vec<_> = server.mails(folder).into_iter().map(|(_, bytes)| bytes).collect();
            assert_eq!(there, [mail(subject)], "{folder}");
        }
        assert!(mailbox.arrivals(None).await.unwrap().mails.is_empty());
        // filing them again finds them gone, and copies nothing
        mailbox.file(uidvalidity, &all).await.unwrap();
        assert_eq!(server.mails(".Questions").len(), 1);
        let subscribed = std::fs::read_to_string(server.maildir().join("subscriptions")).unwrap();
        assert!(subscribed.contains("Trait&AOk-s") || subscribed.contains("Traités"), "{subscribed}");
    }
}

#[tokio::test]
async fn one_connection_files_what_another_has_listed() {
    let server = Dovecot::start();
    let mut lists = ImapMailbox::new(server.settings(Tls::Plain));
    let mut files = ImapMailbox::new(server.settings(Tls::Plain));
    for uid in 1..=3 {
        server.deliver(&mail("un"));
        let uidvalidity = lists.arrivals(None).await.unwrap().uidvalidity;
        files.file(uidvalidity, &[(Outcome::Handled, vec![uid])]).await.unwrap();
        assert_eq!(server.mails(".Trait&AOk-s").len(), uid as usize);
    }
}

#[tokio::test]
async fn only_what_was_filed_is_removed_from_the_inbox() {
    let server = Dovecot::with("imap_capability = IMAP4rev1 UIDPLUS\n");
    server.deliver(&mail("un"));
    server.deliver(&mail("deux"));
    // somebody else has marked the second as deleted and not expunged it
    let inbox = server.maildir();
    std::fs::rename(inbox.join("new/00000001.guichet.test"), inbox.join("cur/00000001.guichet.test:2,T"))
        .unwrap();
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let list = mailbox.arrivals(None).await.unwrap();
    assert_eq!(bodies(&mut mailbox, &uids(&list)).await.len(), 2);
    let first = server.mails("").iter().position(|(_, bytes)| *bytes == mail("un")).unwrap();
    let uid = uids(&list)[first];
    mailbox.file(list.uidvalidity, &[(Outcome::Handled, vec![uid])]).await.unwrap();
    let left: Vec<_> = server.mails("").into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(left, [mail("deux")]);
}

#[tokio::test]
async fn where_the_namespace_is_inbox_the_folders_are_under_it() {
    let server = Dovecot::with("namespace inbox {\n  prefix = INBOX.\n  separator = .\n}\n");
    server.deliver(&mail("un"));
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let uidvalidity = mailbox.arrivals(None).await.unwrap().uidvalidity;
    let filings = mailbox.file(uidvalidity, &[(Outcome::ToDo, vec![1])]).await.unwrap();
    assert_eq!(filings[0].end, FilingEnd::Done);
    assert_eq!(server.mails(".&AMA- traiter").len(), 1);
}

#[tokio::test]
async fn mails_can_be_flagged_instead_and_are_never_marked_as_read() {
    let server = Dovecot::start();
    server.deliver(&mail("un"));
    for (filing, flags) in
        [(FilingMode::Nothing, ":2,"), (FilingMode::Keyword, ":2,a"), (FilingMode::Flagged, ":2,Fa")]
    {
        let mut mailbox = ImapMailbox::new(ImapSettings { filing, ..server.settings(Tls::Implicit) });
        let list = mailbox.arrivals(None).await.unwrap();
        bodies(&mut mailbox, &uids(&list)).await;
        let filings = mailbox.file(list.uidvalidity, &[(Outcome::Handled, uids(&list))]).await.unwrap();
        assert_eq!(filings[0].end, FilingEnd::Done);
        let name = server.mails("")[0].0.clone();
        assert!(name.ends_with(flags), "{name}");
    }
}

/// Somebody opens the mailbox in a mail program while nobody takes mail in.
#[tokio::test]
async fn mails_that_somebody_has_read_flagged_or_answered_are_taken_in_all_the_same() {
    let server = Dovecot::start();
    server.deliver(&mail("unread"));
    for (n, flags) in ["S", "F", "FRS", "ST"].iter().enumerate() {
        server.deliver(&mail(&format!("flagged {flags}")));
        let delivered = std::fs::read_dir(server.maildir().join("new")).unwrap().map(|entry| entry.unwrap());
        let newest = delivered.map(|entry| entry.file_name().into_string().unwrap()).max().unwrap();
        let cur = server.maildir().join("cur").join(format!("{newest}:2,{flags}"));
        std::fs::rename(server.maildir().join("new").join(&newest), cur).unwrap();
        assert!(n < 4);
    }
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let list = mailbox.arrivals(None).await.unwrap();
    let mut found = bodies(&mut mailbox, &uids(&list)).await;
    found.sort();
    let mut sent: Vec<_> = ["flagged S", "flagged F", "flagged FRS", "flagged ST", "unread"].map(mail).into();
    sent.sort();
    assert_eq!(found, sent);
}

#[tokio::test]
async fn a_restart_or_a_kick_costs_one_fault_and_no_mail() {
    let server = Dovecot::start();
    server.deliver(&mail("un"));
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let known = mailbox.arrivals(None).await.unwrap();
    let cursor = Some(Cursor { uidvalidity: known.uidvalidity, uid: 1 });

    server.stop();
    server.deliver(&mail("deux"));
    assert_eq!(ends(mailbox.arrivals(cursor)).await.unwrap_err().retry, Retry::Later);
    assert_eq!(ends(mailbox.arrivals(cursor)).await.unwrap_err().retry, Retry::Later);
    server.go_on();
    let list = mailbox.arrivals(cursor).await.unwrap();
    assert_eq!((list.uidvalidity, uids(&list)), (known.uidvalidity, vec![2]));

    let (waited, ()) = tokio::join!(ends(mailbox.wait(Duration::from_hours(1))), async { server.kick() });
    assert_eq!(waited.unwrap_err().retry, Retry::Later);
    assert_eq!(bodies(&mut mailbox, &[2]).await, [mail("deux")]);
}

#[tokio::test]
async fn a_folder_that_was_rebuilt_is_listed_as_a_whole() {
    let server = Dovecot::start();
    server.deliver(&mail("un"));
    server.deliver(&mail("deux"));
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let before = mailbox.arrivals(None).await.unwrap();
    server.stop();
    for entry in std::fs::read_dir(server.maildir()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("dovecot") {
            std::fs::remove_file(&path).unwrap();
        }
    }
    // a UIDVALIDITY is a time in seconds: not the same even within one
    let other = before.uidvalidity ^ 1;
    std::fs::write(server.maildir().join("dovecot-uidlist"), format!("3 V{other} N1 G{:032}\n", 1)).unwrap();
    server.go_on();
    assert!(mailbox.fetch(&[1]).await.is_err());
    // the UIDs the caller holds are of the folder as it was
    let fault = mailbox.fetch(&[1]).await.unwrap_err();
    assert!(fault.to_string().contains("UIDVALIDITY"), "{fault}");
    let cursor = Some(Cursor { uidvalidity: before.uidvalidity, uid: 2 });
    let list = mailbox.arrivals(cursor).await.unwrap();
    assert_ne!(list.uidvalidity, before.uidvalidity);
    assert_eq!(list.mails.len(), 2);
}

#[tokio::test]
async fn a_long_backlog_comes_whole_oldest_first_with_its_days_of_reception() {
    // forty days of them
    const COUNT: u32 = 2000;
    const APART: u64 = 40 * 86_400 / 2000;
    const OLDEST: u64 = 1_790_000_000;
    let server = Dovecot::start();
    for at in 0..COUNT {
        server.deliver_at(&mail(&format!("mail {at}")), Some(OLDEST + u64::from(at) * APART));
    }
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Plain));
    let list = mailbox.arrivals(None).await.unwrap();
    assert_eq!(list.mails.len(), COUNT as usize);
    assert!(list.mails.is_sorted_by_key(|mail| mail.uid));
    let fetched = bodies(&mut mailbox, &uids(&list)).await;
    for (at, (arrival, bytes)) in list.mails.iter().zip(&fetched).enumerate() {
        assert_eq!(*bytes, mail(&format!("mail {at}")));
        assert_eq!(arrival.size, bytes.len() as u64);
        let received = OLDEST + at as u64 * APART;
        assert_eq!(arrival.received_at.unwrap().as_second().unsigned_abs(), received);
    }
    // most of it moved in one go, across several commands
    let moved = uids(&list)[..COUNT as usize - 2].to_vec();
    let filings = mailbox.file(list.uidvalidity, &[(Outcome::Handled, moved)]).await.unwrap();
    assert!(filings.iter().all(|filing| filing.end == FilingEnd::Done));
    assert_eq!(server.mails(".Trait&AOk-s").len(), COUNT as usize - 2);
    assert_eq!(mailbox.arrivals(None).await.unwrap().mails.len(), 2);
}

/// A folder that nobody ever cleared.
#[tokio::test]
async fn of_a_hundred_thousand_mails_all_are_listed_once_and_then_what_is_new_alone() {
    const COUNT: u32 = 100_000;
    let server = Dovecot::start();
    server.deliver_links(&mail("pareil"), COUNT);
    let settings = ImapSettings { read_timeout: Span::minutes(1), ..server.settings(Tls::Plain) };
    let mut mailbox = ImapMailbox::new(settings);
    let list = mailbox.arrivals(None).await.unwrap();
    assert_eq!(list.mails.len(), COUNT as usize);
    assert!(list.mails.is_sorted_by_key(|mail| mail.uid) && list.mails.iter().all(|mail| mail.size > 0));
    assert_eq!(
        bodies(&mut mailbox, &[1, COUNT / 2, COUNT]).await,
        [mail("pareil"), mail("pareil"), mail("pareil")]
    );
    server.deliver(&mail("nouveau"));
    let cursor = Cursor { uidvalidity: list.uidvalidity, uid: COUNT };
    let new = mailbox.arrivals(Some(cursor)).await.unwrap();
    assert_eq!(uids(&new), [COUNT + 1]);
    assert_eq!(bodies(&mut mailbox, &uids(&new)).await, [mail("nouveau")]);
}

/// A colleague cleans the folder up in their own program while its mails are taken in.
#[tokio::test]
async fn mails_that_somebody_moves_or_deletes_meanwhile_are_gone_and_hold_up_no_other() {
    let server = Dovecot::start();
    for n in 1..=6 {
        server.deliver(&mail(&format!("mail {n}")));
    }
    let (mut ours, mut theirs) =
        (ImapMailbox::new(server.settings(Tls::Plain)), ImapMailbox::new(server.settings(Tls::Implicit)));
    let list = ours.arrivals(None).await.unwrap();
    let seen = theirs.arrivals(None).await.unwrap();
    theirs.file(seen.uidvalidity, &[(Outcome::Question, vec![2, 5])]).await.unwrap();
    let fetched = ours.fetch(&uids(&list)).await.unwrap();
    let gone: Vec<u32> = fetched.iter().filter(|one| one.body == Body::Gone).map(|one| one.uid).collect();
    assert_eq!((fetched.len(), gone), (6, vec![2, 5]));
    // and between the decision and the filing
    theirs.file(seen.uidvalidity, &[(Outcome::Question, vec![3])]).await.unwrap();
    let filings = ours.file(list.uidvalidity, &[(Outcome::Handled, vec![1, 3, 4, 6])]).await.unwrap();
    assert!(filings.iter().all(|one| one.end == FilingEnd::Done), "{filings:?}");
    assert_eq!((server.mails(".Trait&AOk-s").len(), server.mails(".Questions").len()), (3, 3));
    assert!(server.mails("").is_empty());
}

#[tokio::test]
async fn of_a_large_mail_the_size_is_known_before_and_the_header_comes_alone() {
    let server = Dovecot::start();
    let large = [mail("grand"), b"0123456789abcdef\r\n".repeat(400_000)].concat();
    server.deliver(&large);
    let mut mailbox = ImapMailbox::new(server.settings(Tls::Implicit));
    let list = mailbox.arrivals(None).await.unwrap();
    assert_eq!(list.mails[0].size, large.len() as u64);
    let head = b"From: a@example.org\r\nSubject: grand\r\n\r\n".to_vec();
    assert_eq!(mailbox.fetch_head(1).await.unwrap(), Body::Whole(head));
    assert_eq!(mailbox.fetch_head(99).await.unwrap(), Body::Gone);
    assert!(bodies(&mut mailbox, &[1]).await == [large]);
}

#[tokio::test]
async fn doctor_finds_all_in_order_and_makes_the_folders() {
    let server = Dovecot::start();
    server.deliver(&mail("un"));
    let checks = examine(&server.settings(Tls::Starttls)).await;
    assert!(checks.iter().all(|check| check.result.is_ok()), "{checks:#?}");
    assert_eq!(checks[0].result.as_deref(), Ok("IDLE, MOVE, UIDPLUS"));
    assert_eq!(checks[1].result.as_deref(), Ok("1 mails"));
    assert!(server.maildir().join(".&AMA- traiter").is_dir());
    let elsewhere = ImapSettings { folder: "Nulle part".into(), ..server.settings(Tls::Implicit) };
    let checks = examine(&elsewhere).await;
    assert_eq!(checks.iter().map(|check| check.result.is_ok()).collect::<Vec<_>>(), [true, false]);
}
