//! Time stamps over a signature (RFC 3161, `signatureTimeStampToken` of RFC 5126): somebody else says
//! that the signature was there at a time.

use super::cms::Signed;
use super::der::{Element, GENERALIZED_TIME, OCTETS, OID, SEQUENCE, time};
use super::keys::Hash;

/// id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4
const TST_INFO: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04];

/// The time of a token over a signature's value, seconds of the epoch; `None` where it is not sound or
/// is about something else. Who made it is not asked: it is a better word than the signer's own, no more.
pub(super) fn stamped(token: &[u8], value: &[u8]) -> Option<i64> {
    let token = Signed::parse(token).filter(|token| token.content_type == TST_INFO)?;
    let content = token.content.as_deref()?;
    token.verify_over(&[content]).ok()?;
    let (info, _) = Element::first(content)?;
    let imprint = info.child(SEQUENCE)?;
    let hash = Hash::of_oid(imprint.child(SEQUENCE)?.child(OID)?.content)?;
    let about = imprint.child(OCTETS)?.content == hash.digest(&[value]).as_ref();
    about.then(|| time(&info.child(GENERALIZED_TIME)?)).flatten()
}
