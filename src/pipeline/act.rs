//! A decision as staff take it: what it comes to, and as it is kept until a second person confirms it.

use super::staff::NotDone;
use super::wake::comes_by_itself;
use crate::domain::case::{Findings, Judged, Verdict, VerdictKind};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{F413, Field, Masked};
use crate::domain::four_eyes::Deciding;
use crate::fault::Fault;
use crate::store::ByStaff;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A decision as staff take it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// These findings, left to a person, were looked at: nothing else may be found.
    Accept { overruled: Vec<(Code, Field)> },
    /// For these reasons, in these words; at least one.
    Reject { reasons: Vec<Finding>, remark: Option<String> },
    /// What is asked of the requester.
    Complement { ask: String },
    /// Why it is no request: for the record.
    Dismiss { because: String },
}

impl fmt::Debug for Act {
    /// Never the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Act({}, {:?})", self.decision().as_str(), self.findings())
    }
}

impl Act {
    pub(super) fn decision(&self) -> ByStaff {
        match self {
            Self::Accept { .. } => ByStaff::Accepted,
            Self::Reject { .. } => ByStaff::Rejected,
            Self::Complement { .. } => ByStaff::Complement,
            Self::Dismiss { .. } => ByStaff::Dismissed,
        }
    }

    /// What was said beside the findings.
    pub(super) fn because(&self) -> Option<&str> {
        match self {
            Self::Accept { .. } => None,
            Self::Reject { remark, .. } => remark.as_deref(),
            Self::Complement { ask } => Some(ask),
            Self::Dismiss { because } => Some(because),
        }
    }

    /// The findings that are overruled, or that are the reasons: `severity code field`.
    pub(super) fn findings(&self) -> Vec<String> {
        let told =
            |code: Code, field: Field, severity: Severity| format!("{} {code} {field}", severity.as_str());
        match self {
            Self::Accept { overruled } => {
                overruled.iter().map(|(code, field)| told(*code, *field, Severity::Review)).collect()
            }
            Self::Reject { reasons, .. } => {
                reasons.iter().map(|one| told(one.code, one.field, Severity::Reject)).collect()
            }
            Self::Complement { .. } | Self::Dismiss { .. } => Vec::new(),
        }
    }

    /// What matters for whether a second person is needed. `left`: what was left to a person on the day of
    /// reception; what is overruled may have come since.
    pub(super) fn deciding<'a>(
        &self,
        paper: bool,
        corrected: bool,
        left: impl Iterator<Item = &'a Finding>,
    ) -> Deciding {
        match self {
            Self::Accept { overruled } => {
                let over = left.map(|one| one.code).chain(overruled.iter().map(|(code, _)| *code));
                Deciding::Acceptance { paper, corrected, over: over.collect() }
            }
            Self::Reject { .. } => Deciding::Rejection,
            Self::Complement { .. } => Deciding::Complement,
            Self::Dismiss { .. } => Deciding::Dismissal,
        }
    }

    /// As it is kept.
    pub(super) fn to_json(&self) -> Masked {
        Masked::new(serde_json::json!(self).to_string())
    }

    /// As it was kept.
    pub(super) fn parse(kept: &Masked) -> Result<Self, Fault> {
        serde_json::from_str(kept.expose()).map_err(|error| Fault::never("reading what was proposed", error))
    }
}

/// What can be overruled by name: what is left to a person, on the day of reception or only today, and does
/// not come by itself.
pub(super) fn to_overrule(judged: &Judged, today: &Judged) -> Vec<Finding> {
    of_both_days(judged, today, |one| one.severity == Severity::Review && !comes_by_itself(one.code))
}

/// The findings of both days for which it `holds`; of the same rule and box only the first.
fn of_both_days(judged: &Judged, today: &Judged, holds: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for one in judged.findings.iter().chain(&today.findings).filter(|one| holds(one)) {
        if !found.iter().any(|known| (known.code, known.field) == (one.code, one.field)) {
            found.push(one.clone());
        }
    }
    found
}

/// An acceptance: everything left to a person was looked at, nothing is rejected by a rule, neither on the
/// day of reception nor today, and the form is complete.
pub(super) fn accepted(
    judged: &Judged,
    today: &Judged,
    overruled: &[(Code, Field)],
) -> Result<Judged, NotDone> {
    let standing = of_both_days(judged, today, |one| match one.severity {
        Severity::Note => false,
        Severity::Review => !overruled.contains(&(one.code, one.field)) || comes_by_itself(one.code),
        Severity::Reject => true,
    });
    if !standing.is_empty() {
        return Err(NotDone::Stands(standing));
    }
    let declaration = judged.form.as_ref().and_then(F413::complete).ok_or(NotDone::Incomplete)?;
    let notes = judged.findings.iter().filter(|one| one.severity == Severity::Note).cloned().collect();
    Ok(Judged { findings: notes, verdict: Verdict::Accepted(Box::new(declaration)), ..judged.clone() })
}

/// A rejection for the reasons given, in the words given.
pub(super) fn rejected(judged: &Judged, reasons: &[Finding]) -> Result<Judged, NotDone> {
    let says_nothing = reasons.iter().any(|one| one.message.trim().is_empty());
    let reasons: Vec<Finding> =
        reasons.iter().map(|one| Finding::reject(one.code, one.field, one.message.trim())).collect();
    let Some(findings) = Findings::new(reasons.clone()).filter(|_| !says_nothing) else {
        return Err(NotDone::SaysNothing);
    };
    let notes = judged.findings.iter().filter(|one| one.severity == Severity::Note).cloned();
    let all = reasons.into_iter().chain(notes).collect();
    Ok(Judged { findings: all, verdict: Verdict::Rejected(findings), ..judged.clone() })
}

/// Whether staff may accept at all: what a page asks before it offers it.
#[must_use]
pub fn may_be_accepted(kind: VerdictKind) -> bool {
    kind != VerdictKind::Rejected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_read_as_it_was_kept() {
        let box_of = Field::Administrator(1);
        for act in [
            Act::Accept { overruled: vec![(Code::Mismatch, box_of)] },
            Act::Reject {
                reasons: vec![Finding::reject(Code::Missing, Field::Stamp, "Le « cachet » <manque>.")],
                remark: Some("À bientôt.".into()),
            },
            Act::Complement { ask: "Une copie.".into() },
            Act::Dismiss { because: "Une erreur.".into() },
        ] {
            assert_eq!(Act::parse(&act.to_json()).unwrap(), act);
            assert!(!format!("{act:?}").contains("cachet"), "{act:?}");
        }
    }
}
