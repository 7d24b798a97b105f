//! The copy with its letter: made once, kept with it, sent as it is.

use crate::desk::{TestDesk, bytes_of, mail_with, text_of};
use guichet::domain::case::VerdictKind;
use guichet::domain::mail::{Delivery, ReplyState};
use guichet::reply::transport::Outgoing;
use mail_parser::{MessageParser, MimeHeaders as _};
use std::io::Read as _;

const REJECTED: &str = "mails/demo/03-rejected-four-problems.eml";

/// Names and bytes of what goes with a letter.
fn attached(mail: &Outgoing) -> Vec<(String, Vec<u8>)> {
    let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
    let part = |part: &mail_parser::MessagePart<'_>| {
        (part.attachment_name().unwrap_or_default().to_owned(), part.contents().to_vec())
    };
    parsed.attachments().map(part).collect()
}

#[tokio::test]
async fn a_rejection_carries_the_form_and_says_so_in_both_parts() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(REJECTED);
    desk.turn().await;
    let case = desk.cases().await.remove(0);
    let mail = desk.relay.taken().remove(0);
    let files = attached(&mail);
    let [(name, bytes)] = files.as_slice() else { panic!("{} attachments", files.len()) };
    assert_eq!(*name, format!("F413-a-corriger-{}.pdf", case.number));
    super::hostile::does_nothing(bytes, name);
    let file = lopdf::Document::load_mem(bytes).unwrap();
    let info = file.trailer.get_deref(b"Info", &file).unwrap().as_dict().unwrap();
    let title = String::from_utf8_lossy(info.get(b"Title").unwrap().as_str().unwrap()).into_owned();
    assert_eq!(title, format!("F413-a-corriger-{}", case.number));
    let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
    let html = parsed.body_html(0).unwrap();
    for part in [text_of(&mail), html.into_owned()] {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(part.contains(name.as_str()) && part.contains("Ni la signature ni le cachet"), "{part}");
    }
    // told of to staff, and checked with all else
    assert!(desk.prints(&["replies", "list"]).contains("F413-a-corriger"));
    let number = case.number.to_string();
    assert!(desk.prints(&["cases", "show", &number]).contains(&format!("with {name}")));
    assert!(desk.prints(&["cases", "show", &number, "--json"]).contains(name));
    desk.adds_up().await;
}

#[tokio::test]
async fn what_is_sent_again_is_the_same_to_the_byte() {
    let mut desk = TestDesk::new().await;
    desk.relay.next(&[Delivery::NotYet, Delivery::Unknown]);
    desk.receives_fixture(REJECTED);
    desk.turn().await;
    desk.hours_pass(5).turn().await;
    assert_eq!(desk.reply_states().await, [ReplyState::Unknown]);
    let id = desk.replies().await[0].id.to_string();
    desk.prints(&["replies", "resend", &id]);
    // the command's clock is today's
    desk.hours_pass(24 * 3650).turn().await;
    let sent = desk.relay.taken();
    let [first, second] = sent.as_slice() else { panic!("{} sent", sent.len()) };
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(attached(first).len(), 1);
}

