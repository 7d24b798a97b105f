//! A picture of a sheet made straight: the sheet's edges in a photograph, the slant of the lines of
//! text, then the table's rules, each finer than the one before.

use super::broken;
use super::clean;
use super::ink::{Blob, blobs};
use super::mapping::Mapping;
use super::picture::{Grey, float, whole};
use super::rules::{BORDER, Ground, SHORTEST, Stroke, is_of_letters, laid, level};
use super::sheet::{self, A4};
use super::sides::{close, go_on, held};

/// Points are this many pixels at least and at most in the straight picture (144 and 300 dpi).
const FINENESS: (f32, f32) = (2.0, 4.17);
/// Finer pictures (pixels a point) are made straight by a coarser look.
const COARSE: f32 = 3.6;
/// The slope (not degrees) from which a stroke is no rule of a page whose text is level; a
/// photograph's perspective leaves half as much.
const SLANTED: f32 = 0.07;
/// Darker than this is ink on whitened paper.
pub const INK: u8 = 165;
/// The greatest slant that is looked for, degrees.
const SLANT: f32 = 12.0;

/// A sheet seen straight from above.
#[derive(Debug, Clone)]
pub struct Straight {
    /// Whitened.
    pub white: Grey,
    /// Pixels a point.
    pub scale: f32,
    /// From the straight picture's pixels to the original's.
    pub to_original: Mapping,
    pub level: Vec<Stroke>,
    /// Upright rules, x and y exchanged.
    pub upright: Vec<Stroke>,
}

impl Straight {
    /// Points.
    #[must_use]
    pub fn size(&self) -> (f32, f32) {
        (float(self.white.width) / self.scale, float(self.white.height) / self.scale)
    }
}

/// Makes a picture straight. `size`: the sheet's width and height in points, where the file tells it.
#[must_use]
pub fn straighten(picture: &Grey, size: Option<(f32, f32)>) -> Straight {
    let (mapping, size) = placed(picture, size);
    let (w, h) = (float(picture.width), float(picture.height));
    // as fine as the picture is, along its longer way
    let (a, b) = (mapping.apply(0.5 * size.0, 0.25 * size.1), mapping.apply(0.5 * size.0, 0.75 * size.1));
    let fineness = (a.0 - b.0).hypot(a.1 - b.1) / (0.5 * size.1);
    let scale = if fineness.is_finite() { fineness } else { w.max(h) / 842.0 };
    let scale = scale.clamp(FINENESS.0, FINENESS.1);
    let (width, height) = (whole(size.0 * scale), whole(size.1 * scale));
    let mapping = mapping.after(&Mapping::scale(1.0 / scale, 1.0 / scale));
    // found out on a coarse picture, which is enough, and looked at once more on the fine one
    let mut out = if scale > COARSE {
        let (down, up) = (Mapping::scale(0.5, 0.5), Mapping::scale(2.0, 2.0));
        let coarse = down.after(&mapping).after(&up);
        let found = settled(&picture.shrunk(2), (width / 2, height / 2), 0.5 * scale, coarse);
        let (width, height) = (found.white.width * 2, found.white.height * 2);
        let fine = look(picture, width, height, scale, up.after(&found.to_original).after(&down));
        levelled(picture, fine)
    } else {
        settled(picture, (width, height), scale, mapping)
    };
    // what still slants is no table's rule: a stamp's frame, a signature's stroke
    let is_level = |stroke: &Stroke| (stroke.y1 - stroke.y0).abs() < 0.7 * scale + 0.008 * stroke.length();
    out.level.retain(is_level);
    out.upright.retain(is_level);
    out
}

/// Looks at a picture through a mapping that is made better step by step.
fn settled(picture: &Grey, (width, height): (usize, usize), scale: f32, mapping: Mapping) -> Straight {
    let mut out = look(picture, width, height, scale, mapping);
    let turn = upright(&out.white, scale);
    if turn.quarters > 0 || turn.degrees.abs() > 0.04 {
        let (width, height) = if turn.quarters % 2 == 1 { (height, width) } else { (width, height) };
        let mapping = mapping.after(&turn.mapping(float(width), float(height)));
        out = look(picture, width, height, scale, mapping);
    }
    let once = levelled(picture, out);
    levelled(picture, once)
}

/// Looked at once more with what the rules say is left of slant; the same where that is nothing.
fn levelled(picture: &Grey, seen: Straight) -> Straight {
    let Some(better) = by_rules(&seen) else { return seen };
    let (width, height) = (seen.white.width, seen.white.height);
    let next = look(picture, width, height, seen.scale, seen.to_original.after(&better));
    // straighter pages show more of their rules
    if drawn(&next) < 0.97 * drawn(&seen) { seen } else { next }
}

