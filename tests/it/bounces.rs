//! Notices about the delivery of our letters: which count, and what for.

use crate::desk::{SHADOW, TestDesk};
use guichet::domain::mail::{Delivery, ReplyState};
use guichet::store::NotArrived;
use guichet::store::{ReplyId, Settled};

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";
const REJECTED: &str = "mails/demo/04-rejected-mandate-ended.eml";

/// A notice (RFC 3464) about the mail with this id. `n` makes it another mail.
fn notice(n: u32, about: &str, fields: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.chu.example>\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{n}@mx.chu.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.chu.example\r\n\r\n\
         Final-Recipient: rfc822; a@chu.example\r\n{fields}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: certificats@guichet.example\r\nMessage-ID: <{about}>\r\n\
         Subject: Votre demande\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

const FAILED: &str = "Action: failed\r\nStatus: 5.1.1 (no such user)";
const DELAYED: &str = "Action: delayed\r\nStatus: 4.2.2";

async fn listed(desk: &TestDesk) -> Vec<(i64, Option<String>)> {
    let all = desk.store().undelivered().await.unwrap();
    let status = |why| match why {
        NotArrived::CameBack(status) => status,
        NotArrived::Refused | NotArrived::Unknown => None,
    };
    all.into_iter().map(|one| (one.reply.0, status(one.why))).collect()
}

/// A letter has left; the id it left under.
async fn sent(desk: &mut TestDesk, mail: &str) -> String {
    desk.receives_fixture(mail);
    desk.turn().await;
    desk.relay.taken().last().unwrap().message_id.trim_matches(['<', '>']).to_owned()
}

#[tokio::test]
async fn a_letter_that_comes_back_is_on_the_list_until_it_is_sent_again_or_settled() {
    let mut desk = TestDesk::new().await;
    let first = sent(&mut desk, ACCEPTED).await;
    let second = sent(&mut desk, REJECTED).await;
    assert_eq!(listed(&desk).await, []);
    desk.receives(&notice(1, &second, FAILED));
    desk.turn().await;
    assert_eq!(listed(&desk).await, [(2, Some("5.1.1".to_owned()))], "that one letter, no other");
    assert_eq!(desk.relay.taken().len(), 2, "a notice is not answered");
    assert_eq!(desk.reply_states().await, [ReplyState::Sent, ReplyState::Sent], "the relay did take it");
    let printed = desk.prints(&["replies", "undelivered", "--as", "Camille"]);
    assert!(printed.contains("F413-2026-000002") && printed.contains("came back: 5.1.1"), "{printed}");
    assert!(!printed.contains("F413-2026-000001"), "{printed}");

    // sent again by a person: off the list until it comes back again
    desk.store().resend(ReplyId(2), "Camille", desk.now()).await.unwrap();
    desk.turn().await;
    assert_eq!(listed(&desk).await, []);
    desk.receives(&notice(2, &second, "Action: failed\r\nStatus: 5.2.2"));
    desk.turn().await;
    assert_eq!(listed(&desk).await, [(2, Some("5.2.2".to_owned()))]);
    let settled =
        ["replies", "undelivered", "--settled", "2", "--because", "reached by phone", "--as", "Camille"];
    desk.prints(&settled);
    assert_eq!(listed(&desk).await, []);
    assert_eq!(desk.commands(&settled).status.code(), Some(3));
    let event = desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("bounce_settled", "Camille"));
    assert!(!event.detail.contains("phone"), "what a person writes stands beside the chain");
    assert_eq!(
        desk.store().settle_bounce(ReplyId(1), "", "x", desk.now()).await.unwrap(),
        Settled::NotListed
    );
    assert!(!first.is_empty());
    desk.adds_up().await;
}

