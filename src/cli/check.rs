//! `guichet check FILE…`: examine files as the daemon would; nothing is sent, nothing recorded.

use super::{complain, crops, repaired, say};
use crate::clock::{Clock as _, SystemClock, paris_day};
use crate::config::Config;
use crate::daemon::mime_settings;
use crate::domain::case::{Judged, Opened};
use crate::domain::mail::{MailHead, MailKind};
use crate::domain::policy::Policy;
use crate::domain::rules;
use crate::fault::Fault;
use crate::intake::mime::MimeSettings;
use crate::pipeline::{Ground, examine, this_code};
use crate::registry::Registry;
use crate::reply::letters::Letters;
use crate::report::{Explained, Input, Reply, Report, explain, french};
use crate::sandbox::{Job, JobKind, Sandbox, SandboxSettings, unreadable};
use crate::store::Store;
use anyhow::Context as _;
use clap::Args;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files to examine: .pdf, .eml, pictures; recognised by content
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one guichet.report/1 line per file instead of a readable report
    #[arg(long)]
    json: bool,
    /// Print besides why: every rule applied, on what it looked, and what came of it
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Use the four CSV files of this folder as the registry, for this run only
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// The day of reception, for the date checks (default: today in Paris)
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Write a picture of the place of each answer into this folder: SUBMISSION-POINTER.png, the
    /// submission counted from 1 and the JSON pointer of the report's evidence with - for /, such as
    /// 1-structure-finess.png; index.json tells which is which. Of several files, each has a folder
    /// of its name in it
    #[arg(long, value_name = "DIR")]
    crops: Option<PathBuf>,
    /// Write the form as it would go back to its requester, repaired, where it is rejected and can be
    /// mended: to this file, or, of several files, into this folder
    #[arg(long, value_name = "PATH")]
    repaired: Option<PathBuf>,
    /// Configuration file; without it the defaults apply and, unless --registry is given, no
    /// registry answers
    #[arg(long, short, env = "GUICHET_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What examining a file needs; the same for all files.
struct Bench {
    sandbox: Sandbox,
    registry: Option<Registry>,
    letters: Letters,
    policy: Policy,
    day: Date,
    max_age: SignedDuration,
}

/// What is written besides the report of a file.
struct Beside {
    /// A folder.
    crops: Option<PathBuf>,
    /// A file.
    repaired: Option<PathBuf>,
}

