//! The four files of the registry: their columns, and how a line becomes a row.

use super::Classes;
use crate::domain::facts::Class;
use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use crate::domain::policy::{CardType, Profile};
use csv::StringRecord;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::fmt;

pub use crate::domain::facts::Feed;

impl Feed {
    /// The columns that must be there, in any order; others are ignored.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Structures => &[
                "finess",
                "finess_type",
                "finess_ej",
                "siret",
                "rpps_rang",
                "name",
                "class",
                "category",
                "main_site",
                "status",
            ],
            Self::Contracts => &[
                "number",
                "structure",
                "signed_on",
                "valid_from",
                "valid_until",
                "status",
                "representative_last_name",
                "representative_first_name",
            ],
            Self::Cards => &[
                "number",
                "type",
                "last_name",
                "first_name",
                "holder_id",
                "structure",
                "valid_from",
                "valid_until",
                "opposed_on",
            ],
            Self::Mandates => &["structure", "last_name", "first_name", "card", "valid_from", "valid_until"],
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a file's columns stand.
#[derive(Debug)]
pub(super) struct Header {
    feed: Feed,
    names: Vec<String>,
}

impl Header {
    /// The header row, or the names of the columns it lacks.
    pub(super) fn read(feed: Feed, row: &StringRecord) -> Result<Self, Vec<&'static str>> {
        let names: Vec<_> =
            row.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
        let lacks = |column: &&&'static str| !names.iter().any(|name| name == **column);
        let lacking: Vec<_> = feed.columns().iter().filter(lacks).copied().collect();
        if lacking.is_empty() { Ok(Self { feed, names }) } else { Err(lacking) }
    }

    /// A cell, trimmed; `None` where it is empty or the optional column is not there.
    fn cell<'r>(&self, record: &'r StringRecord, column: &str) -> Option<&'r str> {
        let at = self.names.iter().position(|name| name == column)?;
        record.get(at).map(str::trim).filter(|text| !text.is_empty())
    }
}

/// A value on its way into a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(Option<String>),
    Number(i64),
}

/// A line as it goes into its table, in the order of [`Feed::table`]'s columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Structures: their RPPS rang.
    pub(super) rangs: Vec<String>,
    /// Stored, and worth a look: an identifier that breaks its format.
    pub(super) flagged: bool,
}

impl Feed {
    /// Table and columns that [`Header::row`] fills, without `snapshot` and `line`.
    pub(super) fn table(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Structures => (
                "registry_structures",
                &[
                    "finess",
                    "level",
                    "finess_ej",
                    "siret",
                    "rpps_rang",
                    "name",
                    "class",
                    "main_site",
                    "closed",
                    "flagged",
                ],
            ),
            Self::Contracts => (
                "registry_contracts",
                &[
                    "number",
                    "structure",
                    "valid_from",
                    "valid_until",
                    "status",
                    "representative_last_name",
                    "representative_first_name",
                ],
            ),
            Self::Cards => (
                "registry_cards",
                &[
                    "number",
                    "kind",
                    "last_name",
                    "first_name",
                    "holder_id",
                    "structure",
                    "valid_from",
                    "valid_until",
                    "opposed_on",
                ],
            ),
            Self::Mandates => (
                "registry_mandates",
                &["structure", "last_name", "first_name", "card", "valid_from", "valid_until"],
            ),
        }
    }
}

impl Header {
    /// A line's row, or why it has none.
    pub(super) fn row(&self, record: &StringRecord, classes: &Classes) -> Result<Row, String> {
        if record.len() != self.names.len() {
            return Err(format!("{} fields where the header has {}", record.len(), self.names.len()));
        }
        match self.feed {
            Feed::Structures => self.structure(record, classes),
            Feed::Contracts => self.contract(record),
            Feed::Cards => self.card(record),
            Feed::Mandates => self.mandate(record),
        }
    }

