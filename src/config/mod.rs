//! The configuration: one TOML file, typed, unknown keys refused. `config/guichet.toml` shows every
//! key; a test keeps the two together. The environment is read here and nowhere else.

mod daemon;
mod replies;
mod retention;
mod signatures;

use crate::desk::DeskSettings;
use crate::domain::case::VerdictKind;
use crate::domain::policy::{CardType, NotYetValid, Policy, Profile};
use crate::domain::units::{Size, Span};
use crate::folder::maildir::MaildirSettings;
use crate::intake::imap::{self, ImapSettings};
use crate::intake::mailbox::FilingMode;
use crate::intake::mime::MimeSettings;
use crate::reply::settings::{LetterSettings, MailIdentity};
use crate::reply::smtp::{self, SmtpSettings, on_this_machine};
use crate::sandbox::{Protection, SandboxSettings};
use crate::watch::WatchSettings;
pub use daemon::DaemonSettings;
pub use replies::ReplySettings;
pub use retention::RetentionSettings;
use serde::Deserialize;
pub use signatures::SignatureSettings;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `production`, or `test`, which lets FINESS numbers of the test range (99…) through.
    #[serde(default)]
    pub profile: Profile,
    /// Runs the whole line and sends nothing: replies are composed and kept as what would have been
    /// sent, and nothing is touched on the mail server. To be run beside staff before it answers.
    #[serde(default)]
    pub shadow: bool,
    /// Needed where mail is taken in.
    pub mailbox: Option<MailboxSettings>,
    /// Needed where letters are sent.
    pub transport: Option<TransportSettings>,
    pub store: StoreSettings,
    #[serde(default)]
    pub registry: RegistrySettings,
    #[serde(default)]
    pub decision: DecisionSettings,
    /// Under which identity replies leave.
    pub identity: MailIdentity,
    #[serde(default)]
    pub letters: LetterSettings,
    #[serde(default)]
    pub replies: ReplySettings,
    #[serde(default)]
    pub retention: RetentionSettings,
    #[serde(default)]
    pub mail: MimeSettings,
    #[serde(default)]
    pub signatures: SignatureSettings,
    #[serde(default)]
    pub sandbox: SandboxConfig,
    #[serde(default)]
    pub daemon: DaemonSettings,
    /// The web application for staff.
    #[serde(default)]
    pub desk: DeskSettings,
    /// Who is told when it does not get on.
    #[serde(default)]
    pub watch: WatchSettings,
    #[serde(default)]
    pub log: LogSettings,
}

/// Where mail comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailboxSettings {
    /// A folder on an IMAP server (RFC 9051, RFC 3501).
    Imap(ImapSettings),
    /// A Maildir on this machine.
    Folder(MaildirSettings),
}

