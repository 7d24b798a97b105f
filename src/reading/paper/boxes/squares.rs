//! Squares: boxes with four straight sides, whatever is drawn in or over them.

use super::{Box, Content, SOFT, Shape, inside};
use crate::domain::sheet::Area;
use crate::reading::paper::ink::share;
use crate::reading::paper::picture::{Grey, float, whole};
use crate::reading::paper::straighten::INK;

/// Side of a box, points.
const SIDE: (f32, f32) = (6.0, 19.0);
/// Share of each side that is ink: a tick over it takes nothing away.
const DRAWN: f32 = 0.9;
/// Candidates for a side that are looked at.
const MOST: usize = 20_000;

/// An upright run of ink, pixels.
#[derive(Debug, Clone, Copy)]
struct Side {
    x: usize,
    y0: usize,
    y1: usize,
}

/// The squares of a whitened picture: from each upright stroke of the right length, as a left or right
/// side, the other three sides are looked for. A tick may run over any of them.
#[must_use]
pub fn find(white: &Grey, scale: f32) -> Vec<Box> {
    let (least, most) = (whole(SIDE.0 * scale), whole(SIDE.1 * scale));
    let slack = whole(0.12 * SIDE.0 * scale).max(2);
    let mut out: Vec<Box> = Vec::new();
    for side in sides(white, least, most) {
        let (y0, y1) = (side.y0, side.y1);
        let within = |x: usize| Area {
            x0: float(x.saturating_sub(slack)) / scale,
            x1: float(x + slack) / scale,
            y0: float(y0) / scale,
            y1: float(y1) / scale,
        };
        if out.iter().any(|known| known.area.overlap(&within(side.x)).is_some()) {
            continue;
        }
        let height = y1 - y0;
        let widths = (height * 4).div_ceil(5).max(least)..=height * 5 / 4;
        let column = |x: usize| share(white, x, y0, x + 1, y1, SOFT);
        // the outermost first: frames are some pixels thick
        let best = |x: &dyn Fn(usize) -> Option<usize>| {
            let found = widths
                .clone()
                .rev()
                .filter_map(x)
                .map(|x| (column(x), x))
                .filter(|(share, _)| *share >= DRAWN);
            found.map(|(_, x)| x).collect::<Vec<_>>()
        };
        let rights = best(&|width| Some(side.x + width));
        let lefts = best(&|width| side.x.checked_sub(width));
        let pairs = rights.into_iter().map(|x| (side.x, x)).chain(lefts.into_iter().map(|x| (x, side.x)));
        let bar = |x0: usize, x1: usize, y: usize| {
            let rows = y.saturating_sub(slack)..=y + slack;
            rows.map(|row| share(white, x0, row, x1 + 1, row + 1, SOFT)).fold(0.0, f32::max)
        };
        let square = pairs
            .filter(|(x0, x1)| bar(*x0, *x1, y0) >= DRAWN && bar(*x0, *x1, y1) >= DRAWN)
            .find(|(x0, x1)| stands_alone(white, scale, (*x0, y0, *x1, y1)));
        if let Some((x0, x1)) = square {
            let area = Area {
                x0: float(x0) / scale,
                y0: float(y0) / scale,
                x1: float(x1 + 1) / scale,
                y1: float(y1) / scale,
            };
            out.push(Box { area, shape: Shape::Square, content: Content::Nothing, crossed: false });
        }
    }
    for one in &mut out {
        one.content = content(white, &one.area, scale);
    }
    out
}

/// Whether there is hardly any ink just outside the four sides: what has is a round letter, or two
/// letters of a word. A tick may run over one or two sides.
fn stands_alone(white: &Grey, scale: f32, (x0, y0, x1, y1): (usize, usize, usize, usize)) -> bool {
    let (near, far) = (whole(0.35 * scale) + 1, whole(1.5 * scale) + 2);
    let strips = [
        share(white, x0.saturating_sub(far), y0, x0.saturating_sub(near), y1, INK),
        share(white, x1 + 1 + near, y0, x1 + 1 + far, y1, INK),
        share(white, x0, y0.saturating_sub(far), x1, y0.saturating_sub(near), INK),
        share(white, x0, y1 + near, x1, y1 + far, INK),
    ];
    // a letter beside it stands at half its height; a tick that runs over seldom does
    let (top, low) = (y0 + (y1 - y0) * 2 / 5, y1 - (y1 - y0) / 5);
    // letters of a typewriter's face stand farther apart
    let gap = whole(if float(y1 - y0) < 8.5 * scale { 2.6 } else { 1.9 } * scale);
    let beside = share(white, x1 + 1 + near, top, x1 + 1 + gap, low, INK) > 0.05
        || share(white, x0.saturating_sub(gap), top, x0.saturating_sub(near), low, INK) > 0.05;
    if beside {
        return false;
    }
    let k = whole(0.3 * scale).max(1);
    let corner =
        |x: usize, y: usize| share(white, x.saturating_sub(k), y.saturating_sub(k), x + k, y + k, SOFT) > 0.2;
    let square = [(x0 + k, y0 + k), (x1 + 1 - k, y0 + k), (x0 + k, y1 - k), (x1 + 1 - k, y1 - k)];
    square.into_iter().all(|(x, y)| corner(x, y))
        && strips.iter().filter(|inked| **inked > 0.04).count() <= 2
        && strips.iter().all(|inked| *inked < 0.35)
}

