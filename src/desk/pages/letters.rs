//! The letters: those that did not arrive or may not have, those that are held, all of them; each as it was
//! written, and sending it again.

use super::preview::Letter;
use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Frame, Notice, Part, Refused, framing, go, shown};
use crate::desk::who::Who;
use crate::desk::words::{letter_kind, letter_state, moment, not_delivered};
use crate::domain::form::Masked;
use crate::domain::mail::ReplyState;
use crate::domain::staff::{Right, reason};
use crate::store::{Look, NotArrived, ReplyFilter, ReplyId, ReplyRow, Resent, Settled, Undelivered};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Letters on a page.
const ROWS: u32 = 50;

/// Which letters are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    NotArrived,
    Held,
    OnTheirWay,
    Sent,
    All,
}

impl Which {
    const ALL: [Self; 5] = [Self::NotArrived, Self::Held, Self::OnTheirWay, Self::Sent, Self::All];

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|which| which.as_str() == word).unwrap_or(Self::NotArrived)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::NotArrived => "a-voir",
            Self::Held => "retenues",
            Self::OnTheirWay => "en-cours",
            Self::Sent => "envoyees",
            Self::All => "toutes",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::NotArrived => "Non remises ou incertaines",
            Self::Held => "Retenues",
            Self::OnTheirWay => "À partir",
            Self::Sent => "Envoyées",
            Self::All => "Toutes",
        }
    }

    fn nothing(self) -> &'static str {
        match self {
            Self::NotArrived => "Toutes les lettres sont arrivées, autant qu'on le sache.",
            Self::Held => "Aucune lettre n'est retenue.",
            Self::OnTheirWay => "Aucune lettre n'attend de partir.",
            Self::Sent | Self::All => "Aucune lettre.",
        }
    }

    fn state(self) -> Option<ReplyState> {
        match self {
            Self::Held => Some(ReplyState::Held),
            Self::OnTheirWay => Some(ReplyState::Due),
            Self::Sent => Some(ReplyState::Sent),
            Self::NotArrived | Self::All => None,
        }
    }
}

#[derive(Template)]
#[template(path = "letters.html")]
struct Page {
    frame: Frame,
    tabs: Vec<Tab>,
    which: &'static str,
    name: &'static str,
    nothing: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
    csrf: String,
}

struct Tab {
    url: String,
    name: &'static str,
    count: Option<u64>,
    here: bool,
}

struct Row {
    id: String,
    kind: &'static str,
    state: &'static str,
    tone: &'static str,
    to: String,
    subject: String,
    cases: Vec<String>,
    at: String,
    why: String,
    /// What the button says; empty: there is none.
    resend: &'static str,
    settle: bool,
}

/// `GET /lettres`, with `etat`, and `avant`: the letter before which the page begins.
pub(in crate::desk) async fn letters(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    let text = |key: &str| asked.get(key).map(String::as_str).unwrap_or_default();
    let which = Which::of(text("etat"));
    let may = who.may(Right::Resend);
    let (rows, next) = match which {
        Which::NotArrived => {
            let lost = desk.store().undelivered().await?;
            (lost.iter().map(|one| lost_row(one, may)).collect(), None)
        }
        _ => listed(&desk, which, text("avant").parse().ok().map(ReplyId), may).await?,
    };
    let counts = (
        desk.store().count_undelivered().await?,
        desk.store().count_replies(ReplyState::Held).await?,
        desk.store().count_replies(ReplyState::Due).await?,
    );
    let tab = |one: Which| Tab {
        url: format!("/lettres?etat={}", one.as_str()),
        name: one.name(),
        count: match one {
            Which::NotArrived => Some(counts.0),
            Which::Held => Some(counts.1),
            Which::OnTheirWay => Some(counts.2),
            Which::Sent | Which::All => None,
        },
        here: one == which,
    };
    let mut frame = Frame::of(&who, Part::Letters, desk.line.settings.shadow);
    frame.notice = said(text("fait"), text("lettre"));
    Ok(shown(&Page {
        tabs: Which::ALL.map(tab).into(),
        which: which.as_str(),
        name: which.name(),
        nothing: which.nothing(),
        rows,
        next,
        csrf: who.session.csrf.expose().to_owned(),
        frame,
    }))
}

