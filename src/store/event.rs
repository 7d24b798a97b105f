//! What happened, in order: the kinds of event, and the chain over them. Who checks the chain is
//! `audit`, which shares no code with this.

use super::{MailId, ReplyId, Store, instant};
use crate::database::{clean, fault};
use crate::fault::Fault;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::fmt;

/// Who acts when nobody does.
pub(super) const GUICHET: &str = "guichet";

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    MessageKept,
    CopySeen,
    MailboxRebuilt,
    MessageParked,
    MessageUnparked,
    CaseOpened,
    CaseRepeated,
    QuestionKept,
    QuestionClosed,
    QuestionReopened,
    AutomaticKept,
    NotAnswered,
    ReplyDue,
    ReplyHeld,
    ReplySpared,
    ReplyWithdrawn,
    ReplySent,
    ReplyPutOff,
    ReplyRefused,
    ReplyUnknown,
    ReplyResent,
    ReplyBounced,
    BounceSettled,
    CapTripped,
    CapReset,
    LookedAt,
    StaffDecided,
    CaseReexamined,
    CaseAssigned,
    CaseCorrected,
    CaseNoted,
    CaseDecided,
    CaseUndone,
    CaseProposed,
    CaseSentBack,
    CaseProposalVoid,
    CaseOverdue,
    AlertRaised,
    AlertAcknowledged,
    RetentionHeld,
    RetentionReleased,
    Purged,
    BackupRestored,
    StoreMoved,
    FeedWithdrawn,
    UserAdded,
    UserRole,
    UserPassword,
    UserRehashed,
    UserDisabled,
    UserEnabled,
    UserLinked,
    UserUnlinked,
    UserKnownAs,
    SignedIn,
    SignedOut,
    SignInRefused,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::MessageKept => "message_kept",
            Self::CopySeen => "copy_seen",
            Self::MailboxRebuilt => "mailbox_rebuilt",
            Self::MessageParked => "message_parked",
            Self::MessageUnparked => "message_unparked",
            Self::CaseOpened => "case_opened",
            Self::CaseRepeated => "case_repeated",
            Self::QuestionKept => "question_kept",
            Self::QuestionClosed => "question_closed",
            Self::QuestionReopened => "question_reopened",
            Self::AutomaticKept => "automatic_kept",
            Self::NotAnswered => "not_answered",
            Self::ReplyDue => "reply_due",
            Self::ReplyHeld => "reply_held",
            Self::ReplySpared => "reply_spared",
            Self::ReplyWithdrawn => "reply_withdrawn",
            Self::ReplySent => "reply_sent",
            Self::ReplyPutOff => "reply_put_off",
            Self::ReplyRefused => "reply_refused",
            Self::ReplyUnknown => "reply_unknown",
            Self::ReplyResent => "reply_resent",
            Self::ReplyBounced => "reply_bounced",
            Self::BounceSettled => "bounce_settled",
            Self::CapTripped => "cap_tripped",
            Self::CapReset => "cap_reset",
            Self::LookedAt => "looked_at",
            Self::StaffDecided => "staff_decided",
            Self::CaseReexamined => "case_reexamined",
            Self::CaseAssigned => "case_assigned",
            Self::CaseCorrected => "case_corrected",
            Self::CaseNoted => "case_noted",
            Self::CaseDecided => "case_decided",
            Self::CaseUndone => "case_undone",
            Self::CaseProposed => "case_proposed",
            Self::CaseSentBack => "case_sent_back",
            Self::CaseProposalVoid => "case_proposal_void",
            Self::CaseOverdue => "case_overdue",
            Self::AlertRaised => "alert_raised",
            Self::AlertAcknowledged => "alert_acknowledged",
            Self::RetentionHeld => "retention_held",
            Self::RetentionReleased => "retention_released",
            Self::Purged => "purged",
            Self::BackupRestored => "backup_restored",
            Self::StoreMoved => "store_moved",
            Self::FeedWithdrawn => "feed_withdrawn",
            Self::UserAdded => "user_added",
            Self::UserRole => "user_role_changed",
            Self::UserPassword => "user_password_changed",
            Self::UserRehashed => "user_password_rehashed",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserLinked => "user_linked",
            Self::UserUnlinked => "user_unlinked",
            Self::UserKnownAs => "user_known_as_changed",
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SignInRefused => "sign_in_refused",
        }
    }
}

