//! The overview: pictures of what came, what became of it and how long it took, of what waits now, and of what
//! the work rests on. Under each picture the numbers, and the same as CSV. Nothing on it is about a person.

mod numbers;
mod period;
mod views;

use crate::clock::paris_day;
use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::trail::Asked;
use crate::desk::who::Who;
use crate::desk::words::{count, health, lasted, share};
use crate::domain::staff::Right;
use crate::fault::Fault;
use crate::report::csv;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use numbers::Numbers;
use period::{OFFERED, Period, french};
use std::sync::Arc;
use views::{View, views};

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    offered: Vec<Offered>,
    query: String,
    /// As the fields of a form have them, and in words.
    from: String,
    to: String,
    shown: String,
    figures: Vec<Figure>,
    views: Vec<View>,
    health: Option<Vec<Trouble>>,
    administers: bool,
}

/// A period that is one press away.
struct Offered {
    days: i32,
    key: &'static str,
    name: &'static str,
    here: bool,
}

/// A number that says most.
struct Figure {
    number: String,
    says: &'static str,
    more: String,
    tone: &'static str,
}

/// Something that a person has to look at.
struct Trouble {
    what: &'static str,
    how: String,
}

fn asks(asked: &Asked, desk: &Desk) -> Period {
    Period::of(asked, paris_day(desk.now()))
}

/// `GET /vue-d-ensemble`, with `jours`, or `du` and `au`.
pub(in crate::desk) async fn overview(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<Asked>,
) -> Answer {
    let numbers = Numbers::of(&desk, asks(&asked, &desk)).await?;
    let period = &numbers.period;
    let offered =
        OFFERED.map(|(days, key, name)| Offered { days, key, name, here: period.days == Some(days) });
    Ok(shown(&Page {
        frame: Frame::of(&who, Part::Overview, desk.line.settings.shadow),
        offered: offered.into(),
        query: period.query(),
        from: period.since.to_string(),
        to: period.until.to_string(),
        shown: format!("du {} au {}", french(period.since), french(period.until)),
        figures: figures(&numbers),
        views: views(&numbers),
        health: desk.health().map(|reasons| {
            let told = reasons.into_iter().map(|one| Trouble { what: health(one.what), how: one.how });
            told.collect()
        }),
        administers: who.may(Right::SeeAdministration),
    }))
}

fn figures(numbers: &Numbers) -> Vec<Figure> {
    let total = &numbers.total;
    let (waits, late) = numbers.waits();
    let percentile = |of| total.took.percentile(of).map_or_else(|| "–".to_owned(), lasted);
    let machine = total.decided() - total.by_staff;
    vec![
        Figure {
            number: count(total.received()),
            says: "dossiers reçus",
            more: format!("dont {} en attente", count(total.waiting)),
            tone: "",
        },
        Figure {
            number: share(machine, total.decided()),
            says: "décidés sans personne",
            more: format!("{} sur {}", count(machine), count(total.decided())),
            tone: "",
        },
        Figure {
            number: percentile(50),
            says: "de délai médian",
            more: format!("95 % en {} au plus", percentile(95)),
            tone: "",
        },
        Figure {
            number: count(waits),
            says: "à traiter aujourd'hui",
            more: format!("dont {} au-delà de l'engagement", count(late)),
            tone: if late > 0 { "late" } else { "" },
        },
    ]
}

/// `GET /vue-d-ensemble/{file}`: `issues.csv` and so on, with the same period.
pub(in crate::desk) async fn table(
    _: Who,
    State(desk): State<Arc<Desk>>,
    Path(file): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let name = file.strip_suffix(".csv").ok_or(Refused::NotFound)?;
    let numbers = Numbers::of(&desk, asks(&asked, &desk)).await?;
    let view = views(&numbers).into_iter().find(|view| view.id == name).ok_or(Refused::NotFound)?;
    let header: Vec<_> = view.columns.iter().map(|column| column.name).collect();
    let rows = view.rows.into_iter().map(|row| row.into_iter().map(|cell| cell.raw).collect());
    let text = csv::table(b',', &header, rows).map_err(|error| Fault::never("writing CSV", error))?;
    let (since, until) = (numbers.period.since, numbers.period.until);
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"guichet-{name}-{since}-{until}.csv\"")),
    ];
    Ok((head, text).into_response())
}
