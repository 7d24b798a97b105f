//! A grey picture and what is done with its pixels: cut out, turned, made smaller, looked at from
//! elsewhere. 0 is black, 255 white; beyond the edge lies what lies on it.

/// A picture of one byte a pixel, row by row from the top.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Grey {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl std::fmt::Debug for Grey {
    /// Its size only: the pixels show personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grey({} × {})", self.width, self.height)
    }
}

impl Grey {
    #[must_use]
    pub fn new(width: usize, height: usize, value: u8) -> Self {
        Self { width, height, pixels: vec![value; width * height] }
    }

    /// Each pixel from its column and row.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, mut of: impl FnMut(usize, usize) -> u8) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            pixels.extend((0..width).map(|x| of(x, y)));
        }
        Self { width, height, pixels }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// A row; empty beyond the last.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        self.pixels.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        self.pixels.get_mut(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> u8 {
        let (x, y) = (x.min(self.width.saturating_sub(1)), y.min(self.height.saturating_sub(1)));
        self.pixels.get(y * self.width + x).copied().unwrap_or(255)
    }

    pub fn set(&mut self, x: usize, y: usize, value: u8) {
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            *pixel = value;
        }
    }

    /// Between the pixels, whose middles lie at .5.
    #[must_use]
    #[expect(clippy::many_single_char_names, reason = "four corners, and where between them")]
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        let (column, row) = (whole(x), whole(y));
        let (u, v) = (x - float(column), y - float(row));
        let at = row * self.width + column;
        let two = |at: usize| self.pixels.get(at..at + 2);
        // at the edges there is but one
        let [a, b, c, d] = match (two(at), two(at + self.width)) {
            (Some([a, b]), Some([c, d])) if column + 1 < self.width => [*a, *b, *c, *d],
            _ => {
                let at = |right: usize, down: usize| self.at(column + right, row + down);
                [at(0, 0), at(1, 0), at(0, 1), at(1, 1)]
            }
        };
        let [a, b, c, d] = [a, b, c, d].map(f32::from);
        let (top, low) = (a + (b - a) * u, c + (d - c) * u);
        top + (low - top) * v
    }

    /// A part; what lies outside is white.
    #[must_use]
    pub fn cut(&self, x0: usize, y0: usize, x1: usize, y1: usize) -> Self {
        let (x1, y1) = (x1.min(self.width).max(x0), y1.min(self.height).max(y0));
        let (width, height) = (x1 - x0, y1 - y0);
        let mut pixels = Vec::with_capacity(width * height);
        for y in y0..y1 {
            pixels.extend_from_slice(self.row(y).get(x0..x1).unwrap_or_default());
        }
        if pixels.len() != width * height {
            return Self::new(width, height, 255);
        }
        Self { width, height, pixels }
    }

    /// Turned clockwise by quarter turns.
    #[must_use]
    pub fn turned(&self, quarters: u8) -> Self {
        let (w, h) = (self.width, self.height);
        match quarters % 4 {
            1 => Self::from_fn(h, w, |x, y| self.at(y, h - 1 - x)),
            2 => {
                let mut pixels = self.pixels.clone();
                pixels.reverse();
                Self { width: w, height: h, pixels }
            }
            3 => Self::from_fn(h, w, |x, y| self.at(w - 1 - y, x)),
            _ => self.clone(),
        }
    }

    /// Mirrored left to right.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        Self::from_fn(self.width, self.height, |x, y| self.at(self.width - 1 - x, y))
    }

    /// Each pixel the mean of `by` × `by`.
    #[must_use]
    pub fn shrunk(&self, by: usize) -> Self {
        if by <= 1 || self.width < by || self.height < by {
            return self.clone();
        }
        let (width, height) = (self.width / by, self.height / by);
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![0u32; width];
        let area = u32::try_from(by * by).unwrap_or(u32::MAX);
        for y in 0..height {
            sums.fill(0);
            for row in 0..by {
                for (sum, part) in sums.iter_mut().zip(self.row(y * by + row).chunks_exact(by)) {
                    *sum += part.iter().map(|v| u32::from(*v)).sum::<u32>();
                }
            }
            pixels.extend(sums.iter().map(|sum| u8::try_from(sum / area).unwrap_or(255)));
        }
        Self { width, height, pixels }
    }

    /// In another size, between the pixels. Much smaller sizes are to be shrunk first.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let (sx, sy) = (ratio(self.width, width), ratio(self.height, height));
        Self::from_fn(width, height, |x, y| byte(self.between((float(x) + 0.5) * sx, (float(y) + 0.5) * sy)))
    }

    /// With a white margin all around.
    #[must_use]
    pub fn framed(&self, margin: usize) -> Self {
        let mut out = Self::new(self.width + 2 * margin, self.height + 2 * margin, 255);
        for y in 0..self.height {
            let row = out.row_mut(y + margin);
            if let Some(part) = row.get_mut(margin..margin + self.width) {
                part.copy_from_slice(self.row(y));
            }
        }
        out
    }

    /// Seen through a mapping: the pixel at (x, y) of the new picture lies at `from` (x, y) of this;
    /// white beyond the edges.
    #[must_use]
    pub fn seen(&self, width: usize, height: usize, from: &Mapping) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let exact = |x: usize| {
                let (x, y) = from.apply(float(x) + 0.5, float(y) + 0.5);
                (parts(x), parts(y))
            };
            let mut here = exact(0);
            for x in (0..width).step_by(SPAN) {
                let count = SPAN.min(width - x);
                let next = exact(x + count);
                let each = |from: i64, to: i64| (to - from) / i64::try_from(count).unwrap_or(1);
                let step = (each(here.0, next.0), each(here.1, next.1));
                let mut at = here;
                pixels.extend((0..count).map(|_| {
                    let pixel = self.part(at.0, at.1);
                    at = (at.0 + step.0, at.1 + step.1);
                    pixel
                }));
                here = next;
            }
        }
        Self { width, height, pixels }
    }

    /// [`Grey::between`] in whole numbers, at a place in [`PART`]s of a pixel.
    #[expect(clippy::many_single_char_names, reason = "four corners, and where between them")]
    fn part(&self, x: i64, y: i64) -> u8 {
        const HALF: i64 = PART / 2;
        let column = |at: i64| usize::try_from(at / PART).unwrap_or(0);
        if x < 0 || y < 0 || column(x) >= self.width || column(y) >= self.height {
            return 255;
        }
        let (x, y) = ((x - HALF).max(0), (y - HALF).max(0));
        let at = column(y) * self.width + column(x);
        let two = |at: usize| self.pixels.get(at..at + 2);
        let [a, b, c, d] = match (two(at), two(at + self.width)) {
            (Some([a, b]), Some([c, d])) if column(x) + 1 < self.width => [*a, *b, *c, *d],
            _ => {
                let at = |right: usize, down: usize| self.at(column(x) + right, column(y) + down);
                [at(0, 0), at(1, 0), at(0, 1), at(1, 1)]
            }
        };
        // eight binary places are enough
        let share = |at: i64| u32::try_from(at % PART / 256).unwrap_or(0);
        let (u, v) = (share(x), share(y));
        let [a, b, c, d] = [a, b, c, d].map(u32::from);
        let (top, low) = (a * (256 - u) + b * u, c * (256 - u) + d * u);
        u8::try_from((top * (256 - v) + low * v + 0x8000) >> 16).unwrap_or(255)
    }
}

