//! The little of ASN.1 that signatures need: reading DER, and the BER some signers still write
//! (indefinite lengths, strings in pieces). Every length is checked; depth is limited.

/// Nested deeper than this is no signature.
const DEEPEST: usize = 32;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;

/// `[n]`, constructed.
pub(super) const fn context(n: u8) -> u8 {
    0xA0 | n
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// With its tag and length.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first element of `input` and what follows it.
    pub fn first(input: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Self::read(input, 0)
    }

    fn read(input: &'a [u8], depth: usize) -> Option<(Self, &'a [u8])> {
        let (&tag, rest) = input.split_first()?;
        // tags above 30 do not occur in what we read
        if depth > DEEPEST || tag & 0x1F == 0x1F {
            return None;
        }
        let (&length, rest) = rest.split_first()?;
        let (content, after) = match length {
            0..=0x7F => rest.split_at_checked(usize::from(length))?,
            0x80 if tag & 0x20 != 0 => return Self::indefinite(tag, input, rest, depth),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
                let length = bytes.iter().fold(0_usize, |sum, b| (sum << 8) | usize::from(*b));
                rest.split_at_checked(length)?
            }
            _ => return None,
        };
        let whole = input.get(..input.len() - after.len())?;
        Some((Self { tag, content, whole }, after))
    }

    /// Elements up to the end-of-contents mark.
    fn indefinite(tag: u8, input: &'a [u8], start: &'a [u8], depth: usize) -> Option<(Self, &'a [u8])> {
        let mut rest = start;
        loop {
            if let Some(after) = rest.strip_prefix(&[0, 0]) {
                let content = start.get(..start.len() - rest.len())?;
                let whole = input.get(..input.len() - after.len())?;
                return Some((Self { tag, content, whole }, after));
            }
            (_, rest) = Self::read(rest, depth + 1)?;
        }
    }

    /// The elements inside; what cannot be read ends them.
    pub fn children(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let mut rest = self.content;
        std::iter::from_fn(move || {
            let (element, after) = Element::first(rest)?;
            rest = after;
            Some(element)
        })
    }

    /// The first element inside with a tag.
    pub fn child(&self, tag: u8) -> Option<Element<'a>> {
        self.children().find(|child| child.tag == tag)
    }

    /// An octet string's bytes, put together where it comes in pieces.
    pub fn octets(&self) -> Option<Vec<u8>> {
        match self.tag {
            OCTETS => Some(self.content.to_vec()),
            0x24 => {
                self.children().map(|piece| piece.octets()).collect::<Option<Vec<_>>>().map(|p| p.concat())
            }
            _ => None,
        }
    }
}

/// A time, seconds of the epoch (X.690 §11.7, §11.8: in UTC, written `Z`; fractions are dropped).
pub(super) fn time(element: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let text = text.split(['.', ',']).next()?;
    let text = match element.tag {
        // two digits of the year: up to 49 this century (RFC 5280 §4.1.2.5.1)
        UTC_TIME if *text.as_bytes().first()? < b'5' => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    utc(&text)
}

/// `YYYYMMDDHHMMSS` in UTC, as seconds of the epoch.
pub(super) fn utc(text: &str) -> Option<i64> {
    let whole = text.len() == 14 && text.bytes().all(|digit| digit.is_ascii_digit());
    let when = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok().filter(|_| whole)?;
    Some(when.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_or_four_digits_of_the_year() {
        let of = |tag: u8, text: &[u8]| time(&Element { tag, content: text, whole: text });
        assert_eq!(of(UTC_TIME, b"261120093105Z"), Some(1_795_167_065));
        assert_eq!(of(GENERALIZED_TIME, b"20261120093105.5Z"), Some(1_795_167_065));
        assert_eq!(of(UTC_TIME, b"700101000000Z"), Some(0));
        for wrong in [&b"20261120093105"[..], b"20261320093105Z", b"2026Z", b"2026112009310+Z", b""] {
            assert_eq!(of(GENERALIZED_TIME, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_indefinite_length_ends_at_its_mark() {
        let bytes = [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0x07, 0x04, 0x01, 0x08, 0, 0, 0, 0, 0xFF];
        let (sequence, rest) = Element::first(&bytes).expect("readable");
        assert_eq!(rest, [0xFF]);
        let string = sequence.children().next().expect("a string inside");
        assert_eq!(string.octets(), Some(vec![7, 8]));
    }

    #[test]
    fn a_length_beyond_the_end_is_no_element() {
        assert!(Element::first(&[0x30, 0x05, 0x02]).is_none());
        assert!(Element::first(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x00]).is_none());
    }

    #[test]
    fn nesting_without_end_is_given_up() {
        let mut bytes = [0x30, 0x80].repeat(10_000);
        bytes.extend([0, 0].repeat(10_000));
        assert!(Element::first(&bytes).is_none());
    }
}
