//! From FINESS category and legal status to the class of a structure (`config/classes.toml`).

use crate::domain::facts::Class;
use crate::fault::Fault;
use serde::Deserialize;
use std::sync::LazyLock;

const BUILT_IN: &str = include_str!("../../config/classes.toml");

/// The table of classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    class: Class,
    categories: Vec<(u16, u16)>,
    /// Empty: any, also none.
    legal_status: Vec<(u16, u16)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    class: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    categories: Vec<String>,
    #[serde(default)]
    legal_status: Vec<String>,
}

impl Classes {
    /// The table that comes with the program.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<Classes> = LazyLock::new(|| {
            Classes::parse(BUILT_IN).unwrap_or_else(|fault| unreachable!("a test reads it: {fault}"))
        });
        &TABLE
    }

    /// Another table, TOML as in `config/classes.toml`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const DOING: &str = "reading the table of classes";
        let file: File = toml::from_str(text).map_err(|error| Fault::never(DOING, error))?;
        let rules = file.class.into_iter().map(|entry| {
            let unknown = || Fault::never(DOING, format!("unknown class \"{}\"", entry.name));
            Ok(Rule {
                class: Class::parse(&entry.name).ok_or_else(unknown)?,
                categories: ranges(&entry.categories)?,
                legal_status: ranges(&entry.legal_status)?,
            })
        });
        rules.collect::<Result<_, Fault>>().map(Self)
    }

    /// The class of a category. Where it hangs on a legal status that is not known: the first class
    /// the category can have, if they all read the same paragraph of the notice (a private hospital
    /// is one whether it makes profit or not); else `None`. An unknown class is not `other`.
    #[must_use]
    pub fn class_of(&self, category: Option<&str>, legal_status: Option<&str>) -> Option<Class> {
        let category: u16 = category?.trim().parse().ok()?;
        let legal_status: Option<u16> = legal_status.and_then(|status| status.trim().parse().ok());
        let within = |ranges: &[(u16, u16)], n| ranges.iter().any(|(from, to)| (*from..=*to).contains(&n));
        let mut possible = Vec::new();
        for rule in self.0.iter().filter(|rule| within(&rule.categories, category)) {
            match legal_status {
                _ if rule.legal_status.is_empty() => return Some(rule.class),
                Some(status) if within(&rule.legal_status, status) => return Some(rule.class),
                Some(_) => {}
                None => possible.push(rule.class),
            }
        }
        match possible.as_slice() {
            [] => Some(Class::Other),
            [first, rest @ ..] if rest.iter().all(|other| other.paragraph() == first.paragraph()) => {
                Some(*first)
            }
            _ => None,
        }
    }
}

fn ranges(texts: &[String]) -> Result<Vec<(u16, u16)>, Fault> {
    let range = |text: &String| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
    };
    let read = |text| {
        range(text).ok_or_else(|| {
            Fault::never("reading the table of classes", format!("\"{text}\" is no number and no range"))
        })
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Paragraph;

    #[test]
    fn specific_categories_come_first_and_the_legal_status_decides_the_rest() {
        let classes = Classes::built_in();
        let of = |category, status| classes.class_of(Some(category), status);
        assert_eq!(of("620", None), Some(Class::Pharmacy));
        assert_eq!(of("190", Some("70")), Some(Class::MedicoSocial));
        assert_eq!(of("127", Some("13")), Some(Class::PublicHospital));
        assert_eq!(of("127", Some("60")), Some(Class::PrivateNonprofit));
        assert_eq!(of("365", Some("73")), Some(Class::PrivateForprofit));
        assert_eq!(of("698", None), Some(Class::Other));
        assert_eq!(of("365", Some("1")), Some(Class::Other));
    }

    #[test]
    fn without_a_legal_status_the_category_decides_where_the_notice_says_the_same_of_all_it_can_be() {
        let classes = Classes::built_in();
        assert_eq!(classes.class_of(Some("355"), None), Some(Class::PublicHospital));
        assert_eq!(classes.class_of(Some("365"), None).and_then(Class::paragraph), Some(Paragraph::Centres));
        // public or private: unknown, and not `other`
        assert_eq!(classes.class_of(Some("127"), None), None);
        assert_eq!(classes.class_of(None, Some("73")), None);
    }

    #[test]
    fn a_table_with_an_unknown_class_or_key_is_refused() {
        assert!(Classes::parse("[[class]]\nname = \"castle\"\ncategories = []").is_err());
        assert!(Classes::parse("[[class]]\nname = \"other\"\ncategories = []\nregion = \"x\"").is_err());
        assert!(Classes::parse("[[class]]\nname = \"other\"\ncategories = [\"a-b\"]").is_err());
    }
}
