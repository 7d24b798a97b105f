//! Coming in by name and password. Whoever does not come in learns nothing of why: not whether the name
//! is an account's, not by how long it took. And another password for somebody who is in.

use super::password::{Password, Passwords, Verified};
use crate::domain::staff::UserName;
use crate::fault::Fault;
use crate::store::{
    Account, Attempt, NewSession, OwnPassword, Refusal, Refused, SignInBy, SignedIn, Store, Token, Tried,
};
use jiff::Timestamp;
use std::net::IpAddr;

/// The account of the demonstration.
pub const DEMO: &str = "demo";

/// Whose browser it is, as far as that is known.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    pub address: IpAddr,
    /// The session it had until now.
    pub session: Option<&'a Token>,
}

/// What came of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The token is for the browser's cookie.
    In(Token),
    /// It is on record why.
    Refused,
    /// Too many failed: nothing was compared, and nothing is before then.
    NotBefore(Timestamp),
}

/// What came of asking for another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewed {
    Done,
    /// The old one is another. It is on record.
    WrongOld,
    /// Too many failed: nothing was compared, and nothing is before then.
    NotBefore(Timestamp),
    /// The account was changed in the meantime, or has no password.
    Changed,
}

/// The door.
#[derive(Debug, Clone)]
pub struct Door {
    pub(super) store: Store,
    passwords: Passwords,
}

impl Door {
    #[must_use]
    pub fn new(store: Store, passwords: Passwords) -> Self {
        Self { store, passwords }
    }

    pub(super) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// By what somebody typed. A fault is our own, and is not counted as a guess.
    pub async fn by_password(
        &self,
        (name, password): (&str, &str),
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<Came, Fault> {
        let name = UserName::parse(name);
        let attempt = match self.store.tries_to_sign_in(name.as_ref(), visitor.address, now).await? {
            Tried::NotBefore(until) => return Ok(Came::NotBefore(until)),
            Tried::Now(attempt) => attempt,
        };
        match self.compare(name.as_ref(), password).await {
            Ok((account, verified)) => self.answer(account, verified, attempt, visitor, now).await,
            Err(fault) => {
                self.store.did_not_try(attempt).await?;
                Err(fault)
            }
        }
    }

    async fn compare(
        &self,
        name: Option<&UserName>,
        password: &str,
    ) -> Result<(Option<Account>, Verified), Fault> {
        let account = match name {
            Some(name) => self.store.account(name).await?,
            None => None,
        };
        let kept = account.as_ref().and_then(|account| account.password.as_ref());
        let verified = self.passwords.verify(kept, Password::new(password).as_ref()).await?;
        Ok((account, verified))
    }

    async fn answer(
        &self,
        account: Option<Account>,
        verified: Verified,
        attempt: Attempt,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<Came, Fault> {
        let by = SignInBy::Password;
        let why = match (&account, verified) {
            (None, _) => Refusal::Unknown,
            (Some(account), Verified::No) if account.password.is_none() => Refusal::NoPassword,
            (Some(_), Verified::No) => Refusal::WrongPassword,
            (Some(account), Verified::Yes { renew }) => {
                let new = NewSession { account, by, attempt, renewed: renew, replaces: visitor.session };
                return self.enters(new, visitor, now).await;
            }
        };
        let name = account.as_ref().map(|account| &account.name);
        self.refuses(name, by, why, visitor, now).await
    }

    /// Another password, for somebody who is in by `session` and says the one they have. Guesses count as
    /// those at the door do.
    pub(super) async fn renews(
        &self,
        (name, session): (&UserName, &Token),
        (old, new): (&str, &Password),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Renewed, Fault> {
        let attempt = match self.store.tries_to_sign_in(Some(name), address, now).await? {
            Tried::NotBefore(until) => return Ok(Renewed::NotBefore(until)),
            Tried::Now(attempt) => attempt,
        };
        let compared = async {
            let (account, verified) = self.compare(Some(name), old).await?;
            let hash = match &verified {
                Verified::Yes { .. } => Some(self.passwords.hash(new).await?),
                Verified::No => None,
            };
            Ok((account, hash))
        };
        match compared.await {
            Ok((None, _)) => Ok(Renewed::Changed),
            Ok((Some(account), Some(password))) => {
                let new = OwnPassword { account: &account, session, attempt, password };
                let done = self.store.changes_own_password(new, now).await?;
                Ok(if done { Renewed::Done } else { Renewed::Changed })
            }
            Ok((Some(account), None)) => {
                let why = Refusal::WrongOldPassword;
                let refused = Refused { account: Some(&account.name), by: SignInBy::Password, why, address };
                self.store.sign_in_refused(&refused, now).await?;
                Ok(Renewed::WrongOld)
            }
            Err(fault) => {
                self.store.did_not_try(attempt).await?;
                Err(fault)
            }
        }
    }

    /// As the account of the demonstration, which nobody has to prove to be.
    pub async fn as_demo(&self, visitor: Visitor<'_>, now: Timestamp) -> Result<Came, Fault> {
        let Some(account) = UserName::parse(DEMO) else { return Ok(Came::Refused) };
        let Some(account) = self.store.account(&account).await? else { return Ok(Came::Refused) };
        let attempt = match self.store.tries_to_sign_in(None, visitor.address, now).await? {
            Tried::NotBefore(until) => return Ok(Came::NotBefore(until)),
            Tried::Now(attempt) => attempt,
        };
        let by = SignInBy::Demo;
        let new = NewSession { account: &account, by, attempt, renewed: None, replaces: visitor.session };
        self.enters(new, visitor, now).await
    }

    /// Lets somebody in who has proved who they are, unless the account is shut.
    pub(super) async fn enters(
        &self,
        new: NewSession<'_>,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<Came, Fault> {
        let (account, by) = (new.account, new.by);
        let why = if account.disabled_at.is_some() {
            Refusal::Disabled
        } else {
            match self.store.signs_in(new, now).await? {
                SignedIn::Done(token) => return Ok(Came::In(token)),
                SignedIn::Changed => Refusal::Changed,
            }
        };
        self.refuses(Some(&account.name), by, why, visitor, now).await
    }

    pub(super) async fn refuses(
        &self,
        account: Option<&UserName>,
        by: SignInBy,
        why: Refusal,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<Came, Fault> {
        let refused = Refused { account, by, why, address: visitor.address };
        self.store.sign_in_refused(&refused, now).await?;
        Ok(Came::Refused)
    }
}
