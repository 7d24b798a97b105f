//! What a provider says of itself (OpenID Connect Discovery 1.0, section 3): the part that is used.

use super::http::{Answer, Place};
use crate::fault::Fault;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

const DOING: &str = "reading what the OpenID provider says of itself";

impl Document {
    /// # Errors
    /// It is no such document, of another provider (section 4.3), or leads to where nothing is encrypted.
    pub(super) fn read(answer: &Answer, issuer: &str) -> Result<Self, Fault> {
        let json = answer.json().filter(|_| answer.is_good()).ok_or_else(|| answer.is_wrong(DOING))?;
        let document: Self = serde_json::from_value(json).map_err(|error| Fault::never(DOING, error))?;
        if document.issuer != issuer {
            let why = format!("it names itself {:?}, and desk.openid.issuer is {issuer:?}", document.issuer);
            return Err(Fault::never(DOING, why));
        }
        let needed = [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri];
        let all = needed.into_iter().chain(&document.userinfo_endpoint).chain(&document.end_session_endpoint);
        for place in all {
            if Place::parse(place).is_none() || place.contains('#') {
                return Err(Fault::never(DOING, format!("{place:?} is no https:// URL")));
            }
        }
        Ok(document)
    }

    /// Whether the desk may say who it is in a header: so it is where nothing is said (section 3).
    pub(super) fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}
