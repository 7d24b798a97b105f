//! `guichet cases`: what was decided, and what waits for a person.

use super::operator::Operator;
use super::table::Form;
use super::{ConfigFile, compare, complain, explain, say, shadow};
use crate::clock::paris;
use crate::domain::case::CaseNumber;
use crate::domain::form::Masked;
use crate::report::Comparison;
use crate::store::{CaseDetail, CaseFilter, CaseRow, LinkedBy, Purged, Store};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum CasesCommand {
    /// The newest cases
    List(List),
    /// One case in full
    Show(Show),
    /// Why a case was judged as it was: every rule applied, on what, with what result
    Explain(explain::Explain),
    /// A case beside the one it follows: answers that changed, findings gone, new, still there
    Compare(compare::Compare),
    /// Record what staff really decided about a case; `shadow report` compares
    Decided(shadow::Decided),
    /// Cases by number, FINESS, SIRET, card, or part of a name
    Search(Search),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// Only those that wait for a person
    #[arg(long)]
    waiting: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Search {
    #[command(flatten)]
    config: ConfigFile,
    /// What to look for: a case number, a FINESS, SIRET or card number, or part of a name
    #[arg(required = true)]
    words: Vec<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    operator: Operator,
}

impl CasesCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await,
            Self::Show(show) => show.run().await,
            Self::Explain(explain) => explain.run().await,
            Self::Compare(compare) => compare.run().await,
            Self::Decided(decided) => decided.run().await,
            Self::Search(search) => search.run().await,
        }
    }
}

