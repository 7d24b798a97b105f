//! The commands. English help; what requesters and staff read stays French.

mod audit;
mod backup;
mod cases;
mod check;
mod compare;
mod crops;
mod csv;
mod demo;
mod desk;
mod doctor;
mod explain;
mod operator;
mod registry;
mod registry_show;
mod registry_withdraw;
mod repaired;
mod replay;
mod replies;
mod replies_undelivered;
mod retention;
mod run;
mod shadow;
mod status;
mod store_move;
mod table;

use crate::config::Config;
use crate::store::Store;
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Front desk for form F413: reads the mailbox, judges the form, answers the requester.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Guichet {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done (for `check`: every file was examined, whatever the verdicts)
  1  something failed; the message says what and what to do
  2  the command line is wrong
  3  nothing was found (`cases show`, `replies resend`, `audit by-card` …)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: take mail in, decide, answer, until SIGTERM or SIGINT
    Run(run::Run),
    /// Examine files (.pdf, .eml, pictures) as the daemon would; nothing is sent or recorded
    Check(check::Check),
    /// The registry: import the four CSV files, show what is loaded
    #[command(subcommand)]
    Registry(registry::RegistryCommand),
    /// Cases: list, show, search
    #[command(subcommand)]
    Cases(cases::CasesCommand),
    /// Decide past cases again with today's code and rules, and show what would change; writes nothing
    Replay(replay::Replay),
    /// Shadow: what staff decided beside guichet, and how far the two agree
    #[command(subcommand)]
    Shadow(shadow::ShadowCommand),
    /// Replies: list, resend by a person
    #[command(subcommand)]
    Replies(replies::RepliesCommand),
    /// The record: verify it, ask it who decided what, hand a case over
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// What is kept how long: see what is due, remove it, hold a case back
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// The staff's desk: who may come in
    #[command(subcommand)]
    Desk(desk::DeskCommand),
    /// The database: move it to another engine
    #[command(subcommand)]
    Store(store_move::StoreCommand),
    /// Copy the database while the daemon runs
    Backup(backup::Backup),
    /// Take a restored backup into use: nothing leaves that may have left since it was made
    Restored(backup::Restored),
    /// The configuration: check it
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The daemons that run on this database, what each has in hand, and what waits
    Status(status::Status),
    /// Try each dependency for real and say what to do about what fails
    Doctor(doctor::Doctor),
    /// Watch the whole line work on sample mails, without server or configuration
    Demo(demo::Demo),
    /// Open one message or document, fed on standard input (the sandbox's child)
    #[command(hide = true)]
    Open,
    /// Lock itself up as the sandbox's child does, and try a way out (asked by `doctor` and the tests)
    #[command(hide = true)]
    Escape { way: String },
    /// Become the recognition engine, within its limits (called by the sandbox)
    #[command(hide = true)]
    Recognise {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Read the configuration, refuse unknown keys, report what it says
    Check(ConfigFile),
}

/// Which configuration to use.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// Configuration file
    #[arg(
        long,
        short,
        env = "GUICHET_CONFIG",
        default_value = "/etc/guichet/guichet.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> anyhow::Result<Config> {
        Config::load(&self.config).with_context(|| format!("configuration {}", self.config.display()))
    }

    async fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::open(&self.load()?.store.url).await?)
    }
}

/// Parses the command line, runs the command, says what went wrong.
#[must_use]
pub fn main() -> ExitCode {
    let command = Guichet::parse().command;
    if matches!(command, Command::Open) {
        // no runtime, no logging, no configuration in the child
        return crate::sandbox::child::main();
    }
    if let Command::Escape { way } = &command {
        return crate::sandbox::escape::main(way);
    }
    if let Command::Recognise { arguments } = &command {
        return crate::sandbox::recogniser::main(arguments);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("starting the runtime")),
    };
    match runtime.block_on(dispatch(command)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(run) => run.run().await,
        Command::Check(check) => check.run().await,
        Command::Registry(registry) => registry.run().await,
        Command::Cases(cases) => cases.run().await,
        Command::Replay(replay) => replay.run().await,
        Command::Shadow(shadow) => shadow.run().await,
        Command::Replies(replies) => replies.run().await,
        Command::Audit(audit) => audit.run().await,
        Command::Desk(desk) => desk.run().await,
        Command::Store(store) => store.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Restored(restored) => restored.run().await,
        Command::Retention(retention) => retention.run().await,
        Command::Config(ConfigCommand::Check(file)) => {
            let config = file.load()?;
            config.signatures.load()?;
            say(&config.summary());
            Ok(ExitCode::SUCCESS)
        }
        Command::Status(status) => status.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Open => Ok(crate::sandbox::child::main()),
        Command::Escape { way } => Ok(crate::sandbox::escape::main(&way)),
        Command::Recognise { arguments } => Ok(crate::sandbox::recogniser::main(&arguments)),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    complain(&format!("guichet: {error:#}"));
    ExitCode::FAILURE
}

/// Writes a line to standard output; a closed pipe ends the output quietly.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line to standard error.
pub(crate) fn complain(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// One line of a table: cells cut and padded to widths, in characters; the last is not padded.
pub(crate) fn columns(cells: &[String], widths: &[usize]) -> String {
    let fit = |(cell, width): (&String, &usize)| {
        let mut shown: String = cell.chars().filter(|c| !c.is_control()).take(*width).collect();
        if cell.chars().count() > *width {
            shown.pop();
            shown.push('…');
        }
        format!("{shown:width$}")
    };
    cells.iter().zip(widths).map(fit).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
