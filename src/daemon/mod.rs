//! The daemon: the legs of the line, each in its own loop, until it is told to stop. A signal from
//! one leg to the next is only a hint; the tables are the truth, and each leg looks by itself too.

mod legs;
mod roles;

use crate::clock::{Clock, SystemClock};
use crate::config::{Config, MailboxSettings, TransportSettings};
use crate::desk::Desk;
use crate::fault::Fault;
use crate::folder::maildir::MaildirMailbox;
use crate::folder::outgoing::OutgoingFolder;
use crate::intake::imap::ImapMailbox;
use crate::intake::mailbox::Mailbox;
use crate::pipeline::{Caps, Line, LineSettings};
use crate::registry::Registry;
use crate::reply::letters::Letters;
use crate::reply::settings::LetterSettings;
use crate::reply::smtp::Smtp;
use crate::reply::transport::Transport;
use crate::sandbox::{Protection, Sandbox, SandboxSettings, Unopened};
use crate::store::{Lane, Store, Worker};
use crate::watch::{Legs, Reason, Watcher};
use legs::{Watch, answering, deciding, filing, intake, looking, staying, tidying, waking, watching};
pub use roles::Roles;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A daemon, ready to run.
#[derive(Debug)]
pub struct Daemon {
    pub line: Arc<Line>,
    config: Config,
    roles: Roles,
    /// Where letters are sent.
    transport: Option<Arc<dyn Transport>>,
    worker: Worker,
}

/// What one leg tells the next: "look at your table". Counts, so that no hint is missed between a
/// look and the wait after it.
#[derive(Debug, Clone, Default)]
struct Hint(watch::Sender<u64>);

/// What the legs tell each other.
#[derive(Debug, Clone, Default)]
struct Hints {
    quick: Hint,
    paper: Hint,
    answer: Hint,
    file: Hint,
}

impl Hints {
    fn of(&self, lane: Lane) -> &Hint {
        match lane {
            Lane::Quick => &self.quick,
            Lane::Paper => &self.paper,
        }
    }
}