#[tokio::test]
async fn a_copy_is_written_once_whatever_write_fails() {
    let mut copies = Vec::new();
    for table in ["cases", "replies", "reply_mails", "reply_attempts"] {
        let mut desk = TestDesk::new().await;
        desk.behind_its_back(&format!(
            "CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        ))
        .await;
        desk.receives_fixture(REJECTED);
        assert!(desk.try_turn().await.is_err());
        desk.behind_its_back("DROP TRIGGER broken").await;
        let mut desk = desk.again().await;
        desk.hours_pass(1).turn().await;
        let sent = desk.relay.taken();
        assert_eq!(sent.len(), 1, "{table}");
        let mails = desk.counts("SELECT COUNT(*) FROM reply_mails WHERE $1 = ''", "").await;
        assert_eq!(mails, 1, "{table}");
        copies.push(attached(&sent[0]).remove(0).1);
        desk.adds_up().await;
    }
    assert!(copies.windows(2).all(|two| two[0] == two[1]), "the same copy every time");
}

#[tokio::test]
async fn a_copy_is_in_the_export_of_its_case_and_goes_when_the_case_is_purged() {
    let mut desk = TestDesk::with("[retention]\nrejected = \"1 d\"\n").await;
    // whenever this runs, a day has passed since for the commands, which ask the machine's clock
    desk.hours_pass(-24 * 365 * 3);
    desk.receives_fixture(REJECTED);
    desk.turn().await;
    let number = desk.cases().await[0].number.to_string();
    let sent = desk.relay.taken().remove(0);
    let zip = desk.folder.path().join("case.zip");
    desk.says(&["audit", "export", &number, "--to", zip.to_str().unwrap()], 0);
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let letter = names.iter().find(|name| name.starts_with("lettres/")).unwrap();
    let mut kept = Vec::new();
    archive.by_name(letter).unwrap().read_to_end(&mut kept).unwrap();
    assert_eq!(kept, sent.bytes);
    assert_eq!(attached(&sent).len(), 1);
    // as it stands in the mail
    let text = String::from_utf8(sent.bytes).unwrap();
    let line = text.lines().find(|line| line.starts_with("JVBERi")).unwrap().to_owned();
    desk.daemon.line.store.close().await;
    let stands = || {
        ["guichet.db", "guichet.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(desk.folder.path().join(name)).unwrap_or_default();
            bytes.windows(line.len()).any(|part| part == line.as_bytes())
        })
    };
    assert!(stands(), "the test sees what it looks for");
    desk.says(&["retention", "apply", "--as", "Ada Lovelace"], 0);
    assert!(!stands());
    desk.says(&["audit", "verify"], 0);
}

#[tokio::test]
async fn of_several_forms_each_that_is_sent_back_has_its_copy() {
    let mut desk = TestDesk::new().await;
    let form = |name: &str| bytes_of(&format!("forms/{name}.fields.pdf"));
    let mail = mail_with(
        "direction@hopital.example",
        "several@hopital.example",
        &[
            ("un.pdf", &form("missing-phone")),
            ("deux.pdf", &form("published-filled")),
            ("trois.pdf", &form("card-nine-digits")),
        ],
    );
    desk.receives(&mail);
    desk.turn().await;
    let rejected: Vec<String> = desk
        .cases()
        .await
        .iter()
        .filter(|case| case.verdict == VerdictKind::Rejected)
        .map(|case| format!("F413-a-corriger-{}.pdf", case.number))
        .collect();
    assert_eq!(rejected.len(), 2);
    let mails = desk.relay.taken();
    let names: Vec<String> = mails.iter().flat_map(attached).map(|(name, _)| name).collect();
    assert_eq!(names, rejected);
    let text = text_of(&mails[0]);
    assert!(rejected.iter().all(|name| text.contains(name)), "{text}");
}

#[tokio::test]
async fn who_is_not_sent_back_or_cannot_be_mended_gets_no_copy() {
    for fixture in [
        "mails/demo/01-accepted-hospital.eml",
        "mails/demo/05-review-names-swapped.eml",
        "mails/demo/12-rejected-password.eml",
        "mails/demo/13-rejected-docx.eml",
        "mails/demo/14-rejected-blank-form.eml",
        "mails/demo/15-rejected-f414.eml",
    ] {
        let mut desk = TestDesk::new().await;
        desk.receives_fixture(fixture);
        desk.turn().await;
        let mail = desk.relay.taken().remove(0);
        assert_eq!(attached(&mail), [], "{fixture}");
        assert!(!text_of(&mail).contains("F413-a-corriger"), "{fixture}: the letter announces none");
    }
}

#[tokio::test]
async fn a_case_that_waited_for_the_registry_has_its_copy_too() {
    let mut desk = TestDesk::without_registry("").await;
    desk.receives_fixture("mails/demo/04-rejected-mandate-ended.eml");
    desk.turn().await;
    desk.hours_pass(1).imports_the_registry().await;
    desk.turn().await;
    let sent = desk.relay.taken();
    let [receipt, decision] = sent.as_slice() else { panic!("{} sent", sent.len()) };
    assert_eq!((attached(receipt).len(), attached(decision).len()), (0, 1));
}
