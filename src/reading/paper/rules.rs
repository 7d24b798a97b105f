//! Straight level strokes in a picture: the rules of tables. Upright ones are found in the picture
//! laid on its side. Faint ones and slightly slanted ones are found too; lines of text are not.

use super::broken;
use super::picture::{Grey, float, whole};

/// Length of the pieces that are looked at, points; a rule goes through several.
const PIECE: f32 = 6.0;
/// Half the greatest thickness of a rule, points, with its blur.
const REACH: f32 = 1.3;
/// The shortest rule that is one by itself, points.
pub const SHORTEST: f32 = 18.0;
/// The shortest border of a cell, whose ends lie on two other rules: of what is so short most are a
/// box's sides or large letters.
pub const BORDER: f32 = 11.0;
/// Pieces of a row this share of which is darker than what is above and below may be of a rule.
const FULL: f32 = 0.78;
/// Share of a whole stroke's length that is so.
pub const WHOLE: f32 = 0.86;
/// Of one longer than this (points) less suffices: no line of text is so dark, no stamp so large, and letters close
/// to a rule hide it.
const LONG: (f32, f32) = (240.0, 0.75);
/// Darker than this are letters.
const LETTERS: u8 = 165;
/// Shorter strokes are taken for level: a step of one pixel would make them slant. Points.
const LEVEL: f32 = 36.0;
/// Chains of fewer pieces are looked at in parts too.
const LONGEST_MIXED: usize = 40;
/// Rules kept of one picture.
const MOST: usize = 4_000;

/// A stroke from left to right, in pixels: its height at both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    pub x0: f32,
    pub x1: f32,
    pub y0: f32,
    pub y1: f32,
    /// Told from dashes: it may go on beyond its ends.
    pub in_pieces: bool,
}

impl Stroke {
    #[must_use]
    pub fn length(&self) -> f32 {
        self.x1 - self.x0
    }

    #[must_use]
    pub fn slope(&self) -> f32 {
        (self.y1 - self.y0) / self.length().max(1.0)
    }

    /// How high it is at `x`, beyond its ends too.
    #[must_use]
    pub fn at(&self, x: f32) -> f32 {
        self.y0 + self.slope() * (x - self.x0)
    }

    #[must_use]
    pub fn middle(&self) -> f32 {
        f32::midpoint(self.y0, self.y1)
    }
}

/// The picture laid on its side: columns as rows.
#[must_use]
pub fn laid(picture: &Grey) -> Grey {
    const TILE: usize = 32;
    let (w, h) = (picture.width, picture.height);
    let mut out = Grey::new(h, w, 255);
    for top in (0..h).step_by(TILE) {
        for left in (0..w).step_by(TILE) {
            for y in top..(top + TILE).min(h) {
                for (x, value) in picture.row(y).iter().enumerate().skip(left).take(TILE) {
                    out.set(y, x, *value);
                }
            }
        }
    }
    out
}

/// Pieces of one column that are darker than what is around, by row.
struct Chain {
    /// (x of the piece's middle, y)
    points: Vec<(f32, f32)>,
    column: usize,
    y: usize,
}

/// What a picture's pixels say of strokes.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    /// Of the paper, steps of grey.
    pub noise: f32,
    /// The picture had no greys: thin strokes are in pieces.
    pub black_and_white: bool,
}

impl Ground {
    /// So much darker than what is around is a stroke, steps of grey.
    #[must_use]
    pub fn step(self) -> u8 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let step = (self.noise * 2.2).clamp(12.0, 40.0) as u8;
        step
    }
}

/// Half the greatest thickness of a rule, pixels.
#[must_use]
pub fn reach(scale: f32) -> usize {
    whole((REACH * scale).ceil()).max(2)
}

