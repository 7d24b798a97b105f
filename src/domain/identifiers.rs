//! Identifiers of structures, professionals and cards. Only `parse` makes one.
//!
//! Formats: rulebook, "Formats". A value is never corrected: `O` stays a letter.

use super::malformed::{Malformed, Why};
use super::masked::masked;
use super::policy::Profile;
use super::text::compact;

/// FINESS number: 9 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finess(String);
/// SIREN: 9 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Siren(String);
/// SIRET: 14 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Siret(String);
/// RPPS: 11 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rpps(String);
/// RPPS rang: 14 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RppsRang(String);
/// Card number: 10 digits, text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(String);

masked!(Finess, Siren, Siret, Rpps, RppsRang, CardNumber);

impl Finess {
    /// Nine characters: department (01–95 without 20, 2A, 2B, 97, 98; 99 in the test profile), `0`,
    /// six digits, the last of them a Luhn key with A counted as 1 and B as 2.
    pub fn parse(raw: &str, profile: Profile) -> Result<Self, Malformed> {
        let text = without_labels(raw);
        let wrong = |why| Err(wrong(&text, why));
        let corsican = text.starts_with("2A") || text.starts_with("2B");
        if let Some(why) = foreign(&text, |n, c| c.is_ascii_digit() || (corsican && n == 1)) {
            return wrong(why);
        }
        if let Some(why) = length(&text, 9) {
            return wrong(why);
        }
        let digits: Vec<u32> = text
            .chars()
            .map(|c| match c {
                'A' => 1,
                'B' => 2,
                other => other.to_digit(10).unwrap_or_default(),
            })
            .collect();
        let department = match digits.as_slice() {
            [tens, units, ..] => tens * 10 + units,
            _ => 0,
        };
        match department {
            _ if corsican => {}
            1..=19 | 21..=95 | 97 | 98 => {}
            99 => match profile {
                Profile::Test => {}
                Profile::Production => return wrong(Why::TestRange),
            },
            _ => return wrong(Why::Department),
        }
        if digits.get(2) != Some(&0) {
            return wrong(Why::ThirdCharacter);
        }
        if !luhn(&digits) {
            return wrong(Why::CheckDigit);
        }
        Ok(Self(text))
    }
}

impl Siren {
    /// Nine digits with a Luhn key, not all zero.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let (text, digits) = digits_of(raw, 9)?;
        if luhn(&digits) { Ok(Self(text)) } else { Err(Malformed::new(text, Why::CheckDigit)) }
    }
}

/// La Poste's establishments do not carry a Luhn key (INSEE, documentation Sirene).
const LA_POSTE: &str = "356000000";
const LA_POSTE_HEAD_OFFICE: &str = "35600000000048";

impl Siret {
    /// A valid SIREN and five digits, with a Luhn key over the fourteen; La Poste: the digits' sum is
    /// a multiple of five, or the head office.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let (text, digits) = match digits_of(raw, 14) {
            Err(Malformed { normalised, why: Why::Length { got: 9, .. } }) => {
                return Err(Malformed::new(normalised, Why::SirenOnly));
            }
            other => other?,
        };
        let siren: String = text.chars().take(9).collect();
        if Siren::parse(&siren).is_err() {
            return Err(Malformed::new(text, Why::Siren));
        }
        let sound = if siren == LA_POSTE && text != LA_POSTE_HEAD_OFFICE {
            digits.iter().sum::<u32>() % 5 == 0
        } else {
            luhn(&digits)
        };
        if sound { Ok(Self(text)) } else { Err(Malformed::new(text, Why::CheckDigit)) }
    }

    /// Its first nine digits.
    #[must_use]
    pub fn siren(&self) -> Siren {
        Siren(self.0.chars().take(9).collect())
    }
}

impl Rpps {
    /// Eleven digits with a Luhn key, not all zero.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let (text, digits) = digits_of(raw, 11)?;
        if luhn(&digits) { Ok(Self(text)) } else { Err(Malformed::new(text, Why::CheckDigit)) }
    }
}

impl RppsRang {
    /// A valid RPPS, two digits and a Luhn key over the fourteen.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        let (text, digits) = match digits_of(raw, 14) {
            Err(Malformed { normalised, why: Why::Length { got: 11, .. } }) => {
                return Err(Malformed::new(normalised, Why::RppsOnly));
            }
            other => other?,
        };
        let rpps: String = text.chars().take(11).collect();
        if Rpps::parse(&rpps).is_err() {
            return Err(Malformed::new(text, Why::Rpps));
        }
        if luhn(&digits) { Ok(Self(text)) } else { Err(Malformed::new(text, Why::CheckDigit)) }
    }
}