/// The same sheet the other way up.
#[must_use]
pub fn upside_down(seen: &Straight) -> Straight {
    let (w, h) = (float(seen.white.width), float(seen.white.height));
    let turn = Turn { quarters: 2, degrees: 0.0 }.mapping(w, h);
    let turned = |strokes: &[Stroke], along: f32, across: f32| -> Vec<Stroke> {
        let one = |s: &Stroke| Stroke {
            x0: along - s.x1,
            x1: along - s.x0,
            y0: across - s.y1,
            y1: across - s.y0,
            ..*s
        };
        strokes.iter().map(one).collect()
    };
    Straight {
        white: seen.white.turned(2),
        to_original: seen.to_original.after(&turn),
        level: turned(&seen.level, w, h),
        upright: turned(&seen.upright, h, w),
        ..*seen
    }
}

/// How much of rules is seen, pixels.
fn drawn(seen: &Straight) -> f32 {
    seen.level.iter().chain(&seen.upright).map(Stroke::length).sum()
}

fn look(picture: &Grey, width: usize, height: usize, scale: f32, mapping: Mapping) -> Straight {
    let exact = mapping == Mapping::SAME && (width, height) == (picture.width, picture.height);
    let seen = if exact { picture.clone() } else { picture.seen(width, height, &mapping) };
    let white = clean::whitened(&seen, scale);
    let ground = Ground { noise: clean::noise(&white), black_and_white: picture.is_black_and_white() };
    let lying = laid(&white);
    let mut level_rules = level(&white, scale, ground, SHORTEST);
    level_rules.retain(|stroke| !is_of_letters(&white, stroke, scale));
    let mut upright = held(level(&lying, scale, ground, BORDER), &level_rules, &lying, scale);
    close(&mut upright, &level_rules, &lying, scale);
    go_on(&mut upright, &level_rules, &lying, scale);
    broken::part(&mut upright, &level_rules, &lying, scale, ground.step());
    broken::part(&mut level_rules, &upright, &white, scale, ground.step());
    broken::to_corners(&mut level_rules, &upright, &white, scale);
    broken::to_corners(&mut upright, &level_rules, &lying, scale);
    Straight { white, scale, to_original: mapping, level: level_rules, upright }
}

/// The mapping from points on the sheet to the picture, and the sheet's size.
fn placed(picture: &Grey, size: Option<(f32, f32)>) -> (Mapping, (f32, f32)) {
    let (w, h) = (float(picture.width), float(picture.height));
    if let Some(corners) = sheet::corners(picture) {
        let corner = |n: usize| corners.get(n).copied().unwrap_or_default();
        let length = |from: usize, to: usize| {
            let (from, to) = (corner(from), corner(to));
            (from.0 - to.0).hypot(from.1 - to.1)
        };
        let (across, down) = (0.5 * (length(0, 1) + length(3, 2)), 0.5 * (length(0, 3) + length(1, 2)));
        let lying = across > down;
        let found = across.max(down) / across.min(down).max(1.0);
        // a whole sheet has the shape of one; a part of one keeps its own
        let sheet_size = match ((1.2..1.65).contains(&found), lying) {
            (true, false) => A4,
            (true, true) => (A4.1, A4.0),
            (false, false) => (A4.1 / found, A4.1),
            (false, true) => (A4.1, A4.1 / found),
        };
        return (Mapping::onto(sheet_size.0, sheet_size.1, corners), sheet_size);
    }
    let size = size.unwrap_or_else(|| sheet::as_a4(picture));
    (Mapping::scale(w / size.0, h / size.1), size)
}

/// How a picture must be turned for its lines of text to be level.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Turn {
    /// Quarter turns, clockwise.
    quarters: u8,
    /// Then so many degrees, clockwise.
    degrees: f32,
}

