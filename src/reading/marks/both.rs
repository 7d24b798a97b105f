//! Signature and stamp in one zone: people sign and stamp in the same box, and leave the other empty.

use crate::domain::sheet::{Area, Evidence, Zone};
use crate::reading::layout::grid::grown;
use crate::reading::page::Origin;

/// Marks closer than this (points) are parts of one: the strokes of a signature, the lines of a stamp.
const APART: f32 = 10.0;
/// Smaller (points) it is a part of something or dirt.
const PART: f32 = 14.0;
/// Square points from which one mark may be a signature and a stamp: a stamp alone has 140 × 70, a
/// round one 100 × 100.
const LARGE: f32 = 15_000.0;
/// Marks of a zone that are held against each other.
const MOST: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// With whether they may be a stamp's: a name alone stands beside many a signature.
    Words {
        stamp: bool,
    },
    Stroke,
    Picture,
}

/// A mark that is surely in a zone.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub area: Area,
    pub what: What,
    pub origin: Origin,
}

/// Where one zone holds what may be signature and stamp, and the other nothing, a person looks at the
/// other instead of it being missing.
pub fn doubt(zones: &mut [Zone; 2], marks: &[Vec<Mark>; 2]) {
    let [signature, stamp] = zones;
    let [of_signature, of_stamp] = marks;
    match (&*signature, &*stamp) {
        (Zone::Ink { evidence }, Zone::Empty) if may_be_both(of_signature, false) => {
            *stamp = unsure(evidence);
        }
        (Zone::Empty, Zone::Ink { evidence }) if may_be_both(of_stamp, true) => {
            *signature = unsure(evidence);
        }
        _ => {}
    }
}

fn unsure(beside: &Evidence) -> Zone {
    Zone::Unsure { evidence: Evidence { confidence: 0.5, ..beside.clone() } }
}

/// Whether the marks of one zone may be a signature and a stamp. A name typed into the `stamp`'s zone
/// may be a signature; beside a signature it is no stamp.
fn may_be_both(marks: &[Mark], stamp: bool) -> bool {
    let counts = |mark: &&Mark| !matches!(mark.what, What::Words { stamp: false }) || stamp;
    let marks: Vec<&Mark> = marks.iter().filter(counts).take(MOST).collect();
    let groups = groups(&marks);
    let whole =
        |group: &&Vec<&Mark>| around(group).is_some_and(|area| area.width().max(area.height()) > PART);
    groups.iter().filter(whole).count() > 1 || groups.iter().any(|group| is_two(group))
}

/// Whether marks upon each other are more than one: drawn by different hands, a picture over strokes
/// or over another picture, strokes over words that they do not frame; or large.
fn is_two(group: &[&Mark]) -> bool {
    let large = |area: Area| area.width() * area.height() >= LARGE;
    let of = |what: What| group.iter().filter(move |mark| mark.what == what);
    let drawn: Vec<&&Mark> = of(What::Stroke).chain(of(What::Picture)).collect();
    let hands = drawn.iter().any(|a| drawn.iter().any(|b| a.origin != b.origin));
    let pictures: Vec<Area> = of(What::Picture).map(|mark| mark.area).collect();
    let strokes: Vec<&Mark> = of(What::Stroke).copied().collect();
    let words: Vec<&Mark> =
        group.iter().filter(|mark| matches!(mark.what, What::Words { .. })).copied().collect();
    let over = pictures.iter().enumerate().any(|(n, a)| {
        pictures.iter().skip(n + 1).any(|b| {
            let both = a.overlap(b).map_or(0.0, |both| both.width() * both.height());
            both > 0.1 * (a.width() * a.height()).min(b.width() * b.height())
        })
    });
    let framed = match (around(&strokes), around(&words)) {
        (Some(frame), Some(words)) => {
            let frame = grown(&frame, 3.0);
            frame.holds((words.x0, words.y0)) && frame.holds((words.x1, words.y1))
        }
        (None, _) | (_, None) => true,
    };
    hands
        || over
        || !framed
        || !(pictures.is_empty() || strokes.is_empty() && words.is_empty())
        || around(group).is_some_and(|area| !drawn.is_empty() && large(area))
}

