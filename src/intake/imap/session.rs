//! A logged-in session: selecting, listing, fetching.

use super::exchange::{Exchange, Trouble};
use super::settings::ImapSettings;
use super::{Capabilities, Learned, fault, folder_argument, login};
use crate::domain::mail::Cursor;
use crate::fault::Fault;
use crate::intake::mailbox::{Arrival, Body, Fetched};
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode};
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use std::collections::{BTreeMap, BTreeSet};

/// UIDs in one command: keeps its line under the 8,000 characters every server takes (RFC 7162 §4).
pub(super) const UIDS_AT_ONCE: usize = 500;
/// How much of a mail's header is asked for.
const HEAD_BYTES: u32 = 256 * 1024;

/// A connection after login.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) exchange: Exchange,
    pub(super) capabilities: Capabilities,
    selected: Option<Selected>,
    /// Names of outcome folders, as configured, to what the server calls them, in modified UTF-7.
    pub(super) folders: BTreeMap<String, String>,
    /// Whether the last list found mails: then the first IDLE is a short one.
    pub(super) moving: bool,
}

#[derive(Debug, Clone, Default)]
struct Selected {
    uidvalidity: u32,
    /// Flags that are kept (PERMANENTFLAGS); `None`: the server did not say, so all (RFC 3501 §7.1).
    kept_flags: Option<Vec<String>>,
}

impl Session {
    pub(super) async fn open(settings: &ImapSettings, learned: &mut Learned) -> Result<Self, Fault> {
        let doing = || format!("asking {} what it can do", settings.host);
        let (mut exchange, said) = login::open(settings).await?;
        let capabilities = match (said, learned.capabilities) {
            (Some(said), _) => Capabilities::from(said.as_slice()),
            (None, Some(learned)) => learned,
            (None, None) => match login::ask(&mut exchange).await {
                Ok(capabilities) => capabilities,
                // two spaces in a row are enough to stop the parser (rustmailer/bichon#221): make
                // out what we can, and do not ask on the next connection
                Err(Trouble::Unreadable(line)) => {
                    let words: Vec<_> = line
                        .to_ascii_uppercase()
                        .split(|c: char| c.is_whitespace() || c == '\\')
                        .map(str::to_owned)
                        .collect();
                    let made_out = Capabilities::from(words.as_slice());
                    learned.capabilities = Some(made_out);
                    exchange = login::open(settings).await?.0;
                    made_out
                }
                Err(trouble) => return Err(fault(doing(), trouble)),
            },
        };
        Ok(Self { exchange, capabilities, selected: None, folders: BTreeMap::new(), moving: false })
    }

    /// UIDVALIDITY of the selected folder.
    pub(super) fn selected(&self) -> Option<u32> {
        self.selected.as_ref().map(|selected| selected.uidvalidity)
    }

    /// Whether the folder keeps this flag or keyword.
    pub(super) fn keeps(&self, flag: &str) -> bool {
        let kept = self.selected.as_ref().and_then(|selected| selected.kept_flags.as_ref());
        kept.is_none_or(|kept| {
            kept.iter().any(|one| one.eq_ignore_ascii_case(flag) || (one == "\\*" && !flag.starts_with('\\')))
        })
    }

    /// Selects the folder anew (which also makes the server look at it anew). Gives its UIDVALIDITY.
    pub(super) async fn select(&mut self, folder: &str) -> Result<u32, Trouble> {
        self.selected = None;
        self.exchange.forget_folder();
        let (mut uidvalidity, mut sticky, mut kept_flags) = (None, true, None);
        let select = format!("SELECT {}", folder_argument(folder));
        let success = self
            .exchange
            .run(&select, &mut |response| {
                if let Response::Data { outcome, .. } = response {
                    match &outcome.code {
                        Some(ResponseCode::UidValidity(value)) => uidvalidity = Some(*value),
                        Some(ResponseCode::PermanentFlags(flags)) => {
                            kept_flags = Some(flags.iter().map(ToString::to_string).collect());
                        }
                        Some(ResponseCode::UidNotSticky) => sticky = false,
                        _ => {}
                    }
                }
            })
            .await?;
        if success.read_only {
            kept_flags = Some(Vec::new());
        }
        let Some(uidvalidity) = uidvalidity.filter(|_| sticky) else {
            return Err(Trouble::Senseless("the folder has no lasting UIDs".into()));
        };
        self.selected = Some(Selected { uidvalidity, kept_flags });
        Ok(uidvalidity)
    }

