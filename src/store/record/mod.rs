//! One decision, one commit: case, findings, documents, replies due and events.

mod again;
mod filed;
mod links;
pub(super) mod rows;

pub use again::JudgedAgain;
pub(super) use again::judge_again;
pub use links::LinkedBy;

use super::event::{Event, Kind, sha256};
use super::taken_back::{Unsent, withdraw};
use super::write::Write;
use super::{Attached, Claimed, Known, MailId, NewWait, ReplyId, Store, Within, bounces, caps, millis};
use crate::database::{clean, fault};
use crate::domain::case::{CaseNumber, Judged, Template};
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead, Outcome};
use crate::fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::fmt;

const DOING: &str = "recording a decision";

/// What was decided about a message.
#[derive(Clone)]
pub struct Decision {
    pub ending: Ending,
    /// `None` where the mail itself could not be read.
    pub head: Option<MailHead>,
    /// Every document found, also those of no case.
    pub documents: Vec<DocumentHead>,
    /// Documents that were judged as never seen before. If one of them has meanwhile become part
    /// of another message's case, nothing is recorded ([`Recorded::Overtaken`]).
    pub assumed_new: Vec<Twin>,
    /// The day of reception in Paris: reference day of the date checks, year of the case number.
    pub day: Date,
    pub basis: Basis,
    /// Why nobody is answered, where that needs a reason. No personal data.
    pub not_answered_because: Option<String>,
}

/// What makes a document the same as an earlier one (rulebook, `already_received`).
#[derive(Clone)]
pub struct Twin {
    /// Of its bytes, lowercase hexadecimal.
    pub sha256: String,
    /// The bytes alone do not tell whose it is (a blank form is everybody's): it is the same only
    /// in the hands of this address.
    pub of_sender: Option<Masked>,
}

/// The one place where a message ends (invariant 3).
#[derive(Clone)]
pub enum Ending {
    /// At least one case.
    Cases(Vec<NewCase>),
    /// Nothing but documents of this earlier case.
    Repeat(CaseNumber),
    Question,
    Automatic,
}

/// One submission, judged.
#[derive(Clone)]
pub struct NewCase {
    pub judged: Judged,
    /// The submission as guichet.report/1 shows it: form, evidence, findings, verdict.
    pub report: serde_json::Value,
    /// Why it was judged so: guichet.explanation/1.
    pub explanation: serde_json::Value,
    pub state: CaseState,
    /// Earlier mails of the thread whose form it continues: their documents are part of it.
    pub continues: Vec<MailId>,
    /// What it waits for, where that comes by itself.
    pub wait: Option<NewWait>,
    /// What it is judged from again (JSON), where it waits. Personal data.
    pub ground: Option<Masked>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// A person decides, or releases the reply.
    Waiting,
    Decided,
}

impl CaseState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Decided => "decided",
        }
    }

    /// The same, where staff may have closed it as no request: `dismissed`.
    #[must_use]
    pub fn told(self, dismissed: bool) -> &'static str {
        if dismissed { "dismissed" } else { self.as_str() }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Decided].into_iter().find(|state| state.as_str() == text)
    }
}

/// What a decision rests on: to be able to say later why it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub rules_version: String,
    pub reader_version: String,
}

/// A reply to be sent.
#[derive(Clone)]
pub struct NewReply {
    pub template: Template,
    /// `local@domain`.
    pub to: Masked,
    pub subject: Masked,
    /// Without angle brackets; made from the message's SHA-256, so that no retry makes a second.
    pub message_id: String,
    /// The whole mail (RFC 5322), as every attempt sends it.
    pub mail: Vec<u8>,
    /// The files in it.
    pub attachments: Vec<Attached>,
    /// Waits for a person to release it.
    pub held: bool,
    /// Kept as what would have been sent; nobody can ever release it.
    pub shadow: bool,
    /// Spared when the same letter went to the same address, for a message that ended the same
    /// way, at or after this time (receipts of questions: once a day).
    pub unless_since: Option<Timestamp>,
    /// It leaves then, unless what it announces is told before: a receipt. `None`: at once.
    pub not_before: Option<Timestamp>,
    /// The caps it leaves under by itself.
    pub within: Option<Within>,
}

/// What came of adding a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    As(ReplyId),
    /// The same was sent already.
    Spared,
    /// A cap was reached meanwhile: nothing may be committed.
    OverACap,
}

impl fmt::Debug for NewReply {
    /// Never the mail's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewReply({}, {} bytes, held: {})", self.template.as_str(), self.mail.len(), self.held)
    }
}

