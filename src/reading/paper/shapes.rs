//! What every reading agrees on, held against the size of its ink: an "O" among digits is read as "0" by
//! networks that know what a number is made of, a "C" before small letters as "c", an "é" whose accent
//! touches it as "e", a dash between words as nothing.

use super::ink::{Blob, blobs};
use super::level::DASH;
use super::picture::{float, whole};
use super::recognise::{Line, Read, Strips};
use super::straighten::INK;
use std::ops::Range;

/// A zero is hardly wider than the widest of the other digits; a letter O is, by so much (1.4 as a rule). What
/// is wider still is a zero that touches its neighbour.
const WIDER: Range<f32> = 1.2..1.65;
/// Digits by which a zero is measured.
const ENOUGH: usize = 3;
/// Letters that are written the same large and small.
const EITHER: &str = "cosuvwxz";
/// Small letters that reach neither up nor down.
const LOW: &str = "acemnorsuvwxz";
/// In heights of tall letters: a small letter is no higher than the one, a large one no lower than the
/// other.
const HEIGHTS: (f32, f32) = (0.86, 0.8);
/// The same of a small "ç", with what hangs below it.
const CEDILLA: f32 = 1.12;
/// A small letter that is none is so much higher than the line's others: in faces whose small letters are high,
/// on coarse pictures, one of them is soon as high as a large one.
const ABOVE_OTHERS: f32 = 1.18;
/// Small letters by which one is measured.
const SMALL: usize = 3;
/// In heights of tall letters: how far a word's first letter may be from where the word was found.
const NEAR: f32 = 0.3;

/// Whether the ink of a line does not have the sizes of what was read of it.
#[must_use]
pub fn are_others(strips: Strips<'_>, line: &Line) -> bool {
    let (area, scale) = (line.segment.area, strips.scale);
    let (left, tall) = (whole(area.x0 * scale), line.segment.tall * scale);
    let picture =
        strips.bare.cut(left, whole(area.y0 * scale), whole(area.x1 * scale) + 1, whole(area.y1 * scale) + 1);
    let mut letters = blobs(&picture, INK);
    letters.retain(|blob| float(blob.height()) > 0.5 * tall);
    letters.sort_by_key(|blob| blob.x0);
    let text: Vec<char> = line.words.iter().flat_map(|word| word.text.chars()).collect();
    let read: Vec<char> = text.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    if read.len() == letters.len() {
        let pairs = || read.iter().copied().zip(&letters);
        let low = low(pairs());
        let stands_out = |blob: &Blob| low.is_none_or(|low| float(blob.height()) > ABOVE_OTHERS * low);
        return is_letter_o(&letters, &read)
            || has_tall(&text)
                && pairs().any(|(c, blob)| {
                    is_of_other_size(c, blob, tall) && (!LOW.contains(c) || stands_out(blob))
                });
    }
    // letters touch: of each word, the first
    let initial = |word: &Read| {
        let at = word.area.x0 * scale - float(left);
        let first = letters.iter().find(|blob| (float(blob.x0) - at).abs() < NEAR * tall);
        word.text.chars().next().zip(first)
    };
    let initials = || line.words.iter().filter_map(initial);
    has_tall(&text) && initials().any(|(c, blob)| is_of_other_size(c, blob, tall))
}

/// In heights of tall letters: a gap between words that may hold a sign no reading saw, and how much of it
/// belongs to the words; a dash is wider than the one and lower than the other.
const GAP: (f32, f32) = (0.9, 0.15);
const SIGN: (f32, f32) = (0.26, 0.35);