    /// Selects the folder anew and gives its UIDVALIDITY and the UIDs above the cursor, ascending.
    pub(super) async fn list(
        &mut self,
        folder: &str,
        after: Option<Cursor>,
    ) -> Result<(u32, Vec<u32>), Trouble> {
        let uidvalidity = self.select(folder).await?;
        // what is announced from here on may not be in the list
        self.exchange.forget_news();
        let last = after.filter(|cursor| cursor.uidvalidity == uidvalidity).map_or(0, |cursor| cursor.uid);
        let Some(first) = last.checked_add(1) else { return Ok((uidvalidity, Vec::new())) };

        // `n:*` always names the last mail too, even when its UID is below n (RFC 3501 §6.4.8)
        let mut uids = self.present(&format!("{first}:*")).await?;
        uids.retain(|uid| *uid >= first);
        if last == 0 && uids.is_empty() && self.exchange.exists() > 0 {
            return Err(Trouble::Senseless(format!("it found none of {} mails", self.exchange.exists())));
        }
        Ok((uidvalidity, uids.into_iter().collect()))
    }

    /// Which UIDs of a set are in the folder.
    async fn present(&mut self, set: &str) -> Result<BTreeSet<u32>, Trouble> {
        let mut found = BTreeSet::new();
        // no CHARSET, no RETURN, no MODSEQ: BADCHARSET (paperless-ng#548), and the parser's limits
        self.exchange
            .run(&format!("UID SEARCH UID {set}"), &mut |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    found.extend(uids);
                }
            })
            .await?;
        Ok(found)
    }

    /// Sizes and, where `dated`, dates, in the order of `uids`; without those that are gone meanwhile.
    pub(super) async fn describe(&mut self, uids: &[u32], dated: bool) -> Result<Vec<Arrival>, Trouble> {
        let mut seen = BTreeMap::new();
        let items = if dated { "UID RFC822.SIZE INTERNALDATE" } else { "UID RFC822.SIZE" };
        let command = format!("UID FETCH {} ({items})", sequence_set(uids));
        self.exchange
            .run(&command, &mut |response| {
                let Response::Fetch(_, attributes) = response else { return };
                let (mut uid, mut size, mut date) = (None, None, None);
                for attribute in attributes {
                    match attribute {
                        AttributeValue::Uid(value) => uid = Some(*value),
                        AttributeValue::Rfc822Size(value) => size = Some(u64::from(*value)),
                        AttributeValue::InternalDate(text) => date = internal_date(text),
                        _ => {}
                    }
                }
                if let (Some(uid), Some(size)) = (uid, size) {
                    seen.insert(uid, Arrival { uid, size, received_at: date });
                }
            })
            .await?;
        let silent: Vec<u32> = uids.iter().copied().filter(|uid| !seen.contains_key(uid)).collect();
        self.are_gone(&silent).await?;
        Ok(uids.iter().filter_map(|uid| seen.remove(uid)).collect())
    }

    /// Mails that an answer said nothing of have to be gone; if not, the answer had a hole.
    async fn are_gone(&mut self, silent: &[u32]) -> Result<(), Trouble> {
        if silent.is_empty() {
            return Ok(());
        }
        match self.present(&sequence_set(silent)).await?.into_iter().find(|uid| silent.contains(uid)) {
            Some(uid) => Err(Trouble::Senseless(format!("it said nothing of the mail with UID {uid}"))),
            None => Ok(()),
        }
    }

    pub(super) async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, Trouble> {
        let uids: BTreeSet<u32> = uids.iter().copied().collect();
        let uids: Vec<u32> = uids.into_iter().collect();
        let mut fetched = Vec::with_capacity(uids.len());
        for some in uids.chunks(UIDS_AT_ONCE) {
            match self.fetch_some(some, "BODY.PEEK[]").await {
                // one mail it cannot hand out must not hold up the others: ask for each alone
                Err(Trouble::Refused { .. }) => {
                    for uid in some {
                        let body = self.fetch_one(*uid, "BODY.PEEK[]").await?;
                        fetched.push(Fetched { uid: *uid, body });
                    }
                }
                result => fetched.extend(result?),
            }
        }
        Ok(fetched)
    }

    pub(super) async fn fetch_head(&mut self, uid: u32) -> Result<Body, Trouble> {
        self.fetch_one(uid, &format!("BODY.PEEK[HEADER]<0.{HEAD_BYTES}>")).await
    }

    async fn fetch_one(&mut self, uid: u32, item: &str) -> Result<Body, Trouble> {
        match self.fetch_some(&[uid], item).await {
            Err(Trouble::Refused { text, .. }) => Ok(Body::Withheld(text)),
            result => Ok(result?.pop().map_or(Body::Gone, |one| one.body)),
        }
    }

    /// One FETCH, whose answer accounts for each UID.
    async fn fetch_some(&mut self, uids: &[u32], item: &str) -> Result<Vec<Fetched>, Trouble> {
        let mut seen: BTreeMap<u32, Option<Vec<u8>>> = BTreeMap::new();
        let command = format!("UID FETCH {} (UID {item})", sequence_set(uids));
        self.exchange
            .run(&command, &mut |response| {
                let Response::Fetch(_, attributes) = response else { return };
                let uid = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::Uid(uid) => Some(*uid),
                    _ => None,
                });
                let body = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::BodySection { data, .. } => Some(data),
                    _ => None,
                });
                // an answer without a body tells of another client's change of flags
                if let (Some(uid), Some(body)) = (uid, body) {
                    let kept = seen.entry(uid).or_default();
                    if kept.is_none() {
                        *kept = body.as_deref().map(<[u8]>::to_vec);
                    }
                }
            })
            .await?;
        let without: Vec<u32> =
            uids.iter().copied().filter(|uid| !matches!(seen.get(uid), Some(Some(_)))).collect();
        let present =
            if without.is_empty() { BTreeSet::new() } else { self.present(&sequence_set(&without)).await? };
        let mut fetched = Vec::with_capacity(uids.len());
        for uid in uids {
            let body = match seen.remove(uid) {
                Some(Some(bytes)) => Body::Whole(bytes),
                _ if !present.contains(uid) => Body::Gone,
                Some(None) => Body::Withheld("the server gives no content for it".into()),
                None => {
                    return Err(Trouble::Senseless(format!("it said nothing of the mail with UID {uid}")));
                }
            };
            fetched.push(Fetched { uid: *uid, body });
        }
        Ok(fetched)
    }
}

