//! Leg 2: from the inbox to a decision on record, with the replies it makes due.

use super::examine::{READER_VERSION, RULES_VERSION, examine, hashes_of, names_of, this_code};
use super::letters::Answered;
use super::{LEASE, Line};
use crate::clock::paris_day;
use crate::domain::case::{CaseNumber, Findings, Judged, Opened, Verdict, VerdictKind};
use crate::domain::fill::names_nobody;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::mail::{MailHead, MailKind};
use crate::domain::messages;
use crate::domain::rules;
use crate::domain::sheet::{Reading, Source};
use crate::fault::{Fault, Retry};
use crate::report::{self, Explained};
use crate::sandbox::{Job, JobKind, Unopened};
use crate::store::{Basis, CaseState, Claimed, Content, Decision, Ending, Lane, NewCase, Recorded, Twin};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// After a fault of ours a message is tried again so much later.
const RETRY: SignedDuration = SignedDuration::from_secs(30);
/// A claim is prolonged so often.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Judged again when another message brought the same document in between: the second time it is
/// found, so that more rounds mean something else is wrong.
const ROUNDS: usize = 3;

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

/// What a message turned out to be.
struct Judgement {
    opened: Opened,
    head: MailHead,
    judged: Vec<Judged>,
    /// The first case of documents that came before.
    repeats: Option<CaseNumber>,
    assumed_new: Vec<Twin>,
}

impl Judgement {
    /// What the letter tells: the forms judged; of nothing but copies, where they were decided.
    fn told(&self) -> Vec<Judged> {
        let Some(number) = self.repeats.as_ref().filter(|_| self.judged.is_empty()) else {
            return self.judged.clone();
        };
        let note = rules::mail::repeated(number);
        Findings::new(vec![note.clone()])
            .map(|findings| Judged {
                documents: self.opened.documents.iter().map(|document| document.name.clone()).collect(),
                source: Source::None,
                form: None,
                applied: vec![note.clone().into()],
                findings: vec![note],
                verdict: Verdict::Review(findings),
                day: Date::default(),
                snapshot: None,
            })
            .into_iter()
            .collect()
    }
}

