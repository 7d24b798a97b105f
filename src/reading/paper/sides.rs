//! The upright rules of tables and boxes: what is short enough to be a letter's stem is a rule where it goes
//! from one level rule to another.

use super::picture::{Grey, float, whole};
use super::rules::{BORDER, SHORTEST, Stroke, WHOLE, is_of_letters};

/// Of upright strokes those that are rules by themselves, and those that go from one level rule to another:
/// the shorter of these are made to reach both. `lying`: the picture laid on its side.
#[must_use]
pub fn held(upright: Vec<Stroke>, level: &[Stroke], lying: &Grey, scale: f32) -> Vec<Stroke> {
    let near = |at: f32, x: f32| {
        let across =
            level.iter().filter(|rule| (rule.x0 - CORNER * scale..rule.x1 + CORNER * scale).contains(&x));
        across
            .map(|rule| rule.at(x))
            .filter(|y| (y - at).abs() < NEAR * scale)
            .min_by(|a, b| (a - at).abs().total_cmp(&(b - at).abs()))
    };
    let held = |stroke: Stroke| {
        let ends = near(stroke.x0, stroke.y0).zip(near(stroke.x1, stroke.y1));
        if stroke.length() >= SHORTEST * scale {
            return (ends.is_some() || !is_of_letters(lying, &stroke, scale)).then_some(stroke);
        }
        let (top, foot) = ends?;
        (foot - top >= BORDER * scale).then_some(Stroke { x0: top, x1: foot, ..stroke })
    };
    upright.into_iter().filter_map(held).collect()
}

/// The sides of boxes that stand too close to letters to be told by themselves: where two level rules end
/// above each other and what is between their ends is dark.
pub fn close(upright: &mut Vec<Stroke>, level: &[Stroke], lying: &Grey, scale: f32) {
    let aligned = |a: f32, b: f32| (a - b).abs() < CORNER * scale;
    let ends = |rule: &Stroke| [(rule.x0, rule.y0), (rule.x1, rule.y1)];
    for above in level {
        for (side, (x, top)) in ends(above).into_iter().enumerate() {
            let feet = level.iter().filter_map(|below| ends(below).get(side).copied());
            let foot = feet
                .filter(|(other, y)| aligned(x, *other) && (BORDER * scale..BOX * scale).contains(&(y - top)))
                .map(|(_, y)| y)
                .min_by(f32::total_cmp);
            let Some(foot) = foot else { continue };
            let known = |side: &Stroke| {
                let middle = f32::midpoint(top, foot);
                side.x0 <= middle && middle <= side.x1 && aligned(side.at(middle), x)
            };
            if upright.iter().any(known) {
                continue;
            }
            let dark = |column: usize| {
                let part = lying.row(column).get(whole(top)..whole(foot)).unwrap_or_default();
                float(part.iter().filter(|value| **value < SIDE).count()) / float(part.len().max(1))
            };
            let columns = whole((x - CORNER * scale).max(0.0))..=whole(x + CORNER * scale);
            let best = columns.map(|column| (dark(column), column)).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, column)) = best.filter(|(dark, _)| *dark >= WHOLE) {
                let y = float(column) + 0.5;
                upright.push(Stroke { x0: top, x1: foot, y0: y, y1: y, in_pieces: false });
            }
        }
    }
}

/// Makes rules that end where letters stand close to them go on from row to row, as far as they are drawn.
pub fn go_on(upright: &mut [Stroke], level: &[Stroke], lying: &Grey, scale: f32) {
    for stroke in upright.iter_mut().filter(|stroke| !stroke.in_pieces) {
        let here = *stroke;
        let next = |from: f32, way: f32| {
            let crossing = level
                .iter()
                .filter(|rule| (rule.x0 - CORNER * scale..rule.x1 + CORNER * scale).contains(&here.at(from)));
            let off = crossing.map(|rule| way * (rule.at(here.at(from)) - from));
            let row = off.filter(|off| (CORNER * scale..ROW * scale).contains(off)).min_by(f32::total_cmp)?;
            let to = from + way * row;
            is_drawn(lying, &here, from.min(to)..from.max(to)).then_some(to)
        };
        let mut ends = [here.x0, here.x1];
        for (end, way) in ends.iter_mut().zip([-1.0, 1.0]) {
            for _ in 0..ROWS {
                *end = next(*end, way).unwrap_or(*end);
            }
        }
        let [x0, x1] = ends;
        *stroke = Stroke { x0, x1, y0: here.at(x0), y1: here.at(x1), ..here };
    }
}

/// Whether a stroke's line is dark from one place to another, whatever stands beside it.
fn is_drawn(lying: &Grey, stroke: &Stroke, part: std::ops::Range<f32>) -> bool {
    let all = whole(part.end - part.start);
    let dark = |n: &usize| {
        let x = part.start + float(*n);
        let y = stroke.at(x).max(1.0);
        [y - 0.7, y, y + 0.7].into_iter().any(|y| lying.at(whole(x), whole(y)) < SIDE)
    };
    float((0..all).filter(dark).count()) >= WHOLE * float(all)
}

