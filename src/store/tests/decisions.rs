//! Recording decisions.

use super::desk::{Desk, FORM, LEASE, at, case, decision, ending, filled, head, reply};
use crate::domain::case::CaseNumber;
use crate::domain::form::{Entry, Masked};
use crate::domain::mail::ReplyState;
use crate::domain::sheet::{Area, Evidence};
use crate::fault::{Fault, Retry};
use crate::store::{
    CaseState, Decision, Ending, Known, Lane, LinkedBy, NewCase, NewReply, Recorded, ReplyFilter, Twin,
};
use jiff::civil::date;

/// A filled form: whoever sends it.
fn twin() -> Twin {
    Twin { sha256: FORM.to_owned(), of_sender: None }
}

fn number(text: &str) -> CaseNumber {
    CaseNumber::parse(text).unwrap()
}

#[tokio::test]
async fn a_decision_holds_case_findings_reply_and_events() {
    let desk = Desk::new().await;
    let id = desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let recorded = desk.records(&claimed, &decision(vec![case("a.pdf")])).await;
    let Recorded::Done { cases, replies } = recorded else { panic!("{recorded:?}") };
    assert_eq!(cases, [number("F413-2026-000001")]);

    let detail = desk.store.case(&cases[0]).await.unwrap().unwrap();
    assert_eq!(detail.row.message, id);
    assert_eq!(detail.row.received_at, claimed.received_at);
    assert_eq!((detail.row.grave_findings, detail.findings[0].code.as_str()), (1, "form_blank"));
    assert_eq!(detail.findings[0].message.expose(), "Le formulaire est vide.");
    assert_eq!((detail.rules_version.as_str(), detail.registry_snapshot), ("r1", Some(4)));
    assert_eq!(
        (detail.case_documents.as_slice(), detail.documents[0].sha256.as_str()),
        (&["a.pdf".to_owned()][..], FORM)
    );
    assert_eq!(detail.head, decision(vec![]).head);
    assert_eq!(detail.replies.len(), 1);
    assert_eq!((detail.replies[0].id, detail.replies[0].state), (replies[0], ReplyState::Due));
    assert_eq!(detail.replies[0].subject.expose(), "Votre formulaire F413-2026-000001");
    let kinds: Vec<_> = detail.events.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["message_kept", "case_opened", "reply_due"]);
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.submissions, ledger.cases, ledger.replies_due, ledger.balances()), (1, 1, 1, true));
}

#[tokio::test]
async fn case_numbers_run_without_a_gap_and_begin_again_each_year() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let broken = |_: &[CaseNumber]| Err(Fault::never("composing", "a template without a subject"));
    let failed = desk.store.record(&claimed, &decision(vec![case("a.pdf")]), broken, at(2)).await;
    assert_eq!(failed.unwrap_err().retry, Retry::Never);
    let recorded = desk.records(&claimed, &decision(vec![case("a.pdf"), case("b.pdf")])).await;
    let Recorded::Done { cases, .. } = recorded else { panic!() };
    assert_eq!(cases, [number("F413-2026-000001"), number("F413-2026-000002")]);
    assert_eq!(desk.decides(2, "b").await, [number("F413-2026-000003")]);

    desk.keeps(3, "c").await;
    let claimed = desk.claims().await;
    let next_year = Decision { day: date(2027, 1, 1), ..decision(vec![case("c.pdf")]) };
    let recorded = desk.records(&claimed, &next_year).await;
    assert!(matches!(recorded, Recorded::Done { cases, .. } if cases == [number("F413-2027-000001")]));
}

#[tokio::test]
async fn a_lost_claim_records_nothing() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let late = desk.claims().await;
    let taken = desk.store.claim("bob", Lane::Quick, at(1) + LEASE, LEASE).await.unwrap().unwrap();
    assert_eq!(desk.records(&late, &decision(vec![case("a.pdf")])).await, Recorded::ClaimLost);
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.cases, ledger.replies, ledger.waiting), (0, 0, 1));
    let recorded = desk.records(&taken, &decision(vec![case("a.pdf")])).await;
    assert!(matches!(recorded, Recorded::Done { cases, .. } if cases == [number("F413-2026-000001")]));
    // and a second time, by the same worker, is too late as well
    assert_eq!(desk.records(&taken, &decision(vec![case("a.pdf")])).await, Recorded::ClaimLost);
}

