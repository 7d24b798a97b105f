//! The tree of fields copied: with the entries named here and no others.

use super::fields::{Button, Fields, Text, What, Widget};
use super::graph::{Copier, Refused};
use super::letters;
use crate::reading::acroform::{self, Form, Found, annotations};
use crate::reading::acroform_button::{PUSH, RADIO, States};
use crate::reading::page::{ButtonState, Page, WidgetKind};
use lopdf::{Dictionary, Document, Object, ObjectId};

/// `/Ff` bits that stay (ISO 32000-2 §12.7.5): how a field is typed into. Not read-only, no password,
/// no file, no rich text.
const MULTILINE: i64 = 1 << 12;
const COMB: i64 = 1 << 24;
const OF_TEXT: i64 = MULTILINE | COMB | 1 << 22 | 1 << 23;
const OF_BUTTON: i64 = RADIO | 1 << 14 | 1 << 25;
const OF_CHOICE: i64 = 1 << 17 | 1 << 18 | 1 << 21;
/// Options of a choice, cells of a comb, letters of a name.
const MOST: usize = 1_000;

/// A widget's node and those above it, nearest first, with their old objects.
type Chain<'d> = [(Option<ObjectId>, &'d Dictionary)];

/// A widget of the original, with what it inherits.
struct Old<'d> {
    document: &'d Document,
    dict: &'d Dictionary,
    chain: Vec<(Option<ObjectId>, &'d Dictionary)>,
    field_type: &'d [u8],
    flags: i64,
}

impl<'d> Old<'d> {
    /// `None` for what is not an answer: push buttons.
    fn of(
        form: &Form<'d>,
        document: &'d Document,
        dict: &'d Dictionary,
        id: Option<ObjectId>,
    ) -> Option<Self> {
        let chain = form.chain(dict, id);
        let mut old = Self { document, dict, chain, field_type: b"Tx", flags: 0 };
        old.flags = old.inherited(b"Ff").and_then(|flags| flags.as_i64().ok()).unwrap_or(0);
        old.field_type = old.inherited(b"FT").and_then(|kind| kind.as_name().ok()).unwrap_or(b"Tx");
        (old.field_type != b"Btn" || old.flags & PUSH == 0).then_some(old)
    }

    fn inherited(&self, key: &[u8]) -> Option<&'d Object> {
        let value = |node: &'d Dictionary| node.get_deref(key, self.document).ok();
        self.chain.iter().find_map(|(_, node)| value(node).filter(|value| !value.is_null()))
    }

    fn number(&self, key: &[u8]) -> Option<i64> {
        self.inherited(key).and_then(|number| number.as_i64().ok())
    }

    /// The flags that stay.
    fn kept(&self) -> i64 {
        self.flags
            & match self.field_type {
                b"Tx" => OF_TEXT,
                b"Btn" => OF_BUTTON,
                b"Ch" => OF_CHOICE,
                _ => 0,
            }
    }

    /// The field is the nearest node with a name.
    fn field(&self) -> usize {
        let named = self.chain.iter().position(|(_, node)| node.has(b"T"));
        named.unwrap_or(self.chain.len().saturating_sub(1))
    }

    fn what(&self, kind: &WidgetKind) -> Option<What> {
        Some(match kind {
            WidgetKind::Text { value } => What::Text(self.text(value)),
            WidgetKind::Button { value, shown, radio, .. } => {
                let states = States::of(self.document, self.dict);
                let shown_name = self.dict.get_deref(b"AS", self.document).and_then(Object::as_name).ok();
                let on = states.first().or(shown_name.filter(|name| *name != b"Off")).unwrap_or(b"Yes");
                let ticked = match (value, shown) {
                    // buttons that share a state: what is drawn tells them apart
                    (ButtonState::On, ButtonState::Off) => !*radio,
                    (ButtonState::On, _) | (_, ButtonState::On) => true,
                    (_, _) => false,
                };
                let value = self.inherited(b"V").and_then(|value| plain(self.document, value));
                What::Button(Button::new(on, ticked, *radio, value))
            }
            WidgetKind::Signature { .. } => What::Signature,
            WidgetKind::Other => return None,
        })
    }

    fn text(&self, value: &str) -> Text {
        let own = self.inherited(b"DA");
        let appearance =
            own.or_else(|| acroform::dictionary(self.document)?.get_deref(b"DA", self.document).ok());
        let cells = self.number(b"MaxLen").and_then(|n| usize::try_from(n).ok());
        let multiline = self.flags & MULTILINE != 0;
        let comb = self.flags & COMB != 0 && !multiline;
        let style = letters::Style {
            multiline,
            comb: cells.filter(|cells| comb && (1..=MOST).contains(cells)),
            side: self.number(b"Q").unwrap_or(0),
            ..letters::Style::of(appearance.and_then(|da| da.as_str().ok()).unwrap_or_default())
        };
        let choice = self.inherited(b"V").filter(|_| self.field_type == b"Ch");
        Text::new(value, choice.and_then(|value| plain(self.document, value)), style)
    }
}

