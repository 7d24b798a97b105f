//! Which structure the form is for: its identifiers against the registry, and its name.

use super::super::applied::{Applied, Consulted};
use super::super::facts::{Answer, FinessLevel, Structure, StructureFacts};
use super::super::finding::{Code, Finding};
use super::super::form::{Entry, Field};
use super::super::messages;
use super::super::people::structure_close;
use super::Case;
use jiff::civil::Date;

/// Rows of the registry that one rule names at most.
pub(super) const ROWS: usize = 8;

/// The structure, known and open, by the identifier that decides.
pub(super) enum Known<'a> {
    Finess(&'a StructureFacts),
    /// By SIRET alone: several structures may share one.
    Siret(&'a str, Vec<&'a StructureFacts>),
    /// Practices known by their RPPS rang alone.
    RppsRang(Vec<&'a StructureFacts>),
}

impl<'a> Known<'a> {
    pub(super) fn all(&self) -> Vec<&'a StructureFacts> {
        match self {
            Self::Finess(found) => vec![found],
            Self::Siret(_, found) | Self::RppsRang(found) => found.clone(),
        }
    }

    /// Its name, as the registry has it.
    pub(super) fn name(&self) -> String {
        self.all().first().map(|found| found.structure.name.clone()).unwrap_or_default()
    }
}

/// Finds the structure and says what is wrong with its identifiers and its name. `None` where the
/// identifier that decides is missing, malformed, unknown, closed or contradicted: what follows from
/// a wrong number is not told besides.
pub(super) fn identify<'a>(case: Case<'a>, applied: &mut Vec<Applied>) -> Option<Known<'a>> {
    let (form, facts, day) = (case.form, case.facts, case.day);
    let by_finess = form
        .finess
        .valid()
        .zip(facts.by_finess.as_ref())
        .and_then(|(finess, answer)| one(Field::Finess, finess.as_str(), answer, day, applied));
    let by_siret = form
        .siret
        .valid()
        .zip(facts.by_siret.as_ref())
        .and_then(|(siret, answer)| several(siret.as_str(), answer, day, applied));
    let mut practices = Vec::new();
    for (n, line) in (0..).zip(&form.rpps_rang) {
        let Some(rang) = line.valid() else { continue };
        let answer = facts.by_rpps_rang.get(rang);
        practices
            .extend(answer.and_then(|answer| one(Field::RppsRang(n), rang.as_str(), answer, day, applied)));
    }
    let related = match (by_finess, &by_siret) {
        (Some(finess), Some(sirets)) => {
            let (sound, told) = compare(case, finess, sirets);
            let rows = std::iter::once(finess).chain(sirets.iter().copied());
            let rows = rows.map(|found| Consulted::from(&found.structure)).collect();
            applied.push(Applied::of(Code::Mismatch, Field::Structure, told).on(rows));
            sound
        }
        _ => true,
    };
    let known = if !form.finess.is_blank() {
        by_finess.map(Known::Finess)
    } else if !form.siret.is_blank() {
        form.siret.valid().zip(by_siret).map(|(siret, found)| Known::Siret(siret.as_str(), found))
    } else {
        (!practices.is_empty()).then_some(Known::RppsRang(practices))
    };
    let known = known.filter(|_| related)?;
    applied.extend(name(case, &known));
    Some(known)
}

/// A structure by FINESS or RPPS rang, when it is known and open.
fn one<'a>(
    field: Field,
    number: &str,
    answer: &'a Answer<StructureFacts>,
    day: Date,
    applied: &mut Vec<Applied>,
) -> Option<&'a StructureFacts> {
    match answer {
        Answer::Found(found) => {
            let shut = closed(&found.structure, day);
            applied.extend(there(field, number, &found.structure, shut));
            Some(found).filter(|_| !shut)
        }
        Answer::NotFound => {
            let message = messages::structure_unknown(field, number);
            applied.push(Finding::reject(Code::Unknown, field, message).into());
            None
        }
        Answer::NoAnswer(_) => None,
    }
}

/// `unknown` and `closed` of a structure that is on file.
fn there(field: Field, number: &str, structure: &Structure, shut: bool) -> Vec<Applied> {
    let found = shut.then(|| told_closed(field, number, structure));
    let applied = Applied::in_turn(&[(Code::Unknown, field), (Code::Closed, field)], found);
    applied.into_iter().map(|one| one.on(vec![Consulted::from(structure)])).collect()
}

