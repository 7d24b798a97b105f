//! Who wrote, and where an answer goes: only addresses that are safe to write to.

use super::Decoded;
use crate::domain::form::Masked;
use crate::domain::mail::Correspondent;
use crate::intake::mime::{Headers, MimeSettings};

/// Local parts that nobody reads.
const UNREAD: [&str; 8] = [
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "ne-pas-repondre",
    "nepasrepondre",
    "ne_pas_repondre",
];

/// The single From mailbox. Two From fields or two mailboxes name nobody (RFC 5322 §3.6.2 wants a
/// Sender then, which anyone can write).
pub(super) fn from(headers: &Headers, decoded: &Decoded) -> Option<Correspondent> {
    if headers.all("from").count() != 1 {
        return None;
    }
    single(&decoded.from)
}

/// `Reply-To` where it is a single box that people read, else `From`; never ourselves.
pub(super) fn reply_to(
    headers: &Headers,
    decoded: &Decoded,
    from: Option<&Correspondent>,
    settings: &MimeSettings,
) -> Option<Correspondent> {
    // Without a single From the sender is unverified: nobody is answered (rulebook).
    let from = from?;
    let asked = if headers.all("reply-to").count() == 1 { single(&decoded.reply_to) } else { None };
    asked
        .filter(|to| can_be_answered(to, settings))
        .or_else(|| Some(from.clone()).filter(|to| can_be_answered(to, settings)))
}

fn can_be_answered(to: &Correspondent, settings: &MimeSettings) -> bool {
    let address = to.address.expose();
    !settings.is_own(address) && !UNREAD.contains(&local_part(address).as_str())
}

fn single(mailboxes: &[(Option<String>, String)]) -> Option<Correspondent> {
    let [(name, address)] = mailboxes else { return None };
    let address = address.trim();
    let name = name.as_deref().map(shown).filter(|name| !name.is_empty()).map(Masked::new);
    is_usable(address).then(|| Correspondent { name, address: Masked::new(address) })
}

/// A display name without control characters, at most a line of it.
fn shown(name: &str) -> String {
    let kept: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    kept.trim().to_owned()
}

/// RFC 5321 §4.1.2 without quoted local parts, literals and UTF-8: what every relay takes.
fn is_usable(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local.len() <= 64
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext))
        && address.len() <= 254
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// The domain of a usable address, lower case.
pub(super) fn domain(of: &Correspondent) -> Option<String> {
    Some(of.address.expose().rsplit_once('@')?.1.to_ascii_lowercase())
}

/// The local part, lower case.
pub(super) fn local_part(address: &str) -> String {
    address.split_once('@').map_or(address, |(local, _)| local).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(from: &[&str], reply_to: &[&str]) -> Option<String> {
        let boxes =
            |list: &[&str]| list.iter().map(|&address| (None, address.to_owned())).collect::<Vec<_>>();
        let decoded = Decoded { from: boxes(from), reply_to: boxes(reply_to), ..Decoded::default() };
        let settings = MimeSettings {
            own_addresses: vec!["formulaire@ans.example".to_owned()],
            ..MimeSettings::default()
        };
        let field = |name: &str, list: &[&str]| {
            if list.is_empty() { String::new() } else { format!("{name}: {}\r\n", list.join(", ")) }
        };
        let raw = field("From", from) + &field("Reply-To", reply_to);
        let headers = Headers::read(raw.as_bytes());
        let from = super::from(&headers, &decoded);
        super::reply_to(&headers, &decoded, from.as_ref(), &settings).map(|to| to.address.expose().to_owned())
    }

    #[test]
    fn an_answer_goes_to_reply_to_else_from() {
        for (from, reply_to, to) in [
            (&["a@chu.example"][..], &[][..], Some("a@chu.example")),
            (&["a@chu.example"], &["B@chu.example"], Some("B@chu.example")),
            (&["noreply@chu.example"], &["b@chu.example"], Some("b@chu.example")),
            (&["a@chu.example"], &["b@chu.example", "c@chu.example"], Some("a@chu.example")),
            (&["a@chu.example"], &["formulaire@ANS.example"], Some("a@chu.example")),
            (&["a@chu.example"], &["not an address"], Some("a@chu.example")),
        ] {
            assert_eq!(answered(from, reply_to).as_deref(), to, "{from:?} {reply_to:?}");
        }
    }

    #[test]
    fn nobody_is_answered_where_it_is_not_safe() {
        for from in [
            &[][..],
            &["a@chu.example", "b@chu.example"],
            &["formulaire@ans.example"],
            &["No-Reply@chu.example"],
            &["a@localhost"],
            &["a@[192.0.2.1]"],
            &["a b@chu.example"],
            &["a@chu.example\nBcc: c@chu.example"],
            &["é@chu.example"],
            &["a..b@chu.example"],
            &["@chu.example"],
        ] {
            assert_eq!(answered(from, &[]), None, "{from:?}");
        }
    }

    #[test]
    fn two_from_fields_name_nobody() {
        let headers = Headers::read(b"From: a@chu.example\r\nFrom: b@chu.example\r\n");
        let decoded = Decoded { from: vec![(None, "a@chu.example".to_owned())], ..Decoded::default() };
        assert_eq!(from(&headers, &decoded), None);
    }
}
