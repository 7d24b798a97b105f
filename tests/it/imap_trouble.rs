//! What a mail server may do to us, and what the mailbox makes of it: never an empty success, never
//! a wait without end.

use crate::imap_peer::{ImapPeer, MAILS, close, ends, hang, mailbox, offering, say, uids};
use guichet::domain::mail::{Cursor, Outcome};
use guichet::fault::{Fault, Retry};
use guichet::intake::imap::{Auth, ImapMailbox, ImapSettings, Secret, Tls, examine};
use guichet::intake::mailbox::{Body, Fetched, Mailbox};
use std::time::Duration;

fn bodies(fetched: &[Fetched]) -> Vec<(u32, String)> {
    fetched
        .iter()
        .map(|one| match &one.body {
            Body::Whole(bytes) => (one.uid, String::from_utf8(bytes.clone()).unwrap()),
            other => (one.uid, format!("{other:?}")),
        })
        .collect()
}

fn whole() -> Vec<(u32, String)> {
    MAILS.map(|(uid, body)| (uid, body.to_owned())).to_vec()
}

/// Lists, fetches; the first fault of the two.
async fn all(mailbox: &mut ImapMailbox) -> Result<Vec<(u32, String)>, Fault> {
    let list = ends(mailbox.arrivals(None)).await?;
    let fetched = ends(mailbox.fetch(&uids(&list))).await?;
    Ok(bodies(&fetched))
}

#[tokio::test]
async fn a_good_server_gives_sizes_dates_and_bodies_oldest_first_and_marks_nothing() {
    let (peer, mut mailbox) = mailbox(vec![]).await;
    let list = ends(mailbox.arrivals(None)).await.unwrap();
    assert_eq!((list.uidvalidity, uids(&list)), (17, vec![4, 7, 9]));
    assert_eq!(list.mails[0].size, MAILS[0].1.len() as u64);
    assert_eq!(list.mails[1].received_at.unwrap().to_string(), "2026-10-01T07:02:00Z");
    let fetched = ends(mailbox.fetch(&[9, 4, 7])).await.unwrap();
    assert_eq!(bodies(&fetched), whole());
    assert_eq!(peer.count("(connected)"), 1);
    assert!(peer.heard().iter().any(|line| line.contains("BODY.PEEK[]")));
    assert!(!peer.heard().iter().any(|line| line.contains("STORE") || line.contains(" BODY[")));
}

#[tokio::test]
async fn the_cursor_counts_only_in_its_own_uidvalidity() {
    let (_peer, mut mailbox) = mailbox(vec![]).await;
    let after = |uidvalidity, uid| Some(Cursor { uidvalidity, uid });
    assert_eq!(uids(&ends(mailbox.arrivals(after(17, 4))).await.unwrap()), [7, 9]);
    // `10:*` names the last mail, which is not above the cursor
    assert_eq!(uids(&ends(mailbox.arrivals(after(17, 9))).await.unwrap()), [0_u32; 0]);
    assert_eq!(uids(&ends(mailbox.arrivals(after(17, u32::MAX))).await.unwrap()), [0_u32; 0]);
    // the folder was rebuilt: all of it, under the new value
    let list = ends(mailbox.arrivals(after(16, 9))).await.unwrap();
    assert_eq!((list.uidvalidity, uids(&list)), (17, vec![4, 7, 9]));
}

#[tokio::test]
async fn uids_of_a_folder_that_was_rebuilt_meanwhile_are_not_asked_for() {
    let rebuilt = "* 1 EXISTS\r\n* OK [UIDVALIDITY 18] new\r\n% OK done\r\n";
    let (peer, mut mailbox) = mailbox(vec![
        ("UID FETCH 4", close("* BYE restarting\r\n")),
        ("SELECT", say("* 3 EXISTS\r\n* OK [UIDVALIDITY 17] old\r\n% OK done\r\n")),
        ("SELECT", say(rebuilt)),
        ("SELECT", say(rebuilt)),
    ])
    .await;
    assert!(ends(mailbox.arrivals(None)).await.is_err());
    // the list is made again on a new connection, where the folder is another one by then
    let list = ends(mailbox.arrivals(None)).await.unwrap();
    assert_eq!(list.uidvalidity, 18);
    let fault = ends(mailbox.file(17, &[(Outcome::Handled, vec![4])])).await.unwrap_err();
    assert!(fault.to_string().contains("from 17 to 18"), "{fault}");
    assert_eq!(peer.count("UID MOVE"), 0);
}

