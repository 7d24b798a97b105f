//! One box to tick: where it is, and what is in it.

use super::candidates::frames;
use super::marked;
use crate::domain::sheet::{Mark, Marked};
use crate::reading::answers::ground::Ground;
use crate::reading::labels::is_box_glyph;
use crate::reading::labels::order::Label;
use crate::reading::layout::fold::squeeze;
use crate::reading::layout::grid::{grown, inside, shared};
use crate::reading::page::{Area, ButtonState, InkKind, Origin, WidgetKind};

/// Farther from its label (points) a box belongs to something else.
const REACH: f32 = 60.0;

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

/// The box nearest to a label on one side of it, on its first line.
#[must_use]
pub fn nearest(ground: &Ground<'_>, label: &Label, side: Side, candidates: &[Candidate]) -> Option<usize> {
    let line = first_line(ground, label);
    let mut best: Option<(f32, usize)> = None;
    for (index, candidate) in candidates.iter().enumerate() {
        let area = candidate.area;
        let level = shared((line.y0 - 2.0, line.y1 + 2.0), (area.y0, area.y1))
            >= 0.4 * area.height().min(line.height());
        let gap = match side {
            Side::Left => line.x0 - area.x1,
            Side::Right => {
                let after = area.x0 - line.x1;
                if after >= -2.0 { after } else { area.x0 - label.hit.core.x1 }
            }
        };
        let free = |gap: f32| {
            let (from, to) = match side {
                Side::Left => (area.x1, line.x0),
                Side::Right => (line.x1.min(area.x0), area.x0),
            };
            let between = Area { x0: from, y0: line.y0, x1: to, y1: line.y1 };
            gap < 8.0
                || !ground
                    .labels
                    .iter()
                    .any(|other| !std::ptr::eq(other, label) && other.hit.core.overlap(&between).is_some())
        };
        if level && (-3.0..=REACH).contains(&gap) && free(gap) && best.is_none_or(|(known, _)| gap < known) {
            best = Some((gap, index));
        }
    }
    best.map(|(_, index)| index)
}

/// The label's words on its first line.
fn first_line(ground: &Ground<'_>, label: &Label) -> Area {
    let first = label.hit.pieces.first().and_then(|index| ground.view.piece(*index));
    let Some(line) = first.map(|piece| piece.line) else { return label.hit.core };
    let same = label
        .hit
        .pieces
        .iter()
        .filter_map(|index| ground.view.piece(*index))
        .filter(|piece| piece.line == line);
    same.map(|piece| piece.area).reduce(|a, b| a.around(&b)).unwrap_or(label.hit.core)
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

fn empty(page: u32, area: Area) -> Marked {
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
    let stray = ground.view.pieces.iter().enumerate().find(|(index, piece)| {
        let level = shared((area.y0, area.y1), (piece.area.y0, piece.area.y1)) >= 0.5 * piece.area.height();
        let mark = is_tick(&piece.text) == Some(true) && !is_box_glyph(&piece.text);
        level && mark && !ground.is_claimed(*index) && near.overlap(&piece.area).is_some()
    });
    stray.map(|(_, piece)| piece.text.clone())
}

/// A label without any box: a tick typed or drawn close before or after it, or in its own cell or
/// the one under it.
#[must_use]
pub fn beside(ground: &Ground<'_>, label: &Label) -> Marked {
    let line = first_line(ground, label);
    let cell = ground.cell_of(label);
    let small = |area: &Area| area.width() <= 26.0 && area.height() <= 26.0;
    // a box drawn as four lines
    let left = ground.view.grid.cell(line.x0 - 7.0, line.middle().1);
    if left.closed() && small(&left.area) {
        return drawn(ground, &left.area, false);
    }
    let mut places = vec![
        Area { x0: line.x0 - 28.0, y0: line.y0 - 2.0, x1: line.x0, y1: line.y1 + 2.0 },
        Area { x0: line.x1, y0: line.y0 - 2.0, x1: line.x1 + 28.0, y1: line.y1 + 2.0 },
    ];
    if cell.closed() {
        places.retain_mut(|place| {
            place.x0 = place.x0.max(cell.area.x0 + 1.0);
            place.x1 = place.x1.min(cell.area.x1 - 1.0);
            place.x1 > place.x0
        });
        let place = ground.place(label).area;
        if place != cell.area && place.height() < 60.0 {
            places.push(place);
        }
    }
    for place in &places {
        for piece in ground
            .view
            .pieces
            .iter()
            .enumerate()
            .filter(|(index, piece)| !ground.is_claimed(*index) && place.holds(piece.area.middle()))
        {
            if is_tick(&piece.1.text) == Some(true) {
                return marked(Mark::Checked, &piece.1.text, ground.view.page.number, piece.1.area, false);
            }
        }
        let ink = ground.view.page.ink.iter().find(|ink| {
            matches!(ink.kind, InkKind::Stroke | InkKind::Picture { blank: false })
                && place.holds(ink.area.middle())
                && ink.area.width() < 40.0
                && ink.area.height() < 40.0
        });
        if let Some(ink) = ink {
            return marked(Mark::Checked, "trait", ground.view.page.number, ink.area, false);
        }
    }
    empty(ground.view.page.number, line)
}
