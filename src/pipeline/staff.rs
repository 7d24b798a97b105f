//! What staff do with a case that waits for them: they say what stands in a box and it is judged again;
//! they accept, send back, ask for more or put aside; the letter is shown before it leaves, exactly as it
//! will. The same examination, letters and copies as the line's own.
//!
//! Nothing that a rule rejects can be accepted: staff overrule what was left to a person (`review`), by
//! name, and what stands on the form has to hold on the day of reception and today.

use super::Line;
use super::act::{Act, accepted, rejected, to_overrule};
use super::confirm::mark;
use super::examine::{READER_VERSION, RULES_VERSION, this_code};
use super::judge::Mail;
use super::kept::Kept;
use super::letters::{Answered, Mailed};
use crate::clock::paris_day;
use crate::domain::case::{CaseNumber, Judged};
use crate::domain::correction::{Correction, NotCorrected, correct};
use crate::domain::fill::fill;
use crate::domain::finding::{Finding, Severity};
use crate::domain::form::{F413, Field, Masked};
use crate::domain::four_eyes::SecondPerson;
use crate::domain::on_paper::Rows;
use crate::domain::sheet::{PageNumber, Source};
use crate::fault::Fault;
use crate::reply::ByHand;
use crate::report::{self, Explained};
use crate::sandbox::{Job, JobKind, NoPicture, Picture, Unopened};
use crate::store::{
    Basis, CaseProposal, CaseState, Content, JudgedAgain, Lane, NewProposal, NewReply, NewStaffDecision,
    OpenCase, Staffed,
};
use jiff::{SignedDuration, Timestamp};

/// Why an act cannot be.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    #[error("there is no such case, or nothing is left of it")]
    NoSuchCase,
    #[error(transparent)]
    NotCorrected(#[from] NotCorrected),
    /// Nothing of the form could be read, so there is nothing to correct or accept.
    #[error("there is no form")]
    NoForm,
    /// These stand against an acceptance.
    #[error("{} findings stand against it", .0.len())]
    Stands(Vec<Finding>),
    /// All required boxes have to hold a valid value.
    #[error("the form is not complete")]
    Incomplete,
    /// A rejection says why, a complement what.
    #[error("nothing is said")]
    SaysNothing,
    /// There is no address that can be written to.
    #[error("nobody can be answered")]
    NobodyToAnswer,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What an act would send, and what the case is judged to be before it.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// At most one; none where nobody is written to.
    pub letters: Vec<NewReply>,
    /// Its plain text. Personal data.
    pub text: Option<Masked>,
    /// As it is judged now, with the corrections made.
    pub judged: Judged,
    /// Why another person has to confirm it; empty: nobody has to.
    pub second: Vec<SecondPerson>,
}

impl Line {
    /// A case as staff see it. Judges nothing.
    pub async fn open_case(&self, number: &CaseNumber) -> Result<Option<OpenCase>, Fault> {
        self.store.open_case(number).await
    }

