//! What counts down in a room, as its members see it. Starting and ending one is the presets' business.

pub mod store;

use bytestring::ByteString;
use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    account::wire::Card,
    db::{connection::AnyConnection, time},
    error::AppResult,
    event::Event,
    id::{CountdownId, RoomId, UserId},
};

/// A countdown that runs.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Countdown {
    /// Where; one at a time.
    pub room: RoomId,
    /// Its id.
    pub id: CountdownId,
    /// What it is called.
    pub label: String,
    /// Who started it, as they are called now.
    pub started_by: Card,
    /// When, by the server's clock.
    #[serde(serialize_with = "time::serialize")]
    pub started_at: NaiveDateTime,
    /// When it ends, by the server's clock.
    #[serde(serialize_with = "time::serialize")]
    pub ends_at: NaiveDateTime,
    /// The label of what is sent then, if anything.
    #[schema(required)]
    pub next: Option<String>,
}

/// Countdowns that run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CountdownsBody {
    /// One a room at most.
    pub countdowns: Vec<Countdown>,
}

/// How a countdown ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase", tag = "ended", content = "by")]
pub enum End {
    /// Its time was over.
    Done(Option<()>),
    /// Somebody stopped it.
    Stopped(Card),
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "countdown")]
struct Running<'a> {
    #[serde(flatten)]
    countdown: &'a Countdown,
    #[serde(serialize_with = "time::serialize")]
    server_time: NaiveDateTime,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "countdown")]
struct Ended<'a> {
    room: RoomId,
    id: CountdownId,
    ends_at: (),
    #[serde(flatten)]
    end: &'a End,
}

/// The `countdown` frame of one that runs.
pub fn running_frame(countdown: &Countdown) -> ByteString {
    let frame = Running { countdown, server_time: time::now() };
    serde_json::to_string(&frame).expect("a countdown has only strings and numbers").into()
}

/// The `countdown` frame of one that ended.
pub fn ended_frame(room: RoomId, id: CountdownId, end: &End) -> ByteString {
    let frame = Ended { room, id, ends_at: (), end };
    serde_json::to_string(&frame).expect("an end has only strings and numbers").into()
}

/// What a new member is told: who was there before heard it when it began.
///
/// # Errors
/// When the database fails.
pub fn to_newcomer(conn: &mut AnyConnection, room: RoomId, user: UserId) -> AppResult<Option<Event>> {
    let running = store::running_in(conn, room)?;
    Ok(running.map(|countdown| Event::ToUser { user, frame: running_frame(&countdown) }))
}
