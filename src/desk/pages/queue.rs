//! The queue: what waits for whom, filtered, looked for, a page at a time. All of it stands in the address.

use crate::clock::paris;
use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Choice, Frame, Part, go, shown};
use crate::desk::trail::{Asked, Trail, query};
use crate::desk::who::Who;
use crate::desk::words::{moment, source, span, status, urgency};
use crate::domain::facts::Class;
use crate::domain::finding::Code;
use crate::domain::form::Masked;
use crate::domain::staff::Right;
use crate::report::checks;
use crate::store::{QueueCounts, QueueFilter, QueueRow, Turn, Whose};
use askama::Template;
use axum::extract::{Query, State};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::sync::Arc;

/// Cases on a page.
const ROWS: u32 = 50;
/// Pages behind the last one that is shown: nobody turns so many.
const MOST_PAGES: u32 = 2000;

#[derive(Template)]
#[template(path = "queue.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    turn: &'static str,
    tabs: Vec<Tab>,
    oldest: Option<Oldest>,
    promise: String,
    selects: Vec<Select>,
    from: String,
    to: String,
    filtered: bool,
    nothing: &'static str,
    rows: Vec<Row>,
    csrf: String,
    previous: Option<String>,
    next: Option<String>,
}

struct Tab {
    url: String,
    name: &'static str,
    count: Option<u64>,
    here: bool,
}

struct Oldest {
    says: String,
    tone: &'static str,
}

struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<Choice>,
}

struct Row {
    number: String,
    url: String,
    /// Takes it or gives it back, where this person may: where to, and what the button says.
    take: Option<(String, &'static str)>,
    version: i64,
    tone: &'static str,
    status: &'static str,
    structure: String,
    identifier: String,
    reasons: Vec<&'static str>,
    source: &'static str,
    received: String,
    received_shown: String,
    age: String,
    age_tone: &'static str,
    assignee: String,
}

/// `GET /`
pub(in crate::desk) async fn home() -> Answer {
    Ok(go("/dossiers"))
}

/// `GET /dossiers`
pub(in crate::desk) async fn queue(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<Asked>,
) -> Answer {
    let filter = filter(&asked, &who);
    let page = text(&asked, "page").parse().unwrap_or(0).min(MOST_PAGES);
    let found = desk.store().queue(&filter, page * ROWS, ROWS);
    let (found, counts) = tokio::try_join!(found, desk.store().queue_counts(&filter))?;
    // one number, typed or scanned: there is nothing to choose
    if let ([only], true) = (found.rows.as_slice(), page == 0 && is_number(&filter)) {
        return Ok(go(&format!("/dossiers/{}", only.number)));
    }
    let now = desk.now();
    let promise = desk.settings.promise.signed();
    let mut frame = Frame::of(&who, Part::Queue, desk.line.settings.shadow);
    text(&asked, "q").clone_into(&mut frame.words);
    let turned = |to: u32| with(&asked, "page", &to.to_string());
    let trail = Trail::from(&asked);
    let filtered = trail.asked().is_some_and(|asked| asked.keys().any(|key| key != "file" && key != "page"));
    let oldest = counts.oldest.filter(|_| filter.turn == Turn::Staff);
    Ok(shown(&Page {
        title: title(filter.turn),
        turn: name(filter.turn),
        tabs: tabs(filter.turn, &counts, &asked),
        oldest: oldest.map(|oldest| {
            let age = now.duration_since(oldest);
            Oldest { says: span(age), tone: urgency(age, promise) }
        }),
        promise: span(promise),
        selects: selects(&asked),
        from: text(&asked, "du").to_owned(),
        to: text(&asked, "au").to_owned(),
        filtered,
        nothing: if filter.turn == Turn::Staff && !filtered {
            "La file est vide : aucun dossier n'attend une personne."
        } else {
            "Aucun dossier ne correspond."
        },
        rows: found.rows.into_iter().map(|row| shown_row(row, (now, promise), &who, &trail)).collect(),
        csrf: who.session.csrf.expose().to_owned(),
        previous: page.checked_sub(1).map(turned),
        next: found.more.then(|| turned(page + 1)),
        frame,
    }))
}

fn text<'a>(asked: &'a Asked, key: &str) -> &'a str {
    asked.get(key).map(String::as_str).unwrap_or_default()
}

