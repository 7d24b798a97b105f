//! Document → form with evidence. Total: reading cannot fail, it can only find.
//!
//! Every source meets in one page model (`page`): positioned words, rules, ink and widgets. The
//! printed labels (`labels`) say which of them answers which box of the form (`answers`, `marks`);
//! `forms` tells which pages make one form. Nothing depends on fixed places or field names.

pub mod page;
pub mod paper;

pub mod pdf;
pub mod second;

mod acroform;
mod acroform_button;
mod compare;
mod graphics;
mod graphics_dots;
mod graphics_glyphs;
mod graphics_paint;
mod graphics_shapes;
mod graphics_typed;
mod pdf_annotation;
mod pdf_page;
mod pdfsig;
mod text;
mod text_strings;
mod text_symbols;

#[cfg(test)]
mod acroform_tests;
#[cfg(test)]
mod pdf_samples;
#[cfg(test)]
mod pdf_tests;
#[cfg(test)]
mod second_tests;
#[cfg(test)]
mod text_tests;

mod answers;
pub mod editions;
mod forms;
mod labels;
mod layout;
mod marks;

pub use editions::Editions;
pub use pdf::Limits;
pub use pdfsig::trust::{Trust, Untrustable};

use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::sheet::{Reading, Source};
use forms::other::{self, Format};
use forms::{Opened, gather};
use page::{Document, Trouble};
use paper::Paper;
use paper::engine::Engine;

/// Reads the documents of one message: one reading for each form found, and for each document that
/// could not be opened; one without a sheet when nothing in the message is an F413. Pictures of
/// paper are read by `engine`; without one they go to a person.
#[must_use]
pub fn read(
    documents: &[(String, Vec<u8>)],
    editions: &Editions,
    limits: &Limits,
    engine: &mut dyn Engine,
) -> Vec<Reading> {
    let formats: Vec<Format> = documents.iter().map(|(name, bytes)| other::format(name, bytes)).collect();
    let mut paper = Paper::new(engine);
    let files: Vec<(&str, &[u8], Document)> = documents
        .iter()
        .zip(&formats)
        .filter_map(|((name, bytes), format)| {
            let document = match format {
                Format::Pdf => {
                    let mut document = pdf::open(bytes, limits);
                    paper.pages(&mut document, bytes);
                    document
                }
                Format::Picture => paper.pictures(bytes)?,
                Format::Unsupported(_) => return None,
            };
            Some((name.as_str(), bytes.as_slice(), document))
        })
        .collect();
    let opened: Vec<Opened<'_>> = files
        .iter()
        .filter(|(_, _, document)| !document.pages.is_empty())
        .map(|(name, bytes, document)| Opened { name, bytes, document })
        .collect();
    // a number read on paper does not prove another form
    let (own, foreign): (Vec<_>, Vec<_>) = opened.into_iter().partition(|opened| {
        other::is_recognised(opened.document) || other::other_form(opened.document).is_none()
    });
    let mut out: Vec<Reading> = Vec::new();
    let mut in_forms: Vec<&str> = Vec::new();
    let mut rest: Vec<&Opened<'_>> = Vec::new();
    let mut recognised: Vec<&Opened<'_>> = Vec::new();
    for form in gather(&own).into_iter().filter(forms::Gathered::is_form) {
        let reading = forms::read(form, &own, editions);
        in_forms.extend(
            own.iter()
                .map(|opened| opened.name)
                .filter(|name| reading.documents.iter().any(|known| known == name)),
        );
        out.push(reading);
    }
    let any_form = !out.is_empty();
    for opened in &own {
        if in_forms.contains(&opened.name) {
            continue;
        }
        if other::is_empty(opened.document) && other::is_cut(opened.bytes) {
            out.push(without_sheet(opened.name, damaged()));
        } else if opened.document.pages.iter().any(other::is_wordless) {
            out.push(on_paper(opened.name, Source::Scan));
        } else if other::is_recognised(opened.document) {
            recognised.push(opened);
        } else if opened.document.pages.iter().any(other::has_backdrop) {
            out.push(on_paper(opened.name, Source::Scan));
        } else {
            rest.push(opened);
        }
    }
    for (name, _, document) in &files {
        if let Some(finding) = trouble(document) {
            out.push(without_sheet(name, finding));
        }
    }
    for ((name, _), format) in documents.iter().zip(&formats) {
        match format {
            Format::Pdf => {}
            Format::Picture => {
                if !files.iter().any(|(known, ..)| known == name) {
                    out.push(on_paper(name, Source::None));
                }
            }
            Format::Unsupported(_) if any_form => {}
            Format::Unsupported(kind) => out.push(without_sheet(name, unsupported(kind))),
        }
    }
    if !any_form {
        // words on paper that are no form's: a person looks whether they are
        out.extend(recognised.iter().map(|opened| on_paper(opened.name, Source::Scan)));
    }
    if out.is_empty() {
        out.extend(absent(&foreign, &rest));
    }
    out
}

