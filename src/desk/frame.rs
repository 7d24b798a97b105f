//! What is around every page: who is in, the menu, what has just been done.

use super::app::FRAMING;
use super::assets::Asset;
use super::who::Who;
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::domain::staff::{Right, Role};
use crate::domain::text::invisible;
use crate::fault::Fault;
use std::fmt::Write as _;

/// The part of the desk that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Queue,
    Questions,
    Letters,
    Registry,
    Overview,
    Administration,
    /// Their own account: reached by their name, not by the menu.
    Own,
    Outside,
}

/// Where a page finds what it loads, and which program made it.
pub(super) struct Loads {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
    pub(super) version: &'static str,
}

impl Loads {
    fn new() -> Self {
        let [style, script, icon] = [Asset::Style, Asset::Script, Asset::Icon].map(Asset::url);
        Self { style, script, icon, version: env!("CARGO_PKG_VERSION") }
    }
}

/// The frame of a page.
pub(super) struct Frame {
    pub(super) loads: Loads,
    pub(super) who: Option<Person>,
    /// What is looked for.
    pub(super) words: String,
    pub(super) notice: Option<Notice>,
    pub(super) shadow: bool,
    /// The list they came from, as it stands at the end of an address of a case.
    pub(super) list: String,
    part: Part,
    role: Option<Role>,
}

pub(super) struct Person {
    pub(super) shown: String,
    pub(super) role: &'static str,
    pub(super) csrf: String,
}

/// Said above a page.
pub(super) struct Notice {
    pub(super) tone: &'static str,
    pub(super) says: String,
    pub(super) undo: Option<Undo>,
}

/// A decision that can be taken back.
pub(super) struct Undo {
    pub(super) url: String,
    pub(super) csrf: String,
    pub(super) version: i64,
}

pub(super) struct Entry {
    pub(super) url: &'static str,
    pub(super) name: &'static str,
    pub(super) key: &'static str,
    pub(super) here: bool,
}

impl Frame {
    pub(super) fn of(who: &Who, part: Part, shadow: bool) -> Self {
        let session = &who.session;
        let person = Person {
            shown: session.shown.clone(),
            role: session.role.french(),
            csrf: session.csrf.expose().to_owned(),
        };
        let role = Some(session.role);
        Self {
            loads: Loads::new(),
            who: Some(person),
            words: String::new(),
            notice: None,
            shadow,
            list: who.trail.on(""),
            part,
            role,
        }
    }

    /// Of a page that nobody has to be in for.
    pub(super) fn outside(shadow: bool) -> Self {
        let (part, role) = (Part::Outside, None);
        let (words, list) = (String::new(), String::new());
        Self { loads: Loads::new(), who: None, words, notice: None, shadow, list, part, role }
    }

    /// Whether this is the page that their name leads to.
    pub(super) fn own(&self) -> bool {
        self.part == Part::Own
    }

    pub(super) fn menu(&self) -> Vec<Entry> {
        let all = [
            (Part::Queue, "/dossiers", "Dossiers", "1", Right::SeeCases),
            (Part::Questions, "/questions", "Questions", "5", Right::SeeCases),
            (Part::Letters, "/lettres", "Lettres", "2", Right::SeeCases),
            (Part::Overview, "/vue-d-ensemble", "Vue d'ensemble", "3", Right::SeeCases),
            (Part::Registry, "/referentiel", "Référentiel", "6", Right::SeeCases),
            (Part::Administration, "/administration", "Administration", "4", Right::SeeAdministration),
        ];
        all.into_iter()
            .filter(|(.., right)| self.role.is_some_and(|role| role.may(*right)))
            .map(|(part, url, name, key, _)| Entry { url, name, key, here: part == self.part })
            .collect()
    }
}

/// An option of a choice.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        Self { chosen: value == chosen, value, label: label.into() }
    }
}

/// Why a page is not what was asked for.
#[derive(Debug)]
pub(super) enum Refused {
    NotFound,
    /// Their session has ended; where what they wrote is found again, if it was kept.
    SignedOut(Option<String>),
    /// It was written in their session before this one, and is kept: found again there.
    Before(String),
    /// Their role does not let them.
    Forbidden,
    /// The form was not ours, or not of this session.
    Foreign,
    /// What was sent makes no sense.
    Wrong,
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[derive(Template)]
#[template(path = "plain.html")]
struct Plain {
    frame: Frame,
    title: &'static str,
    says: &'static str,
    /// Where to, and what the link says.
    to: String,
    link: &'static str,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (mut to, mut link) = ("/dossiers".to_owned(), "Revenir à la file");
        let (status, title, says) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "Page introuvable", "Il n'y a rien à cette adresse."),
            Self::SignedOut(Some(back)) => {
                let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
                (to, link) = (format!("/connexion?next={back}"), "Se reconnecter et reprendre");
                (
                    StatusCode::UNAUTHORIZED,
                    "Session terminée",
                    "Votre session a pris fin : rien n'a été fait. Ce que vous aviez écrit est gardé pour vous seul ; reconnectez-vous et vous le retrouverez.",
                )
            }
            Self::Before(back) => {
                (to, link) = (back, "Reprendre ce que j'avais écrit");
                (
                    StatusCode::FORBIDDEN,
                    "Page d'une session précédente",
                    "Cet envoi vient d'une page ouverte avant votre dernière connexion : rien n'a été fait. Ce que vous aviez écrit est gardé pour vous seul.",
                )
            }
            Self::SignedOut(None) => (
                StatusCode::UNAUTHORIZED,
                "Session terminée",
                "Votre session a pris fin ; ce que vous veniez d'envoyer n'a pas été enregistré. Reconnectez-vous, puis recommencez.",
            ),
            Self::Forbidden => {
                (StatusCode::FORBIDDEN, "Accès réservé", "Votre rôle ne permet pas de faire cela.")
            }
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "Envoi refusé",
                "Cet envoi ne vient pas d'une page de votre session. Rechargez la page et recommencez.",
            ),
            Self::Wrong => (
                StatusCode::BAD_REQUEST,
                "Envoi incompréhensible",
                "Ce qui a été envoyé n'a pas de sens ici.",
            ),
            Self::Fault(fault) => {
                tracing::error!(%fault, "a page of the desk failed");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Service momentanément indisponible",
                    "La base de données ne répond pas ; rien n'a été enregistré. Réessayez dans un instant.",
                )
            }
        };
        let page = Plain { frame: Frame::outside(false), title, says, to, link };
        (status, shown(&page)).into_response()
    }
}

/// A page, or where to go.
pub(super) type Answer = Result<Response, Refused>;

/// A page as it is sent.
pub(super) fn shown(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(seen(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the desk could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What nobody would see, or what would have the rest read backwards, is shown by its number.
fn seen(html: String) -> String {
    let hides = |c: char| invisible(c) || c == '\u{7f}';
    if !html.contains(hides) {
        return html;
    }
    let mut all = String::with_capacity(html.len() + 64);
    for c in html.chars() {
        if hides(c) {
            let _ = write!(all, "[U+{:04X}]", u32::from(c));
        } else {
            all.push(c);
        }
    }
    all
}

/// A page that shows a letter in a frame of its own.
pub(super) fn framing(page: &impl Template) -> Response {
    let policy = [(CONTENT_SECURITY_POLICY, FRAMING)];
    (policy, shown(page)).into_response()
}

/// After something was done: the page is asked for anew (RFC 9110 §15.4.4).
pub(super) fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}
