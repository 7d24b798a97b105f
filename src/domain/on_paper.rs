//! From the form's lists, which hold what is filled in, to the rows on the paper: finding and evidence
//! count the former, a sheet the latter.

use super::form::{F413, Field};
use super::sheet::Sheet;

/// A form beside the sheet it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub sheet: &'a Sheet,
    pub form: &'a F413,
}

impl Rows<'_> {
    /// The box of a sheet that a field of the form's lists is; `None` where the form has no such row.
    #[must_use]
    pub fn on_paper(self, field: Field) -> Option<Field> {
        let rows = &self.form.administrators;
        Some(match field {
            Field::RppsRang(n) => self.line(n)?,
            // of no administrator at all: the first row
            Field::AdministratorCard(0) if rows.is_empty() => field,
            Field::AdministratorCard(n)
            | Field::AdministratorLastName(n)
            | Field::AdministratorFirstName(n)
            | Field::AdministratorPhone(n)
            | Field::AdministratorEmail(n) => field.in_row(rows.get(usize::from(n))?.line.saturating_sub(1)),
            other => other,
        })
    }

    /// The line of a RPPS rang, by what was read there.
    fn line(self, n: u8) -> Option<Field> {
        let evidence = self.form.rpps_rang.get(usize::from(n))?.evidence()?;
        let lines = self.sheet.texts.iter().filter(|(field, _)| matches!(field, Field::RppsRang(_)));
        lines.into_iter().find(|(_, written)| written.evidence == *evidence).map(|(field, _)| *field)
    }
}
