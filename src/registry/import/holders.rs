//! The public file of the holders of CPS and CPF cards ("Annuaire Santé – porteurs de cartes
//! CPS/CPF"): `|`, no quotes, a header, columns by name, UTF-8 or Latin-1, dates in three ways.

use super::Wrong;
use super::encoding::Encoding;
use super::row::{Bad, CardCells, Out, Row, Trouble, identifiers_in, public_day, tidy};
use crate::database::fold;
use crate::domain::policy::CardType;
use csv::{ByteRecord, ReaderBuilder};
use std::borrow::Cow;
use std::io::{BufReader, Read};

/// The columns that are used, by their names.
const COLUMNS: [&str; 9] = [
    "Numéro carte",
    "Code type de carte",
    "Libellé type de carte",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Identifiant PP",
    "Date début validité",
    "Date fin validité",
    "Date opposition",
];

/// Reads the file; see `own::read`.
pub(super) fn read(file: impl Read, encoding: Encoding, whole: bool, out: &mut Out) -> Result<(), Trouble> {
    let mut reader = ReaderBuilder::new()
        .delimiter(b'|')
        .quoting(false)
        .has_headers(false)
        .flexible(true)
        .from_reader(BufReader::with_capacity(1 << 16, file));
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        reader.read_byte_record(record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => Trouble::from(error),
            other => Trouble::File(Wrong::Unreadable(format!("{other:?}"))),
        })
    };
    next(&mut record)?;
    let header = Header::read(&record, encoding)?;
    let mut short = false;
    let mut ordinal = 1;
    while next(&mut record)? {
        ordinal += 1;
        let line = record.position().map_or(ordinal, csv::Position::line);
        short = record.len() < header.least;
        match header.row(line, &record, encoding) {
            Ok(row) => out.row(row)?,
            Err(because) => {
                let cells: Vec<_> = record.iter().filter_map(|cell| encoding.text(cell)).collect();
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

struct Header {
    at: [usize; COLUMNS.len()],
    /// Fields that a line has at least. Published lines end in `|`, or do not.
    least: usize,
}

impl Header {
    fn read(row: &ByteRecord, encoding: Encoding) -> Result<Self, Trouble> {
        let name = |cell| {
            let text = encoding.text(cell).unwrap_or_default();
            fold(text.trim_start_matches('\u{feff}'))
        };
        let names: Vec<_> = row.iter().map(name).collect();
        let at = COLUMNS.map(|column| names.iter().position(|name| *name == fold(column)));
        let lacking: Vec<_> =
            COLUMNS.into_iter().zip(at).filter(|(_, at)| at.is_none()).map(|(column, _)| column).collect();
        if lacking.len() == COLUMNS.len() {
            let why = "it is not the file of the holders of CPS and CPF cards (a header, columns between |)";
            return Err(Trouble::File(Wrong::Unknown(why.to_owned())));
        }
        if !lacking.is_empty() {
            return Err(Trouble::File(Wrong::Columns(lacking)));
        }
        let last_is_empty = names.last().is_some_and(String::is_empty);
        Ok(Self { at: at.map(Option::unwrap_or_default), least: names.len() - usize::from(last_is_empty) })
    }

    fn row(&self, line: u64, record: &ByteRecord, encoding: Encoding) -> Result<Row, String> {
        if !(self.least..=self.least + 1).contains(&record.len()) {
            return Err(format!("{} fields where the header has {}", record.len(), self.least));
        }
        let mut cells: [Option<Cow<'_, str>>; COLUMNS.len()] = Default::default();
        for (cell, at) in cells.iter_mut().zip(self.at) {
            let text = encoding.text(record.get(at).unwrap_or_default()).ok_or("not UTF-8")?;
            *cell = trimmed(text);
        }
        let [number, code, label, last_name, first_name, holder, from, until, opposed] = cells;
        let number = number.ok_or("no card number")?;
        let kind = kind(code.as_deref(), label.as_deref());
        Ok(Row::card(
            line,
            CardCells {
                number: Cow::Owned(tidy(&number).into_owned()),
                kind: kind.map(CardType::as_str),
                untyped: kind.is_none(),
                last_name,
                first_name,
                holder_id: holder,
                structure: None,
                days: [
                    day("Date début validité", from)?,
                    day("Date fin validité", until)?,
                    day("Date opposition", opposed)?,
                ],
            },
        ))
    }
}

fn trimmed(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    match text.trim() {
        "" => None,
        same if same.len() == text.len() => Some(text),
        shorter => Some(Cow::Owned(shorter.to_owned())),
    }
}

/// The type, by its code or by its name: the code is the type's letters in some years' files and a
/// number in others'.
fn kind(code: Option<&str>, label: Option<&str>) -> Option<CardType> {
    if let Some(known) = code.and_then(CardType::parse).or_else(|| label.and_then(CardType::parse)) {
        return Some(known);
    }
    let label = fold(label?);
    if label.contains("formation") || label.contains("cpf") {
        Some(CardType::Cpf)
    } else if label.contains("professionnel") || label.contains("cps") {
        Some(CardType::Cps)
    } else {
        None
    }
}

fn day<'a>(column: &str, text: Option<Cow<'a, str>>) -> Result<Option<Cow<'a, str>>, String> {
    let Some(text) = text else { return Ok(None) };
    match public_day(&text) {
        Some(day) => Ok(Some(Cow::Owned(day.into_owned()))),
        None => Err(format!("{column} \"{text}\" is no date (AAAAMMJJ, AAAA-MM-JJ or JJ/MM/AAAA)")),
    }
}
