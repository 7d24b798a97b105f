//! What staff do at the desk with what the machine may not decide, through the line itself.

use crate::desk::{TestDesk, text_of};
use guichet::domain::case::{CaseNumber, VerdictKind};
use guichet::domain::finding::{Code, Finding};
use guichet::domain::form::Field;
use guichet::domain::mail::ReplyState;
use guichet::pipeline::{Act, NotDone};
use guichet::store::{CaseFilter, CaseState, Staffed};
use jiff::SignedDuration;

/// The names of the second administrator stand in each other's boxes.
const SWAPPED: &str = "mails/demo/05-review-names-swapped.eml";
const MISMATCH: (Code, Field) = (Code::Mismatch, Field::Administrator(1));
const UNDO: SignedDuration = SignedDuration::from_mins(1);

fn accept() -> Act {
    Act::Accept { overruled: vec![MISMATCH] }
}

fn reject(message: &str) -> Act {
    Act::Reject { reasons: vec![Finding::reject(MISMATCH.0, MISMATCH.1, message)], remark: None }
}

/// A desk with the case that staff have to look at, its receipt sent.
async fn a_case_to_look_at() -> (TestDesk, CaseNumber) {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(SWAPPED);
    desk.turn().await;
    desk.hours_pass(1);
    let number = desk.cases().await.remove(0).number;
    assert_eq!(desk.reply_states().await, [ReplyState::Sent]);
    (desk, number)
}

impl TestDesk {
    async fn version(&self, number: &CaseNumber) -> i64 {
        self.daemon.line.open_case(number).await.unwrap().unwrap().version
    }

    async fn acts(&self, number: &CaseNumber, act: &Act, by: &str) -> Result<Staffed, NotDone> {
        let seen = self.version(number).await;
        self.daemon.line.act((number, seen), act, by, UNDO).await
    }

    async fn corrects(&self, number: &CaseNumber, field: Field, value: &str) -> Staffed {
        let seen = self.version(number).await;
        self.daemon.line.correct((number, seen), (field, value), "Ada").await.unwrap()
    }

    fn minutes_pass(&mut self, minutes: i64) -> &mut Self {
        self.clock.advance(SignedDuration::from_mins(minutes));
        self
    }

    async fn events(&self, number: &CaseNumber) -> Vec<(String, String)> {
        let case = self.store().case(number).await.unwrap().unwrap();
        let of_case = case.events.iter().filter(|event| event.kind.starts_with("case_"));
        of_case.map(|event| (event.kind.clone(), event.actor.clone())).collect()
    }
}

#[tokio::test]
async fn a_corrected_box_is_judged_at_once_and_the_decision_leaves_after_a_minute() {
    let (mut desk, number) = a_case_to_look_at().await;
    assert_eq!(desk.corrects(&number, Field::AdministratorLastName(1), "Desœuvres").await, Staffed::Done);
    assert_eq!(desk.corrects(&number, Field::AdministratorFirstName(1), "Hippolyte").await, Staffed::Done);
    let case = desk.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.row.verdict, case.row.state), (VerdictKind::Accepted, CaseState::Waiting));
    assert_eq!(case.findings, []);
    let explained = desk.store().explanation(&number).await.unwrap().unwrap();
    assert_eq!(explained.expose().matches("\"channel\":\"staff\"").count(), 2);
    assert_eq!(desk.acts(&number, &Act::Accept { overruled: vec![] }, "Ada").await.unwrap(), Staffed::Done);
    desk.turn().await;
    assert_eq!(desk.relay.taken().len(), 1, "the receipt alone: the letter can still be taken back");
    desk.minutes_pass(2).turn().await;
    assert_eq!(desk.relay.taken().len(), 2);
    let letter = text_of(&desk.relay.taken()[1]);
    assert!(letter.contains("complet et accepté") && letter.contains("examiné par une personne"), "{letter}");
    let kinds = ["case_opened", "case_corrected", "case_corrected", "case_decided"];
    let by = ["guichet", "Ada", "Ada", "Ada"];
    let told: Vec<_> = kinds.into_iter().zip(by).map(|(kind, by)| (kind.to_owned(), by.to_owned())).collect();
    assert_eq!(desk.events(&number).await, told);
    desk.adds_up().await;
}

