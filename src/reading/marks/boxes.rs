//! One box to tick: where it is, and what is in it.

use super::candidates::frames;
use super::marked;
use crate::domain::sheet::{Mark, Marked};
use crate::reading::answers::ground::Ground;
use crate::reading::labels::is_box_glyph;
use crate::reading::labels::order::Label;
use crate::reading::layout::fold::squeeze;
use crate::reading::layout::grid::{grown, inside, shared};
use crate::reading::page::{Area, ButtonState, InkKind, Origin, PageNumber, WidgetKind};

/// Boxes of a page that are held against each other.
const MOST_BOXES: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// Something that can be a box to tick.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub area: Area,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Index into the page's widgets.
    Widget(usize),
    /// Drawn as a path that is no mark by itself.
    Drawn,
    /// A square or circle that is drawn as a stroke.
    Frame,
    /// A sign of a font (index into the view's pieces).
    Glyph(usize),
}

/// Square points.
pub(super) fn size(area: &Area) -> f32 {
    area.width().max(0.0) * area.height().max(0.0)
}

/// What is in a box.
#[must_use]
pub fn state(ground: &Ground<'_>, candidate: &Candidate) -> Marked {
    let page = ground.view.page;
    match candidate.kind {
        Kind::Widget(index) => {
            let Some(widget) = page.widgets.get(index) else { return empty(page.number, candidate.area) };
            let WidgetKind::Button { value, shown, export, radio } = &widget.kind else {
                return empty(page.number, candidate.area);
            };
            match (value, shown) {
                // kids that share one on-state: the value does not tell them apart, the ink_area does
                (ButtonState::On, ButtonState::Off) if *radio && shared_state(ground, index) => {
                    drawn(ground, &widget.area, true)
                }
                (ButtonState::On, ButtonState::On | ButtonState::Unknown)
                | (ButtonState::Unknown, ButtonState::On) => {
                    marked(Mark::Checked, export, page.number, widget.area, false)
                }
                (ButtonState::Off, ButtonState::Off | ButtonState::Unknown)
                | (ButtonState::Unknown, ButtonState::Off) => drawn(ground, &widget.area, true),
                (ButtonState::On, ButtonState::Off) => {
                    let raw = format!("valeur « {export} », dessin vide");
                    marked(Mark::Checked, &raw, page.number, widget.area, true)
                }
                (ButtonState::Off, ButtonState::On) => {
                    let raw = format!("valeur vide, dessin « {export} »");
                    marked(Mark::Checked, &raw, page.number, widget.area, true)
                }
                (ButtonState::Unknown, ButtonState::Unknown) => {
                    marked(Mark::Unsure, export, page.number, widget.area, false)
                }
            }
        }
        Kind::Drawn => drawn(ground, &candidate.area, false),
        Kind::Frame => drawn(ground, &candidate.area, true),
        Kind::Glyph(index) => {
            let text = ground.view.piece(index).map_or("", |piece| piece.text.as_str());
            if is_empty_glyph(text) {
                drawn(ground, &candidate.area, false)
            } else {
                marked(Mark::Checked, text, page.number, candidate.area, false)
            }
        }
    }
}

/// Whether another button of the same radio group is on by the same value.
fn shared_state(ground: &Ground<'_>, index: usize) -> bool {
    let widgets = &ground.view.page.widgets;
    let Some(name) = widgets.get(index).map(|widget| &widget.name) else { return false };
    widgets.iter().enumerate().any(|(other, widget)| {
        let on = matches!(widget.kind, WidgetKind::Button { value: ButtonState::On, .. });
        other != index && widget.name == *name && on
    })
}

fn empty(page: PageNumber, area: Area) -> Marked {
    marked(Mark::Empty, "", page, area, false)
}

fn is_empty_glyph(text: &str) -> bool {
    text.chars().all(|c| "☐□▢❏❑❐❒◻⬜○◯[]_ ".contains(c))
}

/// Whether a word is a tick: "x", "✓", "oui".
fn is_tick(text: &str) -> Option<bool> {
    if is_box_glyph(text) {
        return Some(!is_empty_glyph(text));
    }
    match squeeze(text).as_str() {
        "x" | "xx" | "xxx" | "v" | "oui" | "ok" | "yes" => Some(true),
        "" => match text.trim_matches(['[', ']', '(', ')']) {
            "" => None,
            mark if mark.chars().all(|c| {
                matches!(
                    c,
                    '√' | '×'
                        | '✕'
                        | '✖'
                        | '╳'
                        | '⨯'
                        | '✚'
                        | '+'
                        | '*'
                        | '✱'
                        | '★'
                        | '•'
                        | '●'
                        | '/'
                        | '\\'
                )
            }) =>
            {
                Some(true)
            }
            mark if mark.chars().any(|c| {
                ('\u{2700}'..='\u{27bf}').contains(&c) || ('\u{e000}'..='\u{f8ff}').contains(&c)
            }) =>
            {
                Some(true)
            }
            _ => Some(false),
        },
        _ => Some(false),
    }
}

