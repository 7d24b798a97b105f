//! The record of the whole line, as an auditor meets it.

use crate::desk::TestDesk;
use guichet::audit::{self, Verified};
use guichet::domain::mail::Delivery;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The demo's mails through the line, with a relay that has its moods.
async fn a_day_at_the_desk() -> TestDesk {
    let mut desk = TestDesk::new().await;
    let folder = crate::desk::fixture("mails/demo");
    let mut mails: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    mails.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    mails.sort();
    desk.relay.next(&[Delivery::NotYet, Delivery::Unknown, Delivery::Refused]);
    for mail in mails {
        desk.receives(&std::fs::read(mail).unwrap());
    }
    desk.turn().await;
    desk.hours_pass(30).turn().await;
    let unknown = desk.replies().await.into_iter().find(|reply| reply.state.as_str() == "unknown").unwrap();
    let now = desk.now();
    desk.store().resend(unknown.id, "Ada Lovelace", now).await.unwrap();
    desk.turn().await;
    desk.adds_up().await;
    desk
}

async fn verified(desk: &TestDesk) -> Verified {
    audit::verify(desk.store().database(), &[]).await.unwrap()
}

const COLUMNS: [&str; 10] =
    ["id", "at", "kind", "message_id", "case_id", "reply_id", "actor", "detail", "seal", "hash"];

/// Each event of the line itself: each column changed, removed, swapped with the next, a copy put
/// before it. (`src/audit/tests.rs` does it on both engines, and to the rows the events tell of.)
#[tokio::test]
async fn every_event_of_a_day_changed_removed_swapped_or_doubled_is_found() {
    let desk = a_day_at_the_desk().await;
    let length = verified(&desk).await.head.id;
    assert!(length > 80, "{length}");
    desk.behind_its_back(
        "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted; \
         CREATE TABLE spare AS SELECT * FROM events",
    )
    .await;
    let shows = async |at: i64, done: String| {
        desk.behind_its_back(&done).await;
        let found = audit::verify_chain(desk.store().database(), &[]).await.unwrap().troubles;
        assert_eq!(found.first().and_then(|first| first.event), Some(at), "{done}: {found:?}");
        desk.behind_its_back("DELETE FROM events; INSERT INTO events SELECT * FROM spare").await;
    };
    let down = |from: i64| {
        format!(
            "UPDATE events SET id = -id WHERE id >= {from}; UPDATE events SET id = -id + 1 WHERE id < 0; "
        )
    };
    for id in 1..=length {
        for column in COLUMNS {
            let to = match column {
                "id" => "id + 100000".to_owned(),
                "at" | "message_id" | "case_id" | "reply_id" => format!("COALESCE({column}, 0) + 1"),
                text => format!("{text} || ' '"),
            };
            shows(id, format!("UPDATE events SET {column} = {to} WHERE id = {id}")).await;
        }
        shows(id, format!("DELETE FROM events WHERE id = {id}")).await;
        let next = id + 1;
        if id < length {
            shows(
                id,
                format!(
                    "UPDATE events SET id = -id WHERE id = {id}; UPDATE events SET id = {id} WHERE id = {next}; \
                     UPDATE events SET id = {next} WHERE id = -{id}"
                ),
            )
            .await;
        }
        let columns = COLUMNS[1..].join(", ");
        shows(
            next,
            format!(
                "{}INSERT INTO events (id, {columns}) SELECT {id}, {columns} FROM spare WHERE id = {id}",
                down(id)
            ),
        )
        .await;
    }
    desk.behind_its_back("DROP TABLE spare").await;
    desk.adds_up().await;
}

