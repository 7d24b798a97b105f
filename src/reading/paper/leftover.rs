//! Words on paper that are nobody's answer: then a label or a rule was missed, and who seems not to
//! have answered may have.

use crate::domain::form::Field;
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

/// Whether right beside the label of an empty box another part of the form is asked for: on paper an answer that says
/// what a label says ("Nom de domaine Plus") looks like one.
#[must_use]
pub fn is_crowded(ground: &Ground<'_>, answers: &Answers) -> bool {
    let part = |field: Field| field.pointer().split('/').nth(1).map(str::to_owned);
    let asked: Vec<(Area, Field)> = ground
        .asked()
        .filter_map(|(label, ask)| match ask {
            Ask::Text(field) => Some((label.hit.area, field)),
            Ask::Tick(_) | Ask::Signature | Ask::Stamp | Ask::Column { .. } | Ask::Nothing => None,
        })
        .collect();
    let empty = asked.iter().filter(|(_, field)| !answers.texts.contains_key(field));
    ground.view.page.to_displayed.is_some()
        && empty.into_iter().any(|(area, field)| {
            asked.iter().any(|(other, of)| {
                let common = area.y1.min(other.y1) - area.y0.max(other.y0);
                common > 0.5 * area.height().min(other.height())
                    && (0.0..ROOM).contains(&(other.x0 - area.x1))
                    && part(*of) != part(*field)
            })
        })
}

/// Between a label and the next is less room than this (points) for an answer.
const ROOM: f32 = 40.0;
