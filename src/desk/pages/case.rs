//! A case: the document on the left, what was read of it on the right, and everything that happened.

use super::above::{done, notice, unsent, viewers};
use super::bar::{self, Beside, Over};
use super::boxes::{self, Ground, Group, weight};
use super::compare::{Comparing, comparing};
use super::confirm::{self, Pending};
use super::conflict::Told;
use super::open;
use super::queue::rule;
use super::registry::{self, Known};
use crate::desk::app::Desk;
use crate::desk::forms::Sent;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::trail::{Trail, query};
use crate::desk::who::Who;
use crate::desk::words::{day, letter_kind, letter_state, moment, status};
use crate::domain::form::{Field, Masked};
use crate::domain::mail::ReplyState;
use crate::domain::place::place;
use crate::domain::staff::Right;
use crate::report::Explained;
use crate::store::{ByStaff, CaseDetail, CaseState, Look, OpenCase, ReplyRow};
use askama::Template;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "case.html")]
struct Page {
    frame: Frame,
    number: String,
    status: &'static str,
    tone: &'static str,
    structure: String,
    received: String,
    sender: String,
    subject: String,
    sender_doubt: Option<&'static str>,
    links: Vec<Link>,
    beside: Option<Beside>,
    viewers: String,
    can: Can,
    mine: bool,
    /// Whom it can be handed to: name, and name as colleagues read it.
    colleagues: Vec<(String, String)>,
    assignee: String,
    asked: Option<String>,
    pending: Option<Pending>,
    csrf: String,
    version: i64,
    /// The list they came from, for forms that ask.
    list: String,
    pages: Vec<PageLink>,
    shown: ShownPage,
    without: &'static str,
    doubts: usize,
    findings: Vec<Finding>,
    groups: Vec<Group>,
    comparing: Comparing,
    known: Option<Known>,
    over: Option<Over>,
    mail_text: String,
    documents: Vec<String>,
    letters: Vec<Letter>,
    not_answered: Option<String>,
    notes: Vec<Note>,
    /// What this person wrote and did not send: where it is found again, what it is, when.
    drafts: Vec<(String, String, String)>,
    note: String,
    word: String,
    events: Vec<Told>,
}

/// What this person may do with this case now.
#[derive(Clone, Copy)]
struct Can {
    decide: bool,
    take: bool,
    correct: bool,
    note: bool,
}

struct Link {
    says: &'static str,
    url: String,
    number: String,
}

struct PageLink {
    url: String,
    name: String,
    here: bool,
}

#[derive(Default)]
struct ShownPage {
    src: String,
    alt: String,
    base: String,
}

struct Finding {
    weight: &'static str,
    tone: &'static str,
    place: String,
    message: String,
    rule: &'static str,
    code: String,
    anchor: Option<String>,
}

/// A letter, with where it can be read.
struct Letter {
    url: String,
    kind: &'static str,
    rest: String,
}

struct Note {
    text: String,
    by: String,
    at: String,
}

/// How the case stands, and its tone.
fn standing(open: &OpenCase) -> (&'static str, &'static str) {
    let dismissed = open.decided.as_ref().is_some_and(|decided| decided.decision == ByStaff::Dismissed);
    status((open.state, open.verdict), dismissed, open.asked_at.is_some(), open.proposal.is_some())
}

