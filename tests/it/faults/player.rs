//! One client of a load: it keeps its half of the promise. It repeats what was not answered under the same name until it is
//! acknowledged, keeps a cursor a room, resumes after each loss of its line, and asks for what it missed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rand::{RngExt, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::book::{Act, Book, Outcome};
use crate::support::{
    client::{Answer, Member},
    fresh_id,
    socket::{Ended, Socket},
};

/// Nothing in here lasts so long: only against hanging for ever.
const FOR_EVER: Duration = Duration::from_secs(180);

/// What a refusal may say that is no fault of the client: it passes.
const PASSING: [&str; 3] = ["busy", "storage", "shutting_down"];

/// How a client sends; all hear by either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Frames of a socket.
    Frames,
    /// Requests; it asks for what is new at the end alone.
    Requests,
}

/// What a client has of a room.
#[derive(Default)]
struct View {
    /// The `rev` of the last live frame on this socket.
    live: Option<i64>,
    /// The highest `rev` up to which `messages` is whole.
    cursor: i64,
    messages: BTreeMap<i64, Value>,
}

/// One client.
pub struct Player {
    /// Who.
    pub member: Member,
    /// Where they are.
    pub rooms: Vec<i64>,
    speaks: Speaks,
    book: Arc<Book>,
    dice: StdRng,
    /// How often it hangs up before the answer comes.
    drops: f64,
    socket: Option<Socket>,
    /// It could not ask for what it missed, and does not know what to make of what comes next.
    is_behind: bool,
    epoch: Value,
    views: BTreeMap<i64, View>,
    sent: usize,
    /// Own messages that may be edited and recalled.
    own: Vec<(String, i64)>,
}

impl Player {
    /// Somebody who has heard nothing yet.
    pub fn new(member: Member, rooms: Vec<i64>, speaks: Speaks, book: Arc<Book>, dice: StdRng, drops: f64) -> Self {
        let views = rooms.iter().map(|room| (*room, View::default())).collect();
        let (sent, own) = (0, Vec::new());
        Self {
            member,
            rooms,
            speaks,
            book,
            dice,
            drops,
            socket: None,
            is_behind: false,
            epoch: Value::Null,
            views,
            sent,
            own,
        }
    }

    /// Sends, edits and recalls until the load is over; each until it is acknowledged.
    pub async fn play(&mut self) {
        while !self.book.is_over() {
            let act = self.next_act();
            self.insist(&act).await;
            // People think, too: a load that never waits measures how fast it is itself.
            sleep(Duration::from_millis(self.dice.random_range(0..40))).await;
        }
    }

