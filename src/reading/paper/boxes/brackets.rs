//! Brackets of type, `[ ]` or `( )`, with nothing, or with a mark, between them. One of the two is seen as a
//! letter by itself; the other one is its mirror image, over which a tick may run.

use super::{Box, Content, LARGEST, SOFT, Shape, inside};
use crate::domain::sheet::Area;
use crate::reading::paper::ink::{Blob, share};
use crate::reading::paper::picture::{Grey, float, whole};
use crate::reading::paper::straighten::INK;

/// Height of a bracket, points.
const HEIGHT: (f32, f32) = (5.8, 13.5);
/// Width of a bracket, points, and the most of its height.
const WIDTH: (f32, f32, f32) = (0.9, 4.0, 0.42);
/// How far apart the two stand, points.
const APART: (f32, f32) = (3.4, 14.0);
/// The thickest stroke, points.
const THICKEST: f32 = 1.8;
/// How far a bar may slant, points; a pixel at least.
const SLANTS: f32 = 0.3;
/// Share of a mirror image's ink that is ink: a tick over it takes nothing away.
const DRAWN: f32 = 0.94;
/// Ink that may stand beside a pair, of the place that must be white.
const BESIDE: f32 = 0.03;

/// The pairs of brackets of a whitened picture that stand alone. `spots`: its ink.
pub fn find(white: &Grey, scale: f32, spots: &[Blob]) -> Vec<Box> {
    let size = |spot: &&Blob| {
        let (wide, high) = (float(spot.width()) / scale, float(spot.height()) / scale);
        (HEIGHT.0..HEIGHT.1).contains(&high) && (WIDTH.0..WIDTH.1).contains(&wide) && wide <= WIDTH.2 * high
    };
    let mut out: Vec<Box> = Vec::new();
    for spot in spots.iter().filter(size) {
        let letter = white.cut(spot.x0, spot.y0, spot.x1, spot.y1);
        let mirrored = letter.mirrored();
        let (image, opens) = if opens(&letter, scale) {
            (&mirrored, true)
        } else if opens(&mirrored, scale) {
            (&mirrored, false)
        } else {
            continue;
        };
        let Some((x, y)) = other(white, scale, spot, image, opens) else { continue };
        let image = Blob { x0: x, y0: y, x1: x + image.width, y1: y + image.height, size: 0 };
        let mate = spots.iter().find(|other| is_at(other, &image)).unwrap_or(&image);
        let (left, right) = if opens { (spot, mate) } else { (mate, spot) };
        if !stands_alone(white, scale, left, right) {
            continue;
        }
        let area = left.area(scale).around(&right.area(scale));
        if !out.iter().any(|known| known.area.overlap(&area).is_some()) {
            out.push(pair(white, scale, spots, (left, right), area));
        }
    }
    out
}

/// Whether a spot has another one's place, to a pixel or two.
fn is_at(spot: &Blob, place: &Blob) -> bool {
    let edges = |blob: &Blob| [blob.x0, blob.y0, blob.x1, blob.y1];
    edges(spot).into_iter().zip(edges(place)).all(|(a, b)| a.abs_diff(b) <= 2)
}

/// Whether a letter is an opening bracket, round or square.
fn opens(letter: &Grey, scale: f32) -> bool {
    is_square(letter, scale) || is_round(letter, scale)
}

/// An upright bar at the left with a foot at each end, and nothing else.
fn is_square(letter: &Grey, scale: f32) -> bool {
    let (wide, high) = (letter.width, letter.height);
    let (end, off) = (whole(1.1 * scale).max(2), whole(SLANTS * scale).max(1));
    // each row's stroke; of a bar that slants by a pixel no column is whole, and its ends may be worn
    let stroke = |y: usize| -> Option<usize> {
        let most = if (end..high.saturating_sub(end)).contains(&y) { off } else { off + 1 };
        let from = (0..wide).find(|x| letter.at(*x, y) < SOFT).filter(|from| *from <= most)?;
        Some((from..wide).take_while(|x| letter.at(*x, y) < SOFT).last().unwrap_or(from) + 1)
    };
    let ends: Option<Vec<usize>> = (0..high).map(stroke).collect();
    let Some(middle) = ends.as_ref().and_then(|ends| ends.get(end..high.checked_sub(end)?)) else {
        return false;
    };
    let mut middle = middle.to_vec();
    middle.sort_unstable();
    let Some(bar) = middle.get(middle.len() / 2).copied() else { return false };
    let foot = |mut rows: std::ops::Range<usize>| {
        rows.any(|y| {
            stroke(y).is_some_and(|end| float(end) >= float(bar) + (0.4 * scale).max(1.0) && end + 1 >= wide)
        })
    };
    float(bar) <= THICKEST * scale
        && foot(0..end)
        && foot(high - end..high)
        && share(letter, bar + 1, end, wide, high - end, INK) <= 0.03
}

