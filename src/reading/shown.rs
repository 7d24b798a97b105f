//! What a person sees: a page of a document drawn as a picture in colour, and parts cut out of it.
//! Nothing is read here; places are those of the page model (`page`), so that an answer's evidence
//! can be shown.

use super::forms::other::{self, Format};
use super::page::{Area, Page};
use super::paper::decode;
use super::pdf::{self, Limits};
use super::shown_values;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings};
use hayro_syntax::Pdf;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageReader, RgbImage};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels of a page at most; A4 at 200 dpi has 3.9 million.
const MOST_PIXELS: f32 = 8_000_000.0;
/// Pixels of a picture file that is decoded at all.
const MOST_DECODED: u64 = 60_000_000;
/// Bytes a decoder may use.
const MEMORY: u64 = 260 << 20;
/// Pages of a picture file (TIFF) that can be shown.
const MOST_PAGES: usize = 50;

/// A picture of three bytes a pixel (red, green, blue), row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Colours {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl std::fmt::Debug for Colours {
    /// Its size only: the pixels show personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Colours({} × {})", self.width, self.height)
    }
}

/// Why a page cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unshown {
    #[error("the document has no such page")]
    NoSuchPage,
    #[error("the document is neither a PDF nor a picture that can be decoded")]
    Unsupported,
    #[error("the page is too large to be drawn")]
    TooLarge,
    #[error("the page cannot be drawn")]
    Damaged,
}

/// A page as a person sees it, drawn once; parts are cut out of it.
pub struct Sight {
    picture: RgbImage,
    /// Pixels a point, across and down.
    scale: (f32, f32),
}

impl Sight {
    /// Draws a page of a document, from 1, with its annotations and form fields. `dpi`: as fine as
    /// this, unless the page is too large for it.
    ///
    /// # Errors
    /// Where there is no such page, or it cannot be drawn.
    pub fn of(name: &str, bytes: &[u8], page: u32, dpi: u16) -> Result<Self, Unshown> {
        let index = usize::try_from(page).ok().and_then(|page| page.checked_sub(1));
        let index = index.ok_or(Unshown::NoSuchPage)?;
        match other::format(name, bytes) {
            Format::Pdf => drawn(bytes, index, f32::from(dpi) / 72.0),
            Format::Picture => decoded(bytes, index),
            Format::Unsupported(_) => Err(Unshown::Unsupported),
        }
    }

    /// A part of the page, in points from its top left corner; the page itself where there is none.
    /// With it, what it shows: the part as far as it lies on the page.
    #[must_use]
    pub fn part(&self, area: Option<Area>) -> (Colours, Area) {
        let (x, y) = self.scale;
        let (across, down) = self.picture.dimensions();
        let whole = Area::new(0.0, 0.0, pixels(across) / x, pixels(down) / y);
        let shown = area.and_then(|area| area.overlap(&whole)).unwrap_or(whole);
        let left = whole_pixels((shown.x0 * x).floor()).min(across.saturating_sub(1));
        let top = whole_pixels((shown.y0 * y).floor()).min(down.saturating_sub(1));
        let width = whole_pixels((shown.x1 * x).ceil()).clamp(left + 1, across) - left;
        let height = whole_pixels((shown.y1 * y).ceil()).clamp(top + 1, down) - top;
        let cut = image::imageops::crop_imm(&self.picture, left, top, width, height).to_image();
        let picture = Colours { width: size(width), height: size(height), pixels: cut.into_raw() };
        (picture, shown)
    }

    /// Types the values of fields where the file draws none, as viewers do.
    fn type_in(&mut self, page: &Page, wanted: f32) {
        let mut values = shown_values::undrawn(page);
        values.retain(|value| self.is_even(value.area));
        if values.is_empty() {
            return;
        }
        let typed = shown_values::typed(&values, page.width, page.height);
        let Some(Ok(pdf)) = typed.map(Pdf::new) else { return };
        let Ok((over, _)) = painted(&pdf, 0, wanted) else { return };
        for (pixel, over) in self.picture.pixels_mut().zip(over.pixels()) {
            let darker = pixel.0.into_iter().zip(over.0).map(|(one, other)| one.min(other));
            pixel.0.iter_mut().zip(darker).for_each(|(to, value)| *to = value);
        }
    }

    /// Whether there is nothing in the box: an appearance that is out of date is seen all the same.
    fn is_even(&self, area: Area) -> bool {
        let (x, y) = (area.width() * 0.15, area.height() * 0.15);
        let inside = Area::new(area.x0 + x, area.y0 + y, area.x1 - x, area.y1 - y);
        let (colours, _) = self.part(Some(inside));
        let (mut least, mut most) = (255, 0);
        for value in colours.pixels {
            (least, most) = (value.min(least), value.max(most));
        }
        most.saturating_sub(least) < 60
    }
}

/// A page of a PDF. It is turned as its reading turns it: places are those of the turned page.
fn drawn(bytes: &[u8], index: usize, wanted: f32) -> Result<Sight, Unshown> {
    let read = pdf::open(bytes, &Limits::default());
    let number = u32::try_from(index + 1).map_err(|_| Unshown::NoSuchPage)?;
    let read = read.pages.iter().find(|page| page.number.page == number);
    let pdf = guarded(|| Pdf::new(bytes.to_vec())).and_then(Result::ok).ok_or(Unshown::Damaged)?;
    let (picture, (x, y)) = painted(&pdf, index, wanted)?;
    let turned = read.map_or(0, |page: &Page| page.turned);
    let mut sight = match turned {
        90 => Sight { picture: image::imageops::rotate90(&picture), scale: (y, x) },
        180 => Sight { picture: image::imageops::rotate180(&picture), scale: (x, y) },
        270 => Sight { picture: image::imageops::rotate270(&picture), scale: (y, x) },
        _ => Sight { picture, scale: (x, y) },
    };
    if let Some(page) = read {
        sight.type_in(page, wanted);
    }
    Ok(sight)
}