/// What came of a file.
struct Examination {
    report: Report,
    /// Of each submission.
    explained: Vec<Explained>,
    /// What of it could not be written besides.
    troubles: Vec<String>,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let bench = self.bench().await?;
        let bench_of_all = &bench;
        let progress = progress_bar(self.files.len());
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        // one more than the cores: while a child reads, another file is loaded and judged
        let folders = match &self.crops {
            Some(folder) => crops::folders(folder, &self.files)?.into_iter().map(Some).collect(),
            None => vec![None; self.files.len()],
        };
        let copies = match &self.repaired {
            Some(path) => repaired::targets(path, &self.files)?.into_iter().map(Some).collect(),
            None => vec![None; self.files.len()],
        };
        let beside = folders.into_iter().zip(copies).map(|(crops, repaired)| Beside { crops, repaired });
        let mut reports = futures_util::stream::iter(self.files.iter().zip(beside))
            .map(|(file, beside)| async move { (file, bench_of_all.examine_file(file, &beside).await) })
            .buffered(cores + 1);
        let mut failed = false;
        while let Some((file, report)) = reports.next().await {
            match report {
                Ok(Examination { report, explained, troubles }) => {
                    for trouble in troubles {
                        failed = true;
                        progress.suspend(|| complain(&format!("guichet: {}: {trouble}", file.display())));
                    }
                    let mut shown = if self.json { report.line() } else { french(&report) };
                    if self.explain {
                        shown.extend(explained.iter().map(|one| format!("\n{}", explain(one))));
                    }
                    progress.suspend(|| say(&shown));
                }
                Err(error) => {
                    failed = true;
                    progress.suspend(|| complain(&format!("guichet: {}: {error:#}", file.display())));
                }
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn bench(&self) -> anyhow::Result<Bench> {
        let config = match &self.config {
            Some(path) => {
                Some(Config::load(path).with_context(|| format!("configuration {}", path.display()))?)
            }
            None => None,
        };
        let now = SystemClock.now();
        let registry = match (&self.registry, &config) {
            (Some(folder), _) => Some(super::registry::for_one_run(folder, now).await?),
            (None, Some(config)) => {
                Some(Registry::new(Store::open(&config.store.url).await?.database().clone()))
            }
            (None, None) => None,
        };
        let sandbox = config.as_ref().map(Config::sandbox).transpose()?.unwrap_or_default();
        let mime = config.as_ref().map(mime_settings).transpose()?.unwrap_or_else(MimeSettings::default);
        // enough children in waiting to keep every core busy; none that a last file leaves waiting alone
        let others = self.files.len().saturating_sub(1);
        let spares = std::thread::available_parallelism().map_or(2, usize::from).min(others);
        Ok(Bench {
            sandbox: Sandbox::new(SandboxSettings { spares, ..sandbox }, mime)?,
            registry,
            letters: Letters::new(&config.as_ref().map(|config| config.letters.clone()).unwrap_or_default())?,
            policy: config.as_ref().map(Config::policy).unwrap_or_default(),
            day: self.as_of.unwrap_or_else(|| paris_day(now)),
            // a registry given for this run is as fresh as the run
            max_age: config
                .filter(|_| self.registry.is_none())
                .map_or(SignedDuration::MAX, |config| config.registry.max_age.signed()),
        })
    }
}

impl Bench {
    /// Examines a file.
    async fn examine_file(&self, file: &Path, beside: &Beside) -> anyhow::Result<Examination> {
        let bytes = tokio::fs::read(file).await?;
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let kind = if is_mail(file, &bytes) { JobKind::Mail } else { JobKind::Document };
        let job = Job { kind, name: &name, bytes: &bytes };
        let opened = match self.sandbox.open(job).await {
            Ok(opened) => opened,
            Err(crate::sandbox::Unopened::Ended(ended)) => {
                tracing::warn!(%ended, "a file could not be opened within the limits");
                Opened { mail: None, documents: vec![], readings: vec![unreadable(&name)] }
            }
            Err(crate::sandbox::Unopened::Fault(fault)) => return Err(fault.into()),
        };
        let head = opened.mail.clone();
        let submission = head.as_ref().is_none_or(|head| head.kind == MailKind::Submission);
        let readings = if submission { opened.readings } else { vec![] };
        let ground = Ground {
            registry: self.registry.as_ref(),
            policy: &self.policy,
            day: self.day,
            now: SystemClock.now(),
            max_age: self.max_age,
            snapshot: None,
        };
        let sender = head.as_ref().map(rules::mail::sender);
        let examined = examine(readings, &opened.documents, sender.as_slice(), ground).await;
        let judged = examined.judged;
        let replies = self.replies(head.as_ref(), &judged)?;
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let input = Input { name: file.display().to_string(), sha256 };
        let mut troubles = match &beside.crops {
            Some(folder) => {
                crops::write(folder, &self.sandbox, job, &input, &opened.documents, &judged).await?
            }
            None => Vec::new(),
        };
        if let Some(target) = &beside.repaired {
            let forms = (judged.as_slice(), examined.readings.as_slice());
            troubles.extend(repaired::write(target, &self.sandbox, job, forms, &self.policy).await?);
        }
        let names: Vec<String> = opened.documents.iter().map(|document| document.name.clone()).collect();
        let explained = judged.iter().map(|one| Explained::new(one, &names, this_code())).collect();
        Ok(Examination { report: Report::new(input, head.as_ref(), &judged, replies), explained, troubles })
    }

    /// What the daemon would answer; nobody, where the input is a document.
    fn replies(&self, head: Option<&MailHead>, judged: &[Judged]) -> Result<Vec<Reply>, Fault> {
        let Some(head) = head else { return Ok(vec![]) };
        let kinds: Vec<_> = judged.iter().map(|one| one.verdict.kind()).collect();
        let planned = self.letters.plan(head, &kinds, &[])?;
        let reply = planned.map(|planned| Reply {
            template: planned.template,
            to: planned.to.address.expose().to_owned(),
            subject: planned.subject,
        });
        Ok(reply.into_iter().collect())
    }
}

/// Mails end in `.eml`; without such a name, they begin with a header line (RFC 5322 §2.2).
fn is_mail(file: &Path, bytes: &[u8]) -> bool {
    let ending = file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    match ending.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("eml" | "mail") => true,
        Some(_) => false,
        None => {
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            name.len() < line.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
        }
    }
}

fn progress_bar(files: usize) -> ProgressBar {
    if files < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}
