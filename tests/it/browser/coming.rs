//! Coming in, finding a case, going out.

use super::{Browser, served};
use crate::desk_sign_in::{PASSWORD, with_anna};
use guichet::desk::DeskSettings;
use guichet::domain::staff::Role;

#[tokio::test]
async fn somebody_comes_in_with_their_password_to_where_they_wanted_to_go_and_leaves() {
    let served = with_anna(DeskSettings::default()).await;
    let tab = Browser::open().stranger(&served).await;
    tab.goes("/dossiers?file=tous").await;
    assert_eq!(tab.url().await, "/connexion?next=%2Fdossiers%3Ffile%3Dtous");

    tab.fills("#nom", "anna").await;
    tab.fills("#mdp", "deviné").await;
    tab.presses_through("Enter").await;
    tab.sees("Identifiant ou mot de passe incorrect.").await;
    assert_eq!(tab.of("#nom", "value").await, "anna");
    assert_eq!(tab.of("#mdp", "value").await, "");

    tab.fills("#mdp", PASSWORD).await;
    tab.presses_through("Enter").await;
    assert_eq!(tab.url().await, "/dossiers?file=tous");
    tab.sees("Anna Test").await;
    // the session's token is nothing to a script
    assert_eq!(tab.finds("document.cookie").await, "");

    tab.goes("/lettres").await;
    tab.opens(".who button").await;
    tab.sees("Vous êtes déconnecté.").await;
    // what was shown is not there to go back to
    for _ in 0..2 {
        tab.follows("back", async {
            tab.finds("history.back()").await;
        })
        .await;
        tab.sees("Mot de passe").await;
        tab.sees_not("Anna Test").await;
    }
    assert_eq!(tab.troubles().iter().filter(|said| !said.contains("422")).count(), 0, "{:?}", tab.troubles());
}

#[tokio::test]
async fn a_filtered_queue_is_an_address_that_can_be_sent_to_a_colleague() {
    let served =
        served(&["03-rejected-four-problems", "05-review-names-swapped", "09-two-forms-one-bad"]).await;
    let browser = Browser::open();
    let anna = served.person("anna", Role::Agent).await;
    let tab = browser.person(&served, &anna).await;
    tab.goes("/").await;
    tab.sees("Dossiers à traiter").await;
    tab.sees("F413-2026-000002").await;
    tab.sees_not("F413-2026-000001").await;

    tab.opens(".tabs li:last-child a").await;
    tab.sees("F413-2026-000001").await;
    tab.finds("document.querySelector('#f-motif').value = 'mismatch'").await;
    tab.finds("document.querySelector('#f-du').value = '2026-11-20'").await;
    tab.opens(".filters button").await;
    tab.sees("Ne concorde pas").await;
    tab.sees("F413-2026-000002").await;
    tab.sees_not("F413-2026-000001").await;
    let address = tab.url().await;
    for part in ["file=tous", "motif=mismatch", "du=2026-11-20"] {
        assert!(address.contains(part), "{address}");
    }

    let bob = served.person("bob", Role::Reader).await;
    let other = browser.person(&served, &bob).await;
    other.goes(&address).await;
    assert_eq!(rows(&other).await, rows(&tab).await);
    assert_eq!(other.of("#f-motif", "value").await, "mismatch");
    other.opens(".filters a").await;
    other.sees("F413-2026-000001").await;
    assert_eq!((tab.troubles(), other.troubles()), (Vec::new(), Vec::new()));
}

async fn rows(tab: &super::Tab) -> serde_json::Value {
    tab.finds("[...document.querySelectorAll('a[data-row]')].map(row => row.textContent)").await
}

#[tokio::test]
async fn a_case_is_found_by_whatever_the_requester_says_on_the_telephone() {
    let served = served(&["03-rejected-four-problems", "05-review-names-swapped"]).await;
    let anna = served.person("anna", Role::Agent).await;
    let tab = Browser::open().person(&served, &anna).await;
    tab.goes("/dossiers").await;
    let card = "2921495370";
    for words in
        ["2B 072 1849", card, "quemeneur", "hippolyte.desoeuvres@ch-vaulnoise.fr", "vaulnoise brenne"]
    {
        tab.presses("/").await;
        tab.finds("document.querySelector('#recherche').select()").await;
        tab.types(words).await;
        tab.presses_through("Enter").await;
        assert_eq!(rows(&tab).await, serde_json::json!(["F413-2026-000002"]), "{words}");
        assert_eq!(tab.of("#recherche", "value").await, words);
    }
    // a number leads to its case
    tab.fills("#recherche", "f413-2026-000001").await;
    tab.presses_through("Enter").await;
    assert_eq!(tab.url().await, "/dossiers/F413-2026-000001");
    tab.fills("#recherche", "personne de ce nom").await;
    tab.presses_through("Enter").await;
    tab.sees("Aucun dossier ne correspond.").await;
    assert_eq!(tab.troubles(), Vec::<String>::new());
}
