//! The legacy public FINESS files (`etalab-cs1100502-stock-*.csv`, establishments, and
//! `etalab-cs1100501-stock-*.csv`, legal entities): a first line `finess;etalab;N;DATE`, no header,
//! `;`, UTF-8 or Latin-1. They hold what is open.

use super::Wrong;
use super::encoding::Encoding;
use super::row::{Bad, Out, Row, StructureCells, Trouble, identifiers_in, tidy};
use csv::{ByteRecord, ReaderBuilder};
use std::borrow::Cow;
use std::io::{BufReader, Read};

/// What each line begins with.
const ESTABLISHMENT: &str = "structureet";
const LEGAL_ENTITY: &str = "structureej";
/// Fields of an establishment's line up to its opening date.
const LEAST: usize = 23;
/// Of a legal entity's line, the fields of its name and address; its legal status comes behind them.
const ADDRESS: usize = 14;

/// Reads the file; see `own::read`.
pub(super) fn read(file: impl Read, encoding: Encoding, whole: bool, out: &mut Out) -> Result<(), Trouble> {
    let mut reader = ReaderBuilder::new()
        .delimiter(b';')
        .quoting(false)
        .has_headers(false)
        .flexible(true)
        .from_reader(BufReader::with_capacity(1 << 16, file));
    let mut record = ByteRecord::new();
    let mut first = true;
    let mut short = false;
    while reader.read_byte_record(&mut record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Trouble::from(error),
        other => Trouble::File(Wrong::Unreadable(format!("{other:?}"))),
    })? {
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Option<Vec<_>> = record.iter().map(|cell| encoding.text(cell)).collect();
        if std::mem::take(&mut first) && announces(cells.as_deref().unwrap_or_default())? {
            continue;
        }
        short = record.len() < ADDRESS;
        let row = cells.as_deref().ok_or("not UTF-8".to_owned()).and_then(|cells| row(line, cells));
        match row {
            Ok(row) => out.row(row)?,
            Err(because) => {
                let cells = cells.unwrap_or_default();
                let identifiers = identifiers_in(cells.iter().map(AsRef::as_ref));
                out.bad(Bad { line, lines: 1, because, identifiers })?;
            }
        }
    }
    if short && !whole {
        return Err(Trouble::File(Wrong::Truncated("its last line is cut off".to_owned())));
    }
    out.flush()
}

/// Whether the first line announces the file, and is no row of it.
fn announces(cells: &[Cow<'_, str>]) -> Result<bool, Trouble> {
    let word = cells.first().map_or("", |word| word.trim_start_matches('\u{feff}').trim());
    match word {
        "finess" if cells.get(1).is_some_and(|second| second.trim() == "etalab") => Ok(true),
        ESTABLISHMENT | LEGAL_ENTITY => Ok(false),
        _ => {
            let why = "it is neither a FINESS file of data.gouv.fr (finess;etalab;…) nor its JSON";
            Err(Trouble::File(Wrong::Unknown(why.to_owned())))
        }
    }
}

fn row(line: u64, cells: &[Cow<'_, str>]) -> Result<Row, String> {
    let at = |n: usize| cells.get(n).map(|cell| cell.trim()).filter(|text| !text.is_empty());
    let finess = Some(tidy(at(1).ok_or("no FINESS number")?));
    let name = at(3).or(at(2)).map(Cow::Borrowed);
    match at(0) {
        Some(ESTABLISHMENT) if cells.len() < LEAST => {
            Err(format!("{} fields where an establishment has at least {LEAST}", cells.len()))
        }
        Some(ESTABLISHMENT) => Ok(Row::structure(
            line,
            &StructureCells {
                finess,
                level: Some("EG"),
                finess_ej: at(2).map(tidy),
                name: at(4).or(at(3)).map(Cow::Borrowed),
                category: at(18).map(tidy),
                siret: at(22).map(tidy),
                ..StructureCells::default()
            },
        )),
        Some(LEGAL_ENTITY) => Ok(Row::structure(
            line,
            &StructureCells {
                finess,
                level: Some("EJ"),
                name,
                legal_status: legal_status(cells).map(Cow::Borrowed),
                ..StructureCells::default()
            },
        )),
        Some(_) | None => Err(format!("it begins with neither {ESTABLISHMENT} nor {LEGAL_ENTITY}")),
    }
}

/// The two digits of the legal status, known by the words behind them: the columns of this file moved
/// more than once.
fn legal_status<'a>(cells: &'a [Cow<'_, str>]) -> Option<&'a str> {
    let behind = cells.get(ADDRESS..)?;
    behind.windows(2).find_map(|pair| match pair {
        [code, label] => {
            let code = code.trim();
            let two_digits = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
            (two_digits && label.chars().any(char::is_alphabetic)).then_some(code)
        }
        _ => None,
    })
}
