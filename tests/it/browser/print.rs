//! A case on paper: what somebody takes into a meeting, or puts into a file.

use super::accessible::cut_off;
use super::{Browser, Tab, spaces};
use crate::desk_routes::{CASE, with_everything};
use guichet::domain::staff::Role;
use serde_json::json;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What can be read on sheets of A4, in the order of the page.
async fn printed(tab: &Tab) -> String {
    use base64::Engine as _;
    let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69 });
    let pdf = tab.asks("Page.printToPDF", paper).await;
    let pdf = base64::engine::general_purpose::STANDARD.decode(pdf["data"].as_str().unwrap()).unwrap();
    let mut reader = Command::new("pdftotext");
    let reader = reader.args(["-raw", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = reader.spawn().expect("pdftotext (poppler-utils)");
    reader.stdin.take().unwrap().write_all(&pdf).unwrap();
    let text = reader.wait_with_output().unwrap();
    assert!(text.status.success());
    spaces(&String::from_utf8(text.stdout).unwrap())
}

/// Without white space: a sheet breaks lines where a screen does not.
fn run_on(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn a_case_is_printed_with_all_that_is_known_of_it_and_nothing_to_press() {
    let served = with_everything().await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("sara", Role::Supervisor).await).await;
    let other = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    other.goes(&format!("/dossiers/{CASE}")).await;
    other.fills("#note", "À voir <b>avec</b> la structure.").await;
    other.opens("form[action*='/note'] button").await;
    tab.goes(&format!("/dossiers/{CASE}?liste=file%3Dtous")).await;
    tab.sees("bob a aussi ce dossier ouvert").await;
    let answers = "[...document.querySelectorAll('.correct input[type=text]')].map(one => one.value).filter(one => one)";
    let answers: Vec<String> = serde_json::from_value(tab.finds(answers).await).unwrap();
    assert!(answers.len() > 10 && answers.iter().any(|one| one.contains('@')), "{answers:?}");

    let text = printed(&tab).await;
    let whole = run_on(&text);
    for answer in &answers {
        assert!(whole.contains(&run_on(answer)), "{answer} is not on paper:\n{text}");
    }
    for words in
        [CASE, "À examiner", "Constats", "Historique", "Dossier ouvert", "À voir <b>avec</b>", "sara (test)"]
    {
        assert!(whole.contains(&run_on(words)), "{words} is not on paper:\n{text}");
    }
    for words in [
        "Accepter",
        "Corriger",
        "Télécharger",
        "Voir la case",
        "Vue d'ensemble",
        "Se déconnecter",
        "aussi ce dossier",
    ] {
        assert!(!whole.contains(&run_on(words)), "{words} is on paper:\n{text}");
    }

    tab.asks("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    // A4 without the margins that browsers leave
    tab.is_wide(718).await;
    let pressed = "[...document.querySelectorAll('button, input, select, textarea, summary, nav, dialog')]
        .filter(one => one.checkVisibility()).map(one => one.outerHTML)";
    assert_eq!(tab.finds(pressed).await, json!([]));
    assert_eq!(cut_off(&tab).await, [""; 0]);
    assert_eq!(tab.troubles(), Vec::<String>::new());
}
