//! Every way a mail can end at a relay, and what is made of it.

use crate::smtp_peer::{Answer, SmtpPeer, authority};
use guichet::domain::mail::Delivery;
use guichet::domain::units::Span;
use guichet::reply::smtp::{Smtp, SmtpSettings, Tls};
use guichet::reply::{Outgoing, Transport};
use std::io::Write;

fn mail() -> Outgoing {
    Outgoing {
        from_envelope: None,
        to: "zoe@ch-exemple.example".into(),
        message_id: "guichet.1@esante.example".into(),
        bytes: b"Subject: a\r\n\r\n.dot\r\nend\r\n".to_vec(),
    }
}

async fn end_with(answers: Vec<(&'static str, Answer)>) -> (Delivery, String, SmtpPeer) {
    let peer = SmtpPeer::with(answers).await;
    let smtp = Smtp::new(peer.settings()).unwrap();
    let (delivery, said) = smtp.deliver(&mail()).await;
    (delivery, said, peer)
}

#[tokio::test]
async fn a_mail_is_taken_as_it_was_written() {
    let (delivery, said, peer) = end_with(vec![]).await;
    assert_eq!((delivery, said.as_str()), (Delivery::Sent, "250 2.0.0 queued as 1"));
    let arrived = peer.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].content, "Subject: a\r\n\r\n.dot\r\nend\r\n");
    assert_eq!((arrived[0].from.as_str(), arrived[0].to.as_str()), ("<>", "<zoe@ch-exemple.example>"));
    assert_eq!(peer.heard()[0], "EHLO guichet.example");
}

#[tokio::test]
async fn the_configured_envelope_sender_is_used() {
    let peer = SmtpPeer::with(vec![]).await;
    let outgoing = Outgoing { from_envelope: Some("bounces@esante.example".into()), ..mail() };
    Smtp::new(peer.settings()).unwrap().deliver(&outgoing).await;
    assert_eq!(peer.arrived()[0].from, "<bounces@esante.example>");
}

