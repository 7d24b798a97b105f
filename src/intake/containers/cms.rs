//! Opaque S/MIME: the content inside a CMS signature (RFC 5652 §5). The signature is not verified,
//! it is only looked through. DER and BER: streaming signers write indefinite lengths.

use super::Trouble;

/// What a CMS object is around.
#[derive(Debug, PartialEq, Eq)]
pub enum Cms {
    Signed(Vec<u8>),
    /// A signature of something that stands elsewhere.
    Detached,
}

/// 1.2.840.113549.1.7, the arc of the content types.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PARTS: u8 = 0x24;
const EXPLICIT_0: u8 = 0xa0;

/// Nested elements whose end is looked for.
const DEEPEST: usize = 16;

pub fn open(bytes: &[u8]) -> Result<Cms, Trouble> {
    let mut outer = bytes;
    let mut info = expect(&mut outer, SEQUENCE).ok_or(Trouble::Damaged)?;
    let kind = expect(&mut info, OID).ok_or(Trouble::Damaged)?;
    match kind.strip_prefix(PKCS7) {
        Some([2]) => signed(info).ok_or(Trouble::Damaged),
        // envelopedData, encryptedData
        Some([3 | 6]) => Err(Trouble::Encrypted),
        _ => Err(Trouble::Unsupported),
    }
}

/// `SignedData`: version, digest algorithms, then the content's type and the content.
fn signed(mut info: &[u8]) -> Option<Cms> {
    let mut explicit = expect(&mut info, EXPLICIT_0)?;
    let mut data = expect(&mut explicit, SEQUENCE)?;
    expect(&mut data, INTEGER)?;
    expect(&mut data, SET)?;
    let mut encapsulated = expect(&mut data, SEQUENCE)?;
    expect(&mut encapsulated, OID)?;
    let Some(mut content) = expect(&mut encapsulated, EXPLICIT_0) else { return Some(Cms::Detached) };
    let mut out = Vec::new();
    octets(&mut content, &mut out, 0)?;
    Some(Cms::Signed(out))
}

/// An octet string, in one piece or (BER) in parts.
fn octets(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let (tag, mut inner) = element(rest, depth)?;
    match tag {
        OCTETS => out.extend(inner),
        OCTETS_IN_PARTS if depth < DEEPEST => {
            while !inner.is_empty() {
                octets(&mut inner, out, depth + 1)?;
            }
        }
        _ => return None,
    }
    Some(())
}

fn expect<'a>(rest: &mut &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    let mut after = *rest;
    let (tag, inner) = element(&mut after, 0)?;
    (tag == wanted).then(|| {
        *rest = after;
        inner
    })
}

/// One element: its tag (one byte; CMS has no others here) and content.
fn element<'a>(rest: &mut &'a [u8], depth: usize) -> Option<(u8, &'a [u8])> {
    let [tag, first, after @ ..] = *rest else { return None };
    if tag & 0x1f == 0x1f {
        return None;
    }
    let mut after = after;
    let inner = match first {
        0x80 => indefinite(&mut after, depth)?,
        short @ 0..0x80 => take(&mut after, usize::from(*short))?,
        long => {
            let length = take(&mut after, usize::from(long & 0x7f))?;
            let length = length
                .iter()
                .try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(usize::from(byte)))?;
            take(&mut after, length)?
        }
    };
    *rest = after;
    Some((*tag, inner))
}

/// Up to the two zero bytes that end it (X.690 §8.1.3.6).
fn indefinite<'a>(rest: &mut &'a [u8], depth: usize) -> Option<&'a [u8]> {
    if depth >= DEEPEST {
        return None;
    }
    let start = *rest;
    loop {
        if rest.starts_with(&[0, 0]) {
            let inner = start.get(..start.len() - rest.len());
            take(rest, 2)?;
            return inner;
        }
        element(rest, depth + 1)?;
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let inner = parts.concat();
        [&[tag, 0x82][..], &u16::try_from(inner.len()).unwrap().to_be_bytes(), &inner].concat()
    }

    fn ber(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        [&[tag, 0x80][..], &parts.concat(), &[0, 0]].concat()
    }

    fn object(kind: u8, wrap: fn(u8, &[&[u8]]) -> Vec<u8>, content: &[u8]) -> Vec<u8> {
        let oid = |kind: u8| [&[OID, 9][..], PKCS7, &[kind]].concat();
        let encapsulated = wrap(SEQUENCE, &[&oid(1), content]);
        let data =
            wrap(SEQUENCE, &[&[INTEGER, 1, 1], &der(SET, &[]), &encapsulated, &der(SET, &[b"signers"])]);
        wrap(SEQUENCE, &[&oid(kind), &wrap(EXPLICIT_0, &[&data])])
    }

    #[test]
    fn signed_content_is_looked_through() {
        let one = der(EXPLICIT_0, &[&der(OCTETS, &[b"Content-Type: text/plain\r\n"])]);
        assert_eq!(open(&object(2, der, &one)), Ok(Cms::Signed(b"Content-Type: text/plain\r\n".to_vec())));
        let parts = ber(
            EXPLICIT_0,
            &[&ber(OCTETS_IN_PARTS, &[&der(OCTETS, &[b"Content-"]), &der(OCTETS, &[b"Type"])])],
        );
        assert_eq!(open(&object(2, ber, &parts)), Ok(Cms::Signed(b"Content-Type".to_vec())));
    }

    #[test]
    fn a_detached_signature_holds_nothing() {
        assert_eq!(open(&object(2, der, &[])), Ok(Cms::Detached));
    }

    #[test]
    fn encrypted_and_broken_ones_are_told_apart() {
        assert_eq!(open(&object(3, der, &[])), Err(Trouble::Encrypted));
        assert_eq!(open(&object(5, der, &[])), Err(Trouble::Unsupported));
        let whole = object(2, ber, &ber(EXPLICIT_0, &[&der(OCTETS, &[b"x"])]));
        for length in 0..whole.len() {
            assert_eq!(open(&whole[..length]), Err(Trouble::Damaged), "{length}");
        }
        assert_eq!(open(&[0x30, 0x80].repeat(100_000)), Err(Trouble::Damaged));
    }
}
