//! What keeps the desk running: caps that were reached, mails put aside or without a case, what the registry
//! says against accepted cases, and who works on the database. A supervisor sees to it; an auditor looks.

pub(in crate::desk) mod accounts;
mod act;
pub(in crate::desk) mod audit;
pub(in crate::desk) mod registry;
pub(in crate::desk) mod shadow;
mod words;

pub(in crate::desk) use act::{acknowledge, mail, reset, unpark};

use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Notice, Part, shown};
use crate::desk::who::Who;
use crate::desk::words::moment;
use crate::domain::form::Masked;
use crate::domain::staff::Right;
use crate::fault::Fault;
use crate::store::{AlertRow, HeldUnder, InHand, MailToDo, ParkedRow, Running, Tripped, Worker};
use askama::Template;
use axum::extract::{Query, State};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that a list shows: what is seen to makes place for the others.
const SHOWN: usize = 50;
const MOST: u32 = 50;

#[derive(Template)]
#[template(path = "administration/page.html")]
struct Page {
    frame: Frame,
    csrf: String,
    may: May,
    /// Whether the record is theirs to search.
    audits: bool,
    caps: Vec<CapRow>,
    parked: Vec<Parked>,
    parked_more: usize,
    to_do: Vec<ToDo>,
    alerts: Vec<Alert>,
    alerts_more: usize,
    running: Vec<Runs>,
    in_hand: Vec<Holds>,
}

/// What this person may change.
struct May {
    reset: bool,
    unpark: bool,
    acknowledge: bool,
}

/// A cap that was reached, by its place in the list and when: what is not the same any more is not reset.
struct CapRow {
    line: usize,
    tripped: i64,
    what: String,
    why: String,
    since: String,
    /// How many letters wait under it, and the first of them.
    held: u64,
    letters: Vec<i64>,
}

/// A mail that waits for a person and led to no case.
struct ToDo {
    id: i64,
    received: String,
    sender: String,
    subject: String,
    repeats: Option<String>,
    held: Option<i64>,
}

struct Parked {
    id: i64,
    received: String,
    aside: String,
    size: String,
    attempts: u32,
    sender: String,
    subject: String,
    why: &'static str,
    /// As the program said it.
    said: String,
    whole: bool,
}

struct Alert {
    id: i64,
    number: String,
    what: &'static str,
    about: String,
    since: String,
    raised: String,
    snapshot: i64,
}

struct Runs {
    who: String,
    roles: String,
    since: String,
}

struct Holds {
    who: String,
    what: String,
    until: String,
}

/// `GET /administration`, with `fait`: what has just been done.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    who.has(Right::SeeAdministration)?;
    let (store, now) = (desk.store(), desk.now());
    let caps = store.tripped().await?;
    let parked = store.parked().await?;
    let alerts = store.alerts(false).await?;
    let running = store.running(&Worker::this(now), now).await?;
    let in_hand = store.in_hand().await?;
    let to_do = store.to_do_without_a_case(MOST).await?;
    let mut cap_rows = Vec::with_capacity(caps.len());
    for (line, cap) in caps.iter().enumerate() {
        cap_rows.push(cap_row(line, cap, store.held_under(&cap.cap).await?));
    }
    let mut frame = Frame::of(&who, Part::Administration, desk.line.settings.shadow);
    frame.notice = asked.get("fait").and_then(|done| said(done));
    Ok(shown(&Page {
        csrf: who.session.csrf.expose().to_owned(),
        may: May {
            reset: who.may(Right::ResetBreakers),
            unpark: who.may(Right::Unpark),
            acknowledge: who.may(Right::AcknowledgeAlerts),
        },
        audits: who.may(Right::SearchAudit),
        caps: cap_rows,
        to_do: to_do.iter().map(to_do_row).collect(),
        parked_more: parked.len().saturating_sub(SHOWN),
        parked: parked.iter().take(SHOWN).map(parked_row).collect(),
        alerts_more: alerts.len().saturating_sub(SHOWN),
        alerts: alerts.iter().take(SHOWN).map(alert).collect(),
        running: running.iter().map(runs).collect(),
        in_hand: in_hand.iter().map(holds).collect(),
        frame,
    }))
}

fn cap_row(line: usize, cap: &Tripped, held: HeldUnder) -> CapRow {
    CapRow {
        line,
        tripped: cap.at.as_millisecond(),
        what: words::cap(&cap.cap),
        why: words::reached(&cap.because),
        since: moment(cap.at),
        held: held.count,
        letters: held.letters,
    }
}

fn shown_or_not(text: Option<&Masked>) -> String {
    text.map_or_else(|| "–".to_owned(), |text| text.expose().to_owned())
}

fn to_do_row(row: &MailToDo) -> ToDo {
    ToDo {
        id: row.id.0,
        received: moment(row.received_at),
        sender: shown_or_not(row.sender.as_ref()),
        subject: shown_or_not(row.subject.as_ref()),
        repeats: row.repeats.as_ref().map(ToString::to_string),
        held: row.held.map(|letter| letter.0),
    }
}

fn parked_row(row: &ParkedRow) -> Parked {
    Parked {
        id: row.id.0,
        received: moment(row.received_at),
        aside: row.parked_at.map(moment).unwrap_or_default(),
        size: words::size(row.size),
        attempts: row.attempts,
        sender: shown_or_not(row.sender.as_ref()),
        subject: shown_or_not(row.subject.as_ref()),
        why: words::parked(&row.because),
        said: row.because.clone(),
        // of what the server never handed out there is nothing
        whole: row.size > 0,
    }
}

fn alert(row: &AlertRow) -> Alert {
    Alert {
        id: row.id,
        number: row.number.to_string(),
        what: words::broken(row.what),
        about: row.about.clone(),
        since: words::day(&row.since),
        raised: moment(row.raised_at),
        snapshot: row.snapshot,
    }
}

fn runs(one: &Running) -> Runs {
    Runs { who: one.worker.shown(), roles: words::roles(&one.roles), since: moment(one.started_at) }
}

fn holds(one: &InHand) -> Holds {
    Holds { who: one.worker.shown(), what: words::work(one.work), until: moment(one.until) }
}

/// What has just been done, or had been before.
fn said(done: &str) -> Option<Notice> {
    let (tone, says) = match done {
        "plafond" => (
            "good",
            "Le plafond est levé. Les lettres retenues ne partent pas d'elles-mêmes : laissez-les partir une à une depuis « Lettres », « Retenues ».",
        ),
        "plafond-change" => ("info", "Ce plafond n'était plus dans l'état affiché ; rien n'a été changé."),
        "reprise" => ("good", "Le courriel est remis dans la file et va être relu."),
        "reprise-non" => {
            ("info", "Ce courriel n'était plus de côté, ou il n'en reste rien à lire ; rien n'a été changé.")
        }
        "alerte" => ("good", "L'alerte est notée comme vue, sous votre nom."),
        "alerte-non" => ("info", "Cette alerte avait déjà été vue ; rien n'a été changé."),
        _ => return None,
    };
    Some(Notice { tone, says: says.to_owned(), undo: None })
}

/// The cap of a form: the same line, reached at the same time.
pub(super) async fn cap_of(desk: &Desk, line: usize, tripped: i64) -> Result<Option<Tripped>, Fault> {
    let seen = Timestamp::from_millisecond(tripped).ok();
    let all = desk.store().tripped().await?;
    Ok(all.into_iter().nth(line).filter(|cap| Some(cap.at) == seen))
}