/// Whether there is ink between two words of a line, or beside the first or the last, that is part of none: a
/// dash that every network left out.
#[must_use]
pub fn are_too_few(strips: Strips<'_>, line: &Line) -> bool {
    let (area, scale) = (line.segment.area, strips.scale);
    let tall = line.segment.tall;
    let mut ends: Vec<(f32, f32)> = line.words.iter().map(|word| (word.area.x0, word.area.x1)).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let outside = GAP.1 * tall + 1.0;
    ends.insert(0, (area.x0 - outside, area.x0 - outside));
    ends.push((area.x1 + outside, area.x1 + outside));
    ends.windows(2).any(|two| {
        let [(_, left), (right, _)] = two else { return false };
        if right - left < GAP.0 * tall {
            return false;
        }
        let (x0, x1) = (left + GAP.1 * tall, right - GAP.1 * tall);
        let (x0, x1) = (whole(x0.max(0.0) * scale), whole(x1.max(0.0) * scale));
        let gap = strips.bare.cut(x0, whole(area.y0 * scale), x1, whole(area.y1 * scale) + 1);
        let (wide, low) = (SIGN.0 * tall * scale, SIGN.1 * tall * scale);
        blobs(&gap, INK).iter().any(|spot| {
            let whole = spot.x0 > 0 && spot.x1 < gap.width;
            whole && float(spot.width()) > wide && float(spot.height()) < low
        })
    })
}

/// In heights of tall letters: a hyphen is narrower than the first, an em dash wider than the second, and so
/// near these (0.34 and 0.5 are hyphens, 0.7 and 0.8 en dashes, 1.4 em dashes) nobody can tell.
const DASHES: (f32, f32, f32) = (0.56, 1.05, 0.055);

/// In heights of tall letters: so far from a dash end the words beside it; a narrow space has as much.
const APART: f32 = 0.2;

/// Makes the dashes between a line's words as long as their ink. `short`: the readings take them for hyphens.
/// `false` where ink and readings differ, or there is no such ink.
#[must_use]
pub fn set_dashes(strips: Strips<'_>, line: &mut Line, short: Option<bool>) -> bool {
    let (area, tall, scale) = (line.segment.area, line.segment.tall, strips.scale);
    let ends: Vec<(f32, f32)> = line.words.iter().map(|word| (word.area.x0, word.area.x1)).collect();
    let (mut sure, mut seen) = (true, Vec::new());
    for (at, word) in line.words.iter_mut().enumerate().filter(|(_, word)| word.text == DASH) {
        let left = at.checked_sub(1).and_then(|at| ends.get(at)).map_or(area.x0, |(_, x1)| *x1);
        let right = ends.get(at + 1).map_or(area.x1, |(x0, _)| *x0);
        let column = |x: f32| whole(x.max(0.0) * scale);
        let gap = strips.bare.cut(column(left), column(area.y0), column(right), column(area.y1) + 1);
        let spots = blobs(&gap, INK);
        let low = spots.iter().filter(|spot| float(spot.height()) < SIGN.1 * tall * scale);
        let widest = low.max_by_key(|spot| spot.width());
        let width = widest.map_or(0.0, |spot| float(spot.width()) / (tall * scale));
        let (hyphen, em, near) = DASHES;
        let dash = if width < hyphen {
            "-"
        } else if width < em {
            DASH
        } else {
            "—"
        };
        dash.clone_into(&mut word.text);
        if let Some(spot) = widest {
            let place = |x: usize| float(column(left) + x) / scale;
            (word.area.x0, word.area.x1) = (place(spot.x0), place(spot.x1));
        }
        seen.push((at, word.area));
        let clear = (width - hyphen).abs() > near && (width - em).abs() > near && width > 0.2;
        sure &= clear && short == Some(width < hyphen);
    }
    // what the readings part stays parted, wherever the engine lets the words beside a dash end
    for (at, dash) in seen {
        if let Some(before) = at.checked_sub(1).and_then(|at| line.words.get_mut(at)) {
            before.area.x1 = before.area.x1.min(dash.x0 - APART * tall).max(before.area.x0);
        }
        if let Some(behind) = line.words.get_mut(at + 1) {
            behind.area.x0 = behind.area.x0.max(dash.x1 + APART * tall).min(behind.area.x1);
        }
    }
    sure
}

