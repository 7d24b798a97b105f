//! Helvetica as every viewer has it: widths, the bytes of its letters, the names of those beyond.

use unicode_normalization::UnicodeNormalization;

/// Widths of Helvetica in thousandths of the size, from the space to byte 255 of `WinAnsiEncoding`
/// (Adobe's AFM file; bytes without a letter have the bullet's).
const WIDTHS: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350, // 0x80
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, 350, 222, 222, 333,
    333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667, // 0xa0
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333,
    556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611, // 0xc0
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778,
    778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, // 0xe0
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// What letters beyond `WinAnsiEncoding` are taken to be wide.
pub(super) const OTHER_WIDTH: u16 = 600;

/// Width of a byte of `WinAnsiEncoding`, thousandths of the size.
pub(super) fn width(byte: u8) -> u16 {
    usize::from(byte).checked_sub(32).and_then(|at| WIDTHS.get(at)).copied().unwrap_or(0)
}

/// The byte of a letter in `WinAnsiEncoding` (ISO 32000-2 annex D.2).
pub(super) fn win_ansi(letter: char) -> Option<u8> {
    Some(match letter {
        ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => u8::try_from(u32::from(letter)).ok()?,
        // spaces and hyphens that only say where a line may break
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => b' ',
        '\u{ad}' | '\u{2010}' | '\u{2011}' => b'-',
        '€' => 0x80,
        '‚' => 0x82,
        'ƒ' => 0x83,
        '„' => 0x84,
        '…' => 0x85,
        '†' => 0x86,
        '‡' => 0x87,
        'ˆ' => 0x88,
        '‰' => 0x89,
        'Š' => 0x8a,
        '‹' => 0x8b,
        'Œ' => 0x8c,
        'Ž' => 0x8e,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        '˜' => 0x98,
        '™' => 0x99,
        'š' => 0x9a,
        '›' => 0x9b,
        'œ' => 0x9c,
        'ž' => 0x9e,
        'Ÿ' => 0x9f,
        _ => return None,
    })
}

/// Names of U+0100 to U+017F (Adobe Glyph List): the letters of Central Europe and Turkey, which the
/// fonts that viewers put in Helvetica's place have under these names.
const LATIN_A: &str = "Amacron amacron Abreve abreve Aogonek aogonek Cacute cacute Ccircumflex ccircumflex \
    Cdotaccent cdotaccent Ccaron ccaron Dcaron dcaron Dcroat dcroat Emacron emacron Ebreve ebreve Edotaccent \
    edotaccent Eogonek eogonek Ecaron ecaron Gcircumflex gcircumflex Gbreve gbreve Gdotaccent gdotaccent \
    Gcommaaccent gcommaaccent Hcircumflex hcircumflex Hbar hbar Itilde itilde Imacron imacron Ibreve ibreve \
    Iogonek iogonek Idotaccent dotlessi IJ ij Jcircumflex jcircumflex Kcommaaccent kcommaaccent kgreenlandic \
    Lacute lacute Lcommaaccent lcommaaccent Lcaron lcaron Ldot ldot Lslash lslash Nacute nacute Ncommaaccent \
    ncommaaccent Ncaron ncaron napostrophe Eng eng Omacron omacron Obreve obreve Ohungarumlaut ohungarumlaut OE \
    oe Racute racute Rcommaaccent rcommaaccent Rcaron rcaron Sacute sacute Scircumflex scircumflex Scedilla \
    scedilla Scaron scaron Tcommaaccent tcommaaccent Tcaron tcaron Tbar tbar Utilde utilde Umacron umacron Ubreve \
    ubreve Uring uring Uhungarumlaut uhungarumlaut Uogonek uogonek Wcircumflex wcircumflex Ycircumflex ycircumflex \
    Ydieresis Zacute zacute Zdotaccent zdotaccent Zcaron zcaron longs";

/// The glyph's name of a letter beyond `WinAnsiEncoding`; `None` where the fonts that viewers put in
/// Helvetica's place have none (Greek, signs in the place of letters).
pub(super) fn glyph_name(letter: char) -> Option<&'static str> {
    match letter {
        'Ș' => Some("Scommaaccent"),
        'ș' => Some("scommaaccent"),
        'Ț' => Some("Tcommaaccent"),
        'ț' => Some("tcommaaccent"),
        _ => {
            let at = usize::try_from(u32::from(letter).checked_sub(0x100)?).ok()?;
            LATIN_A.split_whitespace().nth(at)
        }
    }
}

/// Whether every viewer draws all of a text: a gap in it would be taken for what was sent.
pub(super) fn is_drawn(text: &str) -> bool {
    text.nfc()
        .all(|letter| letter.is_whitespace() || win_ansi(letter).is_some() || glyph_name(letter).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_their_bytes_widths_and_names() {
        assert_eq!(
            "Aé’œ€\u{202f}".chars().filter_map(win_ansi).collect::<Vec<_>>(),
            [0x41, 0xe9, 0x92, 0x9c, 0x80, 0x20]
        );
        assert_eq!(
            [width(b'A'), width(b'i'), width(0xe9), width(0x9c), width(0xff)],
            [667, 222, 556, 944, 500]
        );
        assert_eq!(glyph_name('Ł'), Some("Lslash"));
        assert_eq!(glyph_name('ſ'), Some("longs"));
        assert_eq!(glyph_name('ț'), Some("tcommaaccent"));
        assert_eq!(glyph_name('λ'), None);
        assert_eq!(glyph_name('😀'), None);
        assert!(is_drawn("Ștefan\nŁódź e\u{301}") && !is_drawn("Ελένη") && !is_drawn("a😀"));
    }
}