/// How replies leave.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransportSettings {
    /// An SMTP relay (RFC 5321, RFC 6409).
    Smtp(SmtpSettings),
    /// A folder that receives each reply as a file: trials, shadow runs.
    Folder(OutgoingSettings),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutgoingSettings {
    /// The folder; created when missing.
    pub path: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite:/path/to/guichet.db`, or `postgres://user@host/database`.
    pub url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistrySettings {
    /// A registry older than this answers nothing: submissions wait, none is rejected for it.
    pub max_age: Span,
    /// An import that loses more than this share of a feed's rows is refused (0.2 is 20 %).
    pub max_shrink: f64,
    /// An import with more than this share of unreadable rows is refused (0.001 is 0.1 %).
    pub max_bad_rows: f64,
    /// Snapshots whose rows are kept, the current one included: past cases can be replayed with those
    /// they were decided with for as long.
    pub keep: u32,
    /// So long a case waits for a registry that does not answer before staff see it; an import wakes
    /// it by itself.
    pub wait: Span,
    /// The types of card the loaded feeds cover. A card that is not found is only rejected when
    /// all six are covered: CPS, CPF, CPE, CDE, CPA, CDA.
    pub card_types: BTreeSet<CardType>,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            max_age: Span::days(7),
            max_shrink: 0.2,
            max_bad_rows: 0.001,
            keep: 2,
            wait: Span::days(2),
            card_types: CardType::ALL.into_iter().collect(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionSettings {
    /// The verdicts that are mailed without a person; another one waits with its letter ready.
    pub automatic: BTreeSet<VerdictKind>,
    /// Under this confidence (0 to 1) a value read is not decided on.
    pub min_confidence: f64,
    /// A form dated longer ago is looked at by a person. Whole days.
    pub max_form_age: Span,
    /// What a card that is not valid yet leads to: `reject`, or `wait` until it is.
    pub not_yet_valid: NotYetValid,
    /// Words of section 4.2 that name a core service of the Ségur programme.
    pub segur_keywords: Vec<String>,
}

impl Default for DecisionSettings {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            automatic: [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected].into(),
            min_confidence: policy.min_confidence,
            max_form_age: Span::days(180),
            not_yet_valid: policy.not_yet_valid,
            segur_keywords: policy.segur_keywords,
        }
    }
}

/// The caps of one child process that opens strangers' bytes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// Processor time.
    pub cpu: Span,
    /// Address space.
    pub memory: Size,
    /// From start to last answer.
    pub wall: Span,
    /// Recognising paper (Tesseract), beside `wall`.
    pub recognition: Span,
    /// What it may answer.
    pub output: Size,
    /// Children kept ready.
    pub spares: usize,
    /// What the kernel must hold a child back with, or the daemon does not start: `landlock`, `seccomp`.
    pub require: Vec<Protection>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        let settings = SandboxSettings::default();
        Self {
            cpu: Span(settings.cpu),
            memory: Size(settings.memory),
            wall: Span(settings.wall),
            recognition: Span(settings.recognition),
            output: Size(settings.output),
            spares: settings.spares,
            require: settings.require,
        }
    }
}

impl From<&SandboxConfig> for SandboxSettings {
    fn from(config: &SandboxConfig) -> Self {
        Self {
            cpu: config.cpu.0,
            memory: config.memory.0,
            wall: config.wall.0,
            recognition: config.recognition.0,
            output: config.output.0,
            spares: config.spares,
            require: config.require.clone(),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    pub format: LogFormat,
    /// `tracing` directives, such as `info` or `guichet=debug`; the variable `GUICHET_LOG` wins.
    pub filter: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot be read: {0} (give one with --config; config/guichet.toml is a complete example)")]
    Unreadable(#[from] std::io::Error),
    #[error("{0}")]
    Wrong(#[from] toml::de::Error),
    #[error("{0}")]
    Refused(String),
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// Unreadable, unknown keys, wrong types, or values that make no sense; the message names them.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Where mail comes from.
    ///
    /// # Errors
    /// The table is not there.
    pub fn mailbox(&self) -> Result<&MailboxSettings, ConfigError> {
        let missing = "there is no table [mailbox], which taking mail in needs";
        self.mailbox.as_ref().ok_or_else(|| ConfigError::Refused(missing.to_owned()))
    }

    /// How replies leave.
    ///
    /// # Errors
    /// The table is not there.
    pub fn transport(&self) -> Result<&TransportSettings, ConfigError> {
        let missing = "there is no table [transport], which sending letters needs";
        self.transport.as_ref().ok_or_else(|| ConfigError::Refused(missing.to_owned()))
    }

    /// What the sandbox needs.
    ///
    /// # Errors
    /// As for [`SignatureSettings::load`].
    pub fn sandbox(&self) -> Result<SandboxSettings, ConfigError> {
        Ok(SandboxSettings { trust: self.signatures.load()?, ..SandboxSettings::from(&self.sandbox) })
    }

    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text)?;
        config.check()?;
        if config.shadow {
            // the mailbox belongs to staff
            match &mut config.mailbox {
                Some(MailboxSettings::Imap(imap)) => imap.filing = FilingMode::Nothing,
                Some(MailboxSettings::Folder(folder)) => folder.filing = FilingMode::Nothing,
                None => {}
            }
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let share = |name: &str, value: f64| {
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(ConfigError::Refused(format!("{name} is a share from 0 to 1, not {value}")))
            }
        };
        share("decision.min_confidence", self.decision.min_confidence)?;
        share("registry.max_shrink", self.registry.max_shrink)?;
        share("registry.max_bad_rows", self.registry.max_bad_rows)?;
        let at_least_one = [
            ("daemon.senders", self.daemon.senders),
            ("daemon.max_attempts", self.daemon.max_attempts as usize),
            ("sandbox.spares", self.sandbox.spares),
            ("registry.keep", self.registry.keep as usize),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Refused(format!("{name} is at least 1")));
        }
        let spans = [
            ("daemon.lease", self.daemon.lease, Span::seconds(1)),
            ("daemon.look_every", self.daemon.look_every, Span::millis(50)),
            ("desk.idle", self.desk.idle, Span::minutes(1)),
            ("desk.longest", self.desk.longest, Span::minutes(1)),
        ];
        if let Some((name, _, least)) = spans.into_iter().find(|(_, value, least)| value < least) {
            return Err(ConfigError::Refused(format!("{name} is at least {:?}", least.0)));
        }
        if let Some(why) = self.desk.refused() {
            return Err(ConfigError::Refused(why));
        }
        if let Some(TransportSettings::Smtp(smtp)) = &self.transport
            && let Some(why) = smtp.dkim.as_ref().and_then(|dkim| dkim.refused(&self.identity.from))
        {
            return Err(ConfigError::Refused(why));
        }
        match self.in_the_clear().into_iter().find(|(_, host)| !on_this_machine(host)) {
            Some((table, host)) => Err(ConfigError::Refused(format!(
                "{table}.tls: \"plain\" is for this machine only, and {host} is another: use TLS, or \
                 \"plain_anywhere\" if you must"
            ))),
            None => Ok(()),
        }
    }

    /// The tables that say `plain`, and whom they would talk to.
    fn in_the_clear(&self) -> Vec<(&'static str, &str)> {
        let mut found = Vec::new();
        if let Some(MailboxSettings::Imap(imap)) = &self.mailbox
            && imap.tls == imap::Tls::Plain
        {
            found.push(("mailbox", imap.host.as_str()));
        }
        if let Some(TransportSettings::Smtp(smtp)) = &self.transport
            && smtp.tls == smtp::Tls::Plain
        {
            found.push(("transport", smtp.host.as_str()));
        }
        found
    }

    /// What the rules need.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let days = self.decision.max_form_age.0.as_secs() / 86400;
        Policy {
            profile: self.profile,
            min_confidence: self.decision.min_confidence,
            max_form_age_days: i32::try_from(days).unwrap_or(i32::MAX),
            not_yet_valid: self.decision.not_yet_valid,
            segur_keywords: self.decision.segur_keywords.clone(),
            card_types: self.registry.card_types.clone(),
            ..Policy::default()
        }
    }

