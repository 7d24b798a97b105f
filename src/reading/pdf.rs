//! Bytes of a PDF → page model. Two parsers read the file: one its structure and form fields, one
//! what the pages draw; where only one of them can, what it reads is kept.

use super::acroform::{self, Found};
use super::page::{Area, DigitalSignature, Document, Page, PageNumber, Trouble};
use super::pdf_page::{self, Sheet};
use super::pdfsig::{self, Trust};
use hayro_interpret::InterpreterCache;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use lopdf::{Dictionary, Object, ObjectId};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a document may be at most, and whose signature on it is trusted.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: usize,
    /// Pages that are read; a form has 3 to 5. Further ones are counted, not read.
    pub max_pages: usize,
    /// Bytes any one compressed stream of the file's structure may grow to.
    pub max_stream: usize,
    /// Who issues certificates that are known.
    pub trust: Trust,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 32 << 20, max_pages: 50, max_stream: 64 << 20, trust: Trust::default() }
    }
}

/// Reads a PDF. Total: whatever the bytes are, the answer is a document, with its trouble.
///
/// Parsers' panics are caught here; the process should have a silent panic hook, or they print.
#[must_use]
pub fn open(bytes: &[u8], limits: &Limits) -> Document {
    if bytes.len() > limits.max_bytes {
        return Document { trouble: Some(Trouble::TooLarge), ..Document::default() };
    }
    let drawn = guarded(|| Pdf::new(bytes.to_vec())).unwrap_or(Err(LoadPdfError::Invalid));
    let structure = guarded(|| structure(bytes, limits)).flatten();
    let found = structure.as_ref().and_then(|doc| guarded(|| acroform::widgets(doc))).unwrap_or_default();
    let order: Vec<ObjectId> =
        structure.iter().flat_map(lopdf::Document::page_iter).take(MOST_PAGES).collect();
    let (pages, page_count) = match &drawn {
        Ok(pdf) => (drawn_pages(pdf, &found, &order, limits), pdf.pages().len()),
        Err(LoadPdfError::Decryption(_) | LoadPdfError::Invalid) => {
            (structure.iter().flat_map(|doc| bare_pages(doc, &found, &order, limits)).collect(), order.len())
        }
    };
    let trouble = trouble(&drawn, structure.as_ref(), &pages, page_count, limits);
    let signatures = match &structure {
        Some(doc) => guarded(|| signatures(bytes, doc, &found, &order, limits)).unwrap_or_default(),
        None => Vec::new(),
    };
    Document { pages, signatures, page_count, trouble }
}

/// Pages that are numbered at all.
const MOST_PAGES: usize = 100_000;

fn trouble(
    drawn: &Result<Pdf, LoadPdfError>,
    structure: Option<&lopdf::Document>,
    pages: &[Page],
    page_count: usize,
    limits: &Limits,
) -> Option<Trouble> {
    let too_many = page_count > limits.max_pages;
    if pages.is_empty() && !too_many {
        return Some(match drawn {
            Err(LoadPdfError::Decryption(
                DecryptionError::PasswordProtected
                | DecryptionError::UnsupportedAlgorithm
                | DecryptionError::InvalidEncryption
                | DecryptionError::MissingIDEntry,
            )) => Trouble::Encrypted,
            Err(LoadPdfError::Invalid) | Ok(_) => Trouble::Damaged,
        });
    }
    if structure.is_some_and(|doc| is_only_xfa(doc, pages)) {
        return Some(Trouble::Unsupported("XFA"));
    }
    too_many.then_some(Trouble::TooLarge)
}

/// Runs a parser that may panic on hostile input; `None` when it did.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// The file's objects; `None` where they cannot be had.
pub(super) fn structure(bytes: &[u8], limits: &Limits) -> Option<lopdf::Document> {
    let options = lopdf::LoadOptions { max_decompressed_size: Some(limits.max_stream), ..Default::default() };
    let doc = lopdf::Document::load_mem_with_options(bytes, options).ok()?;
    // an owner's password alone: the empty user password has opened it while loading
    (!doc.is_encrypted() || doc.was_encrypted()).then_some(doc)
}

/// Pages as drawn, with their widgets.
fn drawn_pages(pdf: &Pdf, found: &[Found<'_>], order: &[ObjectId], limits: &Limits) -> Vec<Page> {
    let cache = InterpreterCache::new();
    let mut pages = Vec::new();
    for (index, page) in pdf.pages().iter().enumerate().take(limits.max_pages) {
        let id = page.raw().obj_id().and_then(|id| pdf_page::object_id(id.obj_number, id.gen_number));
        // the same page for both parsers: by its object, else by its place
        let id = id.or_else(|| order.get(index).copied());
        let mine: Vec<&Found<'_>> = found.iter().filter(|f| f.page.is_some() && f.page == id).collect();
        pages.push(Page { number: number(index), ..pdf_page::read(pdf, page, &cache, &mine) });
    }
    pages
}

/// Pages of which only the form fields can be read.
fn bare_pages(doc: &lopdf::Document, found: &[Found<'_>], order: &[ObjectId], limits: &Limits) -> Vec<Page> {
    order
        .iter()
        .enumerate()
        .take(limits.max_pages)
        .filter_map(|(index, id)| {
            let sheet = Sheet::of_dictionary(doc, *id);
            let widgets: Vec<_> = found
                .iter()
                .filter(|f| f.page == Some(*id))
                .map(|f| pdf_page::widget(f, &sheet, None))
                .collect();
            let page = Page { number: number(index), widgets, ..sheet.blank() };
            (!page.widgets.is_empty()).then_some(page)
        })
        .collect()
}

fn number(index: usize) -> PageNumber {
    u32::try_from(index + 1).unwrap_or(u32::MAX).into()
}

/// The signatures with their places. One on no page is said to be at the first page's corner.
fn signatures(
    bytes: &[u8],
    doc: &lopdf::Document,
    found: &[Found<'_>],
    order: &[ObjectId],
    limits: &Limits,
) -> Vec<DigitalSignature> {
    let revision = |signed: &[u8]| structure(signed, limits);
    pdfsig::check(bytes, doc, found, &limits.trust, revision, |widget| {
        let page = widget.page.and_then(|id| Some((order.iter().position(|page| *page == id)?, id)));
        page.map_or((1.into(), Area::default()), |(index, id)| {
            (number(index), Sheet::of_dictionary(doc, id).displayed(widget.rect))
        })
    })
}

/// An XFA form that only its own program can draw: the PDF's page says "please wait". Forms that
/// carry XFA beside ordinary fields or pages are read by those.
fn is_only_xfa(doc: &lopdf::Document, pages: &[Page]) -> bool {
    let Some(form) = acroform::dictionary(doc) else { return false };
    let xfa = form.get_deref(b"XFA", doc).is_ok_and(|xfa| !xfa.is_null());
    if !xfa || pages.iter().any(|page| !page.widgets.is_empty()) {
        return false;
    }
    let rendered_elsewhere = doc.catalog().is_ok_and(|catalog: &Dictionary| {
        matches!(catalog.get_deref(b"NeedsRendering", doc), Ok(Object::Boolean(true)))
    });
    // the notice has about 80 words, a form's page some hundreds
    let words: usize = pages.iter().map(|page| page.words.len()).sum();
    rendered_elsewhere || words < 150
}
