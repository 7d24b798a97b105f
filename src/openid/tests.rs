//! What a token must say, and who must have signed it.

use super::keys::Keys;
use super::token::{Expected, Wrong, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use serde_json::{Value, json};
use std::process::Command;

const ISSUER: &str = "https://id.example/realms/one";
const NOW: i64 = 1_795_000_000;

fn coded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn good() -> Value {
    json!({ "iss": ISSUER, "sub": "f:7:899700218896", "aud": "desk", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
            "acr": "eidas1", "preferred_username": "899700218896" })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// The provider, which signs with a key of either kind.
struct Signs {
    point: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Signs {
    fn new() -> Self {
        let random = SystemRandom::new();
        let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        let point = EcdsaKeyPair::from_pkcs8(how, key.as_ref(), &random).unwrap();
        let made = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER"])
            .output();
        let der = made.unwrap().stdout;
        // PKCS #8, whichever form openssl writes
        let rsa = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).unwrap();
        Self { point, rsa }
    }

    fn keys(&self) -> Value {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.point.public_key().as_ref();
        let (x, y) = (part(&point[1..33]), part(&point[33..]));
        let public: ring::rsa::PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "of another kind" },
            { "kty": "RSA", "kid": "for secrets", "use": "enc", "n": part(&public.n), "e": part(&public.e) },
            { "kty": "EC", "crv": "P-256", "kid": "point", "use": "sig", "x": x, "y": y },
            { "kty": "RSA", "kid": "rsa", "n": part(&public.n), "e": part(&public.e) },
            "no key",
        ] })
    }

    fn signs(&self, algorithm: &str, kid: &str, claims: &Value) -> String {
        let head = json!({ "alg": algorithm, "kid": kid, "typ": "JWT" });
        self.signs_under(&head, claims)
    }

    fn signs_under(&self, head: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", coded(head), coded(claims));
        let random = SystemRandom::new();
        let rsa = |how| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(how, &random, message.as_bytes(), &mut signature).unwrap();
            signature
        };
        let signature = match head["alg"].as_str().unwrap() {
            "ES256" => self.point.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "HS256" => {
                // with what everybody knows: the public key, as a secret
                let public: ring::rsa::PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
                let key = hmac::Key::new(hmac::HMAC_SHA256, &public.n);
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn verified(token: &str, keys: &Value, acr: &[&str]) -> Result<String, Wrong> {
    let acr: Vec<_> = acr.iter().map(ToString::to_string).collect();
    let now = Timestamp::from_second(NOW).unwrap();
    let expected = Expected { issuer: ISSUER, client: "desk", nonce: "n-1", acr: &acr, now };
    verify(token, &Keys::of(keys).unwrap(), &expected).map(|claims| claims.subject().to_owned())
}

#[test]
fn a_token_that_the_provider_signed_for_this_desk_says_who_somebody_is() {
    let provider = Signs::new();
    for (algorithm, kid) in [("ES256", "point"), ("RS256", "rsa"), ("PS256", "rsa")] {
        let token = provider.signs(algorithm, kid, &good());
        assert_eq!(verified(&token, &provider.keys(), &["eidas1"]).unwrap(), "f:7:899700218896");
    }
    // which key it was need not be said
    let token = provider.signs_under(&json!({ "alg": "ES256" }), &good());
    assert!(verified(&token, &provider.keys(), &[]).is_ok());
    for claims in [
        with("aud", json!(["desk"])),
        with("azp", json!("desk")),
        with("iat", json!(NOW + 60)),
        with("exp", json!(NOW - 60)),
        with("exp", json!(f64::from(1_795_000_100) + 0.5)),
    ] {
        let token = provider.signs("ES256", "point", &claims);
        assert!(verified(&token, &provider.keys(), &[]).is_ok(), "{claims}");
    }
    let mut both = with("aud", json!(["account", "desk"]));
    both["azp"] = json!("desk");
    assert!(verified(&provider.signs("ES256", "point", &both), &provider.keys(), &[]).is_ok());
}

#[test]
fn a_token_for_another_or_of_another_time_proves_nothing() {
    let provider = Signs::new();
    for (claims, why) in [
        (with("iss", json!("https://id.example/realms/two")), "another provider made it"),
        (with("aud", json!("other")), "it is for another desk"),
        (with("aud", json!(["other"])), "it is for another desk"),
        (with("aud", json!(["desk", "other"])), "it is for another desk"),
        (with("azp", json!("other")), "it is for another desk"),
        (without("aud"), "it is for another desk"),
        (with("exp", json!(NOW - 121)), "it is of the past"),
        (with("exp", json!("soon")), "it is of the past"),
        (without("exp"), "it is of the past"),
        (with("iat", json!(NOW + 121)), "it is of the future"),
        (without("iat"), "it is of the future"),
        (with("nbf", json!(NOW + 121)), "it is not valid yet"),
        (with("nonce", json!("n-2")), "it is of another sign-in"),
        (without("nonce"), "it is of another sign-in"),
        (without("sub"), "it is nobody's"),
        (with("sub", json!(7)), "it is nobody's"),
        (with("acr", json!("eidas0")), "the person has not proved surely enough who they are"),
        (without("acr"), "the person has not proved surely enough who they are"),
    ] {
        let token = provider.signs("ES256", "point", &claims);
        assert_eq!(verified(&token, &provider.keys(), &["eidas1"]), Err(Wrong::Token(why)), "{claims}");
    }
}

#[test]
fn what_no_key_of_the_provider_signed_proves_nothing() {
    let (provider, other) = (Signs::new(), Signs::new());
    let keys = provider.keys();
    let unsigned = format!("{}.{}.", coded(&json!({ "alg": "none" })), coded(&good()));
    let by_a_secret = provider.signs("HS256", "rsa", &good());
    for token in [unsigned, by_a_secret, provider.signs("ES384", "point", &good())] {
        let why = "it is not signed as providers sign here";
        assert_eq!(verified(&token, &keys, &[]), Err(Wrong::Token(why)), "{token}");
    }
    let good_token = provider.signs("ES256", "point", &good());
    let (head, _) = good_token.split_once('.').unwrap();
    let signature = good_token.rsplit_once('.').unwrap().1;
    for token in [
        other.signs("ES256", "point", &good()),
        other.signs("RS256", "rsa", &good()),
        // a key that is not there, of another kind, or for another use
        provider.signs("ES256", "newer", &good()),
        provider.signs("ES256", "rsa", &good()),
        provider.signs("RS256", "for secrets", &good()),
        format!("{head}.{}.{signature}", coded(&with("sub", json!("eve")))),
        format!("{head}.{}.", coded(&good())),
    ] {
        assert!(matches!(verified(&token, &keys, &[]), Err(Wrong::Key(_))), "{token}");
    }
    let crit = json!({ "alg": "ES256", "kid": "point", "crit": ["b64"], "b64": false });
    for token in [
        provider.signs_under(&crit, &good()),
        String::new(),
        "a.b".to_owned(),
        "..".to_owned(),
        format!("{good_token}.x"),
        format!("{good_token}.."),
        good_token.replace('.', "=."),
    ] {
        assert!(matches!(verified(&token, &keys, &[]), Err(Wrong::Token(_))), "{token}");
    }
    // and the same provider's key for one algorithm is for no other
    let mut bound = provider.keys();
    bound["keys"][3]["alg"] = json!("PS256");
    assert!(verified(&provider.signs("PS256", "rsa", &good()), &bound, &[]).is_ok());
    assert!(matches!(verified(&provider.signs("RS256", "rsa", &good()), &bound, &[]), Err(Wrong::Key(_))));
}
