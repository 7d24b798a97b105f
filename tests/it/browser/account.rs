//! One's own account, by keys.

use super::Browser;
use crate::desk_sign_in::{PASSWORD, with_anna};
use guichet::desk::DeskSettings;

const CHOSEN: &str = "cinq mots encore plus longs";

#[tokio::test]
async fn somebody_ends_a_session_left_open_elsewhere_and_chooses_another_password() {
    let served = with_anna(DeskSettings::default()).await;
    let browser = Browser::open();
    let (tab, there) = (browser.stranger(&served).await, browser.stranger(&served).await);
    for tab in [&tab, &there] {
        tab.goes("/dossiers").await;
        tab.fills("#nom", "anna").await;
        tab.fills("#mdp", PASSWORD).await;
        tab.presses_through("Enter").await;
        tab.sees("Anna Test").await;
    }
    tab.presses_through("C").await;
    assert_eq!(tab.url().await, "/compte");
    tab.sees("Cette session").await;
    tab.presses_through("x").await;
    tab.sees("Vos autres sessions sont fermées.").await;
    tab.sees_not("Fermer toutes les autres").await;
    there.presses_through("2").await;
    there.sees("Connexion").await;
    assert!(there.url().await.starts_with("/connexion?next="), "{}", there.url().await);

    tab.presses("n").await;
    tab.types("deviné, et pas juste").await;
    tab.fills("#nouveau", CHOSEN).await;
    tab.fills("#encore", CHOSEN).await;
    tab.presses_through("Enter").await;
    tab.sees("L'ancien mot de passe est incorrect.").await;
    assert_eq!(tab.of("#nouveau", "value").await, "");
    tab.presses("n").await;
    tab.types(PASSWORD).await;
    tab.fills("#nouveau", CHOSEN).await;
    tab.fills("#encore", CHOSEN).await;
    tab.presses_through("Enter").await;
    tab.sees("Votre mot de passe est changé").await;
    tab.presses_through("q").await;
    tab.fills("#nom", "anna").await;
    tab.fills("#mdp", CHOSEN).await;
    tab.presses_through("Enter").await;
    tab.sees("Anna Test").await;
    let ours = |said: &String| !said.contains("422");
    assert_eq!(tab.troubles().into_iter().filter(ours).collect::<Vec<_>>(), Vec::<String>::new());
    served.desk.adds_up().await;
}
