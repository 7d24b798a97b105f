//! The second pair of eyes: what a colleague proposed, read as it would leave, confirmed or sent back.

use super::act::said;
use super::decide::told as refused_because;
use super::preview::Letter;
use super::queue::rule;
use super::{above::undo_in_words, conflict, open};
use crate::desk::app::Desk;
use crate::desk::forms::{Posted, Sent};
use crate::desk::frame::{Answer, Frame, Part, Refused, framing, go};
use crate::desk::who::Who;
use crate::desk::words::{decision, moment, second_person};
use crate::domain::finding::Code;
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::domain::staff::Right;
use crate::pipeline::{Act, NotDone, Proposed};
use crate::store::{CaseProposal, Look, OpenCase, RecordedFinding, Staffed};
use askama::Template;
use axum::extract::{Path, State};
use serde_json::json;
use std::sync::Arc;

/// Characters of a word that goes back with a proposal.
const LONGEST: usize = 4000;

/// What is proposed, in a line on the case's page.
pub(super) struct Pending {
    pub(super) says: String,
    /// This person may confirm it.
    pub(super) confirms: bool,
    /// This person proposed it, and can take it back.
    pub(super) mine: bool,
}

/// What waits for a second person, as this one sees it.
pub(super) fn pending(open: &OpenCase, who: &Who) -> Option<Pending> {
    let proposal = open.proposal.as_ref()?;
    let mine = proposal.by == who.name();
    Some(Pending {
        says: says(proposal),
        confirms: !mine && who.may(Right::Confirm),
        mine: mine && who.may(Right::Decide),
    })
}

