//! The registry at the desk: what is loaded of each feed and how old it is, the loadings there were, and the
//! alerts that came of them.

use super::{Alert, SHOWN, alert};
use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Part, shown};
use crate::desk::who::Who;
use crate::desk::words::{count, feed, moment, span};
use crate::domain::staff::Right;
use crate::registry::{Feed, Snapshot, SnapshotState, Table};
use crate::store::AlertRow;
use askama::Template;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "administration/registry.html")]
struct Page {
    frame: Frame,
    limit: String,
    feeds: Vec<FeedRow>,
    loadings: Vec<Loading>,
    alerts: Vec<Seen>,
    open: usize,
}

struct FeedRow {
    name: &'static str,
    state: &'static str,
    tone: &'static str,
    loaded: String,
    age: String,
    rows: String,
    flagged: String,
    bad: String,
    origin: String,
}

struct Loading {
    id: i64,
    state: &'static str,
    tone: &'static str,
    at: String,
    origin: String,
    rows: String,
}

/// An alert, and who has seen to it.
struct Seen {
    alert: Alert,
    by: Option<String>,
}

/// `GET /administration/referentiel`
pub(in crate::desk) async fn page(who: Who, State(desk): State<Arc<Desk>>) -> Answer {
    who.has(Right::SeeAdministration)?;
    let snapshots = desk.line.registry.snapshots().await?;
    let alerts = desk.store().alerts(true).await?;
    let (now, limit) = (desk.now(), desk.line.settings.registry_max_age);
    let current = snapshots.iter().find(|one| one.state == SnapshotState::Current);
    Ok(shown(&Page {
        frame: Frame::of(&who, Part::Administration, desk.line.settings.shadow),
        limit: span(limit),
        feeds: Feed::ALL.into_iter().filter_map(|feed| feed_row(feed, current, (now, limit))).collect(),
        loadings: snapshots.iter().take(SHOWN).map(loading).collect(),
        open: alerts.iter().filter(|one| one.acknowledged.is_none()).count(),
        alerts: alerts.iter().rev().take(SHOWN).map(seen).collect(),
    }))
}

fn seen(row: &AlertRow) -> Seen {
    let by = row.acknowledged.as_ref();
    Seen { alert: alert(row), by: by.map(|(at, by)| format!("{by}, le {}", moment(*at))) }
}

/// A public feed that was never loaded is none that is missed.
fn feed_row(
    one: Feed,
    current: Option<&Snapshot>,
    (now, limit): (Timestamp, SignedDuration),
) -> Option<FeedRow> {
    let withdrawn = current.and_then(|snapshot| snapshot.withdrawn.iter().find(|row| row.feed == one));
    let loaded = current.and_then(|snapshot| snapshot.feed(one));
    let blank = FeedRow {
        name: feed(one),
        state: "Jamais chargé",
        tone: "bad",
        loaded: String::new(),
        age: String::new(),
        rows: String::new(),
        flagged: String::new(),
        bad: String::new(),
        origin: String::new(),
    };
    if let Some(withdrawn) = withdrawn {
        let loaded = format!("par {}, le {}", withdrawn.by, moment(withdrawn.at));
        return Some(FeedRow { state: "Retiré", tone: "warn", loaded, ..blank });
    }
    let Some(loaded) = loaded else {
        let covered = |table: Table| {
            current.is_some_and(|snapshot| snapshot.feeds.iter().any(|other| other.feed.table() == table))
        };
        return (Feed::OWN.contains(&one) && !covered(one.table())).then_some(blank);
    };
    let age = now.duration_since(loaded.loaded_at);
    let (state, tone) = if age > limit { ("Trop ancien", "bad") } else { ("À jour", "good") };
    Some(FeedRow {
        state,
        tone,
        loaded: moment(loaded.loaded_at),
        age: span(age),
        rows: count(loaded.rows),
        flagged: count(loaded.flagged),
        bad: count(loaded.bad_rows),
        origin: loaded.origin.clone(),
        ..blank
    })
}

fn loading(snapshot: &Snapshot) -> Loading {
    let (state, tone) = match snapshot.state {
        SnapshotState::Loading => ("En cours, ou interrompu", "warn"),
        SnapshotState::Current => ("Consulté", "good"),
        SnapshotState::Previous => ("Précédent", ""),
        SnapshotState::Dropped => ("Effacé", ""),
    };
    Loading {
        id: snapshot.id,
        state,
        tone,
        at: moment(snapshot.loaded_at),
        origin: snapshot.origin.clone(),
        rows: count(snapshot.feeds.iter().map(|feed| feed.rows).sum()),
    }
}
