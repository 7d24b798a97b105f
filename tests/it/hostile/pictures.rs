//! Pictures as attachments and in PDFs: too large, cut short, lying about themselves.

use super::Said::{Damaged, Paper, TooLarge, Unsupported};
use super::bilevel::seen;
use super::pdf::{Pdf, flate};
use super::picture::{
    DIRECTORY, Directory, directory, encoded, jpeg_declaring, png, png_bomb, tiff, webp_declaring_much,
};
use super::{come_to, file, pdf};
use image::ImageFormat;

#[tokio::test]
async fn more_pixels_than_are_decoded() {
    let one = |next| Directory { width: 30_000, height: 30_000, strip: (8, 900_000_000), next };
    come_to(vec![
        file("a.png", "PNG", png(30_000, 30_000, &[], &flate(&[0; 100])), TooLarge),
        file("a.jpg", "JPEG", jpeg_declaring(30_000, 30_000), TooLarge),
        file("a.webp", "WebP", webp_declaring_much(), TooLarge),
        file("a.tif", "TIFF", tiff(&[one(0)], b""), TooLarge),
    ])
    .await;
}

#[tokio::test]
async fn bombs_and_lies() {
    // smaller ones are taken for logos
    let short = encoded(800, 800, ImageFormat::Png);
    let jpeg = encoded(800, 800, ImageFormat::Jpeg);
    let webp = encoded(800, 800, ImageFormat::WebP);
    come_to(vec![
        file("a.png", "300 KB that unpack to 300 MiB", png_bomb(100 << 20), Paper),
        file("a.png", "cut in the middle", short[..short.len() / 2].to_vec(), Paper),
        file("a.png", "a head only", short[..33].to_vec(), Paper),
        file("a.png", "no width", png(0, 800, &[], &flate(&[0; 100])), Paper),
        file("a.jpg", "cut in the middle", jpeg[..jpeg.len() / 2].to_vec(), Paper),
        file("a.jpg", "a head only", jpeg[..200].to_vec(), Paper),
        file("a.webp", "cut", webp[..webp.len() / 2].to_vec(), Paper),
        file("a.gif", "GIF", b"GIF89a\xFF\xFF\xFF\xFF\xF7\0\0".to_vec(), Unsupported),
        file("a.bmp", "BMP", [b"BM".as_slice(), &[0xFF; 52]].concat(), Unsupported),
        file("a.heic", "HEIC", [b"\0\0\0\x18ftypheic".as_slice(), &[0; 64]].concat(), Unsupported),
    ])
    .await;
}

#[tokio::test]
async fn chains_of_tiff_pages() {
    let at = |next| Directory { width: 800, height: 800, strip: (directory(2), 640_000), next };
    let grey = vec![255; 640_000];
    let many: Vec<Directory> = (1..=65_000).map(|n| at(if n < 65_000 { directory(n) } else { 0 })).collect();
    let strip = |offset, length| tiff(&[Directory { strip: (offset, length), ..at(0) }], &grey);
    come_to(vec![
        file("a.tif", "a page that follows itself", tiff(&[at(directory(0))], &grey), Paper),
        file(
            "a.tif",
            "two that follow each other",
            tiff(&[at(directory(1)), at(directory(0))], &grey),
            Paper,
        ),
        file("a.tif", "65,000 pages", tiff(&many, &grey), TooLarge),
        file("a.tif", "a next page beyond the end", tiff(&[at(u32::MAX)], &grey), Paper),
        file("a.tif", "a strip beyond the end", strip(u32::MAX - DIRECTORY, 640_000), Paper),
        file("a.tif", "a strip of 4 GiB", strip(directory(1), u32::MAX), Paper),
        file("a.tif", "a strip of nothing", strip(directory(1), 0), Paper),
        file("a.tif", "a head only", b"II*\0\x08\0\0\0".to_vec(), Paper),
    ])
    .await;
}

fn scan(dict: &str, data: &[u8]) -> Vec<u8> {
    Pdf::default()
        .one_picture(&format!("/Width 400/Height 400/ColorSpace/DeviceRGB/BitsPerComponent 8 {dict}"), data)
}

#[tokio::test]
async fn scans_that_cannot_be_decoded() {
    let jpeg = encoded(400, 400, ImageFormat::Jpeg);
    let half = &jpeg[..jpeg.len() / 2];
    let jpx = include_bytes!("board.jp2");
    come_to(vec![
        pdf("a JPEG cut in the middle", scan("/Filter/DCTDecode", half), Paper),
        pdf("a JPEG of nothing", scan("/Filter/DCTDecode", b""), Paper),
        pdf(
            "a JPEG that declares 30,000 × 30,000",
            scan("/Filter/DCTDecode", &jpeg_declaring(30_000, 30_000)),
            Paper,
        ),
        pdf("a JPEG 2000 cut in the middle", scan("/Filter/JPXDecode", &jpx[..jpx.len() / 2]), Paper),
        pdf("a JPEG 2000 of nothing", scan("/Filter/JPXDecode", b"\0\0\0\x0CjP  "), Paper),
        pdf("a filter nobody knows", scan("/Filter/Secret", b"x"), Paper),
        pdf("a hundred filters", scan(&format!("/Filter[{}]", "/ASCIIHexDecode".repeat(100)), b"00>"), Paper),
        pdf(
            "a file cut in its picture",
            scan("/Filter/DCTDecode", &jpeg)[..jpeg.len() / 2].to_vec(),
            Damaged,
        ),
    ])
    .await;
}

#[test]
fn a_jpeg_2000_is_seen_as_it_was() {
    // a board of squares of 40 × 40 pixels, 620 × 877 in all, the first one dark
    let dict = "/Width 620/Height 877/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/JPXDecode";
    let page = seen(&Pdf::default().one_picture(dict, include_bytes!("board.jp2"))).unwrap();
    for row in 0..21 {
        for column in 0..15 {
            let (x, y) = ((column * 40 + 20) * page.width / 620, (row * 40 + 20) * page.height / 877);
            assert_eq!(page.at(x, y) < 128, (row + column) % 2 == 0, "{row} {column}");
        }
    }
}
