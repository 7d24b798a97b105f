//! What scanners and fax servers write into PDFs: pictures of one bit a pixel as CCITT group 4 and
//! as JBIG2. Written here, read by the reader's decoders, compared pixel by pixel; then the same cut,
//! bent and mislabelled.

use super::Said::{GivenUp, Paper};
use super::pdf::Pdf;
use super::{come_to, pdf};
use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use guichet::reading::paper::decode::{self, Refused};
use guichet::reading::paper::picture::Grey;

const WIDTH: u16 = 1240;
const HEIGHT: u16 = 1754;

/// Whether a place is black: lines of something like text, in a frame.
fn black(x: u16, y: u16) -> bool {
    let frame = x < 12 || y < 12 || x >= WIDTH - 12 || y >= HEIGHT - 12;
    let line = y % 40 < 22 && (u32::from(x) * 7 + u32::from(y / 40) * 131).is_multiple_of(5);
    frame || line && x > 100 && x < 1100
}

/// A frame and a bar: nothing that takes time to read.
fn plain(x: u16, y: u16) -> bool {
    !(12..WIDTH - 12).contains(&x) || !(12..HEIGHT - 12).contains(&y) || (300..330).contains(&y)
}

type Drawing = fn(u16, u16) -> bool;

/// ITU-T T.6, with its end mark.
fn g4(black: Drawing) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for y in 0..HEIGHT {
        let line = (0..WIDTH).map(|x| if black(x, y) { Color::Black } else { Color::White });
        encoder.encode_line(line, WIDTH).unwrap();
    }
    encoder.finish().unwrap().finish()
}

/// JBIG2 as PDFs embed it (ITU-T T.88 §7): a page and one lossless generic region.
fn jbig2(black: Drawing, mmr: bool) -> Vec<u8> {
    let size = [u32::from(WIDTH).to_be_bytes(), u32::from(HEIGHT).to_be_bytes()].concat();
    let page = [&size[..], &[0; 8], &[0, 0, 0]].concat();
    let place = [&size[..], &[0; 8], &[0]].concat();
    let region = if mmr {
        [&place[..], &[1], &g4(black)].concat()
    } else {
        // template 0 with its adaptive pixels where they usually are
        [&place[..], &[0, 3, 0xFF, 0xFD, 0xFF, 2, 0xFE, 0xFE, 0xFE], &arithmetic(black)].concat()
    };
    [segment(0, 48, &page), segment(1, 39, &region)].concat()
}

fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&number.to_be_bytes()[..], &[kind, 0, 1], &length, data].concat()
}

/// The generic region's pixels, arithmetically coded (T.88 §6.2.5.7, annex E).
fn arithmetic(black: Drawing) -> Vec<u8> {
    let mut coder = Coder { a: 0x8000, c: 0, ct: 12, out: vec![0] };
    let mut states = vec![(0usize, false); 1 << 16];
    let at = |x: i32, y: i32| {
        u16::try_from(x).is_ok_and(|x| x < WIDTH && u16::try_from(y).is_ok_and(|y| black(x, y)))
    };
    for y in 0..i32::from(HEIGHT) {
        for x in 0..i32::from(WIDTH) {
            let above = (-2..=2).map(|dx| at(x + dx, y - 2));
            let near = (-3..=3).map(|dx| at(x + dx, y - 1));
            let before = (-4..=-1).map(|dx| at(x + dx, y));
            let context = above.chain(near).chain(before).fold(0, |sum, bit| sum << 1 | usize::from(bit));
            coder.encode(&mut states[context], at(x, y));
        }
    }
    coder.finish()
}

/// The encoder of T.88 annex E.
struct Coder {
    a: u32,
    c: u32,
    ct: u32,
    out: Vec<u8>,
}

