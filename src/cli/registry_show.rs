//! `guichet registry show` and `guichet registry alerts`: what is known about a number and since when,
//! and what imports say against accepted cases.

use super::cases::moment;
use super::operator::{Operator, because};
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock, paris_day};
use crate::domain::facts::{Card, Contract, FinessLevel, Structure};
use crate::domain::form::Masked;
use crate::domain::rules::What;
use crate::registry::{ClassOrigin, KnownAbout, KnownStructure, Origin, Registry, Snapshot};
use crate::store::{AlertRow, Store};
use clap::Args;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Establishments that are listed one by one.
const SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
    /// A FINESS, a SIRET, an RPPS rang or a card number
    number: String,
    /// Show the names of people, too
    #[arg(long)]
    names: bool,
}

#[derive(Debug, Args)]
pub(super) struct Alerts {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
    /// Those that were acknowledged, too
    #[arg(long)]
    all: bool,
    /// Acknowledge these, by their numbers in the list
    #[arg(long, value_name = "ID", num_args = 1.., requires = "because")]
    acknowledge: Vec<i64>,
    /// What was done about them
    #[arg(long, value_name = "TEXT", requires = "acknowledge", value_parser = because)]
    because: Option<String>,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let number: String =
            self.number.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
        // what was looked for may name a person: only what kind of number it is goes into the record
        let kind = match number.len() {
            9 => "finess",
            10 => "card",
            14 => "siret or rpps_rang",
            _ => "unknown",
        };
        let more = json!({ "number": kind, "names": self.names });
        self.operator.looks(&store, "registry show", &[], more).await?;
        let registry = Registry::new(store.database().clone());
        let Some(known) = registry.known_about(&number).await? else {
            complain("nothing was ever loaded: `guichet registry import DIR` loads the registry");
            return Ok(ExitCode::from(3));
        };
        if known.is_empty() {
            complain(&format!("snapshot {} knows nothing of {number}", known.snapshot.id));
            return Ok(ExitCode::from(3));
        }
        let came: BTreeMap<i64, Snapshot> =
            registry.snapshots().await?.into_iter().map(|one| (one.id, one)).collect();
        let page = Page { came, today: paris_day(SystemClock.now()), names: self.names };
        page.lines(&known).iter().for_each(|line| say(line));
        Ok(ExitCode::SUCCESS)
    }
}

/// What lines are written with.
struct Page {
    came: BTreeMap<i64, Snapshot>,
    today: Date,
    names: bool,
}

impl Page {
    fn lines(&self, known: &KnownAbout) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &known.structures {
            lines.extend(self.structure(one));
        }
        for (contract, origin) in &known.contracts {
            lines.push(format!(
                "contract {} under {}: {}",
                contract.number,
                contract.structure,
                self.state(contract)
            ));
            let who = [&contract.representative_first_name, &contract.representative_last_name];
            if who.iter().any(|name| name.is_some()) {
                lines.push(format!("  representative  {}", self.person(who.map(Option::as_ref))));
            }
            lines.push(self.origin(*origin));
        }
        for (mandate, origin) in &known.mandates {
            let who = self.person([Some(&mandate.first_name), Some(&mandate.last_name)]);
            let span = span(Some(mandate.valid_from).filter(|from| *from > Date::MIN), mandate.valid_until);
            lines.push(format!("mandate for {}: {who}, {span}", mandate.structure));
            lines.push(self.origin(*origin));
        }
        for (card, origin) in &known.cards {
            lines.extend(self.card(card));
            lines.push(self.origin(*origin));
        }
        if known.unreadable {
            lines.push("stands in a row that could not be read: look-ups of it have no answer".to_owned());
        }
        let silent =
            known.snapshot.feeds.iter().map(|feed| format!("{} {}", feed.feed, moment(feed.loaded_at)));
        lines.push(format!(
            "asked: snapshot {} ({})",
            known.snapshot.id,
            silent.collect::<Vec<_>>().join(", ")
        ));
        lines
    }

    fn structure(&self, known: &KnownStructure) -> Vec<String> {
        let one = &known.structure;
        let state = match (one.closed_on, one.closed) {
            (Some(day), _) if day > self.today => format!("closes on {day}"),
            (Some(day), _) => format!("closed since {day}"),
            (None, true) => "closed".to_owned(),
            (None, false) => "open".to_owned(),
        };
        let mut lines = vec![format!("{}: {}, {state}", headed(one), one.name)];
        let numbers = [("FINESS EJ", &one.finess_ej), ("SIRET", &one.siret), ("main site", &one.main_site)];
        lines.extend(
            numbers
                .iter()
                .filter_map(|(name, number)| number.as_ref().map(|number| format!("  {name:14}  {number}"))),
        );
        if !one.rpps_rang.is_empty() {
            lines.push(format!("  RPPS rang       {}", one.rpps_rang.join(" ")));
        }
        let class = one.class.map_or("unknown", crate::domain::facts::Class::as_str);
        let why = match &known.class_from {
            ClassOrigin::Given => "the file says so".to_owned(),
            ClassOrigin::Derived { category, legal_status: Some(status) } => {
                format!("category {category}, legal status {status}")
            }
            ClassOrigin::Derived { category, legal_status: None } => format!("category {category}"),
            ClassOrigin::Unknown => "no class given, none to be derived".to_owned(),
        };
        lines.push(format!("  class           {class} ({why})"));
        if let Some(paragraph) = one.class.and_then(crate::domain::facts::Class::paragraph) {
            lines.push(format!("  notice          {}", paragraph.heading()));
        }
        if let Some(legal) = &known.legal_entity {
            lines.push(format!("  legal entity    {}", named(legal)));
        }
        if one.level == Some(FinessLevel::Legal) {
            for site in known.establishments.iter().take(SHOWN) {
                lines.push(format!("  establishment   {}", named(site)));
            }
            if known.establishments.len() > SHOWN {
                lines.push(format!("  … and {} more", known.establishments.len() - SHOWN));
            }
        }
        lines.push(self.origin(known.origin));
        lines
    }

    fn card(&self, card: &Card) -> Vec<String> {
        let kind = card.kind.map_or("of an unknown type", crate::domain::policy::CardType::as_str);
        let state = match (card.opposed_on, card.valid_until, card.valid_from) {
            (Some(day), ..) if day <= self.today => format!("opposed since {day}"),
            (_, Some(until), _) if until < self.today => format!("expired on {until}"),
            (.., Some(from)) if from > self.today => format!("valid from {from} on"),
            _ => "active".to_owned(),
        };
        let who = self.person([Some(&card.first_name), Some(&card.last_name)]);
        let mut lines =
            vec![format!("card {} {kind}: {state}", card.number), format!("  holder          {who}")];
        lines.push(format!("  valid           {}", span(card.valid_from, card.valid_until)));
        lines.extend(card.structure.as_ref().map(|structure| format!("  structure       {structure}")));
        lines
    }

    fn state(&self, contract: &Contract) -> String {
        use crate::domain::facts::ContractStatus::{Active, Suspended, Terminated};
        let span = span(Some(contract.valid_from).filter(|from| *from > Date::MIN), contract.valid_until);
        match contract.status {
            Active if contract.in_force(self.today) => format!("in force, {span}"),
            Active => format!("not in force, {span}"),
            Suspended => format!("suspended, {span}"),
            Terminated => format!("terminated, {span}"),
        }
    }

    fn person(&self, names: [Option<&Masked>; 2]) -> String {
        if !self.names {
            return "(--names shows it)".to_owned();
        }
        names.into_iter().flatten().map(Masked::expose).collect::<Vec<_>>().join(" ")
    }

    fn origin(&self, origin: Origin) -> String {
        let since = self.came.get(&origin.came).map(|one| moment(one.loaded_at)).unwrap_or_default();
        let flagged = if origin.flagged { "; flagged: an identifier breaks its format" } else { "" };
        format!(
            "  known since     snapshot {} ({since}), {} line {}{flagged}",
            origin.came,
            origin.feed.file(),
            origin.line
        )
    }
}

