//! `guichet shadow` and `guichet cases decided`: what staff decided beside guichet, and how far they agree.

use super::cases::case_number;
use super::operator::Operator;
use super::{ConfigFile, complain, csv, say};
use crate::clock::{Clock as _, SystemClock, paris};
use crate::domain::agreement::Agreement;
use crate::domain::case::CaseNumber;
use crate::domain::finding::Code;
use crate::store::{NotRecorded, StaffVerdict, Store, VerdictFilter};
use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum ShadowCommand {
    /// How far guichet and staff agree, by verdict and by rule
    Report(Report),
    /// Record what staff decided, from a CSV file
    Import(Import),
}

/// What staff decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Verdict {
    Accepted,
    Rejected,
}

#[derive(Debug, Args)]
pub(super) struct Decided {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    /// What staff decided
    verdict: Verdict,
    /// The rules that were the reasons, by their codes (missing, expired, `contract_missing` …)
    #[arg(long, value_name = "CODE", num_args = 1.., value_parser = code)]
    because: Vec<Code>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    config: ConfigFile,
    /// Cases received on this day (Paris) or later
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Cases received on this day or earlier
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV (`;`, with a header row): one row for each rule
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    config: ConfigFile,
    /// CSV with a header row, `;` or `,` between columns: `number` (or `message_id`, of a mail with one
    /// case), `verdict` (accepted or rejected), `codes` (with spaces between), `by` (where it is empty:
    /// who you are)
    file: PathBuf,
    #[command(flatten)]
    operator: Operator,
}

fn code(text: &str) -> Result<Code, String> {
    Code::parse(text).ok_or_else(|| {
        let known = Code::ALL.map(Code::as_str).join(", ");
        format!("no rule has this code; there are: {known}")
    })
}

impl ShadowCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Report(report) => report.run().await,
            Self::Import(import) => import.run().await,
        }
    }
}

impl Decided {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let verdict = StaffVerdict {
            case: case_number(&self.number)?,
            accepted: self.verdict == Verdict::Accepted,
            codes: self.because.into_iter().collect(),
            by: self.operator.name(),
        };
        match self
            .config
            .store()
            .await?
            .staff_decided(std::slice::from_ref(&verdict), SystemClock.now())
            .await
        {
            Ok(()) => {
                say(&format!("recorded for {}", verdict.case));
                Ok(ExitCode::SUCCESS)
            }
            Err(NotRecorded::NoSuchCase(number)) => {
                complain(&format!("there is no case {number}"));
                Ok(ExitCode::from(3))
            }
            Err(NotRecorded::Fault(fault)) => Err(fault.into()),
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let shown = self.file.display();
        let text = std::fs::read_to_string(&self.file).with_context(|| format!("reading {shown}"))?;
        let store = self.config.store().await?;
        let (verdicts, wrong) = self.read(&store, &text).await?;
        if !wrong.is_empty() {
            for line in &wrong {
                complain(line);
            }
            anyhow::bail!("{shown}: {} lines are wrong, nothing was recorded", wrong.len());
        }
        store.staff_decided(&verdicts, SystemClock.now()).await?;
        say(&format!("{} decisions of staff recorded", verdicts.len()));
        Ok(ExitCode::SUCCESS)
    }

    /// Every row, and what is wrong with those that cannot be taken.
    async fn read(&self, store: &Store, text: &str) -> anyhow::Result<(Vec<StaffVerdict>, Vec<String>)> {
        let header = text.lines().next().unwrap_or_default();
        let delimiter = if header.contains(';') { b';' } else { b',' };
        let mut reader = ::csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(::csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
        let names = reader.headers()?.clone();
        let column = |name: &str| names.iter().position(|one| one.eq_ignore_ascii_case(name));
        let (number, mail) = (column("number"), column("message_id"));
        let verdict = column("verdict").context("there is no column \"verdict\"")?;
        anyhow::ensure!(number.or(mail).is_some(), "there is no column \"number\", nor \"message_id\"");
        let (codes, by) = (column("codes"), column("by"));
        let (mut verdicts, mut wrong) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, ::csv::Position::line);
            let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
            let case = one_case(store, cell(number), cell(mail)).await?;
            let row = case.and_then(|case| {
                let by = Some(cell(by)).filter(|by| !by.is_empty()).map(str::to_owned);
                Ok(StaffVerdict {
                    case,
                    accepted: accepted(cell(Some(verdict)))?,
                    codes: some_codes(cell(codes))?,
                    by: by.unwrap_or_else(|| self.operator.name()),
                })
            });
            match row {
                Ok(row) => verdicts.push(row),
                Err(why) => wrong.push(format!("line {line}: {why}")),
            }
        }
        Ok((verdicts, wrong))
    }
}

