//! Two submissions side by side: the same one judged twice (`replay`), or a form and the one it follows
//! (`cases compare`). Compares what the store keeps of a case: the submission of guichet.report/1.

use crate::domain::case::VerdictKind;
use crate::domain::finding::Finding;
use crate::domain::form::Field;
use crate::domain::place::place;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A submission as recorded, as far as two are compared.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Recorded {
    pub verdict: VerdictKind,
    /// `null` where nothing could be read.
    #[serde(default)]
    pub form: Value,
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// Which rows of 4.1, and which RPPS rang, are held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Those at the same place: it is the same paper.
    ByPlace,
    /// Those that say the same card or number, then the others in their order: rows move when a form
    /// is written again.
    ByNumber,
}

/// What differs between an earlier submission and a later one, and what does not.
#[derive(Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub before: VerdictKind,
    pub after: VerdictKind,
    /// Answers that are not the same.
    pub answers: Vec<Answer>,
    /// Findings of the earlier one that the later one has not.
    pub gone: Vec<Finding>,
    /// Findings that only the later one has.
    pub new: Vec<Finding>,
    /// The same rule on the same box, but graver, milder, or in other words.
    pub changed: Vec<Changed>,
    /// Findings that are still there, unchanged.
    pub still: Vec<Finding>,
}

impl std::fmt::Debug for Comparison {
    /// Masked: answers are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers = [self.answers.len(), self.gone.len(), self.new.len(), self.changed.len()];
        write!(f, "Comparison({} → {}, {numbers:?})", self.before.as_str(), self.after.as_str())
    }
}

/// An answer that differs.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// JSON pointer into the later form.
    pub field: String,
    /// The box in the form's own words.
    pub place: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A finding that differs.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub before: Finding,
    pub after: Finding,
}

impl Recorded {
    /// Reads the submission that the store keeps of a case.
    ///
    /// # Errors
    /// It is not one.
    pub fn parse(report: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(report)
    }

    /// Holds this, the earlier one, against a later one.
    #[must_use]
    pub fn against(&self, later: &Self, rows: Rows) -> Comparison {
        let moved = match rows {
            Rows::ByPlace => Moves::default(),
            Rows::ByNumber => Moves::between(&self.form, &later.form),
        };
        let (mut before, after) = (BTreeMap::new(), answers(&later.form));
        for (pointer, value) in answers(&self.form) {
            before.insert(moved.pointer(&pointer), value);
        }
        let pointers: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differs = pointers.into_iter().filter(|pointer| before.get(*pointer) != after.get(*pointer));
        let answer = |pointer: &String| Answer {
            field: pointer.clone(),
            place: Field::from_pointer(pointer).map(|field| place(field, None)).unwrap_or_default(),
            before: before.get(pointer).cloned(),
            after: after.get(pointer).cloned(),
        };
        let mut comparison = Comparison {
            before: self.verdict,
            after: later.verdict,
            answers: differs.map(answer).collect(),
            gone: Vec::new(),
            new: Vec::new(),
            changed: Vec::new(),
            still: Vec::new(),
        };
        comparison.findings(&self.findings, &later.findings, &moved);
        comparison
    }
}

impl Comparison {
    /// Whether both say the same in every respect.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.before == self.after
            && self.answers.is_empty()
            && self.gone.is_empty()
            && self.new.is_empty()
            && self.changed.is_empty()
    }

    fn findings(&mut self, before: &[Finding], after: &[Finding], moved: &Moves) {
        let mut left: Vec<Finding> = before
            .iter()
            .map(|finding| Finding { field: moved.field(finding.field), ..finding.clone() })
            .collect();
        let mut take = |fits: &dyn Fn(&Finding) -> bool| -> Option<Finding> {
            let at = left.iter().position(fits)?;
            Some(left.remove(at))
        };
        let mut others = Vec::new();
        for finding in after {
            match take(&|old| old == finding) {
                Some(same) => self.still.push(same),
                None => others.push(finding),
            }
        }
        for finding in others {
            match take(&|old| (old.code, old.field) == (finding.code, finding.field)) {
                Some(before) => self.changed.push(Changed { before, after: finding.clone() }),
                None => self.new.push(finding.clone()),
            }
        }
        self.gone = left;
    }
}

/// Every answer of a form by its JSON pointer, as people read it. Boxes left empty are left out.
fn answers(form: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, at: &str, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| walk(value, &format!("{at}/{key}"), into));
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(n, value)| walk(value, &format!("{at}/{n}"), into));
            }
            Value::String(text) => drop(into.insert(at.to_owned(), text.clone())),
            Value::Bool(ticked) => {
                into.insert(at.to_owned(), if *ticked { "oui" } else { "non" }.to_owned());
            }
            Value::Number(number) => drop(into.insert(at.to_owned(), number.to_string())),
            Value::Null => {}
        }
    }
    let mut found = BTreeMap::new();
    walk(form, "", &mut found);
    found
}

/// Where the rows of an earlier form stand in a later one; a row that is not named stays.
#[derive(Debug, Default)]
struct Moves {
    administrators: BTreeMap<u8, u8>,
    rpps_rang: BTreeMap<u8, u8>,
}