fn headed(one: &Structure) -> String {
    match (&one.finess, one.level) {
        (Some(finess), Some(FinessLevel::Legal)) => format!("FINESS {finess} (EJ)"),
        (Some(finess), Some(FinessLevel::Geographical)) => format!("FINESS {finess} (EG)"),
        (Some(finess), None) => format!("FINESS {finess}"),
        (None, _) => "structure without FINESS".to_owned(),
    }
}

fn named(one: &Structure) -> String {
    let class = one.class.map_or("unknown", crate::domain::facts::Class::as_str);
    let closed = if one.closed { ", closed" } else { "" };
    format!("{} {} ({class}{closed})", one.finess.as_deref().unwrap_or("—"), one.name)
}

fn span(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("{from} to {until}"),
        (Some(from), None) => format!("since {from}"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => "without dates".to_owned(),
    }
}

impl Alerts {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let (by, now) = (self.operator.name(), SystemClock.now());
        let mut missing = false;
        let because = self.because.unwrap_or_default();
        for id in &self.acknowledge {
            if store.acknowledge_alert(*id, (&by, &because), now).await? {
                say(&format!("alert {id} acknowledged by {by}"));
            } else {
                missing = true;
                complain(&format!("there is no open alert {id}"));
            }
        }
        if self.acknowledge.is_empty() {
            show_alerts(&store, self.all).await?;
        }
        Ok(if missing { ExitCode::from(3) } else { ExitCode::SUCCESS })
    }
}

/// The table of alerts; how many.
pub(super) async fn show_alerts(store: &Store, all: bool) -> anyhow::Result<usize> {
    let alerts = store.alerts(all).await?;
    for alert in &alerts {
        say(&super::columns(&cells(alert), &[5, 16, 17, 34, 11, 17, 40]));
    }
    if alerts.is_empty() {
        complain("no alert");
    }
    Ok(alerts.len())
}

fn cells(alert: &AlertRow) -> Vec<String> {
    let acknowledged = alert.acknowledged.as_ref();
    vec![
        alert.id.to_string(),
        alert.number.to_string(),
        moment(alert.raised_at),
        match alert.what {
            // enough to tell cards apart, too little to use one
            What::CardOpposed => {
                let end: String = alert.about.chars().skip(6).collect();
                format!("card ending in {end} is opposed")
            }
            What::ContractEnded => format!("contract of {} ended", alert.about),
            What::StructureClosed => format!("{} closed or gone", alert.about),
        },
        alert.since.clone(),
        format!("snapshot {}", alert.snapshot),
        acknowledged.map(|(at, by)| format!("acknowledged {} by {by}", moment(*at))).unwrap_or_default(),
    ]
}
