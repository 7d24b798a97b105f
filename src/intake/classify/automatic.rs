//! The robot check (RFC 3834, failures of comparable systems: loops): is this mail written by a
//! machine or for a list?

use super::{Decoded, subjects, writers};
use crate::domain::mail::CANARY;
use crate::intake::mime::{Headers, MimeSettings};

/// Fields that only automatic responders write.
const RESPONDER_FIELDS: [&str; 5] =
    ["x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply", "x-auto-reply"];

/// Local parts that only bounces come from.
const BOUNCERS: [&str; 3] =
    ["mailer-daemon", "postmaster", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"];

/// Report parts (RFC 3464, RFC 8098, RFC 5965): a DSN, a read receipt, an abuse report.
const REPORTS: [&str; 4] = [
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
];

/// The rule that says the mail is automatic, in English, without addresses.
///
/// Not rules, on purpose:
/// - `X-Auto-Response-Suppress`: servers put it on people's mail too, and Exchange's own replies
///   carry `Auto-Submitted` besides. A person who goes unanswered is worse than one answer to a
///   robot, which the caps of the outbox stop.
/// - `noreply@`: a person's form can come through such a box. It just cannot be answered there
///   (`reply_to` is `None` without a better Reply-To), so staff see it.
pub(super) fn because(headers: &Headers, decoded: &Decoded, settings: &MimeSettings) -> Option<String> {
    let submitted = headers.first("auto-submitted").map(keyword);
    canary(decoded, settings)
        .or_else(|| by_field(headers, submitted.as_deref()))
        .or_else(|| by_report(headers, decoded))
        .or_else(|| by_origin(headers, decoded, settings))
        .or_else(|| {
            // Subjects are the weakest sign: who says outright that he is a human is believed.
            let human = submitted.as_deref() == Some("no");
            let pattern = decoded.subject.as_deref().filter(|_| !human).and_then(subjects::automatic)?;
            Some(format!("subject begins with \"{pattern}\""))
        })
}

fn by_field(headers: &Headers, submitted: Option<&str>) -> Option<String> {
    if let Some(word) = submitted.filter(|word| !word.is_empty() && *word != "no") {
        // Only the words of RFC 3834 §5 are repeated: the field is a stranger's.
        let known =
            ["auto-generated", "auto-replied", "auto-notified"].into_iter().find(|known| *known == word);
        return Some(format!("Auto-Submitted: {}", known.unwrap_or("(another word than \"no\")")));
    }
    for name in RESPONDER_FIELDS {
        if headers.first(name).is_some_and(|value| keyword(value) != "no") {
            return Some(format!("field {name}"));
        }
    }
    for name in ["precedence", "x-precedence"] {
        let word = headers.first(name).map(keyword).unwrap_or_default();
        if let Some(word) =
            ["auto_reply", "auto-reply", "bulk", "list", "junk"].into_iter().find(|w| *w == word)
        {
            return Some(format!("Precedence: {word}"));
        }
    }
    // RFC 2369, RFC 2919.
    if let Some(name) = headers.names().find(|name| LIST_FIELDS.contains(name)) {
        return Some(format!("field {name}"));
    }
    // RFC 5321 §4.5.5: notices are sent with the null reverse path.
    if headers.first("return-path").is_some_and(|path| path.split_whitespace().collect::<String>() == "<>") {
        return Some("null Return-Path".to_owned());
    }
    headers.first("x-failed-recipients").map(|_| "field x-failed-recipients".to_owned())
}

/// The mail that somebody sends now and then to see that mail arrives.
fn canary(decoded: &Decoded, settings: &MimeSettings) -> Option<String> {
    let from = settings.canary_from.as_deref()?.trim();
    let [(_, address)] = decoded.from.as_slice() else { return None };
    address.trim().eq_ignore_ascii_case(from).then(|| CANARY.to_owned())
}

const LIST_FIELDS: [&str; 8] = [
    "list-id",
    "list-post",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-owner",
    "list-archive",
];

fn by_report(headers: &Headers, decoded: &Decoded) -> Option<String> {
    let root = headers.first("content-type").unwrap_or_default().to_ascii_lowercase();
    if root.starts_with("multipart/report") {
        return Some("multipart/report (RFC 6522)".to_owned());
    }
    let report = REPORTS.into_iter().find(|report| decoded.part_types.iter().any(|part| part == report))?;
    Some(format!("part {report}"))
}

fn by_origin(headers: &Headers, decoded: &Decoded, settings: &MimeSettings) -> Option<String> {
    for (_, address) in &decoded.from {
        if settings.is_own(address) {
            return Some("From is our own address".to_owned());
        }
        let local = writers::local_part(address);
        if let Some(bouncer) = BOUNCERS.into_iter().find(|bouncer| *bouncer == local) {
            return Some(format!("From {bouncer}"));
        }
    }
    // Our own mail come back: it keeps its id. A person who forwards it gives the mail a new one.
    let own = settings.own_message_id_domain.as_deref()?;
    let id = super::threading::message_id(headers)?;
    id.rsplit_once('@')
        .is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(own))
        .then(|| "Message-ID is one of ours".to_owned())
}

