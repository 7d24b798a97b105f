//! `guichet demo`: the real daemon over sample mails, in a folder of its own. No mail server, no
//! database server, no configuration.

mod desk;

use super::{columns, say};
use crate::config::Config;
use crate::daemon::{Daemon, Roles};
use crate::domain::case::VerdictKind;
use crate::domain::form::Masked;
use crate::domain::mail::MailKind;
use crate::domain::units::Span;
use crate::registry::{Imported, Options};
use crate::store::{CaseFilter, Ledger, ReplyFilter, Store, TakenIn};
use anyhow::Context as _;
use clap::Args;
use include_dir::{Dir, include_dir};
use jiff::{SignedDuration, Timestamp, civil};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::watch;

static MAILS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/mails/demo");
static REGISTRY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/registry");

/// The sample forms are dated around this day; the mails arrived on it, so that the demo shows
/// the same whenever it is run.
const DAY: civil::DateTime = civil::datetime(2026, 11, 22, 9, 0, 0, 0);
/// All sample mails are answered within seconds; a demo that takes longer is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Folder to work in (default: a new temporary one); run again on the same folder to see that
    /// nothing is answered twice
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How long the desk stays open with nobody looking at it; "0 s": it is not opened
    /// [default: until Ctrl-C; "1 min" where the output is no terminal]
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    desk: Option<Span>,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let folder = match self.dir {
            Some(folder) => folder,
            None => tempfile::Builder::new().prefix("guichet-demo-").tempdir()?.keep(),
        };
        std::fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        let config = Config::parse(&configuration(&folder))?;
        std::fs::write(folder.join("guichet.toml"), configuration(&folder))?;
        let filled = fill_mailbox(&folder)?;
        let daemon = Daemon::new(config, Roles::ALL).await?;
        import_registry(&daemon, &folder).await?;
        let before = daemon.line.store.ledger().await?;
        let (stop, stopped) = watch::channel(false);
        let shown = async {
            tokio::time::timeout(PATIENCE, all_done(&daemon, filled, &before))
                .await
                .context("the demo is stuck")??;
            tell(&daemon, &folder, filled, &before).await?;
            desk::open(&daemon, self.desk.map(|span| span.0)).await?;
            stop.send_replace(true);
            Ok::<_, anyhow::Error>(())
        };
        tokio::try_join!(async { daemon.run(stopped).await.map_err(anyhow::Error::from) }, shown)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What became of the mails, and where it lies.
async fn tell(daemon: &Daemon, folder: &Path, filled: usize, before: &Ledger) -> anyhow::Result<()> {
    let after = daemon.line.store.ledger().await?;
    print(&daemon.line.store).await?;
    let (new, sent) = (after.messages - before.messages, after.replies_sent - before.replies_sent);
    say("");
    say(&format!("{filled} mails in the mailbox, {new} of them new; {sent} replies sent in this run."));
    if new == 0 {
        say("Every mail was known already: nothing was decided or answered a second time.");
    }
    let shown = folder.display();
    say("");
    say(&format!("  replies   {shown}/replies"));
    say(&format!("  mailbox   {shown}/mailbox (handled mails lie in its folders)"));
    say(&format!("  database  {shown}/guichet.db"));
    say(&format!("  cases     guichet cases list --config {shown}/guichet.toml"));
    say(&format!("  again     guichet demo --dir {shown}"));
    Ok(())
}

fn configuration(folder: &Path) -> String {
    let path = |name: &str| toml::Value::String(folder.join(name).display().to_string()).to_string();
    let url = toml::Value::String(format!("sqlite:{}", folder.join("guichet.db").display()));
    format!(
        "[mailbox]\nkind = \"folder\"\npath = {}\n\n[transport]\nkind = \"folder\"\npath = {}\n\n[store]\nurl = {url}\n\n\
         [identity]\nfrom = \"monserviclient.certificats@guichet.example\"\nfrom_name = \"ANS - certificats logiciels (démonstration)\"\n\n\
         [replies]\nreceipt_after = \"0 s\"\n",
        path("mailbox"),
        path("replies"),
    )
}

