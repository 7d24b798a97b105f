//! What several readings of a line say, weighed. What independent readings agree on is sure; where
//! they differ, what most say is kept and said to be unsure.

use super::alike::{is_apostrophe, is_like_an_l, seen_as};
use super::engine::Token;
use super::kinds::{is_number, is_tiny, joined};
use super::picture::float;
use super::recognise::{Line, Read};
use crate::domain::sheet::Area;

/// What all readings agree on.
const AGREED: f64 = 0.97;
/// The same where a reading that knows digits only agrees too.
const AGREED_DIGITS: f64 = 0.985;
/// Agreed but for letters that the second network was not taught.
const AGREED_BUT_ACCENTS: f64 = 0.93;
/// Agreed, and the ink says otherwise.
pub const AGAINST_THE_INK: f64 = 0.75;
/// Two of three.
const MOST_SAY: f64 = 0.7;
/// Each says something else.
const NONE_AGREES: f64 = 0.4;

/// The further readings of a line, as words.
#[derive(Debug, Default)]
pub struct Readings {
    pub english: Vec<String>,
    /// Smaller than the first.
    pub french: Vec<String>,
    /// With digits only; where the line seems to be a number.
    pub digits: Option<Vec<String>>,
    /// With the signs of addresses only; where the line seems to be one.
    pub address: Option<Vec<String>>,
}

/// Weighs a line's first reading with the others. `shown`: its words as their ink shows them, where they are
/// words and their readings agree but for accents.
pub fn line(line: &mut Line, readings: &Readings, shown: impl FnOnce(&Line) -> Option<Vec<String>>) {
    let Readings { english, french, digits, address } = readings;
    let tiny = is_tiny(line);
    let words = &mut line.words;
    if let Some(last) = words.iter().rposition(|word| !is_trace(&word.text)) {
        words.truncate(last + 1);
        let first = words.iter().position(|word| !is_trace(&word.text)).unwrap_or(0);
        words.drain(..first);
    }
    without_rules(words.iter_mut().map(|word| &mut word.text));
    without_opening(words, [english, french]);
    let shown = if digits.is_none() && address.is_none() { shown(line) } else { None };
    let words = &mut line.words;
    match (digits, address) {
        (_, Some(address)) => weigh_address(words, english, address, french),
        (Some(digits), None) if tiny => number_of_a_line(words, digits, english, french),
        (digits, None) => match shown {
            Some(shown) => as_shown(words, &shown),
            None => weigh(words, english, french, digits.as_deref()),
        },
    }
    if begins_with_a_stroke(&line.words) {
        doubt(line);
    }
}

/// Takes for a line's words what its ink shows.
fn as_shown(line: &mut [Read], words: &[String]) {
    for (word, text) in line.iter_mut().zip(words) {
        word.text.clone_from(text);
        set(word, AGREED_BUT_ACCENTS);
    }
}

/// Whether a line begins with a single stroke, of which the engine is not sure that it is a letter: it
/// may be what is left of a rule.
fn begins_with_a_stroke(words: &[Read]) -> bool {
    let [first, _, ..] = words else { return false };
    first.own < STROKE
        && matches!(first.text.as_str(), "1" | "l" | "I" | "i" | "j" | "!" | "|" | "J" | "t" | "f")
}

/// The engine's own confidence under which a stroke by itself is no letter.
const STROKE: f32 = 85.0;

/// A line's words; a hyphen holds together what stands on both its sides, whatever the gap.
#[must_use]
pub fn text_of(line: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let bare = |token: &&Token| !is_trace(&token.text);
    let from = line.iter().take_while(|token| !bare(token)).count();
    let to = line.len() - line.iter().rev().take_while(|token| !bare(token)).count();
    for token in line.get(from..to).unwrap_or_default() {
        match out.last_mut() {
            Some(last) if hyphened(last, &token.text) => last.push_str(&token.text),
            _ => out.push(token.text.clone()),
        }
    }
    without_rules(out.iter_mut());
    out
}

