//! From SQLite to PostgreSQL: everything is copied in one commit, checked, and only then is the new
//! database the one in use. At no moment are both: until the end no daemon runs on the new one, and from
//! the end on none on the old one.

use super::daemons::StoreState;
use super::event::{Event, Kind};
use super::{Store, Worker, millis};
use crate::database::{Copied, Database, Engine, copy, fault};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{Any, AnyConnection, Transaction};

const DOING: &str = "moving the store";

/// A move that has begun: nobody else writes to the source while it is held. Dropped, the source is as it
/// was.
#[derive(Debug)]
pub struct Moving {
    source: Transaction<'static, Any>,
    target: Store,
    tables: Vec<Copied>,
}

impl Moving {
    /// Copies everything into the empty database at `url`, and compares what arrived. `told`: after
    /// each table.
    ///
    /// # Errors
    /// A fault that says what to do where the source is in use, is no SQLite database or was moved
    /// before, or where the target is not an empty PostgreSQL database.
    pub async fn begin(
        source: &Store,
        url: &str,
        (this, now): (&Worker, Timestamp),
        told: &mut (dyn FnMut(&Copied) + Send),
    ) -> Result<Self, Fault> {
        let refused = |why: &str| Err(Fault::never(DOING, why));
        if source.database.engine() == Engine::Postgres {
            return refused("the store is on PostgreSQL already: pg_dump and pg_restore move it");
        }
        if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return refused("the new one is a PostgreSQL: postgres://…");
        }
        if source.database.is_copy().await? {
            return refused("this is a backup put in place: say `guichet restored` first");
        }
        let target = Store::new(Database::open(url).await?);
        let mut held = source.database.begin(DOING).await?;
        match (state(&mut held).await?, target.state().await?) {
            (StoreState::Moved, StoreState::Arriving) => {
                // the program ended between the last two steps
                return Ok(Self { source: held, target, tables: vec![] });
            }
            (StoreState::Moved, StoreState::InUse | StoreState::Moved) => {
                return refused("this database was moved before: put the new one's URL under store.url");
            }
            (_, StoreState::Arriving | StoreState::Moved) => {
                return refused("a move into the new database did not come to its end: make it anew, empty");
            }
            (StoreState::InUse | StoreState::Arriving, StoreState::InUse) => {}
        }
        if let Some(running) = source.running(this, now).await?.first() {
            let who = running.worker.shown();
            return refused(&format!("a daemon runs on this store, {who}: stop it first"));
        }
        let mut arriving = target.database.begin(DOING).await?;
        let tables = copy(&mut held, &mut arriving, told).await?;
        becomes(&mut arriving, StoreState::Arriving, now).await?;
        arriving.commit().await.map_err(fault(DOING))?;
        Ok(Self { source: held, target, tables })
    }

    /// The new store; no daemon runs on it yet.
    #[must_use]
    pub fn target(&self) -> &Store {
        &self.target
    }

    /// The tables that were copied; none where a move that was cut off is only brought to its end.
    #[must_use]
    pub fn tables(&self) -> &[Copied] {
        &self.tables
    }

    /// From now on the new database is the one in use, and the old one is not.
    pub async fn ends(mut self, by: &str, now: Timestamp) -> Result<Store, Fault> {
        becomes(&mut self.source, StoreState::Moved, now).await?;
        self.source.commit().await.map_err(fault(DOING))?;
        let rows: u64 = self.tables.iter().map(|table| table.rows).sum();
        let mut write = self.target.write(DOING, now).await?;
        let detail = json!({ "tables": self.tables.len(), "rows": rows });
        write.tell(Event::new(Kind::StoreMoved).by(by).saying(detail)).await?;
        becomes(write.connection(), StoreState::InUse, now).await?;
        write.commit().await?;
        Ok(self.target)
    }
}

async fn state(connection: &mut AnyConnection) -> Result<StoreState, Fault> {
    let (state,): (String,) = sqlx::query_as("SELECT state FROM store_state WHERE one = 1")
        .fetch_one(connection)
        .await
        .map_err(fault(DOING))?;
    super::word(StoreState::parse(&state), "store_state.state")
}

pub(super) async fn becomes(
    connection: &mut AnyConnection,
    state: StoreState,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query("UPDATE store_state SET state = $1, since = $2 WHERE one = 1")
        .bind(state.as_str())
        .bind(millis(now))
        .execute(connection)
        .await
        .map_err(fault(DOING))?;
    Ok(())
}
