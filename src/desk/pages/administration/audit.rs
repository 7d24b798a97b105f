//! The record at the desk, for auditors: who did what, when and to which case; whether it is what was written;
//! and a case to take away. Whoever looks here is on record themselves.

use super::words::KINDS;
use crate::audit::{self, Head, archive};
use crate::clock::paris;
use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Choice, Frame, Notice, Part, Refused, go, shown};
use crate::desk::trail::Asked;
use crate::desk::who::Who;
use crate::desk::words::{count, happened, moment};
use crate::domain::case::CaseNumber;
use crate::domain::staff::Right;
use crate::store::{EventFilter, EventRow, Look, StaffAct};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::Cursor;
use std::sync::Arc;

/// Events on a page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "administration/audit.html")]
struct Page {
    frame: Frame,
    csrf: String,
    may_export: bool,
    case: String,
    actor: String,
    from: String,
    to: String,
    kinds: Vec<Choice>,
    /// `None`: nothing was asked for.
    rows: Option<Vec<Row>>,
    next: Option<String>,
    head: String,
    checked: Option<Checked>,
}

struct Row {
    id: i64,
    at: String,
    by: String,
    what: String,
    case: Option<String>,
    reply: Option<i64>,
    detail: String,
}

/// What a check found.
struct Checked {
    sound: bool,
    says: String,
    troubles: Vec<String>,
    notices: Vec<String>,
}

fn text<'a>(asked: &'a Asked, key: &str) -> &'a str {
    asked.get(key).map(|text| text.trim()).unwrap_or_default()
}

/// `None`: the number is none.
fn filter(asked: &Asked) -> Option<EventFilter> {
    let day = |key: &str| text(asked, key).parse::<Date>().ok();
    let begins = |day: Date| -> Option<Timestamp> { Some(day.to_zoned(paris()).ok()?.timestamp()) };
    let some = |key: &str| Some(text(asked, key).to_owned()).filter(|text| !text.is_empty());
    let case = match text(asked, "dossier") {
        "" => None,
        number => Some(CaseNumber::parse(number)?),
    };
    Some(EventFilter {
        case,
        actor: some("par"),
        kind: some("quoi"),
        from: day("du").and_then(begins),
        before: day("au").and_then(|day| day.tomorrow().ok()).and_then(begins),
    })
}

