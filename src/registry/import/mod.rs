//! Loading feeds as a new snapshot: all or nothing.

mod batch;
mod changes;
mod clear;
mod encoding;
mod finess_csv;
mod finess_json;
mod holders;
pub(super) mod load;
mod own;
pub(super) mod row;
mod withdraw;

use super::Registry;
use super::feed::Feed;
use crate::fault::Fault;
use encoding::Encoding;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use load::{LoadedFeed, Loading};
use row::{Chunk, Counted, Out, Trouble};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
pub use withdraw::{NotWithdrawn, Withdrawal};

/// A file to be loaded. Several of one feed (the two of the legacy FINESS) make it together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub feed: Feed,
    pub path: PathBuf,
}

impl Source {
    /// The four files of a folder.
    #[must_use]
    pub fn of_folder(dir: &Path) -> Vec<Self> {
        Feed::OWN.map(|feed| Self { feed, path: dir.join(feed.file()) }).into()
    }
}

/// How strict an import is.
#[derive(Debug, Clone)]
pub struct Options {
    /// Take the files although a feed shrank by more than `max_shrink`.
    pub force: bool,
    /// Share of a feed that may be gone since the current snapshot, 0 to 1.
    pub max_shrink: f64,
    /// Share of a file's lines that may be unreadable, 0 to 1.
    pub max_bad_rows: f64,
    /// Snapshots whose rows are kept, the new one included. At least 2: questions asked of the one
    /// before are answered to their end.
    pub keep: u32,
}

impl Default for Options {
    /// The defaults of `registry.md`.
    fn default() -> Self {
        Self { force: false, max_shrink: 0.20, max_bad_rows: 0.001, keep: 2 }
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

/// What one feed held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedReport {
    pub feed: Feed,
    pub rows: u64,
    /// Rows stored although an identifier breaks its format.
    pub flagged: u64,
    /// `None` where there was nothing before.
    pub changes: Option<Changes>,
}

/// A feed against the snapshot before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    pub added: u64,
    pub removed: u64,
    /// Still there, and saying something else.
    pub changed: u64,
    /// Structures that were open.
    pub closed: u64,
    /// Cards that had no opposition.
    pub opposed: u64,
    /// Contracts, cards and mandates whose end came between the two imports, and contracts that are
    /// no longer active.
    pub ended: u64,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The file's name.
    pub file: String,
    /// From 1, a header being line 1; of JSON, the entity or establishment, counted from 1.
    pub line: u64,
    pub because: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.because)
    }
}

/// What is wrong with a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Not there, not to be opened, broken.
    Unreadable(String),
    /// Another kind of file.
    Unknown(String),
    /// It ends before its end.
    Truncated(String),
    /// These columns are not there.
    Columns(Vec<&'static str>),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Unknown(why) => write!(f, "is not what it should be: {why}"),
            Self::Truncated(why) => write!(f, "is cut off: {why}"),
            Self::Columns(columns) => write!(f, "lacks the columns {}", columns.join(", ")),
        }
    }
}

