//! What a decision's form says: findings overruled, reasons with their sentences, an own reason.

use crate::desk::forms::Sent;
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::store::RecordedFinding;

/// Why a form cannot be taken, for the person: a sentence, and what it is about.
pub(super) type Trouble = (&'static str, Vec<String>);

/// `code /field` in a form.
pub(super) fn name(finding: &RecordedFinding) -> String {
    format!("{} {}", finding.code, finding.field)
}

pub(super) fn named(value: &str) -> Option<(Code, Field)> {
    let (code, field) = value.split_once(' ')?;
    Some((Code::parse(code)?, Field::from_pointer(field)?))
}

/// Whether a rule says so.
pub(super) fn rejects(finding: &RecordedFinding) -> bool {
    finding.severity == Severity::Reject.as_str()
}

/// Those that a rule rejects, in its words.
pub(super) fn preselected(findings: &[RecordedFinding]) -> Vec<Finding> {
    let reason = |finding: &RecordedFinding| {
        let (code, field) = named(&name(finding))?;
        Some(Finding::new(code, field, Severity::Reject, finding.message.expose()))
    };
    findings.iter().filter(|finding| rejects(finding)).filter_map(reason).collect()
}

/// The reasons chosen, in the words given, and the one that was added.
pub(super) fn chosen(findings: &[RecordedFinding], sent: &Sent) -> Result<Vec<Finding>, Trouble> {
    let mut reasons = Vec::new();
    for finding in findings {
        let value = name(finding);
        let chosen = sent.all("finding").any(|one| one == value);
        if let Some((code, field)) = named(&value).filter(|_| chosen) {
            let words = sent.get(&format!("message-{value}")).unwrap_or(finding.message.expose());
            reasons.push(Finding::new(code, field, Severity::Reject, words));
        }
    }
    let own = sent.text("own-message").trim();
    if own.is_empty() {
        return Ok(reasons);
    }
    let about = Code::parse(sent.text("own-rule")).zip(Field::from_pointer(sent.text("own-field")));
    let Some((code, field)) = about else {
        let says = "Dites de quelle règle et de quelle case parle le motif que vous ajoutez :";
        return Err((says, vec![own.to_owned()]));
    };
    reasons.push(Finding::new(code, field, Severity::Reject, own));
    Ok(reasons)
}

/// Boxes that an own reason can be about.
pub(super) fn boxes() -> Vec<(Field, String)> {
    let sections =
        [Field::Document, Field::Structure, Field::Signatory, Field::Administrators, Field::Certificates];
    let others = [Field::Role, Field::Signature, Field::Stamp, Field::TermsAccepted];
    let all = sections.into_iter().chain(Field::TEXTS).chain(others);
    all.map(|field| (field, place(field, None))).collect()
}
