//! Leg 2: from the inbox to a decision on record, with the replies it makes due.

use super::Line;
use super::examine::{READER_VERSION, RULES_VERSION, names_of, this_code};
use super::judge::{EarlierMail, Judgement, Mail};
use super::kept::Kept;
use super::letters::{Answered, Mailed};
use crate::clock::paris_day;
use crate::domain::case::{CaseNumber, Judged, VerdictKind};
use crate::domain::mail::{MailHead, MailKind};
use crate::fault::{Fault, Retry};
use crate::report::{self, Explained};
use crate::sandbox::{Job, JobKind, Unopened};
use crate::store::{Basis, CaseState, Claimed, Content, Decision, Ending, Known, Lane, NewCase, Recorded};
use jiff::{SignedDuration, Timestamp};

/// After a fault of ours a message is tried again so much later.
const RETRY: SignedDuration = SignedDuration::from_secs(30);
/// Judged again when another message brought the same document in between, or others' letters reached a
/// cap: the second time it is found, so that more rounds mean something else is wrong.
const ROUNDS: usize = 3;
/// Bytes of a mail among which its head is looked for, of one that cannot be opened.
const LONGEST_HEAD: usize = 64 << 10;

/// What a decider did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to do.
    NothingWaits,
    /// A message came to its end: decided, or put aside for a person.
    Decided,
    /// A message holds paper, and now waits in its lane.
    LeftToPaper,
}

impl Line {
    /// Decides the message of a lane that waits longest.
    pub async fn decide_next(&self, worker: &str, lane: Lane) -> Result<Step, Fault> {
        let Some(claimed) = self.store.claim(worker, lane, self.now(), self.settings.lease).await? else {
            return Ok(Step::NothingWaits);
        };
        if claimed.attempts > self.settings.max_attempts {
            let last = claimed.trouble.as_deref().unwrap_or("the program ended while it was at it");
            return self
                .park(&claimed, &format!("given up after {} attempts: {last}", claimed.attempts - 1))
                .await;
        }
        let deciding = self.decide(&claimed, lane);
        let end = tokio::select! {
            end = deciding => end,
            lost = self.keep_claim(&claimed) => lost,
        };
        match end {
            Ok(step) => Ok(step),
            Err(Unopened::Ended(ended)) => {
                self.park(&claimed, &format!("the mail could not be opened: {ended}")).await
            }
            Err(Unopened::Fault(fault)) if fault.retry == Retry::Never => {
                tracing::error!(message = %claimed.id, %fault, "a message cannot be decided: a person has to look");
                self.park(&claimed, &fault.to_string()).await
            }
            Err(Unopened::Fault(fault)) => {
                let retry_at = self.now().saturating_add(RETRY).unwrap_or(Timestamp::MAX);
                self.store.release(&claimed, &fault.to_string(), retry_at).await?;
                Err(fault)
            }
        }
    }

    async fn park(&self, claimed: &Claimed, why: &str) -> Result<Step, Fault> {
        tracing::warn!(message = %claimed.id, why, "message parked: a person has to look");
        self.store.park(claimed, why, self.now()).await?;
        if let Some(head) = self.head_alone(claimed).await {
            self.store.parked_as(claimed.id, &head).await?;
        }
        Ok(Step::Decided)
    }

    /// Whose a mail is that cannot be opened: its head is opened as a mail of its own.
    async fn head_alone(&self, claimed: &Claimed) -> Option<MailHead> {
        let (Content::Whole(bytes) | Content::HeadOnly(bytes)) = &claimed.content;
        let some = bytes.get(..bytes.len().min(LONGEST_HEAD))?;
        let end = some.windows(2).position(|two| two == b"\n\n");
        let end = end.into_iter().chain(some.windows(4).position(|four| four == b"\r\n\r\n")).min();
        let mut head = some.get(..end.unwrap_or(some.len()))?.to_vec();
        head.extend_from_slice(b"\r\n\r\n");
        let job = Job { kind: JobKind::Mail, name: "", bytes: &head };
        match self.sandbox.open_unless_paper(job).await {
            Ok(opened) => opened?.mail,
            Err(unopened) => {
                tracing::warn!(message = %claimed.id, %unopened, "not even the head can be opened");
                None
            }
        }
    }

