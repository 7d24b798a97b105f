//! Pictures that cannot be a page of a form: logos and icons that mail programs attach.

use super::content::{Content, head};

/// A page of the form cannot be read with fewer pixels on its long side (A4 at 60 dpi).
const SMALLEST_PAGE: u32 = 700;

/// How far the size of a JPEG is looked for, bytes: behind previews and colour profiles.
const JPEG_HEAD: usize = 1 << 20;

/// Whether the picture surely has too few pixels to be a page. A size that cannot be read is not
/// too small.
pub(super) fn is_too_small(content: Content, bytes: &[u8]) -> bool {
    // The others are not used for logos.
    let size = if content == Content::Png {
        png(bytes)
    } else if content == Content::Gif {
        gif(bytes)
    } else if content == Content::Jpeg {
        jpeg(bytes)
    } else {
        None
    };
    size.is_some_and(|(width, height)| width.max(height) < SMALLEST_PAGE)
}

/// PNG §11.2.2: IHDR comes first.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((be32(bytes, 16)?, be32(bytes, 20)?))
}

/// `GIF89a` §18: the logical screen.
fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let at = |offset| Some(u32::from(u16::from_le_bytes(bytes.get(offset..offset + 2)?.try_into().ok()?)));
    Some((at(6)?, at(8)?))
}

/// ITU T.81 §B.2.2: the frame header, after any number of other segments.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = head(bytes, JPEG_HEAD).get(2..)?;
    loop {
        let marker = match *rest {
            [0xff, 0xff, ..] => {
                rest = rest.get(1..)?;
                continue;
            }
            [0xff, marker, ..] => marker,
            _ => return None,
        };
        // SOF0–SOF15 without DHT, JPG and DAC.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return Some((be16(rest, 7)?, be16(rest, 5)?));
        }
        let length = be16(rest, 2)? as usize;
        rest = rest.get(2 + length..)?;
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logos_are_too_small_and_pages_are_not() {
        let png = |width: u32, height: u32| {
            [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes()]
                .concat()
        };
        assert!(is_too_small(Content::Png, &png(240, 80)));
        assert!(!is_too_small(Content::Png, &png(1240, 1754)));
        assert!(is_too_small(Content::Gif, b"GIF89a\x40\x00\x20\x00"));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc0\0\x11\x08\x0d\xb4\x09\xb0";
        assert!(!is_too_small(Content::Jpeg, jpeg));
    }

    #[test]
    fn an_unreadable_size_is_not_too_small() {
        assert!(!is_too_small(Content::Jpeg, b"\xff\xd8\xff\xe0\xff\xff"));
        assert!(!is_too_small(Content::Png, b"\x89PNG"));
    }
}
