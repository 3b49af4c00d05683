//! Rooms as pages.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use serde_json::{Value, json};

use crate::{
    account::{name::Username, store as people},
    admin::{
        console::Console,
        flash::{Flash, see_other},
        messages::look::oversight,
        rooms::{
            change::{self, Patch},
            handlers::{self, MembersQuery},
            list::{RoomsQuery, USUAL},
            store,
        },
        table::{
            fields::Fields,
            links::{self, Links},
        },
    },
    chat::Chat,
    error::{AppError, AppResult, FieldErrors},
    id::{RoomId, UserId},
    room::{charge, store as rooms, wire::RoomKind},
    setting::Live,
};

/// Where the list is.
const PLACE: &str = "/admin/rooms/";

/// Waits between messages that the form offers, in seconds.
const SLOW: [i64; 8] = [0, 2, 5, 10, 30, 60, 300, 3_600];

fn address(id: RoomId) -> String {
    format!("{PLACE}{id}/")
}

/// `GET /admin/rooms/`
pub async fn list(
    console: Console,
    chat: Data<Chat>,
    live: Data<Live>,
    query: web::Query<RoomsQuery>,
) -> AppResult<HttpResponse> {
    let private = oversight(&console.admin, &live).private;
    let page = query.page()?;
    let slice = handlers::page(&chat.rooms.db, &query, private).await?;
    let links = Links::new(query.filters(), &page, USUAL, &slice, |row| row.place(page.column));
    let (all, archived, directs) = chat.rooms.db.read(|conn| Ok(store::totals(conn)?)).await?;
    let kinds: &[&str] = if private { &["public", "private", "direct"] } else { &["public", "private"] };
    let context = json!({
        "rooms": slice.rows.iter().map(|row| &row.room).collect::<Vec<_>>(),
        "links": links,
        "kinds": kinds,
        "totals": { "all": all, "archived": archived, "directs": directs },
    });
    console.render("rooms", "rooms", context).await
}

/// `GET /admin/rooms/{id}/`
pub async fn show(
    console: Console,
    chat: Data<Chat>,
    live: Data<Live>,
    id: web::Path<RoomId>,
    query: web::Query<MembersQuery>,
) -> AppResult<HttpResponse> {
    page(&console, &chat, &live, *id, &query, Shown::default()).await
}

/// What stands in the form where it was refused.
#[derive(Default)]
struct Shown {
    values: Option<BTreeMap<String, String>>,
    errors: Option<FieldErrors>,
}

async fn page(
    console: &Console,
    chat: &Chat,
    live: &Live,
    id: RoomId,
    query: &MembersQuery,
    Shown { values, errors }: Shown,
) -> AppResult<HttpResponse> {
    let db = &chat.rooms.db;
    let (row, counts) = handlers::room(db, id).await?;
    let (members, more) = handlers::members_of(db, &chat.presence, id, query).await?;
    let admin = console.admin.id();
    let is_member = db.read(move |conn| Ok(rooms::role_in(conn, admin, id)?.is_some())).await?;
    let room = &row.room;
    let mut slow = SLOW.to_vec();
    if !slow.contains(&room.info.slow_seconds) {
        slow.push(room.info.slow_seconds);
    }
    let site = live.get();
    let status = if errors.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let codes: BTreeMap<&str, &str> = errors.iter().flatten().map(|(name, error)| (*name, error.code)).collect();
    let context = json!({
        "room": room,
        "counts": counts,
        "values": values.unwrap_or_else(|| stored(&json!(room))),
        "codes": codes,
        "slow": slow,
        "site": { "retention": site.retention, "value": site.retention_value, "hours": site.window_hours, "count": site.window_count },
        "members": members,
        "more_members": members.last().filter(|_| more).map(|last| links::query(&[("q", &query.q), ("after", &last.user.id.to_string())])),
        "members_query": query.q,
        "is_member": is_member,
        "readable": is_member || room.info.kind == RoomKind::Public || site.admins_read_private,
    });
    console.render_as(status, "rooms", "room", context).await
}

/// The form's fields as they are stored.
fn stored(room: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(false) => String::new(),
        other => other.to_string(),
    };
    let mut values: BTreeMap<String, String> =
        FIELDS.iter().map(|name| ((*name).to_owned(), text(&room[*name]))).collect();
    if values["retention_value"] == "0" {
        values.insert("retention_value".into(), String::new());
    }
    values
}

/// What the form has.
const FIELDS: [&str; 9] = [
    "name",
    "topic",
    "post_policy",
    "slow_seconds",
    "retention",
    "retention_value",
    "window_hours",
    "window_count",
    "public_read",
];

/// `POST /admin/rooms/{id}/`
pub async fn save(
    console: Console,
    chat: Data<Chat>,
    live: Data<Live>,
    id: web::Path<RoomId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let (row, _) = handlers::room(&chat.rooms.db, *id).await?;
    let outcome = match patch(&fields, row.room.info.kind) {
        Ok(patch) => change::apply(&chat, &console.admin, *id, patch).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => Ok(see_other(&address(*id), &Flash::done("room-saved").name(fields.get("name")))),
        Err(AppError::Fields(errors)) => {
            let values = FIELDS.iter().map(|name| ((*name).to_owned(), fields.get(name).to_owned())).collect();
            let shown = Shown { values: Some(values), errors: Some(errors) };
            page(&console, &chat, &live, *id, &MembersQuery::default(), shown).await
        }
        Err(error) => Err(error),
    }
}