impl Fields {
    /// Copies the widgets of a page that people see and answer in. `found` are the page's, in the order
    /// of `page.widgets`.
    pub fn copy(
        &mut self,
        copier: &mut Copier<'_>,
        (form, document): (&Form<'_>, &Document),
        (id, own): (ObjectId, ObjectId),
        found: &[&Found<'_>],
        page: &Page,
    ) -> Result<(), Refused> {
        let listed = annotations(document, id);
        let turned = i64::from(letters::quarter(page.user_space));
        let mut annots = Vec::new();
        for (index, (found, seen)) in found.iter().zip(&page.widgets).enumerate() {
            let entry = listed.get(found.index).and_then(|entry| document.dereference(entry).ok());
            let Some(dict) = entry.and_then(|(_, entry)| entry.as_dict().ok()).filter(|_| !found.hidden)
            else {
                continue;
            };
            let Some(old) = Old::of(form, document, dict, found.id) else { continue };
            let Some(what) = old.what(&found.kind) else { continue };
            let Some((object, field)) = self.branch(copier, &old) else { continue };
            look(copier, document, dict, (object, own), (found.rect, turned))?;
            annots.push(Object::Reference(object));
            self.widgets.push(Widget { page: page.number, index, area: seen.area, object, field, what });
        }
        if let Ok(page) = copier.to.get_dictionary_mut(own) {
            page.set("Annots", annots);
        }
        Ok(())
    }

    /// Copies a widget and the fields above it, as far as they are not copied yet. Returns the widget and
    /// its field.
    fn branch(&mut self, copier: &mut Copier<'_>, old: &Old<'_>) -> Option<(ObjectId, ObjectId)> {
        let chain: &Chain<'_> = &old.chain;
        let at = old.field();
        let mut below: Option<ObjectId> = None;
        let (mut object, mut field) = (None, None);
        for (depth, (id, node)) in chain.iter().enumerate() {
            let known = id.and_then(|id| self.nodes.get(&id).copied());
            let here = known.unwrap_or_else(|| {
                let mut copy = node_of(old.document, node);
                if depth == at {
                    copy.set("FT", Object::Name(old.field_type.to_vec()));
                    copy.set("Ff", old.kept());
                }
                let here = copier.to.add_object(copy);
                if let Some(id) = id {
                    self.nodes.insert(*id, here);
                }
                if depth + 1 == chain.len() {
                    self.roots.push(here);
                }
                here
            });
            object = object.or(Some(here));
            if depth == at {
                field = Some(here);
            }
            if let Some(below) = below.replace(here) {
                adopt(&mut copier.to, here, below);
            }
            if known.is_some() {
                break;
            }
        }
        // a branch that was copied before stops early: its field was then, too
        let field = field.or_else(|| self.nodes.get(&chain.get(at)?.0?).copied());
        Some((object?, field?))
    }
}

/// What a node of the tree says of itself.
fn node_of(document: &Document, node: &Dictionary) -> Dictionary {
    let mut copy = Dictionary::new();
    for key in [&b"T"[..], b"TU"] {
        if let Ok(Object::String(bytes, format)) = node.get_deref(key, document) {
            copy.set(key, Object::String(bytes.iter().take(MOST).copied().collect(), *format));
        }
    }
    for key in [&b"MaxLen"[..], b"Q"] {
        if let Ok(Object::Integer(number)) = node.get_deref(key, document) {
            copy.set(key, *number);
        }
    }
    if let Ok(options) = node.get_deref(b"Opt", document)
        && let Some(options) = plain(document, options)
    {
        copy.set("Opt", options);
    }
    copy
}

/// Place, frame and background of a widget. All are shown and printed.
fn look(
    copier: &mut Copier<'_>,
    document: &Document,
    dict: &Dictionary,
    (object, page): (ObjectId, ObjectId),
    (rect, turned): ([f32; 4], i64),
) -> Result<(), Refused> {
    let mut frame = Dictionary::new();
    if let Ok(Object::Dictionary(old)) = dict.get_deref(b"MK", document) {
        for key in [&b"BC"[..], b"BG", b"R", b"CA"] {
            let value = old.get_deref(key, document).ok().and_then(|value| plain(document, value));
            if let Some(value) = value {
                frame.set(key, value);
            }
        }
    }
    if !frame.has(b"R") && turned != 0 {
        frame.set("R", turned);
    }
    let mut border = Dictionary::new();
    if let Ok(Object::Dictionary(old)) = dict.get_deref(b"BS", document) {
        for key in [&b"W"[..], b"S"] {
            let value = old.get_deref(key, document).ok().and_then(|value| plain(document, value));
            if let Some(value) = value {
                border.set(key, value);
            }
        }
    }
    let widget = copier.to.get_dictionary_mut(object).map_err(|_| Refused)?;
    widget.set("Type", "Annot");
    widget.set("Subtype", "Widget");
    widget.set("Rect", rect.map(Object::from).to_vec());
    widget.set("F", 4);
    widget.set("P", page);
    if !frame.is_empty() {
        widget.set("MK", frame);
    }
    if !border.is_empty() {
        widget.set("BS", border);
    }
    Ok(())
}

/// Makes one node the kid of another.
fn adopt(to: &mut Document, parent: ObjectId, kid: ObjectId) {
    if let Ok(node) = to.get_dictionary_mut(kid) {
        node.set("Parent", parent);
    }
    if let Ok(node) = to.get_dictionary_mut(parent) {
        let mut kids = node.get(b"Kids").and_then(Object::as_array).cloned().unwrap_or_default();
        kids.push(kid.into());
        node.set("Kids", kids);
    }
}

/// Numbers, names, strings, and lists of these one in another at most.
pub(super) fn plain(document: &Document, value: &Object) -> Option<Object> {
    let simple = |value: &Object| match document.dereference(value).ok()?.1 {
        simple @ (Object::Integer(_) | Object::Real(_) | Object::Name(_) | Object::String(..)) => {
            Some(simple.clone())
        }
        _ => None,
    };
    let list = |value: &Object| match document.dereference(value).ok()?.1 {
        Object::Array(items) => Some(items.iter().take(MOST).filter_map(simple).collect::<Vec<_>>().into()),
        _ => simple(value),
    };
    match document.dereference(value).ok()?.1 {
        Object::Array(items) => Some(items.iter().take(MOST).filter_map(list).collect::<Vec<_>>().into()),
        _ => simple(value),
    }
}
