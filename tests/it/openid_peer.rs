//! An OpenID provider that does as it is told: on a free port of this machine, HTTP by hand.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub const SECRET: &str = "a secret: with %, + and &";

/// What it answers where it should say who somebody is.
#[derive(Debug, Clone, Default)]
pub enum Answers {
    /// As it should.
    #[default]
    Well,
    /// This, whatever is asked.
    Status(&'static str, String),
    /// Nothing, and stays on the line.
    Nothing,
    /// Hangs up.
    HangsUp,
    /// Without an end.
    Endless,
}

struct Held {
    key: EcdsaKeyPair,
    kid: String,
    /// Put over what a token says; `null` takes a claim out.
    over: Value,
    /// The token as it leaves.
    token: fn(String) -> String,
    /// What it says of itself, put over.
    document: Value,
    userinfo: Value,
    answers: Answers,
    /// Code → whom it is of, the nonce and the PKCE challenge it was asked with.
    codes: BTreeMap<String, (String, String, String)>,
    asked: Vec<String>,
    now: i64,
}

pub struct Provider {
    pub issuer: String,
    held: Arc<Mutex<Held>>,
    _serving: JoinSet<()>,
}

fn key() -> EcdsaKeyPair {
    let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).unwrap()
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn put_over(onto: &mut Value, over: &Value) {
    for (name, value) in over.as_object().unwrap() {
        onto[name] = value.clone();
        if value.is_null() {
            onto.as_object_mut().unwrap().remove(name);
        }
    }
}

pub fn pairs(query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl Provider {
    /// Its clock stands still, at these seconds since 1970.
    pub async fn open(now: i64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let issuer = format!("http://{}/realms/one", listener.local_addr().unwrap());
        let held = Held {
            key: key(),
            kid: "first".into(),
            over: json!({}),
            token: |token| token,
            document: json!({}),
            userinfo: Value::Null,
            answers: Answers::Well,
            codes: BTreeMap::new(),
            asked: Vec::new(),
            now,
        };
        let held = Arc::new(Mutex::new(held));
        let (mut serving, there, me) = (JoinSet::new(), held.clone(), issuer.clone());
        serving.spawn(async move {
            let mut lines = JoinSet::new();
            loop {
                let (line, _) = listener.accept().await.unwrap();
                lines.spawn(answer(line, there.clone(), me.clone()));
            }
        });
        Self { issuer, held, _serving: serving }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    pub fn answers(&self, answers: Answers) {
        self.held().answers = answers;
    }

    /// Its tokens say this too, or instead.
    pub fn says(&self, over: Value) {
        self.held().over = over;
    }

    pub fn sends(&self, token: fn(String) -> String) {
        self.held().token = token;
    }

    pub fn describes(&self, document: Value) {
        self.held().document = document;
    }

    pub fn tells(&self, userinfo: Value) {
        self.held().userinfo = userinfo;
    }

    pub fn has_another_key(&self) {
        let mut held = self.held();
        (held.key, held.kid) = (key(), "second".into());
    }

    pub fn hours_pass(&self, hours: i64) {
        self.held().now += hours * 3600;
    }

    /// What was asked of it, without what changes.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.held().asked)
    }

    /// Somebody proves who they are, at the page they were led to: where they are led back to.
    pub fn signs_in(&self, page: &str, subject: &str) -> String {
        let (place, query) = page.split_once('?').unwrap();
        assert_eq!(place, format!("{}/auth", self.issuer));
        let asked = pairs(query);
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "guichet"),
            ("scope", "openid profile"),
            ("code_challenge_method", "S256"),
            ("acr_values", "eidas1"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let back = &asked["redirect_uri"];
        assert!(back.ends_with("/connexion/openid/retour"), "{back}");
        let mut held = self.held();
        let code = format!("code-{}", held.codes.len() + 1);
        let of = (subject.to_owned(), asked["nonce"].clone(), asked["code_challenge"].clone());
        held.codes.insert(code.clone(), of);
        format!("/connexion/openid/retour?code={code}&state={}", asked["state"])
    }
}

async fn answer(mut line: TcpStream, provider: Arc<Mutex<Held>>, issuer: String) {
    let mut all = Vec::new();
    let (head, body) = loop {
        let mut some = [0; 4096];
        let count = line.read(&mut some).await.unwrap();
        if count == 0 {
            return;
        }
        all.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let answers = provider.lock().unwrap().answers.clone();
    let (status, body) = match answers {
        Answers::Well => provider.lock().unwrap().says(&head, &body, &issuer),
        Answers::Status(status, body) => (status, body),
        Answers::HangsUp => return,
        Answers::Nothing => return std::future::pending().await,
        Answers::Endless => {
            let _ = line.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"keys\": [").await;
            while line.write_all(&[b' '; 4096]).await.is_ok() {}
            return;
        }
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let _ = line.write_all(answer.as_bytes()).await;
}

impl Held {
    fn says(&mut self, head: &str, body: &str, issuer: &str) -> (&'static str, String) {
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        self.asked.push(format!("{method} {path}"));
        match path.strip_prefix("/realms/one").unwrap_or_default() {
            "/.well-known/openid-configuration" => {
                let mut document = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/auth"),
                    "token_endpoint": format!("{issuer}/token"),
                    "userinfo_endpoint": format!("{issuer}/userinfo"),
                    "jwks_uri": format!("{issuer}/certs"),
                    "end_session_endpoint": format!("{issuer}/logout"),
                });
                put_over(&mut document, &self.document);
                ("200 OK", document.to_string())
            }
            "/certs" => {
                let point = self.key.public_key().as_ref();
                let key = json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "x": part(&point[1..33]),
                                  "y": part(&point[33..]) });
                ("200 OK", json!({ "keys": [key] }).to_string())
            }
            "/token" => self.gives_a_token(header("authorization: "), &pairs(body), issuer),
            "/userinfo" if header("authorization: ") == "Bearer access" => {
                ("200 OK", self.userinfo.to_string())
            }
            _ => ("404 Not Found", "{}".into()),
        }
    }

    fn gives_a_token(
        &mut self,
        by: &str,
        form: &BTreeMap<String, String>,
        issuer: &str,
    ) -> (&'static str, String) {
        let coded: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let secret = format!("Basic {}", STANDARD.encode(format!("guichet:{coded}")));
        let in_the_form = form.get("client_id").is_some_and(|client| client == "guichet")
            && form.get("client_secret").is_some_and(|secret| secret == SECRET);
        if by != secret && !in_the_form {
            return ("401 Unauthorized", json!({ "error": "invalid_client" }).to_string());
        }
        let code = self.codes.remove(&form["code"]);
        let proof = part(digest(&SHA256, form["code_verifier"].as_bytes()).as_ref());
        let Some((subject, nonce, _)) = code.filter(|(_, _, challenge)| *challenge == proof) else {
            return ("400 Bad Request", json!({ "error": "invalid_grant" }).to_string());
        };
        let mut claims = json!({ "iss": issuer, "sub": subject, "aud": "guichet", "nonce": nonce,
            "iat": self.now, "exp": self.now + 60, "acr": "eidas1" });
        put_over(&mut claims, &self.over);
        let head = json!({ "alg": "ES256", "kid": self.kid });
        let message =
            format!("{}.{}", part(head.to_string().as_bytes()), part(claims.to_string().as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        let token = (self.token)(format!("{message}.{}", part(signature.as_ref())));
        ("200 OK", json!({ "id_token": token, "access_token": "access", "token_type": "Bearer" }).to_string())
    }
}
