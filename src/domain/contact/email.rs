//! E-mail addresses: one, in a form that can be delivered to.

use super::super::malformed::{Malformed, Why};
use super::super::text::squeezed;
use super::domain_name::{ascii, numeric, public};
use super::without_prefix;
use email_address::{EmailAddress, Options};

/// An e-mail address, lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(pub(super) String);

/// RFC 5321 §4.5.3.1: octets before the `@`, and of the whole address (path less its brackets).
const LOCAL_PART: usize = 64;
const ADDRESS: usize = 254;

impl Email {
    /// One address in a form that can be delivered to: RFC 5321's limits, a domain with a dot.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let shown = squeezed(raw);
        let wrong = |why| Err(Malformed::new(shown.clone(), why));
        let address = match one_address(&shown) {
            Ok(address) => address.to_lowercase(),
            Err(why) => return wrong(why),
        };
        let Some((local, domain)) = address.rsplit_once('@') else {
            return wrong(Why::NoAt);
        };
        if !local.is_ascii() || local.is_empty() {
            return wrong(Why::LocalPart);
        }
        let Some(domain) = ascii(domain).filter(|name| name.contains('.') && !numeric(name)) else {
            return wrong(Why::AddressDomain);
        };
        let address = format!("{local}@{domain}");
        if local.len() > LOCAL_PART || address.len() > ADDRESS {
            return wrong(Why::AddressTooLong);
        }
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        match EmailAddress::parse_with_options(&address, options) {
            Ok(_) => Ok(Self(address)),
            Err(_) => wrong(Why::LocalPart),
        }
    }
}

/// The one address in what was typed: without a label, a name or brackets around it, and with the
/// pieces of a broken line put together.
fn one_address(shown: &str) -> Result<String, Why> {
    let inside = match (shown.find('<'), shown.find('>')) {
        (Some(open), Some(close)) if open < close => shown.get(open + 1..close).unwrap_or(shown),
        _ => shown,
    };
    let inside = without_prefix(inside.trim(), &["mailto:", "e-mail", "email", "mail", "courriel", "mél"]);
    let inside = inside.trim_end_matches(['.', ',', ';', ':']).trim();
    match inside.matches('@').count() {
        0 => return Err(Why::NoAt),
        1 => {}
        _ => return Err(Why::SeveralAddresses),
    }
    let mut address = String::new();
    for piece in inside.split_whitespace() {
        // a narrow cell breaks a long address where it can: after . - _ @ or in the middle of the
        // domain, which then has no known ending yet
        let broken = address.is_empty()
            || address.ends_with(['.', '-', '_', '@'])
            || piece.starts_with(['.', '-', '_', '@'])
            || address.rsplit_once('@').is_some_and(|(_, domain)| !public(domain));
        if !broken {
            return Err(Why::AddressSpace);
        }
        address.push_str(piece);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(raw: &str) -> Result<String, Why> {
        Email::parse(raw).map(|email| email.as_str().to_owned()).map_err(|wrong| wrong.why)
    }

    #[test]
    fn an_address_is_read_without_what_stands_around_it() {
        for raw in [
            "henri.breton@chu-x.fr",
            " Henri.Breton@CHU-X.fr ",
            "mailto:henri.breton@chu-x.fr",
            "<henri.breton@chu-x.fr>",
            "Henri Breton <henri.breton@chu-x.fr>",
            "henri.breton@chu-x.fr.",
            "Email : henri.breton@chu-x.fr",
            "henri.breton@ chu-x.fr",
            "henri. breton@chu-x.fr",
            "henri.breton@chu- x.fr",
            "henri.breton@c hu-x.fr",
        ] {
            assert_eq!(email(raw).as_deref(), Ok("henri.breton@chu-x.fr"), "{raw}");
        }
        assert_eq!(email("a@hôpital.fr").as_deref(), Ok("a@xn--hpital-ixa.fr"));
    }

    #[test]
    fn an_address_that_cannot_be_delivered_to_says_why() {
        let long = format!("{}@chu-x.fr", "a".repeat(65));
        for (raw, why) in [
            ("direction(at)tilleuls", Why::NoAt),
            ("a@chu-x.fr b@chu-x.fr", Why::SeveralAddresses),
            ("a@chu-x.fr;b@chu-x.fr", Why::SeveralAddresses),
            ("henri breton@chu-x.fr", Why::AddressSpace),
            ("a@localhost", Why::AddressDomain),
            ("a@10.0.0.1", Why::AddressDomain),
            ("a@chu_x.fr", Why::AddressDomain),
            ("a@chu..fr", Why::AddressDomain),
            ("@chu-x.fr", Why::LocalPart),
            ("a..b@chu-x.fr", Why::LocalPart),
            ("hélène@chu-x.fr", Why::LocalPart),
            (&long, Why::AddressTooLong),
        ] {
            assert_eq!(email(raw), Err(why), "{raw}");
        }
    }
}