#[tokio::test]
async fn what_was_left_to_a_person_is_overruled_by_name_and_nothing_else_is() {
    let (desk, number) = a_case_to_look_at().await;
    for overruled in [vec![], vec![(Code::Mismatch, Field::Administrator(0))]] {
        let refused = desk.acts(&number, &Act::Accept { overruled }, "Ada").await.unwrap_err();
        assert!(matches!(&refused, NotDone::Stands(found) if found[0].code == Code::Mismatch), "{refused}");
    }
    // what a rule rejects cannot be overruled
    assert_eq!(desk.corrects(&number, Field::Finess, "123456789").await, Staffed::Done);
    let by_finess = CaseFilter { finess: Some("123456789".into()), ..CaseFilter::default() };
    assert_eq!(desk.store().cases(&by_finess).await.unwrap().len(), 1, "found by what it says now");
    let wrong = Act::Accept { overruled: vec![MISMATCH, (Code::Malformed, Field::Finess)] };
    assert!(matches!(desk.acts(&number, &wrong, "Ada").await, Err(NotDone::Stands(_))));
    assert_eq!(desk.corrects(&number, Field::Finess, "2B0721849").await, Staffed::Done);
    assert_eq!(desk.acts(&number, &accept(), "Ada").await.unwrap(), Staffed::Done);
    let case = desk.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.row.verdict, case.row.state), (VerdictKind::Accepted, CaseState::Decided));
    desk.adds_up().await;
}

#[tokio::test]
async fn what_holds_on_the_day_of_reception_has_to_hold_today() {
    let (desk, number) = a_case_to_look_at().await;
    let card = "2986978269;CDE;Maïffret;Côme;;2B0721849;2025-03-01;2028-02-29;";
    let opposed = "2986978269;CDE;Maïffret;Côme;;2B0721849;2025-03-01;2028-02-29;2026-11-24";
    desk.clock.advance(SignedDuration::from_hours(72));
    crate::wake::imports_changed(&desk, "cards.csv", &[(card, opposed)]).await;
    let refused = desk.acts(&number, &accept(), "Ada").await.unwrap_err();
    assert!(matches!(&refused, NotDone::Stands(found) if found[0].code == Code::Revoked), "{refused}");
}

#[tokio::test]
async fn a_decision_is_taken_back_while_its_letter_has_not_left() {
    let (mut desk, number) = a_case_to_look_at().await;
    let line = desk.daemon.line.clone();
    assert_eq!(desk.acts(&number, &accept(), "Ada").await.unwrap(), Staffed::Done);
    let seen = desk.version(&number).await;
    assert_eq!(line.undo((&number, seen), "Ada").await.unwrap(), Staffed::Done);
    desk.minutes_pass(5).turn().await;
    assert_eq!(desk.relay.taken().len(), 1);
    let case = desk.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.row.verdict, case.row.state), (VerdictKind::Review, CaseState::Waiting));
    desk.adds_up().await;
    // and decided otherwise
    assert_eq!(desk.acts(&number, &reject("Les noms sont inversés."), "Bob").await.unwrap(), Staffed::Done);
    let seen = desk.version(&number).await;
    desk.minutes_pass(2).turn().await;
    assert_eq!(line.undo((&number, seen), "Bob").await.unwrap(), Staffed::TooLate);
    let letter = text_of(&desk.relay.taken()[1]);
    assert!(letter.contains("Les noms sont inversés.") && !letter.contains("porte le nom"), "{letter}");
    assert_eq!(desk.reply_states().await, [ReplyState::Sent, ReplyState::Held, ReplyState::Sent]);
    desk.adds_up().await;
}

