//! A line of a feed on its way into its table, and the thread that reads it.

use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use crate::domain::policy::Profile;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::Sender;

/// Stands between the cells of a packed row; no cell holds it (ASCII "unit separator").
pub(in crate::registry) const BETWEEN: char = '\u{1f}';

/// A row as it goes into [`Table::columns`], packed: millions of them pass through memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::registry) struct Row {
    pub(in crate::registry) line: u64,
    /// Of the cells: a row with the same hash says the same.
    pub(in crate::registry) hash: i64,
    /// An empty cell is no value.
    pub(in crate::registry) cells: String,
    /// Stored, and worth a look: an identifier that breaks its format.
    pub(in crate::registry) flagged: bool,
}

impl Row {
    pub(in crate::registry) fn new(line: u64, flagged: bool, cells: &[Option<Cow<'_, str>>]) -> Self {
        let length = cells.iter().flatten().map(|cell| cell.len()).sum::<usize>() + cells.len();
        let mut packed = String::with_capacity(length);
        for (n, cell) in cells.iter().enumerate() {
            if n > 0 {
                packed.push(BETWEEN);
            }
            match cell {
                // PostgreSQL refuses U+0000
                Some(text) if text.contains(['\0', BETWEEN]) => {
                    packed.extend(text.chars().filter(|c| !matches!(*c, '\0' | BETWEEN)));
                }
                Some(text) => packed.push_str(text),
                None => {}
            }
        }
        let digest = Sha256::digest(packed.as_bytes());
        let hash = digest.iter().take(8).fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte));
        Self { line, hash, cells: packed, flagged }
    }

    pub(in crate::registry) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.split(BETWEEN)
    }

    /// A structure. Identifiers that break their format are official data all the same.
    pub(in crate::registry) fn structure(line: u64, one: &StructureCells<'_>) -> Self {
        let flagged = one.finess.as_deref().is_some_and(|text| Finess::parse(text, Profile::Test).is_err())
            || one.siret.as_deref().is_some_and(|text| Siret::parse(text).is_err())
            || one.rangs.iter().any(|text| RppsRang::parse(text).is_err());
        let cells = [
            one.finess.clone(),
            one.level.map(Cow::Borrowed),
            one.finess_ej.clone(),
            one.siret.clone(),
            Some(Cow::Owned(one.rangs.join(" "))),
            one.name.clone(),
            one.class.map(Cow::Borrowed),
            one.category.clone(),
            one.legal_status.clone(),
            one.main_site.clone(),
            Some(Cow::Borrowed(yes_or_no(one.closed))),
            one.closed_on.clone(),
            Some(Cow::Borrowed(yes_or_no(flagged))),
        ];
        Self::new(line, flagged, &cells)
    }

    pub(in crate::registry) fn card(line: u64, one: CardCells<'_>) -> Self {
        let digits = one.number.len() == 10 && one.number.bytes().all(|byte| byte.is_ascii_digit());
        let flagged = one.untyped || !digits || CardNumber::parse(&one.number).is_err();
        let [valid_from, valid_until, opposed_on] = one.days;
        let cells = [
            Some(one.number),
            one.kind.map(Cow::Borrowed),
            one.last_name,
            one.first_name,
            one.holder_id,
            one.structure,
            valid_from,
            valid_until,
            opposed_on,
            Some(Cow::Borrowed(yes_or_no(flagged))),
        ];
        Self::new(line, flagged, &cells)
    }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "1" } else { "0" }
}

/// What a source says of a structure.
#[derive(Debug, Default)]
pub(in crate::registry) struct StructureCells<'a> {
    pub(in crate::registry) finess: Option<Cow<'a, str>>,
    /// `EJ` or `EG`.
    pub(in crate::registry) level: Option<&'static str>,
    pub(in crate::registry) finess_ej: Option<Cow<'a, str>>,
    pub(in crate::registry) siret: Option<Cow<'a, str>>,
    pub(in crate::registry) rangs: Vec<Cow<'a, str>>,
    pub(in crate::registry) name: Option<Cow<'a, str>>,
    pub(in crate::registry) class: Option<&'static str>,
    pub(in crate::registry) category: Option<Cow<'a, str>>,
    pub(in crate::registry) legal_status: Option<Cow<'a, str>>,
    pub(in crate::registry) main_site: Option<Cow<'a, str>>,
    pub(in crate::registry) closed: bool,
    pub(in crate::registry) closed_on: Option<Cow<'a, str>>,
}

/// What a source says of a card.
#[derive(Debug)]
pub(in crate::registry) struct CardCells<'a> {
    pub(in crate::registry) number: Cow<'a, str>,
    pub(in crate::registry) kind: Option<&'static str>,
    /// There is a type, and it is none that we know.
    pub(in crate::registry) untyped: bool,
    pub(in crate::registry) last_name: Option<Cow<'a, str>>,
    pub(in crate::registry) first_name: Option<Cow<'a, str>>,
    pub(in crate::registry) holder_id: Option<Cow<'a, str>>,
    pub(in crate::registry) structure: Option<Cow<'a, str>>,
    /// From, until, opposed on.
    pub(in crate::registry) days: [Option<Cow<'a, str>>; 3],
}

/// A line that has no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::registry) struct Bad {
    pub(in crate::registry) line: u64,
    /// Lines of the file that it takes with it: a quote that never closes takes many.
    pub(in crate::registry) lines: u64,
    pub(in crate::registry) because: String,
    /// What looks like an identifier in it.
    pub(in crate::registry) identifiers: Vec<String>,
}

