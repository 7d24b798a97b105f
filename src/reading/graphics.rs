//! What a page draws, as the interpreter hands it over: glyphs with their places, strokes and
//! fills sorted into rules, boxes and ink, pictures. Words are made of the glyphs in `text`.

use super::graphics_glyphs::{Font, advance_scale, advance_width, direction, text_of};
use super::graphics_paint::{Tint, blank};
use super::graphics_shapes::{self as shapes, Shape};
use super::page::{Area, Ink, InkKind, Origin, Rule};
use super::text::Glyph;
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, RasterImage, SoftMask,
};
use std::collections::HashMap;

/// Work on a page after which it is given up: a real page needs some thousands of drawings; nested
/// forms can be made to draw for days from a file of a few hundred bytes.
const MOST_WORK: u32 = 1_000_000;
/// A clip is pushed for every nested form, which costs far more than a drawing.
const WORK_OF_A_CLIP: u32 = 50;
/// Glyphs, rules and inks kept of a page; what is beyond is a drawing, not a form.
const MOST_KEPT: usize = 60_000;
/// Opaque surfaces remembered: every word is held against each.
const MOST_COVERS: usize = 2_000;
/// Pixels of a picture that are looked at to find it blank; a larger one counts as not blank, and so
/// does one that takes up most of the page: that is a scan, whose reader looks at it anyway.
const MOST_PIXELS: u64 = 6_000_000;

/// Thrown (without a panic's message) out of an interpreter that will not come to an end.
pub(super) struct Exhausted;

/// An opaque surface laid over what was drawn before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cover {
    pub area: Area,
    pub light: bool,
    /// Drawing order, on the same count as the glyphs'.
    pub order: u32,
}

/// Collects what is drawn on one page. The interpreter's transforms must already lead to displayed
/// points, y downwards.
pub(super) struct Canvas {
    page: Area,
    pub origin: Origin,
    pub glyphs: Vec<Glyph>,
    pub rules: Vec<Rule>,
    pub ink: Vec<Ink>,
    pub covers: Vec<Cover>,
    clips: Vec<Area>,
    /// Opacity of the groups that are open, and whether they simply lie over what is beneath.
    groups: Vec<(f32, bool)>,
    /// Also the order of drawing.
    done: u32,
    /// Pictures come back on many pages: logos.
    blank: HashMap<u128, bool>,
}

impl Canvas {
    pub fn new(page: Area) -> Self {
        Self {
            page,
            origin: Origin::Page,
            glyphs: Vec::new(),
            rules: Vec::new(),
            ink: Vec::new(),
            covers: Vec::new(),
            clips: Vec::new(),
            groups: Vec::new(),
            done: 0,
            blank: HashMap::new(),
        }
    }

    /// Begins another drawing: what is drawn next is `origin`'s and cut by `clip`. Forgets clips and
    /// groups that an interpretation broken off has left behind.
    pub fn settle(&mut self, origin: Origin, clip: Area) {
        self.origin = origin;
        self.clips.clear();
        self.clips.push(clip);
        self.groups.clear();
    }

    pub(super) fn work(&mut self, units: u32) {
        self.done += units;
        if self.done > MOST_WORK {
            std::panic::resume_unwind(Box::new(Exhausted));
        }
    }

    fn opacity(&self) -> f32 {
        self.groups.iter().map(|(opacity, _)| opacity).product()
    }

    /// Whether what is drawn now hides what is beneath it; a highlighter does not.
    fn hides(&self, blend: BlendMode) -> bool {
        blend == BlendMode::Normal && self.groups.iter().all(|(_, normal)| *normal)
    }

    /// Degrees by which the page must be turned clockwise for most of its text to stand upright;
    /// 0 when it does, or when there is too little text to say.
    pub fn lies_on_its_side(&self) -> u16 {
        let mut ways = [0_usize; 4];
        for glyph in self.glyphs.iter().filter(|glyph| !glyph.unseen) {
            let (dx, dy) = (glyph.end.0 - glyph.start.0, glyph.end.1 - glyph.start.1);
            let [right, up, left, down] = &mut ways;
            let way = match (dx.abs() > dy.abs(), dx > 0.0, dy > 0.0) {
                (true, true, _) => right,
                (true, false, _) => left,
                (false, _, false) => up,
                (false, _, true) => down,
            };
            *way += 1;
        }
        let all: usize = ways.iter().sum();
        let [_, up, left, down] = ways;
        let most = |count: usize| all >= 40 && count * 10 >= all * 7;
        match (most(up), most(left), most(down)) {
            (true, _, _) => 90,
            (_, true, _) => 180,
            (_, _, true) => 270,
            _ => 0,
        }
    }

