//! The demo, as a newcomer runs it: twice on the same folder.

use std::process::Command;

#[test]
fn the_demo_answers_every_mail_once_and_a_second_run_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        let output = command.args(["demo", "--desk", "0 s", "--dir"]).arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let replies = || std::fs::read_dir(folder.path().join("replies")).unwrap().count();
    let first = run();
    assert!(first.contains("20 mails in the mailbox, 20 of them new; 17 replies sent"), "{first}");
    assert_eq!(replies(), 17);
    let second = run();
    assert!(second.contains("20 mails in the mailbox, 0 of them new; 0 replies sent"), "{second}");
    assert_eq!(replies(), 17);

    let mut cases = Command::new(env!("CARGO_BIN_EXE_guichet"));
    cases
        .args(["cases", "search", "Vaulnoise", "--json", "--config"])
        .arg(folder.path().join("guichet.toml"));
    let output = cases.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("F413-2026-0000") && text.contains("accepted"), "{text}");
}
