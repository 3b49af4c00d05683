//! What changes a message can be asked for in two ways, by a request and by a frame. A [`Person`] knows both, so that a test can
//! show that they say the same.

use std::ops::Deref;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    client::{Answer, Member},
    fresh_id,
    socket::Socket,
};

/// A way to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A request.
    Http,
    /// A frame.
    Socket,
}

/// Both ways.
pub const DOORS: [Door; 2] = [Door::Http, Door::Socket];

/// What to ask for.
#[derive(Debug, Clone)]
pub enum Act<'a> {
    /// A new message in this room; a `client_id` is added where none is given.
    Send(i64, Value),
    /// Another text.
    Edit(i64, &'a str),
    /// Take it back.
    Recall(i64),
    /// Delete it.
    Delete(i64),
    /// Put an emoji on it.
    React(i64, &'a str),
    /// Take the emoji off.
    Unreact(i64, &'a str),
}

/// The message after an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Its id.
    pub id: i64,
    /// Its number in the room.
    pub seq: i64,
    /// Its last change.
    pub rev: i64,
}

impl Done {
    fn read(from: &Value) -> Self {
        let number = |field: &str| from[field].as_i64().unwrap_or_else(|| panic!("no {field} in {from}"));
        Self { id: number("id"), seq: number("seq"), rev: number("rev") }
    }
}

/// A member with an open page.
pub struct Person {
    /// Who.
    pub member: Member,
    /// The page's socket.
    pub tab: Socket,
}

impl Person {
    /// Opens the page.
    pub async fn of(member: Member) -> Self {
        let tab = member.connect().await;
        Self { member, tab }
    }

    /// Asks, and hears what became of it or the code of the refusal.
    pub async fn tries(&mut self, door: Door, act: &Act<'_>) -> Result<Done, String> {
        match door {
            Door::Http => self.member.requests(act).await,
            Door::Socket => {
                let answer = ask(&mut self.tab, act).await;
                if answer["type"] == "ack" {
                    return Ok(Done::read(&answer));
                }
                let code = answer["code"].as_str().unwrap_or_else(|| panic!("{act:?} got {answer}"));
                let passes = ["silenced", "slow_mode"].contains(&code);
                assert_eq!(answer["retry"], if passes { "later" } else { "never" }, "{answer}");
                Err(code.to_owned())
            }
        }
    }

    /// Asks for what must be granted.
    pub async fn does(&mut self, door: Door, act: Act<'_>) -> Done {
        self.tries(door, &act).await.unwrap_or_else(|code| panic!("{door:?} {act:?} was refused: {code}"))
    }

    /// Asks for what must be refused with this code.
    pub async fn is_refused(&mut self, door: Door, act: Act<'_>, code: &str) {
        let outcome = self.tries(door, &act).await;
        assert_eq!(outcome, Err(code.to_owned()), "{door:?} {act:?} by {}", self.member.username);
    }

    /// Hears all live changes of a room up to a `rev`, in their order.
    pub async fn hears_upto(&mut self, room: i64, rev: i64) -> Vec<Value> {
        let mut heard = Vec::new();
        loop {
            let frame = self.tab.take("a change", |frame| frame["type"] == "message" && frame["room"] == room).await;
            let reached = frame["rev"].as_i64() >= Some(rev);
            heard.push(frame);
            if reached {
                return heard;
            }
        }
    }
}

impl Deref for Person {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.member
    }
}

impl Member {
    /// Asks for an act over HTTP: what became of it, or the code of the refusal.
    pub async fn requests(&self, act: &Act<'_>) -> Result<Done, String> {
        let answer = self.request_act(act).await;
        if answer.status < 300 {
            return Ok(Done::read(&answer["message"]));
        }
        let code = answer["code"].as_str().unwrap_or_else(|| panic!("{act:?} got {} {}", answer.status, answer.body));
        let status = match code {
            "forbidden" | "blocked" | "archived" | "post_policy" | "silenced" => 403,
            "not_found" => 404,
            "too_late" | "too_many" | "client_id_reused" | "gone" => 409,
            "invalid" | "bad_upload" | "words" => 422,
            "slow_mode" => 429,
            _ => panic!("{act:?} got {} {}", answer.status, answer.body),
        };
        Err(answer.clone().refuses(status, code)["code"].as_str().unwrap().to_owned())
    }

    /// Asks for an act over HTTP.
    pub async fn request_act(&self, act: &Act<'_>) -> Answer {
        match act {
            Act::Send(room, body) => {
                let mut body = body.clone();
                if body["client_id"].is_null() {
                    body["client_id"] = json!(fresh_id());
                }
                self.post(&format!("rooms/{room}/messages"), body).await
            }
            Act::Edit(id, text) => self.patch(&format!("messages/{id}"), json!({"text": text})).await,
            Act::Recall(id) => self.post(&format!("messages/{id}/recall"), Value::Null).await,
            Act::Delete(id) => self.delete(&format!("messages/{id}")).await,
            Act::React(id, emoji) => self.call(Method::PUT, &reaction(*id, emoji), Value::Null).await,
            Act::Unreact(id, emoji) => self.delete(&reaction(*id, emoji)).await,
        }
    }
}

/// The address of one's reaction.
pub fn reaction(message: i64, emoji: &str) -> String {
    let emoji: String = emoji.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("messages/{message}/reactions/{emoji}")
}

async fn ask(tab: &mut Socket, act: &Act<'_>) -> Value {
    let frame = match act {
        Act::Send(room, body) => {
            let mut frame = body.clone();
            frame["type"] = json!("send");
            frame["room"] = json!(room);
            if let Some(client_id) = body["client_id"].as_str() {
                tab.send(frame).await;
                return tab.answer(client_id).await;
            }
            frame
        }
        Act::Edit(id, text) => json!({"type": "edit", "id": id, "text": text}),
        Act::Recall(id) => json!({"type": "recall", "id": id}),
        Act::Delete(id) => json!({"type": "delete", "id": id}),
        Act::React(id, emoji) => json!({"type": "react", "id": id, "emoji": emoji, "on": true}),
        Act::Unreact(id, emoji) => json!({"type": "react", "id": id, "emoji": emoji, "on": false}),
    };
    tab.ask(frame).await
}
