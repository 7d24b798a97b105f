//! Dates as people write them on a form, and as letters write them.

use super::malformed::{Malformed, Why};
use super::text::{folded, squeezed};
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

const MONTHS: [(&str, i8); 25] = [
    ("janvier", 1),
    ("janv", 1),
    ("jan", 1),
    ("fevrier", 2),
    ("fevr", 2),
    ("fev", 2),
    ("mars", 3),
    ("mar", 3),
    ("avril", 4),
    ("avr", 4),
    ("mai", 5),
    ("juin", 6),
    ("juillet", 7),
    ("juil", 7),
    ("aout", 8),
    ("aou", 8),
    ("septembre", 9),
    ("sept", 9),
    ("sep", 9),
    ("octobre", 10),
    ("oct", 10),
    ("novembre", 11),
    ("nov", 11),
    ("decembre", 12),
    ("dec", 12),
];

/// A date: `JJ/MM/AAAA` and its usual variants (other separators or none, one-digit days and months,
/// two-digit years of this century, ISO), and written-out French dates with whatever stands before
/// them ("Fait à Lyon, le 1er décembre 2026").
pub fn parse_date(raw: &str) -> Result<Date, Malformed> {
    let shown = squeezed(&raw.nfkc().collect::<String>());
    let wrong = |why| Malformed::new(shown.clone(), why);
    let words = folded(&shown);
    let words = words.replace("1er ", "1 ").replace("1 er ", "1 ");
    let tokens: Vec<&str> = words.split(' ').collect();
    match read(&tokens) {
        Ok((year, month, day)) => Date::new(year, month, day).map_err(|_| wrong(Why::NoSuchDay)),
        Err(why) => Err(wrong(why)),
    }
}

/// Year, month, day.
fn read(tokens: &[&str]) -> Result<(i16, i8, i8), Why> {
    let written: Vec<(usize, i8)> =
        tokens.iter().enumerate().filter_map(|(at, token)| month(token).map(|month| (at, month))).collect();
    let numbers: Vec<&str> =
        tokens.iter().copied().filter(|token| token.starts_with(|c: char| c.is_ascii_digit())).collect();
    let named = written.iter().copied().filter(|(at, _)| {
        // "mars" or "avril" may be a town: only a month between its day and its year counts
        at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|day| number(day, 2).is_some())
    });
    let named: Vec<(usize, i8)> = named.collect();
    match (named.as_slice(), numbers.as_slice()) {
        ([(at, month)], [..]) => {
            let day = at.checked_sub(1).and_then(|before| tokens.get(before)).and_then(|day| number(day, 2));
            let year = tokens.get(at + 1);
            match (day, year.copied().and_then(full_year)) {
                (Some(day), Some(year)) => Ok((year, *month, narrow(day)?)),
                (Some(_), None) => Err(Why::NoYear),
                (None, _) => Err(Why::NotADate),
            }
        }
        ([_, _, ..], _) => Err(Why::SeveralDates),
        ([], [run]) => run_of_digits(run),
        ([], [first, second, third]) => three(first, second, third),
        ([], [day, month]) if day.len() <= 2 && month.len() <= 2 => Err(Why::NoYear),
        ([], [_, _, _, ..]) => among(tokens),
        ([], _) => Err(Why::NotADate),
    }
}

/// The one date among other numbers: "Fait à Paris 12, le 05/11/2026".
fn among(tokens: &[&str]) -> Result<(i16, i8, i8), Why> {
    let mut dates = tokens.windows(3).filter_map(|window| match window {
        [first, second, third] if first.len() == 4 || third.len() == 4 => three(first, second, third).ok(),
        _ => None,
    });
    match (dates.next(), dates.next()) {
        (Some(date), None) => Ok(date),
        (Some(_), Some(_)) => Err(Why::SeveralDates),
        (None, _) => Err(Why::NotADate),
    }
}

/// `05 11 2026` or `2026 11 05`.
fn three(first: &str, second: &str, third: &str) -> Result<(i16, i8, i8), Why> {
    let small = |text: &str| number(text, 2).ok_or(Why::NotADate).and_then(narrow);
    if first.len() == 4 {
        let year = full_year(first).ok_or(Why::NotADate)?;
        return Ok((year, small(second)?, small(third)?));
    }
    let year = full_year(third).ok_or(Why::NotADate)?;
    Ok((year, small(second)?, small(first)?))
}

