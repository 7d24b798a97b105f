//! Accents that no reading saw, or saw wrongly: a faint or coarse one is lost to every network alike, and
//! one that is strange to French is taken for one that is not; but its ink stands above a letter.

use super::alike::is_apostrophe;
use super::ink::{Blob, blobs};
use super::kinds::{is_address, is_name};
use super::picture::{Grey, float, whole};
use super::recognise::{Line, Read, Strips};
use super::straighten::INK;
use crate::domain::sheet::Area;
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
/// Pictures up to this fineness, pixels a point, leave only a speck of a small mark: pixels darker than this,
/// and how many. It stands farther above the line than what breaks off a small letter.
const COARSE: f32 = 3.2;
const SPECKS: [(u8, f32); 2] = [(INK, 2.0), (222, 3.0)];
const WELL_ABOVE: f32 = 0.76;

/// Letters of names alone: no word of a French sentence has them.
const NOT_FRENCH: [char; 5] = ['ä', 'ö', 'ÿ', 'Ä', 'Ö'];

/// Whether more marks stand above a line's letters than what was read of it has, one of them leans another
/// way than the accent it was read as, or, on a coarse picture, an accent that was read is not seen.
#[must_use]
pub fn are_doubtful(strips: Strips<'_>, line: &Line) -> bool {
    let text: String = line.words.iter().map(|word| word.text.as_str()).collect();
    let words = text.chars().filter(|c| c.is_alphabetic()).count() * 2 > text.chars().count();
    // an address has none
    if !words || text.is_ascii() && is_address(&line.words) {
        return false;
    }
    let read: usize = text.chars().map(marks).sum();
    // a faint mark is lost to one measure, a mark close to its letter to the other
    let piece = Piece::cut(strips, line);
    let found = [FAINT, INK].map(|dark| piece.marks(dark));
    piece.specks() > read
        || found.iter().any(|marks| marks.len() > read || piece.lean_otherwise(marks, &text))
        || line.words.iter().any(|word| are_strange_beside(&word.text))
        || text.contains(NOT_FRENCH) && !is_name(&line.words)
        || strips.coarse
            && (found.iter().any(|marks| piece.has_more_than_dots(marks, &text)) || !piece.shows(line))
}

/// Whether two letters stand beside each other that are one, read twice: "iï", "ûü", "oœ". Of an "e" with an
/// accent and one without there may be two ("créée").
fn are_strange_beside(text: &str) -> bool {
    strange_pair(text).is_some()
}

