//! The answers in words: what stands in each label's place, in widgets or drawn, with its evidence.

pub mod ground;
pub mod lines;
mod rpps;
mod table;

use crate::domain::form::Field;
use crate::domain::sheet::{Evidence, Written};
use crate::reading::compare::agree;
use crate::reading::editions::Editions;
use crate::reading::labels::order::Ask;
use crate::reading::page::{Area, Origin, Widget};
use ground::{Ground, Place, Run};
use std::collections::{BTreeMap, BTreeSet};

/// What was found, and which boxes have a place at all.
#[derive(Debug, Default)]
pub struct Answers {
    pub texts: BTreeMap<Field, Written>,
    pub located: BTreeSet<Field>,
    /// Widgets that gave an answer or the lack of one: (page in the form, index on the page).
    widgets: BTreeSet<(usize, usize)>,
    /// Runs of drawn words that are part of an answer: (page in the form, first word on the page).
    runs: BTreeSet<(usize, usize)>,
    /// Rows of §4.1 met so far, over page ends.
    rows: usize,
    columns: Vec<table::Column>,
    /// Where the lines of a list stand: page in the form, the list's first box, area.
    reach: Vec<(usize, Field, Area)>,
    /// Boxes near which a number is written that is in none of them: something was not understood.
    pub lost: BTreeSet<Field>,
    /// Answers that are drawn words rather than a field's value, with their page in the form.
    pub drawn: BTreeMap<Field, usize>,
    /// The widgets of each box that has any, filled in or not: (page in the form, index on the page).
    pub boxes: BTreeMap<Field, Vec<(usize, usize)>>,
}

