//! The pictures, each with its table: what a cell shows, and what it is for a spreadsheet.

use super::super::queue::reason;
use super::numbers::Numbers;
use super::period::name;
use crate::desk::charts::{About, Bar, Bars, Column, Columns, Paint, SpanOf, Spans, float};
use crate::desk::words::{brief, count, feed, lasted, moment, share, span};
use crate::domain::facts::Feed;
use crate::registry::SnapshotFeed;
use crate::store::Counts;
use askama::Template;
use jiff::SignedDuration;
use jiff::civil::Date;

/// A picture and its numbers.
pub(super) struct View {
    /// In addresses and ids.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// Under the title.
    pub(super) lead: String,
    /// HTML; `None`: there is nothing to be seen.
    pub(super) picture: Option<String>,
    pub(super) columns: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
}

pub(super) struct Head {
    pub(super) shown: &'static str,
    /// In a CSV.
    pub(super) name: &'static str,
}

pub(super) struct Cell {
    pub(super) shown: String,
    /// In a CSV: days are ISO days, lengths are minutes.
    pub(super) raw: String,
}

fn head(shown: &'static str, name: &'static str) -> Head {
    Head { shown, name }
}

fn counted(number: u64) -> Cell {
    Cell { shown: count(number), raw: number.to_string() }
}

fn words(text: impl Into<String>) -> Cell {
    let shown = text.into();
    Cell { raw: shown.clone(), shown }
}

fn day(day: Date) -> Cell {
    Cell { shown: super::french(day), raw: day.to_string() }
}

fn length(length: Option<SignedDuration>) -> Cell {
    Cell {
        shown: length.map_or_else(|| "–".to_owned(), lasted),
        raw: length.map(|length| length.as_mins().to_string()).unwrap_or_default(),
    }
}

fn drawn(picture: &impl Template) -> Option<String> {
    picture.render().map_err(|error| tracing::error!(%error, "a picture could not be drawn")).ok()
}

/// All of them, as they stand on the page.
pub(super) fn views(numbers: &Numbers) -> Vec<View> {
    vec![
        outcomes(numbers),
        took(numbers),
        machine(numbers),
        reasons(numbers),
        queue(numbers),
        registry(numbers),
    ]
}

fn of_days(numbers: &Numbers, cells: impl Fn(&Counts) -> Vec<Cell>) -> Vec<Vec<Cell>> {
    let row = |((first, last), counts): &((Date, Date), Counts)| {
        [day(*first), day(*last)].into_iter().chain(cells(counts)).collect()
    };
    numbers.steps.iter().map(row).collect()
}

fn outcomes(numbers: &Numbers) -> View {
    let id = "issues";
    let title = format!("Dossiers reçus, {}", numbers.period.every.french());
    let total = &numbers.total;
    let says = format!(
        "Reçus : {} ; acceptés : {} ; refusés : {} ; classés sans suite : {} ; en attente : {}.",
        count(total.received()),
        count(total.accepted),
        count(total.rejected),
        count(total.dismissed),
        count(total.waiting)
    );
    let column = |((first, last), counts): &((Date, Date), Counts)| Column {
        label: numbers.period.label(*first),
        says: format!(
            "{} : {} acceptés, {} refusés, {} classés sans suite, {} en attente",
            name((*first, *last)),
            counts.accepted,
            counts.rejected,
            counts.dismissed,
            counts.waiting
        ),
        parts: vec![counts.accepted, counts.rejected, counts.dismissed, counts.waiting],
    };
    let parts = [
        (Paint::Good, "Acceptés"),
        (Paint::Bad, "Refusés"),
        (Paint::Quiet, "Classés sans suite"),
        (Paint::Open, "En attente"),
    ];
    let about = About { id, title: title.clone(), says: says.clone() };
    let picture = Columns::new(about, &parts, (None, ""), numbers.steps.iter().map(column).collect());
    View {
        id,
        title,
        lead: says,
        picture: (total.received() > 0).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Du", "du"),
            head("Au", "au"),
            head("Reçus", "reçus"),
            head("Acceptés", "acceptés"),
            head("Refusés", "refusés"),
            head("Classés sans suite", "classés_sans_suite"),
            head("En attente", "en_attente"),
        ],
        rows: of_days(numbers, |counts| {
            [counts.received(), counts.accepted, counts.rejected, counts.dismissed, counts.waiting]
                .map(counted)
                .into()
        }),
    }
}

