//! Phones, e-mail addresses and domain names. Only `parse` makes one.

use super::malformed::{Malformed, Why};
use super::text::{dash, invisible, separator, squeezed};
use email_address::{EmailAddress, Options};
use phonenumber::Mode;
use phonenumber::country::Id;
use std::net::{Ipv4Addr, Ipv6Addr};
use unicode_normalization::UnicodeNormalization;

pub use super::dates::parse_date;

/// A phone number, E.164.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);
/// An e-mail address, lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);
/// A domain name, ASCII (IDNA), lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainName(String);

macro_rules! masked {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}
masked!(Phone, Email, DomainName);

/// Overseas departments and communities are dialled like metropolitan numbers but have country codes
/// of their own (French numbering plan, ARCEP decision 2018-0881; ITU E.164): leading digits, region.
const OVERSEAS: [(&str, Id); 16] = [
    ("0262", Id::RE),
    ("0263", Id::RE),
    ("0692", Id::RE),
    ("0693", Id::RE),
    ("0269", Id::YT),
    ("0639", Id::YT),
    ("0590", Id::GP),
    ("0690", Id::GP),
    ("0691", Id::GP),
    ("0594", Id::GF),
    ("0694", Id::GF),
    ("0596", Id::MQ),
    ("0696", Id::MQ),
    ("0697", Id::MQ),
    ("0508", Id::PM),
    ("0708", Id::PM),
];
/// Saint-Pierre-et-Miquelon: its six-digit numbers are dialled from elsewhere with the code in front.
const SAINT_PIERRE: &str = "0508";

impl Phone {
    /// A number of the French plan, overseas included, or any valid international number.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let (dialled, shown) = dialled(raw);
        let wrong = |why| Err(Malformed::new(shown.clone(), why));
        let odd = dialled.chars().enumerate().find(|(n, c)| !(c.is_ascii_digit() || (*n == 0 && *c == '+')));
        if !dialled.chars().any(|c| c.is_ascii_digit()) {
            return wrong(Why::NoDigits);
        }
        if let Some((_, c)) = odd {
            return wrong(if matches!(c, '/' | '+' | ';' | ',' | '&') {
                Why::SeveralPhones
            } else {
                Why::Character(c)
            });
        }
        let digits = dialled.trim_start_matches('+').len();
        if digits < 6 {
            return wrong(Why::PhoneTooShort);
        }
        let international = dialled.starts_with('+');
        let french_country_code = digits == 11 && dialled.starts_with("33");
        let found = if international {
            valid(None, &dialled)
        } else if french_country_code {
            valid(None, &format!("+{dialled}"))
        } else if digits == 10 && dialled.starts_with('0') {
            national(&dialled)
        } else if digits < 10 {
            return wrong(Why::PhoneTooShort);
        } else {
            return wrong(if digits == 20 { Why::SeveralPhones } else { Why::PhoneTooLong });
        };
        match found {
            Some(e164) => Ok(Self(e164)),
            None if digits > 15 => wrong(Why::PhoneTooLong),
            None => wrong(Why::PhoneUnassigned),
        }
    }
}

/// The number as it would be dialled (`+` for the international prefix) and as the report shows it.
fn dialled(raw: &str) -> (String, String) {
    let plain: String = raw.nfkc().filter(|c| !separator(*c)).collect();
    let lower = plain.to_lowercase();
    // "Tél : 01…", "(+33) 1…": the number begins at its first digit, + or bracket
    let start = lower.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')).unwrap_or(0);
    let (label, rest) = lower.split_at_checked(start).unwrap_or(("", &lower));
    let labelled = label.chars().all(|c| c.is_alphabetic() || matches!(c, ':' | '°' | '/' | '☎'));
    let rest = if labelled { rest } else { lower.as_str() };
    // an extension inside the house is no part of E.164
    let rest = ["poste", "ext"].iter().find_map(|word| rest.split_once(word)).map_or(rest, |(head, _)| head);
    let rest = rest.trim_end_matches([':', ',', ';', '(']);
    let shown: String =
        rest.chars().filter(|c| c.is_alphanumeric() || *c == '+').flat_map(char::to_uppercase).collect();
    let bare = if rest.starts_with(['+', '(']) || rest.starts_with("00") {
        rest.replace("(0)", "")
    } else {
        rest.to_owned()
    };
    let bare = bare.replace(['(', ')'], "");
    let dialled = bare.strip_prefix("00").map_or(bare.clone(), |number| format!("+{number}"));
    (dialled, shown)
}

