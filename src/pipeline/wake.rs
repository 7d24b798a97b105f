//! Waking: a case that waited for the registry, or for a card to be valid, is judged again from what
//! was read then, and its requester gets the one letter that tells the decision.

use super::Line;
use super::examine::{READER_VERSION, RULES_VERSION, this_code};
use super::kept::Kept;
use super::letters::{Answered, Mailed};
use crate::clock::paris_day;
use crate::domain::case::{CaseNumber, Judged, VerdictKind};
use crate::domain::finding::{Code, Severity};
use crate::domain::sheet::Reading;
use crate::fault::Fault;
use crate::report::{self, Explained};
use crate::store::{
    Basis, CaseState, Content, JudgedAgain, NewWait, Sleeping, SleepingCase, WaitsFor, Woken,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

impl Line {
    /// The wait of a case that could not be decided for want of an answer, if that is what it lacks.
    pub(super) fn wait(&self, judged: &Judged) -> Option<NewWait> {
        let because = waits_for(judged)?;
        let now = self.now();
        let only = judged.findings.iter().filter(|one| one.severity == Severity::Review);
        Some(NewWait {
            because,
            asked: judged.snapshot,
            wake_on: tomorrow(because, paris_day(now)),
            deadline: now.saturating_add(self.settings.registry_wait).unwrap_or(Timestamp::MAX),
            shown: only.into_iter().any(|one| !comes_by_itself(one.code)),
        })
    }

    /// Judges the cases of one message again that can be. `false`: there is none.
    pub async fn wake_next(&self) -> Result<bool, Fault> {
        let now = self.now();
        let overdue = self.store.show_overdue(now).await?;
        if overdue > 0 {
            tracing::warn!(cases = overdue, "cases waited too long for the registry: staff see them");
        }
        let current = self.registry.current().await?.map(|snapshot| snapshot.id);
        let today = paris_day(now);
        let Some(sleeping) = self.store.next_to_wake(current, today).await? else { return Ok(false) };
        let mut judged = Vec::with_capacity(sleeping.cases.len());
        for case in &sleeping.cases {
            judged.push(self.woken(&sleeping, case, today).await?);
        }
        let told = || {
            let all = sleeping.cases.iter().zip(&judged);
            all.filter(|(_, (one, _))| one.verdict.kind() != VerdictKind::Review)
        };
        let numbers: Vec<CaseNumber> = told().map(|(case, _)| case.number.clone()).collect();
        let readings: Vec<Reading> = told().map(|(_, (_, kept))| kept.reading.clone()).collect();
        let told: Vec<Judged> = told().map(|(_, (one, _))| one.clone()).collect();
        // nobody is written to that it waits on
        let answered = match told.as_slice() {
            [] => Answered::AtOnce,
            told => self.answered(&sleeping.head, told).await?,
        };
        let woken: Vec<_> = judged
            .iter()
            .map(|(one, kept)| {
                // what waits on may begin to wait for something else
                if let Some(because) = waits_for(one) {
                    let wake_on = tomorrow(because, today);
                    return Woken::Waits { because, asked: current, wake_on };
                }
                let waits = one.verdict.kind() == VerdictKind::Review || answered.is_held();
                Woken::Judged(Box::new(JudgedAgain {
                    judged: one.clone(),
                    report: report::Submission::from(one).to_json(),
                    explanation: Explained::new(one, &kept.names, this_code()).to_json(),
                    state: if waits { CaseState::Waiting } else { CaseState::Decided },
                }))
            })
            .collect();
        let mail = self.store.raw(sleeping.message).await?.map(Content::Whole);
        let copies = self.copies(mail.as_ref(), (&told, &readings), &answered).await?;
        let mailed = Mailed {
            sha256: &sleeping.sha256,
            received_at: sleeping.received_at,
            documents: &sleeping.documents,
            copies: &copies,
            letters: sleeping.letters,
        };
        let letters = if told.is_empty() {
            vec![]
        } else {
            self.letter(mailed, &sleeping.head, &told, &numbers, &answered, now)?
        };
        let basis =
            Basis { rules_version: RULES_VERSION.to_owned(), reader_version: READER_VERSION.to_owned() };
        let done = self.store.record_woken(&sleeping, &woken, (&basis, &letters), now).await?;
        if done && !letters.is_empty() {
            tracing::info!(message = %sleeping.message, cases = told.len(), "waiting cases decided");
        }
        Ok(true)
    }

    /// A case, judged on the day of its reception; one that waited for a day, on that day. What would
    /// be accepted has to hold today, too: a card may have been opposed since.
    async fn woken(
        &self,
        sleeping: &Sleeping,
        case: &SleepingCase,
        today: Date,
    ) -> Result<(Judged, Kept), Fault> {
        let kept = Kept::parse(&case.ground)?;
        let mail = (&sleeping.head, sleeping.documents.as_slice());
        let first = match case.because {
            WaitsFor::Registry => case.day,
            WaitsFor::Validity => today,
        };
        let judged = self.judge_kept(&kept, mail, first).await?;
        if judged.verdict.kind() != VerdictKind::Accepted || first == today {
            return Ok((judged, kept));
        }
        Ok((self.judge_kept(&kept, mail, today).await?, kept))
    }
}

/// What is lacking comes by an import, or on a day: nobody can say it.
pub(super) fn comes_by_itself(code: Code) -> bool {
    matches!(code, Code::RegistryUnavailable | Code::NotYetValid)
}

/// What a case in review lacks that comes by itself: a registry that answers, or a day (only where
/// `decision.not_yet_valid` lets it wait).
fn waits_for(judged: &Judged) -> Option<WaitsFor> {
    if judged.verdict.kind() != VerdictKind::Review {
        return None;
    }
    let lacks = |code| judged.findings.iter().any(|one| one.code == code && one.severity == Severity::Review);
    if lacks(Code::RegistryUnavailable) {
        Some(WaitsFor::Registry)
    } else if lacks(Code::NotYetValid) {
        Some(WaitsFor::Validity)
    } else {
        None
    }
}

/// What waits for a day is looked at each day.
fn tomorrow(because: WaitsFor, today: Date) -> Option<Date> {
    match because {
        WaitsFor::Registry => None,
        WaitsFor::Validity => today.checked_add(1.day()).ok(),
    }
}
