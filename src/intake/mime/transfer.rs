//! Transfer encodings that the MIME parser gives up on: broken base64 and uuencode.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes base64 whatever gateways did to it: missing padding, padding in the middle, lines that
/// are not base64 (a footer added below), a cut end.
pub(super) fn base64(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3);
    let mut run = Vec::with_capacity(raw.len());
    for line in raw.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if !line.iter().all(|&byte| is_base64(byte) || byte == b'=') {
            continue;
        }
        for &byte in line {
            if byte == b'=' {
                flush(&mut run, &mut out);
            } else {
                run.push(byte);
            }
        }
    }
    flush(&mut run, &mut out);
    out
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

fn flush(run: &mut Vec<u8>, out: &mut Vec<u8>) {
    // One character over is six bits: no byte.
    if run.len() % 4 == 1 {
        run.pop();
    }
    if let Ok(bytes) = LENIENT.decode(&run) {
        out.extend(bytes);
    }
    run.clear();
}

/// The files of a body in the encoding of uuencode (POSIX.1-2017, `uuencode`): name and bytes.
pub(super) fn uuencoded(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open: Option<(String, Vec<u8>)> = None;
    for line in body.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match &mut open {
            None => open = begin(line).map(|name| (name, Vec::new())),
            Some(_) if line == b"end" => files.extend(open.take()),
            Some((_, bytes)) => uu_line(line, bytes),
        }
    }
    // Cut off before `end`: what came is kept if it is anything.
    files.extend(open.filter(|(_, bytes)| !bytes.is_empty()));
    files
}

/// `begin 644 name`
fn begin(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?;
    let mode = rest.iter().take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let name = rest.get(mode..)?.strip_prefix(b" ")?;
    ((3..=4).contains(&mode) && !name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}

fn uu_line(line: &[u8], out: &mut Vec<u8>) {
    let value = |byte: u8| u32::from(byte.wrapping_sub(b' ') & 0x3f);
    let Some((&first, rest)) = line.split_first() else { return };
    let length = value(first) as usize;
    let mut bytes = Vec::with_capacity(length);
    for group in rest.chunks(4) {
        // Trailing spaces are often lost on the way: a missing character is a space.
        let mut characters = group.iter().copied().chain(std::iter::repeat(b' '));
        let bits = (0..4).fold(0, |bits, _| (bits << 6) | characters.next().map_or(0, value));
        bytes.extend(bits.to_be_bytes().into_iter().skip(1));
    }
    bytes.resize(length, 0);
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_base64_gives_what_it_holds() {
        assert_eq!(base64(b"JVBERi0xLjc"), b"%PDF-1.7");
        assert_eq!(base64(b"JVBERi0x\r\nLjc=\r\n-- \r\nSent through a gateway!\r\n"), b"%PDF-1.7");
        assert_eq!(base64(b"JVBERg==\nLTEuNw=="), b"%PDF-1.7");
        assert_eq!(base64(b"JVBERi0xLjcX="), b"%PDF-1.7\x17");
    }

    #[test]
    fn uuencoded_files_are_found_in_a_body() {
        let body =
            b"Bonjour,\r\nbegin 644 F413.pdf\r\n()5!$1BTQ+C<\r\n`\r\nend\r\nbegin at the beginning\r\n";
        assert_eq!(uuencoded(body), [("F413.pdf".to_owned(), b"%PDF-1.7".to_vec())]);
    }
}