fn patch(fields: &Fields, kind: RoomKind) -> AppResult<Patch> {
    let number = |name: &'static str| match fields.get(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| AppError::field(name, "invalid", "A whole number.")),
    };
    let policy = serde_json::from_value(fields.get("post_policy").into());
    Ok(Patch {
        name: Some(fields.get("name").to_owned()),
        topic: Some(fields.get("topic").to_owned()),
        post_policy: Some(policy.map_err(|_| AppError::field("post_policy", "invalid", "One of the three."))?),
        slow_seconds: number("slow_seconds")?,
        retention: Some(fields.get("retention").to_owned()),
        retention_value: number("retention_value")?,
        window_hours: Some(number("window_hours")?),
        window_count: Some(number("window_count")?),
        public_read: (kind == RoomKind::Public).then(|| fields.get("public_read") == "yes"),
        ..Patch::default()
    })
}

/// `POST /admin/rooms/{id}/archive`
pub async fn archive(
    console: Console,
    chat: Data<Chat>,
    id: web::Path<RoomId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let on = match fields.get("on") {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::Invalid("on is yes or no.".into())),
    };
    let (actor, id) = (console.admin.actor(), *id);
    let outcome = chat.rooms.db.ordered(move |conn| charge::archive(conn, &actor, id, on)).await;
    let done = Flash::done(if on { "room-archived" } else { "room-unarchived" });
    told(outcome.map(|info| done.name(info.name)), &address(id))
}

/// Back to a page, with a word of what was done or why not.
fn told(outcome: AppResult<Flash>, back: &str) -> AppResult<HttpResponse> {
    match outcome {
        Ok(flash) => Ok(see_other(back, &flash)),
        Err(AppError::NotFound) => Ok(see_other(PLACE, &Flash::wrong("not_found"))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => Ok(see_other(back, &Flash::wrong(word(&error)))),
    }
}

fn word(error: &AppError) -> &'static str {
    match error.code() {
        "lobby" => "room-lobby",
        "inactive" => "room-inactive",
        _ => "invalid",
    }
}

/// `GET /admin/rooms/{id}/owner`
pub async fn ask_owner(console: Console, chat: Data<Chat>, id: web::Path<RoomId>) -> AppResult<HttpResponse> {
    owner_page(&console, &chat, *id, "", false).await
}

async fn owner_page(console: &Console, chat: &Chat, id: RoomId, typed: &str, wrong: bool) -> AppResult<HttpResponse> {
    let (row, _) = handlers::room(&chat.rooms.db, id).await?;
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let context = json!({ "room": row.room, "typed": typed, "wrong": wrong });
    console.render_as(status, "rooms", "room_owner", context).await
}

/// `POST /admin/rooms/{id}/owner`
pub async fn set_owner(
    console: Console,
    chat: Data<Chat>,
    id: web::Path<RoomId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let typed = fields.get("username");
    let Some(heir) = heir(&chat, typed).await? else { return owner_page(&console, &chat, *id, typed, true).await };
    let (actor, id) = (console.admin.actor(), *id);
    let outcome = chat.rooms.db.ordered(move |conn| charge::hand_over(conn, &actor, id, heir)).await;
    told(outcome.map(|()| Flash::done("room-owner").name(typed.trim_start_matches('@'))), &address(id))
}

async fn heir(chat: &Chat, typed: &str) -> AppResult<Option<UserId>> {
    let Ok(name) = Username::parse_privileged(typed.trim_start_matches('@')) else { return Ok(None) };
    let found = chat.rooms.db.read(move |conn| Ok(people::find_by_key(conn, &name.folded())?)).await?;
    Ok(found.map(|card| card.id))
}

/// `GET /admin/rooms/{id}/delete`
pub async fn ask_delete(console: Console, chat: Data<Chat>, id: web::Path<RoomId>) -> AppResult<HttpResponse> {
    delete_page(&console, &chat, *id, false).await
}

async fn delete_page(console: &Console, chat: &Chat, id: RoomId, wrong: bool) -> AppResult<HttpResponse> {
    let (row, counts) = handlers::room(&chat.rooms.db, id).await?;
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let context = json!({ "room": row.room, "counts": counts, "wrong": wrong });
    console.render_as(status, "rooms", "room_delete", context).await
}

/// `POST /admin/rooms/{id}/delete`: only with the room's name typed.
pub async fn delete(
    console: Console,
    chat: Data<Chat>,
    id: web::Path<RoomId>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let (row, _) = handlers::room(&chat.rooms.db, *id).await?;
    let name = row.room.info.name;
    if fields.get("name") != name {
        return delete_page(&console, &chat, *id, true).await;
    }
    match handlers::take_away(&chat, &console.admin, *id).await {
        Ok(()) => Ok(see_other(PLACE, &Flash::done("room-deleted").name(name))),
        Err(error) if error.is_fault() => Err(error),
        Err(error) => Ok(see_other(&address(*id), &Flash::wrong(word(&error)))),
    }
}
