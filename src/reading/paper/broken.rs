//! Rules in pieces: a scanner set to black and white leaves of a hairline that slants the dashes where
//! it hit a row of pixels, and nothing between.

use super::picture::{Grey, float, whole};
use super::rules::{Stroke, is_dark, reach};

/// The shortest dash, points; the bars of most letters are shorter.
const DASH: f32 = 3.8;
/// Dashes as long as this are of no letter, points.
const LONG: f32 = 10.0;
/// The next dash of a rule begins so near, points: at 200 dpi and half a degree they are 20 apart.
const GAP: f32 = 30.0;
/// The shortest rule that is told from dashes alone, points.
const SHORTEST: f32 = 34.0;
/// Share of its length that is drawn at least.
const DRAWN: f32 = 0.27;
/// Dashes of no letters that follow one another on one line are a rule, also where less of it is drawn.
const MANY: (usize, f32) = (8, 0.16);
/// Share of the dashes, by length, that can be of no letters.
const SURE: f32 = 0.5;
/// A dash has letters beside it where more than this share is ink, between so many points from it.
const BESIDE: (f32, f32, f32) = (0.06, 1.4, 4.2);
/// Darker than this are letters.
const LETTERS: u8 = 165;
/// So far from a crossing rule the end of one in pieces may be that goes to it, points.
const CORNER: f32 = 24.0;
/// Share of what is between that must be paper.
const PAPER: f32 = 0.85;
/// Dashes of a page that are looked at.
const MOST: usize = 30_000;

/// A dark run of pixels with light above and below.
#[derive(Debug, Clone, Copy)]
struct Dash {
    x0: usize,
    x1: usize,
    y: usize,
    /// Part of no letter.
    sure: bool,
}

impl Dash {
    fn length(&self) -> usize {
        self.x1 - self.x0
    }
}

/// The level rules of a whitened picture that are drawn in pieces. `scale`: pixels a point; `step`: so
/// much darker (steps of grey) than what is `reach` pixels above and below is a stroke.
#[must_use]
pub fn strokes(white: &Grey, scale: f32, step: u8, reach: usize) -> Vec<Stroke> {
    let mut dashes = dashes(white, scale, step, reach);
    dashes.sort_by_key(|dash| dash.x0);
    let chains = chains(&dashes, scale, white.height);
    let strokes = chains.iter().filter_map(|chain| through(trimmed(chain), scale));
    let enough = |(stroke, least): &(Stroke, f32)| drawn(white, stroke, *least, step, reach);
    strokes.filter(enough).map(|(stroke, _)| stroke).collect()
}

fn dashes(white: &Grey, scale: f32, step: u8, reach: usize) -> Vec<Dash> {
    let least = whole(DASH * scale).max(5);
    let mut out: Vec<Dash> = Vec::new();
    let mut dark: Vec<bool> = Vec::with_capacity(white.width);
    let mut before: Vec<(usize, usize)> = Vec::new();
    for y in reach..white.height.saturating_sub(reach + 1) {
        let light = white.row(y - reach).iter().zip(white.row(y + 1 + reach)).map(|(a, b)| *a.min(b));
        let here = white.row(y).iter().zip(white.row(y + 1)).map(|(a, b)| *a.min(b));
        dark.clear();
        dark.extend(light.zip(here).map(|(light, here)| light > here.saturating_add(step)));
        let runs = runs(&dark, least);
        // a stroke is seen in as many rows as it is thick, and one more
        let again = |x0: usize, x1: usize| {
            before.iter().any(|(from, to)| 2 * (x1.min(*to)).saturating_sub(x0.max(*from)) > x1 - x0)
        };
        let first: Vec<(usize, usize)> = runs.iter().copied().filter(|(x0, x1)| !again(*x0, *x1)).collect();
        for (x0, x1) in first {
            let sure = float(x1 - x0) >= LONG * scale || stands_alone(white, scale, (x0, x1), y + 1);
            out.push(Dash { x0, x1, y: y + 1, sure });
        }
        if out.len() > MOST {
            return Vec::new();
        }
        before = runs;
    }
    out
}

/// The runs of a row that are `least` long; a single light pixel breaks none.
fn runs(dark: &[bool], least: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut x = 0;
    while let Some(start) = dark.get(x..).and_then(|rest| rest.iter().position(|dark| *dark)).map(|n| x + n) {
        let mut end = start;
        let (mut at, mut light) = (start, 0);
        while light < 2 && at < dark.len() {
            if dark.get(at).copied().unwrap_or(false) {
                (end, light) = (at + 1, 0);
            } else {
                light += 1;
            }
            at += 1;
        }
        if end - start >= least {
            out.push((start, end));
        }
        x = at;
    }
    out
}

