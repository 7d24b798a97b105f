//! `guichet audit`: is the record what was written, who decided what, and one case to hand over.

mod export;
mod queries;

use super::{ConfigFile, complain, say};
use crate::audit::{self, Head, Verified};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every event and what it tells of; print the head of the chain
    Verify(Verify),
    /// Print the head of the chain, `ID:HASH`, to be noted where nobody here can write
    Head(HeadArgs),
    /// Write one case into one archive that can be checked without guichet
    Export(export::Export),
    /// What was decided, by whom, on what ground
    Decisions(queries::Decisions),
    /// The decisions on forms that name a card
    ByCard(queries::ByCard),
    /// The decisions on a structure's forms
    ByStructure(queries::ByStructure),
    /// What people did and looked at
    Staff(queries::Staff),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Whoever can write to the database can rewrite the whole chain, or cut its end off, and leave no gap.
A head noted before in another place shows it: note one a day (`guichet audit head`), and give those
notes here.

Exit codes: 0 everything is as it was written, 1 something is not")]
pub(super) struct Verify {
    #[command(flatten)]
    config: ConfigFile,
    /// A head noted earlier; may be given again
    #[arg(long, value_name = "ID:HASH", value_parser = head)]
    head: Vec<Head>,
    /// A file of heads noted earlier, one at the beginning of each line
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// Only the chain of events, not the rows it tells of: quick
    #[arg(long)]
    chain: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct HeadArgs {
    #[command(flatten)]
    config: ConfigFile,
}

fn head(text: &str) -> Result<Head, String> {
    Head::parse(text).ok_or_else(|| "the number of an event, a colon, and 64 hexadecimal digits".to_owned())
}

impl AuditCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify(verify) => verify.run().await,
            Self::Head(head) => head.run().await,
            Self::Export(export) => export.run().await,
            Self::Decisions(decisions) => decisions.run().await,
            Self::ByCard(card) => card.run().await,
            Self::ByStructure(structure) => structure.run().await,
            Self::Staff(staff) => staff.run().await,
        }
    }
}

impl HeadArgs {
    async fn run(self) -> anyhow::Result<ExitCode> {
        say(&audit::head(self.config.store().await?.database()).await?.to_string());
        Ok(ExitCode::SUCCESS)
    }
}

impl Verify {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let noted = self.noted()?;
        let store = self.config.store().await?;
        let verified = if self.chain {
            audit::verify_chain(store.database(), &noted).await?
        } else {
            audit::verify(store.database(), &noted).await?
        };
        let sound = verified.troubles.is_empty();
        if self.json {
            let troubles = verified.troubles.iter();
            let shown = serde_json::json!({
                "sound": sound,
                "head": { "id": verified.head.id, "hash": verified.head.hash },
                "messages": verified.messages,
                "cases": verified.cases,
                "replies": verified.replies,
                "purged": verified.purged,
                "older": verified.older,
                "heads_compared": noted.len(),
                "troubles": troubles.map(|one| serde_json::json!({ "event": one.event, "how": one.how }))
                    .collect::<Vec<_>>(),
                "notices": verified.notices,
            });
            say(&shown.to_string());
        } else {
            for trouble in &verified.troubles {
                say(&format!("BROKEN  {trouble}"));
            }
            for notice in &verified.notices {
                say(&format!("note    {notice}"));
            }
            if verified.older > 0 {
                say(&format!(
                    "note    {} events are of a version that said less of the rows",
                    verified.older
                ));
            }
            let rows = if self.chain {
                "the rows were not looked at".to_owned()
            } else {
                let Verified { messages, purged, cases, replies, .. } = &verified;
                format!("{messages} messages ({purged} purged), {cases} cases, {replies} replies")
            };
            let (events, heads) = (verified.head.id, noted.len());
            say(&format!("{events} events, {rows}; {heads} noted heads compared"));
            say(&format!("head {}", verified.head));
            say(if sound {
                "Everything is as it was written."
            } else {
                "The record is not what was written."
            });
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn noted(&self) -> anyhow::Result<Vec<Head>> {
        let mut noted = self.head.clone();
        if let Some(path) = &self.heads {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            for (n, line) in (1..).zip(text.lines()) {
                let Some(first) = line.split_whitespace().next().filter(|first| !first.starts_with('#'))
                else {
                    continue;
                };
                let head = Head::parse(first);
                noted.push(head.with_context(|| format!("{}, line {n}: no head", path.display()))?);
            }
        }
        if noted.is_empty() {
            complain(
                "no noted head was given (--head, --heads): a chain rewritten as a whole would not show",
            );
        }
        Ok(noted)
    }
}
