//! Which pages make one form: several forms in one file, one form over several files, pages in
//! any order.

use super::Opened;
use crate::reading::labels::order::in_reading_order;
use crate::reading::labels::{Hit, Key, Part, find};
use crate::reading::layout::{Piece, View};
use crate::reading::page::{Origin, Page};
use std::collections::BTreeSet;

/// A page with its labels.
pub struct FormPage<'a> {
    /// Index into the documents.
    pub document: usize,
    pub view: View<'a>,
    pub hits: Vec<Hit>,
    keys: BTreeSet<Key>,
    /// The first part of the form on it.
    rank: Option<Part>,
}

impl FormPage<'_> {
    /// Whether the page is the form's and no other document's: a label that is the form's own, the
    /// sentence before the signature, or the form's number.
    fn is_own(&self) -> bool {
        let number = |piece: &Piece| piece.origin == Origin::Page && piece.key.starts_with("f413");
        self.keys.iter().any(|key| is_own(*key) || *key == Key::Terms)
            || self.hits.iter().any(|hit| hit.key == Key::Title)
            || self.view.pieces.iter().any(number)
    }

    /// The sections whose heading is printed, before the explanations at the end. A heading begins
    /// with a capital; the same words within a sentence do not.
    fn headings(&self) -> impl Iterator<Item = Part> {
        let capital = |hit: &Hit| {
            let words = hit.pieces.iter().filter_map(|index| self.view.piece(*index));
            let mut letters =
                words.filter(|piece| hit.core.holds(piece.area.middle())).flat_map(|p| p.text.chars());
            letters.find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase)
        };
        let before = self.hits.iter().take_while(|hit| hit.key != Key::Part(Part::After));
        before.filter(move |hit| capital(hit)).filter_map(|hit| match hit.key {
            Key::Part(part) => Some(part),
            _ => None,
        })
    }
}

/// The pages of one form, in its order.
pub struct Gathered<'a> {
    pub pages: Vec<FormPage<'a>>,
    keys: BTreeSet<Key>,
    /// Pages that are pictures came with it in the same file.
    pub with_pictures: bool,
    /// One of its pages could as well be another form's.
    pub unsure: bool,
}

impl Gathered<'_> {
    /// Enough of the form's labels to be one, or a part of one. A contract or an order asks for the
    /// structure, a date, a signature and a stamp too: some labels must be this form's own.
    #[must_use]
    pub fn is_form(&self) -> bool {
        let own = self.keys.iter().filter(|key| is_own(**key)).count();
        own >= 2 && self.keys.len() >= 4 || self.keys.len() >= 3 && self.is_named()
    }

    /// The parts of the form of which a heading or a label stands on the pages. Labels that also
    /// begin lines of the form's explanations prove nothing.
    #[must_use]
    pub fn parts(&self) -> BTreeSet<Part> {
        let says = |key: &&Key| !matches!(key, Key::Finess | Key::Role(_) | Key::Terms);
        let labels = self.keys.iter().filter(says).filter_map(|key| part_of(*key));
        labels.chain(self.pages.iter().flat_map(FormPage::headings)).collect()
    }

    /// Whether the form's number or title is printed on a page that asks something.
    fn is_named(&self) -> bool {
        let number = |page: &FormPage<'_>| {
            page.view.pieces.iter().any(|piece| piece.origin == Origin::Page && piece.key.starts_with("f413"))
        };
        let title = |page: &FormPage<'_>| page.hits.iter().any(|hit| hit.key == Key::Title);
        self.pages.iter().filter(|page| !page.keys.is_empty()).any(|page| number(page) || title(page))
    }

    /// Whether it can be a page of the form: a contract, too, ends in a date, a signature and a stamp.
    fn is_part(&self) -> bool {
        !self.keys.is_empty() && self.pages.iter().any(FormPage::is_own)
    }

    /// Whether a part of the form is not on its pages yet.
    fn lacks(&self) -> bool {
        let parts = self.keys.iter().filter_map(|key| part_of(*key)).collect::<BTreeSet<Part>>();
        parts.len() < PARTS
    }

    fn starts(&self) -> bool {
        self.keys.iter().any(|key| part_of(*key) == Some(Part::Structure))
    }

    fn ends(&self) -> bool {
        self.keys.iter().any(|key| part_of(*key) == Some(Part::Declaration))
    }
}

