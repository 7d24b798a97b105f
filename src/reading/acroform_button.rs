//! Check boxes and radio buttons: which of a widget's states is "on", and what value and
//! appearance say of it. Writers agree on little here; the rule is that any name but `Off` is on,
//! and that what cannot be matched is unknown, never off.

use super::page::{ButtonState, WidgetKind};
use super::text_strings::{decode, decode_name};
use lopdf::{Dictionary, Document, Object, ObjectId};

/// `/Ff` bit 17.
pub(super) const PUSH: i64 = 1 << 16;
/// `/Ff` bit 16.
pub(super) const RADIO: i64 = 1 << 15;

/// The states a widget has appearances for.
#[derive(Debug, Default)]
pub(super) struct States {
    /// On-states: all names in the normal (else the pressed) appearance but `Off`.
    on: Vec<Vec<u8>>,
    pub appearance: bool,
}

impl States {
    pub fn of(doc: &Document, widget: &Dictionary) -> Self {
        let Some(ap) = widget.get_deref(b"AP", doc).ok().and_then(|ap| ap.as_dict().ok()) else {
            return Self::default();
        };
        let names = |key: &[u8]| -> Vec<Vec<u8>> {
            match ap.get_deref(key, doc) {
                Ok(Object::Dictionary(states)) => {
                    states.iter().map(|(name, _)| name.clone()).filter(|name| name != b"Off").collect()
                }
                Ok(_) | Err(_) => Vec::new(),
            }
        };
        let normal = names(b"N");
        let on = if normal.is_empty() { names(b"D") } else { normal };
        let appearance = ap.get_deref(b"N", doc).is_ok_and(|n| !n.is_null());
        Self { on, appearance }
    }

    /// The state that stands for "on", as the widget names it.
    pub fn first(&self) -> Option<&[u8]> {
        self.on.first().map(Vec::as_slice)
    }

    fn has(&self, name: &[u8]) -> bool {
        self.on.iter().any(|on| same(on, name))
    }
}

/// Names that differ only in how an accent was encoded are the same.
fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || decode_name(a) == decode_name(b)
}

/// `/Opt` of a button: the export values of its widgets, in their order.
pub(super) fn options(doc: &Document, list: Option<&Object>) -> Vec<Vec<u8>> {
    list.and_then(|list| list.as_array().ok())
        .into_iter()
        .flatten()
        .filter_map(|item| bytes(doc.dereference(item).ok()?.1).map(<[u8]>::to_vec))
        .collect()
}

/// The widgets of the same field: their on-states, and this one's position among them.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    others: Vec<Vec<u8>>,
    position: Option<usize>,
}

pub(super) fn siblings(
    doc: &Document,
    id: Option<ObjectId>,
    chain: &[(Option<ObjectId>, &Dictionary)],
) -> Siblings {
    // the field is the nearest ancestor with a name; its kids are the widgets
    let Some((_, field)) = chain.iter().skip(1).find(|(_, node)| node.has(b"Kids")) else {
        return Siblings::default();
    };
    let Ok(kids) = field.get_deref(b"Kids", doc).and_then(Object::as_array) else {
        return Siblings::default();
    };
    let kids: Vec<ObjectId> = kids.iter().take(1000).filter_map(|kid| kid.as_reference().ok()).collect();
    // a kid with a name of its own is another field, not another widget of this one
    let widget = |kid: &&ObjectId| doc.get_dictionary(**kid).is_ok_and(|dict| !dict.has(b"T"));
    let own_name = chain.first().is_some_and(|(_, node)| node.has(b"T"));
    if own_name {
        return Siblings::default();
    }
    Siblings {
        others: kids
            .iter()
            .filter(widget)
            .filter(|kid| Some(**kid) != id)
            .filter_map(|kid| doc.get_dictionary(*kid).ok())
            .flat_map(|dict| States::of(doc, dict).on)
            .collect(),
        position: kids.iter().position(|kid| Some(*kid) == id),
    }
}

/// What a button's widget is and says.
pub(super) fn kind(
    states: &States,
    value: Option<&Object>,
    shown: Option<&Object>,
    options: &[Vec<u8>],
    siblings: &Siblings,
    radio: bool,
) -> WidgetKind {
    let shown_name = shown.and_then(bytes);
    let on = states.on.first().map(Vec::as_slice).or(shown_name.filter(|name| *name != b"Off"));
    // an export value belongs to the state whose name is its number, else to the widget's position
    let number = on.and_then(|name| std::str::from_utf8(name).ok()?.parse::<usize>().ok());
    let export =
        number.and_then(|n| options.get(n)).or_else(|| siblings.position.and_then(|n| options.get(n)));
    let label = export.map(|export| decode(export)).or_else(|| on.map(decode_name)).unwrap_or_default();

    let stands_for = |name: &[u8]| {
        if name == b"Off" {
            ButtonState::Off
        } else if states.has(name) || (states.on.is_empty() && !radio) {
            ButtonState::On
        } else if siblings.others.iter().any(|other| same(other, name)) {
            ButtonState::Off
        } else {
            ButtonState::Unknown
        }
    };
    let value_name = value.and_then(bytes);
    // neither a value nor a state: off is the default (ISO 32000-2 §12.7.5.2.3)
    if value_name.is_none() && shown_name.is_none() {
        return WidgetKind::Button { value: ButtonState::Off, shown: ButtonState::Off, export: label, radio };
    }
    let value = match value_name {
        None => ButtonState::Unknown,
        Some(name) => match stands_for(name) {
            ButtonState::Unknown if export.is_some_and(|export| same(export, name)) => ButtonState::On,
            // the value names another widget's export value
            ButtonState::Unknown if options.iter().any(|option| same(option, name)) => ButtonState::Off,
            state @ (ButtonState::On | ButtonState::Off | ButtonState::Unknown) => state,
        },
    };
    let shown = match shown_name {
        None => ButtonState::Unknown,
        Some(b"Off") => ButtonState::Off,
        Some(name) if states.has(name) || states.on.is_empty() => ButtonState::On,
        Some(_) => ButtonState::Unknown,
    };
    WidgetKind::Button { value, shown, export: label, radio }
}

fn bytes(object: &Object) -> Option<&[u8]> {
    match object {
        Object::Name(name) => Some(name),
        Object::String(bytes, _) => Some(bytes),
        _ => None,
    }
}
