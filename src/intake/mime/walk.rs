//! Through a message's parts, attached mails included.

use super::collect::Collector;
use super::content::{Content, head};
use super::{Attached, Headers, MimeSettings, body, headers, links, notice, transfer, unread};
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::sheet::Reading;
use crate::intake::classify::Decoded;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{
    Address, ContentType, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};
use std::collections::BTreeSet;

/// Parts that are never a document, whatever disposition they have.
const NO_DOCUMENTS: [&str; 13] = [
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
    "application/pgp-encrypted",
    "text/calendar",
    "application/ics",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/rfc822-headers",
    "message/delivery-status",
    "message/disposition-notification",
];

/// The whole mail: what the head needs, the documents, what could not be opened.
pub(super) fn mail(raw: &[u8], settings: &MimeSettings) -> (Decoded, Vec<Attached>, Vec<Reading>) {
    let mut collector = Collector::new(settings);
    let Some(message) = MessageParser::default().parse(raw) else {
        let decoded = undecoded(&Headers::read(raw));
        return (decoded, Vec::new(), Vec::new());
    };
    parts(&message, &mut collector, 0);
    if collector.is_empty()
        && let Some(host) = shared(&message)
    {
        let message = format!(
            "Votre message contient un lien de partage ({host}) au lieu du formulaire : pour des raisons de \
             sécurité, ces liens ne sont jamais ouverts. Joignez le fichier PDF directement à votre message."
        );
        collector.add_unread(unread(None, Finding::reject(Code::DocumentLink, Field::Document, message)));
    }
    let mut decoded = decoded(&message, settings);
    if decoded.text.is_empty() {
        decoded.text = collector.signed_text();
    }
    let (documents, unread) = collector.finish();
    (decoded, documents, unread)
}

/// A mail, or a MIME entity, inside another; its text.
pub(super) fn nested(raw: &[u8], collector: &mut Collector<'_>, depth: usize) -> Option<String> {
    let message = MessageParser::default().parse(raw)?;
    parts(&message, collector, depth);
    Some(body::text(&message, collector.settings().max_text))
}

fn parts(message: &Message<'_>, collector: &mut Collector<'_>, depth: usize) {
    let shown = shown_pictures(message);
    let bodies: BTreeSet<u32> = message.text_body.iter().chain(&message.html_body).copied().collect();
    for (number, part) in message.parts.iter().enumerate() {
        let media = media_type(part.content_type());
        if NO_DOCUMENTS.contains(&media.as_str()) {
            continue;
        }
        let name = name(message, part);
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Message(inner) if depth < collector.settings().max_depth => {
                parts(inner, collector, depth + 1);
            }
            PartType::Message(_) => {
                collector.too_deep(name.as_deref(), Content::Mail);
            }
            PartType::Text(_) | PartType::Html(_) => {
                let is_body = u32::try_from(number).is_ok_and(|id| bodies.contains(&id));
                text_part(message, part, name.as_deref(), is_body, collector, depth);
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                let bytes = if part.is_encoding_problem {
                    transferred(message, part)
                } else {
                    bytes.clone().into_owned()
                };
                if is_shown(part, &bytes, &shown) {
                    continue;
                }
                let name = claimed(name, &media, &bytes);
                // A multipart whose parts could not be told apart is no file.
                let attached = !media.starts_with("multipart/");
                collector.take(name.as_deref(), bytes, attached, depth);
            }
        }
    }
}

/// A part labelled as text: the body, a text file, or a document with the wrong label.
fn text_part(
    message: &Message<'_>,
    part: &MessagePart<'_>,
    name: Option<&str>,
    is_body: bool,
    collector: &mut Collector<'_>,
    depth: usize,
) {
    let bytes = transferred(message, part);
    let content = Content::of(&bytes);
    let uuencoded =
        if matches!(part.body, PartType::Text(_)) { transfer::uuencoded(&bytes) } else { Vec::new() };
    if content != Content::Other && !(is_body && content == Content::Pdf && !starts_as_pdf(&bytes)) {
        collector.take(name, bytes, true, depth);
    } else if !uuencoded.is_empty() {
        for (name, bytes) in uuencoded {
            collector.take(Some(&name), bytes, true, depth);
        }
    } else if let Some(name) = name.filter(|name| !is_body && is_attachment(part) && !is_split_body(name)) {
        collector.take(Some(name), bytes, true, depth);
    }
}

/// A person may write "%PDF-" in a mail; a document starts with it.
fn starts_as_pdf(bytes: &[u8]) -> bool {
    head(bytes.trim_ascii_start(), 5) == b"%PDF-"
}

/// The part's bytes, decoded by ourselves: the parser turns text parts into characters, and gives
/// up on broken base64.
pub(super) fn transferred(message: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    let raw =
        message.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    // By the field: the parser forgets the encoding that it could not decode.
    let encoding = part.content_transfer_encoding().unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        "base64" => transfer::base64(raw),
        "quoted-printable" => quoted_printable_decode(raw).unwrap_or_else(|| raw.to_vec()),
        _ => raw.to_vec(),
    }
}