/// `GET /administration/journal`, with `dossier`, `par`, `quoi`, `du`, `au`, and `avant`: the event before
/// which the page begins.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<Asked>,
) -> Answer {
    who.has(Right::SearchAudit)?;
    let mut page = blank(&desk, &who, &asked).await?;
    let Some(filter) = filter(&asked) else {
        let says = "Ce n'est pas un numéro de dossier : F413-2026-000123.".to_owned();
        page.frame.notice = Some(Notice { tone: "bad", says, undo: None });
        return Ok(shown(&page));
    };
    if filter.is_empty() && !asked.contains_key("avant") {
        return Ok(shown(&page));
    }
    let below = text(&asked, "avant").parse().ok();
    let mut found = desk.store().events_found(&filter, below, ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let cases: Vec<_> = filter.case.into_iter().collect();
    let more_said = json!({ "rows": found.len() });
    let look =
        Look { by: who.name(), account: who.name(), with: "desk: audit", cases: &cases, more: more_said };
    desk.store().looked_at(&look, desk.now()).await?;
    page.next = found.last().filter(|_| more).map(|last| turned(&asked, last.event));
    page.rows = Some(found.into_iter().map(row).collect());
    Ok(shown(&page))
}

async fn blank(desk: &Desk, who: &Who, asked: &Asked) -> Result<Page, Refused> {
    let any = ("", "Tout");
    let kinds = std::iter::once(&any).chain(&KINDS);
    Ok(Page {
        frame: Frame::of(who, Part::Administration, desk.line.settings.shadow),
        csrf: who.session.csrf.expose().to_owned(),
        may_export: who.may(Right::ExportAudit),
        case: text(asked, "dossier").to_owned(),
        actor: text(asked, "par").to_owned(),
        from: text(asked, "du").to_owned(),
        to: text(asked, "au").to_owned(),
        kinds: kinds.map(|(kind, name)| Choice::new(*kind, *name, text(asked, "quoi"))).collect(),
        rows: None,
        next: None,
        head: audit::head(desk.store().database()).await?.to_string(),
        checked: None,
    })
}

/// The same search, from below this event on.
fn turned(asked: &Asked, below: i64) -> String {
    let mut asked = asked.clone();
    asked.insert("avant".to_owned(), below.to_string());
    let pairs = asked.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/administration/journal?{query}")
}

fn row(act: StaffAct) -> Row {
    let event = EventRow { id: act.event, at: act.at, kind: act.kind, actor: act.actor, detail: act.detail };
    let what = happened(&event, str::to_owned);
    // what happens to no case has a name in the list alone
    let named = KINDS.iter().find(|(kind, _)| *kind == what).map(|(_, name)| (*name).to_owned());
    Row {
        id: event.id,
        at: moment(event.at),
        what: named.unwrap_or(what),
        by: event.actor,
        case: act.case,
        reply: act.reply,
        detail: event.detail,
    }
}

/// `POST /administration/journal/verifier`, with `head` (one noted before, if any) and `rows`: also what the
/// events tell of. Reads everything: one at a time.
pub(in crate::desk) async fn verify(State(desk): State<Arc<Desk>>, posted: Posted) -> Answer {
    posted.who.has(Right::SearchAudit)?;
    let mut page = blank(&desk, &posted.who, &Asked::new()).await?;
    let noted = match posted.sent.text("head").trim() {
        "" => vec![],
        text => vec![Head::parse(text).ok_or(Refused::Wrong)?],
    };
    let Ok(_turn) = desk.verifying.try_lock() else {
        let says = "Une vérification est déjà en cours ; attendez qu'elle finisse.".to_owned();
        page.frame.notice = Some(Notice { tone: "info", says, undo: None });
        return Ok(shown(&page));
    };
    let rows = posted.sent.get("rows").is_some();
    let database = desk.store().database();
    let found = if rows {
        audit::verify(database, &noted).await?
    } else {
        audit::verify_chain(database, &noted).await?
    };
    let sound = found.troubles.is_empty();
    let more = json!({ "sound": sound, "head": found.head.to_string(), "rows_too": rows });
    let by = posted.who.name();
    let look = Look { by, account: by, with: "desk: audit verify", cases: &[], more };
    desk.store().looked_at(&look, desk.now()).await?;
    let compared =
        if noted.is_empty() { "aucune tête notée n'a été comparée" } else { "la tête notée y est" };
    let of_rows = if rows {
        format!(
            " ; {} courriels, {} dossiers et {} lettres sont ce que les événements en disent",
            count(found.messages),
            count(found.cases),
            count(found.replies)
        )
    } else {
        String::new()
    };
    page.head = found.head.to_string();
    page.checked = Some(Checked {
        sound,
        says: if sound {
            format!("{} événements{of_rows} ; {compared}.", count(found.head.id.unsigned_abs()))
        } else {
            format!("{} anomalies.", found.troubles.len())
        },
        troubles: found.troubles.iter().map(ToString::to_string).collect(),
        notices: found.notices,
    });
    Ok(shown(&page))
}

/// `POST /administration/journal/exporter`, with `number`: the case as an archive that can be checked without
/// guichet, on record with its SHA-256 before it leaves.
pub(in crate::desk) async fn export(State(desk): State<Arc<Desk>>, posted: Posted) -> Answer {
    posted.who.has(Right::ExportAudit)?;
    let Some(number) = CaseNumber::parse(posted.sent.text("number").trim()) else {
        let typed: String = form_urlencoded::byte_serialize(posted.sent.text("number").as_bytes()).collect();
        return Ok(go(&format!("/administration/journal?dossier={typed}&avant=")));
    };
    let archive = archive::gather(desk.store().database(), &number.to_string()).await?;
    let mut archive = archive.ok_or(Refused::NotFound)?;
    if let Some(mail) = archive.mail.clone() {
        let missing = archive.add_documents(desk.line.documents_in(&mail).await).len();
        if missing > 0 {
            tracing::warn!(case.id = %number, missing, "documents are only in the archive's mail");
        }
    }
    let head = archive.head.to_string();
    let mut bytes = Cursor::new(Vec::new());
    archive.write(&mut bytes, desk.now())?;
    let bytes = bytes.into_inner();
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let by = posted.who.name();
    let more = json!({ "archive_sha256": sha256, "head": head });
    let cases = [number.clone()];
    let look = Look { by, account: by, with: "desk: audit export", cases: &cases, more };
    desk.store().looked_at(&look, desk.now()).await?;
    let head = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.zip\"")),
    ];
    Ok((head, bytes).into_response())
}