async fn listed(
    desk: &Desk,
    which: Which,
    before: Option<ReplyId>,
    may: bool,
) -> Result<(Vec<Row>, Option<String>), Refused> {
    let filter =
        ReplyFilter { state: which.state(), before, limit: Some(ROWS + 1), ..ReplyFilter::default() };
    let mut found = desk.store().replies(&filter).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let messages: Vec<_> = found.iter().map(|reply| reply.message).collect();
    let cases = desk.store().cases_of(&messages).await?;
    let last = found.last().map(|reply| format!("/lettres?etat={}&avant={}", which.as_str(), reply.id));
    let rows = found.into_iter().map(|reply| {
        let numbers = cases.get(&reply.message).map(Vec::as_slice).unwrap_or_default();
        row(&reply, numbers.iter().map(ToString::to_string).collect(), may)
    });
    Ok((rows.collect(), last.filter(|_| more)))
}

fn row(reply: &ReplyRow, cases: Vec<String>, may: bool) -> Row {
    let (state, tone) = letter_state(reply);
    Row {
        id: reply.id.to_string(),
        kind: letter_kind(reply.template),
        state,
        tone,
        to: reply.to.expose().to_owned(),
        subject: reply.subject.expose().to_owned(),
        cases,
        at: moment(reply.ended_at.unwrap_or(reply.due_at)),
        why: reply.answer.as_ref().map(Masked::expose).unwrap_or_default().to_owned(),
        resend: if reply.shadow || reply.withdrawn || !may { "" } else { resend_word(reply.state) },
        settle: false,
    }
}

/// What sending a letter of this state again is called; empty: there is nothing to send.
fn resend_word(state: ReplyState) -> &'static str {
    match state {
        ReplyState::Held => "Laisser partir",
        ReplyState::Refused | ReplyState::Unknown => "Renvoyer",
        ReplyState::Sent | ReplyState::Due | ReplyState::Sending => "",
    }
}

fn lost_row(lost: &Undelivered, may: bool) -> Row {
    let answer = lost.answer.as_ref().map(Masked::expose).unwrap_or_default();
    let (state, tone, why) = match &lost.why {
        NotArrived::CameBack(status) => {
            let status = status.as_deref().unwrap_or_default();
            ("Revenue", "bad", format!("{} {status}", not_delivered(status)).trim_end().to_owned())
        }
        NotArrived::Refused => ("Refusée par le relais", "bad", answer.to_owned()),
        NotArrived::Unknown => (
            "Envoi incertain",
            "warn",
            "La liaison a été coupée : la lettre est peut-être partie.".to_owned(),
        ),
    };
    Row {
        id: lost.reply.to_string(),
        kind: letter_kind(lost.template),
        state,
        tone,
        to: lost.to.expose().to_owned(),
        subject: lost.subject.expose().to_owned(),
        cases: lost.cases.iter().map(ToString::to_string).collect(),
        at: moment(lost.since),
        why,
        resend: if may { "Renvoyer" } else { "" },
        settle: may,
    }
}

/// What has just been done.
fn said(done: &str, letter: &str) -> Option<Notice> {
    let (tone, says) = match done {
        "renvoyee" => ("good", "La lettre part de nouveau : la même, sous le même Message-ID."),
        "en-route" => ("info", "La lettre était déjà en route."),
        "reglee" => ("good", "La lettre est rayée de la liste."),
        "pas-listee" => ("info", "La lettre n'était plus sur la liste."),
        "jamais" => ("info", "Cette lettre ne part jamais : elle a été écrite en observation, ou retirée."),
        "a-confirmer" => (
            "bad",
            "Elle ne part pas sur la décision d'une seule personne : décidez le dossier, une autre personne confirme.",
        ),
        "supprimee" => ("bad", "La lettre ne peut plus partir : la durée de conservation l'a supprimée."),
        _ => return None,
    };
    let number: i64 = letter.parse().ok()?;
    Some(Notice { tone, says: format!("Lettre {number} : {says}"), undo: None })
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    frame: Frame,
    row: Row,
    created: String,
    message_id: String,
    letter: Option<Letter>,
    csrf: String,
}