/// The characters under which Zapf Dingbats has its ticks, crosses and fillings: a program without
/// that font draws them instead.
fn is_dingbat_code(text: &str) -> bool {
    matches!(text, "3" | "4" | "5" | "6" | "7" | "8" | "l" | "n" | "u" | "H")
}

/// What is drawn or typed into a box. With `own_frame` a stroke around it is its frame.
fn drawn(ground: &Ground<'_>, area: &Area, own_frame: bool) -> Marked {
    let page = ground.view.page;
    let reach = grown(area, 2.5);
    let mut unsure: Option<String> = None;
    for piece in &ground.view.pieces {
        if !reach.holds(piece.area.middle()) {
            continue;
        }
        match is_tick(&piece.text) {
            Some(true) => return marked(Mark::Checked, &piece.text, page.number, *area, false),
            Some(false) if is_dingbat_code(&piece.text) => {
                return marked(Mark::Checked, &piece.text, page.number, *area, false);
            }
            Some(false) if !is_empty_glyph(&piece.text) => unsure = Some(piece.text.clone()),
            Some(false) | None => {}
        }
    }
    // a circle drawn into a box may be a tick; where all boxes have one it is printed
    let within =
        |inner: &Area, outer: &Area| inside(inner, &grown(outer, -0.8)) && size(inner) < 0.8 * size(outer);
    let boxes: Vec<Area> =
        page.ink.iter().filter(|ink| ink.kind == InkKind::Box).map(|ink| ink.area).take(MOST_BOXES).collect();
    let decorated = boxes.iter().filter(|inner| boxes.iter().any(|outer| within(inner, outer))).count() >= 3;
    let mut ink_area: Option<Area> = None;
    let mut sprawling = false;
    let frames = if own_frame { frames(ground) } else { Vec::new() };
    let is_frame = |stroke: &Area| {
        frames.contains(stroke) && inside(area, &grown(stroke, 1.0)) && size(stroke) < 2.0 * size(area)
    };
    for ink in page.ink.iter().filter(|ink| !matches!(ink.origin, Origin::Widget(_))) {
        let counts = match ink.kind {
            InkKind::Stroke | InkKind::Fill { light: false } | InkKind::Picture { blank: false } => true,
            InkKind::Fill { light: true } | InkKind::Picture { blank: true } | InkKind::Box => false,
        };
        if ink.kind == InkKind::Box && !decorated && within(&ink.area, area) {
            unsure = Some("cercle".to_owned());
        }
        if !counts || ink.kind == InkKind::Stroke && is_frame(&ink.area) {
            continue;
        }
        let wide = grown(&ink.area, 0.2);
        let Some(common) = wide.overlap(&reach) else { continue };
        let large = size(&ink.area) > 14.0 * size(area);
        if large {
            sprawling |= reach.holds(ink.area.middle());
        } else if reach.holds(ink.area.middle()) || size(&common) > 0.3 * size(area) {
            ink_area = Some(ink_area.map_or(common, |known| known.around(&common)));
        }
    }
    for rule in page.rules.iter().filter(|rule| !matches!(rule.origin, Origin::Widget(_))) {
        let core = grown(area, -1.6);
        let (x, y) = rule.area.middle();
        let long = rule.area.width().max(rule.area.height());
        if core.holds((x, y)) && long >= 0.4 * area.width() && long <= 2.0 * area.width().max(area.height()) {
            let thick = grown(&rule.area, 0.2);
            ink_area = Some(ink_area.map_or(thick, |known| known.around(&thick)));
        }
    }
    if let Some(ink) = ink_area {
        let tall = ink.height().max(ink.width());
        let enough = tall >= 0.35 * area.height().min(area.width());
        let mark = if enough { Mark::Checked } else { Mark::Unsure };
        return marked(mark, "trait", page.number, *area, false);
    }
    if sprawling {
        return marked(Mark::Unsure, "trait", page.number, *area, false);
    }
    match unsure.or_else(|| beside_the_box(ground, area)) {
        Some(text) => marked(Mark::Unsure, &text, page.number, *area, false),
        None => empty(page.number, *area),
    }
}

/// A cross typed so far off that it stands next to its box.
fn beside_the_box(ground: &Ground<'_>, area: &Area) -> Option<String> {
    let near = Area { x0: area.x0 - 5.0, x1: area.x1 + 5.0, ..*area };
    let stray = ground.view.pieces.iter().find(|piece| {
        let level = shared((area.y0, area.y1), (piece.area.y0, piece.area.y1)) >= 0.5 * piece.area.height();
        let mark = is_tick(&piece.text) == Some(true) && !is_box_glyph(&piece.text);
        level && mark && near.overlap(&piece.area).is_some()
    });
    stray.map(|piece| piece.text.clone())
}

