//! What a letter may speak of: the variables of the templates, taken from what was judged and made
//! harmless on the way.

use super::attachment::Attachment;
use super::settings::ServiceSettings;
use super::words::{paris, size, tame};
use crate::domain::case::{CaseNumber, Judged, VerdictKind};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Administrator, Entry, F413, Masked, Role};
use crate::domain::identifiers::CardNumber;
use crate::domain::mail::{DocumentHead, MailHead};
use crate::domain::place::place;
use crate::domain::repair::problems;
use jiff::Timestamp;
use serde::Serialize;

/// Characters of a file's name, of a name or value read, of a finding's sentence.
const NAME: usize = 80;
const SENTENCE: usize = 700;
const SUBJECT: usize = 60;
/// Paragraphs of what a colleague writes.
const PARAGRAPHS: usize = 20;
/// More files than are ever read from one mail (rulebook) are counted, not listed.
const FILES: usize = 20;

/// One message that is answered: everything a letter draws from.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// The case of each of `judged`, in order; empty where nothing was recorded (`check`, questions).
    pub numbers: &'a [CaseNumber],
    /// Empty for a question.
    pub judged: &'a [Judged],
    pub head: &'a MailHead,
    pub received_at: Timestamp,
    /// The files received.
    pub documents: &'a [DocumentHead],
    /// The repaired copy of each of `judged`, in order; shorter where there are no more.
    pub copies: &'a [Option<Attachment>],
    /// What a colleague has to say besides, or asks for.
    pub by_hand: ByHand<'a>,
}

/// What a colleague adds to a letter, in their own words.
#[derive(Clone, Copy, Default)]
pub struct ByHand<'a> {
    /// Personal data.
    pub remark: Option<&'a str>,
    /// The letter asks for it, and decides nothing.
    pub asks: bool,
    /// A person decided, which the letter says.
    pub by_person: bool,
}

impl std::fmt::Debug for Occasion<'_> {
    /// Masked: names of files and sentences of findings are personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Occasion({} forms, {} files)", self.judged.len(), self.documents.len())
    }
}

/// The variables of a subject line.
#[derive(Serialize)]
pub(super) struct SubjectView {
    /// "F413-2026-000123", or "F413" where there is no case.
    pub tag: String,
    /// What the requester wrote as subject, without the "Re:" of others and our own tags.
    pub subject: String,
    pub question: bool,
    pub several: bool,
}

/// The variables of a letter.
#[derive(Serialize)]
pub(super) struct View<'a> {
    #[serde(flatten)]
    pub line: SubjectView,
    pub service: &'a ServiceSettings,
    pub numbers: Vec<String>,
    pub received_on: String,
    pub received_at: String,
    pub documents: Vec<FileView>,
    pub documents_left_out: usize,
    pub forms: Vec<FormView>,
    pub some_accepted: usize,
    pub some_in_review: usize,
    /// Forms of which a repaired copy is attached.
    pub some_copies: usize,
    /// What a colleague wrote, by paragraphs.
    pub remark: Vec<String>,
    pub by_person: bool,
}

/// Every name a template may use, besides what it defines itself.
pub(super) const NAMES: [&str; 17] = [
    "tag",
    "subject",
    "question",
    "several",
    "service",
    "numbers",
    "received_on",
    "received_at",
    "documents",
    "documents_left_out",
    "forms",
    "some_accepted",
    "some_in_review",
    "some_copies",
    "remark",
    "by_person",
    "self",
];

#[derive(Serialize)]
pub(super) struct FileView {
    pub name: String,
    pub size: String,
}

#[derive(Serialize)]
pub(super) struct FormView {
    /// From 1.
    pub position: usize,
    pub number: Option<String>,
    pub verdict: VerdictKind,
    /// The verdict in French.
    pub result: &'static str,
    pub documents: Vec<String>,
    pub structure: Option<String>,
    pub identifiers: Vec<Identifier>,
    pub signatory: Option<String>,
    /// Of an accepted form.
    pub administrators: Vec<AdministratorView>,
    /// What sent the form back.
    pub problems: Vec<Point>,
    /// Of a form sent back: what a person would have looked at besides.
    pub doubts: Vec<Point>,
    pub notes: Vec<Point>,
    /// The repaired copy that is attached.
    pub copy: Option<CopyView>,
}

