//! Whether the daemon stays as it began: `cargo bench --bench soak [-- MAILS]` sends mails through one
//! daemon between a real Dovecot and a real Postfix, wave by wave, and prints its memory and its open
//! files by quarter. It fails where the last quarter holds over a twentieth more memory than the
//! second, or more files, or where a mail has more or less than one answer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
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
use std::process::Child;
use std::time::{Duration, Instant};

/// Waves in all, so that there are some in each quarter.
const WAVES: usize = 40;

/// How the daemon is after a wave.
struct Look {
    /// KiB, all of it, and what it holds itself: the rest are pages of its program file.
    memory: u64,
    own: u64,
    files: usize,
    seconds: f64,
}

fn main() {
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let mails: usize = asked.unwrap_or(20_000);
    let wave = mails.div_ceil(WAVES).max(1);
    let bench = Bench::new();
    let mut daemon = bench.daemon();
    let begun = Instant::now();
    let mut looks = Vec::new();
    let mut sent = 0;
    while sent < mails {
        let wave_begun = Instant::now();
        let up_to = (sent + wave).min(mails);
        for n in sent..up_to {
            bench.dovecot.deliver(&mail(n));
        }
        sent = up_to;
        bench.waits_for(sent, Duration::from_millis(100));
        looks.push(look(&daemon, wave_begun));
    }
    let took = begun.elapsed().as_secs_f64();
    // an answer too many would come now
    std::thread::sleep(Duration::from_secs(2));
    let answers = std::fs::read_dir(bench.postfix.mail_folder()).unwrap().count();
    println!("{mails} mails in {took:.0} s, {:.0} mails/s, {answers} answers", mails as f64 / took);
    println!("quarter   memory MiB (mean, most, its own)   open files (most)   mails/s");
    let quarters: Vec<&[Look]> = looks.chunks(looks.len().div_ceil(4)).collect();
    for (number, quarter) in (1..).zip(&quarters) {
        let most = quarter.iter().map(|look| look.memory).max().unwrap_or(0) as f64 / 1024.0;
        let seconds: f64 = quarter.iter().map(|look| look.seconds).sum();
        let own = quarter.iter().map(|look| look.own as f64).sum::<f64>() / quarter.len() as f64;
        println!(
            "{number:7}   {:10.1}, {most:10.1}, {:8.1}   {:17}   {:7.0}",
            mean(quarter) / 1024.0,
            own / 1024.0,
            files(quarter),
            (quarter.len() * wave) as f64 / seconds,
        );
    }
    println!("its memory at its highest: {} MiB", memory(&daemon, "VmHWM") / 1024);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(answers, mails, "each mail has one answer");
    let (second, last) = (quarters[1], quarters[quarters.len() - 1]);
    assert!(mean(last) <= 1.05 * mean(second), "memory grows");
    assert!(files(last) <= files(second) + 1, "open files grow");
}

fn look(daemon: &Child, begun: Instant) -> Look {
    let files = std::fs::read_dir(format!("/proc/{}/fd", daemon.id())).unwrap().count();
    let (memory, own) = (memory(daemon, "VmRSS"), memory(daemon, "RssAnon"));
    Look { memory, own, files, seconds: begun.elapsed().as_secs_f64() }
}

fn mean(looks: &[Look]) -> f64 {
    looks.iter().map(|look| look.memory as f64).sum::<f64>() / looks.len() as f64
}

fn files(looks: &[Look]) -> usize {
    looks.iter().map(|look| look.files).max().unwrap_or(0)
}
