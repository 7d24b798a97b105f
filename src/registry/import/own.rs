//! The four files of `registry.md`: CSV, `;`, UTF-8, columns by name in any order, ISO dates.

use super::super::feed::Feed;
use super::Wrong;
use super::row::{Bad, CardCells, Out, Row, StructureCells, Trouble, identifiers_in, iso_day, tidy};
use crate::domain::facts::Class;
use crate::domain::policy::CardType;
use csv::{ReaderBuilder, StringRecord, Trim};
use std::borrow::Cow;
use std::io::{BufReader, Read};

/// The columns that must be there, in any order.
fn columns(feed: Feed) -> &'static [&'static str] {
    match feed {
        Feed::Structures => &[
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
        Feed::Contracts => &[
            "number",
            "structure",
            "signed_on",
            "valid_from",
            "valid_until",
            "status",
            "representative_last_name",
            "representative_first_name",
        ],
        Feed::Cards => &[
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
        Feed::Mandates => &["structure", "last_name", "first_name", "card", "valid_from", "valid_until"],
        Feed::Finess | Feed::Holders => &[],
    }
}

/// Columns that are used where they are there; others are ignored.
fn optional(feed: Feed) -> &'static [&'static str] {
    match feed {
        Feed::Structures => &["legal_status", "closed_on"],
        Feed::Contracts | Feed::Cards | Feed::Mandates | Feed::Finess | Feed::Holders => &[],
    }
}

/// Reads a file. What is wrong with a line is told, and the next is read.
pub(super) fn read(feed: Feed, file: impl Read, whole: bool, out: &mut Out) -> Result<(), Trouble> {
    // the header is read as a record: a file that is not UTF-8 shows there or line by line
    let mut reader = ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(BufReader::with_capacity(1 << 16, file));
    let mut record = StringRecord::new();
    let header = match reader.read_record(&mut record) {
        Ok(_) => Header::read(feed, &record)?,
        Err(error) => return Err(Trouble::File(Wrong::Unreadable(error.to_string()))),
    };
    let mut short = false;
    loop {
        let starts = reader.position().line();
        let row = match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                short = record.len() < header.width;
                let line = record.position().map_or(starts, csv::Position::line);
                header.row(line, &record)
            }
            Err(error) => {
                if let csv::ErrorKind::Io(error) = error.into_kind() {
                    return Err(error.into());
                }
                record.clear();
                Err("not UTF-8".to_owned())
            }
        };
        match row {
            Ok(row) => out.row(row)?,
            Err(because) => {
                let line = record.position().map_or(starts, csv::Position::line);
                let lines = reader.position().line().saturating_sub(line).max(1);
                out.bad(Bad { line, lines, because, identifiers: identifiers_in(record.iter()) })?;
            }
        }
    }
    if short && !whole {
        return Err(Trouble::File(Wrong::Truncated("its last line is cut off".to_owned())));
    }
    out.flush()
}

/// Where a file's columns stand.
#[derive(Debug)]
struct Header {
    feed: Feed,
    width: usize,
    /// Of `columns`, then of `optional`.
    at: Vec<Option<usize>>,
}

impl Header {
    fn read(feed: Feed, row: &StringRecord) -> Result<Self, Trouble> {
        let names: Vec<_> =
            row.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
        let at = |column: &&str| names.iter().position(|name| name == column);
        let lacking: Vec<_> = columns(feed).iter().filter(|column| at(column).is_none()).copied().collect();
        if !lacking.is_empty() {
            return Err(Trouble::File(Wrong::Columns(lacking)));
        }
        let at = columns(feed).iter().chain(optional(feed)).map(at).collect();
        Ok(Self { feed, width: names.len(), at })
    }

    /// The cells in the order of `columns` and `optional`, trimmed; `None` where one is empty.
    fn cells<'r, const N: usize>(&self, record: &'r StringRecord) -> [Option<&'r str>; N] {
        std::array::from_fn(|n| {
            let at = self.at.get(n).copied().flatten()?;
            record.get(at).map(str::trim).filter(|text| !text.is_empty())
        })
    }

    /// A line's row, or why it has none.
    fn row(&self, line: u64, record: &StringRecord) -> Result<Row, String> {
        if record.len() != self.width {
            return Err(format!("{} fields where the header has {}", record.len(), self.width));
        }
        match self.feed {
            Feed::Structures => structure(line, self.cells(record)),
            Feed::Contracts => contract(line, self.cells(record)),
            Feed::Cards => card(line, self.cells(record)),
            Feed::Mandates => mandate(line, self.cells(record)),
            Feed::Finess | Feed::Holders => Err("no row of these files".to_owned()),
        }
    }
}

