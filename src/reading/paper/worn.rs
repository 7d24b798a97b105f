//! What is left of words whose strokes were too thin for the scanner: a row of specks, each as small as dirt.
//! Nobody can read them, but where they stand it is not empty.

use crate::domain::sheet::Area;

/// Specks of a page that are looked at, from the top; more are a dirty page's.
const MOST: usize = 4_000;
/// A row's specks stand so close to its first one's height, and to each other, points.
const ROW: f32 = 4.5;
const GAP: f32 = 7.0;
/// So many make a row, over so many points.
const FEWEST: usize = 8;
const SHORTEST: f32 = 25.0;
/// A printed line of dots is level: of letters this share of the specks stands this far (points) off its height.
const UNEVEN: (f32, f32) = (0.3, 0.9);

/// The places of such rows.
#[must_use]
pub fn worn(specks: &[Area]) -> Vec<Area> {
    let mut left: Vec<Area> = specks.iter().take(MOST).copied().collect();
    left.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    let mut out = Vec::new();
    while let Some(first) = left.first().copied() {
        let end = left.partition_point(|speck| speck.y0 <= first.y0 + 2.0 * ROW);
        let mut band: Vec<Area> = left.iter().take(end).copied().collect();
        band.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        out.extend(band.chunk_by(|a, b| b.x0 - a.x1 < GAP).filter_map(row));
        // the next band begins half a band lower: a row that this one cut is whole in that
        let next = left.partition_point(|speck| speck.y0 <= first.y0 + ROW);
        left.drain(..next);
    }
    out
}

fn row(specks: &[Area]) -> Option<Area> {
    let area = specks.iter().copied().reduce(|a, b| a.around(&b))?;
    let mut heights: Vec<f32> = specks.iter().map(|speck| speck.middle().1).collect();
    heights.sort_by(f32::total_cmp);
    let middle = heights.get(heights.len() / 2)?;
    let off = heights.iter().filter(|height| (*height - middle).abs() > UNEVEN.1).count();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let uneven = off as f32 >= UNEVEN.0 * specks.len() as f32;
    (specks.len() >= FEWEST && area.width() >= SHORTEST && uneven).then_some(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specks(count: u16, every: f32, height: impl Fn(u16) -> f32) -> Vec<Area> {
        let speck = |n: u16| {
            let (x0, y0) = (100.0 + every * f32::from(n), height(n));
            Area { x0, y0, x1: x0 + 0.6, y1: y0 + 0.6 }
        };
        (0..count).map(speck).collect()
    }

    #[test]
    fn what_is_left_of_an_address_is_found_and_dirt_and_dotted_lines_are_not() {
        let letters = |n: u16| 200.0 + [0.0, 3.0, 1.5, 2.9][usize::from(n % 4)];
        let found = worn(&specks(40, 3.0, letters));
        let around = found.iter().copied().reduce(|a, b| a.around(&b)).unwrap();
        assert!(around.x0 < 101.0 && around.x1 > 215.0 && around.height() < 5.0, "{found:?}");
        assert_eq!(worn(&specks(60, 2.0, |_| 300.0)), [], "a dotted line");
        assert_eq!(worn(&specks(60, 40.0, letters)), [], "dirt");
        assert_eq!(worn(&specks(5, 3.0, letters)), [], "a few");
    }
}
