//! Pictures of numbers, drawn on the server as SVG: columns, bars, spans of time. No script and no style of
//! their own (the policy lets none in); what a colour says, a pattern says too, on paper as on a screen;
//! each says in words what it shows, and stands beside a table of the same numbers.

mod bars;
mod columns;
mod spans;

pub(super) use bars::{Bar, Bars};
pub(super) use columns::{Column, Columns};
pub(super) use spans::{SpanOf, Spans};

/// CSS pixels where a picture is as wide as it is drawn for.
const WIDTH: f64 = 420.0;
/// Where the plane of columns begins and ends.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 412.0;

/// What a picture is called, and what it says to whoever does not see it.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// Begins the ids of its parts: one of each on a page.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) says: String,
}

/// How a surface is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Good,
    Bad,
    Quiet,
    Open,
}

impl Paint {
    /// Those that are patterns are drawn with each picture.
    fn fill(self, id: &str) -> String {
        match self {
            Self::Plain => "#000091".to_owned(),
            Self::Good => "#18753c".to_owned(),
            Self::Quiet => "#777777".to_owned(),
            Self::Bad => format!("url(#{id}-bad)"),
            Self::Open => format!("url(#{id}-open)"),
        }
    }
}

/// A line of the scale.
struct Tick {
    at: f64,
    label: String,
}

/// A rectangle.
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    fill: String,
}

/// A text at a place.
struct Label {
    at: f64,
    text: String,
}

/// What a colour stands for.
struct Key {
    fill: String,
    name: &'static str,
}

/// A tenth of a pixel is enough.
fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

pub(super) fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Where the lines of a scale of counts stand: round numbers, at most five of them.
fn round_steps(most: u64) -> Vec<u64> {
    let most = most.max(1);
    let sizes = (0..18).flat_map(|zeros| [1, 2, 5].map(|one| one * 10_u64.pow(zeros)));
    let step = sizes.into_iter().find(|step| most.div_ceil(*step) <= 4).unwrap_or(most);
    (0..=most.div_ceil(step)).map(|n| n * step).collect()
}

/// Of so many labels side by side, those that find room: every so manyth.
fn spread(count: usize, room: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(room.max(1)).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_few_round_lines_and_holds_the_highest_number() {
        assert_eq!(round_steps(0), [0, 1]);
        assert_eq!(round_steps(4), [0, 1, 2, 3, 4]);
        assert_eq!(round_steps(7), [0, 2, 4, 6, 8]);
        assert_eq!(round_steps(271), [0, 100, 200, 300]);
        assert!(round_steps(u64::MAX / 2).len() <= 6);
    }

    #[test]
    fn labels_find_room() {
        assert_eq!(spread(5, 7).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(spread(31, 7).collect::<Vec<_>>(), [0, 5, 10, 15, 20, 25, 30]);
        assert_eq!(spread(0, 7).count(), 0);
    }
}
