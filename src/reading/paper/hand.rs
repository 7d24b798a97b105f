//! Whether a form was filled in by hand: its print is read well, and what was filled in is not. On a bad
//! fax or a dark photograph both are read badly.

use super::recognise::{Line, Seen};
use crate::reading::page::{Legibility, Page};

/// Shorter words say little of how well a page is read, characters.
const LONG: usize = 3;
/// Means of the engine's own confidence, 0 to 100: print that is read is above the one (94 as a rule, on
/// faxes too); what a hand wrote below the other (36 to 66 on forms of eight hands, printed answers 76
/// to 95).
const PRINT: f32 = 85.0;
const HAND: f32 = 70.0;
/// Words of answers from which something can be said.
const ENOUGH: f32 = 8.0;

/// How well a page's lines were read.
pub fn legibility(lines: &[Line]) -> Legibility {
    let mut found = Legibility::default();
    for line in lines {
        let mean = if line.seen == Seen::Weighed { &mut found.answers } else { &mut found.print };
        let long = line.words.iter().filter(|word| word.text.chars().count() >= LONG);
        long.for_each(|word| mean.add(word.own));
    }
    found
}

/// Whether what was filled in on a form's pages is handwriting.
#[must_use]
pub fn is_by_hand(pages: &[&Page]) -> bool {
    let mut all = Legibility::default();
    for page in pages {
        all.print.join(page.legibility.print);
        all.answers.join(page.legibility.answers);
    }
    all.answers.count >= ENOUGH && all.answers.value() < HAND && all.print.value() > PRINT
}
