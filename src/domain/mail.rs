//! What we keep of a mail besides its bytes: who wrote, what kind of mail it is, what was attached.

use super::form::Masked;
use serde::{Deserialize, Serialize};

/// What kind of mail it is (rulebook, "What kind of mail, and who is answered").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Carries an F413, or a document that was meant to be one.
    Submission,
    /// A person wrote, without a form.
    Question,
    /// Written by a machine, or for a list: never answered.
    Automatic,
}

impl MailKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Question => "question",
            Self::Automatic => "automatic",
        }
    }
}

/// Why a canary mail is automatic.
pub const CANARY: &str = "canary";

/// What the trusted `Authentication-Results` (RFC 8601) say of the From domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderCheck {
    Verified,
    Failed,
    Unknown,
}

impl SenderCheck {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A mail address with its display name (RFC 5322 §3.4). Only addresses that can be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    pub name: Option<Masked>,
    /// `local@domain`, as written.
    pub address: Masked,
}

/// A mail's head, as far as guichet needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailHead {
    pub kind: MailKind,
    /// Why it is `Automatic`: the rule that said so, in English, for staff and logs. No addresses.
    pub automatic_because: Option<String>,
    /// The single From mailbox; `None` when there is none, more than one, or none usable.
    pub from: Option<Correspondent>,
    /// Where an answer goes: `Reply-To`, else `From`; `None` when nobody can be answered safely.
    pub reply_to: Option<Correspondent>,
    /// Decoded, control characters removed.
    pub subject: Option<Masked>,
    /// With its angle brackets removed.
    pub message_id: Option<String>,
    /// For threading: ids without brackets, oldest first (RFC 5322 §3.6.4).
    pub references: Vec<String>,
    pub sender: SenderCheck,
    /// Flagged as spam by the trusted server.
    pub spam: bool,
    /// The first characters of the text body, for staff. Personal data.
    pub text: Masked,
    /// What it says of the delivery of another mail, where it is a notice of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<DeliveryNotice>,
}

/// A notice about the delivery of a mail (RFC 3464). Anybody can write one: it counts only for a letter
/// whose Message-ID it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryNotice {
    /// Ids of the mail it may be about, without brackets: of the header it returns, else of its thread.
    pub about: Vec<String>,
    pub says: Delivered,
    /// The status code (RFC 3463), as in `5.1.1`.
    pub status: Option<String>,
}

/// What a notice says of the worst-off recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// Delivered, relayed, or nothing that can be made out.
    Otherwise,
    /// Not yet: somebody goes on trying.
    Delayed,
    /// It will not be: somebody gave up.
    Failed,
}

impl MailHead {
    /// Whether an answer may leave without a person (rulebook: `sender_unverified`, RFC 3834).
    #[must_use]
    pub fn may_be_answered(&self) -> bool {
        self.kind != MailKind::Automatic && !self.sender_unverified() && self.reply_to.is_some()
    }

    /// Rulebook: sender fails authentication, is flagged as spam, or there is no single From.
    #[must_use]
    pub fn sender_unverified(&self) -> bool {
        self.sender == SenderCheck::Failed || self.spam || self.from.is_none()
    }
}

/// What a relay says of a mail handed to it; not a `Result`, because each end has its own sequel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The relay took the responsibility (RFC 5321 §6.1).
    Sent,
    /// Surely not taken, and a later attempt may succeed.
    NotYet,
    /// Surely not taken, and will not be: this recipient or this mail is refused.
    Refused,
    /// The line was cut when the relay may already have taken it: never sent again by itself.
    Unknown,
}

impl Delivery {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NotYet => "not_yet",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a reply stands in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyState {
    /// Waits for a person to release it.
    Held,
    Due,
    /// In the hands of a sender.
    Sending,
    Sent,
    Refused,
    /// Perhaps sent: see [`Delivery::Unknown`].
    Unknown,
}

impl ReplyState {
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Due, Self::Sending, Self::Sent, Self::Refused, Self::Unknown];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A document found in a mail (or given by itself).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentHead {
    /// As the sender named it, or `document-N.pdf`.
    pub name: String,
    /// By content, not by header.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// Where a mail stands on the server: identity of a mail within one folder (RFC 3501 §2.3.1.1).
/// Everything up to and including `uid` has been kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// Changes when the folder was rebuilt: UIDs of another validity say nothing.
    pub uidvalidity: u32,
    pub uid: u32,
}

/// What became of a mail, for the people who look into the mailbox: each has its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, or to be answered, without a person.
    Handled,
    /// Waits for a person: a case in review, or a mail parked with a reason.
    ToDo,
    /// A person wrote, without a form.
    Question,
    /// Written by a machine: never answered.
    Automatic,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Handled, Self::ToDo, Self::Question, Self::Automatic];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::ToDo => "to_do",
            Self::Question => "question",
            Self::Automatic => "automatic",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}
