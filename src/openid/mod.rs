//! Signing in at an OpenID provider (OpenID Connect Core 1.0): the authorization code flow with PKCE
//! (RFC 7636), state and nonce, and nothing else of the protocol. Pro Santé Connect is such a provider.
//!
//! What the provider says counts only as a token that it signed for this desk and this sign-in. `ring`
//! verifies the signature and `hyper` carries the questions, both in the program for other reasons; a
//! library for the whole protocol brings seventy crates for some two hundred lines, a second
//! implementation of RSA among them.
//!
//! Absent on purpose: implicit and hybrid flows, encrypted tokens, tokens that are kept, redirects that are
//! followed, a provider that is found by what somebody types.

mod document;
mod http;
mod keys;
mod settings;
mod token;

#[cfg(test)]
mod tests;

pub use settings::OpenIdSettings;

use crate::domain::staff::{Identity, KnownAs};
use crate::fault::{Check, Fault, Retry};
use document::Document;
use form_urlencoded::Serializer;
use http::{Answer, Http};
use jiff::{SignedDuration, Timestamp};
use keys::Keys;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use token::{Claims, Expected, Wrong};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// What the provider says of itself is asked anew after so long: a key that it withdrew is not trusted for
/// longer.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// For a key that is not among those known, it is asked at most so often.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Why a sign-in came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// The provider does not answer, or not what the protocol says.
    Fault(Fault),
    /// What came back proves nothing; the reason is for the log.
    NotProven(&'static str),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A question that goes with somebody's browser.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    /// Stays here; its hash goes.
    pub verifier: &'a str,
}

/// What came back with it.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    pub code: &'a str,
    /// Who answers, where the provider says so (RFC 9207).
    pub issuer: Option<&'a str>,
    pub nonce: &'a str,
    pub verifier: &'a str,
}

/// Somebody, as the provider has just proved.
#[derive(Debug)]
pub struct Proven {
    pub identity: Identity,
    claims: Claims,
    /// For one more question on who they are.
    access: Option<String>,
}

/// What is known of the provider.
#[derive(Debug)]
struct Known {
    document: Document,
    keys: Keys,
    at: Timestamp,
}

/// The provider that the configuration names. Clones share what is known of it.
#[derive(Debug, Clone)]
pub struct Provider {
    settings: Arc<OpenIdSettings>,
    http: Http,
    /// Where browsers reach the desk.
    address: Arc<str>,
    known: Arc<Mutex<Option<Arc<Known>>>>,
}

/// Where the desk awaits the provider's answer.
const BACK: &str = "/connexion/openid/retour";

const ASKING: &str = "asking the OpenID provider";

impl Provider {
    /// `address`: what browsers call the desk.
    #[must_use]
    pub fn new(settings: OpenIdSettings, address: &str) -> Self {
        let http = Http::new(settings.ca.clone(), settings.timeout.0);
        Self { settings: Arc::new(settings), http, address: address.into(), known: Arc::default() }
    }

    #[must_use]
    pub fn settings(&self) -> &OpenIdSettings {
        &self.settings
    }

    fn redirect(&self) -> String {
        format!("{}{BACK}", self.address)
    }

