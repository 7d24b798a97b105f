//! Message ids, for threading only: they are no identity (two mails can share one, or have none).

use crate::intake::mime::Headers;

/// Most ids kept of a thread: the first and the latest. More would not fit in an answer's header.
const MOST: usize = 30;

/// Longest id repeated in an answer, characters (RFC 5322 §2.1.1 allows a line 998).
const LONGEST: usize = 250;

/// The mail's own id, without brackets; `None` where it could not be repeated in an answer.
pub fn message_id(headers: &Headers) -> Option<String> {
    ids(headers.first("message-id")?).next()
}

/// The ids of the mails before this one, oldest first: `References`, then what `In-Reply-To` adds.
pub(super) fn references(headers: &Headers) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for id in headers.all("references").chain(headers.all("in-reply-to")).flat_map(ids) {
        if !all.contains(&id) {
            all.push(id);
        }
        // Keeps the first, which names the thread, and the latest.
        if all.len() > MOST {
            all.remove(1);
        }
    }
    all
}

/// What stands between angle brackets and can be repeated: visible ASCII, nothing that ends a
/// header line.
fn ids(value: &str) -> impl Iterator<Item = String> {
    value.split('<').skip(1).filter_map(|rest| {
        let id = rest.split_once('>')?.0.trim();
        let fits = !id.is_empty() && id.len() <= LONGEST && id.chars().all(|c| c.is_ascii_graphic());
        fits.then(|| id.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_without_brackets_oldest_first() {
        let headers = Headers::read(
            b"Message-ID: <c@x>\r\nIn-Reply-To: <b@x> (sent today)\r\nReferences: <a@x>\r\n\t<b@x>\r\n\r\n",
        );
        assert_eq!(message_id(&headers).as_deref(), Some("c@x"));
        assert_eq!(references(&headers), ["a@x", "b@x"]);
    }

    #[test]
    fn what_could_break_an_answers_header_is_left_out() {
        let long = format!("<{}@x>", "a".repeat(LONGEST));
        let headers = Headers::read(
            format!("Message-ID: {long}\r\nReferences: <a b@x> <caf\u{e9}@x> <> <ok@x> <open@x\r\n")
                .as_bytes(),
        );
        assert_eq!(message_id(&headers), None);
        assert_eq!(references(&headers), ["ok@x"]);
        assert_eq!(message_id(&Headers::read(b"Message-ID: no-brackets@x\r\n")), None);
    }

    #[test]
    fn of_an_endless_thread_the_first_and_the_latest_are_kept() {
        let all = (0..500).map(|n| format!("<{n}@x>")).collect::<Vec<_>>().join(" ");
        let kept = references(&Headers::read(format!("References: {all}\r\n").as_bytes()));
        assert_eq!((kept.len(), kept[0].as_str(), kept[MOST - 1].as_str()), (MOST, "0@x", "499@x"));
    }
}
