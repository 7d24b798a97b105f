//! Mails that ask something and hold no form: those that wait, each with its text, and what can be done: an
//! answer, read before it leaves; closing it with a word for the record.

use super::above::undo_in_words;
use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Frame, Notice, Part, Refused, Undo, go, shown};
use crate::desk::who::Who;
use crate::desk::words::{happened, letter_kind, letter_state, moment, span, urgency};
use crate::domain::form::Masked;
use crate::domain::staff::Right;
use crate::store::{Look, MailId, NewEnd, Question, QuestionRow, ReplyFilter, Staffed};
use askama::Template;
use axum::extract::{Path, Query, State};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Questions on a page, and pages at most.
const ROWS: u32 = 50;
const MOST_PAGES: u32 = 200;
/// Characters of a note, and of an answer.
const LONGEST: usize = 4000;

#[derive(Template)]
#[template(path = "questions.html")]
struct List {
    frame: Frame,
    closed: bool,
    open: u64,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

struct Row {
    id: String,
    subject: String,
    from: String,
    received: String,
    received_shown: String,
    age: String,
    age_tone: &'static str,
    closed: String,
}

/// `GET /questions`, with `etat=traitees` and `page`.
pub(in crate::desk) async fn questions(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    let closed = asked.get("etat").is_some_and(|state| state == "traitees");
    let page = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or(0).min(MOST_PAGES);
    let look =
        Look { by: who.name(), account: who.name(), with: "desk: questions", cases: &[], more: json!({}) };
    desk.store().looked_at(&look, desk.now()).await?;
    let (found, more) = desk.store().questions(closed, page * ROWS, ROWS).await?;
    let state = if closed { "etat=traitees&" } else { "" };
    let turned = |to: u32| format!("/questions?{state}page={to}");
    let (now, promise) = (desk.now(), desk.settings.promise.signed());
    Ok(shown(&List {
        closed,
        open: desk.store().count_questions().await?,
        rows: found.iter().map(|one| row(one, now, promise)).collect(),
        previous: page.checked_sub(1).map(turned),
        next: more.then(|| turned(page + 1)),
        frame: Frame::of(&who, Part::Questions, desk.line.settings.shadow),
    }))
}

fn row(one: &QuestionRow, now: Timestamp, promise: SignedDuration) -> Row {
    let age = now.duration_since(one.received_at);
    let waits = one.closed.is_none();
    Row {
        id: one.id.to_string(),
        subject: exposed(one.subject.as_ref(), "(sans objet)"),
        from: exposed(one.from.as_ref(), "expéditeur inconnu"),
        received: one.received_at.to_string(),
        received_shown: moment(one.received_at),
        age: if waits { format!("depuis {}", span(age)) } else { String::new() },
        age_tone: if waits { urgency(age, promise) } else { "quiet" },
        closed: one
            .closed
            .as_ref()
            .map(|closed| format!("{}, le {}", closed.by, moment(closed.at)))
            .unwrap_or_default(),
    }
}

fn exposed(text: Option<&Masked>, else_: &str) -> String {
    text.map(Masked::expose).filter(|text| !text.trim().is_empty()).unwrap_or(else_).to_owned()
}

#[derive(Template)]
#[template(path = "question.html")]
struct Page {
    frame: Frame,
    id: String,
    subject: String,
    from: String,
    received: String,
    sender_doubt: bool,
    text: String,
    documents: Vec<String>,
    letters: Vec<(String, &'static str, String)>,
    not_answered: bool,
    notes: Vec<(String, String)>,
    events: Vec<(String, String, String)>,
    closed: String,
    /// This person may close it, or open it again.
    may: bool,
    csrf: String,
    version: i64,
    /// What was typed as an answer, and the letter that it would be.
    typed: String,
    letter: Option<Letter>,
    trouble: &'static str,
    undo: String,
}

struct Letter {
    to: String,
    subject: String,
    text: String,
}

type To = (State<Arc<Desk>>, Path<i64>);

/// `GET /questions/{id}`
pub(in crate::desk) async fn question(who: Who, (State(desk), Path(id)): To) -> Answer {
    let question = found(&desk, id).await?;
    let look = Look {
        by: who.name(),
        account: who.name(),
        with: "desk: question",
        cases: &[],
        more: json!({ "message": id }),
    };
    desk.store().looked_at(&look, desk.now()).await?;
    page(&desk, &who, &question, ("", None), "").await
}

async fn found(desk: &Desk, id: i64) -> Result<Question, Refused> {
    desk.store().question(MailId(id)).await?.ok_or(Refused::NotFound)
}

/// `POST /questions/{id}/fermer`, with a note.
pub(in crate::desk) async fn close((State(desk), Path(id)): To, posted: Posted) -> Answer {
    posted.who.has(Right::Decide)?;
    let note = posted.sent.text("text").trim();
    if note.chars().count() > LONGEST {
        return Err(Refused::Wrong);
    }
    let mut question = found(&desk, id).await?;
    question.version = posted.sent.version()?;
    let end = NewEnd { note: Some(note).filter(|note| !note.is_empty()), answer: None };
    let done = desk.store().close_question(&question, &end, posted.who.name(), desk.now()).await?;
    ended(&desk, &posted.who, id, done).await
}

/// `POST /questions/{id}/repondre`: `step=preview` shows the letter, `step=do` sends it.
pub(in crate::desk) async fn answer((State(desk), Path(id)): To, posted: Posted) -> Answer {
    posted.who.has(Right::Decide)?;
    let text = posted.sent.text("text").trim();
    let mut question = found(&desk, id).await?;
    let seen = posted.sent.version()?;
    if text.is_empty() || text.chars().count() > LONGEST {
        let trouble =
            if text.is_empty() { "Écrivez d'abord la réponse." } else { "La réponse est trop longue." };
        return page(&desk, &posted.who, &question, (text, None), trouble).await;
    }
    if posted.sent.text("step") != "do" {
        let Some((letter, text_of)) = desk.line.propose_answer(&question, text)? else {
            return page(&desk, &posted.who, &question, (text, None), NOBODY).await;
        };
        let letter = Letter {
            to: letter.to.expose().to_owned(),
            subject: letter.subject.expose().to_owned(),
            text: text_of.expose().to_owned(),
        };
        return page(&desk, &posted.who, &question, (text, Some(letter)), "").await;
    }
    question.version = seen;
    let undo = desk.settings.undo.signed();
    match desk.line.answer_question(&question, text, posted.who.name(), undo).await? {
        Some(done) => ended(&desk, &posted.who, id, done).await,
        None => page(&desk, &posted.who, &question, (text, None), NOBODY).await,
    }
}

const NOBODY: &str = "Il n'y a pas d'adresse à laquelle répondre.";

/// `POST /questions/{id}/rouvrir`: also takes an answer back that has not left.
pub(in crate::desk) async fn reopen((State(desk), Path(id)): To, posted: Posted) -> Answer {
    posted.who.has(Right::Decide)?;
    let mut question = found(&desk, id).await?;
    question.version = posted.sent.version()?;
    let done = desk.store().reopen_question(&question, posted.who.name(), desk.now()).await?;
    ended(&desk, &posted.who, id, done).await
}

async fn ended(desk: &Desk, who: &Who, id: i64, end: Staffed) -> Answer {
    let trouble = match end {
        Staffed::Done | Staffed::Proposed => return Ok(go(&format!("/questions/{id}"))),
        Staffed::NoSuchCase => return Err(Refused::NotFound),
        Staffed::NotTheirs => return Err(Refused::Forbidden),
        Staffed::TooLate => "La lettre est partie : la réponse ne peut plus être annulée.",
        Staffed::Changed | Staffed::NotOpen => {
            "Quelqu'un d'autre s'est occupé de cette question entre-temps : rien n'a été fait."
        }
    };
    let question = found(desk, id).await?;
    page(desk, who, &question, ("", None), trouble).await
}

async fn page(
    desk: &Desk,
    who: &Who,
    question: &Question,
    (typed, letter): (&str, Option<Letter>),
    trouble: &'static str,
) -> Answer {
    let store = desk.store();
    let filter = ReplyFilter { message: Some(question.id), ..ReplyFilter::default() };
    let replies = store.replies(&filter).await?;
    let notes = store.notes_of_question(question.id).await?;
    let events = store.events_of(question.id).await?;
    let mut frame = Frame::of(who, Part::Questions, desk.line.settings.shadow);
    frame.notice = notice(question, who, desk);
    let head = &question.head;
    let reply = |reply: &crate::store::ReplyRow| {
        let rest = format!("à {} : {}", reply.to.expose(), letter_state(reply).0.to_lowercase());
        (format!("/lettres/{}", reply.id), letter_kind(reply.template), rest)
    };
    let document = |one: &crate::domain::mail::DocumentHead| {
        format!("{} ({}, {} Ko)", one.name, one.media_type, one.size.div_ceil(1024))
    };
    Ok(shown(&Page {
        id: question.id.to_string(),
        subject: exposed(head.subject.as_ref(), "(sans objet)"),
        from: exposed(head.from.as_ref().map(|from| &from.address), "un expéditeur inconnu"),
        received: moment(question.received_at),
        sender_doubt: head.sender_unverified(),
        text: head.text.expose().to_owned(),
        documents: question.documents.iter().map(document).collect(),
        letters: replies.iter().map(reply).collect(),
        not_answered: replies.is_empty(),
        notes: notes.into_iter().map(|(text, by, at)| (text, format!("{by}, {}", moment(at)))).collect(),
        events: events
            .iter()
            .filter(|event| event.kind != "looked_at")
            .map(|event| (moment(event.at), happened(event, str::to_owned), event.actor.clone()))
            .collect(),
        closed: question
            .closed
            .as_ref()
            .map(|closed| {
                let how = if closed.undo_until.is_some() { "Répondu" } else { "Traité" };
                format!("{how} par {} le {}.", closed.by, moment(closed.at))
            })
            .unwrap_or_default(),
        may: who.may(Right::Decide),
        csrf: who.session.csrf.expose().to_owned(),
        version: question.version,
        typed: typed.to_owned(),
        letter,
        trouble,
        undo: undo_in_words(desk),
        frame,
    }))
}

/// That an answer can still be taken back.
fn notice(question: &Question, who: &Who, desk: &Desk) -> Option<Notice> {
    let closed = question.closed.as_ref()?;
    let left = closed.undo_until?.duration_since(desk.now());
    (left.is_positive() && who.may(Right::Decide)).then(|| Notice {
        tone: "good",
        says: format!("Répondu par {}. La lettre part dans {} s.", closed.by, left.as_secs()),
        undo: Some(Undo {
            url: format!("/questions/{}/rouvrir", question.id),
            csrf: who.session.csrf.expose().to_owned(),
            version: question.version,
        }),
    })
}
