//! The mail's documents as pictures, and the mail itself to download: never anything of theirs as a page.

use super::open;
use crate::desk::app::Desk;
use crate::desk::drawn::{framed, part};
use crate::desk::frame::{Answer, Refused};
use crate::desk::who::Who;
use crate::domain::sheet::{Area, PageNumber};
use crate::fault::Fault;
use crate::pipeline::NoPicture;
use crate::store::Look;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `GET /dossiers/{number}/pages/{document}/{page}.png`, with `zone=x0,y0,x1,y1` framed or `crop=…` cut out
/// (points from the page's top left corner). Documents are counted from 0, pages from 1.
pub(in crate::desk) async fn picture(
    _: Who,
    State(desk): State<Arc<Desk>>,
    Path((number, document, page)): Path<(String, usize, String)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    let page = page.strip_suffix(".png").and_then(|page| page.parse().ok()).ok_or(Refused::NotFound)?;
    let open = open(&desk, &number).await?;
    let drawn = match desk.drawn.page(&desk.line, &open, PageNumber { document, page }).await {
        Ok(Some(drawn)) => drawn,
        Ok(None) | Err(NoPicture::Unshown(_)) => return Err(Refused::NotFound),
        Err(NoPicture::Ended(ended)) => {
            tracing::warn!(case = %open.number, %ended, "a page could not be drawn");
            return Err(Refused::NotFound);
        }
        Err(NoPicture::Fault(fault)) => return Err(fault.into()),
    };
    let area = |key: &str| asked.get(key).and_then(|text| area(text));
    let (crop, zone) = (area("crop"), area("zone"));
    let png = tokio::task::spawn_blocking(move || match (crop, zone) {
        (Some(crop), _) => part(&drawn, crop).colours.png(),
        (None, Some(zone)) => framed(&drawn, zone).colours.png(),
        (None, None) => drawn.colours.png(),
    });
    let png = png.await.map_err(|error| Fault::later("writing a picture", error))?;
    let png = png.map_err(|error| Fault::never("writing a picture", error))?;
    Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=300")], png).into_response())
}

fn area(text: &str) -> Option<Area> {
    let mut numbers = text.split(',').map(str::parse::<f32>);
    let mut next = || numbers.next()?.ok().filter(|number| number.is_finite());
    Some(Area::new(next()?, next()?, next()?, next()?))
}

/// `GET /dossiers/{number}/courriel.eml`: the mail as it came, to be opened with something that is made for
/// it. On record, as what leaves the desk is.
pub(in crate::desk) async fn mail(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Path(number): Path<String>,
) -> Answer {
    let open = open(&desk, &number).await?;
    let Some(mail) = desk.store().raw(open.message).await? else { return Err(Refused::NotFound) };
    let numbers = [open.number.clone()];
    let look =
        Look { by: who.name(), account: who.name(), with: "desk: mail", cases: &numbers, more: json!({}) };
    desk.store().looked_at(&look, desk.now()).await?;
    let head = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.eml\"", open.number)),
    ];
    Ok((StatusCode::OK, head, mail).into_response())
}
