//! What is fed, and what must hold whatever the bytes: that nothing panics and each ends in time is
//! seen by whoever feeds.

use guichet::database::Database;
use guichet::domain::contact::{DomainName, Email, Phone};
use guichet::domain::dates::parse_date;
use guichet::domain::facts::{Facts, NoAnswer};
use guichet::domain::fill::{fill, wanted};
use guichet::domain::identifiers::{CardNumber, Finess, Rpps, RppsRang, Siren, Siret};
use guichet::domain::malformed::Malformed;
use guichet::domain::policy::{Policy, Profile};
use guichet::domain::rules;
use guichet::domain::sheet::Reading;
use guichet::domain::submissions;
use guichet::intake::mime::{MimeSettings, open_document, open_mail};
use guichet::reading::paper::engine::NoEngine;
use guichet::reading::{Editions, Limits, read};
use guichet::registry::{Feed, NotImported, Options, Registry, Source};
use guichet::report::{Input, Report, french};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::Value;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Something that takes anything.
pub struct Target {
    pub name: &'static str,
    /// How many mutations the bounded run feeds it.
    pub inputs: usize,
    pub seeds: fn() -> Vec<Vec<u8>>,
    pub holds: fn(&[u8]) -> Result<(), String>,
}

pub const TARGETS: [Target; 7] = [
    Target { name: "mail", inputs: 800, seeds: mails, holds: a_mail },
    Target { name: "container", inputs: 300, seeds: containers, holds: a_container },
    Target { name: "pdf", inputs: 60, seeds: pdfs, holds: a_document },
    Target { name: "form", inputs: 20, seeds: unpacked_pdfs, holds: a_document },
    Target { name: "identifiers", inputs: 1500, seeds: identifiers, holds: an_identifier },
    Target { name: "registry", inputs: 100, seeds: feeds, holds: a_feed },
    Target { name: "report", inputs: 300, seeds: readings, holds: a_reading },
];

fn fixtures(folder: &str, ending: &str, most: u64) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_str().unwrap().ends_with(ending) && path.metadata().unwrap().len() <= most);
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn holds(so: bool, what: &str) -> Result<(), String> {
    if so { Ok(()) } else { Err(what.to_owned()) }
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn mails() -> Vec<Vec<u8>> {
    ["mails/kinds", "mails/wrapped"].into_iter().flat_map(|folder| fixtures(folder, ".eml", 60_000)).collect()
}

/// What is shown of a mail can be shown, and no cap is passed.
fn a_mail(bytes: &[u8]) -> Result<(), String> {
    let settings = MimeSettings::default();
    let mail = open_mail(bytes, &settings);
    holds(mail.documents.len() <= settings.max_documents, "more documents than are read")?;
    let unpacked: usize = mail.documents.iter().map(|document| document.bytes.len()).sum();
    holds(unpacked as u64 <= settings.max_unpacked.0 + bytes.len() as u64, "more unpacked than allowed")?;
    holds(mail.documents.iter().all(|one| is_plain(&one.name) && !one.name.is_empty()), "a document's name")?;
    let head = &mail.head;
    holds(head.subject.as_ref().is_none_or(|subject| is_plain(subject.expose())), "the subject")?;
    holds(head.from.as_ref().is_none_or(|from| is_plain(from.address.expose())), "the sender's address")?;
    holds(head.message_id.as_deref().is_none_or(is_plain), "the Message-ID")
}

fn containers() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["F413.pdf", "../dehors.pdf", "dossier/autre.eml"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, b"%PDF-1.7\n%%EOF\n").unwrap();
    }
    all.push(archive.finish().unwrap().into_inner());
    for mail in fixtures("mails/wrapped", ".eml", 200_000) {
        let parsed = mail_parser::MessageParser::default().parse(&mail).unwrap();
        all.extend(
            parsed.attachments().map(|part| part.contents().to_vec()).filter(|part| part.len() < 60_000),
        );
    }
    all
}

/// The same for a file by itself.
fn a_container(bytes: &[u8]) -> Result<(), String> {
    let settings = MimeSettings::default();
    let (documents, _) = open_document("fichier", bytes.to_vec(), &settings);
    holds(documents.len() <= settings.max_documents, "more documents than are read")?;
    let unpacked: usize = documents.iter().map(|document| document.bytes.len()).sum();
    holds(unpacked as u64 <= settings.max_unpacked.0 + bytes.len() as u64, "more unpacked than allowed")?;
    holds(documents.iter().all(|one| is_plain(&one.name) && !one.name.is_empty()), "a document's name")
}

fn pdfs() -> Vec<Vec<u8>> {
    fixtures("forms", ".pdf", 14_000)
}