fn took(numbers: &Numbers) -> View {
    let id = "delais";
    let title = format!("Délai de décision, {}", numbers.period.every.french());
    let total = &numbers.total.took;
    let says = match total.percentile(50).zip(total.percentile(95)) {
        Some((half, most)) => format!(
            "De la réception du courriel à la décision : la moitié en {} au plus, 95 % en {} au plus.",
            lasted(half),
            lasted(most)
        ),
        None => "Rien n'a encore été décidé de ce qui a été reçu.".to_owned(),
    };
    let one = |((first, last), counts): &((Date, Date), Counts)| {
        let (half, most) = (counts.took.percentile(50), counts.took.percentile(95));
        let told = |length: Option<SignedDuration>| length.map(lasted).unwrap_or_default();
        SpanOf {
            label: numbers.period.label(*first),
            says: format!(
                "{} : médiane {}, 95 % en {} au plus",
                name((*first, *last)),
                told(half),
                told(most)
            ),
            half,
            most,
        }
    };
    let scale = format!("{says} Échelle logarithmique, de la minute au mois.");
    let about = About { id, title: title.clone(), says: scale };
    let line = (numbers.promise, format!("engagement : {}", span(numbers.promise)));
    let picture = Spans::new(about, numbers.steps.iter().map(one).collect(), Some(line));
    View {
        id,
        title,
        lead: says,
        picture: (total.count() > 0).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Du", "du"),
            head("Au", "au"),
            head("Décidés", "décidés"),
            head("Médiane", "médiane_minutes"),
            head("95 % au plus", "p95_minutes"),
        ],
        rows: of_days(numbers, |counts| {
            let percentile = |of| length(counts.took.percentile(of));
            vec![counted(counts.decided()), percentile(50), percentile(95)]
        }),
    }
}

fn machine(numbers: &Numbers) -> View {
    let id = "automatique";
    let title = "Décidés sans personne".to_owned();
    let total = &numbers.total;
    let alone = |counts: &Counts| counts.decided() - counts.by_staff;
    let says = format!(
        "Décidés : {} ; sans personne : {} ({}).",
        count(total.decided()),
        count(alone(total)),
        share(alone(total), total.decided())
    );
    let column = |((first, last), counts): &((Date, Date), Counts)| {
        // of a hundred, rounded
        let hundredth = (alone(counts) * 200 + counts.decided()).checked_div(counts.decided() * 2);
        let hundredth = hundredth.unwrap_or_default();
        Column {
            label: numbers.period.label(*first),
            says: format!(
                "{} : {} sans personne, {} par le service",
                name((*first, *last)),
                alone(counts),
                counts.by_staff
            ),
            parts: if counts.decided() == 0 { vec![0, 0] } else { vec![hundredth, 100 - hundredth] },
        }
    };
    let parts = [(Paint::Plain, "Sans personne"), (Paint::Open, "Par le service")];
    let about = About { id, title: title.clone(), says: says.clone() };
    let columns = numbers.steps.iter().map(column).collect();
    let picture = Columns::new(about, &parts, (Some(100), "\u{a0}%"), columns);
    View {
        id,
        title,
        lead: says,
        picture: (total.decided() > 0).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Du", "du"),
            head("Au", "au"),
            head("Décidés", "décidés"),
            head("Sans personne", "sans_personne"),
            head("Par le service", "par_le_service"),
            head("Part sans personne", "part_sans_personne"),
        ],
        rows: of_days(numbers, |counts| {
            let part = Cell {
                shown: share(alone(counts), counts.decided()),
                raw: if counts.decided() == 0 {
                    String::new()
                } else {
                    format!("{:.3}", float(alone(counts)) / float(counts.decided()))
                },
            };
            vec![counted(counts.decided()), counted(alone(counts)), counted(counts.by_staff), part]
        }),
    }
}

/// Reasons that the picture shows; the table has them all.
const SHOWN: usize = 10;

fn reasons(numbers: &Numbers) -> View {
    let id = "motifs";
    let title = "Motifs de refus".to_owned();
    let total = &numbers.total;
    let mut all: Vec<_> = total.reasons.iter().filter(|(_, count)| **count > 0).collect();
    all.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), **code));
    let first = all.first().map(|(code, count)| {
        let most = share(**count, total.rejected);
        format!(" Le plus fréquent : {} ({most}).", reason(**code).to_lowercase())
    });
    let says = format!("Dossiers refusés : {}.{}", count(total.rejected), first.unwrap_or_default());
    let bar = |(code, times): &(&crate::domain::finding::Code, &u64)| Bar {
        name: reason(**code).to_owned(),
        length: float(**times),
        says: count(**times),
        paint: Paint::Plain,
    };
    let about = About { id, title: title.clone(), says: says.clone() };
    let picture = Bars::new(about, all.iter().take(SHOWN).map(bar).collect(), None);
    View {
        id,
        title,
        lead: format!("{says} Un dossier peut en avoir plusieurs."),
        picture: (!all.is_empty()).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Motif", "motif"),
            head("Règle", "règle"),
            head("Dossiers refusés", "dossiers_refusés"),
            head("Part des refus", "part_des_refus"),
        ],
        rows: all
            .iter()
            .map(|(code, times)| {
                let part = Cell {
                    shown: share(**times, total.rejected),
                    raw: format!("{:.3}", float(**times) / float(total.rejected.max(1))),
                };
                vec![words(reason(**code)), words(code.as_str()), counted(**times), part]
            })
            .collect(),
    }
}

