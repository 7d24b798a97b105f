//! `guichet doctor`: each dependency tried for real; for each failure, what to do.

use super::{ConfigFile, say};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, MailboxSettings, TransportSettings};
use crate::daemon::{mime_settings, paper_deciders};
use crate::database::Database;
use crate::fault::Check;
use crate::intake::imap;
use crate::openid::Provider;
use crate::registry::Registry;
use crate::reply::letters::Letters;
use crate::reply::smtp::{Smtp, SmtpSettings};
use crate::sandbox::escape::Tried;
use crate::sandbox::{InForce, Job, JobKind, Protection, Sandbox, Unopened};
use crate::store::Store;
use clap::Args;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    config: ConfigFile,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(error) => {
                let to_do = "Correct the file; config/guichet.toml is a complete example.";
                return Ok(print(&[Check::failed("configuration", format!("{error:#}"), to_do)]));
            }
        };
        let mut checks = vec![Check::passed("configuration", "sound")];
        checks.extend(mailbox(&config).await);
        checks.extend(transport(&config).await);
        checks.extend(database(&config).await);
        checks.push(match Letters::new(&config.letters) {
            Ok(_) => Check::passed("letters", "every template fills"),
            Err(fault) => {
                Check::failed("letters", fault.to_string(), "Correct the file in letters.directory.")
            }
        });
        if let Some((openid, address)) = config.desk.openid.clone().zip(config.desk.address.as_deref()) {
            checks.push(Provider::new(openid, address).examine(SystemClock.now()).await);
        }
        checks.extend(sandbox(&config).await);
        checks.push(paper(&config).await);
        Ok(print(&checks))
    }
}

fn print(checks: &[Check]) -> ExitCode {
    for check in checks {
        match &check.result {
            Ok(says) => say(&format!("  ok    {}: {says}", check.what)),
            Err(remedy) => {
                say(&format!("  FAIL  {}: {}", check.what, remedy.why));
                say(&format!("        → {}", remedy.to_do));
            }
        }
    }
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    say(&match failed {
        0 => "Everything works.".to_owned(),
        1 => "1 thing needs attention.".to_owned(),
        n => format!("{n} things need attention."),
    });
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn mailbox(config: &Config) -> Vec<Check> {
    match &config.mailbox {
        None => vec![Check::passed("mailbox", "none: no mail is taken in here")],
        Some(MailboxSettings::Imap(settings)) => imap::examine(settings).await,
        Some(MailboxSettings::Folder(settings)) => {
            let what = format!("Maildir {}", settings.path.display());
            vec![writable(&what, &settings.path, "Check mailbox.path and who owns it.")]
        }
    }
}

/// Bytes for which there has to be room: a mail with its documents, and its answer.
const ROOM: usize = 1 << 20;

/// A file is really written: permissions alone do not say whether the disk is full.
fn writable(what: &str, folder: &Path, to_do: &str) -> Check {
    let write = |mut file: File| file.write_all(&vec![0x5a; ROOM]).and_then(|()| file.sync_all());
    let tried = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder)).and_then(write);
    match tried {
        Ok(()) => Check::passed(what, "can be written to"),
        Err(error) => Check::failed(what, error.to_string(), to_do),
    }
}

async fn transport(config: &Config) -> Vec<Check> {
    match &config.transport {
        None => vec![Check::passed("transport", "none: no letter is sent from here")],
        Some(TransportSettings::Smtp(settings)) => relay(settings).await,
        Some(TransportSettings::Folder(settings)) => {
            let what = format!("folder for replies {}", settings.path.display());
            vec![writable(&what, &settings.path, "Check transport.path and who owns it.")]
        }
    }
}

