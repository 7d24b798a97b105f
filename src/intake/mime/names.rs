//! File names as senders give them: shown to staff and in letters, never used as a path.

use super::content::Content;

/// Longest name kept, characters.
const LONGEST: usize = 120;

/// A name that can be shown: the last part of a path, without control or direction characters;
/// `document-N.pdf` where nothing is left.
pub(super) fn clean(given: Option<&str>, content: Content, number: usize) -> String {
    let kept: String = given
        .unwrap_or_default()
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|&c| !c.is_control() && !turns_text(c))
        .collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = kept.trim_matches(['.', ' ']);
    if kept.is_empty() {
        return format!("document-{number}.{}", content.extension());
    }
    if kept.chars().count() <= LONGEST {
        return kept.to_owned();
    }
    // The ending says what it is: it stays.
    let ending: String = kept.rsplit_once('.').map_or("", |(_, ending)| ending).chars().take(8).collect();
    let head: String = kept.chars().take(LONGEST - 1 - ending.chars().count()).collect();
    format!("{head}….{ending}")
}

/// The name, or `name (2).pdf` where another document has it already: letters and readings tell
/// documents apart by their names.
pub(super) fn unlike(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    let dot = if ending.is_empty() { "" } else { "." };
    (2..10_000)
        .map(|number| format!("{stem} ({number}){dot}{ending}"))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// Zero-width and direction characters: `fdp.exe` shown as `exe.pdf` (UTR 36 §2.5).
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_can_be_shown() {
        for (given, shown) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Temp\\F413 signé.pdf", "F413 signé.pdf"),
            ("F413\r\nBcc: x.pdf", "F413Bcc: x.pdf"),
            ("F413\u{202e}fdp.exe", "F413fdp.exe"),
            ("  F413 \t rempli.pdf ", "F413 rempli.pdf"),
            ("...", "document-3.pdf"),
            ("", "document-3.pdf"),
        ] {
            assert_eq!(clean(Some(given), Content::Pdf, 3), shown, "{given:?}");
        }
        assert_eq!(clean(None, Content::Jpeg, 1), "document-1.jpg");
    }

    #[test]
    fn no_two_documents_have_one_name() {
        let taken = ["F413.pdf", "F413 (2).pdf", "scan"];
        let unlike = |name: &str| unlike(name.to_owned(), |name| taken.contains(&name));
        assert_eq!(["F413.pdf", "scan", "new.pdf"].map(unlike), ["F413 (3).pdf", "scan (2)", "new.pdf"]);
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(Some(&format!("{}.pdf", "é".repeat(300))), Content::Pdf, 1);
        assert!(name.ends_with("….pdf") && name.chars().count() <= LONGEST + 1, "{name}");
    }
}
