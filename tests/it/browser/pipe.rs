//! Chromium, spoken to over a pipe: its `DevTools` protocol is JSON between NULs on the descriptors 3
//! and 4. No port, no driver and no further crate; what holds the pipe ends it.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

/// For whatever is waited for. On a machine with everything else running it takes a second or two.
pub const BOUND: Duration = Duration::from_secs(30);

/// What Chromium said of itself, oldest first.
#[derive(Debug, Clone)]
pub struct Event {
    pub session: String,
    pub method: String,
    pub says: Value,
}

#[derive(Debug, Default)]
struct Heard {
    asked: HashMap<u64, oneshot::Sender<Value>>,
    events: Vec<Event>,
}

/// A Chromium without a window, with a profile of its own. Ends with what holds it.
#[derive(Debug)]
pub struct Chromium {
    child: Child,
    to: Mutex<(u64, ChildStdin)>,
    heard: Arc<Mutex<Heard>>,
    /// How many events there are.
    count: watch::Receiver<usize>,
    /// Removed after the program has ended.
    _profile: TempDir,
}

impl Chromium {
    pub fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("guichet-browser-").tempdir().unwrap();
        // the shell only moves our two pipes to where the program looks for them
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>&2", "chromium"]);
        command.args(["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"]);
        // it runs as root in containers, and shows nobody's pages but ours
        command.args(["--no-sandbox", "--disable-dev-shm-usage"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        // pictures that are the same everywhere
        command.args(["--hide-scrollbars", "--force-color-profile=srgb", "--lang=fr"]);
        command.arg("--font-render-hinting=none");
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.env("HOME", profile.path()).env("LANGUAGE", "fr").env("LC_ALL", "C.UTF-8");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (counts, count) = watch::channel(0);
        let shared = heard.clone();
        std::thread::spawn(move || {
            for message in BufReader::new(from).split(0) {
                let Ok(message) = message else { break };
                let Ok(message) = serde_json::from_slice::<Value>(&message) else { break };
                let mut heard = shared.lock().unwrap();
                if let Some(id) = message["id"].as_u64() {
                    if let Some(asked) = heard.asked.remove(&id) {
                        let _ = asked.send(message);
                    }
                    continue;
                }
                let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
                let event = Event {
                    session: text("sessionId"),
                    method: text("method"),
                    says: message["params"].clone(),
                };
                heard.events.push(event);
                counts.send_replace(heard.events.len());
            }
            // nobody is answered any more
            shared.lock().unwrap().asked.clear();
        });
        Self { child, to: Mutex::new((0, to)), heard, count, _profile: profile }
    }

    /// Asks for something; `session` is empty for the browser itself.
    ///
    /// # Errors
    /// Chromium's sentence, where it did not do it.
    pub async fn asks(&self, session: &str, method: &str, params: Value) -> Result<Value, String> {
        let answer = {
            let mut to = self.to.lock().unwrap();
            to.0 += 1;
            let mut message = json!({ "id": to.0, "method": method, "params": params });
            if !session.is_empty() {
                message["sessionId"] = json!(session);
            }
            let (sender, answer) = oneshot::channel();
            self.heard.lock().unwrap().asked.insert(to.0, sender);
            let mut bytes = serde_json::to_vec(&message).unwrap();
            bytes.push(0);
            to.1.write_all(&bytes).unwrap_or_else(|error| panic!("chromium has ended: {error}"));
            answer
        };
        let answer = tokio::time::timeout(BOUND, answer).await;
        let answer = answer.unwrap_or_else(|_| panic!("{method}: no answer"));
        let mut answer =
            answer.unwrap_or_else(|_| panic!("{method}: chromium has ended, or is not installed"));
        match answer["error"]["message"].as_str() {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }

    /// The events of a session, oldest first.
    pub fn events(&self, session: &str) -> Vec<Event> {
        let heard = self.heard.lock().unwrap();
        heard.events.iter().filter(|event| event.session == session).cloned().collect()
    }

    /// Tells when there are more events.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.clone()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
