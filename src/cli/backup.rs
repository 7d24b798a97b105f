//! `guichet backup` and `guichet restored`: a copy of the database, and coming back from one.

use super::operator::Operator;
use super::{ConfigFile, say};
use crate::audit;
use crate::clock::{Clock as _, SystemClock};
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
Of SQLite; PostgreSQL has pg_dump. To come back from a backup: stop guichet, put the copy in the place
of the database (and remove FILE-wal and FILE-shm), run `guichet audit verify --head …` with the head
printed here, then `guichet restored`.")]
pub(super) struct Backup {
    /// The file to write; not overwritten
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Letters that the backup shows as due may have left since: they become `unknown`, and are sent again by
a person only. The cap on all replies is tripped: letters to mail that is taken in again are held, until
`guichet replies caps --reset LINE --because TEXT`.")]
pub(super) struct Restored {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let doing = || format!("backup to {}", self.file.display());
        store.database().backup(&self.file).await.with_context(doing)?;
        let copy = crate::database::Database::open(&format!("sqlite:{}", self.file.display())).await?;
        let head = audit::head(&copy).await?;
        copy.close().await;
        say(&format!("{}  head {head}", self.file.display()));
        Ok(ExitCode::SUCCESS)
    }
}

impl Restored {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let letters = store.restored(&self.operator.name(), SystemClock.now()).await?;
        say(&format!(
            "{letters} letters are of unknown end: look at each, `guichet replies list --state unknown`"
        ));
        say("new letters are held until the cap is reset: `guichet replies caps`");
        Ok(ExitCode::SUCCESS)
    }
}
