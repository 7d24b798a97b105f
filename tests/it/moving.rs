//! From SQLite to PostgreSQL by one command: everything is there and the same, the daemon goes on from it,
//! and nobody is answered twice.

use crate::desk::mail_with;
use crate::postgres::Postgres;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A store with all kinds of rows: the demo's, with what staff did besides.
struct LivedIn {
    folder: TempDir,
}

impl LivedIn {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lived_in = Self { folder };
        lived_in.prints("guichet", &["demo", "--dir", &lived_in.root().display().to_string()]);
        let cases = lived_in.prints("guichet", &["cases", "list", "--json"]);
        let of = |verdict: &str| {
            let row = cases.lines().find(|line| line.contains(&format!("\"{verdict}\""))).unwrap();
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            row["number"].as_str().unwrap().to_owned()
        };
        let (accepted, rejected) = (of("accepted"), of("rejected"));
        lived_in.prints(
            "guichet",
            &["cases", "decided", &rejected, "rejected", "--because", "missing", "--as", "Ada"],
        );
        lived_in.prints("guichet", &["retention", "hold", &accepted, "--because", "audit", "--as", "Ada"]);
        // written again as the letters are: one that is due when everything moves
        lived_in.prints("guichet", &["replies", "resend", "1", "--as", "Ada"]);
        lived_in
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// `guichet` with the configuration of this name.
    fn guichet(&self, config: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.args(arguments).env("GUICHET_CONFIG", self.root().join(format!("{config}.toml")));
        command
    }

    fn runs(&self, config: &str, arguments: &[&str]) -> Output {
        self.guichet(config, arguments).output().unwrap()
    }

