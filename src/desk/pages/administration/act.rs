//! What a supervisor does from the page, each under their name in the record; and a mail that was put
//! aside, to be taken away and looked at with something that is made for it.

use super::cap_of;
use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Refused, go};
use crate::desk::who::Who;
use crate::domain::staff::{Right, reason};
use crate::store::{Look, MailId};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use std::sync::Arc;

fn number(text: &str) -> Result<i64, Refused> {
    text.parse().map_err(|_| Refused::NotFound)
}

fn back(done: &str) -> Response {
    go(&format!("/administration?fait={done}"))
}

/// Why they do it, in their words: what is asked for is not left out.
fn because(posted: &Posted) -> Result<&str, Refused> {
    reason(posted.sent.text("because")).ok_or(Refused::Wrong)
}

/// `POST /administration/plafonds`: the cap of this line is closed again, with `because`.
pub(in crate::desk) async fn reset(State(desk): State<Arc<Desk>>, posted: Posted) -> Answer {
    posted.who.has(Right::ResetBreakers)?;
    let line = posted.sent.text("line").parse().map_err(|_| Refused::Wrong)?;
    let tripped = posted.sent.text("tripped").parse().map_err(|_| Refused::Wrong)?;
    let because = because(&posted)?;
    let Some(cap) = cap_of(&desk, line, tripped).await? else { return Ok(back("plafond-change")) };
    let done = desk.store().reset(&cap.cap, (posted.who.name(), because), desk.now()).await?;
    Ok(back(if done { "plafond" } else { "plafond-change" }))
}

/// `POST /administration/courriels/{id}/reprendre`: a mail that was put aside is tried again.
pub(in crate::desk) async fn unpark(
    (State(desk), Path(id)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::Unpark)?;
    let done = desk.store().unpark(MailId(number(&id)?), posted.who.name(), desk.now()).await?;
    Ok(back(if done { "reprise" } else { "reprise-non" }))
}

/// `GET /administration/courriels/{id}/courriel.eml`: only of a mail that is put aside; on record, as what
/// leaves the desk is.
pub(in crate::desk) async fn mail(who: Who, State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer {
    who.has(Right::SeeAdministration)?;
    let id = MailId(number(&id)?);
    if !desk.store().parked().await?.iter().any(|row| row.id == id) {
        return Err(Refused::NotFound);
    }
    let raw = desk.store().raw(id).await?.filter(|raw| !raw.is_empty()).ok_or(Refused::NotFound)?;
    let more = json!({ "messages": [id.0] });
    let look = Look { by: who.name(), account: who.name(), with: "desk: parked mail", cases: &[], more };
    desk.store().looked_at(&look, desk.now()).await?;
    let head = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"courriel-{id}.eml\"")),
    ];
    Ok((head, raw).into_response())
}

/// `POST /administration/alertes/{id}/vue`, with `because`: what was done about it.
pub(in crate::desk) async fn acknowledge(
    (State(desk), Path(id)): (State<Arc<Desk>>, Path<String>),
    posted: Posted,
) -> Answer {
    posted.who.has(Right::AcknowledgeAlerts)?;
    let by = (posted.who.name(), because(&posted)?);
    let done = desk.store().acknowledge_alert(number(&id)?, by, desk.now()).await?;
    Ok(back(if done { "alerte" } else { "alerte-non" }))
}
