//! Circles: boxes drawn as a thin ring that stands alone, with a tick or a dot in it, or a cross over it.

use super::{Box, Content, LARGEST, SOFT, Shape, inside};
use crate::domain::sheet::Area;
use crate::reading::paper::ink::{Blob, share};
use crate::reading::paper::picture::{Grey, float, whole};
use crate::reading::paper::straighten::INK;

/// Radius of a ring's stroke, points.
const RADIUS: (f32, f32) = (3.1, 7.3);
/// More of a spot's place is ink where it is a blot.
const SOLID: f32 = 0.72;
/// Places of a page at which a ring is looked for; of a page of text at most some ten thousands.
const MOST_PLACES: usize = 400_000;
/// Directions in which a ring is looked for, and then looked at.
const FEW: usize = 24;
const MANY: usize = 72;
/// Share of the directions in which there is ink: a tick over a ring takes nothing away.
const DRAWN: f32 = 0.9;
/// Share of the directions in which the stroke ends on its outer side where a circle does.
const ROUND: f32 = 0.7;
/// Share of the directions in which there may be ink just outside: the ends of a cross.
const OUTSIDE: f32 = 0.3;
/// Share of the directions in which there may be ink just inside: a tick, or a dot that is too large.
const INSIDE: f32 = 0.6;
/// The thickest stroke, points and of the radius.
const THICKEST: (f32, f32) = (1.9, 0.36);

/// A ring's stroke, pixels.
#[derive(Debug, Clone, Copy)]
struct Ring {
    x: f32,
    y: f32,
    radius: f32,
}

/// The circles of a whitened picture, letters that are as round among them. `spots`: its ink.
pub fn find(white: &Grey, scale: f32, spots: &[Blob]) -> Vec<Box> {
    let rays = Rays::new();
    let size = |spot: &&Blob| {
        let (least, most) = (spot.width().min(spot.height()), spot.width().max(spot.height()));
        float(least) >= 2.0 * RADIUS.0 * scale
            && float(most) <= LARGEST * scale
            && float(spot.size) <= SOLID * float(spot.width() * spot.height())
    };
    let mut out: Vec<Box> = Vec::new();
    let mut places = MOST_PLACES;
    for spot in spots.iter().filter(size) {
        let Some(ring) = rays.ring_in(white, scale, spot, &mut places) else { continue };
        let Some(found) = rays.look(white, scale, ring, spot) else { continue };
        if !out.iter().any(|known| known.area.overlap(&found.area).is_some()) {
            out.push(found);
        }
    }
    out
}

/// Directions, as steps of one pixel.
struct Rays {
    few: Vec<(f32, f32)>,
    many: Vec<(f32, f32)>,
}

impl Rays {
    fn new() -> Self {
        let directions = |count: usize| -> Vec<(f32, f32)> {
            let turn = |n: usize| (std::f32::consts::TAU * float(n) / float(count)).sin_cos();
            // far from each other, so that a miss shows early
            (0..count).map(|n| turn(n * 7 % count)).collect()
        };
        Self { few: directions(FEW), many: directions(MANY) }
    }

    /// The ring that is in a spot of ink, if there is one.
    fn ring_in(&self, white: &Grey, scale: f32, spot: &Blob, places: &mut usize) -> Option<Ring> {
        let (wide, high) = (float(spot.width()), float(spot.height()));
        let least = (RADIUS.0 * scale).max(0.26 * wide.max(high));
        let most = (RADIUS.1 * scale).min(0.5 * wide.min(high));
        let mut best: Option<(f32, Ring)> = None;
        let keep = |ring: Ring, best: &mut Option<(f32, Ring)>| {
            let dark = self.darkness(white, ring);
            if best.is_none_or(|(known, _)| dark > known) {
                *best = Some((dark, ring));
            }
        };
        let steps = |from: f32, to: f32| (0..=whole((to - from).max(0.0))).map(move |n| from + float(n));
        for radius in steps(least, most) {
            let reach = (radius - 1.0).max(1.0);
            for y in steps(float(spot.y0) + reach, float(spot.y1) - reach) {
                for x in steps(float(spot.x0) + reach, float(spot.x1) - reach) {
                    let ring = Ring { x, y, radius };
                    *places = places.checked_sub(1)?;
                    if self.is_drawn(white, ring) {
                        // each is looked at in many directions
                        *places = places.checked_sub(MANY / 8)?;
                        keep(ring, &mut best);
                    }
                }
            }
        }
        let (_, rough) = best?;
        for n in 0..125 {
            let half = |n: usize| 0.5 * float(n % 5) - 1.0;
            let (x, y, radius) = (rough.x + half(n), rough.y + half(n / 5), rough.radius + half(n / 25));
            keep(Ring { x, y, radius }, &mut best);
        }
        best.map(|(_, ring)| ring)
    }

