//! Structures by their name: beginnings of its words, accents and case forgotten, through an index of words.

use super::columns::StructureColumns;
use super::facts::classified;
use super::rows::DOING;
use super::{Classes, Registry};
use crate::database::{fault, fold};
use crate::domain::facts::Structure;
use crate::fault::Fault;
use sqlx::AssertSqlSafe;

/// Structures whose names are indexed in one commit.
const AT_ONCE: i64 = 500;
/// Words of a name that are indexed, and looked for.
const WORDS: usize = 12;
/// Rows of names that are looked at: who types no more than "pharmacie" reads no more either.
const LOOKED_AT: u32 = 400;

impl Registry {
    /// Structures of the current snapshot whose name holds words that begin like these, open ones first;
    /// `None`: nothing was ever loaded. Of many only some, at most `limit`.
    pub async fn structures_named(&self, name: &str, limit: u32) -> Result<Option<Vec<Structure>>, Fault> {
        let Some(snapshot) = self.current().await? else { return Ok(None) };
        self.write_missing_names().await?;
        let mut words = words(name);
        // the longest is the rarest, mostly
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        if words.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut conditions = Vec::new();
        for n in 0..words.len() {
            let range = format!("word >= ${} AND word < ${}", 2 * n + 2, 2 * n + 3);
            conditions.push(if n == 0 {
                range
            } else {
                // asked name by name: neither engine turns a subquery with a limit into a join
                format!(
                    "(SELECT 1 FROM registry_names WHERE structure = named.structure AND {range} LIMIT 1) = 1"
                )
            });
        }
        let sql = format!(
            "SELECT id, feed, came, line, flagged, finess, level, finess_ej, siret, rpps_rang, name, class, category, \
             legal_status, main_site, closed, closed_on FROM (SELECT DISTINCT structure FROM registry_names AS named \
             WHERE {} LIMIT {LOOKED_AT}) AS found JOIN registry_structures ON registry_structures.id = found.structure \
             WHERE came <= $1 AND (gone IS NULL OR gone > $1) ORDER BY closed, name, id LIMIT {limit}",
            conditions.join(" AND ")
        );
        let mut query = sqlx::query_as::<_, StructureColumns>(AssertSqlSafe(sql)).bind(snapshot.id);
        for word in words {
            let below = format!("{word}\u{10ffff}");
            query = query.bind(word).bind(below);
        }
        let rows = query.fetch_all(self.database.read()).await.map_err(fault(DOING))?;
        let table = Classes::built_in();
        let found = rows.into_iter().map(|row| Ok(classified(&row.known()?, &[], table).0));
        found.collect::<Result<_, Fault>>().map(Some)
    }

    /// Indexes the names of structures that came since it was done last: a row never changes.
    pub(super) async fn write_missing_names(&self) -> Result<(), Fault> {
        const DOING: &str = "indexing names of structures";
        const MISSING: &str = "SELECT id, name FROM registry_structures \
             WHERE id > $1 AND id > (SELECT COALESCE(MAX(structure), 0) FROM registry_names) ORDER BY id LIMIT $2";
        // a name without a word leaves no row to go on behind
        let mut done = 0_i64;
        loop {
            let some: Vec<(i64, String)> = sqlx::query_as(MISSING)
                .bind(done)
                .bind(AT_ONCE)
                .fetch_all(self.database.read())
                .await
                .map_err(fault(DOING))?;
            let Some((last, _)) = some.last() else { return Ok(()) };
            done = *last;
            let rows: Vec<(i64, String)> = some
                .into_iter()
                .flat_map(|(id, name)| words(&name).into_iter().map(move |word| (id, word)))
                .collect();
            let mut transaction = self.database.begin(DOING).await?;
            for some in rows.chunks(1000) {
                let values = self.database.engine().values(some.len(), 2);
                let sql = format!(
                    "INSERT INTO registry_names (structure, word) VALUES {values} ON CONFLICT DO NOTHING"
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for (id, word) in some {
                    query = query.bind(*id).bind(word.as_str());
                }
                query.execute(&mut *transaction).await.map_err(fault(DOING))?;
            }
            transaction.commit().await.map_err(fault(DOING))?;
        }
    }
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in fold(name).split([' ', '.', '@']).filter(|word| !word.is_empty()).take(WORDS) {
        let word: String = word.chars().take(64).collect();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