impl Answers {
    /// Reads all pages of a form, in its order.
    #[must_use]
    pub fn read(grounds: &mut [Ground<'_>], editions: &Editions) -> Self {
        let mut answers = Self::default();
        for ground in grounds.iter_mut() {
            answers.lines_of_rpps(ground);
            answers.administrators(ground);
            answers.single(ground);
        }
        for ground in grounds.iter() {
            answers.by_name(ground, editions);
        }
        for ground in grounds.iter() {
            answers.note_lost(ground);
        }
        answers
    }

    /// Every label with one box.
    fn single(&mut self, ground: &Ground<'_>) {
        for (label, ask) in ground.asked() {
            let Ask::Text(field) = ask else { continue };
            if matches!(field, Field::RppsRang(_)) {
                continue;
            }
            let mut place = ground.place(label);
            if field == Field::Purpose {
                // the one tall box: its label may stand at its foot
                place = ground.raised(label).unwrap_or(place);
            }
            self.fill(ground, field, &place);
        }
    }

    fn lines_of_rpps(&mut self, ground: &mut Ground<'_>) {
        let Some(lines) = rpps::lines(ground) else { return };
        ground.claim(&lines.numbers);
        self.located.insert(Field::RppsRang(0));
        for (row, place) in lines.places.into_iter().enumerate() {
            let Ok(row) = u8::try_from(row) else { break };
            self.fill(ground, Field::RppsRang(row), &place);
        }
        self.reach.push((ground.view.number, Field::RppsRang(0), lines.reach));
    }

    fn administrators(&mut self, ground: &mut Ground<'_>) {
        let mut tables: Vec<usize> = ground
            .labels
            .iter()
            .filter_map(|label| match label.ask {
                Ask::Column { table, .. } => Some(table),
                Ask::Text(_) | Ask::Tick(_) | Ask::Signature | Ask::Stamp | Ask::Nothing => None,
            })
            .collect();
        tables.dedup();
        let continued = !self.columns.is_empty() && ground.view.number > 0;
        if tables.is_empty() && continued {
            // the table of the page before, going on without its header
            let columns = std::mem::take(&mut self.columns);
            let to = table::end_below(ground, 0.0);
            if table::goes_on(ground, &columns, to) {
                self.rows_between(ground, &columns, 0.0, to);
                if to >= ground.view.page.height {
                    self.columns = columns;
                }
            }
        }
        for table in tables {
            let columns = table::columns(ground, table);
            let foot = table::header_foot(ground, table);
            let to = table::end_below(ground, foot);
            let open: Vec<f32> = columns.iter().map(|column| column.start).collect();
            ground.part_columns(&open, foot, to);
            self.located.extend(columns.iter().map(|column| column.field));
            self.rows_between(ground, &columns, foot, to);
            let ends = columns.iter().map(|column| (column.x0, column.x1));
            if let Some((x0, x1)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) {
                let reach = Area { x0, y0: foot, x1, y1: to };
                self.reach.push((ground.view.number, Field::AdministratorCard(0), reach));
            }
            self.columns = if to >= ground.view.page.height - 90.0 { columns } else { Vec::new() };
        }
    }

    fn rows_between(&mut self, ground: &Ground<'_>, columns: &[table::Column], from: f32, to: f32) {
        let (cells, rows) = table::cells(ground, columns, from, to);
        for cell in cells {
            let Ok(row) = u8::try_from(self.rows + cell.row) else { break };
            self.fill(ground, cell.field.in_row(row), &Place { area: cell.area, open: None, label: None });
        }
        self.rows += rows;
    }

    fn note_boxes(&mut self, field: Field, widgets: impl Iterator<Item = (usize, usize)>) {
        let boxes: Vec<_> = widgets.collect();
        if !boxes.is_empty() {
            self.boxes.entry(field).or_insert(boxes);
        }
    }

    /// Whether a run is part of an answer.
    fn is_used(&self, page: usize, run: &Run) -> bool {
        run.pieces.first().is_some_and(|first| self.runs.contains(&(page, *first)))
    }

    /// Reads one place.
    fn fill(&mut self, ground: &Ground<'_>, field: Field, place: &Place) {
        self.located.insert(field.in_row(0));
        let page = ground.view.number;
        let mut widgets: Vec<(usize, &Widget, &str)> = ground
            .view
            .text_widgets()
            .filter(|(index, widget, _)| {
                place.area.holds(widget.area.middle()) && !self.widgets.contains(&(page, *index))
            })
            .collect();
        if place.open.is_some() && widgets.len() > 1 {
            nearest_only(&mut widgets, place);
        }
        widgets
            .sort_by(|a, b| (a.1.area.y0 + 0.2 * a.1.area.x0).total_cmp(&(b.1.area.y0 + 0.2 * b.1.area.x0)));
        self.widgets.extend(widgets.iter().map(|(index, ..)| (page, *index)));
        self.note_boxes(field, widgets.iter().map(|(index, ..)| (page, *index)));
        let drawn = lines::written(ground, field, place, |run| !self.is_used(page, run));
        let used = drawn.iter().flat_map(|drawn| &drawn.runs).filter_map(|run| ground.runs.get(*run));
        self.runs.extend(used.filter_map(|run| run.pieces.first()).map(|first| (page, *first)));
        let typed = of_widgets(ground, field, &widgets);
        let written = match (typed, drawn) {
            (None, None) => None,
            (None, Some(drawn)) => {
                self.drawn.insert(field, page);
                Some(drawn.written)
            }
            (Some(typed), None) => Some(typed),
            (Some(typed), Some(drawn)) => Some(over(ground, typed, &drawn, &widgets, field)),
        };
        if let Some(written) = written {
            self.texts.entry(field).or_insert(written);
        }
    }

    /// A line of a list that was not read must not vanish in silence: a number of a person or a card
    /// that stands among the list's lines, and is part of no answer, leaves the list in doubt.
    fn note_lost(&mut self, ground: &Ground<'_>) {
        let page = ground.view.number;
        for (number, field, reach) in self.reach.iter().filter(|(number, ..)| *number == page) {
            let runs = ground.runs.iter().any(|run| {
                let words = run.pieces.iter().filter_map(|index| ground.view.piece(*index));
                reach.holds(run.point)
                    && !self.is_used(*number, run)
                    && is_long_number(words.map(|piece| piece.text.as_str()))
            });
            let widgets = ground.view.text_widgets().any(|(index, widget, value)| {
                reach.holds(widget.area.middle())
                    && !self.widgets.contains(&(*number, index))
                    && is_long_number(std::iter::once(value))
            });
            if runs || widgets {
                self.lost.insert(*field);
            }
        }
    }

    /// Widgets that no printed label has claimed: by the edition's names, then by what their own
    /// name or tooltip says.
    fn by_name(&mut self, ground: &Ground<'_>, editions: &Editions) {
        let page = ground.view.number;
        for (index, widget, _) in ground.view.text_widgets() {
            if self.widgets.contains(&(page, index)) {
                continue;
            }
            let named =
                editions.field_named(&widget.name).or_else(|| crate::reading::editions::hinted(widget));
            let Some(field) = named.filter(|field| !self.located.contains(&field.in_row(0))) else {
                continue;
            };
            self.note_boxes(field, [(page, index)].into_iter());
            if let Some(written) = of_widgets(ground, field, &[(index, widget, value_of(widget))]) {
                self.texts.entry(field).or_insert(written);
            }
        }
        for (_, widget, _) in ground.view.text_widgets() {
            if let Some(field) =
                editions.field_named(&widget.name).or_else(|| crate::reading::editions::hinted(widget))
            {
                self.located.insert(field.in_row(0));
            }
        }
    }
}

/// Ten digits or more, and hardly anything else: a card, an RPPS rang.
fn is_long_number<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let (mut digits, mut letters) = (0, 0);
    for c in words.flat_map(str::chars) {
        digits += usize::from(c.is_ascii_digit());
        letters += usize::from(c.is_alphabetic());
    }
    digits >= 10 && letters <= 2
}

/// Of several widgets in an open place the ones on the label's line or in the row below it.
fn nearest_only(widgets: &mut Vec<(usize, &Widget, &str)>, place: &Place) {
    let top = widgets.iter().map(|(_, widget, _)| widget.area.middle().1).fold(place.area.y1, f32::min);
    widgets.retain(|(_, widget, _)| (widget.area.middle().1 - top).abs() <= 6.0);
}

