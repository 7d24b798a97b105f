//! Every table of one database into another, empty one: in the order of the foreign keys, a bounded
//! number of rows in memory, and each table read again and compared.
//!
//! What the tables are is asked of the source, so that a table of tomorrow is not forgotten. Foreign
//! keys through columns that may be empty (two of them make a circle) are filled in at the end.

use super::{Engine, fault};
use crate::fault::Fault;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor as _, Row as _};
use std::collections::BTreeSet;

const DOING: &str = "moving the store";

/// What is not copied: which migrations were applied, who runs, and which database is in use are of
/// each database itself; who is signed in signs in again.
const OWN: [&str; 6] =
    ["_sqlx_migrations", "daemons", "store_state", "sessions", "sign_in_attempts", "pending_sign_ins"];

/// Tables of one row that every database has from the start.
const SINGLE: [&str; 2] = ["event_head", "registry_importer"];

/// Rows, and bytes, that are written at once.
const ROWS: usize = 500;
const BYTES: usize = 4 << 20;

/// A table that was copied, and read again where it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
    /// Over all rows, whatever their order: lower-case hexadecimal.
    pub hash: String,
}

struct Table {
    name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: Kind,
    /// Part of the primary key.
    key: bool,
    /// Points at a row that may come later: filled in at the end.
    late: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    Bytes,
}

/// A value, as it is read here and written there.
#[derive(Clone)]
enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// Rows that are known by their number and the sum of their hashes: no order, no row in memory.
#[derive(Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    lanes: [u64; 4],
}

/// Copies all rows of an SQLite database into a PostgreSQL one that holds none, inside the caller's
/// transactions, and compares what arrived. `told`: after each table.
///
/// # Errors
/// A fault where the target holds something, and where what arrived is not what was read.
pub(crate) async fn copy(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    told: &mut (dyn FnMut(&Copied) + Send),
) -> Result<Vec<Copied>, Fault> {
    let tables = in_order(tables(source).await?)?;
    lock(target, &tables).await?;
    refuse_unless_empty(target, &tables).await?;
    let mut sums = Vec::new();
    for table in &tables {
        sums.push(write(source, target, table).await?);
    }
    for table in tables.iter().filter(|table| table.columns.iter().any(|column| column.late)) {
        fill_in(source, target, table).await?;
    }
    let mut copied = Vec::new();
    for (table, read) in tables.iter().zip(sums) {
        let arrived = read_again(target, table).await?;
        if arrived != read {
            let why =
                format!("{}: {} rows were read, and what arrived is not the same", table.name, read.rows);
            return Err(Fault::never(DOING, why));
        }
        go_on_counting(target, table).await?;
        let hash = read.lanes.iter().map(|lane| format!("{lane:016x}")).collect();
        let one = Copied { table: table.name.clone(), rows: read.rows, hash };
        told(&one);
        copied.push(one);
    }
    Ok(copied)
}

impl Table {
    fn select(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        format!("SELECT {} FROM \"{}\"", names.join(", "), self.name)
    }

    fn row(&self, row: &AnyRow) -> Result<Vec<Value>, Fault> {
        let value = |(at, column): (usize, &Column)| {
            Ok(match column.kind {
                Kind::Integer => Value::Integer(row.try_get(at)?),
                Kind::Text => Value::Text(row.try_get(at)?),
                Kind::Bytes => Value::Bytes(row.try_get(at)?),
            })
        };
        let values: Result<_, sqlx::Error> = self.columns.iter().enumerate().map(value).collect();
        values.map_err(fault(DOING))
    }
}

impl Value {
    /// As it goes into a hash: what it is, its length in bytes, and itself.
    fn canonical(&self) -> Vec<u8> {
        let (mark, bytes) = match self {
            Self::Integer(Some(number)) => (1, number.to_be_bytes().to_vec()),
            Self::Text(Some(text)) => (2, text.as_bytes().to_vec()),
            Self::Bytes(Some(bytes)) => (3, bytes.clone()),
            Self::Integer(None) | Self::Text(None) | Self::Bytes(None) => (0, Vec::new()),
        };
        let mut all = vec![mark];
        all.extend((bytes.len() as u64).to_be_bytes());
        all.extend(bytes);
        all
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Integer(None) | Self::Text(None) | Self::Bytes(None))
    }

    /// Bytes it takes, about.
    fn size(&self) -> usize {
        match self {
            Self::Integer(_) => 8,
            Self::Text(text) => text.as_ref().map_or(8, String::len),
            Self::Bytes(bytes) => bytes.as_ref().map_or(8, Vec::len),
        }
    }

    fn bind(self, query: Query<'_, Any, AnyArguments>) -> Query<'_, Any, AnyArguments> {
        match self {
            Self::Integer(value) => query.bind(value),
            Self::Text(value) => query.bind(value),
            Self::Bytes(value) => query.bind(value),
        }
    }

    fn none_of(kind: Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integer(None),
            Kind::Text => Self::Text(None),
            Kind::Bytes => Self::Bytes(None),
        }
    }
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            hash.update(value.canonical());
        }
        let hash = hash.finalize();
        for (lane, part) in self.lanes.iter_mut().zip(hash.chunks_exact(8)) {
            *lane = lane.wrapping_add(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        }
        self.rows += 1;
    }
}

