//! Leg 1: from the mailbox into the inbox. Bytes and cursor move in one commit; nothing on the
//! server is touched.

use super::Line;
use crate::fault::Fault;
use crate::intake::mailbox::{Arrival, Body, Mailbox};
use crate::store::{Arrived, Kept, NewMail};
use std::collections::BTreeMap;

/// Mails fetched and committed together: few enough to be flat in memory, many enough to be fast.
const BATCH: usize = 64;
/// Bytes fetched together.
const BATCH_BYTES: u64 = 8 << 20;

impl Line {
    /// Takes in everything above the cursor, oldest first, and tells after each commit that there
    /// is something to decide. Returns how many messages are new.
    pub async fn take_in(&self, mailbox: &mut dyn Mailbox, tell: &(dyn Fn() + Sync)) -> Result<usize, Fault> {
        let name = &self.settings.mailbox;
        let arrivals = mailbox.arrivals(self.store.cursor(name).await?).await?;
        let mut new = 0;
        let mut rest = arrivals.mails.as_slice();
        while let Some(batch) = next_batch(&mut rest) {
            let mails = self.fetch(mailbox, batch).await?;
            let kept = self.store.keep(name, arrivals.uidvalidity, &mails, self.now()).await?;
            let fresh = kept.iter().filter(|kept| matches!(kept, Kept::New(_))).count();
            tracing::info!(mails = kept.len(), new = fresh, "mail kept");
            new += fresh;
            tell();
        }
        Ok(new)
    }

    async fn fetch(&self, mailbox: &mut dyn Mailbox, batch: &[Arrival]) -> Result<Vec<NewMail>, Fault> {
        let (small, large): (Vec<&Arrival>, Vec<&Arrival>) =
            batch.iter().partition(|arrival| arrival.size <= self.settings.max_mail);
        let uids: Vec<_> = small.iter().map(|arrival| arrival.uid).collect();
        let mut found: BTreeMap<u32, Arrived> = BTreeMap::new();
        if !uids.is_empty() {
            for mail in mailbox.fetch(&uids).await? {
                found.insert(mail.uid, whole(mail.body));
            }
        }
        for arrival in large {
            let arrived = match mailbox.fetch_head(arrival.uid).await? {
                Body::Whole(head) => Arrived::HeadOnly { head, size: arrival.size },
                Body::Gone => Arrived::Gone,
                Body::Withheld(why) => Arrived::Withheld(why),
            };
            found.insert(arrival.uid, arrived);
        }
        let place = |arrival: &Arrival| {
            let arrived = found
                .remove(&arrival.uid)
                .ok_or_else(|| Fault::later("fetching mail", "a mail asked for was not answered"))?;
            Ok(NewMail { uid: arrival.uid, received_at: arrival.received_at, arrived })
        };
        batch.iter().map(place).collect()
    }
}

fn whole(body: Body) -> Arrived {
    match body {
        Body::Whole(bytes) => Arrived::Whole(bytes),
        Body::Gone => Arrived::Gone,
        Body::Withheld(why) => Arrived::Withheld(why),
    }
}

/// The next mails that are fetched together; at least one, however large.
fn next_batch<'a>(rest: &mut &'a [Arrival]) -> Option<&'a [Arrival]> {
    let mut bytes = 0_u64;
    let mut fits = |arrival: &Arrival| {
        bytes = bytes.saturating_add(arrival.size);
        bytes <= BATCH_BYTES
    };
    let count = rest.iter().take(BATCH).map_while(|arrival| fits(arrival).then_some(())).count().max(1);
    let (batch, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_mails_and_bytes() {
        let mail = |uid, size| Arrival { uid, size, received_at: None };
        let mails: Vec<_> = (1..=100).map(|uid| mail(uid, 1000)).collect();
        let mut rest = mails.as_slice();
        assert_eq!(next_batch(&mut rest).unwrap().len(), BATCH);
        assert_eq!(next_batch(&mut rest).unwrap().len(), 36);
        assert_eq!(next_batch(&mut rest), None);

        let mails = [mail(1, 5 << 20), mail(2, 5 << 20), mail(3, 90 << 20)];
        let mut rest = mails.as_slice();
        let sizes: Vec<_> = std::iter::from_fn(|| next_batch(&mut rest)).map(<[_]>::len).collect();
        assert_eq!(sizes, [1, 1, 1]);
    }
}
