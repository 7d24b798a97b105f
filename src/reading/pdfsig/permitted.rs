//! What the signer who certifies a document permits to happen to it afterwards (`/DocMDP`, `/FieldMDP`:
//! ISO 32000-2 §12.8.2.2, §12.8.2.4).

use super::changes::same;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeSet;

/// Parents of a field that are followed.
const DEEPEST: usize = 64;

/// How much may change after a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Nothing but further signatures; any signature that does not certify.
    Nothing,
    /// Fields may be filled in.
    Filling,
    /// Notes may be made, too.
    Notes,
}

/// What a signature permits; of one that does not certify: nothing.
#[derive(Debug)]
pub(super) struct Certification {
    certifies: bool,
    level: Level,
    locks: Vec<Lock>,
}

/// Fields that may not be filled in all the same.
#[derive(Debug)]
enum Lock {
    All,
    These(BTreeSet<Vec<u8>>),
    AllBut(BTreeSet<Vec<u8>>),
}

impl Certification {
    /// As it stood in the document when it was signed: the catalog's `/Perms` name the signature that
    /// certifies.
    pub fn of(signed: &Document, signature: &Dictionary) -> Self {
        let contents =
            |one: &Dictionary| one.get(b"Contents").and_then(Object::as_str).ok().map(<[u8]>::to_vec);
        let certifies = signed
            .catalog()
            .and_then(|catalog| catalog.get_deref(b"Perms", signed))
            .and_then(Object::as_dict)
            .and_then(|perms| perms.get_deref(b"DocMDP", signed))
            .and_then(Object::as_dict)
            .is_ok_and(|one| contents(one).is_some() && contents(one) == contents(signature));
        let mut out = Self { certifies, level: Level::Nothing, locks: Vec::new() };
        let references = signature.get_deref(b"Reference", signed).and_then(Object::as_array);
        for reference in references.ok().filter(|_| certifies).into_iter().flatten() {
            let Some(reference) = dictionary(signed, reference) else { continue };
            let parameters = reference.get(b"TransformParams").ok().and_then(|one| dictionary(signed, one));
            match reference.get(b"TransformMethod").and_then(Object::as_name) {
                Ok(b"DocMDP") => {
                    let level = parameters.and_then(|one| one.get_deref(b"P", signed).ok()?.as_i64().ok());
                    // filling in is what is meant where nothing is said
                    out.level = match level.unwrap_or(2) {
                        2 => Level::Filling,
                        3 => Level::Notes,
                        _ => Level::Nothing,
                    };
                }
                Ok(b"FieldMDP") => out.locks.extend(parameters.map(|one| Lock::of(signed, one))),
                Ok(_) | Err(_) => {}
            }
        }
        out
    }

    pub fn certifies(&self) -> bool {
        self.certifies
    }

    /// Whether what a dictionary says under a key may have become what it is now.
    pub fn permits(
        &self,
        signed: &Document,
        now: &Document,
        key: &[u8],
        a: &Dictionary,
        b: &Dictionary,
    ) -> bool {
        let notes = self.level == Level::Notes;
        if self.level == Level::Nothing || notes && is_note(a) && is_note(b) {
            return self.level != Level::Nothing;
        }
        match key {
            b"V" | b"AP" | b"AS" | b"M" | b"RV" | b"I" | b"MK" => {
                is_field(signed, a) && !self.locks.iter().any(|lock| lock.holds(&full_name(signed, a)))
            }
            b"NeedAppearances" => a.has(b"Fields"),
            b"Annots" => notes && only_notes_differ(signed, now, a, b),
            _ => false,
        }
    }

    /// Whether a stream may have become another: what a field looked like, drawn anew in its place.
    pub fn permits_drawing(&self, signed: &Document, id: ObjectId) -> bool {
        self.level > Level::Nothing && is_appearance(signed, self.level, id)
    }

    /// Whether a list of annotations that is an object of its own may have become what it is now.
    pub fn permits_list(&self, signed: &Document, now: &Document, before: &Object, after: &Object) -> bool {
        self.level == Level::Notes && widgets_of(signed, before) == widgets_of(now, after)
    }
}

impl Lock {
    fn of(doc: &Document, parameters: &Dictionary) -> Self {
        let names = || {
            let list = parameters.get_deref(b"Fields", doc).and_then(Object::as_array);
            list.into_iter().flatten().filter_map(|name| name.as_str().ok()).map(<[u8]>::to_vec).collect()
        };
        match parameters.get_deref(b"Action", doc).and_then(Object::as_name) {
            Ok(b"Include") => Self::These(names()),
            Ok(b"Exclude") => Self::AllBut(names()),
            Ok(_) | Err(_) => Self::All,
        }
    }

