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
use crate::domain::submissions;
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
    /// What each was judged from.
    pub readings: Vec<Reading>,
    /// The first case of documents that came before.
    pub repeats: Option<CaseNumber>,
    pub assumed_new: Vec<Twin>,
    /// Mails of the thread whose forms were continued.
    pub earlier: Vec<EarlierMail>,
}

/// An earlier mail of the thread, opened again.
#[derive(Debug)]
pub(super) struct EarlierMail {
    pub id: MailId,
    /// Its documents, named so that they are told from this mail's.
    pub names: Vec<String>,
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
                class: None,
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
        let (fresh, earlier) = self.with_the_thread(mail, &head, &opened, fresh).await?;
        let extra = [rules::mail::sender(&head), rules::mail::came_before(repeats.as_ref())];
        let forms = if head.kind == MailKind::Submission { fresh } else { vec![] };
        let examined = examine(forms, &opened.documents, &extra, ground).await;
        Ok(Judgement {
            opened,
            head,
            judged: examined.judged,
            readings: examined.readings,
            repeats,
            assumed_new,
            earlier,
        })
    }

    /// Second copies of a form that came with an earlier mail of the thread are joined to it (rulebook,
    /// "Several forms, several mails"). Only of the same sender: anybody can name a thread.
    async fn with_the_thread(
        &self,
        mail: Mail<'_>,
        head: &MailHead,
        opened: &Opened,
        fresh: Vec<Reading>,
    ) -> Result<(Vec<Reading>, Vec<EarlierMail>), Fault> {
        let alone = head.references.is_empty() || head.sender_unverified();
        if alone || !fresh.iter().any(submissions::may_be_a_copy) {
            return Ok((fresh, Vec::new()));
        }
        let (mut mails, mut readings) = (Vec::new(), Vec::new());
        let mut documents = opened.documents.len();
        for id in self.store.mails_of_thread(mail.id, &head.references, mail.known).await? {
            let Some(before) = self.opened_again(id).await? else { continue };
            if !same_sender(head, before.mail.as_ref()) {
                continue;
            }
            let later = |name: &String| format!("{name} (courriel précédent)");
            let numbers: Vec<usize> = (documents..documents + before.documents.len()).collect();
            documents += before.documents.len();
            for mut reading in before.readings {
                reading.documents.iter_mut().for_each(|name| *name = later(name));
                if let Some(sheet) = &mut reading.sheet {
                    sheet.renumber(&numbers);
                }
                readings.push(reading);
            }
            let names: Vec<String> = before.documents.iter().map(|document| later(&document.name)).collect();
            mails.push(EarlierMail { id, names });
        }
        let joined = submissions::join_earlier(&readings, fresh);
        let any = joined.iter().any(|(_, with)| with.is_some());
        let readings = joined.into_iter().map(|(reading, _)| reading).collect();
        // evidence counts the documents of all of them
        Ok((readings, if any { mails } else { Vec::new() }))
    }

    /// An earlier mail, read again; `None` where it is not kept or cannot be opened: then nothing is
    /// joined to it.
    async fn opened_again(&self, id: MailId) -> Result<Option<Opened>, Fault> {
        let Some(raw) = self.store.raw(id).await? else { return Ok(None) };
        match self.sandbox.open(Job { kind: JobKind::Mail, name: "", bytes: &raw }).await {
            Ok(opened) => Ok(Some(opened)),
            Err(Unopened::Ended(ended)) => {
                tracing::warn!(message = %id, %ended, "an earlier mail of the thread could not be opened again");
                Ok(None)
            }
            Err(Unopened::Fault(fault)) => Err(fault),
        }
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

/// Whether an earlier mail was written by who wrote this one.
fn same_sender(head: &MailHead, earlier: Option<&MailHead>) -> bool {
    fn address(head: &MailHead) -> Option<String> {
        head.from.as_ref().map(|from| from.address.expose().to_lowercase())
    }
    let earlier = earlier.filter(|earlier| !earlier.sender_unverified());
    earlier.is_some_and(|earlier| address(earlier).is_some() && address(earlier) == address(head))
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