impl Hint {
    fn give(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Daemon {
    /// Opens the store, tries letters and identity, starts the sandbox: what these roles need.
    pub async fn new(config: Config, roles: Roles) -> Result<Self, Fault> {
        let sandbox = if roles.decide || roles.desk {
            config.sandbox().map_err(|error| Fault::never("reading the certificates to trust", error))?
        } else {
            // nobody's bytes are opened
            SandboxSettings { spares: 0, ..SandboxSettings::from(&config.sandbox) }
        };
        Self::with(config, roles, Arc::new(SystemClock), sandbox).await
    }

    /// The same with the caller's clock and sandbox.
    pub async fn with(
        config: Config,
        roles: Roles,
        clock: Arc<dyn Clock>,
        sandbox: SandboxSettings,
    ) -> Result<Self, Fault> {
        const DOING: &str = "reading the configuration";
        config.identity.check()?;
        if roles.intake {
            config.mailbox().map_err(|error| Fault::never(DOING, error))?;
        }
        let transport = if roles.answer {
            Some(transport(config.transport().map_err(|error| Fault::never(DOING, error))?)?)
        } else {
            None
        };
        if roles.desk && !roles.decide && config.desk.listen.is_none() {
            let why = "desk.listen does not say where the desk is to be served";
            return Err(Fault::never(DOING, why));
        }
        // the templates lie where letters are written
        let written =
            if roles.decide || roles.desk { config.letters.clone() } else { LetterSettings::default() };
        let letters = Letters::new(&written)?;
        let store = Store::open(&config.store.url).await?;
        let worker = Worker::this(clock.now());
        let line = Line {
            registry: Registry::new(store.database().clone()),
            store,
            sandbox: Sandbox::new(sandbox, mime_settings(&config)?)?,
            letters,
            clock,
            settings: line_settings(&config),
        };
        Ok(Self { line: Arc::new(line), config, roles, transport, worker })
    }

    /// Runs until `stop` changes (or its sender is gone); what is in hand is finished first.
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<(), Fault> {
        let store = &self.line.store;
        if store.database().is_copy().await? {
            let to_do =
                "this is a backup put in place: say `guichet restored` first, so that no letter leaves twice";
            return Err(Fault::never("opening the database", to_do));
        }
        if self.roles.decide || self.roles.desk {
            self.look_at_the_cage().await?;
        }
        let lease = self.line.settings.lease;
        store.comes(&self.worker, &self.roles.to_string(), self.line.clock.now(), lease).await?;
        let ended = self.works(stop).await;
        let gone = store.goes(&self.worker).await;
        ended.and(gone)
    }

    async fn works(&self, stop: watch::Receiver<bool>) -> Result<(), Fault> {
        // of cases that a version before recorded; there is something to do after an update, once
        self.line.store.write_missing_words(self.line.clock.now()).await?;
        let recovered = self.line.store.recover(&self.worker, self.line.clock.now()).await?;
        if recovered > 0 {
            tracing::warn!(recovered, "work of a program that ended in the middle was taken up");
        }
        let counted = self.line.store.count_the_uncounted(self.line.clock.now()).await?;
        if counted > 0 {
            tracing::info!(counted, "cases of a version before were counted for the overview");
        }
        let (hints, mut legs) = (Hints::default(), JoinSet::new());
        let watched = Watch { legs: Legs::default(), clock: self.line.clock.clone() };
        let (listener, worker) = (self.listener().await?, self.worker.clone());
        let reasons = watch::Sender::new(Vec::new());
        self.serves(&mut legs, reasons.subscribe(), &stop).await?;
        legs.spawn(watching(
            self.line.clone(),
            worker.clone(),
            self.watcher(&watched),
            (reasons, listener),
            stop.clone(),
        ));
        let roles = self.roles.to_string();
        legs.spawn(staying(self.line.clone(), worker, roles, stop.clone()));
        let every = self.config.daemon.look_every.0;
        legs.spawn(looking(self.line.clone(), hints.clone(), every, stop.clone()));
        if self.roles.intake {
            self.takes_in(&mut legs, &hints, &watched, &stop)?;
        }
        if self.roles.decide {
            self.decides(&mut legs, &hints, &watched, &stop);
        }
        let senders = if self.config.shadow { 0 } else { self.config.daemon.senders };
        if let Some(transport) = &self.transport {
            for n in 0..senders {
                let name = format!("{}/s{n}", self.worker);
                let pace = watched.pace("replies", &name);
                let hint = hints.answer.0.subscribe();
                let transport = transport.clone();
                legs.spawn(answering(self.line.clone(), name, transport, hint, pace, stop.clone()));
            }
        }
        tracing::info!(
            roles = %self.roles,
            deciders = self.deciders(),
            paper_deciders = self.paper_deciders(),
            senders,
            shadow = self.config.shadow,
            "guichet is open"
        );
        while let Some(ended) = legs.join_next().await {
            if let Err(error) = ended {
                return Err(Fault::never("running the line", error));
            }
        }
        if let Some(transport) = &self.transport {
            transport.close().await;
        }
        tracing::info!("guichet is closed");
        Ok(())
    }

    /// Says what the kernel holds the sandbox's children back with; a fault where that is less than
    /// `sandbox.require`.
    async fn look_at_the_cage(&self) -> Result<(), Fault> {
        match self.line.sandbox.in_force().await {
            Ok(in_force) if in_force.has_all(&Protection::ALL) => {
                tracing::info!(?in_force, "the kernel cages whoever opens mail");
            }
            Ok(in_force) => {
                tracing::warn!(
                    ?in_force,
                    "whoever opens mail is caged by limits only in part: see `guichet doctor`"
                );
            }
            Err(Unopened::Fault(fault)) if !self.config.sandbox.require.is_empty() => {
                return Err(Fault::never("starting with sandbox.require", fault));
            }
            Err(unopened) => tracing::warn!(%unopened, "the sandbox could not be tried"),
        }
        Ok(())
    }

    /// The desk, where there is to be one.
    async fn serves(
        &self,
        legs: &mut JoinSet<()>,
        reasons: watch::Receiver<Vec<Reason>>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), Fault> {
        let Some(address) = self.config.desk.listen.filter(|_| self.roles.desk) else { return Ok(()) };
        let listener = TcpListener::bind(address).await;
        let listener =
            listener.map_err(|error| Fault::never(format!("listening on {address} (desk.listen)"), error))?;
        tracing::info!(%address, "the desk is open");
        let settings = &self.config.desk;
        let spans = (settings.idle.signed(), settings.longest.signed());
        legs.spawn(tidying(self.line.clone(), spans, stop.clone()));
        let desk = Desk::new(self.line.clone(), settings.clone())?.watched(reasons);
        legs.spawn(Arc::new(desk).serve(listener, stop.clone()));
        Ok(())
    }

    /// Two connections to the mailbox: one takes mail in, the other files it.
    fn takes_in(
        &self,
        legs: &mut JoinSet<()>,
        hints: &Hints,
        watched: &Watch,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), Fault> {
        let settings =
            self.config.mailbox().map_err(|error| Fault::never("reading the configuration", error))?;
        let (pace, decide) = (watched.pace("intake", "intake"), hints.quick.clone());
        legs.spawn(intake(self.line.clone(), mailbox(settings), decide, pace, stop.clone()));
        let (pace, hint) = (watched.pace("filing", "filing"), hints.file.0.subscribe());
        let name = format!("{}/f", self.worker);
        legs.spawn(filing(self.line.clone(), name, mailbox(settings), hint, pace, stop.clone()));
        Ok(())
    }

    fn decides(&self, legs: &mut JoinSet<()>, hints: &Hints, watched: &Watch, stop: &watch::Receiver<bool>) {
        let lanes = [(Lane::Quick, 'd', self.deciders()), (Lane::Paper, 'p', self.paper_deciders())];
        for (lane, mark, width) in lanes {
            for n in 0..width {
                let name = format!("{}/{mark}{n}", self.worker);
                let pace = watched.pace("decisions", &name);
                legs.spawn(deciding(self.line.clone(), lane, name, hints.clone(), pace, stop.clone()));
            }
        }
        let pace = watched.pace("waking", "waking");
        legs.spawn(waking(self.line.clone(), hints.clone(), pace, stop.clone()));
    }

    fn deciders(&self) -> usize {
        match self.config.daemon.deciders {
            0 => processors() + 1,
            n => n,
        }
    }

    fn paper_deciders(&self) -> usize {
        paper_deciders(&self.config)
    }

    fn watcher(&self, watched: &Watch) -> Watcher {
        let canary = self.config.mail.canary_from.is_some();
        Watcher::new(self.config.watch.clone(), canary, watched.legs.clone(), self.line.clock.now())
    }

    async fn listener(&self) -> Result<Option<TcpListener>, Fault> {
        let Some(address) = self.config.watch.listen else { return Ok(None) };
        let listener = TcpListener::bind(address).await;
        Ok(Some(
            listener
                .map_err(|error| Fault::never(format!("listening on {address} (watch.listen)"), error))?,
        ))
    }
}

/// The mailbox that the configuration names; nothing is connected yet.
#[must_use]
pub fn mailbox(settings: &MailboxSettings) -> Box<dyn Mailbox> {
    match settings {
        MailboxSettings::Imap(imap) => Box::new(ImapMailbox::new(imap.clone())),
        MailboxSettings::Folder(folder) => Box::new(MaildirMailbox::new(folder.clone())),
    }
}

/// How many messages with paper are read at the same time.
#[must_use]
pub fn paper_deciders(config: &Config) -> usize {
    match config.daemon.paper_deciders {
        0 => processors(),
        n => n,
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn transport(settings: &TransportSettings) -> Result<Arc<dyn Transport>, Fault> {
    Ok(match settings {
        TransportSettings::Smtp(smtp) => Arc::new(Smtp::new(smtp.clone())?),
        TransportSettings::Folder(folder) => Arc::new(OutgoingFolder::open(&folder.path)?),
    })
}

/// What the mail's reader knows of us: our own addresses are those that replies leave under.
pub fn mime_settings(config: &Config) -> Result<crate::intake::mime::MimeSettings, Fault> {
    let mut mime = config.mail.clone();
    let own =
        [Some(&config.identity.from), config.identity.reply_to.as_ref(), Some(&config.letters.service.email)];
    for address in own.into_iter().flatten() {
        if !mime.is_own(address) {
            mime.own_addresses.push(address.clone());
        }
    }
    mime.own_message_id_domain = Some(config.identity.domain()?);
    Ok(mime)
}

/// What the line needs of the configuration.
#[must_use]
pub fn line_settings(config: &Config) -> LineSettings {
    let mailbox = match &config.mailbox {
        Some(MailboxSettings::Imap(imap)) => {
            format!("imap://{}@{}/{}", imap.user, imap.host, imap.folder)
        }
        Some(MailboxSettings::Folder(folder)) => format!("maildir:{}", folder.path.display()),
        // nobody asks where no mail is taken in
        None => String::new(),
    };
    LineSettings {
        mailbox,
        policy: config.policy(),
        shadow: config.shadow,
        automatic: config.decision.automatic.clone(),
        four_eyes: config.desk.four_eyes.clone(),
        identity: config.identity.clone(),
        registry_max_age: config.registry.max_age.signed(),
        registry_wait: config.registry.wait.signed(),
        max_mail: config.daemon.max_mail.0,
        max_attempts: config.daemon.max_attempts,
        caps: Caps {
            per_address: config.replies.max_per_address,
            per_domain: config.replies.max_per_domain,
            total: config.replies.max_total,
        },
        receipt_after: config.replies.receipt_after.signed(),
        lease: config.daemon.lease.signed(),
    }
}
