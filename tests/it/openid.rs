//! Coming into the desk by an OpenID provider, which may not do as it should.

use crate::desk::TestDesk;
use crate::openid_peer::{Answers, Provider, SECRET, pairs};
use crate::visitor::{Came, Served, Visitor};
use guichet::desk::DeskSettings;
use guichet::domain::staff::Role;
use serde_json::{Value, json};

const ADA: &str = "f:7:899700218896";

/// The table `[desk]` of a desk that is at this address.
fn table(address: &str, issuer: &str, more: &str) -> String {
    format!(
        "address = \"{address}\"\n[openid]\nissuer = \"{issuer}\"\nclient_id = \"guichet\"\n\
         client_secret = {{ value = \"{SECRET}\" }}\nscopes = [\"openid\", \"profile\"]\nacr_values = [\"eidas1\"]\n\
         label = \"Pro Santé Connect\"\n{more}\n"
    )
}

struct Office {
    served: Served,
    provider: Provider,
}

impl Office {
    async fn new(more: &str) -> Self {
        let desk = TestDesk::new().await;
        let provider = Provider::open(desk.now().as_second()).await;
        let settings = async |address: std::net::SocketAddr| -> DeskSettings {
            toml::from_str(&table(&format!("http://{address}"), &provider.issuer, more)).unwrap()
        };
        let served = Box::pin(Served::at(desk, settings, |desk| desk)).await;
        Self { served, provider }
    }

    /// An account without a password, linked to what the provider calls ADA.
    async fn with_ada() -> Self {
        let office = Box::pin(Self::new("")).await;
        office.commands(&[
            "desk",
            "user",
            "add",
            "ada",
            "--role",
            "agent",
            "--shown",
            "Ada L.",
            "--oidc-only",
        ]);
        office.links("ada", ADA).await;
        office
    }

    fn commands(&self, arguments: &[&str]) -> String {
        self.served.desk.prints(arguments)
    }

    async fn links(&self, user: &str, subject: &str) {
        use guichet::domain::staff::{Identity, UserName};
        use guichet::store::AccountChange;
        let identity = Identity::new(&self.provider.issuer, subject).unwrap();
        let (store, now) = (self.served.desk.store(), self.served.desk.now());
        let link = AccountChange::Link(identity);
        store.change_account(&UserName::parse(user).unwrap(), link, "test", now).await.unwrap();
    }

    /// Somebody at a browser is led to the provider: the browser, and the page there.
    async fn goes(&self, next: &str) -> (Visitor, String) {
        let led = self.served.stranger().get(&format!("/connexion/openid?next={next}")).await;
        assert_eq!(led.status, 303, "{}", led.text());
        (self.served.with_cookie(&led.cookies[0]), led.headers["location"].clone())
    }

    /// … proves who they are there, and comes back.
    async fn tries(&self, subject: &str) -> Came {
        let (browser, page) = self.goes("/lettres").await;
        browser.get(&self.provider.signs_in(&page, subject)).await
    }

    /// The last event: its kind and why.
    async fn last(&self) -> (String, Value) {
        let event = self.served.desk.store().latest_events(1).await.unwrap().remove(0);
        (event.kind, serde_json::from_str(&event.detail).unwrap())
    }

    async fn refused_because(&self) -> String {
        let (kind, detail) = self.last().await;
        assert_eq!((kind.as_str(), &detail["by"]), ("sign_in_refused", &json!("provider")));
        detail["why"].as_str().unwrap().to_owned()
    }
}

fn is_in(came: &Came) -> bool {
    let session = came.cookies.iter().any(|cookie| cookie.starts_with("guichet="));
    assert_eq!(session, came.status == 303, "{}", came.text());
    session
}

