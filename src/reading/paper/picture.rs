//! A grey picture and what is done with its pixels: cut out, turned, made smaller, looked at from
//! elsewhere. 0 is black, 255 white; beyond the edge lies what lies on it.

use super::mapping::Mapping;

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

    /// Whether hardly any pixel is grey; every fourth row is looked at.
    #[must_use]
    pub fn is_black_and_white(&self) -> bool {
        let rows = || (0..self.height).step_by(4).map(|y| self.row(y));
        let grey: usize =
            rows().map(|row| row.iter().filter(|value| !matches!(value, 0 | 255)).count()).sum();
        grey * 200 < rows().map(<[u8]>::len).sum::<usize>()
    }

    /// Whether nearly all of it is dark, as paper never is: every fourth row is looked at.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        let rows = || (0..self.height).step_by(4).map(|y| self.row(y));
        let dark: usize = rows().map(|row| row.iter().filter(|value| **value < 100).count()).sum();
        dark * 5 > rows().map(<[u8]>::len).sum::<usize>() * 4
    }

    pub fn invert(&mut self) {
        for pixel in &mut self.pixels {
            *pixel = 255 - *pixel;
        }
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
                // between two places that lie inside, all do
                if self.lies_inside(here) && self.lies_inside(next) {
                    pixels.extend(walked(here, step, count).map(|(x, y)| self.inner_part(x, y)));
                } else {
                    pixels.extend(walked(here, step, count).map(|(x, y)| self.part(x, y)));
                }
                here = next;
            }
        }
        Self { width, height, pixels }
    }

    /// [`Grey::between`] in whole numbers, at a place in [`PART`]s of a pixel.
    fn part(&self, x: i64, y: i64) -> u8 {
        const HALF: i64 = PART / 2;
        let column = |at: i64| usize::try_from(at / PART).unwrap_or(0);
        if x < 0 || y < 0 || column(x) >= self.width || column(y) >= self.height {
            return 255;
        }
        let (x, y) = ((x - HALF).max(0), (y - HALF).max(0));
        let at = |right: usize, down: usize| self.at(column(x) + right, column(y) + down);
        mixed([at(0, 0), at(1, 0), at(0, 1), at(1, 1)], x, y)
    }

    /// Whether a place has pixels all around.
    fn lies_inside(&self, (x, y): (i64, i64)) -> bool {
        let inside = |at: i64, size: usize| {
            i64::try_from(size).is_ok_and(|size| (PART..(size - 1).saturating_mul(PART)).contains(&at))
        };
        inside(x, self.width) && inside(y, self.height)
    }

    /// [`Grey::part`] of a place that lies inside.
    fn inner_part(&self, x: i64, y: i64) -> u8 {
        let (x, y) = (x - PART / 2, y - PART / 2);
        let whole = |at: i64| usize::try_from(at >> PLACES).unwrap_or(0);
        let at = whole(y) * self.width + whole(x);
        match self.pixels.get(at..at + self.width + 2) {
            Some([left, right, .., low_left, low_right]) => {
                mixed([*left, *right, *low_left, *low_right], x, y)
            }
            _ => 255,
        }
    }
}

/// Places from one on in even steps.
fn walked(from: (i64, i64), step: (i64, i64), count: usize) -> impl Iterator<Item = (i64, i64)> {
    let mut at = from;
    (0..count).map(move |_| {
        let here = at;
        at = (at.0 + step.0, at.1 + step.1);
        here
    })
}

/// Four pixels (left and right, above and below) mixed by how far a place lies between them, of which
/// eight binary places are enough.
#[expect(clippy::many_single_char_names, reason = "four corners, and where between them")]
fn mixed(corners: [u8; 4], x: i64, y: i64) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "eight bits")]
    let share = |at: i64| (at >> (PLACES - 8) & 0xff) as u32;
    let (u, v) = (share(x), share(y));
    let [a, b, c, d] = corners.map(u32::from);
    let (top, low) = (a * (256 - u) + b * u, c * (256 - u) + d * u);
    #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
    let mean = ((top * (256 - v) + low * v + 0x8000) >> 16) as u8;
    mean
}

/// Binary places of a pixel's parts in which a row is walked.
const PLACES: u32 = 16;
const PART: i64 = 1 << PLACES;
/// A mapping is followed exactly every so many pixels, and in even steps between: so near, a sheet
/// seen aslant is all but even.
const SPAN: usize = 32;

/// A place on a picture in [`PART`]s of a pixel.
fn parts(v: f32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates; what lies so far off is white")]
    let whole = (v * 65_536.0) as i64;
    whole.clamp(-(PART << 24), PART << 24)
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
    fn a_negative_is_dark_nearly_everywhere() {
        let mut sheet = Grey::from_fn(40, 40, |x, _| if x % 10 == 0 { 20 } else { 230 });
        assert!(!sheet.is_negative());
        sheet.invert();
        assert!(sheet.is_negative());
        // a sheet on a dark table
        let photo = Grey::from_fn(40, 40, |x, y| if x.max(y) < 20 { 230 } else { 30 });
        assert!(!photo.is_negative());
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
