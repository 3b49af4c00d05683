//! [`Tab`]: one person at a browser of their own, on a desktop or a phone.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};

use crate::{
    driver::browser,
    line::Line,
    support::{DEADLINE, PASSWORD, client::Member, server::Server},
};

/// How often a tab looks whether what it waits for is there.
const GLANCE: Duration = Duration::from_millis(30);

/// The browser somebody uses.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// A phone of 390 × 844 that is touched, or a desktop of 1280 × 800 with a mouse.
    pub phone: bool,
    /// Does the system prefer dark pages?
    pub dark: bool,
    /// The language the browser asks for.
    pub language: &'static str,
}

/// A desktop in English by day.
pub const DESKTOP: Look = Look { phone: false, dark: false, language: "en" };

/// A phone in English by day.
pub const PHONE: Look = Look { phone: true, ..DESKTOP };

/// One person at a browser of their own. It must be ended with [`Tab::close`], which looks whether the page broke a rule.
pub struct Tab {
    browser: WebDriver,
    line: Line,
    closed: bool,
}

impl Tab {
    /// A browser in which nobody is logged in; no page is open yet.
    pub async fn open(server: &Server, look: Look) -> Self {
        let line = Line::to(server.site()).await;
        let tab = Self { browser: browser(look.language).await, line, closed: false };
        let (width, height, ratio) = if look.phone { (390, 844, 2) } else { (1280, 800, 1) };
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": look.phone});
        tab.cdp("Emulation.setDeviceMetricsOverride", screen).await;
        if look.phone {
            tab.cdp("Emulation.setTouchEmulationEnabled", json!({"enabled": true, "maxTouchPoints": 5})).await;
        }
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        tab.cdp("Emulation.setEmulatedMedia", features).await;
        tab
    }

    /// The browser of somebody who is logged in, at the first page.
    pub async fn of(server: &Server, member: &Member, look: Look) -> Self {
        let tab = Self::open(server, look).await;
        tab.log_in(member).await;
        tab.goto("/").await;
        tab
    }

    /// Gives the browser this person's session.
    pub async fn log_in(&self, member: &Member) {
        let session = member.session_cookie();
        let cookie = json!({"name": "parlor", "value": session, "url": self.line.origin(), "httpOnly": true});
        self.cdp("Network.setCookie", cookie).await;
    }

    /// The browser of somebody new, who registers through the page.
    pub async fn register(server: &Server, username: &str) -> Self {
        let tab = Self::open(server, DESKTOP).await;
        tab.goto("/register/").await;
        tab.fill("#username", username).await;
        tab.fill("#password", PASSWORD).await;
        tab.click("form[action='/register/'] button[type=submit]").await;
        tab.see(".composer-text").await;
        tab.is_ready().await;
        tab
    }

    /// Opens a page of the site.
    pub async fn goto(&self, path: &str) {
        self.browser.goto(format!("{}{path}", self.line.origin())).await.unwrap();
        self.is_ready().await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.browser.refresh().await.unwrap();
        self.is_ready().await;
    }

    /// Waits until every part of a chat page listens: they are loaded after it, and what is done before goes unheard.
    async fn is_ready(&self) {
        let ready = "const app = document.querySelector('script[src$=\"/app.js\"]') && document.querySelector('#app');\
            return !app || 'ready' in app.dataset || matchMedia('(scripting: none)').matches";
        self.until(ready, &[]).await;
    }

    /// Path and query of the page.
    pub async fn path(&self) -> String {
        self.run("return location.pathname + location.search").await.as_str().unwrap().to_owned()
    }

    /// The cable to the server.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The browser itself.
    pub fn browser(&self) -> &WebDriver {
        &self.browser
    }

    /// Loses the network as a browser notices it: no connection holds, and it says that it is offline.
    pub async fn go_offline(&self) {
        self.line.cut();
        self.set_network(false).await;
    }

    /// Has the network again.
    pub async fn go_online(&self) {
        self.line.mend();
        self.set_network(true).await;
    }