    /// Where a browser goes with this question.
    pub async fn asked(&self, question: Question<'_>, now: Timestamp) -> Result<String, Fault> {
        let known = self.known(now, FRESH).await?;
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, question.verifier.as_bytes()));
        let mut query = Serializer::new(String::new());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.redirect()),
            ("scope", &self.settings.scopes.join(" ")),
            ("state", question.state),
            ("nonce", question.nonce),
            ("code_challenge", &hash),
            ("code_challenge_method", "S256"),
        ]);
        if !self.settings.acr_values.is_empty() {
            query.append_pair("acr_values", &self.settings.acr_values.join(" "));
        }
        Ok(with_query(&known.document.authorization_endpoint, &query.finish()))
    }

    /// Who somebody is: the code is given for a token, and the token is held against everything it must say.
    pub async fn proves(&self, response: Response<'_>, now: Timestamp) -> Result<Proven, Trouble> {
        let known = self.known(now, FRESH).await?;
        let named = response.issuer;
        if named.is_some_and(|issuer| issuer != self.settings.issuer)
            || (named.is_none() && known.document.authorization_response_iss_parameter_supported)
        {
            return Err(Trouble::NotProven("another provider answered"));
        }
        let tokens = self.redeems(&known.document, response).await?;
        let text = |name| tokens.get(name).and_then(Value::as_str);
        let Some(token) = text("id_token") else { return Err(Trouble::NotProven("there is no token")) };
        let expected = Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: response.nonce,
            acr: &self.settings.acr_values,
            now,
        };
        let verified = match token::verify(token, &known.keys, &expected) {
            // signed with a key that is newer than what is known
            Err(Wrong::Key(_)) => {
                let known = self.known(now, AGAIN).await?;
                token::verify(token, &known.keys, &expected)
            }
            verified => verified,
        };
        let claims = verified.map_err(|wrong| Trouble::NotProven(wrong.why()))?;
        let identity = Identity::new(&self.settings.issuer, claims.subject());
        let identity = identity.ok_or(Trouble::NotProven("its subject is none"))?;
        Ok(Proven { identity, claims, access: text("access_token").map(str::to_owned) })
    }

    /// As whom the provider names somebody, where the configuration says by which claim: in the token, else
    /// when asked (section 5.3).
    pub async fn names(&self, proven: &Proven, now: Timestamp) -> Result<Option<KnownAs>, Trouble> {
        let Some(claim) = &self.settings.name_claim else { return Ok(None) };
        if let Some(name) = proven.claims.text(claim) {
            return Ok(KnownAs::parse(name));
        }
        let known = self.known(now, FRESH).await?;
        let (Some(url), Some(access)) = (&known.document.userinfo_endpoint, &proven.access) else {
            return Ok(None);
        };
        let answer = self.http.get(url, Some(access)).await?;
        let told = answer.json().filter(|_| answer.is_good()).ok_or_else(|| answer.is_wrong(ASKING))?;
        // section 5.3.2: of the same person, or not used
        let subject = told.get("sub").and_then(Value::as_str);
        if subject != Some(proven.claims.subject()) {
            return Err(Trouble::NotProven("it tells of another person"));
        }
        Ok(told.get(claim.as_str()).and_then(Value::as_str).and_then(KnownAs::parse))
    }

    /// Where somebody signs out of the provider too, if that is known here and possible there (OpenID
    /// Connect RP-Initiated Logout 1.0).
    #[must_use]
    pub fn leaves(&self) -> Option<String> {
        let known = self.kept()?;
        let place = known.document.end_session_endpoint.as_ref()?;
        let mut query = Serializer::new(String::new());
        query.append_pair("client_id", &self.settings.client_id);
        query.append_pair("post_logout_redirect_uri", &format!("{}/connexion", self.address));
        Some(with_query(place, &query.finish()))
    }

    async fn redeems(&self, document: &Document, response: Response<'_>) -> Result<Value, Trouble> {
        let secret = match &self.settings.client_secret {
            Some(secret) => Some(secret.reveal("the OpenID client's secret").await?),
            None => None,
        };
        let (basic, form) = self.gives(document, response, secret.as_deref());
        let answer = self.http.post(&document.token_endpoint, basic, form).await?;
        match answer.json() {
            Some(tokens) if answer.is_good() => Ok(tokens),
            told => Err(refused(&answer, told.as_ref())),
        }
    }

    /// Who gives the code for a token, in a header or in the form, and the form (RFC 6749, section 4.1.3).
    fn gives(
        &self,
        document: &Document,
        response: Response<'_>,
        secret: Option<&str>,
    ) -> (Option<String>, String) {
        let (client, redirect) = (self.settings.client_id.as_str(), self.redirect());
        let mut form = Serializer::new(String::new());
        form.extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", response.code),
            ("redirect_uri", &redirect),
            ("code_verifier", response.verifier),
        ]);
        if let Some(secret) = secret
            && document.takes_basic()
        {
            return (Some(basic(client, secret)), form.finish());
        }
        form.append_pair("client_id", client);
        if let Some(secret) = secret {
            form.append_pair("client_secret", secret);
        }
        (None, form.finish())
    }

    fn kept(&self) -> Option<Arc<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the provider says of itself, no older than this.
    async fn known(&self, now: Timestamp, age: SignedDuration) -> Result<Arc<Known>, Fault> {
        if let Some(known) = self.kept().filter(|known| now.duration_since(known.at).abs() < age) {
            return Ok(known);
        }
        let place = self.settings.discovery();
        let document = Document::read(&self.http.get(&place, None).await?, &self.settings.issuer)?;
        let keys = Keys::read(&self.http.get(&document.jwks_uri, None).await?)?;
        let known = Arc::new(Known { document, keys, at: now });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// What `guichet doctor` says of it: its document and its keys are really asked for.
    pub async fn examine(&self, now: Timestamp) -> Check {
        let what = format!("OpenID {}", self.settings.issuer);
        let tried = async {
            let known = self.known(now, SignedDuration::ZERO).await?;
            if let Some(secret) = &self.settings.client_secret {
                secret.reveal("the OpenID client's secret").await?;
            }
            Ok::<_, Fault>(known)
        };
        match tried.await {
            Ok(known) if known.keys.is_empty() => {
                let to_do = "Ask the provider: it must sign with RS256, PS256 or ES256.";
                Check::failed(what, "it publishes no key that this desk can verify with", to_do)
            }
            Ok(known) => Check::passed(
                what,
                format!(
                    "describes itself, {} keys; it must let {} come back to {}",
                    known.keys.len(),
                    self.settings.client_id,
                    self.redirect()
                ),
            ),
            Err(fault) => {
                let to_do = "Check issuer, discovery, ca and client_secret under [desk.openid].";
                Check::failed(what, fault.to_string(), to_do)
            }
        }
    }
}

/// RFC 6749, section 5.2: what is wrong with the code is the visitor's, the rest is ours or the provider's.
fn refused(answer: &Answer, told: Option<&Value>) -> Trouble {
    let error = told.and_then(|told| told.get("error")).and_then(Value::as_str).unwrap_or_default();
    match error {
        "invalid_grant" => Trouble::NotProven("its code is worth nothing"),
        "invalid_client"
        | "unauthorized_client"
        | "invalid_request"
        | "unsupported_grant_type"
        | "invalid_scope" => Trouble::Fault(Fault {
            doing: ASKING.into(),
            retry: Retry::Never,
            source: format!("it refuses this desk: {error}").into(),
        }),
        _ => Trouble::Fault(answer.is_wrong(ASKING)),
    }
}

/// RFC 6749, section 2.3.1: both are coded as a form's before they are joined.
fn basic(client: &str, secret: &str) -> String {
    let coded = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    format!("Basic {}", STANDARD.encode(format!("{}:{}", coded(client), coded(secret))))
}

/// An endpoint may have a query of its own (RFC 6749, section 3.1).
fn with_query(endpoint: &str, query: &str) -> String {
    let joined = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joined}{query}")
}
