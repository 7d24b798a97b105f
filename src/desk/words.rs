//! What the desk says, in French: times, ages, statuses, what happened.

use crate::clock::paris;
use crate::desk::pages::queue::reason;
use crate::domain::case::{Template, VerdictKind};
use crate::domain::facts::Feed;
use crate::domain::four_eyes::SecondPerson;
use crate::domain::mail::ReplyState;
use crate::store::{Account, CaseState, EventRow, ReplyRow, SignInBy};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// `22/11/2026 à 14:05`, Paris.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_zoned(paris()).strftime("%d/%m/%Y à %H:%M").to_string()
}

/// `14:05`, Paris.
pub(super) fn time(at: Timestamp) -> String {
    at.to_zoned(paris()).strftime("%H:%M").to_string()
}

/// `14:05:09`, Paris.
pub(super) fn clock(at: Timestamp) -> String {
    at.to_zoned(paris()).strftime("%H:%M:%S").to_string()
}

/// `22/11/2026`, Paris.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(paris()).strftime("%d/%m/%Y").to_string()
}

/// How long, in its largest unit: `3 jours`, `5 h`, `12 min`.
pub(super) fn span(length: SignedDuration) -> String {
    let minutes = length.as_mins().max(0);
    match (minutes / 1440, minutes / 60, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (1, ..) => "1 jour".to_owned(),
        (days, ..) => format!("{days} jours"),
    }
}

/// How long, in its two largest units: `2 j 4 h`, `3 h 20`, `12 min`.
pub(super) fn lasted(length: SignedDuration) -> String {
    let minutes = length.as_mins().max(0);
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "moins d'une minute".to_owned(),
        (0, 0, minutes) => format!("{minutes}\u{a0}min"),
        (0, hours, minutes) => format!("{hours}\u{a0}h\u{a0}{minutes:02}"),
        (days, hours, _) => format!("{days}\u{a0}j\u{a0}{hours}\u{a0}h"),
    }
}

/// How long, as short as it can be told: `3 j`, `8 h`, `30 min`.
pub(super) fn brief(length: SignedDuration) -> String {
    let minutes = length.as_mins().max(0);
    if minutes > 0 && minutes % 1440 == 0 {
        format!("{}\u{a0}j", minutes / 1440)
    } else if minutes > 0 && minutes % 60 == 0 {
        format!("{}\u{a0}h", minutes / 60)
    } else {
        format!("{minutes}\u{a0}min")
    }
}

/// `12 345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// `87 %`; of nothing, a dash.
pub(super) fn share(part: u64, whole: u64) -> String {
    (part * 200 + whole).checked_div(whole * 2).map_or_else(|| "–".to_owned(), |of| format!("{of}\u{a0}%"))
}

/// A feed of the registry.
pub(super) fn feed(feed: Feed) -> &'static str {
    match feed {
        Feed::Structures => "Structures",
        Feed::Contracts => "Contrats",
        Feed::Cards => "Cartes",
        Feed::Mandates => "Mandats",
        Feed::Finess => "Fichier FINESS",
        Feed::Holders => "Porteurs de cartes",
    }
}

/// What keeps the service from its work: the words of `GET /health`.
pub(super) fn health(what: &str) -> &'static str {
    match what {
        "intake" => "Le courrier n'est pas relevé.",
        "filing" => "Les courriels traités ne sont pas rangés dans la boîte.",
        "decisions" => "Les courriels ne sont pas lus.",
        "waking" => "Les dossiers qui attendent le référentiel ne sont pas réexaminés.",
        "replies" => "Les lettres ne partent pas.",
        "registry" => "Le référentiel ne répond pas en entier.",
        "caps" => "Un plafond de réponses est atteint : des lettres sont retenues.",
        "parked" => "Des courriels sont mis de côté.",
        "undelivered" => "Des lettres ne sont pas arrivées, ou peut-être pas.",
        "canary" => "Le courriel témoin n'est pas arrivé.",
        "credentials" => "Le mot de passe de la boîte prend fin.",
        "roles" => "Une partie du travail n'est faite par aucun programme.",
        "database" => "La base de données ne répond pas.",
        _ => "Quelque chose est à voir.",
    }
}

/// How an age stands to what the service has promised: late, soon, or nothing.
pub(super) fn urgency(age: SignedDuration, promise: SignedDuration) -> &'static str {
    if age >= promise {
        "late"
    } else if age >= promise / 3 * 2 {
        "soon"
    } else {
        "quiet"
    }
}

/// A case's status, and its tone. `dismissed`: staff closed it as no request, whatever was found of it.
pub(super) fn status(
    (state, verdict): (CaseState, VerdictKind),
    dismissed: bool,
    asked: bool,
    proposed: bool,
) -> (&'static str, &'static str) {
    match (state, verdict) {
        (CaseState::Decided, _) if dismissed => ("Classé sans suite", ""),
        (CaseState::Decided, VerdictKind::Accepted) => ("Accepté", "good"),
        (CaseState::Decided, VerdictKind::Rejected) => ("Refusé", "bad"),
        (CaseState::Decided, VerdictKind::Review) => ("Classé sans suite", ""),
        (CaseState::Waiting, _) if proposed => ("À confirmer", "warn"),
        (CaseState::Waiting, _) if asked => ("Complément demandé", "info"),
        (CaseState::Waiting, VerdictKind::Accepted) => ("À décider : rien contre", "warn"),
        (CaseState::Waiting, VerdictKind::Rejected) => ("À décider : à refuser", "warn"),
        (CaseState::Waiting, VerdictKind::Review) => ("À examiner", "warn"),
    }
}

