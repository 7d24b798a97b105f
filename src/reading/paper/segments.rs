//! Lines of text in a picture, found by their ink: letters beside each other, not parted by a rule
//! or a wide gap. What is no letter is a drawing.

use super::dashes::bridge;
use super::ink::{Blob, blobs};
use super::leaders;
use super::picture::{Grey, float, whole};
use super::remains::remains;
use super::rules::Stroke;
use super::straighten::{INK, Straight};
use super::worn::worn;
use crate::domain::sheet::Area;
use crate::reading::layout::grid::grown;
use std::collections::HashSet;

/// Heights of letters, points.
const LETTER: (f32, f32) = (2.8, 17.0);
/// A single letter, or letters that touch, are not wider than this, points.
const WIDEST: f32 = 90.0;
/// Letters of a page that are looked at.
const MOST: usize = 20_000;

/// A line of text, or a part of one; in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub area: Area,
    /// How high its tall letters are.
    pub tall: f32,
    pub letters: usize,
    /// Written over a leader's dots, or ends beside a speck of dirt, of which one may have been its own.
    pub on_dots: bool,
}

/// What is written and drawn on a page.
#[derive(Debug, Default)]
pub struct Written {
    pub segments: Vec<Segment>,
    /// Ink that is no letter.
    pub drawings: Vec<Area>,
    /// Words of which only specks are left.
    pub worn: Vec<Area>,
    /// The picture without its rules and boxes.
    pub bare: Grey,
}

/// Finds the lines of text. `boxes`: boxes to tick, points.
#[must_use]
pub fn find(seen: &Straight, boxes: &[Area]) -> Written {
    let scale = seen.scale;
    let mut bare = without_rules(seen, boxes);
    let mut letters: Vec<Area> = Vec::new();
    let mut small: Vec<Area> = Vec::new();
    let mut drawings: Vec<Area> = Vec::new();
    let mut specks: Vec<Blob> = Vec::new();
    let spots = blobs(&bare, INK);
    let leaders: Vec<Blob> = leaders::dots(&spots, scale).into_iter().copied().collect();
    let is_leader: HashSet<(usize, usize)> = leaders.iter().map(|dot| (dot.x0, dot.y0)).collect();
    for dot in &leaders {
        wipe(&mut bare, dot);
    }
    for blob in spots.into_iter().filter(|blob| !is_leader.contains(&(blob.x0, blob.y0))) {
        let area = blob.area(scale);
        let (w, h) = (area.width(), area.height());
        if h > LETTER.1 || w > WIDEST {
            drawings.push(area);
        } else if h >= LETTER.0 && letters.len() < MOST {
            letters.push(area);
        } else if is_speck(&blob, scale) {
            specks.push(blob);
        } else if small.len() < MOST {
            small.push(area);
        }
    }
    promote_low(&mut letters, &mut small);
    for rest in remains(&mut letters, seen) {
        wipe_area(&mut bare, &rest, scale);
    }
    let mut segments = joined(&letters, seen);
    small.retain(|mark| !bridge(&mut segments, mark, seen));
    let mut lost: Vec<Area> = Vec::new();
    for speck in dirt(&specks, &segments, &bare, scale) {
        wipe(&mut bare, speck);
        lost.push(speck.area(scale));
    }
    for speck in &lost {
        for segment in segments.iter_mut().filter(|segment| may_be_full_stop(speck, segment)) {
            segment.on_dots = true;
        }
    }
    for dot in leaders {
        let (x, y) = dot.area(scale).middle();
        for segment in segments.iter_mut().filter(|segment| segment.area.x0 < x && x < segment.area.x1) {
            segment.on_dots |= segment.area.y0 < y && y < segment.area.y1 + 1.0;
        }
    }
    let alone: Vec<Area> = small.into_iter().filter(|mark| !attach(&mut segments, mark)).collect();
    lost.extend(&alone);
    let worn = worn(&lost);
    // a hyphen or a dot by itself is dirt or a leader; a thing of some size is something drawn
    drawings.extend(alone.into_iter().filter(|area| area.width().max(area.height()) > 2.5));
    Written { segments, drawings, worn, bare }
}

