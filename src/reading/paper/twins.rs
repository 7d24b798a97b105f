//! What a form says twice, in other boxes: a domain in several addresses, a person's name in their e-mail
//! address. Where the two were read nearly alike, one of them was perhaps misread, by all networks alike, or the
//! person mistyped it; somebody looks at both. (A domain that others agree on is not in doubt.)

use super::settle::MOST_ROWS;
use crate::domain::form::Field;
use crate::domain::sheet::{PageNumber, Sheet, Written};
use crate::reading::layout::fold::squeeze;
use std::collections::BTreeSet;

/// What is worth at most what has a near twin.
const NEAR_TWIN: f64 = 0.8;
/// Shorter words (letters) resemble each other by chance; longer ones than the second may differ in two letters.
const SHORTEST: usize = 4;
const LONG: usize = 6;

/// Takes the certainty from what was read on paper and has a near twin.
pub fn doubt(sheet: &mut Sheet, on_paper: &dyn Fn(PageNumber) -> bool) {
    let mut doubted = of_domains(sheet);
    doubted.extend(of_person(sheet, [Field::LastName, Field::FirstNames, Field::Email]));
    for row in 0..MOST_ROWS {
        let cells = [
            Field::AdministratorLastName(row),
            Field::AdministratorFirstName(row),
            Field::AdministratorEmail(row),
        ];
        doubted.extend(of_person(sheet, cells));
    }
    for field in doubted {
        let read = sheet.texts.get_mut(&field).filter(|written| on_paper(written.evidence.page));
        if let Some(written) = read {
            written.evidence.confidence = written.evidence.confidence.min(NEAR_TWIN);
        }
    }
}

/// The boxes with a domain that is nearly another box's, and that no more of them have than that one.
fn of_domains(sheet: &Sheet) -> BTreeSet<Field> {
    let all: Vec<(Field, String)> = sheet
        .texts
        .iter()
        .filter_map(|(field, written)| {
            let value = written.value().trim();
            let domain = match field.in_row(0) {
                Field::Email | Field::AdministratorEmail(_) => value.rsplit_once('@')?.1,
                Field::SslDomain | Field::SmimeMailDomain | Field::ProMailDomain => {
                    value.trim_start_matches(['*', '.', '@'])
                }
                _ => return None,
            };
            // what is read has spaces in it that the value has not
            let spelt = domain.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
            Some((*field, spelt.collect::<String>().trim_end_matches('.').to_lowercase()))
        })
        .collect();
    let count = |domain: &str| all.iter().filter(|(_, other)| other == domain).count();
    let is_doubtful = |domain: &str| {
        all.iter().any(|(_, other)| are_near_twins(domain, other) && count(other) >= count(domain))
    };
    all.iter().filter(|(_, domain)| is_doubtful(domain)).map(|(field, _)| *field).collect()
}

/// A person's names and address, where a part of the address is nearly a name.
fn of_person(sheet: &Sheet, [last, first, email]: [Field; 3]) -> Vec<Field> {
    let value = |field| sheet.texts.get(&field).map(Written::value);
    let Some((local, _)) = value(email).and_then(|email| email.split_once('@')) else { return Vec::new() };
    let parts = |text: &str| -> Vec<String> {
        // "dupont2" is the second of that name
        text.split(|c: char| !c.is_alphabetic()).map(squeeze).filter(|part| !part.is_empty()).collect()
    };
    let names = [last, first].map(|field| {
        let text = value(field).unwrap_or_default();
        // "Jean-René" is written "jean-rene" or "jeanrene"
        let mut names = parts(text);
        names.push(squeeze(text));
        (field, names)
    });
    let mut doubted = BTreeSet::new();
    for part in parts(local) {
        if names.iter().any(|(_, names)| names.contains(&part)) {
            continue;
        }
        let near = names.iter().filter(|(_, names)| names.iter().any(|name| are_near_twins(&part, name)));
        for (field, _) in near {
            doubted.extend([*field, email]);
        }
    }
    doubted.into_iter().collect()
}

/// Whether two words differ in a letter, or long ones in two.
fn are_near_twins(one: &str, other: &str) -> bool {
    let length = one.chars().count().min(other.chars().count());
    let most = if length >= LONG { 2 } else { 1 };
    length >= SHORTEST && one != other && strsim::osa_distance(one, other) <= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet::{Area, Evidence};

    fn doubted(texts: &[(Field, &str)]) -> Vec<Field> {
        let read = |text: &str| Written {
            evidence: Evidence {
                raw: text.to_owned(),
                confidence: 0.97,
                page: 1.into(),
                area: Area::default(),
            },
            disagrees: None,
        };
        let texts = texts.iter().map(|(field, text)| (*field, read(text))).collect();
        let mut sheet = Sheet { texts, ..Sheet::default() };
        doubt(&mut sheet, &|_| true);
        let unsure = sheet.texts.iter().filter(|(_, written)| written.evidence.confidence < 0.9);
        unsure.map(|(field, _)| *field).collect()
    }

    const MAIL: Field = Field::AdministratorEmail(0);

    #[test]
    fn of_domains_that_are_nearly_alike_the_one_that_fewer_boxes_have_is_in_doubt() {
        let twice = [(Field::Email, "a.bo@ch-vaulnoise.fr"), (Field::SmimeMailDomain, "@ch-vaulnoise.fr")];
        let odd = (MAIL, "c.du@th-vaulnoise.fr");
        assert_eq!(doubted(&[twice[0], twice[1], odd]), [MAIL]);
        assert_eq!(doubted(&[twice[0], odd]), [Field::Email, MAIL], "nobody knows which");
        assert_eq!(doubted(&[twice[0], (MAIL, "c.du@editeur-sante.fr")]), []);
        assert_eq!(doubted(&[twice[0], (MAIL, "c.du@ch-vaulnoise .fr")]), [], "the same with a gap");
        assert_eq!(doubted(&twice), []);
    }

    #[test]
    fn an_address_that_is_nearly_its_owners_name_is_in_doubt_with_it() {
        let person = |last, first, email| {
            let [a, b] = [Field::AdministratorLastName(0), Field::AdministratorFirstName(0)];
            doubted(&[(a, last), (b, first), (MAIL, email)])
        };
        let first = Field::AdministratorFirstName(0);
        assert_eq!(person("Garcès", "Lætitia", "aetitia.garces@x.fr"), [first, MAIL]);
        for (last, first, email) in [
            ("Garcès", "Lætitia", "laetitia.garces@x.fr"),
            ("Le Bihan", "Jean-René", "jeanrene.lebihan@x.fr"),
            ("Martin", "Martine", "martin.martine@x.fr"),
            ("Dupont", "Anne", "secretariat@x.fr"),
            ("Dupont", "Anne", "a.dupont2@x.fr"),
        ] {
            assert_eq!(person(last, first, email), [], "{email}");
        }
    }
}
