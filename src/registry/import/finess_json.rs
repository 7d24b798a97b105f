//! The public FINESS file since July 2026 (`finess-structures-journalier-AAAAMMJJ.json.gz`): legal
//! entities (`pmej`) with their establishments (`ege`). Names vary in case between schema and data.
//! One entity at a time is in memory.

use super::Wrong;
use super::row::{Bad, Out, Row, StructureCells, Trouble, identifiers_in, public_day, tidy};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::io::{BufReader, Read};

/// Reads the file, unpacked; see `own::read`. Lines are counted as entities and establishments.
pub(super) fn read(file: impl Read, out: &mut Out) -> Result<(), Trouble> {
    let mut walk = Walk { out, trouble: None, met: 0, known: false };
    let mut reader = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, file));
    let end = walk.deserialize(&mut reader).and_then(|()| reader.end());
    if let Some(trouble) = walk.trouble.take() {
        return Err(trouble);
    }
    let known = walk.known;
    match end {
        Ok(()) if known => out.flush(),
        Ok(()) => Err(Trouble::File(Wrong::Unknown("there is no \"pmej\" in it".to_owned()))),
        Err(error) if error.is_eof() => Err(Trouble::File(Wrong::Truncated(error.to_string()))),
        Err(error) if error.io_error_kind() == Some(std::io::ErrorKind::UnexpectedEof) => {
            Err(Trouble::File(Wrong::Truncated(error.to_string())))
        }
        Err(error) => Err(Trouble::File(Wrong::Unreadable(error.to_string()))),
    }
}

/// Walks through the document, whatever stands around the entities.
struct Walk<'o> {
    out: &'o mut Out,
    /// Why the walk was broken off: an error of JSON's cannot carry it.
    trouble: Option<Trouble>,
    /// Entities and establishments so far.
    met: u64,
    known: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FINESS document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if name.eq_ignore_ascii_case("pmej") {
                self.known = true;
                map.next_value_seed(Entities { walk: self, level: Level::Legal })?;
            } else if name.eq_ignore_ascii_case("ege") {
                self.known = true;
                map.next_value_seed(Entities { walk: self, level: Level::Geographical })?;
            } else {
                map.next_value_seed(&mut *self)?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Level {
    Legal,
    Geographical,
}

/// A list of entities.
struct Entities<'w, 'o> {
    walk: &'w mut Walk<'o>,
    level: Level,
}

impl<'de> DeserializeSeed<'de> for Entities<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entities<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(entity) = seq.next_element::<Value>()? {
            let told = match self.level {
                Level::Legal => self.walk.legal(&entity),
                Level::Geographical => self.walk.establishment(&entity, None),
            };
            if let Err(trouble) = told {
                self.walk.trouble = Some(trouble);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Walk<'_> {
    fn legal(&mut self, entity: &Value) -> Result<(), Trouble> {
        self.met += 1;
        let about = within(entity, "informationsGeneralesPMEJ");
        let finess = number(about, "numFinessPm");
        self.tell(entity, legal_cells(entity, about, finess.as_deref()))?;
        for site in field(entity, "ege").and_then(Value::as_array).into_iter().flatten() {
            self.establishment(site, finess.as_deref())?;
        }
        Ok(())
    }

    fn establishment(&mut self, site: &Value, of: Option<&str>) -> Result<(), Trouble> {
        self.met += 1;
        let about = within(site, "informationsGeneralesEGE");
        let finess = number(about, "numFinessEge");
        // one that stands beside its legal entity names it
        let named = number(about, "numFinessPm").or_else(|| number(site, "numFinessPm"));
        let of = of.or(named.as_deref());
        self.tell(site, site_cells(site, about, (finess.as_deref(), of)))
    }

    fn tell(&mut self, entity: &Value, read: Result<StructureCells<'_>, String>) -> Result<(), Trouble> {
        match read {
            Ok(cells) => self.out.row(Row::structure(self.met, &cells)),
            Err(because) => {
                let words = entity.to_string();
                let words = words.split(|c: char| !c.is_ascii_alphanumeric());
                let identifiers = identifiers_in(words);
                self.out.bad(Bad { line: self.met, lines: 1, because, identifiers })
            }
        }
    }
}

fn legal_cells<'v>(
    entity: &'v Value,
    about: &'v Value,
    finess: Option<&'v str>,
) -> Result<StructureCells<'v>, String> {
    let (closed, closed_on) = closing(entity, about)?;
    Ok(StructureCells {
        finess: Some(tidy(finess.ok_or("no numFinessPm")?)),
        level: Some("EJ"),
        name: text(about, "denominationPm"),
        legal_status: text(about, "statutJuridique").or_else(|| text(entity, "statutJuridique")),
        closed,
        closed_on,
        ..StructureCells::default()
    })
}

fn site_cells<'v>(
    site: &'v Value,
    about: &'v Value,
    (finess, of): (Option<&'v str>, Option<&'v str>),
) -> Result<StructureCells<'v>, String> {
    const CATEGORY: &str = "categorieentiteGeographiqueExercice";
    let (closed, closed_on) = closing(site, about)?;
    Ok(StructureCells {
        finess: Some(tidy(finess.ok_or("no numFinessEge")?)),
        level: Some("EG"),
        finess_ej: of.map(tidy),
        siret: text(about, "siret").map(|siret| Cow::Owned(tidy(&siret).into_owned())),
        name: text(about, "nomEgeLong").or_else(|| text(about, "nomEgeCourt")),
        category: text(site, CATEGORY).or_else(|| text(about, CATEGORY)),
        closed,
        closed_on,
        ..StructureCells::default()
    })
}

/// A member, whatever the case of its name.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members.get(name).or_else(|| {
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// The part that holds the particulars; the entity itself where they are not in a part of their own.
fn within<'v>(entity: &'v Value, part: &str) -> &'v Value {
    field(entity, part).filter(|value| value.is_object()).unwrap_or(entity)
}

/// Text, a number, or the code of something that has one.
fn text<'v>(value: &'v Value, name: &str) -> Option<Cow<'v, str>> {
    fn of(value: &Value) -> Option<Cow<'_, str>> {
        match value {
            Value::String(text) => Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
    let value = field(value, name)?;
    of(value).or_else(|| of(field(value, "code")?))
}

/// A FINESS number; where it is written as a number, its leading zeros are lost.
fn number<'v>(value: &'v Value, name: &str) -> Option<Cow<'v, str>> {
    let digits = text(value, name)?;
    if digits.len() < 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Owned(format!("{digits:0>9}")));
    }
    Some(digits)
}

/// Whether it is closed, and since when: `etatObjet` is A (active) or I (inactive).
fn closing<'v>(entity: &'v Value, about: &'v Value) -> Result<(bool, Option<Cow<'v, str>>), String> {
    let state = text(entity, "etatObjet").or_else(|| text(about, "etatObjet"));
    let inactive = match state.as_deref() {
        Some("I" | "i") => true,
        Some("A" | "a") | None => false,
        Some(other) => return Err(format!("etatObjet \"{other}\" is neither A nor I")),
    };
    let Some(text) = text(about, "dateFermeture") else { return Ok((inactive, None)) };
    // some dates carry a time of day
    let of_day = text.split('T').next().unwrap_or_default();
    let Some(day) = public_day(of_day) else { return Err(format!("dateFermeture \"{text}\" is no date")) };
    Ok((true, Some(Cow::Owned(day.into_owned()))))
}
