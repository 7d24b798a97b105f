//! What is read is fed with anything at all: a bounded run, the same each time. `GUICHET_FUZZ_MINUTES`
//! makes it a long one from a seed of its own (`tests/fuzz/run`); `GUICHET_FUZZ_SEED` repeats one.

#[path = "../fuzz/mod.rs"]
mod harness;

use harness::{TARGETS, Target, Until, feed};
use std::time::Duration;

/// The bounded run's.
const SEED: u64 = 413;

fn fed(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    #[expect(clippy::disallowed_methods, reason = "how a long run is asked for")]
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let until = asked("GUICHET_FUZZ_MINUTES")
        .map_or(Until::Inputs(target.inputs), |minutes| Until::Time(Duration::from_mins(minutes)));
    let seed = match (asked("GUICHET_FUZZ_SEED"), until) {
        (Some(seed), _) => seed,
        (None, Until::Inputs(_)) => SEED,
        (None, Until::Time(_)) => fastrand::u64(..),
    };
    eprintln!("{name}: GUICHET_FUZZ_SEED={seed}");
    let count = feed(target, seed, until).unwrap_or_else(|wrong| panic!("{wrong}\nseed: {seed}"));
    eprintln!("{name}: {count} inputs, all as they should be");
}

#[test]
fn mail_is_taken_apart_whatever_it_is() {
    fed("mail");
}

#[test]
fn files_are_unpacked_whatever_they_are() {
    fed("container");
}

#[test]
fn pdfs_are_read_whatever_they_are() {
    fed("pdf");
}

#[test]
fn forms_are_read_and_judged_whatever_is_drawn() {
    fed("form");
}

#[test]
fn identifiers_are_parsed_and_written_alike() {
    fed("identifiers");
}

#[test]
fn registry_files_are_loaded_or_refused_whatever_they_hold() {
    fed("registry");
}

#[test]
fn reports_are_of_their_schema_whatever_was_read() {
    fed("report");
}

static WRONG: Target =
    Target { name: "wrong", inputs: 1, seeds: || vec![b"x".to_vec()], holds: |_| panic!("on purpose") };

#[test]
fn every_target_is_fed_here_and_one_that_fails_is_told() {
    let source = include_str!("fuzz.rs");
    assert!(TARGETS.iter().all(|target| source.contains(&format!("fed(\"{}\");", target.name))));
    let told = feed(&WRONG, 1, Until::Inputs(1)).unwrap_err();
    assert!(told.contains("on purpose") && told.contains("input: "), "{told}");
}