/// Whether there is hardly any ink close above and below a dash.
fn stands_alone(white: &Grey, scale: f32, (x0, x1): (usize, usize), y: usize) -> bool {
    let (most, near, far) = (BESIDE.0, whole(BESIDE.1 * scale), whole(BESIDE.2 * scale));
    let inked = |from: usize, to: usize| super::ink::share(white, x0, from, x1, to, LETTERS);
    inked(y.saturating_sub(far), y.saturating_sub(near)) <= most && inked(y + near, y + far) <= most
}

/// Dashes that follow one another on a line; they come from left to right.
fn chains(dashes: &[Dash], scale: f32, height: usize) -> Vec<Vec<Dash>> {
    let mut out: Vec<Vec<Dash>> = Vec::new();
    // the last chain that has a dash in each row
    let mut last: Vec<Option<usize>> = vec![None; height + 3];
    for dash in dashes {
        let rows = [0, 1, 2].into_iter().flat_map(|off| [dash.y.saturating_sub(off), dash.y + off]);
        let follows = |chain: &usize| {
            let end = out.get(*chain).and_then(|chain| chain.last());
            end.is_some_and(|end| {
                let gap = float(dash.x0) - float(end.x1);
                let drop = end.y.abs_diff(dash.y);
                gap < GAP * scale && (drop < 2 || gap > 4.0 * scale)
            })
        };
        let mate = rows.filter_map(|row| last.get(row).copied().flatten()).find(follows);
        let chain = mate.unwrap_or(out.len());
        match out.get_mut(chain) {
            // where a rule steps from one row to the next it is seen in both
            Some(chain) if chain.last().is_some_and(|end| dash.x1 <= end.x1) => {}
            Some(chain) => chain.push(*dash),
            None => out.push(vec![*dash]),
        }
        if let Some(slot) = last.get_mut(dash.y) {
            *slot = Some(chain);
        }
    }
    out
}

/// A chain without the dashes at its ends that may be of letters.
fn trimmed(chain: &[Dash]) -> &[Dash] {
    let first = chain.iter().position(|dash| dash.sure).unwrap_or(chain.len());
    let last = chain.iter().rposition(|dash| dash.sure).map_or(first, |last| last + 1);
    chain.get(first..last).unwrap_or_default()
}

/// The straight line through dashes that are enough for a rule, and the share of it that is drawn at least.
fn through(chain: &[Dash], scale: f32) -> Option<(Stroke, f32)> {
    let (first, last) = (chain.first()?, chain.last()?);
    let (x0, x1) = (float(first.x0), float(last.x1));
    let length = |of: &mut dyn Iterator<Item = &Dash>| of.map(Dash::length).sum::<usize>();
    let all = float(length(&mut chain.iter()));
    let sure = float(length(&mut chain.iter().filter(|dash| dash.sure)));
    let many = chain.len() >= MANY.0 && chain.iter().all(|dash| dash.sure);
    let enough = if many { MANY.1 } else { DRAWN };
    if chain.len() < 2 || x1 - x0 < SHORTEST * scale || sure < SURE * all || all < enough * (x1 - x0) {
        return None;
    }
    let weight = |dash: &Dash| float(dash.length());
    let middle = |dash: &Dash| 0.5 * float(dash.x0 + dash.x1);
    let mx = chain.iter().map(|dash| weight(dash) * middle(dash)).sum::<f32>() / all;
    let my = chain.iter().map(|dash| weight(dash) * float(dash.y)).sum::<f32>() / all;
    let (mut xx, mut xy) = (0.0, 0.0);
    for dash in chain {
        let (across, down) = (middle(dash) - mx, float(dash.y) - my);
        xx += weight(dash) * across * across;
        xy += weight(dash) * across * down;
    }
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    let at = |x: f32| my + slope * (x - mx);
    Some((Stroke { x0, x1, y0: at(x0), y1: at(x1), in_pieces: true }, enough))
}

