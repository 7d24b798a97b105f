//! What is sent from a page of a session that is over: not done, and what was written is kept for the person
//! who wrote it. The secret in the form says who that is.

use super::app::Desk;
use super::forms::Sent;
use super::pages::boxes::{anchor, correction};
use super::trail::Trail;
use crate::domain::case::CaseNumber;
use crate::domain::form::Field;
use crate::domain::staff::UserName;
use crate::fault::Fault;
use crate::store::Token;
use axum::http::Uri;
use std::sync::Arc;

/// The forms of a case in which people write: the last part of their addresses.
const WRITTEN: [&str; 8] =
    ["accepter", "refuser", "complement", "classer", "note", "confier", "confirmer", "corriger"];

/// The page to come back to where it was kept. `by`: who is in now; only their own is kept.
pub(super) async fn kept(
    desk: &Arc<Desk>,
    address: &Uri,
    sent: &Sent,
    by: Option<&UserName>,
) -> Result<Option<String>, Fault> {
    let mut parts = address.path().strip_prefix("/dossiers/").unwrap_or_default().split('/');
    let (number, what) = (parts.next().and_then(CaseNumber::parse), parts.next());
    let (Some(number), Some(what), None) = (number, what, parts.next()) else { return Ok(None) };
    let Some(csrf) = sent.get("csrf").and_then(Token::parse).filter(|_| WRITTEN.contains(&what)) else {
        return Ok(None);
    };
    let Some(owner) = desk.store().wrote_in(&csrf).await? else { return Ok(None) };
    if by.is_some_and(|by| *by != owner) {
        return Ok(None);
    }
    let Some(open) = desk.line.open_case(&number).await? else { return Ok(None) };
    // of each box the last that was typed
    let kept = if what == "corriger" {
        let Some(field) = sent.get("field").and_then(Field::from_pointer) else { return Ok(None) };
        correction(field)
    } else {
        what.to_owned()
    };
    desk.store().keep_draft((owner.as_str(), &open, &kept), &sent.kept(), desk.now()).await?;
    for (other, form) in sent.also_typed() {
        desk.store().keep_draft((owner.as_str(), &open, &correction(other)), &form, desk.now()).await?;
    }
    let back = match what {
        "note" | "confier" => format!("/dossiers/{number}"),
        "corriger" => format!("/dossiers/{number}#{}", anchor(sent.text("field"))),
        what => format!("/dossiers/{number}/{what}"),
    };
    Ok(Some(Trail::of(address).on(&back)))
}
