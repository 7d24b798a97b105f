//! To the OpenID provider and back.

use super::sign_in::{enters, within};
use crate::desk::app::Desk;
use crate::desk::forms::led;
use crate::desk::frame::{Answer, Frame, Refused, go, shown};
use crate::desk::provider::{Brought, CameBack};
use crate::desk::sign_in::Visitor;
use crate::desk::who;
use crate::desk::words::time;
use crate::openid::Question;
use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "openid.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    says: String,
    /// As whom the provider knows somebody that no account is of.
    identifier: Option<String>,
}

/// `GET /connexion/openid`, with `next`: where somebody wants to go.
pub(in crate::desk) async fn begin(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let provider = desk.provider.as_ref().filter(|_| led(&headers)).ok_or(Refused::NotFound)?;
    let next = within(asked.get("next").map(String::as_str).unwrap_or_default());
    let address = desk.visitor(peer, &headers);
    let begun = desk.store().goes_to_the_provider(next, address, desk.now()).await?;
    let (state, nonce) = (begun.state.expose(), begun.pending.nonce.expose());
    let question = Question { state, nonce, verifier: begun.pending.verifier.expose() };
    match provider.asked(question, desk.now()).await {
        Ok(place) => Ok(([(SET_COOKIE, desk.awaits(&begun.browser))], go(&place)).into_response()),
        Err(fault) => {
            tracing::error!(%fault, "nobody can sign in by the OpenID provider");
            Ok(says(&desk, CameBack::Away))
        }
    }
}

/// `GET /connexion/openid/retour`: what the provider sends a browser back with (RFC 6749, section 4.1.2).
pub(in crate::desk) async fn back(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    // not counted: a page of another site could count until nobody here is let in
    let provider = desk.provider.as_ref().filter(|_| led(&headers)).ok_or(Refused::NotFound)?;
    let text = |name: &str| asked.get(name).map(String::as_str);
    let (known, browser) = (who::token(&headers, desk.cookie()), who::token(&headers, desk.awaits_cookie()));
    let visitor = Visitor { address: desk.visitor(peer, &headers), session: known.as_ref() };
    let brought = Brought {
        code: text("code"),
        state: text("state"),
        issuer: text("iss"),
        error: text("error"),
        browser: browser.as_ref(),
    };
    let came = desk.door.by_provider(provider, brought, visitor, desk.now()).await?;
    // another site can lead a browser here: what it still awaits stays
    let awaits = matches!(came, CameBack::Stale | CameBack::NotBefore(_));
    let answer = match came {
        CameBack::In(token, next) => enters(&desk, &token, &next),
        other => says(&desk, other),
    };
    if awaits {
        return Ok(answer);
    }
    Ok((AppendHeaders([(SET_COOKIE, desk.awaits_nothing())]), answer).into_response())
}

/// `GET /connexion/openid/sortie`: out of the provider too.
pub(in crate::desk) async fn leave(State(desk): State<Arc<Desk>>) -> Answer {
    let provider = desk.provider.as_ref().ok_or(Refused::NotFound)?;
    Ok(go(&provider.leaves().unwrap_or_else(|| "/connexion?sortie=1".to_owned())))
}

/// Why somebody is not in.
fn says(desk: &Desk, came: CameBack) -> Response {
    let label = desk.provider.as_ref().map(|provider| provider.settings().label.clone()).unwrap_or_default();
    let mut identifier = None;
    let (status, title, says) = match came {
        CameBack::In(..) | CameBack::Stale => (
            StatusCode::BAD_REQUEST,
            "Connexion à recommencer",
            "Cette connexion a expiré, a déjà servi ou vient d'un autre navigateur. Recommencez.".to_owned(),
        ),
        CameBack::Stopped => (
            StatusCode::OK,
            "Connexion interrompue",
            format!("Vous avez interrompu la connexion avec {label}."),
        ),
        CameBack::NotProven => (
            StatusCode::FORBIDDEN,
            "Connexion refusée",
            format!(
                "La réponse reçue de {label} ne prouve pas votre identité. Recommencez ; si cela se reproduit, \
                 prévenez un superviseur."
            ),
        ),
        CameBack::Unknown(subject) => {
            identifier = Some(subject);
            (
                StatusCode::FORBIDDEN,
                "Aucun compte pour vous",
                format!(
                    "La connexion avec {label} a réussi, mais votre identité n'est rattachée à aucun compte du \
                     guichet. Transmettez l'identifiant ci-dessous à un superviseur, qui l'y rattachera."
                ),
            )
        }
        CameBack::Shut => (
            StatusCode::FORBIDDEN,
            "Compte fermé",
            "Votre compte est fermé. Adressez-vous à un superviseur.".to_owned(),
        ),
        CameBack::NotBefore(until) => (
            StatusCode::TOO_MANY_REQUESTS,
            "Trop d'essais",
            format!("Trop d'essais sans succès. Le prochain est possible à {}.", time(until)),
        ),
        CameBack::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Connexion impossible pour l'instant",
            format!("La connexion avec {label} ne fonctionne pas en ce moment. Réessayez dans un instant."),
        ),
    };
    let frame = Frame::outside(desk.line.settings.shadow);
    (status, shown(&Page { frame, title, says, identifier })).into_response()
}
