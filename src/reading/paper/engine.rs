//! The recognition engine, Tesseract, as an outside program: pictures of lines on its standard input
//! (one TIFF of many pages), words with places on its standard output (TSV). It is given no file,
//! and what it is fed is written here, never a stranger's bytes.

use super::picture::{Grey, float, whole};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// What a line's words may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    Any,
    /// Digits with what parts them.
    Digits,
    /// What e-mail addresses and domain names are made of.
    Address,
    /// What names are made of: letters, and what holds them together.
    Name,
}

/// The network that reads: they were trained apart, and where they agree they are rarely both wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tongue {
    French,
    English,
}

/// How a call of the engine is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    pub tongue: Tongue,
    pub alphabet: Alphabet,
}

impl Manner {
    pub const PLAIN: Self = Self { tongue: Tongue::French, alphabet: Alphabet::Any };
    pub const SECOND: Self = Self { tongue: Tongue::English, alphabet: Alphabet::Any };
    pub const ADDRESS: Self = Self { tongue: Tongue::English, alphabet: Alphabet::Address };
    pub const DIGITS: Self = Self { tongue: Tongue::English, alphabet: Alphabet::Digits };
    pub const NAME: Self = Self { tongue: Tongue::French, alphabet: Alphabet::Name };

    /// The program's arguments: each page of the input is one line of text; the dictionaries, which
    /// would make words of names and numbers, are left out.
    #[must_use]
    pub fn arguments(self) -> Vec<&'static str> {
        let tongue = match self.tongue {
            Tongue::French => "fra",
            Tongue::English => "eng",
        };
        let mut all = vec!["-", "-", "-l", tongue, "--psm", "7", "--oem", "1", "--dpi", "300"];
        // what is read is dark on light already
        for off in ["load_system_dawg=0", "load_freq_dawg=0", "tessedit_do_invert=0"] {
            all.extend(["-c", off]);
        }
        match self.alphabet {
            Alphabet::Any => {}
            Alphabet::Digits => all.extend(["-c", "tessedit_char_whitelist=0123456789 .-/+()"]),
            Alphabet::Address => all.extend([
                "-c",
                "tessedit_char_whitelist=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_+",
            ]),
            Alphabet::Name => all.extend([
                "-c",
                "tessedit_char_whitelist=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\
                 àâäçéèêëîïñôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ '-.",
            ]),
        }
        all.extend(["-c", "tessedit_create_tsv=1"]);
        all
    }
}

/// The program.
pub const PROGRAM: &str = "tesseract";
/// One thread: the cores belong to the messages.
pub const ONE_THREAD: (&str, &str) = ("OMP_THREAD_LIMIT", "1");

/// Why nothing was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// The program, or its data for French or English, is not installed.
    Missing,
    /// It failed, or the message's allowance of time or pictures is used up.
    Failed,
}

/// Reads pictures of lines.
pub trait Engine {
    /// Asked before the first picture of paper is drawn: whether paper is read here at all.
    ///
    /// # Errors
    /// When it is not: then nothing is drawn, and nothing asked.
    fn begin(&mut self) -> Result<(), Silence> {
        Ok(())
    }

    /// The TSV for some lines, a page each.
    ///
    /// # Errors
    /// When there is no engine, or it fails.
    fn tsv(&mut self, manner: Manner, lines: &[&Grey]) -> Result<Vec<u8>, Silence>;
}

/// No engine: paper goes to a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEngine;

impl Engine for NoEngine {
    fn tsv(&mut self, _: Manner, _: &[&Grey]) -> Result<Vec<u8>, Silence> {
        Err(Silence::Missing)
    }
}

/// The program started from this process: for tests, and for reading one's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tesseract;