/// The reply of an address.
pub(super) async fn reply(desk: &Desk, id: &str) -> Result<ReplyRow, Refused> {
    let id = id.parse().map_err(|_| Refused::NotFound)?;
    let filter = ReplyFilter { id: Some(ReplyId(id)), ..ReplyFilter::default() };
    desk.store().replies(&filter).await?.pop().ok_or(Refused::NotFound)
}

/// `GET /lettres/{id}`: the letter as it is read.
pub(in crate::desk) async fn letter(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
) -> Answer {
    let reply = reply(&desk, &id).await?;
    let cases = looks(&desk, &who, &reply, "desk: letter").await?;
    let mail = desk.store().reply_mail(reply.id).await?;
    Ok(framing(&LetterPage {
        frame: Frame::of(&who, Part::Letters, desk.line.settings.shadow),
        created: moment(reply.created_at),
        message_id: reply.message_id.clone(),
        letter: mail.and_then(|mail| Letter::of(&mail, (&format!("/lettres/{}", reply.id), ""), &who.trail)),
        csrf: who.session.csrf.expose().to_owned(),
        row: row(&reply, cases, who.may(Right::Resend)),
    }))
}

/// `GET /lettres/{id}/lettre.eml`
pub(in crate::desk) async fn mail(who: Who, State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer {
    let reply = reply(&desk, &id).await?;
    let mail = desk.store().reply_mail(reply.id).await?.ok_or(Refused::NotFound)?;
    looks(&desk, &who, &reply, "desk: letter's mail").await?;
    let head = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"lettre-{}.eml\"", reply.id)),
    ];
    Ok((StatusCode::OK, head, mail).into_response())
}

/// Notes the look; the numbers of the cases that the letter is about.
pub(super) async fn looks(
    desk: &Desk,
    who: &Who,
    reply: &ReplyRow,
    with: &str,
) -> Result<Vec<String>, Refused> {
    let cases = desk.store().cases_of(&[reply.message]).await?.remove(&reply.message).unwrap_or_default();
    let more = json!({ "replies": [reply.id.0] });
    let look = Look { by: who.name(), account: who.name(), with, cases: &cases, more };
    desk.store().looked_at(&look, desk.now()).await?;
    Ok(cases.iter().map(ToString::to_string).collect())
}

/// `POST /lettres/{id}/renvoyer`
pub(in crate::desk) async fn resend(
    (State(desk), Path(id)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Resend)?;
    let held = reply(&desk, &id).await?;
    let id = held.id.0;
    let several = desk.store().tells_of_several(held.message).await?;
    if held.state == ReplyState::Held && desk.line.settings.four_eyes.hold(held.template, several) {
        return Ok(back(&posted, "a-confirmer", id));
    }
    let done = match desk.store().resend(ReplyId(id), posted.who.name(), desk.now()).await? {
        Resent::Due => "renvoyee",
        Resent::OnItsWay => "en-route",
        Resent::Shadow | Resent::Withdrawn => "jamais",
        Resent::ToConfirm => "a-confirmer",
        Resent::Purged => "supprimee",
        Resent::NoSuchReply => return Err(Refused::NotFound),
    };
    Ok(back(&posted, done, id))
}

/// `POST /lettres/{id}/regler`, with `because`: how the requester was reached.
pub(in crate::desk) async fn settle(
    (State(desk), Path(id)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Resend)?;
    let id: i64 = id.parse().map_err(|_| Refused::NotFound)?;
    let because = reason(posted.sent.text("because")).ok_or(Refused::Wrong)?;
    let settled = desk.store().settle_bounce(ReplyId(id), because, posted.who.name(), desk.now()).await?;
    let done = match settled {
        Settled::Done => "reglee",
        Settled::NotListed => "pas-listee",
    };
    Ok(back(&posted, done, id))
}

/// To the list it was done from.
fn back(posted: &Posted, done: &str, id: i64) -> axum::response::Response {
    let which = Which::of(posted.sent.text("which"));
    go(&format!("/lettres?etat={}&fait={done}&lettre={id}", which.as_str()))
}
