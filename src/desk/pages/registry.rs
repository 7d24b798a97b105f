//! What the registry knows: of a number, beside a case or on a page of its own; of a structure by its name.
//! Names of people only where they are asked for; each look is on record, without what was looked for.

use crate::clock::paris_day;
use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::who::Who;
use crate::desk::words::moment;
use crate::domain::case::CaseNumber;
use crate::domain::dates::french_date;
use crate::domain::facts::Class;
use crate::domain::facts::{Card, Contract, ContractStatus, FinessLevel, Mandate, Structure};
use crate::domain::form::Masked;
use crate::registry::{KnownAbout, KnownStructure, Origin};
use crate::store::Look;
use askama::Template;
use axum::extract::{Query, State};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Structures of a name, and establishments of a legal entity, that are shown.
const SHOWN: u32 = 30;

/// What is known of a number.
pub(super) struct Known {
    pub(super) number: String,
    /// That nothing is known, and why.
    pub(super) nothing: &'static str,
    pub(super) entries: Vec<Entry>,
    /// Which snapshot was asked.
    pub(super) asked: String,
    /// The same with people's names, where they are hidden.
    pub(super) with_names: Option<String>,
}

/// A row of the registry.
pub(super) struct Entry {
    pub(super) title: String,
    pub(super) tone: &'static str,
    pub(super) lines: Vec<(&'static str, String)>,
}

/// A structure that was found by its name.
struct Named {
    url: Option<String>,
    name: String,
    number: String,
    class: &'static str,
    closed: bool,
}

#[derive(Template)]
#[template(path = "registry.html")]
struct Page {
    frame: Frame,
    words: String,
    known: Option<Known>,
    named: Option<Vec<Named>>,
    more: bool,
}

/// `GET /referentiel`, with `q`, a number or words of a structure's name, and `noms=1`.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    let words = asked.get("q").map(|words| words.trim().to_owned()).unwrap_or_default();
    let names = asked.get("noms").is_some_and(|noms| noms == "1");
    let (mut known, mut structures) = (None, None);
    if let Some(number) = number(&words) {
        let with_names = format!("/referentiel?q={number}&noms=1");
        known = Some(about(&desk, &who, &number, (names, with_names), None).await?);
    } else if !words.is_empty() {
        noted(&desk, &who, ("name", false), None).await?;
        let found = desk.line.registry.structures_named(&words, SHOWN + 1).await?;
        structures = Some(found.unwrap_or_default().iter().map(named_one).collect::<Vec<_>>());
    }
    let more = structures.as_ref().is_some_and(|found| found.len() > SHOWN as usize);
    if let Some(found) = &mut structures {
        found.truncate(SHOWN as usize);
    }
    let frame = Frame::of(&who, Part::Registry, desk.line.settings.shadow);
    Ok(shown(&Page { frame, words, known, named: structures, more }))
}

/// A number as it is kept; `None`: words.
pub(super) fn number(words: &str) -> Option<String> {
    let compact: String = words.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
    let digits = compact.chars().filter(char::is_ascii_digit).count();
    let one = matches!(compact.len(), 9 | 10 | 14) && compact.len() - digits <= 1;
    one.then_some(compact)
}

/// What the registry knows of a number; on record, for the case that it is asked for.
pub(super) async fn about(
    desk: &Desk,
    who: &Who,
    number: &str,
    (names, with_names): (bool, String),
    case: Option<&CaseNumber>,
) -> Result<Known, Refused> {
    let kind = match number.len() {
        9 => "finess",
        10 => "card",
        14 => "siret or rpps_rang",
        _ => "unknown",
    };
    noted(desk, who, (kind, names), case).await?;
    let found = desk.line.registry.known_about(number).await?;
    let number = number.to_owned();
    let Some(found) = found else {
        let nothing = "Aucun référentiel n'a encore été chargé.";
        return Ok(Known { number, nothing, entries: vec![], asked: String::new(), with_names: None });
    };
    let snapshots = desk.line.registry.snapshots().await?;
    let loaded = snapshots.into_iter().map(|one| (one.id, one.loaded_at)).collect();
    let told = Told { came: loaded, today: paris_day(desk.now()), names };
    let people = !found.mandates.is_empty()
        || !found.cards.is_empty()
        || found.contracts.iter().any(|(contract, _)| contract.representative_last_name.is_some());
    Ok(Known {
        nothing: match (found.is_empty(), found.unreadable) {
            (true, _) => "Le référentiel ne connaît pas ce numéro.",
            (false, true) => {
                "Ce numéro est dans une ligne illisible : le référentiel ne répond pas à son sujet."
            }
            (false, false) => "",
        },
        entries: told.entries(&found),
        asked: format!(
            "Version {} du référentiel, chargée le {}.",
            found.snapshot.id,
            moment(found.snapshot.loaded_at)
        ),
        with_names: (people && !names).then_some(with_names),
        number,
    })
}

