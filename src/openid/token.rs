//! The token that says who somebody is (OpenID Connect Core 1.0, section 2; RFC 7515, RFC 7519): whether the
//! provider signed it, for this desk, for this sign-in, now (section 3.1.3.7).

use super::keys::{Algorithm, Keys};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// So far the provider's clock may be off.
const LEEWAY: SignedDuration = SignedDuration::from_mins(2);

/// What a token must say.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// One of these, where there are any.
    pub(super) acr: &'a [String],
    pub(super) now: Timestamp,
}

/// Why one proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// None of the keys that are known signed it: another may have.
    Key(&'static str),
    Token(&'static str),
}

impl Wrong {
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Key(why) | Self::Token(why) => why,
        }
    }
}

/// What a token says that holds.
pub(super) struct Claims(Map<String, Value>);

impl std::fmt::Debug for Claims {
    /// Never who it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claims({})", self.0.len())
    }
}

impl Claims {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(super) fn subject(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// Seconds since 1970 (RFC 7519, section 2, `NumericDate`).
    fn time(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.0.get(name)?.as_f64()?;
        SignedDuration::try_from_secs_f64(seconds).ok().and_then(|since| Timestamp::from_duration(since).ok())
    }

    fn is_for(&self, client: &str) -> bool {
        let named = match self.0.get("aud") {
            Some(Value::String(one)) => one == client,
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(client)),
            _ => false,
        };
        let several = self.0.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        match self.0.get("azp") {
            Some(azp) => named && azp.as_str() == Some(client),
            None => named && !several,
        }
    }
}

/// Everything that is checked, the signature first: nothing else in it counts before.
pub(super) fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, Wrong> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Wrong::Token("it is no signed token"));
    };
    let head = object(header).ok_or(Wrong::Token("its header is none"))?;
    let text = |name: &str| head.get(name).and_then(Value::as_str);
    let algorithm = text("alg").and_then(Algorithm::parse);
    let algorithm = algorithm.ok_or(Wrong::Token("it is not signed as providers sign here"))?;
    if head.contains_key("crit") || head.contains_key("b64") {
        // RFC 7515, section 4.1.11
        return Err(Wrong::Token("it asks for what is not known here"));
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Wrong::Token("its signature is none"))?;
    let signed = format!("{header}.{payload}");
    if !keys.signed(algorithm, text("kid"), signed.as_bytes(), &signature) {
        return Err(Wrong::Key("no key of the provider signed it"));
    }
    let claims = Claims(object(payload).ok_or(Wrong::Token("it says nothing"))?);
    holds(&claims, expected)?;
    Ok(claims)
}

fn holds(claims: &Claims, expected: &Expected<'_>) -> Result<(), Wrong> {
    let (earliest, latest) = (expected.now.saturating_sub(LEEWAY), expected.now.saturating_add(LEEWAY));
    let (Ok(earliest), Ok(latest)) = (earliest, latest) else { return Err(Wrong::Token("there is no time")) };
    let acr = claims.text("acr").unwrap_or_default();
    let checks = [
        (claims.text("iss") == Some(expected.issuer), "another provider made it"),
        (claims.is_for(expected.client), "it is for another desk"),
        (claims.time("exp").is_some_and(|ends| ends > earliest), "it is of the past"),
        (claims.time("iat").is_some_and(|made| made <= latest), "it is of the future"),
        (
            !claims.0.contains_key("nbf") || claims.time("nbf").is_some_and(|from| from <= latest),
            "it is not valid yet",
        ),
        (claims.text("nonce") == Some(expected.nonce), "it is of another sign-in"),
        (
            expected.acr.is_empty() || expected.acr.iter().any(|one| one == acr),
            "the person has not proved surely enough who they are",
        ),
        (!claims.subject().is_empty(), "it is nobody's"),
    ];
    match checks.into_iter().find(|(holds, _)| !holds) {
        Some((_, why)) => Err(Wrong::Token(why)),
        None => Ok(()),
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?) {
        Ok(Value::Object(object)) => Some(object),
        Ok(_) | Err(_) => None,
    }
}
