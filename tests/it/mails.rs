//! Mails as programs and people send them: one form in every wrapping, every kind of machine.
//! (`fixtures/mails`, written by `tests/forge/wrappings.py`.)

use guichet::domain::finding::{Code, Severity};
use guichet::domain::mail::{MailKind, SenderCheck};
use guichet::intake::mime::{Content, Mail, MimeSettings, open_mail};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).unwrap()
}

fn settings() -> MimeSettings {
    MimeSettings {
        own_addresses: vec!["guichet@ans.example".to_owned()],
        own_message_id_domain: Some("guichet.ans.example".to_owned()),
        authserv_id: Some("mx.ans.example".to_owned()),
        ..MimeSettings::default()
    }
}

fn open(path: &str) -> Mail {
    open_mail(&fixture(&format!("mails/{path}.eml")), &settings())
}

/// Every mail of a folder has its line in the test's table.
fn all_are_named<'a>(folder: &str, named: impl Iterator<Item = &'a str>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/mails").join(folder);
    let there = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect::<BTreeSet<_>>();
    assert_eq!(there, named.map(str::to_owned).collect());
}

/// Wrappings in which the form is found, with the name it gets.
const FOUND: [(&str, &str); 29] = [
    ("attached", "F413.pdf"),
    ("inline", "F413.pdf"),
    ("octet-stream", "F413.pdf"),
    ("without-name", "document-1.pdf"),
    ("without-type", "scan"),
    ("empty-disposition", "F413.pdf"),
    ("name-of-a-picture", "F413.jpg"),
    ("name-is-a-path", "F413.pdf"),
    ("rfc2231-name", "F413 signé.pdf"),
    ("rfc2047-name", "F413 signé.pdf"),
    ("latin-1-name", "F413 signé.pdf"),
    ("labelled-text", "F413.pdf"),
    ("in-alternative", "F413.pdf"),
    ("forwarded", "F413.pdf"),
    ("forwarded-in-base64", "F413.pdf"),
    ("forwarded-as-a-file", "F413.pdf"),
    ("forwarded-twice", "F413.pdf"),
    ("zip", "F413.pdf"),
    ("zip-in-zip", "F413.pdf"),
    ("winmail-dat", "F413 signé.pdf"),
    ("smime-opaque", "F413.pdf"),
    ("smime-opaque-streamed", "F413.pdf"),
    ("smime-detached", "F413.pdf"),
    ("signed-file", "F413.pdf"),
    ("uuencoded", "F413.pdf"),
    ("quoted-printable", "F413.pdf"),
    ("whole-mail", "F413.pdf"),
    ("mark-never-closed", "F413.pdf"),
    ("with-logo", "F413.pdf"),
];

/// Mails in which there is something else to say, or to read.
const OTHERS: [&str; 12] = [
    "base64-cut-and-followed",
    "damaged-pdf",
    "docx",
    "link",
    "link-in-html",
    "picture",
    "rar",
    "smime-encrypted",
    "text-file",
    "two-forms",
    "zip-cut",
    "zip-with-password",
];

#[test]
fn the_form_is_found_in_every_wrapping() {
    let form = fixture("forms/ticks-x.drawn.pdf");
    for (wrapping, name) in FOUND {
        let mail = open(&format!("wrapped/{wrapping}"));
        let found: Vec<_> = mail.documents.iter().map(|found| (found.name.as_str(), found.content)).collect();
        assert_eq!(found, [(name, Content::Pdf)], "{wrapping}");
        assert!(mail.documents[0].bytes.starts_with(&form), "{wrapping}: other bytes");
        assert!(mail.documents[0].bytes.len() <= form.len() + 2, "{wrapping}: more bytes");
        assert!(mail.unread.is_empty(), "{wrapping}: {:?}", mail.unread);
        assert_eq!(mail.head.kind, MailKind::Submission, "{wrapping}");
    }
    all_are_named("wrapped", FOUND.iter().map(|(wrapping, _)| *wrapping).chain(OTHERS));
}

#[test]
fn what_cannot_be_opened_is_said() {
    for (wrapping, code) in [
        ("zip-with-password", Code::DocumentEncrypted),
        ("zip-cut", Code::DocumentUnsupported),
        ("rar", Code::DocumentUnsupported),
        ("smime-encrypted", Code::DocumentEncrypted),
        ("link", Code::DocumentLink),
        ("link-in-html", Code::DocumentLink),
    ] {
        let mail = open(&format!("wrapped/{wrapping}"));
        assert!(mail.documents.is_empty(), "{wrapping}");
        let said: Vec<_> =
            mail.unread.iter().flat_map(|reading| &reading.findings).map(|f| (f.code, f.severity)).collect();
        assert_eq!(said, [(code, Severity::Reject)], "{wrapping}");
        assert_eq!(mail.head.kind, MailKind::Submission, "{wrapping}");
    }
}

