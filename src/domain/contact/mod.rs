//! Phones, e-mail addresses and domain names. Only `parse` makes one.

mod domain_name;
mod email;
mod phone;

pub use super::dates::parse_date;
pub use domain_name::DomainName;
pub use email::Email;
pub use phone::Phone;

use super::masked::masked;

masked!(Phone, Email, DomainName);

/// A label that people type before an answer, dropped.
fn without_prefix<'a>(text: &'a str, labels: &[&str]) -> &'a str {
    for label in labels {
        let head = text.get(..label.len());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(label)) {
            let rest = text.get(label.len()..).unwrap_or("").trim_start();
            if label.ends_with(':') {
                return rest;
            }
            if let Some(rest) = rest.strip_prefix(':') {
                return rest.trim_start();
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_unicode_never_panics() {
        for raw in crate::domain::text::NASTY {
            for raw in [
                (*raw).to_owned(),
                format!("é{raw}@{raw}.fr"),
                format!("+33{raw}1 45 67 89 01"),
                format!("{raw}://{raw}:{raw}"),
            ] {
                let _ = (
                    Phone::parse(&raw),
                    Email::parse(&raw),
                    DomainName::parse_host(&raw),
                    DomainName::parse_mail(&raw),
                );
                let _ = parse_date(&raw);
            }
        }
    }
}
