//! The whole line, mail in and mail out, at the test desk.

use crate::desk::{TestDesk, bytes_of, fixture, mail_with, text_of};
use guichet::domain::case::VerdictKind;
use guichet::domain::mail::{Delivery, MailKind, ReplyState};
use guichet::store::{ReplyRow, Resent};
use serde_json::Value;

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";
const OTHER_ACCEPTED: &str = "mails/demo/02-accepted-pharmacy-other-edition.eml";
const QUESTION: &str = "mails/demo/06-question.eml";

/// The form of an accepted mail, by itself.
fn accepted_form() -> Vec<u8> {
    let raw = bytes_of(ACCEPTED);
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let pdf = mail.attachments().find(|part| part.contents().starts_with(b"%PDF"));
    pdf.unwrap().contents().to_vec()
}

#[tokio::test]
async fn every_sample_mail_ends_as_it_should() {
    let mut desk = TestDesk::new().await;
    let mut mails: Vec<_> = std::fs::read_dir(fixture("mails/demo"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".eml"))
        .collect();
    mails.sort();
    let mut wrong = Vec::new();
    for name in &mails {
        let expected = bytes_of(&format!("mails/demo/{}", name.replace(".eml", ".expected.json")));
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        desk.receives_fixture(&format!("mails/demo/{name}"));
        let (cases, replies) = (desk.cases().await.len(), desk.replies().await.len());
        desk.turn().await;
        let messages = desk.store().taken_in(1000).await.unwrap();
        let kind = messages.last().unwrap().head.as_ref().unwrap().kind.as_str();
        let mut found = Vec::new();
        for case in desk.cases().await.split_off(cases) {
            let mut findings = desk.findings(&case).await;
            findings.sort();
            found.push((case.verdict.as_str().to_owned(), findings));
        }
        let wanted: Vec<_> = expected["submissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let finding =
                    |pair: &Value| format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
                let mut findings: Vec<_> = one["findings"].as_array().unwrap().iter().map(finding).collect();
                findings.sort();
                (one["verdict"].as_str().unwrap().to_owned(), findings)
            })
            .collect();
        let templates: Vec<_> =
            desk.replies().await.split_off(replies).iter().map(|reply| reply.template.as_str()).collect();
        let answered: Vec<_> =
            expected["replies"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        if expected["kind"] != kind || found != wanted || templates != answered {
            wrong.push(format!("{name}: {kind} {found:?} {templates:?}, not {wanted:?} {answered:?}"));
        }
    }
    desk.adds_up().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn an_accepted_form_is_recorded_answered_and_filed() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].number.to_string(), "F413-2026-000001");
    assert_eq!(cases[0].verdict, VerdictKind::Accepted);
    let sent = desk.relay.taken();
    assert_eq!(sent.len(), 1);
    let text = text_of(&sent[0]);
    assert!(
        text.contains("F413-2026-000001") && text.contains("https://pfc.eservices.esante.gouv.fr/"),
        "{text}"
    );
    assert_eq!((desk.mails_in(""), desk.mails_in(".Trait&AOk-s")), (0, 1));
    desk.adds_up().await;
}

#[tokio::test]
async fn the_same_bytes_twice_are_one_case_and_one_reply() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    desk.receives_fixture(ACCEPTED);
    desk.hours_pass(1).turn().await;
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (1, 1));
    assert_eq!(desk.store().ledger().await.unwrap().copies, 1);
    assert_eq!(desk.mails_in(""), 0, "the copy is filed beside the first");
}

#[tokio::test]
async fn the_same_message_id_over_other_bytes_is_another_message() {
    let mut desk = TestDesk::new().await;
    let form = accepted_form();
    desk.receives(&mail_with("a@cabinet-a.fr", "same@cabinet-a.fr", &[("f413.pdf", &form)]));
    desk.receives(&mail_with("a@cabinet-a.fr", "same@cabinet-a.fr", &[("un.pdf", b"%PDF-1.4 nothing")]));
    desk.turn().await;
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (2, 2));
}

