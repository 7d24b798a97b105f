//! CSV as the command line prints it: `;` between columns, as French spreadsheets want it.

/// One table as CSV with a header row, lines ended by `\n`.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<String> {
    let text = crate::report::csv::table(b';', header, rows)?;
    Ok(text.trim_end().replace("\r\n", "\n"))
}