impl List {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let filter = CaseFilter { for_staff: self.waiting, limit: Some(self.limit), ..CaseFilter::default() };
        let store = self.config.store().await?;
        let rows = store.cases(&filter).await?;
        show(&store, &rows, (&self.operator, "cases list"), &self.form).await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Search {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let mut found = Vec::new();
        for filter in filters(&self.words.join(" "), self.limit) {
            found = store.cases(&filter).await?;
            if !found.is_empty() {
                break;
            }
        }
        show(&store, &found, (&self.operator, "cases search"), &self.form).await?;
        Ok(if found.is_empty() { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }
}

/// What the words may mean, the surest first: identifiers are told apart by their shape.
fn filters(words: &str, limit: u32) -> Vec<CaseFilter> {
    let base = CaseFilter { limit: Some(limit), ..CaseFilter::default() };
    if let Some(number) = CaseNumber::parse(words) {
        return vec![CaseFilter { number: Some(number), ..base }];
    }
    let compact: String = words.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
    let digits = compact.chars().all(|c| c.is_ascii_digit());
    let of_identifier = match compact.len() {
        9 => vec![CaseFilter { finess: Some(compact), ..base.clone() }],
        10 if digits => vec![CaseFilter { card: Some(compact), ..base.clone() }],
        14 if digits => vec![
            CaseFilter { siret: Some(compact.clone()), ..base.clone() },
            CaseFilter { rpps_rang: Some(compact), ..base.clone() },
        ],
        _ => vec![],
    };
    let by_text = CaseFilter { text: Some(Masked::new(words)), ..base };
    of_identifier.into_iter().chain([by_text]).collect()
}

/// `2026-11-22 14:05`, Paris.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_zoned(paris()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// What stands for what the retention has removed.
pub(super) fn purged_on(purged: &Purged) -> String {
    let Purged { at, rule, by, event } = purged;
    format!("purged on {} by rule {rule} ({by}; event {event} holds the hashes)", moment(*at))
}

fn text(masked: Option<&Masked>) -> &str {
    masked.map(Masked::expose).unwrap_or_default()
}

const HEADER: [&str; 8] =
    ["number", "received", "verdict", "state", "structure", "finess", "siret", "findings"];

fn cells(row: &CaseRow) -> Vec<String> {
    vec![
        row.number.to_string(),
        moment(row.received_at),
        row.verdict.as_str().to_owned(),
        row.state.told(row.dismissed).to_owned(),
        text(row.structure_name.as_ref()).to_owned(),
        row.finess.clone().unwrap_or_default(),
        row.siret.clone().unwrap_or_default(),
        row.grave_findings.to_string(),
    ]
}

/// Notes the look, and prints the cases.
async fn show(
    store: &Store,
    rows: &[CaseRow],
    (operator, with): (&Operator, &str),
    form: &Form,
) -> anyhow::Result<()> {
    let numbers: Vec<_> = rows.iter().map(|row| row.number.clone()).collect();
    operator.looks(store, with, &numbers, json!({})).await?;
    let rows: Vec<_> = rows.iter().map(cells).collect();
    form.print(&HEADER, &rows, &[16, 17, 9, 9, 40, 10, 15, 3], "no case")
}

impl Show {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let number = case_number(&self.number)?;
        let store = self.config.store().await?;
        let Some(case) = store.case(&number).await? else {
            complain(&format!("there is no case {number}"));
            return Ok(ExitCode::from(3));
        };
        self.operator.looks(&store, "cases show", &[number], json!({})).await?;
        let compared = compare::with_the_one_before(&store, &case).await?;
        let told = compared.as_ref();
        say(&if self.json { as_json(&case, told)?.to_string() } else { in_full(&case, told) });
        Ok(ExitCode::SUCCESS)
    }
}

/// A case's number as given on the command line.
pub(super) fn case_number(text: &str) -> anyhow::Result<CaseNumber> {
    CaseNumber::parse(text)
        .ok_or_else(|| anyhow::anyhow!("\"{text}\" is no case number: they look like F413-2026-000123"))
}

fn as_json(case: &CaseDetail, compared: Option<&Comparison>) -> anyhow::Result<serde_json::Value> {
    let replies = case.replies.iter().map(|reply| {
        json!({
            "id": reply.id.0, "template": reply.template, "to": reply.to.expose(), "subject": reply.subject.expose(),
            "state": reply.state.as_str(), "attempts": reply.attempts, "answer": text(reply.answer.as_ref()),
            "attachments": reply.attachments,
        })
    });
    let events = case.events.iter().map(|event| {
        json!({ "at": event.at.to_string(), "kind": event.kind, "by": event.actor, "detail": event.detail })
    });
    Ok(json!({
        "number": case.row.number.to_string(),
        "received_at": case.row.received_at.to_string(),
        "decided_at": case.row.decided_at.to_string(),
        "state": case.row.state.told(case.row.dismissed),
        "linked": case.row.linked.as_ref().map(ToString::to_string),
        "linked_by": case.row.linked_by.map(LinkedBy::as_str),
        "compared": compared,
        "followed_by": case.followed_by.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rules_version": case.rules_version,
        "reader_version": case.reader_version,
        "registry_snapshot": case.registry_snapshot,
        "submission": serde_json::from_str::<serde_json::Value>(case.report.expose())?,
        "documents": case.documents,
        "not_answered_because": case.not_answered_because,
        "replies": replies.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "purged": case.purged.as_ref().map(|purged| {
            json!({ "at": purged.at.to_string(), "rule": purged.rule, "by": purged.by, "event": purged.event })
        }),
    }))
}

fn in_full(case: &CaseDetail, compared: Option<&Comparison>) -> String {
    let row = &case.row;
    let mut lines = vec![
        format!("{}  {} ({})", row.number, row.verdict.as_str(), row.state.told(row.dismissed)),
        format!("  received   {}", moment(row.received_at)),
    ];
    match &case.purged {
        Some(purged) => lines.push(format!("  {}", purged_on(purged))),
        None => lines.push(format!("  structure  {}", text(row.structure_name.as_ref()))),
    }
    let identifiers = [("FINESS", &row.finess), ("SIRET", &row.siret)];
    for (name, value) in identifiers {
        lines.extend(value.as_ref().map(|value| format!("  {name:9}  {value}")));
    }
    if let Some(number) = &row.linked {
        let by = match row.linked_by {
            Some(LinkedBy::Signatory) => "same structure and signatory",
            Some(LinkedBy::Thread) | None => "same thread",
        };
        lines.push(format!("  follows    {number} ({by}): {}", compare::in_short(compared)));
    }
    lines.extend(case.followed_by.iter().map(|number| format!("  followed   by {number}")));
    if let Some(head) = &case.head {
        lines.push(format!("  from       {}", head.from.as_ref().map_or("—", |from| from.address.expose())));
        lines.push(format!("  subject    {}", text(head.subject.as_ref())));
    }
    lines.push(format!("  documents  {} ({})", case.case_documents.join(", "), row.source));
    let snapshot = case.registry_snapshot.map_or_else(|| "none".to_owned(), |id| id.to_string());
    lines.push(format!(
        "  decided    {}, rules {}, registry snapshot {snapshot}",
        moment(row.decided_at),
        case.rules_version
    ));
    if !case.findings.is_empty() {
        lines.push("  findings".to_owned());
        let shown = |finding: &crate::store::RecordedFinding| {
            format!(
                "    {:7} {} {}\n            {}",
                finding.severity,
                finding.code,
                finding.field,
                finding.message.expose()
            )
        };
        lines.extend(case.findings.iter().map(shown));
    }
    lines.extend(case.not_answered_because.as_ref().map(|why| format!("  not answered because {why}")));
    for reply in &case.replies {
        let answer = text(reply.answer.as_ref());
        lines.push(format!(
            "  reply {}    {} to {}: {} {answer}",
            reply.id,
            reply.template.as_str(),
            reply.to.expose(),
            reply.state.as_str()
        ));
        lines.extend(reply.attachments.iter().map(|name| format!("             with {name}")));
    }
    lines.push("  events".to_owned());
    lines.extend(
        case.events.iter().map(|event| format!("    {}  {} ({})", moment(event.at), event.kind, event.actor)),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_told_by_its_shape() {
        let kinds = |words: &str| {
            filters(words, 5)
                .iter()
                .map(|f| match f {
                    CaseFilter { number: Some(_), .. } => "number",
                    CaseFilter { finess: Some(_), .. } => "finess",
                    CaseFilter { siret: Some(_), .. } => "siret",
                    CaseFilter { rpps_rang: Some(_), .. } => "rang",
                    CaseFilter { card: Some(_), .. } => "card",
                    _ => "text",
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds("f413-2026-000001"), ["number"]);
        assert_eq!(kinds("2A 013 9093"), ["finess", "text"]);
        assert_eq!(kinds("2400 223 307"), ["card", "text"]);
        assert_eq!(kinds("366 131 860 00004"), ["siret", "rang", "text"]);
        assert_eq!(kinds("Saint-Évroult"), ["text"]);
    }
}
