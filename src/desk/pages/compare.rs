//! A case beside an earlier one: which there are to choose from, and what has changed since the chosen one.

use crate::desk::app::Desk;
use crate::desk::frame::{Choice, Refused};
use crate::desk::words::{day, decision, verdict};
use crate::domain::case::CaseNumber;
use crate::report::{Recorded, Rows};
use crate::store::{CaseDetail, CaseState, EarlierCase};

/// Earlier cases to choose from.
const SHOWN: u32 = 20;

/// What there is to compare with; empty where nothing came before.
pub(super) struct Comparing {
    pub(super) choices: Vec<Choice>,
    pub(super) compared: Option<Compared>,
}

pub(super) struct Compared {
    pub(super) number: String,
    pub(super) answers: Vec<Changed>,
    pub(super) findings: String,
}

pub(super) struct Changed {
    pub(super) place: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Beside the one that was asked for, if it is one of those before; else the one that it follows.
pub(super) async fn comparing(
    desk: &Desk,
    detail: &CaseDetail,
    asked: Option<&str>,
) -> Result<Comparing, Refused> {
    let earlier = desk.store().earlier_cases(&detail.row.number, SHOWN).await?;
    let asked =
        asked.and_then(CaseNumber::parse).filter(|asked| earlier.iter().any(|one| one.number == *asked));
    let chosen = asked.or_else(|| detail.row.linked.clone());
    let before = match &chosen {
        Some(number) => desk.store().case(number).await?,
        None => None,
    };
    let shown = chosen.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(Comparing {
        choices: earlier.iter().map(|one| Choice::new(one.number.to_string(), told(one), &shown)).collect(),
        compared: before.and_then(|before| compared(&before, detail)),
    })
}

fn told(one: &EarlierCase) -> String {
    let line = if one.followed { ", auquel celui-ci fait suite" } else { "" };
    let stands = match one.state {
        CaseState::Decided if one.dismissed => decision("dismissed"),
        CaseState::Decided => decision(one.verdict.as_str()),
        CaseState::Waiting => verdict(one.verdict.as_str()),
    };
    format!("{} du {}, {stands}{line}", one.number, day(one.received_at))
}

fn compared(before: &CaseDetail, now: &CaseDetail) -> Option<Compared> {
    let [old, new] = [before, now].map(|case| Recorded::parse(case.report.expose()).ok());
    let compared = old?.against(&new?, Rows::ByNumber);
    let text = |value: Option<String>| value.unwrap_or_else(|| "vide".to_owned());
    let answers = compared.answers.into_iter().map(|answer| Changed {
        place: answer.place,
        before: text(answer.before),
        after: text(answer.after),
    });
    Some(Compared {
        number: before.row.number.to_string(),
        answers: answers.collect(),
        findings: format!(
            "Constats : {} disparus, {} nouveaux, {} encore là.",
            compared.gone.len(),
            compared.new.len(),
            compared.still.len() + compared.changed.len()
        ),
    })
}
