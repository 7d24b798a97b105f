//! `guichet cases explain`: why a case was judged as it was, as it was written down then.

use super::cases::{case_number, purged_on};
use super::operator::Operator;
use super::{ConfigFile, complain, say};
use crate::report::{Explained, explain};
use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    /// Print JSON (guichet.explanation/1)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    operator: Operator,
}

impl Explain {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let number = case_number(&self.number)?;
        let store = self.config.store().await?;
        let Some(recorded) = store.explanation(&number).await? else {
            let why = match store.case(&number).await? {
                Some(case) => case.purged.as_ref().map_or_else(
                    || {
                        "was decided before explanations were kept; `guichet replay` shows how it is judged now"
                            .to_owned()
                    },
                    purged_on,
                ),
                None => "is not there".to_owned(),
            };
            complain(&format!("case {number} {why}"));
            return Ok(ExitCode::from(3));
        };
        self.operator.looks(&store, "cases explain", std::slice::from_ref(&number), json!({})).await?;
        if self.json {
            say(recorded.expose());
            return Ok(ExitCode::SUCCESS);
        }
        let explained: Explained =
            serde_json::from_str(recorded.expose()).context("reading the explanation as it was recorded")?;
        say(&format!("{number}\n{}", explain(&explained).trim_end()));
        Ok(ExitCode::SUCCESS)
    }
}
