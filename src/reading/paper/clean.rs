//! Paper made white: shadows, shading and grey ground taken out, and what is ink told from it.

use super::picture::{Grey, byte, float};

/// The side of the squares in which the ground's brightness is looked up, points.
const SQUARE: f32 = 3.0;
/// Brighter than this no ground is made darker than: black covers and margins stay black.
const DARKEST_GROUND: u8 = 60;

/// The picture with its ground made white (255), evenly lit. `scale`: pixels a point.
#[must_use]
pub fn whitened(picture: &Grey, scale: f32) -> Grey {
    let side = super::picture::whole(SQUARE * scale).max(3);
    let ground = ground(picture, side);
    let (columns, rows) = (ground.width, ground.height);
    if columns == 0 || rows == 0 {
        return picture.clone();
    }
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    // the ground between the squares' middles, row by row
    let mut line = vec![0f32; columns];
    let step = 1.0 / float(side);
    // pixels left of the first middle and right of the last have its ground
    let half = side / 2;
    for y in 0..picture.height {
        let v = (float(y) + 0.5) * step;
        for (column, value) in line.iter_mut().enumerate() {
            *value = ground.between(float(column) + 0.5, v).max(1.0);
        }
        let (first, last) = (line.first().copied().unwrap_or(255.0), line.last().copied().unwrap_or(255.0));
        let (margin, mut rest) = picture.row(y).split_at(half.min(picture.width));
        lit(&mut pixels, margin, first, 0.0);
        for two in line.windows(2) {
            let [a, b] = two else { continue };
            let (here, after) = rest.split_at(side.min(rest.len()));
            lit(&mut pixels, here, *a, (b - a) * step);
            rest = after;
        }
        lit(&mut pixels, rest, last, 0.0);
    }
    let mut white = Grey { pixels, ..*picture };
    deepen(&mut white);
    white
}

/// Where a page's ink is: this share of its pixels is as dark as its letters' insides.
const INKED: f32 = 0.004;
/// Ink that is no darker than these was printed, or scanned, too pale to be told from the ground: it is made as dark as
/// other ink is. What is paler still shows through from the back.
const PALE_INK: std::ops::RangeInclusive<u8> = 115..=185;
/// How dark ink mostly is.
const INK: f32 = 60.0;

/// Makes pale ink dark, on paper that is white.
fn deepen(white: &mut Grey) {
    let mut counts = [0usize; 256];
    for y in (0..white.height).step_by(7) {
        for value in white.row(y) {
            if let Some(count) = counts.get_mut(usize::from(*value)) {
                *count += 1;
            }
        }
    }
    let mut left = INKED * counts.iter().map(|count| float(*count)).sum::<f32>();
    let ink = (0..=u8::MAX).zip(counts).find_map(|(value, count)| {
        left -= float(count);
        (left < 0.0).then_some(value)
    });
    let Some(ink) = ink.filter(|ink| PALE_INK.contains(ink)) else { return };
    let factor = (255.0 - INK) / (255.0 - f32::from(ink));
    for value in &mut white.pixels {
        *value = byte((255.0 - factor * (255.0 - f32::from(*value))).max(0.0));
    }
}

/// Adds pixels as if their ground were white; it is `light` at the first and grows by `step`. What
/// they are raised by is even between the ends: a division for each would cost half of all whitening.
fn lit(out: &mut Vec<u8>, pixels: &[u8], light: f32, step: f32) {
    let count = float(pixels.len().max(1));
    let (first, last) = (255.0 / light, 255.0 / (light + step * count));
    let growth = (last - first) / count;
    let lit = |(at, pixel): (usize, &u8)| byte(f32::from(*pixel) * (first + growth * float(at)));
    out.extend(pixels.iter().enumerate().map(lit));
}

