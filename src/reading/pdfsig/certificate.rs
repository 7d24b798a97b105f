//! What is needed of an X.509 certificate (RFC 5280 §4.1): whose it is, its key, what it is for.

use super::der::{BIT_STRING, Element, INTEGER, OCTETS, OID, SEQUENCE, context, time};
use crate::reading::text_strings::decode;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];
const SUBJECT_KEY: &[u8] = &[0x55, 0x1D, 0x0E];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
/// `digitalSignature` and `nonRepudiation`: the first two bits (RFC 5280 §4.2.1.3).
const SIGNS: u8 = 0b1100_0000;

#[derive(Clone, Copy)]
pub(super) struct Certificate<'a> {
    /// All of it, DER.
    pub whole: &'a [u8],
    tbs: Element<'a>,
    serial: &'a [u8],
    issuer: &'a [u8],
    validity: Element<'a>,
    subject: Element<'a>,
    /// The subject's public key, as the bit string holds it.
    pub key: &'a [u8],
    pub curve: Option<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    pub fn parse(certificate: Element<'a>) -> Option<Self> {
        let tbs = certificate.child(SEQUENCE)?;
        let mut fields = tbs.children().skip_while(|field| field.tag == context(0));
        let serial = fields.next().filter(|field| field.tag == INTEGER)?.content;
        let _algorithm = fields.next()?;
        let issuer = fields.next()?.whole;
        let validity = fields.next()?;
        let subject = fields.next()?;
        let key = fields.next()?;
        let curve = key.child(SEQUENCE)?.children().nth(1).filter(|second| second.tag == OID);
        // the bit string's first byte counts unused bits: none
        let key = key.child(BIT_STRING)?.content.strip_prefix(&[0])?;
        let curve = curve.map(|oid| oid.content);
        Some(Self { whole: certificate.whole, tbs, serial, issuer, validity, subject, key, curve })
    }

    /// Whether a signer's identifier (issuer and number, or the key's identifier) names this one.
    pub fn is(&self, who: &Element<'_>) -> bool {
        if who.tag == SEQUENCE {
            let mut parts = who.children();
            let (issuer, serial) = (parts.next(), parts.next());
            return issuer.is_some_and(|name| name.whole == self.issuer)
                && serial.is_some_and(|number| number.content == self.serial);
        }
        self.extension(SUBJECT_KEY).is_some_and(|inner| inner.content == who.content)
    }

    /// An extension's value: an element in an octet string.
    fn extension(&self, wanted: &[u8]) -> Option<Element<'a>> {
        let list = self.tbs.child(context(3))?.child(SEQUENCE)?;
        let one = list.children().find(|one| one.child(OID).is_some_and(|oid| oid.content == wanted))?;
        Element::first(one.child(OCTETS)?.content).map(|(value, _)| value)
    }

    /// Whether its key is for signing, where it says what it is for.
    pub fn may_sign(&self) -> bool {
        self.extension(KEY_USAGE)
            .is_none_or(|bits| bits.content.get(1).is_some_and(|first| first & SIGNS != 0))
    }

    /// Whether it is valid at a time (seconds of the epoch).
    pub fn valid_at(&self, when: i64) -> bool {
        let mut ends = self.validity.children().map(|end| time(&end));
        let (from, to) = (ends.next().flatten(), ends.next().flatten());
        from.is_some_and(|from| from <= when) && to.is_some_and(|to| when <= to)
    }

    /// Common name of its subject, else the organisation.
    pub fn name(&self) -> Option<String> {
        let part = |wanted: &[u8]| {
            self.subject.children().flat_map(|set| set.children()).find_map(|pair| {
                let mut parts = pair.children();
                (parts.next()?.content == wanted).then(|| parts.next().map(|value| string(&value))).flatten()
            })
        };
        part(COMMON_NAME).or_else(|| part(ORGANISATION)).filter(|name| !name.is_empty())
    }
}

/// A directory string: UTF-8, Latin letters or UTF-16.
fn string(value: &Element<'_>) -> String {
    match value.tag {
        0x1E => decode(&[&[0xFE, 0xFF], value.content].concat()),
        _ => decode(value.content),
    }
}
