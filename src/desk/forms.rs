//! What a page's form sends: only from a page of ours, in the session it was made for.

use super::app::Desk;
use super::frame::Refused;
use super::late;
use super::who::Who;
use crate::domain::form::{Field, Masked};
use crate::store::Token;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use std::sync::Arc;

/// Bytes of a form: the longest has a sentence for each of some dozens of findings.
const MOST: usize = 256 << 10;

/// A form that was sent by the person who is in.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) who: Who,
    pub(super) sent: Sent,
}

/// The fields of a form, in their order; a name may come several times.
#[derive(Default)]
pub(super) struct Sent(Vec<(String, String)>);

impl std::fmt::Debug for Sent {
    /// Never what was typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sent({} fields)", self.0.len())
    }
}

impl Sent {
    /// Reads the fields of a form that somebody sent who is not in yet.
    pub(super) async fn read(request: Request) -> Result<Self, Refused> {
        let headers = request.headers();
        let form = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        if !form || !ours(headers) {
            return Err(Refused::Foreign);
        }
        let body = to_bytes(request.into_body(), MOST).await.map_err(|_| Refused::Wrong)?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// The fields of a form that was kept.
    pub(super) fn parse(kept: &str) -> Self {
        Self(form_urlencoded::parse(kept.as_bytes()).into_owned().collect())
    }

    /// What was typed into the other boxes of a case and not saved, which goes along with a correction: the box,
    /// and a form of its own as it is kept.
    pub(super) fn also_typed(&self) -> impl Iterator<Item = (Field, Masked)> {
        self.pairs().filter_map(|(name, value)| {
            let field = Field::from_pointer(name.strip_prefix("typed")?)?;
            let form =
                Self(vec![("field".to_owned(), field.pointer()), ("value".to_owned(), value.to_owned())]);
            Some((field, form.kept()))
        })
    }

    /// As it is kept: without what is the session's and the page's.
    pub(super) fn kept(&self) -> Masked {
        const NOT_WRITTEN: [&str; 3] = ["csrf", "version", "step"];
        let here = |name: &str| !NOT_WRITTEN.contains(&name) && !name.starts_with("typed/");
        let written = self.pairs().filter(|(name, _)| here(name));
        Masked::new(form_urlencoded::Serializer::new(String::new()).extend_pairs(written).finish())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every field, in order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The version of the case that was seen.
    pub(super) fn version(&self) -> Result<i64, Refused> {
        self.text("version").parse().map_err(|_| Refused::Wrong)
    }
}

/// Whether the browser says that the form came from a page of this desk. The session's secret decides;
/// this turns away what another site sends before it is read.
fn ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of == host),
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Whether a person is led here, as far as the browser says: what another site's page loads as its own, a
/// picture for one, is no attempt of theirs at anything.
pub(super) fn led(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|for_what| for_what == "document")
}

impl FromRequest<Arc<Desk>> for Posted {
    type Rejection = Refused;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let who = Who::from_request_parts(&mut parts, desk).await?;
        let address = parts.uri.clone();
        let sent = Sent::read(Request::from_parts(parts, body)).await?;
        let secret = sent.get("csrf").and_then(Token::parse);
        if !secret.is_some_and(|secret| secret.is(&who.session.csrf)) {
            // perhaps of their own session before this one
            let back = late::kept(desk, &address, &sent, Some(&who.session.user)).await?;
            return Err(back.map_or(Refused::Foreign, Refused::Before));
        }
        Ok(Self { who, sent })
    }
}
