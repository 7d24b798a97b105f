//! The program as an operator runs it: `guichet run` against a real Dovecot and a real Postfix.

use crate::kills::{Plan, kills};
use crate::machine::{Machine, nth};
use std::time::Duration;

#[test]
fn mails_are_answered_and_filed_and_a_restart_answers_nobody_again() {
    let mut machine = Machine::new();
    for n in 0..5 {
        machine.dovecot.deliver(&nth(n));
    }
    let doctor = machine.guichet(&["doctor"]).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    machine.starts();
    assert_eq!(machine.waits_for_replies(5).len(), 5);
    // delivered to an idle daemon
    machine.dovecot.deliver(&nth(5));
    machine.waits_for_replies(6);
    machine.dies();
    machine.starts();
    machine.dovecot.deliver(&nth(6));
    let replies = machine.waits_for_replies(7);
    assert!(replies.values().all(|count| *count == 1), "{replies:?}");
    let cases = machine.guichet(&["cases", "list", "--json"]).output().unwrap();
    assert_eq!(String::from_utf8(cases.stdout).unwrap().matches("\"accepted\"").count(), 7);
}

/// Killed and cut off at moments that fall all over the line, started again each time. At the end every
/// mail has one answer, or stands in the list of those whose end is unknown.
#[test]
fn killed_again_and_again_it_loses_nothing_and_answers_nobody_twice() {
    let plan = Plan { mails: 60, kills: 20, cuts: 8, daemons: 1, postgres: false, seed: 413 };
    assert_eq!(kills(&plan).wrong(), Vec::<String>::new());
}

#[test]
fn two_daemons_on_one_database_and_one_mailbox_are_killed_and_nobody_is_answered_twice() {
    let plan = Plan { mails: 60, kills: 20, cuts: 8, daemons: 2, postgres: true, seed: 413 };
    assert_eq!(kills(&plan).wrong(), Vec::<String>::new());
}

/// Cases wait because nothing is loaded; an import brings it, and the daemon is killed again and again
/// while it wakes them. Each requester has one receipt and one decision, or they stand in the list of
/// those whose end is unknown.
#[test]
fn killed_again_and_again_while_it_wakes_what_waited_it_tells_each_decision_once() {
    const MAILS: usize = 24;
    let mut machine = Machine::without_registry();
    for n in 0..MAILS {
        machine.dovecot.deliver(&nth(n));
    }
    machine.starts();
    machine.waits_for_replies(MAILS);
    machine.dies();
    machine.imports();
    let mut moment = 7_u64;
    for _ in 0..12 {
        machine.starts();
        moment = (moment * 7 + 113) % 400;
        std::thread::sleep(Duration::from_millis(60 + moment));
        machine.dies();
    }
    machine.starts();
    let unknown = machine.waits_for_ends(2 * MAILS).len();
    let replies = machine.waits_for_replies(2 * MAILS - unknown);
    assert!(replies.values().all(|count| *count == 1), "told twice: {replies:?}");
    let cases = machine.guichet(&["cases", "list", "--limit", "1000", "--json"]).output().unwrap();
    let cases = String::from_utf8(cases.stdout).unwrap();
    assert_eq!((cases.lines().count(), cases.matches("\"accepted\"").count()), (MAILS, MAILS), "{cases}");
    for (template, count) in [("received", MAILS), ("accepted", MAILS)] {
        let listed = machine.guichet(&["replies", "list", "--limit", "1000", "--json"]).output().unwrap();
        let word = format!("\"template\":\"{template}\"");
        assert_eq!(String::from_utf8(listed.stdout).unwrap().matches(&word).count(), count, "{template}");
    }
    let verified = machine.guichet(&["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
