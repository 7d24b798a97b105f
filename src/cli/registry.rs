//! `guichet registry`: importing the four CSV files, and what is loaded.

use super::{ConfigFile, cases::moment, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::database::Database;
use crate::registry::{FeedReport, Imported, NotImported, Options, Progress, Registry};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Unreadable lines that are shown; the others are counted in `registry status`.
const SHOWN: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum RegistryCommand {
    /// Load structures.csv, contracts.csv, cards.csv and mandates.csv as a new snapshot, all or nothing
    Import(Import),
    /// Which snapshots there are, and how old the current one is
    Status(Status),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Folder that holds the four files
    directory: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// Take a file that lost more rows than `registry.max_shrink` allows
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    config: ConfigFile,
}

impl RegistryCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Import(import) => import.run().await,
            Self::Status(status) => status.run().await,
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        let registry = Registry::new(Database::open(&config.store.url).await?);
        let options = Options {
            force: self.force,
            max_shrink: config.registry.max_shrink,
            max_bad_rows: config.registry.max_bad_rows,
            keep: config.registry.keep,
            ..Options::new()?
        };
        let bar = progress_bar();
        let progress = |at: Progress| {
            bar.set_message(at.feed.file());
            bar.set_length(at.total);
            bar.set_position(at.done);
        };
        let done = registry.import_dir(&self.directory, &options, SystemClock.now(), progress).await;
        bar.finish_and_clear();
        match done {
            Ok(imported) => {
                print(&imported);
                Ok(ExitCode::SUCCESS)
            }
            Err(refused @ NotImported::Refused { .. }) => {
                if let NotImported::Refused { bad_rows, .. } = &refused {
                    bad_rows.iter().take(SHOWN).for_each(|row| complain(&format!("  {row}")));
                }
                complain(&format!("guichet: {refused}; the registry is as it was"));
                Ok(ExitCode::FAILURE)
            }
            Err(NotImported::Fault(fault)) => Err(fault.into()),
        }
    }
}

fn print(imported: &Imported) {
    say(&format!("snapshot {} is current", imported.snapshot));
    for feed in &imported.feeds {
        say(&format!(
            "  {:14} {} rows, {} flagged{}",
            feed.feed.file(),
            feed.rows,
            feed.flagged,
            changes(feed)
        ));
    }
    for bad in imported.bad_rows.iter().take(SHOWN) {
        complain(&format!("  {bad}"));
    }
}

fn changes(feed: &FeedReport) -> String {
    feed.changes.as_ref().map_or_else(String::new, |changes| {
        format!(
            ": {} added, {} removed, {} closed, {} opposed, {} ended",
            changes.added, changes.removed, changes.closed, changes.opposed, changes.ended
        )
    })
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:14} {bar:40} {bytes}/{total_bytes} {eta}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

impl Status {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        let registry = Registry::new(Database::open(&config.store.url).await?);
        let snapshots = registry.snapshots().await?;
        for one in &snapshots {
            say(&format!(
                "{:4}  {:8}  {}  {} structures, {} contracts, {} cards, {} mandates, {} bad rows  ({})",
                one.id,
                one.state.as_str(),
                moment(one.loaded_at),
                one.structures,
                one.contracts,
                one.cards,
                one.mandates,
                one.bad_rows,
                one.origin,
            ));
        }
        if snapshots.is_empty() {
            complain("nothing was ever loaded: `guichet registry import DIR` loads the four CSV files");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A registry in memory, loaded from a folder, for the time of one run.
pub(super) async fn for_one_run(folder: &Path, now: Timestamp) -> anyhow::Result<Registry> {
    let registry = Registry::new(Database::open("sqlite::memory:").await?);
    let done = registry.import_dir(folder, &Options::new()?, now, |_| {}).await;
    match done {
        Ok(_) => Ok(registry),
        Err(why) => Err(why).with_context(|| format!("the registry in {}", folder.display())),
    }
}