fn value_of(widget: &Widget) -> &str {
    match &widget.kind {
        crate::reading::page::WidgetKind::Text { value } => value,
        crate::reading::page::WidgetKind::Button { .. }
        | crate::reading::page::WidgetKind::Signature { .. }
        | crate::reading::page::WidgetKind::Other => "",
    }
}

/// Whether the words of a field are joined without a space where its lines break.
#[must_use]
pub fn is_tight(field: Field) -> bool {
    match field {
        Field::Finess
        | Field::Siret
        | Field::RppsRang(_)
        | Field::Phone
        | Field::Email
        | Field::Card
        | Field::AdministratorCard(_)
        | Field::AdministratorPhone(_)
        | Field::AdministratorEmail(_)
        | Field::SslDomain
        | Field::SslServer
        | Field::SmimeMailDomain
        | Field::ProMailDomain => true,
        Field::Document
        | Field::Structure
        | Field::StructureName
        | Field::RppsRangs
        | Field::Signatory
        | Field::Role
        | Field::LastName
        | Field::FirstNames
        | Field::Administrators
        | Field::Administrator(_)
        | Field::AdministratorLastName(_)
        | Field::AdministratorFirstName(_)
        | Field::Purpose
        | Field::Publisher
        | Field::Solution
        | Field::Certificates
        | Field::Org
        | Field::OrgRequested
        | Field::ServerSsl
        | Field::ServerSslRequested
        | Field::ServerSmime
        | Field::ServerSmimeRequested
        | Field::Pro
        | Field::ProRequested
        | Field::Date
        | Field::Signature
        | Field::Stamp
        | Field::TermsAccepted => false,
    }
}

/// Whether two channels that differ on it stop a decision (rulebook, `values_disagree`).
pub fn is_decisive(field: Field) -> bool {
    !matches!(field, Field::Purpose | Field::Publisher | Field::Solution)
}

/// What the widgets of one place say; several (one for each digit) are read as one.
fn of_widgets(ground: &Ground<'_>, field: Field, widgets: &[(usize, &Widget, &str)]) -> Option<Written> {
    let between = if is_tight(field) { "" } else { " " };
    let join = |texts: Vec<&str>| {
        texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
    };
    let value = join(widgets.iter().map(|(_, _, value)| value.trim()).collect());
    let value = if lines::is_placeholder(&value) { String::new() } else { value };
    let drawn = widgets
        .iter()
        .map(|(_, widget, _)| widget.drawn.as_deref().map(str::trim))
        .collect::<Option<Vec<&str>>>()
        .map(join)
        .map(|drawn| if lines::is_placeholder(&drawn) { String::new() } else { drawn });
    let area = widgets.iter().map(|(_, widget, _)| widget.area).reduce(|a, b| a.around(&b))?;
    let page = ground.view.page.number;
    // a name's tail that did not fit is seen to be cut; an address or a number may look whole
    let cut = !is_tight(field) && is_cut(ground, widgets);
    if let Some(drawn) = drawn.filter(|drawn| !agree(&value, drawn, cut)) {
        if is_decisive(field) {
            return Some(Written::disagreeing(&value, &drawn, page, area));
        }
        if value.is_empty() {
            return Some(Written {
                evidence: Evidence { raw: drawn, confidence: 1.0, page, area },
                disagrees: None,
            });
        }
    }
    (!value.is_empty()).then_some(Written {
        evidence: Evidence { raw: value, confidence: 1.0, page, area },
        disagrees: None,
    })
}

/// Whether a widget's drawing reaches its edge, so that more may have been cut off.
fn is_cut(ground: &Ground<'_>, widgets: &[(usize, &Widget, &str)]) -> bool {
    widgets.iter().any(|(index, widget, _)| {
        ground.view.page.words.iter().filter(|word| word.origin == Origin::Widget(*index)).any(|word| {
            let near = 1.2 * word.size.max(6.0);
            word.area.x1 >= widget.area.x1 - near
                || word.area.y1 >= widget.area.y1 - 2.0
                || word.area.x0 <= widget.area.x0
        })
    })
}

/// Words drawn over a widget that has a value of its own.
fn over(
    ground: &Ground<'_>,
    typed: Written,
    drawn: &lines::Drawn,
    widgets: &[(usize, &Widget, &str)],
    field: Field,
) -> Written {
    let runs = || drawn.runs.iter().filter_map(|index| ground.runs.get(*index));
    let on_widget = widgets.iter().any(|(_, widget, _)| runs().any(|run| widget.area.holds(run.point)));
    let same = agree(&typed.evidence.raw, &drawn.written.evidence.raw, false);
    if !on_widget || same || typed.disagrees.is_some() || !is_decisive(field) {
        return typed;
    }
    let Evidence { raw, page, area, .. } = typed.evidence;
    Written::disagreeing(&raw, &drawn.written.evidence.raw, page, area)
}
