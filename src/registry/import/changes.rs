//! What a new snapshot changes against the one before. Only rows that came or went are looked at.

use super::super::Snapshot;
use super::super::feed::{Feed, Table};
use super::Changes;
use crate::database::{Database, fault};
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

const DOING: &str = "comparing the registry's snapshots";

/// The snapshot that is not current yet.
pub(super) struct After {
    pub(super) snapshot: i64,
    /// By table, in the order of [`Table::ALL`]: the first number of a row that it brought.
    pub(super) first_new: [i64; Table::ALL.len()],
    pub(super) now: Timestamp,
}

/// One feed of the snapshot `after` against `before`.
pub(super) async fn between(
    database: &Database,
    before: &Snapshot,
    after: &After,
    feed: Feed,
) -> Result<Changes, Fault> {
    let table = feed.table();
    let first =
        Table::ALL.iter().zip(after.first_new).find(|(one, _)| **one == table).map_or(0, |(_, id)| id);
    // UTC days: a count for people, not a decision
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let since = before.feed(feed).map_or(before.loaded_at, |feed| feed.loaded_at);
    let count = async |sql: String| -> Result<u64, Fault> {
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(feed.as_str())
            .bind(before.id)
            .bind(after.snapshot)
            .bind(first)
            .bind(day(since))
            .bind(day(after.now))
            .fetch_one(database.read())
            .await
            .map_err(fault(DOING))?;
        Ok(count.unsigned_abs())
    };
    // every parameter is used in every statement: PostgreSQL wants to know their types
    let all = "CAST($2 AS BIGINT) < CAST($3 AS BIGINT) AND CAST($4 AS BIGINT) > 0 \
               AND CAST($5 AS TEXT) IS NOT NULL AND CAST($6 AS TEXT) IS NOT NULL";
    let name = table.name();
    let came = format!(
        "SELECT COUNT(*) FROM {name} AS one WHERE {all} AND one.id >= $4 AND one.came = $3 AND one.feed = $1"
    );
    let went = format!("SELECT COUNT(*) FROM {name} AS one WHERE {all} AND one.gone = $3 AND one.feed = $1");
    let shown_before = "other.came <= $2 AND (other.gone IS NULL OR other.gone > $2)";
    let shown_after = "other.came <= $3 AND (other.gone IS NULL OR other.gone > $3)";
    let twin = |shown: &str, and: &str| twin(table, shown, and);
    let mut changes = Changes {
        added: count(format!("{came} AND NOT {}", twin(shown_before, ""))).await?,
        removed: count(format!("{went} AND NOT {}", twin(shown_after, ""))).await?,
        changed: count(format!("{came} AND {}", twin(shown_before, ""))).await?,
        ..Changes::default()
    };
    match table {
        Table::Structures => {
            let was_open = twin(shown_before, "AND other.closed = 0");
            changes.closed = count(format!("{came} AND one.closed = 1 AND {was_open}")).await?;
        }
        Table::Cards => {
            let was_free = twin(shown_before, "AND other.opposed_on IS NULL");
            changes.opposed = count(format!("{came} AND one.opposed_on IS NOT NULL AND {was_free}")).await?;
            changes.ended = count(format!("{} AND {ENDED}", shown_now(table, all))).await?;
        }
        Table::Contracts => {
            let was_active = twin(shown_before, "AND other.status = 'active'");
            let stopped = count(format!("{came} AND one.status <> 'active' AND {was_active}")).await?;
            let active = format!("{} AND one.status = 'active' AND {ENDED}", shown_now(table, all));
            changes.ended = stopped + count(active).await?;
        }
        Table::Mandates => {
            changes.ended = count(format!("{} AND {ENDED}", shown_now(table, all))).await?;
        }
    }
    Ok(changes)
}

/// The last day lies between the two imports.
const ENDED: &str = "one.valid_until >= $5 AND one.valid_until < $6";

fn shown_now(table: Table, all: &str) -> String {
    format!(
        "SELECT COUNT(*) FROM {} AS one WHERE {all} AND one.feed = $1 AND one.came <= $3 \
         AND (one.gone IS NULL OR one.gone > $3)",
        table.name()
    )
}

/// There is a row of the same number, shown in one of the snapshots.
fn twin(table: Table, shown: &str, and: &str) -> String {
    let name = table.name();
    let exists = |same: &str| {
        format!("EXISTS (SELECT 1 FROM {name} AS other WHERE {same} AND other.feed = $1 AND {shown} {and})")
    };
    match table {
        Table::Structures => {
            let rang = "other.id IN (SELECT theirs.structure FROM registry_rangs AS mine JOIN registry_rangs AS theirs \
                        ON theirs.rpps_rang = mine.rpps_rang WHERE mine.structure = one.id)";
            format!(
                "CASE WHEN one.finess IS NOT NULL THEN {} WHEN one.siret IS NOT NULL THEN {} ELSE {} END",
                exists("other.finess = one.finess"),
                exists("other.siret = one.siret AND other.finess IS NULL"),
                exists(rang)
            )
        }
        Table::Contracts => exists("other.structure = one.structure AND other.number = one.number"),
        Table::Cards => exists("other.number = one.number"),
        Table::Mandates => exists(
            "other.structure = one.structure AND other.last_name = one.last_name \
             AND other.first_name = one.first_name AND COALESCE(other.card, '') = COALESCE(one.card, '')",
        ),
    }
}
