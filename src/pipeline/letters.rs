//! Whether a message is answered, whether the answer waits for a person, and the mail itself.

use super::copies::attachments;
use super::{Caps, Line};
use crate::domain::case::{CaseNumber, Judged, Template};
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead, MailKind};
use crate::fault::Fault;
use crate::reading::repaired::Copy;
use crate::reply::{Attachment, ByHand, Occasion};
use crate::store::{Attached, Cap, NewReply, Within};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

/// The span of the caps, and of "a receipt at most once a day per sender" (rulebook, question).
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Why nobody hears from a daemon that only shadows staff.
const SHADOW: &str = "shadow: nothing is sent";

/// Who hears from us, decided before anything is written.
pub(super) enum Answered {
    /// The answer leaves by itself.
    AtOnce,
    /// The answer is ready and waits for a person, for this reason.
    Held(String),
    /// Nobody is answered, for this reason.
    Never(String),
}

/// The mail that is answered.
#[derive(Clone, Copy)]
pub(super) struct Mailed<'a> {
    /// Of its bytes.
    pub(super) sha256: &'a str,
    pub(super) received_at: Timestamp,
    pub(super) documents: &'a [DocumentHead],
    /// A repaired copy of each form that is told of, where there is one.
    pub(super) copies: &'a [Option<Copy>],
    /// Letters composed for it before: each has a Message-ID of its own.
    pub(super) letters: u32,
}

impl Answered {
    pub(super) fn is_held(&self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// Why no answer leaves, for the record. Names nobody.
    pub(super) fn because(&self, shadow: bool) -> Option<String> {
        match self {
            Self::AtOnce => shadow.then(|| SHADOW.to_owned()),
            Self::Held(why) if shadow => Some(format!("{why}; and {SHADOW}")),
            Self::Held(why) | Self::Never(why) => Some(why.clone()),
        }
    }
}

impl Line {
    /// Decided before any rule that can answer: what kind of mail, who wrote, how much was already
    /// answered, which verdicts leave by themselves.
    pub(super) async fn answered(&self, head: &MailHead, judged: &[Judged]) -> Result<Answered, Fault> {
        if head.kind == MailKind::Automatic {
            let why = head.automatic_because.as_deref().unwrap_or("automatic mail");
            return Ok(Answered::Never(format!("automatic mail: {why}")));
        }
        let Some(to) = &head.reply_to else {
            return Ok(Answered::Never("there is no address that can be answered safely".into()));
        };
        if head.sender_unverified() {
            return Ok(Answered::Held("the sender is not verified".into()));
        }
        let by_hand =
            judged.iter().map(|one| one.verdict.kind()).find(|kind| !self.settings.automatic.contains(kind));
        if let Some(kind) = by_hand {
            return Ok(Answered::Held(format!(
                "{} letters wait for a person (decision.automatic)",
                kind.as_str()
            )));
        }
        self.under_the_caps(&to.address).await
    }

    async fn under_the_caps(&self, to: &Masked) -> Result<Answered, Fault> {
        let now = self.now();
        if let Some(tripped) = self.store.tripped_for(to).await?.into_iter().next() {
            return Ok(Answered::Held(format!("a cap on replies is tripped: {}", tripped.because)));
        }
        let within = self.within(now);
        let counts = self.store.replies_within(to, &within).await?;
        let Within { per_address, per_domain, total, .. } = within;
        let domain = to.expose().rsplit_once('@').map_or("", |(_, domain)| domain);
        let reached = [
            (counts.total >= total, Cap::Total, format!("{total} replies in 24 hours")),
            (
                counts.to_domain >= per_domain,
                Cap::Domain(Masked::new(domain)),
                format!("{per_domain} replies to one domain in 24 hours"),
            ),
            (
                counts.to_address >= per_address,
                Cap::Address(to.clone()),
                format!("{per_address} replies to one address in 24 hours"),
            ),
        ];
        for (over, cap, why) in reached {
            if over {
                tracing::error!(why, "a cap on replies is reached: they wait until a person resets it");
                self.store.trip(&cap, &why, now).await?;
                return Ok(Answered::Held(format!("a cap on replies is tripped: {why}")));
            }
        }
        Ok(Answered::AtOnce)
    }

    /// What may leave by itself in a day.
    fn within(&self, now: Timestamp) -> Within {
        let Caps { per_address, per_domain, total } = self.settings.caps;
        let [per_address, per_domain, total] = [per_address, per_domain, total].map(u64::from);
        Within { since: now.saturating_sub(DAY).unwrap_or(Timestamp::MIN), per_address, per_domain, total }
    }

    /// The one mail that answers a message; none where nobody is answered.
    pub(super) fn letter(
        &self,
        mailed: Mailed<'_>,
        head: &MailHead,
        judged: &[Judged],
        numbers: &[CaseNumber],
        answered: &Answered,
        now: Timestamp,
    ) -> Result<Vec<NewReply>, Fault> {
        if matches!(answered, Answered::Never(_)) {
            return Ok(vec![]);
        }
        let within = self.within(now);
        let composed = self.composed(mailed, head, (judged, numbers), ByHand::default(), now)?;
        let later = now.saturating_add(self.settings.receipt_after).unwrap_or(Timestamp::MAX);
        // of a question nothing follows by itself
        let receipt =
            |new: &NewReply| new.template == Template::Received && head.kind == MailKind::Submission;
        let letter = composed.map(|(new, _)| NewReply {
            held: answered.is_held(),
            unless_since: (head.kind == MailKind::Question).then_some(within.since),
            not_before: receipt(&new).then_some(later),
            within: Some(within),
            ..new
        });
        Ok(letter.into_iter().collect())
    }

    /// The letter that a person has decided on, and its plain text; nothing holds it back. `None`: nobody
    /// can be written to.
    pub(super) fn composed(
        &self,
        mailed: Mailed<'_>,
        head: &MailHead,
        (judged, numbers): (&[Judged], &[CaseNumber]),
        by_hand: ByHand<'_>,
        now: Timestamp,
    ) -> Result<Option<(NewReply, Masked)>, Fault> {
        let copies = attachments(mailed.copies, numbers);
        let occasion = Occasion {
            numbers,
            judged,
            head,
            received_at: mailed.received_at,
            documents: mailed.documents,
            copies: &copies,
            by_hand,
        };
        let Some(letter) = self.letters.compose(&occasion)? else { return Ok(None) };
        let (template, text) = (letter.template, Masked::new(letter.text.as_str()));
        let mail = letter.into_mail(&self.settings.identity, mailed.sha256, mailed.letters, now)?;
        let new = NewReply {
            template,
            to: Masked::new(mail.to),
            subject: Masked::new(mail.subject),
            message_id: mail.message_id,
            mail: mail.bytes,
            attachments: copies.iter().flatten().map(attached).collect(),
            held: false,
            shadow: self.settings.shadow,
            unless_since: None,
            not_before: None,
            within: None,
        };
        Ok(Some((new, text)))
    }
}

fn attached(file: &Attachment) -> Attached {
    let sha256 = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Attached { name: file.name.clone(), size: file.bytes.len() as u64, sha256, own: file.own }
}
