//! One INSERT of many rows, as each engine takes it fastest.

use super::super::feed::{Feed, Holds};
use super::load::DOING;
use super::row::{BETWEEN, Row};
use crate::database::{AnyQuery, Engine, fault};
use crate::fault::Fault;
use sqlx::{Any, AssertSqlSafe, Transaction};

/// Rows of one INSERT. On SQLite with 19 columns well below the limit of parameters; PostgreSQL is sent
/// one list a column, and every statement costs it a journey and a plan.
pub(super) fn rows_a_statement(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 200,
        Engine::Postgres => 2_500,
    }
}

/// Rows of one INSERT.
pub(super) struct Batch<'r> {
    /// The number of the first; the others follow.
    pub(super) first: i64,
    pub(super) snapshot: i64,
    pub(super) feed: Feed,
    pub(super) rows: &'r [Row],
}

impl<'r> Batch<'r> {
    pub(super) async fn insert(
        &self,
        engine: Engine,
        transaction: &mut Transaction<'static, Any>,
    ) -> Result<(), Fault> {
        let table = self.feed.table();
        let names: Vec<_> = table.columns().iter().map(|(name, _)| *name).collect();
        let into = format!("INSERT INTO {} (id, feed, line, hash, came, {})", table.name(), names.join(", "));
        match engine {
            Engine::Sqlite => {
                let values = engine.values(self.rows.len(), names.len() + 5);
                let mut query = sqlx::query(AssertSqlSafe(format!("{into} VALUES {values}")));
                for (id, row) in (self.first..).zip(self.rows) {
                    let line = i64::try_from(row.line).unwrap_or(i64::MAX);
                    query = query.bind(id).bind(self.feed.as_str()).bind(line).bind(row.hash);
                    query = query.bind(self.snapshot);
                    query = row
                        .cells()
                        .zip(table.columns())
                        .fold(query, |query, (cell, (_, holds))| bind(query, cell, *holds));
                }
                query.execute(&mut **transaction).await.map_err(fault(DOING))?;
            }
            Engine::Postgres => {
                // thousands of parameters are slow there; one list a column is not
                let list = |n: usize| format!("string_to_array(${n}, U&'\\001F', '')");
                let columns = table.columns().iter().map(|(name, holds)| match holds {
                    Holds::Text => name.to_string(),
                    Holds::Words => format!("COALESCE({name}, '')"),
                    Holds::Number => format!("CAST({name} AS BIGINT)"),
                });
                let sql = format!(
                    "{into} SELECT $1 + place - 1, $2, CAST(line AS BIGINT), CAST(hash AS BIGINT), $3, {} \
                     FROM unnest({}, {}, {}) WITH ORDINALITY AS given (line, hash, {}, place)",
                    columns.collect::<Vec<_>>().join(", "),
                    list(4),
                    list(5),
                    (0..names.len()).map(|n| list(n + 6)).collect::<Vec<_>>().join(", "),
                    names.join(", "),
                );
                let mut lists = vec![String::new(); names.len() + 2];
                for (n, row) in self.rows.iter().enumerate() {
                    let (line, hash) = (row.line.to_string(), row.hash.to_string());
                    let cells = [line.as_str(), hash.as_str()].into_iter().chain(row.cells());
                    for (list, cell) in lists.iter_mut().zip(cells) {
                        if n > 0 {
                            list.push(BETWEEN);
                        }
                        list.push_str(cell);
                    }
                }
                let mut query = sqlx::query(AssertSqlSafe(sql))
                    .bind(self.first)
                    .bind(self.feed.as_str())
                    .bind(self.snapshot);
                for list in lists {
                    query = query.bind(list);
                }
                query.execute(&mut **transaction).await.map_err(fault(DOING))?;
            }
        }
        Ok(())
    }

    /// The RPPS rang of structures, with the structure's number.
    pub(super) fn rangs(&self) -> impl Iterator<Item = (&'r str, i64)> + use<'r> {
        const RPPS_RANG: usize = 4;
        (self.first..).zip(self.rows).flat_map(|(id, row)| {
            let mut its: Vec<_> = row.cells().nth(RPPS_RANG).unwrap_or_default().split(' ').collect();
            its.retain(|rang| !rang.is_empty());
            its.sort_unstable();
            its.dedup();
            its.into_iter().map(move |rang| (rang, id))
        })
    }
}

fn bind<'q>(query: AnyQuery<'q>, cell: &str, holds: Holds) -> AnyQuery<'q> {
    match holds {
        Holds::Text => query.bind((!cell.is_empty()).then(|| cell.to_owned())),
        Holds::Words => query.bind(cell.to_owned()),
        Holds::Number => query.bind(cell.parse::<i64>().unwrap_or_default()),
    }
}
