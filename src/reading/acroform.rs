//! Form fields and their widgets, with what fields inherit from their parents.
//!
//! Widgets are found on the pages (`/Annots`) and through the form's field tree: either may be
//! incomplete. Nothing of a malformed tree is an error; it is left out.

use super::acroform_button::{self as button, States};
use super::page::WidgetKind;
use super::pdfsig::is_time_stamp;
use super::text_strings::{decode, decode_name};
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::{BTreeMap, BTreeSet};

/// Nested deeper than this, a field tree is a loop or an attack.
const DEEPEST: usize = 64;
/// Fields and widgets looked at.
const MOST_NODES: usize = 20_000;
/// A value stored as a stream is read up to this many bytes.
const LONGEST_VALUE: usize = 1 << 20;

/// A widget as found, its place still in the page's own coordinates.
#[derive(Debug)]
pub(super) struct Found<'d> {
    /// `None` where it is in the field tree but on no page: nobody sees it.
    pub page: Option<ObjectId>,
    /// The annotation's object; `None` where it is written into the page's `/Annots` itself.
    pub id: Option<ObjectId>,
    /// Position in the page's `/Annots`.
    pub index: usize,
    /// x0, y0, x1, y1 in default user space (y upwards).
    pub rect: [f32; 4],
    pub name: String,
    pub tooltip: Option<String>,
    pub kind: WidgetKind,
    pub hidden: bool,
    /// Whether there is an appearance to trust.
    pub appearance: bool,
    /// The value of a signed signature field.
    pub signature: Option<&'d Dictionary>,
}

/// All widgets of a document.
pub(super) fn widgets(doc: &Document) -> Vec<Found<'_>> {
    let form = Form::of(doc);
    let mut found = Vec::new();
    let mut seen: BTreeSet<ObjectId> = BTreeSet::new();
    for page in doc.page_iter().take(MOST_NODES) {
        for (index, entry) in annotations(doc, page).iter().enumerate() {
            if found.len() >= MOST_NODES {
                return found;
            }
            let Some((id, dict)) = resolve(doc, entry) else { continue };
            if name_of(doc, dict, b"Subtype") != Some(b"Widget") {
                continue;
            }
            if id.is_none_or(|id| seen.insert(id)) {
                found.push(form.widget(dict, id, Some(page), index));
            }
        }
    }
    // widgets no page lists: not seen by a reader, but their signatures count
    let pages: BTreeSet<ObjectId> = doc.page_iter().take(MOST_NODES).collect();
    for &id in &form.leaves {
        if !seen.insert(id) || found.len() >= MOST_NODES {
            continue;
        }
        let Ok(dict) = doc.get_dictionary(id) else { continue };
        let page = dict.get(b"P").and_then(Object::as_reference).ok().filter(|page| pages.contains(page));
        let mut widget = form.widget(dict, Some(id), page, usize::MAX);
        widget.hidden = true;
        found.push(widget);
    }
    found
}

/// `/NeedAppearances`, `/XFA` and the tree of fields.
pub(super) struct Form<'d> {
    doc: &'d Document,
    stale: bool,
    /// Child → parent as the `/Kids` say, for children that do not name their parent.
    parents: BTreeMap<ObjectId, ObjectId>,
    /// Fields without fields below them.
    leaves: Vec<ObjectId>,
}

impl<'d> Form<'d> {
    pub(super) fn of(doc: &'d Document) -> Self {
        let mut form = Self { doc, stale: false, parents: BTreeMap::new(), leaves: Vec::new() };
        let Some(dict) = dictionary(doc) else { return form };
        form.stale = matches!(dict.get_deref(b"NeedAppearances", doc), Ok(Object::Boolean(true)));
        let mut seen = BTreeSet::new();
        let mut open: Vec<(ObjectId, usize)> =
            references(doc, dict, b"Fields").into_iter().map(|id| (id, 0)).collect();
        open.reverse();
        while let Some((id, depth)) = open.pop() {
            if !seen.insert(id) || seen.len() > MOST_NODES || depth > DEEPEST {
                continue;
            }
            let Ok(field) = doc.get_dictionary(id) else { continue };
            let kids = references(doc, field, b"Kids");
            if kids.is_empty() {
                form.leaves.push(id);
            }
            for kid in kids.into_iter().rev() {
                form.parents.entry(kid).or_insert(id);
                open.push((kid, depth + 1));
            }
        }
        form
    }

