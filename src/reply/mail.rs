//! A letter in its envelope: the whole RFC 5322 message, threaded, marked as an automatic answer
//! (RFC 3834), with a Message-ID that is the same whenever the same answer is composed again.

use super::letters::Letter;
use super::settings::{MailIdentity, refused};
use super::transport::Outgoing;
use super::words::tame;
use crate::domain::form::Masked;
use crate::fault::Fault;
use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as File, Mailbox, Message, MultiPart, SinglePart};
use std::time::SystemTime;

/// Characters of a display name.
const NAME: usize = 80;
/// Ids copied into `References`: the thread's first, and the newest (RFC 5322 §3.6.4 lets a long
/// list be shortened so).
const REFERENCES: usize = 20;
/// Longest id copied from a stranger; a header line holds 998 characters (RFC 5322 §2.1.1).
const LONGEST_ID: usize = 250;

/// A mail that is ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// Without angle brackets.
    pub message_id: String,
    pub to: String,
    pub subject: String,
    /// Envelope sender; `None` is `<>`.
    pub from_envelope: Option<String>,
    /// The whole message.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Composed {
    /// Masked: addresses and letters must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Composed({}, {} bytes)", self.message_id, self.bytes.len())
    }
}

impl From<Composed> for Outgoing {
    fn from(mail: Composed) -> Self {
        Self {
            from_envelope: mail.from_envelope,
            to: mail.to,
            message_id: mail.message_id,
            bytes: mail.bytes,
        }
    }
}

impl MailIdentity {
    /// Tries the settings once, at start.
    ///
    /// # Errors
    /// A fault that names the setting that is no mail address or domain.
    pub fn check(&self) -> Result<(), Fault> {
        self.domain()?;
        let optional = [("reply_to", &self.reply_to), ("return_path", &self.return_path)];
        for (key, address) in optional {
            if let Some(address) = address {
                own_address(key, address)?;
            }
        }
        Ok(())
    }

    /// The right side of our Message-IDs.
    ///
    /// # Errors
    /// A fault where it is no domain, or `from` no address.
    pub fn domain(&self) -> Result<String, Fault> {
        let from = own_address("from", &self.from)?;
        let domain = self.message_id_domain.clone().unwrap_or_else(|| from.domain().to_owned());
        let sound = domain.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if sound && !domain.is_empty() {
            Ok(domain)
        } else {
            Err(refused(format!("message_id_domain is no domain: \"{domain}\"")))
        }
    }
}

fn own_address(key: &str, address: &str) -> Result<Address, Fault> {
    address.parse().map_err(|_| refused(format!("{key} is no mail address: \"{address}\"")))
}

