//! Glyphs of a run: what they stand for, and how far they reach.

use super::text_symbols as symbols;
use hayro_interpret::font::{Glyph as FontGlyph, OutlineGlyph};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, Point, Vec2};
use std::cell::OnceCell;

/// Unit vector of the writing direction.
pub(super) fn direction(at: Affine) -> Vec2 {
    let [a, b, _, _, _, _] = at.as_coeffs();
    let length = a.hypot(b);
    if length > 0.0 { Point::new(a / length, b / length).to_vec2() } else { Point::new(1.0, 0.0).to_vec2() }
}

/// Points per thousandth of an em along the line. Where a font is not in the file, the interpreter
/// stretches each glyph of its stand-in to the width the file gives; that stretch is not part of
/// the advance. It varies from glyph to glyph around 1, a horizontal scaling of the text does not.
pub(super) fn advance_scale<'b>(placed: impl Iterator<Item = &'b Affine>) -> f64 {
    let mut ratios: Vec<(f64, f64)> = placed
        .map(|at| {
            let [a, b, c, d, _, _] = at.as_coeffs();
            (a.hypot(b), c.hypot(d))
        })
        .collect();
    ratios.sort_by(|x, y| x.0.total_cmp(&y.0));
    let Some(&(along, across)) = ratios.get(ratios.len() / 2) else { return 0.0 };
    if (along / across - 1.0).abs() < 0.12 { across } else { along }
}

pub(super) fn advance_width(glyph: &FontGlyph<'_>) -> f32 {
    let width = match glyph {
        FontGlyph::Outline(outline) => outline.advance_width(),
        FontGlyph::Type3(type3) => type3.advance_width(),
    };
    width.filter(|w| w.is_finite() && *w > 0.0 && *w < 4000.0).unwrap_or(500.0)
}

/// What is asked of a run's font, at most once: a run has one font.
#[derive(Default)]
pub(super) struct Font(OnceCell<Option<String>>);

impl Font {
    /// The embedded font's name; `None` where there is no font in the file (or only a Type 1).
    fn name(&self, glyph: &OutlineGlyph) -> Option<&str> {
        self.0.get_or_init(|| glyph.font_data().and_then(|font| font.postscript_name)).as_deref()
    }
}

/// The character a glyph stands for; a tick from a symbol font as the tick it draws; U+FFFD where
/// the file does not say. `None` for glyphs that are nothing on paper.
pub(super) fn text_of(glyph: &FontGlyph<'_>, font: &Font) -> Option<String> {
    let mapped = match glyph.as_unicode() {
        Some(BfString::Char(c)) => Some(c.to_string()),
        Some(BfString::String(s)) => Some(s),
        None => None,
    };
    let symbol = match glyph {
        FontGlyph::Outline(outline) => {
            symbols::symbol(outline.char_code(), mapped.as_deref(), || font.name(outline))
        }
        FontGlyph::Type3(_) => None,
    };
    let text = symbol.map_or_else(|| mapped.unwrap_or_else(|| "\u{FFFD}".to_owned()), |c| c.to_string());
    let text: String = text.chars().filter(|c| !symbols::is_nothing(*c)).collect();
    (!text.is_empty()).then_some(text)
}
