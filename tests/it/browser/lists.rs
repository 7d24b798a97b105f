//! From the list to its cases and back, with keys alone.

use super::{Browser, Tab, served_with};
use crate::visitor::Served;
use guichet::domain::staff::Role;
use guichet::store::CaseState;

/// Staff decide everything: four cases wait, of two classes of structure.
const MAILS: [&str; 4] = [
    "01-accepted-hospital",
    "02-accepted-pharmacy-other-edition",
    "03-rejected-four-problems",
    "05-review-names-swapped",
];

async fn at_the_list(address: &str) -> (Served, Browser, Tab) {
    let served = served_with("[decision]\nautomatic = []\n", &MAILS).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("anna", Role::Agent).await).await;
    tab.goes(address).await;
    (served, browser, tab)
}

async fn chosen(tab: &Tab) -> String {
    tab.finds("document.activeElement.textContent").await.as_str().unwrap_or_default().to_owned()
}

async fn rows(tab: &Tab) -> Vec<String> {
    let rows = tab.finds("[...document.querySelectorAll('a[data-row]')].map(row => row.textContent)").await;
    rows.as_array().unwrap().iter().map(|row| row.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn cases_are_taken_read_one_after_the_other_and_decided_without_the_mouse() {
    let (served, _browser, tab) = at_the_list("/dossiers?file=a-traiter&lecture=fields").await;
    let list = rows(&tab).await;
    assert!(list.len() >= 3, "{list:?}");

    // taken and given back in its row, which stays chosen
    tab.presses("j").await;
    tab.presses("j").await;
    assert_eq!(chosen(&tab).await, list[1]);
    let row = format!("document.getElementById('d-{}').closest('tr').innerText", list[1]);
    for (says, by) in [("Rendre", "anna"), ("Prendre", "personne")] {
        tab.presses_through("t").await;
        assert_eq!(tab.url().await, format!("/dossiers?file=a-traiter&lecture=fields#d-{}", list[1]));
        let row = tab.finds(&row).await;
        assert!(row.as_str().unwrap().contains(says) && row.as_str().unwrap().contains(by), "{row}");
        assert_eq!(chosen(&tab).await, list[1]);
    }

    // from case to case of this list, and back to the place
    tab.presses_through("Enter").await;
    for (key, number) in [("s", &list[2]), ("p", &list[1]), ("p", &list[0])] {
        tab.presses_through(key).await;
        let url = tab.url().await;
        assert!(url.starts_with(&format!("/dossiers/{number}?liste=")), "{url}");
    }
    assert_eq!(tab.finds("document.querySelectorAll('[rel=prev]').length").await, 0, "it is the first");
    // what is done to a case does not lose the list
    tab.presses_through("t").await;
    tab.sees("Suivi par anna.").await;
    tab.presses_through("l").await;
    assert_eq!((chosen(&tab).await, rows(&tab).await), (list[0].clone(), list.clone()));

    // after a decision, the next one
    tab.presses_through("Enter").await;
    tab.presses_through("x").await;
    tab.finds("document.querySelector('#texte').focus()").await;
    tab.types("Ce n'est pas une demande.").await;
    tab.opens("button[value=do]").await;
    tab.sees("Dossier classé sans suite par anna.").await;
    tab.presses_through("s").await;
    assert!(tab.url().await.starts_with(&format!("/dossiers/{}?liste=", list[1])), "{}", tab.url().await);
    tab.presses_through("l").await;
    assert_eq!(rows(&tab).await, list[1..]);
    let cases = served.desk.cases().await;
    assert_eq!(cases.iter().filter(|case| case.state == CaseState::Decided).count(), 1);
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_list_of_one_class_of_structure_says_how_many_wait_of_it() {
    let (_served, _browser, tab) = at_the_list("/dossiers").await;
    let all = rows(&tab).await;
    tab.finds("document.querySelector('#f-classe').value = 'pharmacy'").await;
    tab.opens(".filters button").await;
    let pharmacies = rows(&tab).await;
    assert!(!pharmacies.is_empty() && pharmacies.len() < all.len(), "{pharmacies:?} of {all:?}");
    let count = tab.of(".tabs [aria-current] .count", "innerText").await;
    assert_eq!(count, pharmacies.len().to_string());
    // the filter stays when another list of cases is chosen
    tab.opens(".tabs li:last-child a").await;
    assert_eq!(tab.url().await, "/dossiers?classe=pharmacy&file=tous");
    assert_eq!(rows(&tab).await, pharmacies);
    tab.sees_not(&all.iter().find(|one| !pharmacies.contains(one)).unwrap().clone()).await;
    assert_eq!(tab.troubles(), Vec::<String>::new());
}