/// `05112026`, `051126` or `20261105`.
fn run_of_digits(run: &str) -> Result<(i16, i8, i8), Why> {
    if !run.chars().all(|c| c.is_ascii_digit()) {
        return Err(Why::NotADate);
    }
    let part = |from: usize, to: usize| run.get(from..to).unwrap_or("");
    match run.len() {
        8 => {
            let french = three(part(0, 2), part(2, 4), part(4, 8));
            let iso = three(part(0, 4), part(4, 6), part(6, 8));
            let exists = |date: &Result<(i16, i8, i8), Why>| {
                date.as_ref().is_ok_and(|(year, month, day)| Date::new(*year, *month, *day).is_ok())
            };
            if exists(&iso) && !exists(&french) { iso } else { french }
        }
        6 => three(part(0, 2), part(2, 4), part(4, 6)),
        _ => Err(Why::NotADate),
    }
}

/// A month's name or its usual abbreviation, folded.
fn month(token: &str) -> Option<i8> {
    MONTHS.iter().find(|(name, _)| *name == token).map(|(_, month)| *month)
}

/// A number of at most `digits` digits.
fn number(token: &str, digits: usize) -> Option<i16> {
    (token.len() <= digits && token.chars().all(|c| c.is_ascii_digit())).then(|| token.parse().ok())?
}

fn narrow(number: i16) -> Result<i8, Why> {
    i8::try_from(number).map_err(|_| Why::NotADate)
}

/// Four digits, or the last two of a year of this century.
fn full_year(token: &str) -> Option<i16> {
    match token.len() {
        4 => number(token, 4),
        2 => number(token, 2).map(|year| 2000 + year),
        _ => None,
    }
}

/// `4 novembre 2026`, `1er janvier 2027`.
#[must_use]
pub fn french_date(date: Date) -> String {
    const NAMES: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let month = usize::try_from(date.month()).ok().and_then(|month| NAMES.get(month.checked_sub(1)?));
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {} {}", month.unwrap_or(&""), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in [
            "05/11/2026",
            "5/11/26",
            "05.11.2026",
            "05-11-2026",
            "2026-11-05",
            "5 novembre 2026",
            "05 / 11 / 2026",
            "05112026",
            "20261105",
            "051126",
            "le 5 novembre 2026",
            "Fait à Mars-la-Tour, le 5 nov. 2026",
            "Fait à Paris 12, le 5 novembre 2026",
            "jeudi 5 NOVEMBRE 2026",
            "5\u{A0}novembre\u{202F}2026",
            "05–11–2026",
            "Date : 05/11/2026",
            "Fait à Paris 12, le 05/11/2026",
            "5  11  2026",
            "Le 05/11/2026.",
        ] {
            assert_eq!(parse_date(text), Ok(date(2026, 11, 5)), "{text}");
        }
        assert_eq!(parse_date("1er déc. 2026"), Ok(date(2026, 12, 1)));
        assert_eq!(parse_date("1 er août 2026"), Ok(date(2026, 8, 1)));
        assert_eq!(parse_date("29 février 2028"), Ok(date(2028, 2, 29)));
    }

    #[test]
    fn a_date_that_is_none_says_why() {
        for (text, why) in [
            ("31/11/2026", Why::NoSuchDay),
            ("11/25/2026", Why::NoSuchDay),
            ("29/02/2026", Why::NoSuchDay),
            ("00/11/2026", Why::NoSuchDay),
            ("5 novembre", Why::NoYear),
            ("05/11", Why::NoYear),
            ("novembre 2026", Why::NotADate),
            ("O5/11/2026", Why::NotADate),
            ("demain", Why::NotADate),
            ("05/11/202", Why::NotADate),
            ("5 novembre 2026 et 6 novembre 2026", Why::SeveralDates),
            ("05/11/2026 06/11/2026", Why::SeveralDates),
            ("٠٥/١١/٢٠٢٦", Why::NotADate),
        ] {
            assert_eq!(parse_date(text).map_err(|wrong| wrong.why), Err(why), "{text}");
        }
    }
}
