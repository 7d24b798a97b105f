//! Glyphs → words. Glyphs come in drawing order with their places; words are cut at white space
//! and at gaps, whatever the program that wrote the page did with its spaces.

use super::graphics::Cover;
use super::page::{Area, Origin, Word};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A gap wider than this part of the font size cuts a word. Kerning stays under 0.05; the narrowest
/// spaces of usual fonts are 0.2 to 0.28 (Calibri 0.226), justified lines shrink them.
const GAP: f32 = 0.15;
/// Typed letter by letter into cells, or spaced out: gaps up to this (in font sizes) may be letter
/// spacing where they are all alike.
const WIDEST_SPACING: f32 = 0.7;
/// Confidence in a word of which not all is seen.
const IN_DOUBT: f32 = 0.5;

/// One glyph as drawn.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    /// What it stands for: one character, or several for a ligature; U+FFFD where nobody knows.
    pub text: String,
    /// Where its baseline starts and ends, displayed points.
    pub start: (f32, f32),
    pub end: (f32, f32),
    /// Font size, displayed points.
    pub size: f32,
    /// Drawing order, on the same count as the covers'.
    pub order: u32,
    pub origin: Origin,
    /// Drawn without leaving a trace: text render mode 3, transparent.
    pub unseen: bool,
    pub white: bool,
    /// Outside the clip or the page.
    pub clipped: bool,
    /// Of a text that is not seen as it was written.
    pub doubted: bool,
}

/// A glyph in the coordinates of its line: `x` along the writing direction, `y` across it.
#[derive(Debug, Clone, Copy)]
struct Placed<'a> {
    glyph: &'a Glyph,
    dir: (f32, f32),
    x0: f32,
    x1: f32,
    y: f32,
}

impl<'a> Placed<'a> {
    fn new(glyph: &'a Glyph) -> Self {
        let (dx, dy) = (glyph.end.0 - glyph.start.0, glyph.end.1 - glyph.start.1);
        let length = dx.hypot(dy);
        let dir = if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) };
        let along = |(x, y): (f32, f32)| x * dir.0 + y * dir.1;
        let across = |(x, y): (f32, f32)| y * dir.0 - x * dir.1;
        Self { glyph, dir, x0: along(glyph.start), x1: along(glyph.end), y: across(glyph.start) }
    }

    fn doubted(&self) -> bool {
        self.glyph.doubted || self.glyph.clipped
    }

    fn is_space(&self) -> bool {
        self.glyph.text.chars().all(char::is_whitespace)
    }

    /// Whether `next` stands on the same line, to the right of this one or nearly so.
    fn continues_with(&self, next: &Self) -> bool {
        let size = self.glyph.size.max(next.glyph.size);
        let same_way = self.dir.0 * next.dir.0 + self.dir.1 * next.dir.1 > 0.99;
        let alike = self.glyph.size.min(next.glyph.size) > 0.6 * size;
        same_way
            && alike
            && self.glyph.origin == next.glyph.origin
            && (self.y - next.y).abs() < 0.2 * size
            && next.x0 > self.x0 - 0.3 * size
            && next.x0 - self.x1 < 3.0 * size
    }

    fn area(&self) -> Area {
        let Glyph { start, end, size, .. } = self.glyph;
        // up is the direction turned a quarter left; y grows downwards
        let up = (self.dir.1, -self.dir.0);
        let at = |(x, y): (f32, f32), by: f32| (x + up.0 * by * size, y + up.1 * by * size);
        let corners = [at(*start, 0.75), at(*end, 0.75), at(*start, -0.22), at(*end, -0.22)];
        corners.iter().fold(Area::new(start.0, start.1, end.0, end.1), |area, &(x, y)| {
            area.around(&Area { x0: x, y0: y, x1: x, y1: y })
        })
    }
}

/// Words of a page, in drawing order. Glyphs outside their clip are left out, but for the rest of a
/// line that is cut: a part of an address or a number must not pass for the whole.
pub(super) fn words(glyphs: &[Glyph], covers: &[Cover]) -> Vec<Word> {
    drafts(with_cut_ends(glyphs).into_iter())
        .into_iter()
        .map(|draft| draft.into_word(covers))
        .filter(|word| !word.text.is_empty())
        .collect()
}

/// The glyphs that are seen, with those that continue a seen one on its line outside the clip.
fn with_cut_ends(glyphs: &[Glyph]) -> Vec<&Glyph> {
    let placed: Vec<Placed<'_>> = glyphs.iter().map(Placed::new).collect();
    let mut out = Vec::with_capacity(glyphs.len());
    for line in placed.chunk_by(Placed::continues_with) {
        let starts = line.iter().any(|one| !one.glyph.clipped && !one.glyph.unseen && !one.is_space());
        let kept = |one: &&Placed<'_>| !one.glyph.clipped || starts && !one.glyph.unseen;
        out.extend(line.iter().filter(kept).map(|one| one.glyph));
    }
    out
}