fn queue(numbers: &Numbers) -> View {
    let id = "file";
    let title = "Âge de la file, maintenant".to_owned();
    let (all, late) = numbers.waits();
    let promise = span(numbers.promise);
    let says = format!(
        "En attente d'une personne : {} ; depuis plus longtemps que l'engagement du service ({promise}) : {}.",
        count(all),
        count(late)
    );
    let ages = numbers.waiting.iter().enumerate().map(|(place, (least, _))| {
        match (numbers.waiting.get(place + 1), least.is_zero()) {
            (Some((next, _)), true) => format!("< {}", brief(*next)),
            (Some((next, _)), false) => format!("{} à {}", brief(*least), brief(*next)),
            (None, _) => format!("> {}", brief(*least)),
        }
    });
    let ages: Vec<String> = ages.collect();
    let columns = numbers.waiting.iter().zip(&ages).map(|((_, waiting), age)| Column {
        label: age.clone(),
        says: format!("{age} : {} suivis, {} que personne ne suit", waiting.taken, waiting.nobodys),
        parts: vec![waiting.taken, waiting.nobodys],
    });
    let parts = [(Paint::Plain, "Suivis par quelqu'un"), (Paint::Bad, "Suivis par personne")];
    let about = About { id, title: title.clone(), says: says.clone() };
    let before = numbers.waiting.iter().position(|(least, _)| *least >= numbers.promise).unwrap_or_default();
    let picture = Columns::new(about, &parts, (None, ""), columns.collect())
        .with_line(before, format!("engagement : {promise}"));
    let next = |place: usize| numbers.waiting.get(place + 1).map(|(next, _)| next.as_mins().to_string());
    View {
        id,
        title,
        lead: says,
        picture: (all > 0).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Âge", "âge_minutes_au_moins"),
            head("", "âge_minutes_moins_de"),
            head("Suivis", "suivis"),
            head("Que personne ne suit", "non_suivis"),
        ],
        rows: numbers
            .waiting
            .iter()
            .zip(ages)
            .enumerate()
            .map(|(place, ((least, waiting), age))| {
                vec![
                    Cell { shown: age, raw: least.as_mins().to_string() },
                    Cell { shown: String::new(), raw: next(place).unwrap_or_default() },
                    counted(waiting.taken),
                    counted(waiting.nobodys),
                ]
            })
            .collect(),
    }
}

fn registry(numbers: &Numbers) -> View {
    let id = "referentiel";
    let title = "Fraîcheur du référentiel".to_owned();
    let feeds: &[SnapshotFeed] = numbers.registry.as_ref().map_or(&[], |snapshot| &snapshot.feeds);
    let age = |one: &SnapshotFeed| numbers.now.duration_since(one.loaded_at);
    let old = feeds.iter().filter(|one| age(one) > numbers.max_age).count();
    let says = match feeds.iter().map(age).max() {
        None => "Aucun référentiel n'a été chargé.".to_owned(),
        Some(oldest) => format!(
            "Le fichier le plus ancien a {} ; plus vieux que {}, donc plus crus : {old}.",
            span(oldest),
            span(numbers.max_age)
        ),
    };
    let named = |one: Feed| feed(one).to_owned();
    let bar = |one: &SnapshotFeed| Bar {
        name: named(one.feed),
        length: age(one).as_secs_f64().max(0.0),
        says: span(age(one)),
        paint: if age(one) > numbers.max_age { Paint::Bad } else { Paint::Good },
    };
    let about = About { id, title: title.clone(), says: says.clone() };
    let line = (numbers.max_age.as_secs_f64(), format!("limite : {}", span(numbers.max_age)));
    let picture = Bars::new(about, feeds.iter().map(bar).collect(), Some(line));
    let row = |one: &SnapshotFeed| {
        vec![
            Cell { shown: named(one.feed), raw: one.feed.as_str().to_owned() },
            Cell { shown: moment(one.loaded_at), raw: one.loaded_at.to_string() },
            Cell { shown: span(age(one)), raw: age(one).as_mins().to_string() },
            counted(one.rows),
            counted(one.bad_rows),
        ]
    };
    View {
        id,
        title,
        lead: says,
        picture: (!feeds.is_empty()).then(|| drawn(&picture)).flatten(),
        columns: vec![
            head("Fichier", "fichier"),
            head("Chargé", "chargé"),
            head("Âge", "âge_minutes"),
            head("Lignes", "lignes"),
            head("Illisibles", "lignes_illisibles"),
        ],
        rows: feeds.iter().map(row).collect(),
    }
}