/// Takes off what is left of a cell's upright rules at both ends of a line: "|BŒUF", "ROSSI]".
fn without_rules<'w>(mut words: impl DoubleEndedIterator<Item = &'w mut String>) {
    let tells = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() >= 2;
    // in pairs they are somebody's: "[v12]"
    let paired = |text: &str| text.contains(['[', '{']) && text.contains([']', '}']);
    let shorten = |word: Option<&mut String>, at_end: bool| {
        let Some(word) = word else { return };
        let rest = if at_end {
            word.trim_end_matches(['|', '[', ']', '{', '}', '`', '_'])
        } else {
            word.trim_start_matches(['|', '[', ']', '{', '}', '`', '_', '‘', ':', ';', '!'])
        };
        if rest.len() < word.len() && tells(rest) && !paired(word) {
            *word = rest.to_owned();
        }
    };
    let first = words.next();
    match words.next_back() {
        Some(last) => {
            shorten(first, false);
            shorten(Some(last), true);
        }
        None => {
            if let Some(only) = first {
                shorten(Some(only), false);
                shorten(Some(only), true);
            }
        }
    }
}

/// Takes off a sign before the first letter that not all readings have: a rule's remains, dirt.
fn without_opening(words: &mut [Read], others: [&Vec<String>; 2]) {
    let Some(first) = words.first_mut() else { return };
    let bare = first.text.trim_start_matches(OPENING);
    let begins =
        |words: &Vec<String>| words.first().is_some_and(|word| word.starts_with(char::is_alphanumeric));
    if bare.len() < first.text.len()
        && bare.starts_with(char::is_alphanumeric)
        && others.into_iter().any(begins)
    {
        first.text = bare.to_owned();
    }
}

/// What remains of rules and dirt is taken for before a word.
pub const OPENING: [char; 14] = ['|', '[', '{', '(', '‘', '’', '\'', '“', '"', '\\', '/', ',', '.', '-'];

/// What is left of a rule or of dirt at a line's end: no letter, no digit, narrow signs only.
pub fn is_trace(text: &str) -> bool {
    text.chars().all(|c| ":;!|.,'‘’`´°·•_\"“”~-–—=".contains(c))
}

/// Whether a hyphen at one's end or the other's start holds two words together, or an elision ("d'").
#[must_use]
pub fn hyphened(left: &str, right: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let elided = left.strip_suffix(is_apostrophe).is_some_and(|rest| {
        matches!(rest.to_lowercase().as_str(), "d" | "l" | "n" | "s" | "c" | "j" | "m" | "t" | "qu")
            || rest.chars().all(is_like_an_l) && rest.chars().count() == 1
    });
    if elided && right.starts_with(char::is_alphabetic) {
        return true;
    }
    left.strip_suffix('-').is_some_and(|rest| inner(rest.chars().next_back())) && inner(right.chars().next())
        || right.strip_prefix('-').is_some_and(|rest| inner(rest.chars().next()))
            && inner(left.chars().next_back())
}

/// A line's printed number ("1.") among what can be one letter: the networks take a lone digit for
/// anything, unless they are told that it is a digit.
fn number_of_a_line(line: &mut Vec<Read>, digits: &[String], english: &[String], french: &[String]) {
    let digits = digits.concat();
    let mut letters = digits.chars();
    let number = letters.next().is_some_and(|c| c.is_ascii_digit() && c != '0')
        && matches!(letters.as_str(), "." | ")" | "");
    let own: String = line.iter().map(|word| word.text.as_str()).collect();
    let said = [own.as_str(), &english.concat(), &french.concat()]
        .into_iter()
        .filter(|text| text.ends_with(['.', ',', ')', ':']))
        .count();
    let sure = own == english.concat() && own == french.concat();
    if number
        && (said >= 1 || digits.ends_with(['.', ')']))
        && !(sure && own.chars().all(char::is_alphabetic))
    {
        let text = if letters.as_str().is_empty() { format!("{digits}.") } else { digits };
        replaced(line, &[text]);
    }
    for word in line {
        set(word, if sure { AGREED } else { MOST_SAY });
    }
}

