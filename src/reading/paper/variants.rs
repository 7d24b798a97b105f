//! Accents on which the readings of a line differ, while they agree on its letters: then the ink says which of
//! them stand there, as far as their shapes are seen.

use super::accents::{shown, strange_pair};
use super::alike::seen_as;
use super::recognise::{Line, Read, Strips};
use super::weigh::Readings;
use unicode_normalization::UnicodeNormalization;

/// The words of a line whose readings differ in accents alone, each as its ink shows it; `None` where they differ
/// otherwise or not at all, or where the ink does not tell.
#[must_use]
pub fn shown_words(strips: Strips<'_>, line: &Line, readings: &Readings) -> Option<Vec<String>> {
    let (own, french) = (&line.words, &readings.french);
    if own.len() != french.len() {
        return None;
    }
    let mut differ = false;
    let mut out = Vec::with_capacity(own.len());
    for (Read { text, area, .. }, other) in own.iter().zip(french) {
        let texts = variants([text, other]);
        if texts.iter().any(|one| texts.first().is_none_or(|first| bare(one) != bare(first))) {
            return None;
        }
        let chosen = match texts.as_slice() {
            [only] => only.clone(),
            several => {
                differ = true;
                let [one] = *shown(strips, line, area, several).as_slice() else { return None };
                one.clone()
            }
        };
        out.push(chosen);
    }
    (differ && seen_as(&out.concat(), &readings.english.concat())).then_some(out)
}

/// What a word's readings may mean: a letter read twice, with two accents ("ûü"), is one of both.
fn variants(readings: [&String; 2]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !out.contains(&text) {
            out.push(text);
        }
    };
    for text in readings {
        match strange_pair(text) {
            None => add(text.clone()),
            Some(at) => [at, at + 1].into_iter().for_each(|left_out| {
                let kept = text.chars().enumerate().filter(|(place, _)| *place != left_out);
                add(kept.map(|(_, letter)| letter).collect());
            }),
        }
    }
    out
}

/// A word without its accents.
fn bare(text: &str) -> String {
    text.nfd().filter(|c| c.is_alphanumeric() || c.is_ascii()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::picture::Grey;
    use super::super::recognise::Seen;
    use super::super::segments::Segment;
    use super::*;
    use crate::domain::sheet::Area;

    /// Four letters on a line, above the third what `mark` draws, 10 pixels wide and 5 high; read as `own` and
    /// `french`.
    fn chosen(own: &str, french: &str, english: &str, mark: impl Fn(usize, usize) -> bool) -> Option<String> {
        let letter = |x: usize| (0..4).any(|n| (20 + 14 * n..30 + 14 * n).contains(&x));
        let page = Grey::from_fn(100, 60, |x, y| {
            let tall = (20..30).contains(&x) && (20..40).contains(&y);
            let above = (48..58).contains(&x) && (19..24).contains(&y) && mark(x - 48, y - 19);
            if tall || above || letter(x) && (27..40).contains(&y) { 30 } else { 250 }
        });
        let area = Area { x0: 20.0, y0: 19.0, x1: 72.0, y1: 40.0 };
        let segment = Segment { area, tall: 20.0, letters: 4, on_dots: false };
        let words = vec![Read { text: own.to_owned(), area, confidence: 0.97, own: 95.0 }];
        let line = Line { segment, words, seen: Seen::Once };
        let readings = Readings {
            english: vec![english.to_owned()],
            french: vec![french.to_owned()],
            ..Readings::default()
        };
        let strips = Strips { bare: &page, scale: 1.0, coarse: false };
        shown_words(strips, &line, &readings).map(|words| words.concat())
    }

    #[test]
    fn the_ink_chooses_between_accents() {
        let circumflex = |x: usize, y: usize| x.abs_diff(5).abs_diff(y) < 2;
        let dots = |x: usize, y: usize| !(3..7).contains(&x) && y > 1;
        let û = Some("Brûl".to_owned());
        let ü = Some("Brül".to_owned());
        assert_eq!(chosen("Brûl", "Brül", "Brul", circumflex), û);
        assert_eq!(chosen("Brûl", "Brül", "Brul", dots), ü);
        assert_eq!(chosen("Brûül", "Brûl", "Brul", circumflex), û);
        assert_eq!(chosen("Brûül", "Brûül", "Brul", dots), ü);
        // what the ink does not show is not chosen
        assert_eq!(chosen("Brûl", "Brül", "Brul", |_, y| y > 2), None);
        assert_eq!(chosen("Brùl", "Brül", "Brul", circumflex), None);
        // other letters are no matter of accents, nor is what all agree on
        assert_eq!(chosen("Brûl", "Bràl", "Brul", circumflex), None);
        assert_eq!(chosen("Brûl", "Brül", "Bral", circumflex), None);
        assert_eq!(chosen("Brûl", "Brûl", "Brul", circumflex), None);
    }
}
