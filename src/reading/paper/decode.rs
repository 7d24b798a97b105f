//! From bytes to grey pictures: files that are pictures, and pages of a PDF. What a picture would
//! fill is looked at before it is decoded.

use super::picture::{Grey, float};
use super::sheet::{A4, is_of_a_sheet};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, Paint, RenderContent, SoftMask, interpret_page,
};
use hayro_syntax::Pdf;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels of a picture that is decoded; a sheet at 600 dpi has 35 million, a telephone's photograph
/// 12 to 50.
const MOST_PIXELS: u64 = 64_000_000;
/// Longer side of the picture that is read, pixels: A4 at 300 dpi has 3,508.
const LONGEST: u32 = 4_200;
/// Bytes a decoder may use.
const MEMORY: u64 = 260 << 20;
/// Drawings of pictures on one page; a scan has one, or some hundred stripes.
const MOST_DRAWN: usize = 2_000;
/// Drawings of any kind on one page, a clip counting for many: nested forms can be made to draw for
/// days from a file of a few hundred bytes.
const MOST_WORK: u32 = 1_000_000;
const WORK_OF_A_CLIP: u32 = 50;
/// Letters and shapes of one page, all of which are kept until it is whole; a dense page of text has 6,000.
const MOST_SHAPES: usize = 40_000;
/// Longer side of a page, points: 200 inches, the limit of most programs (ISO 32000-1 annex C.2).
const LONGEST_PAGE: f32 = 14_400.0;
/// Pixels a point at which a page of a sheet's size is drawn, at least and at most: 100 and 300 dpi.
const DRAWN: (f32, f32) = (100.0 / 72.0, 300.0 / 72.0);
/// Share of a page from which the pictures on it are the page: it is drawn as fine as they are.
const COVERED: f64 = 0.4;
/// Pages of a TIFF; as many as of a PDF.
const MOST_IN_A_FILE: usize = 50;

/// Why a picture is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// More pixels than are decoded.
    TooLarge,
    Damaged,
}

/// The pictures of a file.
#[derive(Debug)]
pub struct Pictures {
    pub read: Vec<Grey>,
    /// There are more, which were not read: too many, or damaged.
    pub more: bool,
}

