//! Loading the four files of `registry.md` as a new snapshot: all or nothing.

use super::feed::{Feed, Header};
use super::load::{self, Loading};
use super::{Classes, Registry, changes};
use crate::fault::Fault;
use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::Timestamp;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How strict an import is.
#[derive(Debug, Clone)]
pub struct Options {
    /// Take the files although a feed shrank by more than `max_shrink`.
    pub force: bool,
    /// Share of a feed that may be gone since the current snapshot, 0 to 1.
    pub max_shrink: f64,
    /// Share of a file's lines that may be unreadable, 0 to 1.
    pub max_bad_rows: f64,
    /// Snapshots whose rows are kept, the new one included. At least 1.
    pub keep: u32,
    pub classes: Classes,
}

impl Options {
    /// The defaults of `registry.md`, with the table of classes that comes with the program.
    pub fn new() -> Result<Self, Fault> {
        Ok(Self {
            force: false,
            max_shrink: 0.20,
            max_bad_rows: 0.001,
            keep: 2,
            classes: Classes::built_in()?,
        })
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub feed: Feed,
    /// Bytes read of this file.
    pub done: u64,
    /// Bytes of this file.
    pub total: u64,
}

/// A snapshot that is now current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub snapshot: i64,
    /// The snapshot before, if any.
    pub before: Option<i64>,
    pub feeds: Vec<FeedReport>,
    /// Lines that could not be read, within the limit.
    pub bad_rows: Vec<BadRow>,
}

/// What one file held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedReport {
    pub feed: Feed,
    pub rows: u64,
    /// Rows stored although an identifier breaks its format.
    pub flagged: u64,
    /// `None` at the first import.
    pub changes: Option<Changes>,
}

/// A feed against the snapshot before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    pub added: u64,
    pub removed: u64,
    /// Structures that were open.
    pub closed: u64,
    /// Cards that had no opposition.
    pub opposed: u64,
    /// Contracts, cards and mandates whose end came between the two imports, or that are no
    /// longer active.
    pub ended: u64,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub feed: Feed,
    /// From 1, the header being line 1.
    pub line: u64,
    pub because: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.feed.file(), self.line, self.because)
    }
}

/// Why files were not taken. The current snapshot stays.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    FileMissing { feed: Feed, because: String },
    ColumnsMissing { feed: Feed, columns: Vec<&'static str> },
    BadRows { feed: Feed, bad: u64, rows: u64 },
    Shrunk { feed: Feed, before: u64, after: u64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileMissing { feed, because } => write!(f, "{} cannot be read: {because}", feed.file()),
            Self::ColumnsMissing { feed, columns } => {
                write!(f, "{} lacks the columns {}", feed.file(), columns.join(", "))
            }
            Self::BadRows { feed, bad, rows } => {
                write!(f, "{}: {bad} of {rows} lines cannot be read", feed.file())
            }
            Self::Shrunk { feed, before, after } => {
                write!(
                    f,
                    "{} shrank from {before} to {after} rows; --force takes it all the same",
                    feed.file()
                )
            }
        }
    }
}

/// An import that changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// The files are not good enough: every reason, and every line that could not be read.
    #[error("refused: {}", .refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused { refusals: Vec<Refusal>, bad_rows: Vec<BadRow> },
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What became of one file.
struct Read {
    feed: Feed,
    rows: u64,
    flagged: u64,
    bad: Vec<BadRow>,
    /// Lines swallowed by the bad rows: a quote that never closes takes many with it.
    bad_lines: u64,
    refusal: Option<Refusal>,
}

