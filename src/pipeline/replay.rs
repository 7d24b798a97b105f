//! Past decisions taken again with today's code and configuration, against the registry of then or of
//! now. Only asks: nothing is recorded, nothing is sent.

use super::judge::Mail;
use super::{Ground, Line};
use crate::clock::paris_day;
use crate::domain::case::{CaseNumber, Opened};
use crate::fault::Fault;
use crate::report::{Comparison, Recorded, Rows, Submission};
use crate::sandbox::Unopened;
use crate::store::{Lane, MailId, Past, PastCase};
use jiff::Timestamp;
use jiff::civil::Date;

/// The reference day of a decision, when it was taken, and the snapshot that was asked.
type DecidedOn = (Date, Timestamp, Option<i64>);

/// Which registry answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The snapshot that each decision was taken with, as it stood at that time.
    RegistryThen,
    /// The current one.
    RegistryNow,
}

/// A case, decided again.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub number: CaseNumber,
    /// The versions it was recorded with.
    pub rules_version: String,
    pub reader_version: String,
    pub end: Again,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Again {
    /// What was recorded against what is found now.
    Judged(Box<Comparison>),
    /// The mail does not hold this submission any more, as it is read now.
    NoSubmission,
    /// It cannot be decided again, for this reason.
    NotReplayed(String),
}

impl Line {
    /// Decides a message again. One answer for each of its cases; and how many more submissions are
    /// found in it now.
    ///
    /// # Errors
    /// A database that does not answer. What keeps one message from being replayed is in its answers.
    pub async fn replay(&self, message: MailId, against: Against) -> Result<(Vec<Replayed>, usize), Fault> {
        let past = self.store.past_decision(message).await?;
        let (mail, opened) = match self.opened_of(&past).await {
            Ok(opened) => opened,
            Err(why) => {
                let not = |case: &PastCase| replayed(case, Again::NotReplayed(why.clone()));
                return Ok((past.cases.iter().map(not).collect(), 0));
            }
        };
        // one of a mail's cases may have waited: then it was judged later than the others
        let mut grounds: Vec<(DecidedOn, Result<Vec<Submission>, String>)> = Vec::new();
        let mut all = Vec::with_capacity(past.cases.len());
        for (place, case) in past.cases.iter().enumerate() {
            let on = (case.day, case.decided_at, case.registry_snapshot);
            if !grounds.iter().any(|(known, _)| *known == on) {
                grounds.push((on, self.judged_again(mail, opened.clone(), case, against).await));
            }
            let found = grounds.iter().find(|(known, _)| *known == on);
            let end = match found.map(|(_, judged)| judged) {
                Some(Err(why)) => Again::NotReplayed(why.clone()),
                Some(Ok(judged)) => judged.get(place).map_or(Again::NoSubmission, |now| compared(case, now)),
                None => Again::NoSubmission,
            };
            all.push(replayed(case, end));
        }
        let found = grounds.iter().filter_map(|(_, judged)| Some(judged.as_ref().ok()?.len())).max();
        Ok((all, found.unwrap_or_default().saturating_sub(past.cases.len())))
    }

    /// The mail, opened as it was then; or why it cannot be.
    async fn opened_of<'p>(&self, past: &'p Past) -> Result<(Mail<'p>, Opened), String> {
        let Some(content) = past.content.as_ref() else {
            let purged = self.store.purged(past.message).await.map_err(|fault| fault.to_string())?;
            return Err(purged.map_or_else(
                || "the mail is not kept any more".to_owned(),
                |purged| format!("purged on {} by rule {}", paris_day(purged.at), purged.rule),
            ));
        };
        let mail = Mail { id: past.message, content, size: past.size, known: past.known() };
        // whoever replays waits for paper, too
        let opened = self.open(mail, Lane::Paper).await.map_err(|unopened| match unopened {
            Unopened::Ended(ended) => format!("the mail could not be opened: {ended}"),
            Unopened::Fault(fault) => fault.to_string(),
        })?;
        Ok((mail, opened.ok_or("the mail could not be opened")?))
    }

    /// A mail's submissions as they are judged now, on the day of one of its cases; or why that cannot
    /// be told.
    async fn judged_again(
        &self,
        mail: Mail<'_>,
        opened: Opened,
        case: &PastCase,
        against: Against,
    ) -> Result<Vec<Submission>, String> {
        let ground = self.ground_of(case, against).await?;
        let judgement = self.judge(mail, opened, ground).await.map_err(|fault| fault.to_string())?;
        Ok(judgement.judged.iter().map(Submission::from).collect())
    }

    async fn ground_of(&self, case: &PastCase, against: Against) -> Result<Ground<'_>, String> {
        let today = self.ground(case.day);
        if against == Against::RegistryNow {
            return Ok(today);
        }
        let then = Ground { now: case.decided_at, snapshot: case.registry_snapshot, ..today };
        let Some(id) = case.registry_snapshot else {
            // nothing was loaded then
            return Ok(Ground { registry: None, ..then });
        };
        let snapshot = self.registry.snapshot(id).await.map_err(|fault| fault.to_string())?;
        if snapshot.is_some_and(|snapshot| snapshot.can_answer(then.now, then.max_age)) {
            Ok(then)
        } else {
            Err(format!("registry snapshot {id}, which it was decided with, is not kept any more"))
        }
    }
}

/// What was recorded against what is found now.
fn compared(case: &PastCase, now: &Submission) -> Again {
    let now = Recorded::parse(&now.to_json().to_string());
    match (Recorded::parse(case.report.expose()), now) {
        (Ok(before), Ok(now)) => Again::Judged(Box::new(before.against(&now, Rows::ByPlace))),
        (Err(_), _) | (_, Err(_)) => {
            Again::NotReplayed("what was recorded of it is not kept any more".into())
        }
    }
}

fn replayed(case: &PastCase, end: Again) -> Replayed {
    Replayed {
        number: case.number.clone(),
        rules_version: case.rules_version.clone(),
        reader_version: case.reader_version.clone(),
        end,
    }
}