    fn clip(&self) -> Area {
        self.clips.last().copied().unwrap_or(self.page)
    }

    fn full(&self) -> bool {
        self.glyphs.len() + self.rules.len() + self.ink.len() > MOST_KEPT
    }

    /// Cuts to what is seen; `None` when nothing is.
    fn seen(&self, area: Area) -> Option<Area> {
        let clip = self.clip();
        let cut = Area {
            x0: area.x0.max(clip.x0).max(self.page.x0),
            y0: area.y0.max(clip.y0).max(self.page.y0),
            x1: area.x1.min(clip.x1).min(self.page.x1),
            y1: area.y1.min(clip.y1).min(self.page.y1),
        };
        // thin lines have no area: an empty common part still counts when it is a line's
        (cut.x0 <= cut.x1 && cut.y0 <= cut.y1).then_some(cut)
    }

    fn rule(&mut self, area: Area, horizontal: bool) {
        if let Some(area) = self.seen(area) {
            self.rules.push(Rule { area, horizontal, origin: self.origin });
        }
    }

    pub fn ink(&mut self, area: Area, kind: InkKind) {
        if let Some(area) = self.seen(area) {
            self.ink.push(Ink { area, kind, origin: self.origin });
        }
    }

    fn cover(&mut self, area: Area, light: bool) {
        let order = self.order();
        if let Some(area) = self.seen(area).filter(|_| self.covers.len() < MOST_COVERS) {
            self.covers.push(Cover { area, light, order });
        }
    }

    pub(super) fn order(&self) -> u32 {
        self.done
    }

    fn stroke(&mut self, path: &BezPath, transform: Affine, width: f32, paint: &Tint) {
        if paint.nothing || paint.white {
            return;
        }
        // a line is as wide as its pen, scaled
        let scale = transform.determinant().abs().sqrt();
        let half = (f64::from(width) * scale / 2.0).clamp(0.05, 40.0);
        for shape in shapes::of_strokes(&(transform * path), half) {
            match shape {
                Shape::Line { area, horizontal } => self.rule(area, horizontal),
                Shape::Frame { area } if shapes::is_tick_box(&area) => self.ink(area, InkKind::Box),
                Shape::Frame { area } => self.frame(area, half),
                Shape::Ring { area } => self.ring(area, InkKind::Stroke),
                Shape::Solid { area, .. } | Shape::Free { area } => self.ink(area, InkKind::Stroke),
            }
        }
    }

    fn fill(&mut self, path: &BezPath, transform: Affine, paint: &Tint, hides: bool) {
        if paint.nothing {
            return;
        }
        for shape in shapes::of_fills(&(transform * path)) {
            match shape {
                Shape::Line { area, horizontal } => {
                    if !paint.white {
                        self.rule(area, horizontal);
                    }
                }
                Shape::Frame { .. } | Shape::Ring { .. } if paint.white => {}
                Shape::Frame { area } if shapes::is_tick_box(&area) => self.ink(area, InkKind::Box),
                Shape::Frame { area } => self.frame(area, 0.5),
                Shape::Ring { area } => self.ring(area, InkKind::Fill { light: paint.light }),
                Shape::Solid { area } => {
                    if paint.opaque && hides {
                        self.cover(area, paint.light);
                    }
                    self.ink(area, InkKind::Fill { light: paint.light });
                }
                Shape::Free { area } => self.ink(area, InkKind::Fill { light: paint.light }),
            }
        }
    }

    fn frame(&mut self, area: Area, half: f64) {
        for (edge, horizontal) in shapes::edges(&area, half) {
            self.rule(edge, horizontal);
        }
    }

    /// What a page prints is a circle to tick; what is drawn over a page is somebody's mark.
    fn ring(&mut self, area: Area, mark: InkKind) {
        let printed = matches!(self.origin, Origin::Page | Origin::Widget(_));
        self.ink(area, if printed { InkKind::Box } else { mark });
    }

    fn most_of_page(&self, area: &Area) -> bool {
        area.width() * area.height() > 0.4 * self.page.width() * self.page.height()
    }