/// The pictures in a file (a TIFF has several pages), `most` at most.
///
/// # Errors
/// Where not even the first can be decoded, or it is too large.
pub fn pictures(bytes: &[u8], most: usize) -> Result<Pictures, Refused> {
    if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return tiff_pages(bytes, most);
    }
    if is_cut_jpeg(bytes) {
        return Err(Refused::Damaged);
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Refused::Damaged)?;
    let mut decoder = reader.into_decoder().map_err(|error| refused(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MEMORY {
        return Err(Refused::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    decoder.set_limits(limits).map_err(|_| Refused::TooLarge)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    Ok(Pictures { read: vec![oriented(grey(&picture), orientation)], more: false })
}

fn refused(error: &ImageError) -> Refused {
    match error {
        ImageError::Limits(_) => Refused::TooLarge,
        _ => Refused::Damaged,
    }
}

/// Whether a JPEG stops before its end mark: decoders fill up what did not come with grey, which must
/// not be taken for empty paper. (ITU-T T.81 annex B: segments with lengths up to the scan, in which
/// 0xFF 0xD9 can only be the end.)
fn is_cut_jpeg(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(&[0xFF, 0xD8]) else { return false };
    loop {
        match rest {
            [0xFF, 0xFF, ..] => rest = rest.get(1..).unwrap_or_default(),
            [0xFF, 0xDA, scan @ ..] => return !scan.windows(2).any(|pair| pair == [0xFF, 0xD9]),
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            _ => return true,
        }
    }
}

fn grey(picture: &DynamicImage) -> Grey {
    let on_white = if picture.color().has_alpha() {
        // transparent is paper
        let rgba = picture.to_rgba8();
        let (width, height) = (to_size(rgba.width()), to_size(rgba.height()));
        let pixels = rgba.pixels().map(|pixel| {
            let [r, g, b, a] = pixel.0.map(u32::from);
            let light = (r * 299 + g * 587 + b * 114) / 1000;
            u8::try_from((light * a + 255 * (255 - a)) / 255).unwrap_or(255)
        });
        Grey { width, height, pixels: pixels.collect() }
    } else {
        let luma = picture.to_luma8();
        Grey { width: to_size(luma.width()), height: to_size(luma.height()), pixels: luma.into_raw() }
    };
    fine(on_white)
}

/// No finer than is of use.
fn fine(picture: Grey) -> Grey {
    let by = picture.width.max(picture.height).div_ceil(to_size(LONGEST));
    if by > 1 { picture.shrunk(by) } else { picture }
}

fn oriented(picture: Grey, orientation: Orientation) -> Grey {
    match orientation {
        Orientation::NoTransforms => picture,
        Orientation::Rotate90 => picture.turned(1),
        Orientation::Rotate180 => picture.turned(2),
        Orientation::Rotate270 => picture.turned(3),
        Orientation::FlipHorizontal => picture.mirrored(),
        Orientation::FlipVertical => picture.mirrored().turned(2),
        Orientation::Rotate90FlipH => picture.turned(1).mirrored(),
        Orientation::Rotate270FlipH => picture.turned(3).mirrored(),
    }
}

fn to_size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// TIFF, page by page, in the depths scanners write.
fn tiff_pages(bytes: &[u8], most: usize) -> Result<Pictures, Refused> {
    use tiff::decoder::{Decoder, DecodingResult, Limits};
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 256 << 20;
    limits.intermediate_buffer_size = 128 << 20;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(|_| Refused::Damaged)?.with_limits(limits);
    // the decoder tells a chain that comes back to itself only where it walks it for the first time
    let mut pages = 1;
    let mut broken = false;
    while decoder.more_images() && !broken {
        if pages >= MOST_IN_A_FILE {
            return Err(Refused::TooLarge);
        }
        broken = decoder.next_image().is_err();
        pages += usize::from(!broken);
    }
    decoder.seek_to_image(0).map_err(|_| Refused::Damaged)?;
    let mut out = Vec::new();
    let partly = |read: Vec<Grey>| Ok(Pictures { read, more: true });
    loop {
        let (width, height) = decoder.dimensions().map_err(|_| Refused::Damaged)?;
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return if out.is_empty() { Err(Refused::TooLarge) } else { partly(out) };
        }
        let kind = decoder.colortype().map_err(|_| Refused::Damaged)?;
        let orientation = decoder
            .find_tag(tiff::tags::Tag::Orientation)
            .ok()
            .flatten()
            .and_then(|value| value.into_u16().ok())
            .and_then(|value| u8::try_from(value).ok())
            .and_then(Orientation::from_exif)
            .unwrap_or(Orientation::NoTransforms);
        let picture = match decoder.read_image() {
            Ok(DecodingResult::U8(data)) => from_samples(&data, to_size(width), to_size(height), kind),
            Ok(DecodingResult::U16(data)) => {
                let data: Vec<u8> = data.iter().map(|v| u8::try_from(v >> 8).unwrap_or(255)).collect();
                from_samples(&data, to_size(width), to_size(height), kind)
            }
            Ok(_) | Err(_) => None,
        };
        match picture {
            Some(picture) => out.push(oriented(fine(picture), orientation)),
            None if out.is_empty() => return Err(Refused::Damaged),
            None => return partly(out),
        }
        if out.len() == pages {
            return Ok(Pictures { read: out, more: broken });
        }
        if out.len() >= most || decoder.next_image().is_err() {
            return partly(out);
        }
    }
}

/// A TIFF's samples as grey; where zero is white, the decoder has turned them round already.
fn from_samples(data: &[u8], width: usize, height: usize, kind: tiff::ColorType) -> Option<Grey> {
    use tiff::ColorType;
    let light = |pixel: &[u8]| -> u8 {
        let [r, g, b, ..] = pixel else { return pixel.first().copied().unwrap_or(255) };
        let light = (u32::from(*r) * 299 + u32::from(*g) * 587 + u32::from(*b) * 114) / 1000;
        u8::try_from(light).unwrap_or(255)
    };
    let pixels: Vec<u8> = match kind {
        // one bit a pixel, rows begin on a byte
        ColorType::Gray(1) => {
            let row = width.div_ceil(8);
            let bit = |byte: u8, n: usize| if byte >> (7 - n % 8) & 1 == 1 { 255 } else { 0 };
            data.chunks_exact(row)
                .take(height)
                .flat_map(|line| (0..width).map(move |x| line.get(x / 8).map_or(255, |byte| bit(*byte, x))))
                .collect()
        }
        ColorType::Gray(_) => data.to_vec(),
        ColorType::GrayA(_) => data.chunks_exact(2).map(|p| light(p.get(..1).unwrap_or(p))).collect(),
        ColorType::RGB(_) | ColorType::YCbCr(_) => data.chunks_exact(3).map(light).collect(),
        ColorType::RGBA(_) => data.chunks_exact(4).map(light).collect(),
        ColorType::CMYK(_)
        | ColorType::CMYKA(_)
        | ColorType::Palette(_)
        | ColorType::Multiband { .. }
        | _ => {
            return None;
        }
    };
    (pixels.len() == width * height).then_some(Grey { width, height, pixels })
}

/// A page of a PDF without its annotations, as fine as the pictures it is made of; one of drawn letters as a good
/// scan would be.
///
/// # Errors
/// Where its pictures have more pixels than are decoded, or it cannot be drawn.
pub fn page(page: &hayro_syntax::page::Page<'_>, pdf: &Pdf) -> Result<Grey, Refused> {
    let settings =
        InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
    let fineness = fineness(page, pdf)?;
    let (width, height) = page.render_dimensions();
    #[expect(clippy::cast_precision_loss, reason = "capped")]
    let longest = LONGEST as f32 / width.max(height);
    let enlarged = enlarged(width, height);
    let scale = fineness.clamp(DRAWN.0 / enlarged, DRAWN.1 / enlarged).min(longest);
    // a whole number of pixels: the page is drawn at that
    let (across, down) = ((width * scale).round(), (height * scale).round());
    catch_unwind(AssertUnwindSafe(|| {
        let pixels = PixmapSettings {
            x_scale: (across + 0.01) / width,
            y_scale: (down + 0.01) / height,
            bg_color: WHITE,
        };
        let map = hayro::render(page, &RenderCache::new(), &settings, &RenderSettings::default(), &pixels);
        let (width, height) = (usize::from(map.width()), usize::from(map.height()));
        let light = |r: u8, g: u8, b: u8| {
            u8::try_from((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000).unwrap_or(255)
        };
        Grey { width, height, pixels: map.data().iter().map(|p| light(p.r, p.g, p.b)).collect() }
    }))
    .map_err(|_| Refused::Damaged)
}

/// How many times a sheet's size a page is said to be. Some scanners write pages of which each pixel is a point.
#[must_use]
pub fn enlarged(width: f32, height: f32) -> f32 {
    if is_of_a_sheet((width, height)) { 1.0 } else { width.max(height) / A4.1 }
}

/// Pixels a point of the finest large picture where pictures cover the page, as many as are drawn at most where they do
/// not, or at least where patterns fill its shapes, which take memory by the pixel; nothing is decoded for it.
///
/// # Errors
/// Where the page's pictures have more pixels than are decoded, or it cannot be drawn.
pub fn fineness(page: &hayro_syntax::page::Page<'_>, pdf: &Pdf) -> Result<f32, Refused> {
    let mut sizes = Sizes::default();
    let (width, height) = page.render_dimensions();
    if !(width > 20.0 && height > 20.0) {
        return Err(Refused::Damaged);
    }
    if width.max(height) > LONGEST_PAGE {
        return Err(Refused::TooLarge);
    }
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        let settings =
            InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
        let cache = InterpreterCache::new();
        let whole = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let at = Affine::new(page.initial_transform(true).as_coeffs());
        interpret_page(page, &mut Context::new(at, whole, &cache, pdf.xref(), settings), &mut sizes);
    }));
    if sizes.pixels > MOST_PIXELS {
        return Err(Refused::TooLarge);
    }
    if drawn.is_err() || sizes.cut || sizes.drawn > MOST_DRAWN || sizes.shapes > MOST_SHAPES {
        return Err(Refused::Damaged);
    }
    if sizes.covered < COVERED * f64::from(width) * f64::from(height) {
        return Ok(if sizes.patterned { 0.0 } else { f32::INFINITY });
    }
    #[expect(clippy::cast_possible_truncation, reason = "pixels a point")]
    let fineness = sizes.fineness as f32;
    Ok(fineness)
}