/// What the reading thread hands over at a time.
#[derive(Debug, Default)]
pub(in crate::registry) struct Chunk {
    pub(in crate::registry) rows: Vec<Row>,
    pub(in crate::registry) bad: Vec<Bad>,
}

/// Why a file ends before its end.
#[derive(Debug)]
pub(in crate::registry) enum Trouble {
    /// It cannot be read, is of another kind, or was cut off.
    File(super::Wrong),
    /// Nobody listens any more, or there is too much wrong with it.
    Stopped,
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::File(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => super::Wrong::Truncated(error.to_string()),
            _ => super::Wrong::Unreadable(error.to_string()),
        })
    }
}

/// Rows of one transfer between the threads.
const ROWS_A_CHUNK: usize = 1_000;
/// A file with more unreadable lines than that is not looked at to its end: 0.1 % of the largest feed
/// (2.5 million cards) is a quarter of it.
const MOST_BAD_ROWS: usize = 10_000;

/// Where a reading thread puts what it reads.
#[derive(Debug)]
pub(in crate::registry) struct Out {
    chunk: Chunk,
    bad: usize,
    to: Sender<Chunk>,
}

impl Out {
    pub(in crate::registry) fn new(to: Sender<Chunk>) -> Self {
        Self { chunk: Chunk::default(), bad: 0, to }
    }

    pub(in crate::registry) fn row(&mut self, row: Row) -> Result<(), Trouble> {
        self.chunk.rows.push(row);
        if self.chunk.rows.len() >= ROWS_A_CHUNK { self.flush() } else { Ok(()) }
    }

    pub(in crate::registry) fn bad(&mut self, bad: Bad) -> Result<(), Trouble> {
        self.bad += 1;
        self.chunk.bad.push(bad);
        if self.bad > MOST_BAD_ROWS {
            self.flush()?;
            return Err(Trouble::Stopped);
        }
        if self.chunk.bad.len() >= ROWS_A_CHUNK { self.flush() } else { Ok(()) }
    }

    pub(in crate::registry) fn flush(&mut self) -> Result<(), Trouble> {
        self.to.blocking_send(std::mem::take(&mut self.chunk)).map_err(|_| Trouble::Stopped)
    }
}

/// Counts the bytes that pass.
pub(in crate::registry) struct Counted<R> {
    pub(in crate::registry) inner: R,
    pub(in crate::registry) done: Arc<AtomicU64>,
}

impl<R: std::io::Read> std::io::Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.done.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// An identifier without the spaces people put in, in upper case.
pub(in crate::registry) fn tidy(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '\0')
        .flat_map(char::to_uppercase)
        .collect::<String>()
        .into()
}

/// What looks like an identifier in a line that could not be read: looking it up must not answer
/// "not found".
pub(in crate::registry) fn identifiers_in<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let words = cells.flat_map(|cell| std::iter::once(cell).chain(cell.split_whitespace())).map(tidy);
    let looks = |word: &Cow<'_, str>| {
        (9..=14).contains(&word.len())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && word.chars().filter(char::is_ascii_digit).count() >= 8
    };
    words.filter(looks).map(Cow::into_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

/// An ISO day, checked, as text: as text it sorts as the days do.
pub(in crate::registry) fn iso_day(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let dashes = bytes.len() == 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let day = dashes.then(|| day(text.get(..4)?, text.get(5..7)?, text.get(8..)?)).flatten();
    day.map(|_| Cow::Borrowed(text))
}

/// A day as public files write it: AAAAMMJJ, AAAA-MM-JJ or JJ/MM/AAAA; nothing else.
pub(in crate::registry) fn public_day(text: &str) -> Option<Cow<'_, str>> {
    if text.len() == 8 {
        let day = day(text.get(..4)?, text.get(4..6)?, text.get(6..)?)?;
        return Some(day.to_string().into());
    }
    if let Some((of_month, rest)) = text.split_once('/') {
        let (month, year) = rest.split_once('/')?;
        let sizes = (of_month.len(), month.len(), year.len()) == (2, 2, 4);
        return sizes.then(|| day(year, month, of_month)).flatten().map(|day| day.to_string().into());
    }
    iso_day(text)
}

fn day(year: &str, month: &str, of_month: &str) -> Option<Date> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let all = digits(year) && digits(month) && digits(of_month);
    all.then(|| Date::new(year.parse().ok()?, month.parse().ok()?, of_month.parse().ok()?).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_three_ways_and_in_no_other() {
        for text in ["20260131", "2026-01-31", "31/01/2026"] {
            assert_eq!(public_day(text).as_deref(), Some("2026-01-31"), "{text}");
        }
        for text in
            ["2026-02-30", "20261301", "1/1/2026", "31-01-2026", "310126", "2026/01/31", "+2260131", ""]
        {
            assert_eq!(public_day(text), None, "{text}");
        }
        assert_eq!(iso_day("31/01/2026"), None);
    }

    #[test]
    fn identifiers_of_a_bad_line_are_remembered() {
        let line = ["2900351819", "CDE", "Breton", "", "31 090 8306", "26/01/2026"];
        assert_eq!(identifiers_in(line.into_iter()), ["2900351819", "310908306"]);
    }

    #[test]
    fn rows_that_say_the_same_have_the_same_hash_wherever_they_stand() {
        let row =
            |line, cells: [&str; 2]| Row::new(line, false, &cells.map(|cell| Some(Cow::Borrowed(cell))));
        assert_eq!(row(1, ["a", "b"]).hash, row(2, ["a", "b"]).hash);
        assert_ne!(row(1, ["ab", ""]).hash, row(1, ["a", "b"]).hash);
        assert_eq!(row(1, ["a\0\u{1f}", "b"]).cells, "a\u{1f}b");
    }
}