/// The level strokes of a whitened picture. `scale`: pixels a point; `shortest`: points.
#[must_use]
pub fn level(white: &Grey, scale: f32, ground: Ground, shortest: f32) -> Vec<Stroke> {
    let piece = whole(PIECE * scale).max(6);
    let reach = reach(scale);
    let columns = white.width / piece;
    if columns < 2 || white.height <= 2 * reach {
        return Vec::new();
    }
    let step = ground.step();
    let full = whole(FULL * float(piece));
    // how many pixels of each piece are part of a dark ridge: [row][column]
    let mut counts: Vec<Vec<u16>> = vec![vec![0; columns]; white.height];
    for y in reach..white.height - reach - 1 {
        let (above, below) = (white.row(y - reach), white.row(y + 1 + reach));
        let (here, next) = (white.row(y), white.row(y + 1));
        let Some(line) = counts.get_mut(y) else { continue };
        let outside = above.chunks_exact(piece).zip(below.chunks_exact(piece));
        let inside = here.chunks_exact(piece).zip(next.chunks_exact(piece));
        for (count, ((above, below), (here, next))) in line.iter_mut().zip(outside.zip(inside)) {
            let light = above.iter().zip(below).map(|(a, b)| *a.min(b));
            let dark = here.iter().zip(next).map(|(a, b)| *a.min(b));
            // pieces are far shorter than 256 pixels
            let ridge = light.zip(dark).map(|(light, dark)| u8::from(light > dark.saturating_add(step)));
            *count = u16::from(ridge.fold(0, u8::saturating_add));
        }
    }
    let count =
        |x: usize, y: usize| counts.get(y).and_then(|line| line.get(x)).copied().map_or(0, usize::from);
    let mut open: Vec<Chain> = Vec::new();
    let mut done: Vec<Chain> = Vec::new();
    for column in 0..columns {
        let rows = (reach..white.height - reach).filter(|y| {
            let here = count(column, *y);
            here >= full && here >= count(column, y - 1) && here > count(column, y + 1)
        });
        let rows: Vec<usize> = rows.collect();
        for y in rows {
            let x = (float(column) + 0.5) * float(piece);
            let mate = open
                .iter_mut()
                .filter(|chain| {
                    let gap = column - chain.column;
                    (1..=2).contains(&gap) && chain.y.abs_diff(y) <= 1 + gap
                })
                .min_by_key(|chain| chain.y.abs_diff(y));
            match mate {
                Some(chain) => {
                    chain.points.push((x, float(y) + 1.0));
                    chain.column = column;
                    chain.y = y;
                }
                None => open.push(Chain { points: vec![(x, float(y) + 1.0)], column, y }),
            }
        }
        let (alive, ended): (Vec<Chain>, Vec<Chain>) =
            open.into_iter().partition(|chain| column < chain.column + 2);
        open = alive;
        done.extend(ended);
    }
    done.extend(open);
    let half = 0.5 * float(piece);
    done.sort_by_key(|chain| std::cmp::Reverse(chain.points.len()));
    done.truncate(MOST);
    // of a border a part of a piece is not counted at both ends; the feet of letters beside each other are as
    // long as the shortest rule
    let partly = usize::from(shortest < SHORTEST);
    let measured = |points: &[(f32, f32)]| {
        if float((points.len() + partly) * piece) < shortest * scale {
            return None;
        }
        let stroke = straight(points, half, LEVEL * scale)?;
        let stroke = to_its_ends(white, stroke, piece, step, reach);
        let long = stroke.length() + 1.0 >= shortest * scale;
        let whole = if stroke.length() > LONG.0 * scale { LONG.1 } else { WHOLE };
        (long && drawn(white, &stroke, step, reach) >= whole).then_some(stroke)
    };
    let mut strokes: Vec<Stroke> = Vec::new();
    for chain in &done {
        match measured(&chain.points) {
            Some(stroke) => strokes.push(stroke),
            // a rule may stand in line with letters' stems above and below
            None if chain.points.len() < LONGEST_MIXED => {
                let next = |a: &(f32, f32), b: &(f32, f32)| {
                    b.0 - a.0 < 1.5 * float(piece) && (a.1 - b.1).abs() < 1.5
                };
                strokes.extend(chain.points.chunk_by(next).filter_map(measured));
            }
            None => {}
        }
    }
    strokes.sort_by(|a, b| b.length().total_cmp(&a.length()));
    if ground.black_and_white {
        strokes.extend(broken::strokes(white, scale, step, reach));
    }
    single(strokes, 1.6 * scale)
}

/// The straight line through a chain's points, from the first piece to the last; of one shorter than
/// `level` the slope does not show.
fn straight(points: &[(f32, f32)], half: f32, level: f32) -> Option<Stroke> {
    let n = float(points.len());
    let (first, last) = (points.first()?.0 - half, points.last()?.0 + half);
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f32>() / n, points.iter().map(|p| p.1).sum::<f32>() / n);
    let xx: f32 = points.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum();
    let xy: f32 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let slope = if xx > 0.0 && last - first >= level { xy / xx } else { 0.0 };
    let at = |x: f32| my + slope * (x - mx);
    Some(Stroke { x0: first, x1: last, y0: at(first), y1: at(last), in_pieces: false })
}

/// Whether a pixel on a stroke is darker than what is above and below it.
pub fn is_dark(white: &Grey, stroke: &Stroke, x: f32, step: u8, reach: usize) -> bool {
    let y = stroke.y0 + stroke.slope() * (x - stroke.x0);
    if x < 0.0 || y < float(reach + 1) {
        return false;
    }
    let (column, row) = (whole(x), whole(y));
    let here =
        white.at(column, row).min(white.at(column, whole(y - 0.7))).min(white.at(column, whole(y + 0.7)));
    let around = white.at(column, row - reach - 1).min(white.at(column, row + reach + 1));
    around > here.saturating_add(step)
}

