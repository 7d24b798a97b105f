//! What stands in the zones for the signature and for the stamp.

use super::both::{self, Mark, What};
use super::furniture::Furniture;
use super::whose::{Pair, Whose};
use crate::domain::sheet::{Evidence, Zone};
use crate::reading::answers::ground::Ground;
use crate::reading::answers::lines::is_placeholder;
use crate::reading::labels::order::Ask;
use crate::reading::layout::fold::squeeze;
use crate::reading::layout::grid::{grown, inside};
use crate::reading::page::{Area, InkKind, Origin, PageNumber, WidgetKind};

/// Smaller marks (points) may be dirt.
const SMUDGE: f32 = 7.0;
/// Lower strokes (points) that are long are lines to sign on.
const RULE: f32 = 1.5;
/// Strokes held against each other; with more all of one origin count as one mark.
const MOST_STROKES: usize = 1_500;
/// What a picture is called in the evidence.
const PICTURE: &str = "image";
/// What runs over into the other zone is spill up to this part of a mark.
const SPILL: f32 = 0.25;

/// The two zones of a form.
#[derive(Debug, Default)]
pub struct Zones {
    pub signature: Zone,
    pub stamp: Zone,
    pub signature_found: bool,
    pub stamp_found: bool,
    /// Where the signature's and the stamp's zone are: page in the form, area around all of it.
    pub places: [Option<(usize, Area)>; 2],
}