/// The place of the first such letter, in characters.
pub fn strange_pair(text: &str) -> Option<usize> {
    let letters: Vec<char> =
        text.chars().map(|letter| letter.to_lowercase().next().unwrap_or(letter)).collect();
    letters.windows(2).position(|two| {
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
/// In heights of tall letters: how wide the dot of an "i" is at most, of dark pixels and with its pale edge.
const DOT: (f32, f32) = (0.28, 0.36);
/// Pixels of the smallest mark whose leaning shows, and, black ones, by its shades.
const SHOWS: f32 = 9.0;
const SHADES: f32 = 3.0;

/// Which of some texts, that differ in their accents alone, stand where a word was read.
pub fn shown<'t>(strips: Strips<'_>, line: &Line, area: &Area, texts: &'t [String]) -> Vec<&'t String> {
    let piece = Piece::cut(strips, line);
    let spots = piece.spots();
    texts.iter().filter(|text| piece.shows_word(&spots, area, text)).collect()
}

/// The letters of a line, from left to right, and what stands above them, with its pale edge and without.
struct Spots {
    letters: Vec<Blob>,
    marks: [Vec<Mark>; 2],
}

/// The picture of a line with what stands above it.
struct Piece {
    picture: Grey,
    /// Height of tall letters, pixels.
    tall: f32,
    /// Where it begins on the page, and its fineness: points, pixels a point.
    left: f32,
    scale: f32,
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
        let left = float(whole((area.x0 - 1.0).max(0.0) * scale)) / scale;
        Self { picture, tall: line.segment.tall * scale, left, scale }
    }

    /// Whether each accent that was read is seen.
    fn shows(&self, line: &Line) -> bool {
        let spots = self.spots();
        let accented = |word: &&Read| word.text.chars().any(|c| accents(c).next().is_some());
        line.words.iter().filter(accented).all(|word| self.shows_word(&spots, &word.area, &word.text))
    }

    fn spots(&self) -> Spots {
        let mut letters: Vec<Blob> = blobs(&self.picture, INK);
        letters.retain(|spot| float(spot.height()) > 0.5 * self.tall);
        letters.sort_by_key(|spot| spot.x0);
        Spots { letters, marks: [FAINT, INK].map(|dark| self.marks(dark)) }
    }

    /// Whether the marks above a word are those of a text's letters, one after the other, or, where some cannot
    /// be told from their letters, the mark above each letter is its own.
    fn shows_word(&self, Spots { letters, marks }: &Spots, area: &Area, text: &str) -> bool {
        let edge = EDGE * self.tall;
        let place = |x: f32| (x - self.left) * self.scale;
        let within = place(area.x0) - edge..place(area.x1) + edge;
        let of_word = |spot: &Blob| within.contains(&(0.5 * float(spot.x0 + spot.x1)));
        let signs: Vec<char> = text.chars().filter(|c| !is_low_sign(*c)).collect();
        let in_turn = marks.iter().any(|marks| {
            let own: Vec<&Mark> = marks.iter().filter(|mark| of_word(&mark.spot)).collect();
            self.are_in_turn(&signs, &own)
        });
        let spots: Vec<&Blob> = letters.iter().filter(|spot| of_word(spot)).collect();
        let has_its_own =
            |sign: char, spot: &Blob| marks.iter().any(|marks| self.has_its_accent(sign, spot, marks));
        in_turn
            || signs.len() == spots.len()
                && signs.iter().zip(spots).all(|(sign, spot)| has_its_own(*sign, spot))
    }

    /// Whether more marks are wider than a dot than accents were read: on coarse paper the two dots of an "ï"
    /// are one mark, as the dot of an "i" is.
    fn has_more_than_dots(&self, marks: &[Mark], text: &str) -> bool {
        let is_wide = |mark: &&Mark| {
            let dot = if mark.dark < FAINT { DOT.0 } else { DOT.1 };
            float(mark.spot.width()) > dot * self.tall
        };
        let read = text.chars().flat_map(accents).filter(|accent| *accent != '\u{327}');
        marks.iter().filter(is_wide).count() > read.count()
    }

    /// Whether marks are those of a word's letters, from left to right.
    fn are_in_turn(&self, signs: &[char], own: &[&Mark]) -> bool {
        let mut rest = own;
        let all = signs.iter().all(|sign| {
            let count = self::marks(*sign);
            let Some((here, after)) = rest.split_at_checked(count) else { return false };
            rest = after;
            match accents(*sign).next() {
                None | Some('\u{327}') => true,
                Some(accent) => self.is_accent(accent, here),
            }
        });
        all && rest.is_empty()
    }

    /// Whether the marks above a letter's ink are its own.
    fn has_its_accent(&self, letter: char, spot: &Blob, marks: &[Mark]) -> bool {
        let near = 0.1 * self.tall;
        let over = float(spot.x0) - near..float(spot.x1) + near;
        let own: Vec<&Mark> =
            marks.iter().filter(|mark| over.contains(&(0.5 * float(mark.spot.x0 + mark.spot.x1)))).collect();
        match accents(letter).next() {
            None => own.len() <= self::marks(letter),
            Some('\u{327}') => own.is_empty(),
            Some(accent) => self.is_accent(accent, &own),
        }
    }

    /// Whether marks above a letter have an accent's shape.
    fn is_accent(&self, accent: char, marks: &[&Mark]) -> bool {
        match (accent, marks) {
            ('\u{308}', [_, _]) => true,
            ('\u{301}', [mark]) => self.shade(mark).is_some_and(|leaning| leaning < -LEANS.0),
            ('\u{300}', [mark]) => self.shade(mark).is_some_and(|leaning| leaning > LEANS.0),
            ('\u{302}', [mark]) => {
                self.shade(mark).is_some_and(|leaning| leaning.abs() < LEANS.0) && self.is_pointed(mark)
            }
            _ => false,
        }
    }

    /// How a mark leans by its shades, of which one of few pixels has as much as by their places.
    fn shade(&self, Mark { spot, .. }: &Mark) -> Option<f32> {
        let places = (spot.y0..spot.y1).flat_map(|y| (spot.x0..spot.x1).map(move |x| (x, y)));
        let weight = |x: usize, y: usize| f32::from(255 - self.picture.at(x, y)) / 255.0;
        correlation(places.map(|(x, y)| (float(x), float(y), weight(x, y))), SHADES)
    }

    /// Whether a mark is narrower at its head than at its foot: two dots that touch are not.
    fn is_pointed(&self, Mark { spot, dark }: &Mark) -> bool {
        let reach = |y: usize| {
            let inked = |x: &usize| self.picture.at(*x, y) < *dark;
            let first = (spot.x0..spot.x1).find(inked);
            first.zip((spot.x0..spot.x1).rfind(inked)).map_or(0, |(first, last)| last + 1 - first)
        };
        spot.height() > 1 && 3 * reach(spot.y0) <= 2 * reach(spot.y1 - 1)
    }

    /// The spots that stand above letters, touching none, from left to right.
    fn marks(&self, dark: u8) -> Vec<Mark> {
        self.above(dark, ABOVE, (WIDTH.0 * self.tall, LEAST * self.tall * self.tall))
    }

    /// How many spots stand well above letters of a coarse picture, be they as small as dirt: of the two dots
    /// of an "ë" a fax leaves a pixel or two each.
    fn specks(&self) -> usize {
        if self.scale > COARSE {
            return 0;
        }
        SPECKS
            .map(|(dark, least)| self.above(dark, WELL_ABOVE, (1.0, least)).len())
            .into_iter()
            .max()
            .unwrap_or(0)
    }

    /// The spots, of pixels darker than `dark`, that stand so far above the line, in heights of tall letters,
    /// and have at least this width and this many pixels.
    fn above(&self, dark: u8, above: f32, (least_width, least): (f32, f32)) -> Vec<Mark> {
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
            float(spot.y1 + lost) < float(*base) - above * tall
                && (least_width..WIDTH.1 * tall).contains(&width)
                && float(spot.size) >= least
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
        correlation(inked.iter().map(|(x, y)| (*x, *y, 1.0)), SHOWS)
    }
}

/// Correlation of the places (to the right, down) of weights; `None` where they are less than `least`.
fn correlation(places: impl Iterator<Item = (f32, f32, f32)> + Clone, least: f32) -> Option<f32> {
    let sum = |of: fn((f32, f32, f32)) -> f32| places.clone().map(of).sum::<f32>();
    let all = sum(|(_, _, weight)| weight);
    if all < least {
        return None;
    }
    let (x, y) = (sum(|(x, _, weight)| x * weight) / all, sum(|(_, y, weight)| y * weight) / all);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (right, down, weight) in places {
        let (across, down) = (right - x, down - y);
        xx += weight * across * across;
        yy += weight * down * down;
        xy += weight * across * down;
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

/// In heights of tall letters: how far a letter's middle may be outside of its word.
const EDGE: f32 = 0.1;

/// The marks a letter is written with.
fn accents(letter: char) -> impl Iterator<Item = char> {
    letter.nfd().skip(1)
}

/// Signs lower than half a letter.
fn is_low_sign(sign: char) -> bool {
    is_apostrophe(sign) || matches!(sign, '-' | '–' | '—' | '.' | ',' | '"' | '“' | '”')
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
    use super::super::recognise::Seen;
    use super::super::segments::Segment;
    use super::*;

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
    fn two_words_beside_each_other_are_no_letter_read_twice() {
        let (page, mut line) = line("Ça", false);
        let area = line.segment.area;
        let word = |text: &str| Read { text: text.to_owned(), area, confidence: 0.97, own: 95.0 };
        line.words = vec![word("Ça"), word("Roule"), word("Éditions")];
        assert!(!are_doubtful(Strips { bare: &page, scale: 1.0, coarse: false }, &line));
    }

    /// Four letters on a line of a coarse picture, above the second what `mark` draws, 8 pixels wide and 4 high.
    fn shown(text: &str, mark: impl Fn(usize, usize) -> bool) -> bool {
        let (_, line) = line(text, false);
        let letter = |x: usize| (0..4).any(|n| (20 + 14 * n..30 + 14 * n).contains(&x));
        let page = Grey::from_fn(100, 60, |x, y| {
            let tall = (20..30).contains(&x) && (20..40).contains(&y);
            let above = (35..43).contains(&x) && (20..24).contains(&y) && mark(x - 35, y - 20);
            if tall || above || letter(x) && (27..40).contains(&y) { 30 } else { 250 }
        });
        !are_doubtful(Strips { bare: &page, scale: 1.0, coarse: true }, &line)
    }

    #[test]
    fn on_a_coarse_picture_an_accent_is_sure_where_its_shape_is_seen() {
        let acute = |x: usize, y: usize| (x / 2).abs_diff(3 - y) < 2;
        let grave = |x: usize, y: usize| (x / 2).abs_diff(y) < 2;
        let circumflex = |x: usize, y: usize| x.abs_diff(4).abs_diff(y) < 2;
        let dots = |x: usize, y: usize| !(3..5).contains(&x) && y > 1;
        let touching = |_: usize, y: usize| y > 1;
        assert!(
            shown("Rémy", acute) && shown("Rèmy", grave) && shown("Rêmy", circumflex) && shown("Rëmy", dots)
        );
        for (text, other) in [("Rémy", "grave"), ("Rèmy", "acute")] {
            let mark: &dyn Fn(usize, usize) -> bool = if other == "grave" { &grave } else { &acute };
            assert!(!shown(text, mark), "{text} {other}");
        }
        assert!(!shown("Rémy", dots) && !shown("Rémy", circumflex) && !shown("Rêmy", touching));
        assert!(!shown("Rémy", |_, _| false), "there is no mark");
        assert!(shown("Remy", |_, _| false) && !shown("Remy", acute));
        // two dots that are one mark, and one dot
        assert!(!shown("Vila", touching) && shown("Vila", |x, y| (3..6).contains(&x) && y > 0));
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