#[tokio::test]
async fn a_delay_is_only_logged_however_often_it_is_told() {
    let mut desk = TestDesk::new().await;
    let id = sent(&mut desk, ACCEPTED).await;
    let before = desk.cases().await;
    for n in 0..4 {
        desk.receives(&notice(n, &id, DELAYED));
        desk.hours_pass(4).turn().await;
    }
    assert_eq!(listed(&desk).await, []);
    assert_eq!((desk.cases().await, desk.relay.taken().len()), (before, 1));
    assert_eq!(desk.store().ledger().await.unwrap().automatic, 4);
    // in the end the relay gives up
    desk.receives(&notice(9, &id, "Action: failed\r\nStatus: 4.4.7"));
    desk.turn().await;
    assert_eq!(listed(&desk).await, [(1, Some("4.4.7".to_owned()))]);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_notice_about_no_letter_of_ours_changes_nothing() {
    let mut desk = TestDesk::with("[mail]\nauthserv_id = \"mx.guichet.example\"\n").await;
    let id = sent(&mut desk, ACCEPTED).await;
    let events = desk.store().latest_events(1).await.unwrap()[0].id;
    let mut forged =
        b"Authentication-Results: mx.guichet.example; dmarc=fail header.from=mx.chu.example\r\n".to_vec();
    forged.extend(notice(1, &id, FAILED));
    desk.receives(&forged);
    let mut spam = b"X-Spam-Flag: YES\r\n".to_vec();
    spam.extend(notice(2, &id, FAILED));
    desk.receives(&spam);
    desk.receives(&notice(3, "somebody-elses@chu.example", FAILED));
    desk.receives(&notice(4, "", FAILED));
    desk.receives(&notice(5, &id, "Action: delivered\r\nStatus: 2.0.0"));
    desk.receives(&notice(6, &id, "Action: relayed\r\nStatus: 5.0.0"));
    // words in a mail that is no notice
    desk.receives(
        format!("Return-Path: <>\r\nFrom: MAILER-DAEMON@x.example\r\nIn-Reply-To: <{id}>\r\n\r\nStatus: 5.1.1\r\nAction: failed\r\n")
            .as_bytes(),
    );
    desk.turn().await;
    assert_eq!(listed(&desk).await, []);
    let since = desk.store().latest_events(100).await.unwrap();
    let since: Vec<_> = since.iter().filter(|one| one.id > events).map(|one| one.kind.as_str()).collect();
    assert!(
        since.iter().all(|kind| ["message_kept", "automatic_kept", "not_answered"].contains(kind)),
        "{since:?}"
    );
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (1, 1));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_server_that_returns_no_header_names_the_letter_by_its_thread() {
    let mut desk = TestDesk::new().await;
    let id = sent(&mut desk, ACCEPTED).await;
    // as Exchange writes it, in French
    let mail = format!(
        "Return-Path: <>\r\nFrom: postmaster@chu.example\r\nSubject: Non remis : Votre demande\r\nIn-Reply-To: <{id}>\r\n\
         Message-ID: <1@chu.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nVotre message n'a pas été remis.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;chu.example\r\n\r\nFinal-recipient: RFC822;a@chu.example\r\n\
         Action: failed\r\nStatus: 5.1.10\r\nDiagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n\r\n--b--\r\n"
    );
    desk.receives(mail.as_bytes());
    desk.turn().await;
    assert_eq!(listed(&desk).await, [(1, Some("5.1.10".to_owned()))]);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_letter_that_the_relay_refused_is_on_the_list_and_one_of_a_shadow_never() {
    let mut desk = TestDesk::new().await;
    desk.relay.next(&[Delivery::Refused]);
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    assert_eq!(listed(&desk).await, [(1, None)]);
    desk.store().resend(ReplyId(1), "Camille", desk.now()).await.unwrap();
    desk.turn().await;
    assert_eq!(listed(&desk).await, []);
    let mut shadow = TestDesk::with(SHADOW).await;
    shadow.receives_fixture(ACCEPTED);
    shadow.turn().await;
    let raw = shadow.store().reply_mail(ReplyId(1)).await.unwrap().unwrap();
    let letter = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let id = letter.message_id().unwrap().to_owned();
    shadow.receives(&notice(1, &id, FAILED));
    shadow.turn().await;
    assert_eq!(listed(&shadow).await, []);
}
