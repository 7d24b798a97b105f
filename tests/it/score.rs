//! What reports of paper are worth, against what stands on it: fields read right, values that are
//! wrong and said to be sure, forms decided, and decided wrongly.

use serde_json::Value;
use std::collections::BTreeMap;

/// From this confidence on a value is decided on (`decision.min_confidence`).
pub const SURE: f64 = 0.9;

#[derive(Debug, Default, Clone)]
pub struct Score {
    pub documents: usize,
    /// Boxes in which something stands, boxes to tick among them.
    pub fields: usize,
    pub right: usize,
    pub confidently_wrong: usize,
    /// Accepted or rejected without a person.
    pub decided: usize,
    pub false_accepts: usize,
    pub false_rejects: usize,
    /// Forms that are in a document and not in its report.
    pub lost: usize,
    /// What went wrong, each a line; with the values, which are invented.
    pub misses: Vec<String>,
    /// Confidence of each value reported, and whether it is what stands on the paper.
    pub values: Vec<(f64, bool)>,
}

impl Score {
    /// Notes one document's report against its expectation.
    pub fn note(&mut self, name: &str, wanted: &Value, report: &Value) {
        let several = wanted["submissions"].as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
        for (n, wanted) in several.iter().enumerate() {
            self.documents += 1;
            if let Some(got) = report["submissions"].get(n) {
                self.submission(name, wanted, got);
            } else {
                self.lost += 1;
                self.misses.push(format!("{name}: no submission {n}"));
            }
        }
        // more submissions than forms may not decide anything
        for got in report["submissions"].as_array().into_iter().flatten().skip(several.len()) {
            self.verdict(name, "review", got);
        }
    }

    fn submission(&mut self, name: &str, wanted: &Value, got: &Value) {
        let (mut want, mut have) = (BTreeMap::new(), BTreeMap::new());
        leaves(&wanted["form"], String::new(), &mut want);
        leaves(&got["form"], String::new(), &mut have);
        for (path, value) in want.iter().filter(|(_, value)| !value.is_null()) {
            self.fields += 1;
            let found = have.get(path).unwrap_or(&Value::Null);
            if same(value, found) {
                self.right += 1;
                continue;
            }
            let sure = confidence(got, path).is_some_and(|confidence| confidence >= SURE) && !found.is_null();
            self.confidently_wrong += usize::from(sure);
            let how = if sure { "SURE OF" } else { "read" };
            self.misses.push(format!("{name}: {path}: {how} {found}, not {value}"));
        }
        for (path, value) in have.iter().filter(|(_, value)| !value.is_null() && !want.is_empty()) {
            if let Some(confidence) = confidence(got, path) {
                self.values.push((confidence, same(want.get(path).unwrap_or(&Value::Null), value)));
            }
        }
        self.verdict(name, wanted["verdict"].as_str().unwrap_or_default(), got);
    }

    fn verdict(&mut self, name: &str, wanted: &str, got: &Value) {
        let verdict = got["verdict"].as_str().unwrap_or_default();
        self.decided += usize::from(verdict != "review");
        let (accepts, rejects) = (verdict == "accepted", verdict == "rejected");
        self.false_accepts += usize::from(accepts && wanted != "accepted");
        self.false_rejects += usize::from(rejects && wanted != "rejected");
        if (accepts || rejects) && verdict != wanted {
            let findings: Vec<String> = got["findings"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|finding| finding["severity"] == "reject")
                .map(|finding| format!("{} {}", finding["code"], finding["field"]))
                .collect();
            self.misses.push(format!("{name}: FALSELY {verdict} for {findings:?}, not {wanted}"));
        }
    }
}

fn confidence(got: &Value, path: &str) -> Option<f64> {
    got["evidence"][path]["confidence"].as_f64()
}

fn leaves(value: &Value, at: String, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, format!("{at}/{name}"), out);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                leaves(item, format!("{at}/{n}"), out);
            }
        }
        Value::Null if at.is_empty() => {}
        leaf => {
            out.insert(at, leaf.clone());
        }
    }
}

/// Letters' case, runs of white space and the shape of apostrophes aside.
fn same(wanted: &Value, found: &Value) -> bool {
    let folded =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('’', "'").to_lowercase();
    match (wanted, found) {
        (Value::String(one), Value::String(other)) => folded(one) == folded(other),
        (one, other) => one == other,
    }
}