#[tokio::test]
async fn a_refusal_of_the_recipient_or_of_the_mail_is_final() {
    for (step, code) in [("RCPT", "550"), ("DATA", "554"), ("(mail)", "552")] {
        let answer = match code {
            "550" => "550 5.1.1 <zoe@ch-exemple.example> no such user\r\n",
            "554" => "554 no\r\n",
            _ => "552-too\r\n552 big\r\n",
        };
        let (delivery, said, _) = end_with(vec![(step, Answer::Say(answer))]).await;
        assert_eq!(delivery, Delivery::Refused, "{step}");
        assert!(said.starts_with(code) && !said.contains('@'), "{said}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_later() {
    let later = "451 4.7.1 greylisted, try again\r\n";
    for step in ["(greeting)", "EHLO", "MAIL", "RCPT", "DATA", "(mail)"] {
        let (delivery, said, peer) = end_with(vec![(step, Answer::Say(later))]).await;
        assert_eq!(delivery, Delivery::NotYet, "{step}: {said}");
        assert!(peer.arrived().iter().all(|arrived| !arrived.taken));
    }
}

#[tokio::test]
async fn what_is_wrong_with_us_is_not_held_against_the_recipient() {
    let answers = [
        ("MAIL", "550 5.7.1 sender not allowed\r\n"),
        ("MAIL", "530 5.7.0 authentication required\r\n"),
        ("RCPT", "535 5.7.8 who are you\r\n"),
        ("(greeting)", "554 no service for you\r\n"),
    ];
    for (step, answer) in answers {
        let (delivery, said, _) = end_with(vec![(step, Answer::Say(answer))]).await;
        assert_eq!(delivery, Delivery::NotYet, "{step}: {said}");
    }
}

#[tokio::test]
async fn silence_before_the_mail_is_surely_not_taken() {
    for step in ["(greeting)", "EHLO", "MAIL", "RCPT", "DATA"] {
        for answer in [Answer::Close(""), Answer::Hang, Answer::Say("sorry?\r\n")] {
            let shown = format!("{step} {answer:?}");
            let (delivery, _, peer) = end_with(vec![(step, answer)]).await;
            assert_eq!(delivery, Delivery::NotYet, "{shown}");
            assert!(peer.arrived().is_empty(), "{shown}");
        }
    }
}

#[tokio::test]
async fn silence_after_the_mail_leaves_its_end_unknown() {
    for answer in [Answer::Close(""), Answer::Close("25"), Answer::Hang, Answer::Say("hm\r\n")] {
        let shown = format!("{answer:?}");
        let (delivery, said, peer) = end_with(vec![("(mail)", answer)]).await;
        assert_eq!(delivery, Delivery::Unknown, "{shown}: {said}");
        assert_eq!(peer.arrived().len(), 1, "{shown}: it had arrived, and was not sent twice");
    }
    let (delivery, _, peer) = end_with(vec![("DATA", Answer::Close("354 go ahead\r\n"))]).await;
    assert_eq!(delivery, Delivery::Unknown, "from here a cut line looks the same");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn an_answer_to_data_that_is_no_go_ahead_sends_nothing() {
    let (delivery, _, peer) = end_with(vec![("DATA", Answer::Say("250 what mail?\r\n"))]).await;
    assert_eq!(delivery, Delivery::NotYet);
    assert!(peer.heard().iter().all(|line| !line.starts_with("Subject")));
}

#[tokio::test]
async fn a_relay_that_trickles_is_understood() {
    let answers = vec![
        ("EHLO", Answer::Trickle("250-relay\r\n250 SIZE 1\r\n")),
        ("RCPT", Answer::Trickle("250 ok\r\n")),
    ];
    assert_eq!(end_with(answers).await.0, Delivery::Sent);
}

#[tokio::test]
async fn lines_are_kept_open_for_the_next_mail() {
    let peer = SmtpPeer::with(vec![]).await;
    let smtp = Smtp::new(peer.settings()).unwrap();
    for _ in 0..5 {
        assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    }
    assert_eq!((peer.connections(), peer.arrived().len()), (1, 5));
    smtp.close().await;
    assert_eq!(peer.heard().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_refused_mail_does_not_spoil_the_line_for_the_next() {
    let peer = SmtpPeer::with(vec![("RCPT", Answer::Say("550 no\r\n"))]).await;
    let smtp = Smtp::new(peer.settings()).unwrap();
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Refused);
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    assert_eq!(peer.connections(), 1);
    assert!(peer.heard().contains(&"RSET".to_owned()));
}

#[tokio::test]
async fn a_line_that_died_meanwhile_is_replaced_at_once() {
    let dead = [
        ("MAIL", Answer::Close("")),
        ("MAIL", Answer::Close("421 4.4.2 idle too long\r\n")),
        ("MAIL", Answer::Hang),
        ("(after)", Answer::Close("421 4.3.2 shutting down\r\n")),
        ("(after)", Answer::Close("")),
    ];
    for (step, answer) in dead {
        let shown = format!("{step} {answer:?}");
        let at_once = step == "(after)";
        let peer = SmtpPeer::with(if at_once { vec![(step, answer.clone())] } else { vec![] }).await;
        let smtp = Smtp::new(peer.settings()).unwrap();
        assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent, "{shown}");
        if !at_once {
            peer.then(step, answer);
        }
        assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent, "{shown}");
        assert_eq!((peer.connections(), peer.arrived().len()), (2, 2), "{shown}");
    }
}

#[tokio::test]
async fn a_relay_that_was_restarted_gets_the_next_mail_all_the_same() {
    let peer = SmtpPeer::with(vec![]).await;
    let smtp = Smtp::new(peer.settings()).unwrap();
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    peer.drop_all_lines();
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    assert_eq!((peer.connections(), peer.arrived().len()), (2, 2));
}

#[tokio::test]
async fn a_line_that_died_in_the_middle_of_a_mail_is_not_hidden() {
    let peer = SmtpPeer::with(vec![]).await;
    let smtp = Smtp::new(peer.settings()).unwrap();
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    peer.then("(mail)", Answer::Close(""));
    assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Unknown);
    assert_eq!((peer.connections(), peer.arrived().len()), (1, 2), "nothing was sent again");
}

#[tokio::test]
async fn a_line_is_closed_after_its_share_of_mails() {
    let peer = SmtpPeer::with(vec![]).await;
    let smtp = Smtp::new(SmtpSettings { mails_per_connection: 2, ..peer.settings() }).unwrap();
    for _ in 0..4 {
        assert_eq!(smtp.deliver(&mail()).await.0, Delivery::Sent);
    }
    assert_eq!(peer.connections(), 2);
    let tired = Smtp::new(SmtpSettings { idle: Span::millis(0), ..peer.settings() }).unwrap();
    for _ in 0..2 {
        assert_eq!(tired.deliver(&mail()).await.0, Delivery::Sent);
    }
    assert_eq!(peer.connections(), 4, "a line that rested too long is not used again");
}

#[tokio::test]
async fn no_more_lines_are_open_than_configured() {
    let peer = SmtpPeer::with(vec![]).await;
    let smtp = Smtp::new(SmtpSettings { connections: 2, ..peer.settings() }).unwrap();
    let (outgoing, smtp) = (&mail(), &smtp);
    let ends = futures_util::future::join_all((0..20).map(|_| smtp.deliver(outgoing))).await;
    assert!(ends.iter().all(|(delivery, _)| *delivery == Delivery::Sent));
    assert!(peer.connections() <= 2, "{}", peer.connections());
}

#[tokio::test]
async fn nobody_listening_is_tried_again_later() {
    let peer = SmtpPeer::with(vec![]).await;
    let settings = peer.settings();
    drop(peer);
    let (delivery, said) = Smtp::new(settings).unwrap().deliver(&mail()).await;
    assert_eq!(delivery, Delivery::NotYet, "{said}");
}

fn with_login(peer: &SmtpPeer, file: &tempfile::NamedTempFile) -> SmtpSettings {
    SmtpSettings {
        user: Some("guichet".into()),
        password_file: Some(file.path().to_owned()),
        ..peer.settings()
    }
}

#[tokio::test]
async fn it_logs_in_under_tls() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "secret").unwrap();
    for tls in [Tls::Implicit, Tls::Starttls] {
        let peer = SmtpPeer::start(tls, vec![]).await;
        let smtp = Smtp::new(with_login(&peer, &file)).unwrap();
        assert_eq!(smtp.deliver(&mail()).await, (Delivery::Sent, "250 2.0.0 queued as 1".into()), "{tls:?}");
        // base64 of NUL guichet NUL secret
        assert!(peer.heard().contains(&"AUTH PLAIN AGd1aWNoZXQAc2VjcmV0".to_owned()), "{tls:?}");
    }
}

