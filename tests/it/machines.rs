//! Several daemons on one PostgreSQL and one mailbox: each mail is decided by one of them, however long it
//! takes, and the parts of the line may stand on different machines.

use crate::machine::{Machine, Parts, nth};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

const MAILS: usize = 6;

/// Holds the children of these processes that read mail, each for so long, as long as it is let.
fn holds_up_readers(daemons: &[u32], each: Duration, enough: &AtomicBool) -> usize {
    let mut held: BTreeMap<u32, Option<Instant>> = BTreeMap::new();
    while !enough.load(SeqCst) {
        for child in readers_of(daemons) {
            held.entry(child).or_insert_with(|| {
                signals(child, Signal::STOP);
                Some(Instant::now())
            });
        }
        for (child, since) in &mut held {
            if since.is_some_and(|since| since.elapsed() >= each) {
                signals(*child, Signal::CONT);
                *since = None;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    for child in held.keys() {
        signals(*child, Signal::CONT);
    }
    held.len()
}

fn signals(process: u32, signal: Signal) {
    // one that has ended meanwhile is no matter
    let _ = kill_process(Pid::from_raw(i32::try_from(process).unwrap()).unwrap(), signal);
}

/// The `guichet open` among the children of these processes.
fn readers_of(parents: &[u32]) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let reads = |process: &u32| {
        let of = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
        // proc(5): the parent is the second field behind the name in brackets
        let stat = of("stat");
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        parent.is_some_and(|parent| parents.contains(&parent)) && of("cmdline").contains("\0open\0")
    };
    numbers.filter(reads).collect()
}

/// Each mail takes ten seconds to be read and a lease lasts two: whoever works keeps it. One connection
/// falls silent for good; the server lets so many in as two daemons may have, and the lost one.
#[test]
fn two_daemons_that_poll_each_second_and_decide_for_ten_decide_each_mail_once() {
    let parts = Parts {
        postgres: true,
        proxies: true,
        dovecot: "protocol imap {\n  mail_max_userip_connections = 5\n}\n",
    };
    let mut machine = Machine::of(parts);
    let mailbox = machine.mailbox_table().replace("\"1 h\"", "\"1 s\"\nread_timeout = \"3 s\"");
    machine.configures("guichet", &[&mailbox, &machine.transport_table(), "[daemon]\nlease = \"2 s\"\n"]);
    machine.imports();
    for n in 0..MAILS {
        machine.dovecot.deliver(&nth(n));
    }
    for n in 0..2 {
        machine.starts_nth(n);
    }
    let daemons = [machine.pid(0), machine.pid(1)];
    let enough = AtomicBool::new(false);
    let begun = Instant::now();
    let (held, replies) = std::thread::scope(|threads| {
        let held = threads.spawn(|| holds_up_readers(&daemons, Duration::from_secs(10), &enough));
        machine.imap.as_ref().unwrap().falls_silent_after(20_000);
        let replies = machine.waits_for_replies(MAILS);
        // looks at the folder go on, and find what is new alone
        machine.dovecot.deliver(&nth(MAILS));
        machine.waits_for_replies(MAILS + 1);
        machine.waits_until("all are filed", || machine.dovecot.mails(".Trait&AOk-s").len() == MAILS + 1);
        enough.store(true, SeqCst);
        (held.join().unwrap(), replies)
    });
    assert!(held >= MAILS && begun.elapsed() > Duration::from_secs(10), "{held} readers were held up");
    assert!(replies.values().all(|count| *count == 1), "{replies:?}");
    let postgres = machine.postgres.as_ref().unwrap();
    let mails = i64::try_from(MAILS).unwrap() + 1;
    for (what, sql) in [
        ("submissions", "SELECT COUNT(*) FROM cases"),
        ("replies", "SELECT COUNT(*) FROM replies WHERE state = 'sent'"),
        ("attempts, each message one", "SELECT SUM(attempts)::BIGINT FROM messages"),
        ("decisions told", "SELECT COUNT(*) FROM events WHERE kind = 'case_opened'"),
    ] {
        assert_eq!(postgres.asked(sql), mails, "{what}\n{}", machine.log());
    }
    let imap = machine.imap.as_ref().unwrap();
    assert_eq!(imap.broken(), 1, "one connection was lost");
    assert!(imap.most_open() <= 4, "{} connections at once", imap.most_open());
    assert!(!machine.log().contains("Maximum number of connections"), "{}", machine.log());
}

/// Three machines: one has the mailbox's password, one the relay's, and the one that decides neither.
#[test]
fn each_part_of_the_line_can_run_on_a_machine_of_its_own() {
    let mut machine = Machine::of(Parts { postgres: true, ..Parts::default() });
    machine.imports();
    let (mailbox, transport) = (machine.mailbox_table(), machine.transport_table());
    let elsewhere = "[signatures]\ntrust = [\"/nowhere/authorities.pem\"]\n";
    let no_password = "[mailbox]\nkind = \"imap\"\nhost = \"imap.example\"\nuser = \"f413\"\n\
                       auth = { method = \"password\", password = { file = \"/nowhere/password\" } }\n";
    machine.configures("intake", &[&mailbox, elsewhere]);
    machine.configures("decide", &[""]);
    machine.configures("answer", &[no_password, &transport, elsewhere]);
    // what a role needs is asked for, by name
    for (role, config, missing) in [
        ("--intake", "decide", "[mailbox]"),
        ("--answer", "decide", "[transport]"),
        ("--decide", "intake", "signatures.trust"),
    ] {
        let mut run = machine.guichet(&["run", role]);
        let refused = run.env("GUICHET_CONFIG", machine.config(config)).output().unwrap();
        let says = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && says.contains(missing), "{role}: {says}");
    }
    for (n, role) in ["intake", "decide", "answer"].into_iter().enumerate() {
        machine.starts_with(n, role, &[&format!("--{role}")]);
    }
    for n in 0..MAILS {
        machine.dovecot.deliver(&nth(n));
    }
    let replies = machine.waits_for_replies(MAILS);
    assert!(replies.values().all(|count| *count == 1), "{replies:?}");
    machine.waits_until("the mails are filed", || machine.dovecot.mails(".Trait&AOk-s").len() == MAILS);
    let status: serde_json::Value = serde_json::from_str(&machine.prints(&["status", "--json"])).unwrap();
    let mut roles: Vec<_> =
        status["running"].as_array().unwrap().iter().map(|one| one["roles"].as_str().unwrap()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["answer", "decide", "intake"]);
    // delivered to idle daemons, each of which only looks at its table
    let begun = Instant::now();
    machine.dovecot.deliver(&nth(MAILS));
    machine.waits_for_replies(MAILS + 1);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    machine.nth_dies(2);
    let status = machine.prints(&["status"]);
    assert!(status.contains("intake, since") && !status.contains("answer, since"), "{status}");
}

/// The database goes while mails come in, are decided and answered, and comes back; three times.
#[test]
fn a_database_that_goes_and_comes_back_costs_no_mail_and_doubles_no_answer() {
    const EACH: usize = 5;
    let mut machine = Machine::of(Parts { postgres: true, ..Parts::default() });
    machine.imports();
    machine.starts();
    let mut delivered = 0;
    for round in 1..=3 {
        for _ in 0..EACH {
            machine.dovecot.deliver(&nth(delivered));
            delivered += 1;
        }
        let begun = machine.postfix.count();
        machine.waits_until("the first letter leaves", || machine.postfix.count() > begun);
        let postgres = machine.postgres.as_ref().unwrap();
        let troubles = machine.log().matches("trying again in").count();
        postgres.goes();
        machine
            .waits_until("it is missed", || machine.log().matches("trying again in").count() > troubles + 2);
        postgres.comes_back();
        machine.waits_until(&format!("round {round}"), || {
            machine.listed("sent").len() + machine.listed("unknown").len() == delivered
        });
    }
    let unknown: BTreeSet<String> =
        machine.waits_for_ends(delivered).iter().map(|one| one["to"].as_str().unwrap().to_owned()).collect();
    machine.waits_until("the letters arrive", || machine.postfix.count() >= delivered - unknown.len());
    let answered = machine.answered();
    assert!(answered.values().all(|count| *count == 1), "{answered:?}");
    let lost: Vec<_> = (0..delivered)
        .map(crate::machine::sender)
        .filter(|sender| !answered.contains_key(sender) && !unknown.contains(sender))
        .collect();
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(machine.postgres.as_ref().unwrap().asked("SELECT COUNT(*) FROM cases"), 15);
    assert!(machine.guichet(&["audit", "verify"]).output().unwrap().status.success());
}
