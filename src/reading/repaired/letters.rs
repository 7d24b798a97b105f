//! What the fields of a copy look like: typed words, ticks, frames. Drawn for every field, so that
//! viewers that do not draw values themselves (`NeedAppearances`) show them as well.

use super::fields::Text;
use super::fonts::{Fonts, runs, wide};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization as _;

/// Smallest and largest size of words whose size is left to the viewer, points.
const SMALLEST: f32 = 4.0;
const LARGEST: f32 = 11.0;
/// From the edge of a box to its words, points.
const MARGIN: f32 = 2.0;
/// From line to line, sizes.
const LEADING: f32 = 1.15;
/// Letters of a value that are drawn.
const MOST_LETTERS: usize = 4_000;

/// How a field's words are typed: its default appearance and flags.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Style {
    /// Points; 0 leaves it to the viewer.
    pub size: f32,
    /// Operators that set the colour.
    pub colour: String,
    pub multiline: bool,
    /// One letter a cell, so many of them.
    pub comb: Option<usize>,
    /// 0 left, 1 middle, 2 right (`/Q`).
    pub side: i64,
}

impl Style {
    /// Size and colour of a default appearance string; its font is always Helvetica here.
    pub fn of(default_appearance: &[u8]) -> Self {
        let text = String::from_utf8_lossy(default_appearance).into_owned();
        let words: Vec<&str> = text.split_whitespace().take(100).collect();
        let number = |word: &&str| word.parse::<f32>().ok().filter(|n| n.is_finite());
        let mut style = Self { colour: "0 g".to_owned(), ..Self::default() };
        for (at, word) in words.iter().enumerate() {
            let operands = |count: usize| {
                let before = words.get(at.checked_sub(count)?..at)?;
                before.iter().map(number).collect::<Option<Vec<f32>>>()
            };
            let count = match *word {
                "Tf" => {
                    let size = operands(1).and_then(|n| n.first().copied());
                    style.size = size.filter(|size| (1.0..=72.0).contains(size)).unwrap_or(0.0);
                    continue;
                }
                "g" => 1,
                "rg" => 3,
                "k" => 4,
                _ => continue,
            };
            if let Some(numbers) = operands(count) {
                style.colour = numbers.iter().fold(String::new(), |all, n| format!("{all}{n} ")) + word;
            }
        }
        style
    }

    pub fn default_appearance(&self) -> Object {
        Object::string_literal(format!("/Helv {} Tf {}", self.size, self.colour))
    }
}

/// By how many degrees (0, 90, 180, 270) what is upright on the page as displayed is turned
/// counterclockwise in the page's own coordinates.
pub(super) fn quarter(displayed: [f32; 6]) -> u16 {
    let [a, b, ..] = displayed;
    match (a.abs() >= b.abs(), a < 0.0, b < 0.0) {
        (true, false, _) => 0,
        (true, true, _) => 180,
        (false, _, false) => 90,
        (false, _, true) => 270,
    }
}

/// A text string (ISO 32000-2 §7.9.2.2): ASCII as it is, all else in UTF-16.
pub(super) fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::string_literal(text);
    }
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// A widget's room: its size as people see it, the matrix that turns it, its frame and background.
struct Room {
    width: f32,
    height: f32,
    matrix: [f32; 6],
    /// Operators that paint what is behind the words.
    behind: String,
}

impl Room {
    fn of(to: &Document, widget: ObjectId, round: bool) -> Option<Self> {
        let dict = to.get_dictionary(widget).ok()?;
        let rect: Vec<f32> =
            dict.get(b"Rect").ok()?.as_array().ok()?.iter().filter_map(|n| n.as_float().ok()).collect();
        let [x0, y0, x1, y1] = *rect.as_array()?;
        let (w, h) = (x1 - x0, y1 - y0);
        let frame = dict.get(b"MK").ok().and_then(|frame| frame.as_dict().ok());
        let turned = frame.and_then(|frame| frame.get(b"R").ok()?.as_i64().ok()).unwrap_or(0).rem_euclid(360);
        let (width, height, matrix) = match turned {
            90 => (h, w, [0.0, 1.0, -1.0, 0.0, w, 0.0]),
            180 => (w, h, [-1.0, 0.0, 0.0, -1.0, w, h]),
            270 => (h, w, [0.0, -1.0, 1.0, 0.0, 0.0, h]),
            _ => (w, h, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        };
        let colour = |key: &[u8], operators: [&str; 3]| -> Option<String> {
            let list = frame?.get(key).ok()?.as_array().ok()?;
            let numbers: Vec<f32> = list.iter().filter_map(|n| n.as_float().ok()).collect();
            let operator = match numbers.len() {
                1 => operators[0],
                3 => operators[1],
                4 => operators[2],
                _ => return None,
            };
            Some(numbers.iter().fold(String::new(), |all, n| format!("{all}{n} ")) + operator)
        };
        let pen = dict.get(b"BS").and_then(Object::as_dict).and_then(|border| border.get(b"W"));
        let pen = pen.and_then(Object::as_float).unwrap_or(1.0).clamp(0.0, 3.0);
        let shape = |inset: f32| {
            if round {
                circle(width / 2.0, height / 2.0, (width.min(height) / 2.0 - inset).max(0.1))
            } else {
                format!("{inset} {inset} {} {} re ", width - 2.0 * inset, height - 2.0 * inset)
            }
        };
        let mut behind = String::new();
        if let Some(fill) = colour(b"BG", ["g", "rg", "k"]) {
            let _ = writeln!(behind, "q {fill} {}f Q", shape(0.0));
        }
        if let Some(stroke) = colour(b"BC", ["G", "RG", "K"]).filter(|_| pen > 0.0) {
            let _ = writeln!(behind, "q {stroke} {pen} w {}S Q", shape(pen / 2.0));
        }
        Some(Self { width, height, matrix, behind })
    }

    fn drawing(&self, content: String, resources: Option<Dictionary>) -> Stream {
        let mut dict = dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), self.width.into(), self.height.into()],
            "Matrix" => self.matrix.map(Object::from).to_vec(),
        };
        dict.set("Resources", resources.unwrap_or_default());
        Stream::new(dict, content.into_bytes()).with_compression(false)
    }
}

