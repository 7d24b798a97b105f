//! Taking a feed out: what was loaded by mistake, turned out wrong, or is not delivered any more.

use super::super::Registry;
use super::super::feed::Feed;
use super::clear;
use super::load::{DOING, Loading, Without};
use crate::database::fault;
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

/// Rows of one commit: so few that the daemon's own writes get in between.
const AT_ONCE: i64 = 5_000;

/// What is to be taken out, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawal<'a> {
    pub feed: Feed,
    pub by: &'a str,
    /// Not only until it is loaded again: as if it had never been loaded. Only a public feed beside
    /// our own of the same table, which then says all there is.
    pub for_good: bool,
    /// Snapshots whose rows are kept, the new one included; at least 2.
    pub keep: u32,
}

/// Why nothing was taken out. The registry is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotWithdrawn {
    #[error("{} is not loaded", .0.file())]
    NotLoaded(Feed),
    #[error(
        "{} cannot be taken out for good: nothing that is loaded says the same. Without --for-good, what hangs on \
         it waits until it is loaded again", .0.file()
    )]
    Needed(Feed),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Registry {
    /// Takes a feed out, as a new snapshot. What hangs on its table has no answer until it is loaded
    /// again: it waits, and nothing is rejected for it. `note` is told the snapshot before it becomes
    /// current, so that there is an event before there is an effect; where it fails, nothing is
    /// changed.
    pub async fn withdraw(
        &self,
        what: Withdrawal<'_>,
        now: Timestamp,
        note: impl AsyncFnOnce(i64) -> Result<(), Fault>,
    ) -> Result<i64, NotWithdrawn> {
        let Withdrawal { feed, by, for_good, keep } = what;
        let not_loaded = NotWithdrawn::NotLoaded(feed);
        let Some(before) = self.current().await? else { return Err(not_loaded) };
        let out_already = before.withdrawn.iter().any(|one| one.feed == feed);
        if before.feed(feed).is_none() && !(for_good && out_already) {
            return Err(not_loaded);
        }
        let own = Feed::OWN.into_iter().find(|own| *own != feed && own.table() == feed.table());
        if for_good && own.and_then(|own| before.feed(own)).is_none() {
            return Err(NotWithdrawn::Needed(feed));
        }
        let origin = format!("{feed} withdrawn by {by}");
        let mut loading = Loading::begin(&self.database, &origin, now).await?;
        let id = loading.id();
        let taken = match loading.take_out(feed).await {
            Ok(()) => note(id).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = taken {
            loading.abandon().await?;
            return Err(fault.into());
        }
        let by = by.to_owned();
        loading.without =
            Some(if for_good { Without::Forgotten(feed) } else { Without::Withdrawn(feed, by) });
        let snapshot = loading.finish(Some(before.id), now).await?;
        clear::prune(&self.database, keep.max(2)).await?;
        Ok(snapshot)
    }
}

impl Loading<'_> {
    /// Marks the rows of a feed as gone.
    async fn take_out(&mut self, feed: Feed) -> Result<(), Fault> {
        let name = feed.table().name();
        let range = format!("SELECT MIN(id), MAX(id) FROM {name} WHERE feed = $1 AND gone IS NULL");
        let (first, last): (Option<i64>, Option<i64>) = sqlx::query_as(AssertSqlSafe(range))
            .bind(feed.as_str())
            .fetch_one(self.database.read())
            .await
            .map_err(fault(DOING))?;
        let (mut from, last) = (first.unwrap_or(0), last.unwrap_or(-1));
        let gone =
            format!("UPDATE {name} SET gone = $1 WHERE feed = $2 AND gone IS NULL AND id >= $3 AND id < $4");
        while from <= last {
            let mut transaction = self.step().await?;
            sqlx::query(AssertSqlSafe(gone.clone()))
                .bind(self.id())
                .bind(feed.as_str())
                .bind(from)
                .bind(from + AT_ONCE)
                .execute(&mut *transaction)
                .await
                .map_err(fault(DOING))?;
            transaction.commit().await.map_err(fault(DOING))?;
            from += AT_ONCE;
        }
        let mut transaction = self.step().await?;
        sqlx::query("UPDATE registry_bad_rows SET gone = $1 WHERE feed = $2 AND gone IS NULL")
            .bind(self.id())
            .bind(feed.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        transaction.commit().await.map_err(fault(DOING))
    }
}