/// How high the small letters of a line are, that reach neither up nor down: the middle one of them, pixels.
fn low<'b>(pairs: impl Iterator<Item = (char, &'b Blob)>) -> Option<f32> {
    let mut heights: Vec<usize> =
        pairs.filter(|(c, _)| LOW.contains(*c)).map(|(_, blob)| blob.height()).collect();
    heights.sort_unstable();
    let enough = heights.len() >= SMALL;
    heights.get(heights.len() / 2).filter(|_| enough).map(|height| float(*height))
}

/// Whether a zero among digits is as wide as a letter.
fn is_letter_o(letters: &[Blob], read: &[char]) -> bool {
    if !read.iter().all(char::is_ascii_digit) {
        return false;
    }
    let pairs = || read.iter().zip(letters);
    let widths: Vec<usize> =
        pairs().filter(|(c, _)| !matches!(c, '0' | '1')).map(|(_, blob)| blob.width()).collect();
    let Some(widest) = widths.iter().max().filter(|_| widths.len() >= ENOUGH) else { return false };
    pairs().any(|(c, blob)| *c == '0' && WIDER.contains(&(float(blob.width()) / float(*widest))))
}

/// Whether letters were read, beside those that may be large or small, by which the others are measured.
fn has_tall(text: &[char]) -> bool {
    let tall = |c: &&char| {
        c.is_ascii_digit()
            || "bdfhklt".contains(**c)
            || c.is_uppercase() && !c.to_lowercase().any(|c| EITHER.contains(c))
    };
    // a fifth of a line's letters is its measure
    text.iter().filter(tall).count() * 4 >= text.len()
}

/// Whether a small letter is as high as a large one (or as one with an accent that touches it), or a large
/// one as low as a small one.
fn is_of_other_size(read: char, blob: &Blob, tall: f32) -> bool {
    let height = float(blob.height()) / tall;
    LOW.contains(read) && height > HEIGHTS.0
        || read == 'ç' && height > CEDILLA
        || read.to_lowercase().next().is_some_and(|c| c != read && EITHER.contains(c)) && height < HEIGHTS.1
}

#[cfg(test)]
mod tests {
    use super::super::picture::Grey;
    use super::super::recognise::Seen;
    use super::super::segments::Segment;
    use super::*;
    use crate::domain::sheet::Area;

    /// A line of letters of these widths and heights, 4 pixels apart, standing on the row 40.
    fn line(text: &str, sizes: &[(usize, usize)]) -> (Grey, Line) {
        let mut page = Grey::new(400, 60, 255);
        let (mut x, mut starts) = (10, Vec::new());
        for (width, height) in sizes {
            starts.push(x);
            for y in 40 - height..40 {
                page.row_mut(y)[x..x + width].fill(0);
            }
            x += width + 4;
        }
        let area = Area { x0: 10.0, y0: 15.0, x1: float(x), y1: 41.0 };
        let mut at = 0;
        let words = text.split(' ').map(|word| {
            let x0 = float(starts[at]);
            at += word.chars().count();
            Read { text: word.to_owned(), area: Area { x0, ..area }, confidence: 0.97, own: 95.0 }
        });
        let words = words.collect();
        (
            page,
            Line {
                segment: Segment { area, tall: 20.0, letters: sizes.len(), on_dots: false },
                words,
                seen: Seen::Once,
            },
        )
    }

    fn others(text: &str, sizes: &[(usize, usize)]) -> bool {
        let (page, line) = line(text, sizes);
        are_others(Strips { bare: &page, scale: 1.0, coarse: false }, &line)
    }

