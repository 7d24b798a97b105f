//! Mails for a bench.

use base64::Engine as _;

/// The same form with other bytes behind its end, so that no mail is a copy of another.
pub fn with(n: usize, form: &[u8]) -> Vec<u8> {
    let pdf = [form, format!("\n% {n}\n").as_bytes()].concat();
    let coded = base64::engine::general_purpose::STANDARD.encode(pdf);
    let lines: Vec<_> = coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "Return-Path: <bureau{n}@cabinet-a.fr>\r\nFrom: bureau{n}@cabinet-a.fr\r\nTo: certificats@guichet.example\r\nSubject: F413\r\n\
         Message-ID: <{n}@cabinet-a.fr>\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=\"f413.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"f413.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}
