//! What auditors ask most: decisions of a time, about a card, about a structure; and what staff did.

use super::super::cases::moment;
use super::super::operator::Operator;
use super::super::table::Form;
use super::super::{ConfigFile, complain};
use crate::clock::paris;
use crate::domain::form::Masked;
use crate::store::{Decided, DecidedFilter, Store};
use clap::Args;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Decisions {
    /// Decided on this day or later (Paris), as in 2026-11-23
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Decided on this day or earlier
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ByCard {
    /// Card number: the signatory's or an administrator's
    card: String,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ByStructure {
    /// FINESS, SIRET or RPPS rang
    identifier: String,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Staff {
    /// Only what this person did, by the name on record
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, Args)]
struct Rest {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
    #[command(flatten)]
    form: Form,
}

const HEADER: [&str; 15] = [
    "number",
    "received",
    "decided",
    "verdict",
    "state",
    "by",
    "role",
    "structure",
    "finess",
    "siret",
    "letters",
    "rules",
    "snapshot",
    "event",
    "purged",
];
const WIDTHS: [usize; 15] = [16, 17, 17, 9, 9, 12, 16, 32, 10, 15, 18, 8, 8, 22, 17];

impl Decisions {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let begin = |day: Date| day.to_zoned(paris()).map(|day| day.timestamp());
        let filter = DecidedFilter {
            from: self.from.map(begin).transpose()?,
            to: self.to.map(|day| begin(day.checked_add(1.day())?)).transpose()?,
            ..DecidedFilter::default()
        };
        self.rest.decisions("audit decisions", &filter, None).await
    }
}

impl ByCard {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let card = compact(&self.card);
        let filter = DecidedFilter { card: Some(card.clone()), ..DecidedFilter::default() };
        self.rest.decisions("audit by-card", &filter, Some(&card)).await
    }
}

impl ByStructure {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let filter = DecidedFilter { structure: Some(compact(&self.identifier)), ..DecidedFilter::default() };
        self.rest.decisions("audit by-structure", &filter, None).await
    }
}

/// An identifier as it is on record: people write spaces, dots and dashes.
fn compact(identifier: &str) -> String {
    identifier.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase()
}

impl Rest {
    /// Notes the look, and prints the decisions that fit. `card`: whose role on the form is told.
    async fn decisions(
        &self,
        with: &str,
        filter: &DecidedFilter,
        card: Option<&str>,
    ) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let decided = store.decided(filter).await?;
        let numbers: Vec<_> = decided.iter().map(|one| one.number.clone()).collect();
        self.operator.looks(&store, with, &numbers, json!({ "rows": numbers.len() })).await?;
        let rows: Vec<_> = decided.iter().map(|one| cells(one, card)).collect();
        self.form.print(&HEADER, &rows, &WIDTHS, "no decision")?;
        if rows.is_empty() && with != "audit decisions" {
            complain("what the retention has removed cannot be found by card or structure");
        }
        Ok(if rows.is_empty() { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }
}

fn cells(row: &Decided, card: Option<&str>) -> Vec<String> {
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        row.number.to_string(),
        moment(row.received_at),
        moment(row.decided_at),
        row.verdict.as_str().to_owned(),
        row.state.told(row.dismissed).to_owned(),
        row.by.clone(),
        card.map(|card| role(&row.report, card)).unwrap_or_default(),
        row.structure_name.as_ref().map(Masked::expose).unwrap_or_default().to_owned(),
        or_nothing(&row.finess),
        or_nothing(&row.siret),
        row.letters.join(", "),
        row.rules_version.clone(),
        row.registry_snapshot.map_or_else(String::new, |id| id.to_string()),
        format!("{}:{}", row.event, row.hash),
        row.purged_at.map(moment).unwrap_or_default(),
    ]
}

/// Whose card it is on the form, by the report; nothing where it stands in a box that could not be
/// read as one.
fn role(report: &Masked, card: &str) -> String {
    let report: Value = serde_json::from_str(report.expose()).unwrap_or_default();
    let at = |pointer: &str| report.pointer(pointer).and_then(Value::as_str) == Some(card);
    let mut roles = Vec::new();
    if at("/form/signatory/card") {
        roles.push("signatory".to_owned());
    }
    let rows = report.pointer("/form/administrators").and_then(Value::as_array).map_or(0, Vec::len);
    roles.extend(
        (0..rows)
            .filter(|row| at(&format!("/form/administrators/{row}/card")))
            .map(|row| format!("administrator {}", row + 1)),
    );
    roles.join(", ")
}

impl Staff {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        const HEADER: [&str; 7] = ["event", "at", "by", "what", "case", "reply", "detail"];
        let Rest { config, operator, form } = &self.rest;
        let store: Store = config.store().await?;
        let acts = store.staff_acts(self.actor.as_deref()).await?;
        operator.looks(&store, "audit staff", &[], json!({ "rows": acts.len() })).await?;
        let rows: Vec<_> = acts
            .into_iter()
            .map(|act| {
                let reply = act.reply.map_or_else(String::new, |id| id.to_string());
                let at: Timestamp = act.at;
                vec![
                    act.event.to_string(),
                    moment(at),
                    act.actor,
                    act.kind,
                    act.case.unwrap_or_default(),
                    reply,
                    act.detail,
                ]
            })
            .collect();
        form.print(&HEADER, &rows, &[8, 17, 20, 18, 17, 6, 80], "staff did nothing yet")?;
        Ok(if rows.is_empty() { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }
}
