//! Bytes of a PDF → page model. Two parsers read the file: one its structure and form fields, one
//! what the pages draw; where only one of them can, what it reads is kept.

use super::acroform::{self, Found};
use super::graphics::{Canvas, Exhausted, area_of};
use super::page::{AnnotationKind, Area, Document, Origin, Page, Trouble, Widget};
use super::text;
use hayro_interpret::font::{FontData, FontQuery, StandardFont};
use hayro_interpret::kurbo::{Affine, Rect, Shape as _};
use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, RenderContent, interpret, interpret_page,
};
use hayro_syntax::content::TypedIter;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};
use hayro_syntax::page::Resources;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use lopdf::ObjectId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Annotations of a page that are drawn.
const MOST_ANNOTATIONS: usize = 5_000;

/// What a document may be at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: usize,
    /// Pages that are read; a form has 4 or 5. Further ones are counted, not read.
    pub max_pages: usize,
    /// Bytes any one compressed stream may grow to.
    pub max_stream: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 32 << 20, max_pages: 50, max_stream: 64 << 20 }
    }
}

/// Reads a PDF. Total: whatever the bytes are, the answer is a document, with its trouble.
#[must_use]
pub fn open(bytes: &[u8], limits: &Limits) -> Document {
    if bytes.len() > limits.max_bytes {
        return Document { trouble: Some(Trouble::TooLarge), ..Document::default() };
    }
    let drawn = guarded(|| Pdf::new(bytes.to_vec())).unwrap_or(Err(LoadPdfError::Invalid));
    let structure = guarded(|| structure(bytes, limits)).flatten();
    let found = structure.as_ref().and_then(|doc| guarded(|| acroform::widgets(doc))).unwrap_or_default();
    match &drawn {
        Ok(pdf) => {
            let pages = pages(pdf, &found, limits);
            let page_count = pdf.pages().len();
            let trouble = if page_count > limits.max_pages {
                Some(Trouble::TooLarge)
            } else if pages.is_empty() {
                Some(Trouble::Damaged)
            } else {
                None
            };
            Document { pages, signatures: Vec::new(), page_count, trouble }
        }
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => {
            Document { trouble: Some(Trouble::Encrypted), ..Document::default() }
        }
        Err(LoadPdfError::Decryption(_) | LoadPdfError::Invalid) => {
            Document { trouble: Some(Trouble::Damaged), ..Document::default() }
        }
    }
}

/// Runs a parser that may panic on hostile input; `None` when it did.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn structure(bytes: &[u8], limits: &Limits) -> Option<lopdf::Document> {
    let options = lopdf::LoadOptions { max_decompressed_size: Some(limits.max_stream), ..Default::default() };
    let doc = lopdf::Document::load_mem_with_options(bytes, options).ok()?;
    // an owner's password alone: the empty user password has opened it while loading
    (!doc.is_encrypted() || doc.was_encrypted()).then_some(doc)
}

fn settings() -> InterpreterSettings {
    InterpreterSettings {
        font_resolver: Arc::new(font_resolver),
        render_content: RenderContent::PAGE,
        ..InterpreterSettings::default()
    }
}

/// Stand-ins for fonts that are not in the file. Symbol fonts get one that has no letters, so that
/// their codes are not taken for letters (see `graphics::text_of`).
fn font_resolver(query: &FontQuery) -> Option<(FontData, u32)> {
    Some(match query {
        FontQuery::Standard(standard) => standard.get_font_data(),
        FontQuery::Fallback(wanted) => {
            let symbols = wanted.post_script_name.as_deref().is_some_and(|name| {
                let name = name.to_lowercase();
                ["wingdings", "webdings", "dingbat", "marlett"].iter().any(|known| name.contains(known))
            });
            if symbols {
                StandardFont::ZapfDingBats.get_font_data()
            } else {
                wanted.pick_standard_font().get_font_data()
            }
        }
    })
}

