//! Two pairs of eyes: what falls under `desk.four_eyes` is proposed by one person and confirmed by another,
//! and nothing leaves before.

use crate::desk::{TestDesk, mail_with, text_of};
use crate::replay::attached_to;
use guichet::domain::case::{CaseNumber, Template};
use guichet::domain::finding::{Code, Finding};
use guichet::domain::form::Field;
use guichet::domain::mail::ReplyState;
use guichet::domain::staff::{Role, UserName};
use guichet::pipeline::Act;
use guichet::store::{CaseState, NewAccount, Staffed};
use jiff::SignedDuration;

const SWAPPED: &str = "mails/demo/05-review-names-swapped.eml";
const MISMATCH: (Code, Field) = (Code::Mismatch, Field::Administrator(1));
const UNDO: SignedDuration = SignedDuration::from_mins(1);

fn accept() -> Act {
    Act::Accept { overruled: vec![MISMATCH] }
}

struct Two {
    desk: TestDesk,
    number: CaseNumber,
}

/// The case that staff have to look at; anna decides, sara and tom confirm.
async fn with_four_eyes(reasons: &str) -> Two {
    let mut desk = TestDesk::with(&format!("[desk]\nfour_eyes = {reasons}\n")).await;
    for (name, role) in [("anna", Role::Agent), ("sara", Role::Supervisor), ("tom", Role::Supervisor)] {
        let name = UserName::parse(name).unwrap();
        let new = NewAccount { shown: name.to_string(), name, role, password: None, identity: None };
        desk.store().add_account(&new, "test", desk.now()).await.unwrap();
    }
    desk.receives_fixture(SWAPPED);
    desk.turn().await;
    desk.hours_pass(1);
    let number = desk.cases().await.remove(0).number;
    Two { desk, number }
}

impl Two {
    async fn seen(&self) -> i64 {
        self.desk.daemon.line.open_case(&self.number).await.unwrap().unwrap().version
    }

    async fn acts(&self, act: &Act, by: &str) -> Staffed {
        let seen = self.seen().await;
        self.desk.daemon.line.act((&self.number, seen), act, by, UNDO).await.unwrap()
    }

    async fn confirms(&self, by: &str) -> Staffed {
        let seen = self.seen().await;
        self.desk.daemon.line.confirm((&self.number, seen), by, UNDO).await.unwrap()
    }

    async fn turns_after(&mut self, minutes: i64) -> usize {
        self.desk.clock.advance(SignedDuration::from_mins(minutes));
        self.desk.turn().await;
        self.desk.relay.taken().len()
    }

    async fn kinds(&self) -> Vec<String> {
        let case = self.desk.store().case(&self.number).await.unwrap().unwrap();
        case.events.into_iter().filter(|one| one.kind.starts_with("case_")).map(|one| one.kind).collect()
    }
}

#[tokio::test]
async fn an_acceptance_over_a_set_finding_leaves_a_minute_after_another_confirmed_it() {
    let mut two = with_four_eyes("[\"mismatch\"]").await;
    assert_eq!(two.acts(&accept(), "sara").await, Staffed::Proposed);
    assert_eq!(two.turns_after(600).await, 1, "the receipt alone");
    for by in ["sara", "anna", "Ada Lovelace"] {
        assert_eq!(two.confirms(by).await, Staffed::NotTheirs, "{by}");
    }
    assert_eq!(two.confirms("tom").await, Staffed::Done);
    assert_eq!(two.turns_after(0).await, 1, "the minute of undoing begins now");
    assert_eq!(two.turns_after(2).await, 2);
    assert!(text_of(&two.desk.relay.taken()[1]).contains("complet et accepté"));
    assert_eq!(two.kinds().await, ["case_opened", "case_proposed", "case_decided"]);
    two.desk.adds_up().await;
    // the archive of the case says who proposed and who confirmed
    let (folder, number) = (two.desk.folder.path(), two.number.to_string());
    let to = folder.join("case.zip").display().to_string();
    two.desk.says(&["audit", "export", &number, "--to", &to, "--as", "Ada"], 0);
    let unpacks = ["-m", "zipfile", "-e", "case.zip", "unpacked"];
    let done = std::process::Command::new("python3").args(unpacks).current_dir(folder).status().unwrap();
    assert!(done.success());
    let read = |file: std::fs::DirEntry| std::fs::read(file.path()).unwrap_or_default();
    let files = std::fs::read_dir(folder.join("unpacked")).unwrap().map(|file| read(file.unwrap()));
    let all: String = files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    let event = |kind: &str, by: &str| {
        all.lines().any(|line| line.contains(kind) && line.contains(by) && line.contains("sara"))
    };
    assert!(event("case_proposed", "sara") && event("case_decided", "tom"), "{all}");
}

#[tokio::test]
async fn a_confirmed_decision_is_taken_back_within_its_minute_and_decided_anew() {
    let mut two = with_four_eyes("[\"acceptance\"]").await;
    assert_eq!(two.acts(&accept(), "anna").await, Staffed::Proposed);
    assert_eq!(two.confirms("sara").await, Staffed::Done);
    let seen = two.seen().await;
    assert_eq!(two.desk.daemon.line.undo((&two.number, seen), "anna").await.unwrap(), Staffed::Done);
    assert_eq!(two.turns_after(10).await, 1);
    let open = two.desk.daemon.line.open_case(&two.number).await.unwrap().unwrap();
    assert_eq!((open.state, open.proposal), (CaseState::Waiting, None), "it is proposed anew, or not at all");
    // what is not set is decided by one
    let reject = Act::Reject { reasons: vec![Finding::reject(MISMATCH.0, MISMATCH.1, "Non.")], remark: None };
    assert_eq!(two.acts(&reject, "anna").await, Staffed::Done);
    two.desk.adds_up().await;
}

