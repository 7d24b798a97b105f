//! The numbers beside the boxes that are asked again.
//!
//! Each is a push button without any action, read-only and not printed. Every viewer shows one (unlike a
//! note's icon), it cannot be moved or typed into by accident (unlike typed text), and whoever prints the
//! corrected form, or makes flat pages of it, gets none of them: a digit beside a box would be read as part
//! of an answer. To guichet's reader a push button is nothing.

use super::fonts::Fonts;
use super::letters::{circle, quarter};
use crate::domain::sheet::{Area, PageNumber};
use crate::reading::acroform_button::PUSH;
use crate::reading::page::{Origin, Page};
use hayro_interpret::kurbo::{Affine, Rect, Shape as _};
use lopdf::{Document, Object, ObjectId, Stream, dictionary};

/// Height of a number's plate, points; and of one that stands within a box.
const HIGH: f32 = 11.0;
const LOW: f32 = 8.0;
/// Between a box and its number, and from the edge of the page, points.
const GAP: f32 = 1.5;
const EDGE: f32 = 4.0;

/// Where a number belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beside {
    /// A box with words.
    Box(Area),
    /// A box to tick.
    Tick(Area),
    /// A zone, which is wide enough to hold it.
    Zone(Area),
}

/// A number on its page.
#[derive(Debug)]
pub(super) struct Mark {
    pub page: PageNumber,
    /// As displayed.
    pub area: Area,
    /// "2", or "1, 3".
    pub label: String,
}

/// Places the number where it hides nothing that is printed and no other box.
pub(super) fn place(page: &Page, beside: Beside, numbers: &[u16], placed: &[Mark]) -> Mark {
    let label = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let words = page.words.iter().filter(|word| !word.invisible && word.origin == Origin::Page);
    let boxes = page.widgets.iter().filter(|widget| !widget.hidden).map(|widget| widget.area);
    let marks = placed.iter().filter(|mark| mark.page == page.number).map(|mark| mark.area);
    let taken: Vec<Area> = words.map(|word| word.area).chain(boxes).chain(marks).collect();
    let free = |area: &Area| {
        let inside = area.x0 >= EDGE
            && area.y0 >= EDGE
            && area.x1 <= page.width - EDGE
            && area.y1 <= page.height - EDGE;
        inside && !taken.iter().any(|other| other.overlap(area).is_some())
    };
    let size = |high: f32| (wide(&label, high), high);
    let at = |x: f32, y: f32, (w, h): (f32, f32)| Area { x0: x, y0: y, x1: x + w, y1: y + h };
    let (w, h) = size(HIGH);
    let around = |b: Area| {
        let y = b.middle().1 - h / 2.0;
        let top = b.y0 + GAP;
        [
            at(b.x0 - GAP - w, y, (w, h)),
            at(b.x1 + GAP, y, (w, h)),
            at(b.x0 - GAP - w, top, (w, h)),
            at(b.x1 + GAP, top, (w, h)),
        ]
    };
    // in the corner of its box, which is empty
    let corner = |b: Area| {
        let (w, h) = size(LOW.min(b.height()));
        at(b.x1 - w - 0.5, b.y0 + 0.5, (w, h))
    };
    let (candidates, last): (Vec<Area>, Area) = match beside {
        Beside::Box(b) => (around(b).to_vec(), corner(b)),
        Beside::Tick(b) => {
            let x = b.middle().0 - w / 2.0;
            let mut all = around(b).to_vec();
            all.extend([at(x, b.y0 - GAP - h, (w, h)), at(x, b.y1 + GAP, (w, h))]);
            let small = size(LOW);
            all.push(at(b.x0 - small.0 - 0.5, b.y0 - small.1 / 2.0, small));
            (all, at(b.x0 - small.0 / 2.0, b.y0 - small.1 / 2.0, small))
        }
        Beside::Zone(b) => {
            let (left, right) = (b.x0 + 2.0 * GAP, b.x1 - w - 2.0 * GAP);
            let (top, foot) = (b.y0 + 2.0 * GAP, b.y1 - h - 2.0 * GAP);
            let all = [(right, top), (left, top), (right, foot), (left, foot)];
            (all.map(|(x, y)| at(x, y, (w, h))).to_vec(), at(right, top, (w, h)))
        }
    };
    let area = candidates.into_iter().find(free).unwrap_or(last);
    Mark { page: page.number, area, label }
}

/// A plate as wide as its label.
fn wide(label: &str, high: f32) -> f32 {
    let letters = f32::from(u16::try_from(label.chars().count()).unwrap_or(u16::MAX));
    (letters * 0.5 * high + 0.45 * high).max(high)
}

/// Adds a number to its page. Returns the field.
pub(super) fn add(
    to: &mut Document,
    fonts: &Fonts,
    mark: &Mark,
    (at, page, displayed): (usize, ObjectId, [f32; 6]),
) -> Option<ObjectId> {
    let back = Affine::new(displayed.map(f64::from)).inverse();
    let area = mark.area;
    let place = Rect::new(area.x0.into(), area.y0.into(), area.x1.into(), area.y1.into());
    let rect = (back * place.to_path(0.1)).bounding_box();
    #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
    let [x0, y0, x1, y1] = [rect.x0, rect.y0, rect.x1, rect.y1].map(|n| n as f32);
    let (w, h) = (area.width(), area.height());
    let turned = quarter(displayed);
    let matrix: [f32; 6] = match turned {
        90 => [0.0, 1.0, -1.0, 0.0, x1 - x0, 0.0],
        180 => [-1.0, 0.0, 0.0, -1.0, w, h],
        270 => [0.0, -1.0, 1.0, 0.0, 0.0, y1 - y0],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    };
    // white on dark red: told apart without colours too
    let shape =
        if (w - h).abs() < 0.1 { circle(h / 2.0, h / 2.0, h / 2.0) } else { format!("0 0 {w} {h} re ") };
    let size = 0.78 * h;
    let letters: f32 =
        mark.label.bytes().map(|byte| f32::from(super::metrics::width(byte))).sum::<f32>() / 1000.0;
    let (x, y) = ((w - letters * size) / 2.0, (h - 0.72 * size) / 2.0);
    let content = format!(
        "q 0.69 0.05 0.13 rg {shape}f Q q BT 1 g /Helv {size} Tf {x:.2} {y:.2} Td ({}) Tj ET Q",
        mark.label
    );
    let form = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), w.into(), h.into()],
        "Matrix" => matrix.map(Object::from).to_vec(),
        "Resources" => dictionary! { "Font" => dictionary! { "Helv" => fonts.plain } },
    };
    let drawing = to.add_object(Stream::new(form, content.into_bytes()).with_compression(false));
    let field = to.add_object(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Btn",
        "Ff" => PUSH | 1,
        "T" => Object::string_literal(format!("guichet-{at}")),
        "TU" => Object::string_literal(format!("Point {} du courrier", mark.label)),
        // seen, not printed; not to be moved
        "F" => 1 << 7,
        "Rect" => vec![x0.into(), y0.into(), x1.into(), y1.into()],
        "P" => page,
        "AP" => dictionary! { "N" => drawing },
    });
    let page = to.get_dictionary_mut(page).ok()?;
    let mut annots = page.get(b"Annots").and_then(Object::as_array).cloned().unwrap_or_default();
    annots.push(field.into());
    page.set("Annots", annots);
    Some(field)
}