    fn is_blank(&mut self, image: &Image<'_, '_>, area: &Area) -> bool {
        if self.most_of_page(area) || u64::from(image.width()) * u64::from(image.height()) > MOST_PIXELS {
            return false;
        }
        let key = image.cache_key();
        if let Some(known) = self.blank.get(&key) {
            return *known;
        }
        let found = blank(image);
        self.blank.insert(key, found);
        found
    }
}

impl<'a> Device<'a> for Canvas {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, draw_mode: &DrawMode) {
        self.work(1);
        if self.full() {
            return;
        }
        let tint = Tint::of(&props.paint, self.opacity());
        let hides = self.hides(props.blend_mode) && props.soft_mask.is_none();
        match draw_mode {
            DrawMode::Fill(_) => self.fill(path, props.transform, &tint, hides),
            DrawMode::Stroke(stroke) => self.stroke(path, props.transform, stroke.line_width, &tint),
            DrawMode::FillAndStroke(_, stroke) => {
                self.fill(path, props.transform, &tint, hides);
                self.stroke(path, props.transform, stroke.line_width, &tint);
            }
            DrawMode::Invisible => {}
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.work(WORK_OF_A_CLIP);
        let now = self.clip();
        let next = area_of(clip.path.bounding_box());
        self.clips.push(Area {
            x0: now.x0.max(next.x0),
            y0: now.y0.max(next.y0),
            x1: now.x1.min(next.x1),
            y1: now.y1.min(next.y1),
        });
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        self.work(1);
        self.groups.push((opacity, blend == BlendMode::Normal && mask.is_none()));
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, draw_mode: &DrawMode) {
        self.work(1);
        if self.full() {
            return;
        }
        let tint = Tint::of(&props.paint, self.opacity());
        let placed: Vec<_> =
            run.glyphs().iter().map(|glyph| (glyph, props.transform * glyph.transform())).collect();
        let advance = advance_scale(placed.iter().map(|(_, at)| at));
        let clip = self.clip();
        let (order, origin, page) = (self.order(), self.origin, self.page);
        let font = Font::default();
        for (glyph, at) in placed {
            let Some(text) = text_of(glyph, &font) else { continue };
            let width = f64::from(advance_width(glyph));
            let along = direction(at);
            let start = at * Point::ZERO;
            let end = start + along * (width * advance);
            let [_, _, c, d, _, _] = at.as_coeffs();
            let size = c.hypot(d) * 1000.0;
            if !(start.is_finite() && end.is_finite() && size.is_finite()) || size < 0.5 {
                continue;
            }
            let up = Point::new(c, d).to_vec2() * (1000.0 / size) * (size * 0.3);
            let middle = start.midpoint(end) + up;
            #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
            let at = |p: Point| (p.x as f32, p.y as f32);
            self.glyphs.push(Glyph {
                text,
                start: at(start),
                end: at(end),
                #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
                size: size as f32,
                order,
                origin,
                unseen: matches!(draw_mode, DrawMode::Invisible) || tint.nothing,
                white: tint.white,
                clipped: !clip.holds(at(middle)) || !page.holds(at(middle)),
                doubted: false,
            });
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.work(1);
        if self.full() || self.opacity() < 0.02 {
            return;
        }
        let pixels = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let area = area_of((props.transform * pixels.to_path(0.1)).bounding_box());
        if area.width().min(area.height()) < 2.0 {
            // some producers paint lines as pictures of one pixel
            if area.width().max(area.height()) > 6.0 {
                self.rule(area, area.width() > area.height());
            }
            return;
        }
        let blank = self.is_blank(&image, &area);
        let full = |image: &RasterImage<'_>| {
            let dict = image.stream().dict();
            !["SMask", "Mask", "SMaskInData"].iter().any(|key| dict.contains_key(key))
        };
        // a scan hides the text layer beneath it; a signature pasted over a label leaves the label
        // in its place, for all that a reader needs of it
        let hides = self.most_of_page(&area) && self.hides(props.blend_mode);
        if hides && matches!(&image, Image::Raster(raster) if full(raster)) {
            self.cover(area, blank);
        }
        self.ink(area, InkKind::Picture { blank });
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}

pub(super) fn area_of(rect: Rect) -> Area {
    #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
    let of = |v: f64| v as f32;
    Area::new(of(rect.x0), of(rect.y0), of(rect.x1), of(rect.y1))
}
