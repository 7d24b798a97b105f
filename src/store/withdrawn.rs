//! That a person takes a feed out of the registry: on record before it has an effect.

use super::Store;
use super::event::{Event, Kind};
use crate::domain::facts::Feed;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;

/// A feed about to be taken out.
#[derive(Debug, Clone, Copy)]
pub struct FeedWithdrawn<'a> {
    pub feed: Feed,
    /// The registry snapshot that no longer has it.
    pub snapshot: i64,
    /// As if it had never been loaded.
    pub for_good: bool,
    /// Why, as the person wrote it.
    pub because: &'a str,
    pub by: &'a str,
}

impl Store {
    /// Notes it.
    pub async fn feed_withdrawn(&self, what: FeedWithdrawn<'_>, now: Timestamp) -> Result<(), Fault> {
        let FeedWithdrawn { feed, snapshot, for_good, because, by } = what;
        let mut write = self.write("noting that a feed is withdrawn", now).await?;
        let detail = json!({ "feed": feed, "snapshot": snapshot, "for_good": for_good });
        // what people write as a reason may name somebody
        write.tell(Event::new(Kind::FeedWithdrawn).by(by).saying(detail).aside(because)).await?;
        write.commit().await
    }
}