#[tokio::test]
async fn each_kind_of_decision_can_be_set() {
    let reject = Act::Reject { reasons: vec![Finding::reject(MISMATCH.0, MISMATCH.1, "Non.")], remark: None };
    let ask = Act::Complement { ask: "Une copie.".into() };
    let dismiss = Act::Dismiss { because: "Une erreur.".into() };
    for (word, act) in [("rejection", &reject), ("complement", &ask), ("dismissal", &dismiss)] {
        let mut two = with_four_eyes(&format!("[{word:?}]")).await;
        assert_eq!(two.acts(act, "anna").await, Staffed::Proposed, "{word}");
        assert_eq!(two.turns_after(60).await, 1, "{word}");
        assert_eq!(two.confirms("sara").await, Staffed::Done, "{word}");
        let letters = if word == "dismissal" { 1 } else { 2 };
        assert_eq!(two.turns_after(60).await, letters, "{word}");
        two.desk.adds_up().await;
    }
    // a box that staff filled in, where only that is set
    let two = with_four_eyes("[\"correction\"]").await;
    for (field, value) in
        [(Field::AdministratorLastName(1), "Desœuvres"), (Field::AdministratorFirstName(1), "Hippolyte")]
    {
        let seen = two.seen().await;
        two.desk.daemon.line.correct((&two.number, seen), (field, value), "anna").await.unwrap();
    }
    assert_eq!(two.acts(&Act::Accept { overruled: vec![] }, "anna").await, Staffed::Proposed);
}

#[tokio::test]
async fn a_proposal_is_void_once_the_registry_says_something_else() {
    let two = with_four_eyes("[\"acceptance\"]").await;
    assert_eq!(two.acts(&accept(), "anna").await, Staffed::Proposed);
    // the same registry anew changes nothing
    two.desk.imports_the_registry().await;
    let open = two.desk.daemon.line.open_case(&two.number).await.unwrap().unwrap();
    assert!(two.desk.daemon.line.proposal(&open).await.is_ok());
    two.desk.clock.advance(SignedDuration::from_hours(72));
    let card = "2986978269;CDE;Maïffret;Côme;;2B0721849;2025-03-01;2028-02-29;";
    let opposed = "2986978269;CDE;Maïffret;Côme;;2B0721849;2025-03-01;2028-02-29;2026-11-24";
    crate::wake::imports_changed(&two.desk, "cards.csv", &[(card, opposed)]).await;
    assert_eq!(two.confirms("sara").await, Staffed::Changed);
    assert_eq!(two.kinds().await, ["case_opened", "case_proposed", "case_proposal_void"]);
    assert_eq!(two.desk.reply_states().await, [ReplyState::Sent], "the receipt");
    two.desk.adds_up().await;
}

#[tokio::test]
async fn what_came_up_only_since_the_form_was_received_is_overruled_by_two_as_well() {
    let two = with_four_eyes("[\"date_too_old\"]").await;
    two.desk.clock.advance(SignedDuration::from_hours(24 * 200));
    two.desk.imports_the_registry().await;
    let act = Act::Accept { overruled: vec![MISMATCH, (Code::DateTooOld, Field::Date)] };
    assert_eq!(two.acts(&act, "anna").await, Staffed::Proposed);
    assert_eq!(two.confirms("sara").await, Staffed::Done);
    two.desk.adds_up().await;
}

#[tokio::test]
async fn a_held_letter_is_not_let_go_by_one_person() {
    let lines = "[decision]\nautomatic = [\"review\"]\n[desk]\nfour_eyes = [\"rejection\"]\n";
    let mut desk = TestDesk::with(lines).await;
    desk.receives_fixture("mails/demo/03-rejected-four-problems.eml");
    desk.turn().await;
    let held = desk.replies().await.remove(0);
    assert_eq!(held.state, ReplyState::Held);
    let said = desk.command(&["replies", "resend", &held.id.to_string(), "--as", "Ada"]).output().unwrap();
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("four_eyes"));
    desk.hours_pass(1).turn().await;
    assert_eq!(desk.relay.taken().len(), 0);
    assert_eq!(desk.reply_states().await, [ReplyState::Held]);
}

/// A letter is named after the worst of the forms that it tells of.
#[tokio::test]
async fn an_acceptance_beside_another_form_is_not_let_go_by_one_person() {
    let accepted = attached_to("mails/demo/02-accepted-pharmacy-other-edition.eml");
    for (other, template) in
        [(SWAPPED, Template::Received), ("mails/demo/03-rejected-four-problems.eml", Template::Rejected)]
    {
        let mut desk =
            TestDesk::with("[decision]\nautomatic = []\n[desk]\nfour_eyes = [\"acceptance\"]\n").await;
        let both = [("a.pdf", accepted.as_slice()), ("b.pdf", &attached_to(other))];
        desk.receives(&mail_with("bureau@cabinet-a.fr", "1@cabinet-a.fr", &both));
        desk.turn().await;
        assert_eq!(desk.cases().await.len(), 2);
        let held = desk.replies().await.remove(0);
        assert_eq!((held.state, held.template), (ReplyState::Held, template));
        let said =
            desk.command(&["replies", "resend", &held.id.to_string(), "--as", "Ada"]).output().unwrap();
        assert!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("four_eyes"));
        assert_eq!(desk.reply_states().await, [ReplyState::Held]);
    }
}