async fn relay(settings: &SmtpSettings) -> Vec<Check> {
    let what = format!("SMTP {}:{}", settings.host, settings.port());
    let to_do = "Check host, port, tls, ca, user, password_file and dkim under [transport].";
    let smtp = match Smtp::new(settings.clone()) {
        Ok(smtp) => smtp,
        Err(fault) => return vec![Check::failed(what, fault.to_string(), to_do)],
    };
    let answers = match smtp.probe().await {
        Ok(probe) => {
            let line = if probe.encrypted { "encrypted" } else { "NOT encrypted" };
            let login = if probe.logged_in { "logged in" } else { "no login" };
            Check::passed(what, format!("{} answers, {line}, {login}", probe.relay))
        }
        Err(fault) => Check::failed(what, fault.to_string(), to_do),
    };
    // nobody is asked whether it is there: the machine may reach no DNS but the relay's
    let signed = match smtp.signing() {
        None => Check::passed("DKIM", "no key is set: letters leave unsigned, unless the relay signs them"),
        Some(signing) => Check::passed(
            "DKIM",
            format!(
                "letters are signed ({}); to be published, if it is not yet: {} TXT {}",
                signing.algorithm, signing.name, signing.record
            ),
        ),
    };
    vec![answers, signed]
}

async fn database(config: &Config) -> Vec<Check> {
    let database = match Database::open(&config.store.url).await {
        Ok(database) => database,
        Err(fault) => {
            let to_do = "Check store.url, that the folder or server is there, and its permissions.";
            return vec![Check::failed("database", fault.to_string(), to_do)];
        }
    };
    let store = Store::new(database.clone());
    let mut checks = Vec::new();
    let to_do = "Check free disk space and permissions; the message says what the database answers.";
    match store.ping().await {
        Ok(()) => checks.push(Check::passed("database", "answers and can be written to")),
        Err(fault) => checks.push(Check::failed("database", fault.to_string(), to_do)),
    }
    // a write that is taken back needs no room, a commit does
    match database.file().await {
        Ok(Some(file)) => {
            let to_do =
                "Free some space there: until then mails stay where they are, and nothing is answered.";
            let folder = file.parent().unwrap_or(Path::new("/"));
            checks.push(writable("disk of the database", folder, to_do));
        }
        Ok(None) => {}
        Err(fault) => checks.push(Check::failed("disk of the database", fault.to_string(), to_do)),
    }
    match store.ledger().await {
        Ok(ledger) if ledger.balances() => {
            let says = format!("{} messages, each in exactly one place", ledger.messages);
            checks.push(Check::passed("ledger", says));
            let stuck = ledger.replies_unknown + ledger.replies_refused + ledger.parked;
            if stuck > 0 {
                let why = format!(
                    "{} replies whose end is unknown, {} refused, {} parked messages",
                    ledger.replies_unknown, ledger.replies_refused, ledger.parked
                );
                let to_do = "Look at `guichet replies list --state unknown` and `--state refused`.";
                checks.push(Check::failed("waiting for a person", why, to_do));
            }
        }
        Ok(ledger) => {
            let why = format!("{} messages are in no place or in several", ledger.misplaced);
            checks.push(Check::failed("ledger", why, "Stop the daemon and have the database looked at."));
        }
        Err(fault) => checks.push(Check::failed("ledger", fault.to_string(), to_do)),
    }
    checks.push(registry(config, Registry::new(database)).await);
    checks
}

async fn registry(config: &Config, registry: Registry) -> Check {
    let to_do = "Run `guichet registry import DIR` with fresh files; until then no form is accepted or rejected on it.";
    let snapshot = match registry.current().await {
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => return Check::failed("registry", "nothing was ever loaded", to_do),
        Err(fault) => return Check::failed("registry", fault.to_string(), to_do),
    };
    let now = SystemClock.now();
    let unanswered = snapshot.unanswered(now, config.registry.max_age.signed());
    if !unanswered.is_empty() {
        return Check::failed("registry", unanswered.join("; "), to_do);
    }
    let oldest = snapshot.oldest().map_or(now, |feed| feed.loaded_at);
    let hours = now.duration_since(oldest).as_hours();
    Check::passed("registry", format!("each feed was loaded within the last {} hours", hours + 1))
}

