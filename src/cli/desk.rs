//! `guichet desk user`: who of the staff may come in at the desk, and as what.

use super::cases::moment;
use super::operator::Operator;
use super::table::Form;
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::desk::password::{Password, Passwords};
use crate::domain::staff::{Identity, KnownAs, PasswordHash, Role, UserName};
use crate::store::{Account, AccountChange, Added, Changed, NewAccount};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum DeskCommand {
    /// Who of the staff may come in, and as what
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account; the password is asked for
    Add(Add),
    /// The accounts
    List(List),
    /// Give an account another role; it has to sign in again
    Role(ChangeRole),
    /// Give an account another password; it has to sign in again
    Password(ChangePassword),
    /// Shut an account: whoever is in by it is out at once
    Disable(Named),
    /// Open an account again
    Enable(Named),
    /// Say as whom the OpenID provider knows an account
    Link(Link),
    /// Forget as whom the OpenID provider knows an account: the next sign-in by it finds it by its name there
    Unlink(Named),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_name = "NAME", value_parser = name)]
    user: UserName,
    /// reader (sees cases), agent (works on them), supervisor (confirms, administers), auditor (sees
    /// everything, changes nothing)
    #[arg(long, value_parser = role)]
    role: Role,
    /// The person's name, as colleagues read it [default: NAME]
    #[arg(long, value_name = "TEXT")]
    shown: Option<String>,
    #[command(flatten)]
    secret: Secret,
    /// As whom the OpenID provider names this person, by the claim of `desk.openid` [default: NAME]
    #[arg(long, value_name = "TEXT", value_parser = known_as)]
    known_as: Option<KnownAs>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

/// By what somebody comes in.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Secret {
    /// Read the password from this file (its first line)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// No password: comes in by OpenID Connect only
    #[arg(long)]
    oidc_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub(super) struct ChangeRole {
    #[arg(value_name = "NAME", value_parser = name)]
    user: UserName,
    /// reader, agent, supervisor or auditor
    #[arg(value_parser = role)]
    role: Role,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct ChangePassword {
    #[arg(value_name = "NAME", value_parser = name)]
    user: UserName,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    #[arg(value_name = "NAME", value_parser = name)]
    user: UserName,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(super) struct Link {
    #[arg(value_name = "NAME", value_parser = name)]
    user: UserName,
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    operator: Operator,
}

/// As whom the provider knows somebody.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// The identifier that the desk showed when they tried to sign in (`sub`), of its issuer
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// What the claim of `desk.openid` says at their first sign-in
    #[arg(long, value_name = "TEXT", value_parser = known_as)]
    known_as: Option<KnownAs>,
}

fn known_as(text: &str) -> Result<KnownAs, String> {
    KnownAs::parse(text).ok_or_else(|| "1 to 255 characters that can be printed".to_owned())
}

fn name(text: &str) -> Result<UserName, String> {
    UserName::parse(text)
        .ok_or_else(|| "2 to 64 letters without accents, digits, and . - _ @ behind the first".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    let names = Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("no role has this name: {names}"))
}

impl DeskCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::User(command) = self;
        match command {
            UserCommand::Add(add) => add.run().await,
            UserCommand::List(list) => list.run().await,
            UserCommand::Role(change) => change.run().await,
            UserCommand::Password(change) => change.run().await,
            UserCommand::Link(link) => link.run().await,
            UserCommand::Disable(one) => {
                one.changes(AccountChange::Disable, "is shut: whoever was in by it is out").await
            }
            UserCommand::Enable(one) => one.changes(AccountChange::Enable, "is open").await,
            UserCommand::Unlink(one) => {
                one.changes(AccountChange::Unlink, "is linked to no identity of a provider").await
            }
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        if store.account(&self.user).await?.is_some() {
            return taken(&self.user);
        }
        let password = self.secret.hash(&self.user).await?;
        let shown = self.shown.as_deref().map(str::trim).filter(|shown| !shown.is_empty());
        let shown = shown.unwrap_or(self.user.as_str()).to_owned();
        let new = NewAccount { name: self.user.clone(), shown, role: self.role, password, identity: None };
        match store.add_account(&new, &self.operator.name(), SystemClock.now()).await? {
            Added::Done => {
                say(&format!("{} may come in as {}", self.user, self.role.as_str()));
                let Some(known_as) = self.known_as else { return Ok(ExitCode::SUCCESS) };
                let change = AccountChange::KnownAs(Some(known_as));
                let one = Named { user: self.user, config: self.config, operator: self.operator };
                one.changes(change, KNOWN).await
            }
            Added::NameTaken | Added::IdentityTaken => taken(&self.user),
        }
    }
}

