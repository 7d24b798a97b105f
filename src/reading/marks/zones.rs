//! What stands in the zones for the signature and for the stamp.

use crate::domain::sheet::{Evidence, Zone};
use crate::reading::answers::ground::Ground;
use crate::reading::answers::lines::is_placeholder;
use crate::reading::labels::order::{Ask, Label};
use crate::reading::layout::fold::squeeze;
use crate::reading::layout::grid::{grown, inside};
use crate::reading::page::{Area, InkKind, Origin, WidgetKind};

/// Smaller marks (points) may be dirt.
const SMUDGE: f32 = 7.0;

/// The two zones of a form.
#[derive(Debug, Default)]
pub struct Zones {
    pub signature: Zone,
    pub stamp: Zone,
    pub signature_found: bool,
    pub stamp_found: bool,
}

#[must_use]
pub fn read(grounds: &[Ground<'_>]) -> Zones {
    let mut out = Zones::default();
    for (number, ground) in grounds.iter().enumerate() {
        let zone = |wanted: Ask| ground.asked().find(|(_, ask)| *ask == wanted).map(|(label, _)| label);
        let (signature, stamp) = (zone(Ask::Signature), zone(Ask::Stamp));
        let areas = |label: Option<&Label>| label.map(|label| ground.zone(label)).unwrap_or_default();
        let (of_signature, of_stamp) = (areas(signature), areas(stamp));
        let next = grounds.get(number + 1);
        let rest = |label: Option<&Label>| {
            let over = label.and_then(|label| ground.runs_over(label));
            over.zip(next)
                .map(|((x0, x1), next)| (next, vec![Area { x0, x1, y0: 0.0, y1: next.first_label() }]))
        };
        let (signature_rest, stamp_rest) = (rest(signature), rest(stamp));
        let other = |rest: &Option<(&Ground<'_>, Vec<Area>)>| {
            rest.as_ref().map(|(_, areas)| areas.clone()).unwrap_or_default()
        };
        if signature.is_some() {
            out.signature_found = true;
            let over = signature_rest.as_ref().map(|(next, areas)| content(next, areas, &other(&stamp_rest)));
            out.signature = more(content(ground, &of_signature, &of_stamp), over);
        }
        if stamp.is_some() {
            out.stamp_found = true;
            let over = stamp_rest.as_ref().map(|(next, areas)| content(next, areas, &other(&signature_rest)));
            out.stamp = more(content(ground, &of_stamp, &of_signature), over);
        }
    }
    out
}

/// The surer of the two parts of a zone that a page's end cuts in two.
fn more(here: Zone, over: Option<Zone>) -> Zone {
    match (here, over) {
        (here, None | Some(Zone::Empty)) | (here @ Zone::Ink { .. }, Some(_)) => here,
        (Zone::Empty | Zone::Unsure { .. }, Some(over)) => over,
    }
}

/// The zones' own labels: the end of one that a page's end has cut off is no signature.
const PRINTED: [&str; 2] =
    ["signaturedurepresentantlegaloudumandataireoutitulaireducabinet", "cachetdelastructure"];

/// What lies in a zone, and whether it is enough.
fn content(ground: &Ground<'_>, zone: &[Area], other: &[Area]) -> Zone {
    let page = ground.view.page;
    let mut found = Found::default();
    for run in ground.runs.iter().filter(|run| belongs(&run.area, zone, other)) {
        let words =
            run.pieces.iter().filter_map(|index| ground.view.piece(*index)).map(|piece| piece.text.as_str());
        let text = words.collect::<Vec<_>>().join(" ");
        let key = squeeze(&text);
        let printed = PRINTED.iter().any(|label| label.contains(key.as_str()));
        // "(précédée de la mention…)", "Nom et qualité :"
        let asks = text.starts_with('(') && text.ends_with(')') || text.ends_with(':');
        if !is_placeholder(&text) && !printed && !asks {
            found.add(&text, run.area, true);
        }
    }
    let whole = 0.6 * page.width * page.height;
    for ink in page.ink.iter().filter(|ink| !matches!(ink.origin, Origin::Widget(_))) {
        let (what, counts) = match ink.kind {
            InkKind::Stroke => ("tracé", true),
            InkKind::Fill { light } => ("tracé", !light),
            InkKind::Picture { blank } => ("image", !blank),
            InkKind::Box => ("cadre", ink.origin != Origin::Page),
        };
        let backdrop = ink.area.width() * ink.area.height() > whole;
        if counts && !backdrop {
            if belongs(&ink.area, zone, other) {
                found.add(what, ink.area, ink.area.width().max(ink.area.height()) > SMUDGE);
            } else if common(&ink.area, zone) >= 0.2 && common(&ink.area, other) < 0.5 {
                found.add(what, ink.area, false);
            }
        }
    }
    let frame = page.rules.iter().filter(|rule| {
        let within = zone.iter().any(|area| inside(&rule.area, &grown(area, -4.0)));
        let long = rule.area.width().max(rule.area.height()) > SMUDGE;
        within && long && !matches!(rule.origin, Origin::Widget(_))
    });
    let (mut own, mut upright, mut level) = (None::<Area>, 0, 0);
    for rule in frame {
        if rule.origin != Origin::Page {
            found.add("tracé", rule.area, true);
        } else if rule.horizontal {
            level += 1;
        } else {
            upright += 1;
        }
        own = Some(own.map_or(rule.area, |area| area.around(&rule.area)));
    }
    // a frame of its own, not the dotted line the form prints to sign on
    if let Some(area) = own.filter(|_| upright >= 2 && level >= 2) {
        found.add("cadre", area, true);
    }
    for widget in page.widgets.iter().filter(|widget| !widget.hidden && belongs(&widget.area, zone, other)) {
        match &widget.kind {
            WidgetKind::Text { value } if !value.trim().is_empty() => {
                found.add(value.trim(), widget.area, true);
            }
            WidgetKind::Text { .. }
            | WidgetKind::Button { .. }
            | WidgetKind::Signature { .. }
            | WidgetKind::Other => {}
        }
    }
    found.zone(page.number)
}

#[derive(Default)]
struct Found {
    raw: Vec<String>,
    area: Option<Area>,
    sure: bool,
    marks: usize,
}

impl Found {
    fn add(&mut self, what: &str, area: Area, sure: bool) {
        if self.raw.last().is_none_or(|last| last != what) {
            self.raw.push(what.to_owned());
        }
        self.area = Some(self.area.map_or(area, |known| known.around(&area)));
        self.sure |= sure;
        self.marks += 1;
    }

    fn zone(self, page: u32) -> Zone {
        let Some(area) = self.area else { return Zone::Empty };
        // many small strokes make a signature, one is dirt
        let sure = self.sure || self.marks >= 3 && area.width().max(area.height()) > 3.0 * SMUDGE;
        let raw = self.raw.join(" ");
        let confidence = if sure { 1.0 } else { 0.5 };
        let evidence = Evidence { raw, confidence, page, area };
        if sure { Zone::Ink { evidence } } else { Zone::Unsure { evidence } }
    }
}

/// The share of an area that lies in a zone.
fn common(area: &Area, zone: &[Area]) -> f32 {
    let area = grown(area, 0.2);
    let part: f32 =
        zone.iter().filter_map(|part| part.overlap(&area)).map(|both| both.width() * both.height()).sum();
    part / (area.width() * area.height()).max(0.01)
}

/// Whether something counts for this zone: its bulk lies there, or it truly spans both.
fn belongs(area: &Area, zone: &[Area], other: &[Area]) -> bool {
    let (here, there) = (common(area, zone), common(area, other));
    let middle = zone.iter().any(|part| part.holds(area.middle()));
    here >= 0.5 || middle && here >= there || here >= 0.35 && there >= 0.35
}
