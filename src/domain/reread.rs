//! What can be said of a number beside the rules, for a colleague who looks at it: whether its check digit
//! is right, and what it would be if letters were the digits they look like. Only ever proposed: a value is
//! never corrected silently (rulebook, "Formats").

use super::form::Field;
use super::identifiers::{CardNumber, Finess, RppsRang, Siret};
use super::malformed::{Malformed, Why};
use super::policy::Profile;
use super::text::compact;

/// What a number's check digit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    Right,
    Wrong,
}

/// The number of a box as it is written, if it is one; `None`: the box takes no number.
fn parsed(field: Field, text: &str, profile: Profile) -> Option<Result<String, Malformed>> {
    Some(match field {
        Field::Finess => Finess::parse(text, profile).map(|one| one.as_str().to_owned()),
        Field::Siret => Siret::parse(text).map(|one| one.as_str().to_owned()),
        Field::RppsRang(_) => RppsRang::parse(text).map(|one| one.as_str().to_owned()),
        Field::Card | Field::AdministratorCard(_) => {
            CardNumber::parse(text).map(|one| one.as_str().to_owned())
        }
        _ => return None,
    })
}

/// Whether the check digit is right; `None` where there is none, or no number that could have one.
#[must_use]
pub fn check_digit(field: Field, text: &str, profile: Profile) -> Option<CheckDigit> {
    if matches!(field, Field::Card | Field::AdministratorCard(_)) {
        return None;
    }
    match parsed(field, text, profile)? {
        Ok(_) => Some(CheckDigit::Right),
        Err(Malformed { why: Why::CheckDigit | Why::Siren | Why::Rpps, .. }) => Some(CheckDigit::Wrong),
        Err(_) => None,
    }
}

/// The one valid number that the text would be if its letters were the digits they look like.
#[must_use]
pub fn proposed(field: Field, text: &str, profile: Profile) -> Option<String> {
    if text.trim().is_empty() || parsed(field, text, profile)?.is_ok() {
        return None;
    }
    let plain = compact(text);
    let all: String = plain.chars().map(looks_like).collect();
    // the second character of a Corsican FINESS is a letter
    let corsican = plain.chars().enumerate().map(|(n, c)| if n == 1 { c } else { looks_like(c) }).collect();
    let mut found: Vec<String> =
        [all, corsican].iter().filter_map(|one: &String| parsed(field, one, profile)?.ok()).collect();
    found.dedup();
    match found.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

fn looks_like(c: char) -> char {
    match c {
        'O' | 'D' | 'Q' => '0',
        'I' | 'L' | '|' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_digit_is_right_wrong_or_not_there() {
        let said = |field, text| check_digit(field, text, Profile::Production);
        assert_eq!(said(Field::Finess, "310908306"), Some(CheckDigit::Right));
        assert_eq!(said(Field::Finess, "310908307"), Some(CheckDigit::Wrong));
        assert_eq!(said(Field::Siret, "367 868 437 00032"), Some(CheckDigit::Right));
        assert_eq!(said(Field::Siret, "11122233344455"), Some(CheckDigit::Wrong));
        for (field, text) in
            [(Field::Finess, "31090830"), (Field::Card, "2900351819"), (Field::StructureName, "CH")]
        {
            assert_eq!(said(field, text), None, "{field}");
        }
    }

    #[test]
    fn letters_are_proposed_as_the_digits_they_look_like_where_the_number_is_then_valid() {
        let read = |field, text| proposed(field, text, Profile::Production);
        assert_eq!(read(Field::Finess, "31O9O83O6").as_deref(), Some("310908306"));
        assert_eq!(read(Field::Finess, "2b O88 8713").as_deref(), Some("2B0888713"));
        assert_eq!(read(Field::Card, "29OO351819").as_deref(), Some("2900351819"));
        // valid as it is, wrong all the same, empty, no number at all
        for (field, text) in [
            (Field::Finess, "310908306"),
            (Field::Finess, "31O908307"),
            (Field::Finess, ""),
            (Field::Finess, "en cours"),
            (Field::StructureName, "OISO"),
        ] {
            assert_eq!(read(field, text), None, "{text}");
        }
    }
}