/// Whether enough of a stroke is dark on light, and the rest of it is paper.
fn drawn(white: &Grey, stroke: &Stroke, enough: f32, step: u8, reach: usize) -> bool {
    let (mut dark, mut paper, mut all) = (0usize, 0usize, 0usize);
    for n in 0..whole(stroke.length()) {
        let x = stroke.x0 + float(n) + 0.5;
        all += 1;
        if is_dark(white, stroke, x, step, reach) {
            dark += 1;
        } else {
            paper += usize::from(white.at(whole(x), whole(stroke.at(x).max(0.0))) >= LETTERS);
        }
    }
    float(dark) >= enough * float(all) && float(dark + paper) >= 0.9 * float(all)
}

/// Between two crossing rules so far apart (points) at least one dash of a rule would stand.
const APART: f32 = 19.0;

/// Parts the rules in pieces where nothing of them stands between two crossing ones (x and y exchanged) that
/// are far apart, or between two where it is whole before and behind: two tables below each other, boxes with
/// their labels between.
pub fn part(strokes: &mut Vec<Stroke>, crossing: &[Stroke], white: &Grey, scale: f32, step: u8) {
    let mut parts: Vec<Stroke> = Vec::with_capacity(strokes.len());
    for stroke in strokes.drain(..) {
        let mut rest = stroke;
        let share = |from: f32, to: f32| {
            let all = whole(to - from);
            let drawn = (0..all).filter(|n| is_dark(white, &stroke, from + float(*n), step, reach(scale)));
            float(drawn.count()) / float(all.max(1))
        };
        // of the borders of boxes above and below
        let is_whole = |from: f32, to: f32| {
            let (before, behind) = (from - 1.5 * scale, to + 1.5 * scale);
            share(before - SIDE * scale, before) >= FULL && share(behind, behind + SIDE * scale) >= FULL
        };
        if stroke.in_pieces {
            let covers = |other: &&Stroke| {
                let y = stroke.middle();
                (other.x0 - 2.0 * scale..other.x1 + 2.0 * scale).contains(&y)
            };
            let at = |other: &Stroke| other.at(stroke.middle());
            let mut places: Vec<f32> = crossing.iter().filter(covers).map(at).collect();
            places.sort_by(f32::total_cmp);
            for two in places.windows(2) {
                let [from, to] = two else { continue };
                let (inner, outer) = (from + 1.5 * scale, to - 1.5 * scale);
                let apart = to - from > APART * scale || to - from > SIDE * scale && is_whole(*from, *to);
                if apart && rest.x0 < inner && outer < rest.x1 && share(inner, outer) < EMPTY {
                    parts.push(Stroke { x1: *from, y1: stroke.at(*from), ..rest });
                    rest = Stroke { x0: *to, y0: stroke.at(*to), ..rest };
                }
            }
        }
        parts.push(rest);
    }
    parts.retain(|part| !part.in_pieces || part.length() > DASH * scale);
    *strokes = parts;
}

/// The shortest side of a box that is filled in, points.
const SIDE: f32 = 8.0;
/// Share of a side that is drawn where it is whole.
const FULL: f32 = 0.7;
/// Share of an empty stretch that may seem drawn, by letters that cross it.
const EMPTY: f32 = 0.12;

/// Makes the rules in pieces reach the crossing ones (x and y exchanged) near which they end.
pub fn to_corners(strokes: &mut [Stroke], crossing: &[Stroke], white: &Grey, scale: f32) {
    for stroke in strokes.iter_mut().filter(|stroke| stroke.in_pieces) {
        let here = *stroke;
        let reached = |from: f32, way: f32| {
            let y = here.at(from);
            let covers = |other: &&Stroke| {
                let slack = if other.in_pieces { CORNER } else { 2.0 } * scale;
                (other.x0 - slack..other.x1 + slack).contains(&y)
            };
            let places = crossing.iter().filter(covers).map(|other| other.at(y));
            let beyond = places.filter(|x| (0.0..CORNER * scale).contains(&(way * (x - from))));
            beyond
                .min_by(|a, b| (a - from).abs().total_cmp(&(b - from).abs()))
                .filter(|to| is_paper(white, &here, from.min(*to), from.max(*to)))
        };
        let (x0, x1) = (reached(here.x0, -1.0).unwrap_or(here.x0), reached(here.x1, 1.0).unwrap_or(here.x1));
        *stroke = Stroke { x0, x1, y0: here.at(x0), y1: here.at(x1), ..here };
    }
}

/// Whether there are no letters along a stroke between two places.
fn is_paper(white: &Grey, stroke: &Stroke, from: f32, to: f32) -> bool {
    let all = whole(to - from);
    let light = |n: &usize| {
        let x = from + float(*n);
        white.at(whole(x), whole(stroke.at(x).max(0.0))) >= LETTERS
    };
    float((0..all).filter(light).count()) >= PAPER * float(all)
}