/// A label whose box is not found: a box drawn as four lines, a cell to tick in, or a tick typed or
/// drawn close before or after it. With it whether that is a box. `None` where there is nothing.
#[must_use]
pub fn beside(ground: &Ground<'_>, label: &Label, lines: &[Area]) -> Option<(Marked, bool)> {
    let page = ground.view.page;
    let (first, last) = (lines.first()?, lines.last()?);
    if let Some(marked) = of_four_lines(ground, lines) {
        return Some((marked, true));
    }
    let cell = ground.cell_of(label);
    let mut places = vec![
        Area { x0: first.x0 - 28.0, y0: first.y0 - 2.0, x1: first.x0, y1: first.y1 + 2.0 },
        Area { x0: last.x1, y0: last.y0 - 2.0, x1: last.x1 + 28.0, y1: last.y1 + 2.0 },
    ];
    let mut own = None;
    if cell.closed() {
        places.retain_mut(|place| {
            place.x0 = place.x0.max(cell.area.x0 + 1.0);
            place.x1 = place.x1.min(cell.area.x1 - 1.0);
            place.x1 > place.x0
        });
        own = Some(ground.place(label).area).filter(|place| *place != cell.area && place.height() < 60.0);
        places.extend(own);
    }
    for place in &places {
        let mut words = ground
            .view
            .pieces
            .iter()
            .enumerate()
            .filter(|(index, piece)| !ground.is_claimed(*index) && place.holds(piece.area.middle()));
        if let Some((_, piece)) = words.find(|(_, piece)| is_tick(&piece.text) == Some(true)) {
            return Some((checked(page.number, &piece.text, piece.area), own.is_some()));
        }
        let ink = page.ink.iter().find(|ink| {
            matches!(ink.kind, InkKind::Stroke | InkKind::Picture { blank: false })
                && place.holds(ink.area.middle())
                && ink.area.width() < 40.0
                && ink.area.height() < 40.0
        });
        if let Some(ink) = ink {
            return Some((checked(page.number, "trait", ink.area), own.is_some()));
        }
    }
    // a tick typed right after the sentence reads like its last word
    let end = label.hit.pieces.iter().filter_map(|index| ground.view.piece(*index)).next_back();
    if let Some(piece) = end.filter(|piece| piece.text.len() <= 3 && is_tick(&piece.text) == Some(true)) {
        return Some((checked(page.number, &piece.text, piece.area), false));
    }
    own.map(|cell| (empty(page.number, cell), true))
}

fn checked(page: PageNumber, raw: &str, area: Area) -> Marked {
    marked(Mark::Checked, raw, page, area, false)
}

/// A box drawn as four lines right before or after a label.
#[must_use]
pub fn of_four_lines(ground: &Ground<'_>, lines: &[Area]) -> Option<Marked> {
    let (first, last) = (lines.first()?, lines.last()?);
    let cells = [(first.x0 - 7.0, first), (last.x1 + 7.0, last)].map(|(x, line)| {
        let cell = ground.view.grid.cell(x, line.middle().1);
        (cell.closed() && cell.area.width() <= 26.0 && cell.area.height() <= 26.0).then_some(cell.area)
    });
    cells.into_iter().flatten().next().map(|area| drawn(ground, &area, false))
}

/// Letters under which symbol fonts have their boxes and ticks, where the file does not hold the font.
const SYMBOL_CODES: &str = "oqr¨£þýüûRST\u{fffd}";

/// What may be the box of a label that seems to have none: a single small shape or sign right beside
/// it, or a box around that belongs to no other label. A person looks.
#[must_use]
pub fn perhaps(ground: &Ground<'_>, lines: &[Area], left: &[Candidate]) -> Option<Marked> {
    let page = ground.view.page;
    let (first, last) = (lines.first()?, lines.last()?);
    let before = Area { x0: first.x0 - 28.0, x1: first.x0, ..grown(first, 2.0) };
    let after = Area { x0: last.x1, x1: last.x1 + 28.0, ..grown(last, 2.0) };
    let beside = |area: &Area| before.holds(area.middle()) || after.holds(area.middle());
    let square = |area: &Area| {
        (5.0..=18.0).contains(&area.width()) && (area.width() - area.height()).abs() <= 0.25 * area.width()
    };
    let shape = page.ink.iter().find(|ink| {
        let drawn = matches!(ink.kind, InkKind::Stroke | InkKind::Fill { .. } | InkKind::Picture { .. });
        drawn && square(&ink.area) && beside(&ink.area) && !matches!(ink.origin, Origin::Widget(_))
    });
    let sign = ground.view.pieces.iter().find(|piece| {
        let mut chars = piece.text.chars();
        let sign = |c: char| {
            SYMBOL_CODES.contains(c)
                || is_tick(&piece.text) == Some(true)
                || ('\u{e000}'..='\u{f8ff}').contains(&c)
        };
        chars.next().is_some_and(sign) && chars.next().is_none() && beside(&piece.area)
    });
    let block = lines.iter().copied().reduce(|a, b| a.around(&b))?;
    let near = Area { x0: 0.0, x1: page.width, ..grown(&block, 8.0) };
    let stray = left.iter().find(|candidate| near.holds(candidate.area.middle()));
    let area = shape
        .map(|ink| ink.area)
        .or_else(|| sign.map(|piece| piece.area))
        .or_else(|| stray.map(|candidate| candidate.area))?;
    Some(marked(Mark::Unsure, "", page.number, area, false))
}
