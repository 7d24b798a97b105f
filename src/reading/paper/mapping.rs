//! How places on one picture lie on another: turned, moved, seen aslant.

/// A divisor.
fn away_from_zero(w: f32) -> f32 {
    if w.abs() < 1e-6 { 1e-6 } else { w }
}

/// A mapping of the plane that keeps straight lines straight (a homography), row by row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapping(pub [f32; 9]);

impl Mapping {
    pub const SAME: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    #[must_use]
    pub fn scale(x: f32, y: f32) -> Self {
        Self([x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0])
    }

    #[must_use]
    pub fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let [across, down, away] = self.projected(x, y);
        let away = away_from_zero(away);
        (across / away, down / away)
    }

    /// In homogeneous coordinates.
    #[expect(clippy::many_single_char_names, reason = "a matrix, row by row")]
    fn projected(&self, x: f32, y: f32) -> [f32; 3] {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        [a * x + b * y + c, d * x + e * y + f, g * x + h * y + i]
    }

    /// First `before`, then this.
    #[must_use]
    #[expect(clippy::many_single_char_names, reason = "a matrix, row by row")]
    pub fn after(&self, before: &Self) -> Self {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let [p, q, r, s, t, u, v, w, x] = before.0;
        Self([
            a * p + b * s + c * v,
            a * q + b * t + c * w,
            a * r + b * u + c * x,
            d * p + e * s + f * v,
            d * q + e * t + f * w,
            d * r + e * u + f * x,
            g * p + h * s + i * v,
            g * q + h * t + i * w,
            g * r + h * u + i * x,
        ])
    }

    /// The way back; `None` for a mapping that flattens the plane.
    #[must_use]
    #[expect(clippy::many_single_char_names, reason = "a matrix, row by row")]
    pub fn back(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0.map(f64::from);
        let minors = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let [first, _, _, second, _, _, third, ..] = minors;
        let determinant = a * first + b * second + c * third;
        #[expect(clippy::cast_possible_truncation, reason = "places on a page")]
        let out = minors.map(|v| (v / determinant) as f32);
        (determinant.abs() > 1e-9 && out.iter().all(|v| v.is_finite())).then_some(Self(out))
    }

    /// The mapping of the rectangle from (0, 0) to (`width`, `height`) onto four corners, from the
    /// top left one clockwise (Heckbert 1989, "Fundamentals of texture mapping", §2.2.3).
    #[must_use]
    pub fn onto(width: f32, height: f32, corners: [(f32, f32); 4]) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let cross = dx1 * dy2 - dx2 * dy1;
        let (g, h) = if cross.abs() < 1e-6 {
            (0.0, 0.0)
        } else {
            ((sx * dy2 - dx2 * sy) / cross, (dx1 * sy - sx * dy1) / cross)
        };
        let unit =
            Self([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0]);
        unit.after(&Self::scale(1.0 / width, 1.0 / height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: (f32, f32), b: (f32, f32)) -> bool {
        (a.0 - b.0).abs() < 0.01 && (a.1 - b.1).abs() < 0.01
    }

    #[test]
    fn corners_are_found_again() {
        let corners = [(10.0, 20.0), (390.0, 5.0), (420.0, 610.0), (-5.0, 580.0)];
        let onto = Mapping::onto(200.0, 300.0, corners);
        let places = [(0.0, 0.0), (200.0, 0.0), (200.0, 300.0), (0.0, 300.0)];
        let back = onto.back().unwrap();
        for (place, corner) in places.into_iter().zip(corners) {
            assert!(near(onto.apply(place.0, place.1), corner));
            assert!(near(back.apply(corner.0, corner.1), place));
        }
    }
}
