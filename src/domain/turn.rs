//! As whose a mail waits for its turn. Told from the bytes of its From line alone, before anybody opens
//! the mail: what is forged there changes the order in which mails are opened, and nothing else.

/// How far a From line is looked for, bytes.
const HEAD: usize = 64 * 1024;
/// How much of it counts, bytes.
const LINE: usize = 1000;

/// What stands in the first From line, in lower case and without blanks: of several parts in angle
/// brackets the last, so that another name before the same address is no other writer. Empty where
/// there is none: those who name nobody wait as one.
#[must_use]
pub fn writer(mail: &[u8]) -> Vec<u8> {
    let head = mail.get(..HEAD).unwrap_or(mail);
    let mut line: Option<Vec<u8>> = None;
    for one in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end) {
        let goes_on = one.first().is_some_and(u8::is_ascii_whitespace);
        match &mut line {
            _ if one.is_empty() => break,
            Some(line) if goes_on => line.extend(one),
            Some(_) => break,
            None if goes_on => {}
            None => line = from_line(one),
        }
    }
    let line = line.unwrap_or_default();
    let address = line.rsplit(|byte| *byte == b'<').next().unwrap_or_default();
    let address = address.split(|byte| *byte == b'>').next().unwrap_or_default();
    address.iter().filter(|byte| !byte.is_ascii_whitespace()).take(LINE).map(u8::to_ascii_lowercase).collect()
}

/// What stands behind `From:`, if this is that line.
fn from_line(line: &[u8]) -> Option<Vec<u8>> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, rest) = line.split_at_checked(colon)?;
    name.trim_ascii().eq_ignore_ascii_case(b"from").then(|| rest.get(1..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mail: &str) -> String {
        String::from_utf8(writer(mail.as_bytes())).unwrap()
    }

    #[test]
    fn the_address_counts_however_it_is_written() {
        for mail in [
            "From: Anna@Cabinet.fr\r\n\r\n",
            "Received: x\r\n from: y\r\nFROM : \"Anna, <1>\" <anna@cabinet.fr>\r\nFrom: other@x.fr\r\n\r\n",
            "from:\n =?utf-8?Q?Ann=C3=A9?=\n\t<anna@cabinet.fr>\n\nFrom: b@x.fr\n",
        ] {
            assert_eq!(of(mail), "anna@cabinet.fr", "{mail}");
        }
    }

    #[test]
    fn who_names_nobody_is_nobody_and_nothing_is_too_odd() {
        for mail in
            ["", "Subject: x\r\n\r\nFrom: anna@cabinet.fr\r\n", "From\r\nFrom", ":", " From: a@b\r\n\r\n"]
        {
            assert_eq!(of(mail), "", "{mail}");
        }
        assert_eq!(writer(b"From: \xff\xfe<\xe9@x\r\n\r\n"), b"\xe9@x");
        let far = [b"X: y\r\n".repeat(HEAD / 6 + 1), b"From: a@b\r\n\r\n".to_vec()].concat();
        assert_eq!(writer(&far), b"");
        assert_eq!(writer(&[b"From: ".to_vec(), vec![b'a'; 5000]].concat()).len(), LINE);
    }
}