/// Ids of the pictures that the HTML bodies show in the text (RFC 2392).
fn shown_pictures(message: &Message<'_>) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for part in &message.parts {
        if let PartType::Html(html) = &part.body {
            for rest in html.split("cid:").skip(1) {
                let id: String = rest.chars().take(250).take_while(|c| !"\"'<>) \r\n".contains(*c)).collect();
                shown.insert(unescaped(&id));
            }
        }
    }
    shown
}

/// `%40` and `&amp;` as they stand in an HTML attribute's URL.
fn unescaped(id: &str) -> String {
    let mut pieces = id.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if byte.is_ascii_graphic() => {
                out.push(char::from(byte));
                out.push_str(piece.get(2..).unwrap_or_default());
            }
            _ => {
                out.push('%');
                out.push_str(piece);
            }
        }
    }
    out.replace("&amp;", "&")
}

/// A picture that stands in the text: a logo, a screenshot (rulebook: not an attachment).
fn is_shown(part: &MessagePart<'_>, bytes: &[u8], shown: &BTreeSet<String>) -> bool {
    let id = part.content_id().map(|id| id.trim_matches(['<', '>', ' ']));
    id.is_some_and(|id| shown.contains(id))
        && (Content::of(bytes).is_picture() || part.is_content_type("image", "svg+xml"))
}

/// `type/subtype`, lower case; empty where there is none.
pub(super) fn media_type(given: Option<&ContentType<'_>>) -> String {
    given
        .map(|given| {
            format!("{}/{}", given.ctype(), given.subtype().unwrap_or_default()).to_ascii_lowercase()
        })
        .unwrap_or_default()
}

/// A name that lets a damaged or mislabelled file count as what it was sent as.
fn claimed(name: Option<String>, media: &str, bytes: &[u8]) -> Option<String> {
    let nothing_known = || Content::of(bytes) == Content::Other;
    match (name, media) {
        (None, "application/pdf") if nothing_known() => Some("document.pdf".to_owned()),
        (None, "message/rfc822" | "message/global") if nothing_known() => Some("message.eml".to_owned()),
        (name, _) => name,
    }
}

fn is_attachment(part: &MessagePart<'_>) -> bool {
    part.content_disposition().is_some_and(ContentType::is_attachment)
}

/// Exchange cuts bodies into `ATT00001.txt` where a picture stood between.
fn is_split_body(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    stem.strip_prefix("ATT")
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// The file name: disposition before type (RFC 2183 §2.3).
fn name(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    let name = part.attachment_name().filter(|name| !name.trim().is_empty())?;
    let broken = name.contains(char::REPLACEMENT_CHARACTER);
    Some(broken.then(|| raw_name(message, part)).flatten().unwrap_or_else(|| name.to_owned()))
}

/// A name written in raw 8-bit characters, which the parser takes for broken UTF-8.
fn raw_name(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    part.headers
        .iter()
        .filter(|field| matches!(field.name, HeaderName::ContentDisposition | HeaderName::ContentType))
        .find_map(|field| {
            let raw = message.raw_message.get(field.offset_start as usize..field.offset_end as usize)?;
            let text = headers::text(raw.to_vec());
            let (_, value) = text.split_once("name=")?;
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => value.split([';', ' ']).next(),
            };
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        })
}

/// The host of a file share that the mail links to instead of carrying the file.
fn shared(message: &Message<'_>) -> Option<&'static str> {
    message.parts.iter().find_map(|part| match &part.body {
        PartType::Text(text) => links::share(&links::own_words(text)),
        PartType::Html(html) => links::share(links::own_html(html)),
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => {
            None
        }
    })
}

fn decoded(message: &Message<'_>, settings: &MimeSettings) -> Decoded {
    let mut part_types: Vec<String> =
        message.parts.iter().map(|part| media_type(part.content_type())).collect();
    part_types.retain(|media| !media.is_empty());
    let fields = Headers::read(&message.raw_message);
    Decoded {
        subject: subject(message, &fields),
        from: mailboxes(message.from()),
        reply_to: mailboxes(message.reply_to()),
        part_types,
        text: body::text(message, settings.max_text),
        notice: notice::of(message),
    }
}

/// Encoded words as the parser reads them; raw 8-bit subjects as we do.
fn subject(message: &Message<'_>, fields: &Headers) -> Option<String> {
    let raw = fields.first("subject")?;
    let decoded = message.subject().filter(|_| raw.contains("=?")).unwrap_or(raw);
    let shown: String = decoded.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

fn mailboxes(address: Option<&Address<'_>>) -> Vec<(Option<String>, String)> {
    address
        .into_iter()
        .flat_map(Address::iter)
        .filter_map(|mailbox| Some((mailbox.name().map(str::to_owned), mailbox.address()?.to_owned())))
        .collect()
}

/// The head's parts where the MIME parser could not be used: the address between the brackets, the
/// subject as it stands.
pub(super) fn undecoded(fields: &Headers) -> Decoded {
    let address = |value: &str| {
        let inner = value.rsplit_once('<').map_or(value, |(_, rest)| rest.trim_end_matches('>'));
        (None, inner.trim().to_owned())
    };
    Decoded {
        subject: fields.first("subject").map(str::to_owned),
        from: fields.all("from").map(address).collect(),
        reply_to: fields.all("reply-to").map(address).collect(),
        part_types: Vec::new(),
        text: String::new(),
        notice: None,
    }
}
