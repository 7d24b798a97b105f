//! Which provider, and as whom the desk asks it.

use super::http::Place;
use crate::domain::units::Span;
use crate::intake::secret::Secret;
use serde::Deserialize;
use std::path::PathBuf;

/// The table `[desk.openid]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdSettings {
    /// The provider, exactly as it names itself in its tokens.
    pub issuer: String,
    /// Where it describes itself, if not under the issuer at `.well-known/openid-configuration`.
    pub discovery: Option<String>,
    /// As whom it knows this desk …
    pub client_id: String,
    /// … and what the desk proves that with; without, by PKCE alone.
    pub client_secret: Option<Secret>,
    /// What is asked for; `openid` among it.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// How surely somebody must have proved who they are: asked for, and the token must say one of them.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// The claim by which an account is found the first time, such as `preferred_username`: only where
    /// nobody chooses it for themselves. Without it, accounts are linked by `guichet desk user link`.
    pub name_claim: Option<String>,
    /// What staff call it.
    #[serde(default = "label")]
    pub label: String,
    /// A PEM file with the authorities to trust there instead of the system's.
    pub ca: Option<PathBuf>,
    /// A question that is not answered within is given up.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// Whether names and passwords let in too.
    #[serde(default = "yes")]
    pub passwords: bool,
}

fn scopes() -> Vec<String> {
    vec!["openid".to_owned()]
}

fn label() -> String {
    "le fournisseur d'identité".to_owned()
}

const fn timeout() -> Span {
    Span::seconds(10)
}

const fn yes() -> bool {
    true
}

impl OpenIdSettings {
    /// Where the provider describes itself (OpenID Connect Discovery 1.0, section 4).
    #[must_use]
    pub fn discovery(&self) -> String {
        let issuer = self.issuer.trim_end_matches('/');
        self.discovery.clone().unwrap_or_else(|| format!("{issuer}/.well-known/openid-configuration"))
    }

    /// What is wrong with these settings.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        for (key, url) in [("issuer", &self.issuer), ("discovery", &self.discovery())] {
            if Place::parse(url).is_none() {
                return Some(format!(
                    "desk.openid.{key} is an https:// URL (http:// on this machine only), not {url:?}"
                ));
            }
        }
        let one_word = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.scopes.iter().any(|scope| scope == "openid")
            || !self.scopes.iter().chain(&self.acr_values).all(one_word)
        {
            return Some(
                "desk.openid.scopes and acr_values are words, and \"openid\" is one of the scopes".to_owned(),
            );
        }
        self.client_id.is_empty().then(|| "desk.openid.client_id is what the provider gave".to_owned())
    }
}