/// A circle of four curves.
pub(super) fn circle(x: f32, y: f32, r: f32) -> String {
    let k = 0.5523 * r;
    format!(
        "{} {y} m {} {} {} {} {x} {} c {} {} {} {} {} {y} c {} {} {} {} {x} {} c {} {} {} {} {} {y} c h ",
        x + r,
        x + r,
        y + k,
        x + k,
        y + r,
        y + r,
        x - k,
        y + r,
        x - r,
        y + k,
        x - r,
        x - r,
        y - k,
        x - k,
        y - r,
        y - r,
        x + k,
        y - r,
        x + r,
        y - k,
        x + r,
    )
}

/// The words of a field in its box.
pub(super) fn text(to: &Document, fonts: &mut Fonts, widget: ObjectId, text: &Text) -> Option<Stream> {
    let room = Room::of(to, widget, false)?;
    let style = &text.style;
    let value: String = text.value.nfc().take(MOST_LETTERS).collect();
    let value = value.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let mut content = room.behind.clone();
    if value.trim().is_empty() {
        return Some(room.drawing(content, None));
    }
    let across = (room.width - 2.0 * MARGIN).max(1.0);
    // size, then each line: where it begins, and its letters
    let (size, lines): (f32, Vec<(f32, f32, Vec<(bool, u8, u16)>)>) = if let Some(cells) = style.comb {
        let letters = fonts.letters(&value);
        let cell = room.width / count(cells.max(letters.len()));
        let size = if style.size > 0.0 { style.size } else { (room.height * 0.7).clamp(SMALLEST, LARGEST) };
        let size = size.min(cell * 1.6).min(room.height);
        let y = (room.height - 0.72 * size) / 2.0;
        let place = |(at, letter): (usize, &(bool, u8, u16))| {
            let x = (count(at) + 0.5) * cell - wide(&[*letter]) * size / 2.0;
            (x, y, vec![*letter])
        };
        (size, letters.iter().enumerate().map(place).collect())
    } else {
        let (size, lines) = fitted(fonts, &value, style, across, room.height);
        let top = if style.multiline {
            room.height - MARGIN - 0.9 * size
        } else {
            (room.height - 0.72 * size) / 2.0
        };
        let place = |(at, letters): (usize, Vec<(bool, u8, u16)>)| {
            let free = (across - wide(&letters) * size).max(0.0);
            let x = MARGIN
                + match style.side {
                    1 => free / 2.0,
                    2 => free,
                    _ => 0.0,
                };
            (x, top - count(at) * size * LEADING, letters)
        };
        (size, lines.into_iter().enumerate().map(place).collect())
    };
    let _ = write!(content, "/Tx BMC q 0 0 {} {} re W n BT {} ", room.width, room.height, style.colour);
    for (x, y, letters) in &lines {
        let _ = write!(content, "1 0 0 1 {x:.2} {y:.2} Tm ");
        for run in runs(letters) {
            let font = if run.other { "Other" } else { "Helv" };
            let _ = write!(content, "/{font} {size} Tf <");
            for byte in run.bytes {
                let _ = write!(content, "{byte:02X}");
            }
            content.push_str("> Tj ");
        }
    }
    content.push_str("ET Q EMC");
    Some(room.drawing(content, Some(fonts.resources())))
}

