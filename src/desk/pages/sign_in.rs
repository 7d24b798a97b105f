//! Coming in and going out.

use crate::desk::app::Desk;
use crate::desk::forms::{Posted, Sent};
use crate::desk::frame::{Answer, Frame, Refused, go, shown};
use crate::desk::sign_in::{Came, Visitor};
use crate::desk::who;
use crate::desk::words::time;
use crate::store::{SignInBy, Token};
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
    /// Whether a name and a password let in.
    by_password: bool,
    provider: Option<AtProvider>,
}

/// The other way in.
struct AtProvider {
    label: String,
    begin: String,
    /// Somebody who has just left the desk is still in there.
    leave: bool,
}

impl Page {
    fn new(desk: &Desk, next: &str) -> Self {
        let frame = Frame::outside(desk.line.settings.shadow);
        let next = within(next).to_owned();
        let provider = desk.provider.as_ref().map(|provider| {
            let coded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let label = provider.settings().label.clone();
            AtProvider { label, begin: format!("/connexion/openid?next={coded}"), leave: false }
        });
        let by_password = desk.settings.by_password();
        Self { frame, says: None, trouble: None, next, name: String::new(), by_password, provider }
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
    if let (Some(at), Some(provider)) = (&mut page.provider, &desk.provider) {
        at.leave = asked.get("sortie").is_some_and(|how| how == "openid") && provider.leaves().is_some();
    }
    Ok(shown(&page))
}

/// `POST /connexion`
pub(in crate::desk) async fn by_password(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Answer {
    if !desk.settings.by_password() {
        return Err(Refused::NotFound);
    }
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
    posted: Posted,
) -> Answer {
    let token = who::token(&headers, desk.cookie()).ok_or(Refused::SignedOut(None))?;
    desk.store().signs_out(&token, desk.now()).await?;
    let forgets = [
        (SET_COOKIE, desk.forgets()),
        // the pages that the browser keeps to go back to (W3C Clear Site Data §3.1, "cache")
        (HeaderName::from_static("clear-site-data"), "\"cache\"".to_owned()),
    ];
    let out = match posted.who.session.by {
        SignInBy::Provider => "/connexion?sortie=openid",
        SignInBy::Password | SignInBy::Demo => "/connexion?sortie=1",
    };
    Ok((forgets, go(out)).into_response())
}

/// The browser keeps the token, and goes where it wanted to.
pub(super) fn enters(desk: &Desk, token: &Token, next: &str) -> Response {
    ([(SET_COOKIE, desk.keeps(token))], go(within(next))).into_response()
}

/// Bytes of a place: the longest is a queue with every filter.
const LONGEST: usize = 2000;

/// A place of this desk; anything else is the queue. `//host` and `/\host` are other sites to a browser.
pub(super) fn within(next: &str) -> &str {
    let path = next.strip_prefix('/').filter(|rest| !rest.starts_with(['/', '\\']));
    let plain = path.is_some()
        && next.len() <= LONGEST
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
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
            &format!("/{}", "a".repeat(2000)),
        ] {
            assert_eq!(within(place), "/dossiers", "{place:?}");
        }
    }
}
