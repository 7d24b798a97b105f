//! What is told of a sheet's boxes one by one: the rules applied to each, passed or failed.

use super::Filler;
use crate::domain::applied::Applied;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::{F413, Field};
use crate::domain::malformed::{Malformed, Why};
use crate::domain::messages;
use crate::domain::place::place;
use crate::domain::sheet::Source;
use std::collections::BTreeSet;

/// The rules of the document, which reading answers for: those it found to fail and, where there is a
/// form to speak of, those that passed.
pub(super) fn about_the_document(findings: Vec<Finding>, read: bool) -> Vec<Applied> {
    const DOCUMENT: [Code; 8] = [
        Code::FormAbsent,
        Code::FormIncomplete,
        Code::FormEditionUnknown,
        Code::DocumentEncrypted,
        Code::DocumentDamaged,
        Code::DocumentTooLarge,
        Code::DocumentUnsupported,
        Code::DocumentLink,
    ];
    let failed: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let passed = DOCUMENT.into_iter().filter(|code| read && !failed.contains(code));
    let passed: Vec<Applied> = passed.map(|code| Applied::passed(code, Field::Document)).collect();
    findings.into_iter().map(Applied::from).chain(passed).collect()
}

impl Filler<'_> {
    /// What was met on the way, in words.
    pub(super) fn applied(self, form: &F413) -> Vec<Applied> {
        let at = |field| place(field, Some(form));
        let sound = self.sound.iter().filter(|field| has_format(**field));
        let sound = sound.map(|field| Applied::passed(Code::Malformed, *field));
        let no_wildcard = self.sound.iter().filter(|field| names_a_domain(**field));
        let no_wildcard = no_wildcard.map(|field| Applied::passed(Code::NotApplicable, *field));
        let wrong = self.wrong.into_iter().map(|(field, Malformed { normalised, why })| {
            Applied::from(if why == Why::Wildcard {
                Finding::review(Code::NotApplicable, field, messages::wildcard(&at(field), &normalised))
            } else {
                let message = messages::malformed(field, &at(field), &normalised, why);
                Finding::reject(Code::Malformed, field, message)
            })
        });
        let hazy: BTreeSet<Field> = self.hazy.into_iter().collect();
        let hazy = hazy.into_iter().map(|field| {
            Finding::review(Code::LowConfidence, field, messages::low_confidence(&at(field), None)).into()
        });
        let told: BTreeSet<Field> = self.unlike.iter().map(|(field, _)| *field).collect();
        // only there do two channels tell the same answer
        let alike = form.evidence().into_iter().map(|(field, _)| field).filter(|field| {
            self.source == Source::Fields && decisive(*field) && !told.contains(field) && !inked(*field)
        });
        let alike = alike.map(|field| Applied::passed(Code::ValuesDisagree, field));
        let unlike = self.unlike.into_iter().filter(|(field, _)| decisive(*field)).map(|(field, words)| {
            let message = match words {
                Some((value, drawn)) => messages::values_disagree(&at(field), &value, &drawn),
                None => messages::tick_disagrees(&at(field)),
            };
            Finding::review(Code::ValuesDisagree, field, message).into()
        });
        let trusted = self.trusted.map(|trusted| {
            let note =
                || Finding::note(Code::SignatureUntrusted, Field::Signature, messages::signature_untrusted());
            Applied::of(Code::SignatureUntrusted, Field::Signature, (!trusted).then(note))
        });
        wrong.chain(hazy).chain(unlike).chain(trusted).chain(sound).chain(no_wildcard).chain(alike).collect()
    }
}

/// Boxes whose answer has a form that can be broken; the others hold words.
fn has_format(field: Field) -> bool {
    !matches!(
        field,
        Field::StructureName
            | Field::LastName
            | Field::FirstNames
            | Field::AdministratorLastName(_)
            | Field::AdministratorFirstName(_)
            | Field::Purpose
            | Field::Publisher
            | Field::Solution
    )
}

/// Boxes where a wildcard is left to a person (rulebook, "Domain name").
fn names_a_domain(field: Field) -> bool {
    matches!(field, Field::SslDomain | Field::SslServer | Field::SmimeMailDomain | Field::ProMailDomain)
}

/// Zones that hold ink, not a value.
fn inked(field: Field) -> bool {
    matches!(field, Field::Signature | Field::Stamp)
}

/// Fields whose value decides (rulebook, `values_disagree`): not the words of 4.2.
fn decisive(field: Field) -> bool {
    !matches!(field, Field::Purpose | Field::Publisher | Field::Solution | Field::TermsAccepted)
}