/// In heights of tall letters: how far behind a line's end its full stop stands, and how high above its foot.
const STOP: (f32, f32) = (0.6, 0.3);
/// Letters of a line that may be a sentence.
const SENTENCE: usize = 25;

/// Whether what is as small as dirt stands where a sentence's full stop would.
fn may_be_full_stop(speck: &Area, segment: &Segment) -> bool {
    let (area, tall, (x, y)) = (segment.area, segment.tall, speck.middle());
    segment.letters >= SENTENCE
        && (area.x1..area.x1 + STOP.0 * tall).contains(&x)
        && (area.y1 - STOP.1 * tall..area.y1 + 0.1 * tall).contains(&y)
}

/// Letters of print so fine, as a form's field makes them for a long address, are told by their taller
/// neighbours (points).
const FINE: f32 = 4.8;
/// The least height and width of one that reaches neither up nor down, points.
const LOW: (f32, f32) = (1.5, 0.7);
/// So far beside stands the next letter that is known for one, points: four letters of such print.
const BESIDE: f32 = 12.0;
/// How often what was found to be a letter tells of others.
const ROUNDS: usize = 4;

/// Makes letters of the small marks that stand between the foot and the head of letters of fine print.
fn promote_low(letters: &mut Vec<Area>, small: &mut Vec<Area>) {
    let fine = |area: &Area| area.height() < FINE;
    let mut known: Vec<Area> = letters.iter().copied().filter(fine).collect();
    for _ in 0..ROUNDS {
        known.sort_by(|a, b| a.y0.total_cmp(&b.y0));
        let beside = |mark: &Area| {
            let from = known.partition_point(|letter| letter.y0 < mark.y0 - FINE);
            let near = known.iter().skip(from).take_while(|letter| letter.y0 <= mark.y0 + 0.4);
            let gap = |letter: &Area| (letter.x0 - mark.x1).max(mark.x0 - letter.x1);
            near.into_iter().any(|letter| {
                mark.y1 <= letter.y1 + 0.4
                    && mark.height() > 0.45 * letter.height()
                    && mark.y1 > letter.y0 + 0.6 * letter.height()
                    && gap(letter) < BESIDE
            })
        };
        let is_low = |mark: &mut Area| mark.height() >= LOW.0 && mark.width() >= LOW.1 && beside(mark);
        let found: Vec<Area> = small.extract_if(.., is_low).collect();
        if found.is_empty() || letters.len() + found.len() > MOST {
            break;
        }
        letters.extend(&found);
        known = found;
    }
}

/// How many times as thick as on the paper around specks stand in the lines where they are written.
const THICK: f32 = 4.0;

/// On pictures coarser than this (pixels a point) a dot or an accent is no larger than a speck.
const COARSE: f32 = 2.5;

/// Of the specks those that are dirt. On a coarse picture, where the paper around is clean, what stands
/// in a line of text belongs to it.
fn dirt<'s>(specks: &'s [Blob], segments: &[Segment], page: &Grey, scale: f32) -> Vec<&'s Blob> {
    if scale >= COARSE {
        return specks.iter().collect();
    }
    let lines: Vec<Area> = segments.iter().map(|line| grown(&line.area, 0.3 * line.tall)).collect();
    let (inside, outside): (Vec<&Blob>, Vec<&Blob>) = specks.iter().partition(|speck| {
        let middle = speck.area(scale).middle();
        lines.iter().any(|line| line.holds(middle))
    });
    let written: f32 = lines.iter().map(|line| line.width() * line.height()).sum();
    let all = float(page.width) * float(page.height) / (scale * scale);
    let thickness = |count: usize, area: f32| float(count) / area.max(1.0);
    let around = thickness(outside.len() + 1, all - written);
    if thickness(inside.len(), written) > THICK * around { outside } else { specks.iter().collect() }
}

fn is_speck(blob: &Blob, scale: f32) -> bool {
    float(blob.width().max(blob.height())) < 0.6 * scale || blob.size < 3
}