/// All that is drawn, in reading order, words joined by single spaces: also what lies outside the
/// clip, since a value too long for its box is drawn in full and cut by the box.
pub(super) fn joined<'a>(glyphs: impl Iterator<Item = &'a Glyph>) -> String {
    let mut drafts = drafts(glyphs.filter(|glyph| !glyph.unseen));
    drafts.sort_by(|a, b| a.line().cmp(&b.line()).then(a.x0.total_cmp(&b.x0)));
    let words: Vec<String> =
        drafts.into_iter().map(|d| d.into_word(&[]).text).filter(|text| !text.is_empty()).collect();
    words.join(" ")
}

/// A word being put together.
#[derive(Debug, Clone)]
struct Draft {
    text: String,
    x0: f32,
    x1: f32,
    y: f32,
    dir: (f32, f32),
    size: f32,
    area: Area,
    order: u32,
    origin: Origin,
    unseen: bool,
    white: bool,
    doubted: bool,
}

impl Draft {
    fn of(first: &Placed<'_>) -> Self {
        Self {
            text: first.glyph.text.clone(),
            x0: first.x0,
            x1: first.x1,
            y: first.y,
            dir: first.dir,
            size: first.glyph.size,
            area: first.area(),
            order: first.glyph.order,
            origin: first.glyph.origin,
            unseen: first.glyph.unseen,
            white: first.glyph.white,
            doubted: first.doubted(),
        }
    }

    fn add(&mut self, next: &Placed<'_>) {
        self.text.push_str(&next.glyph.text);
        self.x1 = self.x1.max(next.x1);
        self.area = self.area.around(&next.area());
        // a word is as unseen as all of its glyphs
        self.unseen &= next.glyph.unseen;
        self.white &= next.glyph.white;
        self.doubted |= next.doubted();
    }

    fn is_box(&self) -> bool {
        is_box(&self.text)
    }

    /// Lines are told apart by half a font size.
    #[expect(clippy::cast_possible_truncation, reason = "a page is some thousand points high")]
    fn line(&self) -> i32 {
        (self.y / (self.size * 0.5).max(1.0)).round() as i32
    }

    /// Whether `next` is the rest of this word, drawn at another time.
    fn goes_on_with(&self, next: &Self) -> bool {
        let size = self.size.max(next.size);
        !(self.is_box() || next.is_box())
            && self.dir.0 * next.dir.0 + self.dir.1 * next.dir.1 > 0.99
            && self.origin == next.origin
            && self.unseen == next.unseen
            && self.size.min(next.size) > 0.8 * size
            && (self.y - next.y).abs() < 0.12 * size
            && (-0.12..0.12).contains(&((next.x0 - self.x1) / size))
    }

    fn join(&mut self, next: &Self) {
        self.text.push_str(&next.text);
        self.x1 = self.x1.max(next.x1);
        self.area = self.area.around(&next.area);
        self.white &= next.white;
        self.doubted |= next.doubted;
    }

    fn into_word(self, covers: &[Cover]) -> Word {
        let invisible = self.unseen || hidden(&self, covers);
        Word {
            text: tidy(&self.text),
            area: self.area,
            size: self.size,
            origin: self.origin,
            invisible,
            confidence: if self.doubted { IN_DOUBT } else { 1.0 },
        }
    }
}

/// A box to tick is a word of its own, whatever is typed upon it or right beside it.
fn is_box(text: &str) -> bool {
    matches!(text, "☐" | "☑" | "☒" | "□" | "▢" | "❏" | "❑" | "❐" | "❒" | "◻" | "⬜" | "○" | "◯")
}

/// White on white, or painted over afterwards.
fn hidden(draft: &Draft, covers: &[Cover]) -> bool {
    let middle = draft.area.middle();
    let under = |cover: &&Cover| cover.order < draft.order && cover.area.holds(middle);
    let white_on_white = draft.white && covers.iter().rev().find(under).is_none_or(|beneath| beneath.light);
    let over = |cover: &Cover| {
        cover.order > draft.order
            && draft.area.overlap(&cover.area).is_some_and(|common| {
                common.width() > 0.9 * draft.area.width() && common.height() > 0.7 * draft.area.height()
            })
    };
    white_on_white || covers.iter().any(over)
}

fn drafts<'a>(glyphs: impl Iterator<Item = &'a Glyph>) -> Vec<Draft> {
    let placed: Vec<Placed<'_>> = without_doubles(glyphs.map(Placed::new));
    let mut drafts: Vec<Draft> = Vec::new();
    for line in placed.chunk_by(Placed::continues_with) {
        let limit = gap_limit(line);
        let mut word: Option<Draft> = None;
        let mut last: Option<&Placed<'_>> = None;
        for glyph in line {
            if glyph.is_space() {
                drafts.extend(word.take());
                continue;
            }
            let gap = last.map_or(0.0, |last| (glyph.x0 - last.x1) / glyph.glyph.size);
            match word.as_mut() {
                Some(word) if gap <= limit && !(word.is_box() || is_box(&glyph.glyph.text)) => {
                    word.add(glyph);
                }
                Some(_) | None => drafts.extend(word.replace(Draft::of(glyph))),
            }
            last = Some(glyph);
        }
        drafts.extend(word);
    }
    put_together(drafts)
}

