//! The sheet of paper: its size, and where it lies in a photograph, its four edges against a darker ground.

use super::ink::{Blob, blobs};
use super::picture::{Grey, float};

/// Points.
pub const A4: (f32, f32) = (595.3, 841.9);
/// Shorter side of the widest sheet a form is printed on, points, and longer side of two of them beside each other.
const WIDEST: (f32, f32) = (650.0, 1240.0);
/// Longer side of the smallest, points (half of A4 has 595), and of several in a row.
const LONG: std::ops::Range<f32> = 500.0..4_300.0;

/// Longer side of the picture in which the sheet is looked for, pixels.
const SMALL: usize = 480;
/// Share of the picture the sheet fills at least.
const LEAST: f32 = 0.25;
/// An edge is straight: half of its points lie this near to its line (share of the picture's side).
const STRAIGHT: f32 = 0.006;

/// Whether a page's size, in points, is that of sheets: some scanners and telephones write pages of which each pixel
/// is a point, metres long.
#[must_use]
pub fn is_of_a_sheet((width, height): (f32, f32)) -> bool {
    let (short, long) = (width.min(height), width.max(height));
    let side_by_side = width > height && long <= WIDEST.1;
    LONG.contains(&long) && (short <= WIDEST.0 || side_by_side)
}

/// Size of a picture nobody tells the size of, points: as long as A4.
#[must_use]
pub fn as_a4(picture: &Grey) -> (f32, f32) {
    let (w, h) = (float(picture.width), float(picture.height));
    (A4.1 * w / w.max(h), A4.1 * h / w.max(h))
}

/// Corners from the top left one clockwise, in pixels.
pub type Corners = [(f32, f32); 4];

/// A line `a·x + b·y = c` with (a, b) of length 1.
#[derive(Debug, Clone, Copy)]
struct Edge {
    a: f32,
    b: f32,
    c: f32,
}

/// The sheet's corners, where it lies on something darker and all its edges are seen or lie on the
/// picture's own edge; `None` where the picture is the sheet.
#[must_use]
pub fn corners(picture: &Grey) -> Option<Corners> {
    let by = (picture.width.max(picture.height) / SMALL).max(1);
    let small = picture.shrunk(by);
    let level = otsu(&small)?;
    // bright is ink here
    let turned = Grey { pixels: small.pixels.iter().map(|v| 255 - v).collect(), ..small };
    let sheet = blobs(&turned, 255 - level).into_iter().max_by_key(|blob| blob.size)?;
    let all = float(small.width * small.height);
    let bright = small.pixels.iter().filter(|v| **v > level).count();
    let (dark, filled) = (1.0 - float(bright) / all, float(sheet.size) / all);
    let framed = float(sheet.size) / float(sheet.width() * sheet.height());
    if dark < 0.04 || filled < LEAST || framed < 0.6 {
        return None;
    }
    let [left, right, top, bottom] = edges(&small, level, &sheet)?;
    let corner = |one: Edge, other: Edge| {
        let cross = one.a * other.b - other.a * one.b;
        let x = (one.c * other.b - other.c * one.b) / cross;
        let y = (one.a * other.c - other.a * one.c) / cross;
        (cross.abs() > 0.3 && x.is_finite() && y.is_finite()).then_some((x * float(by), y * float(by)))
    };
    let found = [corner(left, top)?, corner(right, top)?, corner(right, bottom)?, corner(left, bottom)?];
    let (w, h) = (float(picture.width), float(picture.height));
    let inside = |(x, y): (f32, f32)| (-0.1 * w..1.1 * w).contains(&x) && (-0.1 * h..1.1 * h).contains(&y);
    found.into_iter().all(inside).then_some(found)
}

/// The brightness that parts dark from bright best (Otsu 1979); `None` where there are not two.
fn otsu(picture: &Grey) -> Option<u8> {
    let mut counts = [0f32; 256];
    for value in &picture.pixels {
        if let Some(count) = counts.get_mut(usize::from(*value)) {
            *count += 1.0;
        }
    }
    let all = float(picture.pixels.len());
    let sum: f32 = counts.iter().enumerate().map(|(value, count)| float(value) * count).sum();
    let (mut below, mut weight, mut best, mut level) = (0.0, 0.0, 0.0, None);
    for (value, count) in (0..=u8::MAX).zip(counts) {
        weight += count;
        below += f32::from(value) * count;
        if weight < 1.0 || all - weight < 1.0 {
            continue;
        }
        let (dark, bright) = (below / weight, (sum - below) / (all - weight));
        let between = weight * (all - weight) * (bright - dark) * (bright - dark);
        if between > best && bright - dark > 40.0 {
            (best, level) = (between, Some(value));
        }
    }
    level
}