#[tokio::test]
async fn the_command_says_what_is_broken_and_compares_noted_heads() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/02-accepted-pharmacy-other-edition.eml");
    desk.turn().await;
    let noted = desk.says(&["audit", "head"], 0);
    let heads = desk.folder.path().join("heads");
    std::fs::write(&heads, format!("# noted by the auditor\n{} 2026-11-22\n", noted.trim())).unwrap();
    let heads = heads.display().to_string();
    let sound = desk.says(&["audit", "verify", "--heads", &heads], 0);
    assert!(
        sound.contains("Everything is as it was written.") && sound.contains("1 noted heads compared"),
        "{sound}"
    );
    assert!(sound.contains(&format!("head {}", noted.trim())), "{sound}");
    desk.behind_its_back("UPDATE cases SET verdict = 'rejected'").await;
    let broken = desk.says(&["audit", "verify"], 1);
    assert!(
        broken.starts_with("BROKEN  event ") && broken.contains("verdict of case F413-2026-000001"),
        "{broken}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&desk.says(&["audit", "verify", "--json"], 1)).unwrap();
    assert_eq!(json["sound"], false);
    assert!(json["troubles"][0]["how"].as_str().unwrap().contains("verdict"), "{json}");
}

const NUMBER: &str = "F413-2026-000001";

/// A case with its letter, exported; the archive, and the folder it is unpacked in.
async fn exported() -> (TestDesk, PathBuf, PathBuf) {
    let mut desk = TestDesk::new().await;
    // events of another mail before and after it
    desk.receives_fixture("mails/demo/02-accepted-pharmacy-other-edition.eml");
    desk.relay.next(&[Delivery::NotYet]);
    desk.turn().await;
    desk.hours_pass(1).turn().await;
    desk.receives_fixture("mails/demo/01-accepted-hospital.eml");
    desk.turn().await;
    let zip = desk.folder.path().join("case.zip");
    let printed =
        desk.says(&["audit", "export", NUMBER, "--to", zip.to_str().unwrap(), "--as", "Ada Lovelace"], 0);
    assert!(printed.contains("SHA-256"), "{printed}");
    let folder = desk.folder.path().join("unpacked");
    let unpacked =
        without_guichet(desk.folder.path(), "python3", &["-m", "zipfile", "-e", "case.zip", "unpacked"]);
    assert!(unpacked.0, "{}", unpacked.1);
    (desk, zip, folder)
}

/// A machine that has coreutils' `sha256sum` and Python, and nothing else. Whether it went well, and
/// what was printed.
fn without_guichet(folder: &Path, program: &str, arguments: &[&str]) -> (bool, String) {
    static TOOLS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let tools = tempfile::tempdir().unwrap();
        let python =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
        let python = String::from_utf8(python.stdout).unwrap();
        std::os::unix::fs::symlink(python.trim(), tools.path().join("python3")).unwrap();
        std::os::unix::fs::symlink("/usr/bin/sha256sum", tools.path().join("sha256sum")).unwrap();
        tools
    });
    let output = Command::new(TOOLS.path().join(program))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", TOOLS.path())
        .output()
        .unwrap();
    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), printed)
}