#[must_use]
pub fn read(grounds: &[Ground<'_>]) -> Zones {
    let mut out = Zones::default();
    let furniture = Furniture::new(grounds);
    for (number, ground) in grounds.iter().enumerate() {
        let labelled = |wanted: Ask| ground.asked().find(|(_, ask)| *ask == wanted).map(|(label, _)| label);
        let labels = [labelled(Ask::Signature), labelled(Ask::Stamp)];
        let mut here = Pair::new(labels.map(|label| label.map(|label| ground.zone(label))));
        here.part(labels);
        let [of_signature, of_stamp] = contents(ground, &here, &furniture);
        // what the page's end cuts off goes on above the first label of the next page
        let over = grounds.get(number + 1).map(|next| {
            let rest = labels.map(|label| {
                let (x0, x1) = ground.runs_over(label?)?;
                Some(vec![Area { x0, x1, y0: 0.0, y1: next.first_label() }])
            });
            contents(next, &Pair::new(rest), &furniture)
        });
        let [more_signature, more_stamp] = over.unwrap_or_default();
        let [signature, stamp] = labels.map(|label| label.is_some());
        for (which, place) in out.places.iter_mut().enumerate() {
            let around = here.zone(which).iter().copied().reduce(|a, b| a.around(&b));
            *place = around.map(|area| (number, area)).or(*place);
        }
        if signature {
            out.signature_found = true;
            out.signature = more(of_signature, more_signature);
        }
        if stamp {
            out.stamp_found = true;
            out.stamp = more(of_stamp, more_stamp);
        }
    }
    out
}

/// The surer of the two parts of a zone that a page's end cuts in two.
fn more(here: Zone, over: Zone) -> Zone {
    match (here, over) {
        (here, Zone::Empty) | (here @ Zone::Ink { .. }, _) => here,
        (Zone::Empty | Zone::Unsure { .. }, over) => over,
    }
}

/// The zones' own labels: the end of one that a page's end has cut off is no signature.
const PRINTED: [&str; 2] =
    ["signaturedurepresentantlegaloudumandataireoutitulaireducabinet", "cachetdelastructure"];

/// What lies in each zone, and whether it is enough.
fn contents(ground: &Ground<'_>, pair: &Pair, furniture: &Furniture<'_>) -> [Zone; 2] {
    let page = ground.view.page;
    let mut found = [Found::default(), Found::default()];
    let mut marks = [Vec::new(), Vec::new()];
    let mut note = |whose: Whose, area: Area, what: What, origin: Origin| {
        if let Whose::Of(own) = whose {
            marks.get_mut(own).into_iter().for_each(|marks| marks.push(Mark { area, what, origin }));
        }
    };
    if pair.zone(0).is_empty() && pair.zone(1).is_empty() {
        return found.map(|found| found.zone(page.number));
    }
    for run in &ground.runs {
        let whose = pair.whose(&run.area);
        if whose == Whose::Nobody {
            continue;
        }
        let words =
            run.pieces.iter().filter_map(|index| ground.view.piece(*index)).map(|piece| piece.text.as_str());
        let text = words.collect::<Vec<_>>().join(" ");
        let key = squeeze(&text);
        let printed = PRINTED.iter().any(|label| label.contains(key.as_str()));
        // "(précédée de la mention…)", "Nom et qualité :"
        let asks = text.starts_with('(') && text.ends_with(')') || text.ends_with(':');
        if !is_placeholder(&text) && !printed && !asks && !furniture.has_words(ground, run) {
            // a date or a page's number signs nothing
            let words = key.chars().filter(|c| c.is_alphabetic()).count() >= 2;
            add(&mut found, whose, &text, run.area, words);
            let origin = run.pieces.first().and_then(|index| ground.view.piece(*index));
            let stamp = text.contains(|c: char| c.is_ascii_digit()) || run.pieces.len() > 4;
            if words {
                note(whose, run.area, What::Words { stamp }, origin.map_or(Origin::Page, |one| one.origin));
            }
        }
    }
    for (ink, what, whose, origin) in drawn(ground, pair, furniture) {
        add(&mut found, whose, what, ink, ink.width().max(ink.height()) > SMUDGE);
        note(whose, ink, if what == PICTURE { What::Picture } else { What::Stroke }, origin);
    }
    for (which, found) in found.iter_mut().enumerate() {
        ruled(ground, pair.zone(which), found);
    }
    for widget in page.widgets.iter().filter(|widget| !widget.hidden) {
        match &widget.kind {
            WidgetKind::Text { value } if !value.trim().is_empty() => {
                add(&mut found, pair.whose(&widget.area), value.trim(), widget.area, true);
            }
            WidgetKind::Text { .. }
            | WidgetKind::Button { .. }
            | WidgetKind::Signature { .. }
            | WidgetKind::Other => {}
        }
    }
    let mut zones = found.map(|found| found.zone(page.number));
    if !pair.zone(0).is_empty() && !pair.zone(1).is_empty() {
        both::doubt(&mut zones, &marks);
    }
    zones
}

/// Counts a mark for the zone it belongs to; one that may be either's is sure for none.
fn add(found: &mut [Found; 2], whose: Whose, what: &str, area: Area, sure: bool) {
    let (of, sure) = match whose {
        Whose::Of(own) => ([own == 0, own == 1], sure),
        Whose::Unclear(of) => (of, false),
        Whose::Nobody => return,
    };
    for (found, _) in found.iter_mut().zip(of).filter(|(_, of)| *of) {
        found.add(what, area, sure);
        found.marks += usize::from(matches!(whose, Whose::Of(_)));
    }
}

/// Strokes, shapes and pictures in the zones.
fn drawn(
    ground: &Ground<'_>,
    pair: &Pair,
    furniture: &Furniture<'_>,
) -> Vec<(Area, &'static str, Whose, Origin)> {
    let page = ground.view.page;
    let whole = 0.6 * page.width * page.height;
    let mut out = Vec::new();
    let mut strokes: Vec<(Area, Origin)> = Vec::new();
    for ink in page.ink.iter().filter(|ink| !matches!(ink.origin, Origin::Widget(_))) {
        let backdrop = ink.area.width() * ink.area.height() > whole;
        let line = ink.area.height() < RULE && ink.area.width() > 3.0 * SMUDGE;
        if backdrop || line || pair.whose(&ink.area) == Whose::Nobody || furniture.has_ink(ground, ink) {
            continue;
        }
        match ink.kind {
            InkKind::Stroke | InkKind::Fill { light: false } => strokes.push((ink.area, ink.origin)),
            InkKind::Picture { blank: false } => {
                out.push((ink.area, PICTURE, pair.whose(&ink.area), ink.origin));
            }
            InkKind::Box if ink.origin != Origin::Page => {
                out.push((ink.area, "cadre", pair.whose(&ink.area), ink.origin));
            }
            InkKind::Fill { light: true } | InkKind::Picture { blank: true } | InkKind::Box => {}
        }
    }
    for mark in touching(&strokes) {
        let (areas, origins): (Vec<Area>, Vec<Origin>) =
            mark.iter().filter_map(|index| strokes.get(*index)).copied().unzip();
        let owner = spilling(pair, &areas);
        out.extend(areas.into_iter().zip(origins).map(|(area, origin)| {
            let alone = pair.whose(&area);
            (area, "tracé", owner.map_or(alone, |owner| owner.of(alone)), origin)
        }));
    }
    out
}

/// Strokes of one origin that touch each other, as one mark each.
fn touching(strokes: &[(Area, Origin)]) -> Vec<Vec<usize>> {
    let mut marks: Vec<Vec<usize>> = Vec::new();
    for (index, (area, origin)) in strokes.iter().enumerate() {
        let near = grown(area, 1.0);
        let touches = |mark: &Vec<usize>| {
            mark.iter().filter_map(|other| strokes.get(*other)).any(|(other, from)| {
                from == origin && (strokes.len() > MOST_STROKES || near.overlap(&grown(other, 0.2)).is_some())
            })
        };
        let (mut joined, apart): (Vec<_>, Vec<_>) = marks.into_iter().partition(touches);
        let mut mark: Vec<usize> = joined.drain(..).flatten().collect();
        mark.push(index);
        marks = apart;
        marks.push(mark);
    }
    marks
}

/// Whose a mark is that stands in both zones.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// The other zone has only what spills over.
    Whole(usize),
    /// The other zone has less of it, but much: it may be a second mark that touches the first.
    Mostly(usize),
}

