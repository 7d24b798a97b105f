//! Annotations: whose drawing it is, its appearance, and what is seen of one that has none.

use super::graphics::{Canvas, area_of};
use super::page::{AnnotationKind, InkKind, Origin};
use super::pdf_page::Sheet;
use super::text_strings::decode;
use hayro_interpret::kurbo::{Affine, Point, Rect, Shape as _};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as Text};
use hayro_syntax::page::Resources;

/// Whose drawing an annotation's appearance is; `None` when it is not shown, or is a note's icon.
pub(super) fn origin(annotation: &Dict<'_>, widget: Option<usize>) -> Option<Origin> {
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
        Some(b"Popup" | b"Link" | b"Text" | b"FileAttachment" | b"Sound" | b"Movie" | b"Screen") => {
            return None;
        }
        Some(_) | None => Origin::Annotation(AnnotationKind::Other),
    })
}

/// An annotation's normal appearance, ready to be drawn.
pub(super) struct Appearance<'p> {
    pub content: Vec<u8>,
    pub resources: Option<Resources<'p>>,
    /// From the appearance's coordinates to the page's (ISO 32000-2 §12.5.5).
    pub placed: Affine,
    /// `/BBox`, in the appearance's coordinates.
    pub boxed: Rect,
}

impl<'p> Appearance<'p> {
    pub fn of(annotation: &Dict<'p>) -> Option<Self> {
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

/// What viewers make of an annotation without an appearance: text typed on the page, lines and
/// shapes. Widgets have their value, and text markup (highlighting) is not an answer.
pub(super) fn without_appearance(annotation: &Dict<'_>, sheet: &Sheet, canvas: &mut Canvas) {
    let Some(rect) = annotation.get::<hayro_syntax::object::Rect>("Rect") else { return };
    let place = sheet.transform() * Rect::new(rect.x0, rect.y0, rect.x1, rect.y1).to_path(0.1);
    let area = area_of(place.bounding_box());
    let subtype = annotation.get::<Name<'_>>("Subtype");
    match subtype.as_ref().map(AsRef::as_ref) {
        Some(b"FreeText") => {
            let Some(text) = annotation.get::<Text<'_>>("Contents") else { return };
            canvas.type_into(area, &decode(text.as_bytes()), size_of(annotation));
        }
        Some(b"Ink") => {
            for stroke in annotation.get::<Array<'_>>("InkList").iter().flat_map(Array::iter::<Array<'_>>) {
                let numbers: Vec<f64> = stroke.iter::<f64>().take(20_000).collect();
                let points =
                    numbers.as_chunks::<2>().0.iter().map(|[x, y]| sheet.transform() * Point::new(*x, *y));
                let around = points.map(|p| Rect::from_points(p, p)).reduce(|a, b| a.union(b));
                if let Some(around) = around {
                    canvas.ink(area_of(around.inflate(0.5, 0.5)), InkKind::Stroke);
                }
            }
        }
        Some(b"Stamp") => canvas.ink(area, InkKind::Fill { light: false }),
        Some(b"Line" | b"Square" | b"Circle" | b"Polygon" | b"PolyLine") => {
            canvas.ink(area, InkKind::Stroke);
        }
        _ => {}
    }
}

/// Holds what a typed text's appearance drew against its `/Contents`.
pub(super) fn typed(annotation: &Dict<'_>, sheet: &Sheet, before: (usize, usize), canvas: &mut Canvas) {
    let Some(rect) = annotation.get::<hayro_syntax::object::Rect>("Rect") else { return };
    let place = sheet.transform() * Rect::new(rect.x0, rect.y0, rect.x1, rect.y1).to_path(0.1);
    let says = annotation.get::<Text<'_>>("Contents").map(|text| decode(text.as_bytes())).unwrap_or_default();
    canvas.hold_against(before, &says, area_of(place.bounding_box()), size_of(annotation));
}

/// The font size a typed text names.
fn size_of(annotation: &Dict<'_>) -> f32 {
    let named = annotation.get::<Text<'_>>("DA").and_then(|da| font_size(da.as_bytes()));
    named.unwrap_or(12.0)
}

/// The number before `Tf` in a default appearance string; 0 stands for automatic.
fn font_size(default_appearance: &[u8]) -> Option<f32> {
    let text = String::from_utf8_lossy(default_appearance).into_owned();
    let before = text.split_whitespace().zip(text.split_whitespace().skip(1));
    let size = before.filter(|(_, next)| *next == "Tf").find_map(|(size, _)| size.parse::<f32>().ok())?;
    (size > 0.5 && size < 200.0).then_some(size)
}