#[tokio::test]
async fn a_document_decided_meanwhile_is_not_decided_twice() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    desk.keeps(2, "b").await;
    let (first, second) = (desk.claims().await, desk.claims().await);
    let new = Decision { assumed_new: vec![twin()], ..decision(vec![case("a.pdf")]) };
    assert_eq!(desk.store.first_case_with_document(&twin(), second.id, Known::All).await.unwrap(), None);
    let recorded = desk.records(&first, &new).await;
    assert!(matches!(recorded, Recorded::Done { .. }));
    assert_eq!(desk.records(&second, &new).await, Recorded::Overtaken);
    assert_eq!(desk.store.ledger().await.unwrap().cases, 1);

    // judged again, it repeats the first case
    let seen = desk.store.first_case_with_document(&twin(), second.id, Known::All).await.unwrap();
    assert_eq!(seen, Some(number("F413-2026-000001")));
    assert_eq!(desk.store.first_case_with_document(&twin(), first.id, Known::All).await.unwrap(), None);
    let recorded = desk.records(&second, &ending(Ending::Repeat(seen.unwrap()))).await;
    let Recorded::Done { cases, replies } = recorded else { panic!("{recorded:?}") };
    assert_eq!((cases.len(), replies.len()), (0, 1));
    let subject =
        desk.store.replies(&ReplyFilter { id: Some(replies[0]), ..ReplyFilter::default() }).await.unwrap();
    assert_eq!(subject[0].subject.expose(), "Votre formulaire F413-2026-000001");
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.submissions, ledger.cases, ledger.balances()), (2, 1, true));
}

#[tokio::test]
async fn a_question_gets_a_receipt_once_a_day_and_an_automatic_mail_none() {
    let desk = Desk::new().await;
    for uid in 1..=3 {
        desk.keeps(uid, &format!("question {uid}")).await;
    }
    let receipt = |claimed: &crate::store::Claimed, since: i64| {
        let reply = NewReply { unless_since: Some(at(since)), ..reply(claimed, &[]) };
        move |_: &[CaseNumber]| Ok(vec![reply])
    };
    let question = ending(Ending::Question);
    for (minute, since, receipts) in [(2, -1438, 1), (3, -1437, 0), (1500, 60, 1)] {
        let claimed = desk.claims().await;
        let recorded =
            desk.store.record(&claimed, &question, receipt(&claimed, since), at(minute)).await.unwrap();
        let Recorded::Done { replies, .. } = recorded else { panic!() };
        assert_eq!(replies.len(), receipts, "minute {minute}");
    }
    desk.keeps(4, "out of office").await;
    let claimed = desk.claims().await;
    let mut automatic = ending(Ending::Automatic);
    automatic.not_answered_because = Some("automatic".into());
    let recorded = desk.store.record(&claimed, &automatic, |_| Ok(vec![]), at(4)).await.unwrap();
    assert_eq!(recorded, Recorded::Done { cases: vec![], replies: vec![] });
    let told = desk.store.events_of(claimed.id).await.unwrap();
    assert_eq!(told.last().map(|event| event.kind.as_str()), Some("not_answered"));
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.questions, ledger.automatic, ledger.balances()), (3, 1, true));
}

#[tokio::test]
async fn a_form_in_an_old_thread_is_linked_to_the_case_of_the_thread() {
    let desk = Desk::new().await;
    desk.keeps(1, "first").await;
    let first = desk.claims().await;
    desk.records(&first, &decision(vec![case("a.pdf")])).await;
    for (uid, raw, reference) in [
        (2, "answers our reply", format!("{}.0@guichet.example", first.sha256)),
        (3, "answers their own mail", "first@hopital.example".to_owned()),
    ] {
        desk.keeps(uid, raw).await;
        let claimed = desk.claims().await;
        let mut decision = decision(vec![case("b.pdf")]);
        let mut head = head("Marie.Curie@Hopital.example");
        head.message_id = Some(format!("{uid}@hopital.example"));
        head.references = vec!["unknown@elsewhere.example".into(), reference];
        decision.head = Some(head);
        let Recorded::Done { cases, .. } = desk.records(&claimed, &decision).await else { panic!() };
        let detail = desk.store.case(&cases[0]).await.unwrap().unwrap();
        assert_eq!(detail.row.linked, Some(number("F413-2026-000001")), "{raw}");
    }
}