/// Upright runs of ink as long as a box's side, by their columns.
fn sides(white: &Grey, least: usize, most: usize) -> Vec<Side> {
    let mut out: Vec<Side> = Vec::new();
    // where the run in each column began, and how many light pixels it had last
    let mut begun: Vec<(Option<usize>, usize)> = vec![(None, 0); white.width];
    for y in 0..=white.height {
        let row = white.row(y);
        for (x, (start, gap)) in begun.iter_mut().enumerate() {
            let dark = row.get(x).is_some_and(|v| *v < INK);
            match (*start, dark) {
                (None, true) => (*start, *gap) = (Some(y), 0),
                (Some(_), true) => *gap = 0,
                (Some(from), false) => {
                    *gap += 1;
                    if *gap > 1 || y == white.height {
                        let to = y + 1 - *gap;
                        if (least..=most).contains(&(to - from)) && out.len() < MOST {
                            out.push(Side { x, y0: from, y1: to });
                        }
                        *start = None;
                    }
                }
                (None, false) => {}
            }
        }
    }
    out.sort_by_key(|side| (side.x, side.y0));
    out
}

/// What is in a square.
fn content(white: &Grey, area: &Area, scale: f32) -> Content {
    let inset = whole((0.11 * area.width().min(area.height())).max(1.0) * scale) + 1;
    let (x0, y0) = (whole(area.x0 * scale) + inset, whole(area.y0 * scale) + inset);
    let (x1, y1) =
        (whole(area.x1 * scale).saturating_sub(inset), whole(area.y1 * scale).saturating_sub(inset));
    if x1 <= x0 + 2 || y1 <= y0 + 2 {
        return Content::Nothing;
    }
    inside::content(&white.cut(x0, y0, x1, y1), (x0, y0), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with a box of 27 pixels at (40, 40), and something in it.
    fn page(inside: impl Fn(usize, usize) -> u8) -> Grey {
        Grey::from_fn(120, 120, |x, y| {
            let (dx, dy) = (x.wrapping_sub(40), y.wrapping_sub(40));
            let within = dx < 27 && dy < 27;
            let frame = within && (dx < 2 || dy < 2 || dx > 24 || dy > 24);
            if frame {
                40
            } else if within {
                inside(dx, dy)
            } else {
                255
            }
        })
    }

    fn content_of(inside: impl Fn(usize, usize) -> u8) -> Content {
        let found = find(&page(inside), 2.78);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].content
    }

    #[test]
    fn boxes_are_found_empty_and_ticked() {
        assert_eq!(content_of(|_, _| 255), Content::Nothing);
        let cross = |x: usize, y: usize| if x.abs_diff(y) < 2 || (x + y).abs_diff(26) < 2 { 40 } else { 255 };
        assert!(matches!(content_of(cross), Content::Mark(_)));
        assert!(matches!(
            content_of(|x, y| if x > 5 && x < 21 && y > 5 && y < 21 { 20 } else { 255 }),
            Content::Mark(_)
        ));
        let tick = |x: usize, y: usize| {
            let down = x < 12 && (x + 8).abs_diff(y) < 2;
            let up = x >= 10 && (x + y).abs_diff(30) < 2;
            if down || up { 40 } else { 255 }
        };
        assert!(matches!(content_of(tick), Content::Mark(_)));
    }

    #[test]
    fn a_thick_slanting_frame_is_no_mark() {
        let frame = |x: usize, y: usize| if x < 3 + y / 8 || y > 20 + x / 9 { 30 } else { 255 };
        assert_eq!(content_of(frame), Content::Nothing);
    }

    #[test]
    fn dirt_is_nothing_and_a_smudge_is_not_a_tick() {
        assert_eq!(content_of(|x, y| if x == 12 && y == 12 { 30 } else { 255 }), Content::Nothing);
        let smudge =
            |x: usize, y: usize| if (8..18).contains(&x) && (8..18).contains(&y) { 190 } else { 255 };
        assert!(matches!(content_of(smudge), Content::Something(_)));
        let dot = |x: usize, y: usize| if (10..15).contains(&x) && (10..15).contains(&y) { 30 } else { 255 };
        assert!(matches!(content_of(dot), Content::Something(_)));
    }

    #[test]
    fn round_letters_are_no_boxes() {
        let ring = Grey::from_fn(120, 120, |x, y| {
            let (dx, dy) = (float(x) - 60.0, float(y) - 60.0);
            if (11.0..14.0).contains(&dx.hypot(dy)) { 30 } else { 255 }
        });
        assert_eq!(find(&ring, 2.78), Vec::new());
    }
}