/// The case that a row is about.
async fn one_case(store: &Store, number: &str, mail: &str) -> anyhow::Result<Result<CaseNumber, String>> {
    if !number.is_empty() {
        let Ok(number) = case_number(number) else {
            return Ok(Err(format!("\"{number}\" is no case number")));
        };
        let there = store.case(&number).await?.is_some();
        return Ok(if there { Ok(number) } else { Err(format!("there is no case {number}")) });
    }
    let bare = mail.trim_start_matches('<').trim_end_matches('>');
    let cases = store.cases_of_mail(bare).await?;
    Ok(match cases.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!("no case came with the mail \"{bare}\"")),
        several => Err(format!("{} cases came with this mail: name the one by its number", several.len())),
    })
}

fn accepted(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "accepted" => Ok(true),
        "rejected" => Ok(false),
        _ => Err(format!("the verdict is accepted or rejected, not \"{text}\"")),
    }
}

fn some_codes(text: &str) -> Result<BTreeSet<Code>, String> {
    text.split([' ', ',', '|']).filter(|word| !word.is_empty()).map(code).collect()
}

impl Report {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let begins = |day: Date| -> anyhow::Result<Timestamp> { Ok(day.to_zoned(paris())?.timestamp()) };
        let after = |day: Date| -> anyhow::Result<Timestamp> { begins(day.checked_add(1.day())?) };
        let filter = VerdictFilter {
            from: self.from.map(begins).transpose()?,
            before: self.to.map(after).transpose()?,
        };
        let agreement = Agreement::of(&self.config.store().await?.decided_by_both(filter).await?);
        if self.json {
            say(&serde_json::to_string(&agreement)?);
        } else if self.csv {
            let rows = agreement.rules.iter().map(|(code, counts)| {
                let counts = [counts.both, counts.only_guichet, counts.only_staff];
                std::iter::once(code.to_string()).chain(counts.map(|count| count.to_string())).collect()
            });
            say(&csv::table(&["rule", "both", "only_guichet", "only_staff"], rows)?);
        } else {
            say(&in_words(&agreement));
        }
        if agreement.cases == 0 {
            complain("staff decided no case yet: `cases decided`, `shadow import`");
            return Ok(ExitCode::from(3));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(agreement: &Agreement) -> String {
    let Agreement { cases, same, left_to_a_person, wrongly_accepted, wrongly_rejected, rules } = agreement;
    let mut lines = vec![format!(
        "{cases} cases decided by staff too: {same} the same, {left_to_a_person} left to a person by guichet"
    )];
    for (what, numbers) in [
        ("accepted by guichet, rejected by staff", wrongly_accepted),
        ("rejected by guichet, accepted by staff", wrongly_rejected),
    ] {
        let named = if numbers.is_empty() { String::new() } else { format!(": {}", numbers.join(", ")) };
        lines.push(format!("  {what}: {}{named}", numbers.len()));
    }
    let row = |cells: [&str; 4]| super::columns(&cells.map(str::to_owned), &[24, 6, 13, 10]);
    if !rules.is_empty() {
        lines.push(row(["rule", "both", "only guichet", "only staff"]));
    }
    lines.extend(rules.iter().map(|(code, counts)| {
        let [both, guichet, staff] =
            [counts.both, counts.only_guichet, counts.only_staff].map(|count| count.to_string());
        row([code.as_str(), &both, &guichet, &staff])
    }));
    lines.join("\n")
}
