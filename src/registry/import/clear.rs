//! Clearing away: what a dead or refused import left, and what no kept snapshot shows any more.

use super::super::feed::Table;
use super::load::DOING;
use crate::database::{Database, fault};
use crate::fault::Fault;
use sqlx::AssertSqlSafe;

/// Rows of one statement: so few that the daemon's own writes get in between.
const AT_ONCE: i64 = 5_000;

/// Takes back an import that did not become current: its rows go, those it marked are as before.
pub(super) async fn undo(database: &Database, snapshot: i64) -> Result<(), Fault> {
    for table in Table::ALL {
        let name = table.name();
        if table == Table::Structures {
            let which = format!("SELECT id FROM {name} WHERE came = $1");
            for of in ["registry_rangs", "registry_names"] {
                change(database, &format!("DELETE FROM {of} WHERE structure IN ({which})"), snapshot).await?;
            }
        }
        let range = format!("SELECT MIN(id), MAX(id) FROM {name} WHERE came = $1");
        let (first, last): (Option<i64>, Option<i64>) = sqlx::query_as(AssertSqlSafe(range))
            .bind(snapshot)
            .fetch_one(database.read())
            .await
            .map_err(fault(DOING))?;
        let (mut from, last) = (first.unwrap_or(0), last.unwrap_or(-1));
        while from <= last {
            let sql =
                format!("DELETE FROM {name} WHERE came = $1 AND id >= {from} AND id < {}", from + AT_ONCE);
            change(database, &sql, snapshot).await?;
            from += AT_ONCE;
        }
        let sql = format!(
            "UPDATE {name} SET gone = NULL WHERE id IN (SELECT id FROM {name} WHERE gone = $1 LIMIT {AT_ONCE})"
        );
        while change(database, &sql, snapshot).await? > 0 {}
    }
    let keys =
        "DELETE FROM registry_bad_keys WHERE bad_row IN (SELECT id FROM registry_bad_rows WHERE came = $1)";
    change(database, keys, snapshot).await?;
    change(database, "DELETE FROM registry_bad_rows WHERE came = $1", snapshot).await?;
    change(database, "UPDATE registry_bad_rows SET gone = NULL WHERE gone = $1", snapshot).await?;
    // last: as long as it stands as loading, the next import clears away what is left of it
    change(database, "UPDATE registry_snapshots SET state = 'dropped' WHERE id = $1", snapshot).await?;
    Ok(())
}

/// Drops the rows that are only in snapshots older than the `keep` newest.
pub(super) async fn prune(database: &Database, keep: u32) -> Result<(), Fault> {
    let kept: Vec<(i64,)> = sqlx::query_as(
        "SELECT id FROM registry_snapshots WHERE state IN ('current', 'previous') ORDER BY id DESC LIMIT $1",
    )
    .bind(i64::from(keep.max(1)))
    .fetch_all(database.read())
    .await
    .map_err(fault(DOING))?;
    let Some((oldest,)) = kept.last().copied() else { return Ok(()) };
    // no reader begins on one of these any more
    let sql = "UPDATE registry_snapshots SET state = 'dropped' WHERE id < $1 AND state = 'previous'";
    change(database, sql, oldest).await?;
    for table in Table::ALL {
        let name = table.name();
        let some = format!("SELECT id FROM {name} WHERE gone <= $1 ORDER BY id LIMIT {AT_ONCE}");
        if table == Table::Structures {
            let which = format!("SELECT id FROM {name} WHERE gone <= $1");
            for of in ["registry_rangs", "registry_names"] {
                change(database, &format!("DELETE FROM {of} WHERE structure IN ({which})"), oldest).await?;
            }
        }
        while change(database, &format!("DELETE FROM {name} WHERE id IN ({some})"), oldest).await? > 0 {}
    }
    let keys =
        "DELETE FROM registry_bad_keys WHERE bad_row IN (SELECT id FROM registry_bad_rows WHERE gone <= $1)";
    change(database, keys, oldest).await?;
    change(database, "DELETE FROM registry_bad_rows WHERE gone <= $1", oldest).await?;
    Ok(())
}

/// Runs a statement about a snapshot, by itself; how many rows it touched.
async fn change(database: &Database, sql: &str, snapshot: i64) -> Result<u64, Fault> {
    let done = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(snapshot)
        .execute(&mut *database.writer(DOING).await?)
        .await
        .map_err(fault(DOING))?;
    Ok(done.rows_affected())
}
