//! §4.1: columns from the headers, whatever their order; rows from the rules, else from the
//! widgets, else from the lines of text; and over the page's end.

use super::ground::Ground;
use crate::domain::form::Field;
use crate::reading::labels::order::{Ask, Label};
use crate::reading::layout::grid::shared;
use crate::reading::page::Area;

/// A column: its box in row 0 and its stretch across the page.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub field: Field,
    pub x0: f32,
    pub x1: f32,
    /// Where its header starts, and mostly its answers too.
    pub start: f32,
    closed: bool,
}

/// A cell of the table.
#[derive(Debug, Clone, Copy)]
pub struct TableCell {
    pub field: Field,
    /// Row in this stretch of the table, from 0.
    pub row: usize,
    pub area: Area,
}

/// The table's columns as a page's headers give them.
#[must_use]
pub fn columns(ground: &Ground<'_>, table: usize) -> Vec<Column> {
    let headers: Vec<(&Label, Field)> = ground
        .labels
        .iter()
        .filter_map(|label| match label.ask {
            Ask::Column { table: number, field } if number == table => Some((label, field)),
            Ask::Column { .. } | Ask::Text(_) | Ask::Tick(_) | Ask::Signature | Ask::Stamp | Ask::Nothing => {
                None
            }
        })
        .collect();
    let mut sorted = headers.clone();
    sorted.sort_by(|a, b| a.0.hit.core.x0.total_cmp(&b.0.hit.core.x0));
    let mut out = Vec::with_capacity(sorted.len());
    for (index, (label, field)) in sorted.iter().enumerate() {
        let cell = ground.cell_of(label);
        let alone = !headers
            .iter()
            .any(|(other, _)| !std::ptr::eq(*other, *label) && cell.area.holds(other.hit.core.middle()));
        if cell.left && cell.right && alone {
            out.push(Column {
                field: *field,
                x0: cell.area.x0,
                x1: cell.area.x1,
                start: label.hit.core.x0,
                closed: true,
            });
        } else {
            let next =
                sorted.get(index + 1).map_or(ground.view.page.width, |(next, _)| next.hit.core.x0 - 4.0);
            out.push(Column {
                field: *field,
                x0: label.hit.core.x0 - 4.0,
                x1: next,
                start: label.hit.core.x0,
                closed: false,
            });
        }
    }
    out
}

/// Where the rows under a page's headers begin: the foot of the header row, which is the first rule under all
/// of its words. On paper a part of that rule may be lost, and a header's cell then holds an answer too.
#[must_use]
pub fn header_foot(ground: &Ground<'_>, table: usize) -> f32 {
    let headers = || {
        let of_table =
            |label: &&Label| matches!(label.ask, Ask::Column { table: number, .. } if number == table);
        ground.labels.iter().filter(of_table)
    };
    let words = headers().map(|label| label.hit.area.y1).fold(0.0f32, f32::max);
    let ruled = headers().filter_map(|label| {
        let cell = ground.cell_of(label);
        let below = Area { y0: label.hit.area.y1, ..cell.area };
        let near = cell.bottom && cell.area.y1 - label.hit.area.y1 < 40.0;
        let its_own = cell.left && cell.right || !ground.has_content(&below);
        (near && its_own && cell.area.y1 > words - 1.0).then_some(cell.area.y1)
    });
    ruled.reduce(f32::min).unwrap_or(words)
}

/// The cells between two heights, and how many rows they make.
#[must_use]
pub fn cells(ground: &Ground<'_>, columns: &[Column], from: f32, to: f32) -> (Vec<TableCell>, usize) {
    let bands = bands(ground, columns, from, to);
    let mut out = Vec::new();
    for (row, (y0, y1)) in bands.iter().enumerate() {
        for column in columns {
            let area = Area { x0: column.x0, y0: *y0, x1: column.x1, y1: *y1 };
            out.push(TableCell { field: column.field, row, area });
        }
    }
    (out, bands.len())
}

/// Where a table that goes on over the page's end stops: the first thing printed below `from`.
#[must_use]
pub fn end_below(ground: &Ground<'_>, from: f32) -> f32 {
    ground
        .labels
        .iter()
        .filter(|label| !matches!(label.ask, Ask::Column { .. }))
        .map(|label| label.hit.core.y0)
        .filter(|y| *y > from)
        .fold(ground.view.page.height, f32::min)
}

fn bands(ground: &Ground<'_>, columns: &[Column], from: f32, to: f32) -> Vec<(f32, f32)> {
    let ruled = ruled(ground, columns, from, to);
    if !ruled.is_empty() {
        return ruled;
    }
    let by_widget = by_widget(ground, columns, from, to);
    if by_widget.is_empty() { by_text(ground, columns, from, to) } else { by_widget }
}

