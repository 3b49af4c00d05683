//! What a guest's stream begins with.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::{
    chat::{
        Chat,
        opening::Opened,
        protocol::PROTOCOL,
        rooms::{Entering, Newcomer, Watched},
        server::{Connect, Enter},
    },
    db::time,
    error::{AppError, AppResult},
    id::{CountdownId, RoomId, SocketKey},
    room::{
        countdown::{Countdown, store as countdowns},
        store as rooms,
        wire::RoomInfo,
    },
};

#[derive(Serialize)]
#[serde(tag = "type", rename = "hello")]
struct GuestHello<'a> {
    protocol: u32,
    epoch: &'a str,
    #[serde(serialize_with = "time::serialize")]
    server_time: NaiveDateTime,
    rooms: [&'a RoomInfo; 1],
    countdowns: Vec<GuestCountdown>,
}

/// What counts down; who started it is not said.
#[derive(Serialize)]
struct GuestCountdown {
    room: RoomId,
    id: CountdownId,
    label: String,
    #[serde(serialize_with = "time::serialize")]
    started_at: NaiveDateTime,
    #[serde(serialize_with = "time::serialize")]
    ends_at: NaiveDateTime,
    next: Option<String>,
}

impl From<Countdown> for GuestCountdown {
    fn from(Countdown { room, id, label, started_by: _, started_at, ends_at, next }: Countdown) -> Self {
        Self { room, id, label, started_at, ends_at, next }
    }
}

/// Registers a guest's client, enters the room and makes its `hello`.
///
/// # Errors
/// [`AppError::Unauthenticated`] where guests may not read the room; a database that does not answer.
pub async fn open(chat: &Chat, socket: SocketKey, room: RoomId) -> AppResult<Opened> {
    let newcomer = Newcomer { socket, person: None };
    chat.server.send(Connect(newcomer)).await.map_err(AppError::internal)?;
    let info = chat.rooms.db.read(move |conn| rooms::readable_by_guest(conn, room)).await?;
    let enter = Enter { socket, rooms: vec![Entering::as_guest(&info)], watched: Watched::default() };
    let entered = chat.server.send(enter).await.map_err(AppError::internal)?;
    if entered.is_none_or(|entered| !entered.lost.is_empty()) {
        return Err(AppError::Unauthenticated);
    }
    let read = move |conn: &mut _| {
        // It may have been closed to them before they came in, and then they have what was said behind closed doors.
        rooms::readable_by_guest(conn, room)?;
        Ok(countdowns::running_in(conn, room)?)
    };
    let running = chat.rooms.db.read(read).await?;
    let hello = GuestHello {
        protocol: PROTOCOL,
        epoch: &chat.epoch.0,
        server_time: time::now(),
        rooms: [&info],
        countdowns: running.into_iter().map(GuestCountdown::from).collect(),
    };
    let hello = serde_json::to_string(&hello).map_err(AppError::internal)?.into();
    Ok(Opened { hello, revs: BTreeMap::from([(room, info.rev)]) })
}
