//! What is done from a case's page with one press: take, give back, correct, examine again, note, undo.

use super::boxes::correction;
use super::{conflict, open};
use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Refused, go};
use crate::desk::who::Who;
use crate::domain::form::Field;
use crate::domain::staff::Right;
use crate::pipeline::NotDone;
use crate::store::{Account, OpenCase, Staffed};
use axum::extract::{Path, State};
use std::sync::Arc;

type To = (State<Arc<Desk>>, Path<String>);

/// `POST /dossiers/{number}/prendre`
pub(in crate::desk) async fn take(to: (State<Arc<Desk>>, Path<String>), posted: Posted) -> Answer {
    let name = posted.who.name().to_owned();
    assign(to, posted, (Some(&name), None), "pris").await
}

/// `POST /dossiers/{number}/rendre`
pub(in crate::desk) async fn give_back(to: (State<Arc<Desk>>, Path<String>), posted: Posted) -> Answer {
    assign(to, posted, (None, None), "rendu").await
}

/// `POST /dossiers/{number}/confier`, with `to`, a colleague's name, and perhaps a word for them.
pub(in crate::desk) async fn hand_over(to: (State<Arc<Desk>>, Path<String>), posted: Posted) -> Answer {
    posted.who.has(Right::Take)?;
    let note = posted.sent.text("text").trim().to_owned();
    let colleague = posted.sent.text("to").to_owned();
    let can = colleagues(&to.0).await?.into_iter().any(|one| one.name.as_str() == colleague);
    if !can || note.chars().count() > 4000 {
        return Err(Refused::Wrong);
    }
    assign(to, posted, (Some(&colleague), Some(note.as_str()).filter(|note| !note.is_empty())), "confie")
        .await
}

/// Whom a case can be handed to: who may come in and take one.
pub(super) async fn colleagues(desk: &Desk) -> Result<Vec<Account>, Refused> {
    let all = desk.store().accounts().await?;
    Ok(all.into_iter().filter(|one| one.disabled_at.is_none() && one.role.may(Right::Take)).collect())
}

async fn assign(
    (State(desk), Path(number)): To,
    posted: Posted,
    whose: (Option<&str>, Option<&str>),
    done: &str,
) -> Answer {
    posted.who.has(Right::Take)?;
    let seen = posted.sent.version()?;
    let open = open(&desk, &number).await?;
    let end = if open.version == seen {
        desk.store().assign(&open, whose, posted.who.name(), desk.now()).await?
    } else {
        Staffed::Changed
    };
    if end == Staffed::Done && done == "confie" {
        desk.store().drop_draft((posted.who.name(), &open, "confier")).await?;
    }
    if end == Staffed::Done && posted.sent.text("retour") == "liste" {
        let list = posted.who.trail.back(&open.number);
        return Ok(go(&list.unwrap_or_else(|| "/dossiers".to_owned())));
    }
    ended(&desk, &posted.who, (&open, seen), end, (&said(done), None)).await
}

/// Back to the case, which says what was done.
pub(super) fn said(done: &str) -> String {
    format!("?fait={done}#avis")
}

/// `POST /dossiers/{number}/corriger`, with `field` and `value`, and what stands unsaved in the other boxes; or
/// with `step=forget`: what was typed and not saved is not wanted any more.
pub(in crate::desk) async fn correct(
    (State(desk), Path(number)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Correct)?;
    let sent = &posted.sent;
    let (seen, value) = (sent.version()?, sent.text("value"));
    let field = sent.get("field").and_then(Field::from_pointer).ok_or(Refused::Wrong)?;
    let open = open(&desk, &number).await?;
    let (place, typed) = (format!("#{}", super::boxes::anchor(&field.pointer())), correction(field));
    if sent.text("step") == "forget" {
        desk.store().drop_draft((posted.who.name(), &open, &typed)).await?;
        return Ok(go(&posted.who.trail.on(&format!("/dossiers/{}{place}", open.number))));
    }
    for (other, form) in sent.also_typed() {
        desk.store().keep_draft((posted.who.name(), &open, &correction(other)), &form, desk.now()).await?;
    }
    let end = done(desk.line.correct((&open.number, seen), (field, value), posted.who.name()).await)?;
    if end == Staffed::Done {
        desk.store().drop_draft((posted.who.name(), &open, &typed)).await?;
    }
    ended(&desk, &posted.who, (&open, seen), end, (&place, Some(("corriger", sent)))).await
}

/// `POST /dossiers/{number}/reexaminer`
pub(in crate::desk) async fn rejudge(
    (State(desk), Path(number)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Correct)?;
    let seen = posted.sent.version()?;
    let open = open(&desk, &number).await?;
    let end = done(desk.line.rejudge((&open.number, seen), posted.who.name()).await)?;
    ended(&desk, &posted.who, (&open, seen), end, (&said("reexamine"), None)).await
}

/// `POST /dossiers/{number}/note`
pub(in crate::desk) async fn note(
    (State(desk), Path(number)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Note)?;
    let text = posted.sent.text("text").trim();
    if text.is_empty() || text.chars().count() > 4000 {
        return Err(Refused::Wrong);
    }
    let open = open(&desk, &number).await?;
    desk.store().note(&open, text, posted.who.name(), desk.now()).await?;
    desk.store().drop_draft((posted.who.name(), &open, "note")).await?;
    Ok(go(&posted.who.trail.on(&format!("/dossiers/{}#t-notes", open.number))))
}

/// `POST /dossiers/{number}/annuler`
pub(in crate::desk) async fn undo(
    (State(desk), Path(number)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Decide)?;
    let seen = posted.sent.version()?;
    let open = open(&desk, &number).await?;
    let end = done(desk.line.undo((&open.number, seen), posted.who.name()).await)?;
    ended(&desk, &posted.who, (&open, seen), end, (&said("annule"), None)).await
}

/// Of what cannot be done, only a fault is ours: the rest was not offered on the page.
fn done(end: Result<Staffed, NotDone>) -> Result<Staffed, Refused> {
    end.map_err(|why| match why {
        NotDone::Fault(fault) => Refused::Fault(fault),
        NotDone::NoSuchCase => Refused::NotFound,
        NotDone::NotCorrected(_)
        | NotDone::NoForm
        | NotDone::Stands(_)
        | NotDone::Incomplete
        | NotDone::SaysNothing
        | NotDone::NobodyToAnswer => Refused::Wrong,
    })
}

/// Back to the case, or why nothing was done. `place`: where on the page; `wanted`: what was typed.
async fn ended(
    desk: &Desk,
    who: &Who,
    (open, seen): (&OpenCase, i64),
    end: Staffed,
    (place, wanted): (&str, Option<conflict::Wanted<'_>>),
) -> Answer {
    if end == Staffed::Done {
        return Ok(go(&who.trail.on(&format!("/dossiers/{}{place}", open.number))));
    }
    conflict::told(desk, who, (&open.number, seen), end, wanted).await
}
