//! The keys a provider signs with (RFC 7517, RFC 7518), and verifying with them.

use super::http::Answer;
use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// More keys than a provider has at once.
const MOST: usize = 32;

const DOING: &str = "reading the OpenID provider's keys";

/// How a token may be signed: by a key that only the provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Ps256,
    Es256,
}

impl Algorithm {
    /// `None` for what is not trusted: nothing at all (`none`), and a secret that the desk shares (`HS256`).
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
        }
    }
}

#[derive(Debug)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point of P-256.
    Point(Vec<u8>),
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The one algorithm it is for, where the provider says so.
    only: Option<String>,
    public: Public,
}

/// As the provider writes one.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Written {
    /// `None` for a key that is not used here, or is none.
    fn key(self) -> Option<Key> {
        if self.purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let public = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let number = |text| {
                    let bytes = bytes(text)?;
                    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
                };
                Public::Rsa { n: number(self.n)?, e: number(self.e)? }
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(self.x)?, bytes(self.y)?);
                if (x.len(), y.len()) != (32, 32) {
                    return None;
                }
                Public::Point([&[4], x.as_slice(), y.as_slice()].concat())
            }
            _ => return None,
        };
        Some(Key { id: self.kid, only: self.alg, public })
    }
}

/// Those of one provider.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// # Errors
    /// It is no set of keys. Single ones that cannot be used are left out (RFC 7517, section 5).
    pub(super) fn read(answer: &Answer) -> Result<Self, Fault> {
        let json = answer.json().filter(|_| answer.is_good());
        json.and_then(|json| Self::of(&json)).ok_or_else(|| answer.is_wrong(DOING))
    }

    pub(super) fn of(json: &Value) -> Option<Self> {
        let all = json.get("keys")?.as_array()?.iter().take(MOST);
        let read = all.filter_map(|key| serde_json::from_value::<Written>(key.clone()).ok());
        Some(Self(read.filter_map(Written::key).collect()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them signed this: the one that is named, where one is.
    pub(super) fn signed(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let named = self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        let mut meant = named.filter(|key| key.only.as_deref().is_none_or(|only| only == algorithm.name()));
        meant.any(|key| match (&key.public, algorithm) {
            (Public::Rsa { n, e }, Algorithm::Rs256 | Algorithm::Ps256) => {
                let how = if algorithm == Algorithm::Rs256 {
                    &RSA_PKCS1_2048_8192_SHA256
                } else {
                    &RSA_PSS_2048_8192_SHA256
                };
                RsaPublicKeyComponents { n, e }.verify(how, message, signature).is_ok()
            }
            (Public::Point(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Public::Rsa { .. }, Algorithm::Es256)
            | (Public::Point(_), Algorithm::Rs256 | Algorithm::Ps256) => false,
        })
    }
}