/// An address: as the English network reads it twice, once told what addresses are made of; sure
/// where the French one does too, as it may at first not without an accent.
fn weigh_address(line: &mut Vec<Read>, english: &[String], again: &[String], french: &[String]) {
    let own = joined(line);
    let (a, b, c) = (english.concat(), again.concat(), french.concat());
    let confidence = if a == b && a == own && a == c {
        AGREED
    } else if a == b && (a == own && seen_as(&c, &a) || a == c && seen_as(&own, &a)) {
        AGREED_BUT_ACCENTS
    } else if a == b {
        MOST_SAY
    } else {
        NONE_AGREES
    };
    if a == b || a == c {
        replaced(line, english);
    }
    join_at_signs(line);
    let proper = |c: char| c.is_ascii_alphanumeric() || "@.-_+%&'/:".contains(c);
    let odd = !joined(line).chars().all(proper);
    for word in line {
        set(word, if odd { NONE_AGREES } else { confidence });
    }
}

/// Joins an address that is read in pieces: a gap beside its signs is a wide letter's.
fn join_at_signs(words: &mut Vec<Read>) {
    let sign = |c: char| matches!(c, '@' | '.');
    let mut out: Vec<Read> = Vec::new();
    for word in words.drain(..) {
        match out.last_mut() {
            Some(last) if last.text.ends_with(sign) != word.text.starts_with(sign) => {
                last.text.push_str(&word.text);
                last.area = last.area.around(&word.area);
                last.own = last.own.min(word.own);
            }
            _ => out.push(word),
        }
    }
    *words = out;
}

/// Sets the confidence of a line's words; where they differ but the others agree, takes theirs.
fn weigh(line: &mut Vec<Read>, english: &[String], french: &[String], digits: Option<&[String]>) {
    let own: Vec<String> = line.iter().map(|word| word.text.clone()).collect();
    let glue = |words: &[String]| words.concat();
    let (a, b, c) = (glue(&own), glue(english), glue(french));
    let bare = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let confidence = if a == b && a == c {
        match digits.map(glue) {
            Some(d) if bare(&d) == bare(&a) => AGREED_DIGITS,
            Some(_) => MOST_SAY,
            None => AGREED,
        }
    } else if a == c && seen_as(&a, &b) {
        AGREED_BUT_ACCENTS
    } else if b == c && !b.is_empty() {
        replaced(line, french);
        MOST_SAY
    } else if a == b || a == c {
        MOST_SAY
    } else {
        NONE_AGREES
    };
    let mut confidence = confidence;
    if confidence >= AGREED_BUT_ACCENTS && !is_number(line) {
        // letters are agreed on; where a word ends is what two of three say
        let words = |of: &[String]| of.iter().map(|word| word.chars().count()).collect::<Vec<_>>();
        let (first, second, third) = (words(&own), words(english), words(french));
        if first != third && second == third {
            replaced(line, french);
        } else if first != third && first != second {
            confidence = MOST_SAY;
        }
    }
    if confidence < AGREED_BUT_ACCENTS && own.len() == english.len() && own.len() == french.len() {
        // word by word: what they agree on stays sure
        for (((word, a), b), c) in line.iter_mut().zip(&own).zip(english).zip(french) {
            let agreed = match () {
                () if a == b && a == c => AGREED,
                () if a == c && seen_as(a, b) => AGREED_BUT_ACCENTS,
                () => confidence,
            };
            set(word, agreed);
        }
        return;
    }
    for word in line {
        set(word, confidence);
    }
}

/// Makes a line's words unsure whatever the readings say.
pub fn doubt(line: &mut Line) {
    for word in &mut line.words {
        set(word, AGAINST_THE_INK.min(f64::from(word.confidence)));
    }
}

fn set(word: &mut Read, confidence: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let confidence = confidence as f32;
    word.confidence = confidence;
}