#[cfg(test)]
mod tests {
    use super::super::rules::{Ground, SHORTEST, laid, level};
    use super::*;

    const SCALE: f32 = 2.8;
    const CRISP: Ground = Ground { noise: 0.0, black_and_white: true };

    /// A table of four rows and two columns whose rules are dashes, with a line of text.
    fn page() -> Grey {
        Grey::from_fn(700, 400, |x, y| {
            let dashed = |along: usize| along % 80 < 44;
            let table = (60..=640).contains(&x) && (100..=300).contains(&y);
            let level = table && (y - 100) % 50 == 0 && dashed(x);
            let upright = table && [60, 340, 640].contains(&x) && dashed(y + 30);
            let row = y.wrapping_sub(340);
            // letters: stems, and bars at their feet and heads
            let text = row < 18 && (60..600).contains(&x) && (x % 13 < 3 || row % 15 < 3 && x % 13 < 9);
            if level || upright || text { 0 } else { 255 }
        })
    }

    #[test]
    fn rules_in_dashes_are_found_from_corner_to_corner_and_text_is_none() {
        let page = page();
        let lying = laid(&page);
        let mut across = level(&page, SCALE, CRISP, SHORTEST);
        let mut upright = level(&lying, SCALE, CRISP, SHORTEST);
        to_corners(&mut across, &upright, &page, SCALE);
        to_corners(&mut upright, &across, &lying, SCALE);
        let reaches = |rule: &Stroke, from: f32, to: f32| {
            (rule.x0 - from).abs() < 4.0 && (rule.x1 - to).abs() < 4.0 && rule.in_pieces
        };
        let at = |rules: &[Stroke]| {
            let mut at: Vec<usize> = rules.iter().map(|rule| whole(rule.middle() / 10.0 + 0.5)).collect();
            at.sort_unstable();
            at
        };
        assert_eq!(at(&across), [10, 15, 20, 25, 30], "{across:?}");
        assert_eq!(at(&upright), [6, 34, 64], "{upright:?}");
        assert!(across.iter().all(|rule| reaches(rule, 60.0, 640.0)), "{across:?}");
        assert!(upright.iter().all(|rule| reaches(rule, 100.0, 300.0)), "{upright:?}");
    }

    #[test]
    fn a_rule_of_many_short_dashes_is_found_and_a_few_of_them_are_none() {
        let dashes = |until: usize| {
            Grey::from_fn(1200, 200, |x, y| {
                let dash = y == 100 && (60..until).contains(&x) && (x - 60) % 70 < 14;
                if dash { 0 } else { 255 }
            })
        };
        let found = level(&dashes(1040), SCALE, CRISP, SHORTEST);
        assert!(found.len() == 1 && found[0].x0 < 64.0 && found[0].x1 > 970.0, "{found:?}");
        assert_eq!(level(&dashes(400), SCALE, CRISP, SHORTEST), []);
    }

    #[test]
    fn the_sides_of_boxes_below_each_other_are_no_rule_and_dashes_are() {
        // boxes 18 points high, 16 apart
        let boxes = Grey::from_fn(700, 700, |x, y| {
            let row = y.wrapping_sub(60) % 95;
            let within = (60..=640).contains(&x) && (60..620).contains(&y) && row <= 50;
            let side = within && (x == 60 || x == 640);
            if side || within && (row == 0 || row == 50) { 0 } else { 255 }
        });
        let lying = laid(&boxes);
        let across = level(&boxes, SCALE, CRISP, SHORTEST);
        let mut upright = level(&lying, SCALE, CRISP, SHORTEST);
        part(&mut upright, &across, &lying, SCALE, CRISP.step());
        assert!(upright.len() >= 12 && upright.iter().all(|rule| rule.length() < 60.0), "{upright:?}");
        let lying = laid(&page());
        let across = level(&page(), SCALE, CRISP, SHORTEST);
        let mut upright = level(&lying, SCALE, CRISP, SHORTEST);
        let found = upright.clone();
        part(&mut upright, &across, &lying, SCALE, CRISP.step());
        assert_eq!(upright, found);
    }

    #[test]
    fn a_picture_with_greys_has_no_rules_in_pieces() {
        let grey = Ground { black_and_white: false, ..CRISP };
        assert_eq!(level(&page(), SCALE, grey, SHORTEST), []);
    }
}
