//! How long things are kept, and that they are not lost: retention, backup, restore.

use crate::desk::TestDesk;
use guichet::audit;
use guichet::domain::mail::ReplyState;
use guichet::store::{CaseFilter, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

const A_DAY: &str = "[retention]\naccepted = \"1 d\"\nrejected = \"1 d\"\nreview = \"1 d\"\nrepeated = \"1 d\"\n\
                     question = \"1 d\"\nautomatic = \"1 d\"\nparked = \"1 d\"\n";

/// Three years back: whenever this runs, a day has passed since for the commands, which ask the
/// machine what time it is.
async fn a_day_long_ago(mails: &[&str]) -> TestDesk {
    let mut desk = TestDesk::with(A_DAY).await;
    desk.hours_pass(-24 * 365 * 3);
    for mail in mails {
        desk.receives_fixture(&format!("mails/demo/{mail}.eml"));
    }
    desk.turn().await;
    desk.adds_up().await;
    desk
}

/// Mail, form and letter: what stands in them, and nowhere else in the program.
const WRITTEN: [&str; 4] = ["sblanchet", "Vaulnoise", "vaulnoise", "%PDF"];

fn stands_in(folder: &Path, word: &str) -> bool {
    ["guichet.db", "guichet.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        bytes.windows(word.len()).any(|part| part == word.as_bytes())
    })
}

#[tokio::test]
async fn what_was_purged_stands_nowhere_in_the_file_and_its_space_is_given_back() {
    let desk = a_day_long_ago(&["01-accepted-hospital", "06-question", "07-out-of-office"]).await;
    let folder = desk.folder.path();
    let database = folder.join("guichet.db");
    let size = || std::fs::metadata(&database).unwrap().len();
    let personal: Vec<_> = WRITTEN.iter().filter(|word| stands_in(folder, word)).collect();
    assert!(personal.len() >= 2, "the test sees what it looks for: {personal:?}");
    let number = desk.cases().await[0].number.to_string();
    let proposed = desk.says(&["retention", "propose"], 0);
    assert_eq!(proposed.lines().count(), 3, "{proposed}");
    // a day is too short for these
    assert!(desk.says(&["retention", "propose", "--at", "2020-01-01"], 0).is_empty());
    desk.daemon.line.store.close().await;
    let before = size();
    let applied = desk.says(&["retention", "apply", "--as", "Ada Lovelace"], 0);
    assert!(
        applied.contains(&format!("purged  {number} (")) && applied.contains("3 mails purged"),
        "{applied}"
    );
    for word in WRITTEN {
        // the registry's own rows are not the requester's
        let structure = word.eq_ignore_ascii_case("vaulnoise");
        assert!(structure || !stands_in(folder, word), "{word}");
    }
    assert!(size() + 20_000 < before, "{before} → {}", size());
    assert!(desk.says(&["retention", "apply"], 0).contains("0 mails purged"));
    desk.says(&["audit", "verify"], 0);
    let shown = desk.says(&["cases", "show", &number], 0);
    assert!(shown.contains("purged on 20") && shown.contains("1 d (Ada Lovelace; event "), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&desk.says(&["cases", "show", &number, "--json"], 0)).unwrap();
    assert_eq!(
        (&json["purged"]["by"], &json["submission"]),
        (&"Ada Lovelace".into(), &serde_json::json!({}))
    );
    desk.says(&["cases", "explain", &number], 3);
    desk.says(&["replies", "show", "1"], 3);
    desk.says(&["replies", "resend", "1"], 1);
    let replayed = desk.says(&["replay", "--all"], 1);
    assert!(replayed.contains("purged on"), "{replayed}");
    desk.says(&["audit", "decisions"], 0);
    let zip = folder.join("case.zip").display().to_string();
    desk.says(&["audit", "export", &number, "--to", &zip], 0);
    let unpack = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-e", "case.zip", "unpacked"])
        .current_dir(folder)
        .status();
    assert!(unpack.unwrap().success());
    let check = std::process::Command::new("python3")
        .arg("unpacked/verifier.py")
        .current_dir(folder)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(check.status.success() && printed.contains("effacées"), "{printed}");
}

#[tokio::test]
async fn the_line_goes_on_after_a_purge_and_knows_the_same_mail_again() {
    let mut desk = a_day_long_ago(&["01-accepted-hospital", "03-rejected-four-problems"]).await;
    desk.says(&["retention", "apply"], 0);
    let sent = desk.relay.taken().len();
    desk.receives_fixture("mails/demo/01-accepted-hospital.eml");
    desk.receives_fixture("mails/demo/02-accepted-pharmacy-other-edition.eml");
    desk.turn().await;
    assert_eq!((desk.cases().await.len(), desk.relay.taken().len()), (3, sent + 1));
    desk.adds_up().await;
}

#[tokio::test]
async fn a_case_on_hold_is_kept_until_it_is_released() {
    let desk = a_day_long_ago(&["03-rejected-four-problems"]).await;
    let number = desk.cases().await[0].number.to_string();
    desk.says(&["retention", "hold", &number, "--because", "a claim", "--as", "Ada Lovelace"], 0);
    assert!(desk.says(&["retention", "holds"], 0).contains("a claim"));
    assert!(desk.says(&["retention", "propose"], 0).contains("a case is on hold"));
    assert!(desk.says(&["retention", "apply"], 0).contains("a case is on hold"));
    assert!(desk.store().case(&desk.cases().await[0].number).await.unwrap().unwrap().purged.is_none());
    desk.says(&["retention", "release", &number], 0);
    assert!(desk.says(&["retention", "apply"], 0).contains("1 mails purged"));
    desk.says(&["retention", "hold", "F413-2026-999999", "--because", "x"], 3);
    desk.adds_up().await;
}

