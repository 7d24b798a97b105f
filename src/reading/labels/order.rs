//! What each label asks, told from its place in the order of the whole form: "Nom" of §3.2 or of
//! §4.1, the mail domain of S/MIME or of PRO, a header of the administrators' table or a line.

use super::{Hit, Key, Part};
use crate::domain::form::Field;
use crate::domain::sheet::Tick;
use crate::reading::layout::grid::shared;
use std::collections::BTreeSet;

/// What a label asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    Text(Field),
    Tick(Tick),
    Signature,
    Stamp,
    /// Header of a column of §4.1; tables are numbered in the order of the form.
    Column {
        table: usize,
        field: Field,
    },
    /// Asks nothing; an answer ends where it begins.
    Nothing,
}

/// A label with what it asks.
#[derive(Debug, Clone)]
pub struct Label {
    pub ask: Ask,
    pub hit: Hit,
    /// The stretch across the page of the column of sections it stands in; everything where
    /// sections do not stand beside each other.
    pub column: (f32, f32),
}

/// The labels of a form's pages, given the hits of each page in the order of the form.
#[must_use]
pub fn settle(pages: Vec<Vec<Hit>>) -> Vec<Vec<Label>> {
    let mut walk = Walk::default();
    pages.into_iter().map(|hits| walk.page(hits)).collect()
}

#[derive(Default)]
struct Walk {
    part: Option<Part>,
    certificate: Option<Key>,
    tables: usize,
    done: BTreeSet<Ask>,
}

impl Walk {
    fn page(&mut self, mut hits: Vec<Hit>) -> Vec<Label> {
        in_reading_order(&mut hits);
        let columns = Columns::find(&hits);
        if let Some(columns) = &columns {
            columns.in_turn(&mut hits);
        }
        let headers = header_rows(&hits);
        let on_card: Vec<usize> = hits
            .iter()
            .enumerate()
            .filter(|(_, hit)| matches!(hit.key, Key::LastNameOnCard | Key::FirstNameOnCard))
            .map(|(index, _)| index)
            .collect();
        let mut out = Vec::with_capacity(hits.len());
        let mut open_table = None;
        for (index, hit) in hits.into_iter().enumerate() {
            self.note_part(hit.key);
            let sure = |row: &[usize]| row.len() >= 4 || row.iter().any(|other| on_card.contains(other));
            let row =
                headers.iter().position(|row| row.contains(&index) && (self.in_table_part() || sure(row)));
            let ask = if let Some(row) = row {
                if open_table != Some(row) {
                    open_table = Some(row);
                    self.tables += 1;
                    self.part = Some(Part::Administrators);
                }
                cell_of(hit.key).map(|field| Ask::Column { table: self.tables - 1, field })
            } else {
                self.ask(hit.key)
            };
            // a second label for one box is no label: it may be part of an answer
            let Some(ask) = ask else { continue };
            if ask == Ask::Nothing || self.done.insert(ask) {
                let column = columns.as_ref().map_or((0.0, f32::MAX), |columns| columns.around(&hit));
                out.push(Label { ask, hit, column });
            }
        }
        out
    }

    fn note_part(&mut self, key: Key) {
        let at_least = |known: Option<Part>, part: Part| Some(known.map_or(part, |known| known.max(part)));
        if let Key::Part(part) = key {
            self.part = Some(part);
        } else if matches!(key, Key::StructureName | Key::Rpps) {
            self.part = at_least(self.part, Part::Structure);
        } else if key == Key::RoleAsked {
            self.part = at_least(self.part, Part::Signatory);
        } else if matches!(key, Key::Purpose | Key::Publisher | Key::Solution) {
            self.part = at_least(self.part, Part::Usage);
        } else if matches!(key, Key::Org | Key::Ssl | Key::Smime | Key::Pro) {
            self.certificate = Some(key);
            self.part = at_least(self.part, Part::Certificates);
        } else if key == Key::Terms {
            self.part = Some(Part::Declaration);
        }
    }

    /// Whether a row of labels here is surely the header of §4.1.
    fn in_table_part(&self) -> bool {
        matches!(self.part, None | Some(Part::Specific | Part::Administrators))
    }

    fn within(&self, parts: &[Part]) -> bool {
        self.part.is_none_or(|part| parts.contains(&part))
    }

