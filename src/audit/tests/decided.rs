//! Hands that touch what staff did at the desk: a correction, a proposal, a decision.

use super::shows;
use crate::domain::correction::Correction;
use crate::domain::form::{Field, Masked};
use crate::domain::staff::{Role, UserName};
use crate::store::tests::desk::{Desk, at, case, decision};
use crate::store::{
    Basis, ByStaff, CaseState, JudgedAgain, NewAccount, NewCase, NewProposal, NewStaffDecision, OpenCase,
    Recorded, Staffed,
};

struct Worked {
    desk: Desk,
    number: crate::domain::case::CaseNumber,
}

impl Worked {
    /// A case that bob has corrected and anna has proposed to put aside.
    async fn on() -> Self {
        let desk = Desk::new().await;
        for (name, role) in [("anna", Role::Agent), ("sara", Role::Supervisor)] {
            let name = UserName::parse(name).unwrap();
            let new = NewAccount { shown: name.to_string(), name, role, password: None, identity: None };
            desk.store.add_account(&new, "operator", at(0)).await.unwrap();
        }
        desk.keeps(1, "a").await;
        let claimed = desk.claims().await;
        let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
        let Recorded::Done { cases, .. } = desk.records(&claimed, &decision(vec![waiting])).await else {
            panic!("not recorded")
        };
        let worked = Self { desk, number: cases[0].clone() };
        let NewCase { judged, report, explanation, .. } = case("a.pdf");
        let again = JudgedAgain { judged, report, explanation, state: CaseState::Waiting };
        let basis = Basis { rules_version: "r1".into(), reader_version: "0.1.0".into() };
        let correction = Correction { field: Field::Finess, value: Masked::new("310908306") };
        let store = &worked.desk.store;
        let open = worked.open().await;
        let corrected = store.correct(&open, (&correction, None), (&again, &basis), "bob", at(4)).await;
        assert_eq!(corrected.unwrap(), Staffed::Done);
        let act = Masked::new("{\"act\":\"dismiss\",\"because\":\"Une erreur.\"}");
        let new = NewProposal {
            decision: ByStaff::Dismissed,
            act: &act,
            reasons: &["dismissal", "paper"],
            judged: "abc",
            findings: &[],
            snapshot: Some(4),
        };
        let proposed = store.propose(&worked.open().await, &new, "anna", at(5)).await;
        assert_eq!(proposed.unwrap(), Staffed::Proposed);
        worked.desk.adds_up().await;
        worked
    }

    async fn open(&self) -> OpenCase {
        self.desk.store.open_case(&self.number).await.unwrap().unwrap()
    }

    async fn confirmed(&self) {
        let open = self.open().await;
        let new = NewStaffDecision {
            decision: ByStaff::Dismissed,
            findings: vec![],
            snapshot: Some(4),
            because: None,
            letters: &[],
            undo_until: at(9),
            confirms: open.proposal.as_ref(),
        };
        let done = self.desk.store.decide_by_staff(&open, &new, "sara", at(6)).await;
        assert_eq!(done.unwrap(), Staffed::Done);
        self.desk.adds_up().await;
    }

    /// Each hand shows as this, and undone nothing is left of it.
    async fn show(&self, table: &str, hands: &[(&str, &str)]) {
        let spare = format!("CREATE TABLE spare AS SELECT * FROM {table}");
        self.desk.behind_its_back(&spare).await.unwrap();
        let undone = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM spare");
        for (done, how) in hands {
            let done = done.replace("TABLE", table);
            let found = shows(&self.desk, &done, &undone).await;
            assert!(found.how.contains(how), "{done}: {found}");
            self.desk.adds_up().await;
        }
        self.desk.behind_its_back("DROP TABLE spare").await.unwrap();
    }
}

#[tokio::test]
async fn a_correction_a_proposal_and_a_decision_changed_removed_or_put_in_are_found() {
    let worked = Worked::on().await;
    let another = "what staff say stands in /structure/finess of case F413-2026-000001";
    worked
        .show(
            "case_corrections",
            &[
                ("UPDATE TABLE SET value = '750999997'", another),
                ("UPDATE TABLE SET corrected_by = 'eve'", another),
                ("UPDATE TABLE SET field = '/structure/siret'", "is not there"),
                ("DELETE FROM TABLE", "is not there"),
                (
                    "INSERT INTO TABLE SELECT case_id, '/structure/siret', value, corrected_by, corrected_at FROM spare",
                    "no event tells of what staff say stands in /structure/siret",
                ),
            ],
        )
        .await;
    worked
        .show(
            "case_proposals",
            &[
                ("UPDATE TABLE SET act = REPLACE(act, 'erreur', 'autre')", "what is proposed of case"),
                ("UPDATE TABLE SET decision = 'accepted'", "what is proposed of case"),
                ("UPDATE TABLE SET proposed_by = 'eve'", "what is proposed of case"),
                ("UPDATE TABLE SET judged = 'abd'", "what is proposed of case"),
                ("UPDATE TABLE SET reasons = 'dismissal'", "what is proposed of case"),
                ("DELETE FROM TABLE", "is not there"),
            ],
        )
        .await;
    let put_in = "INSERT INTO case_decisions (case_id, decision, decided_by, decided_at, before, letters, undo_until) \
                  VALUES (1, 'dismissed', 'eve', 1, 'review', 0, 1)";
    worked.show("case_decisions", &[(put_in, "no event tells of what staff decided")]).await;
    worked.confirmed().await;
    worked
        .show(
            "case_decisions",
            &[
                ("UPDATE TABLE SET decided_by = 'anna'", "what staff decided of case"),
                ("UPDATE TABLE SET proposed_by = NULL", "what staff decided of case"),
                ("UPDATE TABLE SET decision = 'complement'", "what staff decided of case"),
                ("UPDATE TABLE SET decided_at = decided_at + 1", "what staff decided of case"),
                ("DELETE FROM TABLE", "is not there"),
            ],
        )
        .await;
}
