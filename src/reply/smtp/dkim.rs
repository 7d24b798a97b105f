//! Letters signed for their domain (RFC 6376, `relaxed/relaxed`), over the bytes that go to the relay: with
//! an RSA key as `rsa-sha256`, with an Ed25519 key as `ed25519-sha256` (RFC 8463).
//!
//! `ring` signs, which is in the program for TLS. lettre's own feature signs only a letter that it has just
//! composed, not one that was kept, and brings an RSA implementation of known timing trouble
//! (RUSTSEC-2023-0071); a library for all of mail authentication brings a DNS resolver.

use super::settings::DkimSettings;
use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use std::fmt::Write as _;

/// What is signed, where it stands in a letter (RFC 6376, section 5.4.1). `From` once more than there is one:
/// a second one that is put in breaks the signature (section 8.15).
const SIGNED: [&str; 12] = [
    "From",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
];
/// Characters of base64 in a line of the header.
const LINE: usize = 70;
/// Characters in a string of a TXT record (RFC 1035, section 3.3).
const STRING: usize = 255;

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// The domain's key.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl Signer {
    /// Reads the key.
    ///
    /// # Errors
    /// A fault that names the setting, and says what is wrong with it.
    pub(super) fn new(settings: &DkimSettings) -> Result<Self, Fault> {
        let DkimSettings { domain, selector, key_file } = settings;
        for (name, text) in [("domain", domain), ("selector", selector)] {
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            };
            if !text.split('.').all(label) {
                let why = format!("transport.dkim.{name} is no name of the DNS: \"{text}\"");
                return Err(Fault::never("reading the settings of the relay", why));
            }
        }
        let doing = || format!("reading transport.dkim.key_file, {}", key_file.display());
        let pem = std::fs::read(key_file).map_err(|error| Fault::never(doing(), error))?;
        let der = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| Fault::never(doing(), "there is no private key in it (PEM, not encrypted)"))?;
        let key = Key::read(&der).map_err(|why| Fault::never(doing(), why))?;
        Ok(Self { domain: domain.clone(), selector: selector.clone(), key })
    }

    /// The header that is to stand before the letter, with its line's end; `letter`: the whole of it, lines
    /// ended by CRLF. The same letter always gets the same one: no time is told in it.
    ///
    /// # Errors
    /// `Later`: the machine gives no random numbers.
    pub(super) fn header(&self, letter: &str) -> Result<String, Fault> {
        let (head, body) = match letter.split_once("\r\n\r\n") {
            Some((head, body)) => (head, body),
            None => (letter.strip_suffix("\r\n").unwrap_or(letter), ""),
        };
        let mut header = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n s={};\r\n h=",
            self.key.algorithm(),
            self.domain,
            self.selector
        );
        for (place, name) in SIGNED.iter().enumerate() {
            let before = match place {
                0 => "",
                6 => ":\r\n ",
                _ => ":",
            };
            let _ = write!(header, "{before}{name}");
        }
        let hash = STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes()));
        let _ = write!(header, ";\r\n bh={hash};\r\n b=");
        let mut signed = relaxed_fields(head);
        // the header itself, with nothing behind its last tag, and without its line's end (section 3.7)
        signed.push_str(&relaxed_field(&header));
        let signature = STANDARD.encode(self.key.signs(signed.as_bytes())?);
        for (place, character) in signature.chars().enumerate() {
            if place > 0 && place % LINE == 0 {
                header.push_str("\r\n ");
            }
            header.push(character);
        }
        header.push_str("\r\n");
        Ok(header)
    }

    /// By what, in words.
    pub(super) fn algorithm(&self) -> String {
        match &self.key {
            Key::Rsa(key) => format!("rsa-sha256, {} bits", key.public().modulus_len() * 8),
            Key::Ed25519(_) => "ed25519-sha256".to_owned(),
        }
    }

    /// What has to stand in the DNS: the name, and the TXT record as a zone file writes it.
    pub(super) fn record(&self) -> (String, String) {
        let (kind, public) = match &self.key {
            Key::Rsa(key) => ("rsa", public_key_info(key.public_key().as_ref())),
            Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        let text = format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public));
        let mut strings = vec![String::new()];
        for character in text.chars() {
            match strings.last_mut() {
                Some(last) if last.len() < STRING => last.push(character),
                Some(_) | None => strings.push(character.to_string()),
            }
        }
        let strings: Vec<_> = strings.iter().map(|text| format!("\"{text}\"")).collect();
        (format!("{}._domainkey.{}", self.selector, self.domain), strings.join(" "))
    }
}

