//! A PKCS#7 / CMS signature (RFC 5652) over given bytes, checked with the key of the certificate it
//! carries. Whether that certificate is worth anything is not asked here.

use super::certificate::Certificate;
use super::der::{Element, OCTETS, OID, SEQUENCE, SET, context, time};
use super::keys::{Hash, Made, WEAK_DIGEST, WRONG_SIGNATURE};
use super::stamp;

/// Why a signature is not sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The bytes or the attributes are not those that were signed.
    Broken(&'static str),
    /// We cannot say, or not for certain: an unknown algorithm or form, one too weak.
    Unverifiable(&'static str),
}

const UNREADABLE: Flaw = Flaw::Unverifiable("le contenu de la signature n'a pas pu être lu");
const WRONG_DIGEST: Flaw = Flaw::Broken("le document a été modifié depuis la signature");

const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.x
const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
const SIGNING_TIME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05];
/// 1.2.840.113549.1.9.16.2.x (RFC 5035, RFC 5126)
const SIGNING_CERTIFICATE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x0C];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x2F];
const TIME_STAMP_TOKEN: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x0E];

/// Certificates of one signature that are kept.
const MOST_CERTIFICATES: usize = 20;

/// What a signature says and whether it holds.
#[derive(Debug)]
pub(super) struct Checked {
    /// Common name (else the organisation) of the signer's certificate.
    pub signer: Option<String>,
    /// The signer's certificate first, then what else came with it; DER.
    pub certificates: Vec<Vec<u8>>,
    /// When the signer says to have signed, seconds of the epoch.
    pub claimed: Option<i64>,
    /// When a time stamp says that the signature was there.
    pub stamped: Option<i64>,
    pub outcome: Result<(), Flaw>,
}

/// Checks a detached signature over `parts`, the signed bytes in their order.
pub(super) fn check(signature: &[u8], parts: &[&[u8]]) -> Checked {
    let Some(signed) = Signed::parse(signature) else {
        let certificates = Vec::new();
        return Checked {
            signer: None,
            certificates,
            claimed: None,
            stamped: None,
            outcome: Err(UNREADABLE),
        };
    };
    let own = signed.certificate.iter();
    let others =
        signed.certificates.iter().filter(|one| signed.certificate.is_none_or(|own| own.whole != one.whole));
    Checked {
        signer: signed.certificate.as_ref().and_then(Certificate::name),
        certificates: own.chain(others).take(MOST_CERTIFICATES).map(|one| one.whole.to_vec()).collect(),
        claimed: signed.signed_attribute(SIGNING_TIME).and_then(|value| time(&value)),
        stamped: signed
            .unsigned
            .and_then(|list| attribute(&list, TIME_STAMP_TOKEN))
            .and_then(|token| stamp::stamped(token.whole, &signed.value)),
        outcome: signed.verify(parts),
    }
}

/// The first value of an attribute of a list.
fn attribute<'a>(list: &Element<'a>, wanted: &[u8]) -> Option<Element<'a>> {
    let one = list.children().find(|one| one.child(OID).is_some_and(|oid| oid.content == wanted))?;
    one.child(SET)?.children().next()
}

/// The parts of a `SignedData` with one signer.
pub(super) struct Signed<'a> {
    pub content_type: &'a [u8],
    pub content: Option<Vec<u8>>,
    certificates: Vec<Certificate<'a>>,
    /// The signer's.
    certificate: Option<Certificate<'a>>,
    made: Made<'a>,
    attributes: Option<Element<'a>>,
    unsigned: Option<Element<'a>>,
    value: Vec<u8>,
}

