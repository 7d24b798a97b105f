//! CSV for spreadsheets: `;` between columns, and no cell that a spreadsheet would run.

/// One table as CSV with a header row, lines ended by `\n`.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<String> {
    let mut writer = ::csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| safe(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("writing CSV: {}", error.error()))?;
    Ok(String::from_utf8(bytes)?.trim_end().to_owned())
}

/// A cell that begins like a formula gets an apostrophe before it: names and subjects come from
/// strangers.
fn safe(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let rows = ["=1+1", "+33", "-2", "@sum", "plain; quoted", "with \"quotes\""]
            .map(|cell| vec![cell.to_owned()]);
        let shown = table(&["cell"], rows).unwrap();
        assert_eq!(shown, "cell\n'=1+1\n'+33\n'-2\n'@sum\n\"plain; quoted\"\n\"with \"\"quotes\"\"\"");
    }
}
