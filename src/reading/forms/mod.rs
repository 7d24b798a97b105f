//! Pages → forms: which pages make one form, in which order, and what one form says.

mod group;
pub mod other;
mod second;

pub use group::{Gathered, gather};

use crate::domain::finding::{Code, Finding};
use crate::domain::form::{Field, Role};
use crate::domain::sheet::{Mark, Reading, Sheet, Source, Tick, Zone};
use crate::reading::answers::Answers;
use crate::reading::answers::ground::Ground;
use crate::reading::editions::Editions;
use crate::reading::labels::Part;
use crate::reading::labels::order::{Ask, settle};
use crate::reading::layout::View;
use crate::reading::marks::{ticks, zones};
use crate::reading::page::{Area, Document, Page, PageNumber, WidgetKind};
use crate::reading::paper;
use std::collections::{BTreeMap, BTreeSet};

/// A document that was opened, with its name.
pub struct Opened<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
    pub document: &'a Document,
}

/// Reads one form from its pages. `beside`: pictures came with it of which nobody knows whether they
/// are pages of it.
#[must_use]
pub fn read(form: Gathered<'_>, documents: &[Opened<'_>], editions: &Editions, beside: bool) -> Reading {
    locate(form, documents, editions, beside).0
}

/// Where the boxes of a form are, filled in or not.
#[derive(Debug, Default)]
pub struct Places {
    /// The form's pages.
    pub pages: Vec<PageNumber>,
    /// The text widgets of each box: page, index on it.
    pub boxes: BTreeMap<Field, Vec<(PageNumber, usize)>>,
    /// The zones of the signature and of the stamp.
    pub zones: [Option<(PageNumber, Area)>; 2],
}

