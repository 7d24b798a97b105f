//! What came into a document after it was signed. Another signature (and what proves signatures:
//! `/DSS`, time stamps) leaves it as it was signed; what a certification permits completes it; everything
//! else changes it.

use super::permitted::{Certification, is_blank};
use crate::reading::acroform;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeSet;

/// What became of a document since it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// Further signatures at most.
    Nothing,
    /// What its certification permits.
    Completed,
    /// Whatever came: what was certified is an empty form, its author's, and others have filled it in.
    Begun,
    Changed,
}

/// What a difference does to what was signed, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Nothing,
    Completes,
    Changes,
}

impl Effect {
    fn permitted(so: bool) -> Self {
        if so { Self::Completes } else { Self::Changes }
    }
}

/// Looks at all differences between the document as signed and as it is now.
pub(super) fn since(signed: &Document, now: &Document, certification: &Certification) -> Since {
    let lost =
        signed.objects.iter().any(|(id, object)| !now.objects.contains_key(id) && !is_structure(object));
    if root(signed) != root(now) || lost {
        return Since::Changed;
    }
    let look = Look { signed, now, certification, lists: annotation_lists(now) };
    let changed = signed.objects.iter().filter_map(|(id, before)| {
        let after = now.objects.get(id).filter(|after| !same(before, after))?;
        Some(look.at(*id, before, after))
    });
    match changed.max().unwrap_or(Effect::Nothing) {
        Effect::Nothing => Since::Nothing,
        Effect::Completes | Effect::Changes if certification.certifies() && is_blank(signed) => Since::Begun,
        Effect::Completes => Since::Completed,
        Effect::Changes => Since::Changed,
    }
}

fn root(doc: &Document) -> Option<ObjectId> {
    doc.trailer.get(b"Root").and_then(Object::as_reference).ok()
}

/// Streams are compared by what they hold, not by where they stand in the file.
pub(super) fn same(a: &Object, b: &Object) -> bool {
    match (a, b) {
        (Object::Stream(a), Object::Stream(b)) => a.dict == b.dict && a.content == b.content,
        _ => a == b,
    }
}

/// Cross-reference and object streams: how the file is written, not what it says.
fn is_structure(object: &Object) -> bool {
    match object {
        Object::Stream(stream) => {
            stream.dict.has_type(b"XRef") || stream.dict.has_type(b"ObjStm") || stream.dict.has(b"Linearized")
        }
        _ => false,
    }
}

/// Lists of annotations or fields that are objects of their own.
fn annotation_lists(doc: &Document) -> BTreeSet<ObjectId> {
    let pages =
        doc.page_iter().filter_map(|id| doc.get_dictionary(id).ok()).map(|page| (page, &b"Annots"[..]));
    let form = acroform::dictionary(doc).map(|form| (form, &b"Fields"[..]));
    pages.chain(form).filter_map(|(dict, key)| dict.get(key).and_then(Object::as_reference).ok()).collect()
}

struct Look<'d> {
    signed: &'d Document,
    now: &'d Document,
    certification: &'d Certification,
    lists: BTreeSet<ObjectId>,
}

