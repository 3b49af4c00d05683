//! Messages of all rooms as pages.

use std::collections::HashSet;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError as _,
    http::StatusCode,
    web::{self, Data},
};
use chrono::NaiveDateTime;
use fluent_bundle::FluentArgs;
use serde_json::{Value, json};

use crate::{
    account::standing::check_reason,
    admin::{
        console::Console,
        flash::{Flash, see_other},
        messages::{
            asked::Asked,
            handlers::{Found, Place},
            look::{self, oversight},
            store,
            summary::{self, Summary},
        },
        table::{
            confirm::{Confirm, Item},
            fields::{Fields, UNTYPED},
        },
    },
    db::time,
    error::{AppError, AppResult},
    id::{MessageId, RoomId},
    message::{
        MessageDesk,
        purge::{self, MOST},
        search::{
            find::Kind,
            pages::Refusal,
            wire::{Hit, SearchPage},
        },
    },
    room::{oversight::Oversight, wire::RoomKind},
    setting::Live,
};

/// Where the page is.
const PLACE: &str = "/admin/messages/";

/// Rows of a page.
const ROWS: usize = 50;

/// Rooms that the filter offers; any other is reached from its own page.
const CHOICES: i64 = 200;

/// Names that a question spells out.
const NAMED: usize = 5;

/// `GET /admin/messages/`
pub async fn list(
    console: Console,
    desk: Data<MessageDesk>,
    live: Data<Live>,
    asked: web::Query<Asked>,
) -> AppResult<HttpResponse> {
    let oversight = oversight(&console.admin, &live);
    let (found, refusal) = match found(&console, &desk, oversight, &asked).await {
        Ok(found) => (found, None),
        Err(Refusal(_, error)) if error.is_fault() => return Err(error),
        Err(refusal) => (SearchPage { hits: Vec::new(), more: false, before: None }, Some(refusal)),
    };
    let status = refusal.as_ref().map_or(StatusCode::OK, |Refusal(_, error)| error.status_code());
    let older = found.before.map(|before| asked.older(before));
    let (admin, rooms) = (console.admin.id(), found.hits.iter().map(|hit| hit.room.id).collect::<Vec<_>>());
    let (choices, mine) =
        desk.db.read(move |conn| Ok((store::choices(conn, CHOICES)?, store::joined(conn, admin, &rooms)?))).await?;
    let hits = with_people(&desk, found.hits).await?;
    let context = json!({
        "asked": *asked,
        "filtered": asked.is_filtered(),
        "query": asked.query(),
        "private": oversight.private,
        "kinds": Kind::ALL.map(Kind::as_str),
        "choices": choices,
        "hits": hits.iter().map(|hit| shown(hit, &mine)).collect::<AppResult<Vec<_>>>()?,
        "older": older,
        "refused": refusal.as_ref().map(|Refusal(code, _)| code),
    });
    console.render_as(status, "messages", "messages", context).await
}

async fn found(
    console: &Console,
    desk: &MessageDesk,
    oversight: Oversight,
    asked: &Asked,
) -> Result<SearchPage, Refusal> {
    let looking = asked.check(desk).await?;
    let limit = asked.limit(ROWS).map_err(|error| Refusal("before", error))?;
    let page = look::page(desk, &console.admin, oversight, looking, limit).await;
    page.map_err(|error| match error {
        AppError::NotFound => Refusal("room", error),
        error => Refusal(error.code(), error),
    })
}

/// Hits in JSON; those of private chats say who is in them.
///
/// # Errors
/// When the database does not answer.
pub async fn with_people(desk: &MessageDesk, hits: Vec<Hit>) -> AppResult<Vec<Found>> {
    let directs: Vec<RoomId> =
        hits.iter().filter(|hit| hit.room.kind == RoomKind::Direct).map(|hit| hit.room.id).collect();
    let pairs = match directs.is_empty() {
        true => Default::default(),
        false => desk.db.read(move |conn| Ok(store::pairs(conn, &directs)?)).await?,
    };
    let with_people = |Hit { message, room, snippet }: Hit| {
        let people = pairs.get(&room.id).cloned();
        Found { message, room: Place { room, people }, snippet }
    };
    Ok(hits.into_iter().map(with_people).collect())
}

/// A hit as the template draws it.
fn shown(hit: &Found, mine: &HashSet<RoomId>) -> AppResult<Value> {
    let mut shown = serde_json::to_value(hit).map_err(AppError::internal)?;
    shown["open"] = json!(mine.contains(&hit.room.room.id));
    Ok(shown)
}

