//! Forms that come back repaired: what was right is in its box, what was wrong is empty and numbered as
//! the letter numbers it, and the copy does nothing but be filled in.

mod hostile;
mod letters;
mod paper;
mod viewers;

use crate::desk::{bytes_of, fixture};
use guichet::domain::sheet::{Mark, Reading, Sheet, Source, Zone};
use guichet::reading::paper::engine::NoEngine;
use guichet::reading::{Editions, Limits, read_one};
use paper::{Paper, Widget};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Problems that no box of the form mends.
const NO_BOX: [&str; 5] =
    ["contract_missing", "contract_inactive", "mandate_missing", "mandate_expired", "form_incomplete"];
/// Of a document with one of these nothing can be kept.
const NO_COPY: [&str; 7] = [
    "form_absent",
    "form_blank",
    "document_encrypted",
    "document_damaged",
    "document_too_large",
    "document_unsupported",
    "document_link",
];

fn check(arguments: &[&str], files: &[PathBuf]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command.args(["check", "--json", "--as-of", "2026-11-22", "--registry"]).arg(fixture("registry"));
    let output = command.args(arguments).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Writes the copies of these files into a folder.
pub(super) fn repair(folder: &Path, files: &[PathBuf]) -> Vec<Value> {
    // as a folder, also for one file
    let folder = format!("{}/", folder.display());
    check(&["--repaired", &folder], files)
}

fn copy_of(folder: &Path, file: &Path) -> PathBuf {
    folder.join(format!("{}-a-corriger.pdf", file.file_stem().unwrap().to_string_lossy()))
}

/// `code`, `field` of what sent a form back, in the letter's order.
fn problems(submission: &Value) -> Vec<(String, String)> {
    let findings = submission["findings"].as_array().unwrap().iter();
    let text = |one: &Value| one.as_str().unwrap().to_owned();
    findings
        .filter(|one| one["severity"] == "reject")
        .map(|one| (text(&one["code"]), text(&one["field"])))
        .collect()
}

fn read(bytes: &[u8]) -> Reading {
    let read = read_one("f", bytes.to_vec(), &Editions::default(), &Limits::default(), &mut NoEngine);
    let [one] = <[Reading; 1]>::try_from(read).unwrap_or_else(|all| panic!("{} forms", all.len()));
    one
}

fn sheet(bytes: &[u8]) -> Sheet {
    read(bytes).sheet.unwrap()
}

/// Rejected fixtures of which a copy is to be made.
fn mendable() -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(fixture("forms"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "pdf"))
        .filter(|path| {
            let expected = std::fs::read(path.with_extension("expected.json")).unwrap();
            let expected: Value = serde_json::from_slice(&expected).unwrap();
            let codes = || expected["findings"].as_array().into_iter().flatten().map(|one| &one[0]);
            expected["verdict"] == "rejected" && !codes().any(|code| NO_COPY.iter().any(|no| code == no))
        })
        .collect();
    names.sort();
    names
}

fn words(sheet: &Sheet) -> BTreeMap<String, String> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    sheet.texts.iter().map(|(field, written)| (field.pointer(), plain(written.value()))).collect()
}

fn ticked(sheet: &Sheet) -> BTreeSet<String> {
    let ticked = sheet.ticks.iter().filter(|(_, marked)| marked.mark == Mark::Checked);
    ticked.map(|(tick, _)| format!("{tick:?}")).collect()
}

