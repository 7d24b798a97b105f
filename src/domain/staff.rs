//! The people behind the counter: the name somebody signs in under, and what each role may do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewest and most characters of a name.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=64;

/// The name under which one of the staff signs in; it goes into the record with all they do. Lower
/// case, of letters without accents, digits and `. - _ @`, the first a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// As typed: surrounding white space and upper case do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let sound = LENGTH.contains(&name.len())
            && name.starts_with(plain)
            && name.chars().all(|c| plain(c) || ".-_@".contains(c));
        sound.then_some(Self(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody is at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Reader,
    /// Works on cases.
    Agent,
    /// Confirms what another decided, and keeps the desk running.
    Supervisor,
    /// Sees everything, and changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Reader, Self::Agent, Self::Supervisor, Self::Auditor];

    /// As the command line, the configuration and the database write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// As staff read it.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::Reader => "lecteur",
            Self::Agent => "agent",
            Self::Supervisor => "superviseur",
            Self::Auditor => "auditeur",
        }
    }

    /// Whether somebody of this role may do this.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        right.belongs_to().contains(&self)
    }
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The queue, the cases with their documents, the overview.
    SeeCases,
    /// Breakers, parked mails, users, registry alerts: their pages.
    SeeAdministration,
    /// Who did what: asked of the record.
    SearchAudit,
    /// A case as an archive.
    ExportAudit,
    /// Taking a case, and giving it back.
    Take,
    /// Correcting what was read.
    Correct,
    Decide,
    Note,
    /// Having a letter sent again.
    Resend,
    /// The second pair of eyes on another's decision.
    Confirm,
    /// Closing a breaker again.
    ResetBreakers,
    /// Taking up a mail that was put aside.
    Unpark,
    /// Adding users, their roles and passwords, letting them in or not.
    ManageUsers,
    /// Saying that an alert of the registry was seen to.
    AcknowledgeAlerts,
}

impl Right {
    pub const ALL: [Self; 14] = [
        Self::SeeCases,
        Self::SeeAdministration,
        Self::SearchAudit,
        Self::ExportAudit,
        Self::Take,
        Self::Correct,
        Self::Decide,
        Self::Note,
        Self::Resend,
        Self::Confirm,
        Self::ResetBreakers,
        Self::Unpark,
        Self::ManageUsers,
        Self::AcknowledgeAlerts,
    ];

    /// The one table of who may what.
    const fn belongs_to(self) -> &'static [Role] {
        use Role::{Agent, Auditor, Reader, Supervisor};
        match self {
            Self::SeeCases => &[Reader, Agent, Supervisor, Auditor],
            Self::SeeAdministration => &[Supervisor, Auditor],
            Self::SearchAudit | Self::ExportAudit => &[Auditor],
            Self::Take | Self::Correct | Self::Decide | Self::Note | Self::Resend => &[Agent, Supervisor],
            Self::Confirm
            | Self::ResetBreakers
            | Self::Unpark
            | Self::ManageUsers
            | Self::AcknowledgeAlerts => &[Supervisor],
        }
    }

    /// Whether something is another afterwards.
    #[must_use]
    pub fn changes(self) -> bool {
        match self {
            Self::SeeCases | Self::SeeAdministration | Self::SearchAudit | Self::ExportAudit => false,
            Self::Take
            | Self::Correct
            | Self::Decide
            | Self::Note
            | Self::Resend
            | Self::Confirm
            | Self::ResetBreakers
            | Self::Unpark
            | Self::ManageUsers
            | Self::AcknowledgeAlerts => true,
        }
    }
}

/// Characters of a reason.
const REASON: usize = 1000;

/// Why somebody does something, in their words, without what surrounds them; `None`: nothing, or more than
/// a reason is.
#[must_use]
pub fn reason(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= REASON).then_some(text)
}

/// A password as it is kept: an argon2id hash in the PHC string format. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// For the database, and for whoever compares a password with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Somebody as an OpenID provider knows them (OpenID Connect Core 1.0, section 2): the two together never
/// become another's, as names and addresses do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    issuer: String,
    subject: String,
}

impl Identity {
    /// The provider exactly as it names itself, and what is unique there; `None` for what no provider
    /// says (section 2: at most 255 ASCII characters).
    #[must_use]
    pub fn new(issuer: &str, subject: &str) -> Option<Self> {
        let sound =
            |text: &str| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        // a subject may have spaces inside
        (sound(issuer) && sound(&subject.replace(' ', "_")))
            .then(|| Self { issuer: issuer.to_owned(), subject: subject.to_owned() })
    }

    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// As whom an OpenID provider names somebody: a claim such as `preferred_username`, for Pro Santé Connect
/// their national number. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownAs(String);

impl KnownAs {
    /// Exactly as the provider says it, but for white space around it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let sound = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
        sound.then(|| Self(text.to_owned()))
    }

    /// For the database, and for their supervisor.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KnownAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownAs(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_and_plain() {
        let parsed = |text| UserName::parse(text).map(|name| name.to_string());
        assert_eq!(parsed(" Ada.Lovelace "), Some("ada.lovelace".to_owned()));
        assert_eq!(parsed("a-b_c@ans.example"), Some("a-b_c@ans.example".to_owned()));
        assert_eq!(parsed(&"a".repeat(64)), Some("a".repeat(64)));
        let long = "a".repeat(65);
        for wrong in ["", "a", "--role", ".ada", "ada lovelace", "adé", "аda", "ada/..", "ada\0", &long] {
            assert_eq!(UserName::parse(wrong), None, "{wrong}");
        }
    }

    fn rights(role: Role) -> Vec<Right> {
        Right::ALL.into_iter().filter(|right| role.may(*right)).collect()
    }

    #[test]
    fn each_role_may_what_it_is_for() {
        use Right::*;
        assert_eq!(rights(Role::Reader), [SeeCases]);
        assert_eq!(rights(Role::Agent), [SeeCases, Take, Correct, Decide, Note, Resend]);
        let administers = [ResetBreakers, Unpark, ManageUsers, AcknowledgeAlerts];
        for right in [rights(Role::Agent).as_slice(), &administers, &[Confirm, SeeAdministration]].concat() {
            assert!(Role::Supervisor.may(right), "{right:?}");
        }
    }

    #[test]
    fn an_auditor_sees_everything_and_changes_nothing() {
        for right in Right::ALL {
            assert_eq!(Role::Auditor.may(right), !right.changes(), "{right:?}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        assert_eq!(Role::ALL.map(|role| Role::parse(role.as_str())), Role::ALL.map(Some));
        assert_eq!(Role::parse("admin"), None);
    }

    #[test]
    fn an_identity_is_what_providers_say() {
        assert!(Identity::new("https://id.example", "f:1234:899 700 218 896").is_some());
        for wrong in ["", "a\0", "a\nb", "é", &"a".repeat(256)] {
            assert_eq!(Identity::new("https://id.example", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whom_a_provider_names_is_kept_as_it_says_and_not_printed() {
        let known = KnownAs::parse(" 899700218896 ").unwrap();
        assert_eq!((known.expose(), format!("{known:?}")), ("899700218896", "KnownAs(…)".to_owned()));
        assert_eq!(KnownAs::parse("Ada").unwrap().expose(), "Ada");
        for wrong in ["", "  ", "a\u{0}b", &"1".repeat(256)] {
            assert_eq!(KnownAs::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(format!("{:?}", PasswordHash::new("$argon2id$secret")), "PasswordHash(…)");
    }
}