/// The share of a stroke's length that is dark on light.
fn drawn(white: &Grey, stroke: &Stroke, step: u8, reach: usize) -> f32 {
    let length = whole(stroke.length()).max(1);
    let dark =
        (0..length).filter(|n| is_dark(white, stroke, stroke.x0 + float(*n) + 0.5, step, reach)).count();
    float(dark) / float(length)
}

/// Whether a stroke is the feet or the heads of a word's letters: short, with much ink close to it.
#[must_use]
pub fn is_of_letters(white: &Grey, stroke: &Stroke, scale: f32) -> bool {
    if stroke.length() > 130.0 * scale {
        return false;
    }
    let inked = |from: f32, to: f32| {
        let (mut dark, mut all) = (0usize, 0usize);
        for n in 0..whole(stroke.length()) {
            let x = stroke.x0 + float(n);
            let y = stroke.y0 + stroke.slope() * float(n);
            let rows = whole((y + from * scale).max(0.0))..whole((y + to * scale).max(0.0));
            dark += rows.clone().filter(|row| white.at(whole(x), *row) < LETTERS).count();
            all += rows.len();
        }
        float(dark) / float(all.max(1))
    };
    inked(-4.2, -1.4).max(inked(1.4, 4.2)) > 0.2
}

/// Follows a stroke beyond its first and last piece to where it ends.
fn to_its_ends(white: &Grey, stroke: Stroke, piece: usize, step: u8, reach: usize) -> Stroke {
    let mut out = stroke;
    for (way, end) in [(-1.0f32, &mut out.x0), (1.0, &mut out.x1)] {
        let from = *end - way * float(piece);
        let (mut last, mut misses) = (from, 0);
        for n in 0..3 * piece {
            let x = from + way * float(n);
            if is_dark(white, &stroke, x, step, reach) {
                (last, misses) = (x, 0);
            } else {
                misses += 1;
                if misses > 3 {
                    break;
                }
            }
        }
        *end = last + way;
    }
    out.y0 = stroke.y0 + stroke.slope() * (out.x0 - stroke.x0);
    out.y1 = stroke.y0 + stroke.slope() * (out.x1 - stroke.x0);
    out
}

/// Of strokes upon each other the longest, and of the others what goes on beyond it: a rule that steps
/// by a pixel is found in two pieces. They come longest first, those in pieces last.
fn single(strokes: Vec<Stroke>, near: f32) -> Vec<Stroke> {
    let mut out: Vec<Stroke> = Vec::new();
    for stroke in strokes {
        let twin = out.iter().find(|known| {
            let common = known.x1.min(stroke.x1) - known.x0.max(stroke.x0);
            let middle = f32::midpoint(stroke.x0, stroke.x1);
            common > 0.5 * stroke.length() && (known.at(middle) - stroke.middle()).abs() < near
        });
        match twin {
            Some(known) => {
                let before = Stroke { x1: known.x0, y1: stroke.at(known.x0), ..stroke };
                let after = Stroke { x0: known.x1, y0: stroke.at(known.x1), ..stroke };
                // less is the blur of an end
                let beyond: Vec<Stroke> =
                    [before, after].into_iter().filter(|part| part.length() > 3.0 * near).collect();
                out.extend(beyond);
            }
            None => out.push(stroke),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faint_slanted_rule_is_found_and_a_line_of_text_is_not() {
        let page = Grey::from_fn(600, 300, |x, y| {
            let rule = (40..560).contains(&x) && (y == 100 + x / 100 || y == 101 + x / 100);
            // letters: upright strokes and short bars
            let text =
                (200..214).contains(&y) && (40..500).contains(&x) && (x % 9 < 3 || y % 7 == 0 && x % 18 < 8);
            if rule {
                205
            } else if text {
                30
            } else {
                250
            }
        });
        let ground = Ground { noise: 2.0, black_and_white: false };
        let found = level(&page, 2.8, ground, SHORTEST);
        assert_eq!(found.len(), 1, "{found:?}");
        let rule = found[0];
        assert!((rule.x0 - 40.0).abs() < 6.0 && (rule.x1 - 560.0).abs() < 6.0, "{rule:?}");
        assert!((rule.slope() - 0.01).abs() < 0.003, "{rule:?}");
        assert!(level(&laid(&page), 2.8, ground, SHORTEST).is_empty());
    }

    #[test]
    fn a_rule_that_steps_is_found_from_end_to_end() {
        let stroke = |x0: f32, x1: f32, y: f32| Stroke { x0, x1, y0: y, y1: y, in_pieces: false };
        let found = single(vec![stroke(100.0, 400.0, 50.0), stroke(10.0, 220.0, 51.0)], 4.0);
        assert_eq!(found, [stroke(100.0, 400.0, 50.0), stroke(10.0, 100.0, 51.0)]);
        let apart = vec![stroke(100.0, 400.0, 50.0), stroke(10.0, 220.0, 60.0)];
        assert_eq!(single(apart.clone(), 4.0), apart);
    }
}