    fn ask(&mut self, key: Key) -> Option<Ask> {
        let text = |here: bool, field: Field| here.then_some(Ask::Text(field));
        let structure = self.within(&[Part::Before, Part::Structure]);
        let usage = self.within(&[Part::Specific, Part::Administrators, Part::Usage]);
        let certificates = self.within(&[Part::Specific, Part::Usage, Part::Certificates]);
        let last = self.part != Some(Part::After) && self.part != Some(Part::Before);
        match key {
            Key::Title | Key::Part(_) | Key::Prose | Key::RoleAsked => Some(Ask::Nothing),
            Key::StructureName => text(structure, Field::StructureName),
            Key::Finess => text(structure, Field::Finess),
            Key::Siret => text(structure, Field::Siret),
            Key::Rpps => text(structure, Field::RppsRang(0)),
            Key::Role(role) => {
                self.within(&[Part::Structure, Part::Signatory]).then_some(Ask::Tick(Tick::Role(role)))
            }
            Key::LastName
            | Key::FirstNames
            | Key::Phone
            | Key::Email
            | Key::Card
            | Key::LastNameOnCard
            | Key::FirstNameOnCard => self.person(key),
            Key::Purpose => text(usage, Field::Purpose),
            Key::Publisher => text(usage, Field::Publisher),
            Key::Solution => text(usage, Field::Solution),
            Key::Org => Some(Ask::Tick(Tick::Org)),
            Key::Server => None,
            Key::Ssl => Some(Ask::Tick(Tick::ServerSsl)),
            Key::Smime => Some(Ask::Tick(Tick::ServerSmime)),
            Key::Pro => Some(Ask::Tick(Tick::Pro)),
            Key::SslDomain if matches!(self.certificate, Some(Key::Smime | Key::Pro)) => {
                self.mail_domain(certificates)
            }
            Key::SslDomain => text(certificates, Field::SslDomain),
            Key::SslServer => text(certificates, Field::SslServer),
            Key::MailDomain => self.mail_domain(certificates),
            Key::Terms => Some(Ask::Tick(Tick::Terms)),
            Key::Date => text(last, Field::Date),
            Key::Stamp => last.then_some(Ask::Stamp),
            Key::Signature => last.then_some(Ask::Signature),
        }
    }

    /// The line of S/MIME or of PRO: the one whose sentence came last, else the one still open.
    fn mail_domain(&self, here: bool) -> Option<Ask> {
        let smime = Ask::Text(Field::SmimeMailDomain);
        let pro = Ask::Text(Field::ProMailDomain);
        let second = self.certificate != Some(Key::Smime) && self.done.contains(&smime);
        let ask = if self.certificate == Some(Key::Pro) || second { pro } else { smime };
        here.then_some(ask)
    }

    /// A person's line: the signatory's, or in §4.1 the next administrator's.
    fn person(&mut self, key: Key) -> Option<Ask> {
        let field = cell_of(key)?;
        match self.part {
            None | Some(Part::Structure | Part::Signatory) => signatory(key).map(Ask::Text),
            Some(Part::Specific | Part::Administrators) => {
                let row = (0..u8::MAX).find(|row| !self.done.contains(&Ask::Text(field.in_row(*row))))?;
                Some(Ask::Text(field.in_row(row)))
            }
            Some(Part::Before | Part::Usage | Part::Certificates | Part::Declaration | Part::After) => None,
        }
    }
}

/// The labels of a person: the box of §4.1 (row 0), and of §3.2 where it has one.
const PERSON: [(Key, Field, Option<Field>); 7] = [
    (Key::Card, Field::AdministratorCard(0), Some(Field::Card)),
    (Key::LastName, Field::AdministratorLastName(0), Some(Field::LastName)),
    (Key::LastNameOnCard, Field::AdministratorLastName(0), None),
    (Key::FirstNames, Field::AdministratorFirstName(0), Some(Field::FirstNames)),
    (Key::FirstNameOnCard, Field::AdministratorFirstName(0), None),
    (Key::Phone, Field::AdministratorPhone(0), Some(Field::Phone)),
    (Key::Email, Field::AdministratorEmail(0), Some(Field::Email)),
];

/// The box of §4.1 a label names (row 0).
fn cell_of(key: Key) -> Option<Field> {
    PERSON.iter().find(|(known, ..)| *known == key).map(|(_, field, _)| *field)
}