fn is_number(filter: &QueueFilter) -> bool {
    let words = filter.words.as_ref().map(Masked::expose).unwrap_or_default();
    crate::domain::case::CaseNumber::parse(words).is_some()
}

/// The address with one thing changed.
fn with(asked: &Asked, key: &str, value: &str) -> String {
    let mut changed = asked.clone();
    changed.insert(key.to_owned(), value.to_owned());
    format!("/dossiers?{}", query(&changed))
}

/// What a list's address asks for.
pub(super) fn filter(asked: &Asked, who: &Who) -> QueueFilter {
    let turn = Turn::ALL.into_iter().find(|turn| name(*turn) == text(asked, "file")).unwrap_or_default();
    let day = |key: &str| text(asked, key).parse::<Date>().ok();
    let begins = |day: Date| day.to_zoned(paris()).ok().map(|zoned| zoned.timestamp());
    QueueFilter {
        turn,
        reason: Code::parse(text(asked, "motif")),
        class: Class::parse(text(asked, "classe")),
        source: Some(text(asked, "lecture").to_owned()).filter(|source| !source.is_empty()),
        verdict: None,
        from: day("du").and_then(begins),
        before: day("au").and_then(|day| day.checked_add(1.day()).ok()).and_then(begins),
        whose: match text(asked, "suivi") {
            "moi" => Some(Whose::Of(who.name().to_owned())),
            "personne" => Some(Whose::Nobodys),
            _ => None,
        },
        words: Some(text(asked, "q")).filter(|words| !words.is_empty()).map(Masked::new),
    }
}

/// In the address.
fn name(turn: Turn) -> &'static str {
    match turn {
        Turn::Staff => "a-traiter",
        Turn::Confirm => "a-confirmer",
        Turn::Requester => "demandeur",
        Turn::Registry => "referentiel",
        Turn::Decided => "decides",
        Turn::All => "tous",
    }
}

fn title(turn: Turn) -> &'static str {
    match turn {
        Turn::Staff => "Dossiers à traiter",
        Turn::Confirm => "Décisions à confirmer",
        Turn::Requester => "En attente du demandeur",
        Turn::Registry => "En attente du référentiel",
        Turn::Decided => "Dossiers décidés",
        Turn::All => "Tous les dossiers",
    }
}

fn tabs(here: Turn, counts: &QueueCounts, asked: &Asked) -> Vec<Tab> {
    // the filters stay
    let asked: Asked = asked.clone().into_iter().filter(|(key, _)| key != "page").collect();
    let tab = |turn: Turn| Tab {
        url: with(&asked, "file", name(turn)),
        name: match turn {
            Turn::Staff => "À traiter",
            Turn::Confirm => "À confirmer",
            Turn::Requester => "Demandeur",
            Turn::Registry => "Référentiel",
            Turn::Decided => "Décidés",
            Turn::All => "Tous",
        },
        count: match turn {
            Turn::Staff => Some(counts.staff),
            Turn::Confirm => Some(counts.confirm),
            Turn::Requester => Some(counts.requester),
            Turn::Registry => Some(counts.registry),
            Turn::Decided | Turn::All => None,
        },
        here: turn == here,
    };
    Turn::ALL.map(tab).into()
}

fn selects(asked: &Asked) -> Vec<Select> {
    let select = |name: &'static str, label: &'static str, options: &[(&str, &str)]| {
        let any = ("", "Tous");
        let all = std::iter::once(&any).chain(options);
        let options = all.map(|(value, label)| Choice::new(*value, *label, text(asked, name))).collect();
        Select { name, label, options }
    };
    let reasons: Vec<(&str, &str)> = Code::ALL.iter().map(|code| (code.as_str(), reason(*code))).collect();
    let classes: Vec<(&str, &str)> = Class::ALL.iter().map(|(name, one)| (*name, one.french())).collect();
    vec![
        select("motif", "Motif", &reasons),
        select("classe", "Structure", &classes),
        select(
            "lecture",
            "Lecture",
            &[("fields", "Champs PDF"), ("text", "Texte PDF"), ("scan", "Image"), ("none", "Illisible")],
        ),
        select("suivi", "Suivi par", &[("moi", "Moi"), ("personne", "Personne")]),
    ]
}

