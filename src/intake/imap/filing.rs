//! Putting handled mails where people look for them. Filing never decides what is processed: the
//! cursor does; so an odd end here is reported, and never undone by force.

use super::exchange::Trouble;
use super::quoted;
use super::session::{Session, UIDS_AT_ONCE, sequence_set};
use super::settings::ImapSettings;
use crate::domain::mail::Outcome;
use crate::intake::mailbox::{Filing, FilingEnd, FilingMode};
use crate::intake::utf7;
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};
use std::collections::BTreeSet;

/// How a step of filing ended: `Err` when the connection is of no more use.
type Ended = Result<FilingEnd, FilingEnd>;

impl Session {
    /// Files each batch; `true` when the session can be used again.
    pub(super) async fn file(
        &mut self,
        settings: &ImapSettings,
        batches: &[(Outcome, Vec<u32>)],
    ) -> (Vec<Filing>, bool) {
        let mut filings = Vec::new();
        let mut in_step = true;
        for (outcome, uids) in batches {
            let uids: BTreeSet<u32> = uids.iter().copied().collect();
            let uids: Vec<u32> = uids.into_iter().collect();
            for some in uids.chunks(UIDS_AT_ONCE) {
                let end = if in_step {
                    let ended = self.file_some(settings, *outcome, some).await;
                    in_step = ended.is_ok();
                    ended.unwrap_or_else(|end| end)
                } else {
                    FilingEnd::Undone("the connection was lost before".into())
                };
                filings.extend(some.iter().map(|uid| Filing { uid: *uid, end: end.clone() }));
            }
        }
        (filings, in_step)
    }

