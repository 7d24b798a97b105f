//! Words on paper that are nobody's answer: then a label or a rule was missed, and who seems not to
//! have answered may have.

use crate::domain::sheet::{Area, Zone};
use crate::reading::answers::Answers;
use crate::reading::answers::ground::Ground;
use crate::reading::labels::order::Ask;
use crate::reading::layout::grid::grown;
use crate::reading::marks::zones::Zones;

/// Letters and digits from which words are not dirt.
const MEANS: usize = 4;

/// Whether among a recognised page's labels there are words that no answer holds.
#[must_use]
pub fn left_over(ground: &Ground<'_>, answers: &Answers, zones: &Zones) -> bool {
    let page = ground.view.page;
    if page.to_displayed.is_none() {
        return false;
    }
    let asking = ground.asked().filter(|(_, ask)| matches!(ask, Ask::Text(_) | Ask::Column { .. }));
    let Some(asked) = asking.map(|(label, _)| label.hit.core).reduce(|a, b| a.around(&b)) else {
        return false;
    };
    let zone = |zone: &Zone| match zone {
        Zone::Empty => None,
        Zone::Ink { evidence } | Zone::Unsure { evidence } => {
            (evidence.page == page.number).then_some(grown(&evidence.area, 8.0))
        }
    };
    let drawn: Vec<Area> = [&zones.signature, &zones.stamp].into_iter().filter_map(zone).collect();
    let held: Vec<Area> = answers
        .texts
        .values()
        .filter(|written| written.evidence.page == page.number)
        .map(|written| grown(&written.evidence.area, 1.0))
        .collect();
    ground.runs.iter().any(|run| {
        let (_, y) = run.area.middle();
        let words = run.pieces.iter().filter_map(|piece| ground.view.piece(*piece));
        let letters: usize = words.map(|piece| piece.key.chars().count()).sum();
        letters >= MEANS
            && asked.y0 < y
            && y < asked.y1 + 40.0
            && !held.iter().any(|area| area.holds(run.area.middle()))
            && !drawn.iter().any(|area| area.holds(run.area.middle()))
    })
}