    #[test]
    fn a_zero_as_wide_as_a_letter_is_in_doubt() {
        let digits = |zero: usize| [(10, 20), (10, 20), (zero, 20), (11, 20), (5, 20), (10, 20)];
        assert!(others("380 915", &digits(15)));
        assert!(!others("380 915", &digits(11)));
        // a zero that touches a hyphen
        assert!(!others("380 915", &digits(20)));
        // letters that touch are not counted one by one
        assert!(!others("380 9156", &digits(15)));
    }

    #[test]
    fn a_dash_between_words_that_was_not_read_is_noticed() {
        let dashed = |dash: usize| {
            let (mut page, mut line) = line("ab cd", &[(10, 20), (10, 20), (10, 20), (10, 20)]);
            // the second word is 40 pixels further on
            let far = page.cut(34, 0, 66, 60);
            for y in 0..60 {
                page.row_mut(y)[34..110].fill(255);
                page.row_mut(y)[78..110].copy_from_slice(far.row(y));
                page.row_mut(y)[50..50 + dash].fill(if y == 30 || y == 31 { 0 } else { 255 });
            }
            let place = |x0: f32, x1: f32| Area { x0, x1, ..line.segment.area };
            let (first, second) = (place(10.0, 34.0), place(78.0, 102.0));
            line.words[0].area = first;
            line.words[1].area = second;
            are_too_few(Strips { bare: &page, scale: 1.0, coarse: false }, &line)
        };
        assert!(dashed(12) && dashed(6) && !dashed(0) && !dashed(3));
    }

    #[test]
    fn a_dash_is_as_long_as_its_ink_and_sure_where_the_readings_say_so() {
        let set = |dash: usize, short: bool| {
            let (mut page, mut line) = line("ab – cd", &[(10, 20), (10, 20), (0, 20), (10, 20), (10, 20)]);
            page.pixels.fill(255);
            for (word, x0) in line.words.iter_mut().zip([10.0, 50.0, 100.0]) {
                word.area = Area { x0, x1: x0 + 24.0, ..word.area };
            }
            line.segment.area = Area { x1: 124.0, ..line.segment.area };
            page.row_mut(30)[50..50 + dash].fill(0);
            page.row_mut(31)[50..50 + dash].fill(0);
            let sure = set_dashes(Strips { bare: &page, scale: 1.0, coarse: false }, &mut line, Some(short));
            let [before, dash, behind] = line.words.as_slice() else { panic!("{line:?}") };
            assert!(before.area.x1 < dash.area.x0 - 3.0 && dash.area.x1 + 3.0 < behind.area.x0, "{line:?}");
            (dash.text.clone(), sure)
        };
        assert_eq!(set(8, true), ("-".to_owned(), true));
        assert_eq!(set(15, false), ("–".to_owned(), true));
        assert_eq!(set(28, false), ("—".to_owned(), true));
        // a typewriter's hyphen is as long as another face's dash
        assert!(!set(15, true).1 && !set(8, false).1 && !set(12, true).1);
    }

    #[test]
    fn an_accent_that_touches_its_letter_was_not_read() {
        let sizes = |e: usize| [(12, 20), (10, 20), (10, e), (10, 14), (10, 20)];
        assert!(others("Theod", &sizes(19)));
        assert!(!others("Theod", &sizes(14)) && !others("Théod", &sizes(19)));
    }

    #[test]
    fn a_large_letter_that_was_read_small_is_in_doubt() {
        let word = |first: usize| [(12, first), (10, 14), (10, 20), (10, 20), (10, 14)];
        assert!(others("cellu", &word(20)));
        assert!(others("Cellu", &word(14)));
        assert!(!others("cellu", &word(14)) && !others("Cellu", &word(20)));
        // each word's first letter
        assert!(others("d ca", &[(10, 20), (12, 20), (10, 14)]));
        // a face whose small letters are high, on a coarse picture
        assert!(!others("cellu", &[(12, 18), (10, 17), (10, 20), (10, 20), (10, 17)]));
        // nothing tall to measure by
        assert!(!others("cosun", &word(20)));
    }
}
