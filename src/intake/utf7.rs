//! Modified UTF-7, in which IMAP writes folder names (RFC 3501 §5.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// `À traiter` → `&AMA- traiter`.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut encoded = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        // printable ASCII stands for itself, the ampersand alone is written `&-`
        if matches!(c, ' '..='~') {
            end_shift(&mut encoded, &mut shifted);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    end_shift(&mut encoded, &mut shifted);
    encoded
}

fn end_shift(encoded: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        encoded.push('&');
        encoded.push_str(&STANDARD_NO_PAD.encode(&shifted).replace('/', ","));
        encoded.push('-');
        shifted.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn folder_names_as_servers_write_them() {
        for (name, written) in [
            ("INBOX", "INBOX"),
            ("Traités", "Trait&AOk-s"),
            ("À traiter", "&AMA- traiter"),
            ("R&D", "R&-D"),
            ("été & œuvre", "&AOk-t&AOk- &- &AVM-uvre"),
            // RFC 3501 §5.1.3
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode(name), written);
        }
    }
}