    fn holds(&self, name: &[u8]) -> bool {
        // a name stands for the fields beneath it, too
        let among = |names: &BTreeSet<Vec<u8>>| {
            names.iter().any(|one| {
                name.strip_prefix(one.as_slice())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
            })
        };
        match self {
            Self::All => true,
            Self::These(names) => among(names),
            Self::AllBut(names) => !among(names),
        }
    }
}

/// Whether a document has fields to fill in, and none holds an answer.
pub(super) fn is_blank(doc: &Document) -> bool {
    let empty = |value: &Object| match value {
        Object::String(text, _) => text.is_empty() || text == b"\xFE\xFF",
        Object::Name(name) => name.is_empty() || name == b"Off",
        Object::Array(items) => items.is_empty(),
        // a signature's
        Object::Dictionary(_) => true,
        Object::Null => true,
        _ => false,
    };
    let dicts = doc.objects.values().filter_map(|object| object.as_dict().ok());
    let mut fields = dicts.filter(|dict| is_field(doc, dict)).peekable();
    fields.peek().is_some() && fields.all(|dict| dict.get_deref(b"V", doc).map_or(true, empty))
}

fn dictionary<'d>(doc: &'d Document, object: &'d Object) -> Option<&'d Dictionary> {
    doc.dereference(object).ok()?.1.as_dict().ok()
}

fn chain<'d>(doc: &'d Document, dict: &'d Dictionary) -> impl Iterator<Item = &'d Dictionary> {
    let parent = |one: &&'d Dictionary| one.get(b"Parent").ok().and_then(|parent| dictionary(doc, parent));
    std::iter::successors(Some(dict), parent).take(DEEPEST)
}

fn is_subtype(dict: &Dictionary, name: &[u8]) -> bool {
    dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|one| one == name)
}

/// A field, or its widget, other than a signature's.
fn is_field(doc: &Document, dict: &Dictionary) -> bool {
    let kind = chain(doc, dict).find_map(|one| one.get(b"FT").and_then(Object::as_name).ok());
    kind.is_some_and(|kind| kind != b"Sig") && (dict.has(b"T") || is_subtype(dict, b"Widget"))
}

/// An annotation that is no widget.
fn is_note(dict: &Dictionary) -> bool {
    dict.has(b"Subtype") && dict.has(b"Rect") && !is_subtype(dict, b"Widget") && !dict.has(b"FT")
}

fn full_name(doc: &Document, dict: &Dictionary) -> Vec<u8> {
    let mut names: Vec<&[u8]> =
        chain(doc, dict).filter_map(|one| one.get(b"T").and_then(Object::as_str).ok()).collect();
    names.reverse();
    names.join(&b'.')
}

/// The members of a list that are no notes, in their order.
fn widgets_of<'d>(doc: &'d Document, list: &'d Object) -> Vec<&'d Object> {
    let items = doc.dereference(list).ok().and_then(|(_, list)| list.as_array().ok());
    let other = |item: &&Object| dictionary(doc, item).is_none_or(|dict| !is_note(dict));
    items.into_iter().flatten().filter(other).collect()
}

fn only_notes_differ(signed: &Document, now: &Document, a: &Dictionary, b: &Dictionary) -> bool {
    let of = |doc, dict: &Dictionary| {
        dict.get(b"Annots").ok().map(|list| widgets_of(doc, list).into_iter().cloned().collect::<Vec<_>>())
    };
    let (before, after) = (of(signed, a).unwrap_or_default(), of(now, b).unwrap_or_default());
    before.len() == after.len() && before.iter().zip(&after).all(|(x, y)| same(x, y))
}

/// Whether a stream was what a field (or a note, where notes may change) looked like when it was signed.
fn is_appearance(signed: &Document, level: Level, id: ObjectId) -> bool {
    fn leads(doc: &Document, object: &Object, id: ObjectId, depth: usize) -> bool {
        match object {
            Object::Reference(to) if *to == id => true,
            Object::Reference(_) | Object::Dictionary(_) if depth > 0 => dictionary(doc, object)
                .is_some_and(|dict| dict.iter().any(|(_, one)| leads(doc, one, id, depth - 1))),
            _ => false,
        }
    }
    signed
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|dict| is_field(signed, dict) || level == Level::Notes && is_note(dict))
        .filter_map(|dict| dict.get(b"AP").ok())
        // /AP, then /N, /D or /R, then a state
        .any(|appearance| leads(signed, appearance, id, 3))
}
