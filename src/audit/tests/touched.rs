//! Two more hands that touch the record: one that changes places, one that makes staff say otherwise.

use super::{lived_in, shows, troubles, written};
use crate::audit::head;
use crate::domain::mail::Delivery;
use crate::store::StaffVerdict;
use crate::store::tests::desk::{Desk, LEASE, at};
use std::collections::BTreeSet;

/// A small record: two cases, a letter that left, a word of staff. All of its pairs can be tried.
async fn small() -> Desk {
    let desk = Desk::new().await;
    let cases = desk.decides(1, "one").await;
    desk.decides(2, "two").await;
    let due = desk.store.claim_reply("ada", at(3), LEASE).await.unwrap().unwrap();
    desk.store.settle(&due, Delivery::Sent, "250 taken", at(4), None).await.unwrap();
    let case = cases[0].clone();
    let said = StaffVerdict { case, accepted: true, codes: BTreeSet::new(), by: "Camille".into() };
    desk.store.staff_decided(&[said], at(5)).await.unwrap();
    desk.adds_up().await;
    desk
}

#[tokio::test]
async fn any_two_events_that_changed_places_are_found_at_the_first() {
    let desk = small().await;
    desk.takes_the_triggers_away().await;
    let length = head(desk.store.database()).await.unwrap().id;
    assert!((8..=16).contains(&length), "{length} events: a few, so that all pairs are tried quickly");
    let mut rows = vec![String::new()];
    for id in 1..=length {
        rows.push(written(&desk, id).await);
    }
    let mut pairs = 0;
    for one in 1..=length {
        for other in one + 1..=length {
            let swap = format!(
                "UPDATE events SET id = -id WHERE id IN ({one}, {other}); \
                 UPDATE events SET id = {other} WHERE id = -{one}; UPDATE events SET id = {one} WHERE id = -{other}"
            );
            let back = |column: &str| {
                format!(
                    "UPDATE events SET {column} = CASE id WHEN {one} THEN (SELECT {column} FROM events WHERE id = {other}) \
                     ELSE (SELECT {column} FROM events WHERE id = {one}) END WHERE id IN ({one}, {other})"
                )
            };
            let place = |id: i64| rows[usize::try_from(id).unwrap()].clone();
            let undone =
                format!("DELETE FROM events WHERE id IN ({one}, {other}); {}; {}", place(one), place(other));
            // whole; with the hashes left in their places; with hashes and seals left in their places
            for done in [
                swap.clone(),
                format!("{swap}; {}", back("hash")),
                format!("{swap}; {}; {}", back("hash"), back("seal")),
            ] {
                let found = shows(&desk, &done, &undone).await;
                assert_eq!(found.event, Some(one), "{done}: {found}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 3 * length * (length - 1) / 2);
    desk.adds_up().await;
}

/// The events of `lived_in` that tell what staff decided: of one case, one after the other.
async fn staff_events(desk: &Desk) -> (i64, i64) {
    let row = sqlx::query_as("SELECT MIN(id), MAX(id) FROM events WHERE kind = 'staff_decided'");
    row.fetch_one(desk.store.database().read()).await.unwrap()
}

#[tokio::test]
async fn a_word_of_staff_changed_removed_or_put_in_is_found_and_named() {
    let desk = lived_in().await;
    let (first, second) = staff_events(&desk).await;
    assert!(first < second);
    let undone = "DELETE FROM staff_verdict_codes; DELETE FROM staff_verdicts; \
                  INSERT INTO staff_verdicts SELECT * FROM spare; \
                  INSERT INTO staff_verdict_codes SELECT * FROM spare_codes";
    desk.behind_its_back(
        "CREATE TABLE spare AS SELECT * FROM staff_verdicts; \
         CREATE TABLE spare_codes AS SELECT * FROM staff_verdict_codes",
    )
    .await
    .unwrap();
    let put_in = "INSERT INTO staff_verdicts (case_id, verdict, decided_by, recorded_at) \
                  SELECT 2, 'accepted', 'Camille', recorded_at FROM staff_verdicts WHERE id = 1";
    let removed =
        "DELETE FROM staff_verdict_codes WHERE staff_verdict = 2; DELETE FROM staff_verdicts WHERE id = 2";
    for (done, event, how) in [
        (
            "UPDATE staff_verdicts SET verdict = 'rejected' WHERE id = 1",
            Some(first),
            "is not what this event",
        ),
        ("UPDATE staff_verdicts SET decided_by = 'Eve' WHERE id = 2", Some(second), "is not what this event"),
        ("UPDATE staff_verdicts SET recorded_at = 1 WHERE id = 2", Some(second), "is not what this event"),
        ("DELETE FROM staff_verdict_codes WHERE code = 'missing'", Some(second), "is not what this event"),
        ("INSERT INTO staff_verdict_codes VALUES (1, 'missing')", Some(first), "is not what this event"),
        ("DELETE FROM staff_verdicts WHERE id = 1", Some(first), "by this event is not there"),
        (removed, Some(second), "by this event is not there"),
        (put_in, None, "no event tells of a row that says what staff decided of case F413-2026-000002"),
    ] {
        let found = shows(&desk, done, undone).await;
        assert_eq!(found.event, event, "{done}: {found}");
        assert!(found.how.contains(how), "{done}: {found}");
    }
    // the same row of another case: one is missing, one is too many
    desk.behind_its_back("UPDATE staff_verdicts SET case_id = 3 WHERE id = 1").await.unwrap();
    let found = troubles(&desk, &[]).await;
    assert_eq!(found.iter().map(|one| one.event).collect::<Vec<_>>(), [Some(first), None], "{found:?}");
    desk.behind_its_back(undone).await.unwrap();
    desk.adds_up().await;
}