/// `kill -9` as soon as something was purged, wherever the next purge is by then; run again each time.
#[tokio::test]
async fn a_purge_killed_again_and_again_is_finished_by_the_next() {
    const MAILS: i64 = 24;
    let mut desk = TestDesk::with(A_DAY).await;
    desk.hours_pass(-24 * 365 * 3);
    let pdf = crate::desk::bytes_of("forms/a-comment-beside-the-form.fields.pdf");
    for n in 0..MAILS {
        // what stands after the end of a PDF is no part of it: other bytes, the same form
        let other = [pdf.as_slice(), format!("\n% {n}\n").as_bytes()].concat();
        let (from, id) = (format!("bureau{n}@cabinet-a.fr"), format!("{n}@cabinet-a.fr"));
        desk.receives(&crate::desk::mail_with(&from, &id, &[("f413.pdf", &other)]));
    }
    desk.turn().await;
    let purged = async || desk.counts("SELECT COUNT(*) FROM purges WHERE $1 = ''", "").await;
    let mut cut_short = 0;
    while purged().await < MAILS {
        let before = purged().await;
        let mut apply = desk.command(&["retention", "apply"]).stdout(Stdio::null()).spawn().unwrap();
        while purged().await == before && apply.try_wait().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        apply.kill().unwrap();
        apply.wait().unwrap();
        assert!(purged().await > before, "each run purges something");
        cut_short += i64::from(purged().await < MAILS);
    }
    assert!(cut_short > 0, "never killed in the middle");
    desk.adds_up().await;
    assert!(desk.says(&["retention", "apply"], 0).contains("0 mails purged"));
    assert_eq!(
        desk.counts("SELECT COUNT(*) FROM events WHERE kind = $1", "purged").await,
        MAILS,
        "each once"
    );
    assert_eq!(desk.counts("SELECT COUNT(*) FROM message_bytes WHERE $1 = ''", "").await, 0);
    desk.adds_up().await;
}

/// Copies made while the line writes are each whole, and the record in them is what was noted.
#[tokio::test]
async fn a_backup_made_while_the_daemon_writes_is_whole_and_comes_back_without_a_second_letter() {
    let mut desk = TestDesk::new().await;
    let pdf = crate::desk::bytes_of("forms/a-comment-beside-the-form.fields.pdf");
    let mut heads = Vec::new();
    for n in 0..4 {
        for m in 0..6 {
            let other = [pdf.as_slice(), format!("\n% {n} {m}\n").as_bytes()].concat();
            let id = format!("{n}.{m}@cabinet-a.fr");
            desk.receives(&crate::desk::mail_with(
                &format!("b{n}{m}@cabinet-a.fr"),
                &id,
                &[("f413.pdf", &other)],
            ));
        }
        let file = desk.folder.path().join(format!("copy{n}.db")).display().to_string();
        let mut backup = desk.command(&["backup", &file]).stdout(Stdio::piped()).spawn().unwrap();
        desk.turn().await;
        assert!(backup.wait().unwrap().success());
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut backup.stdout.take().unwrap(), &mut printed).unwrap();
        heads.push((file, printed.trim().rsplit_once(' ').unwrap().1.to_owned()));
    }
    let lengths: BTreeSet<_> = heads.iter().map(|(_, head)| head.clone()).collect();
    assert!(lengths.len() > 1, "{heads:?}");
    for (file, head) in &heads {
        let copy = Store::open(&format!("sqlite:{file}")).await.unwrap();
        let noted = audit::Head::parse(head).into_iter().collect::<Vec<_>>();
        let verified = audit::verify(copy.database(), &noted).await.unwrap();
        assert_eq!((verified.troubles, verified.head.to_string()), (vec![], head.clone()));
        assert!(copy.database().is_copy().await.unwrap());
        copy.close().await;
    }
    desk.says(&["backup", &heads[0].0], 1);

    // a letter is due when the backup is made, and leaves afterwards
    let other = [pdf.as_slice(), b"\n% due\n"].concat();
    desk.receives(&crate::desk::mail_with("due@cabinet-a.fr", "due@cabinet-a.fr", &[("f413.pdf", &other)]));
    desk.takes_in().await;
    while desk.daemon.line.decide_next("test", guichet::store::Lane::Quick).await.unwrap()
        != guichet::pipeline::Step::NothingWaits
    {}
    let file = desk.folder.path().join("last.db");
    let printed = desk.says(&["backup", file.to_str().unwrap()], 0);
    let head = printed.trim().rsplit_once(' ').unwrap().1.to_owned();
    desk.turn().await;
    let sent = desk.relay.taken().len();
    desk.store().close().await;
    // the disk is lost: README, "Backup"
    let place = desk.folder.path().join("guichet.db");
    for name in ["guichet.db-wal", "guichet.db-shm"] {
        let _ = std::fs::remove_file(desk.folder.path().join(name));
    }
    std::fs::copy(&file, &place).unwrap();
    let run = desk.command(&["run"]).output().unwrap();
    assert!(!run.status.success() && String::from_utf8_lossy(&run.stderr).contains("guichet restored"));
    desk.says(&["audit", "verify", "--head", &head], 0);
    assert!(desk.says(&["restored", "--as", "Ada Lovelace"], 0).contains("1 letters"));
    let mut again = desk.again().await;
    again.turn().await;
    again.hours_pass(100).turn().await;
    assert_eq!(again.relay.taken().len(), 0, "nothing left a second time; {sent} had left before");
    assert_eq!(again.reply_states().await.last(), Some(&ReplyState::Unknown));
    assert_eq!(again.store().cases(&CaseFilter::default()).await.unwrap().len(), 25);
    again.adds_up().await;
}