#[tokio::test]
async fn a_refused_login_is_our_trouble_and_sends_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let peer = SmtpPeer::with(vec![("AUTH", Answer::Say("535 5.7.8 bad credentials\r\n"))]).await;
    let smtp = Smtp::new(with_login(&peer, &file)).unwrap();
    let (delivery, said) = smtp.deliver(&mail()).await;
    assert_eq!(delivery, Delivery::NotYet);
    assert!(said.contains("login") && said.contains("535"), "{said}");
    assert!(peer.arrived().is_empty());
}

#[tokio::test]
async fn a_relay_that_is_not_who_it_should_be_gets_nothing() {
    for tls in [Tls::Implicit, Tls::Starttls] {
        let peer = SmtpPeer::start(tls, vec![]).await;
        let stranger = SmtpSettings { ca: None, ..peer.settings() };
        // the certificate is for 127.0.0.1 alone
        let misnamed = SmtpSettings { host: "localhost".into(), ca: Some(authority()), ..peer.settings() };
        for settings in [stranger, misnamed] {
            let (delivery, said) = Smtp::new(settings).unwrap().deliver(&mail()).await;
            assert_eq!(delivery, Delivery::NotYet, "{said}");
            assert!(said.contains("certificate"), "{said}");
        }
        assert!(peer.arrived().is_empty());
    }
}

#[tokio::test]
async fn tls_is_never_given_up_because_a_relay_does_not_offer_it() {
    let peer = SmtpPeer::start(Tls::Starttls, vec![("EHLO", Answer::Say("250 relay\r\n"))]).await;
    let (delivery, said) = Smtp::new(peer.settings()).unwrap().deliver(&mail()).await;
    assert_eq!(delivery, Delivery::NotYet);
    assert!(said.contains("STARTTLS"), "{said}");
    assert!(peer.arrived().is_empty());
}

#[tokio::test]
async fn answers_smuggled_in_before_tls_break_the_handshake() {
    let smuggled = "220 go ahead\r\n250 relay, and nothing of what you said was heard\r\n";
    let peer = SmtpPeer::start(Tls::Starttls, vec![("STARTTLS", Answer::Say(smuggled))]).await;
    let (delivery, said) = Smtp::new(peer.settings()).unwrap().deliver(&mail()).await;
    assert_eq!(delivery, Delivery::NotYet);
    assert!(said.starts_with("STARTTLS"), "{said}");
    assert_eq!(peer.heard().last().map(String::as_str), Some("STARTTLS"), "nothing was said after it");
}

#[tokio::test]
async fn a_probe_goes_all_the_way_without_a_mail() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "secret").unwrap();
    let peer = SmtpPeer::start(Tls::Starttls, vec![]).await;
    let probe = Smtp::new(with_login(&peer, &file)).unwrap().probe().await.unwrap();
    assert_eq!((probe.relay.as_str(), probe.encrypted, probe.logged_in), ("relay.example", true, true));
    assert!(peer.heard().iter().all(|line| !line.starts_with("MAIL")));
    peer.then("AUTH", Answer::Say("535 no\r\n"));
    let fault = Smtp::new(with_login(&peer, &file)).unwrap().probe().await.unwrap_err();
    assert!(fault.to_string().contains("login at the relay"), "{fault}");
}
