//! Walks `fixtures/forms` (each `X.pdf` beside its `X.expected.json`) through `read` and compares
//! the answers, after the normalisation of the formats (spaces, case, international numbers).

use super::forms::{Gathered, Opened, gather};
use super::page::{Area, Document, Origin};
use super::paper::engine::NoEngine;
use super::pdf::open;
use super::{Editions, Limits, forms, read_one};
use crate::domain::contact::{DomainName, Phone};
use crate::domain::dates::parse_date;
use crate::domain::form::{Field, Role};
use crate::domain::sheet::{Mark, Reading, Sheet, Tick, Written, Zone};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// Everything that differs between a document's readings and what is expected of them.
fn differences(pdf: &Path) -> Vec<String> {
    let name = pdf.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let expected =
        std::fs::read_to_string(pdf.with_extension("expected.json")).expect("an expectation beside it");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let bytes = std::fs::read(pdf).expect("a fixture");
    let readings = read_one(&name, bytes, &Editions::default(), &Limits::default(), &mut NoEngine);
    let wanted: Vec<&Value> = match expected.get("submissions").and_then(Value::as_array) {
        Some(list) => list.iter().collect(),
        None => vec![&expected],
    };
    let mut out = Vec::new();
    if readings.len() != wanted.len() {
        out.push(format!("{} readings instead of {}", readings.len(), wanted.len()));
    }
    for (reading, wanted) in readings.iter().zip(wanted) {
        out.extend(findings(reading, wanted));
        match (&reading.sheet, wanted.get("form").filter(|form| !form.is_null())) {
            (Some(sheet), Some(form)) => out.extend(answers(sheet, form, wanted)),
            (None, Some(_)) => out.push("no sheet".to_owned()),
            (Some(sheet), None) => out.extend(filled(sheet)),
            (None, None) => {}
        }
    }
    out.into_iter().map(|line| format!("{name}: {line}")).collect()
}

