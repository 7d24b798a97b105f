//! Domain names: IDNA, host name rules and the public suffix list.

use super::super::malformed::{Malformed, Why};
use super::super::text::{dash, invisible, squeezed};
use super::without_prefix;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A domain name, ASCII (IDNA), lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainName(pub(super) String);

impl DomainName {
    /// The lines of the SSL certificate (§4.3): a host name, or a web address read as its host.
    pub fn parse_host(raw: &str) -> Result<Self, Malformed> {
        let shown = squeezed(raw);
        Self::checked(&shown, host(&shown))
    }

    /// The lines for a mail domain (§4.3): a leading `@` goes, a whole address is wrong.
    pub fn parse_mail(raw: &str) -> Result<Self, Malformed> {
        let shown = squeezed(raw);
        let name = shown.strip_prefix('@').unwrap_or(&shown).trim_start();
        Self::checked(&shown, name.strip_suffix('.').unwrap_or(name))
    }

    fn checked(shown: &str, name: &str) -> Result<Self, Malformed> {
        let wrong = |why| Err(Malformed::new(shown, why));
        if name.contains('@') {
            let several = name.matches('@').count() > 1;
            return wrong(if several { Why::SeveralDomains } else { Why::WholeAddress });
        }
        let name = match joined(name) {
            Ok(name) => name,
            Err(why) => return wrong(why),
        };
        if name.contains('*') {
            return wrong(Why::Wildcard);
        }
        let literal = name.trim_matches(['[', ']']);
        if literal.parse::<Ipv4Addr>().is_ok() || literal.parse::<Ipv6Addr>().is_ok() || numeric(literal) {
            return wrong(Why::IpAddress);
        }
        if name.split('.').any(str::is_empty) {
            return wrong(if name.is_empty() { Why::NoDot } else { Why::DomainLength });
        }
        let Some(ascii) = ascii(&name) else {
            let long = name.chars().count() > 253 || name.split('.').any(|label| label.chars().count() > 63);
            return wrong(if long { Why::DomainLength } else { Why::DomainCharacter });
        };
        if !ascii.contains('.') {
            return wrong(Why::NoDot);
        }
        match psl::suffix(ascii.as_bytes()) {
            Some(suffix) if !suffix.is_known() => wrong(Why::UnknownSuffix),
            Some(suffix) if suffix.as_bytes() == ascii.as_bytes() => wrong(Why::BareSuffix),
            Some(_) => Ok(Self(ascii)),
            None => wrong(Why::UnknownSuffix),
        }
    }
}

/// The pieces of a name that a line break cut after or before a dot or a dash.
fn joined(name: &str) -> Result<String, Why> {
    let mut whole = String::new();
    for piece in name.split_whitespace() {
        let broken = whole.is_empty() || whole.ends_with(['.', '-']) || piece.starts_with(['.', '-']);
        if !broken {
            let two = whole.contains('.') && piece.contains('.') || matches!(piece, "et" | "ou" | ";" | ",");
            return Err(if two { Why::SeveralDomains } else { Why::DomainCharacter });
        }
        whole.push_str(piece);
    }
    if whole.contains([',', ';']) { Err(Why::SeveralDomains) } else { Ok(whole) }
}

/// The host of a web address: scheme, user, port, path, query and final dot dropped.
fn host(shown: &str) -> &str {
    let text = without_prefix(shown, &["url", "site", "domaine", "serveur"]);
    let url = text.split_once("://").map(|(_, rest)| rest);
    let rest = url.unwrap_or(text);
    let rest = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let rest = match (url, rest.rsplit_once('@')) {
        (Some(_), Some((_, host))) => host,
        _ => rest,
    };
    let rest = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => rest,
    };
    rest.trim().trim_end_matches('.')
}

/// Whether a domain name has a known ending and something before it.
pub(super) fn public(domain: &str) -> bool {
    psl::domain(domain.to_lowercase().as_bytes()).is_some_and(|found| found.suffix().is_known())
}

/// Dotted numbers, valid as an address or not: `192.168.1.300`.
pub(super) fn numeric(name: &str) -> bool {
    name.contains('.') && name.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// IDNA (UTS 46) with host name rules: LDH labels of at most 63 octets, 253 in all.
pub(super) fn ascii(name: &str) -> Option<String> {
    let plain: String =
        name.chars().filter(|c| !invisible(*c)).map(|c| if dash(c) { '-' } else { c }).collect();
    idna::domain_to_ascii_strict(&plain).ok().filter(|ascii| ascii.len() <= 253)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(raw: &str) -> Result<String, Why> {
        DomainName::parse_host(raw).map(|name| name.as_str().to_owned()).map_err(|wrong| wrong.why)
    }

    #[test]
    fn a_web_address_is_read_as_its_host() {
        for (raw, name) in [
            ("chu-x.fr", "chu-x.fr"),
            ("https://www.chu-x.fr:8443/accueil?x=1#y", "www.chu-x.fr"),
            ("HTTP://CHU-X.FR/", "chu-x.fr"),
            ("srv.chu-x.fr.", "srv.chu-x.fr"),
            ("hôpital.fr", "xn--hpital-ixa.fr"),
            ("chu\u{2011}x.fr", "chu-x.fr"),
            ("sante.gouv.fr", "sante.gouv.fr"),
            ("serveur-tres-long. chu-x.fr", "serveur-tres-long.chu-x.fr"),
        ] {
            assert_eq!(host_of(raw).as_deref(), Ok(name), "{raw}");
        }
    }

    #[test]
    fn a_name_that_is_no_domain_says_why() {
        let label = format!("{}.fr", "a".repeat(64));
        for (raw, why) in [
            ("*.chu-x.fr", Why::Wildcard),
            ("192.168.1.4", Why::IpAddress),
            ("https://192.168.1.4:443/", Why::IpAddress),
            ("[2001:db8::1]", Why::IpAddress),
            ("2001:db8::1", Why::IpAddress),
            ("serveur accueil", Why::DomainCharacter),
            ("serveur", Why::NoDot),
            ("chu-x.local", Why::UnknownSuffix),
            ("asso.fr", Why::BareSuffix),
            ("fr", Why::NoDot),
            ("chu_x.fr", Why::DomainCharacter),
            ("-chu.fr", Why::DomainCharacter),
            ("chu..fr", Why::DomainLength),
            (&label, Why::DomainLength),
            ("a.fr b.fr", Why::SeveralDomains),
            ("contact@chu-x.fr", Why::WholeAddress),
        ] {
            assert_eq!(host_of(raw), Err(why), "{raw}");
        }
    }

    #[test]
    fn a_mail_domain_may_begin_with_an_at_sign_only() {
        let mail = |raw: &str| {
            DomainName::parse_mail(raw).map(|name| name.as_str().to_owned()).map_err(|wrong| wrong.why)
        };
        assert_eq!(mail("@chu-x.fr").as_deref(), Ok("chu-x.fr"));
        assert_eq!(mail(" @ CHU-X.fr").as_deref(), Ok("chu-x.fr"));
        assert_eq!(mail("contact@chu-x.fr"), Err(Why::WholeAddress));
        assert_eq!(mail("https://chu-x.fr"), Err(Why::DomainCharacter));
    }
}
