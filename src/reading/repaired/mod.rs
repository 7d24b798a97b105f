//! A form that is sent back, repaired: a fillable PDF with the answers that were right in their boxes,
//! the others empty, and beside each empty one the number of its problem in the letter.
//!
//! The document is the requester's own, written anew object by object (`graph`), where it has form fields
//! for what is asked again. Otherwise it is the blank edition that is compiled in. That one is the form as
//! the ANS publishes it and not made by code of ours: the requester gets the paper they know, word for word,
//! and a new edition is a file that is replaced. Both go the same way, and every copy is read again before
//! it is given out: it says what is kept and nothing else, and is not signed.

mod content;
mod fields;
mod fonts;
mod graph;
mod letters;
mod metrics;
mod numbers;
mod proof;
mod table;
mod tree;

use super::acroform::{self, Found};
use super::editions::Editions;
use super::forms::{self, Opened, Places, gather};
use super::page::{Area, Document, Origin, Page, PageNumber, WidgetKind};
use super::pdf::{self, Limits, guarded};
use crate::domain::form::Field;
use crate::domain::repair::{Repair, Spot};
use crate::domain::sheet::{Reading, Sheet, Tick, Zone};
use fields::{Fields, What};
use graph::Copier;
use lopdf::{Dictionary, Object, ObjectId, dictionary};
use numbers::Beside;
use proof::{is_meant, proven};
use std::collections::BTreeMap;
use table::Kind;

/// The blank edition: the form as published, fillable.
const BLANK: &[u8] = include_bytes!("../../../config/editions/f413.pdf");
/// Pages of a form that is given back.
const MOST_PAGES: usize = 20;
/// Stands in the title until the case has its number.
const NUMBER: &str = "F413-0000-000000";
/// Bytes by which a number may be longer.
const MORE: usize = 16;

/// A repaired copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Copy {
    pub bytes: Vec<u8>,
    /// Where the case's number belongs, which nobody knows yet: in the title.
    pub title_at: usize,
    /// Whether it is the requester's own document; else the blank edition.
    pub own: bool,
}

impl Copy {
    /// The copy with the case's number in its title. `None` where it has no place for it.
    #[must_use]
    pub fn numbered(&self, number: &str) -> Option<Vec<u8>> {
        let blank = placeholder();
        let mut bytes = self.bytes.clone();
        let place = bytes.get_mut(self.title_at..self.title_at.checked_add(blank.len())?)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if place != blank.as_bytes() || !plain || number.len() > NUMBER.len() + MORE {
            return None;
        }
        let width = blank.len() - number.len() - 1;
        place.copy_from_slice(format!("{number}){:width$}", "").as_bytes());
        Some(bytes)
    }
}

/// What stands in the place of a number: a number, the end of the title's string, and blanks.
fn placeholder() -> String {
    format!("{NUMBER}){:MORE$}", "")
}

impl std::fmt::Debug for Copy {
    /// Masked: it is full of personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Copy({} bytes, own: {})", self.bytes.len(), self.own)
    }
}

/// The copy of a form: of the document itself, if it is given and can be, and no larger than `most`
/// bytes; else the blank edition. `None` where neither holds all that was right.
#[must_use]
pub fn repaired(repair: &Repair, original: Option<&[u8]>, most: usize) -> Option<Copy> {
    let own = original.filter(|_| repair.own);
    let own = own.and_then(|bytes| guarded(|| copy(repair, bytes, true)).flatten());
    own.filter(|copy| copy.bytes.len() <= most)
        .or_else(|| guarded(|| copy(repair, BLANK, false)).flatten().filter(|copy| copy.bytes.len() <= most))
}

/// One form of a document that was read.
struct Located {
    document: Document,
    forms: Vec<(Reading, Places)>,
}

impl Located {
    fn of(bytes: &[u8]) -> Self {
        let document = pdf::open(bytes, &Limits::default());
        let editions = Editions::default();
        let opened = [Opened { name: "", bytes, document: &document }];
        let forms = gather(&opened).into_iter().filter(forms::Gathered::is_form);
        let forms = forms.map(|form| forms::locate(form, &opened, &editions, false)).collect();
        Self { document, forms }
    }