/// Findings about the document that are missing or too many.
fn findings(reading: &Reading, wanted: &Value) -> Vec<String> {
    let document = |code: &str| {
        code.starts_with("document_")
            || matches!(code, "form_absent" | "form_incomplete" | "form_edition_unknown")
    };
    let wanted: BTreeSet<String> = wanted["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding[0].as_str())
        .filter(|code| document(code))
        .map(str::to_owned)
        .collect();
    let found: BTreeSet<String> =
        reading.findings.iter().map(|finding| finding.code.as_str().to_owned()).collect();
    (wanted != found).then(|| format!("findings {found:?} instead of {wanted:?}")).into_iter().collect()
}

/// What an empty form must not hold.
fn filled(sheet: &Sheet) -> Vec<String> {
    let mut out: Vec<String> = sheet
        .texts
        .iter()
        .map(|(field, written)| format!("{field} holds {:?}", written.evidence.raw))
        .collect();
    out.extend(
        sheet
            .ticks
            .iter()
            .filter(|(_, marked)| marked.mark != Mark::Empty)
            .map(|(tick, _)| format!("{tick:?} is ticked")),
    );
    for (zone, content) in [("signature", &sheet.signature), ("stamp", &sheet.stamp)] {
        if let Zone::Ink { evidence } | Zone::Unsure { evidence } = content {
            out.push(format!("the {zone} zone holds {:?}", evidence.raw));
        }
    }
    out.extend(sheet.unlocated.iter().map(|field| format!("{field} is not located")));
    out
}

fn answers(sheet: &Sheet, form: &Value, wanted: &Value) -> Vec<String> {
    let mut have = texts(sheet);
    have.extend(ticked(sheet));
    let mut want: BTreeMap<String, String> = BTreeMap::new();
    leaves(form, String::new(), &mut want);
    let coded =
        |code: &str| wanted["findings"].as_array().into_iter().flatten().any(|finding| finding[0] == code);
    // a broken or sound digital signature is another room's business
    for place in ["/declaration/signature", "/declaration/stamp"] {
        if want.get(place).is_some_and(|value| value == "digital") || coded("signature_broken") {
            want.remove(place);
            have.remove(place);
        }
    }
    if coded("ambiguous") && !want.contains_key("/signatory/role") {
        have.remove("/signatory/role");
    }
    let mut out = Vec::new();
    let differ: BTreeSet<String> = sheet
        .texts
        .iter()
        .filter(|(_, written)| written.disagrees.is_some())
        .map(|(field, _)| field.pointer())
        .chain(sheet.ticks.iter().filter(|(_, marked)| marked.disagrees).map(|(tick, _)| format!("{tick:?}")))
        .collect();
    let said: BTreeSet<String> = wanted["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding[0] == "values_disagree")
        .filter_map(|finding| finding[1].as_str().map(str::to_owned))
        .collect();
    if differ.len() != said.len()
        || differ.iter().any(|place| place.starts_with('/') && !said.contains(place))
    {
        out.push(format!(
            "channels differ on {differ:?} instead of {said:?}: {:?}",
            sheet
                .texts
                .values()
                .filter(|w| w.disagrees.is_some())
                .map(|w| &w.evidence.raw)
                .collect::<Vec<_>>()
        ));
    }
    let doubted: BTreeSet<&str> = wanted["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding[0] == "low_confidence")
        .filter_map(|finding| finding[1].as_str())
        .collect();
    for place in want.keys().chain(have.keys()).collect::<BTreeSet<_>>() {
        let (wanted, found) = (want.get(place), have.get(place));
        let same = match (wanted, found) {
            // whoever looks at it decides
            (wanted, Some(found)) if found == "unsure" => {
                doubted.contains(place.as_str()) && wanted.is_none_or(|wanted| wanted == "false")
            }
            // a box on a page that is not there
            (Some(wanted), None) if wanted == "false" && place != "/declaration/terms_accepted" => true,
            (Some(wanted), Some(found)) => comparable(place, wanted) == comparable(place, found),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !same {
            out.push(format!("{place} is {found:?} instead of {wanted:?}"));
        }
    }
    out
}

/// The sheet's texts by pointer, rows counted without the empty ones.
fn texts(sheet: &Sheet) -> BTreeMap<String, String> {
    let mut rows = BTreeSet::new();
    let mut lines = BTreeSet::new();
    for field in sheet.texts.keys() {
        rows.extend(row(*field));
        if let Field::RppsRang(n) = field {
            lines.insert(*n);
        }
    }
    let number = |set: &BTreeSet<u8>, n: u8| u8::try_from(set.range(..n).count()).unwrap_or(u8::MAX);
    let place = |field: Field| match (row(field), field) {
        (Some(n), _) => field.in_row(number(&rows, n)).pointer(),
        (None, Field::RppsRang(n)) => Field::RppsRang(number(&lines, n)).pointer(),
        (None, other) => other.pointer(),
    };
    // where two channels disagree the field's own value is compared
    let own = |written: &Written| written.value().to_owned();
    sheet
        .texts
        .iter()
        .map(|(field, written)| (place(*field), own(written)))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn row(field: Field) -> Option<u8> {
    match field {
        Field::AdministratorCard(n)
        | Field::AdministratorLastName(n)
        | Field::AdministratorFirstName(n)
        | Field::AdministratorPhone(n)
        | Field::AdministratorEmail(n) => Some(n),
        _ => None,
    }
}

fn ticked(sheet: &Sheet) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let state = |mark: Mark| match mark {
        Mark::Checked => "true",
        Mark::Empty => "false",
        Mark::Unsure => "unsure",
    };
    for (tick, marked) in &sheet.ticks {
        let place = match tick {
            Tick::Role(Role::LegalRepresentative | Role::Delegate | Role::PracticeHolder) => continue,
            Tick::Org => Field::OrgRequested,
            Tick::ServerSsl => Field::ServerSslRequested,
            Tick::ServerSmime => Field::ServerSmimeRequested,
            Tick::Pro => Field::ProRequested,
            Tick::Terms => Field::TermsAccepted,
        };
        out.insert(place.pointer(), state(marked.mark).to_owned());
    }
    let roles: Vec<&str> = sheet
        .ticks
        .iter()
        .filter(|(_, marked)| marked.mark != Mark::Empty)
        .filter_map(|(tick, _)| match tick {
            Tick::Role(role) => Some(role.as_str()),
            _ => None,
        })
        .collect();
    if !roles.is_empty() {
        out.insert(Field::Role.pointer(), roles.join("+"));
    }
    let ink = |zone: &Zone| match zone {
        Zone::Empty => None,
        Zone::Ink { .. } => Some(true),
        Zone::Unsure { .. } => Some(false),
    };
    if let Some(sure) = ink(&sheet.signature) {
        out.insert(Field::Signature.pointer(), if sure { "ink" } else { "unsure" }.to_owned());
    }
    if !sheet.absent.contains(&Field::Stamp) {
        let stamp = ink(&sheet.stamp).map_or("false", |sure| if sure { "true" } else { "unsure" });
        out.insert(Field::Stamp.pointer(), stamp.to_owned());
    }
    out
}

/// The leaves of the expected form that hold something.
fn leaves(value: &Value, at: String, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                leaves(member, format!("{at}/{key}"), out);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, format!("{at}/{index}"), out);
            }
        }
        Value::String(text) if at == "/declaration/signature" && text == "none" => {}
        Value::String(text) => {
            out.insert(at, text.clone());
        }
        Value::Bool(flag) => {
            out.insert(at, flag.to_string());
        }
        Value::Null | Value::Number(_) => {}
    }
}

