//! A page made ready for finding answers: its words in lines, its grid, its links from a line to
//! the one it wraps into. Nothing here knows the form.

pub mod fold;
pub mod grid;

use crate::reading::page::{Area, Origin, Page, WidgetKind};
use fold::squeeze;
use grid::{Grid, shared};

/// Words that are read of a page; the form has 700 on its fullest. More are an attack on our time.
const MOST_WORDS: usize = 6_000;

/// A word as drawn, or a part of one ("Nom:Dupont" is two).
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub text: String,
    /// `squeeze`d text.
    pub key: String,
    pub area: Area,
    pub size: f32,
    pub origin: Origin,
    pub confidence: f32,
    /// Line it stands in (index into `View::lines`).
    pub line: usize,
}

impl Piece {
    #[must_use]
    pub fn middle(&self) -> f32 {
        self.area.middle().1
    }
}

/// Words beside each other, not parted by a rule or a wide gap.
#[derive(Debug, Clone)]
pub struct Line {
    /// Indices into `View::pieces`, from left to right.
    pub pieces: Vec<usize>,
    pub area: Area,
    /// The line this one wraps into: just under it, in the same cell.
    pub below: Option<usize>,
}

/// One page with what reading needs to know about it.
pub struct View<'a> {
    pub page: &'a Page,
    /// Position of the page in the form.
    pub number: usize,
    pub grid: Grid,
    /// Visible words of the page and of annotations; not those a widget draws.
    pub pieces: Vec<Piece>,
    pub lines: Vec<Line>,
}

impl<'a> View<'a> {
    #[must_use]
    pub fn new(page: &'a Page, number: usize) -> Self {
        let grid = Grid::new(page);
        let mut pieces = pieces(page);
        let mut lines = by_columns(lines(&mut pieces, &grid, page), &mut pieces);
        link(&mut lines, &pieces, &grid);
        Self { page, number, grid, pieces, lines }
    }

    #[must_use]
    pub fn piece(&self, index: usize) -> Option<&Piece> {
        self.pieces.get(index)
    }

    /// The visible text widgets with their index into the page's widgets.
    pub fn text_widgets(
        &self,
    ) -> impl Iterator<Item = (usize, &'a crate::reading::page::Widget, &'a str)> + '_ {
        self.page.widgets.iter().enumerate().filter(|(_, widget)| !widget.hidden).filter_map(
            |(index, widget)| match &widget.kind {
                WidgetKind::Text { value } => Some((index, widget, value.as_str())),
                WidgetKind::Button { .. } | WidgetKind::Signature { .. } | WidgetKind::Other => None,
            },
        )
    }
}

/// The page's visible words, parted after a colon, without those drawn twice at one place and
/// without fill lines ("……"), which would join what stands in two columns.
fn pieces(page: &Page) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(page.words.len().min(MOST_WORDS));
    let mut words: Vec<_> = page
        .words
        .iter()
        .take(MOST_WORDS)
        .filter(|word| !word.invisible && !word.text.trim().is_empty())
        .filter(|word| !matches!(word.origin, Origin::Widget(_)) && !fold::is_filler(&word.text))
        .collect();
    words.sort_by(|a, b| {
        a.area.middle().1.total_cmp(&b.area.middle().1).then(a.area.x0.total_cmp(&b.area.x0))
    });
    for word in words {
        let (y0, y1) = (word.area.y0, word.area.y1);
        let twice = out.iter().rev().take(60).any(|known| {
            known.text == word.text
                && (known.area.x0 - word.area.x0).abs() < 1.0
                && (known.area.y0 - y0).abs() < 1.0
                && (known.area.y1 - y1).abs() < 1.0
        });
        if twice {
            continue;
        }
        for (text, area) in parts(&word.text, &word.area) {
            let key = squeeze(text);
            let piece = Piece {
                text: text.to_owned(),
                key,
                area,
                size: if word.size > 0.0 { word.size } else { area.height() },
                origin: word.origin,
                confidence: word.confidence,
                line: 0,
            };
            out.push(piece);
        }
    }
    out
}