    /// A node and its ancestors, nearest first.
    pub(super) fn chain(
        &self,
        dict: &'d Dictionary,
        id: Option<ObjectId>,
    ) -> Vec<(Option<ObjectId>, &'d Dictionary)> {
        let mut chain = vec![(id, dict)];
        let mut seen: BTreeSet<ObjectId> = id.into_iter().collect();
        let (mut here, mut here_id) = (dict, id);
        while chain.len() < DEEPEST {
            let named = here.get(b"Parent").and_then(Object::as_reference).ok();
            let parent = named
                .filter(|id| self.doc.get_dictionary(*id).is_ok())
                .or_else(|| here_id.and_then(|id| self.parents.get(&id).copied()));
            let Some(parent) = parent.filter(|id| seen.insert(*id)) else { break };
            let Ok(dict) = self.doc.get_dictionary(parent) else { break };
            chain.push((Some(parent), dict));
            (here, here_id) = (dict, Some(parent));
        }
        chain
    }

    fn widget(
        &self,
        dict: &'d Dictionary,
        id: Option<ObjectId>,
        page: Option<ObjectId>,
        index: usize,
    ) -> Found<'d> {
        let chain = self.chain(dict, id);
        let inherited = |key: &[u8]| {
            chain
                .iter()
                .find_map(|(_, node)| node.get_deref(key, self.doc).ok().filter(|value| !value.is_null()))
        };
        let text = |value: &Object| value.as_str().ok().map(decode);
        let mut names: Vec<String> =
            chain.iter().filter_map(|(_, node)| node.get_deref(b"T", self.doc).ok().and_then(text)).collect();
        names.reverse();
        let flags = inherited(b"Ff").and_then(|f| f.as_i64().ok()).unwrap_or(0);
        let value = inherited(b"V");
        let states = States::of(self.doc, dict);
        let field_type = inherited(b"FT").and_then(|ft| ft.as_name().ok());
        let mut signature = None;
        let kind = match field_type {
            Some(b"Tx") => WidgetKind::Text { value: value.map_or_else(String::new, |v| self.text(v)) },
            Some(b"Ch") => WidgetKind::Text { value: self.choice(value, inherited(b"Opt")) },
            Some(b"Btn") if flags & button::PUSH == 0 => button::kind(
                &states,
                value,
                dict.get_deref(b"AS", self.doc).ok(),
                &button::options(self.doc, inherited(b"Opt")),
                &button::siblings(self.doc, id, &chain),
                flags & button::RADIO != 0,
            ),
            Some(b"Sig") => {
                signature = value
                    .and_then(|v| v.as_dict().ok())
                    .filter(|v| v.has(b"Contents") || v.has(b"ByteRange"))
                    .filter(|v| !is_time_stamp(v));
                WidgetKind::Signature { signed: signature.is_some() }
            }
            Some(b"Btn") => WidgetKind::Other,
            // a field without a type: what its value and appearance are like
            Some(_) | None => match value {
                Some(v @ (Object::String(..) | Object::Stream(_))) => {
                    WidgetKind::Text { value: self.text(v) }
                }
                Some(_) | None => WidgetKind::Other,
            },
        };
        let annotation_flags = dict.get_deref(b"F", self.doc).and_then(Object::as_i64).unwrap_or(0);
        Found {
            page,
            id,
            index,
            rect: rectangle(self.doc, dict).unwrap_or_default(),
            name: names.join("."),
            tooltip: inherited(b"TU").and_then(text).filter(|tu| !tu.trim().is_empty()),
            kind,
            // hidden (bit 2), no view (bit 6): ISO 32000-2 table 167
            hidden: annotation_flags & 0b10_0010 != 0,
            appearance: states.appearance && !self.stale,
            signature,
        }
    }

    /// A value as text: a string, a name, a stream, or a list of these (one a line).
    fn text(&self, value: &Object) -> String {
        match value {
            Object::String(bytes, _) => decode(bytes),
            Object::Name(name) => decode_name(name),
            Object::Stream(stream) => stream
                .get_plain_content_with_limit(LONGEST_VALUE)
                .map(|bytes| decode(&bytes))
                .unwrap_or_default(),
            Object::Array(items) => {
                let texts: Vec<String> = items
                    .iter()
                    .filter_map(|item| self.doc.dereference(item).ok())
                    .filter_map(|(_, item)| match item {
                        Object::String(bytes, _) => Some(decode(bytes)),
                        Object::Name(name) => Some(decode_name(name)),
                        _ => None,
                    })
                    .collect();
                texts.join("\n")
            }
            Object::Integer(number) => number.to_string(),
            Object::Real(number) => number.to_string(),
            Object::Null | Object::Boolean(_) | Object::Dictionary(_) | Object::Reference(_) => String::new(),
        }
    }

    /// A choice's value: what the list shows for it, where the list has pairs of export and shown.
    fn choice(&self, value: Option<&Object>, list: Option<&'d Object>) -> String {
        let Some(value) = value.map(|v| self.text(v)) else { return String::new() };
        let pairs = list.and_then(|list| list.as_array().ok());
        let shown = |one: &str| {
            pairs.into_iter().flatten().take(MOST_NODES).find_map(|item| {
                let pair = self.doc.dereference(item).ok()?.1.as_array().ok()?;
                let [export, shown] = pair.as_slice() else { return None };
                let text = |o: &Object| self.doc.dereference(o).ok().map(|(_, o)| self.text(o));
                (text(export)? == one).then(|| text(shown)).flatten()
            })
        };
        let lines: Vec<String> =
            value.split('\n').map(|one| shown(one).unwrap_or_else(|| one.to_owned())).collect();
        lines.join("\n")
    }
}

