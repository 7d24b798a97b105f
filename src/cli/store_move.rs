//! `guichet store move`: from SQLite to PostgreSQL, once.

use super::operator::Operator;
use super::{ConfigFile, say};
use crate::audit;
use crate::clock::{Clock as _, SystemClock};
use crate::database::Copied;
use crate::store::{Moving, Worker};
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Move everything from SQLite into an empty PostgreSQL database, and check what arrived
    Move(Move),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop the daemon first. Everything arrives in one commit and is compared, row by row and by `audit verify`; then
the old database is marked: no daemon runs on it any more. Until then nothing has changed. Afterwards put the
new URL under store.url and start the daemon. Interrupted, say the same again: it goes on, or says what to do.")]
pub(super) struct Move {
    #[command(flatten)]
    config: ConfigFile,
    /// The new database, empty, as under store.url (as a variable it is in no list of processes)
    #[arg(long, env = "GUICHET_MOVE_TO", hide_env_values = true, value_name = "URL")]
    to: String,
    #[command(flatten)]
    operator: Operator,
}

impl StoreCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Move(moved) => moved.run().await,
        }
    }
}

impl Move {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let source = self.config.store().await?;
        let now = SystemClock.now();
        let told = &mut |table: &Copied| {
            let short: String = table.hash.chars().take(16).collect();
            say(&format!("{:<24} {:>9} rows  {short}", table.table, table.rows));
        };
        let moving = Moving::begin(&source, &self.to, (&Worker::this(now), now), told).await?;
        let before = audit::verify(source.database(), &[]).await?;
        let after = audit::verify(moving.target().database(), &[]).await?;
        anyhow::ensure!(
            before == after,
            "`audit verify` does not say the same of both databases; nothing was changed in the old one, and \
             the new one is not in use: make it anew, empty, before the next try"
        );
        let rows: u64 = moving.tables().iter().map(|table| table.rows).sum();
        let target = moving.ends(&self.operator.name(), SystemClock.now()).await?;
        let head = audit::head(target.database()).await?;
        say(&format!(
            "{rows} rows of {} messages, {} cases, {} replies are there and the same; head {head}",
            after.messages, after.cases, after.replies
        ));
        for trouble in &after.troubles {
            say(&format!("as before: {trouble}"));
        }
        say("put the new URL under store.url and start the daemon; the old database is marked as moved");
        Ok(ExitCode::SUCCESS)
    }
}