/// The first word of a field, in lower case, without comments and parameters (RFC 3834 §5).
fn keyword(value: &str) -> String {
    let mut depth = 0_u32;
    let bare: String = value
        .chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    bare.split([';', ' ', '\t', ',']).find(|word| !word.is_empty()).unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> MimeSettings {
        MimeSettings {
            own_addresses: vec!["Formulaire@ans.example".to_owned()],
            own_message_id_domain: Some("guichet.ans.example".to_owned()),
            ..MimeSettings::default()
        }
    }

    fn because_of(fields: &str, from: &str) -> Option<String> {
        let decoded = Decoded { from: vec![(None, from.to_owned())], ..Decoded::default() };
        because(&Headers::read(fields.as_bytes()), &decoded, &settings())
    }

    #[test]
    fn machines_are_known_by_their_fields() {
        for fields in [
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: (vacation) Auto-Generated; owner=x",
            "auto-submitted: something-new",
            "X-Autoreply: yes",
            "X-Autorespond: objet",
            "Precedence: bulk",
            "Precedence: Auto_Reply",
            "List-Id: <liste.example>",
            "List-Unsubscribe: <mailto:x@example>",
            "Return-Path: <>",
            "Return-Path:  < >",
            "X-Failed-Recipients: a@example",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
            "Content-Type: Multipart/Report;\r\n report-type=disposition-notification",
            "Message-ID: <case-12.1@guichet.ans.example>",
        ] {
            assert!(because_of(fields, "a@chu.example").is_some(), "{fields}");
        }
        for from in ["MAILER-DAEMON@mx.example", "postmaster@chu.example", "formulaire@ANS.example"] {
            assert!(because_of("", from).is_some(), "{from}");
        }
    }

    #[test]
    fn people_are_not() {
        for fields in [
            "",
            "Auto-Submitted: no",
            "Auto-Submitted: No; by=hand",
            "X-Autoreply: no",
            "Precedence: normal",
            "Precedence: first-class",
            "X-Auto-Response-Suppress: All",
            "Return-Path: <a@chu.example>",
            "Content-Type: multipart/mixed; boundary=report",
            "Message-ID: <x@chu.example>\r\nReferences: <case-12.1@guichet.ans.example>",
            "Message-ID: <x@notguichet.ans.example>",
        ] {
            assert_eq!(because_of(fields, "a@chu.example"), None, "{fields}");
        }
        assert_eq!(because_of("", "noreply@chu.example"), None);
    }

    #[test]
    fn the_reason_repeats_nothing_of_a_stranger() {
        let reason = because_of("Auto-Submitted: jean.dupont@chu.example", "a@chu.example").unwrap();
        assert!(!reason.contains("dupont"), "{reason}");
    }

    #[test]
    fn who_says_he_is_human_may_write_any_subject() {
        let decoded = || Decoded { subject: Some("Read: F413".to_owned()), ..Decoded::default() };
        assert!(because(&Headers::read(b""), &decoded(), &settings()).is_some());
        assert_eq!(because(&Headers::read(b"Auto-Submitted: no"), &decoded(), &settings()), None);
    }
}
