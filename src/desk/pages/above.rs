//! What is said above a case: what was decided and can be taken back, what has just been done, who else has it
//! open, what was written and not sent.

use super::boxes::{anchor, corrected};
use crate::desk::app::Desk;
use crate::desk::frame::{Notice, Undo};
use crate::desk::trail::Trail;
use crate::desk::who::Who;
use crate::desk::words::{clock, moment, span};
use crate::domain::place::place;
use crate::domain::staff::Right;
use crate::store::{ByStaff, CaseState, Draft, OpenCase};
use std::collections::BTreeMap;

/// What was decided, and that it can be taken back.
pub(super) fn notice(open: &OpenCase, who: &Who, desk: &Desk) -> Option<Notice> {
    let decided = open.decided.as_ref()?;
    let left = decided.undo_until.duration_since(desk.now());
    let what = match decided.decision {
        ByStaff::Accepted => "Dossier accepté",
        ByStaff::Rejected => "Dossier refusé",
        ByStaff::Dismissed => "Dossier classé sans suite",
        ByStaff::Complement => "Complément demandé",
    };
    let by = match &decided.proposed_by {
        Some(proposer) => format!("{proposer}, confirmé par {}", decided.by),
        None => decided.by.clone(),
    };
    if left.is_positive() && who.may(Right::Decide) {
        return Some(Notice {
            tone: "good",
            says: if decided.decision == ByStaff::Dismissed {
                format!(
                    "{what} par {by}. La décision peut être annulée jusqu'à {}.",
                    clock(decided.undo_until)
                )
            } else {
                format!(
                    "{what} par {by}. La lettre part dans {} s. La décision peut être annulée jusqu'à {}.",
                    left.as_secs(),
                    clock(decided.undo_until)
                )
            },
            undo: Some(Undo {
                url: who.trail.on(&format!("/dossiers/{}/annuler", open.number)),
                csrf: who.session.csrf.expose().to_owned(),
                version: open.version,
            }),
        });
    }
    Some(Notice { tone: "info", says: format!("{what} par {by} le {}.", moment(decided.at)), undo: None })
}

/// What has just been done, where the page would not say it by itself.
pub(super) fn done(word: Option<&str>) -> Option<Notice> {
    let says = match word? {
        "pris" => "Vous suivez ce dossier.",
        "rendu" => "Vous ne suivez plus ce dossier.",
        "confie" => "Le dossier est confié.",
        "reexamine" => "Le dossier a été réexaminé avec le référentiel actuel.",
        "annule" => "La décision est annulée ; sa lettre ne part pas. Le dossier est de nouveau à traiter.",
        "renvoye" => {
            "La proposition est renvoyée, avec votre mot dans les notes. Le dossier est de nouveau à traiter."
        }
        "repris" => "Votre proposition est reprise. Le dossier est de nouveau à traiter.",
        "note" => "La note est ajoutée.",
        _ => return None,
    };
    Some(Notice { tone: "good", says: says.to_owned(), undo: None })
}

/// Where it is found again, what it is, when it was written.
pub(super) fn unsent(
    open: &OpenCase,
    drafts: &BTreeMap<String, Draft>,
    trail: &Trail,
) -> Vec<(String, String, String)> {
    let number = &open.number;
    let one = |(what, draft): (&String, &Draft)| {
        if let Some(field) = corrected(what) {
            let url = trail.on(&format!("/dossiers/{number}#{}", anchor(&field.pointer())));
            return Some((url, format!("une correction ({})", place(field, None)), moment(draft.at)));
        }
        let (place, name) = match what.as_str() {
            "accepter" => ("/accepter", "une acceptation"),
            "refuser" => ("/refuser", "un refus"),
            "complement" => ("/complement", "une demande de complément"),
            "classer" => ("/classer", "un classement sans suite"),
            "confirmer" => ("/confirmer", "un mot sur la décision proposée"),
            "note" => ("#note", "une note"),
            "confier" => ("#confier-mot", "un mot pour un collègue"),
            _ => return None,
        };
        Some((trail.on(&format!("/dossiers/{number}{place}")), name.to_owned(), moment(draft.at)))
    };
    let waits = open.state == CaseState::Waiting;
    drafts.iter().filter(|(what, _)| waits || what.as_str() == "note").filter_map(one).collect()
}

/// Who else has it open.
pub(super) fn viewers(others: &[String]) -> String {
    match others {
        [] => String::new(),
        [one] => format!("{one} a aussi ce dossier ouvert."),
        several => format!("{} ont aussi ce dossier ouvert.", several.join(", ")),
    }
}

/// How long a decision can be taken back, for people.
pub(super) fn undo_in_words(desk: &Desk) -> String {
    let undo = desk.settings.undo.signed();
    if undo.as_mins() > 0 { span(undo) } else { format!("{} s", undo.as_secs()) }
}
