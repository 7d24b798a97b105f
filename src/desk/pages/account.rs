//! One's own account: who one is here, where one is in, ending that elsewhere, and another password.

use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Frame, Notice, Part, Refused, go, shown};
use crate::desk::password::{Password, Weak};
use crate::desk::sign_in::Renewed;
use crate::desk::who::{self, Who};
use crate::desk::words::{came_by, comes_by, day, moment, time};
use crate::store::{Account, Ends, OwnSession, SignInBy, Token};
use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    csrf: String,
    name: String,
    shown: String,
    role: &'static str,
    comes_by: &'static str,
    /// As whom the provider knows them, and who that is.
    identity: Option<(String, String)>,
    made: String,
    /// Whether they have a password and the desk lets in by one.
    has_password: bool,
    trouble: Option<String>,
    sessions: Vec<Row>,
    elsewhere: bool,
}

struct Row {
    mark: String,
    started: String,
    seen: String,
    by: &'static str,
    address: String,
    here: bool,
}

/// `GET /compte`, with `fait`: what has just been done.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let mut page = made(&desk, &who, &here(&desk, &headers)?).await?;
    page.frame.notice = asked.get("fait").and_then(|done| said(done));
    Ok(shown(&page))
}

/// The token of the session that asks.
fn here(desk: &Desk, headers: &HeaderMap) -> Result<Token, Refused> {
    who::token(headers, desk.cookie()).ok_or(Refused::SignedOut(None))
}

async fn made(desk: &Desk, who: &Who, here: &Token) -> Result<Page, Refused> {
    let user = &who.session.user;
    let account = desk.store().account(user).await?.ok_or(Refused::NotFound)?;
    let ends = (desk.settings.idle.signed(), desk.settings.longest.signed());
    let sessions = desk.store().own_sessions((user, here), desk.now(), ends).await?;
    Ok(Page {
        frame: Frame::of(who, Part::Own, desk.line.settings.shadow),
        csrf: who.session.csrf.expose().to_owned(),
        name: account.name.to_string(),
        shown: account.shown.clone(),
        role: account.role.french(),
        comes_by: match who.session.by {
            SignInBy::Demo => came_by(SignInBy::Demo),
            SignInBy::Password | SignInBy::Provider => comes_by(&account),
        },
        has_password: may_change(desk, &account),
        made: day(account.created_at),
        identity: account.identity.map(|one| (one.subject().to_owned(), one.issuer().to_owned())),
        trouble: None,
        elsewhere: sessions.iter().any(|one| !one.here),
        sessions: sessions.into_iter().map(row).collect(),
    })
}

/// Whoever comes in by the provider alone has no password here to change.
fn may_change(desk: &Desk, account: &Account) -> bool {
    account.password.is_some() && desk.settings.by_password()
}

fn row(one: OwnSession) -> Row {
    Row {
        started: moment(one.started_at),
        seen: moment(one.seen_at),
        by: came_by(one.by),
        here: one.here,
        address: if one.address.is_empty() { "inconnue".to_owned() } else { one.address },
        mark: one.mark,
    }
}

/// What has just been done.
fn said(done: &str) -> Option<Notice> {
    let (tone, says) = match done {
        "fermee" => ("good", "Cette session est fermée."),
        "fermees" => ("good", "Vos autres sessions sont fermées."),
        "deja" => ("info", "Il n'y avait plus de session à fermer."),
        "mot-de-passe" => ("good", "Votre mot de passe est changé ; vos autres sessions sont fermées."),
        _ => return None,
    };
    Some(Notice { tone, says: says.to_owned(), undo: None })
}

/// `POST /compte/sessions/fermer`, with `session`: the mark of one of theirs.
pub(in crate::desk) async fn end(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    posted: Posted,
) -> Answer {
    let mark = posted.sent.get("session").ok_or(Refused::Wrong)?;
    ends(&desk, &headers, &posted, (Ends::One(mark), "fermee")).await
}

/// `POST /compte/sessions/autres`
pub(in crate::desk) async fn end_others(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    posted: Posted,
) -> Answer {
    ends(&desk, &headers, &posted, (Ends::AllOthers, "fermees")).await
}

async fn ends(desk: &Desk, headers: &HeaderMap, posted: &Posted, (which, done): (Ends<'_>, &str)) -> Answer {
    let here = here(desk, headers)?;
    let ended = desk.store().ends_elsewhere((&posted.who.session.user, &here), which, desk.now()).await?;
    let done = if ended { done } else { "deja" };
    Ok(go(&format!("/compte?fait={done}")))
}

/// `POST /compte/mot-de-passe`, with `old`, and `new` and `again`, which are the same.
pub(in crate::desk) async fn password(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    posted: Posted,
) -> Answer {
    let (here, user) = (here(&desk, &headers)?, &posted.who.session.user);
    let account = desk.store().account(user).await?.ok_or(Refused::NotFound)?;
    if !may_change(&desk, &account) {
        return Err(Refused::Wrong);
    }
    let text = |name: &str| posted.sent.text(name);
    let (old, address) = (text("old"), desk.visitor(peer, &headers));
    let (status, trouble) = match chosen(&account, (old, text("new"), text("again"))) {
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why.to_owned()),
        Ok(new) => match desk.door.renews((user, &here), (old, &new), address, desk.now()).await? {
            Renewed::Done => return Ok(go("/compte?fait=mot-de-passe")),
            Renewed::WrongOld => {
                (StatusCode::UNPROCESSABLE_ENTITY, "L'ancien mot de passe est incorrect.".to_owned())
            }
            Renewed::NotBefore(until) => (
                StatusCode::TOO_MANY_REQUESTS,
                format!("Trop d'essais sans succès. Le prochain est possible à {}.", time(until)),
            ),
            Renewed::Changed => (
                StatusCode::CONFLICT,
                "Votre compte a changé entre-temps ; rien n'a été fait. Recommencez.".to_owned(),
            ),
        },
    };
    let page = Page { trouble: Some(trouble), ..made(&desk, &posted.who, &here).await? };
    Ok((status, shown(&page)).into_response())
}

/// The password that was chosen, or what is wrong with it.
fn chosen(account: &Account, (old, new, again): (&str, &str, &str)) -> Result<Password, &'static str> {
    if new != again {
        return Err("Le nouveau mot de passe n'a pas été saisi deux fois de la même façon.");
    }
    let password = Password::new(new).ok_or("Le nouveau mot de passe est trop long.")?;
    password.fits(&account.name).map_err(|weak| match weak {
        Weak::Short => "Le nouveau mot de passe est trop court : il faut au moins 12 caractères.",
        Weak::IsTheName => "Votre identifiant n'est pas un mot de passe.",
    })?;
    if new == old { Err("Le nouveau mot de passe est le même que l'ancien.") } else { Ok(password) }
}