#[tokio::test]
async fn somebody_comes_in_where_they_wanted_to_go_and_leaves() {
    let office = Box::pin(Office::with_ada()).await;
    let door = office.served.stranger().get("/connexion?next=/lettres").await;
    assert!(door.text().contains("href=\"/connexion/openid?next=%2Flettres\""), "{}", door.text());
    assert!(
        door.text().contains("Se connecter avec Pro Santé Connect") && door.text().contains("Mot de passe")
    );

    let (browser, page) = office.goes("/lettres").await;
    let asked = pairs(page.split_once('?').unwrap().1);
    for secret in ["state", "nonce", "code_challenge"] {
        assert_eq!(asked[secret].len(), 43, "{secret}: 256 bits");
    }
    let came = browser.get(&office.provider.signs_in(&page, ADA)).await;
    assert!(is_in(&came));
    assert_eq!(came.headers["location"], "/lettres");
    assert!(came.cookies.iter().any(|cookie| cookie.starts_with("guichet-openid=; ")), "{:?}", came.cookies);
    let (kind, detail) = office.last().await;
    assert_eq!((kind.as_str(), &detail["by"]), ("signed_in", &json!("provider")));

    let session = came.cookies.iter().find(|cookie| cookie.starts_with("guichet=")).unwrap();
    let ada = office.served.with_cookie(session);
    let page = ada.get("/lettres").await;
    assert!(page.text().contains("Ada L."));
    let out = ada.post("/deconnexion", &[("csrf", &page.hidden("csrf"))]).await;
    assert_eq!(out.headers["location"], "/connexion?sortie=openid");
    assert_eq!(ada.get("/lettres").await.status, 303);
    let door = office.served.stranger().get("/connexion?sortie=openid").await;
    assert!(door.text().contains("Votre session chez Pro Santé Connect reste ouverte"), "{}", door.text());
    let there = office.served.stranger().get("/connexion/openid/sortie").await;
    let (place, query) = there.headers["location"].split_once('?').unwrap();
    assert_eq!(place, format!("{}/logout", office.provider.issuer));
    assert_eq!(
        pairs(query)["post_logout_redirect_uri"],
        format!("http://{}/connexion", office.served.address)
    );
    office.served.desk.adds_up().await;
}

