//! Text on its way into the database and into a search.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Without U+0000, which form fields and headers can hold and PostgreSQL refuses.
#[must_use]
pub fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// As compared in a search: no accents, no case, single spaces, no U+0000.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && *c != '\0')
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() || c == '@' || c == '.' { c } else { ' ' })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A `LIKE … ESCAPE '\'` pattern for rows whose folded text contains `text`.
#[must_use]
pub fn like(text: &str) -> String {
    format!("%{}%", fold(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_forgets_accents_case_and_punctuation() {
        assert_eq!(fold("  Hôpital  SAINT-Évroult\0 "), "hopital saint evroult");
        assert_eq!(like("50 %_"), "%50%");
        assert_eq!(clean("a\0b"), "ab");
    }
}
