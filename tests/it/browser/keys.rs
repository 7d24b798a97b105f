//! Without the mouse: every action has a key, and what has just been done is where one goes on from.

use super::{Browser, Tab, served};
use crate::desk::TestDesk;
use crate::desk_sign_in::{PASSWORD, adds_anna};
use crate::visitor::Served;
use guichet::domain::staff::Role;
use serde_json::json;

const CASE: &str = "/dossiers/F413-2026-000001";

/// What has the focus: its id, or what it says.
async fn focus(tab: &Tab) -> String {
    let place = "document.activeElement.id || document.activeElement.innerText";
    tab.finds(place).await.as_str().unwrap_or_default().to_owned()
}

/// `Tab` until the element with this id has the focus.
async fn tabs_to(tab: &Tab, id: &str) {
    for _ in 0..60 {
        if focus(tab).await == id {
            return;
        }
        tab.presses("Tab").await;
    }
    panic!("{id} is not reached by Tab");
}

#[tokio::test]
async fn a_case_is_decided_without_the_mouse_from_signing_in_to_signing_out() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/05-review-names-swapped.eml");
    desk.turn().await;
    adds_anna(&desk).await;
    let served = Served::new(desk).await;
    let tab = Browser::open().stranger(&served).await;
    tab.goes("/dossiers").await;
    assert_eq!(focus(&tab).await, "nom");
    tab.types("anna").await;
    tab.presses("Tab").await;
    tab.types(PASSWORD).await;
    tab.presses_through("Enter").await;

    // the first thing that Tab reaches leads past the menu
    tab.presses("Tab").await;
    assert_eq!(focus(&tab).await, "Aller au contenu");
    tab.presses("Enter").await;
    assert_eq!(focus(&tab).await, "contenu");
    tab.presses("j").await;
    assert_eq!(focus(&tab).await, "d-F413-2026-000001");
    let visible = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(tab.finds(visible).await, "solid", "the focus is to be seen");
    tab.presses_through("Enter").await;

    // the boxes that are in doubt, one after the other
    for (pointer, name) in [("last_name", "Desœuvres"), ("first_name", "Hippolyte")] {
        let mut there = false;
        for _ in 0..12 {
            tab.presses("Escape").await;
            tab.presses("c").await;
            let place = tab.finds("document.activeElement.form.field.value").await;
            there = place == format!("/administrators/1/{pointer}");
            if there {
                break;
            }
        }
        assert!(there, "{pointer} is not among the boxes in doubt");
        tab.types(name).await;
        tab.presses_through("Enter").await;
        assert_eq!(focus(&tab).await, format!("case-administrators-1-{pointer}"));
    }
    tab.sees("À décider : rien contre").await;

    tab.presses_through("a").await;
    tab.presses_through("v").await;
    tab.sees("La lettre, telle qu'elle partira").await;
    tab.presses_through("w").await;
    tab.sees("Dossier accepté par anna.").await;
    assert_eq!(focus(&tab).await, "avis");
    tab.presses_through("z").await;
    tab.sees("La décision est annulée").await;
    assert_eq!(focus(&tab).await, "avis");

    // and decided otherwise, for a reason of one's own
    tab.presses_through("r").await;
    tabs_to(&tab, "own-rule").await;
    tab.presses("ArrowDown").await;
    tab.presses("Tab").await;
    tab.presses("Tab").await;
    assert_eq!(focus(&tab).await, "own-message");
    tab.types("Le cachet ne se lit pas.").await;
    tab.sees("Texte écrit, pas encore envoyé.").await;
    tab.presses("Escape").await;
    tab.presses_through("v").await;
    tab.sees("La lettre, telle qu'elle partira").await;
    tab.presses_through("w").await;
    tab.sees("Dossier refusé par anna.").await;

    // the keys are told, and the focus comes back
    tab.presses("?").await;
    tab.sees("Annuler la décision").await;
    assert_eq!(tab.of("#aide", "open").await, true);
    tab.presses("Escape").await;
    assert_eq!(tab.of("#aide", "open").await, false);
    assert_eq!(focus(&tab).await, "avis");
    tab.presses_through("q").await;
    assert_eq!(tab.url().await, "/connexion?sortie=1");
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn every_action_has_a_key_of_its_own_and_the_list_of_keys_says_them_all() {
    let served = served(&["05-review-names-swapped", "03-rejected-four-problems"]).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("sara", Role::Supervisor).await).await;
    served.person("bob", Role::Agent).await;
    let decisions = ["accepter", "refuser", "complement", "classer"].map(|one| format!("{CASE}/{one}"));
    let others = [
        "/dossiers",
        CASE,
        "/lettres",
        "/lettres/1",
        "/lettres/2/pieces/0/pages/1",
        "/administration",
        "/questions",
        "/referentiel",
        "/compte",
    ];
    for page in others.map(str::to_owned).into_iter().chain(decisions) {
        tab.goes(&page).await;
        let without = "[...document.querySelectorAll('.bar a, .bar button')]
            .filter(one => !one.dataset.key && !one.closest('details')).map(one => one.innerText)";
        assert_eq!(tab.finds(without).await, json!([]), "{page}");
        let twice =
            "(() => { const all = [...document.querySelectorAll('[data-key]')].map(one => one.dataset.key);
            return all.filter((key, at) => all.indexOf(key) !== at); })()";
        assert_eq!(tab.finds(twice).await, json!([]), "{page}");
        tab.presses("?").await;
        let untold = "(() => { const told = [...document.querySelectorAll('#aide-liste dd')].map(one => one.innerText);
            return [...document.querySelectorAll('[data-key]')].map(one => one.dataset.does).filter(does => !told.includes(does)); })()";
        assert_eq!(tab.finds(untold).await, json!([]), "{page}");
        tab.presses("Escape").await;
    }
    assert_eq!(tab.troubles(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_written_and_not_sent_is_not_left_without_a_word() {
    let served = served(&["05-review-names-swapped"]).await;
    let tab = Browser::open().person(&served, &served.person("anna", Role::Agent).await).await;
    tab.goes(&format!("{CASE}/complement")).await;
    let asks = "(() => { const leaves = new Event('beforeunload', { cancelable: true });
        return !window.dispatchEvent(leaves); })()";
    assert_eq!(tab.finds(asks).await, false, "nothing is written");
    tab.presses("n").await;
    tab.types("Une copie du mandat.").await;
    tab.sees("Texte écrit, pas encore envoyé.").await;
    assert_eq!(tab.finds(asks).await, true);
    // once it was sent to be looked at, it is kept: another day, another browser
    tab.presses("Escape").await;
    tab.presses_through("v").await;
    assert_eq!(tab.finds(asks).await, false);
    tab.goes(CASE).await;
    tab.sees("une demande de complément").await;
    tab.presses_through("g").await;
    assert_eq!(tab.of("#texte", "value").await, "Une copie du mandat.");
    tab.sees("Voici ce que vous aviez écrit").await;
    tab.presses_through("f").await;
    assert_eq!(tab.of("#texte", "value").await, "");
    assert_eq!(tab.troubles(), Vec::<String>::new());
}