// the program is another process, and asks the provider that this one is
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_no_account_knows_is_told_what_to_tell_a_supervisor() {
    let desk = TestDesk::new().await;
    let provider = Provider::open(desk.now().as_second()).await;
    let file = desk.folder.path().join("guichet.toml");
    let settings = async |address: std::net::SocketAddr| -> DeskSettings {
        let table = table(&format!("http://{address}"), &provider.issuer, "");
        let text = std::fs::read_to_string(&file).unwrap();
        let table = table.replace("[openid]", "[desk.openid]");
        std::fs::write(&file, format!("{text}\n[desk]\n{table}")).unwrap();
        toml::from_str(&table.replace("[desk.openid]", "[openid]")).unwrap()
    };
    let served = Box::pin(Served::at(desk, settings, |desk| desk)).await;
    let office = Office { served, provider };
    office.commands(&["desk", "user", "add", "ada", "--role", "agent", "--oidc-only"]);
    let came = office.tries("f:7:<b>&amp;").await;
    assert!(!is_in(&came) && came.status == 403);
    assert!(
        came.text().contains("n'est rattachée à aucun compte")
            || came.text().contains("n&#39;est rattachée à aucun compte")
    );
    assert!(!came.text().contains("<b>"), "{}", came.text());
    assert_eq!(office.refused_because().await, "unknown");

    let came = office.tries(ADA).await;
    assert!(came.text().contains(ADA));
    let said = office.commands(&["desk", "user", "link", "ada", "--subject", ADA, "--as", "Olga"]);
    assert_eq!(said, "ada comes in by the provider from now on\n");
    assert!(is_in(&office.tries(ADA).await));
    // another person is not ada, and ada is not two
    assert!(!is_in(&office.tries("f:7:810001288385").await));
    let again = office.served.desk.commands(&["desk", "user", "link", "ada", "--subject", "f:7:1"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("linked already"), "{again:?}");

    office.commands(&["desk", "user", "disable", "ada"]);
    let came = office.tries(ADA).await;
    assert!(!is_in(&came) && came.text().contains("Votre compte est fermé"));
    assert_eq!(office.refused_because().await, "disabled");
    let says = office.served.desk.commands(&["doctor"]).stdout;
    let says = String::from_utf8(says).unwrap();
    assert!(
        says.contains(&format!("ok    OpenID {}: describes itself, 1 keys", office.provider.issuer)),
        "{says}"
    );
    office.provider.answers(Answers::Status("500 Oh", "{}".into()));
    let says = String::from_utf8(office.served.desk.commands(&["doctor"]).stdout).unwrap();
    assert!(says.contains(&format!("FAIL  OpenID {}", office.provider.issuer)), "{says}");
    office.served.desk.adds_up().await;
}

#[tokio::test]
async fn an_account_is_found_by_a_claim_only_where_the_configuration_says_by_which() {
    let claim = "name_claim = \"preferred_username\"";
    for (more, found) in [("", false), (claim, true)] {
        let office = Box::pin(Office::new(more)).await;
        let add =
            ["desk", "user", "add", "ada", "--role", "agent", "--oidc-only", "--known-as", "899700218896"];
        office.commands(&add);
        office.provider.says(json!({ "preferred_username": "899700218896" }));
        assert_eq!(is_in(&office.tries(ADA).await), found, "{more}");
    }
    // the token does not say it: the provider is asked, and must tell of the same person
    let office = Box::pin(Office::new(claim)).await;
    office.commands(&["desk", "user", "add", "ada", "--role", "agent", "--oidc-only"]);
    office.provider.tells(json!({ "sub": "f:7:eve", "preferred_username": "ada" }));
    assert!(!is_in(&office.tries(ADA).await));
    assert_eq!(office.refused_because().await, "not_proven");
    office.provider.tells(json!({ "sub": ADA, "preferred_username": "Ada" }));
    assert!(is_in(&office.tries(ADA).await));
    // from now on she is known by what never becomes another's
    office.provider.tells(json!({ "sub": ADA, "preferred_username": "somebody else" }));
    assert!(is_in(&office.tries(ADA).await));
    office.provider.tells(json!({ "sub": "f:7:eve", "preferred_username": "ada" }));
    assert!(!is_in(&office.tries("f:7:eve").await), "a name that went to another person");
    assert_eq!(office.refused_because().await, "other_identity");
    office.served.desk.adds_up().await;
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_ask_for_lets_nobody_in() {
    let office = Box::pin(Office::with_ada()).await;
    let (browser, page) = office.goes("/lettres").await;
    let back = office.provider.signs_in(&page, ADA);
    let (other, _) = office.goes("/lettres").await;
    for (who, back) in [
        (&office.served.stranger(), back.clone()),
        // somebody else's answer, which an attacker leads a browser to
        (&other, back.clone()),
        (&browser, back.replace("state=", "state=A")),
        (&browser, back.split("&state").next().unwrap().to_owned()),
        (&browser, "/connexion/openid/retour".to_owned()),
    ] {
        let came = who.get(&back).await;
        assert!(!is_in(&came), "{back}");
        assert_eq!(came.status, 400, "{back}");
        assert!(came.text().contains("Recommencez") && came.cookies.is_empty(), "{back}");
        assert_eq!(office.refused_because().await, "not_proven");
    }
    assert!(is_in(&browser.get(&back).await), "none of it has used up the right one");
    assert!(!is_in(&browser.get(&back).await), "it is used up");

    let (browser, page) = office.goes("/lettres").await;
    let back = office.provider.signs_in(&page, ADA);
    office.served.desk.clock.advance(jiff::SignedDuration::from_mins(10));
    assert!(!is_in(&browser.get(&back).await), "too late");

    // somebody who gave it up there has not guessed
    let (browser, page) = office.goes("/lettres").await;
    let state = pairs(page.split_once('?').unwrap().1)["state"].clone();
    let came = browser.get(&format!("/connexion/openid/retour?error=access_denied&state={state}")).await;
    assert!(came.status == 200 && came.text().contains("interrompu") && !is_in(&came));
    let (browser, page) = office.goes("/lettres").await;
    let back = office.provider.signs_in(&page, ADA);
    let came = browser.get(&format!("{back}&iss=https%3A%2F%2Fevil.example")).await;
    assert!(!is_in(&came) && came.status == 403, "RFC 9207: another provider answers");
    // guesses wait, whoever makes them
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(office.served.stranger().get("/connexion/openid/retour?state=x&code=y").await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    office.served.desk.adds_up().await;
}

#[tokio::test]
async fn what_another_sites_page_loads_is_no_attempt_that_counts() {
    let office = Box::pin(Office::with_ada()).await;
    let before = office.last().await;
    for place in ["/connexion/openid", "/connexion/openid/retour?state=x&code=y"] {
        for _ in 0..25 {
            let head =
                format!("GET {place} HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: image\r\n");
            assert_eq!(office.served.stranger().ask(&head, b"").await.status, 404, "{place}");
        }
    }
    assert_eq!(office.last().await, before, "nothing is on record of it");
    // whoever is led there by another site comes in
    let (browser, page) = office.goes("/lettres").await;
    let back = office.provider.signs_in(&page, ADA);
    let head = format!("GET {back} HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document\r\n");
    assert!(is_in(&browser.ask(&head, b"").await));
}

#[tokio::test]
async fn a_token_that_is_not_of_this_sign_in_lets_nobody_in() {
    let office = Box::pin(Office::with_ada()).await;
    let now = office.served.desk.now().as_second();
    for over in [
        json!({ "aud": "another" }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "exp": now - 200 }),
        json!({ "acr": "eidas0" }),
        json!({ "sub": "é" }),
    ] {
        office.provider.says(over.clone());
        let came = office.tries(ADA).await;
        assert!(!is_in(&came) && came.status == 403, "{over}");
        assert!(came.text().contains("ne prouve pas votre identité"), "{over}");
        assert_eq!(office.refused_because().await, "not_proven", "{over}");
    }
    office.provider.says(json!({}));
    let none = |token: String| {
        let payload = token.split('.').nth(1).unwrap();
        format!("eyJhbGciOiJub25lIn0.{payload}.")
    };
    office.provider.sends(none);
    assert!(!is_in(&office.tries(ADA).await));
    office.provider.sends(|token| format!("{token}A"));
    assert!(!is_in(&office.tries(ADA).await));
    office.provider.sends(|token| token);
    assert!(is_in(&office.tries(ADA).await));
    office.served.desk.adds_up().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_nobody_waiting_and_counts_as_no_guess() {
    let office = Box::pin(Office::new("timeout = \"500 ms\"")).await;
    office.commands(&["desk", "user", "add", "ada", "--role", "agent", "--oidc-only"]);
    office.links("ada", ADA).await;
    let troubles = [
        Answers::Nothing,
        Answers::HangsUp,
        Answers::Endless,
        Answers::Status("200 OK", "not JSON".into()),
        Answers::Status("200 OK", "[]".into()),
        Answers::Status("500 Oh", "{}".into()),
        Answers::Status("302 Found\r\nLocation: /elsewhere", String::new()),
        Answers::Status("401 No", json!({ "error": "invalid_client" }).to_string()),
    ];
    // before anybody is led there
    for trouble in troubles.clone() {
        office.provider.answers(trouble.clone());
        let came = office.served.stranger().get("/connexion/openid").await;
        assert_eq!(came.status, 503, "{trouble:?}");
        assert!(came.text().contains("ne fonctionne pas en ce moment") && came.cookies.is_empty());
    }
    // once they are back; more often than guesses are heard
    for trouble in troubles.iter().cycle().take(24) {
        office.provider.answers(Answers::Well);
        let (browser, page) = office.goes("/lettres").await;
        let back = office.provider.signs_in(&page, ADA);
        office.provider.answers(trouble.clone());
        let came = browser.get(&back).await;
        // `[]` and the like are answers without a token
        let status =
            if matches!(trouble, Answers::Status("200 OK", body) if body == "[]") { 403 } else { 503 };
        assert_eq!(came.status, status, "{trouble:?}");
        assert!(!is_in(&came));
    }
    office.provider.answers(Answers::Well);
    assert!(is_in(&office.tries(ADA).await));
    for document in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "token_endpoint": "http://evil.example/token" }),
        json!({ "jwks_uri": null }),
    ] {
        let office = Box::pin(Office::with_ada()).await;
        office.provider.describes(document.clone());
        assert_eq!(office.served.stranger().get("/connexion/openid").await.status, 503, "{document}");
    }
    office.served.desk.adds_up().await;
}