impl Letter {
    /// Puts the letter into its envelope. `message_sha256` (hexadecimal) and `index` say which
    /// answer to which message it is: the Message-ID is made from them alone.
    ///
    /// # Errors
    /// A fault where the identity is not sound, or the recipient's address cannot be written to.
    pub fn into_mail(
        self,
        identity: &MailIdentity,
        message_sha256: &str,
        index: u32,
        now: Timestamp,
    ) -> Result<Composed, Fault> {
        let composing = |why: String| Fault::never("composing a reply", why);
        let mark: String = message_sha256.chars().take(32).filter(char::is_ascii_hexdigit).collect();
        if mark.len() != 32 {
            return Err(composing("the answered message has no SHA-256".into()));
        }
        let message_id = format!("guichet.{mark}.{index}@{}", identity.domain()?);
        let to = recipient(self.to.address.expose())
            .ok_or_else(|| composing("the recipient's address cannot be written to".into()))?;
        let from = own_address("from", &identity.from)?;
        let reply_to = own_address("reply_to", identity.reply_to.as_ref().unwrap_or(&identity.from))?;
        let to_name = self.to.name.as_ref().map(Masked::expose);

        let mut builder = Message::builder()
            .from(mailbox(Some(&identity.from_name), from))
            .to(mailbox(to_name, to.clone()))
            .reply_to(mailbox(Some(&identity.from_name), reply_to))
            .subject(tame(&self.subject, 250))
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{message_id}>")));
        let thread = thread(&self.references, self.in_reply_to.as_deref());
        if let Some(answered) = self.in_reply_to.as_deref().filter(|id| sound_id(id)) {
            builder = builder.in_reply_to(format!("<{answered}>"));
        }
        if !thread.is_empty() {
            builder = builder.references(thread);
        }
        let marks = [
            (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-replied"),
            (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
            (HeaderName::new_from_ascii_str("Content-Language"), "fr"),
        ];
        for (name, value) in marks {
            builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        // a boundary made from the id: the same answer gives the same bytes
        let body = MultiPart::alternative()
            .boundary(format!("=_guichet_{mark}_{index}"))
            .singlepart(part("text/plain; charset=utf-8; format=fixed", self.text)?)
            .singlepart(part("text/html; charset=utf-8", self.html)?);
        let mut body = body;
        if !self.attachments.is_empty() {
            body = MultiPart::mixed().boundary(format!("=_guichet_{mark}_{index}_all")).multipart(body);
        }
        for attachment in self.attachments {
            let kind = ContentType::parse("application/pdf").map_err(|error| composing(error.to_string()))?;
            body = body.singlepart(File::new(attachment.name).body(attachment.bytes, kind));
        }
        let message = builder.multipart(body).map_err(|error| Fault::never("composing a reply", error))?;
        Ok(Composed {
            message_id,
            to: to.to_string(),
            subject: self.subject,
            from_envelope: identity.return_path.clone(),
            bytes: message.formatted(),
        })
    }
}

/// Quoted-printable whatever the text: mails stay 7-bit and their lines short, and need no
/// extension of the relay.
fn part(kind: &str, text: String) -> Result<SinglePart, Fault> {
    let kind = ContentType::parse(kind).map_err(|error| Fault::never("composing a reply", error))?;
    Ok(SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text))
}

fn mailbox(name: Option<&str>, address: Address) -> Mailbox {
    let name = name.map(|name| tame(name, NAME)).filter(|name| !name.is_empty());
    Mailbox::new(name, address)
}

/// The address as the wire takes it: an international domain in its ASCII form; a local part that
/// is not ASCII would need SMTPUTF8 all the way (RFC 6531), which cannot be counted on.
pub(super) fn recipient(address: &str) -> Option<Address> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).ok()? };
    local.is_ascii().then(|| Address::new(local, domain).ok())?
}

/// `References` of the answer: the thread's ids and the answered one, those that are ids.
fn thread(references: &[String], answered: Option<&str>) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for id in references.iter().map(String::as_str).chain(answered) {
        if sound_id(id) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let left_out = ids.len().saturating_sub(REFERENCES);
    if left_out > 0 {
        ids.drain(1..=left_out);
    }
    ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
}

