//! A PKCS#7 / CMS signature (RFC 5652) over given bytes, checked with the key of the certificate it
//! carries. Whether that certificate is worth anything is not asked here.

use super::pdfsig_der::{BIT_STRING, Element, INTEGER, OCTETS, OID, SEQUENCE, SET, context};
use super::text_strings::decode;
use ring::digest::{self, Context};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// Why a signature is not sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The bytes or the attributes are not those that were signed.
    Broken(&'static str),
    /// We cannot say: an unknown algorithm or form.
    Unverifiable(&'static str),
}

const UNREADABLE: Flaw = Flaw::Unverifiable("le contenu de la signature n'a pas pu être lu");
const UNKNOWN_ALGORITHM: Flaw = Flaw::Unverifiable("algorithme de signature non pris en charge");
const WRONG_DIGEST: Flaw = Flaw::Broken("le document a été modifié depuis la signature");
const WRONG_SIGNATURE: Flaw = Flaw::Broken("la signature ne correspond pas au certificat du signataire");

const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];

const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
/// 2.16.840.1.101.3.4.2.x
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// 1.2.840.113549.1.1.x
const PKCS1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];
/// 1.2.840.10045.4.3.x
const ECDSA_SHA2: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];
const EC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of_oid(oid: &[u8]) -> Option<Self> {
        if oid == SHA1 {
            return Some(Self::Sha1);
        }
        match oid.strip_prefix(SHA2)? {
            [1] => Some(Self::Sha256),
            [2] => Some(Self::Sha384),
            [3] => Some(Self::Sha512),
            _ => None,
        }
    }

    fn digest(self, parts: &[&[u8]]) -> digest::Digest {
        let mut context = Context::new(match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        for part in parts {
            context.update(part);
        }
        context.finish()
    }
}

/// What a signature says and whether it holds.
#[derive(Debug)]
pub(super) struct Checked {
    /// Common name (else the organisation) of the signer's certificate.
    pub signer: Option<String>,
    pub outcome: Result<(), Flaw>,
}

/// Checks a detached signature over `parts`, the signed bytes in their order.
pub(super) fn check(signature: &[u8], parts: &[&[u8]]) -> Checked {
    match Signed::parse(signature) {
        None => Checked { signer: None, outcome: Err(UNREADABLE) },
        Some(signed) => Checked { signer: signed.signer(), outcome: signed.verify(parts) },
    }
}

/// The parts of a `SignedData` with one signer.
struct Signed<'a> {
    content: Option<Vec<u8>>,
    certificate: Option<Certificate<'a>>,
    digest: &'a [u8],
    attributes: Option<Element<'a>>,
    algorithm: Element<'a>,
    value: Vec<u8>,
}

impl<'a> Signed<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (info, _) = Element::first(bytes)?;
        if info.child(OID)?.content != SIGNED_DATA {
            return None;
        }
        let data = info.child(context(0))?.child(SEQUENCE)?;
        let content = data
            .child(SEQUENCE)
            .and_then(|wrapped| wrapped.child(context(0)))
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
        let certificate = match certificates.iter().find(|one| one.is(&who)) {
            Some(found) => Some(*found),
            // no match by name: a single certificate can only be the signer's
            None => certificates.first().copied().filter(|_| certificates.len() == 1),
        };
        Some(Self { content, certificate, digest, attributes, algorithm, value })
    }

    fn signer(&self) -> Option<String> {
        self.certificate.as_ref()?.name()
    }

    fn verify(&self, parts: &[&[u8]]) -> Result<(), Flaw> {
        let hash = Hash::of_oid(self.digest).ok_or(UNKNOWN_ALGORITHM)?;
        // adbe.pkcs7.sha1: what is signed is the digest of the bytes, carried inside
        let carried = self.content.as_deref().filter(|content| !content.is_empty());
        if let Some(carried) = carried
            && carried != Hash::Sha1.digest(parts).as_ref()
        {
            return Err(WRONG_DIGEST);
        }
        let carried = carried.map(|content| [content]);
        let content: &[&[u8]] = carried.as_ref().map_or(parts, |one| one.as_slice());
        let Some(attributes) = self.attributes else {
            return self.verify_key(hash, content);
        };
        let stated = attributes
            .children()
            .find(|attribute| attribute.child(OID).is_some_and(|oid| oid.content == MESSAGE_DIGEST))
            .and_then(|attribute| attribute.child(SET)?.child(OCTETS))
            .ok_or(UNREADABLE)?;
        if stated.content != hash.digest(content).as_ref() {
            return Err(WRONG_DIGEST);
        }
        // signed is the set of attributes with its own tag, not the [0] it travels under, in DER
        // whatever it travels in (RFC 5652 §5.4); we do not encode anew
        let rest = attributes.whole.get(1..).filter(|rest| rest.first() != Some(&0x80)).ok_or(UNREADABLE)?;
        self.verify_key(hash, &[&[SET], rest])
    }

    fn verify_key(&self, hash: Hash, message: &[&[u8]]) -> Result<(), Flaw> {
        let certificate =
            self.certificate.ok_or(Flaw::Unverifiable("le certificat du signataire est absent"))?;
        let algorithm = self.algorithm(hash, &certificate).ok_or(UNKNOWN_ALGORITHM)?;
        UnparsedPublicKey::new(algorithm, certificate.key)
            .verify(&message.concat(), &self.value)
            .map_err(|_| WRONG_SIGNATURE)
    }

    fn algorithm(
        &self,
        hash: Hash,
        certificate: &Certificate<'_>,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        let oid = self.algorithm.child(OID)?.content;
        if let Some(kind) = oid.strip_prefix(PKCS1) {
            return match kind {
                // rsaEncryption: hashed as the digest algorithm says
                [1] => Some(rsa(hash)),
                [5] => Some(rsa(Hash::Sha1)),
                [11] => Some(rsa(Hash::Sha256)),
                [12] => Some(rsa(Hash::Sha384)),
                [13] => Some(rsa(Hash::Sha512)),
                [10] => pss(self.algorithm.child(SEQUENCE)),
                _ => None,
            };
        }
        if oid == ED25519 {
            return Some(&signature::ED25519);
        }
        let hash = match oid.strip_prefix(ECDSA_SHA2) {
            Some([2]) => Hash::Sha256,
            Some([3]) => Hash::Sha384,
            Some([4]) => Hash::Sha512,
            // some signers name the key's algorithm instead
            _ if oid == EC_KEY => hash,
            _ => return None,
        };
        match (certificate.curve?, hash) {
            (P256, Hash::Sha256) => Some(&signature::ECDSA_P256_SHA256_ASN1),
            (P256, Hash::Sha384) => Some(&signature::ECDSA_P256_SHA384_ASN1),
            (P384, Hash::Sha256) => Some(&signature::ECDSA_P384_SHA256_ASN1),
            (P384, Hash::Sha384) => Some(&signature::ECDSA_P384_SHA384_ASN1),
            _ => None,
        }
    }
}

