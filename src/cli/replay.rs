//! `guichet replay`: past cases decided again, and what would change.

use super::cases::case_number;
use super::{ConfigFile, complain, csv, say};
use crate::clock::{SystemClock, paris};
use crate::config::Config;
use crate::daemon::{line_settings, mime_settings};
use crate::database::Database;
use crate::domain::finding::Finding;
use crate::pipeline::{Again, Against, Line, Replayed};
use crate::registry::Registry;
use crate::reply::letters::Letters;
use crate::report::Comparison;
use crate::sandbox::{Sandbox, SandboxSettings};
use crate::store::{PastFilter, Store};
use clap::Args;
use futures_util::StreamExt as _;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Replay {
    #[command(flatten)]
    config: ConfigFile,
    /// Case numbers, as in F413-2026-000123
    #[arg(required_unless_present_any = ["all", "from", "to"], conflicts_with = "all")]
    numbers: Vec<String>,
    /// Every case
    #[arg(long)]
    all: bool,
    /// Those received on this day (Paris) or later
    #[arg(long, value_name = "DATE", conflicts_with = "all")]
    from: Option<Date>,
    /// Those received on this day or earlier
    #[arg(long, value_name = "DATE", conflicts_with = "all")]
    to: Option<Date>,
    /// Against the registry that is current now
    #[arg(long, conflicts_with = "registry_then")]
    registry_now: bool,
    /// Against the registry that each case was decided with (the default)
    #[arg(long)]
    registry_then: bool,
    /// Print one JSON object per case that would change or cannot be replayed, and one of the summary
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV (`;`, with a header row): one row for each difference
    #[arg(long)]
    csv: bool,
}

/// What is counted over all cases.
#[derive(Debug, Default, serde::Serialize)]
struct Summary {
    cases: usize,
    same: usize,
    different: usize,
    not_replayed: usize,
    /// Submissions that are found now and were not then.
    more_submissions: usize,
    /// `accepted → rejected`: cases whose verdict would change.
    verdicts: BTreeMap<String, usize>,
    /// By rule.
    rules: BTreeMap<&'static str, RuleCounts>,
    /// By box: answers read differently.
    answers: BTreeMap<String, usize>,
}