/// The catalog's `/AcroForm`.
pub(super) fn dictionary(doc: &Document) -> Option<&Dictionary> {
    doc.catalog().ok()?.get_deref(b"AcroForm", doc).ok()?.as_dict().ok()
}

pub(super) fn annotations(doc: &Document, page: ObjectId) -> &[Object] {
    doc.get_dictionary(page)
        .and_then(|page| page.get_deref(b"Annots", doc))
        .and_then(Object::as_array)
        .map_or(&[], Vec::as_slice)
}

fn resolve<'d>(doc: &'d Document, entry: &'d Object) -> Option<(Option<ObjectId>, &'d Dictionary)> {
    let id = entry.as_reference().ok();
    let (_, object) = doc.dereference(entry).ok()?;
    object.as_dict().ok().map(|dict| (id, dict))
}

fn name_of<'d>(doc: &'d Document, dict: &'d Dictionary, key: &[u8]) -> Option<&'d [u8]> {
    dict.get_deref(key, doc).ok()?.as_name().ok()
}

fn references(doc: &Document, dict: &Dictionary, key: &[u8]) -> Vec<ObjectId> {
    dict.get_deref(key, doc)
        .and_then(Object::as_array)
        .map(|list| list.iter().filter_map(|item| item.as_reference().ok()).collect())
        .unwrap_or_default()
}

fn rectangle(doc: &Document, dict: &Dictionary) -> Option<[f32; 4]> {
    let list = dict.get_deref(b"Rect", doc).ok()?.as_array().ok()?;
    let mut numbers = list.iter().filter_map(|item| doc.dereference(item).ok()?.1.as_float().ok());
    let (a, b, c, d) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}