#[tokio::test]
async fn a_connection_closed_between_two_fetch_answers_is_no_end_of_the_list() {
    let half = "* 1 FETCH (UID 4 BODY[] {21}\r\nSubject: a\r\n\r\nshort\r\n)\r\n";
    for cut in [close(half), close(""), close("* 1 FETCH (UID 4 BODY[] {21}\r\nSubj")] {
        let (peer, mut mailbox) = mailbox(vec![("UID FETCH 4,7,9 (UID BODY", cut)]).await;
        let fault = all(&mut mailbox).await.unwrap_err();
        assert_eq!(fault.retry, Retry::Later);
        assert!(fault.to_string().contains("closed the connection"), "{fault}");
        assert_eq!(all(&mut mailbox).await.unwrap(), whole());
        assert_eq!(peer.count("(connected)"), 2);
    }
}

#[tokio::test]
async fn a_refusal_is_never_an_empty_list() {
    for (command, answer, words) in [
        ("UID SEARCH", say("% NO [SERVERBUG] index is broken\r\n"), "index is broken"),
        ("UID SEARCH", say("% BAD what\r\n"), "what"),
        ("UID SEARCH", close(""), "closed"),
        ("UID SEARCH", say("* BYE shutting down\r\n"), "shutting down"),
        ("UID SEARCH", say("* SEARCH\r\n% OK done\r\n"), "none of 3 mails"),
        ("UID SEARCH", say("* SEARCH 4 7 9\r\nG99 OK done\r\n"), "G99"),
        ("UID SEARCH", say("+ go ahead\r\n% OK done\r\n"), "asks for more"),
        ("UID FETCH", say("% NO try later\r\n"), "try later"),
        ("UID FETCH", say("% OK nothing for you\r\n"), "said nothing"),
        ("SELECT", say("% NO no such folder\r\n"), "no such folder"),
        ("SELECT", say("* 3 EXISTS\r\n% OK done\r\n"), "no lasting UIDs"),
        ("(greeting)", close("* BYE too many connections\r\n"), "too many connections"),
    ] {
        let (_peer, mut mailbox) = mailbox(vec![(command, answer)]).await;
        let fault = ends(mailbox.arrivals(None)).await.expect_err(words);
        assert!(fault.to_string().contains(words), "{fault}");
        assert_eq!(fault.retry, Retry::Later);
        assert_eq!(uids(&ends(mailbox.arrivals(None)).await.unwrap()), [4, 7, 9], "after {words}");
    }
}

#[tokio::test]
async fn silence_ends_in_a_time_out_wherever_it_falls() {
    for (command, answer) in [
        ("(greeting)", hang("")),
        ("LOGIN", hang("")),
        ("SELECT", hang("* 3 EXISTS\r\n")),
        ("UID SEARCH", hang("")),
        ("UID FETCH 4,7,9 (UID BODY", hang("* 1 FETCH (UID 4 BODY[] {2000}\r\nSubject: a\r\n")),
    ] {
        let (_peer, mut mailbox) = mailbox(vec![(command, answer)]).await;
        let fault = all(&mut mailbox).await.unwrap_err();
        assert!(fault.to_string().contains("time") || fault.to_string().contains("timed out"), "{fault}");
        assert_eq!(all(&mut mailbox).await.unwrap(), whole(), "after {command}");
    }
}

#[tokio::test]
async fn a_mail_the_server_does_not_hand_out_does_not_hold_up_the_others() {
    let (_peer, mut mailbox) = mailbox(vec![
        ("UID FETCH 4,7,9 (UID BODY", say("% NO [SERVERBUG] some could not be read\r\n")),
        ("UID FETCH 7 (UID BODY", say("% NO mail is corrupt\r\n")),
    ])
    .await;
    let expected = vec![whole()[0].clone(), (7, "withheld: mail is corrupt".to_owned()), whole()[2].clone()];
    assert_eq!(all(&mut mailbox).await.unwrap(), expected);
}

