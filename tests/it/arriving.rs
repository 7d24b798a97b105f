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
