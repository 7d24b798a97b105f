//! What somebody is told whose case was changed by another while they had it open: what happened since,
//! and what they had typed.

use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::who::Who;
use crate::desk::words::{happened, moment};
use crate::domain::case::CaseNumber;
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::store::{EventRow, Staffed};
use askama::Template;
use serde_json::Value;

#[derive(Template)]
#[template(path = "conflict.html")]
struct Page {
    frame: Frame,
    number: String,
    says: &'static str,
    since: Vec<Told>,
    lost: String,
}

/// Something that happened.
pub(super) struct Told {
    pub(super) at: String,
    pub(super) says: String,
    pub(super) by: String,
}

impl Told {
    pub(super) fn new(event: &EventRow) -> Self {
        let place = |pointer: &str| {
            Field::from_pointer(pointer).map_or_else(|| "une case".to_owned(), |field| place(field, None))
        };
        Self { at: moment(event.at), says: happened(event, place), by: event.actor.clone() }
    }
}

/// The page that says why nothing was done. `seen`: the version they saw; `lost`: what they had typed.
pub(super) async fn told(
    desk: &Desk,
    who: &Who,
    (number, seen): (&CaseNumber, i64),
    end: Staffed,
    lost: &str,
) -> Answer {
    let says = match end {
        Staffed::Changed | Staffed::Done => {
            "Un autre agent a agi sur ce dossier pendant que vous l'aviez ouvert. Rien de ce que vous avez demandé n'a été fait."
        }
        Staffed::NotOpen => {
            "Ce dossier n'attend plus de décision. Rien de ce que vous avez demandé n'a été fait."
        }
        Staffed::TooLate => {
            "La lettre est partie, ou le délai d'annulation est passé : la décision ne peut plus être annulée ici."
        }
        Staffed::NoSuchCase => return Err(Refused::NotFound),
    };
    let case = desk.store().case(number).await?.ok_or(Refused::NotFound)?;
    let later = |event: &&EventRow| {
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        detail.get("version").and_then(Value::as_i64).is_some_and(|version| version > seen)
    };
    Ok(shown(&Page {
        frame: Frame::of(who, Part::Queue, desk.line.settings.shadow),
        number: number.to_string(),
        says,
        since: case.events.iter().filter(later).map(Told::new).collect(),
        lost: lost.to_owned(),
    }))
}