    /// A few lines on what the configuration says, without secrets.
    #[must_use]
    pub fn summary(&self) -> String {
        let mailbox = match &self.mailbox {
            Some(MailboxSettings::Imap(imap)) => {
                format!("IMAP {}:{}, folder {}", imap.host, imap.port(), imap.folder)
            }
            Some(MailboxSettings::Folder(folder)) => format!("Maildir {}", folder.path.display()),
            None => "none: no mail is taken in here".to_owned(),
        };
        let transport = match &self.transport {
            Some(TransportSettings::Smtp(smtp)) => format!("SMTP {}", smtp.host),
            Some(TransportSettings::Folder(folder)) => format!("folder {}", folder.path.display()),
            None => "none: no letter is sent from here".to_owned(),
        };
        // a database URL may carry a password
        let engine = self.store.url.split(':').next().unwrap_or_default();
        let automatic: Vec<_> = self.decision.automatic.iter().map(|verdict| verdict.as_str()).collect();
        let shadow = if self.shadow { "\n  shadow     nothing is sent, nothing is filed" } else { "" };
        format!(
            "The configuration is sound.{shadow}\n  mailbox    {mailbox}\n  replies    {transport}, from {}\n  store      {engine}\n  \
             automatic  {}",
            self.identity.from,
            automatic.join(", "),
        )
    }
}

/// The log directives: `GUICHET_LOG`, else the configuration, else `info`. The IMAP crate is capped:
/// at trace level it writes passwords and whole mails.
#[must_use]
pub fn log_filter(settings: &LogSettings) -> String {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    let asked = std::env::var("GUICHET_LOG").ok().or_else(|| settings.filter.clone());
    format!("{},async_imap=info", asked.unwrap_or_else(|| "info".to_owned()))
}