/// A rule that failed, in a few words.
pub(in crate::desk) fn reason(code: Code) -> &'static str {
    match code {
        Code::FormAbsent => "Pas de formulaire",
        Code::FormBlank => "Formulaire vide",
        Code::FormIncomplete => "Pages manquantes",
        Code::FormEditionUnknown => "Édition inconnue",
        Code::DocumentEncrypted => "Protégé par mot de passe",
        Code::DocumentDamaged => "Document endommagé",
        Code::DocumentTooLarge => "Document trop grand",
        Code::DocumentUnsupported => "Format non lu",
        Code::DocumentLink => "Lien au lieu du document",
        Code::AlreadyReceived => "Déjà reçu",
        Code::SenderUnverified => "Expéditeur non vérifié",
        Code::Missing => "Case vide",
        Code::Malformed => "Format incorrect",
        Code::Ambiguous => "Plusieurs réponses",
        Code::NotRequested => "Type non coché",
        Code::NotApplicable => "Réponse hors de propos",
        Code::Duplicate => "Carte en double",
        Code::ValuesDisagree => "Valeur et affichage diffèrent",
        Code::DateInFuture => "Date future",
        Code::DateTooOld => "Date ancienne",
        Code::SignatureBroken => "Signature rompue",
        Code::SignatureUntrusted => "Signature d'un tiers inconnu",
        Code::LowConfidence => "Lecture peu sûre",
        Code::Unknown => "Inconnu du référentiel",
        Code::Closed => "Structure fermée",
        Code::Mismatch => "Ne concorde pas",
        Code::NotYetValid => "Carte pas encore valable",
        Code::Expired => "Carte expirée",
        Code::Revoked => "Carte en opposition",
        Code::ContractMissing => "Sans contrat",
        Code::ContractInactive => "Contrat échu",
        Code::FinessLevel => "Autre FINESS attendu",
        Code::FinessAdvice => "Conseil sur le FINESS",
        Code::MandateMissing => "Sans mandat",
        Code::MandateExpired => "Mandat échu",
        Code::RegistryUnavailable => "Référentiel muet",
    }
}

fn shown_row(row: QueueRow, (now, promise): (Timestamp, SignedDuration), who: &Who, trail: &Trail) -> Row {
    let (status, tone) =
        status((row.state, row.verdict), row.dismissed, row.asked_at.is_some(), row.proposed);
    let age = now.duration_since(row.received_at);
    let waits = row.state == crate::store::CaseState::Waiting;
    let mine = row.assignee.as_deref() == Some(who.name());
    let (action, says) = match (mine, &row.assignee) {
        (true, _) => ("rendre", "Rendre"),
        (false, None) => ("prendre", "Prendre"),
        (false, Some(_)) => ("prendre", "Reprendre"),
    };
    let may = waits && who.may(Right::Take);
    Row {
        url: trail.case(&row.number),
        take: may.then(|| (trail.on(&format!("/dossiers/{}/{action}", row.number)), says)),
        version: row.version,
        number: row.number.to_string(),
        tone,
        status,
        structure: row.structure_name.map_or_else(|| "—".to_owned(), |name| name.expose().to_owned()),
        identifier: match (row.finess, row.siret) {
            (Some(finess), _) => format!("FINESS {finess}"),
            (None, Some(siret)) => format!("SIRET {siret}"),
            (None, None) => String::new(),
        },
        reasons: row.reasons.iter().map(|code| reason(*code)).collect(),
        source: source(&row.source),
        received: row.received_at.to_string(),
        received_shown: moment(row.received_at),
        age: if waits { format!("depuis {}", span(age)) } else { String::new() },
        age_tone: if waits { urgency(age, promise) } else { "quiet" },
        assignee: row.assignee.unwrap_or_default(),
    }
}

/// The rule's sentence, for a finding.
pub(in crate::desk) fn rule(code: &str) -> &'static str {
    Code::parse(code).map_or("règle d'une autre version", checks)
}
