//! Accents that no reading saw: a faint or coarse one is lost to every network alike, but its ink still
//! stands above a letter.

use super::ink::{Blob, blobs};
use super::picture::{float, whole};
use super::recognise::{Line, Strips};
use unicode_normalization::UnicodeNormalization;

/// Darker than this may be a faint accent, on whitened paper.
const FAINT: u8 = 200;
/// In heights of tall letters: the foot of a mark above a small letter stands so far above the line.
const ABOVE: f32 = 0.66;
/// How much is looked at above a line, for the accents of capitals.
const OVER: f32 = 0.3;
/// A mark's width, and its least ink (in squares of that height).
const WIDTH: (f32, f32) = (0.09, 0.6);
const LEAST: f32 = 0.012;

/// Whether more marks stand above a line's letters than what was read of it has, or the picture is too
/// coarse to tell.
#[must_use]
pub fn are_lost(strips: Strips<'_>, line: &Line) -> bool {
    let text: String = line.words.iter().map(|word| word.text.as_str()).collect();
    let words = text.chars().filter(|c| c.is_alphabetic()).count() * 2 > text.chars().count();
    words && !text.contains('@') && (strips.coarse || seen(strips, line) > text.chars().map(marks).sum())
}

/// How many marks may stand by themselves above a letter or sign.
fn marks(letter: char) -> usize {
    let above = match letter {
        'i' | 'j' | '\'' | '’' | '‘' | '´' | '`' | '°' | 'º' | '*' | '^' | '%' => 1,
        '"' | '“' | '”' => 2,
        _ => 0,
    };
    let accents = letter.nfd().skip(1).map(|mark| match mark {
        // below its letter
        '\u{327}' => 0,
        '\u{308}' => 2,
        _ => 1,
    });
    above + accents.sum::<usize>()
}

/// How many spots stand above the letters of a line, touching none.
fn seen(strips: Strips<'_>, line: &Line) -> usize {
    let (area, scale) = (line.segment.area, strips.scale);
    let tall = line.segment.tall * scale;
    let over = OVER * line.segment.tall;
    let piece = strips.bare.cut(
        whole((area.x0 - 1.0).max(0.0) * scale),
        whole((area.y0 - over).max(0.0) * scale),
        whole((area.x1 + 1.0) * scale),
        whole((area.y1 + 1.0) * scale),
    );
    let spots = blobs(&piece, FAINT);
    let letters: Vec<&Blob> = spots.iter().filter(|spot| float(spot.height()) > 0.5 * tall).collect();
    let mut feet: Vec<usize> = letters.iter().map(|letter| letter.y1).collect();
    feet.sort_unstable();
    // most letters stand on the line
    let Some(base) = feet.get(feet.len() / 2) else { return 0 };
    let is_mark = |spot: &&Blob| {
        let (width, middle) = (float(spot.width()), float(spot.x0 + spot.x1) / 2.0);
        let over_a_letter = letters
            .iter()
            .any(|letter| float(letter.x0) - 0.1 * tall <= middle && middle <= float(letter.x1) + 0.1 * tall);
        float(spot.y1) < float(*base) - ABOVE * tall
            && (WIDTH.0 * tall..WIDTH.1 * tall).contains(&width)
            && float(spot.size) >= LEAST * tall * tall
            && over_a_letter
    };
    spots.iter().filter(is_mark).count()
}

#[cfg(test)]
mod tests {
    use super::super::picture::Grey;
    use super::super::recognise::{Read, Seen};
    use super::super::segments::Segment;
    use super::*;
    use crate::domain::sheet::Area;

    /// Four letters on a line, the second with a faint mark above it.
    fn line(text: &str, marked: bool) -> (Grey, Line) {
        let letter = |x: usize| (0..4).any(|n| (20 + 14 * n..30 + 14 * n).contains(&x));
        let page = Grey::from_fn(100, 60, |x, y| {
            let tall = (20..30).contains(&x) && (20..40).contains(&y);
            let mark = marked && (36..42).contains(&x) && (20..23).contains(&y);
            match () {
                () if tall || letter(x) && (27..40).contains(&y) => 30,
                () if mark => 185,
                () => 250,
            }
        });
        let area = Area { x0: 20.0, y0: 20.0, x1: 72.0, y1: 40.0 };
        let segment = Segment { area, tall: 20.0, letters: 4 };
        let words = vec![Read { text: text.to_owned(), area, confidence: 0.97, own: 95.0 }];
        (page, Line { segment, words, seen: Seen::Once })
    }

    #[test]
    fn a_faint_accent_that_was_not_read_is_noticed() {
        let lost = |text: &str, marked: bool| {
            let (page, line) = line(text, marked);
            are_lost(Strips { bare: &page, scale: 1.0, coarse: false }, &line)
        };
        assert!(lost("Remy", true), "an accent was not read");
        assert!(!lost("Rémy", true) && !lost("Rimy", true) && !lost("Remy", false));
    }
}