    /// Whether there is ink to a pixel in nearly all of a few directions.
    fn is_drawn(&self, white: &Grey, ring: Ring) -> bool {
        let mut misses = 0;
        for (dx, dy) in &self.few {
            let inked = [0.0, 1.0, -1.0].into_iter().any(|off| {
                let along = ring.radius + off;
                white.at(whole(ring.x + along * dx), whole(ring.y + along * dy)) < SOFT
            });
            misses += usize::from(!inked);
            if misses > FEW / 8 {
                return false;
            }
        }
        true
    }

    /// How dark a ring is, steps of grey in all directions together.
    fn darkness(&self, white: &Grey, ring: Ring) -> f32 {
        let dark = |(dx, dy): &(f32, f32)| {
            255.0 - white.between(ring.x + ring.radius * dx, ring.y + ring.radius * dy)
        };
        self.many.iter().map(dark).sum()
    }

    /// The box that a ring is, if it is round, thin, and stands alone.
    fn look(&self, white: &Grey, scale: f32, ring: Ring, spot: &Blob) -> Option<Box> {
        let count = float(MANY);
        let slack = (0.06 * ring.radius).max(1.0);
        let mut edges: Vec<(f32, f32)> = Vec::with_capacity(MANY);
        for (dx, dy) in &self.many {
            let is_dark =
                |along: f32| white.between(ring.x + along * dx, ring.y + along * dy) < f32::from(SOFT);
            let tries = [0.0, 0.5, -0.5, 1.0, -1.0].map(|part| ring.radius + slack * part);
            let Some(at) = tries.into_iter().find(|along| is_dark(*along)) else { continue };
            let walk = |step: f32| {
                let mut along = at;
                while is_dark(along + step) && (1.0..2.0 * ring.radius).contains(&along) {
                    along += step;
                }
                along
            };
            edges.push((walk(-0.5), walk(0.5)));
        }
        if float(edges.len()) < DRAWN * count {
            return None;
        }
        let middle = |of: fn(&(f32, f32)) -> f32| {
            let mut all: Vec<f32> = edges.iter().map(of).collect();
            all.sort_by(f32::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(ring.radius)
        };
        let (inner, outer) = (middle(|edge| edge.0), middle(|edge| edge.1));
        let thick = outer - inner + 0.5;
        let round = edges.iter().filter(|edge| (edge.1 - outer).abs() <= slack).count();
        let inked = |along: f32| {
            let dark = |(dx, dy): &&(f32, f32)| {
                white.between(ring.x + along * dx, ring.y + along * dy) < f32::from(INK)
            };
            float(self.many.iter().filter(dark).count()) / count
        };
        let is_ring = thick <= (THICKEST.0 * scale).min(THICKEST.1 * outer).max(2.5)
            && float(round) >= ROUND * count
            && inked(outer + 0.7 * scale + 0.5) <= OUTSIDE
            && inked(inner - 0.5 * scale - 0.5) <= INSIDE;
        if !is_ring || !stands_alone(white, scale, ring, outer) {
            return None;
        }
        let area = Area {
            x0: (ring.x - outer) / scale,
            y0: (ring.y - outer) / scale,
            x1: (ring.x + outer) / scale,
            y1: (ring.y + outer) / scale,
        };
        let deep = 0.7 * scale + 0.5;
        let runs_in = edges.iter().filter(|edge| inner - edge.0 > deep || edge.1 - outer > deep).count();
        let spot = spot.area(scale);
        let beyond = (area.x0 - spot.x0).max(spot.x1 - area.x1).max(area.y0 - spot.y0).max(spot.y1 - area.y1);
        let crossed = runs_in >= 2 || beyond > 1.0;
        let content = content(white, scale, ring, inner);
        Some(Box { area, shape: Shape::Circle, content, crossed })
    }
}

/// Whether there is white on both sides, where a letter of its word would stand.
fn stands_alone(white: &Grey, scale: f32, ring: Ring, outer: f32) -> bool {
    let (near, far) = (outer + 0.6 * scale, outer + 2.4 * scale);
    let (top, low) = (whole(ring.y - 0.5 * outer), whole(ring.y + 0.6 * outer));
    let left = share(white, whole(ring.x - far), top, whole(ring.x - near), low, INK);
    let right = share(white, whole(ring.x + near), top, whole(ring.x + far), low, INK);
    left.min(right) <= 0.03 && left.max(right) <= 0.12
}

/// What is in a ring.
fn content(white: &Grey, scale: f32, ring: Ring, inner: f32) -> Content {
    let reach = inner - 0.3 * scale - 0.5;
    let (x0, y0) = (whole(ring.x - reach), whole(ring.y - reach));
    let mut part = white.cut(x0, y0, whole(ring.x + reach) + 1, whole(ring.y + reach) + 1);
    for y in 0..part.height {
        for x in 0..part.width {
            let (dx, dy) = (float(x0 + x) + 0.5 - ring.x, float(y0 + y) + 0.5 - ring.y);
            if dx.hypot(dy) > reach {
                part.set(x, y, 255);
            }
        }
    }
    inside::content(&part, (x0, y0), scale)
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Drawing;
    use super::super::{Content, doubt_signs};
    use super::Shape::Circle;

    /// Two empty circles with words behind them, and room for more at (30, 40).
    fn page(scale: f32) -> Drawing {
        Drawing::at(scale)
            .ring(110.0, 40.0, 4.5, 0.8)
            .word(120.0, 43.0)
            .ring(190.0, 40.0, 4.5, 0.8)
            .word(200.0, 43.0)
            .word(40.0, 43.0)
    }

    const OTHERS: [(super::Shape, &str); 2] = [(Circle, "nothing"), (Circle, "nothing")];

    #[test]
    fn circles_are_found_empty_and_ticked() {
        for scale in [2.08, 2.8, 4.17] {
            let ring = || page(scale).ring(30.0, 40.0, 4.5, 0.8);
            let marked = [
                ring().cross(30.0, 40.0, 2.6),
                ring().cross(30.0, 40.0, 6.0),
                ring().dot(30.0, 40.0, 2.3),
                ring().stroke((26.5, 40.0), (29.0, 43.5), 1.3).stroke((29.0, 43.5), (36.0, 34.0), 1.3),
            ];
            assert_eq!(ring().told(), [(Circle, "nothing"); 3], "{scale}");
            for (n, page) in marked.iter().enumerate() {
                assert_eq!(page.told(), [&[(Circle, "mark")], &OTHERS[..]].concat(), "{scale}, {n}");
            }
        }
    }

    #[test]
    fn a_speck_in_a_circle_is_nothing() {
        let page = page(2.8).ring(30.0, 40.0, 4.5, 0.8).dot(31.0, 41.0, 0.35);
        assert_eq!(page.told(), [(Circle, "nothing"); 3]);
    }

    #[test]
    fn letters_bullets_and_drawings_are_no_circles() {
        let bare = || page(2.8);
        let others = [
            // o and O of several sizes among other letters, alone and in pairs
            bare().word(20.0, 43.0).ring(38.5, 41.0, 2.0, 0.9),
            bare().ring(30.0, 40.0, 2.2, 0.9),
            bare().ring(30.0, 40.0, 3.3, 0.9),
            bare().ring(37.0, 39.0, 3.7, 1.0),
            bare().oval(30.0, 40.0, (3.0, 4.5), 0.8),
            // bullets, a bold letter, a sign that is a circle with a letter in it
            bare().dot(30.0, 40.0, 4.5),
            bare().ring(30.0, 40.0, 3.6, 2.6),
            bare().ring(30.0, 40.0, 3.4, 0.7).ring(30.0, 40.0, 1.6, 0.7),
            // a stamp
            bare().ring(30.0, 60.0, 22.0, 1.2),
            // a ring with a gap
            bare().ring(30.0, 40.0, 4.5, 0.8).white(30.0, 44.5, 2.6),
        ];
        for (n, page) in others.iter().enumerate() {
            assert_eq!(page.told(), OTHERS, "{n}");
        }
    }

    #[test]
    fn a_single_circle_is_none() {
        let page = Drawing::new().ring(30.0, 40.0, 4.5, 0.8).word(40.0, 43.0);
        assert_eq!(page.told(), []);
    }

    /// Three numbers in circles before the lines of a list.
    #[test]
    fn a_number_in_a_circle_is_no_sure_mark_without_an_empty_circle() {
        let listed = |page: Drawing, y: f32| {
            page.ring(30.0, y, 4.5, 0.8)
                .stroke((30.0, y - 2.4), (30.0, y + 2.4), 0.9)
                .stroke((30.0, y - 2.4), (28.6, y - 1.4), 0.9)
                .word(40.0, y + 3.0)
        };
        let numbers = || [30.0, 50.0, 70.0].into_iter().fold(Drawing::new(), listed);
        let told = |page: Drawing, others: Drawing| {
            let (mut boxes, mut others) = (page.boxes(), others.boxes());
            doubt_signs(&mut [&mut boxes, &mut others]);
            boxes.iter().map(|one| matches!(one.content, Content::Mark(_))).collect::<Vec<_>>()
        };
        assert_eq!(told(numbers(), numbers()), [false; 3]);
        assert_eq!(told(numbers(), page(2.8)), [true; 3], "a tick looks like it");
        assert_eq!(told(numbers().cross(30.0, 50.0, 6.0), numbers()), [false, true, false]);
    }
}
