//! The ground of one page: its labels, the words that are none of them, and for each label the
//! place its answer is written in: the cell beside it, the rest of its own cell, or the one below.

use crate::reading::labels::is_box_glyph;
use crate::reading::labels::order::{Ask, Label};
use crate::reading::layout::fold::is_filler;
use crate::reading::layout::grid::{Cell, grown, shared};
use crate::reading::layout::{Piece, View};
use crate::reading::page::{Area, InkKind};

/// A zone without a border ends so far (points) under its label.
const DEEPEST_ZONE: f32 = 180.0;

/// From so wide on (points) there is room for an answer before a label.
const ROOM: f32 = 40.0;

/// Words beside each other that belong to no label.
#[derive(Debug, Clone)]
pub struct Run {
    pub pieces: Vec<usize>,
    pub area: Area,
    /// The point that says which place the run is written in: near its start, because a long
    /// answer runs over the edge of its cell.
    pub point: (f32, f32),
}

/// Where an answer is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub area: Area,
    /// Open below: words far under the label are not its answer. Where the label's words end.
    pub open: Option<f32>,
    /// On open ground the label it belongs to (index into `Ground::labels`): words right of a label
    /// go to the one whose line is nearest.
    pub label: Option<usize>,
}

pub struct Ground<'a> {
    pub view: &'a View<'a>,
    pub labels: &'a [Label],
    pub runs: Vec<Run>,
    claimed: Vec<bool>,
}

impl<'a> Ground<'a> {
    #[must_use]
    pub fn new(view: &'a View<'a>, labels: &'a [Label]) -> Self {
        let mut claimed = vec![false; view.pieces.len()];
        for index in labels.iter().flat_map(|label| &label.hit.pieces) {
            if let Some(flag) = claimed.get_mut(*index) {
                *flag = true;
            }
        }
        Self { view, labels, runs: runs(view, &claimed), claimed }
    }

    /// Takes words out of the answers: they turned out to be printed (line numbers).
    pub fn claim(&mut self, pieces: &[usize]) {
        for index in pieces {
            if let Some(flag) = self.claimed.get_mut(*index) {
                *flag = true;
            }
        }
        self.runs = runs(self.view, &self.claimed);
    }

    /// Parts runs that go from one column of a table without rules into the next: before a word that
    /// starts where a column's header does.
    pub fn part_columns(&mut self, starts: &[f32], from: f32, to: f32) {
        let view = self.view;
        let mut out: Vec<Run> = Vec::with_capacity(self.runs.len() + 8);
        for run in self.runs.drain(..) {
            if run.point.1 < from || run.point.1 > to || run.pieces.len() < 2 {
                out.push(run);
                continue;
            }
            let mut pieces: Vec<usize> = Vec::new();
            for index in run.pieces {
                let x = view.piece(index).map_or(0.0, |piece| piece.area.x0);
                let begins = starts.iter().any(|start| (start - 6.0..=start + 8.0).contains(&x));
                if begins && !pieces.is_empty() {
                    finish(view, &mut pieces, &mut out);
                }
                pieces.push(index);
            }
            finish(view, &mut pieces, &mut out);
        }
        self.runs = out;
    }

    #[must_use]
    pub fn is_claimed(&self, index: usize) -> bool {
        self.claimed.get(index).copied().unwrap_or(true)
    }

    /// Whether an answer seems to stand in the area.
    #[must_use]
    pub fn has_content(&self, area: &Area) -> bool {
        self.runs.iter().any(|run| area.holds(run.point)) || self.has_widget(area)
    }

    fn has_widget(&self, area: &Area) -> bool {
        self.view.text_widgets().any(|(_, widget, _)| area.holds(widget.area.middle()))
    }

    /// Whether a label other than `but` stands in the area.
    fn has_label(&self, area: &Area, but: &Label) -> bool {
        self.others(but).any(|other| area.holds(other.hit.core.middle()))
    }

    fn others<'s>(&'s self, but: &'s Label) -> impl Iterator<Item = &'s Label> {
        self.labels.iter().filter(move |other| !std::ptr::eq(*other, but))
    }

    /// The cell a label stands in, seen from the start of its first line.
    #[must_use]
    pub fn cell_of(&self, label: &Label) -> Cell {
        let first = label.hit.pieces.first().and_then(|index| self.view.piece(*index));
        let (x, y) = first.map_or(label.hit.core.middle(), |piece| (piece.area.x0 + 1.0, piece.middle()));
        self.view.grid.cell(x, y)
    }