#[tokio::test]
async fn nobody_overwrites_a_colleague() {
    let (desk, number) = a_case_to_look_at().await;
    let line = &desk.daemon.line;
    let seen = desk.version(&number).await;
    assert_eq!(desk.corrects(&number, Field::Phone, "01 55 60 70 40").await, Staffed::Done);
    let corrected = line.correct((&number, seen), (Field::Phone, "x"), "Bob").await.unwrap();
    assert_eq!(corrected, Staffed::Changed);
    assert_eq!(line.act((&number, seen), &accept(), "Bob", UNDO).await.unwrap(), Staffed::Changed);
    // two who saw the same and decide at the same time: one does
    let seen = desk.version(&number).await;
    let (accepts, rejects) = (accept(), reject("Non."));
    let both = tokio::join!(
        line.act((&number, seen), &accepts, "Ada", UNDO),
        line.act((&number, seen), &rejects, "Bob", UNDO),
    );
    let done = [both.0.unwrap(), both.1.unwrap()];
    assert_eq!(done.iter().filter(|end| **end == Staffed::Done).count(), 1, "{done:?}");
    let letters = desk.replies().await;
    assert_eq!(letters.iter().filter(|letter| letter.state == ReplyState::Due).count(), 1);
    desk.adds_up().await;
}

#[tokio::test]
async fn a_complement_is_asked_and_the_case_stays_open() {
    let (mut desk, number) = a_case_to_look_at().await;
    let silent = Act::Complement { ask: " ".into() };
    assert!(matches!(desk.acts(&number, &silent, "Ada").await, Err(NotDone::SaysNothing)));
    let ask = Act::Complement { ask: "Une copie du mandat.\n\n<b>Merci</b>".into() };
    let shown = desk.daemon.line.propose(&number, &ask).await.unwrap();
    assert_eq!(desk.acts(&number, &ask, "Ada").await.unwrap(), Staffed::Done);
    desk.minutes_pass(2).turn().await;
    let letter = &desk.relay.taken()[1];
    assert!(text_of(letter).contains("Une copie du mandat."), "{}", text_of(letter));
    let parsed = mail_parser::MessageParser::default().parse(&letter.bytes).unwrap();
    assert!(parsed.body_html(0).unwrap().contains("&lt;b&gt;Merci&lt;"));
    // as it was shown: but for the time it was written
    let without_date = |mail: &[u8]| {
        let text = String::from_utf8_lossy(mail).into_owned();
        text.lines().filter(|line| !line.starts_with("Date:")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_date(&letter.bytes), without_date(&shown.letters[0].mail));
    let open = desk.daemon.line.open_case(&number).await.unwrap().unwrap();
    assert_eq!((open.state, open.asked_at.is_some()), (CaseState::Waiting, true));
    // and it can be decided afterwards
    assert_eq!(desk.acts(&number, &accept(), "Ada").await.unwrap(), Staffed::Done);
    desk.adds_up().await;
}

#[tokio::test]
async fn what_is_no_request_is_closed_without_a_letter() {
    let (mut desk, number) = a_case_to_look_at().await;
    let dismiss = Act::Dismiss { because: "Envoyé par erreur, dit le demandeur au téléphone.".into() };
    assert_eq!(desk.acts(&number, &dismiss, "Ada").await.unwrap(), Staffed::Done);
    desk.minutes_pass(5).turn().await;
    assert_eq!(desk.relay.taken().len(), 1);
    let case = desk.store().case(&number).await.unwrap().unwrap();
    assert_eq!((case.row.verdict, case.row.state), (VerdictKind::Review, CaseState::Decided));
    assert!(matches!(desk.acts(&number, &accept(), "Ada").await, Ok(Staffed::NotOpen)));
    desk.adds_up().await;
}
