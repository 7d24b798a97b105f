//! The accounts of the staff. Every change is an event that says the whole account as it then is, so that
//! one that was made behind the store's back shows.

use super::event::{Event, Kind, sha256};
use super::write::Write;
use super::{Store, instant, instant_or_none, millis, word};
use crate::database::{clean, fault};
use crate::domain::staff::{Identity, KnownAs, PasswordHash, Role, UserName};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AnyConnection, FromRow};

/// One of the staff, as far as coming in goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub(super) id: i64,
    pub name: UserName,
    /// The person's name, as colleagues read it.
    pub shown: String,
    pub role: Role,
    /// `None`: comes in by OpenID Connect only.
    pub password: Option<PasswordHash>,
    /// `None`: never came in by OpenID Connect.
    pub identity: Option<Identity>,
    /// As whom the provider names them until then; `None`: by the account's name.
    pub known_as: Option<KnownAs>,
    pub created_at: Timestamp,
    /// Since when this person may not come in.
    pub disabled_at: Option<Timestamp>,
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub name: UserName,
    pub shown: String,
    pub role: Role,
    pub password: Option<PasswordHash>,
    pub identity: Option<Identity>,
}

/// What came of making an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Done,
    NameTaken,
    /// Another account is this identity's.
    IdentityTaken,
}

/// A change of an account. All but the last three end the person's sessions in the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    Role(Role),
    /// `None`: OpenID Connect only, from now on.
    Password(Option<PasswordHash>),
    Disable,
    /// The provider's identity is this person's no more: the next sign-in by it finds them by name.
    Unlink,
    Enable,
    /// The identity a provider knows this person by: given, or found at their first sign-in by it.
    Link(Identity),
    /// As whom the provider names them until then; `None`: by the account's name.
    KnownAs(Option<KnownAs>),
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    AlreadySo,
    NoSuchUser,
    /// The identity or the provider's name for it is another account's, or the account is another identity's.
    IdentityTaken,
    /// Whoever asks is no supervisor, or not any more.
    NotTheirs,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    shown: String,
    role: String,
    password_hash: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    known_as: Option<String>,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl Row {
    fn account(self) -> Result<Account, Fault> {
        let identity = self.issuer.zip(self.subject);
        let identity =
            identity.map(|(issuer, subject)| word(Identity::new(&issuer, &subject), "users.subject"));
        Ok(Account {
            id: self.id,
            name: word(UserName::parse(&self.name), "users.name")?,
            shown: self.shown,
            role: word(Role::parse(&self.role), "users.role")?,
            password: self.password_hash.map(PasswordHash::new),
            identity: identity.transpose()?,
            known_as: self
                .known_as
                .as_deref()
                .map(|text| word(KnownAs::parse(text), "users.known_as"))
                .transpose()?,
            created_at: instant(self.created_at)?,
            disabled_at: instant_or_none(self.disabled_at)?,
        })
    }
}

macro_rules! users {
    ($rest:literal) => {
        sqlx::query_as::<_, Row>(concat!(
            "SELECT id, name, shown, role, password_hash, issuer, subject, known_as, created_at, disabled_at \
             FROM users ",
            $rest
        ))
    };
}

const READING: &str = "reading the accounts";
const MAKING: &str = "making an account";
const CHANGING: &str = "changing an account";

impl Account {
    /// What an event says of it: all that decides who comes in as what, secrets as their hash.
    fn told(&self) -> Value {
        let mut told = json!({
            "user": self.name.as_str(),
            "role": self.role,
            "disabled": self.disabled_at.is_some(),
            "password_sha256": self.password.as_ref().map(|hash| sha256(hash.expose().as_bytes())),
            "identity_sha256": self.identity.as_ref().map(hashed),
        });
        if let (Some(known_as), Some(told)) = (&self.known_as, told.as_object_mut()) {
            told.insert("known_as_sha256".to_owned(), sha256(known_as.expose().as_bytes()).into());
        }
        told
    }
}

fn hashed(identity: &Identity) -> String {
    sha256(format!("{}\n{}", identity.issuer(), identity.subject()).as_bytes())
}

