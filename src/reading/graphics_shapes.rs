//! Paths as people see them: lines, frames, solid rectangles, and everything else.

use super::page::Area;
use hayro_interpret::kurbo::{BezPath, PathEl, Point};

/// Thicker than this, a filled bar is a shape and not a line, points.
const THICKEST_LINE: f32 = 2.6;
/// Width of a circle to tick, points.
const RING: std::ops::RangeInclusive<f32> = 5.0..=18.0;
/// How far from straight a horizontal or vertical line may lean, points.
const LEAN: f64 = 0.35;

/// One part of a path, in displayed points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Line {
        area: Area,
        horizontal: bool,
    },
    /// A rectangle's outline.
    Frame {
        area: Area,
    },
    /// A small circle's outline, or that of a square with round corners.
    Ring {
        area: Area,
    },
    /// A filled upright rectangle.
    Solid {
        area: Area,
    },
    /// Curves, slanted lines, anything.
    Free {
        area: Area,
    },
}

/// A square or nearly square frame of the size people tick.
pub(super) fn is_tick_box(area: &Area) -> bool {
    let (w, h) = (area.width(), area.height());
    (3.0..=30.0).contains(&w) && (3.0..=30.0).contains(&h) && w / h < 1.8 && h / w < 1.8
}

/// The four edges of a frame: top, bottom, left, right.
pub(super) fn edges(area: &Area, half: f64) -> [(Area, bool); 4] {
    #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
    let t = half as f32;
    let Area { x0, y0, x1, y1 } = *area;
    [
        (Area::new(x0, y0, x1, (y0 + 2.0 * t).min(y1)), true),
        (Area::new(x0, (y1 - 2.0 * t).max(y0), x1, y1), true),
        (Area::new(x0, y0, (x0 + 2.0 * t).min(x1), y1), false),
        (Area::new((x1 - 2.0 * t).max(x0), y0, x1, y1), false),
    ]
}

/// Shapes of a stroked path; `half` is half the pen's width.
pub(super) fn of_strokes(path: &BezPath, half: f64) -> Vec<Shape> {
    let mut found = Vec::new();
    for part in parts(path) {
        let around = grown(&part.area(), half);
        match part.corners() {
            Some(corners) if is_rectangle(&corners) => found.push(Shape::Frame { area: around }),
            None if part.is_ring() => found.push(Shape::Ring { area: around }),
            Some(corners) if corners.windows(2).all(|pair| upright(pair).is_some()) => {
                for pair in corners.windows(2) {
                    if let (Some(horizontal), [a, b]) = (upright(pair), pair) {
                        let area = grown(&span(*a, *b), half);
                        found.push(Shape::Line { area, horizontal });
                    }
                }
            }
            _ => found.push(Shape::Free { area: around }),
        }
    }
    found
}

/// Shapes of a filled path.
pub(super) fn of_fills(path: &BezPath) -> Vec<Shape> {
    let parts: Vec<Part> = parts(path).collect();
    if let [outer, inner] = parts.as_slice()
        && let Some(frame) = frame_of(outer, inner).or_else(|| frame_of(inner, outer))
    {
        return vec![frame];
    }
    parts
        .iter()
        .map(|part| {
            let area = part.area();
            match part.corners() {
                Some(corners) if is_rectangle(&corners) => bar(area).unwrap_or(Shape::Solid { area }),
                _ => bar(area).unwrap_or(Shape::Free { area }),
            }
        })
        .collect()
}

/// Two rectangles or circles one within the other, drawn as one path: an outline filled instead of
/// stroked.
fn frame_of(outer: &Part, inner: &Part) -> Option<Shape> {
    let rectangle = |part: &Part| part.corners().is_some_and(|corners| is_rectangle(&corners));
    let (o, i) = (outer.area(), inner.area());
    let gaps = [i.x0 - o.x0, i.y0 - o.y0, o.x1 - i.x1, o.y1 - i.y1];
    let within = |most: f32| gaps.iter().all(|gap| (0.0..=most).contains(gap));
    if rectangle(outer) && rectangle(inner) && within(3.0) {
        Some(Shape::Frame { area: o })
    } else {
        // thicker is the letter O
        (outer.is_ring() && inner.is_ring() && within(1.2)).then_some(Shape::Ring { area: o })
    }
}

/// A bar thin and long enough to be a line.
fn bar(area: Area) -> Option<Shape> {
    let (w, h) = (area.width(), area.height());
    (w.min(h) <= THICKEST_LINE && w.max(h) >= 3.0 * w.min(h) && w.max(h) > 2.0)
        .then_some(Shape::Line { area, horizontal: w > h })
}

