//! A bad header does not cost the mail: whatever stands in it, the form is a case, its bytes are kept, and
//! nobody is written to where it is not safe.

use crate::desk::{NOW, TestDesk, bytes_of, mail_with};
use guichet::domain::case::VerdictKind;
use guichet::store::CaseState;

const FROM: &[u8] = b"From: bureau@cabinet-a.fr\r\n";
const SUBJECT: &[u8] = b"Subject: F413\r\n";
const DATE: &[u8] = b"Date: Sun, 22 Nov 2026 09:00:00 +0100\r\n";

/// The line that goes, what stands there instead, and whether there is somebody to be answered.
const BAD: [(&str, &[u8], &[u8], bool); 7] = [
    ("a broken encoded word", SUBJECT, b"Subject: =?utf-8?B?////?= =?x-none?Q?=ZZ=?= F413\r\n", true),
    ("a subject in Latin-1", SUBJECT, b"Subject: Formulaire sign\xe9\r\n", true),
    ("a date of 2099", DATE, b"Date: Thu, 31 Dec 2099 23:59:59 +0000\r\n", true),
    ("a date that is none", DATE, b"Date: hier \xff soir\r\n", true),
    ("nobody's From", FROM, b"From:\r\n", false),
    ("no From", FROM, b"", false),
    ("two From", FROM, b"From: bureau@cabinet-a.fr\r\nFrom: autre@cabinet-b.fr\r\n", false),
];

fn with(mail: &[u8], line: &[u8], instead: &[u8]) -> Vec<u8> {
    let at = mail.windows(line.len()).position(|found| found == line).unwrap();
    [&mail[..at], instead, &mail[at + line.len()..]].concat()
}

#[tokio::test]
async fn a_form_under_a_bad_header_is_a_case_and_answered_only_where_that_is_safe() {
    let form = bytes_of("forms/published-filled-nothing-drawn.fields.pdf");
    let good = mail_with("bureau@cabinet-a.fr", "1@cabinet-a.fr", &[("f413.pdf", &form)]);
    for (what, line, instead, answered) in BAD {
        let mut desk = TestDesk::new().await;
        let mail = with(&good, line, instead);
        desk.receives(&mail);
        desk.turn().await;
        let cases = desk.cases().await;
        let [case] = cases.as_slice() else { panic!("{what}: {} cases", cases.len()) };
        assert_eq!(desk.store().raw(case.message).await.unwrap().unwrap(), mail, "{what}: kept as it came");
        assert_eq!(case.received_at, NOW.parse().unwrap(), "{what}: dated by the server");
        let (letters, state) = (desk.relay.taken(), case.state);
        if answered {
            assert_eq!((case.verdict, state), (VerdictKind::Accepted, CaseState::Decided), "{what}");
            assert_eq!(
                letters.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(),
                ["bureau@cabinet-a.fr"]
            );
        } else {
            assert_eq!((letters.len(), state), (0, CaseState::Waiting), "{what}: a person sees it");
            assert_eq!(desk.mails_in(".&AMA- traiter"), 1, "{what}");
        }
        desk.adds_up().await;
    }
}
