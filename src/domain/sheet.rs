//! A sheet: one F413 as reading found it, before anything is judged. Raw words per box, marks,
//! what stands in the signature and stamp zones, and what could not be located.

use super::finding::Finding;
use super::form::{Field, Role};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A rectangle in points (1/72 inch) from the displayed page's top left corner: x0, y0, x1, y1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Area {
    pub x0: f32,
    pub y0: f32,
    pub x1: f32,
    pub y1: f32,
}

impl Area {
    #[must_use]
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Self { x0: x0.min(x1), y0: y0.min(y1), x1: x0.max(x1), y1: y0.max(y1) }
    }

    #[must_use]
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    #[must_use]
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    #[must_use]
    pub fn middle(&self) -> (f32, f32) {
        (f32::midpoint(self.x0, self.x1), f32::midpoint(self.y0, self.y1))
    }

    /// Whether the point lies inside (edges count).
    #[must_use]
    pub fn holds(&self, (x, y): (f32, f32)) -> bool {
        x >= self.x0 && x <= self.x1 && y >= self.y0 && y <= self.y1
    }

    /// The common part, if there is any area in common.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        let (x0, y0) = (self.x0.max(other.x0), self.y0.max(other.y0));
        let (x1, y1) = (self.x1.min(other.x1), self.y1.min(other.y1));
        (x0 < x1 && y0 < y1).then_some(Self { x0, y0, x1, y1 })
    }

    /// The smallest area around both.
    #[must_use]
    pub fn around(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// A page of one of a message's documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageNumber {
    /// Which of the message's documents, from 0.
    pub document: usize,
    /// From 1, in the document.
    pub page: u32,
}

impl From<u32> for PageNumber {
    /// A page of the first document.
    fn from(page: u32) -> Self {
        Self { document: 0, page }
    }
}

/// What stood on the page for one answer, and how sure the reading is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What stood on the page, before normalisation. Personal data.
    pub raw: String,
    /// 0 to 1. Digital channels give 1, or 0 where two channels disagree.
    #[serde(deserialize_with = "share")]
    pub confidence: f64,
    pub page: PageNumber,
    pub area: Area,
}

/// Whoever read may have been taken over: what is no share of 1 makes nothing sure.
fn share<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    f64::deserialize(from).map(|said| if (0.0..=1.0).contains(&said) { said } else { 0.0 })
}

impl std::fmt::Debug for Evidence {
    /// Masked: what was written is personal data and must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Evidence(p. {}, {:.2}, {} characters)",
            self.page.page,
            self.confidence,
            self.raw.chars().count()
        )
    }
}

/// Words in a box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub evidence: Evidence,
    /// What the other channel says (the drawing against the field's value) where the two differ.
    /// `evidence.raw` then holds both and `evidence.confidence` is 0. Made by `Written::disagreeing`.
    pub disagrees: Option<String>,
}

/// Stands between the value and what is drawn for it, where the two differ.
const UNLIKE: &str = " ≠ ";

impl Written {
    /// A field's value and what is drawn for it, which differ (rulebook: `values_disagree`).
    #[must_use]
    pub fn disagreeing(value: &str, drawn: &str, page: PageNumber, area: Area) -> Self {
        let raw = format!("{value}{UNLIKE}{drawn}");
        Self { evidence: Evidence { raw, confidence: 0.0, page, area }, disagrees: Some(drawn.to_owned()) }
    }

    /// What `disagreeing` wrote, taken apart again: the value, and what is drawn for it. `None`: it was not
    /// that, or either holds the sign between them.
    #[must_use]
    pub fn both(raw: &str) -> Option<(&str, &str)> {
        let (value, drawn) = raw.split_once(UNLIKE)?;
        (!drawn.contains(UNLIKE)).then_some((value, drawn))
    }

    /// What was written; where two channels differ, the field's value.
    #[must_use]
    pub fn value(&self) -> &str {
        let raw = self.evidence.raw.as_str();
        self.disagrees
            .as_deref()
            .and_then(|drawn| raw.strip_suffix(drawn)?.strip_suffix(UNLIKE))
            .unwrap_or(raw)
    }
}

/// The state of a box to tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Empty,
    Checked,
    /// Something is there that is neither surely a tick nor surely nothing.
    Unsure,
}

