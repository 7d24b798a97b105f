//! Every route of the desk, as the desk's own source lists them: none without a session, none beyond a
//! role, none from another's page. A route that is not in the table here fails.

use crate::desk::TestDesk;
use crate::desk_admin::troubles;
use crate::visitor::{Came, Served, Visitor};
use guichet::domain::staff::Role;
use std::collections::{BTreeMap, BTreeSet};

const EVERYBODY: &[Role] = &Role::ALL;
const WORKERS: &[Role] = &[Role::Agent, Role::Supervisor];
const OVERSIGHT: &[Role] = &[Role::Supervisor, Role::Auditor];
const SUPERVISORS: &[Role] = &[Role::Supervisor];
const AUDITORS: &[Role] = &[Role::Auditor];

/// For whom nobody has to be in.
const OPEN: [(&str, &str); 6] = [
    ("GET", "/assets/{mark}/{name}"),
    ("GET", "/connexion"),
    ("POST", "/connexion"),
    ("GET", "/connexion/openid"),
    ("GET", "/connexion/openid/retour"),
    ("GET", "/connexion/openid/sortie"),
];

/// Everything else, and who may ask for it.
const INSIDE: &[(&str, &str, &[Role])] = &[
    ("GET", "/", EVERYBODY),
    ("POST", "/deconnexion", EVERYBODY),
    ("GET", "/compte", EVERYBODY),
    ("POST", "/compte/mot-de-passe", EVERYBODY),
    ("POST", "/compte/sessions/fermer", EVERYBODY),
    ("POST", "/compte/sessions/autres", EVERYBODY),
    ("GET", "/lettres", EVERYBODY),
    ("GET", "/lettres/{id}", EVERYBODY),
    ("GET", "/lettres/{id}/lettre.eml", EVERYBODY),
    ("GET", "/lettres/{id}/lettre.html", EVERYBODY),
    ("GET", "/lettres/{id}/pieces/{file}", EVERYBODY),
    ("GET", "/lettres/{id}/pieces/{file}/pages/{page}", EVERYBODY),
    ("POST", "/lettres/{id}/renvoyer", WORKERS),
    ("POST", "/lettres/{id}/regler", WORKERS),
    ("GET", "/vue-d-ensemble", EVERYBODY),
    ("GET", "/vue-d-ensemble/{file}", EVERYBODY),
    ("GET", "/administration", OVERSIGHT),
    ("POST", "/administration/plafonds", SUPERVISORS),
    ("POST", "/administration/courriels/{id}/reprendre", SUPERVISORS),
    ("GET", "/administration/courriels/{id}/courriel.eml", OVERSIGHT),
    ("POST", "/administration/alertes/{id}/vue", SUPERVISORS),
    ("GET", "/administration/referentiel", OVERSIGHT),
    ("GET", "/administration/observation", OVERSIGHT),
    ("GET", "/administration/observation.csv", OVERSIGHT),
    ("GET", "/administration/journal", AUDITORS),
    ("POST", "/administration/journal/verifier", AUDITORS),
    ("POST", "/administration/journal/exporter", AUDITORS),
    ("GET", "/administration/comptes", OVERSIGHT),
    ("POST", "/administration/comptes", SUPERVISORS),
    ("POST", "/administration/comptes/{name}/mot-de-passe", SUPERVISORS),
    ("POST", "/administration/comptes/{name}/role", SUPERVISORS),
    ("POST", "/administration/comptes/{name}/fermer", SUPERVISORS),
    ("POST", "/administration/comptes/{name}/ouvrir", SUPERVISORS),
    ("GET", "/questions", EVERYBODY),
    ("GET", "/questions/{id}", EVERYBODY),
    ("POST", "/questions/{id}/fermer", WORKERS),
    ("POST", "/questions/{id}/repondre", WORKERS),
    ("POST", "/questions/{id}/rouvrir", WORKERS),
    ("GET", "/referentiel", EVERYBODY),
    ("GET", "/dossiers", EVERYBODY),
    ("GET", "/dossiers/{number}", EVERYBODY),
    ("GET", "/dossiers/{number}/pages/{document}/{page}", EVERYBODY),
    ("GET", "/dossiers/{number}/courriel.eml", EVERYBODY),
    ("POST", "/dossiers/{number}/prendre", WORKERS),
    ("POST", "/dossiers/{number}/confier", WORKERS),
    ("POST", "/dossiers/{number}/rendre", WORKERS),
    ("POST", "/dossiers/{number}/corriger", WORKERS),
    ("POST", "/dossiers/{number}/reexaminer", WORKERS),
    ("POST", "/dossiers/{number}/note", WORKERS),
    ("POST", "/dossiers/{number}/annuler", WORKERS),
    ("GET", "/dossiers/{number}/confirmer", EVERYBODY),
    ("POST", "/dossiers/{number}/confirmer", WORKERS),
    ("GET", "/dossiers/{number}/{decision}/lettre.html", WORKERS),
    ("GET", "/dossiers/{number}/{decision}/pieces/{file}", WORKERS),
    ("GET", "/dossiers/{number}/{decision}/pieces/{file}/pages/{page}", WORKERS),
    ("GET", "/dossiers/{number}/{decision}", WORKERS),
    ("POST", "/dossiers/{number}/{decision}", WORKERS),
];