const KNOWN: &str = "is found by that at the next sign-in by the provider";

impl Link {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let (change, done) = match (self.whom.subject, self.whom.known_as) {
            (Some(subject), _) => {
                let openid = self.config.load()?.desk.openid;
                let issuer =
                    openid.context("there is no table [desk.openid], which names the provider")?.issuer;
                let identity = Identity::new(&issuer, subject.trim());
                let identity = identity.context("no provider has such an identifier")?;
                (AccountChange::Link(identity), "comes in by the provider from now on")
            }
            (None, known_as) => (AccountChange::KnownAs(known_as), KNOWN),
        };
        let one = Named { user: self.user, config: self.config, operator: self.operator };
        one.changes(change, done).await
    }
}

fn taken(name: &UserName) -> anyhow::Result<ExitCode> {
    anyhow::bail!("there is an account {name} already (a name stays with its person)")
}

impl Secret {
    /// The hash of the password given; `None` for OpenID Connect only.
    async fn hash(&self, user: &UserName) -> anyhow::Result<Option<PasswordHash>> {
        if self.oidc_only {
            return Ok(None);
        }
        let typed = match &self.password_file {
            Some(file) => {
                let text = std::fs::read_to_string(file);
                let text = text.with_context(|| format!("password file {}", file.display()))?;
                text.lines().next().unwrap_or_default().to_owned()
            }
            None => asked()?,
        };
        let password = Password::new(&typed).context("no password is longer than 256 bytes")?;
        password.fits(user)?;
        Ok(Some(Passwords::new()?.hash(&password).await?))
    }
}

/// Twice, without an echo: nobody sees what they type.
fn asked() -> anyhow::Result<String> {
    let ask = |prompt| {
        rpassword::prompt_password(prompt).context("no terminal to ask for the password: use --password-file")
    };
    let typed = ask("Password: ")?;
    anyhow::ensure!(ask("Again: ")? == typed, "the two are not the same: nothing was changed");
    Ok(typed)
}

impl List {
    async fn run(self) -> anyhow::Result<ExitCode> {
        const HEADER: [&str; 6] = ["name", "role", "shown", "comes in by", "made", "shut since"];
        let accounts = self.config.store().await?.accounts().await?;
        let rows: Vec<_> = accounts.iter().map(cells).collect();
        self.form.print(&HEADER, &rows, &[24, 10, 24, 24, 17, 17], "there is no account")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(account: &Account) -> Vec<String> {
    let by = match (account.password.is_some(), account.identity.is_some()) {
        (true, false) => "password",
        (true, true) => "password, OpenID Connect",
        (false, true) => "OpenID Connect",
        (false, false) => "OpenID Connect (not yet)",
    };
    vec![
        account.name.to_string(),
        account.role.as_str().to_owned(),
        account.shown.clone(),
        by.to_owned(),
        moment(account.created_at),
        account.disabled_at.map_or_else(String::new, moment),
    ]
}

impl ChangePassword {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        if store.account(&self.user).await?.is_none() {
            return told(Changed::NoSuchUser, &self.user, "");
        }
        let password = self.secret.hash(&self.user).await?;
        let done = match password {
            Some(_) => "has another password, and has to sign in again",
            None => "comes in by OpenID Connect only",
        };
        let one = Named { user: self.user, config: self.config, operator: self.operator };
        one.changes(AccountChange::Password(password), done).await
    }
}

impl ChangeRole {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let done = format!("is {} now, and has to sign in again", self.role.as_str());
        let one = Named { user: self.user, config: self.config, operator: self.operator };
        one.changes(AccountChange::Role(self.role), &done).await
    }
}

impl Named {
    async fn changes(self, change: AccountChange, done: &str) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let by = self.operator.name();
        let changed = store.change_account(&self.user, change, &by, SystemClock.now()).await?;
        told(changed, &self.user, done)
    }
}

fn told(changed: Changed, name: &UserName, done: &str) -> anyhow::Result<ExitCode> {
    match changed {
        Changed::Done => say(&format!("{name} {done}")),
        Changed::AlreadySo => say(&format!("{name} was so already")),
        Changed::NoSuchUser => {
            complain(&format!("there is no account {name}"));
            return Ok(ExitCode::from(3));
        }
        Changed::NotTheirs => anyhow::bail!("only a supervisor may change it"),
        Changed::IdentityTaken => {
            anyhow::bail!("that is another account's, or the account is linked already (see `unlink`)")
        }
    }
    Ok(ExitCode::SUCCESS)
}