/// An id that may be copied into a header: printable ASCII with an `@` inside, no brackets.
fn sound_id(id: &str) -> bool {
    let plain = id.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>');
    plain && id.len() <= LONGEST_ID && id.split_once('@').is_some_and(|(l, r)| !l.is_empty() && !r.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::Template;
    use crate::domain::mail::Correspondent;
    use mail_parser::{HeaderValue as Parsed, MessageParser};

    const SHA: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn letter() -> Letter {
        Letter {
            attachments: vec![],
            template: Template::Received,
            to: Correspondent {
                name: Some(Masked::new("Zoé\r\nBcc: all@victims.example")),
                address: Masked::new("zoe@hôpital.example"),
            },
            subject: "[F413-2026-000123] Reçu\r\nBcc: all@victims.example".into(),
            text: "Déposé.\n.\nFin\n".into(),
            html: "<p>Déposé</p>".into(),
            in_reply_to: Some("b@x.example".into()),
            references: vec!["a@x.example".into(), "bad id\r\nBcc: all@victims.example".into()],
        }
    }

    fn identity() -> MailIdentity {
        MailIdentity {
            from: "certificats@esante.example".into(),
            from_name: "Guichet des certificats".into(),
            reply_to: None,
            message_id_domain: None,
            return_path: None,
        }
    }

    fn composed(letter: Letter) -> Composed {
        letter.into_mail(&identity(), SHA, 0, "2026-11-22T13:05:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_reply_is_threaded_and_says_that_a_machine_wrote_it() {
        let mail = composed(letter());
        let read = MessageParser::new().parse(&mail.bytes).unwrap();
        let head = |name: &str| read.header(name).and_then(Parsed::as_text).map(str::to_owned);
        assert_eq!(head("Auto-Submitted").as_deref(), Some("auto-replied"));
        assert_eq!(head("X-Auto-Response-Suppress").as_deref(), Some("All"));
        assert_eq!(head("Precedence"), None);
        assert_eq!(read.message_id(), Some("guichet.00112233445566778899aabbccddeeff.0@esante.example"));
        assert_eq!(read.message_id(), Some(mail.message_id.as_str()));
        assert_eq!(read.in_reply_to().as_text(), Some("b@x.example"));
        assert_eq!(read.references().as_text_list(), Some(&["a@x.example".into(), "b@x.example".into()][..]));
        assert_eq!(
            read.date().map(mail_parser::DateTime::to_rfc3339).as_deref(),
            Some("2026-11-22T13:05:00Z")
        );
        let reply_to = read.reply_to().and_then(|list| list.first()).and_then(|one| one.address());
        assert_eq!(reply_to, Some("certificats@esante.example"));
        assert_eq!(mail.from_envelope, None, "the null sender");
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        let mail = composed(letter());
        let read = MessageParser::new().parse(&mail.bytes).unwrap();
        assert!(read.bcc().is_none());
        assert_eq!(read.headers().iter().filter(|one| one.name().eq_ignore_ascii_case("to")).count(), 1);
        let to = read.to().and_then(|list| list.first()).unwrap();
        assert_eq!(to.name(), Some("Zoé Bcc: all@victims.example"));
        assert_eq!(to.address(), Some("zoe@xn--hpital-ixa.example"));
        assert_eq!(mail.to, "zoe@xn--hpital-ixa.example");
        assert_eq!(read.subject(), Some("[F413-2026-000123] Reçu Bcc: all@victims.example"));
    }

    #[test]
    fn both_parts_arrive_as_written_and_the_mail_is_seven_bit() {
        let mail = composed(letter());
        let read = MessageParser::new().parse(&mail.bytes).unwrap();
        assert_eq!(read.body_text(0).as_deref().map(str::trim_end), Some("Déposé.\r\n.\r\nFin"));
        assert_eq!(read.body_html(0).as_deref().map(str::trim_end), Some("<p>Déposé</p>"));
        assert!(mail.bytes.is_ascii());
        let text = String::from_utf8(mail.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let lines_of = |part: &str, most: usize| {
            part.split("\r\n").all(|line| line.len() <= most && !line.contains(['\r', '\n']))
        };
        assert!(lines_of(head, 998) && lines_of(body, 78), "{text}");
    }

    #[test]
    fn the_same_answer_gives_the_same_bytes() {
        assert_eq!(composed(letter()), composed(letter()));
    }

    #[test]
    fn a_long_thread_keeps_its_beginning_and_its_end() {
        let ids: Vec<_> = (0..40).map(|n| format!("{n}@x.example")).collect();
        let kept = thread(&ids, Some("39@x.example"));
        let kept: Vec<_> = kept.split(' ').collect();
        assert_eq!(kept.len(), REFERENCES);
        assert_eq!(kept.first(), Some(&"<0@x.example>"));
        assert_eq!(kept.get(1), Some(&"<21@x.example>"));
        assert_eq!(kept.last(), Some(&"<39@x.example>"));
    }

    #[test]
    fn what_cannot_be_put_into_an_envelope_is_a_fault_of_ours() {
        let mut letter = letter();
        letter.to.address = Masked::new("zoé@x.example");
        let now = Timestamp::UNIX_EPOCH;
        assert!(letter.clone().into_mail(&identity(), SHA, 0, now).is_err());
        letter.to.address = Masked::new("zoe@x.example");
        assert!(letter.into_mail(&identity(), "abc", 0, now).is_err());
    }

    #[test]
    fn an_identity_is_tried_at_start() {
        assert!(identity().check().is_ok());
        assert!(MailIdentity { from: "nobody".into(), ..identity() }.check().is_err());
        assert!(MailIdentity { return_path: Some("a b@c".into()), ..identity() }.check().is_err());
        assert!(MailIdentity { message_id_domain: Some("x>y".into()), ..identity() }.check().is_err());
    }
}
