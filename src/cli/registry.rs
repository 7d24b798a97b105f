//! `guichet registry`: importing the four CSV files, and what is loaded.

use super::registry_show::{Alerts, Show, show_alerts};
use super::registry_withdraw::Withdraw;
use super::{ConfigFile, cases::moment, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::database::Database;
use crate::pipeline::raise_alerts;
use crate::registry::{
    Feed, FeedReport, Imported, NotImported, Options, Progress, Registry, SnapshotState, Source,
};
use crate::store::Store;
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
    /// Load the files of a folder, or public files, as a new snapshot, all or nothing
    Import(Import),
    /// Which snapshots there are, and how old the current one is
    Status(Status),
    /// What is known about a number, and since when; who looked goes into the record
    Show(Show),
    /// Take a feed out: what hangs on it waits, and nothing is rejected for it, until it is loaded again
    Withdraw(Withdraw),
    /// Accepted cases that rest on what later imports do not bear out: list, acknowledge
    Alerts(Alerts),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Folder that holds structures.csv, contracts.csv, cards.csv and mandates.csv
    #[arg(required_unless_present_any = ["finess", "cards"])]
    directory: Option<PathBuf>,
    /// Public FINESS file: the JSON of data.gouv.fr (.json.gz), or the legacy CSV; twice for the two
    /// files of the legacy CSV (establishments and legal entities)
    #[arg(long, value_name = "FILE")]
    finess: Vec<PathBuf>,
    /// Public file of the holders of CPS and CPF cards (Annuaire Santé, porteurs-cps-cpf.txt)
    #[arg(long, value_name = "FILE")]
    cards: Vec<PathBuf>,
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
            Self::Show(show) => show.run().await,
            Self::Withdraw(withdraw) => withdraw.run().await,
            Self::Alerts(alerts) => alerts.run().await,
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        let store = Store::open(&config.store.url).await?;
        let registry = Registry::new(store.database().clone());
        let options = Options {
            force: self.force,
            max_shrink: config.registry.max_shrink,
            max_bad_rows: config.registry.max_bad_rows,
            keep: config.registry.keep,
        };
        let bar = progress_bar();
        let progress = |at: Progress| {
            bar.set_message(at.feed.file());
            bar.set_length(at.total);
            bar.set_position(at.done);
        };
        let done = registry.import(&self.sources(), &options, SystemClock.now(), progress).await;
        bar.finish_and_clear();
        match done {
            Ok(imported) => {
                print(&imported);
                let now = SystemClock.now();
                let max_age = config.registry.max_age.signed();
                let raised = raise_alerts(&store, &registry, now, max_age).await?;
                if raised > 0 {
                    say(&format!("{raised} new alerts: accepted cases rest on what is not so any more"));
                    show_alerts(&store, false).await?;
                }
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

impl Import {
    fn sources(&self) -> Vec<Source> {
        let public = |feed: Feed, paths: &[PathBuf]| -> Vec<Source> {
            paths.iter().map(|path| Source { feed, path: path.clone() }).collect()
        };
        let own = self.directory.as_deref().map(Source::of_folder).unwrap_or_default();
        let cards = public(Feed::Holders, &self.cards);
        own.into_iter().chain(public(Feed::Finess, &self.finess)).chain(cards).collect()
    }
}

fn print(imported: &Imported) {
    say(&format!("snapshot {} is current", imported.snapshot));
    for feed in &imported.feeds {
        say(&format!(
            "  {:19} {} rows, {} flagged{}",
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
            ": {} added, {} removed, {} changed, {} closed, {} opposed, {} expired or ended",
            changes.added, changes.removed, changes.changed, changes.closed, changes.opposed, changes.ended
        )
    })
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:19} {bar:40} {bytes}/{total_bytes} {eta}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

impl Status {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        let registry = Registry::new(Database::open(&config.store.url).await?);
        let snapshots = registry.snapshots().await?;
        for one in &snapshots {
            say(&format!(
                "{:4}  {:8}  {}  {}",
                one.id,
                one.state.as_str(),
                moment(one.loaded_at),
                one.origin
            ));
            for gone in one.withdrawn.iter().filter(|_| one.state == SnapshotState::Current) {
                let (file, at) = (gone.feed.file(), moment(gone.at));
                say(&format!("      {file:19} withdrawn {at} by {}", gone.by));
            }
            for feed in one.feeds.iter().filter(|_| one.state == SnapshotState::Current) {
                say(&format!(
                    "      {:19} {} rows, {} flagged, {} unreadable; loaded {} from {}",
                    feed.feed.file(),
                    feed.rows,
                    feed.flagged,
                    feed.bad_rows,
                    moment(feed.loaded_at),
                    feed.origin,
                ));
            }
        }
        let max_age = config.registry.max_age.signed();
        let current = snapshots.iter().find(|one| one.state == SnapshotState::Current);
        for silent in current.iter().flat_map(|one| one.unanswered(SystemClock.now(), max_age)) {
            complain(&format!("{silent}: what hangs on it waits"));
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
    let done = registry.import_dir(folder, &Options::default(), now, |_| {}).await;
    match done {
        Ok(_) => Ok(registry),
        Err(why) => Err(why).with_context(|| format!("the registry in {}", folder.display())),
    }
}
