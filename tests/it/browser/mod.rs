//! The desk in a real browser: one Chromium a test, a tab for each person, keys and mouse as people use
//! them. Nothing is slept for: what is to be seen is looked for whenever the browser reports something.

mod accessible;
mod account;
mod administration;
mod coming;
mod hostile;
mod keys;
mod lists;
mod openid;
mod pictures;
mod pipe;
mod print;
mod questions;
mod work;

use crate::desk::TestDesk;
use crate::visitor::{Served, Visitor};
use pipe::{BOUND, Chromium};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// A browser; each person has their own cookies in it.
pub struct Browser(Arc<Chromium>);

/// What one person looks at.
pub struct Tab {
    chromium: Arc<Chromium>,
    session: String,
    address: SocketAddr,
}

/// Wide enough for both halves of a case.
pub const WIDE: u32 = 1400;

impl Browser {
    pub fn open() -> Self {
        Self(Arc::new(Chromium::start()))
    }

    /// Somebody who is not signed in.
    pub async fn stranger(&self, served: &Served) -> Tab {
        let ask = async |method: &str, params| self.0.asks("", method, params).await.unwrap();
        let apart = ask("Target.createBrowserContext", json!({})).await;
        let target = json!({ "url": "about:blank", "browserContextId": apart["browserContextId"] });
        let target = ask("Target.createTarget", target).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = ask("Target.attachToTarget", attach).await["sessionId"].as_str().unwrap().to_owned();
        let tab = Tab { chromium: self.0.clone(), session, address: served.address };
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            tab.asks(&format!("{domain}.enable"), json!({})).await;
        }
        tab.is_wide(WIDE).await;
        tab
    }

    /// Somebody with this session.
    pub async fn person(&self, served: &Served, visitor: &Visitor) -> Tab {
        let tab = self.stranger(served).await;
        let (name, value) = visitor.cookie.split_once('=').unwrap();
        let url = format!("http://{}/", served.address);
        let cookie = json!({ "name": name, "value": value, "url": url, "httpOnly": true });
        tab.asks("Network.setCookie", cookie).await;
        tab
    }
}

impl Tab {
    pub async fn asks(&self, method: &str, params: Value) -> Value {
        self.chromium.asks(&self.session, method, params).await.unwrap()
    }

