//! The queue: what is found by which words, filtered, counted, and what stands beside a case.

use super::desk::{Desk, at, case, decision, head};
use crate::domain::case::CaseNumber;
use crate::domain::facts::Class;
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Field, Masked};
use crate::store::search::{Order, Way};
use crate::store::{CaseState, Decision, NewCase, QueueFilter, Recorded, Turn};
use serde_json::{Value, json};

/// A form as it is recorded.
fn form() -> Value {
    json!({ "form": {
        "structure": { "name": "Centre hôpital de Saint-Évroult", "finess": "310908306", "siret": "366 131 860 0000",
            "rpps_rang": ["10003456781029"] },
        "signatory": { "last_name": "BRETON", "first_names": "Zoé Anne-Lise", "email": "zoe.breton@ch-evroult.example",
            "card": "2900351819", "phone": "01 55 60 70 40", "role": "delegate" },
        "administrators": [
            { "last_name": "Desœuvres", "first_name": "Hippolyte", "card": "2400319487",
              "email": "hippolyte@infogerance.example" },
            { "last_name": "Nguyễn", "first_name": "Ánh", "card": null, "email": null }],
        "usage": { "purpose": "MSSanté", "publisher": null, "solution": "Logiciel Ælis" },
        "certificates": { "server_ssl": { "requested": true, "domain": "portail.ch-evroult.fr", "server": null },
            "pro": { "requested": false, "mail_domain": "mssante.evroult.fr" } },
        "declaration": { "date": "2026-11-20", "signature": "none", "stamp": true } } })
}

fn waiting(report: Value) -> NewCase {
    NewCase { state: CaseState::Waiting, report, ..case("a.pdf") }
}

/// A desk with these cases, each in a mail of its own, in the order in which they came.
async fn with(cases: Vec<NewCase>) -> (Desk, Vec<CaseNumber>) {
    let (desk, mut numbers) = (Desk::new().await, Vec::new());
    for (uid, case) in (1..).zip(cases) {
        desk.keeps(uid, &format!("mail {uid}")).await;
        let claimed = desk.claims().await;
        let mut head = head("marie@autre.example");
        head.message_id = Some(format!("{uid}@x.example"));
        head.subject = Some(Masked::new("Demande urgente"));
        let decision = Decision { head: Some(head), ..decision(vec![case]) };
        let Recorded::Done { cases, .. } = desk.records(&claimed, &decision).await else { panic!("lost") };
        numbers.extend(cases);
    }
    (desk, numbers)
}

fn words(turn: Turn, words: &str) -> QueueFilter {
    QueueFilter { turn, words: Some(Masked::new(words)), ..QueueFilter::default() }
}

async fn found(desk: &Desk, filter: &QueueFilter) -> Vec<CaseNumber> {
    let page = desk.store.queue(filter, 0, 50).await.unwrap();
    page.rows.into_iter().map(|row| row.number).collect()
}

#[tokio::test]
async fn a_case_is_found_by_every_answer_on_its_form_and_by_its_mail() {
    let (desk, numbers) = with(vec![waiting(form()), waiting(json!({}))]).await;
    let one = [numbers[0].clone()];
    for typed in [
        numbers[0].to_string().as_str(),
        "310908306",
        "310 908 306",
        "3661318600000",
        "366.131.860 0000",
        "10003456781029",
        "2900351819",
        "2400319487",
        "01 55 60 70 40",
        "breton",
        "zoe BRETON",
        "Évroult hôpital",
        "evr",
        "anne lise",
        "hippolyte",
        "nguyen anh",
        "Desœuvres",
        "zoe.breton@ch-evroult.example",
        "ch-evroult.example",
        "infogerance.example",
        "portail.ch-evroult.fr",
        "evroult.fr",
        "mssante",
        "breton urgente",
        "breton 310908306",
        "marie@autre.example breton",
    ] {
        for turn in [Turn::Staff, Turn::All] {
            assert_eq!(found(&desk, &words(turn, typed)).await, one, "{typed} {turn:?}");
        }
        assert_eq!(found(&desk, &words(Turn::Decided, typed)).await, [], "{typed}");
    }
    assert_eq!(found(&desk, &words(Turn::All, "urgente")).await.len(), 2);
    for typed in ["dupont", "breton dupont", "310908307", "reton", "=source", "=reason form", "%", "class"] {
        let count = found(&desk, &words(Turn::All, typed)).await.len();
        // nothing that is a word: everything, as without a search
        assert_eq!(count, if typed == "%" { 2 } else { 0 }, "{typed}");
    }
    desk.adds_up().await;
}