async fn noted(
    desk: &Desk,
    who: &Who,
    (kind, names): (&str, bool),
    case: Option<&CaseNumber>,
) -> Result<(), Refused> {
    let more = json!({ "number": kind, "names": names });
    let cases = case.map(std::slice::from_ref).unwrap_or_default();
    let look = Look { by: who.name(), account: who.name(), with: "desk: registry", cases, more };
    Ok(desk.store().looked_at(&look, desk.now()).await?)
}

fn named_one(one: &Structure) -> Named {
    let number = one.finess.clone().or_else(|| one.siret.clone()).or_else(|| one.rpps_rang.first().cloned());
    Named {
        url: number.as_ref().map(|number| format!("/referentiel?q={number}")),
        name: one.name.clone(),
        number: number.unwrap_or_default(),
        class: one.class.map_or("classe inconnue", Class::french),
        closed: one.closed,
    }
}

/// What entries are told with.
struct Told {
    /// When each snapshot was loaded.
    came: BTreeMap<i64, Timestamp>,
    today: Date,
    names: bool,
}

impl Told {
    fn entries(&self, known: &KnownAbout) -> Vec<Entry> {
        let structures = known.structures.iter().map(|one| self.structure(one));
        let contracts = known.contracts.iter().map(|(one, origin)| self.contract(one, *origin));
        let mandates = known.mandates.iter().map(|(one, origin)| self.mandate(one, *origin));
        let cards = known.cards.iter().map(|(one, origin)| self.card(one, *origin));
        structures.chain(contracts).chain(mandates).chain(cards).collect()
    }