/// A box to tick, as found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    pub mark: Mark,
    pub evidence: Evidence,
    /// Value and drawing differ (rulebook: `values_disagree`).
    pub disagrees: bool,
}

/// A box that can be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tick {
    Role(Role),
    Org,
    ServerSsl,
    ServerSmime,
    Pro,
    /// The box beside "Je certifie avoir lu et accepté…", in editions that have one.
    Terms,
}

/// What stands in the signature's or the stamp's zone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Zone {
    #[default]
    Empty,
    /// Something drawn, pasted or written by the requester.
    Ink { evidence: Evidence },
    /// A smudge, or content that may not be the requester's: a person looks.
    Unsure { evidence: Evidence },
}

/// A PDF signature (ISO 32000-2 §12.8) on the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigitalSignature {
    /// Bytes verify and nothing was changed afterwards.
    pub sound: bool,
    /// Not sound, but not broken either: made in a way we cannot check (an algorithm we do not have)
    /// or that proves little (SHA-1), or completed afterwards as its certification permits. Never a
    /// reject: `low_confidence` instead of `signature_broken`.
    #[serde(default)]
    pub unverifiable: bool,
    /// Why not sound, in French, for the evidence and the staff. Empty when sound.
    pub trouble: String,
    /// Subject common name of the signer's certificate, where it could be read. Personal data.
    pub signer: Option<String>,
    /// When it was signed, seconds of the epoch: what a time stamp says, else the signer.
    #[serde(default)]
    pub time: Option<i64>,
    /// Its certificate leads to an authority of the trust list.
    #[serde(default)]
    pub trusted: bool,
    pub page: PageNumber,
    pub area: Area,
}

/// One F413 as read. Texts hold only boxes that have something in them; list fields are numbered
/// by the *row on the paper*, from 0 (`Field::RppsRang(0)` is line "1.").
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// The edition's name, where its file in `config/editions` matched.
    pub edition: Option<String>,
    #[serde(with = "as_pairs")]
    pub texts: BTreeMap<Field, Written>,
    #[serde(with = "as_pairs")]
    pub ticks: BTreeMap<Tick, Marked>,
    pub signature: Zone,
    pub stamp: Zone,
    pub digital_signatures: Vec<DigitalSignature>,
    /// Boxes on pages that were not sent. Never `missing`; the reading adds `form_incomplete`.
    pub absent: BTreeSet<Field>,
    /// Boxes whose label could not be found on the pages that are there. Never `missing`; the
    /// reading adds `form_edition_unknown`.
    pub unlocated: BTreeSet<Field>,
}

impl Sheet {
    /// Tells of which document each page is: the n-th is the message's `numbers[n]`-th. For who read
    /// only some of the documents.
    pub fn renumber(&mut self, numbers: &[usize]) {
        let zones = [&mut self.signature, &mut self.stamp].into_iter().filter_map(|zone| match zone {
            Zone::Empty => None,
            Zone::Ink { evidence } | Zone::Unsure { evidence } => Some(&mut evidence.page),
        });
        let texts = self.texts.values_mut().map(|written| &mut written.evidence.page);
        let ticks = self.ticks.values_mut().map(|marked| &mut marked.evidence.page);
        let signatures = self.digital_signatures.iter_mut().map(|signature| &mut signature.page);
        for page in zones.chain(texts).chain(ticks).chain(signatures) {
            page.document = numbers.get(page.document).copied().unwrap_or(page.document);
        }
    }
}

/// How the answers were read. Ordered: a mixed document is named by its least certain channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing could be read.
    None,
    /// `AcroForm` values.
    Fields,
    /// Words drawn on the page.
    Text,
    /// Words recognised on a picture.
    Scan,
}

impl Source {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fields => "fields",
            Self::Text => "text",
            Self::Scan => "scan",
        }
    }
}

/// What reading made of one form (or of one document that should have been one).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Names of the documents it stands in, in order.
    pub documents: Vec<String>,
    pub source: Source,
    /// `None` where nothing could be read.
    pub sheet: Option<Sheet>,
    /// Findings about the document as a whole (field `""`).
    pub findings: Vec<Finding>,
}

/// JSON objects need string keys; these maps are written as lists of pairs instead.
mod as_pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}