    /// Where the answer to a label is written.
    #[must_use]
    pub fn place(&self, label: &Label) -> Place {
        let cell = self.cell_of(label);
        let own = self.rest_of(&cell, label);
        if self.has_widget(&own.area) {
            return own;
        }
        if let Some(beside) = self.beside(&cell, label) {
            if !self.has_content(&beside.area) && self.has_content(&own.area) {
                return own;
            }
            return beside;
        }
        if self.has_content(&own.area) {
            return own;
        }
        match self.under(&cell, label) {
            Some(under) if self.has_content(&under.area) || !Self::has_room(&cell, label) => under,
            Some(_) | None => own,
        }
    }

    /// The cell beside a label, when no other label stands in it. A row of narrow cells (one for
    /// each digit) is one place.
    fn beside(&self, cell: &Cell, label: &Label) -> Option<Place> {
        let core = label.hit.core;
        let y = core.middle().1;
        let next = self.view.grid.right_of(cell, y)?;
        let whole = next.area;
        let area = if next.top && next.bottom { whole } else { Self::line_of(label, whole) };
        let area = self.up_to_label(label, self.row_of(label, cell, area));
        // where a rule is missing, only what is written there tells that it is a place
        let sure = next.top && next.bottom && area.x1 >= whole.x1 || self.has_content(&area);
        let next = Cell { area, ..next };
        if next.area.x0 >= label.column.1
            || !sure
            || next.area.height() > 260.0
            || self.has_label(&next.area, label)
        {
            return None;
        }
        // seen from open ground, a table further down the line is not beside the label
        if !cell.left && !cell.top && cell.area.x1 - label.hit.area.x1 > 260.0 {
            return None;
        }
        let mut area = next.area;
        let mut last = next;
        while last.area.width() < 28.0 {
            let Some(more) = self.view.grid.right_of(&last, y) else { break };
            let alike = (more.area.height() - area.height()).abs() < 3.0 && more.area.width() < 28.0;
            if !alike || self.has_label(&more.area, label) {
                break;
            }
            area = area.around(&more.area);
            last = more;
        }
        Some(Place { area, open: None, label: None })
    }

    /// The part of a cell beside a label that is its own where the rule between it and the label above or below
    /// was lost, or never printed: half the way to their words.
    fn row_of(&self, label: &Label, cell: &Cell, beside: Area) -> Area {
        let (core, words) = (label.hit.core, label.hit.area);
        let stacked = self.others(label).filter(|other| {
            matches!(other.ask, Ask::Text(_))
                && other.hit.area.x1 <= beside.x0 + 2.0
                && other.hit.core.x0 >= cell.area.x0 - 2.0
                && (beside.y0..beside.y1).contains(&other.hit.core.middle().1)
        });
        let mut own = beside;
        for other in stacked {
            let there = other.hit.area;
            if there.y1 <= core.y0 + 2.0 {
                own.y0 = own.y0.max(f32::midpoint(there.y1, core.y0));
            } else if other.hit.core.y0 >= words.y1 - 2.0 {
                own.y1 = own.y1.min(f32::midpoint(words.y1, other.hit.core.y0));
            }
        }
        own
    }

    /// The part of a cell before another label that stands further down it: a rule before that was lost.
    fn up_to_label(&self, label: &Label, beside: Area) -> Area {
        let others = self.others(label).map(|other| other.hit.area);
        let further = others.filter(|other| {
            other.x0 >= beside.x0 + ROOM && shared((beside.y0, beside.y1), (other.y0, other.y1)) > 0.0
        });
        Area { x1: further.map(|other| other.x0 - 1.0).fold(beside.x1, f32::min), ..beside }
    }

    /// The part of a cell, open above or below, that is on a label's line.
    fn line_of(label: &Label, beside: Area) -> Area {
        let (core, words) = (label.hit.core, label.hit.area);
        let around = 0.8 * core.height();
        Area { y0: beside.y0.max(core.y0 - around), y1: beside.y1.min(words.y1 + around), ..beside }
    }

    /// The cell under a label, when no label stands in it.
    fn under(&self, cell: &Cell, label: &Label) -> Option<Place> {
        let core = label.hit.core;
        let next = self.view.grid.below(cell, core.x0 + 1.0)?;
        let near = cell.closed() || cell.area.y1 - label.hit.area.y1 <= 2.5 * core.height().max(8.0);
        let usable = near && next.closed() && !self.has_label(&next.area, label);
        usable.then_some(Place { area: next.area, open: None, label: None })
    }

    /// Whether an answer could be written in the label's own cell.
    fn has_room(cell: &Cell, label: &Label) -> bool {
        let area = label.hit.area;
        !cell.closed()
            || cell.area.y1 - area.y1 >= 0.9 * label.hit.core.height().min(14.0)
            || cell.area.x1 - area.x1 >= 60.0
    }