/// Parts of a pixel in which a row is walked.
const PART: i64 = 1 << 16;
/// A mapping is followed exactly every so many pixels, and in even steps between: so near, a sheet
/// seen aslant is all but even.
const SPAN: usize = 32;

/// A place on a picture in [`PART`]s of a pixel.
fn parts(v: f32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates; what lies so far off is white")]
    let whole = (v * 65_536.0) as i64;
    whole.clamp(-(PART << 24), PART << 24)
}

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

#[expect(clippy::cast_precision_loss, reason = "sizes of pictures are capped far below 2^24")]
#[must_use]
pub fn float(n: usize) -> f32 {
    n as f32
}

/// The whole part of a place on a picture.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as wanted")]
#[must_use]
pub fn whole(v: f32) -> usize {
    v as usize
}

#[must_use]
pub fn byte(v: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as wanted")]
    let byte = (v + 0.5) as u8;
    byte
}

fn ratio(of: usize, to: usize) -> f32 {
    float(of) / float(to.max(1))
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

    #[test]
    fn a_sheet_seen_aslant_is_followed_to_a_part_of_a_pixel() {
        let picture = Grey::from_fn(400, 300, |x, y| {
            byte(128.0 + 100.0 * (float(x) / 7.0).sin() * (float(y) / 9.0).cos())
        });
        let mapping =
            Mapping::onto(380.0, 280.0, [(20.3, 11.0), (371.0, 25.5), (390.0, 299.0), (2.0, 280.0)]);
        let seen = picture.seen(380, 280, &mapping);
        let apart = |x: usize, y: usize| {
            let (u, v) = mapping.apply(float(x) + 0.5, float(y) + 0.5);
            (picture.between(u, v) - f32::from(seen.at(x, y))).abs()
        };
        let worst = (0..280)
            .flat_map(|y| (0..380).map(move |x| (x, y)))
            .map(|(x, y)| apart(x, y))
            .fold(0.0, f32::max);
        assert!(worst < 2.0, "{worst} steps of grey apart");
        assert_eq!(
            picture.seen(3, 3, &Mapping([1.0, 0.0, -50.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])).pixels,
            [255; 9]
        );
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let picture = Grey::from_fn(3, 2, |x, y| u8::try_from(10 * y + x).unwrap());
        assert_eq!(picture.turned(1).row(0), [10, 0]);
        assert_eq!(picture.turned(2).row(0), [12, 11, 10]);
        assert_eq!(picture.turned(1).turned(1), picture.turned(2));
        assert_eq!(picture.turned(3).turned(1), picture);
    }

    #[test]
    fn a_part_beyond_the_edge_is_cut_at_it() {
        let picture = Grey::new(4, 4, 7);
        assert_eq!(picture.cut(2, 2, 9, 9), Grey::new(2, 2, 7));
        assert_eq!(picture.cut(8, 8, 9, 9).pixels.len(), 0);
        assert_eq!(picture.shrunk(2), Grey::new(2, 2, 7));
        assert_eq!(picture.framed(1).at(1, 1), 7);
        assert_eq!(picture.framed(1).at(0, 0), 255);
    }
}