/// "Nom:Dupont" in two, with its area shared out by length. Addresses ("http://") stay whole, and
/// so does what has no letter before the colon ("10:30").
fn parts<'t>(text: &'t str, area: &Area) -> Vec<(&'t str, Area)> {
    let cut = text.find(':').filter(|at| {
        let (head, tail) = text.split_at(*at);
        tail.chars().count() > 1
            && !tail.starts_with("://")
            && head.chars().count() >= 3
            && head
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '(' | ')' | '-' | '.' | '°'))
    });
    let Some(at) = cut else { return vec![(text, *area)] };
    let (head, tail) = text.split_at(at + 1);
    #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
    let share = head.chars().count() as f32 / text.chars().count() as f32;
    let x = area.x0 + area.width() * share;
    vec![(head, Area { x1: x, ..*area }), (tail, Area { x0: x, ..*area })]
}

/// Groups words into lines: same height, no rule and no wide gap between.
fn lines(pieces: &mut [Piece], grid: &Grid, page: &Page) -> Vec<Line> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    let middle = |index: &usize| pieces.get(*index).map_or(0.0, Piece::middle);
    order.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    // rows of words at one height, annotations apart from the page's own
    let mut rows: Vec<(f32, f32, bool, Vec<usize>)> = Vec::new();
    for index in order {
        let Some(piece) = pieces.get(index) else { continue };
        let own = piece.origin == Origin::Page;
        let (y, height) = (piece.middle(), piece.area.height());
        let row =
            rows.iter_mut().rev().take(6).find(|(at, tall, page_own, _)| {
                *page_own == own && (y - *at).abs() <= 0.45 * tall.max(height)
            });
        match row {
            Some((.., members)) => members.push(index),
            None => rows.push((y, height, own, vec![index])),
        }
    }
    let mut out: Vec<Line> = Vec::new();
    for (.., mut members) in rows {
        let start = |index: &usize| pieces.get(*index).map_or(0.0, |piece| piece.area.x0);
        members.sort_by(|a, b| start(a).total_cmp(&start(b)));
        let mut last: Option<(f32, f32, f32)> = None;
        for index in members {
            let Some(piece) = pieces.get_mut(index) else { continue };
            let here = piece.area;
            let joins = last.is_some_and(|(end, size, y)| {
                let gap = here.x0 - end;
                let other_font = (size - piece.size).abs() > 0.15 * size.max(piece.size);
                let reach = if other_font { 0.45 } else { 1.1 };
                gap <= reach * size.max(piece.size).min(14.0)
                    && (gap < 0.0 || !grid.parts(end, here.x0, f32::midpoint(y, here.middle().1)))
                    && !widget_between(page, end, here.x0, here.middle().1)
            });
            if !joins {
                out.push(Line { pieces: Vec::new(), area: here, below: None });
            }
            let number = out.len() - 1;
            piece.line = number;
            if let Some(line) = out.last_mut() {
                line.pieces.push(index);
                line.area = line.area.around(&here);
            }
            let end = if joins { last.map_or(here.x1, |(end, ..)| end.max(here.x1)) } else { here.x1 };
            last = Some((end, piece.size, here.middle().1));
        }
    }
    out
}

