//! A letter as its receiver reads it, before it leaves and after: who it is from and to, its HTML part in a
//! frame of its own that runs nothing and loads nothing, its text, and what is attached, page by page.

use super::{decide, open};
use crate::desk::app::{Desk, LETTER};
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::trail::Trail;
use crate::desk::who::Who;
use crate::domain::staff::Right;
use crate::fault::Fault;
use crate::intake::mime::{LetterFile, open_ours};
use crate::pipeline::{NoPicture, Picture};
use crate::store::{Look, OpenCase};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS,
};
use axum::response::IntoResponse as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A letter on a page.
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
    /// Where its HTML part is served.
    pub(super) html: Option<String>,
    pub(super) files: Vec<File>,
}

pub(super) struct File {
    pub(super) name: String,
    pub(super) size: String,
    pub(super) url: String,
    /// Where its first page is shown, of what has pages.
    pub(super) pages: Option<String>,
}

impl Letter {
    /// `base`: the address that its parts are served under; `mark`: of which draft it is; `trail`: the list
    /// that whoever reads it came from.
    pub(super) fn of(mail: &[u8], (base, mark): (&str, &str), trail: &Trail) -> Option<Self> {
        let letter = open_ours(mail)?;
        let query = if mark.is_empty() { String::new() } else { format!("?m={mark}") };
        let file = |(nth, file): (usize, &LetterFile)| {
            let url = format!("{base}/pieces/{nth}");
            File {
                name: file.name.clone(),
                size: format!("{} Ko", file.bytes.len().div_ceil(1024)),
                pages: (file.media_type == "application/pdf")
                    .then(|| trail.on(&format!("{url}/pages/1{query}"))),
                url: format!("{url}{query}"),
            }
        };
        Some(Self {
            from: letter.from,
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
            html: letter.html.map(|_| format!("{base}/lettre.html{query}")),
            files: letter.files.iter().enumerate().map(file).collect(),
        })
    }
}

/// Which draft a letter was made of; a letter of another is not shown in its place.
pub(super) fn mark(fields: &str) -> String {
    Sha256::digest(fields).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The part of a letter that an address asks for.
enum Wanted {
    Html,
    File(usize),
    /// From 1; as a picture, or as the page around it.
    Page(usize, u32, bool),
}

impl Wanted {
    fn page(file: usize, page: &str) -> Result<Self, Refused> {
        let (number, picture) = match page.strip_suffix(".png") {
            Some(number) => (number, true),
            None => (page, false),
        };
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(Refused::NotFound)?;
        Ok(Self::Page(file, number, picture))
    }
}

type Asked = Query<BTreeMap<String, String>>;
type OfCase = (String, String);

/// `GET /dossiers/{number}/{decision}/lettre.html`
pub(in crate::desk) async fn html(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path((number, decision)): Path<OfCase>,
    Query(asked): Asked,
) -> Answer {
    of_case(&desk, &who, (&number, &decision), &asked, Wanted::Html).await
}

/// `GET /dossiers/{number}/{decision}/pieces/{file}`, files counted from 0.
pub(in crate::desk) async fn file(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path((number, decision, file)): Path<(String, String, usize)>,
    Query(asked): Asked,
) -> Answer {
    of_case(&desk, &who, (&number, &decision), &asked, Wanted::File(file)).await
}

/// `GET /dossiers/{number}/{decision}/pieces/{file}/pages/{page}`: `1`, or `1.png`.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path((number, decision, file, page)): Path<(String, String, usize, String)>,
    Query(asked): Asked,
) -> Answer {
    of_case(&desk, &who, (&number, &decision), &asked, Wanted::page(file, &page)?).await
}

/// `GET /lettres/{id}/lettre.html`
pub(in crate::desk) async fn letter_html(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
) -> Answer {
    of_letter(&desk, &who, &id, Wanted::Html).await
}

/// `GET /lettres/{id}/pieces/{file}`
pub(in crate::desk) async fn letter_file(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path((id, file)): Path<(String, usize)>,
) -> Answer {
    of_letter(&desk, &who, &id, Wanted::File(file)).await
}

/// `GET /lettres/{id}/pieces/{file}/pages/{page}`
pub(in crate::desk) async fn letter_page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path((id, file, page)): Path<(String, usize, String)>,
) -> Answer {
    of_letter(&desk, &who, &id, Wanted::page(file, &page)?).await
}

async fn of_letter(desk: &Desk, who: &Who, id: &str, wanted: Wanted) -> Answer {
    let reply = super::letters::reply(desk, id).await?;
    let mail = desk.store().reply_mail(reply.id).await?.ok_or(Refused::NotFound)?;
    if let Wanted::File(_) = wanted {
        super::letters::looks(desk, who, &reply, "desk: letter's file").await?;
    }
    let base = format!("/lettres/{}", reply.id);
    served(desk, who, &mail, wanted, (&base, "")).await
}

