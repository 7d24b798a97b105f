//! Whether the pictures on a page of a PDF hold writing of their own. Then the page is paper, and
//! the words that lie over them are somebody's guess at it: a scanner's, or a forger's. A letterhead
//! or a background under digital text holds hardly any.

use super::decode;
use super::ink::blobs;
use super::picture::{Grey, float, whole};
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, RenderContent, SoftMask, interpret_page,
};
use hayro_syntax::Pdf;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels a point of the picture that is looked at: 100 dpi shows letters, not their shapes.
const FINENESS: f32 = 1.4;
/// Darker than this is ink.
const DARK: u8 = 150;
/// Letters from which a picture is a written page; a letterhead with an address has fewer, the form's
/// emptiest page about 700.
const WRITTEN: usize = 300;
/// Pixels of the picture on its longer side at most.
const LONGEST: f32 = 3_000.0;

/// Pixels that are drawn for it at most, the same ones over again among them: some twenty pages.
const MOST_DRAWN: usize = 30_000_000;

/// Whether the page's pictures show a written page by themselves. What cannot be looked at is taken
/// for one: then a person looks.
#[must_use]
pub fn is_written(page: &hayro_syntax::page::Page<'_>, pdf: &Pdf) -> bool {
    let Ok(_) = decode::fineness(page, pdf) else { return true };
    let (width, height) = page.render_dimensions();
    let scale = (FINENESS / decode::enlarged(width, height)).min(LONGEST / width.max(height).max(1.0));
    let (across, down) = (whole(width * scale) + 1, whole(height * scale) + 1);
    let mut seen = Pictures { ground: Grey::new(across, down, 255), left: MOST_DRAWN };
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        let settings =
            InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
        let cache = InterpreterCache::new();
        let area = Rect::new(0.0, 0.0, f64::from(width * scale), f64::from(height * scale));
        let at = Affine::scale(f64::from(scale)) * Affine::new(page.initial_transform(true).as_coeffs());
        interpret_page(page, &mut Context::new(at, area, &cache, pdf.xref(), settings), &mut seen);
    }));
    let letters = |ground: &Grey| {
        let spots = blobs(ground, DARK).into_iter();
        let letter = |tall: f32, wide: f32| (3.0..22.0).contains(&tall) && (1.0..26.0).contains(&wide);
        spots.filter(|blob| letter(float(blob.height()), float(blob.width()))).take(WRITTEN).count()
    };
    drawn.is_err() || seen.left == 0 || letters(&seen.ground) >= WRITTEN
}

/// The pictures alone, on white.
struct Pictures {
    ground: Grey,
    /// Pixels that may still be drawn.
    left: usize,
}

impl Pictures {
    /// Draws a picture of `width` × `height` samples, which `way` takes to the ground; `light` gives
    /// a sample's lightness, `None` where it is not painted.
    fn draw(&mut self, way: Affine, width: u32, height: u32, light: impl Fn(usize, usize) -> Option<u8>) {
        let back = way.inverse();
        if !back.is_finite() {
            return;
        }
        let whole_picture = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let covered = way.transform_rect_bbox(whole_picture);
        let pixel = |v: f64, most: usize| {
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
            whole(v.max(0.0) as f32).min(most)
        };
        let (x0, x1) = (pixel(covered.x0, self.ground.width), pixel(covered.x1 + 1.0, self.ground.width));
        let (y0, y1) = (pixel(covered.y0, self.ground.height), pixel(covered.y1 + 1.0, self.ground.height));
        self.left = self.left.saturating_sub(x1.saturating_sub(x0) * y1.saturating_sub(y0));
        if self.left == 0 {
            return;
        }
        for y in y0..y1 {
            for x in x0..x1 {
                // a thin stroke may lie between two looks: the darkest of four counts
                let looks = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
                let darkest = looks.iter().filter_map(|(dx, dy)| {
                    let at = back * Point::new(f64::from(float(x)) + dx, f64::from(float(y)) + dy);
                    if !whole_picture.contains(at) {
                        return None;
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "inside the picture")]
                    light(whole(at.x as f32), whole(at.y as f32))
                });
                if let Some(light) = darkest.min() {
                    self.ground.set(x, y, light);
                }
            }
        }
    }
}

impl<'a> Device<'a> for Pictures {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        // the decoder may hand out another size than it said
        let from = |w: u32, h: u32| {
            let fit = Affine::scale_non_uniform(width / f64::from(w.max(1)), height / f64::from(h.max(1)));
            props.transform * fit
        };
        let at = |w: u32, x: usize, y: usize| y * usize::try_from(w).unwrap_or(0) + x;
        match image {
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask, _| {
                    let (w, h) = (mask.width, mask.height);
                    let painted = |x, y| mask.data.get(at(w, x, y)).filter(|v| **v > 127).map(|_| 0);
                    self.draw(from(w, h), w, h, painted);
                },
                None,
            ),
            Image::Raster(raster) => raster.with_rgba(
                |picture, _| match picture {
                    ImageData::Luma(luma) => {
                        let (w, h) = (luma.width, luma.height);
                        self.draw(from(w, h), w, h, |x, y| luma.data.get(at(w, x, y)).copied());
                    }
                    ImageData::Rgb(rgb) => {
                        let (w, h) = (rgb.width, rgb.height);
                        // green is nearest to lightness
                        self.draw(from(w, h), w, h, |x, y| rgb.data.get(at(w, x, y) * 3 + 1).copied());
                    }
                },
                None,
            ),
        }
    }
}
