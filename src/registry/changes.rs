//! What a new snapshot changes against the one before.

use super::import::Changes;
use super::{Feed, Snapshot};
use crate::database::{Database, fault};
use crate::fault::Fault;
use jiff::Timestamp;

const DOING: &str = "comparing the registry's snapshots";

/// One feed of the snapshot `after` against `before`.
pub(super) async fn between(
    database: &Database,
    before: &Snapshot,
    after: i64,
    feed: Feed,
    now: Timestamp,
) -> Result<Changes, Fault> {
    let count = async |sql: &'static str, of: i64, against: i64| -> Result<u64, Fault> {
        let (count,): (i64,) = sqlx::query_as(sql)
            .bind(of)
            .bind(against)
            .fetch_one(database.read())
            .await
            .map_err(fault(DOING))?;
        Ok(count.unsigned_abs())
    };
    let alone = alone(feed);
    let (closed, opposed) = match feed {
        Feed::Structures => (count(CLOSED, after, before.id).await?, 0),
        Feed::Cards => (0, count(OPPOSED, after, before.id).await?),
        Feed::Contracts | Feed::Mandates => (0, 0),
    };
    Ok(Changes {
        added: count(alone, after, before.id).await?,
        removed: count(alone, before.id, after).await?,
        closed,
        opposed,
        ended: ended(database, before, after, feed, now).await?,
    })
}

/// Rows of snapshot `$1` that snapshot `$2` does not have.
fn alone(feed: Feed) -> &'static str {
    match feed {
        Feed::Structures => {
            "SELECT COUNT(*) FROM registry_structures AS one WHERE one.snapshot = $1 AND CASE \
             WHEN one.finess IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM registry_structures AS other \
               WHERE other.snapshot = $2 AND other.finess = one.finess) \
             WHEN one.siret IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM registry_structures AS other \
               WHERE other.snapshot = $2 AND other.siret = one.siret) \
             ELSE NOT EXISTS (SELECT 1 FROM registry_rangs AS mine JOIN registry_rangs AS other \
               ON other.rpps_rang = mine.rpps_rang AND other.snapshot = $2 \
               WHERE mine.snapshot = $1 AND mine.line = one.line) END"
        }
        Feed::Contracts => {
            "SELECT COUNT(*) FROM registry_contracts AS one WHERE one.snapshot = $1 AND NOT EXISTS \
             (SELECT 1 FROM registry_contracts AS other WHERE other.snapshot = $2 \
              AND other.structure = one.structure AND other.number = one.number)"
        }
        Feed::Cards => {
            "SELECT COUNT(*) FROM registry_cards AS one WHERE one.snapshot = $1 AND NOT EXISTS \
             (SELECT 1 FROM registry_cards AS other WHERE other.snapshot = $2 AND other.number = one.number)"
        }
        Feed::Mandates => {
            "SELECT COUNT(*) FROM registry_mandates AS one WHERE one.snapshot = $1 AND NOT EXISTS \
             (SELECT 1 FROM registry_mandates AS other WHERE other.snapshot = $2 \
              AND other.structure = one.structure AND other.last_name = one.last_name \
              AND other.first_name = one.first_name AND COALESCE(other.card, '') = COALESCE(one.card, ''))"
        }
    }
}

const CLOSED: &str = "SELECT COUNT(*) FROM registry_structures AS one WHERE one.snapshot = $1 AND one.closed = 1 \
    AND EXISTS (SELECT 1 FROM registry_structures AS other WHERE other.snapshot = $2 \
    AND other.finess = one.finess AND other.closed = 0)";

const OPPOSED: &str = "SELECT COUNT(*) FROM registry_cards AS one WHERE one.snapshot = $1 \
    AND one.opposed_on IS NOT NULL AND EXISTS (SELECT 1 FROM registry_cards AS other \
    WHERE other.snapshot = $2 AND other.number = one.number AND other.opposed_on IS NULL)";

/// Contracts, cards and mandates of the new snapshot whose last day lies between the two imports,
/// and contracts that were active and are not any more.
async fn ended(
    database: &Database,
    before: &Snapshot,
    after: i64,
    feed: Feed,
    now: Timestamp,
) -> Result<u64, Fault> {
    let sql = match feed {
        Feed::Structures => return Ok(0),
        Feed::Contracts => {
            "SELECT COUNT(*) FROM registry_contracts AS one WHERE one.snapshot = $1 AND \
             ((one.status = 'active' AND one.valid_until >= $3 AND one.valid_until < $4) OR \
              (one.status <> 'active' AND EXISTS (SELECT 1 FROM registry_contracts AS other \
               WHERE other.snapshot = $2 AND other.structure = one.structure AND other.number = one.number \
               AND other.status = 'active')))"
        }
        Feed::Cards => {
            "SELECT COUNT(*) FROM registry_cards AS one WHERE one.snapshot = $1 AND $2 = $2 \
             AND one.valid_until >= $3 AND one.valid_until < $4"
        }
        Feed::Mandates => {
            "SELECT COUNT(*) FROM registry_mandates AS one WHERE one.snapshot = $1 AND $2 = $2 \
             AND one.valid_until >= $3 AND one.valid_until < $4"
        }
    };
    // UTC days: a count for people, not a decision
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let (count,): (i64,) = sqlx::query_as(sql)
        .bind(after)
        .bind(before.id)
        .bind(day(before.loaded_at))
        .bind(day(now))
        .fetch_one(database.read())
        .await
        .map_err(fault(DOING))?;
    Ok(count.unsigned_abs())
}
