//! `/api/recent_messages/` and `/api/recent_messages_apiint/<count>`.

use actix_web::{HttpResponse, http::StatusCode, web};
use chrono::{Local, NaiveDateTime, TimeZone as _, Utc};

use crate::{
    account::reader::Reader,
    db::connection::AnyConnection,
    error::{AppError, AppResult},
    id::RoomId,
    message::{MessageDesk, store, wire::MessageView},
    reference::{
        api::{Counted, CountedPage, Recent, RecentPage},
        lobby, plainly,
    },
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
#[utoipa::path(
    get, path = "/api/recent_messages/", tag = "classic",
    summary = "The newest 50 of the lobby, newest first",
    responses(
        (status = 200, body = RecentPage),
    ),
)]
pub async fn recent(desk: web::Data<MessageDesk>, reader: Reader) -> AppResult<HttpResponse> {
    let newest = newest(&desk, reader, RECENT).await?;
    let row = |message: &MessageView| Recent { user: message.sender.username.clone(), text: text(message) };
    Ok(plainly(StatusCode::OK, &RecentPage { messages: newest.iter().map(row).collect() }))
}

/// `GET /api/recent_messages_apiint/{count}`: oldest first. A count that no number holds counts as the most.
#[utoipa::path(
    get, path = "/api/recent_messages_apiint/{count}", tag = "classic",
    summary = "The newest of the lobby, oldest first",
    params(("count" = u64, Path, description = "At most 500 are told.")),
    responses(
        (status = 200, body = CountedPage),
        (status = 404, description = "What is no count."),
    ),
)]
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
    let row = |message: &MessageView| Counted {
        user: message.sender.username.clone(),
        text: text(message),
        timestamp: local(&message.created_at),
        image: message.uploads.first().map(|upload| upload.url.clone()).unwrap_or_default(),
    };
    Ok(plainly(StatusCode::OK, &CountedPage { messages: newest.iter().rev().map(row).collect() }))
}

fn text(message: &MessageView) -> String {
    if message.recalled_at.is_some() { RECALLED.to_owned() } else { message.text.clone() }
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
