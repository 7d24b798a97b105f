//! Rows of dots that lead from a label to where its answer is written: the form's print, though they
//! stand between and under the letters of the answer.

use super::ink::Blob;
use super::picture::float;

/// A dot is no larger than this, points.
const DOT: f32 = 1.7;
/// How far apart the dots of a row are, points.
const PITCH: (f32, f32) = (1.3, 6.0);
/// Dots of a row stand at one height and at even distances, to this (points).
const OFF: f32 = 0.55;
/// So many dots in a row are a leader; an ellipsis has three.
const ROW: usize = 8;
/// Dots of a page that are looked at.
const MOST: usize = 20_000;

/// The leaders' dots among a page's spots. `scale`: pixels a point.
#[must_use]
pub fn dots<'b>(spots: &'b [Blob], scale: f32) -> Vec<&'b Blob> {
    let is_dot = |spot: &&Blob| float(spot.width().max(spot.height())) <= DOT * scale;
    let mut small: Vec<&Blob> = spots.iter().filter(is_dot).take(MOST).collect();
    small.sort_by_key(|spot| (spot.y1, spot.x0));
    let place =
        |spot: &Blob| (0.5 * float(spot.x0 + spot.x1) / scale, 0.5 * float(spot.y0 + spot.y1) / scale);
    let mut rows: Vec<(f32, Vec<&'b Blob>)> = Vec::new();
    for spot in small {
        let (_, y) = place(spot);
        match rows.iter_mut().rev().take(4).find(|(at, _)| (*at - y).abs() < OFF) {
            Some((_, row)) => row.push(spot),
            None => rows.push((y, vec![spot])),
        }
    }
    let mut out = Vec::new();
    for (_, mut row) in rows.into_iter().filter(|(_, row)| row.len() >= ROW) {
        row.sort_by_key(|spot| spot.x0);
        let places: Vec<f32> = row.iter().map(|spot| place(spot).0).collect();
        let Some(pitch) = pitch(&places) else { continue };
        out.extend(
            row.iter().zip(&places).filter(|(_, x)| is_even(**x, &places, pitch)).map(|(spot, _)| *spot),
        );
    }
    out
}

/// How far apart the dots of a row are; `None` where they stand at no even distance.
fn pitch(places: &[f32]) -> Option<f32> {
    let mut steps: Vec<f32> = places
        .windows(2)
        .filter_map(|two| Some(two.last()? - two.first()?))
        .filter(|step| (PITCH.0..PITCH.1).contains(step))
        .collect();
    steps.sort_by(f32::total_cmp);
    let usual = *steps.get(steps.len() / 2)?;
    let even = steps.iter().filter(|step| (**step - usual).abs() < OFF).count();
    // what the answer's letters hide is missing
    (even + 1 >= ROW && even * 2 > places.len()).then_some(usual)
}

/// Whether a dot has another one of the row at its distance, or at twice or three times that.
fn is_even(x: f32, places: &[f32], pitch: f32) -> bool {
    let near =
        |count: f32| places.iter().filter(|other| ((**other - x).abs() - count * pitch).abs() < OFF).count();
    near(1.0) + near(2.0) + near(3.0) >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(x: usize, y: usize) -> Blob {
        Blob { x0: x, y0: y, x1: x + 3, y1: y + 3, size: 9 }
    }

    #[test]
    fn a_row_of_even_dots_is_a_leader_and_what_stands_in_a_text_is_not() {
        // dots every 6 pixels, of which letters hide some; two dots of an address above them
        let mut spots: Vec<Blob> =
            (0..40).filter(|n| !(5..9).contains(n)).map(|n| dot(100 + 6 * n, 50)).collect();
        let leader = spots.len();
        spots.extend([dot(131, 44), dot(150, 44)]);
        let found = dots(&spots, 2.8);
        assert_eq!(found.len(), leader);
        assert!(found.iter().all(|spot| spot.y0 == 50));
        // points of sentences on one line
        let text: Vec<Blob> = [100, 180, 190, 260, 333, 400, 444, 460, 517].map(|x| dot(x, 80)).into();
        assert_eq!(dots(&text, 2.8).len(), 0);
    }
}
