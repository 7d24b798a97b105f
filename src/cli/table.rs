//! A list in the form that is asked for: a table, CSV for spreadsheets, or a JSON object a line.

use super::{columns, complain, csv, say};
use clap::Args;

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Form {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Print CSV (`;`, with a header row)
    #[arg(long)]
    csv: bool,
}

impl Form {
    /// Prints rows. `widths`: of the table's columns, in characters; `none`: what is said where
    /// there is no row.
    pub(super) fn print(
        &self,
        header: &[&str],
        rows: &[Vec<String>],
        widths: &[usize],
        none: &str,
    ) -> anyhow::Result<()> {
        if self.csv {
            say(&csv::table(header, rows.iter().cloned())?);
        } else if self.json {
            for row in rows {
                let cells =
                    header.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned().map(Into::into));
                say(&serde_json::Value::Object(cells.collect()).to_string());
            }
        } else if rows.is_empty() {
            complain(none);
        } else {
            for row in rows {
                say(&columns(row, widths));
            }
        }
        Ok(())
    }
}
