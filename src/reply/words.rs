//! French words of the letters: dates, sizes, lines of at most 78 columns, and making harmless what
//! strangers wrote.

use crate::domain::dates::french_date;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// Columns of the text part (RFC 5322 §2.1.1).
pub const COLUMNS: usize = 78;
const LONGEST_WORD: usize = 60;
const NO_BREAK: char = '\u{a0}';

/// "22 novembre 2026" and "14 h 05", in Paris.
#[must_use]
pub fn paris(at: Timestamp) -> (String, String) {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone);
    // the day stays on the line of its month
    let day = french_date(local.date()).replacen(' ', "\u{a0}", 1);
    (day, format!("{}{NO_BREAK}h{NO_BREAK}{:02}", local.hour(), local.minute()))
}

/// A file's size as a person reads it: "312 Ko", "1,4 Mo".
#[must_use]
pub fn size(bytes: u64) -> String {
    let kilo = bytes.div_ceil(1000);
    if kilo < 1000 {
        return format!("{kilo}{NO_BREAK}Ko");
    }
    let tenths = bytes.div_ceil(100_000);
    format!("{},{}{NO_BREAK}Mo", tenths / 10, tenths % 10)
}

/// Makes words of strangers harmless: one line, no control, direction or invisible characters, no
/// clickable link, long words and the whole cut with an ellipsis.
#[must_use]
pub fn tame(text: &str, longest: usize) -> String {
    let spaced: String = text.chars().filter(|c| !invisible(*c)).map(plain_space).collect();
    let words = spaced.split(' ').filter(|word| !word.is_empty());
    let tamed: Vec<_> = words.map(|word| cut(&word.replace("://", "[:]//"), LONGEST_WORD)).collect();
    cut(&tamed.join(" "), longest)
}

fn plain_space(c: char) -> char {
    let keeps_together = matches!(c, NO_BREAK | '\u{202f}');
    if (c.is_control() || c.is_whitespace()) && !keeps_together { ' ' } else { c }
}

/// Zero-width and direction-changing characters (Unicode `Cf`), which make text read differently
/// from what it is.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// French spacing: no line break before `: ; ? ! »` and after `«`.
#[must_use]
pub fn spaced(text: &str) -> String {
    let mut set = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    let mut before = '\n';
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or('\n');
        let after_next = text_after(&letters);
        let joins = before == '«' || next == '»' || (":;?!".contains(next) && after_next.is_whitespace());
        let kept = if c == ' ' && joins && !before.is_whitespace() { NO_BREAK } else { c };
        set.push(kept);
        before = c;
    }
    set
}

fn text_after(letters: &std::iter::Peekable<std::str::Chars<'_>>) -> char {
    let mut ahead = letters.clone();
    ahead.next();
    // a tag may close right after the sign
    ahead.next().map_or('\n', |c| if c == '<' { '\n' } else { c })
}

/// Breaks lines at spaces to at most 78 columns, list entries hanging under their first word; blank
/// lines are never doubled. A single longer word (an address of the configuration) stays whole.
#[must_use]
pub fn wrapped(text: &str) -> String {
    let mut page = String::new();
    let mut blank = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            if !blank {
                page.push('\n');
            }
            blank = true;
            continue;
        }
        blank = false;
        wrap_line(&mut page, line);
    }
    let end = page.trim_end().len();
    page.truncate(end);
    page.push('\n');
    page
}

fn wrap_line(page: &mut String, line: &str) {
    let indent = line.chars().take_while(|c| *c == ' ').count();
    let hang = indent + marker(line.trim_start());
    let mut column = indent;
    let _ = write!(page, "{:indent$}", "");
    for (n, word) in line.split(' ').filter(|word| !word.is_empty()).enumerate() {
        let width = word.chars().count();
        if n > 0 && column + 1 + width > COLUMNS {
            let _ = write!(page, "\n{:hang$}", "");
            column = hang;
        } else if n > 0 {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += width;
    }
    page.push('\n');
}

/// Columns of a list entry's "- " or "12. ".
fn marker(line: &str) -> usize {
    match line.split_once(' ') {
        Some(("-", _)) => 2,
        Some((number, _)) => match number.strip_suffix('.') {
            Some(digits) if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) => {
                number.len() + 1
            }
            Some(_) | None => 0,
        },
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_paris_time() {
        let winter = paris("2026-11-22T13:05:00Z".parse().unwrap());
        assert_eq!(winter, ("22\u{a0}novembre 2026".into(), "14\u{a0}h\u{a0}05".into()));
        let summer = paris("2026-07-31T22:30:00Z".parse().unwrap());
        assert_eq!(summer, ("1er\u{a0}août 2026".into(), "0\u{a0}h\u{a0}30".into()));
    }

    #[test]
    fn sizes_are_french() {
        assert_eq!([size(0), size(1), size(312_000)], ["0\u{a0}Ko", "1\u{a0}Ko", "312\u{a0}Ko"]);
        assert_eq!(size(1_350_000), "1,4\u{a0}Mo");
        assert_eq!(size(999_999), "1,0\u{a0}Mo");
    }

    #[test]
    fn words_of_strangers_become_harmless() {
        assert_eq!(tame(" CH\r\nBcc: x@y.example\t\u{0} ", 99), "CH Bcc: x@y.example");
        assert_eq!(tame("ab\u{202e}cd\u{200b}ef", 99), "abcdef");
        assert_eq!(tame("voir https://evil.example/a", 99), "voir https[:]//evil.example/a");
        assert_eq!(tame(&"x".repeat(200), 99).chars().count(), 60);
        assert_eq!(tame("un deux trois", 8), "un deux…");
        assert_eq!(tame("12\u{a0}345", 99), "12\u{a0}345");
    }

    #[test]
    fn french_signs_stay_with_their_word() {
        assert_eq!(spaced("Quoi ? « ici » : oui"), "Quoi\u{a0}? «\u{a0}ici\u{a0}»\u{a0}: oui");
        assert_eq!(spaced("a :b color !important"), "a :b color !important");
        assert_eq!(spaced("<b>Date :</b>"), "<b>Date\u{a0}:</b>");
    }

    #[test]
    fn lines_hang_under_their_list_entry() {
        let long = format!("12. {}", ["mot"; 30].join(" "));
        let page = wrapped(&format!("\n\nA\n\n\n\n{long}\n"));
        let lines: Vec<_> = page.lines().collect();
        assert_eq!(lines.first(), Some(&"A"));
        assert_eq!(lines.get(1), Some(&""));
        assert!(lines.get(3).is_some_and(|line| line.starts_with("    mot")), "{page}");
        assert!(lines.iter().all(|line| line.chars().count() <= COLUMNS));
    }
}