fn around(marks: &[&Mark]) -> Option<Area> {
    marks.iter().map(|mark| mark.area).reduce(|a, b| a.around(&b))
}

/// Marks that lie upon or close to each other.
fn groups<'m>(marks: &[&'m Mark]) -> Vec<Vec<&'m Mark>> {
    let mut groups: Vec<Vec<&Mark>> = Vec::new();
    for mark in marks {
        let near = grown(&mark.area, APART);
        let touches =
            |group: &Vec<&Mark>| group.iter().any(|other| near.overlap(&grown(&other.area, 0.2)).is_some());
        let (joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(touches);
        groups = apart;
        groups.push(joined.into_iter().flatten().chain(std::iter::once(*mark)).collect());
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::page::AnnotationKind;

    fn mark(what: What, x0: f32, y0: f32, x1: f32, y1: f32) -> Mark {
        Mark { area: Area::new(x0, y0, x1, y1), what, origin: Origin::Page }
    }

    const LINE: What = What::Words { stamp: true };
    const NAME: What = What::Words { stamp: false };

    #[test]
    fn a_signature_is_one_mark() {
        let strokes = [mark(What::Stroke, 0.0, 0.0, 60.0, 40.0), mark(What::Stroke, 66.0, 5.0, 140.0, 40.0)];
        assert!(!may_be_both(&strokes, false));
        assert!(!may_be_both(&strokes, true));
        // with the signatory's name typed under it
        let named = [strokes[0], mark(NAME, 0.0, 60.0, 80.0, 70.0)];
        assert!(!may_be_both(&named, false));
        assert!(may_be_both(&named, true));
    }

    #[test]
    fn a_stamp_is_one_mark() {
        let framed = [
            mark(What::Stroke, 0.0, 0.0, 150.0, 44.0),
            mark(LINE, 6.0, 6.0, 100.0, 14.0),
            mark(LINE, 6.0, 15.0, 90.0, 23.0),
        ];
        assert!(!may_be_both(&framed, true));
        assert!(!may_be_both(&framed, false));
        assert!(!may_be_both(&framed[1..], true));
        // a picture in strips
        let strips =
            [mark(What::Picture, 0.0, 0.0, 140.0, 20.0), mark(What::Picture, 0.0, 20.0, 140.0, 40.0)];
        assert!(!may_be_both(&strips, true));
    }

    #[test]
    fn two_marks_in_one_zone_may_be_both() {
        let signature = mark(What::Stroke, 0.0, 0.0, 110.0, 40.0);
        assert!(may_be_both(&[signature, mark(What::Picture, 130.0, 0.0, 250.0, 40.0)], false));
        assert!(may_be_both(&[signature, mark(What::Stroke, 130.0, 0.0, 170.0, 40.0)], false));
        assert!(may_be_both(&[signature, mark(What::Picture, 20.0, 5.0, 150.0, 50.0)], true));
        assert!(may_be_both(&[signature, mark(LINE, 60.0, 10.0, 150.0, 18.0)], true));
        let pictures =
            [mark(What::Picture, 0.0, 0.0, 90.0, 40.0), mark(What::Picture, 50.0, 10.0, 190.0, 54.0)];
        assert!(may_be_both(&pictures, false));
        let by_hand = Mark { origin: Origin::Annotation(AnnotationKind::Ink), ..signature };
        assert!(may_be_both(&[mark(What::Stroke, 10.0, 0.0, 50.0, 40.0), by_hand], true));
    }

    #[test]
    fn one_large_mark_may_be_both() {
        assert!(may_be_both(&[mark(What::Picture, 0.0, 0.0, 220.0, 80.0)], false));
        assert!(!may_be_both(&[mark(What::Picture, 0.0, 0.0, 140.0, 70.0)], false));
    }
}
