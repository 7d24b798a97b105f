//! The printed grid: which cell of which table a point lies in, found by looking for the nearest
//! rule in the four directions. Where there is none, the cell is open and ends at the page's edge.

use crate::reading::page::{Area, InkKind, Origin, Page};

/// Rules closer than this (points) are one.
const SAME: f32 = 1.6;
/// So far past a rule (points) its crossing rules' ends no longer count.
const PAST: f32 = 2.5;
/// Shorter rules (points) belong to boxes and glyphs, not to tables.
const SHORTEST: f32 = 8.0;
/// Rules that are looked at; a form has some hundred on a page.
const MOST: usize = 6_000;

#[derive(Debug, Clone, Copy)]
struct Line {
    at: f32,
    from: f32,
    to: f32,
}

#[derive(Debug, Default)]
pub struct Grid {
    upright: Vec<Line>,
    level: Vec<Line>,
    width: f32,
    height: f32,
}

/// What surrounds a point.
#[expect(clippy::struct_excessive_bools, reason = "one for each side")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub area: Area,
    /// Whether a rule stands there, or only the page's edge.
    pub left: bool,
    pub right: bool,
    pub top: bool,
    pub bottom: bool,
}

impl Cell {
    #[must_use]
    pub fn closed(&self) -> bool {
        self.left && self.right && self.top && self.bottom
    }
}

impl Grid {
    /// The page's own rules; those that draw a tick box, a widget or an annotation do not count.
    #[must_use]
    pub fn new(page: &Page) -> Self {
        let boxes: Vec<Area> = page
            .ink
            .iter()
            .filter(|ink| ink.kind == InkKind::Box && ink.area.width() < 16.0 && ink.area.height() < 16.0)
            .map(|ink| grown(&ink.area, 1.0))
            .collect();
        let of_box = |area: &Area| boxes.iter().any(|around| inside(area, around));
        let (mut upright, mut level) = (Vec::new(), Vec::new());
        for rule in
            page.rules.iter().take(MOST).filter(|rule| rule.origin == Origin::Page && !of_box(&rule.area))
        {
            let (x, y) = rule.area.middle();
            if rule.horizontal {
                level.push(Line { at: y, from: rule.area.x0, to: rule.area.x1 });
            } else {
                upright.push(Line { at: x, from: rule.area.y0, to: rule.area.y1 });
            }
        }
        Self { upright: joined(upright), level: joined(level), width: page.width, height: page.height }
    }

    /// The cell around a point.
    #[must_use]
    pub fn cell(&self, x: f32, y: f32) -> Cell {
        let crossing = |lines: &[Line], along: f32, at: f32| {
            let (mut before, mut after) = (None, None);
            for line in lines.iter().filter(|line| line.from - SAME <= along && along <= line.to + SAME) {
                if line.at <= at {
                    before = Some(line.at);
                } else if after.is_none() {
                    after = Some(line.at);
                }
            }
            (before, after)
        };
        let (left, right) = crossing(&self.upright, y, x);
        let (top, bottom) = crossing(&self.level, x, y);
        Cell {
            area: Area {
                x0: left.unwrap_or(0.0),
                y0: top.unwrap_or(0.0),
                x1: right.unwrap_or(self.width),
                y1: bottom.unwrap_or(self.height),
            },
            left: left.is_some(),
            right: right.is_some(),
            top: top.is_some(),
            bottom: bottom.is_some(),
        }
    }

    /// The cell right of `cell` at height `y`; gaps between separately drawn boxes are skipped.
    #[must_use]
    pub fn right_of(&self, cell: &Cell, y: f32) -> Option<Cell> {
        let mut from = *cell;
        for _ in 0..3 {
            if !from.right {
                return None;
            }
            let next = self.cell(from.area.x1 + PAST, y);
            if next.area.width() >= 9.0 {
                return Some(next);
            }
            from = next;
        }
        None
    }

    /// The cell under `cell` at `x`.
    #[must_use]
    pub fn below(&self, cell: &Cell, x: f32) -> Option<Cell> {
        let mut from = *cell;
        for _ in 0..3 {
            if !from.bottom {
                return None;
            }
            let next = self.cell(x, from.area.y1 + PAST);
            if next.area.height() >= 7.0 {
                return Some(next);
            }
            from = next;
        }
        None
    }

