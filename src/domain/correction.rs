//! A colleague who looked at the page says what stands in a box: the only thing that is changed is that
//! box, and from then on it is certain. What was read there stays in the record.

use super::form::{Field, Masked, Role};
use super::on_paper::Rows;
use super::sheet::{Evidence, Mark, Marked, PageNumber, Reading, Sheet, Tick, Written, Zone};
use super::text::squeezed;

/// Rows of 4.1, and lines of RPPS rang, that a colleague can fill in: no paper has more.
const MOST_ROWS: u8 = 40;
const LINES: u8 = 40;
/// Longest value, characters.
const LONGEST: usize = 2000;

/// What stands in one box, as a colleague says. Rows are those on the paper, as in a `Sheet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub field: Field,
    /// As it was typed; of a box to tick `oui` or nothing; of the role its name in the report, or
    /// nothing. Empty: nothing stands there.
    pub value: Masked,
}

/// Why a box cannot be corrected so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCorrected {
    /// It is no single box (a section, a row), or the form has no such row.
    #[error("no box of the form")]
    NoSuchBox,
    /// Of a box that is ticked, or not.
    #[error("neither ticked nor empty")]
    NoSuchAnswer,
    #[error("longer than {LONGEST} characters")]
    TooLong,
}

/// What kind of answer a box takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Words,
    Tick,
    Role,
    /// Signature or stamp: there, or not.
    Ink,
}

/// Of a box that is ticked, signed or stamped.
pub const YES: &str = "oui";

/// The kind of answer that a field takes; `None`: it is not one box.
#[must_use]
pub fn kind(field: Field) -> Option<Kind> {
    match field {
        Field::Role => Some(Kind::Role),
        Field::Signature | Field::Stamp => Some(Kind::Ink),
        Field::TermsAccepted => Some(Kind::Tick),
        field if tick(field).is_some() => Some(Kind::Tick),
        field if Field::TEXTS.contains(&field.in_row(0)) => Some(Kind::Words),
        _ => None,
    }
}

fn tick(field: Field) -> Option<Tick> {
    Some(match field {
        Field::OrgRequested => Tick::Org,
        Field::ServerSslRequested => Tick::ServerSsl,
        Field::ServerSmimeRequested => Tick::ServerSmime,
        Field::ProRequested => Tick::Pro,
        Field::TermsAccepted => Tick::Terms,
        _ => return None,
    })
}

impl Correction {
    /// A correction of a box as the form's lists number it: the row after the last one is the first that
    /// is empty on the paper.
    ///
    /// # Errors
    /// See [`NotCorrected`].
    pub fn new(field: Field, value: &str, rows: Rows<'_>) -> Result<Self, NotCorrected> {
        let kind = kind(field).ok_or(NotCorrected::NoSuchBox)?;
        let value = value.trim();
        let fits = match kind {
            Kind::Words => true,
            Kind::Tick | Kind::Ink => matches!(value, "" | YES),
            Kind::Role => value.is_empty() || role(value).is_some(),
        };
        if !fits {
            return Err(NotCorrected::NoSuchAnswer);
        }
        if value.chars().count() > LONGEST {
            return Err(NotCorrected::TooLong);
        }
        let field = rows
            .on_paper(field)
            .or_else(|| next_row(field, rows))
            .filter(|field| within(*field))
            .ok_or(NotCorrected::NoSuchBox)?;
        Ok(Self { field, value: Masked::new(value) })
    }
}

fn role(name: &str) -> Option<Role> {
    [Role::LegalRepresentative, Role::Delegate, Role::PracticeHolder]
        .into_iter()
        .find(|role| role.as_str() == name)
}

fn within(field: Field) -> bool {
    let most = if matches!(field, Field::RppsRang(_)) { LINES } else { MOST_ROWS };
    field.row().is_none_or(|n| n < most)
}

