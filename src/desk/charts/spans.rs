//! Lengths of time, from seconds to months: for each step half were shorter than the dot, and all but a few
//! shorter than the stroke above it. The scale is logarithmic: each line is several times the one below.

use super::{About, LEFT, Label, RIGHT, Tick, WIDTH, float, px, spread};
use askama::Template;
use jiff::SignedDuration;

const TOP: f64 = 12.0;
const BOTTOM: f64 = 184.0;
const LABELS: usize = 6;

/// The lines of the scale, in minutes.
const LINES: [(i64, &str); 8] = [
    (1, "1 min"),
    (10, "10 min"),
    (60, "1 h"),
    (360, "6 h"),
    (1440, "1 j"),
    (4320, "3 j"),
    (14_400, "10 j"),
    (43_200, "30 j"),
];

/// A step: half took at most `half`, 95 of 100 at most `most`; `None`: nothing is known.
pub(in crate::desk) struct SpanOf {
    pub(in crate::desk) label: String,
    pub(in crate::desk) says: String,
    pub(in crate::desk) half: Option<SignedDuration>,
    pub(in crate::desk) most: Option<SignedDuration>,
}

/// A picture of spans.
#[derive(Template)]
#[template(path = "charts/spans.html")]
pub(in crate::desk) struct Spans {
    about: About,
    width: f64,
    ticks: Vec<Tick>,
    drawn: Vec<Drawn>,
    labels: Vec<Label>,
    line: Option<Label>,
}

struct Drawn {
    says: String,
    x: f64,
    half: f64,
    most: f64,
    /// Of its strokes and dots.
    wide: f64,
}

impl Spans {
    /// `line`: a length that is marked, and what it is.
    pub(in crate::desk) fn new(
        about: About,
        spans: Vec<SpanOf>,
        line: Option<(SignedDuration, String)>,
    ) -> Self {
        let longest = spans.iter().filter_map(|one| one.most.max(one.half));
        let longest = longest.chain(line.iter().map(|(length, _)| *length)).max().unwrap_or_default();
        let top = log(longest).max(log(SignedDuration::from_mins(60))) + 0.25;
        let y = |length: SignedDuration| px(BOTTOM - (BOTTOM - TOP) * (log(length) / top).clamp(0.0, 1.0));
        let wide = (RIGHT - LEFT) / float(spans.len().max(1) as u64);
        let x = |place: usize| px(LEFT + wide * (float(place as u64) + 0.5));
        let lines = LINES.iter().map(|(minutes, label)| (SignedDuration::from_mins(*minutes), label));
        let ticks = lines.filter(|(length, _)| log(*length) <= top);
        let ticks = ticks.map(|(length, label)| Tick { at: y(length), label: (*label).to_owned() }).collect();
        let labels = spread(spans.len(), LABELS);
        let labels = labels
            .filter_map(|place| Some(Label { at: x(place), text: spans.get(place)?.label.clone() }))
            .collect();
        let drawn = spans.into_iter().enumerate().filter_map(|(place, one)| {
            let (half, most) = one.half.zip(one.most)?;
            Some(Drawn {
                says: one.says,
                x: x(place),
                half: y(half),
                most: y(most),
                wide: px((wide * 0.28).clamp(1.5, 5.0)),
            })
        });
        Self {
            width: WIDTH,
            ticks,
            drawn: drawn.collect(),
            labels,
            line: line.map(|(length, text)| Label { at: y(length), text }),
            about,
        }
    }
}

/// Of the seconds, from half a minute on.
fn log(length: SignedDuration) -> f64 {
    (length.as_secs_f64() / 30.0).max(1.0).log10()
}
