//! Public files come in UTF-8 or in Latin-1, and do not say in which.

use std::borrow::Cow;
use std::io::{self, Read};

/// How a file's bytes mean letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Latin1,
}

impl Encoding {
    /// Looks through the whole file: letters beyond ASCII that are sound UTF-8 against bytes that are
    /// not. One broken letter does not make a file Latin-1.
    pub(super) fn of(mut file: impl Read) -> io::Result<Self> {
        let (mut sound, mut broken) = (0_u64, 0_u64);
        let mut buffer = vec![0_u8; 1 << 18];
        // the begun letter at the end of the block before
        let mut kept = 0;
        loop {
            let count = file.read(buffer.get_mut(kept..).unwrap_or_default())?;
            let block = buffer.get(..kept + count).unwrap_or_default();
            if count == 0 {
                broken += u64::from(!block.is_empty());
                break;
            }
            let mut rest = block;
            kept = loop {
                let (text, error) = match std::str::from_utf8(rest) {
                    Ok(text) => (text.as_bytes(), None),
                    Err(error) => (rest.get(..error.valid_up_to()).unwrap_or_default(), Some(error)),
                };
                // the first byte of a letter of several
                sound += text.iter().filter(|byte| **byte >= 0xc0).count() as u64;
                let Some(error) = error else { break 0 };
                let Some(length) = error.error_len() else { break rest.len() - error.valid_up_to() };
                broken += 1;
                rest = rest.get(error.valid_up_to() + length..).unwrap_or_default();
            };
            let from = block.len() - kept;
            buffer.copy_within(from..from + kept, 0);
        }
        Ok(if broken > sound { Self::Latin1 } else { Self::Utf8 })
    }

    /// A cell's text; `None` where the bytes are not of this encoding.
    pub(super) fn text(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Latin1 => Some(match std::str::from_utf8(bytes) {
                Ok(text) if text.is_ascii() => Cow::Borrowed(text),
                Ok(_) | Err(_) => bytes.iter().map(|byte| letter(*byte)).collect::<String>().into(),
            }),
        }
    }
}

/// Latin-1, with the letters that Windows-1252 puts where Latin-1 has none.
fn letter(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x8c => 'Œ',
        0x91 => '‘',
        0x92 => '’',
        0x96 => '–',
        0x9c => 'œ',
        0x9f => 'Ÿ',
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that hands out a byte at a time, so that letters are cut in two.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn the_encoding_is_told_from_the_whole_file() {
        let latin1 = b"h\xf4pital; caf\xe9 \xa0; \xc9vreux".as_slice();
        for (bytes, encoding) in [
            ("hôpital; café; Évreux – œuvre".as_bytes(), Encoding::Utf8),
            (latin1, Encoding::Latin1),
            (b"nothing but ASCII".as_slice(), Encoding::Utf8),
            (b"".as_slice(), Encoding::Utf8),
            // one letter is broken, or cut off at the end
            ([("éèêë").as_bytes(), b"\xe9 x"].concat().as_slice(), Encoding::Utf8),
            ([("éèêë").as_bytes(), b"\xc3"].concat().as_slice(), Encoding::Utf8),
        ] {
            assert_eq!(Encoding::of(bytes).unwrap(), encoding, "{bytes:?}");
            assert_eq!(Encoding::of(Drops(bytes)).unwrap(), encoding, "{bytes:?} in drops");
        }
        assert_eq!(Encoding::Latin1.text(b"C\x9cur de No\xebl").unwrap(), "Cœur de Noël");
        assert_eq!(Encoding::Utf8.text(b"No\xebl"), None);
    }
}