#[tokio::test]
async fn a_form_that_came_before_gets_no_second_decision_but_the_first_ones_number() {
    let mut desk = TestDesk::new().await;
    let form = accepted_form();
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &form)]));
    desk.turn().await;
    desk.receives(&mail_with("a@cabinet-a.fr", "2@cabinet-a.fr", &[("relance.pdf", &form)]));
    desk.turn().await;
    assert_eq!(desk.cases().await.len(), 1);
    let sent = desk.relay.taken();
    assert_eq!(sent.len(), 2);
    assert!(text_of(&sent[1]).contains("F413-2026-000001"), "{}", text_of(&sent[1]));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_blank_form_is_everybodys_only_its_sender_repeats_it() {
    let mut desk = TestDesk::new().await;
    let form = bytes_of("forms/edition-published.blank.pdf");
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &form)]));
    desk.turn().await;
    desk.receives(&mail_with("b@cabinet-b.fr", "1@cabinet-b.fr", &[("f413.pdf", &form)]));
    desk.turn().await;
    desk.receives(&mail_with("B@Cabinet-B.fr", "2@cabinet-b.fr", &[("f413.pdf", &form)]));
    desk.turn().await;
    assert_eq!(desk.cases().await.len(), 2);
    let numbers = |letter: &str| (letter.contains("F413-2026-000001"), letter.contains("F413-2026-000002"));
    let named: Vec<_> = desk.relay.taken().iter().map(|mail| numbers(&text_of(mail))).collect();
    assert_eq!(named, [(true, false), (false, true), (false, true)]);
    desk.adds_up().await;
}

#[tokio::test]
async fn the_same_form_twice_in_one_mail_is_one_submission() {
    let mut desk = TestDesk::new().await;
    let form = accepted_form();
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("a.pdf", &form), ("b.pdf", &form)]));
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(desk.findings(&cases[0]).await, ["already_received "]);
    assert_eq!(cases[0].verdict, VerdictKind::Accepted);
}

#[tokio::test]
async fn a_registry_that_was_never_loaded_rejects_nobody() {
    let mut desk = TestDesk::without_registry("").await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["registry_unavailable "]);
    assert_eq!(cases[0].verdict, VerdictKind::Review);
    assert_eq!(desk.replies().await[0].template.as_str(), "received");
}

#[tokio::test]
async fn a_stale_registry_rejects_nobody() {
    let mut desk = TestDesk::new().await;
    desk.hours_pass(8 * 24);
    desk.receives_fixture("mails/demo/04-rejected-mandate-ended.eml");
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(
        (cases[0].verdict, desk.findings(&cases[0]).await),
        (VerdictKind::Review, vec!["registry_unavailable ".to_owned()])
    );
}

#[tokio::test]
async fn a_mail_cut_off_after_data_is_never_sent_again_by_itself() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.relay.next(&[Delivery::Unknown]);
    desk.turn().await;
    desk.hours_pass(100).turn().await;
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (1, vec![ReplyState::Unknown]));

    let reply = desk.replies().await.remove(0);
    let done =
        desk.store().resend(reply.id, "Camille", "2026-11-27T10:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(done, Resent::Due);
    desk.hours_pass(100).turn().await;
    let sent = desk.relay.taken();
    assert_eq!(desk.reply_states().await, [ReplyState::Sent]);
    assert_eq!(sent[0].message_id, sent[1].message_id, "a person's resend is the same mail");
    assert_eq!(sent[0].bytes, sent[1].bytes);
}

#[tokio::test]
async fn a_relay_that_is_down_is_tried_again_later() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.relay.next(&[Delivery::NotYet, Delivery::NotYet]);
    desk.turn().await;
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (0, vec![ReplyState::Due]));
    desk.turn().await;
    assert_eq!(desk.replies().await[0].attempts, 1, "not before its time");
    desk.hours_pass(1).turn().await;
    desk.hours_pass(1).turn().await;
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (1, vec![ReplyState::Sent]));
}