/// `1:3,7`: ascending UIDs as a command's argument.
pub(super) fn sequence_set(uids: &[u32]) -> String {
    uids.chunk_by(|one, next| one.checked_add(1) == Some(*next))
        .filter_map(|run| match run {
            [] => None,
            [one] => Some(one.to_string()),
            [first, .., last] => Some(format!("{first}:{last}")),
        })
        .collect::<Vec<_>>()
        .join(",")
}

/// `17-Jul-1996 02:44:25 -0700`, the day perhaps with a space in front (RFC 3501 §9, date-time).
fn internal_date(text: &str) -> Option<Timestamp> {
    BrokenDownTime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_uids_are_written_as_ranges() {
        assert_eq!(sequence_set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(sequence_set(&[4_294_967_295]), "4294967295");
        assert_eq!(sequence_set(&[]), "");
    }

    #[test]
    fn the_day_of_reception_is_read_with_its_zone() {
        let read = |text| internal_date(text).map(|at| at.to_string());
        assert_eq!(read("17-Jul-1996 02:44:25 -0700").as_deref(), Some("1996-07-17T09:44:25Z"));
        assert_eq!(read(" 1-Nov-2026 23:59:59 +0100").as_deref(), Some("2026-11-01T22:59:59Z"));
        for odd in ["yesterday", "", "31-Feb-2026 10:00:00 +0100", "1-Nov-2026 10:00:00"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