impl<'a> Signed<'a> {
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (info, _) = Element::first(bytes)?;
        if info.child(OID)?.content != SIGNED_DATA {
            return None;
        }
        let data = info.child(context(0))?.child(SEQUENCE)?;
        let wrapped = data.child(SEQUENCE)?;
        let content_type = wrapped.child(OID)?.content;
        let content = wrapped
            .child(context(0))
            .and_then(|wrapped| wrapped.children().next())
            .and_then(|content| content.octets());
        let certificates: Vec<Certificate<'a>> = data
            .child(context(0))
            .iter()
            .flat_map(Element::children)
            .filter_map(Certificate::parse)
            .collect();
        // digest algorithms are a set too; the signers' is the last
        let signer = data.children().filter(|part| part.tag == SET).last()?.child(SEQUENCE)?;
        let mut fields = signer.children();
        let _version = fields.next()?;
        let who = fields.next()?;
        let digest = fields.next().filter(|part| part.tag == SEQUENCE)?.child(OID)?.content;
        let next = fields.next()?;
        let (attributes, algorithm) =
            if next.tag == context(0) { (Some(next), fields.next()?) } else { (None, next) };
        let value = fields.next()?.octets()?;
        let unsigned = fields.next().filter(|part| part.tag == context(1));
        let certificate = match certificates.iter().find(|one| one.is(&who)) {
            Some(found) => Some(*found),
            // no match by name: a single certificate can only be the signer's
            None => certificates.first().copied().filter(|_| certificates.len() == 1),
        };
        let made = Made { algorithm, digest };
        Some(Self { content_type, content, certificates, certificate, made, attributes, unsigned, value })
    }

    fn signed_attribute(&self, wanted: &[u8]) -> Option<Element<'a>> {
        self.attributes.and_then(|list| attribute(&list, wanted))
    }

    fn verify(&self, parts: &[&[u8]]) -> Result<(), Flaw> {
        // adbe.pkcs7.sha1: what is signed is the digest of the bytes, carried inside
        match self.content.as_deref().filter(|content| !content.is_empty()) {
            None => self.verify_over(parts),
            Some(carried) if carried == Hash::Sha1.digest(parts).as_ref() => {
                self.verify_over(&[carried]).and(Err(WEAK_DIGEST))
            }
            Some(_) => Err(WRONG_DIGEST),
        }
    }

    /// Whether this is the signer's signature of `content`.
    pub fn verify_over(&self, content: &[&[u8]]) -> Result<(), Flaw> {
        let certificate =
            self.certificate.ok_or(Flaw::Unverifiable("le certificat du signataire est absent"))?;
        let Some(attributes) = self.attributes else {
            return self.made.verify(&certificate, content, &self.value);
        };
        let hash = self.made.hash()?;
        let stated = self.signed_attribute(MESSAGE_DIGEST).filter(|value| value.tag == OCTETS);
        if stated.ok_or(UNREADABLE)?.content != hash.digest(content).as_ref() {
            return Err(WRONG_DIGEST);
        }
        // signed is the set of attributes with its own tag, not the [0] it travels under, in DER
        // whatever it travels in (RFC 5652 §5.4); we do not encode anew
        let rest = attributes.whole.get(1..).filter(|rest| rest.first() != Some(&0x80)).ok_or(UNREADABLE)?;
        let verified = self.made.verify(&certificate, &[&[SET], rest], &self.value);
        // which certificate was meant is signed too (RFC 5035): another one with the same key is not it
        if self.names_another(&certificate) { Err(WRONG_SIGNATURE) } else { verified }
    }

    fn names_another(&self, certificate: &Certificate<'_>) -> bool {
        let named = |wanted: &[u8], usual: Hash| {
            let first = self.signed_attribute(wanted)?.child(SEQUENCE)?.child(SEQUENCE)?;
            let hash = match first.child(SEQUENCE).and_then(|algorithm| algorithm.child(OID)) {
                Some(oid) if wanted == SIGNING_CERTIFICATE_V2 => Hash::of_oid(oid.content)?,
                Some(_) | None => usual,
            };
            Some(first.child(OCTETS)?.content != hash.digest(&[certificate.whole]).as_ref())
        };
        named(SIGNING_CERTIFICATE, Hash::Sha1) == Some(true)
            || named(SIGNING_CERTIFICATE_V2, Hash::Sha256) == Some(true)
    }
}