/// All forms in the documents; pages that belong to none are left out.
#[must_use]
pub fn gather<'a>(documents: &[Opened<'a>]) -> Vec<Gathered<'a>> {
    let mut forms: Vec<Gathered<'a>> = Vec::new();
    for (index, opened) in documents.iter().enumerate() {
        let mut here = of_document(index, opened);
        let pictures = opened.document.pages.iter().any(super::other::is_picture);
        for form in &mut here {
            form.with_pictures = pictures;
        }
        for form in here {
            let whole = form.starts() && form.ends();
            let could = forms
                .iter()
                .enumerate()
                .filter(|(_, known)| form.is_part() && !known.keys.is_empty() && !whole && known.lacks())
                .filter(|(_, known)| known.pages.first().map(|page| page.document) != Some(index))
                .map(|(at, known)| (at, common(&known.keys, &form.keys)))
                .filter(|(_, common)| *common < 2);
            let partners = best(could);
            // of several the last one's page comes next, if anybody's
            match partners.last().and_then(|last| forms.get_mut(*last)) {
                Some(known) => {
                    known.keys.extend(form.keys);
                    known.pages.extend(form.pages);
                    known.with_pictures |= form.with_pictures;
                }
                None => forms.push(form),
            }
            doubt(&mut forms, &partners);
        }
    }
    for form in &mut forms {
        in_form_order(&mut form.pages);
    }
    forms
}

/// The forms of one file.
fn of_document<'a>(document: usize, opened: &Opened<'a>) -> Vec<Gathered<'a>> {
    let mut forms: Vec<Gathered<'a>> = Vec::new();
    for page in &opened.document.pages {
        let mut page = form_page(document, View::new(page, 0));
        // a cover letter's "Téléphone :", a notice's "FINESS": no labels of the form
        let person = page.hits.iter().filter(|hit| is_personal(hit.key)).count();
        if page.keys.is_empty() && (person < 3 || forms.is_empty()) {
            page.hits.clear();
        }
        // a label may stand on a second page once more, by chance
        let fits = |common: usize| common < 2 || common * 3 < page.keys.len();
        let could = if page.keys.is_empty() {
            forms.len().checked_sub(1).into_iter().collect()
        } else {
            let forms = forms.iter().enumerate().map(|(at, form)| (at, common(&form.keys, &page.keys)));
            best(forms.filter(|(_, common)| fits(*common)))
        };
        // pages of two forms may come one after the other, or all first pages first
        doubt(&mut forms, &could);
        match could.last().and_then(|at| forms.get_mut(*at)) {
            Some(form) => {
                form.keys.extend(page.keys.iter().copied());
                form.pages.push(page);
            }
            None => forms.push(Gathered {
                keys: page.keys.clone(),
                pages: vec![page],
                with_pictures: false,
                unsure: false,
            }),
        }
    }
    forms
}

