//! The rulebook: form, facts and day in, findings and verdict out. A pure function.
//!
//! Each file holds one group of rules and only ever adds findings; `confidence` weighs them
//! (principle 1), this file puts them in order and draws the verdict.

mod cards;
mod confidence;
mod finess;
mod signatory;
mod structure;

use super::case::{Findings, Judged, Verdict};
use super::facts::{Answer, Facts, Wanted};
use super::fill::{Filled, wanted};
use super::finding::{Code, Finding, Severity};
use super::form::{F413, Field};
use super::messages;
use super::policy::Policy;
use jiff::civil::Date;

/// Judges a form on a day: the day its mail was received, in Paris.
#[must_use]
pub fn judge(filled: Filled, facts: &Facts, policy: &Policy, day: Date) -> Judged {
    judge_with(filled, facts, policy, day, Vec::new())
}

/// The same with findings that come from the mail around the form: `already_received`,
/// `sender_unverified`, `document_too_large`.
#[must_use]
pub fn judge_with(filled: Filled, facts: &Facts, policy: &Policy, day: Date, extra: Vec<Finding>) -> Judged {
    let Filled { documents, source, form, mut findings } = filled;
    findings.extend(extra);
    if let Some(form) = &form {
        let case = Case { form, facts, policy, day };
        findings.extend(case.date());
        findings.extend(case.registry());
        confidence::weigh(&mut findings, form, source, policy);
    }
    let verdict = verdict(&mut findings, form.as_ref());
    findings.sort_by_key(order);
    Judged { documents, source, form, findings, verdict }
}

/// "From findings to a verdict". A form that is not complete is never accepted, whatever was found:
/// should a rule have missed why, a person looks.
fn verdict(findings: &mut Vec<Finding>, form: Option<&F413>) -> Verdict {
    let of = |severity| {
        let mut chosen: Vec<Finding> =
            findings.iter().filter(|finding| finding.severity == severity).cloned().collect();
        chosen.sort_by_key(order);
        Findings::new(chosen)
    };
    if let Some(rejections) = of(Severity::Reject) {
        return Verdict::Rejected(rejections);
    }
    if let Some(reviews) = of(Severity::Review) {
        return Verdict::Review(reviews);
    }
    if let Some(declaration) = form.and_then(F413::complete) {
        return Verdict::Accepted(Box::new(declaration));
    }
    let look = Finding::review(Code::LowConfidence, Field::Document, messages::to_be_checked());
    findings.push(look.clone());
    Verdict::Review(Findings::from(look))
}

/// The order of the form: section by section, the table of 4.1 row by row; the worst first in a box.
fn order(finding: &Finding) -> (Field, u8, Field, std::cmp::Reverse<Severity>, Code) {
    let field = finding.field;
    let (section, row) = match field {
        Field::Administrator(n)
        | Field::AdministratorCard(n)
        | Field::AdministratorLastName(n)
        | Field::AdministratorFirstName(n)
        | Field::AdministratorPhone(n)
        | Field::AdministratorEmail(n) => (Field::Administrators, n.saturating_add(1)),
        other => (other, 0),
    };
    (section, row, field, std::cmp::Reverse(finding.severity), finding.code)
}

/// What every rule looks at.
#[derive(Clone, Copy)]
struct Case<'a> {
    form: &'a F413,
    facts: &'a Facts,
    policy: &'a Policy,
    day: Date,
}

impl Case<'_> {
    /// `date_in_future`, `date_too_old`.
    fn date(self) -> Option<Finding> {
        let date = *self.form.date.valid()?;
        let days = self.policy.max_form_age_days;
        let age = date.until(self.day).map_or(0, |span| span.get_days());
        if date > self.day {
            let message = messages::date_in_future(date, self.day);
            Some(Finding::reject(Code::DateInFuture, Field::Date, message))
        } else if age > days {
            Some(Finding::review(Code::DateTooOld, Field::Date, messages::date_too_old(date, days)))
        } else {
            None
        }
    }

    /// Every registry rule; or, where the registry does not answer, the one review that says so
    /// (principle 2: unknown is not unavailable, and neither is stale).
    fn registry(self) -> Vec<Finding> {
        let asked = wanted(self.form);
        if asked == Wanted::default() {
            return Vec::new();
        }
        if self.silent() {
            let message = messages::registry_unavailable();
            return vec![Finding::review(Code::RegistryUnavailable, Field::Document, message)];
        }
        let mut findings = cards::findings(self);
        let known = structure::identify(self, &mut findings);
        if let Some(known) = known {
            findings.extend(finess::findings(self, &known));
            findings.extend(signatory::findings(self, &known));
        }
        findings
    }

    /// Whether any answer is missing because the registry could not give it.
    fn silent(self) -> bool {
        fn no_answer<T>(answer: &Answer<T>) -> bool {
            matches!(answer, Answer::NoAnswer(_))
        }
        let facts = self.facts;
        facts.by_finess.as_ref().is_some_and(no_answer)
            || facts.by_siret.as_ref().is_some_and(no_answer)
            || facts.by_rpps_rang.values().any(no_answer)
            || facts.cards.values().any(no_answer)
            || no_answer(&facts.contracts)
            || no_answer(&facts.mandates)
    }

    /// What the rules on a structure's name and mandates call the signatory.
    fn signatory_name(self) -> String {
        let who = &self.form.signatory;
        let words =
            [&who.first_names, &who.last_name].map(|entry| entry.valid().map_or("", |name| name.expose()));
        words.join(" ").trim().to_owned()
    }
}

#[cfg(test)]
mod tests;