impl Engine for Tesseract {
    fn tsv(&mut self, manner: Manner, lines: &[&Grey]) -> Result<Vec<u8>, Silence> {
        let tiff = tiff(lines);
        let mut child = Command::new(PROGRAM)
            .args(manner.arguments())
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| Silence::Missing)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut tsv = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(&tiff)));
            if let Some(mut stdout) = stdout {
                let _ = stdout.read_to_end(&mut tsv);
            }
        });
        let ended = child.wait().map_err(|_| Silence::Failed)?;
        if ended.success() { Ok(tsv) } else { Err(Silence::Missing) }
    }
}

/// A word of a line, in pixels of its picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub text: String,
    pub x0: f32,
    pub y0: f32,
    pub x1: f32,
    pub y1: f32,
    /// The engine's own, 0 to 100.
    pub confidence: f32,
}

/// Reads lines of text, each a picture by itself; one list of words for each.
///
/// # Errors
/// When there is no engine, or it fails.
pub fn read(engine: &mut dyn Engine, manner: Manner, lines: &[&Grey]) -> Result<Vec<Vec<Token>>, Silence> {
    let mut out = vec![Vec::new(); lines.len()];
    if lines.is_empty() {
        return Ok(out);
    }
    let tsv = engine.tsv(manner, lines)?;
    for row in String::from_utf8_lossy(&tsv).lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [level, page, _, _, _, _, left, top, width, height, confidence, text] = cells.as_slice() else {
            continue;
        };
        let number = |cell: &str| cell.parse::<f32>().unwrap_or(0.0);
        let Some(list) = page.parse::<usize>().ok().and_then(|page| out.get_mut(page.checked_sub(1)?)) else {
            continue;
        };
        if *level == "5" && !text.trim().is_empty() {
            let (x0, y0) = (number(left), number(top));
            list.push(Token {
                text: text.trim().to_owned(),
                x0,
                y0,
                x1: x0 + number(width),
                y1: y0 + number(height),
                confidence: number(confidence),
            });
        }
    }
    Ok(out)
}

/// A grey TIFF of several pages, uncompressed (TIFF 6.0, part 1 and §4).
#[must_use]
pub fn tiff(pages: &[&Grey]) -> Vec<u8> {
    const ENTRIES: u32 = 9;
    // number of entries, entries of 12 bytes, place of the next directory
    const DIRECTORY: u32 = 2 + ENTRIES * 12 + 4;
    let mut out: Vec<u8> = b"II*\0\x08\0\0\0".to_vec();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (index, page) in pages.iter().enumerate() {
        let here = number(out.len());
        let size = number(page.pixels.len());
        let next = if index + 1 == pages.len() { 0 } else { here + DIRECTORY + size + size % 2 };
        let (width, height) = (number(page.width), number(page.height));
        // tag, type (3 short, 4 long), value
        let entries: [(u16, u16, u32); ENTRIES as usize] = [
            (256, 4, width),
            (257, 4, height),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, here + DIRECTORY),
            (277, 3, 1),
            (278, 4, height),
            (279, 4, size),
        ];
        out.extend(9u16.to_le_bytes());
        for (tag, kind, value) in entries {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(1u32.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        out.extend(next.to_le_bytes());
        out.extend(&page.pixels);
        if size % 2 == 1 {
            out.push(0);
        }
    }
    out
}

/// A line made as high as the networks like it, on a white margin; `condensed`: its letters so much
/// narrower than they are. `wanted`: how high its tall letters become, and how much white there is around, pixels.
/// Returns the factors, across and down, too.
#[must_use]
pub fn prepared(
    line: &Grey,
    text_height: f32,
    (wanted, margin): (f32, usize),
    condensed: f32,
) -> (Grey, (f32, f32)) {
    let factor = (wanted / text_height.max(1.0)).clamp(0.4, 4.0);
    let across = factor * condensed;
    let (width, height) = (whole(float(line.width) * across), whole(float(line.height) * factor));
    let resized = if factor < 0.6 {
        line.shrunk(2).resized(width.max(1), height.max(1))
    } else {
        line.resized(width.max(1), height.max(1))
    };
    (resized.framed(margin), (across, factor))
}