/// The size at which a value fits its box, and its lines then. The size the field names is only left
/// where the words would be cut off.
fn fitted(
    fonts: &mut Fonts,
    value: &str,
    style: &Style,
    across: f32,
    height: f32,
) -> (f32, Vec<Vec<(bool, u8, u16)>>) {
    let mut size = if style.size > 0.0 {
        style.size
    } else if style.multiline {
        LARGEST.min(height * 0.7).max(SMALLEST)
    } else {
        (height * 0.7).clamp(SMALLEST, LARGEST)
    };
    loop {
        let lines = if style.multiline {
            wrapped(fonts, value, across / size)
        } else {
            vec![fonts.letters(&value.replace('\n', " "))]
        };
        let low = if style.multiline { count(lines.len()) * size * LEADING + MARGIN } else { size };
        let broad = lines.iter().map(|line| wide(line) * size).fold(0.0, f32::max);
        if low <= height.max(size) && broad <= across + 0.1 || size <= SMALLEST {
            return (size, lines);
        }
        size = (size - 0.25).max(SMALLEST);
    }
}

/// Lines no wider than `most` sizes, parted between words, and within words that are wider.
fn wrapped(fonts: &mut Fonts, value: &str, most: f32) -> Vec<Vec<(bool, u8, u16)>> {
    let mut lines = Vec::new();
    for line in value.split('\n') {
        let mut now: Vec<(bool, u8, u16)> = Vec::new();
        for word in line.split(' ') {
            let letters = fonts.letters(word);
            let space = if now.is_empty() { 0.0 } else { 0.278 };
            if !now.is_empty() && wide(&now) + space + wide(&letters) > most {
                lines.push(std::mem::take(&mut now));
            } else if !now.is_empty() {
                now.extend(fonts.letters(" "));
            }
            for letter in letters {
                if !now.is_empty() && wide(&now) + wide(&[letter]) > most {
                    lines.push(std::mem::take(&mut now));
                }
                now.push(letter);
            }
        }
        lines.push(now);
    }
    lines
}

/// A place that nothing is written in: its frame.
pub(super) fn nothing(to: &Document, widget: ObjectId) -> Option<Stream> {
    let room = Room::of(to, widget, false)?;
    Some(room.drawing(room.behind.clone(), None))
}

/// A box to tick, ticked and not.
pub(super) fn button(to: &Document, widget: ObjectId, round: bool) -> Option<(Stream, Stream)> {
    let room = Room::of(to, widget, round)?;
    let (w, h) = (room.width, room.height);
    let tick = if round {
        format!("q 0 g {}f Q", circle(w / 2.0, h / 2.0, w.min(h) * 0.27))
    } else {
        let (a, b) = (0.22, 0.78);
        let pen = (w.min(h) * 0.13).clamp(0.6, 2.0);
        format!(
            "q 0 G {pen} w 1 J {} {} m {} {} l S {} {} m {} {} l S Q",
            a * w,
            a * h,
            b * w,
            b * h,
            a * w,
            b * h,
            b * w,
            a * h
        )
    };
    let on = room.drawing(format!("{}{tick}", room.behind), None);
    let off = room.drawing(room.behind.clone(), None);
    Some((on, off))
}

fn count(number: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "letters and lines of a field")]
    let number = number as f32;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_colour_come_from_the_default_appearance() {
        let style = Style::of(b"/TiRo 9 Tf .1 .2 0 rg");
        assert_eq!((style.size, style.colour.as_str()), (9.0, "0.1 0.2 0 rg"));
        let odd = Style::of(b"/Helv 0 Tf (x) g 1 0 RG 9 9 Tf Tf");
        assert_eq!((odd.size, odd.colour.as_str()), (0.0, "0 g"));
    }

    #[test]
    fn long_words_are_wrapped_and_long_lines_made_smaller() {
        let mut fonts = Fonts::new(&mut Document::new());
        let style = Style { multiline: true, size: 9.0, ..Style::default() };
        let (size, lines) = fitted(&mut fonts, &"mot ".repeat(80), &style, 200.0, 40.0);
        assert!(size < 9.0 && lines.len() > 3, "{size} {}", lines.len());
        let style = Style { size: 9.0, ..Style::default() };
        let (size, lines) = fitted(&mut fonts, &"x".repeat(60), &style, 200.0, 14.0);
        assert!(size < 9.0 && lines.len() == 1 && wide(&lines[0]) * size <= 200.2, "{size}");
    }

    #[test]
    fn letters_beyond_the_encoding_have_a_font_of_their_own() {
        let mut fonts = Fonts::new(&mut Document::new());
        let letters = fonts.letters("aŁŁ😀é");
        assert_eq!(runs(&letters).len(), 3);
        assert_eq!(fonts.others, ['Ł']);
        assert_eq!(text_string("é"), Object::String(vec![0xfe, 0xff, 0, 0xe9], StringFormat::Hexadecimal));
    }
}
