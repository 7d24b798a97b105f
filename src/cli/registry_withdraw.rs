//! `guichet registry withdraw`: taking a feed out of the registry.

use super::operator::Operator;
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::registry::{Feed, NotWithdrawn, Registry, Withdrawal};
use crate::store::FeedWithdrawn;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
A new snapshot without the feed becomes current; who did it and why goes into the record. Forms that need
it are neither accepted nor rejected: they wait, and are judged again when it has been imported.")]
pub(super) struct Withdraw {
    /// structures, contracts, cards, mandates (the four CSV files), finess or holders (public files)
    #[arg(value_parser = feed)]
    feed: Feed,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// As if it had never been loaded: nothing waits for it. Only a public file, beside our own of the
    /// same kind, which is then all that is known
    #[arg(long)]
    for_good: bool,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

fn feed(text: &str) -> Result<Feed, String> {
    let names: Vec<_> = Feed::ALL.map(Feed::as_str).into();
    Feed::parse(text).ok_or_else(|| format!("no feed has this name: {}", names.join(", ")))
}

impl Withdraw {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        let store = self.config.store().await?;
        let registry = Registry::new(store.database().clone());
        let (by, now) = (self.operator.name(), SystemClock.now());
        let Self { feed, for_good, because, .. } = &self;
        let what = Withdrawal { feed: *feed, by: &by, for_good: *for_good, keep: config.registry.keep };
        let note = async |snapshot| {
            let told = FeedWithdrawn { feed: *feed, snapshot, for_good: *for_good, because, by: &by };
            store.feed_withdrawn(told, now).await
        };
        match registry.withdraw(what, now, note).await {
            Ok(snapshot) => {
                let then = if *for_good {
                    "it counts no more"
                } else {
                    "what hangs on it waits until it is imported again"
                };
                say(&format!("snapshot {snapshot} is current, without {}: {then}", feed.file()));
                Ok(ExitCode::SUCCESS)
            }
            Err(why @ NotWithdrawn::NotLoaded(_)) => {
                complain(&format!("guichet: {why}"));
                Ok(ExitCode::from(3))
            }
            Err(why @ NotWithdrawn::Needed(_)) => {
                complain(&format!("guichet: {why}"));
                Ok(ExitCode::FAILURE)
            }
            Err(NotWithdrawn::Fault(fault)) => Err(fault.into()),
        }
    }
}
