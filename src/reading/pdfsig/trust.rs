//! Whom to trust: authorities whose certificates make a signer known. Without any, a signature is
//! intact and its issuer is noted as not checked (rulebook, `signature_untrusted`).

use super::certificate::Certificate;
use super::der::Element;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

/// What a signer's certificate may be for, where it says: any purpose, e-mail, documents (RFC 9336,
/// Microsoft, Adobe), and client authentication, which stands on many a person's card.
const PURPOSES: [&[usize]; 6] = [
    &[2, 5, 29, 37, 0],
    &[1, 3, 6, 1, 5, 5, 7, 3, 4],
    &[1, 3, 6, 1, 5, 5, 7, 3, 36],
    &[1, 3, 6, 1, 4, 1, 311, 10, 3, 12],
    &[1, 2, 840, 113_583, 1, 1, 5],
    &[1, 3, 6, 1, 5, 5, 7, 3, 2],
];

/// Certificates of authorities (or of single signers), DER; as text in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust(#[serde(with = "base64_list")] Vec<Vec<u8>>);

/// A certificate that cannot be trusted because it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Untrustable {
    #[error("no certificate in PEM")]
    None,
    #[error("certificate {0} cannot be read")]
    Unreadable(usize),
}

impl Trust {
    /// Adds the certificates of a PEM file.
    ///
    /// # Errors
    /// Where there is none, or one that cannot be read.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), Untrustable> {
        let mut count = 0;
        for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(pem)) {
            let certificate = certificate.map_err(|_| Untrustable::Unreadable(number))?;
            webpki::anchor_from_trusted_cert(&certificate).map_err(|_| Untrustable::Unreadable(number))?;
            self.0.push(certificate.to_vec());
            count = number;
        }
        if count == 0 { Err(Untrustable::None) } else { Ok(()) }
    }

    /// Bytes of all certificates.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// Whether the signer's certificate, the first of `certificates`, leads to a trusted one through the
    /// others, all of them valid at the time of signing (seconds of the epoch) and for signing. Whether
    /// one was revoked is not known here: nothing is fetched.
    pub(super) fn covers(&self, certificates: &[Vec<u8>], time: i64) -> bool {
        let Some((signer, others)) = certificates.split_first() else { return false };
        let Some(own) = Element::first(signer).and_then(|(whole, _)| Certificate::parse(whole)) else {
            return false;
        };
        if !own.may_sign() || !own.valid_at(time) {
            return false;
        }
        // trusted itself: its own issuer perhaps, which no path leads to
        self.0.contains(signer) || self.chain(signer, others, time).is_ok()
    }

    fn chain(&self, signer: &[u8], others: &[Vec<u8>], time: i64) -> Result<(), Error> {
        let trusted: Vec<CertificateDer<'_>> = self.0.iter().map(|one| one.as_slice().into()).collect();
        let anchors = trusted.iter().map(webpki::anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>()?;
        let others: Vec<CertificateDer<'_>> = others.iter().map(|one| one.as_slice().into()).collect();
        let signer = CertificateDer::from(signer);
        let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time).unwrap_or(0)));
        let algorithms = ALL_VERIFICATION_ALGS;
        EndEntityCert::try_from(&signer)?
            .verify_for_usage(algorithms, &anchors, &others, time, Purpose, None, None)
            .map(|_| ())
    }
}

/// Any of `PURPOSES`, or none said.
struct Purpose;

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut silent = true;
        for purpose in purposes {
            silent = false;
            if PURPOSES.contains(&purpose?.to_decoded_oid().as_slice()) {
                return Ok(());
            }
        }
        // which error is of no matter: it is only asked whether there is one
        if silent { Ok(()) } else { Err(Error::EmptyEkuExtension) }
    }
}

mod base64_list {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(list: &[Vec<u8>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(|one| STANDARD.encode(one)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| STANDARD.decode(text).map_err(D::Error::custom)).collect()
    }
}
