//! Mails that ask something: listed, closed, answered, opened again.

use super::desk::{Desk, at, ending, reply};
use crate::domain::case::Template;
use crate::domain::mail::{Delivery, ReplyState};
use crate::store::{Ending, MailId, NewEnd, NewReply, Purge, Recorded, ReplyFilter, Retention, Staffed};
use jiff::SignedDuration;

/// A desk with so many questions, each with its receipt.
async fn asked(count: u32) -> (Desk, Vec<MailId>) {
    let (desk, mut ids) = (Desk::new().await, Vec::new());
    for uid in 1..=count {
        ids.push(desk.keeps(uid, &format!("question {uid}")).await);
        let claimed = desk.claims().await;
        let receipt = NewReply { template: Template::Received, ..reply(&claimed, &[]) };
        let question = ending(Ending::Question);
        let recorded = desk.store.record(&claimed, &question, |_| Ok(vec![receipt]), at(2)).await.unwrap();
        assert!(matches!(recorded, Recorded::Done { .. }), "{recorded:?}");
        let letter = desk.store.claim_reply("ada", at(3), super::desk::LEASE).await.unwrap().unwrap();
        desk.store.settle(&letter, Delivery::Sent, "250 ok", at(3), None).await.unwrap();
    }
    (desk, ids)
}

async fn open(desk: &Desk) -> Vec<MailId> {
    desk.store.questions(false, 0, 10).await.unwrap().0.into_iter().map(|row| row.id).collect()
}

fn answer(sha256: &str) -> NewReply {
    NewReply {
        template: Template::Answer,
        to: crate::domain::form::Masked::new("marie@x.example"),
        subject: crate::domain::form::Masked::new("Réponse"),
        message_id: format!("<{sha256}.1@guichet.example>"),
        attachments: vec![],
        mail: b"Subject: x\r\n\r\n".to_vec(),
        held: false,
        shadow: false,
        unless_since: None,
        not_before: Some(at(11)),
        within: None,
    }
}

#[tokio::test]
async fn a_question_is_closed_by_one_person_with_a_note_and_opened_again() {
    let (desk, ids) = asked(3).await;
    assert_eq!((open(&desk).await, desk.store.count_questions().await.unwrap()), (ids.clone(), 3));
    let question = desk.store.question(ids[1]).await.unwrap().unwrap();
    assert_eq!((question.letters, question.head.text.expose()), (1, "Bonjour"));
    let end = NewEnd { note: Some("Répondu au téléphone."), answer: None };
    assert_eq!(desk.store.close_question(&question, &end, "anna", at(10)).await.unwrap(), Staffed::Done);
    assert_eq!(desk.store.close_question(&question, &end, "bob", at(10)).await.unwrap(), Staffed::Changed);
    assert_eq!(open(&desk).await, [ids[0], ids[2]]);
    let closed = desk.store.question(ids[1]).await.unwrap().unwrap();
    let by = closed.closed.as_ref().map(|closed| (closed.by.as_str(), closed.at, closed.undo_until));
    assert_eq!(by, Some(("anna", at(10), None)));
    let notes = desk.store.notes_of_question(ids[1]).await.unwrap();
    assert_eq!(notes, [("Répondu au téléphone.".to_owned(), "anna".to_owned(), at(10))]);
    desk.adds_up().await;

    // the record tells who closed it
    desk.behind_its_back("UPDATE questions SET closed_by = 'eve' WHERE closed_at IS NOT NULL").await.unwrap();
    let verified = crate::audit::verify(desk.store.database(), &[]).await.unwrap();
    assert_eq!(verified.troubles.len(), 1, "{:?}", verified.troubles);
    desk.behind_its_back("UPDATE questions SET closed_by = 'anna' WHERE closed_at IS NOT NULL")
        .await
        .unwrap();

    assert_eq!(desk.store.reopen_question(&closed, "bob", at(12)).await.unwrap(), Staffed::Done);
    assert_eq!(open(&desk).await, ids);
    let kinds: Vec<_> = desk
        .store
        .events_of(ids[1])
        .await
        .unwrap()
        .into_iter()
        .rev()
        .take(2)
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["question_reopened", "question_closed"]);
    desk.adds_up().await;
}

#[tokio::test]
async fn an_answer_leaves_after_its_time_or_never() {
    let (desk, ids) = asked(1).await;
    let states = async || -> Vec<ReplyState> {
        let all = desk.store.replies(&ReplyFilter::default()).await.unwrap();
        all.into_iter().map(|reply| reply.state).collect()
    };
    let question = desk.store.question(ids[0]).await.unwrap().unwrap();
    let letter = answer(&question.sha256);
    let end = NewEnd { note: None, answer: Some((&letter, at(11))) };
    assert_eq!(desk.store.close_question(&question, &end, "anna", at(10)).await.unwrap(), Staffed::Done);
    assert_eq!(desk.store.claim_reply("ada", at(10), super::desk::LEASE).await.unwrap().map(|_| ()), None);
    let answered = desk.store.question(ids[0]).await.unwrap().unwrap();
    assert_eq!(desk.store.reopen_question(&answered, "anna", at(10)).await.unwrap(), Staffed::Done);
    assert_eq!(states().await, [ReplyState::Held, ReplyState::Sent]);
    assert_eq!(desk.store.claim_reply("ada", at(60), super::desk::LEASE).await.unwrap().map(|_| ()), None);
    desk.adds_up().await;

    let question = desk.store.question(ids[0]).await.unwrap().unwrap();
    let letter = NewReply { message_id: "<again@guichet.example>".into(), ..answer(&question.sha256) };
    let end = NewEnd { note: None, answer: Some((&letter, at(71))) };
    assert_eq!(desk.store.close_question(&question, &end, "bob", at(70)).await.unwrap(), Staffed::Done);
    // a sender has it: it may have left
    desk.store.claim_reply("ada", at(70), super::desk::LEASE).await.unwrap().unwrap();
    let answered = desk.store.question(ids[0]).await.unwrap().unwrap();
    assert_eq!(desk.store.reopen_question(&answered, "bob", at(70)).await.unwrap(), Staffed::TooLate);
    assert_eq!(open(&desk).await, []);
    desk.adds_up().await;
}

#[tokio::test]
async fn what_the_retention_has_emptied_is_no_question_any_more() {
    let (desk, ids) = asked(2).await;
    let question = desk.store.question(ids[0]).await.unwrap().unwrap();
    let end = NewEnd { note: Some("SECRET"), answer: None };
    desk.store.close_question(&question, &end, "anna", at(10)).await.unwrap();
    let day = SignedDuration::from_hours(24);
    let retention = Retention {
        accepted: day,
        rejected: day,
        review: day,
        repeated: day,
        question: day,
        automatic: day,
        parked: day,
    };
    for id in &ids {
        let purged = desk.store.purge(*id, &retention, "test", at(60 * 48)).await.unwrap();
        assert!(matches!(purged, Purge::Done(_)), "{purged:?}");
        assert!(desk.store.question(*id).await.unwrap().is_none());
        assert_eq!(desk.store.notes_of_question(*id).await.unwrap(), []);
    }
    assert_eq!(open(&desk).await, []);
    desk.adds_up().await;
}
