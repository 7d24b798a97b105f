//! Filing over IMAP: by whatever the server offers, a mail is moved once or stays where it is.

use crate::imap_peer::{ImapPeer, close, ends, hang, mailbox, offering, say};
use guichet::domain::mail::Outcome;
use guichet::intake::imap::{ImapMailbox, ImapSettings};
use guichet::intake::mailbox::{Filing, FilingEnd, FilingMode, Mailbox};

async fn file(mailbox: &mut ImapMailbox, uids: &[u32]) -> Vec<FilingEnd> {
    let filings = ends(mailbox.file(17, &[(Outcome::Handled, uids.to_vec())])).await.unwrap();
    assert_eq!(filings.iter().map(|filing| filing.uid).collect::<Vec<_>>(), uids);
    filings.into_iter().map(|filing| filing.end).collect()
}

fn from_copy_on(peer: &ImapPeer) -> Vec<String> {
    let heard = peer.heard();
    let at = heard.iter().position(|line| line.starts_with("UID COPY")).unwrap();
    heard[at..].to_vec()
}

#[tokio::test]
async fn without_move_mails_are_copied_marked_and_removed_by_uid() {
    let (peer, mut mailbox) = offering("UIDPLUS", vec![]).await;
    assert_eq!(file(&mut mailbox, &[4, 7]).await, [FilingEnd::Done, FilingEnd::Done]);
    let expected =
        ["UID COPY 4,7 \"Trait&AOk-s\"", "UID STORE 4,7 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 4,7"];
    assert_eq!(from_copy_on(&peer), expected);
}

#[tokio::test]
async fn without_uidplus_nothing_is_expunged() {
    let (peer, mut mailbox) = offering("IDLE", vec![]).await;
    assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
    assert_eq!(from_copy_on(&peer), ["UID COPY 4 \"Trait&AOk-s\"", "UID STORE 4 +FLAGS.SILENT (\\Deleted)"]);
}

#[tokio::test]
async fn a_copy_that_may_have_been_made_is_never_made_again() {
    for (command, answer, lost) in [
        ("UID STORE", say("% NO over quota\r\n"), false),
        ("UID EXPUNGE", say("% NO not allowed\r\n"), false),
        ("UID STORE", close(""), true),
        ("UID COPY", close(""), true),
        ("UID COPY", hang(""), true),
    ] {
        let (peer, mut mailbox) = offering("UIDPLUS", vec![(command, answer)]).await;
        let batches = [(Outcome::Handled, vec![4]), (Outcome::Question, vec![7])];
        let filings = ends(mailbox.file(17, &batches)).await.unwrap();
        let ends: Vec<_> = filings.iter().map(|Filing { uid, end }| (*uid, end)).collect();
        assert!(matches!(ends[0], (4, FilingEnd::Half(_))), "{ends:?}");
        if lost {
            assert!(matches!(ends[1], (7, FilingEnd::Undone(_))), "{ends:?}");
        } else {
            assert_eq!(ends[1], (7, &FilingEnd::Done));
        }
        assert_eq!(peer.count("UID COPY 4"), 1);
    }
}

#[tokio::test]
async fn a_refused_move_or_copy_leaves_the_mail_where_it_is_and_says_why() {
    for (offered, command) in [("MOVE", "UID MOVE"), ("UIDPLUS", "UID COPY")] {
        let (peer, mut mailbox) = offering(offered, vec![(command, say("% NO [OVERQUOTA] full\r\n"))]).await;
        let end = file(&mut mailbox, &[4]).await;
        assert_eq!(end, [FilingEnd::Undone("[OVERQUOTA] full".into())]);
        assert_eq!(peer.count("UID STORE") + peer.count("UID EXPUNGE"), 0);
        assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
    }
}

#[tokio::test]
async fn a_missing_folder_is_created_and_subscribed_to() {
    let (peer, mut mailbox) = offering(
        "MOVE",
        vec![
            ("LIST \"\" \"\"", say("* LIST (\\Noselect) \".\" \"\"\r\n% OK done\r\n")),
            ("LIST \"\" \"&AMA- traiter\"", say("% OK done\r\n")),
            ("LIST \"\" \"INBOX.&AMA- traiter\"", say("% OK done\r\n")),
        ],
    )
    .await;
    let filings = ends(mailbox.file(17, &[(Outcome::ToDo, vec![4])])).await.unwrap();
    assert_eq!(filings, [Filing { uid: 4, end: FilingEnd::Done }]);
    let heard = peer.heard();
    let made: Vec<_> =
        heard.iter().filter(|line| line.contains("traiter") && !line.starts_with("LIST")).collect();
    let expected =
        ["CREATE \"&AMA- traiter\"", "SUBSCRIBE \"&AMA- traiter\"", "UID MOVE 4 \"&AMA- traiter\""];
    assert_eq!(made, expected);
}