#[tokio::test]
async fn a_submission_needs_a_case() {
    let desk = Desk::new().await;
    desk.keeps(1, "a").await;
    let claimed = desk.claims().await;
    let none = desk.store.record(&claimed, &decision(vec![]), |_| Ok(vec![]), at(2)).await;
    assert_eq!(none.unwrap_err().retry, Retry::Never);
}

#[tokio::test]
async fn mail_is_filed_by_its_outcome_once_it_has_one() {
    let desk = Desk::new().await;
    desk.keeps(1, "waits for a person").await;
    desk.keeps(2, "decided").await;
    desk.keeps(3, "not decided yet").await;
    let to_file_at = async |validity, seconds| {
        let folder = (super::desk::INBOX, validity);
        desk.store.claim_to_file("ada", folder, at(seconds), LEASE, 10).await.unwrap()
    };
    let to_file = async || to_file_at(1, 9).await;
    assert_eq!(to_file().await, []);
    let waiting = NewCase { state: CaseState::Waiting, ..case("a.pdf") };
    for cases in [vec![case("b.pdf"), waiting], vec![case("a.pdf")]] {
        let claimed = desk.claims().await;
        desk.records(&claimed, &decision(cases)).await;
    }
    // a copy of a decided mail is filed like the first
    desk.keeps(4, "decided").await;
    let due = to_file().await;
    let outcomes: Vec<_> = due.iter().map(|mail| (mail.uid, mail.outcome.as_str())).collect();
    assert_eq!(outcomes, [(1, "to_do"), (2, "handled"), (4, "handled")]);
    assert_eq!(to_file_at(2, 9).await, [], "another UIDVALIDITY");
    assert_eq!(to_file().await, [], "it is in somebody's hands");
    desk.store.leave_to_file(&due, at(9)).await.unwrap();
    assert_eq!(to_file().await, due, "it was left as it is");

    desk.store.filed(&due[..1], at(9)).await.unwrap();
    desk.store.filing_failed(&due[1], "NO over quota", Some(at(20))).await.unwrap();
    desk.store.filing_failed(&due[2], "copied, not deleted", None).await.unwrap();
    assert_eq!(to_file().await, []);
    let again = to_file_at(1, 20).await;
    assert_eq!(again.iter().map(|mail| (mail.uid, mail.attempts)).collect::<Vec<_>>(), [(2, 1)]);
    let ledger = desk.store.ledger().await.unwrap();
    assert_eq!((ledger.to_file, ledger.filing_troubled), (2, 2));
}

#[tokio::test]
async fn a_form_of_the_same_structure_and_signatory_is_linked_without_a_thread() {
    fn words<T>(text: &str) -> Entry<T> {
        let (raw, area) = (String::new(), Area::default());
        Entry::Wrong(Masked::new(text), Evidence { raw, confidence: 1.0, page: 1.into(), area })
    }
    let desk = Desk::new().await;
    let mut linked = Vec::new();
    for (uid, last, number) in [
        (1, "BRETON", "1000345678102"),
        (2, "Delaunay", "1000345678102"),
        (3, "Breton", "another"),
        (4, "Breton", "1000345678102"),
    ] {
        desk.keeps(uid, &format!("mail {uid}")).await;
        let claimed = desk.claims().await;
        let mut case = filled("a.pdf");
        if let Some(form) = &mut case.judged.form {
            // the practice is known by its RPPS rang; the card of nobody in particular
            form.finess = Entry::Blank;
            form.siret = Entry::Blank;
            form.rpps_rang = vec![words(number)];
            form.signatory.card = Entry::Blank;
            form.signatory.last_name = words(last);
            form.signatory.first_names = words("Henri");
        }
        let Recorded::Done { cases, .. } = desk.records(&claimed, &decision(vec![case])).await else {
            panic!()
        };
        let row = desk.store.case(&cases[0]).await.unwrap().unwrap().row;
        linked.push((row.linked.map(|number| number.to_string()), row.linked_by));
    }
    let first = (Some("F413-2026-000001".to_owned()), Some(LinkedBy::Signatory));
    assert_eq!(linked, [(None, None), (None, None), (None, None), first]);
    let followed = desk.store.case(&number("F413-2026-000001")).await.unwrap().unwrap().followed_by;
    assert_eq!(followed, [number("F413-2026-000004")]);
}