/// Left, right, top and bottom edge.
fn edges(small: &Grey, level: u8, sheet: &Blob) -> Option<[Edge; 4]> {
    let (mut left, mut right, mut top, mut bottom) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let bright = |x: usize, y: usize| small.at(x, y) > level;
    let middle = |from: usize, to: usize| from + (to - from) / 12..to - (to - from) / 12;
    for y in middle(sheet.y0, sheet.y1) {
        left.extend((sheet.x0..sheet.x1).find(|x| bright(*x, y)).map(|x| (float(x), float(y) + 0.5)));
        right.extend(
            (sheet.x0..sheet.x1).rev().find(|x| bright(*x, y)).map(|x| (float(x + 1), float(y) + 0.5)),
        );
    }
    for x in middle(sheet.x0, sheet.x1) {
        top.extend((sheet.y0..sheet.y1).find(|y| bright(x, *y)).map(|y| (float(x) + 0.5, float(y))));
        bottom.extend(
            (sheet.y0..sheet.y1).rev().find(|y| bright(x, *y)).map(|y| (float(x) + 0.5, float(y + 1))),
        );
    }
    let reach = STRAIGHT * float(small.width.max(small.height));
    Some([edge(&left, reach)?, edge(&right, reach)?, edge(&top, reach)?, edge(&bottom, reach)?])
}

/// The line that most points lie on, tried through pairs of them; `None` where fewer than half do.
fn edge(points: &[(f32, f32)], reach: f32) -> Option<Edge> {
    let through = |p: (f32, f32), q: (f32, f32)| {
        let (dx, dy) = (q.0 - p.0, q.1 - p.1);
        let length = dx.hypot(dy);
        (length > 1.0).then(|| Edge { a: -dy / length, b: dx / length, c: (-dy * p.0 + dx * p.1) / length })
    };
    let off = |line: &Edge, p: &(f32, f32)| (line.a * p.0 + line.b * p.1 - line.c).abs();
    let count = points.len();
    let mut best: Option<(usize, Edge)> = None;
    for n in 0..24 {
        let at = |share: usize| points.get(count * share / 64).copied();
        // pairs far apart, spread over the edge
        let (Some(p), Some(q)) = (at(n), at(63 - (n * 7) % 24)) else { continue };
        let Some(line) = through(p, q) else { continue };
        let near = points.iter().filter(|p| off(&line, p) <= reach).count();
        if best.is_none_or(|(known, _)| near > known) {
            best = Some((near, line));
        }
    }
    let (near, line) = best?;
    if near * 2 < count || count < 20 {
        return None;
    }
    // once more through the means of the near points' halves
    let good: Vec<(f32, f32)> = points.iter().copied().filter(|p| off(&line, p) <= reach).collect();
    let (head, tail) = good.split_at(good.len() / 2);
    let mean = |part: &[(f32, f32)]| {
        let n = float(part.len().max(1));
        (part.iter().map(|p| p.0).sum::<f32>() / n, part.iter().map(|p| p.1).sum::<f32>() / n)
    };
    through(mean(head), mean(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_whose_pixels_are_points_are_no_sheets() {
        for size in [
            (595.3, 841.9),
            (841.9, 595.3),
            (612.0, 1008.0),
            (420.0, 595.0),
            (1191.0, 842.0),
            (595.0, 1684.0),
        ] {
            assert!(is_of_a_sheet(size), "{size:?}");
        }
        for size in [
            (2481.0, 3508.0),
            (1240.0, 1754.0),
            (827.0, 1169.0),
            (3508.0, 2481.0),
            (298.0, 421.0),
            (640.0, 14_000.0),
        ] {
            assert!(!is_of_a_sheet(size), "{size:?}");
        }
    }

    #[test]
    fn a_sheet_on_a_table_is_found_and_a_scan_is_all_sheet() {
        // a tilted sheet: its left edge leans, its top edge falls
        let photo = Grey::from_fn(900, 1200, |x, y| {
            let (left, right) = (float(100 + y / 20), float(820 - y / 30));
            let (top, bottom) = (float(60 + x / 25), float(1150 - x / 40));
            let (x, y) = (float(x), float(y));
            if x > left && x < right && y > top && y < bottom { 225 } else { 70 }
        });
        let [(x0, y0), (x1, _), (_, y2), _] = corners(&photo).unwrap();
        assert!((x0 - 103.0).abs() < 6.0 && (y0 - 64.0).abs() < 6.0, "{x0} {y0}");
        assert!((x1 - 817.0).abs() < 6.0 && (y2 - 1131.0).abs() < 6.0, "{x1} {y2}");
        let scan = Grey::from_fn(900, 1200, |x, y| if x % 40 < 2 && y % 30 < 9 { 30 } else { 245 });
        assert_eq!(corners(&scan), None);
    }
}