/// A thin bow whose ends lie to the right of its middle.
fn is_round(letter: &Grey, scale: f32) -> bool {
    let (wide, high) = (letter.width, letter.height);
    // in each row one stroke
    let mut strokes: Vec<(f32, f32)> = Vec::with_capacity(high);
    for y in 0..high {
        let dark = |x: &usize| letter.at(*x, y) < SOFT;
        let Some(from) = (0..wide).find(dark) else { return false };
        let to = (from..wide).take_while(dark).last().unwrap_or(from);
        if (to + 1..wide).any(|x| letter.at(x, y) < INK) {
            return false;
        }
        strokes.push((float(from), float(to + 1)));
    }
    let mean = |rows: std::ops::Range<usize>| {
        let part = strokes.get(rows).unwrap_or_default();
        part.iter().map(|(from, to)| f32::midpoint(*from, *to)).sum::<f32>() / float(part.len().max(1))
    };
    let part = (high / 8).max(1);
    let (top, low) = (mean(0..part), mean(high - part..high));
    let (upper, lower) = (mean(high / 4..high / 4 + part), mean(high - high / 4 - part..high - high / 4));
    let middle = mean((high - part) / 2..(high - part) / 2 + part);
    let depth = f32::midpoint(top, low) - middle;
    let thick = strokes.iter().map(|(from, to)| to - from).fold(0.0, f32::max);
    depth >= 0.09 * float(high)
        && (top - low).abs() <= 0.4 * depth + 0.5
        && (upper - lower).abs() <= 0.3 * depth + 0.5
        && (0.1 * depth..0.65 * depth).contains(&(f32::midpoint(upper, lower) - middle))
        && thick <= THICKEST * scale + 1.0
}

/// Where the other bracket stands (its top left corner): the nearest place that has all ink of the image.
fn other(white: &Grey, scale: f32, spot: &Blob, image: &Grey, opens: bool) -> Option<(usize, usize)> {
    let ink: Vec<(usize, usize)> = (0..image.height)
        .flat_map(|y| (0..image.width).map(move |x| (x, y)))
        .filter(|(x, y)| image.at(*x, *y) < INK)
        .collect();
    let allowed = whole((1.0 - DRAWN) * float(ink.len()));
    // a stroke of a pixel or two is drawn a pixel beside its place
    let drawn = |x: usize, y: usize| {
        let mut missing = 0;
        ink.iter().all(|(dx, dy)| {
            let mut near = (x + dx).saturating_sub(1)..=x + dx + 1;
            missing += usize::from(near.all(|x| white.at(x, y + dy) >= SOFT));
            missing <= allowed
        })
    };
    let slack = whole(0.35 * scale).max(1);
    let (top, low) = (spot.y0.saturating_sub(slack), spot.y0 + slack);
    let place = |apart: usize| {
        if opens { Some(spot.x1 + apart) } else { spot.x0.checked_sub(apart + image.width) }
    };
    let most = whole(APART.1 * scale);
    let nearest = (whole(APART.0 * scale)..=most)
        .find(|apart| place(*apart).is_some_and(|x| (top..=low).any(|y| drawn(x, y))))?;
    // the place that fits best is so far from the first that fits
    let places = (nearest..=nearest + 2).filter_map(place).flat_map(|x| (top..=low).map(move |y| (x, y)));
    let dark = |(x, y): &(usize, usize)| -> usize {
        ink.iter().map(|(dx, dy)| usize::from(255 - white.at(x + dx, y + dy))).sum()
    };
    places.filter(|(x, y)| x + image.width < white.width && drawn(*x, *y)).max_by_key(dark)
}

/// Whether there is white before and behind a pair, and behind each of its bars no more letter.
fn stands_alone(white: &Grey, scale: f32, left: &Blob, right: &Blob) -> bool {
    let (top, low) = (left.y0.min(right.y0), left.y1.max(right.y1));
    // a tick that runs over goes up
    let lower = low - (low - top) * 2 / 3;
    let (near, before, behind) = (whole(0.3 * scale) + 1, whole(2.0 * scale) + 1, whole(0.9 * scale) + 1);
    share(white, left.x0.saturating_sub(before), top, left.x0.saturating_sub(near), low, INK) <= BESIDE
        && share(white, right.x1 + near, lower, right.x1 + behind, low, INK) <= BESIDE
}