impl Registry {
    /// Loads `structures.csv`, `contracts.csv`, `cards.csv` and `mandates.csv` of a folder beside
    /// the current snapshot, checks them, and makes them current in one transaction. Files are
    /// streamed; readers and the daemon's own writes go on meanwhile. When refused, the current
    /// snapshot stays and every reason is given.
    pub async fn import_dir(
        &self,
        dir: &Path,
        options: &Options,
        now: Timestamp,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Imported, NotImported> {
        let before = self.current().await?;
        let loading = Loading::begin(&self.database, &dir.display().to_string(), now).await?;
        let mut read = Vec::with_capacity(Feed::ALL.len());
        for feed in Feed::ALL {
            match read_file(&loading, feed, dir, options, &mut progress).await {
                Ok(file) => read.push(file),
                Err(fault) => {
                    loading.abandon().await?;
                    return Err(fault.into());
                }
            }
        }
        let shrunk = read.iter().filter_map(|file| shrunk(file, before.as_ref(), options));
        let refusals: Vec<_> = read.iter().filter_map(|file| file.refusal.clone()).chain(shrunk).collect();
        let bad_rows: Vec<_> = read.iter().flat_map(|file| file.bad.iter().cloned()).collect();
        if !refusals.is_empty() {
            loading.abandon().await?;
            return Err(NotImported::Refused { refusals, bad_rows });
        }
        let mut feeds = Vec::with_capacity(read.len());
        for file in &read {
            let changes = match &before {
                Some(before) => {
                    Some(changes::between(&self.database, before, loading.id(), file.feed, now).await?)
                }
                None => None,
            };
            feeds.push(FeedReport { feed: file.feed, rows: file.rows, flagged: file.flagged, changes });
        }
        let counts = |feed| read.iter().find(|file| file.feed == feed).map_or(0, |file| file.rows);
        let bad = read.iter().map(|file| file.bad.len() as u64).sum();
        let snapshot = loading.finish(Feed::ALL.map(counts), bad).await?;
        load::prune(&self.database, options.keep).await?;
        Ok(Imported { snapshot, before: before.map(|before| before.id), feeds, bad_rows })
    }
}

/// A feed that lost more than it may.
fn shrunk(file: &Read, before: Option<&super::Snapshot>, options: &Options) -> Option<Refusal> {
    let before = before.map(|before| match file.feed {
        Feed::Structures => before.structures,
        Feed::Contracts => before.contracts,
        Feed::Cards => before.cards,
        Feed::Mandates => before.mandates,
    })?;
    let fallen = share(before.saturating_sub(file.rows), before) > options.max_shrink;
    (fallen && !options.force && file.refusal.is_none()).then_some(Refusal::Shrunk {
        feed: file.feed,
        before,
        after: file.rows,
    })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows are far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    if part == 0 { 0.0 } else { part as f64 / whole.max(1) as f64 }
}

/// Streams one file into the snapshot. What is wrong with the file is in the result; only the
/// database can fail.
async fn read_file(
    loading: &Loading<'_>,
    feed: Feed,
    dir: &Path,
    options: &Options,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Read, Fault> {
    let mut file = Read { feed, rows: 0, flagged: 0, bad: vec![], bad_lines: 0, refusal: None };
    let opened = File::open(dir.join(feed.file())).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (total, source) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            file.refusal = Some(Refusal::FileMissing { feed, because: error.to_string() });
            return Ok(file);
        }
    };
    // the header is read as a record: a file that is not UTF-8 shows there or line by line
    let mut reader = ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(BufReader::with_capacity(1 << 16, source));
    let mut record = StringRecord::new();
    let header = match reader.read_record(&mut record) {
        Ok(_) => Header::read(feed, &record),
        Err(error) => {
            file.refusal = Some(Refusal::FileMissing { feed, because: error.to_string() });
            return Ok(file);
        }
    };
    let header = match header {
        Ok(header) => header,
        Err(columns) => {
            file.refusal = Some(Refusal::ColumnsMissing { feed, columns });
            return Ok(file);
        }
    };
    let mut batch = loading.batch(feed);
    loop {
        let starts = reader.position().line();
        let row = match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => header.row(&record, &options.classes),
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => {
                file.refusal = Some(Refusal::FileMissing { feed, because: error.to_string() });
                return Ok(file);
            }
            Err(_) => {
                record.clear();
                Err("not UTF-8".to_owned())
            }
        };
        let line = record.position().map_or(starts, csv::Position::line);
        match row {
            Ok(row) => {
                file.rows += 1;
                file.flagged += u64::from(row.flagged);
                batch.row(line, row).await?;
            }
            Err(because) => {
                file.bad_lines += reader.position().line().saturating_sub(line).max(1);
                batch.bad(line, &because, &record).await?;
                file.bad.push(BadRow { feed, line, because });
            }
        }
        if (file.rows + file.bad.len() as u64).is_multiple_of(2_000) {
            progress(Progress { feed, done: reader.position().byte(), total });
        }
        if file.bad.len() > MOST_BAD_ROWS {
            break;
        }
    }
    batch.close().await?;
    progress(Progress { feed, done: total, total });
    let lines = file.rows + file.bad_lines;
    if share(file.bad_lines, lines) > options.max_bad_rows {
        file.refusal = Some(Refusal::BadRows { feed, bad: file.bad_lines, rows: lines });
    }
    Ok(file)
}

/// A file with more unreadable lines than that is not looked at to its end: 0.1 % of the largest
/// feed (2.5 million cards) is a quarter of it.
const MOST_BAD_ROWS: usize = 10_000;
