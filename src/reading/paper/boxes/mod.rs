//! Boxes to tick in a picture and what is in them: squares, circles, and brackets of type.

mod brackets;
mod circles;
#[cfg(test)]
mod drawing;
mod inside;
mod squares;

use super::ink::blobs;
use super::picture::Grey;
use super::straighten::INK;
use crate::domain::sheet::Area;

/// Darker than this may be of a stroke that lies between two rows of pixels.
const SOFT: u8 = 195;
/// How much two boxes of one kind may differ, points: a part of a pixel at both ends.
const ALIKE: f32 = 1.0;
/// How far off a line or a column of boxes one of them may stand, points.
const OFF_LINE: f32 = 2.5;
/// So many more of one kind are boxes wherever they stand: behind lines of unequal length.
const SCATTERED: usize = 2;

/// A box and what runs over it are no larger than this, points.
const LARGEST: f32 = 30.0;
/// Circles and brackets of a page that are held against each other.
const MOST: usize = 300;

/// What is in a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Content {
    Nothing,
    /// Less than a tick, or pale.
    Something(Area),
    Mark(Area),
}

/// How a box is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Square,
    Circle,
    /// Two letters of the line, `[ ]` or `( )`.
    Brackets,
}

/// A box with what is in it; areas in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Box {
    pub area: Area,
    pub shape: Shape,
    pub content: Content,
    /// What is in it runs into its frame or over it, as nothing that is printed does.
    pub crossed: bool,
}

impl Box {
    /// Whether another one is printed alike.
    fn is_like(&self, other: &Self) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() < ALIKE;
        self.shape == other.shape
            && near(self.area.width(), other.area.width())
            && near(self.area.height(), other.area.height())
    }

    fn is_in_line_with(&self, other: &Self) -> bool {
        let ((x, y), (u, v)) = (self.area.middle(), other.area.middle());
        (x - u).abs() < OFF_LINE || (y - v).abs() < OFF_LINE
    }
}

/// The boxes of a whitened picture. `scale`: pixels a point.
#[must_use]
pub fn find(white: &Grey, scale: f32) -> Vec<Box> {
    let mut out = squares::find(white, scale);
    let spots = blobs(white, INK);
    let mut others = circles::find(white, scale, &spots);
    // a form has boxes of one make: the halves of worn digits ("00") are no brackets beside its squares
    let squares =
        out.iter().enumerate().any(|(n, one)| out.iter().skip(n + 1).any(|other| one.is_like(other)));
    if !squares {
        others.extend(brackets::find(white, scale, &spots));
    }
    others.retain(|one| !out.iter().any(|known| known.area.overlap(&one.area).is_some()));
    others.truncate(MOST);
    for one in others.iter_mut().filter(|one| one.crossed && one.content == Content::Nothing) {
        one.content = Content::Something(one.area);
    }
    let has_mates = |one: &&Box| is_one_of_several(one, &others);
    out.extend(others.iter().filter(has_mates));
    out
}

/// A single circle is a letter, a sign or a drawing, and brackets hold a number or the end of a word;
/// boxes to tick stand beside or below each other, or are several.
fn is_one_of_several(one: &Box, all: &[Box]) -> bool {
    let mates: Vec<&Box> = all.iter().filter(|other| *other != one && one.is_like(other)).collect();
    let several = mates.len() >= SCATTERED || mates.iter().any(|other| one.is_in_line_with(other));
    // of brackets around something at least one pair is seen empty
    several
        && (one.shape != Shape::Brackets
            || one.content == Content::Nothing
            || one.crossed
            || mates.iter().any(|other| other.content == Content::Nothing))
}

/// The number in a circle may be printed: where no circle like it is empty on any page of a document, only
/// what runs over its circle is surely a mark.
pub fn doubt_signs(pages: &mut [&mut Vec<Box>]) {
    let empty: Vec<Box> = pages
        .iter()
        .flat_map(|page| page.iter())
        .filter(|one| one.content == Content::Nothing)
        .copied()
        .collect();
    for one in pages.iter_mut().flat_map(|page| page.iter_mut()).filter(|one| one.shape == Shape::Circle) {
        if let Content::Mark(area) = one.content
            && !one.crossed
            && !empty.iter().any(|other| one.is_like(other))
        {
            one.content = Content::Something(area);
        }
    }
}
