//! The REST API, as far as a bench sets its stage with it: accounts, rooms, members. Not what is measured.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::Context as _;
use serde_json::{Value, json};
use ureq::{Agent, http};

use crate::bench::server::Server;

/// Threads that set the stage.
const HANDS: usize = 4;

/// A file in the data folder that keeps who was registered, for the next bench on the same folder.
const KEPT: &str = "bench.json";

/// Every account of a bench has it; they live on a machine that nobody else can reach.
const PASSWORD: &str = "an ordinary long password";

/// The API of one server.
pub struct Api {
    agent: Agent,
    origin: String,
}

impl Api {
    /// That of this server.
    pub fn of(server: &Server) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Self { agent: config.into(), origin: format!("http://{}", server.host()) }
    }

    /// Sends a JSON body as somebody, and gives the answer's JSON.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub fn post(&self, cookie: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        Ok(self.send(cookie, path, body)?.0)
    }

    /// Asks for something as somebody.
    ///
    /// # Errors
    /// Anything but a 2xx.
    pub fn get(&self, cookie: &str, path: &str) -> anyhow::Result<Value> {
        let mut response = self.agent.get(format!("{}/api/v1/{path}", self.origin)).header("cookie", cookie).call()?;
        let text = response.body_mut().read_to_string()?;
        anyhow::ensure!(response.status().is_success(), "GET {path}: {} {text}", response.status());
        Ok(serde_json::from_str(&text)?)
    }

    fn send(&self, cookie: &str, path: &str, body: &Value) -> anyhow::Result<(Value, http::HeaderMap)> {
        let request = self
            .agent
            .post(format!("{}/api/v1/{path}", self.origin))
            .header("origin", &self.origin)
            .header("cookie", cookie)
            .content_type("application/json");
        let mut response = request.send(serde_json::to_vec(body)?)?;
        let text = response.body_mut().read_to_string()?;
        anyhow::ensure!(response.status().is_success(), "POST {path}: {} {text}", response.status());
        let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok((value, response.headers().clone()))
    }

    /// Registers somebody, and gives the `Cookie` header of their session.
    fn register(&self, name: &str) -> anyhow::Result<String> {
        let (_, headers) = self.send("", "register", &json!({"username": name, "password": PASSWORD}))?;
        let cookies = headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        anyhow::ensure!(!pairs.is_empty(), "registering {name} gave no session");
        Ok(pairs.join("; "))
    }

    /// As many people as are asked for, by the `Cookie` headers of their sessions: those who are there already, and new ones.
    ///
    /// # Errors
    /// When registration is closed, limited or broken.
    pub fn people(&self, server: &Server, count: usize) -> anyhow::Result<Vec<String>> {
        let file = server.folder().map(|folder| folder.join(KEPT));
        let mut cookies: Vec<String> =
            file.as_ref().and_then(|file| serde_json::from_slice(&fs::read(file).ok()?).ok()).unwrap_or_default();
        let run = u32::from_ne_bytes(rand::random());
        let missing = count.saturating_sub(cookies.len());
        cookies.extend(by_many_hands(missing, |index| self.register(&format!("bench_{run:08x}_{index}")))?);
        if let Some(file) = file {
            fs::write(file, serde_json::to_vec(&cookies)?)?;
        }
        cookies.truncate(count);
        Ok(cookies)
    }

    /// A new public room with these members, the first of whom owns it.
    ///
    /// # Errors
    /// What the API refuses.
    pub fn room(&self, members: &[String]) -> anyhow::Result<i64> {
        let [owner, others @ ..] = members else { anyhow::bail!("a room needs somebody") };
        let name = format!("Bench {:08x}", u32::from_ne_bytes(rand::random()));
        let made = self.post(owner, "rooms", &json!({"kind": "public", "name": name}))?;
        let room = made["room"]["id"].as_i64().context("a room without an id")?;
        by_many_hands(others.len(), |index| self.post(&others[index], &format!("rooms/{room}/join"), &json!({})))?;
        Ok(room)
    }
}

/// Does a work so many times, by a few threads, and gives what came of it in order.
fn by_many_hands<T: Send>(count: usize, work: impl Fn(usize) -> anyhow::Result<T> + Sync) -> anyhow::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let hand = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(done);
            }
            done.push((index, work(index)?));
        }
    };
    let mut all = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(hand)).collect();
        for hand in hands {
            let done: anyhow::Result<Vec<_>> = hand.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?;
            all.extend(done?);
        }
        anyhow::Ok(())
    })?;
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, value)| value).collect())
}