fn pages(pdf: &Pdf, found: &[Found<'_>], limits: &Limits) -> Vec<Page> {
    let cache = InterpreterCache::new();
    let mut pages = Vec::new();
    for (index, page) in pdf.pages().iter().take(limits.max_pages).enumerate() {
        let sheet = Sheet::new(page);
        let id = page.raw().obj_id().and_then(|id| object_id(id.obj_number, id.gen_number));
        let mine: Vec<&Found<'_>> = found.iter().filter(|f| f.page.is_some() && f.page == id).collect();
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        pages.push(read_page(pdf, page, &cache, &sheet, &mine, number));
    }
    pages
}

fn object_id(number: u32, generation: i32) -> Option<ObjectId> {
    Some((number, u16::try_from(generation).ok()?))
}

/// A page's size and the way from its own coordinates to displayed ones.
struct Sheet {
    area: Area,
    transform: Affine,
}

impl Sheet {
    fn new(page: &hayro_syntax::page::Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        Self {
            area: Area::new(0.0, 0.0, width, height),
            transform: Affine::new(page.initial_transform(true).as_coeffs()),
        }
    }

    fn displayed(&self, rect: [f32; 4]) -> Area {
        let [x0, y0, x1, y1] = rect.map(f64::from);
        area_of((self.transform * Rect::new(x0, y0, x1, y1).to_path(0.1)).bounding_box())
    }
}

fn read_page<'p>(
    pdf: &'p Pdf,
    page: &hayro_syntax::page::Page<'p>,
    cache: &InterpreterCache<'p>,
    sheet: &Sheet,
    found: &[&Found<'_>],
    number: u32,
) -> Page {
    let mut canvas = Canvas::new(sheet.area);
    let context = |at| {
        let whole = Rect::new(0.0, 0.0, f64::from(sheet.area.x1), f64::from(sheet.area.y1));
        Context::new(at, whole, cache, pdf.xref(), settings())
    };
    canvas.settle(Origin::Page, sheet.area);
    let mut going = drawn_to_its_end(|| interpret_page(page, &mut context(sheet.transform), &mut canvas));
    let annotations = page.raw().get::<Array<'p>>("Annots");
    let entries = annotations.iter().flat_map(Array::raw_iter);
    for (index, entry) in entries.enumerate().take(MOST_ANNOTATIONS) {
        if !going {
            break;
        }
        let (id, annotation) = match entry {
            MaybeRef::Ref(id) => {
                (object_id(id.obj_number, id.gen_number), pdf.xref().get::<Dict<'p>>(id.into()))
            }
            MaybeRef::NotRef(object) => (None, object.into_dict()),
        };
        let Some(annotation) = annotation else { continue };
        let widget = found.iter().position(|f| if id.is_some() { f.id == id } else { f.index == index });
        let Some(origin) = origin(&annotation, widget) else { continue };
        let Some(appearance) = Appearance::of(&annotation) else { continue };
        let at = sheet.transform * appearance.placed;
        canvas.settle(origin, area_of((at * appearance.boxed.to_path(0.1)).bounding_box()));
        going = drawn_to_its_end(|| {
            let resources = appearance.resources.as_ref().unwrap_or_else(|| page.resources());
            interpret(TypedIter::new(&appearance.content), resources, &mut context(at), &mut canvas);
        });
    }
    let widgets = found.iter().enumerate().map(|(index, f)| widget(f, sheet, &canvas, index)).collect();
    Page {
        number,
        width: sheet.area.x1,
        height: sheet.area.y1,
        words: text::words(&canvas.glyphs, &canvas.covers),
        rules: canvas.rules,
        ink: canvas.ink,
        widgets,
    }
}

/// Draws; whatever stops a drawing half way, what it drew until then is kept. `false` when the
/// page's allowance is used up.
fn drawn_to_its_end(drawing: impl FnOnce()) -> bool {
    !catch_unwind(AssertUnwindSafe(drawing)).is_err_and(|cause| cause.is::<Exhausted>())
}

fn widget(found: &Found<'_>, sheet: &Sheet, canvas: &Canvas, index: usize) -> Widget {
    let own = canvas.glyphs.iter().filter(|glyph| glyph.origin == Origin::Widget(index));
    Widget {
        name: found.name.clone(),
        tooltip: found.tooltip.clone(),
        area: sheet.displayed(found.rect),
        kind: found.kind.clone(),
        hidden: found.hidden,
        drawn: (found.appearance && !found.hidden).then(|| text::joined(own)),
    }
}

/// Whose drawing an annotation's appearance is; `None` when it is not shown.
fn origin(annotation: &Dict<'_>, widget: Option<usize>) -> Option<Origin> {
    // hidden (bit 2), no view (bit 6): ISO 32000-2 table 167
    if annotation.get::<u32>("F").unwrap_or(0) & 0b10_0010 != 0 {
        return None;
    }
    let subtype = annotation.get::<Name<'_>>("Subtype");
    Some(match subtype.as_ref().map(AsRef::as_ref) {
        // a field that could not be read as one is what a reader sees: something on the page
        Some(b"Widget") => widget.map_or(Origin::Page, Origin::Widget),
        Some(b"FreeText") => Origin::Annotation(AnnotationKind::FreeText),
        Some(b"Stamp") => Origin::Annotation(AnnotationKind::Stamp),
        Some(b"Ink") => Origin::Annotation(AnnotationKind::Ink),
        Some(b"Popup" | b"Link") => return None,
        Some(_) | None => Origin::Annotation(AnnotationKind::Other),
    })
}

/// An annotation's normal appearance, ready to be drawn.
struct Appearance<'p> {
    content: Vec<u8>,
    resources: Option<Resources<'p>>,
    /// From the appearance's coordinates to the page's (ISO 32000-2 §12.5.5).
    placed: Affine,
    /// `/BBox`, in the appearance's coordinates.
    boxed: Rect,
}

impl<'p> Appearance<'p> {
    fn of(annotation: &Dict<'p>) -> Option<Self> {
        let stream = match annotation.get::<Dict<'p>>("AP")?.get::<Object<'p>>("N")? {
            Object::Stream(stream) => stream,
            Object::Dict(states) => {
                let state = annotation.get::<Name<'p>>("AS");
                let shown = state.and_then(|state| states.get::<Stream<'p>>(state));
                shown.or_else(|| states.get::<Stream<'p>>("Off"))?
            }
            _ => return None,
        };
        let dict = stream.dict();
        let matrix = Affine::new(dict.get::<[f64; 6]>("Matrix").unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]));
        let rect = annotation.get::<hayro_syntax::object::Rect>("Rect")?;
        let [x0, y0, x1, y1] = dict.get::<[f64; 4]>("BBox")?;
        let bbox = Rect::new(x0, y0, x1, y1).abs();
        let boxed = (matrix * bbox.to_path(0.1)).bounding_box();
        let scale = |to: f64, from: f64| if from.abs() > 1e-6 { to / from } else { 1.0 };
        let (sx, sy) = (scale(rect.width(), boxed.width()), scale(rect.height(), boxed.height()));
        let onto = Affine::new([sx, 0.0, 0.0, sy, rect.x0 - sx * boxed.x0, rect.y0 - sy * boxed.y0]);
        Some(Self {
            content: stream.decoded_data().ok()?.into_owned(),
            resources: dict.get::<Dict<'p>>("Resources").map(Resources::new),
            placed: onto * matrix,
            boxed: bbox,
        })
    }
}