/// Estimate, next state after the likelier and the less likely symbol, whether they change places.
const STATES: [(u32, usize, usize, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 2, 6, false),
    (0x1801, 3, 9, false),
    (0x0AC1, 4, 12, false),
    (0x0521, 5, 29, false),
    (0x0221, 38, 33, false),
    (0x5601, 7, 6, true),
    (0x5401, 8, 14, false),
    (0x4801, 9, 14, false),
    (0x3801, 10, 14, false),
    (0x3001, 11, 17, false),
    (0x2401, 12, 18, false),
    (0x1C01, 13, 20, false),
    (0x1601, 29, 21, false),
    (0x5601, 15, 14, true),
    (0x5401, 16, 14, false),
    (0x5101, 17, 15, false),
    (0x4801, 18, 16, false),
    (0x3801, 19, 17, false),
    (0x3401, 20, 18, false),
    (0x3001, 21, 19, false),
    (0x2801, 22, 19, false),
    (0x2401, 23, 20, false),
    (0x2201, 24, 21, false),
    (0x1C01, 25, 22, false),
    (0x1801, 26, 23, false),
    (0x1601, 27, 24, false),
    (0x1401, 28, 25, false),
    (0x1201, 29, 26, false),
    (0x1101, 30, 27, false),
    (0x0AC1, 31, 28, false),
    (0x09C1, 32, 29, false),
    (0x08A1, 33, 30, false),
    (0x0521, 34, 31, false),
    (0x0441, 35, 32, false),
    (0x02A1, 36, 33, false),
    (0x0221, 37, 34, false),
    (0x0141, 38, 35, false),
    (0x0111, 39, 36, false),
    (0x0085, 40, 37, false),
    (0x0049, 41, 38, false),
    (0x0025, 42, 39, false),
    (0x0015, 43, 40, false),
    (0x0009, 44, 41, false),
    (0x0005, 45, 42, false),
    (0x0001, 45, 43, false),
    (0x5601, 46, 46, false),
];

impl Coder {
    fn encode(&mut self, state: &mut (usize, bool), bit: bool) {
        let (estimate, likelier, less, switch) = STATES[state.0];
        self.a -= estimate;
        if bit == state.1 {
            if self.a & 0x8000 != 0 {
                self.c += estimate;
                return;
            }
            if self.a < estimate {
                self.a = estimate;
            } else {
                self.c += estimate;
            }
            state.0 = likelier;
        } else {
            if self.a < estimate {
                self.c += estimate;
            } else {
                self.a = estimate;
            }
            *state = (less, state.1 ^ switch);
        }
        while self.a & 0x8000 == 0 {
            self.a <<= 1;
            self.c <<= 1;
            self.ct -= 1;
            if self.ct == 0 {
                self.byte_out();
            }
        }
    }