/// The box that two brackets are, with what is between them.
fn pair(white: &Grey, scale: f32, spots: &[Blob], (left, right): (&Blob, &Blob), area: Area) -> Box {
    let margin = whole(0.25 * scale).max(1);
    let (x0, x1) = (left.x1 + margin, right.x0.saturating_sub(margin));
    let (y0, y1) = (left.y0.min(right.y0), left.y1.max(right.y1));
    let content = if x1 > x0 + 2 {
        inside::content(&white.cut(x0, y0, x1, y1), (x0, y0), scale)
    } else {
        Content::Nothing
    };
    // taller than the brackets, or joined with one of them
    let over = whole(0.6 * scale).max(1);
    let crossed = spots.iter().any(|spot| {
        let within = spot.x1 > x0 && spot.x0 < x1 && spot.y1 > y0 && spot.y0 < y1;
        let beyond = spot.y0 + over < y0 || spot.y1 > y1 + over || spot.x0 + over < x0 || spot.x1 > x1 + over;
        let small = float(spot.width().max(spot.height())) <= LARGEST * scale;
        small && within && beyond
    });
    Box { area, shape: Shape::Brackets, content, crossed }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Drawing;
    use super::Shape::{self, Brackets};

    /// Two empty pairs with words behind them, and room for another at (30, 43).
    fn page(scale: f32) -> Drawing {
        Drawing::at(scale)
            .brackets(110.0, 44.0, 9.0)
            .word(124.0, 43.0)
            .brackets(190.0, 44.0, 9.0)
            .word(204.0, 43.0)
            .word(44.0, 43.0)
    }

    const OTHERS: [(Shape, &str); 2] = [(Brackets, "nothing"), (Brackets, "nothing")];

    #[test]
    fn brackets_are_found_empty_and_ticked() {
        for scale in [2.08, 2.8, 4.17] {
            let pair = || page(scale).brackets(30.0, 44.0, 9.0);
            let marked = [
                pair().cross(34.5, 40.0, 2.2),
                pair().stroke((32.5, 40.0), (34.5, 43.0), 1.3).stroke((34.5, 43.0), (40.0, 34.0), 1.3),
            ];
            assert_eq!(pair().told(), [(Brackets, "nothing"); 3], "{scale}");
            for (n, page) in marked.iter().enumerate() {
                assert_eq!(page.told(), [&[(Brackets, "mark")], &OTHERS[..]].concat(), "{scale}, {n}");
            }
        }
    }

    #[test]
    fn round_brackets_are_found_empty_and_ticked() {
        for scale in [2.08, 2.8, 4.17] {
            let pairs =
                || Drawing::at(scale).bows(30.0, 44.0, 11.0).bows(110.0, 44.0, 11.0).word(126.0, 43.0);
            assert_eq!(pairs().told(), OTHERS, "{scale}");
            assert_eq!(pairs().cross(35.5, 40.0, 1.8).told(), [(Brackets, "mark"), OTHERS[0]], "{scale}");
        }
    }

    #[test]
    fn numbers_in_brackets_are_no_boxes() {
        let number = |page: Drawing, y: f32| {
            page.brackets(30.0, y, 6.5).stroke((33.2, y - 1.0), (33.2, y - 7.0), 0.9).word(42.0, y - 1.0)
        };
        let notes = [44.0, 60.0, 76.0].into_iter().fold(Drawing::new(), number);
        assert_eq!(notes.told(), []);
        // beside boxes to tick
        assert_eq!(number(page(2.8), 80.0).told(), OTHERS);
    }

    #[test]
    fn letters_and_single_pairs_are_no_boxes() {
        let others = [
            // at the end of a word
            page(2.8).word(12.0, 43.0).brackets(28.5, 44.0, 6.0),
            // a bar without feet for one of the two, and two letters whose feet lie outside
            page(2.8).brackets(30.0, 44.0, 60.0).stroke((39.0, 44.0), (39.0, 35.6), 0.8),
            page(2.8).word(30.0, 43.0),
            // so far apart that words stand between them
            page(2.8).brackets(20.0, 60.0, 40.0),
        ];
        for (n, page) in others.iter().enumerate() {
            assert_eq!(page.told(), OTHERS, "{n}");
        }
        assert_eq!(Drawing::new().brackets(30.0, 44.0, 9.0).word(44.0, 43.0).told(), []);
    }
}