#[derive(Serialize)]
pub(super) struct CopyView {
    /// The file's name.
    pub name: String,
    /// Whether it is the requester's own document; else the blank edition.
    pub own: bool,
}

#[derive(Serialize)]
pub(super) struct Identifier {
    pub label: &'static str,
    pub value: String,
}

#[derive(Serialize)]
pub(super) struct AdministratorView {
    pub name: String,
    /// The last four digits: enough to tell cards apart, too little to use one.
    pub card_end: String,
}

#[derive(Serialize)]
pub(super) struct Point {
    pub place: String,
    pub message: String,
}

impl SubjectView {
    pub fn new(numbers: &[CaseNumber], forms: usize, head: &MailHead) -> Self {
        let tag = match numbers {
            [] => "F413".to_owned(),
            [one] => one.to_string(),
            [one, other] => format!("{one}, {other}"),
            [one, rest @ ..] => format!("{one} et {} autres", rest.len()),
        };
        let written = head.subject.as_ref().map(Masked::expose).unwrap_or_default();
        Self { tag, subject: tame(own_words(written), SUBJECT), question: forms == 0, several: forms > 1 }
    }
}

/// A subject without the marks that mail programs, and we, put before it.
fn own_words(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = without_mark(rest) {
        rest = shorter.trim_start();
    }
    rest
}

fn without_mark(subject: &str) -> Option<&str> {
    if let Some((tag, rest)) = subject.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return tag.to_ascii_uppercase().starts_with("F413").then_some(rest);
    }
    let (mark, rest) = subject.split_once(':')?;
    let mark = mark.trim_end();
    ["re", "ré", "rép", "réf", "tr", "fw", "fwd", "aw", "wg"]
        .iter()
        .any(|known| mark.to_lowercase() == *known)
        .then_some(rest)
}

impl<'a> View<'a> {
    pub fn new(occasion: &Occasion<'_>, service: &'a ServiceSettings) -> Self {
        let (received_on, received_at) = paris(occasion.received_at);
        let judged = occasion.judged;
        let count = |kind| judged.iter().filter(|one| one.verdict.kind() == kind).count();
        let numbers = occasion.numbers.iter().map(Some).chain(std::iter::repeat(None));
        let copies = occasion.copies.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        Self {
            line: SubjectView::new(occasion.numbers, judged.len(), occasion.head),
            service,
            numbers: occasion.numbers.iter().map(ToString::to_string).collect(),
            received_on,
            received_at,
            documents: occasion.documents.iter().take(FILES).map(FileView::new).collect(),
            documents_left_out: occasion.documents.len().saturating_sub(FILES),
            forms: (1..)
                .zip(judged.iter().zip(numbers.zip(copies)))
                .map(|(position, (one, (number, copy)))| FormView::new(position, one, number, copy))
                .collect(),
            some_accepted: count(VerdictKind::Accepted),
            some_in_review: count(VerdictKind::Review),
            some_copies: occasion.copies.iter().flatten().count(),
            remark: occasion.by_hand.remark.map(paragraphs).unwrap_or_default(),
            by_person: occasion.by_hand.by_person,
        }
    }
}

/// What a colleague wrote, made harmless paragraph by paragraph.
fn paragraphs(remark: &str) -> Vec<String> {
    let tamed = remark.lines().map(|line| tame(line, SENTENCE));
    tamed.filter(|line| !line.is_empty()).take(PARAGRAPHS).collect()
}

impl FileView {
    fn new(document: &DocumentHead) -> Self {
        Self { name: tame(&document.name, NAME), size: size(document.size) }
    }
}