/// The structures of a SIRET that are open, when there are any.
fn several<'a>(
    siret: &str,
    answer: &'a Answer<Vec<StructureFacts>>,
    day: Date,
    applied: &mut Vec<Applied>,
) -> Option<Vec<&'a StructureFacts>> {
    let found = match answer {
        Answer::Found(found) => found.as_slice(),
        Answer::NotFound => &[],
        Answer::NoAnswer(_) => return None,
    };
    let Some(first) = found.first() else {
        let message = messages::structure_unknown(Field::Siret, siret);
        applied.push(Finding::reject(Code::Unknown, Field::Siret, message).into());
        return None;
    };
    let open: Vec<_> = found.iter().filter(|one| !closed(&one.structure, day)).collect();
    let told = open.first().map_or(&first.structure, |one| &one.structure);
    applied.extend(there(Field::Siret, siret, told, open.is_empty()));
    Some(open).filter(|open| !open.is_empty())
}

fn told_closed(field: Field, number: &str, structure: &Structure) -> Finding {
    let message = messages::structure_closed(field, number, &structure.name, structure.closed_on);
    Finding::reject(Code::Closed, field, message)
}

/// Closed on the day: since a date not after it, or since an unknown one.
pub(super) fn closed(structure: &Structure, day: Date) -> bool {
    structure.closed_on.map_or(structure.closed, |since| since <= day)
}

/// Whether FINESS and SIRET can stand together, and what to say of it: the same structure, its legal
/// entity or one of its establishments, or the same company (SIREN) are one organisation; two
/// establishments of one legal entity are for a person to tell apart; others contradict each other.
fn compare(case: Case, finess: &StructureFacts, sirets: &[&StructureFacts]) -> (bool, Option<Finding>) {
    let own = &finess.structure;
    let number = case.form.finess.valid().map_or("", |finess| finess.as_str());
    let siret = case.form.siret.valid().map_or("", |siret| siret.as_str());
    let company = case.form.siret.valid().map(|siret| siret.siren().as_str().to_owned());
    let same_company =
        company.is_some() && own.siret.as_deref().and_then(|siret| siret.get(..9)) == company.as_deref();
    let one_line = |other: &Structure| {
        other.finess.is_some()
            && (other.finess == own.finess || other.finess == own.finess_ej || other.finess_ej == own.finess)
    };
    if same_company || sirets.iter().any(|found| one_line(&found.structure)) {
        return (true, None);
    }
    let sibling = sirets
        .iter()
        .find(|found| found.structure.finess_ej.is_some() && found.structure.finess_ej == own.finess_ej);
    if let Some(sibling) = sibling {
        let message = messages::identifiers_siblings(number, &own.name, siret, &sibling.structure.name);
        return (true, Some(Finding::review(Code::Mismatch, Field::Structure, message)));
    }
    let other = sirets.first().map_or("une autre structure", |found| found.structure.name.as_str());
    let message = messages::identifiers_mismatch(number, &own.name, siret, other);
    (false, Some(Finding::reject(Code::Mismatch, Field::Structure, message)))
}

/// `mismatch` on the name: far from the structure's and from its legal entity's. `None` where no name
/// is written.
fn name(case: Case, known: &Known) -> Option<Applied> {
    let Entry::Valid(written, _) = &case.form.structure_name else { return None };
    let written = written.expose();
    let all = known.all();
    let close = all.iter().any(|found| {
        structure_close(written, &found.structure.name)
            || found.legal_entity.as_ref().is_some_and(|legal| structure_close(written, &legal.name))
    });
    let found = all.first().filter(|_| !close).map(|first| {
        let message = messages::structure_name_mismatch(written, &first.structure.name);
        Finding::review(Code::Mismatch, Field::StructureName, message)
    });
    let rows = all.iter().flat_map(|found| std::iter::once(&found.structure).chain(&found.legal_entity));
    let rows = rows.take(ROWS).map(Consulted::from).collect();
    Some(Applied::of(Code::Mismatch, Field::StructureName, found).on(rows))
}

/// Every number that names a structure: a contract or a mandate may be filed under any of them.
pub(super) fn numbers(structure: &Structure) -> impl Iterator<Item = &str> {
    let rpps_rang = structure.rpps_rang.iter().map(String::as_str);
    structure.finess.as_deref().into_iter().chain(structure.siret.as_deref()).chain(rpps_rang)
}

/// The FINESS of the legal entity: an EJ's own, an EG's parent's.
pub(super) fn legal_number(found: &StructureFacts) -> Option<&str> {
    match found.structure.level {
        Some(FinessLevel::Legal) => found.structure.finess.as_deref(),
        Some(FinessLevel::Geographical) | None => {
            let entity = found.legal_entity.as_ref().and_then(|legal| legal.finess.as_deref());
            entity.or(found.structure.finess_ej.as_deref())
        }
    }
}