    fn byte_out(&mut self) {
        let carry = self.c >= 0x800_0000 && self.out.last() != Some(&0xFF);
        if carry {
            *self.out.last_mut().unwrap() += 1;
        }
        if self.out.last() == Some(&0xFF) {
            if carry {
                self.c &= 0x7FF_FFFF;
            }
            self.out.push(u8::try_from(self.c >> 20).unwrap());
            (self.c, self.ct) = (self.c & 0xF_FFFF, 7);
        } else {
            self.out.push(u8::try_from(self.c >> 19 & 0xFF).unwrap());
            (self.c, self.ct) = (self.c & 0x7_FFFF, 8);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let most = self.c + self.a;
        self.c |= 0xFFFF;
        if self.c >= most {
            self.c -= 0x8000;
        }
        for _ in 0..2 {
            self.c <<= self.ct;
            self.byte_out();
        }
        [&self.out[1..], &[0xFF, 0xAC]].concat()
    }
}

fn scan(dict: &str, data: &[u8]) -> Vec<u8> {
    let size = format!("/Width {WIDTH}/Height {HEIGHT}/ColorSpace/DeviceGray/BitsPerComponent 1 {dict}");
    Pdf::default().one_picture(&size, data)
}

fn group4(parameters: &str) -> String {
    format!("/Filter/CCITTFaxDecode/DecodeParms<<{parameters}>>")
}

/// The page as its reader sees it.
pub fn seen(file: &[u8]) -> Result<Grey, Refused> {
    let pdf = hayro_syntax::Pdf::new(file.to_vec()).unwrap();
    decode::page(&pdf.pages()[0], &pdf)
}

/// How much of what was drawn is seen where it was: 1 is all of it.
fn likeness(file: &[u8]) -> f64 {
    let page = seen(file).unwrap();
    let (mut same, mut all) = (0u32, 0u32);
    for y in (3..HEIGHT - 3).step_by(7) {
        for x in (3..WIDTH - 3).step_by(5) {
            let to = |n: u16, of: u16, size: usize| {
                usize::from(n) * size / usize::from(of) + size / usize::from(of) / 2
            };
            let dark = page.at(to(x, WIDTH, page.width), to(y, HEIGHT, page.height)) < 128;
            all += 1;
            same += u32::from(dark == black(x, y));
        }
    }
    f64::from(same) / f64::from(all)
}

#[test]
fn what_scanners_write_is_seen_as_it_was() {
    let g4 = g4(black);
    let size = format!("/K -1/Columns {WIDTH}/Rows {HEIGHT}");
    for (name, file) in [
        ("group 4", scan(&group4(&size), &g4)),
        ("group 4 without rows", scan(&group4(&format!("/K -1/Columns {WIDTH}")), &g4)),
        ("group 4 without its end mark", scan(&group4(&size), &g4[..g4.len() - 3])),
        ("JBIG2, arithmetic", scan("/Filter/JBIG2Decode", &jbig2(black, false))),
        ("JBIG2, MMR", scan("/Filter/JBIG2Decode", &jbig2(black, true))),
    ] {
        let like = likeness(&file);
        assert!(like > 0.99, "{name}: {like}");
    }
}

#[tokio::test]
async fn scans_of_one_bit_that_are_cut_bent_or_mislabelled() {
    let (fax, size) = (g4(plain), format!("/K -1/Columns {WIDTH}/Rows {HEIGHT}"));
    let half = &fax[..fax.len() / 2];
    let jbig2 = jbig2(plain, false);
    let with = |parameters: &str, data: &[u8]| scan(&group4(parameters), data);
    come_to(vec![
        pdf("group 4, cut", with(&size, half), Paper),
        pdf("group 4, of nothing", with(&size, b""), Paper),
        pdf("group 4, called group 3", with(&format!("/K 0/Columns {WIDTH}"), &fax), Paper),
        pdf("group 4, called group 3 in two dimensions", with(&format!("/K 4/Columns {WIDTH}"), &fax), Paper),
        pdf("group 4, columns of somebody else", with("/K -1/Columns 77/Rows 1000000000", &fax), Paper),
        pdf("group 4, columns without end", with("/K -1/Columns 4294967295/Rows 4294967295", &fax), GivenUp),
        pdf("group 4, no columns", with("/K -1/Columns 0/Rows 0", &fax), Paper),
        pdf("group 4, columns of less than nothing", with("/K -1/Columns -5/Rows -5", &fax), Paper),
        pdf("JBIG2, cut", scan("/Filter/JBIG2Decode", &jbig2[..jbig2.len() / 2]), Paper),
        pdf("JBIG2, of nothing", scan("/Filter/JBIG2Decode", b""), Paper),
        pdf(
            "JBIG2, globals that are missing",
            scan("/Filter/JBIG2Decode/DecodeParms<</JBIG2Globals 99 0 R>>", &jbig2),
            Paper,
        ),
        pdf("JBIG2, a page of 4 × 4 thousand million", scan("/Filter/JBIG2Decode", &without_end()), Paper),
    ])
    .await;
}

/// A page and a region that declare all they can.
fn without_end() -> Vec<u8> {
    let page = [&[0xFF; 8][..], &[0; 8], &[0, 0, 0]].concat();
    let region = [&[0xFF; 8][..], &[0; 8], &[0, 0, 3, 0xFF, 0xFD, 0xFF, 2, 0xFE, 0xFE, 0xFE, 7]].concat();
    [segment(0, 48, &page), segment(1, 39, &region)].concat()
}
