//! What is lost, and who is answered twice, when daemons are killed and cut off at random moments:
//! `cargo bench --bench kills [-- MAILS KILLS CUTS SEED]` prints a table, names each reply whose end
//! is unknown, and fails where a mail is lost or answered twice. Needs what `tests/run` installs.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::format_push_string,
    reason = "a program run by hand"
)]
#![expect(dead_code, reason = "the servers can do more than is used here")]

#[path = "../tests/it/desk.rs"]
mod desk;
#[path = "../tests/it/dovecot.rs"]
mod dovecot;
#[path = "../tests/it/kills.rs"]
mod kills;
#[path = "../tests/it/machine.rs"]
mod machine;
#[path = "../tests/it/postfix.rs"]
mod postfix;
#[path = "../tests/it/postgres.rs"]
mod postgres;
#[path = "../tests/it/proxy.rs"]
mod proxy;

use kills::{Plan, kills};
use std::process::ExitCode;

const HEADER: &str = "database     daemons  mails  kills  cuts  answered once  twice  lost  unknown: letter came, \
                      did not  cases  filed  seconds";

fn main() -> ExitCode {
    let mut asked = std::env::args().filter_map(|word| word.parse::<u64>().ok());
    let mut number = |otherwise: usize| asked.next().map_or(otherwise, |n| usize::try_from(n).unwrap());
    let (mails, kills_planned, cuts) = (number(500), number(200), number(50));
    let seed = asked.next().unwrap_or(413);
    println!("seed {seed}\n{HEADER}");
    let mut wrong = Vec::new();
    for (daemons, postgres) in [(1, false), (2, true)] {
        let told = kills(&Plan { mails, kills: kills_planned, cuts, daemons, postgres, seed });
        println!("{told}");
        for reply in &told.unknown_came {
            println!("  unknown, and its letter came: {reply}");
        }
        for reply in &told.unknown_did_not {
            println!("  unknown, and its letter did not come: {reply}");
        }
        wrong.extend(told.wrong());
    }
    for one in &wrong {
        println!("WRONG: {one}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
