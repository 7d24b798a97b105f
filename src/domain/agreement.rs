//! How far guichet and staff agree, over cases that both decided: verdict by verdict, rule by rule.

use super::case::{CaseNumber, VerdictKind};
use super::finding::Code;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One case, as guichet judged it and as staff decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    pub number: CaseNumber,
    pub guichet: VerdictKind,
    /// Rules that failed: `reject` and `review` findings.
    pub found: BTreeSet<Code>,
    /// Accepted or rejected.
    pub staff: VerdictKind,
    /// The rules that staff gave as their reasons; none given for a rejection: only the verdicts are
    /// compared.
    pub reasons: BTreeSet<Code>,
}

/// The comparison of many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    pub cases: usize,
    /// Cases that guichet decided as staff did.
    pub same: usize,
    /// Cases that guichet left to a person.
    pub left_to_a_person: usize,
    /// The worst there is: guichet accepts what staff rejected.
    pub wrongly_accepted: Vec<String>,
    /// Guichet rejects what staff accepted.
    pub wrongly_rejected: Vec<String>,
    /// By rule, where either named it.
    pub rules: BTreeMap<Code, RuleAgreement>,
}

/// In how many cases a rule was named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleAgreement {
    pub both: usize,
    pub only_guichet: usize,
    pub only_staff: usize,
}

impl Agreement {
    #[must_use]
    pub fn of(cases: &[Both]) -> Self {
        let mut agreement = Self::default();
        for case in cases {
            agreement.add(case);
        }
        agreement
    }

    fn add(&mut self, case: &Both) {
        self.cases += 1;
        match (case.guichet, case.staff) {
            (VerdictKind::Review, _) => self.left_to_a_person += 1,
            (guichet, staff) if guichet == staff => self.same += 1,
            (VerdictKind::Accepted, _) => self.wrongly_accepted.push(case.number.to_string()),
            (VerdictKind::Rejected, _) => self.wrongly_rejected.push(case.number.to_string()),
        }
        if case.staff == VerdictKind::Rejected && case.reasons.is_empty() {
            return;
        }
        for code in case.found.union(&case.reasons) {
            let counts = self.rules.entry(*code).or_default();
            match (case.found.contains(code), case.reasons.contains(code)) {
                (true, true) => counts.both += 1,
                (true, false) => counts.only_guichet += 1,
                (false, _) => counts.only_staff += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(n: i64, guichet: VerdictKind, found: &[Code], staff: VerdictKind, reasons: &[Code]) -> Both {
        Both {
            number: CaseNumber::new(2026, n),
            guichet,
            found: found.iter().copied().collect(),
            staff,
            reasons: reasons.iter().copied().collect(),
        }
    }

    #[test]
    fn each_case_counts_once_and_each_rule_on_its_side() {
        use VerdictKind::{Accepted, Rejected, Review};
        let agreement = Agreement::of(&[
            case(1, Accepted, &[], Accepted, &[]),
            case(2, Rejected, &[Code::Missing, Code::Expired], Rejected, &[Code::Missing, Code::Mismatch]),
            case(3, Accepted, &[], Rejected, &[Code::Mismatch]),
            case(4, Rejected, &[Code::Missing], Accepted, &[]),
            case(5, Review, &[Code::LowConfidence], Rejected, &[]),
        ]);
        assert_eq!((agreement.cases, agreement.same, agreement.left_to_a_person), (5, 2, 1));
        assert_eq!(agreement.wrongly_accepted, ["F413-2026-000003"]);
        assert_eq!(agreement.wrongly_rejected, ["F413-2026-000004"]);
        let counts = |code| {
            let RuleAgreement { both, only_guichet, only_staff } = agreement.rules[&code];
            (both, only_guichet, only_staff)
        };
        assert_eq!(counts(Code::Missing), (1, 1, 0));
        assert_eq!(counts(Code::Expired), (0, 1, 0));
        assert_eq!(counts(Code::Mismatch), (0, 0, 2));
        assert!(!agreement.rules.contains_key(&Code::LowConfidence), "staff gave no reason to compare with");
    }
}
