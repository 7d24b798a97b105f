//! Decisions that a second person confirms: who may, what overtakes them, and every write broken once.

use super::broken::{breaks, mends};
use super::desk::{Desk, at, case, decision};
use crate::domain::correction::Correction;
use crate::domain::form::{Field, Masked};
use crate::domain::staff::{Role, UserName};
use crate::fault::Fault;
use crate::store::{
    AccountChange, Basis, ByStaff, CaseState, JudgedAgain, NewCase, NewProposal, NewReply, NewStaffDecision,
    OpenCase, QueueFilter, Recorded, Staffed, Turn,
};
use sqlx::{AssertSqlSafe, Row as _};

const ACT: &str = "{\"act\":\"dismiss\",\"because\":\"Une erreur.\"}";

/// A case that waits, and the people around it: anna and bob decide, sara and tom confirm.
struct Two {
    desk: Desk,
    number: crate::domain::case::CaseNumber,
}

impl Two {
    async fn new() -> Self {
        let desk = Desk::new().await;
        for (name, role) in [
            ("anna", Role::Agent),
            ("bob", Role::Agent),
            ("sara", Role::Supervisor),
            ("tom", Role::Supervisor),
        ] {
            desk.adds(name, role).await;
        }
        desk.keeps(1, "a").await;
        let claimed = desk.claims().await;
        let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
        let recorded = desk.records(&claimed, &decision(vec![waiting])).await;
        let Recorded::Done { cases, .. } = recorded else { panic!("{recorded:?}") };
        Self { desk, number: cases[0].clone() }
    }

    async fn open(&self) -> OpenCase {
        self.desk.store.open_case(&self.number).await.unwrap().unwrap()
    }

    async fn proposes(&self, open: &OpenCase, by: &str) -> Result<Staffed, Fault> {
        let act = Masked::new(ACT);
        let new = NewProposal {
            decision: ByStaff::Dismissed,
            act: &act,
            reasons: &["dismissal"],
            judged: "abc",
            findings: &[],
            snapshot: Some(4),
        };
        self.desk.store.propose(open, &new, by, at(5)).await
    }

    async fn proposed_by(&self, by: &str) -> OpenCase {
        assert_eq!(self.proposes(&self.open().await, by).await.unwrap(), Staffed::Proposed);
        self.open().await
    }

    async fn confirms(&self, open: &OpenCase, by: &str) -> Result<Staffed, Fault> {
        let new = NewStaffDecision {
            decision: ByStaff::Dismissed,
            findings: vec![],
            snapshot: Some(4),
            because: Some("Une erreur."),
            letters: &[] as &[NewReply],
            undo_until: at(7),
            confirms: open.proposal.as_ref(),
        };
        self.desk.store.decide_by_staff(open, &new, by, at(6)).await
    }

    async fn corrects(&self, open: &OpenCase) -> Result<Staffed, Fault> {
        let new = case("a.pdf");
        let again = JudgedAgain {
            judged: new.judged,
            report: new.report,
            explanation: new.explanation,
            state: CaseState::Waiting,
        };
        let basis = Basis { rules_version: "r1".into(), reader_version: "0.1.0".into() };
        let correction = Correction { field: Field::Finess, value: Masked::new("310908306") };
        self.desk.store.correct(open, (&correction, None), (&again, &basis), "bob", at(6)).await
    }

    /// What a failed write could have changed.
    async fn picture(&self) -> Vec<String> {
        let mut picture = Vec::new();
        for sql in [
            "SELECT id, state || ' ' || verdict || ' ' || version AS what FROM cases",
            "SELECT case_id AS id, proposed_by AS what FROM case_proposals",
            "SELECT case_id AS id, decided_by || COALESCE(proposed_by, '-') AS what FROM case_decisions",
            "SELECT case_id AS id, value AS what FROM case_corrections",
            "SELECT last_id AS id, hash AS what FROM event_head",
            "SELECT COUNT(*) AS id, 'texts' AS what FROM event_texts",
            "SELECT COUNT(*) AS id, 'findings' AS what FROM findings",
        ] {
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(self.desk.store.database().read()).await;
            for row in rows.unwrap() {
                picture.push(format!("{} {}", row.get::<i64, _>("id"), row.get::<String, _>("what")));
            }
        }
        picture
    }

