//! After the decision: the mail goes to the folder of its outcome on the server. Nothing depends
//! on it; a mail that cannot be filed stays where it is and is never processed again for that.

use super::Line;
use crate::domain::mail::Outcome;
use crate::fault::Fault;
use crate::intake::mailbox::{FilingEnd, Mailbox};
use crate::store::ToFile;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Mails filed together: Dovecot reads a Maildir anew for each command.
const BATCH: u32 = 200;
/// So long a batch stays in one worker's hands: longer than a server takes over each command of it.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// After a failure, the time to the next attempt doubles from here …
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// … up to here.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

impl Line {
    /// Files one batch; returns how many mails were looked at (0: nothing to file).
    pub async fn file_away(&self, worker: &str, mailbox: &mut dyn Mailbox) -> Result<usize, Fault> {
        let name = &self.settings.mailbox;
        let Some(cursor) = self.store.cursor(name).await? else { return Ok(0) };
        let folder = (name.as_str(), cursor.uidvalidity);
        let due = self.store.claim_to_file(worker, folder, self.now(), LEASE, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut batches: BTreeMap<Outcome, Vec<u32>> = BTreeMap::new();
        for mail in &due {
            batches.entry(mail.outcome).or_default().push(mail.uid);
        }
        let batches: Vec<_> = batches.into_iter().collect();
        let ends = match mailbox.file(cursor.uidvalidity, &batches).await {
            Ok(ends) => ends,
            Err(fault) => {
                self.store.leave_to_file(&due, self.now()).await?;
                return Err(fault);
            }
        };
        let mut ends: BTreeMap<u32, FilingEnd> = ends.into_iter().map(|one| (one.uid, one.end)).collect();
        let mut filed = Vec::new();
        for mail in due.iter().copied() {
            match ends.remove(&mail.uid) {
                Some(FilingEnd::Done) => filed.push(mail),
                Some(FilingEnd::Undone(why)) => self.file_later(&mail, &why).await?,
                Some(FilingEnd::Half(why)) => {
                    tracing::warn!(
                        uid = mail.uid,
                        why,
                        "a mail may stand in two folders: a person has to look"
                    );
                    self.store.filing_failed(&mail, &why, None).await?;
                }
                None => self.file_later(&mail, "the server did not say what became of it").await?,
            }
        }
        self.store.filed(&filed, self.now()).await?;
        Ok(due.len())
    }

    async fn file_later(&self, mail: &ToFile, why: &str) -> Result<(), Fault> {
        tracing::warn!(uid = mail.uid, why, "a mail was not filed, it will be tried again");
        let wait = (FIRST_WAIT * (1_i32 << mail.attempts.min(10))).min(LONGEST_WAIT);
        let retry_at = self.now().saturating_add(wait).unwrap_or(jiff::Timestamp::MAX);
        self.store.filing_failed(mail, why, Some(retry_at)).await
    }
}