/// How it was read.
pub(super) fn source(source: &str) -> &'static str {
    match source {
        "fields" => "Champs PDF",
        "text" => "Texte PDF",
        "scan" => "Image",
        _ => "Illisible",
    }
}

/// What a letter is.
pub(super) fn letter_kind(template: Template) -> &'static str {
    match template {
        Template::Accepted => "Acceptation",
        Template::Received => "Accusé de réception",
        Template::Rejected => "Refus",
        Template::Complement => "Demande de complément",
        Template::Answer => "Réponse à une question",
    }
}

/// How far a letter is, and its tone.
pub(super) fn letter_state(reply: &ReplyRow) -> (&'static str, &'static str) {
    match reply.state {
        _ if reply.withdrawn => ("Retirée avant son départ", ""),
        _ if reply.shadow => ("En observation, ne part pas", ""),
        ReplyState::Held => ("Retenue, attend une personne", "warn"),
        ReplyState::Due => ("Part", "info"),
        ReplyState::Sending => ("En cours d'envoi", "info"),
        ReplyState::Sent => ("Envoyée", "good"),
        ReplyState::Refused => ("Refusée par le relais", "bad"),
        ReplyState::Unknown => ("Envoi incertain", "warn"),
    }
}

/// What a status of RFC 3463 says of a letter that was given up.
pub(super) fn not_delivered(status: &str) -> &'static str {
    let mut parts = status.split('.').skip(1);
    match (parts.next(), parts.next()) {
        (Some("1"), _) => "adresse inconnue du destinataire",
        (Some("2"), Some("2")) => "boîte du destinataire pleine",
        (Some("2"), _) => "boîte du destinataire fermée",
        (Some("3"), _) => "courriel trop grand ou refusé par son système",
        (Some("4"), _) => "serveur du destinataire injoignable",
        (Some("6"), _) => "contenu refusé",
        (Some("7"), _) => "refusé par les règles du destinataire",
        _ => "raison non précisée",
    }
}

/// What an event says happened. `place` names a box.
pub(super) fn happened(event: &EventRow, place: impl Fn(&str) -> String) -> String {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let text = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match event.kind.as_str() {
        "message_kept" => "Courriel reçu et conservé".to_owned(),
        "copy_seen" => "Même courriel vu de nouveau".to_owned(),
        "message_parked" => "Courriel mis de côté".to_owned(),
        "message_unparked" => "Courriel repris".to_owned(),
        "question_kept" => "Question reçue".to_owned(),
        "question_closed"
            if detail.get("answered").is_some_and(|answered| *answered == Value::Bool(true)) =>
        {
            "Question : réponse écrite".to_owned()
        }
        "question_closed" => "Question marquée comme traitée".to_owned(),
        "question_reopened" => "Question rouverte".to_owned(),
        "case_opened" => format!("Dossier ouvert : {}", verdict(&text("verdict"))),
        "case_repeated" => "Mêmes documents reçus de nouveau".to_owned(),
        "case_reexamined" => format!("Dossier réexaminé : {}", verdict(&text("verdict"))),
        "case_overdue" => "Attente du référentiel trop longue : à voir".to_owned(),
        "case_assigned" => match (text("to").as_str(), text("before").as_str()) {
            ("", _) => "Dossier rendu".to_owned(),
            (name, before) if name != event.actor => {
                let before = Some(before).filter(|before| !before.is_empty() && *before != event.actor);
                let before = before.map(|before| format!(", qui était suivi par {before}"));
                format!("Dossier confié à {name}{}", before.unwrap_or_default())
            }
            (name, "") => format!("Dossier pris par {name}"),
            (name, before) => format!("Dossier pris par {name}, qui était suivi par {before}"),
        },
        "case_corrected" => {
            format!("Case corrigée, {} : {}", place(&text("field")), verdict(&text("verdict")))
        }
        "case_noted" => "Note ajoutée".to_owned(),
        "case_decided" => match text("proposed_by").as_str() {
            "" => format!("Décision : {}", decision(&text("decision"))),
            name => format!("Décision confirmée, proposée par {name} : {}", decision(&text("decision"))),
        },
        "case_proposed" => {
            format!("Décision proposée, à confirmer par une autre personne : {}", decision(&text("decision")))
        }
        "case_sent_back" => match text("proposed_by") {
            name if name == event.actor => format!("Proposition reprise : {}", decision(&text("decision"))),
            name => format!("Proposition de {name} renvoyée : {}", decision(&text("decision"))),
        },
        "case_proposal_void" => {
            let why = match text("because").as_str() {
                "judged_again" => "le dossier a été réexaminé",
                "decided_otherwise" => "une autre décision a été prise",
                _ => "le référentiel dit maintenant autre chose",
            };
            let by = text("proposed_by");
            format!("Proposition de {by} caduque, {why} : {}", decision(&text("decision")))
        }
        "case_undone" => format!("Décision annulée : {}", decision(&text("decision"))),
        "staff_decided" => format!("Décision du service consignée : {}", verdict(&text("staff_verdict"))),
        "not_answered" => format!("Personne n'a été averti : {}", text("because")),
        "reply_due" => "Lettre prête à partir".to_owned(),
        "reply_held" => "Lettre prête, en attente d'une personne".to_owned(),
        "reply_spared" => "Accusé de réception épargné : déjà envoyé".to_owned(),
        "reply_withdrawn" => "Lettre retirée avant son départ".to_owned(),
        "reply_sent" => "Lettre envoyée".to_owned(),
        "reply_put_off" => "Envoi remis à plus tard par le relais".to_owned(),
        "reply_refused" => "Lettre refusée par le relais".to_owned(),
        "reply_unknown" => "Envoi incertain : la liaison a été coupée".to_owned(),
        "reply_resent" => "Lettre envoyée de nouveau".to_owned(),
        "reply_bounced" => "Lettre non remise".to_owned(),
        "bounce_settled" => "Non-remise traitée".to_owned(),
        "looked_at" => "Dossier consulté".to_owned(),
        "alert_raised" => "Alerte : le référentiel dit maintenant autre chose".to_owned(),
        "alert_acknowledged" => "Alerte vue".to_owned(),
        "retention_held" => "Conservation prolongée".to_owned(),
        "retention_released" => "Conservation ordinaire".to_owned(),
        "purged" => "Données personnelles supprimées".to_owned(),
        other => other.to_owned(),
    }
}