#[test]
fn what_is_no_pdf_is_kept_for_its_own_outcome() {
    for (wrapping, name, content) in [
        ("docx", "F413.docx", Content::Docx),
        ("picture", "page1.png", Content::Png),
        ("text-file", "demande.txt", Content::Other),
        ("damaged-pdf", "F413.pdf", Content::Pdf),
    ] {
        let mail = open(&format!("wrapped/{wrapping}"));
        let found: Vec<_> = mail.documents.iter().map(|found| (found.name.as_str(), found.content)).collect();
        assert_eq!(found, [(name, content)], "{wrapping}");
        assert_eq!(mail.head.kind, MailKind::Submission, "{wrapping}");
    }
}

#[test]
fn base64_that_was_cut_is_decoded_as_far_as_it_goes() {
    let form = fixture("forms/ticks-x.drawn.pdf");
    let mail = open("wrapped/base64-cut-and-followed");
    let [found] = mail.documents.as_slice() else { panic!("{:?}", mail.documents) };
    assert_eq!(found.content, Content::Pdf);
    let common = found.bytes.iter().zip(&form).take_while(|(found, sent)| found == sent).count();
    assert!(common + 4 >= form.len(), "{common} of {}", form.len());
}

#[test]
fn each_document_of_a_mail_is_found() {
    let mail = open("wrapped/two-forms");
    let names: Vec<_> = mail.documents.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["F413.pdf", "F413 bis.pdf"]);
}

#[test]
fn of_seventy_documents_twenty_are_read_and_the_others_named() {
    let part = |n: usize| {
        format!(
            "--m\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename={n}.pdf\r\n\r\n%PDF-1.7 {n}\r\n"
        )
    };
    let parts: String = (1..=70).map(part).collect();
    let raw =
        format!("From: a@chu.example\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n{parts}--m--\r\n");
    let mail = open_mail(raw.as_bytes(), &settings());
    assert_eq!(mail.documents.len(), 20);
    let [left_out] = mail.unread.as_slice() else { panic!("{:?}", mail.unread) };
    assert_eq!(left_out.documents.first().map(String::as_str), Some("21.pdf"));
    assert_eq!(left_out.documents.len(), 50);
    assert_eq!(
        left_out.findings.iter().map(|f| (f.code, f.severity)).collect::<Vec<_>>(),
        [(Code::DocumentTooLarge, Severity::Review)]
    );
}

/// Kind, and whether an answer may leave without a person.
const KINDS: [(&str, MailKind, bool); 29] = [
    ("automatic-absence", MailKind::Automatic, false),
    ("automatic-absence-by-subject-alone", MailKind::Automatic, false),
    ("automatic-with-a-form", MailKind::Automatic, false),
    ("automatic-bounce", MailKind::Automatic, false),
    ("automatic-bounce-without-report", MailKind::Automatic, false),
    ("automatic-read-receipt", MailKind::Automatic, false),
    ("automatic-list", MailKind::Automatic, false),
    ("automatic-null-return-path", MailKind::Automatic, false),
    ("automatic-our-own-mail", MailKind::Automatic, false),
    ("automatic-our-own-mail-redirected", MailKind::Automatic, false),
    ("question", MailKind::Question, true),
    ("question-about-our-mail", MailKind::Question, true),
    ("question-by-a-human-who-says-so", MailKind::Question, true),
    ("question-with-logo-and-screenshot", MailKind::Question, true),
    ("question-with-logo-in-plain-text", MailKind::Question, true),
    ("question-quoting-a-link", MailKind::Question, true),
    ("question-empty", MailKind::Question, true),
    ("from-two-people", MailKind::Question, false),
    ("from-twice", MailKind::Question, false),
    ("from-nobody", MailKind::Question, false),
    ("from-no-reply-with-reply-to", MailKind::Question, true),
    ("from-no-reply", MailKind::Question, false),
    ("subject-in-latin-1", MailKind::Question, true),
    ("subject-broken-encoded-word", MailKind::Question, true),
    ("sender-verified", MailKind::Question, true),
    ("sender-forged", MailKind::Question, false),
    ("sender-flagged-as-spam", MailKind::Question, false),
    ("date-of-2099-and-no-id", MailKind::Question, true),
    ("from-line-of-a-mailbox-file", MailKind::Question, true),
];

