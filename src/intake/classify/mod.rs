//! What kind of mail it is and who may be answered (rulebook, "What kind of mail, and who is
//! answered"): decided from the head alone, before any rule that can answer.

mod automatic;
mod subjects;
mod threading;
mod writers;

pub use threading::message_id;

use super::mime::{Headers, MimeSettings};
use super::sender;
use crate::domain::form::Masked;
use crate::domain::mail::{DeliveryNotice, MailHead, MailKind};

/// What the MIME parser has made of the head's encoded parts.
#[derive(Debug, Default)]
pub struct Decoded {
    pub subject: Option<String>,
    /// Mailboxes of From and Reply-To: display name, address.
    pub from: Vec<(Option<String>, String)>,
    pub reply_to: Vec<(Option<String>, String)>,
    /// Types of the message's own parts, as `type/subtype` in lower case (not those of mails
    /// attached to it).
    pub part_types: Vec<String>,
    /// The text body.
    pub text: String,
    /// What it says of another mail's delivery.
    pub notice: Option<DeliveryNotice>,
}

/// The mail's head. `has_document`: whether anything came that may have been meant as the form.
#[must_use]
pub fn head(headers: &Headers, decoded: Decoded, has_document: bool, settings: &MimeSettings) -> MailHead {
    let automatic_because = automatic::because(headers, &decoded, settings);
    let kind = match (&automatic_because, has_document) {
        (Some(_), _) => MailKind::Automatic,
        (None, true) => MailKind::Submission,
        (None, false) => MailKind::Question,
    };
    let references = threading::references(headers);
    let notice = decoded.notice.clone().filter(|_| kind == MailKind::Automatic).map(|notice| {
        // some servers return no header: the thread still says which mail it was
        let about = if notice.about.is_empty() { references.clone() } else { notice.about };
        DeliveryNotice { about, ..notice }
    });
    let from = writers::from(headers, &decoded);
    let domain = from.as_ref().and_then(writers::domain);
    MailHead {
        kind,
        automatic_because,
        reply_to: writers::reply_to(headers, &decoded, from.as_ref(), settings),
        subject: decoded.subject.map(Masked::new),
        message_id: threading::message_id(headers),
        references,
        sender: sender::check(headers, settings.authserv_id.as_deref(), domain.as_deref()),
        spam: is_spam(headers, settings),
        text: Masked::new(decoded.text),
        notice,
        from,
    }
}

/// Any `YES` counts: forging one only sends the mail to a person.
fn is_spam(headers: &Headers, settings: &MimeSettings) -> bool {
    settings.spam_header.as_deref().is_some_and(|name| {
        headers.all(&name.to_ascii_lowercase()).any(|value| {
            value.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("yes"))
                || value.trim().eq_ignore_ascii_case("true")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::SenderCheck;

    fn settings() -> MimeSettings {
        MimeSettings { authserv_id: Some("mx.ans.example".to_owned()), ..MimeSettings::default() }
    }

    fn decoded() -> Decoded {
        Decoded { from: vec![(None, "a@chu.example".to_owned())], ..Decoded::default() }
    }

    #[test]
    fn the_kind_follows_from_machine_and_document() {
        let person = Headers::read(b"From: a@chu.example\r\n\r\n");
        let machine = Headers::read(b"From: a@chu.example\r\nAuto-Submitted: auto-replied\r\n\r\n");
        for (headers, document, kind) in [
            (&person, true, MailKind::Submission),
            (&person, false, MailKind::Question),
            (&machine, true, MailKind::Automatic),
            (&machine, false, MailKind::Automatic),
        ] {
            assert_eq!(head(headers, decoded(), document, &settings()).kind, kind);
        }
    }

    #[test]
    fn the_servers_spam_flag_is_seen() {
        for (field, spam) in [
            ("X-Spam-Flag: YES", true),
            ("X-Spam-Flag: yes, score=9", true),
            ("X-Spam-Flag: NO\r\nX-Spam-Flag: YES", true),
            ("X-Spam-Flag: NO", false),
            ("X-Spam-Status: Yes", false),
            ("X-Spam-Flag: é", false),
        ] {
            let headers = Headers::read(format!("From: a@chu.example\r\n{field}\r\n\r\n").as_bytes());
            assert_eq!(head(&headers, decoded(), true, &settings()).spam, spam, "{field}");
        }
    }

    #[test]
    fn a_failed_sender_is_not_answered() {
        let headers = Headers::read(
            b"Authentication-Results: mx.ans.example; dmarc=fail\r\nFrom: a@chu.example\r\n\r\n",
        );
        let head = head(&headers, decoded(), true, &settings());
        assert_eq!(head.sender, SenderCheck::Failed);
        assert!(!head.may_be_answered());
    }
}