    async fn told(&self) -> Vec<(String, String)> {
        let changes = self.desk.store.changes_of(&self.open().await).await.unwrap();
        changes.into_iter().skip(1).map(|one| (one.event.kind, one.event.actor)).collect()
    }

    async fn in_turn(&self, turn: Turn) -> usize {
        let filter = QueueFilter { turn, ..QueueFilter::default() };
        self.desk.store.queue(&filter, 0, 10).await.unwrap().rows.len()
    }
}

fn told(events: &[(&str, &str)]) -> Vec<(String, String)> {
    events.iter().map(|(kind, by)| ((*kind).to_owned(), (*by).to_owned())).collect()
}

#[tokio::test]
async fn what_one_proposed_another_account_that_may_confirms() {
    let two = Two::new().await;
    let proposed = two.proposed_by("sara").await;
    let counts = two.desk.store.queue_counts(&QueueFilter::default()).await.unwrap();
    assert_eq!((counts.confirm, counts.staff, counts.oldest), (1, 0, None));
    assert_eq!((two.in_turn(Turn::Confirm).await, two.in_turn(Turn::Staff).await), (1, 0));
    let tom = UserName::parse("tom").unwrap();
    let shut = two.desk.store.change_account(&tom, AccountChange::Disable, "op", at(5)).await;
    shut.unwrap();
    let before = two.picture().await;
    // who proposed it, who may not, a name given at a terminal, an account that is shut
    for by in ["sara", "anna", "Ada Lovelace", "tom"] {
        assert_eq!(two.confirms(&proposed, by).await.unwrap(), Staffed::NotTheirs, "{by}");
        assert_eq!(two.picture().await, before, "{by}");
    }
    for by in ["anna", "Ada Lovelace", "tom"] {
        let back = two.desk.store.send_back(&proposed, "Non.", by, at(6)).await.unwrap();
        assert_eq!((back, two.picture().await), (Staffed::NotTheirs, before.clone()), "{by}");
    }
    two.desk.store.change_account(&tom, AccountChange::Enable, "op", at(5)).await.unwrap();
    // a row that was written into does not make somebody else's proposal of it
    two.desk.behind_its_back("UPDATE case_proposals SET proposed_by = 'anna'").await.unwrap();
    assert_eq!(two.confirms(&two.open().await, "sara").await.unwrap(), Staffed::NotTheirs);
    two.desk.behind_its_back("UPDATE case_proposals SET proposed_by = 'sara'").await.unwrap();
    assert_eq!(two.confirms(&proposed, "tom").await.unwrap(), Staffed::Done);
    let decided = two.open().await;
    let by = decided.decided.map(|one| (one.by, one.proposed_by));
    assert_eq!(by, Some(("tom".into(), Some("sara".into()))));
    assert_eq!((decided.state, decided.proposal), (CaseState::Decided, None));
    assert_eq!(two.confirms(&proposed, "tom").await.unwrap(), Staffed::Changed, "once");
    assert_eq!(two.told().await, told(&[("case_proposed", "sara"), ("case_decided", "tom")]));
    two.desk.adds_up().await;
}