/// Reads one document.
#[must_use]
pub fn read_one(
    name: &str,
    bytes: Vec<u8>,
    editions: &Editions,
    limits: &Limits,
    engine: &mut dyn Engine,
) -> Vec<Reading> {
    read(&[(name.to_owned(), bytes)], editions, limits, engine)
}

fn without_sheet(name: &str, finding: Finding) -> Reading {
    Reading { documents: vec![name.to_owned()], source: Source::None, sheet: None, findings: vec![finding] }
}

/// Paper that could not be read as a form goes to a person.
fn on_paper(name: &str, source: Source) -> Reading {
    let text = format!(
        "Le document « {name} » est fait d'image(s) : il doit être lu par un agent avant toute décision."
    );
    let finding = Finding::review(Code::LowConfidence, Field::Document, text);
    Reading { documents: vec![name.to_owned()], source, sheet: None, findings: vec![finding] }
}

/// What a document that could not be opened, or not wholly, is told to its sender.
fn trouble(document: &Document) -> Option<Finding> {
    let (code, text) = match document.trouble.as_ref()? {
        Trouble::Encrypted => (
            Code::DocumentEncrypted,
            "Le fichier est protégé par un mot de passe et n'a pas pu être ouvert. Merci de nous renvoyer le \
             formulaire au format PDF sans mot de passe."
                .to_owned(),
        ),
        Trouble::Damaged => return Some(damaged()),
        Trouble::TooLarge => (
            Code::DocumentTooLarge,
            "Le fichier dépasse la taille ou le nombre de pages acceptés. Merci de nous renvoyer le seul formulaire \
             F413, au format PDF."
                .to_owned(),
        ),
        Trouble::Unsupported(kind) => return Some(unsupported(kind)),
    };
    Some(Finding::reject(code, Field::Document, text))
}

fn damaged() -> Finding {
    let text = "Le fichier est endommagé : aucune page n'a pu être lue. Merci d'enregistrer de nouveau le formulaire au \
                format PDF, de vérifier qu'il s'ouvre, puis de nous le renvoyer.";
    Finding::reject(Code::DocumentDamaged, Field::Document, text)
}

fn unsupported(kind: &str) -> Finding {
    let text = format!(
        "Le format du fichier ({kind}) ne peut pas être lu. Merci d'enregistrer ou d'imprimer le formulaire au format \
         PDF et de nous le renvoyer."
    );
    Finding::reject(Code::DocumentUnsupported, Field::Document, text)
}

/// Documents came, and none is an F413: one reading that says what was recognised instead.
fn absent(foreign: &[Opened<'_>], rest: &[&Opened<'_>]) -> Option<Reading> {
    let documents: Vec<String> =
        foreign.iter().chain(rest.iter().copied()).map(|opened| opened.name.to_owned()).collect();
    if documents.is_empty() {
        return None;
    }
    let form = foreign.iter().find_map(|opened| other::other_form(opened.document));
    let kind = rest.iter().find_map(|opened| other::kind_of(opened.document));
    let ask = "Merci de nous renvoyer le formulaire F413 « Déclaration des administrateurs techniques autorisés à \
               commander des certificats logiciels », complété, daté, signé et revêtu du cachet de la structure.";
    let text = match (form, kind) {
        (Some(form), _) if form == "F414" => format!(
            "Le document reçu est le formulaire F414 (certificats de test) et non le formulaire F413. {ask}"
        ),
        (Some(form), _) => {
            format!("Le document reçu est le formulaire {form} et non le formulaire F413. {ask}")
        }
        (None, Some(kind)) => {
            format!("Le document reçu semble être {kind} : il n'est pas le formulaire F413. {ask}")
        }
        (None, None) => format!("Aucun des documents reçus n'est le formulaire F413. {ask}"),
    };
    let finding = Finding::reject(Code::FormAbsent, Field::Document, text);
    Some(Reading { documents, source: Source::None, sheet: None, findings: vec![finding] })
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