    fn page(&self, number: PageNumber) -> Option<&Page> {
        self.document.pages.iter().find(|page| page.number == number)
    }
}

/// A form in its document, as it was read.
struct Source<'a> {
    located: &'a Located,
    sheet: &'a Sheet,
    places: &'a Places,
}

fn copy(repair: &Repair, bytes: &[u8], own: bool) -> Option<Copy> {
    let document = pdf::structure(bytes, &Limits::default())?;
    // without fields to type into it cannot be corrected: it need not be read to know
    let text = |found: &Found<'_>| matches!(found.kind, WidgetKind::Text { .. });
    if !acroform::widgets(&document).iter().any(text) {
        return None;
    }
    let located = Located::of(bytes);
    let mut found = located.forms.iter().filter_map(|(reading, places)| {
        let sheet = reading.sheet.as_ref()?;
        let fits = !own || is_meant(repair, sheet, places);
        fits.then_some(Source { located: &located, sheet, places })
    });
    let source = found.next()?;
    let copy = source.written(repair, &document, own)?;
    proven(repair, &copy.bytes, own.then_some(source.sheet)).then_some(copy)
}

impl Source<'_> {
    /// The copy, not yet proven.
    fn written(&self, repair: &Repair, document: &lopdf::Document, own: bool) -> Option<Copy> {
        let mut copier = Copier::new(document);
        let pages_node = copier.to.new_object_id();
        let order: Vec<ObjectId> = document.page_iter().take(10_000).collect();
        let found = acroform::widgets(document);
        let tree = acroform::Form::of(document);
        let mut numbers: Vec<PageNumber> = self.places.pages.clone();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() || numbers.len() > MOST_PAGES {
            return None;
        }
        let mut fields = Fields::default();
        let mut pages: BTreeMap<PageNumber, ObjectId> = BTreeMap::new();
        for number in numbers {
            let page = self.located.page(number)?;
            let id = *order.get(usize::try_from(number.page).ok()?.checked_sub(1)?)?;
            let own = self.page(&mut copier, document, (id, pages_node), page)?;
            let mine: Vec<&Found<'_>> = found.iter().filter(|one| one.page == Some(id)).collect();
            // both parsers saw the same widgets
            if mine.len() != page.widgets.len() {
                return None;
            }
            fields.copy(&mut copier, (&tree, document), (id, own), &mine, page).ok()?;
            pages.insert(number, own);
        }
        let spots = self.fill(repair, &mut fields, own)?;
        let mut to = copier.to;
        let shapes: BTreeMap<PageNumber, &Page> =
            pages.keys().filter_map(|number| Some((*number, self.located.page(*number)?))).collect();
        let mut marks = Vec::new();
        for (number, beside, points) in spots {
            let mark = numbers::place(shapes.get(&number)?, beside, points, &marks);
            marks.push(mark);
        }
        let (mut form, fonts) = fields.finish(&mut to)?;
        let mut roots = form.get(b"Fields").and_then(Object::as_array).cloned().unwrap_or_default();
        for (at, mark) in (1..).zip(&marks) {
            let page = *pages.get(&mark.page)?;
            let displayed = shapes.get(&mark.page)?.user_space;
            roots.push(numbers::add(&mut to, &fonts, mark, (at, page, displayed))?.into());
        }
        form.set("Fields", roots);
        let kids: Vec<Object> = pages.values().map(|id| Object::Reference(*id)).collect();
        let count = i64::try_from(kids.len()).ok()?;
        let node = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
        to.objects.insert(pages_node, node.into());
        bytes_of(to, pages_node, form, own)
    }

    /// A page with its drawing, without fields, notes, links and actions.
    fn page<'d>(
        &self,
        copier: &mut Copier<'d>,
        document: &'d lopdf::Document,
        (id, parent): (ObjectId, ObjectId),
        page: &Page,
    ) -> Option<ObjectId> {
        let mut nodes: Vec<&Dictionary> = Vec::new();
        let mut next = Some(id);
        while let Some(node) =
            next.filter(|_| nodes.len() < 64).and_then(|id| document.get_dictionary(id).ok())
        {
            nodes.push(node);
            next = node.get(b"Parent").and_then(Object::as_reference).ok();
        }
        let inherited = |key: &[u8]| nodes.iter().find_map(|node| node.get(key).ok());
        let mut copy = dictionary! { "Type" => "Page", "Parent" => parent };
        for key in [&b"MediaBox"[..], b"CropBox", b"Rotate", b"UserUnit"] {
            if let Some(value) = inherited(key).and_then(|value| tree::plain(document, value)) {
                copy.set(key, value);
            }
        }
        let resources = inherited(b"Resources");
        if let Some(value) = resources {
            copy.set(
                "Resources",
                copier.object(Kind::Resources, value).ok()?.unwrap_or(Dictionary::new().into()),
            );
        }
        let mut drawn = copier.content(nodes.first()?).ok()?;
        let ink = self.ink(page);
        if !ink.is_empty() {
            let resources = resources.and_then(|value| document.dereference(value).ok()?.1.as_dict().ok());
            drawn = content::without(&drawn, resources, document, page.user_space, &ink)?;
        }
        let mut stream = lopdf::Stream::new(Dictionary::new(), drawn);
        stream.compress().ok()?;
        copy.set("Contents", copier.to.add_object(stream));
        Some(copier.to.add_object(copy))
    }

    /// Where the page itself draws a signature or a stamp.
    fn ink(&self, page: &Page) -> Vec<Area> {
        let zones = [&self.sheet.signature, &self.sheet.stamp].into_iter().filter_map(|zone| match zone {
            Zone::Empty => None,
            Zone::Ink { evidence } | Zone::Unsure { evidence } => Some(evidence),
        });
        zones
            .filter(|evidence| evidence.page.page == page.number.page)
            .map(|evidence| evidence.area)
            .collect()
    }

    /// Whether the page itself draws the words of an answer.
    fn is_printed(&self, field: Field) -> bool {
        let Some(written) = self.sheet.texts.get(&field) else { return false };
        let Some(page) = self.located.page(written.evidence.page) else { return true };
        let area = written.evidence.area;
        page.words.iter().any(|word| word.origin == Origin::Page && area.holds(word.area.middle()))
    }

    /// Types and ticks what is kept, empties the rest. Returns where the numbers belong; `None` where
    /// something that is kept, or asked again, has no box, or letters that not every viewer draws.
    fn fill<'r>(
        &self,
        repair: &'r Repair,
        fields: &mut Fields,
        own: bool,
    ) -> Option<Vec<(PageNumber, Beside, &'r [u16])>> {
        if !repair.texts.iter().all(|(_, words)| metrics::is_drawn(words)) {
            return None;
        }
        let at: BTreeMap<(PageNumber, usize), usize> =
            fields.widgets.iter().enumerate().map(|(n, widget)| ((widget.page, widget.index), n)).collect();
        let boxes: BTreeMap<_, Vec<usize>> = self
            .places
            .boxes
            .iter()
            .map(|(field, boxes)| (*field, boxes.iter().filter_map(|place| at.get(place).copied()).collect()))
            .collect();
        let kept: BTreeMap<_, &str> =
            repair.texts.iter().map(|(field, words)| (*field, words.as_str())).collect();
        for (field, boxes) in &boxes {
            let Some(words) = kept.get(field) else {
                for widget in boxes {
                    fields.type_in(*widget, "");
                }
                continue;
            };
            let typed = |widget: &usize| matches!(&fields.widgets.get(*widget).map(|w| &w.what), Some(What::Text(text)) if !text.value.trim().is_empty());
            let as_it_is = own && boxes.iter().any(typed);
            match boxes.as_slice() {
                _ if as_it_is => {}
                // typed over the box as a note, which is gone; drawn by the page itself it would be there twice
                [one] if !(own && self.is_printed(*field)) => fields.type_in(*one, words),
                _ => return None,
            }
        }
        // a form without fields for its answers cannot be corrected
        if kept.keys().any(|field| boxes.get(field).is_none_or(Vec::is_empty)) {
            return None;
        }
        let mut ticks: BTreeMap<Tick, usize> = BTreeMap::new();
        for (tick, marked) in &self.sheet.ticks {
            let (page, area) = (marked.evidence.page, marked.evidence.area);
            let here = |widget: &&(usize, PageNumber, Area)| widget.1 == page && widget.2 == area;
            let all: Vec<_> =
                fields.widgets.iter().enumerate().map(|(n, widget)| (n, widget.page, widget.area)).collect();
            let Some((widget, ..)) = all.iter().find(here).copied() else { continue };
            ticks.insert(*tick, widget);
        }
        let in_words = |widget: usize, fields: &Fields| {
            matches!(fields.widgets.get(widget).map(|widget| &widget.what), Some(What::Text(_)))
        };
        for (tick, widget) in &ticks {
            let wanted = repair.ticks.contains(tick);
            if !in_words(*widget, fields) {
                fields.tick(*widget, wanted);
            } else if !wanted {
                fields.type_in(*widget, "");
            }
        }
        let lost = |tick: &&Tick| !(own || ticks.contains_key(tick) || **tick == Tick::Terms);
        if repair.ticks.iter().any(|tick| lost(&tick)) {
            return None;
        }
        let mut spots = Vec::new();
        for (spot, numbers) in &repair.numbers {
            let of = |widgets: &[usize]| -> Option<(PageNumber, Area)> {
                let widgets = || widgets.iter().filter_map(|n| fields.widgets.get(*n));
                let page = widgets().next()?.page;
                let areas = widgets().filter(|widget| widget.page == page).map(|widget| widget.area);
                Some((page, areas.reduce(|a, b| a.around(&b))?))
            };
            let place = match spot {
                Spot::Text(field) => {
                    boxes.get(field).and_then(|boxes| of(boxes)).map(|(page, area)| (page, Beside::Box(area)))
                }
                Spot::Tick(tick) => {
                    let widget = ticks.get(tick).copied();
                    // the edition without such a box: the signature covers it (rulebook, `terms_accepted`)
                    if widget.is_none() && !own && *tick == Tick::Terms {
                        continue;
                    }
                    of(&widget.into_iter().collect::<Vec<_>>()).map(|(page, area)| (page, Beside::Tick(area)))
                }
                Spot::Signature | Spot::Stamp => {
                    let [signature, stamp] = self.places.zones;
                    let zone = if *spot == Spot::Signature { signature } else { stamp };
                    zone.map(|(page, area)| (page, Beside::Zone(area)))
                }
            };
            let (page, beside) = place?;
            spots.push((page, beside, numbers.as_slice()));
        }
        Some(spots)
    }
}