/// The paper's own brightness in each square: what most of its brighter pixels have, taken over
/// squares that are all ink from their neighbours.
fn ground(picture: &Grey, side: usize) -> Grey {
    let (columns, rows) = (picture.width.div_ceil(side), picture.height.div_ceil(side));
    let mut squares = Grey::new(columns, rows, 255);
    for row in 0..rows {
        for column in 0..columns {
            let mut counts = [0u16; 256];
            let mut all = 0u16;
            for y in (row * side..(row + 1) * side).step_by(1 + side / 12) {
                let from = (column * side).min(picture.width);
                let to = (from + side).min(picture.width);
                for value in picture.row(y).get(from..to).unwrap_or_default() {
                    if let Some(count) = counts.get_mut(usize::from(*value)) {
                        *count = count.saturating_add(1);
                        all = all.saturating_add(1);
                    }
                }
            }
            // the value a quarter of the pixels are brighter than
            let mut left = all / 4;
            let bright = (0..=255u8).rev().find(|value| {
                let count = counts.get(usize::from(*value)).copied().unwrap_or(0);
                let here = count > left;
                left = left.saturating_sub(count);
                here
            });
            squares.set(column, row, bright.unwrap_or(255).max(DARKEST_GROUND));
        }
    }
    blurred(&spread(&squares, 3), 2)
}

/// Each value the greatest within `reach`.
fn spread(picture: &Grey, reach: usize) -> Grey {
    let over = |line: &[u8], at: usize| {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(line.len()));
        line.get(from..to).and_then(|part| part.iter().max()).copied().unwrap_or(255)
    };
    let along = Grey::from_fn(picture.width, picture.height, |x, y| over(picture.row(y), x));
    let mut out = along.clone();
    for x in 0..along.width {
        let column: Vec<u8> = (0..along.height).map(|y| along.at(x, y)).collect();
        for y in 0..along.height {
            out.set(x, y, over(&column, y));
        }
    }
    out
}

/// Each value the mean within `reach`; the picture is small.
fn blurred(picture: &Grey, reach: usize) -> Grey {
    Grey::from_fn(picture.width, picture.height, |x, y| {
        let (mut sum, mut count) = (0u32, 0u32);
        for row in y.saturating_sub(reach)..=(y + reach).min(picture.height.saturating_sub(1)) {
            let (from, to) = (x.saturating_sub(reach), (x + reach + 1).min(picture.width));
            for value in picture.row(row).get(from..to).unwrap_or_default() {
                sum += u32::from(*value);
                count += 1;
            }
        }
        u8::try_from(sum / count.max(1)).unwrap_or(255)
    })
}

/// How much the ground's pixels differ from their neighbours by chance: the median difference
/// beside each other where it is bright, in steps of grey.
#[must_use]
pub fn noise(white: &Grey) -> f32 {
    let mut counts = [0u32; 256];
    let mut all = 0u32;
    for y in (0..white.height).step_by(7) {
        for two in white.row(y).windows(2) {
            let [a, b] = two else { continue };
            if *a > 200 && *b > 200 {
                if let Some(count) = counts.get_mut(usize::from(a.abs_diff(*b))) {
                    *count += 1;
                }
                all += 1;
            }
        }
    }
    let mut seen = 0;
    let mut median = 0u8;
    for (value, count) in (0..=u8::MAX).zip(counts) {
        seen += count;
        median = value;
        if seen * 2 >= all {
            break;
        }
    }
    f32::from(median)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sheet with bars in their own grey.
    fn bars(ink: u8) -> Grey {
        Grey::from_fn(300, 120, |x, y| if x % 30 < 3 && (20..100).contains(&y) { ink } else { 240 })
    }

    #[test]
    fn pale_ink_is_made_dark_and_what_shows_through_is_not() {
        let seen = |ink: u8| whitened(&bars(ink), 2.0).at(151, 60);
        assert!(seen(160) < 70, "{}", seen(160));
        assert!((200..230).contains(&seen(205)), "{}", seen(205));
        assert!(seen(40) < 50, "{}", seen(40));
    }

    #[test]
    fn a_shadow_goes_and_the_ink_stays() {
        // ever darker to the right, with a black bar in the dark half
        let shaded = |x: usize| u8::try_from(240 - x / 2).unwrap();
        let page = Grey::from_fn(300, 120, |x, y| {
            if (200..206).contains(&x) && (40..80).contains(&y) { 20 } else { shaded(x) }
        });
        let white = whitened(&page, 2.0);
        assert!(white.at(20, 60) > 235 && white.at(280, 60) > 225, "the ground is white");
        assert!(white.at(203, 60) < 70, "the ink is dark");
    }
}