    /// What a colleague says stands in a box; the case is judged again at once. `seen`: the version they
    /// saw.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn correct(
        &self,
        (number, seen): (&CaseNumber, i64),
        (field, value): (Field, &str),
        by: &str,
    ) -> Result<Staffed, NotDone> {
        let open = self.seen(number, seen).await?;
        let open = match open {
            Ok(open) => open,
            Err(stopped) => return Ok(stopped),
        };
        let mut kept = self.kept(&open).await?;
        let form = self.form(&kept).ok_or(NotDone::NoForm)?;
        let sheet = kept.reading.sheet.as_ref().ok_or(NotDone::NoForm)?;
        let correction = Correction::new(field, value, Rows { sheet, form: &form })?;
        let before = report::shown::field_text(&report::shown::Form::from(&form), field).map(Masked::new);
        correct(&mut kept.reading, std::slice::from_ref(&correction));
        let judged = self.judge_kept(&kept, (&open.head, &open.documents), open.day).await?;
        let mut corrected: Vec<Field> = open.corrections.iter().map(|one| one.correction.field).collect();
        corrected.push(correction.field);
        let again = judged_again(&judged, &kept, &corrected);
        let now = self.now();
        Ok(self.store.correct(&open, (&correction, before.as_ref()), (&again, &basis()), by, now).await?)
    }

    /// What an act would come to: the letter exactly as it would leave.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn propose(&self, number: &CaseNumber, act: &Act) -> Result<Proposed, NotDone> {
        let open = self.store.open_case(number).await?.ok_or(NotDone::NoSuchCase)?;
        self.proposed(&open, act).await
    }

    /// Takes a decision. `seen`: the version of the case they saw. Its letter leaves after `undo`.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn act(
        &self,
        (number, seen): (&CaseNumber, i64),
        act: &Act,
        by: &str,
        undo: SignedDuration,
    ) -> Result<Staffed, NotDone> {
        let open = match self.seen(number, seen).await? {
            Ok(open) => open,
            Err(stopped) => return Ok(stopped),
        };
        let proposed = self.proposed(&open, act).await?;
        if proposed.letters.is_empty() && !matches!(act, Act::Dismiss { .. }) {
            return Err(NotDone::NobodyToAnswer);
        }
        if proposed.second.is_empty() {
            return Ok(self.decide_by_staff(&open, (act, None), proposed, by, undo).await?);
        }
        let reasons: Vec<_> = proposed.second.iter().map(|one| one.as_str()).collect();
        let new = NewProposal {
            decision: act.decision(),
            act: &act.to_json(),
            reasons: &reasons,
            judged: &mark(&proposed.judged),
            findings: &act.findings(),
            snapshot: proposed.judged.snapshot,
        };
        let done = self.store.propose(&open, &new, by, self.now()).await?;
        if done == Staffed::Proposed {
            tracing::info!(case = %number, decision = act.decision().as_str(), "proposed by staff");
        }
        Ok(done)
    }

    /// Records a decision, with its letter due after `undo`.
    pub(super) async fn decide_by_staff(
        &self,
        open: &OpenCase,
        (act, confirms): (&Act, Option<&CaseProposal>),
        mut proposed: Proposed,
        by: &str,
        undo: SignedDuration,
    ) -> Result<Staffed, Fault> {
        let now = self.now();
        let undo_until = now.saturating_add(undo).unwrap_or(Timestamp::MAX);
        for letter in &mut proposed.letters {
            letter.not_before = Some(undo_until);
        }
        let new = NewStaffDecision {
            decision: act.decision(),
            findings: act.findings(),
            snapshot: proposed.judged.snapshot,
            because: act.because(),
            letters: &proposed.letters,
            undo_until,
            confirms,
        };
        let done = self.store.decide_by_staff(open, &new, by, now).await?;
        if done == Staffed::Done {
            tracing::info!(case = %open.number, decision = act.decision().as_str(), "decided by staff");
        }
        Ok(done)
    }

    /// Judges a case again with the registry of now, as staff ask.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn rejudge(&self, (number, seen): (&CaseNumber, i64), by: &str) -> Result<Staffed, NotDone> {
        let open = match self.seen(number, seen).await? {
            Ok(open) => open,
            Err(stopped) => return Ok(stopped),
        };
        let kept = self.kept(&open).await?;
        let judged = self.judge_kept(&kept, (&open.head, &open.documents), open.day).await?;
        let corrected: Vec<Field> = open.corrections.iter().map(|one| one.correction.field).collect();
        let again = judged_again(&judged, &kept, &corrected);
        Ok(self.store.rejudge(&open, (&again, &basis()), by, self.now()).await?)
    }

    /// Takes a decision back while its letter has not left.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn undo(&self, (number, seen): (&CaseNumber, i64), by: &str) -> Result<Staffed, NotDone> {
        match self.seen(number, seen).await? {
            Ok(open) => Ok(self.store.undo(&open, by, self.now()).await?),
            Err(stopped) => Ok(stopped),
        }
    }

    /// A page of one of the mail's documents as a picture, drawn in the sandbox.
    ///
    /// # Errors
    /// See [`NoPicture`]; a mail that is not kept (any more) has no pages.
    pub async fn page(
        &self,
        open: &OpenCase,
        page: PageNumber,
        dpi: u16,
    ) -> Result<Option<Picture>, NoPicture> {
        let Some(mail) = self.store.raw(open.message).await? else { return Ok(None) };
        let job = Job { kind: JobKind::Mail, name: "", bytes: &mail };
        Ok(Some(self.sandbox.picture(job, page, None, dpi).await?))
    }

    /// A page of a file, from 1, as a picture drawn in the sandbox.
    ///
    /// # Errors
    /// See [`NoPicture`].
    pub async fn page_of(&self, name: &str, bytes: &[u8], page: u32, dpi: u16) -> Result<Picture, NoPicture> {
        let job = Job { kind: JobKind::Document, name, bytes };
        self.sandbox.picture(job, PageNumber { document: 0, page }, None, dpi).await
    }

    /// A case of the version that was seen.
    pub(super) async fn seen(
        &self,
        number: &CaseNumber,
        seen: i64,
    ) -> Result<Result<OpenCase, Staffed>, NotDone> {
        let open = self.store.open_case(number).await?.ok_or(NotDone::NoSuchCase)?;
        Ok(if open.version == seen { Ok(open) } else { Err(Staffed::Changed) })
    }

    /// What a case is judged from, with the corrections made so far. Of one that was recorded without it,
    /// the mail is read again.
    async fn kept(&self, open: &OpenCase) -> Result<Kept, NotDone> {
        let mut kept = match &open.ground {
            Some(ground) => Kept::parse(ground)?,
            None => self.read_again(open).await?,
        };
        let corrections: Vec<Correction> =
            open.corrections.iter().map(|one| one.correction.clone()).collect();
        correct(&mut kept.reading, &corrections);
        Ok(kept)
    }

    async fn read_again(&self, open: &OpenCase) -> Result<Kept, NotDone> {
        let past = self.store.past_decision(open.message).await?;
        let content = past.content.as_ref().ok_or(NotDone::NoForm)?;
        let mail = Mail { id: open.message, content, size: past.size, known: past.known() };
        let opened = match self.open(mail, Lane::Paper).await {
            Ok(Some(opened)) => opened,
            Ok(None) | Err(Unopened::Ended(_)) => return Err(NotDone::NoForm),
            Err(Unopened::Fault(fault)) => return Err(fault.into()),
        };
        let judgement = self.judge(mail, opened, self.ground(open.day)).await?;
        let reading = judgement.readings.get(open.position).ok_or(NotDone::NoForm)?;
        Ok(Kept::new(reading, &super::decide::names(&judgement), judgement.repeats.as_ref()))
    }

    fn form(&self, kept: &Kept) -> Option<F413> {
        fill(kept.reading.clone(), &self.settings.policy).form
    }

    pub(super) async fn proposed(&self, open: &OpenCase, act: &Act) -> Result<Proposed, NotDone> {
        let kept = self.kept(open).await?;
        let judged = self.judge_kept(&kept, (&open.head, &open.documents), open.day).await?;
        let told = match act {
            Act::Accept { overruled } => {
                accepted(&judged, &self.judged_today(open, &kept, &judged).await?, overruled)?
            }
            Act::Reject { reasons, .. } => rejected(&judged, reasons)?,
            Act::Complement { ask } if ask.trim().is_empty() => return Err(NotDone::SaysNothing),
            Act::Complement { .. } => judged.clone(),
            Act::Dismiss { because } if because.trim().is_empty() => return Err(NotDone::SaysNothing),
            Act::Dismiss { .. } => {
                let second = self.second(open, &judged, act);
                return Ok(Proposed { letters: vec![], text: None, judged, second });
            }
        };
        let (letters, text) = self.staff_letter(open, &kept, &told, act).await?.into_iter().unzip();
        let texts: Vec<Masked> = text;
        let second = self.second(open, &judged, act);
        Ok(Proposed { letters, text: texts.into_iter().next(), judged, second })
    }

    /// As it would be judged had it come today. `judged`: as of the day of reception.
    async fn judged_today(&self, open: &OpenCase, kept: &Kept, judged: &Judged) -> Result<Judged, Fault> {
        let today = paris_day(self.now());
        if today == open.day {
            return Ok(judged.clone());
        }
        self.judge_kept(kept, (&open.head, &open.documents), today).await
    }

    /// What an acceptance has to overrule, by the registry of now: what is left to a person on the day of
    /// reception or only today (a date has grown too old since). Nothing where no form was read.
    ///
    /// # Errors
    /// The store or the registry does not answer.
    pub async fn to_overrule(&self, open: &OpenCase) -> Result<Vec<Finding>, Fault> {
        let kept = match self.kept(open).await {
            Ok(kept) => kept,
            Err(NotDone::Fault(fault)) => return Err(fault),
            Err(_) => return Ok(Vec::new()),
        };
        let judged = self.judge_kept(&kept, (&open.head, &open.documents), open.day).await?;
        let today = self.judged_today(open, &kept, &judged).await?;
        Ok(to_overrule(&judged, &today))
    }

    /// Why another person has to confirm it.
    fn second(&self, open: &OpenCase, judged: &Judged, act: &Act) -> Vec<SecondPerson> {
        let left = judged.findings.iter().filter(|one| one.severity == Severity::Review);
        let paper = judged.source == Source::Scan;
        self.settings.four_eyes.on(&act.deciding(paper, !open.corrections.is_empty(), left))
    }

    /// The letter, as staff decided: neither caps nor an unverified sender hold it back.
    async fn staff_letter(
        &self,
        open: &OpenCase,
        kept: &Kept,
        told: &Judged,
        act: &Act,
    ) -> Result<Option<(NewReply, Masked)>, Fault> {
        let answered = Answered::AtOnce;
        let content = self.store.raw(open.message).await?.map(Content::Whole);
        let forms = (std::slice::from_ref(told), std::slice::from_ref(&kept.reading));
        let copies = match act {
            Act::Reject { .. } => self.copies(content.as_ref(), forms, &answered).await?,
            Act::Accept { .. } | Act::Complement { .. } | Act::Dismiss { .. } => Vec::new(),
        };
        let mailed = Mailed {
            sha256: &open.sha256,
            received_at: open.received_at,
            documents: &open.documents,
            copies: &copies,
            letters: open.letters,
        };
        let (remark, asks) = match act {
            Act::Reject { remark, .. } => (remark.as_deref(), false),
            Act::Complement { ask } => (Some(ask.as_str()), true),
            Act::Accept { .. } | Act::Dismiss { .. } => (None, false),
        };
        let numbers = std::slice::from_ref(&open.number);
        let judged = std::slice::from_ref(told);
        let by_hand = ByHand { remark, asks, by_person: true };
        self.composed(mailed, &open.head, (judged, numbers), by_hand, self.now())
    }
}

fn basis() -> Basis {
    Basis { rules_version: RULES_VERSION.to_owned(), reader_version: READER_VERSION.to_owned() }
}

/// The case as it is recorded after it was judged again: it waits for the person who is at it.
fn judged_again(judged: &Judged, kept: &Kept, corrected: &[Field]) -> JudgedAgain {
    let rows = kept.reading.sheet.as_ref().zip(judged.form.as_ref());
    let rows = rows.map(|(sheet, form)| Rows { sheet, form });
    let mut explained = Explained::new(judged, &kept.names, this_code());
    explained.said_by_staff(|field| {
        rows.and_then(|rows| rows.on_paper(field)).is_some_and(|field| corrected.contains(&field))
    });
    JudgedAgain {
        judged: judged.clone(),
        report: report::Submission::from(judged).to_json(),
        explanation: explained.to_json(),
        state: CaseState::Waiting,
    }
}
