//! What on a page can be a box to tick.

use super::boxes::{Candidate, Kind, size};
use crate::reading::answers::ground::Ground;
use crate::reading::labels::is_box_glyph;
use crate::reading::layout::grid::grown;
use crate::reading::page::{Area, InkKind, Origin, WidgetKind};

/// All boxes of a page: widgets first, then drawn boxes and signs that no widget covers.
#[must_use]
pub fn candidates(ground: &Ground<'_>) -> Vec<Candidate> {
    let page = ground.view.page;
    let mut out: Vec<Candidate> = Vec::new();
    for (index, widget) in page.widgets.iter().enumerate().filter(|(_, widget)| !widget.hidden) {
        if matches!(widget.kind, WidgetKind::Button { .. }) {
            out.push(Candidate { area: widget.area, kind: Kind::Widget(index) });
        }
    }
    let covered = |out: &[Candidate], area: &Area| {
        out.iter().any(|known| {
            grown(&known.area, 1.5)
                .overlap(area)
                .is_some_and(|both| size(&both) > 0.3 * size(area).min(size(&known.area)))
        })
    };
    for ink in
        page.ink.iter().filter(|ink| ink.kind == InkKind::Box && !matches!(ink.origin, Origin::Widget(_)))
    {
        let ratio = ink.area.width() / ink.area.height().max(0.1);
        if (0.4..=2.5).contains(&ratio) && !covered(&out, &ink.area) {
            out.push(Candidate { area: ink.area, kind: Kind::Drawn });
        }
    }
    for (index, piece) in ground.view.pieces.iter().enumerate() {
        if is_box_glyph(&piece.text) && !covered(&out, &piece.area) && piece.origin == Origin::Page {
            match piece.text.as_str() {
                "[" => out.extend(bracketed(ground, index).map(|area| Candidate { area, kind: Kind::Drawn })),
                "]" => {}
                _ => out.push(Candidate { area: piece.area, kind: Kind::Glyph(index) }),
            }
        }
    }
    for area in unnamed(ground) {
        if !covered(&out, &area) {
            out.push(Candidate { area, kind: Kind::Drawn });
        }
    }
    for area in frames(ground) {
        if !covered(&out, &area) {
            out.push(Candidate { area, kind: Kind::Frame });
        }
    }
    out
}

/// Single signs of which the file does not say what they are, first or last on their line: a program
/// that prints anew often forgets which sign a box was.
fn unnamed<'g>(ground: &'g Ground<'_>) -> impl Iterator<Item = Area> + 'g {
    let ends = ground.view.lines.iter().flat_map(|line| [line.pieces.first(), line.pieces.last()]);
    let pieces = ends.flatten().filter_map(|index| ground.view.piece(*index));
    let unnamed = pieces.filter(|piece| piece.text == "\u{fffd}" && piece.origin == Origin::Page);
    unnamed.map(|piece| piece.area)
}

/// What lies between an opening square bracket and the closing one that follows on its line.
fn bracketed(ground: &Ground<'_>, open: usize) -> Option<Area> {
    let from = ground.view.piece(open)?;
    let ends = ground.view.pieces.iter().filter(|piece| {
        piece.text == "]"
            && (piece.middle() - from.middle()).abs() < 3.0
            && (0.0..=24.0).contains(&(piece.area.x0 - from.area.x1))
    });
    let to = ends.min_by(|a, b| a.area.x0.total_cmp(&b.area.x0))?;
    Some(Area { x0: from.area.x0, x1: to.area.x1, y0: from.area.y0, y1: from.area.y1 })
}

/// Boxes that are drawn with round corners or as circles: square strokes of one size, at least
/// three of them on the page. Of two sizes that lie upon each other the one drawn first is the box.
pub fn frames(ground: &Ground<'_>) -> Vec<Area> {
    let square = |area: &Area| {
        let (width, height) = (area.width(), area.height());
        (5.0..=18.0).contains(&width) && (width - height).abs() <= 0.12 * width
    };
    let strokes: Vec<Area> = ground
        .view
        .page
        .ink
        .iter()
        .filter(|ink| matches!(ink.kind, InkKind::Stroke | InkKind::Fill { light: false }))
        .filter(|ink| ink.origin == Origin::Page && square(&ink.area))
        .map(|ink| ink.area)
        .take(300)
        .collect();
    let mut places: Vec<Area> = Vec::new();
    for area in &strokes {
        if !places.iter().any(|known| (known.x0 - area.x0).abs() + (known.y0 - area.y0).abs() < 3.0) {
            places.push(*area);
        }
    }
    let boxes: Vec<Area> =
        ground.view.page.ink.iter().filter(|ink| ink.kind == InkKind::Box).map(|ink| ink.area).collect();
    let mut out: Vec<Area> = Vec::new();
    for area in &strokes {
        let alike = |other: &&Area| {
            (other.width() - area.width()).abs() < 0.4 && (other.height() - area.height()).abs() < 0.4
        };
        let upon = out
            .iter()
            .chain(&boxes)
            .any(|known| known.overlap(area).is_some_and(|both| size(&both) > 0.4 * size(area)));
        if places.iter().filter(alike).count() >= 3 && !upon {
            out.push(*area);
        }
    }
    out
}