/// The source's tables with their columns; and what each waits for.
async fn tables(source: &mut AnyConnection) -> Result<Vec<(Table, BTreeSet<String>)>, Fault> {
    let names: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )
    .fetch_all(&mut *source)
    .await
    .map_err(fault(DOING))?;
    let mut tables = Vec::new();
    for (name,) in names.into_iter().filter(|(name,)| !OWN.contains(&name.as_str())) {
        let points: Vec<(String, String)> =
            sqlx::query_as("SELECT \"from\", \"table\" FROM pragma_foreign_key_list($1)")
                .bind(&name)
                .fetch_all(&mut *source)
                .await
                .map_err(fault(DOING))?;
        let found: Vec<(String, String, i64, i64)> =
            sqlx::query_as("SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY cid")
                .bind(&name)
                .fetch_all(&mut *source)
                .await
                .map_err(fault(DOING))?;
        let mut columns = Vec::new();
        let mut waits_for = BTreeSet::new();
        for (column, kind, not_null, key) in found {
            let kind = match kind.as_str() {
                "INTEGER" => Kind::Integer,
                "TEXT" => Kind::Text,
                "BLOB" => Kind::Bytes,
                other => return Err(Fault::never(DOING, format!("{name}.{column} is of type {other}"))),
            };
            let there: Vec<_> = points.iter().filter(|(from, _)| *from == column).collect();
            let late = !there.is_empty() && not_null == 0 && key == 0;
            if !late {
                waits_for.extend(there.into_iter().map(|(_, table)| table.clone()));
            }
            columns.push(Column { name: column, kind, key: key > 0, late });
        }
        tables.push((Table { name, columns }, waits_for));
    }
    Ok(tables)
}

/// Each table after those that its rows point at.
fn in_order(mut tables: Vec<(Table, BTreeSet<String>)>) -> Result<Vec<Table>, Fault> {
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let ready = tables.iter().position(|(_, waits_for)| {
            waits_for.iter().all(|name| ordered.iter().any(|table| table.name == *name))
        });
        let Some(ready) = ready else {
            return Err(Fault::never(DOING, "the tables point at each other in a circle"));
        };
        ordered.push(tables.remove(ready).0);
    }
    Ok(ordered)
}

/// Nobody else writes to the target before this is over.
async fn lock(target: &mut AnyConnection, tables: &[Table]) -> Result<(), Fault> {
    let names: Vec<_> = tables.iter().map(|table| format!("\"{}\"", table.name)).collect();
    let sql = format!("LOCK TABLE store_state, daemons, {} IN EXCLUSIVE MODE", names.join(", "));
    target.execute(AssertSqlSafe(sql)).await.map_err(fault(DOING))?;
    Ok(())
}

async fn refuse_unless_empty(target: &mut AnyConnection, tables: &[Table]) -> Result<(), Fault> {
    for table in tables.iter().map(|table| table.name.as_str()).chain(["daemons"]) {
        let sql = match table {
            "event_head" => "SELECT COUNT(*) FROM event_head WHERE last_id <> 0".to_owned(),
            "registry_importer" => "SELECT COUNT(*) FROM registry_importer WHERE snapshot <> 0".to_owned(),
            other => format!("SELECT COUNT(*) FROM (SELECT 1 FROM \"{other}\" LIMIT 1) AS first"),
        };
        let rows: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *target).await.map_err(fault(DOING))?;
        if rows > 0 {
            let why = format!("there are rows in {table} of the new database: it takes an empty one");
            return Err(Fault::never(DOING, why));
        }
    }
    Ok(())
}

