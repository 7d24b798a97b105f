//! Picture files put together by hand.

use super::pdf::flate;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// CRC-32 of PNG chunks (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    })
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), &body[..], &crc(&body).to_be_bytes()].concat()
}

/// A PNG of one byte a pixel with any data; `before` are chunks before it.
pub fn png(width: u32, height: u32, before: &[([u8; 4], Vec<u8>)], data: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let mut file = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(*b"IHDR", &head)].concat();
    for (kind, data) in before {
        file.extend(chunk(*kind, data));
    }
    [file, chunk(*b"IDAT", data), chunk(*b"IEND", b"")].concat()
}

/// A PNG that declares little and unpacks to much.
pub fn png_bomb(unpacked: usize) -> Vec<u8> {
    let zeros = flate(&vec![0; unpacked]);
    let text = [b"Comment\0\0".as_slice(), &zeros].concat();
    let profile = [b"icc\0\0".as_slice(), &zeros].concat();
    png(800, 800, &[(*b"iCCP", profile), (*b"zTXt", text)], &zeros)
}

/// Grey stripes, as a real encoder writes them.
pub fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let stripes = |x: u32, y: u32| image::Rgb([u8::try_from((x * 7 + y * 3) % 256).unwrap(); 3]);
    let mut out = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, stripes));
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A JPEG that declares another size than it has (ITU-T T.81 §B.2.2).
pub fn jpeg_declaring(width: u16, height: u16) -> Vec<u8> {
    let mut file = encoded(800, 800, ImageFormat::Jpeg);
    let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// A lossless WebP that declares 16,383 × 16,383, nearly the most it can.
pub fn webp_declaring_much() -> Vec<u8> {
    let mut file = encoded(400, 400, ImageFormat::WebP);
    let data = file.windows(4).position(|tag| tag == b"VP8L").unwrap() + 9;
    let sides = 0x3FFE | 0x3FFE << 14u32;
    file[data..data + 4].copy_from_slice(&u32::to_le_bytes(sides));
    file
}

/// What a TIFF's directory says, and where the next one is; offsets are from the file's start.
pub struct Directory {
    pub width: u32,
    pub height: u32,
    /// Offset and length of its one strip.
    pub strip: (u32, u32),
    pub next: u32,
}

const TIFF_HEAD: u32 = 8;
/// Bytes of a directory as written here: nine entries.
pub const DIRECTORY: u32 = 2 + 9 * 12 + 4;

/// Where directory `n` stands.
pub fn directory(n: u32) -> u32 {
    TIFF_HEAD + n * DIRECTORY
}

/// A TIFF of one byte a pixel, not compressed, with these directories and then `data`.
pub fn tiff(directories: &[Directory], data: &[u8]) -> Vec<u8> {
    let mut file = [b"II*\0".as_slice(), &TIFF_HEAD.to_le_bytes()].concat();
    for one in directories {
        let entries: [(u16, u16, u32); 9] = [
            (256, 4, one.width),
            (257, 4, one.height),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, one.strip.0),
            (277, 3, 1),
            (278, 4, one.height),
            (279, 4, one.strip.1),
        ];
        file.extend(9u16.to_le_bytes());
        for (tag, kind, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend(one.next.to_le_bytes());
    }
    file.extend(data);
    file
}
