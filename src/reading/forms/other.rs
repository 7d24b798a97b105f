//! What is no F413: pictures of paper, another form, a contract, a file that is not read.

use super::group::asks;
use crate::reading::layout::fold::squeeze;
use crate::reading::page::{Area, Document, InkKind, Origin, Page, Word};

/// What a file is, told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Picture,
    /// A format that is not read, with its name for the requester.
    Unsupported(&'static str),
}

/// Photographs of telephones in formats that are not read.
pub const HEIC: &str = "HEIC";
pub const AVIF: &str = "AVIF";

impl Format {
    /// A photograph that is not read: it may well show a page of the form.
    #[must_use]
    pub fn is_unread_photo(self) -> bool {
        matches!(self, Self::Unsupported(HEIC | AVIF))
    }
}

/// The format by content; the name only tells apart what looks alike.
#[must_use]
pub fn format(name: &str, bytes: &[u8]) -> Format {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    let brand = bytes.get(4..12).unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if has(b"%PDF-") {
        return Format::Pdf;
    }
    if head.starts_with(b"\x89PNG")
        || head.starts_with(&[0xff, 0xd8, 0xff])
        || head.starts_with(b"II*\0")
        || head.starts_with(b"MM\0*")
    {
        return Format::Picture;
    }
    if head.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Format::Picture;
    }
    if brand.starts_with(b"ftyp") {
        // ISO 14496-12 §4.3, 23008-12 §10: the brand says what the boxes hold
        return match brand.get(4..8).unwrap_or_default() {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" | b"mif1"
            | b"msf1" => Format::Unsupported(HEIC),
            b"avif" | b"avis" => Format::Unsupported(AVIF),
            _ => Format::Unsupported("vidéo"),
        };
    }
    if head.starts_with(b"PK") {
        return Format::Unsupported(match ending.as_str() {
            "docx" | "docm" => "Word (.docx)",
            "xlsx" | "xlsm" => "Excel (.xlsx)",
            "odt" => "LibreOffice (.odt)",
            "pages" => "Pages (.pages)",
            _ if has(b"word/") => "Word (.docx)",
            _ if has(b"xl/") => "Excel (.xlsx)",
            _ if has(b"opendocument.text") => "LibreOffice (.odt)",
            _ => "archive ou document bureautique",
        });
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Format::Unsupported(if ending == "xls" { "Excel (.xls)" } else { "Word (.doc)" });
    }
    if head.starts_with(b"{\\rtf") {
        return Format::Unsupported("RTF");
    }
    match ending.as_str() {
        "pdf" => Format::Pdf,
        "heic" | "heif" => Format::Unsupported(HEIC),
        "docx" | "doc" => Format::Unsupported("Word"),
        "odt" => Format::Unsupported("LibreOffice (.odt)"),
        "txt" => Format::Unsupported("texte"),
        _ => Format::Unsupported("inconnu"),
    }
}

/// Whether a page is a picture of paper: a picture over most of it and hardly a word that is seen.
/// Words nobody sees (a scanner's own recognition) do not count.
#[must_use]
pub fn is_picture(page: &Page) -> bool {
    has_backdrop(page) && seen(page) < 25
}

/// Whether a page of paper that was gathered into no form may be one's all the same: it asks in the
/// form's words, or it was not read well enough to say. An identity card, a contract is neither.
#[must_use]
pub fn may_be_form(page: &Page) -> bool {
    if page.to_displayed.is_some() {
        asks(page) || !is_legible(page)
    } else {
        is_wordless(page) || has_backdrop(page)
    }
}

/// Whether the words on a page of paper were read, by and large; or there is hardly anything written
/// on it: a logo, a signature.
fn is_legible(page: &Page) -> bool {
    let long = page.words.iter().filter(|word| word.text.chars().filter(|c| c.is_alphabetic()).count() > 3);
    let (read, all) =
        long.fold((0, 0), |(read, all), word| (read + usize::from(word.confidence > LEGIBLE), all + 1));
    if all < FEW_WORDS { page.unread.len() < MUCH_UNREAD } else { read * 2 > all }
}

/// From this confidence on a word was read, if not surely right.
const LEGIBLE: f32 = 0.65;
/// Words of which a page of the form has ten times as many.
const FEW_WORDS: usize = 12;
/// Spots of unread ink that may be a page of text; the form has some thousand letters a page.
const MUCH_UNREAD: usize = 200;

/// Whether a document has a page whose words were recognised on a picture.
#[must_use]
pub fn is_recognised(document: &Document) -> bool {
    document.pages.iter().any(|page| page.to_displayed.is_some())
}