impl FormView {
    fn new(position: usize, judged: &Judged, number: Option<&CaseNumber>, copy: Option<&Attachment>) -> Self {
        let form = judged.form.as_ref();
        let verdict = judged.verdict.kind();
        let points = |wanted: fn(&Finding) -> bool| -> Vec<Point> {
            judged
                .findings
                .iter()
                .filter(|found| wanted(found))
                .map(|found| Point::new(found, form))
                .collect()
        };
        // the numbers on the copy are those of this list
        let problems = problems(judged).map(|found| Point::new(found, form)).collect();
        Self {
            position,
            number: number.map(ToString::to_string),
            verdict,
            result: match verdict {
                VerdictKind::Accepted => "accepté",
                VerdictKind::Review => "en cours d'examen",
                VerdictKind::Rejected => "à corriger",
            },
            documents: judged.documents.iter().take(FILES).map(|name| tame(name, NAME)).collect(),
            structure: form.and_then(|form| words(&form.structure_name)),
            identifiers: form.map(identifiers).unwrap_or_default(),
            signatory: form.and_then(signatory),
            administrators: match (verdict, form) {
                (VerdictKind::Accepted, Some(form)) => {
                    form.administrators.iter().map(AdministratorView::new).collect()
                }
                (VerdictKind::Accepted | VerdictKind::Review | VerdictKind::Rejected, _) => Vec::new(),
            },
            problems,
            doubts: match verdict {
                VerdictKind::Rejected => {
                    points(|found| found.severity == Severity::Review && theirs(found.code))
                }
                VerdictKind::Accepted | VerdictKind::Review => Vec::new(),
            },
            notes: points(|found| found.severity == Severity::Note),
            copy: copy.map(|copy| CopyView { name: copy.name.clone(), own: copy.own }),
        }
    }
}

/// Whether the requester can do anything about a doubt: our registry, the sender's authentication
/// and our knowledge of editions are ours to look at.
fn theirs(code: Code) -> bool {
    !matches!(code, Code::RegistryUnavailable | Code::SenderUnverified | Code::FormEditionUnknown)
}

impl Point {
    fn new(finding: &Finding, form: Option<&F413>) -> Self {
        let place = place(finding.field, form);
        let message = after(&place, &finding.message);
        let first = place.chars().next();
        let place = match first {
            Some(c) if c.is_ascii_digit() => format!("Section {place}"),
            Some(c) => c.to_uppercase().chain(place.chars().skip(1)).collect(),
            None => place,
        };
        Self { place, message: tame(&message, SENTENCE) }
    }
}

/// A finding's sentence names its box, because it stands by itself in the report; here the box is
/// written before it, and is not named twice.
fn after(place: &str, sentence: &str) -> String {
    let section = place.split_once(',').map_or(place, |(section, _)| section);
    sentence
        .replacen(&format!("La case {place} "), "Cette case ", 1)
        .replacen(&format!(" ({place})"), "", 1)
        .replacen(&format!(" ({section})"), "", 1)
}

impl AdministratorView {
    fn new(row: &Administrator) -> Self {
        let card = row.card.valid().map(CardNumber::as_str).unwrap_or_default();
        let skip = card.chars().count().saturating_sub(4);
        let names = [words(&row.first_name), words(&row.last_name)];
        Self {
            name: names.into_iter().flatten().collect::<Vec<_>>().join(" "),
            card_end: card.chars().skip(skip).collect(),
        }
    }
}

fn words(entry: &Entry<Masked>) -> Option<String> {
    match entry {
        Entry::Blank => None,
        Entry::Wrong(masked, _) | Entry::Valid(masked, _) => {
            Some(tame(masked.expose(), NAME)).filter(|text| !text.is_empty())
        }
    }
}

/// The identifiers as read, also those that are wrong: the requester finds them on the paper.
fn identifiers(form: &F413) -> Vec<Identifier> {
    fn one<T>(label: &'static str, entry: &Entry<T>, text: fn(&T) -> &str) -> Option<Identifier> {
        let value = match entry {
            Entry::Blank => return None,
            Entry::Wrong(masked, _) => masked.expose(),
            Entry::Valid(value, _) => text(value),
        };
        Some(Identifier { label, value: tame(value, NAME) })
    }
    let rpps = form.rpps_rang.iter().filter_map(|line| one("RPPS rang", line, |value| value.as_str()));
    [one("FINESS", &form.finess, |value| value.as_str()), one("SIRET", &form.siret, |value| value.as_str())]
        .into_iter()
        .flatten()
        .chain(rpps)
        .collect()
}