async fn of_case(
    desk: &Desk,
    who: &Who,
    (number, decision): (&str, &str),
    asked: &BTreeMap<String, String>,
    wanted: Wanted,
) -> Answer {
    let open = open(desk, number).await?;
    let given = asked.get("m").map(String::as_str).unwrap_or_default();
    let (mail, mark) = if decision == "confirmer" {
        let Ok((_, proposed)) = desk.line.proposal(&open).await else { return Err(Refused::NotFound) };
        (proposed.letters.into_iter().next(), String::new())
    } else {
        who.has(Right::Decide)?;
        decide::unsent(desk, who, &open, decision).await?
    };
    if mark != given {
        return Err(Refused::Wrong);
    }
    if let Wanted::File(_) = wanted {
        looks(desk, who, &open).await?;
    }
    let mail = mail.ok_or(Refused::NotFound)?;
    let base = format!("/dossiers/{}/{decision}", open.number);
    served(desk, who, &mail.mail, wanted, (&base, &mark)).await
}

async fn looks(desk: &Desk, who: &Who, open: &OpenCase) -> Result<(), Refused> {
    let numbers = [open.number.clone()];
    let (by, more) = (who.name(), json!({}));
    let look = Look { by, account: by, with: "desk: letter's file", cases: &numbers, more };
    Ok(desk.store().looked_at(&look, desk.now()).await?)
}

#[derive(Template)]
#[template(path = "letter_file.html")]
struct Page {
    frame: Frame,
    name: String,
    number: u32,
    picture: String,
    download: String,
    back: String,
    previous: Option<String>,
    next: Option<String>,
}

async fn served(desk: &Desk, who: &Who, mail: &[u8], wanted: Wanted, (base, mark): (&str, &str)) -> Answer {
    let letter = open_ours(mail).ok_or(Refused::NotFound)?;
    let at = |nth: usize| letter.files.get(nth).ok_or(Refused::NotFound);
    match wanted {
        Wanted::Html => {
            let html = letter.html.ok_or(Refused::NotFound)?;
            let head = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_SECURITY_POLICY, LETTER),
                (X_FRAME_OPTIONS, "SAMEORIGIN"),
            ];
            Ok((StatusCode::OK, head, html).into_response())
        }
        Wanted::File(nth) => {
            let file = at(nth)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let name: String = file.name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
            let head = [
                (CONTENT_TYPE, "application/octet-stream".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            Ok((StatusCode::OK, head, file.bytes.clone()).into_response())
        }
        Wanted::Page(nth, page, true) => {
            let drawn = drawn(desk, at(nth)?, page).await?.ok_or(Refused::NotFound)?;
            let png = tokio::task::spawn_blocking(move || drawn.colours.png()).await;
            let png = png.map_err(|error| Fault::later("writing a picture", error))?;
            let png = png.map_err(|error| Fault::never("writing a picture", error))?;
            let head = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=300")];
            Ok((head, png).into_response())
        }
        Wanted::Page(nth, page, false) => {
            let file = at(nth)?;
            drawn(desk, file, page).await?.ok_or(Refused::NotFound)?;
            let more = drawn(desk, file, page.saturating_add(1)).await?.is_some();
            let query = if mark.is_empty() { String::new() } else { format!("?m={mark}") };
            let part = |rest: &str| format!("{base}/pieces/{nth}{rest}{query}");
            let turned = |to: u32| who.trail.on(&part(&format!("/pages/{to}")));
            Ok(shown(&Page {
                frame: Frame::of(who, Part::Letters, desk.line.settings.shadow),
                name: file.name.clone(),
                number: page,
                picture: part(&format!("/pages/{page}.png")),
                download: part(""),
                back: who.trail.on(base),
                previous: (page > 1).then(|| turned(page - 1)),
                next: more.then(|| turned(page.saturating_add(1))),
            }))
        }
    }
}

/// A page of what is attached; `None`: there is no such page, or it cannot be drawn.
async fn drawn(desk: &Desk, file: &LetterFile, page: u32) -> Result<Option<Arc<Picture>>, Refused> {
    match desk.drawn.file(&desk.line, (&file.name, &file.bytes), page).await {
        Ok(drawn) => Ok(drawn),
        Err(NoPicture::Unshown(_)) => Ok(None),
        Err(NoPicture::Ended(ended)) => {
            tracing::warn!(%ended, "a page of an attachment could not be drawn");
            Ok(None)
        }
        Err(NoPicture::Fault(fault)) => Err(fault.into()),
    }
}
