//! The text of a mail, for staff.

use mail_parser::Message;

/// HTML turned into text, bytes at most: more is markup.
const MOST_HTML: usize = 1 << 20;

/// The text body (else the HTML body as text), without control characters, at most `most`
/// characters.
pub(super) fn text(message: &Message<'_>, most: usize) -> String {
    let html =
        message.html_body.first().and_then(|&id| message.part(id)).map_or(0, mail_parser::MessagePart::len);
    let plain = message.text_body.first() != message.html_body.first();
    let body = if plain || html <= MOST_HTML { message.body_text(0) } else { None };
    shown(&body.unwrap_or_default(), most)
}

/// Without control characters but line breaks, runs of empty lines shortened.
fn shown(text: &str, most: usize) -> String {
    let mut kept = String::new();
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            kept.extend(line.chars().map(|c| if c.is_control() { ' ' } else { c }));
            kept.push('\n');
        }
        if kept.len() > most * 4 {
            break;
        }
    }
    kept.trim().chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_short_and_clean() {
        assert_eq!(
            shown("Bonjour,\r\n\r\n\r\n\r\nvoici\x07\tle F413\0\r\n", 100),
            "Bonjour,\n\nvoici  le F413"
        );
        assert_eq!(shown(&"é".repeat(100), 10).chars().count(), 10);
    }
}
