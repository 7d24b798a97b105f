//! One's own account at the desk: where one is in, and another password.

use crate::desk::TestDesk;
use crate::desk_sign_in::{PASSWORD, with_anna};
use crate::visitor::{Came, Served, Visitor};
use guichet::desk::DeskSettings;
use guichet::domain::staff::Role;

const PAGE: &str = "/compte";
const CHOSEN: &str = "cinq mots encore plus longs";

/// Anna, signed in by her password; `None`: it is not hers.
async fn enters(served: &Served, password: &str) -> Option<Visitor> {
    let fields = [("name", "anna"), ("password", password), ("next", "")];
    let came = served.stranger().post("/connexion", &fields).await;
    came.headers.get("set-cookie").map(|cookie| served.with_cookie(cookie))
}

async fn is_in(visitor: &Visitor) -> bool {
    visitor.get("/dossiers").await.status == 200
}

async fn chooses(visitor: &Visitor, old: &str, new: &str, again: &str) -> Came {
    let fields = [("old", old), ("new", new), ("again", again)];
    visitor.sends(PAGE, "/compte/mot-de-passe", &fields).await
}

/// The marks of the sessions that can be ended.
fn marks(page: &Came) -> Vec<String> {
    let text = page.text();
    let found = text.split("name=\"session\" value=\"").skip(1);
    found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn somebody_sees_who_they_are_and_ends_their_sessions_elsewhere() {
    let served = with_anna(DeskSettings::default()).await;
    let here = enters(&served, PASSWORD).await.unwrap();
    let (there, yonder) =
        (enters(&served, PASSWORD).await.unwrap(), enters(&served, PASSWORD).await.unwrap());
    let bob = served.person("bob", Role::Agent).await;
    assert!(here.get("/dossiers").await.text().contains("<a href=\"/compte\""));
    let page = here.get(PAGE).await;
    for words in ["Anna Test", "<dd>agent</dd>", "<dd>mot de passe</dd>", "127.0.0.1", "Cette session"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let theirs = marks(&page);
    assert_eq!(theirs.len(), 2);
    // nobody else's, not the one they are in by, and not from elsewhere
    let ends = async |by: &Visitor, mark: &str| {
        by.sends(PAGE, "/compte/sessions/fermer", &[("session", mark)]).await.headers["location"].clone()
    };
    assert_eq!(ends(&bob, &theirs[0]).await, "/compte?fait=deja");
    assert_eq!(here.post("/compte/sessions/autres", &[("csrf", "x")]).await.status, 403);
    assert!(is_in(&there).await && is_in(&yonder).await);
    assert_eq!(ends(&here, &theirs[0]).await, "/compte?fait=fermee");
    let left = [&there, &yonder];
    assert_eq!([is_in(left[0]).await, is_in(left[1]).await].iter().filter(|is| **is).count(), 1);
    let all = here.sends(PAGE, "/compte/sessions/autres", &[]).await;
    assert_eq!(all.headers["location"], "/compte?fait=fermees");
    assert!(!is_in(&there).await && !is_in(&yonder).await && is_in(&here).await && is_in(&bob).await);
    assert!(here.get("/compte?fait=fermees").await.text().contains("Vos autres sessions sont fermées."));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn another_password_is_theirs_who_say_the_old_one_and_ends_their_other_sessions() {
    let served = with_anna(DeskSettings::default()).await;
    let (here, there) = (enters(&served, PASSWORD).await.unwrap(), enters(&served, PASSWORD).await.unwrap());
    for (old, new, again, says) in [
        (PASSWORD, "onze lettre", "onze lettre", "trop court : il faut au moins 12 caractères"),
        (PASSWORD, CHOSEN, "autre chose que cela", "saisi deux fois"),
        (PASSWORD, PASSWORD, PASSWORD, "le même que l"),
        ("deviné, et pas juste", CHOSEN, CHOSEN, "ancien mot de passe est incorrect"),
    ] {
        let answer = chooses(&here, old, new, again).await;
        assert_eq!(answer.status, 422, "{says}");
        let text = answer.text();
        assert!(text.contains(says), "{says}: {text}");
        assert!(!text.contains(old) && !text.contains(new), "nothing that was typed is on the page");
    }
    let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!(event.kind, "sign_in_refused");
    assert!(event.detail.contains("wrong_old_password"), "{}", event.detail);
    assert!(is_in(&there).await && enters(&served, CHOSEN).await.is_none());

    let changed = chooses(&here, PASSWORD, CHOSEN, CHOSEN).await;
    assert_eq!(changed.headers["location"], "/compte?fait=mot-de-passe");
    let event = served.desk.store().latest_events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.actor.as_str()), ("user_password_changed", "anna"));
    assert!(is_in(&here).await && !is_in(&there).await);
    assert!(enters(&served, PASSWORD).await.is_none() && enters(&served, CHOSEN).await.is_some());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn guesses_at_the_old_password_wait_as_those_at_the_door_do() {
    let served = with_anna(DeskSettings::default()).await;
    let here = enters(&served, PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert_eq!(chooses(&here, "deviné, et pas juste", CHOSEN, CHOSEN).await.status, 422);
    }
    let waits = chooses(&here, PASSWORD, CHOSEN, CHOSEN).await;
    assert_eq!(waits.status, 429, "the right one is not heard either");
    assert!(waits.text().contains("Le prochain est possible à"));
    assert!(enters(&served, PASSWORD).await.is_none(), "nor at the door");
    assert!(is_in(&here).await);
}

#[tokio::test]
async fn whoever_does_not_come_in_by_a_password_has_none_to_change() {
    let served = Served::new(TestDesk::new().await).await;
    let lena = served.person("lena", Role::Reader).await;
    let page = lena.get(PAGE).await.text();
    assert!(page.contains("<dd>fournisseur d&#39;identité</dd>"), "{page}");
    assert!(page.contains("entrez pas par mot de passe") && !page.contains("/compte/mot-de-passe"), "{page}");
    assert_eq!(chooses(&lena, "", CHOSEN, CHOSEN).await.status, 400);

    let openid = "address = \"http://desk.example\"\n[openid]\nissuer = \"https://id.example\"\n\
                  client_id = \"guichet\"\n";
    // where passwords let nobody in any more, the ones that are left are not given to be changed
    for (passwords, offered) in [("", true), ("passwords = false\n", false)] {
        let settings: DeskSettings = toml::from_str(&format!("{openid}{passwords}")).unwrap();
        let served = with_anna(settings).await;
        let anna = served.session_of("anna").await;
        let text = anna.get(PAGE).await.text();
        assert_eq!(text.contains("/compte/mot-de-passe"), offered, "{passwords}: {text}");
    }
}