impl Store {
    /// Makes an account, by whoever may on the machine.
    pub async fn add_account(&self, new: &NewAccount, by: &str, now: Timestamp) -> Result<Added, Fault> {
        let write = self.write(MAKING, now).await?;
        makes(write, new, by, now).await
    }

    /// Changes an account, by whoever may on the machine.
    pub async fn change_account(
        &self,
        name: &UserName,
        change: AccountChange,
        by: &str,
        now: Timestamp,
    ) -> Result<Changed, Fault> {
        let write = self.write(CHANGING, now).await?;
        changes(write, name, change, by, now).await
    }

    /// Changes another's account, by a supervisor at the desk, who is one when it is done: of two that shut
    /// each other the slower one does nothing, so that one is always left.
    pub async fn change_account_by(
        &self,
        name: &UserName,
        change: AccountChange,
        supervisor: &UserName,
        now: Timestamp,
    ) -> Result<Changed, Fault> {
        let mut write = self.write(CHANGING, now).await?;
        if name == supervisor || !supervises(&mut write, supervisor).await? {
            return Ok(Changed::NotTheirs);
        }
        changes(write, name, change, supervisor.as_str(), now).await
    }

    /// Makes an account, by a supervisor at the desk. `None`: they are none any more.
    pub async fn add_account_by(
        &self,
        new: &NewAccount,
        supervisor: &UserName,
        now: Timestamp,
    ) -> Result<Option<Added>, Fault> {
        let mut write = self.write(MAKING, now).await?;
        if !supervises(&mut write, supervisor).await? {
            return Ok(None);
        }
        makes(write, new, supervisor.as_str(), now).await.map(Some)
    }

    /// Every account, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, Fault> {
        let rows = users!("ORDER BY name").fetch_all(self.database.read()).await.map_err(fault(READING))?;
        rows.into_iter().map(Row::account).collect()
    }

    /// The account of this name, disabled or not.
    pub async fn account(&self, name: &UserName) -> Result<Option<Account>, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        named(&mut connection, name).await
    }

    /// The account that this identity came in as before.
    pub async fn account_of(&self, identity: &Identity) -> Result<Option<Account>, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        known_as(&mut connection, identity).await
    }

    /// The account that the provider names so: by what was said of it, else by its own name.
    pub async fn account_called(&self, known_as: &KnownAs) -> Result<Option<Account>, Fault> {
        let mut connection = self.database.read().acquire().await.map_err(fault(READING))?;
        called(&mut connection, known_as).await
    }
}

async fn called(connection: &mut AnyConnection, known_as: &KnownAs) -> Result<Option<Account>, Fault> {
    // what cannot be an account's name is none's
    let name = UserName::parse(known_as.expose());
    let row = users!(
        "WHERE known_as = $1 OR (known_as IS NULL AND name = $2) \
         ORDER BY CASE WHEN known_as IS NULL THEN 1 ELSE 0 END LIMIT 1"
    )
    .bind(known_as.expose())
    .bind(name.as_ref().map_or("", UserName::as_str))
    .fetch_optional(connection)
    .await;
    row.map_err(fault(READING))?.map(Row::account).transpose()
}

