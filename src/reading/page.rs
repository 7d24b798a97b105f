//! The page model: what any source (AcroForm, drawn text, OCR) leaves on a page.
//! All places are in points from the top left corner of the page as displayed (`/Rotate` and the
//! crop box already applied).

pub use crate::domain::sheet::{Area, DigitalSignature, PageNumber};

/// A document's pages, or why there are none.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub pages: Vec<Page>,
    pub signatures: Vec<DigitalSignature>,
    /// Pages the file has, also where fewer were read (limits).
    pub page_count: usize,
    /// Why nothing, or not everything, could be read.
    pub trouble: Option<Trouble>,
}

impl Document {
    /// Tells its pages which of the message's documents it is, from 0.
    pub fn is_the(&mut self, index: usize) {
        let pages = self.pages.iter_mut().map(|page| &mut page.number);
        for page in pages.chain(self.signatures.iter_mut().map(|signature| &mut signature.page)) {
            page.document = index;
        }
    }
}

/// Why a document could not be read (rulebook, "The document").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Needs a password to open.
    Encrypted,
    /// No page can be read from the file.
    Damaged,
    /// Over the limits of size, pages or picture area.
    TooLarge,
    /// A format that is not read; the text names it (`XFA`, `docx`, `heic`, …).
    Unsupported(&'static str),
}

#[derive(Debug, Clone, Default)]
pub struct Page {
    pub number: PageNumber,
    /// Points, as displayed.
    pub width: f32,
    pub height: f32,
    /// Degrees (0, 90, 180, 270) the page was turned clockwise beyond its `/Rotate`, because nearly
    /// all its text lay on its side; size and places are those of the turned page.
    pub turned: u16,
    /// The way from the page's own coordinates (default user space, y upwards) to places here: the
    /// six numbers of a transform matrix as PDF writes them.
    pub user_space: [f32; 6],
    /// In drawing order, which is not the order of reading. Words outside the page or their clip
    /// are not here.
    pub words: Vec<Word>,
    /// Of a page that was recognised on a picture: the way from places here, on the sheet made
    /// straight, to the page as displayed (a homography, row by row, points to points).
    pub to_displayed: Option<[f32; 9]>,
    /// Ink on a recognised page that was not read: who takes a place for empty looks here first.
    pub unread: Vec<Area>,
    /// How well a recognised page was read.
    pub legibility: Legibility,
    pub rules: Vec<Rule>,
    pub ink: Vec<Ink>,
    pub widgets: Vec<Widget>,
}

/// How well the engine says it read longer words: 0 to 100.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Legibility {
    /// The form's own.
    pub print: Mean,
    /// Those that are not.
    pub answers: Mean,
}

/// A mean in the making.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mean {
    pub count: f32,
    sum: f32,
}

impl Mean {
    pub fn add(&mut self, value: f32) {
        self.join(Self { count: 1.0, sum: value });
    }

    pub fn join(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }

    /// 0 of nothing.
    #[must_use]
    pub fn value(self) -> f32 {
        self.sum / self.count.max(1.0)
    }
}

/// A run of characters without white space, as drawn. Accents are composed (NFC), ligatures and
/// hyphens have one spelling, ticks of symbol fonts are ✓ ✔ ✗ ✘ ☑ ☒ ☐ ● ■, and U+FFFD stands for a
/// glyph of which the file does not say what it is. Evenly spaced letters are one word up to 0.7
/// font sizes of spacing; digits in cells farther apart are a word each.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub area: Area,
    /// Font size, points, as displayed.
    pub size: f32,
    pub origin: Origin,
    /// Drawn in text render mode 3 or fully covered/transparent: not seen by a reader.
    pub invisible: bool,
    /// 1 for digital text; the engine's calibrated confidence for OCR.
    pub confidence: f32,
}

/// Who put it on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The page's content stream.
    Page,
    /// The appearance of a form field's widget (index into `Page::widgets`).
    Widget(usize),
    /// The appearance of another annotation: `FreeText`, `Stamp`, `Ink`, …
    Annotation(AnnotationKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnnotationKind {
    FreeText,
    Stamp,
    Ink,
    /// Line, polyline, square, circle, polygon, highlight, caret …
    Other,
}

/// A straight horizontal or vertical stroke, or the edge of a thin filled or a stroked rectangle:
/// what tables and boxes are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    pub area: Area,
    pub horizontal: bool,
    pub origin: Origin,
}

/// Something drawn that is neither text nor a rule: a tick's strokes, a signature, a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Ink {
    pub area: Area,
    pub kind: InkKind,
    pub origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InkKind {
    /// A stroked path with curves or slanted lines.
    ///
    /// White strokes are not kept.
    Stroke,
    /// A filled shape (not background-coloured; see `light`).
    Fill {
        /// White or nearly so, or a pale background tint: decoration, not an answer.
        light: bool,
    },
    /// The outline of a rectangle about the size of a tick box (3–30 pt), or of a circle (5–18 pt)
    /// that the page prints; empty by itself.
    Box,
    /// A raster picture.
    Picture {
        /// Fully white or transparent.
        blank: bool,
    },
}

/// A form field's widget annotation with the field's inherited properties.
#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    /// Fully qualified name (ISO 32000-2 §12.7.4.2), decoded.
    pub name: String,
    /// `/TU`, decoded.
    pub tooltip: Option<String>,
    pub area: Area,
    pub kind: WidgetKind,
    /// `/F` hidden or no-view: not seen by a reader.
    pub hidden: bool,
    /// What its appearance stream draws, in reading order, words joined by single spaces; `None`
    /// where there is no appearance, or nobody sees it (`hidden`), or `/NeedAppearances` says it is
    /// stale. All its glyphs count, also those the box cuts off. Where words end is the drawing's
    /// business (lines wrapped, cells, wide spacing): compare with the value without white space.
    pub drawn: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum WidgetKind {
    /// `/Tx`, `/Ch`: the field's value, decoded; empty when there is none. Of a list what it shows,
    /// not its export value; several choices are lines.
    Text { value: String },
    /// `/Btn` check box or radio button.
    Button {
        /// What the field's value says of this widget (`/V` against its on-state or `/Opt`).
        value: ButtonState,
        /// What the widget's appearance state (`/AS`) shows.
        shown: ButtonState,
        /// The on-state's name, or its `/Opt` export value where there is one, decoded.
        export: String,
        radio: bool,
    },
    /// `/Sig`
    Signature { signed: bool },
    /// Push button and whatever is not an answer.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonState {
    On,
    Off,
    /// Not said, or a name that is neither `Off` nor one of the widget's own states.
    Unknown,
}
