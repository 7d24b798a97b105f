//! The lines "1." to "4." of the RPPS rang (§3.1), one after the other or side by side.

use super::ground::{Ground, Place};
use crate::domain::form::Field;
use crate::reading::labels::order::{Ask, Label};
use crate::reading::layout::grid::shared;
use crate::reading::page::{Area, Origin};

/// The lines of the RPPS rang.
pub struct Lines {
    /// The printed line numbers (indices into the view's pieces).
    pub numbers: Vec<usize>,
    /// The place of each line, in order.
    pub places: Vec<Place>,
    /// Where the lines stand: a number written in it that is in none of them was lost.
    pub reach: Area,
}

#[must_use]
pub fn lines(ground: &Ground<'_>) -> Option<Lines> {
    let label = ground.labels.iter().find(|label| label.ask == Ask::Text(Field::RppsRang(0)))?;
    let zone = zone(ground, label);
    let reach = reach(ground, label);
    let numbers = numbers(ground, label, &reach);
    if numbers.is_empty() {
        return Some(Lines { numbers, places: unnumbered(ground, label, &zone), reach });
    }
    let areas: Vec<Area> =
        numbers.iter().filter_map(|index| ground.view.piece(*index)).map(|piece| piece.area).collect();
    let places = areas.iter().map(|number| line_of(ground, number, &areas, &reach)).collect();
    Some(Lines { numbers, places, reach })
}

/// Where the line numbers can stand, whatever rules are drawn there: from the label (or the top of
/// its cell) to the next label under it, and between the labels beside it.
fn reach(ground: &Ground<'_>, label: &Label) -> Area {
    let page = ground.view.page;
    let (core, own) = (label.hit.core, label.hit.area);
    let cell = ground.cell_of(label);
    let others =
        || ground.labels.iter().filter(|other| !std::ptr::eq(*other, label)).map(|other| other.hit.area);
    let in_column = |other: &Area| shared((other.x0, other.x1), (own.x0, own.x1)) > 0.0;
    let above = others().filter(|other| other.y1 <= core.y0 + 2.0 && in_column(other)).map(|other| other.y1);
    let top = if cell.closed() { cell.area.y0 - 2.0 } else { core.y0 - 60.0 };
    let y0 = above.fold(top, f32::max);
    let below = others().filter(|other| other.y0 >= own.y1 - 2.0 && in_column(other)).map(|other| other.y0);
    let y1 = below.fold(page.height, f32::min);
    let level = |other: &Area| (core.y0 - 2.0..y1).contains(&other.middle().1);
    let left = others().filter(|other| level(other) && other.x1 <= own.x0 + 1.0).map(|other| other.x1);
    let right = others().filter(|other| level(other) && other.x0 >= own.x1 - 1.0).map(|other| other.x0 - 1.0);
    let (from, to) = label.column;
    Area { x0: left.fold(from, f32::max), y0, x1: right.fold(page.width.min(to), f32::min), y1 }
}

/// Everything the label's answers can stand in: the cells right of it at its height, or what is
/// below and beside it on open ground.
fn zone(ground: &Ground<'_>, label: &Label) -> Area {
    let cell = ground.cell_of(label);
    let own = ground.rest_of(&cell, label).area;
    let y = label.hit.core.middle().1;
    let mut last = cell;
    let mut x1 = cell.area.x1;
    while let Some(next) =
        ground.view.grid.right_of(&last, y).filter(|next| next.right && next.top && next.bottom)
    {
        x1 = next.area.x1;
        last = next;
    }
    if !cell.closed() || x1 <= cell.area.x1 + 1.0 {
        return own;
    }
    let area = Area { x0: cell.area.x1, x1, ..cell.area };
    let other = ground.labels.iter().filter(|other| !std::ptr::eq(*other, label)).map(|other| other.hit.core);
    let stop = other.filter(|core| area.holds(core.middle())).map(|core| core.x0 - 1.0).fold(x1, f32::min);
    Area { x1: stop, ..area }
}

