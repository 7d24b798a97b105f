//! What must not be logged is not logged: the whole line over every sample mail, with our own log at its
//! finest, and then no personal value and no password in it.

use crate::desk::{bytes_of, fixture};
use crate::dovecot::{Dovecot, PASSWORD};
use crate::postfix::Postfix;
use guichet::store::Store;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(4);
const SECRET: &str = "jeton-du-webhook-9413";

/// Words that are on forms, and that nobody has to be told apart by.
const COMMON: [&str; 4] = ["F413", "f413.pdf", "F413.pdf", "form.pdf"];

fn mails() -> Vec<PathBuf> {
    let folder = |name| std::fs::read_dir(fixture(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        folder("mails/demo").chain(folder("mails/kinds")).chain(folder("mails/wrapped")).collect();
    all.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    all.sort();
    all
}

/// Names, numbers, addresses of a report: everything that was typed.
fn typed(value: &Value, found: &mut BTreeSet<String>) {
    const KEYS: [&str; 14] = [
        "last_name",
        "first_name",
        "first_names",
        "phone",
        "email",
        "card",
        "rpps_rang",
        "siret",
        "from",
        "subject",
        "raw",
        "purpose",
        "documents",
        "mail_domain",
    ];
    fn all(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => drop(found.insert(text.clone())),
            Value::Array(list) => list.iter().for_each(|one| all(one, found)),
            Value::Object(map) => map.values().for_each(|one| all(one, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(key, one)| {
            if KEYS.contains(&key.as_str()) { all(one, found) } else { typed(one, found) }
        }),
        Value::Array(list) => list.iter().for_each(|one| typed(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn personal(mails: &[PathBuf]) -> BTreeSet<String> {
    let mut check = Command::new(env!("CARGO_BIN_EXE_guichet"));
    let output = check.args(["check", "--json", "--as-of", "2026-11-22"]).args(mails).output().unwrap();
    assert!(output.status.success());
    let mut found = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        typed(&serde_json::from_str(line).unwrap(), &mut found);
    }
    // shorter ones are in every log: "x", "1", "Oui"
    found.retain(|value| value.trim().chars().count() >= 5 && !COMMON.contains(&value.trim()));
    found
}

#[tokio::test]
async fn no_personal_value_and_no_secret_is_in_the_log_at_its_finest() {
    let (dovecot, postfix) = (Dovecot::start(), Postfix::start());
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display();
    let text = format!(
        "{}\n[transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"plain\"\n\n\
         [store]\nurl = \"sqlite:{root}/guichet.db\"\n\n[identity]\nfrom = \"certificats@guichet.example\"\n\n\
         [watch]\nwebhook = \"http://127.0.0.1:9/{SECRET}\"\n\n[log]\nfilter = \"warn,guichet=trace\"\n",
        dovecot.mailbox_table(),
        postfix.port,
    );
    std::fs::write(folder.path().join("guichet.toml"), text).unwrap();
    let guichet = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", folder.path().join("guichet.toml"));
        command
    };
    assert!(guichet(&["registry", "import"]).arg(fixture("registry")).status().unwrap().success());
    let mails = mails();
    let values = personal(&mails);
    assert!(mails.len() > 60 && values.len() > 300, "{} mails, {} values", mails.len(), values.len());
    for mail in &mails {
        dovecot.deliver(&std::fs::read(mail).unwrap());
    }
    // one that its reader dies of, and whose name says whose it is
    let poison = bytes_of("hostile/drawing-that-unpacks-to-400-mib.pdf");
    dovecot.deliver(&crate::desk::mail_with(
        "odette.mendes@cabinet-a.fr",
        "p@cabinet-a.fr",
        &[("mendes-odette.pdf", &poison)],
    ));

    let log = folder.path().join("log");
    let mut daemon = guichet(&["run"]).stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let store = Store::open(&format!("sqlite:{root}/guichet.db")).await.unwrap();
    let begun = Instant::now();
    loop {
        let ledger = store.ledger().await.unwrap();
        let done =
            ledger.waiting == 0 && ledger.replies_due + ledger.replies_sending == 0 && ledger.to_file == 0;
        if done && ledger.messages + ledger.copies > i64::try_from(mails.len()).unwrap() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{ledger:?}");
        tokio::task::yield_now().await;
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.lines().count() > mails.len() && log.contains("a sandbox child did not get through"),
        "{log}"
    );
    let said: Vec<_> = values.iter().filter(|value| log.contains(value.trim())).collect();
    assert!(said.is_empty(), "in the log: {said:?}");
    for secret in [PASSWORD, SECRET, "odette.mendes", "mendes-odette"] {
        assert!(!log.contains(secret), "{secret}");
    }
}
