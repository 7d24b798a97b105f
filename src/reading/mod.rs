//! Document → form with evidence. Total: reading cannot fail, it can only find.
//!
//! Every source meets in one page model (`page`): positioned words, rules, ink and widgets. The
//! printed labels (`labels`) say which of them answers which box of the form (`answers`, `marks`);
//! `forms` tells which pages make one form. Nothing depends on fixed places or field names.

pub mod page;
pub mod paper;

pub mod pdf;
pub mod repaired;
pub mod second;
pub mod shown;

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
mod shown_values;
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
use std::collections::BTreeSet;

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
        .enumerate()
        .filter_map(|(index, ((name, bytes), format))| {
            let mut document = match format {
                Format::Pdf => {
                    let mut document = pdf::open(bytes, limits);
                    paper.pages(&mut document, bytes);
                    document
                }
                Format::Picture => paper.pictures(bytes)?,
                Format::Unsupported(_) => return None,
            };
            document.is_the(index);
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
    let forms: Vec<_> = gather(&own).into_iter().filter(forms::Gathered::is_form).collect();
    let in_forms: BTreeSet<usize> =
        forms.iter().flat_map(|form| &form.pages).map(|page| page.document).collect();
    let any_form = !forms.is_empty();
    let loose = || own.iter().enumerate().filter(|(at, _)| !in_forms.contains(at)).map(|(_, opened)| opened);
    let unread = || {
        let picture = |((name, _), format): &(&(String, Vec<u8>), &Format)| {
            **format == Format::Picture && !files.iter().any(|(known, ..)| known == name)
        };
        documents.iter().zip(&formats).filter(picture).map(|((name, _), _)| name.as_str())
    };
    let beside = unread().next().is_some()
        || loose().any(|opened| opened.document.pages.iter().any(other::may_be_form));
    let photos = formats.iter().any(|format| format.is_unread_photo());
    let mut out: Vec<Reading> = Vec::new();
    let mut incomplete = false;
    for form in forms {
        let unsure = form.unsure;
        let mut reading = forms::read(form, &own, editions, beside || photos);
        incomplete |= reading.sheet.as_ref().is_some_and(|sheet| !sheet.absent.is_empty());
        if unsure {
            reading = mixed_up(reading);
        } else if beside {
            forms::hold(&mut reading);
        }
        out.push(reading);
    }
    let mut rest: Vec<&Opened<'_>> = Vec::new();
    for opened in loose() {
        let pages = &opened.document.pages;
        let paper = other::is_recognised(opened.document);
        if !paper && other::is_empty(opened.document) && other::is_cut(opened.bytes) {
            out.push(without_sheet(opened.name, damaged()));
        } else if any_form {
            // an identity card, a contract: kept with the mail, and no question to anybody
            if pages.iter().any(other::may_be_form) {
                out.push(on_paper(opened.name, Source::Scan));
            }
        } else if paper || pages.iter().any(|page| other::is_wordless(page) || other::has_backdrop(page)) {
            // words on paper that are no form's: a person looks whether they are
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
    out.extend(unread().map(|name| on_paper(name, Source::None)));
    for ((name, _), format) in documents.iter().zip(&formats) {
        match format {
            Format::Pdf | Format::Picture => {}
            // beside a form that lacks something it may be what is lacking
            Format::Unsupported(_) if any_form && !(incomplete && format.is_unread_photo()) => {}
            Format::Unsupported(kind) => out.push(without_sheet(name, unsupported(kind))),
        }
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

/// Pages of several forms lie so that nobody can tell which belong together.
fn mixed_up(reading: Reading) -> Reading {
    let text = "Les pages de plusieurs formulaires F413 sont mêlées : un agent doit les réunir avant toute décision.";
    let finding = Finding::review(Code::LowConfidence, Field::Document, text.to_owned());
    Reading { sheet: None, findings: vec![finding], ..reading }
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
    let text = if matches!(kind, other::HEIC | other::AVIF) {
        format!(
            "La photographie est enregistrée au format {kind}, que nous ne pouvons pas lire. Merci de nous renvoyer le \
             formulaire au format PDF, ou la photographie au format JPEG (la plupart des téléphones savent l'enregistrer \
             ou l'envoyer ainsi)."
        )
    } else {
        format!(
            "Le format du fichier ({kind}) ne peut pas être lu. Merci d'enregistrer ou d'imprimer le formulaire au \
             format PDF et de nous le renvoyer."
        )
    };
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
mod beside_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
