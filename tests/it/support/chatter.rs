//! A client that keeps its half of the promise: it sends a message again under the same `client_id` until it is acknowledged,
//! keeps a cursor, and asks for what it missed. What it saw is compared at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::{
    DEADLINE,
    client::{Answer, Member},
    socket::{Ended, Socket},
};

/// What became of one attempt to send.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Acked,
    /// The server said that it stored nothing.
    Refused,
    /// The line went dead before an answer came.
    Unknown,
}

/// One person who talks in one room.
pub struct Chatter {
    /// Who.
    pub member: Member,
    room: i64,
    socket: Option<Socket>,
    /// The `rev` of the last live frame on this socket.
    live: Option<i64>,
    /// The highest `rev` up to which `messages` is whole.
    cursor: i64,
    messages: BTreeMap<i64, Value>,
    /// What was acknowledged: id and `seq` by `client_id`.
    pub acked: BTreeMap<String, (i64, i64)>,
    /// Acknowledgements of all chatters.
    count: Arc<AtomicUsize>,
}

impl Chatter {
    /// Somebody who has heard nothing yet.
    pub fn new(member: Member, room: i64, count: Arc<AtomicUsize>) -> Self {
        let (messages, acked) = (BTreeMap::new(), BTreeMap::new());
        Self { member, room, socket: None, live: None, cursor: 0, messages, acked, count }
    }