/// Joins words drawn in pieces and out of order.
fn put_together(mut drafts: Vec<Draft>) -> Vec<Draft> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    let key = |d: &Draft| (d.line(), d.x0);
    order.sort_by(|&a, &b| match (drafts.get(a), drafts.get(b)) {
        (Some(a), Some(b)) => {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        }
        _ => a.cmp(&b),
    });
    // each piece goes to the one before it on its line, from right to left
    let mut gone = vec![false; drafts.len()];
    for pair in order.windows(2).rev() {
        let [a, b] = *pair else { continue };
        let Some(next) = drafts.get(b).cloned() else { continue };
        if let (Some(draft), Some(gone)) = (drafts.get_mut(a), gone.get_mut(b))
            && draft.goes_on_with(&next)
        {
            draft.join(&next);
            *gone = true;
        }
    }
    let mut gone = gone.into_iter();
    drafts.retain(|_| !gone.next().unwrap_or(false));
    drafts
}

/// The gap (in font sizes) up to which a line's glyphs belong to one word: more than usual where
/// the letters are spaced out evenly.
fn gap_limit(line: &[Placed<'_>]) -> f32 {
    let mut gaps: Vec<f32> = line
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] if !a.is_space() && !b.is_space() => Some((b.x0 - a.x1) / b.glyph.size),
            _ => None,
        })
        .collect();
    if gaps.len() < 4 {
        return GAP;
    }
    gaps.sort_by(f32::total_cmp);
    let Some(&median) = gaps.get(gaps.len() / 2) else { return GAP };
    let Some(&low) = gaps.get(gaps.len() / 10) else { return GAP };
    if low > 0.1 && (0.1..WIDEST_SPACING).contains(&median) { median * 1.25 + GAP } else { GAP }
}

/// Drops a glyph drawn again at the same place: bold by double strike, outlined and filled text,
/// shadows.
fn without_doubles<'a>(placed: impl Iterator<Item = Placed<'a>>) -> Vec<Placed<'a>> {
    let mut kept: Vec<Placed<'a>> = Vec::new();
    let mut seen: std::collections::HashMap<(i32, i32), Vec<usize>> = std::collections::HashMap::new();
    for glyph in placed {
        if glyph.is_space() {
            kept.push(glyph);
            continue;
        }
        #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
        let cell = |at: f32| (at / 4.0).floor() as i32;
        let (x, y) = glyph.glyph.start;
        // as far as 0.12 of its size along and across
        let reach = 0.17 * glyph.glyph.size.min(24.0);
        let rows = || cell(y - reach)..=cell(y + reach);
        let mut near =
            (cell(x - reach)..=cell(x + reach)).flat_map(|column| rows().map(move |row| (column, row)));
        let again = near.find_map(|near| {
            seen.get(&near).into_iter().flatten().copied().find(|&i| {
                let Some(other) = kept.get(i) else { return false };
                other.glyph.text == glyph.glyph.text
                    && other.glyph.origin == glyph.glyph.origin
                    && other.glyph.unseen == glyph.glyph.unseen
                    && (other.x0 - glyph.x0).abs() < 0.12 * glyph.glyph.size
                    && (other.y - glyph.y).abs() < 0.12 * glyph.glyph.size
            })
        });
        match again.and_then(|i| kept.get_mut(i)) {
            // drawn part by part under one clip after the other: seen once is seen
            Some(known) if known.glyph.clipped => *known = glyph,
            Some(_) => {}
            None => {
                seen.entry((cell(x), cell(y))).or_default().push(kept.len());
                kept.push(glyph);
            }
        }
    }
    kept
}

/// One spelling for what looks the same: ligatures as letters, hyphens as `-`, accents composed.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut accent: Option<char> = None;
    for c in text.chars() {
        match c {
            '\u{FB00}' => out.push_str("ff"),
            '\u{FB01}' => out.push_str("fi"),
            '\u{FB02}' => out.push_str("fl"),
            '\u{FB03}' => out.push_str("ffi"),
            '\u{FB04}' => out.push_str("ffl"),
            '\u{FB05}' | '\u{FB06}' => out.push_str("st"),
            '\u{2010}' | '\u{2011}' | '\u{00AD}' => out.push('-'),
            // a mark before its letter, as some typesetters draw it
            c if is_combining_mark(c) && out.is_empty() => accent = Some(c),
            c => {
                out.push(c);
                out.extend(accent.take());
            }
        }
    }
    out.extend(accent);
    out.nfc().collect()
}
