//! Text typed onto a page as an annotation: drawn by the viewer, or drawn less than it says.

use super::compare::agree;
use super::graphics::Canvas;
use super::layout::fold::squeeze;
use super::page::Area;
use super::text::{Glyph, joined};

impl Canvas {
    /// Text typed into an area by a program that left its drawing to the viewer: lines broken at the
    /// area's width, places estimated.
    pub fn type_into(&mut self, area: Area, text: &str, size: f32) {
        self.work(1);
        let order = self.order();
        let wide = size * 0.5;
        let (mut x, mut y) = (area.x0 + 2.0, area.y0 + size);
        for line in text.split(['\r', '\n']) {
            for word in line.split_whitespace() {
                let letters = word.chars().count();
                #[expect(clippy::cast_precision_loss, reason = "letters of a word")]
                let length = wide * letters as f32;
                if x > area.x0 + 2.0 && x + length > area.x1 {
                    (x, y) = (area.x0 + 2.0, y + size * 1.15);
                }
                let typed = |text: &str, x0: f32, x1: f32| Glyph {
                    text: text.to_owned(),
                    start: (x0, y),
                    end: (x1, y),
                    size,
                    order,
                    origin: self.origin,
                    unseen: false,
                    white: false,
                    clipped: false,
                    doubted: false,
                };
                let (end, next) = (x + length, x + length + wide);
                self.glyphs.extend([typed(word, x, end), typed(" ", end, next)]);
                x = next;
            }
            if x > area.x0 + 2.0 {
                (x, y) = (area.x0 + 2.0, y + size * 1.15);
            }
        }
    }

    /// What has been drawn so far, for `hold_against`.
    pub fn mark(&self) -> (usize, usize) {
        (self.glyphs.len(), self.ink.len() + self.rules.len())
    }

    /// Holds what a typed text drew since `mark` against what it says. Where its own box cuts it, or
    /// the drawing says something else, the whole text is read and is in doubt: who looks at the page
    /// sees another text.
    pub fn hold_against(&mut self, mark: (usize, usize), says: &str, area: Area, size: f32) {
        let (from, shapes) = mark;
        let mine = self.glyphs.get(from..).unwrap_or_default();
        if mine.is_empty() && self.ink.len() + self.rules.len() == shapes {
            self.type_into(area, says, size);
            self.glyphs.iter_mut().skip(from).for_each(|glyph| glyph.doubted = true);
            return;
        }
        let visible = |glyph: &&Glyph| !glyph.unseen && !glyph.text.trim().is_empty();
        let cut = mine.iter().filter(visible).any(|glyph| glyph.clipped);
        let shown = mine.iter().filter(visible).any(|glyph| !glyph.clipped);
        let draws = joined(mine.iter());
        if !shown || !cut && (says.trim().is_empty() || agree(says, &draws, false)) {
            return;
        }
        if squeeze(says).len() > squeeze(&draws).len() && squeeze(says).contains(&squeeze(&draws)) {
            self.glyphs.truncate(from);
            self.type_into(area, says, size);
        }
        for glyph in self.glyphs.iter_mut().skip(from) {
            glyph.clipped = false;
            glyph.doubted = true;
        }
    }
}