    async fn set_network(&self, on: bool) {
        self.cdp("Network.enable", json!({})).await;
        let conditions = json!({"offline": !on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    /// Sends a command of the DevTools protocol.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.browser.cdp().send_raw(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Runs a script; what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.run_with(script, &[]).await
    }

    /// Runs a script with `arguments`; what it returns.
    pub async fn run_with(&self, script: &str, arguments: &[Value]) -> Value {
        let answer = self.browser.execute(script, arguments.to_vec()).await;
        answer.unwrap_or_else(|error| panic!("{script}\n{error}")).json().clone()
    }

    /// Runs a script that calls its last argument when it is done; what it gives to it.
    pub async fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        let answer = self.browser.execute_async(script, arguments.to_vec()).await;
        answer.unwrap_or_else(|error| panic!("{script}\n{error}")).json().clone()
    }

    /// Waits until a script returns something true; what it returns then.
    pub async fn until(&self, script: &str, arguments: &[Value]) -> Value {
        let end = Instant::now() + DEADLINE;
        loop {
            // A page that is just being left has no script to run.
            let found = self.browser.execute(script, arguments.to_vec()).await.map(|found| found.json().clone());
            match found {
                Ok(value) if is_true(&value) => return value,
                last if Instant::now() > end => self.give_up(&format!("{script} {arguments:?} is {last:?}")).await,
                _ => sleep(GLANCE).await,
            }
        }
    }

    /// Waits until an element is on the screen.
    pub async fn see(&self, css: &str) -> WebElement {
        let end = Instant::now() + DEADLINE;
        loop {
            let found = self.browser.query(By::Css(css)).wait(DEADLINE, GLANCE).and_displayed().first().await;
            match found {
                Ok(element) => return element,
                Err(error) if Instant::now() > end => {
                    self.give_up(&format!("{css} is not to be seen: {error}")).await;
                }
                // Drawn anew between two looks at it.
                Err(_) => sleep(GLANCE).await,
            }
        }
    }

    /// Waits until no such element is on the screen.
    pub async fn see_gone(&self, css: &str) {
        let hidden = "return [...document.querySelectorAll(arguments[0])].every(found => !found.checkVisibility())";
        self.until(hidden, &[json!(css)]).await;
    }

    /// Waits until an element that can be seen contains a text.
    pub async fn read(&self, css: &str, text: &str) {
        let found = "const [css, text] = arguments; return [...document.querySelectorAll(css)]\
            .some(found => found.checkVisibility() && found.textContent.includes(text))";
        self.until(found, &[json!(css), json!(text)]).await;
    }

    /// Clicks (or, on a phone, taps) an element as soon as it can be.
    pub async fn click(&self, css: &str) {
        self.pick(css, "").await;
    }

    /// Clicks the first element that can be seen and contains a text, as soon as it can be.
    pub async fn pick(&self, css: &str, text: &str) {
        let found = "const [css, text] = arguments; return [...document.querySelectorAll(css)]\
            .find(found => found.checkVisibility() && found.textContent.includes(text))";
        let end = Instant::now() + DEADLINE;
        loop {
            let Err(error) = self.try_click(found, &[json!(css), json!(text)]).await else { return };
            // Not there yet, in motion, or just drawn anew: live pages are.
            if Instant::now() > end {
                self.give_up(&format!("{css} {text:?} cannot be clicked: {error}")).await;
            }
            sleep(GLANCE).await;
        }
    }

    async fn try_click(&self, script: &str, arguments: &[Value]) -> WebDriverResult<()> {
        self.browser.execute(script, arguments.to_vec()).await?.element()?.click().await
    }

    /// Writes into a field in place of what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys in the element that has the focus.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        self.browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Saves a picture of the screen as `target/screens/<name>.png`.
    pub async fn picture(&self, name: &str) {
        let path = screens().join(format!("{name}.png"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.browser.screenshot(&path).await.unwrap();
    }

    /// What the page may not do and tried: breaches of its own Content-Security-Policy, and errors nobody caught.
    pub async fn sins(&self) -> Vec<String> {
        let log = self.browser.browser_log().await.unwrap();
        let sin = |source: Option<&str>| matches!(source, Some("security" | "javascript"));
        log.into_iter().filter(|entry| sin(entry.source.as_deref())).map(|entry| entry.message).collect()
    }

    /// Ends the browser, after a look at what its pages did.
    pub async fn close(mut self) {
        self.closed = true;
        assert_eq!(self.sins().await, Vec::<String>::new(), "the pages of this tab broke rules");
        self.browser.clone().quit().await.unwrap();
    }

    async fn give_up(&self, why: &str) -> ! {
        let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
        self.picture(&format!("failed/{name}")).await;
        let page = self.path().await;
        let log = self.browser.browser_log().await.unwrap_or_default();
        let log: Vec<String> = log.into_iter().map(|entry| entry.message).collect();
        panic!("waited in vain on {page}: {why}\n{}", log.join("\n"));
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        assert!(self.closed || std::thread::panicking(), "a tab must be closed, or nobody looks what its pages did");
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!(0) && *value != json!("")
}

/// The folder of pictures.
fn screens() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screens")
}
