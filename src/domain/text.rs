//! Normalising what people type: white space, dashes, invisible characters, accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Trimmed, with single spaces between words and without invisible characters: what the report
/// shows of words.
#[must_use]
pub fn squeezed(raw: &str) -> String {
    let visible: String = raw.chars().filter(|c| !invisible(*c)).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For identifiers: compatibility forms resolved (full-width digits, `№`), accents dropped, upper
/// case, and without spaces of any width, dots and dashes. Nothing else is touched.
#[must_use]
pub fn compact(raw: &str) -> String {
    raw.nfkd().filter(|c| !is_combining_mark(*c) && !separator(*c)).flat_map(char::to_uppercase).collect()
}

/// For comparing words: lower case without accents, ligatures resolved; letters and digits stay,
/// everything else becomes a space.
#[must_use]
pub fn folded(raw: &str) -> String {
    let plain: String = raw
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let plain = plain.replace('œ', "oe").replace('æ', "ae").replace('ß', "ss").replace('ø', "o");
    let words: String = plain.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Spaces of any width, dots and dashes: what people put between groups of digits.
#[must_use]
pub fn separator(c: char) -> bool {
    c.is_whitespace() || invisible(c) || dash(c) || matches!(c, '.' | '·' | '•' | '\u{2024}' | '\u{2027}')
}

/// Any of Unicode's dashes (category Pd), the minus sign and the soft hyphen.
#[must_use]
pub fn dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{AD}' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{58A}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// Characters without width: joiners, marks of direction, the byte order mark, controls.
#[must_use]
pub fn invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
        | '\u{180E}')
        || (c.is_control() && !c.is_whitespace())
}

/// Whether a box holds only a stroke or the usual words for "nothing to say here". Read as empty:
/// people cross out the identifiers that do not concern them.
#[must_use]
pub fn says_nothing(raw: &str) -> bool {
    let words = folded(raw);
    let strokes =
        words.is_empty() && raw.chars().all(|c| separator(c) || matches!(c, '/' | '_' | '\\' | '|' | '—'));
    strokes
        || matches!(
            words.as_str(),
            "neant"
                | "aucun"
                | "aucune"
                | "sans objet"
                | "s o"
                | "so"
                | "n a"
                | "na"
                | "non concerne"
                | "non concernee"
                | "non applicable"
                | "pas concerne"
                | "x"
                | "xx"
                | "xxx"
        )
}

/// Strings that break careless slicing, for the tests of every parser.
#[cfg(test)]
pub(crate) const NASTY: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{7f}",
    "é",
    "e\u{301}",
    "\u{301}",
    "İ",
    "ß",
    "ﬃ",
    "Ⅷ",
    "①②③",
    "٣",
    "²",
    "½",
    "№",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "👩\u{200d}⚕\u{fe0f}",
    "🇫🇷",
    "𝟘𝟙𝟚",
    "\u{10ffff}",
    "\u{e000}",
    "N°",
    "°",
    "(",
    ")",
    "(0)",
    "+",
    "++",
    "00",
    "@",
    "@@",
    "<",
    "><",
    "<>",
    "://",
    ":",
    ".",
    "..",
    "-",
    "—",
    "*",
    "*.",
    "[",
    "]",
    "%",
    "%00",
    "/",
    "\\",
    "xn--",
    "xn--a",
    "xn--\u{e9}",
    "finess",
    "N",
    "NN",
    "EJEJ",
    "2A",
    "2B",
    "A",
    "1er",
    "1er 1er",
    "novembre",
    "0 novembre 0",
    "9999999999999999999999999999",
    "99999999999999999999/99/99",
    "\r\n",
    "\t",
    "\u{a0}",
    "ﷺ",
    "ŉ",
    "ǰ",
    "K",
    "ſ",
    "poste",
    "ext",
    "tel:",
    "ⓐ",
    "。",
    "．",
    "｡",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_of_any_width_dots_and_dashes_go() {
        assert_eq!(compact(" 75\u{A0}0.712\u{202F}18\u{2009}4\u{2011} "), "750712184");
        assert_eq!(compact("2a-0139093"), "2A0139093");
        assert_eq!(compact("７５０７１２１８４"), "750712184");
        assert_eq!(compact("75O71Z"), "75O71Z");
    }

    #[test]
    fn words_compare_without_case_and_accents() {
        assert_eq!(folded("  L'Haÿ-sur-Orge "), "l hay sur orge");
        assert_eq!(folded("Cœur ÉVROULT"), "coeur evroult");
    }

    #[test]
    fn a_stroke_is_no_answer_and_a_slashed_number_is_one() {
        for nothing in ["-", " — ", "/", "//", "...", "Néant", "sans objet", "N/A", "S.O.", "X"] {
            assert!(says_nothing(nothing), "{nothing}");
        }
        for something in ["0", "75/07", "xylophone", "non"] {
            assert!(!says_nothing(something), "{something}");
        }
    }
}
