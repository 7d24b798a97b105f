//! `guichet audit export`: one case in one archive that can be checked without guichet.

use super::super::operator::Operator;
use super::super::{ConfigFile, complain, say};
use crate::audit::archive;
use crate::clock::{Clock as _, SystemClock};
use crate::daemon::mime_settings;
use crate::domain::case::CaseNumber;
use crate::sandbox::{Job, JobKind, Sandbox, SandboxSettings};
use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
The archive holds the mail, its documents, the report, the letters with the relay's answers, the events
and their place in the chain, and how to check all of it with sha256sum and Python 3 (LISEZMOI.txt).
FILE.sha256 is written beside it. The export is itself an event, with the archive's SHA-256.")]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    config: ConfigFile,
    /// Case number, as in F413-2026-000123
    number: String,
    /// The archive to write (ZIP); not overwritten
    #[arg(long, value_name = "FILE.zip")]
    to: PathBuf,
    #[command(flatten)]
    operator: Operator,
}

impl Export {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let Some(number) = CaseNumber::parse(&self.number) else {
            anyhow::bail!("\"{}\" is no case number: they look like F413-2026-000123", self.number);
        };
        anyhow::ensure!(!self.to.exists(), "{} is there already", self.to.display());
        let config = self.config.load()?;
        let store = self.config.store().await?;
        let Some(mut archive) = archive::gather(store.database(), &number.to_string()).await? else {
            complain(&format!("there is no case {number}"));
            return Ok(ExitCode::from(3));
        };
        if let Some(mail) = archive.mail.clone() {
            let settings = SandboxSettings { spares: 1, ..config.sandbox()? };
            let sandbox = Sandbox::new(settings, mime_settings(&config)?)?;
            let opened = sandbox.documents(Job { kind: JobKind::Mail, name: "", bytes: &mail }).await;
            let missing = archive.add_documents(opened.unwrap_or_else(|why| {
                complain(&format!("the documents could not be taken out of the mail: {why}"));
                Vec::new()
            }));
            for name in missing {
                complain(&format!("left out of documents/ (it is in message.eml): {name}"));
            }
        }
        let head = archive.head.clone();
        let now = SystemClock.now();
        let folder =
            self.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let draft = tempfile::NamedTempFile::new_in(folder)
            .with_context(|| format!("writing in {}", folder.display()))?;
        archive.write(std::io::BufWriter::new(draft.as_file()), now)?;
        draft.as_file().sync_all()?;
        let sha256: String =
            Sha256::digest(std::fs::read(draft.path())?).iter().map(|b| format!("{b:02x}")).collect();
        // on record before it can be taken away
        let more = json!({ "archive_sha256": sha256, "head": head.to_string() });
        self.operator.looks(&store, "audit export", std::slice::from_ref(&number), more).await?;
        draft.persist_noclobber(&self.to).with_context(|| format!("writing {}", self.to.display()))?;
        let name = self.to.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut beside = self.to.clone().into_os_string();
        beside.push(".sha256");
        std::fs::write(&beside, format!("{sha256}  {name}\n"))?;
        say(&format!("{}  SHA-256 {sha256}", self.to.display()));
        say(&format!("the chain up to its head {head}"));
        Ok(ExitCode::SUCCESS)
    }
}