/// The highest row along which a rule goes on, points.
const ROW: f32 = 30.0;
/// So many rows one goes on.
const ROWS: usize = 3;
/// The highest box whose side is told by its corners, points.
const BOX: f32 = 45.0;
/// Darker than this may be of a side.
const SIDE: u8 = 205;
/// So far beyond the end of a rule one may cross it, points: their corner is lost in both.
const CORNER: f32 = 2.5;
/// So far from a rule the end of a stroke may be that goes to it, points.
const NEAR: f32 = 4.5;

#[cfg(test)]
mod tests {
    use super::super::rules::{Ground, laid, level};
    use super::*;

    const GROUND: Ground = Ground { noise: 2.0, black_and_white: false };

    #[test]
    fn a_low_cells_border_is_found_between_its_rules_and_a_boxs_side_is_none() {
        // a row 20 points high with one border; below it a box of 11 points by itself
        let page = Grey::from_fn(600, 300, |x, y| {
            let rule = (40..560).contains(&x) && (y == 100 || y == 101 || y == 156 || y == 157);
            let border = (100..157).contains(&y) && (x == 303 || x == 304);
            let frame = (200..234).contains(&x) && (220..254).contains(&y);
            let side = frame && !((202..232).contains(&x) && (222..252).contains(&y));
            if rule || border || side { 120 } else { 250 }
        });
        let level_rules = level(&page, 2.8, GROUND, SHORTEST);
        let upright = level(&laid(&page), 2.8, GROUND, BORDER);
        assert!(upright.len() > 1, "the box's sides are strokes too: {upright:?}");
        let found = held(upright, &level_rules, &laid(&page), 2.8);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((found[0].y0 - 304.0).abs() < 3.0 && (found[0].x0 - 101.0).abs() < 3.0, "{found:?}");
        assert!((found[0].x1 - 157.0).abs() < 3.0, "{found:?}");
    }

    /// Letters' stems above, in and below a box of 15 points that begin where it does, or two points later.
    fn boxed(at: usize, inner: usize) -> Grey {
        Grey::from_fn(600, 300, |x, y| {
            let frame = (40..561).contains(&x) && (at..at + 43).contains(&y);
            let side = frame && (!(42..=558).contains(&x) || y < at + 2 || y > at + 40);
            let stem =
                (41..44).contains(&x) && ((at - 26..at - 8).contains(&y) || (at + 52..at + 70).contains(&y));
            let letter = (inner..inner + 3).contains(&x) && (at + 8..at + 32).contains(&y);
            if side || stem || letter { 110 } else { 250 }
        })
    }

    #[test]
    fn a_low_boxs_sides_are_found_wherever_it_stands_and_letters_are_none() {
        for at in 90..108 {
            for inner in [46, 60] {
                let page = boxed(at, inner);
                let lying = laid(&page);
                let across = level(&page, 2.8, GROUND, SHORTEST);
                let mut upright = held(level(&lying, 2.8, GROUND, BORDER), &across, &lying, 2.8);
                close(&mut upright, &across, &lying, 2.8);
                let mut places: Vec<f32> = upright.iter().map(Stroke::middle).collect();
                places.sort_by(f32::total_cmp);
                let [left, right] = places.as_slice() else { panic!("{at} {inner}: {upright:?}") };
                assert!(
                    (left - 41.0).abs() < 2.0 && (right - 560.0).abs() < 2.5,
                    "{at} {inner}: {upright:?}"
                );
            }
        }
    }

    #[test]
    fn a_border_goes_on_beside_letters_and_not_where_there_is_none() {
        let page = |border_to: usize| {
            Grey::from_fn(600, 400, |x, y| {
                let rule =
                    (40..560).contains(&x) && [100, 156, 212].iter().any(|at| (*at..at + 2).contains(&y));
                let border = (100..border_to).contains(&y) && (x == 303 || x == 304);
                let letter = (308..311).contains(&x) && (160..208).contains(&y) && y % 24 > 3;
                if rule || border || letter { 120 } else { 250 }
            })
        };
        let found = |border_to: usize| {
            let page = page(border_to);
            let lying = laid(&page);
            let across = level(&page, 2.8, GROUND, SHORTEST);
            let mut upright = held(level(&lying, 2.8, GROUND, BORDER), &across, &lying, 2.8);
            upright.retain(|stroke| (stroke.middle() - 304.0).abs() < 2.0);
            go_on(&mut upright, &across, &lying, 2.8);
            upright.iter().map(|stroke| stroke.x1).fold(0.0, f32::max)
        };
        assert!((found(213) - 213.0).abs() < 4.0, "{}", found(213));
        assert!((found(157) - 157.0).abs() < 4.0, "{}", found(157));
    }
}