impl CardNumber {
    /// Exactly ten digits, not all zero; no check digit. Leading zeros stay.
    pub fn parse(raw: &str) -> Result<Self, Malformed> {
        digits_of(raw, 10).map(|(text, _)| Self(text))
    }
}

/// Words that people type before a number (after `compact`).
const LABELS: [&str; 25] = [
    "DE",
    "NUMERO",
    "NUM",
    "N°",
    "NO",
    "NR",
    "N",
    "FINESS",
    "SIRET",
    "SIREN",
    "RPPS",
    "RANG",
    "JURIDIQUE",
    "GEOGRAPHIQUE",
    "CARTE",
    "ECPS",
    "CPS",
    "CPE",
    "CPF",
    "CDE",
    "CDA",
    "CPA",
    "EJ",
    "EG",
    "ET",
];
/// And behind it.
const REMARKS: [&str; 5] = ["EJ", "EG", "ET", "JURIDIQUE", "GEOGRAPHIQUE"];

/// The number alone: compacted, without the labels around it. Identifiers begin and end with a
/// digit, so that no letter of theirs can be taken for a label; a lone `O` or `I` is never one.
fn without_labels(raw: &str) -> String {
    let text = compact(raw);
    let punctuation = |c: char| matches!(c, ':' | '=' | '#' | '°' | ',' | ';' | '(' | ')' | '*');
    let mut rest = text.trim_matches(punctuation);
    while let Some(shorter) = LABELS
        .iter()
        .find_map(|label| rest.strip_prefix(label))
        .or_else(|| REMARKS.iter().find_map(|remark| rest.strip_suffix(remark)))
    {
        rest = shorter.trim_matches(punctuation);
    }
    // words alone are not a number with a label: show them as they stand
    if rest.chars().any(|c| c.is_ascii_digit()) { rest.to_owned() } else { text }
}

/// What the report shows of a wrong identifier: its letters and digits.
fn wrong(text: &str, why: Why) -> Malformed {
    Malformed::new(text.chars().filter(|c| c.is_alphanumeric()).collect::<String>(), why)
}

/// The digits of a plain number of `wanted` digits, not all zero.
fn digits_of(raw: &str, wanted: usize) -> Result<(String, Vec<u32>), Malformed> {
    let text = without_labels(raw);
    let why = foreign(&text, |_, c| c.is_ascii_digit()).or_else(|| length(&text, wanted));
    if let Some(why) = why {
        return Err(wrong(&text, why));
    }
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.iter().all(|digit| *digit == 0) {
        return Err(wrong(&text, Why::AllZero));
    }
    Ok((text, digits))
}

/// What is wrong with the characters, if anything.
fn foreign(text: &str, allowed: impl Fn(usize, char) -> bool) -> Option<Why> {
    if !text.chars().any(|c| c.is_ascii_digit()) {
        return Some(Why::NoDigits);
    }
    let odd = text.chars().enumerate().find(|(n, c)| !allowed(*n, *c));
    odd.map(|(_, c)| Why::Character(c))
}

fn length(text: &str, wanted: usize) -> Option<Why> {
    let got = text.chars().count();
    (got != wanted).then_some(Why::Length { wanted, got })
}