/// Bands between level rules that cross most columns.
fn ruled(ground: &Ground<'_>, columns: &[Column], from: f32, to: f32) -> Vec<(f32, f32)> {
    let grid = &ground.view.grid;
    let mut heights: Vec<(f32, usize)> = Vec::new();
    for column in columns {
        let x = if column.closed { f32::midpoint(column.x0, column.x1) } else { column.x0 + 6.0 };
        for y in grid.levels(x, from - 3.0, to + 3.0) {
            match heights.iter_mut().find(|(known, _)| (known - y).abs() <= 2.0) {
                Some((_, votes)) => *votes += 1,
                None => heights.push((y, 1)),
            }
        }
    }
    heights.retain(|(_, votes)| *votes * 2 > columns.len());
    let mut heights: Vec<f32> = heights.into_iter().map(|(y, _)| y).collect();
    heights.sort_by(f32::total_cmp);
    if heights.first().is_some_and(|first| *first > from + 6.0) {
        heights.insert(0, from);
    }
    let walled = |y: f32| {
        columns.iter().filter(|column| column.closed).all(|column| {
            let cell = grid.cell(f32::midpoint(column.x0, column.x1), y);
            cell.left && cell.right
        })
    };
    let bands = heights.windows(2).filter_map(|two| match two {
        [y0, y1] => Some((*y0, *y1)),
        _ => None,
    });
    bands.filter(|(y0, y1)| y1 - y0 >= 7.0 && walled(f32::midpoint(*y0, *y1))).collect()
}

fn by_widget(ground: &Ground<'_>, columns: &[Column], from: f32, to: f32) -> Vec<(f32, f32)> {
    let mut bands: Vec<(f32, f32)> = Vec::new();
    let within = |area: &Area| {
        let (x, y) = area.middle();
        y > from && y < to && columns.iter().any(|column| column.x0 <= x && x <= column.x1)
    };
    let mut areas: Vec<Area> =
        ground.view.text_widgets().map(|(_, widget, _)| widget.area).filter(|area| within(area)).collect();
    areas.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    for area in areas {
        match bands.last_mut() {
            Some(band) if shared(*band, (area.y0, area.y1)) > 0.5 * area.height().min(band.1 - band.0) => {
                *band = (band.0.min(area.y0), band.1.max(area.y1));
            }
            _ => bands.push((area.y0, area.y1)),
        }
    }
    bands
}

/// Rows of a table without rules: a line that fills at least two columns begins a row, the lines
/// that follow closely and fill only one go on with it.
fn by_text(ground: &Ground<'_>, columns: &[Column], from: f32, to: f32) -> Vec<(f32, f32)> {
    let mut runs: Vec<(&Area, usize)> = Vec::new();
    for run in &ground.runs {
        let (x, y) = run.point;
        let column = columns.iter().position(|column| column.x0 <= x && x <= column.x1);
        if let Some(column) = column.filter(|_| y > from && y < to) {
            runs.push((&run.area, column));
        }
    }
    runs.sort_by(|a, b| a.0.middle().1.total_cmp(&b.0.middle().1));
    // lines at one height
    let mut lines: Vec<(f32, f32, Vec<usize>)> = Vec::new();
    for (area, column) in runs {
        match lines.last_mut() {
            Some((y0, y1, filled)) if shared((*y0, *y1), (area.y0, area.y1)) > 0.4 * area.height() => {
                *y0 = y0.min(area.y0);
                *y1 = y1.max(area.y1);
                filled.push(column);
            }
            _ => lines.push((area.y0, area.y1, vec![column])),
        }
    }
    let mut bands: Vec<(f32, f32)> = Vec::new();
    for (y0, y1, filled) in lines {
        let goes_on = filled.len() == 1 && bands.last().is_some_and(|band| y0 - band.1 < 0.6 * (y1 - y0));
        let stops = bands.last().is_some_and(|band| y0 - band.1 > 60.0);
        match bands.last_mut() {
            Some(_) if stops => break,
            Some(band) if goes_on => band.1 = y1,
            _ => bands.push((y0 - 1.0, y1 + 1.0)),
        }
    }
    bands
}

/// Whether the columns of the page before go on at the top of this one.
#[must_use]
pub fn goes_on(ground: &Ground<'_>, columns: &[Column], to: f32) -> bool {
    let grid = &ground.view.grid;
    let Some(column) = columns.first() else { return false };
    let x = f32::midpoint(column.x0, column.x1);
    if column.closed {
        let heights: Vec<f32> = grid.levels(x, 0.0, to).collect();
        return heights.windows(2).any(|two| {
            let [y0, y1] = two else { return false };
            let cell = grid.cell(x, f32::midpoint(*y0, *y1));
            cell.closed() && (cell.area.x0 - column.x0).abs() < 4.0 && (cell.area.x1 - column.x1).abs() < 4.0
        });
    }
    let in_columns = |x: f32| columns.iter().any(|column| column.x0 <= x && x <= column.x1);
    ground
        .view
        .text_widgets()
        .filter(|(_, widget, _)| widget.area.middle().1 < to && in_columns(widget.area.middle().0))
        .count()
        >= columns.len()
}