fn signatory(key: Key) -> Option<Field> {
    PERSON.iter().find(|(known, ..)| *known == key).and_then(|(.., field)| *field)
}

/// From the top, and from the left where lines stand beside each other.
pub fn in_reading_order(hits: &mut [Hit]) {
    hits.sort_by(|a, b| a.core.y0.total_cmp(&b.core.y0));
    let mut start = 0;
    while start < hits.len() {
        let Some(top) = hits.get(start).map(|hit| hit.core) else { break };
        let band = top.y0 + 0.6 * top.height().min(14.0);
        let end = start
            + hits.get(start..).unwrap_or_default().iter().take_while(|hit| hit.core.y0 <= band).count();
        if let Some(row) = hits.get_mut(start..end) {
            row.sort_by(|a, b| a.core.x0.total_cmp(&b.core.x0));
        }
        start = end.max(start + 1);
    }
}

/// Two sections beside each other: 3.1 left and 3.2 right.
struct Columns {
    /// Where the right one begins.
    gutter: f32,
    /// From the headings to what is printed across both.
    y0: f32,
    y1: f32,
}

impl Columns {
    /// Two headings on one line, and all labels under them up to the first that crosses the gutter
    /// or opens a later section.
    fn find(hits: &[Hit]) -> Option<Self> {
        let heading = |hit: &Hit| match hit.key {
            Key::Part(part) if (Part::Structure..=Part::Certificates).contains(&part) => Some(part),
            _ => None,
        };
        let headings = || hits.iter().filter_map(|hit| Some((hit, heading(hit)?)));
        let (left, right, last) = headings().find_map(|(right, later)| {
            let beside = |left: &Hit| {
                left.area.x1 + 4.0 <= right.area.x0
                    && shared((left.core.y0, left.core.y1), (right.core.y0, right.core.y1))
                        >= 0.3 * left.core.height().min(right.core.height())
            };
            let (left, part) = headings().find(|(left, part)| *part != later && beside(left))?;
            Some((left.core, right, later.max(part)))
        })?;
        let gutter = right.area.x0 - 4.0;
        let y0 = left.y0.min(right.core.y0) - 2.0;
        let ends = hits.iter().filter(|hit| hit.core.y0 > left.y1.max(right.core.y1)).find(|hit| {
            let across = hit.area.x0 < gutter - 4.0 && hit.area.x1 > gutter + 4.0;
            across || heading(hit).is_some_and(|part| part > last) && hit.area.x0 < gutter
        });
        Some(Self { gutter, y0, y1: ends.map_or(f32::MAX, |hit| hit.core.y0 - 1.0) })
    }

    fn holds(&self, hit: &Hit) -> bool {
        (self.y0..self.y1).contains(&hit.core.y0)
    }

    /// The left section before the right one.
    fn in_turn(&self, hits: &mut [Hit]) {
        // stable: within a column the order of reading stays
        hits.sort_by_key(|hit| {
            let below = hit.core.y0 >= self.y1;
            (below, self.holds(hit), self.holds(hit) && hit.core.x0 >= self.gutter)
        });
    }

    /// The stretch across the page a label's answer can stand in.
    fn around(&self, hit: &Hit) -> (f32, f32) {
        match (self.holds(hit), hit.core.x0 >= self.gutter) {
            (false, _) => (0.0, f32::MAX),
            (true, false) => (0.0, self.gutter),
            (true, true) => (self.gutter, f32::MAX),
        }
    }
}

/// Rows of at least three different labels of a person beside each other: the header of §4.1.
fn header_rows(hits: &[Hit]) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        let Some(field) = cell_of(hit.key) else { continue };
        let row = rows.iter_mut().find(|row| {
            row.iter().filter_map(|other| hits.get(*other)).all(|other| {
                let apart = other.core.x1 <= hit.core.x0 + 1.0 || hit.core.x1 <= other.core.x0 + 1.0;
                apart && cell_of(other.key).is_some_and(|known| known != field)
            }) && row.iter().filter_map(|other| hits.get(*other)).any(|other| {
                let (low, high) = (other.core.y0.max(hit.core.y0), other.core.y1.min(hit.core.y1));
                high - low >= 0.4 * other.core.height().min(hit.core.height())
            })
        });
        match row {
            Some(row) => row.push(index),
            None => rows.push(vec![index]),
        }
    }
    rows.retain(|row| row.len() >= 3);
    rows
}
