//! `guichet check` as people and machines run it.

use crate::desk::{bytes_of, fixture};
use serde_json::Value;
use std::process::{Command, Output};

fn check(arguments: &[&str], files: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command
        .arg("check")
        .args(["--as-of", "2026-11-22", "--registry"])
        .arg(fixture("registry"))
        .args(arguments);
    command.args(files.iter().map(|file| fixture(file)));
    command.output().unwrap()
}

fn reports(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All fixtures of a folder, by ending.
fn all(folder: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(fixture(folder))
        .unwrap()
        .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    names
}

#[test]
fn every_line_is_a_report_of_the_schema_in_the_order_of_the_files() {
    let schema: Value = serde_json::from_slice(&bytes_of("report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut files = all("mails/demo", ".eml");
    files.extend(all("mails/kinds", ".eml"));
    files.extend(all("forms", ".pdf").into_iter().step_by(5));
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let found = reports(&check(&["--json"], &files));
    assert_eq!(found.len(), files.len());
    for (file, report) in files.iter().zip(&found) {
        let errors: Vec<_> = schema.iter_errors(report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
        assert!(report["input"]["name"].as_str().unwrap().ends_with(file));
        assert!(report["message"].is_object() == file.ends_with(".eml"), "{file}");
    }
    let spoilt = serde_json::json!({ "schema": "guichet.report/1" });
    assert!(!schema.is_valid(&spoilt), "the schema can refuse");
}

/// Every form among the fixtures, whatever its edition and however it was filled: verdict,
/// findings and every answer.
#[test]
fn every_form_is_read_and_judged_as_its_expectation_says() {
    let files = all("forms", ".pdf");
    let names: Vec<_> = files.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for (file, report) in files.iter().zip(reports(&check(&["--json"], &names))) {
        let expected = bytes_of(&file.replace(".pdf", ".expected.json"));
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let several = expected["submissions"].as_array().cloned().unwrap_or_else(|| vec![expected.clone()]);
        let found = report["submissions"].as_array().unwrap();
        if found.len() != several.len() {
            wrong.push(format!("{file}: {} submissions, not {}", found.len(), several.len()));
        }
        for (wanted, got) in several.iter().zip(found) {
            wrong.extend(differences(wanted, got).into_iter().map(|what| format!("{file}: {what}")));
        }
    }
    assert!(files.len() > 100, "{}", files.len());
    assert!(wrong.is_empty(), "{} differences: {wrong:#?}", wrong.len());
}

fn differences(wanted: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if wanted["verdict"] != got["verdict"] {
        found.push(format!("verdict {}, not {}", got["verdict"], wanted["verdict"]));
    }
    let pairs = |list: &Value, pair: fn(&Value) -> String| {
        let mut all: Vec<_> = list.as_array().unwrap().iter().map(pair).collect();
        all.sort();
        all
    };
    let wants = pairs(&wanted["findings"], |one| {
        format!("{} {}", one[0].as_str().unwrap(), one[1].as_str().unwrap())
    });
    let has = pairs(&got["findings"], |one| {
        format!("{} {}", one["code"].as_str().unwrap(), one["field"].as_str().unwrap())
    });
    if wants != has {
        found.push(format!("findings {has:?}, not {wants:?}"));
    }
    // a blank form has nothing to compare: empty boxes say as much as no form
    let blank = wanted["findings"].as_array().unwrap().iter().any(|one| one[0] == "form_blank");
    if !blank {
        compare(&wanted["form"], &got["form"], String::new(), &mut found);
    }
    found
}

/// Letters' case and runs of white space aside.
fn compare(wanted: &Value, got: &Value, at: String, found: &mut Vec<String>) {
    let folded =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('’', "'").to_lowercase();
    match (wanted, got) {
        (Value::Object(members), _) => {
            for (name, member) in members {
                compare(member, &got[name], format!("{at}/{name}"), found);
            }
        }
        (Value::Array(items), _) => {
            let count = got.as_array().map_or(0, Vec::len);
            if count != items.len() {
                found.push(format!("{at}: {count} entries, not {}", items.len()));
            }
            for (n, item) in items.iter().enumerate() {
                compare(item, &got[n], format!("{at}/{n}"), found);
            }
        }
        (Value::String(text), Value::String(other)) if folded(text) == folded(other) => {}
        (wanted, got) if wanted == got => {}
        (wanted, got) => found.push(format!("{at}: {got}, not {wanted}")),
    }
}

#[test]
fn the_readable_report_is_french_and_names_what_to_do() {
    let output = check(&[], &["mails/demo/04-rejected-mandate-ended.eml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Verdict : REFUSÉ") && text.contains("faites-le renouveler"), "{text}");
    assert!(text.contains("Réponse prévue"), "{text}");
}

#[test]
fn a_file_that_is_not_there_fails_and_the_others_are_examined() {
    let output = check(&["--json"], &["no-such-file.pdf", "mails/demo/16-empty-mail.eml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    assert!(String::from_utf8(output.stderr).unwrap().contains("no-such-file.pdf"));
}

#[test]
fn without_a_registry_nothing_is_rejected_for_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command.args(["check", "--json", "--as-of", "2026-11-22"]);
    let output = command.arg(fixture("mails/demo/04-rejected-mandate-ended.eml")).output().unwrap();
    let report = &reports(&output)[0];
    assert_eq!(report["submissions"][0]["verdict"], "review");
    assert_eq!(report["submissions"][0]["findings"][0]["code"], "registry_unavailable");
}

#[test]
fn nothing_is_written_beside_the_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("mails/demo/01-accepted-hospital.eml"), folder.path().join("a.eml")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command.args(["check", "a.eml"]).current_dir(folder.path());
    assert!(command.output().unwrap().status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Whoever exports the registry need not know the classes: category and family say the same.
#[test]
fn a_registry_without_classes_gives_the_same_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["structures.csv", "contracts.csv", "cards.csv", "mandates.csv"] {
        let text = String::from_utf8(bytes_of(&format!("registry/{name}"))).unwrap();
        let column = text.lines().next().unwrap().split(';').position(|column| column == "class");
        let without = |line: &str| {
            let kept = |(n, cell)| if Some(n) == column { "" } else { cell };
            line.split(';').enumerate().map(kept).collect::<Vec<_>>().join(";")
        };
        let (header, rows) = text.split_once('\n').unwrap();
        let rows: Vec<_> = rows.lines().map(without).collect();
        std::fs::write(folder.path().join(name), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    }
    let judged = |registry: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(["check", "--json", "--as-of", "2026-11-22", "--registry"]).arg(registry);
        command.args(all("mails/demo", ".eml").iter().map(|file| fixture(file)));
        let by_rule = all("forms", ".fields.pdf");
        command.args(by_rule.iter().filter(|name| !name.contains("edition-")).map(|file| fixture(file)));
        let found = reports(&command.output().unwrap());
        let codes = |one: &Value| {
            let findings = one["findings"].as_array().unwrap().iter();
            (one["verdict"].clone(), findings.map(|f| (f["code"].clone(), f["field"].clone())).collect())
        };
        let of = |report: &Value| report["submissions"].as_array().unwrap().iter().map(codes).collect();
        found.iter().map(of).collect::<Vec<Vec<(Value, Vec<(Value, Value)>)>>>()
    };
    let (given, derived) = (judged(&fixture("registry")), judged(folder.path()));
    assert!(
        given.len() > 60
            && given.iter().flatten().any(|(_, found)| found.iter().any(|(code, _)| code == "finess_level"))
    );
    assert_eq!(given, derived);
}