/// All rows of a table, without what points at rows to come.
async fn write(source: &mut AnyConnection, target: &mut AnyConnection, table: &Table) -> Result<Sum, Fault> {
    if SINGLE.contains(&table.name.as_str()) {
        return put_in_place(source, target, table).await;
    }
    let mut sum = Sum::default();
    let (mut batch, mut bytes): (Vec<Vec<Value>>, usize) = (Vec::new(), 0);
    let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(source);
    while let Some(row) = rows.try_next().await.map_err(fault(DOING))? {
        let mut row = table.row(&row)?;
        sum.add(&row);
        for (value, column) in row.iter_mut().zip(&table.columns).filter(|(_, column)| column.late) {
            *value = Value::none_of(column.kind);
        }
        bytes += row.iter().map(Value::size).sum::<usize>();
        batch.push(row);
        if batch.len() >= ROWS || bytes >= BYTES {
            insert(target, table, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
    }
    insert(target, table, batch).await?;
    Ok(sum)
}

async fn insert(target: &mut AnyConnection, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let values = Engine::Postgres.values(rows.len(), names.len());
    let sql = format!("INSERT INTO \"{}\" ({}) VALUES {values}", table.name, names.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in rows.into_iter().flatten() {
        query = value.bind(query);
    }
    // as many rows, as many statements: none is worth remembering
    query.persistent(false).execute(target).await.map_err(fault(DOING))?;
    Ok(())
}

/// The one row of a table that has it from the start.
async fn put_in_place(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    table: &Table,
) -> Result<Sum, Fault> {
    let row = sqlx::query(AssertSqlSafe(table.select())).fetch_one(source).await.map_err(fault(DOING))?;
    let row = table.row(&row)?;
    let mut sum = Sum::default();
    sum.add(&row);
    let set: Vec<_> =
        (1..).zip(&table.columns).map(|(n, column)| format!("\"{}\" = ${n}", column.name)).collect();
    let sql = format!("UPDATE \"{}\" SET {}", table.name, set.join(", "));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in row {
        query = value.bind(query);
    }
    query.execute(target).await.map_err(fault(DOING))?;
    Ok(sum)
}

/// What points at rows that are all there by now.
async fn fill_in(source: &mut AnyConnection, target: &mut AnyConnection, table: &Table) -> Result<(), Fault> {
    let of = |wanted: fn(&Column) -> bool, from: usize, between: &str| {
        let columns = table.columns.iter().filter(|column| wanted(column));
        let terms: Vec<_> =
            (from..).zip(columns).map(|(n, one)| format!("\"{}\" = ${n}", one.name)).collect();
        terms.join(between)
    };
    let late = table.columns.iter().filter(|column| column.late).count();
    let sql = format!(
        "UPDATE \"{}\" SET {} WHERE {}",
        table.name,
        of(|column| column.late, 1, ", "),
        of(|column| column.key, late + 1, " AND "),
    );
    let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(source);
    while let Some(row) = rows.try_next().await.map_err(fault(DOING))? {
        let row: Vec<_> = table.row(&row)?.into_iter().zip(&table.columns).collect();
        if row.iter().all(|(value, column)| !column.late || value.is_null()) {
            continue;
        }
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for (value, _) in row.iter().filter(|(_, column)| column.late) {
            query = value.clone().bind(query);
        }
        for (value, _) in row.iter().filter(|(_, column)| column.key) {
            query = value.clone().bind(query);
        }
        query.execute(&mut *target).await.map_err(fault(DOING))?;
    }
    Ok(())
}

async fn read_again(target: &mut AnyConnection, table: &Table) -> Result<Sum, Fault> {
    let mut sum = Sum::default();
    let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(target);
    while let Some(row) = rows.try_next().await.map_err(fault(DOING))? {
        sum.add(&table.row(&row)?);
    }
    Ok(sum)
}

/// The next row that is inserted gets the next number.
async fn go_on_counting(target: &mut AnyConnection, table: &Table) -> Result<(), Fault> {
    if !table.columns.iter().any(|column| column.name == "id") {
        return Ok(());
    }
    // nothing, where the numbers are given by the program
    let sql = format!(
        "SELECT setval(pg_get_serial_sequence('\"{0}\"', 'id'), GREATEST(MAX(id), 1), MAX(id) IS NOT NULL) FROM \"{0}\"",
        table.name
    );
    target.execute(AssertSqlSafe(sql)).await.map_err(fault(DOING))?;
    Ok(())
}
