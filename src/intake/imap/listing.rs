//! The list of what is new, with sizes and dates. The parser stumbles over the whole answer where the
//! server has no date for one mail (`INTERNALDATE NIL`): that mail is found and taken without a date,
//! so that it holds up no other.

use super::session::{Session, UIDS_AT_ONCE};
use super::{ImapMailbox, Trouble, fault};
use crate::domain::mail::Cursor;
use crate::fault::Fault;
use crate::intake::mailbox::Arrivals;

/// How many connections one list may cost in the search for mails without a readable date: two such
/// mails among [`UIDS_AT_ONCE`] are found by halving.
const MOST_CONNECTIONS: u32 = 20;

impl ImapMailbox {
    pub(super) async fn list(&mut self, after: Option<Cursor>) -> Result<Arrivals, Fault> {
        let mut session = self.session().await?;
        let (uidvalidity, uids) =
            session.list(&self.settings.folder, after).await.map_err(|trouble| self.unlisted(trouble))?;
        let mut mails = Vec::with_capacity(uids.len());
        let (mut rest, mut at_once, mut spent) = (uids.as_slice(), UIDS_AT_ONCE, 0);
        while let Some((some, others)) = rest.split_at_checked(at_once.min(rest.len()).max(1)) {
            let described = match session.describe(some, spent < MOST_CONNECTIONS).await {
                Err(Trouble::Unreadable(_)) if spent < MOST_CONNECTIONS => {
                    spent += 1;
                    session = self.again(uidvalidity).await?;
                    if some.len() > 1 {
                        at_once = some.len() / 2;
                        continue;
                    }
                    session.describe(some, false).await
                }
                answer => answer,
            };
            mails.extend(described.map_err(|trouble| self.unlisted(trouble))?);
            (rest, at_once) = (others, UIDS_AT_ONCE);
        }
        session.moving = !mails.is_empty();
        self.session = Some(session);
        Ok(Arrivals { uidvalidity, mails })
    }

    /// A new connection, on which the UIDs at hand still name the same mails.
    async fn again(&mut self, uidvalidity: u32) -> Result<Session, Fault> {
        self.session_in("listing mails again", Some(uidvalidity)).await
    }

    fn unlisted(&self, trouble: Trouble) -> Fault {
        fault(format!("listing {}", self.settings.folder), trouble)
    }
}
