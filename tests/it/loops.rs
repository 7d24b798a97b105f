//! Robots, and how a loop of letters ends.

use crate::desk::{TestDesk, fixture, mail_with};
use guichet::domain::mail::ReplyState;
use guichet::store::Cap;

const ACCEPTED: &str = "mails/demo/01-accepted-hospital.eml";

/// What a ticket system writes that takes our letter for a request: it looks like a person's question.
fn ticket(n: usize, domain: &str) -> Vec<u8> {
    format!(
        "Return-Path: <ticket-{n}@{domain}>\r\nFrom: Support <ticket-{n}@{domain}>\r\nSubject: [#{n}] Votre demande\r\n\
         Message-ID: <{n}@{domain}>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0100\r\n\r\nVotre demande a le numero {n}.\r\n"
    )
    .into_bytes()
}

/// Each letter is answered at once, from an address made for it.
async fn answers_every_letter(
    desk: &mut TestDesk,
    from: usize,
    times: usize,
    domain: impl Fn(usize) -> String,
) {
    for n in from..from + times {
        desk.receives(&ticket(n, &domain(n)));
        desk.turn().await;
    }
}

#[tokio::test]
async fn a_robot_that_answers_each_letter_from_a_new_address_is_stopped_by_its_domains_cap() {
    let mut desk = TestDesk::with("[replies]\nmax_per_domain = 5\n").await;
    let robot = |_| "robot.example".to_owned();
    answers_every_letter(&mut desk, 0, 12, robot).await;
    assert_eq!(desk.relay.taken().len(), 5);
    let tripped = desk.store().tripped().await.unwrap();
    assert!(matches!(tripped.as_slice(), [one] if matches!(one.cap, Cap::Domain(_))), "{tripped:?}");
    // others are answered, and time does not open it
    desk.receives(&mail_with("a@cabinet-a.fr", "1@cabinet-a.fr", &[("un.pdf", b"%PDF-1.4 1")]));
    desk.hours_pass(72).turn().await;
    assert_eq!(desk.relay.taken().len(), 6);
    answers_every_letter(&mut desk, 100, 3, robot).await;
    assert_eq!(desk.relay.taken().len(), 6);
    let told = desk.prints(&["replies", "caps"]);
    assert!(told.contains("5 replies to one domain in 24 hours"), "{told}");
    // whoever does not say why has not done it
    let reset = ["replies", "caps", "--reset", "1", "--as", "Camille"];
    for why in [&[] as &[&str], &["--because", " "]] {
        assert_eq!(desk.commands(&[reset.as_slice(), why].concat()).status.code(), Some(2), "{why:?}");
    }
    assert_eq!(desk.store().tripped().await.unwrap().len(), 1);
    let why = ["--because", "C'est un répondeur, arrêté depuis."];
    assert!(desk.prints(&[reset.as_slice(), &why].concat()).contains("reset"));
    let event = desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("cap_reset", "Camille"));
    assert!(event.detail.contains("text_sha256") && !event.detail.contains("répondeur"), "{}", event.detail);
    answers_every_letter(&mut desk, 200, 1, robot).await;
    assert_eq!(desk.relay.taken().len(), 7);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_flood_from_everywhere_is_stopped_by_the_cap_on_all_letters() {
    let mut desk = TestDesk::with("[replies]\nmax_total = 7\n").await;
    answers_every_letter(&mut desk, 0, 12, |n| format!("robot-{n}.example")).await;
    assert_eq!(desk.relay.taken().len(), 7);
    assert!(matches!(desk.store().tripped().await.unwrap().as_slice(), [one] if one.cap == Cap::Total));
    desk.hours_pass(72);
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    assert_eq!(
        desk.reply_states().await.last(),
        Some(&ReplyState::Held),
        "nobody is, until a person resets it"
    );
    assert_eq!(desk.cases().await.len(), 1, "it is decided all the same");
    desk.adds_up().await;
}

/// Vacations, no-reply robots, lists, notices and receipts of reading, our own letters: all that comes
/// back while a form is answered. One letter for one form.
#[tokio::test]
async fn of_all_that_comes_back_one_form_has_one_letter() {
    let ours =
        "message_id_domain = \"guichet.ans.example\"\n[mail]\nown_addresses = [\"guichet@ans.example\"]\n";
    let mut desk = TestDesk::with(ours).await;
    desk.receives_fixture(ACCEPTED);
    desk.turn().await;
    let letter = desk.relay.taken().remove(0);
    for entry in std::fs::read_dir(fixture("mails/kinds")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("automatic") {
            desk.receives_fixture(&format!("mails/kinds/{name}"));
        }
    }
    // sent back by a machine as it is; redirected with another envelope; wrapped by a list
    desk.receives(&letter.bytes);
    desk.receives(
        &[b"Resent-From: robot@chu.example\r\nReturn-Path: <robot@chu.example>\r\n", letter.bytes.as_slice()]
            .concat(),
    );
    desk.receives(&[b"List-Id: <tous.chu.example>\r\n", letter.bytes.as_slice()].concat());
    for (n, fields) in [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "Auto-Submitted: auto-generated\r\nReply-To: person@chu.example",
        "Subject: Absence du bureau : Votre demande F413",
        "Subject: Automatic reply: Votre demande F413",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    ]
    .iter()
    .enumerate()
    {
        let subject = if fields.contains("Subject:") { "" } else { "Subject: Re: Votre demande F413\r\n" };
        let mail = format!(
            "{fields}\r\nFrom: a@chu.example\r\n{subject}Message-ID: <{n}@chu.example>\r\n\
             In-Reply-To: <{}>\r\n\r\nJe suis absent.\r\n",
            letter.message_id
        );
        desk.receives(mail.as_bytes());
    }
    desk.turn().await;
    desk.hours_pass(48).turn().await;
    assert_eq!((desk.relay.taken().len(), desk.replies().await.len()), (1, 1));
    let ledger = desk.store().ledger().await.unwrap();
    assert_eq!((ledger.messages - 1, ledger.questions), (ledger.automatic, 0), "{ledger:?}");
    desk.adds_up().await;
}