impl Key {
    fn read(der: &PrivateKeyDer<'_>) -> Result<Self, String> {
        let rsa = |read: Result<RsaKeyPair, ring::error::KeyRejected>| match read {
            Ok(key) => Ok(Self::Rsa(Box::new(key))),
            Err(why) if why.to_string() == "TooSmall" => {
                Err("an RSA key has at least 2048 bits (RFC 8301, section 3.2)".to_owned())
            }
            Err(why) => Err(format!("it is no RSA or Ed25519 key that can be used ({why})")),
        };
        match der {
            PrivateKeyDer::Pkcs1(der) => rsa(RsaKeyPair::from_der(der.secret_pkcs1_der())),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    Ok(key) => Ok(Self::Ed25519(key)),
                    Err(_) => rsa(RsaKeyPair::from_pkcs8(der)),
                }
            }
            _ => Err("it is neither an RSA nor an Ed25519 key".to_owned()),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn signs(&self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
                signed
                    .map_err(|_| Fault::later("signing a letter", "the machine gives no random numbers"))?;
                Ok(signature)
            }
            // RFC 8463, section 3: the hash is what is signed
            Self::Ed25519(key) => Ok(key.sign(digest(&SHA256, message).as_ref()).as_ref().to_vec()),
        }
    }
}

/// The fields that are signed, in their order, each time one further up (RFC 6376, sections 3.4.2 and 5.4.2).
fn relaxed_fields(head: &str) -> String {
    let mut fields: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push_str("\r\n");
                last.push_str(line);
            }
            Some(_) | None => fields.push(line.to_owned()),
        }
    }
    let mut signed = String::new();
    for name in SIGNED {
        let named = |field: &String| {
            field.split_once(':').is_some_and(|(found, _)| found.trim_end().eq_ignore_ascii_case(name))
        };
        if let Some(place) = fields.iter().rposition(named) {
            signed.push_str(&relaxed_field(&fields.remove(place)));
            signed.push_str("\r\n");
        }
    }
    signed
}

/// A field in one line: its name in lower case, white space one space, none around the colon or at the end.
fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words: Vec<_> = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    format!("{}:{}", name.trim_end().to_ascii_lowercase(), words.join(" "))
}

/// The body: white space one space, none at the end of a line, no empty lines at its end (section 3.4.4).
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    let mut empty = 0;
    for line in body.strip_suffix("\r\n").unwrap_or(body).split("\r\n") {
        let line = line.trim_end_matches([' ', '\t']);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        relaxed.push_str(&"\r\n".repeat(empty));
        empty = 0;
        let mut space = false;
        for character in line.chars() {
            let is_space = matches!(character, ' ' | '\t');
            match (is_space, space) {
                (true, true) => {}
                (true, false) => relaxed.push(' '),
                (false, _) => relaxed.push(character),
            }
            space = is_space;
        }
        relaxed.push_str("\r\n");
    }
    relaxed
}

/// An RSA key as everybody reads it: a `SubjectPublicKeyInfo` (RFC 5280, section 4.1) around it.
fn public_key_info(key: &[u8]) -> Vec<u8> {
    /// `rsaEncryption` without parameters (RFC 3279, section 2.3.1).
    const ALGORITHM: [u8; 15] = [0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let bits = tagged(3, &[&[0], key].concat());
    tagged(0x30, &[&ALGORITHM, bits.as_slice()].concat())
}

/// A value of DER (X.690, section 8.1).
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length: Vec<u8> = value.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let mut der = vec![tag];
    match length.as_slice() {
        [short] if *short < 0x80 => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(value);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_body_are_relaxed_as_the_rfc_shows() {
        // RFC 6376, section 3.4.5
        assert_eq!(relaxed_field("A: X"), "a:X");
        assert_eq!(relaxed_field("B : Y\t\r\n\tZ  "), "b:Y Z");
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!((relaxed_body("").as_str(), relaxed_body("\r\n\r\n").as_str()), ("", ""));
        assert_eq!(relaxed_body("a"), "a\r\n");
        // RFC 8463, appendix A.2: its body and that body's hash
        let body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        let hash = STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes()));
        assert_eq!(hash, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    }

    #[test]
    fn what_is_signed_is_the_last_of_its_name_and_a_second_one_would_be_missed() {
        let head =
            "Received: x\r\nFrom: a@x.example\r\nX-Other: y\r\nFROM: b@x.example\r\nSubject: one\r\n two";
        assert_eq!(relaxed_fields(head), "from:b@x.example\r\nfrom:a@x.example\r\nsubject:one two\r\n");
    }

    #[test]
    fn a_record_is_cut_into_strings_and_der_has_long_lengths() {
        assert_eq!(tagged(4, &[7; 3]), [4, 3, 7, 7, 7]);
        assert_eq!(tagged(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Key::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap());
        let signer = Signer { domain: "x.example".into(), selector: "s".into(), key };
        let (name, text) = signer.record();
        assert_eq!(name, "s._domainkey.x.example");
        assert!(text.starts_with("\"v=DKIM1; k=ed25519; p=") && text.matches('"').count() == 2, "{text}");
        assert_eq!(signer.header("A: b\r\n\r\nc\r\n").unwrap(), signer.header("A: b\r\n\r\nc\r\n").unwrap());
    }
}