#[tokio::test]
async fn filters_and_counters_agree() {
    let of = |class: Class, code: Code, severity: Severity| {
        let mut new = waiting(form());
        new.judged.class = Some(class);
        new.judged.findings = vec![Finding::new(code, Field::Finess, severity, "x")];
        new
    };
    let (desk, numbers) = with(vec![
        of(Class::Pharmacy, Code::Missing, Severity::Reject),
        of(Class::Laboratory, Code::Missing, Severity::Review),
        of(Class::Pharmacy, Code::Missing, Severity::Note),
        NewCase { state: CaseState::Decided, ..of(Class::Pharmacy, Code::Missing, Severity::Reject) },
    ])
    .await;
    let filter = |class, reason| QueueFilter { reason, class, ..QueueFilter::default() };
    for (class, reason, fits) in [
        (Some(Class::Pharmacy), None, vec![0, 2]),
        (Some(Class::Laboratory), None, vec![1]),
        (None, Some(Code::Missing), vec![0, 1]),
        (Some(Class::Pharmacy), Some(Code::Missing), vec![0]),
        (Some(Class::Dialysis), None, vec![]),
    ] {
        let filter = filter(class, reason);
        let expected: Vec<_> = fits.iter().map(|n: &usize| numbers[*n].clone()).collect();
        assert_eq!(found(&desk, &filter).await, expected, "{filter:?}");
        let counts = desk.store.queue_counts(&filter).await.unwrap();
        assert_eq!(counts.staff, fits.len() as u64, "{filter:?}");
    }
    let all = QueueFilter { turn: Turn::All, ..filter(Some(Class::Pharmacy), Some(Code::Missing)) };
    assert_eq!(found(&desk, &all).await, [numbers[3].clone(), numbers[0].clone()], "the newest first");
    let of_paper = QueueFilter { source: Some("scan".into()), ..QueueFilter::default() };
    assert_eq!(desk.store.queue_counts(&of_paper).await.unwrap().staff, 0);
    desk.adds_up().await;
}

#[tokio::test]
async fn every_way_leads_to_the_same_cases() {
    let cases = (0..30).map(|n| {
        let word = |every: usize, word: &str| if n % every == 0 { word.to_owned() } else { String::new() };
        let name =
            [word(2, "centre"), word(3, "hospitalier"), word(7, "rare"), word(5, "centrale")].join(" ");
        let report = json!({ "form": { "structure": { "name": name } } });
        let state = if n % 4 == 0 { CaseState::Decided } else { CaseState::Waiting };
        NewCase { state, ..waiting(report) }
    });
    let (desk, numbers) = with(cases.collect()).await;
    for typed in ["centre", "cent hosp", "rare centre", "rare nothing", "hospitalier"] {
        for turn in [Turn::All, Turn::Decided, Turn::Staff] {
            let filter = words(turn, typed);
            let order = Order::of(turn);
            let terms = filter.terms();
            let which = (&filter, terms.as_slice(), order, None);
            let walked = desk.store.found_by(&Way::Walk(None), which, (1, 9)).await.unwrap();
            // by each word alone, and by all together
            let ways = terms.iter().map(|term| vec![term]).chain([terms.iter().collect()]);
            for way in ways {
                let led = desk.store.found_by(&Way::From(way), which, (1, 9)).await.unwrap();
                assert_eq!(led, walked, "{typed} {turn:?}");
            }
            assert_eq!(desk.store.found(&filter, order, None, (1, 9)).await.unwrap(), walked);
        }
    }
    // from case to case is the list, to and fro
    for filter in [words(Turn::All, "centre"), words(Turn::Staff, "centre"), words(Turn::Decided, "")] {
        let list = found(&desk, &filter).await;
        assert!(list.len() > 5, "{filter:?}");
        for (n, number) in list.iter().enumerate() {
            let beside = desk.store.neighbours(&filter, number).await.unwrap();
            assert_eq!(beside.previous.as_ref(), n.checked_sub(1).and_then(|n| list.get(n)), "{filter:?}");
            assert_eq!(beside.next.as_ref(), list.get(n + 1), "{filter:?}");
        }
    }
    // also of a case that is not (any more) in the list
    let filter = words(Turn::Staff, "rare");
    let beside = desk.store.neighbours(&filter, &numbers[10]).await.unwrap();
    assert_eq!((beside.previous, beside.next), (Some(numbers[7].clone()), Some(numbers[14].clone())));
}

#[tokio::test]
async fn cases_of_a_version_before_get_the_words_that_they_would_get_now() {
    let mut new = waiting(form());
    new.judged.class = Some(Class::Pharmacy);
    let (desk, numbers) = with(vec![new, waiting(json!({}))]).await;
    let all = async || -> Vec<(i64, String)> {
        sqlx::query_as("SELECT case_id, word FROM case_words ORDER BY case_id, word")
            .fetch_all(desk.store.database().read())
            .await
            .unwrap()
    };
    let written = all().await;
    assert!(written.len() > 40, "{written:?}");
    assert_eq!(desk.store.write_missing_words(at(9)).await.unwrap(), 0);
    desk.behind_its_back("DELETE FROM case_words WHERE word NOT LIKE '=class %'").await.unwrap();
    desk.behind_its_back("INSERT INTO cases_without_words (case_id) SELECT id FROM cases").await.unwrap();
    assert_eq!(found(&desk, &words(Turn::All, "breton")).await, []);
    assert_eq!(desk.store.write_missing_words(at(9)).await.unwrap(), 2);
    assert_eq!(all().await, written);
    assert_eq!(found(&desk, &words(Turn::All, "breton")).await, [numbers[0].clone()]);
    desk.adds_up().await;
}