#[test]
fn machines_are_told_from_people() {
    for (name, kind, answered) in KINDS {
        let head = open(&format!("kinds/{name}")).head;
        assert_eq!((head.kind, head.may_be_answered()), (kind, answered), "{name}: {head:?}");
        assert_eq!(head.automatic_because.is_some(), kind == MailKind::Automatic, "{name}");
    }
    all_are_named("kinds", KINDS.iter().map(|(name, ..)| *name));
}

#[test]
fn the_demos_mails_are_of_the_kind_expected() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/mails/demo");
    let mails: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    assert!(!mails.is_empty());
    for path in mails {
        let expected = std::fs::read_to_string(path.with_extension("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        let mail = open_mail(&std::fs::read(&path).unwrap(), &settings());
        assert_eq!(expected["kind"], mail.head.kind.as_str(), "{}", path.display());
    }
}

#[test]
fn the_head_survives_what_is_wrong_with_it() {
    let head = open("kinds/subject-in-latin-1").head;
    assert_eq!(head.subject.unwrap().expose(), "Formulaire signé");
    let head = open("kinds/subject-broken-encoded-word").head;
    assert!(head.subject.unwrap().expose().starts_with("Formulaire F413"));
    let head = open("kinds/from-no-reply-with-reply-to").head;
    let to = head.reply_to.unwrap();
    assert_eq!((to.address.expose(), to.name.unwrap().expose()), ("martin@cabinet.example", "Dr Martin"));
    let head = open("kinds/question-about-our-mail").head;
    assert_eq!(head.message_id.as_deref(), Some("a1@clinique-ozoir-bois.example"));
    assert_eq!(head.references, ["case-7.1@guichet.ans.example"]);
    assert_eq!(head.text.expose(), "Que veut dire ce message ?");
    assert!(open("wrapped/smime-opaque").head.text.expose().starts_with("Bonjour,"));
    let head = open("kinds/date-of-2099-and-no-id").head;
    assert_eq!(head.message_id, None);
    let from = open("wrapped/attached").head.from.unwrap();
    assert_eq!(from.name.unwrap().expose(), "Clémence Ben Amor");
}

#[test]
fn only_our_own_server_vouches() {
    assert_eq!(open("kinds/sender-verified").head.sender, SenderCheck::Verified);
    assert_eq!(open("kinds/sender-forged").head.sender, SenderCheck::Failed);
    assert_eq!(open("kinds/question").head.sender, SenderCheck::Unknown);
}

#[test]
fn every_byte_string_has_a_head() {
    let whole = fixture("mails/wrapped/forwarded-twice.eml");
    for length in (0..whole.len()).step_by(97) {
        let mail = open_mail(&whole[..length], &settings());
        assert!(mail.documents.len() <= 1, "{length}");
    }
    for raw in [
        &b""[..],
        b"\r\n\r\n",
        b"From: \xff\xfe",
        b":",
        &[0; 4096],
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--",
    ] {
        assert_ne!(open_mail(raw, &settings()).head.kind, MailKind::Submission, "{raw:?}");
    }
}

#[test]
fn a_mail_that_the_parser_panics_on_keeps_its_head() {
    // An attached mail cut short in a multipart that is one only in name: mail-parser's own assertion.
    let raw = b"From: a@chu.example\nContent-Type:multipart/;boundary=mark\n\n--markContent-Type:message/rfc822\n\ne\nContent-Type:message/rfc822\n\n\n--mark--";
    let mail = open_mail(raw, &settings());
    assert_eq!(mail.head.from.unwrap().address.expose(), "a@chu.example");
    if cfg!(debug_assertions) {
        assert_eq!(mail.unread.len(), 1, "a person is told");
        assert_eq!(mail.head.kind, MailKind::Submission);
    }
}

#[test]
fn mails_in_mails_end() {
    let mut raw = b"From: a@chu.example\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7".to_vec();
    for _ in 0..500 {
        raw = [b"From: a@chu.example\r\nContent-Type: message/rfc822\r\n\r\n".as_slice(), &raw].concat();
    }
    let mail = open_mail(&raw, &settings());
    assert!(mail.documents.is_empty());
    assert_eq!(mail.unread.len(), 1);
}
