//! Accents that no reading saw, or saw wrongly: a faint or coarse one is lost to every network alike, and
//! one that is strange to French is taken for one that is not; but its ink stands above a letter.

use super::ink::{Blob, blobs};
use super::picture::{Grey, float, whole};
use super::recognise::{Line, Strips};
use super::straighten::INK;
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

/// Whether more marks stand above a line's letters than what was read of it has, one of them leans another
/// way than the accent it was read as, or the picture is too coarse to tell.
#[must_use]
pub fn are_doubtful(strips: Strips<'_>, line: &Line) -> bool {
    let text: String = line.words.iter().map(|word| word.text.as_str()).collect();
    let words = text.chars().filter(|c| c.is_alphabetic()).count() * 2 > text.chars().count();
    if !words || text.contains('@') {
        return false;
    }
    let read: usize = text.chars().map(marks).sum();
    // a faint mark is lost to one measure, a mark close to its letter to the other
    let piece = Piece::cut(strips, line);
    let found = [FAINT, INK].map(|dark| piece.marks(dark));
    strips.coarse
        || found.iter().any(|marks| marks.len() > read || piece.lean_otherwise(marks, &text))
        || are_strange_beside(&text)
}

/// Whether two letters stand beside each other that are one, read twice: "iï", "ûü", "oœ". Of an "e" with an
/// accent and one without there may be two ("créée").
fn are_strange_beside(text: &str) -> bool {
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    letters.windows(2).any(|two| {
        let [left, right] = two else { return false };
        let base = |letter: &char| letter.nfd().next().unwrap_or(*letter);
        let of_one = |ligature: &char, other: &char| match ligature {
            'œ' => matches!(base(other), 'o' | 'e' | 'œ' | 'æ'),
            'æ' => matches!(base(other), 'a' | 'e' | 'œ' | 'æ'),
            _ => false,
        };
        let twice = left != right && left.is_alphabetic() && base(left) == base(right);
        twice && (*left, *right) != ('é', 'e') || of_one(left, right) || of_one(right, left)
    })
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

/// How a mark leans: the correlation of its pixels' places to the right and down is about -1 for an
/// acute accent, 1 for a grave one, 0 for a circumflex. The least that an accent has, and the most that
/// a circumflex has.
const LEANS: (f32, f32) = (0.4, 0.7);
/// Pixels of the smallest mark whose leaning shows.
const SHOWS: usize = 9;

/// The picture of a line with what stands above it.
struct Piece {
    picture: Grey,
    /// Height of tall letters, pixels.
    tall: f32,
}

impl Piece {
    fn cut(strips: Strips<'_>, line: &Line) -> Self {
        let (area, scale) = (line.segment.area, strips.scale);
        let over = OVER * line.segment.tall;
        let picture = strips.bare.cut(
            whole((area.x0 - 1.0).max(0.0) * scale),
            whole((area.y0 - over).max(0.0) * scale),
            whole((area.x1 + 1.0) * scale),
            whole((area.y1 + 1.0) * scale),
        );
        Self { picture, tall: line.segment.tall * scale }
    }

    /// The spots that stand above letters, touching none, from left to right.
    fn marks(&self, dark: u8) -> Vec<Mark> {
        let tall = self.tall;
        let spots = blobs(&self.picture, dark);
        let letters: Vec<&Blob> = spots.iter().filter(|spot| float(spot.height()) > 0.5 * tall).collect();
        let mut feet: Vec<usize> = letters.iter().map(|letter| letter.y1).collect();
        feet.sort_unstable();
        // most letters stand on the line
        let Some(base) = feet.get(feet.len() / 2) else { return Vec::new() };
        // dark ink ends before its edge does, and what broke off a letter is no mark
        let lost = usize::from(dark < FAINT);
        let is_mark = |spot: &&Blob| {
            let (width, middle) = (float(spot.width()), float(spot.x0 + spot.x1) / 2.0);
            let over_a_letter = letters.iter().any(|letter| {
                float(letter.x0) - 0.1 * tall <= middle && middle <= float(letter.x1) + 0.1 * tall
            });
            float(spot.y1 + lost) < float(*base) - ABOVE * tall
                && (WIDTH.0 * tall..WIDTH.1 * tall).contains(&width)
                && float(spot.size) >= LEAST * tall * tall
                && over_a_letter
        };
        let mut marks: Vec<Mark> =
            spots.iter().filter(is_mark).map(|spot| Mark { spot: *spot, dark }).collect();
        marks.sort_by_key(|mark| mark.spot.x0);
        marks
    }

    /// Whether a mark leans another way than the accent it was read as; known only where each mark is
    /// one of the text's.
    fn lean_otherwise(&self, marks: &[Mark], text: &str) -> bool {
        let read: Vec<Option<char>> = text
            .chars()
            .flat_map(|letter| std::iter::repeat_n(accent(letter), self::marks(letter)))
            .collect();
        read.len() == marks.len()
            && read.iter().zip(marks).any(|(accent, mark)| match (accent, self.leaning(mark)) {
                (Some('\u{301}'), Some(leaning)) => leaning > LEANS.0,
                (Some('\u{300}'), Some(leaning)) => leaning < -LEANS.0,
                (Some('\u{302}'), Some(leaning)) => leaning.abs() > LEANS.1,
                _ => false,
            })
    }

    fn leaning(&self, Mark { spot, dark }: &Mark) -> Option<f32> {
        let places = (spot.y0..spot.y1).flat_map(|y| (spot.x0..spot.x1).map(move |x| (x, y)));
        let inked: Vec<(f32, f32)> = places
            .filter(|(x, y)| self.picture.at(*x, *y) < *dark)
            .map(|(x, y)| (float(x), float(y)))
            .collect();
        if inked.len() < SHOWS {
            return None;
        }
        let count = float(inked.len());
        let mean = |of: fn(&(f32, f32)) -> f32| inked.iter().map(of).sum::<f32>() / count;
        let (x, y) = (mean(|place| place.0), mean(|place| place.1));
        let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
        for place in &inked {
            let (across, down) = (place.0 - x, place.1 - y);
            xx += across * across;
            yy += down * down;
            xy += across * down;
        }
        (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
    }
}

/// Ink above a letter, of pixels darker than `dark`.
struct Mark {
    spot: Blob,
    dark: u8,
}

/// A letter's accent, where it has one alone.
fn accent(letter: char) -> Option<char> {
    let mut marks = letter.nfd().skip(1);
    marks.next().filter(|_| marks.next().is_none())
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
        let segment = Segment { area, tall: 20.0, letters: 4, on_dots: false };
        let words = vec![Read { text: text.to_owned(), area, confidence: 0.97, own: 95.0 }];
        (page, Line { segment, words, seen: Seen::Once })
    }

    #[test]
    fn a_letter_that_was_read_twice_is_noticed() {
        for text in ["Maiïffret", "Brûülé", "Coœlia", "Cœælia", "Yaëèl"] {
            assert!(are_strange_beside(text), "{text}");
        }
        for text in ["créée", "Cœlia", "Noémie", "Préétabli", "Aïcha", "Hoogstraten", "naïf"] {
            assert!(!are_strange_beside(text), "{text}");
        }
    }

    #[test]
    fn a_faint_accent_that_was_not_read_is_noticed() {
        let lost = |text: &str, marked: bool| {
            let (page, line) = line(text, marked);
            are_doubtful(Strips { bare: &page, scale: 1.0, coarse: false }, &line)
        };
        assert!(lost("Remy", true), "an accent was not read");
        assert!(!lost("Rémy", true) && !lost("Rimy", true) && !lost("Remy", false));
    }
}
