//! Phone numbers: the French plan with its overseas parts, and the world's.

use super::super::malformed::{Malformed, Why};
use super::super::text::separator;
use phonenumber::country::Id;
use phonenumber::metadata::{DATABASE, Database};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// A phone number, E.164.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(pub(super) String);

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

/// Loading the whole world's plans takes longer than all the rest of reading a form (70 ms); nearly
/// every number on an F413 is French, and its plan loads in a fraction of that.
static FRENCH: LazyLock<Option<Database>> =
    LazyLock::new(|| Database::parse(include_str!("french_plan.xml")).ok());
/// Country codes of the French plan, as dialled.
const FRENCH_CODES: [&str; 6] = ["+33", "+590", "+594", "+596", "+262", "+508"];

/// E.164, when the numbering plan has such a number.
fn valid(region: Option<Id>, number: &str) -> Option<String> {
    let french = region.is_some() || FRENCH_CODES.iter().any(|code| number.starts_with(code));
    // not `unwrap_or(&DATABASE)`: naming the world's plans loads them
    let plan = FRENCH.as_ref().filter(|_| french).unwrap_or_else(|| &DATABASE);
    let parsed = phonenumber::parse_with(plan, region, number).ok()?;
    let e164 = || format!("+{}{}", parsed.code().value(), parsed.national());
    phonenumber::is_valid_with(plan, &parsed).then(e164)
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

    #[test]
    fn the_french_plan_says_what_the_worlds_plans_say() {
        assert!(FRENCH.is_some(), "the plan is read");
        let number = |prefix: u32, rest: u32| format!("0{prefix:03}{rest:06}");
        for prefix in 100..1000 {
            let dialled = number(prefix, 412_345);
            for region in [Id::FR, Id::GP, Id::GF, Id::MQ, Id::RE, Id::YT, Id::PM] {
                let world = phonenumber::parse(Some(region), &dialled).ok();
                let world = world.filter(phonenumber::is_valid);
                let world = world.map(|found| found.format().mode(phonenumber::Mode::E164).to_string());
                assert_eq!(valid(Some(region), &dialled), world, "{dialled}");
            }
        }
    }
}