/// The first empty row of the list, where `field` is in the row after the last.
fn next_row(field: Field, rows: Rows<'_>) -> Option<Field> {
    let n = field.row()?;
    let (count, last) = if matches!(field, Field::RppsRang(_)) {
        let lines = rows.sheet.texts.keys().filter(|one| matches!(one, Field::RppsRang(_)));
        (rows.form.rpps_rang.len(), lines.filter_map(|one| one.row()).max())
    } else {
        let lines = rows.form.administrators.iter().map(|row| row.line.saturating_sub(1));
        (rows.form.administrators.len(), lines.max())
    };
    (usize::from(n) == count).then(|| field.in_row(last.map_or(0, |last| last.saturating_add(1))))
}

/// Puts corrections into a reading, in their order. Without a sheet there is nothing to correct.
pub fn correct(reading: &mut Reading, corrections: &[Correction]) {
    let Some(sheet) = &mut reading.sheet else { return };
    for correction in corrections {
        put(sheet, correction);
    }
}

fn put(sheet: &mut Sheet, Correction { field, value }: &Correction) {
    let value = value.expose();
    sheet.absent.remove(field);
    sheet.unlocated.remove(field);
    if let Some(tick) = tick(*field) {
        set(sheet, tick, value == YES);
        return;
    }
    match field {
        Field::Role => {
            let chosen = role(value);
            for one in [Role::LegalRepresentative, Role::Delegate, Role::PracticeHolder] {
                set(sheet, Tick::Role(one), chosen == Some(one));
            }
        }
        Field::Signature => {
            sheet.signature = ink(&sheet.signature, value == YES);
            // only what could not be verified is settled by looking: a broken one stays broken
            sheet.digital_signatures.retain(|signature| !signature.unverifiable);
        }
        Field::Stamp => sheet.stamp = ink(&sheet.stamp, value == YES),
        _ if squeezed(value).is_empty() => {
            sheet.texts.remove(field);
        }
        _ => {
            let before = sheet.texts.get(field).map(|written| &written.evidence);
            let evidence = certain(before, value);
            sheet.texts.insert(*field, Written { evidence, disagrees: None });
        }
    }
}

/// What a colleague says, where it was read.
fn certain(before: Option<&Evidence>, raw: &str) -> Evidence {
    let (page, area) = before.map_or((PageNumber::from(1), super::sheet::Area::default()), |evidence| {
        (evidence.page, evidence.area)
    });
    Evidence { raw: raw.to_owned(), confidence: 1.0, page, area }
}

fn set(sheet: &mut Sheet, tick: Tick, ticked: bool) {
    let before = sheet.ticks.get(&tick).map(|marked| &marked.evidence);
    let evidence = certain(before, if ticked { "X" } else { "" });
    let mark = if ticked { Mark::Checked } else { Mark::Empty };
    sheet.ticks.insert(tick, Marked { mark, evidence, disagrees: false });
}

