//! Waiting for mail over IMAP: IDLE where it is to be had, polling beneath it.

use crate::imap_peer::{close, ends, hang, offering, say, uids};
use guichet::fault::Retry;
use guichet::intake::mailbox::Mailbox;
use std::time::Duration;

#[tokio::test]
async fn idle_ends_when_a_mail_is_announced() {
    let (peer, mut mailbox) =
        offering("IDLE", vec![("IDLE", say("+ idling\r\n* OK Still here\r\n* 4 EXISTS\r\n"))]).await;
    ends(mailbox.wait(Duration::from_hours(1))).await.unwrap();
    assert_eq!((peer.count("IDLE"), peer.count("DONE")), (1, 1));
    assert_eq!(uids(&ends(mailbox.arrivals(None)).await.unwrap()), [4, 7, 9]);
    assert_eq!(peer.count("(connected)"), 1);
}

#[tokio::test]
async fn a_mail_announced_before_idle_is_not_waited_for() {
    for answers in [
        vec![("NOOP", say("* 4 EXISTS\r\n% OK done\r\n"))],
        vec![(
            "UID FETCH",
            say(
                "* 4 EXISTS\r\n* 1 FETCH (UID 4 RFC822.SIZE 1)\r\n* 2 FETCH (UID 7 RFC822.SIZE 1)\r\n* 3 FETCH (UID 9 RFC822.SIZE 1)\r\n% OK done\r\n",
            ),
        )],
    ] {
        let (peer, mut mailbox) = offering("IDLE", answers).await;
        ends(mailbox.wait(Duration::from_hours(1))).await.unwrap();
        assert_eq!(peer.count("IDLE"), 0);
    }
}

#[tokio::test]
async fn idle_that_breaks_is_a_fault_and_not_an_arrival() {
    for (command, answer) in [
        ("IDLE", say("+ idling\r\n* BYE shutting down\r\n")),
        ("IDLE", close("+ idling\r\n")),
        ("IDLE", hang("")),
        // frozen: nothing comes, not even the answer to DONE
        ("IDLE", hang("+ idling\r\n")),
        ("DONE", say("% NO what\r\n")),
    ] {
        let (peer, mut mailbox) = offering("IDLE", vec![(command, answer)]).await;
        let fault = ends(mailbox.wait(Duration::from_hours(1))).await.unwrap_err();
        assert_eq!(fault.retry, Retry::Later);
        assert_eq!(uids(&ends(mailbox.arrivals(None)).await.unwrap()), [4, 7, 9]);
        assert_eq!(peer.count("(connected)"), 2);
    }
}

#[tokio::test]
async fn a_server_that_refuses_idle_is_polled_from_then_on() {
    let (peer, mut mailbox) = offering("IDLE", vec![("IDLE", say("% NO not now\r\n"))]).await;
    for _ in 0..3 {
        ends(mailbox.wait(Duration::from_hours(1))).await.unwrap();
    }
    assert_eq!((peer.count("IDLE"), peer.count("(connected)")), (1, 1));
}

#[tokio::test]
async fn a_server_without_idle_is_polled() {
    let (peer, mut mailbox) = offering("MOVE", vec![]).await;
    ends(mailbox.wait(Duration::from_hours(1))).await.unwrap();
    assert_eq!((peer.count("IDLE"), peer.count("NOOP")), (0, 1));
}