fn comparable(place: &str, text: &str) -> String {
    let plain = text.nfc().collect::<String>().replace(['’', '\u{2bc}'], "'");
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    match place.rsplit('/').next().unwrap_or_default() {
        "finess" | "siret" | "card" => {
            digits.trim_start_matches('N').trim_start_matches("FINESS").trim_start_matches("SIRET").to_owned()
        }
        _ if place.contains("rpps_rang") => digits,
        "phone" => Phone::parse(text).map_or(digits, |phone| phone.as_str().to_owned()),
        "date" => parse_date(text).map_or(words, |date| date.to_string()),
        "mail_domain" => DomainName::parse_mail(text).map_or(words, |domain| domain.as_str().to_owned()),
        "domain" | "server" => {
            DomainName::parse_host(text).map_or(words, |domain| domain.as_str().to_owned())
        }
        _ => words,
    }
}

/// Fixtures whose expectation is not of this room.
const ELSEWHERE: [&str; 2] = [
    // `domain::submissions` joins its two readings
    "second-copy-with-further-rpps-rang",
    // expects what stood there when it was signed; what it says now is another value
    "digitally-signed-then-value-changed",
];

fn fixtures(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("the fixtures")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
        .filter(|path| path.with_extension("expected.json").exists())
        .filter(|path| !ELSEWHERE.iter().any(|name| path.to_string_lossy().contains(name)))
        .collect();
    files.sort();
    files
}

#[test]
fn every_form_reads_as_expected() {
    let files = fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms"));
    assert!(!files.is_empty());
    let half = files.len().div_ceil(2);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = files
            .chunks(half)
            .map(|chunk| scope.spawn(|| chunk.iter().flat_map(|pdf| differences(pdf)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Words typed over the form stand a little off: the answers stay the same.
#[test]
fn words_typed_a_little_off_answer_the_same_boxes() {
    let typed = |path: &PathBuf| path.to_string_lossy().contains(".annotations.");
    let files = fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms"));
    let mut wrong = Vec::new();
    for pdf in files.iter().filter(|path| typed(path)) {
        let expected = std::fs::read_to_string(pdf.with_extension("expected.json")).expect("an expectation");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let document = open(&std::fs::read(pdf).expect("a fixture"), &Limits::default());
        for (dx, dy) in [(-5.0, 0.0), (4.0, 4.0), (0.0, -3.5), (-3.0, -3.0)] {
            let document = moved(&document, dx, dy);
            let opened = [Opened { name: "f413.pdf", bytes: &[], document: &document }];
            let form = gather(&opened).into_iter().find(Gathered::is_form).expect("a form");
            let sheet = forms::read(form, &opened, &Editions::default(), false).sheet.expect("a sheet");
            let differences = answers(&sheet, &expected["form"], &expected).into_iter();
            wrong.extend(differences.map(|line| format!("{} by {dx}, {dy}: {line}", pdf.display())));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// The document with the words of its annotations elsewhere.
fn moved(document: &Document, dx: f32, dy: f32) -> Document {
    let mut document = document.clone();
    let words = document.pages.iter_mut().flat_map(|page| &mut page.words);
    for word in words.filter(|word| matches!(word.origin, Origin::Annotation(_))) {
        let area = word.area;
        word.area = Area { x0: area.x0 + dx, x1: area.x1 + dx, y0: area.y0 + dy, y1: area.y1 + dy };
    }
    document
}

/// Printed smaller or larger: the answers stay the same.
#[test]
fn the_published_form_in_another_size_reads_the_same() {
    let published = |path: &PathBuf| path.to_string_lossy().contains("published-");
    let files = fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms"));
    let mut wrong = Vec::new();
    for pdf in files.iter().filter(|path| published(path)) {
        let expected = std::fs::read_to_string(pdf.with_extension("expected.json")).expect("an expectation");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let document = open(&std::fs::read(pdf).expect("a fixture"), &Limits::default());
        for scale in [0.75, 1.37] {
            let document = printed(&document, scale);
            let opened = [Opened { name: "f413.pdf", bytes: &[], document: &document }];
            let Some(form) = gather(&opened).into_iter().find(Gathered::is_form) else { continue };
            let sheet = forms::read(form, &opened, &Editions::default(), false).sheet.expect("a sheet");
            let differences = answers(&sheet, &expected["form"], &expected).into_iter();
            wrong.extend(differences.map(|line| format!("{} at {scale}: {line}", pdf.display())));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// The document printed in another size.
fn printed(document: &Document, scale: f32) -> Document {
    let mut document = document.clone();
    let resize = |area: &mut Area| {
        *area = Area { x0: area.x0 * scale, y0: area.y0 * scale, x1: area.x1 * scale, y1: area.y1 * scale };
    };
    for page in &mut document.pages {
        page.width *= scale;
        page.height *= scale;
        page.words.iter_mut().for_each(|word| {
            resize(&mut word.area);
            word.size *= scale;
        });
        page.rules.iter_mut().for_each(|rule| resize(&mut rule.area));
        page.ink.iter_mut().for_each(|ink| resize(&mut ink.area));
        page.widgets.iter_mut().for_each(|widget| resize(&mut widget.area));
    }
    document
}
