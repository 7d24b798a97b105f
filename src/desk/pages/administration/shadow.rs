//! How far guichet and staff agree, over cases that both decided: while it runs in shadow, and afterwards.

use crate::clock::{paris, paris_day};
use crate::desk::app::Desk;
use crate::desk::frame::{Answer, Frame, Part, Refused, shown};
use crate::desk::pages::queue::reason;
use crate::desk::trail::Asked;
use crate::desk::who::Who;
use crate::desk::words::{count, share};
use crate::domain::agreement::Agreement;
use crate::domain::staff::Right;
use crate::fault::Fault;
use crate::report::csv;
use crate::store::VerdictFilter;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use std::sync::Arc;

/// Days that are looked back where nothing else is asked for.
const DAYS: i32 = 90;
/// Cases that a list names.
const NAMED: usize = 100;

#[derive(Template)]
#[template(path = "administration/shadow.html")]
struct Page {
    frame: Frame,
    from: String,
    to: String,
    cases: String,
    same: String,
    share: String,
    left: String,
    accepted: Vec<String>,
    accepted_more: usize,
    rejected: Vec<String>,
    rejected_more: usize,
    rules: Vec<RuleRow>,
}

struct RuleRow {
    name: &'static str,
    code: &'static str,
    both: usize,
    only_guichet: usize,
    only_staff: usize,
}

/// From the first day to the last, both within.
fn days(asked: &Asked, today: Date) -> (Date, Date) {
    let day = |key: &str| asked.get(key).and_then(|text| text.parse().ok());
    let until = day("au").unwrap_or(today);
    (day("du").unwrap_or_else(|| until.saturating_sub(DAYS.days())), until)
}

/// The days that are asked for, and how far both agree in them: for those who may see it.
async fn compared(who: &Who, desk: &Desk, asked: &Asked) -> Result<((Date, Date), Agreement), Refused> {
    who.has(Right::SeeAdministration)?;
    let (since, until) = days(asked, paris_day(desk.now()));
    let begins = |day: Date| -> Option<Timestamp> { Some(day.to_zoned(paris()).ok()?.timestamp()) };
    let filter = VerdictFilter { from: begins(since), before: until.tomorrow().ok().and_then(begins) };
    Ok(((since, until), Agreement::of(&desk.store().decided_by_both(filter).await?)))
}

/// `GET /administration/observation`, with `du` and `au`.
pub(in crate::desk) async fn page(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<Asked>,
) -> Answer {
    let ((since, until), agreement) = compared(&who, &desk, &asked).await?;
    let decided = agreement.cases - agreement.left_to_a_person;
    let named = |all: &[String]| (all.iter().take(NAMED).cloned().collect(), all.len().saturating_sub(NAMED));
    let (accepted, accepted_more) = named(&agreement.wrongly_accepted);
    let (rejected, rejected_more) = named(&agreement.wrongly_rejected);
    Ok(shown(&Page {
        frame: Frame::of(&who, Part::Administration, desk.line.settings.shadow),
        from: since.to_string(),
        to: until.to_string(),
        cases: count(agreement.cases as u64),
        same: count(agreement.same as u64),
        share: share(agreement.same as u64, decided as u64),
        left: count(agreement.left_to_a_person as u64),
        accepted,
        accepted_more,
        rejected,
        rejected_more,
        rules: agreement
            .rules
            .iter()
            .map(|(code, counts)| RuleRow {
                name: reason(*code),
                code: code.as_str(),
                both: counts.both,
                only_guichet: counts.only_guichet,
                only_staff: counts.only_staff,
            })
            .collect(),
    }))
}

/// `GET /administration/observation.csv`: a row for each rule, with the same days.
pub(in crate::desk) async fn table(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<Asked>,
) -> Answer {
    let ((since, until), agreement) = compared(&who, &desk, &asked).await?;
    let rows = agreement.rules.iter().map(|(code, counts)| {
        let numbers = [counts.both, counts.only_guichet, counts.only_staff].map(|count| count.to_string());
        [reason(*code).to_owned(), code.as_str().to_owned()].into_iter().chain(numbers).collect()
    });
    let header = ["motif", "règle", "les_deux", "guichet_seul", "service_seul"];
    let text = csv::table(b',', &header, rows).map_err(|error| Fault::never("writing CSV", error))?;
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"guichet-observation-{since}-{until}.csv\"")),
    ];
    Ok((head, text).into_response())
}
