//! Trying the mailbox for real: what `guichet doctor` says of it.

use super::session::Session;
use super::settings::ImapSettings;
use super::{Learned, exchange::Trouble};
use crate::domain::mail::Outcome;
use crate::fault::{Check, Retry};
use crate::intake::mailbox::FilingMode;

/// Connects, logs in, looks at the folder, and makes sure that there is a folder for each outcome
/// (missing ones are created, as the daemon would). Touches no mail.
pub async fn examine(settings: &ImapSettings) -> Vec<Check> {
    let mut checks = Vec::new();
    let what = format!("IMAP login at {}:{}", settings.host, settings.port());
    let mut session = match Session::open(settings, &mut Learned::default()).await {
        Ok(session) => session,
        Err(fault) => {
            let to_do = match fault.retry {
                Retry::Never => "Check host, port, tls, ca, user and auth under [mailbox].",
                Retry::Later => "Check that the server runs and that this machine reaches it.",
            };
            return vec![Check::failed(what, fault.to_string(), to_do)];
        }
    };
    let has = |yes: bool, name: &str, instead: &str| {
        if yes { name.to_owned() } else { format!("no {name} ({instead})") }
    };
    let can = session.capabilities;
    let says = [
        has(can.idle, "IDLE", "the folder is polled"),
        has(can.r#move, "MOVE", "mails are copied and removed"),
        has(can.uidplus, "UIDPLUS", "copied mails stay, marked as deleted"),
    ];
    checks.push(Check::passed(what, says.join(", ")));

    let what = format!("IMAP folder {}", settings.folder);
    match look_into(&mut session, &settings.folder).await {
        Ok(count) => checks.push(Check::passed(what, format!("{count} mails"))),
        Err(trouble) => {
            checks.push(Check::failed(what, trouble.to_string(), "Check folder under [mailbox]."));
            return checks;
        }
    }
    match settings.filing {
        FilingMode::Move => {
            for outcome in Outcome::ALL {
                let name = settings.folders.of(outcome);
                let what = format!("IMAP folder {name}");
                match session.folder(name).await {
                    Ok(called) => checks.push(Check::passed(what, format!("there, as {called}"))),
                    Err(trouble) => {
                        let to_do = "Create it by hand, or name another under [mailbox.folders].";
                        let lost = !matches!(trouble, Trouble::Refused { .. });
                        checks.push(Check::failed(what, trouble.to_string(), to_do));
                        if lost {
                            return checks;
                        }
                    }
                }
            }
        }
        FilingMode::Keyword => checks.push(kept(&session, "$guichet")),
        FilingMode::Flagged => checks.push(kept(&session, "\\Flagged")),
        FilingMode::Nothing => {}
    }
    // the checks are done: how the server takes the good-bye does not matter
    let _ = session.exchange.send("LOGOUT").await;
    checks
}

async fn look_into(session: &mut Session, folder: &str) -> Result<u32, Trouble> {
    session.select(folder).await?;
    Ok(session.exchange.exists())
}

fn kept(session: &Session, flag: &str) -> Check {
    let what = format!("IMAP flag {flag}");
    if session.keeps(flag) {
        Check::passed(what, "kept by the folder")
    } else {
        let to_do = "Choose another filing under [mailbox], or give the account write access.";
        Check::failed(what, "the folder does not keep it", to_do)
    }
}
