//! The signature and the stamp taken out of a page's drawing, so that a copy can never pass as signed.
//! What is drawn wholly within a mark's place is left out; whoever uses this reads the page again and
//! sees whether the zone is empty then.

use crate::domain::sheet::Area;
use hayro_interpret::kurbo::{Affine, Point, Rect, Shape as _};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object};

/// Saved states of the drawing.
const DEEPEST: usize = 256;
/// Points by which a stroke may reach beyond its path.
const PEN: f32 = 2.0;

/// The content without what it draws in these places (points as displayed); `None` where it cannot be
/// taken apart.
pub(super) fn without(
    content: &[u8],
    resources: Option<&Dictionary>,
    document: &Document,
    displayed: [f32; 6],
    places: &[Area],
) -> Option<Vec<u8>> {
    let mut pen = Pen {
        at: Affine::new(displayed.map(f64::from)),
        saved: Vec::new(),
        path: None,
        line: Affine::IDENTITY,
        text: Affine::IDENTITY,
        leading: 0.0,
        places,
        drawings: resources
            .and_then(|dict| dict.get_deref(b"XObject", document).ok())
            .and_then(|dict| dict.as_dict().ok()),
        document,
    };
    let operations = Content::decode(content).ok()?.operations;
    let kept = operations.into_iter().filter_map(|operation| pen.draw(operation)).collect();
    Content::<Vec<Operation>> { operations: kept }.encode().ok()
}

/// Six numbers as a transform.
fn matrix(numbers: &[f64]) -> Affine {
    numbers.as_array().map_or(Affine::IDENTITY, |six| Affine::new(*six))
}

/// Where the drawing stands.
struct Pen<'a> {
    /// From the present coordinates to the page as displayed.
    at: Affine,
    saved: Vec<Affine>,
    /// Around the path begun, as displayed.
    path: Option<Rect>,
    line: Affine,
    text: Affine,
    leading: f64,
    places: &'a [Area],
    drawings: Option<&'a Dictionary>,
    document: &'a Document,
}

impl Pen<'_> {
    /// The operation, or what is left of it.
    fn draw(&mut self, operation: Operation) -> Option<Operation> {
        let numbers: Vec<f64> =
            operation.operands.iter().filter_map(|o| o.as_float().ok()).map(f64::from).collect();
        match (operation.operator.as_str(), numbers.as_slice()) {
            ("q", _) if self.saved.len() < DEEPEST => self.saved.push(self.at),
            ("Q", _) => self.at = self.saved.pop().unwrap_or(self.at),
            ("cm", [_, _, _, _, _, _]) => self.at *= matrix(&numbers),
            ("m" | "l", [x, y]) => self.reach(&[(*x, *y)]),
            ("c", [x1, y1, x2, y2, x3, y3]) => self.reach(&[(*x1, *y1), (*x2, *y2), (*x3, *y3)]),
            ("v" | "y", [x1, y1, x2, y2]) => self.reach(&[(*x1, *y1), (*x2, *y2)]),
            ("re", [x, y, wide, high]) => {
                self.reach(&[(*x, *y), (x + wide, *y), (*x, y + high), (x + wide, y + high)]);
            }
            ("S" | "s" | "f" | "F" | "f*" | "B" | "B*" | "b" | "b*", _) => {
                let path = self.path.take();
                if path.is_some_and(|path| self.within(path)) {
                    return Some(Operation::new("n", vec![]));
                }
            }
            ("n", _) => self.path = None,
            ("BT", _) => self.set_line(Affine::IDENTITY),
            ("Tm", [_, _, _, _, _, _]) => self.set_line(matrix(&numbers)),
            ("TL", [leading]) => self.leading = *leading,
            ("Td", [x, y]) => self.set_line(self.line * Affine::translate((*x, *y))),
            ("TD", [x, y]) => {
                self.leading = -y;
                self.set_line(self.line * Affine::translate((*x, *y)));
            }
            ("T*", _) => self.next_line(),
            ("Tj" | "TJ", _) if self.writes_within() => return None,
            ("'" | "\"", _) => {
                self.next_line();
                if self.writes_within() {
                    return Some(Operation::new("T*", vec![]));
                }
            }
            ("Do", _) => {
                let name = operation.operands.first().and_then(|name| name.as_name().ok());
                if name.and_then(|name| self.drawing(name)).is_some_and(|drawn| self.within(drawn)) {
                    return None;
                }
            }
            ("BI", _) if self.within(self.displayed(Rect::new(0.0, 0.0, 1.0, 1.0))) => return None,
            _ => {}
        }
        Some(operation)
    }

    fn displayed(&self, rect: Rect) -> Rect {
        (self.at * rect.to_path(0.1)).bounding_box()
    }

    fn reach(&mut self, points: &[(f64, f64)]) {
        for point in points {
            let point = self.at * Point::new(point.0, point.1);
            let here = Rect::from_points(point, point);
            self.path = Some(self.path.map_or(here, |path| path.union(here)));
        }
    }

    fn set_line(&mut self, line: Affine) {
        (self.line, self.text) = (line, line);
    }

    fn next_line(&mut self) {
        self.set_line(self.line * Affine::translate((0.0, -self.leading)));
    }

    /// Whether a drawing lies wholly within one of the places.
    fn within(&self, drawn: Rect) -> bool {
        self.places.iter().any(|place| {
            let pen = f64::from(PEN);
            drawn.x0 >= f64::from(place.x0) - pen
                && drawn.x1 <= f64::from(place.x1) + pen
                && drawn.y0 >= f64::from(place.y0) - pen
                && drawn.y1 <= f64::from(place.y1) + pen
        })
    }

    /// Whether a line of words begins in one of the places.
    fn writes_within(&self) -> bool {
        let start = self.at * self.text * Point::ORIGIN;
        self.within(Rect::from_points(start, start))
    }

    /// Around a picture or a group of drawing.
    fn drawing(&self, name: &[u8]) -> Option<Rect> {
        let stream = self.drawings?.get_deref(name, self.document).ok()?.as_stream().ok()?;
        if matches!(stream.dict.get(b"Subtype").and_then(Object::as_name), Ok(b"Image")) {
            return Some(self.displayed(Rect::new(0.0, 0.0, 1.0, 1.0)));
        }
        let numbers = |key: &[u8]| -> Option<Vec<f64>> {
            let list = stream.dict.get_deref(key, self.document).ok()?.as_array().ok()?;
            list.iter().map(|n| n.as_float().ok().map(f64::from)).collect()
        };
        let [x0, y0, x1, y1] = *numbers(b"BBox")?.as_array()?;
        let matrix =
            numbers(b"Matrix").and_then(|m| m.as_array().copied()).unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let boxed = Affine::new(matrix) * Rect::new(x0, y0, x1, y1).abs().to_path(0.1);
        Some((self.at * boxed).bounding_box())
    }
}
