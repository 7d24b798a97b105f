//! The fonts of a copy's fields: Helvetica, which no file needs to hold.

use super::metrics::{OTHER_WIDTH, glyph_name, width, win_ansi};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization;

/// Letters beyond `WinAnsiEncoding` that a document may have.
const MOST_OTHERS: usize = 200;

/// Helvetica, and once more for the letters that its encoding does not have.
#[derive(Debug)]
pub(super) struct Fonts {
    pub plain: ObjectId,
    other: ObjectId,
    pub others: Vec<char>,
}

/// Bytes of one of the two fonts.
#[derive(Debug, PartialEq)]
pub(super) struct Run {
    pub other: bool,
    pub bytes: Vec<u8>,
}

impl Fonts {
    pub fn new(to: &mut Document) -> Self {
        let plain = to.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
        });
        Self { plain, other: to.new_object_id(), others: Vec::new() }
    }

    pub fn resources(&self) -> Dictionary {
        let mut fonts = dictionary! { "Helv" => self.plain };
        if !self.others.is_empty() {
            fonts.set("Other", self.other);
        }
        dictionary! { "Font" => fonts }
    }

    /// Writes the second font, where it is used.
    pub fn finish(&self, to: &mut Document) {
        if self.others.is_empty() {
            return;
        }
        let names = self.others.iter().filter_map(|letter| glyph_name(*letter));
        let names: Vec<Object> = names.map(|name| Object::Name(name.as_bytes().to_vec())).collect();
        let last = 31 + i64::try_from(names.len()).unwrap_or(0);
        let widths: Vec<Object> = names.iter().map(|_| i64::from(OTHER_WIDTH).into()).collect();
        let differences: Vec<Object> = std::iter::once(32.into()).chain(names).collect();
        let mut codes = String::new();
        for (code, letter) in (32_u16..).zip(&self.others) {
            let _ = writeln!(codes, "<{code:02X}> <{:04X}>", u32::from(*letter));
        }
        let map = format!(
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Other def /CMapType 2 def\n\
             1 begincodespacerange <00> <FF> endcodespacerange\n{} beginbfchar\n{codes}endbfchar\n\
             endcmap CMapName currentdict /CMap defineresource pop end end",
            self.others.len()
        );
        let map = to.add_object(Stream::new(Dictionary::new(), map.into_bytes()));
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
            "FirstChar" => 32, "LastChar" => last, "Widths" => widths,
            "Encoding" => dictionary! { "Type" => "Encoding", "Differences" => differences },
            "ToUnicode" => map,
        };
        to.objects.insert(self.other, font.into());
    }

    /// The letters of a line with their widths in thousandths; those that no font has are left out.
    pub fn letters(&mut self, line: &str) -> Vec<(bool, u8, u16)> {
        let mut out = Vec::new();
        for letter in line.nfc() {
            if let Some(byte) = win_ansi(letter) {
                out.push((false, byte, width(byte)));
            } else if glyph_name(letter).is_some() {
                let known = self.others.iter().position(|other| *other == letter);
                let at = known.unwrap_or_else(|| {
                    if self.others.len() < MOST_OTHERS {
                        self.others.push(letter);
                    }
                    self.others.len() - 1
                });
                out.push((true, u8::try_from(32 + at).unwrap_or(u8::MAX), OTHER_WIDTH));
            }
        }
        out
    }
}

pub(super) fn runs(letters: &[(bool, u8, u16)]) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (other, byte, _) in letters {
        match out.last_mut() {
            Some(run) if run.other == *other => run.bytes.push(*byte),
            _ => out.push(Run { other: *other, bytes: vec![*byte] }),
        }
    }
    out
}

pub(super) fn wide(letters: &[(bool, u8, u16)]) -> f32 {
    letters.iter().map(|(_, _, width)| f32::from(*width)).sum::<f32>() / 1000.0
}