/// Parts lines where two columns nearly touch, so that a label's words are not taken for another's.
/// A new column begins after a gap wider than a space: right over or under the start of another line
/// (two headers that wrap; in running text only a line's first word stands so), or with a capital
/// where the other words of the line stand much closer.
fn by_columns(lines: Vec<Line>, pieces: &mut [Piece]) -> Vec<Line> {
    let place = |index: &usize| pieces.get(*index).map(|piece| piece.area);
    let starts: Vec<Area> = lines.iter().filter_map(|line| line.pieces.first()).filter_map(place).collect();
    let begins_column = |usual: f32, before: &Piece, piece: &Piece| {
        let gap = piece.area.x0 - before.area.x1;
        let over_another = || {
            starts.iter().any(|start| {
                let drop = (start.middle().1 - piece.middle()).abs();
                (start.x0 - piece.area.x0).abs() <= 1.2 && drop > 0.4 * piece.size && drop <= 1.9 * piece.size
            })
        };
        let capital = || piece.text.chars().next().is_some_and(char::is_uppercase);
        gap >= 0.5 * piece.size && over_another()
            || gap >= 0.7 * piece.size && capital() && gap >= 2.2 * usual
    };
    let mut firsts: Vec<Vec<bool>> = Vec::with_capacity(lines.len());
    for line in &lines {
        let usual = usual_gap(line, pieces);
        let members: Vec<&Piece> = line.pieces.iter().filter_map(|index| pieces.get(*index)).collect();
        let mut first = vec![true];
        first.extend(members.windows(2).map(|two| match two {
            [before, piece] => begins_column(usual, before, piece),
            _ => false,
        }));
        firsts.push(first);
    }
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for (line, firsts) in lines.into_iter().zip(firsts) {
        for (index, first) in line.pieces.into_iter().zip(firsts) {
            let Some(piece) = pieces.get_mut(index) else { continue };
            if first {
                out.push(Line { pieces: Vec::new(), area: piece.area, below: None });
            }
            piece.line = out.len().saturating_sub(1);
            if let Some(part) = out.last_mut() {
                part.area = part.area.around(&piece.area);
                part.pieces.push(index);
            }
        }
    }
    out
}

/// The middle one of the gaps between a line's words; a space where there is only one gap.
fn usual_gap(line: &Line, pieces: &[Piece]) -> f32 {
    let areas: Vec<Area> =
        line.pieces.iter().filter_map(|index| pieces.get(*index)).map(|piece| piece.area).collect();
    let between = areas.windows(2).filter_map(|two| Some((two.last()?.x0 - two.first()?.x1).max(0.1)));
    let mut gaps: Vec<f32> = between.collect();
    gaps.sort_by(f32::total_cmp);
    let size = line.pieces.first().and_then(|first| pieces.get(*first)).map_or(9.0, |piece| piece.size);
    gaps.get(gaps.len().saturating_sub(1) / 2).copied().filter(|_| gaps.len() > 1).unwrap_or(0.3 * size)
}

fn widget_between(page: &Page, x0: f32, x1: f32, y: f32) -> bool {
    page.widgets.iter().filter(|widget| !widget.hidden).any(|widget| {
        let (middle, _) = widget.area.middle();
        x0 - 2.0 <= middle && middle <= x1 + 2.0 && widget.area.y0 <= y && y <= widget.area.y1
    })
}

/// Finds for each line the one it wraps into.
fn link(lines: &mut [Line], pieces: &[Piece], grid: &Grid) {
    let heads: Vec<(Area, bool, f32)> = lines
        .iter()
        .map(|line| {
            let first = line.pieces.first().and_then(|index| pieces.get(*index));
            (
                line.area,
                first.is_some_and(|piece| piece.origin == Origin::Page),
                first.map_or(9.0, |piece| piece.size),
            )
        })
        .collect();
    for line in lines.iter_mut() {
        let first = line.pieces.first().and_then(|index| pieces.get(*index));
        let own = first.is_some_and(|piece| piece.origin == Origin::Page);
        let here = line.area;
        let size = first.map_or(9.0, |piece| piece.size);
        let mut best: Option<(f32, usize)> = None;
        for (index, (area, other_own, other_size)) in heads.iter().enumerate() {
            let drop = area.middle().1 - here.middle().1;
            if *other_own != own || drop <= 0.4 * size || drop > 2.1 * size.max(*other_size) {
                continue;
            }
            let common = shared((here.x0, here.x1), (area.x0, area.x1));
            let aligned = (here.x0 - area.x0).abs() <= 14.0 && common > 0.0
                || common >= 0.6 * here.width().min(area.width());
            let x = here.x0.max(area.x0) + 1.0;
            if aligned
                && !grid.divides(here.middle().1, area.middle().1, x)
                && !grid.parts(here.x0.min(area.x0) + 1.0, x, f32::midpoint(here.middle().1, area.middle().1))
                && best.is_none_or(|(known, _)| drop < known)
            {
                best = Some((drop, index));
            }
        }
        line.below = best.map(|(_, index)| index);
    }
}