fn structure(line: u64, cells: [Option<&str>; 12]) -> Result<Row, String> {
    let [finess, level, finess_ej, siret, rangs, name, class, category, main_site, status, legal, closed_on] =
        cells;
    let level = match (level, finess) {
        (Some(text), _) if text.eq_ignore_ascii_case("EJ") => Some("EJ"),
        (Some(text), _) if text.eq_ignore_ascii_case("EG") => Some("EG"),
        (Some(other), _) => return Err(format!("finess_type \"{other}\" is neither EJ nor EG")),
        (None, Some(_)) => return Err("finess without finess_type".to_owned()),
        (None, None) => None,
    };
    let rangs: Vec<_> = rangs.into_iter().flat_map(str::split_whitespace).map(tidy).collect();
    if finess.is_none() && siret.is_none() && rangs.is_empty() {
        return Err("no finess, no siret, no rpps_rang".to_owned());
    }
    let class = match class {
        Some(word) => Some(Class::parse(word).ok_or_else(|| format!("unknown class \"{word}\""))?.as_str()),
        None => None,
    };
    let closed = match status {
        Some("open") => false,
        Some("closed") => true,
        Some(other) => return Err(format!("status \"{other}\" is neither open nor closed")),
        None => return Err("no status".to_owned()),
    };
    Ok(Row::structure(
        line,
        &StructureCells {
            finess: finess.map(tidy),
            level,
            finess_ej: finess_ej.map(tidy),
            siret: siret.map(tidy),
            rangs,
            name: name.map(Cow::Borrowed),
            class,
            category: category.map(tidy),
            legal_status: legal.map(tidy),
            main_site: main_site.map(tidy),
            closed,
            closed_on: date("closed_on", closed_on)?.filter(|_| closed),
        },
    ))
}

fn contract(line: u64, cells: [Option<&str>; 8]) -> Result<Row, String> {
    let [number, structure, signed_on, valid_from, valid_until, status, last_name, first_name] = cells;
    let status = status.unwrap_or_default();
    if !["active", "suspended", "terminated"].contains(&status) {
        return Err(format!("status \"{status}\" is none of active, suspended, terminated"));
    }
    let cells = [
        Some(tidy(structure.ok_or("no structure")?)),
        Some(Cow::Borrowed(number.ok_or("no number")?)),
        date("signed_on", signed_on)?,
        date("valid_from", valid_from)?,
        date("valid_until", valid_until)?,
        Some(Cow::Borrowed(status)),
        last_name.map(Cow::Borrowed),
        first_name.map(Cow::Borrowed),
    ];
    Ok(Row::new(line, false, &cells))
}

fn card(line: u64, cells: [Option<&str>; 9]) -> Result<Row, String> {
    let [number, kind, last_name, first_name, holder_id, structure, valid_from, valid_until, opposed_on] =
        cells;
    let kind = match kind {
        None => None,
        Some(word) => {
            Some(CardType::parse(word).ok_or_else(|| format!("unknown card type \"{word}\""))?.as_str())
        }
    };
    Ok(Row::card(
        line,
        CardCells {
            number: tidy(number.ok_or("no number")?),
            kind,
            untyped: false,
            last_name: last_name.map(Cow::Borrowed),
            first_name: first_name.map(Cow::Borrowed),
            holder_id: holder_id.map(tidy),
            structure: structure.map(tidy),
            days: [
                date("valid_from", valid_from)?,
                date("valid_until", valid_until)?,
                date("opposed_on", opposed_on)?,
            ],
        },
    ))
}

fn mandate(line: u64, cells: [Option<&str>; 6]) -> Result<Row, String> {
    let [structure, last_name, first_name, card, valid_from, valid_until] = cells;
    let cells = [
        Some(tidy(structure.ok_or("no structure")?)),
        Some(Cow::Borrowed(last_name.ok_or("no last_name")?)),
        first_name.map(Cow::Borrowed),
        card.map(tidy),
        date("valid_from", valid_from)?,
        date("valid_until", valid_until)?,
    ];
    Ok(Row::new(line, false, &cells))
}

fn date<'r>(column: &str, text: Option<&'r str>) -> Result<Option<Cow<'r, str>>, String> {
    let Some(text) = text else { return Ok(None) };
    iso_day(text).map(Some).ok_or_else(|| format!("{column} \"{text}\" is no date (AAAA-MM-JJ)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(feed: Feed, header: &str, line: &str) -> Result<Row, String> {
        let split = |text: &str| text.split(';').collect::<StringRecord>();
        let Ok(header) = Header::read(feed, &split(header)) else { panic!("a header") };
        header.row(2, &split(line))
    }

    #[test]
    fn columns_stand_in_any_order_and_unknown_ones_are_ignored() {
        let header = "\u{feff}Valid_Until;color;number;type;last_name;first_name;holder_id;structure;valid_from;opposed_on";
        let read =
            row(Feed::Cards, header, "2028-09-07;red;29 0035 1819;CDE;Breton;Henri;;310908306;2026-05-01;");
        let read = read.unwrap();
        let cells: Vec<_> = read.cells().collect();
        assert_eq!((cells[0], cells[7], cells[8]), ("2900351819", "2028-09-07", ""));
        assert!(!read.flagged);
    }

    #[test]
    fn a_missing_column_is_named() {
        let header: StringRecord = "structure;last_name;first_name;card;valid_from".split(';').collect();
        let Err(Trouble::File(Wrong::Columns(lacking))) = Header::read(Feed::Mandates, &header) else {
            panic!("refused")
        };
        assert_eq!(lacking, ["valid_until"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_says_why() {
        let header = columns(Feed::Mandates).join(";");
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
        let header = columns(Feed::Structures).join(";");
        let of = |finess: &str| {
            row(Feed::Structures, &header, &format!("{finess};EJ;;;;Centre;other;;;open")).unwrap().flagged
        };
        assert!(!of("310908306"));
        assert!(!of("2A0139093"));
        assert!(of("310908307"));
    }
}