/// An event to be added. `detail` outlives every retention: it holds no personal data (`actor`
/// names staff). What may be some stands in `text`.
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) message: Option<i64>,
    pub(super) case: Option<i64>,
    pub(super) reply: Option<i64>,
    pub(super) actor: String,
    pub(super) detail: Value,
    pub(super) text: Option<String>,
}

impl fmt::Debug for Event {
    /// Never the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} by {}: {})", self.kind.as_str(), self.actor, self.detail)
    }
}

impl Event {
    pub(super) fn new(kind: Kind) -> Self {
        let actor = GUICHET.to_owned();
        Self { kind, message: None, case: None, reply: None, actor, detail: json!({}), text: None }
    }

    pub(super) fn message(self, id: MailId) -> Self {
        Self { message: Some(id.0), ..self }
    }

    pub(super) fn case(self, id: i64) -> Self {
        Self { case: Some(id), ..self }
    }

    pub(super) fn reply(self, id: ReplyId) -> Self {
        Self { reply: Some(id.0), ..self }
    }

    pub(super) fn by(self, person: &str) -> Self {
        Self { actor: person.to_owned(), ..self }
    }

    pub(super) fn saying(self, detail: Value) -> Self {
        Self { detail, ..self }
    }

    /// What is said beside the chain, because it may be personal data.
    pub(super) fn aside(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }
}

/// A text beside its event, and the key of `detail` that says its hash.
pub(super) struct Aside {
    pub(super) salt: String,
    pub(super) text: String,
}

impl Aside {
    /// Takes the text out of an event; its detail then says the hash.
    pub(super) fn take(event: &mut Event) -> Result<Option<Self>, Fault> {
        let Some(text) = event.text.take() else { return Ok(None) };
        let mut salt = [0; 16];
        let random = SystemRandom::new().fill(&mut salt);
        random.map_err(|_| Fault::later("adding an event", "the machine gives no random numbers"))?;
        let aside = Self { salt: hex(&salt), text: clean(&text) };
        let hash = sha256(format!("{}{}", aside.salt, aside.text).as_bytes());
        if let Some(detail) = event.detail.as_object_mut() {
            detail.insert("text_sha256".to_owned(), hash.into());
        }
        Ok(Some(aside))
    }
}

/// SHA-256 (hexadecimal) over an event's fields, each with its length in bytes in front (eight
/// bytes, the greatest first), so that no two rows read the same.
pub(super) fn seal(
    id: i64,
    at: i64,
    kind: &str,
    [message, case, reply]: [Option<i64>; 3],
    actor: &str,
    detail: &str,
) -> String {
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let fields = [
        id.to_string(),
        at.to_string(),
        kind.to_owned(),
        number(message),
        number(case),
        number(reply),
        actor.to_owned(),
        detail.to_owned(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex(&hash.finalize())
}

/// The hash of an event: SHA-256 over the hash before (nothing, of the first) and its seal, both as
/// they are written.
pub(super) fn chained(before: &str, seal: &str) -> String {
    sha256(format!("{before}{seal}").as_bytes())
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One event, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub id: i64,
    pub at: Timestamp,
    pub kind: String,
    pub actor: String,
    /// JSON.
    pub detail: String,
}

#[derive(FromRow)]
struct Stored {
    id: i64,
    at: i64,
    kind: String,
    actor: String,
    detail: String,
}

impl Stored {
    fn shown(self) -> Result<EventRow, Fault> {
        Ok(EventRow {
            id: self.id,
            at: instant(self.at)?,
            kind: self.kind,
            actor: self.actor,
            detail: self.detail,
        })
    }
}

impl Store {
    /// What happened to a message, its cases and its replies.
    pub async fn events_of(&self, message: MailId) -> Result<Vec<EventRow>, Fault> {
        const DOING: &str = "reading a message's events";
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT id, at, kind, actor, detail FROM events \
             WHERE message_id = $1 ORDER BY id",
        )
        .bind(message.0)
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter().map(Stored::shown).collect()
    }

    /// The latest events, newest first.
    pub async fn latest_events(&self, limit: u32) -> Result<Vec<EventRow>, Fault> {
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT id, at, kind, actor, detail FROM events \
             ORDER BY id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading the latest events"))?;
        rows.into_iter().map(Stored::shown).collect()
    }
}
