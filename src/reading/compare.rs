//! Two channels on one answer: does what is drawn say what the field's value says?

use crate::reading::layout::fold::squeeze;

/// Whether a field's value and what its widget draws are the same words. White space, case,
/// accents, ligatures and punctuation do not matter; neither do accents that the drawing's font
/// garbles, nor the tail that did not fit (`cut`: the drawing reaches the widget's edge).
#[must_use]
pub fn agree(value: &str, drawn: &str, cut: bool) -> bool {
    let (a, b) = (squeeze(value), squeeze(drawn));
    if a == b {
        return true;
    }
    if is_garbled(drawn) && ascii(value) == ascii(drawn) {
        return true;
    }
    let enough = b.len() >= 6 && b.len() * 3 >= a.len();
    cut && enough && (a.starts_with(&b) || a.ends_with(&b) || a.contains(&b))
}

/// Letters beyond ASCII drawn through the wrong encoding: UTF-8 bytes shown one by one, or glyphs
/// without a letter.
fn is_garbled(drawn: &str) -> bool {
    drawn.contains(['\u{fffd}', '\u{feff}'])
        || drawn.contains("ï»¿")
        || drawn.contains("þÿ")
        || drawn
            .chars()
            .zip(drawn.chars().skip(1))
            .any(|(a, b)| matches!(a, 'Ã' | 'Â' | 'Å') && !b.is_ascii())
}

/// The plain letters and digits only: what survives a wrong encoding.
fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_the_words_is_no_disagreement() {
        assert!(agree("35 0227\u{a0}658", "350227658", false));
        assert!(agree("Office", "Oﬃce", false));
        assert!(agree("Inès", "ï»¿InÃ¨s", false));
        assert!(agree("Laboratoire de biologie médicale du Val", "Laboratoire de biologie", true));
    }

    #[test]
    fn other_words_are() {
        assert!(!agree("350227658", "350227659", false));
        assert!(!agree("350227658", "", false));
        assert!(!agree("2900907866", "290090786", false));
        assert!(!agree("Laboratoire de biologie médicale du Val", "Laboratoire de biologie", false));
        assert!(!agree("Inès", "Agnès", false));
    }
}
