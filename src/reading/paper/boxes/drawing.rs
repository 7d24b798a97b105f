//! Pages drawn for the tests of boxes: 2.8 pixels a point, as at 200 dpi, in points.

use super::{Box, Content, Shape, find};
use crate::reading::paper::picture::{Grey, byte, float, whole};

/// Pixels a point.
const SCALE: f32 = 2.8;

/// A sheet of 300 × 120 points.
pub struct Drawing {
    page: Grey,
    scale: f32,
}

impl Drawing {
    pub fn new() -> Self {
        Self::at(SCALE)
    }

    pub fn at(scale: f32) -> Self {
        let pixels = |points: f32| whole(points * scale);
        Self { page: Grey::new(pixels(300.0), pixels(120.0), 255), scale }
    }

    /// Ink around (x, y) where `beyond` (points from a place to the ink's edge) is negative.
    fn ink(mut self, (x, y): (f32, f32), reach: f32, beyond: impl Fn(f32, f32) -> f32) -> Self {
        let pixels = |at: f32, most: usize| {
            whole((at - reach - 1.0) * self.scale)..whole((at + reach + 1.0) * self.scale).min(most)
        };
        let (columns, rows) = (pixels(x, self.page.width), pixels(y, self.page.height));
        for y in rows {
            for x in columns.clone() {
                let off = beyond((float(x) + 0.5) / self.scale, (float(y) + 0.5) / self.scale) * self.scale;
                let ink = byte(255.0 - 225.0 * (0.5 - off).clamp(0.0, 1.0));
                self.page.set(x, y, ink.min(self.page.at(x, y)));
            }
        }
        self
    }

    /// A ring around (x, y).
    pub fn ring(self, x: f32, y: f32, radius: f32, thick: f32) -> Self {
        self.oval(x, y, (radius, radius), thick)
    }

    pub fn oval(self, x: f32, y: f32, (wide, high): (f32, f32), thick: f32) -> Self {
        self.ink((x, y), wide.max(high) + thick, |u, v| {
            let (dx, dy) = ((u - x) / wide, (v - y) / high);
            (dx.hypot(dy) - 1.0).abs() * wide.min(high) - 0.5 * thick
        })
    }

    /// White again within `radius` of (x, y).
    pub fn white(mut self, x: f32, y: f32, radius: f32) -> Self {
        let away = Self::at(self.scale).dot(x, y, radius).page;
        for (pixel, gone) in self.page.pixels.iter_mut().zip(away.pixels) {
            *pixel = (*pixel).max(255 - gone);
        }
        self
    }

    pub fn dot(self, x: f32, y: f32, radius: f32) -> Self {
        self.ink((x, y), radius, |u, v| (u - x).hypot(v - y) - radius)
    }

    pub fn stroke(self, (x0, y0): (f32, f32), (x1, y1): (f32, f32), thick: f32) -> Self {
        let (dx, dy) = (x1 - x0, y1 - y0);
        self.ink((x0, y0), dx.hypot(dy) + thick, |u, v| {
            let along = (((u - x0) * dx + (v - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            (u - x0 - along * dx).hypot(v - y0 - along * dy) - 0.5 * thick
        })
    }

    /// A cross that reaches `reach` to all sides of (x, y).
    pub fn cross(self, x: f32, y: f32, reach: f32) -> Self {
        self.stroke((x - reach, y - reach), (x + reach, y + reach), 1.2).stroke(
            (x - reach, y + reach),
            (x + reach, y - reach),
            1.2,
        )
    }

    /// Letters of a word: uprights with feet, 6 points high, on (x, y).
    pub fn word(self, x: f32, y: f32) -> Self {
        (0..4u8).fold(self, |page, n| {
            let x = x + 4.0 * f32::from(n);
            page.stroke((x, y), (x, y - 6.0), 0.9).stroke((x, y), (x + 2.4, y), 0.9)
        })
    }

    /// Square brackets 8.4 points high, the bars `apart`, the left one at x, their feet on y.
    pub fn brackets(self, x: f32, y: f32, apart: f32) -> Self {
        let foot = |page: Self, x: f32, way: f32| {
            page.stroke((x, y), (x, y - 8.4), 0.8).stroke((x, y), (x + way, y), 0.8).stroke(
                (x, y - 8.4),
                (x + way, y - 8.4),
                0.8,
            )
        };
        foot(foot(self, x, 1.4), x + apart, -1.4)
    }

    /// Round brackets, likewise.
    pub fn bows(self, x: f32, y: f32, apart: f32) -> Self {
        let bow = |page: Self, x: f32, way: f32| {
            // a part of a circle of radius 6
            page.ink((x, y), 12.0, move |u, v| {
                let (dx, dy) = ((u - x) * way - 6.0, v - (y - 4.2));
                let off = (dx.hypot(dy) - 6.0).abs() - 0.4;
                off.max(dy.abs() - 4.4).max((u - x) * way - 4.0)
            })
        };
        bow(bow(self, x, 1.0), x + apart, -1.0)
    }

    pub fn boxes(&self) -> Vec<Box> {
        let mut found = find(&self.page, self.scale);
        found.sort_by(|a, b| (a.area.x0 + 10.0 * a.area.y0).total_cmp(&(b.area.x0 + 10.0 * b.area.y0)));
        found
    }

    /// What is in each box, in their order.
    pub fn told(&self) -> Vec<(Shape, &'static str)> {
        let word = |one: &Box| match one.content {
            Content::Nothing => "nothing",
            Content::Something(_) => "something",
            Content::Mark(_) => "mark",
        };
        self.boxes().iter().map(|one| (one.shape, word(one))).collect()
    }
}
