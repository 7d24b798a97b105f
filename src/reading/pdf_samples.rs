//! Small PDFs for the tests of this room: one A4 page, built piece by piece.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

/// A PDF under construction. Fonts on the page: `/F` Helvetica, `/Z` `ZapfDingbats`.
pub(super) struct Sample {
    pub doc: Document,
    pub page: ObjectId,
    pub fonts: ObjectId,
    form: Dictionary,
    fields: Vec<Object>,
    annotations: Vec<Object>,
}

impl Sample {
    pub fn new(content: &str) -> Self {
        let mut doc = Document::with_version("1.7");
        let text = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
        "Encoding" => "WinAnsiEncoding" };
        let ticks = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "ZapfDingbats" };
        let fonts = doc.add_object(dictionary! { "F" => text, "Z" => ticks });
        let content = doc.add_object(Stream::new(Dictionary::new(), latin(content)));
        let pages = doc.new_object_id();
        let page = doc.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
            "Resources" => dictionary! { "Font" => fonts },
        });
        doc.objects.insert(
            pages,
            dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into(),
        );
        let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        doc.trailer.set("Root", catalog);
        let (fields, annotations) = (Vec::new(), Vec::new());
        Self { doc, page, fonts, form: Dictionary::new(), fields, annotations }
    }

    /// Sets an entry of the page.
    pub fn page(mut self, key: &str, value: impl Into<Object>) -> Self {
        if let Ok(page) = self.doc.get_dictionary_mut(self.page) {
            page.set(key, value);
        }
        self
    }

    /// Sets an entry of the catalog.
    pub fn catalog(mut self, key: &str, value: impl Into<Object>) -> Self {
        if let Ok(catalog) = self.doc.catalog_mut() {
            catalog.set(key, value);
        }
        self
    }

    /// Sets an entry of the form (there is a form when it has entries or fields).
    pub fn form(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.form.set(key, value);
        self
    }

    pub fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        self.doc.add_object(object)
    }

    /// An annotation on the page.
    pub fn annotation(mut self, dict: Dictionary) -> Self {
        let id = self.doc.add_object(dict);
        self.annotations.push(id.into());
        self
    }

    /// An annotation that has its object already.
    pub fn listed(mut self, id: ObjectId) -> Self {
        self.annotations.push(id.into());
        self
    }

    /// A field of the form that has its object already.
    pub fn field_tree(mut self, id: ObjectId) -> Self {
        self.fields.push(id.into());
        self
    }

    /// A field that is its own widget, on the page and in the form.
    pub fn field(mut self, dict: Dictionary) -> Self {
        let id = self.doc.add_object(dict);
        self.annotations.push(id.into());
        self.fields.push(id.into());
        self
    }

    /// A form object drawing `content` in a box of the given size.
    pub fn appearance(&mut self, content: &str, width: i64, height: i64) -> ObjectId {
        let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), width.into(), height.into()],
        "Resources" => dictionary! { "Font" => self.fonts } };
        self.doc.add_object(Stream::new(dict, latin(content)))
    }

    pub fn bytes(mut self) -> Vec<u8> {
        if !self.annotations.is_empty() {
            let list = std::mem::take(&mut self.annotations);
            self = self.page("Annots", list);
        }
        if !self.fields.is_empty() || !self.form.is_empty() {
            let mut form = std::mem::take(&mut self.form);
            form.set("Fields", std::mem::take(&mut self.fields));
            let form = self.doc.add_object(form);
            self = self.catalog("AcroForm", form);
        }
        let mut bytes = Vec::new();
        self.doc.save_to(&mut bytes).expect("a sample can be written");
        bytes
    }
}

/// A widget's dictionary at a place.
pub(super) fn widget(name: &str, kind: &str, rect: [i64; 4]) -> Dictionary {
    dictionary! { "Type" => "Annot", "Subtype" => "Widget", "FT" => kind,
    "T" => Object::string_literal(name), "Rect" => rect.map(Object::from).to_vec(), "F" => 4 }
}

/// Text as `WinAnsi` (Latin-1 part) bytes.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a Latin-1 letter")).collect()
}
