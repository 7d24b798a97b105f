//! Who asks: found by the cookie, before any page is made.

use super::app::Desk;
use super::forms::Sent;
use super::frame::Refused;
use super::late;
use super::trail::Trail;
use crate::domain::staff::Right;
use crate::store::{AWAITED, Session, Token};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

impl Desk {
    /// The name of the session's cookie. By HTTPS no other host and no page in the clear can set it
    /// (RFC 6265bis §4.1.3).
    pub(super) fn cookie(&self) -> &'static str {
        if self.settings.by_https() { "__Host-guichet" } else { "guichet" }
    }

    /// The browser keeps the token until the session's end at the latest.
    pub(super) fn keeps(&self, token: &Token) -> String {
        self.set_cookie(token.expose(), self.settings.longest.signed().as_secs())
    }

    /// The browser forgets the token.
    pub(super) fn forgets(&self) -> String {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, seconds: i64) -> String {
        self.cookie_of(self.cookie(), value, seconds)
    }

    /// The name of the cookie of a sign-in that a provider has not answered yet.
    pub(super) fn awaits_cookie(&self) -> &'static str {
        if self.settings.by_https() { "__Host-guichet-openid" } else { "guichet-openid" }
    }

    /// The browser is known by this when it comes back from the provider, with a navigation that began at
    /// another site: what `Lax` lets through.
    pub(super) fn awaits(&self, token: &Token) -> String {
        self.cookie_of(self.awaits_cookie(), token.expose(), AWAITED.as_secs())
    }

    pub(super) fn awaits_nothing(&self) -> String {
        self.cookie_of(self.awaits_cookie(), "", 0)
    }

    fn cookie_of(&self, name: &str, value: &str, seconds: i64) -> String {
        let secure = if self.settings.by_https() { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) session: Session,
    /// The list they came from.
    pub(super) trail: Trail,
}

impl Who {
    /// Their name in the record.
    pub(super) fn name(&self) -> &str {
        self.session.user.as_str()
    }

    pub(super) fn may(&self, right: Right) -> bool {
        self.session.role.may(right)
    }

    /// # Errors
    /// Their role does not let them.
    pub(super) fn has(&self, right: Right) -> Result<(), Refused> {
        if self.may(right) { Ok(()) } else { Err(Refused::Forbidden) }
    }
}

impl FromRequestParts<Arc<Desk>> for Who {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Desk>) -> Result<Self, Refused> {
        parts.extensions.get::<Self>().cloned().ok_or(Refused::Forbidden)
    }
}

/// The token in a request's cookies.
pub(super) fn token(headers: &HeaderMap, name: &str) -> Option<Token> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).and_then(|(_, value)| Token::parse(value))
}

/// A form of a session that is over.
async fn too_late(desk: &Arc<Desk>, request: Request) -> Refused {
    let address = request.uri().clone();
    // what another site sends, or makes no sense, is nobody's
    let Ok(sent) = Sent::read(request).await else { return Refused::SignedOut(None) };
    match late::kept(desk, &address, &sent, None).await {
        Ok(back) => Refused::SignedOut(back),
        Err(fault) => Refused::Fault(fault),
    }
}

/// Lets only those in who have a session; the others are led to the door.
pub(super) async fn only_staff(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let session = match token(request.headers(), desk.cookie()) {
        Some(token) => match desk.session(&token).await {
            Ok(session) => session,
            Err(fault) => return Refused::Fault(fault).into_response(),
        },
        None => None,
    };
    let Some(session) = session else {
        if request.method() != Method::GET {
            return too_late(&desk, request).await.into_response();
        }
        let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let back: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        return Redirect::to(&format!("/connexion?next={back}")).into_response();
    };
    if !session.role.may(Right::SeeCases) {
        return Refused::Forbidden.into_response();
    }
    let trail = Trail::of(request.uri());
    request.extensions_mut().insert(Who { session, trail });
    next.run(request).await
}