    /// The label on whose line a run is written, at its right: the nearest line within 6 points.
    #[must_use]
    pub fn beside_run(&self, run: &Run) -> Option<usize> {
        let y = run.area.middle().1;
        let level = |label: &Label| (label.hit.core.middle().1 - y).abs();
        let before = self.labels.iter().enumerate().filter(|(_, label)| {
            label.hit.area.x1 <= run.area.x0 + 2.0
                && level(label) <= 6.0
                && label.ask != Ask::Nothing
                && (label.column.0..label.column.1).contains(&run.point.0)
        });
        // of those on one line the last before the run, of several lines the nearest
        let nearest = before.min_by(|(_, a), (_, b)| {
            let same_line = (a.hit.core.middle().1 - b.hit.core.middle().1).abs() < 2.0;
            if same_line { b.hit.area.x1.total_cmp(&a.hit.area.x1) } else { level(a).total_cmp(&level(b)) }
        });
        nearest.map(|(index, _)| index)
    }

    /// What a label leaves of its own cell, up to the labels beside and below it.
    #[must_use]
    pub fn rest_of(&self, cell: &Cell, label: &Label) -> Place {
        let (core, area) = (label.hit.core, label.hit.area);
        let cell = &within_column(cell, label);
        let here: Vec<Area> = self
            .others(label)
            .map(|other| other.hit.area)
            .filter(|other| cell.area.overlap(other).is_some())
            .collect();
        if here.is_empty() && cell.closed() {
            return Place { area: cell.area, open: None, label: None };
        }
        let beside = |other: &Area| {
            shared((core.y0, core.y1), (other.y0, other.y1)) >= 0.3 * core.height().min(other.height())
        };
        let x1 = here
            .iter()
            .filter(|other| beside(other) && other.x0 >= core.x1 - 1.0)
            .map(|other| other.x0 - 1.0)
            .fold(cell.area.x1, f32::min);
        let x0 = if here.iter().any(|other| beside(other) && other.x1 <= core.x0 + 1.0) {
            area.x0 - 3.0
        } else {
            cell.area.x0.max(area.x0 - 40.0)
        };
        let y1 = here
            .iter()
            .filter(|other| {
                other.y0 >= area.y1 - 2.0 && shared((area.x0 - 2.0, x1), (other.x0, other.x1)) > 0.0
            })
            .map(|other| other.y0 - 0.5)
            .fold(cell.area.y1, f32::min);
        let y0 = cell.area.y0.max(core.y0 - 0.35 * core.height());
        let open = !cell.bottom || !here.is_empty() && !cell.closed();
        Place {
            area: Area { x0, y0, x1: x1.max(x0), y1: y1.max(y0) },
            open: open.then_some(area.y1),
            label: self.labels.iter().position(|other| std::ptr::eq(other, label)).filter(|_| open),
        }
    }

    /// On open ground what is right of a label, from the labels above it down.
    #[must_use]
    pub fn raised(&self, label: &Label) -> Option<Place> {
        let cell = self.cell_of(label);
        let own = self.rest_of(&cell, label);
        own.open?;
        let (core, x0) = (label.hit.core, label.hit.area.x1 - 2.0);
        let above = self
            .others(label)
            .map(|other| other.hit.area)
            .filter(|other| {
                other.y1 <= core.y0 + 2.0 && shared((core.x0, own.area.x1), (other.x0, other.x1)) > 0.0
            })
            .map(|other| other.y1);
        let y0 = above.fold(cell.area.y0.max(core.y0 - 45.0), f32::max);
        // beside the label from higher up, or below it
        let higher = Area { x0: x0.min(own.area.x1), y0: y0.min(own.area.y0), ..own.area };
        let above = Area { y1: core.y0 + 0.2 * core.height(), ..higher };
        self.has_content(&above).then_some(Place { area: higher, ..own })
    }

    /// The zone under a label: its own cell, and the one below when the label's is only a header.
    #[must_use]
    pub fn zone(&self, label: &Label) -> Vec<Area> {
        let cell = self.cell_of(label);
        let rest = self.rest_of(&cell, label);
        let mut own = rest.area;
        if let Some(foot) = rest.open {
            own.y1 = own.y1.min(foot + DEEPEST_ZONE);
        }
        let tall = own.y1 - label.hit.area.y1 > 24.0;
        let mut areas = vec![own];
        if let Some(beside) = self.beside(&cell, label).filter(|beside| !tall && beside.area.height() > 24.0)
        {
            areas.push(beside.area);
        } else if !tall {
            let under = self.under(&cell, label).map(|under| under.area);
            areas.extend(under.or_else(|| self.open_under(&cell, label)));
        }
        areas
    }

