//! Coming in by an OpenID provider: it says who somebody is; whether they come in, and as what, is an account's.

use super::sign_in::{Came, Door, Visitor};
use crate::fault::Fault;
use crate::openid::{Proven, Provider, Response, Trouble};
use crate::store::{Account, AccountChange, Attempt, NewSession, Pending, Refusal, SignInBy, Token, Tried};
use jiff::Timestamp;

/// What a browser brings back from the provider.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brought<'a> {
    pub(super) code: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    /// Who answers (RFC 9207).
    pub(super) issuer: Option<&'a str>,
    /// Why there is no code.
    pub(super) error: Option<&'a str>,
    /// What this browser was given when it went.
    pub(super) browser: Option<&'a Token>,
}

/// What came of it. It is on record why somebody does not come in who tried.
#[derive(Debug)]
pub(super) enum CameBack {
    /// The token is for the browser's cookie; and where they wanted to go.
    In(Token, String),
    /// This browser did not ask this, or not lately, or it was answered before.
    Stale,
    /// They gave it up at the provider.
    Stopped,
    /// What was brought back proves nothing.
    NotProven,
    /// The provider knows them by this; no account is theirs.
    Unknown(String),
    /// Their account may not come in.
    Shut,
    /// Too many failed from this address: nothing is looked at before then.
    NotBefore(Timestamp),
    /// The provider does not answer, or refuses this desk.
    Away,
}

const BY: SignInBy = SignInBy::Provider;

impl Door {
    /// By what the provider answered.
    pub(super) async fn by_provider(
        &self,
        provider: &Provider,
        brought: Brought<'_>,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<CameBack, Fault> {
        let attempt = match self.store.tries_to_sign_in(None, visitor.address, now).await? {
            Tried::NotBefore(until) => return Ok(CameBack::NotBefore(until)),
            Tried::Now(attempt) => attempt,
        };
        let came = self.answered(provider, brought, (attempt, visitor), now).await;
        if matches!(came, Err(_) | Ok(CameBack::Away | CameBack::Stopped)) {
            // nobody guessed
            self.store.did_not_try(attempt).await?;
        }
        came
    }

    async fn answered(
        &self,
        provider: &Provider,
        brought: Brought<'_>,
        who: (Attempt, Visitor<'_>),
        now: Timestamp,
    ) -> Result<CameBack, Fault> {
        let (_, visitor) = who;
        let state = brought.state.and_then(Token::parse);
        let pending = match state.zip(brought.browser) {
            Some((state, browser)) => self.store.comes_from_the_provider(&state, browser, now).await?,
            None => None,
        };
        let Some(pending) = pending else {
            self.refuses(None, BY, Refusal::NotProven, visitor, now).await?;
            return Ok(CameBack::Stale);
        };
        if let Some(error) = brought.error {
            // RFC 6749, section 4.1.2.1
            if error == "access_denied" {
                return Ok(CameBack::Stopped);
            }
            let error: String = error.chars().filter(char::is_ascii_graphic).take(60).collect();
            tracing::error!(error, "the OpenID provider refuses to sign somebody in");
            return Ok(CameBack::Away);
        }
        let (nonce, verifier) = (pending.nonce.expose(), pending.verifier.expose());
        let code = brought.code.unwrap_or_default();
        let response = Response { code, issuer: brought.issuer, nonce, verifier };
        let proven = match provider.proves(response, now).await {
            Ok(proven) => proven,
            Err(trouble) => return self.in_trouble(trouble, visitor, now).await,
        };
        let account = match self.store.account_of(&proven.identity).await? {
            Some(account) => account,
            None => match provider.names(&proven, now).await {
                Ok(Some(name)) => match self.store.account_called(&name).await? {
                    Some(account) => account,
                    None => return self.unknown(&proven, visitor, now).await,
                },
                Ok(None) => return self.unknown(&proven, visitor, now).await,
                Err(trouble) => return self.in_trouble(trouble, visitor, now).await,
            },
        };
        self.is(account, proven, pending, who, now).await
    }

    async fn in_trouble(
        &self,
        trouble: Trouble,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<CameBack, Fault> {
        match trouble {
            Trouble::Fault(fault) => {
                tracing::error!(%fault, "nobody can sign in by the OpenID provider");
                Ok(CameBack::Away)
            }
            Trouble::NotProven(why) => {
                tracing::warn!(why, "an answer of the OpenID provider proves nothing");
                self.refuses(None, BY, Refusal::NotProven, visitor, now).await?;
                Ok(CameBack::NotProven)
            }
        }
    }

    async fn unknown(
        &self,
        proven: &Proven,
        visitor: Visitor<'_>,
        now: Timestamp,
    ) -> Result<CameBack, Fault> {
        self.refuses(None, BY, Refusal::Unknown, visitor, now).await?;
        Ok(CameBack::Unknown(proven.identity.subject().to_owned()))
    }

    /// They are this account's person, unless it is another identity's.
    async fn is(
        &self,
        account: Account,
        proven: Proven,
        pending: Pending,
        (attempt, visitor): (Attempt, Visitor<'_>),
        now: Timestamp,
    ) -> Result<CameBack, Fault> {
        let name = account.name.clone();
        if account.disabled_at.is_some() {
            self.refuses(Some(&name), BY, Refusal::Disabled, visitor, now).await?;
            return Ok(CameBack::Shut);
        }
        let account = match &account.identity {
            Some(identity) if *identity == proven.identity => Some(account),
            Some(_) => None,
            None => {
                let link = AccountChange::Link(proven.identity.clone());
                self.store.change_account(&name, link, name.as_str(), now).await?;
                self.store.account_of(&proven.identity).await?
            }
        };
        let Some(account) = account.filter(|account| account.name == name) else {
            self.refuses(Some(&name), BY, Refusal::OtherIdentity, visitor, now).await?;
            return Ok(CameBack::Unknown(proven.identity.subject().to_owned()));
        };
        let new = NewSession { account: &account, by: BY, attempt, renewed: None, replaces: visitor.session };
        match self.enters(new, visitor, now).await? {
            Came::In(token) => Ok(CameBack::In(token, pending.next)),
            Came::Refused | Came::NotBefore(_) => Ok(CameBack::NotProven),
        }
    }
}
