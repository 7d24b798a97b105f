//! Examining: read → gather facts → judge. The daemon and `guichet check` come through here, so
//! trying the contract tries the line.

use super::Line;
use crate::domain::applied::Applied;
use crate::domain::case::{Judged, Opened};
use crate::domain::facts::{Facts, NoAnswer, Wanted};
use crate::domain::fill::{fill, wanted};
use crate::domain::mail::DocumentHead;
use crate::domain::policy::Policy;
use crate::domain::rules;
use crate::domain::sheet::Reading;
use crate::domain::submissions;
use crate::registry::Registry;
use crate::report::Versions;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// The rules that decide: the package's version and a fingerprint of their source (`build.rs`).
pub const RULES_VERSION: &str = env!("GUICHET_RULES");
/// The same of what opens and reads.
pub const READER_VERSION: &str = env!("GUICHET_READER");

/// The code of this program, as decisions are recorded with it.
#[must_use]
pub fn this_code() -> Versions {
    Versions { rules: RULES_VERSION.to_owned(), reader: READER_VERSION.to_owned() }
}

/// The documents' names, as evidence counts them.
#[must_use]
pub fn names_of(opened: &Opened) -> Vec<String> {
    opened.documents.iter().map(|document| document.name.clone()).collect()
}

/// What examining made of one message or document.
#[derive(Debug, Clone)]
pub struct Examined {
    /// In the order the forms were found.
    pub judged: Vec<Judged>,
    /// What each was judged from.
    pub readings: Vec<Reading>,
}

/// What examining rests on besides the documents.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub registry: Option<&'a Registry>,
    pub policy: &'a Policy,
    /// The day of reception in Paris.
    pub day: Date,
    pub now: Timestamp,
    /// A registry older than this does not answer.
    pub max_age: SignedDuration,
    /// The snapshot that is asked; `None`: the current one.
    pub snapshot: Option<i64>,
}

impl Line {
    pub(super) fn ground(&self, day: Date) -> Ground<'_> {
        Ground {
            registry: Some(&self.registry),
            policy: &self.settings.policy,
            day,
            now: self.now(),
            max_age: self.settings.registry_max_age,
            snapshot: None,
        }
    }
}

/// Examines what was opened. `extra` are the rules about the message as a whole; each submission
/// carries them. `documents` are all of the message's, to tell which were sent twice in it.
pub async fn examine(
    readings: Vec<Reading>,
    documents: &[DocumentHead],
    extra: &[Applied],
    ground: Ground<'_>,
) -> Examined {
    let mut examined = Examined { judged: Vec::new(), readings: Vec::new() };
    for reading in submissions::join(readings) {
        examined.readings.push(reading.clone());
        let filled = fill(reading, ground.policy);
        let asked = filled.form.as_ref().map(wanted).unwrap_or_default();
        let facts = gather(&asked, ground).await;
        let twice = rules::mail::sent_twice(&filled.documents, documents);
        let extra = extra.iter().cloned().chain(twice).collect();
        examined.judged.push(rules::judge_with(filled, &facts, ground.policy, ground.day, extra));
    }
    examined
}

/// The registry's answers. A registry that cannot be asked answers nothing, which leads to review,
/// never to a rejection (rulebook, principle 2).
async fn gather(wanted: &Wanted, ground: Ground<'_>) -> Facts {
    let Some(registry) = ground.registry else { return Facts::silence(wanted, &NoAnswer::NeverLoaded) };
    let answered = match ground.snapshot {
        None => registry.facts(wanted, ground.now, ground.max_age).await,
        Some(snapshot) => registry.facts_of(snapshot, wanted, ground.now, ground.max_age).await,
    };
    match answered {
        Ok(facts) => facts,
        Err(fault) => {
            tracing::error!(%fault, "the registry does not answer: submissions wait for a person");
            Facts::silence(wanted, &NoAnswer::Unreadable)
        }
    }
}

/// The name of each submission's documents beside their SHA-256, for `already_received`.
#[must_use]
pub(super) fn hashes_of<'a>(documents: &[String], opened: &'a Opened) -> Vec<&'a str> {
    documents
        .iter()
        .filter_map(|name| opened.documents.iter().find(|document| document.name == *name))
        .map(|document| document.sha256.as_str())
        .collect()
}
