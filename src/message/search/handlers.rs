//! Searching over REST; see `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDateTime};
use serde::Deserialize;

use crate::{
    account::current_user::CurrentUser,
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk,
        search::{
            find::{Filter, find},
            query::Query,
            wire::SearchPage,
        },
    },
};

/// Hits on a page when nothing else is said.
const PAGE: i64 = 20;

/// Most hits on a page.
const LONGEST_PAGE: i64 = 50;

/// Query of `GET search`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SearchQuery {
    /// What to search for; may be blank beside a person or images.
    #[serde(default)]
    pub q: String,
    room: Option<RoomId>,
    from: Option<UserId>,
    since: Option<String>,
    until: Option<String>,
    has: Option<String>,
    before: Option<MessageId>,
    limit: Option<i64>,
}

/// Searches as a person, for REST and pages alike.
///
/// # Errors
/// [`AppError::Invalid`] for what cannot be searched for, [`AppError::TooMany`], and what [`find`] says.
pub async fn search(desk: &MessageDesk, user: UserId, asked: SearchQuery) -> AppResult<SearchPage> {
    let query = query(&asked)?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let limit = usize::try_from(limit).expect("a page is small and not negative");
    let filter = filter(asked)?;
    desk.searches.check(&user)?;
    desk.db.read(move |conn| find(conn, user, &query, &filter, limit)).await
}

/// Without a word, a person or images must narrow the search: by these the index finds messages, by room and time it does not.
fn query(asked: &SearchQuery) -> AppResult<Query> {
    let narrows = asked.from.is_some() || asked.has.as_deref() == Some("image");
    match asked.q.trim().is_empty() && narrows {
        true => Ok(Query::anything()),
        false => Query::parse(&asked.q).map_err(|error| AppError::Invalid(error.to_string())),
    }
}

fn filter(asked: SearchQuery) -> AppResult<Filter> {
    let SearchQuery { room, from, since, until, has, before, .. } = asked;
    let image = match has.as_deref() {
        None | Some("") => false,
        Some("image") => true,
        Some(_) => return Err(AppError::Invalid("has is image, or absent.".into())),
    };
    Ok(Filter { room, from, since: time(since)?, until: time(until)?, image, before })
}

fn time(text: Option<String>) -> AppResult<Option<NaiveDateTime>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    // A plus that was not escaped arrives as a space.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
    let time = time.map_err(|_| AppError::Invalid("since and until are times such as 2026-11-20T10:00:00Z.".into()))?;
    Ok(Some(time.naive_utc()))
}

/// `GET search`
pub async fn list(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    query: web::Query<SearchQuery>,
) -> AppResult<HttpResponse> {
    let page = search(&desk, user.id(), query.into_inner()).await?;
    Ok(HttpResponse::Ok().json(page))
}