/// The file: catalog, form, title. The information dictionary is its last object, so that the title's
/// place is found from the end.
fn bytes_of(mut to: lopdf::Document, pages: ObjectId, form: Dictionary, own: bool) -> Option<Copy> {
    let form = to.add_object(form);
    let catalog = to.add_object(dictionary! {
        "Type" => "Catalog",
        "Pages" => pages,
        "AcroForm" => form,
        "Lang" => Object::string_literal("fr"),
        "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
    });
    let title = format!("F413-a-corriger-{NUMBER}");
    // the room behind the string is made by writing a longer one first
    let room = "x".repeat(MORE);
    let information = to.add_object(dictionary! {
        "Title" => Object::string_literal(format!("{title}{room}")),
        "Producer" => Object::string_literal("guichet"),
    });
    to.trailer.set("Root", catalog);
    to.trailer.set("Info", information);
    let mut bytes = Vec::new();
    to.save_to(&mut bytes).ok()?;
    let written = format!("{NUMBER}{room})");
    let title_at = bytes.windows(written.len()).rposition(|part| part == written.as_bytes())?;
    bytes.get_mut(title_at..title_at + written.len())?.copy_from_slice(placeholder().as_bytes());
    Some(Copy { bytes, title_at, own })
}

#[cfg(test)]
mod tests;