#[tokio::test]
async fn a_provider_that_takes_another_key_is_followed_and_one_it_gave_up_is_not_trusted() {
    let office = Box::pin(Office::with_ada()).await;
    assert!(is_in(&office.tries(ADA).await));
    office.provider.asked();
    assert!(is_in(&office.tries(ADA).await));
    let asked = office.provider.asked();
    assert_eq!(asked, ["POST /realms/one/token"], "what it says of itself is remembered");

    office.served.desk.clock.advance(jiff::SignedDuration::from_mins(1));
    office.provider.has_another_key();
    assert!(is_in(&office.tries(ADA).await));
    assert!(office.provider.asked().contains(&"GET /realms/one/certs".to_owned()));
    // a token of a key that nobody has: it is not asked again for each
    office.provider.sends(|token| {
        let (message, signature) = token.rsplit_once('.').unwrap();
        format!("{message}.AAAA{}", &signature[4..])
    });
    for _ in 0..3 {
        assert!(!is_in(&office.tries(ADA).await));
    }
    assert!(!office.provider.asked().contains(&"GET /realms/one/certs".to_owned()));
    office.provider.sends(|token| token);
    // what it says of itself is asked for anew in time
    office.served.desk.clock.advance(jiff::SignedDuration::from_hours(1));
    office.provider.hours_pass(1);
    assert!(is_in(&office.tries(ADA).await));
    assert!(office.provider.asked().contains(&"GET /realms/one/certs".to_owned()));
}

#[tokio::test]
async fn where_passwords_are_off_nobody_comes_in_by_one() {
    let office = Box::pin(Office::new("passwords = false")).await;
    let door = office.served.stranger().get("/connexion").await;
    assert!(door.text().contains("Pro Santé Connect") && !door.text().contains("Mot de passe"));
    let came = office.served.stranger().post("/connexion", &[("name", "ada"), ("password", "x")]).await;
    assert_eq!(came.status, 404);
    // whoever is in stays in
    let anna = office.served.person("anna", Role::Agent).await;
    assert_eq!(anna.get("/lettres").await.status, 200);
}

#[tokio::test]
async fn a_desk_without_a_provider_leads_nobody_to_one() {
    let served = Served::new(TestDesk::new().await).await;
    for place in ["/connexion/openid", "/connexion/openid/retour?state=x&code=y", "/connexion/openid/sortie"]
    {
        assert_eq!(served.stranger().get(place).await.status, 404, "{place}");
    }
    assert!(!served.stranger().get("/connexion").await.text().contains("openid"));
}
