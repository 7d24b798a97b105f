//! Editions of the form on file (`config/editions/*.toml`): their names for form fields, and the
//! printed words they are known by. An edition that is not on file is read by its labels alone.

use crate::domain::form::Field;
use crate::reading::layout::fold::squeeze;
use crate::reading::page::{Document, Widget, WidgetKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The editions compiled into the program.
const OWN: [&str; 1] = [include_str!("../../config/editions/f413.toml")];

/// All editions on file.
#[derive(Debug, Clone)]
pub struct Editions {
    list: Vec<Edition>,
}

/// One edition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// What the report calls it.
    pub name: String,
    /// Printed words that stand in this edition only; all of them must be there.
    #[serde(default)]
    pub printed: Vec<String>,
    /// Names of form fields, with the JSON pointer of their box.
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
}

/// Why a directory of editions cannot be used; trying again does not help.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error("reading {}", path.display())]
    Unread { path: PathBuf, source: std::io::Error },
    #[error("{} is not an edition", path.display())]
    NotOne { path: PathBuf, source: toml::de::Error },
}

impl Default for Editions {
    /// The compiled-in editions.
    fn default() -> Self {
        Self { list: OWN.iter().filter_map(|text| toml::from_str(text).ok()).collect() }
    }
}

impl Editions {
    /// The compiled-in editions and those of a directory, which win.
    ///
    /// # Errors
    /// A directory or file that cannot be read, or a file that is not an edition.
    pub fn with_dir(dir: &Path) -> Result<Self, EditionError> {
        let unread = |path: &Path| {
            let path = path.to_owned();
            move |source| EditionError::Unread { path, source }
        };
        let mut editions = Self::default();
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(unread(dir))? {
            files.push(entry.map_err(unread(dir))?.path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(unread(&file))?;
            let edition: Edition =
                toml::from_str(&text).map_err(|source| EditionError::NotOne { path: file, source })?;
            editions.list.retain(|known| known.name != edition.name);
            editions.list.insert(0, edition);
        }
        Ok(editions)
    }

    /// The box an edition gives to a form field of this name.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<Field> {
        self.list.iter().find_map(|edition| edition.fields.get(name).copied())
    }

    /// The edition a document is: most of its field names, or all its own printed words.
    #[must_use]
    pub fn of(&self, documents: &[&Document]) -> Option<&Edition> {
        let pages = || documents.iter().flat_map(|document| &document.pages);
        let names: Vec<&str> =
            pages().flat_map(|page| &page.widgets).map(|widget| widget.name.as_str()).collect();
        let words: String = pages().flat_map(|page| &page.words).map(|word| squeeze(&word.text)).collect();
        self.list.iter().find(|edition| {
            let known = edition.fields.keys().filter(|name| names.contains(&name.as_str())).count();
            let by_names = !edition.fields.is_empty() && known * 10 >= edition.fields.len() * 9;
            let by_words = !edition.printed.is_empty()
                && edition.printed.iter().all(|text| words.contains(&squeeze(text)));
            by_names || by_words
        })
    }
}

/// The box that a widget's own tooltip or name seems to mean; only for widgets without any printed
/// label. Rows are the digits it ends in, from 1.
#[must_use]
pub fn hinted(widget: &Widget) -> Option<Field> {
    let WidgetKind::Text { .. } = widget.kind else { return None };
    widget.tooltip.as_deref().into_iter().chain([widget.name.as_str()]).find_map(hint)
}

fn hint(text: &str) -> Option<Field> {
    let key = squeeze(text.rsplit('.').next().unwrap_or(text));
    let letters = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let row = key
        .strip_prefix(letters)
        .and_then(|digits| digits.parse::<u8>().ok())
        .map_or(0, |n| n.saturating_sub(1));
    let table = letters.strip_suffix("row").or_else(|| letters.strip_suffix("ligne"));
    let cell = |name: &str| match name {
        "ndecarte" | "carte" | "numerodecarte" => Some(Field::AdministratorCard(row)),
        "nom" | "nomfigurantsurlacarte" => Some(Field::AdministratorLastName(row)),
        "prenom" | "prenoms" | "prenomfigurantsurlacarte" => Some(Field::AdministratorFirstName(row)),
        "telephone" | "tel" => Some(Field::AdministratorPhone(row)),
        "email" | "emailprofessionnel" | "courriel" => Some(Field::AdministratorEmail(row)),
        _ => None,
    };
    if let Some(found) = table.and_then(cell) {
        return Some(found);
    }
    match letters {
        "denominationdelastructure" | "denomination" | "raisonsociale" => Some(Field::StructureName),
        "finess" | "nfiness" | "numerofiness" => Some(Field::Finess),
        "siret" | "nsiret" | "ounsiret" | "numerosiret" => Some(Field::Siret),
        "rppsrang" => Some(Field::RppsRang(row)),
        "editeurdelasolution" | "editeur" => Some(Field::Publisher),
        "solutionutilisee" | "solution" => Some(Field::Solution),
        "date" | "datedesignature" => Some(Field::Date),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_editions_are_editions() {
        assert_eq!(Editions::default().list.len(), OWN.len());
        assert_eq!(Editions::default().field_named("N de carteRow3"), Some(Field::AdministratorCard(2)));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Edition>("name = \"x\"\nfeilds = {}").is_err());
    }

    #[test]
    fn a_name_is_a_hint() {
        assert_eq!(hint("form1.page[0].N° SIRET"), Some(Field::Siret));
        assert_eq!(hint("Email professionnelRow2"), Some(Field::AdministratorEmail(1)));
        assert_eq!(hint("Texte7"), None);
    }
}