    /// Sends a message until it is acknowledged. With `dice`, now and then drops the socket before the answer, and repeats what
    /// was acknowledged already.
    pub async fn say(&mut self, client_id: &str, mut dice: Option<&mut StdRng>) {
        let end = Instant::now() + 6 * DEADLINE;
        loop {
            assert!(Instant::now() < end, "{client_id} was never acknowledged");
            let drops = dice.as_deref_mut().is_some_and(|dice| dice.random_bool(0.3));
            let outcome = if drops { self.send_and_vanish(client_id).await } else { self.try_say(client_id).await };
            let again = dice.as_deref_mut().is_some_and(|dice| dice.random_bool(0.1));
            match outcome {
                Outcome::Acked if !again => return,
                Outcome::Acked => {}
                // The server is down or busy: that passes, and there is no event to wait for.
                Outcome::Refused | Outcome::Unknown => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Sends a message once.
    pub async fn try_say(&mut self, client_id: &str) -> Outcome {
        if !self.transmit(client_id).await {
            return Outcome::Unknown;
        }
        match timeout(DEADLINE, self.hear_answer(client_id)).await {
            Ok(Ok(answer)) if answer["type"] == "ack" => {
                self.note_ack(client_id, &answer);
                Outcome::Acked
            }
            Ok(Ok(answer)) => {
                assert_eq!(answer["retry"], "later", "{answer}");
                Outcome::Refused
            }
            Ok(Err(_)) => {
                self.hang_up();
                Outcome::Unknown
            }
            Err(_) => panic!("{client_id} got no answer"),
        }
    }

    /// Goes on listening until everything up to `head` is there.
    pub async fn settle(&mut self, head: i64) {
        let listening = async {
            while self.cursor < head {
                self.listen().await;
            }
        };
        let done = timeout(6 * DEADLINE, listening).await;
        assert!(done.is_ok(), "{} heard {} of {head}", self.member.username, self.cursor);
    }

    /// What this client would show, in its order: `seq`, id and `client_id`.
    pub fn view(&self) -> Vec<(i64, i64, String)> {
        let mut view: Vec<_> = self.messages.iter().map(|(id, message)| line(*id, message)).collect();
        view.sort();
        view
    }

    async fn send_and_vanish(&mut self, client_id: &str) -> Outcome {
        self.transmit(client_id).await;
        self.hang_up();
        Outcome::Unknown
    }

    async fn transmit(&mut self, client_id: &str) -> bool {
        if self.socket.is_none() && !self.connect().await {
            return false;
        }
        let frame = json!({"type": "send", "client_id": client_id, "room": self.room, "text": client_id});
        self.socket.as_mut().expect("connected just now").send(frame).await;
        true
    }

    async fn connect(&mut self) -> bool {
        let Ok(socket) = Socket::open(&self.member).await else { return false };
        self.socket = Some(socket);
        self.repair().await;
        true
    }

    fn hang_up(&mut self) {
        self.socket = None;
        self.live = None;
    }

    async fn hear_answer(&mut self, client_id: &str) -> Result<Value, Ended> {
        loop {
            let Some(socket) = &mut self.socket else { return Err(Ended::Cut) };
            let frame = socket.recv().await?;
            if frame["ref"] == client_id {
                return Ok(frame);
            }
            if frame["type"] == "message" {
                self.hear(&frame).await;
            }
        }
    }

    /// Hears one frame, or connects again.
    async fn listen(&mut self) {
        let Some(socket) = &mut self.socket else {
            if !self.connect().await {
                sleep(Duration::from_millis(20)).await;
            }
            return;
        };
        let Ok(frame) = socket.recv().await else { return self.hang_up() };
        match frame["type"].as_str() {
            Some("message") => self.hear(&frame).await,
            Some("heads") if frame["rooms"][self.room.to_string()].as_i64() > Some(self.cursor) => self.repair().await,
            _ => {}
        }
    }

    /// Takes a live frame; frames on one socket come without holes.
    async fn hear(&mut self, frame: &Value) {
        let rev = frame["rev"].as_i64().unwrap();
        if let Some(before) = self.live.replace(rev) {
            assert_eq!(rev, before + 1, "a hole between live frames");
        }
        self.upsert(&frame["message"]);
        if rev == self.cursor + 1 {
            self.cursor = rev;
        } else if rev > self.cursor {
            self.repair().await;
        }
    }

    /// Asks for what changed since the cursor.
    async fn repair(&mut self) {
        loop {
            let path = format!("rooms/{}/changes?after={}", self.room, self.cursor);
            let Some(page) = Answer::try_to(self.member.request(Method::GET, &path)).await else { return };
            if page.status != 200 {
                assert_eq!(page["code"], "shutting_down", "{}", page.body);
                return;
            }
            page.messages().iter().for_each(|message| self.upsert(message));
            self.cursor = self.cursor.max(page["rev"].as_i64().unwrap());
            if page["more"] == false {
                return;
            }
        }
    }

    fn upsert(&mut self, message: &Value) {
        let known = self.messages.entry(message["id"].as_i64().unwrap()).or_default();
        if message["rev"].as_i64() > known["rev"].as_i64() {
            *known = message.clone();
        }
    }

    fn note_ack(&mut self, client_id: &str, ack: &Value) {
        let place = (ack["id"].as_i64().unwrap(), ack["seq"].as_i64().unwrap());
        match self.acked.insert(client_id.to_owned(), place) {
            Some(before) => assert_eq!(before, place, "{client_id} was stored twice"),
            None => {
                self.count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The whole history of a room as the server tells it: `seq`, id and `client_id`, in order.
pub async fn history(member: &Member, room: i64) -> Vec<(i64, i64, String)> {
    let mut lines = Vec::new();
    let mut after = 0;
    loop {
        let page = member.page(room, &format!("after={after}&limit=100")).await.is(200);
        let messages = page.messages();
        lines.extend(messages.iter().map(|message| line(message["id"].as_i64().unwrap(), message)));
        if page["more_after"] == false {
            return lines;
        }
        after = messages.last().expect("more is to come")["seq"].as_i64().unwrap();
    }
}

/// Demands that a history holds each of these once, numbered without holes.
#[track_caller]
pub fn check_history(history: &[(i64, i64, String)], expected: &BTreeSet<String>) {
    let seqs: Vec<_> = history.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs, (1..=expected.len() as i64).collect::<Vec<_>>(), "numbers are dense");
    let stored: BTreeSet<_> = history.iter().map(|(.., client_id)| client_id.clone()).collect();
    assert_eq!(&stored, expected, "each is there once");
}

fn line(id: i64, message: &Value) -> (i64, i64, String) {
    (message["seq"].as_i64().unwrap(), id, message["client_id"].as_str().unwrap().to_owned())
}
