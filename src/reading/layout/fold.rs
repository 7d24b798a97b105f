//! Letters made comparable: case, accents, ligatures, apostrophes and spacing do not matter.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Stands for a letter that could not be read.
pub const ANY: char = '?';

/// The letters and digits of `text`, lower case, without accents. "N° de carte" gives "ndecarte",
/// "Prénom(s)" gives "prenoms". Superscript digits are footnote marks and vanish.
#[must_use]
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '°' | 'º' | 'ª' | '⁰'..='₎' | '¹' | '²' | '³')) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !c.is_ascii() {
            match c {
                // a glyph of which the file does not say what it is: any one letter
                char::REPLACEMENT_CHARACTER => out.push(ANY),
                'œ' | 'Œ' => out.push_str("oe"),
                'æ' | 'Æ' => out.push_str("ae"),
                other => {
                    for part in std::iter::once(other).nfkd().filter(|part| !is_combining_mark(*part)) {
                        out.extend(part.to_lowercase().filter(|letter| letter.is_alphanumeric()));
                    }
                }
            }
        }
    }
    out
}

/// Whether a word is only a fill line ("........", "____", "|_|_|") or its pieces.
#[must_use]
pub fn is_filler(text: &str) -> bool {
    let mut marks = 0usize;
    for c in text.chars() {
        match c {
            '.' | '_' | '·' | '‥' | '|' | '¯' | '‗' => marks += 1,
            '…' => marks += 3,
            '-' | '–' | '—' | '/' | ':' | ' ' => {}
            _ => return false,
        }
    }
    marks >= 1
}

/// A word without the fill line it was typed into: "......Dupont......" gives "Dupont". Two dots or
/// fewer belong to the answer ("S.A.", "etc...").
#[must_use]
pub fn without_leaders(text: &str) -> &str {
    let leader = |c: char| matches!(c, '.' | '_' | '…' | '‥' | '·');
    let long = |cut: &str| {
        cut.chars().map(|c| if c == '…' { 3 } else { 1 }).sum::<usize>() >= 4 || cut.contains('_')
    };
    let trimmed = text.trim_start_matches(leader);
    let head = text.strip_suffix(trimmed).unwrap_or("");
    let text = if long(head) { trimmed } else { text };
    let trimmed = text.trim_end_matches(leader);
    let tail = text.strip_prefix(trimmed).unwrap_or("");
    if long(tail) { trimmed } else { text }
}

/// Whether `letters` is `pattern` but for a few slips; longer patterns bear more of them.
#[must_use]
pub fn alike(letters: &str, pattern: &str) -> bool {
    if letters == pattern {
        return true;
    }
    if letters.contains(ANY) {
        let same = |(a, b): (char, char)| a == ANY || a == b;
        let unread = letters.chars().filter(|c| *c == ANY).count();
        return letters.len() == pattern.len()
            && unread * 3 <= pattern.len()
            && letters.chars().zip(pattern.chars()).all(same);
    }
    let budget = slips(pattern);
    letters.len().abs_diff(pattern.len()) <= budget
        && budget > 0
        && strsim::levenshtein(letters, pattern) <= budget
}

/// How many slips a pattern of that length bears.
#[must_use]
pub fn slips(pattern: &str) -> usize {
    match pattern.len() {
        0..=11 => 0,
        12..=19 => 1,
        20..=29 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_compared_without_dress() {
        assert_eq!(squeeze("N° de carte"), "ndecarte");
        assert_eq!(squeeze("Prénom(s) ⁽¹⁾"), "prenoms");
        assert_eq!(squeeze("l’Éditeur / œuvre ﬁnale"), "lediteuroeuvrefinale");
        assert!(alike("nomfigurantsurlacarle", "nomfigurantsurlacarte"));
        assert!(!alike("nom", "non"));
        assert!(
            alike(&squeeze("Pr\u{fffd}nom(s)"), "prenoms") && !alike(&squeeze("\u{fffd}\u{fffd}m"), "nom")
        );
    }

    #[test]
    fn fill_lines_are_not_answers() {
        for filler in ["........", "____", "|_|_|", "…", "__/__/____"] {
            assert!(is_filler(filler), "{filler}");
        }
        for answer in ["-", "–", ":", "S.A.", "0", "a.b", "/"] {
            assert!(!is_filler(answer), "{answer}");
        }
        assert_eq!(without_leaders("......Dupont......"), "Dupont");
        assert_eq!(without_leaders("__Dupont"), "Dupont");
        assert_eq!(without_leaders("S.A."), "S.A.");
        assert_eq!(without_leaders("etc..."), "etc...");
    }
}