/// Every form among the fixtures that is rejected and can be mended: its copy, as it is, then corrected
/// in the numbered boxes.
#[test]
fn every_copy_keeps_what_was_right_and_once_corrected_has_none_of_its_problems() {
    let files = mendable();
    assert!(files.len() > 70, "{}", files.len());
    let folder = tempfile::tempdir().unwrap();
    let reports = repair(folder.path(), &files);
    let corrected = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (file, report) in files.iter().zip(&reports) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let submission = &report["submissions"][0];
        let copy = copy_of(folder.path(), file);
        let bytes = std::fs::read(&copy).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (before, after) = (sheet(&std::fs::read(file).unwrap()), read(&bytes));
        assert_eq!(after.source, Source::Fields, "{name}");
        let after = after.sheet.unwrap();
        assert!(after.digital_signatures.is_empty(), "{name}");
        assert_eq!((&after.signature, &after.stamp), (&Zone::Empty, &Zone::Empty), "{name}: not signed yet");
        hostile::does_nothing(&bytes, &name);
        // what is there was there, and every answer of the original is there or asked again
        let (was, is) = (words(&before), words(&after));
        assert!(is.iter().all(|(field, words)| was.get(field) == Some(words)), "{name}: {was:#?} {is:#?}");
        assert!(after.texts.values().all(|written| written.disagrees.is_none()), "{name}");
        assert!(ticked(&after).is_subset(&ticked(&before)), "{name}");
        let paper = Paper::open(&bytes);
        let emptied = was.keys().filter(|field| !is.contains_key(*field)).count();
        assert!(emptied <= paper.numbers.len(), "{name}: {emptied} emptied, {} numbers", paper.numbers.len());
        // numbered as in the letter
        let problems = problems(submission);
        let wanted: BTreeSet<String> = (1..)
            .zip(&problems)
            .filter(|(_, (code, field))| {
                let has_box = !field.ends_with("terms_accepted") || is_own(file, &paper);
                has_box && !NO_BOX.contains(&code.as_str())
            })
            .map(|(number, _)| number.to_string())
            .collect();
        let labels = paper.numbers.iter().flat_map(|number| number.label.split(", ").map(str::to_owned));
        assert_eq!(labels.collect::<BTreeSet<_>>(), wanted, "{name}");
        if name.ends_with(".fields.pdf") {
            assert!(is_own(file, &paper), "{name}: the requester's own document");
        }
        let path = corrected.path().join(&name);
        std::fs::write(&path, correct(paper, &problems)).unwrap();
        all.push((path, problems, is));
    }
    let paths: Vec<PathBuf> = all.iter().map(|(path, ..)| path.clone()).collect();
    for ((path, problems, kept), report) in all.iter().zip(check(&[], &paths)) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let found = report["submissions"][0]["findings"].as_array().unwrap();
        for (code, field) in problems.iter().filter(|(code, _)| !NO_BOX.contains(&code.as_str())) {
            let again =
                found.iter().any(|one| one["code"] == code.as_str() && one["field"] == field.as_str());
            assert!(!again, "{name}: {code} {field} again: {found:#?}");
        }
        let evidence = report["submissions"][0]["evidence"].as_object().unwrap().values();
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let now: BTreeSet<String> = evidence.map(|one| plain(one["raw"].as_str().unwrap())).collect();
        for (field, words) in kept {
            assert!(now.contains(words), "{name}: {field} as it was");
        }
    }
}

/// Whether a copy has the fields of its original.
fn is_own(file: &Path, copy: &Paper) -> bool {
    let Ok(original) = lopdf::Document::load(file) else { return false };
    let names = |file: &lopdf::Document| -> BTreeSet<Vec<u8>> {
        let dicts = file.objects.values().filter_map(|object| object.as_dict().ok());
        let named = dicts.filter(|dict| dict.has(b"T") && !dict.has(b"TU"));
        named.map(|dict| dict.get(b"T").unwrap().as_str().unwrap_or_default().to_vec()).collect()
    };
    let (was, is) = (names(&original), names(&copy.file));
    !was.is_empty() && is.is_subset(&was)
}

/// The right values in the numbered boxes. Which box asks for what says the reader: each is tried with a
/// word of its own.
fn correct(mut paper: Paper, problems: &[(String, String)]) -> Vec<u8> {
    let problem = |label: &str| {
        let at: usize = label.split(", ").next().unwrap().parse().unwrap();
        problems[at - 1].1.as_str()
    };
    let zone = |label: &str| matches!(problem(label), "/declaration/signature" | "/declaration/stamp");
    let boxes: Vec<(String, Widget)> = paper
        .numbers
        .iter()
        .filter(|number| !zone(&number.label))
        .filter_map(|number| Some((number.label.clone(), paper.beside(number)?.clone())))
        .collect();
    let mut probe = Paper::open(&paper.bytes());
    for (n, (_, widget)) in boxes.iter().enumerate().filter(|(_, (_, widget))| !widget.button) {
        probe.type_in(widget, &format!("Sonde{n}"));
    }
    // one box by a number of its own is the one that the letter names
    let tells = |(label, widget): &(String, Widget)| {
        let alone = boxes.iter().filter(|(other, _)| other == label).count() == 1;
        let of_list = LINES.iter().any(|list| problem(label).starts_with(list));
        !widget.button && (of_list || !alone)
    };
    let tried = if boxes.iter().any(tells) { words(&sheet(&probe.bytes())) } else { BTreeMap::new() };
    let mut done = BTreeSet::new();
    for (n, (label, widget)) in boxes.iter().enumerate() {
        let first = done.insert(label.clone());
        if widget.button {
            // of a group one is enough
            if first {
                paper.tick(widget);
            }
            continue;
        }
        let field =
            tried.iter().find(|(_, words)| **words == format!("Sonde{n}")).map(|(field, _)| field.as_str());
        let field = if tried.is_empty() { Some(problem(label)) } else { field };
        let Some(field) = field else { panic!("nobody asks for what box {n} takes ({label})") };
        // one of the two lines for a server
        if field == "/certificates/server_ssl/server"
            && boxes.iter().filter(|(other, _)| other == label).count() > 1
        {
            continue;
        }
        if field == "/structure/siret" && !first {
            continue;
        }
        paper.type_in(widget, right(field));
    }
    for number in paper.numbers.clone() {
        if zone(&number.label) {
            paper.sign(&number);
        }
    }
    paper.bytes()
}