/// A ten-digit number with its leading zero.
fn national(dialled: &str) -> Option<String> {
    let overseas = OVERSEAS.iter().find(|(prefix, _)| dialled.starts_with(prefix)).map(|(_, region)| *region);
    let saint_pierre = dialled.strip_prefix(SAINT_PIERRE).map(|rest| format!("+508{rest}"));
    saint_pierre
        .and_then(|number| valid(None, &number))
        .or_else(|| overseas.and_then(|region| valid(Some(region), dialled)))
        .or_else(|| valid(Some(Id::FR), dialled))
        // Internet telephony overseas (0976…, 09475…) is shared out by the number's middle
        .or_else(|| {
            [Id::RE, Id::GP, Id::GF, Id::MQ, Id::YT]
                .into_iter()
                .find_map(|region| valid(Some(region), dialled))
        })
}

/// E.164, when the numbering plan has such a number.
fn valid(region: Option<Id>, number: &str) -> Option<String> {
    let parsed = phonenumber::parse(region, number).ok()?;
    phonenumber::is_valid(&parsed).then(|| parsed.format().mode(Mode::E164).to_string())
}

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

/// Whether a domain name has a known ending and something before it.
fn public(domain: &str) -> bool {
    psl::domain(domain.to_lowercase().as_bytes()).is_some_and(|found| found.suffix().is_known())
}

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

/// Dotted numbers, valid as an address or not: `192.168.1.300`.
fn numeric(name: &str) -> bool {
    name.contains('.') && name.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// IDNA (UTS 46) with host name rules: LDH labels of at most 63 octets, 253 in all.
fn ascii(name: &str) -> Option<String> {
    let plain: String =
        name.chars().filter(|c| !invisible(*c)).map(|c| if dash(c) { '-' } else { c }).collect();
    idna::domain_to_ascii_strict(&plain).ok().filter(|ascii| ascii.len() <= 253)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(raw: &str) -> Result<String, Why> {
        Phone::parse(raw).map(|phone| phone.as_str().to_owned()).map_err(|wrong| wrong.why)
    }

    #[test]
    fn french_numbers_are_read_however_they_are_grouped() {
        for raw in [
            "01 45 67 89 01",
            "01.45.67.89.01",
            "0145678901",
            "01-45-67-89-01",
            "+33 1 45 67 89 01",
            "+33 (0)1 45 67 89 01",
            "0033 1 45 67 89 01",
            "(+33) 1 45 67 89 01",
            "Tél. : 01 45 67 89 01",
            "01\u{A0}45\u{202F}67 89 01",
            "33 1 45 67 89 01",
            "01 45 67 89 01 poste 214",
            "(01) 45 67 89 01",
            "+33(0)145678901",
            "0033(0)145678901",
        ] {
            assert_eq!(phone(raw).as_deref(), Ok("+33145678901"), "{raw}");
        }
        assert_eq!(phone("06 87 12 34 56").as_deref(), Ok("+33687123456"));
        assert_eq!(phone("09 70 20 57 98").as_deref(), Ok("+33970205798"));
    }

    #[test]
    fn overseas_numbers_get_their_own_country_code() {
        for (raw, e164) in [
            ("0262 90 50 50", "+262262905050"),
            ("0692 85 12 34", "+262692851234"),
            ("0269 61 80 00", "+262269618000"),
            ("0639 69 12 34", "+262639691234"),
            ("0590 89 10 10", "+590590891010"),
            ("0690 35 12 34", "+590690351234"),
            ("0594 39 50 50", "+594594395050"),
            ("0694 20 12 34", "+594694201234"),
            ("0596 55 20 00", "+596596552000"),
            ("0696 20 12 34", "+596696201234"),
            ("0508 41 14 00", "+508411400"),
            ("+687 25 66 66", "+687256666"),
            ("00 687 25 66 66", "+687256666"),
            ("+689 40 48 62 62", "+68940486262"),
            ("+262 (0)262 90 50 50", "+262262905050"),
            ("+32 2 555 12 12", "+3225551212"),
        ] {
            assert_eq!(phone(raw).as_deref(), Ok(e164), "{raw}");
        }
    }

    #[test]
    fn a_wrong_phone_says_why_and_shows_its_digits() {
        for (raw, why) in [
            ("01 23 45", Why::PhoneTooShort),
            ("1 45 67 89 01", Why::PhoneTooShort),
            ("01 45 67 89 01 2", Why::PhoneTooLong),
            ("01 45 67 89 0I", Why::Character('i')),
            ("01 45 67 89 01 / 06 12 34 56 78", Why::SeveralPhones),
            ("standard", Why::NoDigits),
            ("00 00 00 00 00", Why::PhoneUnassigned),
            ("+33 1 45", Why::PhoneTooShort),
            ("+33 1 45 67 8", Why::PhoneUnassigned),
        ] {
            assert_eq!(phone(raw), Err(why), "{raw}");
        }
        assert_eq!(Phone::parse("01 23 45").map_err(|wrong| wrong.normalised), Err("012345".to_owned()));
    }

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
