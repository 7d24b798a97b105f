//! A page's drawing, written anew object by object: only what a table (`table`) names is copied, so that
//! nothing a stranger put into the file (scripts, actions, links, embedded or remote files, rich media)
//! comes along. Whatever loops, nests without end or unpacks without measure ends the copy.

use super::table::Rule::{Color, Each, Of, Plain};
use super::table::{Kind, Kind as K, entries, may_be_stream};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use std::collections::BTreeMap;

/// Objects copied.
const MOST_OBJECTS: usize = 20_000;
/// Values within one object, and entries of one dictionary that is a list of names.
const MOST_VALUES: usize = 400_000;
/// Nesting of values.
const DEEPEST: usize = 48;
/// Bytes one stream may unpack to, and all of them together.
const LARGEST_STREAM: usize = 16 << 20;
const ALL_STREAMS: usize = 64 << 20;
/// Pixels of a picture.
const LARGEST_PICTURE: i64 = 60_000_000;

/// Why a document cannot be copied: it is beyond the limits, or holds what no form has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// Copies from one document into another.
pub(super) struct Copier<'d> {
    from: &'d Document,
    pub to: Document,
    /// What was copied, or is being copied: by old object and kind.
    known: BTreeMap<(ObjectId, Kind), ObjectId>,
    values: usize,
    unpacked: usize,
}

impl<'d> Copier<'d> {
    pub fn new(from: &'d Document) -> Self {
        Self { from, to: Document::with_version("1.7"), known: BTreeMap::new(), values: 0, unpacked: 0 }
    }

    /// Numbers, names, strings and lists of these; `None` where it is anything else.
    fn plain_at(&mut self, value: &'d Object, depth: usize) -> Result<Option<Object>, Refused> {
        self.count(depth)?;
        Ok(match self.resolved(value) {
            Some(
                simple @ (Object::Boolean(_)
                | Object::Integer(_)
                | Object::Real(_)
                | Object::Name(_)
                | Object::String(..)),
            ) => Some(simple.clone()),
            Some(Object::Array(items)) => {
                let mut copies = Vec::with_capacity(items.len().min(MOST_OBJECTS));
                for item in items {
                    copies.extend(self.plain_at(item, depth + 1)?);
                }
                Some(Object::Array(copies))
            }
            Some(Object::Null | Object::Dictionary(_) | Object::Stream(_) | Object::Reference(_)) | None => {
                None
            }
        })
    }

    /// An object of a kind, as the value that stands for it in the copy.
    pub fn object(&mut self, kind: Kind, value: &'d Object) -> Result<Option<Object>, Refused> {
        self.object_at(kind, value, 0)
    }

    fn object_at(&mut self, kind: Kind, value: &'d Object, depth: usize) -> Result<Option<Object>, Refused> {
        self.count(depth)?;
        let id = value.as_reference().ok();
        if let Some(known) = id.and_then(|id| self.known.get(&(id, kind))) {
            return Ok(Some(Object::Reference(*known)));
        }
        match self.resolved(value) {
            Some(Object::Dictionary(dict)) => {
                let Some(id) = id else { return Ok(Some(self.dictionary(kind, dict, depth)?.into())) };
                let own = self.begin(Some((id, kind)))?;
                let copy = self.dictionary(kind, dict, depth)?;
                self.to.objects.insert(own, copy.into());
                Ok(Some(own.into()))
            }
            Some(Object::Stream(stream)) if may_be_stream(kind) => {
                if kind == K::XObject && !is_drawing(&stream.dict) {
                    return Ok(None);
                }
                let own = self.begin(id.map(|id| (id, kind)))?;
                let copy = self.stream(kind, stream, depth)?;
                self.to.objects.insert(own, copy.into());
                Ok(Some(own.into()))
            }
            Some(Object::Array(items)) => {
                let mut copies = Vec::new();
                for item in items {
                    copies.extend(self.object_at(kind, item, depth + 1)?);
                }
                Ok(Some(Object::Array(copies)))
            }
            Some(simple @ (Object::Name(_) | Object::Integer(_) | Object::Real(_) | Object::Boolean(_))) => {
                Ok(Some(simple.clone()))
            }
            Some(Object::Stream(_) | Object::String(..) | Object::Null | Object::Reference(_)) | None => {
                Ok(None)
            }
        }
    }

    fn dictionary(&mut self, kind: Kind, dict: &'d Dictionary, depth: usize) -> Result<Dictionary, Refused> {
        let mut copy = Dictionary::new();
        for (key, rule) in entries(kind) {
            let Ok(value) = dict.get(key) else { continue };
            let value = match rule {
                Plain => self.plain_at(value, depth + 1)?,
                Of(kind) => self.object_at(*kind, value, depth + 1)?,
                Each(kind) => {
                    self.named(value, depth, |this, value| this.object_at(*kind, value, depth + 2))?
                }
                // of the resources a dictionary of names, elsewhere one colour space
                Color if kind == K::Resources => {
                    self.named(value, depth, |this, value| this.color(value, depth + 2))?
                }
                Color => self.color(value, depth + 1)?,
            };
            if let Some(value) = value {
                copy.set(*key, value);
            }
        }
        Ok(copy)
    }