    /// The cell under a label's own where a border between it and its neighbours was lost: under the label's words
    /// and right of them, as far as the next label's.
    fn open_under(&self, cell: &Cell, label: &Label) -> Option<Area> {
        let (core, words) = (label.hit.core, label.hit.area);
        let next = self.view.grid.below(cell, core.x0 + 1.0)?;
        let beside = self
            .others(label)
            .map(|other| other.hit.area)
            .filter(|other| other.x0 > words.x1 && shared((core.y0, core.y1), (other.y0, other.y1)) > 0.0);
        let x1 = beside.map(|other| other.x0 - 4.0).fold(next.area.x1, f32::min);
        let x0 = next.area.x0.max(words.x0 - 8.0);
        let area = Area { x0, x1, ..next.area };
        // without a rule at its foot it ends at the next label
        let below = self.others(label).map(|other| other.hit.area);
        let below = below.filter(|other| other.y0 >= area.y0 && shared((x0, x1), (other.x0, other.x1)) > 0.0);
        let foot = below.map(|other| other.y0).fold(words.y1 + DEEPEST_ZONE, f32::min);
        let area = Area { y1: if next.bottom { area.y1 } else { area.y1.min(foot) }, ..area };
        let near = cell.area.y1 - words.y1 <= 2.5 * core.height().max(8.0);
        (near && area.width() > 0.0 && area.height() > 0.0 && !self.has_label(&area, label)).then_some(area)
    }

    /// The stretch across the page of a label's cell that the page's end cuts open.
    #[must_use]
    pub fn runs_over(&self, label: &Label) -> Option<(f32, f32)> {
        let cell = self.cell_of(label);
        let near_end = label.hit.area.y1 > 0.75 * self.view.page.height;
        (near_end && !cell.bottom && cell.left && cell.right).then_some((cell.area.x0, cell.area.x1))
    }

    /// The top of the first thing printed on the page.
    #[must_use]
    pub fn first_label(&self) -> f32 {
        self.labels.iter().map(|label| label.hit.core.y0).fold(self.view.page.height, f32::min)
    }

    /// Labels that ask something, with their place.
    pub fn asked(&self) -> impl Iterator<Item = (&Label, Ask)> {
        self.labels.iter().map(|label| (label, label.ask)).filter(|(_, ask)| *ask != Ask::Nothing)
    }
}

/// The part of a cell that lies in the label's column of sections.
fn within_column(cell: &Cell, label: &Label) -> Cell {
    let (from, to) = label.column;
    let area = Area { x0: cell.area.x0.max(from), x1: cell.area.x1.min(to), ..cell.area };
    Cell { area, left: cell.left && area.x0 > from, right: cell.right && area.x1 < to, ..*cell }
}

/// The words outside labels, as runs; lone fill lines and tick boxes are left out.
fn runs(view: &View<'_>, claimed: &[bool]) -> Vec<Run> {
    let mut out = Vec::new();
    for line in &view.lines {
        let mut pieces: Vec<usize> = Vec::new();
        for index in &line.pieces {
            if claimed.get(*index).copied().unwrap_or(false) {
                finish(view, &mut pieces, &mut out);
            } else {
                pieces.push(*index);
            }
        }
        finish(view, &mut pieces, &mut out);
    }
    out
}

fn finish(view: &View<'_>, pieces: &mut Vec<usize>, out: &mut Vec<Run>) {
    let words = std::mem::take(pieces);
    let is_word = |index: &usize| {
        view.piece(*index).is_some_and(|piece| {
            !is_filler(&piece.text) && !is_box_glyph(&piece.text) && !is_stray_tick(view, piece)
        })
    };
    let kept: Vec<usize> = words.into_iter().filter(is_word).collect();
    let Some(area) = crate::reading::labels::around(view, &kept) else { return };
    let point = (area.x0 + (0.3 * area.width()).min(40.0), area.middle().1);
    out.push(Run { pieces: kept, area, point });
}

/// A cross typed a little beside its box is no answer to the label nearby.
fn is_stray_tick(view: &View<'_>, piece: &Piece) -> bool {
    let middle = piece.area.middle();
    let bracket = |other: &&Piece| match other.text.as_str() {
        "[" => grown(&other.area, 9.0).holds(middle) && other.area.x0 <= piece.area.x0 + 2.0,
        sign => is_box_glyph(sign) && grown(&other.area, 3.0).holds(middle),
    };
    matches!(piece.text.as_str(), "x" | "X")
        && (view.pieces.iter().any(|other| bracket(&other))
            || view
                .page
                .ink
                .iter()
                .any(|ink| ink.kind == InkKind::Box && grown(&ink.area, 6.0).holds(middle)))
}
