//! What hostile people write, in every box of a form and everywhere in a mail, and what a careless
//! colleague types: to whoever looks at the desk it is text.

use super::accessible::{NARROW, cut_off};
use super::{Browser, Tab, WIDE};
use crate::desk::{TestDesk, fixture, mail_with};
use crate::desk_walk::walk;
use crate::visitor::Served;
use guichet::domain::staff::Role;
use lopdf::{Document, Object};

const CASE: &str = "/dossiers/F413-2026-000001";

/// Markup, marks of direction, what ends a line or a string, and what does not end.
fn hostile() -> [(&'static str, String); 4] {
    [
        (
            "markup",
            "\"'><script>window.hacked=1</script><img src=x onerror=\"window.hacked=1\"><b>{{ 7*7 }}</b>"
                .into(),
        ),
        ("direction", "\u{202e}fdp.exe\u{2066}\u{200f}\u{feff}".into()),
        ("controls", "a\u{0}b\u{8}c\u{1b}[31md\u{7f}".into()),
        ("length", "Très".repeat(5_000)),
    ]
}

/// A form with this in every box for words.
fn form_of(words: &str) -> Vec<u8> {
    let mut file = Document::load(fixture("../config/editions/f413.pdf")).unwrap();
    let mut filled = 0;
    for object in file.objects.values_mut() {
        let Object::Dictionary(field) = object else { continue };
        if field.get(b"FT").and_then(Object::as_name).is_ok_and(|kind| kind == b"Tx") {
            field.set("V", lopdf::text_string(words));
            filled += 1;
        }
    }
    assert!(filled > 20, "{filled}");
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

/// A mail with this in its subject, the sender's name, its text and the document's name.
fn mail_of(words: &str, form: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let coded = |text: &str| {
        let characters: Vec<char> = text.chars().collect();
        let word = |part: &[char]| base64::engine::general_purpose::STANDARD.encode(String::from_iter(part));
        let words = characters.chunks(12).map(|part| format!("=?utf-8?B?{}?=", word(part)));
        words.collect::<Vec<_>>().join("\r\n ")
    };
    let mail = String::from_utf8(mail_with("a@x.example", "h@x.example", &[("NAME", form)])).unwrap();
    mail.replace("From: a@x.example", &format!("From: {} <a@x.example>", coded(words)))
        .replace("Subject: F413", &format!("Subject: {}", coded(words)))
        .replace("Bonjour, voici le formulaire.", words)
        .replace("name=\"NAME\"", &format!("name*=utf-8''{}", percent(words)))
        .into_bytes()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// That nothing of it was done, everything is seen, and nothing stands out of the page.
async fn is_text(what: &str, tab: &Tab) {
    let state = "({ hacked: window.hacked === undefined, scripts: document.scripts.length,
        foreign: document.querySelectorAll('main b, img:not([src^=\"/\"]), [onerror]').length })";
    let expected = serde_json::json!({ "hacked": true, "scripts": 1, "foreign": 0 });
    assert_eq!(tab.finds(state).await, expected, "{what}");
    let html = tab.finds("document.documentElement.outerHTML").await;
    let unseen = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let html = html.as_str().unwrap();
    assert!(!html.contains(|c: char| unseen(c) || (c.is_control() && c != '\n')), "{what}: {html}");
    for width in [NARROW, WIDE] {
        tab.is_wide(width).await;
        assert_eq!(cut_off(tab).await, Vec::<String>::new(), "{what}, {width} wide");
    }
}

#[tokio::test]
async fn what_strangers_write_in_every_box_and_everywhere_in_a_mail_is_text() {
    let browser = Browser::open();
    for (name, words) in hostile() {
        let mut desk = TestDesk::new().await;
        desk.receives(&mail_of(&words, &form_of(&words)));
        desk.turn().await;
        assert_eq!(desk.cases().await.len(), 1, "{name}");
        let served = Served::new(desk).await;
        let sara = served.person("sara", Role::Supervisor).await;
        let tab = browser.person(&served, &sara).await;
        for page in walk(&sara).await.pages {
            tab.goes(&page).await;
            is_text(&format!("{name} {page}"), &tab).await;
        }
        assert_eq!(tab.troubles(), Vec::<String>::new(), "{name}");
        served.desk.adds_up().await;
    }
}

#[tokio::test]
async fn what_staff_type_into_every_box_and_letter_is_text() {
    let browser = Browser::open();
    for (name, words) in hostile() {
        let mut desk = TestDesk::new().await;
        desk.receives_fixture("mails/demo/05-review-names-swapped.eml");
        desk.turn().await;
        let served = Served::new(desk).await;
        let (anna, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
        let boxes = anna.get(CASE).await.text();
        let boxes: Vec<_> = boxes
            .split("name=\"field\" value=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|pointer| {
                ["name", "finess", "siret", "/email", "phone", "card", "publisher", "date"]
                    .iter()
                    .any(|part| pointer.contains(part))
            })
            .collect();
        assert!(boxes.len() > 12, "{boxes:?}");
        for pointer in boxes {
            let correct = [("field", pointer), ("value", words.as_str())];
            let answer = anna.sends(CASE, &format!("{CASE}/corriger"), &correct).await;
            assert!(matches!(answer.status, 303 | 200 | 400 | 422), "{name} {pointer}: {}", answer.status);
        }
        let answer = anna.sends(CASE, &format!("{CASE}/note"), &[("text", &words)]).await;
        assert!(matches!(answer.status, 303 | 400 | 422), "{name}: {}", answer.status);
        let tab = browser.person(&served, &bob).await;
        for page in walk(&bob).await.pages {
            tab.goes(&page).await;
            is_text(&format!("{name} {page}"), &tab).await;
        }
        // into a letter, and back where it is too much
        tab.goes(&format!("{CASE}/complement")).await;
        tab.fills("textarea[name=text]", &words.replace('\u{0}', "")).await;
        tab.opens("button[value=preview]").await;
        is_text(&format!("{name} in a letter"), &tab).await;
        assert_eq!(tab.troubles(), Vec::<String>::new(), "{name}");
        served.desk.adds_up().await;
    }
}
