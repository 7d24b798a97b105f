//! Whose turn it is.

use super::desk::{Desk, INBOX, LEASE, at, mail};
use crate::domain::turn;
use crate::store::{Content, Lane, NewMail};
use sqlx::AssertSqlSafe;

const FLOOD: u32 = 300;

fn from(uid: u32, who: &str) -> NewMail {
    mail(uid, &format!("From: {who} <{who}@x.fr>\r\nSubject: {uid}\r\n\r\n"))
}

/// Who wrote the mail that is opened next; it stays in hand.
async fn opens(desk: &Desk, lane: Lane) -> Option<String> {
    let claimed = desk.store.claim("w", lane, at(1), LEASE).await.unwrap()?;
    let (Content::Whole(raw) | Content::HeadOnly(raw)) = claimed.content;
    Some(String::from_utf8(turn::writer(&raw)).unwrap())
}

async fn flooded() -> Desk {
    let desk = Desk::new().await;
    let flood: Vec<_> = (1..=FLOOD).map(|uid| from(uid, "robot")).collect();
    desk.store.keep(INBOX, 1, &flood, at(0)).await.unwrap();
    desk
}

#[tokio::test]
async fn a_mail_that_comes_after_three_hundred_of_another_is_opened_among_the_first() {
    let desk = flooded().await;
    for _ in 0..40 {
        assert_eq!(opens(&desk, Lane::Quick).await.unwrap(), "robot@x.fr");
    }
    desk.store.keep(INBOX, 1, &[from(FLOOD + 1, "anna")], at(1)).await.unwrap();
    let mut next = Vec::new();
    for _ in 0..3 {
        next.push(opens(&desk, Lane::Quick).await.unwrap());
    }
    assert_eq!(next, ["robot@x.fr", "robot@x.fr", "anna@x.fr"], "its turn, and what is older in the next");
}

#[tokio::test]
async fn whoever_floods_is_served_in_turn_and_in_order() {
    let desk = flooded().await;
    let (mut served, mut uid) = (0, FLOOD);
    // somebody new comes as often as a mail is opened
    for round in 0..60 {
        uid += 1;
        desk.store.keep(INBOX, 1, &[from(uid, &format!("person{round}"))], at(1)).await.unwrap();
        served += i32::from(opens(&desk, Lane::Quick).await.unwrap() == "robot@x.fr");
    }
    // one in each turn, and each turn is one person longer than the one before: 1 + 2 + … + 10 = 55
    assert_eq!(served, 11);
    let mut left = 0;
    while opens(&desk, Lane::Quick).await.is_some() {
        left += 1;
    }
    assert_eq!(left, FLOOD, "all come to their turn");
}

#[tokio::test]
async fn those_who_write_once_are_opened_oldest_first_and_those_who_name_nobody_wait_as_one() {
    let desk = Desk::new().await;
    let mut mails: Vec<_> = (2..40).map(|uid| mail(uid, &format!("Subject: {uid}\r\n\r\n"))).collect();
    mails.extend([from(41, "zoe"), from(40, "anna"), from(42, "zoe")]);
    desk.store.keep(INBOX, 1, &mails, at(0)).await.unwrap();
    let mut order = Vec::new();
    for _ in 0..5 {
        order.push(opens(&desk, Lane::Quick).await.unwrap());
    }
    assert_eq!(order, ["", "anna@x.fr", "zoe@x.fr", "", "zoe@x.fr"]);
}

#[tokio::test]
async fn paper_has_turns_of_its_own() {
    let desk = Desk::new().await;
    let flood: Vec<_> = (1..=9).map(|uid| from(uid, "robot")).collect();
    desk.store.keep(INBOX, 1, &[flood, vec![from(10, "anna")]].concat(), at(0)).await.unwrap();
    while let Some(claimed) = desk.store.claim("w", Lane::Quick, at(1), LEASE).await.unwrap() {
        assert!(desk.store.leave_to_paper(&claimed, at(1)).await.unwrap());
    }
    let mut first = Vec::new();
    for _ in 0..3 {
        first.push(opens(&desk, Lane::Paper).await.unwrap());
    }
    assert_eq!(first, ["robot@x.fr", "robot@x.fr", "anna@x.fr"]);
}

/// What a person lets try again does not wait behind a flood; of whom a mail is, nothing is kept longer
/// than it waits.
#[tokio::test]
async fn a_mail_that_was_put_aside_comes_back_to_the_front() {
    let desk = flooded().await;
    let mut last = desk.claims().await;
    for _ in 0..100 {
        last = desk.claims().await;
    }
    assert!(desk.store.park(&last, "killed its reader", at(1)).await.unwrap());
    let named = "SELECT COUNT(*) FROM messages WHERE state = 'parked' AND waits_as IS NOT NULL";
    let count: i64 = sqlx::query_scalar(named).fetch_one(desk.store.database().read()).await.unwrap();
    assert_eq!(count, 0);
    assert!(desk.store.unpark(last.id, "ada", at(1)).await.unwrap());
    assert_eq!(desk.claims().await.id, last.id);
}

/// What each look costs must not grow with what waits.
#[tokio::test]
async fn the_next_is_found_without_looking_at_all_that_wait() {
    let desk = Desk::new().await;
    for question in [
        "SELECT id FROM messages WHERE lane = 'quick' AND state IN ('kept', 'claimed') AND due_at <= 1 \
         ORDER BY turn, received_at, id LIMIT 1",
        "SELECT turn FROM messages WHERE lane = 'quick' AND state IN ('kept', 'claimed') AND state = 'kept' \
         AND due_at <= 1 ORDER BY turn, received_at, id LIMIT 1",
        "SELECT MAX(turn) FROM messages WHERE lane = 'quick' AND waits_as = 'a' AND state IN ('kept', 'claimed')",
    ] {
        if desk.store.database().engine() == crate::database::Engine::Postgres {
            // of so few rows it reads them all
            continue;
        }
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {question}")))
                .fetch_all(desk.store.database().read())
                .await
                .unwrap();
        let plan: Vec<_> = rows.into_iter().map(|(.., step)| step).collect();
        assert!(
            plan.iter().all(|step| step.contains("USING") && step.contains("INDEX messages_")),
            "{plan:?}"
        );
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