/// Puts every sample mail into the Maildir as if it had just been delivered; returns how many.
fn fill_mailbox(folder: &Path) -> anyhow::Result<usize> {
    let mailbox = folder.join("mailbox");
    for part in ["tmp", "new", "cur"] {
        std::fs::create_dir_all(mailbox.join(part))?;
    }
    let mut mails: Vec<_> = MAILS.files().filter(|file| has_ending(file.path(), "eml")).collect();
    mails.sort_by_key(|file| file.path());
    let first: Timestamp = DAY.to_zoned(crate::clock::paris())?.timestamp();
    for (n, mail) in (0_i64..).zip(&mails) {
        let arrived = first.checked_add(SignedDuration::from_mins(7 * n))?;
        let stem = mail.path().file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}.M{n}P1.{stem}", arrived.as_second());
        let draft = mailbox.join("tmp").join(&name);
        std::fs::write(&draft, mail.contents())?;
        std::fs::File::options().write(true).open(&draft)?.set_modified(arrived.into())?;
        std::fs::rename(draft, mailbox.join("new").join(name))?;
    }
    Ok(mails.len())
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

async fn import_registry(daemon: &Daemon, folder: &Path) -> anyhow::Result<Option<Imported>> {
    if daemon.line.registry.current().await?.is_some() {
        return Ok(None);
    }
    let files = folder.join("registry");
    std::fs::create_dir_all(&files)?;
    REGISTRY.extract(&files).context("unpacking the sample registry")?;
    let now = daemon.line.clock.now();
    match daemon.line.registry.import_dir(&files, &Options::default(), now, |_| {}).await {
        Ok(imported) => Ok(Some(imported)),
        Err(why) => Err(why).context("the sample registry"),
    }
}

/// Waits until every mail was seen, decided, answered and filed.
async fn all_done(daemon: &Daemon, mails: usize, before: &Ledger) -> anyhow::Result<()> {
    let goal = before.messages + before.copies + i64::try_from(mails)?;
    loop {
        let ledger = daemon.line.store.ledger().await?;
        let seen = ledger.messages + ledger.copies;
        let idle = ledger.waiting + ledger.replies_due + ledger.replies_sending + ledger.to_file == 0;
        if seen >= goal && idle {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Mail, what was read, verdict, why, reply.
async fn print(store: &Store) -> anyhow::Result<()> {
    const WIDTHS: [usize; 5] = [40, 16, 10, 52, 12];
    let header = ["mail", "case", "verdict", "why", "reply"].map(str::to_owned);
    say(&columns(&header, &WIDTHS));
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in store.cases(&CaseFilter::default()).await?.into_iter().rev() {
        cases.entry(row.message).or_default().push(row);
    }
    let mut replies = BTreeMap::new();
    for reply in store.replies(&ReplyFilter::default()).await? {
        replies.insert(reply.message, format!("{} {}", reply.template.as_str(), reply.state.as_str()));
    }
    for message in store.taken_in(1000).await? {
        let subject = message
            .head
            .as_ref()
            .and_then(|head| head.subject.as_ref())
            .map_or("—", Masked::expose)
            .to_owned();
        let reply = replies.remove(&message.id).unwrap_or_else(|| "none".to_owned());
        let of_message = cases.remove(&message.id).unwrap_or_default();
        if of_message.is_empty() {
            let (verdict, why) = without_case(&message);
            say(&columns(&[subject, "—".into(), verdict, why, reply], &WIDTHS));
            continue;
        }
        for (n, row) in of_message.iter().enumerate() {
            let why = match store.case(&row.number).await? {
                Some(case) if !case.findings.is_empty() => {
                    let codes: Vec<_> =
                        case.findings.iter().map(|one| format!("{} {}", one.code, one.field)).collect();
                    codes.join(", ")
                }
                Some(_) | None => row.structure_name.as_ref().map_or("", Masked::expose).to_owned(),
            };
            let verdict = match row.verdict {
                VerdictKind::Accepted => "accepted",
                VerdictKind::Review => "review",
                VerdictKind::Rejected => "rejected",
            };
            let first = n == 0;
            let cells = [
                if first { subject.clone() } else { String::new() },
                row.number.to_string(),
                verdict.to_owned(),
                why,
                if first { reply.clone() } else { String::new() },
            ];
            say(&columns(&cells, &WIDTHS));
        }
    }
    Ok(())
}

fn without_case(message: &TakenIn) -> (String, String) {
    let kind = message.head.as_ref().map(|head| head.kind);
    let because = message.because.clone().unwrap_or_default();
    match kind {
        Some(MailKind::Automatic) => ("automatic".to_owned(), because),
        Some(MailKind::Question) => ("question".to_owned(), "a person wrote, without a form".to_owned()),
        Some(MailKind::Submission) => ("copy".to_owned(), "the same form came before".to_owned()),
        None => ("parked".to_owned(), because),
    }
}
