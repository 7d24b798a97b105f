//! What somebody is told whose case was changed by another while they had it open: what the other changed,
//! before and now, beside what they had typed; it can be sent again, on the case as it now is.

use super::open;
use crate::desk::app::Desk;
use crate::desk::forms::Sent;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::who::Who;
use crate::desk::words::{decision, happened, moment, verdict};
use crate::domain::case::CaseNumber;
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::store::{CaseChange, CaseState, EventRow, OpenCase, Staffed};
use askama::Template;
use serde_json::Value;

#[derive(Template)]
#[template(path = "conflict.html")]
struct Page {
    frame: Frame,
    title: String,
    number: String,
    says: &'static str,
    changed: Vec<Changed>,
    since: Vec<Told>,
    typed: Vec<Typed>,
    again: Option<Again>,
}

/// What another has changed.
struct Changed {
    what: String,
    before: String,
    after: String,
    by: String,
}

/// What the person had typed, and what stands there now.
struct Typed {
    what: String,
    value: String,
    now: Option<String>,
}

/// The same, to be sent for the case as it now is.
struct Again {
    action: String,
    says: &'static str,
    csrf: String,
    version: i64,
    fields: Vec<(String, String)>,
}

/// What was asked for: the last part of the address, and the form.
pub(super) type Wanted<'a> = (&'a str, &'a Sent);

/// Something that happened.
pub(super) struct Told {
    pub(super) at: String,
    pub(super) says: String,
    pub(super) by: String,
}

fn named(pointer: &str) -> String {
    Field::from_pointer(pointer).map_or_else(|| "une case".to_owned(), |field| place(field, None))
}

impl Told {
    pub(super) fn new(event: &EventRow) -> Self {
        Self { at: moment(event.at), says: happened(event, named), by: event.actor.clone() }
    }
}

/// The page that says why nothing was done. `seen`: the version they saw.
pub(super) async fn told(
    desk: &Desk,
    who: &Who,
    (number, seen): (&CaseNumber, i64),
    end: Staffed,
    wanted: Option<Wanted<'_>>,
) -> Answer {
    let says = match end {
        Staffed::Changed | Staffed::Done | Staffed::Proposed => {
            "Un autre agent a agi sur ce dossier pendant que vous l'aviez ouvert. Rien de ce que vous avez demandé n'a été fait."
        }
        Staffed::NotOpen => {
            "Ce dossier n'attend plus de décision. Rien de ce que vous avez demandé n'a été fait."
        }
        Staffed::TooLate => {
            "La lettre est partie, ou le délai d'annulation est passé : la décision ne peut plus être annulée ici."
        }
        Staffed::NotTheirs => {
            "Une décision est confirmée par une autre personne que celle qui l'a proposée, et qui en a le droit. Rien de ce que vous avez demandé n'a été fait."
        }
        Staffed::NoSuchCase => return Err(Refused::NotFound),
    };
    let open = open(desk, &number.to_string()).await?;
    let changes = desk.store().changes_of(&open).await?;
    let case = desk.store().case(number).await?.ok_or(Refused::NotFound)?;
    let report: Value = serde_json::from_str(case.report.expose()).unwrap_or_default();
    let later = |change: &&CaseChange| version(&change.event).is_some_and(|version| version > seen);
    Ok(shown(&Page {
        frame: Frame::of(who, Part::Queue, desk.line.settings.shadow),
        title: match end {
            Staffed::NotTheirs => format!("{number} : une autre personne doit confirmer"),
            Staffed::TooLate => format!("{number} : trop tard"),
            Staffed::Changed | Staffed::Done | Staffed::Proposed | Staffed::NotOpen | Staffed::NoSuchCase => {
                format!("Le dossier {number} a changé entre-temps")
            }
        },
        number: number.to_string(),
        says,
        changed: changed(&changes, seen),
        since: changes.iter().filter(later).map(|change| Told::new(&change.event)).collect(),
        typed: wanted.map(|(_, sent)| typed(sent, &report)).unwrap_or_default(),
        again: wanted.filter(|_| end == Staffed::Changed).and_then(|wanted| again(&open, who, wanted)),
    }))
}