/// How large a page's pictures are, without decoding them.
#[derive(Default)]
struct Sizes {
    pixels: u64,
    drawn: usize,
    shapes: usize,
    /// Something is filled with a pattern.
    patterned: bool,
    /// Pixels a point of the finest large picture.
    fineness: f64,
    /// By pictures, square points.
    covered: f64,
    /// A picture stops before its end.
    cut: bool,
    work: u32,
}

impl Sizes {
    /// Breaks the interpretation off (without a panic's message) when it will not come to an end.
    fn work(&mut self, units: u32) {
        self.work += units;
        if self.work > MOST_WORK {
            std::panic::resume_unwind(Box::new(Refused::Damaged));
        }
    }
}

impl<'a> Device<'a> for Sizes {
    fn draw_path(&mut self, _: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.work(1);
        self.shapes += 1;
        self.patterned |= matches!(props.paint, Paint::Pattern(_));
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.work(WORK_OF_A_CLIP);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.work(WORK_OF_A_CLIP);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.work(1);
        self.shapes += run.glyphs().len();
        self.patterned |= matches!(props.paint, Paint::Pattern(_));
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.work(1);
        self.drawn += 1;
        self.pixels = self.pixels.saturating_add(u64::from(image.width()) * u64::from(image.height()));
        let [a, b, c, d, ..] = props.transform.as_coeffs();
        self.covered += (a * d - b * c).abs() * f64::from(image.width()) * f64::from(image.height());
        let points = a.hypot(b);
        let wide = points * f64::from(image.width()) > 150.0;
        if wide && points > 0.0 {
            self.fineness = self.fineness.max(1.0 / points);
        }
        if let (true, false, Image::Raster(raster)) = (wide, self.cut, &image) {
            self.cut = is_cut_jpeg(&raster.stream().raw_data());
        }
    }
}

/// Whether a picture is a logo or an icon: too small for a page that could be read.
#[must_use]
pub fn is_tiny(picture: &Grey) -> bool {
    float(picture.width.min(picture.height)) < 150.0
}