impl Owner {
    fn of(self, stroke: Whose) -> Whose {
        match self {
            Self::Whole(own) => Whose::Of(own),
            Self::Mostly(own) if stroke == Whose::Of(own) => stroke,
            Self::Mostly(own) => Whose::Unclear([own != 0, own != 1]),
        }
    }
}

fn spilling(pair: &Pair, areas: &[Area]) -> Option<Owner> {
    let (mut here, mut there) = (0.0, 0.0);
    for area in areas {
        let [a, b] = pair.shares(area);
        let size = area.width() + area.height();
        here += a * size;
        there += b * size;
    }
    let owner = usize::from(there > here);
    let lesser = here.min(there);
    // one stroke alone says by itself whose it is
    (areas.len() > 1 && lesser > 0.0).then_some(if lesser < SPILL * (here + there) {
        Owner::Whole(owner)
    } else {
        Owner::Mostly(owner)
    })
}

/// Straight lines in a zone: drawn over the form, or the frame of a stamp.
fn ruled(ground: &Ground<'_>, zone: &[Area], found: &mut Found) {
    let frame = ground.view.page.rules.iter().filter(|rule| {
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
    }

    fn zone(self, page: PageNumber) -> Zone {
        let Some(area) = self.area else { return Zone::Empty };
        // many small strokes make a signature, one is dirt
        let sure = self.sure || self.marks >= 3 && area.width().max(area.height()) > 3.0 * SMUDGE;
        let raw = self.raw.join(" ");
        let confidence = if sure { 1.0 } else { 0.5 };
        let evidence = Evidence { raw, confidence, page, area };
        if sure { Zone::Ink { evidence } } else { Zone::Unsure { evidence } }
    }
}
