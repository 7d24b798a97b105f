//! Columns side by side, each of parts one above the other.

use super::{About, Area, Key, LEFT, Label, Paint, RIGHT, Tick, WIDTH, float, px, round_steps, spread};
use crate::desk::words::count;
use askama::Template;

const TOP: f64 = 20.0;
const BOTTOM: f64 = 184.0;
/// Labels that find room below.
const LABELS: usize = 6;

/// A column, its parts from the bottom up.
pub(in crate::desk) struct Column {
    pub(in crate::desk) label: String,
    /// What it is in words, for whoever points at it.
    pub(in crate::desk) says: String,
    pub(in crate::desk) parts: Vec<u64>,
}

/// A picture of columns.
#[derive(Template)]
#[template(path = "charts/columns.html")]
pub(in crate::desk) struct Columns {
    about: About,
    width: f64,
    keys: Vec<Key>,
    ticks: Vec<Tick>,
    drawn: Vec<Drawn>,
    labels: Vec<Label>,
    line: Option<Label>,
}

struct Drawn {
    says: String,
    areas: Vec<Area>,
}

impl Columns {
    /// `parts`: how each is filled, and what it is. `most`: the number at the top of the scale, where that
    /// is given; its unit stands behind the numbers.
    pub(in crate::desk) fn new(
        about: About,
        parts: &[(Paint, &'static str)],
        (most, unit): (Option<u64>, &str),
        columns: Vec<Column>,
    ) -> Self {
        let high = columns.iter().map(|one| one.parts.iter().sum::<u64>()).max().unwrap_or_default();
        let steps = most.map_or_else(|| round_steps(high), |most| vec![0, most / 2, most]);
        let top = float(steps.last().copied().unwrap_or(1));
        let height = |count: f64| (BOTTOM - TOP) * count / top;
        let wide = (RIGHT - LEFT) / float(columns.len().max(1) as u64);
        let left = |place: usize| LEFT + wide * float(place as u64);
        let ticks = steps.iter().map(|step| Tick {
            at: px(BOTTOM - height(float(*step))),
            label: format!("{}{unit}", count(*step)),
        });
        let labels = spread(columns.len(), LABELS).filter_map(|place| {
            let column = columns.get(place)?;
            Some(Label { at: px(left(place) + wide / 2.0), text: column.label.clone() })
        });
        let labels = labels.collect();
        let ticks = ticks.collect();
        let draw = |(place, column): (usize, Column)| {
            let mut below = 0;
            let areas =
                column.parts.iter().zip(parts).filter(|(count, _)| **count > 0).map(|(count, (paint, _))| {
                    below += count;
                    Area {
                        x: px(left(place) + wide * 0.12),
                        y: px(BOTTOM - height(float(below))),
                        width: px(wide * 0.76),
                        height: px(height(float(*count))),
                        fill: paint.fill(about.id),
                    }
                });
            Drawn { areas: areas.collect(), says: column.says }
        };
        Self {
            width: WIDTH,
            keys: parts.iter().map(|(paint, name)| Key { fill: paint.fill(about.id), name }).collect(),
            ticks,
            drawn: columns.into_iter().enumerate().map(draw).collect(),
            labels,
            line: None,
            about,
        }
    }

    /// With a line before this column, of this many.
    pub(in crate::desk) fn with_line(mut self, before: usize, text: String) -> Self {
        let wide = (RIGHT - LEFT) / float(self.drawn.len().max(1) as u64);
        self.line = Some(Label { at: px(LEFT + wide * float(before as u64)), text });
        self
    }
}