fn sums(folder: &Path) -> (bool, String) {
    without_guichet(folder, "sha256sum", &["--check", "--strict", "--quiet", "SHA256SUMS"])
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn an_exported_case_is_checked_with_sha256sum_and_python_alone() {
    let (desk, zip, folder) = exported().await;
    let names: Vec<_> = files_of(&folder)
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
        .filter(|name| !name.starts_with("documents/") && !name.starts_with("lettres/"))
        .collect();
    let expected = [
        "LISEZMOI.txt",
        "SHA256SUMS",
        "chaine.tsv",
        "dossier.json",
        "evenements.jsonl",
        "explication.json",
        "lettres.json",
        "message.eml",
        "rapport.json",
        "verifier.py",
    ];
    assert_eq!(names, expected);
    let pdf = files_of(&folder.join("documents")).remove(0);
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF"), "{pdf:?}");
    assert_eq!(files_of(&folder.join("lettres")).len(), 1);
    let letters = std::fs::read_to_string(folder.join("lettres.json")).unwrap();
    assert!(letters.contains("as ordered") && letters.contains("not_yet"), "the relay's answers: {letters}");

    assert!(sums(&folder).0, "{}", sums(&folder).1);
    let (well, printed) = without_guichet(&folder, "python3", &["verifier.py"]);
    assert!(well, "{printed}");
    let head =
        printed.split_whitespace().find(|word| word.len() > 64 && word.contains(':')).unwrap().to_owned();
    desk.says(&["audit", "verify", "--head", &head], 0);
    let (well, printed) = without_guichet(&folder, "python3", &["verifier.py", &head]);
    assert!(well && printed.contains("la même chaîne"), "{printed}");
    let (id, _) = head.split_once(':').unwrap();
    let other = format!("{id}:{}", "0".repeat(64));
    assert!(!without_guichet(&folder, "python3", &["verifier.py", &other]).0);

    // the export is an event, with the archive's hash
    let acts = desk.says(&["audit", "staff", "--json", "--actor", "Ada Lovelace"], 0);
    let beside = std::fs::read_to_string(format!("{}.sha256", zip.display())).unwrap();
    let (sha256, _) = beside.split_once(' ').unwrap();
    assert!(acts.contains("audit export") && acts.contains(sha256) && acts.contains(NUMBER), "{acts}");
    desk.adds_up().await;
    // it is not overwritten
    desk.says(&["audit", "export", NUMBER, "--to", zip.to_str().unwrap()], 1);
    desk.says(&["audit", "export", "F413-2026-999999", "--to", "/nowhere.zip"], 3);
}

#[tokio::test]
async fn a_changed_byte_anywhere_in_an_exported_case_is_found() {
    let (_desk, zip, folder) = exported().await;
    for path in files_of(&folder) {
        let whole = std::fs::read(&path).unwrap();
        let step = (whole.len() / 6).max(1);
        let places = (0..whole.len()).step_by(step).chain([whole.len() - 1]);
        for place in places {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let (well, _) = sums(&folder);
            assert!(!well, "byte {place} of {}", path.display());
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(sums(&folder).0);
    // of the archive as it was handed over
    let whole = std::fs::read(&zip).unwrap();
    let beside = folder.parent().unwrap();
    let handed = || without_guichet(beside, "sha256sum", &["--check", "--strict", "case.zip.sha256"]).0;
    assert!(handed());
    for place in (0..whole.len()).step_by(whole.len() / 20).chain([whole.len() - 1]) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&zip, &changed).unwrap();
        assert!(!handed(), "byte {place} of the archive");
    }
}

/// Whoever changes a file and its line in SHA256SUMS is found by the events; whoever rewrites the
/// events, by a head that was noted.
#[tokio::test]
async fn a_file_changed_together_with_its_sum_is_found_by_the_events() {
    let (_desk, _zip, folder) = exported().await;
    let changed = |name: &str| {
        let path = folder.join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        // a digit or a letter made into another, so that what is JSON stays JSON
        let place =
            changed.len() / 2 + changed[changed.len() / 2..].iter().position(u8::is_ascii_lowercase).unwrap();
        changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
        std::fs::write(&path, &changed).unwrap();
        (path, whole)
    };
    let resum = || {
        let names: Vec<_> = files_of(&folder)
            .iter()
            .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
            .filter(|name| name != "SHA256SUMS")
            .collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let (well, sums) = without_guichet(&folder, "sha256sum", &names);
        assert!(well, "{sums}");
        std::fs::write(folder.join("SHA256SUMS"), sums).unwrap();
    };
    let document = files_of(&folder.join("documents")).remove(0);
    let letter = files_of(&folder.join("lettres")).remove(0);
    let relative = |path: &Path| path.strip_prefix(&folder).unwrap().display().to_string();
    for name in [
        "message.eml",
        "rapport.json",
        "explication.json",
        "evenements.jsonl",
        "chaine.tsv",
        &relative(&document),
        &relative(&letter),
    ] {
        let (path, whole) = changed(name);
        resum();
        assert!(sums(&folder).0);
        let (well, printed) = without_guichet(&folder, "python3", &["verifier.py"]);
        assert!(!well && printed.contains("FAUTE"), "{name}: {printed}");
        std::fs::write(path, whole).unwrap();
    }
    for (name, from, to) in [
        ("lettres.json", "as ordered", "as it liked"),
        ("dossier.json", "\"verdict\": \"accepted\"", "\"verdict\": \"rejected\""),
    ] {
        let path = folder.join(name);
        let whole = std::fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{whole}");
        std::fs::write(&path, whole.replace(from, to)).unwrap();
        resum();
        let (well, printed) = without_guichet(&folder, "python3", &["verifier.py"]);
        assert!(!well && printed.contains("FAUTE"), "{name}: {printed}");
        std::fs::write(&path, whole).unwrap();
    }
    resum();
    assert!(without_guichet(&folder, "python3", &["verifier.py"]).0);
}

#[tokio::test]
async fn auditors_ask_by_day_card_structure_and_person_and_every_look_is_an_event() {
    let desk = a_day_at_the_desk().await;
    let all = desk.says(&["audit", "decisions", "--json", "--as", "Grace Hopper"], 0);
    assert_eq!(all.lines().count(), desk.cases().await.len());
    assert_eq!(
        desk.says(&["audit", "decisions", "--from", "2026-11-22", "--to", "2026-11-22", "--json"], 0),
        all
    );
    desk.says(&["audit", "decisions", "--from", "2026-11-23"], 3);
    let first: serde_json::Value = serde_json::from_str(all.lines().next().unwrap()).unwrap();
    assert_eq!((&first["by"], &first["verdict"]), (&"guichet".into(), &"accepted".into()), "{first}");
    let case = desk.cases().await.remove(0);
    let detail = desk.store().case(&case.number).await.unwrap().unwrap();
    let report: serde_json::Value = serde_json::from_str(detail.report.expose()).unwrap();
    let card = report["form"]["administrators"][0]["card"].as_str().unwrap();
    let found = desk.says(&["audit", "by-card", card, "--csv"], 0);
    assert!(found.lines().next().unwrap().starts_with("number;received;"), "{found}");
    assert!(found.contains(&case.number.to_string()) && found.contains("administrator 1"), "{found}");
    let spaced = format!("{} {}", &card[..4], &card[4..]);
    assert_eq!(desk.says(&["audit", "by-card", &spaced, "--csv"], 0), found);
    let finess = case.finess.clone().unwrap();
    assert!(desk.says(&["audit", "by-structure", &finess], 0).contains(&case.number.to_string()));
    desk.says(&["audit", "by-structure", "000000000"], 3);

    let number = case.number.to_string();
    desk.says(&["cases", "show", &number, "--as", "Grace Hopper"], 0);
    desk.says(&["cases", "search", &finess, "--as", "Grace Hopper"], 0);
    desk.says(&["cases", "explain", &number, "--as", "Grace Hopper"], 0);
    desk.says(&["replies", "list", "--as", "Grace Hopper"], 0);
    desk.says(&["replies", "show", "1", "--as", "Grace Hopper"], 0);
    let acts = desk.says(&["audit", "staff", "--actor", "Grace Hopper", "--json"], 0);
    let acts: Vec<serde_json::Value> = acts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let with: Vec<_> = acts
        .iter()
        .map(|act| {
            serde_json::from_str::<serde_json::Value>(act["detail"].as_str().unwrap()).unwrap()["with"]
                .clone()
        })
        .collect();
    assert_eq!(
        with,
        ["audit decisions", "cases show", "cases search", "cases explain", "replies list", "replies show"]
    );
    assert_eq!(acts[1]["case"], number.as_str());
    // who looked, at which case: not at whom, and not for what
    let told = serde_json::to_string(&acts).unwrap();
    assert!(!told.contains(card) && !told.contains(&finess), "{told}");
    assert!(desk.says(&["audit", "staff"], 0).contains("reply_resent"));
    // without a name it is the account
    let account = Command::new("id").arg("-un").output().unwrap();
    let account = String::from_utf8(account.stdout).unwrap();
    assert!(desk.says(&["audit", "staff", "--json", "--actor", account.trim()], 0).contains("audit staff"));
    desk.adds_up().await;
}

/// What cannot be noted is not shown.
#[tokio::test]
async fn a_look_that_cannot_be_noted_shows_nothing() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/02-accepted-pharmacy-other-edition.eml");
    desk.turn().await;
    desk.behind_its_back(
        "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .await;
    for command in [["cases", "show", NUMBER].as_slice(), &["cases", "list"], &["audit", "decisions"]] {
        assert_eq!(desk.says(command, 1), "", "{command:?}");
    }
}