    fn prints(&self, config: &str, arguments: &[&str]) -> String {
        let output = self.runs(config, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn is_refused(&self, config: &str, arguments: &[&str], because: &str) {
        let output = self.runs(config, arguments);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && says.contains(because), "{arguments:?}: {says}");
    }

    fn starts(&self, config: &str) -> Daemon {
        let log = std::fs::File::create(self.root().join("log")).unwrap();
        Daemon(self.guichet(config, &["run"]).stderr(log).spawn().unwrap())
    }

    fn waits_until(&self, what: &str, so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !so() {
            let log = std::fs::read_to_string(self.root().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_mins(1), "{what}\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The letters that left, by name.
    fn letters(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.root().join("replies")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// The configuration that leads to the new database.
    fn moves_to(&self, postgres: &Postgres) {
        let text = std::fs::read_to_string(self.root().join("guichet.toml")).unwrap();
        let url = format!("sqlite:{}", self.root().canonicalize().unwrap().join("guichet.db").display());
        assert!(text.contains(&url), "{text}");
        std::fs::write(self.root().join("moved.toml"), text.replace(&url, &postgres.url())).unwrap();
    }
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_store_with_all_kinds_of_rows_is_moved_and_the_daemon_goes_on_from_it() {
    let (old, postgres) = (LivedIn::new(), Postgres::start());
    old.moves_to(&postgres);
    let url = postgres.url();
    let to = ["store", "move", "--to", &url, "--as", "Ada"];
    let answered = old.letters();
    let list = ["cases", "list", "--json", "--limit", "1000"];
    let asked = |config| {
        let cases = old.prints(config, &list);
        let replies = old.prints(config, &["replies", "list", "--json", "--limit", "1000"]);
        (cases, replies, old.prints(config, &["registry", "status"]))
    };
    let before = asked("guichet");
    {
        let _daemon = old.starts("guichet");
        old.waits_until("it runs", || old.prints("guichet", &["status"]).contains("intake, decide, answer"));
        old.is_refused("guichet", &to, "stop it first");
    }
    let told = old.prints("guichet", &to);
    for table in [
        "messages",
        "message_bytes",
        "cases",
        "findings",
        "events",
        "event_texts",
        "holds",
        "staff_verdicts",
        "replies",
        "registry_cards",
    ] {
        let line = told.lines().find(|line| line.split_whitespace().next() == Some(table));
        let rows = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        assert!(rows.is_some_and(|rows| rows > 0), "{table}: {told}");
    }
    // nobody runs on the old one by accident, and it does not move twice
    old.is_refused("guichet", &["run"], "was moved");
    old.is_refused("guichet", &to, "moved before");
    let (cases, replies, registry) = asked("moved");
    assert_eq!((&cases, &registry), (&before.0, &before.2));
    assert_eq!(replies.lines().count(), before.1.lines().count());
    old.prints("moved", &["audit", "verify"]);

    // it goes on: what was due leaves, new mail gets the next number, nobody is answered again
    let _daemon = old.starts("moved");
    let new = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms/ticks-x.drawn.pdf"))
        .unwrap();
    let mail = mail_with("zoe@cabinet-a.fr", "new@cabinet-a.fr", &[("f413.pdf", &new)]);
    let draft = old.root().join("mailbox/tmp/new");
    std::fs::write(&draft, mail).unwrap();
    std::fs::rename(draft, old.root().join("mailbox/new/1795000000.M1.new")).unwrap();
    old.waits_until("the new mail is answered", || old.letters().len() > answered.len());
    let counts = before.0.lines().count() + 1;
    assert_eq!(old.prints("moved", &list).lines().count(), counts);
    let unsent = ["replies", "list", "--json", "--state", "due"];
    old.waits_until("what was due is sent", || old.prints("moved", &unsent).is_empty());
    let letters = old.letters();
    assert_eq!(letters.len(), answered.len() + 1, "{letters:?}");
    old.prints("moved", &["audit", "verify"]);
    assert_eq!(postgres.asked("SELECT COUNT(*) FROM events WHERE kind = 'store_moved' AND actor = 'Ada'"), 1);
}

#[test]
fn a_move_that_fails_changes_nothing_and_one_that_is_cut_off_is_brought_to_its_end() {
    let (old, postgres) = (LivedIn::new(), Postgres::start());
    old.moves_to(&postgres);
    let url = postgres.url();
    let to = ["store", "move", "--to", &url, "--as", "Ada"];
    let sqlite = format!("sqlite:{}", old.root().join("guichet.db").display());
    old.is_refused("guichet", &["store", "move", "--to", &sqlite], "postgres://");
    // something on the way changes a letter
    old.prints("moved", &["status"]);
    postgres.does(
        "CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.message := 'x'; RETURN NEW; END $$",
    );
    postgres.does("CREATE TRIGGER changed BEFORE INSERT ON findings FOR EACH ROW EXECUTE FUNCTION changed()");
    old.is_refused("guichet", &to, "findings");
    assert_eq!(postgres.asked("SELECT COUNT(*) FROM messages"), 0, "all or nothing");
    assert!(old.prints("guichet", &["status", "--json"]).contains("\"in_use\""));
    postgres.does("DROP TRIGGER changed ON findings");
    // it ends when everything has arrived and the old one is marked: nobody runs on either
    postgres.does(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut'; END $$",
    );
    postgres.does(
        "CREATE TRIGGER cut BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.kind = 'store_moved') EXECUTE FUNCTION cut()",
    );
    old.is_refused("guichet", &to, "cut");
    old.is_refused("guichet", &["run"], "was moved");
    old.is_refused("moved", &["run"], "has not come to its end");
    // another store does not go on top of it
    let other = LivedIn::new();
    other.is_refused("guichet", &to, "did not come to its end");
    postgres.does("DROP TRIGGER cut ON events");
    old.prints("guichet", &to);
    assert!(old.prints("moved", &["status", "--json"]).contains("\"in_use\""));
    old.prints("moved", &["audit", "verify"]);
    other.is_refused("guichet", &to, "empty");
    // back to the old one by a person: nothing leaves by itself
    old.prints("guichet", &["restored", "--as", "Ada"]);
    let status: serde_json::Value =
        serde_json::from_str(&old.prints("guichet", &["status", "--json"])).unwrap();
    assert_eq!((status["state"].as_str(), status["replies_due"].as_i64()), (Some("in_use"), Some(0)));
}