    fn structure(&self, record: &StringRecord, classes: &Classes) -> Result<Row, String> {
        let identifier = |column| self.cell(record, column).map(tidy);
        let finess = identifier("finess");
        let level = match (self.cell(record, "finess_type").map(str::to_ascii_uppercase), &finess) {
            (Some(level), _) if level == "EJ" || level == "EG" => Some(level),
            (None, None) => None,
            (None, Some(_)) => return Err("finess without finess_type".to_owned()),
            (Some(other), _) => return Err(format!("finess_type \"{other}\" is neither EJ nor EG")),
        };
        let siret = identifier("siret");
        let rangs: Vec<_> =
            self.cell(record, "rpps_rang").into_iter().flat_map(str::split_whitespace).map(tidy).collect();
        if finess.is_none() && siret.is_none() && rangs.is_empty() {
            return Err("no finess, no siret, no rpps_rang".to_owned());
        }
        let class = match self.cell(record, "class") {
            Some(word) => Some(Class::parse(word).ok_or_else(|| format!("unknown class \"{word}\""))?),
            None => classes.class_of(self.cell(record, "category"), self.cell(record, "legal_status")),
        };
        let closed = match self.cell(record, "status") {
            Some("open") => 0,
            Some("closed") => 1,
            Some(other) => return Err(format!("status \"{other}\" is neither open nor closed")),
            None => return Err("no status".to_owned()),
        };
        let flagged = finess.as_deref().is_some_and(|text| Finess::parse(text, Profile::Test).is_err())
            || siret.as_deref().is_some_and(|text| Siret::parse(text).is_err())
            || rangs.iter().any(|text| RppsRang::parse(text).is_err());
        let cells = vec![
            Cell::Text(finess),
            Cell::Text(level),
            Cell::Text(identifier("finess_ej")),
            Cell::Text(siret),
            Cell::Text(Some(rangs.join(" "))),
            Cell::Text(Some(self.cell(record, "name").unwrap_or_default().to_owned())),
            Cell::Text(class.map(|class| class.as_str().to_owned())),
            Cell::Text(identifier("main_site")),
            Cell::Number(closed),
            Cell::Number(i64::from(flagged)),
        ];
        Ok(Row { cells, rangs, flagged })
    }

    fn contract(&self, record: &StringRecord) -> Result<Row, String> {
        let status = self.cell(record, "status").unwrap_or_default();
        if !["active", "suspended", "terminated"].contains(&status) {
            return Err(format!("status \"{status}\" is none of active, suspended, terminated"));
        }
        self.date(record, "signed_on")?;
        let cells = vec![
            self.needed(record, "number")?,
            Cell::Text(Some(tidy(self.cell(record, "structure").ok_or("no structure")?))),
            self.date(record, "valid_from")?,
            self.date(record, "valid_until")?,
            Cell::Text(Some(status.to_owned())),
            self.text(record, "representative_last_name"),
            self.text(record, "representative_first_name"),
        ];
        Ok(Row { cells, rangs: vec![], flagged: false })
    }

    fn card(&self, record: &StringRecord) -> Result<Row, String> {
        let number = tidy(self.cell(record, "number").ok_or("no number")?);
        let flagged = CardNumber::parse(&number).is_err();
        let kind = match self.cell(record, "type") {
            None => None,
            Some(word) => Some(CardType::parse(word).ok_or_else(|| format!("unknown card type \"{word}\""))?),
        };
        let cells = vec![
            Cell::Text(Some(number)),
            Cell::Text(kind.map(|kind| kind.as_str().to_owned())),
            Cell::Text(Some(self.cell(record, "last_name").unwrap_or_default().to_owned())),
            Cell::Text(Some(self.cell(record, "first_name").unwrap_or_default().to_owned())),
            Cell::Text(self.cell(record, "holder_id").map(tidy)),
            Cell::Text(self.cell(record, "structure").map(tidy)),
            self.date(record, "valid_from")?,
            self.date(record, "valid_until")?,
            self.date(record, "opposed_on")?,
        ];
        Ok(Row { cells, rangs: vec![], flagged })
    }

    fn mandate(&self, record: &StringRecord) -> Result<Row, String> {
        let cells = vec![
            Cell::Text(Some(tidy(self.cell(record, "structure").ok_or("no structure")?))),
            self.needed(record, "last_name")?,
            Cell::Text(Some(self.cell(record, "first_name").unwrap_or_default().to_owned())),
            Cell::Text(self.cell(record, "card").map(tidy)),
            self.date(record, "valid_from")?,
            self.date(record, "valid_until")?,
        ];
        Ok(Row { cells, rangs: vec![], flagged: false })
    }