/// What came of [`Store::record`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Committed. `cases`: the new case numbers, in order.
    Done { cases: Vec<CaseNumber>, replies: Vec<ReplyId> },
    /// The claim had run out and the message is somebody else's: nothing was recorded.
    ClaimLost,
    /// A document assumed new is part of a case by now, or a cap was reached by letters of others:
    /// nothing was recorded, the claim holds. Judge again.
    Overtaken,
}

impl Store {
    /// Records a decision in one commit. Case numbers are allotted inside it, so that there are
    /// no gaps; `compose` writes the replies that name them (for [`Ending::Repeat`] the number of
    /// the repeated case). If it fails, nothing is recorded.
    pub async fn record(
        &self,
        claimed: &Claimed,
        decision: &Decision,
        compose: impl FnOnce(&[CaseNumber]) -> Result<Vec<NewReply>, Fault> + Send,
        now: Timestamp,
    ) -> Result<Recorded, Fault> {
        let mut write = self.write(DOING, now).await?;
        for twin in &decision.assumed_new {
            if rows::first_case_with(write.connection(), twin, claimed.id, Known::All).await?.is_some() {
                return Ok(Recorded::Overtaken);
            }
        }
        let (fresh, repeated) = match &decision.ending {
            Ending::Cases(cases) if cases.is_empty() => {
                return Err(Fault::never(DOING, "a submission without a case"));
            }
            Ending::Cases(cases) => (rows::allot(&mut write, decision.day, cases.len()).await?, None),
            Ending::Repeat(number) => (vec![], Some(rows::case_id(&mut write, number).await?)),
            Ending::Question | Ending::Automatic => (vec![], None),
        };
        let replies = match &decision.ending {
            Ending::Repeat(number) => compose(std::slice::from_ref(number))?,
            Ending::Cases(_) | Ending::Question | Ending::Automatic => compose(&fresh)?,
        };
        let outcome = outcome(&decision.ending, &replies);
        let found = rows::Found::new(decision)?;
        if !rows::finish(&mut write, claimed, (decision, &found), outcome, repeated, now).await? {
            return Ok(Recorded::ClaimLost);
        }
        rows::documents(&mut write, claimed.id, &decision.documents).await?;
        if let Ending::Cases(cases) = &decision.ending {
            for (position, (case, number)) in cases.iter().zip(&fresh).enumerate() {
                let (head, form) = (decision.head.as_ref(), case.judged.form.as_ref());
                let link = links::predecessor(&mut write, claimed.id, head, form).await?;
                let case = (case, (position, number));
                rows::case(&mut write, claimed, (decision, &found), case, link, now).await?;
            }
        }
        tell_ending(&mut write, claimed, (decision, &found), repeated).await?;
        let mut due = Vec::with_capacity(replies.len());
        for (position, reply) in replies.iter().enumerate() {
            match add_reply(&mut write, claimed.id, (position, reply), outcome, now).await? {
                Added::As(id) => due.push(id),
                Added::Spared => {}
                Added::OverACap => return Ok(Recorded::Overtaken),
            }
        }
        write.commit().await?;
        Ok(Recorded::Done { cases: fresh, replies: due })
    }

    /// The first case, of another message and among those known, that was made of the same document.
    pub async fn first_case_with_document(
        &self,
        twin: &Twin,
        other_than: MailId,
        known: Known,
    ) -> Result<Option<CaseNumber>, Fault> {
        let mut connection =
            self.database.read().acquire().await.map_err(fault("looking for a document seen before"))?;
        rows::first_case_with(&mut connection, twin, other_than, known).await
    }
}

/// The folder the mail goes to.
fn outcome(ending: &Ending, replies: &[NewReply]) -> Outcome {
    let person = replies.iter().any(|reply| reply.held);
    match ending {
        Ending::Cases(cases) => {
            let waiting = cases.iter().any(|case| case.state == CaseState::Waiting);
            if waiting || person { Outcome::ToDo } else { Outcome::Handled }
        }
        Ending::Repeat(_) if person => Outcome::ToDo,
        Ending::Repeat(_) => Outcome::Handled,
        Ending::Question => Outcome::Question,
        Ending::Automatic => Outcome::Automatic,
    }
}