/// Paints a place white, in points, with its pale edge.
fn wipe_area(bare: &mut Grey, area: &Area, scale: f32) {
    let pixel = |at: f32| whole(at * scale + 0.5);
    let spot =
        Blob { x0: pixel(area.x0), y0: pixel(area.y0), x1: pixel(area.x1), y1: pixel(area.y1), size: 0 };
    wipe(bare, &spot);
}

/// Paints a spot white, with its pale edge.
fn wipe(bare: &mut Grey, spot: &Blob) {
    for y in spot.y0.saturating_sub(1)..=spot.y1 {
        if let Some(part) = bare.row_mut(y).get_mut(spot.x0.saturating_sub(1)..spot.x1 + 1) {
            part.fill(255);
        }
    }
}

/// The picture with rules and boxes painted white, except where letters cross them.
fn without_rules(seen: &Straight, boxes: &[Area]) -> Grey {
    let mut bare = seen.white.clone();
    let scale = seen.scale;
    let half = whole((0.55 * scale).ceil()).max(1);
    let reach = half + 2;
    let mut wipe = |stroke: &Stroke, upright: bool| {
        let slope = stroke.slope();
        for along in whole(stroke.x0)..=whole(stroke.x1) {
            let across = stroke.y0 + slope * (float(along) - stroke.x0);
            if across < float(reach + 1) {
                continue;
            }
            let middle = whole(across);
            let of = |n: usize| if upright { seen.white.at(n, along) } else { seen.white.at(along, n) };
            let (before, after) = (of(middle - reach), of(middle + reach));
            if before < INK && after < INK {
                continue;
            }
            for n in middle - half..=middle + half {
                if upright {
                    bare.set(n, along, 255);
                } else {
                    bare.set(along, n, 255);
                }
            }
        }
    };
    for stroke in &seen.level {
        wipe(stroke, false);
    }
    for stroke in &seen.upright {
        wipe(stroke, true);
    }
    for area in boxes {
        let grow = 0.8;
        let (x0, x1) = (whole((area.x0 - grow) * scale), whole((area.x1 + grow) * scale));
        for y in whole((area.y0 - grow) * scale)..=whole((area.y1 + grow) * scale) {
            if let Some(part) = bare.row_mut(y).get_mut(x0..=x1) {
                part.fill(255);
            }
        }
    }
    bare
}