/// Something that is there, for each part of an address that is not the same everywhere.
fn example(pattern: &str) -> String {
    let id = match pattern {
        _ if pattern.starts_with("/administration/courriels/") => "2",
        _ if pattern.starts_with("/questions/") => "4",
        _ => "1",
    };
    let filled = pattern
        .replace("{number}", CASE)
        .replace("{document}/{page}", "0/1.png")
        .replace("{decision}", "accepter")
        .replace("{file}", "0")
        .replace("{page}", "1")
        .replace("{name}", "lena")
        .replace("{file}", "issues.csv")
        .replace("{id}", id);
    assert!(!filled.contains('{'), "{pattern}: an example is needed");
    filled
}

/// Waits for staff. A hospital of Vaulnoise asks.
pub const CASE: &str = "F413-2026-000002";
const SECRETS: [&str; 4] = ["Vaulnoise", "Hippolyte", "2921495370", "x.example"];

/// A case of every kind, a question, a letter, a mail put aside, a cap that was reached and an alert.
pub async fn with_everything() -> Served {
    let mut desk: TestDesk = Box::pin(troubles()).await;
    desk.receives_fixture("mails/demo/05-review-names-swapped.eml");
    desk.turn().await;
    desk.receives_fixture("mails/demo/06-question.eml");
    desk.turn().await;
    let served = Served::new(desk).await;
    served.person("lena", Role::Reader).await;
    served
}

/// The routes of the source: method and pattern.
fn routes() -> BTreeSet<(String, String)> {
    let source = include_str!("../../src/desk/app.rs");
    let mut found = BTreeSet::new();
    for call in source.split(".route(").skip(1) {
        let (_, rest) = call.split_once('"').unwrap();
        let (pattern, rest) = rest.split_once('"').unwrap();
        let handlers = rest.split(".route(").next().unwrap().split(".layer(").next().unwrap();
        for (method, word) in [("GET", "get("), ("POST", "post(")] {
            if handlers.match_indices(word).any(|(at, _)| !handlers[..at].ends_with(char::is_alphanumeric)) {
                found.insert((method.to_owned(), pattern.to_owned()));
            }
        }
    }
    found
}

#[test]
fn no_route_is_left_out() {
    let inside = INSIDE.iter().map(|(method, pattern, _)| (*method, *pattern));
    let known = inside.chain(OPEN).map(|(method, pattern)| (method.to_owned(), pattern.to_owned()));
    assert_eq!(routes(), known.collect());
}

/// What every page carries.
pub fn safe(address: &str, answer: &Came) {
    let header = |name: &str| answer.headers.get(name).cloned().unwrap_or_default();
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{address}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{address}");
    // a letter of ours is shown in a frame of ours, where it runs nothing and loads nothing
    let framed = address.ends_with("/lettre.html") && answer.status == 200;
    assert_eq!(policy.contains("sandbox"), framed, "{address}: {policy}");
    assert_eq!(policy.contains("unsafe"), framed, "{address}: {policy}");
    assert_eq!(policy.contains("frame-ancestors 'none'"), !framed, "{address}: {policy}");
    assert_eq!(header("x-frame-options"), if framed { "SAMEORIGIN" } else { "DENY" }, "{address}");
    assert_eq!(header("referrer-policy"), "same-origin", "{address}");
    let cache = header("cache-control");
    assert!(cache == "no-store" || cache.starts_with("private"), "{address}: {cache}");
    let text = answer.text();
    assert!(framed || !text.contains("style=\"") && !text.contains("onclick"), "{address}: inline");
}

/// The forms' fields with the session's secret, of a version that nobody saw: whoever may is told so.
async fn posts(person: &Visitor, address: &str, csrf: &str) -> Came {
    let fields = [
        ("csrf", csrf),
        ("version", "0"),
        ("field", "/structure/name"),
        ("value", "x"),
        ("text", "x"),
        ("to", "anna"),
        ("role", "nobody"),
        ("finding", "mismatch /administrators/1"),
        ("step", "preview"),
    ];
    person.post(address, &fields).await
}

async fn record(served: &Served) -> (i64, usize) {
    let events = served.desk.store().latest_events(1000).await.unwrap();
    let acts = events.iter().filter(|event| event.kind != "looked_at");
    (events.first().map_or(0, |event| event.id), acts.count())
}

