//! One page: its content and its annotations drawn onto a canvas, each with its origin.

use super::acroform::Found;
use super::graphics::{Canvas, Exhausted, area_of};
use super::graphics_dots as dots;
use super::page::{AnnotationKind, Area, Origin, Page, Widget};
use super::pdf_annotation::{self as annotation, Appearance};
use super::text::{self, Glyph};
use hayro_interpret::kurbo::{Affine, Rect, Shape as _};
use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, RenderContent, interpret, interpret_page,
};
use hayro_syntax::Pdf;
use hayro_syntax::content::TypedIter;
use hayro_syntax::object::{Array, Dict, MaybeRef};
use lopdf::{Object, ObjectId};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Annotations of a page that are drawn.
const MOST_ANNOTATIONS: usize = 5_000;

pub(super) fn object_id(number: u32, generation: i32) -> Option<ObjectId> {
    Some((number, u16::try_from(generation).ok()?))
}

/// A page's size and the way from its own coordinates to displayed ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet {
    area: Area,
    transform: Affine,
    /// Clockwise degrees beyond the page's own `/Rotate`.
    turned: u16,
}

impl Sheet {
    fn new(page: &hayro_syntax::page::Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        Self {
            area: Area::new(0.0, 0.0, width, height),
            transform: Affine::new(page.initial_transform(true).as_coeffs()),
            turned: 0,
        }
    }

    /// The same from the page's dictionary (boxes and rotation are inherited: ISO 32000-2 §7.7.3.4).
    pub fn of_dictionary(doc: &lopdf::Document, page: ObjectId) -> Self {
        let mut nodes = Vec::new();
        let mut next = Some(page);
        while let Some(id) = next.filter(|_| nodes.len() < 64) {
            let Ok(node) = doc.get_dictionary(id) else { break };
            nodes.push(node);
            next = node.get(b"Parent").and_then(Object::as_reference).ok();
        }
        let inherited = |key: &[u8]| nodes.iter().find_map(|node| node.get_deref(key, doc).ok());
        let rectangle = |key: &[u8]| {
            let list = inherited(key)?.as_array().ok()?;
            let mut of =
                list.iter().filter_map(|n| doc.dereference(n).ok()?.1.as_float().ok().map(f64::from));
            Some(Rect::new(of.next()?, of.next()?, of.next()?, of.next()?).abs())
        };
        let media = rectangle(b"MediaBox").unwrap_or(Rect::new(0.0, 0.0, 595.276, 841.89));
        let cropped = rectangle(b"CropBox").map_or(media, |crop| crop.intersect(media));
        let shown = if cropped.width() < 1.0 || cropped.height() < 1.0 { media } else { cropped };
        let upright = Self {
            area: area_of(Rect::new(0.0, 0.0, shown.width(), shown.height())),
            transform: Affine::new([1.0, 0.0, 0.0, -1.0, -shown.x0, shown.y1]),
            turned: 0,
        };
        let rotate = inherited(b"Rotate").and_then(|r| r.as_i64().ok()).unwrap_or(0).rem_euclid(360);
        Self { turned: 0, ..upright.turned(u16::try_from(rotate).unwrap_or(0)) }
    }

    /// The sheet turned clockwise by 90, 180 or 270 degrees.
    fn turned(self, degrees: u16) -> Self {
        let (w, h) = (f64::from(self.area.x1), f64::from(self.area.y1));
        let (turn, area) = match degrees {
            90 => (Affine::new([0.0, 1.0, -1.0, 0.0, h, 0.0]), Rect::new(0.0, 0.0, h, w)),
            180 => (Affine::new([-1.0, 0.0, 0.0, -1.0, w, h]), Rect::new(0.0, 0.0, w, h)),
            270 => (Affine::new([0.0, -1.0, 1.0, 0.0, 0.0, w]), Rect::new(0.0, 0.0, h, w)),
            _ => return self,
        };
        Self { area: area_of(area), transform: turn * self.transform, turned: degrees }
    }

    /// From default user space to displayed points.
    pub fn displayed(&self, rect: [f32; 4]) -> Area {
        let [x0, y0, x1, y1] = rect.map(f64::from);
        area_of((self.transform * Rect::new(x0, y0, x1, y1).to_path(0.1)).bounding_box())
    }

    pub fn transform(&self) -> Affine {
        self.transform
    }

    /// A page of this size with nothing on it.
    pub fn blank(&self) -> Page {
        #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
        let user_space = self.transform.as_coeffs().map(|v| v as f32);
        Page { width: self.area.x1, height: self.area.y1, turned: self.turned, user_space, ..Page::default() }
    }
}

