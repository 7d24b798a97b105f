//! A transaction that tells what it does: rows and events are committed together or not at all.

use super::{Store, millis};
use crate::database::{Engine, clean, fault};
use crate::fault::Fault;
use crate::store::counted::recount;
use crate::store::event::{Aside, Event, chained, seal};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Row, Transaction};
use std::collections::BTreeSet;

/// A write in progress. Dropped without [`Write::commit`], it never was.
pub(super) struct Write {
    transaction: Transaction<'static, Any>,
    engine: Engine,
    doing: &'static str,
    at: Timestamp,
    last_id: i64,
    hash: String,
    /// Cases that are not what they were.
    changed: BTreeSet<i64>,
}

impl Store {
    /// Begins a write. Takes the head of the event chain at once, so that on PostgreSQL, too,
    /// such writes come one after the other.
    pub(super) async fn write(&self, doing: &'static str, at: Timestamp) -> Result<Write, Fault> {
        let mut transaction = self.database.begin(doing).await?;
        let engine = self.database.engine();
        let sql = match engine {
            Engine::Sqlite => "SELECT last_id, hash FROM event_head WHERE one = 1",
            Engine::Postgres => "SELECT last_id, hash FROM event_head WHERE one = 1 FOR UPDATE",
        };
        let head = sqlx::query(sql).fetch_one(&mut *transaction).await.map_err(fault(doing))?;
        let last_id = head.try_get("last_id").map_err(fault(doing))?;
        let hash = head.try_get("hash").map_err(fault(doing))?;
        Ok(Write { transaction, engine, doing, at, last_id, hash, changed: BTreeSet::new() })
    }
}

impl Write {
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// Adds an event to the chain.
    pub(super) async fn tell(&mut self, mut event: Event) -> Result<(), Fault> {
        let id = self.last_id + 1;
        // an event that changes a case says what it now is
        if ["verdict", "state"].iter().any(|key| event.detail.get(key).is_some()) {
            self.changed.extend(event.case);
        }
        let aside = Aside::take(&mut event)?;
        let actor = clean(&event.actor);
        let detail = clean(&event.detail.to_string());
        let kind = event.kind.as_str();
        let at = millis(self.at);
        let seal = seal(id, at, kind, [event.message, event.case, event.reply], &actor, &detail);
        let hash = chained(&self.hash, &seal);
        sqlx::query(
            "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, seal, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(at)
        .bind(kind)
        .bind(event.message)
        .bind(event.case)
        .bind(event.reply)
        .bind(actor)
        .bind(detail)
        .bind(seal)
        .bind(&hash)
        .execute(self.connection())
        .await
        .map_err(fault(self.doing))?;
        if let Some(Aside { salt, text }) = aside {
            sqlx::query("INSERT INTO event_texts (event_id, salt, text) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(salt)
                .bind(text)
                .execute(self.connection())
                .await
                .map_err(fault(self.doing))?;
        }
        self.last_id = id;
        self.hash = hash;
        Ok(())
    }

    /// The id of the event told last.
    pub(super) fn told(&self) -> i64 {
        self.last_id
    }

    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        let changed: Vec<i64> = std::mem::take(&mut self.changed).into_iter().collect();
        recount(&mut self.transaction, &changed).await?;
        sqlx::query("UPDATE event_head SET last_id = $1, hash = $2 WHERE one = 1")
            .bind(self.last_id)
            .bind(&self.hash)
            .execute(&mut *self.transaction)
            .await
            .map_err(fault(self.doing))?;
        self.transaction.commit().await.map_err(fault(self.doing))
    }
}