#[tokio::test]
async fn nothing_is_shown_or_done_without_a_session() {
    let served = with_everything().await;
    let ended = served.person("zoe", Role::Supervisor).await;
    let csrf = ended.get("/dossiers").await.hidden("csrf");
    assert_eq!(ended.post("/deconnexion", &[("csrf", &csrf)]).await.status, 303);
    let forged = Visitor { cookie: format!("guichet={}", "A".repeat(43)), ..ended.clone() };
    let before = record(&served).await;
    for visitor in [served.stranger(), forged, ended] {
        for (method, pattern, _) in INSIDE {
            let address = example(pattern);
            let answer = if *method == "GET" {
                visitor.get(&address).await
            } else {
                posts(&visitor, &address, &csrf).await
            };
            safe(&address, &answer);
            if *method == "GET" {
                assert_eq!(answer.status, 303, "{address}");
                assert!(answer.headers["location"].starts_with("/connexion?next="), "{address}");
            } else {
                assert_eq!(answer.status, 401, "{address}");
            }
            for secret in SECRETS {
                assert!(!answer.text().contains(secret), "{address}: {secret}");
            }
        }
    }
    assert_eq!(record(&served).await, before);
    served.desk.adds_up().await;
}

#[tokio::test]
async fn each_role_is_let_to_what_it_may_and_to_nothing_else() {
    for role in Role::ALL {
        // what is shown first, then what changes what is shown
        let (shown, done) = INSIDE.iter().partition::<Vec<_>, _>(|(method, ..)| *method == "GET");
        let served = with_everything().await;
        for (nth, (method, pattern, roles)) in shown.into_iter().chain(done).enumerate() {
            let address = example(pattern);
            // somebody new each time: one of the routes ends the session
            let person = served.person(&format!("{}-{nth}", role.as_str()), role).await;
            let before = record(&served).await;
            let answer = if method == "GET" {
                person.get(&address).await
            } else {
                let csrf = person.get("/dossiers").await.hidden("csrf");
                posts(&person, &address, &csrf).await
            };
            safe(&address, &answer);
            if roles.contains(&role) {
                // nothing may be attached, or nothing be decided yet
                let fine = matches!(answer.status, 200 | 303 | 400 | 404 | 422);
                assert!(fine, "{role:?} {method} {address}: {}\n{}", answer.status, answer.text());
            } else {
                assert_eq!(answer.status, 403, "{role:?} {method} {address}");
                assert_eq!(record(&served).await, before, "{role:?} {method} {address}");
                for secret in SECRETS {
                    assert!(!answer.text().contains(secret), "{role:?} {address}: {secret}");
                }
            }
        }
        served.desk.adds_up().await;
    }
}

#[tokio::test]
async fn what_does_not_come_from_a_page_of_the_session_changes_nothing() {
    let served = with_everything().await;
    let mut of_role = BTreeMap::new();
    for role in Role::ALL {
        of_role.insert(role, served.person(role.as_str(), role).await);
    }
    let others = served.person("another", Role::Supervisor).await.get("/dossiers").await.hidden("csrf");
    let before = record(&served).await;
    for (_, pattern, roles) in INSIDE.iter().filter(|(method, ..)| *method == "POST") {
        let address = example(pattern);
        let person = &of_role[roles.last().unwrap()];
        for csrf in ["", "x", others.as_str()] {
            assert_eq!(posts(person, &address, csrf).await.status, 403, "{address} with {csrf:?}");
        }
        assert_eq!(person.post(&address, &[("version", "1")]).await.status, 403, "{address} without");
        // the right secret, from a page of another site: the browser says so
        let body = format!("csrf={}&version=1", person.get("/dossiers").await.hidden("csrf"));
        for from in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Origin: null"] {
            let head = format!(
                "POST {address} HTTP/1.1\r\n{from}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n",
                body.len()
            );
            assert_eq!(person.ask(&head, body.as_bytes()).await.status, 403, "{address} {from}");
        }
    }
    assert_eq!(record(&served).await, before);
    served.desk.adds_up().await;
}

/// The row of the table for an address.
pub fn row_of(method: &str, address: &str) -> Option<&'static [Role]> {
    let path: Vec<_> = address.split(['?', '#']).next().unwrap().split('/').collect();
    let fits = |pattern: &str| {
        let parts: Vec<_> = pattern.split('/').collect();
        let same = |(part, here): (&&str, &&str)| part.starts_with('{') || part == here;
        parts.len() == path.len() && parts.iter().zip(&path).all(same)
    };
    let mut rows: Vec<_> = INSIDE.iter().filter(|(of, pattern, _)| *of == method && fits(pattern)).collect();
    // the one with fewest parts of any kind, as the router does
    rows.sort_by_key(|(_, pattern, _)| pattern.matches('{').count());
    rows.first().map(|(.., roles)| *roles)
}