fn says(proposal: &CaseProposal) -> String {
    let why: Vec<_> = proposal.reasons.iter().map(|reason| second_person(reason)).collect();
    format!(
        "Décision proposée par {} le {} : {}. Une autre personne doit la confirmer ({}) ; rien ne part avant.",
        proposal.by,
        moment(proposal.at),
        decision(proposal.decision.as_str()),
        why.join(" ; ")
    )
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page {
    frame: Frame,
    number: String,
    title: String,
    says: String,
    csrf: String,
    version: i64,
    trouble: &'static str,
    troubles: Vec<String>,
    points_legend: &'static str,
    points: Vec<Point>,
    words: String,
    letter: Option<Letter>,
    confirms: bool,
    may_send_back: bool,
    mine: bool,
    proposer: String,
    text: String,
    afterwards: String,
}

/// A finding that would be overruled, or a reason.
struct Point {
    place: String,
    rule: &'static str,
    message: String,
}

type To = (State<Arc<Desk>>, Path<String>);

/// `GET /dossiers/{number}/confirmer`
pub(in crate::desk) async fn ask(who: Who, (State(desk), Path(number)): To) -> Answer {
    let open = open(&desk, &number).await?;
    if open.proposal.is_none() {
        return Ok(go(&who.trail.case(&open.number)));
    }
    let numbers = [open.number.clone()];
    let (by, more) = (who.name(), json!({}));
    let look = Look { by, account: by, with: "desk: proposal", cases: &numbers, more };
    desk.store().looked_at(&look, desk.now()).await?;
    let draft = desk.store().draft((who.name(), &open, "confirmer"), desk.now()).await?;
    let sent = draft.map(|draft| Sent::parse(draft.fields.expose()));
    page(&desk, &who, &open, sent.as_ref(), None).await
}

/// `POST` there: `step=do` confirms, `step=back` sends back with `text`, or takes one's own proposal back.
pub(in crate::desk) async fn confirm((State(desk), Path(number)): To, posted: Posted) -> Answer {
    let (who, sent) = (&posted.who, &posted.sent);
    who.has(Right::Decide)?;
    let seen = sent.version()?;
    let open = open(&desk, &number).await?;
    let end = if sent.text("step") == "do" {
        who.has(Right::Confirm)?;
        let undo = desk.settings.undo.signed();
        match desk.line.confirm((&open.number, seen), who.name(), undo).await {
            Ok(end) => end,
            Err(NotDone::Fault(fault)) => return Err(fault.into()),
            Err(why) => return page(&desk, who, &open, Some(sent), Some(why)).await,
        }
    } else {
        back(&desk, who, (&open, seen), sent.text("text").trim()).await?
    };
    match end {
        Staffed::Done => {
            desk.store().drop_draft((who.name(), &open, "confirmer")).await?;
            let done = match &open.proposal {
                _ if sent.text("step") == "do" => "#avis".to_owned(),
                Some(proposal) if proposal.by == who.name() => said("repris"),
                Some(_) | None => said("renvoye"),
            };
            Ok(go(&who.trail.on(&format!("/dossiers/{}{done}", open.number))))
        }
        end => conflict::told(&desk, who, (&open.number, seen), end, Some(("confirmer", sent))).await,
    }
}

async fn back(
    desk: &Desk,
    who: &Who,
    (open, seen): (&OpenCase, i64),
    word: &str,
) -> Result<Staffed, Refused> {
    if open.version != seen {
        return Ok(Staffed::Changed);
    }
    let mine = open.proposal.as_ref().is_some_and(|proposal| proposal.by == who.name());
    if !mine {
        who.has(Right::Confirm)?;
    }
    // a colleague is told why
    if word.chars().count() > LONGEST || (word.is_empty() && !mine) {
        return Err(Refused::Wrong);
    }
    Ok(desk.store().send_back(open, word, who.name(), desk.now()).await?)
}

async fn page(desk: &Desk, who: &Who, open: &OpenCase, sent: Option<&Sent>, why: Option<NotDone>) -> Answer {
    let proposal = open.proposal.as_ref().ok_or(Refused::NotFound)?;
    let case = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    let proposed = match why {
        Some(why) => Err(why),
        None => desk.line.proposal(open).await,
    };
    let (act, proposed, trouble, troubles): (Option<Act>, Option<Proposed>, _, _) = match proposed {
        Ok((act, proposed)) => (Some(act), Some(proposed), "", Vec::new()),
        Err(why) => {
            let (trouble, troubles) = refused_because(why)?;
            (None, None, trouble, troubles)
        }
    };
    let seen = act.as_ref().map(|act| points(act, &case.findings));
    let (points_legend, points, words) = seen.unwrap_or_default();
    let pending = pending(open, who);
    let may = |mine: fn(&Pending) -> bool| pending.as_ref().is_some_and(mine);
    Ok(framing(&Page {
        frame: Frame::of(who, Part::Queue, desk.line.settings.shadow),
        number: open.number.to_string(),
        title: format!("À confirmer : {}", decision(proposal.decision.as_str())),
        says: says(proposal),
        csrf: who.session.csrf.expose().to_owned(),
        version: open.version,
        trouble,
        troubles,
        points_legend,
        points,
        words,
        confirms: proposed.is_some() && may(|one| one.confirms),
        may_send_back: may(|one| one.confirms),
        letter: proposed.as_ref().and_then(|proposed| {
            let base = format!("/dossiers/{}/confirmer", open.number);
            Letter::of(&proposed.letters.first()?.mail, (&base, ""), &who.trail)
        }),
        mine: may(|one| one.mine),
        proposer: proposal.by.clone(),
        text: sent.map(|sent| sent.text("text")).unwrap_or_default().to_owned(),
        afterwards: format!(
            "Une fois la décision confirmée, elle peut encore être annulée pendant {}.",
            undo_in_words(desk)
        ),
    }))
}

/// What is decided on, point by point, and what is said beside.
fn points(act: &Act, findings: &[RecordedFinding]) -> (&'static str, Vec<Point>, String) {
    let said = |code: Code, field: Field| {
        let known = |one: &&RecordedFinding| one.code == code.as_str() && one.field == field.pointer();
        findings.iter().find(known).map(|one| one.message.expose().to_owned()).unwrap_or_default()
    };
    let point = |code: Code, field: Field, message: String| Point {
        place: place(field, None),
        rule: rule(code.as_str()),
        message,
    };
    match act {
        Act::Accept { overruled } => (
            "Vérifié et admis par la personne qui propose",
            overruled.iter().map(|(code, field)| point(*code, *field, said(*code, *field))).collect(),
            String::new(),
        ),
        Act::Reject { reasons, remark } => (
            "Motifs du refus",
            reasons.iter().map(|one| point(one.code, one.field, one.message.clone())).collect(),
            remark.clone().unwrap_or_default(),
        ),
        Act::Complement { ask } => ("", Vec::new(), ask.clone()),
        Act::Dismiss { because } => ("", Vec::new(), because.clone()),
    }
}