/// Problems that name a list, or several boxes.
const LINES: [&str; 4] = ["/structure", "/administrators", "/signatory", "/certificates"];

/// A value that is right by itself, and in the fixtures' registry where that knows such values.
fn right(field: &str) -> &'static str {
    let cell = field.rsplit('/').next().unwrap();
    match cell {
        "finess" => "290704873",
        "siret" => "36613186000004",
        "card" => "2441296026",
        "last_name" => "Ben Amor",
        "first_name" | "first_names" => "Clémence",
        "phone" => "01 42 86 00 00",
        "email" => "clemence.ben-amor@clinique-ozoir-bois.fr",
        "date" => "20/11/2026",
        "domain" | "server" => "www.clinique-ozoir-bois.fr",
        "mail_domain" => "clinique-ozoir-bois.fr",
        _ => "Réponse corrigée",
    }
}

/// Long words, accents, and letters that the fonts of the standard do not have.
#[test]
fn long_and_foreign_words_come_back_as_they_were_typed() {
    let folder = tempfile::tempdir().unwrap();
    let mut paper = Paper::open(&bytes_of("forms/missing-phone.fields.pdf"));
    let before = words(&sheet(&bytes_of("forms/missing-phone.fields.pdf")));
    let long = "Télétransmission des résultats d'analyses « Œuvre Łódź », Ștefănești : raccordement à l'annuaire national de santé, échanges sécurisés entre établissements et signature des comptes rendus, à partir de septembre 2027 (phase pilote, puis généralisation).";
    for (old, new) in [
        (before["/usage/purpose"].clone(), long),
        (before["/signatory/last_name"].clone(), "D'Hérouville-Čapek de la Fère-en-Tardenois-Saint-Œil"),
    ] {
        let widget = paper.widgets.iter().find(|widget| {
            let field = paper.file.get_dictionary(widget.field).unwrap();
            let value = field.get(b"V").ok().and_then(|value| lopdf::decode_text_string(value).ok());
            value.is_some_and(|value| value.split_whitespace().eq(old.split_whitespace()))
        });
        let widget = widget.unwrap().clone();
        paper.type_in(&widget, new);
    }
    let file = folder.path().join("long.pdf");
    std::fs::write(&file, paper.bytes()).unwrap();
    repair(folder.path(), std::slice::from_ref(&file));
    let copy = std::fs::read(copy_of(folder.path(), &file)).unwrap();
    let is = words(&sheet(&copy));
    assert_eq!(is["/usage/purpose"], long);
    assert!(is["/signatory/last_name"].contains("Čapek"));
    assert!(is_own(&file, &Paper::open(&copy)));
}

/// What is on paper goes into the blank edition; only what was read for certain.
#[test]
fn paper_comes_back_as_the_blank_edition() {
    let folder = tempfile::tempdir().unwrap();
    let file = fixture("paper/published-200-grey.scan.pdf");
    let target = folder.path().join("copy.pdf");
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    // dated long after the day of reception: sent back
    command.args(["check", "--json", "--as-of", "2025-01-01", "--repaired"]).arg(&target).arg(&file);
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let submission = &report["submissions"][0];
    assert_eq!(submission["verdict"], "rejected");
    let copy = std::fs::read(&target).unwrap();
    hostile::does_nothing(&copy, "paper");
    let is = words(&sheet(&copy));
    assert!(is.len() > 15 && !is.contains_key("/declaration/date"), "{is:#?}");
    for (field, words) in is {
        let evidence = &submission["evidence"][field.as_str()];
        assert!(evidence["confidence"].as_f64().unwrap() >= 0.9, "{field}");
        let raw: Vec<&str> = evidence["raw"].as_str().unwrap().split_whitespace().collect();
        assert_eq!(raw.join(" "), words, "{field}");
    }
    let numbers: Vec<String> = Paper::open(&copy).numbers.into_iter().map(|number| number.label).collect();
    assert_eq!(numbers.len(), problems(submission).len(), "{numbers:?}");
}
