//! What is left of a cell's upright rules beside what is written in it: on black-and-white paper a rule that
//! slants is seen in pieces, and a piece beside a word is read as a letter.

use super::straighten::Straight;
use crate::domain::sheet::Area;

/// What is left of an upright rule is no wider than this, points, and no farther from where the rule goes.
const REMAINS: (f32, f32) = (1.3, 1.0);
/// So far beyond where it is seen a rule may go on in pieces, points: the height of a row.
const GOES_ON: f32 = 16.0;
/// In its own height: the white on its one side is wider than between letters, on its other side than
/// between words.
const APART: (f32, f32) = (0.28, 0.8);
/// What stands as close as a letter is left of a rule only where it is exactly in its line, within a table's
/// height (points), and hangs so far below the letter beside it, in that one's height.
const EXACTLY: (f32, f32) = (0.6, 120.0);
const TOUCHING: f32 = 0.05;
const HANGS: f32 = 0.16;
/// Lower than this (points) is no letter to compare with.
const LETTER: f32 = 3.5;

/// Takes the remains of upright rules out of the letters: a narrow stroke in line with a rule, at the end of
/// what is written beside it.
pub fn remains(letters: &mut Vec<Area>, seen: &Straight) -> Vec<Area> {
    let scale = seen.scale;
    let in_line = |area: &Area, (most_off, goes_on): (f32, f32)| {
        let (x, y) = area.middle();
        seen.upright.iter().any(|rule| {
            let off = (rule.at(y * scale) / scale - x).abs();
            let reach = rule.x0 / scale - goes_on..rule.x1 / scale + goes_on;
            off < most_off && rule.length() > GOES_ON * scale && reach.contains(&y)
        })
    };
    let all = letters.clone();
    let stands_apart = |area: &Area, gap: f32| {
        let (mut left, mut right) = (f32::MAX, f32::MAX);
        for other in &all {
            let common = area.y1.min(other.y1) - area.y0.max(other.y0);
            if common < 0.4 * area.height().min(other.height()) || other == area {
                continue;
            }
            if other.middle().0 < area.middle().0 {
                left = left.min(area.x0 - other.x1);
            } else {
                right = right.min(other.x0 - area.x1);
            }
        }
        let (near, far) = (left.min(right), left.max(right));
        near > gap * area.height() && far > APART.1 * area.height()
    };
    // a letter as narrow as that stands on the line
    let hangs = |area: &Area| {
        let beside = all.iter().filter(|other| {
            let common = area.y1.min(other.y1) - area.y0.max(other.y0);
            *other != area && common > 0.4 * area.height().min(other.height())
        });
        let nearest = beside.min_by(|a, b| (a.x0 - area.x1).abs().total_cmp(&(b.x0 - area.x1).abs()));
        nearest.is_some_and(|other| other.height() > LETTER && area.y1 - other.y1 > HANGS * other.height())
    };
    letters
        .extract_if(.., |area| {
            area.width() < REMAINS.0
                && area.height() > 2.0 * area.width()
                && (in_line(area, (REMAINS.1, GOES_ON)) && stands_apart(area, APART.0)
                    || in_line(area, EXACTLY) && stands_apart(area, TOUCHING) && hangs(area))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Mapping;
    use super::super::picture::Grey;
    use super::super::rules::Stroke;
    use super::*;

    #[test]
    fn a_stroke_in_line_with_a_rule_beside_a_word_is_left_of_it() {
        let rule = Stroke { x0: 100.0, x1: 200.0, y0: 50.0, y1: 50.0, in_pieces: false };
        let white = Grey::new(400, 400, 255);
        let upright = vec![rule];
        let seen = Straight { white, scale: 1.0, to_original: Mapping::SAME, level: Vec::new(), upright };
        let taken_of = |x: f32, (y, high): (f32, f32), word: f32| {
            let stroke = Area { x0: x, x1: x + 1.0, y0: y, y1: y + high };
            let letter = |n: u8| {
                let x0 = word + 6.0 * f32::from(n);
                Area { x0, x1: x0 + 5.0, y0: y, y1: y + 8.0 }
            };
            let mut letters: Vec<Area> = (0..6).map(letter).collect();
            letters.push(stroke);
            !remains(&mut letters, &seen).is_empty()
        };
        let taken = |x: f32, y: f32, word: f32| taken_of(x, (y, 8.0), word);
        assert!(taken(49.5, 206.0, 56.0), "the rule goes on");
        assert!(!taken(49.5, 206.0, 52.0), "it is the word's first letter");
        assert!(!taken(49.5, 240.0, 56.0), "the rule ends far above");
        assert!(!taken(46.0, 206.0, 56.0), "it is not in line with it");
        assert!(taken_of(49.5, (206.0, 11.0), 51.5), "close, and it hangs below the line");
        assert!(!taken_of(49.5, (206.0, 8.0), 51.5), "close, and it stands on the line");
        assert!(!taken(62.5, 206.0, 20.0), "it stands at the word's other end, and in no line");
    }
}
