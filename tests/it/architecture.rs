//! Who may use whom: the table of the rooms, read from the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A room and the rooms of ours it may name.
const ROOMS: [(&str, &[&str]); 21] = [
    ("domain", &[]),
    ("clock", &[]),
    ("fault", &[]),
    ("reading", &["domain"]),
    ("intake", &["domain", "fault"]),
    ("database", &["fault"]),
    ("registry", &["domain", "fault", "database"]),
    ("store", &["domain", "fault", "database"]),
    // who checks the store's work shares no code with it
    ("audit", &["fault", "database"]),
    ("reply", &["domain", "fault"]),
    ("report", &["domain"]),
    ("sandbox", &["domain", "fault", "intake", "reading"]),
    ("folder", &["domain", "fault", "intake", "reply"]),
    (
        "pipeline",
        &["clock", "domain", "fault", "intake", "sandbox", "store", "reading", "registry", "reply", "report"],
    ),
    ("openid", &["domain", "fault", "intake"]),
    (
        "desk",
        &[
            "clock", "domain", "fault", "intake", "openid", "pipeline", "registry", "report", "store",
            "watch", "audit",
        ],
    ),
    ("watch", &["domain", "fault", "intake", "registry", "store"]),
    ("config", &["*"]),
    ("daemon", &["*"]),
    ("cli", &["*"]),
    ("main", &["*"]),
];

/// A crate and the only rooms that may name it: where a change of crate ends.
const CRATES: [(&str, &[&str]); 25] = [
    ("async_imap", &["intake/imap"]),
    ("tokio_rustls", &["intake"]),
    ("mail_parser", &["intake"]),
    ("zip", &["intake", "audit/archive"]),
    ("lettre", &["reply"]),
    ("minijinja", &["reply"]),
    ("sqlx", &["database", "store", "registry", "audit"]),
    ("lopdf", &["reading"]),
    ("pdf_extract", &["reading"]),
    ("hayro_interpret", &["reading"]),
    ("hayro_syntax", &["reading"]),
    ("hayro", &["reading/paper", "reading/shown"]),
    ("image", &["reading/paper", "reading/shown"]),
    ("tiff", &["reading/paper"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("libc", &["sandbox"]),
    ("axum", &["desk"]),
    ("hyper", &["openid/http"]),
    ("hyper_util", &["openid/http"]),
    ("http_body_util", &["openid/http"]),
    ("askama", &["desk"]),
    ("clap", &["cli", "main"]),
    ("argon2", &["desk/password"]),
    ("rpassword", &["cli"]),
];

fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let read = |path: PathBuf| {
        // a test may stand its room up with another room's help; the rule is for what ships
        let text = std::fs::read_to_string(&path).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code: Vec<_> = shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (path.strip_prefix(&root).unwrap().to_owned(), code.join("\n"))
    };
    found
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !path.iter().any(|part| part == "tests"))
        .map(read)
        .collect()
}

fn room_of(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// `crate::room` names in a source, also those of `use crate::{room::…, other::…}`.
fn rooms_named(text: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (_, rest) in
        text.match_indices("crate::").map(|(at, found)| (at, text.get(at + found.len()..).unwrap()))
    {
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut at_start = true;
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => at_start = true,
                    c if depth == 0 && at_start && (c.is_alphanumeric() || c == '_') => word.push(c),
                    _ if !word.is_empty() => {
                        named.push(std::mem::take(&mut word));
                        at_start = false;
                    }
                    _ => {}
                }
            }
            if !word.is_empty() {
                named.push(word);
            }
        } else {
            named.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    named
}

#[test]
fn each_room_uses_only_the_rooms_the_table_allows() {
    let table: BTreeMap<_, _> = ROOMS.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        if room == "lib" {
            continue;
        }
        let Some(allowed) = table.get(room.as_str()) else {
            wrong.push(format!("{} is in no room of the table", path.display()));
            continue;
        };
        for other in rooms_named(&text) {
            let known = table.contains_key(other.as_str());
            if known && other != room && !allowed.contains(&"*") && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{} names crate::{other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_outside_crate_is_named_in_its_room_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (name, rooms) in CRATES {
            let named = [format!("{name}::"), format!("use {name};")].iter().any(|form| {
                text.match_indices(form.as_str()).any(|(at, _)| {
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                })
            });
            if named && !rooms.iter().any(|room| path.with_extension("").starts_with(room)) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_tests_of_the_table_can_fail() {
    assert_eq!(
        rooms_named("use crate::{store::Store, domain::{a, b}, fault};"),
        ["store", "domain", "fault"]
    );
    assert_eq!(rooms_named("let x = crate::reply::letters();"), ["reply"]);
    assert!(sources().len() > 20);
}

/// Rule: a file is about 400 lines; the next reader should not have to scroll.
#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<_> = sources()
        .into_keys()
        .filter(|path| !std::fs::read_to_string(root.join(path)).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}
