//! `guichet replies`: what left, what did not, and sending again by a person.

use super::cases::{moment, purged_on};
use super::operator::{Operator, because};
use super::replies_undelivered::Undelivered;
use super::table::Form;
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::form::Masked;
use crate::domain::mail::ReplyState;
use crate::store::{ReplyFilter, ReplyId, ReplyRow, Resent};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum RepliesCommand {
    /// The newest replies
    List(List),
    /// Send a reply again, or release a held one: same mail, same Message-ID
    Resend(Resend),
    /// Print a reply's mail as it was composed
    Show(Show),
    /// Caps that were reached: list them, or reset one
    Caps(CapsArgs),
    /// Letters that did not arrive (refused, or come back later) or may not have, until sent again or settled
    Undelivered(Undelivered),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// Only these: held, due, sending, sent, refused, unknown
    #[arg(long, value_parser = state)]
    state: Option<ReplyState>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Resend {
    #[command(flatten)]
    config: ConfigFile,
    /// The reply's number, as in `replies list`
    id: i64,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    config: ConfigFile,
    /// The reply's number, as in `replies list`
    id: i64,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct CapsArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Reset the cap of this line of the list (1 is the first)
    #[arg(long, value_name = "LINE", requires = "because")]
    reset: Option<usize>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "reset", value_parser = because)]
    because: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

fn state(text: &str) -> Result<ReplyState, String> {
    ReplyState::parse(text).ok_or_else(|| "held, due, sending, sent, refused or unknown".to_owned())
}

impl RepliesCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await,
            Self::Resend(resend) => resend.run().await,
            Self::Show(show) => show.run().await,
            Self::Caps(caps) => caps.run().await,
            Self::Undelivered(undelivered) => undelivered.run().await,
        }
    }
}

const HEADER: [&str; 9] =
    ["id", "created", "template", "to", "subject", "state", "attempts", "answer", "attached"];

fn cells(row: &ReplyRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        moment(row.created_at),
        row.template.as_str().to_owned(),
        row.to.expose().to_owned(),
        row.subject.expose().to_owned(),
        shown_state(row).to_owned(),
        row.attempts.to_string(),
        row.answer.as_ref().map(Masked::expose).unwrap_or_default().to_owned(),
        row.attachments.join(", "),
    ]
}

fn shown_state(row: &ReplyRow) -> &'static str {
    match (row.shadow, row.withdrawn) {
        (true, _) => "shadow",
        (_, true) => "withdrawn",
        (false, false) => row.state.as_str(),
    }
}

impl List {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let filter = ReplyFilter { state: self.state, limit: Some(self.limit), ..ReplyFilter::default() };
        let store = self.config.store().await?;
        let rows = store.replies(&filter).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id.0).collect();
        self.operator.looks(&store, "replies list", &[], json!({ "replies": ids })).await?;
        let rows: Vec<_> = rows.iter().map(cells).collect();
        self.form.print(&HEADER, &rows, &[5, 17, 9, 32, 44, 9, 3, 30, 38], "no reply")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Resend {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let now = SystemClock.now();
        let (config, id) = (self.config.load()?, ReplyId(self.id));
        let store = self.config.store().await?;
        let held = ReplyFilter { id: Some(id), state: Some(ReplyState::Held), ..ReplyFilter::default() };
        if let Some(held) = store.replies(&held).await?.first()
            && config.desk.four_eyes.hold(held.template, store.tells_of_several(held.message).await?)
        {
            complain(&format!(
                "reply {id} is held, and its case is decided at the desk, by two (desk.four_eyes)"
            ));
            return Ok(ExitCode::FAILURE);
        }
        match store.resend(id, &self.operator.name(), now).await? {
            Resent::Due => say(&format!("reply {} is due again; the daemon sends it", self.id)),
            Resent::OnItsWay => say(&format!("reply {} is on its way anyway", self.id)),
            Resent::Shadow => {
                complain(&format!("reply {} was composed in shadow: it is never sent", self.id));
                return Ok(ExitCode::FAILURE);
            }
            Resent::Withdrawn => {
                complain(&format!("reply {} is a receipt whose decision was told instead", self.id));
                return Ok(ExitCode::FAILURE);
            }
            Resent::ToConfirm => {
                complain(&format!(
                    "reply {} is held: a decision on its case waits for a second person",
                    self.id
                ));
                return Ok(ExitCode::FAILURE);
            }
            Resent::Purged => {
                anyhow::bail!("reply {} cannot be sent again: the retention has removed it", self.id)
            }
            Resent::NoSuchReply => {
                complain(&format!("there is no reply {}", self.id));
                return Ok(ExitCode::from(3));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    async fn run(self) -> anyhow::Result<ExitCode> {
        use std::io::Write as _;
        let store = self.config.store().await?;
        let id = ReplyId(self.id);
        let Some(mail) = store.reply_mail(id).await? else {
            let filter = ReplyFilter { id: Some(id), ..ReplyFilter::default() };
            let purged = match store.replies(&filter).await?.pop() {
                Some(reply) => store.purged(reply.message).await?,
                None => None,
            };
            complain(&purged.map_or_else(|| format!("there is no reply {id}"), |purged| purged_on(&purged)));
            return Ok(ExitCode::from(3));
        };
        self.operator.looks(&store, "replies show", &[], json!({ "replies": [self.id] })).await?;
        std::io::stdout().lock().write_all(&mail)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl CapsArgs {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let tripped = store.tripped().await?;
        if let Some((line, because)) = self.reset.zip(self.because) {
            let Some(cap) = line.checked_sub(1).and_then(|n| tripped.get(n)) else {
                complain(&format!("there is no line {line}"));
                return Ok(ExitCode::from(3));
            };
            store.reset(&cap.cap, (&self.operator.name(), &because), SystemClock.now()).await?;
            say("reset; replies held meanwhile are released one by one with `replies resend`");
            return Ok(ExitCode::SUCCESS);
        }
        for (n, cap) in (1..).zip(&tripped) {
            say(&format!("{n}  {}  {}", moment(cap.at), cap.because));
        }
        if tripped.is_empty() {
            complain("no cap is tripped");
        }
        Ok(ExitCode::SUCCESS)
    }
}