impl Look<'_> {
    fn at(&self, id: ObjectId, before: &Object, after: &Object) -> Effect {
        let (signed, now) = (self.signed, self.now);
        if is_structure(before) && is_structure(after) {
            return Effect::Nothing;
        }
        if self.lists.contains(&id) {
            return if grown_by_signatures(signed, now, Some(before), Some(after)) {
                Effect::Nothing
            } else {
                Effect::permitted(self.certification.permits_list(signed, now, before, after))
            };
        }
        match (before, after) {
            (Object::Stream(a), Object::Stream(b)) if is_metadata(&a.dict) && is_metadata(&b.dict) => {
                Effect::Nothing
            }
            (Object::Stream(_), Object::Stream(_)) => {
                Effect::permitted(self.certification.permits_drawing(signed, id))
            }
            (Object::Dictionary(a), Object::Dictionary(b)) => self.at_keys(id, a, b),
            _ => Effect::Changes,
        }
    }

    fn at_keys(&self, id: ObjectId, a: &Dictionary, b: &Dictionary) -> Effect {
        let (signed, now) = (self.signed, self.now);
        if now.trailer.get(b"Info").and_then(Object::as_reference).ok() == Some(id) {
            return Effect::Nothing;
        }
        let effect = |key: &Vec<u8>| {
            if self.harmless(id, key, a, b) {
                Effect::Nothing
            } else {
                Effect::permitted(self.certification.permits(signed, now, key, a, b))
            }
        };
        differing(a, b).iter().map(effect).max().unwrap_or(Effect::Nothing)
    }

    fn harmless(&self, id: ObjectId, key: &[u8], a: &Dictionary, b: &Dictionary) -> bool {
        let (signed, now) = (self.signed, self.now);
        let form = now.catalog().and_then(|c| c.get(b"AcroForm")).and_then(Object::as_reference).ok();
        let (is_form, is_catalog) = (form == Some(id), root(now) == Some(id));
        let (x, y) = (a.get(key).ok(), b.get(key).ok());
        match key {
            b"DSS" | b"Extensions" | b"Version" | b"Metadata" => is_catalog,
            b"AcroForm" => is_catalog && form_grown(signed, now, x, y),
            b"Annots" => b.has_type(b"Page") && grown_by_signatures(signed, now, x, y),
            b"Fields" => is_form && grown_by_signatures(signed, now, x, y),
            b"SigFlags" | b"DR" | b"DA" => is_form,
            // an empty signature field that was signed later
            b"V" | b"AP" | b"M" | b"F" | b"Lock" => is_signature_field(b) && !a.has(b"V"),
            // a time of change, without a change
            b"LastModified" => true,
            _ => false,
        }
    }
}

fn is_metadata(dict: &Dictionary) -> bool {
    dict.has_type(b"Metadata")
}

/// Keys whose values differ.
fn differing(a: &Dictionary, b: &Dictionary) -> BTreeSet<Vec<u8>> {
    let keys = a.iter().chain(b.iter()).map(|(key, _)| key.clone());
    keys.filter(|key| match (a.get(key), b.get(key)) {
        (Ok(x), Ok(y)) => !same(x, y),
        (Err(_), Err(_)) => false,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => true,
    })
    .collect()
}

/// `/AcroForm` written into the catalog, or moved from there to an object of its own.
fn form_grown(signed: &Document, now: &Document, x: Option<&Object>, y: Option<&Object>) -> bool {
    fn dict<'d>(doc: &'d Document, object: Option<&'d Object>) -> Option<&'d Dictionary> {
        doc.dereference(object?).ok()?.1.as_dict().ok()
    }
    let empty = Dictionary::new();
    let (a, b) = (dict(signed, x).unwrap_or(&empty), dict(now, y));
    b.is_some_and(|b| {
        differing(a, b).iter().all(|key| match key.as_slice() {
            b"Fields" => grown_by_signatures(signed, now, a.get(key).ok(), b.get(key).ok()),
            b"SigFlags" | b"DR" | b"DA" => true,
            _ => false,
        })
    })
}

/// Whether a list of annotations or fields still has all it had, in order, and besides only
/// signature fields.
fn grown_by_signatures(signed: &Document, now: &Document, x: Option<&Object>, y: Option<&Object>) -> bool {
    fn list<'d>(doc: &'d Document, object: Option<&'d Object>) -> &'d [Object] {
        object
            .and_then(|o| doc.dereference(o).ok())
            .and_then(|(_, o)| o.as_array().ok())
            .map_or(&[], Vec::as_slice)
    }
    let (before, after) = (list(signed, x), list(now, y));
    let mut old = before.iter().peekable();
    let new = after.iter().filter(|item| old.next_if(|expected| same(expected, item)).is_none());
    let all_signatures = new
        .map(|item| now.dereference(item).ok().and_then(|(_, o)| o.as_dict().ok()))
        .all(|dict| dict.is_some_and(is_signature_field));
    all_signatures && old.next().is_none()
}

fn is_signature_field(dict: &Dictionary) -> bool {
    dict.get(b"FT").and_then(Object::as_name).is_ok_and(|ft| ft == b"Sig")
}