fn ink(zone: &Zone, there: bool) -> Zone {
    let before = match zone {
        Zone::Empty => None,
        Zone::Ink { evidence } | Zone::Unsure { evidence } => Some(evidence),
    };
    if there { Zone::Ink { evidence: certain(before, "") } } else { Zone::Empty }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fill::fill;
    use crate::domain::form::{Entry, Signature};
    use crate::domain::policy::Policy;
    use crate::domain::sheet::{Area, Source};

    fn read(raw: &str, confidence: f64) -> Written {
        let area = Area::new(10.0, 20.0, 60.0, 30.0);
        let evidence = Evidence { raw: raw.into(), confidence, page: 1.into(), area };
        Written { evidence, disagrees: None }
    }

    fn reading() -> Reading {
        let mut sheet = Sheet::default();
        sheet.texts.insert(Field::Finess, read("75O999997", 0.4));
        sheet.texts.insert(Field::RppsRang(1), read("10101010104013", 1.0));
        sheet.texts.insert(Field::AdministratorCard(2), read("2400223307", 1.0));
        sheet.signature = Zone::Unsure { evidence: read("", 0.5).evidence };
        Reading {
            documents: vec!["f.pdf".into()],
            source: Source::Scan,
            sheet: Some(sheet),
            findings: vec![],
        }
    }

    fn corrected(field: Field, value: &str) -> Result<Reading, NotCorrected> {
        let mut reading = reading();
        let form = fill(reading.clone(), &Policy::default()).form.unwrap();
        let sheet = reading.sheet.clone().unwrap();
        let correction = Correction::new(field, value, Rows { sheet: &sheet, form: &form })?;
        correct(&mut reading, &[correction]);
        Ok(reading)
    }

    #[test]
    fn a_corrected_box_is_certain_where_it_was_read_and_the_others_stay() {
        let now = corrected(Field::Finess, " 750712184 ").unwrap().sheet.unwrap();
        let (before, after) = (reading().sheet.unwrap(), &now.texts[&Field::Finess].evidence);
        assert_eq!((after.raw.as_str(), after.confidence), ("750712184", 1.0));
        assert_eq!(after.area, before.texts[&Field::Finess].evidence.area);
        let others = |sheet: &Sheet| {
            sheet
                .texts
                .iter()
                .filter(|(field, _)| **field != Field::Finess)
                .map(|(_, one)| one.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(others(&now), others(&before));
        assert_eq!(now.signature, before.signature);
    }

    #[test]
    fn rows_are_those_of_the_form_and_the_next_one_is_the_first_empty_on_the_paper() {
        for (field, on_paper) in [
            (Field::AdministratorEmail(0), Field::AdministratorEmail(2)),
            (Field::AdministratorEmail(1), Field::AdministratorEmail(3)),
            (Field::RppsRang(0), Field::RppsRang(1)),
            (Field::RppsRang(1), Field::RppsRang(2)),
        ] {
            let sheet = corrected(field, "x").unwrap().sheet.unwrap();
            assert_eq!(sheet.texts[&on_paper].evidence.raw, "x", "{field}");
        }
        for field in
            [Field::AdministratorEmail(2), Field::RppsRang(3), Field::Structure, Field::Administrator(0)]
        {
            assert_eq!(corrected(field, "x"), Err(NotCorrected::NoSuchBox), "{field}");
        }
    }

    #[test]
    fn ticks_roles_and_ink_are_there_or_not() {
        let form = |field, value| fill(corrected(field, value).unwrap(), &Policy::default()).form.unwrap();
        assert!(form(Field::ServerSslRequested, YES).certificates.server_ssl.ticked);
        assert_eq!(form(Field::Role, "delegate").signatory.role, Some(Role::Delegate));
        assert_eq!(form(Field::Role, "").signatory.role, None);
        assert_eq!(form(Field::Signature, YES).signature, Signature::Ink);
        let unsigned = form(Field::Signature, "");
        assert_eq!((unsigned.signature, unsigned.signature_evidence), (Signature::None, None));
        assert!(form(Field::Stamp, YES).stamp);
        assert_eq!(form(Field::Finess, "").finess, Entry::Blank);
        assert_eq!(corrected(Field::Stamp, "peut-être"), Err(NotCorrected::NoSuchAnswer));
        assert_eq!(corrected(Field::Role, "roi"), Err(NotCorrected::NoSuchAnswer));
        assert_eq!(corrected(Field::Purpose, &"x".repeat(2001)), Err(NotCorrected::TooLong));
    }

    #[test]
    fn a_broken_signature_stays_broken_whatever_somebody_saw() {
        let broken = crate::domain::sheet::DigitalSignature {
            sound: false,
            unverifiable: false,
            trouble: "rompue".into(),
            signer: None,
            time: None,
            trusted: false,
            page: 1.into(),
            area: Area::default(),
        };
        let findings = |unverifiable| {
            let mut reading = reading();
            let signature = crate::domain::sheet::DigitalSignature { unverifiable, ..broken.clone() };
            reading.sheet.as_mut().unwrap().digital_signatures.push(signature);
            correct(&mut reading, &[Correction { field: Field::Signature, value: Masked::new(YES) }]);
            let applied = fill(reading, &Policy::default()).applied;
            applied
                .iter()
                .filter_map(crate::domain::applied::Applied::finding)
                .map(|one| one.code)
                .collect::<Vec<_>>()
        };
        assert!(findings(false).contains(&crate::domain::finding::Code::SignatureBroken));
        assert!(!findings(true).contains(&crate::domain::finding::Code::SignatureBroken));
    }
}