    /// Whether an upright rule stands between two places on a line of text.
    #[must_use]
    pub fn parts(&self, x0: f32, x1: f32, y: f32) -> bool {
        self.upright
            .iter()
            .any(|line| x0 - 0.8 <= line.at && line.at <= x1 + 0.8 && line.from <= y && y <= line.to)
    }

    /// Whether a level rule stands between two lines of text.
    #[must_use]
    pub fn divides(&self, y0: f32, y1: f32, x: f32) -> bool {
        self.level.iter().any(|line| y0 <= line.at && line.at <= y1 && line.from <= x && x <= line.to)
    }

    /// Heights of the level rules that cross `x` strictly between two heights, from the top.
    pub fn levels(&self, x: f32, y0: f32, y1: f32) -> impl Iterator<Item = f32> + '_ {
        self.level
            .iter()
            .filter(move |line| line.from - SAME <= x && x <= line.to + SAME && y0 < line.at && line.at < y1)
            .map(|line| line.at)
    }
}

/// Joins what lies on one line and touches; sorted by place.
fn joined(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut out: Vec<Line> = Vec::new();
    for line in lines {
        let near = out.iter_mut().rev().take_while(|known| line.at - known.at <= SAME);
        let touching =
            near.into_iter().find(|known| line.from <= known.to + SAME && line.to >= known.from - SAME);
        if let Some(known) = touching {
            known.from = known.from.min(line.from);
            known.to = known.to.max(line.to);
        } else {
            out.push(line);
        }
    }
    out.retain(|line| line.to - line.from >= SHORTEST);
    out
}

#[must_use]
pub fn grown(area: &Area, by: f32) -> Area {
    Area { x0: area.x0 - by, y0: area.y0 - by, x1: area.x1 + by, y1: area.y1 + by }
}

/// Whether `area` lies in `around`, edges included; works for rules without thickness.
#[must_use]
pub fn inside(area: &Area, around: &Area) -> bool {
    area.x0 >= around.x0 && area.x1 <= around.x1 && area.y0 >= around.y0 && area.y1 <= around.y1
}

/// The common length of two stretches; negative is the distance between them.
#[must_use]
pub fn shared(a: (f32, f32), b: (f32, f32)) -> f32 {
    a.1.min(b.1) - a.0.max(b.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::page::Rule;

    fn rule(x0: f32, y0: f32, x1: f32, y1: f32) -> Rule {
        Rule { area: Area { x0, y0, x1, y1 }, horizontal: x1 - x0 > y1 - y0, origin: Origin::Page }
    }

    fn table() -> Grid {
        // two cells side by side, drawn as separate rectangles that share an edge; open below
        let rules = vec![
            rule(50.0, 100.0, 150.0, 100.0),
            rule(150.0, 100.0, 300.0, 100.0),
            rule(50.0, 120.0, 300.0, 120.0),
            rule(50.0, 100.0, 50.0, 120.0),
            rule(150.0, 100.0, 150.0, 120.0),
            rule(150.4, 100.0, 150.4, 120.0),
            rule(300.0, 100.0, 300.0, 120.0),
        ];
        Grid::new(&Page { number: 1.into(), width: 595.0, height: 842.0, rules, ..Page::default() })
    }

    #[test]
    fn a_point_finds_its_cell_and_the_next_one() {
        let grid = table();
        let cell = grid.cell(60.0, 110.0);
        assert!(cell.closed());
        assert_eq!((cell.area.x0, cell.area.y1), (50.0, 120.0));
        let right = grid.right_of(&cell, 110.0).filter(Cell::closed).map(|next| next.area.x1);
        assert_eq!(right, Some(300.0));
        assert_eq!(grid.right_of(&grid.cell(200.0, 110.0), 110.0).map(|next| next.closed()), Some(false));
        assert!(!grid.cell(60.0, 300.0).left);
        assert!(grid.parts(140.0, 160.0, 110.0) && !grid.parts(140.0, 160.0, 130.0));
    }
}