/// `GET /dossiers/{number}`, with `page=document-page` and `zone=x0,y0,x1,y1` of what is to be seen.
pub(in crate::desk) async fn case(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path(number): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    let open = open(&desk, &number).await?;
    let numbers = [open.number.clone()];
    let look =
        Look { by: who.name(), account: who.name(), with: "desk: case", cases: &numbers, more: json!({}) };
    desk.store().looked_at(&look, desk.now()).await?;
    let others = desk.store().sees(&open, who.name(), desk.now()).await?;
    let detail = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    let explained = desk.store().explanation(&open.number).await?;
    let explained: Option<Explained> = explained.and_then(|json| serde_json::from_str(json.expose()).ok());
    let notes = desk.store().notes_of(&open).await?;
    let colleagues = super::act::colleagues(&desk).await?.into_iter();
    let colleagues = colleagues.filter(|one| one.name.as_str() != who.name());
    let report: Value = serde_json::from_str(detail.report.expose()).unwrap_or_default();
    let waits = open.state == CaseState::Waiting;
    let documents: Vec<String> = open.documents.iter().map(|document| document.name.clone()).collect();
    let shown_number = open.number.to_string();
    let drafts = desk.store().drafts((who.name(), &open), desk.now()).await?;
    let ground = Ground {
        number: &shown_number,
        trail: &who.trail,
        report: &report,
        explained: explained.as_ref(),
        findings: &detail.findings,
        corrections: &open.corrections,
        drafts: &drafts,
        documents: &documents,
        profile: desk.line.settings.policy.profile,
        open: waits && who.may(Right::Correct),
    };
    let groups = ground.groups();
    let findings = findings(&detail, &groups);
    let (status, tone) = standing(&open);
    let (pages, shown_page) = pages(&who, &open, explained.as_ref(), &asked, &documents);
    let mut frame = Frame::of(&who, Part::Queue, desk.line.settings.shadow);
    frame.notice = done(asked.get("fait").map(String::as_str)).or_else(|| notice(&open, &who, &desk));
    let written = |what: &str| {
        let draft = drafts.get(what).map(|draft| Sent::parse(draft.fields.expose()));
        draft.map(|sent| sent.text("text").to_owned()).unwrap_or_default()
    };
    Ok(shown(&Page {
        number: shown_number,
        status,
        tone,
        structure: exposed(detail.row.structure_name.as_ref())
            .unwrap_or_else(|| "Structure non lue".to_owned()),
        received: moment(open.received_at),
        sender: sender(&open),
        subject: exposed(open.head.subject.as_ref()).unwrap_or_default(),
        sender_doubt: open.head.sender_unverified().then_some("L'expéditeur n'est pas vérifié."),
        links: links(&detail, &who.trail),
        beside: bar::beside(&desk, &who, &open.number).await?,
        viewers: viewers(&others),
        can: Can {
            decide: waits && who.may(Right::Decide),
            take: waits && who.may(Right::Take),
            correct: waits && who.may(Right::Correct) && !groups.is_empty(),
            note: who.may(Right::Note),
        },
        colleagues: colleagues.map(|one| (one.name.to_string(), one.shown)).collect(),
        mine: open.assignee.as_deref() == Some(who.name()),
        assignee: open.assignee.clone().unwrap_or_default(),
        asked: open.asked_at.map(day),
        pending: confirm::pending(&open, &who),
        csrf: who.session.csrf.expose().to_owned(),
        version: open.version,
        list: who.trail.asked().map(query).unwrap_or_default(),
        pages,
        shown: shown_page,
        without: if detail.purged.is_some() {
            "Les documents ont été supprimés."
        } else {
            "Aucune page à montrer."
        },
        doubts: groups
            .iter()
            .flat_map(|group| &group.fields)
            .filter(|field| !field.tone.is_empty() && field.tone != "staff")
            .count(),
        findings,
        groups,
        comparing: comparing(&desk, &detail, asked.get("comparer").map(String::as_str)).await?,
        known: known(&desk, &who, &open, &asked).await?,
        over: bar::over(&open, &detail, &who.trail),
        mail_text: open.head.text.expose().to_owned(),
        documents: open
            .documents
            .iter()
            .map(|one| format!("{} ({}, {} Ko)", one.name, one.media_type, one.size.div_ceil(1024)))
            .collect(),
        letters: detail.replies.iter().map(|reply| letter(reply, &who.trail)).collect(),
        not_answered: detail.not_answered_because.clone(),
        note: written("note"),
        word: written("confier"),
        drafts: unsent(&open, &drafts, &who.trail),
        notes: notes.into_iter().map(|(text, by, at)| Note { text, by, at: moment(at) }).collect(),
        events: detail.events.iter().filter(|event| event.kind != "looked_at").map(Told::new).collect(),
        frame,
    }))
}

fn sender(open: &OpenCase) -> String {
    let from = open.head.from.as_ref().map(|from| from.address.expose().to_owned());
    from.unwrap_or_else(|| "un expéditeur inconnu".to_owned())
}

fn exposed(text: Option<&Masked>) -> Option<String> {
    text.map(|text| text.expose().to_owned()).filter(|text| !text.is_empty())
}

fn links(detail: &CaseDetail, trail: &Trail) -> Vec<Link> {
    let link = |says, number: &crate::domain::case::CaseNumber| Link {
        says,
        url: trail.case(number),
        number: number.to_string(),
    };
    let before = detail.row.linked.iter().map(|number| link("Fait suite à", number));
    before.chain(detail.followed_by.iter().map(|number| link("Suivi de", number))).collect()
}