    async fn file_some(&mut self, settings: &ImapSettings, outcome: Outcome, uids: &[u32]) -> Ended {
        let set = sequence_set(uids);
        match settings.filing {
            FilingMode::Nothing => Ok(FilingEnd::Done),
            FilingMode::Keyword => self.flag(&set, "$guichet").await,
            FilingMode::Flagged => self.flag(&set, "\\Flagged").await,
            FilingMode::Move if self.capabilities.r#move => {
                // what a broken MOVE has moved is gone from here: trying again does no harm
                let moved = self.put_into("UID MOVE", &set, settings.folders.of(outcome)).await;
                moved.map_or_else(|trouble| ended(trouble, FilingEnd::Undone), |()| Ok(FilingEnd::Done))
            }
            FilingMode::Move => self.copy_and_remove(&set, settings.folders.of(outcome)).await,
        }
    }

    async fn flag(&mut self, set: &str, flag: &str) -> Ended {
        if !self.keeps(flag) {
            return Ok(FilingEnd::Undone(format!("the folder does not keep {flag}")));
        }
        match self.exchange.do_it(&format!("UID STORE {set} +FLAGS.SILENT ({flag})")).await {
            Ok(_) => Ok(FilingEnd::Done),
            Err(trouble) => ended(trouble, FilingEnd::Undone),
        }
    }

    /// What MOVE stands for (RFC 6851 §3.3). Without UIDPLUS the mail stays, marked `\Deleted`: an
    /// EXPUNGE would also remove what somebody else has marked.
    async fn copy_and_remove(&mut self, set: &str, folder: &str) -> Ended {
        match self.put_into("UID COPY", set, folder).await {
            Ok(()) => {}
            // refused as a whole (RFC 3501 §6.4.7)
            Err(trouble @ Trouble::Refused { .. }) => return ended(trouble, FilingEnd::Undone),
            Err(trouble) => {
                return ended(trouble, |why| FilingEnd::Half(format!("while it was copied: {why}")));
            }
        }
        if let Err(trouble) = self.exchange.do_it(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)")).await
        {
            return ended(trouble, |why| FilingEnd::Half(format!("copied, not marked as deleted: {why}")));
        }
        if !self.capabilities.uidplus {
            return Ok(FilingEnd::Done);
        }
        match self.exchange.do_it(&format!("UID EXPUNGE {set}")).await {
            Ok(_) => Ok(FilingEnd::Done),
            Err(trouble) => ended(trouble, |why| FilingEnd::Half(format!("copied, not removed: {why}"))),
        }
    }

    /// MOVE or COPY, once more if the folder went missing.
    async fn put_into(&mut self, command: &str, set: &str, folder: &str) -> Result<(), Trouble> {
        let target = self.folder(folder).await?;
        match self.exchange.do_it(&format!("{command} {set} {}", quoted(&target))).await {
            Err(Trouble::Refused { text, try_create }) if try_create || text.contains("TRYCREATE") => {
                self.folders.remove(folder);
                let target = self.folder(folder).await?;
                self.exchange.do_it(&format!("{command} {set} {}", quoted(&target))).await?;
            }
            result => {
                result?;
            }
        }
        Ok(())
    }

    /// What the server calls this folder, in modified UTF-7; created when missing. Tried at the
    /// top, then under INBOX, where some servers keep all personal folders (RFC 2342; their
    /// NAMESPACE answer is one the parser does not know).
    pub(super) async fn folder(&mut self, name: &str) -> Result<String, Trouble> {
        if let Some(known) = self.folders.get(name) {
            return Ok(known.clone());
        }
        let mut names = vec![utf7::encode(name)];
        if let Some(delimiter) = self.delimiter().await? {
            let path = name.replace('/', &delimiter);
            let inbox = format!("INBOX{delimiter}");
            names = vec![utf7::encode(&path)];
            if !path.to_ascii_uppercase().starts_with(&inbox) {
                names.push(utf7::encode(&format!("{inbox}{path}")));
            }
        }
        let mut found = None;
        for candidate in &names {
            if self.exists(candidate).await? {
                found = Some(candidate.clone());
                break;
            }
        }
        let found = match found {
            Some(found) => found,
            None => self.create(&names).await?,
        };
        self.folders.insert(name.to_owned(), found.clone());
        Ok(found)
    }

    /// Makes the first of these folders that the server allows.
    async fn create(&mut self, names: &[String]) -> Result<String, Trouble> {
        let mut refused = None;
        for candidate in names {
            match self.exchange.do_it(&format!("CREATE {}", quoted(candidate))).await {
                Ok(_) => {}
                // another daemon was faster (RFC 5530)
                Err(Trouble::Refused { text, .. }) if text.contains("ALREADYEXISTS") => {}
                Err(trouble @ Trouble::Refused { .. }) => {
                    refused = refused.or(Some(trouble));
                    continue;
                }
                Err(trouble) => return Err(trouble),
            }
            // so that mail programs show it; without this it works as well
            match self.exchange.do_it(&format!("SUBSCRIBE {}", quoted(candidate))).await {
                Ok(_) | Err(Trouble::Refused { .. }) => {}
                Err(trouble) => return Err(trouble),
            }
            return Ok(candidate.clone());
        }
        Err(refused.unwrap_or_else(|| Trouble::Senseless("there is no folder name to create".into())))
    }

    /// The separator of levels; `None` when the server knows no levels.
    async fn delimiter(&mut self) -> Result<Option<String>, Trouble> {
        let mut found = None;
        self.exchange
            .run("LIST \"\" \"\"", &mut |response| {
                if let Response::MailboxData(MailboxDatum::List(folder)) = response {
                    // the parser leaves the escape of a quoted `\` in
                    found = folder.delimiter.as_deref().and_then(|text| text.chars().last());
                }
            })
            .await?;
        Ok(found.map(String::from))
    }

    /// Whether there is such a folder, for mails and not only for folders.
    async fn exists(&mut self, encoded: &str) -> Result<bool, Trouble> {
        let mut found = false;
        self.exchange
            .run(&format!("LIST \"\" {}", quoted(encoded)), &mut |response| {
                if let Response::MailboxData(MailboxDatum::List(folder)) = response {
                    let named = folder.name == encoded || quoted(encoded).trim_matches('"') == folder.name;
                    let unusable = folder.name_attributes.iter().any(|attribute| match attribute {
                        NameAttribute::NoSelect => true,
                        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
                        _ => false,
                    });
                    found |= named && !unusable;
                }
            })
            .await?;
        Ok(found)
    }
}

/// After a refusal the session goes on; after anything else it does not.
fn ended(trouble: Trouble, end: impl Fn(String) -> FilingEnd) -> Ended {
    match trouble {
        Trouble::Refused { text, .. } => Ok(end(text)),
        lost => Err(end(lost.to_string())),
    }
}
