//! Digital signatures of a PDF (ISO 32000-2 §12.8): do the signed bytes verify, is the document still
//! the one that was signed, when was it, and does the signer's certificate come from an authority that
//! is trusted?

mod certificate;
mod changes;
mod cms;
mod der;
mod keys;
mod permitted;
mod stamp;
pub mod trust;

#[cfg(test)]
mod tests;

use super::acroform::Found;
use super::page::{Area, DigitalSignature, PageNumber};
use super::text_strings::decode;
use changes::Since;
use cms::Flaw;
use der::Element;
use lopdf::{Dictionary, Document, Object};
use permitted::Certification;
pub use trust::Trust;

/// Signatures of a document that are looked at.
const MOST_SIGNATURES: usize = 50;

const BAD_RANGE: Flaw = Flaw::Broken("la signature ne couvre pas le document");
const CHANGED: Flaw = Flaw::Broken("le document a été modifié après la signature");
const AMENDED: Flaw =
    Flaw::Unverifiable("le document a été complété après la signature, comme le certificateur le permettait");

/// Checks every signed signature field. `revision` opens the file as it was when signed; `place` says
/// where a widget stands: page (from 1) and area.
/// Left out is what is nobody's signature: time stamps of the document, and the certification of an
/// empty form by its author, where others have filled it in since.
pub(super) fn check(
    bytes: &[u8],
    doc: &Document,
    found: &[Found<'_>],
    trust: &Trust,
    revision: impl Fn(&[u8]) -> Option<Document>,
    place: impl Fn(&Found<'_>) -> (PageNumber, Area),
) -> Vec<DigitalSignature> {
    found
        .iter()
        .filter_map(|widget| widget.signature.map(|signature| (widget, signature)))
        .take(MOST_SIGNATURES)
        .filter_map(|(widget, signature)| {
            let (page, area) = place(widget);
            let unsound = |signer: Option<String>, time: Option<i64>, flaw: Flaw| {
                let (unverifiable, trouble) = match flaw {
                    Flaw::Broken(why) => (false, why),
                    Flaw::Unverifiable(why) => (true, why),
                };
                let trouble = trouble.to_owned();
                DigitalSignature {
                    sound: false,
                    unverifiable,
                    trouble,
                    signer,
                    time,
                    trusted: false,
                    page,
                    area,
                }
            };
            let Some(range) = Range::of(bytes, doc, signature) else {
                return Some(unsound(None, None, BAD_RANGE));
            };
            let checked = cms::check(&range.signature, &range.parts);
            let time = checked.stamped.or(checked.claimed).or_else(|| said_time(doc, signature));
            let counts = checked.outcome.and_then(|()| match range.since(bytes, doc, signature, &revision) {
                Since::Nothing => Ok(true),
                Since::Begun => Ok(false),
                Since::Completed => Err(AMENDED),
                Since::Changed => Err(CHANGED),
            });
            match counts {
                Ok(false) => None,
                Ok(true) => Some(DigitalSignature {
                    sound: true,
                    unverifiable: false,
                    trouble: String::new(),
                    trusted: time.is_some_and(|time| trust.covers(&checked.certificates, time)),
                    signer: checked.signer,
                    time,
                    page,
                    area,
                }),
                Err(flaw) => Some(unsound(checked.signer, time, flaw)),
            }
        })
        .collect()
}

/// Whether a signature's value is a time stamp of the document and not somebody's signature.
pub(super) fn is_time_stamp(signature: &Dictionary) -> bool {
    let named =
        |key: &[u8], name: &[u8]| signature.get(key).and_then(Object::as_name).is_ok_and(|n| n == name);
    named(b"Type", b"DocTimeStamp") || named(b"SubFilter", b"ETSI.RFC3161")
}

/// What a signature covers: all of the file's first `end` bytes but its own place.
struct Range<'b> {
    parts: [&'b [u8]; 2],
    end: usize,
    /// The CMS object between the parts, decoded.
    signature: Vec<u8>,
}

impl<'b> Range<'b> {
    /// `None` where `/ByteRange` is not: from the file's first byte, leaving out exactly one
    /// hexadecimal string, which is this signature's own `/Contents`. Anything else leaves room to slip
    /// in what was not signed, or to dress up as somebody else's signature.
    fn of(bytes: &'b [u8], doc: &Document, signature: &Dictionary) -> Option<Self> {
        let list = signature.get_deref(b"ByteRange", doc).ok()?.as_array().ok()?;
        let number = |object: &Object| {
            doc.dereference(object).ok().and_then(|(_, n)| usize::try_from(n.as_i64().ok()?).ok())
        };
        let [start, first, second, length] = list.as_slice() else { return None };
        let (start, first) = (number(start)?, number(first)?);
        let (second, length) = (number(second)?, number(length)?);
        let end = second.checked_add(length)?;
        if start != 0 {
            return None;
        }
        let before = bytes.get(..first)?;
        let hole = bytes.get(first..second)?;
        let after = bytes.get(second..end)?;
        let digits = hole.strip_prefix(b"<")?.strip_suffix(b">")?;
        let contents = from_hex(digits)?;
        if signature.get_deref(b"Contents", doc).ok()?.as_str().ok()? != contents {
            return None;
        }
        // the place is kept larger than what comes to stand in it: zeros follow
        let (element, _) = Element::first(&contents)?;
        let signature = element.whole.to_vec();
        Some(Self { parts: [before, after], end, signature })
    }

    /// What became of the document since this signature.
    fn since(
        &self,
        bytes: &[u8],
        doc: &Document,
        signature: &Dictionary,
        revision: impl Fn(&[u8]) -> Option<Document>,
    ) -> Since {
        let Some(rest) = bytes.get(self.end..) else { return Since::Changed };
        if rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Since::Nothing;
        }
        let has = |what: &[u8]| rest.windows(what.len()).any(|part| part == what);
        // objects that no cross-reference leads to: one reader may find them, another not
        if has(b"obj") && !has(b"startxref") {
            return Since::Changed;
        }
        let Some(signed) = bytes.get(..self.end).and_then(revision) else { return Since::Changed };
        changes::since(&signed, doc, &Certification::of(&signed, signature))
    }
}

/// `/M`, where `PAdES` wants the signer to say when (ETSI EN 319 142-1 §5.3): seconds of the epoch.
fn said_time(doc: &Document, signature: &Dictionary) -> Option<i64> {
    let text = decode(signature.get_deref(b"M", doc).ok()?.as_str().ok()?);
    // D:YYYYMMDDHHmmSS, then Z or +HH'mm' (ISO 32000-2 §7.9.4)
    let digits = text.strip_prefix("D:")?;
    let (local, zone) = digits.split_at_checked(14)?;
    let minutes = match zone.chars().next() {
        Some(sign @ ('+' | '-')) => {
            let mut parts = zone.get(1..)?.split('\'').map(str::parse::<i64>);
            let (hours, minutes) = (parts.next()?.ok()?, parts.next().and_then(Result::ok).unwrap_or(0));
            let minutes = hours.clamp(0, 23) * 60 + minutes.clamp(0, 59);
            if sign == '-' { -minutes } else { minutes }
        }
        Some(_) | None => 0,
    };
    Some(der::utc(local)? - 60 * minutes)
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = digits
        .iter()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    // a last digit that stands alone is followed by a zero (ISO 32000-2 §7.3.4.3)
    Some(
        nibbles?
            .chunks(2)
            .map(|pair| (pair.first().unwrap_or(&0) << 4) | pair.get(1).unwrap_or(&0))
            .collect(),
    )
}