/// `POST /admin/messages/delete`: asks first, and deletes when it was asked.
pub async fn delete(
    console: Console,
    desk: Data<MessageDesk>,
    live: Data<Live>,
    fields: Fields,
) -> AppResult<HttpResponse> {
    let oversight = oversight(&console.admin, &live);
    let asked = searched(&fields)?;
    let back = format!("{PLACE}{}", asked.query());
    if fields.get("sure") == "yes" {
        return sure(&console, &desk, oversight, &fields, &back).await;
    }
    let ids = match (fields.get("only"), fields.get("all")) {
        ("", "") => fields.ids("message").unwrap_or_default().into_iter().map(MessageId).collect(),
        (_, all) if !all.is_empty() => {
            let looking = asked.check(&desk).await.map_err(|Refusal(_, error)| error)?;
            look::all(&desk, &console.admin, oversight, looking).await?
        }
        (only, _) => vec![MessageId(only.parse().map_err(|_| AppError::NotFound)?)],
    };
    if ids.is_empty() {
        return Ok(see_other(&back, &Flash::wrong("messages-none")));
    }
    let summary = desk.db.read(move |conn| summary::of(conn, oversight, &ids)).await?;
    match summary.ids.is_empty() {
        true => Ok(see_other(&back, &Flash::wrong("not_found"))),
        false => ask(&console, &summary, &asked, None).await,
    }
}

/// The search behind the form, so that what comes afterwards leads back to it.
fn searched(fields: &Fields) -> AppResult<Asked> {
    let query = fields.get("query").trim_start_matches('?');
    let asked = web::Query::<Asked>::from_query(query).map_err(|error| AppError::Malformed(error.to_string()))?;
    Ok(asked.into_inner())
}

async fn sure(
    console: &Console,
    desk: &MessageDesk,
    oversight: Oversight,
    fields: &Fields,
    back: &str,
) -> AppResult<HttpResponse> {
    let ids: Vec<MessageId> = fields
        .get("ids")
        .split(',')
        .map(|id| id.parse().map(MessageId))
        .collect::<Result<_, _>>()
        .map_err(|_| AppError::Invalid("ids are numbers.".into()))?;
    if ids.len() > MOST {
        return Err(AppError::Invalid("At most 1,000 messages at once.".into()));
    }
    let reason = fields.get("reason");
    let is_right = fields.confirms(ids.len());
    if !is_right || check_reason(reason).is_err() {
        let summary = desk.db.read(move |conn| summary::of(conn, oversight, &ids)).await?;
        return ask(console, &summary, &searched(fields)?, Some(fields)).await;
    }
    let purged = purge::purge(desk, &console.admin.actor(), oversight, ids, reason).await?;
    let count = i64::try_from(purged.deleted).unwrap_or(i64::MAX);
    Ok(see_other(back, &Flash::done("messages-deleted").count(count)))
}

async fn ask(console: &Console, summary: &Summary, asked: &Asked, again: Option<&Fields>) -> AppResult<HttpResponse> {
    let ids: Vec<String> = summary.ids.iter().map(ToString::to_string).collect();
    let hidden = [("sure", "yes".to_owned()), ("ids", ids.join(",")), ("query", asked.query())];
    let confirm = Confirm {
        key: "messages",
        icon: "trash",
        danger: true,
        items: items(console, summary),
        count: ids.len(),
        name: String::new(),
        hidden: hidden.map(|(name, value)| (name.to_owned(), value)).into(),
        typed: ids.len() > UNTYPED,
        wrong: false,
        action: format!("{PLACE}delete"),
        back: format!("{PLACE}{}", asked.query()),
    };
    let confirm = again.map_or_else(|| confirm.clone(), |fields| confirm.clone().again(fields));
    let status = again.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let reason = again.map_or("", |fields| fields.get("reason"));
    let too_long = check_reason(reason).is_err();
    let context = json!({ "confirm": confirm, "reason": reason, "reason_wrong": too_long });
    console.render_as(status, "messages", "messages_delete", context).await
}

fn items(console: &Console, summary: &Summary) -> Vec<Item> {
    let locale = console.view.locale;
    let word = |key: &str, count: usize| {
        let mut args = FluentArgs::new();
        args.set("count", count as f64);
        locale.text(key, &args)
    };
    let names = |names: &[String]| {
        let known = names.iter().take(NAMED);
        let known = known.map(|name| if name.is_empty() { word("admin-messages-direct", 1) } else { name.clone() });
        let mut known: Vec<String> = known.collect();
        if names.len() > NAMED {
            known.push(word("admin-messages-more", names.len() - NAMED));
        }
        known.join(", ")
    };
    let minute = |time: NaiveDateTime| time::rfc3339(&time).get(..16).unwrap_or_default().replace('T', " ");
    let span = summary.span.map(|(first, last)| match minute(first) == minute(last) {
        true => format!("{} UTC", minute(first)),
        false => format!("{} – {} UTC", minute(first), minute(last)),
    });
    let items = [
        ("admin-messages-sender", names(&summary.senders)),
        ("admin-messages-room", names(&summary.rooms)),
        ("admin-messages-time", span.unwrap_or_default()),
        ("admin-messages-images", summary.images.to_string()),
    ];
    items.into_iter().map(|(key, note)| Item { name: word(key, 1), note }).collect()
}

/// `GET /admin/messages/delete`: a page that was left open and is loaded again.
pub async fn back(_: Console, _: HttpRequest) -> AppResult<HttpResponse> {
    Ok(HttpResponse::SeeOther().insert_header(("location", PLACE)).finish())
}