#[tokio::test]
async fn where_folders_live_under_inbox_they_are_made_there() {
    let (peer, mut mailbox) = offering(
        "MOVE",
        vec![
            ("LIST \"\" \"\"", say("* LIST (\\Noselect) \".\" \"\"\r\n% OK done\r\n")),
            ("LIST \"\" \"Trait", say("% OK done\r\n")),
            ("LIST \"\" \"INBOX.Trait", say("% OK done\r\n")),
            ("CREATE \"Trait", say("% NO Invalid mailbox name\r\n")),
        ],
    )
    .await;
    assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
    assert_eq!(peer.count("UID MOVE 4 \"INBOX.Trait&AOk-s\""), 1);
    // asked once, known from then on
    assert_eq!(file(&mut mailbox, &[7]).await, [FilingEnd::Done]);
    assert_eq!(peer.count("CREATE"), 2);
}

#[tokio::test]
async fn a_folder_deleted_meanwhile_is_made_again() {
    let (peer, mut mailbox) = offering(
        "MOVE",
        vec![
            ("LIST \"\" \"Trait", say("* LIST () \"/\" \"Trait&AOk-s\"\r\n% OK done\r\n")),
            ("UID MOVE", say("% NO [TRYCREATE] it is not there\r\n")),
            ("LIST \"\" \"Trait", say("% OK done\r\n")),
            ("LIST \"\" \"INBOX/Trait", say("% OK done\r\n")),
        ],
    )
    .await;
    assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
    assert_eq!((peer.count("CREATE"), peer.count("UID MOVE")), (1, 2));
}

#[tokio::test]
async fn flags_are_set_where_the_folder_keeps_them() {
    let settings = |peer: &ImapPeer, filing| ImapSettings { filing, ..peer.settings() };
    let peer = ImapPeer::with(vec![]).await;
    let mut keyword = ImapMailbox::new(settings(&peer, FilingMode::Keyword));
    assert_eq!(file(&mut keyword, &[4, 7]).await, [FilingEnd::Done, FilingEnd::Done]);
    assert_eq!(peer.count("UID STORE 4,7 +FLAGS.SILENT ($guichet)"), 1);
    // the peer keeps \Seen and keywords, not \Flagged
    let mut flagged = ImapMailbox::new(settings(&peer, FilingMode::Flagged));
    assert!(matches!(file(&mut flagged, &[4]).await.as_slice(), [FilingEnd::Undone(_)]));
    let mut nothing = ImapMailbox::new(settings(&peer, FilingMode::Nothing));
    assert_eq!(file(&mut nothing, &[4]).await, [FilingEnd::Done]);
    assert_eq!((peer.count("UID STORE"), peer.count("UID MOVE")), (1, 0));
}

#[tokio::test]
async fn a_session_that_died_of_idleness_is_replaced_before_filing() {
    let (peer, mut mailbox) = offering("MOVE", vec![]).await;
    peer.add("SELECT", close("* BYE idle for too long\r\n"));
    assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
    assert_eq!(peer.count("(connected)"), 2);
}

#[tokio::test]
async fn odd_capabilities_are_made_out_or_done_without() {
    for (line, moves, expunges) in [
        ("* CAPABILITY IMAP4rev1  MOVE UIDPLUS\r\n% OK done\r\n", 1, 0),
        ("* CAPABILITY imap4rev1 LITERAL+ Move X-ODD=\r\n% OK done\r\n", 1, 0),
        ("* CAPABILITY IMAP4rev1 UIDPLUS SASL-IR\r\n% OK done\r\n", 0, 1),
        ("* CAPABILITY IMAP4rev2\r\n% OK done\r\n", 0, 0),
    ] {
        let login = || ("LOGIN", say("% OK in\r\n"));
        let (peer, mut mailbox) = mailbox(vec![login(), login(), ("CAPABILITY", say(line))]).await;
        ends(mailbox.arrivals(None)).await.unwrap_or_else(|fault| panic!("{line}: {fault}"));
        assert_eq!(file(&mut mailbox, &[4]).await, [FilingEnd::Done]);
        assert_eq!((peer.count("UID MOVE"), peer.count("UID EXPUNGE")), (moves, expunges), "{line}");
    }
}
