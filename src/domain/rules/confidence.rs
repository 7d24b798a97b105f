//! Principle 1: malformed is certain, misread is not.

use super::super::applied::{Applied, Outcome};
use super::super::finding::{Code, Finding, Severity};
use super::super::form::{Entry, F413, Field};
use super::super::messages;
use super::super::place::place;
use super::super::policy::Policy;
use super::super::sheet::{Evidence, Source};
use super::super::text::squeezed;
use std::collections::BTreeMap;

/// Adds `low_confidence` where a value is not read for certain, and leaves to a person what rests on
/// such a value. Notes besides which boxes each rule looked at.
pub(super) fn weigh(applied: &mut Vec<Applied>, form: &F413, source: Source, policy: &Policy) {
    let evidence: BTreeMap<Field, &Evidence> = form.evidence().into_iter().collect();
    for one in applied.iter_mut() {
        one.boxes = basis(one.rule, one.field, form);
        one.boxes.retain(|field| evidence.contains_key(field));
        let confidence = one
            .boxes
            .iter()
            .filter_map(|field| evidence.get(field).map(|evidence| evidence.confidence))
            .fold(1.0, f64::min);
        // a wrong digit looks just like a misread one
        let alike = matches!(one.rule, Code::Malformed | Code::Unknown | Code::Mismatch);
        let sure = source != Source::Scan || !alike || confidence >= policy.sure_confidence;
        if let Outcome::Failed { severity, .. } = &mut one.outcome
            && *severity == Severity::Reject
            && (confidence < policy.min_confidence || !sure)
        {
            *severity = Severity::Review;
        }
    }
    for (field, evidence) in evidence {
        let told = applied.iter().any(|one| one.severity().is_some() && said(one.rule) && one.field == field);
        if told {
            continue;
        }
        let found = (evidence.confidence < policy.min_confidence).then(|| {
            let raw = squeezed(&evidence.raw);
            // where two channels differ, or for ink, there is no one value to name
            let value = (evidence.confidence > 0.0 && words(form, field) && !raw.is_empty()).then_some(raw);
            let message = messages::low_confidence(&place(field, Some(form)), value.as_deref());
            Finding::review(Code::LowConfidence, field, message)
        });
        applied.push(Applied { boxes: vec![field], ..Applied::of(Code::LowConfidence, field, found) });
    }
}

/// Says already that the value is not to be relied on.
fn said(code: Code) -> bool {
    matches!(code, Code::LowConfidence | Code::ValuesDisagree)
}

/// Whether a field holds words rather than a tick, a signature or a stamp.
fn words(form: &F413, field: Field) -> bool {
    Field::TEXTS.contains(&field.in_row(0)) && form.evidence().iter().any(|(found, _)| *found == field)
}

/// The boxes that a finding rests on.
fn basis(code: Code, field: Field, form: &F413) -> Vec<Field> {
    let structure = || {
        let lines = (0..).zip(&form.rpps_rang).map(|(n, _): (u8, &Entry<_>)| Field::RppsRang(n));
        [Field::Finess, Field::Siret].into_iter().chain(lines).collect()
    };
    match field {
        Field::Structure | Field::RppsRangs => structure(),
        Field::Signatory if code == Code::Mismatch => vec![Field::LastName, Field::FirstNames, Field::Card],
        Field::Signatory => {
            let mut boxes: Vec<Field> = structure();
            boxes.extend([Field::Role, Field::LastName, Field::FirstNames, Field::Card]);
            boxes
        }
        Field::Administrator(n) => vec![
            Field::AdministratorCard(n),
            Field::AdministratorLastName(n),
            Field::AdministratorFirstName(n),
        ],
        Field::ServerSsl => vec![Field::ServerSslRequested, Field::SslDomain, Field::SslServer],
        Field::SmimeMailDomain => vec![Field::ServerSmimeRequested, field],
        Field::ProMailDomain => vec![Field::ProRequested, field],
        other => vec![other],
    }
}