fn findings(detail: &CaseDetail, groups: &[Group]) -> Vec<Finding> {
    let boxes: Vec<&str> =
        groups.iter().flat_map(|group| &group.fields).map(|field| field.pointer.as_str()).collect();
    let one = |found: &crate::store::RecordedFinding| {
        let (weight, tone) = weight(&found.severity);
        Finding {
            weight,
            tone,
            place: Field::from_pointer(&found.field).map(|field| place(field, None)).unwrap_or_default(),
            message: found.message.expose().to_owned(),
            rule: rule(&found.code),
            code: found.code.clone(),
            anchor: boxes
                .iter()
                .find(|pointer| boxes::under(pointer, &found.field))
                .map(|pointer| boxes::anchor(pointer)),
        }
    };
    detail.findings.iter().map(one).collect()
}

/// The pages on which something was read; else the first of each document.
fn pages(
    who: &Who,
    open: &OpenCase,
    explained: Option<&Explained>,
    asked: &BTreeMap<String, String>,
    documents: &[String],
) -> (Vec<PageLink>, ShownPage) {
    let read = explained.into_iter().flat_map(|explained| explained.boxes.values());
    let mut all: BTreeSet<(usize, u32)> = read
        .filter_map(|read| {
            let name = read.document.as_ref()?;
            Some((documents.iter().position(|known| known == name)?, read.seen.page))
        })
        .collect();
    for document in 0..open.documents.len() {
        if !all.iter().any(|(known, _)| *known == document) {
            all.insert((document, 1));
        }
    }
    let wanted = asked
        .get("page")
        .and_then(|page| page.split_once('-'))
        .and_then(|(document, page)| Some((document.parse().ok()?, page.parse().ok()?)));
    let Some((document, page)) = wanted.filter(|one| all.contains(one)).or_else(|| all.first().copied())
    else {
        return (Vec::new(), ShownPage::default());
    };
    let zone = asked.get("zone").filter(|zone| zone.chars().all(|c| c.is_ascii_digit() || ".,-".contains(c)));
    let query = zone.map(|zone| format!("?zone={zone}")).unwrap_or_default();
    let number = &open.number;
    let base = format!("/dossiers/{number}/pages/");
    let named = |(document, page): (usize, u32)| {
        let name = documents.get(document).map_or("document", String::as_str);
        format!("{name}, page {page}")
    };
    let links = all.iter().map(|one| PageLink {
        url: who.trail.on(&format!("/dossiers/{number}?page={}-{}#t-document", one.0, one.1)),
        name: named(*one),
        here: *one == (document, page),
    });
    let shown =
        ShownPage { src: format!("{base}{document}/{page}.png{query}"), alt: named((document, page)), base };
    (links.collect(), shown)
}

/// What the registry knows of the number that was asked for.
async fn known(
    desk: &Desk,
    who: &Who,
    open: &OpenCase,
    asked: &BTreeMap<String, String>,
) -> Result<Option<Known>, Refused> {
    let Some(number) = asked.get("referentiel").and_then(|words| registry::number(words)) else {
        return Ok(None);
    };
    let names = asked.get("noms").is_some_and(|noms| noms == "1");
    let address = format!("/dossiers/{}?referentiel={number}&noms=1#t-referentiel", open.number);
    let with_names = who.trail.on(&address);
    registry::about(desk, who, &number, (names, with_names), Some(&open.number)).await.map(Some)
}

/// A letter in a line.
fn letter(reply: &ReplyRow, trail: &Trail) -> Letter {
    let (state, _) = letter_state(reply);
    let at = match reply.state {
        _ if reply.withdrawn || reply.shadow => None,
        ReplyState::Due => Some(("le", reply.due_at)),
        ReplyState::Sent => reply.ended_at.map(|at| ("le", at)),
        ReplyState::Held | ReplyState::Sending | ReplyState::Refused | ReplyState::Unknown => None,
    };
    let at = at.map(|(word, at)| format!(" {word} {}", moment(at))).unwrap_or_default();
    let with = if reply.attachments.is_empty() {
        String::new()
    } else {
        format!(", avec {}", reply.attachments.join(", "))
    };
    Letter {
        url: trail.on(&format!("/lettres/{}", reply.id)),
        kind: letter_kind(reply.template),
        rest: format!("à {} : {}{at}{with}", reply.to.expose(), state.to_lowercase()),
    }
}