/// Letters that stand beside each other, joined to lines.
fn joined(letters: &[Area], seen: &Straight) -> Vec<Segment> {
    let mut order: Vec<usize> = (0..letters.len()).collect();
    let area = |index: usize| letters.get(index).copied().unwrap_or_default();
    order.sort_by(|a, b| area(*a).y0.total_cmp(&area(*b).y0));
    let mut parents: Vec<usize> = (0..letters.len()).collect();
    for (position, index) in order.iter().enumerate() {
        let here = area(*index);
        // the nearest on the right, among those that begin above its foot
        let mut best: Option<(f32, usize)> = None;
        let below = order.get(position + 1..).unwrap_or_default();
        let above = order.get(position.saturating_sub(400)..position).unwrap_or_default();
        let candidates = below.iter().take_while(|other| area(**other).y0 < here.y1).chain(above);
        for other in candidates {
            let there = area(*other);
            let (low, high) = (here.y0.max(there.y0), here.y1.min(there.y1));
            let common = high - low;
            let height = here.height().max(there.height());
            let gap = there.x0 - here.x1;
            let ahead = there.middle().0 > here.middle().0;
            // as wide as a hyphen or a dot of a typewriter's face, which is no letter here
            let reach = (1.15 * height).clamp(8.0, 10.5);
            if ahead
                && gap <= reach
                && common >= 0.45 * here.height().min(there.height())
                && best.is_none_or(|(known, _)| gap < known)
                && !parted(seen, &here, &there)
            {
                best = Some((gap, *other));
            }
        }
        if let Some((_, other)) = best {
            let (a, b) = (root(&mut parents, *index), root(&mut parents, other));
            if let Some(slot) = parents.get_mut(a) {
                *slot = b;
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, Vec<Area>> = std::collections::BTreeMap::new();
    for index in 0..letters.len() {
        groups.entry(root(&mut parents, index)).or_default().push(area(index));
    }
    let mut out: Vec<Segment> = groups
        .into_values()
        .filter_map(|members| {
            let area = members.iter().copied().reduce(|a, b| a.around(&b))?;
            let mut heights: Vec<f32> = members.iter().map(Area::height).collect();
            heights.sort_by(f32::total_cmp);
            let tall = heights.get(heights.len() * 4 / 5).copied()?;
            Some(Segment { area, tall, letters: members.len(), on_dots: false })
        })
        .collect();
    merge(&mut out);
    out
}

/// Joins lines that lie in each other: letters between others' reach.
fn merge(segments: &mut Vec<Segment>) {
    let mut index = 0;
    while index < segments.len() {
        let Some(here) = segments.get(index).cloned() else { break };
        let other = segments.iter().enumerate().position(|(n, there)| {
            n != index
                && there.area.overlap(&here.area).is_some_and(|both| {
                    both.width() * both.height() > 0.5 * here.area.width() * here.area.height()
                        && there.area.height() < 1.8 * here.tall.max(there.tall).max(6.0)
                })
        });
        if let Some(into) = other {
            if let Some(there) = segments.get_mut(into) {
                there.area = there.area.around(&here.area);
                there.letters += here.letters;
            }
            segments.remove(index);
        } else {
            index += 1;
        }
    }
}

/// Whether an upright rule stands between two letters.
pub fn parted(seen: &Straight, a: &Area, b: &Area) -> bool {
    let y = seen.scale * f32::midpoint(a.middle().1, b.middle().1);
    let (x0, x1) = (a.middle().0 * seen.scale, b.middle().0 * seen.scale);
    seen.upright.iter().any(|rule| {
        let x = rule.y0 + rule.slope() * (y - rule.x0);
        rule.x0 <= y && y <= rule.x1 && x0 < x && x < x1
    })
}

/// Adds a dot, an accent or a hyphen to the line it belongs to.
fn attach(segments: &mut [Segment], mark: &Area) -> bool {
    let near = segments.iter_mut().filter_map(|segment| {
        let (x, y) = mark.middle();
        let dx = (segment.area.x0 - x).max(x - segment.area.x1).max(0.0);
        let dy = (segment.area.y0 - y).max(y - segment.area.y1).max(0.0);
        let reach = 0.45 * segment.tall;
        (dx <= 0.8 * segment.tall && dy <= reach).then_some((dx + 2.0 * dy, segment))
    });
    match near.min_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, segment)) => {
            segment.area = segment.area.around(mark);
            true
        }
        None => false,
    }
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at).copied().filter(|parent| *parent != at) {
        let grand = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(at) {
            *slot = grand;
        }
        at = grand;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Mapping;
    use super::*;

    /// A page with letters of these places and heights (pixels at 2.8 a point) on one line.
    fn lines(letters: &[(usize, usize)]) -> Vec<Segment> {
        let white = Grey::from_fn(700, 100, |x, y| {
            let inked = letters
                .iter()
                .any(|(left, height)| (*left..left + 4).contains(&x) && (60 - height..60).contains(&y));
            if inked { 20 } else { 255 }
        });
        let to_original = Mapping::SAME;
        let seen = Straight { white, scale: 2.8, to_original, level: Vec::new(), upright: Vec::new() };
        find(&seen, &[]).segments
    }

    #[test]
    fn a_line_of_fine_print_is_one_whatever_letters_it_has() {
        // tall letters 50 pixels (18 points) apart, low ones of 2 points between
        let letters: Vec<(usize, usize)> =
            (0..60).map(|n| (30 + 8 * n, if n % 6 == 0 { 10 } else { 6 })).collect();
        let found = lines(&letters);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].letters, 60);
        // accents and points of larger print are no letters
        let large: Vec<(usize, usize)> =
            (0..40).map(|n| (30 + 12 * n, if n % 8 == 5 { 5 } else { 22 })).collect();
        let found = lines(&large);
        assert_eq!((found.len(), found[0].letters), (1, 35), "{found:?}");
    }
}