async fn tell_ending(
    write: &mut Write,
    claimed: &Claimed,
    (decision, found): (&Decision, &rows::Found),
    repeated: Option<i64>,
) -> Result<(), Fault> {
    let text = || json!({ "mail": found.text() }).to_string();
    match &decision.ending {
        Ending::Cases(_) => {}
        Ending::Repeat(number) => {
            let event = Event { case: repeated, ..Event::new(Kind::CaseRepeated).message(claimed.id) };
            let detail = json!({ "number": number.to_string(), "documents": found.documents });
            write.tell(event.saying(detail).aside(text())).await?;
        }
        Ending::Question => {
            sqlx::query(
                "INSERT INTO questions (message_id, received_at) SELECT id, received_at FROM messages WHERE id = $1 \
                 ON CONFLICT DO NOTHING",
            )
            .bind(claimed.id.0)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            let event = Event::new(Kind::QuestionKept).message(claimed.id);
            write.tell(event.saying(json!({ "documents": found.documents })).aside(text())).await?;
        }
        Ending::Automatic => {
            let because = decision.head.as_ref().and_then(|head| head.automatic_because.as_deref());
            let event = Event::new(Kind::AutomaticKept).message(claimed.id);
            let detail = json!({ "because": because, "documents": found.documents });
            write.tell(event.saying(detail).aside(text())).await?;
            if let Some(head) = &decision.head {
                bounces::note(write, claimed.id, head).await?;
            }
        }
    }
    if let Some(because) = &decision.not_answered_because {
        let event = Event::new(Kind::NotAnswered).message(claimed.id);
        write.tell(event.saying(json!({ "because": because }))).await?;
    }
    Ok(())
}

/// Composed in the decision's commit; sent by whoever claims it.
pub(super) async fn add_reply(
    write: &mut Write,
    message: MailId,
    (position, reply): (usize, &NewReply),
    outcome: Outcome,
    now: Timestamp,
) -> Result<Added, Fault> {
    let template = reply.template.as_str();
    let waits = reply.held || reply.shadow;
    if let (Some(within), false) = (&reply.within, waits)
        && !within.lets(write.connection(), &reply.to).await?
    {
        return Ok(Added::OverACap);
    }
    if reply.template != Template::Received && !waits {
        // what decides a message tells more than its receipt
        withdraw(write, message, Unsent::Receipts, "the decision came before it had left").await?;
    }
    let (recipient, subject) = (clean(reply.to.expose()), clean(reply.subject.expose()));
    let rfc_id = rows::bare_id(&reply.message_id);
    let address = caps::key(&recipient);
    if let Some(since) = reply.unless_since {
        let (others,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM replies JOIN messages ON messages.id = replies.message_id \
             WHERE replies.address_key = $1 AND replies.created_at >= $2 AND replies.template = $3 \
             AND messages.outcome = $4 AND (replies.shadow = 0 OR $5 = 1)",
        )
        .bind(&address)
        .bind(millis(since))
        .bind(template)
        .bind(outcome.as_str())
        .bind(i64::from(reply.shadow))
        .fetch_one(write.connection())
        .await
        .map_err(fault(DOING))?;
        if others > 0 {
            let event = Event::new(Kind::ReplySpared).message(message);
            write.tell(event.saying(json!({ "template": template, "because": "already sent" }))).await?;
            return Ok(Added::Spared);
        }
    }
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO replies (message_id, position, template, recipient, address_key, domain_key, subject, \
         rfc_id, state, created_at, due_at, shadow) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $11) RETURNING id",
    )
    .bind(message.0)
    .bind(rows::index(position))
    .bind(template)
    .bind(&recipient)
    .bind(&address)
    .bind(caps::domain_key(&recipient))
    .bind(&subject)
    .bind(&rfc_id)
    .bind(if waits { "held" } else { "due" })
    .bind(millis(now))
    .bind(i64::from(reply.shadow))
    .bind(millis(reply.not_before.unwrap_or(now)))
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    sqlx::query("INSERT INTO reply_mails (reply_id, mail) VALUES ($1, $2)")
        .bind(id)
        .bind(reply.mail.as_slice())
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    let kind = if waits { Kind::ReplyHeld } else { Kind::ReplyDue };
    let event = Event::new(kind).message(message).reply(ReplyId(id));
    let mut detail = json!({ "template": template, "rfc_id": rfc_id, "mail_sha256": sha256(&reply.mail) });
    if let (true, Some(detail)) = (reply.shadow, detail.as_object_mut()) {
        detail.insert("shadow".to_owned(), true.into());
    }
    if let (false, Some(detail)) = (reply.attachments.is_empty(), detail.as_object_mut()) {
        detail.insert("attachments".to_owned(), json!(reply.attachments));
    }
    let text = json!({ "to": recipient, "subject": subject }).to_string();
    write.tell(event.saying(detail).aside(text)).await?;
    Ok(Added::As(ReplyId(id)))
}