    fn text(&self, record: &StringRecord, column: &str) -> Cell {
        Cell::Text(self.cell(record, column).map(str::to_owned))
    }

    fn needed(&self, record: &StringRecord, column: &str) -> Result<Cell, String> {
        let text = self.cell(record, column).ok_or_else(|| format!("no {column}"))?;
        Ok(Cell::Text(Some(text.to_owned())))
    }

    /// An ISO day, checked, as text: as text it sorts as the days do.
    fn date(&self, record: &StringRecord, column: &str) -> Result<Cell, String> {
        let Some(text) = self.cell(record, column) else { return Ok(Cell::Text(None)) };
        let wrong = || format!("{column} \"{text}\" is no date (AAAA-MM-JJ)");
        let iso = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date: Date = if iso { text.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
        Ok(Cell::Text(Some(date.to_string())))
    }
}

/// An identifier without the spaces people put in, in upper case.
fn tidy(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\0').flat_map(char::to_uppercase).collect()
}

/// What looks like an identifier in a line that could not be read: looking it up must not answer
/// "not found".
pub(super) fn identifiers_in(record: &StringRecord) -> Vec<String> {
    let words = record.iter().flat_map(|cell| std::iter::once(cell).chain(cell.split_whitespace())).map(tidy);
    let looks = |word: &String| {
        (9..=14).contains(&word.len())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && word.chars().filter(char::is_ascii_digit).count() >= 8
    };
    words.filter(looks).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(feed: Feed, header: &str, line: &str) -> Result<Row, String> {
        let split = |text: &str| text.split(';').collect::<StringRecord>();
        Header::read(feed, &split(header)).unwrap().row(&split(line), &Classes::built_in().unwrap())
    }

    #[test]
    fn columns_stand_in_any_order_and_unknown_ones_are_ignored() {
        let header = "\u{feff}Valid_Until;color;number;type;last_name;first_name;holder_id;structure;valid_from;opposed_on";
        let read =
            row(Feed::Cards, header, "2028-09-07;red;29 0035 1819;CDE;Breton;Henri;;310908306;2026-05-01;");
        let read = read.unwrap();
        assert_eq!(read.cells[0], Cell::Text(Some("2900351819".into())));
        assert_eq!(read.cells[7], Cell::Text(Some("2028-09-07".into())));
        assert_eq!(read.cells[8], Cell::Text(None));
        assert!(!read.flagged);
    }

    #[test]
    fn a_missing_column_is_named() {
        let header: StringRecord = "structure;last_name;first_name;card;valid_from".split(';').collect();
        assert_eq!(Header::read(Feed::Mandates, &header).unwrap_err(), ["valid_until"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_says_why() {
        let header = Feed::Mandates.columns().join(";");
        let why = |line: &str| row(Feed::Mandates, &header, line).unwrap_err();
        assert_eq!(
            why("330055203;Arnaud;Marthe;2800822542;26/01/2026;"),
            "valid_from \"26/01/2026\" is no date (AAAA-MM-JJ)"
        );
        assert_eq!(
            why("330055203;Arnaud;Marthe;2800822542;2026-02-30;"),
            "valid_from \"2026-02-30\" is no date (AAAA-MM-JJ)"
        );
        assert_eq!(why("330055203;Arnaud"), "2 fields where the header has 6");
        assert_eq!(why(";Arnaud;Marthe;;;"), "no structure");
    }

    #[test]
    fn a_bad_check_digit_is_stored_and_flagged() {
        let header = Feed::Structures.columns().join(";");
        let of = |finess: &str| {
            row(Feed::Structures, &header, &format!("{finess};EJ;;;;Centre;other;;;open")).unwrap().flagged
        };
        assert!(!of("310908306"));
        assert!(!of("2A0139093"));
        assert!(of("310908307"));
    }

    #[test]
    fn identifiers_of_a_bad_line_are_remembered() {
        let record: StringRecord =
            ["2900351819", "CDE", "Breton", "", "31 090 8306", "26/01/2026"].into_iter().collect();
        assert_eq!(identifiers_in(&record), ["2900351819", "310908306"]);
    }
}
