//! Feeding what is read with anything at all. `targets` says what is fed and what must hold; here is
//! how: seeds and kept inputs, mutated, one after the other, each within a time. The same targets serve
//! the bounded run among the tests and the long one (`tests/fuzz/run`).

mod mutate;
mod targets;

use mutate::Mutator;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
pub use targets::{TARGETS, Target};

/// Stack of whoever is fed: that of the sandbox's child.
const STACK: usize = 64 << 20;
/// An input that takes longer hangs.
const HANGS: Duration = Duration::from_mins(2);

/// How long a target is fed.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Inputs(usize),
    Time(Duration),
}

/// Feeds a target: what was kept first, then mutations of it and of the seeds. How many inputs there
/// were, or what went wrong first and where the input was put.
pub fn feed(target: &'static Target, seed: u64, until: Until) -> Result<usize, String> {
    let (tell, told) = mpsc::channel();
    let feeding = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let kept = kept(target.name);
        let mut mutator = Mutator::new(seed, (target.seeds)().into_iter().chain(kept.clone()).collect());
        let begun = Instant::now();
        let mut count = 0;
        let mut inputs = kept.into_iter();
        loop {
            let over = match until {
                Until::Inputs(most) => count >= most,
                Until::Time(time) => begun.elapsed() >= time,
            };
            let input = match (inputs.next(), over) {
                (Some(input), _) => input,
                (None, true) => break,
                (None, false) => mutator.next(),
            };
            // for the case that it takes the whole process with it
            std::fs::write(place(target.name, "last"), &input).unwrap();
            let _ = tell.send(());
            let held = catch_unwind(AssertUnwindSafe(|| (target.holds)(&input)));
            let wrong = match held {
                Ok(Ok(())) => None,
                Ok(Err(wrong)) => Some(wrong),
                Err(panic) => Some(format!("panicked: {}", words(panic.as_ref()))),
            };
            if let Some(wrong) = wrong {
                let found = place(target.name, &format!("found-{seed}-{count}"));
                std::fs::write(&found, &input).unwrap();
                return Err(format!("{}: {wrong}\ninput: {}", target.name, found.display()));
            }
            count += 1;
        }
        Ok(count)
    });
    let feeding = feeding.unwrap();
    loop {
        match told.recv_timeout(HANGS) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(format!(
                    "{} hangs\ninput: {}",
                    target.name,
                    place(target.name, "last").display()
                ));
            }
        }
    }
    feeding.join().unwrap_or_else(|_| Err(format!("{}: the harness itself failed", target.name)))
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

/// Inputs that once went wrong.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/kept").join(target);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn place(target: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{target}-{name}"))
}
