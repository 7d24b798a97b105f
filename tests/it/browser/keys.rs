//! Without the mouse: every action has a key, and what has just been done is where one goes on from.

use super::{Browser, served};
use guichet::domain::staff::Role;
use serde_json::json;

const CASE: &str = "/dossiers/F413-2026-000001";

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