/// Another reading of the line in its place: its words share out the line's width by their letters.
fn replaced(line: &mut Vec<Read>, words: &[String]) {
    let Some(area) = line.iter().map(|word| word.area).reduce(|a, b| a.around(&b)) else { return };
    if line.len() == words.len() {
        for (word, text) in line.iter_mut().zip(words) {
            word.text.clone_from(text);
        }
        return;
    }
    let all: usize = words.iter().map(|word| word.chars().count() + 1).sum();
    let unit = area.width() / float(all.max(1));
    let mut x = area.x0;
    *line = words
        .iter()
        .map(|text| {
            let width = unit * float(text.chars().count());
            let word = Read {
                text: text.clone(),
                area: Area { x0: x, x1: x + width, ..area },
                confidence: 0.5,
                own: 50.0,
            };
            x += width + unit;
            word
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::super::recognise::Seen;
    use super::super::segments::Segment;
    use super::*;

    #[test]
    fn an_address_is_joined_at_its_signs() {
        let joined = |text: &str| {
            let area = Area { x0: 0.0, y0: 0.0, x1: 50.0, y1: 8.0 };
            let read = |text: &str| Read { text: text.to_owned(), area, confidence: 0.5, own: 90.0 };
            let mut words: Vec<Read> = text.split(' ').map(read).collect();
            join_at_signs(&mut words);
            words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(joined("srv-mss. intranet"), "srv-mss.intranet");
        assert_eq!(joined("jean .dupont @chu-lens. fr"), "jean.dupont@chu-lens.fr");
        assert_eq!(joined("chu-lens.fr chu-arras.fr"), "chu-lens.fr chu-arras.fr");
    }

    #[test]
    fn where_a_word_ends_is_what_two_of_three_say() {
        let weighed = |own: &str, english: &str, french: &str| {
            let area = Area { x0: 0.0, y0: 0.0, x1: 50.0, y1: 8.0 };
            let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            let read = |text: String| Read { text, area, confidence: 0.5, own: 90.0 };
            let segment = Segment { area, tall: 6.0, letters: 6, on_dots: false };
            let words_of = words(own).into_iter().map(read).collect();
            let mut line = Line { segment, words: words_of, seen: Seen::Once };
            let readings = Readings { english: words(english), french: words(french), ..Readings::default() };
            super::line(&mut line, &readings, |_| None);
            let text: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
            (text.join(" "), line.words.iter().all(|word| word.confidence > 0.9))
        };
        assert_eq!(weighed("Maë lys", "Maélys", "Maëlys"), ("Maëlys".to_owned(), true));
        assert_eq!(weighed("Anne Lise", "AnneLise", "AnneLise"), ("AnneLise".to_owned(), true));
        assert_eq!(weighed("Maë lys", "Mae lys", "Maëlys"), ("Maë lys".to_owned(), true));
        assert!(!weighed("Maë lys", "M aélys", "Maëlys").1);
        // what two of three say is not what all do, in words as in lines
        assert_eq!(weighed("Maëélys", "Maélys", "Maélys"), ("Maélys".to_owned(), false));
        // what another word was taken for is of no matter to this one
        assert!(weighed("Élan Vital", "Elan Vita!", "Élan Vital").1);
        assert!(!weighed("Élan Vital", "Elan Vitai", "Élan Vital").1);
        // how digits are parted is of no matter
        assert!(weighed("01 23 45", "0123 45", "012345").1);
    }

    #[test]
    fn a_cells_rules_are_no_letters() {
        let without = |line: &str| {
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            without_rules(words.iter_mut());
            words.join(" ")
        };
        for (read, is) in [
            ("|BŒUF", "BŒUF"),
            ("ROSSI]", "ROSSI"),
            (":Hôpital+ (v12)}", "Hôpital+ (v12)"),
            ("[anne-laure.noel@chu.fr", "anne-laure.noel@chu.fr"),
            // what somebody wrote
            ("[v12]", "[v12]"),
            ("[X] Certificat", "[X] Certificat"),
            ("N° de carte :", "N° de carte :"),
            ("|", "|"),
        ] {
            assert_eq!(without(read), is);
        }
    }
}