fn signatory(form: &F413) -> Option<String> {
    let who = &form.signatory;
    let names: Vec<_> = [words(&who.first_names), words(&who.last_name)].into_iter().flatten().collect();
    let role = who.role.map(|role| match role {
        Role::LegalRepresentative => "responsable légal",
        Role::Delegate => "mandataire",
        Role::PracticeHolder => "titulaire du cabinet",
    });
    match (names.join(" "), role) {
        (names, _) if names.is_empty() => None,
        (names, Some(role)) => Some(format!("{names}, {role}")),
        (names, None) => Some(names),
    }
}

impl View<'_> {
    /// Letters about made-up cases that use every variable: what a template is tried on at start.
    pub fn samples(service: &ServiceSettings) -> Vec<View<'_>> {
        let kinds = [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected];
        [&kinds[..0], &kinds[..1], &kinds[..]].map(|kinds| View::sample(kinds, service)).into()
    }

    fn sample<'a>(kinds: &[VerdictKind], service: &'a ServiceSettings) -> View<'a> {
        let (received_on, received_at) = paris(Timestamp::UNIX_EPOCH);
        let count = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
        View {
            line: SubjectView {
                tag: "F413-1970-000001".into(),
                subject: "Objet".into(),
                question: kinds.is_empty(),
                several: kinds.len() > 1,
            },
            service,
            numbers: vec!["F413-1970-000001".into()],
            received_on,
            received_at,
            documents: vec![FileView { name: "f413.pdf".into(), size: size(1) }],
            documents_left_out: kinds.len(),
            forms: (1..).zip(kinds).map(|(position, kind)| FormView::sample(position, *kind)).collect(),
            some_accepted: count(VerdictKind::Accepted),
            some_in_review: count(VerdictKind::Review),
            some_copies: count(VerdictKind::Rejected),
            remark: vec!["Exemple.".into(); kinds.len()],
            by_person: kinds.len() > 1,
        }
    }
}

impl FormView {
    fn sample(position: usize, verdict: VerdictKind) -> Self {
        let point = || vec![Point { place: "Section 3.1".into(), message: "Exemple.".into() }];
        Self {
            position,
            number: Some("F413-1970-000001".into()),
            verdict,
            result: "accepté",
            documents: vec!["f413.pdf".into()],
            structure: Some("Exemple".into()),
            identifiers: vec![Identifier { label: "FINESS", value: "000000000".into() }],
            signatory: Some("Exemple".into()),
            administrators: vec![AdministratorView { name: "Exemple".into(), card_end: "0000".into() }],
            problems: point(),
            doubts: point(),
            notes: point(),
            copy: Some(CopyView { name: "F413-a-corriger-F413-1970-000001.pdf".into(), own: true }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_named_once() {
        let place = "3.2, « Nom »";
        assert_eq!(after(place, "La case 3.2, « Nom » est vide."), "Cette case est vide.");
        assert_eq!(after(place, "Le nom « A » (3.2, « Nom ») manque."), "Le nom « A » manque.");
        assert_eq!(after(place, "Le nom « A » (3.2) et le 3.1 (3.1)."), "Le nom « A » et le 3.1 (3.1).");
    }

    #[test]
    fn the_requesters_own_words_are_kept_of_a_subject() {
        assert_eq!(own_words("RE: Tr : [F413-2026-000001] Re: Demande : urgente"), "Demande : urgente");
        assert_eq!(own_words("Rejet: pourquoi ?"), "Rejet: pourquoi ?");
        assert_eq!(own_words("[EXT] Demande"), "[EXT] Demande");
        assert_eq!(own_words("Re:"), "");
    }
}