async fn makes(mut write: Write, new: &NewAccount, by: &str, now: Timestamp) -> Result<Added, Fault> {
    let made = sqlx::query(
        "INSERT INTO users (name, shown, role, password_hash, issuer, subject, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(new.name.as_str())
    .bind(clean(&new.shown))
    .bind(new.role.as_str())
    .bind(new.password.as_ref().map(PasswordHash::expose))
    .bind(new.identity.as_ref().map(Identity::issuer))
    .bind(new.identity.as_ref().map(Identity::subject))
    .bind(millis(now))
    .execute(write.connection())
    .await
    .map_err(fault(MAKING))?;
    let found = named(write.connection(), &new.name).await?;
    match (made.rows_affected(), found) {
        (0, Some(_)) => Ok(Added::NameTaken),
        (0, None) => Ok(Added::IdentityTaken),
        (_, account) => {
            let account = word(account, "users.name")?;
            write.tell(Event::new(Kind::UserAdded).by(by).saying(account.told())).await?;
            write.commit().await?;
            Ok(Added::Done)
        }
    }
}

async fn changes(
    mut write: Write,
    name: &UserName,
    change: AccountChange,
    by: &str,
    now: Timestamp,
) -> Result<Changed, Fault> {
    let Some(before) = named(write.connection(), name).await? else { return Ok(Changed::NoSuchUser) };
    if let AccountChange::Link(identity) = &change {
        let whose = known_as(write.connection(), identity).await?;
        if whose.is_some_and(|whose| whose.id != before.id)
            || before.identity.as_ref().is_some_and(|linked| linked != identity)
        {
            return Ok(Changed::IdentityTaken);
        }
    }
    if let AccountChange::KnownAs(Some(known_as)) = &change {
        let whose = called(write.connection(), known_as).await?;
        if whose.is_some_and(|whose| whose.id != before.id) {
            return Ok(Changed::IdentityTaken);
        }
    }
    let mut after = before.clone();
    let (kind, ends_sessions) = match change {
        AccountChange::Role(role) => {
            after.role = role;
            (Kind::UserRole, true)
        }
        AccountChange::Password(password) => {
            after.password = password;
            (Kind::UserPassword, true)
        }
        AccountChange::Disable => {
            after.disabled_at = after.disabled_at.or(Some(now));
            (Kind::UserDisabled, true)
        }
        AccountChange::Unlink => {
            after.identity = None;
            (Kind::UserUnlinked, true)
        }
        AccountChange::Enable => {
            after.disabled_at = None;
            (Kind::UserEnabled, false)
        }
        AccountChange::Link(identity) => {
            after.identity = Some(identity);
            (Kind::UserLinked, false)
        }
        AccountChange::KnownAs(known_as) => {
            after.known_as = known_as;
            (Kind::UserKnownAs, false)
        }
    };
    if after == before {
        return Ok(Changed::AlreadySo);
    }
    rewrite(write.connection(), &after).await?;
    if ends_sessions {
        sqlx::query("DELETE FROM sessions WHERE user_id = $1")
            .bind(after.id)
            .execute(write.connection())
            .await
            .map_err(fault(CHANGING))?;
    }
    write.tell(Event::new(kind).by(by).saying(after.told())).await?;
    write.commit().await?;
    Ok(Changed::Done)
}

/// Whether this person is a supervisor who may come in, as of this commit.
async fn supervises(write: &mut Write, name: &UserName) -> Result<bool, Fault> {
    let account = named(write.connection(), name).await?;
    Ok(account.is_some_and(|one| one.role == Role::Supervisor && one.disabled_at.is_none()))
}

pub(super) async fn named(connection: &mut AnyConnection, name: &UserName) -> Result<Option<Account>, Fault> {
    let row = users!("WHERE name = $1").bind(name.as_str()).fetch_optional(connection).await;
    row.map_err(fault(READING))?.map(Row::account).transpose()
}

async fn known_as(connection: &mut AnyConnection, identity: &Identity) -> Result<Option<Account>, Fault> {
    let row = users!("WHERE issuer = $1 AND subject = $2")
        .bind(identity.issuer())
        .bind(identity.subject())
        .fetch_optional(connection)
        .await;
    row.map_err(fault(READING))?.map(Row::account).transpose()
}

/// Gives an account the hash of a password that has just proved right, or of the one after it.
pub(super) async fn rehash(
    write: &mut Write,
    account: &mut Account,
    renewed: PasswordHash,
    event: Event,
) -> Result<(), Fault> {
    account.password = Some(renewed);
    rewrite(write.connection(), account).await?;
    write.tell(event.saying(account.told())).await
}

async fn rewrite(connection: &mut AnyConnection, account: &Account) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE users SET role = $1, password_hash = $2, issuer = $3, subject = $4, known_as = $5, \
         disabled_at = $6 WHERE id = $7",
    )
    .bind(account.role.as_str())
    .bind(account.password.as_ref().map(PasswordHash::expose))
    .bind(account.identity.as_ref().map(Identity::issuer))
    .bind(account.identity.as_ref().map(Identity::subject))
    .bind(account.known_as.as_ref().map(KnownAs::expose))
    .bind(account.disabled_at.map(millis))
    .bind(account.id)
    .execute(connection)
    .await
    .map_err(fault("writing an account"))?;
    Ok(())
}
