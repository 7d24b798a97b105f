//! `guichet retention`: what requesters wrote is kept as long as the configuration says, not longer.

use super::cases::{case_number, moment};
use super::operator::Operator;
use super::table::Form;
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock, paris};
use crate::database::GivenBack;
use crate::domain::case::CaseNumber;
use crate::store::{Due, Hold, Purge, Retention};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// What is due to be removed, by which rule; what is kept all the same, and why
    Propose(Propose),
    /// Remove what is due: mail, documents, letters, values, names; the events stay
    Apply(Apply),
    /// Keep a case (and its mail) whatever its age
    Hold(HoldArgs),
    /// Let the retention count for a case again
    Release(Release),
    /// The cases on hold
    Holds(Holds),
}

#[derive(Debug, Args)]
pub(super) struct Propose {
    #[command(flatten)]
    config: ConfigFile,
    /// What will be due at the end of this day (Paris), as in 2027-01-31 [default: now]
    #[arg(long, value_name = "DAY")]
    at: Option<Date>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each mail is removed with its cases and letters in one commit, together with a deletion record: killed
in between, run it again. What lies on the mail server and in backups is removed there.")]
pub(super) struct Apply {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct HoldArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    /// Why it is kept
    #[arg(long, value_name = "TEXT")]
    because: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Holds {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    operator: Operator,
}

impl RetentionCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Propose(propose) => propose.run().await,
            Self::Apply(apply) => apply.run().await,
            Self::Hold(hold) => hold.run().await,
            Self::Release(release) => release.run().await,
            Self::Holds(holds) => holds.run().await,
        }
    }
}

impl Propose {
    async fn run(self) -> anyhow::Result<ExitCode> {
        const HEADER: [&str; 6] = ["message", "cases", "rule", "closed", "due", "kept because"];
        let retention = Retention::from(&self.config.load()?.retention);
        let at = match self.at {
            Some(day) => day.tomorrow()?.to_zoned(paris())?.timestamp(),
            None => SystemClock.now(),
        };
        let due = self.config.store().await?.retention_due(&retention, at).await?;
        let rows: Vec<_> = due.iter().map(|one| cells(one, &retention)).collect();
        self.form.print(&HEADER, &rows, &[8, 34, 18, 17, 17, 40], "nothing is due")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(due: &Due, retention: &Retention) -> Vec<String> {
    vec![
        due.message.to_string(),
        names(&due.cases),
        format!("{}, {} d", due.rule.as_str(), retention.of(due.rule).as_hours() / 24),
        moment(due.closed_at),
        moment(due.due_at),
        due.kept_for.map_or_else(String::new, |why| why.because().to_owned()),
    ]
}

fn names(cases: &[CaseNumber]) -> String {
    cases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Apply {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let retention = Retention::from(&self.config.load()?.retention);
        let store = self.config.store().await?;
        let by = self.operator.name();
        let now: Timestamp = SystemClock.now();
        store.begin_purging().await?;
        let mut purged = 0_u64;
        for due in store.retention_due(&retention, now).await? {
            let what =
                if due.cases.is_empty() { format!("message {}", due.message) } else { names(&due.cases) };
            if let Some(why) = due.kept_for {
                say(&format!("kept    {what}: {}", why.because()));
                continue;
            }
            match store.purge(due.message, &retention, &by, SystemClock.now()).await? {
                Purge::Done(rule) => {
                    purged += 1;
                    say(&format!("purged  {what} ({})", rule.as_str()));
                }
                Purge::NotDue => say(&format!("kept    {what}: it has changed meanwhile")),
            }
        }
        // also where nothing was due: a run before may have been cut off short of this
        match store.database().give_back().await? {
            GivenBack::Done | GivenBack::ByTheServer => {}
            GivenBack::LogInUse => {
                complain("the log is in use: run this again, so that nothing is left in it");
            }
            GivenBack::NeedsVacuum => complain(
                "this database cannot give space back yet: stop guichet once, and run \
                 `sqlite3 FILE 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM'`",
            ),
        }
        say(&format!("{purged} mails purged with their cases and letters"));
        Ok(ExitCode::SUCCESS)
    }
}

fn told(held: Hold, number: &CaseNumber, done: &str, before: &str) -> anyhow::Result<ExitCode> {
    match held {
        Hold::Done => say(&format!("{number} {done}")),
        Hold::AsBefore => say(&format!("{number} {before}")),
        Hold::Purged => anyhow::bail!("{number} was purged: there is nothing left to keep"),
        Hold::NoSuchCase => {
            complain(&format!("there is no case {number}"));
            return Ok(ExitCode::from(3));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl HoldArgs {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let number = case_number(&self.number)?;
        let (store, by) = (self.config.store().await?, self.operator.name());
        let held = store.hold(&number, &self.because, &by, SystemClock.now()).await?;
        told(held, &number, "is on hold", "was on hold already")
    }
}

impl Release {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let number = case_number(&self.number)?;
        let (store, by) = (self.config.store().await?, self.operator.name());
        let held = store.release_hold(&number, &by, SystemClock.now()).await?;
        told(held, &number, "is released: the retention counts for it again", "was not on hold")
    }
}

impl Holds {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let holds = store.holds().await?;
        let numbers: Vec<_> = holds.iter().map(|held| held.number.clone()).collect();
        self.operator.looks(&store, "retention holds", &numbers, json!({})).await?;
        let rows: Vec<_> = holds
            .into_iter()
            .map(|held| {
                vec![held.number.to_string(), moment(held.since), held.by, held.because.expose().to_owned()]
            })
            .collect();
        self.form.print(
            &["number", "since", "by", "because"],
            &rows,
            &[16, 17, 20, 60],
            "no case is on hold",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