/// How the person of an account can come in.
pub(super) fn comes_by(account: &Account) -> &'static str {
    match (account.password.is_some(), account.identity.is_some()) {
        (true, false) => "mot de passe",
        (true, true) => "mot de passe ou fournisseur d'identité",
        (false, _) => "fournisseur d'identité",
    }
}

/// By what a session began.
pub(super) fn came_by(by: SignInBy) -> &'static str {
    match by {
        SignInBy::Password => "mot de passe",
        SignInBy::Provider => "fournisseur d'identité",
        SignInBy::Demo => "démonstration",
    }
}

/// Why one person does not suffice, in a word of `desk.four_eyes`.
pub(super) fn second_person(word: &str) -> String {
    match SecondPerson::parse(word) {
        Some(SecondPerson::Acceptance) => "acceptation par le service".to_owned(),
        Some(SecondPerson::Paper) => "formulaire lu sur papier".to_owned(),
        Some(SecondPerson::Correction) => "case corrigée par le service".to_owned(),
        Some(SecondPerson::Rejection) => "refus par le service".to_owned(),
        Some(SecondPerson::Complement) => "demande de complément".to_owned(),
        Some(SecondPerson::Dismissal) => "classement sans suite".to_owned(),
        Some(SecondPerson::Over(code)) => format!("acceptation malgré « {} »", reason(code)),
        None => word.to_owned(),
    }
}

pub(super) fn verdict(word: &str) -> &'static str {
    match word {
        "accepted" => "rien contre",
        "rejected" => "à refuser",
        "review" => "à examiner par une personne",
        _ => "",
    }
}

pub(super) fn decision(word: &str) -> &'static str {
    match word {
        "accepted" => "accepté",
        "rejected" => "refusé",
        "dismissed" => "classé sans suite",
        "complement" => "complément demandé",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_their_largest_unit() {
        let told = |minutes| span(SignedDuration::from_mins(minutes));
        assert_eq!(
            [told(-5), told(59), told(60), told(1439), told(1440), told(5000)],
            ["0 min", "59 min", "1 h", "23 h", "1 jour", "3 jours"]
        );
    }

    #[test]
    fn lengths_and_numbers_are_short_and_do_not_break() {
        let mins = SignedDuration::from_mins;
        assert_eq!(
            [0, 12, 200, 3125].map(|minutes| lasted(mins(minutes)).replace('\u{a0}', " ")),
            ["moins d'une minute", "12 min", "3 h 20", "2 j 4 h"]
        );
        assert_eq!(
            [0, 90, 480, 4320].map(|minutes| brief(mins(minutes)).replace('\u{a0}', " ")),
            ["0 min", "90 min", "8 h", "3 j"]
        );
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(count),
            ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([share(2, 3), share(0, 0)], ["67\u{a0}%", "–"]);
    }

    #[test]
    fn an_age_is_held_against_the_promise() {
        let promise = SignedDuration::from_hours(72);
        let urgency = |hours| urgency(SignedDuration::from_hours(hours), promise);
        assert_eq!([urgency(1), urgency(48), urgency(72)], ["quiet", "soon", "late"]);
    }
}