/// Draws a page and its annotations. Its number is the caller's to set.
pub(super) fn read<'p>(
    pdf: &'p Pdf,
    page: &hayro_syntax::page::Page<'p>,
    cache: &InterpreterCache<'p>,
    found: &[&Found<'_>],
) -> Page {
    let sheet = Sheet::new(page);
    let (canvas, going) = content(pdf, page, cache, &sheet);
    match canvas.lies_on_its_side() {
        0 => finish(pdf, page, cache, found, &sheet, canvas, going),
        degrees => {
            let sheet = sheet.turned(degrees);
            let (canvas, going) = content(pdf, page, cache, &sheet);
            finish(pdf, page, cache, found, &sheet, canvas, going)
        }
    }
}

/// The page's content stream. With it, whether the page's allowance is not used up yet.
fn content<'p>(
    pdf: &'p Pdf,
    page: &hayro_syntax::page::Page<'p>,
    cache: &InterpreterCache<'p>,
    sheet: &Sheet,
) -> (Canvas, bool) {
    let mut canvas = Canvas::new(sheet.area);
    canvas.settle(Origin::Page, sheet.area);
    let going = drawn_to_its_end(|| {
        interpret_page(page, &mut context(pdf, cache, sheet, sheet.transform), &mut canvas);
    });
    (canvas, going)
}

fn context<'p>(pdf: &'p Pdf, cache: &InterpreterCache<'p>, sheet: &Sheet, at: Affine) -> Context<'p> {
    let whole = Rect::new(0.0, 0.0, f64::from(sheet.area.x1), f64::from(sheet.area.y1));
    let settings =
        InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
    Context::new(at, whole, cache, pdf.xref(), settings)
}

fn finish<'p>(
    pdf: &'p Pdf,
    page: &hayro_syntax::page::Page<'p>,
    cache: &InterpreterCache<'p>,
    found: &[&Found<'_>],
    sheet: &Sheet,
    mut canvas: Canvas,
    mut going: bool,
) -> Page {
    let annotations = page.raw().get::<Array<'p>>("Annots");
    let entries = annotations.iter().flat_map(Array::raw_iter);
    for (index, entry) in entries.enumerate().take(MOST_ANNOTATIONS) {
        if !going {
            break;
        }
        let (id, dict) = match entry {
            MaybeRef::Ref(id) => {
                (object_id(id.obj_number, id.gen_number), pdf.xref().get::<Dict<'p>>(id.into()))
            }
            MaybeRef::NotRef(object) => (None, object.into_dict()),
        };
        let Some(dict) = dict else { continue };
        let widget = found.iter().position(|f| if id.is_some() { f.id == id } else { f.index == index });
        let Some(origin) = annotation::origin(&dict, widget) else { continue };
        let Some(appearance) = Appearance::of(&dict) else {
            canvas.settle(origin, sheet.area);
            annotation::without_appearance(&dict, sheet, &mut canvas);
            continue;
        };
        let before = canvas.mark();
        let at = sheet.transform * appearance.placed;
        canvas.settle(origin, area_of((at * appearance.boxed.to_path(0.1)).bounding_box()));
        going = drawn_to_its_end(|| {
            let resources = appearance.resources.as_ref().unwrap_or_else(|| page.resources());
            let operations = TypedIter::new(&appearance.content);
            interpret(operations, resources, &mut context(pdf, cache, sheet, at), &mut canvas);
        });
        if origin == Origin::Annotation(AnnotationKind::FreeText) {
            annotation::typed(&dict, sheet, before, &mut canvas);
        }
    }
    dots::into_rules(&mut canvas.ink, &mut canvas.rules);
    let mut own: BTreeMap<usize, Vec<&Glyph>> = BTreeMap::new();
    for glyph in &canvas.glyphs {
        if let Origin::Widget(index) = glyph.origin {
            own.entry(index).or_default().push(glyph);
        }
    }
    let drawn = |index: usize| own.get(&index).map_or(&[][..], Vec::as_slice);
    let widgets = found.iter().enumerate().map(|(n, f)| widget(f, sheet, Some(drawn(n)))).collect();
    Page {
        words: text::words(&canvas.glyphs, &canvas.covers),
        rules: canvas.rules,
        ink: canvas.ink,
        widgets,
        ..sheet.blank()
    }
}

/// Draws; whatever stops a drawing half way, what it drew until then is kept. `false` when the
/// page's allowance is used up.
fn drawn_to_its_end(drawing: impl FnOnce()) -> bool {
    !catch_unwind(AssertUnwindSafe(drawing)).is_err_and(|cause| cause.is::<Exhausted>())
}

/// A widget in displayed points; with what its appearance drew, if it was drawn.
pub(super) fn widget(found: &Found<'_>, sheet: &Sheet, drawn: Option<&[&Glyph]>) -> Widget {
    let drawn = drawn.filter(|_| found.appearance && !found.hidden);
    let drawn = drawn.map(|glyphs| text::joined(glyphs.iter().copied()));
    Widget {
        name: found.name.clone(),
        tooltip: found.tooltip.clone(),
        area: sheet.displayed(found.rect),
        kind: found.kind.clone(),
        hidden: found.hidden,
        drawn,
    }
}
