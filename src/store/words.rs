//! What cases are found by: the words of their names, addresses and numbers, each on a row of its own, and
//! marks for what the queue is filtered by. Written in the commit that writes the case.
//!
//! A word is looked for by its beginning. Of what holds dots or an at sign, each end is a word, too:
//! `anna@ch.example` is found by itself, `ch.example`, `example`.

use super::Store;
use super::write::Write;
use crate::database::{fault, fold};
use crate::domain::facts::Class;
use crate::domain::finding::Code;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeSet;

const DOING: &str = "writing the words of a case";

/// Words of one case at most: nobody is found by the 300th word of a letter.
const MOST: usize = 300;
/// Characters of a word that count.
const LONGEST: usize = 64;
/// Cases whose words are written in one commit.
const AT_ONCE: u32 = 200;
/// Rows written by one statement: SQLite takes no more parameters than 32,766.
const ROWS: usize = 100;

/// The words and marks of a case. Personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(BTreeSet<String>);

/// What the queue is filtered by: `=class pharmacy`. No word begins like that.
pub(super) fn class_mark(class: Class) -> String {
    format!("=class {}", class.as_str())
}

/// With a finding of this rule that is no note.
pub(super) fn reason_mark(code: Code) -> String {
    format!("=reason {}", code.as_str())
}

/// How it was read.
pub(super) fn source_mark(source: &str) -> String {
    format!("=source {source}")
}

impl Words {
    /// What stands in the form of a recorded report, and in the mail around it.
    pub(super) fn of(report: &Value, around: &str) -> Self {
        let mut words = Self::default();
        let parts = ["structure", "signatory", "administrators", "usage", "certificates"];
        for part in parts {
            words.add_all(report.get("form").and_then(|form| form.get(part)));
        }
        words.add(around);
        words
    }

    pub(super) fn mark(&mut self, mark: String) {
        self.0.insert(mark);
    }

    fn add_all(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::String(text)) => self.add(text),
            Some(Value::Array(values)) => values.iter().for_each(|value| self.add_all(Some(value))),
            Some(Value::Object(values)) => values.values().for_each(|value| self.add_all(Some(value))),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
        }
    }

    /// Adds the words of a text, and of what they hold each end.
    fn add(&mut self, text: &str) {
        for word in number(text).into_iter().chain(folded(text)) {
            let ends = word.match_indices(['.', '@']).filter_map(|(at, _)| word.get(at + 1..));
            for end in std::iter::once(word.as_str()).chain(ends) {
                let end = end.trim_matches(['.', '@']);
                if !end.is_empty() && self.0.len() < MOST {
                    self.0.insert(end.to_owned());
                }
            }
        }
    }

    /// Writes them in the place of what stood there.
    pub(super) async fn write(&self, write: &mut Write, case: i64) -> Result<(), Fault> {
        sqlx::query("DELETE FROM case_words WHERE case_id = $1")
            .bind(case)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
        let all: Vec<&String> = self.0.iter().collect();
        for some in all.chunks(ROWS) {
            let values = write.engine().values(some.len(), 2);
            let sql =
                format!("INSERT INTO case_words (case_id, word) VALUES {values} ON CONFLICT DO NOTHING");
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for word in some {
                query = query.bind(case).bind(word.as_str());
            }
            query.execute(write.connection()).await.map_err(fault(DOING))?;
        }
        Ok(())
    }
}

/// The words of a text, as they are compared.
fn folded(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<String> = fold(text)
        .split_whitespace()
        .map(|word| word.trim_matches(['.', '@']).chars().take(LONGEST).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    words.into_iter()
}

/// A number typed with spaces or dots, as one word.
fn number(text: &str) -> Option<String> {
    let parts = text.chars().filter(|c| c.is_alphanumeric());
    let compact: String = parts.take(LONGEST).collect::<String>().to_lowercase();
    let digits = compact.chars().filter(char::is_ascii_digit).count();
    // the FINESS numbers of Corsica hold a letter
    (digits >= 8 && compact.chars().count() - digits <= 1).then_some(compact)
}

/// What somebody looks for, word by word.
pub(super) fn looked_for(text: &str) -> Vec<String> {
    const AT_MOST: usize = 8;
    if let Some(number) = number(text) {
        return vec![number];
    }
    let mut words: Vec<String> = Vec::new();
    for word in folded(text) {
        if !words.contains(&word) && words.len() < AT_MOST {
            words.push(word);
        }
    }
    words
}

/// A case of a version before.
#[derive(FromRow)]
struct Old {
    id: i64,
    search: String,
    source: String,
    report: String,
}

impl Store {
    /// Writes the words of cases that a version before recorded, the newest first: how many there were.
    /// Each commit takes a few hundred, so that others go on meanwhile, and who is stopped goes on after.
    pub async fn write_missing_words(&self, now: Timestamp) -> Result<u64, Fault> {
        let mut done = 0;
        loop {
            let some = self.write_some_words(now).await?;
            if some == 0 {
                return Ok(done);
            }
            done += some;
            if done % 10_000 < some {
                tracing::info!(cases = done, "the words that cases are found by are written");
            }
        }
    }

    async fn write_some_words(&self, now: Timestamp) -> Result<u64, Fault> {
        let (waiting,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM (SELECT 1 FROM cases_without_words LIMIT 1) AS few")
                .fetch_one(self.database.read())
                .await
                .map_err(fault(DOING))?;
        if waiting == 0 {
            return Ok(0);
        }
        // two programs that start at once take turns
        let mut write = self.write(DOING, now).await?;
        let rows: Vec<Old> = sqlx::query_as(
            "SELECT cases.id, cases.search, cases.source, cases.report \
             FROM cases_without_words JOIN cases ON cases.id = cases_without_words.case_id \
             ORDER BY cases.id DESC LIMIT $1",
        )
        .bind(i64::from(AT_ONCE))
        .fetch_all(write.connection())
        .await
        .map_err(fault(DOING))?;
        for row in &rows {
            let report: Value = serde_json::from_str(&row.report).unwrap_or_default();
            let mut words = Words::of(&report, &row.search);
            words.mark(source_mark(&row.source));
            for sql in [
                "SELECT word FROM case_words WHERE case_id = $1 AND word LIKE '=class %'",
                "SELECT DISTINCT '=reason ' || code FROM findings WHERE case_id = $1 AND severity <> 'note'",
            ] {
                let marks: Vec<(String,)> = sqlx::query_as(sql)
                    .bind(row.id)
                    .fetch_all(write.connection())
                    .await
                    .map_err(fault(DOING))?;
                words.0.extend(marks.into_iter().map(|(mark,)| mark));
            }
            words.write(&mut write, row.id).await?;
            sqlx::query("DELETE FROM cases_without_words WHERE case_id = $1")
                .bind(row.id)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
        }
        write.commit().await?;
        Ok(rows.len() as u64)
    }
}