#[tokio::test]
async fn a_relay_that_is_down_for_a_day_costs_a_day_and_no_letter() {
    let mut desk = TestDesk::new().await;
    desk.relay.next(&[Delivery::NotYet; 100]);
    for (hour, mail) in [(0, ACCEPTED), (12, "mails/demo/04-rejected-mandate-ended.eml")] {
        desk.receives_fixture(mail);
        for _ in hour..hour + 12 {
            desk.turn().await;
            desk.hours_pass(1);
        }
    }
    let replies = desk.replies().await;
    assert_eq!((desk.relay.taken().len(), replies.len()), (0, 2));
    let patient = |reply: &ReplyRow| reply.state == ReplyState::Due && (8..20).contains(&reply.attempts);
    assert!(replies.iter().all(patient), "neither given up nor pressed: {replies:?}");
    desk.relay.is_well_again();
    // the longest time between two attempts
    desk.hours_pass(4).turn().await;
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (2, vec![ReplyState::Sent; 2]));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_refused_reply_is_a_persons_business() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(ACCEPTED);
    desk.relay.next(&[Delivery::Refused]);
    desk.turn().await;
    desk.hours_pass(200).turn().await;
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (0, vec![ReplyState::Refused]));
}

#[tokio::test]
async fn a_question_is_acknowledged_once_a_day_per_sender() {
    let mut desk = TestDesk::new().await;
    let question = String::from_utf8(bytes_of(QUESTION)).unwrap();
    let ask = |n: u32| format!("X-Nth: {n}\r\n{question}").into_bytes();
    for n in 0..3 {
        desk.receives(&ask(n));
        desk.turn().await;
        desk.hours_pass(1);
    }
    assert_eq!(desk.relay.taken().len(), 1);
    desk.hours_pass(24);
    desk.receives(&ask(9));
    desk.turn().await;
    assert_eq!(desk.relay.taken().len(), 2);
    assert_eq!(desk.store().ledger().await.unwrap().questions, 4);
    assert_eq!(desk.mails_in(".Questions"), 4);
}

#[tokio::test]
async fn machines_are_never_answered() {
    // the fixtures' own mails come from this mailbox
    let ours =
        "message_id_domain = \"guichet.ans.example\"\n[mail]\nown_addresses = [\"guichet@ans.example\"]\n";
    let mut desk = TestDesk::with(ours).await;
    let mut mails = 0;
    for entry in std::fs::read_dir(fixture("mails/kinds")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("automatic") && name.ends_with(".eml") {
            desk.receives_fixture(&format!("mails/kinds/{name}"));
            mails += 1;
        }
    }
    assert!(mails > 5, "there are such fixtures");
    desk.turn().await;
    let kinds: Vec<_> =
        desk.store().taken_in(100).await.unwrap().into_iter().map(|one| one.head.unwrap().kind).collect();
    assert_eq!(kinds, vec![MailKind::Automatic; mails]);
    assert!(desk.relay.taken().is_empty() && desk.replies().await.is_empty());
}

#[tokio::test]
async fn an_unverified_sender_gets_no_answer_and_staff_see_the_letter() {
    let mut desk = TestDesk::with("[mail]\nauthserv_id = \"mx.guichet.example\"\n").await;
    let mut mail =
        b"Authentication-Results: mx.guichet.example; dmarc=fail header.from=cabinet-a.fr\r\n".to_vec();
    mail.extend(mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &accepted_form())]));
    desk.receives(&mail);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["sender_unverified "]);
    assert_eq!((desk.relay.taken().len(), desk.reply_states().await), (0, vec![ReplyState::Held]));
    assert_eq!(desk.mails_in(".&AMA- traiter"), 1);
}

#[tokio::test]
async fn a_verdict_that_is_not_automatic_waits_with_its_letter_ready() {
    let mut desk = TestDesk::with("[decision]\nautomatic = [\"rejected\", \"review\"]\n").await;
    desk.receives_fixture(ACCEPTED);
    desk.receives_fixture("mails/demo/15-rejected-f414.eml");
    desk.turn().await;
    let states: Vec<_> =
        desk.replies().await.iter().map(|reply| (reply.template.as_str(), reply.state)).collect();
    assert_eq!(states, [("accepted", ReplyState::Held), ("rejected", ReplyState::Sent)]);
}