/// What a page draws stands in the clear, so that mutations reach words, places and values.
fn unpacked_pdfs() -> Vec<Vec<u8>> {
    let forms = ["ticks-x.drawn.pdf", "card-nine-digits.fields.pdf", "brackets-right.annotations.pdf"];
    let unpack = |name: &str| {
        let bytes = fixtures("forms", name, 200_000).remove(0);
        let mut document = lopdf::Document::load_mem(&bytes).unwrap();
        document.decompress();
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    };
    forms.into_iter().map(unpack).collect()
}

/// Whatever the document, there is a reading of it, and all that follows from it can be said.
fn a_document(bytes: &[u8]) -> Result<(), String> {
    let documents = [("F413.pdf".to_owned(), bytes.to_vec())];
    let readings = read(&documents, &Editions::default(), &Limits::default(), &mut NoEngine);
    holds(!readings.is_empty(), "nothing is said of the document")?;
    said(readings)
}

fn readings() -> Vec<Vec<u8>> {
    let read = |bytes: Vec<u8>| {
        let documents = [("F413.pdf".to_owned(), bytes)];
        read(&documents, &Editions::default(), &Limits::default(), &mut NoEngine)
    };
    let forms =
        ["ticks-x.drawn.pdf", "comb-finess-siret.fields.pdf", "drawn-card-is-not-its-value.fields.pdf"];
    let forms = forms.into_iter().flat_map(|name| fixtures("forms", name, 200_000));
    forms.map(|bytes| serde_json::to_vec(&read(bytes)).unwrap()).collect()
}

fn a_reading(bytes: &[u8]) -> Result<(), String> {
    serde_json::from_slice::<Vec<Reading>>(bytes).map_or(Ok(()), said)
}

/// Reading → form → verdict → report: the report is one of its schema, no answer in it is empty or
/// holds what cannot be printed, and nothing is accepted where no registry answers.
fn said(readings: Vec<Reading>) -> Result<(), String> {
    thread_local! {
        static SCHEMA: jsonschema::Validator = {
            let text = &fixtures("", "report.schema.json", 1 << 20)[0];
            jsonschema::validator_for(&serde_json::from_slice(text).unwrap()).unwrap()
        };
    }
    let policy = Policy::default();
    let judged: Vec<_> = submissions::join(readings)
        .into_iter()
        .map(|reading| {
            let filled = fill(reading, &policy);
            let asked = filled.form.as_ref().map(wanted).unwrap_or_default();
            rules::judge(filled, &Facts::silence(&asked, &NoAnswer::NeverLoaded), &policy, date(2026, 11, 22))
        })
        .collect();
    let input = Input { name: "F413.pdf".to_owned(), sha256: "0".repeat(64) };
    let report = Report::new(input, None, &judged, Vec::new());
    holds(!french(&report).trim().is_empty(), "the readable report is empty")?;
    let report: Value = serde_json::from_str(&report.line()).map_err(|error| error.to_string())?;
    SCHEMA.with(|schema| schema.validate(&report).map_err(|error| format!("the schema: {error}")))?;
    for submission in report["submissions"].as_array().into_iter().flatten() {
        holds(submission["verdict"] != "accepted", "accepted without a registry")?;
        answers(&submission["form"], "", &submission["evidence"])?;
    }
    Ok(())
}

