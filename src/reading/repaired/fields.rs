//! The form fields of a copy: each widget as its page shows it, with its value set anew.

use super::fonts::Fonts;
use super::letters;
use crate::domain::sheet::{Area, PageNumber};
use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};
use std::collections::BTreeMap;

/// A widget of the copy.
#[derive(Debug)]
pub(super) struct Widget {
    pub page: PageNumber,
    /// On the page as it was read, among its widgets.
    pub index: usize,
    /// As displayed.
    pub area: Area,
    pub object: ObjectId,
    /// The field whose value it shows.
    pub field: ObjectId,
    pub what: What,
}

/// What a widget asks for.
#[derive(Debug)]
pub(super) enum What {
    Text(Text),
    Button(Button),
    /// A place for a digital signature, not signed.
    Signature,
}

#[derive(Debug)]
pub(super) struct Text {
    pub value: String,
    /// The value as a choice field holds it, while it is not changed.
    choice: Option<Object>,
    pub style: letters::Style,
}

#[derive(Debug)]
pub(super) struct Button {
    /// Its state that is not `Off`.
    pub on: Vec<u8>,
    pub ticked: bool,
    pub radio: bool,
    /// The field's value as it was, and whether it still holds.
    value: Option<Object>,
    changed: bool,
}

impl Text {
    pub fn new(value: &str, choice: Option<Object>, style: letters::Style) -> Self {
        Self { value: value.to_owned(), choice, style }
    }
}

impl Button {
    pub fn new(on: &[u8], ticked: bool, radio: bool, value: Option<Object>) -> Self {
        Self { on: on.to_vec(), ticked, radio, value, changed: false }
    }
}

impl Widget {
    /// Types into it, or empties it.
    fn type_in(&mut self, value: &str) {
        if let What::Text(text) = &mut self.what {
            text.choice = None;
            value.clone_into(&mut text.value);
        }
    }

    fn tick(&mut self, ticked: bool) {
        if let What::Button(button) = &mut self.what {
            button.changed |= button.ticked != ticked;
            button.ticked = ticked;
        }
    }
}

/// The fields of a copy.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub widgets: Vec<Widget>,
    pub roots: Vec<ObjectId>,
    /// Old nodes of the tree, and their copies.
    pub nodes: BTreeMap<ObjectId, ObjectId>,
}

impl Fields {
    /// Types into a widget, and whatever else shows the same field.
    pub fn type_in(&mut self, widget: usize, value: &str) {
        let field = self.widgets.get(widget).map(|widget| widget.field);
        self.widgets.iter_mut().filter(|one| Some(one.field) == field).for_each(|one| one.type_in(value));
    }

    pub fn tick(&mut self, widget: usize, ticked: bool) {
        self.widgets.get_mut(widget).into_iter().for_each(|one| one.tick(ticked));
    }

    /// Writes values, states and appearances; returns the form's dictionary, and its fonts.
    pub fn finish(mut self, to: &mut Document) -> Option<(Dictionary, Fonts)> {
        let mut fonts = Fonts::new(to);
        for widget in &self.widgets {
            let field = to.get_dictionary_mut(widget.field).ok()?;
            match &widget.what {
                What::Text(text) => {
                    field.set("DA", text.style.default_appearance());
                    match &text.choice {
                        Some(value) => field.set("V", value.clone()),
                        None if text.value.is_empty() => {
                            field.remove(b"V");
                        }
                        None => field.set("V", letters::text_string(&text.value)),
                    }
                    // an answer longer than the box takes could not be corrected there
                    let letters = i64::try_from(text.value.chars().count()).unwrap_or(i64::MAX);
                    if text.style.comb.is_none()
                        && field.get(b"MaxLen").and_then(Object::as_i64).is_ok_and(|most| most < letters)
                    {
                        field.remove(b"MaxLen");
                    }
                    let appearance = letters::text(to, &mut fonts, widget.object, text)?;
                    let normal = dictionary! { "N" => to.add_object(appearance) };
                    to.get_dictionary_mut(widget.object).ok()?.set("AP", normal);
                }
                What::Button(button) => {
                    let (on, off) = letters::button(to, widget.object, button.radio)?;
                    let mut states = Dictionary::new();
                    states.set(button.on.clone(), to.add_object(on));
                    states.set("Off", to.add_object(off));
                    let state = if button.ticked { button.on.clone() } else { b"Off".to_vec() };
                    let dict = to.get_dictionary_mut(widget.object).ok()?;
                    dict.set("AP", dictionary! { "N" => states });
                    dict.set("AS", Object::Name(state));
                }
                What::Signature => {
                    let normal = dictionary! { "N" => to.add_object(letters::nothing(to, widget.object)?) };
                    to.get_dictionary_mut(widget.object).ok()?.set("AP", normal);
                }
            }
        }
        self.button_values(to)?;
        let roots: Vec<Object> = self.roots.drain(..).map(Object::Reference).collect();
        fonts.finish(to);
        let named = dictionary! { "Helv" => fonts.plain };
        let form = dictionary! {
            "Fields" => roots,
            "DA" => Object::string_literal("/Helv 0 Tf 0 g"),
            "DR" => dictionary! { "Font" => named },
        };
        Some((form, fonts))
    }

    /// The values of check boxes and groups of radio buttons, once all their widgets are set.
    fn button_values(&self, to: &mut Document) -> Option<()> {
        let mut groups: BTreeMap<ObjectId, Vec<&Button>> = BTreeMap::new();
        for widget in &self.widgets {
            if let What::Button(button) = &widget.what {
                groups.entry(widget.field).or_default().push(button);
            }
        }
        for (field, buttons) in groups {
            let ticked = buttons.iter().find(|button| button.ticked);
            let value = match ticked {
                None => Object::Name(b"Off".to_vec()),
                Some(button) if buttons.iter().any(|button| button.changed) || button.value.is_none() => {
                    Object::Name(button.on.clone())
                }
                Some(button) => button.value.clone()?,
            };
            to.get_dictionary_mut(field).ok()?.set("V", value);
        }
        Some(())
    }
}
