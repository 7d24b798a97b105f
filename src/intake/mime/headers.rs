//! A message's header fields, unfolded, whatever their bytes: a broken field never costs the mail.

/// Longest header block looked at, bytes.
const LONGEST: usize = 512 << 10;

/// Header fields in the order of the message, the topmost first.
#[derive(Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads up to the empty line. Values are unfolded (RFC 5322 §2.2.3), not decoded further;
    /// bytes that are not UTF-8 are taken for Windows-1252's common part, Latin-1.
    #[must_use]
    pub fn read(raw: &[u8]) -> Self {
        let raw = raw.get(..LONGEST).unwrap_or(raw);
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for line in raw.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(b' ');
                    value.extend(line.trim_ascii());
                }
                continue;
            }
            let mut halves = line.splitn(2, |&byte| byte == b':');
            if let (Some(name), Some(value)) = (halves.next(), halves.next()) {
                let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
                fields.push((name, value.trim_ascii().to_vec()));
            }
        }
        Self(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    /// The values of a field, topmost first. `name` in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The topmost value of a field.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Names of the fields, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// UTF-8, else Latin-1; control characters become spaces.
pub(super) fn text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect());
    if text.chars().any(char::is_control) {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_end_is_looked_at_so_far_and_no_further() {
        let line = b"X-Padding: ................................................\r\n";
        let raw =
            [b"Subject: F413\r\n".to_vec(), line.repeat(40_000), b"Subject: last\r\n".to_vec()].concat();
        assert!(raw.len() > 4 * LONGEST);
        let headers = Headers::read(&raw);
        assert_eq!(headers.all("subject").collect::<Vec<_>>(), ["F413"]);
        assert!(headers.0.len() <= LONGEST / line.len() + 2);
    }

    #[test]
    fn fields_are_unfolded_and_kept_in_order() {
        let headers =
            Headers::read(b"Subject: un\r\n  deux\r\n\ttrois\nX: 1\nno colon\nx : 2\r\n\r\nX: body");
        assert_eq!(headers.first("subject"), Some("un deux trois"));
        assert_eq!(headers.all("x").collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn eight_bit_values_are_read() {
        let headers = Headers::read(b"Subject: Demande sign\xe9e\r\nFrom: \xc3\x89lise\x00 <e@x.fr>\r\n");
        assert_eq!(headers.first("subject"), Some("Demande signée"));
        assert_eq!(headers.first("from"), Some("Élise  <e@x.fr>"));
    }
}
