//! Boxes to tick, and the zones for signature and stamp.

mod both;
pub mod boxes;
mod candidates;
mod furniture;
mod near;
mod whose;
pub mod zones;

use crate::domain::form::Role;
use crate::domain::sheet::{Evidence, Mark, Marked, Tick};
use crate::reading::answers::ground::Ground;
use crate::reading::labels::Key;
use crate::reading::labels::order::{Ask, Label};
use crate::reading::layout::fold::squeeze;
use crate::reading::page::{Area, PageNumber};
use boxes::{Candidate, Kind, Side};
use std::collections::BTreeMap;

const ROLES: [Tick; 3] =
    [Tick::Role(Role::LegalRepresentative), Tick::Role(Role::Delegate), Tick::Role(Role::PracticeHolder)];
const TYPES: [Tick; 4] = [Tick::Org, Tick::ServerSsl, Tick::ServerSmime, Tick::Pro];

/// The ticks of all pages of a form.
#[must_use]
pub fn ticks(grounds: &[Ground<'_>]) -> BTreeMap<Tick, Marked> {
    let mut out = BTreeMap::new();
    for ground in grounds {
        let mut candidates = candidates::candidates(ground);
        for group in [&ROLES[..], &TYPES[..]] {
            let labels: Vec<(&Label, Tick)> = ground
                .asked()
                .filter_map(|(label, ask)| match ask {
                    Ask::Tick(tick) if group.contains(&tick) => Some((label, tick)),
                    Ask::Tick(_)
                    | Ask::Text(_)
                    | Ask::Signature
                    | Ask::Stamp
                    | Ask::Column { .. }
                    | Ask::Nothing => None,
                })
                .collect();
            tick_group(ground, &labels, &mut candidates, &mut out);
        }
        terms(ground, &mut candidates, &mut out);
        if !ROLES.iter().any(|tick| out.contains_key(tick)) {
            role_in_words(ground, &mut out);
        }
    }
    out
}

/// Where a box may stand: the side, and how far away (points).
type Way = (Side, f32);

/// The boxes of one group stand all on the same side of their labels. A label whose box is not found
/// where others have theirs is in doubt; a group without any box or tick is not located.
fn tick_group(
    ground: &Ground<'_>,
    labels: &[(&Label, Tick)],
    candidates: &mut Vec<Candidate>,
    out: &mut BTreeMap<Tick, Marked>,
) {
    let mut open: Vec<(&Label, Tick, Vec<Area>)> =
        labels.iter().map(|(label, tick)| (*label, *tick, near::lines(ground, label, candidates))).collect();
    without_bullets(ground, &open, candidates);
    let on = |way: Way| {
        let has = |label, lines: &[Area]| near::nearest(ground, label, lines, way, candidates).is_some();
        open.iter().filter(|(label, _, lines)| has(label, lines)).count()
    };
    let mut way = (Side::Left, near::REACH);
    for other in [(Side::Right, near::REACH), (Side::Right, near::ANYWHERE), (Side::Left, near::ANYWHERE)] {
        if on(other) > on(way) {
            way = other;
        }
    }
    let (mut boxes, mut ticks) = (0, 0);
    // on a picture the box may be there and not have been found: another label's is not taken for it
    let on_paper = ground.view.page.to_displayed.is_some();
    let other = (way.0.other(), near::REACH);
    // ... nor is it known of which side they are where as many stand on the other
    let either = on_paper && on(other) >= on(way);
    for way in [way, other].into_iter().take(if on_paper { 1 } else { 2 }) {
        open.retain(|(label, tick, lines)| {
            let Some(index) = near::nearest(ground, label, lines, way, candidates) else { return true };
            let found = boxes::state(ground, &candidates.remove(index));
            let evidence = &found.evidence;
            let unsure = || marked(Mark::Unsure, &evidence.raw, evidence.page, evidence.area, false);
            out.insert(*tick, if either { unsure() } else { found });
            boxes += 1;
            false
        });
    }
    open.retain(|(label, tick, lines)| {
        let Some((marked, is_box)) = boxes::beside(ground, label, lines) else { return true };
        out.insert(*tick, marked);
        boxes += usize::from(is_box);
        ticks += 1;
        false
    });
    if boxes + ticks > 0 {
        let mark = if boxes > 0 { Mark::Unsure } else { Mark::Empty };
        for (label, tick, _) in open {
            out.insert(tick, marked(mark, "", ground.view.page.number, label.hit.core, false));
        }
    }
}

/// Filled signs before every label of a list are its bullets where there are boxes after the labels.
fn without_bullets(
    ground: &Ground<'_>,
    labels: &[(&Label, Tick, Vec<Area>)],
    candidates: &mut Vec<Candidate>,
) {
    let all = |way: Way| -> Option<Vec<usize>> {
        let near = |label, lines: &[Area]| near::nearest(ground, label, lines, way, candidates);
        labels.iter().map(|(label, _, lines)| near(label, lines)).collect()
    };
    let filled = |index: &usize| {
        let kind = candidates.get(*index).map(|candidate| candidate.kind);
        let Some(Kind::Glyph(piece)) = kind else { return false };
        ground
            .view
            .piece(piece)
            .is_some_and(|piece| matches!(piece.text.as_str(), "■" | "▪" | "◼" | "●" | "⬛"))
    };
    let Some(mut before) = all((Side::Left, near::REACH)).filter(|before| before.len() >= 2) else { return };
    let after =
        all((Side::Right, near::ANYWHERE)).is_some_and(|after| !after.iter().any(|one| before.contains(one)));
    if after && before.iter().all(filled) {
        before.sort_unstable();
        for index in before.into_iter().rev() {
            candidates.remove(index);
        }
    }
}

/// The box beside "Je certifie avoir lu et accepté…", only where there is one.
fn terms(ground: &Ground<'_>, candidates: &mut Vec<Candidate>, out: &mut BTreeMap<Tick, Marked>) {
    let Some((label, _)) = ground.asked().find(|(_, ask)| *ask == Ask::Tick(Tick::Terms)) else { return };
    let lines = near::lines(ground, label, candidates);
    let sides = [Side::Left, Side::Right];
    let ways = [near::REACH, near::ANYWHERE].into_iter().flat_map(|reach| sides.map(|side| (side, reach)));
    let found = ways.into_iter().find_map(|way| near::nearest(ground, label, &lines, way, candidates));
    let marked = match found {
        Some(index) => Some(boxes::state(ground, &candidates.remove(index))),
        None => boxes::of_four_lines(ground, &lines).or_else(|| boxes::perhaps(ground, &lines, candidates)),
    };
    out.extend(marked.map(|marked| (Tick::Terms, marked)));
}

/// A role chosen from a list or written out beside "Êtes-vous le".
fn role_in_words(ground: &Ground<'_>, out: &mut BTreeMap<Tick, Marked>) {
    let Some(label) = ground.labels.iter().find(|label| label.hit.key == Key::RoleAsked) else { return };
    let place = ground.place(label);
    let typed = ground
        .view
        .text_widgets()
        .filter(|(_, widget, _)| place.area.holds(widget.area.middle()))
        .map(|(_, widget, value)| (value.to_owned(), widget.area));
    let drawn = ground.runs.iter().filter(|run| place.area.holds(run.point)).map(|run| {
        let words =
            run.pieces.iter().filter_map(|index| ground.view.piece(*index)).map(|piece| piece.text.as_str());
        (words.collect::<Vec<_>>().join(" "), run.area)
    });
    let all: Vec<(String, Area)> = typed.chain(drawn).collect();
    for (text, area) in &all {
        let key = squeeze(text);
        let named = [
            ("responsablelegal", ROLES[0]),
            ("representantlegal", ROLES[0]),
            ("mandataire", ROLES[1]),
            ("titulaire", ROLES[2]),
        ];
        for (word, tick) in named.iter().filter(|(word, _)| key.starts_with(word)) {
            debug_assert!(!word.is_empty());
            out.insert(*tick, marked(Mark::Checked, text, ground.view.page.number, *area, false));
        }
    }
    if !out.is_empty() || place.area.width() > 0.0 && ground.has_content(&place.area) {
        return;
    }
    if all.is_empty()
        && ground.view.text_widgets().any(|(_, widget, _)| place.area.holds(widget.area.middle()))
    {
        out.insert(ROLES[0], marked(Mark::Empty, "", ground.view.page.number, place.area, false));
    }
}

pub(super) fn marked(mark: Mark, raw: &str, page: PageNumber, area: Area, disagrees: bool) -> Marked {
    let confidence = match mark {
        _ if disagrees => 0.0,
        Mark::Unsure => 0.5,
        Mark::Checked | Mark::Empty => 1.0,
    };
    Marked { mark, evidence: Evidence { raw: raw.to_owned(), confidence, page, area }, disagrees }
}
