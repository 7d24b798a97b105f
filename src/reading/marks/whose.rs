//! Whose a mark is: the signature's or the stamp's, never both.

use crate::reading::labels::order::Label;
use crate::reading::layout::grid::grown;
use crate::reading::page::Area;

/// From this share of a mark on, its place in a zone is no accident.
const MUCH: f32 = 0.35;
/// So near (points) to the other zone's label a mark on open ground may be that one's.
const NEAR: f32 = 12.0;

/// The signature's zone and the stamp's on one page, in that order; none where the label is not.
#[derive(Debug, Default)]
pub struct Pair {
    zones: [Vec<Area>; 2],
    /// Left and right ends of the two labels, where only they say which column a mark stands in.
    columns: Option<[(f32, f32); 2]>,
}

/// Whose a mark is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Whose {
    /// This zone's.
    Of(usize),
    /// A person has to look: what it may be of each zone.
    Unclear([bool; 2]),
    Nobody,
}

impl Pair {
    #[must_use]
    pub fn new(zones: [Option<Vec<Area>>; 2]) -> Self {
        Self { zones: zones.map(Option::unwrap_or_default), columns: None }
    }

    #[must_use]
    pub fn zone(&self, which: usize) -> &[Area] {
        self.zones.get(which).map_or(&[], Vec::as_slice)
    }

    /// On open ground the zones of two labels run into each other: each ends where the other's label
    /// begins.
    pub fn part(&mut self, labels: [Option<&Label>; 2]) {
        let [Some(signature), Some(stamp)] = labels else { return };
        let [a, b] = [signature.hit.area, stamp.hit.area];
        let left = if a.x1 <= b.x0 + 1.0 {
            Some((0, 1, b.x0))
        } else if b.x1 <= a.x0 + 1.0 {
            Some((1, 0, a.x0))
        } else {
            None
        };
        let [of_signature, of_stamp] = &mut self.zones;
        let common =
            |a: &Area, b: &Area| a.overlap(b).is_some_and(|both| both.width() > 4.0 && both.height() > 4.0);
        if !of_signature.iter().any(|one| of_stamp.iter().any(|other| common(one, other))) {
            return;
        }
        if let Some((left, right, start)) = left {
            let edge = start - 2.0;
            for area in self.zones.get_mut(left).into_iter().flatten() {
                area.x1 = area.x1.min(edge).max(area.x0);
            }
            for area in self.zones.get_mut(right).into_iter().flatten() {
                area.x0 = area.x0.max(edge).min(area.x1);
            }
            self.columns = Some([(a.x0, a.x1), (b.x0, b.x1)]);
            return;
        }
        let (upper, lower, edge) = if a.y0 <= b.y0 { (0, 1, b.y0) } else { (1, 0, a.y0) };
        for area in self.zones.get_mut(upper).into_iter().flatten() {
            area.y1 = area.y1.min(edge).max(area.y0);
        }
        for area in self.zones.get_mut(lower).into_iter().flatten() {
            area.y0 = area.y0.max(edge).min(area.y1);
        }
    }

    /// The shares of a mark that lie in each zone.
    #[must_use]
    pub fn shares(&self, mark: &Area) -> [f32; 2] {
        let mark = grown(mark, 0.2);
        self.zones.each_ref().map(|zone| {
            let parts = zone.iter().filter_map(|part| part.overlap(&mark));
            let part: f32 = parts.map(|both| both.width() * both.height()).sum();
            part / (mark.width() * mark.height()).max(0.01)
        })
    }

    #[must_use]
    pub fn whose(&self, mark: &Area) -> Whose {
        let [a, b] = self.shares(mark);
        if a >= MUCH && b >= MUCH {
            return Whose::Unclear([true, true]);
        }
        let [in_a, in_b] =
            self.zones.each_ref().map(|zone| zone.iter().any(|part| part.holds(mark.middle())));
        let own = if a >= 0.5 || in_a && a >= b {
            0
        } else if b >= 0.5 || in_b {
            1
        } else if a >= 0.2 || b >= 0.2 {
            return Whose::Unclear([a >= 0.2, b >= 0.2]);
        } else {
            return Whose::Nobody;
        };
        if self.nearer_to_the_other(mark, own) { Whose::Unclear([true, true]) } else { Whose::Of(own) }
    }

    /// Whether a mark in one label's column stands beside that label and under or close to the other:
    /// labels may be centred over their zones.
    fn nearer_to_the_other(&self, mark: &Area, own: usize) -> bool {
        let Some(columns) = self.columns else { return false };
        let [a, b] = columns.map(|(x0, x1)| (x0 - mark.x1).max(mark.x0 - x1).max(0.0));
        let (mine, other) = if own == 0 { (a, b) } else { (b, a) };
        mine > 0.0 && other < NEAR && other < mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::labels::order::Ask;
    use crate::reading::labels::{Hit, Key};

    fn label(x0: f32, y0: f32, x1: f32) -> Label {
        let area = Area::new(x0, y0, x1, y0 + 8.0);
        Label {
            ask: Ask::Nothing,
            hit: Hit { key: Key::Prose, pieces: Vec::new(), core: area, area },
            column: (f32::MIN, f32::MAX),
        }
    }

    /// The stamp's label right of the signature's and higher; no borders.
    fn open_ground() -> Pair {
        let (signature, stamp) = (label(39.0, 385.0, 291.0), label(300.0, 367.0, 378.0));
        let zones = [Area::new(36.0, 383.0, 595.0, 560.0), Area::new(260.0, 365.0, 595.0, 560.0)];
        let mut pair = Pair::new(zones.map(|zone| Some(vec![zone])));
        pair.part([Some(&signature), Some(&stamp)]);
        pair
    }

    #[test]
    fn on_open_ground_a_zone_ends_where_the_other_label_begins() {
        let pair = open_ground();
        assert_eq!(pair.whose(&Area::new(309.0, 407.0, 460.0, 453.0)), Whose::Of(1));
        assert_eq!(pair.whose(&Area::new(60.0, 407.0, 200.0, 453.0)), Whose::Of(0));
    }

    #[test]
    fn a_mark_that_may_be_either_ones_is_nobodys_for_sure() {
        let pair = open_ground();
        let unclear = Whose::Unclear([true, true]);
        assert_eq!(pair.whose(&Area::new(200.0, 407.0, 400.0, 453.0)), unclear);
        // between the labels, closer to the stamp's
        assert_eq!(pair.whose(&Area::new(292.5, 407.0, 296.5, 411.0)), Whose::Of(0));
        assert_eq!(pair.whose(&Area::new(293.0, 407.0, 304.0, 453.0)), unclear);
        assert_eq!(pair.whose(&Area::new(60.0, 100.0, 200.0, 150.0)), Whose::Nobody);
    }
}