    /// Goes on listening, or asking, until everything up to these heads is there.
    pub async fn settle(&mut self, heads: &BTreeMap<i64, i64>) {
        let settling = async {
            while let Some(room) = self.rooms.iter().copied().find(|room| self.views[room].cursor < heads[room]) {
                if self.speaks == Speaks::Frames {
                    self.listen().await;
                } else if !self.repair(room).await {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        };
        let done = timeout(FOR_EVER, settling).await;
        let cursors: Vec<_> = self.views.iter().map(|(room, view)| (room, view.cursor)).collect();
        assert!(done.is_ok(), "{} heard {cursors:?} of {heads:?}", self.member.username);
    }

    /// What this client would show of a room.
    pub fn view(&self, room: i64) -> Vec<Line> {
        let mut lines: Vec<_> = self.views[&room].messages.values().map(Line::of).collect();
        lines.sort();
        lines
    }

    fn next_act(&mut self) -> Act {
        let kind = if self.own.is_empty() { 9 } else { self.dice.random_range(0..10) };
        match kind {
            0 => {
                let (client_id, id) = self.own.swap_remove(self.dice.random_range(0..self.own.len()));
                Act::Recall { client_id, id }
            }
            1 | 2 => {
                let (client_id, id) = self.own[self.dice.random_range(0..self.own.len())].clone();
                Act::Edit { text: format!("{client_id} as of {}", fresh_id()), client_id, id }
            }
            _ => {
                self.sent += 1;
                let client_id = format!("{}-{}", self.member.username, self.sent);
                let room = self.rooms[self.dice.random_range(0..self.rooms.len())];
                self.book.invent(&client_id, room, self.member.id);
                Act::Send { room, client_id }
            }
        }
    }

    /// Tries until it is acknowledged.
    async fn insist(&mut self, act: &Act) {
        let end = Instant::now() + FOR_EVER;
        loop {
            assert!(Instant::now() < end, "{act:?} was never acknowledged");
            match self.attempt(act).await {
                Outcome::Done(answer) => {
                    if let Act::Send { client_id, .. } = act {
                        self.own.push((client_id.clone(), answer["id"].as_i64().unwrap()));
                        let old = self.own.len().saturating_sub(8);
                        self.own.drain(..old);
                    }
                    return;
                }
                // The server is down or busy: that passes, and there is no event to wait for.
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn attempt(&mut self, act: &Act) -> Outcome {
        if self.speaks == Speaks::Frames && self.socket.is_none() && !self.connect().await {
            return Outcome::NotSent;
        }
        self.book.goes_out(act);
        let outcome = match self.speaks {
            Speaks::Frames => self.by_socket(act).await,
            Speaks::Requests => self.by_request(act).await,
        };
        self.book.comes_back(act, &outcome);
        outcome
    }

    async fn by_socket(&mut self, act: &Act) -> Outcome {
        let (reference, frame) = frame_of(act);
        self.socket.as_mut().expect("connected just now").send(frame).await;
        if self.drops > 0.0 && self.dice.random_bool(self.drops) {
            self.hang_up();
            return Outcome::Unanswered;
        }
        let heard = timeout(FOR_EVER, self.hear_answer(&reference)).await;
        if self.is_behind {
            self.hang_up();
        }
        match heard {
            Ok(Ok(answer)) if answer["type"] == "ack" => Outcome::Done(answer),
            Ok(Ok(answer)) => refusal(&answer),
            Ok(Err(_)) => {
                self.hang_up();
                Outcome::Unanswered
            }
            Err(_) => panic!("no answer to {act:?}"),
        }
    }

    async fn by_request(&mut self, act: &Act) -> Outcome {
        let (method, path, body) = match act {
            Act::Send { room, client_id } => {
                (Method::POST, format!("rooms/{room}/messages"), json!({"client_id": client_id, "text": client_id}))
            }
            Act::Edit { id, text, .. } => (Method::PATCH, format!("messages/{id}"), json!({"text": text})),
            Act::Recall { id, .. } => (Method::POST, format!("messages/{id}/recall"), Value::Null),
        };
        let request = self.member.request(method, &path).timeout(FOR_EVER);
        let request = if body.is_null() { request } else { request.json(&body) };
        match Answer::attempt(request).await {
            Ok(answer) if answer.status < 300 => Outcome::Done(answer["message"].clone()),
            Ok(answer) => refusal(&answer.json),
            Err(error) if error.is_connect() => Outcome::NotSent,
            Err(error) => {
                assert!(!error.is_timeout(), "no answer to {act:?}");
                Outcome::Unanswered
            }
        }
    }

    async fn connect(&mut self) -> bool {
        let mut socket = match Socket::open(&self.member).await {
            Ok(socket) => socket,
            Err(status) => {
                assert!([0, 503, 507].contains(&status), "{} got {status}", self.member.username);
                return false;
            }
        };
        if self.epoch != socket.hello["epoch"] {
            // Another life of the database: nothing that was heard before counts.
            self.epoch = socket.hello["epoch"].clone();
            self.views.values_mut().for_each(|view| *view = View::default());
        }
        let cursors: BTreeMap<_, _> = self.views.iter().map(|(room, view)| (room.to_string(), view.cursor)).collect();
        socket.send(json!({"type": "resume", "ref": "resume", "rooms": cursors})).await;
        self.socket = Some(socket);
        true
    }

    fn hang_up(&mut self) {
        self.socket = None;
        self.is_behind = false;
        self.views.values_mut().for_each(|view| view.live = None);
    }

    async fn hear_answer(&mut self, reference: &str) -> Result<Value, Ended> {
        loop {
            let frame = self.next_frame().await?;
            if frame["ref"] == reference {
                return Ok(frame);
            }
            self.hear(&frame).await;
        }
    }

    /// Hears one frame, or connects again.
    async fn listen(&mut self) {
        if self.socket.is_none() && !self.connect().await {
            return sleep(Duration::from_millis(20)).await;
        }
        match self.next_frame().await {
            Ok(frame) => self.hear(&frame).await,
            Err(_) => self.hang_up(),
        }
        if self.is_behind {
            self.hang_up();
        }
    }

    async fn next_frame(&mut self) -> Result<Value, Ended> {
        match &mut self.socket {
            Some(socket) => socket.recv().await,
            None => Err(Ended::Cut),
        }
    }

    async fn hear(&mut self, frame: &Value) {
        match frame["type"].as_str() {
            Some("message") => self.hear_message(frame).await,
            Some("heads") => {
                let heads = frame["rooms"].as_object().unwrap();
                let heads = heads.iter().map(|(room, head)| (room.parse().unwrap(), head.as_i64().unwrap()));
                let missing: Vec<i64> = heads
                    .filter(|(room, head)| self.views.get(room).is_some_and(|view| view.cursor < *head))
                    .map(|(room, _)| room)
                    .collect();
                self.repair_all(&missing).await;
            }
            Some("ack") if frame["ref"] == "resume" => {
                let fetch = frame["fetch"].as_array().unwrap().iter().map(|room| room.as_i64().unwrap());
                let fetch: Vec<_> = fetch.filter(|room| self.views.contains_key(room)).collect();
                self.repair_all(&fetch).await;
            }
            Some("error") if frame["ref"] == "resume" => {
                assert_eq!(frame["retry"], "later", "{frame}");
                self.is_behind = true;
            }
            _ => {}
        }
    }

    async fn repair_all(&mut self, rooms: &[i64]) {
        for room in rooms {
            if self.is_behind || !self.repair(*room).await {
                self.is_behind = true;
                return;
            }
        }
    }

    /// Takes a live frame. What `resume` brings may come twice.
    async fn hear_message(&mut self, frame: &Value) {
        let (room, rev) = (frame["room"].as_i64().unwrap(), frame["rev"].as_i64().unwrap());
        let Some(view) = self.views.get_mut(&room) else { return };
        if view.live.replace(rev).is_some_and(|before| rev > before + 1) {
            self.book.note_jump();
        }
        view.upsert(&frame["message"]);
        if rev == view.cursor + 1 {
            view.cursor = rev;
        } else if rev > view.cursor {
            self.repair_all(&[room]).await;
        }
    }

    /// Asks for what changed since the cursor; false if the server cannot say.
    async fn repair(&mut self, room: i64) -> bool {
        loop {
            let view = self.views.get_mut(&room).expect("a room of mine");
            let path = format!("rooms/{room}/changes?after={}", view.cursor);
            let Some(page) = Answer::try_to(self.member.request(Method::GET, &path)).await else { return false };
            if page.status != 200 {
                refusal(&page.json);
                return false;
            }
            if page["reset"] == true {
                *view = View::default();
                continue;
            }
            page.messages().iter().for_each(|message| view.upsert(message));
            view.cursor = view.cursor.max(page["rev"].as_i64().unwrap());
            if page["more"] == false {
                return true;
            }
        }
    }
}

impl View {
    fn upsert(&mut self, message: &Value) {
        let known = self.messages.entry(message["id"].as_i64().unwrap()).or_default();
        if message["rev"].as_i64() > known["rev"].as_i64() {
            *known = message.clone();
        }
    }
}

/// A message as everybody must see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Its number.
    pub seq: i64,
    /// Its id.
    pub id: i64,
    /// Its name.
    pub client_id: String,
    /// What it says.
    pub text: String,
    /// It was recalled.
    pub recalled: bool,
}

impl Line {
    /// Of a message in JSON.
    pub fn of(message: &Value) -> Self {
        Self {
            seq: message["seq"].as_i64().unwrap(),
            id: message["id"].as_i64().unwrap(),
            client_id: message["client_id"].as_str().unwrap().to_owned(),
            text: message["text"].as_str().unwrap().to_owned(),
            recalled: !message["recalled_at"].is_null(),
        }
    }
}

fn frame_of(act: &Act) -> (String, Value) {
    match act {
        Act::Send { room, client_id } => {
            (client_id.clone(), json!({"type": "send", "client_id": client_id, "room": room, "text": client_id}))
        }
        Act::Edit { id, text, .. } => {
            let reference = fresh_id();
            (reference.clone(), json!({"type": "edit", "ref": reference, "id": id, "text": text}))
        }
        Act::Recall { id, .. } => {
            let reference = fresh_id();
            (reference.clone(), json!({"type": "recall", "ref": reference, "id": id}))
        }
    }
}

/// A refusal that passes; any other is a fault.
#[track_caller]
fn refusal(answer: &Value) -> Outcome {
    let code = answer["code"].as_str().unwrap_or_default();
    assert!(PASSING.contains(&code), "refused: {answer}");
    Outcome::Refused(code.to_owned())
}
