//! `guichet cases compare`: a case beside the one it follows.

use super::cases::case_number;
use super::operator::Operator;
use super::{ConfigFile, complain, say};
use crate::report::{Comparison, Recorded, Rows, beside};
use crate::store::{CaseDetail, Store};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Compare {
    #[command(flatten)]
    config: ConfigFile,
    /// The later case, as in F413-2026-000123
    new: String,
    /// The earlier case; by default the one that the later follows
    old: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    operator: Operator,
}

impl Compare {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let Some(new) = found(&store, &self.new).await? else { return Ok(ExitCode::from(3)) };
        let old = match (&self.old, &new.row.linked) {
            (Some(old), _) => old.clone(),
            (None, Some(linked)) => linked.to_string(),
            (None, None) => {
                complain(&format!("case {} follows no other: name one to compare with", new.row.number));
                return Ok(ExitCode::from(3));
            }
        };
        let Some(old) = found(&store, &old).await? else { return Ok(ExitCode::from(3)) };
        let numbers = [new.row.number.clone(), old.row.number.clone()];
        self.operator.looks(&store, "cases compare", &numbers, json!({})).await?;
        let Some(compared) = between(&old, &new) else {
            complain("what was recorded of one of them is not kept any more");
            return Ok(ExitCode::FAILURE);
        };
        if self.json {
            let numbers = (old.row.number.to_string(), new.row.number.to_string());
            say(&json!({ "old": numbers.0, "new": numbers.1, "changes": compared }).to_string());
        } else {
            say(&format!("{} → {}\n{}", old.row.number, new.row.number, beside(&compared).trim_end()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn found(store: &Store, number: &str) -> anyhow::Result<Option<CaseDetail>> {
    let number = case_number(number)?;
    let case = store.case(&number).await?;
    if case.is_none() {
        complain(&format!("there is no case {number}"));
    }
    Ok(case)
}

/// A case against the one it follows; `None` where it follows none.
pub(super) async fn with_the_one_before(
    store: &Store,
    case: &CaseDetail,
) -> anyhow::Result<Option<Comparison>> {
    let Some(number) = &case.row.linked else { return Ok(None) };
    Ok(store.case(number).await?.and_then(|old| between(&old, case)))
}

/// `None` where what was recorded of one of them is not kept any more.
fn between(old: &CaseDetail, new: &CaseDetail) -> Option<Comparison> {
    let [old, new] = [old, new].map(|case| Recorded::parse(case.report.expose()).ok());
    Some(old?.against(&new?, Rows::ByNumber))
}

/// `3 answers changed; findings: 2 gone, 1 new, 1 still there`
pub(super) fn in_short(compared: Option<&Comparison>) -> String {
    let Some(Comparison { answers, gone, new, changed, still, .. }) = compared else {
        return "not kept any more".to_owned();
    };
    let still = still.len() + changed.len();
    format!(
        "{} answers changed; findings: {} gone, {} new, {still} still there",
        answers.len(),
        gone.len(),
        new.len()
    )
}