impl Moves {
    fn between(before: &Value, after: &Value) -> Self {
        let rows = |form: &Value, list: &str, key: &str| -> Vec<Option<String>> {
            let rows = form.pointer(list).and_then(Value::as_array).cloned().unwrap_or_default();
            let text = |row: &Value| row.pointer(key).and_then(Value::as_str).map(str::to_owned);
            rows.iter().map(text).collect()
        };
        let of = |list: &str, key: &str| moves(&rows(before, list, key), &rows(after, list, key));
        Self { administrators: of("/administrators", "/card"), rpps_rang: of("/structure/rpps_rang", "") }
    }

    fn field(&self, field: Field) -> Field {
        match field {
            Field::RppsRang(n) => Field::RppsRang(self.rpps_rang.get(&n).copied().unwrap_or(n)),
            Field::Administrator(n)
            | Field::AdministratorCard(n)
            | Field::AdministratorLastName(n)
            | Field::AdministratorFirstName(n)
            | Field::AdministratorPhone(n)
            | Field::AdministratorEmail(n) => field.in_row(self.administrators.get(&n).copied().unwrap_or(n)),
            other => other,
        }
    }

    fn pointer(&self, pointer: &str) -> String {
        Field::from_pointer(pointer).map_or_else(|| pointer.to_owned(), |field| self.field(field).pointer())
    }
}

/// Rows that say the same go together; what is left, in order; what is left then, behind the end.
fn moves(before: &[Option<String>], after: &[Option<String>]) -> BTreeMap<u8, u8> {
    let index = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    let mut free: Vec<usize> = (0..after.len()).collect();
    let mut moved = BTreeMap::new();
    let mut rest = Vec::new();
    for (n, key) in before.iter().enumerate() {
        let same = |at: &usize| key.is_some() && after.get(*at) == Some(key);
        match free.iter().position(same) {
            Some(at) => drop(moved.insert(index(n), index(free.remove(at)))),
            None => rest.push(n),
        }
    }
    let places = free.into_iter().chain(after.len()..);
    moved.extend(rest.into_iter().zip(places).map(|(n, at)| (index(n), index(at))));
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Code;
    use serde_json::json;

    fn form(cards: &[&str], finess: &str) -> Value {
        let rows: Vec<_> =
            cards.iter().map(|card| json!({ "card": card, "email": format!("{card}@a.fr") })).collect();
        json!({ "structure": { "finess": finess, "name": null, "rpps_rang": [] }, "administrators": rows })
    }

    fn recorded(form: Value, verdict: VerdictKind, findings: Vec<Finding>) -> Recorded {
        Recorded { verdict, form, findings }
    }

    fn missing(field: Field) -> Finding {
        Finding::reject(Code::Missing, field, "La case est vide.")
    }

    #[test]
    fn a_form_written_again_says_what_was_corrected() {
        let old = recorded(
            form(&["1", "2"], "310908307"),
            VerdictKind::Rejected,
            vec![missing(Field::AdministratorPhone(1)), missing(Field::Finess), missing(Field::Date)],
        );
        let new = recorded(
            form(&["2", "3"], "310908306"),
            VerdictKind::Rejected,
            vec![
                missing(Field::AdministratorPhone(0)),
                Finding::reject(Code::Missing, Field::Date, "Autrement dit."),
                missing(Field::Stamp),
            ],
        );
        let compared = old.against(&new, Rows::ByNumber);
        let told: Vec<_> = compared
            .answers
            .iter()
            .map(|one| (one.field.as_str(), one.before.as_deref(), one.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("/administrators/1/card", Some("1"), Some("3")),
                ("/administrators/1/email", Some("1@a.fr"), Some("3@a.fr")),
                ("/structure/finess", Some("310908307"), Some("310908306")),
            ]
        );
        let fields = |all: &[Finding]| all.iter().map(|one| one.field).collect::<Vec<_>>();
        assert_eq!(fields(&compared.still), [Field::AdministratorPhone(0)]);
        assert_eq!(fields(&compared.gone), [Field::Finess]);
        assert_eq!(fields(&compared.new), [Field::Stamp]);
        assert_eq!(compared.changed.len(), 1);
        assert!(!compared.is_same() && old.against(&old, Rows::ByPlace).is_same());
        assert_eq!(old.against(&new, Rows::ByPlace).answers.len(), 5, "row by row they all differ");
    }

    #[test]
    fn a_row_that_was_added_or_left_out_moves_no_other() {
        let (few, many) = (form(&["1", "3"], "x"), form(&["1", "2", "3"], "x"));
        let [few, many] = [few, many].map(|form| recorded(form, VerdictKind::Accepted, vec![]));
        for (old, new, at) in
            [(&few, &many, "/administrators/1/card"), (&many, &few, "/administrators/2/card")]
        {
            let compared = old.against(new, Rows::ByNumber);
            let fields: Vec<_> = compared.answers.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields.len(), 2);
            assert_eq!(fields[0], at);
        }
    }
}