/// A page with its annotations on white; with it, the pixels a point, across and down.
fn painted(pdf: &Pdf, index: usize, wanted: f32) -> Result<(RgbImage, (f32, f32)), Unshown> {
    let page = pdf.pages().get(index).ok_or(Unshown::NoSuchPage)?;
    let (width, height) = page.render_dimensions();
    if !(width > 1.0 && height > 1.0 && width.is_finite() && height.is_finite()) {
        return Err(Unshown::Damaged);
    }
    let scale = wanted.min((MOST_PIXELS / (width * height)).sqrt());
    // a whole number of pixels: the page is drawn at that
    let side = |points: f32| u16::try_from(whole_pixels((points * scale).round()).max(1));
    let (Ok(across), Ok(down)) = (side(width), side(height)) else { return Err(Unshown::TooLarge) };
    let (x, y) = (f32::from(across) / width, f32::from(down) / height);
    let map = guarded(|| {
        let mut canvas = RenderContext::new(across, down);
        let to_pixels = Affine::scale_non_uniform(f64::from(x), f64::from(y));
        let at = to_pixels * Affine::new(page.initial_transform(true).as_coeffs());
        let (cache, settings) = (RenderCache::new(), InterpreterSettings::default());
        hayro::render_into(page, &cache, &settings, &RenderSettings::default(), &mut canvas, at);
        canvas.flush();
        let mut map = Pixmap::new(across, down);
        let ground =
            RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
        canvas.render_with(&mut map, &mut Resources::default(), ground);
        map
    });
    let map = map.ok_or(Unshown::Damaged)?;
    let pixels = map.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    let picture = RgbImage::from_raw(u32::from(across), u32::from(down), pixels).ok_or(Unshown::Damaged)?;
    Ok((picture, (x, y)))
}

/// A page of a picture file, the way it is held; its size in points is the one it is read with.
fn decoded(bytes: &[u8], index: usize) -> Result<Sight, Unshown> {
    let tiff = bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    let picture = if tiff { tiff_page(bytes, index) } else { coloured(bytes, index) }?;
    let (width, height) = picture.dimensions();
    // as long as A4, as what is read of it
    let scale = pixels(width.max(height)) / 841.9;
    Ok(Sight { picture, scale: (scale, scale) })
}

fn coloured(bytes: &[u8], index: usize) -> Result<RgbImage, Unshown> {
    if index > 0 {
        return Err(Unshown::NoSuchPage);
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Unshown::Damaged)?;
    let mut decoder = reader.into_decoder().map_err(|_| Unshown::Damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_DECODED || decoder.total_bytes() > MEMORY {
        return Err(Unshown::TooLarge);
    }
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MEMORY);
    decoder.set_limits(limits).map_err(|_| Unshown::TooLarge)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture =
        guarded(|| DynamicImage::from_decoder(decoder)).and_then(Result::ok).ok_or(Unshown::Damaged)?;
    let mut picture = handy(picture);
    picture.apply_orientation(orientation);
    Ok(on_white(picture))
}

fn tiff_page(bytes: &[u8], index: usize) -> Result<RgbImage, Unshown> {
    let pages = guarded(|| decode::pictures(bytes, (index + 1).min(MOST_PAGES))).ok_or(Unshown::Damaged)?;
    let pages = pages.map_err(|refused| match refused {
        decode::Refused::TooLarge => Unshown::TooLarge,
        decode::Refused::Damaged => Unshown::Damaged,
    })?;
    let page = pages.read.into_iter().nth(index).ok_or(Unshown::NoSuchPage)?;
    let (width, height) = (u32::try_from(page.width), u32::try_from(page.height));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(Unshown::TooLarge) };
    let grey = image::GrayImage::from_raw(width, height, page.pixels).ok_or(Unshown::Damaged)?;
    Ok(handy(DynamicImage::ImageLuma8(grey)).into_rgb8())
}

/// No larger than pages are drawn.
fn handy(picture: DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let factor = (MOST_PIXELS / (pixels(width) * pixels(height))).sqrt();
    if factor >= 1.0 {
        return picture;
    }
    let less = |side: u32| whole_pixels(pixels(side) * factor).max(1);
    picture.thumbnail_exact(less(width), less(height))
}

/// Transparent is paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0;
        let over = |c: u8| {
            let mixed = (u16::from(c) * u16::from(a) + 255 * (255 - u16::from(a))) / 255;
            u8::try_from(mixed).unwrap_or(255)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

impl Colours {
    /// As a PNG file.
    ///
    /// # Errors
    /// Where the pixels are not as many as the size says.
    pub fn png(&self) -> Result<Vec<u8>, image::ImageError> {
        let mut out = Vec::new();
        if self.pixels.len() != self.width.saturating_mul(self.height).saturating_mul(3) {
            let wrong = image::error::ParameterErrorKind::DimensionMismatch;
            return Err(image::ImageError::Parameter(image::error::ParameterError::from_kind(wrong)));
        }
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let encoder = image::codecs::png::PngEncoder::new(&mut out);
        encoder.write_image(
            &self.pixels,
            side(self.width),
            side(self.height),
            image::ExtendedColorType::Rgb8,
        )?;
        Ok(out)
    }
}

fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "sides of pictures")]
fn pixels(n: u32) -> f32 {
    n as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is clamped")]
fn whole_pixels(n: f32) -> u32 {
    n as u32
}