#[cfg(test)]
pub mod testing {
    //! Pages built by hand.

    use crate::reading::page::{Area, Origin, Page, Rule, Widget, WidgetKind, Word};

    /// An empty A4 page.
    pub fn page() -> Page {
        Page { number: 1.into(), width: 595.0, height: 842.0, ..Page::default() }
    }

    /// Words of 9 points, half as wide as high, from `x` on with their baseline box at `y`.
    pub fn write(page: &mut Page, x: f32, y: f32, text: &str) {
        write_as(page, x, y, text, Origin::Page);
    }

    pub fn write_as(page: &mut Page, x: f32, y: f32, text: &str, origin: Origin) {
        let mut at = x;
        for word in text.split(' ') {
            #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
            let width = word.chars().count() as f32 * 4.5;
            if !word.is_empty() {
                page.words.push(Word {
                    text: word.to_owned(),
                    area: Area { x0: at, y0: y, x1: at + width, y1: y + 9.0 },
                    size: 9.0,
                    origin,
                    invisible: false,
                    confidence: 1.0,
                });
            }
            at += width + 2.5;
        }
    }

    /// A stroked rectangle as four rules.
    pub fn cell(page: &mut Page, x0: f32, y0: f32, x1: f32, y1: f32) {
        let edges = [
            (x0, y0, x1, y0, true),
            (x0, y1, x1, y1, true),
            (x0, y0, x0, y1, false),
            (x1, y0, x1, y1, false),
        ];
        for (x0, y0, x1, y1, horizontal) in edges {
            page.rules.push(Rule { area: Area { x0, y0, x1, y1 }, horizontal, origin: Origin::Page });
        }
    }

    pub fn text_widget(page: &mut Page, name: &str, area: (f32, f32, f32, f32), value: &str) {
        page.widgets.push(Widget {
            name: name.to_owned(),
            tooltip: None,
            area: Area::new(area.0, area.1, area.2, area.3),
            kind: WidgetKind::Text { value: value.to_owned() },
            hidden: false,
            drawn: Some(value.to_owned()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{cell, page, write};
    use super::*;

    #[test]
    fn lines_end_at_rules_and_gaps_and_wrap_in_their_cell() {
        let mut page = page();
        cell(&mut page, 50.0, 100.0, 150.0, 130.0);
        cell(&mut page, 150.0, 100.0, 300.0, 130.0);
        write(&mut page, 53.0, 103.0, "Précisions sur");
        write(&mut page, 53.0, 114.0, "votre projet");
        write(&mut page, 152.0, 103.0, "Échanges");
        let view = View::new(&page, 0);
        let texts: Vec<String> = view
            .lines
            .iter()
            .map(|line| {
                line.pieces.iter().map(|p| view.pieces[*p].text.as_str()).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(texts, ["Précisions sur", "Échanges", "votre projet"]);
        assert_eq!(view.lines[0].below, Some(2));
        assert_eq!(view.lines[1].below, None);
    }

    #[test]
    fn a_label_glued_to_its_answer_is_two_words() {
        let area = Area::new(0.0, 0.0, 100.0, 10.0);
        let texts: Vec<_> = parts("Nom:Dupont", &area).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["Nom:", "Dupont"]);
        for whole in ["http://a.fr", "10:30", "Nom:", "a:b"] {
            assert_eq!(parts(whole, &area).len(), 1, "{whole}");
        }
    }
}
