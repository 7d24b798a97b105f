//! The overview and the administration, by keys.

use super::Browser;
use crate::desk_admin::troubles;
use crate::visitor::Served;
use guichet::domain::staff::Role;

#[tokio::test]
async fn a_supervisor_sees_how_it_goes_and_sees_to_what_is_wrong_without_a_mouse() {
    let served = Served::new(Box::pin(troubles()).await).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("sara", Role::Supervisor).await).await;
    tab.goes("/dossiers").await;
    tab.presses_through("3").await;
    tab.sees("Dossiers reçus, par jour").await;
    tab.presses_through("A").await;
    tab.sees("Dossiers reçus, par mois").await;
    let drawn = tab.finds("document.querySelectorAll('svg[role=img] rect[height]').length").await;
    assert!(drawn.as_i64().unwrap() > 5, "{drawn}");
    let wide = tab.finds("document.querySelector('svg.chart').getBoundingClientRect().width").await;
    assert!(wide.as_f64().unwrap() > 300.0, "{wide}");

    tab.presses_through("4").await;
    tab.presses("l").await;
    tab.types("Vu avec le demandeur.").await;
    tab.presses_through("Enter").await;
    tab.sees("Le plafond est levé.").await;
    tab.presses("v").await;
    tab.types("La structure a été prévenue.").await;
    tab.presses_through("Enter").await;
    tab.sees("L'alerte est notée comme vue").await;
    tab.presses_through("R").await;
    tab.sees("sara, le").await;
    tab.presses_through("b").await;
    tab.presses_through("O").await;
    tab.sees("Rien à comparer").await;
    tab.presses_through("b").await;
    tab.presses_through("U").await;
    tab.presses("n").await;
    tab.types("zoe").await;
    tab.fills("#c-personne", "Zoé").await;
    tab.presses_through("Enter").await;
    tab.sees("Il n'est montré qu'ici et une seule fois").await;
    assert_eq!(tab.troubles(), Vec::<String>::new());

    let aude = browser.person(&served, &served.person("aude", Role::Auditor).await).await;
    aude.goes("/administration").await;
    aude.presses_through("J").await;
    aude.presses("w").await;
    aude.types("sara").await;
    aude.presses_through("Enter").await;
    aude.sees("Plafond levé").await;
    aude.sees("Compte créé").await;
    aude.presses_through("v").await;
    aude.sees("Tout est tel qu'il a été écrit.").await;
    assert_eq!(aude.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}
