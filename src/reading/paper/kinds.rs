//! What a line looks like: a number, a name, an address, a lone letter. It says in which alphabets the line is read.

use super::recognise::{Line, Read};
use super::weigh::{OPENING, is_trace};

/// Its text without the gaps between words.
#[must_use]
pub fn joined(line: &[Read]) -> String {
    line.iter().map(|word| word.text.as_str()).collect()
}

/// Mostly digits, with what parts them: no word.
#[must_use]
pub fn is_number(line: &[Read]) -> bool {
    let text = joined(line);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 3 && letters * 3 <= digits
}

/// One or two letters by themselves.
#[must_use]
pub fn is_tiny(line: &Line) -> bool {
    let segment = &line.segment;
    segment.letters <= 2 && segment.area.width() < 1.7 * segment.tall.max(6.0)
}

/// Words in the longest name; more are a sentence, of which the signs count.
const NAME: usize = 7;

/// A few words of letters, with what holds a name's words together: no digit, no other sign but what dirt and rules
/// at both ends are taken for, and no dash by itself.
#[must_use]
pub fn is_name(line: &[Read]) -> bool {
    let all = line.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let name = all.trim_start_matches(|c: char| c == ' ' || OPENING.contains(&c));
    let name = name.trim_end_matches(|c: char| c == ' ' || is_trace(c.encode_utf8(&mut [0; 4])));
    let of_names = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '‘' | '.');
    name.chars().all(of_names)
        && name.chars().filter(|c| c.is_alphabetic()).count() > 1
        && name.split(' ').all(|word| word.contains(char::is_alphabetic))
        && name.split(' ').count() <= NAME
}

/// An e-mail address or a domain name: the French network puts accents where there are none.
#[must_use]
pub fn is_address(line: &[Read]) -> bool {
    let text = joined(line);
    text.contains('@')
        || line.len() <= 2 && text.contains('.') && text.chars().filter(char::is_ascii_lowercase).count() >= 6
}

/// Whether a word is the first of an address that fell into pieces: letters with a dot between.
#[must_use]
pub fn begins_an_address(text: &str) -> bool {
    let dotted = |(left, right): (&str, &str)| {
        left.ends_with(|c: char| c.is_ascii_lowercase())
            && right.starts_with(|c: char| c.is_ascii_lowercase())
    };
    text.split_once('.').is_some_and(dotted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet::Area;

    #[test]
    fn a_name_is_letters_and_what_holds_them_together() {
        let is_name = |text: &str| {
            let area = Area { x0: 0.0, y0: 0.0, x1: 50.0, y1: 8.0 };
            let read = |text: &str| Read { text: text.to_owned(), area, confidence: 0.5, own: 90.0 };
            super::is_name(&text.split(' ').map(read).collect::<Vec<_>>())
        };
        for name in
            ["Le Floc'h", "‘Clémence", "[Yaël", "| Oyarçabal", "Anne-Lise .", "Clinique d‘Ozoir-le-Bois"]
        {
            assert!(is_name(name), "{name}");
        }
        for other in
            ["1'Abbaye", "Horloge – Kermeur", "documents (PDF)", "Ève, puis Marc", "a@b.fr", "X", "- -", ""]
        {
            assert!(!is_name(other), "{other}");
        }
    }
}
