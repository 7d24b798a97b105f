//! Cedillas that were not read: more letters of a line hang below it than what was read of it has.

use super::ink::{Blob, blobs};
use super::picture::{float, whole};
use super::recognise::{Line, Strips};
use super::straighten::INK;

/// Letters and signs as high as letters that reach below the line, in some typeface or other.
const HANGING: &str = "gjpqyçÇQJf()[]{}|/@&ß§µ$";
/// In heights of tall letters: how far below the line a letter hangs that has a cedilla.
const HANGS: f32 = 0.13;
/// The least height of a letter, in heights of tall ones.
const LETTER: f32 = 0.5;

/// Whether a "c" of a line may have a cedilla that was not read.
#[must_use]
pub fn are_lost(strips: Strips<'_>, line: &Line) -> bool {
    let signs = || line.words.iter().flat_map(|word| word.text.chars());
    if !signs().any(|sign| matches!(sign, 'c' | 'C')) {
        return false;
    }
    let (area, scale) = (line.segment.area, strips.scale);
    let picture = strips.bare.cut(
        whole((area.x0 - 1.0).max(0.0) * scale),
        whole((area.y0 - 1.0).max(0.0) * scale),
        whole((area.x1 + 1.0) * scale),
        whole((area.y1 + 1.0) * scale),
    );
    let tall = line.segment.tall * scale;
    let letters: Vec<Blob> =
        blobs(&picture, INK).into_iter().filter(|spot| float(spot.height()) > LETTER * tall).collect();
    let mut feet: Vec<usize> = letters.iter().map(|letter| letter.y1).collect();
    feet.sort_unstable();
    // most letters stand on the line
    let Some(base) = feet.get(feet.len() / 2) else { return false };
    let hanging = feet.iter().filter(|foot| float(**foot) > float(*base) + HANGS * tall).count();
    hanging > signs().filter(|sign| HANGING.contains(*sign)).count()
}

#[cfg(test)]
mod tests {
    use super::super::picture::Grey;
    use super::super::recognise::{Read, Seen};
    use super::super::segments::Segment;
    use super::*;
    use crate::domain::sheet::Area;

    /// Four letters, of which the first hangs below the line by so many of its 20 pixels.
    fn lost(text: &str, by: usize) -> bool {
        let page = Grey::from_fn(100, 70, |x, y| {
            let letter = (0..4).any(|n| (20 + 14 * n..30 + 14 * n).contains(&x)) && (20..40).contains(&y);
            let below = (24..27).contains(&x) && (40..40 + by).contains(&y);
            if letter || below { 30 } else { 250 }
        });
        let area = Area { x0: 20.0, y0: 20.0, x1: 72.0, y1: float(40 + by) };
        let segment = Segment { area, tall: 20.0, letters: 4, on_dots: false };
        let words = vec![Read { text: text.to_owned(), area, confidence: 0.97, own: 95.0 }];
        let line = Line { segment, words, seen: Seen::Once };
        are_lost(Strips { bare: &page, scale: 1.0, coarse: false }, &line)
    }

    #[test]
    fn a_letter_that_hangs_below_the_line_and_was_read_without_cedilla_is_noticed() {
        assert!(lost("Cali", 5));
        assert!(!lost("Cali", 1), "it stands on the line");
        assert!(!lost("Çali", 5) && !lost("jCal", 5), "what hangs there was read");
        assert!(!lost("Dali", 5), "no letter of these can have one");
    }
}