#[tokio::test]
async fn a_cap_that_is_reached_stays_closed_until_a_person_resets_it() {
    let mut desk = TestDesk::with("[replies]\nmax_per_address = 2\n").await;
    for n in 0..4 {
        let id = format!("{n}@cabinet-a.fr");
        desk.receives(&mail_with("a@cabinet-a.fr", &id, &[("un.pdf", format!("%PDF-1.4 {n}").as_bytes())]));
    }
    desk.receives(&mail_with("b@cabinet-b.fr", "1@cabinet-b.fr", &[("f413.pdf", &accepted_form())]));
    desk.turn().await;
    assert_eq!(
        desk.reply_states().await,
        // the other's comes in its turn: after the first of whoever sent four
        [ReplyState::Sent, ReplyState::Sent, ReplyState::Sent, ReplyState::Held, ReplyState::Held],
        "others are answered"
    );
    desk.hours_pass(48);
    desk.receives(&mail_with("a@cabinet-a.fr", "9@cabinet-a.fr", &[("un.pdf", b"%PDF-1.4 9")]));
    desk.turn().await;
    assert_eq!(desk.reply_states().await.last(), Some(&ReplyState::Held), "time does not open it");
    let tripped = desk.store().tripped().await.unwrap();
    desk.store()
        .reset(&tripped[0].cap, ("Camille", "vu"), "2026-11-24T10:00:00Z".parse().unwrap())
        .await
        .unwrap();
    desk.receives(&mail_with("a@cabinet-a.fr", "10@cabinet-a.fr", &[("un.pdf", b"%PDF-1.4 10")]));
    desk.turn().await;
    assert_eq!(desk.reply_states().await.last(), Some(&ReplyState::Sent));
}

#[tokio::test]
async fn awkward_mails_end_each_in_its_way_and_delay_nobody() {
    let mut desk = TestDesk::with("[daemon]\nmax_mail = \"1 MiB\"\n").await;
    let form = accepted_form();
    let large = vec![b'x'; 2 << 20];
    desk.receives(&mail_with("a@cabinet-a.fr", "large@cabinet-a.fr", &[("f413.pdf", &large)]));
    let many: Vec<_> =
        (0..70).map(|n| (format!("piece-{n}.pdf"), format!("%PDF-1.4 broken {n}").into_bytes())).collect();
    let mut many: Vec<_> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    many.insert(0, ("f413.pdf", &form));
    desk.receives(&mail_with("b@cabinet-b.fr", "many@cabinet-b.fr", &many));
    desk.receives(b"From: c@cabinet-c.fr\r\nMessage-ID: <empty@cabinet-c.fr>\r\n\r\n");
    desk.receives_fixture(OTHER_ACCEPTED);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(
        desk.findings(&cases[0]).await,
        ["document_too_large "],
        "over the size cap: never downloaded"
    );
    assert_eq!(cases[0].verdict, VerdictKind::Rejected);
    let of_many: Vec<_> = cases.iter().filter(|case| case.message == cases[1].message).collect();
    assert_eq!(of_many[0].verdict, VerdictKind::Accepted, "the good form among them");
    assert_eq!(of_many.last().unwrap().verdict, VerdictKind::Review, "files were left out: a person looks");
    assert_eq!(cases.last().unwrap().verdict, VerdictKind::Accepted, "the mail behind them all");
    assert_eq!(desk.store().ledger().await.unwrap().questions, 1, "an empty mail");
    desk.adds_up().await;
}

#[tokio::test]
async fn a_folder_that_was_rebuilt_brings_no_second_answer() {
    let mut desk = TestDesk::with("").await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    // the administrators restore the mailbox from a backup: new UIDVALIDITY, the old mail again
    let root = desk.folder.path().join("mailbox");
    std::fs::remove_file(root.join("guichet-uidlist")).unwrap();
    desk.receives_fixture(ACCEPTED);
    desk.receives_fixture(OTHER_ACCEPTED);
    desk.turn().await;
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (2, 2));
    desk.adds_up().await;
}