#[derive(Debug, Default, serde::Serialize)]
struct RuleCounts {
    added: usize,
    removed: usize,
    changed: usize,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let filter = self.filter()?;
        let config = self.config.load()?;
        let line = line(&config).await?;
        let against = if self.registry_now { Against::RegistryNow } else { Against::RegistryThen };
        let messages = line.store.past(&filter).await?;
        let wide = processors() + 1;
        let mut replays = futures_util::stream::iter(&messages)
            .map(|message| line.replay(*message, against))
            .buffered(wide);
        let mut summary = Summary::default();
        let mut rows = Vec::new();
        while let Some(replay) = replays.next().await {
            let (cases, more) = replay?;
            summary.more_submissions += more;
            for case in cases.iter().filter(|case| asked(&filter, case)) {
                summary.add(case);
                self.print(case, &mut rows);
            }
        }
        drop(replays);
        line.store.close().await;
        if self.csv {
            say(&csv::table(&HEADER, rows)?);
        } else if self.json {
            say(&json!({ "summary": summary }).to_string());
        } else {
            say(&summary.shown());
        }
        if summary.cases == 0 {
            complain("no case");
            return Ok(ExitCode::from(3));
        }
        Ok(if summary.not_replayed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn filter(&self) -> anyhow::Result<PastFilter> {
        let begins = |day: Date| -> anyhow::Result<Timestamp> { Ok(day.to_zoned(paris())?.timestamp()) };
        let after = |day: Date| -> anyhow::Result<Timestamp> { begins(day.checked_add(1.day())?) };
        Ok(PastFilter {
            numbers: self.numbers.iter().map(|text| case_number(text)).collect::<Result<_, _>>()?,
            from: self.from.map(begins).transpose()?,
            before: self.to.map(after).transpose()?,
        })
    }

    fn print(&self, case: &Replayed, rows: &mut Vec<Vec<String>>) {
        if self.csv {
            rows.extend(csv_rows(case));
        } else if self.json {
            if let Some(shown) = as_json(case) {
                say(&shown.to_string());
            }
        } else if let Some(shown) = in_words(case) {
            say(&shown);
        }
    }
}

/// A mail is decided as a whole; of its cases only those asked for are told.
fn asked(filter: &PastFilter, case: &Replayed) -> bool {
    filter.numbers.is_empty() || filter.numbers.contains(&case.number)
}

/// The line over a database that refuses every write.
async fn line(config: &Config) -> anyhow::Result<Line> {
    let database = Database::open_to_read(&config.store.url).await?;
    let sandbox = SandboxSettings { spares: processors(), ..config.sandbox()? };
    Ok(Line {
        registry: Registry::new(database.clone()),
        store: Store::new(database),
        sandbox: Sandbox::new(sandbox, mime_settings(config)?)?,
        letters: Letters::new(&config.letters)?,
        clock: Arc::new(SystemClock),
        settings: line_settings(config),
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl Summary {
    fn add(&mut self, case: &Replayed) {
        self.cases += 1;
        let comparison = match &case.end {
            Again::NotReplayed(_) => {
                self.not_replayed += 1;
                return;
            }
            Again::NoSubmission => {
                self.different += 1;
                *self.verdicts.entry("→ no submission".to_owned()).or_default() += 1;
                return;
            }
            Again::Judged(comparison) if comparison.is_same() => {
                self.same += 1;
                return;
            }
            Again::Judged(comparison) => comparison,
        };
        self.different += 1;
        if comparison.before != comparison.after {
            let change = format!("{} → {}", comparison.before.as_str(), comparison.after.as_str());
            *self.verdicts.entry(change).or_default() += 1;
        }
        for finding in &comparison.new {
            self.rules.entry(finding.code.as_str()).or_default().added += 1;
        }
        for finding in &comparison.gone {
            self.rules.entry(finding.code.as_str()).or_default().removed += 1;
        }
        for changed in &comparison.changed {
            self.rules.entry(changed.after.code.as_str()).or_default().changed += 1;
        }
        for answer in &comparison.answers {
            *self.answers.entry(answer.field.clone()).or_default() += 1;
        }
    }

    fn shown(&self) -> String {
        let mut lines = vec![format!(
            "{} cases decided again: {} the same, {} different, {} could not be replayed",
            self.cases, self.same, self.different, self.not_replayed
        )];
        if self.more_submissions > 0 {
            lines.push(format!("  submissions found that were not then: {}", self.more_submissions));
        }
        lines.extend(self.verdicts.iter().map(|(change, count)| format!("  verdict {change}: {count}")));
        lines.extend(self.rules.iter().map(|(rule, counts)| {
            let RuleCounts { added, removed, changed } = counts;
            format!("  rule {rule}: {added} added, {removed} removed, {changed} changed")
        }));
        lines
            .extend(self.answers.iter().map(|(field, count)| format!("  read differently {field}: {count}")));
        lines.join("\n")
    }
}

fn told(finding: &Finding) -> String {
    format!("{} {} {}", finding.severity.as_str(), finding.code, finding.field)
}

fn in_words(case: &Replayed) -> Option<String> {
    let comparison = match &case.end {
        Again::NotReplayed(why) => return Some(format!("{}  cannot be replayed: {why}", case.number)),
        Again::NoSubmission => return Some(format!("{}  → no submission", case.number)),
        Again::Judged(comparison) if comparison.is_same() => return None,
        Again::Judged(comparison) => comparison,
    };
    let verdict = if comparison.before == comparison.after {
        comparison.after.as_str().to_owned()
    } else {
        format!("{} → {}", comparison.before.as_str(), comparison.after.as_str())
    };
    let mut lines = vec![format!("{}  {verdict}", case.number)];
    let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
    lines.extend(comparison.answers.iter().map(|answer| {
        format!("    {}: {} → {}", answer.field, or_nothing(&answer.before), or_nothing(&answer.after))
    }));
    lines.extend(comparison.gone.iter().map(|finding| format!("    - {}", told(finding))));
    lines.extend(comparison.new.iter().map(|finding| format!("    + {}", told(finding))));
    lines.extend(comparison.changed.iter().map(|one| {
        if one.before.severity == one.after.severity {
            format!("    ~ {} (in other words)", told(&one.after))
        } else {
            format!("    ~ {} (was {})", told(&one.after), one.before.severity.as_str())
        }
    }));
    Some(lines.join("\n"))
}

fn as_json(case: &Replayed) -> Option<serde_json::Value> {
    let mut shown = json!({
        "number": case.number.to_string(),
        "rules_version": case.rules_version,
        "reader_version": case.reader_version,
    });
    let (key, value) = match &case.end {
        Again::NotReplayed(why) => ("not_replayed", json!(why)),
        Again::NoSubmission => ("no_submission", json!(true)),
        Again::Judged(comparison) if comparison.is_same() => return None,
        Again::Judged(comparison) => ("changes", json!(comparison)),
    };
    shown.as_object_mut()?.insert(key.to_owned(), value);
    Some(shown)
}

const HEADER: [&str; 5] = ["number", "what", "where", "before", "after"];

fn csv_rows(case: &Replayed) -> Vec<Vec<String>> {
    let row = |what: &str, place: &str, before: &str, after: &str| {
        [case.number.to_string().as_str(), what, place, before, after].map(str::to_owned).to_vec()
    };
    match &case.end {
        Again::NotReplayed(why) => vec![row("not_replayed", "", "", why)],
        Again::NoSubmission => vec![row("no_submission", "", "", "")],
        Again::Judged(comparison) => differences(comparison, row),
    }
}

fn differences(
    comparison: &Comparison,
    row: impl Fn(&str, &str, &str, &str) -> Vec<String>,
) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if comparison.before != comparison.after {
        rows.push(row("verdict", "", comparison.before.as_str(), comparison.after.as_str()));
    }
    for answer in &comparison.answers {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        rows.push(row("answer", &answer.field, &text(&answer.before), &text(&answer.after)));
    }
    for finding in &comparison.gone {
        rows.push(row(finding.code.as_str(), &finding.field.pointer(), finding.severity.as_str(), ""));
    }
    for finding in &comparison.new {
        rows.push(row(finding.code.as_str(), &finding.field.pointer(), "", finding.severity.as_str()));
    }
    for one in &comparison.changed {
        let (before, after) = (one.before.severity.as_str(), one.after.severity.as_str());
        rows.push(row(one.after.code.as_str(), &one.after.field.pointer(), before, after));
    }
    rows
}