/// Whether pictures cover much of a page: one, or the stripes some scanners write.
#[must_use]
pub fn has_backdrop(page: &Page) -> bool {
    let sheet = Area { x0: 0.0, y0: 0.0, x1: page.width, y1: page.height };
    let covered = |area: Area| area.overlap(&sheet).map_or(0.0, |part| part.width() * part.height());
    let pictures = page.ink.iter().filter(|ink| ink.kind == InkKind::Picture { blank: false });
    pictures.map(|ink| covered(ink.area)).sum::<f32>() > 0.4 * page.width * page.height
}

/// Whether no page shows anything.
#[must_use]
pub fn is_empty(document: &Document) -> bool {
    let bare = |page: &Page| {
        page.words.is_empty() && page.ink.is_empty() && page.widgets.is_empty() && page.rules.is_empty()
    };
    document.pages.iter().all(bare)
}

/// Whether a PDF stops before its end (ISO 32000-2 §7.5.5: the last line is `%%EOF`).
#[must_use]
pub fn is_cut(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or_default();
    !tail.windows(5).any(|window| window == b"%%EOF")
}

/// Whether nothing on a page can be read as words, although something is drawn on it.
#[must_use]
pub fn is_wordless(page: &Page) -> bool {
    is_picture(page) || seen(page) < 8 && !page.ink.is_empty()
}

/// Whether a page's words cannot be what is seen: the file does not say which letters its glyphs are,
/// or says it wrongly. French has a vowel in two letters of five; letters mixed up have one in six.
#[must_use]
pub fn is_garbled(page: &Page) -> bool {
    let words = page.words.iter().filter(|word| word.origin == Origin::Page && !word.invisible);
    let (mut letters, mut vowels, mut unknown) = (0usize, 0usize, 0usize);
    for c in words.flat_map(|word| word.text.chars()) {
        let private = ('\u{e000}'..='\u{f8ff}').contains(&c);
        unknown += usize::from(c == char::REPLACEMENT_CHARACTER || private || c.is_control());
        letters += usize::from(c.is_alphabetic() && !private);
        vowels += usize::from("aeiouyàâäéèêëîïôöùûüœæ".contains(c.to_lowercase().next().unwrap_or(c)));
    }
    unknown > FEW_LETTERS && unknown * 2 > letters || letters > FEW_LETTERS && vowels * 100 < letters * 28
}

/// Letters from which their mixture tells something.
const FEW_LETTERS: usize = 200;

/// The page's own words that are seen; what people type onto a scan as comments does not count.
fn seen(page: &Page) -> usize {
    let own = |word: &&Word| !word.invisible && !matches!(word.origin, Origin::Annotation(_));
    page.words.iter().filter(own).filter(|word| !squeeze(&word.text).is_empty()).count()
}

/// The number of another form of the series (F413 has many sisters), when the document says one
/// more often than F413.
#[must_use]
pub fn other_form(document: &Document) -> Option<String> {
    let mut own = 0usize;
    let mut others: Vec<(String, usize)> = Vec::new();
    let words = document
        .pages
        .iter()
        .flat_map(|page| &page.words)
        .filter(|word| word.origin == Origin::Page && !word.invisible);
    for word in words {
        let key = squeeze(&word.text);
        let digits = key.strip_prefix('f').unwrap_or_default();
        if digits.len() != 3 || !digits.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        if digits == "413" {
            own += 1;
        } else if let Some((_, count)) = others.iter_mut().find(|(known, _)| *known == key) {
            *count += 1;
        } else {
            others.push((key, 1));
        }
    }
    let (name, count) = others.into_iter().max_by_key(|(_, count)| *count)?;
    (count > own).then(|| name.to_uppercase())
}

/// What a document that is no form seems to be, for the letter.
#[must_use]
pub fn kind_of(document: &Document) -> Option<&'static str> {
    let first: String =
        document.pages.iter().take(1).flat_map(|page| &page.words).map(|word| squeeze(&word.text)).collect();
    let kinds = [
        ("contratdadhesion", "un contrat d'adhésion"),
        ("cartenationaledidentite", "une pièce d'identité"),
        ("republiquefrancaisecarte", "une pièce d'identité"),
        ("passeport", "une pièce d'identité"),
        ("extraitkbis", "un extrait Kbis"),
        ("mandat", "un mandat"),
        ("facture", "une facture"),
    ];
    kinds.into_iter().find(|(word, _)| first.contains(word)).map(|(_, kind)| kind)
}
