//! How fast the line is, with real servers: `cargo bench --bench mails [-- MAILS]` prints mails a
//! second from first fetch to last reply, the daemon's memory, and how long a mail delivered to an
//! idle daemon waits for its answer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program run by hand"
)]
#![expect(dead_code, reason = "the servers can do more than is used here")]

#[path = "beside/mod.rs"]
mod beside;
#[path = "../tests/it/dovecot.rs"]
mod dovecot;
#[path = "../tests/it/postfix.rs"]
mod postfix;

use beside::{Bench, mail, memory};
use std::time::{Duration, Instant};

fn main() {
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let mails: usize = asked.unwrap_or(1000);
    let bench = Bench::new();
    for n in 0..mails {
        bench.dovecot.deliver(&mail(n));
    }
    let begun = Instant::now();
    let mut daemon = bench.daemon();
    bench.waits_for(mails, Duration::from_millis(100));
    let took = begun.elapsed();
    println!(
        "{mails} mails, each with a form: {:.1} s, {:.0} mails/s",
        took.as_secs_f64(),
        f64::from(u32::try_from(mails).unwrap()) / took.as_secs_f64()
    );
    println!("the daemon's memory at its highest: {} MiB", memory(&daemon, "VmHWM") / 1024);

    let mut waits: Vec<Duration> = (0..21)
        .map(|n| {
            // the daemon is idle again
            std::thread::sleep(Duration::from_millis(700));
            let begun = Instant::now();
            bench.dovecot.deliver(&mail(mails + n));
            bench.waits_for(mails + n + 1, Duration::from_millis(2));
            begun.elapsed()
        })
        .collect();
    waits.sort();
    println!("delivered to an idle daemon, answered after: median {:?}, slowest {:?}", waits[10], waits[20]);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}
