//! From a message's bytes to what it comes to: opened in the sandbox, read, judged. The daemon's second
//! leg and `replay` both come through here, so that a replayed decision is taken as the first was.

use super::Line;
use super::examine::{Ground, examine, hashes_of};
use crate::domain::case::{CaseNumber, Findings, Judged, Opened, Verdict};
use crate::domain::fill::names_nobody;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::Field;
use crate::domain::mail::{MailHead, MailKind};
use crate::domain::messages;
use crate::domain::rules;
use crate::domain::sheet::{Reading, Source};
use crate::fault::Fault;
use crate::sandbox::{Job, JobKind, Unopened};
use crate::store::{Content, Known, Lane, MailId, Twin};
use jiff::civil::Date;

/// A kept message, and which decisions it can know of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mail<'a> {
    pub id: MailId,
    pub content: &'a Content,
    /// Bytes of the mail on the server.
    pub size: u64,
    pub known: Known,
}

/// What a message turned out to be.
pub(super) struct Judgement {
    pub opened: Opened,
    pub head: MailHead,
    pub judged: Vec<Judged>,
    /// The first case of documents that came before.
    pub repeats: Option<CaseNumber>,
    pub assumed_new: Vec<Twin>,
}

impl Judgement {
    /// What the letter tells: the forms judged; of nothing but copies, where they were decided.
    pub fn told(&self) -> Vec<Judged> {
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
    /// Opens the message in the sandbox; of a mail over the size cap there is only the header.
    /// `None`: it holds paper, which is not read in this lane.
    pub(super) async fn open(&self, mail: Mail<'_>, lane: Lane) -> Result<Option<Opened>, Unopened> {
        let bytes = match mail.content {
            Content::Whole(bytes) | Content::HeadOnly(bytes) => bytes,
        };
        let job = Job { kind: JobKind::Mail, name: "", bytes };
        let opened = match lane {
            Lane::Quick => self.sandbox.open_unless_paper(job).await?,
            Lane::Paper => Some(self.sandbox.open(job).await?),
        };
        let Some(mut opened) = opened else { return Ok(None) };
        let head_only = matches!(mail.content, Content::HeadOnly(_));
        if let Some(head) = opened.mail.as_mut().filter(|head| head_only && head.kind != MailKind::Automatic)
        {
            head.kind = MailKind::Submission;
            let sentence = messages::mail_too_large(mail.size, self.settings.max_mail);
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

    /// Reads, gathers, judges: what a message comes to on this ground.
    pub(super) async fn judge(
        &self,
        mail: Mail<'_>,
        mut opened: Opened,
        ground: Ground<'_>,
    ) -> Result<Judgement, Fault> {
        let Some(head) = opened.mail.clone() else {
            return Err(Fault::never("opening a message", "the sandbox took it for a document"));
        };
        let mut assumed_new = Vec::new();
        let mut repeats = None;
        let mut fresh = Vec::new();
        for reading in std::mem::take(&mut opened.readings) {
            let twins = twins(&reading, &opened, &head);
            if let Some(number) = self.first_case_of(mail, &twins).await? {
                repeats = repeats.or(Some(number));
            } else {
                assumed_new.extend(twins);
                fresh.push(reading);
            }
        }
        let extra = [rules::mail::sender(&head), rules::mail::came_before(repeats.as_ref())];
        let forms = if head.kind == MailKind::Submission { fresh } else { vec![] };
        let examined = examine(forms, &opened.documents, &extra, ground).await;
        Ok(Judgement { opened, head, judged: examined.judged, repeats, assumed_new })
    }

    /// The case that the very same documents were decided in before, if all of them were.
    async fn first_case_of(&self, mail: Mail<'_>, twins: &[Twin]) -> Result<Option<CaseNumber>, Fault> {
        let mut first = None;
        for twin in twins {
            match self.store.first_case_with_document(twin, mail.id, mail.known).await? {
                Some(number) => first = first.or(Some(number)),
                None => return Ok(None),
            }
        }
        Ok(first)
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
