//! Searching over REST; see `docs/protocol.md`.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use serde::Deserialize;

use crate::{
    account::current_user::CurrentUser,
    db::time,
    error::{AppError, AppResult},
    id::{MessageId, RoomId, UserId},
    message::{
        MessageDesk,
        search::{
            find::{Filter, Kind, find},
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
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// What to search for; may be blank beside a person or images.
    #[serde(default)]
    q: String,
    /// In this room alone.
    room: Option<RoomId>,
    /// Of this person alone.
    from: Option<UserId>,
    /// Since this time (RFC 3339).
    since: Option<String>,
    /// Before this time (RFC 3339).
    until: Option<String>,
    /// `image` for messages with images.
    has: Option<String>,
    /// Where the page before ended.
    before: Option<MessageId>,
    /// At most 50; 20 by default.
    limit: Option<i64>,
}

/// Searches as a person, for REST and pages alike.
///
/// # Errors
/// [`AppError::TooFast`], and what [`find`] says.
pub async fn search(
    desk: &MessageDesk,
    user: UserId,
    query: Query,
    filter: Filter,
    limit: usize,
) -> AppResult<SearchPage> {
    desk.searches.check(&user)?;
    desk.db.read(move |conn| find(conn, user, &query, &filter, limit)).await
}

fn filter(asked: SearchQuery) -> AppResult<Filter> {
    let SearchQuery { room, from, since, until, has, before, .. } = asked;
    let kind = match has.as_deref() {
        None | Some("") => None,
        Some("image") => Some(Kind::Image),
        Some(_) => return Err(AppError::Invalid("has is image, or absent.".into())),
    };
    Ok(Filter { room, from, since: moment(since)?, until: moment(until)?, kind, before })
}

/// A time as in RFC 3339; none where nothing is given.
pub(super) fn moment(text: Option<String>) -> AppResult<Option<NaiveDateTime>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    time::parse(&text)
        .map(Some)
        .ok_or_else(|| AppError::Invalid("since and until are times such as 2026-11-20T10:00:00Z.".into()))
}

/// `GET search`
#[utoipa::path(
    get, path = "/api/v1/search", tag = "messages",
    summary = "Search in my rooms",
    params(SearchQuery),
    responses(
        (status = 200, body = SearchPage),
        (status = 403, description = "`forbidden`: a room I have not joined"),
        (status = 404),
    ),
)]
pub async fn list(
    desk: web::Data<MessageDesk>,
    user: CurrentUser,
    query: web::Query<SearchQuery>,
) -> AppResult<HttpResponse> {
    let mut asked = query.into_inner();
    let limit = usize::try_from(asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE));
    let limit = limit.expect("a page is small and not negative");
    let q = std::mem::take(&mut asked.q);
    let filter = filter(asked)?;
    let query = Query::within(&q, &filter).map_err(|error| AppError::Invalid(error.to_string()))?;
    let page = search(&desk, user.id(), query, filter, limit).await?;
    Ok(HttpResponse::Ok().json(page))
}
