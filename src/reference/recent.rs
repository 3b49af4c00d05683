//! `/api/recent_messages/` and `/api/recent_messages_apiint/<count>`.

use actix_web::{HttpResponse, http::StatusCode, web};
use chrono::{Local, NaiveDateTime, TimeZone as _, Utc};
use serde_json::{Value, json};

use crate::{
    account::reader::Reader,
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::RoomId,
    message::{MessageDesk, store, wire::MessageView},
    reference::{lobby, plainly},
    room::store as rooms,
};

/// How many the first of the two answers with.
const RECENT: usize = 50;

/// Most that the second does, whatever is asked for.
const MOST: usize = 500;

/// Rows a step.
const STEP: i64 = 200;

/// Stands for what was recalled.
const RECALLED: &str = "[消息已撤回]";

/// `GET /api/recent_messages/`: newest first.
pub async fn recent(desk: web::Data<MessageDesk>, reader: Reader) -> AppResult<HttpResponse> {
    let newest = newest(&desk, reader, RECENT).await?;
    let row = |message: &MessageView| json!({ "user": message.sender.username, "text": text(message) });
    let rows: Vec<Value> = newest.iter().map(row).collect();
    Ok(plainly(StatusCode::OK, &json!({ "messages": rows })))
}

/// `GET /api/recent_messages_apiint/{count}`: oldest first. A count that no number holds counts as the most.
pub async fn counted(
    desk: web::Data<MessageDesk>,
    reader: Reader,
    count: web::Path<String>,
) -> AppResult<HttpResponse> {
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AppError::NotFound);
    }
    let count = count.parse().unwrap_or(MOST).min(MOST);
    let newest = newest(&desk, reader, count).await?;
    let row = |message: &MessageView| {
        let image = message.uploads.first().map_or("", |upload| upload.url.as_str());
        let (user, text, timestamp) = (&message.sender.username, text(message), local(&message.created_at));
        json!({ "user": user, "text": text, "timestamp": timestamp, "image": image })
    };
    let rows: Vec<Value> = newest.iter().rev().map(row).collect();
    Ok(plainly(StatusCode::OK, &json!({ "messages": rows })))
}

fn text(message: &MessageView) -> &str {
    if message.recalled_at.is_some() { RECALLED } else { &message.text }
}

/// By the server's own clock, as such servers tell it.
fn local(time: &NaiveDateTime) -> String {
    Utc.from_utc_datetime(time).with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The newest messages of the lobby that are there, newest first.
async fn newest(desk: &MessageDesk, reader: Reader, count: usize) -> AppResult<Vec<MessageView>> {
    let room = lobby(&desk.db).await?;
    let work = move |conn: &mut AnyConnection| {
        match &reader {
            Reader::Person(user) => drop(rooms::joined(conn, user.id(), room)?),
            Reader::Guest => drop(rooms::readable_by_guest(conn, room)?),
        }
        take(conn, room, count)
    };
    desk.db.read(work).await
}

fn take(conn: &mut AnyConnection, room: RoomId, count: usize) -> AppResult<Vec<MessageView>> {
    let floor = store::head(conn, room)?.floor_seq;
    let (mut found, mut before) = (Vec::new(), i64::MAX);
    while found.len() < count {
        let page = store::page_before(conn, room, floor, before, STEP)?;
        let Some(first) = page.first() else { break };
        before = first.seq;
        found.extend(page.into_iter().rev().filter(|message| message.deleted_at.is_none()));
    }
    found.truncate(count);
    Ok(found)
}