    fn structure(&self, known: &KnownStructure) -> Entry {
        let one = &known.structure;
        let state = match (one.closed_on, one.closed) {
            (Some(day), _) if day > self.today => format!("ferme le {}", french_date(day)),
            (Some(day), _) => format!("fermée depuis le {}", french_date(day)),
            (None, true) => "fermée".to_owned(),
            (None, false) => "ouverte".to_owned(),
        };
        let level = match one.level {
            Some(FinessLevel::Legal) => " (EJ)",
            Some(FinessLevel::Geographical) => " (EG)",
            None => "",
        };
        let number = |name, number: &Option<String>| number.clone().map(|number| (name, number));
        let mut lines: Vec<(&'static str, String)> =
            one.finess.iter().map(|finess| ("FINESS", format!("{finess}{level}"))).collect();
        lines.extend(number("FINESS EJ", &one.finess_ej));
        lines.extend(number("SIRET", &one.siret));
        lines.extend(number("Site principal", &one.main_site));
        if !one.rpps_rang.is_empty() {
            lines.push(("RPPS rang", one.rpps_rang.join(", ")));
        }
        lines.push(("Classe", one.class.map_or("inconnue", Class::french).to_owned()));
        let named = |one: &Structure| {
            let closed = if one.closed { ", fermée" } else { "" };
            format!("{} {}{closed}", one.finess.as_deref().unwrap_or("—"), one.name)
        };
        lines.extend(known.legal_entity.as_ref().map(|legal| ("Entité juridique", named(legal))));
        if one.level == Some(FinessLevel::Legal) {
            let shown = SHOWN as usize;
            lines.extend(known.establishments.iter().take(shown).map(|site| ("Établissement", named(site))));
            if let Some(more) = known.establishments.len().checked_sub(shown).filter(|more| *more > 0) {
                lines.push(("Établissement", format!("et {more} autres")));
            }
        }
        lines.push(self.origin(known.origin));
        Entry { title: format!("{}, {state}", one.name), tone: if one.closed { "bad" } else { "" }, lines }
    }

    fn contract(&self, one: &Contract, origin: Origin) -> Entry {
        let (state, tone) = match one.status {
            ContractStatus::Active if one.in_force(self.today) => ("en cours", ""),
            ContractStatus::Active => ("hors période", "bad"),
            ContractStatus::Suspended => ("suspendu", "bad"),
            ContractStatus::Terminated => ("résilié", "bad"),
        };
        let mut lines = vec![("Au numéro", one.structure.clone())];
        lines.push(("Validité", span(Some(one.valid_from), one.valid_until)));
        let who = [&one.representative_first_name, &one.representative_last_name];
        if who.iter().any(|name| name.is_some()) {
            lines.push(("Représentant", self.person(who.map(Option::as_ref))));
        }
        lines.push(self.origin(origin));
        Entry { title: format!("Contrat {}, {state}", one.number), tone, lines }
    }

    fn mandate(&self, one: &Mandate, origin: Origin) -> Entry {
        let over = one.valid_until.is_some_and(|until| until < self.today);
        let mut lines = vec![("Mandataire", self.person([Some(&one.first_name), Some(&one.last_name)]))];
        lines.push(("Validité", span(Some(one.valid_from), one.valid_until)));
        lines.push(self.origin(origin));
        let title = format!("Mandat pour {}{}", one.structure, if over { ", échu" } else { "" });
        Entry { title, tone: if over { "bad" } else { "" }, lines }
    }

    fn card(&self, one: &Card, origin: Origin) -> Entry {
        let (state, tone) = match (one.opposed_on, one.valid_until, one.valid_from) {
            (Some(day), ..) if day <= self.today => {
                (format!("en opposition depuis le {}", french_date(day)), "bad")
            }
            (_, Some(until), _) if until < self.today => {
                (format!("expirée le {}", french_date(until)), "bad")
            }
            (.., Some(from)) if from > self.today => {
                (format!("valable à partir du {}", french_date(from)), "warn")
            }
            _ => ("active".to_owned(), ""),
        };
        let mut lines = vec![("Porteur", self.person([Some(&one.first_name), Some(&one.last_name)]))];
        lines.push(("Validité", span(one.valid_from, one.valid_until)));
        lines.extend(one.structure.clone().map(|structure| ("Structure", structure)));
        lines.push(self.origin(origin));
        let kind = one.kind.map_or("de type inconnu", crate::domain::policy::CardType::as_str);
        Entry { title: format!("Carte {kind} {}, {state}", one.number), tone, lines }
    }

    fn person(&self, names: [Option<&Masked>; 2]) -> String {
        if !self.names {
            return "(nom non affiché)".to_owned();
        }
        names.into_iter().flatten().map(Masked::expose).collect::<Vec<_>>().join(" ")
    }

    fn origin(&self, origin: Origin) -> (&'static str, String) {
        let since = self.came.get(&origin.came).map(|at| format!(" depuis le {}", moment(*at)));
        let flagged = if origin.flagged { " ; un identifiant de la ligne est mal formé" } else { "" };
        let text =
            format!("{}{}, ligne {}{flagged}", origin.feed.file(), since.unwrap_or_default(), origin.line);
        ("Connu par", text)
    }
}

fn span(from: Option<Date>, until: Option<Date>) -> String {
    match (from.filter(|from| *from > Date::MIN), until) {
        (Some(from), Some(until)) => format!("du {} au {}", french_date(from), french_date(until)),
        (Some(from), None) => format!("depuis le {}", french_date(from)),
        (None, Some(until)) => format!("jusqu'au {}", french_date(until)),
        (None, None) => "sans dates".to_owned(),
    }
}
