//! Copies as other programs show them: Poppler, Ghostscript, and qpdf for the structure.

use super::paper::Paper;
use super::{copy_of, repair, sheet, words};
use crate::desk::fixture;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The requester's own document in several editions; the blank edition for a drawn form, for notes.
const FORMS: [&str; 8] = [
    "forms/missing-phone.fields.pdf",
    "forms/card-nine-digits.fields.pdf",
    "forms/laboratory-second-site.fields.pdf",
    "forms/terms-not-ticked-radio-terms.fields.pdf",
    "forms/published-not-signed.annotations.pdf",
    "forms/several-problems.annotations.pdf",
    "forms/two-roles.annotations.pdf",
    "forms/digitally-signed-then-value-changed.fields.pdf",
];

/// What a program prints; it has nothing to complain of.
fn prints(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && complaints.is_empty(), "{program} {}: {complaints}", file.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn two_viewers_show_what_is_kept_and_the_numbers_without_a_word_of_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = FORMS.iter().map(|name| fixture(name)).collect();
    repair(folder.path(), &files);
    let shown = folder.path().join("text");
    for file in &files {
        let copy = copy_of(folder.path(), file);
        let bytes = std::fs::read(&copy).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let checked = prints("qpdf", &["--check"], &copy);
        assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
        let poppler = {
            let output = Command::new("pdftotext").args(["-layout"]).arg(&copy).arg(&shown).output().unwrap();
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            std::fs::read_to_string(&shown).unwrap()
        };
        let ghostscript = prints(
            "gs",
            &["-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=txtwrite", "-sOutputFile=-"],
            &copy,
        );
        let numbers: Vec<String> =
            Paper::open(&bytes).numbers.into_iter().map(|number| number.label).collect();
        for (viewer, text) in [("Poppler", letters(&poppler)), ("Ghostscript", letters(&ghostscript))] {
            for (field, words) in words(&sheet(&bytes)) {
                // a viewer parts what stands on several lines as it likes
                let all = words.split_whitespace().all(|word| text.contains(word));
                assert!(all, "{viewer}, {}: {field} is not shown", file.display());
            }
            assert!(
                numbers.iter().all(|number| text.contains(number.as_str())),
                "{viewer}, {}",
                file.display()
            );
        }
        // each page is drawn
        let pages = folder.path().join("page");
        let output =
            Command::new("pdftocairo").args(["-png", "-r", "50"]).arg(&copy).arg(&pages).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