/// Luhn's check (ISO/IEC 7812-1, annex B): every second digit from the right doubled.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| if n % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finess(raw: &str) -> Result<String, Why> {
        Finess::parse(raw, Profile::Production)
            .map(|found| found.as_str().to_owned())
            .map_err(|wrong| wrong.why)
    }

    #[test]
    fn a_finess_is_read_as_people_type_it() {
        for raw in [
            "310908306",
            "310 908 306",
            "31-090-8306",
            "31.0908306",
            "FINESS : 310908306",
            "N° 310908306",
            "Nº310908306",
            "№ 310908306",
            "n° finess 310908306",
            "FINESS EJ : 310908306",
            "310908306 (EJ)",
            "31\u{A0}0908\u{202F}306",
            "31\u{2009}0908306",
            "31\u{2013}0908306",
            "FINESS géographique n° 310908306",
            "\u{FEFF}310908306",
        ] {
            assert_eq!(finess(raw).as_deref(), Ok("310908306"), "{raw}");
        }
        for corsican in ["2A0139093", "2b 088 8713", "2A0306825"] {
            assert!(finess(corsican).is_ok(), "{corsican}");
        }
        assert!(finess("970104972").is_ok());
    }

    #[test]
    fn a_wrong_finess_says_why() {
        for (raw, why) in [
            ("350355088", Why::CheckDigit),
            ("75008599", Why::Length { wanted: 9, got: 8 }),
            ("3109083061", Why::Length { wanted: 9, got: 10 }),
            ("31O908306", Why::Character('O')),
            ("3I0908306", Why::Character('I')),
            ("O10908306", Why::Character('O')),
            ("310908306B", Why::Character('B')),
            ("3A0908306", Why::Character('A')),
            ("2C0908306", Why::Character('C')),
            ("200908306", Why::Department),
            ("000908306", Why::Department),
            ("960908306", Why::Department),
            ("311908306", Why::ThirdCharacter),
            ("990000001", Why::TestRange),
            ("en cours", Why::NoDigits),
            ("", Why::NoDigits),
        ] {
            assert_eq!(finess(raw), Err(why), "{raw}");
        }
        let shown =
            Finess::parse("FINESS : 35 O355/088", Profile::Production).map_err(|wrong| wrong.normalised);
        assert_eq!(shown, Err("35O355088".to_owned()));
    }

    #[test]
    fn the_test_range_is_valid_in_the_test_profile_only() {
        let sound = (0..10)
            .map(|key| format!("99000001{key}"))
            .filter(|number| Finess::parse(number, Profile::Test).is_ok());
        assert_eq!(sound.count(), 1);
    }

    fn siret(raw: &str) -> Result<(), Why> {
        Siret::parse(raw).map(|_| ()).map_err(|wrong| wrong.why)
    }

    #[test]
    fn a_siret_needs_a_valid_siren() {
        assert_eq!(siret("367 868 437 00032"), Ok(()));
        assert_eq!(siret("SIRET n° 367 868 437 00032"), Ok(()));
        // passes Luhn over fourteen digits, its SIREN does not over nine
        assert_eq!(siret("11122233344455"), Err(Why::Siren));
        assert_eq!(siret("46991924900002"), Err(Why::Siren));
        assert_eq!(siret("36786843700033"), Err(Why::CheckDigit));
        assert_eq!(siret("367868437"), Err(Why::SirenOnly));
        assert_eq!(siret("3678684370003"), Err(Why::Length { wanted: 14, got: 13 }));
        assert_eq!(siret("00000000000000"), Err(Why::AllZero));
        assert_eq!(
            Siret::parse("36786843700032").map(|siret| siret.siren().as_str().to_owned()).ok().as_deref(),
            Some("367868437")
        );
    }

    #[test]
    fn la_poste_counts_its_digits() {
        assert_eq!(siret("35600000000048"), Ok(()), "the head office");
        assert_eq!(siret("35600000049837"), Ok(()), "sum 45, no Luhn key");
        assert_eq!(siret("35600000049838"), Err(Why::CheckDigit));
    }

    #[test]
    fn an_rpps_rang_holds_an_rpps() {
        let rang = |raw: &str| RppsRang::parse(raw).map(|_| ()).map_err(|wrong| wrong.why);
        assert_eq!(rang("99700014121005"), Ok(()));
        assert_eq!(rang("RPPS rang : 99700014121 01 3"), Ok(()));
        assert_eq!(rang("99700014121006"), Err(Why::CheckDigit));
        assert_eq!(rang("99700014122005"), Err(Why::Rpps));
        assert_eq!(rang("99700014121"), Err(Why::RppsOnly));
        assert!(Rpps::parse("99700014121").is_ok());
    }

    #[test]
    fn a_card_number_keeps_its_zeros() {
        let card = |raw: &str| {
            CardNumber::parse(raw).map(|card| card.as_str().to_owned()).map_err(|wrong| wrong.why)
        };
        assert_eq!(card("0012345678").as_deref(), Ok("0012345678"));
        assert_eq!(card("24 0005 2148").as_deref(), Ok("2400052148"));
        assert_eq!(card("N° de carte : 2400052148").as_deref(), Ok("2400052148"));
        assert_eq!(card("CPS 2400052148").as_deref(), Ok("2400052148"));
        assert_eq!(card("e-CPS n°2400052148").as_deref(), Ok("2400052148"));
        assert_eq!(card("28001234"), Err(Why::Length { wanted: 10, got: 8 }));
        assert_eq!(card("0000000000"), Err(Why::AllZero));
        assert_eq!(card("24OOO52148"), Err(Why::Character('O')));
    }

    #[test]
    fn odd_unicode_never_panics() {
        for raw in crate::domain::text::NASTY {
            for raw in [
                (*raw).to_owned(),
                format!("2A{raw}0139093"),
                format!("{raw}310908306"),
                format!("310908306{raw}"),
            ] {
                let _ = (
                    Finess::parse(&raw, Profile::Test),
                    Siret::parse(&raw),
                    RppsRang::parse(&raw),
                    CardNumber::parse(&raw),
                );
            }
        }
    }
}