/// "1.", "2.", … right of the label or under it, counted up without a gap; each in one column or
/// one row with those before it.
fn numbers(ground: &Ground<'_>, label: &Label, reach: &Area) -> Vec<usize> {
    let own = label.hit.area;
    let mut out: Vec<usize> = Vec::new();
    let mut areas: Vec<Area> = Vec::new();
    for wanted in 1..=20u32 {
        let found = ground.view.pieces.iter().enumerate().find(|(index, piece)| {
            let beside = piece.area.x0 >= own.x1 - 2.0;
            let under = piece.area.y0 >= label.hit.core.y1 - 2.0 && piece.area.x0 >= own.x0 - 6.0;
            let in_turn = areas.is_empty()
                || areas.iter().any(|known| {
                    let column = (piece.area.x0 - known.x0).abs() <= 6.0;
                    let row = shared((piece.area.y0, piece.area.y1), (known.y0, known.y1));
                    column || row > 0.5 * piece.area.height().min(known.height())
                });
            piece.origin == Origin::Page
                && !ground.is_claimed(*index)
                && (beside || under)
                && reach.holds(piece.area.middle())
                && piece.text.trim_end_matches(['.', ')', '°', ':', '/']) == wanted.to_string()
                && in_turn
        });
        let Some((index, piece)) = found else { break };
        out.push(index);
        areas.push(piece.area);
    }
    out
}

/// The place after a line's number, up to the next number beside or below it.
fn line_of(ground: &Ground<'_>, number: &Area, numbers: &[Area], zone: &Area) -> Place {
    let (x, y) = number.middle();
    let cell = ground.view.grid.cell(x, y);
    // a cell of its own for the number, or a box that begins right after it
    if cell.right && cell.area.x1 - number.x1 < 34.0 {
        let next = ground.view.grid.right_of(&cell, y).filter(|next| next.top && next.bottom && next.right);
        if let Some(next) = next.filter(|next| next.area.width() > 40.0) {
            return Place { area: next.area, open: None, label: None };
        }
    }
    let others = || numbers.iter().filter(|other| *other != number);
    let beside = |other: &&Area| shared((number.y0, number.y1), (other.y0, other.y1)) > 0.4 * number.height();
    let x1 = others().filter(beside).filter(|other| other.x0 > number.x1).map(|other| other.x0 - 1.0);
    let x1 = x1.fold(zone.x1.min(if cell.right { cell.area.x1 } else { zone.x1 }), f32::min);
    let below =
        others().filter(|other| other.y0 > number.y1 - 1.0).map(|other| other.y0 - 0.3 * other.height());
    let y1 = below.fold(zone.y1.min(if cell.bottom { cell.area.y1 } else { zone.y1 }), f32::min);
    let y0 = if cell.top {
        cell.area.y0.max(number.y0 - 0.6 * number.height())
    } else {
        number.y0 - 0.3 * number.height()
    };
    let y1 = if cell.bottom { y1 } else { y1.min(number.y1 + 1.4 * number.height()) };
    Place {
        area: Area { x0: number.x1 - 0.5, y0, x1: x1.max(number.x1), y1: y1.max(number.y1) },
        open: None,
        label: None,
    }
}

/// Lines without numbers: the cells, widgets or lines of text from the top.
fn unnumbered(ground: &Ground<'_>, label: &Label, zone: &Area) -> Vec<Place> {
    let x = f32::midpoint(zone.x0, zone.x1);
    let mut edges = vec![zone.y0];
    edges.extend(ground.view.grid.levels(x, zone.y0 + 1.0, zone.y1 - 1.0));
    edges.push(zone.y1);
    if edges.len() > 2 {
        let bands = edges.windows(2).filter_map(|two| Some((*two.first()?, *two.last()?)));
        return bands
            .map(|(y0, y1)| Place { area: Area { y0, y1, ..*zone }, open: None, label: None })
            .collect();
    }
    let mut heights: Vec<(f32, f32)> = ground
        .view
        .text_widgets()
        .map(|(_, widget, _)| widget.area)
        .chain(ground.runs.iter().map(|run| run.area))
        .filter(|area| zone.holds(area.middle()) && area.y0 - label.hit.area.y1 < 90.0)
        .map(|area| (area.y0, area.y1))
        .collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut bands: Vec<(f32, f32)> = Vec::new();
    for (y0, y1) in heights {
        match bands.last_mut() {
            Some(band) if shared(*band, (y0, y1)) > 0.4 * (y1 - y0).min(band.1 - band.0) => {
                band.1 = band.1.max(y1);
            }
            _ => bands.push((y0, y1)),
        }
    }
    bands
        .into_iter()
        .map(|(y0, y1)| Place { area: Area { y0, y1, ..*zone }, open: None, label: None })
        .collect()
}
