//! Whole forms with the findings that a person expects of each
//! (`fixtures/rules`): no finding less, no rejection more.

use super::bench::{Bench, TODAY, evidence};
use crate::domain::facts::{Card, Class, Contract, ContractStatus, FinessLevel, Mandate, Structure};
use crate::domain::finding::Severity;
use crate::domain::form::{Field, Masked, Role};
use crate::domain::policy::CardType;
use crate::domain::sheet::{Mark, Sheet, Tick, Zone};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;

/// Rows of a registry file, by column name.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.trim_start_matches('\u{FEFF}').lines().map(|line| line.split(';').map(str::to_owned));
    let names: Vec<String> = lines.next().expect("a header").collect();
    lines.map(|line| names.iter().cloned().zip(line).collect()).collect()
}

fn some(row: &BTreeMap<String, String>, column: &str) -> Option<String> {
    row.get(column).filter(|text| !text.is_empty()).cloned()
}

fn day(row: &BTreeMap<String, String>, column: &str) -> Option<Date> {
    some(row, column).map(|text| text.parse().expect("an ISO date"))
}

fn registry(bench: &mut Bench) {
    let text = |row: &BTreeMap<String, String>, column: &str| some(row, column).unwrap_or_default();
    bench.structures = rows(include_str!("../../../../fixtures/rules/structures.csv"))
        .iter()
        .map(|row| Structure {
            feed: crate::domain::facts::Feed::Structures,
            line: 2,
            finess: some(row, "finess"),
            level: some(row, "finess_type").map(|level| match level.as_str() {
                "EJ" => FinessLevel::Legal,
                _ => FinessLevel::Geographical,
            }),
            finess_ej: some(row, "finess_ej"),
            siret: some(row, "siret"),
            rpps_rang: text(row, "rpps_rang").split_whitespace().map(str::to_owned).collect(),
            name: text(row, "name"),
            class: some(row, "class").and_then(|class| Class::parse(&class)),
            main_site: some(row, "main_site"),
            closed: text(row, "status") == "closed",
            closed_on: None,
        })
        .collect();
    bench.contracts = rows(include_str!("../../../../fixtures/rules/contracts.csv"))
        .iter()
        .map(|row| Contract {
            line: 2,
            number: text(row, "number"),
            structure: text(row, "structure"),
            valid_from: day(row, "valid_from").expect("a beginning"),
            valid_until: day(row, "valid_until"),
            status: match text(row, "status").as_str() {
                "active" => ContractStatus::Active,
                "suspended" => ContractStatus::Suspended,
                _ => ContractStatus::Terminated,
            },
            representative_last_name: some(row, "representative_last_name").map(Masked::new),
            representative_first_name: some(row, "representative_first_name").map(Masked::new),
        })
        .collect();
    bench.cards = rows(include_str!("../../../../fixtures/rules/cards.csv"))
        .iter()
        .map(|row| Card {
            feed: crate::domain::facts::Feed::Cards,
            line: 2,
            number: text(row, "number"),
            kind: some(row, "type").and_then(|kind| CardType::parse(&kind)),
            last_name: Masked::new(text(row, "last_name")),
            first_name: Masked::new(text(row, "first_name")),
            structure: some(row, "structure"),
            valid_from: day(row, "valid_from"),
            valid_until: day(row, "valid_until"),
            opposed_on: day(row, "opposed_on"),
        })
        .collect();
    bench.mandates = rows(include_str!("../../../../fixtures/rules/mandates.csv"))
        .iter()
        .map(|row| Mandate {
            line: 2,
            structure: text(row, "structure"),
            last_name: Masked::new(text(row, "last_name")),
            first_name: Masked::new(text(row, "first_name")),
            card: some(row, "card"),
            valid_from: day(row, "valid_from").expect("a beginning"),
            valid_until: day(row, "valid_until"),
        })
        .collect();
}

/// Writes the expected form on an empty sheet, answer by answer.
fn write(bench: &mut Bench, case: &str, form: &Value) {
    *bench.sheet() = Sheet::default();
    let mut boxes = Vec::new();
    leaves(form, String::new(), &mut boxes);
    for (pointer, value) in boxes {
        match (pointer.as_str(), value) {
            ("/signatory/role", Value::String(role)) => {
                let role: Role = serde_json::from_value(Value::String(role)).expect("a role");
                bench.marks(Tick::Role(role), Mark::Checked);
            }
            ("/certificates/org/requested", Value::Bool(true)) => {
                bench.marks(Tick::Org, Mark::Checked);
            }
            ("/certificates/server_ssl/requested", Value::Bool(true)) => {
                bench.marks(Tick::ServerSsl, Mark::Checked);
            }
            ("/certificates/server_smime/requested", Value::Bool(true)) => {
                bench.marks(Tick::ServerSmime, Mark::Checked);
            }
            ("/certificates/pro/requested", Value::Bool(true)) => {
                bench.marks(Tick::Pro, Mark::Checked);
            }
            ("/declaration/signature", Value::String(state)) if state == "ink" => {
                bench.sheet().signature = Zone::Ink { evidence: evidence("", 1.0) };
            }
            ("/declaration/stamp", Value::Bool(true)) => {
                bench.sheet().stamp = Zone::Ink { evidence: evidence("", 1.0) };
            }
            (pointer, Value::String(text)) if pointer != "/declaration/signature" => {
                let field = Field::from_pointer(pointer).expect("a box of the form");
                bench.writes(field, &text);
            }
            _ => {}
        }
    }
    if case == "no-two-roles" {
        bench.marks(Tick::Role(Role::LegalRepresentative), Mark::Checked);
        bench.marks(Tick::Role(Role::Delegate), Mark::Checked);
    }
}

fn leaves(value: &Value, at: String, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, format!("{at}/{key}"), into)),
        Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                leaves(value, format!("{at}/{n}"), into);
            }
        }
        leaf => into.push((at, leaf.clone())),
    }
}

#[test]
fn every_case_gets_exactly_its_findings() {
    let mut bench = Bench::new();
    registry(&mut bench);
    assert_eq!(bench.day, TODAY);
    let cases: Vec<Value> = include_str!("../../../../fixtures/rules/cases.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect();
    assert!(cases.len() >= 57, "{} cases", cases.len());
    for case in &cases {
        let name = case["case"].as_str().expect("a name");
        write(&mut bench, name, &case["form"]);
        let judged = bench.judged();
        let mut found: Vec<(String, String)> =
            judged.findings.iter().map(|one| (one.code.to_string(), one.field.pointer())).collect();
        found.sort();
        let mut wanted: Vec<(String, String)> =
            serde_json::from_value(case["findings"].clone()).expect("code and field");
        wanted.sort();
        assert_eq!(found, wanted, "{name}");
        assert_eq!(judged.verdict.kind().as_str(), case["verdict"].as_str().expect("a verdict"), "{name}");
        for finding in &judged.findings {
            let told = finding.message.chars().count();
            assert!((40..=520).contains(&told), "{name}: {told} characters: {}", finding.message);
            assert!(finding.severity <= Severity::Reject);
        }
    }
}