fn form_page(document: usize, view: View<'_>) -> FormPage<'_> {
    let mut hits = find(&view);
    in_reading_order(&mut hits);
    let after = hits.iter().position(|hit| hit.key == Key::Part(Part::After)).unwrap_or(hits.len());
    let asked = hits.iter().take(after).map(|hit| hit.key);
    let keys: BTreeSet<Key> = asked.filter(|key| part_of(*key).is_some()).collect();
    let rank = keys.iter().filter_map(|key| part_of(*key)).min();
    FormPage { document, view, hits, keys, rank }
}

/// The parts that ask something (`part_of`).
const PARTS: usize = 6;

/// The part of the form a label can only stand in; none for those that occur twice.
fn part_of(key: Key) -> Option<Part> {
    match key {
        Key::StructureName | Key::Finess | Key::Siret | Key::Rpps => Some(Part::Structure),
        Key::RoleAsked | Key::Role(_) => Some(Part::Signatory),
        Key::LastNameOnCard | Key::FirstNameOnCard => Some(Part::Administrators),
        Key::Purpose | Key::Publisher | Key::Solution => Some(Part::Usage),
        Key::Org | Key::Ssl | Key::Smime | Key::Pro | Key::SslDomain | Key::SslServer | Key::MailDomain => {
            Some(Part::Certificates)
        }
        Key::Terms | Key::Date | Key::Stamp | Key::Signature => Some(Part::Declaration),
        Key::Title
        | Key::Part(_)
        | Key::LastName
        | Key::FirstNames
        | Key::Phone
        | Key::Email
        | Key::Card
        | Key::Server
        | Key::Prose => None,
    }
}

/// Labels that hardly any other form has.
fn is_own(key: Key) -> bool {
    match key {
        Key::Rpps
        | Key::RoleAsked
        | Key::LastNameOnCard
        | Key::FirstNameOnCard
        | Key::Purpose
        | Key::Publisher
        | Key::Solution
        | Key::Org
        | Key::Ssl
        | Key::Smime
        | Key::Pro
        | Key::SslDomain
        | Key::SslServer
        | Key::MailDomain => true,
        Key::Title
        | Key::Part(_)
        | Key::StructureName
        | Key::Finess
        | Key::Siret
        | Key::Role(_)
        | Key::LastName
        | Key::FirstNames
        | Key::Phone
        | Key::Email
        | Key::Card
        | Key::Server
        | Key::Terms
        | Key::Date
        | Key::Stamp
        | Key::Signature
        | Key::Prose => false,
    }
}

/// Whether a page that was gathered into no form may still be of one: it asks something in the form's
/// own words.
#[must_use]
pub fn asks(page: &Page) -> bool {
    let page = form_page(0, View::new(page, 0));
    !page.keys.is_empty() && page.is_own()
}

/// Labels that stand in both, but for those that come again by themselves.
fn common(one: &BTreeSet<Key>, other: &BTreeSet<Key>) -> usize {
    one.intersection(other).filter(|key| !recurs(**key)).count()
}

/// The forms a page has least in common with: what it asks, they do not ask yet.
fn best(forms: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let forms: Vec<(usize, usize)> = forms.collect();
    let least = forms.iter().map(|(_, common)| *common).min();
    forms.into_iter().filter(|(_, common)| Some(*common) == least).map(|(at, _)| at).collect()
}

/// Where a page can be of several forms, none of them is surely put together right.
fn doubt(forms: &mut [Gathered<'_>], could: &[usize]) {
    let real = |form: &Gathered<'_>| !form.keys.is_empty();
    if could.iter().filter(|at| forms.get(**at).is_some_and(real)).count() > 1 {
        for (_, form) in forms.iter_mut().enumerate().filter(|(at, _)| could.contains(at)) {
            form.unsure = true;
        }
    }
}

/// Labels that stand both in §3.2 and in §4.1.
fn is_personal(key: Key) -> bool {
    matches!(key, Key::LastName | Key::FirstNames | Key::Phone | Key::Email | Key::Card)
}

/// The headers of §4.1 come again on each page of a long table.
fn recurs(key: Key) -> bool {
    matches!(key, Key::LastNameOnCard | Key::FirstNameOnCard)
}

/// Sorts pages by what they ask; a page that asks nothing stays behind the one before it.
fn in_form_order(pages: &mut Vec<FormPage<'_>>) {
    let mut last = Part::Before;
    let mut ranked: Vec<(Part, FormPage<'_>)> = Vec::new();
    for page in pages.drain(..) {
        last = page.rank.unwrap_or(last);
        ranked.push((last, page));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    pages.extend(ranked.into_iter().map(|(_, page)| page));
}
