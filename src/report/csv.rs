//! Tables for spreadsheets, with no cell that a spreadsheet would run.

/// A table with a header row, each line ended by CR LF (RFC 4180 §2) but for `delimiter`, which the RFC has as
/// a comma.
///
/// # Errors
/// A row is longer or shorter than the header.
pub fn table(
    delimiter: u8,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| safe(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
    fn a_cell_is_never_a_formula_and_lines_end_as_the_rfc_says() {
        let rows = ["=1+1", "+33", "-2", "@sum", "\tx", "plain, quoted", "with \"quotes\""]
            .map(|cell| vec![cell.to_owned()]);
        let shown = table(b',', &["cellule"], rows).unwrap();
        let expected = [
            "cellule",
            "'=1+1",
            "'+33",
            "'-2",
            "'@sum",
            "'\tx",
            "\"plain, quoted\"",
            "\"with \"\"quotes\"\"\"",
            "",
        ];
        assert_eq!(shown.split("\r\n").collect::<Vec<_>>(), expected);
    }
}