/// A sub-path: its points, and whether all its segments are straight.
#[derive(Debug, Default)]
struct Part {
    points: Vec<Point>,
    curved: bool,
}

impl Part {
    fn area(&self) -> Area {
        let mut points = self.points.iter();
        let Some(first) = points.next() else { return Area::default() };
        points.fold(span(*first, *first), |area, p| area.around(&span(*p, *p)))
    }

    /// Whether it runs once around an area as wide as high, near its edges, in the size people tick.
    fn is_ring(&self) -> bool {
        let (area, ends) = (self.area(), self.points.first().zip(self.points.last()));
        let (w, h) = (f64::from(area.width()), f64::from(area.height()));
        let closed = ends.is_some_and(|(a, z)| a.distance(*z) < 0.6);
        if !(self.curved && closed && RING.contains(&area.width()) && (w - h).abs() <= 0.12 * w) {
            return false;
        }
        let pairs = || self.points.windows(2).filter_map(|two| Some((*two.first()?, *two.last()?)));
        // the control points of a circle go around 0.9 of the square about it, on 0.87 of its edges
        let inside = pairs().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0;
        let around = pairs().map(|(a, b)| a.distance(b)).sum::<f64>();
        inside >= 0.8 * w * h && inside <= w * h * 1.01 && around <= 2.1 * (w + h)
    }

    /// The corners of a straight-lined part without repeated or in-line points; `None` for curves.
    fn corners(&self) -> Option<Vec<Point>> {
        if self.curved {
            return None;
        }
        let mut corners: Vec<Point> = Vec::with_capacity(self.points.len());
        for &point in &self.points {
            if corners.last().is_some_and(|last| last.distance(point) < 0.05) {
                continue;
            }
            if let [.., before, last] = corners.as_slice() {
                // straight on in the same upright direction: one line in two pieces
                let same = upright(&[*before, *last]).zip(upright(&[*last, point]));
                let on = (*last - *before).dot(point - *last) > 0.0;
                if same.is_some_and(|(a, b)| a == b) && on {
                    corners.pop();
                }
            }
            corners.push(point);
        }
        (corners.len() >= 2).then_some(corners)
    }
}

/// A path's sub-paths. Curves are represented by their control points: near enough for a box
/// around them.
fn parts(path: &BezPath) -> impl Iterator<Item = Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut now = Part::default();
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(p) => {
                all.push(std::mem::take(&mut now));
                now.points.push(p);
            }
            PathEl::LineTo(p) => now.points.push(p),
            PathEl::QuadTo(a, p) => {
                now.curved = true;
                now.points.extend([a, p]);
            }
            PathEl::CurveTo(a, b, p) => {
                now.curved |= !flat(now.points.last().copied(), a, b, p);
                now.points.extend([a, b, p]);
            }
            PathEl::ClosePath => {
                if let Some(first) = now.points.first().copied() {
                    now.points.push(first);
                }
            }
        }
    }
    all.push(now);
    all.into_iter().filter(|part| part.points.len() >= 2 && part.points.iter().all(|p| p.is_finite()))
}

/// A curve that is a straight upright line (some producers write every line so).
fn flat(from: Option<Point>, a: Point, b: Point, to: Point) -> bool {
    let Some(from) = from else { return false };
    let ys = [from.y, a.y, b.y, to.y];
    let xs = [from.x, a.x, b.x, to.x];
    let spread =
        |v: [f64; 4]| v.iter().copied().fold(f64::MIN, f64::max) - v.iter().copied().fold(f64::MAX, f64::min);
    spread(ys) < LEAN || spread(xs) < LEAN
}

fn is_rectangle(corners: &[Point]) -> bool {
    let closed = match corners {
        [a, .., z] => a.distance(*z) < 0.6,
        _ => false,
    };
    closed && corners.len() == 5 && corners.windows(2).all(|pair| upright(pair).is_some())
}

/// Whether two points make a horizontal (`true`) or a vertical (`false`) line.
fn upright(pair: &[Point]) -> Option<bool> {
    let [a, b] = pair else { return None };
    let (dx, dy) = ((a.x - b.x).abs(), (a.y - b.y).abs());
    // longer lines may lean a little more
    if dy <= LEAN + dx * 0.004 && dx >= dy {
        Some(true)
    } else if dx <= LEAN + dy * 0.004 {
        Some(false)
    } else {
        None
    }
}

fn span(a: Point, b: Point) -> Area {
    #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
    let of = |v: f64| v as f32;
    Area::new(of(a.x), of(a.y), of(b.x), of(b.y))
}

fn grown(area: &Area, by: f64) -> Area {
    #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
    let by = by as f32;
    Area { x0: area.x0 - by, y0: area.y0 - by, x1: area.x1 + by, y1: area.y1 + by }
}