#[tokio::test]
async fn what_is_sent_back_is_open_again_with_the_word_beside_it() {
    let two = Two::new().await;
    let proposed = two.proposed_by("anna").await;
    let back = two.desk.store.send_back(&proposed, "Vois le mandat.", "sara", at(6)).await.unwrap();
    assert_eq!(back, Staffed::Done);
    let open = two.open().await;
    assert_eq!((open.proposal.clone(), two.in_turn(Turn::Staff).await), (None, 1));
    let notes = two.desk.store.notes_of(&open).await.unwrap();
    assert_eq!(notes, [("Vois le mandat.".to_owned(), "sara".to_owned(), at(6))]);
    assert_eq!(two.desk.store.send_back(&open, "", "sara", at(6)).await.unwrap(), Staffed::NotOpen);
    // taken back by who proposed it
    let proposed = two.proposed_by("anna").await;
    assert_eq!(two.desk.store.send_back(&proposed, "", "anna", at(7)).await.unwrap(), Staffed::Done);
    let events = [
        ("case_proposed", "anna"),
        ("case_sent_back", "sara"),
        ("case_proposed", "anna"),
        ("case_sent_back", "anna"),
    ];
    assert_eq!(two.told().await, told(&events));
    two.desk.adds_up().await;
}

#[tokio::test]
async fn a_proposal_is_void_when_the_case_becomes_another() {
    let two = Two::new().await;
    let proposed = two.proposed_by("anna").await;
    assert_eq!(two.corrects(&proposed).await.unwrap(), Staffed::Done);
    let open = two.open().await;
    assert_eq!(open.proposal, None);
    assert_eq!(two.confirms(&proposed, "sara").await.unwrap(), Staffed::Changed);
    // something else is proposed in its place, and then decided
    two.proposed_by("anna").await;
    let second = two.proposed_by("bob").await;
    assert_eq!(second.proposal.as_ref().map(|one| one.by.as_str()), Some("bob"));
    let mut alone = second;
    alone.proposal = None;
    assert_eq!(two.confirms(&alone, "anna").await.unwrap(), Staffed::Done);
    let events = [
        ("case_proposed", "anna"),
        ("case_proposal_void", "guichet"),
        ("case_corrected", "bob"),
        ("case_proposed", "anna"),
        ("case_proposal_void", "guichet"),
        ("case_proposed", "bob"),
        ("case_proposal_void", "guichet"),
        ("case_decided", "anna"),
    ];
    assert_eq!(two.told().await, told(&events));
    two.desk.adds_up().await;
}

#[tokio::test]
async fn proposing_confirming_and_sending_back_are_all_or_nothing() {
    for (table, write, act) in [
        ("cases", "UPDATE", "propose"),
        ("case_proposals", "INSERT", "propose"),
        ("events", "INSERT", "propose"),
        ("event_texts", "INSERT", "propose"),
        ("event_head", "UPDATE", "propose"),
        ("cases", "UPDATE", "confirm"),
        ("case_proposals", "DELETE", "confirm"),
        ("case_decisions", "INSERT", "confirm"),
        ("events", "INSERT", "confirm"),
        ("messages", "UPDATE", "confirm"),
        ("cases", "UPDATE", "send back"),
        ("case_proposals", "DELETE", "send back"),
        ("events", "INSERT", "send back"),
        ("case_proposals", "DELETE", "correct"),
        ("case_corrections", "INSERT", "correct"),
        ("events", "INSERT", "correct"),
    ] {
        let two = Two::new().await;
        let open = if act == "propose" { two.open().await } else { two.proposed_by("anna").await };
        let does = async || match act {
            "propose" => two.proposes(&open, "anna").await,
            "confirm" => two.confirms(&open, "sara").await,
            "send back" => two.desk.store.send_back(&open, "Non.", "sara", at(6)).await,
            _ => two.corrects(&open).await,
        };
        let before = two.picture().await;
        breaks(&two.desk, table, write).await;
        assert!(does().await.is_err(), "{act}: {write} on {table}");
        assert_eq!(two.picture().await, before, "{act}: {write} on {table}");
        mends(&two.desk, table).await;
        let done = does().await.unwrap();
        assert!(matches!(done, Staffed::Done | Staffed::Proposed), "{act}: {done:?}");
        two.desk.adds_up().await;
    }
}