/// A small mail goes through a real child; then children try to get out.
async fn sandbox(config: &Config) -> Vec<Check> {
    let to_do =
        "Check [sandbox]: the caps may be too small for this machine, or processes cannot be started.";
    let tried = async {
        let sandbox = Sandbox::new((&config.sandbox).into(), mime_settings(config)?)?;
        let bytes = b"From: doctor@localhost\r\nSubject: doctor\r\n\r\nhello\r\n";
        sandbox.open(Job { kind: JobKind::Mail, name: "doctor.eml", bytes }).await?;
        Ok::<_, Unopened>((sandbox.in_force().await?, sandbox.try_ways_out().await?))
    };
    let (in_force, ways) = match tried.await {
        Ok(found) => found,
        Err(unopened) => return vec![Check::failed("sandbox", unopened.to_string(), to_do)],
    };
    let mut checks = vec![Check::passed("sandbox", "a child opened a mail within its caps")];
    checks.extend(Protection::ALL.map(|lock| protection(lock, in_force)));
    checks.extend(ways.into_iter().map(|(way, tried)| {
        let what = format!("sandbox, a child that tries to {}", way.name().replace('-', " "));
        match tried {
            Tried::Refused(how) => Check::passed(what, how),
            Tried::Open => Check::failed(what, "nothing stopped it", NEWER_KERNEL),
        }
    }));
    checks
}

const NEWER_KERNEL: &str = "The limits hold all the same. Use a Linux from 5.13 on, with Landlock and seccomp \
                            switched on and not forbidden by the container; sandbox.require makes them a condition.";

fn protection(lock: Protection, in_force: InForce) -> Check {
    let (what, says) = match lock {
        Protection::Landlock => {
            let parts = match in_force.landlock {
                Some(1..=3) => "no files",
                Some(4 | 5) => "no files, no TCP",
                Some(_) | None => "no files, no TCP, no signals to others",
            };
            let version = in_force.landlock.unwrap_or_default();
            ("sandbox, Landlock", format!("in force: {parts} (version {version})"))
        }
        Protection::Seccomp => {
            ("sandbox, seccomp", "in force: no system call but those that reading takes".to_owned())
        }
    };
    if in_force.has(lock) {
        Check::passed(what, says)
    } else {
        Check::failed(what, "not in force", NEWER_KERNEL)
    }
}

/// Without the engine paper goes to a person; the daemon runs on.
async fn paper(config: &Config) -> Check {
    const TO_DO: &str = "Install it: apt install tesseract-ocr tesseract-ocr-fra. Until then the daemon runs on, and \
                         every scan, fax or photograph goes to a person (low_confidence).";
    let wide = match paper_deciders(config) {
        1 => "one message at a time".to_owned(),
        n => format!("{n} messages at a time"),
    };
    let failed = |why: &str| Check::failed("paper", format!("{why} ({wide} otherwise)"), TO_DO);
    let (Some(version), Some(listed)) = (tesseract("--version").await, tesseract("--list-langs").await)
    else {
        return failed("tesseract does not run");
    };
    let has = |wanted: &str| listed.lines().any(|line| line.trim() == wanted);
    match (has("fra"), has("eng")) {
        (true, true) => {
            let version = version.lines().next().unwrap_or("tesseract").trim();
            Check::passed("paper", format!("{version} with French (fra) and English (eng); {wide}"))
        }
        (false, _) => failed("tesseract has no French data (fra)"),
        (true, false) => failed("tesseract has no English data (eng)"),
    }
}

/// What the engine says of itself, in its cage.
async fn tesseract(argument: &str) -> Option<String> {
    let mut command = tokio::process::Command::new("/proc/self/exe");
    let tried = command.args(["recognise", argument]).env_clear().kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(10), tried).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
