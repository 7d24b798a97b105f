//! Coming in and going out.

use crate::desk::app::Desk;
use crate::desk::forms::{Posted, Sent};
use crate::desk::frame::{Answer, Frame, Refused, go, shown};
use crate::desk::sign_in::{Came, Visitor};
use crate::desk::who;
use crate::desk::words::time;
use crate::store::Token;
use askama::Template;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    says: Option<String>,
    trouble: Option<String>,
    next: String,
    name: String,
}

impl Page {
    fn new(desk: &Desk, next: &str) -> Self {
        let frame = Frame::outside(desk.line.settings.shadow);
        Self { frame, says: None, trouble: None, next: within(next).to_owned(), name: String::new() }
    }
}

/// `GET /connexion`, with `next`: where somebody wanted to go.
pub(in crate::desk) async fn door(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let next = asked.get("next").map(String::as_str).unwrap_or_default();
    let out = asked.contains_key("sortie");
    let known = who::token(&headers, desk.cookie());
    if let Some(token) = &known
        && desk.session(token).await?.is_some()
    {
        return Ok(go(within(next)));
    }
    if !out && desk.shows_itself_to(peer, &headers) {
        let address = desk.visitor(peer, &headers);
        let visitor = Visitor { address, session: known.as_ref() };
        if let Came::In(token) = desk.door.as_demo(visitor, desk.now()).await? {
            return Ok(enters(&desk, &token, next));
        }
    }
    let mut page = Page::new(&desk, next);
    page.says = out.then(|| "Vous êtes déconnecté.".to_owned());
    Ok(shown(&page))
}

/// `POST /connexion`
pub(in crate::desk) async fn by_password(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Answer {
    let known = who::token(request.headers(), desk.cookie());
    let address = desk.visitor(peer, request.headers());
    let sent = Sent::read(request).await?;
    let (name, password, next) = (sent.text("name"), sent.text("password"), sent.text("next"));
    let visitor = Visitor { address, session: known.as_ref() };
    let (status, trouble) = match desk.door.by_password((name, password), visitor, desk.now()).await? {
        Came::In(token) => return Ok(enters(&desk, &token, next)),
        Came::Refused => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Identifiant ou mot de passe incorrect.".to_owned())
        }
        Came::NotBefore(until) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("Trop d'essais sans succès. Le prochain est possible à {}.", time(until)),
        ),
    };
    let page = Page { trouble: Some(trouble), name: name.to_owned(), ..Page::new(&desk, next) };
    Ok((status, shown(&page)).into_response())
}

/// `POST /deconnexion`
pub(in crate::desk) async fn leave(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    _posted: Posted,
) -> Answer {
    let token = who::token(&headers, desk.cookie()).ok_or(Refused::SignedOut(None))?;
    desk.store().signs_out(&token, desk.now()).await?;
    let forgets = [
        (SET_COOKIE, desk.forgets()),
        // the pages that the browser keeps to go back to (W3C Clear Site Data §3.1, "cache")
        (HeaderName::from_static("clear-site-data"), "\"cache\"".to_owned()),
    ];
    Ok((forgets, go("/connexion?sortie=1")).into_response())
}

/// The browser keeps the token, and goes where it wanted to.
fn enters(desk: &Desk, token: &Token, next: &str) -> Response {
    ([(SET_COOKIE, desk.keeps(token))], go(within(next))).into_response()
}

/// A place of this desk; anything else is the queue. `//host` and `/\host` are other sites to a browser.
fn within(next: &str) -> &str {
    let path = next.strip_prefix('/').filter(|rest| !rest.starts_with(['/', '\\']));
    let plain = path.is_some() && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && !next.starts_with("/connexion") { next } else { "/dossiers" }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn nobody_is_led_to_another_site() {
        for place in ["/dossiers", "/dossiers/F413-2026-000001?page=0-1#t-document", "/lettres?etat=unknown"]
        {
            assert_eq!(within(place), place);
        }
        for place in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/a\\b",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=y",
            "/connexion?next=/connexion",
            "\t//evil.example",
            "/é",
        ] {
            assert_eq!(within(place), "/dossiers", "{place:?}");
        }
    }
}