fn detail(event: &EventRow) -> Value {
    serde_json::from_str(&event.detail).unwrap_or_default()
}

fn version(event: &EventRow) -> Option<i64> {
    detail(event).get("version").and_then(Value::as_i64)
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Box by box, and what became of the verdict: before, and now.
fn changed(changes: &[CaseChange], seen: i64) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut judged = String::new();
    for CaseChange { event, beside } in changes {
        let detail = detail(event);
        let later = version(event).is_some_and(|version| version > seen);
        let by = event.actor.clone();
        let mut change = |what: String, before: Option<String>, after: Option<String>, none: &str| {
            let [before, after] = [before, after].map(|text| text.unwrap_or_else(|| none.to_owned()));
            all.extend(later.then(|| Changed { what, before, after, by: by.clone() }));
        };
        match event.kind.as_str() {
            "case_corrected" => {
                let what = named(&text(&detail, "field").unwrap_or_default());
                change(what, text(beside, "before"), text(beside, "value"), "vide");
            }
            "case_assigned" => {
                change("Suivi par".to_owned(), text(&detail, "before"), text(&detail, "to"), "personne");
            }
            "case_decided" | "case_undone" => {
                let said = decision(&text(&detail, "decision").unwrap_or_default()).to_owned();
                let (before, after) =
                    if event.kind == "case_decided" { (None, Some(said)) } else { (Some(said), None) };
                change("Décision".to_owned(), before, after, "aucune");
            }
            "case_proposed" | "case_sent_back" | "case_proposal_void" => {
                let said = decision(&text(&detail, "decision").unwrap_or_default()).to_owned();
                let (before, after) =
                    if event.kind == "case_proposed" { (None, Some(said)) } else { (Some(said), None) };
                change("Décision proposée".to_owned(), before, after, "aucune");
            }
            _ => {}
        }
        if let Some(now) = text(&detail, "verdict") {
            if !judged.is_empty() && judged != now {
                let [before, after] = [&judged, &now].map(|word| Some(verdict(word).to_owned()));
                change("Résultat de l'examen".to_owned(), before, after, "");
            }
            judged = now;
        }
    }
    all
}

/// What was typed, under the names of the boxes; of a correction, what stands there now.
fn typed(sent: &Sent, report: &Value) -> Vec<Typed> {
    let mut all = Vec::new();
    if let (Some(pointer), Some(value)) = (sent.get("field"), sent.get("value")) {
        let now = report.pointer(&format!("/form{pointer}"));
        let now = now.and_then(Value::as_str).unwrap_or("vide").to_owned();
        all.push(Typed { what: named(pointer), value: value.to_owned(), now: Some(now) });
    }
    for finding in sent.all("finding") {
        let place = finding.split_once(' ').map(|(_, pointer)| named(pointer)).unwrap_or_default();
        if let Some(message) = sent.get(&format!("message-{finding}")) {
            all.push(Typed { what: place, value: message.to_owned(), now: None });
        }
    }
    for (key, what) in [("own-message", "Motif ajouté"), ("text", "Votre texte")] {
        let value = sent.text(key).trim();
        if !value.is_empty() {
            all.push(Typed { what: what.to_owned(), value: value.to_owned(), now: None });
        }
    }
    all
}

/// A correction or a decision can be sent again while the case waits; a decision is read again first.
fn again(open: &OpenCase, who: &Who, (action, sent): Wanted<'_>) -> Option<Again> {
    let correction = action == "corriger";
    let decides = matches!(action, "accepter" | "refuser" | "complement" | "classer");
    if open.state != CaseState::Waiting || !(correction || decides) {
        return None;
    }
    let ours = ["csrf", "version", "step"];
    let kept = sent.pairs().filter(|(name, _)| !ours.contains(name));
    let mut fields: Vec<_> = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if decides {
        fields.push(("step".to_owned(), "preview".to_owned()));
    }
    Some(Again {
        action: who.trail.on(&format!("/dossiers/{}/{action}", open.number)),
        says: if correction { "Enregistrer quand même ma valeur" } else { "Reprendre ma décision" },
        csrf: who.session.csrf.expose().to_owned(),
        version: open.version,
        fields,
    })
}
