//! The rulebook: form, facts and day in, findings and verdict out. A pure function.
//!
//! Each file holds one group of rules and only ever adds what it applied, passed or failed;
//! `confidence` weighs that (principle 1), this file puts it in order and draws the verdict. A finding
//! is a rule that failed: nothing is found besides.

mod accents;
mod basis;
mod cards;
mod confidence;
mod finess;
pub mod mail;
mod signatory;
mod structure;

use super::applied::Applied;
pub use basis::{Broken, What, broken};

use super::case::{Findings, Judged, Verdict};
use super::facts::{Answer, Facts, Wanted};
use super::fill::{Filled, wanted};
use super::finding::{Code, Finding, Severity};
use super::form::{F413, Field};
use super::messages;
use super::policy::Policy;
use super::sheet::Source;
use jiff::civil::Date;

/// Judges a form on a day: the day its mail was received, in Paris.
#[must_use]
pub fn judge(filled: Filled, facts: &Facts, policy: &Policy, day: Date) -> Judged {
    judge_with(filled, facts, policy, day, Vec::new())
}

/// The same with the rules about the mail around the form (`mail`): `already_received`,
/// `sender_unverified`.
#[must_use]
pub fn judge_with(filled: Filled, facts: &Facts, policy: &Policy, day: Date, extra: Vec<Applied>) -> Judged {
    let Filled { documents, source, mut form, mut applied } = filled;
    applied.extend(extra);
    if let Some(form) = form.as_mut().filter(|_| source == Source::Scan) {
        accents::doubt(form, facts);
    }
    if let Some(form) = &form {
        let case = Case { form, facts, policy, day };
        applied.extend(case.date());
        applied.extend(case.registry());
        confidence::weigh(&mut applied, form, source, policy);
    }
    let verdict = verdict(&mut applied, form.as_ref());
    applied.sort_by_key(order);
    let findings = applied.iter().filter_map(Applied::finding).collect();
    let (snapshot, class) = (facts.snapshot, facts.class());
    Judged { documents, source, form, applied, findings, verdict, day, snapshot, class }
}

/// "From findings to a verdict". A form that is not complete is never accepted, whatever was found:
/// should a rule have missed why, a person looks.
fn verdict(applied: &mut Vec<Applied>, form: Option<&F413>) -> Verdict {
    let of = |severity| {
        let mut chosen: Vec<&Applied> =
            applied.iter().filter(|one| one.severity() == Some(severity)).collect();
        chosen.sort_by_key(|one| order(one));
        Findings::new(chosen.into_iter().filter_map(Applied::finding).collect())
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
    applied.push(look.clone().into());
    Verdict::Review(Findings::from(look))
}

/// The order of the form: section by section, the table of 4.1 row by row; the worst first in a box.
fn order(one: &Applied) -> (Field, u8, Field, std::cmp::Reverse<Option<Severity>>, Code) {
    let field = one.field;
    let (section, row) = match field {
        Field::Administrator(n)
        | Field::AdministratorCard(n)
        | Field::AdministratorLastName(n)
        | Field::AdministratorFirstName(n)
        | Field::AdministratorPhone(n)
        | Field::AdministratorEmail(n) => (Field::Administrators, n.saturating_add(1)),
        other => (other, 0),
    };
    (section, row, field, std::cmp::Reverse(one.severity()), one.rule)
}

/// Without knowing whose it is, neither contract nor number nor mandate can be looked for.
const UNIDENTIFIED: &str = "la structure n'est pas identifiée avec certitude";

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
    fn date(self) -> Vec<Applied> {
        let Some(date) = self.form.date.valid().copied() else { return Vec::new() };
        let days = self.policy.max_form_age_days;
        let age = date.until(self.day).map_or(0, |span| span.get_days());
        let found = if date > self.day {
            let message = messages::date_in_future(date, self.day);
            Some(Finding::reject(Code::DateInFuture, Field::Date, message))
        } else if age > days {
            Some(Finding::review(Code::DateTooOld, Field::Date, messages::date_too_old(date, days)))
        } else {
            None
        };
        Applied::in_turn(&[(Code::DateInFuture, Field::Date), (Code::DateTooOld, Field::Date)], found)
    }

    /// Every registry rule; or, where the registry does not answer, the one review that says so
    /// (principle 2: unknown is not unavailable, and neither is stale).
    fn registry(self) -> Vec<Applied> {
        let asked = wanted(self.form);
        if asked == Wanted::default() {
            return Vec::new();
        }
        if self.silent() {
            let message = messages::registry_unavailable();
            return vec![Finding::review(Code::RegistryUnavailable, Field::Document, message).into()];
        }
        let mut applied = vec![Applied::passed(Code::RegistryUnavailable, Field::Document)];
        applied.extend(cards::apply(self));
        match structure::identify(self, &mut applied) {
            Some(known) => {
                applied.extend(finess::apply(self, &known));
                applied.extend(signatory::apply(self, &known));
            }
            None => applied.push(Applied::not(Code::ContractMissing, Field::Structure, UNIDENTIFIED)),
        }
        applied
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
