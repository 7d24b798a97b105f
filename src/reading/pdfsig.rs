//! Digital signatures of a PDF (ISO 32000-2 §12.8): do the signed bytes verify, and is the document
//! still the one that was signed?

use super::acroform::Found;
use super::page::{Area, DigitalSignature};
use super::pdfsig_changes::only_signatures_added;
use super::pdfsig_cms::{self as cms, Flaw};
use super::pdfsig_der::Element;
use lopdf::{Dictionary, Document, Object};

/// Signatures of a document that are looked at.
const MOST_SIGNATURES: usize = 50;

const BAD_RANGE: Flaw = Flaw::Broken("la signature ne couvre pas le document");
const CHANGED: Flaw = Flaw::Broken("le document a été modifié après la signature");

/// Checks every signed signature field. `place` says where a widget stands: page (from 1) and area.
/// Time stamps of the document are nobody's signature and are left out.
pub(super) fn check(
    bytes: &[u8],
    doc: &Document,
    found: &[Found<'_>],
    place: impl Fn(&Found<'_>) -> (u32, Area),
) -> Vec<DigitalSignature> {
    found
        .iter()
        .filter_map(|widget| widget.signature.map(|signature| (widget, signature)))
        .take(MOST_SIGNATURES)
        .map(|(widget, signature)| {
            let (page, area) = place(widget);
            let (signer, outcome) = match Range::of(bytes, doc, signature) {
                None => (None, Err(BAD_RANGE)),
                Some(range) => {
                    let checked = cms::check(&range.signature, &range.parts);
                    let unchanged = || range.unchanged_since(bytes, doc);
                    let outcome =
                        checked.outcome.and_then(|()| if unchanged() { Ok(()) } else { Err(CHANGED) });
                    (checked.signer, outcome)
                }
            };
            let (sound, unverifiable, trouble) = match outcome {
                Ok(()) => (true, false, ""),
                Err(Flaw::Broken(why)) => (false, false, why),
                Err(Flaw::Unverifiable(why)) => (false, true, why),
            };
            DigitalSignature { sound, unverifiable, trouble: trouble.to_owned(), signer, page, area }
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
    /// hexadecimal string. Anything else leaves room to slip in what was not signed.
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
        let signature = from_hex(digits)?;
        // the place is kept larger than what comes to stand in it: zeros follow
        let (element, _) = Element::first(&signature)?;
        let signature = element.whole.to_vec();
        Some(Self { parts: [before, after], end, signature })
    }

    fn unchanged_since(&self, bytes: &[u8], doc: &Document) -> bool {
        let Some(rest) = bytes.get(self.end..) else { return false };
        if rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return true;
        }
        let Some(signed) = bytes.get(..self.end).and_then(|signed| Document::load_mem(signed).ok()) else {
            return false;
        };
        only_signatures_added(&signed, doc)
    }
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> = digits
        .iter()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    Some(nibbles?.chunks(2).map(|pair| pair.iter().fold(0, |sum, n| (sum << 4) | n)).collect())
}