/// What is empty is no answer, but for ink that could not be read, which is never sure.
fn answers(value: &Value, at: &str, evidence: &Value) -> Result<(), String> {
    let sure = || evidence[at]["confidence"].as_f64().is_none_or(|confidence| confidence >= 0.9);
    match value {
        Value::String(text) => holds(
            (!text.trim().is_empty() || !sure()) && is_plain(text),
            &format!("the answer {at}: {text:?}"),
        ),
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(n, one)| answers(one, &format!("{at}/{n}"), evidence))
        }
        Value::Object(map) => {
            map.iter().try_for_each(|(key, one)| answers(one, &format!("{at}/{key}"), evidence))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn identifiers() -> Vec<Vec<u8>> {
    let texts = [
        "310908306",
        "N° FINESS EJ : 2A 013 909 3",
        "732 829 320 00074",
        "35600000000048",
        "99700014121005",
        "10003456781",
        "2900351819",
        "04 72 11 22 33",
        "+262 262 12 34 56",
        "0033 (0)1.44.55.66.77 poste 12",
        "prenom.nom@chu-exemple.fr",
        "Nom <a@b.fr>",
        "https://www.domaine.fr/page?x=1",
        "@messagerie.example.com",
        "*.domaine.fr",
        "hôpital-été.fr",
        "22/11/2026",
        "le 1er décembre 2026",
        "2026-11-22",
        "12.1.26",
        "١٢/٠١/٢٠٢٦",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// What `parse` takes, it takes again as it wrote it, and there is nothing in it but plain characters.
fn an_identifier(bytes: &[u8]) -> Result<(), String> {
    type Parse = fn(&str) -> Result<String, Malformed>;
    const KINDS: [(&str, Parse); 11] = [
        ("finess", |raw| Finess::parse(raw, Profile::Test).map(|it| it.as_str().to_owned())),
        ("finess in production", |raw| {
            Finess::parse(raw, Profile::Production).map(|it| it.as_str().to_owned())
        }),
        ("siren", |raw| Siren::parse(raw).map(|it| it.as_str().to_owned())),
        ("siret", |raw| Siret::parse(raw).map(|it| it.as_str().to_owned())),
        ("rpps", |raw| Rpps::parse(raw).map(|it| it.as_str().to_owned())),
        ("rpps rang", |raw| RppsRang::parse(raw).map(|it| it.as_str().to_owned())),
        ("card", |raw| CardNumber::parse(raw).map(|it| it.as_str().to_owned())),
        ("phone", |raw| Phone::parse(raw).map(|it| it.as_str().to_owned())),
        ("e-mail", |raw| Email::parse(raw).map(|it| it.as_str().to_owned())),
        ("host", |raw| DomainName::parse_host(raw).map(|it| it.as_str().to_owned())),
        ("mail domain", |raw| DomainName::parse_mail(raw).map(|it| it.as_str().to_owned())),
    ];
    let text = String::from_utf8_lossy(bytes);
    for (kind, parse) in KINDS {
        let Ok(once) = parse(&text) else { continue };
        holds(
            !once.is_empty() && is_plain(&once) && once.is_ascii(),
            &format!("{kind}: {text:?} → {once:?}"),
        )?;
        let again = parse(&once).ok();
        holds(again.as_ref() == Some(&once), &format!("{kind}: {text:?} → {once:?} → {again:?}"))?;
    }
    if let Ok(day) = parse_date(&text) {
        holds(parse_date(&day.to_string()).ok() == Some(day), &format!("date: {text:?} → {day}"))?;
    }
    Ok(())
}

/// The feeds by the number before their file; the public ones in the shapes they are published in.
const FEEDS: [Feed; 6] =
    [Feed::Structures, Feed::Contracts, Feed::Cards, Feed::Mandates, Feed::Finess, Feed::Holders];

fn feeds() -> Vec<Vec<u8>> {
    let own = ["structures.csv", "contracts.csv", "cards.csv", "mandates.csv"];
    let head = |name: &str| fixtures("registry", name, 1 << 20).remove(0).into_iter().take(3000).collect();
    let files: [(u8, Vec<u8>); 8] = [
        (0, head(own[0])),
        (1, head(own[1])),
        (2, head(own[2])),
        (3, head(own[3])),
        (4, include_bytes!("seeds/establishments.csv").to_vec()),
        (4, include_bytes!("seeds/entities.csv").to_vec()),
        (4, include_bytes!("seeds/finess.json").to_vec()),
        (5, include_bytes!("seeds/holders.txt").to_vec()),
    ];
    files.into_iter().map(|(feed, file)| [vec![feed], file].concat()).collect()
}

/// An import ends in a snapshot that can be asked, or changes nothing. Anything that can be read is
/// taken: it is the rows that are tried here.
fn a_feed(bytes: &[u8]) -> Result<(), String> {
    thread_local! {
        static DESK: RefCell<Option<(tokio::runtime::Runtime, tempfile::TempDir, Registry)>> =
            const { RefCell::new(None) };
    }
    let Some((first, file)) = bytes.split_first() else { return Ok(()) };
    let feed = FEEDS[usize::from(*first) % FEEDS.len()];
    DESK.with_borrow_mut(|desk| {
        let (runtime, folder, registry) = desk.get_or_insert_with(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}/registry.db", folder.path().display());
            let database = runtime.block_on(Database::open(&url)).unwrap();
            (runtime, folder, Registry::new(database))
        });
        let path = folder.path().join("feed");
        std::fs::write(&path, file).unwrap();
        let options = Options { force: true, max_bad_rows: 1.0, ..Options::default() };
        runtime.block_on(async {
            let say = |error: guichet::fault::Fault| error.to_string();
            let before = registry.current().await.map_err(say)?.map(|snapshot| snapshot.id);
            let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
            match registry.import(&[Source { feed, path }], &options, now, |_| {}).await {
                Ok(imported) => holds(imported.before == before, "the snapshot before is another")?,
                Err(NotImported::Refused { .. }) => {
                    let after = registry.current().await.map_err(say)?.map(|snapshot| snapshot.id);
                    holds(after == before, "a refused import changed the snapshot")?;
                }
                Err(NotImported::Fault(fault)) => return Err(format!("a fault for a file: {fault}")),
            }
            Ok(())
        })
    })
}