impl Turn {
    /// From the turned picture (of this size) to the one before.
    fn mapping(self, width: f32, height: f32) -> Mapping {
        let (sin, cos) = (-self.degrees.to_radians()).sin_cos();
        let (cx, cy) = (0.5 * width, 0.5 * height);
        let slant =
            Mapping([cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy, 0.0, 0.0, 1.0]);
        let quarter = match self.quarters % 4 {
            // a point (x, y) of the picture turned clockwise came from (y, width − x)
            1 => Mapping([0.0, 1.0, 0.0, -1.0, 0.0, width, 0.0, 0.0, 1.0]),
            2 => Mapping([-1.0, 0.0, width, 0.0, -1.0, height, 0.0, 0.0, 1.0]),
            3 => Mapping([0.0, -1.0, height, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
            _ => Mapping::SAME,
        };
        quarter.after(&slant)
    }
}

/// From where letters stand: they share their feet along a line. Upside down is not seen here.
fn upright(white: &Grey, scale: f32) -> Turn {
    let letters = |blob: &Blob| {
        let (w, h) = (float(blob.width()) / scale, float(blob.height()) / scale);
        (2.5..14.0).contains(&h.max(w)) && h.min(w) > 0.7
    };
    let found: Vec<Blob> = blobs(white, INK).into_iter().filter(letters).take(8_000).collect();
    if found.len() < 40 {
        return Turn { quarters: 0, degrees: 0.0 };
    }
    let level: Vec<(f32, f32)> =
        found.iter().map(|blob| (0.5 * float(blob.x0 + blob.x1), float(blob.y1))).collect();
    // what is the foot of a letter that lies is not known: either side may be it
    let side = |of: fn(&Blob) -> usize| -> Vec<(f32, f32)> {
        found.iter().map(|blob| (0.5 * float(blob.y0 + blob.y1), float(of(blob)))).collect()
    };
    let (angle, order) = slant(&level, scale);
    let (left, left_order) = slant(&side(|blob| blob.x0), scale);
    let (right, right_order) = slant(&side(|blob| blob.x1), scale);
    if left_order.max(right_order) <= 1.25 * order {
        return Turn { quarters: 0, degrees: -angle };
    }
    // feet on the left: the page was turned clockwise, and goes back three quarters
    if left_order > right_order {
        Turn { quarters: 3, degrees: left }
    } else {
        Turn { quarters: 1, degrees: right }
    }
}

/// The angle (degrees, growing downwards to the right) along which the points lie in lines, and how
/// much they do.
fn slant(points: &[(f32, f32)], scale: f32) -> (f32, f32) {
    let height = points.iter().map(|p| p.1).fold(0.0, f32::max);
    let width = points.iter().map(|p| p.0).fold(0.0, f32::max);
    let order = |degrees: f32| {
        let slope = degrees.to_radians().tan();
        let bin = 0.7 * scale;
        let shift = width * slope.abs();
        let bins = whole((height + 2.0 * shift) / bin) + 2;
        let mut counts = vec![0f32; bins];
        for (x, y) in points {
            if let Some(count) = counts.get_mut(whole((y - slope * x + shift) / bin)) {
                *count += 1.0;
            }
        }
        counts.iter().map(|count| count * count).sum::<f32>()
    };
    let best = |from: f32, to: f32, step: f32| {
        let steps = whole((to - from) / step) + 1;
        let angles = (0..steps).map(|n| from + step * float(n));
        angles.map(|angle| (angle, order(angle))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0.0, 0.0))
    };
    let (coarse, _) = best(-SLANT, SLANT, 0.25);
    best(coarse - 0.3, coarse + 0.3, 0.05)
}

/// What is left of slant and perspective, by the rules: the mapping from a straighter picture to this
/// one; `None` where it is straight, or where there are too few rules to tell.
fn by_rules(seen: &Straight) -> Option<Mapping> {
    let (w, h) = (float(seen.white.width), float(seen.white.height));
    // the lines of text are level already: what slants much is a stamp's frame
    let telling = |stroke: &&Stroke| stroke.length() > 40.0 * seen.scale && stroke.slope().abs() < SLANTED;
    let length = |strokes: &[Stroke]| strokes.iter().filter(telling).map(Stroke::length).sum::<f32>();
    if length(&seen.level) < w {
        return None;
    }
    // slope = a + b·(place − middle)
    let (level, level_change) = trend(seen.level.iter().filter(telling), 0.5 * h)?;
    let few = seen.upright.iter().filter(telling).count() < 3 || length(&seen.upright) < 0.4 * h;
    let (upright, upright_change) =
        if few { (-level, 0.0) } else { trend(seen.upright.iter().filter(telling), 0.5 * w)? };
    let worst = level.abs() + level_change.abs() * 0.5 * h + upright.abs() + upright_change.abs() * 0.5 * w;
    if worst < 0.0007 {
        return None;
    }
    // the slopes along the four sides
    let (top, bottom) = (level - level_change * 0.5 * h, level + level_change * 0.5 * h);
    let (left, right) = (upright - upright_change * 0.5 * w, upright + upright_change * 0.5 * w);
    let corner = |x: f32, y: f32, down: f32, along: f32| {
        // where the side through (0.5 w, y) and the one through (x, 0.5 h) meet
        let (dx, dy) = (x - 0.5 * w, y - 0.5 * h);
        let v = (dy + along * dx) / (1.0 - along * down);
        (x + down * v, 0.5 * h + v)
    };
    let corners = [
        corner(0.0, 0.0, left, top),
        corner(w, 0.0, right, top),
        corner(w, h, right, bottom),
        corner(0.0, h, left, bottom),
    ];
    Some(Mapping::onto(w, h, corners))
}

/// The slope of strokes in the middle and its change a pixel across them, by their lengths, without
/// those that do not fit.
fn trend<'a>(strokes: impl Iterator<Item = &'a Stroke>, middle: f32) -> Option<(f32, f32)> {
    let mut all: Vec<(f32, f32, f32)> =
        strokes.map(|stroke| (stroke.middle() - middle, stroke.slope(), stroke.length())).collect();
    let mut slopes: Vec<f32> = all.iter().map(|one| one.1).collect();
    slopes.sort_by(f32::total_cmp);
    let median = *slopes.get(slopes.len() / 2)?;
    all.retain(|(_, slope, _)| (slope - median).abs() < 0.03);
    let mut out = (median, 0.0);
    for _ in 0..3 {
        let weight: f32 = all.iter().map(|one| one.2).sum();
        if all.len() < 3 || weight <= 0.0 {
            return None;
        }
        let mx = all.iter().map(|(x, _, n)| x * n).sum::<f32>() / weight;
        let my = all.iter().map(|(_, y, n)| y * n).sum::<f32>() / weight;
        let xx: f32 = all.iter().map(|(x, _, n)| (x - mx) * (x - mx) * n).sum();
        let xy: f32 = all.iter().map(|(x, y, n)| (x - mx) * (y - my) * n).sum();
        let spread = (xx / weight).sqrt();
        // rules close together say nothing about a change across the page
        let change = if spread > 0.12 * middle && all.len() >= 6 { xy / xx } else { 0.0 };
        out = (my - change * mx, change);
        let off = |one: &(f32, f32, f32)| (one.1 - out.0 - out.1 * one.0).abs();
        let mut offs: Vec<f32> = all.iter().map(off).collect();
        offs.sort_by(f32::total_cmp);
        let bound = (3.0 * offs.get(offs.len() / 2).copied().unwrap_or(0.0)).max(0.001);
        all.retain(|one| off(one) <= bound);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of letters on lines with a table, in points.
    fn page(x: f32, y: f32) -> u8 {
        let (column, row) = (x % 6.0, y % 16.0);
        let foot = (4.0..11.0).contains(&row) && column < 1.2 || (9.5..11.0).contains(&row) && column < 4.0;
        let text = foot && (60.0..500.0).contains(&x) && (90.0..400.0).contains(&y);
        let table = (60.0..535.0).contains(&x)
            && (450.0..700.0).contains(&y)
            && (y % 50.0 < 0.8 || (x + 20.0) % 80.0 < 0.8);
        if text || table { 30 } else { 240 }
    }

    fn seen(from: impl Fn(f32, f32) -> (f32, f32)) -> Grey {
        Grey::from_fn(1190, 1684, |x, y| {
            let (x, y) = from(0.5 * float(x), 0.5 * float(y));
            page(x, y)
        })
    }

    fn worst(straight: &Straight) -> f32 {
        straight.level.iter().chain(&straight.upright).map(|rule| rule.slope().abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_slanted_scan_is_made_level() {
        let (sin, cos) = 2.3f32.to_radians().sin_cos();
        let slanted = seen(|x, y| (cos * x + sin * y - 15.0, cos * y - sin * x + 12.0));
        let straight = straighten(&slanted, Some((595.0, 842.0)));
        assert!(straight.level.len() >= 5 && straight.upright.len() >= 5);
        assert!(worst(&straight) < 0.005, "{}", worst(&straight));
    }

    #[test]
    fn a_page_lying_on_its_side_is_put_upright() {
        for quarters in [1, 3] {
            let straight = straighten(&seen(|x, y| (x, y)).turned(quarters), Some((842.0, 595.0)));
            assert!(straight.white.height > straight.white.width, "{quarters}");
        }
    }

    #[test]
    fn perspective_goes_by_the_rules() {
        let tilted = seen(|x, y| {
            let w = 1.0 + 0.00012 * y;
            ((x - 297.0) * w + 297.0 + 0.01 * y, y * (1.0 + 0.00006 * y) + 0.012 * x)
        });
        let straight = straighten(&tilted, Some((595.0, 842.0)));
        assert!(worst(&straight) < 0.004, "{}", worst(&straight));
    }
}
