//! Lines that are two, and words of which each half stands on a line of its own.

use super::kinds;
use super::recognise::{AROUND, Line, Read};
use super::segments::Segment;
use super::weigh;
use crate::domain::sheet::Area;

/// Digits from which a number by itself is somebody's, not a part of an address.
const NUMBER: usize = 8;

/// Parts a number from the e-mail address beside it: the border between their cells was lost, and no one
/// manner of reading suits both.
#[must_use]
pub fn parted(line: Line) -> Vec<Line> {
    let digits =
        |words: &[Read]| words.iter().flat_map(|word| word.text.chars()).filter(char::is_ascii_digit).count();
    let at =
        line.words.iter().position(|word| word.text.contains('@') || kinds::begins_an_address(&word.text));
    let Some((number, address)) = at.and_then(|at| line.words.split_at_checked(at)) else {
        return vec![line];
    };
    let has_sign = address.iter().any(|word| word.text.contains('@'));
    let (Some(last), Some(first)) = (number.last(), address.first()) else { return vec![line] };
    if !has_sign || digits(number) < NUMBER || !kinds::is_number(number) {
        return vec![line];
    }
    let (area, middle) = (line.segment.area, f32::midpoint(last.area.x1, first.area.x0));
    let (x1, x0) = (last.area.x1.min(middle - AROUND), first.area.x0.max(middle + AROUND));
    let part = |area: Area, words: &[Read]| {
        let letters = words.iter().map(|word| word.text.chars().count()).sum();
        let segment = Segment { area, letters, ..line.segment.clone() };
        Line { segment, words: words.to_vec(), seen: line.seen }
    };
    vec![part(Area { x1, ..area }, number), part(Area { x0, ..area }, address)]
}

/// Holds a word together of which one line ends with the first half ("Notre-", "d'") and the one beside
/// it begins with the other.
pub fn join_halves(lines: &mut [Line]) {
    for left in 0..lines.len() {
        let Some(first) = lines.get(left) else { continue };
        let (area, tall) = (first.segment.area, first.segment.tall);
        let Some(head) = first.words.last().map(|word| word.text.clone()) else { continue };
        let right = lines.iter().position(|other| {
            let (there, gap) = (other.segment.area, other.segment.area.x0 - area.x1);
            let common = area.y1.min(there.y1) - area.y0.max(there.y0);
            (-1.0..tall).contains(&gap)
                && common > 0.6 * tall
                && other.words.first().is_some_and(|word| weigh::hyphened(&head, &word.text))
        });
        let Some(rest) = right.and_then(|right| lines.get_mut(right)).map(|line| line.words.remove(0)) else {
            continue;
        };
        if let Some(word) = lines.get_mut(left).and_then(|line| line.words.last_mut()) {
            word.text.push_str(&rest.text);
            word.area = word.area.around(&rest.area);
            word.confidence = word.confidence.min(rest.confidence);
        }
    }
}
