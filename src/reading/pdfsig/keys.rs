//! Digests and keys: which algorithm a signature names, and whether it verifies.

use super::certificate::Certificate;
use super::cms::Flaw;
use super::der::{Element, INTEGER, OID, SEQUENCE, context};
use ring::digest::{self, Context};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

const UNKNOWN_ALGORITHM: Flaw = Flaw::Unverifiable("algorithme de signature non pris en charge");
pub(super) const WRONG_SIGNATURE: Flaw =
    Flaw::Broken("la signature ne correspond pas au certificat du signataire");
pub(super) const WEAK_DIGEST: Flaw =
    Flaw::Unverifiable("la signature repose sur une empreinte trop faible (SHA-1)");
const WEAK_KEY: Flaw = Flaw::Unverifiable("la clé du signataire est trop courte");

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

/// Bytes of the shortest RSA key that is not weak (ANSSI, RGS annex B1: 2048 bits).
const SHORTEST_RSA: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn of_oid(oid: &[u8]) -> Option<Self> {
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

    pub fn digest(self, parts: &[&[u8]]) -> digest::Digest {
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

/// How a signature was made.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    /// `signatureAlgorithm` of the signer.
    pub algorithm: Element<'a>,
    /// `digestAlgorithm`, by its identifier.
    pub digest: &'a [u8],
}

impl Made<'_> {
    /// The digest of what was signed.
    pub fn hash(&self) -> Result<Hash, Flaw> {
        Hash::of_oid(self.digest).ok_or(UNKNOWN_ALGORITHM)
    }

    /// Whether `value` is the signature of `message` by the certificate's key; then, whether that is
    /// worth something.
    pub fn verify(&self, certificate: &Certificate<'_>, message: &[&[u8]], value: &[u8]) -> Result<(), Flaw> {
        let digest = self.hash()?;
        let (algorithm, hash) = self.of_key(digest, certificate).ok_or(UNKNOWN_ALGORITHM)?;
        UnparsedPublicKey::new(algorithm, certificate.key)
            .verify(&message.concat(), value)
            .map_err(|_| WRONG_SIGNATURE)?;
        if digest == Hash::Sha1 || hash == Some(Hash::Sha1) {
            return Err(WEAK_DIGEST);
        }
        // an RSA signature is as long as its key
        let rsa = self.algorithm.child(OID).is_some_and(|oid| oid.content.starts_with(PKCS1));
        if rsa && value.len() < SHORTEST_RSA { Err(WEAK_KEY) } else { Ok(()) }
    }

    /// The library's algorithm, and its digest where it is not the algorithm's own affair.
    fn of_key(
        &self,
        digest: Hash,
        certificate: &Certificate<'_>,
    ) -> Option<(&'static dyn VerificationAlgorithm, Option<Hash>)> {
        let oid = self.algorithm.child(OID)?.content;
        let with_rsa = |hash: Hash| Some((rsa(hash), Some(hash)));
        if let Some(kind) = oid.strip_prefix(PKCS1) {
            return match kind {
                // rsaEncryption: hashed as the digest algorithm says
                [1] => with_rsa(digest),
                [5] => with_rsa(Hash::Sha1),
                [11] => with_rsa(Hash::Sha256),
                [12] => with_rsa(Hash::Sha384),
                [13] => with_rsa(Hash::Sha512),
                [10] => Some((pss(self.algorithm.child(SEQUENCE))?, None)),
                _ => None,
            };
        }
        if oid == ED25519 {
            return Some((&signature::ED25519, None));
        }
        let hash = match oid.strip_prefix(ECDSA_SHA2) {
            Some([2]) => Hash::Sha256,
            Some([3]) => Hash::Sha384,
            Some([4]) => Hash::Sha512,
            // some signers name the key's algorithm instead
            _ if oid == EC_KEY => digest,
            _ => return None,
        };
        let algorithm: &'static dyn VerificationAlgorithm = match (certificate.curve?, hash) {
            (P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
            (P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
            (P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
            (P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
            _ => return None,
        };
        Some((algorithm, Some(hash)))
    }
}

/// RSA with PKCS#1 v1.5; keys from 1024 bits where the library has them: weak is not broken.
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