/// Reads one form, and tells where its boxes are.
#[must_use]
pub fn locate(
    form: Gathered<'_>,
    documents: &[Opened<'_>],
    editions: &Editions,
    beside: bool,
) -> (Reading, Places) {
    let mut names: Vec<String> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    let mut unread = false;
    for page in &form.pages {
        if !used.contains(&page.document) {
            used.push(page.document);
            names.extend(documents.get(page.document).map(|opened| opened.name.to_owned()));
        }
    }
    let (mut views, mut hits, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    let parts = form.parts();
    for (number, page) in form.pages.into_iter().enumerate() {
        // also of paper that was read: a page may be there whose labels were not recognised
        unread |= other::is_picture(page.view.page) || page.view.page.to_displayed.is_some();
        views.push(View { number, ..page.view });
        hits.push(page.hits);
        origins.push(page.document);
    }
    let labels = settle(hits);
    let mut grounds: Vec<Ground<'_>> =
        views.iter().zip(&labels).map(|(view, labels)| Ground::new(view, labels)).collect();
    let answers = Answers::read(&mut grounds, editions);
    let ticks = ticks(&grounds);
    let zones = zones::read(&grounds);
    let opened: Vec<&Document> =
        used.iter().filter_map(|index| documents.get(*index)).map(|opened| opened.document).collect();
    let mut found = answers.located.clone();
    found.extend(ticks.keys().map(|tick| box_of(*tick)));
    if zones.signature_found {
        found.insert(Field::Signature);
    }
    if zones.stamp_found {
        found.insert(Field::Stamp);
    }
    let (absent, mut unlocated) = not_found(&found, &parts);
    unlocated.extend(&answers.lost);
    // every edition prints the sentence; some have a box beside it
    let terms = labels.iter().flatten().any(|label| label.ask == Ask::Tick(Tick::Terms));
    if !terms && !absent.contains(&Field::Signature) {
        unlocated.insert(Field::TermsAccepted);
    }
    let mut findings = Vec::new();
    if !absent.is_empty() {
        findings.push(incomplete(&absent, unread || form.with_pictures || beside));
    }
    if !unlocated.is_empty() {
        findings.push(edition_unknown(&unlocated));
        doubt_blanks(&mut unlocated, &answers);
    }
    let mut answers = answers;
    let pages: Vec<(usize, &Page)> =
        origins.iter().copied().zip(views.iter().map(|view| view.page)).collect();
    second::check(&mut answers, &pages, documents);
    let is_doubtful = |ground: &Ground<'_>| {
        paper::left_over(ground, &answers, &zones) || paper::is_crowded(ground, &answers)
    };
    let doubted = grounds.iter().any(is_doubtful);
    let recognised = views.iter().any(|view| view.page.to_displayed.is_some());
    let source = if recognised {
        Source::Scan
    } else if !answers.drawn.is_empty() {
        Source::Text
    } else if views.iter().flat_map(|view| &view.page.widgets).any(|widget| widget.kind != WidgetKind::Other)
    {
        Source::Fields
    } else {
        Source::Text
    };
    let numbers: Vec<PageNumber> = views.iter().map(|view| view.page.number).collect();
    let page_of = |number: usize| numbers.get(number).copied();
    let on_page = |(number, index): (usize, usize)| Some((page_of(number)?, index));
    let boxes =
        answers.boxes.iter().map(|(field, boxes)| (*field, boxes.iter().copied().filter_map(on_page)));
    let places = Places {
        boxes: boxes.map(|(field, boxes)| (field, boxes.collect())).collect(),
        zones: zones.places.map(|place| place.and_then(|(number, area)| Some((page_of(number)?, area)))),
        pages: numbers.clone(),
    };
    let mut sheet = Sheet {
        edition: editions.of(&opened).map(|edition| edition.name.clone()),
        texts: answers.texts,
        ticks,
        signature: zones.signature,
        stamp: zones.stamp,
        digital_signatures: opened.iter().flat_map(|document| document.signatures.clone()).collect(),
        absent,
        unlocated,
    };
    if recognised {
        let pages: Vec<&Page> = views.iter().map(|view| view.page).collect();
        let by_hand = paper::is_by_hand(&pages);
        if by_hand {
            findings.push(written_by_hand());
        }
        paper::settle(&mut sheet, &pages, doubted || by_hand);
    }
    (Reading { documents: names, source, sheet: Some(sheet), findings }, places)
}

/// The box a tick stands for.
fn box_of(tick: Tick) -> Field {
    match tick {
        Tick::Role(Role::LegalRepresentative | Role::Delegate | Role::PracticeHolder) => Field::Role,
        Tick::Org => Field::OrgRequested,
        Tick::ServerSsl => Field::ServerSslRequested,
        Tick::ServerSmime => Field::ServerSmimeRequested,
        Tick::Pro => Field::ProRequested,
        Tick::Terms => Field::TermsAccepted,
    }
}

/// The boxes every edition has, by the part of the form they stand in.
const BOXES: [(Part, &[Field]); 6] = [
    (Part::Structure, &[Field::StructureName, Field::Finess, Field::Siret, Field::RppsRang(0)]),
    (
        Part::Signatory,
        &[Field::Role, Field::LastName, Field::FirstNames, Field::Phone, Field::Email, Field::Card],
    ),
    (
        Part::Administrators,
        &[
            Field::AdministratorCard(0),
            Field::AdministratorLastName(0),
            Field::AdministratorFirstName(0),
            Field::AdministratorPhone(0),
            Field::AdministratorEmail(0),
        ],
    ),
    (Part::Usage, &[Field::Purpose, Field::Publisher, Field::Solution]),
    (
        Part::Certificates,
        &[
            Field::OrgRequested,
            Field::ServerSslRequested,
            Field::SslDomain,
            Field::SslServer,
            Field::ServerSmimeRequested,
            Field::SmimeMailDomain,
            Field::ProRequested,
            Field::ProMailDomain,
        ],
    ),
    (Part::Declaration, &[Field::Date, Field::Signature, Field::Stamp]),
];

/// Boxes of whole parts that are not there, and boxes not found in a part that is: one of its boxes
/// was found, or its heading or one of its labels is printed (`parts`).
fn not_found(found: &BTreeSet<Field>, parts: &BTreeSet<Part>) -> (BTreeSet<Field>, BTreeSet<Field>) {
    let (mut absent, mut unlocated) = (BTreeSet::new(), BTreeSet::new());
    for (part, boxes) in BOXES {
        let missing = boxes.iter().copied().filter(|field| !found.contains(field));
        if parts.contains(&part) || boxes.iter().any(|field| found.contains(field)) {
            unlocated.extend(missing);
        } else {
            absent.extend(missing);
        }
    }
    (absent, unlocated)
}

/// A part of the form that was not wholly understood: what seems blank in it is not surely so.
fn doubt_blanks(unlocated: &mut BTreeSet<Field>, answers: &Answers) {
    for (part, boxes) in BOXES {
        if boxes.iter().any(|field| unlocated.contains(field)) {
            // a column of the table is blank in one row and filled in another
            let blank = |field: &Field| part == Part::Administrators || !answers.texts.contains_key(field);
            unlocated.extend(boxes.iter().copied().filter(blank));
        }
    }
}

/// Takes what is blank on a form for what may stand on a picture that came with it: the signed page
/// beside the form as it was filled in. A person looks.
pub fn hold(reading: &mut Reading) {
    let Some(sheet) = &mut reading.sheet else { return };
    let ticked = |tick: Tick| sheet.ticks.get(&tick).is_some_and(|marked| marked.mark != Mark::Empty);
    let role = [Role::LegalRepresentative, Role::Delegate, Role::PracticeHolder].map(Tick::Role);
    let filled = |field: &Field| match field {
        Field::Role => role.into_iter().any(ticked),
        Field::OrgRequested
        | Field::ServerSslRequested
        | Field::ServerSmimeRequested
        | Field::ProRequested => {
            [Tick::Org, Tick::ServerSsl, Tick::ServerSmime, Tick::Pro].into_iter().any(ticked)
        }
        Field::Signature => sheet.signature != Zone::Empty || !sheet.digital_signatures.is_empty(),
        Field::Stamp => sheet.stamp != Zone::Empty,
        field => sheet.texts.contains_key(field),
    };
    let boxes = BOXES.iter().flat_map(|(_, boxes)| boxes.iter().copied());
    let blank: Vec<Field> = boxes.filter(|field| !filled(field)).collect();
    sheet.absent.extend(blank);
}

fn incomplete(absent: &BTreeSet<Field>, pictures: bool) -> Finding {
    let named = BOXES.iter().filter(|(_, boxes)| boxes.iter().all(|field| absent.contains(field)));
    let parts: Vec<&str> = named.map(|(part, _)| called(*part)).collect();
    let parts = parts.join(", ");
    if pictures {
        let text = format!(
            "Une partie du formulaire est une image ({parts}) : elle doit être lue par un agent avant toute décision."
        );
        return Finding::review(Code::LowConfidence, Field::Document, text);
    }
    let text = format!(
        "Le formulaire F413 reçu est incomplet : il manque la ou les pages qui contiennent {parts}. \
         Merci de nous renvoyer le formulaire avec toutes ses pages."
    );
    Finding::reject(Code::FormIncomplete, Field::Document, text)
}

fn written_by_hand() -> Finding {
    let text = "Le formulaire est rempli à la main : une personne va lire vos réponses.";
    Finding::review(Code::LowConfidence, Field::Document, text.to_owned())
}

fn called(part: Part) -> &'static str {
    match part {
        Part::Before => "les explications (1 et 2)",
        Part::Structure => "l'identification de la structure (3.1)",
        Part::Signatory => "l'identification du représentant légal ou du mandataire (3.2)",
        Part::Specific | Part::Administrators => "la déclaration des administrateurs techniques (4.1)",
        Part::Usage => "l'usage des certificats et la solution utilisée (4.2)",
        Part::Certificates => "le type de certificats souhaités (4.3)",
        Part::Declaration => "la date, la signature et le cachet",
        Part::After => "la notice",
    }
}

fn edition_unknown(unlocated: &BTreeSet<Field>) -> Finding {
    let count = unlocated.len();
    let text = format!(
        "La présentation de ce formulaire F413 diffère de celles que nous connaissons ({count} rubrique(s) non \
         reconnue(s)) : un agent va le lire."
    );
    Finding::review(Code::FormEditionUnknown, Field::Document, text)
}
