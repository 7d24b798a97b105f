//! Past decisions taken again, many of them: `cargo bench --bench replay [-- CASES]` has the daemon decide
//! that many mails (1,000), each with one of the fixtures' forms, replays them all, and prints how long
//! that took. Fails where anything is decided otherwise.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program run by hand"
)]

#[path = "beside/mail.rs"]
mod mail;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn main() {
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let cases: usize = asked.unwrap_or(1000);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for part in ["mailbox/tmp", "mailbox/new", "mailbox/cur", "replies"] {
        std::fs::create_dir_all(root.join(part)).unwrap();
    }
    let (config, shown) = (root.join("guichet.toml"), root.display());
    let text = format!(
        "[mailbox]\nkind = \"folder\"\npath = \"{shown}/mailbox\"\n[transport]\nkind = \"folder\"\n\
         path = \"{shown}/replies\"\n[store]\nurl = \"sqlite:{shown}/guichet.db\"\n[identity]\n\
         from = \"certificats@guichet.example\"\n[replies]\nmax_per_address = 1000000\nmax_per_domain = 1000000\n\
         max_total = 1000000\n"
    );
    std::fs::write(&config, text).unwrap();
    let guichet = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", &config).env("GUICHET_LOG", "warn");
        command
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    assert!(guichet(&["registry", "import"]).arg(fixtures.join("registry")).status().unwrap().success());
    let forms = forms(&fixtures.join("forms"));
    for (n, form) in forms.iter().cycle().take(cases).enumerate() {
        std::fs::write(root.join(format!("mailbox/new/{n:06}.M0.bench")), mail::with(n, form)).unwrap();
    }
    let begun = Instant::now();
    let mut daemon = guichet(&["run"]).spawn().unwrap();
    // each mail is answered once
    while std::fs::read_dir(root.join("replies")).unwrap().count() < cases {
        assert!(begun.elapsed() < Duration::from_mins(30), "the daemon does not come to its end");
        std::thread::sleep(Duration::from_secs(2));
    }
    println!("decided {cases} mails in {:.1} s", begun.elapsed().as_secs_f64());
    daemon.kill().unwrap();
    daemon.wait().unwrap();

    let begun = Instant::now();
    let output = guichet(&["replay", "--all", "--json"]).output().unwrap();
    let took = begun.elapsed().as_secs_f64();
    let printed = String::from_utf8(output.stdout).unwrap();
    let summary: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    println!("replayed in {took:.1} s: {summary}");
    let count = |key: &str| summary["summary"][key].as_u64().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        (count("different"), count("not_replayed"), count("more_submissions")),
        (0, 0, 0),
        "{printed}"
    );
    assert!(count("same") >= u64::try_from(cases).unwrap());
}

/// The forms that are read without the recognition engine.
fn forms(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let digital = |file: &&PathBuf| {
        let name = file.to_string_lossy();
        [".fields.pdf", ".drawn.pdf", ".printed.pdf"].iter().any(|ending| name.ends_with(ending))
    };
    files.iter().filter(digital).map(|file| std::fs::read(file).unwrap()).collect()
}
