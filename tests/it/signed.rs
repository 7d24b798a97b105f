//! Digital signatures through the whole line: judged, known by the trust list, kept as they came.

use crate::desk::{TestDesk, bytes_of, mail_with};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet::domain::case::VerdictKind;
use lopdf::{Dictionary, Document, Object};

const SIGNED: &str = "forms/digitally-signed.fields.pdf";

/// The signer's certificate out of a signed PDF, as PEM.
fn certificate(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let signature = |dict: &&Dictionary| dict.has(b"ByteRange");
    let dict = document.objects.values().filter_map(|one| one.as_dict().ok()).find(signature).unwrap();
    let cms = dict.get(b"Contents").and_then(Object::as_str).unwrap();
    // [0] of the message holds the SignedData, whose own [0] begins with it (RFC 5652 §3, §5.1)
    let mut tagged =
        cms.windows(6).enumerate().filter(|(_, part)| matches!(part, [0xA0, 0x82, _, _, 0x30, 0x82]));
    let at = tagged.nth(1).unwrap().0 + 4;
    let length = 4 + usize::from(u16::from_be_bytes([cms[at + 2], cms[at + 3]]));
    let text = STANDARD.encode(&cms[at..at + length]);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[tokio::test]
async fn a_signed_form_is_accepted_and_its_mail_kept_byte_for_byte() {
    let pdf = bytes_of(SIGNED);
    let mail = mail_with("direction@chu.example", "signed@chu.example", &[("F413.pdf", &pdf)]);
    let mut desk = TestDesk::new().await;
    desk.receives(&mail);
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(cases[0].verdict, VerdictKind::Accepted);
    assert_eq!(desk.findings(&cases[0]).await, ["signature_untrusted /declaration/signature"]);
    let kept = desk.store().raw(cases[0].message).await.unwrap().unwrap();
    assert_eq!(kept, mail);
    let parsed = mail_parser::MessageParser::default().parse(&kept).unwrap();
    assert_eq!(parsed.attachments().next().unwrap().contents(), pdf);
}

#[tokio::test]
async fn a_signer_of_the_trust_list_is_known() {
    let pdf = bytes_of(SIGNED);
    let list = tempfile::NamedTempFile::with_suffix(".pem").unwrap();
    std::fs::write(list.path(), certificate(&pdf)).unwrap();
    let mut desk = TestDesk::with(&format!("[signatures]\ntrust = [{:?}]\n", list.path())).await;
    desk.receives(&mail_with("direction@chu.example", "known@chu.example", &[("F413.pdf", &pdf)]));
    desk.turn().await;
    let cases = desk.cases().await;
    assert_eq!(cases[0].verdict, VerdictKind::Accepted);
    assert_eq!(desk.findings(&cases[0]).await, Vec::<String>::new());
}
