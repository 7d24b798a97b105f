//! Which box belongs to a label: the one before or after its words.

use super::boxes::{Candidate, Side};
use crate::reading::answers::ground::Ground;
use crate::reading::labels::is_box_glyph;
use crate::reading::labels::order::Label;
use crate::reading::layout::grid::{grown, shared};
use crate::reading::page::Area;

/// Farther from its label (points) a box may belong to something else.
pub const REACH: f32 = 60.0;
/// With nothing in between, a column of boxes may stand at the other end of the page.
pub const ANYWHERE: f32 = 2_000.0;

/// The lines of a label's words, from the top, without what is a box or stands in one.
#[must_use]
pub fn lines(ground: &Ground<'_>, label: &Label, candidates: &[Candidate]) -> Vec<Area> {
    let mut out: Vec<(usize, Area)> = Vec::new();
    for piece in label.hit.pieces.iter().filter_map(|index| ground.view.piece(*index)) {
        let boxed = piece.text.chars().count() <= 2
            && candidates.iter().any(|candidate| grown(&candidate.area, 2.0).holds(piece.area.middle()));
        if boxed || is_box_glyph(&piece.text) {
            continue;
        }
        match out.iter_mut().find(|(line, _)| *line == piece.line) {
            Some((_, area)) => *area = area.around(&piece.area),
            None => out.push((piece.line, piece.area)),
        }
    }
    let mut lines: Vec<Area> = out.into_iter().map(|(_, area)| area).collect();
    lines.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    if lines.is_empty() {
        lines.push(label.hit.core);
    }
    lines
}

/// The box nearest to a label on one side of it.
#[must_use]
pub fn nearest(
    ground: &Ground<'_>,
    label: &Label,
    lines: &[Area],
    (side, reach): (Side, f32),
    candidates: &[Candidate],
) -> Option<usize> {
    let gaps = candidates.iter().enumerate().filter_map(|(index, candidate)| {
        let (gap, row) = gap(label, lines, side, &candidate.area)?;
        let free = gap < 8.0 || is_free(ground, label, side, &row, &candidate.area, gap > REACH);
        ((-3.0..=reach).contains(&gap) && free).then_some((gap, index))
    });
    gaps.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, index)| index)
}

/// How far a box stands from a label's words, and which line of them it stands beside: the first (a
/// box after the words also at any other), or all of them.
fn gap(label: &Label, lines: &[Area], side: Side, area: &Area) -> Option<(f32, Area)> {
    let level = |line: &&Area| {
        shared((line.y0 - 2.0, line.y1 + 2.0), (area.y0, area.y1)) >= 0.4 * area.height().min(line.height())
    };
    let first = lines.first()?;
    let block = lines.iter().copied().reduce(|a, b| a.around(&b))?;
    let beside_all = area.middle().1 >= block.y0 && area.middle().1 <= block.y1;
    match side {
        Side::Left if level(&first) => Some((first.x0 - area.x1, *first)),
        Side::Left => beside_all.then_some((block.x0 - area.x1, block)),
        Side::Right => {
            let mut at = lines.iter().filter(level);
            if let Some(line) = at.clone().max_by(|a, b| a.x1.total_cmp(&b.x1)) {
                let after = area.x0 - line.x1;
                if after >= -2.0 {
                    return Some((after, *line));
                }
                // in the middle of the words: right after the label itself
                return at
                    .next()
                    .filter(|line| *line == first)
                    .map(|line| (area.x0 - label.hit.core.x1, *line));
            }
            beside_all.then_some((area.x0 - block.x1, block))
        }
    }
}

/// Whether no other label stands between a label and a box; with `bare` no word at all.
fn is_free(ground: &Ground<'_>, label: &Label, side: Side, row: &Area, area: &Area, bare: bool) -> bool {
    let (from, to) = match side {
        Side::Left => (area.x1, row.x0),
        Side::Right => (row.x1.min(area.x0), area.x0),
    };
    let between = Area { x0: from, y0: row.y0, x1: to, y1: row.y1 };
    let taken = |other: &Area| other.overlap(&between).is_some();
    let label_there = ground.labels.iter().any(|other| !std::ptr::eq(other, label) && taken(&other.hit.core));
    let middle = Area { y0: row.middle().1 - 1.0, y1: row.middle().1 + 1.0, ..between };
    let word_there = || {
        let mut words = ground.view.pieces.iter().filter(|piece| !is_box_glyph(&piece.text));
        words.any(|piece| piece.area.overlap(&middle).is_some())
    };
    !(label_there || bare && word_there())
}
