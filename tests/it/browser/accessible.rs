//! Every page as people have it who see little, use no mouse, allow no script or hold a narrow screen:
//! axe-core finds nothing against WCAG 2.2 AA, and nothing is cut off.

use super::{Browser, Tab, WIDE};
use crate::desk::TestDesk;
use crate::desk_routes::{CASE, with_everything};
use crate::desk_sign_in::{PASSWORD, adds_anna};
use crate::desk_walk::walk;
use crate::visitor::Served;
use guichet::domain::staff::Role;
use std::path::Path;

/// The width at which pages are read without scrolling sideways (WCAG 2.2, 1.4.10), in CSS pixels.
pub const NARROW: u32 = 320;

/// What axe-core finds on the page as it stands: rule, element, what is wrong.
async fn faults(tab: &Tab) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; tests/run installs it", path.display()));
    tab.finds(&format!("if (!window.axe) {{ {axe} }} 0")).await;
    let run = "axe.run(document, { resultTypes: ['violations'], runOnly:
            ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(found => found.violations.flatMap(rule => rule.nodes.map(node =>
            `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))";
    serde_json::from_value(tab.finds(run).await).unwrap()
}

/// Keys that stand for two things at once.
async fn keys_twice(tab: &Tab) -> Vec<String> {
    let find =
        "(() => { const all = [...document.querySelectorAll('[data-key]')].map(one => one.dataset.key);
        return all.filter((key, at) => all.indexOf(key) !== at); })()";
    serde_json::from_value(tab.finds(find).await).unwrap()
}

/// Elements that stand out of the page at its right.
pub async fn cut_off(tab: &Tab) -> Vec<String> {
    let find = "(() => { const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) return [];
        return [...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > wide + 1 && !one.closest('.scroll'))
            .map(one => `${one.tagName}.${one.className}#${one.id}`).slice(0, 5); })()";
    serde_json::from_value(tab.finds(find).await).unwrap()
}

/// Every page somebody of this role is led to, wide and narrow.
async fn looks_at_all(served: &Served, browser: &Browser, role: Role) {
    let person = served.person(&format!("walks-{}", role.as_str()), role).await;
    let tab = browser.person(served, &person).await;
    let mut found = Vec::new();
    for page in walk(&person).await.pages {
        tab.goes(&page).await;
        found.extend(faults(&tab).await.into_iter().map(|fault| format!("{page}: {fault}")));
        found.extend(keys_twice(&tab).await.into_iter().map(|key| format!("{page}: {key} twice")));
        tab.is_wide(NARROW).await;
        found.extend(faults(&tab).await.into_iter().map(|fault| format!("{page}, narrow: {fault}")));
        found.extend(cut_off(&tab).await.into_iter().map(|one| format!("{page}, narrow: cut off: {one}")));
        tab.is_wide(WIDE).await;
    }
    assert!(found.is_empty(), "{} of {role:?}:\n{}", found.len(), found.join("\n"));
    assert_eq!(tab.troubles(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_found_against_the_pages_of_a_supervisor() {
    looks_at_all(&with_everything().await, &Browser::open(), Role::Supervisor).await;
}

#[tokio::test]
async fn nothing_is_found_against_the_pages_of_an_auditor() {
    looks_at_all(&with_everything().await, &Browser::open(), Role::Auditor).await;
}

#[tokio::test]
async fn nothing_is_found_against_what_no_link_leads_to() {
    let served = with_everything().await;
    let browser = Browser::open();
    let lena = browser.person(&served, &served.person("lucie", Role::Reader).await).await;
    let anna = browser.person(&served, &served.person("anna", Role::Agent).await).await;
    let bob = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    let stranger = browser.stranger(&served).await;
    let case = format!("/dossiers/{CASE}");
    let mut found = Vec::new();
    let mut looks = async |what: &str, tab: &Tab| {
        found.extend(faults(tab).await.into_iter().map(|fault| format!("{what}: {fault}")));
        tab.is_wide(NARROW).await;
        found.extend(cut_off(tab).await.into_iter().map(|one| format!("{what}, narrow: cut off: {one}")));
        tab.is_wide(WIDE).await;
    };
    stranger.goes("/connexion").await;
    looks("the door", &stranger).await;
    stranger.fills("#nom", "anna").await;
    stranger.fills("#mdp", "deviné").await;
    stranger.presses_through("Enter").await;
    stranger.sees("Identifiant ou mot de passe incorrect").await;
    looks("a password that is wrong", &stranger).await;

    lena.goes("/dossiers/F413-2026-999999").await;
    looks("nothing there", &lena).await;
    lena.goes("/administration").await;
    looks("not allowed", &lena).await;

    anna.goes(&case).await;
    anna.presses("?").await;
    anna.sees("Prendre le dossier").await;
    looks("the keys", &anna).await;
    anna.presses("Escape").await;
    anna.presses("h").await;
    looks("handing over", &anna).await;
    for page in ["refuser", "accepter"] {
        anna.goes(&format!("{case}/{page}")).await;
        if page == "refuser" {
            anna.opens("button[value=preview]").await;
            anna.sees("Choisissez au moins un motif").await;
            looks("no reason", &anna).await;
        }
        anna.clicks("input[name=finding]").await;
        anna.opens("button[value=preview]").await;
        anna.sees("telle qu'elle partira").await;
        looks(page, &anna).await;
    }
    anna.goes(&case).await;
    bob.goes(&case).await;
    bob.fills("#case-structure-finess input[name=value]", "2BO72I849").await;
    bob.opens("#case-structure-finess button").await;
    bob.sees("Lecture possible").await;
    looks("a reading that is proposed", &bob).await;
    anna.fills("#case-structure-name input[name=value]", "CH de Vaulnoise").await;
    anna.opens("#case-structure-name button").await;
    anna.sees("a changé entre-temps").await;
    looks("what a colleague changed", &anna).await;
    bob.goes(&format!("{case}/classer")).await;
    bob.fills("textarea", "Une publicité.").await;
    bob.opens("button[value=do]").await;
    bob.sees("Annuler la décision").await;
    looks("decided", &bob).await;
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn a_case_is_worked_on_from_the_door_to_the_way_out_without_any_script() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/05-review-names-swapped.eml");
    desk.turn().await;
    adds_anna(&desk).await;
    let served = Served::new(desk).await;
    served.person("bob", Role::Agent).await;
    let tab = Browser::open().stranger(&served).await;
    tab.asks("Network.setBlockedURLs", serde_json::json!({ "urls": ["*/assets/*.js"] })).await;
    tab.goes("/").await;
    tab.fills("#nom", "anna").await;
    tab.fills("#mdp", PASSWORD).await;
    tab.opens("button[type=submit]").await;
    tab.fills("#recherche", "2921495370").await;
    tab.opens(".search button").await;
    tab.opens("a[data-row]").await;
    assert!(tab.url().await.starts_with("/dossiers/F413-2026-000001"), "{}", tab.url().await);
    assert_eq!(tab.of("#aide-ouvrir", "hidden").await, true, "what needs the script is not shown");
    for (name, value) in [("last", "Desœuvres"), ("first", "Hippolyte")] {
        let form = format!("#case-administrators-1-{name}_name");
        tab.fills(&format!("{form} input[name=value]"), value).await;
        tab.opens(&format!("{form} button")).await;
    }
    tab.sees("À décider : rien contre").await;
    tab.clicks(".hand-over summary").await;
    tab.sees("Un mot pour ce collègue").await;
    tab.opens("a[data-key=a]").await;
    tab.opens("button[value=preview]").await;
    tab.sees("telle qu'elle partira").await;
    tab.opens("button[value=do]").await;
    tab.opens(".notice button").await;
    tab.sees("À décider : rien contre").await;
    tab.opens("a[data-key=m]").await;
    tab.fills("textarea[name=text]", "Merci de nous envoyer le mandat.").await;
    tab.opens("button[value=do]").await;
    tab.sees("Complément demandé par anna").await;
    tab.opens(".who button").await;
    tab.sees("Vous êtes déconnecté").await;
    let blocked = |said: &String| !said.contains("BLOCKED_BY_CLIENT");
    assert_eq!(tab.troubles().into_iter().filter(blocked).collect::<Vec<_>>(), Vec::<String>::new());
    served.desk.adds_up().await;
}