/// RSA with PKCS#1 v1.5; keys from 1024 bits where the library has them: old is not broken.
fn rsa(hash: Hash) -> &'static dyn VerificationAlgorithm {
    match hash {
        Hash::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    }
}

/// RSASSA-PSS (RFC 4055 §3.1) with the parameters everybody uses: one hash for all, a salt as long
/// as the hash.
fn pss(parameters: Option<Element<'_>>) -> Option<&'static dyn VerificationAlgorithm> {
    let parameters = parameters?;
    let hash = parameters.child(context(0))?.child(SEQUENCE)?.child(OID)?;
    let salt = parameters.child(context(2))?.child(INTEGER)?.content;
    match (Hash::of_oid(hash.content)?, salt) {
        (Hash::Sha256, [32]) => Some(&signature::RSA_PSS_2048_8192_SHA256),
        (Hash::Sha384, [48]) => Some(&signature::RSA_PSS_2048_8192_SHA384),
        (Hash::Sha512, [64]) => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

/// What is needed of an X.509 certificate (RFC 5280 §4.1).
#[derive(Clone, Copy)]
struct Certificate<'a> {
    tbs: Element<'a>,
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: Element<'a>,
    /// The subject's public key, as the bit string holds it.
    key: &'a [u8],
    curve: Option<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    fn parse(certificate: Element<'a>) -> Option<Self> {
        let tbs = certificate.child(SEQUENCE)?;
        let mut fields = tbs.children().skip_while(|field| field.tag == context(0));
        let serial = fields.next().filter(|field| field.tag == INTEGER)?.content;
        let _algorithm = fields.next()?;
        let issuer = fields.next()?.whole;
        let _validity = fields.next()?;
        let subject = fields.next()?;
        let key = fields.next()?;
        let curve = key.child(SEQUENCE)?.children().nth(1).filter(|second| second.tag == OID);
        // the bit string's first byte counts unused bits: none
        let key = key.child(BIT_STRING)?.content.strip_prefix(&[0])?;
        Some(Self { tbs, serial, issuer, subject, key, curve: curve.map(|oid| oid.content) })
    }

    /// Whether a signer's identifier (issuer and number, or the key's identifier) names this one.
    fn is(&self, who: &Element<'_>) -> bool {
        if who.tag == SEQUENCE {
            let mut parts = who.children();
            let (issuer, serial) = (parts.next(), parts.next());
            return issuer.is_some_and(|name| name.whole == self.issuer)
                && serial.is_some_and(|number| number.content == self.serial);
        }
        // 2.5.29.14, subject key identifier: an octet string in an octet string
        let identifier = self
            .tbs
            .child(context(3))
            .and_then(|extensions| extensions.child(SEQUENCE))
            .into_iter()
            .flat_map(|list| list.children())
            .find(|one| one.child(OID).is_some_and(|oid| oid.content == [0x55, 0x1D, 0x0E]))
            .and_then(|one| one.child(OCTETS));
        identifier
            .and_then(|outer| Element::first(outer.content))
            .is_some_and(|(inner, _)| inner.content == who.content)
    }

    fn name(&self) -> Option<String> {
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
