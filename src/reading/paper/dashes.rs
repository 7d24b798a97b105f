//! Dashes between words: no letter, and wider than the gaps of a line, so that what stands on their two sides
//! would be two lines and the dash nobody's.

use super::segments::{Segment, parted};
use super::straighten::Straight;
use crate::domain::sheet::Area;

/// A dash is wider than the one and lower than the other, in heights of tall letters; so far it stands
/// from the words on both its sides at most, which is a typewriter's space.
const DASH: (f32, f32, f32) = (0.3, 0.3, 1.45);

/// Joins two parts of a line that a dash between them holds apart: neither has a letter close enough to
/// the other's. `false` where the mark is no dash between words.
#[must_use]
pub fn bridge(segments: &mut Vec<Segment>, mark: &Area, seen: &Straight) -> bool {
    let (_, y) = mark.middle();
    let beside = |segment: &Segment, gap: f32| {
        let (tall, area) = (segment.tall, segment.area);
        (-0.1 * tall..DASH.2 * tall).contains(&gap)
            && mark.width() > DASH.0 * tall
            && mark.height() < DASH.1 * tall
            // as high as the middle of letters, above which may be accents and below tails
            && (area.y0 + 0.3 * tall..area.y1 - 0.2 * tall).contains(&y)
    };
    let nearest = |gap: &dyn Fn(&Segment) -> f32| {
        let near = segments.iter().enumerate().map(|(at, segment)| (gap(segment), at, segment));
        near.filter(|(gap, _, segment)| beside(segment, *gap)).min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let left = nearest(&|segment| mark.x0 - segment.area.x1).map(|(_, at, _)| at);
    let right = nearest(&|segment| segment.area.x0 - mark.x1).map(|(_, at, _)| at);
    let (Some(left), Some(right)) = (left, right) else { return false };
    let pair = segments.get(left).cloned().zip(segments.get(right).cloned());
    let Some((one, other)) = pair.filter(|_| left != right) else { return false };
    let alike = one.tall.min(other.tall) > 0.6 * one.tall.max(other.tall);
    if !alike || parted(seen, &one.area, mark) || parted(seen, mark, &other.area) {
        return false;
    }
    let letters = one.letters + other.letters;
    let tall = if one.letters < other.letters { other.tall } else { one.tall };
    let area = one.area.around(&other.area);
    if let Some(first) = segments.get_mut(left) {
        *first = Segment { area, tall, letters, on_dots: one.on_dots || other.on_dots };
    }
    segments.remove(right);
    true
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Mapping;
    use super::super::picture::Grey;
    use super::super::segments::find;
    use super::*;

    #[test]
    fn words_on_both_sides_of_a_dash_are_one_line() {
        let page = |dash: (usize, usize, usize)| {
            let white = Grey::from_fn(700, 100, |x, y| {
                let letters = (0..8).map(|n| 30 + 16 * n).chain((0..8).map(|n| 220 + 16 * n));
                let letter =
                    letters.clone().any(|left| (left..left + 9).contains(&x)) && (40..60).contains(&y);
                let (x0, x1, at) = dash;
                if letter || (x0..x1).contains(&x) && (at..at + 2).contains(&y) { 20 } else { 255 }
            });
            let to_original = Mapping::SAME;
            let seen = Straight { white, scale: 2.8, to_original, level: Vec::new(), upright: Vec::new() };
            find(&seen, &[]).segments.len()
        };
        assert_eq!(page((172, 199, 51)), 1, "between them");
        assert_eq!(page((177, 194, 51)), 1, "as a typewriter has it");
        assert_eq!(page((172, 199, 63)), 2, "below them");
        assert_eq!(page((0, 0, 0)), 2, "nothing between them");
    }
}