/// Why files were not taken. The current snapshot stays.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    File { file: String, wrong: Wrong },
    BadRows { file: String, bad: u64, rows: u64 },
    Empty { feed: Feed },
    Shrunk { feed: Feed, before: u64, after: u64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, wrong } => write!(f, "{file} {wrong}"),
            Self::BadRows { file, bad, rows } => write!(f, "{file}: {bad} of {rows} lines cannot be read"),
            Self::Empty { feed } => write!(f, "the {} holds no row", feed.file()),
            Self::Shrunk { feed, before, after } => {
                let file = feed.file();
                write!(f, "{file} shrank from {before} to {after} rows; --force takes it all the same")
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

/// What became of one feed.
#[derive(Debug, Default)]
struct WhatWasRead {
    rows: u64,
    flagged: u64,
    bad: Vec<BadRow>,
    refusals: Vec<Refusal>,
}

impl Registry {
    /// Loads the four files of a folder; see [`Self::import`].
    pub async fn import_dir(
        &self,
        dir: &Path,
        options: &Options,
        now: Timestamp,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Imported, NotImported> {
        self.import(&Source::of_folder(dir), options, now, progress).await
    }

    /// Loads files beside the current snapshot, checks them, and makes them current in one
    /// transaction; feeds of which no file is given stay as they are. Files are streamed; readers and
    /// the daemon's own writes go on meanwhile. When refused, the current snapshot stays and every
    /// reason is given.
    pub async fn import(
        &self,
        sources: &[Source],
        options: &Options,
        now: Timestamp,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Imported, NotImported> {
        let before = self.current().await?;
        let mut loading = Loading::begin(&self.database, &origin(sources), now).await?;
        let first_new = super::feed::Table::ALL.map(|table| loading.first_new(table));
        let mut read: Vec<(Feed, WhatWasRead)> = Vec::new();
        for feed in Feed::ALL {
            let files: Vec<_> = sources.iter().filter(|source| source.feed == feed).collect();
            if files.is_empty() {
                continue;
            }
            let had = before.as_ref().and_then(|before| before.feed(feed)).map(|feed| feed.rows);
            match load_feed(&mut loading, feed, &files, (had, options), &mut progress).await {
                Ok(one) => read.push((feed, one)),
                Err(fault) => {
                    loading.abandon().await?;
                    return Err(fault.into());
                }
            }
        }
        let refusals: Vec<_> = read.iter().flat_map(|(_, one)| one.refusals.iter().cloned()).collect();
        let bad_rows: Vec<_> = read.iter().flat_map(|(_, one)| one.bad.iter().cloned()).collect();
        if !refusals.is_empty() {
            loading.abandon().await?;
            return Err(NotImported::Refused { refusals, bad_rows });
        }
        loading.looked_over().await?;
        let mut feeds = Vec::with_capacity(read.len());
        for (feed, one) in &read {
            let changes = match &before {
                Some(before) => {
                    let after = changes::After { snapshot: loading.id(), first_new, now };
                    Some(changes::between(&self.database, before, &after, *feed).await?)
                }
                None => None,
            };
            feeds.push(FeedReport { feed: *feed, rows: one.rows, flagged: one.flagged, changes });
        }
        let before = before.map(|before| before.id);
        let snapshot = loading.finish(before, now).await?;
        clear::prune(&self.database, options.keep.max(2)).await?;
        self.write_missing_names().await?;
        Ok(Imported { snapshot, before, feeds, bad_rows })
    }
}

/// Where a snapshot comes from: the folder, or the files.
fn origin(sources: &[Source]) -> String {
    let shown = |source: &Source| source.path.display().to_string();
    match sources {
        [first, ..]
            if sources.iter().all(|one| one.path.parent() == first.path.parent()) && sources.len() > 1 =>
        {
            first.path.parent().map_or_else(String::new, |folder| folder.display().to_string())
        }
        _ => sources.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

/// Streams a feed's files into the snapshot. What is wrong with them is in the result; only the
/// database can fail.
async fn load_feed(
    loading: &mut Loading<'_>,
    feed: Feed,
    files: &[&Source],
    (had, options): (Option<u64>, &Options),
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<WhatWasRead, Fault> {
    let mut all = WhatWasRead::default();
    let mut load = loading.open(feed).await?;
    for source in files {
        let name = source.path.file_name().unwrap_or(source.path.as_os_str()).to_string_lossy().into_owned();
        let done = Arc::new(AtomicU64::new(0));
        let total = std::fs::metadata(&source.path).map_or(0, |metadata| metadata.len());
        let (to, mut from) = mpsc::channel::<Chunk>(4);
        let (path, counter) = (source.path.clone(), done.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let mut out = Out::new(to);
            // what was read before the trouble is told too
            read_file(feed, &path, counter, &mut out).or_else(|trouble| out.flush().and(Err(trouble)))
        });
        let (mut rows, mut bad_lines) = (0_u64, 0_u64);
        while let Some(chunk) = from.recv().await {
            loading.bad(feed, &chunk.bad).await?;
            for bad in chunk.bad {
                bad_lines += bad.lines;
                all.bad.push(BadRow { file: name.clone(), line: bad.line, because: bad.because });
            }
            for row in chunk.rows {
                rows += 1;
                all.flagged += u64::from(row.flagged);
                loading.row(&mut load, row).await?;
            }
            progress(Progress { feed, done: done.load(Ordering::Relaxed).min(total), total });
        }
        progress(Progress { feed, done: total, total });
        all.rows += rows;
        let end = reading.await.map_err(|error| Fault::never(load::DOING, error))?;
        let lines = rows + bad_lines;
        if let Err(Trouble::File(wrong)) = end {
            all.refusals.push(Refusal::File { file: name, wrong });
        } else if share(bad_lines, lines) > options.max_bad_rows {
            all.refusals.push(Refusal::BadRows { file: name, bad: bad_lines, rows: lines });
        }
    }
    let before = had.unwrap_or(0);
    let refused_for = match all.rows {
        _ if !all.refusals.is_empty() || options.force => None,
        0 if before > 0 => Some(Refusal::Empty { feed }),
        after if share(before.saturating_sub(after), before) > options.max_shrink => {
            Some(Refusal::Shrunk { feed, before, after })
        }
        _ => None,
    };
    all.refusals.extend(refused_for);
    if all.refusals.is_empty() {
        let origin = files.iter().map(|source| source.path.display().to_string()).collect::<Vec<_>>();
        let (rows, flagged, bad) = (all.rows, all.flagged, all.bad.len() as u64);
        let loaded = LoadedFeed { feed, origin: origin.join(", "), rows, flagged, bad };
        loading.close(load, loaded).await?;
    }
    Ok(all)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows are far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    if part == 0 { 0.0 } else { part as f64 / whole.max(1) as f64 }
}

/// Reads one file, in a thread of its own. Public files are recognised by what they hold.
fn read_file(feed: Feed, path: &Path, done: Arc<AtomicU64>, out: &mut Out) -> Result<(), Trouble> {
    let mut file = File::open(path)?;
    let whole = ends_with_a_line(&mut file)?;
    let source = Counted { inner: file, done };
    match feed {
        Feed::Structures | Feed::Contracts | Feed::Cards | Feed::Mandates => {
            own::read(feed, source, whole, out)
        }
        Feed::Holders => holders::read(source, Encoding::of(File::open(path)?)?, whole, out),
        Feed::Finess if first_bytes(path)? == GZIP => {
            let unpacked = || Ok::<_, io::Error>(MultiGzDecoder::new(File::open(path)?));
            if is_json(unpacked()?)? {
                finess_json::read(MultiGzDecoder::new(source), out)
            } else {
                let encoding = Encoding::of(unpacked()?)?;
                finess_csv::read(MultiGzDecoder::new(source), encoding, true, out)
            }
        }
        Feed::Finess if is_json(File::open(path)?)? => finess_json::read(source, out),
        Feed::Finess => finess_csv::read(source, Encoding::of(File::open(path)?)?, whole, out),
    }
}

/// What a gzip file begins with (RFC 1952 §2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether the last line is ended; the file is then at its beginning again.
fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(last == [b'\n'])
}

fn first_bytes(path: &Path) -> io::Result<[u8; 2]> {
    let mut bytes = [0; 2];
    let mut file = File::open(path)?;
    let count = file.read(&mut bytes)?;
    Ok(if count == bytes.len() { bytes } else { [0; 2] })
}

/// Whether the first letter begins JSON.
fn is_json(source: impl Read) -> io::Result<bool> {
    let mut start = Vec::new();
    source.take(64).read_to_end(&mut start)?;
    let blank = |byte: &u8| byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(byte);
    Ok(matches!(start.into_iter().find(|byte| !blank(byte)), Some(b'{' | b'[')))
}