impl Line {
    /// Decides the message of a lane that waits longest.
    pub async fn decide_next(&self, worker: &str, lane: Lane) -> Result<Step, Fault> {
        let Some(claimed) = self.store.claim(worker, lane, self.now(), LEASE).await? else {
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
        Ok(Step::Decided)
    }

    /// Prolongs the claim while the work goes on; ends only when the claim is lost.
    async fn keep_claim(&self, claimed: &Claimed) -> Result<Step, Unopened> {
        let mut beats = tokio::time::interval(HEARTBEAT);
        beats.tick().await;
        loop {
            beats.tick().await;
            if !self.store.heartbeat(claimed, self.now(), LEASE).await? {
                tracing::warn!(message = %claimed.id, "the claim was lost: somebody else decides");
                return Ok(Step::Decided);
            }
        }
    }

    async fn decide(&self, claimed: &Claimed, lane: Lane) -> Result<Step, Unopened> {
        let Some(opened) = self.open(claimed, lane).await? else {
            tracing::info!(message = %claimed.id, "paper: waits in its own lane");
            self.store.leave_to_paper(claimed, self.now()).await?;
            return Ok(Step::LeftToPaper);
        };
        for _ in 0..ROUNDS {
            let judgement = self.judge(claimed, opened.clone()).await?;
            if self.record(claimed, judgement).await? {
                return Ok(Step::Decided);
            }
        }
        Err(Fault::later("recording a decision", "overtaken by copies again and again").into())
    }

    /// Opens the message in the sandbox; of a mail over the size cap there is only the header.
    /// `None`: it holds paper, which is not read in this lane.
    async fn open(&self, claimed: &Claimed, lane: Lane) -> Result<Option<Opened>, Unopened> {
        let bytes = match &claimed.content {
            Content::Whole(bytes) | Content::HeadOnly(bytes) => bytes,
        };
        let job = Job { kind: JobKind::Mail, name: "", bytes };
        let opened = match lane {
            Lane::Quick => self.sandbox.open_unless_paper(job).await?,
            Lane::Paper => Some(self.sandbox.open(job).await?),
        };
        let Some(mut opened) = opened else { return Ok(None) };
        let head_only = matches!(claimed.content, Content::HeadOnly(_));
        if let Some(head) = opened.mail.as_mut().filter(|head| head_only && head.kind != MailKind::Automatic)
        {
            head.kind = MailKind::Submission;
            let sentence = messages::mail_too_large(claimed.size, self.settings.max_mail);
            let finding = Finding::reject(Code::DocumentTooLarge, Field::Document, sentence);
            opened.readings = vec![Reading {
                documents: vec![],
                source: Source::None,
                sheet: None,
                findings: vec![finding],
            }];
        }
        Ok(Some(opened))
    }

    async fn judge(&self, claimed: &Claimed, mut opened: Opened) -> Result<Judgement, Fault> {
        let Some(head) = opened.mail.clone() else {
            return Err(Fault::never("opening a message", "the sandbox took it for a document"));
        };
        let mut assumed_new = Vec::new();
        let mut repeats = None;
        let mut fresh = Vec::new();
        for reading in std::mem::take(&mut opened.readings) {
            let twins = twins(&reading, &opened, &head);
            if let Some(number) = self.first_case_of(claimed, &twins).await? {
                repeats = repeats.or(Some(number));
            } else {
                assumed_new.extend(twins);
                fresh.push(reading);
            }
        }
        let extra = [rules::mail::sender(&head), rules::mail::came_before(repeats.as_ref())];
        let day = paris_day(claimed.received_at);
        let submission = head.kind == MailKind::Submission;
        let examined =
            examine(if submission { fresh } else { vec![] }, &opened.documents, &extra, self.ground(day))
                .await;
        Ok(Judgement { opened, head, judged: examined.judged, repeats, assumed_new })
    }

    /// The case that the very same documents were decided in before, if all of them were.
    async fn first_case_of(&self, claimed: &Claimed, twins: &[Twin]) -> Result<Option<CaseNumber>, Fault> {
        let mut first = None;
        for twin in twins {
            match self.store.first_case_with_document(twin, claimed.id).await? {
                Some(number) => first = first.or(Some(number)),
                None => return Ok(None),
            }
        }
        Ok(first)
    }

    /// Records the decision and what follows from it, in one commit. `false`: judge again.
    async fn record(&self, claimed: &Claimed, judgement: Judgement) -> Result<bool, Fault> {
        let answered = self.answered(&judgement.head, &judgement.judged).await?;
        let told = judgement.told();
        let day = paris_day(claimed.received_at);
        let decision = Decision {
            ending: ending(&judgement, &answered),
            head: Some(judgement.head.clone()),
            documents: judgement.opened.documents.clone(),
            assumed_new: judgement.assumed_new.clone(),
            day,
            basis: Basis {
                rules_version: RULES_VERSION.to_owned(),
                reader_version: READER_VERSION.to_owned(),
            },
            not_answered_because: answered.because(),
        };
        let now = self.now();
        let compose = |numbers: &[CaseNumber]| {
            self.letter(claimed, &judgement.opened, &judgement.head, &told, numbers, &answered, now)
        };
        match self.store.record(claimed, &decision, compose, now).await? {
            Recorded::Done { cases, replies } => {
                let kind = judgement.head.kind.as_str();
                tracing::info!(message = %claimed.id, kind, cases = cases.len(), replies = replies.len(), "decided");
                Ok(true)
            }
            Recorded::ClaimLost => Ok(true),
            Recorded::Overtaken => Ok(false),
        }
    }
}

/// A reading's documents, as they are looked for among the decided ones. Where nothing was filled
/// in, two people can send the very same bytes and mean two requests.
fn twins(reading: &Reading, opened: &Opened, head: &MailHead) -> Vec<Twin> {
    let sender = head.from.as_ref().map(|from| from.address.clone());
    let of_sender = names_nobody(reading).then(|| sender.unwrap_or_default());
    hashes_of(&reading.documents, opened)
        .into_iter()
        .map(|sha256| Twin { sha256: sha256.to_owned(), of_sender: of_sender.clone() })
        .collect()
}

fn ending(judgement: &Judgement, answered: &Answered) -> Ending {
    match (judgement.head.kind, &judgement.repeats) {
        (MailKind::Automatic, _) => Ending::Automatic,
        (MailKind::Question, _) => Ending::Question,
        (MailKind::Submission, Some(number)) if judgement.judged.is_empty() => Ending::Repeat(number.clone()),
        (MailKind::Submission, _) => {
            let names = names_of(&judgement.opened);
            let cases = judgement.judged.iter().map(|judged| new_case(judged, &names, answered));
            Ending::Cases(cases.collect())
        }
    }
}

fn new_case(judged: &Judged, names: &[String], answered: &Answered) -> NewCase {
    let waits = judged.verdict.kind() == VerdictKind::Review || answered.is_held();
    NewCase {
        judged: judged.clone(),
        report: report::Submission::from(judged).to_json(),
        explanation: Explained::new(judged, names, this_code()).to_json(),
        state: if waits { CaseState::Waiting } else { CaseState::Decided },
    }
}