    fn named(
        &mut self,
        value: &'d Object,
        depth: usize,
        mut one: impl FnMut(&mut Self, &'d Object) -> Result<Option<Object>, Refused>,
    ) -> Result<Option<Object>, Refused> {
        self.count(depth)?;
        let Some(Object::Dictionary(dict)) = self.resolved(value) else { return Ok(None) };
        let mut copy = Dictionary::new();
        for (name, value) in dict {
            if let Some(value) = one(self, value)? {
                copy.set(name.clone(), value);
            }
        }
        Ok(Some(copy.into()))
    }

    /// A colour space (§8.6): a name, or a list of a name and what it needs.
    fn color(&mut self, value: &'d Object, depth: usize) -> Result<Option<Object>, Refused> {
        self.count(depth)?;
        match self.resolved(value) {
            Some(Object::Array(items)) => {
                let mut copies = Vec::new();
                for item in items {
                    copies.extend(self.color(item, depth + 1)?);
                }
                Ok(Some(Object::Array(copies)))
            }
            Some(Object::Stream(stream)) => {
                let kind = if stream.dict.has(b"FunctionType") {
                    K::Function
                } else if stream.dict.has(b"N") {
                    K::Profile
                } else {
                    K::Data
                };
                self.object_at(kind, value, depth + 1)
            }
            Some(Object::Dictionary(dict)) if dict.has(b"FunctionType") => {
                self.object_at(K::Function, value, depth + 1)
            }
            // parameters of a calibrated space; the hints of DeviceN are not needed
            Some(Object::Dictionary(dict)) => {
                let mut copy = Dictionary::new();
                for key in [&b"WhitePoint"[..], b"BlackPoint", b"Gamma", b"Matrix", b"Range"] {
                    let Ok(value) = dict.get(key) else { continue };
                    if let Some(value) = self.plain_at(value, depth + 1)? {
                        copy.set(key, value);
                    }
                }
                Ok(Some(copy.into()))
            }
            Some(_) | None => self.plain_at(value, depth + 1),
        }
    }

    /// A stream with its bytes as they are packed, once it is known what they unpack to.
    fn stream(&mut self, kind: Kind, stream: &'d Stream, depth: usize) -> Result<Stream, Refused> {
        let mut dict = self.dictionary(kind, &stream.dict, depth)?;
        let filters = stream.filters().unwrap_or_default();
        let picture = filters.iter().any(|filter| is_picture_filter(filter));
        if picture && kind != K::XObject || !filters.iter().all(|filter| is_filter(filter)) {
            return Err(Refused);
        }
        let number = |key: &[u8]| dict.get(key).and_then(Object::as_i64).unwrap_or(0);
        if number(b"Width").saturating_mul(number(b"Height")) > LARGEST_PICTURE {
            return Err(Refused);
        }
        let size = if picture { stream.content.len() } else { unpacked(stream)?.len() };
        self.unpacked = self.unpacked.saturating_add(size);
        if self.unpacked > ALL_STREAMS {
            return Err(Refused);
        }
        for (key, rule) in [(&b"Filter"[..], None), (b"DecodeParms", Some(K::Parameters))] {
            let Ok(value) = stream.dict.get(key) else { continue };
            let value = match rule {
                None => self.plain_at(value, depth + 1)?,
                Some(kind) => self.object_at(kind, value, depth + 1)?,
            };
            if let Some(value) = value {
                dict.set(key, value);
            }
        }
        Ok(Stream::new(dict, stream.content.clone()).with_compression(false))
    }

    /// All of a page's content, one stream's after the other's.
    pub fn content(&mut self, page: &'d Dictionary) -> Result<Vec<u8>, Refused> {
        let from = self.from;
        let parts: Vec<&Object> = match page.get(b"Contents").ok().and_then(|value| self.resolved(value)) {
            Some(Object::Array(parts)) => parts.iter().take(MOST_OBJECTS).collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let mut content = Vec::new();
        for part in parts {
            let Ok((_, Object::Stream(stream))) = from.dereference(part) else { continue };
            if stream.filters().unwrap_or_default().iter().any(|filter| is_picture_filter(filter)) {
                return Err(Refused);
            }
            content.extend(unpacked(stream)?);
            content.push(b'\n');
            if self.unpacked.saturating_add(content.len()) > ALL_STREAMS {
                return Err(Refused);
            }
        }
        self.unpacked = self.unpacked.saturating_add(content.len());
        Ok(content)
    }

    fn begin(&mut self, old: Option<(ObjectId, Kind)>) -> Result<ObjectId, Refused> {
        if self.to.objects.len() + self.known.len() > MOST_OBJECTS {
            return Err(Refused);
        }
        let id = self.to.new_object_id();
        if let Some(old) = old {
            self.known.insert(old, id);
        }
        Ok(id)
    }

    fn count(&mut self, depth: usize) -> Result<(), Refused> {
        self.values += 1;
        if self.values > MOST_VALUES || depth > DEEPEST { Err(Refused) } else { Ok(()) }
    }

    fn resolved(&self, value: &'d Object) -> Option<&'d Object> {
        self.from.dereference(value).ok().map(|(_, object)| object)
    }
}

/// What a stream unpacks to.
fn unpacked(stream: &Stream) -> Result<Vec<u8>, Refused> {
    stream.get_plain_content_with_limit(LARGEST_STREAM).map_err(|_| Refused)
}

/// Pictures and groups of drawing; not PostScript.
fn is_drawing(dict: &Dictionary) -> bool {
    matches!(dict.get(b"Subtype").and_then(Object::as_name), Ok(b"Image" | b"Form"))
}

/// Filters that hold a picture and nothing else: they are kept as they are.
fn is_picture_filter(name: &[u8]) -> bool {
    matches!(name, b"DCTDecode" | b"JPXDecode" | b"CCITTFaxDecode" | b"JBIG2Decode")
}

/// Filters that are known; a viewer's own ones and encryption are not.
fn is_filter(name: &[u8]) -> bool {
    is_picture_filter(name)
        || matches!(
            name,
            b"FlateDecode" | b"LZWDecode" | b"ASCII85Decode" | b"ASCIIHexDecode" | b"RunLengthDecode"
        )
}
