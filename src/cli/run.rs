//! `guichet run`: the daemon.

use super::ConfigFile;
use crate::config::{LogFormat, LogSettings, log_filter};
use crate::daemon::{Daemon, Roles};
use anyhow::Context as _;
use clap::Args;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Args)]
#[command(after_help = "\
Without --intake, --decide, --answer or --desk the daemon does all of it. With some of them it does only these, and
the others run elsewhere on the same PostgreSQL: only where --intake runs the mailbox's password is needed,
only where --answer runs the relay's. `guichet status` says who runs.")]
pub(super) struct Run {
    #[command(flatten)]
    config: ConfigFile,
    /// Take mail in, and file it on the server once it is decided
    #[arg(long)]
    intake: bool,
    /// Read, judge and record
    #[arg(long)]
    decide: bool,
    /// Send the letters
    #[arg(long)]
    answer: bool,
    /// Serve the desk to staff (desk.listen)
    #[arg(long)]
    desk: bool,
}

impl Run {
    fn roles(&self) -> Roles {
        let asked = Roles { intake: self.intake, decide: self.decide, answer: self.answer, desk: self.desk };
        if asked == Roles::NONE { Roles::ALL } else { asked }
    }

    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load()?;
        start_logging(&config.log)?;
        let (stop, stopped) = watch::channel(false);
        let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
        let daemon = Daemon::new(config, self.roles()).await?;
        let signals = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("told to stop: what is in hand is finished first");
            stop.send_replace(true);
            // keeps the sender until the daemon has ended
            std::future::pending::<()>().await;
        };
        tokio::select! {
            end = daemon.run(stopped) => end?,
            () = signals => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Logs to standard error; see `docs` of `LogSettings`.
pub(super) fn start_logging(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(log_filter(settings)).context("log.filter")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    }
    .map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}
