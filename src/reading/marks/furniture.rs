//! What is printed on a page whatever is filled in: running heads, page numbers, logos.

use crate::reading::answers::ground::{Ground, Run};
use crate::reading::layout::fold::squeeze;
use crate::reading::page::{Area, Ink, Origin};

/// Points at the top and the foot of a page where its number and the form's name stand.
const MARGIN: f32 = 45.0;
/// How far (points) what comes back on another page may stand from its place.
const APART: f32 = 3.0;
/// Drawings that are looked at on each page.
const MOST: usize = 2_000;

/// Knows what comes back on the pages of one form.
pub struct Furniture<'a> {
    grounds: &'a [Ground<'a>],
}

impl<'a> Furniture<'a> {
    #[must_use]
    pub fn new(grounds: &'a [Ground<'a>]) -> Self {
        Self { grounds }
    }

    /// Whether words stand on another page too, at the same place and but for their digits the same;
    /// or are a page's number at its edge.
    #[must_use]
    pub fn has_words(&self, ground: &Ground<'_>, run: &Run) -> bool {
        let key = key(ground, run);
        let again =
            |other: &Run, on: &Ground<'_>| same_place(&run.area, &other.area) && self::key(on, other) == key;
        if self.others(ground).any(|on| on.runs.iter().any(|other| again(other, on))) {
            return true;
        }
        let height = ground.view.page.height;
        let at_edge = run.area.y1 < MARGIN || run.area.y0 > height - MARGIN;
        at_edge && matches!(key.as_str(), "" | "f" | "fpage" | "page" | "p" | "pagesur" | "fpagesur")
    }

    /// Whether the page itself draws this on another page too.
    #[must_use]
    pub fn has_ink(&self, ground: &Ground<'_>, ink: &Ink) -> bool {
        ink.origin == Origin::Page
            && self.others(ground).any(|on| {
                let inks = on.view.page.ink.iter().take(MOST);
                inks.into_iter().any(|other| {
                    let (a, b) = (&ink.area, &other.area);
                    let size = (a.width() - b.width()).abs() < 1.0 && (a.height() - b.height()).abs() < 1.0;
                    other.kind == ink.kind && other.origin == Origin::Page && size && same_place(a, b)
                })
            })
    }

    fn others(&self, ground: &Ground<'_>) -> impl Iterator<Item = &'a Ground<'a>> {
        let number = ground.view.number;
        self.grounds.iter().filter(move |on| on.view.number != number)
    }
}

fn same_place(a: &Area, b: &Area) -> bool {
    (a.x0 - b.x0).abs() < APART && (a.y0 - b.y0).abs() < APART
}

/// The letters of a run.
fn key(ground: &Ground<'_>, run: &Run) -> String {
    let words =
        run.pieces.iter().filter_map(|index| ground.view.piece(*index)).map(|piece| squeeze(&piece.text));
    words.collect::<String>().chars().filter(|c| !c.is_ascii_digit()).collect()
}
