//! What came into a document after it was signed. Another signature (and what proves signatures:
//! `/DSS`, time stamps) leaves it as it was signed; everything else does not.

use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeSet;

/// Whether all differences between the document as signed and as it is now are further signatures.
pub(super) fn only_signatures_added(signed: &Document, now: &Document) -> bool {
    let same_root = root(signed) == root(now);
    let changed = now
        .objects
        .iter()
        .filter(|(id, object)| signed.objects.get(*id).is_some_and(|before| !same(before, object)));
    let lost =
        signed.objects.iter().any(|(id, object)| !now.objects.contains_key(id) && !is_structure(object));
    let lists = annotation_lists(now);
    same_root
        && !lost
        && changed.into_iter().all(|(id, object)| {
            signed.objects.get(id).is_some_and(|before| harmless(signed, now, &lists, *id, before, object))
        })
}

fn root(doc: &Document) -> Option<ObjectId> {
    doc.trailer.get(b"Root").and_then(Object::as_reference).ok()
}

/// Streams are compared by what they hold, not by where they stand in the file.
fn same(a: &Object, b: &Object) -> bool {
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
    let form = super::acroform::dictionary(doc).map(|form| (form, &b"Fields"[..]));
    pages.chain(form).filter_map(|(dict, key)| dict.get(key).and_then(Object::as_reference).ok()).collect()
}

fn harmless(
    signed: &Document,
    now: &Document,
    lists: &BTreeSet<ObjectId>,
    id: ObjectId,
    before: &Object,
    after: &Object,
) -> bool {
    if is_structure(before) && is_structure(after) {
        return true;
    }
    if lists.contains(&id) {
        return grown_by_signatures(signed, now, Some(before), Some(after));
    }
    let info = now.trailer.get(b"Info").and_then(Object::as_reference).ok() == Some(id);
    let dicts = match (before, after) {
        (Object::Stream(a), Object::Stream(b)) => {
            return a.dict.has_type(b"Metadata") && b.dict.has_type(b"Metadata");
        }
        (Object::Dictionary(a), Object::Dictionary(b)) => (a, b),
        _ => return false,
    };
    let (a, b) = dicts;
    let form =
        |doc: &Document| doc.catalog().and_then(|c| c.get(b"AcroForm")).and_then(Object::as_reference).ok();
    let is_form = form(now) == Some(id);
    let is_catalog = root(now) == Some(id);
    info || differing(a, b).iter().all(|key| {
        let (x, y) = (a.get(key).ok(), b.get(key).ok());
        match key.as_slice() {
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
    })
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