    /// So many CSS pixels wide.
    pub async fn is_wide(&self, width: u32) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.asks("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// The value of an expression, in the page.
    pub async fn finds(&self, expression: &str) -> Value {
        self.tries(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    async fn tries(&self, expression: &str) -> Result<Value, String> {
        let ask = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.chromium.asks(&self.session, "Runtime.evaluate", ask).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Whether `holds` ever is, looked at now and whenever the browser reports something.
    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let waits = async {
            let mut count = self.chromium.count();
            loop {
                count.borrow_and_update();
                if holds().await {
                    return;
                }
                count.changed().await.unwrap();
            }
        };
        let came = tokio::time::timeout(BOUND, waits).await.is_ok();
        assert!(came, "{what}: not in\n{}\n{}", self.url().await, self.text().await);
    }

    fn loads(&self) -> usize {
        let events = self.chromium.events(&self.session);
        events.iter().filter(|event| event.method == "Page.loadEventFired").count()
    }

    /// Does something that leads to another page (or this one anew), and waits until it is there.
    pub async fn follows(&self, what: &str, act: impl Future<Output = ()>) {
        let before = self.loads();
        act.await;
        self.until(what, async || self.loads() > before).await;
    }

    /// To an address of the desk.
    pub async fn goes(&self, path: &str) {
        let url = format!("http://{}{path}", self.address);
        let go = async {
            self.asks("Page.navigate", json!({ "url": url })).await;
        };
        self.follows(path, go).await;
    }

    /// The address it is at, from the first `/` on.
    pub async fn url(&self) -> String {
        let place = self.finds("location.pathname + location.search + location.hash").await;
        place.as_str().unwrap_or_default().to_owned()
    }

    /// What is to be read on the page.
    pub async fn text(&self) -> String {
        let text = self.finds("document.body ? document.body.innerText : ''").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub async fn sees(&self, words: &str) {
        let there = async || {
            let text = self.tries("document.body ? document.body.innerText : ''").await;
            text.is_ok_and(|text| text.as_str().is_some_and(|text| spaces(text).contains(words)))
        };
        self.until(&format!("“{words}” is to be seen"), there).await;
    }

    pub async fn sees_not(&self, words: &str) {
        let text = spaces(&self.text().await);
        assert!(!text.contains(words), "“{words}” is to be seen:\n{text}");
    }

    /// A property of the one element.
    pub async fn of(&self, css: &str, property: &str) -> Value {
        self.finds(&format!("document.querySelector({css:?}).{property}")).await
    }

    /// Presses on the middle of the first element, where it is not covered by another.
    pub async fn clicks(&self, css: &str) {
        // where it stands once the page has come to rest: pages jump to the box that was worked on
        let place = format!(
            "(async () => {{ const one = document.querySelector({css:?}); if (!one) return null;
             one.scrollIntoView({{ block: 'center', behavior: 'instant' }});
             const drawn = () => new Promise(requestAnimationFrame);
             let box = one.getBoundingClientRect();
             for (let still = 0; still < 3; still += 1) {{
                 await drawn();
                 const now = one.getBoundingClientRect();
                 if (now.x !== box.x || now.y !== box.y) still = 0;
                 box = now;
             }}
             const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
             const hit = document.elementFromPoint(x, y);
             return hit && (one.contains(hit) || hit.contains(one)) ? [x, y] : 'covered'; }})()"
        );
        let place = self.finds(&place).await;
        assert!(place.is_array(), "{css}: {place}\n{}", self.text().await);
        for kind in ["mousePressed", "mouseReleased"] {
            let press =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.asks("Input.dispatchMouseEvent", press).await;
        }
    }

    /// Clicks on what leads to a page.
    pub async fn opens(&self, css: &str) {
        self.follows(css, self.clicks(css)).await;
    }

    /// Types over what stands in the field.
    pub async fn fills(&self, css: &str, text: &str) {
        self.clicks(css).await;
        self.finds(&format!("document.querySelector({css:?}).select()")).await;
        self.types(text).await;
    }

    /// Types where the cursor is.
    pub async fn types(&self, text: &str) {
        self.asks("Input.insertText", json!({ "text": text })).await;
    }

    /// A key: a character, or `Tab`, `Shift+Tab`, `Enter`, `Escape`, `Space`, `ArrowDown`.
    pub async fn presses(&self, key: &str) {
        let shift = key.starts_with("Shift+");
        let name = key.trim_start_matches("Shift+");
        let (name, text, code) = match name {
            "Enter" => ("Enter", "\r", 13),
            "Tab" => ("Tab", "", 9),
            "Escape" => ("Escape", "", 27),
            "Space" => (" ", " ", 32),
            "ArrowDown" => ("ArrowDown", "", 40),
            other => {
                assert_eq!(other.chars().count(), 1, "{other}");
                (other, other, 0)
            }
        };
        for kind in [if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "keyUp"] {
            let mut press = json!({ "type": kind, "key": name, "windowsVirtualKeyCode": code,
                "modifiers": if shift { 8 } else { 0 } });
            if kind == "keyDown" {
                press["text"] = json!(text);
            }
            self.asks("Input.dispatchKeyEvent", press).await;
        }
    }

    /// A key that leads to a page.
    pub async fn presses_through(&self, key: &str) {
        self.follows(key, self.presses(key)).await;
    }

    /// What went wrong in the page: scripts that threw, dialogs, what the policy forbade, pictures that did
    /// not come.
    pub fn troubles(&self) -> Vec<String> {
        let wrong = |event: &pipe::Event| {
            let says = &event.says;
            match event.method.as_str() {
                "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => Some(says.to_string()),
                "Runtime.consoleAPICalled" if says["type"] == "error" => Some(says["args"].to_string()),
                "Log.entryAdded" if says["entry"]["level"] == "error" => Some(says["entry"].to_string()),
                _ => None,
            }
        };
        self.chromium.events(&self.session).iter().filter_map(wrong).collect()
    }
}

/// Spaces that do not break are spaces to a reader.
pub fn spaces(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// A desk whose mails were decided.
pub async fn served(mails: &[&str]) -> Served {
    served_with("", mails).await
}

/// The same, with further lines of configuration.
pub async fn served_with(lines: &str, mails: &[&str]) -> Served {
    let mut desk = TestDesk::with(lines).await;
    for mail in mails {
        desk.receives_fixture(&format!("mails/demo/{mail}.eml"));
    }
    desk.turn().await;
    Served::new(desk).await
}