#[tokio::test]
async fn a_body_that_is_nil_is_gone_or_withheld_and_never_empty() {
    let two = "* 1 FETCH (UID 4 BODY[] {3}\r\none)\r\n* 3 FETCH (UID 9 BODY[] {5}\r\nthree)\r\n";
    for (nil, present, expected) in [
        ("* 2 FETCH (UID 7 BODY[] NIL)\r\n", "* SEARCH\r\n", "gone"),
        (
            "* 2 FETCH (UID 7 BODY[] NIL)\r\n",
            "* SEARCH 7\r\n",
            "withheld: the server gives no content for it",
        ),
        ("", "* SEARCH\r\n", "gone"),
        ("* 2 FETCH (UID 7 FLAGS (\\Deleted))\r\n", "* SEARCH\r\n", "gone"),
    ] {
        let (_peer, mut mailbox) = mailbox(vec![
            ("UID FETCH 4,7,9 (UID BODY", say(&format!("{two}{nil}% OK done\r\n"))),
            ("UID SEARCH UID 7", say(&format!("{present}% OK done\r\n"))),
        ])
        .await;
        assert_eq!(all(&mut mailbox).await.unwrap()[1], (7, expected.to_owned()));
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_a_mail_that_is_there_is_a_fault() {
    let two = "* 1 FETCH (UID 4 BODY[] {3}\r\none)\r\n* 2 FETCH (UID 7 FLAGS (\\Seen))\r\n";
    let (_peer, mut mailbox) =
        mailbox(vec![("UID FETCH 4,7,9 (UID BODY", say(&format!("{two}% OK done\r\n")))]).await;
    let fault = all(&mut mailbox).await.unwrap_err();
    assert!(fault.to_string().contains("said nothing of the mail with UID 7"), "{fault}");
}

#[tokio::test]
async fn an_empty_mail_and_raw_bytes_come_through_whole() {
    let raw = "* 1 FETCH (UID 4 BODY[] {0}\r\n)\r\n* 2 FETCH (FLAGS (\\Seen) BODY[] {4}\r\n)\r\n( UID 7)\r\n\
               * 3 FETCH (UID 9 X-FUTURE (a b) BODY[] \"quoted\")\r\n% OK done\r\n";
    let (_peer, mut mailbox) = mailbox(vec![("UID FETCH 4,7,9 (UID BODY", say(raw))]).await;
    let expected = [(4, ""), (7, ")\r\n("), (9, "quoted")].map(|(uid, body)| (uid, body.to_owned()));
    assert_eq!(all(&mut mailbox).await.unwrap(), expected);
}

#[tokio::test]
async fn a_line_that_stops_the_parser_costs_a_connection_and_is_not_quoted() {
    for line in [
        "* 1 FETCH (UID 4 RFC822.SIZE 10 INTERNALDATE NIL)\r\n",
        "* 1 FETCH (UID 4 BODY[HEADER] DURAND)\r\n",
        "* OK [UIDNEXT 10]é\r\n",
    ] {
        let (_peer, mut mailbox) = mailbox(vec![("UID FETCH 4,7,9 (UID BODY", say(line))]).await;
        let fault = all(&mut mailbox).await.unwrap_err();
        assert!(fault.to_string().contains("makes no sense"), "{fault}");
        assert!(!fault.to_string().contains("DURAND"), "{fault}");
        assert_eq!(all(&mut mailbox).await.unwrap(), whole());
    }
}

#[tokio::test]
async fn a_mail_whose_date_cannot_be_read_is_listed_without_and_the_others_with_theirs() {
    const DAY: &str = "\"17-Jul-1996 02:44:25 -0700\"";
    for (dates, dated, connections) in [
        ([DAY, DAY, DAY], [true, true, true], 1),
        // a date in words is only no date
        ([DAY, "\"yesterday\"", DAY], [true, false, true], 1),
        ([DAY, "\"\"", "\"31-Feb-2026 10:00:00 +0100\""], [true, false, false], 1),
        // here the parser gives up: the mail is looked for by halving, a connection each
        ([DAY, "NIL", DAY], [true, false, true], 4),
        (["NIL", DAY, DAY], [false, true, true], 3),
        ([DAY, DAY, "NIL"], [true, true, false], 4),
        (["NIL", "NIL", "NIL"], [false, false, false], 6),
    ] {
        let peer = ImapPeer::dating(dates).await;
        let mut mailbox = ImapMailbox::new(peer.settings());
        let list = ends(mailbox.arrivals(None)).await.unwrap_or_else(|fault| panic!("{dates:?}: {fault}"));
        assert_eq!(uids(&list), [4, 7, 9], "{dates:?}");
        let has: Vec<_> = list.mails.iter().map(|mail| mail.received_at.is_some()).collect();
        assert_eq!((has.as_slice(), peer.count("(connected)")), (dated.as_slice(), connections), "{dates:?}");
        assert_eq!(bodies(&ends(mailbox.fetch(&[4, 7, 9])).await.unwrap()), whole(), "{dates:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_without_dates_either_is_a_fault() {
    let odd = || say("* 1 FETCH (UID 4 RFC822.SIZE NIL)\r\n% OK done\r\n");
    let (_peer, mut mailbox) = mailbox(vec![
        ("UID FETCH 4,7,9", odd()),
        ("UID FETCH 4 (UID RFC822.SIZE INTERNALDATE)", odd()),
        ("UID FETCH 4 (UID RFC822.SIZE)", odd()),
    ])
    .await;
    let fault = ends(mailbox.arrivals(None)).await.unwrap_err();
    assert!(fault.to_string().contains("makes no sense"), "{fault}");
    assert_eq!(uids(&ends(mailbox.arrivals(None)).await.unwrap()), [4, 7, 9]);
}

#[tokio::test]
async fn plain_imap_to_another_machine_is_refused_before_the_connection_unless_forced() {
    // 192.0.2.0/24 and 2001:db8::/32 are nobody's (RFC 5737, RFC 3849)
    for host in ["192.0.2.1", "2001:db8::1", "0.0.0.0", "::ffff:192.0.2.1"] {
        let peer = ImapPeer::with(vec![]).await;
        let settings = |tls| ImapSettings { host: host.into(), tls, ..peer.settings() };
        let fault = ends(ImapMailbox::new(settings(Tls::Plain)).arrivals(None)).await.unwrap_err();
        assert_eq!(fault.retry, Retry::Never, "{host}: {fault}");
        assert!(fault.to_string().contains("not on this machine"), "{host}: {fault}");
        assert_eq!(peer.count("(connected)"), 0, "{host}");
        // forced, it is tried: what comes of it is the network's business
        if let Err(fault) = ends(ImapMailbox::new(settings(Tls::PlainAnywhere)).arrivals(None)).await {
            assert_eq!(fault.retry, Retry::Later, "{host}: {fault}");
        }
    }
}

#[tokio::test]
async fn a_call_dropped_half_way_costs_its_connection() {
    let (peer, mut mailbox) = offering("IDLE", vec![("UID FETCH 4 (UID BODY", hang(""))]).await;
    let dropped = tokio::time::timeout(Duration::from_millis(50), mailbox.fetch(&[4])).await;
    assert!(dropped.is_err(), "it was to be dropped in the middle");
    assert_eq!(bodies(&ends(mailbox.fetch(&[4])).await.unwrap()), whole()[..1]);
    assert_eq!(peer.count("(connected)"), 2);
}

#[tokio::test]
async fn only_a_refused_password_is_for_a_person() {
    for (answer, retry, words) in [
        (
            say("% NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"),
            Retry::Never,
            "Authentication failed",
        ),
        (say("% NO [UNAVAILABLE] directory is down\r\n"), Retry::Later, "directory is down"),
        (close(""), Retry::Later, "closed"),
    ] {
        let (_peer, mut mailbox) = mailbox(vec![("LOGIN", answer)]).await;
        let fault = ends(mailbox.arrivals(None)).await.unwrap_err();
        assert_eq!(fault.retry, retry, "{fault}");
        assert!(fault.to_string().contains(words) && !fault.to_string().contains("secret"), "{fault}");
    }
    let greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n";
    let (peer, mut mailbox) = mailbox(vec![("(greeting)", say(greeting))]).await;
    assert_eq!(ends(mailbox.arrivals(None)).await.unwrap_err().retry, Retry::Never);
    assert_eq!(peer.count("LOGIN"), 0);
}

#[tokio::test]
async fn a_stale_token_is_told_in_the_servers_words_and_asked_for_anew() {
    // base64 of {"status":"401"}
    let challenge = "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n";
    let peer = ImapPeer::with(vec![
        ("AUTHENTICATE", say("+ \r\n")),
        ("dXNlcj1mNDEzAWF1dGg9QmVhcmVyIG9sZAEB", say(challenge)),
        ("(empty line)", say("% NO SASL authentication failed\r\n")),
        ("AUTHENTICATE", say("+\r\n")),
        ("dXNlcj1mNDEzAWF1dGg9QmVhcmVyIG5ldwEB", say("% OK in\r\n")),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "old\n").unwrap();
    let auth = Auth::Xoauth2 { token: Secret::File(token.clone()) };
    let mut mailbox = ImapMailbox::new(ImapSettings { auth, ..peer.settings() });
    let fault = ends(mailbox.arrivals(None)).await.unwrap_err();
    assert!(fault.to_string().contains("\"status\":\"401\""), "{fault}");
    assert_eq!(fault.retry, Retry::Later);

    std::fs::write(&token, "new\n").unwrap();
    assert_eq!(uids(&ends(mailbox.arrivals(None)).await.unwrap()), [4, 7, 9]);
}

#[tokio::test]
async fn a_secret_can_come_from_a_program() {
    let peer = ImapPeer::with(vec![]).await;
    let command = |words: &[&str]| Secret::Command(words.iter().map(ToString::to_string).collect());
    for (words, expected) in [
        (vec!["echo", "from a program"], Ok(())),
        (vec!["false"], Err(Retry::Later)),
        (vec![], Err(Retry::Never)),
    ] {
        let auth = Auth::Password { password: command(&words) };
        let mut mailbox = ImapMailbox::new(ImapSettings { auth, ..peer.settings() });
        let result = ends(mailbox.arrivals(None)).await;
        assert_eq!(result.map(|_| ()).map_err(|fault| fault.retry), expected, "{words:?}");
    }
    assert_eq!(peer.count("LOGIN \"f413\" \"from a program\""), 1);
}

#[tokio::test]
async fn starttls_that_is_not_to_be_had_is_not_done_without() {
    for (command, answer) in [
        ("STARTTLS", say("% BAD no TLS here\r\n")),
        ("(greeting)", say("* PREAUTH welcome\r\n")),
        ("STARTTLS", close("% OK begin\r\n* OK this is no TLS\r\n")),
    ] {
        let peer = ImapPeer::with(vec![(command, answer)]).await;
        let mut mailbox = ImapMailbox::new(ImapSettings { tls: Tls::Starttls, ..peer.settings() });
        assert!(ends(mailbox.arrivals(None)).await.is_err());
        assert_eq!(peer.count("LOGIN"), 0);
    }
}

#[tokio::test]
async fn doctor_says_what_works_and_what_to_do() {
    let peer = ImapPeer::with(vec![
        ("LIST \"\" \"Questions\"", say("% OK done\r\n")),
        ("LIST \"\" \"INBOX/Questions\"", say("% OK done\r\n")),
        ("CREATE", say("% NO not allowed\r\n")),
        ("CREATE", say("% NO not allowed here either\r\n")),
    ])
    .await;
    let checks = ends(examine(&peer.settings())).await;
    let good: Vec<_> = checks.iter().map(|check| check.result.is_ok()).collect();
    assert_eq!(good, [true, true, true, true, false, true], "{checks:#?}");
    assert_eq!(checks[1].result.as_deref(), Ok("3 mails"));
    assert_eq!(checks[4].result.as_ref().unwrap_err().why, "the server refused: not allowed");

    let nobody = ImapSettings { port: Some(1), ..peer.settings() };
    let checks = ends(examine(&nobody)).await;
    assert!(matches!(checks.as_slice(), [one] if one.result.is_err()), "{checks:#?}");
}

/// Each login succeeds, and the connection is closed as soon as something is asked for.
#[tokio::test]
async fn a_server_that_lets_in_and_hangs_up_is_not_logged_in_to_without_end() {
    let hang_ups = (0..60).map(|_| ("SELECT", close(""))).collect();
    let peer = ImapPeer::with(hang_ups).await;
    let mut mailbox = ImapMailbox::new(peer.settings());
    for _ in 0..24 {
        mailbox.arrivals(None).await.unwrap_err();
    }
    let next = tokio::time::timeout(Duration::from_millis(500), mailbox.arrivals(None)).await;
    assert!(next.is_err(), "the next one waits: {next:?}");
    assert_eq!((peer.count("(connected)"), peer.count("LOGIN")), (24, 24));
}
