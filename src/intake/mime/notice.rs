//! Notices about the delivery of a mail (RFC 3464): which mail, and whether it will arrive.

use super::Headers;
use super::walk::{media_type, transferred};
use crate::domain::mail::{Delivered, DeliveryNotice};
use crate::intake::classify::message_id;
use mail_parser::{Message, MimeHeaders as _, PartType};

/// The part that says it (RFC 3464 §2, RFC 6533 §3).
const STATUS: [&str; 2] = ["message/delivery-status", "message/global-delivery-status"];
/// The returned mail, or its header alone (RFC 6522 §4).
const RETURNED: [&str; 4] =
    ["text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "message/global"];

/// The notice that a mail is, if it is one.
pub(super) fn of(message: &Message<'_>) -> Option<DeliveryNotice> {
    let status =
        message.parts.iter().find(|part| STATUS.contains(&media_type(part.content_type()).as_str()))?;
    let (says, status) = said(&String::from_utf8_lossy(&transferred(message, status)));
    let returned = message.parts.iter().filter_map(|part| {
        let raw = match &part.body {
            PartType::Message(inner) => inner.raw_message.to_vec(),
            _ if RETURNED.contains(&media_type(part.content_type()).as_str()) => transferred(message, part),
            _ => return None,
        };
        message_id(&Headers::read(&raw))
    });
    Some(DeliveryNotice { about: returned.take(1).collect(), says, status })
}

/// The worst that is said of a recipient: fields in groups, one group a recipient after the first,
/// which is about the mail (RFC 3464 §2.1).
fn said(text: &str) -> (Delivered, Option<String>) {
    let text = text.replace("\r\n", "\n");
    let groups = text.split("\n\n").map(|group| {
        let field = |name: &str| {
            group.lines().find_map(|line| {
                let (field, value) = line.split_once(':')?;
                field.trim().eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let status = field("status").and_then(code);
        let action = field("action").and_then(|value| value.split([' ', '(', ';']).next());
        // The action says whether somebody still tries; a status alone says it by its class.
        let says = match (action.map(str::to_ascii_lowercase).as_deref(), status.as_deref()) {
            (Some("failed"), _) => Delivered::Failed,
            (Some("delayed"), _) => Delivered::Delayed,
            (Some(_), _) => Delivered::Otherwise,
            (None, Some(code)) if code.starts_with('5') => Delivered::Failed,
            (None, Some(code)) if code.starts_with('4') => Delivered::Delayed,
            (None, _) => Delivered::Otherwise,
        };
        (says, status)
    });
    groups.max_by_key(|(says, _)| *says).unwrap_or((Delivered::Otherwise, None))
}

/// `5.1.1` of `5.1.1 (no such user)`: class, subject and detail (RFC 3463 §2).
fn code(value: &str) -> Option<String> {
    let word: String = value.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let parts: Vec<_> = word.split('.').collect();
    let fits = |part: &&str| (1..=3).contains(&part.len());
    (parts.len() == 3 && parts.iter().all(fits) && word.starts_with(['2', '4', '5'])).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_off_recipient_counts() {
        use Delivered::{Delayed, Failed, Otherwise};
        for (text, says, status) in [
            (
                "Reporting-MTA: dns; mx\r\n\r\nAction: failed\r\nStatus: 5.1.1 (unknown)\r\n",
                Failed,
                Some("5.1.1"),
            ),
            ("Reporting-MTA: dns; mx\n\nStatus: 4.2.2\nAction: delayed\n", Delayed, Some("4.2.2")),
            (
                "a: b\n\nAction: delivered\nStatus: 2.0.0\n\nACTION: Failed\nstatus: 5.2.2\n",
                Failed,
                Some("5.2.2"),
            ),
            // a relay that gave up after days of 4.x.x has given up: "failed" is for good, whatever the
            // status (RFC 3464 §2.3.3)
            ("\n\nAction: failed\nStatus: 4.4.7\n", Failed, Some("4.4.7")),
            ("\n\nAction: relayed\nStatus: 5.0.0\n", Otherwise, Some("5.0.0")),
            ("\n\nStatus: 5.7.1\n", Failed, Some("5.7.1")),
            ("\n\nStatus: 4.7.1\n", Delayed, Some("4.7.1")),
            ("\n\nStatus: 5.1\n", Otherwise, None),
            ("\n\nStatus: 9.9.9\n", Otherwise, None),
            ("", Otherwise, None),
        ] {
            assert_eq!(said(text), (says, status.map(str::to_owned)), "{text}");
        }
    }
}