    /// Prolongs the claim while the work goes on; ends only when the claim is lost. That it could not be
    /// prolonged once is no reason to drop the work: recording it asks whether the claim holds.
    async fn keep_claim(&self, claimed: &Claimed) -> Result<Step, Unopened> {
        let mut beats = self.beats();
        beats.tick().await;
        loop {
            beats.tick().await;
            match self.store.heartbeat(claimed, self.now(), self.settings.lease).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(message = %claimed.id, "the claim was lost: somebody else decides");
                    return Ok(Step::Decided);
                }
                Err(fault) => tracing::warn!(message = %claimed.id, %fault, "the claim was not prolonged"),
            }
        }
    }

    async fn decide(&self, claimed: &Claimed, lane: Lane) -> Result<Step, Unopened> {
        let mail = Mail { id: claimed.id, content: &claimed.content, size: claimed.size, known: Known::All };
        let Some(opened) = self.open(mail, lane).await? else {
            tracing::info!(message = %claimed.id, "paper: waits in its own lane");
            self.store.leave_to_paper(claimed, self.now()).await?;
            return Ok(Step::LeftToPaper);
        };
        for _ in 0..ROUNDS {
            let ground = self.ground(paris_day(claimed.received_at));
            let judgement = self.judge(mail, opened.clone(), ground).await?;
            if self.record(claimed, judgement).await? {
                return Ok(Step::Decided);
            }
        }
        Err(Fault::later("recording a decision", "overtaken by others again and again").into())
    }

    /// Records the decision and what follows from it, in one commit. `false`: judge again.
    async fn record(&self, claimed: &Claimed, judgement: Judgement) -> Result<bool, Fault> {
        let answered = self.answered(&judgement.head, &judgement.judged).await?;
        let told = judgement.told();
        let day = paris_day(claimed.received_at);
        let decision = Decision {
            ending: self.ending(&judgement, &answered)?,
            head: Some(judgement.head.clone()),
            documents: judgement.opened.documents.clone(),
            assumed_new: judgement.assumed_new.clone(),
            day,
            basis: Basis {
                rules_version: RULES_VERSION.to_owned(),
                reader_version: READER_VERSION.to_owned(),
            },
            not_answered_because: answered.because(self.settings.shadow),
        };
        let forms = (judgement.judged.as_slice(), judgement.readings.as_slice());
        let copies = self.copies(Some(&claimed.content), forms, &answered).await?;
        let now = self.now();
        let compose = |numbers: &[CaseNumber]| {
            let mailed = Mailed {
                sha256: &claimed.sha256,
                received_at: claimed.received_at,
                documents: &judgement.opened.documents,
                copies: &copies,
                letters: 0,
            };
            self.letter(mailed, &judgement.head, &told, numbers, &answered, now)
        };
        match self.store.record(claimed, &decision, compose, now).await? {
            Recorded::Done { cases, replies } => {
                let kind = judgement.head.kind.as_str();
                tracing::info!(message = %claimed.id, kind, cases = cases.len(), replies = replies.len(), "decided");
                if let Some(notice) = &judgement.head.notice {
                    let (says, status) = (notice.says, notice.status.as_deref().unwrap_or("none"));
                    tracing::info!(message = %claimed.id, ?says, status, "a notice about the delivery of a letter");
                }
                Ok(true)
            }
            Recorded::ClaimLost => Ok(true),
            Recorded::Overtaken => Ok(false),
        }
    }

    fn ending(&self, judgement: &Judgement, answered: &Answered) -> Result<Ending, Fault> {
        Ok(match (judgement.head.kind, &judgement.repeats) {
            (MailKind::Automatic, _) => Ending::Automatic,
            (MailKind::Question, _) => Ending::Question,
            (MailKind::Submission, Some(number)) if judgement.judged.is_empty() => {
                Ending::Repeat(number.clone())
            }
            (MailKind::Submission, repeats) => {
                let names = names(judgement);
                let mut cases = Vec::with_capacity(judgement.judged.len());
                for (judged, reading) in judgement.judged.iter().zip(&judgement.readings) {
                    let new = new_case(judged, (judgement, &names), answered);
                    let kept = Kept::new(reading, &names, repeats.as_ref());
                    let ground = (new.state == CaseState::Waiting).then(|| kept.ground()).transpose()?;
                    cases.push(NewCase { wait: self.wait(judged), ground, ..new });
                }
                Ending::Cases(cases)
            }
        })
    }
}

/// The documents' names, as evidence counts them: the mail's, then those of earlier mails.
pub(super) fn names(judgement: &Judgement) -> Vec<String> {
    let mut names = names_of(&judgement.opened);
    names.extend(judgement.earlier.iter().flat_map(|mail| mail.names.iter().cloned()));
    names
}

fn new_case(judged: &Judged, (judgement, names): (&Judgement, &[String]), answered: &Answered) -> NewCase {
    let part_of_it =
        |mail: &&EarlierMail| judged.documents.iter().any(|document| mail.names.contains(document));
    let waits = judged.verdict.kind() == VerdictKind::Review || answered.is_held();
    NewCase {
        judged: judged.clone(),
        report: report::Submission::from(judged).to_json(),
        explanation: Explained::new(judged, names, this_code()).to_json(),
        state: if waits { CaseState::Waiting } else { CaseState::Decided },
        continues: judgement.earlier.iter().filter(part_of_it).map(|mail| mail.id).collect(),
        wait: None,
        ground: None,
    }
}
