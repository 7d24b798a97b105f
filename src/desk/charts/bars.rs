//! Bars one below the other, each with its name before it and its number behind.

use super::{About, Area, Label, Paint, WIDTH, px};
use askama::Template;

/// Where bars begin, and where the longest ends.
const LEFT: f64 = 186.0;
const RIGHT: f64 = 352.0;
const ROW: f64 = 26.0;
const TOP: f64 = 18.0;

pub(in crate::desk) struct Bar {
    pub(in crate::desk) name: String,
    pub(in crate::desk) length: f64,
    /// Its number, in words.
    pub(in crate::desk) says: String,
    pub(in crate::desk) paint: Paint,
}

/// A picture of bars.
#[derive(Template)]
#[template(path = "charts/bars.html")]
pub(in crate::desk) struct Bars {
    about: About,
    width: f64,
    height: f64,
    left: f64,
    rows: Vec<Drawn>,
    line: Option<Label>,
}

struct Drawn {
    name: String,
    says: String,
    middle: f64,
    end: f64,
    area: Area,
}

impl Bars {
    /// `line`: a length that is marked, and what it is.
    pub(in crate::desk) fn new(about: About, bars: Vec<Bar>, line: Option<(f64, String)>) -> Self {
        let top = if line.is_some() { TOP } else { 4.0 };
        let longest = bars.iter().map(|bar| bar.length).chain(line.iter().map(|(length, _)| *length));
        let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
        let long = |length: f64| (RIGHT - LEFT) * length / longest;
        let mut y = top;
        let mut drawn = Vec::new();
        for bar in bars {
            let area = Area {
                x: LEFT,
                y: px(y + 4.0),
                width: px(long(bar.length).max(1.0)),
                height: ROW - 8.0,
                fill: bar.paint.fill(about.id),
            };
            let end = px(LEFT + area.width + 6.0);
            drawn.push(Drawn { name: bar.name, says: bar.says, middle: px(y + ROW / 2.0 + 4.0), end, area });
            y += ROW;
        }
        Self {
            width: WIDTH,
            height: px(y + 4.0),
            left: LEFT,
            line: line.map(|(length, text)| Label { at: px(LEFT + long(length)), text }),
            rows: drawn,
            about,
        }
    }
}
