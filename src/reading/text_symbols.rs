//! Characters of symbol fonts: ticks, crosses and boxes drawn as letters of Wingdings and its like.

/// Whether a character is nothing on paper (joiners, marks of direction and order, controls).
pub(super) fn is_nothing(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
        | '\u{FE00}'..='\u{FE0F}')
        || (c.is_control() && !c.is_whitespace())
}

/// The symbol behind a glyph of a symbol font, or `None` for an ordinary character.
///
/// `mapped` is what the file says the glyph is (fonts like Wingdings are often said to be Latin
/// letters: a tick is `ü`); `font_name`, the embedded font's, is asked only where it can change the
/// answer. A symbol font that is *not* in the file cannot be told from a Latin one here.
pub(super) fn symbol<'a>(
    code: u32,
    mapped: Option<&str>,
    font_name: impl FnOnce() -> Option<&'a str>,
) -> Option<char> {
    let mut chars = mapped.unwrap_or_default().chars();
    let one = match (chars.next(), chars.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    };
    // Word and Windows put symbol fonts in the private use area, U+F000 + the font's code
    if let Some(c @ '\u{F020}'..='\u{F0FF}') = one {
        return dingbat(u32::from(c) - 0xF000);
    }
    let in_question = match one {
        None => mapped.is_none(),
        Some(c) => dingbat(u32::from(c)).is_some() || dingbat(code).is_some(),
    };
    if !in_question {
        return None;
    }
    let name = font_name()?.to_lowercase();
    if !["wingdings", "webdings", "dingbat", "marlett"].iter().any(|known| name.contains(known)) {
        return None;
    }
    if name.contains("zapf") || name.contains("dingbats") {
        return zapf(code);
    }
    one.filter(|c| u32::from(*c) < 0x100).and_then(|c| dingbat(u32::from(c))).or_else(|| dingbat(code & 0xFF))
}

/// Wingdings, Wingdings 2 and Webdings in one table: where they have ticks and boxes, their codes
/// do not meet (Microsoft's character charts).
fn dingbat(code: u32) -> Option<char> {
    Some(match code {
        // Wingdings
        0xFC => '✓',
        0xFB => '✗',
        0xFE => '☑',
        0xFD | 0x78 => '☒',
        0x6F | 0x70 | 0x71 | 0xA8 => '☐',
        0x6E => '■',
        0x6C | 0x9F => '●',
        0xA1 => '○',
        // Wingdings 2
        0x50 => '✓',
        0x4F => '✗',
        0x52 => '☑',
        0x51 | 0x53 | 0x54 => '☒',
        0xA3 => '☐',
        // Webdings
        0x61 => '✔',
        0x72 => '✗',
        _ => return None,
    })
}

/// `ZapfDingbats`' own codes (ISO 32000-2 annex D.6), for embedded subsets that do not name them.
fn zapf(code: u32) -> Option<char> {
    Some(match code {
        0x33 => '✓',
        0x34 => '✔',
        0x35 => '✕',
        0x36 => '✖',
        0x37 => '✗',
        0x38 => '✘',
        0x6C => '●',
        0x6D => '❍',
        0x6E => '■',
        0x6F..=0x72 => '❑',
        0x75 => '◆',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u32, mapped: Option<&str>, font: &str) -> Option<char> {
        symbol(code, mapped, || Some(font))
    }

    #[test]
    fn private_use_characters_are_the_symbol_fonts_codes() {
        assert_eq!(of(3, Some("\u{F0FC}"), "ABCDEF+Whatever"), Some('✓'));
        assert_eq!(of(3, Some("\u{F0FE}"), "x"), Some('☑'));
        assert_eq!(of(3, Some("\u{F041}"), "x"), None);
    }

    #[test]
    fn letters_of_a_symbol_font_are_its_symbols() {
        assert_eq!(of(0xFC, Some("ü"), "Wingdings-Regular"), Some('✓'));
        assert_eq!(of(0x78, Some("x"), "Wingdings"), Some('☒'));
        assert_eq!(of(0x50, None, "Wingdings2"), Some('✓'));
        assert_eq!(of(0x34, None, "ZapfDingbats"), Some('✔'));
    }

    #[test]
    fn letters_of_other_fonts_stay_letters() {
        assert_eq!(of(0xFC, Some("ü"), "Carlito"), None);
        assert_eq!(of(0x78, Some("x"), "Helvetica"), None);
        assert_eq!(symbol(0x78, Some("x"), || None), None);
    }
}
